/* Forward: a block of token rows goes through everything between two attentions at once, so that it stays in cache. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "train/net_impl.h"

typedef struct {
    ht_net *net;
    const ht_batch *batch;
    uint32_t n_row;
    uint32_t layer; /* the one whose attention runs, or whose second half comes next */
} job;

ht_train_attn net_attn(const ht_net *net, const net_layer *l)
{
    const ht_net_shape *s = &net->shape;
    return (ht_train_attn){.g = &net->g, .row = &net->row, .n_head = s->n_head, .n_kv_head = s->n_kv_head, .d_head = s->d_head,
                           .eps = s->norm_eps, .q_gain = net->w + l->q_norm, .k_gain = net->w + l->k_norm, .cos = net->cos,
                           .sin = net->sin, .qkv = l->qkv_out, .out = l->attn_out, .lse = l->lse, .dout = net->dattn, .dqkv = net->dqkv};
}

bool net_grow_attn(ht_net *net, const ht_batch *b)
{
    uint32_t trunk = 1, branch = 0;
    for (uint32_t i = 0; i < b->n_doc; i++)
        for (uint32_t j = b->doc_span[i]; j < b->doc_span[i + 1]; j++) {
            uint32_t *longest = j == b->doc_span[i] ? &trunk : &branch;
            *longest = b->spans[j].n > *longest ? b->spans[j].n : *longest;
        }
    const ht_train_attn a = net_attn(net, &net->layers[0]);
    const size_t need = (ht_train_attn_scratch(&a, trunk, branch) + 63) / 64 * 64;
    for (unsigned i = 0; i < ht_pool_threads(net->pool); i++) {
        net_scratch *s = &net->scratch[i];
        if (s->attn_bytes >= need)
            continue;
        free(s->attn);
        s->attn = aligned_alloc(64, need);
        s->attn_bytes = s->attn ? need : 0;
        if (s->attn == NULL)
            return false;
        memset(s->attn, 0, need);
    }
    const size_t n_heads = (size_t)b->n_doc * net->shape.n_kv_head;
    if (net->n_dgain_heads < n_heads) {
        free(net->dgain_heads);
        net->dgain_heads = malloc(n_heads * 2 * net->shape.d_head * sizeof(float));
        net->n_dgain_heads = net->dgain_heads ? n_heads : 0;
    }
    return net->dgain_heads != NULL;
}

/* xhat, inv: tape; y: norm(x) * w as elements. */
static void norm_rows(const ht_net *net, uint32_t t0, uint32_t n, size_t gain, void *xhat, float *inv, void *y)
{
    const size_t d = net->shape.d_model;
    for (uint32_t i = 0; i < n; i++)
        inv[t0 + i] = net->row.norm_keep(net_row(net, xhat, t0 + i, d), net_row(net, y, i, d), net->x + (t0 + i) * d, net->w + gain, d,
                                         net->shape.norm_eps);
}

/* First half of a layer: normalised input to raw q, k, v. */
static void half_in(const ht_net *net, const net_layer *l, net_scratch *s, uint32_t t0, uint32_t n)
{
    const size_t d = net->shape.d_model;
    norm_rows(net, t0, n, l->attn_norm, l->xhat1, l->inv1, s->a);
    ht_gemm_run(&net->g, n, net->d_qkv, d, s->a, d, l->qkv.forward, net_row(net, l->qkv_out, t0, net->d_qkv), net->d_qkv, HT_GEMM_ELEM);
}

/* Second half: attention's output and the feed-forward network, both added to the residual. */
static void half_out(const ht_net *net, const net_layer *l, net_scratch *s, uint32_t t0, uint32_t n)
{
    const size_t d = net->shape.d_model, ff = net->shape.d_ff, d_q = net->d_q, elem = net->g.elem_bytes;
    float *x = net->x + t0 * d;
    ht_gemm_run(&net->g, n, d, d_q, net_row(net, net_attn_rows(net, l), t0, d_q), d_q, l->o.forward, x, d, HT_GEMM_ADD);
    norm_rows(net, t0, n, l->ffn_norm, l->xhat2, l->inv2, s->a);
    char *gate_up = net_row(net, l->gate_up_out, t0, 2 * ff);
    ht_gemm_run(&net->g, n, 2 * ff, d, s->a, d, l->gate_up.forward, gate_up, 2 * ff, HT_GEMM_ELEM);
    for (uint32_t i = 0; i < n; i++)
        net->row.swiglu(net_row(net, s->h, i, ff), gate_up + 2 * i * ff * elem, gate_up + (2 * i + 1) * ff * elem, ff);
    ht_gemm_run(&net->g, n, d, ff, s->h, ff, l->down.forward, x, d, HT_GEMM_ADD);
}

