/* Whole runs on a toy task: the loss falls, an interrupted or killed run goes on bit for bit, errors are clear. */
#include "train/run.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/rng.h"
#include "check.h"
#include "codec/gguf.h"
#include "train/checkpoint.h"

enum { VOCAB = 64, MAX_STEPS = 128 };

static char folder[64];

static const char *in_folder(const char *name)
{
    static char path[8][128];
    static int n;
    char *p = path[n++ % 8];
    snprintf(p, 128, "%s/%s", folder, name);
    return p;
}

/* Sequences that count upwards by their second token: predictable from the third on. */
static void write_task(void)
{
    ht_error err = {0};
    snprintf(folder, sizeof folder, "/tmp/test_run_%d", (int)getpid());
    CHECK_OK(ht_dir_make(folder, &err), err);
    ht_gguf_writer *g = NULL;
    CHECK_OK(ht_gguf_writer_new(&g, &err), err);
    ht_str tokens[VOCAB];
    char texts[VOCAB][16];
    for (int i = 0; i < VOCAB; i++) {
        snprintf(texts[i], sizeof texts[i], "t%d", i);
        tokens[i] = ht_str_from(texts[i]);
    }
    ht_gguf_writer_str(g, "tokenizer.ggml.model", HT_STR("gpt2"));
    ht_gguf_writer_strs(g, "tokenizer.ggml.tokens", tokens, VOCAB);
    CHECK_OK(ht_gguf_writer_write(g, in_folder("tokenizer.gguf"), &err), err);
    ht_gguf_writer_free(g);

    ht_shard_writer *w = NULL;
    ht_rng r;
    ht_rng_seed(&r, 1);
    CHECK_OK(ht_shard_writer_open(in_folder("data.bin"), VOCAB, &w, &err), err);
    for (int doc = 0; doc < 400; doc++) {
        const unsigned start = ht_rng_below(&r, VOCAB), step = 1 + ht_rng_below(&r, 5);
        for (unsigned i = 0; i < 12; i++) {
            const uint16_t id = (uint16_t)((start + i * step) % VOCAB);
            const uint8_t flags = i == 0 ? HT_SHARD_DOC : i > 1 ? HT_SHARD_LOSS : 0;
            CHECK_OK(ht_shard_writer_add(w, &id, &flags, 1, &err), err);
        }
    }
    CHECK_OK(ht_shard_writer_finish(w, &err), err);
}

static void clean(void)
{
    char command[128];
    snprintf(command, sizeof command, "rm -rf %s", folder);
    CHECK_EQ(system(command), 0);
}

static ht_train_config configure(const char *out, const char *extra)
{
    char text[2048];
    ht_error err = {0};
    static ht_train_config c;
    snprintf(text, sizeof text,
             "{\"out\": \"%s/%s\", \"tokenizer\": \"%s/tokenizer.gguf\", \"data\": [{\"path\": \"%s/data.bin\"}], \"eval\": \"%s/data.bin\", \"eval_every\": 20,"
             "\"model\": {\"n_layer\": 2, \"d_model\": 32, \"n_head\": 4, \"n_kv_head\": 2, \"d_head\": 8, \"d_ff\": 64, \"n_ctx\": 32},"
             "\"batch_tokens\": 512, \"micro_tokens\": 256, \"warmup\": 5, \"lr\": 0.01 %s}",
             folder, out, folder, folder, folder, extra);
    CHECK_OK(ht_file_write(in_folder("config.json"), (ht_bytes){(const uint8_t *)text, strlen(text)}, &err), err);
    CHECK_OK(ht_train_config_read(in_folder("config.json"), &c, &err), err);
    return c;
}

typedef struct {
    double loss[MAX_STEPS + 1], eval;
    uint64_t n, stop_at, kill_at;
} record;

