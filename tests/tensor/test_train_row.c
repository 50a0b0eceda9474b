/* Row operations: the AVX-512 set against the scalar one on odd lengths, the scalar ones against central differences. */
#include "tensor/op/train_row.h"

#include "base/cpu.h"
#include "base/rng.h"
#include "check.h"
#include "tensor/op/train_muon.h"

enum { MAX_N = 300 };
static const size_t lengths[] = {2, 6, 16, 18, 64, 130, 256, 298};
enum { N_LENGTHS = sizeof lengths / sizeof lengths[0] };

static void fill(float *x, size_t n, uint64_t seed)
{
    ht_rng r;
    ht_rng_seed(&r, seed);
    for (size_t i = 0; i < n; i++)
        x[i] = 2.0f * ht_rng_normal(&r);
}

static void check_close(const float *a, const float *b, size_t n, double tolerance, const char *what)
{
    for (size_t i = 0; i < n; i++)
        if (!(fabs((double)a[i] - b[i]) <= tolerance * (1 + fabs((double)b[i])))) {
            fprintf(stderr, "%s, n = %zu: value %zu is %g, scalar says %g\n", what, n, i, (double)a[i], (double)b[i]);
            CHECK(!"the sets agree");
            return;
        }
}

/* Results of every operation into out [12][MAX_N], each with its inputs from the same stream. */
static void run_all(const ht_train_row *s, size_t n, float out[14][MAX_N])
{
    float x[MAX_N], y[MAX_N], w[MAX_N], t[MAX_N];
    fill(x, n, 1), fill(y, n, 2), fill(w, n, 3);
    const float inv = s->norm(out[0], out[1], x, w, n, 1e-5f);
    memcpy(out[2], y, n * sizeof *y), memcpy(out[3], w, n * sizeof *w);
    s->norm_back(out[2], out[3], y, out[0], w, inv, n);
    s->swiglu(out[4], x, y, n);
    s->swiglu_back(out[5], out[6], out[7], w, x, y, n);
    memcpy(out[8], x, n * sizeof *x);
    s->rope(out[8], y, w, n, -1.0f);
    memcpy(t, x, n * sizeof *x);
    t[n / 2] = -INFINITY;
    float max;
    out[9][0] = s->softmax(out[10], t, n, 0.7f, &max);
    CHECK(out[10][n / 2] == 0);
    s->softmax_back(out[11], out[12], t, y, n, 0.7f, max + logf(out[9][0]), 0.3f);
    CHECK(out[12][n / 2] == 0);
    out[9][1] = s->dot(x, y, n);
    const ht_adamw a = {.lr = 0.1f, .beta1 = 0.9f, .beta2 = 0.95f, .eps = 1e-8f, .decay = 0.1f, .grad_scale = 0.5f, .fix1 = 2.0f, .fix2 = 3.0f};
    float m[MAX_N] = {0}, v[MAX_N] = {0};
    memcpy(out[13], w, n * sizeof *w);
    for (int i = 0; i < 3; i++)
        s->adamw(out[13], m, v, x, n, &a);
}

static void sets_agree(void)
{
    const ht_train_row wide = ht_train_row_pick(ht_cpu_bits(), false), scalar = ht_train_row_pick(0, false);
    if (!(ht_cpu_bits() & HT_CPU_AVX512))
        CHECK_SKIP("this CPU lacks AVX-512");
    for (size_t l = 0; l < N_LENGTHS; l++) {
        static float a[14][MAX_N], b[14][MAX_N];
        memset(a, 0, sizeof a), memset(b, 0, sizeof b);
        run_all(&wide, lengths[l], a);
        run_all(&scalar, lengths[l], b);
        static const char *const names[14] = {"norm xhat", "norm y", "norm_back dx", "norm_back dw", "swiglu", "swiglu_back dgate", "swiglu_back dup",
                                              "swiglu_back h", "rope", "sums", "softmax", "softmax_back p", "softmax_back ds", "adamw"};
        for (int i = 0; i < 14; i++)
            check_close(a[i], b[i], i == 9 ? 2 : lengths[l], 3e-5, names[i]);
    }
}

