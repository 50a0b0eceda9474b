#include "text/utf8.h"

unsigned ht_utf8_want(uint8_t b)
{
    if (b < 0x80)
        return 1;
    if (b < 0xC2 || b > 0xF4)
        return 0;
    return b < 0xE0 ? 2 : b < 0xF0 ? 3 : 4;
}

size_t ht_utf8_char(ht_str s)
{
    if (s.len == 0)
        return 0;
    const uint8_t *p = (const uint8_t *)s.ptr;
    const size_t n = ht_utf8_want(p[0]);
    if (n <= 1 || n > s.len)
        return n > s.len ? 0 : n;
    /* The second byte's range rules out overlong forms, surrogates and what lies beyond U+10FFFF. */
    const uint8_t lo = p[0] == 0xE0 ? 0xA0 : p[0] == 0xF0 ? 0x90 : 0x80;
    const uint8_t hi = p[0] == 0xED ? 0x9F : p[0] == 0xF4 ? 0x8F : 0xBF;
    if (p[1] < lo || p[1] > hi)
        return 0;
    for (size_t i = 2; i < n; i++)
        if ((p[i] & 0xC0) != 0x80)
            return 0;
    return n;
}

size_t ht_utf8_valid(ht_str s)
{
    size_t i = 0;
    while (i < s.len) {
        uint64_t word;
        if (s.len - i >= sizeof word) { /* eight ASCII bytes at a time */
            memcpy(&word, s.ptr + i, sizeof word);
            if ((word & 0x8080808080808080u) == 0) {
                i += sizeof word;
                continue;
            }
        }
        const size_t n = ht_utf8_char((ht_str){s.ptr + i, s.len - i});
        if (n == 0)
            break;
        i += n;
    }
    return i;
}

void ht_utf8_clean(ht_str s, ht_buf *out)
{
    for (;;) {
        const size_t n = ht_utf8_valid(s);
        ht_buf_add(out, s.ptr, n);
        if (n == s.len)
            return;
        ht_buf_add_c(out, "\xef\xbf\xbd");
        s = (ht_str){s.ptr + n + 1, s.len - n - 1};
    }
}
