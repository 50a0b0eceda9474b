#include "check.h"
#include "homegen/gram.h"

static ht_gram *parse(const char *text)
{
    ht_gram *g;
    ht_error err;
    CHECK_OK(ht_gram_parse("test.txt", ht_str_from(text), &g, &err), err);
    CHECK_REQUIRE(g != NULL);
    return g;
}

/* One expansion of key "k" with the stream r. */
static void say(const ht_gram *g, ht_rng *r, const ht_vars *v, ht_buf *out)
{
    ht_buf_clear(out);
    CHECK(ht_gram_expand(g, r, ht_gram_find(g, HT_STR("k")), v, out));
    ht_gram_tidy(out);
}

static void expands_groups_options_and_references(void)
{
    ht_gram *g = parse("# heading\nk: (turn|switch) on {thing}[ now]   # end\nthing: the lamp\n | my fan\n");
    ht_rng r;
    ht_vars v;
    ht_buf b = {0};
    int seen = 0;
    ht_rng_seed(&r, 7);
    ht_vars_clear(&v);
    for (int i = 0; i < 300; i++) {
        static const char *const all[] = {"turn on the lamp", "turn on my fan", "switch on the lamp", "switch on my fan",
                                          "turn on the lamp now", "turn on my fan now", "switch on the lamp now", "switch on my fan now"};
        say(g, &r, &v, &b);
        int which = -1;
        for (int k = 0; k < 8; k++)
            if (ht_str_is(ht_buf_str(&b), all[k]))
                which = k;
        CHECK_REQUIRE(which >= 0);
        seen |= 1 << which;
    }
    CHECK_EQ(seen, 255);
    ht_buf_deinit(&b);
    ht_gram_free(g);
}

static void weights_count(void)
{
    ht_gram *g = parse("k: 9*a | b\n");
    ht_rng r;
    ht_vars v;
    ht_buf b = {0};
    int n = 0;
    ht_rng_seed(&r, 1);
    ht_vars_clear(&v);
    CHECK_EQ(ht_gram_weight(g, ht_gram_find(g, HT_STR("k"))), 10);
    for (int i = 0; i < 2000; i++) {
        say(g, &r, &v, &b);
        n += b.ptr[0] == 'a';
    }
    CHECK(n > 1700 && n < 1900);
    ht_buf_deinit(&b);
    ht_gram_free(g);
}

static void passes_over_what_has_no_value(void)
{
    ht_gram *g = parse("k: off {in_area} | {name} off[ {in_area}]\nonly: {area}\n");
    ht_rng r;
    ht_vars v;
    ht_buf b = {0};
    ht_rng_seed(&r, 3);
    ht_vars_clear(&v);
    v.of[HT_VAR_name] = (ht_bind){HT_STR("fan"), -1};
    for (int i = 0; i < 50; i++) {
        say(g, &r, &v, &b);
        CHECK_SLICE(b, "fan off");
    }
    ht_buf_clear(&b);
    CHECK(!ht_gram_expand(g, &r, ht_gram_find(g, HT_STR("only")), &v, &b));
    CHECK_EQ(b.len, 0);
    ht_buf_deinit(&b);
    ht_gram_free(g);
}

static void a_variable_may_stand_for_a_rule(void)
{
    ht_gram *g = parse("k: open {target} \\| {n}% {n} parts\ntarget.name: the {name}\n");
    ht_rng r;
    ht_vars v;
    ht_buf b = {0};
    ht_rng_seed(&r, 3);
    ht_vars_clear(&v);
    v.of[HT_VAR_name] = (ht_bind){HT_STR("gate"), -1};
    v.of[HT_VAR_n] = (ht_bind){HT_STR("forty"), -1};
    v.of[HT_VAR_d] = (ht_bind){HT_STR("40"), -1}; /* what {n} becomes before a sign */
    v.of[HT_VAR_target] = (ht_bind){{NULL, 0}, ht_gram_find(g, HT_STR("target.name"))};
    say(g, &r, &v, &b);
    CHECK_SLICE(b, "open the gate | 40% forty parts");
    ht_buf_deinit(&b);
    ht_gram_free(g);
}

static void same_seed_same_words(void)
{
    ht_gram *g = parse("k: (a|b|c|d)(a|b|c|d)(a|b|c|d)[x]\n");
    ht_rng one, two;
    ht_vars v;
    ht_buf a = {0}, b = {0};
    ht_rng_seed(&one, 42);
    ht_rng_seed(&two, 42);
    ht_vars_clear(&v);
    for (int i = 0; i < 40; i++) {
        say(g, &one, &v, &a);
        say(g, &two, &v, &b);
        CHECK(ht_str_eq(ht_buf_str(&a), ht_buf_str(&b)));
    }
    ht_buf_deinit(&a);
    ht_buf_deinit(&b);
    ht_gram_free(g);
}

static void wrong_text(const char *text, const char *says)
{
    ht_gram *g;
    ht_error err = {0};
    CHECK_EQ(ht_gram_parse("f.txt", ht_str_from(text), &g, &err), HT_BAD_FORMAT);
    CHECK(g == NULL);
    if (strstr(err.text, says) == NULL)
        check_fail(__FILE__, __LINE__, err.text);
}

static void errors_name_the_line(void)
{
    wrong_text("k: a\nb: {nothing}\n", "f.txt:2: {nothing}");
    wrong_text("k: a {b\n", "f.txt:1");
    wrong_text("k: (a|b\n", "f.txt:1");
    wrong_text("k: a]\n", "f.txt:1");
    wrong_text("\n| a\n", "f.txt:2");
    wrong_text("no colon here\n", "f.txt:1");
    wrong_text("k:\n", "f.txt:1: {k}");
    wrong_text("k: {}\n", "f.txt:1");
}

static void endless_rules_fail(void)
{
    ht_gram *g = parse("k: a {k}\n");
    ht_rng r;
    ht_vars v;
    ht_buf b = {0};
    ht_rng_seed(&r, 1);
    ht_vars_clear(&v);
    CHECK(!ht_gram_expand(g, &r, 0, &v, &b));
    CHECK_EQ(b.len, 0);
    ht_buf_deinit(&b);
    ht_gram_free(g);
}

static void tidies_blanks(void)
{
    ht_buf b = {0};
    ht_buf_add_c(&b, "  turn  it on , please ! ");
    ht_gram_tidy(&b);
    CHECK_SLICE(b, "turn it on, please!");
    ht_buf_deinit(&b);
}

int main(int argc, char **argv)
{
    static const check_case cases[] = {
        CHECK_CASE(expands_groups_options_and_references),
        CHECK_CASE(weights_count),
        CHECK_CASE(passes_over_what_has_no_value),
        CHECK_CASE(a_variable_may_stand_for_a_rule),
        CHECK_CASE(same_seed_same_words),
        CHECK_CASE(errors_name_the_line),
        CHECK_CASE(endless_rules_fail),
        CHECK_CASE(tidies_blanks),
    };
    return check_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
