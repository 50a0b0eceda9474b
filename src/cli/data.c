/* hearth data: makes training data. Each action is in a file of its own. */
#include <stdio.h>
#include <string.h>

#include "cli/command.h"
#include "cli/data.h"

static const ht_command actions[] = {
    {"pack", ht_data_pack, "tokenise text, conversations and trees into a shard for `hearth train`"},
    {"home", ht_data_home, "make up homes, requests and the tool calls that answer them"},
};
enum { N_ACTIONS = sizeof actions / sizeof actions[0] };

int ht_cmd_data(int argc, char **argv)
{
    for (size_t i = 0; argc > 1 && i < N_ACTIONS; i++)
        if (strcmp(argv[1], actions[i].name) == 0)
            return actions[i].run(argc - 1, argv + 1);
    if (argc < 2)
        return ht_cli_usage("data", "what is to be done? (pack or home)");
    const int is_help = strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0;
    if (!is_help)
        return ht_cli_usage("data", "there is no action '%s', only: pack, home", argv[1]);
    printf("usage: hearth data ACTION [OPTIONS]      (hearth help data ACTION explains one)\n\n");
    for (size_t i = 0; i < N_ACTIONS; i++)
        printf("  %-6s %s\n", actions[i].name, actions[i].summary);
    printf("\nexamples:\n  hearth help data home\n  hearth data home --count 20000 --out home.jsonl\n  hearth data pack -m tokenizer.gguf --out home.shard home.jsonl\n");
    return 0;
}
