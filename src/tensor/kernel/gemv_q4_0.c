/* Q4_0 weight rows times one quantised activation row. The nibbles are unsigned bytes already; x->zero = -8 * sum(q)
 * takes their offset away. See gemv_q8_0.c. */
#include <math.h>


#include "tensor/half.h"
#include "tensor/kernel.h"
#include "tensor/kernel/x86.h"

static void gemv_q4_0_scalar(float *y, const uint8_t *w, size_t row_bytes, size_t n_rows, const ht_act_row *x, size_t n_in, bool add)
{
    for (size_t r = 0; r < n_rows; r++, w += row_bytes) {
        float sum = 0.0f;
        for (size_t b = 0; b < n_in / HT_Q_BLOCK; b++) {
            const uint8_t *block = w + b * HT_Q4_0_BYTES;
            const int8_t *q = x->q + b * HT_Q_BLOCK;
            int32_t dot = 0;
            for (size_t i = 0; i < HT_Q_BLOCK / 2; i++)
                dot += ((block[2 + i] & 15) - 8) * q[i] + ((block[2 + i] >> 4) - 8) * q[i + 16];
            sum = fmaf((float)dot, ht_half_to_float(ht_load_u16(block)) * x->d[b], sum);
        }
        y[r] = (add ? y[r] : 0.0f) + sum;
    }
}

#if defined(__x86_64__)
/* The 32 nibbles of a block in order, a byte each. */
HT_ISA_AVX2
static inline __m256i nibbles_avx2(const uint8_t *block)
{
    const __m128i packed = _mm_loadu_si128((const __m128i *)(const void *)(block + 2));
    const __m256i both = _mm256_inserti128_si256(_mm256_castsi128_si256(packed), _mm_srli_epi16(packed, 4), 1);
    return _mm256_and_si256(both, _mm256_set1_epi8(15));
}

HT_ISA_AVX2
static inline float scale_of(const uint8_t *block) { return _mm_cvtss_f32(_mm_cvtph_ps(_mm_cvtsi32_si128(ht_load_u16(block)))); }

HT_ISA_AVX2
static void gemv_q4_0_avx2(float *y, const uint8_t *w, size_t row_bytes, size_t n_rows, const ht_act_row *x, size_t n_in, bool add)
{
    for (size_t r = 0; r < n_rows; r++, w += row_bytes) {
        __m256 acc = _mm256_setzero_ps();
        for (size_t b = 0; b < n_in / HT_Q_BLOCK; b++) {
            const uint8_t *block = w + b * HT_Q4_0_BYTES;
            const __m256i xq = _mm256_loadu_si256((const __m256i *)(const void *)(x->q + b * HT_Q_BLOCK));
            const __m256i zero = _mm256_loadu_si256((const __m256i *)(const void *)(x->zero + b * 8));
            const __m256i pairs = _mm256_maddubs_epi16(nibbles_avx2(block), xq);
            const __m256i dot = _mm256_add_epi32(zero, _mm256_madd_epi16(pairs, _mm256_set1_epi16(1)));
            acc = _mm256_fmadd_ps(_mm256_cvtepi32_ps(dot), _mm256_set1_ps(scale_of(block) * x->d[b]), acc);
        }
        y[r] = (add ? y[r] : 0.0f) + ht_hsum_avx2(acc);
    }
}

HT_ISA_AVXVNNI
static void gemv_q4_0_avxvnni(float *y, const uint8_t *w, size_t row_bytes, size_t n_rows, const ht_act_row *x, size_t n_in, bool add)
{
    for (size_t r = 0; r < n_rows; r++, w += row_bytes) {
        __m256 acc = _mm256_setzero_ps();
        for (size_t b = 0; b < n_in / HT_Q_BLOCK; b++) {
            const uint8_t *block = w + b * HT_Q4_0_BYTES;
            const __m256i xq = _mm256_loadu_si256((const __m256i *)(const void *)(x->q + b * HT_Q_BLOCK));
            const __m256i zero = _mm256_loadu_si256((const __m256i *)(const void *)(x->zero + b * 8));
            const __m256i dot = _mm256_dpbusd_avx_epi32(zero, nibbles_avx2(block), xq);
            acc = _mm256_fmadd_ps(_mm256_cvtepi32_ps(dot), _mm256_set1_ps(scale_of(block) * x->d[b]), acc);
        }
        y[r] = (add ? y[r] : 0.0f) + ht_hsum_avx2(acc);
    }
}

