/* How each action changes the state in a home without real devices. What may not be done is choice.c. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "home/private.h"

/* The two setters with the home, the entity and the error at hand. */
typedef struct {
    ht_home *h;
    size_t i;
    const ht_entity *e;
    ht_error *err;
} target;

static ht_status set_state(const target *t, const char *state) { return ht_home_set_state(t->h, t->i, state, t->err); }

static ht_status set_number(const target *t, const char *key, double x)
{
    return ht_home_set_attribute(t->h, t->i, key, x == floor(x) && fabs(x) < 1e15 ? json_integer((json_int_t)x) : json_real(x),
                                 t->err);
}

static ht_status set_text(const target *t, const char *key, ht_str s)
{
    return ht_home_set_attribute(t->h, t->i, key, json_stringn(s.ptr, s.len), t->err);
}

static ht_status drop(const target *t, const char *key) { return ht_home_set_attribute(t->h, t->i, key, NULL, t->err); }

static double number_or(const target *t, const char *key, double otherwise)
{
    double x;
    return ht_entity_number(t->e, key, &x) ? x : otherwise;
}

static double clamp(double x, double lo, double hi) { return x < lo ? lo : x > hi ? hi : x; }

static bool state_is(const target *t, const char *state) { return t->e->state != NULL && strcmp(t->e->state, state) == 0; }

/* A lamp that is off has neither brightness nor colour mode; off_brightness remembers what it comes back with. */
static ht_status light_off(const target *t)
{
    double brightness;
    ht_status st = set_state(t, "off");
    if (st == HT_OK && ht_entity_number(t->e, "brightness", &brightness))
        st = set_number(t, "off_brightness", brightness);
    if (st == HT_OK)
        st = drop(t, "brightness");
    return st == HT_OK ? drop(t, "color_mode") : st;
}

static ht_status light_mode(const target *t, const char *mode)
{
    if (json_object_get(t->e->attributes, "supported_color_modes") == NULL && ht_entity_text(t->e, "color_mode") == NULL)
        return HT_OK; /* a file that does not speak of colour modes */
    return set_text(t, "color_mode", ht_str_from(mode));
}

/* The mode that a lamp comes back in: the one its attributes speak of. */
static ht_status light_on(const target *t)
{
    const json_t *modes = json_object_get(t->e->attributes, "supported_color_modes");
    double brightness;
    ht_status st = set_state(t, "on");
    if (st == HT_OK && ht_entity_number(t->e, "off_brightness", &brightness)) {
        if (json_object_get(t->e->attributes, "brightness") == NULL)
            st = set_number(t, "brightness", brightness);
        if (st == HT_OK)
            st = drop(t, "off_brightness");
    }
    if (st != HT_OK || json_object_get(t->e->attributes, "color_mode") != NULL || json_array_size(modes) == 0)
        return st;
    if (json_object_get(t->e->attributes, "rgb_color") != NULL)
        return light_mode(t, "rgb");
    return light_mode(t, json_object_get(t->e->attributes, "color_temp_kelvin") ? "color_temp"
                                                                                : json_string_value(json_array_get(modes, 0)));
}

static ht_status light_level(const target *t, double pct)
{
    if (pct <= 0)
        return light_off(t);
    ht_status st = light_on(t);
    return st == HT_OK ? set_number(t, "brightness", round(clamp(pct, 1, 100) * 255 / 100)) : st;
}

static ht_status light_adjust(const target *t, double step)
{
    const bool is_off = state_is(t, "off");
    const double now = is_off ? 0 : round(number_or(t, "brightness", 255) * 100 / 255);
    if (is_off && step < 0)
        return HT_OK; /* darker than off there is not */
    return light_level(t, clamp(now + step, 1, 100));
}

