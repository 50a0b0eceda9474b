/* hearth eval ppl: perplexity on a text, computed as llama.cpp's llama-perplexity does, so that figures can be compared:
 * the text is cut into chunks of n_ctx tokens that know nothing of each other; the first token of each becomes the
 * begin-of-text token where the model wants one; only the second half of a chunk is scored, so that every scored token has at
 * least n_ctx / 2 before it. ppl = exp(-mean log p(token | those before it in the chunk)). */
#include "cli/eval.h"

#include <math.h>
#include <stdlib.h>

#include "base/map.h"
#include "base/pool.h"
#include "model/model.h"
#include "text/tokenizer.h"

static const char usage[] =
    "usage: hearth eval ppl -m MODEL.gguf FILE [--ctx 512] [--json] [-t THREADS]\n\n"
    "Perplexity of the model on a text, in chunks of --ctx tokens of which the second half is scored (as llama-perplexity\n"
    "does it, so that figures can be compared). \"-\" reads standard input.\n\n"
    "  -m, --model FILE  the model\n"
    "  --ctx N           tokens of a chunk (default 512)\n"
    "  --json            {\"ppl\",\"tokens\"}; tokens: those scored\n"
    "  -t, --threads N   (all cores)\n\n"
    "example: hearth eval ppl -m model.gguf wiki.test.raw\n";

enum { PIECE = 32, MAX_TEXT = 1 << 30 }; /* tokens whose logits are held at once */

typedef struct {
    const char *model, *text;
    long n_ctx, threads;
    int as_json;
} options;

typedef struct {
    ht_pool *pool;
    ht_model *model;
    ht_tokenizer *tokenizer;
    ht_kv *kv;
    ht_ids ids;
    float *logits; /* [PIECE][n_vocab] */
    int32_t bos;   /* -1: the model wants none in front */
    double nll;    /* of all scored tokens, natural */
    int64_t n_scored;
} run;

/* -log softmax(logits)[id], summed in double. */
static double surprise(const float *logits, int32_t n_vocab, int32_t id)
{
    float most = logits[0];
    for (int32_t i = 1; i < n_vocab; i++)
        most = logits[i] > most ? logits[i] : most;
    double sum = 0;
    for (int32_t i = 0; i < n_vocab; i++)
        sum += exp((double)(logits[i] - most));
    return log(sum) - (double)(logits[id] - most);
}

static ht_status open_run(run *r, const options *o, ht_error *err)
{
    ht_buf text = {0};
    ht_status st = ht_pool_new((unsigned)o->threads, &r->pool, err);
    if (st == HT_OK)
        st = ht_model_open(o->model, r->pool, &r->model, err);
    if (st == HT_OK)
        st = ht_tokenizer_open(ht_model_gguf(r->model), &r->tokenizer, err);
    if (st == HT_OK)
        st = ht_tokenizer_encode(r->tokenizer, HT_STR(""), HT_TOKENIZE_BOS, &r->ids, err);
    r->bos = r->ids.n > 0 ? r->ids.ids[0] : -1;
    if (st == HT_OK)
        st = ht_file_read(o->text, MAX_TEXT, &text, err);
    if (st == HT_OK)
        st = ht_tokenizer_encode(r->tokenizer, ht_buf_str(&text), 0, &r->ids, err);
    ht_buf_deinit(&text);
    if (st != HT_OK)
        return st;
    if (r->ids.failed)
        return ht_fail(err, HT_NO_MEMORY, -1, "%s: out of memory", o->text);
    if (r->ids.n < 2 * (size_t)o->n_ctx)
        return ht_fail(err, HT_BAD_ARG, -1, "%s: %zu tokens, fewer than two chunks of %ld; take a longer text or a smaller --ctx", o->text, r->ids.n, o->n_ctx);
    size_t bytes;
    if (!ht_mul_size((size_t)ht_model_get_info(r->model)->n_vocab, PIECE * sizeof(float), &bytes) || (r->logits = malloc(bytes)) == NULL)
        return ht_fail(err, HT_NO_MEMORY, -1, "no memory for the logits");
    return ht_kv_new(r->model, (int32_t)o->n_ctx, &r->kv, err);
}

