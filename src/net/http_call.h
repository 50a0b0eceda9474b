/* One request to an HTTP server of the house, and its answer; blocks. For a subcommand that asks the `hearth serve` which
 * runs beside it: such a command is started anew for every sentence, and libcurl would load some thirty libraries first. No
 * TLS, no redirections, no proxies. */
#ifndef HT_NET_HTTP_CALL_H
#define HT_NET_HTTP_CALL_H
#include "base/str.h"

typedef struct {
    const char *url;  /* "http://HOST:PORT" and no more; an IPv6 address in brackets */
    const char *path; /* begins with '/' */
    ht_str json;      /* the body of a POST; ptr NULL: a GET */
    int timeout_ms;   /* without a byte coming or going; 0 = none */
    size_t max_bytes; /* of the answer */
} ht_http_call;

/* Makes the call. *status: the server's (200 …); the answer's body is appended to body. Errors name the URL: HT_NOT_FOUND if
 * nobody listens there, HT_TIMEOUT, HT_IO, HT_TOO_BIG, HT_PROTOCOL if it is not HTTP or ends too soon, HT_BAD_ARG for the URL. */
HT_CHECKED ht_status ht_http_call_run(const ht_http_call *call, int *status, ht_buf *body, ht_error *err);
#endif
