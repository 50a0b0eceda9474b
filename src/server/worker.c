#include "server/worker.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "base/clock.h"
#include "base/log.h"
#include "server/timekeeper.h"
#include "server/view.h"

struct ht_worker {
    ht_worker_options o;
    pthread_t thread;
    pthread_mutex_t lock; /* guards the queue */
    pthread_cond_t work;
    ht_job *first, **last;
    int n_jobs; /* waiting and running */
    bool is_stopping;
    /* the worker thread's own */
    bool *is_dirty; /* by entity */
    bool any_dirty, lists_dirty;
    ht_timekeeper clock;
};

/* Messages to the loop. */
typedef struct {
    ht_loop_task task;
    ht_worker *worker;
    json_t *change;
    ht_due due;
} message;

static void note_change(void *ctx, const ht_home *h, int entity)
{
    (void)h;
    ht_worker *w = ctx;
    if (entity >= 0)
        w->is_dirty[entity] = w->any_dirty = true;
    else
        w->lists_dirty = true;
}

static void deliver_change(void *ctx)
{
    message *m = ctx;
    m->worker->o.on_change(m->worker->o.ctx, m->change);
    free(m);
}

static void deliver_due(void *ctx)
{
    message *m = ctx;
    m->worker->o.on_due(m->worker->o.ctx, &m->due);
    free(m->due.name);
    free(m->due.command);
    free(m);
}

static message *new_message(ht_worker *w, void (*run)(void *ctx))
{
    message *m = calloc(1, sizeof *m);
    if (m == NULL) {
        ht_log(HT_LOG_ERROR, "server: out of memory; a change of the home is not shown until the page is reloaded");
        return NULL;
    }
    m->worker = w;
    m->task = (ht_loop_task){.run = run, .ctx = m};
    return m;
}

/* Tells the loop what changed since the last call, and has it saved. */
static void publish(ht_worker *w)
{
    if (!w->any_dirty && !w->lists_dirty)
        return;
    json_t *change = w->lists_dirty ? ht_view_lists(w->o.home) : json_object(), *entities = json_array();
    for (size_t i = 0; w->any_dirty && i < ht_home_entity_count(w->o.home); i++) {
        if (w->is_dirty[i])
            json_array_append_new(entities, ht_view_entity(w->o.home, i));
        w->is_dirty[i] = false;
    }
    w->any_dirty = w->lists_dirty = false;
    json_object_set_new(change, "entities", entities);
    if (w->o.save != NULL)
        w->o.save(w->o.save_ctx, w->o.home);
    message *m = new_message(w, deliver_change);
    if (m == NULL) {
        json_decref(change);
        return;
    }
    m->change = change;
    ht_loop_post(w->o.loop, &m->task);
}

static void on_due(void *ctx, ht_due *take_due)
{
    ht_worker *w = ctx;
    message *m = new_message(w, deliver_due);
    if (m == NULL) {
        free(take_due->name);
        free(take_due->command);
        return;
    }
    m->due = *take_due;
    ht_loop_post(w->o.loop, &m->task);
}

static void deliver_done(void *ctx)
{
    ht_job *job = ctx;
    job->done(job);
}

static void run_job(ht_worker *w, ht_job *job)
{
    job->run(job, w->o.home, &w->o.brain);
    job->was_run = true;
    publish(w);
    job->task = (ht_loop_task){.run = deliver_done, .ctx = job};
    ht_loop_post(w->o.loop, &job->task); /* the job may be gone from here on */
}

/* Waits for a job, or until the clock wants looking after; NULL then. Called with the lock held. */
static ht_job *wait_for_job(ht_worker *w)
{
    const int64_t until_ms = ht_timekeeper_next_ms(&w->clock, w->o.home, ht_clock_ns() / 1000000, ht_clock_unix_ms());
    if (w->first == NULL && !w->is_stopping && until_ms < 0) {
        pthread_cond_wait(&w->work, &w->lock);
    } else if (w->first == NULL && !w->is_stopping) {
        const int64_t at_ns = ht_clock_ns() + until_ms * 1000000;
        const struct timespec at = {.tv_sec = (time_t)(at_ns / 1000000000), .tv_nsec = (long)(at_ns % 1000000000)};
        (void)pthread_cond_timedwait(&w->work, &w->lock, &at);
    }
    ht_job *job = w->is_stopping ? NULL : w->first;
    if (job != NULL && (w->first = job->next) == NULL)
        w->last = &w->first;
    return job;
}

