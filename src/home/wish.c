/* From a wanted state to the actions that bring it about. */
#include <math.h>
#include <stdlib.h>

#include "home/driver.h"
#include "home/private.h"

typedef struct {
    ht_home *h;
    size_t entity;
    const ht_entity *e;
    size_t n_done;
    ht_error *err;
} wish;

static ht_status act(wish *w, const ht_action *a)
{
    double lo, hi;
    const ht_verb verb = ht_verb_for(a->verb, w->e->domain);
    if (!ht_entity_able(w->e, verb))
        return ht_fail(w->err, HT_BAD_ARG, -1, "%.*s cannot %s", HT_STR_ARG(w->e->id), ht_verb_word(verb));
    if (!ht_action_in_range(w->e, a, &lo, &hi) && lo <= hi)
        return ht_fail(w->err, HT_BAD_ARG, -1, "%.*s: %s takes %g to %g", HT_STR_ARG(w->e->id), ht_verb_word(verb), lo, hi);
    if (!ht_action_in_range(w->e, a, &lo, &hi))
        return ht_fail(w->err, HT_BAD_ARG, -1, "%.*s has no '%.*s'", HT_STR_ARG(w->e->id), HT_STR_ARG(a->text));
    w->n_done++;
    return ht_action_apply(w->h, w->entity, a, w->err);
}

static ht_status wish_state(wish *w, const char *state)
{
    static const struct {
        const char *domain, *state; /* domain NULL: any */
        ht_verb verb;
    } states[] = {
        {"climate", "on", HT_VERB_TURN_ON}, {"climate", NULL, HT_VERB_SET_MODE}, {"select", NULL, HT_VERB_SELECT_OPTION},
        {"lock", "locked", HT_VERB_LOCK}, {"lock", "unlocked", HT_VERB_UNLOCK}, {"vacuum", "cleaning", HT_VERB_VACUUM_START},
        {"vacuum", "docked", HT_VERB_VACUUM_RETURN}, {"vacuum", "returning", HT_VERB_VACUUM_RETURN}, {"lawn_mower", "mowing", HT_VERB_MOWER_START},
        {"lawn_mower", "docked", HT_VERB_MOWER_DOCK}, {"media_player", "playing", HT_VERB_MEDIA_UNPAUSE},
        {"media_player", "paused", HT_VERB_MEDIA_PAUSE}, {"media_player", "idle", HT_VERB_MEDIA_STOP},
        {"alarm_control_panel", "armed_away", HT_VERB_TURN_ON}, {"alarm_control_panel", "disarmed", HT_VERB_TURN_OFF},
        {NULL, "open", HT_VERB_OPEN}, {NULL, "closed", HT_VERB_CLOSE}, {NULL, "stopped", HT_VERB_STOP}, {NULL, "on", HT_VERB_TURN_ON},
        {NULL, "off", HT_VERB_TURN_OFF},
    };
    if (ht_str_is(w->e->domain, "number")) {
        char *end;
        const double x = strtod(state, &end);
        if (*end != '\0' || end == state || !isfinite(x))
            return ht_fail(w->err, HT_BAD_ARG, -1, "%.*s takes a number, not '%s'", HT_STR_ARG(w->e->id), state);
        return act(w, &(ht_action){.verb = HT_VERB_SET_VALUE, .value = x});
    }
    for (size_t i = 0; i < sizeof states / sizeof states[0]; i++)
        if ((states[i].domain == NULL || ht_str_is(w->e->domain, states[i].domain)) &&
            (states[i].state == NULL || strcmp(states[i].state, state) == 0))
            return act(w, &(ht_action){.verb = states[i].verb, .text = states[i].state ? (ht_str){NULL, 0} : ht_str_from(state)});
    return ht_fail(w->err, HT_BAD_ARG, -1, "%.*s cannot be made '%s'", HT_STR_ARG(w->e->id), state);
}

static ht_status wish_color(wish *w, const json_t *rgb)
{
    ht_action a = {.verb = HT_VERB_SET_COLOR};
    for (size_t i = 0; i < 3; i++) {
        const double x = json_number_value(json_array_get(rgb, i));
        a.rgb[i] = (uint8_t)(x < 0 ? 0 : x > 255 ? 255 : x);
    }
    return act(w, &a);
}

