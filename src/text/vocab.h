/* The tokens of a GGUF file: their texts as plain bytes, their types, and the ways to find one. Shared by the kinds of
 * tokenizers; immutable after opening. */
#ifndef HT_TEXT_VOCAB_H
#define HT_TEXT_VOCAB_H
#include "codec/gguf.h"

/* Types as in tokenizer.ggml.token_type. */
enum { HT_TOKEN_NORMAL = 1, HT_TOKEN_UNKNOWN = 2, HT_TOKEN_CONTROL = 3, HT_TOKEN_USER = 4, HT_TOKEN_UNUSED = 5, HT_TOKEN_BYTE = 6 };
/* A set of types, for searching. */
#define HT_TOKEN_BIT(type) (1u << (type))
/* What plain text may become. */
#define HT_TOKEN_PLAIN (HT_TOKEN_BIT(HT_TOKEN_NORMAL) | HT_TOKEN_BIT(HT_TOKEN_USER) | HT_TOKEN_BIT(HT_TOKEN_UNUSED))

/* How normal tokens are written in the file. */
typedef enum {
    HT_SPELL_BYTE_ALPHABET, /* text/byte_alphabet.h */
    HT_SPELL_BLANKS,        /* U+2581 for a blank, <0xNN> for a byte (type 6) */
} ht_spelling;

typedef struct {
    int32_t n;
    char *bytes;    /* all texts, one after the other */
    uint32_t *ends; /* [n] where each text ends in bytes */
    uint8_t *types; /* [n] */
    struct ht_vocab_slot {
        uint32_t tag; /* high half of the text's hash: most strangers differ here already */
        int32_t id;   /* + 1; 0 = free */
    } *slots;         /* [n_slots] by the low half; a power of two */
    size_t n_slots;
    int32_t byte_ids[256];        /* the token of each byte, or -1 */
    bool starts_special[256];     /* bytes that a control or user token begins with */
    bool special_lengths[256];    /* lengths of such tokens; longer ones are never recognised in text */
    size_t longest_special;       /* <= 255 */
} ht_vocab;

/* Copies the tokens of g. out: all zero, the caller deinits it in any case. HT_BAD_FORMAT, HT_NO_MEMORY. */
HT_CHECKED ht_status ht_vocab_init(const ht_gguf *g, ht_spelling spelling, ht_vocab *out, ht_error *err);
void ht_vocab_deinit(ht_vocab *v);

/* An id out of range gives an empty slice. */
ht_str ht_vocab_text(const ht_vocab *v, int32_t id);
/* The token of this text whose type is in `types` (HT_TOKEN_BIT …), or -1. */
int32_t ht_vocab_find(const ht_vocab *v, ht_str text, unsigned types);
/* The longest token of these types that text begins with, or -1. */
int32_t ht_vocab_special_at(const ht_vocab *v, ht_str text, unsigned types);
#endif
