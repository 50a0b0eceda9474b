/* Matrix products: prepares the activations once (quantised rows for one token, panels for more), then shares the weight
 * rows between the threads.
 *
 *     one token     each thread streams its rows through gemv
 *     more          a thread takes a chunk of rows, decodes it into its scratch (which stays in the L2 cache), and for
 *                   every block of 48 tokens multiplies all rows of the chunk: activations are read from the L2 too */
#include <assert.h>

#include "tensor/half.h"
#include "tensor/op/ops_impl.h"

enum {
    TILE_MIN_TOKENS = 5,                /* below, gemv once a token is cheaper than a panel mostly empty (measured) */
    BLOCK_TOKENS = 3 * HT_PANEL,        /* what a tile kernel holds in registers at most */
    MAX_CHUNK_UNITS = 16,               /* a unit is HT_TILE_ROWS rows */
    CHUNK_BYTES = 256 * 1024,           /* decoded rows a thread keeps */
    MIN_PART_BYTES = 24 * 1024,         /* weights worth waking a thread for */
};

typedef struct {
    ht_ops *o;
    const ht_multiply *how;
    const float *x;
    size_t n_tokens, n_in;
    bool is_tiled;
    const ht_product *products;
    size_t n_products;
    size_t n_units; /* of all products */
    /* views into o->act: rows for gemv or panels */
    uint8_t *data;
    float *d;
    int32_t *zero;
} job;

static size_t group_values(ht_act_kind kind) { return kind == HT_ACT_F32 ? 1 : kind == HT_ACT_I8 ? 4 : 2; }
static size_t panel_bytes(const job *j) { return j->n_in / group_values(j->how->tile_kind) * HT_PANEL * 4; }
static size_t units_of(const ht_product *p) { return (p->w->n_out + HT_TILE_ROWS - 1) / HT_TILE_ROWS; }

static ht_act_panel panel_at(const job *j, size_t i)
{
    const size_t n_scales = j->n_in / HT_Q_BLOCK * HT_PANEL;
    return (ht_act_panel){
        .data = (const uint32_t *)(const void *)(j->data + i * panel_bytes(j)),
        .d = j->d + i * n_scales,
        .zero = j->zero + i * n_scales,
    };
}

/* --- preparing x --- */

/* Quantises one token for a panel: int8 or int16 values into row, its d and zero into the lane t of the panel. */
static void quantise_lane(const job *j, const float *x, uint8_t *row, const ht_act_panel *panel, size_t t, uint8_t *tmp)
{
    const size_t n_blocks = j->n_in / HT_Q_BLOCK;
    int32_t *zero = (int32_t *)(void *)tmp;
    float *d = (float *)(void *)(tmp + j->n_in * sizeof *zero / 4);
    int8_t *q = j->how->tile_kind == HT_ACT_I8 ? (int8_t *)row : (int8_t *)(d + n_blocks);
    j->o->kernels.quantize(q, d, zero, x, j->n_in, j->how->zero_point);
    float *lane_d = (float *)panel->d + t;
    int32_t *lane_zero = (int32_t *)panel->zero + t;
    for (size_t b = 0; b < n_blocks; b++) {
        int32_t sum = 0;
        for (size_t i = 0; i < 8; i++)
            sum += zero[b * 8 + i];
        lane_d[b * HT_PANEL] = d[b];
        lane_zero[b * HT_PANEL] = sum;
    }
    if (j->how->tile_kind == HT_ACT_I16) {
        int16_t *wide = (int16_t *)(void *)row;
        for (size_t i = 0; i < j->n_in; i++)
            wide[i] = q[i];
    }
}

static void clear_lane(const job *j, const ht_act_panel *panel, size_t t)
{
    for (size_t b = 0; b < j->n_in / HT_Q_BLOCK; b++) {
        ((float *)panel->d)[b * HT_PANEL + t] = 0.0f;
        ((int32_t *)panel->zero)[b * HT_PANEL + t] = 0;
    }
}

