#include "engine/automaton.h"

#include <stdlib.h>

#include "engine/text_machine.h"

enum { TRIM_STATES = 1 << 15, TRIM_STACKS = 1 << 16 };

void ht_automaton_init(ht_automaton *a, const ht_grammar *g, const int32_t *atom_ids)
{
    *a = (ht_automaton){.g = g, .atom_ids = atom_ids, .trim_states = TRIM_STATES, .trim_stacks = TRIM_STACKS};
    ht_reach_init(a);
}

void ht_automaton_deinit(ht_automaton *a)
{
    free(a->items), free(a->states), free(a->edges), free(a->frames), free(a->stacks);
    free(a->state_index.slots), free(a->stack_index.slots);
    free(a->work), free(a->is_queued), free(a->queue), free(a->found), free(a->merged);
    *a = (ht_automaton){0};
}

/* ---- what an item reads ---- */

/* Where bytes of one state begin to differ. */
typedef struct {
    uint64_t cuts[5];     /* bit b: byte b is not like byte b - 1 */
    int16_t covers[257];  /* items that read byte b, as differences */
} byte_map;

static void cut_at(byte_map *m, unsigned byte) { m->cuts[byte / 64] |= (uint64_t)1 << (byte % 64); }

static void add_bytes(byte_map *m, uint8_t lo, uint8_t hi)
{
    m->covers[lo]++;
    m->covers[hi + 1]--;
    cut_at(m, lo);
    cut_at(m, hi + 1u);
}

static void add_edges(byte_map *m, const ht_char_edge *edges, size_t n)
{
    for (size_t i = 0; i < n; i++)
        add_bytes(m, edges[i].lo, edges[i].hi);
}

static void map_string(const ht_automaton *a, const ht_node *n, uint32_t aux, byte_map *m)
{
    const ht_limits l = a->g->limits[n->b];
    size_t n_edges;
    const ht_char_edge *edges = ht_string_edges(aux & 15, &n_edges);
    if ((aux & 15) == HT_CHAR_START && aux >> 4 >= l.min)
        add_bytes(m, '"', '"');
    if ((aux & 15) != HT_CHAR_START || aux >> 4 < l.max)
        add_edges(m, edges, n_edges);
}

static void map_text(const ht_automaton *a, const ht_node *n, uint32_t aux, byte_map *m)
{
    const uint8_t *avoid = (const uint8_t *)a->g->bytes + n->a, *fail = avoid + n->b;
    size_t n_edges;
    const ht_char_edge *edges = ht_text_edges(aux & 15, &n_edges);
    add_edges(m, edges, n_edges);
    /* Bytes that continue the text to avoid, or begin it anew. */
    for (uint32_t matched = aux >> 5;; matched = fail[matched - 1]) {
        cut_at(m, avoid[matched]);
        cut_at(m, avoid[matched] + 1u);
        if (matched == 0)
            break;
    }
}

static void map_item(const ht_automaton *a, ht_item item, byte_map *m)
{
    const ht_node *n = &a->g->nodes[item.node];
    if (n->kind == HT_KIND_BYTES) {
        const uint8_t byte = (uint8_t)a->g->bytes[n->a + item.aux];
        add_bytes(m, byte, byte);
    } else if (n->kind == HT_KIND_RANGE) {
        add_bytes(m, n->lo, n->hi);
    } else if (n->kind == HT_KIND_STRING) {
        map_string(a, n, item.aux, m);
    } else if (n->kind == HT_KIND_TEXT) {
        map_text(a, n, item.aux, m);
    }
}

static void advance_string(ht_automaton *a, ht_item item, const ht_node *n, uint8_t byte)
{
    const ht_limits l = a->g->limits[n->b];
    const uint32_t within = item.aux & 15, count = item.aux >> 4;
    if (within == HT_CHAR_START && byte == '"') {
        if (count >= l.min)
            ht_reach(a, n->next, 0, item.stack);
        return;
    }
    const int to = within == HT_CHAR_START && count >= l.max ? -1 : ht_string_step(within, byte);
    if (to < 0)
        return;
    uint32_t after = count + (to == HT_CHAR_START);
    if (l.max == HT_REPEAT_ANY && after > l.min)
        after = l.min; /* enough to know that the minimum is met: the state stays the same from then on */
    ht_reach(a, item.node, after << 4 | (uint32_t)to, item.stack);
}

