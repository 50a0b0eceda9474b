/* Up to four queries against the keys and values of one head, in three steps: scores of all keys, softmax, weighted sum
 * of values. Keys lie sixteen positions a panel, so that scores come out side by side and need no sum across lanes. Every sum is one chain of fused
 * multiply-adds in the order of its index: the same bits on every instruction set. */
#include <math.h>

#include "tensor/kernel.h"
#include "tensor/kernel/x86.h"

static size_t round_up16(size_t n) { return (n + HT_PANEL - 1) / HT_PANEL * HT_PANEL; }

/* Turns a query's scores into weights; positions it must not see, up to n_max, get weight zero. */
static void weigh(float *scores, size_t n_keys, size_t n_max, ht_softmax_fn *softmax)
{
    softmax(scores, n_keys);
    for (size_t p = n_keys; p < n_max; p++)
        scores[p] = 0.0f;
}

static void attention_scalar(float *const out[], const float *const q[], const size_t n_keys[], size_t n_rows,
                             const ht_attn_cache *cache, size_t d_head, float scale, float *scores)
{
    ht_softmax_fn *softmax = ht_softmax_pick(0);
    for (size_t r = 0; r < n_rows; r++) {
        for (size_t p = 0; p < n_keys[r]; p++) {
            const float *k = cache->k + p / HT_PANEL * d_head * HT_PANEL + p % HT_PANEL;
            float dot = 0.0f;
            for (size_t i = 0; i < d_head; i++)
                dot = fmaf(q[r][i], k[i * HT_PANEL], dot);
            scores[p] = dot * scale;
        }
        softmax(scores, n_keys[r]);
        for (size_t i = 0; i < d_head; i++) {
            float sum = 0.0f;
            for (size_t p = 0; p < n_keys[r]; p++)
                sum = fmaf(scores[p], cache->v[p * d_head + i], sum);
            out[r][i] = sum;
        }
    }
}

#if defined(__x86_64__)
/* --- AVX2 --- */

HT_ISA_AVX2
static inline __attribute__((always_inline)) void scores_avx2(float *scores, size_t ld, const float *const q[], size_t n_max,
                                                              const float *k, size_t d_head, float scale, const size_t nr)
{
    for (size_t p = 0; p < n_max; p += HT_PANEL, k += d_head * HT_PANEL) {
        __m256 acc[HT_ATTN_ROWS][2];
        for (size_t r = 0; r < nr; r++)
            acc[r][0] = acc[r][1] = _mm256_setzero_ps();
        for (size_t i = 0; i < d_head; i++) {
            const __m256 k0 = _mm256_loadu_ps(k + i * HT_PANEL), k1 = _mm256_loadu_ps(k + i * HT_PANEL + 8);
            for (size_t r = 0; r < nr; r++) {
                const __m256 qv = _mm256_broadcast_ss(q[r] + i);
                acc[r][0] = _mm256_fmadd_ps(qv, k0, acc[r][0]);
                acc[r][1] = _mm256_fmadd_ps(qv, k1, acc[r][1]);
            }
        }
        for (size_t r = 0; r < nr; r++) {
            _mm256_storeu_ps(scores + r * ld + p, _mm256_mul_ps(acc[r][0], _mm256_set1_ps(scale)));
            _mm256_storeu_ps(scores + r * ld + p + 8, _mm256_mul_ps(acc[r][1], _mm256_set1_ps(scale)));
        }
    }
}

