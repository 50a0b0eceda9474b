/* Kernels of one row: every instruction set against the scalar reference, over odd sizes, at odd addresses, with canaries
 * behind the output and with NaN. The scalars are held to double precision here. */
#include "tensor/half.h"
#include "tensor/kernel.h"
#include "variants.h"

enum { MAX_N = 4160, CANARY = 0x5a };

static const size_t sizes[] = {1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 23, 31, 32, 33, 47, 48, 49, 63, 64, 65, 127, 576, 4096, 4099};
enum { N_SIZES = sizeof sizes / sizeof sizes[0] };

static float buf_x[MAX_N + 8], buf_w[MAX_N + 8], buf_a[MAX_N + 8], buf_b[MAX_N + 8];

static void set_canary(float *end) { memset(end, CANARY, 4 * sizeof *end); }
static void check_canary(const float *end)
{
    for (size_t i = 0; i < 4 * sizeof *end; i++)
        if (((const uint8_t *)end)[i] != CANARY)
            CHECK(!"wrote past the end");
}

static void rms_norm(void)
{
    ht_kernels scalar, k;
    ht_kernels_fill(&scalar, 0);
    fill_normal(buf_x, MAX_N, 1);
    fill_normal(buf_w, MAX_N, 2);
    scalar.rms_norm(buf_a, buf_x, buf_w, 576, 1e-5f);
    double sum = 0;
    for (int i = 0; i < 576; i++)
        sum += (double)buf_x[i] * (double)buf_x[i];
    CHECK_NEAR(buf_a[5], (double)buf_x[5] * (double)buf_w[5] / sqrt(sum / 576 + 1e-5), 1e-6);
    for (size_t v = 0; v < N_VARIANTS; v++) {
        if (!has_variant(v))
            continue;
        ht_kernels_fill(&k, variants[v]);
        for (size_t s = 0; s < N_SIZES; s++)
            for (size_t off = 0; off < 4; off++) {
                const size_t n = sizes[s];
                set_canary(buf_b + off + n);
                scalar.rms_norm(buf_a + off, buf_x + off, buf_w + off, n, 1e-5f);
                k.rms_norm(buf_b + off, buf_x + off, buf_w + off, n, 1e-5f);
                check_same_bits("rms_norm", buf_b + off, buf_a + off, n, n, variants[v]);
                check_canary(buf_b + off + n);
            }
        memcpy(buf_b, buf_x, 40 * sizeof *buf_b); /* in place, with NaN */
        buf_b[33] = NAN;
        k.rms_norm(buf_b, buf_b, buf_w, 40, 1e-5f);
        CHECK(isnan(buf_b[0]) && isnan(buf_b[39]));
    }
}

static void softmax(void)
{
    ht_kernels scalar, k;
    ht_kernels_fill(&scalar, 0);
    fill_normal(buf_x, MAX_N, 3);
    buf_x[2] = -500.0f;
    memcpy(buf_a, buf_x, 33 * sizeof *buf_a);
    scalar.softmax(buf_a, 33);
    double sum = 0, top = -1e9;
    for (int i = 0; i < 33; i++)
        top = fmax(top, (double)buf_x[i]);
    for (int i = 0; i < 33; i++)
        sum += exp((double)buf_x[i] - top);
    for (int i = 0; i < 33; i++)
        CHECK_NEAR(buf_a[i], exp((double)buf_x[i] - top) / sum, 2e-7);
    for (size_t v = 0; v < N_VARIANTS; v++) {
        if (!has_variant(v))
            continue;
        ht_kernels_fill(&k, variants[v]);
        for (size_t s = 0; s < N_SIZES; s++) {
            const size_t n = sizes[s], off = s % 4;
            memcpy(buf_a + off, buf_x, n * sizeof *buf_a);
            memcpy(buf_b + off, buf_x, n * sizeof *buf_b);
            set_canary(buf_b + off + n);
            scalar.softmax(buf_a + off, n);
            k.softmax(buf_b + off, n);
            check_same_bits("softmax", buf_b + off, buf_a + off, n, n, variants[v]);
            check_canary(buf_b + off + n);
        }
        for (size_t at = 0; at < 35; at += 17) {
            memcpy(buf_b, buf_x, 35 * sizeof *buf_b);
            buf_b[at] = NAN;
            k.softmax(buf_b, 35);
            CHECK(isnan(buf_b[0]) && isnan(buf_b[34]));
        }
    }
}

