/* Activations to int8 blocks, and sixteen rows interleaved into a panel. */
#include <math.h>

#include "tensor/half.h"
#include "tensor/kernel.h"
#include "tensor/kernel/x86.h"

/* d and 1 / d of a block whose largest magnitude has these bits; magnitudes order like their bits, NaN above infinity. */
static inline void block_scale(uint32_t max_bits, float *d, float *inverse)
{
    if (max_bits >= 0x7f800000u) {
        *d = ht_float_from_bits(0x7fc00000u);
        *inverse = 0.0f;
        return;
    }
    const float max = ht_float_from_bits(max_bits);
    *d = max / 127.0f;
    *inverse = max >= 1e-30f ? 127.0f / max : 0.0f; /* smaller: 127 / max could be infinite */
}

static void quantize_scalar(int8_t *q, float *d, int32_t *zero, const float *x, size_t n, int zero_point)
{
    for (size_t i = 0; i < n; i += HT_Q_BLOCK) {
        uint32_t max_bits = 0;
        for (size_t j = 0; j < HT_Q_BLOCK; j++) {
            const uint32_t bits = ht_float_bits(x[i + j]) & 0x7fffffffu;
            max_bits = bits > max_bits ? bits : max_bits;
        }
        float inverse;
        block_scale(max_bits, &d[i / HT_Q_BLOCK], &inverse);
        for (size_t j = 0; j < HT_Q_BLOCK; j += 4) {
            int32_t sum = 0;
            for (size_t k = i + j; k < i + j + 4; k++) {
                q[k] = inverse > 0.0f ? (int8_t)lrintf(x[k] * inverse) : 0;
                sum += q[k];
            }
            zero[(i + j) / 4] = -zero_point * sum;
        }
    }
}

static void interleave_scalar(uint32_t *out, const uint32_t *const rows[HT_PANEL], size_t n_groups)
{
    for (size_t g = 0; g < n_groups; g++)
        for (size_t t = 0; t < HT_PANEL; t++)
            out[g * HT_PANEL + t] = rows[t][g];
}

#if defined(__x86_64__)
HT_ISA_AVX2
static void quantize_avx2(int8_t *q, float *d, int32_t *zero, const float *x, size_t n, int zero_point)
{
    const __m256i order = _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7); /* undoes the packs' 128-bit halves */
    const __m256i ones = _mm256_set1_epi8(1), factor = _mm256_set1_epi32(-zero_point);
    for (size_t i = 0; i < n; i += HT_Q_BLOCK) {
        __m256 v[4];
        __m256i top = _mm256_setzero_si256();
        for (size_t j = 0; j < 4; j++) {
            v[j] = _mm256_loadu_ps(x + i + 8 * j);
            top = _mm256_max_epu32(top, _mm256_and_si256(_mm256_castps_si256(v[j]), _mm256_set1_epi32(0x7fffffff)));
        }
        __m128i t = _mm_max_epu32(_mm256_castsi256_si128(top), _mm256_extracti128_si256(top, 1));
        t = _mm_max_epu32(t, _mm_shuffle_epi32(t, 0x4e));
        t = _mm_max_epu32(t, _mm_shuffle_epi32(t, 0xb1));
        float inverse;
        block_scale((uint32_t)_mm_cvtsi128_si32(t), &d[i / HT_Q_BLOCK], &inverse);
        __m256i whole[4];
        for (size_t j = 0; j < 4; j++)
            whole[j] = inverse > 0.0f ? _mm256_cvtps_epi32(_mm256_mul_ps(v[j], _mm256_set1_ps(inverse))) : _mm256_setzero_si256();
        const __m256i packed = _mm256_packs_epi16(_mm256_packs_epi32(whole[0], whole[1]), _mm256_packs_epi32(whole[2], whole[3]));
        const __m256i bytes = _mm256_permutevar8x32_epi32(packed, order);
        _mm256_storeu_si256((__m256i *)(void *)(q + i), bytes);
        const __m256i sums = _mm256_madd_epi16(_mm256_maddubs_epi16(ones, bytes), _mm256_set1_epi16(1));
        _mm256_storeu_si256((__m256i *)(void *)(zero + i / 4), _mm256_mullo_epi32(sums, factor));
    }
}

HT_ISA_AVX2
static void interleave_avx2(uint32_t *out, const uint32_t *const rows[HT_PANEL], size_t n_groups)
{
    const size_t body = n_groups - n_groups % 8;
    for (size_t t = 0; t < HT_PANEL; t += 4)
        for (size_t g = 0; g < body; g += 8) {
            __m256 v[4];
            __m128 turned[8];
            for (size_t r = 0; r < 4; r++)
                v[r] = _mm256_loadu_ps((const float *)(const void *)(rows[t + r] + g));
            ht_turn_avx2(turned, v);
            for (size_t j = 0; j < 8; j++)
                _mm_storeu_ps((float *)(void *)(out + (g + j) * HT_PANEL + t), turned[j]);
        }
    for (size_t g = body; g < n_groups; g++)
        for (size_t t = 0; t < HT_PANEL; t++)
            out[g * HT_PANEL + t] = rows[t][g];
}
#endif

ht_quantize_fn *ht_quantize_pick(unsigned cpu)
{
#if defined(__x86_64__)
    if (cpu & HT_CPU_AVX2)
        return quantize_avx2;
#endif
    (void)cpu;
    return quantize_scalar;
}

ht_interleave_fn *ht_interleave_pick(unsigned cpu)
{
#if defined(__x86_64__)
    if (cpu & HT_CPU_AVX2)
        return interleave_avx2;
#endif
    (void)cpu;
    return interleave_scalar;
}
