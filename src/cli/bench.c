/* hearth bench: how fast a model runs on this machine. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "base/clock.h"
#include "base/rng.h"
#include "cli/command.h"
#include "model/model.h"

enum { MAX_BATCHES = 16 };

static const char usage[] =
    "usage: hearth bench -m MODEL.gguf [-p 512] [-n 128] [-t THREADS] [--batch 1,4,16] [--json]\n\n"
    "  -p N        tokens of the prompt to process (0: skip)\n"
    "  -n N        tokens to decode, from an empty context (0: skip)\n"
    "  -t N        threads; default: one per core\n"
    "  --batch L   also decode that many sequences together; figures are totals\n\n"
    "Each figure is the median of several runs.\n\n"
    "examples:\n"
    "  hearth bench -m model.gguf\n"
    "  hearth bench -m model.gguf -t 2 --batch 1,4,16 --json\n";

typedef struct {
    const char *path;
    long n_prompt, n_decode, threads;
    long batches[MAX_BATCHES];
    size_t n_batches;
    bool json;
} bench_options;

typedef struct {
    double prefill, decode, batch[MAX_BATCHES], load_ms;
} bench_result;

typedef struct {
    ht_model *m;
    float *logits; /* [largest batch][n_vocab] */
    int32_t *ids;  /* [n_prompt] random */
} bench_state;

