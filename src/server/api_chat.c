/* /v1/models and /v1/chat/completions: the assistant behind the shapes that every client speaks. */
#include "server/ask.h"
#include "server/openai.h"

/* The id under which clients find the assistant. */
#define ASSISTANT_ID "hearth"

static bool is_raw_model(const ht_server *s, ht_str id) { return s->o.model_name.len > 0 && ht_str_eq(id, s->o.model_name); }

void ht_api_models(ht_server *s, ht_exchange *x, ht_str id)
{
    char raw[128] = "";
    if (s->o.model_name.len > 0 && s->o.model_name.len < sizeof raw && !ht_str_is(s->o.model_name, ASSISTANT_ID))
        memcpy(raw, s->o.model_name.ptr, s->o.model_name.len);
    if (id.len == 0) {
        json_t *data = json_array();
        json_array_append_new(data, ht_model_json(ASSISTANT_ID, s->started_s));
        if (raw[0] != '\0')
            json_array_append_new(data, ht_model_json(raw, s->started_s));
        ht_answer_json(s, x, 200, json_pack("{s:s, s:o}", "object", "list", "data", data));
    } else if (ht_str_is(id, ASSISTANT_ID) || (raw[0] != '\0' && ht_str_is(id, raw))) {
        ht_answer_json(s, x, 200, ht_model_json(ht_str_is(id, ASSISTANT_ID) ? ASSISTANT_ID : raw, s->started_s));
    } else {
        ht_api_error e;
        ht_api_fail(&e, 404, "model_not_found", "model", "the model '%.*s' does not exist; GET /v1/models lists the models", HT_STR_ARG(id));
        ht_answer_error(s, x, &e);
    }
}

static ht_chat_id chat_id(const ht_ask *a) { return (ht_chat_id){a->id, a->created_s, ASSISTANT_ID}; }

static void begin_stream(ht_ask *a)
{
    char fields[512];
    ht_buf out = {0};
    const ht_chat_id id = chat_id(a);
    ht_exchange_begin(a->x, 200, "text/event-stream", ht_api_fields(a->server, a->x, fields));
    ht_chat_chunk(&id, true, (ht_str){"", 0}, NULL, &out);
    ht_exchange_send(a->x, ht_buf_str(&out));
    ht_buf_deinit(&out);
    a->has_begun = true;
}

static void on_piece(ht_ask *a, ht_str piece)
{
    if (!a->has_begun)
        begin_stream(a);
    ht_buf out = {0};
    const ht_chat_id id = chat_id(a);
    ht_chat_chunk(&id, false, piece, NULL, &out);
    ht_exchange_send(a->x, ht_buf_str(&out));
    ht_buf_deinit(&out);
}

/* An error after the 200 is an event of its own. */
static void fail_stream(ht_ask *a, const ht_api_error *e)
{
    ht_buf out = {0};
    ht_buf_add_c(&out, "data: ");
    ht_api_error_json(e, &out);
    ht_buf_add_c(&out, "\n\n");
    ht_exchange_send(a->x, ht_buf_str(&out));
    ht_exchange_end(a->x);
    ht_buf_deinit(&out);
}

static void finish_stream(ht_ask *a)
{
    const ht_str rest = ht_ask_rest(a);
    const ht_chat_id id = chat_id(a);
    if (rest.len > 0 || !a->has_begun)
        on_piece(a, rest);
    ht_buf out = {0};
    ht_chat_chunk(&id, false, (ht_str){"", 0}, "stop", &out);
    if (a->include_usage)
        ht_chat_usage_chunk(&id, a->rs.n_prompt, a->rs.n_decoded, &out);
    ht_buf_add_c(&out, "data: [DONE]\n\n");
    ht_exchange_send(a->x, ht_buf_str(&out));
    ht_exchange_end(a->x);
    ht_buf_deinit(&out);
}

static void on_done(ht_ask *a, const ht_api_error *e)
{
    if (e != NULL && a->has_begun) {
        fail_stream(a, e);
    } else if (e != NULL) {
        ht_answer_error(a->server, a->x, e);
    } else if (a->is_stream) {
        finish_stream(a);
    } else {
        ht_buf out = {0};
        const ht_chat_id id = chat_id(a);
        ht_chat_answer(&id, ht_buf_str(&a->rs.reply), a->rs.n_prompt, a->rs.n_decoded, &out);
        ht_answer_text(a->server, a->x, 200, "application/json", ht_buf_str(&out));
        ht_buf_deinit(&out);
    }
}

/* Whether the model is the assistant; else says why not. */
static int check_model(const ht_server *s, ht_str model, ht_api_error *e)
{
    if (ht_str_is(model, ASSISTANT_ID))
        return 0;
    if (is_raw_model(s, model))
        return ht_api_fail(e, 400, "unsupported_model", "model", "'%.*s' is asked through the model '" ASSISTANT_ID "' here", HT_STR_ARG(model));
    return ht_api_fail(e, 404, "model_not_found", "model", "the model '%.*s' does not exist; GET /v1/models lists the models",
                       (int)(model.len < 100 ? model.len : 100), model.ptr);
}

void ht_api_chat(ht_server *s, ht_exchange *x)
{
    ht_chat chat;
    ht_api_error e;
    ht_ask *a = NULL;
    int status = ht_chat_parse(ht_exchange_body(x), &chat, &e);
    if (status == 0)
        status = check_model(s, chat.model, &e);
    if (status == 0)
        status = ht_chat_read(&chat, &e);
    if (status == 0 && (a = ht_ask_new(s, x, ht_buf_str(&chat.text), chat.area, HT_STR("api"))) == NULL)
        status = ht_api_fail(&e, 500, "server_error", NULL, "out of memory");
    if (status == 0 && !ht_ask_set_history(a, chat.history))
        status = ht_api_fail(&e, 400, "invalid_value", "messages", "'messages' must be a conversation of user and assistant");
    if (status == 0) {
        a->is_stream = chat.is_stream;
        a->include_usage = chat.include_usage;
        a->confirm_needed = !ht_is_owner(x);
        a->on_piece = on_piece;
        a->on_done = on_done;
        ht_ask_submit(a);
    } else {
        ht_ask_free(a);
        ht_answer_error(s, x, &e);
    }
    ht_chat_deinit(&chat);
}
