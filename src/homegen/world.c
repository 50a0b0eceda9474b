#include "homegen/world.h"

#include <stdio.h>
#include <strings.h>

enum { TEXT = 96, TRIES = 8, TIMERS = 3, LISTS = 3 };

/* A home being made; names are gathered first, then written as JSON. */
typedef struct {
    const ht_gram *g;
    const ht_lang *lang;
    ht_rng *rng;
    ht_world *w;
    size_t n_floors, n_areas, n_entities;
    char floors[HT_WORLD_FLOORS][TEXT], areas[HT_WORLD_AREAS][TEXT], area_alias[HT_WORLD_AREAS][TEXT];
    int area_floor[HT_WORLD_AREAS];
    struct {
        char name[TEXT], alias[TEXT];
        int area;
    } entities[HT_WORLD_ENTITIES];
    float in_share;      /* how often names hold the room's */
    bool is_lower;       /* an owner who writes names in small letters */
    bool may_double;     /* the same name in several rooms */
    ht_vars vars;
    ht_buf scratch;
} maker;

/* Expands key into out; false if it cannot be or does not fit. */
static bool say(maker *m, int rule, char out[TEXT])
{
    ht_buf_clear(&m->scratch);
    if (!ht_gram_expand(m->g, m->rng, rule, &m->vars, &m->scratch))
        return false;
    ht_gram_tidy(&m->scratch);
    if (m->w->is_traditional)
        ht_swaps_apply(&m->lang->swap, &m->scratch);
    if (m->scratch.len == 0 || m->scratch.len >= TEXT)
        return false;
    memcpy(out, m->scratch.ptr, m->scratch.len + 1);
    for (size_t i = 0; m->is_lower && out[i] != '\0'; i++)
        if (out[i] >= 'A' && out[i] <= 'Z')
            out[i] = (char)(out[i] + 32);
    return true;
}

static void bind_rule(maker *m, ht_var v, const char *key) { m->vars.of[v] = (ht_bind){{NULL, 0}, ht_gram_find(m->g, ht_str_from(key))}; }

static bool area_known(const maker *m, const char *name)
{
    for (size_t i = 0; i < m->n_areas; i++)
        if (strcasecmp(m->areas[i], name) == 0 || strcasecmp(m->area_alias[i], name) == 0)
            return true;
    return false;
}

static void make_floors(maker *m)
{
    const size_t wanted = ht_rng_chance(m->rng, 0.45f) ? 0 : 1 + ht_rng_below(m->rng, HT_WORLD_FLOORS);
    for (size_t i = 0; i < wanted; i++) {
        const int adverb = ht_gram_findf(m->g, "floor.adverb");
        const bool is_adverb = adverb >= 0 && ht_rng_chance(m->rng, 0.25f);
        char name[TEXT];
        if (!say(m, is_adverb ? adverb : ht_gram_findf(m->g, "floor.noun"), name))
            continue;
        bool known = false;
        for (size_t k = 0; k < m->n_floors; k++)
            known |= strcasecmp(m->floors[k], name) == 0;
        if (known)
            continue;
        memcpy(m->floors[m->n_floors], name, TEXT);
        m->w->floor_place[m->n_floors++] = is_adverb ? HT_PLACE_ADVERB : HT_PLACE_NOUN;
    }
}

static int random_room(ht_rng *rng)
{
    static const struct {
        int room, weight;
    } common[] = {{HT_ROOM_kitchen, 12}, {HT_ROOM_living, 13}, {HT_ROOM_bedroom, 18}, {HT_ROOM_kids, 5}, {HT_ROOM_guest, 5},
                  {HT_ROOM_bathroom, 9}, {HT_ROOM_toilet, 3}, {HT_ROOM_hall, 7}, {HT_ROOM_office, 6}, {HT_ROOM_dining, 5},
                  {HT_ROOM_garage, 6}, {HT_ROOM_garden, 5}, {HT_ROOM_balcony, 4}, {HT_ROOM_laundry, 3}, {HT_ROOM_basement, 4},
                  {HT_ROOM_attic, 2}, {HT_ROOM_storage, 3}, {HT_ROOM_other, 8}};
    int at = (int)ht_rng_below(rng, 118);
    for (size_t i = 0; i < sizeof common / sizeof common[0]; i++)
        if ((at -= common[i].weight) < 0)
            return common[i].room;
    return HT_ROOM_living;
}

