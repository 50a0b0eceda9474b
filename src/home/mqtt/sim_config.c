/* What a simulated device announces and reports. */
#include <stdio.h>
#include <stdlib.h>

#include "home/mqtt/sim_private.h"

static bool is(const ht_entity *e, const char *domain) { return ht_str_is(e->domain, domain); }

bool ht_sim_has(const ht_entity *e) { return !is(e, "todo") && !is(e, "automation") && !is(e, "conversation"); }

/* Domains that speak as Home Assistant's discovery has it. */
static bool is_announced(const ht_entity *e)
{
    static const char *const domains[] = {"light", "switch",  "siren", "sensor",     "binary_sensor", "lock",   "cover",
                                          "valve", "climate", "fan",   "humidifier", "button",        "number", "select"};
    for (size_t i = 0; i < sizeof domains / sizeof domains[0]; i++)
        if (is(e, domains[i]))
            return true;
    return false;
}

/* The id with its dot as "_", for the places where discovery allows no dot. */
static void plain_id(const ht_entity *e, ht_buf *out)
{
    for (size_t i = 0; i < e->id.len; i++)
        ht_buf_add_char(out, e->id.ptr[i] == '.' ? '_' : e->id.ptr[i]);
}

void ht_sim_config_topic(const ht_home *h, const ht_entity *e, const char *prefix, ht_buf *out)
{
    (void)h;
    if (is_announced(e)) {
        ht_buf_addf(out, "%s/%.*s/hearth_", prefix, HT_STR_ARG(e->domain));
        plain_id(e, out);
        ht_buf_add_c(out, "/config");
    } else {
        ht_buf_addf(out, "hearth/%.*s/config", HT_STR_ARG(e->id));
    }
}

/* Which topics a device has. needs: an attribute, without which it has not; a verb it must be able to do. */
static const struct {
    const char *domain, *needs, *can, *key, *value;
} topics[] = {
    {"light", NULL, NULL, "schema", "json"},
    {"light", NULL, NULL, "stat_t", "~/state"},
    {"light", NULL, NULL, "cmd_t", "~/set"},
    {"switch", NULL, NULL, "stat_t", "~/state"},
    {"switch", NULL, NULL, "cmd_t", "~/set"},
    {"siren", NULL, NULL, "stat_t", "~/state"},
    {"siren", NULL, NULL, "cmd_t", "~/set"},
    {"sensor", NULL, NULL, "stat_t", "~/state"},
    {"binary_sensor", NULL, NULL, "stat_t", "~/state"},
    {"lock", NULL, NULL, "stat_t", "~/state"},
    {"lock", NULL, NULL, "cmd_t", "~/set"},
    {"cover", NULL, NULL, "stat_t", "~/state"},
    {"cover", NULL, NULL, "cmd_t", "~/set"},
    {"cover", "current_position", NULL, "pos_t", "~/position"},
    {"cover", "current_position", "set_position", "set_pos_t", "~/position/set"},
    {"valve", NULL, NULL, "stat_t", "~/state"},
    {"valve", NULL, NULL, "cmd_t", "~/set"},
    {"climate", NULL, NULL, "mode_stat_t", "~/mode"},
    {"climate", NULL, "set_mode", "mode_cmd_t", "~/mode/set"},
    {"climate", NULL, NULL, "temp_stat_t", "~/temperature"},
    {"climate", NULL, "set_temperature", "temp_cmd_t", "~/temperature/set"},
    {"climate", "current_temperature", NULL, "curr_temp_t", "~/current_temperature"},
    {"climate", "fan_modes", NULL, "fan_mode_stat_t", "~/fan_mode"},
    {"climate", "fan_modes", "set_fan_speed", "fan_mode_cmd_t", "~/fan_mode/set"},
    {"climate", "swing_modes", NULL, "swing_mode_stat_t", "~/swing_mode"},
    {"climate", "swing_modes", "set_swing", "swing_mode_cmd_t", "~/swing_mode/set"},
    {"climate", "preset_modes", NULL, "pr_mode_stat_t", "~/preset_mode"},
    {"climate", "preset_modes", "set_mode", "pr_mode_cmd_t", "~/preset_mode/set"},
    {"fan", NULL, NULL, "stat_t", "~/state"},
    {"fan", NULL, NULL, "cmd_t", "~/set"},
    {"fan", "percentage", NULL, "pct_stat_t", "~/percentage"},
    {"fan", "percentage", "set_speed", "pct_cmd_t", "~/percentage/set"},
    {"fan", "preset_modes", NULL, "pr_mode_stat_t", "~/preset_mode"},
    {"fan", "preset_modes", NULL, "pr_mode_cmd_t", "~/preset_mode/set"},
    {"fan", "oscillating", NULL, "osc_stat_t", "~/oscillation"},
    {"fan", "oscillating", NULL, "osc_cmd_t", "~/oscillation/set"},
    {"humidifier", NULL, NULL, "stat_t", "~/state"},
    {"humidifier", NULL, NULL, "cmd_t", "~/set"},
    {"humidifier", NULL, NULL, "hum_stat_t", "~/humidity"},
    {"humidifier", NULL, NULL, "hum_cmd_t", "~/humidity/set"},
    {"humidifier", "current_humidity", NULL, "curr_hum_t", "~/current_humidity"},
    {"humidifier", "available_modes", NULL, "mode_stat_t", "~/mode"},
    {"humidifier", "available_modes", NULL, "mode_cmd_t", "~/mode/set"},
    {"button", NULL, NULL, "cmd_t", "~/set"},
    {"number", NULL, NULL, "stat_t", "~/state"},
    {"number", NULL, NULL, "cmd_t", "~/set"},
    {"select", NULL, NULL, "stat_t", "~/state"},
    {"select", NULL, NULL, "cmd_t", "~/set"},
};