static ht_status apply_light(const target *t, const ht_action *a)
{
    double lo, hi;
    ht_status st;
    switch (a->verb) {
    case HT_VERB_SET_BRIGHTNESS:    return light_level(t, a->value);
    case HT_VERB_ADJUST_BRIGHTNESS: return light_adjust(t, a->value);
    case HT_VERB_SET_COLOR:
        if ((st = light_on(t)) != HT_OK || (st = drop(t, "color_temp_kelvin")) != HT_OK || (st = light_mode(t, "rgb")) != HT_OK)
            return st;
        return ht_home_set_attribute(t->h, t->i, "rgb_color", json_pack("[i, i, i]", a->rgb[0], a->rgb[1], a->rgb[2]), t->err);
    default: /* HT_VERB_SET_COLOR_TEMP */
        if ((st = light_on(t)) != HT_OK || (st = drop(t, "rgb_color")) != HT_OK || (st = light_mode(t, "color_temp")) != HT_OK)
            return st;
        return set_number(t, "color_temp_kelvin", ht_home_limits(t->e, a->verb, &lo, &hi) ? clamp(a->value, lo, hi) : a->value);
    }
}

/* The mode that an air conditioner comes back in: its last, else the most general that it has. */
static ht_status climate_on(const target *t)
{
    static const char *const general[] = {"auto", "heat_cool", "cool", "heat"};
    const char *last = ht_entity_text(t->e, "last_on_mode");
    if (last != NULL)
        return set_state(t, last);
    const json_t *modes = json_object_get(t->e->attributes, "hvac_modes");
    for (size_t g = 0; json_array_size(modes) > 0 && g < 4; g++)
        for (size_t i = 0; i < json_array_size(modes); i++)
            if (ht_str_is(ht_home_json_str(json_array_get(modes, i)), general[g]))
                return set_state(t, general[g]);
    return set_state(t, "auto");
}

static ht_status climate_off(const target *t)
{
    const ht_status st = ht_entity_is_active(t->e) ? set_text(t, "last_on_mode", ht_str_from(t->e->state)) : HT_OK;
    return st == HT_OK ? set_state(t, "off") : st;
}

static ht_status fan_level(const target *t, double pct)
{
    const ht_status st = set_state(t, pct > 0 ? "on" : "off");
    return st == HT_OK && ht_entity_able(t->e, HT_VERB_SET_SPEED) ? set_number(t, "percentage", pct) : st;
}

static ht_status turn_on(const target *t)
{
    const ht_str d = t->e->domain;
    if (ht_str_is(d, "light"))
        return light_on(t);
    if (ht_str_is(d, "climate"))
        return ht_entity_is_active(t->e) ? HT_OK : climate_on(t);
    if (ht_str_is(d, "fan")) {
        const double pct = number_or(t, "percentage", 0);
        return fan_level(t, pct > 0 ? pct : 100);
    }
    if (ht_str_is(d, "media_player"))
        return t->e->state == NULL || state_is(t, "off") || state_is(t, "standby") ? set_state(t, "on") : HT_OK;
    if (ht_str_is(d, "alarm_control_panel"))
        return set_state(t, "armed_away");
    return set_state(t, "on");
}

static ht_status turn_off(const target *t)
{
    const ht_str d = t->e->domain;
    if (ht_str_is(d, "light"))
        return light_off(t);
    if (ht_str_is(d, "climate"))
        return climate_off(t);
    if (ht_str_is(d, "fan"))
        return fan_level(t, 0);
    return set_state(t, ht_str_is(d, "alarm_control_panel") ? "disarmed" : "off");
}

static ht_status move_to(const target *t, double position)
{
    const ht_status st = set_state(t, position > 0 ? "open" : "closed");
    return st == HT_OK ? set_number(t, "current_position", position) : st;
}

static ht_status set_temperature(const target *t, double degrees)
{
    double lo, hi;
    if (ht_home_limits(t->e, HT_VERB_SET_TEMPERATURE, &lo, &hi))
        degrees = clamp(degrees, lo, hi);
    const ht_status st = state_is(t, "off") ? turn_on(t) : HT_OK; /* whoever asks for 26 degrees wants it to run */
    return st == HT_OK ? set_number(t, "temperature", degrees) : st;
}

