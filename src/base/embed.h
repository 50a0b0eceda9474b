/* Files built into the executable; see cmake/embed.cmake. Each array ends with a NUL that is not part of it. */
#ifndef HT_BASE_EMBED_H
#define HT_BASE_EMBED_H
#include "base/str.h"

/* Declares the symbols of one file: HT_EMBED_DECLARE(demo_home); then HT_EMBED(demo_home) is its ht_str. */
#define HT_EMBED_DECLARE(name) extern const char ht_embed_##name[], ht_embed_##name##_end[]
#define HT_EMBED(name) ((ht_str){ht_embed_##name, (size_t)(ht_embed_##name##_end - ht_embed_##name) - 1})
#endif
