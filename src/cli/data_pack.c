/* hearth data pack: tokenises training text into a shard. Documents are handed to the threads in batches and written in
 * their order, so that the result does not depend on the number of threads. */
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/pool.h"
#include "cli/data.h"
#include "cli/tokenizer_file.h"
#include "text/hash.h"
#include "train/pack.h"

static const char usage[] =
    "usage: hearth data pack -m TOKENIZER.gguf --out FILE.shard [OPTIONS] INPUT...\n"
    "INPUT is text with documents separated by lines \"<|endoftext|>\", or .jsonl with a sample a line:\n"
    "{\"text\"}, {\"messages\": [{\"role\", \"content\" or \"tool_call\"}]} or {\"prefix\", \"branches\": [[[\"text\", 0 or 1], ...], ...]}.\n\n"
    "  -m, --model FILE     the tokenizer\n"
    "  --out FILE           the shard\n"
    "  --ctx N              no document is longer (512)\n"
    "  --loss turns|all     in conversations, predict the assistant's turns only (default) or everything\n"
    "  --max-tokens N       at most about N tokens, shared out over the inputs by their size\n"
    "  --eval-fraction F    keep about this part of the documents back (0)\n"
    "  --eval-out FILE      where they go\n"
    "  --seed N             chooses which (1)\n"
    "  -t, --threads N      (2)\n\n"
    "example: hearth data pack -m tokenizer.gguf --out home.shard --eval-fraction 0.01 --eval-out held-out.shard home.jsonl\n";

enum { N_JOBS = 64, JOB_BYTES = 1 << 16 };

typedef struct {
    ht_str text;
    uint64_t line;  /* of the input, from 1 */
    uint64_t index; /* among all documents of all inputs */
} document;

/* What one thread does at a time. */
typedef struct {
    document *documents;
    size_t n, cap;
    ht_packed train, eval;
    ht_status st;
    ht_error err;
    uint64_t line; /* of the document that failed */
    uint64_t n_chars, n_bytes; /* text without the JSON around it; input */
} job;

typedef struct {
    uint64_t n_documents, n_tokens, n_loss, n_eval_tokens, n_dropped, n_chars;
} totals;

typedef struct {
    const char *model, *out, *eval_out;
    double eval_fraction;
    long n_ctx, seed, n_threads, max_tokens;
    int loss_everywhere;
} options;

typedef struct {
    options o;
    ht_tokenizer *tokenizer;
    ht_packer packer;
    ht_pool *pool;
    ht_shard_writer *train, *eval;
    job jobs[N_JOBS];
    bool is_jsonl;
    uint64_t n_seen; /* documents so far, over all inputs */
    uint64_t total_bytes, done_bytes;
    double start_ms;
} packing;

/* Cuts the next document off *rest and counts lines; false at the end. Text documents end at a line "<|endoftext|>". */
static bool next_document(const packing *p, ht_str *rest, uint64_t *line, document *out)
{
    ht_str l;
    *out = (document){.text = {rest->ptr, 0}, .line = *line + 1};
    if (p->is_jsonl) {
        const bool more = ht_str_split(rest, '\n', &l);
        out->text = l;
        *line += more;
        return more;
    }
    if (rest->ptr == NULL)
        return false;
    while (ht_str_split(rest, '\n', &l)) {
        ++*line;
        if (ht_str_is(ht_str_trim(l), "<|endoftext|>"))
            return true;
        out->text.len = (size_t)(l.ptr + l.len - out->text.ptr);
    }
    return true;
}

static bool goes_to_eval(const packing *p, uint64_t index)
{
    const uint64_t h = ht_hash_mix(ht_hash_mix((uint64_t)p->o.seed + 1) ^ index);
    return (double)(h >> 11) * 0x1p-53 < p->o.eval_fraction;
}

static uint64_t count_chars(ht_str s)
{
    uint64_t n = 0;
    for (size_t i = 0; i < s.len; i++)
        n += ((uint8_t)s.ptr[i] & 0xC0) != 0x80;
    return n;
}

