#include "text/byte_alphabet.h"

enum { FIRST_MOVED = 0x100, N_MOVED = 68 };

static bool is_itself(unsigned b) { return (b >= 33 && b <= 126) || (b >= 161 && b <= 172) || b >= 174; }

/* Code point of byte b: itself, or U+0100 plus its place among the 68 that are moved. */
static unsigned code_point(unsigned b)
{
    if (is_itself(b))
        return b;
    if (b <= 32)
        return FIRST_MOVED + b;
    return b <= 160 ? FIRST_MOVED + 33 + (b - 127) : FIRST_MOVED + 67;
}

/* The byte of a code point, or -1. */
static int byte_of(unsigned c)
{
    if (c < FIRST_MOVED)
        return is_itself(c) ? (int)c : -1;
    const unsigned place = c - FIRST_MOVED;
    if (place >= N_MOVED)
        return -1;
    if (place <= 32)
        return (int)place;
    return place < 67 ? (int)(place - 33 + 127) : 173;
}

void ht_byte_alphabet_encode(ht_str bytes, ht_buf *out)
{
    for (size_t i = 0; i < bytes.len; i++) {
        const unsigned c = code_point((uint8_t)bytes.ptr[i]);
        if (c >= 0x80)
            ht_buf_add_char(out, (char)(0xC0 | c >> 6));
        ht_buf_add_char(out, (char)(c >= 0x80 ? 0x80 | (c & 0x3F) : c));
    }
}

bool ht_byte_alphabet_decode(ht_str text, char *dst, size_t *n)
{
    size_t m = 0;
    for (size_t i = 0; i < text.len; i++) {
        unsigned c = (uint8_t)text.ptr[i];
        if (c >= 0x80) { /* the alphabet ends at U+0143: two bytes */
            if (c < 0xC2 || c > 0xC5 || i + 1 >= text.len || ((uint8_t)text.ptr[i + 1] & 0xC0) != 0x80)
                return false;
            c = (c & 0x1F) << 6 | ((uint8_t)text.ptr[++i] & 0x3F);
        }
        const int b = byte_of(c);
        if (b < 0)
            return false;
        dst[m++] = (char)b;
    }
    *n = m;
    return true;
}
