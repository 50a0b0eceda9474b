#include "train/run.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/cpu.h"
#include "codec/gguf.h"
#include "train/checkpoint.h"
#include "train/export.h"

typedef struct {
    const ht_train_config *c;
    const ht_train_calls *calls;
    ht_pool *pool;
    ht_net *net;
    ht_optim *optim;
    ht_feed *feed, *eval;
    FILE *metrics;
    ht_checkpoint_head head; /* the run's place */
    char path[HT_TRAIN_PATH + 32]; /* of last.ckpt */
    int64_t started_ns, saved_ns, stepping_ns;
    double elapsed_before_s; /* in earlier sittings */
    double progress_before;
} run;

static ht_status count_vocab(const char *tokenizer, uint32_t *out, ht_error *err)
{
    ht_map map;
    ht_gguf *g = NULL;
    ht_status st = ht_map_open(tokenizer, &map, err);
    if (st != HT_OK)
        return st;
    st = ht_gguf_parse(ht_map_bytes(&map), &g, err);
    if (st == HT_OK) {
        const ht_gguf_kv *tokens = ht_gguf_find_kv(g, HT_STR("tokenizer.ggml.tokens"));
        if (tokens == NULL || tokens->n < 2 || tokens->n > 65536)
            st = ht_fail(err, HT_BAD_FORMAT, -1, "%s: has no list of 2 … 65536 tokens (tokenizer.ggml.tokens)", tokenizer);
        else
            *out = (uint32_t)tokens->n;
    } else {
        ht_fail_prefix(err, "%s", tokenizer);
    }
    ht_gguf_free(g);
    ht_map_close(&map);
    return st;
}

static ht_status open_data(run *r, uint32_t n_vocab, ht_error *err)
{
    const ht_train_config *c = r->c;
    ht_status st = ht_feed_new(c->shape.n_ctx, c->micro_tokens, c->seed, true, &r->feed, err);
    for (unsigned i = 0; st == HT_OK && i < c->n_data; i++)
        st = ht_feed_add(r->feed, c->data[i].path, c->data[i].weight, n_vocab, err);
    if (st != HT_OK || c->eval[0] == '\0')
        return st;
    st = ht_feed_new(c->shape.n_ctx, c->micro_tokens, 0, false, &r->eval, err);
    return st != HT_OK ? st : ht_feed_add(r->eval, c->eval, 0, n_vocab, err);
}

/* Weights of an earlier run, to go on from with a fresh optimiser. */
static ht_status load_init(run *r, ht_error *err)
{
    ht_checkpoint k;
    ht_status st = ht_checkpoint_open(r->c->init_from, &k, err);
    if (st != HT_OK)
        return st;
    ht_net_shape a = k.head.shape, b = *ht_net_get_shape(r->net);
    a.n_ctx = b.n_ctx; /* positions carry no weights */
    if (memcmp(&a, &b, sizeof a) != 0 || k.head.n_value != ht_net_size(r->net))
        st = ht_fail(err, HT_BAD_FORMAT, -1, "%s: its model has another shape than \"model\" in the configuration", r->c->init_from);
    else
        memcpy(ht_net_weights(r->net), k.w, k.head.n_value * sizeof(float));
    ht_checkpoint_close(&k);
    return st;
}

