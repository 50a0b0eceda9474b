/* Random states and attributes of a device, domain by domain. */
#include <stdio.h>

#include "homegen/world.h"

static const char *pick(ht_rng *rng, const char *const *words, uint32_t n) { return words[ht_rng_below(rng, n)]; }
#define PICK(rng, ...) pick((rng), (const char *const[]){__VA_ARGS__}, sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *))

static void set_state(ht_thing_state *s, const char *text) { snprintf(s->state, sizeof s->state, "%s", text); }
static void set_int(ht_thing_state *s, const char *key, long v) { json_object_set_new(s->attributes, key, json_integer(v)); }
static void set_real(ht_thing_state *s, const char *key, double v) { json_object_set_new(s->attributes, key, json_real(v)); }
static void set_text(ht_thing_state *s, const char *key, const char *v) { json_object_set_new(s->attributes, key, json_string(v)); }
static long between(ht_rng *rng, long lo, long hi) { return lo + (long)ht_rng_below(rng, (uint32_t)(hi - lo + 1)); }

static void light(ht_rng *rng, ht_thing_state *s)
{
    set_state(s, PICK(rng, "on", "off"));
    if (ht_rng_chance(rng, 0.55f))
        set_int(s, "brightness", between(rng, 3, 255));
    if (ht_rng_chance(rng, 0.15f))
        set_int(s, "color_temp_kelvin", between(rng, 20, 65) * 100);
    if (ht_rng_chance(rng, 0.06f))
        s->supports = json_pack("{s:[s,s,s], s:[i,i]}", "actions", "turn_on", "turn_off", "set_brightness", "brightness", 0, 100);
}

static void cover(ht_rng *rng, ht_thing_state *s)
{
    const long position = ht_rng_chance(rng, 0.4f) ? 0 : ht_rng_chance(rng, 0.6f) ? 100 : between(rng, 1, 99);
    set_state(s, position > 0 ? "open" : "closed");
    if (ht_rng_chance(rng, 0.7f))
        set_int(s, "current_position", position);
}

static void climate(ht_rng *rng, ht_thing_state *s, bool is_fahrenheit)
{
    set_state(s, PICK(rng, "off", "off", "heat", "cool", "auto", "heat_cool", "dry", "fan_only"));
    if (ht_rng_chance(rng, 0.75f))
        set_real(s, "temperature", is_fahrenheit ? (double)between(rng, 60, 80) : (double)between(rng, 32, 60) / 2);
    if (ht_rng_chance(rng, 0.7f))
        set_real(s, "current_temperature", is_fahrenheit ? (double)between(rng, 55, 85) : (double)between(rng, 28, 66) / 2);
    if (ht_rng_chance(rng, 0.3f))
        set_text(s, "fan_mode", PICK(rng, "low", "medium", "high", "auto"));
}

/* Expanded text of a lexicon key, or the fallback. */
static void from_lexicon(const ht_gram *g, ht_rng *rng, const char *key, const char *fallback, char *out, size_t size)
{
    ht_buf b = {0};
    ht_vars none;
    ht_vars_clear(&none);
    if (ht_gram_expand(g, rng, ht_gram_find(g, ht_str_from(key)), &none, &b))
        snprintf(out, size, "%.*s", (int)b.len, b.ptr);
    else
        snprintf(out, size, "%s", fallback);
    ht_buf_deinit(&b);
}

static void media(const ht_gram *g, ht_rng *rng, ht_thing_state *s)
{
    char text[64];
    set_state(s, PICK(rng, "off", "idle", "playing", "paused", "on", "off", "playing"));
    if (ht_rng_chance(rng, 0.75f))
        set_real(s, "volume_level", (double)between(rng, 0, 100) / 100);
    if (ht_rng_chance(rng, 0.25f)) {
        from_lexicon(g, rng, "media.track", "Intro", text, sizeof text);
        set_text(s, "media_title", text);
    }
    if (ht_rng_chance(rng, 0.3f)) {
        json_t *list = json_array();
        for (int i = 0; i < 4; i++) {
            from_lexicon(g, rng, "source", "HDMI 1", text, sizeof text);
            json_array_append_new(list, json_string(text));
        }
        json_object_set_new(s->attributes, "source_list", list);
    }
}

static void select_options(const ht_gram *g, ht_rng *rng, ht_thing_state *s)
{
    char text[64];
    json_t *list = json_array();
    const long n = between(rng, 2, 5);
    for (long i = 0; i < n; i++) {
        from_lexicon(g, rng, "option.select", "normal", text, sizeof text);
        json_array_append_new(list, json_string(text));
        set_state(s, text);
    }
    json_object_set_new(s->attributes, "options", list);
}

static void list_items(const ht_gram *g, ht_rng *rng, ht_thing_state *s)
{
    char text[64];
    json_t *list = json_array();
    const long n = between(rng, 0, 4);
    for (long i = 0; i < n; i++) {
        from_lexicon(g, rng, "task", "clean up", text, sizeof text);
        json_array_append_new(list, json_string(text));
    }
    snprintf(s->state, sizeof s->state, "%ld", n);
    json_object_set_new(s->attributes, "todo_items", list);
}

