/* A home from JSON and back. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/embed.h"
#include "base/map.h"
#include "home/private.h"

HT_EMBED_DECLARE(demo_home);

static ht_status no_memory(ht_error *err) { return ht_fail(err, HT_NO_MEMORY, -1, "home: reading it"); }

void ht_home_tidy_name(char *name, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if ((unsigned char)name[i] < 0x20 || name[i] == 0x7f)
            name[i] = ' ';
}

/* The home's own copy of a name; ptr NULL when memory is gone. */
static ht_str copy_name(ht_home *h, ht_str s)
{
    char *p = ht_arena_alloc(&h->mem, s.len + 1);
    if (p == NULL)
        return (ht_str){NULL, 0};
    memcpy(p, s.ptr, s.len);
    ht_home_tidy_name(p, s.len);
    return ht_str_trim((ht_str){p, s.len});
}

/* A text field: absent or null gives "". what names it in errors. */
static ht_status read_text(ht_home *h, const json_t *object, const char *key, const char *what, size_t i, ht_str *out,
                           ht_error *err)
{
    const json_t *v = json_object_get(object, key);
    *out = (ht_str){"", 0};
    if (v == NULL || json_is_null(v))
        return HT_OK;
    if (!json_is_string(v))
        return ht_fail(err, HT_BAD_FORMAT, -1, "home: %s[%zu].%s must be text", what, i, key);
    if (json_string_length(v) > HT_HOME_MAX_NAME)
        return ht_fail(err, HT_TOO_BIG, -1, "home: %s[%zu].%s is longer than %d bytes", what, i, key, HT_HOME_MAX_NAME);
    *out = copy_name(h, ht_home_json_str(v));
    return out->ptr ? HT_OK : no_memory(err);
}

static ht_status read_aliases(ht_home *h, const json_t *object, const char *what, size_t i, ht_str **out, size_t *n,
                              ht_error *err)
{
    const json_t *array = json_object_get(object, "aliases");
    if (array == NULL || json_is_null(array))
        return HT_OK;
    if (!json_is_array(array))
        return ht_fail(err, HT_BAD_FORMAT, -1, "home: %s[%zu].aliases must be an array of text", what, i);
    if ((*out = ht_arena_array(&h->mem, json_array_size(array), sizeof **out)) == NULL)
        return no_memory(err);
    for (size_t k = 0; k < json_array_size(array); k++) {
        const json_t *v = json_array_get(array, k);
        if (!json_is_string(v))
            return ht_fail(err, HT_BAD_FORMAT, -1, "home: %s[%zu].aliases[%zu] must be text", what, i, k);
        if (json_string_length(v) > HT_HOME_MAX_NAME)
            return ht_fail(err, HT_TOO_BIG, -1, "home: %s[%zu].aliases[%zu] is longer than %d bytes", what, i, k, HT_HOME_MAX_NAME);
        const ht_str alias = copy_name(h, ht_home_json_str(v));
        if (alias.ptr == NULL)
            return no_memory(err);
        if (alias.len > 0)
            (*out)[(*n)++] = alias;
    }
    return HT_OK;
}

static ht_status check_array(const json_t *array, const char *what, ht_error *err)
{
    if (array != NULL && !json_is_null(array) && !json_is_array(array))
        return ht_fail(err, HT_BAD_FORMAT, -1, "home: %s must be an array", what);
    for (size_t i = 0; i < json_array_size(array); i++)
        if (!json_is_object(json_array_get(array, i)))
            return ht_fail(err, HT_BAD_FORMAT, -1, "home: %s[%zu] must be an object", what, i);
    return HT_OK;
}

static ht_status read_floors(ht_home *h, const json_t *floors, ht_error *err)
{
    ht_status st = HT_OK;
    for (size_t i = 0; i < json_array_size(floors); i++) {
        const json_t *o = json_array_get(floors, i);
        ht_floor *f = &h->floors[h->n_floors++];
        if ((st = read_text(h, o, "name", "floors", i, &f->name, err)) != HT_OK ||
            (st = read_aliases(h, o, "floors", i, &f->aliases, &f->n_aliases, err)) != HT_OK)
            return st;
        if (f->name.len == 0)
            return ht_fail(err, HT_BAD_FORMAT, -1, "home: floors[%zu] needs a name", i);
    }
    return HT_OK;
}

