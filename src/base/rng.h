/* A seeded random stream: the same seed gives the same numbers on every machine.
 * Source: O'Neill 2014, "PCG", the 64/32 XSH-RR variant; seeding through SplitMix64 (Steele et al. 2014). */
#ifndef HT_BASE_RNG_H
#define HT_BASE_RNG_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Plain data: copy it to save the stream's place. */
typedef struct {
    uint64_t state, inc;
} ht_rng;

void ht_rng_seed(ht_rng *r, uint64_t seed);
uint32_t ht_rng_u32(ht_rng *r);
/* Uniform in 0 … n-1 without bias; n >= 1. */
uint32_t ht_rng_below(ht_rng *r, uint32_t n);
/* Uniform in [0, 1), 24 bits. */
float ht_rng_float(ht_rng *r);
/* Standard normal (Box–Muller, one value a call). */
float ht_rng_normal(ht_rng *r);
static inline bool ht_rng_chance(ht_rng *r, float p) { return ht_rng_float(r) < p; }
#endif
