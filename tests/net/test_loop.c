#include "check.h"

#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "net/loop.h"

typedef struct {
    ht_loop *loop;
    ht_loop_task tasks[100];
    int order[100], n;
} posting;

typedef struct {
    posting *p;
    int number;
} numbered;

static void note(void *ctx)
{
    numbered *t = ctx;
    t->p->order[t->p->n++] = t->number;
    if (t->p->n == 100)
        ht_loop_stop(t->p->loop);
}

static void *post_all(void *ctx)
{
    static numbered numbers[100];
    posting *p = ctx;
    for (int i = 0; i < 100; i++) {
        numbers[i] = (numbered){p, i};
        p->tasks[i] = (ht_loop_task){.run = note, .ctx = &numbers[i]};
        ht_loop_post(p->loop, &p->tasks[i]);
    }
    return NULL;
}

/* Tasks from another thread run on the loop's thread, in the order posted. */
static void tasks_run_in_order(void)
{
    ht_error err;
    posting p = {0};
    pthread_t thread;
    CHECK_OK(ht_loop_new(&p.loop, &err), err);
    pthread_create(&thread, NULL, post_all, &p);
    ht_loop_run(p.loop);
    pthread_join(thread, NULL);
    CHECK_EQ(p.n, 100);
    for (int i = 0; i < p.n; i++)
        CHECK_EQ(p.order[i], i);
    ht_loop_free(p.loop);
}

static void count(void *ctx) { ++*(int *)ctx; }

/* What was posted but not run when the loop ends still runs: it may own memory. */
static void free_runs_what_is_left(void)
{
    ht_error err;
    ht_loop *loop;
    int n = 0;
    ht_loop_task task = {.run = count, .ctx = &n};
    CHECK_OK(ht_loop_new(&loop, &err), err);
    ht_loop_post(loop, &task);
    ht_loop_free(loop);
    CHECK_EQ(n, 1);
}

typedef struct {
    ht_loop *loop;
    ht_loop_alarm *alarm, *never;
    int rings;
    double started_ms;
} ringing;

static void ring(void *ctx)
{
    ringing *r = ctx;
    if (++r->rings < 3)
        ht_loop_alarm_set(r->alarm, 20);
    else
        ht_loop_stop(r->loop);
}

static void must_not_ring(void *ctx)
{
    (void)ctx;
    CHECK(!"a cancelled alarm rang");
}

static void alarms_ring_when_set(void)
{
    ht_error err;
    ringing r = {0};
    CHECK_OK(ht_loop_new(&r.loop, &err), err);
    CHECK_OK(ht_loop_alarm_new(r.loop, ring, &r, &r.alarm, &err), err);
    CHECK_OK(ht_loop_alarm_new(r.loop, must_not_ring, NULL, &r.never, &err), err);
    ht_loop_alarm_set(r.never, 10);
    ht_loop_alarm_set(r.never, -1);
    ht_loop_alarm_set(r.alarm, 20);
    r.started_ms = ht_clock_ms();
    ht_loop_run(r.loop);
    CHECK_EQ(r.rings, 3);
    CHECK(ht_clock_ms() - r.started_ms >= 58);
    ht_loop_alarm_free(r.alarm);
    ht_loop_alarm_free(r.never);
    ht_loop_free(r.loop);
}

enum { FLOOD_BYTES = 4 << 20 };

typedef struct {
    ht_loop *loop;
    ht_watch *from, *to;
    int from_fd, to_fd;
    size_t n_sent, n_got;
    int ends;
} flood;

static void flood_out(void *ctx)
{
    static char block[65536];
    flood *f = ctx;
    const ssize_t n = send(f->from_fd, block, f->n_sent < FLOOD_BYTES ? sizeof block : 0, MSG_NOSIGNAL);
    if (n > 0)
        f->n_sent += (size_t)n;
    if (f->n_sent < FLOOD_BYTES)
        ht_watch_want_write(f->from); /* from inside the callback */
    else
        ht_watch_close(f->from);
}

static void flood_in(void *ctx)
{
    char block[65536];
    flood *f = ctx;
    const ssize_t n = recv(f->to_fd, block, sizeof block, 0);
    if (n > 0) {
        f->n_got += (size_t)n;
        return;
    }
    f->ends++;
    ht_watch_close(f->to);
    ht_loop_stop(f->loop);
}

static void ignore(void *ctx) { (void)ctx; }

/* A descriptor is told writable as often as it asks, readable until its end; both close inside their callbacks. */
static void descriptors_read_and_write(void)
{
    ht_error err;
    flood f = {0};
    int pair[2];
    CHECK_REQUIRE(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
    CHECK_OK(ht_loop_new(&f.loop, &err), err);
    f.from_fd = pair[0], f.to_fd = pair[1];
    CHECK_OK(ht_watch_open(f.loop, pair[0], &(ht_watch_events){.on_readable = ignore, .on_writable = flood_out}, &f, &f.from, &err), err);
    CHECK_OK(ht_watch_open(f.loop, pair[1], &(ht_watch_events){.on_readable = flood_in}, &f, &f.to, &err), err);
    ht_watch_want_write(f.from);
    ht_loop_run(f.loop);
    CHECK_EQ(f.ends, 1);
    CHECK(f.n_sent >= FLOOD_BYTES);
    CHECK_EQ(f.n_got, f.n_sent);
    ht_loop_free(f.loop);
    CHECK(write(pair[0], "x", 1) < 0); /* the watch closed it */
}

int main(int argc, char **argv)
{
    static const check_case cases[] = {
        CHECK_CASE(tasks_run_in_order),
        CHECK_CASE(free_runs_what_is_left),
        CHECK_CASE(alarms_ring_when_set),
        CHECK_CASE(descriptors_read_and_write),
    };
    return check_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