static void silu_mul(void)
{
    ht_kernels scalar, k;
    ht_kernels_fill(&scalar, 0);
    fill_normal(buf_x, MAX_N, 4);
    fill_normal(buf_w, MAX_N, 5);
    for (int i = 0; i < 200; i++)
        buf_x[i] = (float)(i - 100);
    memcpy(buf_a, buf_x, 200 * sizeof *buf_a);
    scalar.silu_mul(buf_a, buf_w, 200);
    for (int i = 13; i < 200; i++) { /* below -87 exp is cut off, and the result is next to zero anyhow */
        const double want = (double)buf_x[i] / (1 + exp(-(double)buf_x[i])) * (double)buf_w[i];
        CHECK_NEAR(buf_a[i], want, 5e-7 * fabs(want) + 1e-36);
    }
    for (size_t v = 0; v < N_VARIANTS; v++) {
        if (!has_variant(v))
            continue;
        ht_kernels_fill(&k, variants[v]);
        for (size_t s = 0; s < N_SIZES; s++) {
            const size_t n = sizes[s], off = s % 4;
            memcpy(buf_a + off, buf_x, n * sizeof *buf_a);
            memcpy(buf_b + off, buf_x, n * sizeof *buf_b);
            set_canary(buf_b + off + n);
            scalar.silu_mul(buf_a + off, buf_w, n);
            k.silu_mul(buf_b + off, buf_w, n);
            check_same_bits("silu_mul", buf_b + off, buf_a + off, n, n, variants[v]);
            check_canary(buf_b + off + n);
        }
        buf_b[3] = NAN;
        k.silu_mul(buf_b, buf_w, 20);
        CHECK(isnan(buf_b[3]) && !isnan(buf_b[4]));
    }
}

static void rope(void)
{
    ht_kernels scalar, k;
    ht_kernels_fill(&scalar, 0);
    float cos_sin[256], one[4] = {1, 2, 3, 4};
    for (int i = 0; i < 128; i++) {
        cos_sin[2 * i] = (float)cos(i * 0.1);
        cos_sin[2 * i + 1] = (float)sin(i * 0.1);
    }
    scalar.rope_neighbours(one, (const float[]){0, 1, 1, 0}, 4); /* a quarter turn of the first pair */
    CHECK(one[0] == -2 && one[1] == 1 && one[2] == 3 && one[3] == 4);
    scalar.rope_halves(one, (const float[]){0, 1, 1, 0}, 4);
    CHECK(one[0] == -3 && one[2] == -2 && one[1] == 1 && one[3] == 4);
    for (size_t v = 0; v < N_VARIANTS; v++) {
        if (!has_variant(v))
            continue;
        ht_kernels_fill(&k, variants[v]);
        for (size_t n = 2; n <= 256; n += 2) {
            fill_normal(buf_a, n, n);
            memcpy(buf_b, buf_a, n * sizeof *buf_b);
            set_canary(buf_b + n);
            scalar.rope_neighbours(buf_a, cos_sin, n);
            k.rope_neighbours(buf_b, cos_sin, n);
            check_same_bits("rope_neighbours", buf_b, buf_a, n, n, variants[v]);
            scalar.rope_halves(buf_a, cos_sin, n);
            k.rope_halves(buf_b, cos_sin, n);
            check_same_bits("rope_halves", buf_b, buf_a, n, n, variants[v]);
            check_canary(buf_b + n);
        }
    }
}

