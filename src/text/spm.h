/* SentencePiece's BPE ("llama"): whole text at once, the pair whose joined token scores best first, bytes where no token fits. */
#ifndef HT_TEXT_SPM_H
#define HT_TEXT_SPM_H
#include "text/merger.h"
#include "text/tokenizer.h"
#include "text/vocab.h"

typedef struct ht_spm ht_spm;

/* v must outlive *out. HT_BAD_FORMAT without scores. */
HT_CHECKED ht_status ht_spm_open(const ht_gguf *g, const ht_vocab *v, ht_spm **out, ht_error *err);
void ht_spm_close(ht_spm *s);

/* Whether text begins with a blank that is not the author's. */
bool ht_spm_adds_blank(const ht_spm *s);

/* Appends the ids of text, with that blank in front. A character without token becomes its bytes, a byte
 * without token unknown, or nothing where that is -1. Any thread. */
HT_CHECKED ht_status ht_spm_encode(const ht_spm *s, ht_str text, int32_t unknown, ht_merger *scratch, ht_ids *out, ht_error *err);
#endif
