#include "train/pack.h"

#include <stdlib.h>

void ht_packed_deinit(ht_packed *p)
{
    free(p->ids);
    free(p->flags);
    *p = (ht_packed){0};
}

void ht_packed_clear(ht_packed *p) { *p = (ht_packed){.ids = p->ids, .flags = p->flags, .cap = p->cap}; }

static ht_status reserve(ht_packed *p, size_t extra, ht_error *err)
{
    if (extra <= p->cap - p->n)
        return HT_OK;
    size_t cap = p->cap ? p->cap : 4096, bytes;
    while (cap - p->n < extra)
        if (!ht_mul_size(cap, 2, &cap))
            return ht_fail(err, HT_NO_MEMORY, -1, "packing: out of memory");
    uint16_t *ids = ht_mul_size(cap, sizeof *ids, &bytes) ? realloc(p->ids, bytes) : NULL;
    if (ids != NULL)
        p->ids = ids;
    uint8_t *flags = ids ? realloc(p->flags, cap) : NULL;
    if (flags == NULL)
        return ht_fail(err, HT_NO_MEMORY, -1, "packing: out of memory");
    p->flags = flags;
    p->cap = cap;
    return HT_OK;
}

/* The tokens of a sample and what is to become of each, before they are cut into documents. */
typedef struct {
    ht_ids ids;
    uint8_t *flags; /* [ids.n] LOSS, BRANCH and MAY_CUT */
    size_t cap;
} draft;

enum { MAY_CUT = 1 << 7 }; /* in a draft only: a turn begins here */

static void draft_deinit(draft *d)
{
    ht_ids_deinit(&d->ids);
    free(d->flags);
}

/* Appends the tokens of text; the first of them bears first_flags besides. */
static ht_status draft_add(draft *d, const ht_packer *p, ht_str text, unsigned how, uint8_t flags, uint8_t first_flags, ht_error *err)
{
    const size_t before = d->ids.n;
    const ht_status st = ht_tokenizer_encode(p->tokenizer, text, how, &d->ids, err);
    if (st != HT_OK)
        return st;
    if (d->ids.n + 1 > d->cap) { /* one more than there are, for end_of_text */
        uint8_t *grown = realloc(d->flags, 2 * (d->ids.n + 1));
        if (grown == NULL)
            return ht_fail(err, HT_NO_MEMORY, -1, "packing: out of memory");
        d->flags = grown;
        d->cap = 2 * (d->ids.n + 1);
    }
    if (d->ids.n > before) {
        memset(d->flags + before, flags, d->ids.n - before);
        d->flags[before] |= first_flags;
    }
    return HT_OK;
}

/* Appends tokens begin … end-1 of the draft. */
static ht_status emit(const draft *d, size_t begin, size_t end, bool is_document, ht_packed *out, ht_error *err)
{
    const ht_status st = reserve(out, end - begin, err);
    if (st != HT_OK)
        return st;
    for (size_t i = begin; i < end; i++) {
        uint8_t flags = d->flags[i] & (HT_SHARD_LOSS | HT_SHARD_BRANCH);
        if (is_document && i == begin) {
            flags = HT_SHARD_DOC;
            out->n_documents++;
        }
        out->n_loss += (flags & HT_SHARD_LOSS) != 0;
        out->ids[out->n] = (uint16_t)d->ids.ids[i];
        out->flags[out->n++] = flags;
    }
    return HT_OK;
}

/* Whether a document of tokens begin … end-1 has anything to predict: its first token never is. */
static bool has_loss(const draft *d, size_t begin, size_t end)
{
    for (size_t i = begin + 1; i < end; i++)
        if (d->flags[i] & HT_SHARD_LOSS)
            return true;
    return false;
}

/* Where the document that begins at `begin` ends: the last turn that keeps it within n_ctx tokens, or n_ctx itself if
 * turns may be torn; 0 where neither is possible. */
static size_t document_end(const draft *d, size_t begin, size_t n_ctx, bool may_tear)
{
    if (d->ids.n - begin <= n_ctx)
        return d->ids.n;
    for (size_t cut = begin + n_ctx; cut > begin + 1; cut--)
        if (d->flags[cut] & MAY_CUT)
            return cut;
    return may_tear ? begin + n_ctx : 0;
}

