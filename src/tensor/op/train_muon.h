/* The orthogonalised step of Muon (Jordan et al. 2024, "Muon: an optimizer for hidden layers in neural networks"): five
 * Newton-Schulz iterations, quintic, that push the singular values of a matrix towards 1. One matrix a call, one thread. */
#ifndef HT_TENSOR_OP_TRAIN_MUON_H
#define HT_TENSOR_OP_TRAIN_MUON_H
#include "tensor/kernel/gemm_bf16.h"
#include "tensor/op/train_row.h"

/* Bytes of scratch for a [rows][cols] matrix. */
size_t ht_muon_scratch(const ht_gemm *g, size_t rows, size_t cols);
/* x [rows][cols] in place: singular values to 0.7 … 1.2. scratch 64-byte aligned. An all-zero x stays. */
void ht_muon_orthogonalise(const ht_gemm *g, const ht_train_row *row, float *x, size_t rows, size_t cols, void *scratch);
#endif
