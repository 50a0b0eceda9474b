/* Workers spin briefly for the next loop (a decode step issues hundreds of short ones), then sleep on a futex-backed
 * condition variable.
 *
 * A loop ends when its items are done, not when every worker has looked in: on a busy machine a worker may not run for
 * milliseconds, and then the others do its share. So a worker can come late, when the loop it was woken for is over. What
 * keeps it from mixing two loops up is the ticket, one 64-bit word:
 *
 *     | generation : 32 | next item nobody has taken : 32 |
 *
 * A chunk is taken by compare-and-swap on the whole word after the loop's fields were read: if it succeeds, the fields
 * belonged to that generation. Between two loops the word is closed (next item = CLOSED) while the fields change; they are
 * stored with release and loaded with acquire, so that whoever has seen a new field also sees the word closed. */
#include "base/pool.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>

#include "base/cpu.h"

enum { SPIN_ROUNDS = 4000 }; /* about 50 µs: longer than the gap between two loops of a decode step */
#define CLOSED UINT32_MAX

struct ht_pool {
    unsigned n_threads;
    _Alignas(64) _Atomic uint64_t ticket;
    _Atomic(ht_pool_fn *) fn; /* of the loop; read before the swap that proves them current */
    _Atomic(void *) ctx;
    atomic_uint n, chunk;
    _Alignas(64) atomic_uint n_done; /* items finished */
    _Alignas(64) atomic_uint n_sleeping;
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

static uint32_t generation_of(uint64_t ticket) { return (uint32_t)(ticket >> 32); }

/* Works until no item is left; returns the generation that it saw last. */
static uint32_t take_chunks(ht_pool *p, unsigned thread)
{
    uint64_t ticket = atomic_load_explicit(&p->ticket, memory_order_acquire);
    for (;;) {
        const unsigned begin = (uint32_t)ticket;
        const unsigned n = atomic_load_explicit(&p->n, memory_order_acquire), chunk = atomic_load_explicit(&p->chunk, memory_order_acquire);
        ht_pool_fn *fn = atomic_load_explicit(&p->fn, memory_order_acquire);
        void *ctx = atomic_load_explicit(&p->ctx, memory_order_acquire);
        if (begin >= n || begin == CLOSED)
            return generation_of(ticket);
        const unsigned end = n - begin < chunk ? n : begin + chunk;
        if (!atomic_compare_exchange_weak_explicit(&p->ticket, &ticket, ticket + (end - begin), memory_order_acquire, memory_order_acquire))
            continue;
        fn(ctx, begin, end, thread);
        atomic_fetch_add_explicit(&p->n_done, end - begin, memory_order_release);
        ticket = atomic_load_explicit(&p->ticket, memory_order_acquire);
    }
}

/* Waits until the generation differs from seen. */
static void await_generation(ht_pool *p, uint32_t seen)
{
    for (unsigned i = 0; i < SPIN_ROUNDS; i++) {
        if (generation_of(atomic_load_explicit(&p->ticket, memory_order_acquire)) != seen)
            return;
        relax();
    }
    pthread_mutex_lock(&p->lock);
    atomic_fetch_add(&p->n_sleeping, 1);
    while (generation_of(atomic_load(&p->ticket)) == seen)
        pthread_cond_wait(&p->wake, &p->lock);
    atomic_fetch_sub(&p->n_sleeping, 1);
    pthread_mutex_unlock(&p->lock);
}

static void *worker_main(void *arg)
{
    struct worker *w = arg;
    ht_pool *p = w->pool;
    uint32_t seen = 0;
    for (;;) {
        await_generation(p, seen);
        if (atomic_load_explicit(&p->stop, memory_order_relaxed))
            return NULL;
        seen = take_chunks(p, w->index);
    }
}

/* Opens the next generation for items 0 … n-1 and wakes those who sleep. The ticket must be closed. */
static void open_loop(ht_pool *p)
{
    const uint32_t next = generation_of(atomic_load(&p->ticket)) + 1;
    atomic_store(&p->ticket, (uint64_t)next << 32);
    if (atomic_load(&p->n_sleeping) > 0) {
        pthread_mutex_lock(&p->lock);
        pthread_cond_broadcast(&p->wake);
        pthread_mutex_unlock(&p->lock);
    }
}

static void close_loop(ht_pool *p) { atomic_fetch_or(&p->ticket, CLOSED); }

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
    *p = (ht_pool){.n_threads = 1, .workers = workers, .ticket = CLOSED};
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
    atomic_store(&p->n, 0);
    open_loop(p);
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
    close_loop(p); /* a worker still on its way out of the last loop finds nothing to take */
    atomic_store_explicit(&p->fn, fn, memory_order_release);
    atomic_store_explicit(&p->ctx, ctx, memory_order_release);
    atomic_store_explicit(&p->n, n, memory_order_release);
    atomic_store_explicit(&p->chunk, chunk, memory_order_release);
    atomic_store_explicit(&p->n_done, 0, memory_order_relaxed);
    open_loop(p);
    take_chunks(p, 0);
    for (unsigned i = 0; atomic_load_explicit(&p->n_done, memory_order_acquire) != n; i++)
        if (i < SPIN_ROUNDS)
            relax();
        else
            sched_yield();
}
