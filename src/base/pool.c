/* Workers spin briefly for the next loop (a decode step issues hundreds of short ones), then sleep on a futex-backed
 * condition variable. Chunks are taken from one atomic counter. */
#include "base/pool.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>

#include "base/cpu.h"

enum { SPIN_ROUNDS = 4000 }; /* about 50 µs: longer than the gap between two loops of a decode step */

struct ht_pool {
    unsigned n_threads;
    ht_pool_fn *fn;
    void *ctx;
    unsigned n, chunk;
    _Alignas(64) atomic_uint next;       /* first item nobody has taken */
    _Alignas(64) atomic_uint generation; /* goes up by one a loop; odd bit not used */
    _Alignas(64) atomic_uint n_busy;     /* workers still inside the current loop */
    atomic_uint n_sleeping;
    atomic_bool stop;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    struct worker {
        ht_pool *pool;
        pthread_t thread;
        unsigned index;
    } *workers; /* n_threads - 1 */
};

static inline void relax(void)
{
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

static void take_chunks(ht_pool *p, unsigned thread)
{
    for (;;) {
        const unsigned begin = atomic_fetch_add_explicit(&p->next, p->chunk, memory_order_relaxed);
        if (begin >= p->n)
            return;
        const unsigned end = p->n - begin < p->chunk ? p->n : begin + p->chunk;
        p->fn(p->ctx, begin, end, thread);
    }
}

/* Waits until the generation differs from seen; returns it. */
static unsigned await_generation(ht_pool *p, unsigned seen)
{
    unsigned now;
    for (unsigned i = 0; i < SPIN_ROUNDS; i++) {
        if ((now = atomic_load_explicit(&p->generation, memory_order_acquire)) != seen)
            return now;
        relax();
    }
    pthread_mutex_lock(&p->lock);
    atomic_fetch_add(&p->n_sleeping, 1);
    while ((now = atomic_load(&p->generation)) == seen)
        pthread_cond_wait(&p->wake, &p->lock);
    atomic_fetch_sub(&p->n_sleeping, 1);
    pthread_mutex_unlock(&p->lock);
    return now;
}

static void *worker_main(void *arg)
{
    struct worker *w = arg;
    ht_pool *p = w->pool;
    unsigned seen = 0;
    for (;;) {
        seen = await_generation(p, seen);
        if (atomic_load_explicit(&p->stop, memory_order_relaxed))
            return NULL;
        take_chunks(p, w->index);
        atomic_fetch_sub_explicit(&p->n_busy, 1, memory_order_release);
    }
}

/* Starts the next generation and wakes those who sleep. */
static void advance(ht_pool *p)
{
    atomic_fetch_add(&p->generation, 1);
    if (atomic_load(&p->n_sleeping) > 0) {
        pthread_mutex_lock(&p->lock);
        pthread_cond_broadcast(&p->wake);
        pthread_mutex_unlock(&p->lock);
    }
}

ht_status ht_pool_new(unsigned n_threads, ht_pool **out, ht_error *err)
{
    *out = NULL;
    if (n_threads == 0)
        n_threads = ht_cpu_count();
    if (n_threads > 1024)
        return ht_fail(err, HT_BAD_ARG, -1, "%u threads: at most 1024", n_threads);
    ht_pool *p = aligned_alloc(64, (sizeof *p + 63) / 64 * 64);
    struct worker *workers = calloc(n_threads, sizeof *workers);
    if (p == NULL || workers == NULL) {
        free(p);
        free(workers);
        return ht_fail(err, HT_NO_MEMORY, -1, "thread pool: out of memory");
    }
    *p = (ht_pool){.n_threads = 1, .workers = workers};
    pthread_mutex_init(&p->lock, NULL);
    pthread_cond_init(&p->wake, NULL);
    for (unsigned i = 1; i < n_threads; i++) {
        struct worker *w = &workers[i - 1];
        *w = (struct worker){.pool = p, .index = i};
        if (pthread_create(&w->thread, NULL, worker_main, w) != 0) {
            ht_pool_free(p);
            return ht_fail(err, HT_IO, -1, "cannot start thread %u of %u", i, n_threads);
        }
        p->n_threads = i + 1;
    }
    *out = p;
    return HT_OK;
}

void ht_pool_free(ht_pool *p)
{
    if (p == NULL)
        return;
    atomic_store(&p->stop, true);
    advance(p);
    for (unsigned i = 1; i < p->n_threads; i++)
        pthread_join(p->workers[i - 1].thread, NULL);
    pthread_cond_destroy(&p->wake);
    pthread_mutex_destroy(&p->lock);
    free(p->workers);
    free(p);
}

unsigned ht_pool_threads(const ht_pool *p) { return p ? p->n_threads : 1; }

void ht_pool_run(ht_pool *p, unsigned n, unsigned chunk, ht_pool_fn *fn, void *ctx)
{
    if (n == 0)
        return;
    if (p == NULL || p->n_threads == 1 || n <= chunk) {
        fn(ctx, 0, n, 0);
        return;
    }
    p->fn = fn;
    p->ctx = ctx;
    p->n = n;
    p->chunk = chunk;
    atomic_store_explicit(&p->next, 0, memory_order_relaxed);
    atomic_store_explicit(&p->n_busy, p->n_threads - 1, memory_order_relaxed);
    advance(p);
    take_chunks(p, 0);
    for (unsigned i = 0; atomic_load_explicit(&p->n_busy, memory_order_acquire) != 0; i++)
        if (i < SPIN_ROUNDS)
            relax();
        else
            sched_yield();
}