static void on_step(void *ctx, const ht_train_report *p)
{
    record *r = ctx;
    r->n = p->step;
    r->loss[p->step <= MAX_STEPS ? p->step : 0] = p->loss;
    if (!isnan(p->eval_loss))
        r->eval = p->eval_loss;
    if (p->step == r->kill_at)
        raise(SIGKILL);
}

static bool should_stop(void *ctx)
{
    const record *r = ctx;
    return r->stop_at > 0 && r->n + 1 >= r->stop_at; /* asked before on_step hears of the step */
}

static ht_status train(const ht_train_config *c, bool resume, unsigned n_threads, record *r, ht_error *err)
{
    const ht_train_options o = {.resume = resume, .n_threads = n_threads};
    const ht_train_calls calls = {.ctx = r, .on_step = on_step, .should_stop = should_stop};
    return ht_train_run(c, &o, &calls, err);
}

static void learns(const char *extra, double below)
{
    ht_error err = {0};
    write_task();
    const ht_train_config c = configure("a", extra);
    record r = {0};
    CHECK_OK(train(&c, false, 2, &r, &err), err);
    CHECK(r.loss[1] > 4.0); /* log 64 = 4.16 */
    CHECK(r.eval > 0);
    CHECK_NEAR(r.eval, 0, below);
    CHECK_EQ(access(in_folder("a/model.gguf"), F_OK), 0);
    CHECK_EQ(access(in_folder("a/metrics.jsonl"), F_OK), 0);
    clean();
}

static void adamw_learns(void) { learns(", \"steps\": 120", 1.0); }
static void muon_learns(void) { learns(", \"steps\": 120, \"optimizer\": \"muon\"", 1.0); }
static void epochs_end_a_run(void) { learns(", \"epochs\": 6, \"schedule\": \"wsd\", \"precision\": \"f32\"", 2.0); }

/* A run of 40 steps against the same one stopped after 13 and killed after 26. */
static void interrupted_run_goes_on_exactly(void)
{
    ht_error err = {0};
    write_task();
    record whole = {0}, parts = {.stop_at = 13};
    ht_train_config c = configure("whole", ", \"steps\": 40, \"optimizer\": \"muon\"");
    CHECK_OK(train(&c, false, 2, &whole, &err), err);
    c = configure("parts", ", \"steps\": 40, \"optimizer\": \"muon\"");
    c.save_minutes = 1e-9; /* after every step */
    CHECK_EQ(train(&c, false, 1, &parts, &err), HT_CANCELLED);
    CHECK(strstr(err.text, "--resume") != NULL);
    CHECK_EQ(parts.n, 13);

    const pid_t child = fork();
    CHECK_REQUIRE(child >= 0);
    if (child == 0) {
        record killed = {.kill_at = 26};
        (void)train(&c, true, 1, &killed, &err);
        _exit(1);
    }
    int how;
    CHECK_EQ(waitpid(child, &how, 0), child);
    CHECK(WIFSIGNALED(how));
    record rest = {0};
    CHECK_OK(train(&c, true, 2, &rest, &err), err);
    for (int i = 1; i <= 13; i++)
        CHECK(parts.loss[i] == whole.loss[i]);
    for (int i = 27; i <= 40; i++)
        CHECK(rest.loss[i] == whole.loss[i]);
    CHECK(rest.loss[25] == 0); /* it did not start over */
    clean();
}

static void init_from_takes_the_weights(void)
{
    ht_error err = {0};
    char extra[256];
    write_task();
    record first = {0}, second = {0};
    ht_train_config c = configure("first", ", \"steps\": 120");
    CHECK_OK(train(&c, false, 2, &first, &err), err);
    snprintf(extra, sizeof extra, ", \"steps\": 2, \"init_from\": \"%s\"", in_folder("first/last.ckpt"));
    c = configure("second", extra);
    CHECK_OK(train(&c, false, 2, &second, &err), err);
    CHECK(second.loss[1] < 1.0);
    clean();
}

