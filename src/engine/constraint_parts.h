/* What a constraint consists of. Internal to the engine: constraint.c follows tokens, constraint_mask.c computes masks,
 * constraint_forced.c finds what must come. */
#ifndef HT_ENGINE_CONSTRAINT_PARTS_H
#define HT_ENGINE_CONSTRAINT_PARTS_H
#include "engine/automaton.h"
#include "engine/constraint.h"
#include "engine/token_trie_parts.h"

enum { HT_MASK_SLOTS = 32, HT_RECENT_TOKENS = 3 };

typedef struct {
    int32_t state;  /* whose mask it is; HT_STATE_DEAD: empty slot */
    bool is_empty;  /* no bit is set */
    uint64_t *mask; /* [n_words], allocated on first use */
} ht_mask_slot;

struct ht_constraint {
    const ht_grammar *g;
    const ht_token_trie *v;
    int32_t *atom_ids; /* [g->n_atoms] */
    uint64_t *nothing; /* [n_words] no bit set */
    ht_automaton a;
    int32_t state;
    bool has_ended; /* an end token was accepted */
    int32_t recent[HT_RECENT_TOKENS]; /* the last TEXT tokens since an atom, oldest first */
    size_t n_recent;
    ht_mask_slot slots[HT_MASK_SLOTS]; /* state s is kept in slot s % HT_MASK_SLOTS */
    ht_item *items; /* of the state whose mask is being computed */
    size_t cap_items;
    int32_t *with_avoided; /* [n_with_avoided] TEXT tokens that contain bytes[avoided …]: found on first use */
    size_t n_with_avoided;
    ht_node_id avoided_by; /* the TEXT node they belong to; HT_NODE_NONE: not yet searched */
};

/* Computes the mask of c->state into slot; false when memory is gone. */
bool ht_constraint_fill(ht_constraint *c, ht_mask_slot *slot);
#endif
