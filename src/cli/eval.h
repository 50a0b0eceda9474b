/* The actions of `hearth eval`; argv[0] is the action's name. */
#ifndef HT_CLI_EVAL_H
#define HT_CLI_EVAL_H
#include "cli/command.h"

ht_command_fn ht_eval_home, ht_eval_ppl;
#endif