static bool make_area(maker *m)
{
    const size_t i = m->n_areas;
    int room = random_room(m->rng), rule = ht_gram_findf(m->g, "area.%s", ht_room_names[room]);
    ht_place place = HT_PLACE_NOUN;
    if ((room == HT_ROOM_bedroom || room == HT_ROOM_kids || room == HT_ROOM_other) && ht_rng_chance(m->rng, 0.2f)) {
        rule = ht_gram_findf(m->g, "area.person");
        place = HT_PLACE_PROPER;
    } else if (room == HT_ROOM_garden && ht_rng_chance(m->rng, 0.35f) && ht_gram_findf(m->g, "area.adverb") >= 0) {
        rule = ht_gram_findf(m->g, "area.adverb");
        place = HT_PLACE_ADVERB;
    }
    if (!say(m, rule, m->areas[i]) || area_known(m, m->areas[i]))
        return false;
    m->area_alias[i][0] = '\0';
    if (place == HT_PLACE_NOUN && ht_rng_chance(m->rng, 0.12f) && (!say(m, rule, m->area_alias[i]) || area_known(m, m->area_alias[i]) ||
                                                                  strcasecmp(m->area_alias[i], m->areas[i]) == 0))
        m->area_alias[i][0] = '\0';
    m->w->room[i] = room;
    m->w->area_place[i] = place;
    m->area_floor[i] = m->n_floors && ht_rng_chance(m->rng, 0.9f) ? (int)ht_rng_below(m->rng, (uint32_t)m->n_floors) : -1;
    m->n_areas++;
    return true;
}

/* Another entity of this name (or alias) that must not be doubled. */
static bool name_taken(const maker *m, const char *name, int area)
{
    for (size_t i = 0; i < m->n_entities; i++) {
        const bool same = strcasecmp(m->entities[i].name, name) == 0 || strcasecmp(m->entities[i].alias, name) == 0;
        if (same && (!m->may_double || area < 0 || m->entities[i].area == area || m->entities[i].area < 0))
            return true;
    }
    return false;
}

static bool name_entity(maker *m, const ht_thing *t, int area, char out[TEXT], bool *is_proper)
{
    const bool with_area = area >= 0 && ht_rng_chance(m->rng, m->in_share);
    *is_proper = t->flags & HT_THING_PROPER;
    m->vars.of[HT_VAR_area] = (ht_bind){area >= 0 ? ht_str_from(m->areas[area]) : (ht_str){NULL, 0}, -1};
    int rule = with_area ? ht_gram_findf(m->g, "name.%s.in", t->key) : -1;
    if (t->flags & HT_THING_PET && ht_rng_chance(m->rng, 0.45f)) {
        rule = ht_gram_findf(m->g, "pet");
        *is_proper = true;
    }
    if (strcmp(t->key, "person") == 0)
        rule = ht_gram_find(m->g, ht_rng_chance(m->rng, 0.8f) ? HT_STR("person") : HT_STR("family"));
    else if (strcmp(t->key, "todo") == 0)
        rule = ht_gram_findf(m->g, "list_name");
    else if (strcmp(t->key, "weather") == 0 && ht_rng_chance(m->rng, 0.4f))
        rule = ht_gram_findf(m->g, "city");
    if (rule < 0)
        rule = ht_gram_findf(m->g, "name.%s", t->key);
    const bool ok = say(m, rule, out) && !name_taken(m, out, area) && !area_known(m, out);
    *is_proper |= ok && strstr(out, "'s ") != NULL;
    return ok;
}

/* How many things of this kind a room (or the house, area -1) has already. */
static bool has_thing(const maker *m, int thing, int area)
{
    for (size_t i = 0; i < m->n_entities; i++)
        if (m->w->thing[i] == thing && m->entities[i].area == area)
            return true;
    return false;
}

