/* Sampling: greedy, filters, penalties, masks, and that draws follow the probabilities. */
#include "engine/sampler.h"

#include "check.h"

enum { V = 130 };

static ht_sampler *new_sampler(ht_sampler_params p)
{
    ht_error err = {0};
    ht_sampler *s = NULL;
    CHECK_OK(ht_sampler_new(&p, V, &s, &err), err);
    CHECK_REQUIRE(s != NULL);
    return s;
}

/* logits: -20 everywhere but the first n. */
static const float *logits_of(const float *first, int n)
{
    static float logits[V];
    for (int i = 0; i < V; i++)
        logits[i] = i < n ? first[i] : -20.0f;
    return logits;
}

static void greedy(void)
{
    ht_sampler *s = new_sampler((ht_sampler_params){0});
    float lp = 0;
    const float l[] = {1, 3, 2, 3};
    CHECK_EQ(ht_sampler_pick(s, logits_of(l, 4), NULL, &lp), 1); /* ties: the lowest id */
    CHECK_NEAR(lp, 3 - log(exp(1) + 2 * exp(3) + exp(2) + (V - 4) * exp(-20)), 1e-5);
    const float strange[] = {NAN, 1, NAN, INFINITY};
    CHECK_EQ(ht_sampler_pick(s, logits_of(strange, 4), NULL, NULL), 3);
    float nans[V];
    for (int i = 0; i < V; i++)
        nans[i] = NAN;
    CHECK_EQ(ht_sampler_pick(s, nans, NULL, NULL), -1);
    ht_sampler_free(s);
}

static void mask_forbids(void)
{
    uint64_t mask[3] = {0};
    float lp = 1;
    ht_sampler *s = new_sampler((ht_sampler_params){0}), *hot = new_sampler((ht_sampler_params){.temperature = 50});
    const float l[] = {9, 8, 7};
    CHECK_EQ(ht_sampler_pick(s, logits_of(l, 3), mask, &lp), -1);
    mask[0] = 1u << 2;
    CHECK_EQ(ht_sampler_pick(s, logits_of(l, 3), mask, &lp), 2);
    CHECK_NEAR(lp, 0, 1e-6); /* the only choice is certain */
    mask[2] = 2; /* token 129, the last */
    mask[1] = 1;
    for (int i = 0; i < 500; i++) {
        const int32_t id = ht_sampler_pick(hot, logits_of(l, 3), mask, NULL);
        CHECK(id == 2 || id == 64 || id == 129);
    }
    mask[0] = mask[1] = 0;
    mask[2] = ~(uint64_t)3; /* bits past the vocabulary do not count */
    CHECK_EQ(ht_sampler_pick(s, logits_of(l, 3), mask, NULL), -1);
    ht_sampler_free(s);
    ht_sampler_free(hot);
}

static void draws_follow_the_probabilities(void)
{
    enum { N = 40000 };
    ht_sampler *s = new_sampler((ht_sampler_params){.temperature = 2, .seed = 3});
    const float l[] = {2, 0, -2};
    int counts[V] = {0};
    for (int i = 0; i < N; i++)
        counts[ht_sampler_pick(s, logits_of(l, 3), NULL, NULL)]++;
    double sum = (V - 3) * exp(-10);
    for (int i = 0; i < 3; i++)
        sum += exp((double)l[i] / 2);
    for (int i = 0; i < 3; i++)
        CHECK_NEAR((double)counts[i] / N, exp((double)l[i] / 2) / sum, 0.01);
    ht_sampler_free(s);
}

static unsigned kept(ht_sampler_params p, const float *l, int n)
{
    unsigned seen = 0;
    ht_sampler *s = new_sampler(p);
    for (int i = 0; i < 3000; i++) {
        const int32_t id = ht_sampler_pick(s, logits_of(l, n), NULL, NULL);
        CHECK(id >= 0 && id < 32);
        seen |= 1u << (id & 31);
    }
    ht_sampler_free(s);
    return seen;
}

