/* What the kinds of tokenizers share: special tokens in text, beginnings and ends, decoding. */
#include "text/tokenizer.h"

#include <stdlib.h>

#include "text/bpe.h"
#include "text/spm.h"
#include "text/vocab.h"

enum { MAX_ENDS = 16 };

struct ht_tokenizer {
    ht_vocab vocab;
    ht_bpe *bpe; /* one of the two */
    ht_spm *spm;
    int32_t bos, eos, unknown; /* -1: none */
    bool adds_bos;
    int32_t ends[MAX_ENDS];
    size_t n_ends;
};

void ht_ids_deinit(ht_ids *l)
{
    free(l->ids);
    *l = (ht_ids){0};
}

void ht_ids_add(ht_ids *l, int32_t id)
{
    if (l->failed)
        return;
    if (l->n == l->cap) {
        const size_t cap = l->cap ? 2 * l->cap : 64;
        int32_t *ids = realloc(l->ids, cap * sizeof *ids);
        if (ids == NULL) {
            l->failed = true;
            return;
        }
        l->ids = ids;
        l->cap = cap;
    }
    l->ids[l->n++] = id;
}

/* The token that a key of the file names, or -1. */
static int32_t named_id(const ht_tokenizer *t, const ht_gguf *g, const char *key)
{
    uint64_t id;
    return ht_gguf_get_u64(g, key, &id) && id < (uint64_t)t->vocab.n ? (int32_t)id : -1;
}

static void add_end(ht_tokenizer *t, int32_t id)
{
    if (id >= 0 && t->n_ends < MAX_ENDS && !ht_tokenizer_is_end(t, id))
        t->ends[t->n_ends++] = id;
}

static void read_roles(ht_tokenizer *t, const ht_gguf *g)
{
    static const char *const end_texts[] = {"<|im_end|>", "<|eot_id|>", "<end_of_turn>", "<|end|>", "<|endoftext|>"};
    t->bos = named_id(t, g, "tokenizer.ggml.bos_token_id");
    t->eos = named_id(t, g, "tokenizer.ggml.eos_token_id");
    t->unknown = named_id(t, g, "tokenizer.ggml.unknown_token_id");
    t->adds_bos = t->spm != NULL || ht_bpe_adds_bos(t->bpe);
    (void)ht_gguf_get_bool(g, "tokenizer.ggml.add_bos_token", &t->adds_bos);
    add_end(t, t->eos);
    add_end(t, named_id(t, g, "tokenizer.ggml.eot_token_id"));
    add_end(t, named_id(t, g, "tokenizer.ggml.eom_token_id"));
    for (size_t i = 0; i < sizeof end_texts / sizeof end_texts[0]; i++)
        add_end(t, ht_vocab_find(&t->vocab, ht_str_from(end_texts[i]), HT_TOKEN_BIT(HT_TOKEN_CONTROL) | HT_TOKEN_BIT(HT_TOKEN_USER)));
}

ht_status ht_tokenizer_open(const ht_gguf *g, ht_tokenizer **out, ht_error *err)
{
    *out = NULL;
    ht_str model;
    if (!ht_gguf_get_str(g, "tokenizer.ggml.model", &model))
        return ht_fail(err, HT_BAD_FORMAT, -1, "the file carries no tokenizer (no tokenizer.ggml.model)");
    const bool is_bpe = ht_str_is(model, "gpt2");
    if (!is_bpe && !ht_str_is(model, "llama"))
        return ht_fail(err, HT_UNSUPPORTED, -1, "tokenizer kind '%.*s': only gpt2 and llama are known", HT_STR_ARG(model));
    ht_tokenizer *t = calloc(1, sizeof *t);
    if (t == NULL)
        return ht_fail(err, HT_NO_MEMORY, -1, "tokenizer: out of memory");
    ht_status st = ht_vocab_init(g, is_bpe ? HT_SPELL_BYTE_ALPHABET : HT_SPELL_BLANKS, &t->vocab, err);
    if (st == HT_OK)
        st = is_bpe ? ht_bpe_open(g, &t->vocab, &t->bpe, err) : ht_spm_open(g, &t->vocab, &t->spm, err);
    if (st == HT_OK) {
        read_roles(t, g);
        *out = t;
        t = NULL;
    }
    ht_tokenizer_close(t);
    return st;
}

void ht_tokenizer_close(ht_tokenizer *t)
{
    if (t == NULL)
        return;
    ht_bpe_close(t->bpe);
    ht_spm_close(t->spm);
    ht_vocab_deinit(&t->vocab);
    free(t);
}