/* A kind for a room by weight; one kind in three repeats what the room has ("lamp 1", "lamp 2"). */
static int random_thing(maker *m, int area)
{
    const uint32_t bit = area >= 0 ? 1u << m->w->room[area] : 0;
    float total = 0, weight[160];
    for (size_t i = 0; i < ht_thing_count(); i++) {
        const ht_thing *t = ht_thing_at(i);
        const bool fits = area >= 0 ? !(t->flags & HT_THING_NOWHERE) && (t->rooms & bit) : true;
        const bool full = t->flags & HT_THING_ONCE && has_thing(m, (int)i, area);
        weight[i] = !fits || full ? 0 : area >= 0 || t->flags & HT_THING_NOWHERE ? t->weight : 0.08f * t->weight;
        total += weight[i];
    }
    float at = ht_rng_float(m->rng) * total;
    for (size_t i = 0; i < ht_thing_count(); i++)
        if (weight[i] > 0 && (at -= weight[i]) < 0)
            return (int)i;
    return 0;
}

static void make_entity(maker *m)
{
    const int area = m->n_areas && ht_rng_chance(m->rng, 0.84f) ? (int)ht_rng_below(m->rng, (uint32_t)m->n_areas) : -1;
    const int thing = random_thing(m, area);
    const ht_thing *t = ht_thing_at((size_t)thing);
    const size_t i = m->n_entities;
    bool done = false, ignored;
    for (int tries = 0; tries < TRIES && !done; tries++)
        done = name_entity(m, t, area, m->entities[i].name, &m->w->is_proper[i]);
    if (!done)
        return;
    m->entities[i].alias[0] = '\0';
    if (ht_rng_chance(m->rng, 0.1f) && !(t->flags & HT_THING_PROPER) &&
        (!name_entity(m, t, area, m->entities[i].alias, &ignored) || strcasecmp(m->entities[i].alias, m->entities[i].name) == 0))
        m->entities[i].alias[0] = '\0';
    m->entities[i].area = area;
    m->w->thing[i] = thing;
    m->n_entities++;
}

/* Many devices bring sensors of their own that carry their name: "Smart Curtain Battery" beside "Smart Curtain". */
static void make_companion(maker *m)
{
    static const char *const kinds[] = {"sensor.battery", "sensor.power", "sensor.energy", "sensor.temperature", "binary.battery", "binary.problem"};
    const size_t of = m->n_entities - 1;
    const ht_thing *t = ht_thing_at((size_t)m->w->thing[of]);
    const char *kind = kinds[ht_rng_below(m->rng, sizeof kinds / sizeof kinds[0])];
    const int thing = ht_thing_find(kind);
    if (strncmp(t->key, "sensor.", 7) == 0 || strncmp(t->key, "binary.", 7) == 0 || t->flags & HT_THING_NOWHERE)
        return;
    const size_t i = m->n_entities;
    m->vars.of[HT_VAR_name] = (ht_bind){ht_str_from(m->entities[of].name), -1};
    if (thing < 0 || !say(m, ht_gram_findf(m->g, "companion.%s", kind), m->entities[i].name) ||
        name_taken(m, m->entities[i].name, m->entities[of].area))
        return;
    m->entities[i].alias[0] = '\0';
    m->entities[i].area = m->entities[of].area;
    m->w->is_proper[i] = false;
    m->w->thing[i] = thing;
    m->n_entities++;
}

static json_t *places_json(const maker *m)
{
    json_t *areas = json_array();
    for (size_t i = 0; i < m->n_areas; i++) {
        json_t *a = json_pack("{s:s}", "name", m->areas[i]);
        if (m->area_floor[i] >= 0)
            json_object_set_new(a, "floor", json_string(m->floors[m->area_floor[i]]));
        if (m->area_alias[i][0] != '\0')
            json_object_set_new(a, "aliases", json_pack("[s]", m->area_alias[i]));
        json_array_append_new(areas, a);
    }
    return areas;
}

