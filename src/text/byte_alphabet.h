/* GPT-2's printable alphabet for bytes, in which byte-level vocabularies are written down: 33–126, 161–172 and 174–255
 * stand for themselves, the other 68 bytes for U+0100 upwards in order (a blank is "Ġ").
 * Source: Radford et al. 2019, encoder of GPT-2. */
#ifndef HT_TEXT_BYTE_ALPHABET_H
#define HT_TEXT_BYTE_ALPHABET_H
#include "base/str.h"

/* Appends the alphabet's form of bytes. Any thread. */
void ht_byte_alphabet_encode(ht_str bytes, ht_buf *out);

/* The inverse into dst, which needs text.len bytes at most; *n is the number written.
 * False where a character is outside the alphabet (an added token's raw text); dst is then undefined. */
bool ht_byte_alphabet_decode(ht_str text, char *dst, size_t *n);
#endif
