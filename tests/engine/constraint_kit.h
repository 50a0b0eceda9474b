/* For the constraint tests: a vocabulary that splits text in awkward places, random walks through masks, random splits, and a
 * validator of JSON Schema that shares nothing with the code under test. */
#ifndef HT_TESTS_CONSTRAINT_KIT_H
#define HT_TESTS_CONSTRAINT_KIT_H
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "base/rng.h"
#include "check.h"
#include "engine/constraint.h"

enum { KIT_MAX_TOKENS = 4096, KIT_OPEN = 0, KIT_CLOSE, KIT_END, KIT_EOT, KIT_SPECIALS };

typedef struct {
    ht_token_spec specs[KIT_MAX_TOKENS];
    char texts[KIT_MAX_TOKENS][24];
    size_t n;
    ht_token_trie *trie;
    ht_rng rng;
    bool has_atoms; /* the grammars under test name the atoms: where their text stands, they are meant */
} kit;

static inline void kit_add(kit *k, const char *text, size_t len, ht_token_kind kind)
{
    CHECK_REQUIRE(k->n < KIT_MAX_TOKENS && len < 24);
    for (size_t i = 0; i < k->n; i++)
        if (k->specs[i].kind == kind && ht_str_eq(k->specs[i].text, (ht_str){text, len}))
            return;
    memcpy(k->texts[k->n], text, len);
    k->specs[k->n] = (ht_token_spec){{k->texts[k->n], len}, kind};
    k->n++;
}

/* Specials, all bytes, and pieces of JSON and text cut without regard for characters or syntax. */
static inline kit *kit_new(uint64_t seed)
{
    static const char *const samples[] = {
        "{\"name\": \"HassTurnOn\", \"arguments\": {\"area\": \"客厅\", \"domain\": \"light\"}}", "\"brightness\": 50}, {\"name\": \"",
        "[1, 2, 30], \"temperature\": 21.5, null, true, false", "客厅灯 卧室空调 打开 关闭 书房 厨房的灯", "the kitchen light is on\\n\\\"quoted\\\"",
        "\\u0001\\u001F\\t\\\\ \"}]}, \"", "<tool_call> <tool_c all> </tool_call><<tool_", "ééß😀🏠 naïve\n\ttab", "-10 -0.5 1000 99 100 2024"};
    kit *k = calloc(1, sizeof *k);
    CHECK_REQUIRE(k != NULL);
    ht_rng_seed(&k->rng, seed);
    kit_add(k, "<tool_call>", 11, HT_TOKEN_ATOM);
    kit_add(k, "</tool_call>", 12, HT_TOKEN_ATOM);
    kit_add(k, "<|im_end|>", 10, HT_TOKEN_END);
    kit_add(k, "<|endoftext|>", 13, HT_TOKEN_END);
    kit_add(k, "", 0, HT_TOKEN_TEXT);
    for (int b = 0; b < 256; b++)
        kit_add(k, (char[]){(char)b}, 1, HT_TOKEN_TEXT);
    kit_add(k, "灯", strlen("灯"), HT_TOKEN_TEXT);
    for (int i = 0; i < 1500; i++) {
        const char *sample = samples[ht_rng_below(&k->rng, sizeof samples / sizeof samples[0])];
        const size_t n = strlen(sample), from = ht_rng_below(&k->rng, (uint32_t)n), len = 2 + ht_rng_below(&k->rng, i % 10 ? 6 : 18);
        kit_add(k, sample + from, from + len < n ? len : n - from, HT_TOKEN_TEXT);
    }
    kit_add(k, "<tool_call>", 11, HT_TOKEN_TEXT); /* looks like the atom, is plain text */
    kit_add(k, "a<tool_call>\"", 13, HT_TOKEN_TEXT);
    ht_error err;
    CHECK_OK(ht_token_trie_new(k->specs, k->n, &k->trie, &err), err);
    return k;
}

static inline void kit_free(kit *k)
{
    ht_token_trie_free(k->trie);
    free(k);
}

static inline bool kit_bit(const uint64_t *mask, int32_t id) { return mask[id / 64] >> (id % 64) & 1; }

/* The mask must say of every token what following the automaton byte by byte says. */
static inline void kit_check_mask(const kit *k, ht_constraint *c)
{
    const uint64_t *mask = ht_constraint_mask(c);
    CHECK_REQUIRE(mask != NULL);
    for (int32_t id = 0; id < (int32_t)k->n; id++)
        if (kit_bit(mask, id) != ht_constraint_allows(c, id)) {
            fprintf(stderr, "token %d '%.*s': mask %d\n", id, HT_STR_ARG(k->specs[id].text), kit_bit(mask, id));
            check_fail(__FILE__, __LINE__, "mask and automaton differ");
        }
    for (int32_t id = (int32_t)k->n; id < (int32_t)(ht_token_trie_mask_words(k->trie) * 64); id++)
        CHECK(!kit_bit(mask, id));
}

