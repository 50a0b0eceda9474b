/* Any bytes as a model file: parse, walk everything, write it again (parse(write(x)) = x), bind and run it as a model. */
#include <assert.h>
#include <stdlib.h>

#include "model/model.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static volatile uint64_t sink; /* keeps the reads */

static void walk(const ht_gguf *g)
{
    for (size_t i = 0; i < ht_gguf_kv_count(g); i++) {
        const ht_gguf_kv *kv = ht_gguf_kv_at(g, i);
        assert(ht_gguf_find_kv(g, kv->key) == kv);
        size_t cursor = 0;
        ht_str s;
        while (ht_gguf_kv_next_str(kv, &cursor, &s))
            for (size_t k = 0; k < s.len; k++)
                sink += (uint8_t)s.ptr[k];
        for (uint64_t k = 0; k < kv->n && k < 10000; k++) {
            int64_t whole = 0;
            double real = 0;
            sink += ht_gguf_kv_i64_at(kv, k, &whole) + ht_gguf_kv_f64_at(kv, k, &real) + (uint64_t)whole;
        }
    }
    for (size_t i = 0; i < ht_gguf_tensor_count(g); i++) {
        const ht_gguf_tensor *t = ht_gguf_tensor_at(g, i);
        assert(ht_gguf_find_tensor(g, t->name) == t);
        for (size_t k = 0; k < t->data.len; k++)
            sink += t->data.ptr[k];
    }
}

static void write_again(const ht_gguf *g)
{
    ht_gguf_writer *w = NULL;
    ht_gguf *copy = NULL;
    ht_buf out = {0};
    if (ht_gguf_writer_new(&w, NULL) != HT_OK)
        return;
    for (size_t i = 0; i < ht_gguf_kv_count(g); i++)
        ht_gguf_writer_copy_kv(w, ht_gguf_kv_at(g, i));
    for (size_t i = 0; i < ht_gguf_tensor_count(g); i++) {
        const ht_gguf_tensor *t = ht_gguf_tensor_at(g, i);
        ht_gguf_writer_tensor(w, t->name, t->type, t->n_dims, t->dims, t->data);
    }
    if (ht_gguf_writer_encode(w, &out, NULL) == HT_OK) {
        const ht_status st = ht_gguf_parse((ht_bytes){(const uint8_t *)out.ptr, out.len}, &copy, NULL);
        assert(st == HT_OK && ht_gguf_tensor_count(copy) == ht_gguf_tensor_count(g));
        for (size_t i = 0; i < ht_gguf_tensor_count(g); i++) {
            const ht_gguf_tensor *a = ht_gguf_tensor_at(g, i), *b = ht_gguf_tensor_at(copy, i);
            assert(ht_str_eq(a->name, b->name) && a->type == b->type && a->data.len == b->data.len);
            assert(memcmp(a->data.ptr, b->data.ptr, a->data.len) == 0);
        }
    }
    ht_gguf_free(copy);
    ht_gguf_writer_free(w);
    ht_buf_deinit(&out);
}

static void run_model(ht_bytes file)
{
    ht_model *m = NULL;
    ht_kv *kv = NULL;
    if (ht_model_open_bytes(file, NULL, &m, NULL) != HT_OK)
        return;
    const ht_model_info *info = ht_model_get_info(m);
    float *logits = malloc((size_t)info->n_vocab * sizeof *logits);
    const int32_t ids[] = {0, info->n_vocab - 1, 0, 0, 0, 0, 0};
    if (logits != NULL && (uint64_t)info->n_layer * (uint64_t)info->n_kv_head * (uint64_t)info->d_head < 1 << 20 && ht_kv_new(m, 8, &kv, NULL) == HT_OK &&
        ht_model_forward(m, kv, ids, 7, HT_LOGITS_LAST, logits, NULL) == HT_OK)
        sink += ht_model_forward(m, kv, ids, 1, HT_LOGITS_LAST, logits, NULL) == HT_OK;
    free(logits);
    ht_kv_free(kv);
    ht_model_close(m);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ht_gguf *g = NULL;
    ht_error err;
    if (ht_gguf_parse((ht_bytes){data, size}, &g, &err) != HT_OK) {
        assert(err.text[0] != '\0');
        return 0;
    }
    walk(g);
    write_again(g);
    ht_gguf_free(g);
    run_model((ht_bytes){data, size});
    return 0;
}
