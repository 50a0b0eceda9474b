/* Tool calls: valid by construction, as many as allowed, or free text; forced tokens are the tokenizer's own. */
#include <unistd.h>

#include "base/map.h"
#include "constraint_kit.h"
#include "text/bpe_train.h"

enum { N_TOOLS = 3 };

static const char *const tool_names[N_TOOLS] = {"HassTurnOn", "HassTurnOff", "HassLightSet"};
#define AREA "\"area\": {\"enum\": [\"客厅\", \"客房\", \"厨房\"]}"
#define NAME "\"name\": {\"$ref\": \"#/$defs/name\"}"
#define BRIGHTNESS "\"brightness\": {\"type\": \"integer\", \"minimum\": 0, \"maximum\": 100}"
#define COLOR "\"color\": {\"enum\": [\"red\", \"reddish\"]}"

static const char *const tool_schemas[N_TOOLS] = {
    "{\"type\": \"object\", \"properties\": {" NAME ", " AREA "}}",
    "{\"type\": \"object\", \"properties\": {" NAME ", \"note\": {\"type\": \"string\"}}, \"required\": [\"name\"]}",
    "{\"type\": \"object\", \"properties\": {" AREA ", " BRIGHTNESS ", " COLOR "}, \"required\": [\"brightness\"]}",
};
static const char defs_text[] = "{\"name\": {\"type\": \"string\", \"enum\": [\"客厅主灯\", \"客厅灯带\", \"空调\", \"TV \\\"big\\\"\"]}}";

typedef struct {
    json_t *defs, *schemas[N_TOOLS];
    ht_tool_spec specs[N_TOOLS];
} tools;

static tools load_tools(void)
{
    tools t = {.defs = json_loads(defs_text, 0, NULL)};
    CHECK_REQUIRE(t.defs != NULL);
    for (size_t i = 0; i < N_TOOLS; i++) {
        t.schemas[i] = json_loads(tool_schemas[i], 0, NULL);
        CHECK_REQUIRE(t.schemas[i] != NULL);
        t.specs[i] = (ht_tool_spec){ht_str_from(tool_names[i]), t.schemas[i]};
    }
    return t;
}

static void free_tools(tools *t)
{
    json_decref(t->defs);
    for (size_t i = 0; i < N_TOOLS; i++)
        json_decref(t->schemas[i]);
}

static ht_grammar *compile(const tools *t, ht_tools_options opt)
{
    ht_grammar *g = NULL;
    ht_error err = {0};
    opt.schema.defs = t->defs;
    CHECK_OK(ht_grammar_from_tools(t->specs, N_TOOLS, &opt, &g, &err), err);
    CHECK_REQUIRE(g != NULL);
    return g;
}

/* One call at the start of text: parses and fits its tool. Returns its bytes, 0 if it is wrong. */
static size_t check_call(const tools *t, ht_str text)
{
    const ht_str open = HT_STR("<tool_call>"), close = HT_STR("</tool_call>");
    if (!ht_str_starts(text, open))
        return 0;
    json_error_t error;
    json_t *call = json_loadb(text.ptr + open.len, text.len - open.len, JSON_DISABLE_EOF_CHECK, &error);
    size_t n = 0;
    for (size_t i = 0; call != NULL && i < N_TOOLS; i++) {
        json_t *root = json_copy(t->schemas[i]);
        json_object_set(root, "$defs", t->defs);
        const char *name = json_string_value(json_object_get(call, "name"));
        if (name != NULL && strcmp(name, tool_names[i]) == 0 && kit_valid(root, root, json_object_get(call, "arguments")) && json_object_size(call) == 2)
            n = open.len + (size_t)error.position;
        json_decref(root);
    }
    json_decref(call);
    return n > 0 && ht_str_starts((ht_str){text.ptr + n, text.len - n}, close) ? n + close.len : 0;
}

static void walks_are_valid_calls(void)
{
    kit *k = kit_new(11);
    tools t = load_tools();
    k->has_atoms = true;
    ht_grammar *g = compile(&t, (ht_tools_options){.max_calls = 3, .allow_text = true});
    int n_text = 0, n_calls[4] = {0};
    for (int i = 0; i < 150; i++) {
        ht_buf text = {0};
        kit_walk(k, g, i < 6, &text);
        ht_str rest = ht_buf_str(&text);
        size_t n = 0;
        if (!ht_str_starts(rest, HT_STR("<tool_call>"))) {
            n_text++;
            CHECK(rest.len > 0 && ht_str_find(rest, HT_STR("<tool_call>"), 0) < 0);
            rest.len = 0;
        }
        for (size_t len; rest.len > 0 && n < 4; n++, rest = (ht_str){rest.ptr + len, rest.len - len})
            if ((len = check_call(&t, rest)) == 0) {
                check_fail(__FILE__, __LINE__, text.ptr);
                break;
            }
        CHECK(n <= 3);
        n_calls[n <= 3 ? n : 0]++;
        ht_buf_deinit(&text);
    }
    CHECK(n_text > 5 && n_calls[1] > 0 && n_calls[2] > 0 && n_calls[3] > 0);
    ht_grammar_free(g);
    free_tools(&t);
    kit_free(k);
}