static ht_status load_last(run *r, ht_error *err)
{
    ht_checkpoint k;
    ht_status st = ht_checkpoint_open(r->path, &k, err);
    if (st != HT_OK)
        return st;
    const size_t n = ht_net_size(r->net);
    if (memcmp(&k.head.shape, ht_net_get_shape(r->net), sizeof k.head.shape) != 0 || k.head.n_value != n)
        st = ht_fail(err, HT_BAD_FORMAT, -1, "%s: its model has another shape than \"model\" in the configuration", r->path);
    else if (k.head.n_place != ht_feed_shards(r->feed) || k.head.seed != r->c->seed || k.head.is_muon != (uint32_t)r->c->optim.is_muon)
        st = ht_fail(err, HT_BAD_FORMAT, -1, "%s: was made with other data, seed or optimizer than the configuration's", r->path);
    else
        st = ht_feed_restore(r->feed, k.places, err);
    if (st == HT_OK) {
        memcpy(ht_net_weights(r->net), k.w, n * sizeof(float));
        memcpy(ht_optim_m(r->optim), k.m, n * sizeof(float));
        memcpy(ht_optim_v(r->optim), k.v, n * sizeof(float));
        r->head.step = k.head.step;
        r->head.tokens = k.head.tokens;
        r->head.loss_tokens = k.head.loss_tokens;
        r->elapsed_before_s = k.head.elapsed_s;
    }
    ht_checkpoint_close(&k);
    return st;
}

static ht_status set_up(run *r, const ht_train_options *o, ht_error *err)
{
    const ht_train_config *c = r->c;
    ht_net_shape shape = c->shape;
    const unsigned cpu = ht_cpu_bits();
    ht_status st = count_vocab(c->tokenizer, &shape.n_vocab, err);
    if (st != HT_OK || (st = open_data(r, shape.n_vocab, err)) != HT_OK || (st = ht_pool_new(o->n_threads, &r->pool, err)) != HT_OK ||
        (st = ht_net_new(&shape, c->micro_tokens, !c->wants_f32, cpu, r->pool, &r->net, err)) != HT_OK ||
        (st = ht_optim_new(r->net, &c->optim, cpu, r->pool, &r->optim, err)) != HT_OK || (st = ht_dir_make(c->out, err)) != HT_OK)
        return st;
    snprintf(r->path, sizeof r->path, "%s/last.ckpt", c->out);
    r->head = (ht_checkpoint_head){.n_place = ht_feed_shards(r->feed), .shape = shape, .is_muon = c->optim.is_muon,
                                   .n_value = ht_net_size(r->net), .seed = c->seed};
    snprintf(r->head.name, sizeof r->head.name, "%s", c->name);
    snprintf(r->head.tokenizer, sizeof r->head.tokenizer, "%s", c->tokenizer);
    if (o->resume)
        st = load_last(r, err);
    else if (access(r->path, F_OK) == 0 && !o->dry_run)
        st = ht_fail(err, HT_BAD_ARG, -1, "%s exists: add --resume to go on, or choose another \"out\"", r->path);
    else if (c->init_from[0] != '\0')
        st = load_init(r, err);
    else
        ht_net_init(r->net, c->seed);
    if (st == HT_OK)
        ht_net_pack(r->net);
    return st;
}

static void tell_plan(const run *r)
{
    if (r->calls->on_plan == NULL)
        return;
    const ht_train_plan plan = {.n_params = ht_net_size(r->net), .data_tokens = ht_feed_tokens(r->feed), .dropped_tokens = ht_feed_dropped(r->feed),
                                .eval_tokens = r->eval ? ht_feed_tokens(r->eval) : 0, .first_step = r->head.step,
                                .n_vocab = r->head.shape.n_vocab, .n_threads = ht_pool_threads(r->pool), .is_bf16 = ht_net_is_bf16(r->net)};
    r->calls->on_plan(r->calls->ctx, &plan);
}

static double elapsed_s(const run *r) { return r->elapsed_before_s + (double)(ht_clock_ns() - r->started_ns) * 1e-9; }

/* 0 … 1 (and beyond): by the end that is nearest. */
static double progress(const run *r)
{
    const ht_train_config *c = r->c;
    double p = 0;
    if (c->steps > 0)
        p = fmax(p, (double)r->head.step / (double)c->steps);
    if (c->tokens > 0)
        p = fmax(p, (double)r->head.tokens / (double)c->tokens);
    if (c->epochs > 0)
        p = fmax(p, (double)r->head.tokens / (c->epochs * (double)ht_feed_tokens(r->feed)));
    if (c->minutes > 0)
        p = fmax(p, elapsed_s(r) / (60 * c->minutes));
    return p;
}