static void advance_text(ht_automaton *a, ht_item item, const ht_node *n, uint8_t byte)
{
    const uint8_t *avoid = (const uint8_t *)a->g->bytes + n->a, *fail = avoid + n->b;
    const int to = ht_text_step(item.aux & 15, byte);
    uint32_t matched = item.aux >> 5;
    while (matched > 0 && avoid[matched] != byte)
        matched = fail[matched - 1];
    matched += avoid[matched] == byte;
    if (to >= 0 && matched < n->b)
        ht_reach(a, item.node, matched << 5 | 16 | (uint32_t)to, item.stack);
}

static void advance(ht_automaton *a, ht_item item, uint8_t byte)
{
    const ht_node *n = &a->g->nodes[item.node];
    if (n->kind == HT_KIND_BYTES) {
        if ((uint8_t)a->g->bytes[n->a + item.aux] != byte)
            return;
        if (item.aux + 1 < n->b)
            ht_reach(a, item.node, item.aux + 1, item.stack);
        else
            ht_reach(a, n->next, 0, item.stack);
    } else if (n->kind == HT_KIND_RANGE) {
        if (byte >= n->lo && byte <= n->hi)
            ht_reach(a, n->next, 0, item.stack);
    } else if (n->kind == HT_KIND_STRING) {
        advance_string(a, item, n, byte);
    } else if (n->kind == HT_KIND_TEXT) {
        advance_text(a, item, n, byte);
    }
}

/* ---- states ---- */

/* Items that read, wait for an atom or accept are what a state consists of; the others were only on the way. */
static bool is_kept(const ht_automaton *a, ht_item item)
{
    const ht_node *n = &a->g->nodes[item.node];
    switch ((ht_node_kind)n->kind) {
    case HT_KIND_SPLIT:
    case HT_KIND_CALL:
    case HT_KIND_RETURN:
    case HT_KIND_REPEAT: return false;
    case HT_KIND_ATOM:   return a->atom_ids[n->a] >= 0;
    case HT_KIND_ACCEPT:
    case HT_KIND_BYTES:
    case HT_KIND_RANGE:
    case HT_KIND_STRING:
    case HT_KIND_TEXT: break;
    }
    return true;
}

static int compare_items(const void *x, const void *y)
{
    const ht_item *a = x, *b = y;
    if (a->node != b->node)
        return a->node < b->node ? -1 : 1;
    return (a->aux > b->aux) - (a->aux < b->aux);
}

/* work becomes the kept items, sorted. */
static void sort_work(ht_automaton *a)
{
    size_t n = 0;
    for (size_t i = 0; i < a->n_work; i++)
        if (is_kept(a, a->work[i]))
            a->work[n++] = a->work[i];
    a->n_work = n;
    if (n > 16) {
        qsort(a->work, n, sizeof *a->work, compare_items);
        return;
    }
    for (size_t i = 1; i < n; i++) {
        const ht_item item = a->work[i];
        size_t at = i;
        for (; at > 0 && compare_items(&a->work[at - 1], &item) > 0; at--)
            a->work[at] = a->work[at - 1];
        a->work[at] = item;
    }
}

