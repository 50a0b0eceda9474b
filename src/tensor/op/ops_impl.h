/* What the files of op/ share. */
#ifndef HT_TENSOR_OP_OPS_IMPL_H
#define HT_TENSOR_OP_OPS_IMPL_H
#include "tensor/op/ops.h"

struct ht_ops {
    ht_pool *pool;
    ht_kernels kernels;
    unsigned n_threads;
    size_t n_tokens, n_in_max, n_keys; /* what the buffers are large enough for */
    uint8_t *act;                      /* x prepared for a product: data, then d, then zero */
    uint8_t *scratch;                  /* [n_threads][scratch_bytes] */
    size_t scratch_bytes;
};

/* Memory of one thread while it works on a part of a loop. */
static inline uint8_t *ht_ops_scratch(const ht_ops *o, unsigned thread) { return o->scratch + thread * o->scratch_bytes; }
static inline size_t ht_round_up(size_t n, size_t to) { return (n + to - 1) / to * to; }
#endif
