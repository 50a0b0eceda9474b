/* Half-precision (IEEE binary16) and bfloat16 in plain C, one value at a time: the reference, and the tails of kernels. */
#ifndef HT_TENSOR_HALF_H
#define HT_TENSOR_HALF_H
#include <stdint.h>
#include <string.h>

static inline float ht_float_from_bits(uint32_t u)
{
    float f;
    memcpy(&f, &u, sizeof f);
    return f;
}

static inline uint32_t ht_float_bits(float f)
{
    uint32_t u;
    memcpy(&u, &f, sizeof u);
    return u;
}

static inline float ht_half_to_float(uint16_t h)
{
    const uint32_t sign = (uint32_t)(h & 0x8000u) << 16, rest = h & 0x7fffu;
    if (rest >= 0x7c00u) /* infinity, NaN */
        return ht_float_from_bits(sign | 0x7f800000u | (rest & 0x3ffu) << 13);
    if (rest < 0x0400u) { /* zero, denormal: rest * 2^-24, exact */
        const float f = (float)rest * 0x1p-24f;
        return sign ? -f : f;
    }
    return ht_float_from_bits(sign | ((rest << 13) + 0x38000000u));
}

/* Nearest, ties to even; too large becomes infinity. */
static inline uint16_t ht_half_from_float(float f)
{
    const uint32_t u = ht_float_bits(f), sign = u >> 16 & 0x8000u, rest = u & 0x7fffffffu;
    if (rest > 0x7f800000u)
        return (uint16_t)(sign | 0x7e00u);
    if (rest >= 0x477ff000u) /* 65520 and up */
        return (uint16_t)(sign | 0x7c00u);
    if (rest < 0x38800000u) /* below 2^-14: adding 0.5 leaves the rounded denormal in the low bits */
        return (uint16_t)(sign | (ht_float_bits(ht_float_from_bits(rest) + 0.5f) - 0x3f000000u));
    return (uint16_t)(sign | ((rest - 0x38000000u + 0xfffu + (rest >> 13 & 1u)) >> 13));
}

static inline float ht_bf16_to_float(uint16_t b) { return ht_float_from_bits((uint32_t)b << 16); }

/* Nearest, ties to even. */
static inline uint16_t ht_bf16_from_float(float f)
{
    const uint32_t u = ht_float_bits(f);
    if ((u & 0x7fffffffu) > 0x7f800000u)
        return (uint16_t)(u >> 16 | 0x40u);
    return (uint16_t)((u + 0x7fffu + (u >> 16 & 1u)) >> 16);
}

/* Two bytes at any address. */
static inline uint16_t ht_load_u16(const void *p)
{
    uint16_t v;
    memcpy(&v, p, sizeof v);
    return v;
}
#endif
