/* The pool: every item once, many short loops, more threads than cores. */
#include "base/pool.h"

#include <stdatomic.h>

#include "check.h"

enum { N = 1000 };

typedef struct {
    atomic_uint seen[N];
    unsigned n_threads;
    atomic_uint bad;
} tally;

static void count_part(void *ctx, unsigned begin, unsigned end, unsigned thread)
{
    tally *t = ctx;
    if (thread >= t->n_threads || begin >= end || end > N)
        atomic_fetch_add(&t->bad, 1);
    for (unsigned i = begin; i < end; i++)
        atomic_fetch_add(&t->seen[i], 1);
}

static void run(unsigned n_threads, unsigned rounds)
{
    ht_error err = {0};
    ht_pool *p = NULL;
    CHECK_OK(ht_pool_new(n_threads, &p, &err), err);
    CHECK_EQ(ht_pool_threads(p), n_threads);
    tally *t = calloc(1, sizeof *t);
    t->n_threads = n_threads;
    for (unsigned r = 0; r < rounds; r++)
        ht_pool_run(p, N - r % 7, 1 + r % 13, count_part, t);
    for (unsigned i = 0; i < N - 6; i++)
        CHECK_EQ(t->seen[i], rounds);
    CHECK_EQ(t->bad, 0);
    ht_pool_free(p);
    free(t);
}

static void every_item_once(void) { run(2, 2000); }
static void more_threads_than_cores(void) { run(9, 300); }
static void one_thread(void) { run(1, 10); }

static void add_part(void *ctx, unsigned begin, unsigned end, unsigned thread)
{
    (void)thread;
    for (unsigned i = begin; i < end; i++)
        ((unsigned *)ctx)[i] += i;
}

/* What the parts wrote is visible to the caller, and the next loop sees what the caller wrote: plain memory. */
static void writes_are_visible(void)
{
    ht_error err = {0};
    ht_pool *p = NULL;
    CHECK_OK(ht_pool_new(3, &p, &err), err);
    unsigned values[64] = {0};
    for (unsigned r = 1; r <= 5000; r++) {
        ht_pool_run(p, 64, 4, add_part, values);
        for (unsigned i = 0; i < 64; i++) {
            if (values[i] != i + (r - 1) % 3)
                CHECK_EQ(values[i], i + (r - 1) % 3);
            values[i] = r % 3;
        }
    }
    ht_pool_free(p);
}

static void without_a_pool(void)
{
    unsigned values[5] = {0};
    ht_pool_run(NULL, 5, 1, add_part, values);
    CHECK_EQ(values[4], 4);
    CHECK_EQ(ht_pool_threads(NULL), 1);
    ht_pool_run(NULL, 0, 1, add_part, NULL);
}

int main(int argc, char **argv)
{
    static const check_case cases[] = {
        CHECK_CASE(every_item_once),
        CHECK_CASE(more_threads_than_cores),
        CHECK_CASE(one_thread),
        CHECK_CASE(writes_are_visible),
        CHECK_CASE(without_a_pool),
    };
    return check_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
