/* The loop from a prompt to an answer: prefill, pick, report, decode, until something ends it. */
#ifndef HT_ENGINE_GENERATE_H
#define HT_ENGINE_GENERATE_H
#include "engine/sampler.h"
#include "model/model.h"
#include "text/tokenizer.h"

/* Restricts what may come next. Implemented by whoever knows a grammar. */
typedef struct {
    void *ctx;
    const uint64_t *(*mask)(void *ctx);    /* allowed tokens, as in ht_sampler_pick, borrowed until the next call; NULL = all */
    void (*accept)(void *ctx, int32_t id); /* this token was chosen */
    size_t (*forced)(void *ctx, int32_t *ids, size_t max); /* the tokens that must come now, 0 = there is a choice; they are
                                                            * accepted and computed together. NULL = never known */
} ht_token_filter;

/* Called with each token as it is chosen, end tokens excepted; false stops. */
typedef bool ht_on_id_fn(void *ctx, int32_t id);

typedef struct {
    const int32_t *prompt; /* appended to the cache; at least one token */
    int32_t n_prompt;
    int32_t max_tokens;    /* 0 = until the cache is full */
    ht_sampler *sampler;
    const ht_token_filter *filter;   /* NULL = anything */
    const ht_tokenizer *tokenizer;   /* tells the end tokens; NULL = none ends it */
    ht_on_id_fn *on_id;              /* may be NULL */
    void *ctx;
} ht_generation;

typedef enum { HT_END_TOKEN, HT_END_LENGTH, HT_END_CONTEXT, HT_END_CALLER, HT_END_FILTER } ht_end_reason;

typedef struct {
    ht_end_reason reason;   /* HT_END_FILTER: the filter allowed nothing more */
    int32_t n_generated;    /* end token not counted, forced ones are */
    int32_t n_forwards;     /* passes through the model after the prompt's */
    double prefill_ms, decode_ms;
    float log_prob;         /* natural, of all chosen tokens together, the end token included, under the filter */
} ht_generation_stats;

/* The cache afterwards holds the prompt and all generated tokens but the last one chosen. stats may be NULL.
 * HT_TOO_BIG: the prompt does not fit; the cache is then unchanged. */
HT_CHECKED ht_status ht_generate(ht_model *m, ht_kv *kv, const ht_generation *g, ht_generation_stats *stats, ht_error *err);
#endif
