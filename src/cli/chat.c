/* hearth chat: the assistant in a terminal, with history. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "assist/assist.h"
#include "cli/command.h"
#include "cli/setup.h"

static const char usage[] =
    "usage: hearth chat [--home F[#ID]] [--area NAME] [--model F]\n\n"
    "Talks with the assistant; what was said before counts (\"and the bedroom too\"). Ends with Ctrl-D.\n"
    "  /area NAME   you are in another room      /forget   start afresh      /quit\n\n"
    "example: printf '打开客厅的灯\\n再暗一点\\n' | hearth chat\n";

enum { HISTORY_TURNS = 6 };

typedef struct {
    ht_assist *assist;
    ht_home *home;
    ht_buf state_path, area;
    json_t *history;
    int is_tty, streamed;
} chat;

static void print_piece(void *ctx, ht_str piece)
{
    chat *c = ctx;
    c->streamed = 1;
    printf("%.*s", HT_STR_ARG(piece));
    fflush(stdout);
}

/* Keeps the last turns; an assistant's turn carries its calls, so that the model sees what it did. */
static void remember(chat *c, const char *text, const ht_response *rs)
{
    json_array_append_new(c->history, json_pack("{s:s, s:s}", "role", "user", "content", text));
    json_array_append_new(c->history, json_pack("{s:s, s:s, s:O}", "role", "assistant", "content", rs->reply.ptr ? rs->reply.ptr : "",
                                                "calls", rs->calls));
    while (json_array_size(c->history) > 2 * HISTORY_TURNS)
        json_array_remove(c->history, 0);
}

static ht_status answer(chat *c, const char *text, ht_error *err)
{
    ht_response rs = {0};
    const ht_request rq = {.text = ht_str_from(text), .area = ht_buf_str(&c->area), .history = c->history};
    c->streamed = 0;
    ht_status st = ht_assist_run(c->assist, c->home, &rq, print_piece, c, &rs, err);
    if (st == HT_OK) {
        printf("%s\n", c->streamed || rs.reply.ptr == NULL ? "" : rs.reply.ptr);
        if (c->is_tty)
            printf("\033[2m%.0f ms\033[0m\n", rs.ms);
        remember(c, text, &rs);
        st = ht_cli_save_home(c->home, c->state_path.ptr, err);
    }
    ht_response_deinit(&rs);
    return st;
}

/* 0 = go on, 1 = quit. */
static int command(chat *c, const char *line)
{
    if (strcmp(line, "/quit") == 0)
        return 1;
    if (strcmp(line, "/forget") == 0) {
        json_array_clear(c->history);
    } else if (strncmp(line, "/area ", 6) == 0) {
        if (ht_home_find_area(c->home, ht_str_from(line + 6)) < 0)
            fprintf(stderr, "there is no area '%s' in this home\n", line + 6);
        else {
            ht_buf_clear(&c->area);
            ht_buf_add_c(&c->area, line + 6);
        }
    } else {
        fprintf(stderr, "commands: /area NAME, /forget, /quit\n");
    }
    return 0;
}

static ht_status loop(chat *c, ht_error *err)
{
    char *line = NULL;
    size_t cap = 0;
    ht_status st = HT_OK;
    for (;;) {
        if (c->is_tty) {
            fputs("\033[1m>\033[0m ", stdout);
            fflush(stdout);
        }
        const ssize_t n = getline(&line, &cap, stdin);
        if (n <= 0)
            break;
        const ht_str text = ht_str_trim((ht_str){line, (size_t)n});
        ((char *)text.ptr)[text.len] = '\0';
        if (text.len == 0)
            continue;
        if (text.ptr[0] == '/') {
            if (command(c, text.ptr))
                break;
        } else if ((st = answer(c, text.ptr, err)) != HT_OK) {
            break;
        }
    }
    free(line);
    return st;
}

int ht_cmd_chat(int argc, char **argv)
{
    static const struct option longs[] = {{"home", required_argument, NULL, 'H'}, {"area", required_argument, NULL, 'a'},
                                          {"model", required_argument, NULL, 'm'}, {"help", no_argument, NULL, 'h'}, {0}};
    const char *home = NULL, *area = "", *model = NULL;
    for (int o; (o = getopt_long(argc, argv, "m:h", longs, NULL)) != -1;)
        switch (o) {
        case 'H': home = optarg; break;
        case 'a': area = optarg; break;
        case 'm': model = optarg; break;
        case 'h': fputs(usage, stdout); return 0;
        default: return ht_cli_usage("chat", "unknown option");
        }
    if (optind != argc)
        return ht_cli_usage("chat", "'%s' is too much; for one request use hearth ask", argv[optind]);
    ht_error err = {0};
    ht_buf path = {0};
    chat c = {.history = json_array(), .is_tty = isatty(STDIN_FILENO) && isatty(STDOUT_FILENO)};
    ht_buf_add_c(&c.area, area);
    ht_status st = ht_cli_find_model(model, &path, &err);
    if (st == HT_OK)
        st = ht_assist_open(path.ptr, 0, &c.assist, &err);
    if (st == HT_OK)
        st = ht_cli_open_kept_home(home, &c.home, &c.state_path, &err);
    if (st == HT_OK)
        st = loop(&c, &err);
    ht_home_free(c.home);
    ht_assist_close(c.assist);
    json_decref(c.history);
    ht_buf_deinit(&c.state_path);
    ht_buf_deinit(&c.area);
    ht_buf_deinit(&path);
    return st == HT_OK ? 0 : ht_cli_fail("chat", &err);
}
