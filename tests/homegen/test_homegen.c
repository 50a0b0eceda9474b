#include <jansson.h>

#include "assist/tools.h"
#include "check.h"
#include "homegen/homegen.h"

#define PHRASES SOURCE_DIR "/data/homegen"

static ht_homegen *open_both(void)
{
    ht_homegen *g;
    ht_error err;
    CHECK_OK(ht_homegen_open(PHRASES, HT_HOMEGEN_EN | HT_HOMEGEN_ZH, &g, &err), err);
    CHECK_REQUIRE(g != NULL);
    return g;
}

static unsigned tree(const ht_homegen *g, uint64_t seed, uint64_t i, bool show, ht_buf *out, ht_homegen_stats *stats)
{
    ht_error err;
    unsigned n = 0;
    CHECK_OK(ht_homegen_tree(g, seed, i, show, out, &n, stats, &err), err);
    return n;
}

static void phrases_lack_nothing(void)
{
    ht_homegen *g = open_both();
    ht_buf missing = {0};
    if (ht_homegen_missing(g, &missing) > 0)
        check_fail(__FILE__, __LINE__, missing.ptr);
    ht_buf_deinit(&missing);
    ht_homegen_close(g);
}

static void same_seed_same_documents(void)
{
    ht_homegen *g = open_both();
    ht_buf a = {0}, b = {0}, c = {0};
    for (uint64_t i = 0; i < 20; i++) {
        tree(g, 5, i, false, &a, NULL);
        tree(g, 5, 19 - i, false, &c, NULL); /* another order: documents do not depend on each other */
    }
    for (uint64_t i = 0; i < 20; i++)
        tree(g, 5, i, false, &b, NULL);
    CHECK(a.len > 0 && ht_str_eq(ht_buf_str(&a), ht_buf_str(&b)));
    CHECK_EQ(a.len, c.len);
    ht_buf_clear(&b);
    tree(g, 6, 0, false, &b, NULL);
    CHECK(!ht_str_starts(ht_buf_str(&a), ht_buf_str(&b)));
    ht_buf_deinit(&a);
    ht_buf_deinit(&b);
    ht_buf_deinit(&c);
    ht_homegen_close(g);
}

/* A span that is learnt: calls that the tools allow, or plain text; always with the end. */
static void check_answer(const char *text)
{
    const size_t n = strlen(text);
    CHECK_REQUIRE(n > 11 && strcmp(text + n - 11, "<|im_end|>\n") == 0);
    const char *p = text;
    while (strncmp(p, "<tool_call>", 11) == 0) {
        const char *end = strstr(p, "</tool_call>");
        ht_error err = {0};
        CHECK_REQUIRE(end != NULL);
        json_t *call = json_loadb(p + 11, (size_t)(end - p) - 11, 0, NULL);
        const char *name = json_string_value(json_object_get(call, "name"));
        const ht_tool *t = name ? ht_tool_find(ht_str_from(name)) : NULL;
        CHECK_REQUIRE(t != NULL);
        CHECK_OK(ht_tool_check(t, json_object_get(call, "arguments"), &err), err);
        json_decref(call);
        p = end + strlen("</tool_call>");
    }
    CHECK(p == text || strncmp(p, "<|im_end|>", 10) == 0);
}

static void documents_are_trees_of_valid_calls(void)
{
    ht_homegen *g = open_both();
    ht_buf line = {0};
    for (uint64_t i = 0; i < 150; i++) {
        ht_buf_clear(&line);
        const unsigned n = tree(g, 11, i, false, &line, NULL);
        if (n == 0)
            continue;
        json_t *doc = json_loadb(line.ptr, line.len, 0, NULL);
        CHECK_REQUIRE(json_is_object(doc));
        CHECK(strncmp(json_string_value(json_object_get(doc, "prefix")), "<|im_start|>system\nnow ", 23) == 0);
        unsigned learnt = 0;
        size_t k, s;
        json_t *branch, *span;
        json_array_foreach(json_object_get(doc, "branches"), k, branch)
            json_array_foreach(branch, s, span) {
                const char *text = json_string_value(json_array_get(span, 0));
                CHECK_EQ(json_integer_value(json_array_get(span, 1)), s % 2);
                if (s % 2 == 0)
                    CHECK(strncmp(text, "<|im_start|>user\n", 17) == 0 && strstr(text, "<|im_end|>\n<|im_start|>assistant\n") != NULL);
                else
                    check_answer(text);
                CHECK(strchr(text, 1) == NULL && strchr(text, 2) == NULL); /* the marks of copied words are gone */
                learnt += s % 2;
            }
        CHECK_EQ(learnt, n);
        json_decref(doc);
    }
    ht_buf_deinit(&line);
    ht_homegen_close(g);
}

