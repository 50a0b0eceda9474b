/* A connection is read into `in`; each request's head and body are copied out of it, so that more may arrive (pipelined)
 * while one is being answered. Answers are appended to `out` and sent as the socket takes them. */
#include "net/http.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

typedef enum { READING_HEAD, READING_BODY, ANSWERING, STREAMING, CLOSING } conn_state;

enum {
    IDLE_MS = 75000,     /* a kept connection without a request */
    REQUEST_MS = 30000,  /* a request that does not go on */
    STALL_MS = 60000,    /* an answer that is not being read */
    LINGER_MS = 2000,    /* after the last byte, so that the client reads it before the connection goes */
    READ_BYTES = 65536,
    MAX_PIPELINED_BYTES = 1 << 20
};

struct ht_exchange {
    ht_http *server;
    ht_watch *watch;
    ht_loop_alarm *alarm;
    int fd; /* the watch's */
    conn_state state;
    bool is_local, is_busy; /* is_busy: inside serve_requests */
    bool must_close;        /* after this answer */
    bool is_chunked_out;
    bool is_head_only;      /* HEAD: the body is not sent */
    ht_buf in, head_text, body, out;
    size_t n_in_used, n_out_sent;
    ht_http_head head; /* slices of head_text */
    ht_http_chunks chunks;
    void *user;
    struct ht_exchange *prev, *next;
};

struct ht_http {
    ht_loop *loop;
    ht_watch *listener;
    int listening_fd; /* the listener's */
    ht_http_options options;
    ht_exchange *connections;
    int n_connections;
};

static void serve_requests(ht_exchange *x);

static void over(ht_exchange *x)
{
    x->server->options.on_over(x->server->options.ctx, x);
    x->user = NULL;
}

static void drop(ht_exchange *x)
{
    ht_http *s = x->server;
    if (x->state == ANSWERING || x->state == STREAMING)
        over(x);
    *(x->prev ? &x->prev->next : &s->connections) = x->next;
    if (x->next != NULL)
        x->next->prev = x->prev;
    s->n_connections--;
    ht_watch_close(x->watch);
    ht_loop_alarm_free(x->alarm);
    ht_buf *const bufs[] = {&x->in, &x->head_text, &x->body, &x->out};
    for (size_t i = 0; i < sizeof bufs / sizeof bufs[0]; i++)
        ht_buf_deinit(bufs[i]);
    free(x);
}

static size_t unsent(const ht_exchange *x) { return x->out.len - x->n_out_sent; }

/* How long the connection may stay as it is. */
static void set_alarm(ht_exchange *x)
{
    if (unsent(x) > 0)
        ht_loop_alarm_set(x->alarm, STALL_MS);
    else if (x->state == CLOSING)
        ht_loop_alarm_set(x->alarm, LINGER_MS);
    else if (x->state == READING_HEAD)
        ht_loop_alarm_set(x->alarm, x->in.len > x->n_in_used ? REQUEST_MS : IDLE_MS);
    else if (x->state == READING_BODY)
        ht_loop_alarm_set(x->alarm, REQUEST_MS);
    else
        ht_loop_alarm_set(x->alarm, -1);
}

static void on_alarm(void *ctx) { drop(ctx); }

/* Sends what the socket takes; false if the connection is gone. */
static bool flush(ht_exchange *x)
{
    while (unsent(x) > 0) {
        const ssize_t n = send(x->fd, x->out.ptr + x->n_out_sent, unsent(x), MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno != EAGAIN && errno != EWOULDBLOCK)
            return false;
        if (n < 0) {
            ht_watch_want_write(x->watch);
            return true;
        }
        x->n_out_sent += (size_t)n;
    }
    ht_buf_clear(&x->out);
    x->n_out_sent = 0;
    if (x->state == CLOSING)
        (void)shutdown(x->fd, SHUT_WR);
    return true;
}

