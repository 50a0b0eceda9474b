/* Loops, packing and the scalar f32 tile; the x86 tiles are in gemm_bf16_x86.c. */
#include "tensor/kernel/gemm_bf16.h"

#include <assert.h>
#include <string.h>

#include "base/cpu.h"
#include "tensor/kernel/gemm_bf16_x86.h"

/* k-steps a pass: 128 * 256 bytes of one panel stay in L1 while all rows of A go by. */
enum { STEPS_A_PASS = 128, STEPS_A_PASS_MAX = 192 };

static void tile_scalar(unsigned mr, unsigned n_col, size_t n_step, const void *a, size_t row_bytes, size_t step_bytes, const void *b,
                        void *c, size_t ldc, ht_gemm_out out, const void *next)
{
    (void)next;
    const float *panel = b;
    for (unsigned i = 0; i < mr; i++) {
        const char *row = (const char *)a + i * row_bytes;
        float *y = (float *)c + i * ldc;
        float sum[HT_GEMM_NR] = {0};
        for (size_t s = 0; s < n_step; s++) {
            float x;
            memcpy(&x, row + s * step_bytes, sizeof x);
            for (unsigned j = 0; j < HT_GEMM_NR; j++)
                sum[j] += x * panel[s * HT_GEMM_NR + j];
        }
        for (unsigned j = 0; j < n_col; j++)
            y[j] = out == HT_GEMM_ADD ? y[j] + sum[j] : sum[j];
    }
}

static void copy_f32_in(void *dst, const float *src, size_t n) { memmove(dst, src, n * sizeof *src); }
static void copy_f32_out(float *dst, const void *src, size_t n) { memmove(dst, src, n * sizeof *dst); }

/* f32 has one row a step: b is not used. */
static void pack_row_f32(void *panels, size_t panel_bytes, const void *a, const void *b, size_t n)
{
    (void)b;
    const float *x = a;
    for (size_t j = 0; j < n; j += HT_GEMM_NR) {
        const size_t m = n - j < HT_GEMM_NR ? n - j : HT_GEMM_NR;
        float *to = (float *)(void *)((char *)panels + j / HT_GEMM_NR * panel_bytes);
        memcpy(to, x + j, m * sizeof *x);
        if (m < HT_GEMM_NR)
            memset(to + m, 0, (HT_GEMM_NR - m) * sizeof *x);
    }
}

ht_gemm ht_gemm_pick(unsigned cpu, bool want_bf16)
{
    ht_gemm g = {.elem_bytes = 4, .k_pack = 1, .tile = tile_scalar, .cast = copy_f32_in, .uncast = copy_f32_out, .pack_pair = pack_row_f32};
    ht_gemm_pick_x86(cpu, want_bf16, &g);
    return g;
}

static size_t steps_of(const ht_gemm *g, size_t k) { return (k + g->k_pack - 1) / g->k_pack; }
size_t ht_gemm_panel_bytes(const ht_gemm *g, size_t k) { return steps_of(g, k) * HT_GEMM_STEP_BYTES; }
size_t ht_gemm_packed_bytes(const ht_gemm *g, size_t k, size_t n)
{
    return (n + HT_GEMM_NR - 1) / HT_GEMM_NR * ht_gemm_panel_bytes(g, k);
}

void ht_gemm_pack_rows(const ht_gemm *g, void *panels, size_t k, size_t k0, size_t n_k, size_t n, const void *src, size_t ld)
{
    assert(k0 % g->k_pack == 0);
    const size_t panel_bytes = ht_gemm_panel_bytes(g, k), row_bytes = ld * g->elem_bytes;
    const char *rows = src;
    char *to = (char *)panels + k0 / g->k_pack * HT_GEMM_STEP_BYTES;
    for (size_t r = 0; r < n_k; r += g->k_pack, to += HT_GEMM_STEP_BYTES)
        g->pack_pair(to, panel_bytes, rows + r * row_bytes, r + 1 < n_k ? rows + (r + 1) * row_bytes : NULL, n);
}

