/* Backward: in super-blocks, so that what the weight gradients need is still in cache when they are computed. */
#include <string.h>

#include "base/clock.h"
#include "train/net_impl.h"

enum { AHEAD = 3 }; /* rows between the request for tape and its use */

typedef struct {
    ht_net *net;
    const ht_batch *batch;
    const net_layer *layer;
    uint32_t t0, n; /* the super-block's rows */
} job;

/* Copies n rows of elements into a super-block operand at the block's place. */
static void keep(const ht_net *net, void *panels, const job *j, uint32_t t0, uint32_t n, size_t width, const void *rows, size_t ld)
{
    ht_gemm_pack_rows(&net->g, panels, j->n, t0 - j->t0, n, width, rows, ld);
}

/* The gradient dxn of norm(x) * gain: into net->dx, the block's row of dgain_blocks, and the norm's output kept in sb_a. */
static void norm_back_rows(const job *j, net_scratch *s, uint32_t t0, uint32_t n, size_t gain, const void *xhat, const float *inv)
{
    const ht_net *net = j->net;
    const size_t d = net->shape.d_model;
    float *dgain = net->dgain_blocks + (t0 - j->t0) / NET_BLOCK * d;
    memset(dgain, 0, d * sizeof *dgain);
    for (uint32_t i = 0; i < n; i++) {
        net_prefetch(net_row(net, xhat, t0 + i + AHEAD, d), d * net->g.elem_bytes);
        net->row.norm_back_kept(net->dx + (t0 + i) * d, dgain, net_row(net, s->a, i, d), s->dxn + i * d, net_row(net, xhat, t0 + i, d),
                                net->w + gain, inv[t0 + i], d);
    }
    keep(net, net->sb_a, j, t0, n, d, s->a, d);
}

/* net->dx rows as elements in s->dy, and kept. */
static void keep_dx(const job *j, net_scratch *s, uint32_t t0, uint32_t n, void *panels)
{
    const ht_net *net = j->net;
    const size_t d = net->shape.d_model;
    for (uint32_t i = 0; i < n; i++)
        net->g.cast(net_row(net, s->dy, i, d), net->dx + (t0 + i) * d, d);
    keep(net, panels, j, t0, n, d, s->dy, d);
}

/* Second half of a layer backwards: feed-forward network, then attention's output matrix. */
static void half_out_back(const job *j, net_scratch *s, uint32_t t0, uint32_t n)
{
    const ht_net *net = j->net;
    const net_layer *l = j->layer;
    const size_t d = net->shape.d_model, ff = net->shape.d_ff, d_q = net->d_q, elem = net->g.elem_bytes;
    keep_dx(j, s, t0, n, net->sb_dy);
    ht_gemm_run(&net->g, n, ff, d, s->dy, d, l->down.backward, s->dh, ff, HT_GEMM_SET);
    for (uint32_t i = 0; i < n; i++) {
        char *dgu = net_row(net, s->dgu, i, 2 * ff);
        const char *gate_up = net_row(net, l->gate_up_out, t0 + i, 2 * ff);
        net_prefetch(gate_up + AHEAD * 2 * ff * elem, 2 * ff * elem);
        net->row.swiglu_back(dgu, dgu + ff * elem, net_row(net, s->h, i, ff), s->dh + i * ff, gate_up, gate_up + ff * elem, ff);
    }
    keep(net, net->sb_wide, j, t0, n, 2 * ff, s->dgu, 2 * ff);
    keep(net, net->sb_h, j, t0, n, ff, s->h, ff);
    ht_gemm_run(&net->g, n, d, 2 * ff, s->dgu, 2 * ff, l->gate_up.backward, s->dxn, d, HT_GEMM_SET);
    norm_back_rows(j, s, t0, n, l->ffn_norm, l->xhat2, l->inv2);

    keep_dx(j, s, t0, n, net->sb_dy2);
    keep(net, net->sb_attn, j, t0, n, d_q, net_row(net, net_attn_rows(net, l), t0, d_q), d_q);
    ht_gemm_run(&net->g, n, d_q, d, s->dy, d, l->o.backward, net_row(net, net->dattn, t0, d_q), d_q, HT_GEMM_ELEM);
}