static ht_status wish_attribute(wish *w, const char *key, const json_t *value)
{
    static const struct {
        const char *domain, *key; /* domain NULL: any */
        ht_verb verb;
        double scale;
    } numbers[] = {
        {"light", "brightness", HT_VERB_SET_BRIGHTNESS, 100.0 / 255},
        {"light", "brightness_pct", HT_VERB_SET_BRIGHTNESS, 1},
        {"light", "color_temp_kelvin", HT_VERB_SET_COLOR_TEMP, 1},
        {NULL, "current_position", HT_VERB_SET_POSITION, 1},
        {NULL, "position", HT_VERB_SET_POSITION, 1},
        {"fan", "percentage", HT_VERB_SET_SPEED, 1},
        {"climate", "temperature", HT_VERB_SET_TEMPERATURE, 1},
        {"water_heater", "temperature", HT_VERB_SET_TEMPERATURE, 1},
        {"humidifier", "humidity", HT_VERB_SET_HUMIDITY, 1},
        {"climate", "humidity", HT_VERB_SET_HUMIDITY, 1},
        {"media_player", "volume_level", HT_VERB_SET_VOLUME, 100},
    };
    static const struct {
        const char *key;
        ht_verb verb;
    } texts[] = {{"preset_mode", HT_VERB_SET_MODE},
                 {"mode", HT_VERB_SET_MODE},
                 {"operation_mode", HT_VERB_SET_MODE},
                 {"fan_mode", HT_VERB_SET_FAN_SPEED},
                 {"source", HT_VERB_SELECT_SOURCE}};
    for (size_t i = 0; json_is_number(value) && i < sizeof numbers / sizeof numbers[0]; i++)
        if (strcmp(key, numbers[i].key) == 0 && (numbers[i].domain == NULL || ht_str_is(w->e->domain, numbers[i].domain)))
            return act(w, &(ht_action){.verb = numbers[i].verb, .value = json_number_value(value) * numbers[i].scale});
    for (size_t i = 0; json_is_string(value) && i < sizeof texts / sizeof texts[0]; i++)
        if (strcmp(key, texts[i].key) == 0)
            return act(w, &(ht_action){.verb = texts[i].verb, .text = ht_home_json_str(value)});
    if (strcmp(key, "rgb_color") == 0 && json_array_size(value) == 3)
        return wish_color(w, value);
    if (strcmp(key, "is_volume_muted") == 0 && json_is_boolean(value))
        return act(w, &(ht_action){.verb = json_is_true(value) ? HT_VERB_MEDIA_MUTE : HT_VERB_MEDIA_UNMUTE});
    if (strcmp(key, "oscillating") == 0 && json_is_boolean(value))
        return act(w, &(ht_action){.verb = HT_VERB_SET_SWING, .value = json_is_true(value)});
    if (strcmp(key, "swing_mode") == 0 && json_is_string(value))
        return act(w, &(ht_action){.verb = HT_VERB_SET_SWING, .value = strcmp(json_string_value(value), "off") != 0});
    return HT_OK; /* what only tells of a state, such as color_mode */
}

ht_status ht_home_wish(ht_home *h, size_t entity, const char *state, const json_t *attributes, ht_error *err)
{
    if (entity >= h->n_entities)
        return ht_fail(err, HT_BAD_ARG, -1, "home: there is no entity %zu", entity);
    wish w = {.h = h, .entity = entity, .e = &h->entities[entity], .err = err};
    const json_t *position = json_object_get(attributes, "current_position");
    const bool is_between = json_is_number(position) && json_number_value(position) > 0 && json_number_value(position) < 100;
    const bool is_off = state != NULL && strcmp(state, "off") == 0;
    /* a light's brightness and colour turn it on by themselves */
    const bool is_implied = state != NULL && strcmp(state, "on") == 0 && ht_str_is(w.e->domain, "light") && json_object_size(attributes) > 0;
    const char *key;
    json_t *value;
    ht_status st = state != NULL && !is_between && !is_implied ? wish_state(&w, state) : HT_OK;
    json_object_foreach ((json_t *)attributes, key, value)
        if (st == HT_OK && !is_off && (is_between || strcmp(key, "current_position") != 0 || state == NULL))
            st = wish_attribute(&w, key, value);
    if (st == HT_OK && is_implied && w.n_done == 0)
        st = wish_state(&w, state);
    if (st == HT_OK && w.n_done == 0 && (state != NULL || json_object_size(attributes) > 0))
        return ht_fail(err, HT_BAD_ARG, -1, "%.*s has nothing of that kind to set", HT_STR_ARG(w.e->id));
    return st;
}
