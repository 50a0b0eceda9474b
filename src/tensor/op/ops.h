/* Operations over rows: who does which part of a batch, on a thread pool, with the kernels of this machine.
 * Arrays are row-major, [rows][columns] without gaps. Only rows are split, never a sum: results do not depend on the
 * number of threads. One caller at a time per ht_ops. */
#ifndef HT_TENSOR_OP_OPS_H
#define HT_TENSOR_OP_OPS_H
#include "base/pool.h"
#include "tensor/kernel.h"

typedef struct ht_ops ht_ops;

/* cpu: HT_CPU_* bits. pool is borrowed, may be NULL. */
HT_CHECKED ht_status ht_ops_new(ht_pool *pool, unsigned cpu, ht_ops **out, ht_error *err);
void ht_ops_free(ht_ops *o);
const ht_kernels *ht_ops_kernels(const ht_ops *o);
ht_pool *ht_ops_pool(const ht_ops *o);

/* Makes room for products of up to n_tokens rows of up to n_in_max values and for attention over n_keys positions.
 * Everything below asserts that it was called with large enough numbers, and cannot fail. */
HT_CHECKED ht_status ht_ops_reserve(ht_ops *o, size_t n_tokens, size_t n_in_max, size_t n_keys, ht_error *err);

/* W [n_out][n_in] as it lies in the file. */
typedef struct {
    ht_dtype type;
    const uint8_t *data;
    size_t n_in, n_out, row_bytes;
} ht_weight;

/* y [n_tokens][n_out] = x W^T + bias, or y += x W^T + bias with add. bias [n_out] or NULL. */
typedef struct {
    const ht_weight *w;
    float *y;
    const float *bias;
    bool add;
} ht_product;

/* Products of one x [n_tokens][n_in] with several matrices of the same n_in; they share the work of preparing x. */
void ht_matmul(ht_ops *o, const float *x, size_t n_tokens, const ht_product *products, size_t n_products);

/* y [n_rows][n] from x; y may be x. */
void ht_rms_norm_rows(ht_ops *o, float *y, const float *x, const float *w, size_t n_rows, size_t n, float eps);
/* x [n_rows][n] = silu(x) * up. */
void ht_silu_mul_rows(ht_ops *o, float *x, const float *up, size_t n_rows, size_t n);

/* Pairs that turn together: neighbours (2 i, 2 i + 1), or halves (i, i + n_rot / 2). */
typedef enum { HT_ROPE_NEIGHBOURS, HT_ROPE_HALVES } ht_rope_pairs;
/* Turns the first n_rot values of every head of x [n_rows][n_head][d_head]; cos_sin [n_rows][n_rot / 2][2]. */
void ht_rope_rows(ht_ops *o, float *x, const float *cos_sin, size_t n_rows, size_t n_head, size_t d_head, size_t n_rot, ht_rope_pairs pairs);

/* One layer's keys and values of one sequence, whose tokens are n_rows consecutive rows from row0 on. Row row0 + i sees
 * the positions 0 … pos0 + i. */
typedef struct {
    const float *k, *v;                    /* of head 0; see ht_attn_cache */
    size_t k_head_stride, v_head_stride;   /* floats from one head to the next */
    size_t row0, n_rows, pos0;
} ht_attn_sequence;

/* out [rows][n_head][d_head]; q the same shape, may be out. Query head h reads key head h / (n_head / n_kv_head). */
void ht_attention_rows(ht_ops *o, float *out, const float *q, const ht_attn_sequence *sequences, size_t n_sequences, size_t n_head,
                       size_t n_kv_head, size_t d_head, float scale);
#endif
