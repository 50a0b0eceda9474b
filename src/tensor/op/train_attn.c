/* Scores of a block of query rows against all keys they may see are one small matrix:
 *
 *     columns   0 … n_trunk-1   gap to a multiple of 16   0 … n_own-1 of the branch   gap
 *
 * A row of the beginning has only the part on the right. Gaps and the future are -inf before the softmax, 0 after. */
#include "tensor/op/train_attn.h"

#include <math.h>
#include <string.h>

enum {
    BLOCK = 48,
    PAD = 16,
    AHEAD = 12, /* rows: one head's part of a row is a line or two far from the next row's, which no CPU guesses */
};

/* Keys and values of one span, in every layout that a product wants. */
typedef struct {
    size_t n;
    void *k;              /* [n][d_head] elements, normalised and rotated */
    void *k_cols, *v_cols; /* panels [d_head][n] */
    void *k_rows, *v_rows; /* panels [n][d_head] */
    float *dk, *dv;       /* [d_head][n] gradients, transposed */
} keys;

typedef struct {
    keys trunk, own;
    size_t width;      /* allocated columns of the scores */
    float *s, *ds;     /* [BLOCK][width] scores, then probabilities; their gradients */
    void *p, *dse;     /* [BLOCK][width] elements of both */
    void *panels;      /* [BLOCK][width] packed */
    void *q;           /* [BLOCK][d_head] elements, normalised and rotated */
    void *q_panels, *do_panels; /* [BLOCK][d_head] packed */
    float *qhat, *o;   /* [BLOCK][d_head] */
    float *row, *row2; /* [d_head] */
    float inv[BLOCK];
} scratch_view;

static size_t pad(size_t n) { return (n + PAD - 1) / PAD * PAD; }

/* Where the next piece of scratch is; base NULL only measures. */
typedef struct {
    char *base;
    size_t used;
} carver;

static void *carve(carver *c, size_t bytes)
{
    char *p = c->base ? c->base + c->used : NULL;
    c->used += (bytes + 63) / 64 * 64 + 64; /* the last pair of a row may be read beyond its end */
    return p;
}

static void carve_keys(const ht_train_attn *a, keys *k, size_t n, carver *at)
{
    k->k = carve(at, n * a->d_head * a->g->elem_bytes);
    k->k_cols = carve(at, ht_gemm_packed_bytes(a->g, a->d_head, n));
    k->v_cols = carve(at, ht_gemm_packed_bytes(a->g, a->d_head, n));
    k->k_rows = carve(at, ht_gemm_packed_bytes(a->g, n, a->d_head));
    k->v_rows = carve(at, ht_gemm_packed_bytes(a->g, n, a->d_head));
    k->dk = carve(at, n * a->d_head * sizeof(float));
    k->dv = carve(at, n * a->d_head * sizeof(float));
}

/* Lays the scratch out and returns its size; base NULL: only the size. */
static size_t lay_out(const ht_train_attn *a, size_t n_trunk, size_t n_branch, void *base, scratch_view *v)
{
    carver at = {.base = base};
    const size_t elem = a->g->elem_bytes, d = a->d_head;
    carve_keys(a, &v->trunk, n_trunk, &at);
    carve_keys(a, &v->own, n_branch, &at);
    v->width = pad(n_trunk) + pad(n_branch);
    v->s = carve(&at, BLOCK * v->width * sizeof(float));
    v->ds = carve(&at, BLOCK * v->width * sizeof(float));
    v->p = carve(&at, BLOCK * v->width * elem);
    v->dse = carve(&at, BLOCK * v->width * elem);
    v->panels = carve(&at, ht_gemm_packed_bytes(a->g, BLOCK, v->width));
    v->q = carve(&at, BLOCK * d * elem);
    v->q_panels = carve(&at, ht_gemm_packed_bytes(a->g, BLOCK, d));
    v->do_panels = carve(&at, ht_gemm_packed_bytes(a->g, BLOCK, d));
    v->qhat = carve(&at, BLOCK * d * sizeof(float));
    v->o = carve(&at, BLOCK * d * sizeof(float));
    v->row = carve(&at, d * sizeof(float));
    v->row2 = carve(&at, d * sizeof(float));
    return at.used;
}

