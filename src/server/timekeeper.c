#include "server/timekeeper.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { LATE_MINUTES = 10, DAY_MINUTES = 24 * 60 };

static int64_t local_minute(int64_t unix_ms)
{
    const time_t s = (time_t)(unix_ms / 1000);
    struct tm local;
    localtime_r(&s, &local);
    return (s + local.tm_gmtoff) / 60;
}

void ht_timekeeper_init(ht_timekeeper *k, int64_t mono_ms, int64_t unix_ms)
{
    *k = (ht_timekeeper){.last_ms = mono_ms, .last_minute = local_minute(unix_ms)};
}

int64_t ht_timekeeper_next_ms(const ht_timekeeper *k, const ht_home *h, int64_t mono_ms, int64_t unix_ms)
{
    int64_t next = ht_home_alarm_count(h) > 0 ? 60000 - unix_ms % 60000 : -1;
    for (size_t i = 0; i < ht_home_timer_count(h); i++) {
        const ht_timer *t = ht_home_timer_at(h, i);
        const int64_t left = k->last_ms + t->remaining_s * 1000 - mono_ms;
        if (!t->is_paused && (next < 0 || left < next))
            next = left > 0 ? left : 0;
    }
    return next;
}

static char *copy(const char *s) { return s ? strdup(s) : NULL; }

static void count_down(ht_home *h, int64_t seconds, void (*on_due)(void *ctx, ht_due *take_due), void *ctx)
{
    for (size_t i = ht_home_timer_count(h); i-- > 0;) {
        const ht_timer *t = ht_home_timer_at(h, i);
        if (t->is_paused)
            continue;
        if (t->remaining_s > seconds) {
            ht_home_timer_set(h, i, t->remaining_s - seconds, false);
            continue;
        }
        const ht_area *area = t->area >= 0 ? ht_home_area_at(h, (size_t)t->area) : NULL;
        ht_due due = {.name = copy(t->name), .command = copy(t->command), .area = area ? strndup(area->name.ptr, area->name.len) : NULL};
        ht_home_timer_remove(h, i);
        on_due(ctx, &due);
    }
}

static void ring(ht_home *h, int64_t minute, int64_t late, void (*on_due)(void *ctx, ht_due *take_due), void *ctx)
{
    for (size_t i = ht_home_alarm_count(h); i-- > 0;) {
        const ht_alarm *a = ht_home_alarm_at(h, i);
        if ((minute % DAY_MINUTES - a->at_min + DAY_MINUTES) % DAY_MINUTES >= late)
            continue;
        ht_due due = {.name = copy(a->label), .command = copy(a->command), .is_alarm = true};
        ht_home_alarm_remove(h, i);
        on_due(ctx, &due);
    }
}

void ht_timekeeper_tick(ht_timekeeper *k, ht_home *h, int64_t mono_ms, int64_t unix_ms, void (*on_due)(void *ctx, ht_due *take_due), void *ctx)
{
    const int64_t seconds = (mono_ms - k->last_ms) / 1000;
    if (ht_home_timer_count(h) == 0) {
        k->last_ms = mono_ms; /* so that a timer started next is counted from its start */
    } else if (seconds > 0) {
        k->last_ms += seconds * 1000;
        count_down(h, seconds, on_due, ctx);
    }
    const int64_t minute = local_minute(unix_ms), passed = minute - k->last_minute;
    if (passed > 0)
        ring(h, minute, passed < LATE_MINUTES ? passed : LATE_MINUTES, on_due, ctx);
    k->last_minute = minute;
}
