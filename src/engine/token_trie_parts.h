/* What a token trie consists of, for constraint.c. Internal to the engine. */
#ifndef HT_ENGINE_TOKEN_TRIE_PARTS_H
#define HT_ENGINE_TOKEN_TRIE_PARTS_H
#include "engine/token_trie.h"

enum { HT_TOKEN_MAX_BYTES = 255, HT_SHORT_CHARS = 15 };

/* Children lie side by side, by byte. Tokens of a subtree are order[first_token … end_token): those that end at this node
 * come first, up to its first child's. */
typedef struct {
    uint32_t first_child, first_token, end_token;
    uint16_t n_children;
    uint8_t byte;
} ht_trie_node;

typedef struct {
    ht_trie_node *nodes; /* [n_nodes] nodes[0] is the root */
    size_t n_nodes;
    int32_t *order;      /* [n_tokens] ids by their bytes */
    size_t n_tokens;
} ht_trie;

struct ht_token_trie {
    const ht_tokenizer *tokenizer; /* borrowed, or NULL */
    int32_t n_vocab;
    size_t n_words;
    char *bytes;        /* all texts, in the order of ids */
    uint32_t *offsets;  /* [n_vocab + 1] into bytes */
    uint8_t *kinds;     /* [n_vocab] ht_token_kind */
    int32_t *atoms;     /* [n_atoms] ids of ATOM and END tokens, by text */
    size_t n_atoms;
    uint64_t *ends;     /* [n_words] END tokens */
    int32_t end;        /* the one to use where only an end can follow: the tokenizer's eos, else the first; -1: none */

    ht_trie whole;      /* TEXT tokens by their bytes */

    /* Inside of a JSON string, from the start of a character. */
    uint64_t *inside;   /* [n_words] tokens that lie inside, whole (they may end within a character) */
    uint64_t *short_inside; /* [HT_SHORT_CHARS + 1][n_words] of these, with at most so many characters */
    uint8_t *n_chars;   /* [n_vocab] characters begun by an `inside` token; before the quote by a `crossing` one */
    int32_t *long_inside; /* [n_long] `inside` tokens with more than HT_SHORT_CHARS characters */
    size_t n_long;
    ht_trie tails;      /* crossing tokens, those with a closing quote, by what stands behind it */

    uint64_t *free_text; /* [n_words] tokens that may continue free text from the start of a character */
};

/* The child for this byte, or NULL. */
const ht_trie_node *ht_trie_child(const ht_trie *t, const ht_trie_node *n, uint8_t byte);
/* Where the tokens that end at n end in order[]. */
static inline uint32_t ht_trie_here_end(const ht_trie *t, const ht_trie_node *n)
{
    return n->n_children > 0 ? t->nodes[n->first_child].first_token : n->end_token;
}
#endif