size_t ht_train_attn_scratch(const ht_train_attn *a, uint32_t n_trunk, uint32_t n_branch)
{
    scratch_view v;
    return lay_out(a, n_trunk, n_branch, NULL, &v);
}

static size_t qkv_width(const ht_train_attn *a) { return (size_t)(a->n_head + 2 * a->n_kv_head) * a->d_head; }

/* Row t of qkv at a head's place: query heads, then key heads, then value heads. */
static const char *qkv_at(const ht_train_attn *a, const void *qkv, size_t t, size_t head)
{
    return (const char *)qkv + (t * qkv_width(a) + head * a->d_head) * a->g->elem_bytes;
}

static const char *head_at(const ht_train_attn *a, const void *rows, size_t t, size_t head)
{
    return (const char *)rows + (t * a->n_head + head) * a->d_head * a->g->elem_bytes;
}

/* Asks for a head's part of a row that is needed AHEAD rows later. */
static void prefetch(const ht_train_attn *a, const char *at)
{
    for (size_t i = 0; i < a->d_head * a->g->elem_bytes; i += 64)
        __builtin_prefetch(at + i);
}

/* hat = rms_norm(raw), y = rope(hat * gain); returns the inverse root. */
static float normalise(const ht_train_attn *a, const char *raw, const float *gain, size_t pos, float *hat, float *y)
{
    const size_t half = a->d_head / 2;
    a->g->uncast(y, raw, a->d_head);
    const float inv = a->row->norm(hat, y, y, gain, a->d_head, a->eps);
    a->row->rope(y, a->cos + pos * half, a->sin + pos * half, a->d_head, 1.0f);
    return inv;
}

/* Turns the gradient dy (destroyed) of normalise's y into that of raw, rounded into draw. tmp [d_head]. */
static void normalise_back(const ht_train_attn *a, void *draw, float *dgain, float *dy, const float *hat, const float *gain, float inv,
                           size_t pos, float *tmp)
{
    const size_t half = a->d_head / 2;
    a->row->rope(dy, a->cos + pos * half, a->sin + pos * half, a->d_head, -1.0f);
    memset(tmp, 0, a->d_head * sizeof *tmp);
    a->row->norm_back(tmp, dgain, dy, hat, gain, inv, a->d_head);
    a->g->cast(draw, tmp, a->d_head);
}

static void prepare_keys(const ht_train_attn *a, const ht_train_span *span, unsigned kv, bool is_backward, scratch_view *v, keys *k)
{
    const size_t d = a->d_head, elem = a->g->elem_bytes, n = span->n;
    k->n = n;
    for (size_t i = 0; i < n; i++) {
        prefetch(a, qkv_at(a, a->qkv, span->first + i + AHEAD, a->n_head + kv));
        prefetch(a, qkv_at(a, a->qkv, span->first + i + AHEAD, a->n_head + a->n_kv_head + kv));
        normalise(a, qkv_at(a, a->qkv, span->first + i, a->n_head + kv), a->k_gain, span->pos + i, v->row2, v->row);
        a->g->cast((char *)k->k + i * d * elem, v->row, d);
    }
    const char *values = qkv_at(a, a->qkv, span->first, a->n_head + a->n_kv_head + kv);
    ht_gemm_pack_cols(a->g, k->k_cols, d, n, k->k, d);
    if (!is_backward) {
        ht_gemm_pack_rows(a->g, k->v_rows, n, 0, n, d, values, qkv_width(a));
        return;
    }
    ht_gemm_pack_rows(a->g, k->k_rows, n, 0, n, d, k->k, d);
    ht_gemm_pack_cols(a->g, k->v_cols, d, n, values, qkv_width(a));
    memset(k->dk, 0, n * d * sizeof(float));
    memset(k->dv, 0, n * d * sizeof(float));
}

