/* The page's own API: ask in words, or call a tool by tapping a device. */
#include <stdlib.h>

#include "assist/reply.h"
#include "base/clock.h"
#include "server/ask.h"

/* A field of text: absent or null is empty; false if it is anything else. */
static bool text_field(const json_t *o, const char *key, ht_str *out)
{
    const json_t *v = json_object_get(o, key);
    *out = (ht_str){json_is_string(v) ? json_string_value(v) : "", json_string_length(v)};
    return v == NULL || json_is_null(v) || json_is_string(v);
}

static json_t *parse_object(ht_exchange *x, ht_api_error *e)
{
    json_error_t bad;
    const ht_str body = ht_exchange_body(x);
    json_t *o = json_loadb(body.ptr ? body.ptr : "", body.len, 0, &bad);
    if (o == NULL)
        ht_api_fail(e, 400, "invalid_json", NULL, "the body is not JSON: %s (line %d, column %d)", bad.text, bad.line, bad.column);
    else if (!json_is_object(o))
        ht_api_fail(e, 400, "invalid_json", NULL, "the body must be a JSON object");
    if (json_is_object(o))
        return o;
    json_decref(o);
    return NULL;
}

/* --- /api/ask: {"text","area"?,"history"?,"client"?,"stream"?,"confirm"?} -> what `hearth ask --json` prints, and "id" --- */

static void send_event(ht_ask *a, json_t *take_data)
{
    char fields[512], *text = take_data ? json_dumps(take_data, JSON_COMPACT) : NULL;
    ht_buf out = {0};
    if (!a->has_begun)
        ht_exchange_begin(a->x, 200, "text/event-stream", ht_api_fields(a->server, a->x, fields));
    a->has_begun = true;
    ht_buf_add_c(&out, "data: ");
    ht_buf_add_c(&out, text ? text : "{}");
    ht_buf_add_c(&out, "\n\n");
    ht_exchange_send(a->x, ht_buf_str(&out));
    ht_buf_deinit(&out);
    free(text);
    json_decref(take_data);
}

static void on_piece(ht_ask *a, ht_str piece)
{
    send_event(a, json_pack("{s:s%}", "piece", piece.ptr, piece.len));
}

static void on_done(ht_ask *a, const ht_api_error *e)
{
    if (e != NULL && !a->has_begun) {
        ht_answer_error(a->server, a->x, e);
        return;
    }
    json_t *answer = e ? json_pack("{s:{s:s}}", "error", "message", e->message) : ht_response_json(&a->rs);
    if (e == NULL && answer != NULL)
        json_object_set_new(answer, "id", json_string(a->id));
    if (!a->is_stream) {
        ht_answer_json(a->server, a->x, 200, answer);
        return;
    }
    send_event(a, e ? answer : json_pack("{s:o}", "done", answer));
    ht_exchange_end(a->x);
}

static ht_ask *new_ask(ht_server *s, ht_exchange *x, const json_t *o, ht_api_error *e)
{
    ht_str text, area, client;
    if (!text_field(o, "text", &text) || !text_field(o, "area", &area) || !text_field(o, "client", &client)) {
        ht_api_fail(e, 400, "invalid_type", NULL, "'text', 'area' and 'client' must be text");
        return NULL;
    }
    if (ht_str_trim(text).len == 0) {
        ht_api_fail(e, 400, "missing_required_parameter", "text", "'text' is missing: what do you want to ask?");
        return NULL;
    }
    ht_ask *a = ht_ask_new(s, x, ht_str_trim(text), area, client);
    if (a == NULL) {
        ht_api_fail(e, 500, "server_error", NULL, "out of memory");
        return NULL;
    }
    if (!ht_ask_set_history(a, json_object_get(o, "history"))) {
        ht_api_fail(e, 400, "invalid_type", "history", "'history' must be an array of {\"role\",\"content\"}");
        ht_ask_free(a);
        return NULL;
    }
    return a;
}

void ht_api_ask(ht_server *s, ht_exchange *x)
{
    ht_api_error e;
    json_t *o = parse_object(x, &e);
    ht_ask *a = o ? new_ask(s, x, o, &e) : NULL;
    if (a == NULL) {
        ht_answer_error(s, x, &e);
    } else {
        a->is_stream = json_is_true(json_object_get(o, "stream"));
        a->confirm_needed = json_is_true(json_object_get(o, "confirm")) || !ht_is_owner(x);
        a->on_piece = on_piece;
        a->on_done = on_done;
        ht_ask_submit(a);
    }
    json_decref(o);
}

/* --- /api/call: {"name","arguments","area"?,"lang"?,"confirmed"?} -> {"outcome","effect","entities","answer","reply"} --- */

typedef struct {
    ht_waiter waiter; /* first */
    ht_job job;
    ht_server *server;
    ht_exchange *x; /* NULL once the client left */
    json_t *body;
    ht_str area, lang; /* of body */
    bool is_confirmed;
    json_t *answer; /* the worker's result, or NULL and err */
    ht_status st;
    ht_error err;
} call_job;

