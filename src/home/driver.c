/* Entities that come and go, their drivers, and actions that are handed to them. */
#include "home/driver.h"

#include <stdlib.h>

#include "base/log.h"
#include "home/private.h"

enum { MAX_ENTITIES = 20000, MAX_AREAS = 1000 };

/* What a home knows of an entity beyond what others may see. */
struct ht_home_extra {
    char *own; /* the text of an added entity, NULL for those of the file */
    ht_driver driver; /* act NULL = none */
};

static ht_status no_memory(ht_error *err) { return ht_fail(err, HT_NO_MEMORY, -1, "home: out of memory"); }

/* Room for n extras. */
static bool grow_extras(ht_home *h, size_t n)
{
    if (n <= h->cap_extras)
        return true;
    size_t cap = n + n / 2 + 8, bytes;
    if (!ht_mul_size(cap, sizeof *h->extras, &bytes))
        return false;
    ht_home_extra *more = realloc(h->extras, bytes);
    if (more == NULL)
        return false;
    memset(more + h->cap_extras, 0, (cap - h->cap_extras) * sizeof *more);
    h->extras = more;
    h->cap_extras = cap;
    return true;
}

/* A larger copy in the arena: what was there before is a fraction of it, and goes with the home. */
static bool grow_in_arena(ht_home *h, void *array_ptr, size_t n, size_t *cap, size_t size)
{
    void **array = array_ptr;
    if (n < *cap)
        return true;
    const size_t more = n + n / 2 + 16;
    void *copy = ht_arena_array(&h->mem, more, size);
    if (copy == NULL)
        return false;
    if (n > 0)
        memcpy(copy, *array, n * size);
    *array = copy;
    *cap = more;
    return true;
}

void ht_home_extras_deinit(ht_home *h)
{
    for (size_t i = 0; i < h->cap_extras; i++)
        free(h->extras[i].own);
    free(h->extras);
}

bool ht_home_is_added(const ht_home *h, size_t entity) { return entity < h->cap_extras && h->extras[entity].own != NULL; }

ht_status ht_home_set_driver(ht_home *h, size_t entity, const ht_driver *driver, ht_error *err)
{
    if (entity >= h->n_entities)
        return ht_fail(err, HT_BAD_ARG, -1, "home: there is no entity %zu", entity);
    if (!grow_extras(h, h->n_entities))
        return no_memory(err);
    h->extras[entity].driver = *driver;
    return HT_OK;
}

void ht_home_drop_driver(ht_home *h, size_t entity)
{
    if (entity < h->cap_extras)
        h->extras[entity].driver = (ht_driver){0};
}

const ht_driver *ht_home_driver(const ht_home *h, size_t entity)
{
    return entity < h->cap_extras && h->extras[entity].driver.act != NULL ? &h->extras[entity].driver : NULL;
}

/* --- adding --- */

/* The text fields of an entity in one block: the aliases' array, then every text with a NUL behind it. */
typedef struct {
    char *at;
} packer;

static ht_str pack(packer *p, ht_str s)
{
    char *to = p->at;
    if (s.len > 0)
        memcpy(to, s.ptr, s.len);
    ht_home_tidy_name(to, s.len);
    to[s.len] = '\0';
    p->at += s.len + 1;
    return (ht_str){to, s.len};
}

static ht_str field(const json_t *o, const char *key) { return ht_str_trim(ht_home_json_str(json_object_get(o, key))); }

static bool fill_text(const json_t *o, ht_entity *e, char **own)
{
    const json_t *aliases = json_object_get(o, "aliases");
    const ht_str id = field(o, "id"), name = field(o, "name"), domain = field(o, "domain");
    size_t bytes = json_array_size(aliases) * sizeof(ht_str) + id.len + name.len + domain.len + 3;
    for (size_t i = 0; i < json_array_size(aliases); i++)
        bytes += json_string_length(json_array_get(aliases, i)) + 1;
    if ((*own = malloc(bytes)) == NULL)
        return false;
    e->aliases = (ht_str *)(void *)*own;
    packer p = {*own + json_array_size(aliases) * sizeof(ht_str)};
    for (size_t i = 0; i < json_array_size(aliases); i++) {
        const ht_str alias = ht_str_trim(ht_home_json_str(json_array_get(aliases, i)));
        if (alias.len > 0)
            e->aliases[e->n_aliases++] = pack(&p, alias);
    }
    e->id = pack(&p, id);
    const char *dot = memchr(e->id.ptr, '.', e->id.len);
    const size_t n_domain = (size_t)(dot - e->id.ptr); /* the caller has made sure of the dot */
    e->domain = domain.len ? pack(&p, domain) : (ht_str){e->id.ptr, n_domain};
    e->name = name.len ? pack(&p, name) : (ht_str){dot + 1, e->id.len - n_domain - 1};
    return true;
}