HT_ISA_AVX2
static inline __attribute__((always_inline)) void values_avx2(float *const out[], const float *weights, size_t ld, size_t n_max,
                                                              const float *v, size_t d_head, const size_t nr)
{
    const size_t body = d_head - d_head % 16;
    for (size_t i = 0; i < body; i += 16) {
        __m256 acc[HT_ATTN_ROWS][2];
        for (size_t r = 0; r < nr; r++)
            acc[r][0] = acc[r][1] = _mm256_setzero_ps();
        for (size_t p = 0; p < n_max; p++) {
            const __m256 v0 = _mm256_loadu_ps(v + p * d_head + i), v1 = _mm256_loadu_ps(v + p * d_head + i + 8);
            for (size_t r = 0; r < nr; r++) {
                const __m256 pv = _mm256_broadcast_ss(weights + r * ld + p);
                acc[r][0] = _mm256_fmadd_ps(pv, v0, acc[r][0]);
                acc[r][1] = _mm256_fmadd_ps(pv, v1, acc[r][1]);
            }
        }
        for (size_t r = 0; r < nr; r++) {
            _mm256_storeu_ps(out[r] + i, acc[r][0]);
            _mm256_storeu_ps(out[r] + i + 8, acc[r][1]);
        }
    }
    for (size_t i = body; i < d_head; i++)
        for (size_t r = 0; r < nr; r++) {
            float sum = 0.0f;
            for (size_t p = 0; p < n_max; p++)
                sum = fmaf(weights[r * ld + p], v[p * d_head + i], sum);
            out[r][i] = sum;
        }
}

HT_ISA_AVX2
static void attention_avx2(float *const out[], const float *const q[], const size_t n_keys[], size_t n_rows, const ht_attn_cache *cache,
                           size_t d_head, float scale, float *scores)
{
    ht_softmax_fn *softmax = ht_softmax_pick(HT_CPU_AVX2);
    const size_t n_max = n_keys[n_rows - 1], ld = round_up16(n_max);
    switch (n_rows) {
    case 1: scores_avx2(scores, ld, q, n_max, cache->k, d_head, scale, 1); break;
    case 2: scores_avx2(scores, ld, q, n_max, cache->k, d_head, scale, 2); break;
    case 3: scores_avx2(scores, ld, q, n_max, cache->k, d_head, scale, 3); break;
    default: scores_avx2(scores, ld, q, n_max, cache->k, d_head, scale, 4); break;
    }
    for (size_t r = 0; r < n_rows; r++)
        weigh(scores + r * ld, n_keys[r], n_max, softmax);
    switch (n_rows) {
    case 1: values_avx2(out, scores, ld, n_max, cache->v, d_head, 1); break;
    case 2: values_avx2(out, scores, ld, n_max, cache->v, d_head, 2); break;
    case 3: values_avx2(out, scores, ld, n_max, cache->v, d_head, 3); break;
    default: values_avx2(out, scores, ld, n_max, cache->v, d_head, 4); break;
    }
}

/* --- AVX-512 --- */

HT_ISA_AVX512
static inline __attribute__((always_inline)) void scores_avx512(float *scores, size_t ld, const float *const q[], size_t n_max,
                                                                const float *k, size_t d_head, float scale, const size_t nr)
{
    size_t p = 0;
    for (; p + 2 * HT_PANEL <= ld; p += 2 * HT_PANEL, k += 2 * d_head * HT_PANEL) {
        __m512 acc[HT_ATTN_ROWS][2];
        for (size_t r = 0; r < nr; r++)
            acc[r][0] = acc[r][1] = _mm512_setzero_ps();
        for (size_t i = 0; i < d_head; i++) {
            const __m512 k0 = _mm512_loadu_ps(k + i * HT_PANEL), k1 = _mm512_loadu_ps(k + (d_head + i) * HT_PANEL);
            for (size_t r = 0; r < nr; r++) {
                const __m512 qv = _mm512_set1_ps(q[r][i]);
                acc[r][0] = _mm512_fmadd_ps(qv, k0, acc[r][0]);
                acc[r][1] = _mm512_fmadd_ps(qv, k1, acc[r][1]);
            }
        }
        for (size_t r = 0; r < nr; r++) {
            _mm512_storeu_ps(scores + r * ld + p, _mm512_mul_ps(acc[r][0], _mm512_set1_ps(scale)));
            _mm512_storeu_ps(scores + r * ld + p + HT_PANEL, _mm512_mul_ps(acc[r][1], _mm512_set1_ps(scale)));
        }
    }
    for (; p < n_max; p += HT_PANEL, k += d_head * HT_PANEL) {
        __m512 acc[HT_ATTN_ROWS];
        for (size_t r = 0; r < nr; r++)
            acc[r] = _mm512_setzero_ps();
        for (size_t i = 0; i < d_head; i++)
            for (size_t r = 0; r < nr; r++)
                acc[r] = _mm512_fmadd_ps(_mm512_set1_ps(q[r][i]), _mm512_loadu_ps(k + i * HT_PANEL), acc[r]);
        for (size_t r = 0; r < nr; r++)
            _mm512_storeu_ps(scores + r * ld + p, _mm512_mul_ps(acc[r], _mm512_set1_ps(scale)));
    }
}