#define ON "<tool_call>{\"name\": \"HassTurnOn\", \"arguments\": {\"name\": \"TV \\\"big\\\"\", \"area\": \"客厅\"}}</tool_call>"
#define OFF "<tool_call>{\"name\": \"HassTurnOff\", \"arguments\": {\"name\": \"空调\", \"note\": \"a 客 </tool_call\"}}</tool_call>"
#define SET "<tool_call>{\"name\": \"HassLightSet\", \"arguments\": {\"brightness\": 40}}</tool_call>"

static void check_texts(kit *k, const ht_grammar *g, bool wanted, const char *const *texts, size_t n)
{
    for (size_t i = 0; i < n; i++)
        for (int split = 0; split < 15; split++)
            if (kit_accepts(k, g, ht_str_from(texts[i])) != wanted)
                check_fail(__FILE__, __LINE__, texts[i]);
}

static void accepts_calls_and_text(void)
{
    static const char *const calls[] = {ON, OFF, SET, ON SET, OFF ON SET}, *const texts[] = {"你好！", "a < b\n<tool", "<tool_cal", "x <tool_cal l>"},
                      *const wrong[] = {ON ON ON ON, ON " " ON, "<tool_call>{}</tool_call>", "hi " ON, ON "hi",
                                        "<tool_call>{\"name\": \"HassTurnOn\", \"arguments\": {\"area\": \"客厅\", \"name\": \"空调\"}}</tool_call>",
                                        "<tool_call>{\"name\": \"HassTurnOn\", \"arguments\": {\"area\": \"浴室\"}}</tool_call>",
                                        "<tool_call>{\"name\": \"HassLightSet\", \"arguments\": {\"brightness\": 101}}</tool_call>"};
    kit *k = kit_new(12);
    tools t = load_tools();
    k->has_atoms = true;
    ht_grammar *both = compile(&t, (ht_tools_options){.max_calls = 3, .allow_text = true}), *only = compile(&t, (ht_tools_options){.max_calls = 3});
    check_texts(k, both, true, calls, 5);
    check_texts(k, both, true, texts, 4);
    check_texts(k, both, false, wrong, 8);
    check_texts(k, only, true, calls, 5);
    check_texts(k, only, false, texts, 4);
    CHECK(!kit_accepts(k, both, HT_STR("")));
    k->has_atoms = false; /* the tag spelled in plain tokens is no call and no text either */
    check_texts(k, both, false, calls, 5);
    static const char *const spelled[] = {"<tool_call>", "hi <tool_call>", "<tool_<tool_call>", "<<tool_call> x"};
    check_texts(k, both, false, spelled, 4);
    ht_grammar_free(both);
    ht_grammar_free(only);
    free_tools(&t);
    kit_free(k);
}

static void text_may_go_before_calls(void)
{
    static const char *const yes[] = {"好的 " ON, "a <tool_ " SET, ON, "no call"}, *const no[] = {"好的 " ON "x", "hi <tool_call>{}"};
    kit *k = kit_new(13);
    tools t = load_tools();
    k->has_atoms = true;
    ht_grammar *g = compile(&t, (ht_tools_options){.max_calls = 2, .allow_text = true, .text_then_calls = true});
    check_texts(k, g, true, yes, 4);
    check_texts(k, g, false, no, 2);
    for (int i = 0; i < 20; i++) {
        ht_buf text = {0};
        kit_walk(k, g, i < 3, &text);
        ht_buf_deinit(&text);
    }
    ht_grammar_free(g);
    free_tools(&t);
    kit_free(k);
}

/* A vocabulary without the tags spells them; other tags and blanks around calls are options. */
static void tags_are_options(void)
{
    kit *k = kit_new(14);
    tools t = load_tools();
    ht_grammar *g = compile(&t, (ht_tools_options){.max_calls = 2, .allow_text = true, .open = HT_STR("<call>"), .close = HT_STR("</call>"),
                                                   .before = HT_STR("\n"), .after = HT_STR("\n"), .between = HT_STR("\n")});
    static const char *const yes[] = {"<call>\n{\"name\": \"HassTurnOn\", \"arguments\": {}}\n</call>\n<call>\n{\"name\": \"HassTurnOn\", \"arguments\": {}}\n</call>", "<tool_cal"},
                      *const no[] = {"<call>{\"name\": \"HassTurnOn\", \"arguments\": {}}</call>", "<call>", "<call>\n{\"name\": \"HassTurnOn\", \"arguments\": {}}\n</call>\n"};
    check_texts(k, g, true, yes, 2);
    check_texts(k, g, false, no, 3);
    for (int i = 0; i < 20; i++) {
        ht_buf text = {0};
        kit_walk(k, g, i < 3, &text);
        ht_buf_deinit(&text);
    }
    ht_grammar_free(g);
    free_tools(&t);
    kit_free(k);
}

