/* Whoever answers a request from the terminal: the `hearth serve` that has the home in hand, so that its page sees what
 * changes; otherwise the assistant in this process, on the home's kept state. */
#ifndef HT_CLI_ASKER_H
#define HT_CLI_ASKER_H
#include "assist/assist.h"

/* All strings are borrowed and outlive the asker. */
typedef struct {
    const char *home;  /* as ht_cli_open_home */
    const char *model; /* NULL: the usual one. A named model always answers here: a server has its own */
    unsigned threads;
    const char *mqtt;  /* URL of the broker of the home's devices; NULL: $HEARTH_MQTT, else none */
    bool is_local;     /* never talk to a server; its home and this one then go separate ways */
} ht_asker_options;

typedef struct ht_asker ht_asker;

/* Finds out who is to answer, and opens the model if that is this process. */
HT_CHECKED ht_status ht_asker_open(const ht_asker_options *o, ht_asker **out, ht_error *err);
void ht_asker_close(ht_asker *a); /* NULL is fine */
/* Answers one request. *out: what ht_response_json makes; caller owns. on_text as for ht_assist_run; never called when a
 * server answers. lang and now_unix_s of rq are not used. HT_BAD_ARG: an area that the home has not, or text that is not
 * UTF-8. */
HT_CHECKED ht_status ht_asker_ask(ht_asker *a, const ht_request *rq, ht_assist_text_fn *on_text, void *ctx, json_t **out, ht_error *err);
#endif
