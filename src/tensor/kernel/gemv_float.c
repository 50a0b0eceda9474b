/* Weight rows of F32, F16 and BF16 times one activation row of floats. */
#include "tensor/half.h"
#include "tensor/kernel.h"
#include "tensor/kernel/x86.h"

/* --- scalar: the reference sums in double --- */

static void gemv_f32_scalar(float *y, const uint8_t *w, size_t row_bytes, size_t n_rows, const ht_act_row *x, size_t n_in, bool add)
{
    for (size_t r = 0; r < n_rows; r++, w += row_bytes) {
        double sum = 0.0;
        for (size_t i = 0; i < n_in; i++) {
            float v;
            memcpy(&v, w + 4 * i, sizeof v);
            sum += (double)v * (double)x->f32[i];
        }
        y[r] = (add ? y[r] : 0.0f) + (float)sum;
    }
}

static void gemv_f16_scalar(float *y, const uint8_t *w, size_t row_bytes, size_t n_rows, const ht_act_row *x, size_t n_in, bool add)
{
    for (size_t r = 0; r < n_rows; r++, w += row_bytes) {
        double sum = 0.0;
        for (size_t i = 0; i < n_in; i++)
            sum += (double)ht_half_to_float(ht_load_u16(w + 2 * i)) * (double)x->f32[i];
        y[r] = (add ? y[r] : 0.0f) + (float)sum;
    }
}

static void gemv_bf16_scalar(float *y, const uint8_t *w, size_t row_bytes, size_t n_rows, const ht_act_row *x, size_t n_in, bool add)
{
    for (size_t r = 0; r < n_rows; r++, w += row_bytes) {
        double sum = 0.0;
        for (size_t i = 0; i < n_in; i++)
            sum += (double)ht_bf16_to_float(ht_load_u16(w + 2 * i)) * (double)x->f32[i];
        y[r] = (add ? y[r] : 0.0f) + (float)sum;
    }
}

#if defined(__x86_64__)
/* --- AVX2 --- */

HT_ISA_AVX2 static inline __m256 load8_f32(const uint8_t *w) { return _mm256_loadu_ps((const float *)(const void *)w); }
HT_ISA_AVX2 static inline __m256 load8_f16(const uint8_t *w) { return _mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)(const void *)w)); }
HT_ISA_AVX2 static inline __m256 load8_bf16(const uint8_t *w)
{
    return _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_cvtepu16_epi32(_mm_loadu_si128((const __m128i *)(const void *)w)), 16));
}

HT_ISA_AVX2
static void gemv_f32_avx2(float *y, const uint8_t *w, size_t row_bytes, size_t n_rows, const ht_act_row *x, size_t n_in, bool add)
{
    const size_t body = n_in - n_in % 32;
    for (size_t r = 0; r < n_rows; r++, w += row_bytes) {
        __m256 acc[4] = {_mm256_setzero_ps(), _mm256_setzero_ps(), _mm256_setzero_ps(), _mm256_setzero_ps()};
        for (size_t i = 0; i < body; i += 32)
            for (size_t j = 0; j < 4; j++)
                acc[j] = _mm256_fmadd_ps(load8_f32(w + 4 * (i + 8 * j)), _mm256_loadu_ps(x->f32 + i + 8 * j), acc[j]);
        float sum = ht_hsum_avx2(_mm256_add_ps(_mm256_add_ps(acc[0], acc[1]), _mm256_add_ps(acc[2], acc[3])));
        for (size_t i = body; i < n_in; i++)
            sum += ht_float_from_bits((uint32_t)ht_load_u16(w + 4 * i) | (uint32_t)ht_load_u16(w + 4 * i + 2) << 16) * x->f32[i];
        y[r] = (add ? y[r] : 0.0f) + sum;
    }
}

HT_ISA_AVX2
static void gemv_f16_avx2(float *y, const uint8_t *w, size_t row_bytes, size_t n_rows, const ht_act_row *x, size_t n_in, bool add)
{
    const size_t body = n_in - n_in % 32;
    for (size_t r = 0; r < n_rows; r++, w += row_bytes) {
        __m256 acc[4] = {_mm256_setzero_ps(), _mm256_setzero_ps(), _mm256_setzero_ps(), _mm256_setzero_ps()};
        for (size_t i = 0; i < body; i += 32)
            for (size_t j = 0; j < 4; j++)
                acc[j] = _mm256_fmadd_ps(load8_f16(w + 2 * (i + 8 * j)), _mm256_loadu_ps(x->f32 + i + 8 * j), acc[j]);
        float sum = ht_hsum_avx2(_mm256_add_ps(_mm256_add_ps(acc[0], acc[1]), _mm256_add_ps(acc[2], acc[3])));
        for (size_t i = body; i < n_in; i++)
            sum += ht_half_to_float(ht_load_u16(w + 2 * i)) * x->f32[i];
        y[r] = (add ? y[r] : 0.0f) + sum;
    }
}

HT_ISA_AVX2
static void gemv_bf16_avx2(float *y, const uint8_t *w, size_t row_bytes, size_t n_rows, const ht_act_row *x, size_t n_in, bool add)
{
    const size_t body = n_in - n_in % 32;
    for (size_t r = 0; r < n_rows; r++, w += row_bytes) {
        __m256 acc[4] = {_mm256_setzero_ps(), _mm256_setzero_ps(), _mm256_setzero_ps(), _mm256_setzero_ps()};
        for (size_t i = 0; i < body; i += 32)
            for (size_t j = 0; j < 4; j++)
                acc[j] = _mm256_fmadd_ps(load8_bf16(w + 2 * (i + 8 * j)), _mm256_loadu_ps(x->f32 + i + 8 * j), acc[j]);
        float sum = ht_hsum_avx2(_mm256_add_ps(_mm256_add_ps(acc[0], acc[1]), _mm256_add_ps(acc[2], acc[3])));
        for (size_t i = body; i < n_in; i++)
            sum += ht_bf16_to_float(ht_load_u16(w + 2 * i)) * x->f32[i];
        y[r] = (add ? y[r] : 0.0f) + sum;
    }
}

