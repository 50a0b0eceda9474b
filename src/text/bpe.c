#include "text/bpe.h"

#include <stdlib.h>

#include "base/log.h"
#include "text/byte_alphabet.h"
#include "text/hash.h"

typedef struct {
    int32_t left, right; /* left = -1: free */
    uint32_t rank;
    int32_t joined;
} merge;

struct ht_bpe {
    const ht_vocab *vocab;
    ht_presplit *split;
    merge *slots; /* [n_slots] by the hash of (left, right); a power of two */
    size_t n_slots;
};

static size_t find_slot(const ht_bpe *b, int32_t left, int32_t right)
{
    size_t i = ht_hash_mix((uint64_t)(uint32_t)left << 32 | (uint32_t)right) & (b->n_slots - 1);
    while (b->slots[i].left >= 0 && (b->slots[i].left != left || b->slots[i].right != right))
        i = (i + 1) & (b->n_slots - 1);
    return i;
}

/* Adds "left right" as merge number rank. A merge whose parts or result are no tokens can never apply: it is left out. */
static void add_merge(ht_bpe *b, ht_str text, uint32_t rank, char *scratch)
{
    const ptrdiff_t blank = ht_str_find(text, HT_STR(" "), 1);
    size_t n_left, n_right;
    if (blank < 0 || !ht_byte_alphabet_decode((ht_str){text.ptr, (size_t)blank}, scratch, &n_left) ||
        !ht_byte_alphabet_decode((ht_str){text.ptr + blank + 1, text.len - (size_t)blank - 1}, scratch + n_left, &n_right))
        return;
    const int32_t left = ht_vocab_find(b->vocab, (ht_str){scratch, n_left}, HT_TOKEN_PLAIN);
    const int32_t right = ht_vocab_find(b->vocab, (ht_str){scratch + n_left, n_right}, HT_TOKEN_PLAIN);
    const int32_t joined = ht_vocab_find(b->vocab, (ht_str){scratch, n_left + n_right}, HT_TOKEN_PLAIN);
    if (left < 0 || right < 0 || joined < 0)
        return;
    merge *m = &b->slots[find_slot(b, left, right)];
    if (m->left < 0)
        *m = (merge){left, right, rank, joined};
}

static ht_status read_merges(ht_bpe *b, const ht_gguf *g, ht_error *err)
{
    const ht_gguf_kv *kv = ht_gguf_find_kv(g, HT_STR("tokenizer.ggml.merges"));
    if (kv == NULL || kv->type != HT_GGUF_ARRAY || kv->element_type != HT_GGUF_STRING)
        return ht_fail(err, HT_BAD_FORMAT, -1, "the file has no list tokenizer.ggml.merges, which a gpt2 tokenizer needs");
    if (kv->n >= UINT32_MAX / 4)
        return ht_fail(err, HT_TOO_BIG, -1, "tokenizer.ggml.merges has %llu entries", (unsigned long long)kv->n);
    b->n_slots = 64;
    while (b->n_slots < kv->n + kv->n / 2)
        b->n_slots *= 2;
    b->slots = malloc(b->n_slots * sizeof *b->slots);
    char *scratch = malloc(kv->data.len + 1); /* no merge is longer than all of them */
    if (b->slots == NULL || scratch == NULL) {
        free(scratch);
        return ht_fail(err, HT_NO_MEMORY, -1, "tokenizer: out of memory for %llu merges", (unsigned long long)kv->n);
    }
    for (size_t i = 0; i < b->n_slots; i++)
        b->slots[i].left = -1;
    size_t cursor = 0;
    ht_str text;
    for (uint32_t rank = 0; ht_gguf_kv_next_str(kv, &cursor, &text); rank++)
        add_merge(b, text, rank, scratch);
    free(scratch);
    return HT_OK;
}

ht_status ht_bpe_open(const ht_gguf *g, const ht_vocab *v, ht_bpe **out, ht_error *err)
{
    *out = NULL;
    ht_str pre;
    if (!ht_gguf_get_str(g, "tokenizer.ggml.pre", &pre)) {
        ht_log(HT_LOG_WARN, "the model does not name its pre-tokenizer; the default may split text in a way it has not seen");
        pre = HT_STR("default");
    }
    ht_bpe *b = calloc(1, sizeof *b);
    if (b == NULL)
        return ht_fail(err, HT_NO_MEMORY, -1, "tokenizer: out of memory");
    b->vocab = v;
    ht_status st = ht_presplit_new(pre, &b->split, err);
    if (st == HT_OK)
        st = read_merges(b, g, err);
    if (st == HT_OK) {
        *out = b;
        b = NULL;
    }
    ht_bpe_close(b);
    return st;
}

void ht_bpe_close(ht_bpe *b)
{
    if (b == NULL)
        return;
    ht_presplit_free(b->split);
    free(b->slots);
    free(b);
}

bool ht_bpe_adds_bos(const ht_bpe *b) { return ht_presplit_ignores_merges(b->split); }

static void look_up(const void *ctx, ht_symbol *left, const ht_symbol *right)
{
    const ht_bpe *b = ctx;
    const merge *m = &b->slots[find_slot(b, left->id, right->id)];
    if (m->left >= 0) {
        left->rank = m->rank;
        left->joined = m->joined;
    }
}

typedef struct {
    const ht_bpe *bpe;
    int32_t unknown;
    ht_merger *scratch;
    ht_ids *out;
} encoding;

static bool encode_piece(void *ctx, ht_str piece)
{
    const encoding *e = ctx;
    const ht_vocab *v = e->bpe->vocab;
    if (ht_presplit_ignores_merges(e->bpe->split)) {
        const int32_t whole = ht_vocab_find(v, piece, HT_TOKEN_PLAIN);
        if (whole >= 0) {
            ht_ids_add(e->out, whole);
            return true;
        }
    }
    if (!ht_merger_reserve(e->scratch, piece.len))
        return false;
    ht_symbol *s = e->scratch->symbols;
    size_t n = 0;
    for (size_t i = 0; i < piece.len; i++) {
        const int32_t id = v->byte_ids[(uint8_t)piece.ptr[i]];
        if (id >= 0 || e->unknown >= 0)
            s[n++] = (ht_symbol){.at = (uint32_t)i, .len = 1, .id = id >= 0 ? id : e->unknown};
    }
    if (n == 0)
        return true;
    if (!ht_merger_run(e->scratch, n, look_up, e->bpe))
        return false;
    for (uint32_t i = 0; i != HT_MERGE_NONE; i = s[i].next)
        ht_ids_add(e->out, s[i].id);
    return !e->out->failed;
}

ht_status ht_bpe_encode(const ht_bpe *b, ht_str text, int32_t unknown, ht_merger *scratch, ht_ids *out, ht_error *err)
{
    encoding e = {b, unknown, scratch, out};
    const ht_status st = ht_presplit_run(b->split, text, encode_piece, &e, err);
    if (st == HT_CANCELLED)
        return ht_fail(err, HT_NO_MEMORY, -1, "tokenizer: out of memory for a text of %zu bytes", text.len);
    return st;
}