/* A random allowed token; the later, the keener on those that close things. */
static inline int32_t kit_choose(kit *k, const uint64_t *mask, int step)
{
    static const char *const closers[] = {"\"", "灯", "}", "]", ", \"", "0"};
    const bool wants_end = step > 60 || ht_rng_chance(&k->rng, 0.1f);
    if (wants_end && kit_bit(mask, KIT_END))
        return KIT_END;
    for (int32_t id = KIT_OPEN; id <= KIT_CLOSE; id++) /* one token among many: give it a chance */
        if (kit_bit(mask, id) && ht_rng_chance(&k->rng, 0.6f))
            return id;
    for (size_t i = 0; wants_end && i < sizeof closers / sizeof closers[0]; i++)
        for (int32_t id = KIT_SPECIALS; id < (int32_t)k->n; id++)
            if (kit_bit(mask, id) && ht_str_is(k->specs[id].text, closers[i]) && k->specs[id].kind == HT_TOKEN_TEXT)
                return id;
    int32_t chosen = -1;
    uint32_t n = 0;
    for (int32_t id = 0; id < (int32_t)k->n; id++)
        if (kit_bit(mask, id) && ht_rng_below(&k->rng, ++n) == 0)
            chosen = id;
    return chosen;
}

/* Appends a random text of the grammar; atoms as their text. check_masks: compares every mask with the automaton. */
static inline void kit_walk(kit *k, const ht_grammar *g, bool check_masks, ht_buf *out)
{
    ht_constraint *c = NULL;
    ht_error err;
    CHECK_OK(ht_constraint_new(g, k->trie, &c, &err), err);
    CHECK_REQUIRE(c != NULL);
    for (int step = 0; !ht_constraint_done(c); step++) {
        const uint64_t *mask = ht_constraint_mask(c);
        CHECK_REQUIRE(mask != NULL && step < 5000);
        if (check_masks)
            kit_check_mask(k, c);
        const int32_t id = kit_choose(k, ht_constraint_mask(c), step);
        CHECK_REQUIRE(id >= 0);
        CHECK(ht_constraint_accept(c, id));
        if (k->specs[id].kind != HT_TOKEN_END)
            ht_buf_add_str(out, k->specs[id].text);
    }
    CHECK(ht_constraint_complete(c));
    ht_constraint_free(c);
}

/* The first token of a random split of text: the atom where its text stands, else plain tokens that do not reach into one. */
static inline int32_t kit_cut(kit *k, ht_str text)
{
    for (int32_t id = KIT_OPEN; k->has_atoms && id <= KIT_CLOSE; id++)
        if (ht_str_starts(text, k->specs[id].text))
            return id;
    int32_t chosen = -1;
    uint32_t n = 0;
    for (int32_t id = KIT_SPECIALS; id < (int32_t)k->n; id++) {
        const ht_str piece = k->specs[id].text;
        const bool fits = piece.len > 0 && ht_str_starts(text, piece) && !(k->has_atoms && ht_str_find(piece, HT_STR("<"), 1) >= 0);
        if (fits && ht_rng_below(&k->rng, ++n) == 0)
            chosen = id;
    }
    return chosen;
}

/* Whether text, cut into tokens at random, is accepted to the end. */
static inline bool kit_accepts(kit *k, const ht_grammar *g, ht_str text)
{
    ht_constraint *c = NULL;
    ht_error err;
    CHECK_OK(ht_constraint_new(g, k->trie, &c, &err), err);
    CHECK_REQUIRE(c != NULL);
    bool is_ok = true;
    while (is_ok && text.len > 0) {
        const int32_t id = kit_cut(k, text);
        is_ok = id >= 0 && ht_constraint_accept(c, id);
        if (is_ok)
            text = (ht_str){text.ptr + k->specs[id].text.len, text.len - k->specs[id].text.len};
    }
    is_ok = is_ok && ht_constraint_complete(c) && ht_constraint_accept(c, KIT_END) && ht_constraint_done(c);
    ht_constraint_free(c);
    return is_ok;
}

/* ---- an independent validator ---- */

static inline size_t kit_characters(const char *s)
{
    size_t n = 0;
    for (; *s != '\0'; s++)
        n += ((unsigned char)*s & 0xC0) != 0x80;
    return n;
}

static inline bool kit_matches(const char *pattern, const char *text)
{
    int code;
    PCRE2_SIZE at;
    pcre2_code *re = pcre2_compile((PCRE2_SPTR)pattern, PCRE2_ZERO_TERMINATED, PCRE2_UTF | PCRE2_DOLLAR_ENDONLY, &code, &at, NULL);
    CHECK_REQUIRE(re != NULL);
    pcre2_match_data *m = pcre2_match_data_create_from_pattern(re, NULL);
    const bool is_match = pcre2_match(re, (PCRE2_SPTR)text, PCRE2_ZERO_TERMINATED, 0, 0, m, NULL) >= 0;
    pcre2_match_data_free(m);
    pcre2_code_free(re);
    return is_match;
}

