/* Sixteen values at a time, f32 elements; the last, partial vector is masked. */
#include "tensor/op/train_row_x86.h"

#if defined(__x86_64__)
#include <math.h>

HT_ISA_AVX512 static float norm(float *xhat, float *y, const float *x, const float *w, size_t n, float eps)
{
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
        _mm512_mask_storeu_ps(xhat + i, mask, v);
        _mm512_mask_storeu_ps(y + i, mask, _mm512_mul_ps(v, _mm512_maskz_loadu_ps(mask, w + i)));
    }
    return inv;
}

HT_ISA_AVX512 static float norm_keep(void *xhat, void *y, const float *x, const float *w, size_t n, float eps)
{
    return norm(xhat, y, x, w, n, eps);
}

HT_ISA_AVX512 static void norm_back(float *dx, float *dw, const float *dy, const float *xhat, const float *w, float inv, size_t n)
{
    __m512 sum = _mm512_setzero_ps();
    for (size_t i = 0; i < n; i += 16) {
        const __mmask16 mask = train_vec_tail(n, i);
        const __m512 g = _mm512_mul_ps(_mm512_maskz_loadu_ps(mask, dy + i), _mm512_maskz_loadu_ps(mask, w + i));
        sum = _mm512_fmadd_ps(g, _mm512_maskz_loadu_ps(mask, xhat + i), sum);
    }
    const __m512 mean = _mm512_set1_ps(_mm512_reduce_add_ps(sum) / (float)n), factor = _mm512_set1_ps(inv);
    for (size_t i = 0; i < n; i += 16) {
        const __mmask16 mask = train_vec_tail(n, i);
        const __m512 d = _mm512_maskz_loadu_ps(mask, dy + i), h = _mm512_maskz_loadu_ps(mask, xhat + i);
        const __m512 g = _mm512_fnmadd_ps(h, mean, _mm512_mul_ps(d, _mm512_maskz_loadu_ps(mask, w + i)));
        _mm512_mask_storeu_ps(dx + i, mask, _mm512_fmadd_ps(factor, g, _mm512_maskz_loadu_ps(mask, dx + i)));
        _mm512_mask_storeu_ps(dw + i, mask, _mm512_fmadd_ps(d, h, _mm512_maskz_loadu_ps(mask, dw + i)));
    }
}

HT_ISA_AVX512 static void norm_back_kept(float *dx, float *dw, void *y, const float *dy, const void *xhat, const float *w, float inv, size_t n)
{
    const float *hat = xhat;
    float *out = y;
    norm_back(dx, dw, dy, hat, w, inv, n);
    for (size_t i = 0; i < n; i += 16) {
        const __mmask16 mask = train_vec_tail(n, i);
        _mm512_mask_storeu_ps(out + i, mask, _mm512_mul_ps(_mm512_maskz_loadu_ps(mask, hat + i), _mm512_maskz_loadu_ps(mask, w + i)));
    }
}

HT_ISA_AVX512 static void swiglu(void *out, const void *gates, const void *ups, size_t n)
{
    float *h = out;
    const float *gate = gates, *up = ups;
    for (size_t i = 0; i < n; i += 16) {
        const __mmask16 mask = train_vec_tail(n, i);
        const __m512 g = _mm512_maskz_loadu_ps(mask, gate + i);
        const __m512 silu = _mm512_mul_ps(g, train_vec_sigmoid(g));
        _mm512_mask_storeu_ps(h + i, mask, _mm512_mul_ps(silu, _mm512_maskz_loadu_ps(mask, up + i)));
    }
}

HT_ISA_AVX512 static void swiglu_back(void *dgates, void *dups, void *out, const float *dh, const void *gates, const void *ups, size_t n)
{
    float *dgate = dgates, *dup = dups, *h = out;
    const float *gate = gates, *up = ups;
    const __m512 one = _mm512_set1_ps(1.0f);
    for (size_t i = 0; i < n; i += 16) {
        const __mmask16 mask = train_vec_tail(n, i);
        const __m512 g = _mm512_maskz_loadu_ps(mask, gate + i), u = _mm512_maskz_loadu_ps(mask, up + i);
        const __m512 d = _mm512_maskz_loadu_ps(mask, dh + i), s = train_vec_sigmoid(g), silu = _mm512_mul_ps(g, s);
        _mm512_mask_storeu_ps(h + i, mask, _mm512_mul_ps(silu, u));
        _mm512_mask_storeu_ps(dup + i, mask, _mm512_mul_ps(d, silu));
        const __m512 slope = _mm512_fmadd_ps(silu, _mm512_sub_ps(one, s), s);
        _mm512_mask_storeu_ps(dgate + i, mask, _mm512_mul_ps(_mm512_mul_ps(d, u), slope));
    }
}

