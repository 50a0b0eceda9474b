/* A hash of short byte strings for tables in memory; never written to a file. */
#ifndef HT_TEXT_HASH_H
#define HT_TEXT_HASH_H
#include "base/str.h"

static inline uint64_t ht_hash_mix(uint64_t h)
{
    h = (h ^ h >> 32) * 0x9E3779B97F4A7C15u;
    return h ^ h >> 29;
}

/* Eight bytes a step. Not keyed: a table of untrusted strings must bound its size, not trust the spread. */
static inline uint64_t ht_hash_bytes(ht_str s)
{
    uint64_t h = s.len * 0xFF51AFD7ED558CCDu, word;
    size_t i = 0;
    for (; s.len - i >= sizeof word; i += sizeof word) {
        memcpy(&word, s.ptr + i, sizeof word);
        h = ht_hash_mix(h ^ word);
    }
    if (i < s.len) {
        word = 0;
        memcpy(&word, s.ptr + i, s.len - i);
        h = ht_hash_mix(h ^ word);
    }
    return ht_hash_mix(h);
}
#endif
