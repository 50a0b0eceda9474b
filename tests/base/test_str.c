/* Slices and the growing buffer. */
#include "base/str.h"

#include "check.h"

static const ht_str nothing = {NULL, 0};

static void starts_and_ends(void)
{
    CHECK(ht_str_starts(HT_STR("hearth"), HT_STR("hea")) && !ht_str_starts(HT_STR("he"), HT_STR("hea")));
    CHECK(ht_str_ends(HT_STR("hearth"), HT_STR("rth")) && !ht_str_ends(HT_STR("th"), HT_STR("rth")));
    CHECK(ht_str_starts(HT_STR("x"), nothing) && ht_str_ends(nothing, nothing));
    CHECK(ht_str_eq(nothing, HT_STR("")) && !ht_str_eq(HT_STR("a"), HT_STR("b")) && !ht_str_eq(HT_STR("a"), HT_STR("ab")));
    CHECK(ht_str_is(HT_STR("a\0b"), "a") == false);
}

static void finds(void)
{
    const ht_str s = HT_STR("abcabc");
    CHECK_EQ(ht_str_find(s, HT_STR("bc"), 0), 1);
    CHECK_EQ(ht_str_find(s, HT_STR("bc"), 2), 4);
    CHECK_EQ(ht_str_find(s, HT_STR("bc"), 5), -1);
    CHECK_EQ(ht_str_find(s, HT_STR("abcabcd"), 0), -1);
    CHECK_EQ(ht_str_find(s, HT_STR(""), 6), 6);
    CHECK_EQ(ht_str_find(s, HT_STR(""), 7), -1);
    CHECK_EQ(ht_str_find(s, HT_STR("a"), SIZE_MAX), -1);
    CHECK_EQ(ht_str_find(nothing, nothing, 0), 0);
}

static void trims(void)
{
    CHECK_SLICE(ht_str_trim(HT_STR(" \t\r\nab c\n ")), "ab c");
    CHECK_EQ(ht_str_trim(HT_STR(" \n")).len, 0);
    CHECK_EQ(ht_str_trim(nothing).len, 0);
}

static void splits(void)
{
    ht_str rest = HT_STR("a,,b,"), part;
    static const char *const want[] = {"a", "", "b", ""};
    for (size_t i = 0; i < 4; i++) {
        CHECK(ht_str_split(&rest, ',', &part));
        CHECK_SLICE(part, want[i]);
    }
    CHECK(!ht_str_split(&rest, ',', &part));
    rest = nothing;
    CHECK(!ht_str_split(&rest, ',', &part));
    rest = HT_STR("");
    CHECK(ht_str_split(&rest, ',', &part) && part.len == 0 && !ht_str_split(&rest, ',', &part));
}

static void sizes_do_not_wrap(void)
{
    size_t n = 0;
    CHECK(ht_mul_size(6, 7, &n) && n == 42);
    CHECK(!ht_mul_size(SIZE_MAX / 2, 3, &n));
    CHECK(ht_add_size(SIZE_MAX - 1, 1, &n) && n == SIZE_MAX);
    CHECK(!ht_add_size(SIZE_MAX, 1, &n));
}

static void buffer_grows_and_is_terminated(void)
{
    ht_buf b = {0};
    for (int i = 0; i < 1000; i++) {
        ht_buf_addf(&b, "%d,", i % 10);
        CHECK_EQ(b.ptr[b.len], 0);
    }
    CHECK_EQ(b.len, 2000);
    CHECK(memcmp(b.ptr + 1998, "9,", 2) == 0);
    ht_buf_clear(&b);
    CHECK(b.len == 0 && b.ptr[0] == '\0' && b.cap > 2000);
    ht_buf_add_str(&b, nothing);
    ht_buf_add_char(&b, 'x');
    ht_buf_add_c(&b, "yz");
    ht_buf_add(&b, "\0!", 2);
    CHECK_EQ(b.len, 5);
    CHECK(memcmp(b.ptr, "xyz\0!", 6) == 0);
    ht_buf_deinit(&b);
    CHECK(b.ptr == NULL && b.len == 0 && b.cap == 0);
}

/* A size that no memory holds: the content stays, `failed` stays, until clear. */
static void failure_keeps_the_content(void)
{
    ht_buf b = {0};
    ht_buf_add_c(&b, "kept");
    CHECK(!ht_buf_reserve(&b, SIZE_MAX - 2));
    CHECK(b.failed);
    CHECK_STR(b.ptr, "kept");
    ht_buf_add_c(&b, "more");
    CHECK_STR(b.ptr, "kept");
    CHECK(!ht_buf_reserve(&b, 1));
    ht_buf_clear(&b);
    ht_buf_add_c(&b, "new");
    CHECK(!b.failed);
    CHECK_STR(b.ptr, "new");
    ht_buf_deinit(&b);
}

int main(int argc, char **argv)
{
    static const check_case cases[] = {
        CHECK_CASE(starts_and_ends),
        CHECK_CASE(finds),
        CHECK_CASE(trims),
        CHECK_CASE(splits),
        CHECK_CASE(sizes_do_not_wrap),
        CHECK_CASE(buffer_grows_and_is_terminated),
        CHECK_CASE(failure_keeps_the_content),
    };
    return check_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
