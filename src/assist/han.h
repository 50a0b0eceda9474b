/* Traditional Han characters as their simplified ones, for comparing names and requests. */
#ifndef HT_ASSIST_HAN_H
#define HT_ASSIST_HAN_H
#include <stdint.h>

/* The simplified form of a code point; itself where there is none. Where a simplified character stands for several
 * traditional ones, all of them become it. */
uint32_t ht_han_simplify(uint32_t c);
#endif
