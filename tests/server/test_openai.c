/* The shapes of the OpenAI API, and what is done with bodies that are not of them. */
#include "check.h"

#include "server/openai.h"

/* Parses and reads; the status. */
static int parse(const char *body, ht_chat *c, ht_api_error *e)
{
    int status = ht_chat_parse(ht_str_from(body), c, e);
    return status ? status : ht_chat_read(c, e);
}

static void reads_a_conversation(void)
{
    ht_chat c;
    ht_api_error e;
    static const char body[] = "{\"model\":\"hearth\",\"stream\":true,\"stream_options\":{\"include_usage\":true},\"metadata\":{\"area\":\"书房\"},\"temperature\":0.2,"
                   "\"unknown\":[1],\"messages\":[{\"role\":\"system\",\"content\":\"be nice\"},{\"role\":\"user\",\"content\":\"开灯\"},"
                   "{\"role\":\"assistant\",\"content\":\"好的。\",\"refusal\":null},{\"role\":\"assistant\",\"content\":null,\"tool_calls\":[]},"
                   "{\"role\":\"tool\",\"tool_call_id\":\"1\",\"content\":\"x\"},"
                   "{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"再\"},{\"type\":\"text\",\"text\":\"亮一点\"}]}]}";
    CHECK_EQ(parse(body, &c, &e), 0);
    CHECK_SLICE(c.model, "hearth");
    CHECK_SLICE(c.area, "书房");
    CHECK(c.is_stream && c.include_usage);
    CHECK_STR(c.text.ptr, "再\n亮一点");
    CHECK_EQ(json_array_size(c.history), 2);
    CHECK_STR(json_string_value(json_object_get(json_array_get(c.history, 1), "content")), "好的。");
    ht_chat_deinit(&c);
}

