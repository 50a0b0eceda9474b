/* Feature bits: consistent, and taken away by HEARTH_CPU. */
#include "base/cpu.h"

#include "check.h"

#include <sched.h>

static void implied_bits(void)
{
    unsetenv("HEARTH_CPU");
    const unsigned bits = ht_cpu_bits();
    CHECK_EQ(ht_cpu_bits(), bits);
    CHECK(!(bits & HT_CPU_AVX512) || (bits & HT_CPU_AVX2));
    CHECK(!(bits & (HT_CPU_VNNI | HT_CPU_BF16)) || (bits & HT_CPU_AVX512));
    CHECK(!(bits & HT_CPU_AVXVNNI) || (bits & HT_CPU_AVX2));
    CHECK(!(bits & HT_CPU_DOTPROD) || (bits & HT_CPU_NEON));
}

/* The kernel lists the same features. */
static void agrees_with_the_kernel(void)
{
    FILE *f = fopen("/proc/cpuinfo", "r");
    char line[8192] = "";
    while (f != NULL && fgets(line, sizeof line, f) != NULL && strncmp(line, "flags", 5) != 0)
        ;
    if (f != NULL)
        fclose(f);
    if (strncmp(line, "flags", 5) != 0)
        CHECK_SKIP("no flags in /proc/cpuinfo");
    unsetenv("HEARTH_CPU");
    const unsigned bits = ht_cpu_bits();
    CHECK_EQ((bits & HT_CPU_AVX2) != 0, strstr(line, " avx2 ") != NULL && strstr(line, " fma ") != NULL);
    CHECK_EQ((bits & HT_CPU_AVX512) != 0, strstr(line, " avx512bw ") != NULL && strstr(line, " avx512dq ") != NULL);
    CHECK_EQ((bits & HT_CPU_VNNI) != 0, strstr(line, " avx512_vnni ") != NULL);
    CHECK_EQ((bits & HT_CPU_BF16) != 0, strstr(line, " avx512_bf16 ") != NULL);
}

static void environment_masks(void)
{
    unsetenv("HEARTH_CPU");
    const unsigned all = ht_cpu_bits();
    setenv("HEARTH_CPU", "scalar", 1);
    CHECK_EQ(ht_cpu_bits(), 0);
    setenv("HEARTH_CPU", "avx2, neon", 1);
    CHECK_EQ(ht_cpu_bits(), all & (HT_CPU_AVX2 | HT_CPU_NEON));
    setenv("HEARTH_CPU", "avx2,avxvnni,avx512,vnni,bf16,neon,dotprod", 1);
    CHECK_EQ(ht_cpu_bits(), all);
    unsetenv("HEARTH_CPU");
}

static void names(void)
{
    char text[64], little[8];
    CHECK_STR(ht_cpu_text(0, text, sizeof text), "scalar");
    CHECK_STR(ht_cpu_text(HT_CPU_AVX2 | HT_CPU_BF16, text, sizeof text), "avx2 bf16");
    CHECK(strlen(ht_cpu_text(0x7f, little, sizeof little)) < sizeof little);
}

static void counts_cores_of_this_process(void)
{
    cpu_set_t before, one;
    CHECK(ht_cpu_count() >= 1);
    CHECK_REQUIRE(sched_getaffinity(0, sizeof before, &before) == 0);
    CPU_ZERO(&one);
    for (int i = 0; i < CPU_SETSIZE && CPU_COUNT(&one) == 0; i++)
        if (CPU_ISSET(i, &before))
            CPU_SET(i, &one);
    CHECK_REQUIRE(sched_setaffinity(0, sizeof one, &one) == 0);
    CHECK_EQ(ht_cpu_count(), 1);
}

int main(int argc, char **argv)
{
    static const check_case cases[] = {
        CHECK_CASE(implied_bits),
        CHECK_CASE(agrees_with_the_kernel),
        CHECK_CASE(environment_masks),
        CHECK_CASE(names),
        CHECK_CASE(counts_cores_of_this_process),
    };
    return check_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
