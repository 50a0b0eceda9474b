/* A home file, then calls on it. Input: the home's JSON up to a NUL (the demo home where it is none), then bytes that make up
 * calls: a tool, and for each of its slots whether and with what; a call that begins with '{' is taken as JSON up to a newline. */
#include <assert.h>
#include <stdlib.h>

#include "assist/execute.h"
#include "assist/reply.h"
#include "assist/tools_color.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

typedef struct {
    const uint8_t *p, *end;
} source;

static size_t take(source *s, size_t n) { return s->p < s->end ? *s->p++ % n : 0; }

static json_t *json_of(ht_str s) { return json_stringn(s.ptr ? s.ptr : "", s.len); }

/* A value that the slot's kind allows; of names, one that the home has or one that it has not. */
static json_t *slot_value(source *s, const ht_home *h, ht_slot_kind kind)
{
    double lo, hi;
    bool is_whole;
    const char *const *words = ht_slot_words(kind);
    size_t n_words = 0;
    while (words != NULL && words[n_words] != NULL)
        n_words++;
    if (n_words > 0 && (kind != HT_SLOT_VOLUME_STEP || take(s, 2)))
        return json_string(words[take(s, n_words)]);
    if (ht_slot_range(kind, &lo, &hi, &is_whole)) {
        const double x = lo + (hi - lo) * (double)take(s, 256) / 255;
        return is_whole ? json_integer((json_int_t)x) : json_real(x);
    }
    if (kind == HT_SLOT_COLOR)
        return json_string(ht_color_at(take(s, ht_color_count()))->name);
    if (kind == HT_SLOT_CLOCK)
        return json_string(take(s, 2) ? "07:30" : "23:59");
    if (kind == HT_SLOT_AREA && ht_home_area_count(h) > 0)
        return json_of(ht_home_area_at(h, take(s, ht_home_area_count(h)))->name);
    if (kind == HT_SLOT_FLOOR && ht_home_floor_count(h) > 0)
        return json_of(ht_home_floor_at(h, take(s, ht_home_floor_count(h)))->name);
    if (kind == HT_SLOT_LIST)
        return json_string(ht_home_list_at(h, take(s, ht_home_list_count(h)))->name);
    if (kind == HT_SLOT_ENTITY && ht_home_entity_count(h) > 0)
        return json_of(ht_home_entity_at(h, take(s, ht_home_entity_count(h)))->name);
    return json_string(take(s, 2) ? "milk" : "child lock");
}

static json_t *next_call(source *s, const ht_home *h)
{
    if (s->p < s->end && *s->p == '{') {
        const uint8_t *line = memchr(s->p, '\n', (size_t)(s->end - s->p));
        const size_t n = line ? (size_t)(line - s->p) : (size_t)(s->end - s->p);
        json_t *call = json_loadb((const char *)s->p, n, 0, NULL);
        s->p += n + (line != NULL);
        return call;
    }
    const ht_tool *t = ht_tool_at(take(s, ht_tool_count()));
    json_t *args = json_object();
    ht_slot slot;
    for (size_t i = 0; ht_tool_slot(t, i, &slot); i++)
        if (slot.is_required || take(s, 3) == 0)
            json_object_setn_new(args, slot.name.ptr, slot.name.len, slot_value(s, h, slot.kind));
    return json_pack("{s:s, s:o}", "name", t->name, "arguments", args);
}

/* What fails changes nothing; what is found exists; whatever came of it can be told. */
static void run_call(ht_home *h, const ht_context *cx, const json_t *call)
{
    ht_result r;
    ht_error err;
    ht_buf reply = {0};
    json_t *before = ht_home_to_json(h);
    const ht_status st = ht_execute(h, cx, call, &r, &err);
    json_t *after = ht_home_to_json(h);
    assert(before != NULL && after != NULL);
    if (st != HT_OK || r.outcome != HT_DONE)
        assert(json_equal(before, after) && r.effect == NULL);
    for (size_t i = 0; i < r.n_entities; i++)
        assert(r.entities[i] >= 0 && (size_t)r.entities[i] < ht_home_entity_count(h));
    if (st == HT_OK) {
        ht_reply(h, HT_STR("zh"), cx, &r, 1, &reply);
        assert(reply.len > 0 && !reply.failed);
        ht_reply(h, HT_STR("en"), cx, &r, 1, &reply);
    }
    ht_buf_deinit(&reply);
    json_decref(before);
    json_decref(after);
    ht_result_deinit(&r);
}

static void check_round_trip(const ht_home *h)
{
    ht_home *again;
    ht_error err;
    json_t *first = ht_home_to_json(h);
    assert(first != NULL);
    const ht_status st = ht_home_from_json(first, &again, &err);
    assert(st == HT_OK);
    json_t *second = ht_home_to_json(again);
    assert(json_equal(first, second));
    json_decref(first);
    json_decref(second);
    ht_home_free(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const uint8_t *cut = size ? memchr(data, 0, size) : NULL;
    const size_t n_home = cut ? (size_t)(cut - data) : size;
    ht_home *h = NULL;
    ht_error err;
    json_t *root = json_loadb((const char *)data, n_home, 0, NULL);
    const bool is_home = root != NULL && ht_home_from_json(root, &h, &err) == HT_OK;
    json_decref(root);
    if (!is_home && ht_home_load_demo(&h, &err) != HT_OK)
        abort();
    if (is_home)
        check_round_trip(h);
    source s = {data + n_home + (cut != NULL), data + size};
    for (int n = 0; n < 20 && s.p < s.end; n++) {
        const size_t areas = ht_home_area_count(h);
        const ht_context cx = {
            .area = (int)take(&s, areas + 1) - 1, .now_unix_s = 1795469580, .confirm_needed = take(&s, 2) == 1};
        json_t *call = next_call(&s, h);
        run_call(h, &cx, call);
        json_decref(call);
    }
    check_round_trip(h);
    ht_home_free(h);
    return 0;
}
