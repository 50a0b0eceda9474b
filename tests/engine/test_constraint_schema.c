/* JSON Schema: what random walks produce parses and is valid; what is valid is accepted in any split. */
#include "constraint_kit.h"

static json_t *parse(const char *text)
{
    json_error_t error;
    json_t *v = json_loads(text, JSON_DECODE_ANY, &error);
    if (v == NULL)
        fprintf(stderr, "%s: %s\n", text, error.text);
    CHECK_REQUIRE(v != NULL);
    return v;
}

static ht_grammar *compile(const char *schema, const ht_schema_options *opt)
{
    json_t *v = parse(schema);
    ht_grammar *g = NULL;
    ht_error err = {0};
    CHECK_OK(ht_grammar_from_schema(v, opt, &g, &err), err);
    json_decref(v);
    CHECK_REQUIRE(g != NULL);
    return g;
}

static bool has_real(const json_t *v)
{
    bool has = json_is_real(v);
    const char *key;
    json_t *item;
    size_t i;
    json_array_foreach(v, i, item)
        has |= has_real(item);
    json_object_foreach((json_t *)v, key, item)
        has |= has_real(item);
    return has;
}

/* n random texts: each parses, validates, is laid out as jansson prints it, and is accepted again in another split. */
static void check_walks(kit *k, const char *schema, int n)
{
    json_t *root = parse(schema);
    ht_grammar *g = compile(schema, NULL);
    for (int i = 0; i < n; i++) {
        ht_buf text = {0};
        kit_walk(k, g, i < 3, &text);
        json_error_t error;
        json_t *v = json_loadb(text.ptr, text.len, JSON_DECODE_ANY, &error);
        if (v == NULL || !kit_valid(root, root, v)) {
            fprintf(stderr, "schema %s\n  gave %s\n", schema, text.ptr);
            check_fail(__FILE__, __LINE__, v ? "not valid" : error.text);
        }
        char *printed = v ? json_dumps(v, JSON_ENCODE_ANY | JSON_PRESERVE_ORDER) : NULL;
        if (v != NULL && !has_real(v) && strstr(schema, "additionalProperties\": {") == NULL) /* keys of a map may repeat */
            CHECK_SLICE(text, printed);
        if (!kit_accepts(k, g, ht_buf_str(&text)))
            check_fail(__FILE__, __LINE__, text.ptr);
        free(printed);
        json_decref(v);
        ht_buf_deinit(&text);
    }
    ht_grammar_free(g);
    json_decref(root);
}

