#include "base/status.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

const char *ht_status_text(ht_status st)
{
#define HT_STATUS_TEXT(name, text) text,
    static const char *const texts[] = {HT_STATUS_LIST(HT_STATUS_TEXT)};
#undef HT_STATUS_TEXT
    return (unsigned)st < HT_STATUS_COUNT ? texts[st] : "unknown status";
}

ht_status ht_fail(ht_error *err, ht_status st, int64_t at, const char *fmt, ...)
{
    if (err != NULL) {
        err->status = st;
        err->at = at;
        va_list ap;
        va_start(ap, fmt);
        vsnprintf(err->text, sizeof err->text, fmt, ap);
        va_end(ap);
    }
    return st;
}

ht_status ht_fail_prefix(ht_error *err, const char *fmt, ...)
{
    char prefix[160], whole[sizeof err->text];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(prefix, sizeof prefix, fmt, ap);
    va_end(ap);
    snprintf(whole, sizeof whole, "%.150s: %.100s", prefix, err->text);
    memcpy(err->text, whole, sizeof whole);
    return err->status;
}
