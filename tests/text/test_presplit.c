#include "check.h"
#include "text/presplit.h"

static bool add_piece(void *ctx, ht_str piece)
{
    ht_buf_addf(ctx, "[%.*s]", HT_STR_ARG(piece));
    return true;
}

static void check_split(const char *pre, const char *text, const char *want)
{
    ht_presplit *p = NULL;
    ht_error err = {0};
    ht_buf got = {0};
    CHECK_OK(ht_presplit_new(ht_str_from(pre), &p, &err), err);
    CHECK_REQUIRE(p != NULL);
    CHECK_OK(ht_presplit_run(p, ht_str_from(text), add_piece, &got, &err), err);
    CHECK_STR(got.ptr, want);
    ht_buf_deinit(&got);
    ht_presplit_free(p);
}

/* Checked against llama.cpp on 11,644 texts; one line here for what each kind does differently. */
static void kinds(void)
{
    static const char text[] = "I'LL  go HomeIt 12345 打开2盏，OK?\n\n x";
    check_split("qwen2", text, "[I]['LL][ ][ go][ HomeIt][ ][1][2][3][4][5][ 打开][2][盏][，OK][?\n\n][ x]");
    check_split("llama-bpe", text, "[I]['LL][ ][ go][ HomeIt][ ][123][45][ 打开][2][盏][，OK][?\n\n][ x]");
    check_split("gpt-2", text, "[I]['][LL][ ][ go][ HomeIt][ 12345][ 打开][2][盏][，][OK][?][\n\n][ x]");
    check_split("smollm", text, "[I]['][LL][ ][ go][ HomeIt][ ][1][2][3][4][5][ 打开][2][盏][，][OK][?][\n\n][ x]");
    check_split("deepseek-v3", text, "[I]['LL][ ][ go][ HomeIt][ ][123][45][ ][打开][2][盏][，][OK][?\n\n][ x]");
    check_split("tekken", text, "[I]['LL][ ][ go][ Home][It][ ][1][2][3][4][5][ 打开][2][盏][，OK][?\n\n][ x]");
    check_split("gpt-4o", text, "[I'LL][ ][ go][ Home][It][ ][123][45][ 打开][2][盏][，OK][?\n\n][ x]");
    check_split("default", text, "[I]['][LL][ ][ go][ HomeIt][ ][123][45][ 打开][2][盏][，][OK][?][\n\n][ x]");
    check_split("qwen2", "e\xcc\x81t", "[e][\xcc\x81t]");
    check_split("qwen35", "e\xcc\x81t", "[e\xcc\x81t]");
}

static void invalid_bytes_stand_alone(void)
{
    check_split("qwen2", "ab\xff\xfe cd\xe4\xbd", "[ab][\xff\xfe][ cd][\xe4\xbd]");
    check_split("deepseek-v3", "\x80 12", "[\x80][ ][12]");
}

static bool stop_at_once(void *ctx, ht_str piece)
{
    (void)piece;
    ++*(int *)ctx;
    return false;
}

static void stops_and_refuses(void)
{
    ht_presplit *p = NULL;
    ht_error err = {0};
    int n = 0;
    CHECK_EQ(ht_presplit_new(HT_STR("no-such"), &p, &err), HT_UNSUPPORTED);
    CHECK(p == NULL && strstr(err.text, "no-such") != NULL);
    CHECK_EQ(ht_presplit_new(HT_STR(""), &p, &err), HT_UNSUPPORTED);
    CHECK_OK(ht_presplit_new(HT_STR("qwen2"), &p, &err), err);
    CHECK_EQ(ht_presplit_run(p, HT_STR("one two"), stop_at_once, &n, &err), HT_CANCELLED);
    CHECK_EQ(n, 1);
    ht_presplit_free(p);
}

static bool count_piece(void *ctx, ht_str piece)
{
    *(size_t *)ctx += piece.len;
    return true;
}

/* A megabyte of one kind of character neither fails nor takes quadratic time (the test's own time limit says so). */
static void long_runs(void)
{
    enum { N = 1 << 20 };
    char *text = malloc(N);
    CHECK_REQUIRE(text != NULL);
    for (const char *c = " \nx1'"; *c; c++) {
        ht_presplit *p = NULL;
        ht_error err = {0};
        size_t n = 0;
        memset(text, *c, N);
        CHECK_OK(ht_presplit_new(HT_STR("qwen2"), &p, &err), err);
        CHECK_OK(ht_presplit_run(p, (ht_str){text, N}, count_piece, &n, &err), err);
        CHECK_EQ(n, N);
        ht_presplit_free(p);
    }
    free(text);
}

int main(int argc, char **argv)
{
    static const check_case cases[] = {
        CHECK_CASE(kinds),
        CHECK_CASE(invalid_bytes_stand_alone),
        CHECK_CASE(stops_and_refuses),
        CHECK_CASE(long_runs),
    };
    return check_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
