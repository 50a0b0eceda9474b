/* From an action to messages for the device. The entity is in the state that it is to come to already (home/driver.h), so that steps
 * ("10 % darker") and toggles are worked out in one place, home/action.c. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "home/mqtt/private.h"

typedef struct {
    ht_thing *t;
    const ht_home *h;
    const ht_entity *e;
    const ht_action *a;
    const ht_entity_before *was;
    int n_sent;
    ht_error *err;
} command;

/* Publishes payload on the topic under topic_key, written with the template under template_key if there is one. variable, value: what the
 * template gets besides "value"; value is borrowed. A device that has no such topic is left alone. */
static ht_status send(command *c, const char *topic_key, const char *template_key, const char *payload, const char *variable, json_t *value)
{
    const char *topic = ht_thing_text(c->t, topic_key, NULL), *source = template_key ? ht_thing_text(c->t, template_key, NULL) : NULL;
    const double qos = ht_thing_number(c->t, "qos", 0);
    ht_template *write = NULL;
    ht_buf text = {0};
    ht_status st = HT_OK;
    if (topic == NULL)
        return HT_OK;
    if (source != NULL && (st = ht_template_parse(ht_str_from(source), &write, c->err)) == HT_OK) {
        json_t *vars = json_pack("{s:O}", "value", value);
        if (vars != NULL && variable != NULL)
            json_object_set(vars, variable, value);
        st = vars ? ht_template_render(write, vars, &text, NULL, c->err) : ht_fail(c->err, HT_NO_MEMORY, -1, "mqtt: out of memory");
        json_decref(vars);
    } else if (st == HT_OK) {
        ht_buf_add_c(&text, payload);
    }
    ht_template_free(write);
    if (st == HT_OK && text.failed)
        st = ht_fail(c->err, HT_NO_MEMORY, -1, "mqtt: out of memory");
    if (st == HT_OK)
        st = c->t->hub->wire.publish(c->t->hub->wire.ctx, topic, ht_buf_str(&text), qos == 2 ? 2 : 1, ht_thing_flag(c->t, "retain", false), c->err);
    c->n_sent += st == HT_OK;
    ht_buf_deinit(&text);
    return st;
}

static ht_status send_text(command *c, const char *topic_key, const char *template_key, const char *text)
{
    json_t *value = json_string(text);
    const ht_status st = value ? send(c, topic_key, template_key, text, NULL, value) : ht_fail(c->err, HT_NO_MEMORY, -1, "mqtt: out of memory");
    json_decref(value);
    return st;
}

/* A payload of the config, by its key. */
static ht_status send_payload(command *c, const char *key, const char *otherwise)
{
    return send_text(c, "command_topic", "command_template", ht_thing_text(c->t, key, otherwise));
}

static ht_status send_number(command *c, const char *topic_key, const char *template_key, const char *variable, double x)
{
    char text[40];
    const bool is_whole = x == floor(x) && fabs(x) < 1e15;
    snprintf(text, sizeof text, is_whole ? "%.0f" : "%.10g", x);
    json_t *value = is_whole ? json_integer((json_int_t)x) : json_real(x);
    const ht_status st = value ? send(c, topic_key, template_key, text, variable, value) : ht_fail(c->err, HT_NO_MEMORY, -1, "mqtt: out of memory");
    json_decref(value);
    return st;
}

static bool state_is(const command *c, const char *state) { return c->e->state != NULL && strcmp(c->e->state, state) == 0; }

static bool was_not(const command *c, const char *state) { return c->was->state == NULL || strcmp(c->was->state, state) != 0; }

/* --- lights --- */

static double to_device_level(const command *c)
{
    return 0 < ht_thing_number(c->t, "brightness_scale", 255) ? ht_thing_number(c->t, "brightness_scale", 255) : 255;
}

/* What one action changes of a light. */
typedef struct {
    bool level, tone, color;
} light_parts;

static light_parts parts_of(ht_verb verb)
{
    return (light_parts){verb == HT_VERB_SET_BRIGHTNESS || verb == HT_VERB_ADJUST_BRIGHTNESS, verb == HT_VERB_SET_COLOR_TEMP,
                         verb == HT_VERB_SET_COLOR};
}

