/* A model file in another weight type. */
#ifndef HT_MODEL_REQUANTIZE_H
#define HT_MODEL_REQUANTIZE_H
#include "base/status.h"

typedef struct {
    uint64_t n_tensors, n_converted, bytes_in, bytes_out;
} ht_requantize_stats;

/* Writes the GGUF file `in` to `out` with its matrices as `type` (F32, F16, BF16, Q8_0, Q4_0), metadata unchanged but for
 * general.file_type and general.quantization_version. Vectors (norms, biases) stay or become F32; a matrix whose rows are no
 * multiple of the type's block keeps its type. on_progress (may be NULL) is called with 0 … 1. stats may be NULL.
 * HT_BAD_ARG for an unknown type or out = in, HT_UNSUPPORTED names a tensor whose type cannot be read. */
HT_CHECKED ht_status ht_model_requantize(const char *in, const char *out, const char *type, void (*on_progress)(double done),
                                         ht_requantize_stats *stats, ht_error *err);
#endif
