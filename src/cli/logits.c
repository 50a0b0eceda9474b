/* hearth logits: the model's raw output for given tokens, for comparison with other programs. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/map.h"
#include "cli/command.h"
#include "model/model.h"

static const char usage[] = "usage: hearth logits -m MODEL.gguf --tokens ID,ID,... --out FILE [-t THREADS]\n\n"
                            "Runs the tokens through the model and writes the logits of every position:\n"
                            "little-endian float32, [n_tokens][n_vocab].\n\n"
                            "example: hearth logits -m model.gguf --tokens 1,15043,3186 --out logits.bin\n";

/* "1,2,3" into a list that the caller frees; 0 with *n = 0 on anything else. */
static int32_t *parse_ids(const char *text, int32_t *n)
{
    int32_t *ids = malloc((strlen(text) / 2 + 1) * sizeof *ids);
    *n = 0;
    for (const char *p = text; ids != NULL;) {
        char *end;
        const long id = strtol(p, &end, 10);
        if (end == p || id < INT32_MIN || id > INT32_MAX || (*end != ',' && *end != '\0')) {
            *n = 0;
            break;
        }
        ids[(*n)++] = (int32_t)id;
        if (*end == '\0')
            break;
        p = end + 1;
    }
    return ids;
}

static ht_status run(const char *path, const int32_t *ids, int32_t n, const char *out, unsigned threads, ht_error *err)
{
    ht_pool *pool = NULL;
    ht_model *m = NULL;
    ht_kv *kv = NULL;
    float *logits = NULL;
    size_t bytes = 0;
    ht_status st;
    if ((st = ht_pool_new(threads, &pool, err)) != HT_OK || (st = ht_model_open(path, pool, &m, err)) != HT_OK ||
        (st = ht_kv_new(m, n, &kv, err)) != HT_OK)
        goto done;
    if (!ht_mul_size((size_t)n, (size_t)ht_model_get_info(m)->n_vocab * sizeof(float), &bytes) || (logits = malloc(bytes)) == NULL) {
        st = ht_fail(err, HT_NO_MEMORY, -1, "no memory for the logits of %d tokens", n);
        goto done;
    }
    if ((st = ht_model_forward(m, kv, ids, n, HT_LOGITS_ALL, logits, err)) == HT_OK)
        st = ht_file_write(out, (ht_bytes){(const uint8_t *)logits, bytes}, err);
done:
    free(logits);
    ht_kv_free(kv);
    ht_model_close(m);
    ht_pool_free(pool);
    return st;
}

int ht_cmd_logits(int argc, char **argv)
{
    static const struct option options[] = {{"model", 1, NULL, 'm'}, {"tokens", 1, NULL, 'T'}, {"out", 1, NULL, 'o'},
                                            {"threads", 1, NULL, 't'}, {"help", 0, NULL, 'h'}, {NULL, 0, NULL, 0}};
    const char *model = NULL, *tokens = NULL, *out = NULL;
    long threads = 0;
    for (int c; (c = ht_cli_option("logits", argc, argv, "m:o:t:h", options)) != -1;)
        switch (c) {
        case 'm': model = optarg; break;
        case 'T': tokens = optarg; break;
        case 'o': out = optarg; break;
        case 't':
            if (!ht_cli_int("logits", "-t", optarg, 1, 1024, &threads))
                return 2;
            break;
        case 'h': fputs(usage, stdout); return 0;
        default: return 2;
        }
    if (model == NULL || tokens == NULL || out == NULL || optind < argc)
        return ht_cli_usage("logits", "-m, --tokens and --out are needed");
    int32_t n = 0;
    int32_t *ids = parse_ids(tokens, &n);
    if (n == 0) {
        free(ids);
        return ht_cli_usage("logits", "--tokens wants numbers with commas between them, not '%.40s'", tokens);
    }
    ht_error err = {0};
    const ht_status st = run(model, ids, n, out, (unsigned)threads, &err);
    free(ids);
    return st == HT_OK ? 0 : ht_cli_fail("logits", &err);
}
