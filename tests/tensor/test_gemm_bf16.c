/* Every kit against double, on odd shapes; both orientations of packing; `--bench` (no ctest entry) times them. */
#include "tensor/kernel/gemm_bf16.h"

#include "base/clock.h"
#include "base/cpu.h"
#include "base/rng.h"
#include "check.h"

static float *random_floats(size_t n, uint64_t seed)
{
    ht_rng r;
    ht_rng_seed(&r, seed);
    float *x = malloc(n * sizeof *x);
    CHECK_REQUIRE(x != NULL);
    for (size_t i = 0; i < n; i++)
        x[i] = ht_rng_normal(&r);
    return x;
}

/* Elements of x (rows padded to ld), and x replaced by what the elements are worth. */
static void *to_elements(const ht_gemm *g, float *x, size_t rows, size_t cols, size_t ld)
{
    char *e = calloc(rows * ld + 64, g->elem_bytes);
    CHECK_REQUIRE(e != NULL);
    for (size_t i = 0; i < rows; i++) {
        g->cast(e + i * ld * g->elem_bytes, x + i * cols, cols);
        g->uncast(x + i * cols, e + i * ld * g->elem_bytes, cols);
    }
    return e;
}

static void check_product(const ht_gemm *g, size_t m, size_t n, size_t k, bool is_by_cols, ht_gemm_out out)
{
    float *a = random_floats(m * k, m), *b = random_floats(k * n, n + 100);
    const size_t lda = (k + 1) / 2 * 2;
    void *ae = to_elements(g, a, m, k, lda);
    float *bt = malloc(k * n * sizeof *bt);
    for (size_t i = 0; i < k * n; i++)
        bt[i % n * k + i / n] = b[i];
    void *be = to_elements(g, b, k, n, n), *bte = to_elements(g, bt, n, k, k);
    void *panels = malloc(ht_gemm_packed_bytes(g, k, n));
    if (is_by_cols)
        ht_gemm_pack_cols(g, panels, k, n, bte, k);
    else
        ht_gemm_pack_rows(g, panels, k, 0, k, n, be, n);
    const size_t ldc = n + 3;
    float *c = malloc((m * ldc + 1) * sizeof *c);
    for (size_t i = 0; i <= m * ldc; i++)
        c[i] = 1.0f;
    ht_gemm_run(g, m, n, k, ae, lda, panels, c, ldc, out);
    double worst = 0;
    for (size_t i = 0; i < m; i++)
        for (size_t j = 0; j < n; j++) {
            double want = out == HT_GEMM_ADD ? 1.0 : 0.0, got, size = 1;
            for (size_t p = 0; p < k; p++) {
                want += (double)a[i * k + p] * b[p * n + j];
                size += fabs((double)a[i * k + p] * b[p * n + j]);
            }
            if (out == HT_GEMM_ELEM) {
                float x;
                g->uncast(&x, (char *)c + (i * ldc + j) * g->elem_bytes, 1);
                got = x;
                size += g->is_bf16 ? fabs(want) * 65536 : 0; /* one bf16 rounding on top: 2^-8 of the value */
            } else {
                got = c[i * ldc + j];
            }
            worst = fmax(worst, fabs(got - want) / size);
        }
    CHECK(worst < 2e-7 * sqrt((double)k) + 1e-7);
    if (out != HT_GEMM_ELEM)
        for (size_t i = 0; i < m; i++)
            for (size_t j = n; j < ldc; j++)
                CHECK_EQ(c[i * ldc + j], 1);
    free(a), free(b), free(bt), free(ae), free(be), free(bte), free(panels), free(c);
}

static void check_kit(const ht_gemm *g)
{
    static const size_t shapes[][3] = {{1, 1, 1}, {6, 64, 32}, {7, 65, 33}, {13, 130, 255}, {96, 64, 512}, {5, 12, 701}, {3, 200, 2}};
    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++)
        for (int by_cols = 0; by_cols < 2; by_cols++)
            for (ht_gemm_out out = HT_GEMM_SET; out <= HT_GEMM_ELEM; out++)
                check_product(g, shapes[i][0], shapes[i][1], shapes[i][2], by_cols, out);
}

