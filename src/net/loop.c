/* libwebsockets polls, keeps time and wakes; descriptors are adopted as its "raw files", which leaves reading and
 * writing to their owners. */
#include "net/loop.h"

#include <libwebsockets.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/log.h"

enum { MAX_DESCRIPTORS = 1024 };

struct ht_loop {
    struct lws_context *context;
    pthread_mutex_t lock;         /* guards the two below */
    ht_loop_task *first, **last;
    atomic_bool is_stopping;
};

struct ht_watch {
    lws_sorted_usec_list_t rearm; /* first, so that its address is the watch's */
    struct lws *wsi; /* NULL once libwebsockets has closed it */
    ht_loop *loop;
    ht_watch_events events;
    void *ctx;
    int depth;       /* callbacks in progress: the memory stays while > 0 */
    bool is_writing; /* inside on_writable */
    bool is_closed;  /* by ht_watch_close */
};

struct ht_loop_alarm {
    lws_sorted_usec_list_t entry; /* first, so that its address is the alarm's */
    ht_loop *loop;
    void (*ring)(void *ctx);
    void *ctx;
};

static void run_tasks(ht_loop *loop)
{
    pthread_mutex_lock(&loop->lock);
    ht_loop_task *task = loop->first;
    loop->first = NULL;
    loop->last = &loop->first;
    pthread_mutex_unlock(&loop->lock);
    while (task != NULL) {
        ht_loop_task *next = task->next; /* run may free the task */
        task->run(task->ctx);
        task = next;
    }
}

/* Calls one of the owner's functions; true if the watch is to be closed now. */
static bool call_owner(ht_watch *w, void (*fn)(void *ctx))
{
    if (w->is_closed)
        return true;
    w->depth++;
    if (fn != NULL)
        fn(w->ctx);
    w->depth--;
    return w->is_closed;
}

static bool writable(ht_watch *w)
{
    w->is_writing = true;
    const bool is_closed = call_owner(w, w->events.on_writable);
    w->is_writing = false;
    return is_closed;
}

static void descriptor_gone(ht_watch *w)
{
    w->wsi = NULL;
    lws_sul_schedule(w->loop->context, 0, &w->rearm, NULL, LWS_SET_TIMER_USEC_CANCEL);
    call_owner(w, w->events.on_readable);
    if (w->is_closed && w->depth == 0)
        free(w);
}

static int on_event(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len)
{
    (void)user, (void)in, (void)len;
    ht_watch *w;
    switch (reason) {
    case LWS_CALLBACK_EVENT_WAIT_CANCELLED:
        run_tasks(lws_context_user(lws_get_context(wsi)));
        return 0;
    case LWS_CALLBACK_RAW_RX_FILE:
        w = lws_get_opaque_user_data(wsi);
        return w == NULL || call_owner(w, w->events.on_readable) ? -1 : 0;
    case LWS_CALLBACK_RAW_WRITEABLE_FILE:
        w = lws_get_opaque_user_data(wsi);
        return w == NULL || writable(w) ? -1 : 0;
    case LWS_CALLBACK_RAW_CLOSE_FILE:
        w = lws_get_opaque_user_data(wsi);
        lws_set_opaque_user_data(wsi, NULL);
        if (w != NULL)
            descriptor_gone(w);
        return 0;
    default:
        return 0;
    }
}

static const struct lws_protocols protocols[] = {
    {.name = "hearth-descriptor", .callback = on_event},
    {0},
};

static void log_line(int level, const char *line)
{
    size_t n = strlen(line);
    while (n > 0 && line[n - 1] == '\n')
        n--;
    ht_log(level == LLL_ERR ? HT_LOG_ERROR : HT_LOG_WARN, "libwebsockets: %.*s", (int)n, line);
}

ht_status ht_loop_new(ht_loop **out, ht_error *err)
{
    *out = NULL;
    ht_loop *loop = calloc(1, sizeof *loop);
    if (loop == NULL)
        return ht_fail(err, HT_NO_MEMORY, -1, "event loop: out of memory");
    pthread_mutex_init(&loop->lock, NULL);
    loop->last = &loop->first;
    lws_set_log_level(LLL_ERR | LLL_WARN, log_line);
    const struct lws_context_creation_info info = {
        .port = CONTEXT_PORT_NO_LISTEN,
        .protocols = protocols,
        .options = LWS_SERVER_OPTION_NO_LWS_SYSTEM_STATES | LWS_SERVER_OPTION_DISABLE_OS_CA_CERTS,
        .fd_limit_per_thread = MAX_DESCRIPTORS,
        .gid = (gid_t)-1,
        .uid = (uid_t)-1,
        .user = loop,
    };
    loop->context = lws_create_context(&info);
    if (loop->context == NULL) {
        ht_loop_free(loop);
        return ht_fail(err, HT_IO, -1, "event loop: cannot start (too many open files?)");
    }
    *out = loop;
    return HT_OK;
}

