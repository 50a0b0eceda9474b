/* Second turns: the same for another room, a correction, a little more, undoing, answers to "which one?". */
#include <stdio.h>

#include "homegen/gen.h"

static const char *const target_slots[] = {"name", "area", "floor", "domain", "device_class"};

static json_t *first_args(const ht_wish *w)
{
    return json_object_get(json_array_get(w->calls, 0), "arguments");
}

/* "" for a spoken answer. */
static const char *first_tool(const ht_wish *w)
{
    const char *name = json_string_value(json_object_get(json_array_get(w->calls, 0), "name"));
    return name ? name : "";
}

/* The part of a call's arguments that says what (targets) or how (not targets). New reference. */
static json_t *part_of(const json_t *args, bool targets)
{
    json_t *part = json_object();
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)args, key, value)
    {
        bool is_target = false;
        for (size_t i = 0; i < sizeof target_slots / sizeof target_slots[0]; i++)
            is_target |= strcmp(key, target_slots[i]) == 0;
        if (is_target == targets)
            json_object_set(part, key, value);
    }
    return part;
}

static bool say(ht_gen *x, ht_wish *w, const char *key)
{
    const bool ok = ht_gram_expand(x->lang->g, x->rng, ht_gram_findf(x->lang->g, "follow.%s", key), &x->vars, &w->text);
    ht_gram_tidy(&w->text);
    return ok && w->text.len > 0;
}

/* The calls of the first turn with another tool or other arguments after the target; takes args. */
static void same_targets(const ht_wish *first, ht_wish *w, const char *tool, json_t *take_args)
{
    for (size_t i = 0; i < json_array_size(first->calls); i++) {
        json_t *all = part_of(json_object_get(json_array_get(first->calls, i), "arguments"), true);
        json_object_update(all, take_args);
        ht_wish_call(w, tool, all);
    }
    json_decref(take_args);
}

static void set_it(ht_gen *x, const ht_wish *first)
{
    ht_gen_set_rule(x, HT_VAR_it, ht_gram_findf(x->lang->g, first->target.is_many ? "it.many" : "it.one"));
}

/* The first call again, on another room ("and the hall too") or another device. */
static bool elsewhere(ht_gen *x, const ht_wish *first, ht_wish *w, const char *area_key, const char *name_key)
{
    const bool by_area = json_object_get(first_args(first), "area") != NULL && json_object_get(first_args(first), "name") == NULL;
    const int thing = first->target.thing;
    if (thing < 0 || json_array_size(first->calls) != 1)
        return false;
    json_t *slots = NULL;
    if (by_area) {
        const size_t n = ht_home_area_count(x->w->home);
        const int area = n ? (int)ht_rng_below(x->rng, (uint32_t)n) : -1;
        if (area < 0 || area == first->target.area || ht_gen_count(x, thing, area) == 0)
            return false;
        ht_gen_kind(x, thing);
        slots = ht_gen_place_slots(x, thing, area, -1);
        if (slots != NULL && json_object_get(first_args(first), "domain") == NULL) {
            json_object_del(slots, "domain");
            json_object_del(slots, "device_class");
        }
        w->target.area = area;
    } else {
        const int entity = ht_gen_entity(x, ht_thing_at((size_t)thing)->key);
        if (entity < 0 || entity == first->target.entity || !ht_target_choose(x, entity, 1u << HT_SCHEME_NAME | 1u << HT_SCHEME_PROPER, &w->target))
            return false;
        slots = json_copy(w->target.slots[0]);
    }
    if (slots == NULL)
        return false;
    json_t *rest = part_of(first_args(first), false);
    json_object_update(slots, rest);
    json_decref(rest);
    w->target.thing = thing;
    ht_wish_call(w, first_tool(first), slots);
    return say(x, w, by_area ? area_key : name_key) && !ht_target_conflicts(x, &w->target, ht_buf_str(&w->text));
}

