/* What an action may not do: choices and limits of an entity, and danger. The verbs' table is ability.c. */
#include "home/private.h"

const json_t *ht_home_choices(const ht_entity *e, ht_verb verb, size_t n)
{
    static const char *const modes[] = {"hvac_modes", "preset_modes", "available_modes", "operation_list", "modes", NULL};
    static const char *const fan_modes[] = {"fan_modes", NULL}, *const sources[] = {"source_list", NULL},
                             *const options[] = {"options", NULL};
    const char *const *keys = verb == HT_VERB_SET_MODE         ? modes
                              : verb == HT_VERB_SET_FAN_SPEED  ? fan_modes
                              : verb == HT_VERB_SELECT_SOURCE  ? sources
                              : verb == HT_VERB_SELECT_OPTION  ? options
                                                               : NULL;
    for (size_t i = 0; keys != NULL && keys[i] != NULL; i++) {
        const json_t *list = json_object_get(e->attributes, keys[i]);
        if (!json_is_array(list))
            list = json_object_get(e->supports, keys[i]);
        if (json_is_array(list) && n-- == 0)
            return list;
    }
    return NULL;
}

static bool is_filler(char c) { return c == ' ' || c == '_' || c == '-'; }

/* Same word where case, blanks, "_" and "-" do not count. */
static bool same_choice(ht_str a, ht_str b)
{
    size_t i = 0, j = 0;
    for (;;) {
        while (i < a.len && is_filler(a.ptr[i]))
            i++;
        while (j < b.len && is_filler(b.ptr[j]))
            j++;
        if (i == a.len || j == b.len)
            return i == a.len && j == b.len;
        if (!ht_name_same((ht_str){a.ptr + i++, 1}, (ht_str){b.ptr + j++, 1}))
            return false;
    }
}

bool ht_home_means_same(ht_str a, ht_str b)
{
    static const char *const groups[][4] = {
        {"medium", "middle", "mid", "中"}, {"quiet", "silent", "mute", "静音"}, {"strong", "turbo", "powerful", "强劲"},
        {"low", "min", "低", NULL},        {"high", "max", "高", NULL},         {"auto", "automatic", "自动", NULL},
        {"fan_only", "fan", "送风", NULL}, {"sleep", "night", "睡眠", NULL},    {"heat_cool", "auto", NULL, NULL}};
    if (same_choice(a, b))
        return true;
    for (size_t g = 0; g < sizeof groups / sizeof groups[0]; g++) {
        bool has_a = false, has_b = false;
        for (size_t i = 0; i < 4 && groups[g][i] != NULL; i++) {
            has_a |= same_choice(a, ht_str_from(groups[g][i]));
            has_b |= same_choice(b, ht_str_from(groups[g][i]));
        }
        if (has_a && has_b)
            return true;
    }
    return false;
}

ht_str ht_home_find_choice(const ht_entity *e, ht_verb verb, ht_str wanted)
{
    if (ht_home_choices(e, verb, 0) == NULL)
        return wanted;
    for (int alike = 0; alike <= 1; alike++) {
        const json_t *list;
        for (size_t n = 0; (list = ht_home_choices(e, verb, n)) != NULL; n++)
            for (size_t i = 0; i < json_array_size(list); i++) {
                const ht_str one = ht_home_json_str(json_array_get(list, i));
                if (one.ptr != NULL && (alike ? ht_home_means_same(one, wanted) : ht_str_eq(one, wanted)))
                    return one;
            }
    }
    return (ht_str){NULL, 0};
}

/* The limits of a number: from supports ("temperature":[5,35]) or two attributes; false if none are known. */
static bool limits(const ht_entity *e, const char *range_key, const char *lo_key, const char *hi_key, double *lo, double *hi)
{
    const json_t *range = json_object_get(e->supports, range_key);
    const bool has_lo = ht_entity_number(e, lo_key, lo), has_hi = ht_entity_number(e, hi_key, hi);
    if (has_lo && has_hi)
        return *lo <= *hi;
    const json_t *a = json_array_get(range, 0), *b = json_array_get(range, 1);
    if (!json_is_number(a) || !json_is_number(b))
        return false;
    *lo = json_number_value(a);
    *hi = json_number_value(b);
    return *lo <= *hi;
}

