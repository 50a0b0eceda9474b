/* Matrix products of training: bf16 (or f32) operands, f32 sums, one thread. Whoever calls splits rows over threads.
 *
 * A kit bundles what belongs to one element type: its size, packing, and the register tile. Operands:
 *
 *   row-major A [M][K]: elements, k contiguous. With bf16, elements K … K rounded up to 2 of each row are read: keep them
 *                  finite (they meet zeros).
 *   panels  [K][N]: columns in panels of 64, inside a panel k-steps of 256 bytes:
 *                  bf16: [N/64][K/2][64][2]  pairs (k, k+1) side by side, as vdpbf16ps wants them
 *                  f32:  [N/64][K][64]
 *                  columns beyond N and the odd last k are zero.
 *
 * bf16 needs AVX512_BF16; its products are exact, its sums f32, one rounding per pair (denormals flushed). f32 has AVX-512,
 * AVX2 and scalar tiles. Sums run in the order of k, so a result depends on the kit alone. Any thread, no state. */
#ifndef HT_TENSOR_KERNEL_GEMM_BF16_H
#define HT_TENSOR_KERNEL_GEMM_BF16_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { HT_GEMM_NR = 64, HT_GEMM_MR = 6, HT_GEMM_STEP_BYTES = 256 };

typedef enum {
    HT_GEMM_SET, /* C = A B, f32 */
    HT_GEMM_ADD, /* C += A B, f32 */
    HT_GEMM_ELEM /* C = A B rounded to the kit's element type */
} ht_gemm_out;

/* One tile: mr <= 6 rows by n_col <= 64 columns, n_step k-steps. a(i, s) = 4 bytes at a + i * row_bytes + s * step_bytes;
 * b: n_step * 256 bytes; c: f32 or elements, ldc elements a row. next: n_step * 64 bytes that a later tile reads, to be
 * fetched on the way (not read: any address will do). */
typedef void ht_gemm_tile_fn(unsigned mr, unsigned n_col, size_t n_step, const void *a, size_t row_bytes, size_t step_bytes,
                             const void *b, void *c, size_t ldc, ht_gemm_out out, const void *next);

typedef struct {
    bool is_bf16;
    unsigned elem_bytes; /* 2 or 4 */
    unsigned k_pack;     /* k values a step: 2 or 1 */
    ht_gemm_tile_fn *tile;
    void (*cast)(void *dst, const float *src, size_t n);   /* f32 to elements, round to nearest even */
    void (*uncast)(float *dst, const void *src, size_t n); /* elements to f32 */
    /* Interleaves two rows of n elements (b NULL: zeros) into k-step rows of panels; n is padded to 64 with zeros. */
    void (*pack_pair)(void *panels, size_t panel_bytes, const void *a, const void *b, size_t n);
} ht_gemm;

/* want_bf16 is honoured where the CPU has it: look at is_bf16 afterwards. cpu: HT_CPU_ bits; 0 gives the scalar f32. */
ht_gemm ht_gemm_pick(unsigned cpu, bool want_bf16);

/* Bytes of the panels of a [k][n] matrix. */
size_t ht_gemm_panel_bytes(const ht_gemm *g, size_t k);
size_t ht_gemm_packed_bytes(const ht_gemm *g, size_t k, size_t n);
/* Rows k0 … k0+n_k-1 of a [k][n] operand into its panels; src [n_k][ld] elements; k0 even. An odd n_k is filled with zeros. */
void ht_gemm_pack_rows(const ht_gemm *g, void *panels, size_t k, size_t k0, size_t n_k, size_t n, const void *src, size_t ld);
/* The panels of B[k][n] = src[n][k]: src [n][ld] elements, k of them used. */
void ht_gemm_pack_cols(const ht_gemm *g, void *panels, size_t k, size_t n, const void *src, size_t ld);

/* C [m][n] = A [m][k] B, B packed as [k][n]. lda, ldc in elements (of the kit; f32 for SET and ADD).
 * HT_GEMM_ADD is the one to use with k in the thousands: it walks k in pieces that fit the cache; so does HT_GEMM_SET. */
void ht_gemm_run(const ht_gemm *g, size_t m, size_t n, size_t k, const void *a, size_t lda, const void *b, void *c, size_t ldc,
                 ht_gemm_out out);
/* C [64][64] at panel (i, j) of A^T B: both given as panels over k; rows and columns are those that exist in this panel. */
void ht_gemm_run_tn(const ht_gemm *g, unsigned n_row, unsigned n_col, size_t k, const void *a_panel, const void *b_panel, float *c,
                    size_t ldc, ht_gemm_out out);
#endif
