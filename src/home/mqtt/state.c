/* From a device's reports to the home's state. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "home/mqtt/private.h"

static ht_str str_of(const json_t *v) { return (ht_str){json_string_value(v), json_string_length(v)}; }

/* A report's number; false if it is none. */
static bool number_of(ht_str s, double *out)
{
    char text[48], *end;
    s = ht_str_trim(s);
    if (s.len == 0 || s.len >= sizeof text)
        return false;
    memcpy(text, s.ptr, s.len);
    text[s.len] = '\0';
    *out = strtod(text, &end);
    return *end == '\0' && isfinite(*out);
}

static json_t *number_json(double x) { return x == floor(x) && fabs(x) < 1e15 ? json_integer((json_int_t)x) : json_real(x); }

static double clamp(double x, double lo, double hi) { return x < lo ? lo : x > hi ? hi : x; }

static bool is_nothing(ht_str s) { return s.len == 0 || ht_str_is(s, "None") || ht_str_is(s, "null"); }

/* --- the state itself --- */

ht_status ht_thing_set_state(ht_thing *t, ht_home *h, size_t entity, const char *state, ht_error *err)
{
    char *known = state ? strdup(state) : NULL;
    if (state != NULL && known == NULL)
        return ht_fail(err, HT_NO_MEMORY, -1, "mqtt: out of memory");
    free(t->known);
    t->known = known;
    return ht_home_set_state(h, entity, t->is_available ? known : "unavailable", err);
}

/* A payload that stands for a state: the config's text under key (or the default) means `state`. */
typedef struct {
    const char *key, *otherwise, *state;
} meaning;

/* The state that value means, or NULL. */
static const char *meaning_of(const ht_thing *t, const meaning *table, size_t n, ht_str value)
{
    for (size_t i = 0; i < n; i++)
        if (ht_str_is(value, ht_thing_text(t, table[i].key, table[i].otherwise)))
            return table[i].state;
    return NULL;
}

static ht_status take_on_off(ht_thing *t, ht_home *h, size_t entity, const ht_report *r, ht_error *err)
{
    const meaning table[] = {{"state_on", ht_thing_text(t, "payload_on", "ON"), "on"}, {"state_off", ht_thing_text(t, "payload_off", "OFF"), "off"}};
    const char *state = meaning_of(t, table, 2, r->value);
    return state != NULL || is_nothing(r->value) ? ht_thing_set_state(t, h, entity, state, err) : HT_OK;
}

static ht_status take_lock(ht_thing *t, ht_home *h, size_t entity, const ht_report *r, ht_error *err)
{
    static const meaning table[] = {{"state_locked", "LOCKED", "locked"},
                                    {"state_unlocked", "UNLOCKED", "unlocked"},
                                    {"state_locking", "LOCKING", "locking"},
                                    {"state_unlocking", "UNLOCKING", "unlocking"},
                                    {"state_jammed", "JAMMED", "jammed"}};
    const char *state = meaning_of(t, table, sizeof table / sizeof table[0], r->value);
    return state != NULL || is_nothing(r->value) ? ht_thing_set_state(t, h, entity, state, err) : HT_OK;
}

/* What a cover that has stopped is: open unless it is all the way down. */
static const char *resting(const ht_home *h, size_t entity)
{
    double position;
    return ht_entity_number(ht_home_entity_at(h, entity), "current_position", &position) && position <= 0 ? "closed" : "open";
}

static ht_status set_position(const ht_thing *t, ht_home *h, size_t entity, double x, ht_error *err)
{
    const double closed = ht_thing_number(t, "position_closed", 0), open = ht_thing_number(t, "position_open", 100);
    const double pct = open == closed ? x : round((x - closed) / (open - closed) * 100);
    return ht_home_set_attribute(h, entity, "current_position", number_json(clamp(pct, 0, 100)), err);
}

