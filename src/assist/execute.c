/* Carries out one call: devices here, look-ups in execute_query.c, timers, alarms and lists in execute_timer.c. */
#include "assist/execute.h"

#include <stdlib.h>

#include "assist/execute_private.h"
#include "assist/tools_color.h"

/* --- what the files of execute share --- */

ht_str ht_call_text(const ht_call *c, const char *slot)
{
    const json_t *v = json_object_get(c->args, slot);
    return (ht_str){json_string_value(v), json_string_length(v)};
}

double ht_call_number(const ht_call *c, const char *slot, double otherwise)
{
    const json_t *v = json_object_get(c->args, slot);
    return json_is_number(v) ? json_number_value(v) : otherwise;
}

ht_status ht_call_end(const ht_call *c, ht_outcome outcome)
{
    c->out->outcome = outcome;
    return HT_OK;
}

ht_status ht_call_no_memory(const ht_call *c) { return ht_fail(c->err, HT_NO_MEMORY, -1, "%s", c->tool->name); }

ht_status ht_call_found(const ht_call *c, size_t entity)
{
    ht_result *r = c->out;
    int *more = realloc(r->entities, (r->n_entities + 1) * sizeof *more);
    if (more == NULL)
        return ht_call_no_memory(c);
    r->entities = more;
    more[r->n_entities++] = (int)entity;
    return HT_OK;
}

/* A copy of the arguments without the target slots, where the tool has them. */
static json_t *own_args(const ht_call *c)
{
    static const char *const targets[] = {"name", "area", "floor", "domain", "device_class"};
    json_t *args = json_deep_copy(c->args);
    ht_slot slot;
    const bool has_targets = ht_tool_slot(c->tool, 3, &slot) && slot.kind == HT_SLOT_DOMAIN;
    for (size_t i = 0; args != NULL && has_targets && i < sizeof targets / sizeof targets[0]; i++)
        json_object_del(args, targets[i]);
    return args;
}

ht_status ht_call_effect(const ht_call *c, const char *word)
{
    json_t *ids = json_array();
    for (size_t i = 0; i < c->out->n_entities; i++) {
        const ht_str id = ht_home_entity_at(c->h, (size_t)c->out->entities[i])->id;
        if (json_array_append_new(ids, json_stringn(id.ptr, id.len)) != 0)
            return json_decref(ids), ht_call_no_memory(c);
    }
    c->out->effect = json_pack("{s:s, s:o, s:o}", "action", word, "entities", ids, "args", own_args(c));
    return c->out->effect ? HT_OK : ht_call_no_memory(c);
}

/* --- devices --- */

enum { MAX_ACTIONS = 3 };

/* What a call asks of each entity, in order. */
typedef struct {
    ht_action items[MAX_ACTIONS];
    size_t n;
} actions;

typedef struct {
    const char *tool;
    ht_verb verb;
    const char *domains, *fallback; /* see ht_reach */
    bool takes_active;
} device_tool;

