/* What the tokenizers need to know of UTF-8. */
#ifndef HT_TEXT_UTF8_H
#define HT_TEXT_UTF8_H
#include "base/str.h"

/* Bytes of the valid character at the start of s (1 … 4), or 0 where there is none: s is empty, cut short, overlong, a
 * surrogate, beyond U+10FFFF. */
size_t ht_utf8_char(ht_str s);

/* Length of the longest valid beginning of s. */
size_t ht_utf8_valid(ht_str s);

/* Appends s to out with each byte that is no part of a valid character replaced by U+FFFD. */
void ht_utf8_clean(ht_str s, ht_buf *out);

/* Bytes that the character led by byte b wants (1 … 4); 0 for a byte that cannot lead one. */
unsigned ht_utf8_want(uint8_t b);
#endif