static ht_status find_or_add_area(ht_home *h, ht_str name, int *out, ht_error *err)
{
    *out = name.len ? ht_home_find_area(h, name) : -1;
    if (*out >= 0 || name.len == 0)
        return HT_OK;
    if (h->n_areas >= MAX_AREAS)
        return ht_fail(err, HT_TOO_BIG, -1, "home: more than %d areas", MAX_AREAS);
    const ht_str own = ht_arena_copy(&h->mem, name);
    if (own.ptr != NULL)
        ht_home_tidy_name((char *)(uintptr_t)own.ptr, own.len); /* the copy is the home's */
    if (own.ptr == NULL || !grow_in_arena(h, &h->areas, h->n_areas, &h->cap_areas, sizeof *h->areas))
        return no_memory(err);
    h->areas[h->n_areas] = (ht_area){.name = own, .floor = -1};
    *out = (int)h->n_areas++;
    return HT_OK;
}

/* Keeps by_id sorted. */
static void insert_id(ht_home *h, size_t entity)
{
    size_t at = h->n_entities - 1; /* n_entities counts the new one already */
    const ht_str id = h->entities[entity].id;
    while (at > 0 && ht_home_compare_ids(h->entities[h->by_id[at - 1]].id, id) > 0) {
        h->by_id[at] = h->by_id[at - 1];
        at--;
    }
    h->by_id[at] = (int)entity;
}

static bool are_names_short(const json_t *o)
{
    static const char *const keys[] = {"id", "name", "area", "domain"};
    const json_t *aliases = json_object_get(o, "aliases");
    bool ok = true;
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
        ok &= json_string_length(json_object_get(o, keys[i])) <= HT_HOME_MAX_NAME;
    for (size_t i = 0; i < json_array_size(aliases); i++)
        ok &= json_string_length(json_array_get(aliases, i)) <= HT_HOME_MAX_NAME;
    return ok;
}

ht_status ht_home_add_entity(ht_home *h, const json_t *entity, size_t *out, ht_error *err)
{
    const ht_str id = field(entity, "id");
    const json_t *attributes = json_object_get(entity, "attributes"), *supports = json_object_get(entity, "supports");
    if (!are_names_short(entity))
        return ht_fail(err, HT_TOO_BIG, -1, "home: a name of '%.*s' is longer than %d bytes", (int)(id.len < 60 ? id.len : 60), id.ptr, HT_HOME_MAX_NAME);
    if (ht_str_find(id, HT_STR("."), 0) <= 0)
        return ht_fail(err, HT_BAD_ARG, -1, "home: '%.*s' must be like \"light.kitchen\"", HT_STR_ARG(id));
    if (ht_home_find_entity(h, id) >= 0)
        return ht_fail(err, HT_BAD_ARG, -1, "home: there is a %.*s already", HT_STR_ARG(id));
    if (h->n_entities >= MAX_ENTITIES)
        return ht_fail(err, HT_TOO_BIG, -1, "home: more than %d entities", MAX_ENTITIES);
    size_t cap_by_id = h->cap_entities;
    if (!grow_in_arena(h, &h->by_id, h->n_entities, &cap_by_id, sizeof *h->by_id) ||
        !grow_in_arena(h, &h->entities, h->n_entities, &h->cap_entities, sizeof *h->entities) || !grow_extras(h, h->n_entities + 1))
        return no_memory(err);
    ht_entity e = {.attributes = json_object(), .supports = json_is_object(supports) ? json_deep_copy(supports) : NULL};
    char *own = NULL;
    ht_status st = find_or_add_area(h, field(entity, "area"), &e.area, err);
    if (st == HT_OK && (!fill_text(entity, &e, &own) || e.attributes == NULL))
        st = no_memory(err);
    if (st != HT_OK) {
        free(own);
        json_decref(e.attributes);
        json_decref(e.supports);
        return st;
    }
    *out = h->n_entities++;
    h->entities[*out] = e;
    h->extras[*out] = (ht_home_extra){.own = own};
    insert_id(h, *out);
    ht_home_tell(h, HT_HOME_RESHAPED);
    return ht_home_restore_entity(h, *out, json_string_value(json_object_get(entity, "state")), attributes, err);
}