#define EVERYDAY "light switch fan media_player climate cover"
static const device_tool device_tools[] = {
    {"HassTurnOn", HT_VERB_TURN_ON, EVERYDAY, NULL, false},
    {"HassTurnOff", HT_VERB_TURN_OFF, EVERYDAY, NULL, false},
    {"HassToggle", HT_VERB_TOGGLE, EVERYDAY, NULL, false},
    {"HassLightSet", HT_VERB_SET_BRIGHTNESS, "light", NULL, true},
    {"HearthLightAdjust", HT_VERB_ADJUST_BRIGHTNESS, "light", NULL, true},
    {"HassClimateSetTemperature", HT_VERB_SET_TEMPERATURE, "climate", "water_heater", true},
    {"HearthClimateAdjust", HT_VERB_ADJUST_TEMPERATURE, "climate", "water_heater", true},
    {"HearthSetMode", HT_VERB_SET_MODE, "climate", "humidifier fan", true},
    {"HearthSetFanMode", HT_VERB_SET_FAN_SPEED, "climate", "fan", true},
    {"HearthSetSwing", HT_VERB_SET_SWING, "climate", "fan", true},
    {"HearthSetFeature", HT_VERB_SET_FEATURE, "climate", "fan humidifier", true},
    {"HassHumidifierSetpoint", HT_VERB_SET_HUMIDITY, "humidifier", NULL, true},
    {"HassFanSetSpeed", HT_VERB_SET_SPEED, "fan", NULL, true},
    {"HearthFanAdjust", HT_VERB_ADJUST_SPEED, "fan", "climate", true},
    {"HassSetPosition", HT_VERB_SET_POSITION, "cover", "valve", false},
    {"HassStopMoving", HT_VERB_STOP, "cover", "valve", true},
    {"HassSetVolume", HT_VERB_SET_VOLUME, "media_player", NULL, true},
    {"HassSetVolumeRelative", HT_VERB_SET_VOLUME_RELATIVE, "media_player", NULL, true},
    {"HassMediaPause", HT_VERB_MEDIA_PAUSE, "media_player", NULL, true},
    {"HassMediaUnpause", HT_VERB_MEDIA_UNPAUSE, "media_player", NULL, true},
    {"HassMediaNext", HT_VERB_MEDIA_NEXT, "media_player", NULL, true},
    {"HassMediaPrevious", HT_VERB_MEDIA_PREVIOUS, "media_player", NULL, true},
    {"HearthMediaStop", HT_VERB_MEDIA_STOP, "media_player", NULL, true},
    {"HassMediaPlayerMute", HT_VERB_MEDIA_MUTE, "media_player", NULL, true},
    {"HassMediaPlayerUnmute", HT_VERB_MEDIA_UNMUTE, "media_player", NULL, true},
    {"HassMediaSearchAndPlay", HT_VERB_MEDIA_SEARCH, "media_player", NULL, false},
    {"HearthSelectSource", HT_VERB_SELECT_SOURCE, "media_player", NULL, true},
    {"HassVacuumStart", HT_VERB_VACUUM_START, "vacuum", NULL, false},
    {"HassVacuumReturnToBase", HT_VERB_VACUUM_RETURN, "vacuum", NULL, true},
    {"HassLawnMowerStartMowing", HT_VERB_MOWER_START, "lawn_mower", NULL, false},
    {"HassLawnMowerDock", HT_VERB_MOWER_DOCK, "lawn_mower", NULL, true},
    {"HassVacuumCleanArea", HT_VERB_VACUUM_CLEAN_AREA, "vacuum", NULL, false},
    {"HearthPress", HT_VERB_PRESS, "button", NULL, false},
    {"HearthSetValue", HT_VERB_SET_VALUE, "number", NULL, false},
    {"HearthSelectOption", HT_VERB_SELECT_OPTION, "select", NULL, false},
};
#undef EVERYDAY

/* The number of a verb that takes one, in ht_action's units. */
static double value_of(const ht_call *c, ht_verb verb)
{
    const double sign = ht_str_is(ht_call_text(c, "direction"), "down") ? -1 : 1;
    const ht_str step = ht_call_text(c, "volume_step");
    switch (verb) {
    case HT_VERB_ADJUST_BRIGHTNESS:   return sign * ht_call_number(c, "amount", 20);
    case HT_VERB_ADJUST_TEMPERATURE:  return sign * ht_call_number(c, "amount", 1);
    case HT_VERB_ADJUST_SPEED:        return sign;
    case HT_VERB_SET_TEMPERATURE:     return ht_call_number(c, "temperature", 0);
    case HT_VERB_SET_SWING:
    case HT_VERB_SET_FEATURE:         return ht_str_is(ht_call_text(c, "state"), "on") ? 1 : 0;
    case HT_VERB_SET_HUMIDITY:        return ht_call_number(c, "humidity", 0);
    case HT_VERB_SET_SPEED:           return ht_call_number(c, "percentage", 0);
    case HT_VERB_SET_POSITION:        return ht_call_number(c, "position", 0);
    case HT_VERB_SET_VOLUME:          return ht_call_number(c, "volume_level", 0);
    case HT_VERB_SET_VOLUME_RELATIVE:
        return step.ptr == NULL ? ht_call_number(c, "volume_step", 0) : ht_str_is(step, "up") ? 10 : -10;
    case HT_VERB_SET_VALUE:           return ht_call_number(c, "value", 0);
    default:                          return 0;
    }
}

static ht_str text_of(const ht_call *c, ht_verb verb)
{
    switch (verb) {
    case HT_VERB_SET_MODE:
    case HT_VERB_SET_FAN_SPEED:  return ht_call_text(c, "mode");
    case HT_VERB_SET_FEATURE:    return ht_call_text(c, "feature");
    case HT_VERB_MEDIA_SEARCH:   return ht_call_text(c, "search_query");
    case HT_VERB_SELECT_SOURCE:  return ht_call_text(c, "source");
    case HT_VERB_SELECT_OPTION:  return ht_call_text(c, "option");
    default:                     return (ht_str){NULL, 0};
    }
}

/* One call to a light may name several of its properties; their first is the effect's word. */
static actions light_actions(const ht_call *c)
{
    actions a = {.n = 0};
    const ht_color *color = ht_color_find(ht_call_text(c, "color"));
    if (json_object_get(c->args, "brightness") != NULL)
        a.items[a.n++] = (ht_action){.verb = HT_VERB_SET_BRIGHTNESS, .value = ht_call_number(c, "brightness", 0)};
    if (color != NULL) {
        ht_action *x = &a.items[a.n++];
        *x = (ht_action){.verb = HT_VERB_SET_COLOR, .text = ht_call_text(c, "color")};
        memcpy(x->rgb, color->rgb, sizeof x->rgb);
    }
    if (json_object_get(c->args, "temperature") != NULL)
        a.items[a.n++] = (ht_action){.verb = HT_VERB_SET_COLOR_TEMP, .value = ht_call_number(c, "temperature", 0)};
    return a;
}

