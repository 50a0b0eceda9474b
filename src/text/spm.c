#include "text/spm.h"

#include <math.h>
#include <stdlib.h>

#include "text/utf8.h"

/* What characters may join to; user tokens come about only by being found whole in the text. */
enum { JOINABLE = HT_TOKEN_BIT(HT_TOKEN_NORMAL) | HT_TOKEN_BIT(HT_TOKEN_UNUSED) };

struct ht_spm {
    const ht_vocab *vocab;
    bool adds_blank;
    uint32_t *ranks; /* [vocab->n] place of the token's score, best first; equal scores share one */
};

typedef struct {
    float score;
    int32_t id;
} scored;

static int by_score(const void *a, const void *b)
{
    const scored *p = a, *q = b;
    if (p->score != q->score)
        return p->score > q->score ? -1 : 1;
    return (p->id > q->id) - (p->id < q->id);
}

static ht_status rank_tokens(ht_spm *s, const ht_gguf *g, ht_error *err)
{
    const ht_gguf_kv *kv = ht_gguf_find_kv(g, HT_STR("tokenizer.ggml.scores"));
    const size_t n = (size_t)s->vocab->n;
    if (kv == NULL || kv->type != HT_GGUF_ARRAY || kv->n != n)
        return ht_fail(err, HT_BAD_FORMAT, -1, "the file has no score for each token (tokenizer.ggml.scores), which a llama tokenizer needs");
    scored *order = malloc(n * sizeof *order);
    s->ranks = malloc(n * sizeof *s->ranks);
    if (order == NULL || s->ranks == NULL) {
        free(order);
        return ht_fail(err, HT_NO_MEMORY, -1, "tokenizer: out of memory for %zu tokens", n);
    }
    for (size_t i = 0; i < n; i++) {
        double score = 0;
        (void)ht_gguf_kv_f64_at(kv, i, &score);
        order[i] = (scored){isnan(score) ? -INFINITY : (float)score, (int32_t)i};
    }
    qsort(order, n, sizeof *order, by_score);
    for (size_t i = 0; i < n; i++) {
        const bool is_tie = i > 0 && order[i].score == order[i - 1].score;
        s->ranks[order[i].id] = is_tie ? s->ranks[order[i - 1].id] : (uint32_t)i;
    }
    free(order);
    return HT_OK;
}

ht_status ht_spm_open(const ht_gguf *g, const ht_vocab *v, ht_spm **out, ht_error *err)
{
    *out = NULL;
    ht_spm *s = calloc(1, sizeof *s);
    if (s == NULL)
        return ht_fail(err, HT_NO_MEMORY, -1, "tokenizer: out of memory");
    s->vocab = v;
    s->adds_blank = true;
    (void)ht_gguf_get_bool(g, "tokenizer.ggml.add_space_prefix", &s->adds_blank);
    const ht_status st = rank_tokens(s, g, err);
    if (st == HT_OK) {
        *out = s;
        s = NULL;
    }
    ht_spm_close(s);
    return st;
}

void ht_spm_close(ht_spm *s)
{
    if (s == NULL)
        return;
    free(s->ranks);
    free(s);
}

bool ht_spm_adds_blank(const ht_spm *s) { return s->adds_blank; }

typedef struct {
    const ht_spm *spm;
    const char *text;
} encoding;

static void look_up(const void *ctx, ht_symbol *left, const ht_symbol *right)
{
    const encoding *e = ctx;
    const int32_t id = ht_vocab_find(e->spm->vocab, (ht_str){e->text + left->at, left->len + right->len}, JOINABLE);
    if (id >= 0) {
        left->rank = e->spm->ranks[id];
        left->joined = id;
    }
}

static void add_symbol(const ht_vocab *v, const ht_symbol *s, const char *text, int32_t unknown, ht_ids *out)
{
    if (s->id >= 0) {
        ht_ids_add(out, s->id);
        return;
    }
    for (uint32_t i = 0; i < s->len; i++) {
        const int32_t id = v->byte_ids[(uint8_t)text[s->at + i]];
        if (id >= 0 || unknown >= 0)
            ht_ids_add(out, id >= 0 ? id : unknown);
    }
}

ht_status ht_spm_encode(const ht_spm *spm, ht_str text, int32_t unknown, ht_merger *scratch, ht_ids *out, ht_error *err)
{
    ht_buf padded = {0};
    ht_status st = HT_OK;
    if (text.len == 0)
        return HT_OK;
    if (spm->adds_blank) {
        ht_buf_add_char(&padded, ' ');
        ht_buf_add_str(&padded, text);
        text = ht_buf_str(&padded);
    }
    if (padded.failed || !ht_merger_reserve(scratch, text.len)) {
        st = ht_fail(err, HT_NO_MEMORY, -1, "tokenizer: out of memory for a text of %zu bytes", text.len);
        goto done;
    }
    ht_symbol *s = scratch->symbols;
    size_t n = 0;
    for (size_t i = 0; i < text.len;) {
        const size_t valid = ht_utf8_char((ht_str){text.ptr + i, text.len - i}), len = valid > 0 ? valid : 1;
        s[n++] = (ht_symbol){.at = (uint32_t)i, .len = (uint32_t)len, .id = ht_vocab_find(spm->vocab, (ht_str){text.ptr + i, len}, JOINABLE)};
        i += len;
    }
    const encoding e = {spm, text.ptr};
    if (!ht_merger_run(scratch, n, look_up, &e)) {
        st = ht_fail(err, HT_NO_MEMORY, -1, "tokenizer: out of memory for a text of %zu bytes", text.len);
        goto done;
    }
    for (uint32_t i = 0; i != HT_MERGE_NONE; i = s[i].next)
        add_symbol(spm->vocab, &s[i], text.ptr, unknown, out);
done:
    ht_buf_deinit(&padded);
    return st;
}
