/* hearth eval: how good a model is. Each action is in a file of its own. */
#include <string.h>

#include "cli/eval.h"

static const ht_command actions[] = {
    {"home", ht_eval_home, "accuracy on suites of home requests"},
    {"ppl", ht_eval_ppl, "perplexity of a model on a text"},
};
enum { N_ACTIONS = sizeof actions / sizeof actions[0] };

int ht_cmd_eval(int argc, char **argv)
{
    for (size_t i = 0; argc > 1 && i < N_ACTIONS; i++)
        if (strcmp(argv[1], actions[i].name) == 0)
            return actions[i].run(argc - 1, argv + 1);
    if (argc < 2)
        return ht_cli_usage("eval", "what is to be measured? (home or ppl)");
    if (strcmp(argv[1], "--help") != 0 && strcmp(argv[1], "-h") != 0)
        return ht_cli_usage("eval", "cannot evaluate '%s', only: home, ppl", argv[1]);
    printf("usage: hearth eval ACTION [OPTIONS]      (hearth help eval ACTION explains one)\n\n");
    for (size_t i = 0; i < N_ACTIONS; i++)
        printf("  %-6s %s\n", actions[i].name, actions[i].summary);
    printf("\nexamples:\n  hearth eval home suite.jsonl --homes homes.json --by intent\n  hearth eval ppl -m model.gguf text.txt\n");
    return 0;
}
