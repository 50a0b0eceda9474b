/* The whole server on a loopback socket, with a stand-in for the assistant: what each route answers, what the pages are told,
 * and what happens when clients misbehave. */
#include "check.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "home/driver.h"
#include "server/server.h"

typedef struct {
    ht_server *server;
    ht_home *home;
    pthread_t thread;
    int n_saved;
    /* the stand-in for devices */
    ht_devices devices;
    atomic_int to_do; /* 1: a lamp comes; 2: it reports; 3: it goes */
    void (*wake)(void *ctx);
    void *wake_ctx;
} rig;

static const char home_text[] =
    "{\"id\":\"t\",\"lang\":\"zh-CN\",\"areas\":[{\"name\":\"客厅\"}],\"entities\":["
    "{\"id\":\"light.a\",\"name\":\"客厅灯\",\"domain\":\"light\",\"area\":\"客厅\",\"state\":\"off\",\"attributes\":{}},"
    "{\"id\":\"lock.d\",\"name\":\"大门\",\"domain\":\"lock\",\"area\":\"客厅\",\"state\":\"locked\",\"attributes\":{}}]}";

/* "on" turns the light on; "slow" takes a while; "talk" speaks in pieces cut inside a character; "fail", "long" fail;
 * "history" says how many turns came with it, and "calls" how many of them carry calls. */
static ht_status ask(void *ctx, ht_home *h, const ht_request *rq, ht_assist_text_fn *on_text, void *text_ctx, ht_response *out, ht_error *err)
{
    (void)ctx;
    *out = (ht_response){.calls = json_array(), .effects = json_array(), .changes = json_object(), .n_prompt = 9, .n_decoded = 4, .ms = 1};
    if (ht_str_is(rq->text, "fail"))
        return ht_fail(err, HT_IO, -1, "it broke");
    if (ht_str_is(rq->text, "long"))
        return ht_fail(err, HT_TOO_BIG, -1, "the request is too long");
    if (ht_str_is(rq->text, "slow"))
        usleep(200000);
    if (ht_str_is(rq->text, "on")) {
        json_array_append_new(out->calls, json_pack("{s:s, s:{}}", "name", "HassTurnOn", "arguments"));
        ht_buf_add_c(&out->reply, "开了");
        return ht_home_set_state(h, 0, "on", err);
    }
    if (ht_str_is(rq->text, "talk")) {
        static const char *const pieces[] = {"你\xe5", "\xa5", "\xbd。", "\xff"};
        for (int i = 0; i < 4; i++) {
            if (on_text != NULL)
                on_text(text_ctx, ht_str_from(pieces[i]));
            ht_buf_add_c(&out->reply, pieces[i]);
        }
        return HT_OK;
    }
    if (ht_str_is(rq->text, "history"))
        ht_buf_addf(&out->reply, "%zu", json_array_size(rq->history));
    else if (ht_str_is(rq->text, "who"))
        ht_buf_add_c(&out->reply, rq->confirm_needed ? "anybody" : "the owner");
    else if (ht_str_is(rq->text, "calls"))
        ht_buf_addf(&out->reply, "%zu", json_array_size(json_object_get(json_array_get(rq->history, 1), "calls")));
    else
        ht_buf_addf(&out->reply, "said %.*s", HT_STR_ARG(rq->text));
    return HT_OK;
}

static void save(void *ctx, const ht_home *h)
{
    (void)h;
    ((rig *)ctx)->n_saved++;
}

static void *serve(void *ctx)
{
    ht_server_run(((rig *)ctx)->server);
    return NULL;
}

static void start(rig *r)
{
    ht_error err;
    json_t *json = json_loads(home_text, 0, NULL);
    CHECK_OK(ht_home_from_json(json, &r->home, &err), err);
    json_decref(json);
    const ht_server_options o = {.host = "127.0.0.1", .home = r->home, .brain = {ask, NULL}, .devices = r->devices, .model_name = HT_STR("nano"), .save = save, .ctx = r};
    CHECK_OK(ht_server_open(&o, &r->server, &err), err);
    CHECK_REQUIRE(r->server != NULL);
    pthread_create(&r->thread, NULL, serve, r);
}