/* --- AVX-512: the tail is a masked step --- */

HT_ISA_AVX512
static void gemv_f32_avx512(float *y, const uint8_t *w, size_t row_bytes, size_t n_rows, const ht_act_row *x, size_t n_in, bool add)
{
    const size_t body = n_in - n_in % 64;
    for (size_t r = 0; r < n_rows; r++, w += row_bytes) {
        __m512 acc[4] = {_mm512_setzero_ps(), _mm512_setzero_ps(), _mm512_setzero_ps(), _mm512_setzero_ps()};
        for (size_t i = 0; i < body; i += 64)
            for (size_t j = 0; j < 4; j++)
                acc[j] = _mm512_fmadd_ps(_mm512_loadu_ps(w + 4 * (i + 16 * j)), _mm512_loadu_ps(x->f32 + i + 16 * j), acc[j]);
        for (size_t i = body; i < n_in; i += 16) {
            const __mmask16 m = ht_first_lanes(n_in - i);
            acc[0] = _mm512_fmadd_ps(_mm512_maskz_loadu_ps(m, w + 4 * i), _mm512_maskz_loadu_ps(m, x->f32 + i), acc[0]);
        }
        const float sum = _mm512_reduce_add_ps(_mm512_add_ps(_mm512_add_ps(acc[0], acc[1]), _mm512_add_ps(acc[2], acc[3])));
        y[r] = (add ? y[r] : 0.0f) + sum;
    }
}

HT_ISA_AVX512
static void gemv_f16_avx512(float *y, const uint8_t *w, size_t row_bytes, size_t n_rows, const ht_act_row *x, size_t n_in, bool add)
{
    const size_t body = n_in - n_in % 64;
    for (size_t r = 0; r < n_rows; r++, w += row_bytes) {
        __m512 acc[4] = {_mm512_setzero_ps(), _mm512_setzero_ps(), _mm512_setzero_ps(), _mm512_setzero_ps()};
        for (size_t i = 0; i < body; i += 64)
            for (size_t j = 0; j < 4; j++) {
                const __m256i h = _mm256_loadu_si256((const __m256i *)(const void *)(w + 2 * (i + 16 * j)));
                acc[j] = _mm512_fmadd_ps(_mm512_cvtph_ps(h), _mm512_loadu_ps(x->f32 + i + 16 * j), acc[j]);
            }
        for (size_t i = body; i < n_in; i += 16) {
            const __mmask16 m = ht_first_lanes(n_in - i);
            acc[0] = _mm512_fmadd_ps(_mm512_cvtph_ps(_mm256_maskz_loadu_epi16(m, w + 2 * i)), _mm512_maskz_loadu_ps(m, x->f32 + i), acc[0]);
        }
        const float sum = _mm512_reduce_add_ps(_mm512_add_ps(_mm512_add_ps(acc[0], acc[1]), _mm512_add_ps(acc[2], acc[3])));
        y[r] = (add ? y[r] : 0.0f) + sum;
    }
}

HT_ISA_AVX512 static inline __m512 widen_bf16(__m256i b) { return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(b), 16)); }

HT_ISA_AVX512
static void gemv_bf16_avx512(float *y, const uint8_t *w, size_t row_bytes, size_t n_rows, const ht_act_row *x, size_t n_in, bool add)
{
    const size_t body = n_in - n_in % 64;
    for (size_t r = 0; r < n_rows; r++, w += row_bytes) {
        __m512 acc[4] = {_mm512_setzero_ps(), _mm512_setzero_ps(), _mm512_setzero_ps(), _mm512_setzero_ps()};
        for (size_t i = 0; i < body; i += 64)
            for (size_t j = 0; j < 4; j++) {
                const __m256i b = _mm256_loadu_si256((const __m256i *)(const void *)(w + 2 * (i + 16 * j)));
                acc[j] = _mm512_fmadd_ps(widen_bf16(b), _mm512_loadu_ps(x->f32 + i + 16 * j), acc[j]);
            }
        for (size_t i = body; i < n_in; i += 16) {
            const __mmask16 m = ht_first_lanes(n_in - i);
            acc[0] = _mm512_fmadd_ps(widen_bf16(_mm256_maskz_loadu_epi16(m, w + 2 * i)), _mm512_maskz_loadu_ps(m, x->f32 + i), acc[0]);
        }
        const float sum = _mm512_reduce_add_ps(_mm512_add_ps(_mm512_add_ps(acc[0], acc[1]), _mm512_add_ps(acc[2], acc[3])));
        y[r] = (add ? y[r] : 0.0f) + sum;
    }
}
#endif

ht_gemv_fn *ht_gemv_float_pick(ht_dtype t, unsigned cpu)
{
#if defined(__x86_64__)
    if (cpu & HT_CPU_AVX512)
        return t == HT_F32 ? gemv_f32_avx512 : t == HT_F16 ? gemv_f16_avx512 : gemv_bf16_avx512;
    if (cpu & HT_CPU_AVX2)
        return t == HT_F32 ? gemv_f32_avx2 : t == HT_F16 ? gemv_f16_avx2 : gemv_bf16_avx2;
#endif
    (void)cpu;
    return t == HT_F32 ? gemv_f32_scalar : t == HT_F16 ? gemv_f16_scalar : gemv_bf16_scalar;
}
