/* Stacks, and what can be reached without reading. States: automaton.c. */
#include <stdlib.h>

#include "engine/automaton.h"
#include "engine/text_machine.h"

enum { BOTTOM = HT_NODE_NONE, BOTTOM_STACK = 0, MAX_TOTAL = 1 << 28, MAX_WORK = 1 << 22 };

bool ht_automaton_room(ht_automaton *a, void **array, size_t *cap, size_t n, size_t extra, size_t element_bytes)
{
    if (n + extra <= *cap)
        return true;
    const size_t want = 2 * (n + extra) + 64;
    void *grown = want <= MAX_TOTAL ? realloc(*array, want * element_bytes) : NULL;
    if (grown == NULL)
        return a->failed = true, false;
    *array = grown;
    *cap = want;
    return true;
}

uint32_t ht_hash_words(const uint32_t *words, size_t n)
{
    uint64_t h = n * 0x9E3779B97F4A7C15u;
    for (size_t i = 0; i < n; i++)
        h = (h ^ words[i]) * 0xFF51AFD7ED558CCDu, h ^= h >> 32;
    return (uint32_t)h;
}

/* Doubles the index when n entries fill half of it; hash_of(a, i) gives an entry's hash. */
bool ht_automaton_index_room(ht_automaton *a, ht_index *x, size_t n, uint32_t (*hash_of)(const ht_automaton *, size_t))
{
    if (2 * (n + 1) <= x->size)
        return true;
    const size_t size = x->size ? 2 * x->size : 256;
    uint32_t *slots = calloc(size, sizeof *slots);
    if (slots == NULL)
        return a->failed = true, false;
    for (size_t i = 0; i < n; i++) {
        size_t at = hash_of(a, i) & (size - 1);
        while (slots[at] != 0)
            at = (at + 1) & (size - 1);
        slots[at] = (uint32_t)i + 1;
    }
    free(x->slots);
    x->slots = slots;
    x->size = size;
    return true;
}

/* ---- stacks ---- */

uint32_t ht_hash_of_stack(const ht_automaton *a, size_t i) { return a->stacks[i].hash; }

/* The stack of these frames (sorted, distinct). */
static uint32_t intern_stack(ht_automaton *a, const ht_frame *frames, size_t n)
{
    _Static_assert(sizeof(ht_frame) == 3 * sizeof(uint32_t), "hashed as words");
    const uint32_t hash = ht_hash_words((const uint32_t *)frames, 3 * n);
    if (!ht_automaton_index_room(a, &a->stack_index, a->n_stacks, ht_hash_of_stack))
        return BOTTOM_STACK;
    const size_t mask = a->stack_index.size - 1;
    size_t at = hash & mask;
    for (uint32_t slot; (slot = a->stack_index.slots[at]) != 0; at = (at + 1) & mask) {
        const ht_stack *s = &a->stacks[slot - 1];
        if (s->hash == hash && s->n == n && memcmp(a->frames + s->first, frames, n * sizeof *frames) == 0)
            return slot - 1;
    }
    if (!ht_automaton_room(a, (void **)&a->frames, &a->cap_frames, a->n_frames, n, sizeof *frames) ||
        !ht_automaton_room(a, (void **)&a->stacks, &a->cap_stacks, a->n_stacks, 1, sizeof *a->stacks))
        return BOTTOM_STACK;
    memcpy(a->frames + a->n_frames, frames, n * sizeof *frames);
    a->stacks[a->n_stacks] = (ht_stack){(uint32_t)a->n_frames, (uint32_t)n, hash};
    a->n_frames += n;
    a->stack_index.slots[at] = (uint32_t)++a->n_stacks;
    return (uint32_t)a->n_stacks - 1;
}

static uint32_t push_frame(ht_automaton *a, ht_node_id node, uint32_t count, uint32_t parent)
{
    const ht_frame frame = {node, count, parent};
    return intern_stack(a, &frame, 1);
}

