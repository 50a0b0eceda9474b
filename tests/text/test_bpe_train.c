#include <unistd.h>

#include "check.h"
#include "base/map.h"
#include "base/rng.h"
#include "text/bpe_learn.h"
#include "text/bpe_train.h"
#include "text/tokenizer.h"
#include "text/utf8.h"

/* A token of the slow learner below. */
typedef struct {
    char text[64];
    size_t len;
} slow_token;

/* Whole characters, or the beginning of one that continuation bytes alone may complete. */
static bool slow_allows(const char *s, size_t n)
{
    const size_t valid = ht_utf8_valid((ht_str){s, n});
    if (valid == n)
        return true;
    if (valid > 0 || n >= ht_utf8_want((uint8_t)s[0]))
        return false;
    for (size_t i = 1; i < n; i++)
        if (((uint8_t)s[i] & 0xC0) != 0x80)
            return false;
    return true;
}

/* Learns by counting all pairs anew for every merge; returns the merges made, at most n_max. */
static size_t learn_slowly(const ht_words *words, size_t n_max, ht_bpe_merge *out)
{
    enum { MAX_TOKENS = 400 };
    static slow_token tokens[MAX_TOKENS];
    static uint64_t counts[MAX_TOKENS][MAX_TOKENS];
    static int32_t symbols[200][40];
    size_t lengths[200], n_tokens = 256, n_merges = 0;
    for (int b = 0; b < 256; b++)
        tokens[b] = (slow_token){{(char)b}, 1};
    for (size_t w = 0; w < words->n; w++) {
        lengths[w] = words->words[w].len;
        for (size_t i = 0; i < lengths[w]; i++)
            symbols[w][i] = (uint8_t)ht_words_text(words, w).ptr[i];
    }
    for (; n_merges < n_max; n_merges++) {
        memset(counts, 0, sizeof counts);
        int32_t left = -1, right = -1;
        for (size_t w = 0; w < words->n; w++)
            for (size_t i = 0; i + 1 < lengths[w]; i++)
                counts[symbols[w][i]][symbols[w][i + 1]] += words->words[w].count;
        for (int32_t a = 0; a < (int32_t)n_tokens; a++)
            for (int32_t b = 0; b < (int32_t)n_tokens; b++) {
                slow_token both = tokens[a];
                if (counts[a][b] == 0 || (left >= 0 && counts[a][b] <= counts[left][right]))
                    continue;
                memcpy(both.text + both.len, tokens[b].text, tokens[b].len);
                if (slow_allows(both.text, both.len + tokens[b].len))
                    left = a, right = b;
            }
        if (left < 0)
            break;
        slow_token joined = tokens[left];
        memcpy(joined.text + joined.len, tokens[right].text, tokens[right].len);
        joined.len += tokens[right].len;
        size_t id = 256;
        while (id < n_tokens && (tokens[id].len != joined.len || memcmp(tokens[id].text, joined.text, joined.len) != 0))
            id++;
        if (id == n_tokens)
            tokens[n_tokens++] = joined;
        out[n_merges] = (ht_bpe_merge){left, right, (int32_t)id};
        for (size_t w = 0; w < words->n; w++) {
            size_t j = 0;
            for (size_t i = 0; i < lengths[w]; i++)
                if (i + 1 < lengths[w] && symbols[w][i] == left && symbols[w][i + 1] == right)
                    symbols[w][j++] = (int32_t)id, i++;
                else
                    symbols[w][j++] = symbols[w][i];
            lengths[w] = j;
        }
    }
    return n_merges;
}