/* Appends the edges of the items in work; false when memory is gone. */
static bool make_edges(ht_automaton *a, ht_state *s)
{
    byte_map m = {0};
    for (size_t i = 0; i < a->n_work; i++) {
        const uint8_t kind = a->g->nodes[a->work[i].node].kind;
        s->is_accepting |= kind == HT_KIND_ACCEPT;
        s->has_atoms |= kind == HT_KIND_ATOM;
        map_item(a, a->work[i], &m);
    }
    if (!ht_automaton_room(a, (void **)&a->edges, &a->cap_edges, a->n_edges, 256, sizeof *a->edges))
        return false;
    s->first_edge = (uint32_t)a->n_edges;
    int covers = 0, from = -1;
    for (unsigned word = 0; word < 5; word++)
        for (uint64_t cuts = m.cuts[word]; cuts != 0; cuts &= cuts - 1) {
            const int byte = (int)(word * 64) + __builtin_ctzll(cuts);
            if (covers > 0)
                a->edges[a->n_edges++] = (ht_edge){(uint8_t)from, (uint8_t)(byte - 1), HT_EDGE_UNKNOWN};
            from = byte;
            covers += m.covers[byte];
        }
    s->n_edges = (uint16_t)(a->n_edges - s->first_edge);
    return true;
}

static uint32_t hash_of_state(const ht_automaton *a, size_t i) { return a->states[i].hash; }

/* The state whose items are in work, closed. */
static int32_t intern_work(ht_automaton *a)
{
    _Static_assert(sizeof(ht_item) == 3 * sizeof(uint32_t), "hashed as words");
    if (a->failed)
        return HT_STATE_DEAD;
    sort_work(a);
    if (a->n_work == 0 || !ht_automaton_index_room(a, &a->state_index, a->n_states, hash_of_state))
        return HT_STATE_DEAD;
    const uint32_t hash = ht_hash_words((const uint32_t *)a->work, 3 * a->n_work);
    const size_t mask = a->state_index.size - 1;
    size_t at = hash & mask;
    for (uint32_t slot; (slot = a->state_index.slots[at]) != 0; at = (at + 1) & mask) {
        const ht_state *s = &a->states[slot - 1];
        if (s->hash == hash && s->n_items == a->n_work && memcmp(a->items + s->first_item, a->work, a->n_work * sizeof *a->work) == 0)
            return (int32_t)slot - 1;
    }
    ht_state state = {.first_item = (uint32_t)a->n_items, .n_items = (uint32_t)a->n_work, .hash = hash};
    if (!ht_automaton_room(a, (void **)&a->items, &a->cap_items, a->n_items, a->n_work, sizeof *a->items) ||
        !ht_automaton_room(a, (void **)&a->states, &a->cap_states, a->n_states, 1, sizeof *a->states) || !make_edges(a, &state))
        return HT_STATE_DEAD;
    memcpy(a->items + a->n_items, a->work, a->n_work * sizeof *a->work);
    a->n_items += a->n_work;
    a->states[a->n_states] = state;
    a->state_index.slots[at] = (uint32_t)++a->n_states;
    return (int32_t)a->n_states - 1;
}

int32_t ht_automaton_place(ht_automaton *a, ht_node_id node, uint32_t stack)
{
    ht_reach_begin(a);
    ht_reach(a, node, 0, stack);
    ht_reach_close(a);
    return intern_work(a);
}

int32_t ht_automaton_start(ht_automaton *a) { return ht_automaton_place(a, a->g->root, 0); }

int32_t ht_automaton_state(ht_automaton *a, const ht_item *items, size_t n)
{
    ht_reach_begin(a);
    for (size_t i = 0; i < n; i++)
        ht_reach(a, items[i].node, items[i].aux, items[i].stack);
    return intern_work(a); /* kept items are closed already */
}

int32_t ht_automaton_follow(ht_automaton *a, int32_t s, uint32_t e)
{
    const ht_state state = a->states[s];
    const ht_edge edge = a->edges[state.first_edge + e];
    if (edge.to != HT_EDGE_UNKNOWN || a->failed)
        return a->failed ? HT_STATE_DEAD : edge.to;
    ht_reach_begin(a);
    for (uint32_t i = 0; i < state.n_items; i++)
        advance(a, a->items[state.first_item + i], edge.lo);
    ht_reach_close(a);
    const int32_t to = intern_work(a);
    a->edges[state.first_edge + e].to = to;
    return to;
}

int32_t ht_automaton_step(ht_automaton *a, int32_t s, uint8_t byte)
{
    const ht_state state = a->states[s];
    for (uint32_t e = 0; e < state.n_edges; e++) {
        const ht_edge edge = a->edges[state.first_edge + e];
        if (byte >= edge.lo && byte <= edge.hi)
            return ht_automaton_follow(a, s, e);
    }
    return HT_STATE_DEAD;
}

