/* hearth generate: continues a text, streaming. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/map.h"
#include "cli/command.h"
#include "engine/constraint.h"

static const char usage[] =
    "usage: hearth generate -m MODEL.gguf -p TEXT [OPTIONS]\n\n"
    "  -n N                  at most N tokens (default 256; 0: until the context is full)\n"
    "  -c N                  context, in tokens (default: what the model was trained for, at most 4096)\n"
    "  --temp T              temperature (default 0.8; 0: always the likeliest token)\n"
    "  --top-k K             keep the K likeliest (default 40; 0: all)\n"
    "  --top-p P             keep the likeliest that reach P together (default 0.95)\n"
    "  --min-p P             keep those at least P times as likely as the likeliest (default 0.05)\n"
    "  --repeat-penalty R    make tokens that came before less likely (default 1: off)\n"
    "  --seed S              the same seed gives the same text (default: the time)\n"
    "  --json-schema FILE    the text is JSON that this JSON Schema allows\n"
    "  --grammar FILE        the text is what this grammar (GBNF notation) derives\n"
    "  --special             texts such as <|im_start|> in the prompt are control tokens\n"
    "  -t N                  threads (default: one per core)\n"
    "  --stats               speed on stderr at the end\n\n"
    "examples:\n"
    "  hearth generate -m model.gguf -p \"Once upon a time\" --seed 1\n"
    "  hearth generate -m model.gguf -p \"A user as JSON: \" --json-schema user.schema.json --temp 0\n";

typedef struct {
    const char *model, *prompt, *schema, *grammar;
    long n_tokens, n_ctx, threads;
    ht_sampler_params sampling;
    bool special, stats;
} generate_options;

typedef struct {
    ht_pool *pool;
    ht_model *model;
    ht_tokenizer *tokenizer;
    ht_kv *kv;
    ht_sampler *sampler;
    ht_grammar *grammar; /* NULL: any text, and so the next two */
    ht_token_trie *trie;
    ht_constraint *constraint;
    ht_ids prompt;
} session;

static bool print_piece(void *ctx, int32_t id)
{
    const session *s = ctx;
    if (ht_tokenizer_is_control(s->tokenizer, id))
        return true;
    const ht_str piece = ht_tokenizer_piece(s->tokenizer, id);
    return fwrite(piece.ptr, 1, piece.len, stdout) == piece.len && fflush(stdout) == 0;
}

static ht_status compile_schema(const char *path, ht_str text, ht_grammar **out, ht_error *err)
{
    json_error_t bad;
    json_t *schema = json_loadb(text.ptr, text.len, JSON_DECODE_ANY, &bad);
    if (schema == NULL)
        return ht_fail(err, HT_BAD_FORMAT, bad.position, "%s, line %d: %s", path, bad.line, bad.text);
    const ht_status st = ht_grammar_from_schema(schema, NULL, out, err);
    json_decref(schema);
    return st == HT_OK ? HT_OK : ht_fail_prefix(err, "%s", path);
}

static ht_status open_constraint(session *s, const generate_options *o, ht_error *err)
{
    enum { MAX_BYTES = 1 << 20 };
    const char *path = o->schema != NULL ? o->schema : o->grammar;
    if (path == NULL)
        return HT_OK;
    if (ht_model_get_info(s->model)->n_vocab != ht_tokenizer_count(s->tokenizer))
        return ht_fail(err, HT_UNSUPPORTED, -1, "%s: its tokenizer lacks the texts of some tokens, so it cannot be held to a grammar", o->model);
    ht_buf text = {0};
    ht_status st = ht_file_read(path, MAX_BYTES, &text, err);
    if (st == HT_OK && o->schema != NULL)
        st = compile_schema(path, ht_buf_str(&text), &s->grammar, err);
    else if (st == HT_OK && (st = ht_grammar_from_gbnf(ht_buf_str(&text), &s->grammar, err)) != HT_OK)
        ht_fail_prefix(err, "%s", path);
    if (st == HT_OK)
        st = ht_token_trie_from_tokenizer(s->tokenizer, &s->trie, err);
    if (st == HT_OK)
        st = ht_constraint_new(s->grammar, s->trie, &s->constraint, err);
    ht_buf_deinit(&text);
    return st;
}

static ht_status open_session(session *s, const generate_options *o, ht_error *err)
{
    ht_status st;
    if ((st = ht_pool_new((unsigned)o->threads, &s->pool, err)) != HT_OK || (st = ht_model_open(o->model, s->pool, &s->model, err)) != HT_OK ||
        (st = ht_tokenizer_open(ht_model_gguf(s->model), &s->tokenizer, err)) != HT_OK)
        return st;
    const ht_model_info *info = ht_model_get_info(s->model);
    const int32_t n_ctx = o->n_ctx > 0 ? (int32_t)o->n_ctx : info->n_ctx < 4096 ? info->n_ctx : 4096;
    const unsigned flags = HT_TOKENIZE_BOS | (o->special ? HT_TOKENIZE_SPECIAL : 0u);
    if ((st = ht_kv_new(s->model, n_ctx, &s->kv, err)) != HT_OK || (st = ht_sampler_new(&o->sampling, info->n_vocab, &s->sampler, err)) != HT_OK ||
        (st = ht_tokenizer_encode(s->tokenizer, ht_str_from(o->prompt), flags, &s->prompt, err)) != HT_OK)
        return st;
    if (s->prompt.n == 0 && ht_tokenizer_bos(s->tokenizer) >= 0)
        ht_ids_add(&s->prompt, ht_tokenizer_bos(s->tokenizer));
    if (s->prompt.n == 0)
        return ht_fail(err, HT_BAD_ARG, -1, "the prompt is empty");
    return s->prompt.failed ? ht_fail(err, HT_NO_MEMORY, -1, "out of memory") : HT_OK;
}