/* Ends a burst of work on a connection: sends, and looks after its limits. x may be gone afterwards. */
static void settle(ht_exchange *x)
{
    if (x->out.failed || x->in.failed || x->body.failed || unsent(x) > x->server->options.max_unsent_bytes || !flush(x))
        drop(x);
    else
        set_alarm(x);
}

static const char *reason(int status)
{
    switch (status) {
    case 200: return "OK";
    case 204: return "No Content";
    case 304: return "Not Modified";
    case 400: return "Bad Request";
    case 401: return "Unauthorized";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 411: return "Length Required";
    case 413: return "Content Too Large";
    case 429: return "Too Many Requests";
    case 431: return "Request Header Fields Too Large";
    case 500: return "Internal Server Error";
    case 501: return "Not Implemented";
    case 503: return "Service Unavailable";
    default: return status < 400 ? "OK" : "Error";
    }
}

static void add_status(ht_exchange *x, int status, const char *type, const char *fields)
{
    char date[64];
    const time_t now = time(NULL);
    struct tm utc;
    gmtime_r(&now, &utc);
    strftime(date, sizeof date, "%a, %d %b %Y %H:%M:%S GMT", &utc);
    ht_buf_addf(&x->out, "HTTP/1.1 %d %s\r\nDate: %s\r\n", status, reason(status), date);
    if (type != NULL)
        ht_buf_addf(&x->out, "Content-Type: %s\r\n", type);
    if (x->must_close)
        ht_buf_add_c(&x->out, "Connection: close\r\n");
    else if (x->head.minor == 0)
        ht_buf_add_c(&x->out, "Connection: keep-alive\r\n");
    ht_buf_add_c(&x->out, fields);
}

/* Ready for the next request, or for the end. */
static void finish(ht_exchange *x)
{
    over(x);
    x->state = x->must_close ? CLOSING : READING_HEAD;
    ht_buf_clear(&x->body);
    if (!x->is_busy)
        serve_requests(x);
}

void ht_exchange_reply(ht_exchange *x, int status, const char *type, const char *fields, ht_str body)
{
    add_status(x, status, type, fields);
    if (status != 204 && status != 304)
        ht_buf_addf(&x->out, "Content-Length: %zu\r\n", body.len);
    ht_buf_add_c(&x->out, "\r\n");
    if (!x->is_head_only)
        ht_buf_add_str(&x->out, body);
    finish(x);
}

void ht_exchange_begin(ht_exchange *x, int status, const char *type, const char *fields)
{
    x->is_chunked_out = x->head.minor > 0;
    x->must_close |= !x->is_chunked_out; /* HTTP/1.0: the end of the connection is the end of the answer */
    add_status(x, status, type, fields);
    ht_buf_add_c(&x->out, x->is_chunked_out ? "Transfer-Encoding: chunked\r\n\r\n" : "\r\n");
    x->state = STREAMING;
}

void ht_exchange_send(ht_exchange *x, ht_str piece)
{
    if (piece.len == 0 || x->is_head_only)
        return;
    if (x->is_chunked_out)
        ht_buf_addf(&x->out, "%zx\r\n", piece.len);
    ht_buf_add_str(&x->out, piece);
    if (x->is_chunked_out)
        ht_buf_add_c(&x->out, "\r\n");
    /* a send that fails drops the connection, but the caller still holds x: the loop does either a moment later */
    ht_watch_want_write(x->watch);
    if (unsent(x) > x->server->options.max_unsent_bytes)
        ht_loop_alarm_set(x->alarm, 0);
}

void ht_exchange_end(ht_exchange *x)
{
    if (x->is_chunked_out && !x->is_head_only)
        ht_buf_add_c(&x->out, "0\r\n\r\n");
    finish(x);
}

/* Answers what is not a request, and closes: where the next one would begin is not known. */
static void refuse(ht_exchange *x, int status, const char *why)
{
    ht_buf body = {0};
    x->server->options.describe_error(x->server->options.ctx, status, why, &body);
    x->must_close = true;
    add_status(x, status, "application/json", "");
    ht_buf_addf(&x->out, "Content-Length: %zu\r\n\r\n", body.len);
    ht_buf_add_str(&x->out, ht_buf_str(&body));
    ht_buf_deinit(&body);
    x->state = CLOSING;
}