static int by_value(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

/* Decodes n tokens of each of n_seq sequences from empty contexts. */
static ht_status decode(bench_state *s, ht_kv **kvs, long n_seq, long n, ht_error *err)
{
    const int32_t n_vocab = ht_model_get_info(s->m)->n_vocab;
    ht_model_segment segments[HT_MODEL_MAX_SEGMENTS];
    for (long k = 0; k < n_seq; k++)
        ht_kv_truncate(kvs[k], 0);
    for (long i = 0; i < n; i++) {
        int32_t ids[HT_MODEL_MAX_SEGMENTS];
        for (long k = 0; k < n_seq; k++) {
            ids[k] = (int32_t)((i * 7919 + k * 104729) % n_vocab);
            segments[k] = (ht_model_segment){kvs[k], &ids[k], 1, HT_LOGITS_LAST, s->logits + k * n_vocab};
        }
        const ht_status st = ht_model_forward_batch(s->m, segments, (int32_t)n_seq, err);
        if (st != HT_OK)
            return st;
    }
    return HT_OK;
}

static ht_status prefill(bench_state *s, ht_kv *kv, long n, ht_error *err)
{
    ht_kv_truncate(kv, 0);
    return ht_model_forward(s->m, kv, s->ids, (int32_t)n, HT_LOGITS_LAST, s->logits, err);
}

/* Tokens a second: the median of at least three runs and a second, after one to warm up. n_seq 0: the prompt. */
static ht_status measure(bench_state *s, long n_seq, long n, double *out, ht_error *err)
{
    enum { MAX_RUNS = 50 };
    const long n_kv = n_seq ? n_seq : 1;
    ht_kv *kvs[HT_MODEL_MAX_SEGMENTS] = {NULL};
    ht_status st = HT_OK;
    double ms[MAX_RUNS];
    size_t n_runs = 0;
    for (long k = 0; k < n_kv && st == HT_OK; k++)
        st = ht_kv_new(s->m, (int32_t)n, &kvs[k], err);
    const double begin = ht_clock_ms();
    for (int warm = 1; st == HT_OK && n_runs < MAX_RUNS && (n_runs < 3 || ht_clock_ms() - begin < 1000.0); warm = 0) {
        const double start = ht_clock_ms();
        st = n_seq ? decode(s, kvs, n_seq, n, err) : prefill(s, kvs[0], n, err);
        if (!warm)
            ms[n_runs++] = ht_clock_ms() - start;
    }
    for (long k = 0; k < n_kv; k++)
        ht_kv_free(kvs[k]);
    if (st != HT_OK)
        return st;
    qsort(ms, n_runs, sizeof *ms, by_value);
    *out = (double)(n * n_kv) * 1000.0 / ms[n_runs / 2];
    return HT_OK;
}

static ht_status prepare(bench_state *s, const bench_options *o, ht_error *err)
{
    long most = 1;
    for (size_t i = 0; i < o->n_batches; i++)
        most = o->batches[i] > most ? o->batches[i] : most;
    const int32_t n_vocab = ht_model_get_info(s->m)->n_vocab;
    s->logits = malloc((size_t)most * (size_t)n_vocab * sizeof *s->logits);
    s->ids = malloc((size_t)(o->n_prompt + 1) * sizeof *s->ids);
    if (s->logits == NULL || s->ids == NULL)
        return ht_fail(err, HT_NO_MEMORY, -1, "no memory for the logits of %ld sequences", most);
    ht_rng rng;
    ht_rng_seed(&rng, 1);
    for (long i = 0; i < o->n_prompt; i++)
        s->ids[i] = (int32_t)ht_rng_below(&rng, (uint32_t)n_vocab);
    return HT_OK;
}

static ht_status run(bench_state *s, const bench_options *o, bench_result *r, ht_error *err)
{
    ht_status st = prepare(s, o, err);
    if (st == HT_OK && o->n_prompt > 0)
        st = measure(s, 0, o->n_prompt, &r->prefill, err);
    if (st == HT_OK && o->n_decode > 0)
        st = measure(s, 1, o->n_decode, &r->decode, err);
    for (size_t i = 0; i < o->n_batches && st == HT_OK; i++)
        if (o->n_decode > 0)
            st = measure(s, o->batches[i], o->n_decode, &r->batch[i], err);
    return st;
}

/* A JSON string of a path or a name. */
static void print_json_text(const char *s)
{
    putchar('"');
    for (; *s != '\0'; s++) {
        const unsigned char c = (unsigned char)*s;
        if (c == '"' || c == '\\')
            printf("\\%c", c);
        else if (c < 0x20)
            printf("\\u%04x", c);
        else
            putchar(c);
    }
    putchar('"');
}

static void print(const bench_options *o, const bench_result *r, const ht_model_info *info, unsigned threads)
{
    struct rusage usage_now;
    getrusage(RUSAGE_SELF, &usage_now);
    const long long rss = (long long)usage_now.ru_maxrss * 1024;
    if (o->json) {
        printf("{\"model\": ");
        print_json_text(o->path);
        printf(", \"type\": \"%s\", \"threads\": %u, \"prefill_tok_s\": %.1f, \"decode_tok_s\": %.1f, \"batch\": {", info->type, threads, r->prefill, r->decode);
        for (size_t i = 0; i < o->n_batches; i++)
            printf("%s\"%ld\": %.1f", i ? ", " : "", o->batches[i], r->batch[i]);
        printf("}, \"load_ms\": %.2f, \"peak_rss_bytes\": %lld}\n", r->load_ms, rss);
        return;
    }
    printf("%s\n%s %s, %.1f million parameters, %.1f MB of weights, %u threads\n", o->path, info->arch, info->type, (double)info->n_params * 1e-6,
           (double)info->n_weight_bytes * 1e-6, threads);
    printf("  load       %10.2f ms\n", r->load_ms);
    if (o->n_prompt > 0)
        printf("  prefill    %10.1f tok/s   %ld tokens in %.1f ms, %.0f Gop/s\n", r->prefill, o->n_prompt, (double)o->n_prompt * 1000.0 / r->prefill,
               r->prefill * 2e-9 * (double)info->n_params);
    if (o->n_decode > 0)
        printf("  decode     %10.1f tok/s   %.3f ms a token, %.1f GB/s of weights\n", r->decode, 1000.0 / r->decode, r->decode * 1e-9 * (double)info->n_weight_bytes);
    for (size_t i = 0; i < o->n_batches; i++)
        printf("  batch %-4ld %10.1f tok/s\n", o->batches[i], r->batch[i]);
    printf("  peak RSS   %10.1f MB\n", (double)rss * 1e-6);
}

static int parse_batches(char *text, bench_options *o)
{
    char *save = NULL;
    o->n_batches = 0;
    for (char *w = strtok_r(text, ",", &save); w != NULL; w = strtok_r(NULL, ",", &save)) {
        if (o->n_batches == MAX_BATCHES)
            return ht_cli_usage("bench", "--batch: at most %d numbers", MAX_BATCHES), 0;
        if (!ht_cli_int("bench", "--batch", w, 1, HT_MODEL_MAX_SEGMENTS, &o->batches[o->n_batches]))
            return 0;
        o->n_batches++;
    }
    return 1;
}

/* -1: go on; otherwise the exit code. */
static int parse(int argc, char **argv, bench_options *o)
{
    static const struct option options[] = {{"model", 1, NULL, 'm'}, {"batch", 1, NULL, 'b'}, {"json", 0, NULL, 'j'},
                                            {"threads", 1, NULL, 't'}, {"help", 0, NULL, 'h'}, {NULL, 0, NULL, 0}};
    for (int c; (c = ht_cli_option("bench", argc, argv, "m:p:n:t:h", options)) != -1;) {
        int ok = 1;
        switch (c) {
        case 'm': o->path = optarg; break;
        case 'p': ok = ht_cli_int("bench", "-p", optarg, 0, 1 << 20, &o->n_prompt); break;
        case 'n': ok = ht_cli_int("bench", "-n", optarg, 0, 1 << 20, &o->n_decode); break;
        case 't': ok = ht_cli_int("bench", "-t", optarg, 1, 1024, &o->threads); break;
        case 'b': ok = parse_batches(optarg, o); break;
        case 'j': o->json = true; break;
        case 'h': fputs(usage, stdout); return 0;
        default: return 2;
        }
        if (!ok)
            return 2;
    }
    return o->path == NULL || optind < argc ? ht_cli_usage("bench", "-m MODEL is needed") : -1;
}

int ht_cmd_bench(int argc, char **argv)
{
    bench_options o = {.n_prompt = 512, .n_decode = 128};
    const int code = parse(argc, argv, &o);
    if (code >= 0)
        return code;
    ht_error err = {0};
    ht_pool *pool = NULL;
    bench_state s = {0};
    bench_result r = {0};
    ht_status st = ht_pool_new((unsigned)o.threads, &pool, &err);
    const double start = ht_clock_ms();
    if (st == HT_OK)
        st = ht_model_open(o.path, pool, &s.m, &err);
    r.load_ms = ht_clock_ms() - start;
    if (st == HT_OK && (st = run(&s, &o, &r, &err)) == HT_OK)
        print(&o, &r, ht_model_get_info(s.m), ht_pool_threads(pool));
    free(s.logits);
    free(s.ids);
    ht_model_close(s.m);
    ht_pool_free(pool);
    return st == HT_OK ? 0 : ht_cli_fail("bench", &err);
}