/* Cuts the draft into documents of at most n_ctx tokens and leaves out those without anything to predict. */
static ht_status emit_linear(const draft *d, const ht_packer *p, bool may_tear, ht_packed *out, ht_error *err)
{
    ht_status st = HT_OK;
    bool any = false;
    for (size_t begin = 0, end; begin < d->ids.n && st == HT_OK; begin = end) {
        if ((end = document_end(d, begin, p->n_ctx, may_tear)) == 0) {
            end = begin + 1; /* an answer without its question teaches making things up: leave the whole turn out */
            while (end < d->ids.n && !(d->flags[end] & MAY_CUT))
                end++;
            continue;
        }
        if (has_loss(d, begin, end)) {
            any = true;
            st = emit(d, begin, end, true, out, err);
        }
    }
    out->n_dropped += !any;
    return st;
}

ht_status ht_pack_text(const ht_packer *p, ht_str text, ht_packed *out, ht_error *err)
{
    draft d = {0};
    ht_status st = HT_OK;
    text = ht_str_trim(text);
    if (text.len == 0)
        return HT_OK;
    if ((st = draft_add(&d, p, text, 0, HT_SHARD_LOSS, 0, err)) != HT_OK)
        goto done;
    ht_ids_add(&d.ids, p->end_of_text);
    if (d.ids.failed) {
        st = ht_fail(err, HT_NO_MEMORY, -1, "packing: out of memory");
        goto done;
    }
    d.flags[d.ids.n - 1] = HT_SHARD_LOSS;
    st = emit_linear(&d, p, true, out, err);
done:
    draft_deinit(&d);
    return st;
}

/* First token of a branch after `at`, or the draft's end. */
static size_t next_branch(const draft *d, size_t at)
{
    while (++at < d->ids.n && !(d->flags[at] & HT_SHARD_BRANCH))
        ;
    return at;
}

/* Writes beginning and branches; a new document with the same beginning wherever n_ctx is full. */
static ht_status emit_tree(const draft *d, const ht_packer *p, ht_packed *out, ht_error *err)
{
    const size_t n_beginning = next_branch(d, 0);
    size_t used = 0; /* tokens of the document being written; 0: none yet */
    ht_status st = HT_OK;
    for (size_t begin = n_beginning, end; begin < d->ids.n && st == HT_OK; begin = end) {
        end = next_branch(d, begin);
        if (n_beginning + (end - begin) > p->n_ctx) {
            out->n_dropped++;
            continue;
        }
        if (used == 0 || used + (end - begin) > p->n_ctx) {
            if ((st = emit(d, 0, n_beginning, true, out, err)) != HT_OK)
                break;
            used = n_beginning;
        }
        st = emit(d, begin, end, false, out, err);
        used += end - begin;
    }
    return st;
}

ht_status ht_pack_sample(const ht_packer *p, const ht_sample *sample, ht_packed *out, ht_error *err)
{
    if (sample->kind == HT_SAMPLE_TEXT)
        return ht_pack_text(p, sample->n > 0 ? sample->spans[0].text : (ht_str){0}, out, err);
    const bool all = p->loss_everywhere && sample->kind == HT_SAMPLE_DIALOG;
    bool is_tree = false;
    draft d = {0};
    ht_status st = HT_OK;
    for (size_t i = 0; i < sample->n && st == HT_OK; i++) {
        const ht_sample_span *s = &sample->spans[i];
        uint8_t first = sample->kind == HT_SAMPLE_DIALOG && !s->predicted ? MAY_CUT : 0;
        if (s->begins_branch) {
            is_tree = true;
            first = HT_SHARD_BRANCH;
        }
        st = draft_add(&d, p, s->text, HT_TOKENIZE_SPECIAL, s->predicted || all ? HT_SHARD_LOSS : 0, first, err);
    }
    if (st == HT_OK)
        st = is_tree ? emit_tree(&d, p, out, err) : emit_linear(&d, p, all, out, err);
    draft_deinit(&d);
    return st;
}