void ht_loop_free(ht_loop *loop)
{
    if (loop == NULL)
        return;
    while (loop->first != NULL)
        run_tasks(loop);
    if (loop->context != NULL)
        lws_context_destroy(loop->context);
    pthread_mutex_destroy(&loop->lock);
    free(loop);
}

void ht_loop_run(ht_loop *loop)
{
    run_tasks(loop);
    while (!atomic_load(&loop->is_stopping) && lws_service(loop->context, 0) >= 0)
        ;
}

void ht_loop_stop(ht_loop *loop)
{
    atomic_store(&loop->is_stopping, true);
    lws_cancel_service(loop->context);
}

void ht_loop_post(ht_loop *loop, ht_loop_task *task)
{
    task->next = NULL;
    pthread_mutex_lock(&loop->lock);
    *loop->last = task;
    loop->last = &task->next;
    pthread_mutex_unlock(&loop->lock);
    lws_cancel_service(loop->context);
}

ht_status ht_watch_open(ht_loop *loop, int take_fd, const ht_watch_events *events, void *ctx, ht_watch **out, ht_error *err)
{
    *out = NULL;
    ht_watch *w = calloc(1, sizeof *w);
    if (w == NULL)
        return ht_fail(err, HT_NO_MEMORY, -1, "watch: out of memory");
    w->loop = loop;
    w->events = *events;
    w->ctx = ctx;
    const lws_adopt_desc_t desc = {
        .vh = lws_get_vhost_by_name(loop->context, "default"),
        .type = LWS_ADOPT_RAW_FILE_DESC,
        .fd.filefd = take_fd,
        .vh_prot_name = protocols[0].name,
        .opaque = w,
    };
    w->wsi = lws_adopt_descriptor_vhost_via_info(&desc);
    if (w->wsi == NULL) {
        free(w);
        return ht_fail(err, HT_IO, -1, "cannot watch a descriptor: too many are open");
    }
    *out = w;
    return HT_OK;
}

void ht_watch_close(ht_watch *w)
{
    if (w == NULL || w->is_closed)
        return;
    w->is_closed = true;
    if (w->wsi != NULL && w->depth == 0)
        lws_set_timeout(w->wsi, PENDING_TIMEOUT_USER_OK, LWS_TO_KILL_ASYNC);
    else if (w->depth == 0)
        free(w);
    /* inside a callback: the event's return value closes it, and descriptor_gone frees */
}

static void wish_again(lws_sorted_usec_list_t *entry)
{
    ht_watch_want_write((ht_watch *)entry);
}

void ht_watch_want_write(ht_watch *w)
{
    if (w->wsi == NULL || w->is_closed)
        return;
    /* libwebsockets 4.1 forgets a wish made inside the writable callback of a raw file: it is made right after */
    if (w->is_writing)
        lws_sul_schedule(w->loop->context, 0, &w->rearm, wish_again, 1);
    else
        lws_callback_on_writable(w->wsi);
}

static void alarm_rings(lws_sorted_usec_list_t *entry)
{
    ht_loop_alarm *a = (ht_loop_alarm *)entry;
    a->ring(a->ctx);
}

ht_status ht_loop_alarm_new(ht_loop *loop, void (*ring)(void *ctx), void *ctx, ht_loop_alarm **out, ht_error *err)
{
    ht_loop_alarm *a = *out = calloc(1, sizeof *a);
    if (a == NULL)
        return ht_fail(err, HT_NO_MEMORY, -1, "alarm: out of memory");
    a->loop = loop;
    a->ring = ring;
    a->ctx = ctx;
    return HT_OK;
}

void ht_loop_alarm_free(ht_loop_alarm *a)
{
    if (a != NULL)
        ht_loop_alarm_set(a, -1);
    free(a);
}

void ht_loop_alarm_set(ht_loop_alarm *a, int64_t delay_ms)
{
    lws_sul_schedule(a->loop->context, 0, &a->entry, alarm_rings, delay_ms < 0 ? LWS_SET_TIMER_USEC_CANCEL : delay_ms * LWS_US_PER_MS);
}
