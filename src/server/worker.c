#include "server/worker.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
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
    bool is_stopping, is_woken;
    /* the worker thread's own */
    bool *is_dirty; /* by entity */
    size_t n_is_dirty;
    bool any_dirty, lists_dirty, is_reshaped;
    ht_timekeeper clock;
    int64_t tick_at_ms; /* when the devices want to be looked after, monotonic; -1: when woken */
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
    ht_worker *w = ctx;
    if (entity == -1) {
        w->lists_dirty = true;
        return;
    }
    if (entity >= 0 && (size_t)entity >= w->n_is_dirty) {
        const size_t n = ht_home_entity_count(h) + 16;
        bool *grown = realloc(w->is_dirty, n * sizeof *grown);
        if (grown != NULL) {
            memset(grown + w->n_is_dirty, 0, (n - w->n_is_dirty) * sizeof *grown);
            w->is_dirty = grown;
            w->n_is_dirty = n;
        }
    }
    if (entity >= 0 && (size_t)entity < w->n_is_dirty)
        w->is_dirty[entity] = w->any_dirty = true;
    else
        w->is_reshaped = true; /* or no memory for the marks: all of it is told */
}

void ht_due_deinit(ht_due *d)
{
    free(d->name);
    free(d->command);
    free(d->area);
    *d = (ht_due){0};
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
    ht_due_deinit(&m->due);
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

/* Everything that changed since the last call; the marks are cleared. */
static json_t *collect(ht_worker *w)
{
    const size_t n = ht_home_entity_count(w->o.home) < w->n_is_dirty ? ht_home_entity_count(w->o.home) : w->n_is_dirty;
    json_t *change = w->is_reshaped ? ht_view_home(w->o.home) : w->lists_dirty ? ht_view_lists(w->o.home) : json_object();
    if (!w->is_reshaped) {
        json_t *entities = json_array();
        for (size_t i = 0; w->any_dirty && i < n; i++)
            if (w->is_dirty[i])
                json_array_append_new(entities, ht_view_entity(w->o.home, i));
        json_object_set_new(change, "entities", entities);
    }
    memset(w->is_dirty, 0, w->n_is_dirty * sizeof *w->is_dirty);
    w->any_dirty = w->lists_dirty = w->is_reshaped = false;
    return change;
}

/* Tells the loop what changed; is_kept: and has it saved. */
static void publish(ht_worker *w, bool is_kept)
{
    if (!w->any_dirty && !w->lists_dirty && !w->is_reshaped)
        return;
    json_t *change = collect(w);
    if (is_kept && w->o.save != NULL)
        w->o.save(w->o.save_ctx, w->o.home);
    message *m = change ? new_message(w, deliver_change) : NULL;
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
        ht_due_deinit(take_due);
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
    publish(w, true);
    job->task = (ht_loop_task){.run = deliver_done, .ctx = job};
    ht_loop_post(w->o.loop, &job->task); /* the job may be gone from here on */
}

static void wake(void *ctx)
{
    ht_worker *w = ctx;
    pthread_mutex_lock(&w->lock);
    w->is_woken = true;
    pthread_cond_signal(&w->work);
    pthread_mutex_unlock(&w->lock);
}

/* Milliseconds until the clock or the devices want looking after, -1: nothing runs. */
static int64_t patience_ms(const ht_worker *w)
{
    const int64_t now_ms = ht_clock_ns() / 1000000, clock_ms = ht_timekeeper_next_ms(&w->clock, w->o.home, now_ms, ht_clock_unix_ms());
    if (w->tick_at_ms < 0)
        return clock_ms;
    const int64_t tick_ms = w->tick_at_ms > now_ms ? w->tick_at_ms - now_ms : 0;
    return clock_ms < 0 || tick_ms < clock_ms ? tick_ms : clock_ms;
}

/* Waits for a job, or until something else wants doing; NULL then. Called with the lock held. */
static ht_job *wait_for_job(ht_worker *w)
{
    const int64_t until_ms = patience_ms(w);
    if (w->first == NULL && !w->is_stopping && !w->is_woken && until_ms < 0) {
        pthread_cond_wait(&w->work, &w->lock);
    } else if (w->first == NULL && !w->is_stopping && !w->is_woken) {
        const int64_t at_ns = ht_clock_ns() + until_ms * 1000000;
        const struct timespec at = {.tv_sec = (time_t)(at_ns / 1000000000), .tv_nsec = (long)(at_ns % 1000000000)};
        (void)pthread_cond_timedwait(&w->work, &w->lock, &at);
    }
    w->is_woken = false;
    ht_job *job = w->is_stopping ? NULL : w->first;
    if (job != NULL && (w->first = job->next) == NULL)
        w->last = &w->first;
    return job;
}

/* Time and devices go on before each job, so that it finds the home as it is. */
static void look_after(ht_worker *w)
{
    if (w->o.devices.tick != NULL) {
        const int64_t next_ms = w->o.devices.tick(w->o.devices.ctx, w->o.home);
        w->tick_at_ms = next_ms < 0 ? -1 : ht_clock_ns() / 1000000 + next_ms;
    }
    publish(w, false);
    ht_timekeeper_tick(&w->clock, w->o.home, ht_clock_ns() / 1000000, ht_clock_unix_ms(), on_due, w);
    publish(w, true);
}

static void *work(void *ctx)
{
    ht_worker *w = ctx;
    pthread_mutex_lock(&w->lock);
    while (!w->is_stopping) {
        ht_job *job = wait_for_job(w);
        pthread_mutex_unlock(&w->lock);
        look_after(w);
        if (job != NULL)
            run_job(w, job);
        pthread_mutex_lock(&w->lock);
        w->n_jobs -= job != NULL;
    }
    pthread_mutex_unlock(&w->lock);
    return NULL;
}

/* Nothing outside calls the worker any more. */
static void let_go(ht_worker *w)
{
    ht_home_watch(w->o.home, NULL, NULL);
    if (w->o.devices.set_wake != NULL)
        w->o.devices.set_wake(w->o.devices.ctx, NULL, NULL);
}

ht_status ht_worker_new(const ht_worker_options *options, ht_worker **out, ht_error *err)
{
    *out = NULL;
    ht_worker *w = calloc(1, sizeof *w);
    const size_t n_is_dirty = ht_home_entity_count(options->home) + 16;
    bool *is_dirty = calloc(n_is_dirty, sizeof *is_dirty);
    if (w == NULL || is_dirty == NULL) {
        free(w);
        free(is_dirty);
        return ht_fail(err, HT_NO_MEMORY, -1, "server: out of memory");
    }
    w->o = *options;
    w->last = &w->first;
    w->is_dirty = is_dirty;
    w->n_is_dirty = n_is_dirty;
    w->is_woken = true; /* the devices are looked after at once */
    w->tick_at_ms = -1;
    pthread_condattr_t attr;
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&w->work, &attr);
    pthread_condattr_destroy(&attr);
    pthread_mutex_init(&w->lock, NULL);
    ht_timekeeper_init(&w->clock, ht_clock_ns() / 1000000, ht_clock_unix_ms());
    ht_home_watch(w->o.home, note_change, w);
    if (w->o.devices.set_wake != NULL)
        w->o.devices.set_wake(w->o.devices.ctx, wake, w);
    if (pthread_create(&w->thread, NULL, work, w) != 0) {
        let_go(w);
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
    let_go(w);
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

/* The link that a job is to hang on: behind the last, or, if it is quick, behind the quick ones. */
static ht_job **place_for(ht_worker *w, const ht_job *job)
{
    ht_job **at = &w->first;
    while (*at != NULL && ((*at)->is_quick || !job->is_quick))
        at = &(*at)->next;
    return at;
}

bool ht_worker_submit(ht_worker *w, ht_job *job)
{
    job->was_run = false;
    pthread_mutex_lock(&w->lock);
    const bool has_room = !w->is_stopping && w->n_jobs < w->o.max_waiting;
    if (has_room) {
        ht_job **at = place_for(w, job);
        job->next = *at;
        *at = job;
        if (job->next == NULL)
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
