/* Turns training text into documents of tokens with the flags of train/shard.h. */
#ifndef HT_TRAIN_PACK_H
#define HT_TRAIN_PACK_H
#include "text/sample.h"
#include "text/tokenizer.h"
#include "train/shard.h"

/* Documents one after the other, as a shard holds them. All zero = empty. */
typedef struct {
    uint16_t *ids;
    uint8_t *flags;
    size_t n, cap;
    uint64_t n_documents, n_loss; /* tokens with HT_SHARD_LOSS */
    uint64_t n_dropped;           /* samples and branches of which nothing could be used */
} ht_packed;

void ht_packed_deinit(ht_packed *p);
/* Empties it, counts included; keeps the memory. */
void ht_packed_clear(ht_packed *p);

typedef struct {
    const ht_tokenizer *tokenizer; /* at most 65536 tokens */
    int32_t end_of_text;           /* closes a plain document */
    size_t n_ctx;                  /* >= 2: no document is longer */
    bool loss_everywhere;          /* conversations: predict what users say too */
} ht_packer;

/* Appends one plain document: all tokens but the first are predicted, the last is end_of_text. A long one is cut into
 * documents of n_ctx tokens. Special tokens' texts stay plain text. Blank text adds nothing. */
HT_CHECKED ht_status ht_pack_text(const ht_packer *p, ht_str text, ht_packed *out, ht_error *err);

/* Appends what ht_sample_parse read. Every span is tokenised on its own, special tokens recognised.
 * A conversation longer than n_ctx is cut before turns; a turn that alone is longer is left out, or cut anywhere with
 * loss_everywhere. Parts without anything to predict are left out.
 * A tree longer than n_ctx becomes several with the same beginning; a branch that does not fit is left out and counted. */
HT_CHECKED ht_status ht_pack_sample(const ht_packer *p, const ht_sample *sample, ht_packed *out, ht_error *err);
#endif
