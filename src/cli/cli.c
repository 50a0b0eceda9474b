/* What every subcommand shares: errors, numbers, progress. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "cli/command.h"

int ht_cli_fail(const char *command, const ht_error *err)
{
    fprintf(stderr, "hearth %s: %s\n", command, err->text[0] ? err->text : ht_status_text(err->status));
    return 1;
}

int ht_cli_usage(const char *command, const char *fmt, ...)
{
    fprintf(stderr, "hearth %s: ", command);
    va_list ap;
    va_start(ap, fmt);
    vfprintf(stderr, fmt, ap);
    va_end(ap);
    fprintf(stderr, " (see `hearth %s --help`)\n", command);
    return 2;
}

int ht_cli_int(const char *command, const char *what, const char *text, long lo, long hi, long *out)
{
    char *end;
    errno = 0;
    const long v = strtol(text, &end, 10);
    if (errno != 0 || end == text || *end != '\0' || v < lo || v > hi) {
        ht_cli_usage(command, "%s wants a whole number from %ld to %ld, not '%s'", what, lo, hi, text);
        return 0;
    }
    *out = v;
    return 1;
}

int ht_cli_float(const char *command, const char *what, const char *text, double lo, double hi, double *out)
{
    char *end;
    errno = 0;
    const double v = strtod(text, &end);
    if (errno != 0 || end == text || *end != '\0' || !(v >= lo && v <= hi)) {
        ht_cli_usage(command, "%s wants a number from %g to %g, not '%s'", what, lo, hi, text);
        return 0;
    }
    *out = v;
    return 1;
}

int ht_cli_is_tty(void) { return isatty(STDERR_FILENO) && getenv("NO_COLOR") == NULL; }

void ht_cli_progress(const char *what, double done, double eta_s, const char *note)
{
    static int64_t last_ns;
    static int last_tenth = -1;
    char eta[32] = "";
    if (eta_s >= 0) {
        const long s = (long)eta_s;
        if (s >= 3600)
            snprintf(eta, sizeof eta, "  ETA %ld:%02ld:%02ld", s / 3600, s / 60 % 60, s % 60);
        else
            snprintf(eta, sizeof eta, "  ETA %ld:%02ld", s / 60, s % 60);
    }
    if (!isatty(STDERR_FILENO)) {
        const int tenth = (int)(done * 10);
        if (tenth != last_tenth)
            fprintf(stderr, "%s %3.0f %%%s%s%s\n", what, done * 100, eta, note ? "  " : "", note ? note : "");
        last_tenth = done >= 1 ? -1 : tenth;
        return;
    }
    const int64_t now = ht_clock_ns();
    if (done < 1 && now - last_ns < 100000000)
        return;
    last_ns = now;
    char bar[31];
    const int filled = (int)(done * 30);
    memset(bar, ' ', 30);
    memset(bar, '=', filled > 30 ? 30 : (size_t)(filled < 0 ? 0 : filled));
    bar[30] = '\0';
    fprintf(stderr, "\r%s [%s] %3.0f %%%s%s%s\033[K%s", what, bar, done * 100, eta, note ? "  " : "", note ? note : "", done >= 1 ? "\n" : "");
}