static void stop(rig *r)
{
    ht_server_stop(r->server);
    pthread_join(r->thread, NULL);
    ht_server_close(r->server);
    ht_home_free(r->home);
}

static int dial(const rig *r)
{
    const struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)ht_server_port(r->server)), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    const struct timeval patience = {.tv_sec = 5};
    const int fd = socket(AF_INET, SOCK_STREAM, 0);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    CHECK_REQUIRE(connect(fd, (const struct sockaddr *)&to, sizeof to) == 0);
    return fd;
}

static int send_request(const rig *r, const char *method, const char *path, const char *fields, const char *body)
{
    const int fd = dial(r);
    ht_buf text = {0};
    ht_buf_addf(&text, "%s %s HTTP/1.1\r\nHost: 127.0.0.1:1\r\nConnection: close\r\n%s", method, path, fields);
    if (body != NULL)
        ht_buf_addf(&text, "Content-Length: %zu\r\n", strlen(body));
    ht_buf_addf(&text, "\r\n%s", body ? body : "");
    CHECK_EQ(send(fd, text.ptr, text.len, MSG_NOSIGNAL), text.len);
    ht_buf_deinit(&text);
    return fd;
}

/* Reads until the end, or until `until` has come; appends to out. */
static void hear(int fd, const char *until, ht_buf *out)
{
    char block[4096];
    for (ssize_t n; until == NULL || out->ptr == NULL || strstr(out->ptr, until) == NULL;) {
        if ((n = recv(fd, block, sizeof block, 0)) <= 0)
            break;
        ht_buf_add(out, block, (size_t)n);
    }
}

/* One whole exchange: the status, and the answer in out. */
static int talk(const rig *r, const char *method, const char *path, const char *fields, const char *body, ht_buf *out)
{
    ht_buf_clear(out);
    const int fd = send_request(r, method, path, fields, body);
    hear(fd, NULL, out);
    close(fd);
    return out->len > 12 ? atoi(out->ptr + 9) : 0;
}

static int chat(const rig *r, const char *rest, ht_buf *out)
{
    ht_buf body = {0};
    ht_buf_addf(&body, "{\"model\":\"hearth\",%s}", rest);
    const int status = talk(r, "POST", "/v1/chat/completions", "", body.ptr, out);
    ht_buf_deinit(&body);
    return status;
}

#define SAY(text) "\"messages\":[{\"role\":\"user\",\"content\":\"" text "\"}]"

static void lists_models_and_health(void)
{
    rig r = {0};
    ht_buf a = {0};
    start(&r);
    CHECK_EQ(talk(&r, "GET", "/health", "", NULL, &a), 200);
    CHECK(strstr(a.ptr, "\"status\":\"ok\"") && strstr(a.ptr, "\"model\":\"nano\""));
    CHECK_EQ(talk(&r, "GET", "/v1/models", "", NULL, &a), 200);
    CHECK(strstr(a.ptr, "\"id\":\"hearth\",\"object\":\"model\"") && strstr(a.ptr, "\"id\":\"nano\""));
    CHECK_EQ(talk(&r, "GET", "/v1/models/hearth", "", NULL, &a), 200);
    CHECK_EQ(talk(&r, "GET", "/v1/models/x%2Fy", "", NULL, &a), 404);
    CHECK(strstr(a.ptr, "'x/y' does not exist") && strstr(a.ptr, "\"code\":\"model_not_found\""));
    CHECK_EQ(talk(&r, "HEAD", "/health", "", NULL, &a), 200);
    CHECK_EQ(talk(&r, "DELETE", "/health", "", NULL, &a), 405);
    CHECK_EQ(talk(&r, "GET", "/nowhere", "", NULL, &a), 404);
    CHECK_EQ(talk(&r, "GET", "/%ff", "", NULL, &a), 400);
    ht_buf_deinit(&a);
    stop(&r);
}

