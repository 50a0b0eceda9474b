#include "engine/constraint.h"

#include <stdlib.h>

#include "engine/constraint_parts.h"

static void forget_masks(ht_constraint *c)
{
    for (size_t i = 0; i < HT_MASK_SLOTS; i++)
        c->slots[i].state = HT_STATE_DEAD;
}

ht_status ht_constraint_new(const ht_grammar *g, const ht_token_trie *v, ht_constraint **out, ht_error *err)
{
    *out = NULL;
    ht_constraint *c = calloc(1, sizeof *c);
    if (c == NULL)
        return ht_fail(err, HT_NO_MEMORY, -1, "constraint");
    c->atom_ids = malloc((g->n_atoms + 1) * sizeof *c->atom_ids);
    c->nothing = calloc(v->n_words, sizeof *c->nothing);
    if (c->atom_ids == NULL || c->nothing == NULL) {
        ht_constraint_free(c);
        return ht_fail(err, HT_NO_MEMORY, -1, "constraint");
    }
    c->g = g;
    c->v = v;
    c->avoided_by = HT_NODE_NONE;
    for (size_t i = 0; i < g->n_atoms; i++)
        c->atom_ids[i] = ht_token_trie_find_atom(v, (ht_str){g->bytes + g->atoms[i].offset, g->atoms[i].len});
    forget_masks(c);
    ht_automaton_init(&c->a, g, c->atom_ids);
    c->state = ht_automaton_start(&c->a);
    if (c->a.failed) {
        ht_constraint_free(c);
        return ht_fail(err, HT_NO_MEMORY, -1, "constraint");
    }
    *out = c;
    return HT_OK;
}

void ht_constraint_free(ht_constraint *c)
{
    if (c == NULL)
        return;
    for (size_t i = 0; i < HT_MASK_SLOTS; i++)
        free(c->slots[i].mask);
    ht_automaton_deinit(&c->a);
    free(c->atom_ids);
    free(c->nothing);
    free(c->items);
    free(c->with_avoided);
    free(c);
}

void ht_constraint_reset(ht_constraint *c)
{
    c->has_ended = false;
    c->n_recent = 0;
    c->state = ht_automaton_start(&c->a);
}

const uint64_t *ht_constraint_mask(ht_constraint *c)
{
    if (c->has_ended)
        return c->v->ends;
    if (c->state < 0)
        return NULL;
    ht_mask_slot *slot = &c->slots[c->state % HT_MASK_SLOTS];
    if (slot->state != c->state && !ht_constraint_fill(c, slot))
        return NULL;
    return slot->is_empty ? NULL : slot->mask;
}

/* The state behind token id, or HT_STATE_DEAD. *ends: it is an end token where the text may end; the state stays. */
static int32_t state_after(ht_constraint *c, int32_t id, bool *ends)
{
    *ends = false;
    if (c->has_ended || c->state < 0 || id < 0 || id >= c->v->n_vocab)
        return HT_STATE_DEAD;
    const ht_token_kind kind = ht_token_trie_kind(c->v, id);
    const ht_str text = ht_token_trie_text(c->v, id);
    if (kind == HT_TOKEN_TEXT)
        return text.len > 0 && text.len <= HT_TOKEN_MAX_BYTES ? ht_automaton_run(&c->a, c->state, text) : HT_STATE_DEAD;
    const int32_t atom = c->a.states[c->state].has_atoms ? ht_automaton_atom(&c->a, c->state, id) : HT_STATE_DEAD;
    if (atom >= 0)
        return atom;
    *ends = kind == HT_TOKEN_END && c->a.states[c->state].is_accepting;
    return *ends ? c->state : HT_STATE_DEAD;
}

bool ht_constraint_allows(ht_constraint *c, int32_t id)
{
    bool ends;
    return state_after(c, id, &ends) >= 0;
}

static void remember(ht_constraint *c, int32_t id)
{
    if (c->n_recent == HT_RECENT_TOKENS)
        memmove(c->recent, c->recent + 1, --c->n_recent * sizeof *c->recent);
    c->recent[c->n_recent++] = id;
}

bool ht_constraint_accept(ht_constraint *c, int32_t id)
{
    bool ends;
    const int32_t to = state_after(c, id, &ends);
    if (to < 0)
        return false;
    if (ht_token_trie_kind(c->v, id) != HT_TOKEN_TEXT)
        c->n_recent = 0;
    else
        remember(c, id);
    c->has_ended = ends;
    c->state = to;
    if (ht_automaton_trim(&c->a, &c->state))
        forget_masks(c);
    return true;
}

bool ht_constraint_complete(const ht_constraint *c)
{
    return c->has_ended || (c->state >= 0 && c->a.states[c->state].is_accepting);
}

bool ht_constraint_done(const ht_constraint *c)
{
    if (!ht_constraint_complete(c) || c->has_ended)
        return c->has_ended;
    const ht_state *s = &c->a.states[c->state];
    return s->n_edges == 0 && !s->has_atoms;
}

static const uint64_t *filter_mask(void *ctx)
{
    ht_constraint *c = ctx;
    const uint64_t *mask = ht_constraint_mask(c);
    return mask != NULL ? mask : c->nothing;
}

static void filter_accept(void *ctx, int32_t id) { (void)ht_constraint_accept(ctx, id); /* it came from the mask */ }
static size_t filter_forced(void *ctx, int32_t *ids, size_t max) { return ht_constraint_forced(ctx, ids, max); }

ht_token_filter ht_constraint_filter(ht_constraint *c) { return (ht_token_filter){c, filter_mask, filter_accept, filter_forced}; }