bool ht_home_limits(const ht_entity *e, ht_verb verb, double *lo, double *hi)
{
    switch (verb) {
    case HT_VERB_SET_TEMPERATURE:
    case HT_VERB_ADJUST_TEMPERATURE: return limits(e, "temperature", "min_temp", "max_temp", lo, hi);
    case HT_VERB_SET_HUMIDITY:       return limits(e, "humidity", "min_humidity", "max_humidity", lo, hi);
    case HT_VERB_SET_VALUE:          return limits(e, "value", "min", "max", lo, hi);
    case HT_VERB_SET_COLOR_TEMP:     return limits(e, "color_temp_k", "min_color_temp_kelvin", "max_color_temp_kelvin", lo, hi);
    default:                         return false;
    }
}

bool ht_action_in_range(const ht_entity *e, const ht_action *a, double *lo, double *hi)
{
    *lo = 1;
    *hi = 0;
    if (ht_home_choices(e, a->verb, 0) != NULL && !(a->verb == HT_VERB_SET_MODE && ht_str_is(a->text, "off")))
        return ht_home_find_choice(e, a->verb, a->text).ptr != NULL;
    if (a->verb == HT_VERB_SET_FEATURE) { /* a feature is on or off; anything else of that name is no feature */
        const json_t *old = json_object_getn(e->attributes, a->text.ptr, a->text.len);
        return a->text.len < HT_HOME_MAX_FEATURE && (old == NULL || json_is_boolean(old));
    }
    if (a->verb == HT_VERB_ADJUST_TEMPERATURE || a->verb == HT_VERB_SET_COLOR_TEMP) /* these stop at the limit */
        return true;
    return !ht_home_limits(e, a->verb, lo, hi) || (a->value >= *lo && a->value <= *hi);
}

static bool is_gate(const ht_entity *e)
{
    const ht_str kind = ht_entity_class(e);
    if (kind.len > 0)
        return ht_str_is(kind, "garage") || ht_str_is(kind, "gate");
    return memmem(e->name.ptr, e->name.len, "车库门", strlen("车库门")) != NULL || memmem(e->id.ptr, e->id.len, "garage", 6) != NULL;
}

static bool state_is_dangerous(const ht_entity *e, const char *state)
{
    if (state == NULL)
        return false;
    if (ht_str_is(e->domain, "lock"))
        return strcmp(state, "unlocked") == 0 || strcmp(state, "open") == 0;
    if (ht_str_is(e->domain, "alarm_control_panel"))
        return strcmp(state, "disarmed") == 0;
    return strcmp(state, "open") == 0 && (ht_str_is(e->domain, "valve") || (ht_str_is(e->domain, "cover") && is_gate(e)));
}

static bool scene_is_dangerous(const ht_home *h, const ht_entity *scene)
{
    json_t *states = json_object_get(scene->attributes, "entities"), *wanted;
    const char *id;
    json_object_foreach (states, id, wanted) {
        const int i = ht_home_find_entity(h, ht_str_from(id));
        if (i >= 0 && state_is_dangerous(&h->entities[i], json_string_value(json_object_get(wanted, "state"))))
            return true;
    }
    return false;
}

ht_verb ht_home_toggled(const ht_entity *e)
{
    const char *s = e->state ? e->state : "";
    if (ht_str_is(e->domain, "lock"))
        return strcmp(s, "locked") == 0 ? HT_VERB_UNLOCK : HT_VERB_LOCK;
    return ht_verb_for(ht_entity_is_active(e) ? HT_VERB_TURN_OFF : HT_VERB_TURN_ON, e->domain);
}

bool ht_action_is_dangerous(const ht_home *h, size_t entity, const ht_action *a)
{
    const ht_entity *e = &h->entities[entity];
    ht_verb verb = ht_verb_for(a->verb, e->domain);
    if (verb == HT_VERB_TOGGLE)
        verb = ht_home_toggled(e);
    switch (verb) {
    case HT_VERB_UNLOCK:       return true;
    case HT_VERB_OPEN:         return state_is_dangerous(e, "open");
    case HT_VERB_SET_POSITION: return a->value > 0 && state_is_dangerous(e, "open");
    case HT_VERB_TURN_OFF:     return state_is_dangerous(e, "disarmed");
    case HT_VERB_ACTIVATE:     return scene_is_dangerous(h, e);
    default:                   return false;
    }
}