static double color_temp(const command *c)
{
    double kelvin = 0;
    (void)ht_entity_number(c->e, "color_temp_kelvin", &kelvin);
    return ht_thing_flag(c->t, "color_temp_kelvin", false) || kelvin <= 0 ? kelvin : round(1e6 / kelvin);
}

static void hue_of(const uint8_t rgb[3], double *hue, double *saturation)
{
    const double r = rgb[0], g = rgb[1], b = rgb[2], hi = fmax(r, fmax(g, b)), span = hi - fmin(r, fmin(g, b));
    *hue = span <= 0 ? 0 : hi == r ? 60 * fmod((g - b) / span + 6, 6) : hi == g ? 60 * ((b - r) / span + 2) : 60 * ((r - g) / span + 4);
    *saturation = hi <= 0 ? 0 : round(span / hi * 1000) / 10;
    *hue = round(*hue * 10) / 10;
}

/* CIE 1931 of an sRGB colour (Wide-gamut lamps shift it; their maker's converter sees to that). */
static void xy_of(const uint8_t rgb[3], double *x, double *y)
{
    double lin[3];
    for (int i = 0; i < 3; i++) {
        const double v = rgb[i] / 255.0;
        lin[i] = v <= 0.04045 ? v / 12.92 : pow((v + 0.055) / 1.055, 2.4);
    }
    const double big_x = 0.4124 * lin[0] + 0.3576 * lin[1] + 0.1805 * lin[2], big_y = 0.2126 * lin[0] + 0.7152 * lin[1] + 0.0722 * lin[2];
    const double sum = big_x + big_y + 0.0193 * lin[0] + 0.1192 * lin[1] + 0.9505 * lin[2];
    *x = sum > 0 ? round(big_x / sum * 10000) / 10000 : 0.3127;
    *y = sum > 0 ? round(big_y / sum * 10000) / 10000 : 0.329;
}

static bool has_mode(const command *c, const char *mode)
{
    const json_t *modes = json_object_get(c->e->attributes, "supported_color_modes");
    for (size_t i = 0; i < json_array_size(modes); i++)
        if (ht_str_is((ht_str){json_string_value(json_array_get(modes, i)), json_string_length(json_array_get(modes, i))}, mode))
            return true;
    return false;
}

/* The colour in the first way that the lamp knows. */
static json_t *color_json(const command *c)
{
    const uint8_t *rgb = c->a->rgb;
    double p, q;
    if (has_mode(c, "xy")) {
        xy_of(rgb, &p, &q);
        return json_pack("{s:f, s:f}", "x", p, "y", q);
    }
    if (has_mode(c, "hs")) {
        hue_of(rgb, &p, &q);
        return json_pack("{s:f, s:f}", "h", p, "s", q);
    }
    return json_pack("{s:i, s:i, s:i}", "r", rgb[0], "g", rgb[1], "b", rgb[2]);
}

static ht_status send_json_light(command *c)
{
    const bool is_on = state_is(c, "on");
    const light_parts p = parts_of(c->a->verb);
    double brightness;
    json_t *o = json_pack("{s:s}", "state", ht_thing_text(c->t, is_on ? "payload_on" : "payload_off", is_on ? "ON" : "OFF"));
    if (is_on && p.level && ht_entity_number(c->e, "brightness", &brightness))
        json_object_set_new(o, "brightness", json_integer((json_int_t)fmax(1, round(brightness / 255 * to_device_level(c)))));
    if (is_on && p.tone)
        json_object_set_new(o, "color_temp", json_integer((json_int_t)color_temp(c)));
    if (is_on && p.color)
        json_object_set_new(o, "color", color_json(c));
    char *text = o ? json_dumps(o, JSON_COMPACT | JSON_PRESERVE_ORDER | JSON_REAL_PRECISION(12)) : NULL;
    json_decref(o);
    const ht_status st = text ? send_text(c, "command_topic", NULL, text) : ht_fail(c->err, HT_NO_MEMORY, -1, "mqtt: out of memory");
    free(text);
    return st;
}

static ht_status send_color(command *c)
{
    char text[64];
    double p, q;
    const uint8_t *rgb = c->a->rgb;
    if (ht_thing_has(c->t, "rgb_command_topic")) {
        snprintf(text, sizeof text, "%d,%d,%d", rgb[0], rgb[1], rgb[2]);
        return send_text(c, "rgb_command_topic", NULL, text);
    }
    hue_of(rgb, &p, &q);
    snprintf(text, sizeof text, "%g,%g", p, q);
    return send_text(c, "hs_command_topic", NULL, text);
}