static json_t *entities_json(maker *m)
{
    json_t *list = json_array();
    for (size_t i = 0; i < m->n_entities; i++) {
        const ht_thing *t = ht_thing_at((size_t)m->w->thing[i]);
        const char *domain = t->domain;
        if (strncmp(t->key, "job.", 4) == 0) /* a socket, a script or a button does it */
            domain = ht_rng_chance(m->rng, 0.75f) ? "switch" : ht_rng_chance(m->rng, 0.5f) ? "script" : "button";
        ht_thing_state s;
        ht_thing_state_make(m->g, m->rng, t, m->w->is_fahrenheit, &s);
        char id[64];
        snprintf(id, sizeof id, "%s.e%zu", domain, i);
        json_t *e = json_pack("{s:s, s:s, s:s, s:o}", "id", id, "name", m->entities[i].name, "domain", domain, "attributes", s.attributes);
        if (m->entities[i].alias[0] != '\0')
            json_object_set_new(e, "aliases", json_pack("[s]", m->entities[i].alias));
        if (m->entities[i].area >= 0)
            json_object_set_new(e, "area", json_string(m->areas[m->entities[i].area]));
        json_object_set_new(e, "state", s.state[0] != '\0' ? json_string(s.state) : json_null());
        if (s.supports != NULL)
            json_object_set_new(e, "supports", s.supports);
        json_array_append_new(list, e);
    }
    return list;
}

static json_t *timers_json(maker *m)
{
    static const long lengths[] = {60, 120, 180, 240, 300, 420, 480, 600, 720, 900, 1200, 1500, 1800, 2700, 3600, 5400, 7200, 10800, 30, 45, 90};
    json_t *list = json_array();
    const size_t n = ht_rng_chance(m->rng, 0.5f) ? 0 : 1 + ht_rng_below(m->rng, TIMERS);
    char name[TEXT], names[TIMERS][TEXT];
    for (size_t i = 0; i < n; i++) {
        const long total = lengths[ht_rng_below(m->rng, sizeof lengths / sizeof lengths[0])];
        json_t *t = json_pack("{s:I, s:I, s:b}", "total_seconds", (json_int_t)total, "remaining_seconds",
                              (json_int_t)(1 + ht_rng_below(m->rng, (uint32_t)total)), "paused", ht_rng_chance(m->rng, 0.2f));
        bool is_new = ht_rng_chance(m->rng, 0.65f) && say(m, ht_gram_findf(m->g, "timer_name"), name);
        names[i][0] = '\0';
        for (size_t k = 0; k < i; k++)
            is_new &= strcasecmp(names[k], name) != 0;
        if (is_new) {
            memcpy(names[i], name, TEXT);
            json_object_set_new(t, "name", json_string(name));
        }
        if (m->n_areas && ht_rng_chance(m->rng, 0.4f))
            json_object_set_new(t, "area", json_string(m->areas[ht_rng_below(m->rng, (uint32_t)m->n_areas)]));
        json_array_append_new(list, t);
    }
    return list;
}

static json_t *items_json(maker *m, const char *key)
{
    json_t *list = json_array();
    const uint32_t n = ht_rng_below(m->rng, 4);
    char text[TEXT];
    for (uint32_t i = 0; i < n; i++)
        if (say(m, ht_gram_find(m->g, ht_str_from(key)), text))
            json_array_append_new(list, json_string(text));
    return list;
}

static json_t *lists_json(maker *m)
{
    json_t *list = json_array();
    char names[LISTS + 1][TEXT], id[32];
    size_t n = 0;
    if (say(m, ht_gram_findf(m->g, "shopping_name"), names[0]))
        json_array_append_new(list, json_pack("{s:s, s:s, s:o}", "id", "shopping_list", "name", names[n++], "items", items_json(m, "item")));
    const size_t wanted = ht_rng_chance(m->rng, 0.5f) ? 0 : ht_rng_below(m->rng, LISTS);
    for (size_t i = 0; i < wanted; i++) {
        bool is_new = say(m, ht_gram_findf(m->g, "list_name"), names[n]) && !name_taken(m, names[n], -1);
        for (size_t k = 0; k < n; k++)
            is_new &= strcasecmp(names[k], names[n]) != 0;
        if (!is_new)
            continue;
        snprintf(id, sizeof id, "list_%zu", n);
        json_array_append_new(list, json_pack("{s:s, s:s, s:o}", "id", id, "name", names[n++], "items", items_json(m, "task")));
    }
    return list;
}