static void panel_part(void *ctx, unsigned begin, unsigned end, unsigned thread)
{
    const job *j = ctx;
    const ht_act_kind kind = j->how->tile_kind;
    const size_t row_bytes = ht_round_up(j->n_in * 4 / group_values(kind), 64);
    uint8_t *scratch = ht_ops_scratch(j->o, thread), *empty = scratch + HT_PANEL * j->n_in * 2 + 1024;
    for (size_t p = begin; p < end; p++) {
        const ht_act_panel panel = panel_at(j, p);
        const uint32_t *rows[HT_PANEL];
        bool has_empty = false;
        for (size_t t = 0; t < HT_PANEL; t++) {
            const size_t token = p * HT_PANEL + t;
            const float *x = j->x + token * j->n_in;
            uint8_t *row = scratch + t * row_bytes;
            if (token >= j->n_tokens) {
                if (!has_empty)
                    memset(empty, 0, row_bytes);
                has_empty = true;
                row = empty;
                clear_lane(j, &panel, t);
            } else if (kind == HT_ACT_F32) {
                row = (uint8_t *)(uintptr_t)x; /* read only */
            } else if (kind == HT_ACT_BF16) {
                ht_dtype_get(HT_BF16)->from_float(row, x, j->n_in);
            } else {
                quantise_lane(j, x, row, &panel, t, empty + row_bytes);
            }
            rows[t] = (const uint32_t *)(const void *)row;
        }
        j->o->kernels.interleave((uint32_t *)(uintptr_t)panel.data, rows, j->n_in / group_values(kind));
    }
}

static void prepare(job *j)
{
    ht_ops *o = j->o;
    const size_t n_padded = ht_round_up(j->n_tokens, HT_PANEL);
    j->data = o->act;
    j->d = (float *)(void *)(o->act + n_padded * j->n_in * 4);
    j->zero = (int32_t *)(void *)(j->d + n_padded * (j->n_in / HT_Q_BLOCK));
    if (j->is_tiled) {
        ht_pool_run(o->pool, (unsigned)(n_padded / HT_PANEL), 1, panel_part, j);
    } else if (j->how->gemv_quantised) {
        for (size_t t = 0; t < j->n_tokens; t++)
            o->kernels.quantize((int8_t *)j->data + t * j->n_in, j->d + t * (j->n_in / HT_Q_BLOCK), j->zero + t * (j->n_in / 4),
                                j->x + t * j->n_in, j->n_in, j->how->zero_point);
    }
}

/* --- multiplying --- */

static void add_bias(const ht_product *p, size_t row0, size_t n_rows, size_t n_tokens)
{
    for (size_t t = 0; p->bias != NULL && t < n_tokens; t++)
        for (size_t r = row0; r < row0 + n_rows; r++)
            p->y[t * p->w->n_out + r] += p->bias[r];
}

static void gemv_rows(const job *j, const ht_product *p, size_t row0, size_t n_rows)
{
    for (size_t t = 0; t < j->n_tokens; t++) {
        const ht_act_row x = {
            .f32 = j->x + t * j->n_in,
            .q = (const int8_t *)j->data + t * j->n_in,
            .d = j->d + t * (j->n_in / HT_Q_BLOCK),
            .zero = j->zero + t * (j->n_in / 4),
        };
        j->how->gemv(p->y + t * p->w->n_out + row0, p->w->data + row0 * p->w->row_bytes, p->w->row_bytes, n_rows, &x, j->n_in, p->add);
    }
}

/* Decodes n_rows rows from row0 on, up to MAX_CHUNK_UNITS tiles, and points the tiles at them. */
static void unpack_rows(const job *j, const ht_product *p, size_t row0, size_t n_rows, ht_tile_weights *tiles, uint8_t *scratch)
{
    const size_t bytes = j->n_in * j->how->unpacked_bytes, n_scales = j->n_in / HT_Q_BLOCK;
    float *scales = (float *)(void *)scratch;
    uint8_t *decoded = scratch + ht_round_up(MAX_CHUNK_UNITS * HT_TILE_ROWS * n_scales * sizeof(float), 64);
    for (size_t i = 0; i < ht_round_up(n_rows, HT_TILE_ROWS); i++) {
        const size_t r = i < n_rows ? i : n_rows - 1; /* rows past the end repeat the last: their results are dropped */
        ht_tile_weights *tile = &tiles[i / HT_TILE_ROWS];
        const uint8_t *row = p->w->data + (row0 + r) * p->w->row_bytes;
        if (j->how->unpack != NULL) {
            if (i < n_rows)
                j->how->unpack(decoded + r * bytes, scales + r * n_scales, row, j->n_in);
            row = decoded + r * bytes;
        }
        tile->row[i % HT_TILE_ROWS] = row;
        tile->scale[i % HT_TILE_ROWS] = scales + r * n_scales;
    }
}

/* Starts loading the rows that this thread most likely decodes next. */
static void prefetch_rows(const ht_product *p, size_t row0, size_t n_rows)
{
    const uint8_t *from = p->w->data + row0 * p->w->row_bytes;
    for (size_t i = 0; row0 + n_rows <= p->w->n_out && i < n_rows * p->w->row_bytes; i += 64)
        __builtin_prefetch(from + i);
}

