/* A grammar as an automaton over bytes, built as far as it is walked. Internal to the engine.
 *
 * An item is one place in the grammar that a text may have led to: a node, how far into it, and the set of places to return
 * to. A state is the set of items that a text may have led to; the same set is the same state, so what was computed for it
 * is kept. Returns are kept as a graph: a stack is a set of frames, each with a stack below it, and items that differ only in
 * their stacks are one item whose stack is the union; that keeps ambiguous grammars polynomial (the graph-structured stack
 * of Tomita 1986, without its left recursion, which grammar_check.c refuses).
 *
 * One thread at a time. */
#ifndef HT_ENGINE_AUTOMATON_H
#define HT_ENGINE_AUTOMATON_H
#include "engine/grammar_build.h"

enum { HT_STATE_DEAD = -1 };

/* aux: bytes read of BYTES; of STRING the characters read * 16 + HT_CHAR_…; of TEXT the bytes of the avoided text matched * 32
 * + 16 if anything was read + HT_CHAR_… */
typedef struct {
    ht_node_id node;
    uint32_t aux, stack;
} ht_item;

typedef struct {
    uint32_t first_item, n_items, first_edge, hash;
    uint16_t n_edges;
    bool is_accepting; /* the text may end here */
    bool has_atoms;    /* an item waits for an atom */
} ht_state;

/* Bytes lo … hi lead to the same state: to, or HT_EDGE_UNKNOWN until asked for. Of one state: sorted, apart. */
typedef struct {
    uint8_t lo, hi;
    int32_t to;
} ht_edge;
enum { HT_EDGE_UNKNOWN = -2 };

typedef struct {
    ht_node_id node;
    uint32_t count;  /* of a REPEAT: repetitions begun */
    uint32_t parent; /* stack */
} ht_frame;

typedef struct {
    uint32_t first, n; /* frames, sorted */
    uint32_t hash;
} ht_stack;

/* Open addressing: indices + 1, 0 = free; size is a power of two. */
typedef struct {
    uint32_t *slots;
    size_t size;
} ht_index;

typedef struct {
    const ht_grammar *g;
    const int32_t *atom_ids; /* [g->n_atoms] token, or -1: the atom is read as bytes. Borrowed */
    ht_item *items;
    ht_state *states;
    ht_edge *edges;
    ht_frame *frames;
    ht_stack *stacks;
    size_t n_items, n_states, n_edges, n_frames, n_stacks;
    size_t cap_items, cap_states, cap_edges, cap_frames, cap_stacks;
    ht_index state_index, stack_index;
    /* Of the state under construction. */
    ht_item *work;      /* distinct (node, aux) so far */
    uint8_t *is_queued; /* [cap_work] */
    uint32_t *queue;    /* [cap_work] a ring of places in work */
    uint64_t *found;    /* [4 * cap_work] hash table: round << 32 | place in work; entries of earlier rounds are free */
    size_t n_work, cap_work, queue_head, n_queue;
    uint32_t round;
    ht_frame *merged; /* of two stacks */
    size_t cap_merged;
    size_t trim_states, trim_stacks; /* forget when there are as many */
    bool failed; /* out of memory; stays */
} ht_automaton;

void ht_automaton_init(ht_automaton *a, const ht_grammar *g, const int32_t *atom_ids);
void ht_automaton_deinit(ht_automaton *a);

/* The state before the first byte; HT_STATE_DEAD only when memory is gone. */
int32_t ht_automaton_start(ht_automaton *a);
/* The state behind edge e of state s (e < n_edges). HT_STATE_DEAD: no text goes on that way. */
int32_t ht_automaton_follow(ht_automaton *a, int32_t s, uint32_t e);
int32_t ht_automaton_step(ht_automaton *a, int32_t s, uint8_t byte);
/* The state behind all of text. */
int32_t ht_automaton_run(ht_automaton *a, int32_t s, ht_str text);
/* The state behind the atom that is this token. */
int32_t ht_automaton_atom(ht_automaton *a, int32_t s, int32_t token);
/* The state of these items alone, which come from other states. */
int32_t ht_automaton_state(ht_automaton *a, const ht_item *items, size_t n);
/* The state of one place: a node and its stack. */
int32_t ht_automaton_place(ht_automaton *a, ht_node_id node, uint32_t stack);
/* Forgets all states but *s, which is renumbered, when many have gathered; true if it did: other state numbers are void. */
bool ht_automaton_trim(ht_automaton *a, int32_t *s);

/* automaton_reach.c: a state under construction. Begin, reach places, close; work[0 … n_work) are then all places that can be
 * reached without reading. */
void ht_reach_begin(ht_automaton *a);
void ht_reach(ht_automaton *a, ht_node_id node, uint32_t aux, uint32_t stack);
void ht_reach_close(ht_automaton *a);
/* Makes the stack of the whole text's end, number 0. */
void ht_reach_init(ht_automaton *a);
/* Room for extra more elements behind n of *array; sets failed. */
bool ht_automaton_room(ht_automaton *a, void **array, size_t *cap, size_t n, size_t extra, size_t element_bytes);
bool ht_automaton_index_room(ht_automaton *a, ht_index *x, size_t n, uint32_t (*hash_of)(const ht_automaton *, size_t));
uint32_t ht_hash_words(const uint32_t *words, size_t n);
uint32_t ht_hash_of_stack(const ht_automaton *a, size_t i);
#endif
