/* exp in plain C, step by step as the vector variants in x86.h do it: the same bits. */
#ifndef HT_TENSOR_KERNEL_EXP_H
#define HT_TENSOR_KERNEL_EXP_H
#include <math.h>

#include "tensor/half.h"

/* 2^n * p(r), n = round(x / ln 2), |r| <= ln2 / 2; p is the Taylor polynomial of degree 7, whose remainder stays below
 * 2^-27. Below -87 the result is exp(-87), above 88 exp(88); NaN stays NaN. */
static inline float ht_exp_scalar(float x)
{
    if (isnan(x))
        return x;
    x = x < -87.0f ? -87.0f : x > 88.0f ? 88.0f : x;
    const float n = rintf(x * 1.44269504f);
    float r = fmaf(-n, 0.693145752f, x); /* ln 2 in two parts, the first short */
    r = fmaf(-n, 1.42860677e-6f, r);
    float p = 1.0f / 5040;
    p = fmaf(p, r, 1.0f / 720);
    p = fmaf(p, r, 1.0f / 120);
    p = fmaf(p, r, 1.0f / 24);
    p = fmaf(p, r, 1.0f / 6);
    p = fmaf(p, r, 0.5f);
    p = fmaf(p, r, 1.0f);
    p = fmaf(p, r, 1.0f);
    return p * ht_float_from_bits((uint32_t)((int)n + 127) << 23);
}
#endif
