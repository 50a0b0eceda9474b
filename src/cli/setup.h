/* What several subcommands need to start: the model file, the home and where its state is kept. */
#ifndef HT_CLI_SETUP_H
#define HT_CLI_SETUP_H
#include "base/status.h"
#include "base/str.h"
#include "home/home.h"

/* The model to use: given if not NULL, else $HEARTH_MODEL, else models/hearth-nano.gguf beside the executable, in its
 * source tree, or in share/hearth of its prefix. HT_NOT_FOUND tells where it looked. */
HT_CHECKED ht_status ht_cli_find_model(const char *given, ht_buf *out, ht_error *err);

/* Opens a home: spec "FILE", "FILE#ID", or NULL for the built-in demo home. */
HT_CHECKED ht_status ht_cli_open_home(const char *spec, ht_home **out, ht_error *err);

/* As ht_cli_open_home, but with the state that the last command left, kept under $XDG_STATE_HOME/hearth; a home file that is
 * newer than that state wins. state_path: where ht_cli_save_home will put it. */
HT_CHECKED ht_status ht_cli_open_kept_home(const char *spec, ht_home **out, ht_buf *state_path, ht_error *err);
HT_CHECKED ht_status ht_cli_save_home(const ht_home *h, const char *state_path, ht_error *err);
#endif