static void close_run(run *r)
{
    free(r->logits);
    ht_ids_deinit(&r->ids);
    ht_kv_free(r->kv);
    ht_tokenizer_close(r->tokenizer);
    ht_model_close(r->model);
    ht_pool_free(r->pool);
}

/* Tokens 0 … first-1 only fill the cache; what is predicted at first … n_ctx-2 is scored. */
static ht_status score_chunk(run *r, int32_t *ids, int32_t n_ctx, ht_error *err)
{
    const int32_t first = n_ctx / 2, n_vocab = ht_model_get_info(r->model)->n_vocab, original = ids[0];
    if (r->bos >= 0)
        ids[0] = r->bos;
    ht_kv_truncate(r->kv, 0);
    ht_status st = ht_model_forward(r->model, r->kv, ids, first, HT_LOGITS_NONE, NULL, err);
    for (int32_t at = first; st == HT_OK && at < n_ctx - 1; at += PIECE) {
        const int32_t n = n_ctx - 1 - at < PIECE ? n_ctx - 1 - at : PIECE;
        st = ht_model_forward(r->model, r->kv, ids + at, n, HT_LOGITS_ALL, r->logits, err);
        for (int32_t i = 0; st == HT_OK && i < n; i++)
            r->nll += surprise(r->logits + (size_t)i * (size_t)n_vocab, n_vocab, ids[at + i + 1]);
        r->n_scored += n;
    }
    ids[0] = original;
    return st;
}

static ht_status measure(run *r, const options *o, ht_error *err)
{
    const size_t n_chunks = r->ids.n / (size_t)o->n_ctx;
    ht_status st = HT_OK;
    for (size_t i = 0; i < n_chunks && st == HT_OK; i++) {
        st = score_chunk(r, r->ids.ids + i * (size_t)o->n_ctx, (int32_t)o->n_ctx, err);
        if (st == HT_OK) {
            char note[48];
            snprintf(note, sizeof note, "ppl %.4f", exp(r->nll / (double)r->n_scored));
            ht_cli_progress("eval ppl", (double)(i + 1) / (double)n_chunks, -1, note);
        }
    }
    return st;
}

int ht_eval_ppl(int argc, char **argv)
{
    static const struct option longs[] = {{"model", required_argument, NULL, 'm'}, {"ctx", required_argument, NULL, 'c'},
                                          {"json", no_argument, NULL, 'j'}, {"threads", required_argument, NULL, 't'},
                                          {"help", no_argument, NULL, 'h'}, {0}};
    options o = {.n_ctx = 512};
    for (int c; (c = ht_cli_option("eval ppl", argc, argv, "m:t:h", longs)) != -1;) {
        int ok = 1;
        switch (c) {
        case 'm': o.model = optarg; break;
        case 'c': ok = ht_cli_int("eval ppl", "--ctx", optarg, 4, 1 << 20, &o.n_ctx); break;
        case 'j': o.as_json = 1; break;
        case 't': ok = ht_cli_int("eval ppl", "--threads", optarg, 1, 1024, &o.threads); break;
        case 'h': return fputs(usage, stdout), 0;
        default: ok = 0;
        }
        if (!ok)
            return 2;
    }
    if (o.model == NULL || optind + 1 != argc)
        return ht_cli_usage("eval ppl", o.model ? "wants one FILE of text" : "-m MODEL.gguf is missing");
    o.text = argv[optind];
    ht_error err = {0};
    run r = {0};
    ht_status st = open_run(&r, &o, &err);
    if (st == HT_OK)
        st = measure(&r, &o, &err);
    if (st == HT_OK) {
        const double ppl = exp(r.nll / (double)r.n_scored);
        printf(o.as_json ? "{\"ppl\": %.6f, \"tokens\": %lld}\n" : "perplexity %.4f over %lld tokens\n", ppl, (long long)r.n_scored);
    }
    close_run(&r);
    return st == HT_OK ? 0 : ht_cli_fail("eval ppl", &err);
}