static ht_status set_mode(const target *t, ht_str mode)
{
    static const char *const hvac[] = {"auto", "cool", "heat", "heat_cool", "dry", "fan_only"};
    const ht_str own = ht_home_find_choice(t->e, HT_VERB_SET_MODE, mode);
    if (ht_str_is(mode, "off"))
        return turn_off(t);
    if (own.ptr == NULL)
        return HT_OK; /* not reached: ht_action_in_range */
    for (size_t i = 0; ht_str_is(t->e->domain, "climate") && i < sizeof hvac / sizeof hvac[0]; i++)
        if (ht_str_is(own, hvac[i]))
            return set_state(t, hvac[i]);
    const ht_status st = ht_entity_is_active(t->e) ? HT_OK : turn_on(t);
    if (st != HT_OK)
        return st;
    const bool is_plain = ht_str_is(t->e->domain, "humidifier");
    return set_text(t, is_plain ? "mode" : ht_str_is(t->e->domain, "water_heater") ? "operation_mode" : "preset_mode", own);
}

/* A fan's speed in words is a share of its range; an air conditioner's is a mode. */
static ht_status set_fan_speed(const target *t, ht_str mode)
{
    static const struct {
        const char *mode;
        double pct;
    } shares[] = {{"min", 1}, {"low", 33}, {"medium", 67}, {"high", 100}, {"max", 100}};
    if (!ht_str_is(t->e->domain, "fan")) {
        const ht_str own = ht_home_find_choice(t->e, HT_VERB_SET_FAN_SPEED, mode);
        return set_text(t, "fan_mode", own.ptr ? own : mode);
    }
    for (size_t i = 0; i < sizeof shares / sizeof shares[0]; i++)
        if (ht_str_is(mode, shares[i].mode))
            return fan_level(t, shares[i].pct);
    const ht_status st = ht_entity_is_active(t->e) ? HT_OK : turn_on(t);
    return st == HT_OK ? set_text(t, "preset_mode", mode) : st;
}

/* One step of a fan, or of an air conditioner's list of speeds. Weaker than the lowest there is not. */
static ht_status adjust_speed(const target *t, double direction)
{
    if (ht_str_is(t->e->domain, "fan")) {
        const double step = clamp(number_or(t, "percentage_step", 33), 1, 100);
        const double now = ht_entity_is_active(t->e) ? number_or(t, "percentage", direction > 0 ? 0 : 100) : 0;
        if (now <= 0 && direction < 0)
            return HT_OK;
        return fan_level(t, round(clamp(now + direction * step, step, 100)));
    }
    static const char *const usual[] = {"low", "medium", "high"};
    const json_t *list = ht_home_choices(t->e, HT_VERB_SET_FAN_SPEED, 0);
    const char *now = ht_entity_text(t->e, "fan_mode");
    int at = 1;
    for (int i = 0; now != NULL && i < 3; i++)
        if (ht_home_means_same(ht_str_from(now), ht_str_from(usual[i])))
            at = i;
    const ht_str next = ht_str_from(usual[(int)clamp(at + direction, 0, 2)]);
    const ht_str own = list ? ht_home_find_choice(t->e, HT_VERB_SET_FAN_SPEED, next) : next;
    return own.ptr ? set_text(t, "fan_mode", own) : HT_OK;
}

static ht_status apply_climate(const target *t, const ht_action *a)
{
    ht_status st;
    switch (a->verb) {
    case HT_VERB_SET_TEMPERATURE:
        return set_temperature(t, a->value);
    case HT_VERB_ADJUST_TEMPERATURE:
        return set_temperature(t, number_or(t, "temperature", round(number_or(t, "current_temperature", 24))) + a->value);
    case HT_VERB_SET_MODE:
        return set_mode(t, a->text);
    case HT_VERB_SET_FAN_SPEED:
        return set_fan_speed(t, a->text);
    case HT_VERB_SET_SPEED:
        return fan_level(t, a->value);
    case HT_VERB_ADJUST_SPEED:
        return adjust_speed(t, a->value);
    case HT_VERB_SET_SWING:
        if (ht_str_is(t->e->domain, "fan"))
            return ht_home_set_attribute(t->h, t->i, "oscillating", json_boolean(a->value > 0), t->err);
        return set_text(t, "swing_mode", a->value > 0 ? HT_STR("on") : HT_STR("off"));
    default: /* HT_VERB_SET_HUMIDITY */
        st = state_is(t, "off") ? turn_on(t) : HT_OK;
        return st == HT_OK ? set_number(t, "humidity", a->value) : st;
    }
}

