/* The first half of learning a vocabulary: the distinct pieces of a corpus and how often each occurs. */
#ifndef HT_TEXT_BPE_COUNT_H
#define HT_TEXT_BPE_COUNT_H
#include "text/bpe_train.h"
#include "text/words.h"

enum {
    HT_BPE_WEIGHT_ONE = 1024,   /* counts are whole multiples of 1/1024, so that sums do not depend on their order */
    HT_BPE_MAX_WORD_BYTES = 36, /* longer pieces are counted in parts: a Han run is one piece, and hardly two are equal */
};

/* Adds the pieces (pre-tokenizer "qwen2") of every file, each occurrence as its file's weight times HT_BPE_WEIGHT_ONE.
 * Of .jsonl files the texts are counted (text/sample.h), never the JSON around them. Specials and user tokens of opt
 * separate pieces and are not counted. The same result for any number of threads, up to the order of words.
 * out: all zero, the caller deinits it in any case. Errors name the file. */
HT_CHECKED ht_status ht_bpe_count(const char *const *paths, const double *weights, size_t n_paths,
                                  const ht_bpe_train_options *opt, ht_pool *pool, ht_words *out, ht_error *err);
#endif
