/* The families against a forward pass in double precision; caches, batches, refusals. */
#include "model/model.h"

#include "base/cpu.h"
#include "tiny_model.h"

static const tiny_config base = {.arch = "llama", .n_layer = 2, .d_model = 64, .n_head = 4, .n_kv_head = 2, .d_head = 16, .d_ff = 96, .n_vocab = 50,
                                 .n_rot = 16, .rope_base = 10000, .rope_scale = 1, .eps = 1e-5, .type = HT_F32, .seed = 5};

static ht_model *open_tiny(tiny_model *t, ht_pool *pool)
{
    ht_error err = {0};
    ht_model *m = NULL;
    CHECK_OK(ht_model_open_bytes(tiny_finish(t), pool, &m, &err), err);
    CHECK_REQUIRE(m != NULL);
    return m;
}

static ht_kv *new_kv(const ht_model *m, int32_t n)
{
    ht_error err = {0};
    ht_kv *kv = NULL;
    CHECK_OK(ht_kv_new(m, n, &kv, &err), err);
    CHECK_REQUIRE(kv != NULL);
    return kv;
}

static double distance(const float *got, const double *want, size_t n)
{
    double err = 0, norm = 0;
    for (size_t i = 0; i < n; i++) {
        err += ((double)got[i] - want[i]) * ((double)got[i] - want[i]);
        norm += want[i] * want[i];
    }
    return sqrt(err / norm);
}

static int32_t ids_of(int32_t *ids, int32_t n, int32_t n_vocab)
{
    for (int32_t i = 0; i < n; i++)
        ids[i] = (i * 17 + i * i % 11) % n_vocab;
    return n;
}

/* All at once and token by token. */
static void check_family(tiny_config c, double limit)
{
    enum { N = 21 };
    int32_t ids[N];
    static float logits[N * 64];
    static double want[N * 64];
    ht_error err = {0};
    tiny_model t;
    tiny_begin(&t, c);
    ht_model *m = open_tiny(&t, NULL);
    ids_of(ids, N, c.n_vocab);
    ref_forward(&t, ids, N, want);
    const size_t n = (size_t)N * (size_t)c.n_vocab;
    ht_kv *kv = new_kv(m, 40);
    CHECK_OK(ht_model_forward(m, kv, ids, N, HT_LOGITS_ALL, logits, &err), err);
    CHECK_EQ(ht_kv_used(kv), N);
    double off = distance(logits, want, n);
    if (!(off <= limit))
        fprintf(stderr, "%s: all at once, relative error %g\n", c.arch, off);
    CHECK(off <= limit);
    ht_kv_truncate(kv, 0);
    for (int i = 0; i < N; i++)
        CHECK_OK(ht_model_forward(m, kv, ids + i, 1, HT_LOGITS_LAST, logits + i * c.n_vocab, &err), err);
    off = distance(logits, want, n);
    if (!(off <= limit))
        fprintf(stderr, "%s: one by one, relative error %g\n", c.arch, off);
    CHECK(off <= limit);
    ht_kv_free(kv);
    ht_model_close(m);
    tiny_free(&t);
}

static void llama(void) { check_family(base, 3e-6); }

static void llama_with_factors_and_partial_rotation(void)
{
    tiny_config c = base;
    c.factors = true;
    c.n_rot = 8;
    c.rope_scale = 4;
    c.n_kv_head = 1;
    check_family(c, 3e-6);
}

static void qwen2(void)
{
    tiny_config c = base;
    c.arch = "qwen2";
    c.tied = true;
    c.rope_base = 1e6;
    c.n_kv_head = 4;
    check_family(c, 3e-6);
}

static void qwen3(void)
{
    tiny_config c = base;
    c.arch = "qwen3";
    c.d_head = 24; /* 4 heads of 24 from a stream of 64 */
    c.n_rot = 24;
    c.tied = true;
    check_family(c, 3e-6);
}

static void other_types(void)
{
    static const double limits[] = {3e-6, 3e-6, 2e-2, 6e-2, 6e-2}; /* bf16: activations are rounded too; blocks: to int8 */
    for (unsigned type = HT_F16; type < HT_DTYPE_COUNT; type++) {
        tiny_config c = base;
        c.type = (ht_dtype)type;
        check_family(c, limits[type]);
    }
}

static void scalar_and_vector_agree(void)
{
    static float a[21 * 64], b[21 * 64];
    int32_t ids[21];
    ht_error err = {0};
    tiny_config c = base;
    c.type = HT_Q8_0;
    tiny_model t;
    tiny_begin(&t, c);
    const ht_bytes file = tiny_finish(&t);
    ids_of(ids, 21, c.n_vocab);
    for (int run = 0; run < 2; run++) {
        ht_model *m = NULL;
        if (run == 1)
            setenv("HEARTH_CPU", "scalar", 1);
        CHECK_OK(ht_model_open_bytes(file, NULL, &m, &err), err);
        CHECK_REQUIRE(m != NULL);
        ht_kv *kv = new_kv(m, 21);
        CHECK_OK(ht_model_forward(m, kv, ids, 21, HT_LOGITS_ALL, run ? b : a, &err), err);
        ht_kv_free(kv);
        ht_model_close(m);
    }
    unsetenv("HEARTH_CPU");
    CHECK(memcmp(a, b, 21 * 50 * sizeof *a) == 0);
    tiny_free(&t);
}

