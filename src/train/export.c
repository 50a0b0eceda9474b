#include "train/export.h"

#include <stdio.h>
#include <stdlib.h>

#include "codec/gguf.h"

enum { GGML_F32 = 0, GGML_BF16 = 30 };

static void add_keys(ht_gguf_writer *w, const char *name, const ht_net_shape *s, bool is_bf16)
{
    ht_gguf_writer_str(w, "general.architecture", HT_STR("qwen3"));
    ht_gguf_writer_str(w, "general.name", ht_str_from(name));
    ht_gguf_writer_u32(w, "general.file_type", is_bf16 ? 32 : 0);
    ht_gguf_writer_u32(w, "general.quantization_version", 2);
    ht_gguf_writer_u32(w, "qwen3.context_length", s->n_ctx);
    ht_gguf_writer_u32(w, "qwen3.embedding_length", s->d_model);
    ht_gguf_writer_u32(w, "qwen3.block_count", s->n_layer);
    ht_gguf_writer_u32(w, "qwen3.feed_forward_length", s->d_ff);
    ht_gguf_writer_u32(w, "qwen3.attention.head_count", s->n_head);
    ht_gguf_writer_u32(w, "qwen3.attention.head_count_kv", s->n_kv_head);
    ht_gguf_writer_u32(w, "qwen3.attention.key_length", s->d_head);
    ht_gguf_writer_u32(w, "qwen3.attention.value_length", s->d_head);
    ht_gguf_writer_f32(w, "qwen3.attention.layer_norm_rms_epsilon", s->norm_eps);
    ht_gguf_writer_f32(w, "qwen3.rope.freq_base", s->rope_base);
    ht_gguf_writer_u32(w, "qwen3.vocab_size", s->n_vocab);
}

static uint16_t round_bf16(float x)
{
    uint32_t bits;
    memcpy(&bits, &x, 4);
    return (uint16_t)((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

/* copies: [n] bf16 of all weights when is_bf16. */
static void add_tensors(ht_gguf_writer *w, const ht_param *params, size_t n, const float *values, const uint16_t *copies)
{
    for (size_t i = 0; i < n; i++) {
        const ht_param *p = &params[i];
        const size_t size = (size_t)p->rows * p->cols;
        const bool is_norm = p->kind == HT_PARAM_NORM;
        const uint64_t dims[2] = {p->cols, p->rows};
        const ht_bytes data = is_norm || copies == NULL ? (ht_bytes){(const uint8_t *)(values + p->at), size * 4}
                                                        : (ht_bytes){(const uint8_t *)(copies + p->at), size * 2};
        ht_gguf_writer_tensor(w, ht_str_from(p->name), is_norm || copies == NULL ? GGML_F32 : GGML_BF16, is_norm ? 1 : 2, dims, data);
    }
}

ht_status ht_train_export(const char *path, const char *name, const char *tokenizer, const ht_net_shape *shape, const float *w, bool is_bf16,
                          ht_error *err)
{
    ht_map map = {0};
    ht_gguf *g = NULL;
    ht_gguf_writer *writer = NULL;
    uint16_t *copies = NULL;
    ht_param *params = NULL;
    size_t n_param = 0, n_value = 0;
    ht_status st = ht_map_open(tokenizer, &map, err);
    if (st != HT_OK || (st = ht_gguf_parse(ht_map_bytes(&map), &g, err)) != HT_OK || (st = ht_gguf_writer_new(&writer, err)) != HT_OK)
        goto done;
    params = ht_net_list_params(shape, &n_param, &n_value);
    copies = is_bf16 ? malloc(n_value * sizeof *copies) : NULL;
    if (params == NULL || (is_bf16 && copies == NULL)) {
        st = ht_fail(err, HT_NO_MEMORY, -1, "%s: out of memory", path);
        goto done;
    }
    for (size_t i = 0; is_bf16 && i < n_value; i++)
        copies[i] = round_bf16(w[i]);
    add_keys(writer, name, shape, is_bf16);
    for (size_t i = 0; i < ht_gguf_kv_count(g); i++)
        if (ht_str_starts(ht_gguf_kv_at(g, i)->key, HT_STR("tokenizer.")))
            ht_gguf_writer_copy_kv(writer, ht_gguf_kv_at(g, i));
    add_tensors(writer, params, n_param, w, copies);
    st = ht_gguf_writer_write(writer, path, err);
done:
    ht_gguf_writer_free(writer);
    ht_gguf_free(g);
    ht_map_close(&map);
    free(copies);
    free(params);
    return st;
}

ht_status ht_train_export_checkpoint(const char *checkpoint, const char *path, bool is_bf16, ht_error *err)
{
    ht_checkpoint c;
    ht_status st = ht_checkpoint_open(checkpoint, &c, err);
    if (st != HT_OK)
        return st;
    size_t n_param, n_value;
    ht_param *params = ht_net_list_params(&c.head.shape, &n_param, &n_value);
    if (params == NULL)
        st = ht_fail(err, HT_NO_MEMORY, -1, "%s: out of memory", checkpoint);
    else if (n_value != c.head.n_value)
        st = ht_fail(err, HT_BAD_FORMAT, -1, "%s: holds %llu weights where its shape needs %zu", checkpoint, (unsigned long long)c.head.n_value, n_value);
    else
        st = ht_train_export(path, c.head.name, c.head.tokenizer, &c.head.shape, c.w, is_bf16, err);
    free(params);
    ht_checkpoint_close(&c);
    return st;
}
