#include "engine/engine.h"

#include <stdlib.h>

#include "engine/constraint.h"
#include "engine/generate.h"
#include "engine/token_trie.h"
#include "model/model.h"

enum { MAX_CONTEXT = 4096 };

struct ht_engine {
    ht_pool *pool;
    ht_model *model;
    ht_kv *kv;
    ht_tokenizer *tokenizer;
    ht_token_trie *trie; /* made when the first grammar comes */
    ht_buf name;
    ht_ids cached; /* what the cache holds, position by position */
};

static ht_status open_parts(ht_engine *e, const char *path, unsigned n_threads, int32_t n_ctx, ht_error *err)
{
    ht_status st = ht_pool_new(n_threads, &e->pool, err);
    if (st == HT_OK)
        st = ht_model_open(path, e->pool, &e->model, err);
    if (st == HT_OK && (st = ht_tokenizer_open(ht_model_gguf(e->model), &e->tokenizer, err)) != HT_OK)
        return ht_fail_prefix(err, "%s", path);
    if (st != HT_OK)
        return st;
    const ht_model_info *info = ht_model_get_info(e->model);
    if (info->n_vocab != ht_tokenizer_count(e->tokenizer))
        return ht_fail(err, HT_BAD_FORMAT, -1, "%s: %d rows of token embeddings for %d tokens", path, info->n_vocab,
                       ht_tokenizer_count(e->tokenizer));
    const int32_t limit = info->n_ctx < MAX_CONTEXT ? info->n_ctx : MAX_CONTEXT;
    st = ht_kv_new(e->model, n_ctx > 0 ? n_ctx : limit, &e->kv, err);
    ht_str name = ht_str_from(path);
    if (!ht_gguf_get_str(ht_model_gguf(e->model), "general.name", &name) && strrchr(path, '/') != NULL)
        name = ht_str_from(strrchr(path, '/') + 1);
    ht_buf_add_str(&e->name, name);
    if (st == HT_OK && e->name.failed)
        st = ht_fail(err, HT_NO_MEMORY, -1, "%s: out of memory", path);
    return st;
}

ht_status ht_engine_open(const char *path, unsigned n_threads, int32_t n_ctx, ht_engine **out, ht_error *err)
{
    *out = NULL;
    ht_engine *e = calloc(1, sizeof *e);
    if (e == NULL)
        return ht_fail(err, HT_NO_MEMORY, -1, "engine: out of memory");
    const ht_status st = open_parts(e, path, n_threads, n_ctx, err);
    if (st == HT_OK)
        *out = e;
    else
        ht_engine_close(e);
    return st;
}

void ht_engine_close(ht_engine *e)
{
    if (e == NULL)
        return;
    ht_token_trie_free(e->trie);
    ht_tokenizer_close(e->tokenizer);
    ht_kv_free(e->kv);
    ht_model_close(e->model);
    ht_pool_free(e->pool);
    ht_buf_deinit(&e->name);
    ht_ids_deinit(&e->cached);
    free(e);
}

const ht_tokenizer *ht_engine_tokenizer(const ht_engine *e) { return e->tokenizer; }
ht_str ht_engine_name(const ht_engine *e) { return ht_buf_str(&e->name); }
int32_t ht_engine_context(const ht_engine *e) { return ht_kv_size(e->kv); }

typedef struct {
    ht_engine *e;
    const ht_completion *c;
    ht_ids *out;
} receiver;

static bool on_id(void *ctx, int32_t id)
{
    receiver *r = ctx;
    ht_ids_add(r->out, id);
    ht_ids_add(&r->e->cached, id);
    return !r->out->failed && !r->e->cached.failed && (r->c->on_token == NULL || r->c->on_token(r->c->ctx, id));
}

/* Keeps what the cache and the prompt begin with in common; at least the last token is computed anew, for its logits. */
static int32_t reuse(ht_engine *e, const ht_ids *prompt)
{
    const size_t used = (size_t)ht_kv_used(e->kv);
    size_t n = 0, limit = used < e->cached.n ? used : e->cached.n;
    limit = limit < prompt->n - 1 ? limit : prompt->n - 1;
    while (n < limit && e->cached.ids[n] == prompt->ids[n])
        n++;
    ht_kv_truncate(e->kv, (int32_t)n);
    e->cached.n = 0;
    for (size_t i = 0; i < prompt->n; i++)
        ht_ids_add(&e->cached, prompt->ids[i]);
    return (int32_t)n;
}

static ht_status open_constraint(ht_engine *e, const ht_grammar *g, ht_constraint **out, ht_error *err)
{
    ht_status st = HT_OK;
    if (g == NULL)
        return HT_OK;
    if (e->trie == NULL)
        st = ht_token_trie_from_tokenizer(e->tokenizer, &e->trie, err);
    return st == HT_OK ? ht_constraint_new(g, e->trie, out, err) : st;
}

ht_status ht_engine_complete(ht_engine *e, const ht_ids *prompt, const ht_completion *c, ht_ids *out, ht_completion_stats *stats,
                             ht_error *err)
{
    ht_constraint *constraint = NULL;
    ht_sampler *sampler = NULL;
    ht_generation_stats gs = {0};
    int32_t n_cached = 0;
    if (prompt->n == 0)
        return ht_fail(err, HT_BAD_ARG, -1, "the prompt is empty");
    if (prompt->n >= (size_t)ht_kv_size(e->kv))
        return ht_fail(err, HT_TOO_BIG, -1, "the prompt has %zu tokens; the context holds %d", prompt->n, ht_kv_size(e->kv));
    ht_status st = ht_sampler_new(&c->sampling, ht_tokenizer_count(e->tokenizer), &sampler, err);
    if (st == HT_OK)
        st = open_constraint(e, c->grammar, &constraint, err);
    if (st == HT_OK) {
        n_cached = reuse(e, prompt);
        receiver r = {e, c, out};
        const ht_token_filter filter = ht_constraint_filter(constraint);
        const ht_generation g = {.prompt = prompt->ids + n_cached, .n_prompt = (int32_t)prompt->n - n_cached, .max_tokens = c->max_tokens,
                                 .sampler = sampler, .filter = constraint ? &filter : NULL, .tokenizer = e->tokenizer,
                                 .on_id = on_id, .ctx = &r};
        st = ht_generate(e->model, e->kv, &g, &gs, err);
    }
    if (st == HT_OK && (out->failed || e->cached.failed))
        st = ht_fail(err, HT_NO_MEMORY, -1, "completion: out of memory");
    if (st != HT_OK)
        e->cached.n = 0;
    *stats = (ht_completion_stats){.prompt_ms = gs.prefill_ms, .decode_ms = gs.decode_ms, .n_prompt = (int32_t)prompt->n,
                                   .n_cached = n_cached, .n_decoded = gs.n_generated, .log_prob = gs.log_prob};
    ht_sampler_free(sampler);
    ht_constraint_free(constraint);
    return st;
}
