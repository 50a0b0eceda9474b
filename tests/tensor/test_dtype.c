/* Weight types: half and bfloat16 exactly, block layouts byte by byte, round trips. */
#include "tensor/dtype.h"

#include "base/rng.h"
#include "check.h"
#include "tensor/half.h"

static void every_half_survives(void)
{
    for (uint32_t h = 0; h < 0x10000; h++) {
        const float f = ht_half_to_float((uint16_t)h);
        if ((h & 0x7fff) > 0x7c00) {
            CHECK(isnan(f));
            continue;
        }
        CHECK_EQ(ht_half_from_float(f), h);
    }
    CHECK_EQ(ht_half_to_float(0x3c01) == 1.0009765625f, 1);
    CHECK_EQ(ht_half_to_float(0x0001) == 0x1p-24f, 1);
    CHECK_EQ(ht_half_to_float(0x8001) == -0x1p-24f, 1);
}

static void half_rounds_to_nearest_even(void)
{
    ht_rng r;
    ht_rng_seed(&r, 7);
    for (int i = 0; i < 20000; i++) {
        const float f = ldexpf(ht_rng_float(&r) * 2 - 1, (int)ht_rng_below(&r, 40) - 24);
        const uint16_t h = ht_half_from_float(f);
        if ((h & 0x7c00) == 0x7c00)
            continue;
        const double err = fabs((double)ht_half_to_float(h) - (double)f);
        CHECK(err <= fabs((double)ht_half_to_float((uint16_t)(h + 1)) - (double)f));
        if ((h & 0x7fff) != 0)
            CHECK(err <= fabs((double)ht_half_to_float((uint16_t)(h - 1)) - (double)f));
    }
    CHECK_EQ(ht_half_from_float(1.0f + 0x1p-11f), 0x3c00);      /* a tie goes to the even neighbour */
    CHECK_EQ(ht_half_from_float(1.0f + 3 * 0x1p-11f), 0x3c02);
    CHECK_EQ(ht_half_from_float(65519.0f), 0x7bff);
    CHECK_EQ(ht_half_from_float(65520.0f), 0x7c00);
    CHECK_EQ(ht_half_from_float(-INFINITY), 0xfc00);
    CHECK((ht_half_from_float(NAN) & 0x7fff) > 0x7c00);
}

static void bf16_rounds_to_nearest_even(void)
{
    CHECK_EQ(ht_bf16_from_float(1.0f), 0x3f80);
    CHECK_EQ(ht_bf16_from_float(1.0f + 0x1p-8f), 0x3f80);
    CHECK_EQ(ht_bf16_from_float(1.0f + 3 * 0x1p-8f), 0x3f82);
    CHECK_EQ(ht_bf16_from_float(-INFINITY), 0xff80);
    CHECK((ht_bf16_from_float(NAN) & 0x7fff) > 0x7f80);
    for (uint32_t b = 0; b < 0x7f80; b += 7)
        CHECK_EQ(ht_bf16_from_float(ht_bf16_to_float((uint16_t)b)), b);
}

static void q8_0_layout(void)
{
    float x[32], y[32];
    for (int i = 0; i < 32; i++)
        x[i] = (float)(i - 16);
    x[0] = -127.0f;
    uint8_t block[34];
    ht_dtype_get(HT_Q8_0)->from_float(block, x, 32);
    CHECK_EQ(block[0] | block[1] << 8, 0x3c00); /* 127 / 127 */
    CHECK_EQ((int8_t)block[2], -127);
    CHECK_EQ((int8_t)block[2 + 31], 15);
    ht_dtype_get(HT_Q8_0)->to_float(y, block, 32);
    CHECK(memcmp(x, y, sizeof x) == 0);
}

static void q4_0_layout(void)
{
    uint8_t block[18] = {0x00, 0x40, 0x1f}; /* d = 2; value 0 has nibble 15, value 16 has nibble 1 */
    float y[32];
    ht_dtype_get(HT_Q4_0)->to_float(y, block, 32);
    CHECK_NEAR(y[0], 14.0, 0);
    CHECK_NEAR(y[16], -14.0, 0);
    CHECK_NEAR(y[1], -16.0, 0);
    float x[32];
    for (int i = 0; i < 32; i++)
        x[i] = 0.5f * (float)(i % 16 - 8);
    uint8_t again[18];
    ht_dtype_get(HT_Q4_0)->from_float(again, x, 32);
    ht_dtype_get(HT_Q4_0)->to_float(y, again, 32);
    CHECK(memcmp(x, y, sizeof x) == 0);
}

static void round_trip_error(void)
{
    static const double limits[HT_DTYPE_COUNT] = {0, 5e-4, 4e-3, 7e-3, 0.12};
    enum { N = 4096 };
    static float x[N], y[N];
    static uint8_t bytes[N * 4];
    ht_rng r;
    ht_rng_seed(&r, 3);
    for (int i = 0; i < N; i++)
        x[i] = ht_rng_normal(&r);
    for (unsigned t = 0; t < HT_DTYPE_COUNT; t++) {
        const ht_dtype_info *info = ht_dtype_get((ht_dtype)t);
        info->from_float(bytes, x, N);
        info->to_float(y, bytes, N);
        double err = 0, norm = 0;
        for (int i = 0; i < N; i++) {
            err += ((double)x[i] - (double)y[i]) * ((double)x[i] - (double)y[i]);
            norm += (double)x[i] * (double)x[i];
        }
        CHECK(sqrt(err / norm) <= limits[t]);
        ht_dtype back;
        CHECK(ht_dtype_from_gguf(info->gguf_type, &back) && back == (ht_dtype)t);
        CHECK_EQ(ht_dtype_row_bytes((ht_dtype)t, N), N / info->block * info->block_bytes);
    }
    ht_dtype none;
    CHECK(!ht_dtype_from_gguf(14, &none));
}

static void strange_values(void)
{
    float x[32] = {NAN, INFINITY, -INFINITY, 1.0f};
    uint8_t bytes[128];
    float y[32];
    for (unsigned t = 0; t < HT_DTYPE_COUNT; t++) { /* no crash, no undefined conversion */
        ht_dtype_get((ht_dtype)t)->from_float(bytes, x, 32);
        ht_dtype_get((ht_dtype)t)->to_float(y, bytes, 32);
    }
    const float zeros[32] = {0};
    ht_dtype_get(HT_Q8_0)->from_float(bytes, zeros, 32);
    ht_dtype_get(HT_Q8_0)->to_float(y, bytes, 32);
    CHECK(memcmp(y, zeros, sizeof y) == 0);
}

int main(int argc, char **argv)
{
    static const check_case cases[] = {
        CHECK_CASE(every_half_survives),
        CHECK_CASE(half_rounds_to_nearest_even),
        CHECK_CASE(bf16_rounds_to_nearest_even),
        CHECK_CASE(q8_0_layout),
        CHECK_CASE(q4_0_layout),
        CHECK_CASE(round_trip_error),
        CHECK_CASE(strange_values),
    };
    return check_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
