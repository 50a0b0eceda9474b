#include "server/openai.h"

#include <stdio.h>
#include <stdlib.h>

/* --- reading --- */

static int wrong_type(ht_api_error *e, const char *param, const char *want)
{
    return ht_api_fail(e, 400, "invalid_type", param, "'%s' must be %s", param, want);
}

/* A number within limits, where it is given at all. */
static int check_number(const json_t *root, const char *key, double lo, double hi, bool is_whole, ht_api_error *e)
{
    const json_t *v = json_object_get(root, key);
    if (v == NULL || json_is_null(v))
        return 0;
    if (is_whole ? !json_is_integer(v) : !json_is_number(v))
        return wrong_type(e, key, is_whole ? "a whole number" : "a number");
    if (json_number_value(v) < lo || json_number_value(v) > hi)
        return ht_api_fail(e, 400, "invalid_value", key, "'%s' must lie between %g and %g", key, lo, hi);
    return 0;
}

static int check_bool(const json_t *object, const char *key, const char *param, bool *out, ht_api_error *e)
{
    const json_t *v = json_object_get(object, key);
    if (v != NULL && !json_is_null(v) && !json_is_boolean(v))
        return wrong_type(e, param, "true or false");
    *out = json_is_true(v);
    return 0;
}

static int check_numbers(const json_t *root, ht_api_error *e)
{
    static const struct {
        const char *key;
        double lo, hi;
        bool is_whole;
    } numbers[] = {
        {"temperature", 0, 2, false},        {"top_p", 0, 1, false},   {"presence_penalty", -2, 2, false}, {"frequency_penalty", -2, 2, false},
        {"max_tokens", 1, 1e9, true},        {"n", 1, 128, true},      {"max_completion_tokens", 1, 1e9, true},
        {"seed", -9.3e18, 9.3e18, true},     {"top_logprobs", 0, 20, true},
    };
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        const int status = check_number(root, numbers[i].key, numbers[i].lo, numbers[i].hi, numbers[i].is_whole, e);
        if (status != 0)
            return status;
    }
    return 0;
}

static int check_stop(const json_t *root, ht_api_error *e)
{
    const json_t *stop = json_object_get(root, "stop");
    if (stop == NULL || json_is_null(stop) || json_is_string(stop))
        return 0;
    if (!json_is_array(stop) || json_array_size(stop) > 4)
        return wrong_type(e, "stop", "text, or up to four texts");
    for (size_t i = 0; i < json_array_size(stop); i++)
        if (!json_is_string(json_array_get(stop, i)))
            return wrong_type(e, "stop", "text, or up to four texts");
    return 0;
}

static int unable(ht_api_error *e, const char *param, const char *what)
{
    return ht_api_fail(e, 400, "unsupported_parameter", param, "the model 'hearth' %s", what);
}

/* What a client may ask of other models, but not of the assistant. */
static int check_abilities(const json_t *root, ht_api_error *e)
{
    const json_t *format = json_object_get(root, "response_format"), *choice = json_object_get(root, "tool_choice");
    const json_t *tools = json_object_get(root, "tools");
    const char *format_type = json_string_value(json_object_get(format, "type")), *choice_word = json_string_value(choice);
    size_t i;
    json_t *v;
    if (json_integer_value(json_object_get(root, "n")) > 1)
        return unable(e, "n", "gives one answer: leave 'n' out");
    if (json_is_true(json_object_get(root, "logprobs")))
        return unable(e, "logprobs", "has no log probabilities: what it says follows from what it did");
    if (format != NULL && !json_is_null(format) && format_type == NULL)
        return wrong_type(e, "response_format", "an object with a 'type'");
    if (format_type != NULL && strcmp(format_type, "text") != 0)
        return unable(e, "response_format", "answers in plain text");
    if (tools != NULL && !json_is_null(tools) && !json_is_array(tools))
        return wrong_type(e, "tools", "an array");
    if (json_is_object(choice) || (choice_word != NULL && strcmp(choice_word, "required") == 0))
        return unable(e, "tool_choice", "uses the home's own tools and cannot be made to call others");
    json_array_foreach(json_object_get(root, "modalities"), i, v)
        if (strcmp(json_is_string(v) ? json_string_value(v) : "?", "text") != 0)
            return unable(e, "modalities", "answers in text");
    return 0;
}

