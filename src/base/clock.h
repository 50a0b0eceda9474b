/* Two clocks: one that only goes forward, for durations, and the wall's. */
#ifndef HT_BASE_CLOCK_H
#define HT_BASE_CLOCK_H
#include <stdint.h>

/* Monotonic; the zero is arbitrary. */
int64_t ht_clock_ns(void);
static inline double ht_clock_ms(void) { return (double)ht_clock_ns() * 1e-6; }
/* Milliseconds since 1970-01-01 UTC. */
int64_t ht_clock_unix_ms(void);
#endif
