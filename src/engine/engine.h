/* A model file ready to complete texts: weights, tokenizer, one sequence's cache. What the assistant and the API stand on.
 * One engine serves one thread at a time. */
#ifndef HT_ENGINE_ENGINE_H
#define HT_ENGINE_ENGINE_H
#include "engine/grammar.h"
#include "engine/sampler.h"
#include "text/tokenizer.h"

typedef struct ht_engine ht_engine;

/* n_threads 0 = all cores; n_ctx 0 = what the model was trained for (at most 4096 here). */
HT_CHECKED ht_status ht_engine_open(const char *path, unsigned n_threads, int32_t n_ctx, ht_engine **out, ht_error *err);
void ht_engine_close(ht_engine *e); /* NULL is fine */
const ht_tokenizer *ht_engine_tokenizer(const ht_engine *e);
/* general.name, or the file's name; borrowed until close. */
ht_str ht_engine_name(const ht_engine *e);
int32_t ht_engine_context(const ht_engine *e);

/* Called with each token as it is chosen; false stops the generation. */
typedef bool ht_on_token_fn(void *ctx, int32_t id);

typedef struct {
    const ht_grammar *grammar;  /* NULL = any text */
    ht_sampler_params sampling; /* all zero = greedy */
    int32_t max_tokens;         /* 0 = to the end of the context */
    ht_on_token_fn *on_token;   /* may be NULL */
    void *ctx;
} ht_completion;

typedef struct {
    double prompt_ms, decode_ms;
    int32_t n_prompt, n_cached, n_decoded; /* n_cached: tokens of the prompt that the last completion had computed already */
    float log_prob;                        /* natural, of all chosen tokens together, under the grammar */
} ht_completion_stats;

/* Continues prompt until an end token, the grammar's end or max_tokens; appends the new ids, without the end token, to out.
 * HT_TOO_BIG: the prompt leaves no room in the context. */
HT_CHECKED ht_status ht_engine_complete(ht_engine *e, const ht_ids *prompt, const ht_completion *c, ht_ids *out,
                                        ht_completion_stats *stats, ht_error *err);
#endif
