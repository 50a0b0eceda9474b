/* From logits to a token: penalties, filters, temperature, a seeded draw. All parameters zero = greedy.
 *
 * Order: mask, penalties, top-k, top-p, min-p, temperature. Filters work on the distribution at temperature 1. */
#ifndef HT_ENGINE_SAMPLER_H
#define HT_ENGINE_SAMPLER_H
#include "base/rng.h"
#include "base/status.h"

typedef struct {
    float temperature;       /* 0: the likeliest token, ties to the lowest id */
    int32_t top_k;           /* keep the k likeliest; 0: all */
    float top_p;             /* keep the likeliest that together reach p; 0 or 1: all */
    float min_p;             /* keep those with at least p times the likeliest's probability; 0: all */
    float repeat_penalty;    /* of a token that came before: a positive logit is divided, a negative one multiplied; 0 or 1: none */
    float frequency_penalty; /* taken off a logit for every time the token came before */
    float presence_penalty;  /* taken off once */
    uint64_t seed;
} ht_sampler_params;

typedef struct ht_sampler ht_sampler;

/* HT_BAD_ARG names a parameter out of range: temperature 0 … 100, top_p and min_p 0 … 1, top_k >= 0, repeat_penalty >= 0. */
HT_CHECKED ht_status ht_sampler_new(const ht_sampler_params *params, int32_t n_vocab, ht_sampler **out, ht_error *err);
void ht_sampler_free(ht_sampler *s); /* NULL is fine */

/* The next token, or -1 where the mask allows none. logits [n_vocab], only read; NaN counts as impossible.
 * mask: bit id & 63 of word id >> 6 set = allowed; NULL: all are. log_prob, if not NULL: natural, of the chosen token among the
 * allowed ones at temperature 1, before penalties. */
int32_t ht_sampler_pick(ht_sampler *s, const float *logits, const uint64_t *mask, float *log_prob);
/* Counts a token for the penalties. Ids out of range are ignored. */
void ht_sampler_accept(ht_sampler *s, int32_t id);
/* Forgets what was accepted and starts the random stream anew. */
void ht_sampler_reset(ht_sampler *s);
#endif
