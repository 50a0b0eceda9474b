/* Everything a run needs to go on as if it had not been interrupted, in one file that is replaced atomically.
 *
 *     "HTCKPT01" | ht_checkpoint_head | ht_feed_place x n_place | f32 weights, m, v | "HTCKPEND"
 *
 * The file is for the machine that wrote it (native byte order and struct layout; the head tells its own size). */
#ifndef HT_TRAIN_CHECKPOINT_H
#define HT_TRAIN_CHECKPOINT_H
#include "train/feed.h"

typedef struct {
    uint32_t head_bytes, n_place;
    ht_net_shape shape;
    uint32_t is_muon;
    uint64_t n_value; /* in each of the three arrays */
    uint64_t step, tokens, loss_tokens, seed;
    double elapsed_s; /* spent training */
    char name[128], tokenizer[1024];
} ht_checkpoint_head;

/* path.tmp, fsync, rename. HT_IO with the reason (disk full …); the old file is then untouched. */
HT_CHECKED ht_status ht_checkpoint_write(const char *path, const ht_checkpoint_head *head, const ht_feed_place *places, const float *w,
                                         const float *m, const float *v, ht_error *err);

/* A checkpoint mapped for reading; arrays are inside the map. */
typedef struct {
    ht_map map;
    ht_checkpoint_head head;
    const ht_feed_place *places;
    const float *w, *m, *v;
} ht_checkpoint;
/* Checks sizes and both marks: HT_NOT_FOUND, HT_BAD_FORMAT. */
HT_CHECKED ht_status ht_checkpoint_open(const char *path, ht_checkpoint *out, ht_error *err);
void ht_checkpoint_close(ht_checkpoint *c);
#endif
