/* Rotary position embedding of one head. The plain loop is tagged for wider registers and left to the compiler. The fused
 * operations are spelled out: gcc 12 forms vfmaddsub from a * c - b * s even with contraction off, and then the variants
 * would differ in the last bit. */
#include <math.h>

#include "tensor/kernel.h"

static inline __attribute__((always_inline)) void turn_neighbours(float *x, const float *cos_sin, size_t n_rot)
{
    for (size_t i = 0; i < n_rot; i += 2) {
        const float a = x[i], b = x[i + 1], c = cos_sin[i], s = cos_sin[i + 1];
        x[i] = fmaf(a, c, -(b * s));
        x[i + 1] = fmaf(a, s, b * c);
    }
}

static inline __attribute__((always_inline)) void turn_halves(float *x, const float *cos_sin, size_t n_rot)
{
    const size_t half = n_rot / 2;
    for (size_t i = 0; i < half; i++) {
        const float a = x[i], b = x[i + half], c = cos_sin[2 * i], s = cos_sin[2 * i + 1];
        x[i] = fmaf(a, c, -(b * s));
        x[i + half] = fmaf(a, s, b * c);
    }
}

static void rope_neighbours_scalar(float *x, const float *cos_sin, size_t n_rot) { turn_neighbours(x, cos_sin, n_rot); }
static void rope_halves_scalar(float *x, const float *cos_sin, size_t n_rot) { turn_halves(x, cos_sin, n_rot); }

#if defined(__x86_64__)
HT_ISA_AVX2 static void rope_neighbours_avx2(float *x, const float *cos_sin, size_t n_rot) { turn_neighbours(x, cos_sin, n_rot); }
HT_ISA_AVX2 static void rope_halves_avx2(float *x, const float *cos_sin, size_t n_rot) { turn_halves(x, cos_sin, n_rot); }
HT_ISA_AVX512 static void rope_neighbours_avx512(float *x, const float *cos_sin, size_t n_rot) { turn_neighbours(x, cos_sin, n_rot); }
HT_ISA_AVX512 static void rope_halves_avx512(float *x, const float *cos_sin, size_t n_rot) { turn_halves(x, cos_sin, n_rot); }
#endif

ht_rope_fn *ht_rope_neighbours_pick(unsigned cpu)
{
#if defined(__x86_64__)
    if (cpu & HT_CPU_AVX512)
        return rope_neighbours_avx512;
    if (cpu & HT_CPU_AVX2)
        return rope_neighbours_avx2;
#endif
    (void)cpu;
    return rope_neighbours_scalar;
}

ht_rope_fn *ht_rope_halves_pick(unsigned cpu)
{
#if defined(__x86_64__)
    if (cpu & HT_CPU_AVX512)
        return rope_halves_avx512;
    if (cpu & HT_CPU_AVX2)
        return rope_halves_avx2;
#endif
    (void)cpu;
    return rope_halves_scalar;
}
