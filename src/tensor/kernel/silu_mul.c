#include "tensor/kernel.h"
#include "tensor/kernel/exp.h"
#include "tensor/kernel/x86.h"

static void silu_mul_scalar(float *x, const float *up, size_t n)
{
    for (size_t i = 0; i < n; i++)
        x[i] = x[i] / (1.0f + ht_exp_scalar(-x[i])) * up[i];
}

#if defined(__x86_64__)
HT_ISA_AVX2
static void silu_mul_avx2(float *x, const float *up, size_t n)
{
    const size_t body = n - n % 8;
    for (size_t i = 0; i < body; i += 8) {
        const __m256 v = _mm256_loadu_ps(x + i);
        const __m256 e = ht_exp_avx2(_mm256_sub_ps(_mm256_setzero_ps(), v));
        const __m256 s = _mm256_div_ps(v, _mm256_add_ps(_mm256_set1_ps(1.0f), e));
        _mm256_storeu_ps(x + i, _mm256_mul_ps(s, _mm256_loadu_ps(up + i)));
    }
    for (size_t i = body; i < n; i++)
        x[i] = x[i] / (1.0f + ht_exp_scalar(-x[i])) * up[i];
}

HT_ISA_AVX512
static void silu_mul_avx512(float *x, const float *up, size_t n)
{
    for (size_t i = 0; i < n; i += 16) {
        const __mmask16 m = ht_first_lanes(n - i);
        const __m512 v = _mm512_maskz_loadu_ps(m, x + i);
        const __m512 e = ht_exp_avx512(_mm512_sub_ps(_mm512_setzero_ps(), v));
        const __m512 s = _mm512_div_ps(v, _mm512_add_ps(_mm512_set1_ps(1.0f), e));
        _mm512_mask_storeu_ps(x + i, m, _mm512_mul_ps(s, _mm512_maskz_loadu_ps(m, up + i)));
    }
}
#endif

ht_silu_mul_fn *ht_silu_mul_pick(unsigned cpu)
{
#if defined(__x86_64__)
    if (cpu & HT_CPU_AVX512)
        return silu_mul_avx512;
    if (cpu & HT_CPU_AVX2)
        return silu_mul_avx2;
#endif
    (void)cpu;
    return silu_mul_scalar;
}
