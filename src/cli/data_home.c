/* hearth data home: invented homes, requests and the calls that answer them, as documents for `hearth data pack`. Documents are
 * made in batches and written in order, so that the file does not depend on the number of threads. */
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/clock.h"
#include "base/map.h"
#include "base/pool.h"
#include "cli/data.h"
#include "homegen/homegen.h"

static const char usage[] =
    "usage: hearth data home --out FILE.jsonl [OPTIONS]\n"
    "  --phrases DIR     folder with en/*.txt and zh/*.txt (data/homegen; KEYS.md there explains them)\n"
    "  --lang en|zh|both language of the requests (both)\n"
    "  --count N         about so many requests (10000)\n"
    "  --seed N          (1)\n"
    "  --out FILE        one document a line; \"-\": standard output\n"
    "  --exclude FILE    JSON lines with \"text\": never make one of these requests; repeatable\n"
    "  --show N          print N documents for people to read instead\n"
    "  --verify          statistics with what failed, nothing written\n"
    "  --check           only list the keys that the phrases lack\n"
    "  -t, --threads N   (2)\n\n"
    "examples:\n"
    "  hearth data home --count 200000 --seed 1 --out home.jsonl\n"
    "  hearth data home --lang zh --show 5\n";

enum { BATCH = 64, MAX_EXCLUDE = 32 };

typedef struct {
    const char *phrases, *out, *exclude[MAX_EXCLUDE];
    size_t n_exclude;
    unsigned langs;
    long count, seed, show, threads;
    bool verify, check;
} options;

typedef struct {
    ht_buf text;
    unsigned n_requests;
    ht_homegen_stats stats;
    ht_status st;
    ht_error err;
} job;

typedef struct {
    const options *o;
    const ht_homegen *gen;
    uint64_t first; /* document of jobs[0] */
    job jobs[BATCH];
} batch;

static void run_jobs(void *ctx, unsigned begin, unsigned end, unsigned thread)
{
    batch *b = ctx;
    (void)thread;
    for (unsigned i = begin; i < end; i++) {
        job *j = &b->jobs[i];
        ht_buf_clear(&j->text);
        j->stats = (ht_homegen_stats){0};
        j->st = ht_homegen_tree(b->gen, (uint64_t)b->o->seed, b->first + i, b->o->show > 0, &j->text, &j->n_requests, &j->stats, &j->err);
    }
}

/* Every line's "text" becomes one that is never made. */
static ht_status exclude_file(ht_homegen *gen, const char *path, ht_error *err)
{
    ht_buf text = {0};
    ht_status st = ht_file_read(path, (size_t)1 << 30, &text, err);
    ht_str rest = ht_buf_str(&text), line;
    while (st == HT_OK && ht_str_split(&rest, '\n', &line)) {
        json_t *o = json_loadb(line.ptr, line.len, 0, NULL);
        const json_t *t = json_object_get(o, "text");
        if (json_is_string(t))
            st = ht_homegen_exclude(gen, (ht_str){json_string_value(t), json_string_length(t)}, err);
        json_decref(o);
    }
    ht_buf_deinit(&text);
    return st;
}

static int by_count(const void *a, const void *b)
{
    const uint64_t *x = ((const ht_homegen_stats *)a)->acts[0].made, *y = ((const ht_homegen_stats *)b)->acts[0].made;
    const uint64_t nx = x[0] + x[1], ny = y[0] + y[1];
    return nx < ny ? 1 : nx > ny ? -1 : 0;
}