/* A track that is not known stays so. */
static ht_status skip_track(const target *t, double step)
{
    double track;
    if (!ht_entity_number(t->e, "media_track", &track))
        return HT_OK;
    return set_number(t, "media_track", track + step < 1 ? 1 : track + step);
}

static ht_status set_volume(const target *t, double level)
{
    level = round(clamp(level, 0, 1) * 1000) / 1000; /* 0.3 + 0.1 is 0.4 */
    return ht_home_set_attribute(t->h, t->i, "volume_level", json_real(level), t->err);
}

static ht_status play(const target *t, const ht_action *a)
{
    const ht_status st = set_state(t, "playing");
    return st == HT_OK ? set_text(t, "media_title", a->text) : st;
}

static ht_status select_source(const target *t, const ht_action *a)
{
    const ht_str own = ht_home_find_choice(t->e, a->verb, a->text);
    const ht_status st = turn_on(t);
    return st == HT_OK && own.ptr != NULL ? set_text(t, "source", own) : st;
}

static ht_status apply_media(const target *t, const ht_action *a)
{
    double level;
    switch (a->verb) {
    case HT_VERB_MEDIA_PAUSE:    return state_is(t, "off") ? HT_OK : set_state(t, "paused");
    case HT_VERB_MEDIA_UNPAUSE:  return set_state(t, "playing");
    case HT_VERB_MEDIA_STOP:     return state_is(t, "off") ? HT_OK : set_state(t, "idle");
    case HT_VERB_MEDIA_NEXT:     return skip_track(t, 1);
    case HT_VERB_MEDIA_PREVIOUS: return skip_track(t, -1);
    case HT_VERB_MEDIA_MUTE:     return ht_home_set_attribute(t->h, t->i, "is_volume_muted", json_true(), t->err);
    case HT_VERB_MEDIA_UNMUTE:   return ht_home_set_attribute(t->h, t->i, "is_volume_muted", json_false(), t->err);
    case HT_VERB_SET_VOLUME:     return set_volume(t, a->value / 100);
    case HT_VERB_SET_VOLUME_RELATIVE: /* a volume that is not known stays so */
        return ht_entity_number(t->e, "volume_level", &level) ? set_volume(t, level + a->value / 100) : HT_OK;
    case HT_VERB_MEDIA_SEARCH:   return play(t, a);
    default:                     return select_source(t, a);
    }
}

/* A scene of a home file: "entities":{id:{"state","attributes"}}. */
static ht_status activate(const target *t)
{
    json_t *wanted = json_deep_copy(json_object_get(t->e->attributes, "entities")), *one, *value;
    const char *id, *key;
    ht_status st = HT_OK;
    ht_error failure = {0};
    size_t n_failed = 0;
    json_object_foreach (wanted, id, one) {
        const int i = ht_home_find_entity(t->h, ht_str_from(id));
        const char *state = json_string_value(json_object_get(one, "state"));
        if (i < 0 || st != HT_OK)
            continue; /* a device that has left the home since */
        if (ht_home_driver(t->h, (size_t)i) != NULL) {
            if (ht_home_wish(t->h, (size_t)i, state, json_object_get(one, "attributes"), &failure) != HT_OK)
                n_failed++; /* the others are set all the same */
            continue;
        }
        if (state != NULL)
            st = ht_home_set_state(t->h, (size_t)i, state, t->err);
        json_object_foreach (json_object_get(one, "attributes"), key, value)
            if (st == HT_OK)
                st = ht_home_set_attribute(t->h, (size_t)i, key, json_incref(value), t->err);
    }
    if (st == HT_OK && n_failed > 0)
        st = ht_fail(t->err, failure.status, -1, "%s", failure.text);
    json_decref(wanted);
    return st;
}

