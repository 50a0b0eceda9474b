/* Tokenised training text on disk: a memory-mapped stream of documents.
 *
 *     0        8        12       16        24           24 + 2n      24 + 3n
 *     +--------+--------+--------+---------+------------+------------+
 *     "HTSHARD1" u32 n_vocab  0    u64 n     u16 ids[n]   u8 flags[n]
 *
 * A document may be a tree of depth one: a shared beginning (the home, its devices) and several branches (a request and
 * its answer each) that see the beginning and themselves but not each other: one pass over the beginning pays for all.
 *
 *     [DOC p p p p][BRANCH q q a a a][BRANCH q q a a]…[DOC …
 *
 * A token of the beginning at offset i has position i and sees 0 … i. A token at offset j of a branch has position
 * n_beginning + j and sees the whole beginning and 0 … j of its branch. A document without branches is plain text. */
#ifndef HT_TRAIN_SHARD_H
#define HT_TRAIN_SHARD_H
#include "base/map.h"

enum {
    HT_SHARD_LOSS = 1 << 0,   /* this token is to be predicted from those before it */
    HT_SHARD_BRANCH = 1 << 1, /* first token of a branch */
    HT_SHARD_DOC = 1 << 2,    /* first token of a document; never has LOSS */
};

typedef struct {
    ht_map map;
    const uint16_t *ids; /* [n] */
    const uint8_t *flags; /* [n] HT_SHARD_… */
    uint64_t n;
    uint32_t n_vocab;
} ht_shard;

/* Checks the header and sizes; ids are checked against n_vocab. */
HT_CHECKED ht_status ht_shard_open(const char *path, ht_shard *out, ht_error *err);
void ht_shard_close(ht_shard *s);
/* Streams a shard to disk (path.tmp until _finish). All zero = closed. */
typedef struct ht_shard_writer ht_shard_writer;
HT_CHECKED ht_status ht_shard_writer_open(const char *path, uint32_t n_vocab, ht_shard_writer **out, ht_error *err);
HT_CHECKED ht_status ht_shard_writer_add(ht_shard_writer *w, const uint16_t *ids, const uint8_t *flags, size_t n, ht_error *err);
HT_CHECKED ht_status ht_shard_writer_finish(ht_shard_writer *w, ht_error *err); /* and frees w, also on failure */
void ht_shard_writer_abort(ht_shard_writer *w);                                 /* NULL is fine */
#endif
