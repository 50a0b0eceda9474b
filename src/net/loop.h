/* The one event loop: file descriptors that become ready, alarms, and tasks handed over from other threads.
 * Runs on libwebsockets' poll loop, so that its clients and servers can live on the same loop.
 *
 * Everything here belongs to the loop's thread (the one that calls ht_loop_run; before that, the one that made it), except
 * ht_loop_post and ht_loop_stop, which any thread may call. */
#ifndef HT_NET_LOOP_H
#define HT_NET_LOOP_H
#include <stdbool.h>

#include "base/status.h"

typedef struct ht_loop ht_loop;

HT_CHECKED ht_status ht_loop_new(ht_loop **out, ht_error *err);
/* Runs the tasks still waiting, then frees. Watches and alarms must be gone. NULL is fine. */
void ht_loop_free(ht_loop *loop);
/* Serves until ht_loop_stop. */
void ht_loop_run(ht_loop *loop);
/* ht_loop_run returns soon. Any thread; also before ht_loop_run, which then returns at once. */
void ht_loop_stop(ht_loop *loop);

/* A task for the loop's thread. Caller's storage: untouched from ht_loop_post until run is called, which may free it. */
typedef struct ht_loop_task {
    void (*run)(void *ctx);
    void *ctx;
    struct ht_loop_task *next; /* the loop's */
} ht_loop_task;
/* Tasks run in the order posted. Any thread; cannot fail. */
void ht_loop_post(ht_loop *loop, ht_loop_task *task);

/* A file descriptor being watched. */
typedef struct ht_watch ht_watch;
typedef struct {
    void (*on_readable)(void *ctx); /* there is data, or the peer's end; called again while there is more. When the peer hung
                                     * up without a word it is called one last time: reading then shows it */
    void (*on_writable)(void *ctx); /* once after each ht_watch_want_write; NULL if never wanted */
} ht_watch_events;
/* Watches fd for reading and makes it non-blocking; the watch closes it. On failure fd stays the caller's. */
HT_CHECKED ht_status ht_watch_open(ht_loop *loop, int take_fd, const ht_watch_events *events, void *ctx, ht_watch **out, ht_error *err);
/* No callback comes after this call; fd is closed soon. Allowed inside the watch's own callbacks. NULL is fine. */
void ht_watch_close(ht_watch *w);
void ht_watch_want_write(ht_watch *w);

/* Something to be done later, once. */
typedef struct ht_loop_alarm ht_loop_alarm;
HT_CHECKED ht_status ht_loop_alarm_new(ht_loop *loop, void (*ring)(void *ctx), void *ctx, ht_loop_alarm **out, ht_error *err);
/* NULL is fine. */
void ht_loop_alarm_free(ht_loop_alarm *a);
/* Rings in delay_ms from now, instead of when it was set for before; negative: not at all. May be called from ring. */
void ht_loop_alarm_set(ht_loop_alarm *a, int64_t delay_ms);
#endif