/* Appends a message's content: text, or parts of text. */
static int read_content(const json_t *content, size_t at, ht_buf *out, ht_api_error *e)
{
    char param[64];
    size_t i;
    json_t *part;
    snprintf(param, sizeof param, "messages[%zu].content", at);
    if (json_is_string(content))
        ht_buf_add(out, json_string_value(content), json_string_length(content));
    else if (!json_is_array(content))
        return wrong_type(e, param, "text, or an array of parts");
    json_array_foreach(content, i, part)
    {
        const char *type = json_string_value(json_object_get(part, "type"));
        const json_t *text = json_object_get(part, "text");
        if (type == NULL)
            return wrong_type(e, param, "an array of objects with a 'type'");
        if (strcmp(type, "text") != 0)
            return ht_api_fail(e, 400, "unsupported_content", param, "the model 'hearth' reads text, not '%.40s'", type);
        if (!json_is_string(text))
            return wrong_type(e, param, "made of parts with a 'text'");
        if (out->len > 0)
            ht_buf_add_char(out, '\n');
        ht_buf_add(out, json_string_value(text), json_string_length(text));
    }
    return 0;
}

static bool is_role(const char *role, const char *a, const char *b, const char *c)
{
    return strcmp(role, a) == 0 || strcmp(role, b) == 0 || strcmp(role, c) == 0;
}

/* One message: user and assistant turns join the history; the others are not the assistant's business. */
static int read_message(ht_chat *c, const json_t *message, size_t at, ht_api_error *e)
{
    char param[64];
    snprintf(param, sizeof param, "messages[%zu]", at);
    const char *role = json_string_value(json_object_get(message, "role"));
    const json_t *content = json_object_get(message, "content");
    if (!json_is_object(message) || role == NULL)
        return wrong_type(e, param, "an object with a 'role' and a 'content'");
    if (is_role(role, "system", "developer", "tool") || strcmp(role, "function") == 0)
        return 0;
    if (!is_role(role, "user", "assistant", "assistant"))
        return ht_api_fail(e, 400, "invalid_value", param, "'%.40s' is not a role: system, developer, user, assistant or tool", role);
    if (role[0] == 'a' && (content == NULL || json_is_null(content)))
        return 0; /* a turn of nothing but tool calls, made by another model */
    ht_buf text = {0};
    const int status = read_content(content, at, &text, e);
    if (status == 0 && json_array_append_new(c->history, json_pack("{s:s, s:s%}", "role", role, "content", text.ptr ? text.ptr : "", text.len)) != 0) {
        ht_buf_deinit(&text);
        return ht_api_fail(e, 500, "server_error", NULL, "out of memory");
    }
    ht_buf_deinit(&text);
    return status;
}

static int read_messages(ht_chat *c, ht_api_error *e)
{
    const json_t *messages = json_object_get(c->root, "messages");
    if (messages == NULL || json_is_null(messages))
        return ht_api_fail(e, 400, "missing_required_parameter", "messages", "'messages' is missing");
    if (!json_is_array(messages))
        return wrong_type(e, "messages", "an array");
    size_t i;
    json_t *message;
    json_array_foreach(messages, i, message)
    {
        const int status = read_message(c, message, i, e);
        if (status != 0)
            return status;
    }
    const size_t n = json_array_size(c->history);
    const json_t *last = json_array_get(c->history, n - 1);
    if (n == 0 || strcmp(json_string_value(json_object_get(last, "role")), "user") != 0)
        return ht_api_fail(e, 400, "invalid_value", "messages", "the last message must be the user's");
    const json_t *content = json_object_get(last, "content");
    ht_buf_add(&c->text, json_string_value(content), json_string_length(content));
    json_array_remove(c->history, n - 1);
    if (ht_str_trim(ht_buf_str(&c->text)).len == 0)
        return ht_api_fail(e, 400, "invalid_value", "messages", "the last message is empty");
    return c->text.failed ? ht_api_fail(e, 500, "server_error", NULL, "out of memory") : 0;
}

static int read_options(ht_chat *c, ht_api_error *e)
{
    const json_t *model = json_object_get(c->root, "model"), *stream_options = json_object_get(c->root, "stream_options");
    const json_t *metadata = json_object_get(c->root, "metadata"), *area = json_object_get(metadata, "area");
    if (model == NULL || json_is_null(model))
        return ht_api_fail(e, 400, "missing_required_parameter", "model", "'model' is missing; GET /v1/models lists the models");
    if (!json_is_string(model))
        return wrong_type(e, "model", "text");
    c->model = (ht_str){json_string_value(model), json_string_length(model)};
    int status = check_bool(c->root, "stream", "stream", &c->is_stream, e);
    if (status == 0 && stream_options != NULL && !json_is_null(stream_options) && !json_is_object(stream_options))
        status = wrong_type(e, "stream_options", "an object");
    if (status == 0)
        status = check_bool(stream_options, "include_usage", "stream_options.include_usage", &c->include_usage, e);
    if (status == 0 && metadata != NULL && !json_is_null(metadata) && !json_is_object(metadata))
        status = wrong_type(e, "metadata", "an object");
    if (status == 0 && area != NULL && !json_is_string(area))
        status = wrong_type(e, "metadata.area", "text");
    if (json_is_string(area))
        c->area = (ht_str){json_string_value(area), json_string_length(area)};
    return status;
}