/* A block of query rows: r0 … r0+n-1 of the span. */
typedef struct {
    const ht_train_span *span;
    size_t r0, n;
    size_t n_trunk, own_at, n_own; /* columns: beginning, where its own span starts, how many of it */
    size_t width;
} block;

static block block_of(const scratch_view *v, const ht_train_span *span, bool is_branch, size_t r0)
{
    block b = {.span = span, .r0 = r0, .n = span->n - r0 < BLOCK ? span->n - r0 : BLOCK};
    b.n_trunk = is_branch ? v->trunk.n : 0;
    b.own_at = pad(b.n_trunk);
    b.n_own = r0 + b.n;
    b.width = b.own_at + pad(b.n_own);
    return b;
}

/* y [b.n][width] = x [b.n][d_head] against the columns of both spans; x rows of ld elements. */
static void against_columns(const ht_train_attn *a, const scratch_view *v, const block *b, const keys *own, const void *x, size_t ld,
                            bool is_value, float *y)
{
    const size_t d = a->d_head;
    if (b->n_trunk > 0)
        ht_gemm_run(a->g, b->n, b->n_trunk, d, x, ld, is_value ? v->trunk.v_cols : v->trunk.k_cols, y, v->width, HT_GEMM_SET);
    ht_gemm_run(a->g, b->n, b->n_own, d, x, ld, is_value ? own->v_cols : own->k_cols, y + b->own_at, v->width, HT_GEMM_SET);
}

/* y [b.n][d_head] = x [b.n][n] times the first n of the packed rows of a span. */
static void times_rows(const ht_train_attn *a, const scratch_view *v, const block *b, const void *x, const void *rows, size_t n_packed,
                       size_t n, float *y, ht_gemm_out out)
{
    for (size_t j = 0; j < a->d_head; j += HT_GEMM_NR) {
        const size_t n_col = a->d_head - j < HT_GEMM_NR ? a->d_head - j : HT_GEMM_NR;
        ht_gemm_run(a->g, b->n, n_col, n, x, v->width, (const char *)rows + j / HT_GEMM_NR * ht_gemm_panel_bytes(a->g, n_packed), y + j,
                    a->d_head, out);
    }
}

static void load_queries(const ht_train_attn *a, scratch_view *v, const block *b, size_t head)
{
    const size_t d = a->d_head;
    for (size_t i = 0; i < b->n; i++) {
        const size_t t = b->span->first + b->r0 + i;
        prefetch(a, qkv_at(a, a->qkv, t + AHEAD, head));
        v->inv[i] = normalise(a, qkv_at(a, a->qkv, t, head), a->q_gain, b->span->pos + b->r0 + i, v->qhat + i * d, v->row);
        a->g->cast((char *)v->q + i * d * a->g->elem_bytes, v->row, d);
    }
}

/* Hides what row i must not see. */
static void mask_row(const block *b, float *s, size_t i)
{
    for (size_t j = b->n_trunk; j < b->own_at; j++)
        s[j] = -INFINITY;
    for (size_t j = b->own_at + b->r0 + i + 1; j < b->width; j++)
        s[j] = -INFINITY;
}

static void forward_block(const ht_train_attn *a, scratch_view *v, const block *b, const keys *own, size_t head)
{
    const size_t d = a->d_head, elem = a->g->elem_bytes;
    const float scale = 1.0f / sqrtf((float)d);
    float inv_sum[BLOCK];
    load_queries(a, v, b, head);
    against_columns(a, v, b, own, v->q, d, false, v->s);
    for (size_t i = 0; i < b->n; i++) {
        float *s = v->s + i * v->width, max;
        mask_row(b, s, i);
        const float sum = a->row->softmax((char *)v->p + i * v->width * elem, s, b->width, scale, &max);
        a->lse[(b->span->first + b->r0 + i) * a->n_head + head] = max + logf(sum);
        inv_sum[i] = 1.0f / sum;
    }
    if (b->n_trunk > 0)
        times_rows(a, v, b, v->p, v->trunk.v_rows, v->trunk.n, b->n_trunk, v->o, HT_GEMM_SET);
    times_rows(a, v, b, (char *)v->p + b->own_at * elem, own->v_rows, own->n, b->n_own, v->o, b->n_trunk > 0 ? HT_GEMM_ADD : HT_GEMM_SET);
    for (size_t i = 0; i < b->n; i++) {
        a->row->scale(v->o + i * d, inv_sum[i], d);
        a->g->cast((char *)a->out + ((b->span->first + b->r0 + i) * a->n_head + head) * d * elem, v->o + i * d, d);
    }
}

