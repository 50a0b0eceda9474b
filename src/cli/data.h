/* The actions of `hearth data`; argv[0] is the action's name. */
#ifndef HT_CLI_DATA_H
#define HT_CLI_DATA_H
#include "cli/command.h"

ht_command_fn ht_data_pack, ht_data_home;
#endif
