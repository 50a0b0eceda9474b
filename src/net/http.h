/* An HTTP/1.1 server on the loop: keep-alive, pipelining, chunked bodies both ways, answers that stream. It knows nothing
 * of what is served. All calls belong to the loop's thread. */
#ifndef HT_NET_HTTP_H
#define HT_NET_HTTP_H
#include "net/http_parse.h"
#include "net/loop.h"

typedef struct ht_http ht_http;
/* One request and its answer. Valid from on_request until on_over returns. */
typedef struct ht_exchange ht_exchange;

typedef struct {
    size_t max_body_bytes;   /* larger bodies are answered with 413 */
    size_t max_unsent_bytes; /* a client that lets more pile up is dropped */
    int max_connections;
    /* A whole request is there. Answer now or later. */
    void (*on_request)(void *ctx, ht_exchange *x);
    /* The exchange is over: answered (its bytes may still be on their way), or the client left. Once for each on_request. */
    void (*on_over)(void *ctx, ht_exchange *x);
    /* The body of an answer to a request that is not HTTP (400, 413 …); why is one line. Sent as application/json. */
    void (*describe_error)(void *ctx, int status, const char *why, ht_buf *body);
    void *ctx;
} ht_http_options;

/* Serves on a listening socket, which it takes. */
HT_CHECKED ht_status ht_http_open(ht_loop *loop, int take_listening_fd, const ht_http_options *options, ht_http **out, ht_error *err);
/* Drops every connection (their exchanges end with on_over). NULL is fine. */
void ht_http_close(ht_http *server);
int ht_http_connection_count(const ht_http *server);

/* Borrowed until the exchange is over. */
const ht_http_head *ht_exchange_head(const ht_exchange *x);
ht_str ht_exchange_body(const ht_exchange *x);
/* Whether the request came from this machine (127.0.0.0/8, ::1). */
bool ht_exchange_is_local(const ht_exchange *x);
/* A pointer of the handler's own. */
void ht_exchange_set_user(ht_exchange *x, void *user);
void *ht_exchange_user(const ht_exchange *x);

/* Answers in one piece. fields: further header lines, each ended by CRLF, or "". Ends the exchange. */
void ht_exchange_reply(ht_exchange *x, int status, const char *type, const char *fields, ht_str body);
/* Answers in pieces: begin, any number of send, end. */
void ht_exchange_begin(ht_exchange *x, int status, const char *type, const char *fields);
void ht_exchange_send(ht_exchange *x, ht_str piece);
void ht_exchange_end(ht_exchange *x);
#endif