static int compare_frames(const ht_frame *x, const ht_frame *y)
{
    if (x->node != y->node)
        return x->node < y->node ? -1 : 1;
    if (x->count != y->count)
        return x->count < y->count ? -1 : 1;
    return (x->parent > y->parent) - (x->parent < y->parent);
}

static uint32_t merge_stacks(ht_automaton *a, uint32_t x, uint32_t y)
{
    if (x == y)
        return x;
    const ht_stack left = a->stacks[x], right = a->stacks[y];
    if (!ht_automaton_room(a, (void **)&a->merged, &a->cap_merged, 0, left.n + right.n, sizeof *a->merged))
        return x;
    size_t i = 0, k = 0, n = 0;
    while (i < left.n || k < right.n) {
        const ht_frame *p = &a->frames[left.first + i], *q = &a->frames[right.first + k];
        const int order = i == left.n ? 1 : k == right.n ? -1 : compare_frames(p, q);
        a->merged[n++] = order <= 0 ? *p : *q;
        i += order <= 0;
        k += order >= 0;
    }
    return intern_stack(a, a->merged, n);
}

/* ---- the set of items that can be reached without reading ---- */

/* The slot of (node, aux) in `found`: its entry, or a free one. */
static uint64_t *find_place(ht_automaton *a, ht_node_id node, uint32_t aux)
{
    const size_t mask = 4 * a->cap_work - 1;
    const uint32_t words[] = {(uint32_t)node, aux};
    for (size_t at = ht_hash_words(words, 2) & mask;; at = (at + 1) & mask) {
        const ht_item *w = &a->work[(uint32_t)a->found[at]];
        if (a->found[at] >> 32 != a->round || (w->node == node && w->aux == aux))
            return &a->found[at];
    }
}

/* Only between rounds or before a place is added: the table of places is made anew. */
static bool grow_work(ht_automaton *a)
{
    const size_t cap = a->cap_work ? 2 * a->cap_work : 64;
    ht_item *work = malloc(cap * sizeof *work);
    uint8_t *is_queued = malloc(cap);
    uint32_t *queue = malloc(cap * sizeof *queue);
    uint64_t *found = calloc(4 * cap, sizeof *found);
    if (work == NULL || is_queued == NULL || queue == NULL || found == NULL || cap > MAX_WORK) {
        free(work), free(is_queued), free(queue), free(found);
        return a->failed = true, false;
    }
    for (size_t i = 0; i < a->n_work; i++) {
        work[i] = a->work[i];
        is_queued[i] = a->is_queued[i];
    }
    for (size_t i = 0; i < a->n_queue; i++)
        queue[i] = a->queue[(a->queue_head + i) % a->cap_work];
    free(a->work), free(a->is_queued), free(a->queue), free(a->found);
    a->work = work;
    a->is_queued = is_queued;
    a->queue = queue;
    a->found = found;
    a->queue_head = 0;
    a->cap_work = cap;
    for (size_t i = 0; i < a->n_work; i++)
        *find_place(a, work[i].node, work[i].aux) = (uint64_t)a->round << 32 | i;
    return true;
}

void ht_reach_begin(ht_automaton *a)
{
    a->n_work = a->n_queue = a->queue_head = 0;
    if (++a->round == 0) { /* numbers are used up: what looks like this round's is not */
        if (a->cap_work > 0)
            memset(a->found, 0, 4 * a->cap_work * sizeof *a->found);
        a->round = 1;
    }
}

/* Adds a place, or the stack to the place that is there already, and queues it if that is news. First in, first out: a place
 * is then looked at again at most once for each layer of places before it. */
void ht_reach(ht_automaton *a, ht_node_id node, uint32_t aux, uint32_t stack)
{
    if (a->failed || (a->n_work == a->cap_work && !grow_work(a)))
        return;
    uint64_t *slot = find_place(a, node, aux);
    uint32_t place = (uint32_t)*slot;
    if (*slot >> 32 != a->round) {
        place = (uint32_t)a->n_work++;
        *slot = (uint64_t)a->round << 32 | place;
        a->work[place] = (ht_item){node, aux, stack};
        a->is_queued[place] = false;
    } else {
        const uint32_t merged = merge_stacks(a, a->work[place].stack, stack);
        if (merged == a->work[place].stack)
            return;
        a->work[place].stack = merged;
    }
    if (!a->is_queued[place]) {
        a->is_queued[place] = true;
        a->queue[(a->queue_head + a->n_queue++) % a->cap_work] = place;
    }
}