static const char *const schemas[] = {
    "{\"type\": \"object\", \"properties\": {\"area\": {\"type\": \"string\", \"enum\": [\"客厅\", \"客房\", \"客厅灯\", \"a\\\"b\\\\\\n\"]},"
    " \"domain\": {\"const\": \"light\"}, \"brightness\": {\"type\": \"integer\", \"minimum\": 0, \"maximum\": 100}}, \"required\": [\"domain\"]}",
    "{\"type\": \"object\", \"properties\": {\"a\": {\"type\": \"boolean\"}, \"b\": {\"type\": \"null\"}, \"c\": {\"type\": \"integer\"}}}",
    "{\"type\": \"object\", \"properties\": {}}",
    "{\"type\": \"object\", \"additionalProperties\": false}",
    "{\"type\": \"object\", \"additionalProperties\": {\"type\": \"integer\", \"minimum\": 1, \"maximum\": 3}}",
    "{\"type\": \"string\"}",
    "{\"type\": \"string\", \"minLength\": 3, \"maxLength\": 5}",
    "{\"type\": \"string\", \"maxLength\": 0}",
    "{\"type\": \"string\", \"minLength\": 1, \"maxLength\": 40}",
    "{\"type\": \"string\", \"pattern\": \"^([01][0-9]|2[0-3]):[0-5][0-9]$\"}",
    "{\"type\": \"string\", \"pattern\": \"^[^a-z]{2,4}(\\\\d+|\\\"\\\\\\\\)?$\"}",
    "{\"type\": \"string\", \"pattern\": \"灯|^\\\\w+$|x.z$\"}",
    "{\"type\": \"array\", \"items\": {\"type\": \"integer\", \"minimum\": -5, \"maximum\": 5}, \"minItems\": 2, \"maxItems\": 4}",
    "{\"type\": \"array\", \"items\": {\"enum\": [\"x\", 1, null, true, [1, {\"k\": \"v\"}]]}, \"maxItems\": 3}",
    "{\"type\": \"array\", \"maxItems\": 0}",
    "{\"type\": \"number\"}",
    "{\"type\": \"number\", \"minimum\": -60, \"maximum\": 300}",
    "{\"type\": \"number\", \"minimum\": 0.1, \"maximum\": 50}",
    "{\"type\": \"number\", \"exclusiveMinimum\": 0.25, \"exclusiveMaximum\": 0.3}",
    "{\"type\": \"number\", \"maximum\": -0.5}",
    "{\"type\": \"integer\", \"exclusiveMinimum\": -1, \"exclusiveMaximum\": 3}",
    "{\"type\": [\"integer\", \"null\", \"string\"], \"maxLength\": 4}",
    "{\"anyOf\": [{\"type\": \"string\", \"enum\": [\"up\", \"down\"]}, {\"type\": \"integer\", \"minimum\": -100, \"maximum\": 100}]}",
    "{\"oneOf\": [{\"type\": \"string\", \"maxLength\": 3}, {\"type\": \"string\", \"minLength\": 2, \"maxLength\": 6}]}",
    "{\"$defs\": {\"tree\": {\"type\": \"object\", \"properties\": {\"v\": {\"type\": \"integer\"}, \"kids\": {\"type\": \"array\", \"items\":"
    " {\"$ref\": \"#/$defs/tree\"}, \"maxItems\": 2}}, \"required\": [\"v\"]}}, \"$ref\": \"#/$defs/tree\"}",
    "{\"type\": \"object\", \"properties\": {\"next\": {\"anyOf\": [{\"$ref\": \"#\"}, {\"type\": \"null\"}]}}, \"required\": [\"next\"]}",
    "{\"allOf\": [{\"type\": \"string\", \"format\": \"date\", \"description\": \"a day\", \"maxLength\": 9}]}",
    "{\"anyOf\": [{\"type\": \"array\", \"items\": {\"$ref\": \"#\"}, \"maxItems\": 1}, {\"type\": \"array\", \"items\": {\"$ref\": \"#\"}, \"minItems\": 2, \"maxItems\": 2}]}",
};

static void walks_are_valid(void)
{
    kit *k = kit_new(1);
    for (size_t i = 0; i < sizeof schemas / sizeof schemas[0]; i++)
        check_walks(k, schemas[i], 25);
    kit_free(k);
}

static void any_value_parses(void)
{
    kit *k = kit_new(2);
    ht_grammar *g = compile("{}", &(ht_schema_options){.max_string = 12});
    for (int i = 0; i < 60; i++) {
        ht_buf text = {0};
        kit_walk(k, g, i < 4, &text);
        json_t *v = json_loadb(text.ptr, text.len, JSON_DECODE_ANY, NULL);
        CHECK(v != NULL);
        json_decref(v);
        ht_buf_deinit(&text);
    }
    ht_grammar_free(g);
    kit_free(k);
}