static void embed_rows(const ht_net *net, const ht_batch *b, uint32_t t0, uint32_t n)
{
    const size_t d = net->shape.d_model;
    for (uint32_t i = t0; i < t0 + n; i++)
        memcpy(net->x + i * d, net->w + net->embed.at + b->ids[i] * d, d * sizeof(float));
}

/* Between attention layer-1 and attention layer. */
static void block_part(void *ctx, unsigned begin, unsigned end, unsigned thread)
{
    const job *j = ctx;
    const ht_net *net = j->net;
    net_scratch *s = &j->net->scratch[thread];
    for (unsigned block = begin; block < end; block++) {
        const uint32_t t0 = block * NET_BLOCK, left = j->n_row - t0, n = left < NET_BLOCK ? left : NET_BLOCK;
        if (j->layer == 0)
            embed_rows(net, j->batch, t0, n);
        else
            half_out(net, &net->layers[j->layer - 1], s, t0, n);
        if (j->layer < net->shape.n_layer)
            half_in(net, &net->layers[j->layer], s, t0, n);
    }
}

static void attn_part(void *ctx, unsigned begin, unsigned end, unsigned thread)
{
    const job *j = ctx;
    const ht_batch *b = j->batch;
    const ht_train_attn a = net_attn(j->net, &j->net->layers[j->layer]);
    for (unsigned i = begin; i < end; i++) {
        const unsigned doc = i / a.n_kv_head, first = b->doc_span[doc];
        ht_train_attn_forward(&a, b->spans + first, b->doc_span[doc + 1] - first, i % a.n_kv_head, j->net->scratch[thread].attn);
    }
}

void net_list_needed(ht_net *net, const ht_batch *b)
{
    memset(net->place, 0, b->n_token * sizeof *net->place);
    for (uint32_t i = 0; i < b->n_loss; i++)
        net->place[b->loss_row[i]] = 1;
    net->n_need = 0;
    for (uint32_t t = 0; t < b->n_token; t++)
        if (net->place[t]) {
            net->place[t] = net->n_need;
            net->need[net->n_need++] = t;
        }
}

/* Moves the needed rows to the front; a row never moves back, so in place. */
static void keep_needed(ht_net *net)
{
    const size_t d = net->shape.d_model, row_bytes = net->d_q * net->g.elem_bytes;
    const net_layer *last = &net->layers[net->shape.n_layer - 1];
    for (uint32_t i = 0; i < net->n_need; i++) {
        memmove(net->x + i * d, net->x + net->need[i] * d, d * sizeof(float));
        memcpy(net_row(net, net->attn_need, i, net->d_q), net_row(net, last->attn_out, net->need[i], net->d_q), row_bytes);
    }
}

void net_forward(ht_net *net, const ht_batch *b)
{
    job j = {.net = net, .batch = b, .n_row = b->n_token};
    for (uint32_t l = 0; l <= net->shape.n_layer; l++) {
        const int64_t start = ht_clock_ns();
        j.layer = l;
        if (l == net->shape.n_layer) {
            keep_needed(net);
            j.n_row = net->n_need;
        }
        ht_pool_run(net->pool, (j.n_row + NET_BLOCK - 1) / NET_BLOCK, 1, block_part, &j);
        const int64_t middle = ht_clock_ns();
        net->phase_ns[HT_PHASE_BLOCK] += middle - start;
        if (l == net->shape.n_layer)
            break;
        ht_pool_run(net->pool, b->n_doc * net->shape.n_kv_head, 1, attn_part, &j);
        net->phase_ns[HT_PHASE_ATTN] += ht_clock_ns() - middle;
    }
}
