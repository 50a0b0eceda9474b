#include "train/config.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>

/* One object being read; the first fault sticks. */
typedef struct {
    json_t *object;
    const char *path;
    ht_error *err;
    ht_status st;
    size_t n_used; /* keys that were asked for and present */
} reader;

static void fault(reader *r, const char *key, const char *wants)
{
    if (r->st == HT_OK)
        r->st = ht_fail(r->err, HT_BAD_FORMAT, -1, "%s: \"%s\" %s", r->path, key, wants);
}

static json_t *get(reader *r, const char *key)
{
    json_t *v = json_object_get(r->object, key);
    r->n_used += v != NULL;
    return v;
}

static double number(reader *r, const char *key, double otherwise, double lo, double hi)
{
    json_t *v = get(r, key);
    char wants[96];
    if (v == NULL)
        return otherwise;
    const double x = json_number_value(v);
    if (!json_is_number(v) || !(x >= lo && x <= hi)) {
        snprintf(wants, sizeof wants, "must be a number from %g to %g", lo, hi);
        fault(r, key, wants);
        return otherwise;
    }
    return x;
}

static uint64_t whole(reader *r, const char *key, uint64_t otherwise, double lo, double hi)
{
    const double x = number(r, key, (double)otherwise, lo, hi);
    if (x != floor(x))
        fault(r, key, "must be a whole number");
    return (uint64_t)x;
}

static void text(reader *r, const char *key, char *out, size_t size, bool is_needed)
{
    json_t *v = get(r, key);
    if (v == NULL) {
        if (is_needed)
            fault(r, key, "is missing");
        return;
    }
    const char *s = json_string_value(v);
    if (s == NULL || json_string_length(v) >= size || json_string_length(v) != strlen(s))
        fault(r, key, "must be a text of reasonable length");
    else
        snprintf(out, size, "%s", s);
}

static bool choice(reader *r, const char *key, const char *yes, const char *no, bool otherwise)
{
    char s[32] = "", wants[96];
    text(r, key, s, sizeof s, false);
    if (s[0] == '\0')
        return otherwise;
    if (strcmp(s, yes) != 0 && strcmp(s, no) != 0) {
        snprintf(wants, sizeof wants, "must be \"%s\" or \"%s\"", yes, no);
        fault(r, key, wants);
    }
    return strcmp(s, yes) == 0;
}

static void no_others(reader *r)
{
    static const char *const known[] = {
        "name", "out", "model", "tokenizer", "data", "eval", "eval_every", "eval_tokens", "init_from", "epochs", "steps", "tokens", "minutes",
        "batch_tokens", "micro_tokens", "optimizer", "lr", "warmup", "schedule", "lr_floor", "decay_share", "weight_decay", "beta1",
        "beta2", "momentum", "clip", "seed", "precision", "save_minutes", "export_each", "export_type", "n_layer", "d_model", "n_head",
        "n_kv_head", "d_head", "d_ff", "n_ctx", "rope_base", "norm_eps", "path", "weight"};
    if (r->n_used == json_object_size(r->object))
        return;
    const char *key;
    json_t *v;
    json_object_foreach(r->object, key, v)
    {
        bool is_known = false;
        for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
            is_known |= strcmp(key, known[i]) == 0;
        if (!is_known)
            fault(r, key, "is not a key that training knows");
    }
    fault(r, "?", "one of the keys stands in the wrong place");
}

static void read_model(reader *top, ht_net_shape *s)
{
    reader r = {.object = get(top, "model"), .path = top->path, .err = top->err};
    if (!json_is_object(r.object)) {
        fault(top, "model", "must be an object with n_layer, d_model, …");
        return;
    }
    s->n_layer = (uint32_t)whole(&r, "n_layer", 8, 1, 256);
    s->d_model = (uint32_t)whole(&r, "d_model", 256, 2, 16384);
    s->n_head = (uint32_t)whole(&r, "n_head", 4, 1, 512);
    s->n_kv_head = (uint32_t)whole(&r, "n_kv_head", s->n_head, 1, 512);
    s->d_head = (uint32_t)whole(&r, "d_head", s->n_head ? s->d_model / s->n_head : 0, 2, 512);
    s->d_ff = (uint32_t)whole(&r, "d_ff", (s->d_model * 8 / 3 + 31) / 32 * 32, 2, 65536);
    s->n_ctx = (uint32_t)whole(&r, "n_ctx", 512, 2, 1 << 20);
    s->rope_base = (float)number(&r, "rope_base", 10000, 2, 1e9);
    s->norm_eps = (float)number(&r, "norm_eps", 1e-6, 1e-12, 0.1);
    no_others(&r);
    if (r.st != HT_OK)
        top->st = r.st;
}

static void read_data(reader *top, ht_train_config *c)
{
    json_t *list = get(top, "data"), *v;
    size_t i;
    if (!json_is_array(list) || json_array_size(list) < 1 || json_array_size(list) > HT_FEED_MAX_SHARDS) {
        fault(top, "data", "must be a list of 1 … 64 objects {\"path\", \"weight\"}");
        return;
    }
    json_array_foreach(list, i, v)
    {
        reader r = {.object = v, .path = top->path, .err = top->err};
        text(&r, "path", c->data[i].path, HT_TRAIN_PATH, true);
        c->data[i].weight = number(&r, "weight", 0, 1e-9, 1e9);
        no_others(&r);
        if (r.st != HT_OK && top->st == HT_OK)
            top->st = r.st;
    }
    c->n_data = (unsigned)json_array_size(list);
}

