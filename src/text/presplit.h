/* The pre-tokenizers of byte-level BPE: regular expressions that cut text into the pieces inside which merges happen. */
#ifndef HT_TEXT_PRESPLIT_H
#define HT_TEXT_PRESPLIT_H
#include "base/str.h"

typedef struct ht_presplit ht_presplit;

/* pre: the name in `tokenizer.ggml.pre` ("qwen2", "llama-bpe" …). HT_UNSUPPORTED names an unknown one.
 * Patterns are compiled with PCRE2 and its JIT where the machine allows one. Immutable: any thread. */
HT_CHECKED ht_status ht_presplit_new(ht_str pre, ht_presplit **out, ht_error *err);
void ht_presplit_free(ht_presplit *p);

/* Whether the tokenizers of this name take a piece that is a token whole, without merging. */
bool ht_presplit_ignores_merges(const ht_presplit *p);

/* Gets the pieces in order; they are not empty and join to the text. False stops the walk. */
typedef bool ht_presplit_fn(void *ctx, ht_str piece);

/* Each expression cuts the pieces left by the one before; what it does not match is a piece too. Bytes that are not
 * UTF-8 are pieces of their own, run by run. Linear in the text. HT_CANCELLED when fn returned false. */
HT_CHECKED ht_status ht_presplit_run(const ht_presplit *p, ht_str text, ht_presplit_fn *fn, void *ctx, ht_error *err);
#endif
