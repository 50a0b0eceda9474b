/* JSON Schemas, GBNF grammars and lists of tools, compiled and walked. The first byte says which; the text follows; bytes
 * behind a NUL choose the tokens. Asserts that masks and automaton agree, that a walk never gets stuck, and that what a
 * schema produces is JSON. */
#include <assert.h>
#include <stdlib.h>

#include "engine/constraint.h"

enum { MAX_STEPS = 48, MAX_TEXT = 1 << 14 };

static const char *const more[] = {"\", \"", "\": ", "{\"", "\"}", "}}", "客厅", "\xE5\xAE", "ab", "10", "\\u00", "<tool_call>"};
enum { N_MORE = sizeof more / sizeof more[0], OPEN = 256 + N_MORE, CLOSE, END, N_TOKENS };

static ht_token_trie *make_trie(char bytes[256])
{
    ht_token_spec specs[N_TOKENS];
    ht_token_trie *v = NULL;
    for (int i = 0; i < 256; i++) {
        bytes[i] = (char)i;
        specs[i] = (ht_token_spec){{bytes + i, 1}, HT_TOKEN_TEXT};
    }
    for (int i = 0; i < N_MORE; i++)
        specs[256 + i] = (ht_token_spec){ht_str_from(more[i]), HT_TOKEN_TEXT};
    specs[OPEN] = (ht_token_spec){HT_STR("<tool_call>"), HT_TOKEN_ATOM};
    specs[CLOSE] = (ht_token_spec){HT_STR("</tool_call>"), HT_TOKEN_ATOM};
    specs[END] = (ht_token_spec){HT_STR("<|im_end|>"), HT_TOKEN_END};
    const ht_status st = ht_token_trie_new(specs, N_TOKENS, &v, NULL);
    assert(st == HT_OK);
    (void)st;
    return v;
}

static bool is_set(const uint64_t *mask, int32_t id) { return mask[id / 64] >> (id % 64) & 1; }

/* The first allowed token at or after the one that the byte names. */
static int32_t choose(const uint64_t *mask, uint8_t byte)
{
    for (int32_t i = 0; i < N_TOKENS; i++)
        if (is_set(mask, (byte * 37 + i) % N_TOKENS))
            return (byte * 37 + i) % N_TOKENS;
    return -1;
}

static void walk(const ht_grammar *g, const ht_token_trie *v, ht_str choices, bool is_json)
{
    ht_constraint *c;
    ht_buf text = {0};
    if (ht_constraint_new(g, v, &c, NULL) != HT_OK)
        return;
    for (size_t step = 0; step < MAX_STEPS && !ht_constraint_done(c); step++) {
        int32_t forced[8];
        const uint8_t byte = step < choices.len ? (uint8_t)choices.ptr[step] : (uint8_t)(step * 59);
        const size_t n = byte % 2 ? ht_constraint_forced(c, forced, 8) : 0;
        const uint64_t *mask = ht_constraint_mask(c);
        assert(mask != NULL);
        for (int32_t id = byte % 8; id < N_TOKENS; id += 8)
            assert(is_set(mask, id) == ht_constraint_allows(c, id));
        const int32_t id = n > 0 ? forced[0] : choose(mask, byte);
        assert(id >= 0 && is_set(mask, id));
        const bool is_accepted = ht_constraint_accept(c, id);
        assert(is_accepted);
        (void)is_accepted;
        if (id != END)
            ht_buf_add_str(&text, ht_token_trie_text(v, id));
    }
    if (is_json && ht_constraint_complete(c)) {
        json_t *value = json_loadb(text.ptr, text.len, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
        assert(value != NULL);
        json_decref(value);
    }
    ht_buf_deinit(&text);
    ht_constraint_free(c);
}

static ht_grammar *compile(uint8_t kind, ht_str text)
{
    ht_grammar *g = NULL;
    ht_error err;
    ht_status st = HT_BAD_FORMAT;
    const ht_schema_options opt = {.max_string = kind & 8 ? 5 : 0, .ignore_unknown = (kind & 4) != 0};
    json_t *json = kind % 4 != 1 ? json_loadb(text.ptr, text.len, JSON_DECODE_ANY, NULL) : NULL;
    if (kind % 4 == 1) {
        st = ht_grammar_from_gbnf(text, &g, &err);
    } else if (json != NULL && kind % 4 == 0) {
        st = ht_grammar_from_schema(json, &opt, &g, &err);
    } else if (json != NULL) {
        const ht_tool_spec tools[] = {{HT_STR("a"), json}, {HT_STR("ab\""), json}, {HT_STR("none"), NULL}};
        const ht_tools_options tool_opt = {.schema = opt, .max_calls = 2, .allow_text = kind % 4 == 2, .text_then_calls = kind & 16};
        st = ht_grammar_from_tools(tools, 3, &tool_opt, &g, &err);
    }
    assert((st == HT_OK) == (g != NULL));
    json_decref(json);
    return g;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char bytes[256];
    static ht_token_trie *trie;
    if (size < 1 || size > MAX_TEXT)
        return 0;
    if (trie == NULL)
        trie = make_trie(bytes);
    const ht_str all = {(const char *)data + 1, size - 1};
    const char *nul = all.len > 0 ? memchr(all.ptr, 0, all.len) : NULL;
    const ht_str text = {all.ptr, nul ? (size_t)(nul - all.ptr) : all.len};
    ht_grammar *g = compile(data[0], text);
    if (g != NULL)
        walk(g, trie, nul ? (ht_str){nul + 1, all.len - text.len - 1} : (ht_str){NULL, 0}, data[0] % 4 == 0);
    ht_grammar_free(g);
    return 0;
}