static ht_str pending(const ht_exchange *x) { return (ht_str){x->in.ptr + x->n_in_used, x->in.len - x->n_in_used}; }

/* Takes a head out of `in`; false if it is not all there, or was refused. */
static bool take_head(ht_exchange *x)
{
    while (pending(x).len >= 2 && memcmp(pending(x).ptr, "\r\n", 2) == 0)
        x->n_in_used += 2; /* some clients end a body with an empty line too many */
    const size_t n = ht_http_head_length(pending(x));
    if (n > HT_HTTP_MAX_HEAD_BYTES || (n == 0 && pending(x).len > HT_HTTP_MAX_HEAD_BYTES)) {
        refuse(x, 431, "the request's head is longer than 16 KiB");
        return false;
    }
    if (n == 0)
        return false;
    ht_buf_clear(&x->head_text);
    ht_buf_add(&x->head_text, pending(x).ptr, n);
    x->n_in_used += n;
    const char *why;
    int status = x->head_text.failed ? 500 : ht_http_parse_head(ht_buf_str(&x->head_text), &x->head, &why);
    if (status == 0 && x->head.content_length > (int64_t)x->server->options.max_body_bytes) {
        status = 413;
        why = "the request's body is larger than this server takes";
    }
    if (status != 0) {
        refuse(x, status, x->head_text.failed ? "out of memory" : why);
        return false;
    }
    x->chunks = (ht_http_chunks){0};
    x->must_close = !x->head.keep_alive;
    x->is_head_only = ht_str_is(x->head.method, "HEAD");
    x->state = READING_BODY;
    if (x->head.expects_continue && pending(x).len == 0)
        ht_buf_add_c(&x->out, "HTTP/1.1 100 Continue\r\n\r\n");
    return true;
}

/* True when the body is complete. */
static bool take_body(ht_exchange *x)
{
    size_t used = 0;
    int done;
    if (x->head.is_chunked) {
        done = ht_http_chunks_feed(&x->chunks, pending(x), &used, &x->body, x->server->options.max_body_bytes);
    } else {
        const size_t want = x->head.content_length > 0 ? (size_t)x->head.content_length - x->body.len : 0;
        used = want < pending(x).len ? want : pending(x).len;
        ht_buf_add(&x->body, pending(x).ptr, used);
        done = used == want;
    }
    x->n_in_used += used;
    if (done > 1)
        refuse(x, done, done == 413 ? "the request's body is larger than this server takes" : "the body's chunks are malformed");
    return done == 1 && !x->body.failed;
}

/* Takes what has arrived, request by request, while each is answered at once. x may be gone afterwards. */
static void serve_requests(ht_exchange *x)
{
    x->is_busy = true;
    while (!x->in.failed && !x->body.failed) {
        if (x->state == READING_HEAD && !take_head(x))
            break;
        if (x->state != READING_BODY || !take_body(x))
            break;
        x->state = ANSWERING;
        x->server->options.on_request(x->server->options.ctx, x);
    }
    x->is_busy = false;
    if (x->state == CLOSING)
        x->n_in_used = x->in.len;
    if (x->n_in_used == x->in.len) {
        ht_buf_clear(&x->in);
        x->n_in_used = 0;
    } else if (x->n_in_used > READ_BYTES) {
        memmove(x->in.ptr, x->in.ptr + x->n_in_used, x->in.len - x->n_in_used + 1);
        x->in.len -= x->n_in_used;
        x->n_in_used = 0;
    }
    settle(x);
}

static void on_readable(void *ctx)
{
    ht_exchange *x = ctx;
    if (!ht_buf_reserve(&x->in, READ_BYTES)) {
        drop(x);
        return;
    }
    const ssize_t n = recv(x->fd, x->in.ptr + x->in.len, READ_BYTES, 0);
    if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR))
        return;
    if (n <= 0) {
        drop(x);
        return;
    }
    x->in.len += (size_t)n;
    x->in.ptr[x->in.len] = '\0';
    if (x->state == CLOSING)
        ht_buf_clear(&x->in); /* nothing more is wanted, but reading it lets the answer through */
    else if (x->state == READING_HEAD || x->state == READING_BODY)
        serve_requests(x);
    else if (pending(x).len > MAX_PIPELINED_BYTES)
        drop(x);
}

