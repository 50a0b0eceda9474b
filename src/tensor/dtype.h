/* The types a weight may have: how many values and bytes a block holds, and the way to floats and back.
 *
 *     Q8_0  | d f16 | q[0] … q[31] int8 |          y[i] = d * q[i]
 *     Q4_0  | d f16 | q[0] … q[15] uint8 |         y[i] = d * ((q[i] & 15) - 8), y[i + 16] = d * ((q[i] >> 4) - 8)
 *
 * Test of the layouts: tests/tensor/test_dtype.c */
#ifndef HT_TENSOR_DTYPE_H
#define HT_TENSOR_DTYPE_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum { HT_F32, HT_F16, HT_BF16, HT_Q8_0, HT_Q4_0, HT_DTYPE_COUNT } ht_dtype;

enum { HT_Q_BLOCK = 32, HT_Q8_0_BYTES = 34, HT_Q4_0_BYTES = 18 };

/* Decodes n values (a multiple of the block) of a row. Any alignment. */
typedef void ht_to_float_fn(float *y, const uint8_t *x, size_t n);
/* Encodes n values (a multiple of the block), nearest. */
typedef void ht_from_float_fn(uint8_t *y, const float *x, size_t n);

typedef struct {
    const char *name;
    uint32_t gguf_type;
    uint32_t file_type;       /* what general.file_type says of a model that is mostly this */
    size_t block, block_bytes;
    ht_to_float_fn *to_float;
    ht_from_float_fn *from_float;
} ht_dtype_info;

const ht_dtype_info *ht_dtype_get(ht_dtype t);
/* False for a GGUF type that this engine has no kernels for. */
bool ht_dtype_from_gguf(uint32_t gguf_type, ht_dtype *out);
/* Bytes of a row of n values; n is a multiple of the block. */
static inline size_t ht_dtype_row_bytes(ht_dtype t, size_t n)
{
    const ht_dtype_info *i = ht_dtype_get(t);
    return n / i->block * i->block_bytes;
}
#endif
