#include "tensor/dtype.h"

#include <math.h>

#include "tensor/half.h"

static void f32_to_float(float *y, const uint8_t *x, size_t n) { memcpy(y, x, n * sizeof *y); }
static void f32_from_float(uint8_t *y, const float *x, size_t n) { memcpy(y, x, n * sizeof *x); }

static void f16_to_float(float *y, const uint8_t *x, size_t n)
{
    for (size_t i = 0; i < n; i++)
        y[i] = ht_half_to_float(ht_load_u16(x + 2 * i));
}

static void f16_from_float(uint8_t *y, const float *x, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const uint16_t h = ht_half_from_float(x[i]);
        memcpy(y + 2 * i, &h, sizeof h);
    }
}

static void bf16_to_float(float *y, const uint8_t *x, size_t n)
{
    for (size_t i = 0; i < n; i++)
        y[i] = ht_bf16_to_float(ht_load_u16(x + 2 * i));
}

static void bf16_from_float(uint8_t *y, const float *x, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const uint16_t b = ht_bf16_from_float(x[i]);
        memcpy(y + 2 * i, &b, sizeof b);
    }
}

static void q8_0_to_float(float *y, const uint8_t *x, size_t n)
{
    for (size_t i = 0; i < n; i += HT_Q_BLOCK, x += HT_Q8_0_BYTES) {
        const float d = ht_half_to_float(ht_load_u16(x));
        for (size_t j = 0; j < HT_Q_BLOCK; j++)
            y[i + j] = d * (float)(int8_t)x[2 + j];
    }
}

static void q8_0_from_float(uint8_t *y, const float *x, size_t n)
{
    for (size_t i = 0; i < n; i += HT_Q_BLOCK, y += HT_Q8_0_BYTES) {
        float amax = 0.0f;
        for (size_t j = 0; j < HT_Q_BLOCK; j++)
            amax = fmaxf(amax, fabsf(x[i + j]));
        const float d = amax / 127.0f, inverse = d > 0.0f && isfinite(d) ? 1.0f / d : 0.0f;
        const uint16_t h = ht_half_from_float(d);
        memcpy(y, &h, sizeof h);
        for (size_t j = 0; j < HT_Q_BLOCK; j++) {
            const float v = x[i + j] * inverse;
            y[2 + j] = isfinite(v) ? (uint8_t)(int8_t)lrintf(v) : 0;
        }
    }
}

static void q4_0_to_float(float *y, const uint8_t *x, size_t n)
{
    for (size_t i = 0; i < n; i += HT_Q_BLOCK, x += HT_Q4_0_BYTES) {
        const float d = ht_half_to_float(ht_load_u16(x));
        for (size_t j = 0; j < HT_Q_BLOCK / 2; j++) {
            y[i + j] = d * (float)((x[2 + j] & 15) - 8);
            y[i + j + 16] = d * (float)((x[2 + j] >> 4) - 8);
        }
    }
}

/* 0 … 15 for v in units of d: the value furthest from zero gets 0, so that it is exact (-8 d). */
static unsigned nibble(float v)
{
    const float q = v + 8.5f;
    return q >= 15.0f ? 15u : q > 0.0f ? (unsigned)q : 0u; /* NaN: 0 */
}

static void q4_0_from_float(uint8_t *y, const float *x, size_t n)
{
    for (size_t i = 0; i < n; i += HT_Q_BLOCK, y += HT_Q4_0_BYTES) {
        float furthest = 0.0f;
        for (size_t j = 0; j < HT_Q_BLOCK; j++)
            if (fabsf(x[i + j]) > fabsf(furthest))
                furthest = x[i + j];
        const float d = furthest / -8.0f, inverse = d != 0.0f && isfinite(d) ? 1.0f / d : 0.0f;
        const uint16_t h = ht_half_from_float(d);
        memcpy(y, &h, sizeof h);
        for (size_t j = 0; j < HT_Q_BLOCK / 2; j++)
            y[2 + j] = (uint8_t)(nibble(x[i + j] * inverse) | nibble(x[i + j + 16] * inverse) << 4);
    }
}

static const ht_dtype_info infos[HT_DTYPE_COUNT] = {
    [HT_F32] = {"F32", 0, 0, 1, 4, f32_to_float, f32_from_float},
    [HT_F16] = {"F16", 1, 1, 1, 2, f16_to_float, f16_from_float},
    [HT_BF16] = {"BF16", 30, 32, 1, 2, bf16_to_float, bf16_from_float},
    [HT_Q8_0] = {"Q8_0", 8, 7, HT_Q_BLOCK, HT_Q8_0_BYTES, q8_0_to_float, q8_0_from_float},
    [HT_Q4_0] = {"Q4_0", 2, 2, HT_Q_BLOCK, HT_Q4_0_BYTES, q4_0_to_float, q4_0_from_float},
};

const ht_dtype_info *ht_dtype_get(ht_dtype t) { return &infos[t]; }

bool ht_dtype_from_gguf(uint32_t gguf_type, ht_dtype *out)
{
    for (unsigned t = 0; t < HT_DTYPE_COUNT; t++)
        if (infos[t].gguf_type == gguf_type) {
            *out = (ht_dtype)t;
            return true;
        }
    return false;
}