/* More tokens than one pass takes, split anywhere, with any number of threads: the same. */
static void long_prompts_and_threads(void)
{
    enum { N = 600 };
    static int32_t ids[N];
    static float a[64], b[64], all[N * 50];
    ht_error err = {0};
    tiny_model t;
    tiny_begin(&t, base);
    const ht_bytes file = tiny_finish(&t);
    ids_of(ids, N, 50);
    for (unsigned threads = 1; threads <= 3; threads++) {
        ht_pool *pool = NULL;
        ht_model *m = NULL;
        CHECK_OK(ht_pool_new(threads, &pool, &err), err);
        CHECK_OK(ht_model_open_bytes(file, pool, &m, &err), err);
        ht_kv *kv = new_kv(m, N);
        CHECK_OK(ht_model_forward(m, kv, ids, N, HT_LOGITS_LAST, threads == 1 ? a : b, &err), err);
        if (threads > 1)
            CHECK(memcmp(a, b, 50 * sizeof *a) == 0);
        if (threads == 1) {
            ht_kv_truncate(kv, 0);
            CHECK_OK(ht_model_forward(m, kv, ids, N, HT_LOGITS_ALL, all, &err), err);
            for (int i = 0; i < 50; i++)
                CHECK_NEAR(all[599 * 50 + i], a[i], 2e-5);
            ht_kv_truncate(kv, 300); /* back to the middle, and on in another rhythm */
            CHECK_OK(ht_model_forward(m, kv, ids + 300, 7, HT_LOGITS_NONE, NULL, &err), err);
            CHECK_OK(ht_model_forward(m, kv, ids + 307, 293, HT_LOGITS_LAST, b, &err), err);
            for (int i = 0; i < 50; i++)
                CHECK_NEAR(b[i], a[i], 2e-5);
        }
        ht_kv_free(kv);
        ht_model_close(m);
        ht_pool_free(pool);
    }
    tiny_free(&t);
}

/* Three sequences of different length and progress in one pass equal each alone. */
static void batches(void)
{
    enum { S = 3 };
    static const int32_t first[S] = {5, 1, 12};
    static float together[S][8 * 50], alone[S][8 * 50];
    int32_t ids[32];
    ht_error err = {0};
    tiny_config c = base;
    c.arch = "qwen2";
    tiny_model t;
    tiny_begin(&t, c);
    ht_model *m = open_tiny(&t, NULL);
    ht_kv *kv[S], *own[S];
    ids_of(ids, 32, 50);
    for (int s = 0; s < S; s++) {
        kv[s] = new_kv(m, 32);
        own[s] = new_kv(m, 32);
        CHECK_OK(ht_model_forward(m, kv[s], ids + s, first[s], HT_LOGITS_NONE, NULL, &err), err);
        CHECK_OK(ht_model_forward(m, own[s], ids + s, first[s], HT_LOGITS_NONE, NULL, &err), err);
    }
    for (int round = 0; round < 2; round++) {
        const ht_logits_want want = round ? HT_LOGITS_LAST : HT_LOGITS_ALL;
        ht_model_segment segments[S];
        for (int s = 0; s < S; s++) {
            const int32_t n = round ? 1 : 2 + s;
            segments[s] = (ht_model_segment){kv[s], ids + 20 + s + round, n, s == 1 && !round ? HT_LOGITS_NONE : want, together[s]};
            CHECK_OK(ht_model_forward(m, own[s], ids + 20 + s + round, n, segments[s].want, alone[s], &err), err);
        }
        CHECK_OK(ht_model_forward_batch(m, segments, S, &err), err);
        for (int s = 0; s < S; s++) {
            CHECK_EQ(ht_kv_used(kv[s]), ht_kv_used(own[s]));
            for (int i = 0; i < 50 && segments[s].want != HT_LOGITS_NONE; i++)
                CHECK_NEAR(together[s][i], alone[s][i], 2e-5);
        }
    }
    ht_model_segment twice[2] = {{kv[0], ids, 1, HT_LOGITS_LAST, together[0]}, {kv[0], ids, 1, HT_LOGITS_LAST, together[1]}};
    CHECK_EQ(ht_model_forward_batch(m, twice, 2, &err), HT_BAD_ARG);
    for (int s = 0; s < S; s++) {
        ht_kv_free(kv[s]);
        ht_kv_free(own[s]);
    }
    ht_model_close(m);
    tiny_free(&t);
}