static void answers_chats(void)
{
    rig r = {0};
    ht_buf a = {0};
    start(&r);
    CHECK_EQ(chat(&r, SAY("hi"), &a), 200);
    CHECK(strstr(a.ptr, "\"content\":\"said hi\"") && strstr(a.ptr, "\"total_tokens\":13") && strstr(a.ptr, "X-Request-Id: "));
    CHECK_EQ(chat(&r, "\"messages\":[{\"role\":\"user\",\"content\":\"a\"},{\"role\":\"assistant\",\"content\":\"b\"},{\"role\":\"user\",\"content\":\"history\"}]", &a), 200);
    CHECK(strstr(a.ptr, "\"content\":\"2\""));
    CHECK_EQ(chat(&r, SAY("fail"), &a), 500);
    CHECK(strstr(a.ptr, "it broke"));
    CHECK_EQ(chat(&r, SAY("long"), &a), 400);
    CHECK(strstr(a.ptr, "context_length_exceeded"));
    CHECK_EQ(talk(&r, "POST", "/v1/chat/completions", "", "{\"model\":\"gpt\"," SAY("x") "}", &a), 404);
    CHECK_EQ(talk(&r, "POST", "/v1/chat/completions", "", "{\"model\":\"nano\"," SAY("x") "}", &a), 400);
    CHECK_EQ(talk(&r, "POST", "/v1/chat/completions", "", "nonsense", &a), 400);
    ht_buf_deinit(&a);
    stop(&r);
}

static void streams_whole_characters(void)
{
    rig r = {0};
    ht_buf a = {0};
    start(&r);
    CHECK_EQ(chat(&r, "\"stream\":true,\"stream_options\":{\"include_usage\":true}," SAY("talk"), &a), 200);
    const char *const parts[] = {"text/event-stream", "\"role\":\"assistant\",\"content\":\"\"", "{\"content\":\"你\"}", "{\"content\":\"好。\"}",
                                 "{\"content\":\"\xef\xbf\xbd\"}", "\"finish_reason\":\"stop\"", "\"usage\":{", "data: [DONE]\n\n"};
    const char *at = a.ptr;
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        const char *found = at ? strstr(at, parts[i]) : NULL;
        if (found == NULL)
            fprintf(stderr, "missing: %s\n", parts[i]);
        CHECK(found != NULL);
        at = found ? found : at;
    }
    CHECK_EQ(chat(&r, "\"stream\":true," SAY("on"), &a), 200); /* nothing streamed: the reply comes in one piece */
    CHECK(strstr(a.ptr, "{\"content\":\"开了\"}") && strstr(a.ptr, "[DONE]") && !strstr(a.ptr, "usage"));
    CHECK_EQ(chat(&r, "\"stream\":true," SAY("fail"), &a), 500);
    ht_buf_deinit(&a);
    stop(&r);
}

static void pages_see_what_happens(void)
{
    rig r = {0};
    ht_buf a = {0}, events = {0};
    start(&r);
    const int page = send_request(&r, "GET", "/api/events", "", NULL);
    hear(page, "\"turns\":[]}\n\n", &events);
    CHECK(strstr(events.ptr, "event: home\ndata: {") && strstr(events.ptr, "\"id\":\"light.a\"") && strstr(events.ptr, "\"can\":[\"turn_on\""));
    ht_buf_clear(&events);
    CHECK_EQ(talk(&r, "POST", "/api/ask", "", "{\"text\":\"on\",\"client\":\"p1\"}", &a), 200);
    CHECK(strstr(a.ptr, "\"reply\":\"开了\"") && strstr(a.ptr, "\"calls\":[{\"name\":\"HassTurnOn\""));
    hear(page, "event: reply", &events);
    hear(page, "\"client\":\"p1\",\"text\":\"on\"", &events);
    const char *turn = strstr(events.ptr, "event: turn"), *change = strstr(events.ptr, "event: change"), *reply = strstr(events.ptr, "event: reply");
    CHECK(turn && change && reply && change < reply); /* the tile moves before the words */
    CHECK(strstr(change, "\"id\":\"light.a\"") && strstr(change, "\"state\":\"on\""));
    CHECK_EQ(r.n_saved, 1);
    close(page);
    CHECK_EQ(talk(&r, "GET", "/api/home", "", NULL, &a), 200);
    CHECK(strstr(a.ptr, "\"state\":\"on\"") && strstr(a.ptr, "\"reply\":\"开了\"")); /* a page opened later sees both */
    /* a client that sends the words back gets the calls behind them put in place */
    CHECK_EQ(chat(&r, "\"messages\":[{\"role\":\"user\",\"content\":\"on\"},{\"role\":\"assistant\",\"content\":\"开了\"},{\"role\":\"user\",\"content\":\"calls\"}]", &a), 200);
    CHECK(strstr(a.ptr, "\"content\":\"1\""));
    ht_buf_deinit(&a);
    ht_buf_deinit(&events);
    stop(&r);
}