static inline bool kit_has_type(const json_t *v, const char *type)
{
    return (!strcmp(type, "object") && json_is_object(v)) || (!strcmp(type, "array") && json_is_array(v)) ||
           (!strcmp(type, "string") && json_is_string(v)) || (!strcmp(type, "number") && json_is_number(v)) ||
           (!strcmp(type, "boolean") && json_is_boolean(v)) || (!strcmp(type, "null") && json_is_null(v)) ||
           (!strcmp(type, "integer") && (json_is_integer(v) || (json_is_real(v) && json_real_value(v) == floor(json_real_value(v)))));
}

static inline bool kit_valid(const json_t *root, const json_t *schema, const json_t *v);

static inline bool kit_valid_object(const json_t *root, const json_t *schema, const json_t *v)
{
    const json_t *properties = json_object_get(schema, "properties"), *extra = json_object_get(schema, "additionalProperties");
    json_t *item;
    size_t i;
    const char *key;
    json_array_foreach(json_object_get(schema, "required"), i, item)
        if (json_object_get(v, json_string_value(item)) == NULL)
            return false;
    json_object_foreach((json_t *)v, key, item) {
        const json_t *property = json_object_get(properties, key);
        if (property == NULL && (json_is_false(extra) || (json_is_object(extra) && !kit_valid(root, extra, item))))
            return false;
        if (property != NULL && !kit_valid(root, property, item))
            return false;
    }
    return true;
}

static inline bool kit_within(const json_t *schema, const char *min, const char *max, double x)
{
    const json_t *lo = json_object_get(schema, min), *hi = json_object_get(schema, max);
    return (lo == NULL || x >= json_number_value(lo)) && (hi == NULL || x <= json_number_value(hi));
}

static inline bool kit_valid_plain(const json_t *root, const json_t *schema, const json_t *v)
{
    const json_t *lo = json_object_get(schema, "exclusiveMinimum"), *hi = json_object_get(schema, "exclusiveMaximum"),
                 *pattern = json_object_get(schema, "pattern"), *items = json_object_get(schema, "items");
    if (json_is_number(v) && ((lo && json_number_value(v) <= json_number_value(lo)) || (hi && json_number_value(v) >= json_number_value(hi))))
        return false;
    if (json_is_number(v) && !kit_within(schema, "minimum", "maximum", json_number_value(v)))
        return false;
    if (json_is_string(v) && !kit_within(schema, "minLength", "maxLength", (double)kit_characters(json_string_value(v))))
        return false;
    if (json_is_string(v) && pattern && !kit_matches(json_string_value(pattern), json_string_value(v)))
        return false;
    if (json_is_array(v) && !kit_within(schema, "minItems", "maxItems", (double)json_array_size(v)))
        return false;
    for (size_t i = 0; items && json_is_array(v) && i < json_array_size(v); i++)
        if (!kit_valid(root, items, json_array_get(v, i)))
            return false;
    return true;
}

static inline bool kit_valid(const json_t *root, const json_t *schema, const json_t *v)
{
    if (json_is_boolean(schema))
        return json_is_true(schema);
    const char *ref = json_string_value(json_object_get(schema, "$ref"));
    if (ref != NULL)
        return kit_valid(root, strcmp(ref, "#") == 0 ? root : json_object_get(json_object_get(root, "$defs"), ref + strlen("#/$defs/")), v);
    const json_t *type = json_object_get(schema, "type"), *values = json_object_get(schema, "enum"), *constant = json_object_get(schema, "const");
    static const char *const choices[] = {"anyOf", "oneOf", "allOf"};
    bool is_type = type == NULL || (json_is_string(type) && kit_has_type(v, json_string_value(type))), is_value = values == NULL;
    for (size_t i = 0; i < json_array_size(type); i++)
        is_type |= kit_has_type(v, json_string_value(json_array_get(type, i)));
    for (size_t i = 0; i < json_array_size(values); i++)
        is_value |= json_equal(json_array_get(values, i), v);
    for (size_t k = 0; k < 3; k++) {
        const json_t *list = json_object_get(schema, choices[k]);
        bool any = list == NULL;
        for (size_t i = 0; i < json_array_size(list); i++)
            any |= kit_valid(root, json_array_get(list, i), v);
        is_value &= any;
    }
    is_value &= constant == NULL || json_equal(constant, v);
    return is_type && is_value && (!json_is_object(v) || kit_valid_object(root, schema, v)) && kit_valid_plain(root, schema, v);
}
#endif
