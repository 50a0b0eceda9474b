/* hearth chat: the assistant in a terminal, with history. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/asker.h"
#include "cli/command.h"
#include "cli/mqtt_setup.h"

static const char usage[] =
    "usage: hearth chat [--home F[#ID]] [--area NAME] [--mqtt URL] [--model F] [--threads N] [--local]\n\n"
    "Talks with the assistant; what was said before counts (\"and the bedroom too\"). Ends with Ctrl-D.\n"
    "What happens in the home is kept; if `hearth serve` runs for the same home, it answers.\n\n"
    "  --home F[#ID]   a home file (and which of its homes); default: the demo home\n"
    HT_CLI_MQTT_USAGE
    "  --area NAME     where you are: \"turn on the light\" then means the light there\n"
    "  --model F       a GGUF model other than the shipped one; answers here, even if a server runs\n"
    "  --threads N     CPU threads (default: all cores)\n"
    "  --local         answer here, even if a server runs\n\n"
    "while talking:\n"
    "  /area NAME   you are in another room      /forget   start afresh      /quit\n\n"
    "examples:\n"
    "  hearth chat\n"
    "  printf '打开客厅的灯\\n再暗一点\\n' | hearth chat\n";

enum { HISTORY_TURNS = 6 };

typedef struct {
    ht_asker *asker;
    ht_buf area;
    json_t *history;
    int is_tty, has_colour, streamed;
} chat;

static void print_piece(void *ctx, ht_str piece)
{
    chat *c = ctx;
    c->streamed = 1;
    printf("%.*s", HT_STR_ARG(piece));
    fflush(stdout);
}

/* Keeps the last turns; an assistant's turn carries its calls, so that the model sees what it did. */
static void remember(chat *c, const char *text, const char *reply, json_t *calls)
{
    json_array_append_new(c->history, json_pack("{s:s, s:s}", "role", "user", "content", text));
    json_array_append_new(c->history, json_pack("{s:s, s:s, s:O*}", "role", "assistant", "content", reply, "calls", calls));
    while (json_array_size(c->history) > 2 * HISTORY_TURNS)
        json_array_remove(c->history, 0);
}

static ht_status answer(chat *c, const char *text, ht_error *err)
{
    json_t *out = NULL;
    const ht_request rq = {.text = ht_str_from(text), .area = ht_buf_str(&c->area), .history = c->history};
    c->streamed = 0;
    const ht_status st = ht_asker_ask(c->asker, &rq, print_piece, c, &out, err);
    if (st == HT_OK) {
        const char *reply = json_string_value(json_object_get(out, "reply"));
        puts(c->streamed || reply == NULL ? "" : reply);
        if (c->is_tty)
            printf("%s%.0f ms%s\n", c->has_colour ? "\033[2m" : "", json_number_value(json_object_get(out, "ms")), c->has_colour ? "\033[0m" : "");
        remember(c, text, reply ? reply : "", json_object_get(out, "calls"));
    }
    json_decref(out);
    return st;
}

/* A line that begins with '/'. 1 = quit. */
static int command(chat *c, const char *line)
{
    if (strcmp(line, "/quit") == 0)
        return 1;
    if (strcmp(line, "/forget") == 0) {
        json_array_clear(c->history);
    } else if (strncmp(line, "/area ", 6) == 0) {
        ht_buf_clear(&c->area);
        ht_buf_add_str(&c->area, ht_str_trim(ht_str_from(line + 6)));
    } else {
        fprintf(stderr, "commands: /area NAME, /forget, /quit\n");
    }
    return 0;
}

/* What is wrong with one request does not end the conversation; what the next would meet too does. */
static int is_about_request(ht_status st) { return st == HT_BAD_ARG || st == HT_TOO_BIG || st == HT_TIMEOUT; }

static ht_status loop(chat *c, ht_error *err)
{
    char *line = NULL;
    size_t cap = 0;
    ht_status st = HT_OK;
    while (st == HT_OK) {
        if (c->is_tty) {
            fputs(c->has_colour ? "\033[1m>\033[0m " : "> ", stdout);
            fflush(stdout);
        }
        const ssize_t n = getline(&line, &cap, stdin);
        if (n <= 0)
            break;
        const ht_str text = ht_str_trim((ht_str){line, (size_t)n});
        line[text.ptr - line + (ptrdiff_t)text.len] = '\0';
        if (text.len == 0)
            continue;
        if (text.ptr[0] == '/') {
            if (command(c, text.ptr))
                break;
            continue;
        }
        st = answer(c, text.ptr, err);
        if (is_about_request(st)) {
            ht_cli_fail("chat", err);
            ht_buf_clear(&c->area); /* the one thing of a request that stays */
            st = HT_OK;
        }
        if (st == HT_OK && fflush(stdout) != 0)
            st = ht_fail(err, HT_IO, -1, "cannot write to standard output");
    }
    free(line);
    return st;
}

int ht_cmd_chat(int argc, char **argv)
{
    static const struct option longs[] = {{"home", required_argument, NULL, 'H'},  {"area", required_argument, NULL, 'a'},
                                          {"model", required_argument, NULL, 'm'}, {"threads", required_argument, NULL, 't'},
                                          {"local", no_argument, NULL, 'l'},       {"mqtt", required_argument, NULL, 'q'},
                                          {"help", no_argument, NULL, 'h'}, {0}};
    ht_asker_options o = {0};
    const char *area = "";
    long threads = 0;
    for (int k; (k = ht_cli_option("chat", argc, argv, "m:t:h", longs)) != -1;)
        switch (k) {
        case 'H': o.home = optarg; break;
        case 'a': area = optarg; break;
        case 'm': o.model = optarg; break;
        case 't':
            if (!ht_cli_int("chat", "--threads", optarg, 1, 1024, &threads))
                return 2;
            break;
        case 'l': o.is_local = true; break;
        case 'q': o.mqtt = optarg; break;
        case 'h': fputs(usage, stdout); return 0;
        default: return 2;
        }
    if (optind != argc)
        return ht_cli_usage("chat", "'%s' is too much; for one request there is `hearth ask`", argv[optind]);
    o.threads = (unsigned)threads;
    ht_error err = {0};
    chat c = {.history = json_array(), .is_tty = isatty(STDIN_FILENO) && isatty(STDOUT_FILENO), .has_colour = ht_cli_has_colour(stdout)};
    ht_buf_add_c(&c.area, area);
    ht_status st = ht_asker_open(&o, &c.asker, &err);
    if (st == HT_OK)
        st = loop(&c, &err);
    ht_asker_close(c.asker);
    json_decref(c.history);
    ht_buf_deinit(&c.area);
    return st == HT_OK ? 0 : ht_cli_fail("chat", &err);
}
