/* Who has a home in hand. Beside the kept state of each home lies a lock file: `hearth ask` locks it while it acts, `hearth
 * serve` as long as it runs, and writes its URL into it, so that ask and chat talk to the server instead of to a copy of the
 * home. The kernel drops the lock of a process that dies: what a killed server left in the file is not believed. */
#ifndef HT_CLI_HOLD_H
#define HT_CLI_HOLD_H
#include "base/str.h"

/* .fd < 0: nothing is held. */
typedef struct {
    int fd;
} ht_cli_hold;

/* Locks the home whose state is kept at state_path, waiting up to wait_ms for another command to end. If a server has it:
 * HT_OK, out->fd < 0, and its URL in url (cleared first). HT_TIMEOUT, HT_IO. */
HT_CHECKED ht_status ht_cli_hold_take(const char *state_path, int wait_ms, ht_cli_hold *out, ht_buf *url, ht_error *err);
/* Tells whoever asks that url answers for this home, until the hold is dropped. */
HT_CHECKED ht_status ht_cli_hold_announce(const ht_cli_hold *h, const char *url, ht_error *err);
/* Also of a hold that holds nothing. */
void ht_cli_hold_drop(ht_cli_hold *h);
#endif
