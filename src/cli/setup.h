/* What several subcommands need to start: the model file, the home and where its state is kept. */
#ifndef HT_CLI_SETUP_H
#define HT_CLI_SETUP_H
#include <jansson.h>

#include "base/str.h"
#include "home/home.h"

/* The model to use: given if not NULL, else $HEARTH_MODEL, else models/hearth-nano.gguf beside the executable, in its
 * source tree, or in share/hearth of its prefix. HT_NOT_FOUND tells where it looked. */
HT_CHECKED ht_status ht_cli_find_model(const char *given, ht_buf *out, ht_error *err);

/* Opens a home: spec "FILE", "FILE#ID", "mqtt:URL" for one without devices, to which those of a broker come (cli/mqtt_setup.h), or NULL for
 * the built-in demo home. */
HT_CHECKED ht_status ht_cli_open_home(const char *spec, ht_home **out, ht_error *err);

/* The homes of a file, {ID: home}; a file that is one home is read as such. The caller owns *out. Errors name the path. */
HT_CHECKED ht_status ht_cli_read_homes(const char *path, json_t **out, ht_error *err);

/* Where the state of a home is kept: $XDG_STATE_HOME/hearth/home-….json (by default under ~/.local/state). Makes the folder;
 * HT_IO if nothing can be written there. */
HT_CHECKED ht_status ht_cli_state_path(const char *spec, ht_buf *out, ht_error *err);

/* As ht_cli_open_home, but with the state that the last command left, if there is one; a home file (or, for the demo home, a
 * program) newer than that state wins. Timers have run on meanwhile. state_path: where ht_cli_save_home will put it. */
HT_CHECKED ht_status ht_cli_open_kept_home(const char *spec, ht_home **out, ht_buf *state_path, ht_error *err);
HT_CHECKED ht_status ht_cli_save_home(const ht_home *h, const char *state_path, ht_error *err);
#endif
