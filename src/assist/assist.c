#include "assist/assist.h"

#include <stdlib.h>

#include "assist/execute.h"
#include "assist/prompt.h"
#include "assist/reply.h"
#include "base/clock.h"
#include "engine/engine.h"
#include "text/utf8.h"

enum { MAX_CALLS = 8, MAX_ANSWER_TOKENS = 320, MIN_ANSWER_TOKENS = 128, MAX_TOOLS = 96 };

struct ht_assist {
    ht_engine *engine;
    ht_arena mem; /* one request's */
    ht_buf prompt;
    ht_ids prompt_ids, answer_ids;
};

/* What a request is turned into on its way; freed as a whole. */
typedef struct {
    ht_assist *a;
    ht_home *home;
    const ht_request *rq;
    ht_assist_text_fn *on_text;
    void *on_text_ctx;
    ht_context context;
    ht_str lang;
    bool is_call;      /* the answer begins with <tool_call> */
    bool started;      /* the first token has been seen */
    int32_t call_open; /* id of <tool_call> */
} turn;

ht_status ht_assist_open(const char *model_path, unsigned n_threads, ht_assist **out, ht_error *err)
{
    *out = NULL;
    ht_assist *a = calloc(1, sizeof *a);
    if (a == NULL)
        return ht_fail(err, HT_NO_MEMORY, -1, "assistant: out of memory");
    ht_status st = ht_engine_open(model_path, n_threads, 0, &a->engine, err);
    if (st == HT_OK && (ht_tokenizer_find(ht_engine_tokenizer(a->engine), HT_STR("<tool_call>")) < 0 ||
                        ht_tokenizer_find(ht_engine_tokenizer(a->engine), HT_STR("<|im_start|>")) < 0))
        st = ht_fail(err, HT_UNSUPPORTED, -1, "%s: its vocabulary has no <tool_call> and <|im_start|>: not a model for the assistant", model_path);
    if (st == HT_OK) {
        *out = a;
        a = NULL;
    }
    ht_assist_close(a);
    return st;
}

void ht_assist_close(ht_assist *a)
{
    if (a == NULL)
        return;
    ht_engine_close(a->engine);
    ht_arena_deinit(&a->mem);
    ht_buf_deinit(&a->prompt);
    ht_ids_deinit(&a->prompt_ids);
    ht_ids_deinit(&a->answer_ids);
    free(a);
}

ht_str ht_assist_model_name(const ht_assist *a) { return ht_engine_name(a->engine); }

/* Chinese if the text has a Han character. */
static ht_str guess_language(ht_str text)
{
    for (size_t i = 0; i + 2 < text.len; i++) {
        const unsigned char c = (unsigned char)text.ptr[i];
        if (c >= 0xe4 && c <= 0xe9)
            return HT_STR("zh-CN");
    }
    return HT_STR("en");
}

static ht_str history_text(const json_t *turn_json, const char *key)
{
    const json_t *v = json_object_get(turn_json, key);
    return (ht_str){json_string_value(v), json_string_length(v)};
}

/* The earlier turns from `first` on: what was said, or, where the assistant acted, its calls. */
static void add_history(const json_t *history, size_t first, ht_buf *out)
{
    for (size_t i = first; i < json_array_size(history); i++) {
        const json_t *t = json_array_get(history, i);
        const json_t *calls = json_object_get(t, "calls");
        const bool is_user = ht_str_is(history_text(t, "role"), "user");
        if (json_array_size(calls) > 0) {
            ht_buf_add_c(out, "<|im_start|>assistant\n");
            ht_prompt_calls(calls, out);
            ht_buf_add_c(out, "<|im_end|>\n");
        } else {
            ht_prompt_turn(is_user ? "user" : "assistant", history_text(t, "content"), out);
        }
    }
}

/* Retrieval looks at what the user said before, too: "and the other one". */
static ht_status select_entities(turn *t, ht_selection *sel, ht_error *err)
{
    ht_buf words = {0};
    size_t i;
    json_t *h;
    ht_buf_add_str(&words, t->rq->text);
    json_array_foreach(t->rq->history, i, h)
    {
        if (i + 4 >= json_array_size(t->rq->history) && ht_str_is(history_text(h, "role"), "user")) {
            ht_buf_add_char(&words, ' ');
            ht_buf_add_str(&words, history_text(h, "content"));
        }
    }
    if (words.failed) {
        ht_buf_deinit(&words);
        return ht_fail(err, HT_NO_MEMORY, -1, "out of memory");
    }
    ht_select(t->home, ht_buf_str(&words), t->context.area, sel);
    ht_buf_deinit(&words);
    return HT_OK;
}

