/* Text to token ids and back, for the tokenizer that a GGUF file carries. First kind: byte-level BPE ("gpt2") with the
 * pre-tokenizer patterns of its `tokenizer.ggml.pre` (PCRE2, JIT). Immutable after opening: any thread. */
#ifndef HT_TEXT_TOKENIZER_H
#define HT_TEXT_TOKENIZER_H
#include "base/arena.h"
#include "codec/gguf.h"

typedef struct ht_tokenizer ht_tokenizer;

/* Growing list of ids; all zero = empty; free(ids) releases it. failed: out of memory, stays set. */
typedef struct {
    int32_t *ids;
    size_t n, cap;
    bool failed;
} ht_ids;
void ht_ids_deinit(ht_ids *l);
void ht_ids_add(ht_ids *l, int32_t id);

enum {
    HT_TOKENIZE_SPECIAL = 1 << 0, /* texts of control and user-defined tokens ("<|im_end|>") become those tokens */
    HT_TOKENIZE_BOS = 1 << 1,     /* prepend bos where the file says so */
};

/* Copies what it needs; g may be freed afterwards. HT_UNSUPPORTED names an unknown tokenizer model or pre. */
HT_CHECKED ht_status ht_tokenizer_open(const ht_gguf *g, ht_tokenizer **out, ht_error *err);
void ht_tokenizer_close(ht_tokenizer *t);

/* Appends the ids of text, any bytes, to out. Without HT_TOKENIZE_SPECIAL, "<|im_end|>" in user text stays plain text. */
HT_CHECKED ht_status ht_tokenizer_encode(const ht_tokenizer *t, ht_str text, unsigned flags, ht_ids *out, ht_error *err);

int32_t ht_tokenizer_count(const ht_tokenizer *t);
/* The bytes that id stands for (decoded, not in the byte-level alphabet; control tokens: their text). Borrowed until
 * close. May be a part of a UTF-8 character. An id out of range gives an empty slice. */
ht_str ht_tokenizer_piece(const ht_tokenizer *t, int32_t id);
/* Control (type 3) tokens are not part of the visible text. */
bool ht_tokenizer_is_control(const ht_tokenizer *t, int32_t id);
/* End of generation: eos, eot, eom and the tokens named <|im_end|>, <|eot_id|>, <end_of_turn>, <|end|>, <|endoftext|>. */
bool ht_tokenizer_is_end(const ht_tokenizer *t, int32_t id);
/* The id of a token by its whole text (special tokens included), or -1. */
int32_t ht_tokenizer_find(const ht_tokenizer *t, ht_str text);
int32_t ht_tokenizer_bos(const ht_tokenizer *t); /* -1: none */
int32_t ht_tokenizer_eos(const ht_tokenizer *t); /* -1: none */
/* Appends the visible text of n ids (control tokens dropped unless keep_control). */
void ht_tokenizer_decode(const ht_tokenizer *t, const int32_t *ids, size_t n, bool keep_control, ht_buf *out);
#endif
