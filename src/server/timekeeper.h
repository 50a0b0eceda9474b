/* Time in the home: timers run down, alarms ring. Pure bookkeeping: the caller brings the clocks. */
#ifndef HT_SERVER_TIMEKEEPER_H
#define HT_SERVER_TIMEKEEPER_H
#include "home/home.h"
#include "server/worker.h"

typedef struct {
    int64_t last_ms;     /* monotonic, up to which the timers have been counted; whole seconds at a time */
    int64_t last_minute; /* of the local wall clock since 1970, whose alarms have rung */
} ht_timekeeper;

void ht_timekeeper_init(ht_timekeeper *k, int64_t mono_ms, int64_t unix_ms);
/* Milliseconds until something ends, or -1 if nothing is running. */
int64_t ht_timekeeper_next_ms(const ht_timekeeper *k, const ht_home *h, int64_t mono_ms, int64_t unix_ms);
/* Counts the timers down; takes those that ended, and alarms whose minute has begun, out of the home and tells on_due of each,
 * which takes their texts. A machine that slept through an alarm rings it if that was less than ten minutes ago. */
void ht_timekeeper_tick(ht_timekeeper *k, ht_home *h, int64_t mono_ms, int64_t unix_ms, void (*on_due)(void *ctx, ht_due *take_due), void *ctx);
#endif