static const char *opposite(const char *act)
{
    static const struct {
        const char *act, *follow;
    } pairs[] = {{"turn_on", "off"}, {"turn_off", "on"}, {"open", "close"}, {"close", "open"}, {"brightness", "off"}, {"color", "off"},
                 {"position", "close"}, {"fan_speed", "off"}, {"set_temp", "off"}, {"volume", "off"}, {"color_temp", "off"}};
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++)
        if (strcmp(act, pairs[i].act) == 0)
            return pairs[i].follow;
    return NULL;
}

static bool undo(ht_gen *x, const ht_wish *first, ht_wish *w)
{
    const char *key = opposite(first->device->key);
    if (key == NULL)
        return false;
    const bool off = strcmp(key, "off") == 0 || strcmp(key, "close") == 0;
    same_targets(first, w, off ? "HassTurnOff" : "HassTurnOn", json_object());
    return say(x, w, key);
}

/* "A bit more", "make it 40": what can follow, by the domain of what was spoken of. */
static bool adjust(ht_gen *x, const ht_wish *first, ht_wish *w)
{
    static const struct {
        const char *domain, *key, *tool;
        ht_value value;
    } rows[] = {
        {"light", "brighter", "HearthLightAdjust", HT_VALUE_UP}, {"light", "dimmer", "HearthLightAdjust", HT_VALUE_DOWN},
        {"light", "brightness", "HassLightSet", HT_VALUE_BRIGHTNESS}, {"light", "color", "HassLightSet", HT_VALUE_COLOR},
        {"climate", "warmer", "HearthClimateAdjust", HT_VALUE_UP}, {"climate", "cooler", "HearthClimateAdjust", HT_VALUE_DOWN},
        {"climate", "temp", "HassClimateSetTemperature", HT_VALUE_TEMP}, {"media_player", "louder", "HassSetVolumeRelative", HT_VALUE_LOUD},
        {"media_player", "quieter", "HassSetVolumeRelative", HT_VALUE_QUIET}, {"media_player", "volume", "HassSetVolume", HT_VALUE_VOLUME},
        {"cover", "position", "HassSetPosition", HT_VALUE_POSITION}, {"fan", "faster", "HearthFanAdjust", HT_VALUE_UP},
        {"fan", "slower", "HearthFanAdjust", HT_VALUE_DOWN}, {"fan", "fan_speed", "HassFanSetSpeed", HT_VALUE_PERCENTAGE},
    };
    const ht_thing *t = ht_thing_at((size_t)first->target.thing);
    const size_t r = ht_rng_below(x->rng, sizeof rows / sizeof rows[0]);
    if (strcmp(rows[r].domain, t->domain) != 0)
        return false;
    json_t *args = json_object();
    if (!ht_value_make(x, rows[r].value, -1, args)) {
        json_decref(args);
        return false;
    }
    same_targets(first, w, rows[r].tool, args);
    return say(x, w, rows[r].key);
}

static bool again(ht_gen *x, const ht_wish *first, ht_wish *w)
{
    static const char *const repeatable = " HearthLightAdjust HearthClimateAdjust HassSetVolumeRelative HassMediaNext HassMediaPrevious HearthFanAdjust HassToggle ";
    char padded[48];
    snprintf(padded, sizeof padded, " %s ", first_tool(first));
    if (strstr(repeatable, padded) == NULL)
        return false;
    w->calls = json_deep_copy(first->calls);
    w->may_miss = first->may_miss;
    return say(x, w, strcmp(first_tool(first), "HassMediaNext") == 0 ? "next" : "again");
}

