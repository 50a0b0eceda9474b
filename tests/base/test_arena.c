/* The arena: aligned, zeroed, apart from each other, and used again after a reset. */
#include "base/arena.h"

#include "check.h"

static void aligned_and_zeroed(void)
{
    ht_arena a = {0};
    for (size_t n = 0; n < 300; n += 7) {
        unsigned char *p = ht_arena_alloc(&a, n);
        CHECK_REQUIRE(p != NULL);
        CHECK_EQ((uintptr_t)p % 64, 0);
        for (size_t i = 0; i < n; i++)
            CHECK_EQ(p[i], 0);
        memset(p, 0xff, n); /* the next must not see it */
    }
    ht_arena_deinit(&a);
    CHECK(a.head == NULL && a.used_bytes == 0);
}

static void pieces_do_not_overlap(void)
{
    enum { N = 200, SIZE = 1000 }; /* several blocks */
    ht_arena a = {0};
    unsigned char *p[N];
    for (int i = 0; i < N; i++)
        memset(p[i] = ht_arena_alloc(&a, SIZE), i, SIZE);
    for (int i = 0; i < N; i++)
        CHECK(p[i][0] == i && p[i][SIZE - 1] == i);
    ht_arena_deinit(&a);
}

/* A request's memory is the same memory the next time, zeroed again. */
static void reset_reuses_the_largest_block(void)
{
    ht_arena a = {0};
    ht_arena_alloc(&a, 10);
    unsigned char *big = ht_arena_alloc(&a, 1 << 20);
    memset(big, 0xee, 1 << 20);
    ht_arena_alloc(&a, 100000);
    CHECK(a.used_bytes >= (1 << 20) + 100000);
    ht_arena_reset(&a);
    CHECK_EQ(a.used_bytes, 0);
    unsigned char *again = ht_arena_alloc(&a, 1 << 20);
    CHECK(again == big && again[0] == 0 && again[(1 << 20) - 1] == 0);
    ht_arena_reset(&a);
    ht_arena_deinit(&a);
    ht_arena_reset(&a); /* of an empty one */
}

static void arrays_check_their_size(void)
{
    ht_arena a = {0};
    CHECK(ht_arena_array(&a, SIZE_MAX / 2, 4) == NULL);
    CHECK(ht_arena_alloc(&a, SIZE_MAX - 8) == NULL);
    CHECK_EQ(a.used_bytes, 0);
    CHECK(ht_arena_array(&a, 10, sizeof(double)) != NULL);
    ht_arena_deinit(&a);
}

static void copies_are_terminated(void)
{
    ht_arena a = {0};
    const ht_str c = ht_arena_copy(&a, (ht_str){"abcdef", 3}), empty = ht_arena_copy(&a, (ht_str){NULL, 0});
    CHECK_STR(c.ptr, "abc");
    CHECK_STR(empty.ptr, "");
    ht_arena_deinit(&a);
}

int main(int argc, char **argv)
{
    static const check_case cases[] = {
        CHECK_CASE(aligned_and_zeroed),
        CHECK_CASE(pieces_do_not_overlap),
        CHECK_CASE(reset_reuses_the_largest_block),
        CHECK_CASE(arrays_check_their_size),
        CHECK_CASE(copies_are_terminated),
    };
    return check_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