void ht_gemm_pack_cols(const ht_gemm *g, void *panels, size_t k, size_t n, const void *src, size_t ld)
{
    const size_t n_step = steps_of(g, k), panel_bytes = n_step * HT_GEMM_STEP_BYTES;
    const size_t whole = k / g->k_pack; /* steps that src fills completely */
    const size_t n_pad = (n + HT_GEMM_NR - 1) / HT_GEMM_NR * HT_GEMM_NR;
    for (size_t j = 0; j < n_pad; j++) {
        char *to = (char *)panels + j / HT_GEMM_NR * panel_bytes + j % HT_GEMM_NR * 4;
        const char *from = (const char *)src + j * ld * g->elem_bytes;
        uint32_t unit = 0;
        const size_t used = j < n ? whole : 0;
        for (size_t s = 0; s < used; s++) {
            memcpy(&unit, from + 4 * s, 4);
            memcpy(to + s * HT_GEMM_STEP_BYTES, &unit, 4);
        }
        for (size_t s = used; s < n_step; s++) {
            unit = 0;
            if (j < n) /* an odd k: the low half of the pair only */
                memcpy(&unit, from + 4 * s, g->elem_bytes);
            memcpy(to + s * HT_GEMM_STEP_BYTES, &unit, 4);
        }
    }
}

/* Pieces of k for one pass; what rounds to elements must not be cut, it has no sum to add to. */
static size_t steps_a_pass(size_t n_step, ht_gemm_out out)
{
    if (out == HT_GEMM_ELEM || n_step <= STEPS_A_PASS_MAX)
        return n_step;
    const size_t n_pass = (n_step + STEPS_A_PASS - 1) / STEPS_A_PASS;
    return (n_step + n_pass - 1) / n_pass;
}

/* Tile number i of those that share a panel fetches a quarter of what comes next: at most four have to. */
static const char *fetch(const char *next, size_t i, size_t steps, const char *otherwise)
{
    return next != NULL && i < 4 ? next + i * steps * 64 : otherwise;
}

void ht_gemm_run(const ht_gemm *g, size_t m, size_t n, size_t k, const void *a, size_t lda, const void *b, void *c, size_t ldc,
                 ht_gemm_out out)
{
    const size_t n_step = steps_of(g, k), pass = steps_a_pass(n_step, out), panel_bytes = n_step * HT_GEMM_STEP_BYTES;
    const size_t c_bytes = out == HT_GEMM_ELEM ? g->elem_bytes : 4, row_bytes = lda * g->elem_bytes;
    for (size_t s = 0; s < n_step; s += pass) {
        const size_t steps = n_step - s < pass ? n_step - s : pass;
        for (size_t j = 0; j < n; j += HT_GEMM_NR) {
            const char *panel = (const char *)b + j / HT_GEMM_NR * panel_bytes + s * HT_GEMM_STEP_BYTES;
            const char *next = j + HT_GEMM_NR < n ? panel + panel_bytes : NULL;
            const unsigned n_col = n - j < HT_GEMM_NR ? (unsigned)(n - j) : HT_GEMM_NR;
            for (size_t i = 0; i < m; i += HT_GEMM_MR)
                g->tile(m - i < HT_GEMM_MR ? (unsigned)(m - i) : HT_GEMM_MR, n_col, steps, (const char *)a + i * row_bytes + 4 * s,
                        row_bytes, 4, panel, (char *)c + (i * ldc + j) * c_bytes, ldc, s > 0 ? HT_GEMM_ADD : out,
                        fetch(next, i / HT_GEMM_MR, steps, panel));
        }
    }
}

void ht_gemm_run_tn(const ht_gemm *g, unsigned n_row, unsigned n_col, size_t k, const void *a_panel, const void *b_panel, float *c,
                    size_t ldc, ht_gemm_out out)
{
    const size_t n_step = steps_of(g, k), pass = steps_a_pass(n_step, HT_GEMM_ADD);
    for (size_t s = 0; s < n_step; s += pass) {
        const size_t steps = n_step - s < pass ? n_step - s : pass;
        const char *a = (const char *)a_panel + s * HT_GEMM_STEP_BYTES, *b = (const char *)b_panel + s * HT_GEMM_STEP_BYTES;
        const bool is_more = s + 2 * pass <= n_step;
        for (unsigned i = 0; i < n_row; i += HT_GEMM_MR) {
            const unsigned tile = i / HT_GEMM_MR;
            const char *next = !is_more ? NULL : (tile < 4 ? b : a) + steps * HT_GEMM_STEP_BYTES;
            g->tile(n_row - i < HT_GEMM_MR ? n_row - i : HT_GEMM_MR, n_col, steps, a + 4 * i, 4, HT_GEMM_STEP_BYTES, b,
                    c + i * ldc, ldc, s > 0 ? HT_GEMM_ADD : out, fetch(next, tile % 4 + (tile < 8 ? 0 : 4), steps, b));
        }
    }
}