static void add_topics(const ht_entity *e, json_t *config)
{
    for (size_t i = 0; i < sizeof topics / sizeof topics[0]; i++)
        if (is(e, topics[i].domain) && (topics[i].needs == NULL || json_object_get(e->attributes, topics[i].needs) != NULL) &&
            (topics[i].can == NULL || ht_entity_can(e, topics[i].can)))
            json_object_set_new(config, topics[i].key, json_string(topics[i].value));
}

static void add_attributes(const ht_entity *e, json_t *config)
{
    static const struct {
        const char *from, *to;
    } same[] = {{"device_class", "dev_cla"},
                {"unit_of_measurement", "unit_of_meas"},
                {"state_class", "stat_cla"},
                {"hvac_modes", "modes"},
                {"available_modes", "modes"},
                {"fan_modes", "fan_modes"},
                {"swing_modes", "swing_modes"},
                {"preset_modes", "pr_modes"},
                {"min_temp", "min_temp"},
                {"max_temp", "max_temp"},
                {"options", "ops"},
                {"min", "min"},
                {"max", "max"},
                {"step", "step"},
                {"min_humidity", "min_hum"},
                {"max_humidity", "max_hum"}};
    for (size_t i = 0; i < sizeof same / sizeof same[0]; i++) {
        json_t *v = json_object_get(e->attributes, same[i].from);
        if (v != NULL && !json_is_null(v))
            json_object_set(config, same[i].to, v);
    }
}

