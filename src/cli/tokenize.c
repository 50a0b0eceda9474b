/* hearth tokenize: text on stdin to ids; hearth detokenize: the inverse. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "cli/command.h"
#include "cli/tokenizer_file.h"

static const char tokenize_usage[] =
    "usage: hearth tokenize -m FILE.gguf [--json] [--special] [--bos] < TEXT\n"
    "Prints the token ids of the text, separated by blanks.\n\n"
    "  -m, --model FILE  a model or tokenizer\n"
    "  --json            as a JSON list\n"
    "  --special         \"<|im_end|>\" and its like in the text are the tokens of that name\n"
    "  --bos             begin with the begin-of-text token where the model wants one\n\n"
    "example: echo -n \"打开客厅的灯\" | hearth tokenize -m model.gguf --json\n";
static const char detokenize_usage[] =
    "usage: hearth detokenize -m FILE.gguf [--special] < IDS\n"
    "Prints the text of token ids; IDS are separated by blanks or a JSON list.\n\n"
    "  -m, --model FILE  a model or tokenizer\n"
    "  --special         print the names of control tokens too\n\n"
    "example: echo '[72, 105]' | hearth detokenize -m model.gguf\n";

enum { MAX_INPUT = 1 << 30 };

typedef struct {
    const char *model;
    int is_json, is_special, is_bos;
} options;

/* Returns 0, or the exit code + 1 when the command is to end here. */
static int parse_args(const char *name, const char *usage, int argc, char **argv, options *o)
{
    const struct option list[] = {{"model", required_argument, NULL, 'm'}, {"json", no_argument, &o->is_json, 1},
                                  {"special", no_argument, &o->is_special, 1}, {"bos", no_argument, &o->is_bos, 1},
                                  {"help", no_argument, NULL, 'h'}, {0}};
    for (int c; (c = ht_cli_option(name, argc, argv, "m:h", list)) != -1;)
        if (c == 'h')
            return fputs(usage, stdout), 1;
        else if (c == 'm')
            o->model = optarg;
        else if (c != 0)
            return 3;
    if (o->model == NULL || optind < argc)
        return ht_cli_usage(name, o->model ? "the input comes from stdin" : "-m FILE.gguf is missing") + 1;
    return 0;
}

static int print_ids(const ht_ids *ids, int is_json)
{
    if (is_json)
        putchar('[');
    for (size_t i = 0; i < ids->n; i++)
        printf("%s%d", i == 0 ? "" : is_json ? "," : " ", ids->ids[i]);
    puts(is_json ? "]" : "");
    return ferror(stdout) ? 1 : 0;
}

int ht_cmd_tokenize(int argc, char **argv)
{
    options o = {0};
    int code = parse_args("tokenize", tokenize_usage, argc, argv, &o);
    if (code != 0)
        return code - 1;
    ht_error err = {0};
    ht_tokenizer *t = NULL;
    ht_buf text = {0};
    ht_ids ids = {0};
    const unsigned flags = (o.is_special ? HT_TOKENIZE_SPECIAL : 0u) | (o.is_bos ? HT_TOKENIZE_BOS : 0u);
    ht_status st = ht_cli_open_tokenizer(o.model, &t, &err);
    if (st == HT_OK)
        st = ht_file_read("-", MAX_INPUT, &text, &err);
    if (st == HT_OK)
        st = ht_tokenizer_encode(t, ht_buf_str(&text), flags, &ids, &err);
    code = st == HT_OK ? print_ids(&ids, o.is_json) : ht_cli_fail("tokenize", &err);
    ht_ids_deinit(&ids);
    ht_buf_deinit(&text);
    ht_tokenizer_close(t);
    return code;
}

/* Numbers between blanks, commas and brackets. */
static ht_status parse_ids(const char *text, int32_t n_vocab, ht_ids *out, ht_error *err)
{
    for (const char *p = text; *(p += strspn(p, " \t\r\n,[]")) != '\0';) {
        char *end;
        const long id = strtol(p, &end, 10);
        if (end == p || id < 0 || id >= n_vocab)
            return ht_fail(err, HT_BAD_ARG, p - text, "'%.20s' is not a token id from 0 to %d", p, n_vocab - 1);
        ht_ids_add(out, (int32_t)id);
        p = end;
    }
    return out->failed ? ht_fail(err, HT_NO_MEMORY, -1, "out of memory") : HT_OK;
}

int ht_cmd_detokenize(int argc, char **argv)
{
    options o = {0};
    int code = parse_args("detokenize", detokenize_usage, argc, argv, &o);
    if (code != 0)
        return code - 1;
    ht_error err = {0};
    ht_tokenizer *t = NULL;
    ht_buf input = {0}, text = {0};
    ht_ids ids = {0};
    ht_status st = ht_cli_open_tokenizer(o.model, &t, &err);
    if (st == HT_OK)
        st = ht_file_read("-", MAX_INPUT, &input, &err);
    if (st == HT_OK && input.len > 0)
        st = parse_ids(input.ptr, ht_tokenizer_count(t), &ids, &err);
    if (st == HT_OK) {
        ht_tokenizer_decode(t, ids.ids, ids.n, o.is_special, &text);
        if (text.len > 0)
            fwrite(text.ptr, 1, text.len, stdout);
        code = text.failed || ferror(stdout) ? 1 : 0;
    } else {
        code = ht_cli_fail("detokenize", &err);
    }
    ht_ids_deinit(&ids);
    ht_buf_deinit(&input);
    ht_buf_deinit(&text);
    ht_tokenizer_close(t);
    return code;
}
