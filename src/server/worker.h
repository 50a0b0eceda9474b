/* The thread that owns the home and the assistant. Requests come to it as jobs, one after another; what changed in the home
 * and what the jobs found go back to the event loop as tasks. Nothing else ever touches the home: no locks around it. */
#ifndef HT_SERVER_WORKER_H
#define HT_SERVER_WORKER_H
#include "assist/assist.h"
#include "net/loop.h"

typedef struct ht_worker ht_worker;

/* What answers requests: the assistant, or a stand-in of the tests. Used on the worker's thread only. */
typedef struct {
    ht_status (*ask)(void *ctx, ht_home *h, const ht_request *rq, ht_assist_text_fn *on_text, void *text_ctx, ht_response *out,
                     ht_error *err);
    void *ctx;
} ht_brain;

/* Something that ended by the clock: a timer or an alarm. Owned by whoever is handed it; ht_due_deinit. */
typedef struct {
    char *name, *command, *area; /* NULL = none */
    bool is_alarm;
} ht_due;
void ht_due_deinit(ht_due *d);

/* What else has to be done with the home on its thread: the devices behind it. All NULL: nothing. */
typedef struct {
    int64_t (*tick)(void *ctx, ht_home *h); /* on the worker's thread; returns in how many ms it wants to be called again, -1: when woken */
    /* fn may be called on any thread from now on whenever there is something for tick to do; NULL: not any more */
    void (*set_wake)(void *ctx, void (*fn)(void *wake_ctx), void *wake_ctx);
    void *ctx;
} ht_devices;

typedef struct {
    ht_loop *loop;
    ht_home *home;  /* the worker's from now on; the caller frees it after ht_worker_free */
    ht_brain brain;
    ht_devices devices;
    /* On the loop's thread: {"entities":[…]} with those that changed and, where they changed, "timers","alarms","lists"; or, when entities
     * came or went, the whole of ht_view_home, told by its "areas". Takes json. */
    void (*on_change)(void *ctx, json_t *take_change);
    /* On the loop's thread: a timer or an alarm ended. Borrowed. */
    void (*on_due)(void *ctx, const ht_due *due);
    /* On the worker's thread after each job that changed the home, before the job is answered; NULL: nothing is kept. What devices report is
     * not worth a write: they will say it again. */
    void (*save)(void *ctx, const ht_home *h);
    void *save_ctx;
    void *ctx;       /* of on_change and on_due */
    int max_waiting; /* jobs */
} ht_worker_options;

/* One piece of work. Caller's storage until done is called. */
typedef struct ht_job {
    void (*run)(struct ht_job *job, ht_home *h, const ht_brain *brain); /* on the worker's thread */
    void (*done)(struct ht_job *job); /* on the loop's thread afterwards; may free. was_run tells whether there was still time */
    bool is_quick; /* a tap: goes before what takes its time */
    bool was_run;
    ht_loop_task task;   /* the worker's */
    struct ht_job *next; /* the worker's */
} ht_job;

HT_CHECKED ht_status ht_worker_new(const ht_worker_options *options, ht_worker **out, ht_error *err);
/* Finishes the job in hand and hands the others back unrun: their done is called by the loop, at latest by ht_loop_free. Jobs
 * submitted later are refused. */
void ht_worker_stop(ht_worker *w);
/* Stops it; nothing of it may be waiting in the loop any more. NULL is fine. */
void ht_worker_free(ht_worker *w);
/* False if too many are waiting or the worker has stopped: the job stays the caller's. Loop's thread. */
HT_CHECKED bool ht_worker_submit(ht_worker *w, ht_job *job);
/* Takes back a job that has not begun: true, and it is the caller's again. False: it runs, or ran, and done comes. Loop's thread. */
HT_CHECKED bool ht_worker_cancel(ht_worker *w, ht_job *job);
/* Jobs waiting or running. Any thread. */
int ht_worker_load(ht_worker *w);
#endif
