/* Weights to GGUF (architecture "qwen3", tied output), with the tokenizer's keys copied from its own file. */
#ifndef HT_TRAIN_EXPORT_H
#define HT_TRAIN_EXPORT_H
#include "train/checkpoint.h"

/* w: the flat weights of this shape. Norms stay F32; the matrices are BF16 if is_bf16. tokenizer: a GGUF with
 * tokenizer.ggml.* keys. Written atomically. */
HT_CHECKED ht_status ht_train_export(const char *path, const char *name, const char *tokenizer, const ht_net_shape *shape, const float *w,
                                     bool is_bf16, ht_error *err);
/* The same from a checkpoint file. */
HT_CHECKED ht_status ht_train_export_checkpoint(const char *checkpoint, const char *path, bool is_bf16, ht_error *err);
#endif
