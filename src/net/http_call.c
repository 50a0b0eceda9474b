/* The request goes out as HTTP/1.0, so that the answer is never in chunks and ends with the connection. */
#include "net/http_call.h"

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

typedef struct {
    char host[256], port[8];
} address;

static bool parse_url(const char *url, address *a)
{
    const char *p = url + 7, *host_end, *colon;
    if (strncmp(url, "http://", 7) != 0)
        return false;
    if (*p == '[') {
        p++;
        host_end = strchr(p, ']');
        colon = host_end ? host_end + 1 : NULL;
    } else {
        host_end = colon = strchr(p, ':');
    }
    if (host_end == NULL || host_end == p || *colon != ':' || (size_t)(host_end - p) >= sizeof a->host)
        return false;
    const size_t n = strspn(colon + 1, "0123456789");
    if (n == 0 || n >= sizeof a->port || colon[1 + n] != '\0')
        return false;
    snprintf(a->host, sizeof a->host, "%.*s", (int)(host_end - p), p);
    snprintf(a->port, sizeof a->port, "%s", colon + 1);
    return true;
}

static ht_status fail_errno(const ht_http_call *call, const char *what, ht_error *err)
{
    const int e = errno;
    if (e == EAGAIN || e == EWOULDBLOCK || e == EINPROGRESS || e == ETIMEDOUT)
        return ht_fail(err, HT_TIMEOUT, -1, "%s: no answer in %g s", call->url, call->timeout_ms / 1000.0);
    return ht_fail(err, e == ECONNREFUSED ? HT_NOT_FOUND : HT_IO, -1, "%s: %s: %s", call->url, what, strerror(e));
}

static ht_status connect_to(const ht_http_call *call, const address *a, int *out_fd, ht_error *err)
{
    const struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
    const struct timeval limit = {call->timeout_ms / 1000, call->timeout_ms % 1000 * 1000};
    struct addrinfo *list = NULL;
    const int why = getaddrinfo(a->host, a->port, &hints, &list);
    if (why != 0)
        return ht_fail(err, HT_NOT_FOUND, -1, "%s: %s", call->url, gai_strerror(why));
    ht_status st = HT_NOT_FOUND;
    for (struct addrinfo *i = list; i != NULL && st != HT_OK; i = i->ai_next) {
        const int fd = socket(i->ai_family, i->ai_socktype | SOCK_CLOEXEC, i->ai_protocol);
        if (fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit) == 0 &&
            setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit) == 0 && connect(fd, i->ai_addr, i->ai_addrlen) == 0) {
            *out_fd = fd;
            st = HT_OK;
            continue;
        }
        st = fail_errno(call, "cannot connect", err);
        if (fd >= 0)
            close(fd);
    }
    freeaddrinfo(list);
    return st;
}

static ht_status send_all(const ht_http_call *call, int fd, ht_str data, ht_error *err)
{
    while (data.len > 0) {
        const ssize_t n = send(fd, data.ptr, data.len, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return fail_errno(call, "cannot send", err);
        data = (ht_str){data.ptr + n, data.len - (size_t)n};
    }
    return HT_OK;
}

static ht_status receive_all(const ht_http_call *call, int fd, ht_buf *out, ht_error *err)
{
    enum { PIECE = 16384, MAX_HEAD = 65536 };
    for (;;) {
        if (!ht_buf_reserve(out, PIECE))
            return ht_fail(err, HT_NO_MEMORY, -1, "%s: out of memory", call->url);
        const ssize_t n = recv(fd, out->ptr + out->len, PIECE, 0);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return fail_errno(call, "cannot receive", err);
        if (n == 0)
            return HT_OK;
        out->len += (size_t)n;
        out->ptr[out->len] = '\0';
        if (out->len > call->max_bytes + MAX_HEAD)
            return ht_fail(err, HT_TOO_BIG, -1, "%s: an answer of more than %zu bytes", call->url, call->max_bytes);
    }
}

/* Status line, header lines, empty line, body. A given length must be the body's. */
static ht_status parse_answer(const ht_http_call *call, ht_str whole, int *status, ht_buf *body, ht_error *err)
{
    const ptrdiff_t end = ht_str_find(whole, HT_STR("\r\n\r\n"), 0);
    if (end < 0 || sscanf(whole.ptr, "HTTP/1.%*1d %3d", status) != 1)
        return ht_fail(err, HT_PROTOCOL, -1, "%s: the answer is not HTTP", call->url);
    ht_str head = {whole.ptr, (size_t)end}, line;
    const ht_str rest = {whole.ptr + end + 4, whole.len - (size_t)end - 4};
    static const char name[] = "content-length:";
    while (ht_str_split(&head, '\n', &line))
        if (line.len >= sizeof name && strncasecmp(line.ptr, name, sizeof name - 1) == 0 &&
            strtoull(line.ptr + sizeof name - 1, NULL, 10) != rest.len)
            return ht_fail(err, HT_PROTOCOL, -1, "%s: the answer ends too soon", call->url);
    ht_buf_add_str(body, rest);
    return body->failed ? ht_fail(err, HT_NO_MEMORY, -1, "%s: out of memory", call->url) : HT_OK;
}

ht_status ht_http_call_run(const ht_http_call *call, int *status, ht_buf *body, ht_error *err)
{
    address a;
    ht_buf request = {0}, answer = {0};
    int fd = -1;
    *status = 0;
    if (!parse_url(call->url, &a))
        return ht_fail(err, HT_BAD_ARG, -1, "'%s' is not http://HOST:PORT", call->url);
    ht_buf_addf(&request, "%s %s HTTP/1.0\r\nHost: %s\r\n", call->json.ptr ? "POST" : "GET", call->path, call->url + 7);
    if (call->json.ptr != NULL)
        ht_buf_addf(&request, "Content-Type: application/json\r\nContent-Length: %zu\r\n", call->json.len);
    ht_buf_add_c(&request, "\r\n");
    ht_buf_add_str(&request, call->json);
    ht_status st = request.failed ? ht_fail(err, HT_NO_MEMORY, -1, "%s: out of memory", call->url) : connect_to(call, &a, &fd, err);
    if (st == HT_OK)
        st = send_all(call, fd, ht_buf_str(&request), err);
    if (st == HT_OK)
        st = receive_all(call, fd, &answer, err);
    if (st == HT_OK)
        st = parse_answer(call, ht_buf_str(&answer), status, body, err);
    if (fd >= 0)
        close(fd);
    ht_buf_deinit(&request);
    ht_buf_deinit(&answer);
    return st;
}
