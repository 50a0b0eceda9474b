#include "model/block.h"

#include <math.h>

/* cos and sin of pos * base^(-2 i / n_rot), in double: positions reach 10^5, where a float angle is off by 10^-2. */
static void fill_angles(const ht_model *m, float *cos_sin, size_t pos)
{
    for (size_t i = 0; i < m->n_rot / 2; i++) {
        const double frequency = pow((double)m->info.rope_base, -2.0 * (double)i / (double)m->n_rot);
        const double factor = m->rope_factors ? (double)m->rope_factors[i] : 1.0;
        const double angle = (double)pos / m->rope_scale * frequency / factor;
        cos_sin[2 * i] = (float)cos(angle);
        cos_sin[2 * i + 1] = (float)sin(angle);
    }
}

typedef struct {
    ht_pass *p;
    const ht_attn_sequence *s;
    const int32_t *ids;
} begin_job;

static void begin_part(void *ctx, unsigned begin, unsigned end, unsigned thread)
{
    const begin_job *j = ctx;
    const ht_model *m = j->p->m;
    const ht_weight *e = &m->embedding;
    (void)thread;
    for (size_t t = begin; t < end; t++) {
        const size_t row = j->s->row0 + t;
        ht_dtype_get(e->type)->to_float(j->p->x + row * e->n_in, e->data + (size_t)j->ids[t] * e->row_bytes, e->n_in);
        fill_angles(m, j->p->cos_sin + row * m->n_rot, j->s->pos0 + t);
    }
}

void ht_block_begin(ht_pass *p)
{
    for (size_t i = 0; i < p->n_segments; i++) {
        begin_job j = {p, &p->sequences[i], p->segments[i].ids};
        ht_pool_run(ht_ops_pool(p->m->ops), (unsigned)p->sequences[i].n_rows, 16, begin_part, &j);
    }
}

void ht_block_norm(ht_pass *p, const float *w)
{
    ht_rms_norm_rows(p->m->ops, p->h, p->x, w, p->n_rows, (size_t)p->m->info.d_model, p->m->info.norm_eps);
}

void ht_block_qkv(ht_pass *p, const ht_layer *l)
{
    const ht_product products[] = {
        {.w = &l->q, .y = p->q, .bias = l->q_bias},
        {.w = &l->k, .y = p->k, .bias = l->k_bias},
        {.w = &l->v, .y = p->v, .bias = l->v_bias},
    };
    ht_matmul(p->m->ops, p->h, p->n_rows, products, 3);
}

void ht_block_qk_norm(ht_pass *p, const ht_layer *l)
{
    const ht_model_info *i = &p->m->info;
    ht_rms_norm_rows(p->m->ops, p->q, p->q, l->q_norm, p->n_rows * (size_t)i->n_head, (size_t)i->d_head, i->norm_eps);
    ht_rms_norm_rows(p->m->ops, p->k, p->k, l->k_norm, p->n_rows * (size_t)i->n_kv_head, (size_t)i->d_head, i->norm_eps);
}

void ht_block_rope(ht_pass *p, ht_rope_pairs pairs)
{
    const ht_model_info *i = &p->m->info;
    ht_rope_rows(p->m->ops, p->q, p->cos_sin, p->n_rows, (size_t)i->n_head, (size_t)i->d_head, p->m->n_rot, pairs);
    ht_rope_rows(p->m->ops, p->k, p->cos_sin, p->n_rows, (size_t)i->n_kv_head, (size_t)i->d_head, p->m->n_rot, pairs);
}

typedef struct {
    ht_pass *p;
    const ht_attn_sequence *s;
    ht_kv *kv;
    size_t layer;
} put_job;

static void put_part(void *ctx, unsigned begin, unsigned end, unsigned thread)
{
    const put_job *j = ctx;
    const size_t n = j->kv->n_kv_head * j->kv->d_head;
    (void)thread;
    for (size_t t = begin; t < end; t++) {
        const size_t row = j->s->row0 + t;
        ht_kv_put(j->kv, j->layer, j->s->pos0 + t, j->p->k + row * n, j->p->v + row * n);
    }
}

