#include "engine/generate.h"

#include <stdlib.h>

#include "base/clock.h"

enum { MAX_FORCED = 64 };

/* Tokens chosen but not yet in the cache. */
typedef struct {
    int32_t ids[1 + MAX_FORCED];
    int32_t n;
} pending;

/* Takes one token: tells the filter, the sampler and the caller. False ends the generation, s->reason says why. */
static bool take(const ht_generation *g, ht_generation_stats *s, pending *p, int32_t id)
{
    if (g->filter != NULL)
        g->filter->accept(g->filter->ctx, id);
    ht_sampler_accept(g->sampler, id);
    if (g->tokenizer != NULL && ht_tokenizer_is_end(g->tokenizer, id)) {
        s->reason = HT_END_TOKEN;
        return false;
    }
    s->n_generated++;
    p->ids[p->n++] = id;
    if (g->on_id != NULL && !g->on_id(g->ctx, id)) {
        s->reason = HT_END_CALLER;
        return false;
    }
    if (s->n_generated == g->max_tokens) {
        s->reason = HT_END_LENGTH;
        return false;
    }
    return true;
}

/* The sampler's choice and whatever the filter says must follow it. */
static bool choose(const ht_generation *g, const float *logits, ht_generation_stats *s, pending *p)
{
    float log_prob = 0.0f;
    const uint64_t *mask = g->filter ? g->filter->mask(g->filter->ctx) : NULL;
    const int32_t id = ht_sampler_pick(g->sampler, logits, mask, &log_prob);
    p->n = 0;
    if (id < 0) {
        s->reason = HT_END_FILTER;
        return false;
    }
    s->log_prob += log_prob;
    if (!take(g, s, p, id))
        return false;
    if (g->filter == NULL || g->filter->forced == NULL)
        return true;
    int32_t forced[MAX_FORCED];
    const size_t n = g->filter->forced(g->filter->ctx, forced, MAX_FORCED);
    for (size_t i = 0; i < n; i++)
        if (!take(g, s, p, forced[i]))
            return false;
    return true;
}

ht_status ht_generate(ht_model *m, ht_kv *kv, const ht_generation *g, ht_generation_stats *stats, ht_error *err)
{
    ht_generation_stats s = {.reason = HT_END_LENGTH};
    pending p = {.n = 0};
    float *logits = malloc((size_t)ht_model_get_info(m)->n_vocab * sizeof *logits);
    if (logits == NULL)
        return ht_fail(err, HT_NO_MEMORY, -1, "generate: out of memory");
    const double start_ms = ht_clock_ms();
    ht_status st = ht_model_forward(m, kv, g->prompt, g->n_prompt, HT_LOGITS_LAST, logits, err);
    const double prefilled_ms = ht_clock_ms();
    while (st == HT_OK && choose(g, logits, &s, &p)) {
        if (p.n > ht_kv_size(kv) - ht_kv_used(kv)) {
            s.reason = HT_END_CONTEXT;
            break;
        }
        st = ht_model_forward(m, kv, p.ids, p.n, HT_LOGITS_LAST, logits, err);
        s.n_forwards++;
    }
    free(logits);
    s.prefill_ms = prefilled_ms - start_ms;
    s.decode_ms = ht_clock_ms() - prefilled_ms;
    if (stats != NULL)
        *stats = s;
    return st;
}