static ht_status write_prompt_from(turn *t, const ht_selection *sel, size_t first, ht_error *err)
{
    ht_assist *a = t->a;
    ht_buf_clear(&a->prompt);
    ht_prompt_system(t->home, sel, t->context.area, t->context.now_unix_s, &a->prompt);
    add_history(t->rq->history, first, &a->prompt);
    ht_prompt_turn("user", t->rq->text, &a->prompt);
    ht_buf_add_c(&a->prompt, "<|im_start|>assistant\n");
    a->prompt_ids.n = 0;
    if (a->prompt.failed)
        return ht_fail(err, HT_NO_MEMORY, -1, "out of memory");
    return ht_tokenizer_encode(ht_engine_tokenizer(a->engine), ht_buf_str(&a->prompt), HT_TOKENIZE_SPECIAL, &a->prompt_ids, err);
}

/* A long conversation loses its oldest turns rather than the room for an answer: otherwise it could not go on at all. */
static ht_status write_prompt(turn *t, const ht_selection *sel, ht_error *err)
{
    const size_t n_turns = json_array_size(t->rq->history), n_ctx = (size_t)ht_engine_context(t->a->engine);
    ht_status st = write_prompt_from(t, sel, 0, err);
    for (size_t first = 1; st == HT_OK && first <= n_turns && t->a->prompt_ids.n + MIN_ANSWER_TOKENS > n_ctx; first++)
        st = write_prompt_from(t, sel, first, err);
    return st;
}

/* The tools with the names of this request's scope as enumerations. */
static ht_status compile_tools(turn *t, const ht_selection *sel, ht_grammar **out, ht_error *err)
{
    ht_tool_scope scope;
    ht_tool_spec specs[MAX_TOOLS];
    json_t *schemas = json_array();
    size_t n = 0;
    ht_status st = schemas ? ht_prompt_scope(t->home, sel, &t->a->mem, &scope) : HT_NO_MEMORY;
    for (size_t i = 0; st == HT_OK && i < ht_tool_count() && n < MAX_TOOLS; i++) {
        const ht_tool *tool = ht_tool_at(i);
        json_t *schema = ht_tool_schema(tool, &scope);
        if (json_array_append_new(schemas, schema) != 0)
            st = HT_NO_MEMORY;
        else if (ht_tool_schema_usable(schema))
            specs[n++] = (ht_tool_spec){ht_str_from(tool->name), schema};
    }
    const ht_tools_options opt = {.schema = {.max_string = 120}, .max_calls = MAX_CALLS, .allow_text = true};
    if (st == HT_OK)
        st = ht_grammar_from_tools(specs, n, &opt, out, err);
    else
        ht_fail(err, st, -1, "tools: out of memory");
    json_decref(schemas);
    return st;
}

static bool on_token(void *ctx, int32_t id)
{
    turn *t = ctx;
    if (!t->started) {
        t->started = true;
        t->is_call = id == t->call_open;
    }
    if (!t->is_call && t->on_text != NULL)
        t->on_text(t->on_text_ctx, ht_tokenizer_piece(ht_engine_tokenizer(t->a->engine), id));
    return true;
}

/* The calls in the model's answer; the grammar has made sure of their form. Text before and between them is dropped. What is
 * behind the last whole call was cut off at the token limit. */
static ht_status parse_calls(ht_str answer, json_t *calls, ht_error *err)
{
    const ht_str open = HT_STR("<tool_call>");
    for (ptrdiff_t at = ht_str_find(answer, open, 0); at >= 0;) {
        const size_t begin = (size_t)at + open.len;
        json_error_t info;
        json_t *call = json_loadb(answer.ptr + begin, answer.len - begin, JSON_DISABLE_EOF_CHECK, &info);
        if (call == NULL)
            break;
        if (json_array_append_new(calls, call) != 0)
            return ht_fail(err, HT_NO_MEMORY, -1, "out of memory");
        at = ht_str_find(answer, open, begin + (size_t)info.position);
    }
    if (json_array_size(calls) == 0) /* the token limit came first: nothing to act on */
        json_array_append_new(calls, json_pack("{s:s, s:{s:s}}", "name", "HearthRefuse", "arguments", "reason", "unclear"));
    return HT_OK;
}

/* --- what the calls do --- */

static json_t *snapshot(const ht_home *h)
{
    json_t *all = json_array();
    for (size_t i = 0; i < ht_home_entity_count(h); i++) {
        const ht_entity *e = ht_home_entity_at(h, i);
        json_array_append_new(all, json_pack("{s:s?, s:o}", "state", e->state, "attributes", json_deep_copy(e->attributes)));
    }
    return all;
}

/* Every entity of which anything is different now, whole. */
static void collect_changes(const ht_home *h, json_t *before, json_t *changes)
{
    for (size_t i = 0; i < ht_home_entity_count(h); i++) {
        const ht_entity *e = ht_home_entity_at(h, i);
        json_t *now = json_pack("{s:s?, s:O}", "state", e->state, "attributes", e->attributes);
        if (!json_equal(now, json_array_get(before, i)))
            json_object_setn_new(changes, e->id.ptr, e->id.len, json_deep_copy(now));
        json_decref(now);
    }
}