/* The index of a floor by name, added if it is new; the array has room for one more an area. */
static int floor_index(ht_home *h, ht_str name)
{
    const int i = name.len ? ht_home_find_floor(h, name) : -1;
    if (i >= 0 || name.len == 0)
        return i;
    h->floors[h->n_floors] = (ht_floor){.name = name};
    return (int)h->n_floors++;
}

static int area_index(ht_home *h, ht_str name)
{
    const int i = name.len ? ht_home_find_area(h, name) : -1;
    if (i >= 0 || name.len == 0)
        return i;
    h->areas[h->n_areas] = (ht_area){.name = name, .floor = -1};
    return (int)h->n_areas++;
}

static ht_status read_areas(ht_home *h, const json_t *areas, ht_error *err)
{
    ht_status st = HT_OK;
    ht_str floor;
    for (size_t i = 0; i < json_array_size(areas); i++) {
        const json_t *o = json_array_get(areas, i);
        ht_area *a = &h->areas[h->n_areas++];
        if ((st = read_text(h, o, "name", "areas", i, &a->name, err)) != HT_OK ||
            (st = read_aliases(h, o, "areas", i, &a->aliases, &a->n_aliases, err)) != HT_OK ||
            (st = read_text(h, o, "floor", "areas", i, &floor, err)) != HT_OK)
            return st;
        if (a->name.len == 0)
            return ht_fail(err, HT_BAD_FORMAT, -1, "home: areas[%zu] needs a name", i);
        a->floor = floor_index(h, floor);
    }
    return HT_OK;
}

/* Numbers of the entity model that files are known to hold as text. */
static bool is_numeric(const char *key)
{
    static const char *const keys[] = {
        "brightness", "percentage",       "current_position",  "volume_level", "temperature",   "current_temperature",
        "humidity",   "current_humidity", "color_temp_kelvin", "media_track",  "battery_level", "min",
        "max"};
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
        if (strcmp(key, keys[i]) == 0)
            return true;
    return false;
}

/* "cover.CoverDeviceClass.CURTAIN", an enumerator as Python prints it, is "curtain". */
static json_t *tidy_class(json_t *take_value)
{
    const char *dot = json_is_string(take_value) ? strrchr(json_string_value(take_value), '.') : NULL;
    if (dot == NULL)
        return take_value;
    char name[64];
    size_t n = 0;
    for (const char *p = dot + 1; *p != '\0' && n < sizeof name - 1; p++)
        name[n++] = *p >= 'A' && *p <= 'Z' ? (char)(*p + 32) : *p;
    name[n] = '\0';
    json_t *out = json_string(name);
    json_decref(take_value);
    return out;
}

json_t *ht_home_tidy(const char *key, json_t *take_value)
{
    json_t *out = take_value;
    if (strcmp(key, "device_class") == 0)
        return tidy_class(take_value);
    if (is_numeric(key) && json_is_string(take_value)) {
        char *end;
        const double x = strtod(json_string_value(take_value), &end);
        const ht_str rest = ht_str_trim(ht_str_from(end));
        if (end != json_string_value(take_value) && isfinite(x) && (rest.len == 0 || ht_str_is(rest, "%"))) {
            out = x == floor(x) && fabs(x) < 1e15 ? json_integer((json_int_t)x) : json_real(x);
            json_decref(take_value);
        }
    }
    if (strcmp(key, "volume_level") == 0 && json_is_number(out) && json_number_value(out) > 1) {
        const double x = json_number_value(out);
        json_decref(out);
        out = json_real(x > 100 ? 1 : x / 100);
    }
    return out;
}