static ht_status pack_document(const packing *p, const document *doc, ht_arena *mem, job *j)
{
    ht_packed *to = goes_to_eval(p, doc->index) ? &j->eval : &j->train;
    ht_sample sample;
    if (!p->is_jsonl) {
        j->n_chars += count_chars(doc->text);
        return ht_pack_text(&p->packer, doc->text, to, &j->err);
    }
    ht_arena_reset(mem);
    const ht_status st = ht_sample_parse(doc->text, mem, &sample, &j->err);
    for (size_t i = 0; i < sample.n; i++)
        j->n_chars += count_chars(sample.spans[i].text);
    return st == HT_OK ? ht_pack_sample(&p->packer, &sample, to, &j->err) : st;
}

static void run_jobs(void *ctx, unsigned begin, unsigned end, unsigned thread)
{
    packing *p = ctx;
    ht_arena mem = {0};
    (void)thread;
    for (unsigned i = begin; i < end; i++) {
        job *j = &p->jobs[i];
        for (size_t d = 0; d < j->n && j->st == HT_OK; d++) {
            j->line = j->documents[d].line;
            j->n_bytes += j->documents[d].text.len;
            j->st = pack_document(p, &j->documents[d], &mem, j);
        }
    }
    ht_arena_deinit(&mem);
}

static ht_status job_add(job *j, document doc, ht_error *err)
{
    if (j->n == j->cap) {
        const size_t cap = j->cap ? 2 * j->cap : 64;
        document *grown = realloc(j->documents, cap * sizeof *grown);
        if (grown == NULL)
            return ht_fail(err, HT_NO_MEMORY, -1, "out of memory");
        j->documents = grown;
        j->cap = cap;
    }
    j->documents[j->n++] = doc;
    return HT_OK;
}

/* Fills the jobs with the next documents; *n_jobs is 0 at the end of the input. */
static ht_status gather(packing *p, ht_str *rest, uint64_t *line, unsigned *n_jobs, ht_error *err)
{
    document doc;
    ht_status st = HT_OK;
    for (*n_jobs = 0; *n_jobs < N_JOBS && st == HT_OK;) {
        job *j = &p->jobs[*n_jobs];
        size_t bytes = 0;
        j->n = 0;
        j->st = HT_OK;
        j->n_chars = j->n_bytes = 0;
        ht_packed_clear(&j->train);
        ht_packed_clear(&j->eval);
        while (bytes < JOB_BYTES && st == HT_OK && next_document(p, rest, line, &doc)) {
            bytes += doc.text.len + 1;
            if (ht_str_trim(doc.text).len == 0)
                continue;
            doc.index = p->n_seen++;
            st = job_add(j, doc, err);
        }
        if (bytes == 0)
            break;
        ++*n_jobs;
    }
    return st;
}

/* Writes what the jobs made, in order. */
static ht_status collect(packing *p, const char *path, unsigned n_jobs, totals *sum, ht_error *err)
{
    for (unsigned i = 0; i < n_jobs; i++) {
        const job *j = &p->jobs[i];
        if (j->st != HT_OK)
            return ht_fail(err, j->st, -1, "%s:%" PRIu64 ": %s", path, j->line, j->err.text);
        ht_status st = ht_shard_writer_add(p->train, j->train.ids, j->train.flags, j->train.n, err);
        if (st == HT_OK && p->eval != NULL)
            st = ht_shard_writer_add(p->eval, j->eval.ids, j->eval.flags, j->eval.n, err);
        if (st != HT_OK)
            return st;
        sum->n_documents += j->train.n_documents + j->eval.n_documents;
        sum->n_tokens += j->train.n;
        sum->n_eval_tokens += j->eval.n;
        sum->n_loss += j->train.n_loss + j->eval.n_loss;
        sum->n_dropped += j->train.n_dropped + j->eval.n_dropped;
        sum->n_chars += j->n_chars;
        p->done_bytes += j->n_bytes;
    }
    return HT_OK;
}

