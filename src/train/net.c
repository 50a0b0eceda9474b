/* Allocation, initial weights and packing; the passes are in net_forward.c, net_backward.c and net_output.c. */
#include "train/net.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/rng.h"
#include "base/str.h"
#include "train/net_impl.h"

const char *ht_phase_text(ht_phase p)
{
#define TEXT(name, text) text,
    static const char *const texts[] = {HT_PHASE_LIST(TEXT)};
#undef TEXT
    return p < HT_PHASE_COUNT ? texts[p] : "?";
}

const char *ht_net_shape_fault(const ht_net_shape *s)
{
    if (s->n_layer < 1 || s->n_layer > 256)
        return "n_layer must be 1 … 256";
    if (s->d_model < 2 || s->d_model > 16384 || s->d_model % 2 != 0)
        return "d_model must be even, 2 … 16384";
    if (s->d_head < 2 || s->d_head > 512 || s->d_head % 2 != 0)
        return "d_head must be even, 2 … 512";
    if (s->n_kv_head < 1 || s->n_head < 1 || s->n_head > 512 || s->n_head % s->n_kv_head != 0)
        return "n_head must be 1 … 512 and a multiple of n_kv_head";
    if (s->d_ff < 2 || s->d_ff > 65536 || s->d_ff % 2 != 0)
        return "d_ff must be even, 2 … 65536";
    if (s->n_vocab < 2 || s->n_vocab > 65536)
        return "the vocabulary must have 2 … 65536 tokens (ids are 16 bits)";
    if (s->n_ctx < 2 || s->n_ctx > 1u << 20)
        return "n_ctx must be 2 … 1048576";
    if (!(s->rope_base > 1.0f) || !(s->norm_eps > 0.0f))
        return "rope_base must be above 1 and norm_eps above 0";
    return NULL;
}

/* The table of parameters while it is being listed. */
typedef struct {
    ht_param *params;
    size_t n, n_value;
} table;

static size_t add_param(table *t, const char *name, uint32_t rows, uint32_t cols, ht_param_kind kind)
{
    ht_param *p = &t->params[t->n++];
    *p = (ht_param){.at = t->n_value, .rows = rows, .cols = cols, .kind = kind};
    snprintf(p->name, sizeof p->name, "%s", name);
    t->n_value += (size_t)rows * cols;
    return p->at;
}

static size_t add_layer_param(table *t, uint32_t l, const char *name, uint32_t rows, uint32_t cols, ht_param_kind kind)
{
    char full[sizeof t->params->name];
    snprintf(full, sizeof full, "blk.%u.%s.weight", l, name);
    return add_param(t, full, rows, cols, kind);
}

/* q, k, v lie side by side, gate and up too: each group is one product. */
static void list_layer(table *t, const ht_net_shape *s, uint32_t i, net_layer *l)
{
    const uint32_t d = s->d_model, d_q = s->n_head * s->d_head, d_kv = s->n_kv_head * s->d_head;
    l->attn_norm = add_layer_param(t, i, "attn_norm", 1, d, HT_PARAM_NORM);
    l->qkv = (net_matrix){.at = add_layer_param(t, i, "attn_q", d_q, d, HT_PARAM_MATRIX), .n_out = d_q + 2 * d_kv, .n_in = d};
    add_layer_param(t, i, "attn_k", d_kv, d, HT_PARAM_MATRIX);
    add_layer_param(t, i, "attn_v", d_kv, d, HT_PARAM_MATRIX);
    l->q_norm = add_layer_param(t, i, "attn_q_norm", 1, s->d_head, HT_PARAM_NORM);
    l->k_norm = add_layer_param(t, i, "attn_k_norm", 1, s->d_head, HT_PARAM_NORM);
    l->o = (net_matrix){.at = add_layer_param(t, i, "attn_output", d, d_q, HT_PARAM_MATRIX), .n_out = d, .n_in = d_q};
    l->ffn_norm = add_layer_param(t, i, "ffn_norm", 1, d, HT_PARAM_NORM);
    l->gate_up = (net_matrix){.at = add_layer_param(t, i, "ffn_gate", s->d_ff, d, HT_PARAM_MATRIX), .n_out = 2 * s->d_ff, .n_in = d};
    add_layer_param(t, i, "ffn_up", s->d_ff, d, HT_PARAM_MATRIX);
    l->down = (net_matrix){.at = add_layer_param(t, i, "ffn_down", d, s->d_ff, HT_PARAM_MATRIX), .n_out = d, .n_in = s->d_ff};
}

