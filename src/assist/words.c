#include "assist/words.h"

#include <utf8proc.h>

#include "assist/han.h"

static bool is_han(uint32_t c) { return (c >= 0x3400 && c <= 0x9fff) || (c >= 0xf900 && c <= 0xfaff) || (c >= 0x20000 && c <= 0x3ffff); }

static uint32_t fold(uint32_t c)
{
    if (c >= 0xff01 && c <= 0xff5e) /* full-width ASCII */
        c -= 0xfee0;
    return is_han(c) ? ht_han_simplify(c) : (uint32_t)utf8proc_tolower((utf8proc_int32_t)c);
}

static bool is_word_char(uint32_t c)
{
    switch (utf8proc_category((utf8proc_int32_t)c)) {
    case UTF8PROC_CATEGORY_LU: case UTF8PROC_CATEGORY_LL: case UTF8PROC_CATEGORY_LT: case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_LO: case UTF8PROC_CATEGORY_MN: case UTF8PROC_CATEGORY_MC: case UTF8PROC_CATEGORY_ND:
    case UTF8PROC_CATEGORY_NL: case UTF8PROC_CATEGORY_NO:
        return true;
    default:
        return false;
    }
}

/* Letters that count for sameness: without the plural s of "lights", but "gas" and "glass" keep theirs. */
static unsigned stem_length(const ht_word *w)
{
    const unsigned n = w->n_chars;
    return n >= 4 && w->chars[n - 1] == 's' && w->chars[n - 2] != 's' ? n - 1 : n;
}

static void finish(ht_word *w)
{
    uint32_t h = 2166136261u;
    const unsigned n = stem_length(w);
    for (unsigned i = 0; i < n; i++)
        h = (h ^ w->chars[i]) * 16777619u;
    w->hash = h;
}

static ht_word *next_slot(ht_phrase *w)
{
    if (w->n == w->cap)
        return NULL;
    ht_word *slot = &w->items[w->n++];
    slot->n_chars = 0;
    slot->is_han = false;
    return slot;
}

void ht_phrase_add(ht_phrase *w, ht_str text)
{
    ht_word *open = NULL; /* the word being collected */
    for (size_t i = 0; i < text.len;) {
        utf8proc_int32_t c = -1;
        const utf8proc_ssize_t n = utf8proc_iterate((const utf8proc_uint8_t *)text.ptr + i, (utf8proc_ssize_t)(text.len - i), &c);
        i += n > 0 ? (size_t)n : 1;
        const uint32_t f = c < 0 ? ' ' : fold((uint32_t)c);
        const bool apostrophe = (f == '\'' || f == 0x2019) && open != NULL; /* "granny's" is one word */
        if (is_han(f) || !is_word_char(f)) {
            if (apostrophe)
                continue;
            if (open != NULL)
                finish(open);
            open = NULL;
        }
        if (!is_word_char(f))
            continue;
        if (open == NULL && (open = next_slot(w)) == NULL)
            return;
        if (open->n_chars < HT_WORD_MAX_CHARS)
            open->chars[open->n_chars++] = f;
        if (is_han(f)) {
            open->is_han = true;
            finish(open);
            open = NULL;
        }
    }
    if (open != NULL)
        finish(open);
}

bool ht_word_same(const ht_word *a, const ht_word *b)
{
    const unsigned n = stem_length(a);
    if (a->hash != b->hash || stem_length(b) != n)
        return false;
    return memcmp(a->chars, b->chars, n * sizeof a->chars[0]) == 0;
}

/* Damerau–Levenshtein distance (adjacent swaps), given up above limit. */
static unsigned distance(const ht_word *a, const ht_word *b, unsigned limit)
{
    unsigned rows[3][HT_WORD_MAX_CHARS + 1];
    unsigned *before = rows[0], *last = rows[1], *now = rows[2];
    for (unsigned j = 0; j <= b->n_chars; j++)
        last[j] = j;
    for (unsigned i = 1; i <= a->n_chars; i++) {
        unsigned best = now[0] = i;
        for (unsigned j = 1; j <= b->n_chars; j++) {
            const unsigned cost = a->chars[i - 1] != b->chars[j - 1];
            unsigned d = last[j - 1] + cost;
            d = last[j] + 1 < d ? last[j] + 1 : d;
            d = now[j - 1] + 1 < d ? now[j - 1] + 1 : d;
            if (i > 1 && j > 1 && a->chars[i - 1] == b->chars[j - 2] && a->chars[i - 2] == b->chars[j - 1] && before[j - 2] + 1 < d)
                d = before[j - 2] + 1;
            now[j] = d;
            best = d < best ? d : best;
        }
        if (best > limit)
            return limit + 1;
        unsigned *reuse = before;
        before = last, last = now, now = reuse;
    }
    return last[b->n_chars];
}

bool ht_word_close(const ht_word *a, const ht_word *b)
{
    if (ht_word_same(a, b))
        return true;
    const unsigned shorter = a->n_chars < b->n_chars ? a->n_chars : b->n_chars;
    const unsigned longer = a->n_chars < b->n_chars ? b->n_chars : a->n_chars;
    const unsigned limit = shorter >= 8 ? 2 : shorter >= 4 ? 1 : 0;
    return limit > 0 && longer - shorter <= limit && !a->is_han && !b->is_han && distance(a, b, limit) <= limit;
}

bool ht_phrase_contains(const ht_phrase *text, const ht_phrase *needle)
{
    if (needle->n == 0 || needle->n > text->n)
        return false;
    for (size_t i = 0; i + needle->n <= text->n; i++) {
        size_t k = 0;
        while (k < needle->n && ht_word_close(&text->items[i + k], &needle->items[k]))
            k++;
        if (k == needle->n)
            return true;
    }
    return false;
}
