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

/* Row i of the block: its loss, its gradient times sum as elements (exp(logit - max), less the sum at the target), and its
 * hidden row / sum in s->a: the output matrix's gradient is the product of both. Returns 1 / sum. */
static float cross_entropy(const job *j, net_scratch *s, uint32_t at, uint32_t i)
{
    const ht_net *net = j->net;
    const size_t d = net->shape.d_model, v = net->shape.n_vocab, id = j->batch->loss_id[j->r0 + at + i];
    const float target = s->logits[i * v + id];
    char *p = net_row(net, s->dlogits, i, v);
    float max;
    const float sum = net->row.softmax(p, s->logits + i * v, v, 1.0f, &max), less = expf(target - max) - sum;
    net->row_loss[at + i] = (double)logf(sum) + max - target;
    net->g.cast(p + id * net->g.elem_bytes, &less, 1);
    net->g.uncast(s->row, net_row(net, net->hidden, at + i, d), d);
    net->row.scale(s->row, 1.0f / sum, d);
    net->g.cast(net_row(net, s->a, i, d), s->row, d);
    return 1.0f / sum;
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
        float inv_sum[NET_LOSS_BLOCK];
        for (uint32_t i = 0; i < n; i++)
            inv_sum[i] = cross_entropy(j, s, at, i);
        if (!j->is_grad)
            continue;
        ht_gemm_pack_rows(&net->g, net->sb_dlogits, j->n, at, n, v, s->dlogits, v);
        ht_gemm_pack_rows(&net->g, net->sb_hidden, j->n, at, n, d, s->a, d);
        ht_gemm_run(&net->g, n, d, v, s->dlogits, v, net->embed.backward, net->dhidden + at * d, d, HT_GEMM_SET);
        for (uint32_t i = 0; i < n; i++)
            net->row.scale(net->dhidden + (at + i) * d, inv_sum[i], d);
    }
}

static void gather(const job *j)
{
    const ht_net *net = j->net;
    const size_t d = net->shape.d_model;
    float *y = net->scratch[0].row;
    for (uint32_t i = 0; i < j->n; i++) {
        const float *x = net->x + net->place[j->batch->loss_row[j->r0 + i]] * d;
        net->hidden_inv[i] = net->row.norm(net->hidden_hat + i * d, y, x, net->w + net->out_norm, d, net->shape.norm_eps);
        net->g.cast(net_row(net, net->hidden, i, d), y, d);
    }
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
        memset(net->dx, 0, net->n_need * d * sizeof(float));
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
            net->row.norm_back(net->dx + net->place[b->loss_row[j.r0 + i]] * d, net->grad + net->out_norm, net->dhidden + i * d,
                                net->hidden_hat + i * d, net->w + net->out_norm, net->hidden_inv[i], d);
    }
    net->phase_ns[HT_PHASE_LOSS] += ht_clock_ns() - start;
    return loss;
}
