/* From an announcement to an entity: its id, name, area, and what it can do. */
#include <math.h>
#include <stdlib.h>

#include "home/mqtt/private.h"

const char *ht_thing_text(const ht_thing *t, const char *key, const char *otherwise)
{
    const char *s = json_string_value(json_object_get(t->config, key));
    return s ? s : otherwise;
}

double ht_thing_number(const ht_thing *t, const char *key, double otherwise)
{
    const json_t *v = json_object_get(t->config, key);
    return json_is_number(v) ? json_number_value(v) : otherwise;
}

bool ht_thing_flag(const ht_thing *t, const char *key, bool otherwise)
{
    const json_t *v = json_object_get(t->config, key);
    return json_is_boolean(v) ? json_is_true(v) : otherwise;
}

bool ht_thing_is_json_light(const ht_thing *t) { return ht_thing_is(t, "light") && strcmp(ht_thing_text(t, "schema", "default"), "json") == 0; }

bool ht_thing_is_known(const char *component, const json_t *config)
{
    static const char *const without_state[] = {"scene",      "button", "hearth", "climate", "lawn_mower", "water_heater",
                                                "humidifier", "cover",  "fan",    "light",   "lock",       "switch",
                                                "valve",      "vacuum", "number", "select",  "siren"};
    static const char *const unusable[] = {"device_automation", "tag", "camera", "image", "notify", "event", "update"};
    for (size_t i = 0; i < sizeof unusable / sizeof unusable[0]; i++)
        if (strcmp(component, unusable[i]) == 0)
            return false;
    for (size_t i = 0; i < sizeof without_state / sizeof without_state[0]; i++)
        if (strcmp(component, without_state[i]) == 0)
            return true;
    return json_is_string(json_object_get(config, "state_topic"));
}

/* --- names --- */

/* Small letters, digits and "_"; empty if s has nothing else to give (Chinese, say). */
static void slug(const char *s, char *out, size_t size)
{
    size_t n = 0;
    for (; *s != '\0' && n + 1 < size; s++) {
        const char c = *s >= 'A' && *s <= 'Z' ? (char)(*s + 32) : *s;
        if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'))
            out[n++] = c;
        else if (n > 0 && out[n - 1] != '_')
            out[n++] = '_';
    }
    while (n > 0 && out[n - 1] == '_')
        n--;
    out[n] = '\0';
}

static bool is_ascii(const char *s)
{
    while (*s != '\0' && (unsigned char)*s < 128)
        s++;
    return *s == '\0';
}

static const char *device_text(const ht_thing *t, const char *key)
{
    return json_string_value(json_object_get(json_object_get(t->config, "device"), key));
}

/* "Desk" and "Lamp" are "Desk Lamp"; a lamp that is called as its device, or not at all, has the device's name. */
static void full_name(const ht_thing *t, ht_buf *out)
{
    const char *device = device_text(t, "name"), *own = ht_thing_text(t, "name", NULL), *kind = ht_thing_text(t, "device_class", NULL);
    const bool is_main = ht_thing_has(t, "name") || kind == NULL; /* "name": null says that the entity is the device */
    if (own == NULL && device == NULL)
        own = ht_thing_text(t, "object_id", t->unique_id[0] ? t->unique_id : t->component);
    if (own == NULL && !is_main)
        own = kind; /* a thermometer without a name: "Desk temperature" */
    if (own == NULL || device == NULL || strncmp(own, device, strlen(device)) == 0) {
        ht_buf_add_c(out, own ? own : device);
        return;
    }
    ht_buf_add_c(out, device);
    if (is_ascii(device) || is_ascii(own))
        ht_buf_add_char(out, ' ');
    ht_buf_add_c(out, own);
}

static void entity_id(const ht_thing *t, const char *domain, const char *name, ht_buf *out)
{
    char part[120] = "";
    const char *given = ht_thing_text(t, "default_entity_id", NULL), *dot = given ? strchr(given, '.') : NULL;
    const char *const sources[] = {
        dot ? dot + 1 : given, ht_thing_text(t, "object_id", NULL), is_ascii(name) ? name : NULL, t->unique_id, t->part, t->source};
    for (size_t i = 0; part[0] == '\0' && i < sizeof sources / sizeof sources[0]; i++)
        if (sources[i] != NULL)
            slug(sources[i], part, sizeof part);
    ht_buf_addf(out, "%s.%s", domain, part[0] ? part : "device");
}

/* --- abilities --- */