/* Texts that must be accepted, each in several splits, and near misses that must not. */
static void accepts_exactly(void)
{
    static const struct {
        const char *schema, *yes[8], *no[10];
    } cases[] = {
        {"{\"type\": \"object\", \"properties\": {\"area\": {\"type\": \"string\"}, \"n\": {\"type\": \"integer\"}}, \"required\": [\"n\"]}",
         {"{\"area\": \"客厅\", \"n\": 5}", "{\"n\": -7}", "{\"area\": \"\", \"n\": 0}", "{\"area\": \"\\\"\\\\ \\n\\u001F/\", \"n\": 10}", "{\"area\": \"😀é\", \"n\": 1}"},
         {"{}", "{\"area\": \"x\"}", "{\"n\": 05}", "{\"n\": -0}", "{ \"n\": 5}", "{\"n\":5}", "{\"n\": 5, \"area\": \"x\"}", "{\"area\": \"\n\", \"n\": 1}",
          "{\"n\": 1, }"}},
        {"{\"type\": \"string\", \"maxLength\": 3}", {"\"\"", "\"abc\"", "\"客厅灯\"", "\"\\n\\n\\n\"", "\"😀😀😀\""},
         {"\"abcd\"", "\"客厅灯x\"", "\"\\n\\n\\n\\n\"", "\"\\u0041\"", "\"\\/\"", "\"\xED\xA0\x80\"", "\"\xC0\x80\"", "\"\xE5\"", "abc"}},
        {"{\"type\": \"number\", \"minimum\": 0.1, \"maximum\": 1.5}", {"0.1", "0.10", "1", "1.0", "1.5", "1.500", "0.123456789", "1.499999"},
         {"0", "0.09", "1.51", "1.500001", "2", "-1", ".5", "1.", "01", "0.1e1"}},
        {"{\"type\": \"number\"}", {"0", "-0.5", "3.25", "123456789012345", "0.001"}, {"1e5", "+1", "00", "-", "1.2.3", "--1"}},
        {"{\"enum\": [\"客厅\", \"客厅灯\", 5, null]}", {"\"客厅\"", "\"客厅灯\"", "5", "null"}, {"\"客\"", "\"客厅灯灯\"", "55", "\"5\""}},
        {"{\"type\": \"string\", \"pattern\": \"^a\\\"+$\"}", {"\"a\\\"\"", "\"a\\\"\\\"\\\"\""}, {"\"a\"", "\"a\"\"", "\"b\\\"\""}},
        {"{\"type\": \"array\", \"items\": {\"type\": \"boolean\"}, \"minItems\": 1}", {"[true]", "[true, false, true]"}, {"[]", "[true,false]", "[true, ]"}},
        {"{\"type\": \"object\", \"properties\": {\"o\": {\"type\": \"object\"}}}", {"{}", "{\"o\": {}}", "{\"o\": {\"k\": [1, {\"z\": null}]}}"}, {"{\"p\": 1}", "{\"o\": []}"}},
    };
    kit *k = kit_new(3);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        ht_grammar *g = compile(cases[i].schema, NULL);
        for (size_t j = 0; j < 8 && cases[i].yes[j] != NULL; j++)
            for (int split = 0; split < 20; split++)
                if (!kit_accepts(k, g, ht_str_from(cases[i].yes[j])))
                    check_fail(__FILE__, __LINE__, cases[i].yes[j]);
        for (size_t j = 0; j < 10 && cases[i].no[j] != NULL; j++)
            if (kit_accepts(k, g, ht_str_from(cases[i].no[j])))
                check_fail(__FILE__, __LINE__, cases[i].no[j]);
        ht_grammar_free(g);
    }
    kit_free(k);
}

/* Every whole number around the bounds, in and out. */
static void integer_ranges_are_exact(void)
{
    static const long ranges[][2] = {{0, 100}, {0, 0}, {1, 9}, {7, 7}, {5, 23}, {-3, 4}, {-100, 100}, {-250, -20}, {99, 1001}, {10, 19}, {123, 456}, {-1, 0}, {1000, 1000}};
    kit *k = kit_new(4);
    for (size_t i = 0; i < sizeof ranges / sizeof ranges[0]; i++) {
        char text[128];
        snprintf(text, sizeof text, "{\"type\": \"integer\", \"minimum\": %ld, \"maximum\": %ld}", ranges[i][0], ranges[i][1]);
        ht_grammar *g = compile(text, NULL);
        for (long x = -1200; x <= 1200; x++) {
            snprintf(text, sizeof text, "%ld", x);
            CHECK_EQ(kit_accepts(k, g, ht_str_from(text)), x >= ranges[i][0] && x <= ranges[i][1]);
        }
        ht_grammar_free(g);
    }
    ht_grammar *g = compile("{\"type\": \"integer\", \"minimum\": -9223372036854775807, \"maximum\": 9223372036854775807}", NULL);
    CHECK(kit_accepts(k, g, HT_STR("9223372036854775807")) && kit_accepts(k, g, HT_STR("-9223372036854775807")));
    CHECK(!kit_accepts(k, g, HT_STR("9223372036854775808")) && !kit_accepts(k, g, HT_STR("10000000000000000000")));
    ht_grammar_free(g);
    kit_free(k);
}

