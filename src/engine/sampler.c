#include "engine/sampler.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    float logit;
    int32_t id;
} candidate;

struct ht_sampler {
    ht_sampler_params params;
    int32_t n_vocab;
    ht_rng rng;
    int32_t *counts;         /* [n_vocab] how often each token was accepted */
    candidate *candidates;   /* [n_vocab] scratch */
    float *probs;            /* [n_vocab] scratch */
};

ht_status ht_sampler_new(const ht_sampler_params *params, int32_t n_vocab, ht_sampler **out, ht_error *err)
{
    *out = NULL;
    if (n_vocab < 1)
        return ht_fail(err, HT_BAD_ARG, -1, "sampler: an empty vocabulary");
    if (!(params->temperature >= 0.0f && params->temperature <= 100.0f))
        return ht_fail(err, HT_BAD_ARG, -1, "temperature must be 0 to 100");
    if (params->top_k < 0)
        return ht_fail(err, HT_BAD_ARG, -1, "top_k must not be negative");
    if (!(params->top_p >= 0.0f && params->top_p <= 1.0f) || !(params->min_p >= 0.0f && params->min_p <= 1.0f))
        return ht_fail(err, HT_BAD_ARG, -1, "top_p and min_p must be 0 to 1");
    if (!(params->repeat_penalty >= 0.0f && params->repeat_penalty <= 100.0f) || !isfinite(params->frequency_penalty) ||
        !isfinite(params->presence_penalty))
        return ht_fail(err, HT_BAD_ARG, -1, "repeat_penalty must be 0 to 100, the other penalties finite");
    ht_sampler *s = calloc(1, sizeof *s);
    if (s == NULL)
        return ht_fail(err, HT_NO_MEMORY, -1, "sampler: out of memory");
    s->params = *params;
    s->n_vocab = n_vocab;
    s->counts = calloc((size_t)n_vocab, sizeof *s->counts);
    s->candidates = malloc((size_t)n_vocab * sizeof *s->candidates);
    s->probs = malloc((size_t)n_vocab * sizeof *s->probs);
    if (s->counts == NULL || s->candidates == NULL || s->probs == NULL) {
        ht_sampler_free(s);
        return ht_fail(err, HT_NO_MEMORY, -1, "sampler: out of memory");
    }
    ht_rng_seed(&s->rng, params->seed);
    *out = s;
    return HT_OK;
}

void ht_sampler_free(ht_sampler *s)
{
    if (s == NULL)
        return;
    free(s->counts);
    free(s->candidates);
    free(s->probs);
    free(s);
}

void ht_sampler_accept(ht_sampler *s, int32_t id)
{
    if (id >= 0 && id < s->n_vocab && s->counts[id] < INT32_MAX)
        s->counts[id]++;
}

void ht_sampler_reset(ht_sampler *s)
{
    memset(s->counts, 0, (size_t)s->n_vocab * sizeof *s->counts);
    ht_rng_seed(&s->rng, s->params.seed);
}

/* Allowed tokens with a number for a logit, ids ascending. */
static size_t collect(ht_sampler *s, const float *logits, const uint64_t *mask)
{
    size_t n = 0;
    if (mask == NULL) {
        for (int32_t id = 0; id < s->n_vocab; id++)
            if (!isnan(logits[id]))
                s->candidates[n++] = (candidate){logits[id], id};
        return n;
    }
    for (int32_t base = 0; base < s->n_vocab; base += 64)
        for (uint64_t bits = mask[base >> 6]; bits != 0; bits &= bits - 1) {
            const int32_t id = base + __builtin_ctzll(bits);
            if (id < s->n_vocab && !isnan(logits[id]))
                s->candidates[n++] = (candidate){logits[id], id};
        }
    return n;
}

