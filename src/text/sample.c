#include "text/sample.h"

#include <jansson.h>
#include <stdlib.h>

typedef struct {
    ht_arena *mem;
    ht_sample *out;
    size_t cap;
    bool failed; /* out of memory */
} builder;

static void add_span(builder *b, ht_str text, bool predicted, bool begins_branch)
{
    if (text.len == 0)
        return;
    ht_sample *s = b->out;
    if (s->n == b->cap) {
        const size_t cap = b->cap ? 2 * b->cap : 16;
        ht_sample_span *spans = ht_arena_array(b->mem, cap, sizeof *spans);
        if (spans == NULL) {
            b->failed = true;
            return;
        }
        if (s->n > 0)
            memcpy(spans, s->spans, s->n * sizeof *spans);
        s->spans = spans;
        b->cap = cap;
    }
    const ht_str copy = ht_arena_copy(b->mem, text);
    b->failed |= copy.ptr == NULL;
    s->spans[s->n++] = (ht_sample_span){copy, predicted, begins_branch};
}

static ht_str text_of(const json_t *value)
{
    return json_is_string(value) ? (ht_str){json_string_value(value), json_string_length(value)} : (ht_str){0};
}

static void add_call(const json_t *call, ht_buf *out)
{
    const json_t *function = json_object_get(call, "function"); /* OpenAI wraps name and arguments */
    const json_t *from = json_is_object(function) ? function : call;
    json_t *args = json_object_get(from, "arguments");
    json_t *plain = json_pack("{s:O?, s:o}", "name", json_object_get(from, "name"), "arguments",
                              json_is_string(args) ? json_loads(json_string_value(args), 0, NULL) : json_incref(args));
    char *text = plain ? json_dumps(plain, 0) : NULL;
    if (text != NULL) {
        ht_buf_add_c(out, "<tool_call>");
        ht_buf_add_c(out, text);
        ht_buf_add_c(out, "</tool_call>");
    }
    free(text);
    json_decref(plain);
}

/* What a turn says: content, then calls. */
static void add_body(const json_t *message, ht_buf *out)
{
    ht_buf_add_str(out, text_of(json_object_get(message, "content")));
    const json_t *one = json_object_get(message, "tool_call"), *many = json_object_get(message, "tool_calls");
    if (json_is_object(one))
        add_call(one, out);
    for (size_t i = 0; i < json_array_size(many); i++)
        add_call(json_array_get(many, i), out);
}

static ht_status parse_dialog(const json_t *messages, builder *b, ht_error *err)
{
    ht_buf text = {0}; /* what is only read since the last predicted part */
    ht_status st = HT_OK;
    for (size_t i = 0; i < json_array_size(messages) && st == HT_OK; i++) {
        const json_t *message = json_array_get(messages, i);
        const ht_str role = text_of(json_object_get(message, "role"));
        if (ht_str_is(role, "assistant")) {
            ht_buf_add_c(&text, "<|im_start|>assistant\n");
            add_span(b, ht_buf_str(&text), false, false);
            ht_buf_clear(&text);
            add_body(message, &text);
            ht_buf_add_c(&text, "<|im_end|>");
            add_span(b, ht_buf_str(&text), true, false);
            ht_buf_clear(&text);
            ht_buf_add_c(&text, "\n");
        } else if (ht_str_is(role, "user") || ht_str_is(role, "system")) {
            ht_buf_addf(&text, "<|im_start|>%.*s\n", HT_STR_ARG(role));
            add_body(message, &text);
            ht_buf_add_c(&text, "<|im_end|>\n");
        } else if (ht_str_is(role, "tool")) {
            ht_buf_add_c(&text, "<|im_start|>user\n<tool_response>");
            add_body(message, &text);
            ht_buf_add_c(&text, "</tool_response><|im_end|>\n");
        } else {
            st = ht_fail(err, HT_BAD_FORMAT, -1, "message %zu has the role '%.*s'; known are system, user, assistant, tool", i, HT_STR_ARG(role));
        }
    }
    if (st == HT_OK && b->out->n == 0)
        st = ht_fail(err, HT_BAD_FORMAT, -1, "\"messages\" has no assistant turn to learn from");
    if (!ht_str_is(ht_buf_str(&text), "\n"))
        add_span(b, ht_buf_str(&text), false, false);
    b->failed |= text.failed;
    ht_buf_deinit(&text);
    return st;
}

static ht_status parse_tree(const json_t *root, const json_t *branches, builder *b, ht_error *err)
{
    const ht_str prefix = text_of(json_object_get(root, "prefix"));
    const size_t n = json_array_size(branches);
    if (prefix.len == 0 && n > 1)
        return ht_fail(err, HT_BAD_FORMAT, -1, "%zu branches without a prefix: only one is possible then", n);
    add_span(b, prefix, false, false);
    for (size_t i = 0; i < n; i++) {
        const json_t *spans = json_array_get(branches, i);
        bool begins = prefix.len > 0;
        for (size_t j = 0; j < json_array_size(spans); j++) {
            const json_t *span = json_array_get(spans, j), *text = json_array_get(span, 0), *loss = json_array_get(span, 1);
            if (!json_is_string(text) || !(json_is_integer(loss) || json_is_boolean(loss)))
                return ht_fail(err, HT_BAD_FORMAT, -1, "branch %zu, span %zu: expected [\"text\", 0 or 1]", i, j);
            const bool predicted = json_is_true(loss) || json_integer_value(loss) != 0;
            add_span(b, text_of(text), predicted, begins);
            begins &= json_string_length(text) == 0;
        }
        if (!json_is_array(spans) || (n > 0 && begins))
            return ht_fail(err, HT_BAD_FORMAT, -1, "branch %zu has no text", i);
    }
    if (n == 0)
        return ht_fail(err, HT_BAD_FORMAT, -1, "\"branches\" is empty");
    return HT_OK;
}

ht_status ht_sample_parse(ht_str line, ht_arena *mem, ht_sample *out, ht_error *err)
{
    *out = (ht_sample){0};
    json_error_t why;
    json_t *root = json_loadb(line.ptr, line.len, JSON_ALLOW_NUL, &why);
    if (!json_is_object(root)) {
        json_decref(root);
        return ht_fail(err, HT_BAD_FORMAT, root ? -1 : why.position, "not a JSON object: %s", root ? "another kind of value" : why.text);
    }
    builder b = {.mem = mem, .out = out};
    const json_t *text = json_object_get(root, "text"), *messages = json_object_get(root, "messages"),
                 *branches = json_object_get(root, "branches");
    ht_status st = HT_OK;
    if (json_is_array(branches)) {
        out->kind = HT_SAMPLE_TREE;
        st = parse_tree(root, branches, &b, err);
    } else if (json_is_array(messages)) {
        out->kind = HT_SAMPLE_DIALOG;
        st = parse_dialog(messages, &b, err);
    } else if (json_is_string(text) && json_string_length(text) > 0) {
        out->kind = HT_SAMPLE_TEXT;
        add_span(&b, text_of(text), true, false);
    } else {
        st = ht_fail(err, HT_BAD_FORMAT, -1, "has none of \"text\", \"messages\", \"branches\"");
    }
    if (st == HT_OK && b.failed)
        st = ht_fail(err, HT_NO_MEMORY, -1, "training text: out of memory");
    json_decref(root);
    return st;
}
