/* The mask of a state: the union over its items, each computed the cheapest way that is exact for it. */
#include <stdlib.h>

#include "engine/constraint_parts.h"
#include "engine/text_machine.h"

static void set_bit(uint64_t *mask, int32_t id) { mask[id / 64] |= (uint64_t)1 << (id % 64); }

static void unite(uint64_t *mask, const uint64_t *with, size_t n_words)
{
    for (size_t i = 0; i < n_words; i++)
        mask[i] |= with[i];
}

/* A walk of a trie and the automaton side by side. Tokens count if min_chars … max_chars of their characters come before the
 * point where the walk began (tails); 0 … UINT32_MAX for whole tokens. */
typedef struct {
    ht_constraint *c;
    const ht_trie *trie;
    uint32_t min_chars, max_chars;
    uint64_t *mask;
} walk;

static void take_tokens(const walk *w, const ht_trie_node *n)
{
    const uint32_t end = ht_trie_here_end(w->trie, n);
    for (uint32_t i = n->first_token; i < end; i++) {
        const int32_t id = w->trie->order[i];
        if (w->min_chars == 0 && w->max_chars == UINT32_MAX)
            set_bit(w->mask, id);
        else if (w->c->v->n_chars[id] >= w->min_chars && w->c->v->n_chars[id] <= w->max_chars)
            set_bit(w->mask, id);
    }
}

/* First of the children begin … end-1 whose byte is at least `byte`. */
static const ht_trie_node *first_from(const ht_trie_node *begin, const ht_trie_node *end, uint8_t byte)
{
    while (begin < end) {
        const ht_trie_node *middle = begin + (end - begin) / 2;
        if (middle->byte < byte)
            begin = middle + 1;
        else
            end = middle;
    }
    return begin;
}

/* Tokens below node n, from state s. As deep as the longest token: 255. */
static void walk_from(const walk *w, const ht_trie_node *n, int32_t s)
{
    const ht_trie_node *child = w->trie->nodes + n->first_child, *end = child + n->n_children;
    ht_automaton *a = &w->c->a;
    const uint32_t first_edge = a->states[s].first_edge, n_edges = a->states[s].n_edges;
    for (uint32_t e = 0; e < n_edges && child < end; e++) {
        const ht_edge edge = a->edges[first_edge + e];
        if (child->byte < edge.lo)
            child = first_from(child, end, edge.lo);
        if (child == end || child->byte > edge.hi)
            continue;
        const int32_t to = edge.to != HT_EDGE_UNKNOWN ? edge.to : ht_automaton_follow(a, s, e);
        for (; child < end && child->byte <= edge.hi; child++) {
            if (to < 0)
                continue;
            take_tokens(w, child);
            if (child->n_children > 0)
                walk_from(w, child, to);
        }
    }
}

/* Whole tokens from state s. */
static void add_walk(ht_constraint *c, int32_t s, uint64_t *mask)
{
    const walk w = {.c = c, .trie = &c->v->whole, .max_chars = UINT32_MAX, .mask = mask};
    if (s >= 0)
        walk_from(&w, &w.trie->nodes[0], s);
}

/* Inside of a string, between two characters: the tokens that stay inside are known, as far as they are short enough; those
 * that close it are sorted by what stands behind the quote, which must go on with what follows the string. */
static void add_string(ht_constraint *c, ht_item item, uint64_t *mask)
{
    const ht_token_trie *v = c->v;
    const ht_node *n = &c->g->nodes[item.node];
    const ht_limits l = c->g->limits[n->b];
    const uint32_t count = item.aux >> 4;
    const uint32_t room = l.max == HT_REPEAT_ANY ? UINT32_MAX : l.max - count, need = count < l.min ? l.min - count : 0;
    if (room >= HT_TOKEN_MAX_BYTES) {
        unite(mask, v->inside, v->n_words);
    } else {
        unite(mask, v->short_inside + (room < HT_SHORT_CHARS ? room : HT_SHORT_CHARS) * v->n_words, v->n_words);
        for (size_t i = 0; i < v->n_long; i++)
            if (v->n_chars[v->long_inside[i]] <= room)
                set_bit(mask, v->long_inside[i]);
    }
    const int32_t behind = ht_automaton_place(&c->a, n->next, item.stack);
    if (behind < 0)
        return;
    const walk w = {.c = c, .trie = &v->tails, .min_chars = need, .max_chars = room, .mask = mask};
    take_tokens(&w, &w.trie->nodes[0]);
    walk_from(&w, &w.trie->nodes[0], behind);
}

