#include "text/vocab.h"

#include <stdlib.h>

#include "text/byte_alphabet.h"
#include "text/hash.h"

enum { MAX_TOKENS = 1 << 24 };

void ht_vocab_deinit(ht_vocab *v)
{
    free(v->bytes);
    free(v->ends);
    free(v->types);
    free(v->slots);
    *v = (ht_vocab){0};
}

ht_str ht_vocab_text(const ht_vocab *v, int32_t id)
{
    if (id < 0 || id >= v->n)
        return (ht_str){0};
    const uint32_t begin = id > 0 ? v->ends[id - 1] : 0;
    return (ht_str){v->bytes + begin, v->ends[id] - begin};
}

int32_t ht_vocab_find(const ht_vocab *v, ht_str text, unsigned types)
{
    const uint64_t hash = ht_hash_bytes(text);
    const uint32_t tag = (uint32_t)(hash >> 32);
    for (size_t i = hash & (v->n_slots - 1); v->slots[i].id != 0; i = (i + 1) & (v->n_slots - 1)) {
        const int32_t id = v->slots[i].id - 1;
        if (v->slots[i].tag == tag && (types & HT_TOKEN_BIT(v->types[id])) && ht_str_eq(ht_vocab_text(v, id), text))
            return id;
    }
    return -1;
}

int32_t ht_vocab_special_at(const ht_vocab *v, ht_str text, unsigned types)
{
    if (text.len == 0 || !v->starts_special[(uint8_t)text.ptr[0]])
        return -1;
    for (size_t n = text.len < v->longest_special ? text.len : v->longest_special; n > 0; n--) {
        const int32_t id = v->special_lengths[n] ? ht_vocab_find(v, (ht_str){text.ptr, n}, types) : -1;
        if (id >= 0)
            return id;
    }
    return -1;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The byte that "<0xNN>" names, or -1. */
static int named_byte(ht_str s)
{
    if (s.len != 6 || !ht_str_starts(s, HT_STR("<0x")) || s.ptr[5] != '>')
        return -1;
    const int high = hex_digit(s.ptr[3]), low = hex_digit(s.ptr[4]);
    return high < 0 || low < 0 ? -1 : 16 * high + low;
}

/* Copies s with a blank for every U+2581; returns the length. */
static size_t copy_blanks(ht_str s, char *dst)
{
    static const ht_str mark = {"\xE2\x96\x81", 3};
    size_t n = 0;
    while (s.len > 0) {
        const size_t skip = ht_str_starts(s, mark) ? 3 : 1;
        dst[n++] = skip == 3 ? ' ' : s.ptr[0];
        s.ptr += skip;
        s.len -= skip;
    }
    return n;
}

/* Writes the bytes that a token of the file stands for, at most s.len; returns how many. */
static size_t spell(ht_str s, uint8_t type, ht_spelling spelling, char *dst)
{
    size_t n;
    const bool is_raw = type == HT_TOKEN_CONTROL || type == HT_TOKEN_UNKNOWN;
    if (spelling == HT_SPELL_BYTE_ALPHABET && !is_raw && type != HT_TOKEN_USER && ht_byte_alphabet_decode(s, dst, &n))
        return n;
    if (spelling == HT_SPELL_BLANKS && !is_raw) {
        const int byte = type == HT_TOKEN_BYTE ? named_byte(s) : -1;
        if (byte < 0)
            return copy_blanks(s, dst);
        dst[0] = (char)byte;
        return 1;
    }
    if (s.len > 0)
        memcpy(dst, s.ptr, s.len);
    return s.len;
}

static void add_slot(ht_vocab *v, int32_t id)
{
    const uint64_t hash = ht_hash_bytes(ht_vocab_text(v, id));
    size_t i = hash & (v->n_slots - 1);
    while (v->slots[i].id != 0)
        i = (i + 1) & (v->n_slots - 1);
    v->slots[i] = (struct ht_vocab_slot){(uint32_t)(hash >> 32), id + 1};
}

static void note_special(ht_vocab *v, ht_str text)
{
    if (text.len == 0 || text.len > 255)
        return;
    v->starts_special[(uint8_t)text.ptr[0]] = true;
    v->special_lengths[text.len] = true;
    if (text.len > v->longest_special)
        v->longest_special = text.len;
}

static ht_status allocate(ht_vocab *v, const ht_gguf_kv *tokens, ht_error *err)
{
    if (tokens->n == 0 || tokens->n > MAX_TOKENS || tokens->data.len > UINT32_MAX)
        return ht_fail(err, HT_BAD_FORMAT, -1, "tokenizer.ggml.tokens: %llu tokens in %zu bytes is not a vocabulary",
                       (unsigned long long)tokens->n, tokens->data.len);
    const size_t n = (size_t)tokens->n;
    v->n_slots = 64;
    while (v->n_slots < n + n / 2)
        v->n_slots *= 2;
    v->bytes = malloc(tokens->data.len + 1);
    v->ends = malloc(n * sizeof *v->ends);
    v->types = malloc(n);
    v->slots = calloc(v->n_slots, sizeof *v->slots);
    if (v->bytes == NULL || v->ends == NULL || v->types == NULL || v->slots == NULL)
        return ht_fail(err, HT_NO_MEMORY, -1, "tokenizer: out of memory for %zu tokens", n);
    return HT_OK;
}

ht_status ht_vocab_init(const ht_gguf *g, ht_spelling spelling, ht_vocab *v, ht_error *err)
{
    const ht_gguf_kv *tokens = ht_gguf_find_kv(g, HT_STR("tokenizer.ggml.tokens"));
    const ht_gguf_kv *types = ht_gguf_find_kv(g, HT_STR("tokenizer.ggml.token_type"));
    if (tokens == NULL || tokens->type != HT_GGUF_ARRAY || tokens->element_type != HT_GGUF_STRING)
        return ht_fail(err, HT_BAD_FORMAT, -1, "the file has no list tokenizer.ggml.tokens: it carries no tokenizer");
    if (types != NULL && types->n != tokens->n)
        return ht_fail(err, HT_BAD_FORMAT, -1, "tokenizer.ggml.token_type has %llu entries for %llu tokens",
                       (unsigned long long)types->n, (unsigned long long)tokens->n);
    const ht_status st = allocate(v, tokens, err);
    if (st != HT_OK)
        return st;
    size_t cursor = 0;
    uint32_t end = 0;
    ht_str text;
    for (uint64_t i = 0; i < tokens->n && ht_gguf_kv_next_str(tokens, &cursor, &text); i++) {
        int64_t type = HT_TOKEN_NORMAL;
        if (types != NULL)
            (void)ht_gguf_kv_i64_at(types, i, &type);
        v->types[i] = (uint8_t)(type >= HT_TOKEN_NORMAL && type <= HT_TOKEN_BYTE ? type : HT_TOKEN_UNUSED);
        end += (uint32_t)spell(text, v->types[i], spelling, v->bytes + end);
        v->ends[i] = end;
        v->n = (int32_t)i + 1;
        add_slot(v, (int32_t)i);
        if (v->types[i] == HT_TOKEN_CONTROL || v->types[i] == HT_TOKEN_USER)
            note_special(v, ht_vocab_text(v, (int32_t)i));
    }
    const unsigned byte_types = spelling == HT_SPELL_BLANKS ? HT_TOKEN_BIT(HT_TOKEN_BYTE) : HT_TOKEN_PLAIN;
    for (int b = 0; b < 256; b++)
        v->byte_ids[b] = ht_vocab_find(v, (ht_str){(char[]){(char)b}, 1}, byte_types);
    return HT_OK;
}