void ht_home_remove_entity(ht_home *h, size_t entity)
{
    if (entity >= h->n_entities)
        return;
    free(h->entities[entity].state);
    json_decref(h->entities[entity].attributes);
    json_decref(h->entities[entity].supports);
    const size_t n_behind = h->n_entities - entity - 1;
    memmove(&h->entities[entity], &h->entities[entity + 1], n_behind * sizeof *h->entities);
    if (entity < h->cap_extras) {
        const size_t n_extras = (h->n_entities < h->cap_extras ? h->n_entities : h->cap_extras) - entity - 1;
        free(h->extras[entity].own);
        memmove(&h->extras[entity], &h->extras[entity + 1], n_extras * sizeof *h->extras);
        h->extras[entity + n_extras] = (ht_home_extra){0};
    }
    size_t n = 0;
    for (size_t i = 0; i < h->n_entities; i++)
        if (h->by_id[i] != (int)entity)
            h->by_id[n++] = h->by_id[i] - (h->by_id[i] > (int)entity);
    h->n_entities--;
    ht_home_tell(h, HT_HOME_RESHAPED);
}

ht_status ht_home_restore_entity(ht_home *h, size_t entity, const char *state, const json_t *attributes, ht_error *err)
{
    const char *key;
    json_t *value;
    ht_status st = state ? ht_home_set_state(h, entity, state, err) : HT_OK;
    json_object_foreach ((json_t *)attributes, key, value)
        if (st == HT_OK)
            st = ht_home_set_attribute(h, entity, key, json_deep_copy(value), err);
    return st;
}

/* --- acting --- */

void ht_home_put_back(ht_home *h, size_t entity, const ht_entity_before *was)
{
    json_t *now = json_copy(h->entities[entity].attributes);
    const char *key;
    json_t *value;
    ht_error err;
    ht_status st = ht_home_set_state(h, entity, was->state, &err);
    json_object_foreach (now, key, value)
        if (st == HT_OK && json_object_get(was->attributes, key) == NULL)
            st = ht_home_set_attribute(h, entity, key, NULL, &err);
    json_decref(now);
    if (st == HT_OK)
        st = ht_home_restore_entity(h, entity, NULL, was->attributes, &err);
    if (st != HT_OK)
        ht_log(HT_LOG_ERROR, "%s", err.text);
}

ht_status ht_home_act_driven(ht_home *h, size_t entity, const ht_action *a, const ht_driver *driver, ht_error *err)
{
    const ht_driver d = *driver;
    char *state = h->entities[entity].state ? ht_home_copy(ht_str_from(h->entities[entity].state)) : NULL;
    json_t *attributes = json_deep_copy(h->entities[entity].attributes);
    const ht_entity_before was = {state, attributes};
    ht_status st = attributes == NULL || (state == NULL) != (h->entities[entity].state == NULL) ? no_memory(err) : HT_OK;
    /* a scene that is a device's sets the others itself */
    const bool is_remote = ht_verb_for(a->verb, h->entities[entity].domain) == HT_VERB_ACTIVATE;
    if (st == HT_OK && !is_remote)
        st = ht_home_act_here(h, entity, a, err);
    if (st == HT_OK && (st = d.act(d.ctx, h, entity, a, &was, err)) != HT_OK)
        ht_home_put_back(h, entity, &was);
    free(state);
    json_decref(attributes);
    return st;
}