/* A light whose properties have topics of their own. */
static ht_status send_plain_light(command *c)
{
    const light_parts p = parts_of(c->a->verb);
    const char *order = ht_thing_text(c->t, "on_command_type", "last");
    double brightness = 0;
    ht_status st = HT_OK;
    if (!state_is(c, "on"))
        return send_payload(c, "payload_off", "OFF");
    const bool by_level = strcmp(order, "brightness") == 0 && ht_entity_number(c->e, "brightness", &brightness);
    if (strcmp(order, "first") == 0)
        st = send_payload(c, "payload_on", "ON");
    if (st == HT_OK && (p.level || by_level) && ht_entity_number(c->e, "brightness", &brightness))
        st = send_number(c, "brightness_command_topic", "brightness_command_template", NULL, fmax(1, round(brightness / 255 * to_device_level(c))));
    if (st == HT_OK && p.tone)
        st = send_number(c, "color_temp_command_topic", "color_temp_command_template", NULL, color_temp(c));
    if (st == HT_OK && p.color)
        st = send_color(c);
    return st == HT_OK && !by_level && strcmp(order, "first") != 0 ? send_payload(c, "payload_on", "ON") : st;
}

static ht_status send_light(command *c) { return ht_thing_is_json_light(c->t) ? send_json_light(c) : send_plain_light(c); }

/* --- other components --- */

static ht_status send_on_off(command *c) { return state_is(c, "on") ? send_payload(c, "payload_on", "ON") : send_payload(c, "payload_off", "OFF"); }

static ht_status send_lock(command *c)
{
    return state_is(c, "locked") ? send_payload(c, "payload_lock", "LOCK") : send_payload(c, "payload_unlock", "UNLOCK");
}

static ht_status send_cover(command *c)
{
    const double closed = ht_thing_number(c->t, "position_closed", 0), open = ht_thing_number(c->t, "position_open", 100);
    const bool is_valve = ht_thing_is(c->t, "valve"), by_number = is_valve && ht_thing_flag(c->t, "reports_position", false);
    const char *topic = by_number ? "command_topic" : "set_position_topic", *template = by_number ? "command_template" : "set_position_template";
    const bool is_open = state_is(c, "open");
    double pct = is_open ? 100 : 0;
    if (c->a->verb == HT_VERB_STOP)
        return send_payload(c, "payload_stop", "STOP");
    if (c->a->verb == HT_VERB_SET_POSITION)
        pct = c->a->value;
    if ((by_number || c->a->verb == HT_VERB_SET_POSITION || !ht_thing_has(c->t, "command_topic")) && ht_thing_has(c->t, topic))
        return send_number(c, topic, template, "position", round(closed + pct / 100 * (open - closed)));
    return is_open ? send_payload(c, "payload_open", "OPEN") : send_payload(c, "payload_close", "CLOSE");
}

/* An attribute that changed, or that the action names, goes to its topic. */
static ht_status send_attribute(command *c, const char *attribute, bool is_named, const char *topic, const char *template)
{
    const json_t *now = json_object_get(c->e->attributes, attribute), *was = json_object_get(c->was->attributes, attribute);
    if (now == NULL || (!is_named && was != NULL && json_equal(now, was)) || !ht_thing_has(c->t, topic))
        return HT_OK;
    return json_is_number(now) ? send_number(c, topic, template, NULL, json_number_value(now))
           : json_is_string(now) ? send_text(c, topic, template, json_string_value(now))
                                 : HT_OK;
}

