/* A tiny model with random weights: as a GGUF file in memory, and a forward pass over it in double precision that shares
 * no code with the engine. */
#ifndef HT_TESTS_MODEL_TINY_MODEL_H
#define HT_TESTS_MODEL_TINY_MODEL_H
#include "base/arena.h"
#include "base/rng.h"
#include "check.h"
#include "codec/gguf.h"
#include "tensor/dtype.h"

typedef struct {
    const char *arch; /* llama, qwen2, qwen3 */
    int n_layer, d_model, n_head, n_kv_head, d_head, d_ff, n_vocab, n_rot;
    bool tied, factors; /* output = embedding; rope_freqs.weight */
    double rope_base, rope_scale, eps;
    ht_dtype type;
    uint64_t seed;
    int n_ctx; /* 0 = 1024 */
} tiny_config;

typedef struct {
    tiny_config c;
    ht_arena mem;
    ht_gguf_writer *w;
    ht_buf file;
    ht_rng rng;
    struct {
        double *attn_norm, *ffn_norm, *q, *k, *v, *o, *q_bias, *k_bias, *v_bias, *q_norm, *k_norm, *gate, *up, *down;
    } layers[4];
    double *embedding, *output, *output_norm, *factors;
} tiny_model;

/* Adds a tensor of random values around `centre` to the file; returns what was stored, in double. */
static inline double *tiny_tensor(tiny_model *t, const char *name, int n_in, int n_out, double centre, double spread)
{
    const ht_dtype type = n_out > 1 ? t->c.type : HT_F32;
    const size_t n = (size_t)n_in * (size_t)n_out, bytes = ht_dtype_row_bytes(type, n);
    float *f = ht_arena_array(&t->mem, n, sizeof *f);
    uint8_t *data = ht_arena_alloc(&t->mem, bytes);
    double *d = ht_arena_array(&t->mem, n, sizeof *d);
    for (size_t i = 0; i < n; i++)
        f[i] = (float)(centre + spread * (double)ht_rng_normal(&t->rng));
    ht_dtype_get(type)->from_float(data, f, n);
    ht_dtype_get(type)->to_float(f, data, n);
    for (size_t i = 0; i < n; i++)
        d[i] = (double)f[i];
    const uint64_t dims[] = {(uint64_t)n_in, (uint64_t)n_out};
    ht_gguf_writer_tensor(t->w, ht_str_from(name), ht_dtype_get(type)->gguf_type, n_out > 1 ? 2 : 1, dims, (ht_bytes){data, bytes});
    return d;
}

static inline void tiny_key(tiny_model *t, const char *name, int value)
{
    char key[80];
    snprintf(key, sizeof key, "%s.%s", t->c.arch, name);
    ht_gguf_writer_u32(t->w, key, (uint32_t)value);
}

static inline void tiny_key_float(tiny_model *t, const char *name, double value)
{
    char key[80];
    snprintf(key, sizeof key, "%s.%s", t->c.arch, name);
    ht_gguf_writer_f32(t->w, key, (float)value);
}

static inline void tiny_layer(tiny_model *t, int l)
{
    const tiny_config *c = &t->c;
    const int nq = c->n_head * c->d_head, nk = c->n_kv_head * c->d_head;
    char name[64];
#define TINY(field, suffix, n_in, n_out, centre, spread) \
    (snprintf(name, sizeof name, "blk.%d.%s", l, suffix), t->layers[l].field = tiny_tensor(t, name, n_in, n_out, centre, spread))
    TINY(attn_norm, "attn_norm.weight", c->d_model, 1, 1, 0.2);
    TINY(ffn_norm, "ffn_norm.weight", c->d_model, 1, 1, 0.2);
    TINY(q, "attn_q.weight", c->d_model, nq, 0, 0.25);
    TINY(k, "attn_k.weight", c->d_model, nk, 0, 0.25);
    TINY(v, "attn_v.weight", c->d_model, nk, 0, 0.25);
    TINY(o, "attn_output.weight", nq, c->d_model, 0, 0.25);
    TINY(gate, "ffn_gate.weight", c->d_model, c->d_ff, 0, 0.25);
    TINY(up, "ffn_up.weight", c->d_model, c->d_ff, 0, 0.25);
    TINY(down, "ffn_down.weight", c->d_ff, c->d_model, 0, 0.25);
    if (strcmp(c->arch, "qwen2") == 0) {
        TINY(q_bias, "attn_q.bias", nq, 1, 0, 0.3);
        TINY(k_bias, "attn_k.bias", nk, 1, 0, 0.3);
        TINY(v_bias, "attn_v.bias", nk, 1, 0, 0.3);
    }
    if (strcmp(c->arch, "qwen3") == 0) {
        TINY(q_norm, "attn_q_norm.weight", c->d_head, 1, 1, 0.3);
        TINY(k_norm, "attn_k_norm.weight", c->d_head, 1, 1, 0.3);
    }
#undef TINY
}

