#include "check.h"
#include "base/rng.h"
#include "text/tiny_vocab.h"

static const char *const pres[] = {"qwen2", "qwen35", "llama-bpe", "glm4", "gpt-2", "smollm", "deepseek-v3", "tekken", "gpt-4o", "default"};
enum { N_PRES = sizeof pres / sizeof pres[0] };

static ht_tokenizer *open_bpe(const char *pre)
{
    ht_buf file = {0};
    ht_error err = {0};
    tiny_bpe(&file, pre);
    ht_tokenizer *t = tiny_open(&file, &err);
    if (t == NULL)
        fprintf(stderr, "%s\n", err.text);
    ht_buf_deinit(&file);
    CHECK_REQUIRE(t != NULL);
    return t;
}

static ht_tokenizer *open_spm(bool add_space_prefix)
{
    ht_buf file = {0};
    ht_error err = {0};
    tiny_spm(&file, add_space_prefix);
    ht_tokenizer *t = tiny_open(&file, &err);
    ht_buf_deinit(&file);
    CHECK_REQUIRE(t != NULL);
    return t;
}

/* The ids as text, "1 2 3 ". */
static void check_ids(const ht_tokenizer *t, const char *text, unsigned flags, const char *want)
{
    ht_ids ids = {0};
    ht_buf got = {0};
    ht_error err = {0};
    CHECK_OK(ht_tokenizer_encode(t, ht_str_from(text), flags, &ids, &err), err);
    for (size_t i = 0; i < ids.n; i++)
        ht_buf_addf(&got, "%s%d", i ? " " : "", ids.ids[i]);
    CHECK_STR(got.ptr ? got.ptr : "", want);
    ht_buf_deinit(&got);
    ht_ids_deinit(&ids);
}

static bool round_trips(const ht_tokenizer *t, ht_str text, unsigned flags)
{
    ht_ids ids = {0};
    ht_buf back = {0};
    ht_error err = {0};
    CHECK_OK(ht_tokenizer_encode(t, text, flags, &ids, &err), err);
    ht_tokenizer_decode(t, ids.ids, ids.n, true, &back);
    const bool same = ht_str_eq(ht_buf_str(&back), text);
    ht_buf_deinit(&back);
    ht_ids_deinit(&ids);
    return same;
}

/* The expected ids come from llama.cpp on the same vocabularies. */
static void known_ids(void)
{
    ht_tokenizer *t = open_bpe("qwen2");
    check_ids(t, "ab abc é1", 0, "256 32 257 32 195 169 49");
    check_ids(t, "", 0, "");
    check_ids(t, " ab", 0, "32 256");
    CHECK_EQ(ht_tokenizer_count(t), 265);
    CHECK_SLICE(ht_tokenizer_piece(t, 259), " ab");
    CHECK_EQ(ht_tokenizer_piece(t, 265).len, 0);
    CHECK_EQ(ht_tokenizer_piece(t, -1).len, 0);
    CHECK_EQ(ht_tokenizer_find(t, HT_STR("abc")), 257);
    CHECK_EQ(ht_tokenizer_find(t, HT_STR("nowhere")), -1);
    ht_tokenizer_close(t);
    t = open_spm(true);
    check_ids(t, "ab abc é1", 0, "263 263 264 259 198 172 52");
    check_ids(t, "ab", HT_TOKENIZE_BOS, "1 263");
    ht_tokenizer_close(t);
}

static void specials_need_the_flag(void)
{
    ht_tokenizer *t = open_bpe("qwen2");
    check_ids(t, "a<|im_end|>b", HT_TOKENIZE_SPECIAL, "97 262 98");
    check_ids(t, "<|im_e", HT_TOKENIZE_SPECIAL, "60 124 105 109 95 101");
    check_ids(t, "<tool_call><tool>", HT_TOKENIZE_SPECIAL, "263 264"); /* the longest that fits */
    check_ids(t, "<tool><|endoftext|><|im_start|>", HT_TOKENIZE_SPECIAL, "264 260 261");
    ht_ids ids = {0};
    ht_error err = {0};
    CHECK_OK(ht_tokenizer_encode(t, HT_STR("<|im_end|><tool_call>"), 0, &ids, &err), err);
    for (size_t i = 0; i < ids.n; i++)
        CHECK(ids.ids[i] < 260);
    CHECK(ids.n > 10);
    ht_ids_deinit(&ids);
    ht_tokenizer_close(t);
}