static const struct {
    const char *key, *unit;
    double lo, hi;
    int digits;
} ranges[] = {
    {"sensor.temperature", "°C", -10, 38, 1}, {"sensor.humidity", "%", 20, 90, 0}, {"sensor.battery", "%", 1, 100, 0},
    {"sensor.power", "W", 0, 2800, 0}, {"sensor.energy", "kWh", 0, 40, 1}, {"sensor.illuminance", "lx", 0, 900, 0},
    {"sensor.carbon_dioxide", "ppm", 400, 2000, 0}, {"sensor.pm25", "µg/m³", 2, 180, 0}, {"sensor.aqi", "", 10, 250, 0},
    {"sensor.pressure", "hPa", 960, 1040, 0}, {"sensor.voltage", "V", 215, 240, 0}, {"sensor.water", "L", 0, 900, 0},
    {"sensor.gas", "m³", 0, 60, 1}, {"sensor.moisture", "%", 3, 90, 0}, {"sensor.wind_speed", "km/h", 0, 80, 0},
    {"sensor.precipitation", "mm", 0, 40, 1}, {"sensor.sound_pressure", "dB", 25, 90, 0}, {"sensor.weight", "kg", 3, 110, 1},
    {"sensor.distance", "km", 0, 90000, 0}, {"sensor.speed", "km/h", 0, 130, 0}, {"sensor.heart_rate", "bpm", 48, 140, 0},
    {"sensor.steps", "steps", 0, 18000, 0}, {"sensor.duration", "min", 0, 120, 0}, {"sensor.monetary", "EUR", 0, 90, 2},
};

static void sensor(ht_rng *rng, const ht_thing *t, bool is_fahrenheit, ht_thing_state *s)
{
    for (size_t i = 0; i < sizeof ranges / sizeof ranges[0]; i++)
        if (strcmp(ranges[i].key, t->key) == 0) {
            double v = ranges[i].lo + (ranges[i].hi - ranges[i].lo) * (double)ht_rng_float(rng);
            const bool f = is_fahrenheit && i == 0;
            if (f)
                v = v * 1.8 + 32;
            snprintf(s->state, sizeof s->state, "%.*f", ranges[i].digits, v);
            if (ranges[i].unit[0] != '\0')
                set_text(s, "unit_of_measurement", f ? "°F" : ranges[i].unit);
        }
}

static void weather(ht_rng *rng, bool is_fahrenheit, ht_thing_state *s)
{
    set_state(s, PICK(rng, "sunny", "cloudy", "rainy", "snowy", "windy", "fog", "partlycloudy", "clear-night", "pouring"));
    set_int(s, "temperature", is_fahrenheit ? between(rng, 10, 100) : between(rng, -10, 38));
    set_text(s, "temperature_unit", is_fahrenheit ? "°F" : "°C");
}

/* The domains whose state is one of a few words. */
static bool plain_state(ht_rng *rng, const ht_thing *t, ht_thing_state *s)
{
    static const struct {
        const char *domain, *words[6];
        uint32_t n;
    } plain[] = {
        {"switch", {"on", "off"}, 2}, {"fan", {"on", "off"}, 2}, {"humidifier", {"on", "off"}, 2},
        {"lock", {"locked", "locked", "unlocked"}, 3}, {"vacuum", {"docked", "docked", "cleaning", "idle", "returning", "paused"}, 6},
        {"lawn_mower", {"docked", "mowing", "paused", "docked"}, 4}, {"binary_sensor", {"off", "off", "on"}, 3},
        {"script", {"off"}, 1}, {"person", {"home", "not_home", "home", "work", "school"}, 5},
        {"device_tracker", {"home", "not_home", "home"}, 3}, {"alarm_control_panel", {"disarmed", "armed_home", "armed_away"}, 3},
        {"camera", {"idle", "recording", "streaming"}, 3}, {"update", {"on", "off"}, 2}, {"scene", {""}, 1}, {"button", {""}, 1},
    };
    for (size_t i = 0; i < sizeof plain / sizeof plain[0]; i++)
        if (strcmp(plain[i].domain, t->domain) == 0) {
            set_state(s, plain[i].words[ht_rng_below(rng, plain[i].n)]);
            return true;
        }
    return false;
}

void ht_thing_state_make(const ht_gram *g, ht_rng *rng, const ht_thing *t, bool is_fahrenheit, ht_thing_state *out)
{
    *out = (ht_thing_state){.attributes = json_object()};
    if (t->device_class[0] != '\0' && ht_rng_chance(rng, t->flags & HT_THING_CLASSED ? 0.9f : 0.5f))
        set_text(out, "device_class", t->device_class);
    if (strcmp(t->domain, "light") == 0)
        light(rng, out);
    else if (strcmp(t->domain, "cover") == 0 || strcmp(t->domain, "valve") == 0)
        cover(rng, out);
    else if (strcmp(t->domain, "climate") == 0)
        climate(rng, out, is_fahrenheit);
    else if (strcmp(t->domain, "media_player") == 0)
        media(g, rng, out);
    else if (strcmp(t->domain, "sensor") == 0)
        sensor(rng, t, is_fahrenheit, out);
    else if (strcmp(t->domain, "weather") == 0)
        weather(rng, is_fahrenheit, out);
    else if (strcmp(t->domain, "select") == 0)
        select_options(g, rng, out);
    else if (strcmp(t->domain, "todo") == 0)
        list_items(g, rng, out);
    else if (strcmp(t->domain, "number") == 0)
        snprintf(out->state, sizeof out->state, "%ld", between(rng, 0, 100));
    else
        plain_state(rng, t, out);
    if (strcmp(t->domain, "fan") == 0 && ht_rng_chance(rng, 0.6f))
        set_int(out, "percentage", out->state[1] == 'n' ? between(rng, 10, 100) : 0);
    if (strcmp(t->domain, "humidifier") == 0 && ht_rng_chance(rng, 0.5f))
        set_int(out, "humidity", between(rng, 30, 70));
    if (ht_rng_chance(rng, 0.06f))
        set_state(out, PICK(rng, "", "unavailable", "unknown"));
}
#undef PICK
