/* Operations over rows: matrix products of every type, shape and instruction set against double precision, quantised ones
 * bit for bit against the scalar; independence of threads; batched attention against one row at a time. */
#include "tensor/op/ops.h"

#include "variants.h"

enum { MAX_IN = 320, MAX_OUT = 70, MAX_TOKENS = 70 };

typedef struct {
    ht_weight w;
    uint8_t bytes[MAX_OUT * MAX_IN * 4];
    float values[MAX_OUT][MAX_IN]; /* what the bytes stand for */
} matrix;

static void fill_matrix(matrix *m, ht_dtype type, size_t n_out, size_t n_in, uint64_t seed)
{
    m->w = (ht_weight){type, m->bytes, n_in, n_out, ht_dtype_row_bytes(type, n_in)};
    for (size_t r = 0; r < n_out; r++) {
        fill_normal(m->values[r], n_in, seed + r);
        ht_dtype_get(type)->from_float(m->bytes + r * m->w.row_bytes, m->values[r], n_in);
        ht_dtype_get(type)->to_float(m->values[r], m->bytes + r * m->w.row_bytes, n_in);
    }
}

static ht_ops *new_ops(ht_pool *pool, unsigned cpu)
{
    ht_ops *o = NULL;
    ht_error err = {0};
    CHECK_OK(ht_ops_new(pool, cpu, &o, &err), err);
    CHECK_REQUIRE(o != NULL);
    CHECK_OK(ht_ops_reserve(o, MAX_TOKENS, MAX_IN, 256, &err), err);
    return o;
}

static matrix m1, m2;
static float x[MAX_TOKENS * MAX_IN], y[MAX_TOKENS * MAX_OUT + 4], y2[MAX_TOKENS * MAX_OUT + 4], want[MAX_TOKENS * MAX_OUT];

/* Rounding, relative to the sum of magnitudes of the terms: two bfloat16 activations in one, or float's. */
static double limit_of(ht_dtype t, unsigned cpu) { return t == HT_BF16 && (cpu & HT_CPU_BF16) ? 0.004 : 1e-6; }

static void check_product(ht_ops *o, ht_dtype type, size_t n_tokens, size_t n_out, size_t n_in, unsigned cpu)
{
    const size_t n = n_tokens * n_out;
    memset(y + n, 0x5a, 16);
    const ht_product p = {.w = &m1.w, .y = y};
    ht_matmul(o, x, n_tokens, &p, 1);
    CHECK(y[n] == *(const float *)(const void *)"ZZZZ");
    for (size_t t = 0; t < n_tokens; t++)
        for (size_t r = 0; r < n_out; r++) {
            double exact = 0, size = 0, weights = 0, top = 0;
            for (size_t i = 0; i < n_in; i++) {
                exact += (double)m1.values[r][i] * (double)x[t * n_in + i];
                size += fabs((double)m1.values[r][i] * (double)x[t * n_in + i]);
                weights += fabs((double)m1.values[r][i]);
                top = fmax(top, fabs((double)x[t * n_in + i]));
            }
            /* quantised: every activation is off by half a step, max / 254, at most */
            const double limit = limit_of(type, cpu) * size + (type >= HT_Q8_0 ? weights * top / 254 : 0);
            if (!(fabs((double)y[t * n_out + r] - exact) <= limit))
                CHECK_NEAR(y[t * n_out + r], exact, limit);
        }
}

static void products(void)
{
    static const size_t tokens[] = {1, 2, 4, 5, 6, 15, 16, 17, 33, 48, 49, 70}, outs[] = {1, 3, 4, 6, 65, 70}, ins[] = {32, 96, 288, 320};
    for (size_t v = 0; v <= N_VARIANTS; v++) {
        if (v < N_VARIANTS && !has_variant(v))
            continue;
        const unsigned cpu = v < N_VARIANTS ? variants[v] : 0;
        ht_ops *o = new_ops(NULL, cpu), *scalar = new_ops(NULL, 0);
        for (unsigned type = 0; type < HT_DTYPE_COUNT; type++)
            for (size_t a = 0; a < sizeof outs / sizeof outs[0]; a++)
                for (size_t b = 0; b < sizeof tokens / sizeof tokens[0]; b++) {
                    const size_t n_in = ins[(a + b) % 4] - (type <= HT_BF16 ? b % 3 : 0), n = tokens[b] * outs[a];
                    fill_matrix(&m1, (ht_dtype)type, outs[a], n_in, 50);
                    fill_normal(x, tokens[b] * n_in, 60);
                    check_product(o, (ht_dtype)type, tokens[b], outs[a], n_in, cpu);
                    if (type < HT_Q8_0 || tokens[b] < 5)
                        continue;
                    const ht_product p = {.w = &m1.w, .y = want};
                    ht_matmul(scalar, x, tokens[b], &p, 1);
                    check_same_bits("product", y, want, n, n_in, cpu);
                }
        ht_ops_free(o);
        ht_ops_free(scalar);
    }
}