static void existing_run_is_not_overwritten(void)
{
    ht_error err = {0};
    write_task();
    record r = {0};
    const ht_train_config c = configure("a", ", \"steps\": 2");
    CHECK_EQ(train(&c, true, 1, &r, &err), HT_NOT_FOUND);
    CHECK_OK(train(&c, false, 1, &r, &err), err);
    CHECK_EQ(train(&c, false, 1, &r, &err), HT_BAD_ARG);
    CHECK(strstr(err.text, "--resume") != NULL);
    clean();
}

static void diverging_run_keeps_its_checkpoint(void)
{
    ht_error err = {0};
    write_task();
    record r = {0};
    ht_train_config c = configure("a", ", \"steps\": 3");
    CHECK_OK(train(&c, false, 1, &r, &err), err);
    /* a weight that is not a number, as an overflow would leave it */
    ht_checkpoint k;
    CHECK_OK(ht_checkpoint_open(in_folder("a/last.ckpt"), &k, &err), err);
    float *w = malloc(k.head.n_value * sizeof *w);
    memcpy(w, k.w, k.head.n_value * sizeof *w);
    w[k.head.n_value - 1] = NAN;
    CHECK_OK(ht_checkpoint_write(in_folder("bad.ckpt"), &k.head, k.places, w, k.m, k.v, &err), err);
    ht_checkpoint_close(&k);
    free(w);
    char extra[256];
    snprintf(extra, sizeof extra, ", \"steps\": 9, \"init_from\": \"%s\"", in_folder("bad.ckpt"));
    c = configure("b", extra);
    CHECK_EQ(train(&c, false, 1, &r, &err), HT_CANCELLED);
    CHECK(strstr(err.text, "the loss is") != NULL);
    clean();
}

static void broken_checkpoints_are_refused(void)
{
    ht_error err = {0};
    write_task();
    record r = {0};
    const ht_train_config c = configure("a", ", \"steps\": 2");
    CHECK_OK(train(&c, false, 1, &r, &err), err);
    CHECK_EQ(truncate(in_folder("a/last.ckpt"), 5000), 0);
    CHECK_EQ(train(&c, true, 1, &r, &err), HT_BAD_FORMAT);
    CHECK(strstr(err.text, "last.ckpt") != NULL);
    clean();
}

/* A file-size limit stands for a full disk: the write fails half way. */
static void full_disk_keeps_the_old_checkpoint(void)
{
    ht_error err = {0};
    write_task();
    record r = {0};
    const ht_train_config c = configure("a", ", \"steps\": 2");
    CHECK_OK(train(&c, false, 1, &r, &err), err);
    const pid_t child = fork();
    CHECK_REQUIRE(child >= 0);
    if (child == 0) {
        signal(SIGXFSZ, SIG_IGN);
        const struct rlimit limit = {20000, 20000};
        ht_checkpoint k;
        if (ht_checkpoint_open(in_folder("a/last.ckpt"), &k, &err) != HT_OK || setrlimit(RLIMIT_FSIZE, &limit) != 0)
            _exit(2);
        const ht_status st = ht_checkpoint_write(in_folder("a/last.ckpt"), &k.head, k.places, k.w, k.m, k.v, &err);
        _exit(st == HT_IO && strstr(err.text, "cannot write the checkpoint: File too large") != NULL ? 0 : 1);
    }
    int how;
    CHECK_EQ(waitpid(child, &how, 0), child);
    CHECK(WIFEXITED(how) && WEXITSTATUS(how) == 0);
    CHECK(access(in_folder("a/last.ckpt.tmp"), F_OK) != 0);
    ht_checkpoint k;
    CHECK_OK(ht_checkpoint_open(in_folder("a/last.ckpt"), &k, &err), err);
    CHECK_EQ(k.head.step, 2);
    ht_checkpoint_close(&k);
    clean();
}

