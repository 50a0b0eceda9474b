/* Questions about the home: they look something up and never act. */
#include <stdio.h>

#include "homegen/gen.h"

enum { ASK = 1u << HT_STYLE_ASK, ANY_PLACE = HT_BY_ANY & ~HT_BY_LIST };

#define ON_OFF "light switch outlet fan purifier tv speaker humidifier dehumidifier ac heater job.*"
#define COVERS "curtain blind shade shutter awning garage gate window door water_valve gas_valve"
#define CONTACTS "binary.door binary.window binary.garage_door"
#define MEDIA "tv speaker receiver"

static void set_text(json_t *args, const char *slot, ht_str s) { json_object_set_new(args, slot, json_stringn(s.ptr, s.len)); }

/* Ends a question about w->target: the call, with state unless NULL. */
static bool look_up(ht_gen *x, ht_wish *w, const char *tool, const char *state)
{
    if (w->text.len == 0 || ht_target_conflicts(x, &w->target, ht_buf_str(&w->text)) || w->target.n != 1)
        return false;
    json_t *args = json_copy(w->target.slots[0]);
    if (state != NULL)
        json_object_set_new(args, "state", json_string(state));
    ht_wish_call(w, tool, args);
    return true;
}

/* "Is the lamp on?", "what is the oven doing?" */
bool ht_wish_query(ht_gen *x, ht_wish *w)
{
    static const struct {
        const char *key, *kinds, *tool, *state;
        float weight;
    } rows[] = {
        {"on", ON_OFF, "HassGetState", "on", 5}, {"off", ON_OFF, "HassGetState", "off", 3}, {"open", COVERS, "HassGetState", "open", 4},
        {"closed", COVERS, "HassGetState", "closed", 3}, {"open", CONTACTS, "HassGetState", "open", 3}, {"closed", CONTACTS, "HassGetState", "closed", 2},
        {"locked", "lock", "HassGetState", "locked", 3}, {"unlocked", "lock", "HassGetState", "unlocked", 2}, {"playing", MEDIA, "HassGetState", "playing", 2},
        {"cleaning", "vacuum", "HassGetState", "cleaning", 1.5f}, {"state", ON_OFF " " COVERS " lock vacuum lawn_mower alarm camera update " MEDIA, "HassGetState", NULL, 5},
        {"level.light", "light", "HassGetState", NULL, 2}, {"level.cover", "curtain blind shade shutter", "HassGetState", NULL, 1.5f},
        {"level.fan", "fan", "HassGetState", NULL, 1}, {"level.volume", MEDIA, "HassGetState", NULL, 1.5f},
        {"level.climate", "ac thermostat heater floor_heating", "HassClimateGetTemperature", NULL, 2}, {"playing_what", MEDIA, "HassGetState", NULL, 1.5f},
        {"temp_name", "ac thermostat heater sensor.temperature", "HassClimateGetTemperature", NULL, 2.5f},
    };
    enum { N = sizeof rows / sizeof rows[0] };
    float total = 0;
    for (size_t i = 0; i < N; i++)
        total += rows[i].weight;
    size_t r = 0;
    for (float at = ht_rng_float(x->rng) * total; r + 1 < N && (at -= rows[r].weight) >= 0;)
        r++;
    ht_wish_start(x, w, "query");
    const int entity = ht_gen_entity(x, rows[r].kinds);
    if (entity < 0 || !ht_target_choose(x, entity, ANY_PLACE, &w->target))
        return false;
    const ht_thing *t = ht_thing_at((size_t)w->target.thing);
    char key[48];
    snprintf(key, sizeof key, "%s%s", rows[r].key, w->target.is_many ? ".many" : ".one");
    if (ht_gram_findf(x->lang->g, "ask.%s", key) < 0)
        snprintf(key, sizeof key, "%s", rows[r].key);
    return ht_gen_say(x, w, ASK, key, t->key, ht_scheme_names[w->target.scheme]) && look_up(x, w, rows[r].tool, rows[r].state);
}

