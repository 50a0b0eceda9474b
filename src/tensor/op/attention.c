/* Attention of a batch: the queries that read one key head are listed token by token and cut into tiles of four. */
#include <assert.h>

#include "tensor/op/ops_impl.h"

enum { MIN_PART_KEYS = 512 }; /* tile rows times positions worth waking a thread for */

typedef struct {
    ht_ops *o;
    float *out;
    const float *q;
    const ht_attn_sequence *sequences;
    size_t n_sequences, n_head, n_kv_head, d_head;
    float scale;
} job;

static size_t tiles_per_head(const job *j, const ht_attn_sequence *s)
{
    return (s->n_rows * (j->n_head / j->n_kv_head) + HT_ATTN_ROWS - 1) / HT_ATTN_ROWS;
}

/* Tile i of key head h: its queries are group * token + head inside the group. */
static void attend_tile(const job *j, const ht_attn_sequence *s, size_t h, size_t tile, float *scores)
{
    const size_t group = j->n_head / j->n_kv_head, first = tile * HT_ATTN_ROWS, n_queries = s->n_rows * group;
    const size_t n = n_queries - first < HT_ATTN_ROWS ? n_queries - first : HT_ATTN_ROWS;
    float *out[HT_ATTN_ROWS];
    const float *q[HT_ATTN_ROWS];
    size_t n_keys[HT_ATTN_ROWS];
    for (size_t i = 0; i < n; i++) {
        const size_t token = (first + i) / group, at = ((s->row0 + token) * j->n_head + h * group + (first + i) % group) * j->d_head;
        out[i] = j->out + at;
        q[i] = j->q + at;
        n_keys[i] = s->pos0 + token + 1;
    }
    const ht_attn_cache cache = {s->k + h * s->k_head_stride, s->v + h * s->v_head_stride};
    j->o->kernels.attention(out, q, n_keys, n, &cache, j->d_head, j->scale, scores);
}

static void attend_part(void *ctx, unsigned begin, unsigned end, unsigned thread)
{
    const job *j = ctx;
    float *scores = (float *)(void *)ht_ops_scratch(j->o, thread);
    size_t first = 0;
    for (size_t i = 0; i < j->n_sequences; i++) {
        const ht_attn_sequence *s = &j->sequences[i];
        const size_t per_head = tiles_per_head(j, s), n = per_head * j->n_kv_head;
        for (size_t t = begin > first ? begin - first : 0; t < n && first + t < end; t++)
            attend_tile(j, s, t / per_head, t % per_head, scores);
        first += n;
    }
}

void ht_attention_rows(ht_ops *o, float *out, const float *q, const ht_attn_sequence *sequences, size_t n_sequences, size_t n_head,
                       size_t n_kv_head, size_t d_head, float scale)
{
    job j = {o, out, q, sequences, n_sequences, n_head, n_kv_head, d_head, scale};
    size_t n_tiles = 0, n_keys = 1;
    for (size_t i = 0; i < n_sequences; i++) {
        const size_t last = sequences[i].pos0 + sequences[i].n_rows;
        n_tiles += tiles_per_head(&j, &sequences[i]) * n_kv_head;
        n_keys = last > n_keys ? last : n_keys;
    }
    assert(n_keys <= o->n_keys);
    const size_t chunk = MIN_PART_KEYS / n_keys + 1;
    ht_pool_run(o->pool, (unsigned)n_tiles, (unsigned)chunk, attend_part, &j);
}