static void free_call(call_job *c)
{
    json_decref(c->answer);
    json_decref(c->body);
    free(c);
}

static void caller_gone(ht_server *s, ht_exchange *x)
{
    call_job *c = ht_exchange_user(x);
    c->x = NULL;
    if (ht_worker_cancel(s->worker, &c->job))
        free_call(c);
}

static const char *outcome_word(ht_outcome outcome)
{
    switch (outcome) {
    case HT_DONE: return "done";
    case HT_NO_TARGET: return "no_target";
    case HT_AMBIGUOUS: return "ambiguous";
    case HT_NOT_ABLE: return "not_able";
    case HT_NEEDS_CONFIRM: return "needs_confirm";
    case HT_ASKED: return "asked";
    default: return "refused";
    }
}

static json_t *result_json(const ht_home *h, const call_job *c, const ht_context *cx, const ht_result *r)
{
    ht_buf reply = {0};
    json_t *entities = json_array();
    for (size_t i = 0; i < r->n_entities; i++) {
        const ht_str id = ht_home_entity_at(h, (size_t)r->entities[i])->id;
        json_array_append_new(entities, json_stringn(id.ptr, id.len));
    }
    ht_reply(h, c->lang.len ? c->lang : ht_home_lang(h), cx, r, 1, &reply);
    json_t *o = json_pack("{s:s, s:O?, s:o, s:O?, s:s}", "outcome", outcome_word(r->outcome), "effect", r->effect, "entities", entities, "answer",
                          r->answer, "reply", reply.ptr ? reply.ptr : "");
    ht_buf_deinit(&reply);
    return o;
}

static void run_call(ht_job *job, ht_home *h, const ht_brain *brain)
{
    (void)brain;
    call_job *c = (call_job *)((char *)job - offsetof(call_job, job));
    ht_result r = {0};
    const ht_context cx = {.area = c->area.len ? ht_home_find_area(h, c->area) : -1, .now_unix_s = ht_clock_unix_ms() / 1000, .confirm_needed = !c->is_confirmed};
    json_t *call = json_pack("{s:O, s:O}", "name", json_object_get(c->body, "name"), "arguments", json_object_get(c->body, "arguments"));
    c->st = ht_execute(h, &cx, call, &r, &c->err);
    if (c->st == HT_OK)
        c->answer = result_json(h, c, &cx, &r);
    ht_result_deinit(&r);
    json_decref(call);
}

static void call_done(ht_job *job)
{
    call_job *c = (call_job *)((char *)job - offsetof(call_job, job));
    ht_api_error e;
    if (c->x != NULL) {
        ht_exchange_set_user(c->x, NULL);
        if (c->job.was_run && c->st == HT_OK) {
            ht_answer_json(c->server, c->x, 200, json_incref(c->answer));
        } else {
            if (c->job.was_run)
                ht_api_fail_from(&e, &c->err);
            else
                ht_api_fail(&e, 503, "overloaded", NULL, "the server is stopping");
            ht_answer_error(c->server, c->x, &e);
        }
    }
    free_call(c);
}

/* Takes body. */
static call_job *new_call(ht_server *s, ht_exchange *x, json_t *take_body, ht_api_error *e)
{
    call_job *c = calloc(1, sizeof *c);
    if (c == NULL) {
        ht_api_fail(e, 500, "server_error", NULL, "out of memory");
        json_decref(take_body);
        return NULL;
    }
    c->waiter.gone = caller_gone;
    c->job.run = run_call;
    c->job.done = call_done;
    c->job.is_quick = true;
    c->server = s;
    c->x = x;
    c->body = take_body;
    c->is_confirmed = json_is_true(json_object_get(c->body, "confirmed"));
    return c;
}

void ht_api_call(ht_server *s, ht_exchange *x)
{
    ht_api_error e;
    json_t *o = parse_object(x, &e);
    call_job *c = o ? new_call(s, x, o, &e) : NULL;
    if (c == NULL) {
        ht_answer_error(s, x, &e);
        return;
    }
    int status = 0;
    if (!json_is_string(json_object_get(o, "name")) || !json_is_object(json_object_get(o, "arguments")))
        status = ht_api_fail(&e, 400, "invalid_type", NULL, "'name' must be a tool's name, 'arguments' an object");
    else if (!text_field(o, "area", &c->area) || !text_field(o, "lang", &c->lang))
        status = ht_api_fail(&e, 400, "invalid_type", NULL, "'area' and 'lang' must be text");
    if (status == 0) {
        ht_exchange_set_user(x, c);
        if (ht_worker_submit(s->worker, &c->job))
            return;
        ht_exchange_set_user(x, NULL);
        ht_api_fail(&e, 503, "overloaded", NULL, "too many requests are waiting: try again in a moment");
    }
    ht_answer_error(s, x, &e);
    free_call(c);
}
