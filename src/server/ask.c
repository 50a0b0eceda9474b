#include "server/ask.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "text/utf8.h"

enum { HISTORY_MESSAGES = 12, HISTORY_BYTES = 6000 };

/* Shown on the pages that watched it begin. */
static void tell_failure(const ht_ask *a, const char *message)
{
    ht_events_send(a->server, "failed", json_pack("{s:s, s:s, s:s}", "id", a->id, "client", a->client.ptr ? a->client.ptr : "", "message", message));
}

static void client_gone(ht_server *s, ht_exchange *x)
{
    ht_ask *a = ht_exchange_user(x);
    a->x = NULL;
    if (ht_worker_cancel(s->worker, &a->job)) {
        tell_failure(a, "whoever asked has left");
        ht_ask_free(a);
    }
}

ht_ask *ht_ask_new(ht_server *s, ht_exchange *x, ht_str text, ht_str area, ht_str client)
{
    ht_ask *a = calloc(1, sizeof *a);
    if (a == NULL)
        return NULL;
    a->waiter.gone = client_gone;
    a->server = s;
    a->x = x;
    a->created_s = ht_clock_unix_ms() / 1000;
    snprintf(a->id, sizeof a->id, "chatcmpl-%llx%06llx", (unsigned long long)s->started_s, (unsigned long long)++s->next_id);
    ht_buf_add_str(&a->text, text);
    ht_buf_add_str(&a->area, area);
    ht_buf_add_str(&a->client, client);
    if (a->text.failed || a->area.failed || a->client.failed) {
        ht_ask_free(a);
        return NULL;
    }
    return a;
}

void ht_ask_free(ht_ask *a)
{
    if (a == NULL)
        return;
    ht_buf *const bufs[] = {&a->text, &a->area, &a->client, &a->tail};
    for (size_t i = 0; i < sizeof bufs / sizeof bufs[0]; i++)
        ht_buf_deinit(bufs[i]);
    json_decref(a->history);
    if (a->job.was_run)
        ht_response_deinit(&a->rs);
    free(a);
}

static const char *string_of(const json_t *o, const char *key)
{
    const char *s = json_string_value(json_object_get(o, key));
    return s ? s : "";
}

/* What the assistant called when it gave this answer, if that was here not long ago: the model follows its own calls better than
 * the sentence that was made of them. */
static json_t *calls_behind(const ht_server *s, const char *text, const char *reply)
{
    for (size_t i = json_array_size(s->turns); i-- > 0;) {
        const json_t *turn = json_array_get(s->turns, i);
        if (strcmp(string_of(turn, "reply"), reply) == 0 && strcmp(string_of(turn, "text"), text) == 0)
            return json_object_get(turn, "calls");
    }
    return NULL;
}

/* Calls as a client may send them along; anything else is as good as none. */
static json_t *calls_of(const json_t *message)
{
    json_t *calls = json_object_get(message, "calls"), *call;
    size_t i;
    json_array_foreach(calls, i, call)
        if (!json_is_string(json_object_get(call, "name")) || !json_is_object(json_object_get(call, "arguments")))
            return NULL;
    return json_array_size(calls) > 0 ? calls : NULL;
}

bool ht_ask_set_history(ht_ask *a, const json_t *history)
{
    if (history == NULL || json_is_null(history))
        return true;
    const size_t n = json_array_size(history);
    size_t first = n, bytes = 0;
    if (!json_is_array(history) || (a->history = json_array()) == NULL)
        return false;
    for (size_t i = n; i-- > 0;) {
        const json_t *m = json_array_get(history, i), *content = json_object_get(m, "content");
        const char *role = string_of(m, "role");
        if (!json_is_string(content) || (strcmp(role, "user") != 0 && strcmp(role, "assistant") != 0))
            return false;
        bytes += json_string_length(content);
        if (n - i <= HISTORY_MESSAGES && bytes <= HISTORY_BYTES && first == i + 1)
            first = i;
    }
    const char *said = "";
    for (size_t i = first; i < n; i++) {
        const json_t *m = json_array_get(history, i);
        const char *role = string_of(m, "role"), *content = string_of(m, "content");
        json_t *calls = role[0] != 'a' ? NULL : calls_of(m) ? calls_of(m) : calls_behind(a->server, said, content);
        json_array_append_new(a->history, json_pack("{s:s, s:s, s:O*}", "role", role, "content", content, "calls", calls));
        said = role[0] == 'u' ? content : "";
    }
    return true;
}

/* --- on the worker's thread --- */

typedef struct {
    ht_loop_task task;
    ht_ask *ask;
    size_t n;
    char text[];
} piece_message;