static void errors_name_the_tool(void)
{
    tools t = load_tools();
    ht_grammar *g;
    ht_error err = {0};
    CHECK_EQ(ht_grammar_from_tools(NULL, 0, NULL, &g, &err), HT_BAD_ARG);
    CHECK_EQ(ht_grammar_from_tools(t.specs, N_TOOLS, NULL, &g, &err), HT_NOT_FOUND); /* $defs were not given */
    CHECK(g == NULL && strstr(err.text, "HassTurnOn") != NULL && strstr(err.text, "/properties/name") != NULL);
    json_t *odd = json_loads("{\"type\": \"object\", \"properties\": {\"x\": {\"not\": {}}}}", 0, NULL);
    const ht_tool_spec spec = {HT_STR("Odd"), odd};
    CHECK_EQ(ht_grammar_from_tools(&spec, 1, NULL, &g, &err), HT_UNSUPPORTED);
    CHECK(strstr(err.text, "Odd") != NULL);
    json_decref(odd);
    free_tools(&t);
}

/* A tool without a choice: all of the answer is forced, to the end token. */
static void one_way_is_forced(void)
{
    kit *k = kit_new(15);
    json_t *schema = json_loads("{\"type\": \"object\", \"properties\": {\"mode\": {\"const\": \"静音 mode\"}}, \"required\": [\"mode\"]}", 0, NULL);
    const ht_tool_spec spec = {HT_STR("Set"), schema};
    ht_grammar *g;
    ht_constraint *c;
    ht_error err;
    CHECK_OK(ht_grammar_from_tools(&spec, 1, NULL, &g, &err), err);
    CHECK_OK(ht_constraint_new(g, k->trie, &c, &err), err);
    int32_t ids[128];
    const size_t n = ht_constraint_forced(c, ids, 128);
    CHECK_REQUIRE(n > 3);
    CHECK_EQ(ids[0], KIT_OPEN);
    CHECK_EQ(ids[n - 2], KIT_CLOSE);
    CHECK_EQ(ids[n - 1], KIT_END);
    ht_buf text = {0};
    for (size_t i = 0; i < n; i++) {
        CHECK(kit_bit(ht_constraint_mask(c), ids[i]));
        CHECK(ht_constraint_accept(c, ids[i]));
        ht_buf_add_str(&text, k->specs[ids[i]].text);
    }
    CHECK(ht_constraint_done(c));
    CHECK_SLICE(text, "<tool_call>{\"name\": \"Set\", \"arguments\": {\"mode\": \"静音 mode\"}}</tool_call><|im_end|>");
    ht_constraint_reset(c);
    CHECK_EQ(ht_constraint_forced(c, ids, 2), 2); /* no more than there is room for */
    CHECK_EQ(ids[0], KIT_OPEN);
    ht_buf_deinit(&text);
    ht_constraint_free(c);
    ht_grammar_free(g);
    json_decref(schema);
    kit_free(k);
}

/* A tokenizer learnt from such calls, so that its merges reach across the syntax. */
static ht_tokenizer *learn_tokenizer(uint32_t n_vocab)
{
    static const ht_str specials[] = {{"<|im_end|>", 10}}, user[] = {{"<tool_call>", 11}, {"</tool_call>", 12}};
    char path[] = "/tmp/hearth-test-XXXXXX", out[64];
    const int fd = mkstemp(path);
    CHECK_REQUIRE(fd >= 0);
    for (int i = 0; i < 30; i++)
        dprintf(fd, "%s%s%s 打开客厅的灯，把空调关掉 turn on the kitchen light {\"area\": \"厨房\", \"color\": \"reddish\"} {\"brightness\": 7}\n", ON, OFF, SET);
    close(fd);
    snprintf(out, sizeof out, "%s.gguf", path);
    const ht_bpe_train_options opt = {.n_vocab = n_vocab, .specials = specials, .n_specials = 1, .user_tokens = user, .n_user_tokens = 2,
                                      .eos = specials[0], .min_count = 1};
    const char *const paths[] = {path};
    const double weights[] = {1};
    ht_error err = {0};
    ht_map map;
    ht_gguf *g = NULL;
    ht_tokenizer *t = NULL;
    CHECK_OK(ht_bpe_train(paths, weights, 1, &opt, NULL, out, &err), err);
    CHECK_OK(ht_map_open(out, &map, &err), err);
    CHECK_OK(ht_gguf_parse(ht_map_bytes(&map), &g, &err), err);
    CHECK_OK(ht_tokenizer_open(g, &t, &err), err);
    ht_gguf_free(g);
    ht_map_close(&map);
    unlink(path);
    unlink(out);
    CHECK_REQUIRE(t != NULL);
    return t;
}