static ht_status read_attributes(ht_home *h, const json_t *o, size_t i, ht_error *err)
{
    ht_entity *e = &h->entities[i];
    const json_t *attributes = json_object_get(o, "attributes"), *supports = json_object_get(o, "supports");
    const char *key;
    json_t *value;
    if (attributes != NULL && !json_is_null(attributes) && !json_is_object(attributes))
        return ht_fail(err, HT_BAD_FORMAT, -1, "home: attributes of %.*s must be an object", HT_STR_ARG(e->id));
    if (supports != NULL && !json_is_null(supports) && !json_is_object(supports))
        return ht_fail(err, HT_BAD_FORMAT, -1, "home: supports of %.*s must be an object", HT_STR_ARG(e->id));
    if ((e->attributes = json_object()) == NULL ||
        (json_is_object(supports) && (e->supports = json_deep_copy(supports)) == NULL))
        return no_memory(err);
    json_object_foreach ((json_t *)attributes, key, value) {
        const ht_status st = ht_home_set_attribute(h, i, key, json_deep_copy(value), err);
        if (st != HT_OK)
            return st;
    }
    return HT_OK;
}

static ht_status read_state(ht_home *h, const json_t *state, size_t i, ht_error *err)
{
    char number[40];
    switch (state ? json_typeof(state) : JSON_NULL) {
    case JSON_NULL:
        return HT_OK;
    case JSON_STRING:
        return ht_home_set_state(h, i, json_string_value(state), err);
    case JSON_TRUE:
    case JSON_FALSE:
        return ht_home_set_state(h, i, json_is_true(state) ? "on" : "off", err);
    case JSON_INTEGER:
    case JSON_REAL:
        snprintf(number, sizeof number, "%.12g", json_number_value(state));
        return ht_home_set_state(h, i, number, err);
    default:
        return ht_fail(err, HT_BAD_FORMAT, -1, "home: the state of %.*s must be text or null", HT_STR_ARG(h->entities[i].id));
    }
}

static ht_status read_entity(ht_home *h, const json_t *o, size_t i, ht_error *err)
{
    ht_entity *e = &h->entities[i];
    ht_status st;
    ht_str area;
    e->area = -1;
    if ((st = read_text(h, o, "id", "entities", i, &e->id, err)) != HT_OK ||
        (st = read_text(h, o, "name", "entities", i, &e->name, err)) != HT_OK ||
        (st = read_text(h, o, "domain", "entities", i, &e->domain, err)) != HT_OK ||
        (st = read_text(h, o, "area", "entities", i, &area, err)) != HT_OK ||
        (st = read_aliases(h, o, "entities", i, &e->aliases, &e->n_aliases, err)) != HT_OK)
        return st;
    const ptrdiff_t dot = ht_str_find(e->id, HT_STR("."), 0);
    if (dot <= 0)
        return ht_fail(err, HT_BAD_FORMAT, -1, "home: entities[%zu].id must be like \"light.kitchen\"", i);
    if (e->domain.len == 0)
        e->domain = (ht_str){e->id.ptr, (size_t)dot};
    if (e->name.len == 0)
        e->name = (ht_str){e->id.ptr + dot + 1, e->id.len - (size_t)dot - 1};
    e->area = area_index(h, area);
    return HT_OK;
}

static int compare_ids(const void *a, const void *b, void *home)
{
    const ht_home *h = home;
    const ht_str x = h->entities[*(const int *)a].id, y = h->entities[*(const int *)b].id;
    const int c = memcmp(x.ptr, y.ptr, x.len < y.len ? x.len : y.len);
    return c != 0 ? c : (x.len > y.len) - (x.len < y.len);
}