static ht_status take_position(ht_thing *t, ht_home *h, size_t entity, const ht_report *r, ht_error *err)
{
    double x;
    if (!number_of(r->value, &x))
        return HT_OK;
    const ht_status st = set_position(t, h, entity, x, err);
    return st == HT_OK && !ht_thing_has(t, "state_topic") ? ht_thing_set_state(t, h, entity, resting(h, entity), err) : st;
}

static ht_status take_cover(ht_thing *t, ht_home *h, size_t entity, const ht_report *r, ht_error *err)
{
    static const meaning table[] = {{"state_open", "open", "open"}, {"state_closed", "closed", "closed"}, {"state_opening", "opening", "opening"},
                                    {"state_closing", "closing", "closing"}, {"state_stopped", "stopped", "stopped"}};
    const char *state = meaning_of(t, table, sizeof table / sizeof table[0], r->value);
    const json_t *json = json_object_get(r->vars, "value_json");
    double x;
    if (ht_thing_is(t, "valve") && json_is_object(json) && json_is_number(json_object_get(json, "position"))) {
        const ht_status st = set_position(t, h, entity, json_number_value(json_object_get(json, "position")), err);
        state = meaning_of(t, table, sizeof table / sizeof table[0], str_of(json_object_get(json, "state")));
        return st == HT_OK ? ht_thing_set_state(t, h, entity, state ? state : resting(h, entity), err) : st;
    }
    if (ht_thing_is(t, "valve") && ht_thing_flag(t, "reports_position", false) && number_of(r->value, &x)) {
        const ht_status st = set_position(t, h, entity, x, err);
        return st == HT_OK ? ht_thing_set_state(t, h, entity, resting(h, entity), err) : st;
    }
    if (state != NULL && strcmp(state, "stopped") == 0)
        state = resting(h, entity);
    return state != NULL || is_nothing(r->value) ? ht_thing_set_state(t, h, entity, state, err) : HT_OK;
}

/* The text is the state: sensors, selects, numbers, modes. */
static ht_status take_text(ht_thing *t, ht_home *h, size_t entity, const ht_report *r, ht_error *err)
{
    char text[256];
    if (r->value.len >= sizeof text)
        return HT_OK; /* longer than any state may be */
    if (r->value.len > 0)
        memcpy(text, r->value.ptr, r->value.len);
    text[r->value.len] = '\0';
    const ht_status st = ht_thing_set_state(t, h, entity, is_nothing(r->value) ? NULL : text, err);
    /* what it comes back in when it is turned on without a mode */
    return st == HT_OK && ht_thing_is(t, "climate") && !is_nothing(r->value) && strcmp(text, "off") != 0
               ? ht_home_set_attribute(h, entity, "last_on_mode", json_string(text), err)
               : st;
}

/* --- attributes --- */

static ht_status set_text(ht_home *h, size_t entity, const char *key, ht_str value, ht_error *err)
{
    return ht_home_set_attribute(h, entity, key, is_nothing(value) ? NULL : json_stringn(value.ptr, value.len), err);
}

static ht_status take_number(ht_thing *t, ht_home *h, size_t entity, const ht_report *r, ht_error *err)
{
    (void)t;
    double x;
    if (is_nothing(r->value))
        return ht_home_set_attribute(h, entity, r->key, NULL, err);
    return number_of(r->value, &x) ? ht_home_set_attribute(h, entity, r->key, number_json(x), err) : HT_OK;
}

static ht_status take_word(ht_thing *t, ht_home *h, size_t entity, const ht_report *r, ht_error *err)
{
    (void)t;
    return set_text(h, entity, r->key, r->value, err);
}

static ht_status take_percentage(ht_thing *t, ht_home *h, size_t entity, const ht_report *r, ht_error *err)
{
    double x;
    const double lo = ht_thing_number(t, "speed_range_min", 1), hi = ht_thing_number(t, "speed_range_max", 100);
    if (!number_of(r->value, &x) || hi < lo)
        return HT_OK;
    const double pct = x < lo ? 0 : clamp(round((x - lo + 1) / (hi - lo + 1) * 100), 0, 100);
    return ht_home_set_attribute(h, entity, "percentage", number_json(pct), err);
}