static size_t count_params(const ht_net_shape *s) { return 2 + 11 * (size_t)s->n_layer; }

ht_param *ht_net_list_params(const ht_net_shape *s, size_t *n, size_t *n_value)
{
    net_layer unused;
    table t = {.params = calloc(count_params(s), sizeof *t.params)};
    if (t.params == NULL)
        return NULL;
    add_param(&t, "token_embd.weight", s->n_vocab, s->d_model, HT_PARAM_EMBED);
    for (uint32_t i = 0; i < s->n_layer; i++)
        list_layer(&t, s, i, &unused);
    add_param(&t, "output_norm.weight", 1, s->d_model, HT_PARAM_NORM);
    *n = t.n;
    *n_value = t.n_value;
    return t.params;
}

static void bind_weights(ht_net *net)
{
    const ht_net_shape *s = &net->shape;
    table t = {.params = net->params};
    net->embed = (net_matrix){.at = add_param(&t, "token_embd.weight", s->n_vocab, s->d_model, HT_PARAM_EMBED), .n_out = s->n_vocab, .n_in = s->d_model};
    for (uint32_t i = 0; i < s->n_layer; i++)
        list_layer(&t, s, i, &net->layers[i]);
    net->out_norm = add_param(&t, "output_norm.weight", 1, s->d_model, HT_PARAM_NORM);
    net->n_param = t.n;
    net->n_value = t.n_value;
}

/* Zeroed: pairs read beyond a row's end must be finite. Failures stick in *ok. */
static void *take(bool *ok, size_t n, size_t size)
{
    size_t bytes;
    if (!*ok || !ht_mul_size(n, size, &bytes) || bytes > SIZE_MAX - 192) {
        *ok = false;
        return NULL;
    }
    bytes = (bytes + 64 + 63) / 64 * 64;
    void *p = aligned_alloc(64, bytes);
    if (p == NULL)
        *ok = false;
    else
        memset(p, 0, bytes);
    return p;
}

static void take_packings(bool *ok, const ht_gemm *g, net_matrix *m)
{
    m->forward = take(ok, ht_gemm_packed_bytes(g, m->n_in, m->n_out), 1);
    m->backward = take(ok, ht_gemm_packed_bytes(g, m->n_out, m->n_in), 1);
}

static void take_layer(bool *ok, ht_net *net, net_layer *l)
{
    const ht_net_shape *s = &net->shape;
    const size_t t = net->max_tokens, elem = net->g.elem_bytes;
    take_packings(ok, &net->g, &l->qkv);
    take_packings(ok, &net->g, &l->o);
    take_packings(ok, &net->g, &l->gate_up);
    take_packings(ok, &net->g, &l->down);
    l->xhat1 = take(ok, t, s->d_model * elem);
    l->qkv_out = take(ok, t, net->d_qkv * elem);
    l->attn_out = take(ok, t, net->d_q * elem);
    l->xhat2 = take(ok, t, s->d_model * elem);
    l->gate_up_out = take(ok, t, 2 * s->d_ff * elem);
    l->inv1 = take(ok, t, sizeof(float));
    l->inv2 = take(ok, t, sizeof(float));
    l->lse = take(ok, t, s->n_head * sizeof(float));
}

static void take_scratch(bool *ok, ht_net *net, net_scratch *s)
{
    const ht_net_shape *n = &net->shape;
    const size_t elem = net->g.elem_bytes;
    size_t longest = 2 * (size_t)n->d_ff;
    longest = longest > net->d_qkv ? longest : net->d_qkv;
    longest = longest > n->d_model ? longest : n->d_model;
    s->a = take(ok, NET_BLOCK * n->d_model, elem);
    s->dy = take(ok, NET_BLOCK * n->d_model, elem);
    s->h = take(ok, NET_BLOCK * n->d_ff, elem);
    s->dgu = take(ok, NET_BLOCK * 2 * (size_t)n->d_ff, elem);
    s->dh = take(ok, NET_BLOCK * n->d_ff, sizeof(float));
    s->dxn = take(ok, NET_BLOCK * n->d_model, sizeof(float));
    s->row = take(ok, n->d_model, sizeof(float));
    s->pack = take(ok, HT_GEMM_NR * longest, elem);
    s->logits = take(ok, NET_LOSS_BLOCK * (size_t)n->n_vocab, sizeof(float));
    s->dlogits = take(ok, NET_LOSS_BLOCK * (size_t)n->n_vocab, elem);
}