static void asks_in_pieces(void)
{
    rig r = {0};
    ht_buf a = {0};
    start(&r);
    CHECK_EQ(talk(&r, "POST", "/api/ask", "", "{\"text\":\"talk\",\"stream\":true}", &a), 200);
    CHECK(strstr(a.ptr, "data: {\"piece\":\"你\"}\n\n") && strstr(a.ptr, "data: {\"done\":{\"reply\":\"你好。\xef\xbf\xbd\""));
    CHECK_EQ(talk(&r, "POST", "/api/ask", "", "{\"text\":\"fail\",\"stream\":true}", &a), 500);
    CHECK_EQ(talk(&r, "POST", "/api/ask", "", "{\"text\":\" \"}", &a), 400);
    CHECK_EQ(talk(&r, "POST", "/api/ask", "", "{\"text\":[]}", &a), 400);
    CHECK_EQ(talk(&r, "POST", "/api/ask", "", "{\"text\":\"x\",\"history\":[{\"role\":\"user\"}]}", &a), 400);
    CHECK_EQ(talk(&r, "POST", "/api/ask", "", "[]", &a), 400);
    ht_buf_deinit(&a);
    stop(&r);
}

static void taps_devices(void)
{
    rig r = {0};
    ht_buf a = {0};
    start(&r);
    CHECK_EQ(talk(&r, "POST", "/api/call", "", "{\"name\":\"HassTurnOn\",\"arguments\":{\"name\":\"客厅灯\",\"domain\":\"light\"}}", &a), 200);
    CHECK(strstr(a.ptr, "\"outcome\":\"done\"") && strstr(a.ptr, "\"entities\":[\"light.a\"]"));
    CHECK_EQ(talk(&r, "POST", "/api/call", "", "{\"name\":\"HassTurnOff\",\"arguments\":{\"name\":\"大门\",\"domain\":\"lock\"}}", &a), 200);
    CHECK(strstr(a.ptr, "\"outcome\":\"needs_confirm\""));
    CHECK_EQ(talk(&r, "GET", "/api/home", "", NULL, &a), 200);
    CHECK(strstr(a.ptr, "\"state\":\"locked\""));
    CHECK_EQ(talk(&r, "POST", "/api/call", "", "{\"name\":\"HassTurnOff\",\"arguments\":{\"name\":\"大门\",\"domain\":\"lock\"},\"confirmed\":true}", &a), 200);
    CHECK(strstr(a.ptr, "\"outcome\":\"done\""));
    /* this machine is the owner's, but what a proxy on it hands on is anybody's */
    CHECK_EQ(talk(&r, "POST", "/api/ask", "", "{\"text\":\"who\"}", &a), 200);
    CHECK(strstr(a.ptr, "\"the owner\""));
    CHECK_EQ(talk(&r, "POST", "/api/ask", "X-Forwarded-For: 203.0.113.9\r\n", "{\"text\":\"who\"}", &a), 200);
    CHECK(strstr(a.ptr, "\"anybody\""));
    CHECK_EQ(talk(&r, "POST", "/api/call", "", "{\"name\":\"HassTurnOn\",\"arguments\":{\"name\":\"洗碗机\"}}", &a), 200);
    CHECK(strstr(a.ptr, "\"outcome\":\"no_target\""));
    CHECK_EQ(talk(&r, "POST", "/api/call", "", "{\"name\":\"Destroy\",\"arguments\":{}}", &a), 400);
    CHECK_EQ(talk(&r, "POST", "/api/call", "", "{\"name\":\"HassTurnOn\"}", &a), 400);
    ht_buf_deinit(&a);
    stop(&r);
}