/* Ids first, then states: a todo entity's attribute fills a list, which finds its entity by id. */
static ht_status read_entities(ht_home *h, const json_t *entities, ht_error *err)
{
    ht_status st = HT_OK;
    for (size_t i = 0; st == HT_OK && i < json_array_size(entities); i++) {
        h->n_entities++;
        h->by_id[i] = (int)i;
        st = read_entity(h, json_array_get(entities, i), i, err);
    }
    if (st != HT_OK)
        return st;
    qsort_r(h->by_id, h->n_entities, sizeof *h->by_id, compare_ids, h);
    for (size_t i = 1; i < h->n_entities; i++) {
        const ht_str id = h->entities[h->by_id[i]].id;
        if (ht_str_eq(id, h->entities[h->by_id[i - 1]].id))
            return ht_fail(err, HT_BAD_FORMAT, -1, "home: two entities have the id %.*s", HT_STR_ARG(id));
    }
    for (size_t i = 0; st == HT_OK && i < h->n_entities; i++) {
        const json_t *o = json_array_get(entities, i);
        if ((st = read_state(h, json_object_get(o, "state"), i, err)) == HT_OK)
            st = read_attributes(h, o, i, err);
    }
    return st;
}

/* Room for every floor and area that may be named. */
static bool alloc_arrays(ht_home *h, size_t n_floors, size_t n_areas, size_t n_entities)
{
    h->floors = ht_arena_array(&h->mem, n_floors + n_areas, sizeof *h->floors);
    h->areas = ht_arena_array(&h->mem, n_areas + n_entities, sizeof *h->areas);
    h->entities = ht_arena_array(&h->mem, n_entities, sizeof *h->entities);
    h->by_id = ht_arena_array(&h->mem, n_entities, sizeof *h->by_id);
    h->cap_areas = n_areas + n_entities;
    h->cap_entities = n_entities;
    return h->floors != NULL && h->areas != NULL && h->entities != NULL && h->by_id != NULL;
}

ht_status ht_home_from_json(const json_t *home, ht_home **out, ht_error *err)
{
    *out = NULL;
    if (!json_is_object(home))
        return ht_fail(err, HT_BAD_FORMAT, -1, "home: must be an object with \"entities\"");
    const json_t *floors = json_object_get(home, "floors"), *areas = json_object_get(home, "areas"),
                 *entities = json_object_get(home, "entities");
    const json_t *lists = json_object_get(home, "lists");
    ht_home *h = calloc(1, sizeof *h);
    ht_status st;
    if (h == NULL)
        return no_memory(err);
    if ((st = check_array(floors, "floors", err)) != HT_OK || (st = check_array(areas, "areas", err)) != HT_OK ||
        (st = check_array(entities, "entities", err)) != HT_OK)
        goto done;
    if (!alloc_arrays(h, json_array_size(floors), json_array_size(areas), json_array_size(entities))) {
        st = no_memory(err);
        goto done;
    }
    if ((st = read_text(h, home, "id", "homes", 0, &h->id, err)) != HT_OK ||
        (st = read_text(h, home, "lang", "homes", 0, &h->lang, err)) != HT_OK || (st = read_floors(h, floors, err)) != HT_OK ||
        (st = read_areas(h, areas, err)) != HT_OK || (st = read_entities(h, entities, err)) != HT_OK ||
        (st = ht_home_timer_restore(h, json_object_get(home, "timers"), err)) != HT_OK ||
        (st = ht_home_alarms_restore(h, json_object_get(home, "alarms"), err)) != HT_OK)
        goto done;
    /* "lists" replaces what the todo entities brought, so an absent or empty one must not. */
    const bool has_lists = lists != NULL && !json_is_null(lists) && !(json_is_array(lists) && json_array_size(lists) == 0);
    st = has_lists ? ht_home_list_restore(h, lists, err) : ht_home_lists_complete(h, err);
    if (st != HT_OK)
        goto done;
    *out = h;
    h = NULL; /* handed to the caller */
done:
    ht_home_free(h);
    return st;
}

/* The home object of a file's content: {"homes":{ID:…}} or the home itself. */
static const json_t *pick_home(const json_t *root, const char *id)
{
    const json_t *homes = json_object_get(root, "homes");
    if (homes == NULL) {
        const char *own = json_string_value(json_object_get(root, "id"));
        return id == NULL || (own != NULL && strcmp(own, id) == 0) ? root : NULL;
    }
    if (id != NULL)
        return json_object_get(homes, id);
    return json_object_iter_value(json_object_iter((json_t *)homes)); /* the first; nothing is written */
}

