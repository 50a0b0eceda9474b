/* The public library, through its header alone, on a tiny random model with a byte-level vocabulary.
 * `test_lib_hearth --write FILE` leaves that model behind, for docs/example.c. */
#include <hearth/hearth.h>

#include "../model/tiny_model.h"

#include <jansson.h>
#include <unistd.h>

#include "text/byte_alphabet.h"

enum { N_VOCAB = 261 };

/* Writes the model; bytes are the ids 0 … 255. */
static void write_model(const char *path)
{
    static const tiny_config config = {.arch = "qwen3", .n_layer = 2, .d_model = 64, .n_head = 2, .n_kv_head = 1, .d_head = 32, .d_ff = 64,
                                       .n_vocab = N_VOCAB, .n_rot = 32, .rope_base = 10000, .rope_scale = 1, .eps = 1e-6, .type = HT_F32,
                                       .seed = 4, .n_ctx = 4096, .tied = true};
    static const char *const more[] = {"<|im_start|>", "<|im_end|>", "<tool_call>", "</tool_call>", "<|endoftext|>"};
    ht_buf bytes[256] = {0};
    ht_str tokens[N_VOCAB];
    int32_t types[N_VOCAB];
    for (int i = 0; i < N_VOCAB; i++) {
        const char c = (char)i;
        if (i < 256)
            ht_byte_alphabet_encode((ht_str){&c, 1}, &bytes[i]);
        tokens[i] = i < 256 ? ht_buf_str(&bytes[i]) : ht_str_from(more[i - 256]);
        types[i] = i < 256 ? 1 : i == 258 || i == 259 ? 4 : 3;
    }
    tiny_model t;
    ht_error err = {0};
    tiny_begin(&t, config);
    ht_gguf_writer_str(t.w, "general.name", HT_STR("tiny"));
    ht_gguf_writer_str(t.w, "tokenizer.ggml.model", HT_STR("gpt2"));
    ht_gguf_writer_str(t.w, "tokenizer.ggml.pre", HT_STR("qwen2"));
    ht_gguf_writer_strs(t.w, "tokenizer.ggml.tokens", tokens, N_VOCAB);
    ht_gguf_writer_i32s(t.w, "tokenizer.ggml.token_type", types, N_VOCAB);
    ht_gguf_writer_strs(t.w, "tokenizer.ggml.merges", NULL, 0);
    ht_gguf_writer_u32(t.w, "tokenizer.ggml.eos_token_id", 257);
    CHECK_OK(ht_gguf_writer_write(t.w, path, &err), err);
    tiny_free(&t);
    for (int i = 0; i < 256; i++)
        ht_buf_deinit(&bytes[i]);
}

static char *model_path(void)
{
    static char path[64];
    snprintf(path, sizeof path, "/tmp/hearth-test-%ld.gguf", (long)getpid());
    write_model(path);
    return path;
}

static hearth_model *open_model(void)
{
    hearth_error err;
    char *path = model_path();
    hearth_model *m = hearth_model_open(path, 1, 256, &err);
    unlink(path); /* stays mapped */
    if (m == NULL)
        fprintf(stderr, "%s\n", err.text);
    CHECK_REQUIRE(m != NULL);
    return m;
}

static void tokenizes(void)
{
    hearth_model *m = open_model();
    hearth_error err;
    int32_t ids[8] = {0};
    CHECK_STR(hearth_model_name(m), "tiny");
    CHECK_EQ(hearth_model_context(m), 256);
    CHECK_EQ(hearth_tokenize(m, "ab", 0, ids, 8, &err), 2);
    CHECK(ids[0] == 'a' && ids[1] == 'b');
    CHECK_EQ(hearth_tokenize(m, "灯", 0, NULL, 0, &err), 3);
    CHECK_EQ(hearth_tokenize(m, "<|im_end|>", 1, ids, 8, &err), 1);
    CHECK_EQ(ids[0], 257);
    CHECK_EQ(hearth_tokenize(m, "<|im_end|>", 0, ids, 2, &err), 10);
    char *text = hearth_detokenize(m, (int32_t[]){'h', 'i', 257, 99999}, 4, &err), *none = hearth_detokenize(m, NULL, 0, &err);
    CHECK_STR(text, "hi");
    CHECK_STR(none, "");
    hearth_free(text);
    hearth_free(none);
    hearth_model_close(m);
}

typedef struct {
    char text[256];
    size_t n, stop_after;
} heard;

static int listen_to(void *ctx, const char *bytes, size_t n)
{
    heard *h = ctx;
    memcpy(h->text + h->n, bytes, n);
    h->n += n;
    return h->n < h->stop_after;
}

