#include "base/arena.h"

#include <stdlib.h>

enum { ALIGN = 64, BLOCK_BYTES = 64 * 1024 };

struct ht_arena_block {
    ht_arena_block *next;
    size_t cap, used; /* bytes behind this header, which fills one ALIGN */
};

static char *block_data(ht_arena_block *b) { return (char *)b + ALIGN; }

void *ht_arena_alloc(ht_arena *a, size_t n)
{
    _Static_assert(sizeof(ht_arena_block) <= ALIGN, "header fits in front of the data");
    size_t need;
    if (!ht_add_size(n, ALIGN - 1, &need))
        return NULL;
    need = need / ALIGN * ALIGN;
    ht_arena_block *b = a->head;
    if (b == NULL || need > b->cap - b->used) {
        size_t cap = need > BLOCK_BYTES ? need : BLOCK_BYTES, total;
        if (!ht_add_size(cap, ALIGN, &total) || (b = aligned_alloc(ALIGN, total)) == NULL)
            return NULL;
        *b = (ht_arena_block){.next = a->head, .cap = cap};
        a->head = b;
    }
    void *p = block_data(b) + b->used;
    b->used += need;
    a->used_bytes += need;
    return memset(p, 0, need);
}

void *ht_arena_array(ht_arena *a, size_t count, size_t size)
{
    size_t n;
    return ht_mul_size(count, size, &n) ? ht_arena_alloc(a, n) : NULL;
}

ht_str ht_arena_copy(ht_arena *a, ht_str s)
{
    char *p = s.len < SIZE_MAX ? ht_arena_alloc(a, s.len + 1) : NULL;
    if (p == NULL)
        return (ht_str){NULL, 0};
    if (s.len > 0)
        memcpy(p, s.ptr, s.len);
    return (ht_str){p, s.len};
}

void ht_arena_reset(ht_arena *a)
{
    ht_arena_block *keep = NULL;
    for (ht_arena_block *b = a->head, *next; b != NULL; b = next) {
        next = b->next;
        if (keep == NULL || b->cap > keep->cap) {
            free(keep);
            keep = b;
        } else {
            free(b);
        }
    }
    if (keep != NULL) {
        keep->next = NULL;
        keep->used = 0;
    }
    a->head = keep;
    a->used_bytes = 0;
}

void ht_arena_deinit(ht_arena *a)
{
    for (ht_arena_block *b = a->head, *next; b != NULL; b = next) {
        next = b->next;
        free(b);
    }
    *a = (ht_arena){0};
}
