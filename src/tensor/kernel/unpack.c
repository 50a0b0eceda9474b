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

/* The half-precision scales that stand in front of eight blocks. */
HT_ISA_AVX2
static inline __m256 eight_scales(const uint8_t *w, size_t block_bytes)
{
    __m128i h = _mm_cvtsi32_si128(ht_load_u16(w));
    h = _mm_insert_epi16(h, ht_load_u16(w + block_bytes), 1);
    h = _mm_insert_epi16(h, ht_load_u16(w + 2 * block_bytes), 2);
    h = _mm_insert_epi16(h, ht_load_u16(w + 3 * block_bytes), 3);
    h = _mm_insert_epi16(h, ht_load_u16(w + 4 * block_bytes), 4);
    h = _mm_insert_epi16(h, ht_load_u16(w + 5 * block_bytes), 5);
    h = _mm_insert_epi16(h, ht_load_u16(w + 6 * block_bytes), 6);
    h = _mm_insert_epi16(h, ht_load_u16(w + 7 * block_bytes), 7);
    return _mm256_cvtph_ps(h);
}

HT_ISA_AVX2
static inline float one_scale(const uint8_t *w) { return _mm_cvtss_f32(_mm_cvtph_ps(_mm_cvtsi32_si128(ht_load_u16(w)))); }

HT_ISA_AVX2 static inline __m256i load_q8_0(const uint8_t *block) { return _mm256_loadu_si256((const __m256i *)(const void *)(block + 2)); }

HT_ISA_AVX2
static inline __m256i load_q4_0(const uint8_t *block)
{
    const __m128i packed = _mm_loadu_si128((const __m128i *)(const void *)(block + 2));
    const __m256i both = _mm256_inserti128_si256(_mm256_castsi128_si256(packed), _mm_srli_epi16(packed, 4), 1);
    return _mm256_and_si256(both, _mm256_set1_epi8(15));
}

HT_ISA_AVX2 static inline void store_u8(uint8_t *out, __m256i bytes) { _mm256_storeu_si256((__m256i *)(void *)out, bytes); }

HT_ISA_AVX2
static inline void store_i16(uint8_t *out, __m256i bytes)
{
    _mm256_storeu_si256((__m256i *)(void *)out, _mm256_cvtepi8_epi16(_mm256_castsi256_si128(bytes)));
    _mm256_storeu_si256((__m256i *)(void *)(out + 32), _mm256_cvtepi8_epi16(_mm256_extracti128_si256(bytes, 1)));
}

/* Each goes through the row once, eight blocks at a time: a row comes from memory here; a second pass would wait for it again. */

/* To unsigned bytes, w + 128. */
HT_ISA_AVX2
static void unpack_q8_0_u8(uint8_t *out, float *scale, const uint8_t *w, size_t n_in)
{
    const __m256i flip = _mm256_set1_epi8((char)0x80);
    const size_t n_blocks = n_in / HT_Q_BLOCK, body = n_blocks - n_blocks % 8;
    for (size_t b = 0; b < body; b += 8, w += 8 * HT_Q8_0_BYTES) {
        for (size_t i = 0; i < 8; i++)
            store_u8(out + (b + i) * HT_Q_BLOCK, _mm256_xor_si256(load_q8_0(w + i * HT_Q8_0_BYTES), flip));
        _mm256_storeu_ps(scale + b, eight_scales(w, HT_Q8_0_BYTES));
    }
    for (size_t b = body; b < n_blocks; b++, w += HT_Q8_0_BYTES) {
        store_u8(out + b * HT_Q_BLOCK, _mm256_xor_si256(load_q8_0(w), flip));
        scale[b] = one_scale(w);
    }
}

/* To unsigned bytes, w + 8. */
HT_ISA_AVX2
static void unpack_q4_0_u8(uint8_t *out, float *scale, const uint8_t *w, size_t n_in)
{
    const size_t n_blocks = n_in / HT_Q_BLOCK, body = n_blocks - n_blocks % 8;
    for (size_t b = 0; b < body; b += 8, w += 8 * HT_Q4_0_BYTES) {
        for (size_t i = 0; i < 8; i++)
            store_u8(out + (b + i) * HT_Q_BLOCK, load_q4_0(w + i * HT_Q4_0_BYTES));
        _mm256_storeu_ps(scale + b, eight_scales(w, HT_Q4_0_BYTES));
    }
    for (size_t b = body; b < n_blocks; b++, w += HT_Q4_0_BYTES) {
        store_u8(out + b * HT_Q_BLOCK, load_q4_0(w));
        scale[b] = one_scale(w);
    }
}

HT_ISA_AVX2
static void unpack_q8_0_i16(uint8_t *out, float *scale, const uint8_t *w, size_t n_in)
{
    for (size_t b = 0; b < n_in / HT_Q_BLOCK; b++, w += HT_Q8_0_BYTES) {
        store_i16(out + b * 2 * HT_Q_BLOCK, load_q8_0(w));
        scale[b] = one_scale(w);
    }
}

HT_ISA_AVX2
static void unpack_q4_0_i16(uint8_t *out, float *scale, const uint8_t *w, size_t n_in)
{
    for (size_t b = 0; b < n_in / HT_Q_BLOCK; b++, w += HT_Q4_0_BYTES) {
        store_i16(out + b * 2 * HT_Q_BLOCK, _mm256_sub_epi8(load_q4_0(w), _mm256_set1_epi8(8)));
        scale[b] = one_scale(w);
    }
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
