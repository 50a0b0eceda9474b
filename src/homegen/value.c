/* What a request wants: percentages, degrees, colours, modes, lengths and times of day, each with its words and its arguments. */
#include <math.h>
#include <stdio.h>

#include "homegen/gen.h"

static long between(ht_gen *x, long lo, long hi) { return lo + (long)ht_rng_below(x->rng, (uint32_t)(hi - lo + 1)); }

/* Binds v to the first key that exists; false if none does. */
static bool bind_key(ht_gen *x, ht_var v, const char *first, const char *second)
{
    int rule = ht_gram_find(x->lang->g, ht_str_from(first));
    if (rule < 0 && second != NULL)
        rule = ht_gram_find(x->lang->g, ht_str_from(second));
    ht_gen_set_rule(x, v, rule);
    return rule >= 0;
}

/* {n} as said, {d} in digits. */
static void set_n(ht_gen *x, double v, bool is_measured)
{
    ht_gen_set(x, HT_VAR_n, ht_gen_number(x, v, is_measured));
    ht_gen_set(x, HT_VAR_d, ht_gen_textf(x, "%g", v));
}

/* A percentage in {pct}: round figures mostly, odd ones, or a word for full, lowest, half. low: what "lowest" means. */
static bool percent(ht_gen *x, const char *slot, long low, long *out)
{
    const float kind = ht_rng_float(x->rng);
    const char *key = "pct";
    if (kind < 0.06f)
        *out = 100, key = "pct.max";
    else if (kind < 0.10f && low > 0)
        *out = low, key = "pct.min";
    else if (kind < 0.15f)
        *out = 50, key = "pct.half";
    else if (kind < 0.17f)
        *out = 25, key = "pct.quarter";
    else if (kind < 0.19f)
        *out = 75, key = "pct.three_quarters";
    else if (kind < 0.75f)
        *out = between(x, low > 0 ? 1 : 0, 20) * 5;
    else
        *out = between(x, 1, 100);
    if (kind >= 0.19f && *out % 10 == 0 && *out > 0 && *out < 100 && ht_gram_find(x->lang->g, HT_STR("pct.tenth")) >= 0 && ht_rng_chance(x->rng, 0.12f)) {
        set_n(x, (double)*out / 10, false);
        return bind_key(x, HT_VAR_pct, "pct.tenth", NULL);
    }
    set_n(x, (double)*out, false);
    char own[64];
    snprintf(own, sizeof own, "%s.%s", key, slot); /* "pct.max.brightness" where the language has it */
    const bool has_own = ht_gram_find(x->lang->g, ht_str_from(own)) >= 0;
    return bind_key(x, HT_VAR_pct, has_own ? own : key, "pct");
}

static bool percent_arg(ht_gen *x, const char *slot, long low, json_t *args)
{
    long v;
    return percent(x, slot, low, &v) && json_object_set_new(args, slot, json_integer(v)) == 0;
}

static bool step(ht_gen *x, const char *slot, long sign, json_t *args)
{
    const long v = ht_rng_chance(x->rng, 0.8f) ? between(x, 1, 10) * 5 : between(x, 1, 60);
    set_n(x, (double)v, false);
    json_object_set_new(args, slot, json_integer(sign * v));
    return bind_key(x, HT_VAR_step, "step", NULL);
}

static void set_number(json_t *args, const char *slot, double v)
{
    json_object_set_new(args, slot, v == floor(v) ? json_integer((json_int_t)v) : json_real(v));
}

static bool degrees_step(ht_gen *x, const char *direction, json_t *args)
{
    const double v = ht_rng_chance(x->rng, 0.12f) ? 0.5 + (double)between(x, 0, 2) : (double)between(x, 1, 6);
    json_object_set_new(args, "direction", json_string(direction));
    set_number(args, "amount", v);
    set_n(x, v, true);
    return bind_key(x, HT_VAR_degrees_step, v == 1 ? "degrees_step.1" : "degrees_step", "degrees_step");
}

static bool temperature(ht_gen *x, json_t *args)
{
    double v = x->w->is_fahrenheit ? (double)between(x, 58, 82) : (double)between(x, 15, 31);
    if (!x->w->is_fahrenheit && ht_rng_chance(x->rng, 0.15f))
        v += 0.5;
    set_number(args, "temperature", v);
    set_n(x, v, true);
    return bind_key(x, HT_VAR_temp, "temp", NULL);
}