static void limits_leave_the_cache_alone(void)
{
    float logits[64];
    ht_error err = {0};
    tiny_model t;
    tiny_begin(&t, base);
    ht_model *m = open_tiny(&t, NULL);
    ht_kv *kv = new_kv(m, 5);
    const int32_t ids[] = {1, 2, 3, 4}, wrong[] = {1, 50}, negative[] = {-1};
    CHECK_EQ(ht_kv_size(kv), 5);
    CHECK_OK(ht_model_forward(m, kv, ids, 4, HT_LOGITS_NONE, NULL, &err), err);
    CHECK_EQ(ht_model_forward(m, kv, ids, 2, HT_LOGITS_LAST, logits, &err), HT_TOO_BIG);
    CHECK_EQ(ht_model_forward(m, kv, wrong, 2, HT_LOGITS_LAST, logits, &err), HT_TOO_BIG);
    CHECK_EQ(ht_model_forward(m, kv, wrong + 1, 1, HT_LOGITS_LAST, logits, &err), HT_BAD_ARG);
    CHECK_EQ(ht_model_forward(m, kv, negative, 1, HT_LOGITS_LAST, logits, &err), HT_BAD_ARG);
    CHECK_EQ(ht_kv_used(kv), 4);
    CHECK_OK(ht_model_forward(m, kv, ids, 1, HT_LOGITS_LAST, logits, &err), err);
    ht_kv *none = NULL;
    CHECK_EQ(ht_kv_new(m, 0, &none, &err), HT_BAD_ARG);
    CHECK(none == NULL);
    const ht_model_info *i = ht_model_get_info(m);
    CHECK(i->n_layer == 2 && i->d_head == 16 && i->n_vocab == 50 && i->n_ctx == 1024);
    CHECK_STR(i->arch, "llama");
    CHECK_STR(i->type, "F32");
    ht_kv_free(kv);
    ht_model_close(m);
    tiny_free(&t);
}

static void check_refused(tiny_model *t, ht_status want, const char *word)
{
    ht_error err = {0};
    ht_model *m = NULL;
    CHECK_EQ(ht_model_open_bytes(tiny_finish(t), NULL, &m, &err), want);
    CHECK(m == NULL);
    if (strstr(err.text, word) == NULL)
        CHECK_STR(err.text, word);
    tiny_free(t);
}

static void refusals(void)
{
    tiny_model t;
    tiny_config c = base;
    c.arch = "mamba";
    tiny_begin(&t, c);
    check_refused(&t, HT_UNSUPPORTED, "'mamba' is not supported");
    c = base;
    tiny_begin(&t, c);
    ht_gguf_writer_str(t.w, "llama.rope.scaling.type", HT_STR("yarn"));
    check_refused(&t, HT_UNSUPPORTED, "yarn");
    tiny_begin(&t, c);
    tiny_tensor(&t, "blk.0.ffn_gate_inp.weight", 64, 8, 0, 1);
    check_refused(&t, HT_UNSUPPORTED, "ffn_gate_inp");
    tiny_begin(&t, c);
    tiny_tensor(&t, "blk.1.attn_output.bias", 64, 1, 0, 1);
    check_refused(&t, HT_UNSUPPORTED, "attn_output.bias");
    tiny_begin(&t, c);
    ht_gguf_writer_u32(t.w, "llama.expert_count", 8);
    check_refused(&t, HT_UNSUPPORTED, "experts");
    tiny_begin(&t, base);
    tiny_finish(&t);
    const ptrdiff_t at = ht_str_find(ht_buf_str(&t.file), HT_STR("blk.1.ffn_up.weight"), 0);
    CHECK_REQUIRE(at > 0);
    t.file.ptr[at + 4] = '7'; /* blk.1 lacks a tensor now */
    ht_error err = {0};
    ht_model *m = NULL;
    CHECK_EQ(ht_model_open_bytes((ht_bytes){(uint8_t *)t.file.ptr, t.file.len}, NULL, &m, &err), HT_BAD_FORMAT);
    CHECK(strstr(err.text, "blk.1.ffn_up.weight") != NULL);
    tiny_free(&t);
    CHECK_EQ(ht_model_open("/nonexistent.gguf", NULL, &m, &err), HT_NOT_FOUND);
}

int main(int argc, char **argv)
{
    static const check_case cases[] = {
        CHECK_CASE(llama),
        CHECK_CASE(llama_with_factors_and_partial_rotation),
        CHECK_CASE(qwen2),
        CHECK_CASE(qwen3),
        CHECK_CASE(other_types),
        CHECK_CASE(scalar_and_vector_agree),
        CHECK_CASE(long_prompts_and_threads),
        CHECK_CASE(batches),
        CHECK_CASE(limits_leave_the_cache_alone),
        CHECK_CASE(refusals),
    };
    return check_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