/* The bf16 set gives the f32 set's values, rounded once: inputs that are bf16 exactly, n elements. */
static void check_rounded(const ht_gemm *g, const void *elems, const float *want, size_t n, const char *what)
{
    float got[MAX_N];
    g->uncast(got, elems, n);
    check_close(got, want, n, 1.0 / 250, what);
}

static void bf16_set_rounds_the_f32_set(void)
{
    if (!(ht_cpu_bits() & HT_CPU_BF16))
        CHECK_SKIP("this CPU lacks AVX512_BF16");
    const ht_gemm g = ht_gemm_pick(ht_cpu_bits(), true);
    const ht_train_row a = ht_train_row_pick(ht_cpu_bits(), true), b = ht_train_row_pick(ht_cpu_bits(), false);
    for (size_t l = 0; l < N_LENGTHS; l++) {
        const size_t n = lengths[l];
        float x[MAX_N], y[MAX_N], w[MAX_N], f[6][MAX_N], dx[2][MAX_N] = {{0}}, dw[2][MAX_N] = {{0}}, max[2];
        uint16_t xe[MAX_N], ye[MAX_N], e[6][MAX_N];
        fill(x, n, 1), fill(y, n, 2), fill(w, n, 3);
        g.cast(xe, x, n), g.uncast(x, xe, n), g.cast(ye, y, n), g.uncast(y, ye, n);
        CHECK_NEAR(a.norm_keep(e[0], e[1], x, w, n, 1e-5f), b.norm_keep(f[0], f[1], x, w, n, 1e-5f), 1e-6);
        check_rounded(&g, e[0], f[0], n, "norm xhat"), check_rounded(&g, e[1], f[1], n, "norm y");
        a.norm_back_kept(dx[0], dw[0], e[2], w, xe, y, 0.7f, n);
        b.norm_back_kept(dx[1], dw[1], f[2], w, x, y, 0.7f, n);
        check_close(dx[0], dx[1], n, 1e-5, "norm_back dx"), check_close(dw[0], dw[1], n, 1e-5, "norm_back dw");
        check_rounded(&g, e[2], f[2], n, "norm_back y");
        a.swiglu(e[0], xe, ye, n), b.swiglu(f[0], x, y, n);
        check_rounded(&g, e[0], f[0], n, "swiglu");
        a.swiglu_back(e[1], e[2], e[3], w, xe, ye, n), b.swiglu_back(f[1], f[2], f[3], w, x, y, n);
        check_rounded(&g, e[1], f[1], n, "dgate"), check_rounded(&g, e[2], f[2], n, "dup"), check_rounded(&g, e[3], f[3], n, "h");
        CHECK_NEAR(a.softmax(e[4], x, n, 0.7f, &max[0]) / b.softmax(f[4], x, n, 0.7f, &max[1]), 1, 1e-6);
        CHECK_NEAR(max[0], max[1], 0);
        check_rounded(&g, e[4], f[4], n, "softmax");
        a.softmax_back(e[4], e[5], x, y, n, 0.7f, max[0] + 1, 0.3f), b.softmax_back(f[4], f[5], x, y, n, 0.7f, max[0] + 1, 0.3f);
        check_rounded(&g, e[4], f[4], n, "softmax_back p"), check_rounded(&g, e[5], f[5], n, "softmax_back ds");
    }
}

/* exp over its whole range, through softmax of pairs (0, x). */
static void exp_is_exact_to_units(void)
{
    const ht_train_row set = ht_train_row_pick(ht_cpu_bits(), false), *s = &set;
    for (float x = -86.5f; x <= 0; x += 0.0371f) {
        float pair[2] = {0, x}, max;
        s->softmax(pair, pair, 2, 1.0f, &max);
        CHECK_NEAR(pair[1] / exp((double)x), 1, 5e-7);
    }
    float nan[3] = {0, NAN, 1}, max;
    s->softmax(nan, nan, 3, 1.0f, &max);
    CHECK(isnan(nan[1]) || isnan(nan[0]));
}

