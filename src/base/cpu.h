/* Which instruction sets this machine has, as feature bits; a kernel variant asks for bits, never for a CPU's name. */
#ifndef HT_BASE_CPU_H
#define HT_BASE_CPU_H

enum {
    HT_CPU_AVX2 = 1u << 0,    /* with FMA and F16C */
    HT_CPU_AVXVNNI = 1u << 1, /* VNNI on 256-bit registers: home PCs */
    HT_CPU_AVX512 = 1u << 2,  /* F, BW, VL, DQ */
    HT_CPU_VNNI = 1u << 3,    /* AVX512_VNNI */
    HT_CPU_BF16 = 1u << 4,    /* AVX512_BF16 */
    HT_CPU_NEON = 1u << 5,
    HT_CPU_DOTPROD = 1u << 6,
};

#define HT_ISA_AVX2 __attribute__((target("avx2,fma,f16c")))
#define HT_ISA_AVXVNNI __attribute__((target("avx2,fma,f16c,avxvnni")))
#define HT_ISA_AVX512 __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx2,fma,f16c")))
#define HT_ISA_VNNI __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx512vnni,avx2,fma,f16c")))
#define HT_ISA_BF16 __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx512bf16,avx2,fma,f16c")))

/* The bits of this machine, less those that the environment variable HEARTH_CPU leaves out: a comma list of
 * scalar, avx2, avxvnni, avx512, vnni, bf16, neon, dotprod. Unset = all. Asks the CPU each time: keep the answer. */
unsigned ht_cpu_bits(void);
/* Names of the bits, e.g. "avx2 avx512 vnni bf16", into text; returns text. */
const char *ht_cpu_text(unsigned bits, char *text, unsigned size);
/* Cores this process may use, at least 1. */
unsigned ht_cpu_count(void);
#endif