/* First half backwards: from the gradient of raw q, k, v to that of the layer's input. */
static void half_in_back(const job *j, net_scratch *s, uint32_t t0, uint32_t n)
{
    const ht_net *net = j->net;
    const net_layer *l = j->layer;
    const size_t d = net->shape.d_model, d_qkv = net->d_qkv;
    const void *dqkv = net_row(net, net->dqkv, t0, d_qkv);
    keep(net, net->sb_wide, j, t0, n, d_qkv, dqkv, d_qkv);
    ht_gemm_run(&net->g, n, d, d_qkv, dqkv, d_qkv, l->qkv.backward, s->dxn, d, HT_GEMM_SET);
    norm_back_rows(j, s, t0, n, l->attn_norm, l->xhat1, l->inv1);
}

typedef void half_fn(const job *j, net_scratch *s, uint32_t t0, uint32_t n);

static void run_blocks(const job *j, half_fn *half, unsigned begin, unsigned end, unsigned thread)
{
    for (unsigned i = begin; i < end; i++) {
        const uint32_t at = i * NET_BLOCK, left = j->n - at;
        half(j, &j->net->scratch[thread], j->t0 + at, left < NET_BLOCK ? left : NET_BLOCK);
    }
}

static void out_part(void *ctx, unsigned begin, unsigned end, unsigned thread) { run_blocks(ctx, half_out_back, begin, end, thread); }
static void in_part(void *ctx, unsigned begin, unsigned end, unsigned thread) { run_blocks(ctx, half_in_back, begin, end, thread); }

/* grad [n_out][n_in] += dy^T x over the super-block, in tiles of 64 by 64. */
typedef struct {
    const void *dy, *x;
    const net_matrix *m;
    unsigned first; /* number of its first tile */
} outer;

typedef struct {
    const job *j;
    outer products[3];
    unsigned n_product;
} grad_job;

static unsigned tiles_of(const net_matrix *m)
{
    return (m->n_out + HT_GEMM_NR - 1) / HT_GEMM_NR * ((m->n_in + HT_GEMM_NR - 1) / HT_GEMM_NR);
}

static void grad_part(void *ctx, unsigned begin, unsigned end, unsigned thread)
{
    (void)thread;
    const grad_job *gj = ctx;
    const ht_net *net = gj->j->net;
    const size_t panel = ht_gemm_panel_bytes(&net->g, gj->j->n);
    for (unsigned i = begin; i < end; i++) {
        unsigned p = gj->n_product - 1;
        while (gj->products[p].first > i)
            p--;
        const outer *o = &gj->products[p];
        const unsigned across = (o->m->n_in + HT_GEMM_NR - 1) / HT_GEMM_NR, tile = i - o->first;
        const unsigned r = tile / across, c = tile % across;
        const unsigned rows_left = o->m->n_out - r * HT_GEMM_NR, cols_left = o->m->n_in - c * HT_GEMM_NR;
        ht_gemm_run_tn(&net->g, rows_left < HT_GEMM_NR ? rows_left : HT_GEMM_NR, cols_left < HT_GEMM_NR ? cols_left : HT_GEMM_NR,
                       gj->j->n, (const char *)o->dy + r * panel, (const char *)o->x + c * panel,
                       net->grad + o->m->at + (size_t)r * HT_GEMM_NR * o->m->n_in + c * HT_GEMM_NR, o->m->n_in, HT_GEMM_ADD);
    }
}

static void add_grads(const job *j, const outer *products, unsigned n)
{
    grad_job gj = {.j = j, .n_product = n};
    unsigned n_tile = 0;
    for (unsigned i = 0; i < n; i++) {
        gj.products[i] = products[i];
        gj.products[i].first = n_tile;
        n_tile += tiles_of(products[i].m);
    }
    const int64_t start = ht_clock_ns();
    ht_pool_run(j->net->pool, n_tile, 2, grad_part, &gj);
    j->net->phase_ns[HT_PHASE_GRAD] += ht_clock_ns() - start;
}

static void add_block_gains(const job *j, size_t gain)
{
    const ht_net *net = j->net;
    const size_t d = net->shape.d_model;
    for (uint32_t i = 0; i < (j->n + NET_BLOCK - 1) / NET_BLOCK; i++)
        net->row.add(net->grad + gain, net->dgain_blocks + i * d, d);
}

static void attn_part(void *ctx, unsigned begin, unsigned end, unsigned thread)
{
    const job *j = ctx;
    const ht_batch *b = j->batch;
    const ht_train_attn a = net_attn(j->net, j->layer);
    for (unsigned i = begin; i < end; i++) {
        const unsigned doc = i / a.n_kv_head, first = b->doc_span[doc];
        float *dgain = j->net->dgain_heads + (size_t)i * 2 * a.d_head;
        memset(dgain, 0, 2 * a.d_head * sizeof *dgain);
        ht_train_attn_backward(&a, b->spans + first, b->doc_span[doc + 1] - first, i % a.n_kv_head, dgain, j->net->scratch[thread].attn);
    }
}