static void learns_what_counting_anew_learns(void)
{
    static const char *const letters[] = {"a", "b", "aa", "中", "丰", "文", "é", "ê", "\xe4", "\xb8", "\xff"};
    ht_rng rng;
    ht_rng_seed(&rng, 11);
    for (int round = 0; round < 6; round++) {
        ht_words words = {0};
        ht_bpe_merges fast = {0};
        ht_error err = {0};
        static ht_bpe_merge slow[100];
        for (int w = 0; w < 120; w++) {
            char text[40] = "";
            for (unsigned n = 1 + ht_rng_below(&rng, 9); n > 0; n--)
                strcat(text, letters[ht_rng_below(&rng, 11)]);
            ht_words_add(&words, ht_str_from(text), 1 + ht_rng_below(&rng, 4));
        }
        CHECK_OK(ht_bpe_learn(&words, 256 + 90, 1, NULL, NULL, &fast, &err), err);
        const size_t n = learn_slowly(&words, fast.n_merges < 100 ? fast.n_merges : 100, slow);
        CHECK(fast.n_merges >= 60);
        CHECK_EQ(n, fast.n_merges < 100 ? fast.n_merges : 100);
        for (size_t i = 0; i < n; i++)
            if (memcmp(&fast.merges[i], &slow[i], sizeof slow[i]) != 0) {
                fprintf(stderr, "merge %zu: %d+%d=%d, expected %d+%d=%d\n", i, fast.merges[i].left, fast.merges[i].right, fast.merges[i].joined,
                        slow[i].left, slow[i].right, slow[i].joined);
                CHECK(false);
                break;
            }
        ht_bpe_merges_deinit(&fast);
        ht_words_deinit(&words);
    }
}

/* Texts in files of a folder that goes away with the process. */
static char folder[64];

static void remove_folder(void)
{
    char command[128];
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    if (system(command) != 0)
        perror(folder);
}

static const char *in_folder(const char *name)
{
    static char paths[8][128];
    static unsigned next;
    if (folder[0] == '\0') {
        strcpy(folder, "/tmp/hearth-test-XXXXXX");
        CHECK_REQUIRE(mkdtemp(folder) != NULL);
        atexit(remove_folder);
    }
    char *path = paths[next++ % 8];
    snprintf(path, sizeof paths[0], "%s/%s", folder, name);
    return path;
}

static const char *write_text(const char *name, const char *text, size_t repeat)
{
    const char *path = in_folder(name);
    FILE *f = fopen(path, "wb");
    CHECK_REQUIRE(f != NULL);
    for (size_t i = 0; i < repeat; i++)
        fputs(text, f);
    fclose(f);
    return path;
}

static ht_bpe_train_options options(uint32_t n_vocab)
{
    static const ht_str specials[] = {{"<|endoftext|>", 13}, {"<|im_end|>", 10}}, user[] = {{"<tool_call>", 11}};
    return (ht_bpe_train_options){.n_vocab = n_vocab, .specials = specials, .n_specials = 2, .user_tokens = user, .n_user_tokens = 1,
                                  .eos = specials[1], .min_count = 1};
}

static ht_tokenizer *open_file(const char *path)
{
    ht_map map;
    ht_gguf *g = NULL;
    ht_tokenizer *t = NULL;
    ht_error err = {0};
    CHECK_OK(ht_map_open(path, &map, &err), err);
    CHECK_OK(ht_gguf_parse(ht_map_bytes(&map), &g, &err), err);
    CHECK_OK(ht_tokenizer_open(g, &t, &err), err);
    ht_gguf_free(g);
    ht_map_close(&map);
    CHECK_REQUIRE(t != NULL);
    return t;
}

static void trains_a_usable_file(void)
{
    const char *text = write_text("a.txt", "打开客厅的灯\n<|endoftext|>\nturn on the light\n<tool_call><|im_end|>", 40);
    const char *json = write_text("b.jsonl", "{\"messages\":[{\"role\":\"user\",\"content\":\"关上窗帘\"},{\"role\":\"assistant\",\"content\":\"好的\"}]}\n", 60);
    const char *const paths[] = {text, json};
    const double weights[] = {1, 1};
    const char *out = in_folder("out.gguf");
    const ht_bpe_train_options opt = options(256 + 60 + 3);
    ht_error err = {0};
    CHECK_OK(ht_bpe_train(paths, weights, 2, &opt, NULL, out, &err), err);
    ht_tokenizer *t = open_file(out);
    CHECK_EQ(ht_tokenizer_count(t), 319);
    CHECK_EQ(ht_tokenizer_find(t, HT_STR("<tool_call>")), 316);
    CHECK_EQ(ht_tokenizer_find(t, HT_STR("<|endoftext|>")), 317);
    CHECK_EQ(ht_tokenizer_eos(t), 318);
    CHECK(ht_tokenizer_is_control(t, 318) && !ht_tokenizer_is_control(t, 316));
    CHECK(ht_tokenizer_find(t, HT_STR("关上窗帘")) > 0); /* from the JSON's text */
    CHECK_EQ(ht_tokenizer_find(t, HT_STR("role")), -1); /* not from the JSON around it */
    CHECK_EQ(ht_tokenizer_find(t, HT_STR("endoftext")), -1);
    ht_ids ids = {0};
    CHECK_OK(ht_tokenizer_encode(t, HT_STR("关上窗帘"), 0, &ids, &err), err);
    CHECK_EQ(ids.n, 1);
    for (int32_t id = 256; id < 316; id++) {
        const ht_str piece = ht_tokenizer_piece(t, id);
        CHECK(slow_allows(piece.ptr, piece.len));
    }
    ht_ids_deinit(&ids);
    ht_tokenizer_close(t);
}

