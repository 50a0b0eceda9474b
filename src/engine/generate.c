#include "engine/generate.h"

#include <stdlib.h>

#include "base/clock.h"

ht_status ht_generate(ht_model *m, ht_kv *kv, const ht_generation *g, ht_generation_stats *stats, ht_error *err)
{
    ht_generation_stats s = {.reason = HT_END_LENGTH};
    float *logits = malloc((size_t)ht_model_get_info(m)->n_vocab * sizeof *logits);
    if (logits == NULL)
        return ht_fail(err, HT_NO_MEMORY, -1, "generate: out of memory");
    const double start_ms = ht_clock_ms();
    ht_status st = ht_model_forward(m, kv, g->prompt, g->n_prompt, HT_LOGITS_LAST, logits, err);
    const double prefilled_ms = ht_clock_ms();
    while (st == HT_OK && (g->max_tokens == 0 || s.n_generated < g->max_tokens)) {
        float log_prob = 0.0f;
        const uint64_t *mask = g->filter ? g->filter->mask(g->filter->ctx) : NULL;
        const int32_t id = ht_sampler_pick(g->sampler, logits, mask, stats ? &log_prob : NULL);
        if (id < 0) {
            s.reason = HT_END_FILTER;
            break;
        }
        s.log_prob += log_prob;
        if (g->filter != NULL)
            g->filter->accept(g->filter->ctx, id);
        ht_sampler_accept(g->sampler, id);
        if (g->tokenizer != NULL && ht_tokenizer_is_end(g->tokenizer, id)) {
            s.reason = HT_END_TOKEN;
            break;
        }
        s.n_generated++;
        if (g->on_id != NULL && !g->on_id(g->ctx, id)) {
            s.reason = HT_END_CALLER;
            break;
        }
        if (s.n_generated == g->max_tokens)
            break;
        if (ht_kv_used(kv) == ht_kv_size(kv)) {
            s.reason = HT_END_CONTEXT;
            break;
        }
        st = ht_model_forward(m, kv, &id, 1, HT_LOGITS_LAST, logits, err);
    }
    free(logits);
    s.prefill_ms = prefilled_ms - start_ms;
    s.decode_ms = ht_clock_ms() - prefilled_ms;
    if (stats != NULL)
        *stats = s;
    return st;
}
