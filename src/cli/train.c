/* hearth train: runs a configuration, shows progress, stops cleanly at Ctrl-C. */
#include <getopt.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "cli/command.h"
#include "train/export.h"
#include "train/run.h"

static const char help_text[] =
    "usage: hearth train CONFIG.json [--resume] [--dry-run] [--threads N] [--profile]\n"
    "       hearth train --export CHECKPOINT OUT.gguf [--bf16]\n\n"
    "Trains a language model as CONFIG.json says. Ctrl-C saves and stops; --resume goes on exactly where it was.\n\n"
    "  --resume       go on from the checkpoint in the configuration's \"out\" folder\n"
    "  --dry-run      load and check everything, show the plan, take no step\n"
    "  --threads N    default: one a core\n"
    "  --profile      show where the time went at the end\n"
    "  --export       write the weights of a checkpoint as a GGUF model (F32, or BF16 with --bf16)\n\n"
    "CONFIG.json (paths are relative to where hearth runs; only these are needed, the others show their defaults):\n"
    "  { \"out\": \"runs/first\", \"tokenizer\": \"tokenizer.gguf\", \"data\": [{\"path\": \"a.bin\", \"weight\": 1}], \"epochs\": 1,\n"
    "    \"model\": {\"n_layer\": 8, \"d_model\": 256, \"n_head\": 4, \"n_kv_head\": 2, \"d_head\": 64, \"d_ff\": 704, \"n_ctx\": 512,\n"
    "              \"rope_base\": 10000, \"norm_eps\": 1e-6} }\n"
    "  end (any of)   \"steps\", \"tokens\", \"epochs\", \"minutes\": the learning rate follows the one nearest its end\n"
    "  batch          \"batch_tokens\": 16384, \"micro_tokens\": 16384 (a step adds up batches of these)\n"
    "  learning       \"optimizer\": \"adamw\" or \"muon\", \"lr\": 1e-3, \"warmup\": 100 steps, \"schedule\": \"cosine\" or \"wsd\",\n"
    "                 \"lr_floor\": 0.1 (share of lr at the end), \"decay_share\": 0.2 (wsd), \"weight_decay\": 0.1,\n"
    "                 \"beta1\": 0.9, \"beta2\": 0.95, \"momentum\": 0.95 (muon), \"clip\": 1.0, \"seed\": 1\n"
    "  evaluation     \"eval\": \"held-out.bin\", \"eval_every\": 200 steps, \"eval_tokens\": 200000\n"
    "  files          \"name\": \"hearth\", \"init_from\": \"runs/before/last.ckpt\", \"save_minutes\": 5,\n"
    "                 \"export_each\": false (model.gguf at every save), \"export_type\": \"f32\" or \"bf16\"\n"
    "  numbers        \"precision\": \"bf16\" or \"f32\"\n\n"
    "examples:\n"
    "  hearth train config.json --dry-run\n"
    "  hearth train config.json --resume\n"
    "  hearth train --export runs/first/last.ckpt model.gguf\n";

static volatile sig_atomic_t stop_asked;

static void on_signal(int sig)
{
    (void)sig;
    stop_asked = 1;
}

static bool should_stop(void *ctx)
{
    (void)ctx;
    return stop_asked != 0;
}

static void on_plan(void *ctx, const ht_train_plan *p)
{
    (void)ctx;
    fprintf(stderr, "hearth train: %.2f M parameters, vocabulary %u, %.2f M tokens of data (%.2f M held out), %u threads, %s\n",
            (double)p->n_params * 1e-6, p->n_vocab, (double)p->data_tokens * 1e-6, (double)p->eval_tokens * 1e-6, p->n_threads,
            p->is_bf16 ? "bf16" : "f32");
    if (p->dropped_tokens > 0)
        fprintf(stderr, "hearth train: %llu tokens left out: their documents do not fit n_ctx\n", (unsigned long long)p->dropped_tokens);
    if (p->first_step > 0)
        fprintf(stderr, "hearth train: going on after step %llu\n", (unsigned long long)p->first_step);
}

static void on_step(void *ctx, const ht_train_report *p)
{
    (void)ctx;
    char note[160];
    if (!isnan(p->eval_loss))
        fprintf(stderr, "%sstep %llu  loss %.4f  held-out loss %.4f\n", ht_cli_is_tty() ? "\r\033[K" : "", (unsigned long long)p->step, p->loss, p->eval_loss);
    snprintf(note, sizeof note, "step %llu  loss %.4f  %.1fk tok/s  %.0f GFLOP/s", (unsigned long long)p->step, p->loss, p->tok_s * 1e-3, p->gflops);
    ht_cli_progress("train", p->progress, p->eta_s, note);
}

static void on_end(void *ctx, const int64_t *phase_ns, int64_t total_ns)
{
    const bool *is_wanted = ctx;
    if (!*is_wanted || total_ns == 0)
        return;
    int64_t sum = 0;
    for (int i = 0; i < HT_PHASE_COUNT; i++) {
        sum += phase_ns[i];
        fprintf(stderr, "  %-20s %9.1f ms  %5.1f %%\n", ht_phase_text((ht_phase)i), (double)phase_ns[i] * 1e-6, 100.0 * (double)phase_ns[i] / (double)total_ns);
    }
    fprintf(stderr, "  %-20s %9.1f ms  %5.1f %%\n", "other", (double)(total_ns - sum) * 1e-6, 100.0 * (double)(total_ns - sum) / (double)total_ns);
}

static int export_model(const char *checkpoint, const char *path, bool is_bf16)
{
    ht_error err = {0};
    return ht_train_export_checkpoint(checkpoint, path, is_bf16, &err) == HT_OK ? 0 : ht_cli_fail("train", &err);
}

int ht_cmd_train(int argc, char **argv)
{
    static const struct option options[] = {{"resume", no_argument, NULL, 'r'}, {"dry-run", no_argument, NULL, 'd'},
                                            {"threads", required_argument, NULL, 't'}, {"profile", no_argument, NULL, 'p'},
                                            {"export", required_argument, NULL, 'e'}, {"bf16", no_argument, NULL, 'b'},
                                            {"help", no_argument, NULL, 'h'}, {0}};
    ht_train_options o = {0};
    bool wants_profile = false, is_bf16 = false;
    const char *checkpoint = NULL;
    long n = 0;
    for (int c; (c = ht_cli_option("train", argc, argv, "t:h", options)) != -1;)
        switch (c) {
        case 'r': o.resume = true; break;
        case 'd': o.dry_run = true; break;
        case 'p': wants_profile = true; break;
        case 'b': is_bf16 = true; break;
        case 'e': checkpoint = optarg; break;
        case 't':
            if (!ht_cli_int("train", "--threads", optarg, 1, 1024, &n))
                return 2;
            break;
        case 'h': fputs(help_text, stdout); return 0;
        default: return 2;
        }
    o.n_threads = (unsigned)n;
    if (optind + 1 != argc)
        return ht_cli_usage("train", checkpoint ? "--export wants CHECKPOINT OUT.gguf" : "wants one CONFIG.json");
    if (checkpoint != NULL)
        return export_model(checkpoint, argv[optind], is_bf16);

    static ht_train_config config;
    ht_error err = {0};
    const ht_train_calls calls = {&wants_profile, on_plan, on_step, on_end, should_stop};
    if (ht_train_config_read(argv[optind], &config, &err) != HT_OK)
        return ht_cli_fail("train", &err);
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = (int)SA_RESETHAND}; /* a second Ctrl-C ends it at once */
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    return ht_train_run(&config, &o, &calls, &err) == HT_OK ? 0 : ht_cli_fail("train", &err);
}
