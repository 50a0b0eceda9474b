#include "tensor/op/train_muon.h"

#include <math.h>
#include <string.h>

/* Works on the wide orientation: r <= c. */
typedef struct {
    float *x, *gram, *poly; /* [r][c], [r][r], [r][r] */
    void *elems;            /* [r][c] */
    void *panels;           /* of x in either orientation, or of the gram matrix */
    void *gram_elems;       /* [r][r] */
} view;

/* Lays the scratch out and returns its size; base NULL: only the size. */
static size_t lay_out(const ht_gemm *g, size_t r, size_t c, char *base, view *v)
{
    const size_t cols_bytes = ht_gemm_packed_bytes(g, c, r), rows_bytes = ht_gemm_packed_bytes(g, r, c), gram_bytes = ht_gemm_packed_bytes(g, r, r);
    size_t panel_bytes = cols_bytes > rows_bytes ? cols_bytes : rows_bytes;
    panel_bytes = panel_bytes > gram_bytes ? panel_bytes : gram_bytes;
    const size_t sizes[6] = {r * c * 4, r * r * 4, r * r * 4, r * c * g->elem_bytes, panel_bytes, r * r * g->elem_bytes};
    void *places[6];
    size_t at = 0;
    for (int i = 0; i < 6; i++) {
        places[i] = base ? base + at : NULL;
        at += (sizes[i] + 127) / 64 * 64;
    }
    *v = (view){places[0], places[1], places[2], places[3], places[4], places[5]};
    return at;
}

size_t ht_muon_scratch(const ht_gemm *g, size_t rows, size_t cols)
{
    view v;
    return rows < cols ? lay_out(g, rows, cols, NULL, &v) : lay_out(g, cols, rows, NULL, &v);
}

static void transpose(float *y, const float *x, size_t rows, size_t cols)
{
    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j < cols; j++)
            y[j * rows + i] = x[i * cols + j];
}

/* x = 3.4445 x - 4.775 (x x^T) x + 2.0315 (x x^T)^2 x */
static void iterate(const ht_gemm *g, const ht_train_row *row, const view *v, size_t r, size_t c)
{
    g->cast(v->elems, v->x, r * c);
    ht_gemm_pack_cols(g, v->panels, c, r, v->elems, c);
    ht_gemm_run(g, r, r, c, v->elems, c, v->panels, v->gram, r, HT_GEMM_SET);
    g->cast(v->gram_elems, v->gram, r * r);
    ht_gemm_pack_rows(g, v->panels, r, 0, r, r, v->gram_elems, r);
    ht_gemm_run(g, r, r, r, v->gram_elems, r, v->panels, v->poly, r, HT_GEMM_SET);
    row->scale(v->poly, 2.0315f, r * r);
    row->scale(v->gram, -4.7750f, r * r);
    row->add(v->poly, v->gram, r * r);
    g->cast(v->gram_elems, v->poly, r * r);
    ht_gemm_pack_rows(g, v->panels, r, 0, r, c, v->elems, c);
    row->scale(v->x, 3.4445f, r * c);
    ht_gemm_run(g, r, c, r, v->gram_elems, r, v->panels, v->x, c, HT_GEMM_ADD);
}

void ht_muon_orthogonalise(const ht_gemm *g, const ht_train_row *row, float *x, size_t rows, size_t cols, void *scratch)
{
    view v;
    const bool is_tall = rows > cols;
    const size_t r = is_tall ? cols : rows, c = is_tall ? rows : cols;
    lay_out(g, r, c, scratch, &v);
    if (is_tall)
        transpose(v.x, x, rows, cols);
    else
        memcpy(v.x, x, r * c * sizeof *x);
    const float size = sqrtf(row->dot(v.x, v.x, r * c));
    if (!(size > 0))
        return;
    row->scale(v.x, 1.0f / size, r * c);
    for (int i = 0; i < 5; i++)
        iterate(g, row, &v, r, c);
    if (is_tall)
        transpose(x, v.x, r, c);
    else
        memcpy(x, v.x, r * c * sizeof *x);
}
