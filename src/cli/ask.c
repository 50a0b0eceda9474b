/* hearth ask: one request, or a suite of them. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "assist/assist.h"
#include "assist/suite.h"
#include "base/map.h"
#include "cli/command.h"
#include "cli/setup.h"

static const char usage[] =
    "usage: hearth ask TEXT [--home F[#ID]] [--area NAME] [--model F] [--json]\n"
    "       hearth ask --batch SUITE.jsonl --homes HOMES.json [--model F]\n\n"
    "Asks the assistant once: it acts on the home and answers in the language of the request.\n"
    "Without --home it is the demo home, whose state is kept between calls.\n\n"
    "  --home F[#ID]   a home file (and which of its homes)\n"
    "  --area NAME     where you are: \"turn on the light\" then means the light there\n"
    "  --model F       a GGUF model other than the shipped one\n"
    "  --threads N     CPU threads (default: all cores)\n"
    "  --confirm       ask before unlocking, opening garage doors or valves\n"
    "  --json          print the whole answer as JSON: reply, calls, effects, changes\n"
    "  --batch F       run every line of a suite, each from a fresh home; one JSON object a line out\n"
    "  --homes F       the homes that the suite names\n\n"
    "examples:\n"
    "  hearth ask \"打开客厅的灯\"\n"
    "  hearth ask --json \"turn off all the lights upstairs and set the bedroom to 21 degrees\"\n"
    "  hearth ask --area 书房 \"太暗了\"\n";

typedef struct {
    const char *home, *area, *model, *batch, *homes, *text;
    long threads;
    int as_json, confirm;
} ask_options;

static ht_status ask_once(ht_assist *a, const ask_options *o, ht_error *err)
{
    ht_home *home = NULL;
    ht_buf state = {0};
    ht_response rs = {0};
    const ht_request rq = {.text = ht_str_from(o->text), .area = ht_str_from(o->area), .confirm_needed = o->confirm};
    ht_status st = ht_cli_open_kept_home(o->home, &home, &state, err);
    if (st == HT_OK)
        st = ht_assist_run(a, home, &rq, NULL, NULL, &rs, err);
    if (st == HT_OK && json_object_size(rs.changes) + json_array_size(rs.effects) > 0)
        st = ht_cli_save_home(home, state.ptr, err);
    if (st == HT_OK && o->as_json) {
        json_t *json = ht_response_json(&rs);
        char *text = json ? json_dumps(json, JSON_PRESERVE_ORDER) : NULL;
        puts(text ? text : "{}");
        free(text);
        json_decref(json);
    } else if (st == HT_OK) {
        printf("%s\n", rs.reply.ptr ? rs.reply.ptr : "");
    }
    ht_response_deinit(&rs);
    ht_home_free(home);
    ht_buf_deinit(&state);
    return st;
}

static ht_status batch_line(ht_assist *a, const json_t *homes, const char *text, size_t n, ht_error *err)
{
    json_error_t bad;
    json_t *line = json_loadb(text, n, 0, &bad), *out = NULL;
    if (line == NULL)
        return ht_fail(err, HT_BAD_FORMAT, bad.position, "not JSON: %s", bad.text);
    const ht_status st = ht_suite_run_line(a, homes, line, &out, err);
    char *printed = st == HT_OK ? json_dumps(out, JSON_PRESERVE_ORDER) : NULL;
    if (printed != NULL)
        puts(printed);
    free(printed);
    json_decref(out);
    json_decref(line);
    return st;
}

static ht_status ask_batch(ht_assist *a, const ask_options *o, ht_error *err)
{
    json_error_t bad;
    json_t *file = json_load_file(o->homes, 0, &bad);
    if (file == NULL)
        return ht_fail(err, HT_BAD_FORMAT, bad.position, "%s: %s", o->homes, bad.text);
    const json_t *homes = json_object_get(file, "homes");
    ht_buf suite = {0};
    ht_status st = json_is_object(homes) ? ht_file_read(o->batch, (size_t)1 << 30, &suite, err)
                                         : ht_fail(err, HT_BAD_FORMAT, -1, "%s: no \"homes\" object", o->homes);
    ht_str rest = ht_buf_str(&suite), text;
    for (size_t n = 1; st == HT_OK && ht_str_split(&rest, '\n', &text); n++)
        if (ht_str_trim(text).len > 0 && (st = batch_line(a, homes, text.ptr, text.len, err)) != HT_OK)
            ht_fail_prefix(err, "%s line %zu", o->batch, n);
    ht_buf_deinit(&suite);
    json_decref(file);
    return st;
}

/* 0 = go on, else the exit code + 1. */
static int parse(int argc, char **argv, ask_options *o)
{
    static const struct option longs[] = {
        {"home", required_argument, NULL, 'H'},  {"area", required_argument, NULL, 'a'},  {"model", required_argument, NULL, 'm'},
        {"threads", required_argument, NULL, 't'}, {"confirm", no_argument, NULL, 'c'},   {"json", no_argument, NULL, 'j'},
        {"batch", required_argument, NULL, 'b'}, {"homes", required_argument, NULL, 'o'}, {"help", no_argument, NULL, 'h'}, {0}};
    for (int c; (c = getopt_long(argc, argv, "m:t:h", longs, NULL)) != -1;)
        switch (c) {
        case 'H': o->home = optarg; break;
        case 'a': o->area = optarg; break;
        case 'm': o->model = optarg; break;
        case 't':
            if (!ht_cli_int("ask", "--threads", optarg, 1, 1024, &o->threads))
                return 3;
            break;
        case 'c': o->confirm = 1; break;
        case 'j': o->as_json = 1; break;
        case 'b': o->batch = optarg; break;
        case 'o': o->homes = optarg; break;
        case 'h': fputs(usage, stdout); return 1;
        default: return ht_cli_usage("ask", "unknown option") + 1;
        }
    if (o->batch != NULL)
        return o->homes ? 0 : ht_cli_usage("ask", "--batch wants --homes HOMES.json") + 1;
    if (optind + 1 != argc)
        return ht_cli_usage("ask", optind == argc ? "what do you want to ask?" : "one request, in quotes, please") + 1;
    o->text = argv[optind];
    return 0;
}

int ht_cmd_ask(int argc, char **argv)
{
    ask_options o = {.area = ""};
    const int code = parse(argc, argv, &o);
    if (code != 0)
        return code - 1;
    ht_error err = {0};
    ht_buf model = {0};
    ht_assist *a = NULL;
    ht_status st = ht_cli_find_model(o.model, &model, &err);
    if (st == HT_OK)
        st = ht_assist_open(model.ptr, (unsigned)o.threads, &a, &err);
    if (st == HT_OK)
        st = o.batch ? ask_batch(a, &o, &err) : ask_once(a, &o, &err);
    ht_assist_close(a);
    ht_buf_deinit(&model);
    if (st == HT_OK && fflush(stdout) != 0)
        st = ht_fail(&err, HT_IO, -1, "cannot write to standard output");
    return st == HT_OK ? 0 : ht_cli_fail("ask", &err);
}
