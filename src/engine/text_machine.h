/* Which bytes may follow within a character: of free UTF-8 text, and of the inside of a JSON string, where an escape is a
 * character too. One table serves the automaton and the masks computed once per vocabulary. Internal to the engine. */
#ifndef HT_ENGINE_TEXT_MACHINE_H
#define HT_ENGINE_TEXT_MACHINE_H
#include "base/str.h"

/* Between characters, or how much of one has been read. */
enum {
    HT_CHAR_START,
    HT_CHAR_1, HT_CHAR_2, HT_CHAR_3,                    /* so many continuation bytes to come, any */
    HT_CHAR_E0, HT_CHAR_ED, HT_CHAR_F0, HT_CHAR_F4,     /* behind that lead byte: not every continuation is valid */
    HT_CHAR_ESCAPE,                                     /* behind a backslash */
    HT_CHAR_U, HT_CHAR_U0, HT_CHAR_U00, HT_CHAR_U000, HT_CHAR_U001, /* behind \u and the digits named */
    HT_CHAR_COUNT
};

typedef struct {
    uint8_t lo, hi, to; /* bytes lo … hi lead to HT_CHAR_to */
} ht_char_edge;

/* Edges out of a state, sorted, apart; *n of them. Of HT_CHAR_START the closing quote is not one. */
const ht_char_edge *ht_string_edges(unsigned state, size_t *n);
const ht_char_edge *ht_text_edges(unsigned state, size_t *n); /* no control characters but \t \n \r */

/* The state after byte, or -1. */
int ht_string_step(unsigned state, uint8_t byte);
int ht_text_step(unsigned state, uint8_t byte);

/* How c (a control character, `"` or `\`) is written in a JSON string: \n, \", \u001F, as jansson does. Returns the length. */
enum { HT_JSON_ESCAPE_MAX = 6 };
size_t ht_json_escape(uint8_t c, char out[HT_JSON_ESCAPE_MAX]);
/* c, a code point, in UTF-8; returns its 1 … 4 bytes. */
size_t ht_utf8_write(uint32_t c, char out[4]);
/* Appends s as a JSON string's inside; s is valid UTF-8. */
void ht_json_escape_text(ht_buf *out, ht_str s);
#endif
