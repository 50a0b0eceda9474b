/* Byte-level BPE ("gpt2"): the merges of a GGUF file and encoding with them. */
#ifndef HT_TEXT_BPE_H
#define HT_TEXT_BPE_H
#include "text/merger.h"
#include "text/presplit.h"
#include "text/tokenizer.h"
#include "text/vocab.h"

typedef struct ht_bpe ht_bpe;

/* v must outlive *out. HT_BAD_FORMAT without merges, HT_UNSUPPORTED for an unknown pre-tokenizer. */
HT_CHECKED ht_status ht_bpe_open(const ht_gguf *g, const ht_vocab *v, ht_bpe **out, ht_error *err);
void ht_bpe_close(ht_bpe *b);

/* Whether files with this pre-tokenizer begin texts with bos where they do not say. */
bool ht_bpe_adds_bos(const ht_bpe *b);

/* Appends the ids of text; a byte without a token becomes unknown, or nothing where that is -1. Any thread. */
HT_CHECKED ht_status ht_bpe_encode(const ht_bpe *b, ht_str text, int32_t unknown, ht_merger *scratch, ht_ids *out, ht_error *err);
#endif
