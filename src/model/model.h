/* A transformer read from GGUF, and its forward pass on a KV cache. Families: llama, qwen2, qwen3, one forward each over
 * shared blocks. The weights are immutable after opening: any number of caches and threads may use one model, but one
 * ht_model_forward at a time per pool. Rotary pairs, norms and the grouped-query layout follow the GGUF conventions. */
#ifndef HT_MODEL_MODEL_H
#define HT_MODEL_MODEL_H
#include "base/pool.h"
#include "codec/gguf.h"

typedef struct ht_model ht_model;
typedef struct ht_kv ht_kv;

/* As read from the file. */
typedef struct {
    char arch[16];
    int32_t n_layer, n_head, n_kv_head, d_model, d_head, d_ff, n_vocab, n_ctx; /* n_ctx: what it was trained for */
    float rope_base, norm_eps;
    uint64_t n_params, n_weight_bytes;
    char type[16]; /* the type most weight bytes have: "Q8_0" */
} ht_model_info;

/* Maps path and binds its tensors. pool is borrowed and used by every forward. HT_UNSUPPORTED names the architecture,
 * HT_BAD_FORMAT the missing or misshapen tensor. */
HT_CHECKED ht_status ht_model_open(const char *path, ht_pool *pool, ht_model **out, ht_error *err);
/* The same from bytes that outlive the model (a fuzzer, a model built into a program). */
HT_CHECKED ht_status ht_model_open_bytes(ht_bytes file, ht_pool *pool, ht_model **out, ht_error *err);
void ht_model_close(ht_model *m);
const ht_model_info *ht_model_get_info(const ht_model *m);
/* The parsed file: metadata, tokenizer. Borrowed until close. */
const ht_gguf *ht_model_gguf(const ht_model *m);

/* A cache of n_ctx positions for one sequence. */
HT_CHECKED ht_status ht_kv_new(const ht_model *m, int32_t n_ctx, ht_kv **out, ht_error *err);
void ht_kv_free(ht_kv *kv);
int32_t ht_kv_used(const ht_kv *kv);
int32_t ht_kv_size(const ht_kv *kv);
/* Forgets everything from position n on (n <= used). */
void ht_kv_truncate(ht_kv *kv, int32_t n);

typedef enum { HT_LOGITS_NONE, HT_LOGITS_LAST, HT_LOGITS_ALL } ht_logits_want;

/* Appends n tokens to the cache. logits [1 or n][n_vocab] float32, caller's; may be NULL with HT_LOGITS_NONE.
 * HT_TOO_BIG when the cache is full, HT_BAD_ARG for an id out of range; the cache is then unchanged. */
HT_CHECKED ht_status ht_model_forward(ht_model *m, ht_kv *kv, const int32_t *ids, int32_t n, ht_logits_want want,
                                      float *logits, ht_error *err);

/* One sequence's share of a batch; fields as in ht_model_forward. */
typedef struct {
    ht_kv *kv;
    const int32_t *ids;
    int32_t n;
    ht_logits_want want;
    float *logits;
} ht_model_segment;

enum { HT_MODEL_MAX_SEGMENTS = 256 };

/* Several sequences in one pass over the weights: each appends its tokens to its own cache (no cache twice). Errors as
 * above, before any cache is changed. */
HT_CHECKED ht_status ht_model_forward_batch(ht_model *m, const ht_model_segment *segments, int32_t n_segments, ht_error *err);
#endif