static void control_tokens(void)
{
    ht_tokenizer *t = open_bpe("qwen2");
    CHECK(ht_tokenizer_is_end(t, 260) && ht_tokenizer_is_end(t, 262));
    CHECK(!ht_tokenizer_is_end(t, 261) && !ht_tokenizer_is_end(t, -1));
    CHECK(ht_tokenizer_is_control(t, 261) && !ht_tokenizer_is_control(t, 263) && !ht_tokenizer_is_control(t, 999));
    CHECK_EQ(ht_tokenizer_eos(t), 262);
    CHECK_EQ(ht_tokenizer_bos(t), 260);
    check_ids(t, "a", HT_TOKENIZE_BOS, "97"); /* qwen2 files do not ask for one */
    const int32_t ids[] = {261, 97, 263, 262, 12345};
    ht_buf text = {0};
    ht_tokenizer_decode(t, ids, 5, false, &text);
    CHECK_SLICE(text, "a<tool_call>");
    ht_buf_clear(&text);
    ht_tokenizer_decode(t, ids, 5, true, &text);
    CHECK_SLICE(text, "<|im_start|>a<tool_call><|im_end|>");
    ht_buf_deinit(&text);
    ht_tokenizer_close(t);
    t = open_bpe("llama-bpe");
    check_ids(t, "a", HT_TOKENIZE_BOS, "260 97"); /* these do where they do not say */
    ht_tokenizer_close(t);
}

static void any_bytes_come_back(void)
{
    static const char mixed[] = "打开客厅的灯，then don't  wait…\r\n\n 25.5度 😀👨‍👩‍👧 \xff\xfe\xe4\xbd \xed\xa0\x80 \xf4\x90\x80\x80 é e\xcc\x81\t\t ab abc";
    ht_rng rng;
    ht_rng_seed(&rng, 7);
    for (size_t k = 0; k < N_PRES + 2; k++) {
        ht_tokenizer *t = k < N_PRES ? open_bpe(pres[k]) : open_spm(k == N_PRES);
        CHECK(round_trips(t, HT_STR(mixed), 0));
        CHECK(round_trips(t, HT_STR(mixed), HT_TOKENIZE_SPECIAL));
        for (size_t n = 0; n < 200; n++) {
            char bytes[200];
            for (size_t i = 0; i < n; i++) { /* random bytes, and texts of the vocabulary's own letters */
                static const char letters[] = "ab c\n打<";
                bytes[i] = n % 2 ? (char)ht_rng_u32(&rng) : letters[ht_rng_below(&rng, sizeof letters - 1)];
            }
            CHECK(round_trips(t, (ht_str){bytes, n}, 0));
            CHECK(round_trips(t, (ht_str){bytes, n}, HT_TOKENIZE_SPECIAL));
        }
        ht_tokenizer_close(t);
    }
}

/* Lowest merge first, leftmost first, by looking at everything each time. */
static size_t merge_slowly(int32_t *ids, size_t n)
{
    static const int32_t merges[][3] = {{'a', 'b', 256}, {256, 'c', 257}, {' ', 'a', 258}, {258, 'b', 259}};
    for (size_t rank = 0; rank < 4; rank++)
        for (size_t i = 0; i + 1 < n; i++)
            if (ids[i] == merges[rank][0] && ids[i + 1] == merges[rank][1]) {
                ids[i] = merges[rank][2];
                memmove(ids + i + 1, ids + i + 2, (n - i - 2) * sizeof *ids);
                n--;
                rank = (size_t)-1; /* a join may open one of a lower number: look from the first again */
                break;
            }
    return n;
}