/* The packed bytes of two blocks, the nibbles of each block in its half of the register. */
HT_ISA_VNNI
static inline __m512i nibbles_pair(__m128i p0, __m128i p1)
{
    const __m256i b0 = _mm256_inserti128_si256(_mm256_castsi128_si256(p0), _mm_srli_epi16(p0, 4), 1);
    const __m256i b1 = _mm256_inserti128_si256(_mm256_castsi128_si256(p1), _mm_srli_epi16(p1, 4), 1);
    return _mm512_and_si512(_mm512_inserti64x4(_mm512_castsi256_si512(b0), b1, 1), _mm512_set1_epi8(15));
}

HT_ISA_VNNI
static void gemv_q4_0_vnni(float *y, const uint8_t *w, size_t row_bytes, size_t n_rows, const ht_act_row *x, size_t n_in, bool add)
{
    const __m512i halves = _mm512_set_epi32(1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0);
    const size_t n_blocks = n_in / HT_Q_BLOCK, body = n_blocks - n_blocks % 2;
    for (size_t r = 0; r < n_rows; r++, w += row_bytes) {
        __m512 acc = _mm512_setzero_ps();
        for (size_t b = 0; b < body; b += 2) {
            const uint8_t *block = w + b * HT_Q4_0_BYTES;
            const __m128i p0 = _mm_loadu_si128((const __m128i *)(const void *)(block + 2));
            const __m128i p1 = _mm_loadu_si128((const __m128i *)(const void *)(block + 2 + HT_Q4_0_BYTES));
            const __m512i dot = _mm512_dpbusd_epi32(_mm512_loadu_si512(x->zero + b * 8), nibbles_pair(p0, p1), _mm512_loadu_si512(x->q + b * HT_Q_BLOCK));
            const __m128i d = _mm_insert_epi16(_mm_cvtsi32_si128(ht_load_u16(block)), ht_load_u16(block + HT_Q4_0_BYTES), 1);
            const __m128 dx = _mm_castsi128_ps(_mm_loadl_epi64((const __m128i *)(const void *)(x->d + b)));
            const __m512 scale = _mm512_permutexvar_ps(halves, _mm512_castps128_ps512(_mm_mul_ps(_mm_cvtph_ps(d), dx)));
            acc = _mm512_fmadd_ps(_mm512_cvtepi32_ps(dot), scale, acc);
        }
        if (body < n_blocks) {
            const uint8_t *block = w + body * HT_Q4_0_BYTES;
            const __m512i wq = nibbles_pair(_mm_loadu_si128((const __m128i *)(const void *)(block + 2)), _mm_setzero_si128());
            const __m512i xq = _mm512_zextsi256_si512(_mm256_loadu_si256((const __m256i *)(const void *)(x->q + body * HT_Q_BLOCK)));
            const __m512i zero = _mm512_zextsi256_si512(_mm256_loadu_si256((const __m256i *)(const void *)(x->zero + body * 8)));
            const float d = _mm_cvtss_f32(_mm_cvtph_ps(_mm_cvtsi32_si128(ht_load_u16(block))));
            acc = _mm512_fmadd_ps(_mm512_cvtepi32_ps(_mm512_dpbusd_epi32(zero, wq, xq)), _mm512_set1_ps(d * x->d[body]), acc);
        }
        y[r] = (add ? y[r] : 0.0f) + _mm512_reduce_add_ps(acc);
    }
}
#endif

ht_gemv_fn *ht_gemv_q4_0_pick(unsigned cpu)
{
#if defined(__x86_64__)
    if (cpu & HT_CPU_VNNI)
        return gemv_q4_0_vnni;
    if (cpu & HT_CPU_AVXVNNI)
        return gemv_q4_0_avxvnni;
    if (cpu & HT_CPU_AVX2)
        return gemv_q4_0_avx2;
#endif
    (void)cpu;
    return gemv_q4_0_scalar;
}