static ht_status take_oscillation(ht_thing *t, ht_home *h, size_t entity, const ht_report *r, ht_error *err)
{
    const bool is_on = ht_str_is(r->value, ht_thing_text(t, "payload_oscillation_on", "oscillate_on"));
    const bool is_off = ht_str_is(r->value, ht_thing_text(t, "payload_oscillation_off", "oscillate_off"));
    return is_on || is_off ? ht_home_set_attribute(h, entity, "oscillating", json_boolean(is_on), err) : HT_OK;
}

/* Attributes of the device's own choice; not those that the entity model gives a meaning. */
static ht_status take_attributes(ht_thing *t, ht_home *h, size_t entity, const ht_report *r, ht_error *err)
{
    (void)t;
    static const char *const ours[] = {"unique_id", "device_class", "supported_color_modes", "entities", "unanswered", "friendly_name"};
    json_t *o = json_loadb(r->value.len ? r->value.ptr : "", r->value.len, 0, NULL), *v;
    const char *key;
    ht_status st = HT_OK;
    size_t n = 0;
    json_object_foreach (o, key, v) {
        bool is_ours = false;
        for (size_t i = 0; i < sizeof ours / sizeof ours[0]; i++)
            is_ours |= strcmp(key, ours[i]) == 0;
        if (st == HT_OK && !is_ours && n++ < 64 && !json_is_object(v) && !json_is_array(v))
            st = ht_home_set_attribute(h, entity, key, json_is_null(v) ? NULL : json_incref(v), err);
    }
    json_decref(o);
    return st;
}

/* --- lights --- */

/* A lamp that is off has neither brightness nor colour mode; off_brightness is what it comes back with (home/action.c). */
static ht_status settle_light(ht_thing *t, ht_home *h, size_t entity, ht_error *err)
{
    const json_t *attributes = ht_home_entity_at(h, entity)->attributes;
    const bool is_off = t->known != NULL && strcmp(t->known, "off") == 0;
    const char *from = is_off ? "brightness" : "off_brightness", *to = is_off ? "off_brightness" : "brightness";
    json_t *v = json_incref(json_object_get(attributes, from));
    ht_status st = v ? ht_home_set_attribute(h, entity, from, NULL, err) : HT_OK;
    if (st == HT_OK && v != NULL && (is_off || json_object_get(attributes, to) == NULL))
        st = ht_home_set_attribute(h, entity, to, json_incref(v), err);
    json_decref(v);
    return st == HT_OK && is_off ? ht_home_set_attribute(h, entity, "color_mode", NULL, err) : st;
}

static ht_status set_brightness(ht_thing *t, ht_home *h, size_t entity, double x, ht_error *err)
{
    const double scale = ht_thing_number(t, "brightness_scale", 255);
    return scale > 0 ? ht_home_set_attribute(h, entity, "brightness", number_json(round(clamp(x / scale, 0, 1) * 255)), err) : HT_OK;
}

/* Kelvin or mireds, as the device has it. */
static ht_status set_color_temp(ht_thing *t, ht_home *h, size_t entity, double x, ht_error *err)
{
    const double kelvin = ht_thing_flag(t, "color_temp_kelvin", false) ? x : x > 0 ? round(1e6 / x) : 0;
    return kelvin >= 500 && kelvin <= 40000 ? ht_home_set_attribute(h, entity, "color_temp_kelvin", number_json(kelvin), err) : HT_OK;
}

static ht_status set_color(ht_home *h, size_t entity, double r, double g, double b, ht_error *err)
{
    const ht_status st = ht_home_set_attribute(
        h, entity, "rgb_color", json_pack("[i, i, i]", (int)clamp(round(r), 0, 255), (int)clamp(round(g), 0, 255), (int)clamp(round(b), 0, 255)),
        err);
    return st == HT_OK ? ht_home_set_attribute(h, entity, "color_temp_kelvin", NULL, err) : st;
}