/* "Which lights are on upstairs?", "how many windows are open?" */
bool ht_wish_query_place(ht_gen *x, ht_wish *w)
{
    static const struct {
        const char *key, *kinds, *state;
    } rows[] = {
        {"which_on", "light switch fan tv", "on"}, {"which_off", "light switch fan", "off"}, {"which_open", COVERS " " CONTACTS, "open"},
        {"which_closed", COVERS " " CONTACTS, "closed"}, {"which_locked", "lock", "locked"}, {"which_unlocked", "lock", "unlocked"},
        {"count_on", "light switch fan tv", "on"}, {"count_off", "light switch", "off"}, {"count_open", COVERS " " CONTACTS, "open"},
        {"count_closed", COVERS, "closed"}, {"count_locked", "lock", "locked"}, {"count_unlocked", "lock", "unlocked"},
        {"any_on", "light switch fan tv speaker", "on"}, {"any_open", COVERS " " CONTACTS, "open"}, {"any_unlocked", "lock", "unlocked"},
        {"which_on", "light", "on"}, {"count_on", "light", "on"}, {"any_on", "light", "on"},
    };
    const uint32_t r = ht_rng_below(x->rng, sizeof rows / sizeof rows[0]);
    ht_wish_start(x, w, "query_which");
    const int entity = ht_gen_entity(x, rows[r].kinds);
    if (entity < 0)
        return false;
    const int area = ht_home_entity_at(x->w->home, (size_t)entity)->area;
    const int floor = area >= 0 ? ht_home_area_at(x->w->home, (size_t)area)->floor : -1;
    const uint32_t where = ht_rng_below(x->rng, 5); /* 0, 1: anywhere; 2, 3: a room; 4: a floor */
    char key[32];
    snprintf(key, sizeof key, "%s%s", rows[r].key, where < 2 ? "" : where < 4 ? "_area" : "_floor");
    if ((where >= 2 && area < 0) || (where == 4 && floor < 0) || ht_gram_findf(x->lang->g, "ask.%s", key) < 0)
        return false;
    w->target.thing = x->w->thing[entity];
    json_t *slots = ht_gen_place_slots(x, w->target.thing, where >= 2 && where < 4 ? area : -1, where == 4 ? floor : -1);
    if (slots == NULL)
        return false;
    w->target.slots[w->target.n++] = slots;
    w->target.area = where >= 2 && where < 4 ? area : -1;
    w->target.is_many = true;
    ht_gen_kind(x, w->target.thing);
    return ht_gen_say(x, w, ASK, key, ht_thing_at((size_t)w->target.thing)->key, NULL) && look_up(x, w, "HassGetState", rows[r].state);
}

/* The state that a question about a binary sensor asks for. */
static const char *binary_state(const char *kind)
{
    return strcmp(kind, "door") == 0 || strcmp(kind, "window") == 0 || strcmp(kind, "garage_door") == 0 ? "open" : "on";
}

/* Sensors: by their room, by the speaker's, or by name. */
bool ht_wish_query_sensor(ht_gen *x, ht_wish *w)
{
    ht_wish_start(x, w, "query_sensor");
    const int entity = ht_gen_entity(x, "sensor.* binary.*");
    if (entity < 0)
        return false;
    const ht_thing *t = ht_thing_at((size_t)x->w->thing[entity]);
    const bool binary = strncmp(t->key, "binary.", 7) == 0;
    const char *kind = strchr(t->key, '.') + 1;
    const int area = ht_home_entity_at(x->w->home, (size_t)entity)->area;
    char key[64];
    if (t->device_class[0] == '\0' || ht_rng_chance(x->rng, 0.45f)) {
        if (!ht_target_choose(x, entity, 1u << HT_SCHEME_NAME | 1u << HT_SCHEME_PROPER, &w->target))
            return false;
        snprintf(key, sizeof key, "%s.%s", binary ? "binary_name" : "sensor_name", kind);
        if (!binary && ht_rng_chance(x->rng, 0.3f))
            snprintf(key, sizeof key, "sensor_name");
        return ht_gen_say(x, w, ASK, key, NULL, NULL) && look_up(x, w, "HassGetState", binary ? binary_state(kind) : NULL);
    }
    const bool here = !binary && area >= 0 && area == x->w->here && ht_rng_chance(x->rng, 0.5f);
    if (strcmp(kind, "temperature") == 0 && !binary)
        return false; /* ht_wish_query_other asks how warm rooms are */
    json_t *slots = ht_gen_place_slots(x, x->w->thing[entity], area, -1);
    if (slots == NULL)
        return false;
    w->target.slots[w->target.n++] = slots;
    w->target.thing = x->w->thing[entity];
    w->target.area = area;
    snprintf(key, sizeof key, "%s%s.%s", binary ? "binary" : "sensor", here ? "_here" : "", kind);
    return ht_gen_say(x, w, ASK, key, NULL, NULL) && (here || area < 0 || ht_str_find(ht_buf_str(&w->text), x->vars.of[HT_VAR_area].text, 0) >= 0) &&
           look_up(x, w, "HassGetState", binary ? binary_state(kind) : NULL);
}

/* One entity in the target, by its own name as {person}, {city}, {target} … */
static bool by_name(ht_gen *x, ht_wish *w, const char *kinds, ht_var v)
{
    const int entity = ht_gen_entity(x, kinds);
    if (entity < 0 || !ht_target_choose(x, entity, 1u << HT_SCHEME_NAME | 1u << HT_SCHEME_PROPER, &w->target))
        return false;
    if (v != HT_VAR_COUNT)
        x->vars.of[v] = x->vars.of[HT_VAR_name];
    return true;
}

