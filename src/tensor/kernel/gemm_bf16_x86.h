/* The x86 tiles of gemm_bf16; does nothing elsewhere. */
#ifndef HT_TENSOR_KERNEL_GEMM_BF16_X86_H
#define HT_TENSOR_KERNEL_GEMM_BF16_X86_H
#include "tensor/kernel/gemm_bf16.h"

/* Replaces the scalar entries of g by the fastest that cpu (HT_CPU_ bits) has. */
void ht_gemm_pick_x86(unsigned cpu, bool want_bf16, ht_gemm *g);
#endif
