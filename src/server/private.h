/* What the files of this room share. Everything here belongs to the loop's thread. */
#ifndef HT_SERVER_PRIVATE_H
#define HT_SERVER_PRIVATE_H
#include "net/http.h"
#include "server/api_error.h"
#include "server/server.h"

enum { HT_SERVER_MAX_BODY = 4 << 20, HT_SERVER_MAX_LISTENERS = 64, HT_SERVER_MAX_WAITING = 64, HT_SERVER_KEPT_TURNS = 40 };

struct ht_server {
    ht_server_options o;
    ht_loop *loop;
    ht_http *http;
    ht_worker *worker;
    ht_loop_alarm *ping; /* keeps event streams alive through proxies */
    int port;
    int64_t started_s;
    uint64_t next_id;
    json_t *home;  /* the loop's copy, as server/view.h shapes it */
    json_t *turns; /* the last things said, oldest first: {"id","client","text","reply","calls",…} */
    ht_exchange *listeners[HT_SERVER_MAX_LISTENERS];
    size_t n_listeners;
};

/* What an exchange's user pointer points to, if anything: first member of whatever waits for it. */
typedef struct {
    void (*gone)(ht_server *s, ht_exchange *x); /* the exchange is over */
} ht_waiter;

/* --- answers (answer.c); each ends the exchange --- */
/* Header lines that every answer of the API has; field is the caller's storage. */
const char *ht_api_fields(ht_server *s, const ht_exchange *x, char field[512]);
/* Whether it comes from this machine itself, not through a proxy on it: then it is the owner. Elsewhere it may be anybody, and
 * what lets people in wants a yes. */
bool ht_is_owner(const ht_exchange *x);
/* Takes o; NULL is answered as out of memory. */
void ht_answer_json(ht_server *s, ht_exchange *x, int status, json_t *take_o);
void ht_answer_text(ht_server *s, ht_exchange *x, int status, const char *type, ht_str text);
void ht_answer_error(ht_server *s, ht_exchange *x, const ht_api_error *e);
/* A page's file, or false if there is none of that path. */
bool ht_answer_page(ht_server *s, ht_exchange *x, ht_str path);

/* --- event streams (events.c) --- */
void ht_events_open(ht_server *s, ht_exchange *x);
/* Sends {…} to every page that looks. Takes data. */
void ht_events_send(ht_server *s, const char *event, json_t *take_data);
/* The whole home as pages get it; caller owns. */
json_t *ht_events_home(const ht_server *s);
/* Takes the change into the copy, and tells the pages. */
void ht_events_change(ht_server *s, json_t *take_change);
void ht_events_ping(void *server);

/* --- routes --- */
void ht_api_models(ht_server *s, ht_exchange *x, ht_str id); /* id empty: all */
void ht_api_chat(ht_server *s, ht_exchange *x);
void ht_api_ask(ht_server *s, ht_exchange *x);
void ht_api_call(ht_server *s, ht_exchange *x);
#endif