static void foreign_pages_stay_outside(void)
{
    rig r = {0};
    ht_buf a = {0};
    start(&r);
    CHECK_EQ(talk(&r, "POST", "/api/ask", "Origin: http://evil.com\r\n", "{\"text\":\"on\"}", &a), 403);
    CHECK(strstr(a.ptr, "Access-Control") == NULL);
    CHECK_EQ(talk(&r, "OPTIONS", "/api/ask", "Origin: http://evil.com\r\n", NULL, &a), 403);
    CHECK_EQ(talk(&r, "OPTIONS", "/api/ask", "Origin: http://127.0.0.1:1\r\n", NULL, &a), 204);
    CHECK(strstr(a.ptr, "Access-Control-Allow-Origin: http://127.0.0.1:1\r\n"));
    const int fd = dial(&r);
    static const char rebound[] = "GET /api/home HTTP/1.1\r\nHost: evil.com\r\nConnection: close\r\n\r\n";
    CHECK_EQ(send(fd, rebound, sizeof rebound - 1, MSG_NOSIGNAL), sizeof rebound - 1);
    ht_buf_clear(&a);
    hear(fd, NULL, &a);
    close(fd);
    CHECK(strstr(a.ptr, "HTTP/1.1 403 ") == a.ptr);
    CHECK_EQ(talk(&r, "GET", "/", "", NULL, &a), 200);
    CHECK(strstr(a.ptr, "Content-Security-Policy: default-src 'none'") && strstr(a.ptr, "<!doctype html>"));
    ht_buf_deinit(&a);
    stop(&r);
}

static void pages_are_cached_by_content(void)
{
    rig r = {0};
    ht_buf a = {0}, field = {0};
    start(&r);
    CHECK_EQ(talk(&r, "GET", "/style.css", "", NULL, &a), 200);
    const char *tag = strstr(a.ptr, "ETag: ");
    CHECK_REQUIRE(tag != NULL);
    ht_buf_addf(&field, "If-None-Match: %.18s\r\n", tag + 6);
    CHECK_EQ(talk(&r, "GET", "/style.css", field.ptr, NULL, &a), 304);
    ht_buf_deinit(&a);
    ht_buf_deinit(&field);
    stop(&r);
}

/* A tap does not wait behind sentences: only for the one in hand. */
static void taps_go_first(void)
{
    rig r = {0};
    ht_buf a = {0};
    int fds[5];
    start(&r);
    for (int i = 0; i < 5; i++)
        fds[i] = send_request(&r, "POST", "/api/ask", "", "{\"text\":\"slow\"}");
    usleep(50000);
    const double begin_ms = ht_clock_ms();
    CHECK_EQ(talk(&r, "POST", "/api/call", "", "{\"name\":\"HassTurnOn\",\"arguments\":{\"name\":\"客厅灯\"}}", &a), 200);
    CHECK(ht_clock_ms() - begin_ms < 600); /* five would take a second */
    for (int i = 0; i < 5; i++)
        close(fds[i]);
    ht_buf_deinit(&a);
    stop(&r);
}

/* Requests that pile up are refused, not remembered without end; a client that left is not worked for. */
static void sheds_load(void)
{
    rig r = {0};
    ht_buf a = {0};
    int fds[80];
    start(&r);
    for (int i = 0; i < 80; i++)
        fds[i] = send_request(&r, "POST", "/api/ask", "", "{\"text\":\"slow\"}");
    int n_full = 0;
    for (int i = 79; i >= 64; i--) {
        ht_buf_clear(&a);
        hear(fds[i], "\r\n\r\n", &a);
        n_full += strstr(a.ptr, "HTTP/1.1 503 ") == a.ptr && strstr(a.ptr, "Retry-After: 1") != NULL;
    }
    CHECK(n_full >= 14);
    for (int i = 0; i < 80; i++)
        close(fds[i]);
    CHECK_EQ(chat(&r, SAY("hi"), &a), 200); /* within the patience of one answer: the others were dropped */
    ht_buf_deinit(&a);
    stop(&r);
}

