/* The scalar reference; the AVX-512 set is in train_row_avx512.c. */
#include "tensor/op/train_row.h"

#include <math.h>

#include "base/cpu.h"
#include "tensor/op/train_row_avx512.h"

static float norm(float *xhat, float *y, const float *x, const float *w, size_t n, float eps)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += (double)x[i] * x[i];
    const float inv = 1.0f / sqrtf((float)(sum / (double)n) + eps);
    for (size_t i = 0; i < n; i++) {
        xhat[i] = x[i] * inv;
        if (y != NULL)
            y[i] = xhat[i] * w[i];
    }
    return inv;
}

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

static void swiglu(float *h, const float *gate, const float *up, size_t n)
{
    for (size_t i = 0; i < n; i++)
        h[i] = gate[i] / (1.0f + expf(-gate[i])) * up[i];
}

static void swiglu_back(float *dgate, float *dup, float *h, const float *dh, const float *gate, const float *up, size_t n)
{
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

static float softmax(float *p, const float *s, size_t n, float scale, float *max)
{
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

static void softmax_back(float *p, float *ds, const float *s, const float *dp, size_t n, float scale, float lse, float dot)
{
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

static void mul(float *y, const float *a, const float *b, size_t n)
{
    for (size_t i = 0; i < n; i++)
        y[i] = a[i] * b[i];
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

const ht_train_row *ht_train_row_pick(unsigned cpu)
{
    static const ht_train_row scalar = {norm, norm_back, swiglu, swiglu_back, rope, softmax, softmax_back, dot, add, mul, scale, adamw};
    const ht_train_row *wide = ht_train_row_avx512(cpu);
    return wide != NULL ? wide : &scalar;
}