static void print_stats(const ht_homegen_stats *s, uint64_t n_documents, double seconds)
{
    size_t n = 0;
    uint64_t made[2] = {0, 0}, failed = 0, not_shown = 0;
    ht_homegen_stats *rows = calloc(HT_HOMEGEN_ACTS, sizeof *rows); /* one act each, for sorting */
    while (rows != NULL && n < HT_HOMEGEN_ACTS && s->acts[n].act != NULL) {
        rows[n].acts[0] = s->acts[n];
        made[0] += s->acts[n].made[0];
        made[1] += s->acts[n].made[1];
        failed += s->acts[n].failed;
        not_shown += s->acts[n].not_shown;
        n++;
    }
    if (rows == NULL)
        return;
    qsort(rows, n, sizeof *rows, by_count);
    fprintf(stderr, "%-22s %9s %9s %9s %9s\n", "act", "en", "zh", "not shown", "failed");
    for (size_t i = 0; i < n; i++)
        fprintf(stderr, "%-22s %9" PRIu64 " %9" PRIu64 " %9" PRIu64 " %9" PRIu64 "\n", rows[i].acts[0].act, rows[i].acts[0].made[0],
                rows[i].acts[0].made[1], rows[i].acts[0].not_shown, rows[i].acts[0].failed);
    fprintf(stderr, "%-22s %9" PRIu64 " %9" PRIu64 " %9" PRIu64 " %9" PRIu64 "\n", "all", made[0], made[1], not_shown, failed);
    fprintf(stderr, "%" PRIu64 " documents, %" PRIu64 " calls, %" PRIu64 " excluded, %.1f s, %.0f requests/s\n", n_documents, s->calls, s->excluded,
            seconds, (double)(made[0] + made[1]) / seconds);
    free(rows);
}

static ht_status make_all(const options *o, const ht_homegen *gen, ht_pool *pool, FILE *out, ht_error *err)
{
    batch *b = calloc(1, sizeof *b);
    ht_homegen_stats stats = {0};
    uint64_t n_requests = 0, n_documents = 0;
    const uint64_t wanted = o->show > 0 ? (uint64_t)o->show : (uint64_t)o->count;
    const double start_ms = ht_clock_ms();
    ht_status st = b ? HT_OK : ht_fail(err, HT_NO_MEMORY, -1, "a batch of documents");
    if (st == HT_OK)
        *b = (batch){.o = o, .gen = gen};
    for (uint64_t done = 0; st == HT_OK && done < wanted;) {
        ht_pool_run(pool, BATCH, 1, run_jobs, b);
        for (unsigned i = 0; i < BATCH && st == HT_OK && done < wanted; i++) {
            job *j = &b->jobs[i];
            if (j->st != HT_OK) {
                *err = j->err;
                st = j->st;
                break;
            }
            n_requests += j->n_requests;
            n_documents += j->n_requests > 0;
            ht_homegen_stats_add(&stats, &j->stats);
            if (out != NULL && fwrite(j->text.ptr, 1, j->text.len, out) != j->text.len)
                st = ht_fail(err, HT_IO, -1, "%s: cannot write", o->out ? o->out : "standard output");
            done = o->show > 0 ? n_documents : n_requests;
        }
        b->first += BATCH;
        if (n_requests == 0 && b->first > 4096)
            st = ht_fail(err, HT_BAD_FORMAT, -1, "%s: no request came about in 4096 homes; see --check", o->phrases);
        ht_cli_progress("made", (double)(done < wanted ? done : wanted) / (double)wanted, -1, NULL);
    }
    for (unsigned i = 0; b != NULL && i < BATCH; i++)
        ht_buf_deinit(&b->jobs[i].text);
    free(b);
    if (st == HT_OK)
        print_stats(&stats, n_documents, (ht_clock_ms() - start_ms) / 1000);
    return st;
}

