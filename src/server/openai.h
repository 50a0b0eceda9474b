/* The shapes of the OpenAI API that the assistant speaks: a chat request read and checked, its answers written.
 * No sockets, no home. Source: OpenAI's OpenAPI description 2.3.0, chat completions. */
#ifndef HT_SERVER_OPENAI_H
#define HT_SERVER_OPENAI_H
#include <jansson.h>

#include "server/api_error.h"

/* A chat request to the assistant. All zero = empty; ht_chat_deinit frees. */
typedef struct {
    json_t *root;     /* the body; the slices below live in it */
    ht_str model;
    ht_buf text;      /* what the user says now: the last message */
    json_t *history;  /* [{"role","content"}] before it: user and assistant turns, oldest first */
    ht_str area;      /* metadata.area: where the speaker is; may be empty */
    bool is_stream;
    bool include_usage;
} ht_chat;

/* Reads a body: model, area, stream options. Returns 0, or the status of *e. out is to be freed in either case. */
int ht_chat_parse(ht_str body, ht_chat *out, ht_api_error *e);
/* Reads the rest, for the assistant: text and history. Numbers out of their range, and what the assistant cannot do (n > 1, images,
 * JSON schemas, forced tools, log probabilities), are refused by name; other fields are ignored. 0, or the status of *e. */
int ht_chat_read(ht_chat *c, ht_api_error *e);
void ht_chat_deinit(ht_chat *c);

typedef struct {
    const char *id;    /* "chatcmpl-…" */
    int64_t created_s;
    const char *model;
} ht_chat_id;

/* Appends a whole answer. */
void ht_chat_answer(const ht_chat_id *id, ht_str content, int32_t n_prompt, int32_t n_completion, ht_buf *out);
/* Appends one event of a stream, "data: …\n\n". first: the chunk with the role; piece: text, or empty; finish: "stop" or NULL. */
void ht_chat_chunk(const ht_chat_id *id, bool first, ht_str piece, const char *finish, ht_buf *out);
/* The chunk behind the last that tells the usage. */
void ht_chat_usage_chunk(const ht_chat_id *id, int32_t n_prompt, int32_t n_completion, ht_buf *out);
/* {"id","object":"model","created","owned_by"}; caller owns. */
json_t *ht_model_json(const char *id, int64_t created_s);
#endif