/* Several matrices of different types at once, bias, accumulation. */
static void grouped_products(void)
{
    float bias[MAX_OUT];
    ht_ops *o = new_ops(NULL, ht_cpu_bits());
    fill_normal(bias, MAX_OUT, 70);
    for (size_t n_tokens = 1; n_tokens <= 20; n_tokens += 19) {
        fill_matrix(&m1, HT_Q8_0, 37, 64, 71);
        fill_matrix(&m2, HT_F32, 21, 64, 72);
        fill_normal(x, n_tokens * 64, 73);
        for (size_t i = 0; i < n_tokens * 21; i++)
            y2[i] = 100.0f;
        const ht_product both[] = {{.w = &m1.w, .y = y, .bias = bias}, {.w = &m2.w, .y = y2, .add = true}};
        ht_matmul(o, x, n_tokens, both, 2);
        for (size_t t = 0; t < n_tokens; t++) {
            double a = (double)bias[36], b = 100.0;
            for (size_t i = 0; i < 64; i++) {
                a += (double)m1.values[36][i] * (double)x[t * 64 + i];
                b += (double)m2.values[20][i] * (double)x[t * 64 + i];
            }
            CHECK_NEAR(y[t * 37 + 36], a, 0.3);
            CHECK_NEAR(y2[t * 21 + 20], b, 1e-4);
        }
    }
    ht_ops_free(o);
}

static void threads_change_nothing(void)
{
    ht_error err = {0};
    for (unsigned type = 0; type < HT_DTYPE_COUNT; type++)
        for (size_t n_tokens = 1; n_tokens <= 70; n_tokens += 23) {
            fill_matrix(&m1, (ht_dtype)type, 70, 320, 80);
            fill_normal(x, n_tokens * 320, 81);
            for (unsigned threads = 1; threads <= 3; threads++) {
                ht_pool *pool = NULL;
                CHECK_OK(ht_pool_new(threads, &pool, &err), err);
                ht_ops *o = new_ops(pool, ht_cpu_bits());
                const ht_product p = {.w = &m1.w, .y = threads == 1 ? want : y};
                ht_matmul(o, x, n_tokens, &p, 1);
                if (threads > 1)
                    check_same_bits("threads", y, want, n_tokens * 70, 320, threads);
                ht_ops_free(o);
                ht_pool_free(pool);
            }
        }
}

/* A batch of two sequences and grouped heads must equal every query alone. */
static void attention_of_a_batch(void)
{
    enum { HEADS = 6, KV_HEADS = 2, D = 8, CTX = 32, ROWS = 12 };
    static float k[2][KV_HEADS * CTX * D], v[2][KV_HEADS * CTX * D], q[ROWS * HEADS * D], out[ROWS * HEADS * D], one[D], scores[4 * CTX];
    ht_ops *o = new_ops(NULL, ht_cpu_bits());
    for (int s = 0; s < 2; s++) {
        fill_normal(k[s], KV_HEADS * CTX * D, 90 + (uint64_t)s);
        fill_normal(v[s], KV_HEADS * CTX * D, 92 + (uint64_t)s);
    }
    fill_normal(q, ROWS * HEADS * D, 94);
    const ht_attn_sequence seqs[2] = {
        {.k = k[0], .v = v[0], .k_head_stride = CTX * D, .v_head_stride = CTX * D, .row0 = 0, .n_rows = 5, .pos0 = 20},
        {.k = k[1], .v = v[1], .k_head_stride = CTX * D, .v_head_stride = CTX * D, .row0 = 5, .n_rows = 7, .pos0 = 0},
    };
    ht_attention_rows(o, out, q, seqs, 2, HEADS, KV_HEADS, D, 0.35f);
    for (size_t row = 0; row < ROWS; row++)
        for (size_t h = 0; h < HEADS; h++) {
            const size_t s = row >= 5, n_keys = seqs[s].pos0 + row - seqs[s].row0 + 1, kv = h / 3;
            const ht_attn_cache cache = {k[s] + kv * CTX * D, v[s] + kv * CTX * D};
            float *const to[1] = {one};
            const float *const from[1] = {q + (row * HEADS + h) * D};
            ht_ops_kernels(o)->attention(to, from, &n_keys, 1, &cache, D, 0.35f, scores);
            check_same_bits("attention", out + (row * HEADS + h) * D, one, D, row, 0);
        }
    ht_ops_free(o);
}

int main(int argc, char **argv)
{
    static const check_case cases[] = {
        CHECK_CASE(products),
        CHECK_CASE(grouped_products),
        CHECK_CASE(threads_change_nothing),
        CHECK_CASE(attention_of_a_batch),
    };
    return check_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