int32_t ht_automaton_run(ht_automaton *a, int32_t s, ht_str text)
{
    for (size_t i = 0; i < text.len && s >= 0; i++)
        s = ht_automaton_step(a, s, (uint8_t)text.ptr[i]);
    return s;
}

int32_t ht_automaton_atom(ht_automaton *a, int32_t s, int32_t token)
{
    const ht_state state = a->states[s];
    ht_reach_begin(a);
    for (uint32_t i = 0; i < state.n_items; i++) {
        const ht_item item = a->items[state.first_item + i];
        const ht_node *n = &a->g->nodes[item.node];
        if (n->kind == HT_KIND_ATOM && a->atom_ids[n->a] == token)
            ht_reach(a, n->next, 0, item.stack);
    }
    ht_reach_close(a);
    return intern_work(a);
}

/* ---- forgetting ---- */

/* Keeps the stacks that is_used marks, in their order (a stack's parents have smaller numbers), and renumbers into new_id. */
static void compact_stacks(ht_automaton *a, const uint8_t *is_used, uint32_t *new_id)
{
    size_t n_stacks = 0, n_frames = 0;
    for (size_t i = 0; i < a->n_stacks; i++) {
        if (!is_used[i])
            continue;
        ht_stack s = a->stacks[i];
        for (uint32_t k = 0; k < s.n; k++) {
            ht_frame f = a->frames[s.first + k];
            f.parent = new_id[f.parent];
            a->frames[n_frames + k] = f;
        }
        s.first = (uint32_t)n_frames;
        s.hash = ht_hash_words((const uint32_t *)(a->frames + n_frames), 3 * (size_t)s.n);
        n_frames += s.n;
        new_id[i] = (uint32_t)n_stacks;
        a->stacks[n_stacks++] = s;
    }
    a->n_stacks = n_stacks;
    a->n_frames = n_frames;
    memset(a->stack_index.slots, 0, a->stack_index.size * sizeof *a->stack_index.slots);
    for (size_t i = 0; i < n_stacks; i++) {
        size_t at = a->stacks[i].hash & (a->stack_index.size - 1);
        while (a->stack_index.slots[at] != 0)
            at = (at + 1) & (a->stack_index.size - 1);
        a->stack_index.slots[at] = (uint32_t)i + 1;
    }
}

bool ht_automaton_trim(ht_automaton *a, int32_t *s)
{
    if (a->n_states < a->trim_states && a->n_stacks < a->trim_stacks)
        return false;
    const ht_state state = a->states[*s];
    ht_item *items = malloc(state.n_items * sizeof *items);
    uint8_t *is_used = calloc(a->n_stacks, 1);
    uint32_t *new_id = calloc(a->n_stacks, sizeof *new_id);
    const bool can_trim = items != NULL && is_used != NULL && new_id != NULL;
    if (can_trim) {
        is_used[0] = true;
        memcpy(items, a->items + state.first_item, state.n_items * sizeof *items);
        for (uint32_t i = 0; i < state.n_items; i++)
            is_used[items[i].stack] = true;
        for (size_t i = a->n_stacks; i-- > 0;)
            for (uint32_t k = 0; is_used[i] && k < a->stacks[i].n; k++)
                is_used[a->frames[a->stacks[i].first + k].parent] = true;
        compact_stacks(a, is_used, new_id);
        for (uint32_t i = 0; i < state.n_items; i++)
            items[i].stack = new_id[items[i].stack];
        a->n_states = a->n_items = a->n_edges = 0;
        memset(a->state_index.slots, 0, a->state_index.size * sizeof *a->state_index.slots);
        *s = ht_automaton_state(a, items, state.n_items);
        a->trim_stacks = 2 * a->n_stacks + TRIM_STACKS; /* deep nesting keeps many alive */
    }
    free(items), free(is_used), free(new_id);
    return can_trim;
}