static void completes(void)
{
    hearth_model *m = open_model();
    hearth_error err = {0};
    heard h = {.stop_after = 256};
    const hearth_sampling warm = {.max_tokens = 20, .temperature = 1.5f, .seed = 7};
    char *first = hearth_complete(m, "hello", &warm, listen_to, &h, &err), *second = hearth_complete(m, "hello", &warm, NULL, NULL, &err);
    CHECK(first != NULL && strlen(first) > 0 && h.n == strlen(first) && memcmp(first, h.text, h.n) == 0);
    CHECK_STR(second, first); /* the same seed, and a cache from before */
    hearth_free(first);
    hearth_free(second);

    h = (heard){.stop_after = 3};
    first = hearth_complete(m, "hello", &(hearth_sampling){.max_tokens = 20}, listen_to, &h, &err);
    CHECK_EQ(h.n, 3);
    hearth_free(first);
    first = hearth_complete(m, "hello", &(hearth_sampling){.temperature = -1}, NULL, NULL, &err);
    CHECK(first == NULL && strstr(err.text, "temperature") != NULL);
    char lengthy[400];
    memset(lengthy, 'x', sizeof lengthy - 1);
    lengthy[sizeof lengthy - 1] = '\0';
    CHECK(hearth_complete(m, lengthy, NULL, NULL, NULL, &err) == NULL && strstr(err.text, "context") != NULL);
    CHECK(hearth_complete(m, "", NULL, NULL, NULL, NULL) == NULL);
    hearth_model_close(m);
}

/* Whatever a random model says: the answer has the shape of the contract, and its calls are tools that exist. */
static void assistant_answers_in_json(void)
{
    hearth_error err = {0};
    char *path = model_path();
    hearth_assistant *a = hearth_assistant_open(path, 1, &err);
    hearth_home *h = hearth_home_open(NULL, &err);
    unlink(path);
    if (a == NULL || h == NULL)
        fprintf(stderr, "%s\n", err.text);
    CHECK_REQUIRE(a != NULL && h != NULL);
    const hearth_request rq = {.area = "客厅", .history = "[{\"role\":\"user\",\"content\":\"hi\"},{\"role\":\"assistant\",\"content\":\"hi\"}]", .confirm = 1};
    char *text = hearth_ask(a, h, "打开客厅的灯", &rq, &err);
    if (text == NULL)
        fprintf(stderr, "%s\n", err.text);
    CHECK_REQUIRE(text != NULL);
    json_t *answer = json_loads(text, 0, NULL);
    CHECK(json_is_string(json_object_get(answer, "reply")) && json_is_array(json_object_get(answer, "calls")));
    CHECK(json_is_array(json_object_get(answer, "effects")) && json_is_object(json_object_get(answer, "changes")));
    CHECK(json_is_boolean(json_object_get(answer, "asked_back")) && json_is_boolean(json_object_get(answer, "refused")));
    CHECK(json_number_value(json_object_get(answer, "ms")) > 0);
    json_decref(answer);
    hearth_free(text);
    CHECK(hearth_ask(a, h, "hi", &(hearth_request){.history = "{}"}, &err) == NULL && strstr(err.text, "history") != NULL);
    CHECK(hearth_ask(a, h, " ", NULL, &err) == NULL && strstr(err.text, "empty") != NULL);
    CHECK(hearth_ask(a, h, "\xff", NULL, &err) == NULL && strstr(err.text, "UTF-8") != NULL);
    hearth_assistant_close(a);
    hearth_home_close(h);
}

static void home_comes_back(void)
{
    hearth_error err = {0};
    hearth_home *h = hearth_home_open("{\"id\":\"x\",\"lang\":\"en\",\"areas\":[{\"name\":\"Hall\"}],\"entities\":[{\"id\":\"light.hall\","
                                      "\"name\":\"Hall light\",\"area\":\"Hall\",\"state\":\"on\",\"attributes\":{\"brightness\":9}}]}", &err);
    CHECK_REQUIRE(h != NULL);
    char *text = hearth_home_json(h, &err);
    hearth_home *again = hearth_home_open(text, &err);
    char *text2 = again ? hearth_home_json(again, &err) : NULL;
    CHECK(strstr(text, "light.hall") != NULL);
    CHECK_STR(text2, text);
    hearth_free(text);
    hearth_free(text2);
    hearth_home_close(h);
    hearth_home_close(again);
    CHECK(hearth_home_open("{", &err) == NULL && strncmp(err.text, "line 1", 6) == 0);
    CHECK(hearth_home_open("[]", &err) == NULL && err.text[0] != '\0');
}

static void errors_are_told(void)
{
    hearth_error err = {0};
    CHECK(hearth_model_open("/nonexistent/x.gguf", 1, 0, &err) == NULL && strstr(err.text, "/nonexistent/x.gguf") != NULL);
    CHECK(hearth_assistant_open("/nonexistent/x.gguf", 1, &err) == NULL && strstr(err.text, "/nonexistent/x.gguf") != NULL);
    CHECK(hearth_model_open("/nonexistent/x.gguf", 1, 0, NULL) == NULL);
    hearth_model_close(NULL);
    hearth_home_close(NULL);
    hearth_assistant_close(NULL);
    hearth_free(NULL);
    CHECK(strchr(hearth_version(), '.') != NULL);
}

int main(int argc, char **argv)
{
    static const check_case cases[] = {
        CHECK_CASE(tokenizes),
        CHECK_CASE(completes),
        CHECK_CASE(assistant_answers_in_json),
        CHECK_CASE(home_comes_back),
        CHECK_CASE(errors_are_told),
    };
    if (argc == 3 && strcmp(argv[1], "--write") == 0)
        return write_model(argv[2]), check_failures;
    return check_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
