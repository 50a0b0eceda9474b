#include "check.h"
#include "text/tiny_vocab.h"
#include "train/pack.h"

static ht_tokenizer *tokenizer;

static ht_packer packer(size_t n_ctx)
{
    if (tokenizer == NULL) {
        ht_buf file = {0};
        ht_error err = {0};
        tiny_bpe(&file, "qwen2");
        tokenizer = tiny_open(&file, &err);
        ht_buf_deinit(&file);
        CHECK_REQUIRE(tokenizer != NULL);
    }
    return (ht_packer){.tokenizer = tokenizer, .end_of_text = 260, .n_ctx = n_ctx};
}

/* "D97 B98 L99 100 …": each id with the letters of its flags. */
static void check_packed(const ht_packed *p, const char *want)
{
    ht_buf got = {0};
    for (size_t i = 0; i < p->n; i++)
        ht_buf_addf(&got, "%s%s%s%s%u", i ? " " : "", p->flags[i] & HT_SHARD_DOC ? "D" : "", p->flags[i] & HT_SHARD_BRANCH ? "B" : "",
                    p->flags[i] & HT_SHARD_LOSS ? "L" : "", (unsigned)p->ids[i]);
    CHECK_STR(got.ptr ? got.ptr : "", want);
    ht_buf_deinit(&got);
}

static void check_sample(ht_packer p, const char *line, const char *want, uint64_t n_documents, uint64_t n_dropped)
{
    ht_arena mem = {0};
    ht_sample sample;
    ht_packed out = {0};
    ht_error err = {0};
    CHECK_OK(ht_sample_parse(ht_str_from(line), &mem, &sample, &err), err);
    CHECK_OK(ht_pack_sample(&p, &sample, &out, &err), err);
    check_packed(&out, want);
    CHECK_EQ(out.n_documents, n_documents);
    CHECK_EQ(out.n_dropped, n_dropped);
    ht_packed_deinit(&out);
    ht_arena_deinit(&mem);
}

static void plain_text(void)
{
    ht_packer p = packer(100);
    ht_packed out = {0};
    ht_error err = {0};
    CHECK_OK(ht_pack_text(&p, HT_STR("\nabcd \n"), &out, &err), err);
    check_packed(&out, "D257 L100 L260");
    ht_packed_clear(&out);
    CHECK_OK(ht_pack_text(&p, HT_STR(" \n"), &out, &err), err);
    CHECK_EQ(out.n, 0);
    CHECK_OK(ht_pack_text(&p, HT_STR("<tool>"), &out, &err), err); /* plain text has no special tokens */
    CHECK_EQ(out.n, 7);
    p.n_ctx = 3;
    ht_packed_clear(&out);
    CHECK_OK(ht_pack_text(&p, HT_STR("xyzxyz"), &out, &err), err); /* the end token alone has nothing before it: left out */
    check_packed(&out, "D120 L121 L122 D120 L121 L122");
    CHECK_EQ(out.n_documents, 2);
    CHECK_EQ(out.n_loss, 4);
    ht_packed_deinit(&out);
}

static void a_tree(void)
{
    static const char line[] = "{\"prefix\":\"<|im_start|>p\",\"branches\":[[[\"q\",0],[\"ab<|im_end|>\",1]],[[\"r\",0],[\"c\",1]],[[\"t\",0],[\"u\",1]]]}";
    check_sample(packer(100), line, "D261 112 B113 L256 L262 B114 L99 B116 L117", 1, 0);
    check_sample(packer(7), line, "D261 112 B113 L256 L262 B114 L99 D261 112 B116 L117", 2, 0); /* the beginning again */
    check_sample(packer(4), line, "D261 112 B114 L99 D261 112 B116 L117", 2, 1);                /* one branch does not fit */
    check_sample(packer(100), "{\"prefix\":\"\",\"branches\":[[[\"q\",1],[\"a\",1]]]}", "D113 L97", 1, 0);
}

static void a_conversation(void)
{
    static const char line[] = "{\"messages\":[{\"role\":\"user\",\"content\":\"q\"},{\"role\":\"assistant\",\"content\":\"x\"}]}";
    ht_packer p = packer(100);
    check_sample(p, line, "D261 117 115 101 114 10 113 262 10 261 97 115 115 105 115 116 97 110 116 10 L120 L262", 1, 0);
    p.loss_everywhere = true;
    check_sample(p, line, "D261 L117 L115 L101 L114 L10 L113 L262 L10 L261 L97 L115 L115 L105 L115 L116 L97 L110 L116 L10 L120 L262", 1, 0);
    p = packer(10);
    check_sample(p, line, "", 0, 1); /* rather nothing than an answer without its question */
    p.loss_everywhere = true;
    check_sample(p, line, "D261 L117 L115 L101 L114 L10 L113 L262 L10 L261 D97 L115 L115 L105 L115 L116 L97 L110 L116 L10 D120 L262", 3, 0);
}

static void conversations_are_cut_before_turns(void)
{
    static const char line[] = "{\"messages\":[{\"role\":\"assistant\",\"content\":\"x\"},{\"role\":\"assistant\",\"content\":\"yz\"}]}";
    /* <|im_start|>assistant\n is 11 tokens; the second turn begins with the newline behind the first. */
    check_sample(packer(20), line, "D261 97 115 115 105 115 116 97 110 116 10 L120 L262 D10 261 97 115 115 105 115 116 97 110 116 10 L121 L122 L262", 2, 0);
}

int main(int argc, char **argv)
{
    static const check_case cases[] = {
        CHECK_CASE(plain_text),
        CHECK_CASE(a_tree),
        CHECK_CASE(a_conversation),
        CHECK_CASE(conversations_are_cut_before_turns),
    };
    const int code = check_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
    ht_tokenizer_close(tokenizer);
    return code;
}