static void show_totals(const char *name, const totals *s)
{
    const uint64_t n = s->n_tokens + s->n_eval_tokens;
    printf("%-28s %9" PRIu64 " documents %11" PRIu64 " tokens %11" PRIu64 " predicted %10" PRIu64 " eval %6.3f chars/token", name,
           s->n_documents, n, s->n_loss, s->n_eval_tokens, n ? (double)s->n_chars / (double)n : 0.0);
    if (s->n_dropped > 0)
        printf("  (%" PRIu64 " left out: too long for --ctx or nothing to predict)", s->n_dropped);
    puts("");
}

static ht_status pack_file(packing *p, const char *path, totals *all, ht_error *err)
{
    ht_map map;
    ht_status st = ht_map_open(path, &map, err);
    if (st != HT_OK)
        return st;
    totals sum = {0};
    ht_str rest = {map.addr, map.len};
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
    const double share = p->total_bytes ? (double)map.len / (double)p->total_bytes : 1;
    const uint64_t budget = p->o.max_tokens ? (uint64_t)((double)p->o.max_tokens * share) : UINT64_MAX;
    const uint64_t done_before = p->done_bytes;
    uint64_t line = 0;
    p->is_jsonl = ht_str_ends(ht_str_from(path), HT_STR(".jsonl"));
    for (unsigned n_jobs = 1; n_jobs > 0 && st == HT_OK && sum.n_tokens < budget;) {
        if ((st = gather(p, &rest, &line, &n_jobs, err)) != HT_OK)
            break;
        ht_pool_run(p->pool, n_jobs, 1, run_jobs, p);
        if ((st = collect(p, path, n_jobs, &sum, err)) != HT_OK)
            break;
        const double done = p->total_bytes ? (double)p->done_bytes / (double)p->total_bytes : 1, s = (ht_clock_ms() - p->start_ms) / 1000;
        ht_cli_progress("packing", done < 0.999 ? done : 0.999, done > 0.01 ? s / done * (1 - done) : -1, name);
    }
    p->done_bytes = done_before + map.len;
    if (st == HT_OK)
        show_totals(name, &sum);
    all->n_documents += sum.n_documents;
    all->n_tokens += sum.n_tokens;
    all->n_eval_tokens += sum.n_eval_tokens;
    all->n_loss += sum.n_loss;
    all->n_dropped += sum.n_dropped;
    all->n_chars += sum.n_chars;
    ht_map_close(&map);
    return st;
}

static ht_status open_all(packing *p, char **paths, int n_paths, ht_error *err)
{
    ht_status st = ht_cli_open_tokenizer(p->o.model, &p->tokenizer, err);
    if (st != HT_OK)
        return st;
    int32_t end = ht_tokenizer_find(p->tokenizer, HT_STR("<|endoftext|>"));
    if (end < 0)
        end = ht_tokenizer_eos(p->tokenizer);
    if (end < 0)
        return ht_fail(err, HT_BAD_ARG, -1, "%s has neither <|endoftext|> nor an end token to close documents with", p->o.model);
    p->packer = (ht_packer){p->tokenizer, end, (size_t)p->o.n_ctx, p->o.loss_everywhere};
    for (int i = 0; i < n_paths; i++) {
        ht_map map;
        if ((st = ht_map_open(paths[i], &map, err)) != HT_OK)
            return st;
        p->total_bytes += map.len;
        ht_map_close(&map);
    }
    const uint32_t n_vocab = (uint32_t)ht_tokenizer_count(p->tokenizer);
    if ((st = ht_pool_new((unsigned)p->o.n_threads, &p->pool, err)) != HT_OK ||
        (st = ht_shard_writer_open(p->o.out, n_vocab, &p->train, err)) != HT_OK)
        return st;
    return p->o.eval_out ? ht_shard_writer_open(p->o.eval_out, n_vocab, &p->eval, err) : HT_OK;
}

static ht_status finish(packing *p, ht_error *err)
{
    ht_shard_writer *train = p->train, *eval = p->eval;
    p->train = p->eval = NULL; /* freed by _finish, also on failure */
    const ht_status st = ht_shard_writer_finish(train, err);
    if (st != HT_OK) {
        ht_shard_writer_abort(eval);
        return st;
    }
    return eval ? ht_shard_writer_finish(eval, err) : HT_OK;
}

