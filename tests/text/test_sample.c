#include "check.h"
#include "text/sample.h"

/* The spans of a line: text in [] if only read, in () if predicted, a | before each branch. */
static void check_sample(const char *line, const char *want)
{
    ht_arena mem = {0};
    ht_sample s;
    ht_error err = {0};
    ht_buf got = {0};
    CHECK_OK(ht_sample_parse(ht_str_from(line), &mem, &s, &err), err);
    for (size_t i = 0; i < s.n; i++)
        ht_buf_addf(&got, "%s%c%.*s%c", s.spans[i].begins_branch ? "|" : "", s.spans[i].predicted ? '(' : '[', HT_STR_ARG(s.spans[i].text),
                    s.spans[i].predicted ? ')' : ']');
    CHECK_STR(got.ptr, want);
    ht_buf_deinit(&got);
    ht_arena_deinit(&mem);
}

static void check_refused(const char *line, const char *says)
{
    ht_arena mem = {0};
    ht_sample s;
    ht_error err = {0};
    CHECK_EQ(ht_sample_parse(ht_str_from(line), &mem, &s, &err), HT_BAD_FORMAT);
    if (strstr(err.text, says) == NULL)
        fprintf(stderr, "%s: %s\n", line, err.text);
    CHECK(strstr(err.text, says) != NULL);
    ht_arena_deinit(&mem);
}

static void kinds_of_lines(void)
{
    check_sample("{\"text\": \"一二\"}", "(一二)");
    check_sample("{\"messages\":[{\"role\":\"user\",\"content\":\"hi\"},{\"role\":\"assistant\",\"content\":\"yo\"},{\"role\":\"user\",\"content\":\"x\"}]}",
                 "[<|im_start|>user\nhi<|im_end|>\n<|im_start|>assistant\n](yo<|im_end|>)[\n<|im_start|>user\nx<|im_end|>\n]");
    check_sample("{\"messages\":[{\"role\":\"assistant\",\"tool_call\":{\"name\":\"F\",\"arguments\":{\"b\":\"灯\",\"a\":1}}},"
                 "{\"role\":\"tool\",\"content\":\"ok\"}]}",
                 "[<|im_start|>assistant\n](<tool_call>{\"name\": \"F\", \"arguments\": {\"b\": \"灯\", \"a\": 1}}</tool_call><|im_end|>)"
                 "[\n<|im_start|>user\n<tool_response>ok</tool_response><|im_end|>\n]");
    check_sample("{\"messages\":[{\"role\":\"assistant\",\"content\":null,\"tool_calls\":[{\"type\":\"function\",\"function\":"
                 "{\"name\":\"F\",\"arguments\":\"{\\\"a\\\":1}\"}}]}]}",
                 "[<|im_start|>assistant\n](<tool_call>{\"name\": \"F\", \"arguments\": {\"a\": 1}}</tool_call><|im_end|>)");
    check_sample("{\"prefix\":\"P\",\"branches\":[[[\"q\",0],[\"a\",1]],[[\"\",0],[\"r\",false],[\"s\",true]]]}", "[P]|[q](a)|[r](s)");
    check_sample("{\"prefix\":\"\",\"branches\":[[[\"q\",0],[\"a\",1]]]}", "[q](a)");
}

static void wrong_lines(void)
{
    check_refused("", "not a JSON object");
    check_refused("[1]", "another kind");
    check_refused("{\"text\": \"\"}", "none of");
    check_refused("{\"other\": 1}", "none of");
    check_refused("{\"messages\": [{\"role\":\"user\",\"content\":\"hi\"}]}", "no assistant turn");
    check_refused("{\"messages\": [{\"role\":\"robot\"}]}", "robot");
    check_refused("{\"prefix\":\"\",\"branches\":[[[\"a\",1]],[[\"b\",1]]]}", "without a prefix");
    check_refused("{\"prefix\":\"p\",\"branches\":[[[\"a\",1]],[[\"\",1]]]}", "branch 1 has no text");
    check_refused("{\"prefix\":\"p\",\"branches\":[[[\"a\"]]]}", "branch 0, span 0");
    check_refused("{\"prefix\":\"p\",\"branches\":[]}", "empty");
}

int main(int argc, char **argv)
{
    static const check_case cases[] = {
        CHECK_CASE(kinds_of_lines),
        CHECK_CASE(wrong_lines),
    };
    return check_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
