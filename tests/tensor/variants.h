/* The sets of CPU features that kernel tests run with, those this machine has. */
#ifndef HT_TESTS_TENSOR_VARIANTS_H
#define HT_TESTS_TENSOR_VARIANTS_H
#include "base/cpu.h"
#include "base/rng.h"
#include "check.h"

static const unsigned variants[] = {
    HT_CPU_AVX2,
    HT_CPU_AVX2 | HT_CPU_AVXVNNI,
    HT_CPU_AVX2 | HT_CPU_AVX512,
    HT_CPU_AVX2 | HT_CPU_AVX512 | HT_CPU_VNNI,
    HT_CPU_AVX2 | HT_CPU_AVX512 | HT_CPU_BF16,
};
enum { N_VARIANTS = sizeof variants / sizeof variants[0] };

/* Whether the machine can run variant v; says so if not. */
static inline int has_variant(size_t v)
{
    char text[64];
    if ((ht_cpu_bits() & variants[v]) == variants[v])
        return 1;
    printf("SKIP: this machine lacks %s\n", ht_cpu_text(variants[v] & ~ht_cpu_bits(), text, sizeof text));
    return 0;
}

static inline void fill_normal(float *x, size_t n, uint64_t seed)
{
    ht_rng r;
    ht_rng_seed(&r, seed);
    for (size_t i = 0; i < n; i++)
        x[i] = ht_rng_normal(&r);
}

static inline void check_same_bits(const char *what, const float *got, const float *want, size_t n, size_t size, unsigned bits)
{
    char text[64];
    if (memcmp(got, want, n * sizeof *got) == 0)
        return;
    for (size_t i = 0; i < n; i++)
        if (memcmp(got + i, want + i, sizeof *got) != 0 && !(isnan(got[i]) && isnan(want[i]))) {
            fprintf(stderr, "%s, n = %zu, %s: [%zu] is %.9g, scalar %.9g\n", what, size, ht_cpu_text(bits, text, sizeof text), i, (double)got[i],
                    (double)want[i]);
            check_fail(__FILE__, __LINE__, "differs from the scalar reference");
            return;
        }
}
#endif
