/* Register tiles of 6 rows by 64 columns: 24 sums in zmm, four panel vectors, one broadcast: ten loads feed 24 products. */
#include "tensor/kernel/gemm_bf16_x86.h"

#include "base/cpu.h"

#if defined(__x86_64__)
#include <immintrin.h>
#include <string.h>

#define ALWAYS_INLINE inline __attribute__((always_inline))

static ALWAYS_INLINE uint16_t column_mask(unsigned n_col, unsigned v)
{
    const unsigned left = n_col > 16 * v ? n_col - 16 * v : 0;
    return (uint16_t)(left >= 16 ? 0xffff : (1u << left) - 1);
}

HT_ISA_BF16 static ALWAYS_INLINE void body_bf16(unsigned mr, unsigned n_vec, unsigned n_col, size_t n_step, const char *a, size_t row_bytes,
                                                size_t step_bytes, const char *b, void *c, size_t ldc, ht_gemm_out out, const void *next)
{
    __m512 acc[HT_GEMM_MR][4];
    __m512i panel[4];
#pragma GCC unroll 6
    for (unsigned i = 0; i < mr; i++)
#pragma GCC unroll 4
        for (unsigned v = 0; v < n_vec; v++)
            acc[i][v] = _mm512_setzero_ps();
    for (size_t s = 0; s < n_step; s++) {
        _mm_prefetch((const char *)next + 64 * s, _MM_HINT_T1);
#pragma GCC unroll 4
        for (unsigned v = 0; v < n_vec; v++)
            panel[v] = _mm512_loadu_si512(b + 64 * v);
#pragma GCC unroll 6
        for (unsigned i = 0; i < mr; i++) {
            int32_t pair; /* rows of odd length start between words */
            memcpy(&pair, a + i * row_bytes, sizeof pair);
            const __m512i x = _mm512_set1_epi32(pair);
#pragma GCC unroll 4
            for (unsigned v = 0; v < n_vec; v++)
                acc[i][v] = _mm512_dpbf16_ps(acc[i][v], (__m512bh)panel[v], (__m512bh)x);
        }
        a += step_bytes;
        b += HT_GEMM_STEP_BYTES;
    }
#pragma GCC unroll 6
    for (unsigned i = 0; i < mr; i++)
#pragma GCC unroll 4
        for (unsigned v = 0; v < n_vec; v++) {
            const __mmask16 mask = column_mask(n_col, v);
            float *y = (float *)c + i * ldc + 16 * v;
            if (out == HT_GEMM_ELEM)
                _mm256_mask_storeu_epi16((uint16_t *)c + i * ldc + 16 * v, mask, (__m256i)_mm512_cvtneps_pbh(acc[i][v]));
            else if (out == HT_GEMM_ADD)
                _mm512_mask_storeu_ps(y, mask, _mm512_add_ps(acc[i][v], _mm512_maskz_loadu_ps(mask, y)));
            else
                _mm512_mask_storeu_ps(y, mask, acc[i][v]);
        }
}

/* One compiled body for each number of rows; heads of 32 and the last panel of a row need fewer vectors. */
HT_ISA_BF16 static ALWAYS_INLINE void rows_bf16(unsigned mr, unsigned n_vec, unsigned n_col, size_t n_step, const void *a, size_t row_bytes,
                                                size_t step_bytes, const void *b, void *c, size_t ldc, ht_gemm_out out, const void *next)
{
    switch (mr) {
    case 6: body_bf16(6, n_vec, n_col, n_step, a, row_bytes, step_bytes, b, c, ldc, out, next); break;
    case 5: body_bf16(5, n_vec, n_col, n_step, a, row_bytes, step_bytes, b, c, ldc, out, next); break;
    case 4: body_bf16(4, n_vec, n_col, n_step, a, row_bytes, step_bytes, b, c, ldc, out, next); break;
    case 3: body_bf16(3, n_vec, n_col, n_step, a, row_bytes, step_bytes, b, c, ldc, out, next); break;
    case 2: body_bf16(2, n_vec, n_col, n_step, a, row_bytes, step_bytes, b, c, ldc, out, next); break;
    default: body_bf16(1, n_vec, n_col, n_step, a, row_bytes, step_bytes, b, c, ldc, out, next); break;
    }
}

HT_ISA_BF16 static void tile_bf16(unsigned mr, unsigned n_col, size_t n_step, const void *a, size_t row_bytes, size_t step_bytes,
                                  const void *b, void *c, size_t ldc, ht_gemm_out out, const void *next)
{
    switch ((n_col + 15) / 16) {
    case 4: rows_bf16(mr, 4, n_col, n_step, a, row_bytes, step_bytes, b, c, ldc, out, next); break;
    case 3: rows_bf16(mr, 3, n_col, n_step, a, row_bytes, step_bytes, b, c, ldc, out, next); break;
    case 2: rows_bf16(mr, 2, n_col, n_step, a, row_bytes, step_bytes, b, c, ldc, out, next); break;
    default: rows_bf16(mr, 1, n_col, n_step, a, row_bytes, step_bytes, b, c, ldc, out, next); break;
    }
}