static ht_status run_calls(turn *t, ht_response *out, ht_error *err)
{
    ht_result results[MAX_CALLS] = {0};
    size_t n = 0, i;
    json_t *call;
    ht_status st = HT_OK;
    json_array_foreach(out->calls, i, call)
    {
        if (n == MAX_CALLS || (st = ht_execute(t->home, &t->context, call, &results[n], err)) != HT_OK)
            break;
        const ht_result *r = &results[n++];
        if (r->effect != NULL)
            json_array_append(out->effects, r->effect);
        out->asked_back |= r->outcome == HT_ASKED || r->outcome == HT_AMBIGUOUS || r->outcome == HT_NEEDS_CONFIRM;
        out->refused |= r->outcome == HT_REFUSED || r->outcome == HT_NO_TARGET || r->outcome == HT_NOT_ABLE;
    }
    if (st == HT_OK)
        ht_reply(t->home, t->lang, &t->context, results, n, &out->reply);
    for (i = 0; i < n; i++)
        ht_result_deinit(&results[i]);
    return st;
}

static ht_status act(turn *t, ht_response *out, ht_error *err)
{
    json_t *before = snapshot(t->home);
    const ht_status st = run_calls(t, out, err);
    collect_changes(t->home, before, out->changes);
    json_decref(before);
    return st;
}

static ht_status answer(turn *t, ht_response *out, ht_error *err)
{
    ht_assist *a = t->a;
    const ht_tokenizer *tk = ht_engine_tokenizer(a->engine);
    ht_selection sel;
    ht_grammar *grammar = NULL;
    ht_buf text = {0};
    ht_completion_stats stats = {0};
    ht_status st = select_entities(t, &sel, err);
    if (st == HT_OK)
        st = write_prompt(t, &sel, err);
    if (st == HT_OK)
        st = compile_tools(t, &sel, &grammar, err);
    const ht_completion c = {.grammar = grammar, .max_tokens = MAX_ANSWER_TOKENS, .on_token = on_token, .ctx = t};
    t->call_open = ht_tokenizer_find(tk, HT_STR("<tool_call>"));
    a->answer_ids.n = 0;
    if (st == HT_OK)
        st = ht_engine_complete(a->engine, &a->prompt_ids, &c, &a->answer_ids, &stats, err);
    if (st == HT_OK) {
        ht_tokenizer_decode(tk, a->answer_ids.ids, a->answer_ids.n, false, &text);
        if (t->is_call)
            st = parse_calls(ht_buf_str(&text), out->calls, err);
        else
            ht_utf8_clean(ht_str_trim(ht_buf_str(&text)), &out->reply); /* tokens are bytes: cut off, they may end in half a character */
    }
    out->prompt_ms = stats.prompt_ms;
    out->decode_ms = stats.decode_ms;
    out->n_prompt = stats.n_prompt;
    out->n_decoded = stats.n_decoded;
    if (st == HT_OK && t->is_call)
        st = act(t, out, err);
    ht_buf_deinit(&text);
    ht_grammar_free(grammar);
    return st;
}

ht_status ht_assist_run(ht_assist *a, ht_home *h, const ht_request *rq, ht_assist_text_fn *on_text, void *ctx, ht_response *out,
                        ht_error *err)
{
    const double start_ms = ht_clock_ms();
    *out = (ht_response){.calls = json_array(), .effects = json_array(), .changes = json_object()};
    turn t = {.a = a, .home = h, .rq = rq, .on_text = on_text, .on_text_ctx = ctx};
    t.context = (ht_context){.area = rq->area.len ? ht_home_find_area(h, rq->area) : -1,
                             .now_unix_s = rq->now_unix_s ? rq->now_unix_s : ht_clock_unix_ms() / 1000,
                             .confirm_needed = rq->confirm_needed};
    t.lang = rq->lang.len ? rq->lang : guess_language(rq->text);
    ht_status st;
    if (ht_str_trim(rq->text).len == 0)
        st = ht_fail(err, HT_BAD_ARG, -1, "the request is empty");
    else if (rq->text.len > 4096)
        st = ht_fail(err, HT_TOO_BIG, -1, "the request is longer than 4096 bytes");
    else
        st = answer(&t, out, err);
    ht_arena_reset(&a->mem);
    out->ms = ht_clock_ms() - start_ms;
    return st;
}

void ht_response_deinit(ht_response *r)
{
    ht_buf_deinit(&r->reply);
    json_decref(r->calls);
    json_decref(r->effects);
    json_decref(r->changes);
    *r = (ht_response){0};
}

json_t *ht_response_json(const ht_response *r)
{
    return json_pack("{s:s%, s:O, s:O, s:O, s:b, s:b, s:f}", "reply", r->reply.ptr ? r->reply.ptr : "", r->reply.len, "calls", r->calls,
                     "effects", r->effects, "changes", r->changes, "asked_back", r->asked_back, "refused", r->refused, "ms", r->ms);
}
