/* The operations' memory, and those that treat every row alone. */
#include "tensor/op/ops.h"

#include <stdlib.h>

#include "base/str.h"
#include "tensor/op/ops_impl.h"

enum { UNPACK_BYTES = 256 * 1024 }; /* decoded weight rows a thread keeps: half an L2 cache */

ht_status ht_ops_new(ht_pool *pool, unsigned cpu, ht_ops **out, ht_error *err)
{
    ht_ops *o = calloc(1, sizeof *o);
    *out = o;
    if (o == NULL)
        return ht_fail(err, HT_NO_MEMORY, -1, "operations: out of memory");
    o->pool = pool;
    o->n_threads = ht_pool_threads(pool);
    ht_kernels_fill(&o->kernels, cpu);
    return HT_OK;
}

void ht_ops_free(ht_ops *o)
{
    if (o == NULL)
        return;
    free(o->act);
    free(o->scratch);
    free(o);
}

const ht_kernels *ht_ops_kernels(const ht_ops *o) { return &o->kernels; }
ht_pool *ht_ops_pool(const ht_ops *o) { return o->pool; }

ht_status ht_ops_reserve(ht_ops *o, size_t n_tokens, size_t n_in_max, size_t n_keys, ht_error *err)
{
    if (n_tokens <= o->n_tokens && n_in_max <= o->n_in_max && n_keys <= o->n_keys)
        return HT_OK;
    n_tokens = ht_round_up(n_tokens > o->n_tokens ? n_tokens : o->n_tokens, HT_PANEL);
    n_in_max = ht_round_up(n_in_max > o->n_in_max ? n_in_max : o->n_in_max, 64);
    n_keys = ht_round_up(n_keys > o->n_keys ? n_keys : o->n_keys, 256);
    /* A prepared value takes at most 4 bytes, its part of d an eighth and of zero 1. */
    size_t act_bytes, scores_bytes, row_bytes, scratch_bytes;
    const bool fits = ht_mul_size(n_tokens, n_in_max, &act_bytes) && ht_mul_size(act_bytes, 6, &act_bytes) &&
                      ht_mul_size(n_keys, HT_ATTN_ROWS * sizeof(float), &scores_bytes) &&
                      ht_mul_size(n_in_max, HT_PANEL * 3, &row_bytes) && ht_add_size(row_bytes, UNPACK_BYTES + 4096, &row_bytes) &&
                      ht_mul_size(o->n_threads, row_bytes > scores_bytes ? row_bytes : scores_bytes, &scratch_bytes);
    if (!fits)
        return ht_fail(err, HT_TOO_BIG, -1, "operations: %zu tokens of %zu values do not fit into memory", n_tokens, n_in_max);
    const size_t per_thread = ht_round_up(row_bytes > scores_bytes ? row_bytes : scores_bytes, 64);
    uint8_t *act = aligned_alloc(64, ht_round_up(act_bytes, 64)), *scratch = aligned_alloc(64, per_thread * o->n_threads);
    if (act == NULL || scratch == NULL) {
        free(act);
        free(scratch);
        return ht_fail(err, HT_NO_MEMORY, -1, "operations: out of memory for %zu tokens of %zu values", n_tokens, n_in_max);
    }
    free(o->act);
    free(o->scratch);
    o->act = act;
    o->scratch = scratch;
    o->scratch_bytes = per_thread;
    o->n_tokens = n_tokens;
    o->n_in_max = n_in_max;
    o->n_keys = n_keys;
    return HT_OK;
}

/* Rows a part of a loop should hold so that it is worth waking a thread: about 8k values. */
static unsigned rows_chunk(size_t n)
{
    const size_t rows = 8192 / (n ? n : 1);
    return rows ? (unsigned)rows : 1u;
}

typedef struct {
    const ht_kernels *kernels;
    float *y;
    const float *x, *w;
    size_t n;
    float eps;
} rows_job;

static void norm_part(void *ctx, unsigned begin, unsigned end, unsigned thread)
{
    const rows_job *j = ctx;
    (void)thread;
    for (size_t r = begin; r < end; r++)
        j->kernels->rms_norm(j->y + r * j->n, j->x + r * j->n, j->w, j->n, j->eps);
}

void ht_rms_norm_rows(ht_ops *o, float *y, const float *x, const float *w, size_t n_rows, size_t n, float eps)
{
    rows_job j = {.kernels = &o->kernels, .y = y, .x = x, .w = w, .n = n, .eps = eps};
    ht_pool_run(o->pool, (unsigned)n_rows, rows_chunk(n), norm_part, &j);
}

static void silu_part(void *ctx, unsigned begin, unsigned end, unsigned thread)
{
    const rows_job *j = ctx;
    (void)thread;
    j->kernels->silu_mul(j->y + begin * j->n, j->x + begin * j->n, (end - begin) * j->n);
}

void ht_silu_mul_rows(ht_ops *o, float *x, const float *up, size_t n_rows, size_t n)
{
    rows_job j = {.kernels = &o->kernels, .y = x, .x = up, .n = n};
    ht_pool_run(o->pool, (unsigned)n_rows, rows_chunk(n), silu_part, &j);
}

typedef struct {
    float *x;
    const float *cos_sin;
    size_t n_head, d_head, n_rot;
    ht_rope_pairs pairs;
    ht_rope_fn *rope[2];
} rope_job;

static void rope_part(void *ctx, unsigned begin, unsigned end, unsigned thread)
{
    const rope_job *j = ctx;
    (void)thread;
    for (size_t r = begin; r < end; r++)
        for (size_t h = 0; h < j->n_head; h++)
            j->rope[j->pairs](j->x + (r * j->n_head + h) * j->d_head, j->cos_sin + r * j->n_rot, j->n_rot);
}

void ht_rope_rows(ht_ops *o, float *x, const float *cos_sin, size_t n_rows, size_t n_head, size_t d_head, size_t n_rot, ht_rope_pairs pairs)
{
    rope_job j = {x, cos_sin, n_head, d_head, n_rot, pairs, {o->kernels.rope_neighbours, o->kernels.rope_halves}};
    ht_pool_run(o->pool, (unsigned)n_rows, rows_chunk(n_head * d_head), rope_part, &j);
}
