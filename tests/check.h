/* The test harness: checks that print what differed, a case table, one process a case.
 *
 *     static void adds(void) { CHECK_EQ(1 + 1, 2); }
 *     int main(int argc, char **argv)
 *     {
 *         static const check_case cases[] = {
 *             CHECK_CASE(adds),
 *         };
 *         return check_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
 *     }
 *
 * Keep CHECK_CASE(name) on a line of its own: CMake reads the names from the source.
 * Without arguments every case runs; with arguments, the named ones. */
#ifndef HT_TESTS_CHECK_H
#define HT_TESTS_CHECK_H
#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    const char *name;
    void (*run)(void);
} check_case;

#define CHECK_CASE(fn) { #fn, fn }
#define CHECK_SKIP_CODE 77

static int check_failures;

static inline void check_fail(const char *file, int line, const char *what)
{
    fprintf(stderr, "%s:%d: %s\n", file, line, what);
    if (++check_failures >= 20) {
        fprintf(stderr, "too many failures, giving up\n");
        exit(1);
    }
}

static inline void check_eq(const char *file, int line, const char *expr, long long got, long long want)
{
    if (got != want) {
        char text[256];
        snprintf(text, sizeof text, "%s is %lld, expected %lld", expr, got, want);
        check_fail(file, line, text);
    }
}

static inline void check_str(const char *file, int line, const char *expr, const char *got, size_t n, const char *want)
{
    if (got == NULL || n != strlen(want) || memcmp(got, want, n) != 0) {
        fprintf(stderr, "%s:%d: %s is\n  \"%.*s\"\nexpected\n  \"%s\"\n", file, line, expr, (int)n, got ? got : "(null)", want);
        check_failures++;
    }
}

static inline void check_near(const char *file, int line, const char *expr, double got, double want, double tol)
{
    if (!(fabs(got - want) <= tol)) {
        char text[256];
        snprintf(text, sizeof text, "%s is %.9g, expected %.9g within %.3g", expr, got, want, tol);
        check_fail(file, line, text);
    }
}

#define CHECK(cond) ((cond) ? (void)0 : check_fail(__FILE__, __LINE__, "not true: " #cond))
#define CHECK_EQ(got, want) check_eq(__FILE__, __LINE__, #got, (long long)(got), (long long)(want))
#define CHECK_NEAR(got, want, tol) check_near(__FILE__, __LINE__, #got, (double)(got), (double)(want), (double)(tol))
/* got: a C string;  CHECK_SLICE: anything with .ptr and .len */
#define CHECK_STR(got, want) check_str(__FILE__, __LINE__, #got, (got), (got) ? strlen(got) : 0, (want))
#define CHECK_SLICE(got, want) check_str(__FILE__, __LINE__, #got, (const char *)(got).ptr, (got).len, (want))
#define CHECK_OK(st, err) ((st) == HT_OK ? (void)0 : check_fail(__FILE__, __LINE__, (err).text))
/* Ends the process here when going on would crash. */
#define CHECK_REQUIRE(cond) ((cond) ? (void)0 : (check_fail(__FILE__, __LINE__, "required: " #cond), exit(1)))
#define CHECK_SKIP(why) (printf("SKIP: %s\n", (why)), exit(CHECK_SKIP_CODE))

static inline int check_main(int argc, char **argv, const check_case *cases, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        int wanted = argc < 2;
        for (int a = 1; a < argc; a++)
            wanted |= strcmp(argv[a], cases[i].name) == 0;
        if (wanted)
            cases[i].run();
    }
    return check_failures ? 1 : 0;
}
#endif