static void tile_rows(const job *j, const ht_product *p, size_t row0, size_t n_rows, unsigned thread)
{
    ht_tile_weights tiles[MAX_CHUNK_UNITS];
    if (n_rows == HT_TILE_ROWS)
        prefetch_rows(p, row0 + n_rows, n_rows);
    unpack_rows(j, p, row0, n_rows, tiles, ht_ops_scratch(j->o, thread));
    const size_t ldy = p->w->n_out;
    for (size_t t = 0; t < j->n_tokens; t += BLOCK_TOKENS) {
        const size_t n_t = j->n_tokens - t < BLOCK_TOKENS ? j->n_tokens - t : BLOCK_TOKENS;
        const ht_act_panel panels[3] = {panel_at(j, t / HT_PANEL), panel_at(j, t / HT_PANEL + 1), panel_at(j, t / HT_PANEL + 2)};
        for (size_t r = 0; r < n_rows; r += HT_TILE_ROWS) {
            const size_t n = n_rows - r < HT_TILE_ROWS ? n_rows - r : HT_TILE_ROWS;
            j->how->tile(p->y + t * ldy + row0 + r, ldy, &tiles[r / HT_TILE_ROWS], n, panels, n_t, j->n_in, p->add);
        }
    }
}

/* Units decoded at a time. When the tokens are one block, each unit is used once: it is decoded just before, in steps so
 * small that the processor's prefetching of the weights never pauses. Rows for gemv stay in the cache for all tokens. */
static size_t chunk_units(const job *j)
{
    if (j->is_tiled && j->n_tokens <= BLOCK_TOKENS)
        return 1;
    const size_t unit_bytes = HT_TILE_ROWS * (j->is_tiled ? j->n_in * j->how->unpacked_bytes : j->products[0].w->row_bytes);
    const size_t fits = CHUNK_BYTES / unit_bytes;
    return fits < 1 ? 1 : fits > MAX_CHUNK_UNITS ? MAX_CHUNK_UNITS : fits;
}

static void multiply_part(void *ctx, unsigned begin, unsigned end, unsigned thread)
{
    const job *j = ctx;
    size_t first = 0; /* unit at which product p begins */
    for (size_t i = 0; i < j->n_products; i++) {
        const ht_product *p = &j->products[i];
        const size_t n = units_of(p), lo = begin > first ? begin - first : 0, hi = end < first + n ? (end > first ? end - first : 0) : n;
        const size_t step = chunk_units(j);
        for (size_t u = lo; u < hi; u += step) {
            const size_t row0 = u * HT_TILE_ROWS, last = (u + step < hi ? u + step : hi) * HT_TILE_ROWS;
            const size_t n_rows = (last < p->w->n_out ? last : p->w->n_out) - row0;
            if (j->is_tiled)
                tile_rows(j, p, row0, n_rows, thread);
            else
                gemv_rows(j, p, row0, n_rows);
            add_bias(p, row0, n_rows, j->n_tokens);
        }
        first += n;
    }
}

static void multiply(job *j)
{
    const size_t threads = j->o->n_threads, row_bytes = j->products[0].w->row_bytes;
    size_t chunk = (j->n_units + threads * 4 - 1) / (threads * 4);
    if (j->is_tiled) {
        chunk = chunk > MAX_CHUNK_UNITS ? MAX_CHUNK_UNITS : chunk;
    } else {
        const size_t least = MIN_PART_BYTES / (row_bytes * HT_TILE_ROWS * j->n_tokens) + 1;
        chunk = chunk < least ? least : chunk;
    }
    ht_pool_run(j->o->pool, (unsigned)j->n_units, (unsigned)chunk, multiply_part, j);
}

void ht_matmul(ht_ops *o, const float *x, size_t n_tokens, const ht_product *products, size_t n_products)
{
    const size_t n_in = products[0].w->n_in;
    assert(n_tokens <= o->n_tokens && n_in <= o->n_in_max);
    for (size_t i = 0; i < n_products;) { /* neighbours of one type share the prepared x */
        const ht_dtype type = products[i].w->type;
        job j = {.o = o, .how = &o->kernels.multiply[type], .x = x, .n_tokens = n_tokens, .n_in = n_in, .products = products + i};
        for (; i < n_products && products[i].w->type == type; i++) {
            assert(products[i].w->n_in == n_in);
            j.n_products++;
            j.n_units += units_of(&products[i]);
        }
        j.is_tiled = n_tokens >= TILE_MIN_TOKENS && j.how->tile != NULL && n_in % group_values(j.how->tile_kind) == 0;
        prepare(&j);
        multiply(&j);
    }
}
