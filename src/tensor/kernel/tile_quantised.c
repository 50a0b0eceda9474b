/* Four unpacked rows of quantised weights times panels of sixteen tokens. Lanes are tokens, so a block's integer dot of
 * every (row, token) pair is one lane of one register, and scaling it is one multiplication by the tokens' scales. */
#include "tensor/kernel.h"
#include "tensor/kernel/x86.h"

#if defined(__x86_64__)
/* Four bytes of a weight row in every lane. */
HT_ISA_AVX2
static inline int32_t group_at(const uint8_t *row, size_t i)
{
    int32_t v;
    memcpy(&v, row + 4 * i, sizeof v);
    return v;
}

/* --- AVX2: int16 pairs; a register holds eight tokens, so a panel is two; two rows at a time fit the 16 registers --- */

HT_ISA_AVX2
static inline void tile_i16_panel(__m256 acc[2][HT_TILE_ROWS], const ht_tile_weights *w, const ht_act_panel *panel, size_t n_in, size_t row0)
{
    for (size_t b = 0; b < n_in / HT_Q_BLOCK; b++) {
        __m256i dot[2][2] = {{_mm256_setzero_si256(), _mm256_setzero_si256()}, {_mm256_setzero_si256(), _mm256_setzero_si256()}};
        for (size_t i = 0; i < 16; i++) {
            const size_t g = b * 16 + i;
            const __m256i x0 = _mm256_loadu_si256((const __m256i *)(const void *)(panel->data + g * HT_PANEL));
            const __m256i x1 = _mm256_loadu_si256((const __m256i *)(const void *)(panel->data + g * HT_PANEL + 8));
            for (size_t r = 0; r < 2; r++) {
                const __m256i wv = _mm256_set1_epi32(group_at(w->row[row0 + r], g));
                dot[0][r] = _mm256_add_epi32(dot[0][r], _mm256_madd_epi16(wv, x0));
                dot[1][r] = _mm256_add_epi32(dot[1][r], _mm256_madd_epi16(wv, x1));
            }
        }
        for (size_t h = 0; h < 2; h++) {
            const __m256 d = _mm256_loadu_ps(panel->d + b * HT_PANEL + 8 * h);
            for (size_t r = 0; r < 2; r++)
                acc[h][row0 + r] = _mm256_fmadd_ps(_mm256_cvtepi32_ps(dot[h][r]), _mm256_mul_ps(d, _mm256_set1_ps(w->scale[row0 + r][b])), acc[h][row0 + r]);
        }
    }
}

HT_ISA_AVXVNNI
static inline void tile_i8_panel(__m256 acc[2][HT_TILE_ROWS], const ht_tile_weights *w, const ht_act_panel *panel, size_t n_in, size_t row0)
{
    for (size_t b = 0; b < n_in / HT_Q_BLOCK; b++) {
        const __m256i z0 = _mm256_loadu_si256((const __m256i *)(const void *)(panel->zero + b * HT_PANEL));
        const __m256i z1 = _mm256_loadu_si256((const __m256i *)(const void *)(panel->zero + b * HT_PANEL + 8));
        __m256i dot[2][2] = {{z0, z0}, {z1, z1}};
        for (size_t i = 0; i < 8; i++) {
            const size_t g = b * 8 + i;
            const __m256i x0 = _mm256_loadu_si256((const __m256i *)(const void *)(panel->data + g * HT_PANEL));
            const __m256i x1 = _mm256_loadu_si256((const __m256i *)(const void *)(panel->data + g * HT_PANEL + 8));
            for (size_t r = 0; r < 2; r++) {
                const __m256i wv = _mm256_set1_epi32(group_at(w->row[row0 + r], g));
                dot[0][r] = _mm256_dpbusd_avx_epi32(dot[0][r], wv, x0);
                dot[1][r] = _mm256_dpbusd_avx_epi32(dot[1][r], wv, x1);
            }
        }
        for (size_t h = 0; h < 2; h++) {
            const __m256 d = _mm256_loadu_ps(panel->d + b * HT_PANEL + 8 * h);
            for (size_t r = 0; r < 2; r++)
                acc[h][row0 + r] = _mm256_fmadd_ps(_mm256_cvtepi32_ps(dot[h][r]), _mm256_mul_ps(d, _mm256_set1_ps(w->scale[row0 + r][b])), acc[h][row0 + r]);
        }
    }
}

HT_ISA_AVX2
static void store_avx2(float *y, size_t ldy, const __m256 acc[2][HT_TILE_ROWS], size_t n_t, size_t n_rows, bool add)
{
    __m128 turned[HT_PANEL];
    ht_turn_avx2(turned, acc[0]);
    ht_turn_avx2(turned + 8, acc[1]);
    ht_store_turned(y, ldy, turned, n_t, n_rows, add);
}

HT_ISA_AVX2
static void tile_i16_avx2(float *y, size_t ldy, const ht_tile_weights *w, size_t n_rows, const ht_act_panel *panels, size_t n_tokens,
                          size_t n_in, bool add)
{
    for (size_t t = 0; t < n_tokens; t += HT_PANEL, y += HT_PANEL * ldy, panels++) {
        __m256 acc[2][HT_TILE_ROWS];
        for (size_t r = 0; r < HT_TILE_ROWS; r++)
            acc[0][r] = acc[1][r] = _mm256_setzero_ps();
        tile_i16_panel(acc, w, panels, n_in, 0);
        tile_i16_panel(acc, w, panels, n_in, 2);
        store_avx2(y, ldy, (const __m256(*)[HT_TILE_ROWS])acc, n_tokens - t < HT_PANEL ? n_tokens - t : HT_PANEL, n_rows, add);
    }
}