static void deliver_piece(void *ctx)
{
    piece_message *m = ctx;
    if (m->ask->x != NULL && m->ask->on_piece != NULL) {
        m->ask->n_sent += m->n;
        m->ask->on_piece(m->ask, (ht_str){m->text, m->n});
    }
    free(m);
}

/* Hands on whole characters; a byte that begins none stays back with what follows it, and comes with the end. */
static void on_text(void *ctx, ht_str piece)
{
    ht_ask *a = ctx;
    ht_buf_add_str(&a->tail, piece);
    const size_t n = ht_utf8_valid(ht_buf_str(&a->tail));
    piece_message *m = n > 0 ? malloc(sizeof *m + n) : NULL;
    if (m == NULL)
        return;
    *m = (piece_message){.task = {.run = deliver_piece, .ctx = m}, .ask = a, .n = n};
    memcpy(m->text, a->tail.ptr, n);
    memmove(a->tail.ptr, a->tail.ptr + n, a->tail.len - n);
    a->tail.len -= n;
    ht_loop_post(a->server->loop, &m->task);
}

/* What is not UTF-8 becomes U+FFFD: JSON has no other way to say it. */
static void clean(ht_buf *text)
{
    if (ht_utf8_valid(ht_buf_str(text)) == text->len)
        return;
    ht_buf out = {0};
    ht_utf8_clean(ht_buf_str(text), &out);
    ht_buf_deinit(text);
    *text = out;
}

static void run(ht_job *job, ht_home *h, const ht_brain *brain)
{
    ht_ask *a = (ht_ask *)((char *)job - offsetof(ht_ask, job));
    const ht_request rq = {.text = ht_buf_str(&a->text), .area = ht_buf_str(&a->area), .history = a->history, .confirm_needed = a->confirm_needed};
    if (rq.area.len > 0 && ht_home_find_area(h, rq.area) < 0) /* "the light here" must not become every light */
        a->st = ht_fail(&a->err, HT_BAD_ARG, -1, "there is no area '%.*s' in this home", HT_STR_ARG(rq.area));
    else
        a->st = brain->ask(brain->ctx, h, &rq, a->is_stream ? on_text : NULL, a, &a->rs, &a->err);
    clean(&a->rs.reply);
}

/* --- on the loop's thread --- */

ht_str ht_ask_rest(const ht_ask *a)
{
    const ht_str reply = ht_buf_str(&a->rs.reply);
    return a->n_sent < reply.len ? (ht_str){reply.ptr + a->n_sent, reply.len - a->n_sent} : (ht_str){"", 0};
}

static void remember(ht_server *s, json_t *take_turn)
{
    json_array_append_new(s->turns, take_turn);
    while (json_array_size(s->turns) > HT_SERVER_KEPT_TURNS)
        json_array_remove(s->turns, 0);
}

/* Keeps the turn and shows it to every page. */
static void tell(ht_ask *a)
{
    json_t *turn = ht_response_json(&a->rs);
    if (turn == NULL)
        return;
    json_object_set_new(turn, "id", json_string(a->id));
    json_object_set_new(turn, "client", json_string(a->client.ptr ? a->client.ptr : ""));
    json_object_set_new(turn, "text", json_string(a->text.ptr));
    json_object_set_new(turn, "at_ms", json_integer(a->created_s * 1000));
    json_object_del(turn, "changes"); /* pages have had them already */
    remember(a->server, json_incref(turn));
    ht_events_send(a->server, "reply", turn);
}

static void done(ht_job *job)
{
    ht_ask *a = (ht_ask *)((char *)job - offsetof(ht_ask, job));
    ht_api_error e;
    if (!job->was_run) {
        ht_api_fail(&e, 503, "overloaded", NULL, "the server is stopping");
    } else if (a->st != HT_OK) {
        ht_api_fail_from(&e, &a->err);
        tell_failure(a, e.message);
    } else {
        tell(a);
    }
    if (a->x != NULL) {
        ht_exchange_set_user(a->x, NULL);
        a->on_done(a, job->was_run && a->st == HT_OK ? NULL : &e);
    }
    ht_ask_free(a);
}

void ht_ask_submit(ht_ask *a)
{
    ht_server *s = a->server;
    a->job.run = run;
    a->job.done = done;
    if (a->x != NULL)
        ht_exchange_set_user(a->x, a);
    if (ht_worker_submit(s->worker, &a->job)) {
        ht_events_send(s, "turn", json_pack("{s:s, s:s, s:s}", "id", a->id, "client", a->client.ptr ? a->client.ptr : "", "text", a->text.ptr));
        return;
    }
    ht_api_error e;
    ht_api_fail(&e, 503, "overloaded", NULL, "too many requests are waiting: try again in a moment");
    if (a->x != NULL) {
        ht_exchange_set_user(a->x, NULL);
        a->on_done(a, &e);
    }
    ht_ask_free(a);
}