static void take_shared(bool *ok, ht_net *net)
{
    const ht_net_shape *s = &net->shape;
    const ht_gemm *g = &net->g;
    const size_t t = net->max_tokens, d = s->d_model, elem = g->elem_bytes;
    const size_t wide = 2 * (size_t)s->d_ff > net->d_qkv ? 2 * (size_t)s->d_ff : net->d_qkv;
    take_packings(ok, g, &net->embed);
    net->cos = take(ok, s->n_ctx, s->d_head / 2 * sizeof(float));
    net->sin = take(ok, s->n_ctx, s->d_head / 2 * sizeof(float));
    net->x = take(ok, t, d * sizeof(float));
    net->dx = take(ok, t, d * sizeof(float));
    net->need = take(ok, t, sizeof *net->need);
    net->place = take(ok, t, sizeof *net->place);
    net->attn_need = take(ok, t, net->d_q * elem);
    net->dattn = take(ok, t, net->d_q * elem);
    net->dqkv = take(ok, t, net->d_qkv * elem);
    net->sb_a = take(ok, ht_gemm_packed_bytes(g, NET_SUPER, d), 1);
    net->sb_dy = take(ok, ht_gemm_packed_bytes(g, NET_SUPER, d), 1);
    net->sb_dy2 = take(ok, ht_gemm_packed_bytes(g, NET_SUPER, d), 1);
    net->sb_attn = take(ok, ht_gemm_packed_bytes(g, NET_SUPER, net->d_q), 1);
    net->sb_h = take(ok, ht_gemm_packed_bytes(g, NET_SUPER, s->d_ff), 1);
    net->sb_wide = take(ok, ht_gemm_packed_bytes(g, NET_SUPER, wide), 1);
    net->dgain_blocks = take(ok, NET_SUPER / NET_BLOCK * d, sizeof(float));
    net->hidden = take(ok, NET_LOSS_SUPER * d, elem);
    net->sb_hidden = take(ok, ht_gemm_packed_bytes(g, NET_LOSS_SUPER, d), 1);
    net->sb_dlogits = take(ok, ht_gemm_packed_bytes(g, NET_LOSS_SUPER, s->n_vocab), 1);
    net->hidden_hat = take(ok, NET_LOSS_SUPER * d, sizeof(float));
    net->hidden_inv = take(ok, NET_LOSS_SUPER, sizeof(float));
    net->dhidden = take(ok, NET_LOSS_SUPER * d, sizeof(float));
    net->row_loss = take(ok, NET_LOSS_SUPER, sizeof(double));
}

static void fill_rope(ht_net *net)
{
    const size_t half = net->shape.d_head / 2;
    for (size_t pos = 0; pos < net->shape.n_ctx; pos++)
        for (size_t i = 0; i < half; i++) {
            const double angle = (double)pos * pow((double)net->shape.rope_base, -2.0 * (double)i / net->shape.d_head);
            net->cos[pos * half + i] = (float)cos(angle);
            net->sin[pos * half + i] = (float)sin(angle);
        }
}

ht_status ht_net_new(const ht_net_shape *shape, uint32_t max_tokens, bool want_bf16, unsigned cpu, ht_pool *pool, ht_net **out, ht_error *err)
{
    *out = NULL;
    const char *fault = ht_net_shape_fault(shape);
    if (fault != NULL)
        return ht_fail(err, HT_BAD_ARG, -1, "model: %s", fault);
    bool ok = true;
    ht_net *net = calloc(1, sizeof *net);
    if (net == NULL)
        return ht_fail(err, HT_NO_MEMORY, -1, "model: out of memory");
    net->shape = *shape;
    net->pool = pool;
    net->max_tokens = max_tokens;
    net->g = ht_gemm_pick(cpu, want_bf16);
    net->row = ht_train_row_pick(cpu, net->g.is_bf16);
    net->d_q = shape->n_head * shape->d_head;
    net->d_qkv = net->d_q + 2 * shape->n_kv_head * shape->d_head;
    net->params = take(&ok, count_params(shape), sizeof *net->params);
    net->layers = take(&ok, shape->n_layer, sizeof *net->layers);
    net->scratch = take(&ok, ht_pool_threads(pool), sizeof *net->scratch);
    if (ok) {
        bind_weights(net);
        net->w = take(&ok, net->n_value, sizeof(float));
        net->grad = take(&ok, net->n_value, sizeof(float));
        for (uint32_t i = 0; i < shape->n_layer; i++)
            take_layer(&ok, net, &net->layers[i]);
        for (unsigned i = 0; i < ht_pool_threads(pool); i++)
            take_scratch(&ok, net, &net->scratch[i]);
        take_shared(&ok, net);
    }
    if (!ok) {
        ht_net_free(net);
        return ht_fail(err, HT_NO_MEMORY, -1, "model: not enough memory for batches of %u tokens; lower batch_tokens", max_tokens);
    }
    fill_rope(net);
    *out = net;
    return HT_OK;
}

