#include "base/rng.h"

#include <math.h>

static uint64_t splitmix(uint64_t *x)
{
    uint64_t z = (*x += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

void ht_rng_seed(ht_rng *r, uint64_t seed)
{
    r->state = splitmix(&seed);
    r->inc = splitmix(&seed) | 1u;
    ht_rng_u32(r);
}

uint32_t ht_rng_u32(ht_rng *r)
{
    const uint64_t old = r->state;
    r->state = old * 6364136223846793005u + r->inc;
    const uint32_t x = (uint32_t)(((old >> 18) ^ old) >> 27);
    const uint32_t rot = (uint32_t)(old >> 59);
    return (x >> rot) | (x << ((32 - rot) & 31));
}

uint32_t ht_rng_below(ht_rng *r, uint32_t n)
{
    const uint32_t limit = (uint32_t)(-n) % n; /* 2^32 mod n values would come once too often */
    for (;;) {
        const uint32_t x = ht_rng_u32(r);
        if (x >= limit)
            return x % n;
    }
}

float ht_rng_float(ht_rng *r) { return (float)(ht_rng_u32(r) >> 8) * 0x1p-24f; }

float ht_rng_normal(ht_rng *r)
{
    const double u = ((double)ht_rng_u32(r) + 1.0) * 0x1p-32, v = (double)ht_rng_u32(r) * 0x1p-32;
    return (float)(sqrt(-2.0 * log(u)) * cos(6.283185307179586 * v));
}
