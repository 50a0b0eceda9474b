/* Decoding one weight row for the tile kernels; runs once per row and matrix product, so the plain loops, which the
 * compiler vectorises, are enough except for the quantised bytes. */
#include "tensor/half.h"
#include "tensor/kernel.h"
#include "tensor/kernel/x86.h"

static void unpack_f16_scalar(uint8_t *out, float *scale, const uint8_t *w, size_t n_in)
{
    (void)scale;
    ht_dtype_get(HT_F16)->to_float((float *)(void *)out, w, n_in);
}

static void unpack_bf16_scalar(uint8_t *out, float *scale, const uint8_t *w, size_t n_in)
{
    (void)scale;
    ht_dtype_get(HT_BF16)->to_float((float *)(void *)out, w, n_in);
}

#if defined(__x86_64__)
HT_ISA_AVX2
static void unpack_f16_avx2(uint8_t *out, float *scale, const uint8_t *w, size_t n_in)
{
    (void)scale;
    float *y = (float *)(void *)out;
    const size_t body = n_in - n_in % 8;
    for (size_t i = 0; i < body; i += 8)
        _mm256_storeu_ps(y + i, _mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)(const void *)(w + 2 * i))));
    for (size_t i = body; i < n_in; i++)
        y[i] = ht_half_to_float(ht_load_u16(w + 2 * i));
}

/* scale[b] of rows of blocks that begin with their half-precision scale. */
HT_ISA_AVX2
static inline void unpack_scales(float *scale, const uint8_t *w, size_t n_blocks, size_t block_bytes)
{
    for (size_t b = 0; b < n_blocks; b++)
        scale[b] = _mm_cvtss_f32(_mm_cvtph_ps(_mm_cvtsi32_si128(ht_load_u16(w + b * block_bytes))));
}

HT_ISA_AVX2
static inline __m256i nibbles(const uint8_t *block)
{
    const __m128i packed = _mm_loadu_si128((const __m128i *)(const void *)(block + 2));
    const __m256i both = _mm256_inserti128_si256(_mm256_castsi128_si256(packed), _mm_srli_epi16(packed, 4), 1);
    return _mm256_and_si256(both, _mm256_set1_epi8(15));
}

/* To unsigned bytes, w + 128. */
HT_ISA_AVX2
static void unpack_q8_0_u8(uint8_t *out, float *scale, const uint8_t *w, size_t n_in)
{
    const __m256i flip = _mm256_set1_epi8((char)0x80);
    unpack_scales(scale, w, n_in / HT_Q_BLOCK, HT_Q8_0_BYTES);
    for (size_t b = 0; b < n_in / HT_Q_BLOCK; b++) {
        const __m256i q = _mm256_loadu_si256((const __m256i *)(const void *)(w + b * HT_Q8_0_BYTES + 2));
        _mm256_storeu_si256((__m256i *)(void *)(out + b * HT_Q_BLOCK), _mm256_xor_si256(q, flip));
    }
}

/* To unsigned bytes, w + 8. */
HT_ISA_AVX2
static void unpack_q4_0_u8(uint8_t *out, float *scale, const uint8_t *w, size_t n_in)
{
    unpack_scales(scale, w, n_in / HT_Q_BLOCK, HT_Q4_0_BYTES);
    for (size_t b = 0; b < n_in / HT_Q_BLOCK; b++)
        _mm256_storeu_si256((__m256i *)(void *)(out + b * HT_Q_BLOCK), nibbles(w + b * HT_Q4_0_BYTES));
}

HT_ISA_AVX2
static inline void store_i16(uint8_t *out, __m256i bytes)
{
    _mm256_storeu_si256((__m256i *)(void *)out, _mm256_cvtepi8_epi16(_mm256_castsi256_si128(bytes)));
    _mm256_storeu_si256((__m256i *)(void *)(out + 32), _mm256_cvtepi8_epi16(_mm256_extracti128_si256(bytes, 1)));
}

HT_ISA_AVX2
static void unpack_q8_0_i16(uint8_t *out, float *scale, const uint8_t *w, size_t n_in)
{
    unpack_scales(scale, w, n_in / HT_Q_BLOCK, HT_Q8_0_BYTES);
    for (size_t b = 0; b < n_in / HT_Q_BLOCK; b++)
        store_i16(out + b * 2 * HT_Q_BLOCK, _mm256_loadu_si256((const __m256i *)(const void *)(w + b * HT_Q8_0_BYTES + 2)));
}

HT_ISA_AVX2
static void unpack_q4_0_i16(uint8_t *out, float *scale, const uint8_t *w, size_t n_in)
{
    unpack_scales(scale, w, n_in / HT_Q_BLOCK, HT_Q4_0_BYTES);
    for (size_t b = 0; b < n_in / HT_Q_BLOCK; b++)
        store_i16(out + b * 2 * HT_Q_BLOCK, _mm256_sub_epi8(nibbles(w + b * HT_Q4_0_BYTES), _mm256_set1_epi8(8)));
}
#endif

ht_unpack_fn *ht_unpack_pick(ht_dtype t, ht_act_kind kind, unsigned cpu)
{
#if defined(__x86_64__)
    if (cpu & HT_CPU_AVX2) {
        if (t == HT_Q8_0)
            return kind == HT_ACT_I8 ? unpack_q8_0_u8 : unpack_q8_0_i16;
        if (t == HT_Q4_0)
            return kind == HT_ACT_I8 ? unpack_q4_0_u8 : unpack_q4_0_i16;
        if (t == HT_F16)
            return unpack_f16_avx2;
    }
#endif
    (void)kind, (void)cpu;
    return t == HT_F16 ? unpack_f16_scalar : t == HT_BF16 ? unpack_bf16_scalar : NULL;
}