static void close_session(session *s)
{
    ht_constraint_free(s->constraint);
    ht_token_trie_free(s->trie);
    ht_grammar_free(s->grammar);
    ht_ids_deinit(&s->prompt);
    ht_sampler_free(s->sampler);
    ht_kv_free(s->kv);
    ht_tokenizer_close(s->tokenizer);
    ht_model_close(s->model);
    ht_pool_free(s->pool);
}

static ht_status run(session *s, const generate_options *o, ht_error *err)
{
    ht_status st = open_session(s, o, err);
    if (st == HT_OK)
        st = open_constraint(s, o, err);
    if (st != HT_OK)
        return st;
    const ht_token_filter filter = ht_constraint_filter(s->constraint);
    for (size_t i = 0; i < s->prompt.n; i++)
        ht_sampler_accept(s->sampler, s->prompt.ids[i]);
    const ht_generation g = {
        .prompt = s->prompt.ids,
        .n_prompt = (int32_t)s->prompt.n,
        .max_tokens = (int32_t)o->n_tokens,
        .sampler = s->sampler,
        .filter = s->constraint != NULL ? &filter : NULL,
        .tokenizer = s->tokenizer,
        .on_id = print_piece,
        .ctx = s,
    };
    ht_generation_stats stats;
    if ((st = ht_generate(s->model, s->kv, &g, &stats, err)) != HT_OK)
        return st;
    putchar('\n');
    if (stats.reason == HT_END_FILTER)
        return ht_fail(err, HT_UNSUPPORTED, -1, "no token of this vocabulary can go on as the grammar wants");
    if (o->stats)
        fprintf(stderr, "prompt %d tokens in %.1f ms, %d generated in %.1f ms (%.1f tok/s)\n", g.n_prompt, stats.prefill_ms, stats.n_generated,
                stats.decode_ms, stats.decode_ms > 0 ? stats.n_generated * 1000.0 / stats.decode_ms : 0.0);
    return HT_OK;
}

/* One option; 0 after printing what is wrong with it. */
static int set_option(generate_options *o, int c)
{
    double x = 0;
    long n = 0;
    int ok = 1;
    switch (c) {
    case 'm': o->model = optarg; break;
    case 'p': o->prompt = optarg; break;
    case 'n': ok = ht_cli_int("generate", "-n", optarg, 0, 1 << 24, &o->n_tokens); break;
    case 'c': ok = ht_cli_int("generate", "-c", optarg, 1, 1 << 24, &o->n_ctx); break;
    case 't': ok = ht_cli_int("generate", "-t", optarg, 1, 1024, &o->threads); break;
    case 'T': ok = ht_cli_float("generate", "--temp", optarg, 0, 100, &x), o->sampling.temperature = (float)x; break;
    case 'k': ok = ht_cli_int("generate", "--top-k", optarg, 0, 1 << 24, &n), o->sampling.top_k = (int32_t)n; break;
    case 'P': ok = ht_cli_float("generate", "--top-p", optarg, 0, 1, &x), o->sampling.top_p = (float)x; break;
    case 'M': ok = ht_cli_float("generate", "--min-p", optarg, 0, 1, &x), o->sampling.min_p = (float)x; break;
    case 'R': ok = ht_cli_float("generate", "--repeat-penalty", optarg, 0, 100, &x), o->sampling.repeat_penalty = (float)x; break;
    case 'S': ok = ht_cli_int("generate", "--seed", optarg, 0, INT64_MAX, &n), o->sampling.seed = (uint64_t)n; break;
    case 'J': o->schema = optarg; break;
    case 'G': o->grammar = optarg; break;
    case 'x': o->special = true; break;
    case 's': o->stats = true; break;
    default: ok = 0;
    }
    return ok;
}

int ht_cmd_generate(int argc, char **argv)
{
    static const struct option options[] = {
        {"model", 1, NULL, 'm'},   {"prompt", 1, NULL, 'p'},         {"temp", 1, NULL, 'T'}, {"top-k", 1, NULL, 'k'},   {"top-p", 1, NULL, 'P'},
        {"min-p", 1, NULL, 'M'},   {"repeat-penalty", 1, NULL, 'R'}, {"seed", 1, NULL, 'S'}, {"special", 0, NULL, 'x'}, {"stats", 0, NULL, 's'},
        {"threads", 1, NULL, 't'}, {"help", 0, NULL, 'h'},           {"json-schema", 1, NULL, 'J'}, {"grammar", 1, NULL, 'G'}, {NULL, 0, NULL, 0}};
    generate_options o = {.n_tokens = 256, .sampling = {.temperature = 0.8f, .top_k = 40, .top_p = 0.95f, .min_p = 0.05f}};
    o.sampling.seed = (uint64_t)ht_clock_unix_ms();
    for (int c; (c = ht_cli_option("generate", argc, argv, "m:p:n:c:t:h", options)) != -1;) {
        if (c == 'h')
            return fputs(usage, stdout), 0;
        if (!set_option(&o, c))
            return 2;
    }
    if (o.model == NULL || o.prompt == NULL || optind < argc)
        return ht_cli_usage("generate", "-m MODEL and -p TEXT are needed");
    if (o.schema != NULL && o.grammar != NULL)
        return ht_cli_usage("generate", "--json-schema and --grammar exclude each other");
    ht_error err = {0};
    session s = {0};
    const ht_status st = run(&s, &o, &err);
    close_session(&s);
    return st == HT_OK ? 0 : ht_cli_fail("generate", &err);
}
