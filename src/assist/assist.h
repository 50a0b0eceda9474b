/* A request in words → the part of the home it is about → the model's tool calls, constrained to what exists → effects on
 * the home → a reply. One assistant serves one thread; the home belongs to the caller and may change between requests. */
#ifndef HT_ASSIST_ASSIST_H
#define HT_ASSIST_ASSIST_H
#include <jansson.h>

#include "base/str.h"
#include "home/home.h"

typedef struct ht_assist ht_assist;

/* Opens the model file (GGUF with hearth's chat format). n_threads 0 = all cores. */
HT_CHECKED ht_status ht_assist_open(const char *model_path, unsigned n_threads, ht_assist **out, ht_error *err);
void ht_assist_close(ht_assist *a);
/* general.name of the model file; borrowed. */
ht_str ht_assist_model_name(const ht_assist *a);

typedef struct {
    ht_str text;
    ht_str lang;            /* of the reply; empty: as the text looks (Han characters → zh) */
    ht_str area;            /* where the speaker is, name or alias; empty = unknown */
    int64_t now_unix_s;     /* 0 = now */
    const json_t *history;  /* array of {"role","content"} before this one, oldest first, or NULL */
    bool confirm_needed;    /* see assist/execute.h */
} ht_request;

typedef struct {
    ht_buf reply;
    json_t *calls;   /* [{"name","arguments"}] */
    json_t *effects; /* [{"action","entities","args"}] */
    json_t *changes; /* {entity id: {"state","attributes"}} as they are afterwards */
    bool asked_back, refused;
    double ms;       /* from the call to the reply */
    double prompt_ms, decode_ms;
    int32_t n_prompt, n_decoded; /* tokens */
} ht_response;

/* Called on this thread with each piece of free text as the model writes it (not for tool calls). */
typedef void ht_assist_text_fn(void *ctx, ht_str piece);

/* Answers one request and changes h as asked. out is initialised by the call, also on failure; ht_response_deinit it. */
HT_CHECKED ht_status ht_assist_run(ht_assist *a, ht_home *h, const ht_request *rq, ht_assist_text_fn *on_text, void *ctx,
                                   ht_response *out, ht_error *err);
void ht_response_deinit(ht_response *r);
/* {"reply","calls","effects","changes","asked_back","refused","ms"}; caller owns. */
json_t *ht_response_json(const ht_response *r);
#endif