static ht_status send_climate(command *c)
{
    const ht_verb v = c->a->verb;
    const bool is_switching = v == HT_VERB_TURN_ON || v == HT_VERB_TURN_OFF || v == HT_VERB_TOGGLE;
    const bool is_off = state_is(c, "off");
    const bool new_state = c->e->state != NULL && was_not(c, c->e->state);
    ht_status st = HT_OK;
    if ((is_switching || (new_state && (is_off || !was_not(c, "off")))) && ht_thing_has(c->t, "power_command_topic"))
        st = send_text(c, "power_command_topic", "power_command_template",
                       is_off ? ht_thing_text(c->t, "payload_off", "OFF") : ht_thing_text(c->t, "payload_on", "ON"));
    const char *preset = ht_entity_text(c->e, "preset_mode");
    const bool is_preset = v == HT_VERB_SET_MODE && preset != NULL && ht_str_eq(c->a->text, ht_str_from(preset));
    if (st == HT_OK && c->e->state != NULL && (new_state || is_switching || (v == HT_VERB_SET_MODE && !is_preset)) &&
        ht_thing_has(c->t, "mode_command_topic"))
        st = send_text(c, "mode_command_topic", "mode_command_template", c->e->state);
    if (st == HT_OK)
        st = send_attribute(c, "temperature", v == HT_VERB_SET_TEMPERATURE || v == HT_VERB_ADJUST_TEMPERATURE, "temperature_command_topic",
                            "temperature_command_template");
    if (st == HT_OK)
        st = send_attribute(c, "fan_mode", v == HT_VERB_SET_FAN_SPEED || v == HT_VERB_ADJUST_SPEED, "fan_mode_command_topic",
                            "fan_mode_command_template");
    if (st == HT_OK)
        st = send_attribute(c, "swing_mode", v == HT_VERB_SET_SWING, "swing_mode_command_topic", "swing_mode_command_template");
    if (st == HT_OK)
        st = send_attribute(c, "humidity", v == HT_VERB_SET_HUMIDITY, "target_humidity_command_topic", "target_humidity_command_template");
    return st == HT_OK ? send_attribute(c, "preset_mode", is_preset, "preset_mode_command_topic", "preset_mode_command_template") : st;
}

/* A device's speeds are lo … hi; 0 percent is off. */
static ht_status send_percentage(command *c)
{
    const double lo = ht_thing_number(c->t, "speed_range_min", 1), hi = ht_thing_number(c->t, "speed_range_max", 100);
    double pct;
    if (!ht_entity_number(c->e, "percentage", &pct))
        return HT_OK;
    return send_number(c, "percentage_command_topic", "percentage_command_template", "percentage",
                       pct <= 0 ? 0 : ceil(lo - 1 + pct / 100 * (hi - lo + 1)));
}

static ht_status send_fan(command *c)
{
    ht_status st;
    switch (c->a->verb) {
    case HT_VERB_SET_SWING:
        return send_text(c, "oscillation_command_topic", "oscillation_command_template",
                         c->a->value > 0 ? ht_thing_text(c->t, "payload_oscillation_on", "oscillate_on")
                                         : ht_thing_text(c->t, "payload_oscillation_off", "oscillate_off"));
    case HT_VERB_SET_SPEED:
    case HT_VERB_ADJUST_SPEED:
        st = state_is(c, "on") && was_not(c, "on") ? send_on_off(c) : HT_OK;
        return st == HT_OK ? send_percentage(c) : st;
    case HT_VERB_SET_MODE:
    case HT_VERB_SET_FAN_SPEED:
        st = was_not(c, c->e->state ? c->e->state : "") ? send_on_off(c) : HT_OK;
        if (st == HT_OK && !json_equal(json_object_get(c->e->attributes, "percentage"), json_object_get(c->was->attributes, "percentage")))
            st = send_percentage(c);
        return st == HT_OK ? send_attribute(c, "preset_mode", c->n_sent == 0, "preset_mode_command_topic", "preset_mode_command_template") : st;
    default:
        return send_on_off(c);
    }
}

static ht_status send_humidifier(command *c)
{
    const ht_verb v = c->a->verb;
    ht_status st = HT_OK;
    if (v <= HT_VERB_TOGGLE || was_not(c, c->e->state ? c->e->state : ""))
        st = send_on_off(c);
    if (st == HT_OK)
        st = send_attribute(c, "humidity", v == HT_VERB_SET_HUMIDITY, "target_humidity_command_topic", "target_humidity_command_template");
    return st == HT_OK ? send_attribute(c, "mode", v == HT_VERB_SET_MODE, "mode_command_topic", "mode_command_template") : st;
}

static ht_status send_vacuum(command *c)
{
    return state_is(c, "cleaning") ? send_payload(c, "payload_start", "start") : send_payload(c, "payload_return_to_base", "return_to_base");
}

