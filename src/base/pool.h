/* A thread pool for data-parallel loops: the caller works too, workers sleep when there is nothing to do.
 * Work is split by index, never a reduction, so that results do not depend on the thread count. */
#ifndef HT_BASE_POOL_H
#define HT_BASE_POOL_H
#include "base/status.h"

typedef struct ht_pool ht_pool;
/* One part of the loop: handles items begin … end-1. thread is 0 … n_threads-1, for scratch memory. */
typedef void ht_pool_fn(void *ctx, unsigned begin, unsigned end, unsigned thread);

/* n_threads >= 1 counts the caller; 0 = one per core this process may use. */
HT_CHECKED ht_status ht_pool_new(unsigned n_threads, ht_pool **out, ht_error *err);
/* NULL is fine. No loop may be running. */
void ht_pool_free(ht_pool *p);
/* NULL counts as one thread. */
unsigned ht_pool_threads(const ht_pool *p);
/* Runs fn over 0 … n-1 in chunks of `chunk` (>= 1) handed out in order to whoever is free; returns when all are done.
 * Everything written by the parts is visible afterwards. One caller at a time; not from inside a part. p NULL: runs it here. */
void ht_pool_run(ht_pool *p, unsigned n, unsigned chunk, ht_pool_fn *fn, void *ctx);
#endif
