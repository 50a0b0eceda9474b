/* The public face of the library (include/hearth/hearth.h): C strings in and out, everything else is engine and assist. */
#include "hearth/hearth.h"

#include <stdio.h>
#include <stdlib.h>

#include "assist/assist.h"
#include "engine/engine.h"
#include "text/utf8.h"

struct hearth_model {
    ht_engine *engine;
    ht_buf name; /* terminated */
};

struct hearth_home {
    ht_home *home;
};

struct hearth_assistant {
    ht_assist *assist;
};

const char *hearth_version(void) { return HEARTH_VERSION; }
void hearth_free(char *text) { free(text); }

static void report(const ht_error *from, hearth_error *to)
{
    if (to != NULL)
        snprintf(to->text, sizeof to->text, "%s", from->text[0] ? from->text : ht_status_text(from->status));
}

/* The text of a buffer as a C string of its own, or NULL with *err filled. */
static char *take_text(ht_buf *b, hearth_error *err)
{
    ht_error e;
    ht_buf_add(b, "", 0); /* an empty text is a string too */
    if (!b->failed)
        return b->ptr;
    ht_fail(&e, HT_NO_MEMORY, -1, "out of memory");
    report(&e, err);
    ht_buf_deinit(b);
    return NULL;
}

/* Takes json; NULL: jansson could not make it, out of memory or of bytes that are not UTF-8. */
static char *take_json(json_t *json, hearth_error *err)
{
    char *text = json ? json_dumps(json, JSON_PRESERVE_ORDER) : NULL;
    ht_error e;
    json_decref(json);
    if (text == NULL) {
        ht_fail(&e, HT_BAD_FORMAT, -1, "cannot be said in JSON: not UTF-8, or out of memory");
        report(&e, err);
    }
    return text;
}

/* --- a model --- */

hearth_model *hearth_model_open(const char *path, unsigned n_threads, int32_t n_ctx, hearth_error *err)
{
    ht_error e = {0};
    hearth_model *m = calloc(1, sizeof *m);
    ht_status st = m ? ht_engine_open(path, n_threads, n_ctx, &m->engine, &e) : ht_fail(&e, HT_NO_MEMORY, -1, "out of memory");
    if (st == HT_OK) {
        ht_buf_add_str(&m->name, ht_engine_name(m->engine));
        if (m->name.failed)
            st = ht_fail(&e, HT_NO_MEMORY, -1, "out of memory");
    }
    if (st == HT_OK)
        return m;
    report(&e, err);
    hearth_model_close(m);
    return NULL;
}

void hearth_model_close(hearth_model *m)
{
    if (m == NULL)
        return;
    ht_engine_close(m->engine);
    ht_buf_deinit(&m->name);
    free(m);
}

const char *hearth_model_name(const hearth_model *m) { return m->name.ptr; }
int32_t hearth_model_context(const hearth_model *m) { return ht_engine_context(m->engine); }

static ht_status encode(const hearth_model *m, const char *text, int special, ht_ids *out, ht_error *e)
{
    const unsigned flags = HT_TOKENIZE_BOS | (special ? HT_TOKENIZE_SPECIAL : 0u);
    const ht_status st = ht_tokenizer_encode(ht_engine_tokenizer(m->engine), ht_str_from(text), flags, out, e);
    return st == HT_OK && out->failed ? ht_fail(e, HT_NO_MEMORY, -1, "out of memory") : st;
}

int64_t hearth_tokenize(const hearth_model *m, const char *text, int special, int32_t *ids, size_t cap, hearth_error *err)
{
    ht_error e = {0};
    ht_ids all = {0};
    int64_t n = -1;
    if (encode(m, text, special, &all, &e) == HT_OK) {
        for (size_t i = 0; i < all.n && i < cap; i++)
            ids[i] = all.ids[i];
        n = (int64_t)all.n;
    } else {
        report(&e, err);
    }
    ht_ids_deinit(&all);
    return n;
}

char *hearth_detokenize(const hearth_model *m, const int32_t *ids, size_t n, hearth_error *err)
{
    ht_buf out = {0};
    ht_tokenizer_decode(ht_engine_tokenizer(m->engine), ids, n, false, &out);
    return take_text(&out, err);
}

typedef struct {
    const ht_tokenizer *tokenizer;
    hearth_text_fn *on_text;
    void *ctx;
} listener;

static bool tell(void *ctx, int32_t id)
{
    const listener *l = ctx;
    const ht_str piece = ht_tokenizer_piece(l->tokenizer, id);
    return ht_tokenizer_is_control(l->tokenizer, id) || l->on_text(l->ctx, piece.ptr, piece.len) != 0;
}