static ht_status load_text(ht_str text, const char *path, const char *id, ht_home **out, ht_error *err)
{
    json_error_t at;
    *out = NULL;
    json_t *root = json_loadb(text.ptr ? text.ptr : "", text.len, 0, &at);
    if (root == NULL)
        return ht_fail(err, HT_BAD_FORMAT, at.position, "%s: not JSON: line %d: %s", path, at.line, at.text);
    const json_t *home = pick_home(root, id);
    ht_status st;
    if (home == NULL)
        st = ht_fail(err, HT_NOT_FOUND, -1, "%s: there is no home \"%s\" in it", path, id ? id : "");
    else if ((st = ht_home_from_json(home, out, err)) != HT_OK)
        st = ht_fail_prefix(err, "%s", path);
    json_decref(root);
    return st;
}

ht_status ht_home_load(const char *path, const char *id, ht_home **out, ht_error *err)
{
    ht_map map;
    *out = NULL;
    ht_status st = ht_map_open(path, &map, err);
    if (st != HT_OK)
        return st;
    st = load_text((ht_str){map.addr, map.len}, path, id, out, err);
    ht_map_close(&map);
    return st;
}

ht_status ht_home_load_demo(ht_home **out, ht_error *err)
{
    return load_text(HT_EMBED(demo_home), "the demo home", NULL, out, err);
}

static json_t *str_or_null(ht_str s) { return s.len ? json_stringn(s.ptr, s.len) : json_null(); }

static json_t *aliases_json(const ht_str *aliases, size_t n)
{
    json_t *array = json_array();
    for (size_t i = 0; i < n; i++)
        if (json_array_append_new(array, json_stringn(aliases[i].ptr, aliases[i].len)) != 0)
            return json_decref(array), NULL;
    return array;
}

static json_t *places_json(const ht_home *h, bool are_floors)
{
    json_t *array = json_array();
    for (size_t i = 0; i < (are_floors ? h->n_floors : h->n_areas); i++) {
        json_t *one = NULL;
        if (are_floors) {
            const ht_floor *f = &h->floors[i];
            one = json_pack("{s:o, s:o}", "name", str_or_null(f->name), "aliases", aliases_json(f->aliases, f->n_aliases));
        } else {
            const ht_area *a = &h->areas[i];
            one = json_pack("{s:o, s:o, s:o}", "name", str_or_null(a->name), "floor",
                            a->floor >= 0 ? str_or_null(h->floors[a->floor].name) : json_null(), "aliases",
                            aliases_json(a->aliases, a->n_aliases));
        }
        if (json_array_append_new(array, one) != 0)
            return json_decref(array), NULL;
    }
    return array;
}

static json_t *entities_json(const ht_home *h)
{
    json_t *array = json_array();
    for (size_t i = 0; i < h->n_entities; i++) {
        const ht_entity *e = &h->entities[i];
        if (ht_home_is_added(h, i))
            continue; /* it comes with its device */
        json_t *one = json_pack("{s:o, s:o, s:o, s:o, s:o, s:s?, s:o}", "id", str_or_null(e->id), "name", str_or_null(e->name),
                                "aliases", aliases_json(e->aliases, e->n_aliases), "domain", str_or_null(e->domain), "area",
                                e->area >= 0 ? str_or_null(h->areas[e->area].name) : json_null(), "state", e->state,
                                "attributes", json_deep_copy(e->attributes));
        if (one != NULL && e->supports != NULL && json_object_set_new(one, "supports", json_deep_copy(e->supports)) != 0) {
            json_decref(one);
            one = NULL;
        }
        if (json_array_append_new(array, one) != 0)
            return json_decref(array), NULL;
    }
    return array;
}

json_t *ht_home_to_json(const ht_home *h)
{
    return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "id", str_or_null(h->id), "lang", str_or_null(h->lang),
                     "floors", places_json(h, true), "areas", places_json(h, false), "entities", entities_json(h), "timers",
                     ht_home_timers_json(h), "alarms", ht_home_alarms_json(h), "lists", ht_home_lists_json(h));
}