/* The call's entities without those that what is asked lies beyond; none left: what they would take is the answer. */
static ht_outcome keep_in_range(const ht_call *c, const actions *a)
{
    ht_result *r = c->out;
    double lo = 1, hi = 0, limit_lo = 1, limit_hi = 0;
    size_t n = 0;
    for (size_t i = 0; i < r->n_entities; i++) {
        bool fits = true;
        for (size_t k = 0; k < a->n; k++)
            if (!ht_action_in_range(ht_home_entity_at(c->h, (size_t)r->entities[i]), &a->items[k], &lo, &hi)) {
                fits = false;
                limit_lo = lo;
                limit_hi = hi;
            }
        if (fits)
            r->entities[n++] = r->entities[i];
    }
    if (n > 0) {
        r->n_entities = n;
        return HT_DONE;
    }
    if (limit_lo <= limit_hi)
        r->answer = json_pack("{s:f, s:f}", "min", limit_lo, "max", limit_hi);
    return HT_NOT_ABLE;
}

static bool any_danger(const ht_call *c, const actions *a)
{
    for (size_t i = 0; i < c->out->n_entities; i++)
        for (size_t k = 0; k < a->n; k++)
            if (ht_action_is_dangerous(c->h, (size_t)c->out->entities[i], &a->items[k]))
                return true;
    return false;
}

/* The word that fits all entities: "open" for covers alone, "turn_on" for covers and lights. */
static const char *word_of(const ht_call *c, ht_verb verb)
{
    ht_verb common = verb;
    for (size_t i = 0; i < c->out->n_entities; i++) {
        const ht_verb own = ht_verb_for(verb, ht_home_entity_at(c->h, (size_t)c->out->entities[i])->domain);
        if (i > 0 && own != common)
            return ht_verb_word(verb);
        common = own;
    }
    return ht_verb_word(common);
}

static ht_status apply_to(const ht_call *c, const actions *a, size_t entity)
{
    ht_status st = HT_OK;
    for (size_t k = 0; st == HT_OK && k < a->n; k++) {
        ht_action one = a->items[k];
        /* What cannot take a position can still open and close; is_able in execute_target.c has seen to it. */
        if (one.verb == HT_VERB_SET_POSITION && !ht_entity_able(ht_home_entity_at(c->h, entity), one.verb))
            one.verb = one.value > 0 ? HT_VERB_OPEN : HT_VERB_CLOSE;
        st = ht_action_apply(c->h, entity, &one, c->err);
    }
    return st;
}

/* Acts on every entity found. Devices that do not answer leave the result for its answer; when none is left, all stay found. */
static ht_status apply(const ht_call *c, const actions *a, ht_outcome *outcome)
{
    ht_result *r = c->out;
    json_t *silent = json_array();
    size_t n = 0;
    for (size_t i = 0; i < r->n_entities; i++) {
        const ht_status st = apply_to(c, a, (size_t)r->entities[i]);
        const ht_str id = ht_home_entity_at(c->h, (size_t)r->entities[i])->id;
        if (st == HT_NO_MEMORY || (st != HT_OK && json_array_append_new(silent, json_stringn(id.ptr, id.len)) != 0))
            return json_decref(silent), ht_call_no_memory(c);
        if (st == HT_OK)
            r->entities[n++] = r->entities[i];
    }
    *outcome = n > 0 ? HT_DONE : HT_NOT_ABLE;
    if (json_array_size(silent) > 0)
        r->answer = json_pack("{s:O}", "silent", silent);
    json_decref(silent);
    r->n_entities = n > 0 ? n : r->n_entities;
    return HT_OK;
}

/* The vacuum that cleans an area: the area says where it works, not where it stands. */
static ht_status resolve_cleaner(const ht_call *c, const ht_reach *reach, ht_outcome *outcome)
{
    int area;
    if (!ht_call_area(c, &area)) {
        *outcome = HT_NO_TARGET;
        return HT_OK;
    }
    ht_call inner = *c;
    ht_context there = *c->cx;
    there.area = area;
    inner.cx = &there; /* of several the one that stands there */
    json_t *args = json_copy((json_t *)c->args);
    if (args == NULL || json_object_del(args, "area") != 0) {
        json_decref(args);
        return ht_call_no_memory(c);
    }
    inner.args = args;
    const ht_status st = ht_call_resolve(&inner, reach, outcome);
    json_decref(args);
    return st;
}

