/* The subcommands: one file each, one row each in main.c's table. cli/ alone may exit, print to stdout and read argv. */
#ifndef HT_CLI_COMMAND_H
#define HT_CLI_COMMAND_H
#include "base/status.h"

/* argv[0] is the subcommand's name; options are read with getopt_long. Returns the exit code. */
typedef int ht_command_fn(int argc, char **argv);

typedef struct {
    const char *name;
    ht_command_fn *run;
    const char *summary; /* one line for `hearth help` */
} ht_command;

ht_command_fn ht_cmd_inspect, ht_cmd_logits, ht_cmd_generate, ht_cmd_bench, ht_cmd_tokenize, ht_cmd_detokenize,
    ht_cmd_tokenizer, ht_cmd_data, ht_cmd_train, ht_cmd_ask, ht_cmd_chat, ht_cmd_eval, ht_cmd_serve, ht_cmd_sim,
    ht_cmd_devices, ht_cmd_quantize;

/* "hearth NAME: text" on stderr; returns 1 for the caller to return. */
int ht_cli_fail(const char *command, const ht_error *err);
/* "hearth NAME: … (see `hearth NAME --help`)"; returns 2. */
int ht_cli_usage(const char *command, const char *fmt, ...) HT_PRINTF(2, 3);
/* Whole numbers in lo … hi; false after printing the usage error. what: the option's name. */
int ht_cli_int(const char *command, const char *what, const char *text, long lo, long hi, long *out);
int ht_cli_float(const char *command, const char *what, const char *text, double lo, double hi, double *out);
/* 1 if stderr is a terminal and NO_COLOR is unset. */
int ht_cli_is_tty(void);
/* A progress line on stderr: redrawn in place on a TTY (at most 10 times a second), a line every 10 % elsewhere.
 * done in 0 … 1; eta_s < 0: not shown; note may be NULL. done = 1 ends the line. */
void ht_cli_progress(const char *what, double done, double eta_s, const char *note);
#endif
