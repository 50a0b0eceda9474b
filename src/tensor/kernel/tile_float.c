/* Four rows of float or bfloat16 weights times panels of sixteen tokens. See tile_quantised.c for the shape. */
#include "tensor/kernel.h"
#include "tensor/kernel/x86.h"

#if defined(__x86_64__)
HT_ISA_AVX2
static inline uint32_t group_at(const uint8_t *row, size_t i)
{
    uint32_t v;
    memcpy(&v, row + 4 * i, sizeof v);
    return v;
}

HT_ISA_AVX2
static void tile_f32_avx2(float *y, size_t ldy, const ht_tile_weights *w, size_t n_rows, const ht_act_panel *panels, size_t n_tokens,
                          size_t n_in, bool add)
{
    for (size_t t = 0; t < n_tokens; t += HT_PANEL, y += HT_PANEL * ldy, panels++) {
        __m256 acc[2][HT_TILE_ROWS];
        for (size_t r = 0; r < HT_TILE_ROWS; r++)
            acc[0][r] = acc[1][r] = _mm256_setzero_ps();
        for (size_t k = 0; k < n_in; k++) {
            const float *x = (const float *)(const void *)(panels->data + k * HT_PANEL);
            const __m256 x0 = _mm256_loadu_ps(x), x1 = _mm256_loadu_ps(x + 8);
            for (size_t r = 0; r < HT_TILE_ROWS; r++) {
                const __m256 wv = _mm256_set1_ps(ht_float_from_bits(group_at(w->row[r], k)));
                acc[0][r] = _mm256_fmadd_ps(wv, x0, acc[0][r]);
                acc[1][r] = _mm256_fmadd_ps(wv, x1, acc[1][r]);
            }
        }
        __m128 turned[HT_PANEL];
        ht_turn_avx2(turned, acc[0]);
        ht_turn_avx2(turned + 8, acc[1]);
        ht_store_turned(y, ldy, turned, n_tokens - t < HT_PANEL ? n_tokens - t : HT_PANEL, n_rows, add);
    }
}

/* np: as in tile_quantised.c */
HT_ISA_AVX512
static inline __attribute__((always_inline)) void tile_f32_avx512_panels(float *y, size_t ldy, const ht_tile_weights *w, size_t n_rows,
                                                                         const ht_act_panel *panels, size_t n_tokens, size_t n_in, bool add,
                                                                         const size_t np)
{
    __m512 acc[3][HT_TILE_ROWS];
    for (size_t p = 0; p < np; p++)
        for (size_t r = 0; r < HT_TILE_ROWS; r++)
            acc[p][r] = _mm512_setzero_ps();
    for (size_t k = 0; k < n_in; k++) {
        __m512 x[3];
        for (size_t p = 0; p < np; p++)
            x[p] = _mm512_loadu_ps(panels[p].data + k * HT_PANEL);
        for (size_t r = 0; r < HT_TILE_ROWS; r++) {
            const __m512 wv = _mm512_set1_ps(ht_float_from_bits(group_at(w->row[r], k)));
            for (size_t p = 0; p < np; p++)
                acc[p][r] = _mm512_fmadd_ps(wv, x[p], acc[p][r]);
        }
    }
    for (size_t p = 0; p < np; p++) {
        __m128 turned[HT_PANEL];
        const size_t left = n_tokens - p * HT_PANEL;
        ht_turn_avx512(turned, acc[p]);
        ht_store_turned(y + p * HT_PANEL * ldy, ldy, turned, left < HT_PANEL ? left : HT_PANEL, n_rows, add);
    }
}

HT_ISA_AVX512
static void tile_f32_avx512(float *y, size_t ldy, const ht_tile_weights *w, size_t n_rows, const ht_act_panel *panels, size_t n_tokens,
                            size_t n_in, bool add)
{
    while (n_tokens > 0) {
        size_t np = (n_tokens + HT_PANEL - 1) / HT_PANEL;
        if (np >= 3)
            tile_f32_avx512_panels(y, ldy, w, n_rows, panels, n_tokens, n_in, add, np = 3);
        else if (np == 2)
            tile_f32_avx512_panels(y, ldy, w, n_rows, panels, n_tokens, n_in, add, 2);
        else
            tile_f32_avx512_panels(y, ldy, w, n_rows, panels, n_tokens, n_in, add, 1);
        if (n_tokens <= np * HT_PANEL)
            return;
        n_tokens -= np * HT_PANEL;
        panels += np;
        y += np * HT_PANEL * ldy;
    }
}

/* A group holds two values of k; vdpbf16ps adds both products. n_in is even. */
HT_ISA_BF16
static inline __attribute__((always_inline)) void tile_bf16_panels(float *y, size_t ldy, const ht_tile_weights *w, size_t n_rows,
                                                                   const ht_act_panel *panels, size_t n_tokens, size_t n_in, bool add,
                                                                   const size_t np)
{
    __m512 acc[3][HT_TILE_ROWS];
    for (size_t p = 0; p < np; p++)
        for (size_t r = 0; r < HT_TILE_ROWS; r++)
            acc[p][r] = _mm512_setzero_ps();
    for (size_t g = 0; g < n_in / 2; g++) {
        __m512i x[3];
        for (size_t p = 0; p < np; p++)
            x[p] = _mm512_loadu_si512(panels[p].data + g * HT_PANEL);
        for (size_t r = 0; r < HT_TILE_ROWS; r++) {
            const __m512i wv = _mm512_set1_epi32((int)group_at(w->row[r], g));
            for (size_t p = 0; p < np; p++)
                acc[p][r] = _mm512_dpbf16_ps(acc[p][r], (__m512bh)wv, (__m512bh)x[p]);
        }
    }
    for (size_t p = 0; p < np; p++) {
        __m128 turned[HT_PANEL];
        const size_t left = n_tokens - p * HT_PANEL;
        ht_turn_avx512(turned, acc[p]);
        ht_store_turned(y + p * HT_PANEL * ldy, ldy, turned, left < HT_PANEL ? left : HT_PANEL, n_rows, add);
    }
}

HT_ISA_BF16
static void tile_bf16(float *y, size_t ldy, const ht_tile_weights *w, size_t n_rows, const ht_act_panel *panels, size_t n_tokens,
                      size_t n_in, bool add)
{
    while (n_tokens > 0) {
        size_t np = (n_tokens + HT_PANEL - 1) / HT_PANEL;
        if (np >= 3)
            tile_bf16_panels(y, ldy, w, n_rows, panels, n_tokens, n_in, add, np = 3);
        else if (np == 2)
            tile_bf16_panels(y, ldy, w, n_rows, panels, n_tokens, n_in, add, 2);
        else
            tile_bf16_panels(y, ldy, w, n_rows, panels, n_tokens, n_in, add, 1);
        if (n_tokens <= np * HT_PANEL)
            return;
        n_tokens -= np * HT_PANEL;
        panels += np;
        y += np * HT_PANEL * ldy;
    }
}
#endif

ht_tile_fn *ht_tile_float_pick(ht_act_kind kind, unsigned cpu)
{
#if defined(__x86_64__)
    if (kind == HT_ACT_BF16)
        return cpu & HT_CPU_BF16 ? tile_bf16 : NULL;
    if (cpu & HT_CPU_AVX512)
        return tile_f32_avx512;
    if (cpu & HT_CPU_AVX2)
        return tile_f32_avx2;
#endif
    (void)kind, (void)cpu;
    return NULL;
}