static ht_status save(run *r, ht_error *err)
{
    ht_feed_place places[HT_FEED_MAX_SHARDS];
    char gguf[HT_TRAIN_PATH + 32];
    ht_feed_save(r->feed, places);
    r->head.elapsed_s = elapsed_s(r);
    ht_status st = ht_checkpoint_write(r->path, &r->head, places, ht_net_weights(r->net), ht_optim_m(r->optim), ht_optim_v(r->optim), err);
    r->saved_ns = ht_clock_ns();
    if (st != HT_OK || !(r->c->export_each || progress(r) >= 1))
        return st;
    snprintf(gguf, sizeof gguf, "%s/model.gguf", r->c->out);
    return ht_train_export(gguf, r->c->name, r->c->tokenizer, &r->head.shape, ht_net_weights(r->net), r->c->export_bf16, err);
}

static ht_status evaluate(run *r, double *out, ht_error *err)
{
    double sum = 0, loss;
    uint64_t n_loss = 0, n_token = 0;
    int64_t before[HT_PHASE_COUNT]; /* the table of phases is about steps */
    memcpy(before, ht_net_phase_ns(r->net), sizeof before);
    ht_feed_rewind(r->eval);
    for (const ht_batch *b; n_token < r->c->eval_tokens && (b = ht_feed_next(r->eval))->n_token > 0;) {
        const ht_status st = ht_net_loss(r->net, b, &loss, err);
        if (st != HT_OK)
            return st;
        sum += loss;
        n_loss += b->n_loss;
        n_token += b->n_token;
    }
    memcpy(ht_net_phase_ns(r->net), before, sizeof before);
    *out = n_loss > 0 ? sum / (double)n_loss : 0;
    return HT_OK;
}

static ht_status write_metrics(run *r, const ht_train_report *p, ht_error *err)
{
    fprintf(r->metrics, "{\"step\": %llu, \"tokens\": %llu, \"epoch\": %.4f, \"loss\": %.9g, \"lr\": %.6g, \"grad_norm\": %.6g, \"tok_s\": %.0f, \"gflops\": %.1f}\n",
            (unsigned long long)p->step, (unsigned long long)p->tokens, p->epoch, p->loss, p->lr, p->grad_norm, p->tok_s, p->gflops);
    if (!isnan(p->eval_loss))
        fprintf(r->metrics, "{\"step\": %llu, \"eval_loss\": %.9g}\n", (unsigned long long)p->step, p->eval_loss);
    if (fflush(r->metrics) != 0)
        return ht_fail(err, HT_IO, -1, "%s/metrics.jsonl: cannot write: %s", r->c->out, strerror(errno));
    return HT_OK;
}

/* Adds up micro-batches, then one optimiser step. */
static ht_status take_step(run *r, ht_train_report *p, ht_error *err)
{
    const int64_t start = ht_clock_ns();
    int64_t *data_ns = &ht_net_phase_ns(r->net)[HT_PHASE_DATA];
    uint64_t n_token = 0, n_loss = 0;
    double sum = 0, loss;
    while (n_token < r->c->batch_tokens) {
        const int64_t asked = ht_clock_ns();
        const ht_batch *b = ht_feed_next(r->feed);
        *data_ns += ht_clock_ns() - asked;
        const ht_status st = ht_net_loss_grad(r->net, b, &loss, err);
        if (st != HT_OK)
            return st;
        sum += loss;
        n_token += b->n_token;
        n_loss += b->n_loss;
        if (r->c->batch_tokens - n_token < r->c->micro_tokens / 2) /* documents do not fill a batch to the last token */
            break;
    }
    const uint64_t step = r->head.step + 1;
    const float lr = ht_train_lr(r->c, step, progress(r));
    p->grad_norm = n_loss > 0 ? ht_optim_step(r->optim, lr, 1.0f / (float)n_loss, step) : 0;
    p->loss = n_loss > 0 ? sum / (double)n_loss : 0;
    if (!isfinite(p->grad_norm) || !isfinite(p->loss))
        return ht_fail(err, HT_CANCELLED, -1, "step %llu: the loss is %g and its gradient %g: stopped; %s is from before (lower \"lr\", or look at the data)",
                       (unsigned long long)step, p->loss, p->grad_norm, r->path);
    ht_net_pack(r->net);
    r->head.step = step;
    r->head.tokens += n_token;
    r->head.loss_tokens += n_loss;
    const double seconds = (double)(ht_clock_ns() - start) * 1e-9;
    r->stepping_ns += ht_clock_ns() - start;
    p->step = step;
    p->tokens = r->head.tokens;
    p->lr = (double)lr;
    p->epoch = (double)r->head.tokens / (double)ht_feed_tokens(r->feed);
    p->tok_s = (double)n_token / seconds;
    p->gflops = ht_net_flops(r->net, n_token, n_loss) / seconds * 1e-9;
    return HT_OK;
}