static void weights_count_and_threads_do_not(void)
{
    const char *const paths[] = {write_text("x.txt", "xy xy\n", 100), write_text("z.txt", "zw\n", 150)};
    const double even[] = {1, 1}, tilted[] = {0.5, 1}, one[] = {0, 1};
    const char *out = in_folder("w.gguf");
    ht_bpe_train_options opt = options(256 + 1 + 3);
    ht_error err = {0};
    static const char *const want[] = {"xy", "zw", "zw"};
    const double *const all[] = {even, tilted, one};
    for (int i = 0; i < 3; i++) {
        CHECK_OK(ht_bpe_train(paths, all[i], 2, &opt, NULL, out, &err), err);
        ht_tokenizer *t = open_file(out);
        CHECK_SLICE(ht_tokenizer_piece(t, 256), want[i]);
        ht_tokenizer_close(t);
    }
    const char *big = write_text("big.txt", "灯 the light in the kitchen 厨房的灯 is on 12 hours a day 每天\n", 20000);
    ht_pool *pool = NULL;
    ht_buf first = {0}, second = {0};
    opt = options(400);
    CHECK_OK(ht_pool_new(3, &pool, &err), err);
    CHECK_OK(ht_bpe_train(&big, even, 1, &opt, NULL, out, &err), err);
    CHECK_OK(ht_file_read(out, 1 << 20, &first, &err), err);
    CHECK_OK(ht_bpe_train(&big, even, 1, &opt, pool, out, &err), err);
    CHECK_OK(ht_file_read(out, 1 << 20, &second, &err), err);
    CHECK(ht_str_eq(ht_buf_str(&first), ht_buf_str(&second)));
    ht_buf_deinit(&first);
    ht_buf_deinit(&second);
    ht_pool_free(pool);
}

static void refuses_nonsense(void)
{
    const char *const path[] = {write_text("n.txt", "text", 1)}, *const missing[] = {in_folder("missing.txt")};
    const char *const broken[] = {write_text("n.jsonl", "{\"messages\": 3}\n", 1)};
    const double weight[] = {1}, negative[] = {-1};
    const char *out = in_folder("n.gguf");
    ht_bpe_train_options opt = options(300);
    ht_error err = {0};
    CHECK_EQ(ht_bpe_train(missing, weight, 1, &opt, NULL, out, &err), HT_NOT_FOUND);
    CHECK_EQ(ht_bpe_train(path, negative, 1, &opt, NULL, out, &err), HT_BAD_ARG);
    CHECK_EQ(ht_bpe_train(broken, weight, 1, &opt, NULL, out, &err), HT_BAD_FORMAT);
    CHECK(strstr(err.text, "n.jsonl") != NULL);
    opt.eos = HT_STR("<eos>");
    CHECK_EQ(ht_bpe_train(path, weight, 1, &opt, NULL, out, &err), HT_BAD_ARG);
    opt = options(258);
    CHECK_EQ(ht_bpe_train(path, weight, 1, &opt, NULL, out, &err), HT_BAD_ARG);
}

int main(int argc, char **argv)
{
    static const check_case cases[] = {
        CHECK_CASE(learns_what_counting_anew_learns),
        CHECK_CASE(trains_a_usable_file),
        CHECK_CASE(weights_count_and_threads_do_not),
        CHECK_CASE(refuses_nonsense),
    };
    return check_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