static void free_matrix(net_matrix *m)
{
    free(m->forward);
    free(m->backward);
}

void ht_net_free(ht_net *net)
{
    if (net == NULL)
        return;
    for (uint32_t i = 0; net->layers != NULL && i < net->shape.n_layer; i++) {
        net_layer *l = &net->layers[i];
        free_matrix(&l->qkv), free_matrix(&l->o), free_matrix(&l->gate_up), free_matrix(&l->down);
        free(l->xhat1), free(l->qkv_out), free(l->attn_out), free(l->xhat2), free(l->gate_up_out);
        free(l->inv1), free(l->inv2), free(l->lse);
    }
    for (unsigned i = 0; net->scratch != NULL && i < ht_pool_threads(net->pool); i++) {
        net_scratch *s = &net->scratch[i];
        free(s->a), free(s->dy), free(s->h), free(s->dgu), free(s->dh), free(s->dxn);
        free(s->row);
        free(s->pack), free(s->logits), free(s->dlogits), free(s->attn);
    }
    free_matrix(&net->embed);
    free(net->params), free(net->layers), free(net->scratch), free(net->w), free(net->grad);
    free(net->cos), free(net->sin), free(net->x), free(net->dx), free(net->need), free(net->place), free(net->attn_need), free(net->dattn), free(net->dqkv);
    free(net->sb_a), free(net->sb_dy), free(net->sb_dy2), free(net->sb_attn), free(net->sb_h), free(net->sb_wide);
    free(net->dgain_blocks), free(net->dgain_heads), free(net->hidden), free(net->sb_hidden), free(net->sb_dlogits);
    free(net->hidden_hat), free(net->hidden_inv), free(net->dhidden), free(net->row_loss);
    free(net);
}

void ht_net_init(ht_net *net, uint64_t seed)
{
    ht_rng r;
    ht_rng_seed(&r, seed);
    const float into_residual = 0.02f / sqrtf(2.0f * (float)net->shape.n_layer);
    for (size_t i = 0; i < net->n_param; i++) {
        const ht_param *p = &net->params[i];
        const bool is_residual = strstr(p->name, "attn_output") != NULL || strstr(p->name, "ffn_down") != NULL;
        const float deviation = is_residual ? into_residual : 0.02f;
        for (size_t j = 0; j < (size_t)p->rows * p->cols; j++)
            net->w[p->at + j] = p->kind == HT_PARAM_NORM ? 1.0f : deviation * ht_rng_normal(&r);
    }
}

const ht_net_shape *ht_net_get_shape(const ht_net *net) { return &net->shape; }
bool ht_net_is_bf16(const ht_net *net) { return net->g.is_bf16; }
size_t ht_net_size(const ht_net *net) { return net->n_value; }
float *ht_net_weights(ht_net *net) { return net->w; }
float *ht_net_grads(ht_net *net) { return net->grad; }
int64_t *ht_net_phase_ns(ht_net *net) { return net->phase_ns; }
const ht_param *ht_net_params(const ht_net *net, size_t *n)
{
    *n = net->n_param;
    return net->params;
}