static void penalise(const ht_sampler *s, size_t n)
{
    const ht_sampler_params *p = &s->params;
    const float repeat = p->repeat_penalty > 0.0f ? p->repeat_penalty : 1.0f;
    if (repeat == 1.0f && p->frequency_penalty == 0.0f && p->presence_penalty == 0.0f)
        return;
    for (size_t i = 0; i < n; i++) {
        candidate *c = &s->candidates[i];
        const int32_t count = s->counts[c->id];
        if (count == 0)
            continue;
        c->logit = c->logit > 0.0f ? c->logit / repeat : c->logit * repeat;
        c->logit -= (float)count * p->frequency_penalty + p->presence_penalty;
    }
}

/* Likelier first; equal logits by id, so that sorting has one result. */
static int compare(const void *a, const void *b)
{
    const candidate *x = a, *y = b;
    if (x->logit != y->logit)
        return x->logit > y->logit ? -1 : 1;
    return x->id < y->id ? -1 : x->id > y->id;
}

static size_t likeliest(const candidate *c, size_t n)
{
    size_t best = 0;
    for (size_t i = 1; i < n; i++)
        if (c[i].logit > c[best].logit)
            best = i;
    return best;
}

/* probs[i] = exp((logit - the first's) / temperature); returns their sum. The first has the largest logit. */
static double weigh(const ht_sampler *s, size_t n, float temperature)
{
    double sum = 0.0;
    for (size_t i = 0; i < n; i++) {
        const float off = s->candidates[i].logit - s->candidates[0].logit;
        s->probs[i] = off == 0.0f || isnan(off) ? 1.0f : expf(off / temperature); /* NaN: both infinite */
        sum += (double)s->probs[i];
    }
    return sum;
}

/* Sorted candidates that pass top-k, top-p and min-p; at least one. */
static size_t filter(const ht_sampler *s, size_t n)
{
    const ht_sampler_params *p = &s->params;
    if (p->top_k > 0 && (size_t)p->top_k < n)
        n = (size_t)p->top_k;
    const double sum = weigh(s, n, 1.0f);
    if (p->top_p > 0.0f && p->top_p < 1.0f) {
        double reached = 0.0;
        size_t keep = 0;
        while (keep < n && reached < (double)p->top_p * sum)
            reached += (double)s->probs[keep++];
        n = keep > 0 ? keep : 1;
    }
    while (n > 1 && s->probs[n - 1] < p->min_p) /* probs are relative to the likeliest */
        n--;
    return n;
}

static float log_prob_of(const ht_sampler *s, size_t n, int32_t id, const float *logits)
{
    float max = -INFINITY;
    for (size_t i = 0; i < n; i++)
        max = s->candidates[i].logit > max ? s->candidates[i].logit : max;
    double sum = 0.0;
    for (size_t i = 0; i < n; i++)
        sum += (double)expf(s->candidates[i].logit - max);
    const double v = (double)(logits[id] - max) - log(sum);
    return isnan(v) ? 0.0f : (float)v;
}

static int32_t draw(ht_sampler *s, size_t n)
{
    qsort(s->candidates, n, sizeof *s->candidates, compare);
    n = filter(s, n);
    const double sum = weigh(s, n, s->params.temperature);
    double left = (double)ht_rng_float(&s->rng) * sum;
    for (size_t i = 0; i < n; i++) {
        left -= (double)s->probs[i];
        if (left < 0.0)
            return s->candidates[i].id;
    }
    return s->candidates[n - 1].id; /* rounding */
}

int32_t ht_sampler_pick(ht_sampler *s, const float *logits, const uint64_t *mask, float *log_prob)
{
    size_t n = collect(s, logits, mask);
    if (n == 0)
        return -1;
    penalise(s, n);
    const int32_t id = s->params.temperature > 0.0f ? draw(s, n) : s->candidates[likeliest(s->candidates, n)].id;
    if (log_prob != NULL) {
        n = collect(s, logits, mask); /* the draw has sorted and penalised them */
        *log_prob = log_prob_of(s, n, id, logits);
    }
    return id;
}