static void add_light(const ht_entity *e, json_t *config)
{
    json_t *modes = json_object_get(e->attributes, "supported_color_modes"), *lo = json_object_get(e->attributes, "min_color_temp_kelvin");
    json_t *hi = json_object_get(e->attributes, "max_color_temp_kelvin");
    const bool dims = ht_entity_able(e, HT_VERB_SET_BRIGHTNESS), tones = ht_entity_able(e, HT_VERB_SET_COLOR_TEMP),
               colors = ht_entity_able(e, HT_VERB_SET_COLOR);
    if (json_array_size(modes) > 0)
        json_incref(modes);
    else
        modes = tones && colors ? json_pack("[s, s]", "color_temp", "rgb")
                                : json_pack("[s]", colors  ? "rgb"
                                                   : tones ? "color_temp"
                                                   : dims  ? "brightness"
                                                           : "onoff");
    json_object_set_new(config, "sup_clrm", modes);
    json_object_set_new(config, "brightness", json_boolean(dims));
    if (!tones)
        return;
    json_object_set_new(config, "clr_temp_k", json_true());
    json_object_set_new(config, "min_k", lo ? json_incref(lo) : json_integer(2000));
    json_object_set_new(config, "max_k", hi ? json_incref(hi) : json_integer(6500));
}

static json_t *text(ht_str s) { return json_stringn(s.len ? s.ptr : "", s.len); }

static json_t *aliases(const ht_entity *e)
{
    json_t *list = json_array();
    for (size_t i = 0; i < e->n_aliases; i++)
        json_array_append_new(list, text(e->aliases[i]));
    return list;
}

/* hearth's own announcement: the entity as a home file describes it. */
static json_t *own_config(const ht_home *h, const ht_entity *e, const char *status)
{
    const ht_area *area = e->area >= 0 ? ht_home_area_at(h, (size_t)e->area) : NULL;
    json_t *config = json_pack("{s:o, s:o, s:o, s:o, s:o, s:o*, s:O*, s:s}", "id", text(e->id), "name", text(e->name), "aliases", aliases(e),
                               "domain", text(e->domain), "attributes", json_deep_copy(e->attributes), "area", area ? text(area->name) : NULL,
                               "supports", e->supports, "availability_topic", status);
    return config;
}

json_t *ht_sim_config(const ht_home *h, const ht_entity *e, const char *status)
{
    if (!is_announced(e))
        return own_config(h, e, status);
    const ht_area *area = e->area >= 0 ? ht_home_area_at(h, (size_t)e->area) : NULL;
    ht_buf id = {0}, base = {0};
    plain_id(e, &id);
    ht_buf_addf(&base, "hearth/%.*s", HT_STR_ARG(e->id));
    json_t *device = json_pack("{s:[s+], s:o, s:s, s:s, s:o*}", "ids", "hearth_", id.failed ? "" : id.ptr, "name", text(e->name), "mf", "hearth",
                               "mdl", "simulated", "sa", area ? text(area->name) : NULL);
    json_t *config = id.failed || base.failed
                         ? NULL
                         : json_pack("{s:s, s:n, s:s+, s:o, s:s, s:o, s:{s:s, s:s}, s:{s:o}}", "~", base.ptr, "name", "uniq_id", "hearth_",
                                     id.ptr, "def_ent_id", text(e->id), "avty_t", status, "dev", json_incref(device), "o", "name", "hearth sim",
                                     "sw", HEARTH_VERSION, "hearth", "aliases", aliases(e));
    json_decref(device);
    ht_buf_deinit(&id);
    ht_buf_deinit(&base);
    if (config == NULL)
        return NULL;
    add_topics(e, config);
    add_attributes(e, config);
    if (is(e, "light"))
        add_light(e, config);
    if (is(e, "valve") && json_object_get(e->attributes, "current_position") != NULL)
        json_object_set_new(config, "reports_position", json_true());
    return config;
}

/* --- reports --- */

typedef struct {
    ht_sim_report_fn *fn;
    void *ctx;
} sink;

static void say(const sink *to, const char *suffix, const char *payload) { to->fn(to->ctx, suffix, ht_str_from(payload)); }

static void say_json(const sink *to, json_t *take_o)
{
    char *dump = take_o ? json_dumps(take_o, JSON_COMPACT | JSON_PRESERVE_ORDER | JSON_REAL_PRECISION(12)) : NULL;
    if (dump != NULL)
        say(to, "state", dump);
    free(dump);
    json_decref(take_o);
}

