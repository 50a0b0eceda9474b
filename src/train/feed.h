/* Batches from shards: whole documents, shuffled anew each epoch by the seed, several shards mixed by weight.
 * What a batch holds depends on the seed and the feed's place alone, so a saved place continues exactly.
 *
 * Cutting: plain text longer than n_ctx is cut into pieces of n_ctx; a tree too large for a batch is cut between branches,
 * each part with the whole beginning; a branch that would end beyond n_ctx is left out, and so is a document whose
 * beginning fills n_ctx (counted in n_dropped). */
#ifndef HT_TRAIN_FEED_H
#define HT_TRAIN_FEED_H
#include "train/net.h"
#include "train/shard.h"

enum { HT_FEED_MAX_SHARDS = 64 };

/* A shard's place; plain data for the checkpoint. */
typedef struct {
    uint64_t epoch, at; /* times read through; next document in the epoch's order */
    uint64_t n_taken;   /* tokens given out so far */
} ht_feed_place;

typedef struct ht_feed ht_feed;

/* is_shuffled false: documents in file order, one epoch, then the feed is empty (evaluation). */
HT_CHECKED ht_status ht_feed_new(uint32_t n_ctx, uint32_t batch_tokens, uint64_t seed, bool is_shuffled, ht_feed **out, ht_error *err);
void ht_feed_free(ht_feed *f);
/* Opens a shard. weight: its share of the tokens relative to the others'; 0: its size. n_vocab must be the model's. */
HT_CHECKED ht_status ht_feed_add(ht_feed *f, const char *path, double weight, uint32_t n_vocab, ht_error *err);
/* The next batch, borrowed until the next call; n_token 0 when the feed is empty. */
const ht_batch *ht_feed_next(ht_feed *f);
/* Back to the start (evaluation). */
void ht_feed_rewind(ht_feed *f);
/* Tokens and losses in one epoch of all shards, branches that were left out, tokens of them. */
uint64_t ht_feed_tokens(const ht_feed *f);
uint64_t ht_feed_dropped(const ht_feed *f);
unsigned ht_feed_shards(const ht_feed *f);
/* places [ht_feed_shards]; a place beyond the shard's end is refused (the data has changed). */
void ht_feed_save(const ht_feed *f, ht_feed_place *places);
HT_CHECKED ht_status ht_feed_restore(ht_feed *f, const ht_feed_place *places, ht_error *err);
#endif
