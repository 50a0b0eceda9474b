#include <math.h>

#include "tensor/kernel.h"
#include "tensor/kernel/x86.h"

/* Every variant sums in double, where the order of additions moves the rounded mean in one row of 10^8: the same bits
 * on every instruction set, so that a quantised model does not turn a last-bit difference into another rounding. */
static void rms_norm_scalar(float *y, const float *x, const float *w, size_t n, float eps)
{
    double sum = 0.0;
    for (size_t i = 0; i < n; i++)
        sum += (double)x[i] * (double)x[i];
    const float scale = 1.0f / sqrtf((float)(sum / (double)n) + eps);
    for (size_t i = 0; i < n; i++)
        y[i] = x[i] * scale * w[i];
}

#if defined(__x86_64__)
HT_ISA_AVX2
static void rms_norm_avx2(float *y, const float *x, const float *w, size_t n, float eps)
{
    const size_t body = n - n % 8;
    __m256d acc0 = _mm256_setzero_pd(), acc1 = _mm256_setzero_pd();
    for (size_t i = 0; i < body; i += 8) {
        const __m256d a = _mm256_cvtps_pd(_mm_loadu_ps(x + i)), b = _mm256_cvtps_pd(_mm_loadu_ps(x + i + 4));
        acc0 = _mm256_fmadd_pd(a, a, acc0);
        acc1 = _mm256_fmadd_pd(b, b, acc1);
    }
    double sum = ht_hsum_pd_avx2(_mm256_add_pd(acc0, acc1));
    for (size_t i = body; i < n; i++)
        sum += (double)x[i] * (double)x[i];
    const float scale = 1.0f / sqrtf((float)(sum / (double)n) + eps);
    for (size_t i = 0; i < body; i += 8) {
        const __m256 xs = _mm256_mul_ps(_mm256_loadu_ps(x + i), _mm256_set1_ps(scale));
        _mm256_storeu_ps(y + i, _mm256_mul_ps(xs, _mm256_loadu_ps(w + i)));
    }
    for (size_t i = body; i < n; i++)
        y[i] = x[i] * scale * w[i];
}

HT_ISA_AVX512
static void rms_norm_avx512(float *y, const float *x, const float *w, size_t n, float eps)
{
    __m512d acc0 = _mm512_setzero_pd(), acc1 = _mm512_setzero_pd();
    for (size_t i = 0; i < n; i += 16) {
        const __mmask16 m = ht_first_lanes(n - i);
        const __m512 v = _mm512_maskz_loadu_ps(m, x + i);
        const __m512d a = _mm512_cvtps_pd(_mm512_castps512_ps256(v)), b = _mm512_cvtps_pd(_mm512_extractf32x8_ps(v, 1));
        acc0 = _mm512_fmadd_pd(a, a, acc0);
        acc1 = _mm512_fmadd_pd(b, b, acc1);
    }
    const double sum = _mm512_reduce_add_pd(_mm512_add_pd(acc0, acc1));
    const float scale = 1.0f / sqrtf((float)(sum / (double)n) + eps);
    for (size_t i = 0; i < n; i += 16) {
        const __mmask16 m = ht_first_lanes(n - i);
        const __m512 xs = _mm512_mul_ps(_mm512_maskz_loadu_ps(m, x + i), _mm512_set1_ps(scale));
        _mm512_mask_storeu_ps(y + i, m, _mm512_mul_ps(xs, _mm512_maskz_loadu_ps(m, w + i)));
    }
}
#endif

ht_rms_norm_fn *ht_rms_norm_pick(unsigned cpu)
{
#if defined(__x86_64__)
    if (cpu & HT_CPU_AVX512)
        return rms_norm_avx512;
    if (cpu & HT_CPU_AVX2)
        return rms_norm_avx2;
#endif
    (void)cpu;
    return rms_norm_scalar;
}
