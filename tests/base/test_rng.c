/* The random stream: the same on every machine, uniform, and to be saved by copying. */
#include "base/rng.h"

#include "check.h"

/* The published first outputs of PCG32 (pcg32-demo of the PCG library, state 42, stream 54), so that the generator is the one
 * that the header names. */
static void is_pcg32(void)
{
    static const uint32_t want[] = {0xa15c02b7, 0x7b47f409, 0xba1d3330, 0x83d2f293, 0xbfa4784b, 0xcbed606e};
    ht_rng r = {.state = 0, .inc = (54u << 1) | 1u};
    ht_rng_u32(&r);
    r.state += 42;
    ht_rng_u32(&r);
    for (size_t i = 0; i < 6; i++)
        CHECK_EQ(ht_rng_u32(&r), want[i]);
}

static void seeds_differ_and_repeat(void)
{
    ht_rng a, b, c;
    ht_rng_seed(&a, 1);
    ht_rng_seed(&b, 1);
    ht_rng_seed(&c, 2);
    int same = 0;
    for (int i = 0; i < 100; i++) {
        const uint32_t x = ht_rng_u32(&a);
        CHECK_EQ(ht_rng_u32(&b), x);
        same += ht_rng_u32(&c) == x;
    }
    CHECK(same < 2);
    c = a; /* a copy goes on as the original */
    CHECK_EQ(ht_rng_u32(&c), ht_rng_u32(&a));
}

static void below_is_uniform(void)
{
    enum { N = 7, DRAWS = 70000 };
    ht_rng r;
    int seen[N] = {0};
    ht_rng_seed(&r, 3);
    for (int i = 0; i < DRAWS; i++) {
        const uint32_t x = ht_rng_below(&r, N);
        CHECK_REQUIRE(x < N);
        seen[x]++;
    }
    double chi2 = 0;
    for (int i = 0; i < N; i++)
        chi2 += (seen[i] - DRAWS / N) * (double)(seen[i] - DRAWS / N) / (DRAWS / N);
    CHECK(chi2 < 22.5); /* 6 degrees of freedom, p = 0.001 */
    CHECK_EQ(ht_rng_below(&r, 1), 0);
    CHECK(ht_rng_below(&r, UINT32_MAX) < UINT32_MAX);
}

static void floats_fill_the_unit_interval(void)
{
    enum { DRAWS = 50000 };
    ht_rng r;
    double sum = 0, lo = 1, hi = 0;
    ht_rng_seed(&r, 4);
    for (int i = 0; i < DRAWS; i++) {
        const double x = ht_rng_float(&r);
        CHECK_REQUIRE(x >= 0 && x < 1);
        sum += x;
        lo = x < lo ? x : lo;
        hi = x > hi ? x : hi;
    }
    CHECK_NEAR(sum / DRAWS, 0.5, 0.0065); /* 5 standard errors */
    CHECK(lo < 0.001 && hi > 0.999);
    int n = 0;
    for (int i = 0; i < DRAWS; i++)
        n += ht_rng_chance(&r, 0.25f);
    CHECK_NEAR((double)n / DRAWS, 0.25, 0.01);
}

static void normals_have_mean_and_spread(void)
{
    enum { DRAWS = 50000 };
    ht_rng r;
    double sum = 0, squares = 0, fourth = 0;
    ht_rng_seed(&r, 5);
    for (int i = 0; i < DRAWS; i++) {
        const double x = (double)ht_rng_normal(&r);
        CHECK_REQUIRE(isfinite(x));
        sum += x;
        squares += x * x;
        fourth += x * x * x * x;
    }
    CHECK_NEAR(sum / DRAWS, 0, 0.023);
    CHECK_NEAR(squares / DRAWS, 1, 0.032);
    CHECK_NEAR(fourth / DRAWS, 3, 0.25);
}

int main(int argc, char **argv)
{
    static const check_case cases[] = {
        CHECK_CASE(is_pcg32),
        CHECK_CASE(seeds_differ_and_repeat),
        CHECK_CASE(below_is_uniform),
        CHECK_CASE(floats_fill_the_unit_interval),
        CHECK_CASE(normals_have_mean_and_spread),
    };
    return check_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