static void long_pieces_merge_like_short_ones(void)
{
    ht_tokenizer *t = open_bpe("qwen2");
    ht_rng rng;
    ht_rng_seed(&rng, 3);
    for (size_t n = 1; n <= 400; n += n < 60 ? 1 : 37) {
        char text[400];
        int32_t want[400];
        for (size_t i = 0; i < n; i++)
            want[i] = text[i] = "abc"[ht_rng_below(&rng, 3)]; /* letters only: one piece */
        const size_t n_want = merge_slowly(want, n);
        ht_ids got = {0};
        ht_error err = {0};
        CHECK_OK(ht_tokenizer_encode(t, (ht_str){text, n}, 0, &got, &err), err);
        CHECK_EQ(got.n, n_want);
        CHECK(got.n == n_want && memcmp(got.ids, want, n_want * sizeof *want) == 0);
        ht_ids_deinit(&got);
    }
    ht_tokenizer_close(t);
}

static void spm_blanks(void)
{
    ht_tokenizer *t = open_spm(true);
    check_ids(t, "a b", 0, "259 260 259 261");
    check_ids(t, "</s>ab<s>", HT_TOKENIZE_SPECIAL, "2 263 1");
    check_ids(t, "</s>", 0, "259 63 50 118 65");
    const int32_t ids[] = {1, 263, 263};
    ht_buf text = {0};
    ht_tokenizer_decode(t, ids, 3, false, &text);
    CHECK_SLICE(text, "ab ab");
    ht_buf_deinit(&text);
    ht_tokenizer_close(t);
    t = open_spm(false);
    check_ids(t, "a b", 0, "260 259 261");
    ht_tokenizer_close(t);
}

/* Each spoiled file is refused with a line that names what is wrong. */
static void bad_files(void)
{
    static const struct {
        const char *from, *to, *says;
        ht_status st;
    } cases[] = {
        {"gpt2", "bert", "bert", HT_UNSUPPORTED},
        {"qwen2", "qwenX", "qwenX", HT_UNSUPPORTED},
        {"ggml.model", "ggml.xodel", "tokenizer.ggml.model", HT_BAD_FORMAT},
        {"ggml.tokens", "ggml.xokens", "tokenizer.ggml.tokens", HT_BAD_FORMAT},
        {"ggml.merges", "ggml.xerges", "tokenizer.ggml.merges", HT_BAD_FORMAT},
        {"gpt2", "llam", "llam", HT_UNSUPPORTED},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        ht_buf file = {0};
        ht_gguf *g = NULL;
        ht_tokenizer *t = NULL;
        ht_error err = {0};
        tiny_bpe(&file, "qwen2");
        const ptrdiff_t at = ht_str_find(ht_buf_str(&file), ht_str_from(cases[i].from), 0);
        CHECK_REQUIRE(at >= 0);
        memcpy(file.ptr + at, cases[i].to, strlen(cases[i].to));
        CHECK_OK(ht_gguf_parse((ht_bytes){(const uint8_t *)file.ptr, file.len}, &g, &err), err);
        CHECK_EQ(ht_tokenizer_open(g, &t, &err), cases[i].st);
        CHECK(t == NULL);
        CHECK(strstr(err.text, cases[i].says) != NULL);
        ht_gguf_free(g);
        ht_buf_deinit(&file);
    }
}

int main(int argc, char **argv)
{
    static const check_case cases[] = {
        CHECK_CASE(known_ids),
        CHECK_CASE(specials_need_the_flag),
        CHECK_CASE(control_tokens),
        CHECK_CASE(any_bytes_come_back),
        CHECK_CASE(long_pieces_merge_like_short_ones),
        CHECK_CASE(spm_blanks),
        CHECK_CASE(bad_files),
    };
    return check_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