/* One of words whose key prefix.<word> exists. */
static const char *word_with_key(ht_gen *x, const char *prefix, const char *const *words, uint32_t n, ht_var v)
{
    for (int tries = 0; tries < 8; tries++) {
        const char *word = words[ht_rng_below(x->rng, n)];
        const int rule = ht_gram_findf(x->lang->g, "%s.%s", prefix, word);
        ht_gen_set_rule(x, v, rule);
        if (rule >= 0)
            return word;
    }
    return NULL;
}
#define WORD(x, prefix, v, ...) \
    word_with_key((x), (prefix), (const char *const[]){__VA_ARGS__}, sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *), (v))

static bool set_word(json_t *args, const char *slot, const char *word)
{
    return word != NULL && json_object_set_new(args, slot, json_string(word)) == 0;
}

static bool color(ht_gen *x, json_t *args)
{
    return set_word(args, "color", WORD(x, "color", HT_VAR_color, "red", "orange", "yellow", "green", "cyan", "blue", "purple", "pink", "white",
                                        "magenta", "turquoise", "violet", "lime", "gold", "red", "blue", "green", "purple", "teal", "indigo",
                                        "lavender", "coral", "salmon", "amber"));
}

static bool color_temperature(ht_gen *x, json_t *args)
{
    static const struct {
        const char *word;
        long kelvin;
    } named[] = {{"candle", 2000}, {"warm", 2700}, {"neutral", 4000}, {"cool", 5500}, {"daylight", 6500}, {"warm", 2700}, {"cool", 5500}};
    long kelvin = between(x, 20, 65) * 100;
    if (ht_rng_chance(x->rng, 0.7f)) {
        const uint32_t i = ht_rng_below(x->rng, sizeof named / sizeof named[0]);
        kelvin = named[i].kelvin;
        ht_gen_set_rule(x, HT_VAR_ctemp, ht_gram_findf(x->lang->g, "ctemp.%s", named[i].word));
    } else {
        set_n(x, (double)kelvin, false);
        ht_gen_set_rule(x, HT_VAR_ctemp, ht_gram_findf(x->lang->g, "ctemp.kelvin"));
    }
    return json_object_set_new(args, "temperature", json_integer(kelvin)) == 0;
}

static bool feature(ht_gen *x, const char *state, json_t *args)
{
    return set_word(args, "feature", WORD(x, "feature", HT_VAR_feature, "sleep", "eco", "heater", "ionizer", "display", "child_lock", "turbo", "quiet")) &&
           set_word(args, "state", state);
}

/* Something from a list attribute of the entity. */
static bool from_list(ht_gen *x, int entity, const char *attribute, const char *slot, ht_var v, json_t *args)
{
    if (entity < 0)
        return false;
    const json_t *list = json_object_get(ht_home_entity_at(x->w->home, (size_t)entity)->attributes, attribute);
    if (json_array_size(list) == 0)
        return false;
    const char *word = json_string_value(json_array_get(list, ht_rng_below(x->rng, (uint32_t)json_array_size(list))));
    ht_gen_set(x, v, ht_gen_textf(x, "%s", word));
    return set_word(args, slot, word);
}

