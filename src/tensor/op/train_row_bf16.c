/* The operations that read or write elements, with bf16 elements rounded in registers. */
#include "tensor/op/train_row_x86.h"

#if defined(__x86_64__)
#include <math.h>

#define VEC HT_ISA_BF16 static inline __attribute__((always_inline))

VEC __m512 load(const uint16_t *x, __mmask16 mask)
{
    return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(_mm256_maskz_loadu_epi16(mask, x)), 16));
}

/* A masked store of words costs several plain ones (measured on Zen 5), so only the tail pays for it. */
VEC void store(uint16_t *y, __mmask16 mask, __m512 v)
{
    const __m256i r = (__m256i)_mm512_cvtneps_pbh(v);
    if (mask == 0xffff)
        _mm256_storeu_si256((__m256i *)(void *)y, r);
    else
        _mm256_mask_storeu_epi16(y, mask, r);
}

HT_ISA_BF16 static float norm_keep(void *xhat, void *y, const float *x, const float *w, size_t n, float eps)
{
    uint16_t *hat = xhat, *out = y;
    __m512 sum = _mm512_setzero_ps();
    for (size_t i = 0; i < n; i += 16) {
        const __m512 v = _mm512_maskz_loadu_ps(train_vec_tail(n, i), x + i);
        sum = _mm512_fmadd_ps(v, v, sum);
    }
    const float inv = 1.0f / sqrtf(_mm512_reduce_add_ps(sum) / (float)n + eps);
    const __m512 factor = _mm512_set1_ps(inv);
    for (size_t i = 0; i < n; i += 16) {
        const __mmask16 mask = train_vec_tail(n, i);
        const __m512 v = _mm512_mul_ps(_mm512_maskz_loadu_ps(mask, x + i), factor);
        store(hat + i, mask, v);
        store(out + i, mask, _mm512_mul_ps(v, _mm512_maskz_loadu_ps(mask, w + i)));
    }
    return inv;
}

HT_ISA_BF16 static void norm_back_kept(float *dx, float *dw, void *y, const float *dy, const void *xhat, const float *w, float inv, size_t n)
{
    const uint16_t *hat = xhat;
    uint16_t *out = y;
    __m512 sum = _mm512_setzero_ps();
    for (size_t i = 0; i < n; i += 16) {
        const __mmask16 mask = train_vec_tail(n, i);
        const __m512 g = _mm512_mul_ps(_mm512_maskz_loadu_ps(mask, dy + i), _mm512_maskz_loadu_ps(mask, w + i));
        sum = _mm512_fmadd_ps(g, load(hat + i, mask), sum);
    }
    const __m512 mean = _mm512_set1_ps(_mm512_reduce_add_ps(sum) / (float)n), factor = _mm512_set1_ps(inv);
    for (size_t i = 0; i < n; i += 16) {
        const __mmask16 mask = train_vec_tail(n, i);
        const __m512 d = _mm512_maskz_loadu_ps(mask, dy + i), h = load(hat + i, mask), gain = _mm512_maskz_loadu_ps(mask, w + i);
        const __m512 g = _mm512_fnmadd_ps(h, mean, _mm512_mul_ps(d, gain));
        _mm512_mask_storeu_ps(dx + i, mask, _mm512_fmadd_ps(factor, g, _mm512_maskz_loadu_ps(mask, dx + i)));
        _mm512_mask_storeu_ps(dw + i, mask, _mm512_fmadd_ps(d, h, _mm512_maskz_loadu_ps(mask, dw + i)));
        store(out + i, mask, _mm512_mul_ps(h, gain));
    }
}

HT_ISA_BF16 static void swiglu(void *out, const void *gates, const void *ups, size_t n)
{
    uint16_t *h = out;
    const uint16_t *gate = gates, *up = ups;
    for (size_t i = 0; i < n; i += 16) {
        const __mmask16 mask = train_vec_tail(n, i);
        const __m512 g = load(gate + i, mask);
        store(h + i, mask, _mm512_mul_ps(_mm512_mul_ps(g, train_vec_sigmoid(g)), load(up + i, mask)));
    }
}

HT_ISA_BF16 static void swiglu_back(void *dgates, void *dups, void *out, const float *dh, const void *gates, const void *ups, size_t n)
{
    uint16_t *dgate = dgates, *dup = dups, *h = out;
    const uint16_t *gate = gates, *up = ups;
    const __m512 one = _mm512_set1_ps(1.0f);
    for (size_t i = 0; i < n; i += 16) {
        const __mmask16 mask = train_vec_tail(n, i);
        const __m512 g = load(gate + i, mask), u = load(up + i, mask);
        const __m512 d = _mm512_maskz_loadu_ps(mask, dh + i), s = train_vec_sigmoid(g), silu = _mm512_mul_ps(g, s);
        store(h + i, mask, _mm512_mul_ps(silu, u));
        store(dup + i, mask, _mm512_mul_ps(d, silu));
        store(dgate + i, mask, _mm512_mul_ps(_mm512_mul_ps(d, u), _mm512_fmadd_ps(silu, _mm512_sub_ps(one, s), s)));
    }
}

HT_ISA_BF16 static float softmax(void *out, const float *s, size_t n, float factor, float *max)
{
    uint16_t *p = out;
    const __m512 f = _mm512_set1_ps(factor);
    __m512 top = _mm512_set1_ps(-INFINITY);
    for (size_t i = 0; i < n; i += 16) {
        const __mmask16 mask = train_vec_tail(n, i);
        top = _mm512_mask_max_ps(top, mask, top, _mm512_mul_ps(f, _mm512_maskz_loadu_ps(mask, s + i)));
    }
    *max = _mm512_reduce_max_ps(top);
    const __m512 shift = _mm512_set1_ps(*max);
    __m512 sum = _mm512_setzero_ps();
    for (size_t i = 0; i < n; i += 16) {
        const __mmask16 mask = train_vec_tail(n, i);
        const __m512 e = train_vec_exp(_mm512_fmsub_ps(f, _mm512_maskz_loadu_ps(mask, s + i), shift));
        store(p + i, mask, e);
        sum = _mm512_mask_add_ps(sum, mask, sum, e);
    }
    return _mm512_reduce_add_ps(sum);
}

HT_ISA_BF16 static void softmax_back(void *probs, void *dscores, const float *s, const float *dp, size_t n, float factor, float lse, float dot)
{
    uint16_t *p = probs, *ds = dscores;
    const __m512 f = _mm512_set1_ps(factor), shift = _mm512_set1_ps(lse), mean = _mm512_set1_ps(dot);
    for (size_t i = 0; i < n; i += 16) {
        const __mmask16 mask = train_vec_tail(n, i);
        const __m512 e = train_vec_exp(_mm512_fmsub_ps(f, _mm512_maskz_loadu_ps(mask, s + i), shift));
        const __m512 d = _mm512_sub_ps(_mm512_maskz_loadu_ps(mask, dp + i), mean);
        store(ds + i, mask, _mm512_mul_ps(_mm512_mul_ps(e, f), d));
        store(p + i, mask, e);
    }
}

void ht_train_row_bf16(ht_train_row *set)
{
    set->norm_keep = norm_keep;
    set->norm_back_kept = norm_back_kept;
    set->swiglu = swiglu;
    set->swiglu_back = swiglu_back;
    set->softmax = softmax;
    set->softmax_back = softmax_back;
}
#else
void ht_train_row_bf16(ht_train_row *set) { (void)set; }
#endif