/* Fills t->w; the caller may add more before tiny_finish. */
static inline void tiny_begin(tiny_model *t, tiny_config c)
{
    ht_error err = {0};
    *t = (tiny_model){.c = c};
    ht_rng_seed(&t->rng, c.seed);
    CHECK_OK(ht_gguf_writer_new(&t->w, &err), err);
    ht_gguf_writer_str(t->w, "general.architecture", ht_str_from(c.arch));
    tiny_key(t, "block_count", c.n_layer);
    tiny_key(t, "context_length", c.n_ctx ? c.n_ctx : 1024);
    tiny_key(t, "embedding_length", c.d_model);
    tiny_key(t, "feed_forward_length", c.d_ff);
    tiny_key(t, "attention.head_count", c.n_head);
    tiny_key(t, "attention.head_count_kv", c.n_kv_head);
    tiny_key(t, "attention.key_length", c.d_head);
    tiny_key(t, "attention.value_length", c.d_head);
    tiny_key(t, "rope.dimension_count", c.n_rot);
    tiny_key_float(t, "rope.freq_base", c.rope_base);
    tiny_key_float(t, "attention.layer_norm_rms_epsilon", c.eps);
    if (c.rope_scale != 1) {
        char key[80];
        snprintf(key, sizeof key, "%s.rope.scaling.type", c.arch);
        ht_gguf_writer_str(t->w, key, HT_STR("linear"));
        tiny_key_float(t, "rope.scaling.factor", c.rope_scale);
    }
    t->embedding = tiny_tensor(t, "token_embd.weight", c.d_model, c.n_vocab, 0, 0.8);
    t->output_norm = tiny_tensor(t, "output_norm.weight", c.d_model, 1, 1, 0.2);
    t->output = c.tied ? t->embedding : tiny_tensor(t, "output.weight", c.d_model, c.n_vocab, 0, 0.3);
    if (c.factors)
        t->factors = tiny_tensor(t, "rope_freqs.weight", c.n_rot / 2, 1, 3, 0.5);
    for (int l = 0; l < c.n_layer; l++)
        tiny_layer(t, l);
}

static inline ht_bytes tiny_finish(tiny_model *t)
{
    ht_error err = {0};
    CHECK_OK(ht_gguf_writer_encode(t->w, &t->file, &err), err);
    return (ht_bytes){(const uint8_t *)t->file.ptr, t->file.len};
}

static inline void tiny_free(tiny_model *t)
{
    ht_gguf_writer_free(t->w);
    ht_buf_deinit(&t->file);
    ht_arena_deinit(&t->mem);
}

/* --- the reference --- */

static inline void ref_matvec(double *y, const double *w, const double *x, const double *bias, int n_out, int n_in)
{
    for (int r = 0; r < n_out; r++) {
        y[r] = bias ? bias[r] : 0;
        for (int i = 0; i < n_in; i++)
            y[r] += w[r * n_in + i] * x[i];
    }
}

static inline void ref_norm(double *y, const double *x, const double *w, int n, double eps)
{
    double sum = 0;
    for (int i = 0; i < n; i++)
        sum += x[i] * x[i];
    const double scale = 1 / sqrt(sum / n + eps);
    for (int i = 0; i < n; i++)
        y[i] = x[i] * scale * w[i];
}

static inline void ref_rope(const tiny_model *t, double *x, int pos)
{
    const bool halves = strcmp(t->c.arch, "llama") != 0;
    for (int k = 0; k < t->c.n_rot / 2; k++) {
        const double angle = pos / t->c.rope_scale * pow(t->c.rope_base, -2.0 * k / t->c.n_rot) / (t->factors ? t->factors[k] : 1);
        double *a = halves ? x + k : x + 2 * k, *b = halves ? x + k + t->c.n_rot / 2 : x + 2 * k + 1;
        const double c = cos(angle), s = sin(angle), a0 = *a, b0 = *b;
        *a = a0 * c - b0 * s;
        *b = a0 * s + b0 * c;
    }
}

