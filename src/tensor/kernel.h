/* The kernels: one row, or one tile of rows, on one thread, without state. Loops over rows, batches and threads are in
 * op/. ht_kernels_fill picks the variants for a set of CPU feature bits; a test holds several tables at once.
 *
 * A weight matrix W [n_out][n_in] is multiplied with activations in one of two ways:
 *
 *   gemv   one activation row; streams weight rows as they lie in the file.  dot = W[r] · x
 *   tile   HT_PANEL activation rows at once, interleaved into a panel, against HT_TILE_ROWS weight rows that `unpack`
 *          has decoded once for all panels:
 *
 *              panel.data  [n_in / g][HT_PANEL] 4-byte groups:   | t0: k0 k1 … | t1: k0 k1 … | … | t15 | t0: kg … |
 *
 *          A group holds g = 1 float, 2 bfloat16, 2 int16 or 4 int8 of one token, so that one vector register holds
 *          the same k of sixteen tokens and the weights are broadcast; no sum across lanes is ever needed.
 *
 * The tile kernels of quantised weights and the scalar gemv give the same bits on every instruction set, and so do
 * norms, rotation and attention: a model's prefill is the same everywhere. This matters because quantising activations
 * amplifies a difference in the last bit into one of half a step whenever it moves a value across a rounding boundary.
 *
 * Whichever way, every output is summed over k in an order that depends on n_in alone: results do not depend on how
 * rows are shared between threads. */
#ifndef HT_TENSOR_KERNEL_H
#define HT_TENSOR_KERNEL_H
#include "base/cpu.h"
#include "tensor/dtype.h"

enum { HT_PANEL = 16, HT_TILE_ROWS = 4, HT_ATTN_ROWS = 4 };

/* x [n_in] for one token. Float weights read f32; quantised ones the other three. */
typedef struct {
    const float *f32;    /* [n_in] */
    const int8_t *q;     /* [n_in] x = d * q, blocks of 32 */
    const float *d;      /* [n_in / 32] */
    const int32_t *zero; /* [n_in / 4] -zero_point * the sum of four q: what weights stored as w + zero_point add too much */
} ht_act_row;

/* x of up to HT_PANEL tokens; see above. Lanes without a token are zero. */
typedef struct {
    const uint32_t *data; /* [n_groups][HT_PANEL] */
    const float *d;       /* [n_in / 32][HT_PANEL]; quantised kinds only */
    const int32_t *zero;  /* [n_in / 32][HT_PANEL] -zero_point * the sum of the block; HT_ACT_U8 only */
} ht_act_panel;

/* What a panel's groups hold. */
typedef enum {
    HT_ACT_F32,
    HT_ACT_BF16,
    HT_ACT_I16, /* int8 values widened: AVX2's madd */
    HT_ACT_I8,  /* int8 against weights of unsigned bytes w + zero_point: VNNI */
} ht_act_kind;

/* HT_TILE_ROWS weight rows as the tile kernel reads them; rows past the matrix repeat the last one. */
typedef struct {
    const uint8_t *row[HT_TILE_ROWS];  /* [n_in] f32, bf16, i16 or u8 */
    const float *scale[HT_TILE_ROWS];  /* [n_in / 32]; quantised kinds only */
} ht_tile_weights;

/* y[r] = W[r] · x, or y[r] += with add. w: row 0; rows are row_bytes apart. y [n_rows] overlaps nothing. n_rows >= 1. */
typedef void ht_gemv_fn(float *y, const uint8_t *w, size_t row_bytes, size_t n_rows, const ht_act_row *x, size_t n_in, bool add);

/* y[t * ldy + r] = W[r] · x[t], or +=, for r < n_rows <= HT_TILE_ROWS and t < n_tokens; panels [ceil(n_tokens / 16)]. */
typedef void ht_tile_fn(float *y, size_t ldy, const ht_tile_weights *w, size_t n_rows, const ht_act_panel *panels, size_t n_tokens,
                        size_t n_in, bool add);

/* Decodes one weight row for the tile kernel: out [n_in], scale [n_in / 32] where the kind is quantised. */
typedef void ht_unpack_fn(uint8_t *out, float *scale, const uint8_t *w, size_t n_in);

/* Quantises x [n] to blocks of 32: d = max|x| / 127, q = round(x / d), nearest even; zero as in ht_act_row.
 * A block with NaN or infinity gets d = NaN, q = 0. The same bits on every instruction set. n a multiple of 32. */
typedef void ht_quantize_fn(int8_t *q, float *d, int32_t *zero, const float *x, size_t n, int zero_point);

/* out[g * 16 + t] = rows[t][g] for g < n_groups, t < 16: sixteen rows of 4-byte groups interleaved. */
typedef void ht_interleave_fn(uint32_t *out, const uint32_t *const rows[HT_PANEL], size_t n_groups);