static ht_status run(const options *o, ht_error *err)
{
    ht_homegen *gen = NULL;
    ht_pool *pool = NULL;
    FILE *out = NULL;
    ht_status st = ht_homegen_open(o->phrases, o->langs, &gen, err);
    for (size_t i = 0; st == HT_OK && i < o->n_exclude; i++)
        st = exclude_file(gen, o->exclude[i], err);
    if (st == HT_OK && o->check) {
        ht_buf missing = {0};
        ht_homegen_missing(gen, &missing);
        printf("%.*s", (int)missing.len, missing.ptr ? missing.ptr : "");
        ht_buf_deinit(&missing);
        goto done;
    }
    if (st == HT_OK)
        st = ht_pool_new((unsigned)o->threads, &pool, err);
    if (st == HT_OK && !o->verify) {
        const bool to_stdout = o->show > 0 || strcmp(o->out, "-") == 0;
        out = to_stdout ? stdout : fopen(o->out, "wb");
        if (out == NULL)
            st = ht_fail(err, HT_IO, -1, "%s: cannot be created", o->out);
    }
    if (st == HT_OK)
        st = make_all(o, gen, pool, out, err);
    if (out != NULL && out != stdout && fclose(out) != 0 && st == HT_OK)
        st = ht_fail(err, HT_IO, -1, "%s: cannot write", o->out);
done:
    ht_pool_free(pool);
    ht_homegen_close(gen);
    return st;
}

int ht_data_home(int argc, char **argv)
{
    enum { PHRASES = 256, LANG, COUNT, SEED, OUT, EXCLUDE, SHOW, VERIFY, CHECK };
    static const struct option longs[] = {{"phrases", 1, NULL, PHRASES}, {"lang", 1, NULL, LANG}, {"count", 1, NULL, COUNT}, {"seed", 1, NULL, SEED},
                                          {"out", 1, NULL, OUT}, {"exclude", 1, NULL, EXCLUDE}, {"show", 1, NULL, SHOW}, {"verify", 0, NULL, VERIFY},
                                          {"check", 0, NULL, CHECK}, {"threads", 1, NULL, 't'}, {"help", 0, NULL, 'h'}, {NULL, 0, NULL, 0}};
    static const char name[] = "data home";
    options o = {.phrases = "data/homegen", .langs = HT_HOMEGEN_EN | HT_HOMEGEN_ZH, .count = 10000, .seed = 1, .threads = 2};
    ht_error err;
    for (int c; (c = ht_cli_option(name, argc, argv, "t:h", longs)) != -1;) {
        bool ok = true;
        switch (c) {
        case PHRASES: o.phrases = optarg; break;
        case LANG:
            o.langs = strcmp(optarg, "en") == 0 ? HT_HOMEGEN_EN : strcmp(optarg, "zh") == 0 ? HT_HOMEGEN_ZH : strcmp(optarg, "both") == 0 ? o.langs : 0;
            if (o.langs == 0)
                return ht_cli_usage(name, "--lang is en, zh or both, not %s", optarg);
            break;
        case COUNT: ok = ht_cli_int(name, "--count", optarg, 1, 1000000000, &o.count); break;
        case SEED: ok = ht_cli_int(name, "--seed", optarg, 0, 2000000000, &o.seed); break;
        case OUT: o.out = optarg; break;
        case EXCLUDE:
            if (o.n_exclude == MAX_EXCLUDE)
                return ht_cli_usage(name, "more than %d --exclude files", (int)MAX_EXCLUDE);
            o.exclude[o.n_exclude++] = optarg;
            break;
        case SHOW: ok = ht_cli_int(name, "--show", optarg, 1, 100000, &o.show); break;
        case VERIFY: o.verify = true; break;
        case CHECK: o.check = true; break;
        case 't': ok = ht_cli_int(name, "--threads", optarg, 1, 256, &o.threads); break;
        case 'h': return fputs(usage, stdout), 0;
        default: return 2;
        }
        if (!ok)
            return 2;
    }
    if (optind < argc)
        return ht_cli_usage(name, "unexpected argument %s", argv[optind]);
    if (o.out == NULL && !o.show && !o.verify && !o.check)
        return ht_cli_usage(name, "--out FILE says where the documents go");
    return run(&o, &err) == HT_OK ? 0 : ht_cli_fail(name, &err);
}