/* logits [n][n_vocab] of n tokens from position 0. */
static inline void ref_forward(tiny_model *t, const int32_t *ids, int n, double *logits)
{
    const tiny_config *c = &t->c;
    const int d = c->d_model, nq = c->n_head * c->d_head, nk = c->n_kv_head * c->d_head, dh = c->d_head;
    ht_arena mem = {0};
    double *k_cache = ht_arena_array(&mem, (size_t)(c->n_layer * n * nk), sizeof(double)), *v_cache = ht_arena_array(&mem, (size_t)(c->n_layer * n * nk), sizeof(double));
    double *h = ht_arena_array(&mem, (size_t)d, sizeof(double)), *q = ht_arena_array(&mem, (size_t)nq, sizeof(double)), *att = ht_arena_array(&mem, (size_t)nq, sizeof(double));
    double *x = ht_arena_array(&mem, (size_t)d, sizeof(double)), *add = ht_arena_array(&mem, (size_t)d, sizeof(double));
    double *gate = ht_arena_array(&mem, (size_t)c->d_ff, sizeof(double)), *up = ht_arena_array(&mem, (size_t)c->d_ff, sizeof(double));
    double *score = ht_arena_array(&mem, (size_t)n, sizeof(double));
    for (int pos = 0; pos < n; pos++) {
        memcpy(x, t->embedding + ids[pos] * d, (size_t)d * sizeof *x);
        for (int l = 0; l < c->n_layer; l++) {
            double *k = k_cache + (l * n + pos) * nk, *v = v_cache + (l * n + pos) * nk;
            ref_norm(h, x, t->layers[l].attn_norm, d, c->eps);
            ref_matvec(q, t->layers[l].q, h, t->layers[l].q_bias, nq, d);
            ref_matvec(k, t->layers[l].k, h, t->layers[l].k_bias, nk, d);
            ref_matvec(v, t->layers[l].v, h, t->layers[l].v_bias, nk, d);
            for (int i = 0; i < c->n_head; i++) {
                if (t->layers[l].q_norm)
                    ref_norm(q + i * dh, q + i * dh, t->layers[l].q_norm, dh, c->eps);
                ref_rope(t, q + i * dh, pos);
            }
            for (int i = 0; i < c->n_kv_head; i++) {
                if (t->layers[l].k_norm)
                    ref_norm(k + i * dh, k + i * dh, t->layers[l].k_norm, dh, c->eps);
                ref_rope(t, k + i * dh, pos);
            }
            for (int i = 0; i < c->n_head; i++) {
                const int kv = i / (c->n_head / c->n_kv_head);
                double sum = 0;
                for (int p = 0; p <= pos; p++) {
                    double dot = 0;
                    for (int e = 0; e < dh; e++)
                        dot += q[i * dh + e] * k_cache[(l * n + p) * nk + kv * dh + e];
                    sum += score[p] = exp(dot / sqrt(dh));
                }
                for (int e = 0; e < dh; e++) {
                    att[i * dh + e] = 0;
                    for (int p = 0; p <= pos; p++)
                        att[i * dh + e] += score[p] / sum * v_cache[(l * n + p) * nk + kv * dh + e];
                }
            }
            ref_matvec(add, t->layers[l].o, att, NULL, d, nq);
            for (int i = 0; i < d; i++)
                x[i] += add[i];
            ref_norm(h, x, t->layers[l].ffn_norm, d, c->eps);
            ref_matvec(gate, t->layers[l].gate, h, NULL, c->d_ff, d);
            ref_matvec(up, t->layers[l].up, h, NULL, c->d_ff, d);
            for (int i = 0; i < c->d_ff; i++)
                gate[i] = gate[i] / (1 + exp(-gate[i])) * up[i];
            ref_matvec(add, t->layers[l].down, gate, NULL, d, c->d_ff);
            for (int i = 0; i < d; i++)
                x[i] += add[i];
        }
        ref_norm(h, x, t->output_norm, d, c->eps);
        ref_matvec(logits + pos * c->n_vocab, t->output, h, NULL, c->n_vocab, d);
    }
    ht_arena_deinit(&mem);
}
#endif