static ht_status send_mower(command *c)
{
    return state_is(c, "mowing") ? send_text(c, "start_mowing_command_topic", "start_mowing_command_template", "start_mowing")
                                 : send_text(c, "dock_command_topic", "dock_command_template", "dock");
}

static ht_status send_alarm(command *c)
{
    return state_is(c, "disarmed") ? send_payload(c, "payload_disarm", "DISARM") : send_payload(c, "payload_arm_away", "ARM_AWAY");
}

static ht_status send_press(command *c) { return send_payload(c, "payload_press", "PRESS"); }
static ht_status send_scene(command *c) { return send_payload(c, "payload_on", "ON"); }
static ht_status send_state(command *c) { return send_text(c, "command_topic", "command_template", c->e->state ? c->e->state : ""); }
static ht_status send_value(command *c) { return send_number(c, "command_topic", "command_template", NULL, c->a->value); }

/* hearth's own: {"action","value","rgb","feature"}. */
static ht_status send_own(command *c)
{
    const ht_action *a = c->a;
    ht_verb verb = ht_verb_for(a->verb, c->e->domain);
    json_t *o = json_object(), *value = NULL;
    if (verb == HT_VERB_TOGGLE) /* the device is told what to become, not to change */
        verb = ht_verb_for(ht_entity_is_active(c->e) ? HT_VERB_TURN_ON : HT_VERB_TURN_OFF, c->e->domain);
    json_object_set_new(o, "action", json_string(ht_verb_word(verb)));
    if (verb == HT_VERB_SET_FEATURE)
        json_object_set_new(o, "feature", json_stringn(a->text.ptr, a->text.len));
    else if (a->text.ptr != NULL)
        value = json_stringn(a->text.ptr, a->text.len);
    if (value == NULL && (a->value != 0 || verb == HT_VERB_SET_POSITION || verb == HT_VERB_SET_VOLUME || verb == HT_VERB_SET_FEATURE ||
                          verb == HT_VERB_SET_SWING))
        value = a->value == floor(a->value) ? json_integer((json_int_t)a->value) : json_real(a->value);
    if (value != NULL)
        json_object_set_new(o, "value", value);
    if (verb == HT_VERB_SET_COLOR)
        json_object_set_new(o, "rgb", json_pack("[i, i, i]", a->rgb[0], a->rgb[1], a->rgb[2]));
    char *text = o ? json_dumps(o, JSON_COMPACT | JSON_PRESERVE_ORDER | JSON_REAL_PRECISION(12)) : NULL;
    json_decref(o);
    const ht_status st = text ? send_text(c, "command_topic", NULL, text) : ht_fail(c->err, HT_NO_MEMORY, -1, "mqtt: out of memory");
    free(text);
    return st;
}

ht_status ht_thing_command(ht_thing *t, const ht_home *h, size_t entity, const ht_action *a, const ht_entity_before *was, ht_error *err)
{
    static const struct {
        const char *component;
        ht_status (*send)(command *c);
    } senders[] = {
        {"light", send_light}, {"switch", send_on_off}, {"siren", send_on_off}, {"lock", send_lock}, {"cover", send_cover}, {"valve", send_cover},
        {"climate", send_climate}, {"water_heater", send_climate}, {"fan", send_fan}, {"humidifier", send_humidifier}, {"vacuum", send_vacuum},
        {"lawn_mower", send_mower}, {"alarm_control_panel", send_alarm}, {"button", send_press}, {"scene", send_scene}, {"select", send_state},
        {"number", send_value}, {"hearth", send_own},
    };
    command c = {.t = t, .h = h, .e = ht_home_entity_at(h, entity), .a = a, .was = was, .err = err};
    for (size_t i = 0; i < sizeof senders / sizeof senders[0]; i++)
        if (ht_thing_is(t, senders[i].component)) {
            const ht_status st = senders[i].send(&c);
            if (st == HT_OK && c.n_sent == 0)
                return ht_fail(err, HT_UNSUPPORTED, -1, "%s has announced no way to %s", t->entity_id, ht_verb_word(a->verb));
            return st;
        }
    return ht_fail(err, HT_UNSUPPORTED, -1, "%s can only be read", t->entity_id);
}