/* Color modes of a light whose properties have topics of their own. */
static json_t *modes_by_topic(const ht_thing *t)
{
    json_t *modes = json_array();
    const bool colors = ht_thing_has(t, "rgb_command_topic") || ht_thing_has(t, "hs_command_topic");
    if (ht_thing_has(t, "color_temp_command_topic"))
        json_array_append_new(modes, json_string("color_temp"));
    if (colors)
        json_array_append_new(modes, json_string(ht_thing_has(t, "rgb_command_topic") ? "rgb" : "hs"));
    if (json_array_size(modes) == 0)
        json_array_append_new(modes, json_string(ht_thing_has(t, "brightness_command_topic") ? "brightness" : "onoff"));
    return modes;
}

static double mireds_to_kelvin(double mireds) { return mireds > 0 ? round(1e6 / mireds) : 0; }

static void describe_light(const ht_thing *t, json_t *attributes)
{
    json_t *modes = json_object_get(t->config, "supported_color_modes");
    if (!ht_thing_is_json_light(t))
        modes = modes_by_topic(t);
    else if (json_array_size(modes) > 0)
        json_incref(modes);
    else
        modes = json_pack("[s]", ht_thing_flag(t, "brightness", false) ? "brightness" : "onoff");
    json_object_set_new(attributes, "supported_color_modes", modes);
    const double lo = ht_thing_number(t, "min_kelvin", mireds_to_kelvin(ht_thing_number(t, "max_mireds", 0)));
    const double hi = ht_thing_number(t, "max_kelvin", mireds_to_kelvin(ht_thing_number(t, "min_mireds", 0)));
    if (lo > 0 && hi > lo) {
        json_object_set_new(attributes, "min_color_temp_kelvin", json_integer((json_int_t)lo));
        json_object_set_new(attributes, "max_color_temp_kelvin", json_integer((json_int_t)hi));
    }
}

/* Attributes that say the same in an announcement and in an entity. */
static void copy_attributes(const ht_thing *t, json_t *attributes)
{
    static const struct {
        const char *from, *to;
    } same[] = {{"device_class", "device_class"},
                {"unit_of_measurement", "unit_of_measurement"},
                {"state_class", "state_class"},
                {"modes", "hvac_modes"},
                {"fan_modes", "fan_modes"},
                {"swing_modes", "swing_modes"},
                {"preset_modes", "preset_modes"},
                {"options", "options"},
                {"min", "min"},
                {"max", "max"},
                {"step", "step"},
                {"min_temp", "min_temp"},
                {"max_temp", "max_temp"},
                {"temp_step", "target_temp_step"},
                {"min_humidity", "min_humidity"},
                {"max_humidity", "max_humidity"},
                {"effect_list", "effect_list"},
                {"fan_speed_list", "fan_speed_list"}};
    for (size_t i = 0; i < sizeof same / sizeof same[0]; i++) {
        json_t *v = json_object_get(t->config, same[i].from);
        const bool is_mode = strcmp(same[i].from, "modes") == 0;
        const char *to = is_mode && ht_thing_is(t, "humidifier") ? "available_modes"
                         : is_mode && !ht_thing_is(t, "climate") ? "operation_list"
                                                                 : same[i].to;
        if (v != NULL && !json_is_null(v) && !json_is_object(v))
            json_object_set(attributes, to, v);
    }
    if (t->unique_id[0] != '\0')
        json_object_set_new(attributes, "unique_id", json_string(t->unique_id));
    if (ht_thing_is(t, "number")) {
        if (!ht_thing_has(t, "min"))
            json_object_set_new(attributes, "min", json_integer(1));
        if (!ht_thing_has(t, "max"))
            json_object_set_new(attributes, "max", json_integer(100));
    }
    if (ht_thing_is(t, "climate") && !ht_thing_has(t, "modes"))
        json_object_set_new(attributes, "hvac_modes", json_pack("[s, s, s, s, s, s]", "auto", "off", "cool", "heat", "dry", "fan_only"));
    if (ht_thing_is(t, "fan") && ht_thing_has(t, "percentage_command_topic")) {
        const double n = ht_thing_number(t, "speed_range_max", 100) - ht_thing_number(t, "speed_range_min", 1) + 1;
        if (n >= 1 && n <= 12) /* a device with a hundred steps is not stepped through one by one */
            json_object_set_new(attributes, "percentage_step", json_real(100 / n));
    }
}