static void read_top(reader *r, ht_train_config *c)
{
    snprintf(c->name, sizeof c->name, "hearth");
    text(r, "name", c->name, sizeof c->name, false);
    text(r, "out", c->out, sizeof c->out - 32, true); /* room for the files' names */
    text(r, "tokenizer", c->tokenizer, sizeof c->tokenizer, true);
    text(r, "eval", c->eval, sizeof c->eval, false);
    text(r, "init_from", c->init_from, sizeof c->init_from, false);
    read_model(r, &c->shape);
    read_data(r, c);
    c->steps = whole(r, "steps", 0, 1, 1e12);
    c->tokens = whole(r, "tokens", 0, 1, 1e15);
    c->epochs = number(r, "epochs", 0, 1e-6, 1e6);
    c->minutes = number(r, "minutes", 0, 1e-3, 1e6);
    if (c->steps == 0 && c->tokens == 0 && c->epochs <= 0 && c->minutes <= 0)
        fault(r, "steps", "(or \"tokens\", \"epochs\", \"minutes\") is missing: when shall training end?");
    c->batch_tokens = (uint32_t)whole(r, "batch_tokens", 16384, 16, 1 << 26);
    c->micro_tokens = (uint32_t)whole(r, "micro_tokens", c->batch_tokens < 16384 ? c->batch_tokens : 16384, 16, 1 << 22);
    c->micro_tokens = c->micro_tokens < c->batch_tokens ? c->micro_tokens : c->batch_tokens;
    c->optim.is_muon = choice(r, "optimizer", "muon", "adamw", false);
    c->optim.beta1 = (float)number(r, "beta1", 0.9, 0, 0.9999);
    c->optim.beta2 = (float)number(r, "beta2", 0.95, 0, 0.99999);
    c->optim.eps = 1e-8f;
    c->optim.decay = (float)number(r, "weight_decay", 0.1, 0, 10);
    c->optim.momentum = (float)number(r, "momentum", 0.95, 0, 0.9999);
    c->optim.clip = (float)number(r, "clip", 1.0, 0, 1e9);
    c->lr = (float)number(r, "lr", 1e-3, 1e-9, 10);
    c->warmup = whole(r, "warmup", 100, 0, 1e9);
    c->is_wsd = choice(r, "schedule", "wsd", "cosine", false);
    c->lr_floor = (float)number(r, "lr_floor", 0.1, 0, 1);
    c->decay_share = (float)number(r, "decay_share", 0.2, 0.001, 1);
    c->seed = whole(r, "seed", 1, 0, 9e15);
    c->eval_every = whole(r, "eval_every", 200, 1, 1e12);
    c->eval_tokens = whole(r, "eval_tokens", 200000, 1, 1e12);
    c->save_minutes = number(r, "save_minutes", 5, 0.01, 1e6);
    c->wants_f32 = choice(r, "precision", "f32", "bf16", false);
    c->export_bf16 = choice(r, "export_type", "bf16", "f32", false);
    c->export_each = json_is_true(get(r, "export_each"));
    no_others(r);
}

ht_status ht_train_config_read(const char *path, ht_train_config *out, ht_error *err)
{
    *out = (ht_train_config){0};
    ht_buf text_of_file = {0};
    ht_status st = ht_file_read(path, 1 << 20, &text_of_file, err);
    if (st == HT_OK) {
        json_error_t je;
        reader r = {.path = path, .err = err, .object = json_loadb(text_of_file.ptr, text_of_file.len, JSON_REJECT_DUPLICATES, &je)};
        if (r.object == NULL)
            st = ht_fail(err, HT_BAD_FORMAT, je.position, "%s: line %d: %s", path, je.line, je.text);
        else if (!json_is_object(r.object))
            st = ht_fail(err, HT_BAD_FORMAT, 0, "%s: must hold one JSON object (see `hearth train --help`)", path);
        else {
            read_top(&r, out);
            st = r.st;
        }
        json_decref(r.object);
    }
    ht_buf_deinit(&text_of_file);
    return st;
}

float ht_train_lr(const ht_train_config *c, uint64_t step, double progress)
{
    const double p = progress < 0 ? 0 : progress > 1 ? 1 : progress, start = 1.0 - (double)c->decay_share, floor_share = (double)c->lr_floor;
    double share;
    if (c->is_wsd)
        share = p <= start ? 1.0 : 1.0 - (1.0 - floor_share) * (p - start) / (double)c->decay_share;
    else
        share = floor_share + (1.0 - floor_share) * 0.5 * (1.0 + cos(M_PI * p));
    const double warm = c->warmup > 0 && step < c->warmup ? (double)step / (double)c->warmup : 1.0;
    return c->lr * (float)(share * warm);
}