static ht_status set_feature(const target *t, const ht_action *a)
{
    char key[HT_HOME_MAX_FEATURE];
    snprintf(key, sizeof key, "%.*s", HT_STR_ARG(a->text));
    return ht_home_set_attribute(t->h, t->i, key, json_boolean(a->value > 0), t->err);
}

static ht_status set_choice(const target *t, const ht_action *a)
{
    const ht_str own = ht_home_find_choice(t->e, a->verb, a->text);
    char *text = ht_home_copy(own.ptr ? own : a->text);
    if (text == NULL)
        return ht_fail(t->err, HT_NO_MEMORY, -1, "home: state of %.*s", HT_STR_ARG(t->e->id));
    const ht_status st = set_state(t, text);
    free(text);
    return st;
}

static ht_status set_value(const target *t, double value)
{
    char text[40];
    snprintf(text, sizeof text, "%.10g", value);
    return set_state(t, text);
}

ht_status ht_home_act_here(ht_home *h, size_t entity, const ht_action *a, ht_error *err)
{
    const target t = {h, entity, &h->entities[entity], err};
    ht_verb verb = ht_verb_for(a->verb, t.e->domain);
    if (verb == HT_VERB_TOGGLE)
        verb = ht_home_toggled(t.e);
    switch (verb) {
    case HT_VERB_TURN_ON:           return turn_on(&t);
    case HT_VERB_TURN_OFF:          return turn_off(&t);
    case HT_VERB_OPEN:              return move_to(&t, 100);
    case HT_VERB_CLOSE:             return move_to(&t, 0);
    case HT_VERB_SET_POSITION:      return move_to(&t, a->value);
    case HT_VERB_LOCK:              return set_state(&t, "locked");
    case HT_VERB_UNLOCK:            return set_state(&t, "unlocked");
    case HT_VERB_SET_BRIGHTNESS:
    case HT_VERB_ADJUST_BRIGHTNESS:
    case HT_VERB_SET_COLOR:
    case HT_VERB_SET_COLOR_TEMP:    return apply_light(&t, a);
    case HT_VERB_SET_TEMPERATURE:
    case HT_VERB_ADJUST_TEMPERATURE:
    case HT_VERB_SET_MODE:
    case HT_VERB_SET_FAN_SPEED:
    case HT_VERB_SET_SPEED:
    case HT_VERB_ADJUST_SPEED:
    case HT_VERB_SET_SWING:
    case HT_VERB_SET_HUMIDITY:      return apply_climate(&t, a);
    case HT_VERB_SET_FEATURE:       return set_feature(&t, a);
    case HT_VERB_ACTIVATE:          return activate(&t);
    case HT_VERB_VACUUM_START:
    case HT_VERB_VACUUM_CLEAN_AREA: return set_state(&t, "cleaning");
    case HT_VERB_VACUUM_RETURN:     return set_state(&t, "returning");
    case HT_VERB_MOWER_START:       return set_state(&t, "mowing");
    case HT_VERB_MOWER_DOCK:        return set_state(&t, "returning");
    case HT_VERB_SET_VALUE:         return set_value(&t, a->value);
    case HT_VERB_SELECT_OPTION:     return set_choice(&t, a);
    default:
        if (verb >= HT_VERB_MEDIA_PAUSE && verb <= HT_VERB_SELECT_SOURCE)
            return apply_media(&t, a);
        return HT_OK; /* stop, run, press and look-ups leave no trace here */
    }
}

ht_status ht_action_apply(ht_home *h, size_t entity, const ht_action *a, ht_error *err)
{
    const ht_driver *driver = ht_home_driver(h, entity);
    return driver ? ht_home_act_driven(h, entity, a, driver, err) : ht_home_act_here(h, entity, a, err);
}