/* Hue in degrees, saturation in percent, at full value. */
static ht_status set_hue(ht_home *h, size_t entity, double hue, double saturation, ht_error *err)
{
    double rgb[3];
    hue = fmod(fmod(hue, 360) + 360, 360) / 60;
    for (int i = 0; i < 3; i++) {
        const double distance = fabs(fmod(hue - 2 * i + 9, 6) - 3); /* 0 at the component's own hue, 3 across the circle */
        rgb[i] = 255 * (1 - clamp(saturation, 0, 100) / 100 * clamp(distance - 1, 0, 1));
    }
    return set_color(h, entity, rgb[0], rgb[1], rgb[2], err);
}

static ht_status take_brightness(ht_thing *t, ht_home *h, size_t entity, const ht_report *r, ht_error *err)
{
    double x;
    if (!number_of(r->value, &x))
        return HT_OK;
    const ht_status st = set_brightness(t, h, entity, x, err);
    return st == HT_OK ? settle_light(t, h, entity, err) : st;
}

static ht_status take_color_temp(ht_thing *t, ht_home *h, size_t entity, const ht_report *r, ht_error *err)
{
    double x;
    return number_of(r->value, &x) ? set_color_temp(t, h, entity, x, err) : HT_OK;
}

/* "255,0,127"; the number of numbers read. */
static size_t numbers_of(ht_str s, double out[3])
{
    ht_str part;
    size_t n = 0;
    while (n < 3 && ht_str_split(&s, ',', &part) && number_of(part, &out[n]))
        n++;
    return n;
}

static ht_status take_rgb(ht_thing *t, ht_home *h, size_t entity, const ht_report *r, ht_error *err)
{
    (void)t;
    double c[3];
    return numbers_of(r->value, c) == 3 ? set_color(h, entity, c[0], c[1], c[2], err) : HT_OK;
}

static ht_status take_hs(ht_thing *t, ht_home *h, size_t entity, const ht_report *r, ht_error *err)
{
    (void)t;
    double c[3];
    return numbers_of(r->value, c) >= 2 ? set_hue(h, entity, c[0], c[1], err) : HT_OK;
}

static ht_status take_light_state(ht_thing *t, ht_home *h, size_t entity, const ht_report *r, ht_error *err)
{
    const ht_status st = take_on_off(t, h, entity, r, err);
    return st == HT_OK ? settle_light(t, h, entity, err) : st;
}

static double member(const json_t *o, const char *key) { return json_number_value(json_object_get(o, key)); }

static ht_status take_json_color(ht_thing *t, ht_home *h, size_t entity, const json_t *o, ht_error *err)
{
    const json_t *color = json_object_get(o, "color"), *kelvin = json_object_get(o, "color_temp");
    const char *mode = json_string_value(json_object_get(o, "color_mode"));
    ht_status st = HT_OK;
    if (json_is_object(color) && (mode == NULL || strcmp(mode, "color_temp") != 0)) {
        if (json_is_number(json_object_get(color, "r")))
            st = set_color(h, entity, member(color, "r"), member(color, "g"), member(color, "b"), err);
        else if (json_is_number(json_object_get(color, "h")))
            st = set_hue(h, entity, member(color, "h"), member(color, "s"), err);
    }
    if (st == HT_OK && json_is_number(kelvin) && (mode == NULL || strcmp(mode, "color_temp") == 0)) {
        st = set_color_temp(t, h, entity, json_number_value(kelvin), err);
        if (st == HT_OK && mode != NULL)
            st = ht_home_set_attribute(h, entity, "rgb_color", NULL, err);
    }
    return st == HT_OK && mode != NULL ? ht_home_set_attribute(h, entity, "color_mode", json_string(mode), err) : st;
}