bool ht_value_make(ht_gen *x, ht_value v, int entity, json_t *args)
{
    switch (v) {
    case HT_VALUE_NONE: return true;
    case HT_VALUE_BRIGHTNESS: return percent_arg(x, "brightness", 1, args);
    case HT_VALUE_PERCENTAGE: return percent_arg(x, "percentage", 0, args);
    case HT_VALUE_POSITION: return percent_arg(x, "position", 0, args);
    case HT_VALUE_VOLUME: return percent_arg(x, "volume_level", 0, args);
    case HT_VALUE_HUMIDITY: {
        const long h = between(x, 6, 16) * 5;
        set_n(x, (double)h, false);
        json_object_set_new(args, "humidity", json_integer(h));
        return bind_key(x, HT_VAR_pct, "pct", NULL);
    }
    case HT_VALUE_UP: return set_word(args, "direction", "up");
    case HT_VALUE_DOWN: return set_word(args, "direction", "down");
    case HT_VALUE_UP_BY: return set_word(args, "direction", "up") && step(x, "amount", 1, args);
    case HT_VALUE_DOWN_BY: return set_word(args, "direction", "down") && step(x, "amount", 1, args);
    case HT_VALUE_WARM_BY: return degrees_step(x, "up", args);
    case HT_VALUE_COOL_BY: return degrees_step(x, "down", args);
    case HT_VALUE_LOUD: return set_word(args, "volume_step", "up");
    case HT_VALUE_QUIET: return set_word(args, "volume_step", "down");
    case HT_VALUE_LOUD_BY: return step(x, "volume_step", 1, args);
    case HT_VALUE_QUIET_BY: return step(x, "volume_step", -1, args);
    case HT_VALUE_TEMP: return temperature(x, args);
    case HT_VALUE_COLOR: return color(x, args);
    case HT_VALUE_COLOR_BRIGHT: return percent_arg(x, "brightness", 1, args) && color(x, args);
    case HT_VALUE_CTEMP: return color_temperature(x, args);
    case HT_VALUE_MODE:
        return set_word(args, "mode", WORD(x, "mode", HT_VAR_mode, "auto", "cool", "heat", "heat_cool", "dry", "fan_only", "away", "home", "comfort", "normal", "cool", "heat"));
    case HT_VALUE_PRESET:
        return set_word(args, "mode", WORD(x, "preset", HT_VAR_preset, "sleep", "eco", "boost", "quiet", "strong", "auto", "normal"));
    case HT_VALUE_FAN_MODE: return set_word(args, "mode", WORD(x, "fan_mode", HT_VAR_fan_mode, "low", "medium", "high", "auto"));
    case HT_VALUE_ON: return set_word(args, "state", "on");
    case HT_VALUE_OFF: return set_word(args, "state", "off");
    case HT_VALUE_FEATURE_ON: return feature(x, "on", args);
    case HT_VALUE_FEATURE_OFF: return feature(x, "off", args);
    case HT_VALUE_NUMBER: {
        const long n = between(x, 0, 100);
        set_n(x, (double)n, false);
        return json_object_set_new(args, "value", json_integer(n)) == 0;
    }
    case HT_VALUE_OPTION: return from_list(x, entity, "options", "option", HT_VAR_option, args);
    case HT_VALUE_SOURCE: {
        const ht_str s = ht_gen_word(x, "source");
        return s.ptr != NULL && json_object_set_new(args, "source", json_string(ht_gen_keep(x, HT_VAR_source, s).ptr)) == 0;
    }
    }
    return false;
}

/* Which form of the duration keys says h:m:s, drawn among those that do. */
static const char *duration_form(ht_gen *x, long h, long m, long s)
{
    const bool other = ht_rng_chance(x->rng, 0.45f);
    if (h == 0 && m == 30 && s == 0 && other)
        return "half_hour";
    if (h == 0 && m == 15 && s == 0 && other)
        return "quarter_hour";
    if (h == 0 && m == 45 && s == 0 && other)
        return "three_quarters_hour";
    if (h == 0 && m == 0 && s == 30 && other)
        return "half_minute";
    if (h > 0 && m == 30 && s == 0 && other)
        return h == 1 ? "h1_half" : "h_half";
    if (h == 0 && m > 0 && s == 30 && other)
        return m == 1 ? "m1_half" : "m_half";
    if (h > 0)
        return s > 0 ? "hms" : m > 0 ? "hm" : h == 1 ? "h1" : "h";
    if (m > 0)
        return s > 0 ? "ms" : m == 1 ? "m1" : "m";
    return s == 1 ? "s1" : "s";
}

bool ht_duration_say(ht_gen *x, ht_var v, ht_var adj, long h, long m, long s)
{
    const char *form = duration_form(x, h, m, s);
    const ht_vars saved = x->vars;
    ht_gen_set(x, HT_VAR_h, ht_gen_number(x, (double)h, true));
    ht_gen_set(x, HT_VAR_m, ht_gen_number(x, (double)m, true));
    ht_gen_set(x, HT_VAR_s, ht_gen_number(x, (double)s, true));
    char key[64];
    snprintf(key, sizeof key, "duration.%s", form);
    const ht_str text = ht_gen_word(x, key);
    snprintf(key, sizeof key, "duration_adj.%s", form);
    const ht_str adjective = ht_gen_word(x, key);
    x->vars = saved;
    ht_gen_set(x, v, text);
    if (adj != HT_VAR_COUNT)
        ht_gen_set(x, adj, adjective);
    return text.ptr != NULL;
}