static void wrong_configurations_are_named(void)
{
    static const struct {
        const char *text, *says;
    } cases[] = {
        {"{", "line 1"},
        {"[]", "one JSON object"},
        {"{\"out\": \"x\"}", "\"tokenizer\" is missing"},
        {"{\"out\": \"x\", \"tokenizer\": \"t\", \"model\": {}, \"data\": []}", "\"data\""},
        {"{\"out\": \"x\", \"tokenizer\": \"t\", \"model\": {}, \"data\": [{\"path\": \"d\"}]}", "when shall training end"},
        {"{\"out\": \"x\", \"tokenizer\": \"t\", \"model\": {}, \"data\": [{\"path\": \"d\"}], \"steps\": 1, \"lr\": -1}", "\"lr\" must be"},
        {"{\"out\": \"x\", \"tokenizer\": \"t\", \"model\": {}, \"data\": [{\"path\": \"d\"}], \"steps\": 1, \"lrr\": 1}", "\"lrr\" is not a key"},
        {"{\"out\": \"x\", \"tokenizer\": \"t\", \"model\": {\"lr\": 1}, \"data\": [{\"path\": \"d\"}], \"steps\": 1}", "wrong place"},
        {"{\"out\": \"x\", \"tokenizer\": \"t\", \"model\": {\"n_layer\": 1.5}, \"data\": [{\"path\": \"d\"}], \"steps\": 1}", "\"n_layer\" must be a whole"},
        {"{\"out\": \"x\", \"tokenizer\": \"t\", \"model\": {}, \"data\": [{\"path\": \"d\"}], \"steps\": 1, \"optimizer\": \"sgd\"}", "\"muon\" or \"adamw\""},
    };
    write_task();
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        ht_error err = {0};
        static ht_train_config c;
        CHECK_OK(ht_file_write(in_folder("c.json"), (ht_bytes){(const uint8_t *)cases[i].text, strlen(cases[i].text)}, &err), err);
        CHECK_EQ(ht_train_config_read(in_folder("c.json"), &c, &err), HT_BAD_FORMAT);
        if (strstr(err.text, cases[i].says) == NULL)
            fprintf(stderr, "%s\n", err.text);
        CHECK(strstr(err.text, cases[i].says) != NULL);
    }
    clean();
}

static void learning_rate_follows_its_schedule(void)
{
    ht_train_config c = {.lr = 1.0f, .lr_floor = 0.1f, .warmup = 10, .decay_share = 0.2f};
    CHECK_NEAR(ht_train_lr(&c, 1, 0), 0.1, 1e-6);
    CHECK_NEAR(ht_train_lr(&c, 10, 0), 1, 1e-6);
    CHECK_NEAR(ht_train_lr(&c, 50, 0.5), 0.55, 1e-6);
    CHECK_NEAR(ht_train_lr(&c, 100, 1.2), 0.1, 1e-6);
    c.is_wsd = true;
    CHECK_NEAR(ht_train_lr(&c, 50, 0.79), 1, 1e-6);
    CHECK_NEAR(ht_train_lr(&c, 50, 0.9), 0.55, 1e-6);
    CHECK_NEAR(ht_train_lr(&c, 50, 1), 0.1, 1e-6);
}

int main(int argc, char **argv)
{
    static const check_case cases[] = {
        CHECK_CASE(adamw_learns),
        CHECK_CASE(muon_learns),
        CHECK_CASE(epochs_end_a_run),
        CHECK_CASE(interrupted_run_goes_on_exactly),
        CHECK_CASE(init_from_takes_the_weights),
        CHECK_CASE(existing_run_is_not_overwritten),
        CHECK_CASE(diverging_run_keeps_its_checkpoint),
        CHECK_CASE(broken_checkpoints_are_refused),
        CHECK_CASE(full_disk_keeps_the_old_checkpoint),
        CHECK_CASE(wrong_configurations_are_named),
        CHECK_CASE(learning_rate_follows_its_schedule),
    };
    return check_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
