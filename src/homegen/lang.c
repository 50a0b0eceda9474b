#include "homegen/lang.h"

#include <math.h>
#include <stdio.h>

#include "homegen/gen.h"

/* `from>to` alternatives of a key; none where the key is missing. */
static ht_status read_swaps(ht_lang *l, const char *key, ht_swaps *out, ht_error *err)
{
    const int rule = ht_gram_find(l->g, ht_str_from(key));
    const size_t n = ht_gram_alternatives(l->g, rule);
    out->items = ht_arena_array(&l->mem, n, sizeof *out->items);
    if (out->items == NULL)
        return ht_fail(err, HT_NO_MEMORY, -1, "%s", key);
    for (size_t i = 0; i < n; i++) {
        const ht_str pair = ht_gram_plain(l->g, rule, i);
        const ptrdiff_t arrow = pair.ptr ? ht_str_find(pair, HT_STR(">"), 0) : -1;
        if (arrow <= 0)
            return ht_fail(err, HT_BAD_FORMAT, -1, "%s: \"%.*s\" is not from>to", key, HT_STR_ARG(pair));
        out->items[out->n++] = (ht_swap){{pair.ptr, (size_t)arrow}, {pair.ptr + arrow + 1, pair.len - (size_t)arrow - 1}};
    }
    return HT_OK;
}

static ht_status read_topics(ht_lang *l, const char *prefix, bool has_answer, ht_topics *out, ht_error *err)
{
    const ht_str start = ht_str_from(prefix);
    out->items = ht_arena_array(&l->mem, ht_gram_count(l->g), sizeof *out->items);
    if (out->items == NULL)
        return ht_fail(err, HT_NO_MEMORY, -1, "%s", prefix);
    for (size_t i = 0; i < ht_gram_count(l->g); i++) {
        const ht_str key = ht_gram_key(l->g, i);
        if (!ht_str_starts(key, start) || ht_str_ends(key, HT_STR(".answer")))
            continue;
        const int answer = ht_gram_findf(l->g, "%.*s.answer", HT_STR_ARG(key));
        if (has_answer && answer < 0)
            return ht_fail(err, HT_BAD_FORMAT, -1, "%.*s has no %.*s.answer", HT_STR_ARG(key), HT_STR_ARG(key));
        const float weight = sqrtf((float)ht_gram_weight(l->g, (int)i));
        out->items[out->n++] = (ht_topic){(int)i, answer, weight};
        out->total += weight;
    }
    return HT_OK;
}

static ht_status read_drops(ht_lang *l, ht_error *err)
{
    const int rule = ht_gram_find(l->g, HT_STR("noise.drop"));
    const size_t n = ht_gram_alternatives(l->g, rule);
    l->drop = ht_arena_array(&l->mem, n, sizeof *l->drop);
    if (l->drop == NULL)
        return ht_fail(err, HT_NO_MEMORY, -1, "noise.drop");
    for (size_t i = 0; i < n; i++)
        if ((l->drop[l->n_drop] = ht_gram_plain(l->g, rule, i)).ptr != NULL)
            l->n_drop++;
    return HT_OK;
}

/* Without these no home and no sentence can be made. */
static ht_status check_basics(const ht_lang *l, ht_error *err)
{
    static const char *const keys[] = {"person", "pet", "shopping_name", "list_name", "timer_name", "item", "task", "floor.noun", "area.person", "in_area",
                                       "the_area", "wrap.do", "wrap.say", "wrap.ask", "join.two", "list.two", "it.one", "it.many", "pct", "temp"};
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
        if (ht_gram_find(l->g, ht_str_from(keys[i])) < 0)
            return ht_fail(err, HT_BAD_FORMAT, -1, "no key \"%s\" (data/homegen/KEYS.md says what it is)", keys[i]);
    for (int i = 0; i < HT_ROOM_COUNT; i++)
        if (ht_gram_findf(l->g, "area.%s", ht_room_names[i]) < 0)
            return ht_fail(err, HT_BAD_FORMAT, -1, "no key \"area.%s\"", ht_room_names[i]);
    return HT_OK;
}

ht_status ht_lang_open(const char *dir, bool is_zh, ht_lang *out, ht_error *err)
{
    *out = (ht_lang){.is_zh = is_zh};
    char path[4096];
    if ((size_t)snprintf(path, sizeof path, "%s/%s", dir, is_zh ? "zh" : "en") >= sizeof path)
        return ht_fail(err, HT_TOO_BIG, -1, "%.100s…: path too long", dir);
    ht_status st = ht_gram_load(path, &out->g, err);
    if (st == HT_OK)
        st = check_basics(out, err);
    if (st == HT_OK)
        st = read_swaps(out, "noise.confuse", &out->confuse, err);
    if (st == HT_OK)
        st = read_swaps(out, "noise.contract", &out->contract, err);
    if (st == HT_OK)
        st = read_swaps(out, "noise.swap", &out->swap, err);
    if (st == HT_OK)
        st = read_swaps(out, "noise.typo", &out->typo, err);
    if (st == HT_OK)
        st = read_drops(out, err);
    if (st == HT_OK)
        st = read_topics(out, "chat.", true, &out->chat, err);
    if (st == HT_OK)
        st = read_topics(out, "beyond.", false, &out->beyond, err);
    return st;
}

void ht_lang_close(ht_lang *l)
{
    ht_gram_free(l->g);
    ht_arena_deinit(&l->mem);
    *l = (ht_lang){0};
}

static size_t want(const ht_lang *l, ht_buf *out, const char *key)
{
    if (ht_gram_find(l->g, ht_str_from(key)) >= 0)
        return 0;
    ht_buf_addf(out, "missing: %s\n", key);
    return 1;
}

size_t ht_lang_missing(const ht_lang *l, ht_buf *out)
{
    size_t n = 0;
    char key[96];
    for (size_t i = 0; i < ht_thing_count(); i++) {
        static const char *const forms[][2] = {{"name.", ""}, {"kind.", ".one"}, {"kind.", ".many"}};
        const char *thing = ht_thing_at(i)->key;
        const bool named_elsewhere = strcmp(thing, "person") == 0 || strcmp(thing, "todo") == 0;
        for (size_t k = named_elsewhere ? 1 : 0; k < sizeof forms / sizeof forms[0]; k++) {
            snprintf(key, sizeof key, "%s%s%s", forms[k][0], thing, forms[k][1]);
            n += want(l, out, key);
        }
    }
    for (size_t i = 0; i < HT_SCHEME_LIST; i++)
        for (int bare = 0; bare < 2; bare++) {
            snprintf(key, sizeof key, "%s.%s", bare ? "bare" : "target", ht_scheme_names[i]);
            n += want(l, out, key);
        }
    for (size_t i = 0; i < ht_act_count(); i++) {
        const char *act = ht_act_at(i)->key;
        if (ht_gram_findf(l->g, "do.%s", act) >= 0 || ht_gram_findf(l->g, "say.%s", act) >= 0)
            continue;
        ht_buf_addf(out, "missing: do.%s or say.%s\n", act, act);
        n++;
    }
    return n;
}
