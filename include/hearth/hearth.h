/* hearth as a library: a model file that completes texts, and the assistant that runs a home with it.
 *
 *     hearth_error err;
 *     hearth_assistant *a = hearth_assistant_open("hearth-nano.gguf", 0, &err);
 *     hearth_home *h = hearth_home_open(home_json, &err);         (data/demo_home.json shows the form)
 *     char *answer = hearth_ask(a, h, "打开客厅的灯", NULL, &err);  ({"reply","calls","effects","changes", …})
 *
 * docs/example.c is a whole program; link with `pkg-config --libs hearth`.
 *
 * Texts are UTF-8 and NUL-terminated. A call that fails returns NULL or -1 and fills *err with one line for a person; err may be
 * NULL. Texts returned as char * are the caller's: hearth_free. Objects are not for two threads at once; different ones are
 * independent. All _close functions and hearth_free take NULL. */
#ifndef HEARTH_HEARTH_H
#define HEARTH_HEARTH_H
#include <stddef.h>
#include <stdint.h>

#if defined(__GNUC__)
#define HEARTH_API __attribute__((visibility("default")))
#else
#define HEARTH_API
#endif

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
    char text[256];
} hearth_error;

/* "0.1.0"; static. */
HEARTH_API const char *hearth_version(void);
HEARTH_API void hearth_free(char *text);

/* --- a model that completes texts --- */

typedef struct hearth_model hearth_model;

/* Opens a GGUF file. n_threads 0 = one a core; n_ctx: tokens of context, 0 = what the model was trained for, at most 4096. */
HEARTH_API hearth_model *hearth_model_open(const char *path, unsigned n_threads, int32_t n_ctx, hearth_error *err);
HEARTH_API void hearth_model_close(hearth_model *m);
/* The name that the file gives itself, or the file's; borrowed until close. */
HEARTH_API const char *hearth_model_name(const hearth_model *m);
/* Tokens of context. */
HEARTH_API int32_t hearth_model_context(const hearth_model *m);

/* The token ids of text, as many of them as cap holds, in ids (may be NULL if cap is 0). special: whether texts such as
 * "<|im_start|>" are control tokens. Returns how many there are in all, or -1. */
HEARTH_API int64_t hearth_tokenize(const hearth_model *m, const char *text, int special, int32_t *ids, size_t cap, hearth_error *err);
/* The visible text of n ids; ids out of range count as nothing. */
HEARTH_API char *hearth_detokenize(const hearth_model *m, const int32_t *ids, size_t n, hearth_error *err);

/* How to choose tokens. All zero = always the likeliest, to the end of the context. */
typedef struct {
    int32_t max_tokens;   /* 0 = until the model ends or the context is full */
    float temperature;    /* 0 … 100; 0: always the likeliest */
    int32_t top_k;        /* keep the k likeliest; 0: all */
    float top_p;          /* keep the likeliest that reach p together; 0: all */
    float min_p;          /* keep those with at least p times the likeliest's probability; 0: all */
    float repeat_penalty; /* 0 or 1: none */
    uint64_t seed;        /* the same seed gives the same text */
    int special;          /* as for hearth_tokenize, of the prompt */
} hearth_sampling;

/* Called with each token's bytes as it is chosen (n of them, not terminated; may be a part of a character); returning 0 ends
 * the text there. */
typedef int hearth_text_fn(void *ctx, const char *bytes, size_t n);

/* What follows prompt. s NULL = all zero; on_text may be NULL. A prompt that begins as the last one did is not computed
 * again where it agrees. */
HEARTH_API char *hearth_complete(hearth_model *m, const char *prompt, const hearth_sampling *s, hearth_text_fn *on_text, void *ctx,
                                 hearth_error *err);

/* --- a home, and the assistant that runs it --- */

typedef struct hearth_home hearth_home;
typedef struct hearth_assistant hearth_assistant;

/* Reads a home from JSON: {"id","lang","floors","areas","entities":[{"id","name","area","state","attributes"}],"timers","lists"},
 * entities as Home Assistant models them. json NULL: the demo home. */
HEARTH_API hearth_home *hearth_home_open(const char *json, hearth_error *err);
HEARTH_API void hearth_home_close(hearth_home *h);
/* The home as it is now, in the form that hearth_home_open reads. */
HEARTH_API char *hearth_home_json(const hearth_home *h, hearth_error *err);

/* Opens a model file that was trained for homes (models/hearth-nano.gguf). n_threads 0 = one a core. */
HEARTH_API hearth_assistant *hearth_assistant_open(const char *path, unsigned n_threads, hearth_error *err);
HEARTH_API void hearth_assistant_close(hearth_assistant *a);

/* All optional; NULL or zero = none. */
typedef struct {
    const char *area;    /* where the speaker is: a name or alias; unknown ones count as none */
    const char *lang;    /* of the reply, "zh-CN" or "en"; none: that of the request */
    const char *history; /* JSON, [{"role":"user"|"assistant","content",…}], what was said before, oldest first */
    int64_t now_unix_s;  /* 0 = now */
    int confirm;         /* 1: ask back before unlocking, opening a garage door or valve, disarming */
} hearth_request;

/* Answers text and changes h as asked. The answer is a JSON object, {"reply","calls":[{"name","arguments"}],"effects":[{"action",
 * "entities","args"}],"changes":{entity:{"state","attributes"}},"asked_back","refused","ms"}. rq may be NULL. */
HEARTH_API char *hearth_ask(hearth_assistant *a, hearth_home *h, const char *text, const hearth_request *rq, hearth_error *err);

#ifdef __cplusplus
}
#endif
#endif
