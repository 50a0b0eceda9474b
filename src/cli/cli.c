/* What every subcommand shares: options, errors, numbers, progress. */
#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "cli/command.h"

int ht_cli_fail(const char *command, const ht_error *err)
{
    fflush(stdout); /* what was printed before comes before */
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

/* `hearth inspect F | head`: the reader has gone on purpose. */
static int has_reader_left(void)
{
    struct pollfd p = {.fd = STDOUT_FILENO, .events = POLLOUT};
    return poll(&p, 1, 0) == 1 && (p.revents & POLLERR) != 0;
}

int ht_cli_flush(const char *command)
{
    errno = 0;
    if (fflush(stdout) == 0 && !ferror(stdout))
        return 0;
    if (errno == EPIPE || has_reader_left())
        return 1;
    fprintf(stderr, "hearth %s: cannot write to standard output%s%s\n", command, errno ? ": " : "", errno ? strerror(errno) : "");
    return 1;
}

/* Letters to insert, delete, replace or swap with their neighbour to get from a to b (optimal string alignment); more than
 * 30 letters count as far apart. */
static size_t distance(const char *a, const char *b)
{
    enum { MAX = 30 };
    size_t rows[MAX + 1][MAX + 1];
    const size_t na = strlen(a), nb = strlen(b);
    if (na > MAX || nb > MAX)
        return MAX;
    for (size_t i = 0; i <= na; i++)
        for (size_t j = 0; j <= nb; j++) {
            if (i == 0 || j == 0) {
                rows[i][j] = i + j;
                continue;
            }
            size_t best = rows[i - 1][j - 1] + (a[i - 1] != b[j - 1]);
            if (rows[i - 1][j] + 1 < best)
                best = rows[i - 1][j] + 1;
            if (rows[i][j - 1] + 1 < best)
                best = rows[i][j - 1] + 1;
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] && rows[i - 2][j - 2] + 1 < best)
                best = rows[i - 2][j - 2] + 1;
            rows[i][j] = best;
        }
    return rows[na][nb];
}

const char *ht_cli_nearest(const char *typed, const char *(*name_at)(const void *table, size_t i), const void *table)
{
    const char *best = NULL, *name;
    size_t best_distance = strlen(typed) > 5 ? 3 : 2; /* what is nearer than this counts */
    for (size_t i = 0; (name = name_at(table, i)) != NULL; i++) {
        const size_t d = distance(typed, name);
        if (d < best_distance && d < strlen(name)) {
            best = name;
            best_distance = d;
        }
    }
    return best;
}

static const char *option_name_at(const void *table, size_t i) { return ((const struct option *)table)[i].name; }

/* The '?' or ':' of getopt_long in words. */
static void explain_option(const char *command, int c, const char *arg, const struct option *longs)
{
    const int is_long = arg[0] == '-' && arg[1] == '-';
    const int n = (int)strcspn(arg, "=");
    if (c == ':' && is_long) {
        ht_cli_usage(command, "%s wants a value", arg);
    } else if (c == ':') {
        ht_cli_usage(command, "-%c wants a value", optopt);
    } else if (!is_long) {
        ht_cli_usage(command, "unknown option -%c", optopt);
    } else if (optopt != 0) {
        ht_cli_usage(command, "%.*s takes no value", n, arg);
    } else {
        char typed[64];
        size_t n_begin_alike = 0;
        snprintf(typed, sizeof typed, "%.*s", n - 2, arg + 2);
        for (size_t i = 0; longs[i].name != NULL; i++)
            n_begin_alike += strncmp(longs[i].name, typed, strlen(typed)) == 0;
        const char *near = ht_cli_nearest(typed, option_name_at, longs);
        if (n_begin_alike > 1)
            ht_cli_usage(command, "--%s could be more than one option", typed);
        else if (near != NULL)
            ht_cli_usage(command, "unknown option --%s, did you mean --%s?", typed, near);
        else
            ht_cli_usage(command, "unknown option --%s", typed);
    }
}

int ht_cli_option(const char *command, int argc, char **argv, const char *shorts, const struct option *longs)
{
    char with_colon[64]; /* the ':' in front makes getopt tell a missing value from an unknown option */
    snprintf(with_colon, sizeof with_colon, ":%s", shorts);
    opterr = 0;
    const int before = optind < 1 ? 1 : optind;
    const int c = getopt_long(argc, argv, with_colon, longs, NULL);
    if (c != '?' && c != ':')
        return c;
    /* a long option has been stepped over; of short ones in one word ("-xj") getopt may still stand on that word */
    explain_option(command, c, argv[optind > before || optind == argc ? optind - 1 : before], longs);
    return '?';
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

int ht_cli_has_colour(FILE *to)
{
    const char *no_colour = getenv("NO_COLOR"), *term = getenv("TERM");
    return isatty(fileno(to)) && (no_colour == NULL || no_colour[0] == '\0') && (term == NULL || strcmp(term, "dumb") != 0);
}

int ht_cli_is_tty(void) { return ht_cli_has_colour(stderr); }

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
