/* One generation held to a grammar: which tokens may come next, and which must.
 *
 *     ht_constraint_new(grammar, trie, &c, err)
 *     loop: n = ht_constraint_forced(c, ids, max)      tokens that need no model: accept them, forward them together
 *           mask = ht_constraint_mask(c)               then sample among the set bits
 *           ht_constraint_accept(c, id)
 *           until ht_constraint_done(c)
 *
 * Every sequence of tokens that the masks allow spells a text of the grammar, and every split of such a text into tokens is
 * allowed: whatever the model samples, the result is valid. Masks of states seen before are kept; inside a JSON string and in
 * free text all but a few tokens come from masks computed once for the vocabulary. One thread at a time. */
#ifndef HT_ENGINE_CONSTRAINT_H
#define HT_ENGINE_CONSTRAINT_H
#include "engine/generate.h"
#include "engine/grammar.h"
#include "engine/token_trie.h"

typedef struct ht_constraint ht_constraint;

/* g and v are borrowed for the constraint's life. */
HT_CHECKED ht_status ht_constraint_new(const ht_grammar *g, const ht_token_trie *v, ht_constraint **out, ht_error *err);
void ht_constraint_free(ht_constraint *c); /* NULL is fine */
/* Back to before the first token; what was computed is kept. */
void ht_constraint_reset(ht_constraint *c);

/* The tokens that may come next: bit id % 64 of word id / 64, ht_token_trie_mask_words words; bits past the vocabulary are
 * clear. End tokens are set where the text may end. Valid until the next call on c. NULL when memory is gone or the
 * vocabulary cannot spell what must come: the generation cannot go on. */
const uint64_t *ht_constraint_mask(ht_constraint *c);
/* Whether this token may come next: the mask's bit, without computing the mask. Changes nothing. */
bool ht_constraint_allows(ht_constraint *c, int32_t id);
/* Takes this token as the next; false, and nothing changes, if it may not come. */
bool ht_constraint_accept(ht_constraint *c, int32_t id);
/* Nothing can follow: an end token was accepted, or the text is complete and the grammar has no way to go on. */
bool ht_constraint_done(const ht_constraint *c);
/* The text may end here: it is in the grammar. */
bool ht_constraint_complete(const ht_constraint *c);

/* The next tokens where there is no choice of text, at most max, as the tokenizer would have split the whole text: the tokens
 * that the model was trained on. The last token is left to the model if what follows could still become part of it. An end
 * token follows where nothing else can. Returns how many; 0 = the model is to choose. Changes nothing: the caller accepts
 * them. */
size_t ht_constraint_forced(ht_constraint *c, int32_t *ids, size_t max);

/* c as ht_generate takes it: where there is no mask, nothing is allowed. c is borrowed for the filter's life. */
ht_token_filter ht_constraint_filter(ht_constraint *c);
#endif
