/* The one-request client, against a listener that says whatever the case wants. */
#include "net/http_call.h"

#include "check.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PATIENT_MS = 20000 }; /* a busy machine is no reason to fail */

typedef struct {
    int listener, port;
    char url[64];
    pthread_t thread;
    const char *answer; /* sent once a whole request has come; NULL: nothing, ever */
    size_t n_answer;
    char heard[4096];
} stub;

static void *run_stub(void *ctx)
{
    stub *s = ctx;
    const int fd = accept(s->listener, NULL, NULL);
    size_t n = 0;
    const char *body;
    while (fd >= 0 && n < sizeof s->heard - 1) {
        const ssize_t got = recv(fd, s->heard + n, sizeof s->heard - 1 - n, 0);
        n += got > 0 ? (size_t)got : 0;
        const char *length = strstr(s->heard, "Content-Length: ");
        if (got <= 0 || ((body = strstr(s->heard, "\r\n\r\n")) != NULL && (length == NULL || strlen(body + 4) >= (size_t)atoi(length + 16))))
            break;
    }
    if (s->answer == NULL)
        CHECK_EQ(recv(fd, s->heard, 1, 0), 0); /* until the client has had enough */
    else if (send(fd, s->answer, s->n_answer, MSG_NOSIGNAL) < 0)
        fprintf(stderr, "the client has left\n");
    close(fd);
    return NULL;
}

static void start(stub *s, const char *answer)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof at;
    *s = (stub){.listener = socket(AF_INET, SOCK_STREAM, 0), .answer = answer, .n_answer = answer ? strlen(answer) : 0};
    CHECK_REQUIRE(bind(s->listener, (struct sockaddr *)&at, size) == 0 && listen(s->listener, 4) == 0);
    CHECK_REQUIRE(getsockname(s->listener, (struct sockaddr *)&at, &size) == 0);
    s->port = ntohs(at.sin_port);
    snprintf(s->url, sizeof s->url, "http://127.0.0.1:%d", s->port);
    CHECK_REQUIRE(pthread_create(&s->thread, NULL, run_stub, s) == 0);
}

static void stop(stub *s)
{
    pthread_join(s->thread, NULL);
    close(s->listener);
}

/* The call's status against this answer; *code and body as the call leaves them. */
static ht_status call(const char *answer, const char *json, int timeout_ms, int *code, ht_buf *body, ht_error *err, stub *s)
{
    start(s, answer);
    const ht_http_call c = {.url = s->url, .path = "/api/ask", .json = ht_str_from(json), .timeout_ms = timeout_ms, .max_bytes = 1000};
    ht_buf_clear(body);
    const ht_status st = ht_http_call_run(&c, code, body, err);
    stop(s);
    return st;
}

static void posts_and_gets(void)
{
    stub s;
    int code;
    ht_buf body = {0};
    ht_error err = {0};
    CHECK_OK(call("HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello", "{\"a\":1}", PATIENT_MS, &code, &body, &err, &s), err);
    CHECK_EQ(code, 200);
    CHECK_STR(body.ptr, "hello");
    char host[80];
    snprintf(host, sizeof host, "Host: 127.0.0.1:%d\r\n", s.port);
    CHECK(strncmp(s.heard, "POST /api/ask HTTP/1.0\r\n", 24) == 0 && strstr(s.heard, host) != NULL);
    CHECK(strstr(s.heard, "Content-Length: 7\r\n") != NULL && strstr(s.heard, "\r\n\r\n{\"a\":1}") != NULL);
    CHECK_OK(call("HTTP/1.0 404 no\r\n\r\nto the end", NULL, PATIENT_MS, &code, &body, &err, &s), err);
    CHECK_EQ(code, 404);
    CHECK_STR(body.ptr, "to the end");
    CHECK(strncmp(s.heard, "GET ", 4) == 0);
    ht_buf_deinit(&body);
}

static void broken_answers(void)
{
    static const char *const answers[] = {"", "hello", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nhello",
                                          "HTTP/2 200\r\n\r\n", "HTTP/1.1 OK\r\n\r\n"};
    stub s;
    int code;
    ht_buf body = {0};
    for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++) {
        ht_error err = {0};
        CHECK_EQ(call(answers[i], "{}", PATIENT_MS, &code, &body, &err, &s), HT_PROTOCOL);
        CHECK(strstr(err.text, s.url) != NULL && body.len == 0);
    }
    ht_buf_deinit(&body);
}

static void silence_times_out(void)
{
    stub s;
    int code;
    ht_buf body = {0};
    ht_error err = {0};
    CHECK_EQ(call(NULL, "{}", 200, &code, &body, &err, &s), HT_TIMEOUT);
    CHECK(strstr(err.text, "0.2 s") != NULL);
    ht_buf_deinit(&body);
}

static void large_answers_are_refused(void)
{
    enum { N = 200000 };
    stub s;
    int code;
    ht_buf body = {0};
    ht_error err = {0};
    char *answer = malloc(N);
    snprintf(answer, N, "HTTP/1.1 200 OK\r\n\r\n");
    memset(answer + 19, 'x', N - 20);
    answer[N - 1] = '\0';
    start(&s, answer);
    const ht_http_call c = {.url = s.url, .path = "/", .timeout_ms = PATIENT_MS, .max_bytes = 100000};
    const ht_status st = ht_http_call_run(&c, &code, &body, &err);
    stop(&s);
    CHECK_EQ(st, HT_TOO_BIG);
    ht_buf_deinit(&body);
    free(answer);
}

static void nobody_listens(void)
{
    stub s;
    int code;
    ht_buf body = {0};
    ht_error err = {0};
    start(&s, "");
    const ht_http_call first = {.url = s.url, .path = "/", .timeout_ms = PATIENT_MS, .max_bytes = 10};
    CHECK_EQ(ht_http_call_run(&first, &code, &body, &err), HT_PROTOCOL);
    stop(&s);
    CHECK_EQ(ht_http_call_run(&first, &code, &body, &err), HT_NOT_FOUND);
    CHECK(strstr(err.text, s.url) != NULL);
    ht_buf_deinit(&body);
}

static void addresses(void)
{
    static const char *const bad[] = {"", "http://", "https://a:1", "http://a", "http://a:", "http://:80", "http://a:80/x", "http://[::1", "http://a:123456789"};
    int code;
    ht_buf body = {0};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        ht_error err = {0};
        const ht_http_call c = {.url = bad[i], .path = "/", .timeout_ms = 100, .max_bytes = 10};
        CHECK_EQ(ht_http_call_run(&c, &code, &body, &err), HT_BAD_ARG);
    }
    ht_error err = {0};
    const ht_http_call six = {.url = "http://[::1]:9", .path = "/", .timeout_ms = 100, .max_bytes = 10}; /* the discard port: nobody */
    const ht_status st = ht_http_call_run(&six, &code, &body, &err);
    CHECK(st == HT_NOT_FOUND || st == HT_IO); /* HT_IO: no IPv6 here */
}

int main(int argc, char **argv)
{
    static const check_case cases[] = {
        CHECK_CASE(posts_and_gets),
        CHECK_CASE(broken_answers),
        CHECK_CASE(silence_times_out),
        CHECK_CASE(large_answers_are_refused),
        CHECK_CASE(nobody_listens),
        CHECK_CASE(addresses),
    };
    return check_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
