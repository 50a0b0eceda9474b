/* Small pieces that several x86 kernels share. Included by kernel files only, inside their x86-64 part.
 * A helper here bears the tag of its callers, or a subset of it. */
#ifndef HT_TENSOR_KERNEL_X86_H
#define HT_TENSOR_KERNEL_X86_H
#if defined(__x86_64__)
#include <immintrin.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/cpu.h"
#include "tensor/half.h"

HT_ISA_AVX2
static inline float ht_hsum_avx2(__m256 v)
{
    __m128 s = _mm_add_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps(v, 1));
    s = _mm_add_ps(s, _mm_movehl_ps(s, s));
    s = _mm_add_ss(s, _mm_movehdup_ps(s));
    return _mm_cvtss_f32(s);
}

HT_ISA_AVX2
static inline double ht_hsum_pd_avx2(__m256d v)
{
    const __m128d s = _mm_add_pd(_mm256_castpd256_pd128(v), _mm256_extractf128_pd(v, 1));
    return _mm_cvtsd_f64(_mm_add_sd(s, _mm_unpackhi_pd(s, s)));
}

/* acc + v, or acc + v^2, in double. */
HT_ISA_AVX2
static inline __m256d ht_add_wide_avx2(__m256d acc, __m256 v)
{
    acc = _mm256_add_pd(acc, _mm256_cvtps_pd(_mm256_castps256_ps128(v)));
    return _mm256_add_pd(acc, _mm256_cvtps_pd(_mm256_extractf128_ps(v, 1)));
}

/* See ht_exp_scalar. min and max return their second operand when one is NaN. */
HT_ISA_AVX2
static inline __m256 ht_exp_avx2(__m256 x)
{
    x = _mm256_min_ps(_mm256_set1_ps(88.0f), _mm256_max_ps(_mm256_set1_ps(-87.0f), x));
    const __m256 n = _mm256_round_ps(_mm256_mul_ps(x, _mm256_set1_ps(1.44269504f)), _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
    __m256 r = _mm256_fnmadd_ps(n, _mm256_set1_ps(0.693145752f), x); /* ln2 in two parts, the first short */
    r = _mm256_fnmadd_ps(n, _mm256_set1_ps(1.42860677e-6f), r);
    __m256 p = _mm256_set1_ps(1.0f / 5040);
    p = _mm256_fmadd_ps(p, r, _mm256_set1_ps(1.0f / 720));
    p = _mm256_fmadd_ps(p, r, _mm256_set1_ps(1.0f / 120));
    p = _mm256_fmadd_ps(p, r, _mm256_set1_ps(1.0f / 24));
    p = _mm256_fmadd_ps(p, r, _mm256_set1_ps(1.0f / 6));
    p = _mm256_fmadd_ps(p, r, _mm256_set1_ps(0.5f));
    p = _mm256_fmadd_ps(p, r, _mm256_set1_ps(1.0f));
    p = _mm256_fmadd_ps(p, r, _mm256_set1_ps(1.0f));
    const __m256i power = _mm256_slli_epi32(_mm256_add_epi32(_mm256_cvtps_epi32(n), _mm256_set1_epi32(127)), 23);
    return _mm256_mul_ps(p, _mm256_castsi256_ps(power));
}

/* The first n of 16 lanes. */
HT_ISA_AVX512 static inline __mmask16 ht_first_lanes(size_t n) { return (__mmask16)(n >= 16 ? 0xffffu : (1u << n) - 1); }

HT_ISA_AVX512
static inline __m512 ht_exp_avx512(__m512 x)
{
    x = _mm512_min_ps(_mm512_set1_ps(88.0f), _mm512_max_ps(_mm512_set1_ps(-87.0f), x));
    const __m512 n = _mm512_roundscale_ps(_mm512_mul_ps(x, _mm512_set1_ps(1.44269504f)), _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
    __m512 r = _mm512_fnmadd_ps(n, _mm512_set1_ps(0.693145752f), x);
    r = _mm512_fnmadd_ps(n, _mm512_set1_ps(1.42860677e-6f), r);
    __m512 p = _mm512_set1_ps(1.0f / 5040);
    p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(1.0f / 720));
    p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(1.0f / 120));
    p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(1.0f / 24));
    p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(1.0f / 6));
    p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(0.5f));
    p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(1.0f));
    p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(1.0f));
    return _mm512_scalef_ps(p, n);
}

