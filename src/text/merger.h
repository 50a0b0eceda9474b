/* Joins neighbouring symbols of a piece of text, best pair first, as BPE does it; which pairs join is the caller's to say. */
#ifndef HT_TEXT_MERGER_H
#define HT_TEXT_MERGER_H
#include "base/str.h"

#define HT_MERGE_NONE UINT32_MAX

typedef struct {
    uint32_t at, len;    /* the text it stands for, in the piece */
    int32_t id;          /* its token, or -1 */
    uint32_t prev, next; /* neighbours, or HT_MERGE_NONE */
    uint32_t rank;       /* of joining it with next, lower first; HT_MERGE_NONE: they do not join */
    int32_t joined;      /* the token that comes of it */
} ht_symbol;

/* Scratch of one encoding call; all zero = empty. symbols[0] is always the first of the piece, follow next. */
typedef struct {
    ht_symbol *symbols;
    uint64_t *heap; /* rank << 32 | index of the left symbol; entries of pairs that are gone stay until popped */
    size_t cap, n_heap, heap_cap;
} ht_merger;

void ht_merger_deinit(ht_merger *m);
/* Room for n symbols; false when memory is gone. */
bool ht_merger_reserve(ht_merger *m, size_t n);

/* Says whether a and its right neighbour b join: sets a->rank and a->joined. */
typedef void ht_merge_fn(const void *ctx, ht_symbol *a, const ht_symbol *b);

/* Joins the n symbols in m->symbols (at, len, id set) until no pair joins; equal ranks go left to right.
 * O(n log n). False when memory is gone. */
bool ht_merger_run(ht_merger *m, size_t n, ht_merge_fn *fn, const void *ctx);
#endif