static void refuses_by_name(void)
{
    static const struct {
        const char *body, *code, *param;
    } cases[] = {
        {"", "invalid_json", ""},
        {"{", "invalid_json", ""},
        {"[]", "invalid_json", ""},
        {"null", "invalid_json", ""},
        {"\xff\xfe", "invalid_json", ""},
        {"{\"model\":\"\\u0000\"}", "invalid_json", ""},
        {"{}", "missing_required_parameter", "model"},
        {"{\"model\":1}", "invalid_type", "model"},
        {"{\"model\":\"hearth\"}", "missing_required_parameter", "messages"},
        {"{\"model\":\"hearth\",\"messages\":{}}", "invalid_type", "messages"},
        {"{\"model\":\"hearth\",\"messages\":[]}", "invalid_value", "messages"},
        {"{\"model\":\"hearth\",\"messages\":[1]}", "invalid_type", "messages[0]"},
        {"{\"model\":\"hearth\",\"messages\":[{\"role\":\"king\",\"content\":\"x\"}]}", "invalid_value", "messages[0]"},
        {"{\"model\":\"hearth\",\"messages\":[{\"role\":\"user\"}]}", "invalid_type", "messages[0].content"},
        {"{\"model\":\"hearth\",\"messages\":[{\"role\":\"user\",\"content\":7}]}", "invalid_type", "messages[0].content"},
        {"{\"model\":\"hearth\",\"messages\":[{\"role\":\"user\",\"content\":[7]}]}", "invalid_type", "messages[0].content"},
        {"{\"model\":\"hearth\",\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"image_url\"}]}]}", "unsupported_content", "messages[0].content"},
        {"{\"model\":\"hearth\",\"messages\":[{\"role\":\"user\",\"content\":\"  \"}]}", "invalid_value", "messages"},
        {"{\"model\":\"hearth\",\"messages\":[{\"role\":\"user\",\"content\":\"a\"},{\"role\":\"assistant\",\"content\":\"b\"}]}", "invalid_value", "messages"},
        {"{\"model\":\"hearth\",\"stream\":1,\"messages\":[]}", "invalid_type", "stream"},
        {"{\"model\":\"hearth\",\"stream_options\":1,\"messages\":[]}", "invalid_type", "stream_options"},
        {"{\"model\":\"hearth\",\"metadata\":{\"area\":1},\"messages\":[]}", "invalid_type", "metadata.area"},
#define SAY "\"messages\":[{\"role\":\"user\",\"content\":\"a\"}]}"
        {"{\"model\":\"hearth\",\"temperature\":\"hot\"," SAY, "invalid_type", "temperature"},
        {"{\"model\":\"hearth\",\"temperature\":3," SAY, "invalid_value", "temperature"},
        {"{\"model\":\"hearth\",\"max_tokens\":1.5," SAY, "invalid_type", "max_tokens"},
        {"{\"model\":\"hearth\",\"n\":2," SAY, "unsupported_parameter", "n"},
        {"{\"model\":\"hearth\",\"stop\":[1]," SAY, "invalid_type", "stop"},
        {"{\"model\":\"hearth\",\"logprobs\":true," SAY, "unsupported_parameter", "logprobs"},
        {"{\"model\":\"hearth\",\"response_format\":{\"type\":\"json_object\"}," SAY, "unsupported_parameter", "response_format"},
        {"{\"model\":\"hearth\",\"tools\":{}," SAY, "invalid_type", "tools"},
        {"{\"model\":\"hearth\",\"tool_choice\":\"required\"," SAY, "unsupported_parameter", "tool_choice"},
        {"{\"model\":\"hearth\",\"modalities\":[\"audio\"]," SAY, "unsupported_parameter", "modalities"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        ht_chat c;
        ht_api_error e = {0};
        const int status = parse(cases[i].body, &c, &e);
        if (status != 400 || e.code == NULL || strcmp(e.code, cases[i].code) != 0 || strcmp(e.param, cases[i].param) != 0) {
            fprintf(stderr, "%s\n", cases[i].body);
            CHECK_EQ(status, 400);
            CHECK_STR(e.code, cases[i].code);
            CHECK_STR(e.param, cases[i].param);
        }
        ht_chat_deinit(&c);
    }
}

static void accepts_what_clients_send_by_default(void)
{
    ht_chat c;
    ht_api_error e;
    static const char body[] = "{\"model\":\"hearth\",\"stream\":false,\"n\":1,\"stop\":null,\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"x\"}}],"
                   "\"tool_choice\":\"auto\",\"response_format\":{\"type\":\"text\"},\"modalities\":[\"text\"],\"max_completion_tokens\":100,\"user\":\"u\","
                   "\"stream_options\":null,\"metadata\":null,\"logprobs\":false," SAY;
    CHECK_EQ(parse(body, &c, &e), 0);
    ht_chat_deinit(&c);
}

/* Deep nesting ends in an error, not in the end of the stack. */
static void survives_depth_and_size(void)
{
    ht_buf body = {0};
    ht_chat c;
    ht_api_error e;
    for (int i = 0; i < 1000000; i++)
        ht_buf_add_char(&body, '[');
    CHECK_EQ(ht_chat_parse(ht_buf_str(&body), &c, &e), 400);
    ht_chat_deinit(&c);
    ht_buf_clear(&body);
    ht_buf_add_c(&body, "{\"model\":\"hearth\",\"messages\":[");
    for (int i = 0; i < 20000; i++)
        ht_buf_add_c(&body, "{\"role\":\"user\",\"content\":\"灯\"},");
    ht_buf_add_c(&body, "{\"role\":\"user\",\"content\":\"灯\"}]}");
    CHECK_EQ(parse(body.ptr, &c, &e), 0);
    CHECK_EQ(json_array_size(c.history), 20000);
    ht_chat_deinit(&c);
    ht_buf_deinit(&body);
}

static void errors_have_all_four_keys(void)
{
    ht_api_error e;
    ht_buf out = {0};
    CHECK_EQ(ht_api_fail(&e, 404, "model_not_found", "model", "no \"%s\"", "x"), 404);
    ht_api_error_json(&e, &out);
    CHECK_STR(out.ptr, "{\"error\":{\"message\":\"no \\\"x\\\"\",\"type\":\"invalid_request_error\",\"param\":\"model\",\"code\":\"model_not_found\"}}");
    ht_buf_clear(&out);
    const ht_error err = {.status = HT_NO_MEMORY, .text = ""};
    CHECK_EQ(ht_api_fail_from(&e, &err), 500);
    ht_api_error_json(&e, &out);
    CHECK_STR(out.ptr, "{\"error\":{\"message\":\"out of memory\",\"type\":\"server_error\",\"param\":null,\"code\":\"server_error\"}}");
    ht_buf_clear(&out);
    ht_api_fail(&e, 400, NULL, NULL, "%s", "cut in a \xe7\x81"); /* no whole character: still JSON */
    ht_api_error_json(&e, &out);
    json_t *o = json_loads(out.ptr, 0, NULL);
    CHECK(o != NULL && json_is_null(json_object_get(json_object_get(o, "error"), "code")));
    json_decref(o);
    const ht_error big = {.status = HT_TOO_BIG, .text = "too long"};
    CHECK_EQ(ht_api_fail_from(&e, &big), 400);
    CHECK_STR(e.code, "context_length_exceeded");
    ht_buf_deinit(&out);
}

static void writes_answers(void)
{
    const ht_chat_id id = {"chatcmpl-1", 1700000000, "hearth"};
    ht_buf out = {0};
    ht_chat_answer(&id, HT_STR("好\n\"的\""), 12, 3, &out);
    json_t *o = json_loads(out.ptr, 0, NULL), *choice = json_array_get(json_object_get(o, "choices"), 0);
    CHECK_STR(json_string_value(json_object_get(o, "object")), "chat.completion");
    CHECK_STR(json_string_value(json_object_get(json_object_get(choice, "message"), "content")), "好\n\"的\"");
    CHECK_STR(json_string_value(json_object_get(choice, "finish_reason")), "stop");
    CHECK(json_is_null(json_object_get(choice, "logprobs")));
    CHECK_EQ(json_integer_value(json_object_get(json_object_get(o, "usage"), "total_tokens")), 15);
    json_decref(o);
    ht_buf_clear(&out);
    ht_chat_chunk(&id, true, (ht_str){"", 0}, NULL, &out);
    ht_chat_chunk(&id, false, HT_STR("灯"), NULL, &out);
    ht_chat_chunk(&id, false, (ht_str){"", 0}, "stop", &out);
    ht_chat_usage_chunk(&id, 12, 3, &out);
    CHECK(strstr(out.ptr, "\"delta\":{\"role\":\"assistant\",\"content\":\"\"},\"logprobs\":null,\"finish_reason\":null}]}\n\ndata: "));
    CHECK(strstr(out.ptr, "\"delta\":{\"content\":\"灯\"}"));
    CHECK(strstr(out.ptr, "\"delta\":{},\"logprobs\":null,\"finish_reason\":\"stop\""));
    CHECK(strstr(out.ptr, "\"choices\":[],\"usage\":{\"prompt_tokens\":12,"));
    ht_buf_deinit(&out);
}

int main(int argc, char **argv)
{
    static const check_case cases[] = {
        CHECK_CASE(reads_a_conversation),
        CHECK_CASE(refuses_by_name),
        CHECK_CASE(accepts_what_clients_send_by_default),
        CHECK_CASE(survives_depth_and_size),
        CHECK_CASE(errors_have_all_four_keys),
        CHECK_CASE(writes_answers),
    };
    return check_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
