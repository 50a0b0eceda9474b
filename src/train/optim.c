#include "train/optim.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "tensor/op/train_muon.h"

enum { PIECE = 16384 }; /* values a part: also the unit of the norm's sum, so that it does not depend on threads */

typedef struct {
    size_t at, n;
    float decay;
} piece;

struct ht_optim {
    ht_net *net;
    ht_pool *pool;
    ht_optim_config config;
    ht_gemm g;
    ht_train_row row;
    float *m, *v;
    piece *pieces; /* for AdamW */
    size_t n_piece;
    const ht_param **matrices; /* for Muon, the largest first */
    size_t n_matrix;
    double *sums; /* [pieces of the whole] */
    void **scratch; /* one a thread; Muon */
    ht_adamw now;
};

static void *zeroed(size_t n, size_t size)
{
    const size_t bytes = (n * size + 63) / 64 * 64;
    void *p = aligned_alloc(64, bytes ? bytes : 64);
    if (p != NULL)
        memset(p, 0, bytes);
    return p;
}

static bool is_muon_param(const ht_optim *o, const ht_param *p) { return o->config.is_muon && p->kind == HT_PARAM_MATRIX; }

static bool list_work(ht_optim *o)
{
    size_t n, count = 0, scratch = 0;
    const ht_param *params = ht_net_params(o->net, &n);
    for (size_t i = 0; i < n; i++)
        count += ((size_t)params[i].rows * params[i].cols + PIECE - 1) / PIECE;
    o->pieces = zeroed(count, sizeof *o->pieces);
    o->matrices = zeroed(n, sizeof *o->matrices);
    if (o->pieces == NULL || o->matrices == NULL)
        return false;
    for (size_t i = 0; i < n; i++) {
        const ht_param *p = &params[i];
        const size_t size = (size_t)p->rows * p->cols;
        if (is_muon_param(o, p)) {
            size_t at = o->n_matrix++;
            for (; at > 0 && (size_t)o->matrices[at - 1]->rows * o->matrices[at - 1]->cols < size; at--)
                o->matrices[at] = o->matrices[at - 1];
            o->matrices[at] = p;
            /* the step itself lies behind the scratch of the iteration */
            const size_t need = (ht_muon_scratch(&o->g, p->rows, p->cols) + 63) / 64 * 64 + size * sizeof(float);
            scratch = need > scratch ? need : scratch;
            continue;
        }
        for (size_t j = 0; j < size; j += PIECE)
            o->pieces[o->n_piece++] = (piece){p->at + j, size - j < PIECE ? size - j : PIECE, p->kind == HT_PARAM_MATRIX ? o->config.decay : 0.0f};
    }
    o->scratch = zeroed(ht_pool_threads(o->pool), sizeof *o->scratch);
    for (unsigned i = 0; o->scratch != NULL && o->n_matrix > 0 && i < ht_pool_threads(o->pool); i++)
        if ((o->scratch[i] = zeroed(scratch, 1)) == NULL)
            return false;
    return o->scratch != NULL;
}

ht_status ht_optim_new(ht_net *net, const ht_optim_config *c, unsigned cpu, ht_pool *pool, ht_optim **out, ht_error *err)
{
    *out = NULL;
    ht_optim *o = calloc(1, sizeof *o);
    if (o == NULL)
        return ht_fail(err, HT_NO_MEMORY, -1, "optimiser: out of memory");
    *o = (ht_optim){.net = net, .pool = pool, .config = *c, .g = ht_gemm_pick(cpu, ht_net_is_bf16(net)), .row = ht_train_row_pick(cpu, ht_net_is_bf16(net))};
    const size_t n = ht_net_size(net);
    o->m = zeroed(n, sizeof *o->m);
    o->v = zeroed(n, sizeof *o->v);
    o->sums = zeroed(n / PIECE + 1, sizeof *o->sums);
    if (o->m == NULL || o->v == NULL || o->sums == NULL || !list_work(o)) {
        ht_optim_free(o);
        return ht_fail(err, HT_NO_MEMORY, -1, "optimiser: out of memory for %zu values", n);
    }
    *out = o;
    return HT_OK;
}

void ht_optim_free(ht_optim *o)
{
    if (o == NULL)
        return;
    for (unsigned i = 0; o->scratch != NULL && i < ht_pool_threads(o->pool); i++)
        free(o->scratch[i]);
    free(o->m), free(o->v), free(o->pieces), free(o->matrices), free(o->sums), free(o->scratch);
    free(o);
}

