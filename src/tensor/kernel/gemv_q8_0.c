/* Q8_0 weight rows times one quantised activation row: whole blocks in integers, scaled and summed in float.
 *
 * VNNI multiplies unsigned by signed bytes, so a weight w goes in as w + 128 (its top bit flipped) and the sum starts at
 * x->zero = -128 * sum(q), which takes the excess away again; all of it is exact in int32.
 *
 * The scalar adds block after block in one chain of fused multiply-adds, as the tile kernels do: the same bits. The
 * vector variants here, for one token, keep several partial sums and differ from it by rounding. */
#include <math.h>


#include "tensor/half.h"
#include "tensor/kernel.h"
#include "tensor/kernel/x86.h"

static void gemv_q8_0_scalar(float *y, const uint8_t *w, size_t row_bytes, size_t n_rows, const ht_act_row *x, size_t n_in, bool add)
{
    for (size_t r = 0; r < n_rows; r++, w += row_bytes) {
        float sum = 0.0f;
        for (size_t b = 0; b < n_in / HT_Q_BLOCK; b++) {
            const uint8_t *block = w + b * HT_Q8_0_BYTES;
            const int8_t *q = x->q + b * HT_Q_BLOCK;
            int32_t dot = 0;
            for (size_t i = 0; i < HT_Q_BLOCK; i++)
                dot += (int8_t)block[2 + i] * q[i];
            sum = fmaf((float)dot, ht_half_to_float(ht_load_u16(block)) * x->d[b], sum);
        }
        y[r] = (add ? y[r] : 0.0f) + sum;
    }
}

#if defined(__x86_64__)
HT_ISA_AVX2 static inline __m256i load32_avx2(const void *p) { return _mm256_loadu_si256((const __m256i *)p); }

HT_ISA_AVX2
static inline float scale_of(const uint8_t *block) { return _mm_cvtss_f32(_mm_cvtph_ps(_mm_cvtsi32_si128(ht_load_u16(block)))); }

/* Without VNNI: |w| unsigned times q with the sign of w; 2 * 128 * 127 fits in int16. */
HT_ISA_AVX2
static void gemv_q8_0_avx2(float *y, const uint8_t *w, size_t row_bytes, size_t n_rows, const ht_act_row *x, size_t n_in, bool add)
{
    for (size_t r = 0; r < n_rows; r++, w += row_bytes) {
        __m256 acc = _mm256_setzero_ps();
        for (size_t b = 0; b < n_in / HT_Q_BLOCK; b++) {
            const uint8_t *block = w + b * HT_Q8_0_BYTES;
            const __m256i wq = load32_avx2(block + 2), xq = load32_avx2(x->q + b * HT_Q_BLOCK);
            const __m256i pairs = _mm256_maddubs_epi16(_mm256_sign_epi8(wq, wq), _mm256_sign_epi8(xq, wq));
            const __m256i dot = _mm256_madd_epi16(pairs, _mm256_set1_epi16(1));
            acc = _mm256_fmadd_ps(_mm256_cvtepi32_ps(dot), _mm256_set1_ps(scale_of(block) * x->d[b]), acc);
        }
        y[r] = (add ? y[r] : 0.0f) + ht_hsum_avx2(acc);
    }
}

HT_ISA_AVXVNNI
static void gemv_q8_0_avxvnni(float *y, const uint8_t *w, size_t row_bytes, size_t n_rows, const ht_act_row *x, size_t n_in, bool add)
{
    const __m256i flip = _mm256_set1_epi8((char)0x80);
    for (size_t r = 0; r < n_rows; r++, w += row_bytes) {
        __m256 acc = _mm256_setzero_ps();
        for (size_t b = 0; b < n_in / HT_Q_BLOCK; b++) {
            const uint8_t *block = w + b * HT_Q8_0_BYTES;
            const __m256i wq = _mm256_xor_si256(load32_avx2(block + 2), flip), xq = load32_avx2(x->q + b * HT_Q_BLOCK);
            const __m256i dot = _mm256_dpbusd_avx_epi32(load32_avx2(x->zero + b * 8), wq, xq);
            acc = _mm256_fmadd_ps(_mm256_cvtepi32_ps(dot), _mm256_set1_ps(scale_of(block) * x->d[b]), acc);
        }
        y[r] = (add ? y[r] : 0.0f) + ht_hsum_avx2(acc);
    }
}