static ht_status take_json_light(ht_thing *t, ht_home *h, size_t entity, const ht_report *r, ht_error *err)
{
    const json_t *o = json_object_get(r->vars, "value_json"), *state = json_object_get(o, "state"), *level = json_object_get(o, "brightness");
    const json_t *effect = json_object_get(o, "effect");
    ht_status st = HT_OK;
    if (!json_is_object(o))
        return HT_OK;
    if (json_is_number(level))
        st = set_brightness(t, h, entity, json_number_value(level), err);
    if (st == HT_OK)
        st = take_json_color(t, h, entity, o, err);
    if (st == HT_OK && (json_is_string(effect) || json_is_null(effect)))
        st = set_text(h, entity, "effect", str_of(effect), err);
    if (st == HT_OK && (json_is_string(state) || json_is_null(state)))
        st = take_on_off(t, h, entity, &(ht_report){.value = str_of(state)}, err);
    return st == HT_OK ? settle_light(t, h, entity, err) : st;
}

/* --- the rest --- */

static ht_status take_vacuum(ht_thing *t, ht_home *h, size_t entity, const ht_report *r, ht_error *err)
{
    static const char *const shown[] = {"fan_speed", "battery_level"};
    const json_t *o = json_object_get(r->vars, "value_json"), *state = json_object_get(o, "state");
    ht_status st = json_is_string(state) ? take_text(t, h, entity, &(ht_report){.value = str_of(state)}, err) : HT_OK;
    for (size_t i = 0; st == HT_OK && i < 2; i++)
        if (json_object_get(o, shown[i]) != NULL)
            st = ht_home_set_attribute(h, entity, shown[i], json_incref(json_object_get(o, shown[i])), err);
    return st;
}

/* hearth's own: {"state","attributes"}; an attribute of null goes away. */
static ht_status take_own(ht_thing *t, ht_home *h, size_t entity, const ht_report *r, ht_error *err)
{
    const json_t *o = json_object_get(r->vars, "value_json"), *state = json_object_get(o, "state");
    json_t *v;
    const char *key;
    ht_status st = HT_OK;
    json_object_foreach (json_object_get(o, "attributes"), key, v)
        if (st == HT_OK)
            st = ht_home_set_attribute(h, entity, key, json_is_null(v) ? NULL : json_deep_copy(v), err);
    if (st == HT_OK && (json_is_string(state) || json_is_null(state)))
        st = ht_thing_set_state(t, h, entity, json_string_value(state), err);
    return st;
}

