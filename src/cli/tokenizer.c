/* hearth tokenizer train: learns a vocabulary from text files. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "cli/command.h"
#include "text/bpe_train.h"

static const char usage[] =
    "usage: hearth tokenizer train --vocab N --out FILE.gguf [OPTIONS] TEXT[:WEIGHT]...\n"
    "Learns a byte-level BPE vocabulary. TEXT is UTF-8 text, or .jsonl as `hearth data pack` reads it;\n"
    "WEIGHT (1) multiplies its counts.\n\n"
    "  --vocab N        ids in all: 256 bytes, merges, user tokens, special tokens\n"
    "  --out FILE       the tokenizer, as a GGUF file without tensors\n"
    "  --special TEXT   a control token, e.g. '<|im_end|>'; repeatable\n"
    "  --user TEXT      a token that is always whole and visible, e.g. '<tool_call>'; repeatable\n"
    "  --eos TEXT       which special ends an answer (<|im_end|> if there is one, else the first)\n"
    "  --min-count N    do not merge a pair seen less often (2)\n"
    "  --max-mb N       look at about so much text, spread evenly over the files (all)\n"
    "  -t, --threads N  (all cores)\n\n"
    "example: hearth tokenizer train --vocab 8192 --out tokenizer.gguf --special '<|im_start|>' --special '<|im_end|>' corpus/*.txt\n";

enum { MAX_LIST = 4096 };

typedef struct {
    ht_str specials[MAX_LIST], user_tokens[MAX_LIST];
    const char *paths[MAX_LIST];
    double weights[MAX_LIST];
    ht_bpe_train_options opt;
    const char *out;
    long n_threads;
    size_t n_paths;
} train_args;

static void show_progress(void *ctx, const char *stage, double fraction)
{
    (void)ctx;
    ht_cli_progress(stage, fraction, -1, NULL);
}

/* "file.txt:0.5": the part behind the last colon is a weight if it reads as a number. */
static void add_path(train_args *a, char *arg)
{
    char *colon = strrchr(arg, ':'), *end;
    a->weights[a->n_paths] = 1;
    if (colon != NULL && colon[1] != '\0') {
        const double w = strtod(colon + 1, &end);
        if (*end == '\0') {
            a->weights[a->n_paths] = w;
            *colon = '\0';
        }
    }
    a->paths[a->n_paths++] = arg;
}

static int add_token(ht_str *list, size_t *n, const char *text)
{
    if (*n == MAX_LIST)
        return 0;
    list[(*n)++] = ht_str_from(text);
    return 1;
}

/* Returns 0, or the exit code + 1 when the command is to end here. */
static int parse_args(int argc, char **argv, train_args *a)
{
    static const struct option options[] = {{"vocab", required_argument, NULL, 'v'},   {"out", required_argument, NULL, 'o'},
                                            {"special", required_argument, NULL, 's'}, {"user", required_argument, NULL, 'u'},
                                            {"eos", required_argument, NULL, 'e'},     {"min-count", required_argument, NULL, 'c'},
                                            {"max-mb", required_argument, NULL, 'm'},  {"threads", required_argument, NULL, 't'},
                                            {"help", no_argument, NULL, 'h'},          {0}};
    long n;
    a->opt.min_count = 2;
    for (int c; (c = ht_cli_option("tokenizer", argc, argv, "o:t:h", options)) != -1;) {
        int ok = 1;
        switch (c) {
        case 'v': ok = ht_cli_int("tokenizer", "--vocab", optarg, 257, 1 << 20, &n), a->opt.n_vocab = ok ? (uint32_t)n : 0; break;
        case 'c': ok = ht_cli_int("tokenizer", "--min-count", optarg, 0, 1 << 30, &n), a->opt.min_count = ok ? (uint32_t)n : 0; break;
        case 'm': ok = ht_cli_int("tokenizer", "--max-mb", optarg, 1, 1 << 20, &n), a->opt.max_bytes = ok ? (uint64_t)n << 20 : 0; break;
        case 't': ok = ht_cli_int("tokenizer", "--threads", optarg, 1, 1024, &a->n_threads); break;
        case 'o': a->out = optarg; break;
        case 'e': a->opt.eos = ht_str_from(optarg); break;
        case 's': ok = add_token(a->specials, &a->opt.n_specials, optarg); break;
        case 'u': ok = add_token(a->user_tokens, &a->opt.n_user_tokens, optarg); break;
        case 'h': return fputs(usage, stdout), 1;
        default: return 3;
        }
        if (!ok)
            return 3;
    }
    if (a->opt.n_vocab == 0 || a->out == NULL || optind >= argc || argc - optind > MAX_LIST)
        return ht_cli_usage("tokenizer", "train wants --vocab, --out and text files") + 1;
    while (optind < argc)
        add_path(a, argv[optind++]);
    a->opt.specials = a->specials;
    a->opt.user_tokens = a->user_tokens;
    for (size_t i = 0; i < a->opt.n_specials && a->opt.eos.len == 0; i++)
        if (ht_str_is(a->specials[i], "<|im_end|>"))
            a->opt.eos = a->specials[i];
    if (a->opt.eos.len == 0 && a->opt.n_specials > 0)
        a->opt.eos = a->specials[0];
    a->opt.on_progress = show_progress;
    return 0;
}

static int train(int argc, char **argv)
{
    ht_error err = {0};
    ht_pool *pool = NULL;
    train_args *a = calloc(1, sizeof *a);
    if (a == NULL)
        return 1;
    const int stop = parse_args(argc, argv, a);
    int code = stop - 1;
    if (stop == 0) {
        const double start_ms = ht_clock_ms();
        ht_status st = ht_pool_new((unsigned)a->n_threads, &pool, &err);
        if (st == HT_OK)
            st = ht_bpe_train(a->paths, a->weights, a->n_paths, &a->opt, pool, a->out, &err);
        code = st == HT_OK ? 0 : ht_cli_fail("tokenizer", &err);
        if (st == HT_OK)
            fprintf(stderr, "%s written in %.1f s\n", a->out, (ht_clock_ms() - start_ms) / 1000);
        ht_pool_free(pool);
    }
    free(a);
    return code;
}

int ht_cmd_tokenizer(int argc, char **argv)
{
    if (argc > 1 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0))
        return fputs(usage, stdout), 0;
    if (argc < 2 || strcmp(argv[1], "train") != 0)
        return ht_cli_usage("tokenizer", argc < 2 ? "what is to be done? (train)" : "there is no action '%s', only: train", argc < 2 ? "" : argv[1]);
    return train(argc - 1, argv + 1);
}