static void quantize(void)
{
    ht_kernels scalar, k;
    ht_kernels_fill(&scalar, 0);
    static int8_t qa[MAX_N], qb[MAX_N];
    static float da[MAX_N / 32], db[MAX_N / 32];
    static int32_t za[MAX_N / 4], zb[MAX_N / 4];
    fill_normal(buf_x, MAX_N, 6);
    memset(buf_x + 32, 0, 32 * sizeof *buf_x);
    buf_x[64] = 1e-38f; /* denormal block mates */
    memset(buf_x + 65, 0, 31 * sizeof *buf_x);
    buf_x[100] = NAN;
    buf_x[130] = INFINITY;
    scalar.quantize(qa, da, za, buf_x, 4096, 128);
    CHECK(isnan(da[3]) && isnan(da[4]) && qa[100] == 0);
    CHECK(da[1] == 0.0f && qa[40] == 0);
    for (int i = 320; i < 4096; i++)
        CHECK(fabs((double)da[i / 32] * qa[i] - (double)buf_x[i]) <= (double)da[i / 32] * 0.5001);
    CHECK_EQ(za[80], -128 * (qa[320] + qa[321] + qa[322] + qa[323]));
    for (size_t v = 0; v < N_VARIANTS; v++) {
        if (!has_variant(v))
            continue;
        ht_kernels_fill(&k, variants[v]);
        for (size_t n = 32; n <= 4096; n = n * 2 + 32) {
            memset(qb, CANARY, sizeof qb);
            k.quantize(qb, db, zb, buf_x, n, 128);
            CHECK(memcmp(qa, qb, n) == 0 && memcmp(za, zb, n) == 0 && qb[n] == CANARY);
            check_same_bits("quantize d", db, da, n / 32, n, variants[v]);
        }
    }
}

static void interleave(void)
{
    ht_kernels k;
    static uint32_t in[HT_PANEL][70], out[70 * HT_PANEL + 1];
    const uint32_t *rows[HT_PANEL];
    for (uint32_t t = 0; t < HT_PANEL; t++) {
        rows[t] = in[t];
        for (uint32_t g = 0; g < 70; g++)
            in[t][g] = t * 1000 + g;
    }
    for (size_t v = 0; v <= N_VARIANTS; v++) {
        if (v < N_VARIANTS && !has_variant(v))
            continue;
        ht_kernels_fill(&k, v < N_VARIANTS ? variants[v] : 0);
        for (size_t n = 1; n <= 70; n++) {
            memset(out, CANARY, sizeof out);
            k.interleave(out, rows, n);
            for (uint32_t g = 0; g < n; g++)
                for (uint32_t t = 0; t < HT_PANEL; t++)
                    if (out[g * HT_PANEL + t] != t * 1000 + g)
                        CHECK_EQ(out[g * HT_PANEL + t], t * 1000 + g);
            CHECK_EQ(out[n * HT_PANEL], 0x5a5a5a5a);
        }
    }
}

/* y = W x for every type against double precision, whose terms bound the rounding. */
static void gemv(void)
{
    enum { ROWS = 5 };
    static uint8_t w[ROWS * MAX_N * 4 + 4];
    static float row[MAX_N], y[ROWS + 4];
    static int8_t q[MAX_N];
    static float d[MAX_N / 32];
    static int32_t zero[MAX_N / 4];
    for (size_t v = 0; v <= N_VARIANTS; v++) {
        if (v < N_VARIANTS && !has_variant(v))
            continue;
        ht_kernels k;
        ht_kernels_fill(&k, v < N_VARIANTS ? variants[v] : 0);
        for (unsigned t = 0; t < HT_DTYPE_COUNT; t++)
            for (size_t s = 0; s < N_SIZES; s++) {
                const ht_dtype_info *info = ht_dtype_get((ht_dtype)t);
                const size_t n = (sizes[s] + info->block - 1) / info->block * info->block;
                const size_t row_bytes = ht_dtype_row_bytes((ht_dtype)t, n), rows = 1 + s % ROWS;
                uint8_t *at = w + s % 2 * 2; /* quantised rows lie at even addresses, no better */
                if (n > MAX_N)
                    continue;
                for (size_t r = 0; r < rows; r++) {
                    fill_normal(row, n, 100 + r);
                    info->from_float(at + r * row_bytes, row, n);
                }
                fill_normal(buf_x, n, 9);
                k.quantize(q, d, zero, buf_x, n / 32 * 32, k.multiply[t].zero_point);
                const ht_act_row x = {buf_x, q, d, zero};
                y[0] = 10.0f;
                set_canary(y + rows);
                k.multiply[t].gemv(y, at, row_bytes, 1, &x, n, true);
                const float added = y[0];
                k.multiply[t].gemv(y, at, row_bytes, rows, &x, n, false);
                CHECK_NEAR(added, (double)y[0] + 10.0, 1e-5);
                check_canary(y + rows);
                for (size_t r = 0; r < rows; r++) {
                    double want = 0, size = 0;
                    info->to_float(row, at + r * row_bytes, n);
                    for (size_t i = 0; i < n; i++) {
                        const double xi = k.multiply[t].gemv_quantised ? (double)d[i / 32] * q[i] : (double)buf_x[i];
                        want += (double)row[i] * xi;
                        size += fabs((double)row[i] * xi);
                    }
                    CHECK_NEAR(y[r], want, 1e-6 * size + 1e-30);
                }
            }
    }
}