HT_ISA_AVX512 static ALWAYS_INLINE void body_avx512(unsigned mr, unsigned n_col, size_t n_step, const char *a, size_t row_bytes,
                                                    size_t step_bytes, const float *b, float *c, size_t ldc, ht_gemm_out out, const void *next)
{
    __m512 acc[HT_GEMM_MR][4];
#pragma GCC unroll 6
    for (unsigned i = 0; i < mr; i++)
#pragma GCC unroll 4
        for (unsigned v = 0; v < 4; v++)
            acc[i][v] = _mm512_setzero_ps();
    for (size_t s = 0; s < n_step; s++) {
        _mm_prefetch((const char *)next + 64 * s, _MM_HINT_T1);
        const __m512 b0 = _mm512_loadu_ps(b), b1 = _mm512_loadu_ps(b + 16), b2 = _mm512_loadu_ps(b + 32), b3 = _mm512_loadu_ps(b + 48);
#pragma GCC unroll 6
        for (unsigned i = 0; i < mr; i++) {
            const __m512 x = _mm512_set1_ps(*(const float *)(const void *)(a + i * row_bytes));
            acc[i][0] = _mm512_fmadd_ps(b0, x, acc[i][0]);
            acc[i][1] = _mm512_fmadd_ps(b1, x, acc[i][1]);
            acc[i][2] = _mm512_fmadd_ps(b2, x, acc[i][2]);
            acc[i][3] = _mm512_fmadd_ps(b3, x, acc[i][3]);
        }
        a += step_bytes;
        b += HT_GEMM_NR;
    }
#pragma GCC unroll 6
    for (unsigned i = 0; i < mr; i++)
#pragma GCC unroll 4
        for (unsigned v = 0; v < 4; v++) {
            const __mmask16 mask = column_mask(n_col, v);
            float *y = c + i * ldc + 16 * v;
            if (out == HT_GEMM_ADD)
                acc[i][v] = _mm512_add_ps(acc[i][v], _mm512_maskz_loadu_ps(mask, y));
            _mm512_mask_storeu_ps(y, mask, acc[i][v]);
        }
}

HT_ISA_AVX512 static void tile_avx512(unsigned mr, unsigned n_col, size_t n_step, const void *a, size_t row_bytes, size_t step_bytes,
                                      const void *b, void *c, size_t ldc, ht_gemm_out out, const void *next)
{
    switch (mr) {
    case 6: body_avx512(6, n_col, n_step, a, row_bytes, step_bytes, b, c, ldc, out, next); break;
    case 5: body_avx512(5, n_col, n_step, a, row_bytes, step_bytes, b, c, ldc, out, next); break;
    case 4: body_avx512(4, n_col, n_step, a, row_bytes, step_bytes, b, c, ldc, out, next); break;
    case 3: body_avx512(3, n_col, n_step, a, row_bytes, step_bytes, b, c, ldc, out, next); break;
    case 2: body_avx512(2, n_col, n_step, a, row_bytes, step_bytes, b, c, ldc, out, next); break;
    default: body_avx512(1, n_col, n_step, a, row_bytes, step_bytes, b, c, ldc, out, next); break;
    }
}

/* Six rows by 16 columns: 12 sums of the 16 ymm. */
HT_ISA_AVX2 static ALWAYS_INLINE void body_avx2(unsigned mr, size_t n_step, const char *a, size_t row_bytes, size_t step_bytes,
                                                const float *b, float *sums)
{
    __m256 acc[HT_GEMM_MR][2];
#pragma GCC unroll 6
    for (unsigned i = 0; i < mr; i++)
        acc[i][0] = acc[i][1] = _mm256_setzero_ps();
    for (size_t s = 0; s < n_step; s++) {
        const __m256 b0 = _mm256_loadu_ps(b), b1 = _mm256_loadu_ps(b + 8);
#pragma GCC unroll 6
        for (unsigned i = 0; i < mr; i++) {
            const __m256 x = _mm256_set1_ps(*(const float *)(const void *)(a + i * row_bytes));
            acc[i][0] = _mm256_fmadd_ps(b0, x, acc[i][0]);
            acc[i][1] = _mm256_fmadd_ps(b1, x, acc[i][1]);
        }
        a += step_bytes;
        b += HT_GEMM_NR;
    }
#pragma GCC unroll 6
    for (unsigned i = 0; i < mr; i++) {
        _mm256_storeu_ps(sums + 16 * i, acc[i][0]);
        _mm256_storeu_ps(sums + 16 * i + 8, acc[i][1]);
    }
}