bool ht_duration_make(ht_gen *x, ht_var v, ht_var adj, const char *prefix, json_t *args)
{
    static const long minutes[] = {1, 2, 3, 5, 10, 15, 20, 25, 30, 40, 45, 50, 60, 90};
    long h = 0, m = 0, s = 0;
    const float kind = ht_rng_float(x->rng);
    if (kind < 0.42f)
        m = minutes[ht_rng_below(x->rng, sizeof minutes / sizeof minutes[0])];
    else if (kind < 0.52f)
        m = between(x, 1, 59);
    else if (kind < 0.66f)
        s = ht_rng_chance(x->rng, 0.6f) ? between(x, 1, 12) * 5 : between(x, 2, 90);
    else if (kind < 0.78f)
        h = between(x, 1, 12);
    else if (kind < 0.88f)
        h = between(x, 1, 5), m = ht_rng_chance(x->rng, 0.55f) ? 30 : between(x, 1, 11) * 5;
    else if (kind < 0.96f)
        m = between(x, 1, 20), s = ht_rng_chance(x->rng, 0.6f) ? 30 : between(x, 1, 11) * 5;
    else
        h = between(x, 1, 3), m = between(x, 1, 59), s = between(x, 1, 59);
    char key[24];
    const long parts[] = {h, m, s};
    static const char *const names[] = {"hours", "minutes", "seconds"};
    for (int i = 0; i < 3; i++)
        if (parts[i] > 0) {
            snprintf(key, sizeof key, "%s%s", prefix, names[i]);
            json_object_set_new(args, key, json_integer(parts[i]));
        }
    return ht_duration_say(x, v, adj, h, m, s);
}

static const char *part_of_day(long h) { return h < 5 ? "night" : h < 12 ? "morning" : h == 12 ? "midday" : h < 18 ? "afternoon" : "evening"; }

bool ht_clock_make(ht_gen *x, bool is_waking, char out[6])
{
    static const long common[] = {0, 0, 0, 0, 30, 30, 15, 45, 10, 20, 40, 50, 5, 55, 25, 35};
    const long h = is_waking && ht_rng_chance(x->rng, 0.7f) ? between(x, 4, 10) : between(x, 0, 23);
    const long m = ht_rng_chance(x->rng, 0.88f) ? common[ht_rng_below(x->rng, sizeof common / sizeof common[0])] : between(x, 1, 59);
    snprintf(out, 6, "%02u:%02u", (unsigned)h % 24u, (unsigned)m % 60u);
    const char *form = m == 0 ? "hour" : m == 30 ? "half" : m == 15 ? "quarter" : m == 45 ? "three_quarters" : "minute";
    const ht_vars saved = x->vars;
    ht_gen_set(x, HT_VAR_h12, ht_gen_number(x, (double)((h + 11) % 12 + 1), true));
    ht_gen_set(x, HT_VAR_h24, ht_gen_textf(x, "%ld", h));
    ht_gen_set(x, HT_VAR_next_h, ht_gen_number(x, (double)(h % 12 + 1), true));
    ht_gen_set(x, HT_VAR_m, ht_gen_number(x, (double)m, false));
    ht_gen_set(x, HT_VAR_mm, ht_gen_textf(x, "%02ld", m));
    ht_gen_set(x, HT_VAR_to_m, ht_gen_number(x, (double)(60 - m), false));
    char key[64];
    const float kind = ht_rng_float(x->rng);
    if (m == 0 && (h == 12 || h == 0) && kind < 0.4f)
        snprintf(key, sizeof key, h == 12 ? "clock.noon" : "clock.midnight");
    else if (kind < 0.2f)
        snprintf(key, sizeof key, "clock.24.%s", form);
    else if (is_waking && h >= 5 && h <= 11 && kind < 0.6f)
        snprintf(key, sizeof key, "clock.bare_morning.%s", form);
    else
        snprintf(key, sizeof key, "clock.%s.%s", part_of_day(h), form);
    const ht_str text = ht_gen_word(x, key);
    x->vars = saved;
    ht_gen_set(x, HT_VAR_clock, text);
    return text.ptr != NULL;
}