static uint64_t made(const ht_homegen_stats *s, const char *act)
{
    for (size_t i = 0; i < HT_HOMEGEN_ACTS && s->acts[i].act != NULL; i++)
        if (strcmp(s->acts[i].act, act) == 0)
            return s->acts[i].made[0] + s->acts[i].made[1];
    return 0;
}

static void all_sorts_come_about_and_few_fail(void)
{
    ht_homegen *g = open_both();
    ht_homegen_stats *s = calloc(1, sizeof *s);
    ht_buf out = {0};
    CHECK_REQUIRE(s != NULL);
    for (uint64_t i = 0; i < 700; i++) {
        ht_buf_clear(&out);
        tree(g, 3, i, false, &out, s);
    }
    static const char *const acts[] = {"turn_on", "turn_off", "open", "brightness", "color", "set_temp", "volume", "timer", "delay", "schedule", "shop_add",
                                       "query", "query_which", "query_sensor", "refuse_device", "refuse_area", "refuse_unsupported", "ask_back", "beyond",
                                       "chat", "unclear", "many", "follow", "play_none", "too_dark", "clean_area", "alarm", "nevermind", "broadcast"};
    for (size_t i = 0; i < sizeof acts / sizeof acts[0]; i++)
        if (made(s, acts[i]) == 0)
            check_fail(__FILE__, __LINE__, acts[i]);
    uint64_t ok = 0, failed = 0;
    for (size_t i = 0; i < HT_HOMEGEN_ACTS && s->acts[i].act != NULL; i++) {
        ok += s->acts[i].made[0] + s->acts[i].made[1];
        failed += s->acts[i].failed + s->acts[i].not_shown;
    }
    CHECK(ok > 3000);
    CHECK(failed * 50 < ok); /* 2 % */
    ht_buf_deinit(&out);
    free(s);
    ht_homegen_close(g);
}

static void excluded_texts_are_not_made(void)
{
    ht_homegen *g = open_both();
    ht_error err;
    ht_buf line = {0};
    tree(g, 21, 1, false, &line, NULL);
    json_t *doc = json_loadb(line.ptr, line.len, 0, NULL);
    const char *turn = json_string_value(json_array_get(json_array_get(json_array_get(json_object_get(doc, "branches"), 0), 0), 0));
    CHECK_REQUIRE(turn != NULL);
    const char *text = turn + strlen("<|im_start|>user\n"), *end = strstr(text, "<|im_end|>");
    ht_buf shouted = {0}; /* other case and punctuation: still the same request */
    for (const char *p = text; p < end; p++)
        ht_buf_add_char(&shouted, *p >= 'a' && *p <= 'z' ? (char)(*p - 32) : *p);
    ht_buf_add_c(&shouted, " !!");
    CHECK_OK(ht_homegen_exclude(g, ht_buf_str(&shouted), &err), err);
    ht_buf again = {0}, wanted = {0};
    ht_buf_addf(&wanted, "user\\n%.*s<|im_end|>", (int)(end - text), text);
    ht_homegen_stats *s = calloc(1, sizeof *s);
    tree(g, 21, 1, false, &again, s);
    CHECK(s != NULL && s->excluded > 0);
    CHECK(ht_str_find(ht_buf_str(&again), ht_buf_str(&wanted), 0) < 0);
    CHECK(ht_str_find(ht_buf_str(&line), ht_buf_str(&wanted), 0) >= 0);
    free(s);
    json_decref(doc);
    ht_buf_deinit(&line);
    ht_buf_deinit(&again);
    ht_buf_deinit(&wanted);
    ht_buf_deinit(&shouted);
    ht_homegen_close(g);
}

static void a_missing_folder_is_named(void)
{
    ht_homegen *g;
    ht_error err;
    CHECK_EQ(ht_homegen_open("/nowhere/at/all", HT_HOMEGEN_EN, &g, &err), HT_NOT_FOUND);
    CHECK(g == NULL && strstr(err.text, "/nowhere/at/all") != NULL);
}

int main(int argc, char **argv)
{
    static const check_case cases[] = {
        CHECK_CASE(phrases_lack_nothing),
        CHECK_CASE(same_seed_same_documents),
        CHECK_CASE(documents_are_trees_of_valid_calls),
        CHECK_CASE(all_sorts_come_about_and_few_fail),
        CHECK_CASE(excluded_texts_are_not_made),
        CHECK_CASE(a_missing_folder_is_named),
    };
    return check_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
