/* hearth: the table of subcommands. */
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "cli/command.h"

static int cmd_version(int argc, char **argv)
{
    (void)argc, (void)argv;
    puts("hearth " HEARTH_VERSION);
    return 0;
}

/* In the order of `hearth help`. Each command adds its own line. */
static const ht_command commands[] = {
    {"ask", ht_cmd_ask, "one request to the assistant, or a suite of them"},
    {"chat", ht_cmd_chat, "the assistant in a terminal"},
    {"serve", ht_cmd_serve, "the page and the API"},
    {"tokenize", ht_cmd_tokenize, "text to token ids"},
    {"detokenize", ht_cmd_detokenize, "token ids to text"},
    {"tokenizer", ht_cmd_tokenizer, "learn a vocabulary from text"},
    {"data", ht_cmd_data, "make training data"},
    {"train", ht_cmd_train, "train a model from a configuration; resumes where it stopped"},
    {"generate", ht_cmd_generate, "continue a text"},
    {"bench", ht_cmd_bench, "how fast a model runs here"},
    {"quantize", ht_cmd_quantize, "a model file in another weight type"},
    {"inspect", ht_cmd_inspect, "what a model file holds"},
    {"logits", ht_cmd_logits, "raw output of a model, to compare with other programs"},
    {"eval", ht_cmd_eval, "accuracy on suites of home requests"},
    {"version", cmd_version, "print the version"},
};
enum { N_COMMANDS = sizeof commands / sizeof commands[0] };

static int help(FILE *to)
{
    fprintf(to, "hearth " HEARTH_VERSION " - a language model that runs your home, on your machine\n\n"
                "usage: hearth COMMAND [OPTIONS]      (hearth COMMAND --help explains one)\n\n");
    for (size_t i = 0; i < N_COMMANDS; i++)
        fprintf(to, "  %-11s %s\n", commands[i].name, commands[i].summary);
    return to == stdout ? 0 : 2;
}

int main(int argc, char **argv)
{
    signal(SIGPIPE, SIG_IGN);
    if (argc < 2)
        return help(stderr);
    if (strcmp(argv[1], "help") == 0 || strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)
        return help(stdout);
    if (strcmp(argv[1], "--version") == 0)
        return cmd_version(0, NULL);
    for (size_t i = 0; i < N_COMMANDS; i++)
        if (strcmp(argv[1], commands[i].name) == 0)
            return commands[i].run(argc - 1, argv + 1);
    fprintf(stderr, "hearth: there is no command '%s'; `hearth help` lists them\n", argv[1]);
    return 2;
}
