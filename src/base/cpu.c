#include "base/cpu.h"

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#if defined(__x86_64__)
#include <cpuid.h>
#elif defined(__aarch64__)
#include <asm/hwcap.h>
#include <sys/auxv.h>
#endif

static const struct {
    unsigned bit;
    const char *name;
} names[] = {
    {HT_CPU_AVX2, "avx2"}, {HT_CPU_AVXVNNI, "avxvnni"}, {HT_CPU_AVX512, "avx512"}, {HT_CPU_VNNI, "vnni"},
    {HT_CPU_BF16, "bf16"}, {HT_CPU_NEON, "neon"},       {HT_CPU_DOTPROD, "dotprod"},
};

#if defined(__x86_64__)
static unsigned probe(void)
{
    unsigned bits = 0, a, b, c, d;
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __get_cpuid(1, &a, &b, &c, &d) && (c & bit_F16C))
        bits |= HT_CPU_AVX2;
    if ((bits & HT_CPU_AVX2) && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
        __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq"))
        bits |= HT_CPU_AVX512;
    const int has_leaf = __get_cpuid_count(7, 1, &a, &b, &c, &d);
    if ((bits & HT_CPU_AVX2) && has_leaf && (a & (1u << 4)))
        bits |= HT_CPU_AVXVNNI;
    if ((bits & HT_CPU_AVX512) && has_leaf && (a & (1u << 5)))
        bits |= HT_CPU_BF16;
    if ((bits & HT_CPU_AVX512) && __builtin_cpu_supports("avx512vnni"))
        bits |= HT_CPU_VNNI;
    return bits;
}
#elif defined(__aarch64__)
static unsigned probe(void) { return HT_CPU_NEON | ((getauxval(AT_HWCAP) & HWCAP_ASIMDDP) ? HT_CPU_DOTPROD : 0u); }
#else
static unsigned probe(void) { return 0; }
#endif

unsigned ht_cpu_bits(void)
{
    const unsigned have = probe();
    const char *list = getenv("HEARTH_CPU");
    if (list == NULL)
        return have;
    unsigned wanted = 0;
    char copy[256];
    snprintf(copy, sizeof copy, "%s", list);
    for (char *save = NULL, *w = strtok_r(copy, ", ", &save); w != NULL; w = strtok_r(NULL, ", ", &save))
        for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
            if (strcmp(w, names[i].name) == 0)
                wanted |= names[i].bit;
    return have & wanted;
}

const char *ht_cpu_text(unsigned bits, char *text, unsigned size)
{
    unsigned n = 0;
    snprintf(text, size, "%s", bits ? "" : "scalar");
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if ((bits & names[i].bit) && n < size)
            n += (unsigned)snprintf(text + n, size - n, "%s%s", n ? " " : "", names[i].name);
    return text;
}

unsigned ht_cpu_count(void)
{
    cpu_set_t set;
    CPU_ZERO(&set);
    if (sched_getaffinity(0, sizeof set, &set) != 0)
        return 1;
    const int n = CPU_COUNT(&set);
    return n > 0 ? (unsigned)n : 1u;
}