static void check_transposed(const ht_gemm *g)
{
    enum { K = 301, M = 64, N = 50 };
    float *a = random_floats(K * M, 1), *b = random_floats(K * N, 2), *c = calloc(M * N, sizeof *c);
    void *ae = to_elements(g, a, K, M, M), *be = to_elements(g, b, K, N, N);
    void *ap = malloc(ht_gemm_packed_bytes(g, K, M)), *bp = malloc(ht_gemm_packed_bytes(g, K, N));
    /* in two slices, as token blocks write them */
    for (size_t k0 = 0, n_k = 150; k0 < K; k0 += n_k, n_k = K - k0) {
        ht_gemm_pack_rows(g, ap, K, k0, n_k, M, (char *)ae + k0 * M * g->elem_bytes, M);
        ht_gemm_pack_rows(g, bp, K, k0, n_k, N, (char *)be + k0 * N * g->elem_bytes, N);
    }
    ht_gemm_run_tn(g, M, N, K, ap, bp, c, N, HT_GEMM_ADD);
    for (size_t i = 0; i < M; i++)
        for (size_t j = 0; j < N; j++) {
            double want = 0;
            for (size_t p = 0; p < K; p++)
                want += (double)a[p * M + i] * b[p * N + j];
            CHECK_NEAR(c[i * N + j], want, 2e-4);
        }
    free(a), free(b), free(c), free(ae), free(be), free(ap), free(bp);
}

static void kit(unsigned cpu, bool want_bf16)
{
    if ((ht_cpu_bits() & cpu) != cpu)
        CHECK_SKIP("this CPU lacks the instructions");
    const ht_gemm g = ht_gemm_pick(cpu, want_bf16);
    CHECK_EQ(g.is_bf16, want_bf16);
    check_kit(&g);
    check_transposed(&g);
}

static void scalar(void) { kit(0, false); }
static void avx2(void) { kit(HT_CPU_AVX2, false); }
static void avx512(void) { kit(HT_CPU_AVX2 | HT_CPU_AVX512, false); }
static void bf16(void) { kit(HT_CPU_AVX2 | HT_CPU_AVX512 | HT_CPU_BF16, true); }

static void bf16_rounds_to_nearest_even(void)
{
    if (!(ht_cpu_bits() & HT_CPU_BF16))
        CHECK_SKIP("this CPU lacks AVX512_BF16");
    const ht_gemm g = ht_gemm_pick(ht_cpu_bits(), true);
    const float x[] = {1.0f, 1.00390625f, 1.01171875f, -3.14159f, 0.0f}; /* the second and third are ties */
    const uint16_t want[] = {0x3f80, 0x3f80, 0x3f82, 0xc049, 0};
    uint16_t y[5];
    g.cast(y, x, 5);
    for (int i = 0; i < 5; i++)
        CHECK_EQ(y[i], want[i]);
}

static void bench_one(const ht_gemm *g, size_t m, size_t n, size_t k)
{
    void *a = calloc(m * k, g->elem_bytes), *b = calloc(1, ht_gemm_packed_bytes(g, k, n));
    float *c = calloc(m * n, sizeof *c);
    double best = 1e30;
    for (int r = 0; r < 20; r++) {
        const double t = ht_clock_ms();
        for (int i = 0; i < 20; i++)
            ht_gemm_run(g, m, n, k, a, k, b, c, n, HT_GEMM_SET);
        best = fmin(best, (ht_clock_ms() - t) / 20);
    }
    printf("%s [%zu x %zu x %zu] %.1f GFLOP/s on one core\n", g->is_bf16 ? "bf16" : "f32", m, n, k, 2e-6 * (double)(m * n * k) / best);
    void *ap = calloc(1, ht_gemm_packed_bytes(g, 1920, 64)), *bp = calloc(1, ht_gemm_packed_bytes(g, 1920, 64));
    best = 1e30;
    for (int r = 0; r < 20; r++) {
        const double t = ht_clock_ms();
        for (int i = 0; i < 20; i++)
            ht_gemm_run_tn(g, 64, 64, 1920, ap, bp, c, n, HT_GEMM_ADD);
        best = fmin(best, (ht_clock_ms() - t) / 20);
    }
    printf("  transposed [64 x 64 x 1920] %.1f GFLOP/s\n", 2e-6 * 64 * 64 * 1920 / best);
    free(a), free(b), free(c), free(ap), free(bp);
}

int main(int argc, char **argv)
{
    static const check_case cases[] = {
        CHECK_CASE(scalar),
        CHECK_CASE(avx2),
        CHECK_CASE(avx512),
        CHECK_CASE(bf16),
        CHECK_CASE(bf16_rounds_to_nearest_even),
    };
    if (argc == 2 && strcmp(argv[1], "--bench") == 0) {
        for (int want = 0; want < 2; want++) {
            const ht_gemm g = ht_gemm_pick(ht_cpu_bits(), want);
            bench_one(&g, 96, 1408, 256);
            bench_one(&g, 96, 256, 704);
        }
        return 0;
    }
    return check_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
