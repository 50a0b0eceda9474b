/* What a message to a simulated device asks of it. */
#include <math.h>
#include <stdlib.h>

#include "home/mqtt/sim_private.h"

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

static ht_str str_of(const json_t *v) { return (ht_str){json_string_value(v), json_string_length(v)}; }

/* What a payload's text becomes: a fixed action, the action's text, or its number. */
typedef enum { FIXED, TEXT, NUMBER } kind;

static const struct {
    const char *domain, *suffix, *payload; /* NULL: any; domain NULL: any */
    ht_verb verb;
    double value; /* of FIXED */
    kind kind;
} commands[] = {
    {NULL, "set", "ON", HT_VERB_TURN_ON, 0, FIXED},
    {NULL, "set", "OFF", HT_VERB_TURN_OFF, 0, FIXED},
    {"lock", "set", "LOCK", HT_VERB_LOCK, 0, FIXED},
    {"lock", "set", "UNLOCK", HT_VERB_UNLOCK, 0, FIXED},
    {NULL, "set", "OPEN", HT_VERB_OPEN, 0, FIXED},
    {NULL, "set", "CLOSE", HT_VERB_CLOSE, 0, FIXED},
    {NULL, "set", "STOP", HT_VERB_STOP, 0, FIXED},
    {"cover", "position/set", NULL, HT_VERB_SET_POSITION, 0, NUMBER},
    {"valve", "set", NULL, HT_VERB_SET_POSITION, 0, NUMBER},
    {"climate", "mode/set", NULL, HT_VERB_SET_MODE, 0, TEXT},
    {"climate", "temperature/set", NULL, HT_VERB_SET_TEMPERATURE, 0, NUMBER},
    {"climate", "fan_mode/set", NULL, HT_VERB_SET_FAN_SPEED, 0, TEXT},
    {"climate", "swing_mode/set", "off", HT_VERB_SET_SWING, 0, FIXED},
    {"climate", "swing_mode/set", NULL, HT_VERB_SET_SWING, 1, FIXED},
    {NULL, "preset_mode/set", NULL, HT_VERB_SET_MODE, 0, TEXT},
    {"fan", "percentage/set", NULL, HT_VERB_SET_SPEED, 0, NUMBER},
    {"fan", "oscillation/set", "oscillate_on", HT_VERB_SET_SWING, 1, FIXED},
    {"fan", "oscillation/set", "oscillate_off", HT_VERB_SET_SWING, 0, FIXED},
    {"humidifier", "humidity/set", NULL, HT_VERB_SET_HUMIDITY, 0, NUMBER},
    {"humidifier", "mode/set", NULL, HT_VERB_SET_MODE, 0, TEXT},
    {"button", "set", "PRESS", HT_VERB_PRESS, 0, FIXED},
    {"number", "set", NULL, HT_VERB_SET_VALUE, 0, NUMBER},
    {"select", "set", NULL, HT_VERB_SELECT_OPTION, 0, TEXT},
};

static uint8_t component(const json_t *color, const char *key)
{
    const double x = json_number_value(json_object_get(color, key));
    return (uint8_t)(x < 0 ? 0 : x > 255 ? 255 : x);
}

static size_t light_actions(const json_t *o, ht_action out[HT_SIM_MAX_ACTIONS])
{
    const json_t *level = json_object_get(o, "brightness"), *tone = json_object_get(o, "color_temp"), *color = json_object_get(o, "color");
    size_t n = 0;
    if (ht_str_is(str_of(json_object_get(o, "state")), "OFF")) {
        out[n++] = (ht_action){.verb = HT_VERB_TURN_OFF};
        return n;
    }
    if (json_is_number(level))
        out[n++] = (ht_action){.verb = HT_VERB_SET_BRIGHTNESS, .value = json_number_value(level) * 100 / 255};
    if (json_is_number(tone))
        out[n++] = (ht_action){.verb = HT_VERB_SET_COLOR_TEMP, .value = json_number_value(tone)};
    if (json_is_object(color))
        out[n++] = (ht_action){.verb = HT_VERB_SET_COLOR, .rgb = {component(color, "r"), component(color, "g"), component(color, "b")}};
    if (n == 0 && ht_str_is(str_of(json_object_get(o, "state")), "ON"))
        out[n++] = (ht_action){.verb = HT_VERB_TURN_ON};
    return n;
}

/* {"action","value","rgb","feature"}. */
static size_t own_actions(const json_t *o, ht_action out[HT_SIM_MAX_ACTIONS])
{
    const ht_str word = str_of(json_object_get(o, "action"));
    const json_t *value = json_object_get(o, "value"), *rgb = json_object_get(o, "rgb");
    for (int v = 0; v < HT_VERB_GET_STATE; v++) {
        if (!ht_str_is(word, ht_verb_word((ht_verb)v)))
            continue;
        out[0] = (ht_action){.verb = (ht_verb)v, .value = json_number_value(value), .text = str_of(value)};
        if (v == HT_VERB_SET_FEATURE)
            out[0].text = str_of(json_object_get(o, "feature"));
        for (size_t i = 0; i < 3; i++)
            out[0].rgb[i] = (uint8_t)json_integer_value(json_array_get(rgb, i));
        return 1;
    }
    return 0;
}

size_t ht_sim_actions(const ht_entity *e, const char *suffix, ht_str payload, ht_action out[HT_SIM_MAX_ACTIONS], json_t **keep)
{
    double x = 0;
    *keep = NULL;
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        if ((commands[i].domain != NULL && !ht_str_is(e->domain, commands[i].domain)) || strcmp(suffix, commands[i].suffix) != 0)
            continue;
        if (commands[i].payload != NULL && !ht_str_is(payload, commands[i].payload))
            continue;
        if (commands[i].kind == NUMBER && !number_of(payload, &x))
            continue;
        out[0] = (ht_action){.verb = commands[i].verb, .value = commands[i].kind == NUMBER ? x : commands[i].value};
        if (commands[i].kind == TEXT)
            out[0].text = payload;
        return 1;
    }
    if (strcmp(suffix, "set") != 0 || payload.len == 0)
        return 0;
    *keep = json_loadb(payload.ptr, payload.len, 0, NULL);
    return ht_str_is(e->domain, "light") ? light_actions(*keep, out) : own_actions(*keep, out);
}