double ht_net_flops(const ht_net *net, uint64_t n_token, uint64_t n_loss)
{
    const net_matrix *embed = &net->embed;
    const double n_needed = (double)(n_loss < n_token ? n_loss : n_token);
    double sum = (double)embed->n_out * embed->n_in * (double)n_loss;
    for (uint32_t i = 0; i < net->shape.n_layer; i++) {
        const net_layer *l = &net->layers[i];
        const double rest = (double)l->o.n_out * l->o.n_in + (double)l->gate_up.n_out * l->gate_up.n_in + (double)l->down.n_out * l->down.n_in;
        sum += (double)l->qkv.n_out * l->qkv.n_in * (double)n_token + rest * (i + 1 < net->shape.n_layer ? (double)n_token : n_needed);
    }
    return 6.0 * sum;
}

/* Packs 64 rows of one matrix both ways. */
static void pack_slice(const ht_net *net, const net_matrix *m, size_t slice, net_scratch *s)
{
    const ht_gemm *g = &net->g;
    const size_t n0 = slice * HT_GEMM_NR, n = m->n_out - n0 < HT_GEMM_NR ? m->n_out - n0 : HT_GEMM_NR;
    const float *w = net->w + m->at + n0 * m->n_in;
    char *elems = s->pack;
    const size_t ld = m->n_in;
    for (size_t i = 0; i < n; i++)
        g->cast(elems + i * ld * g->elem_bytes, w + i * m->n_in, m->n_in);
    ht_gemm_pack_cols(g, (char *)m->forward + slice * ht_gemm_panel_bytes(g, m->n_in), m->n_in, n, elems, ld);
    ht_gemm_pack_rows(g, m->backward, m->n_out, n0, n, m->n_in, elems, ld);
}

typedef struct {
    const ht_net *net;
    const net_matrix **matrices; /* [n] */
    unsigned *first;             /* [n + 1] number of the first slice of each */
    unsigned n;
} pack_job;

static void pack_part(void *ctx, unsigned begin, unsigned end, unsigned thread)
{
    const pack_job *job = ctx;
    unsigned m = 0;
    for (unsigned i = begin; i < end; i++) {
        while (i >= job->first[m + 1])
            m++;
        pack_slice(job->net, job->matrices[m], i - job->first[m], &job->net->scratch[thread]);
    }
}

void ht_net_pack(ht_net *net)
{
    const int64_t start = ht_clock_ns();
    const net_matrix *matrices[4 * 256 + 1];
    unsigned first[4 * 256 + 2], n = 0;
    matrices[n++] = &net->embed;
    for (uint32_t i = 0; i < net->shape.n_layer; i++) {
        const net_layer *l = &net->layers[i];
        matrices[n++] = &l->qkv, matrices[n++] = &l->o, matrices[n++] = &l->gate_up, matrices[n++] = &l->down;
    }
    first[0] = 0;
    for (unsigned i = 0; i < n; i++)
        first[i + 1] = first[i] + (matrices[i]->n_out + HT_GEMM_NR - 1) / HT_GEMM_NR;
    pack_job job = {net, matrices, first, n};
    ht_pool_run(net->pool, first[n], 4, pack_part, &job);
    net->phase_ns[HT_PHASE_PACK] += ht_clock_ns() - start;
}

static ht_status prepare(ht_net *net, const ht_batch *b, ht_error *err)
{
    if (b->n_token > net->max_tokens)
        return ht_fail(err, HT_TOO_BIG, -1, "model: a batch of %u tokens, made for %u", b->n_token, net->max_tokens);
    if (!net_grow_attn(net, b))
        return ht_fail(err, HT_NO_MEMORY, -1, "model: no memory for attention; shorten the documents");
    net_list_needed(net, b);
    return HT_OK;
}

ht_status ht_net_loss(ht_net *net, const ht_batch *b, double *loss, ht_error *err)
{
    const ht_status st = prepare(net, b, err);
    if (st != HT_OK)
        return st;
    net_forward(net, b);
    *loss = net_output(net, b, false, NULL);
    return HT_OK;
}

ht_status ht_net_loss_grad(ht_net *net, const ht_batch *b, double *loss, ht_error *err)
{
    const ht_status st = prepare(net, b, err);
    if (st != HT_OK)
        return st;
    net_forward(net, b);
    *loss = net_output(net, b, true, NULL);
    net_backward(net, b);
    return HT_OK;
}

ht_status ht_net_logits(ht_net *net, const ht_batch *b, float *logits, ht_error *err)
{
    const ht_status st = prepare(net, b, err);
    if (st != HT_OK)
        return st;
    net_forward(net, b);
    (void)net_output(net, b, false, logits);
    return HT_OK;
}