static ht_status run_device(const ht_call *c, const device_tool *t)
{
    const bool is_light_set = strcmp(t->tool, "HassLightSet") == 0;
    actions a = {.n = 1};
    if (is_light_set)
        a = light_actions(c);
    else
        a.items[0] = (ht_action){.verb = t->verb, .value = value_of(c, t->verb), .text = text_of(c, t->verb)};
    ht_verb verbs[MAX_ACTIONS];
    for (size_t i = 0; i < a.n; i++)
        verbs[i] = a.items[i].verb;
    const ht_reach reach = {.verbs = verbs,
                            .n_verbs = a.n,
                            .domains = t->domains,
                            .fallback = t->fallback,
                            .takes_active = t->takes_active,
                            .takes_one = t->verb == HT_VERB_MEDIA_SEARCH};
    ht_outcome outcome;
    ht_status st =
        t->verb == HT_VERB_VACUUM_CLEAN_AREA ? resolve_cleaner(c, &reach, &outcome) : ht_call_resolve(c, &reach, &outcome);
    if (st != HT_OK)
        return st;
    if (outcome == HT_DONE && a.n == 0) { /* "set the lamp", but to what? */
        c->out->answer = json_pack("{s:s}", "about", "value");
        outcome = HT_ASKED;
    }
    if (outcome == HT_DONE)
        outcome = keep_in_range(c, &a);
    if (outcome == HT_DONE && c->cx->confirm_needed && any_danger(c, &a))
        outcome = HT_NEEDS_CONFIRM;
    if (outcome != HT_DONE)
        return ht_call_end(c, outcome);
    const char *word = word_of(c, a.items[0].verb); /* before the state changes */
    if ((st = apply(c, &a, &outcome)) != HT_OK || outcome != HT_DONE)
        return st == HT_OK ? ht_call_end(c, outcome) : st;
    return ht_call_effect(c, word);
}

/* --- the rest --- */

/* HearthAsk, HearthRefuse: the slot is the answer. */
static ht_status run_word(const ht_call *c, const char *slot, ht_outcome outcome)
{
    const ht_str word = ht_call_text(c, slot);
    c->out->answer = json_pack("{s:s%}", slot, word.ptr, word.len);
    return c->out->answer ? ht_call_end(c, outcome) : ht_call_no_memory(c);
}

static ht_status dispatch(const ht_call *c)
{
    const char *name = c->tool->name;
    for (size_t i = 0; i < sizeof device_tools / sizeof device_tools[0]; i++)
        if (strcmp(name, device_tools[i].tool) == 0)
            return run_device(c, &device_tools[i]);
    if (strcmp(name, "HearthAsk") == 0)
        return run_word(c, "about", HT_ASKED);
    if (strcmp(name, "HearthRefuse") == 0)
        return run_word(c, "reason", HT_REFUSED);
    if (strcmp(name, "HassBroadcast") == 0)
        return ht_call_effect(c, "broadcast");
    if (strcmp(name, "HassNevermind") == 0)
        return ht_call_effect(c, "nevermind");
    if (strstr(name, "List") != NULL)
        return ht_call_list(c);
    if (strstr(name, "Timer") != NULL)
        return ht_call_timer(c);
    if (strncmp(name, "Hearth", 6) == 0)
        return ht_call_alarm(c);
    return ht_call_query(c);
}

ht_status ht_execute(ht_home *h, const ht_context *cx, const json_t *call, ht_result *out, ht_error *err)
{
    *out = (ht_result){.outcome = HT_DONE};
    const json_t *name = json_object_get(call, "name"), *args = json_object_get(call, "arguments");
    const ht_tool *tool =
        json_is_string(name) ? ht_tool_find((ht_str){json_string_value(name), json_string_length(name)}) : NULL;
    if (tool == NULL)
        return ht_fail(err, HT_BAD_FORMAT, -1, "there is no tool \"%.60s\"",
                       json_is_string(name) ? json_string_value(name) : "");
    ht_status st = ht_tool_check(tool, args, err);
    if (st != HT_OK)
        return st;
    json_t *given = args ? json_deep_copy(args) : json_object();
    out->call = json_pack("{s:s, s:o}", "name", tool->name, "arguments", given);
    const ht_call c = {.h = h, .cx = cx, .tool = tool, .args = given, .out = out, .err = err};
    st = out->call ? dispatch(&c) : ht_call_no_memory(&c);
    if (st != HT_OK)
        ht_result_deinit(out);
    return st;
}

void ht_result_deinit(ht_result *r)
{
    json_decref(r->call);
    json_decref(r->effect);
    json_decref(r->answer);
    free(r->entities);
    *r = (ht_result){.outcome = HT_DONE};
}