static void sum_part(void *ctx, unsigned begin, unsigned end, unsigned thread)
{
    (void)thread;
    const ht_optim *o = ctx;
    const float *grad = ht_net_grads(o->net);
    const size_t n = ht_net_size(o->net);
    for (size_t i = begin; i < end; i++) {
        const size_t at = i * PIECE, size = n - at < PIECE ? n - at : PIECE;
        o->sums[i] = (double)o->row.dot(grad + at, grad + at, size);
    }
}

static void adamw_part(void *ctx, unsigned begin, unsigned end, unsigned thread)
{
    (void)thread;
    const ht_optim *o = ctx;
    for (unsigned i = begin; i < end; i++) {
        const piece *p = &o->pieces[i];
        ht_adamw s = o->now;
        s.decay = p->decay;
        o->row.adamw(ht_net_weights(o->net) + p->at, o->m + p->at, o->v + p->at, ht_net_grads(o->net) + p->at, p->n, &s);
        memset(ht_net_grads(o->net) + p->at, 0, p->n * sizeof(float));
    }
}

/* m = momentum m + g; step = orthogonalise(g + momentum m) scaled so that AdamW's learning rate fits (Liu et al. 2025,
 * arXiv:2502.16982: 0.2 sqrt(max(rows, cols))). */
static void muon_part(void *ctx, unsigned begin, unsigned end, unsigned thread)
{
    const ht_optim *o = ctx;
    for (unsigned i = begin; i < end; i++) {
        const ht_param *p = o->matrices[i];
        const size_t n = (size_t)p->rows * p->cols;
        float *w = ht_net_weights(o->net) + p->at, *m = o->m + p->at, *g = ht_net_grads(o->net) + p->at;
        float *step = (float *)(void *)((char *)o->scratch[thread] + (ht_muon_scratch(&o->g, p->rows, p->cols) + 63) / 64 * 64);
        o->row.scale(g, o->now.grad_scale, n);
        o->row.scale(m, o->config.momentum, n);
        o->row.add(m, g, n);
        memcpy(step, m, n * sizeof *step);
        o->row.scale(step, o->config.momentum, n);
        o->row.add(step, g, n);
        ht_muon_orthogonalise(&o->g, &o->row, step, p->rows, p->cols, o->scratch[thread]);
        o->row.scale(step, -o->now.lr * 0.2f * sqrtf((float)(p->rows > p->cols ? p->rows : p->cols)), n);
        o->row.scale(w, 1.0f - o->now.lr * o->config.decay, n);
        o->row.add(w, step, n);
        memset(g, 0, n * sizeof *g);
    }
}

double ht_optim_step(ht_optim *o, float lr, float grad_scale, uint64_t step)
{
    const int64_t start = ht_clock_ns();
    const size_t n_sum = (ht_net_size(o->net) + PIECE - 1) / PIECE;
    double sum = 0;
    ht_pool_run(o->pool, (unsigned)n_sum, 8, sum_part, o);
    for (size_t i = 0; i < n_sum; i++)
        sum += o->sums[i];
    const double norm = sqrt(sum) * (double)grad_scale;
    if (isfinite(norm)) {
        const ht_optim_config *c = &o->config;
        const float clip = c->clip > 0 && norm > (double)c->clip ? (float)((double)c->clip / norm) : 1.0f;
        o->now = (ht_adamw){.lr = lr, .beta1 = c->beta1, .beta2 = c->beta2, .eps = c->eps, .grad_scale = grad_scale * clip,
                            .fix1 = (float)(1.0 / (1.0 - pow((double)c->beta1, (double)step))),
                            .fix2 = (float)(1.0 / (1.0 - pow((double)c->beta2, (double)step)))};
        ht_pool_run(o->pool, (unsigned)o->n_matrix, 1, muon_part, o);
        ht_pool_run(o->pool, (unsigned)o->n_piece, 8, adamw_part, o);
    }
    ht_net_phase_ns(o->net)[HT_PHASE_OPTIM] += ht_clock_ns() - start;
    return norm;
}

float *ht_optim_m(ht_optim *o) { return o->m; }
float *ht_optim_v(ht_optim *o) { return o->v; }
