/* hearth ask: one request, or a suite of them. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "assist/suite.h"
#include "base/map.h"
#include "cli/asker.h"
#include "cli/command.h"
#include "cli/mqtt_setup.h"
#include "cli/setup.h"

static const char usage[] =
    "usage: hearth ask TEXT [--home F[#ID]] [--area NAME] [--model F] [--mqtt URL] [--json] [--confirm] [--local]\n"
    "       hearth ask --batch SUITE.jsonl --homes HOMES.json [--model F]\n\n"
    "Asks the assistant once: it acts on the home and answers in the language of the request.\n"
    "Without --home it is the demo home. What happens in a home is kept between calls; if `hearth serve` runs for\n"
    "the same home, it answers, and its page shows what changed.\n\n"
    "  --home F[#ID]   a home file (and which of its homes)\n"
    HT_CLI_MQTT_USAGE
    "  --area NAME     where you are: \"turn on the light\" then means the light there\n"
    "  --model F       a GGUF model other than the shipped one; answers here, even if a server runs\n"
    "  --threads N     CPU threads (default: all cores)\n"
    "  --confirm       ask before unlocking, opening garage doors or valves\n"
    "  --json          print the whole answer as JSON: reply, calls, effects, changes\n"
    "  --local         answer here, even if a server runs\n"
    "  --batch F       run every line of a suite, each from a fresh home; one JSON object a line out\n"
    "  --homes F       the homes that the suite names\n\n"
    "examples:\n"
    "  hearth ask \"打开客厅的灯\"\n"
    "  hearth ask --json \"turn off all the lights upstairs and set the bedroom to 21 degrees\"\n"
    "  hearth ask --area 书房 \"太暗了\"\n"
    "  hearth ask --batch suite.jsonl --homes homes.json > answers.jsonl\n";

typedef struct {
    const char *area, *batch, *homes, *text;
    ht_asker_options asker;
    int as_json, confirm;
} ask_options;

/* One line of JSON; with a full disk or a closed pipe there is no point in going on. */
static ht_status print_json(const json_t *json, ht_error *err)
{
    char *text = json_dumps(json, JSON_PRESERVE_ORDER | JSON_REAL_PRECISION(6));
    ht_status st = HT_OK;
    if (text == NULL)
        st = ht_fail(err, HT_NO_MEMORY, -1, "out of memory");
    else if (puts(text) < 0 || fflush(stdout) != 0)
        st = ht_fail(err, HT_IO, -1, "cannot write to standard output: %s", strerror(errno));
    free(text);
    return st;
}

static ht_status ask_once(const ask_options *o, ht_error *err)
{
    ht_asker *asker = NULL;
    json_t *answer = NULL;
    const ht_request rq = {.text = ht_str_from(o->text), .area = ht_str_from(o->area), .confirm_needed = o->confirm};
    ht_status st = ht_asker_open(&o->asker, &asker, err);
    if (st == HT_OK)
        st = ht_asker_ask(asker, &rq, NULL, NULL, &answer, err);
    if (st == HT_OK && o->as_json) {
        st = print_json(answer, err);
    } else if (st == HT_OK) {
        const char *reply = json_string_value(json_object_get(answer, "reply"));
        puts(reply ? reply : "");
    }
    json_decref(answer);
    ht_asker_close(asker);
    return st;
}

static ht_status batch_line(ht_assist *a, const json_t *homes, const char *text, size_t n, ht_error *err)
{
    json_error_t bad;
    json_t *line = json_loadb(text, n, 0, &bad), *out = NULL;
    if (line == NULL)
        return ht_fail(err, HT_BAD_FORMAT, bad.position, "not JSON: %s", bad.text);
    ht_status st = ht_suite_run_line(a, homes, line, &out, err);
    if (st == HT_OK)
        st = print_json(out, err);
    json_decref(out);
    json_decref(line);
    return st;
}

static ht_status ask_batch(const ask_options *o, ht_error *err)
{
    json_t *homes = NULL;
    ht_buf suite = {0}, model = {0};
    ht_assist *a = NULL;
    ht_status st = ht_cli_read_homes(o->homes, &homes, err);
    if (st == HT_OK)
        st = ht_file_read(o->batch, (size_t)1 << 30, &suite, err);
    if (st == HT_OK)
        st = ht_cli_find_model(o->asker.model, &model, err);
    if (st == HT_OK)
        st = ht_assist_open(model.ptr, o->asker.threads, &a, err);
    ht_str rest = ht_buf_str(&suite), text;
    for (size_t n = 1; st == HT_OK && ht_str_split(&rest, '\n', &text); n++)
        if (ht_str_trim(text).len > 0 && (st = batch_line(a, homes, text.ptr, text.len, err)) != HT_OK)
            ht_fail_prefix(err, "%s line %zu", o->batch, n);
    ht_assist_close(a);
    ht_buf_deinit(&model);
    ht_buf_deinit(&suite);
    json_decref(homes);
    return st;
}

/* 0 = go on, else the exit code + 1. */
static int parse(int argc, char **argv, ask_options *o)
{
    static const struct option longs[] = {
        {"home", required_argument, NULL, 'H'},    {"area", required_argument, NULL, 'a'}, {"model", required_argument, NULL, 'm'},
        {"threads", required_argument, NULL, 't'}, {"confirm", no_argument, NULL, 'c'},    {"json", no_argument, NULL, 'j'},
        {"batch", required_argument, NULL, 'b'},   {"homes", required_argument, NULL, 'o'}, {"local", no_argument, NULL, 'l'},
        {"mqtt", required_argument, NULL, 'q'},
        {"help", no_argument, NULL, 'h'},          {0}};
    long threads = 0;
    for (int c; (c = ht_cli_option("ask", argc, argv, "m:t:h", longs)) != -1;)
        switch (c) {
        case 'H': o->asker.home = optarg; break;
        case 'a': o->area = optarg; break;
        case 'm': o->asker.model = optarg; break;
        case 't':
            if (!ht_cli_int("ask", "--threads", optarg, 1, 1024, &threads))
                return 3;
            break;
        case 'c': o->confirm = 1; break;
        case 'j': o->as_json = 1; break;
        case 'l': o->asker.is_local = true; break;
        case 'q': o->asker.mqtt = optarg; break;
        case 'b': o->batch = optarg; break;
        case 'o': o->homes = optarg; break;
        case 'h': fputs(usage, stdout); return 1;
        default: return 3;
        }
    o->asker.threads = (unsigned)threads;
    if (o->batch != NULL && optind < argc)
        return ht_cli_usage("ask", "--batch takes its requests from the suite, not '%s'", argv[optind]) + 1;
    if (o->batch != NULL || o->homes != NULL)
        return o->batch && o->homes ? 0 : ht_cli_usage("ask", "--batch SUITE.jsonl and --homes HOMES.json go together") + 1;
    if (optind + 1 != argc)
        return ht_cli_usage("ask", optind == argc ? "what do you want to ask?" : "one request, in quotes, please") + 1;
    o->text = argv[optind];
    if (ht_str_trim(ht_str_from(o->text)).len == 0)
        return ht_cli_usage("ask", "the request is empty") + 1;
    return 0;
}

int ht_cmd_ask(int argc, char **argv)
{
    ask_options o = {.area = ""};
    const int code = parse(argc, argv, &o);
    if (code != 0)
        return code - 1;
    ht_error err = {0};
    const ht_status st = o.batch ? ask_batch(&o, &err) : ask_once(&o, &err);
    return st == HT_OK ? 0 : ht_cli_fail("ask", &err);
}