/* What each component can do where a topic for it is announced; "" = always. */
static const struct {
    const char *component, *key, *actions;
} abilities[] = {
    {"switch", "command_topic", "turn_on turn_off toggle"},
    {"siren", "command_topic", "turn_on turn_off toggle"},
    {"cover", "command_topic", "open close stop toggle"},
    {"cover", "set_position_topic", "set_position open close"},
    {"valve", "command_topic", "open close toggle"},
    {"valve", "payload_stop", "stop"},
    {"valve", "reports_position", "set_position"},
    {"lock", "command_topic", "lock unlock toggle"},
    {"climate", "mode_command_topic", "turn_on turn_off toggle set_mode"},
    {"climate", "power_command_topic", "turn_on turn_off toggle"},
    {"climate", "temperature_command_topic", "set_temperature adjust_temperature"},
    {"climate", "fan_mode_command_topic", "set_fan_speed adjust_speed"},
    {"climate", "swing_mode_command_topic", "set_swing"},
    {"climate", "preset_mode_command_topic", "set_mode"},
    {"climate", "target_humidity_command_topic", "set_humidity"},
    {"water_heater", "mode_command_topic", "turn_on turn_off toggle set_mode"},
    {"water_heater", "power_command_topic", "turn_on turn_off toggle"},
    {"water_heater", "temperature_command_topic", "set_temperature adjust_temperature"},
    {"fan", "command_topic", "turn_on turn_off toggle"},
    {"fan", "percentage_command_topic", "set_speed adjust_speed set_fan_speed"},
    {"fan", "preset_mode_command_topic", "set_mode set_fan_speed"},
    {"fan", "oscillation_command_topic", "set_swing"},
    {"humidifier", "command_topic", "turn_on turn_off toggle"},
    {"humidifier", "target_humidity_command_topic", "set_humidity"},
    {"humidifier", "mode_command_topic", "set_mode"},
    {"vacuum", "command_topic", "vacuum_start vacuum_return_to_base toggle"},
    {"lawn_mower", "start_mowing_command_topic", "lawn_mower_start_mowing"},
    {"lawn_mower", "dock_command_topic", "lawn_mower_dock"},
    {"alarm_control_panel", "command_topic", "turn_on turn_off"},
    {"button", "command_topic", "press"},
    {"scene", "command_topic", "activate"},
    {"number", "command_topic", "set_value"},
    {"select", "command_topic", "select_option"},
};

static json_t *supported_actions(const ht_thing *t)
{
    json_t *actions = json_array();
    for (size_t i = 0; i < sizeof abilities / sizeof abilities[0]; i++) {
        const json_t *v = json_object_get(t->config, abilities[i].key);
        if (!ht_thing_is(t, abilities[i].component) || v == NULL || json_is_null(v) || json_is_false(v))
            continue;
        ht_str rest = ht_str_from(abilities[i].actions), word;
        while (ht_str_split(&rest, ' ', &word))
            json_array_append_new(actions, json_stringn(word.ptr, word.len));
    }
    return actions;
}

/* hearth's own announcements are entities as a home file has them. */
static json_t *own_entity(const ht_thing *t)
{
    static const char *const taken[] = {"id", "name", "aliases", "domain", "area", "attributes", "supports"};
    json_t *e = json_object();
    for (size_t i = 0; i < sizeof taken / sizeof taken[0]; i++) {
        json_t *v = json_object_get(t->config, taken[i]);
        if (v != NULL)
            json_object_set(e, taken[i], v);
    }
    return e;
}

json_t *ht_thing_entity(const ht_thing *t)
{
    if (ht_thing_is(t, "hearth"))
        return own_entity(t);
    ht_buf name = {0}, id = {0};
    json_t *attributes = json_object(), *supports = NULL;
    full_name(t, &name);
    entity_id(t, t->component, name.ptr ? name.ptr : "", &id);
    copy_attributes(t, attributes);
    if (ht_thing_is(t, "light"))
        describe_light(t, attributes);
    else
        supports = json_pack("{s:o}", "actions", supported_actions(t));
    const json_t *ours = json_object_get(t->config, "hearth");
    const char *area = device_text(t, "suggested_area");
    json_t *aliases = json_object_get(ours, "aliases");
    json_t *e = name.failed || id.failed
                    ? NULL
                    : json_pack("{s:s, s:s, s:s, s:s*, s:O*, s:o, s:o*}", "id", id.ptr, "name", name.ptr, "domain", t->component, "area", area,
                                "aliases", json_is_array(aliases) ? aliases : NULL, "attributes", attributes, "supports", supports);
    ht_buf_deinit(&name);
    ht_buf_deinit(&id);
    return e;
}
