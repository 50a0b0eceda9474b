/* The AVX-512 set of train_row. */
#ifndef HT_TENSOR_OP_TRAIN_ROW_AVX512_H
#define HT_TENSOR_OP_TRAIN_ROW_AVX512_H
#include "tensor/op/train_row.h"

/* NULL where cpu (HT_CPU_ bits) or the build lacks AVX-512. */
const ht_train_row *ht_train_row_avx512(unsigned cpu);
#endif
