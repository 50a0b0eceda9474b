/* One request to the assistant on its way: made by a route, run on the worker's thread, answered on the loop's. */
#ifndef HT_SERVER_ASK_H
#define HT_SERVER_ASK_H
#include "server/openai.h"
#include "server/private.h"

typedef struct ht_ask ht_ask;
struct ht_ask {
    ht_waiter waiter; /* first */
    ht_job job;
    ht_server *server;
    ht_exchange *x; /* loop's thread only; NULL once the client left, or if nobody waits (a timer's command) */
    /* the request; fixed from ht_ask_submit on */
    ht_buf text, area;
    json_t *history; /* [{"role","content","calls"?}] or NULL */
    bool confirm_needed;
    ht_buf client; /* who asked, for the pages to tell their own turns: a page's name, "api", "timer" */
    /* on the loop's thread, while x is there: a piece of text as it is written (whole characters), and the end */
    void (*on_piece)(ht_ask *a, ht_str piece);
    void (*on_done)(ht_ask *a, const ht_api_error *e); /* e NULL: rs holds the answer. Must end the exchange */
    /* the route's own */
    char id[40];
    int64_t created_s;
    bool is_stream, include_usage, has_begun;
    size_t n_sent; /* bytes of the reply already streamed */
    /* the worker's, then the result */
    ht_buf tail; /* beginning of a character whose rest is still to come */
    ht_response rs;
    ht_status st;
    ht_error err;
};

/* NULL: out of memory. x may be NULL. */
ht_ask *ht_ask_new(ht_server *s, ht_exchange *x, ht_str text, ht_str area, ht_str client);
/* For one that is not submitted. */
void ht_ask_free(ht_ask *a);
/* Keeps of a client's turns what the model can use: user and assistant turns, the last dozen, not too long; false if history is
 * not an array of {"role","content","calls"?}. Borrowed; may be NULL. */
bool ht_ask_set_history(ht_ask *a, const json_t *history);
/* Takes a: on_done comes later, also for a full queue. */
void ht_ask_submit(ht_ask *a);
/* The part of the finished reply that was not streamed. */
ht_str ht_ask_rest(const ht_ask *a);
#endif