static void attention_back(job *j)
{
    ht_net *net = j->net;
    const unsigned n = j->batch->n_doc * net->shape.n_kv_head;
    const size_t d = net->shape.d_head;
    const int64_t start = ht_clock_ns();
    ht_pool_run(net->pool, n, 1, attn_part, j);
    for (unsigned i = 0; i < n; i++) {
        net->row.add(net->grad + j->layer->q_norm, net->dgain_heads + (size_t)i * 2 * d, d);
        net->row.add(net->grad + j->layer->k_norm, net->dgain_heads + ((size_t)i * 2 + 1) * d, d);
    }
    net->phase_ns[HT_PHASE_ATTN_BACK] += ht_clock_ns() - start;
}

/* Columns of the embedding's gradient: each part adds all rows in order, so the sum has one order. */
static void embed_part(void *ctx, unsigned begin, unsigned end, unsigned thread)
{
    (void)thread;
    const job *j = ctx;
    const ht_net *net = j->net;
    const size_t d = net->shape.d_model;
    for (unsigned i = begin; i < end; i++) {
        const size_t c = (size_t)i * 64, n = d - c < 64 ? d - c : 64;
        for (uint32_t t = 0; t < j->batch->n_token; t++)
            net->row.add(net->grad + net->embed.at + j->batch->ids[t] * d + c, net->dx + t * d + c, n);
    }
}

/* Puts the needed rows of both gradients back to their places, zero elsewhere: last first, in place. */
static void spread_needed(const ht_net *net, uint32_t n_token)
{
    const size_t d = net->shape.d_model, row_bytes = net->d_q * net->g.elem_bytes;
    for (uint32_t t = n_token, i = net->n_need; t-- > 0;) {
        float *dx = net->dx + t * d;
        void *dattn = net_row(net, net->dattn, t, net->d_q);
        if (i > 0 && net->need[i - 1] == t) {
            i--;
            memmove(dx, net->dx + i * d, d * sizeof(float));
            memmove(dattn, net_row(net, net->dattn, i, net->d_q), row_bytes);
        } else {
            memset(dx, 0, d * sizeof(float));
            memset(dattn, 0, row_bytes);
        }
    }
}

/* Runs half over all super-blocks; after each, the gradients of its gain and of its matrices. */
static void half_layer(job *j, uint32_t n_row, ht_pool_fn *part, size_t gain, const outer *products, unsigned n)
{
    for (j->t0 = 0; j->t0 < n_row; j->t0 += NET_SUPER) {
        const uint32_t left = n_row - j->t0;
        j->n = left < NET_SUPER ? left : NET_SUPER;
        const int64_t start = ht_clock_ns();
        ht_pool_run(j->net->pool, (j->n + NET_BLOCK - 1) / NET_BLOCK, 1, part, j);
        j->net->phase_ns[HT_PHASE_BLOCK_BACK] += ht_clock_ns() - start;
        add_block_gains(j, gain);
        add_grads(j, products, n);
    }
}

void net_backward(ht_net *net, const ht_batch *b)
{
    job j = {.net = net, .batch = b};
    for (uint32_t i = net->shape.n_layer; i-- > 0;) {
        const net_layer *l = j.layer = &net->layers[i];
        const outer out_products[] = {{net->sb_wide, net->sb_a, &l->gate_up, 0}, {net->sb_dy, net->sb_h, &l->down, 0}, {net->sb_dy2, net->sb_attn, &l->o, 0}};
        const outer in_products[] = {{net->sb_wide, net->sb_a, &l->qkv, 0}};
        const bool is_last = i + 1 == net->shape.n_layer;
        half_layer(&j, is_last ? net->n_need : b->n_token, out_part, l->ffn_norm, out_products, 3);
        if (is_last)
            spread_needed(net, b->n_token);
        attention_back(&j);
        half_layer(&j, b->n_token, in_part, l->attn_norm, in_products, 1);
    }
    const int64_t start = ht_clock_ns();
    ht_pool_run(net->pool, (net->shape.d_model + 63) / 64, 1, embed_part, &j);
    net->phase_ns[HT_PHASE_EMBED] += ht_clock_ns() - start;
}