/* Follows the answer's own tokens: each must be allowed, and what is forced must be they. Returns how many were forced. */
static size_t follow(const ht_grammar *g, const ht_token_trie *v, const ht_ids *ids, const char *answer)
{
    ht_constraint *c;
    ht_error err;
    size_t n_forced = 0, until = 0;
    CHECK_OK(ht_constraint_new(g, v, &c, &err), err);
    for (size_t i = 0; i < ids->n; i++) {
        int32_t forced[64];
        const size_t n = i >= until ? ht_constraint_forced(c, forced, 64) : 0;
        for (size_t k = 0; k < n && i + k < ids->n; k++)
            if (forced[k] != ids->ids[i + k]) {
                fprintf(stderr, "token %zu: '%.*s' forced, '%.*s' wanted\n", i + k, HT_STR_ARG(ht_token_trie_text(v, forced[k])),
                        HT_STR_ARG(ht_token_trie_text(v, ids->ids[i + k])));
                check_fail(__FILE__, __LINE__, answer);
            }
        until = n > 0 ? i + n : until;
        n_forced += n;
        const uint64_t *mask = ht_constraint_mask(c);
        if (mask == NULL || !kit_bit(mask, ids->ids[i]) || !ht_constraint_accept(c, ids->ids[i]))
            check_fail(__FILE__, __LINE__, answer);
    }
    CHECK(ht_constraint_complete(c));
    ht_constraint_free(c);
    return n_forced;
}

static void forced_tokens_are_the_tokenizers(void)
{
    static const char *const answers[] = {ON, OFF, SET, ON SET, OFF ON SET,
        "<tool_call>{\"name\": \"HassLightSet\", \"arguments\": {\"area\": \"厨房\", \"brightness\": 7, \"color\": \"reddish\"}}</tool_call>",
        "<tool_call>{\"name\": \"HassLightSet\", \"arguments\": {\"area\": \"客房\", \"brightness\": 100, \"color\": \"red\"}}</tool_call>",
        "<tool_call>{\"name\": \"HassTurnOn\", \"arguments\": {}}</tool_call>",
        "<tool_call>{\"name\": \"HassTurnOff\", \"arguments\": {\"name\": \"客厅灯带\", \"note\": \"(7) turn on\"}}</tool_call>", "打开客厅的灯 turn on"};
    tools t = load_tools();
    ht_grammar *g = compile(&t, (ht_tools_options){.max_calls = 3, .allow_text = true});
    for (uint32_t n_vocab = 270; n_vocab <= 380; n_vocab += 55) {
        ht_tokenizer *tokenizer = learn_tokenizer(n_vocab);
        ht_token_trie *v;
        ht_error err;
        CHECK_OK(ht_token_trie_from_tokenizer(tokenizer, &v, &err), err);
        const int32_t open = ht_tokenizer_find(tokenizer, HT_STR("<tool_call>"));
        CHECK_EQ(ht_token_trie_kind(v, open), HT_TOKEN_ATOM);
        CHECK_EQ(ht_token_trie_kind(v, ht_tokenizer_eos(tokenizer)), HT_TOKEN_END);
        size_t n_tokens = 0, n_forced = 0;
        for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++) {
            ht_ids ids = {0};
            CHECK_OK(ht_tokenizer_encode(tokenizer, ht_str_from(answers[i]), HT_TOKENIZE_SPECIAL, &ids, &err), err);
            n_forced += follow(g, v, &ids, answers[i]);
            n_tokens += ids.n;
            ht_ids_deinit(&ids);
        }
        CHECK(3 * n_forced > n_tokens);
        ht_token_trie_free(v);
        ht_tokenizer_close(tokenizer);
    }
    ht_grammar_free(g);
    free_tools(&t);
}

int main(int argc, char **argv)
{
    static const check_case cases[] = {
        CHECK_CASE(walks_are_valid_calls),
        CHECK_CASE(accepts_calls_and_text),
        CHECK_CASE(text_may_go_before_calls),
        CHECK_CASE(tags_are_options),
        CHECK_CASE(errors_name_the_tool),
        CHECK_CASE(one_way_is_forced),
        CHECK_CASE(forced_tokens_are_the_tokenizers),
    };
    return check_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