static void filters(void)
{
    const float l[] = {logf(0.1f), logf(0.4f), logf(0.3f), logf(0.2f)};
    CHECK_EQ(kept((ht_sampler_params){.temperature = 1}, l, 4), 15);
    CHECK_EQ(kept((ht_sampler_params){.temperature = 1, .top_k = 2}, l, 4), 6);
    CHECK_EQ(kept((ht_sampler_params){.temperature = 1, .top_p = 0.65f}, l, 4), 6);
    CHECK_EQ(kept((ht_sampler_params){.temperature = 1, .top_p = 0.75f}, l, 4), 14);
    CHECK_EQ(kept((ht_sampler_params){.temperature = 1, .top_p = 1e-6f}, l, 4), 2);
    CHECK_EQ(kept((ht_sampler_params){.temperature = 1, .min_p = 0.6f}, l, 4), 6);
    CHECK_EQ(kept((ht_sampler_params){.temperature = 1, .min_p = 1.0f}, l, 4), 2);
    CHECK_EQ(kept((ht_sampler_params){.temperature = 1, .top_k = 3, .min_p = 0.6f}, l, 4), 6);
}

static void penalties(void)
{
    const float l[] = {2.0f, 1.5f, -1.0f};
    ht_sampler *s = new_sampler((ht_sampler_params){.repeat_penalty = 1.5f});
    CHECK_EQ(ht_sampler_pick(s, logits_of(l, 3), NULL, NULL), 0);
    ht_sampler_accept(s, 0);
    ht_sampler_accept(s, -1); /* ignored */
    ht_sampler_accept(s, V);
    CHECK_EQ(ht_sampler_pick(s, logits_of(l, 3), NULL, NULL), 1); /* 2 / 1.5 < 1.5 */
    ht_sampler_reset(s);
    CHECK_EQ(ht_sampler_pick(s, logits_of(l, 3), NULL, NULL), 0);
    ht_sampler_free(s);

    s = new_sampler((ht_sampler_params){.frequency_penalty = 0.3f});
    ht_sampler_accept(s, 0);
    CHECK_EQ(ht_sampler_pick(s, logits_of(l, 3), NULL, NULL), 0); /* 1.7 */
    ht_sampler_accept(s, 0);
    CHECK_EQ(ht_sampler_pick(s, logits_of(l, 3), NULL, NULL), 1); /* 1.4 */
    ht_sampler_free(s);

    s = new_sampler((ht_sampler_params){.presence_penalty = 0.4f});
    for (int i = 0; i < 5; i++)
        ht_sampler_accept(s, 0);
    CHECK_EQ(ht_sampler_pick(s, logits_of(l, 3), NULL, NULL), 0); /* once, however often */
    ht_sampler_free(s);
}

static void seeds_repeat(void)
{
    const float l[] = {1, 1, 1, 1, 1, 1, 1, 1};
    ht_sampler *a = new_sampler((ht_sampler_params){.temperature = 1, .seed = 9}), *b = new_sampler((ht_sampler_params){.temperature = 1, .seed = 9});
    ht_sampler *c = new_sampler((ht_sampler_params){.temperature = 1, .seed = 10});
    int differs = 0;
    for (int i = 0; i < 100; i++) {
        const int32_t id = ht_sampler_pick(a, logits_of(l, 8), NULL, NULL);
        CHECK_EQ(ht_sampler_pick(b, logits_of(l, 8), NULL, NULL), id);
        differs += ht_sampler_pick(c, logits_of(l, 8), NULL, NULL) != id;
    }
    CHECK(differs > 50);
    ht_sampler_free(a);
    ht_sampler_free(b);
    ht_sampler_free(c);
}

static void bad_parameters(void)
{
    const ht_sampler_params wrong[] = {{.temperature = -1},    {.temperature = NAN}, {.top_k = -1},           {.top_p = 1.5f},
                                       {.min_p = -0.1f},       {.repeat_penalty = -1}, {.frequency_penalty = NAN}, {.presence_penalty = INFINITY}};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        ht_error err = {0};
        ht_sampler *s = NULL;
        CHECK_EQ(ht_sampler_new(&wrong[i], V, &s, &err), HT_BAD_ARG);
        CHECK(s == NULL && err.text[0] != '\0');
    }
}

int main(int argc, char **argv)
{
    static const check_case cases[] = {
        CHECK_CASE(greedy),
        CHECK_CASE(mask_forbids),
        CHECK_CASE(draws_follow_the_probabilities),
        CHECK_CASE(filters),
        CHECK_CASE(penalties),
        CHECK_CASE(seeds_repeat),
        CHECK_CASE(bad_parameters),
    };
    return check_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
