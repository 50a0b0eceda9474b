#include "tensor/kernel.h"

/* The panel kind that suits a type on this machine. */
static ht_act_kind float_kind(ht_dtype t, unsigned cpu) { return t == HT_BF16 && (cpu & HT_CPU_BF16) ? HT_ACT_BF16 : HT_ACT_F32; }
static ht_act_kind quantised_kind(unsigned cpu) { return cpu & (HT_CPU_VNNI | HT_CPU_AVXVNNI) ? HT_ACT_I8 : HT_ACT_I16; }

void ht_kernels_fill(ht_kernels *k, unsigned cpu)
{
    *k = (ht_kernels){
        .quantize = ht_quantize_pick(cpu),
        .interleave = ht_interleave_pick(cpu),
        .rms_norm = ht_rms_norm_pick(cpu),
        .silu_mul = ht_silu_mul_pick(cpu),
        .softmax = ht_softmax_pick(cpu),
        .rope_neighbours = ht_rope_neighbours_pick(cpu),
        .rope_halves = ht_rope_halves_pick(cpu),
        .attention = ht_attention_pick(cpu),
    };
    static const ht_dtype floats[] = {HT_F32, HT_F16, HT_BF16}, quantised[] = {HT_Q8_0, HT_Q4_0};
    for (unsigned i = 0; i < sizeof floats / sizeof floats[0]; i++) {
        const ht_dtype t = floats[i];
        const ht_act_kind kind = float_kind(t, cpu);
        const bool is_direct = t == HT_F32 || kind == HT_ACT_BF16;
        k->multiply[t] = (ht_multiply){
            .gemv = ht_gemv_float_pick(t, cpu),
            .tile = ht_tile_float_pick(kind, cpu),
            .tile_kind = kind,
            .unpack = is_direct ? NULL : ht_unpack_pick(t, kind, cpu),
            .unpacked_bytes = sizeof(float),
        };
    }
    const ht_act_kind kind = quantised_kind(cpu);
    for (unsigned i = 0; i < sizeof quantised / sizeof quantised[0]; i++) {
        const ht_dtype t = quantised[i];
        k->multiply[t] = (ht_multiply){
            .gemv = t == HT_Q8_0 ? ht_gemv_q8_0_pick(cpu) : ht_gemv_q4_0_pick(cpu),
            .gemv_quantised = true,
            .zero_point = t == HT_Q8_0 ? 128 : 8,
            .tile = ht_tile_quantised_pick(kind, cpu),
            .tile_kind = kind,
            .unpack = ht_unpack_pick(t, kind, cpu),
            .unpacked_bytes = kind == HT_ACT_I8 ? 1 : 2,
        };
    }
}
