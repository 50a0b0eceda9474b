/* Puts the parts together, and finds the route of each request. */
#include "server/server.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "net/listen.h"
#include "server/access.h"
#include "server/ask.h"
#include "server/private.h"
#include "server/view.h"
#include "text/utf8.h"

enum { MAX_CONNECTIONS = 256, MAX_UNSENT = 8 << 20 };

static void health(ht_server *s, ht_exchange *x)
{
    ht_answer_json(s, x, 200,
                   json_pack("{s:s, s:s, s:s, s:s%, s:O, s:i, s:i, s:I}", "status", "ok", "server", "hearth", "version", HEARTH_VERSION, "model",
                             s->o.model_name.ptr ? s->o.model_name.ptr : "", s->o.model_name.len, "home", json_object_get(s->home, "id"),
                             "requests_waiting", ht_worker_load(s->worker), "pages_open", (int)s->n_listeners, "uptime_s",
                             (json_int_t)(ht_clock_unix_ms() / 1000 - s->started_s)));
}

static void home(ht_server *s, ht_exchange *x) { ht_answer_json(s, x, 200, ht_events_home(s)); }

static void models(ht_server *s, ht_exchange *x) { ht_api_models(s, x, (ht_str){"", 0}); }

typedef struct {
    const char *method, *path;
    void (*answer)(ht_server *s, ht_exchange *x);
} route;

static const route routes[] = {
    {"GET", "/health", health},
    {"GET", "/v1/models", models},
    {"GET", "/models", models},
    {"POST", "/v1/chat/completions", ht_api_chat},
    {"POST", "/chat/completions", ht_api_chat},
    {"GET", "/api/home", home},
    {"GET", "/api/events", ht_events_open},
    {"POST", "/api/ask", ht_api_ask},
    {"POST", "/api/call", ht_api_call},
};
enum { N_ROUTES = sizeof routes / sizeof routes[0] };

/* HEAD is a GET whose body the connection leaves out; but a stream without a body would never end. */
static bool method_is(ht_str method, const route *r)
{
    return ht_str_is(method, r->method) || (ht_str_is(method, "HEAD") && r->method[0] == 'G' && r->answer != ht_events_open);
}

/* Browsers ask first before a page may post JSON; our own page may. */
static void preflight(ht_server *s, ht_exchange *x)
{
    char fields[512];
    ht_buf lines = {0};
    ht_buf_add_c(&lines, ht_api_fields(s, x, fields));
    ht_buf_add_c(&lines, "Access-Control-Allow-Methods: GET, POST, OPTIONS\r\nAccess-Control-Allow-Headers: *, Authorization, Content-Type\r\n"
                         "Access-Control-Max-Age: 600\r\n");
    ht_exchange_reply(x, 204, NULL, lines.ptr ? lines.ptr : "", (ht_str){"", 0});
    ht_buf_deinit(&lines);
}

static void find_route(ht_server *s, ht_exchange *x, ht_str method, ht_str path)
{
    ht_api_error e;
    bool path_exists = false;
    for (size_t i = 0; i < N_ROUTES; i++) {
        if (!ht_str_is(path, routes[i].path))
            continue;
        path_exists = true;
        if (method_is(method, &routes[i])) {
            routes[i].answer(s, x);
            return;
        }
    }
    const bool is_get = ht_str_is(method, "GET") || ht_str_is(method, "HEAD");
    if (is_get && ht_str_starts(path, HT_STR("/v1/models/")) && path.len > 11)
        ht_api_models(s, x, (ht_str){path.ptr + 11, path.len - 11});
    else if (ht_str_is(method, "OPTIONS"))
        preflight(s, x);
    else if (!is_get || !ht_answer_page(s, x, path)) {
        if (path_exists)
            ht_api_fail(&e, 405, "method_not_allowed", NULL, "'%.*s' is not a method of %.*s", HT_STR_ARG(method), HT_STR_ARG(path));
        else
            ht_api_fail(&e, 404, "unknown_url", NULL, "there is no %.*s %.*s here", HT_STR_ARG(method), (int)(path.len < 200 ? path.len : 200), path.ptr);
        ht_answer_error(s, x, &e);
    }
}

static bool access_ok(const ht_server *s, const ht_exchange *x, ht_api_error *e)
{
    const ht_http_head *head = ht_exchange_head(x);
    const ht_str host = ht_http_field_get(head, "host"), origin = ht_http_field_get(head, "origin");
    if (host.ptr != NULL && !ht_access_host_ok(host, s->o.allowed_hosts, s->o.n_allowed_hosts)) {
        ht_api_fail(e, 403, "unknown_host", NULL, "this server is not known as '%.*s'; start it with --allow-host to be reached by that name",
                    (int)(host.len < 100 ? host.len : 100), host.ptr);
        return false;
    }
    if (!ht_access_origin_ok(origin, host)) {
        ht_api_fail(e, 403, "foreign_origin", NULL, "pages of %.*s may not talk to this home", (int)(origin.len < 100 ? origin.len : 100), origin.ptr);
        return false;
    }
    return true;
}