/* How W of one type is multiplied. */
typedef struct {
    ht_gemv_fn *gemv;
    bool gemv_quantised;    /* gemv reads q, d, zero instead of f32 */
    int zero_point;         /* 128, 8, or 0 where weights are signed already */
    ht_tile_fn *tile;       /* NULL: the op calls gemv once a token */
    ht_act_kind tile_kind;
    ht_unpack_fn *unpack;   /* NULL: the tile reads the file's rows */
    size_t unpacked_bytes;  /* of one value */
} ht_multiply;

/* y[i] = x[i] * w[i] / sqrt(mean(x^2) + eps). y may be x. n >= 1. NaN in x gives a NaN row.
 * The same bits as the scalar but for one row in 10^8. Source: Zhang & Sennrich 2019, arXiv:1910.07467;
 * eps under the root follows Llama. */
typedef void ht_rms_norm_fn(float *y, const float *x, const float *w, size_t n, float eps);

/* x[i] = silu(x[i]) * up[i], silu(v) = v / (1 + exp(-v)). The same bits everywhere. */
typedef void ht_silu_mul_fn(float *x, const float *up, size_t n);

/* Turns n_rot / 2 pairs of one head by their angles: (a, b) -> (a c - b s, a s + b c). Pairs are neighbours (2 i, 2 i + 1),
 * "NORM" in GGUF's words, or halves (i, i + n_rot / 2), "NEOX". cos_sin [n_rot / 2][2]. The same bits everywhere.
 * Source: Su et al. 2021, arXiv:2104.09864. */
typedef void ht_rope_fn(float *x, const float *cos_sin, size_t n_rot);

/* In place: x[i] = exp(x[i] - max x) / sum. n >= 1. NaN anywhere makes every value NaN.
 * The same bits as the scalar but for one row in 10^8. */
typedef void ht_softmax_fn(float *x, size_t n);

/* Keys and values of one head. A key panel holds 16 positions: k[(p / 16 * d_head + i) * 16 + p % 16]. */
typedef struct {
    const float *k; /* [ceil(n / 16)][d_head][16]; lanes of positions not yet written hold any finite value */
    const float *v; /* [n][d_head] */
} ht_attn_cache;

/* out[i][] = sum over p < n_keys[i] of softmax(scale * q[i] · k[p]) * v[p], for i < n_rows <= HT_ATTN_ROWS; n_keys ascend.
 * scores: scratch of HT_ATTN_ROWS * the last n_keys rounded up to 16 floats. out[i] may be q[i]. */
typedef void ht_attention_fn(float *const out[], const float *const q[], const size_t n_keys[], size_t n_rows,
                             const ht_attn_cache *cache, size_t d_head, float scale, float *scores);

typedef struct {
    ht_multiply multiply[HT_DTYPE_COUNT];
    ht_quantize_fn *quantize;
    ht_interleave_fn *interleave;
    ht_rms_norm_fn *rms_norm;
    ht_silu_mul_fn *silu_mul;
    ht_softmax_fn *softmax;
    ht_rope_fn *rope_neighbours, *rope_halves;
    ht_attention_fn *attention;
} ht_kernels;

/* cpu: HT_CPU_* bits; 0 gives the scalar reference. Pure. */
void ht_kernels_fill(ht_kernels *k, unsigned cpu);

/* The parts, each in kernel/<name>.c. */
ht_gemv_fn *ht_gemv_float_pick(ht_dtype t, unsigned cpu);
ht_gemv_fn *ht_gemv_q8_0_pick(unsigned cpu);
ht_gemv_fn *ht_gemv_q4_0_pick(unsigned cpu);
ht_tile_fn *ht_tile_float_pick(ht_act_kind kind, unsigned cpu);     /* NULL: none */
ht_tile_fn *ht_tile_quantised_pick(ht_act_kind kind, unsigned cpu); /* NULL: none */
ht_unpack_fn *ht_unpack_pick(ht_dtype t, ht_act_kind kind, unsigned cpu);
ht_quantize_fn *ht_quantize_pick(unsigned cpu);
ht_interleave_fn *ht_interleave_pick(unsigned cpu);
ht_rms_norm_fn *ht_rms_norm_pick(unsigned cpu);
ht_silu_mul_fn *ht_silu_mul_pick(unsigned cpu);
ht_softmax_fn *ht_softmax_pick(unsigned cpu);
ht_rope_fn *ht_rope_neighbours_pick(unsigned cpu);
ht_rope_fn *ht_rope_halves_pick(unsigned cpu);
ht_attention_fn *ht_attention_pick(unsigned cpu);
#endif
