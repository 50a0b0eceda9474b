/* A model trained here, written as GGUF and opened by the inference room, gives the trainer's own logits. */
#include "train/export.h"

#include <unistd.h>

#include "base/cpu.h"
#include "base/rng.h"
#include "check.h"
#include "model/model.h"

enum { N = 40, VOCAB = 300 };
static const ht_net_shape shape = {.n_layer = 3, .n_head = 4, .n_kv_head = 2, .d_model = 96, .d_head = 32, .d_ff = 160, .n_vocab = VOCAB, .n_ctx = 64,
                                   .rope_base = 10000.0f, .norm_eps = 1e-6f};

static const char *temp(const char *what)
{
    static char path[4][96];
    static int n;
    snprintf(path[n % 4], sizeof path[0], "/tmp/test_export_%d_%s.gguf", (int)getpid(), what);
    return path[n++ % 4];
}

static void write_tokenizer(const char *path)
{
    ht_error err = {0};
    ht_gguf_writer *w = NULL;
    CHECK_OK(ht_gguf_writer_new(&w, &err), err);
    ht_str tokens[VOCAB];
    char texts[VOCAB][16];
    for (int i = 0; i < VOCAB; i++) {
        snprintf(texts[i], sizeof texts[i], "t%d", i);
        tokens[i] = ht_str_from(texts[i]);
    }
    ht_gguf_writer_str(w, "general.architecture", HT_STR("tokenizer"));
    ht_gguf_writer_str(w, "tokenizer.ggml.model", HT_STR("gpt2"));
    ht_gguf_writer_strs(w, "tokenizer.ggml.tokens", tokens, VOCAB);
    CHECK_OK(ht_gguf_writer_write(w, path, &err), err);
    ht_gguf_writer_free(w);
}

static ht_net *make_net(void)
{
    ht_error err = {0};
    ht_net *net = NULL;
    CHECK_OK(ht_net_new(&shape, 128, false, ht_cpu_bits(), NULL, &net, &err), err);
    CHECK_REQUIRE(net != NULL);
    ht_rng r;
    ht_rng_seed(&r, 8);
    size_t n;
    const ht_param *p = ht_net_params(net, &n);
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < (size_t)p[i].rows * p[i].cols; j++)
            ht_net_weights(net)[p[i].at + j] = p[i].kind == HT_PARAM_NORM ? 0.5f + ht_rng_float(&r) : 0.15f * ht_rng_normal(&r);
    ht_net_pack(net);
    return net;
}

static void check_agreement(bool is_bf16, double tolerance)
{
    ht_error err = {0};
    const char *tokenizer = temp("tokenizer"), *path = temp("model");
    write_tokenizer(tokenizer);
    ht_net *net = make_net();
    uint16_t ids[N], loss_id[N] = {0};
    uint32_t loss_row[N], doc_span[2] = {0, 1};
    int32_t ids32[N];
    ht_rng r;
    ht_rng_seed(&r, 2);
    for (uint32_t i = 0; i < N; i++) {
        ids[i] = (uint16_t)ht_rng_below(&r, VOCAB);
        ids32[i] = ids[i];
        loss_row[i] = i;
    }
    ht_train_span span = {0, N, 0};
    const ht_batch b = {.n_token = N, .n_span = 1, .n_doc = 1, .n_loss = N, .ids = ids, .spans = &span, .doc_span = doc_span, .loss_row = loss_row, .loss_id = loss_id};
    float *mine = malloc(N * VOCAB * sizeof *mine), *theirs = malloc(N * VOCAB * sizeof *theirs);
    CHECK_OK(ht_net_logits(net, &b, mine, &err), err);
    CHECK_OK(ht_train_export(path, "test", tokenizer, &shape, ht_net_weights(net), is_bf16, &err), err);

    ht_model *m = NULL;
    ht_kv *kv = NULL;
    CHECK_OK(ht_model_open(path, NULL, &m, &err), err);
    CHECK_REQUIRE(m != NULL);
    CHECK_STR(ht_model_get_info(m)->arch, "qwen3");
    CHECK_EQ(ht_model_get_info(m)->d_ff, 160);
    CHECK_OK(ht_kv_new(m, N, &kv, &err), err);
    CHECK_OK(ht_model_forward(m, kv, ids32, N, HT_LOGITS_ALL, theirs, &err), err);
    double worst = 0, size = 0;
    for (size_t i = 0; i < N * VOCAB; i++) {
        worst = fmax(worst, fabs((double)mine[i] - theirs[i]));
        size = fmax(size, fabs((double)mine[i]));
    }
    if (worst > tolerance * size)
        fprintf(stderr, "logits up to %g differ by %g\n", size, worst);
    CHECK(worst <= tolerance * size);
    ht_kv_free(kv);
    ht_model_close(m);
    ht_net_free(net);
    free(mine), free(theirs);
    unlink(path);
    unlink(tokenizer);
}

/* The cache of the inference side is half precision: 2^-11 a value. */
static void f32_file_gives_the_trainers_logits(void) { check_agreement(false, 3e-3); }
static void bf16_file_is_close(void) { check_agreement(true, 3e-2); }

int main(int argc, char **argv)
{
    static const check_case cases[] = {
        CHECK_CASE(f32_file_gives_the_trainers_logits),
        CHECK_CASE(bf16_file_is_close),
    };
    return check_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
