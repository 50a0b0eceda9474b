/* The last norm, the tied output matrix and softmax cross-entropy, only for rows that predict something, a super-block at a
 * time: logits exist for 48 rows a thread, their gradients for 768 rows. */
#include <math.h>
#include <string.h>

#include "base/clock.h"
#include "train/net_impl.h"

typedef struct {
    ht_net *net;
    const ht_batch *batch;
    uint32_t r0, n; /* the super-block's rows in the list of losses */
    bool is_grad;
    float *logits;  /* NULL, or where all go */
} job;

/* logits row to loss, and in place to its gradient softmax - one-hot. */
static double cross_entropy(const ht_net *net, float *logits, uint32_t id)
{
    const size_t v = net->shape.n_vocab;
    const float target = logits[id];
    float max;
    const float sum = net->row->softmax(logits, logits, v, 1.0f, &max);
    net->row->scale(logits, 1.0f / sum, v);
    logits[id] -= 1.0f;
    return (double)logf(sum) + max - target;
}

static void block_part(void *ctx, unsigned begin, unsigned end, unsigned thread)
{
    const job *j = ctx;
    const ht_net *net = j->net;
    net_scratch *s = &j->net->scratch[thread];
    const size_t d = net->shape.d_model, v = net->shape.n_vocab;
    for (unsigned block = begin; block < end; block++) {
        const uint32_t at = block * NET_LOSS_BLOCK, left = j->n - at, n = left < NET_LOSS_BLOCK ? left : NET_LOSS_BLOCK;
        ht_gemm_run(&net->g, n, v, d, net_row(net, net->hidden, at, d), d, net->embed.forward, s->logits, v, HT_GEMM_SET);
        if (j->logits != NULL) {
            memcpy(j->logits + (j->r0 + at) * v, s->logits, n * v * sizeof(float));
            continue;
        }
        for (uint32_t i = 0; i < n; i++)
            net->row_loss[at + i] = cross_entropy(net, s->logits + i * v, j->batch->loss_id[j->r0 + at + i]);
        if (!j->is_grad)
            continue;
        net->g.cast(s->dlogits, s->logits, n * v);
        ht_gemm_pack_rows(&net->g, net->sb_dlogits, j->n, at, n, v, s->dlogits, v);
        ht_gemm_run(&net->g, n, d, v, s->dlogits, v, net->embed.backward, net->dhidden + at * d, d, HT_GEMM_SET);
    }
}

static void gather(const job *j)
{
    const ht_net *net = j->net;
    const size_t d = net->shape.d_model;
    float *y = net->scratch[0].row[0];
    for (uint32_t i = 0; i < j->n; i++) {
        const float *x = net->x + j->batch->loss_row[j->r0 + i] * d;
        net->hidden_inv[i] = net->row->norm(net->hidden_hat + i * d, y, x, net->w + net->out_norm, d, net->shape.norm_eps);
        net->g.cast(net_row(net, net->hidden, i, d), y, d);
    }
    if (j->is_grad)
        ht_gemm_pack_rows(&net->g, net->sb_hidden, j->n, 0, j->n, d, net->hidden, d);
}

static void grad_part(void *ctx, unsigned begin, unsigned end, unsigned thread)
{
    (void)thread;
    const job *j = ctx;
    const ht_net *net = j->net;
    const size_t d = net->shape.d_model, panel = ht_gemm_panel_bytes(&net->g, j->n);
    for (unsigned i = begin; i < end; i++)
        for (size_t c = 0; c < d; c += HT_GEMM_NR) {
            const size_t v0 = (size_t)i * HT_GEMM_NR, rows = net->shape.n_vocab - v0, cols = d - c;
            ht_gemm_run_tn(&net->g, rows < HT_GEMM_NR ? (unsigned)rows : HT_GEMM_NR, cols < HT_GEMM_NR ? (unsigned)cols : HT_GEMM_NR, j->n,
                           (char *)net->sb_dlogits + i * panel, (char *)net->sb_hidden + c / HT_GEMM_NR * panel,
                           net->grad + net->embed.at + v0 * d + c, d, HT_GEMM_ADD);
        }
}

double net_output(ht_net *net, const ht_batch *b, bool is_grad, float *logits)
{
    const int64_t start = ht_clock_ns();
    const size_t d = net->shape.d_model;
    double loss = 0;
    job j = {net, b, 0, 0, is_grad, logits};
    if (is_grad)
        memset(net->dx, 0, b->n_token * d * sizeof(float));
    for (j.r0 = 0; j.r0 < b->n_loss; j.r0 += NET_LOSS_SUPER) {
        const uint32_t left = b->n_loss - j.r0;
        j.n = left < NET_LOSS_SUPER ? left : NET_LOSS_SUPER;
        gather(&j);
        ht_pool_run(net->pool, (j.n + NET_LOSS_BLOCK - 1) / NET_LOSS_BLOCK, 1, block_part, &j);
        for (uint32_t i = 0; logits == NULL && i < j.n; i++)
            loss += net->row_loss[i];
        if (!is_grad)
            continue;
        ht_pool_run(net->pool, (net->shape.n_vocab + HT_GEMM_NR - 1) / HT_GEMM_NR, 2, grad_part, &j);
        /* In order and on one thread: several losses may hang on one row. */
        for (uint32_t i = 0; i < j.n; i++)
            net->row->norm_back(net->dx + b->loss_row[j.r0 + i] * d, net->grad + net->out_norm, net->dhidden + i * d,
                                net->hidden_hat + i * d, net->w + net->out_norm, net->hidden_inv[i], d);
    }
    net->phase_ns[HT_PHASE_LOSS] += ht_clock_ns() - start;
    return loss;
}