static double norm_sum(const float *x, const float *w, const float *dy, size_t n)
{
    double sum = 0, total = 0;
    for (size_t i = 0; i < n; i++)
        sum += (double)x[i] * x[i];
    for (size_t i = 0; i < n; i++)
        total += x[i] / sqrt(sum / (double)n + 1e-5) * w[i] * dy[i];
    return total;
}

static double swiglu_sum(const float *gate, const float *up, const float *dh, size_t n)
{
    double total = 0;
    for (size_t i = 0; i < n; i++)
        total += gate[i] / (1 + exp(-(double)gate[i])) * up[i] * dh[i];
    return total;
}

static void backwards_match_central_differences(void)
{
    const ht_train_row set = ht_train_row_pick(ht_cpu_bits(), false), *s = &set;
    enum { N = 20 };
    float x[N], w[N], dy[N], xhat[N], dx[N] = {0}, dw[N] = {0}, dgate[N], dup[N], h[N];
    fill(x, N, 1), fill(w, N, 2), fill(dy, N, 3);
    const float inv = s->norm(xhat, h, x, w, N, 1e-5f);
    s->norm_back(dx, dw, dy, xhat, w, inv, N);
    s->swiglu_back(dgate, dup, h, dy, x, w, N);
    for (size_t i = 0; i < N; i++)
        for (int side = 0; side < 2; side++) {
            float *at = side ? &w[i] : &x[i], keep = *at, up = keep + 1e-3f, down = keep - 1e-3f;
            *at = up;
            const double a = norm_sum(x, w, dy, N), c = swiglu_sum(x, w, dy, N);
            *at = down;
            const double b = norm_sum(x, w, dy, N), d = swiglu_sum(x, w, dy, N), step = (double)up - down;
            *at = keep;
            CHECK_NEAR(side ? dw[i] : dx[i], (a - b) / step, 1e-4);
            CHECK_NEAR(side ? dup[i] : dgate[i], (c - d) / step, 1e-4);
        }
}

/* Rows of a wide result are orthogonal and of length about 1 (the iteration leaves singular values in 0.7 … 1.2). */
static void check_orthogonal(bool want_bf16, size_t rows, size_t cols)
{
    const ht_gemm g = ht_gemm_pick(ht_cpu_bits(), want_bf16);
    float *x = malloc(rows * cols * sizeof *x);
    void *scratch = aligned_alloc(64, (ht_muon_scratch(&g, rows, cols) + 63) / 64 * 64);
    CHECK_REQUIRE(x && scratch);
    fill(x, rows * cols, 5);
    const ht_train_row row = ht_train_row_pick(ht_cpu_bits(), g.is_bf16);
    ht_muon_orthogonalise(&g, &row, x, rows, cols, scratch);
    const size_t r = rows < cols ? rows : cols, c = rows < cols ? cols : rows;
    double trace = 0, off = 0;
    for (size_t i = 0; i < r; i++)
        for (size_t j = 0; j < r; j++) {
            double dot = 0;
            for (size_t k = 0; k < c; k++)
                dot += rows < cols ? (double)x[i * cols + k] * x[j * cols + k] : (double)x[k * cols + i] * x[k * cols + j];
            if (i == j) {
                trace += dot;
                CHECK(dot > 0.4 && dot < 1.5);
            } else {
                off = fmax(off, fabs(dot));
            }
        }
    CHECK_NEAR(trace / (double)r, 0.9, 0.3);
    CHECK(off < 0.35);
    free(x), free(scratch);
}

static void muon_orthogonalises(void)
{
    check_orthogonal(false, 24, 70);
    check_orthogonal(false, 70, 24);
    check_orthogonal(true, 33, 129);
    check_orthogonal(true, 200, 64);
}

int main(int argc, char **argv)
{
    static const check_case cases[] = {
        CHECK_CASE(sets_agree),
        CHECK_CASE(bf16_set_rounds_the_f32_set),
        CHECK_CASE(exp_is_exact_to_units),
        CHECK_CASE(backwards_match_central_differences),
        CHECK_CASE(muon_orthogonalises),
    };
    return check_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
