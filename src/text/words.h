/* A growing table of distinct byte strings with their counts: what a corpus consists of. */
#ifndef HT_TEXT_WORDS_H
#define HT_TEXT_WORDS_H
#include "base/str.h"

typedef struct {
    uint64_t count;
    uint64_t at;   /* offset of the bytes in ht_words.bytes */
    uint32_t len;  /* > 0 */
    uint32_t hash; /* low half of the string's hash */
} ht_word;

/* All zero = empty. Not for threads to share. */
typedef struct {
    ht_word *words; /* [n] in order of first sight */
    size_t n, cap;
    uint32_t *slots; /* [n_slots] index into words + 1; 0 = free; n_slots is a power of two */
    size_t n_slots;
    ht_buf bytes;
    bool failed; /* out of memory or more than 2^32 words; stays set */
} ht_words;

void ht_words_deinit(ht_words *w);
/* Adds count to the string's own and returns its index; text must not be empty. The index is of no use once failed. */
size_t ht_words_add(ht_words *w, ht_str text, uint64_t count);
static inline ht_str ht_words_text(const ht_words *w, size_t i) { return (ht_str){w->bytes.ptr + w->words[i].at, w->words[i].len}; }
#endif