/* Hundredths around the bounds of a decimal range. */
static void decimal_ranges_are_exact(void)
{
    static const double ranges[][2] = {{0, 1}, {0.1, 0.3}, {-0.25, 0.25}, {-12.5, -3.05}, {1.23, 1.24}, {9.99, 10.01}, {2, 2}};
    kit *k = kit_new(5);
    for (size_t i = 0; i < sizeof ranges / sizeof ranges[0]; i++) {
        char text[128];
        snprintf(text, sizeof text, "{\"type\": \"number\", \"minimum\": %.17g, \"maximum\": %.17g}", ranges[i][0], ranges[i][1]);
        ht_grammar *g = compile(text, NULL);
        for (int x = -1300; x <= 1100; x++) {
            snprintf(text, sizeof text, "%s%d.%02d", x < 0 ? "-" : "", abs(x) / 100, abs(x) % 100);
            const double value = strtod(text, NULL);
            CHECK_EQ(kit_accepts(k, g, ht_str_from(text)), value >= ranges[i][0] && value <= ranges[i][1]);
        }
        ht_grammar_free(g);
    }
    kit_free(k);
}

static void errors_are_one_clear_line(void)
{
    static const struct {
        const char *schema, *text;
        ht_status st;
    } cases[] = {
        {"[]", "an object", HT_BAD_FORMAT},
        {"{\"type\": \"strin\"}", "no type \"strin\"", HT_BAD_FORMAT},
        {"{\"type\": 5}", "\"type\" must be", HT_BAD_FORMAT},
        {"{\"enum\": []}", "\"enum\"", HT_BAD_FORMAT},
        {"{\"enum\": [1], \"type\": \"string\"}", "type wanted", HT_BAD_FORMAT},
        {"{\"properties\": {\"a\": {\"items\": {\"type\": \"x\"}}}}", "/properties/a/items", HT_BAD_FORMAT},
        {"{\"properties\": {}, \"required\": [\"b\"]}", "\"b\" is required", HT_BAD_FORMAT},
        {"{\"properties\": []}", "\"properties\"", HT_BAD_FORMAT},
        {"{\"type\": \"integer\", \"minimum\": 5, \"maximum\": 4}", "between its bounds", HT_BAD_FORMAT},
        {"{\"type\": \"integer\", \"minimum\": \"5\"}", "\"minimum\" must be a number", HT_BAD_FORMAT},
        {"{\"type\": \"string\", \"minLength\": -1}", "\"minLength\"", HT_BAD_FORMAT},
        {"{\"type\": \"string\", \"minLength\": 5, \"maxLength\": 4}", "maxLength", HT_BAD_FORMAT},
        {"{\"type\": \"string\", \"pattern\": \"(?=x)\"}", "look-around", HT_BAD_FORMAT},
        {"{\"type\": \"string\", \"pattern\": \"a{3,2}\"}", "backwards", HT_BAD_FORMAT},
        {"{\"type\": \"string\", \"pattern\": \"[z-a]\"}", "backwards", HT_BAD_FORMAT},
        {"{\"type\": \"string\", \"pattern\": \"(a\"}", "')' is missing", HT_BAD_FORMAT},
        {"{\"type\": \"array\", \"uniqueItems\": true}", "uniqueItems", HT_UNSUPPORTED},
        {"{\"not\": {}}", "not", HT_UNSUPPORTED},
        {"{\"anyOf\": [{}], \"type\": \"object\"}", "\"anyOf\"", HT_UNSUPPORTED},
        {"{\"$ref\": \"http://x/y\"}", "\"$ref\"", HT_UNSUPPORTED},
        {"{\"$ref\": \"#/$defs/nowhere\"}", "nowhere", HT_NOT_FOUND},
        {"{\"$ref\": \"#\"}", "requires itself without end", HT_BAD_FORMAT},
        {"{\"anyOf\": [{\"$ref\": \"#\"}, {\"type\": \"null\"}]}", "refers to itself", HT_BAD_FORMAT},
        {"{\"properties\": {\"x\": {\"$ref\": \"#\"}}, \"required\": [\"x\"]}", "without end", HT_BAD_FORMAT},
        {"false", "no text satisfies", HT_BAD_FORMAT},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        json_t *v = parse(cases[i].schema);
        ht_grammar *g = (ht_grammar *)&i;
        ht_error err = {0};
        CHECK_EQ(ht_grammar_from_schema(v, NULL, &g, &err), cases[i].st);
        CHECK(g == NULL);
        if (strstr(err.text, cases[i].text) == NULL || strchr(err.text, '\n') != NULL)
            check_str(__FILE__, __LINE__, cases[i].schema, err.text, strlen(err.text), cases[i].text);
        json_decref(v);
    }
}