HT_ISA_AVX2 static void tile_avx2(unsigned mr, unsigned n_col, size_t n_step, const void *a, size_t row_bytes, size_t step_bytes,
                                  const void *b, void *c, size_t ldc, ht_gemm_out out, const void *next)
{
    (void)next; /* the panel of a slower tile arrives in time by itself */
    float sums[HT_GEMM_MR * 16];
    for (unsigned j = 0; j < n_col; j += 16) {
        const float *panel = (const float *)b + j;
        if (mr == HT_GEMM_MR)
            body_avx2(HT_GEMM_MR, n_step, a, row_bytes, step_bytes, panel, sums);
        else
            for (unsigned i = 0; i < mr; i++)
                body_avx2(1, n_step, (const char *)a + i * row_bytes, row_bytes, step_bytes, panel, sums + 16 * i);
        const unsigned n = n_col - j < 16 ? n_col - j : 16;
        for (unsigned i = 0; i < mr; i++) {
            float *y = (float *)c + i * ldc + j;
            for (unsigned v = 0; v < n; v++)
                y[v] = out == HT_GEMM_ADD ? y[v] + sums[16 * i + v] : sums[16 * i + v];
        }
    }
}

HT_ISA_BF16 static void cast_bf16(void *dst, const float *src, size_t n)
{
    uint16_t *y = dst;
    size_t i = 0;
    for (; i + 32 <= n; i += 32)
        _mm512_storeu_si512(y + i, (__m512i)_mm512_cvtne2ps_pbh(_mm512_loadu_ps(src + i + 16), _mm512_loadu_ps(src + i)));
    for (; i < n; i += 16) {
        const __mmask16 mask = (__mmask16)(n - i >= 16 ? 0xffffu : (1u << (n - i)) - 1);
        _mm256_mask_storeu_epi16(y + i, mask, (__m256i)_mm512_cvtneps_pbh(_mm512_maskz_loadu_ps(mask, src + i)));
    }
}

HT_ISA_BF16 static void uncast_bf16(float *dst, const void *src, size_t n)
{
    const uint16_t *x = src;
    for (size_t i = 0; i < n; i += 16) {
        const __mmask16 mask = (__mmask16)(n - i >= 16 ? 0xffffu : (1u << (n - i)) - 1);
        const __m512i wide = _mm512_cvtepu16_epi32(_mm256_maskz_loadu_epi16(mask, x + i));
        _mm512_mask_storeu_ps(dst + i, mask, _mm512_castsi512_ps(_mm512_slli_epi32(wide, 16)));
    }
}

HT_ISA_BF16 static void pack_pair_bf16(void *panels, size_t panel_bytes, const void *a, const void *b, size_t n)
{
    const uint16_t *x = a, *y = b;
    uint16_t order[64]; /* x0 y0 x1 y1 …: positions in the 64 words of both rows */
    for (unsigned i = 0; i < 32; i++) {
        order[2 * i] = (uint16_t)i;
        order[2 * i + 1] = (uint16_t)(32 + i);
    }
    const __m512i low = _mm512_loadu_si512(order), high = _mm512_loadu_si512(order + 32);
    for (size_t j = 0; j < n; j += 64) {
        char *to = (char *)panels + j / 64 * panel_bytes;
        for (size_t h = 0; h < 64; h += 32) {
            const size_t left = n > j + h ? n - j - h : 0;
            const __mmask32 mask = left >= 32 ? 0xffffffffu : (__mmask32)((1u << left) - 1);
            const __m512i p = _mm512_maskz_loadu_epi16(mask, x + j + h);
            const __m512i q = y ? _mm512_maskz_loadu_epi16(mask, y + j + h) : _mm512_setzero_si512();
            _mm512_storeu_si512(to + 4 * h, _mm512_permutex2var_epi16(p, low, q));
            _mm512_storeu_si512(to + 4 * h + 64, _mm512_permutex2var_epi16(p, high, q));
        }
    }
}

void ht_gemm_pick_x86(unsigned cpu, bool want_bf16, ht_gemm *g)
{
    if (cpu & HT_CPU_AVX2)
        g->tile = tile_avx2;
    if (cpu & HT_CPU_AVX512)
        g->tile = tile_avx512;
    if ((cpu & HT_CPU_BF16) && want_bf16)
        *g = (ht_gemm){.is_bf16 = true, .elem_bytes = 2, .k_pack = 2, .tile = tile_bf16, .cast = cast_bf16, .uncast = uncast_bf16, .pack_pair = pack_pair_bf16};
}
#else
void ht_gemm_pick_x86(unsigned cpu, bool want_bf16, ht_gemm *g) { (void)cpu, (void)want_bf16, (void)g; }
#endif
