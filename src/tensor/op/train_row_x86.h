/* The AVX-512 sets of train_row, and the vector functions that they share. */
#ifndef HT_TENSOR_OP_TRAIN_ROW_X86_H
#define HT_TENSOR_OP_TRAIN_ROW_X86_H
#include <stdint.h>

#include "base/cpu.h"
#include "tensor/op/train_row.h"

/* Replaces all operations by those for CPUs with HT_CPU_AVX512, f32 elements; nothing where the build has none. */
void ht_train_row_avx512(ht_train_row *set);
/* After the former: replaces those that touch elements by bf16 ones, for CPUs with HT_CPU_BF16. */
void ht_train_row_bf16(ht_train_row *set);

#if defined(__x86_64__)
#include <immintrin.h>

#define TRAIN_VEC HT_ISA_AVX512 static inline __attribute__((always_inline))

/* The lanes of x[i …] that exist. */
TRAIN_VEC __mmask16 train_vec_tail(size_t n, size_t i)
{
    return (__mmask16)(n - i >= 16 ? 0xffffu : (1u << (n - i)) - 1);
}

/* exp(x) = 2^k * e^r, r in -0.35 … 0.35 by its series to degree 6; below -87 exactly 0, above 88 capped, NaN stays. */
TRAIN_VEC __m512 train_vec_exp(__m512 x)
{
    const __mmask16 is_zero = _mm512_cmp_ps_mask(x, _mm512_set1_ps(-87.0f), _CMP_LT_OQ);
    const __m512 low = _mm512_min_ps(_mm512_set1_ps(88.0f), x);
    const __m512 k = _mm512_roundscale_ps(_mm512_mul_ps(low, _mm512_set1_ps(1.44269504f)), _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
    __m512 r = _mm512_fnmadd_ps(k, _mm512_set1_ps(0.693359375f), low);
    r = _mm512_fnmadd_ps(k, _mm512_set1_ps(-2.12194440e-4f), r);
    __m512 p = _mm512_set1_ps(1.0f / 720);
    p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(1.0f / 120));
    p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(1.0f / 24));
    p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(1.0f / 6));
    p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(0.5f));
    p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(1.0f));
    p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(1.0f));
    return _mm512_mask_mov_ps(_mm512_scalef_ps(p, k), is_zero, _mm512_setzero_ps());
}

/* 1 / (1 + exp(-x)) to about two units in the last place: an estimate and one Newton step. */
TRAIN_VEC __m512 train_vec_sigmoid(__m512 x)
{
    const __m512 e = _mm512_add_ps(_mm512_set1_ps(1.0f), train_vec_exp(_mm512_sub_ps(_mm512_setzero_ps(), x)));
    const __m512 y = _mm512_rcp14_ps(e);
    return _mm512_mul_ps(y, _mm512_fnmadd_ps(e, y, _mm512_set1_ps(2.0f)));
}
#endif
#endif