static void on_request(void *ctx, ht_exchange *x)
{
    ht_server *s = ctx;
    ht_api_error e;
    ht_buf path = {0};
    const ht_http_head *head = ht_exchange_head(x);
    ht_exchange_set_user(x, NULL);
    if (!access_ok(s, x, &e)) {
        /* without our headers: a foreign origin is not to be let read even this */
        ht_buf body = {0};
        ht_api_error_json(&e, &body);
        ht_exchange_reply(x, e.status, "application/json", "", ht_buf_str(&body));
        ht_buf_deinit(&body);
    } else if (!ht_http_percent_decode(head->path, &path) || path.failed || ht_utf8_valid(ht_buf_str(&path)) != path.len) {
        ht_api_fail(&e, 400, "invalid_url", NULL, "the path is not well encoded");
        ht_answer_error(s, x, &e);
    } else {
        find_route(s, x, head->method, ht_buf_str(&path));
    }
    ht_buf_deinit(&path);
}

static void on_over(void *ctx, ht_exchange *x)
{
    const ht_waiter *waiter = ht_exchange_user(x);
    if (waiter != NULL)
        waiter->gone(ctx, x);
}

static void describe_error(void *ctx, int status, const char *why, ht_buf *body)
{
    (void)ctx;
    ht_api_error e;
    ht_api_fail(&e, status, status == 413 ? "request_too_large" : "bad_request", NULL, "%s", why);
    ht_api_error_json(&e, body);
}

static void on_change(void *ctx, json_t *take_change) { ht_events_change(ctx, take_change); }

static void nobody_waits(ht_ask *a, const ht_api_error *e) { (void)a, (void)e; }

/* A timer or alarm ended: the pages ring, and a command that came with it is carried out. */
static void on_due(void *ctx, const ht_due *due)
{
    ht_server *s = ctx;
    ht_events_send(s, "due", json_pack("{s:s?, s:s?, s:b, s:s?}", "name", due->name, "area", due->area, "alarm", (int)due->is_alarm, "command", due->command));
    ht_ask *a = due->command ? ht_ask_new(s, NULL, ht_str_from(due->command), ht_str_from(due->area), HT_STR("timer")) : NULL;
    if (a == NULL)
        return;
    a->confirm_needed = true;
    a->on_done = nobody_waits;
    ht_ask_submit(a);
}

static ht_status start_parts(ht_server *s, ht_error *err)
{
    int fd = -1;
    const ht_worker_options worker = {.loop = s->loop, .home = s->o.home, .brain = s->o.brain, .devices = s->o.devices, .on_change = on_change, .on_due = on_due,
                                      .save = s->o.save, .save_ctx = s->o.ctx, .ctx = s, .max_waiting = HT_SERVER_MAX_WAITING};
    const ht_http_options http = {.max_body_bytes = HT_SERVER_MAX_BODY, .max_unsent_bytes = MAX_UNSENT, .max_connections = MAX_CONNECTIONS,
                                  .on_request = on_request, .on_over = on_over, .describe_error = describe_error, .ctx = s};
    ht_status st = ht_listen(s->o.host, s->o.port, &fd, &s->port, err);
    if (st != HT_OK)
        return st;
    if ((st = ht_http_open(s->loop, fd, &http, &s->http, err)) != HT_OK) {
        close(fd);
        return st;
    }
    st = ht_loop_alarm_new(s->loop, ht_events_ping, s, &s->ping, err);
    return st == HT_OK ? ht_worker_new(&worker, &s->worker, err) : st;
}

ht_status ht_server_open(const ht_server_options *options, ht_server **out, ht_error *err)
{
    *out = NULL;
    ht_server *s = calloc(1, sizeof *s);
    if (s == NULL)
        return ht_fail(err, HT_NO_MEMORY, -1, "server: out of memory");
    s->o = *options;
    s->started_s = ht_clock_unix_ms() / 1000;
    s->turns = json_array();
    s->home = ht_view_home(s->o.home); /* before the worker has it */
    ht_status st = s->home && s->turns ? ht_loop_new(&s->loop, err) : ht_fail(err, HT_NO_MEMORY, -1, "server: out of memory");
    if (st == HT_OK)
        st = start_parts(s, err);
    if (st == HT_OK) {
        *out = s;
        s = NULL;
    }
    ht_server_close(s);
    return st;
}

void ht_server_run(ht_server *s) { ht_loop_run(s->loop); }
void ht_server_stop(ht_server *s) { ht_loop_stop(s->loop); }
int ht_server_port(const ht_server *s) { return s->port; }
ht_loop *ht_server_loop(ht_server *s) { return s->loop; }

void ht_server_close(ht_server *s)
{
    if (s == NULL)
        return;
    ht_http_close(s->http); /* first the clients, so that no answer is tried */
    if (s->worker != NULL)
        ht_worker_stop(s->worker);
    ht_loop_alarm_free(s->ping);
    ht_loop_free(s->loop); /* runs what the worker left: every job is given back */
    ht_worker_free(s->worker);
    json_decref(s->home);
    json_decref(s->turns);
    free(s);
}