static void extreme_bytes(void)
{
    /* Weights of -128 and activations of +-127: nothing may saturate on the way. */
    uint8_t block[HT_Q8_0_BYTES] = {0x00, 0x3c};
    int8_t q[32];
    float d[1] = {1.0f};
    for (size_t v = 0; v < N_VARIANTS; v++) {
        if (!has_variant(v))
            continue;
        ht_kernels k;
        ht_kernels_fill(&k, variants[v]);
        for (int sign = -1; sign <= 1; sign += 2) {
            int32_t zero[8];
            memset(block + 2, 0x80, 32);
            for (int i = 0; i < 32; i++)
                q[i] = (int8_t)(sign * 127);
            for (int i = 0; i < 8; i++)
                zero[i] = -128 * 4 * sign * 127;
            float y;
            const ht_act_row x = {NULL, q, d, zero};
            k.multiply[HT_Q8_0].gemv(&y, block, HT_Q8_0_BYTES, 1, &x, 32, false);
            CHECK_NEAR(y, -128.0 * 127 * 32 * sign, 0);
        }
    }
}

static void attention(void)
{
    enum { D_MAX = 80, KEYS = 50, PADDED = 64 };
    static float k[PADDED * D_MAX], v_rows[PADDED * D_MAX], q[4][D_MAX], a[4][D_MAX + 4], b[4][D_MAX + 4], scores[4 * PADDED];
    static const size_t heads[] = {2, 8, 16, 18, 32, 40, 64, 80};
    ht_kernels scalar, kernels;
    ht_kernels_fill(&scalar, 0);
    fill_normal(k, PADDED * D_MAX, 11);
    fill_normal(v_rows, PADDED * D_MAX, 12);
    fill_normal(&q[0][0], 4 * D_MAX, 13);
    float *const out_a[4] = {a[0], a[1], a[2], a[3]}, *const out_b[4] = {b[0], b[1], b[2], b[3]};
    const float *const queries[4] = {q[0], q[1], q[2], q[3]};
    for (size_t h = 0; h < sizeof heads / sizeof heads[0]; h++)
        for (size_t rows = 1; rows <= 4; rows++)
            for (size_t first = 1; first + rows <= KEYS; first += 5) {
                const size_t d = heads[h], n_keys[4] = {first, first, first + 1, first + 3};
                const ht_attn_cache cache = {k, v_rows};
                scalar.attention(out_a, queries, n_keys, rows, &cache, d, 0.3f, scores);
                double sum = 0, want = 0;
                for (size_t p = 0; p < n_keys[0]; p++) { /* one value in double */
                    double dot = 0;
                    for (size_t i = 0; i < d; i++)
                        dot += (double)q[0][i] * (double)k[(p / 16 * d + i) * 16 + p % 16];
                    sum += exp(dot * 0.3);
                    want += exp(dot * 0.3) * (double)v_rows[p * d + 1];
                }
                CHECK_NEAR(a[0][1], want / sum, 1e-5);
                for (size_t v = 0; v < N_VARIANTS; v++) {
                    if ((ht_cpu_bits() & variants[v]) != variants[v])
                        continue;
                    ht_kernels_fill(&kernels, variants[v]);
                    for (size_t r = 0; r < rows; r++)
                        set_canary(b[r] + d);
                    kernels.attention(out_b, queries, n_keys, rows, &cache, d, 0.3f, scores);
                    for (size_t r = 0; r < rows; r++) {
                        check_same_bits("attention", b[r], a[r], d, n_keys[r], variants[v]);
                        check_canary(b[r] + d);
                    }
                }
            }
}

int main(int argc, char **argv)
{
    static const check_case cases[] = {
        CHECK_CASE(rms_norm),
        CHECK_CASE(softmax),
        CHECK_CASE(silu_mul),
        CHECK_CASE(rope),
        CHECK_CASE(quantize),
        CHECK_CASE(interleave),
        CHECK_CASE(gemv),
        CHECK_CASE(extreme_bytes),
        CHECK_CASE(attention),
    };
    return check_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