static size_t home_size(ht_rng *rng, size_t *n_areas)
{
    const float kind = ht_rng_float(rng);
    if (kind < 0.06f) { /* a flat with next to nothing */
        *n_areas = ht_rng_below(rng, 3);
        return ht_rng_below(rng, 4);
    }
    if (kind < 0.36f) {
        *n_areas = 1 + ht_rng_below(rng, 4);
        return 3 + ht_rng_below(rng, 10);
    }
    if (kind < 0.8f) {
        *n_areas = 3 + ht_rng_below(rng, 8);
        return 10 + ht_rng_below(rng, 30);
    }
    *n_areas = 6 + ht_rng_below(rng, 12);
    return 35 + ht_rng_below(rng, HT_WORLD_ENTITIES - 35);
}

ht_status ht_world_restore(ht_world *w, ht_error *err)
{
    ht_home_free(w->home);
    w->home = NULL;
    return ht_home_from_json(w->json, &w->home, err);
}

ht_status ht_world_make(const ht_lang *l, bool is_zh, ht_rng *rng, ht_world *out, ht_error *err)
{
    maker m = {.g = l->g, .lang = l, .rng = rng, .w = out};
    size_t n_areas;
    *out = (ht_world){.here = -1};
    ht_vars_clear(&m.vars);
    bind_rule(&m, HT_VAR_person, "person");
    bind_rule(&m, HT_VAR_assistant, "assistant");
    bind_rule(&m, HT_VAR_city, "city");
    const size_t n_entities = home_size(rng, &n_areas);
    m.in_share = 0.1f + 0.8f * ht_rng_float(rng);
    m.is_lower = ht_rng_chance(rng, 0.18f);
    m.may_double = ht_rng_chance(rng, 0.2f);
    out->is_traditional = l->is_zh && ht_rng_chance(rng, 0.06f);
    out->is_fahrenheit = !is_zh && ht_rng_chance(rng, 0.3f);
    make_floors(&m);
    for (size_t i = 0; i < 4 * n_areas && m.n_areas < n_areas; i++)
        make_area(&m);
    for (size_t i = 0; i < 2 * n_entities && m.n_entities < n_entities; i++) {
        make_entity(&m);
        if (m.n_entities > 0 && m.n_entities < n_entities && ht_rng_chance(rng, 0.2f))
            make_companion(&m);
    }
    out->now_s = 1767225600 + (int64_t)ht_rng_below(rng, 365 * 24 * 60) * 60; /* a minute of 2026 */
    json_t *floors = json_array();
    for (size_t i = 0; i < m.n_floors; i++)
        json_array_append_new(floors, json_pack("{s:s}", "name", m.floors[i]));
    out->json = json_pack("{s:s, s:s, s:o, s:o, s:o, s:o, s:o}", "id", "made", "lang", is_zh ? "zh-CN" : "en", "floors", floors, "areas",
                          places_json(&m), "entities", entities_json(&m), "timers", timers_json(&m), "lists", lists_json(&m));
    if (m.n_areas && ht_rng_chance(rng, 0.6f))
        out->here = (int)ht_rng_below(rng, (uint32_t)m.n_areas);
    ht_buf_deinit(&m.scratch);
    if (out->json == NULL)
        return ht_fail(err, HT_NO_MEMORY, -1, "a made-up home");
    return ht_world_restore(out, err);
}

void ht_world_deinit(ht_world *w)
{
    ht_home_free(w->home);
    json_decref(w->json);
    w->home = NULL;
    w->json = NULL;
}
