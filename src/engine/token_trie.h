/* A vocabulary arranged for constraints: the tokens' bytes as a tree that is walked against a grammar, and masks that hold
 * for every grammar. Built once per tokenizer; immutable: any thread, any number of constraints.
 *
 * A mask is a bit set over ids: token id is bit id % 64 of word id / 64. */
#ifndef HT_ENGINE_TOKEN_TRIE_H
#define HT_ENGINE_TOKEN_TRIE_H
#include "text/tokenizer.h"

typedef struct ht_token_trie ht_token_trie;

typedef enum {
    HT_TOKEN_TEXT, /* stands for its bytes */
    HT_TOKEN_ATOM, /* control or user-defined: matched as a whole, only where a grammar names it; never within text */
    HT_TOKEN_END   /* ends the generation */
} ht_token_kind;

typedef struct {
    ht_str text;
    ht_token_kind kind;
} ht_token_spec;

/* From n tokens, ids 0 … n-1; texts are copied. A TEXT token that is empty or longer than 255 bytes is never allowed. */
HT_CHECKED ht_status ht_token_trie_new(const ht_token_spec *tokens, size_t n, ht_token_trie **out, ht_error *err);
/* From a tokenizer, borrowed for the trie's life: it splits forced text. */
HT_CHECKED ht_status ht_token_trie_from_tokenizer(const ht_tokenizer *t, ht_token_trie **out, ht_error *err);
void ht_token_trie_free(ht_token_trie *v); /* NULL is fine */

int32_t ht_token_trie_count(const ht_token_trie *v);
/* 64-bit words of a mask. */
size_t ht_token_trie_mask_words(const ht_token_trie *v);
ht_str ht_token_trie_text(const ht_token_trie *v, int32_t id); /* borrowed; id in range */
ht_token_kind ht_token_trie_kind(const ht_token_trie *v, int32_t id);
/* The atom or end token with this text, or -1. */
int32_t ht_token_trie_find_atom(const ht_token_trie *v, ht_str text);

/* Appends text's tokens to out as the tokenizer splits it, without special tokens; without a tokenizer, or where its tokens
 * spell something else, the longest token at each place. HT_NOT_FOUND where no token spells a byte. */
HT_CHECKED ht_status ht_token_trie_split(const ht_token_trie *v, ht_str text, ht_ids *out, ht_error *err);
#endif
