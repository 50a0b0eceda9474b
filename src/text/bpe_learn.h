/* The second half of learning a vocabulary: which pairs of tokens to join, most frequent first. */
#ifndef HT_TEXT_BPE_LEARN_H
#define HT_TEXT_BPE_LEARN_H
#include "text/words.h"

typedef struct {
    int32_t left, right, joined; /* ids: 0 … 255 are the bytes, later ones in the order of their first merge */
} ht_bpe_merge;

/* All zero = empty. */
typedef struct {
    ht_bpe_merge *merges; /* [n_merges] in order; two may have the same result: "a"+"bc" and "ab"+"c" */
    size_t n_merges, merges_cap;
    ht_words tokens; /* texts of ids 256 and up, in order; the counts are unused */
} ht_bpe_merges;

void ht_bpe_merges_deinit(ht_bpe_merges *m);

/* Merges until there are n_tokens ids (the 256 bytes included) or no pair has min_count left.
 *   words      pieces with counts >= 0; read only
 *   min_count  in the units of the words' counts
 * A pair is never joined when the result is neither whole UTF-8 characters nor the beginning of one: such tokens would
 * only ever spell garbage. Ties go to the smaller left id, then the smaller right id.
 * Time is about proportional to the bytes of all words; memory some 8 bytes for each of them.
 * on_progress may be NULL. out: all zero, the caller deinits it in any case. HT_NO_MEMORY. */
HT_CHECKED ht_status ht_bpe_learn(const ht_words *words, size_t n_tokens, uint64_t min_count,
                                  void (*on_progress)(void *ctx, const char *stage, double fraction), void *ctx,
                                  ht_bpe_merges *out, ht_error *err);
#endif
