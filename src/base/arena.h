/* Memory that is freed all at once: a request's, a parse's. Not for threads to share. */
#ifndef HT_BASE_ARENA_H
#define HT_BASE_ARENA_H
#include "base/str.h"

typedef struct ht_arena_block ht_arena_block;
/* All zero = empty. */
typedef struct {
    ht_arena_block *head;
    size_t used_bytes; /* handed out since the last reset */
} ht_arena;

/* n bytes, zeroed, aligned to 64; NULL when memory is gone. Lives until reset or deinit. n = 0 gives a valid pointer. */
void *ht_arena_alloc(ht_arena *a, size_t n);
/* count * size, overflow-checked. */
void *ht_arena_array(ht_arena *a, size_t count, size_t size);
/* A copy with a NUL behind it; ptr NULL when memory is gone. */
ht_str ht_arena_copy(ht_arena *a, ht_str s);
/* Everything handed out is gone; the largest block is kept for reuse. */
void ht_arena_reset(ht_arena *a);
void ht_arena_deinit(ht_arena *a);
#endif