HT_ISA_AVX512
static inline __attribute__((always_inline)) void values_avx512(float *const out[], const float *weights, size_t ld, size_t n_max,
                                                                const float *v, size_t d_head, const size_t nr)
{
    for (size_t i = 0; i < d_head; i += 32) {
        const size_t left = d_head - i;
        const __mmask16 m0 = ht_first_lanes(left), m1 = ht_first_lanes(left > 16 ? left - 16 : 0);
        __m512 acc[HT_ATTN_ROWS][2];
        for (size_t r = 0; r < nr; r++)
            acc[r][0] = acc[r][1] = _mm512_setzero_ps();
        for (size_t p = 0; p < n_max; p++) {
            const __m512 v0 = _mm512_maskz_loadu_ps(m0, v + p * d_head + i), v1 = _mm512_maskz_loadu_ps(m1, v + p * d_head + i + 16);
            for (size_t r = 0; r < nr; r++) {
                const __m512 pv = _mm512_set1_ps(weights[r * ld + p]);
                acc[r][0] = _mm512_fmadd_ps(pv, v0, acc[r][0]);
                acc[r][1] = _mm512_fmadd_ps(pv, v1, acc[r][1]);
            }
        }
        for (size_t r = 0; r < nr; r++) {
            _mm512_mask_storeu_ps(out[r] + i, m0, acc[r][0]);
            _mm512_mask_storeu_ps(out[r] + i + 16, m1, acc[r][1]);
        }
    }
}

HT_ISA_AVX512
static void attention_avx512(float *const out[], const float *const q[], const size_t n_keys[], size_t n_rows, const ht_attn_cache *cache,
                             size_t d_head, float scale, float *scores)
{
    ht_softmax_fn *softmax = ht_softmax_pick(HT_CPU_AVX512);
    const size_t n_max = n_keys[n_rows - 1], ld = round_up16(n_max);
    switch (n_rows) {
    case 1: scores_avx512(scores, ld, q, n_max, cache->k, d_head, scale, 1); break;
    case 2: scores_avx512(scores, ld, q, n_max, cache->k, d_head, scale, 2); break;
    case 3: scores_avx512(scores, ld, q, n_max, cache->k, d_head, scale, 3); break;
    default: scores_avx512(scores, ld, q, n_max, cache->k, d_head, scale, 4); break;
    }
    for (size_t r = 0; r < n_rows; r++)
        weigh(scores + r * ld, n_keys[r], n_max, softmax);
    switch (n_rows) {
    case 1: values_avx512(out, scores, ld, n_max, cache->v, d_head, 1); break;
    case 2: values_avx512(out, scores, ld, n_max, cache->v, d_head, 2); break;
    case 3: values_avx512(out, scores, ld, n_max, cache->v, d_head, 3); break;
    default: values_avx512(out, scores, ld, n_max, cache->v, d_head, 4); break;
    }
}
#endif

ht_attention_fn *ht_attention_pick(unsigned cpu)
{
#if defined(__x86_64__)
    if (cpu & HT_CPU_AVX512)
        return attention_avx512;
    if (cpu & HT_CPU_AVX2)
        return attention_avx2;
#endif
    (void)cpu;
    return attention_scalar;
}
