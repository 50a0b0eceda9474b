/* hearth: the table of subcommands, and help on them. */
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "cli/command.h"

static int cmd_version(int argc, char **argv)
{
    static const struct option longs[] = {{"help", no_argument, NULL, 'h'}, {0}};
    for (int c; (c = ht_cli_option("version", argc, argv, "h", longs)) != -1;) {
        if (c != 'h')
            return 2;
        puts("usage: hearth version\n\nPrints the version.\n\nexample: hearth version");
        return 0;
    }
    puts("hearth " HEARTH_VERSION);
    return 0;
}

/* In the order of `hearth help`; a row without a name begins a group. Each command adds its own line. The lists of
 * tools/completion follow this table (ctest: cli.completion). */
static const ht_command commands[] = {
    {NULL, NULL, "the home"},
    {"ask", ht_cmd_ask, "one request to the assistant, or a suite of them"},
    {"chat", ht_cmd_chat, "the assistant in a terminal"},
    {"serve", ht_cmd_serve, "the page and the API"},
    {"devices", ht_cmd_devices, "the devices of the home: list, show, watch, set"},
    {"sim", ht_cmd_sim, "a home's devices on a broker, as if they were real"},
    {NULL, NULL, "models"},
    {"generate", ht_cmd_generate, "continue a text"},
    {"eval", ht_cmd_eval, "how good a model is: home requests, perplexity"},
    {"bench", ht_cmd_bench, "how fast a model runs here"},
    {"inspect", ht_cmd_inspect, "what a model file holds"},
    {"quantize", ht_cmd_quantize, "a model file in another weight type"},
    {"tokenize", ht_cmd_tokenize, "text to token ids"},
    {"detokenize", ht_cmd_detokenize, "token ids to text"},
    {"logits", ht_cmd_logits, "raw output of a model, to compare with other programs"},
    {NULL, NULL, "training"},
    {"tokenizer", ht_cmd_tokenizer, "learn a vocabulary from text"},
    {"data", ht_cmd_data, "make training data"},
    {"train", ht_cmd_train, "train a model from a configuration; resumes where it stopped"},
    {NULL, NULL, "this program"},
    {"version", cmd_version, "print the version"},
};
enum { N_COMMANDS = sizeof commands / sizeof commands[0] };

static const ht_command *find(const char *name)
{
    for (size_t i = 0; i < N_COMMANDS; i++)
        if (commands[i].name != NULL && strcmp(name, commands[i].name) == 0)
            return &commands[i];
    return NULL;
}

static void print_commands(FILE *to)
{
    const char *bold = ht_cli_has_colour(to) ? "\033[1m" : "", *plain = bold[0] ? "\033[0m" : "";
    fprintf(to, "hearth " HEARTH_VERSION " - a language model that runs your home, on your machine\n\n"
                "usage: hearth COMMAND [OPTIONS]      (hearth help COMMAND explains one)\n");
    for (size_t i = 0; i < N_COMMANDS; i++)
        if (commands[i].name == NULL)
            fprintf(to, "\n%s%s%s\n", bold, commands[i].summary, plain);
        else
            fprintf(to, "  %s%-11s%s %s\n", bold, commands[i].name, plain, commands[i].summary);
    fputs("\nexamples:\n"
          "  hearth ask \"打开客厅的灯\"\n"
          "  hearth serve                       then open http://127.0.0.1:8420\n"
          "  hearth help ask\n",
          to);
}

static const char *name_at(const void *table, size_t i)
{
    (void)table;
    for (size_t k = 0; k < N_COMMANDS; k++)
        if (commands[k].name != NULL && i-- == 0)
            return commands[k].name;
    return i == 0 ? "help" : NULL;
}

static int unknown(const char *name)
{
    const char *near = ht_cli_nearest(name, name_at, NULL);
    if (near != NULL)
        fprintf(stderr, "hearth: there is no command '%s'; did you mean '%s'?\n", name, near);
    else
        fprintf(stderr, "hearth: there is no command '%s'; `hearth help` lists them\n", name);
    return 2;
}

/* `hearth help`, `hearth help ask`, `hearth help data pack`: the last two are the command's own --help. */
static int help(int argc, char **argv)
{
    if (argc < 2) {
        print_commands(stdout);
        return 0;
    }
    const ht_command *c = find(argv[1]);
    char option[] = "--help", *args[4] = {argv[1]};
    int n = 1;
    if (argc > 2)
        args[n++] = argv[2];
    args[n++] = option;
    if (c == NULL && strcmp(argv[1], "help") == 0)
        return help(1, argv);
    return c ? c->run(n, args) : unknown(argv[1]);
}

static int run(int argc, char **argv)
{
    if (argc < 2) {
        print_commands(stderr);
        return 2;
    }
    if (strcmp(argv[1], "help") == 0 || strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)
        return help(argc - 1, argv + 1);
    if (strcmp(argv[1], "--version") == 0 || strcmp(argv[1], "-V") == 0)
        return puts("hearth " HEARTH_VERSION), 0;
    if (argv[1][0] == '-') {
        fprintf(stderr, "hearth: the command comes first, then its options; '%s' is none (see `hearth help`)\n", argv[1]);
        return 2;
    }
    const ht_command *c = find(argv[1]);
    return c ? c->run(argc - 1, argv + 1) : unknown(argv[1]);
}

int main(int argc, char **argv)
{
    signal(SIGPIPE, SIG_IGN); /* writing to a closed pipe or socket is an error like others */
    const int code = run(argc, argv);
    return code == 0 ? ht_cli_flush(argc > 1 && argv[1][0] != '-' ? argv[1] : "help") : code;
}
