/* Opening a model, and carrying a batch of sequences through it. */
#include "model/model.h"

#include <stdlib.h>

#include "model/impl.h"

enum { PASS_TOKENS = 512 }; /* rows in one pass: more bring no speed, only memory */

static ht_status open_parsed(ht_model *m, ht_bytes file, ht_pool *pool, ht_error *err)
{
    ht_status st;
    if ((st = ht_gguf_parse(file, &m->gguf, err)) != HT_OK || (st = ht_ops_new(pool, ht_cpu_bits(), &m->ops, err)) != HT_OK)
        return st;
    return ht_model_bind(m, err);
}

ht_status ht_model_open_bytes(ht_bytes file, ht_pool *pool, ht_model **out, ht_error *err)
{
    *out = NULL;
    ht_model *m = calloc(1, sizeof *m);
    if (m == NULL)
        return ht_fail(err, HT_NO_MEMORY, -1, "model: out of memory");
    const ht_status st = open_parsed(m, file, pool, err);
    if (st == HT_OK)
        *out = m;
    else
        ht_model_close(m);
    return st;
}

ht_status ht_model_open(const char *path, ht_pool *pool, ht_model **out, ht_error *err)
{
    ht_error own;
    err = err ? err : &own;
    *out = NULL;
    ht_map map;
    ht_status st = ht_map_open(path, &map, err);
    if (st != HT_OK)
        return st;
    if ((st = ht_model_open_bytes(ht_map_bytes(&map), pool, out, err)) != HT_OK) {
        ht_map_close(&map);
        return ht_fail_prefix(err, "%s", path);
    }
    (*out)->map = map;
    return HT_OK;
}

void ht_model_close(ht_model *m)
{
    if (m == NULL)
        return;
    ht_ops_free(m->ops);
    ht_gguf_free(m->gguf);
    ht_arena_deinit(&m->vectors);
    ht_arena_deinit(&m->work);
    ht_map_close(&m->map);
    free(m);
}

const ht_model_info *ht_model_get_info(const ht_model *m) { return &m->info; }
const ht_gguf *ht_model_gguf(const ht_model *m) { return m->gguf; }

static ht_status check_segments(const ht_model *m, const ht_model_segment *segments, int32_t n_segments, ht_error *err)
{
    if (n_segments < 1 || n_segments > HT_MODEL_MAX_SEGMENTS)
        return ht_fail(err, HT_BAD_ARG, -1, "%d sequences at once; 1 to %d are possible", n_segments, HT_MODEL_MAX_SEGMENTS);
    for (int32_t i = 0; i < n_segments; i++) {
        const ht_model_segment *s = &segments[i];
        if (s->n < 1)
            return ht_fail(err, HT_BAD_ARG, -1, "no tokens to process");
        if (s->n > s->kv->limit - s->kv->n_used)
            return ht_fail(err, HT_TOO_BIG, -1, "the context of %d tokens is full: %d are used, %d more were to come", s->kv->limit, s->kv->n_used, s->n);
        for (int32_t t = 0; t < s->n; t++)
            if (s->ids[t] < 0 || s->ids[t] >= m->info.n_vocab)
                return ht_fail(err, HT_BAD_ARG, -1, "token %d is not in the vocabulary of %d", s->ids[t], m->info.n_vocab);
        for (int32_t k = 0; k < i; k++)
            if (segments[k].kv == s->kv)
                return ht_fail(err, HT_BAD_ARG, -1, "one cache stands twice in a batch");
    }
    return HT_OK;
}

