/* GGUF files of two tiny vocabularies, in memory: byte-level BPE with four merges, and SentencePiece BPE. */
#ifndef HT_TESTS_TINY_VOCAB_H
#define HT_TESTS_TINY_VOCAB_H
#include "base/str.h"
#include "codec/gguf.h"
#include "text/byte_alphabet.h"
#include "text/tokenizer.h"

static inline void tiny_u32(ht_buf *b, uint32_t v) { ht_buf_add(b, &v, sizeof v); }
static inline void tiny_u64(ht_buf *b, uint64_t v) { ht_buf_add(b, &v, sizeof v); }

static inline void tiny_str(ht_buf *b, ht_str s)
{
    tiny_u64(b, s.len);
    ht_buf_add_str(b, s);
}

static inline void tiny_key(ht_buf *b, const char *key, ht_gguf_type type)
{
    tiny_str(b, ht_str_from(key));
    tiny_u32(b, (uint32_t)type);
}

static inline void tiny_text(ht_buf *b, const char *key, const char *value)
{
    tiny_key(b, key, HT_GGUF_STRING);
    tiny_str(b, ht_str_from(value));
}

static inline void tiny_number(ht_buf *b, const char *key, uint32_t value)
{
    tiny_key(b, key, HT_GGUF_U32);
    tiny_u32(b, value);
}

static inline void tiny_flag(ht_buf *b, const char *key, bool value)
{
    tiny_key(b, key, HT_GGUF_BOOL);
    ht_buf_add_char(b, (char)value);
}

static inline void tiny_list(ht_buf *b, const char *key, ht_gguf_type element, uint64_t n)
{
    tiny_key(b, key, HT_GGUF_ARRAY);
    tiny_u32(b, (uint32_t)element);
    tiny_u64(b, n);
}

static inline void tiny_header(ht_buf *b, uint64_t n_keys)
{
    ht_buf_add_c(b, "GGUF");
    tiny_u32(b, 3);
    tiny_u64(b, 0);
    tiny_u64(b, n_keys);
}

/* Bytes are ids 0 … 255; 256 "ab", 257 "abc", 258 " a", 259 " ab", 260 <|endoftext|>, 261 <|im_start|>, 262 <|im_end|>
 * (control), 263 <tool_call>, 264 <tool> (user-defined). */
static inline void tiny_bpe(ht_buf *b, const char *pre)
{
    static const char *const more[] = {"ab", "abc", "Ġa", "Ġab", "<|endoftext|>", "<|im_start|>", "<|im_end|>", "<tool_call>", "<tool>"};
    static const char *const merges[] = {"a b", "ab c", "Ġ a", "Ġa b"};
    tiny_header(b, 7);
    tiny_text(b, "tokenizer.ggml.model", "gpt2");
    tiny_text(b, "tokenizer.ggml.pre", pre);
    tiny_list(b, "tokenizer.ggml.tokens", HT_GGUF_STRING, 265);
    for (int i = 0; i < 256; i++) {
        ht_buf text = {0};
        ht_byte_alphabet_encode((ht_str){(char[]){(char)i}, 1}, &text);
        tiny_str(b, ht_buf_str(&text));
        ht_buf_deinit(&text);
    }
    for (size_t i = 0; i < 9; i++)
        tiny_str(b, ht_str_from(more[i]));
    tiny_list(b, "tokenizer.ggml.token_type", HT_GGUF_I32, 265);
    for (uint32_t i = 0; i < 265; i++)
        tiny_u32(b, i < 260 ? 1 : i < 263 ? 3 : 4);
    tiny_list(b, "tokenizer.ggml.merges", HT_GGUF_STRING, 4);
    for (size_t i = 0; i < 4; i++)
        tiny_str(b, ht_str_from(merges[i]));
    tiny_number(b, "tokenizer.ggml.eos_token_id", 262);
    tiny_number(b, "tokenizer.ggml.bos_token_id", 260);
}

/* 0 <unk>, 1 <s>, 2 </s>, 3 … 258 bytes, 259 "▁", a, b, ab, ▁ab, c, 265 "abc". */
static inline void tiny_spm(ht_buf *b, bool add_space_prefix)
{
    static const char *const more[] = {"▁", "a", "b", "ab", "▁ab", "c", "abc"};
    tiny_header(b, 6);
    tiny_text(b, "tokenizer.ggml.model", "llama");
    tiny_flag(b, "tokenizer.ggml.add_space_prefix", add_space_prefix);
    tiny_number(b, "tokenizer.ggml.bos_token_id", 1);
    tiny_list(b, "tokenizer.ggml.tokens", HT_GGUF_STRING, 266);
    tiny_str(b, HT_STR("<unk>"));
    tiny_str(b, HT_STR("<s>"));
    tiny_str(b, HT_STR("</s>"));
    for (unsigned i = 0; i < 256; i++) {
        ht_buf text = {0};
        ht_buf_addf(&text, "<0x%02X>", i);
        tiny_str(b, ht_buf_str(&text));
        ht_buf_deinit(&text);
    }
    for (size_t i = 0; i < 7; i++)
        tiny_str(b, ht_str_from(more[i]));
    tiny_list(b, "tokenizer.ggml.token_type", HT_GGUF_I32, 266);
    for (uint32_t i = 0; i < 266; i++)
        tiny_u32(b, i == 0 ? 2 : i < 3 ? 3 : i < 259 ? 6 : 1);
    tiny_list(b, "tokenizer.ggml.scores", HT_GGUF_F32, 266);
    for (int i = 0; i < 266; i++) {
        const float score = i < 259 ? 0.0f : (float)(258 - i);
        ht_buf_add(b, &score, sizeof score);
    }
}

/* Opens a tokenizer from such a file; NULL and *err on failure. The file may be freed afterwards. */
static inline ht_tokenizer *tiny_open(const ht_buf *file, ht_error *err)
{
    ht_gguf *g = NULL;
    ht_tokenizer *t = NULL;
    if (ht_gguf_parse((ht_bytes){(const uint8_t *)file->ptr, file->len}, &g, err) == HT_OK && ht_tokenizer_open(g, &t, err) != HT_OK)
        t = NULL;
    ht_gguf_free(g);
    return t;
}
#endif