/* dst[t * ld + r] = v[r] lane t, for r < 4, t < n_t <= 16: a 4 x 16 tile turned over.
 * First 4 x 4 inside each 128-bit part, then the parts go out one by one. */
HT_ISA_AVX512
static inline void ht_turn_avx512(__m128 out[16], const __m512 v[4])
{
    const __m512 a = _mm512_unpacklo_ps(v[0], v[1]), b = _mm512_unpackhi_ps(v[0], v[1]);
    const __m512 c = _mm512_unpacklo_ps(v[2], v[3]), d = _mm512_unpackhi_ps(v[2], v[3]);
    const __m512 t[4] = {
        _mm512_castpd_ps(_mm512_unpacklo_pd(_mm512_castps_pd(a), _mm512_castps_pd(c))),
        _mm512_castpd_ps(_mm512_unpackhi_pd(_mm512_castps_pd(a), _mm512_castps_pd(c))),
        _mm512_castpd_ps(_mm512_unpacklo_pd(_mm512_castps_pd(b), _mm512_castps_pd(d))),
        _mm512_castpd_ps(_mm512_unpackhi_pd(_mm512_castps_pd(b), _mm512_castps_pd(d))),
    };
    for (int j = 0; j < 4; j++) {
        out[j] = _mm512_castps512_ps128(t[j]);
        out[4 + j] = _mm512_extractf32x4_ps(t[j], 1);
        out[8 + j] = _mm512_extractf32x4_ps(t[j], 2);
        out[12 + j] = _mm512_extractf32x4_ps(t[j], 3);
    }
}

/* The same for 4 x 8. */
HT_ISA_AVX2
static inline void ht_turn_avx2(__m128 out[8], const __m256 v[4])
{
    const __m256 a = _mm256_unpacklo_ps(v[0], v[1]), b = _mm256_unpackhi_ps(v[0], v[1]);
    const __m256 c = _mm256_unpacklo_ps(v[2], v[3]), d = _mm256_unpackhi_ps(v[2], v[3]);
    const __m256 t[4] = {
        _mm256_castpd_ps(_mm256_unpacklo_pd(_mm256_castps_pd(a), _mm256_castps_pd(c))),
        _mm256_castpd_ps(_mm256_unpackhi_pd(_mm256_castps_pd(a), _mm256_castps_pd(c))),
        _mm256_castpd_ps(_mm256_unpacklo_pd(_mm256_castps_pd(b), _mm256_castps_pd(d))),
        _mm256_castpd_ps(_mm256_unpackhi_pd(_mm256_castps_pd(b), _mm256_castps_pd(d))),
    };
    for (int j = 0; j < 4; j++) {
        out[j] = _mm256_castps256_ps128(t[j]);
        out[4 + j] = _mm256_extractf128_ps(t[j], 1);
    }
}

/* Writes n_t results of a tile: y[t * ldy + r] for r < n_rows. */
HT_ISA_AVX2
static inline void ht_store_turned(float *y, size_t ldy, const __m128 *turned, size_t n_t, size_t n_rows, bool add)
{
    for (size_t t = 0; t < n_t; t++, y += ldy) {
        if (n_rows == 4) {
            _mm_storeu_ps(y, add ? _mm_add_ps(_mm_loadu_ps(y), turned[t]) : turned[t]);
            continue;
        }
        float part[4];
        _mm_storeu_ps(part, turned[t]);
        for (size_t r = 0; r < n_rows; r++)
            y[r] = add ? y[r] + part[r] : part[r];
    }
}
#endif
#endif
