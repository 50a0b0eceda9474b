/* Learns a byte-level BPE vocabulary from text and writes it as a GGUF file that holds only the tokenizer (keys
 * tokenizer.ggml.*, model "gpt2", pre "qwen2"): `hearth train` copies these keys into the models it writes. */
#ifndef HT_TEXT_BPE_TRAIN_H
#define HT_TEXT_BPE_TRAIN_H
#include "base/pool.h"
#include "base/str.h"

typedef struct {
    uint32_t n_vocab;          /* ids in all: 256 bytes + merges + specials */
    const ht_str *specials;    /* control tokens (type 3), last in the vocabulary, e.g. <|im_end|> */
    size_t n_specials;
    const ht_str *user_tokens; /* user-defined tokens (type 4): always whole, visible, e.g. <tool_call> */
    size_t n_user_tokens;
    ht_str eos;                /* one of specials */
    uint64_t max_bytes;        /* of text to look at, spread evenly over the files; 0 = all */
    uint32_t min_count;        /* a pair seen less often is never merged */
    void (*on_progress)(void *ctx, const char *stage, double fraction); /* may be NULL */
    void *ctx;
} ht_bpe_train_options;

/* paths: UTF-8 text files (or .jsonl, taken as text), each with a weight >= 0 by which its counts are multiplied.
 * Source: Sennrich et al. 2016, arXiv:1508.07909, on bytes as in GPT-2; ties go to the smaller pair of ids. */
HT_CHECKED ht_status ht_bpe_train(const char *const *paths, const double *weights, size_t n_paths,
                                  const ht_bpe_train_options *opt, ht_pool *pool, const char *out_path, ht_error *err);
#endif