/* The first row that fits component and topic counts; component NULL: any. key: of the attribute. */
static const struct {
    const char *component, *topic, *template_key, *other_template;
    ht_report_fn *take;
    const char *key;
} reports[] = {
    {"light", "state_topic", "state_value_template", "value_template", take_light_state, NULL},
    {"light", "brightness_state_topic", "brightness_value_template", NULL, take_brightness, NULL},
    {"light", "color_temp_state_topic", "color_temp_value_template", NULL, take_color_temp, NULL},
    {"light", "rgb_state_topic", "rgb_value_template", NULL, take_rgb, NULL},
    {"light", "hs_state_topic", "hs_value_template", NULL, take_hs, NULL},
    {"light", "effect_state_topic", "effect_value_template", NULL, take_word, "effect"},
    {"switch", "state_topic", "value_template", NULL, take_on_off, NULL},
    {"siren", "state_topic", "state_value_template", NULL, take_on_off, NULL},
    {"binary_sensor", "state_topic", "value_template", NULL, take_on_off, NULL},
    {"lock", "state_topic", "value_template", NULL, take_lock, NULL},
    {"cover", "state_topic", "value_template", NULL, take_cover, NULL},
    {"cover", "position_topic", "position_template", NULL, take_position, NULL},
    {"cover", "tilt_status_topic", "tilt_status_template", NULL, take_number, "current_tilt_position"},
    {"valve", "state_topic", "value_template", NULL, take_cover, NULL},
    {"climate", "mode_state_topic", "mode_state_template", NULL, take_text, NULL},
    {"water_heater", "mode_state_topic", "mode_state_template", NULL, take_text, NULL},
    {"humidifier", "state_topic", "state_value_template", NULL, take_on_off, NULL},
    {"humidifier", "mode_state_topic", "mode_state_template", NULL, take_word, "mode"},
    {"fan", "state_topic", "state_value_template", NULL, take_on_off, NULL},
    {"fan", "percentage_state_topic", "percentage_value_template", NULL, take_percentage, NULL},
    {"fan", "oscillation_state_topic", "oscillation_value_template", NULL, take_oscillation, NULL},
    {"fan", "direction_state_topic", "direction_value_template", NULL, take_word, "direction"},
    {"vacuum", "state_topic", NULL, NULL, take_vacuum, NULL},
    {"lawn_mower", "activity_state_topic", "activity_value_template", NULL, take_text, NULL},
    {"hearth", "state_topic", NULL, NULL, take_own, NULL},
    {NULL, "state_topic", "value_template", NULL, take_text, NULL},
    {NULL, "temperature_state_topic", "temperature_state_template", NULL, take_number, "temperature"},
    {NULL, "current_temperature_topic", "current_temperature_template", NULL, take_number, "current_temperature"},
    {NULL, "target_humidity_state_topic", "target_humidity_state_template", NULL, take_number, "humidity"},
    {NULL, "current_humidity_topic", "current_humidity_template", NULL, take_number, "current_humidity"},
    {NULL, "fan_mode_state_topic", "fan_mode_state_template", NULL, take_word, "fan_mode"},
    {NULL, "swing_mode_state_topic", "swing_mode_state_template", NULL, take_word, "swing_mode"},
    {NULL, "preset_mode_state_topic", "preset_mode_value_template", NULL, take_word, "preset_mode"},
    {NULL, "action_topic", "action_template", NULL, take_word, "hvac_action"},
    {NULL, "json_attributes_topic", "json_attributes_template", NULL, take_attributes, NULL},
};

static ht_status add_way(ht_thing *t, const char *topic, const char *source, ht_report_fn *take, const char *key, ht_error *err)
{
    ht_error bad;
    ht_report_way way = {.take = take, .key = key, .topic = strdup(topic)};
    if (way.topic == NULL)
        return ht_fail(err, HT_NO_MEMORY, -1, "mqtt: out of memory");
    if (source != NULL && ht_template_parse(ht_str_from(source), &way.read, &bad) != HT_OK) {
        ht_log(HT_LOG_WARN, "mqtt: %s is read only in part: %s: %.80s", t->source, bad.text, source);
        free(way.topic);
        return HT_OK;
    }
    t->ways[t->n_ways++] = way;
    return HT_OK;
}

ht_status ht_thing_listen(ht_thing *t, ht_error *err)
{
    ht_status st = HT_OK;
    for (size_t i = 0; st == HT_OK && i < sizeof reports / sizeof reports[0] && t->n_ways < HT_THING_MAX_WAYS; i++) {
        const char *topic = ht_thing_text(t, reports[i].topic, NULL), *component = reports[i].component;
        bool is_first = true;
        for (size_t k = 0; k < i && component == NULL; k++)
            is_first &= reports[k].component == NULL || !ht_thing_is(t, reports[k].component) || strcmp(reports[k].topic, reports[i].topic) != 0;
        if (topic == NULL || (component != NULL && !ht_thing_is(t, component)) || !is_first)
            continue;
        if (ht_thing_is_json_light(t)) { /* all in one */
            if (strcmp(reports[i].topic, "state_topic") == 0)
                st = add_way(t, topic, NULL, take_json_light, NULL, err);
            continue;
        }
        const char *source = reports[i].template_key ? ht_thing_text(t, reports[i].template_key, NULL) : NULL;
        if (source == NULL && reports[i].other_template != NULL)
            source = ht_thing_text(t, reports[i].other_template, NULL);
        st = add_way(t, topic, source, reports[i].take, reports[i].key, err);
    }
    return st;
}