static ht_status steps(run *r, ht_error *err)
{
    const ht_train_calls *calls = r->calls;
    r->progress_before = progress(r);
    for (bool is_last = r->progress_before >= 1; !is_last;) {
        ht_train_report p = {.eval_loss = NAN};
        ht_status st = take_step(r, &p, err);
        if (st != HT_OK)
            return st;
        const bool wants_stop = calls->should_stop != NULL && calls->should_stop(calls->ctx);
        is_last = progress(r) >= 1;
        if (r->eval != NULL && !wants_stop && (is_last || p.step % r->c->eval_every == 0) && (st = evaluate(r, &p.eval_loss, err)) != HT_OK)
            return st;
        const double done = progress(r), here = (double)(ht_clock_ns() - r->started_ns) * 1e-9;
        p.progress = done < 1 ? done : 1;
        p.eta_s = done > r->progress_before ? here * fmax(0, 1 - done) / (done - r->progress_before) : -1;
        if ((st = write_metrics(r, &p, err)) != HT_OK)
            return st;
        if (calls->on_step != NULL)
            calls->on_step(calls->ctx, &p);
        const bool is_due = (double)(ht_clock_ns() - r->saved_ns) * 1e-9 > 60 * r->c->save_minutes;
        if ((is_due || is_last || wants_stop) && (st = save(r, err)) != HT_OK)
            return st;
        if (wants_stop && !is_last)
            return ht_fail(err, HT_CANCELLED, -1, "stopped after step %llu; --resume goes on", (unsigned long long)p.step);
    }
    return HT_OK;
}

ht_status ht_train_run(const ht_train_config *c, const ht_train_options *o, const ht_train_calls *calls, ht_error *err)
{
    run r = {.c = c, .calls = calls};
    char metrics[HT_TRAIN_PATH + 32];
    ht_status st = set_up(&r, o, err);
    if (st != HT_OK)
        goto done;
    tell_plan(&r);
    if (o->dry_run)
        goto done;
    snprintf(metrics, sizeof metrics, "%s/metrics.jsonl", c->out);
    if ((r.metrics = fopen(metrics, o->resume ? "abe" : "wbe")) == NULL) {
        st = ht_fail(err, HT_IO, -1, "%s: cannot create: %s", metrics, strerror(errno));
        goto done;
    }
    memset(ht_net_phase_ns(r.net), 0, HT_PHASE_COUNT * sizeof(int64_t));
    r.started_ns = r.saved_ns = ht_clock_ns();
    st = steps(&r, err);
    if (calls->on_end != NULL)
        calls->on_end(calls->ctx, ht_net_phase_ns(r.net), r.stepping_ns);
done:
    if (r.metrics != NULL)
        fclose(r.metrics);
    ht_feed_free(r.feed);
    ht_feed_free(r.eval);
    ht_optim_free(r.optim);
    ht_net_free(r.net);
    ht_pool_free(r.pool);
    return st;
}
