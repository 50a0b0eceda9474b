/* Shopping and to-do lists, announcements, and taking a request back. */
#include <stdio.h>

#include "homegen/gen.h"

enum { DO_SAY = 1u << HT_STYLE_DO | 1u << HT_STYLE_SAY };

static void set_text(json_t *args, const char *slot, ht_str s) { json_object_set_new(args, slot, json_stringn(s.ptr, s.len)); }

/* A new thing for a list, or one that stands on it; ptr NULL if there is none. */
static ht_str some_item(ht_gen *x, const ht_list *l, bool is_new, const char *key)
{
    if (is_new)
        return ht_gen_word(x, key);
    if (l->n_items == 0)
        return (ht_str){NULL, 0};
    return ht_str_from(l->items[ht_rng_below(x->rng, (uint32_t)l->n_items)].text);
}

bool ht_wish_list(ht_gen *x, ht_wish *w)
{
    static const char *const ends[] = {"add", "done", "remove"};
    static const char *const tools[] = {"Add", "Complete", "Remove"};
    const size_t n = ht_home_list_count(x->w->home);
    if (n == 0)
        return false;
    const ht_list *l = ht_home_list_at(x->w->home, ht_rng_chance(x->rng, 0.35f) ? 0 : ht_rng_below(x->rng, (uint32_t)n));
    const bool shopping = strcmp(l->id, "shopping_list") == 0;
    const uint32_t what = ht_rng_chance(x->rng, 0.6f) ? 0 : 1 + ht_rng_below(x->rng, 2);
    char key[32], tool[48];
    snprintf(key, sizeof key, "%s_%s", shopping ? "shop" : "list", ends[what]);
    snprintf(tool, sizeof tool, "Hass%sList%sItem", shopping ? "Shopping" : "", tools[what]);
    static const char *const acts[2][3] = {{"list_add", "list_done", "list_remove"}, {"shop_add", "shop_done", "shop_remove"}};
    ht_wish_start(x, w, acts[shopping][what]);
    const ht_str item = some_item(x, l, what == 0, shopping || ht_rng_chance(x->rng, 0.3f) ? "item" : "task");
    if (item.ptr == NULL)
        return false;
    const ht_str kept = ht_gen_keep(x, HT_VAR_item, item);
    ht_gen_set(x, HT_VAR_list, ht_gen_textf(x, "%s", l->name));
    if (!ht_gen_say(x, w, DO_SAY, key, NULL, NULL))
        return false;
    json_t *args = json_object();
    if (!shopping)
        json_object_set_new(args, "name", json_string(l->name));
    set_text(args, "item", kept);
    ht_wish_call(w, tool, args);
    return true;
}

bool ht_wish_say_all(ht_gen *x, ht_wish *w)
{
    if (ht_rng_chance(x->rng, 0.35f)) {
        ht_wish_start(x, w, "nevermind");
        ht_wish_call(w, "HassNevermind", NULL);
        return ht_gen_say(x, w, DO_SAY, "nevermind", NULL, NULL);
    }
    ht_wish_start(x, w, "broadcast");
    const ht_str message = ht_gen_word(x, "message");
    if (message.ptr == NULL)
        return false;
    json_t *args = json_object();
    set_text(args, "message", ht_gen_keep(x, HT_VAR_message, message));
    ht_wish_call(w, "HassBroadcast", args);
    return ht_gen_say(x, w, DO_SAY, "broadcast", NULL, NULL);
}