/* Stopping in the middle of everything: no crash, no leak, and the request in hand is finished. */
static void stops_in_the_middle(void)
{
    rig r = {0};
    int fds[6];
    start(&r);
    for (int i = 0; i < 4; i++)
        fds[i] = send_request(&r, "POST", "/api/ask", "", "{\"text\":\"slow\",\"stream\":true}");
    fds[4] = send_request(&r, "GET", "/api/events", "", NULL);
    fds[5] = send_request(&r, "POST", "/api/call", "", "{\"name\":\"HassTurnOn\",\"arguments\":{\"name\":\"客厅灯\"}}");
    usleep(50000);
    stop(&r);
    for (int i = 0; i < 6; i++)
        close(fds[i]);
}

static int64_t tick(void *ctx, ht_home *h)
{
    rig *r = ctx;
    ht_error err;
    size_t entity;
    const int lamp = ht_home_find_entity(h, HT_STR("light.new"));
    switch (atomic_exchange(&r->to_do, 0)) {
    case 1: {
        json_t *e = json_pack("{s:s, s:s, s:s, s:s, s:s, s:{}}", "id", "light.new", "name", "新灯", "domain", "light", "area", "客厅", "state", "off", "attributes");
        CHECK_OK(ht_home_add_entity(h, e, &entity, &err), err);
        json_decref(e);
        break;
    }
    case 2: CHECK_OK(ht_home_set_state(h, (size_t)lamp, "on", &err), err); break;
    case 3: ht_home_remove_entity(h, (size_t)lamp); break;
    default: break;
    }
    return -1;
}

static void set_wake(void *ctx, void (*fn)(void *wake_ctx), void *wake_ctx)
{
    rig *r = ctx;
    r->wake = fn;
    r->wake_ctx = wake_ctx;
}

/* Devices that join, report and leave on their own are seen by the pages at once, and cost no write. */
static void devices_come_and_go(void)
{
    rig r = {0};
    ht_buf events = {0};
    r.devices = (ht_devices){tick, set_wake, &r};
    start(&r);
    const int page = send_request(&r, "GET", "/api/events", "", NULL);
    hear(page, "\"turns\":[]}\n\n", &events);
    CHECK(strstr(events.ptr, "light.new") == NULL);
    static const char *const seen[] = {"event: home\n", "event: change\ndata: {\"entities\":[{\"id\":\"light.new\"", "event: home\n"};
    for (int i = 0; i < 3; i++) {
        ht_buf_clear(&events);
        r.to_do = i + 1;
        r.wake(r.wake_ctx);
        hear(page, seen[i], &events);
        hear(page, "}\n\n", &events);
        CHECK(events.ptr != NULL && strstr(events.ptr, seen[i]) != NULL);
        CHECK_EQ(events.ptr != NULL && strstr(events.ptr, "\"id\":\"light.new\"") != NULL, i < 2);
    }
    CHECK_EQ(r.n_saved, 0);
    close(page);
    ht_buf_deinit(&events);
    stop(&r);
    CHECK(r.wake == NULL);
}

int main(int argc, char **argv)
{
    static const check_case cases[] = {
        CHECK_CASE(lists_models_and_health),
        CHECK_CASE(answers_chats),
        CHECK_CASE(streams_whole_characters),
        CHECK_CASE(pages_see_what_happens),
        CHECK_CASE(asks_in_pieces),
        CHECK_CASE(taps_devices),
        CHECK_CASE(foreign_pages_stay_outside),
        CHECK_CASE(pages_are_cached_by_content),
        CHECK_CASE(devices_come_and_go),
        CHECK_CASE(taps_go_first),
        CHECK_CASE(sheds_load),
        CHECK_CASE(stops_in_the_middle),
    };
    return check_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
