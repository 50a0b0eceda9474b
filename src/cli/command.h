/* The subcommands: one file each, one row each in main.c's table. cli/ alone may exit, print to stdout and read argv.
 *
 * Exit codes, the same everywhere: 0 done, 1 it did not work, 2 the command line is wrong. Either failure is one line on stderr. */
#ifndef HT_CLI_COMMAND_H
#define HT_CLI_COMMAND_H
#include <getopt.h>
#include <stdio.h>

#include "base/status.h"

/* argv[0] is the subcommand's name; options are read with ht_cli_option. Returns the exit code. */
typedef int ht_command_fn(int argc, char **argv);

typedef struct {
    const char *name; /* NULL: the row is the title of a group */
    ht_command_fn *run;
    const char *summary; /* one line for `hearth help` */
} ht_command;

ht_command_fn ht_cmd_inspect, ht_cmd_logits, ht_cmd_generate, ht_cmd_bench, ht_cmd_tokenize, ht_cmd_detokenize,
    ht_cmd_tokenizer, ht_cmd_data, ht_cmd_train, ht_cmd_ask, ht_cmd_chat, ht_cmd_eval, ht_cmd_serve, ht_cmd_sim,
    ht_cmd_devices, ht_cmd_quantize;

/* getopt_long that speaks hearth's language: what is wrong with an option is told in one line that names it, and the answer
 * is then '?', for the caller to return 2. Otherwise as getopt_long: -1 at the end, 0 for a flag, else the option's value.
 *   command  as in ht_cli_usage: "ask", "data home"
 *   shorts   as for getopt, without a ':' in front
 *   longs    ended by a row of zeros */
int ht_cli_option(const char *command, int argc, char **argv, const char *shorts, const struct option *longs);

/* "hearth NAME: text" on stderr; returns 1 for the caller to return. */
int ht_cli_fail(const char *command, const ht_error *err);
/* "hearth NAME: … (see `hearth NAME --help`)"; returns 2. */
int ht_cli_usage(const char *command, const char *fmt, ...) HT_PRINTF(2, 3);
/* Whether everything printed has reached stdout: 0, or 1 after saying on stderr that it did not (not if
 * stdout is a pipe whose reader has left). main calls it behind every command that returns 0. */
int ht_cli_flush(const char *command);
/* Whole numbers in lo … hi; false after printing the usage error. what: the option's name. */
int ht_cli_int(const char *command, const char *what, const char *text, long lo, long hi, long *out);
int ht_cli_float(const char *command, const char *what, const char *text, double lo, double hi, double *out);

/* The name of a table that comes nearest to a mistyped one, or NULL if none is near: one wrong, missing, extra or swapped
 * letter; two in names of more than five. name_at returns NULL behind the last. */
const char *ht_cli_nearest(const char *typed, const char *(*name_at)(const void *table, size_t i), const void *table);

/* 1 if `to` is a terminal that may be coloured: NO_COLOR is unset or empty and TERM is not dumb. */
int ht_cli_has_colour(FILE *to);
/* ht_cli_has_colour(stderr) */
int ht_cli_is_tty(void);
/* A progress line on stderr: redrawn in place on a TTY (at most 10 times a second), a line every 10 % elsewhere.
 * done in 0 … 1; eta_s < 0: not shown; note may be NULL. done = 1 ends the line. */
void ht_cli_progress(const char *what, double done, double eta_s, const char *note);
#endif