static void say_light(const ht_entity *e, const sink *to)
{
    static const char *const shown[] = {"brightness", "color_mode", "effect"};
    const bool is_on = e->state != NULL && strcmp(e->state, "on") == 0;
    const json_t *rgb = json_object_get(e->attributes, "rgb_color");
    json_t *o = json_pack("{s:s?}", "state",
                          e->state == NULL ? NULL
                          : is_on          ? "ON"
                                           : "OFF"),
           *level = json_object_get(e->attributes, "off_brightness");
    json_t *kelvin = json_object_get(e->attributes, "color_temp_kelvin");
    for (size_t i = 0; i < sizeof shown / sizeof shown[0]; i++) {
        json_t *v = json_object_get(e->attributes, shown[i]);
        if (v != NULL)
            json_object_set(o, shown[i], v);
    }
    if (!is_on && level != NULL)
        json_object_set(o, "brightness", level);
    if (kelvin != NULL)
        json_object_set(o, "color_temp", kelvin);
    if (json_array_size(rgb) == 3)
        json_object_set_new(o, "color",
                            json_pack("{s:O, s:O, s:O}", "r", json_array_get(rgb, 0), "g", json_array_get(rgb, 1), "b", json_array_get(rgb, 2)));
    say_json(to, o);
}

static void say_attribute(const ht_entity *e, const char *key, const char *suffix, const sink *to)
{
    const json_t *v = json_object_get(e->attributes, key);
    char number[40];
    if (json_is_string(v)) {
        say(to, suffix, json_string_value(v));
    } else if (json_is_number(v)) {
        snprintf(number, sizeof number, "%.10g", json_number_value(v));
        say(to, suffix, number);
    } else if (json_is_boolean(v)) {
        say(to, suffix, json_is_true(v) ? "oscillate_on" : "oscillate_off");
    }
}

/* "on" is "ON" to those who say so. */
static void say_state(const ht_entity *e, const sink *to)
{
    static const struct {
        const char *domain, *state, *payload;
    } words[] = {{"lock", "locked", "LOCKED"}, {"lock", "unlocked", "UNLOCKED"}, {NULL, "on", "ON"}, {NULL, "off", "OFF"}};
    const char *state = e->state ? e->state : "None";
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if ((words[i].domain == NULL ? !is(e, "sensor") && !is(e, "select") : is(e, words[i].domain)) && strcmp(state, words[i].state) == 0)
            state = words[i].payload;
    say(to, "state", state);
}

void ht_sim_report(const ht_entity *e, ht_sim_report_fn *fn, void *ctx)
{
    static const struct {
        const char *domain, *attribute, *suffix;
    } parts[] = {{"cover", "current_position", "position"},
                 {"climate", "temperature", "temperature"},
                 {"climate", "current_temperature", "current_temperature"},
                 {"climate", "fan_mode", "fan_mode"},
                 {"climate", "swing_mode", "swing_mode"},
                 {"climate", "preset_mode", "preset_mode"},
                 {"fan", "percentage", "percentage"},
                 {"fan", "preset_mode", "preset_mode"},
                 {"fan", "oscillating", "oscillation"},
                 {"humidifier", "humidity", "humidity"},
                 {"humidifier", "current_humidity", "current_humidity"},
                 {"humidifier", "mode", "mode"}};
    const sink to = {fn, ctx};
    if (is(e, "button"))
        return;
    if (!is_announced(e)) {
        say_json(&to, json_pack("{s:s?, s:O}", "state", e->state, "attributes", e->attributes));
        return;
    }
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        if (is(e, parts[i].domain))
            say_attribute(e, parts[i].attribute, parts[i].suffix, &to);
    if (is(e, "light"))
        say_light(e, &to);
    else if (is(e, "climate"))
        say(&to, "mode", e->state ? e->state : "None");
    else if (is(e, "valve") && json_object_get(e->attributes, "current_position") != NULL)
        say_json(&to, json_pack("{s:s?, s:O}", "state", e->state, "position", json_object_get(e->attributes, "current_position")));
    else
        say_state(e, &to);
}