HT_ISA_AVX512 static void rope(float *x, const float *cos, const float *sin, size_t n, float sin_sign)
{
    const size_t half = n / 2;
    const __m512 sign = _mm512_set1_ps(sin_sign);
    for (size_t i = 0; i < half; i += 16) {
        const __mmask16 mask = train_vec_tail(half, i);
        const __m512 a = _mm512_maskz_loadu_ps(mask, x + i), b = _mm512_maskz_loadu_ps(mask, x + half + i);
        const __m512 c = _mm512_maskz_loadu_ps(mask, cos + i), s = _mm512_mul_ps(sign, _mm512_maskz_loadu_ps(mask, sin + i));
        _mm512_mask_storeu_ps(x + i, mask, _mm512_fnmadd_ps(b, s, _mm512_mul_ps(a, c)));
        _mm512_mask_storeu_ps(x + half + i, mask, _mm512_fmadd_ps(a, s, _mm512_mul_ps(b, c)));
    }
}

HT_ISA_AVX512 static float softmax(void *out, const float *s, size_t n, float factor, float *max)
{
    float *p = out;
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
        _mm512_mask_storeu_ps(p + i, mask, e);
        sum = _mm512_mask_add_ps(sum, mask, sum, e);
    }
    return _mm512_reduce_add_ps(sum);
}

HT_ISA_AVX512 static void softmax_back(void *probs, void *dscores, const float *s, const float *dp, size_t n, float factor, float lse, float dot)
{
    float *p = probs, *ds = dscores;
    const __m512 f = _mm512_set1_ps(factor), shift = _mm512_set1_ps(lse), mean = _mm512_set1_ps(dot);
    for (size_t i = 0; i < n; i += 16) {
        const __mmask16 mask = train_vec_tail(n, i);
        const __m512 e = train_vec_exp(_mm512_fmsub_ps(f, _mm512_maskz_loadu_ps(mask, s + i), shift));
        const __m512 d = _mm512_sub_ps(_mm512_maskz_loadu_ps(mask, dp + i), mean);
        _mm512_mask_storeu_ps(ds + i, mask, _mm512_mul_ps(_mm512_mul_ps(e, f), d));
        _mm512_mask_storeu_ps(p + i, mask, e);
    }
}

HT_ISA_AVX512 static float dot(const float *a, const float *b, size_t n)
{
    __m512 sum = _mm512_setzero_ps();
    for (size_t i = 0; i < n; i += 16) {
        const __mmask16 mask = train_vec_tail(n, i);
        sum = _mm512_fmadd_ps(_mm512_maskz_loadu_ps(mask, a + i), _mm512_maskz_loadu_ps(mask, b + i), sum);
    }
    return _mm512_reduce_add_ps(sum);
}

HT_ISA_AVX512 static void add(float *y, const float *x, size_t n)
{
    for (size_t i = 0; i < n; i += 16) {
        const __mmask16 mask = train_vec_tail(n, i);
        _mm512_mask_storeu_ps(y + i, mask, _mm512_add_ps(_mm512_maskz_loadu_ps(mask, y + i), _mm512_maskz_loadu_ps(mask, x + i)));
    }
}

HT_ISA_AVX512 static void scale(float *y, float factor, size_t n)
{
    const __m512 f = _mm512_set1_ps(factor);
    for (size_t i = 0; i < n; i += 16) {
        const __mmask16 mask = train_vec_tail(n, i);
        _mm512_mask_storeu_ps(y + i, mask, _mm512_mul_ps(f, _mm512_maskz_loadu_ps(mask, y + i)));
    }
}

HT_ISA_AVX512 static void adamw(float *w, float *m, float *v, const float *grad, size_t n, const ht_adamw *s)
{
    const __m512 b1 = _mm512_set1_ps(1.0f - s->beta1), b2 = _mm512_set1_ps(1.0f - s->beta2), eps = _mm512_set1_ps(s->eps);
    const __m512 f1 = _mm512_set1_ps(s->fix1), f2 = _mm512_set1_ps(s->fix2), gs = _mm512_set1_ps(s->grad_scale);
    const __m512 lr = _mm512_set1_ps(s->lr), decay = _mm512_set1_ps(s->decay);
    for (size_t i = 0; i < n; i += 16) {
        const __mmask16 k = train_vec_tail(n, i);
        const __m512 g = _mm512_mul_ps(gs, _mm512_maskz_loadu_ps(k, grad + i));
        __m512 mi = _mm512_maskz_loadu_ps(k, m + i), vi = _mm512_maskz_loadu_ps(k, v + i), wi = _mm512_maskz_loadu_ps(k, w + i);
        mi = _mm512_fmadd_ps(_mm512_sub_ps(g, mi), b1, mi);
        vi = _mm512_fmadd_ps(_mm512_fmsub_ps(g, g, vi), b2, vi);
        const __m512 size = _mm512_add_ps(_mm512_sqrt_ps(_mm512_mul_ps(vi, f2)), eps);
        const __m512 step = _mm512_fmadd_ps(decay, wi, _mm512_div_ps(_mm512_mul_ps(mi, f1), size));
        _mm512_mask_storeu_ps(m + i, k, mi);
        _mm512_mask_storeu_ps(v + i, k, vi);
        _mm512_mask_storeu_ps(w + i, k, _mm512_fnmadd_ps(lr, step, wi));
    }
}

void ht_train_row_avx512(ht_train_row *set)
{
    *set = (ht_train_row){norm, norm_keep, norm_back, norm_back_kept, swiglu, swiglu_back, rope, softmax, softmax_back, dot, add, scale, adamw};
}
#else
void ht_train_row_avx512(ht_train_row *set) { (void)set; }
#endif