int ht_chat_parse(ht_str body, ht_chat *out, ht_api_error *e)
{
    json_error_t bad;
    *out = (ht_chat){.root = json_loadb(body.ptr ? body.ptr : "", body.len, 0, &bad), .history = json_array(), .area = {"", 0}};
    if (out->root == NULL)
        return ht_api_fail(e, 400, "invalid_json", NULL, "the body is not JSON: %s (line %d, column %d)", bad.text, bad.line, bad.column);
    if (!json_is_object(out->root) || out->history == NULL)
        return ht_api_fail(e, 400, "invalid_json", NULL, "the body must be a JSON object");
    return read_options(out, e);
}

int ht_chat_read(ht_chat *c, ht_api_error *e)
{
    int status = read_messages(c, e);
    if (status == 0)
        status = check_numbers(c->root, e);
    if (status == 0)
        status = check_stop(c->root, e);
    return status == 0 ? check_abilities(c->root, e) : status;
}

void ht_chat_deinit(ht_chat *c)
{
    json_decref(c->root);
    json_decref(c->history);
    ht_buf_deinit(&c->text);
    *c = (ht_chat){0};
}

/* --- writing --- */

static json_t *usage(int32_t n_prompt, int32_t n_completion)
{
    return json_pack("{s:i, s:i, s:i, s:{s:i, s:i}, s:{s:i, s:i, s:i, s:i}}", "prompt_tokens", (int)n_prompt, "completion_tokens", (int)n_completion,
                     "total_tokens", (int)(n_prompt + n_completion), "prompt_tokens_details", "cached_tokens", 0, "audio_tokens", 0,
                     "completion_tokens_details", "reasoning_tokens", 0, "audio_tokens", 0, "accepted_prediction_tokens", 0,
                     "rejected_prediction_tokens", 0);
}

static json_t *head(const ht_chat_id *id, const char *object)
{
    return json_pack("{s:s, s:s, s:I, s:s, s:s}", "id", id->id, "object", object, "created", (json_int_t)id->created_s, "model", id->model,
                     "system_fingerprint", "hearth-" HEARTH_VERSION);
}

/* Takes o. */
static void put(json_t *take_o, const char *before, const char *after, ht_buf *out)
{
    char *text = take_o ? json_dumps(take_o, JSON_COMPACT) : NULL;
    if (text == NULL)
        out->failed = true;
    ht_buf_add_c(out, before);
    ht_buf_add_c(out, text ? text : "null");
    ht_buf_add_c(out, after);
    free(text);
    json_decref(take_o);
}

void ht_chat_answer(const ht_chat_id *id, ht_str content, int32_t n_prompt, int32_t n_completion, ht_buf *out)
{
    json_t *o = head(id, "chat.completion");
    json_object_set_new(o, "choices",
                        json_pack("[{s:i, s:{s:s, s:s%, s:n, s:[]}, s:n, s:s}]", "index", 0, "message", "role", "assistant", "content",
                                  content.ptr ? content.ptr : "", content.len, "refusal", "annotations", "logprobs", "finish_reason", "stop"));
    json_object_set_new(o, "usage", usage(n_prompt, n_completion));
    put(o, "", "", out);
}

void ht_chat_chunk(const ht_chat_id *id, bool first, ht_str piece, const char *finish, ht_buf *out)
{
    json_t *o = head(id, "chat.completion.chunk"), *delta = json_object();
    if (first)
        json_object_set_new(delta, "role", json_string("assistant"));
    if (first || piece.len > 0)
        json_object_set_new(delta, "content", json_stringn(piece.ptr ? piece.ptr : "", piece.len));
    json_object_set_new(o, "choices", json_pack("[{s:i, s:o, s:n, s:s?}]", "index", 0, "delta", delta, "logprobs", "finish_reason", finish));
    put(o, "data: ", "\n\n", out);
}

void ht_chat_usage_chunk(const ht_chat_id *id, int32_t n_prompt, int32_t n_completion, ht_buf *out)
{
    json_t *o = head(id, "chat.completion.chunk");
    json_object_set_new(o, "choices", json_array());
    json_object_set_new(o, "usage", usage(n_prompt, n_completion));
    put(o, "data: ", "\n\n", out);
}

json_t *ht_model_json(const char *id, int64_t created_s)
{
    return json_pack("{s:s, s:s, s:I, s:s}", "id", id, "object", "model", "created", (json_int_t)created_s, "owned_by", "hearth");
}
