/* A home in memory: looking things up, changing state, telling the watcher. Reading and writing files is home_json.c,
 * timers and alarms timer.c, lists list.c, what an entity can do ability.c. */
#include "home/home.h"

#include <stdlib.h>

#include "home/private.h"

void ht_home_free(ht_home *h)
{
    if (h == NULL)
        return;
    for (size_t i = 0; i < h->n_entities; i++) {
        free(h->entities[i].state);
        json_decref(h->entities[i].attributes);
        json_decref(h->entities[i].supports);
    }
    ht_home_extras_deinit(h);
    ht_home_timers_deinit(h);
    ht_home_lists_deinit(h);
    ht_arena_deinit(&h->mem);
    free(h);
}

ht_str ht_home_id(const ht_home *h) { return h->id; }
ht_str ht_home_lang(const ht_home *h) { return h->lang; }
size_t ht_home_floor_count(const ht_home *h) { return h->n_floors; }
const ht_floor *ht_home_floor_at(const ht_home *h, size_t i) { return i < h->n_floors ? &h->floors[i] : NULL; }
size_t ht_home_area_count(const ht_home *h) { return h->n_areas; }
const ht_area *ht_home_area_at(const ht_home *h, size_t i) { return i < h->n_areas ? &h->areas[i] : NULL; }
size_t ht_home_entity_count(const ht_home *h) { return h->n_entities; }
const ht_entity *ht_home_entity_at(const ht_home *h, size_t i) { return i < h->n_entities ? &h->entities[i] : NULL; }

int ht_home_compare_ids(ht_str a, ht_str b)
{
    const size_t n = a.len < b.len ? a.len : b.len;
    const int c = n ? memcmp(a.ptr, b.ptr, n) : 0;
    return c != 0 ? c : (a.len > b.len) - (a.len < b.len);
}

int ht_home_find_entity(const ht_home *h, ht_str id)
{
    for (size_t lo = 0, hi = h->n_entities; lo < hi;) {
        const size_t mid = lo + (hi - lo) / 2;
        const int c = ht_home_compare_ids(id, h->entities[h->by_id[mid]].id);
        if (c == 0)
            return h->by_id[mid];
        if (c < 0)
            hi = mid;
        else
            lo = mid + 1;
    }
    return -1;
}

static char lower(char c) { return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c; }

bool ht_name_same(ht_str a, ht_str b)
{
    if (a.len != b.len)
        return false;
    for (size_t i = 0; i < a.len; i++)
        if (lower(a.ptr[i]) != lower(b.ptr[i]))
            return false;
    return true;
}

static bool is_named(ht_str name, const ht_str *aliases, size_t n_aliases, ht_str wanted)
{
    if (ht_name_same(name, wanted))
        return true;
    for (size_t i = 0; i < n_aliases; i++)
        if (ht_name_same(aliases[i], wanted))
            return true;
    return false;
}

int ht_home_find_area(const ht_home *h, ht_str name)
{
    for (size_t i = 0; i < h->n_areas; i++)
        if (is_named(h->areas[i].name, h->areas[i].aliases, h->areas[i].n_aliases, name))
            return (int)i;
    return -1;
}

int ht_home_find_floor(const ht_home *h, ht_str name)
{
    for (size_t i = 0; i < h->n_floors; i++)
        if (is_named(h->floors[i].name, h->floors[i].aliases, h->floors[i].n_aliases, name))
            return (int)i;
    return -1;
}

void ht_home_watch(ht_home *h, ht_home_changed_fn *fn, void *ctx)
{
    h->changed = fn;
    h->changed_ctx = ctx;
}

void ht_home_tell(const ht_home *h, int entity)
{
    if (h->changed != NULL)
        h->changed(h->changed_ctx, h, entity);
}

bool ht_home_grow(void *array_ptr, size_t n, size_t size)
{
    void **array = array_ptr;
    if (n % 8 != 0)
        return true;
    size_t bytes;
    if (!ht_mul_size(n + 8, size, &bytes))
        return false;
    void *more = realloc(*array, bytes);
    if (more != NULL)
        *array = more;
    return more != NULL;
}

char *ht_home_copy(ht_str s)
{
    char *copy = malloc(s.len + 1);
    if (copy == NULL)
        return NULL;
    if (s.len > 0)
        memcpy(copy, s.ptr, s.len);
    copy[s.len] = '\0';
    return copy;
}

ht_str ht_home_json_str(const json_t *string) { return (ht_str){json_string_value(string), json_string_length(string)}; }

ht_status ht_home_set_state(ht_home *h, size_t entity, const char *state, ht_error *err)
{
    if (entity >= h->n_entities)
        return ht_fail(err, HT_BAD_ARG, -1, "home: there is no entity %zu", entity);
    ht_entity *e = &h->entities[entity];
    if (state != NULL && strcmp(state, "unknown") == 0)
        state = NULL;
    if (state == NULL ? e->state == NULL : e->state != NULL && strcmp(state, e->state) == 0)
        return HT_OK;
    char *copy = state ? ht_home_copy(ht_str_from(state)) : NULL;
    if (state != NULL && copy == NULL)
        return ht_fail(err, HT_NO_MEMORY, -1, "home: state of %.*s", HT_STR_ARG(e->id));
    free(e->state);
    e->state = copy;
    ht_home_tell(h, (int)entity);
    return HT_OK;
}

ht_status ht_home_set_attribute(ht_home *h, size_t entity, const char *key, json_t *take_value, ht_error *err)
{
    if (entity >= h->n_entities) {
        json_decref(take_value);
        return ht_fail(err, HT_BAD_ARG, -1, "home: there is no entity %zu", entity);
    }
    ht_entity *e = &h->entities[entity];
    json_t *old = json_object_get(e->attributes, key);
    if (take_value == NULL) {
        if (old != NULL && json_object_del(e->attributes, key) == 0)
            ht_home_tell(h, (int)entity);
        return HT_OK;
    }
    if (strcmp(key, "todo_items") == 0 && ht_str_is(e->domain, "todo")) {
        const ht_status st = ht_home_list_fill(h, entity, take_value, err);
        json_decref(take_value);
        return st;
    }
    json_t *value = ht_home_tidy(key, take_value);
    if (value != NULL && old != NULL && json_equal(old, value)) {
        json_decref(value);
        return HT_OK;
    }
    if (value == NULL || json_object_set_new(e->attributes, key, value) != 0)
        return ht_fail(err, HT_NO_MEMORY, -1, "home: attribute %s of %.*s", key, HT_STR_ARG(e->id));
    ht_home_tell(h, (int)entity);
    return HT_OK;
}
