/* What the files of model/ share: the bound weights, the cache, and the working memory of one forward pass. */
#ifndef HT_MODEL_IMPL_H
#define HT_MODEL_IMPL_H
#include "base/arena.h"
#include "base/map.h"
#include "model/model.h"
#include "tensor/op/ops.h"

/* One transformer layer; an absent part is all zero. Vectors are floats of our own, matrices lie in the file. */
typedef struct {
    const float *attn_norm, *ffn_norm;         /* [d_model] */
    ht_weight q, k, v, o;                      /* [n_head d_head][d_model], [n_kv_head d_head][d_model] twice, [d_model][n_head d_head] */
    const float *q_bias, *k_bias, *v_bias;     /* [n_out] or NULL */
    const float *q_norm, *k_norm;              /* [d_head] or NULL */
    ht_weight gate, up, down;                  /* [d_ff][d_model] twice, [d_model][d_ff] */
} ht_layer;

typedef struct ht_pass ht_pass;
/* Runs all layers over the pass: one function per family, in llama.c, qwen2.c, qwen3.c. */
typedef void ht_forward_fn(const ht_model *m, ht_pass *p);

struct ht_model {
    ht_map map;
    ht_gguf *gguf;
    ht_ops *ops;
    ht_arena vectors;            /* norms and biases as floats */
    ht_model_info info;
    ht_forward_fn *forward;
    ht_weight embedding, output; /* [n_vocab][d_model]; the same where the file ties them */
    const float *output_norm;    /* [d_model] */
    const float *rope_factors;   /* [n_rot / 2] divide the angle of each pair; NULL: all 1 */
    size_t n_rot;                /* values of a head that turn */
    double rope_scale;           /* divides every position */
    ht_layer *layers;            /* [n_layer] */
    size_t n_in_max;             /* the longest weight row */
    ht_arena work;               /* of the running pass; emptied at its end */
};

/* k [n_layer][n_kv_head][n_ctx / 16][d_head][16], v [n_layer][n_kv_head][n_ctx][d_head], both float32. */
struct ht_kv {
    float *k, *v;
    int32_t n_ctx, n_used; /* n_ctx: a multiple of 16 */
    int32_t limit;         /* what the caller asked for */
    size_t n_layer, n_kv_head, d_head;
};

/* A batch on its way through the layers. Rows: T = n_rows tokens. */
struct ht_pass {
    const ht_model *m;
    size_t n_rows;
    const ht_model_segment *segments;
    size_t n_segments;
    ht_attn_sequence *sequences; /* [n_segments]; k and v are set layer by layer */
    size_t *wanted;              /* [n_wanted] rows whose logits are asked for, ascending */
    size_t n_wanted;
    float *cos_sin;              /* [T][n_rot / 2][2] */
    float *x, *h;                /* [T][d_model] the residual stream; its normed copy */
    float *q, *k, *v;            /* [T][n_head d_head], [T][n_kv_head d_head] twice; q becomes the attention's result */
    float *gate, *up;            /* [T][d_ff] */
};

/* binding: bind.c */
HT_CHECKED ht_status ht_model_bind(ht_model *m, ht_error *err);
ht_forward_fn ht_forward_llama, ht_forward_qwen2, ht_forward_qwen3;

/* Floats from head h of layer l on. */
static inline float *ht_kv_keys(const ht_kv *kv, size_t layer) { return kv->k + layer * kv->n_kv_head * kv->d_head * (size_t)kv->n_ctx; }
static inline float *ht_kv_values(const ht_kv *kv, size_t layer) { return kv->v + layer * kv->n_kv_head * kv->d_head * (size_t)kv->n_ctx; }
/* Writes one token's k and v [n_kv_head][d_head] to position pos. */
void ht_kv_put(ht_kv *kv, size_t layer, size_t pos, const float *k, const float *v);
#endif