void ht_block_attend(ht_pass *p, size_t layer)
{
    const ht_model_info *info = &p->m->info;
    for (size_t i = 0; i < p->n_segments; i++) {
        ht_kv *kv = p->segments[i].kv;
        ht_attn_sequence *s = &p->sequences[i];
        put_job j = {p, s, kv, layer};
        ht_pool_run(ht_ops_pool(p->m->ops), (unsigned)s->n_rows, 32, put_part, &j);
        s->k = ht_kv_keys(kv, layer);
        s->v = ht_kv_values(kv, layer);
        s->k_head_stride = s->v_head_stride = (size_t)kv->n_ctx * kv->d_head;
    }
    ht_attention_rows(p->m->ops, p->q, p->q, p->sequences, p->n_segments, (size_t)info->n_head, (size_t)info->n_kv_head,
                      (size_t)info->d_head, 1.0f / sqrtf((float)info->d_head));
}

void ht_block_narrow(ht_pass *p)
{
    const size_t d_model = (size_t)p->m->info.d_model, n_q = (size_t)p->m->info.n_head * (size_t)p->m->info.d_head;
    for (size_t i = 0; i < p->n_wanted; i++) { /* wanted[i] >= i, so rows only move towards the front */
        if (p->wanted[i] == i)
            continue;
        memcpy(p->x + i * d_model, p->x + p->wanted[i] * d_model, d_model * sizeof(float));
        memcpy(p->q + i * n_q, p->q + p->wanted[i] * n_q, n_q * sizeof(float));
    }
    p->n_rows = p->n_wanted;
}

void ht_block_attn_output(ht_pass *p, const ht_layer *l)
{
    if (p->n_rows == 0)
        return;
    const ht_product product = {.w = &l->o, .y = p->x, .add = true};
    ht_matmul(p->m->ops, p->q, p->n_rows, &product, 1);
}

void ht_block_ffn(ht_pass *p, const ht_layer *l)
{
    if (p->n_rows == 0)
        return;
    const ht_product in[] = {{.w = &l->gate, .y = p->gate}, {.w = &l->up, .y = p->up}};
    const ht_product out = {.w = &l->down, .y = p->x, .add = true};
    ht_matmul(p->m->ops, p->h, p->n_rows, in, 2);
    ht_silu_mul_rows(p->m->ops, p->gate, p->up, p->n_rows, (size_t)p->m->info.d_ff);
    ht_matmul(p->m->ops, p->gate, p->n_rows, &out, 1);
}

void ht_block_logits(ht_pass *p)
{
    const ht_model *m = p->m;
    const size_t d_model = (size_t)m->info.d_model;
    size_t row = 0;
    ht_block_norm(p, m->output_norm);
    if (p->n_segments > 1 && p->n_rows == p->n_segments) { /* decoding in a batch: one product, then a row for each */
        float *all = ht_arena_array(&((ht_model *)(uintptr_t)m)->work, p->n_rows * (size_t)m->info.n_vocab, sizeof *all);
        if (all != NULL) {
            const ht_product product = {.w = &m->output, .y = all};
            ht_matmul(m->ops, p->h, p->n_rows, &product, 1);
            for (size_t i = 0; i < p->n_segments; i++)
                memcpy(p->segments[i].logits, all + i * (size_t)m->info.n_vocab, (size_t)m->info.n_vocab * sizeof *all);
            return;
        }
    }
    for (size_t i = 0; i < p->n_segments; i++) {
        const ht_model_segment *s = &p->segments[i];
        const size_t n = s->want == HT_LOGITS_ALL ? (size_t)s->n : s->want == HT_LOGITS_LAST ? 1u : 0u;
        if (n == 0)
            continue;
        const ht_product product = {.w = &m->output, .y = s->logits};
        ht_matmul(m->ops, p->h + row * d_model, n, &product, 1);
        row += n;
    }
}