void ht_train_attn_forward(const ht_train_attn *a, const ht_train_span *spans, uint32_t n_span, unsigned kv, void *scratch)
{
    scratch_view v;
    uint32_t longest = 0;
    for (uint32_t i = 1; i < n_span; i++)
        longest = spans[i].n > longest ? spans[i].n : longest;
    lay_out(a, spans[0].n, longest, scratch, &v);
    const unsigned group = a->n_head / a->n_kv_head;
    for (uint32_t i = 0; i < n_span; i++) {
        keys *own = i == 0 ? &v.trunk : &v.own;
        prepare_keys(a, &spans[i], kv, false, &v, own);
        for (unsigned head = kv * group; head < (kv + 1) * group; head++)
            for (size_t r0 = 0; r0 < spans[i].n; r0 += BLOCK) {
                const block b = block_of(&v, &spans[i], i > 0, r0);
                forward_block(a, &v, &b, own, head);
            }
    }
}

/* grad [d_head][n_all] += left^T [b.n][d_head] · x [b.n][n] */
static void add_outer(const ht_train_attn *a, const scratch_view *v, const block *b, const void *left_panels, const void *x, size_t n,
                      float *grad, size_t n_all)
{
    const size_t panel = ht_gemm_panel_bytes(a->g, b->n);
    ht_gemm_pack_rows(a->g, v->panels, b->n, 0, b->n, n, x, v->width);
    for (size_t i = 0; i < a->d_head; i += HT_GEMM_NR)
        for (size_t j = 0; j < n; j += HT_GEMM_NR) {
            const unsigned n_row = a->d_head - i < HT_GEMM_NR ? (unsigned)(a->d_head - i) : HT_GEMM_NR;
            const unsigned n_col = n - j < HT_GEMM_NR ? (unsigned)(n - j) : HT_GEMM_NR;
            ht_gemm_run_tn(a->g, n_row, n_col, b->n, (const char *)left_panels + i / HT_GEMM_NR * panel,
                           (const char *)v->panels + j / HT_GEMM_NR * panel, grad + i * n_all + j, n_all, HT_GEMM_ADD);
        }
}

