/* Names and requests cut into units that compare: a word of letters and digits, or one Han character. Case, width,
 * the English plural and traditional Han characters do not matter; small typing errors are forgiven. */
#ifndef HT_ASSIST_WORDS_H
#define HT_ASSIST_WORDS_H
#include "base/str.h"

enum { HT_WORD_MAX_CHARS = 24, HT_PHRASE_MAX = 256 };

typedef struct {
    uint32_t chars[HT_WORD_MAX_CHARS]; /* folded code points; longer words are cut */
    uint8_t n_chars;
    bool is_han;
    uint32_t hash; /* of the word without its plural s */
} ht_word;

typedef struct {
    ht_word *items; /* caller's storage */
    size_t n, cap;  /* text beyond cap units is left out */
} ht_phrase;

/* Appends the units of text to w. Invalid UTF-8 counts as a blank. */
void ht_phrase_add(ht_phrase *w, ht_str text);
/* Same word, plural ignored. */
bool ht_word_same(const ht_word *a, const ht_word *b);
/* Same, or one typing error apart (words of four letters and more; two errors from eight on). Han: same only. */
bool ht_word_close(const ht_word *a, const ht_word *b);
/* Whether needle's units stand in a row in text (close counts); an empty needle does not. */
bool ht_phrase_contains(const ht_phrase *text, const ht_phrase *needle);
#endif
