/* The server on a real socket, with a client that sends bytes as it likes. */
#include "check.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "net/http.h"
#include "net/listen.h"

typedef struct {
    ht_loop *loop;
    ht_http *http;
    pthread_t thread;
    int port;
    atomic_int begun, over;
    ht_exchange *waiting; /* the answer to /wait, which /go sends */
} rig;

/* What each path does: /echo answers with the body, /stream in pieces, /wait later, /big with 3 MB. */
static void on_request(void *ctx, ht_exchange *x)
{
    rig *r = ctx;
    r->begun++;
    const ht_str path = ht_exchange_head(x)->path;
    if (ht_str_is(path, "/echo")) {
        ht_exchange_reply(x, 200, "text/plain", "X-Own: 1\r\n", ht_exchange_body(x));
    } else if (ht_str_is(path, "/stream")) {
        ht_exchange_begin(x, 200, "text/plain", "");
        ht_exchange_send(x, HT_STR("one "));
        ht_exchange_send(x, HT_STR("two"));
        ht_exchange_end(x);
    } else if (ht_str_is(path, "/wait")) {
        r->waiting = x;
    } else if (ht_str_is(path, "/go")) {
        if (r->waiting != NULL)
            ht_exchange_reply(r->waiting, 200, "text/plain", "", HT_STR("waited"));
        ht_exchange_reply(x, 200, "text/plain", "", HT_STR("gone"));
    } else if (ht_str_is(path, "/big")) {
        char *big = calloc(3, 1 << 20);
        memset(big, 'b', 3 << 20);
        ht_exchange_reply(x, 200, "text/plain", "", (ht_str){big, 3 << 20});
        free(big);
    } else {
        ht_exchange_reply(x, 404, "text/plain", "", HT_STR("no"));
    }
}

static void on_over(void *ctx, ht_exchange *x)
{
    rig *r = ctx;
    r->over++;
    if (r->waiting == x)
        r->waiting = NULL;
}

static void describe_error(void *ctx, int status, const char *why, ht_buf *body)
{
    (void)ctx;
    ht_buf_addf(body, "{\"status\":%d,\"why\":\"%s\"}", status, why);
}

static void *serve(void *ctx)
{
    rig *r = ctx;
    ht_loop_run(r->loop);
    ht_http_close(r->http);
    return NULL;
}

static void start(rig *r)
{
    ht_error err;
    int fd;
    CHECK_OK(ht_loop_new(&r->loop, &err), err);
    CHECK_OK(ht_listen("127.0.0.1", 0, &fd, &r->port, &err), err);
    const ht_http_options o = {.max_body_bytes = 1000, .max_unsent_bytes = 8 << 20, .max_connections = 8, .on_request = on_request,
                               .on_over = on_over, .describe_error = describe_error, .ctx = r};
    CHECK_OK(ht_http_open(r->loop, fd, &o, &r->http, &err), err);
    pthread_create(&r->thread, NULL, serve, r);
}

static void stop(rig *r)
{
    ht_loop_stop(r->loop);
    pthread_join(r->thread, NULL);
    ht_loop_free(r->loop);
    CHECK_EQ(r->begun, r->over); /* every exchange ended once */
}

static int dial(const rig *r)
{
    const struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)r->port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    const struct timeval patience = {.tv_sec = 5};
    const int fd = socket(AF_INET, SOCK_STREAM, 0);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    CHECK_REQUIRE(connect(fd, (const struct sockaddr *)&to, sizeof to) == 0);
    return fd;
}

static void say(int fd, const char *text)
{
    CHECK_EQ(send(fd, text, strlen(text), MSG_NOSIGNAL), strlen(text));
}