/* Rows, sequences and the rows whose logits are wanted. */
static ht_status lay_out(ht_model *m, ht_pass *p, size_t *n_keys, ht_error *err)
{
    size_t rows = 0;
    for (size_t i = 0; i < p->n_segments; i++)
        rows += (size_t)p->segments[i].n;
    p->sequences = ht_arena_array(&m->work, p->n_segments, sizeof *p->sequences);
    p->wanted = ht_arena_array(&m->work, rows, sizeof *p->wanted);
    if (p->sequences == NULL || p->wanted == NULL)
        return ht_fail(err, HT_NO_MEMORY, -1, "forward: out of memory");
    *n_keys = 0;
    for (size_t i = 0; i < p->n_segments; i++) {
        const ht_model_segment *s = &p->segments[i];
        const size_t n = (size_t)s->n, used = (size_t)s->kv->n_used;
        p->sequences[i] = (ht_attn_sequence){.row0 = p->n_rows, .n_rows = n, .pos0 = used};
        *n_keys = used + n > *n_keys ? used + n : *n_keys;
        for (size_t t = s->want == HT_LOGITS_ALL ? 0 : n - 1; t < n && s->want != HT_LOGITS_NONE; t++)
            p->wanted[p->n_wanted++] = p->n_rows + t;
        p->n_rows += n;
    }
    return HT_OK;
}

/* One pass; all was checked. */
static ht_status run_pass(ht_model *m, const ht_model_segment *segments, size_t n_segments, ht_error *err)
{
    const ht_model_info *i = &m->info;
    ht_pass p = {.m = m, .segments = segments, .n_segments = n_segments};
    size_t n_keys;
    ht_arena_reset(&m->work);
    ht_status st = lay_out(m, &p, &n_keys, err);
    if (st != HT_OK || (st = ht_ops_reserve(m->ops, p.n_rows, m->n_in_max, n_keys, err)) != HT_OK)
        return st;
    const size_t nq = (size_t)i->n_head * (size_t)i->d_head, nk = (size_t)i->n_kv_head * (size_t)i->d_head;
    float **const buffers[] = {&p.cos_sin, &p.x, &p.h, &p.q, &p.k, &p.v, &p.gate, &p.up};
    const size_t widths[] = {m->n_rot, (size_t)i->d_model, (size_t)i->d_model, nq, nk, nk, (size_t)i->d_ff, (size_t)i->d_ff};
    for (size_t k = 0; k < sizeof widths / sizeof widths[0]; k++)
        if ((*buffers[k] = ht_arena_array(&m->work, p.n_rows * widths[k], sizeof(float))) == NULL)
            return ht_fail(err, HT_NO_MEMORY, -1, "forward: no memory for %zu tokens", p.n_rows);
    m->forward(m, &p);
    for (size_t k = 0; k < n_segments; k++)
        segments[k].kv->n_used += segments[k].n;
    return HT_OK;
}

/* One sequence of any length, PASS_TOKENS at a time. */
static ht_status forward_long(ht_model *m, ht_model_segment s, ht_error *err)
{
    const int32_t used = s.kv->n_used;
    while (s.n > 0) {
        ht_model_segment part = s;
        part.n = s.n < PASS_TOKENS ? s.n : PASS_TOKENS;
        if (s.want == HT_LOGITS_LAST && part.n < s.n)
            part.want = HT_LOGITS_NONE;
        const ht_status st = run_pass(m, &part, 1, err);
        if (st != HT_OK) {
            ht_kv_truncate(s.kv, used);
            return st;
        }
        s.ids += part.n;
        s.n -= part.n;
        if (s.want == HT_LOGITS_ALL)
            s.logits += (size_t)part.n * (size_t)m->info.n_vocab;
    }
    return HT_OK;
}

ht_status ht_model_forward_batch(ht_model *m, const ht_model_segment *segments, int32_t n_segments, ht_error *err)
{
    ht_status st = check_segments(m, segments, n_segments, err);
    int64_t rows = 0;
    for (int32_t i = 0; i < n_segments && st == HT_OK; i++)
        rows += segments[i].n;
    if (st == HT_OK && rows <= PASS_TOKENS)
        return run_pass(m, segments, (size_t)n_segments, err);
    for (int32_t i = 0; i < n_segments && st == HT_OK; i++) {
        st = forward_long(m, segments[i], err);
        for (int32_t k = 0; st != HT_OK && k < i; k++)
            ht_kv_truncate(segments[k].kv, segments[k].kv->n_used - segments[k].n);
    }
    return st;
}

ht_status ht_model_forward(ht_model *m, ht_kv *kv, const int32_t *ids, int32_t n, ht_logits_want want, float *logits, ht_error *err)
{
    const ht_model_segment s = {kv, ids, n, want, logits};
    return ht_model_forward_batch(m, &s, 1, err);
}
