/* The cache of keys and values of one sequence. */
#include <stdlib.h>

#include "model/impl.h"

enum { MAX_CTX = 1 << 24 };

ht_status ht_kv_new(const ht_model *m, int32_t n_ctx, ht_kv **out, ht_error *err)
{
    *out = NULL;
    if (n_ctx < 1 || n_ctx > MAX_CTX)
        return ht_fail(err, HT_BAD_ARG, -1, "a context of %d tokens; 1 to %d are possible", n_ctx, MAX_CTX);
    ht_kv *kv = calloc(1, sizeof *kv);
    if (kv == NULL)
        return ht_fail(err, HT_NO_MEMORY, -1, "cache: out of memory");
    *kv = (ht_kv){
        .n_ctx = (n_ctx + HT_PANEL - 1) / HT_PANEL * HT_PANEL,
        .limit = n_ctx,
        .n_layer = (size_t)m->info.n_layer,
        .n_kv_head = (size_t)m->info.n_kv_head,
        .d_head = (size_t)m->info.d_head,
    };
    size_t n;
    if (ht_mul_size(kv->n_layer * kv->n_kv_head, kv->d_head * (size_t)kv->n_ctx, &n)) {
        kv->k = calloc(n, sizeof *kv->k); /* zeroed: key lanes not yet written must be finite; untouched pages cost nothing */
        kv->v = calloc(n, sizeof *kv->v);
    }
    if (kv->k == NULL || kv->v == NULL) {
        ht_kv_free(kv);
        return ht_fail(err, HT_NO_MEMORY, -1, "no memory for a context of %d tokens; ask for a shorter one", n_ctx);
    }
    *out = kv;
    return HT_OK;
}

void ht_kv_free(ht_kv *kv)
{
    if (kv == NULL)
        return;
    free(kv->k);
    free(kv->v);
    free(kv);
}

int32_t ht_kv_used(const ht_kv *kv) { return kv->n_used; }
int32_t ht_kv_size(const ht_kv *kv) { return kv->limit; }

void ht_kv_truncate(ht_kv *kv, int32_t n)
{
    if (n >= 0 && n < kv->n_used)
        kv->n_used = n;
}

void ht_kv_put(ht_kv *kv, size_t layer, size_t pos, const float *k, const float *v)
{
    const size_t d = kv->d_head, stride = d * (size_t)kv->n_ctx;
    float *keys = ht_kv_keys(kv, layer) + pos / HT_PANEL * d * HT_PANEL + pos % HT_PANEL, *values = ht_kv_values(kv, layer) + pos * d;
    for (size_t h = 0; h < kv->n_kv_head; h++) {
        for (size_t i = 0; i < d; i++)
            keys[h * stride + i * HT_PANEL] = k[h * d + i];
        memcpy(values + h * stride, v + h * d, d * sizeof *v);
    }
}