/* "Is anything on?", in a room or anywhere: no kind is named. */
static bool anything(ht_gen *x, ht_wish *w)
{
    const bool open = ht_rng_chance(x->rng, 0.4f);
    const int entity = ht_gen_entity(x, open ? COVERS " " CONTACTS : "light switch fan tv");
    const int area = entity >= 0 && ht_rng_chance(x->rng, 0.5f) ? ht_home_entity_at(x->w->home, (size_t)entity)->area : -1;
    if (entity < 0)
        return false;
    json_t *args = json_object();
    if (area >= 0)
        set_text(args, "area", ht_gen_area(x, area));
    json_object_set_new(args, "state", json_string(open ? "open" : "on"));
    w->target.area = area;
    ht_wish_call(w, "HassGetState", args);
    char key[32];
    snprintf(key, sizeof key, "anything_%s%s", open ? "open" : "on", area >= 0 ? "_area" : "");
    return ht_gen_say(x, w, ASK, key, NULL, NULL) && !ht_target_conflicts(x, &w->target, ht_buf_str(&w->text));
}

static bool warmth(ht_gen *x, ht_wish *w)
{
    const int entity = ht_gen_entity(x, "ac thermostat heater sensor.temperature");
    const float kind = ht_rng_float(x->rng);
    const int area = entity < 0 ? -1 : ht_home_entity_at(x->w->home, (size_t)entity)->area;
    const bool here = kind < 0.25f && area >= 0 && area == x->w->here, none = kind > 0.8f;
    if (entity < 0 || (!none && area < 0))
        return false;
    json_t *args = json_object();
    if (!none) {
        const ht_str name = ht_gen_area(x, area);
        set_text(args, "area", name);
    }
    w->target.area = none ? -1 : area;
    ht_wish_call(w, "HassClimateGetTemperature", args);
    w->may_miss = none;
    return ht_gen_say(x, w, ASK, none ? "temp_none" : here ? "temp_here" : "temp_area", NULL, NULL) &&
           !ht_target_conflicts(x, &w->target, ht_buf_str(&w->text));
}

bool ht_wish_query_other(ht_gen *x, ht_wish *w)
{
    static const struct {
        const char *key, *kinds, *state;
        ht_var v;
    } named[] = {{"person_home", "person", "home", HT_VAR_person}, {"person_away", "person", "not_home", HT_VAR_person},
                 {"person_where", "person", NULL, HT_VAR_person}, {"car_where", "car", NULL, HT_VAR_COUNT}, {"phone_where", "phone", NULL, HT_VAR_COUNT},
                 {"battery", "sensor.battery", NULL, HT_VAR_COUNT}, {"list_what", "todo", NULL, HT_VAR_list}};
    const uint32_t kind = ht_rng_below(x->rng, 18);
    ht_wish_start(x, w, "query_other");
    if (kind < 7)
        return by_name(x, w, named[kind].kinds, named[kind].v) && ht_gen_say(x, w, ASK, named[kind].key, NULL, NULL) &&
               look_up(x, w, "HassGetState", named[kind].state);
    if (kind < 9 && ht_gen_entity(x, "person") >= 0) {
        ht_wish_call(w, "HassGetState", json_pack("{s:s, s:s}", "domain", "person", "state", "home"));
        return ht_gen_say(x, w, ASK, kind == 7 ? "who_home" : "anyone_home", NULL, NULL);
    }
    if (kind == 9) {
        w->act = "weather";
        if (ht_gen_entity(x, "weather") < 0)
            return false;
        ht_wish_call(w, "HassGetWeather", NULL);
        return ht_gen_say(x, w, ASK, "weather", NULL, NULL);
    }
    if (kind == 10) {
        w->act = "weather";
        return by_name(x, w, "weather", HT_VAR_city) && ht_gen_say(x, w, ASK, "weather_city", NULL, NULL) && look_up(x, w, "HassGetWeather", NULL);
    }
    if (kind < 13) {
        w->act = "clock";
        ht_wish_call(w, kind == 11 ? "HassGetCurrentTime" : "HassGetCurrentDate", NULL);
        return ht_gen_say(x, w, ASK, kind == 11 ? "time" : "date", NULL, NULL);
    }
    if (kind == 13 && ht_gen_entity(x, MEDIA) >= 0) {
        ht_wish_call(w, "HassGetState", json_pack("{s:s, s:s}", "domain", "media_player", "state", "playing"));
        return ht_gen_say(x, w, ASK, "playing_what_none", NULL, NULL);
    }
    if (kind >= 16) {
        w->act = "query_anything";
        return anything(x, w);
    }
    w->act = "query_warmth";
    return warmth(x, w);
}