static void reach_repeat(ht_automaton *a, ht_node_id id, uint32_t count, uint32_t stack)
{
    const ht_node *n = &a->g->nodes[id];
    const ht_limits l = a->g->limits[n->b];
    if (count < l.max) {
        /* Without a maximum it is enough to know that the minimum is met: the state stays the same from then on. */
        const uint32_t begun = l.max == HT_REPEAT_ANY && count >= l.min ? l.min : count + 1;
        ht_reach(a, (ht_node_id)n->a, 0, push_frame(a, id, begun, stack));
    }
    if (count >= l.min)
        ht_reach(a, n->next, 0, stack);
}

static void reach_returns(ht_automaton *a, uint32_t stack)
{
    const ht_stack s = a->stacks[stack];
    for (uint32_t i = 0; i < s.n; i++) {
        const ht_frame f = a->frames[s.first + i];
        if (f.node == BOTTOM)
            ht_reach(a, HT_NODE_ACCEPT, 0, BOTTOM_STACK);
        else if (a->g->nodes[f.node].kind == HT_KIND_REPEAT)
            reach_repeat(a, f.node, f.count, f.parent);
        else
            ht_reach(a, f.node, 0, f.parent);
    }
}

static void reach_call(ht_automaton *a, const ht_node *n, uint32_t stack)
{
    const ht_node_id first = a->g->rules[n->a];
    if (n->next == HT_NODE_RETURN) /* nothing to come back for */
        ht_reach(a, first, 0, stack);
    else
        ht_reach(a, first, 0, push_frame(a, n->next, 0, stack));
}

/* Whether text may be left here: it is not empty and no character is unfinished. */
static bool is_text_boundary(uint32_t aux) { return (aux & 31) == 16 + HT_CHAR_START; }

static void expand(ht_automaton *a, ht_item item)
{
    const ht_node *n = &a->g->nodes[item.node];
    switch ((ht_node_kind)n->kind) {
    case HT_KIND_SPLIT:
        for (uint32_t i = 0; i < n->b; i++)
            ht_reach(a, a->g->targets[n->a + i], 0, item.stack);
        break;
    case HT_KIND_CALL:   reach_call(a, n, item.stack); break;
    case HT_KIND_RETURN: reach_returns(a, item.stack); break;
    case HT_KIND_REPEAT: reach_repeat(a, item.node, 0, item.stack); break;
    case HT_KIND_TEXT:
        if (is_text_boundary(item.aux)) {
            ht_reach(a, HT_NODE_RETURN, 0, item.stack);
            if (n->next != HT_NODE_NONE)
                ht_reach(a, n->next, 0, item.stack);
        }
        break;
    case HT_KIND_ATOM:
        if (a->atom_ids[n->a] < 0)
            ht_reach(a, (ht_node_id)n->b, 0, item.stack);
        break;
    case HT_KIND_ACCEPT:
    case HT_KIND_BYTES:
    case HT_KIND_RANGE:
    case HT_KIND_STRING: break;
    }
}

void ht_reach_close(ht_automaton *a)
{
    while (a->n_queue > 0 && !a->failed) {
        const uint32_t place = a->queue[a->queue_head];
        a->queue_head = (a->queue_head + 1) % a->cap_work;
        a->n_queue--;
        a->is_queued[place] = false;
        expand(a, a->work[place]);
    }
}

void ht_reach_init(ht_automaton *a)
{
    const uint32_t bottom = push_frame(a, BOTTOM, 0, BOTTOM_STACK);
    a->failed |= bottom != BOTTOM_STACK;
}
