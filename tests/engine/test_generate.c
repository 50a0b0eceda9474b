/* The generation loop on a tiny random model: the same as picking by hand, and every way to end. */
#include "engine/generate.h"

#include "../model/tiny_model.h"

static const tiny_config config = {.arch = "qwen2", .n_layer = 1, .d_model = 32, .n_head = 2, .n_kv_head = 1, .d_head = 16, .d_ff = 32, .n_vocab = 60,
                                   .n_rot = 16, .rope_base = 10000, .rope_scale = 1, .eps = 1e-6, .type = HT_F32, .seed = 2};

typedef struct {
    int32_t ids[64];
    int n, stop_after;
    uint64_t mask[1];
    int n_accepted, only_after;
} record;

static bool on_id(void *ctx, int32_t id)
{
    record *r = ctx;
    r->ids[r->n++] = id;
    return r->n != r->stop_after;
}

/* Even ids only; after only_after tokens nothing. */
static const uint64_t *even_mask(void *ctx)
{
    record *r = ctx;
    r->mask[0] = r->only_after && r->n_accepted >= r->only_after ? 0 : 0x5555555555555555u;
    return r->mask;
}

static void on_accept(void *ctx, int32_t id)
{
    record *r = ctx;
    CHECK_EQ(id % 2, 0);
    r->n_accepted++;
}

typedef struct {
    tiny_model t;
    ht_model *m;
    ht_kv *kv;
    ht_sampler *s;
} fixture;

static fixture set_up(int32_t n_ctx)
{
    fixture f = {0};
    ht_error err = {0};
    const ht_sampler_params greedy = {0};
    tiny_begin(&f.t, config);
    CHECK_OK(ht_model_open_bytes(tiny_finish(&f.t), NULL, &f.m, &err), err);
    CHECK_OK(ht_kv_new(f.m, n_ctx, &f.kv, &err), err);
    CHECK_OK(ht_sampler_new(&greedy, config.n_vocab, &f.s, &err), err);
    return f;
}

static void tear_down(fixture *f)
{
    ht_sampler_free(f->s);
    ht_kv_free(f->kv);
    ht_model_close(f->m);
    tiny_free(&f->t);
}

static const int32_t prompt[] = {3, 14, 15, 9};

static void equals_the_loop_by_hand(void)
{
    fixture f = set_up(32);
    record r = {0};
    ht_error err = {0};
    ht_generation_stats stats;
    const ht_generation g = {.prompt = prompt, .n_prompt = 4, .max_tokens = 10, .sampler = f.s, .on_id = on_id, .ctx = &r};
    CHECK_OK(ht_generate(f.m, f.kv, &g, &stats, &err), err);
    CHECK(stats.reason == HT_END_LENGTH && stats.n_generated == 10 && r.n == 10 && stats.log_prob < 0);
    CHECK_EQ(ht_kv_used(f.kv), 4 + 9);
    int32_t ids[14];
    static double logits[14 * 60];
    memcpy(ids, prompt, sizeof prompt);
    for (int i = 0; i < 10; i++) {
        ref_forward(&f.t, ids, 4 + i, logits);
        const double *last = logits + (3 + i) * 60;
        int32_t best = 0;
        for (int32_t k = 1; k < 60; k++)
            best = last[k] > last[best] ? k : best;
        CHECK_EQ(r.ids[i], best);
        ids[4 + i] = best;
    }
    tear_down(&f);
}

static void every_end(void)
{
    fixture f = set_up(12);
    record r = {0};
    ht_error err = {0};
    ht_generation_stats stats;
    ht_generation g = {.prompt = prompt, .n_prompt = 4, .sampler = f.s, .on_id = on_id, .ctx = &r};
    CHECK_OK(ht_generate(f.m, f.kv, &g, &stats, &err), err);
    CHECK(stats.reason == HT_END_CONTEXT && stats.n_generated == 9); /* 4 + 8 fill the cache; one more is chosen */
    CHECK_EQ(ht_generate(f.m, f.kv, &g, &stats, &err), HT_TOO_BIG);

    ht_kv_truncate(f.kv, 0);
    r = (record){.stop_after = 3};
    CHECK_OK(ht_generate(f.m, f.kv, &g, &stats, &err), err);
    CHECK(stats.reason == HT_END_CALLER && r.n == 3);

    ht_kv_truncate(f.kv, 0);
    r = (record){.only_after = 5};
    const ht_token_filter filter = {.ctx = &r, .mask = even_mask, .accept = on_accept};
    g.filter = &filter;
    CHECK_OK(ht_generate(f.m, f.kv, &g, &stats, &err), err);
    CHECK(stats.reason == HT_END_FILTER && r.n == 5 && r.n_accepted == 5);
    for (int i = 0; i < r.n; i++)
        CHECK_EQ(r.ids[i] % 2, 0);
    tear_down(&f);
}

int main(int argc, char **argv)
{
    static const check_case cases[] = {
        CHECK_CASE(equals_the_loop_by_hand),
        CHECK_CASE(every_end),
    };
    return check_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
