/* Every variant sums in double; see rms_norm.c. */
#include "tensor/kernel.h"
#include "tensor/kernel/exp.h"
#include "tensor/kernel/x86.h"

static void softmax_scalar(float *x, size_t n)
{
    float max = x[0];
    for (size_t i = 1; i < n; i++)
        max = x[i] > max ? x[i] : max;
    double sum = 0.0;
    for (size_t i = 0; i < n; i++) {
        x[i] = ht_exp_scalar(x[i] - max);
        sum += (double)x[i];
    }
    const float scale = (float)(1.0 / sum);
    for (size_t i = 0; i < n; i++)
        x[i] *= scale;
}

#if defined(__x86_64__)
HT_ISA_AVX2
static void softmax_avx2(float *x, size_t n)
{
    const size_t body = n - n % 8;
    float max = x[0];
    __m256 top = _mm256_set1_ps(max);
    for (size_t i = 0; i < body; i += 8)
        top = _mm256_max_ps(_mm256_loadu_ps(x + i), top);
    float tops[8];
    _mm256_storeu_ps(tops, top);
    for (size_t i = 0; i < 8; i++)
        max = tops[i] > max ? tops[i] : max;
    for (size_t i = body; i < n; i++)
        max = x[i] > max ? x[i] : max;
    __m256d acc = _mm256_setzero_pd();
    for (size_t i = 0; i < body; i += 8) {
        const __m256 e = ht_exp_avx2(_mm256_sub_ps(_mm256_loadu_ps(x + i), _mm256_set1_ps(max)));
        _mm256_storeu_ps(x + i, e);
        acc = ht_add_wide_avx2(acc, e);
    }
    double sum = ht_hsum_pd_avx2(acc);
    for (size_t i = body; i < n; i++) {
        x[i] = ht_exp_scalar(x[i] - max);
        sum += (double)x[i];
    }
    const float scale = (float)(1.0 / sum);
    for (size_t i = 0; i < body; i += 8)
        _mm256_storeu_ps(x + i, _mm256_mul_ps(_mm256_loadu_ps(x + i), _mm256_set1_ps(scale)));
    for (size_t i = body; i < n; i++)
        x[i] *= scale;
}

HT_ISA_AVX512
static void softmax_avx512(float *x, size_t n)
{
    __m512 top = _mm512_set1_ps(x[0]);
    for (size_t i = 0; i < n; i += 16) {
        const __mmask16 m = ht_first_lanes(n - i);
        top = _mm512_mask_max_ps(top, m, _mm512_maskz_loadu_ps(m, x + i), top);
    }
    const __m512 max = _mm512_set1_ps(_mm512_reduce_max_ps(top));
    __m512d acc = _mm512_setzero_pd();
    for (size_t i = 0; i < n; i += 16) {
        const __mmask16 m = ht_first_lanes(n - i);
        const __m512 e = _mm512_maskz_mov_ps(m, ht_exp_avx512(_mm512_sub_ps(_mm512_maskz_loadu_ps(m, x + i), max)));
        _mm512_mask_storeu_ps(x + i, m, e);
        acc = _mm512_add_pd(acc, _mm512_cvtps_pd(_mm512_castps512_ps256(e)));
        acc = _mm512_add_pd(acc, _mm512_cvtps_pd(_mm512_extractf32x8_ps(e, 1)));
    }
    const __m512 scale = _mm512_set1_ps((float)(1.0 / _mm512_reduce_add_pd(acc)));
    for (size_t i = 0; i < n; i += 16) {
        const __mmask16 m = ht_first_lanes(n - i);
        _mm512_mask_storeu_ps(x + i, m, _mm512_mul_ps(_mm512_maskz_loadu_ps(m, x + i), scale));
    }
}
#endif

ht_softmax_fn *ht_softmax_pick(unsigned cpu)
{
#if defined(__x86_64__)
    if (cpu & HT_CPU_AVX512)
        return softmax_avx512;
    if (cpu & HT_CPU_AVX2)
        return softmax_avx2;
#endif
    (void)cpu;
    return softmax_scalar;
}
