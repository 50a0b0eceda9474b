#include "text/words.h"

#include <stdlib.h>

#include "text/hash.h"

void ht_words_deinit(ht_words *w)
{
    free(w->words);
    free(w->slots);
    ht_buf_deinit(&w->bytes);
    *w = (ht_words){0};
}

/* The slot where the string is or would be. */
static size_t find_slot(const ht_words *w, ht_str text, uint32_t hash)
{
    size_t i = hash & (w->n_slots - 1);
    for (; w->slots[i] != 0; i = (i + 1) & (w->n_slots - 1)) {
        const ht_word *word = &w->words[w->slots[i] - 1];
        if (word->hash == hash && ht_str_eq(ht_words_text(w, w->slots[i] - 1), text))
            break;
    }
    return i;
}

static bool grow_slots(ht_words *w)
{
    const size_t n_slots = w->n_slots ? 2 * w->n_slots : 1024;
    uint32_t *slots = calloc(n_slots, sizeof *slots);
    if (slots == NULL)
        return false;
    for (size_t i = 0; i < w->n; i++) {
        size_t s = w->words[i].hash & (n_slots - 1);
        while (slots[s] != 0)
            s = (s + 1) & (n_slots - 1);
        slots[s] = (uint32_t)i + 1;
    }
    free(w->slots);
    w->slots = slots;
    w->n_slots = n_slots;
    return true;
}

static bool grow_words(ht_words *w)
{
    const size_t cap = w->cap ? 2 * w->cap : 512;
    ht_word *words = w->n < UINT32_MAX / 2 ? realloc(w->words, cap * sizeof *words) : NULL;
    if (words == NULL)
        return false;
    w->words = words;
    w->cap = cap;
    return true;
}

size_t ht_words_add(ht_words *w, ht_str text, uint64_t count)
{
    if (w->failed || (w->n_slots < 2 * (w->n + 1) && !grow_slots(w))) {
        w->failed = true;
        return 0;
    }
    const uint32_t hash = (uint32_t)ht_hash_bytes(text);
    const size_t slot = find_slot(w, text, hash);
    if (w->slots[slot] != 0) {
        w->words[w->slots[slot] - 1].count += count;
        return w->slots[slot] - 1;
    }
    if (w->n == w->cap && !grow_words(w)) {
        w->failed = true;
        return 0;
    }
    w->words[w->n] = (ht_word){.count = count, .at = w->bytes.len, .len = (uint32_t)text.len, .hash = hash};
    ht_buf_add_str(&w->bytes, text);
    w->failed = w->bytes.failed;
    w->slots[slot] = (uint32_t)++w->n;
    return w->n - 1;
}