static ht_status encode_plain(const ht_tokenizer *t, ht_str text, ht_merger *scratch, ht_ids *out, ht_error *err)
{
    if (t->bpe != NULL)
        return ht_bpe_encode(t->bpe, text, t->unknown, scratch, out, err);
    return ht_spm_encode(t->spm, text, t->unknown, scratch, out, err);
}

ht_status ht_tokenizer_encode(const ht_tokenizer *t, ht_str text, unsigned flags, ht_ids *out, ht_error *err)
{
    if (text.len > INT32_MAX)
        return ht_fail(err, HT_TOO_BIG, -1, "a text of %zu bytes is too long to tokenize at once", text.len);
    /* SentencePiece's user tokens (runs of blanks, mark-up) are part of plain text; BPE's are tools' tags. */
    unsigned types = t->spm != NULL ? HT_TOKEN_BIT(HT_TOKEN_USER) : 0;
    if (flags & HT_TOKENIZE_SPECIAL)
        types |= HT_TOKEN_BIT(HT_TOKEN_CONTROL) | HT_TOKEN_BIT(HT_TOKEN_USER);
    if ((flags & HT_TOKENIZE_BOS) && t->adds_bos && t->bos >= 0)
        ht_ids_add(out, t->bos);

    ht_merger scratch = {0};
    ht_status st = HT_OK;
    size_t begin = 0;
    for (size_t i = 0; types != 0 && i < text.len && st == HT_OK;) {
        const int32_t id = ht_vocab_special_at(&t->vocab, (ht_str){text.ptr + i, text.len - i}, types);
        if (id < 0) {
            i++;
            continue;
        }
        st = encode_plain(t, (ht_str){text.ptr + begin, i - begin}, &scratch, out, err);
        ht_ids_add(out, id);
        i += ht_vocab_text(&t->vocab, id).len;
        begin = i;
    }
    if (st == HT_OK)
        st = encode_plain(t, (ht_str){text.ptr + begin, text.len - begin}, &scratch, out, err);
    if (st == HT_OK && out->failed)
        st = ht_fail(err, HT_NO_MEMORY, -1, "tokenizer: out of memory for a text of %zu bytes", text.len);
    ht_merger_deinit(&scratch);
    return st;
}

int32_t ht_tokenizer_count(const ht_tokenizer *t) { return t->vocab.n; }
ht_str ht_tokenizer_piece(const ht_tokenizer *t, int32_t id) { return ht_vocab_text(&t->vocab, id); }
int32_t ht_tokenizer_bos(const ht_tokenizer *t) { return t->bos; }
int32_t ht_tokenizer_eos(const ht_tokenizer *t) { return t->eos; }

static bool is_type(const ht_tokenizer *t, int32_t id, uint8_t type) { return id >= 0 && id < t->vocab.n && t->vocab.types[id] == type; }
bool ht_tokenizer_is_control(const ht_tokenizer *t, int32_t id) { return is_type(t, id, HT_TOKEN_CONTROL); }

bool ht_tokenizer_is_end(const ht_tokenizer *t, int32_t id)
{
    for (size_t i = 0; i < t->n_ends; i++)
        if (t->ends[i] == id)
            return true;
    return false;
}

int32_t ht_tokenizer_find(const ht_tokenizer *t, ht_str text)
{
    const int32_t special = ht_vocab_find(&t->vocab, text, HT_TOKEN_BIT(HT_TOKEN_CONTROL) | HT_TOKEN_BIT(HT_TOKEN_USER));
    return special >= 0 ? special : ht_vocab_find(&t->vocab, text, ~0u);
}

void ht_tokenizer_decode(const ht_tokenizer *t, const int32_t *ids, size_t n, bool keep_control, ht_buf *out)
{
    const bool drops_blank = t->spm != NULL && ht_spm_adds_blank(t->spm);
    bool after_special = true;
    for (size_t i = 0; i < n; i++) {
        ht_str piece = ht_tokenizer_piece(t, ids[i]);
        const bool is_control = ht_tokenizer_is_control(t, ids[i]);
        const bool is_special = is_control || is_type(t, ids[i], HT_TOKEN_USER);
        if (drops_blank && after_special && !is_special && piece.len > 0 && piece.ptr[0] == ' ')
            piece.ptr++, piece.len--;
        if (!is_control || keep_control)
            ht_buf_add_str(out, piece);
        after_special = is_special;
    }
}