/* Finds the tokens that contain the text that TEXT node `id` avoids. There is usually one such node in a grammar. */
static bool find_avoided(ht_constraint *c, ht_node_id id)
{
    const ht_token_trie *v = c->v;
    const ht_node *n = &c->g->nodes[id];
    const ht_str all = {v->bytes, v->offsets[v->n_vocab]}, avoid = {c->g->bytes + n->a, n->b};
    if (c->avoided_by == id)
        return true;
    c->n_with_avoided = 0;
    int32_t token = 0;
    for (ptrdiff_t at = 0; (at = ht_str_find(all, avoid, (size_t)at)) >= 0; at++) {
        while (v->offsets[token + 1] <= (size_t)at)
            token++;
        const bool is_within = (size_t)at + avoid.len <= v->offsets[token + 1] && v->kinds[token] == HT_TOKEN_TEXT;
        if (!is_within || (c->n_with_avoided > 0 && c->with_avoided[c->n_with_avoided - 1] == token))
            continue;
        int32_t *grown = realloc(c->with_avoided, (c->n_with_avoided + 1) * sizeof *grown);
        if (grown == NULL)
            return false;
        c->with_avoided = grown;
        c->with_avoided[c->n_with_avoided++] = token;
    }
    c->avoided_by = id;
    return true;
}

/* A token that might complete the avoided text is allowed if the automaton says so. */
static void judge(ht_constraint *c, int32_t id, uint64_t *mask)
{
    mask[id / 64] &= ~((uint64_t)1 << (id % 64));
    if (ht_automaton_run(&c->a, c->state, ht_token_trie_text(c->v, id)) >= 0)
        set_bit(mask, id);
}

/* Free text between two characters: every token that is text, but for those that contain the avoided text or complete it. */
static bool judge_text(ht_constraint *c, ht_item item, uint64_t *mask)
{
    const ht_node *n = &c->g->nodes[item.node];
    const char *avoid = c->g->bytes + n->a;
    const uint8_t *fail = (const uint8_t *)avoid + n->b;
    if (!find_avoided(c, item.node))
        return false;
    for (size_t i = 0; i < c->n_with_avoided; i++)
        judge(c, c->with_avoided[i], mask);
    for (uint32_t matched = item.aux >> 5; matched > 0; matched = fail[matched - 1]) {
        const ht_trie_node *at = &c->v->whole.nodes[0];
        for (uint32_t i = matched; i < n->b && at != NULL; i++)
            at = ht_trie_child(&c->v->whole, at, (uint8_t)avoid[i]);
        for (uint32_t i = at ? at->first_token : 0; at != NULL && i < at->end_token; i++)
            judge(c, c->v->whole.order[i], mask);
    }
    return true;
}

static bool copy_items(ht_constraint *c, const ht_state *s)
{
    if (s->n_items > c->cap_items) {
        ht_item *grown = realloc(c->items, 2 * (size_t)s->n_items * sizeof *grown);
        if (grown == NULL)
            return false;
        c->items = grown;
        c->cap_items = 2 * (size_t)s->n_items;
    }
    memcpy(c->items, c->a.items + s->first_item, s->n_items * sizeof *c->items);
    return true;
}

/* Everything but the tokens that TEXT items have to judge; these come last, since judging clears bits. */
static void add_items(ht_constraint *c, size_t n_items, uint64_t *mask)
{
    size_t n_rest = 0;
    for (size_t i = 0; i < n_items; i++) {
        const ht_item item = c->items[i];
        const ht_node *n = &c->g->nodes[item.node];
        const bool is_between = (item.aux & 15) == HT_CHAR_START;
        if (n->kind == HT_KIND_ACCEPT)
            unite(mask, c->v->ends, c->v->n_words);
        else if (n->kind == HT_KIND_ATOM)
            set_bit(mask, c->atom_ids[n->a]);
        else if (n->kind == HT_KIND_STRING && is_between)
            add_string(c, item, mask);
        else if (n->kind == HT_KIND_TEXT && is_between)
            unite(mask, c->v->free_text, c->v->n_words);
        else
            c->items[n_rest++] = item;
    }
    if (n_rest == n_items)
        add_walk(c, c->state, mask);
    else if (n_rest > 0)
        add_walk(c, ht_automaton_state(&c->a, c->items, n_rest), mask);
}

bool ht_constraint_fill(ht_constraint *c, ht_mask_slot *slot)
{
    const size_t n_words = c->v->n_words;
    const ht_state s = c->a.states[c->state];
    slot->state = HT_STATE_DEAD;
    if (slot->mask == NULL && (slot->mask = malloc(n_words * sizeof *slot->mask)) == NULL)
        return false;
    memset(slot->mask, 0, n_words * sizeof *slot->mask);
    if (!copy_items(c, &s))
        return false;
    add_items(c, s.n_items, slot->mask);
    for (uint32_t i = 0; i < s.n_items; i++) {
        const ht_item item = c->a.items[s.first_item + i];
        const bool is_text = c->g->nodes[item.node].kind == HT_KIND_TEXT && (item.aux & 15) == HT_CHAR_START;
        if (is_text && !judge_text(c, item, slot->mask))
            return false;
    }
    if (c->a.failed)
        return false;
    uint64_t any = 0;
    for (size_t i = 0; i < n_words; i++)
        any |= slot->mask[i];
    slot->is_empty = any == 0;
    slot->state = c->state;
    return true;
}