/* Reads until the end of the connection, or until `until` has come (NULL: never). */
static char *hear(int fd, const char *until)
{
    static char text[4 << 20];
    size_t n = 0;
    text[0] = '\0';
    for (ssize_t got; n < sizeof text - 1 && (until == NULL || strstr(text, until) == NULL);) {
        got = recv(fd, text + n, sizeof text - 1 - n, 0);
        if (got <= 0)
            break;
        n += (size_t)got;
        text[n] = '\0';
    }
    return text;
}

/* One connection: sends, hears everything. */
static char *talk(const rig *r, const char *text)
{
    const int fd = dial(r);
    say(fd, text);
    char *answer = hear(fd, NULL);
    close(fd);
    return answer;
}

static int count_of(const char *text, const char *word)
{
    int n = 0;
    for (const char *p = text; (p = strstr(p, word)) != NULL; p += strlen(word))
        n++;
    return n;
}

static void answers_and_keeps_the_connection(void)
{
    rig r = {0};
    start(&r);
    const int fd = dial(&r);
    say(fd, "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello");
    char *a = hear(fd, "hello");
    CHECK(strstr(a, "HTTP/1.1 200 OK\r\n") == a && strstr(a, "Content-Length: 5\r\n") && strstr(a, "X-Own: 1\r\n") && strstr(a, "Date: "));
    say(fd, "GET /stream HTTP/1.1\r\nHost: a\r\n\r\n");
    a = hear(fd, "0\r\n\r\n");
    CHECK(strstr(a, "Transfer-Encoding: chunked\r\n\r\n4\r\none \r\n3\r\ntwo\r\n0\r\n\r\n"));
    say(fd, "HEAD /echo HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    a = hear(fd, NULL);
    CHECK(strstr(a, "Connection: close\r\n") && ht_str_ends(ht_str_from(a), HT_STR("Content-Length: 0\r\n\r\n")));
    close(fd);
    stop(&r);
}

static void bodies_come_in_any_pieces(void)
{
    static const char text[] = "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n";
    rig r = {0};
    start(&r);
    const int fd = dial(&r);
    for (const char *p = text; *p; p++) {
        say(fd, (char[]){*p, '\0'});
        if (p - text > 60)
            usleep(500);
    }
    CHECK(ht_str_ends(ht_str_from(hear(fd, NULL)), HT_STR("\r\n\r\nabcde")));
    close(fd);
    stop(&r);
}

static void pipelined_requests_are_answered_in_order(void)
{
    rig r = {0};
    start(&r);
    const char *a = talk(&r, "GET /stream HTTP/1.1\r\nHost: a\r\n\r\n\r\nPOST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nxy"
                             "GET /none HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    const char *one = strstr(a, "two\r\n0\r\n\r\nHTTP/1.1 200"), *two = strstr(a, "xyHTTP/1.1 404");
    CHECK(one != NULL && two != NULL && one < two);
    /* also behind one that is answered later */
    const int fd = dial(&r);
    say(fd, "GET /wait HTTP/1.1\r\nHost: a\r\n\r\nGET /stream HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    usleep(50000);
    CHECK(strstr(talk(&r, "GET /go HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"), "gone"));
    a = hear(fd, NULL);
    CHECK(strstr(a, "waitedHTTP/1.1 200 OK") && strstr(a, "two"));
    close(fd);
    stop(&r);
}

static void refuses_with_a_reason(void)
{
    rig r = {0};
    start(&r);
    CHECK(strstr(talk(&r, "nonsense\r\n\r\n"), "HTTP/1.1 400 Bad Request\r\n"));
    CHECK(strstr(talk(&r, "POST /echo HTTP/1.1\r\nHost: a\r\n\r\n"), "{\"status\":411,"));
    char big[3000];
    snprintf(big, sizeof big, "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1001\r\n\r\n%01001d", 7);
    CHECK(strstr(talk(&r, big), "HTTP/1.1 413 "));
    snprintf(big, sizeof big, "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3e9\r\n%01001d\r\n0\r\n\r\n", 7);
    CHECK(strstr(talk(&r, big), "HTTP/1.1 413 "));
    char *head = malloc(20000);
    memset(head, 'x', 19999);
    head[19999] = '\0';
    memcpy(head, "GET / HTTP/1.1\r\nX: ", 19);
    CHECK(strstr(talk(&r, head), "HTTP/1.1 431 "));
    free(head);
    CHECK_EQ(r.begun, 0);
    stop(&r);
}

static void continues_when_asked(void)
{
    rig r = {0};
    start(&r);
    const int fd = dial(&r);
    say(fd, "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n");
    const char *first = hear(fd, "\r\n\r\n");
    CHECK_STR(first, "HTTP/1.1 100 Continue\r\n\r\n");
    say(fd, "ok");
    CHECK(ht_str_ends(ht_str_from(hear(fd, NULL)), HT_STR("\r\n\r\nok")));
    close(fd);
    stop(&r);
}

static void large_answers_arrive_whole(void)
{
    rig r = {0};
    start(&r);
    const char *a = talk(&r, "GET /big HTTP/1.0\r\n\r\n");
    CHECK_EQ(strlen(strstr(a, "\r\n\r\n") + 4), 3 << 20);
    stop(&r);
}

/* A client that leaves ends its exchange at once, and costs no CPU while others wait. */
static void notices_clients_that_leave(void)
{
    rig r = {0};
    start(&r);
    const int fd = dial(&r);
    say(fd, "GET /wait HTTP/1.1\r\nHost: a\r\n\r\n");
    for (int i = 0; i < 100 && r.begun == 0; i++)
        usleep(10000);
    CHECK_EQ(r.begun, 1);
    close(fd);
    for (int i = 0; i < 100 && r.over == 0; i++)
        usleep(10000);
    CHECK_EQ(r.over, 1);
    const int idle = dial(&r);
    struct rusage before, after;
    getrusage(RUSAGE_SELF, &before);
    usleep(300000);
    getrusage(RUSAGE_SELF, &after);
    CHECK(after.ru_utime.tv_sec == before.ru_utime.tv_sec && after.ru_utime.tv_usec - before.ru_utime.tv_usec < 50000);
    close(idle);
    stop(&r);
}

static void limits_connections(void)
{
    rig r = {0};
    int fds[9];
    start(&r);
    for (int i = 0; i < 9; i++)
        fds[i] = dial(&r);
    char c;
    CHECK_EQ(recv(fds[8], &c, 1, 0), 0); /* the ninth is turned away */
    close(fds[0]);
    usleep(50000);
    CHECK_EQ(count_of(talk(&r, "GET /echo HTTP/1.0\r\n\r\n"), "200 OK"), 1);
    for (int i = 1; i < 9; i++)
        close(fds[i]);
    stop(&r);
}

static void says_that_a_port_is_taken(void)
{
    ht_error err;
    int fd, port, second, other;
    CHECK_OK(ht_listen("127.0.0.1", 0, &fd, &port, &err), err);
    CHECK(port > 0);
    CHECK_EQ(ht_listen("127.0.0.1", port, &second, &other, &err), HT_IO);
    CHECK(strstr(err.text, "taken") && strstr(err.text, "--port"));
    CHECK_EQ(ht_listen("no such host", 0, &second, &other, &err), HT_BAD_ARG);
    close(fd);
}

int main(int argc, char **argv)
{
    static const check_case cases[] = {
        CHECK_CASE(answers_and_keeps_the_connection),
        CHECK_CASE(bodies_come_in_any_pieces),
        CHECK_CASE(pipelined_requests_are_answered_in_order),
        CHECK_CASE(refuses_with_a_reason),
        CHECK_CASE(continues_when_asked),
        CHECK_CASE(large_answers_arrive_whole),
        CHECK_CASE(notices_clients_that_leave),
        CHECK_CASE(limits_connections),
        CHECK_CASE(says_that_a_port_is_taken),
    };
    return check_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
