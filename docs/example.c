/* hearth from another program: completes a text, then runs the demo home.
 *
 *     cc example.c $(pkg-config --cflags --libs hearth) -o example
 *     ./example hearth-nano.gguf "打开客厅的灯"
 *
 * Without a request it only completes. tests/lib runs it against a tiny model. */
#include <hearth/hearth.h>
#include <stdio.h>
#include <string.h>

static int print_piece(void *ctx, const char *bytes, size_t n)
{
    (void)ctx;
    return fwrite(bytes, 1, n, stdout) == n; /* 0 would end the text */
}

static int complete(const char *path, const char *prompt)
{
    hearth_error err;
    hearth_model *m = hearth_model_open(path, 0, 0, &err);
    if (m == NULL)
        return fprintf(stderr, "%s\n", err.text), 1;
    const hearth_sampling sampling = {.max_tokens = 32, .temperature = 0.8f, .top_p = 0.95f, .seed = 1};
    printf("%s (hearth %s, %d tokens of context)\n%s", hearth_model_name(m), hearth_version(), hearth_model_context(m), prompt);
    char *text = hearth_complete(m, prompt, &sampling, print_piece, NULL, &err);
    printf("\n");
    if (text == NULL)
        fprintf(stderr, "%s\n", err.text);
    const int code = text == NULL;
    hearth_free(text);
    hearth_model_close(m);
    return code;
}

static int ask(const char *path, const char *request)
{
    hearth_error err;
    hearth_home *h = hearth_home_open(NULL, &err); /* NULL: the demo home; otherwise its JSON */
    hearth_assistant *a = h ? hearth_assistant_open(path, 0, &err) : NULL;
    const hearth_request where = {.area = "客厅"};
    char *answer = a ? hearth_ask(a, h, request, &where, &err) : NULL;
    if (answer != NULL)
        printf("%s\n", answer); /* {"reply": …, "calls": […], "effects": […], "changes": {…}, …} */
    else
        fprintf(stderr, "%s\n", err.text);
    const int code = answer == NULL;
    hearth_free(answer);
    hearth_assistant_close(a);
    hearth_home_close(h);
    return code;
}

int main(int argc, char **argv)
{
    if (argc < 2)
        return fprintf(stderr, "usage: %s MODEL.gguf [REQUEST]\n", argv[0]), 2;
    const int code = complete(argv[1], "Hello");
    return argc > 2 && code == 0 ? ask(argv[1], argv[2]) : code;
}