static int pack(packing *p, char **paths, int n_paths)
{
    ht_error err = {0};
    totals all = {0};
    p->start_ms = ht_clock_ms();
    ht_status st = open_all(p, paths, n_paths, &err);
    for (int i = 0; i < n_paths && st == HT_OK; i++)
        st = pack_file(p, paths[i], &all, &err);
    if (st == HT_OK)
        st = finish(p, &err);
    if (st == HT_OK) {
        ht_cli_progress("packing", 1, -1, p->o.out);
        show_totals("total", &all);
    }
    ht_shard_writer_abort(p->train);
    ht_shard_writer_abort(p->eval);
    ht_pool_free(p->pool);
    ht_tokenizer_close(p->tokenizer);
    for (unsigned i = 0; i < N_JOBS; i++) {
        free(p->jobs[i].documents);
        ht_packed_deinit(&p->jobs[i].train);
        ht_packed_deinit(&p->jobs[i].eval);
    }
    return st == HT_OK ? 0 : ht_cli_fail("data pack", &err);
}

/* Returns 0, or the exit code + 1 when the command is to end here. */
static int parse_args(int argc, char **argv, options *o)
{
    static const struct option list[] = {
        {"model", required_argument, NULL, 'm'},      {"out", required_argument, NULL, 'o'},           {"ctx", required_argument, NULL, 'c'},
        {"loss", required_argument, NULL, 'l'},       {"max-tokens", required_argument, NULL, 'n'},    {"eval-fraction", required_argument, NULL, 'f'},
        {"eval-out", required_argument, NULL, 'e'},   {"seed", required_argument, NULL, 's'},          {"threads", required_argument, NULL, 't'},
        {"help", no_argument, NULL, 'h'},             {0}};
    const char *const me = "data pack";
    for (int c; (c = ht_cli_option(me, argc, argv, "m:o:t:h", list)) != -1;) {
        int ok = 1;
        switch (c) {
        case 'h': return fputs(usage, stdout), 1;
        case 'm': o->model = optarg; break;
        case 'o': o->out = optarg; break;
        case 'e': o->eval_out = optarg; break;
        case 'c': ok = ht_cli_int(me, "--ctx", optarg, 2, 1 << 20, &o->n_ctx); break;
        case 'n': ok = ht_cli_int(me, "--max-tokens", optarg, 1, 1L << 40, &o->max_tokens); break;
        case 's': ok = ht_cli_int(me, "--seed", optarg, 0, 1L << 40, &o->seed); break;
        case 't': ok = ht_cli_int(me, "--threads", optarg, 1, 1024, &o->n_threads); break;
        case 'f': ok = ht_cli_float(me, "--eval-fraction", optarg, 0, 1, &o->eval_fraction); break;
        case 'l':
            if (strcmp(optarg, "all") != 0 && strcmp(optarg, "turns") != 0)
                return ht_cli_usage(me, "--loss is 'turns' or 'all', not '%s'", optarg) + 1;
            o->loss_everywhere = strcmp(optarg, "all") == 0;
            break;
        default: return 3;
        }
        if (!ok)
            return 3;
    }
    if (o->model == NULL || o->out == NULL || optind >= argc)
        return ht_cli_usage(me, "wants -m TOKENIZER.gguf, --out FILE and inputs") + 1;
    if ((o->eval_fraction > 0) != (o->eval_out != NULL))
        return ht_cli_usage(me, "--eval-fraction and --eval-out go together") + 1;
    return 0;
}

int ht_data_pack(int argc, char **argv)
{
    packing *p = calloc(1, sizeof *p);
    if (p == NULL)
        return 1;
    p->o = (options){.n_ctx = 512, .seed = 1, .n_threads = 2};
    const int stop = parse_args(argc, argv, &p->o);
    const int code = stop ? stop - 1 : pack(p, argv + optind, argc - optind);
    free(p);
    return code;
}
