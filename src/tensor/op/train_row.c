/* The scalar reference, with f32 elements; the AVX-512 sets are in train_row_avx512.c and train_row_bf16.c. */
#include "tensor/op/train_row.h"

#include <math.h>

#include "base/cpu.h"
#include "tensor/op/train_row_x86.h"

static float norm(float *xhat, float *y, const float *x, const float *w, size_t n, float eps)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += (double)x[i] * x[i];
    const float inv = 1.0f / sqrtf((float)(sum / (double)n) + eps);
    for (size_t i = 0; i < n; i++) {
        xhat[i] = x[i] * inv;
        y[i] = xhat[i] * w[i];
    }
    return inv;
}

static float norm_keep(void *xhat, void *y, const float *x, const float *w, size_t n, float eps) { return norm(xhat, y, x, w, n, eps); }

static void norm_back(float *dx, float *dw, const float *dy, const float *xhat, const float *w, float inv, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += (double)dy[i] * w[i] * xhat[i];
    const float mean = (float)(sum / (double)n);
    for (size_t i = 0; i < n; i++) {
        dx[i] += inv * (dy[i] * w[i] - xhat[i] * mean);
        dw[i] += dy[i] * xhat[i];
    }
}

static void norm_back_kept(float *dx, float *dw, void *y, const float *dy, const void *xhat, const float *w, float inv, size_t n)
{
    const float *hat = xhat;
    float *out = y;
    norm_back(dx, dw, dy, hat, w, inv, n);
    for (size_t i = 0; i < n; i++)
        out[i] = hat[i] * w[i];
}

static void swiglu(void *out, const void *gates, const void *ups, size_t n)
{
    float *h = out;
    const float *gate = gates, *up = ups;
    for (size_t i = 0; i < n; i++)
        h[i] = gate[i] / (1.0f + expf(-gate[i])) * up[i];
}

static void swiglu_back(void *dgates, void *dups, void *out, const float *dh, const void *gates, const void *ups, size_t n)
{
    float *dgate = dgates, *dup = dups, *h = out;
    const float *gate = gates, *up = ups;
    for (size_t i = 0; i < n; i++) {
        const float s = 1.0f / (1.0f + expf(-gate[i])), silu = gate[i] * s, d = dh[i], u = up[i];
        h[i] = silu * u;
        dup[i] = d * silu;
        dgate[i] = d * u * (s + silu * (1.0f - s));
    }
}

static void rope(float *x, const float *cos, const float *sin, size_t n, float sin_sign)
{
    const size_t half = n / 2;
    for (size_t i = 0; i < half; i++) {
        const float a = x[i], b = x[i + half], s = sin_sign * sin[i];
        x[i] = a * cos[i] - b * s;
        x[i + half] = b * cos[i] + a * s;
    }
}

static float softmax(void *out, const float *s, size_t n, float scale, float *max)
{
    float *p = out;
    float top = -INFINITY;
    for (size_t i = 0; i < n; i++)
        top = fmaxf(top, scale * s[i]);
    double sum = 0;
    for (size_t i = 0; i < n; i++) {
        p[i] = expf(scale * s[i] - top);
        sum += p[i];
    }
    *max = top;
    return (float)sum;
}

static void softmax_back(void *probs, void *dscores, const float *s, const float *dp, size_t n, float scale, float lse, float dot)
{
    float *p = probs, *ds = dscores;
    for (size_t i = 0; i < n; i++) {
        const float prob = expf(scale * s[i] - lse);
        ds[i] = prob * (dp[i] - dot) * scale;
        p[i] = prob;
    }
}

static float dot(const float *a, const float *b, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += (double)a[i] * b[i];
    return (float)sum;
}

static void add(float *y, const float *x, size_t n)
{
    for (size_t i = 0; i < n; i++)
        y[i] += x[i];
}

static void scale(float *y, float factor, size_t n)
{
    for (size_t i = 0; i < n; i++)
        y[i] *= factor;
}

static void adamw(float *w, float *m, float *v, const float *grad, size_t n, const ht_adamw *s)
{
    for (size_t i = 0; i < n; i++) {
        const float g = grad[i] * s->grad_scale;
        m[i] += (g - m[i]) * (1.0f - s->beta1);
        v[i] += (g * g - v[i]) * (1.0f - s->beta2);
        const float step = m[i] * s->fix1 / (sqrtf(v[i] * s->fix2) + s->eps);
        w[i] -= s->lr * (step + s->decay * w[i]);
    }
}

ht_train_row ht_train_row_pick(unsigned cpu, bool is_bf16)
{
    ht_train_row set = {norm, norm_keep, norm_back, norm_back_kept, swiglu, swiglu_back, rope, softmax, softmax_back, dot, add, scale, adamw};
    if (cpu & HT_CPU_AVX512)
        ht_train_row_avx512(&set);
    if (is_bf16 && (cpu & HT_CPU_BF16))
        ht_train_row_bf16(&set);
    return set;
}