static void on_writable(void *ctx) { settle(ctx); }

static bool is_loopback(const struct sockaddr_storage *a)
{
    if (a->ss_family == AF_INET)
        return (ntohl(((const struct sockaddr_in *)a)->sin_addr.s_addr) >> 24) == 127;
    const struct in6_addr *six = &((const struct sockaddr_in6 *)a)->sin6_addr;
    return a->ss_family == AF_INET6 && (IN6_IS_ADDR_LOOPBACK(six) || (IN6_IS_ADDR_V4MAPPED(six) && six->s6_addr[12] == 127));
}

/* Takes fd. */
static ht_status add_connection(ht_http *s, int fd, bool is_local, ht_error *err)
{
    static const ht_watch_events events = {.on_readable = on_readable, .on_writable = on_writable};
    const int yes = 1;
    ht_exchange *x = calloc(1, sizeof *x);
    ht_status st = x ? HT_OK : ht_fail(err, HT_NO_MEMORY, -1, "connection: out of memory");
    if (st == HT_OK)
        st = ht_loop_alarm_new(s->loop, on_alarm, x, &x->alarm, err);
    if (st == HT_OK)
        st = ht_watch_open(s->loop, fd, &events, x, &x->watch, err);
    if (st != HT_OK) {
        if (x != NULL)
            ht_loop_alarm_free(x->alarm);
        free(x);
        close(fd);
        return st;
    }
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    x->server = s;
    x->fd = fd;
    x->is_local = is_local;
    x->next = s->connections;
    if (x->next != NULL)
        x->next->prev = x;
    s->connections = x;
    s->n_connections++;
    set_alarm(x);
    return HT_OK;
}

static void on_connection(void *ctx)
{
    ht_http *s = ctx;
    struct sockaddr_storage peer;
    socklen_t n = sizeof peer;
    const int fd = accept4(s->listening_fd, (struct sockaddr *)&peer, &n, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd < 0)
        return;
    ht_error err;
    if (s->n_connections >= s->options.max_connections)
        close(fd);
    else if (add_connection(s, fd, is_loopback(&peer), &err) != HT_OK)
        return; /* the client sees a closed connection; more cannot be done without memory or descriptors */
}

ht_status ht_http_open(ht_loop *loop, int take_listening_fd, const ht_http_options *options, ht_http **out, ht_error *err)
{
    static const ht_watch_events events = {.on_readable = on_connection};
    *out = NULL;
    ht_http *s = calloc(1, sizeof *s);
    if (s == NULL)
        return ht_fail(err, HT_NO_MEMORY, -1, "HTTP server: out of memory");
    s->loop = loop;
    s->listening_fd = take_listening_fd;
    s->options = *options;
    const ht_status st = ht_watch_open(loop, take_listening_fd, &events, s, &s->listener, err);
    if (st != HT_OK) {
        free(s);
        return st;
    }
    *out = s;
    return HT_OK;
}

void ht_http_close(ht_http *s)
{
    if (s == NULL)
        return;
    ht_watch_close(s->listener);
    while (s->connections != NULL)
        drop(s->connections);
    free(s);
}

int ht_http_connection_count(const ht_http *s) { return s->n_connections; }
const ht_http_head *ht_exchange_head(const ht_exchange *x) { return &x->head; }
ht_str ht_exchange_body(const ht_exchange *x) { return ht_buf_str(&x->body); }
bool ht_exchange_is_local(const ht_exchange *x) { return x->is_local; }
void ht_exchange_set_user(ht_exchange *x, void *user) { x->user = user; }
void *ht_exchange_user(const ht_exchange *x) { return x->user; }