static void nesting_is_limited(void)
{
    ht_buf text = {0};
    for (int i = 0; i < 100; i++)
        ht_buf_add_c(&text, "{\"items\": ");
    ht_buf_add_c(&text, "{}");
    for (int i = 0; i < 100; i++)
        ht_buf_add_c(&text, "}");
    json_t *v = parse(text.ptr);
    ht_grammar *g;
    ht_error err;
    CHECK_EQ(ht_grammar_from_schema(v, NULL, &g, &err), HT_TOO_BIG);
    json_decref(v);
    ht_buf_deinit(&text);
}

static void options_are_kept_to(void)
{
    kit *k = kit_new(6);
    ht_grammar *g = compile("{\"type\": \"string\"}", &(ht_schema_options){.max_string = 2});
    CHECK(kit_accepts(k, g, HT_STR("\"灯x\"")) && !kit_accepts(k, g, HT_STR("\"abc\"")));
    ht_grammar_free(g);
    json_t *defs = parse("{\"name\": {\"enum\": [\"灯\"]}}");
    g = compile("{\"$ref\": \"#/$defs/name\"}", &(ht_schema_options){.defs = defs});
    CHECK(kit_accepts(k, g, HT_STR("\"灯\"")) && !kit_accepts(k, g, HT_STR("\"x\"")));
    ht_grammar_free(g);
    json_decref(defs);
    g = compile("{\"type\": \"array\", \"items\": {\"const\": 1}, \"uniqueItems\": true}", &(ht_schema_options){.ignore_unknown = true});
    CHECK(kit_accepts(k, g, HT_STR("[1, 1]")));
    ht_grammar_free(g);
    kit_free(k);
}

/* Long generations forget old states and go on exactly as before. */
static void long_texts_stay_exact(void)
{
    kit *k = kit_new(7);
    ht_grammar *g = compile("{\"type\": \"array\", \"items\": {\"type\": \"array\", \"items\": {\"$ref\": \"#\"}}}", NULL);
    ht_constraint *c;
    ht_error err;
    CHECK_OK(ht_constraint_new(g, k->trie, &c, &err), err);
    const int32_t open = ht_token_trie_count(k->trie) > 0 ? KIT_SPECIALS + 1 + '[' : 0, close = KIT_SPECIALS + 1 + ']';
    enum { DEPTH = 150000 };
    for (int i = 0; i < DEPTH; i++)
        CHECK(ht_constraint_accept(c, open));
    kit_check_mask(k, c);
    for (int i = 0; i < DEPTH; i++)
        CHECK(!ht_constraint_complete(c) && ht_constraint_accept(c, close));
    CHECK(ht_constraint_complete(c) && ht_constraint_done(c));
    ht_constraint_free(c);
    ht_grammar_free(g);
    kit_free(k);
}

int main(int argc, char **argv)
{
    static const check_case cases[] = {
        CHECK_CASE(walks_are_valid),
        CHECK_CASE(any_value_parses),
        CHECK_CASE(accepts_exactly),
        CHECK_CASE(integer_ranges_are_exact),
        CHECK_CASE(decimal_ranges_are_exact),
        CHECK_CASE(errors_are_one_clear_line),
        CHECK_CASE(nesting_is_limited),
        CHECK_CASE(options_are_kept_to),
        CHECK_CASE(long_texts_stay_exact),
    };
    return check_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
