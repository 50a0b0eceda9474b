#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>

static ht_log_level max_level = HT_LOG_WARN;

void ht_log_set_level(ht_log_level level) { max_level = level; }

void ht_log(ht_log_level level, const char *fmt, ...)
{
    static const char *const words[] = {"error: ", "warning: ", "", "debug: "};
    if (level > max_level)
        return;
    char line[1024];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(line, sizeof line, fmt, ap);
    va_end(ap);
    fprintf(stderr, "hearth: %s%s\n", words[level], line);
}
