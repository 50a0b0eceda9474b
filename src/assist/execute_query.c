/* Look-ups: states, temperatures, weather, time and date. What is found becomes the result's answer; see execute.h. */
#include <stdlib.h>
#include <strings.h>
#include <time.h>

#include "assist/execute_private.h"

static bool has_word(const char *words, ht_str s)
{
    ht_str rest = ht_str_from(words), word;
    while (ht_str_split(&rest, ' ', &word))
        if (ht_name_same(word, s))
            return true;
    return false;
}

static bool is_door(const ht_entity *e)
{
    return ht_str_is(e->domain, "binary_sensor") && has_word("door window garage_door opening", ht_entity_class(e));
}

/* --- states --- */

static bool state_is(const ht_entity *e, const char *words) { return has_word(words, ht_str_from(e->state)); }

/* Whether "which are <wanted>?" is about this entity at all, where the question does not say what it is about. */
static bool is_about(const ht_entity *e, ht_str wanted)
{
    static const struct {
        const char *states, *domains;
        bool doors; /* and sensors at doors and windows */
    } rows[] = {
        {"on off", "light switch fan climate media_player humidifier water_heater input_boolean siren", false},
        {"open closed opening closing", "cover valve", true},
        {"locked unlocked jammed", "lock", false},
        {"home not_home away", "person device_tracker", false},
        {"playing paused", "media_player", false},
        {"cleaning docked returning", "vacuum", false},
        {"mowing", "lawn_mower", false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (has_word(rows[i].states, wanted))
            return has_word(rows[i].domains, e->domain) || (rows[i].doors && is_door(e));
    return e->state != NULL && ht_name_same(ht_str_from(e->state), wanted);
}

/* Whether an entity is in a state as people name it. */
static bool is_in_state(const ht_entity *e, ht_str wanted)
{
    if (e->state == NULL)
        return false;
    if (ht_name_same(ht_str_from(e->state), wanted))
        return true;
    if (ht_str_is(e->domain, "binary_sensor")) {
        static const char on[] =
            "open unlocked detected wet low motion occupied charging plugged running unsafe problem home connected hot cold light";
        static const char off[] = "closed locked clear dry normal empty safe ok disconnected not_home dark";
        return (state_is(e, "on") && has_word(on, wanted)) || (state_is(e, "off") && has_word(off, wanted));
    }
    if (has_word("on", wanted))
        return ht_str_is(e->domain, "media_player") ? !state_is(e, "off standby unavailable") : ht_entity_is_active(e);
    if (has_word("off", wanted))
        return state_is(e, "off standby closed docked");
    if (has_word("open", wanted))
        return state_is(e, "opening");
    if (has_word("closed", wanted))
        return state_is(e, "closing");
    if (has_word("home", wanted))
        return state_is(e, "家 在家");
    if (has_word("away not_home", wanted))
        return !state_is(e, "home 家 在家");
    return false;
}

/* Adds a number of the attributes, scaled and rounded to whole steps of 0.1, under the name that replies use. */
static void copy_number(json_t *to, const ht_entity *e, const char *key, const char *as, double scale)
{
    double x;
    if (!ht_entity_number(e, key, &x))
        return;
    x *= scale;
    const double rounded = (double)(int64_t)(x * 10 + (x < 0 ? -0.5 : 0.5)) / 10;
    json_object_set_new(to, as, json_real(rounded));
}

static void copy_text(json_t *to, const ht_entity *e, const char *key)
{
    const char *text = ht_entity_text(e, key);
    if (text != NULL)
        json_object_set_new(to, key, json_string(text));
}

/* What is still to do of a todo list. */
static void copy_items(const ht_call *c, json_t *to, const ht_entity *e)
{
    const int list = ht_str_is(e->domain, "todo") ? ht_home_find_list(c->h, e->id) : -1;
    const ht_list *l = list >= 0 ? ht_home_list_at(c->h, (size_t)list) : NULL;
    json_t *items = json_array();
    for (size_t i = 0; l != NULL && i < l->n_items; i++)
        if (!l->items[i].is_done)
            json_array_append_new(items, json_string(l->items[i].text));
    if (l != NULL)
        json_object_set(to, "items", items);
    json_decref(items);
}

static json_t *entity_json(const ht_call *c, size_t i)
{
    const ht_entity *e = ht_home_entity_at(c->h, i);
    const ht_str kind = ht_entity_class(e),
                 area = e->area >= 0 ? ht_home_area_at(c->h, (size_t)e->area)->name : (ht_str){"", 0};
    json_t *o = json_pack("{s:s%, s:s%, s:s%, s:s%, s:s%, s:s?, s:s?}", "id", e->id.ptr, e->id.len, "name", e->name.ptr,
                          e->name.len, "area", area.ptr, area.len, "domain", e->domain.ptr, e->domain.len, "class", kind.ptr,
                          kind.len, "state", e->state, "unit", ht_entity_unit(e));
    if (o == NULL)
        return NULL;
    copy_number(o, e, "brightness", "brightness", 100.0 / 255);
    copy_number(o, e, "volume_level", "volume", 100);
    static const char *const numbers[] = {"current_position", "percentage",       "temperature", "current_temperature",
                                          "humidity",         "current_humidity", "wind_speed",  "battery_level"};
    for (size_t k = 0; k < sizeof numbers / sizeof numbers[0]; k++)
        copy_number(o, e, numbers[k], numbers[k], 1);
    static const char *const texts[] = {"media_title", "temperature_unit", "wind_speed_unit",
                                        "preset_mode", "fan_mode",         "source"};
    for (size_t k = 0; k < sizeof texts / sizeof texts[0]; k++)
        copy_text(o, e, texts[k]);
    copy_items(c, o, e);
    return o;
}

/* {"entities":[…]} of those found, of which with a wanted state only the matching ones are told and all are counted. */
static ht_status answer_entities(const ht_call *c, ht_str wanted)
{
    json_t *array = json_array();
    for (size_t i = 0; i < c->out->n_entities; i++) {
        const size_t at = (size_t)c->out->entities[i];
        if (wanted.ptr != NULL && !is_in_state(ht_home_entity_at(c->h, at), wanted))
            continue;
        if (json_array_append_new(array, entity_json(c, at)) != 0)
            return json_decref(array), ht_call_no_memory(c);
    }
    const size_t n = json_array_size(array);
    c->out->answer = json_pack("{s:o}", "entities", array);
    if (c->out->answer != NULL && wanted.ptr != NULL) {
        json_object_set_new(c->out->answer, "state", json_stringn(wanted.ptr, wanted.len));
        json_object_set_new(c->out->answer, "n_matching", json_integer((json_int_t)n));
        json_object_set_new(c->out->answer, "n_total", json_integer((json_int_t)c->out->n_entities));
    }
    return c->out->answer ? HT_OK : ht_call_no_memory(c);
}

/* Of those found, the ones that a question about a state is about, unless it names them or their kind. */
static void keep_about(const ht_call *c, ht_str wanted)
{
    ht_result *r = c->out;
    size_t n = 0;
    if (wanted.ptr == NULL || ht_call_text(c, "name").ptr != NULL || ht_call_text(c, "domain").ptr != NULL ||
        ht_call_text(c, "device_class").ptr != NULL)
        return;
    for (size_t i = 0; i < r->n_entities; i++)
        if (is_about(ht_home_entity_at(c->h, (size_t)r->entities[i]), wanted))
            r->entities[n++] = r->entities[i];
    r->n_entities = n;
}

/* "What is on?" is about the whole home; "how is it here?" about the room. */
static ht_status get_state(const ht_call *c)
{
    const ht_str wanted = ht_call_text(c, "state");
    ht_outcome outcome = HT_DONE;
    ht_status st = HT_OK;
    if (ht_call_has_target(c) || wanted.ptr == NULL) {
        st = ht_call_resolve(c, &(ht_reach){.is_query = true}, &outcome);
    } else {
        for (size_t i = 0; st == HT_OK && i < ht_home_entity_count(c->h); i++)
            st = ht_call_found(c, i);
    }
    if (st != HT_OK || outcome != HT_DONE)
        return st == HT_OK ? ht_call_end(c, outcome) : st;
    keep_about(c, wanted);
    if (c->out->n_entities == 0)
        return ht_call_end(c, HT_NO_TARGET);
    if ((st = answer_entities(c, wanted)) != HT_OK)
        return st;
    return ht_call_effect(c, "get_state");
}

/* --- temperature and weather --- */

static bool measures_temperature(const ht_entity *e)
{
    double x;
    const char *unit = ht_entity_unit(e);
    if (ht_str_is(e->domain, "climate") || ht_str_is(e->domain, "water_heater"))
        return ht_entity_number(e, "current_temperature", &x);
    if (ht_str_is(e->domain, "weather"))
        return ht_entity_number(e, "temperature", &x);
    return ht_str_is(e->domain, "sensor") &&
           (ht_str_is(ht_entity_class(e), "temperature") || (unit != NULL && strstr(unit, "°") != NULL));
}

/* Thermostats first, then sensors, then the weather, then what has no reading just now. */
static bool has_rank(const ht_entity *e, size_t rank)
{
    static const char *const order[] = {"climate", "sensor", "weather", "climate", "water_heater"};
    return ht_str_is(e->domain, order[rank]) && (rank >= 3 || measures_temperature(e));
}

static void keep_thermometers(const ht_call *c)
{
    ht_result *r = c->out;
    size_t n = 0;
    for (size_t rank = 0; n == 0 && rank < 5; rank++)
        for (size_t i = 0; i < r->n_entities; i++)
            if (has_rank(ht_home_entity_at(c->h, (size_t)r->entities[i]), rank))
                r->entities[n++] = r->entities[i];
    r->n_entities = n;
}

static ht_status get_temperature(const ht_call *c)
{
    ht_outcome outcome;
    ht_status st = ht_call_resolve(c, &(ht_reach){.is_query = true}, &outcome);
    if (st != HT_OK || outcome != HT_DONE)
        return st == HT_OK ? ht_call_end(c, outcome) : st;
    keep_thermometers(c);
    /* A room without a thermometer: the home's. */
    for (size_t i = 0; st == HT_OK && c->out->n_entities == 0 && !ht_call_has_target(c) && i < ht_home_entity_count(c->h); i++)
        if (measures_temperature(ht_home_entity_at(c->h, i)))
            st = ht_call_found(c, i);
    if (st != HT_OK)
        return st;
    keep_thermometers(c);
    if (c->out->n_entities == 0)
        return ht_call_end(c, HT_NO_TARGET);
    if ((st = answer_entities(c, (ht_str){NULL, 0})) != HT_OK)
        return st;
    return ht_call_effect(c, "get_temperature");
}

/* The weather entity of that name, or the first. */
static ht_status get_weather(const ht_call *c)
{
    const ht_str name = ht_call_text(c, "name");
    ht_outcome outcome = HT_DONE;
    ht_status st = HT_OK;
    if (name.ptr != NULL)
        st = ht_call_resolve(c, &(ht_reach){.is_query = true}, &outcome);
    for (size_t i = 0; st == HT_OK && name.ptr == NULL && c->out->n_entities == 0 && i < ht_home_entity_count(c->h); i++)
        if (ht_str_is(ht_home_entity_at(c->h, i)->domain, "weather"))
            st = ht_call_found(c, i);
    size_t n = 0;
    for (size_t i = 0; i < c->out->n_entities; i++)
        if (ht_str_is(ht_home_entity_at(c->h, (size_t)c->out->entities[i])->domain, "weather"))
            c->out->entities[n++] = c->out->entities[i];
    c->out->n_entities = n;
    if (st != HT_OK || n == 0)
        return st == HT_OK ? ht_call_end(c, HT_NO_TARGET) : st;
    if ((st = answer_entities(c, (ht_str){NULL, 0})) != HT_OK)
        return st;
    return ht_call_effect(c, "get_weather");
}

/* --- time and date --- */

static ht_status get_clock(const ht_call *c, bool is_date)
{
    const time_t now = (time_t)c->cx->now_unix_s;
    struct tm t;
    char text[32];
    if (localtime_r(&now, &t) == NULL) /* a year beyond what fits */
        return ht_call_end(c, HT_NOT_ABLE);
    strftime(text, sizeof text, is_date ? "%Y-%m-%d" : "%H:%M", &t);
    c->out->answer = is_date ? json_pack("{s:s, s:i}", "date", text, "weekday", t.tm_wday) : json_pack("{s:s}", "time", text);
    if (c->out->answer == NULL)
        return ht_call_no_memory(c);
    return ht_call_effect(c, is_date ? "get_current_date" : "get_current_time");
}

ht_status ht_call_query(const ht_call *c)
{
    const char *name = c->tool->name;
    if (strcmp(name, "HassClimateGetTemperature") == 0)
        return get_temperature(c);
    if (strcmp(name, "HassGetWeather") == 0)
        return get_weather(c);
    if (strcmp(name, "HassGetCurrentTime") == 0 || strcmp(name, "HassGetCurrentDate") == 0)
        return get_clock(c, strcmp(name, "HassGetCurrentDate") == 0);
    return get_state(c);
}
