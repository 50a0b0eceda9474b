#include "text/merger.h"

#include <stdlib.h>

/* Up to here, looking at every pair for the best is faster than a heap. */
enum { SHORT_PIECE = 24 };

void ht_merger_deinit(ht_merger *m)
{
    free(m->symbols);
    free(m->heap);
    *m = (ht_merger){0};
}

bool ht_merger_reserve(ht_merger *m, size_t n)
{
    if (n <= m->cap)
        return true;
    size_t cap = m->cap ? m->cap : 256, bytes;
    while (cap < n)
        if (!ht_mul_size(cap, 2, &cap))
            return false;
    ht_symbol *symbols = ht_mul_size(cap, sizeof *symbols, &bytes) ? realloc(m->symbols, bytes) : NULL;
    if (symbols == NULL)
        return false;
    m->symbols = symbols;
    m->cap = cap;
    return true;
}

/* Joins symbol i with its right neighbour and asks anew about both sides. */
static void join(ht_symbol *s, uint32_t i, ht_merge_fn *fn, const void *ctx)
{
    ht_symbol *left = &s[i], *right = &s[left->next];
    left->id = left->joined;
    left->len += right->len;
    left->next = right->next;
    left->rank = right->rank = HT_MERGE_NONE;
    if (left->next != HT_MERGE_NONE) {
        s[left->next].prev = i;
        fn(ctx, left, &s[left->next]);
    }
    if (left->prev != HT_MERGE_NONE) {
        s[left->prev].rank = HT_MERGE_NONE;
        fn(ctx, &s[left->prev], left);
    }
}

static void run_short(ht_symbol *s, ht_merge_fn *fn, const void *ctx)
{
    for (;;) {
        uint32_t best = 0;
        for (uint32_t i = s[0].next; i != HT_MERGE_NONE; i = s[i].next)
            if (s[i].rank < s[best].rank)
                best = i;
        if (s[best].rank == HT_MERGE_NONE)
            return;
        join(s, best, fn, ctx);
    }
}

static void push(ht_merger *m, uint32_t symbol)
{
    const uint64_t entry = (uint64_t)m->symbols[symbol].rank << 32 | symbol;
    size_t i = m->n_heap++;
    while (i > 0 && entry < m->heap[(i - 1) / 2]) {
        m->heap[i] = m->heap[(i - 1) / 2];
        i = (i - 1) / 2;
    }
    m->heap[i] = entry;
}

static uint64_t pop(ht_merger *m)
{
    const uint64_t top = m->heap[0], last = m->heap[--m->n_heap];
    size_t i = 0;
    for (size_t child; (child = 2 * i + 1) < m->n_heap; i = child) {
        if (child + 1 < m->n_heap && m->heap[child + 1] < m->heap[child])
            child++;
        if (m->heap[child] >= last)
            break;
        m->heap[i] = m->heap[child];
    }
    m->heap[i] = last;
    return top;
}

static bool run_long(ht_merger *m, size_t n, ht_merge_fn *fn, const void *ctx)
{
    ht_symbol *s = m->symbols;
    if (m->heap_cap < 3 * n) { /* n - 1 pairs at first, and each join adds two */
        uint64_t *heap = realloc(m->heap, 3 * n * sizeof *heap);
        if (heap == NULL)
            return false;
        m->heap = heap;
        m->heap_cap = 3 * n;
    }
    m->n_heap = 0;
    for (uint32_t i = 0; i < n; i++)
        if (s[i].rank != HT_MERGE_NONE)
            push(m, i);
    while (m->n_heap > 0) {
        const uint64_t entry = pop(m);
        const uint32_t i = (uint32_t)entry;
        if (s[i].rank != entry >> 32)
            continue; /* that pair is gone */
        join(s, i, fn, ctx);
        if (s[i].rank != HT_MERGE_NONE)
            push(m, i);
        if (s[i].prev != HT_MERGE_NONE && s[s[i].prev].rank != HT_MERGE_NONE)
            push(m, s[i].prev);
    }
    return true;
}

bool ht_merger_run(ht_merger *m, size_t n, ht_merge_fn *fn, const void *ctx)
{
    ht_symbol *s = m->symbols;
    for (uint32_t i = 0; i < n; i++) {
        s[i].prev = i > 0 ? i - 1 : HT_MERGE_NONE;
        s[i].next = i + 1 < n ? i + 1 : HT_MERGE_NONE;
        s[i].rank = HT_MERGE_NONE;
        if (i + 1 < n)
            fn(ctx, &s[i], &s[i + 1]);
    }
    if (n > SHORT_PIECE)
        return run_long(m, n, fn, ctx);
    if (n > 1)
        run_short(s, fn, ctx);
    return true;
}