HT_ISA_AVXVNNI
static void tile_i8_avxvnni(float *y, size_t ldy, const ht_tile_weights *w, size_t n_rows, const ht_act_panel *panels, size_t n_tokens,
                            size_t n_in, bool add)
{
    for (size_t t = 0; t < n_tokens; t += HT_PANEL, y += HT_PANEL * ldy, panels++) {
        __m256 acc[2][HT_TILE_ROWS];
        for (size_t r = 0; r < HT_TILE_ROWS; r++)
            acc[0][r] = acc[1][r] = _mm256_setzero_ps();
        tile_i8_panel(acc, w, panels, n_in, 0);
        tile_i8_panel(acc, w, panels, n_in, 2);
        store_avx2(y, ldy, (const __m256(*)[HT_TILE_ROWS])acc, n_tokens - t < HT_PANEL ? n_tokens - t : HT_PANEL, n_rows, add);
    }
}

/* --- AVX-512 VNNI: four rows times one, two or three panels: 24 of the 32 registers are sums. np is a constant wherever
 * this is called, so that the loops over p and r unroll. --- */

HT_ISA_VNNI
static inline __attribute__((always_inline)) void tile_i8_vnni_panels(float *y, size_t ldy, const ht_tile_weights *w, size_t n_rows,
                                                                      const ht_act_panel *panels, size_t n_tokens, size_t n_in, bool add,
                                                                      const size_t np)
{
    __m512 acc[3][HT_TILE_ROWS];
    for (size_t p = 0; p < np; p++)
        for (size_t r = 0; r < HT_TILE_ROWS; r++)
            acc[p][r] = _mm512_setzero_ps();
    for (size_t b = 0; b < n_in / HT_Q_BLOCK; b++) {
        __m512i dot[3][HT_TILE_ROWS];
        for (size_t p = 0; p < np; p++)
            for (size_t r = 0; r < HT_TILE_ROWS; r++)
                dot[p][r] = _mm512_loadu_si512(panels[p].zero + b * HT_PANEL);
        for (size_t g = 0; g < 8; g++) { /* constant bounds: gcc unrolls it and keeps the sums in place */
            __m512i x[3];
            for (size_t p = 0; p < np; p++)
                x[p] = _mm512_loadu_si512(panels[p].data + (b * 8 + g) * HT_PANEL);
            for (size_t r = 0; r < HT_TILE_ROWS; r++) {
                const __m512i wv = _mm512_set1_epi32(group_at(w->row[r], b * 8 + g));
                for (size_t p = 0; p < np; p++)
                    dot[p][r] = _mm512_dpbusd_epi32(dot[p][r], wv, x[p]);
            }
        }
        for (size_t p = 0; p < np; p++) {
            const __m512 d = _mm512_loadu_ps(panels[p].d + b * HT_PANEL);
            for (size_t r = 0; r < HT_TILE_ROWS; r++)
                acc[p][r] = _mm512_fmadd_ps(_mm512_cvtepi32_ps(dot[p][r]), _mm512_mul_ps(d, _mm512_set1_ps(w->scale[r][b])), acc[p][r]);
        }
    }
    for (size_t p = 0; p < np; p++) {
        __m128 turned[HT_PANEL];
        const size_t left = n_tokens - p * HT_PANEL;
        ht_turn_avx512(turned, acc[p]);
        ht_store_turned(y + p * HT_PANEL * ldy, ldy, turned, left < HT_PANEL ? left : HT_PANEL, n_rows, add);
    }
}

HT_ISA_VNNI
static void tile_i8_vnni(float *y, size_t ldy, const ht_tile_weights *w, size_t n_rows, const ht_act_panel *panels, size_t n_tokens,
                         size_t n_in, bool add)
{
    while (n_tokens > 0) {
        size_t np = (n_tokens + HT_PANEL - 1) / HT_PANEL;
        if (np >= 3)
            tile_i8_vnni_panels(y, ldy, w, n_rows, panels, n_tokens, n_in, add, np = 3);
        else if (np == 2)
            tile_i8_vnni_panels(y, ldy, w, n_rows, panels, n_tokens, n_in, add, 2);
        else
            tile_i8_vnni_panels(y, ldy, w, n_rows, panels, n_tokens, n_in, add, 1);
        if (n_tokens <= np * HT_PANEL)
            return;
        n_tokens -= np * HT_PANEL;
        panels += np;
        y += np * HT_PANEL * ldy;
    }
}
#endif

ht_tile_fn *ht_tile_quantised_pick(ht_act_kind kind, unsigned cpu)
{
#if defined(__x86_64__)
    if (kind == HT_ACT_I8 && (cpu & HT_CPU_VNNI))
        return tile_i8_vnni;
    if (kind == HT_ACT_I8 && (cpu & HT_CPU_AVXVNNI))
        return tile_i8_avxvnni;
    if (kind == HT_ACT_I16 && (cpu & HT_CPU_AVX2))
        return tile_i16_avx2;
#endif
    (void)kind, (void)cpu;
    return NULL;
}