/* Two blocks a step, one in each half of the register. */
HT_ISA_VNNI
static void gemv_q8_0_vnni(float *y, const uint8_t *w, size_t row_bytes, size_t n_rows, const ht_act_row *x, size_t n_in, bool add)
{
    const __m512i flip = _mm512_set1_epi8((char)0x80);
    const __m512i halves = _mm512_set_epi32(1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0);
    const size_t n_blocks = n_in / HT_Q_BLOCK, body = n_blocks - n_blocks % 2;
    for (size_t r = 0; r < n_rows; r++, w += row_bytes) {
        __m512 acc = _mm512_setzero_ps();
        for (size_t b = 0; b < body; b += 2) {
            const uint8_t *block = w + b * HT_Q8_0_BYTES;
            const __m256i w0 = _mm256_loadu_si256((const __m256i *)(const void *)(block + 2));
            const __m256i w1 = _mm256_loadu_si256((const __m256i *)(const void *)(block + 2 + HT_Q8_0_BYTES));
            const __m512i wq = _mm512_xor_si512(_mm512_inserti64x4(_mm512_castsi256_si512(w0), w1, 1), flip);
            const __m512i dot = _mm512_dpbusd_epi32(_mm512_loadu_si512(x->zero + b * 8), wq, _mm512_loadu_si512(x->q + b * HT_Q_BLOCK));
            const __m128i d = _mm_insert_epi16(_mm_cvtsi32_si128(ht_load_u16(block)), ht_load_u16(block + HT_Q8_0_BYTES), 1);
            const __m128 dx = _mm_castsi128_ps(_mm_loadl_epi64((const __m128i *)(const void *)(x->d + b)));
            const __m512 scale = _mm512_permutexvar_ps(halves, _mm512_castps128_ps512(_mm_mul_ps(_mm_cvtph_ps(d), dx)));
            acc = _mm512_fmadd_ps(_mm512_cvtepi32_ps(dot), scale, acc);
        }
        if (body < n_blocks) {
            const uint8_t *block = w + body * HT_Q8_0_BYTES;
            const __m512i wq = _mm512_xor_si512(_mm512_zextsi256_si512(_mm256_loadu_si256((const __m256i *)(const void *)(block + 2))), flip);
            const __m512i xq = _mm512_zextsi256_si512(_mm256_loadu_si256((const __m256i *)(const void *)(x->q + body * HT_Q_BLOCK)));
            const __m512i zero = _mm512_zextsi256_si512(_mm256_loadu_si256((const __m256i *)(const void *)(x->zero + body * 8)));
            const float d = _mm_cvtss_f32(_mm_cvtph_ps(_mm_cvtsi32_si128(ht_load_u16(block))));
            acc = _mm512_fmadd_ps(_mm512_cvtepi32_ps(_mm512_dpbusd_epi32(zero, wq, xq)), _mm512_set1_ps(d * x->d[body]), acc);
        }
        y[r] = (add ? y[r] : 0.0f) + _mm512_reduce_add_ps(acc);
    }
}
#endif

ht_gemv_fn *ht_gemv_q8_0_pick(unsigned cpu)
{
#if defined(__x86_64__)
    if (cpu & HT_CPU_VNNI)
        return gemv_q8_0_vnni;
    if (cpu & HT_CPU_AVXVNNI)
        return gemv_q8_0_avxvnni;
    if (cpu & HT_CPU_AVX2)
        return gemv_q8_0_avx2;
#endif
    (void)cpu;
    return gemv_q8_0_scalar;
}