/* "Which one?" – "the one in the hall". */
static bool answer(ht_gen *x, const ht_wish *first, ht_wish *w)
{
    const int thing = first->target.thing;
    if (thing < 0 || first->device == NULL)
        return false;
    const int entity = ht_gen_entity(x, ht_thing_at((size_t)thing)->key);
    if (entity < 0 || first->device->value != HT_VALUE_NONE) /* a value would have to be read off the first turn */
        return false;
    const int area = ht_home_entity_at(x->w->home, (size_t)entity)->area;
    if (area >= 0 && ht_gen_count(x, thing, area) == 1 && ht_rng_chance(x->rng, 0.5f)) {
        json_t *slots = ht_gen_place_slots(x, thing, area, -1);
        if (slots == NULL)
            return false;
        ht_gen_kind(x, thing);
        w->target.area = area;
        ht_wish_call(w, first->device->tool, slots);
        return say(x, w, "answer_area") && !ht_target_conflicts(x, &w->target, ht_buf_str(&w->text));
    }
    if (!ht_target_choose(x, entity, 1u << HT_SCHEME_NAME | 1u << HT_SCHEME_PROPER, &w->target))
        return false;
    ht_wish_call(w, first->device->tool, json_copy(w->target.slots[0]));
    return say(x, w, "answer_name") && !ht_target_conflicts(x, &w->target, ht_buf_str(&w->text));
}

static bool more_of_it(ht_gen *x, const ht_wish *first, ht_wish *w)
{
    const char *tool = first_tool(first);
    json_t *args = json_object();
    bool ok = false;
    if (strcmp(tool, "HassStartTimer") == 0) {
        ok = ht_duration_make(x, HT_VAR_dur, HT_VAR_dur_adj, "", args) && say(x, w, "timer_add");
        w->may_miss = true;
        tool = "HassIncreaseTimer";
    } else if (strcmp(tool, "HassListAddItem") == 0 || strcmp(tool, "HassShoppingListAddItem") == 0) {
        const ht_str item = ht_gen_word(x, strcmp(first->act, "shop_add") == 0 ? "item" : "task");
        if (item.ptr != NULL) {
            json_object_update(args, first_args(first));
            const ht_str kept = ht_gen_keep(x, HT_VAR_item, item);
            json_object_set_new(args, "item", json_stringn(kept.ptr, kept.len));
            ok = say(x, w, "list_add");
        }
    }
    if (ok)
        ht_wish_call(w, tool, args);
    else
        json_decref(args);
    return ok;
}

static bool leave(ht_gen *x, ht_wish *w)
{
    if (ht_rng_chance(x->rng, 0.5f)) {
        ht_wish_call(w, "HassNevermind", NULL);
        return say(x, w, "nevermind");
    }
    const bool ok = ht_gram_expand(x->lang->g, x->rng, ht_gram_findf(x->lang->g, "chat.thanks.answer"), &x->vars, &w->answer);
    ht_gram_tidy(&w->answer);
    return ok && say(x, w, "thanks");
}

bool ht_wish_follow(ht_gen *x, const ht_wish *first, ht_wish *w)
{
    ht_wish_start(x, w, "follow");
    set_it(x, first);
    if (ht_rng_chance(x->rng, 0.07f))
        return leave(x, w);
    if (json_array_size(first->calls) == 0) /* small talk: nothing to go on from */
        return false;
    const char *tool = first_tool(first);
    if (strcmp(tool, "HearthAsk") == 0)
        return answer(x, first, w);
    if (strcmp(tool, "HassGetState") == 0 || strcmp(tool, "HassClimateGetTemperature") == 0)
        return elsewhere(x, first, w, "ask_area", "ask_name");
    if (first->device == NULL)
        return ht_rng_chance(x->rng, 0.5f) ? again(x, first, w) : more_of_it(x, first, w);
    const float kind = ht_rng_float(x->rng);
    if (kind < 0.25f)
        return elsewhere(x, first, w, "also_area", "also_name");
    if (kind < 0.4f)
        return elsewhere(x, first, w, "correct_area", "correct_name");
    if (kind < 0.55f)
        return undo(x, first, w);
    return kind < 0.9f ? adjust(x, first, w) : again(x, first, w);
}
