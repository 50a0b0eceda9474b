/* `hearth serve`: the page, its API, and the OpenAI-compatible API, over one home and one assistant.
 *
 * Two threads. The caller's runs the event loop and owns every socket; the worker's owns the home and the assistant. They meet
 * in two queues: jobs one way (server/worker.h), tasks the other (net/loop.h). The loop keeps a copy of the home in JSON for the
 * pages that look at it, so that no page ever waits for the assistant. */
#ifndef HT_SERVER_SERVER_H
#define HT_SERVER_SERVER_H
#include "server/worker.h"

typedef struct ht_server ht_server;

typedef struct {
    const char *host; /* name or address; "" = every address */
    int port;         /* 0 = any that is free */
    ht_home *home;    /* the server's until ht_server_close; the caller frees it afterwards */
    ht_brain brain;
    ht_devices devices;
    ht_str model_name;               /* of the model behind the brain; borrowed */
    const char *const *allowed_hosts; /* further names under which browsers may reach the server; see access.h */
    size_t n_allowed_hosts;
    /* On the worker's thread after each change, before it is answered; NULL: the home is not kept. */
    void (*save)(void *ctx, const ht_home *h);
    void *ctx;
} ht_server_options;

/* Listens; answers once ht_server_run is called. HT_IO if the port is taken. */
HT_CHECKED ht_status ht_server_open(const ht_server_options *options, ht_server **out, ht_error *err);
/* Serves until ht_server_stop. */
void ht_server_run(ht_server *s);
/* Any thread. */
void ht_server_stop(ht_server *s);
/* Ends every connection, finishes the request in hand. NULL is fine. */
void ht_server_close(ht_server *s);
/* The port it listens on. */
int ht_server_port(const ht_server *s);
/* The event loop, for what else the process watches (signals). */
ht_loop *ht_server_loop(ht_server *s);
#endif
