/* Causal grouped-query attention of training, forward and backward, with the per-head normalisation and rotation of q and k.
 *
 *     q = rope(rms_norm(raw q) * q_gain), k likewise, out = softmax(q k^T / sqrt(d_head)) v
 *
 * A document is a list of spans of token rows: the first is the beginning, seen by all; each further one is a branch that
 * sees the beginning and itself. One call works on one document and one group of heads (the query heads that share a
 * key-value head): calls touch disjoint outputs, so any number may run in parallel, each with its own scratch.
 * Backward recomputes the probabilities from the saved log-sums instead of keeping them (Dao 2023, arXiv:2307.08691). */
#ifndef HT_TENSOR_OP_TRAIN_ATTN_H
#define HT_TENSOR_OP_TRAIN_ATTN_H
#include <stdint.h>

#include "tensor/kernel/gemm_bf16.h"
#include "tensor/op/train_row.h"

/* Rows first … first+n-1 of the batch at positions pos … pos+n-1. */
typedef struct {
    uint32_t first, n, pos;
} ht_train_span;

/* T rows; "elements" are of g's type; all borrowed. */
typedef struct {
    const ht_gemm *g;
    const ht_train_row *row;
    unsigned n_head, n_kv_head, d_head; /* d_head even */
    float eps;
    const float *q_gain, *k_gain; /* [d_head] */
    const float *cos, *sin;       /* [positions][d_head / 2] */
    const void *qkv;              /* [T][(n_head + 2 n_kv_head) d_head] elements: raw q of all heads, raw k, v */
    void *out;                    /* [T][n_head d_head] elements */
    float *lse;                   /* [T][n_head] log of the sum of exp of the scaled scores */
    const void *dout;             /* [T][n_head d_head] elements; backward only */
    void *dqkv;                   /* shaped as qkv; backward only */
} ht_train_attn;

/* Bytes of one thread's scratch for documents whose beginning and branches are at most this long. */
size_t ht_train_attn_scratch(const ht_train_attn *a, uint32_t n_trunk, uint32_t n_branch);
/* Writes out and lse for the query heads of key-value head kv. scratch: 64-byte aligned. */
void ht_train_attn_forward(const ht_train_attn *a, const ht_train_span *spans, uint32_t n_span, unsigned kv, void *scratch);
/* Writes dqkv of those heads; dgain [2][d_head] += gradients of q_gain and k_gain. */
void ht_train_attn_backward(const ht_train_attn *a, const ht_train_span *spans, uint32_t n_span, unsigned kv, float *dgain, void *scratch);
#endif
