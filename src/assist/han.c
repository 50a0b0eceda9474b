#include "assist/han.h"

#include <stddef.h>

static const struct {
    uint16_t traditional, simplified;
} table[] = {
#include "assist/han_table.inc"
};

uint32_t ht_han_simplify(uint32_t c)
{
    size_t lo = 0, hi = sizeof table / sizeof table[0];
    if (c < 0x3400 || c > 0xffff)
        return c;
    while (lo < hi) {
        const size_t mid = (lo + hi) / 2;
        if (table[mid].traditional < c)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo < sizeof table / sizeof table[0] && table[lo].traditional == c ? table[lo].simplified : c;
}