static void *work(void *ctx)
{
    ht_worker *w = ctx;
    pthread_mutex_lock(&w->lock);
    while (!w->is_stopping) {
        ht_job *job = wait_for_job(w);
        pthread_mutex_unlock(&w->lock);
        ht_timekeeper_tick(&w->clock, w->o.home, ht_clock_ns() / 1000000, ht_clock_unix_ms(), on_due, w);
        publish(w);
        if (job != NULL)
            run_job(w, job);
        pthread_mutex_lock(&w->lock);
        w->n_jobs -= job != NULL;
    }
    pthread_mutex_unlock(&w->lock);
    return NULL;
}

ht_status ht_worker_new(const ht_worker_options *options, ht_worker **out, ht_error *err)
{
    *out = NULL;
    ht_worker *w = calloc(1, sizeof *w);
    bool *is_dirty = calloc(ht_home_entity_count(options->home) + 1, sizeof *is_dirty);
    if (w == NULL || is_dirty == NULL) {
        free(w);
        free(is_dirty);
        return ht_fail(err, HT_NO_MEMORY, -1, "server: out of memory");
    }
    w->o = *options;
    w->last = &w->first;
    w->is_dirty = is_dirty;
    pthread_condattr_t attr;
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&w->work, &attr);
    pthread_condattr_destroy(&attr);
    pthread_mutex_init(&w->lock, NULL);
    ht_timekeeper_init(&w->clock, ht_clock_ns() / 1000000, ht_clock_unix_ms());
    ht_home_watch(w->o.home, note_change, w);
    if (pthread_create(&w->thread, NULL, work, w) != 0) {
        ht_home_watch(w->o.home, NULL, NULL);
        free(is_dirty);
        free(w);
        return ht_fail(err, HT_IO, -1, "server: cannot start a thread");
    }
    *out = w;
    return HT_OK;
}

void ht_worker_stop(ht_worker *w)
{
    pthread_mutex_lock(&w->lock);
    const bool was_stopping = w->is_stopping;
    w->is_stopping = true;
    pthread_cond_signal(&w->work);
    pthread_mutex_unlock(&w->lock);
    if (was_stopping)
        return;
    pthread_join(w->thread, NULL);
    ht_home_watch(w->o.home, NULL, NULL);
    for (ht_job *job = w->first, *next; job != NULL; job = next) {
        next = job->next;
        job->task = (ht_loop_task){.run = deliver_done, .ctx = job};
        ht_loop_post(w->o.loop, &job->task);
    }
}

void ht_worker_free(ht_worker *w)
{
    if (w == NULL)
        return;
    ht_worker_stop(w);
    pthread_mutex_destroy(&w->lock);
    pthread_cond_destroy(&w->work);
    free(w->is_dirty);
    free(w);
}

bool ht_worker_submit(ht_worker *w, ht_job *job)
{
    job->next = NULL;
    job->was_run = false;
    pthread_mutex_lock(&w->lock);
    const bool has_room = !w->is_stopping && w->n_jobs < w->o.max_waiting;
    if (has_room) {
        *w->last = job;
        w->last = &job->next;
        w->n_jobs++;
        pthread_cond_signal(&w->work);
    }
    pthread_mutex_unlock(&w->lock);
    return has_room;
}

bool ht_worker_cancel(ht_worker *w, ht_job *job)
{
    pthread_mutex_lock(&w->lock);
    ht_job **at = &w->first;
    while (*at != NULL && *at != job)
        at = &(*at)->next;
    const bool was_waiting = *at != NULL;
    if (was_waiting) {
        *at = job->next;
        if (job->next == NULL)
            w->last = at;
        w->n_jobs--;
    }
    pthread_mutex_unlock(&w->lock);
    return was_waiting;
}

int ht_worker_load(ht_worker *w)
{
    pthread_mutex_lock(&w->lock);
    const int n = w->n_jobs;
    pthread_mutex_unlock(&w->lock);
    return n;
}