char *hearth_complete(hearth_model *m, const char *prompt, const hearth_sampling *s, hearth_text_fn *on_text, void *ctx, hearth_error *err)
{
    static const hearth_sampling likeliest;
    ht_error e = {0};
    ht_ids in = {0}, out = {0};
    ht_completion_stats stats;
    if (s == NULL)
        s = &likeliest;
    listener l = {ht_engine_tokenizer(m->engine), on_text, ctx};
    const ht_completion c = {.sampling = {.temperature = s->temperature, .top_k = s->top_k, .top_p = s->top_p, .min_p = s->min_p,
                                          .repeat_penalty = s->repeat_penalty, .seed = s->seed},
                             .max_tokens = s->max_tokens, .on_token = on_text ? tell : NULL, .ctx = &l};
    char *text = NULL;
    ht_status st = encode(m, prompt, s->special, &in, &e);
    if (st == HT_OK)
        st = ht_engine_complete(m->engine, &in, &c, &out, &stats, &e);
    if (st == HT_OK)
        text = hearth_detokenize(m, out.ids, out.n, err);
    else
        report(&e, err);
    ht_ids_deinit(&in);
    ht_ids_deinit(&out);
    return text;
}

/* --- a home and its assistant --- */

hearth_home *hearth_home_open(const char *json, hearth_error *err)
{
    ht_error e = {0};
    json_error_t bad;
    hearth_home *h = calloc(1, sizeof *h);
    json_t *parsed = json ? json_loads(json, 0, &bad) : NULL;
    ht_status st = HT_OK;
    if (h == NULL)
        st = ht_fail(&e, HT_NO_MEMORY, -1, "out of memory");
    else if (json == NULL)
        st = ht_home_load_demo(&h->home, &e);
    else if (parsed == NULL)
        st = ht_fail(&e, HT_BAD_FORMAT, bad.position, "line %d: %s", bad.line, bad.text);
    else
        st = ht_home_from_json(parsed, &h->home, &e);
    json_decref(parsed);
    if (st == HT_OK)
        return h;
    report(&e, err);
    free(h);
    return NULL;
}

void hearth_home_close(hearth_home *h)
{
    if (h == NULL)
        return;
    ht_home_free(h->home);
    free(h);
}

char *hearth_home_json(const hearth_home *h, hearth_error *err) { return take_json(ht_home_to_json(h->home), err); }

hearth_assistant *hearth_assistant_open(const char *path, unsigned n_threads, hearth_error *err)
{
    ht_error e = {0};
    hearth_assistant *a = calloc(1, sizeof *a);
    const ht_status st = a ? ht_assist_open(path, n_threads, &a->assist, &e) : ht_fail(&e, HT_NO_MEMORY, -1, "out of memory");
    if (st == HT_OK)
        return a;
    report(&e, err);
    free(a);
    return NULL;
}

void hearth_assistant_close(hearth_assistant *a)
{
    if (a == NULL)
        return;
    ht_assist_close(a->assist);
    free(a);
}

static ht_status read_request(const char *text, const hearth_request *from, json_t **history, ht_request *out, ht_error *e)
{
    json_error_t bad;
    *history = from->history ? json_loads(from->history, 0, &bad) : NULL;
    if (from->history != NULL && !json_is_array(*history))
        return ht_fail(e, HT_BAD_FORMAT, -1, "the history is not a JSON array of {\"role\",\"content\"}");
    *out = (ht_request){.text = ht_str_from(text), .lang = ht_str_from(from->lang), .area = ht_str_from(from->area), .now_unix_s = from->now_unix_s,
                        .history = *history, .confirm_needed = from->confirm != 0};
    return ht_utf8_valid(out->text) == out->text.len ? HT_OK : ht_fail(e, HT_BAD_ARG, -1, "the request is not UTF-8");
}

char *hearth_ask(hearth_assistant *a, hearth_home *h, const char *text, const hearth_request *rq, hearth_error *err)
{
    static const hearth_request plain;
    ht_error e = {0};
    json_t *history = NULL;
    ht_request request;
    ht_response rs = {0};
    char *answer = NULL;
    ht_status st = read_request(text, rq ? rq : &plain, &history, &request, &e);
    if (st == HT_OK)
        st = ht_assist_run(a->assist, h->home, &request, NULL, NULL, &rs, &e);
    if (st == HT_OK)
        answer = take_json(ht_response_json(&rs), err);
    else
        report(&e, err);
    ht_response_deinit(&rs);
    json_decref(history);
    return answer;
}