static void backward_block(const ht_train_attn *a, scratch_view *v, const block *b, const keys *own, size_t head, float *dgain)
{
    const size_t d = a->d_head, elem = a->g->elem_bytes, t0 = b->span->first + b->r0, out_ld = (size_t)a->n_head * d;
    const float scale = 1.0f / sqrtf((float)d);
    const char *dout = head_at(a, a->dout, t0, head);
    for (size_t i = 0; i < b->n; i++) {
        prefetch(a, dout + i * out_ld * elem);
        prefetch(a, head_at(a, a->out, t0 + i, head));
    }
    load_queries(a, v, b, head);
    against_columns(a, v, b, own, v->q, d, false, v->s);
    against_columns(a, v, b, own, dout, out_ld, true, v->ds);
    for (size_t i = 0; i < b->n; i++) {
        float *s = v->s + i * v->width, *ds = v->ds + i * v->width;
        a->g->uncast(v->row, dout + i * out_ld * elem, d);
        a->g->uncast(v->row2, head_at(a, a->out, t0 + i, head), d);
        const float dot = a->row->dot(v->row, v->row2, d);
        mask_row(b, s, i);
        memset(ds + b->n_trunk, 0, (b->own_at - b->n_trunk) * sizeof *ds); /* the gaps hold what was there before: maybe NaN */
        memset(ds + b->own_at + b->n_own, 0, (b->width - b->own_at - b->n_own) * sizeof *ds);
        a->row->softmax_back((char *)v->p + i * v->width * elem, (char *)v->dse + i * v->width * elem, s, ds, b->width, scale,
                             a->lse[(t0 + i) * a->n_head + head], dot);
    }
    ht_gemm_pack_rows(a->g, v->q_panels, b->n, 0, b->n, d, v->q, d);
    ht_gemm_pack_rows(a->g, v->do_panels, b->n, 0, b->n, d, dout, out_ld);
    if (b->n_trunk > 0) {
        add_outer(a, v, b, v->do_panels, v->p, b->n_trunk, v->trunk.dv, v->trunk.n);
        add_outer(a, v, b, v->q_panels, v->dse, b->n_trunk, v->trunk.dk, v->trunk.n);
        times_rows(a, v, b, v->dse, v->trunk.k_rows, v->trunk.n, b->n_trunk, v->o, HT_GEMM_SET);
    }
    const char *own_p = (char *)v->p + b->own_at * elem, *own_ds = (char *)v->dse + b->own_at * elem;
    add_outer(a, v, b, v->do_panels, own_p, b->n_own, own->dv, own->n);
    add_outer(a, v, b, v->q_panels, own_ds, b->n_own, own->dk, own->n);
    times_rows(a, v, b, own_ds, own->k_rows, own->n, b->n_own, v->o, b->n_trunk > 0 ? HT_GEMM_ADD : HT_GEMM_SET);
    for (size_t i = 0; i < b->n; i++)
        normalise_back(a, (char *)(uintptr_t)qkv_at(a, a->dqkv, t0 + i, head), dgain, v->o + i * d, v->qhat + i * d, a->q_gain, v->inv[i],
                       b->span->pos + b->r0 + i, v->row);
}

/* The collected gradients of a span's keys and values, through rotation and norm, into dqkv. */
static void finish_keys(const ht_train_attn *a, scratch_view *v, const keys *k, const ht_train_span *span, unsigned kv, float *dk_gain)
{
    const size_t d = a->d_head;
    float *dy = v->o, *hat = v->qhat;
    for (size_t i = 0; i < span->n; i++) {
        const size_t t = span->first + i;
        const float inv = normalise(a, qkv_at(a, a->qkv, t, a->n_head + kv), a->k_gain, span->pos + i, hat, v->row);
        for (size_t j = 0; j < d; j++)
            dy[j] = k->dk[j * k->n + i];
        normalise_back(a, (char *)(uintptr_t)qkv_at(a, a->dqkv, t, a->n_head + kv), dk_gain, dy, hat, a->k_gain, inv, span->pos + i, v->row);
        for (size_t j = 0; j < d; j++)
            dy[j] = k->dv[j * k->n + i];
        a->g->cast((char *)(uintptr_t)qkv_at(a, a->dqkv, t, a->n_head + a->n_kv_head + kv), dy, d);
    }
}

void ht_train_attn_backward(const ht_train_attn *a, const ht_train_span *spans, uint32_t n_span, unsigned kv, float *dgain, void *scratch)
{
    scratch_view v;
    uint32_t longest = 0;
    for (uint32_t i = 1; i < n_span; i++)
        longest = spans[i].n > longest ? spans[i].n : longest;
    lay_out(a, spans[0].n, longest, scratch, &v);
    const unsigned group = a->n_head / a->n_kv_head;
    for (uint32_t i = 0; i < n_span; i++) {
        keys *own = i == 0 ? &v.trunk : &v.own;
        prepare_keys(a, &spans[i], kv, true, &v, own);
        for (unsigned head = kv * group; head < (kv + 1) * group; head++)
            for (size_t r0 = 0; r0 < spans[i].n; r0 += BLOCK) {
                const block b = block_of(&v, &spans[i], i > 0, r0);
                backward_block(a, &v, &b, own, head, dgain);
            }
        if (i > 0)
            finish_keys(a, &v, own, &spans[i], kv, dgain + a->d_head);
    }
    finish_keys(a, &v, &v.trunk, &spans[0], kv, dgain + a->d_head); /* after all branches have added theirs */
}
