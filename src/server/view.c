#include "server/view.h"

#include "base/clock.h"
#include "home/action.h"

static json_t *text(ht_str s) { return s.ptr ? json_stringn(s.ptr, s.len) : json_null(); }

/* Adds a member; a NULL value or object makes the whole NULL. */
static json_t *with(json_t *object, const char *key, json_t *take_value)
{
    if (object == NULL || take_value == NULL || json_object_set_new(object, key, take_value) != 0) {
        if (object == NULL)
            json_decref(take_value);
        json_decref(object);
        return NULL;
    }
    return object;
}

static json_t *abilities(const ht_entity *e)
{
    json_t *can = json_array();
    for (int v = 0; can != NULL && v < HT_VERB_GET_STATE; v++)
        if (ht_verb_for((ht_verb)v, e->domain) == (ht_verb)v && ht_entity_able(e, (ht_verb)v))
            json_array_append_new(can, json_string(ht_verb_word((ht_verb)v)));
    return can;
}

json_t *ht_view_entity(const ht_home *h, size_t entity)
{
    const ht_entity *e = ht_home_entity_at(h, entity);
    const ht_area *area = e->area >= 0 ? ht_home_area_at(h, (size_t)e->area) : NULL;
    const char *unit = ht_entity_unit(e);
    json_t *o = with(json_object(), "id", text(e->id));
    o = with(o, "name", text(e->name));
    o = with(o, "domain", text(e->domain));
    o = with(o, "area", area ? text(area->name) : json_null());
    o = with(o, "class", text(ht_entity_class(e)));
    o = with(o, "state", e->state ? json_string(e->state) : json_null());
    o = with(o, "unit", unit ? json_string(unit) : json_null());
    o = with(o, "active", json_boolean(ht_entity_is_active(e)));
    o = with(o, "attributes", e->attributes ? json_deep_copy(e->attributes) : json_object());
    return with(o, "can", abilities(e));
}

/* Copies a member of the home's own JSON, which nobody else holds. */
static json_t *member(const json_t *whole, const char *key)
{
    json_t *v = json_object_get(whole, key);
    return v ? json_incref(v) : json_array();
}

json_t *ht_view_lists(const ht_home *h)
{
    json_t *whole = ht_home_to_json(h);
    json_t *o = with(whole ? json_object() : NULL, "timers", member(whole, "timers"));
    o = with(o, "alarms", member(whole, "alarms"));
    o = with(o, "lists", member(whole, "lists"));
    o = with(o, "counted_ms", json_integer(ht_clock_unix_ms()));
    json_decref(whole);
    return o;
}

static json_t *areas(const ht_home *h)
{
    json_t *array = json_array();
    for (size_t i = 0; array != NULL && i < ht_home_area_count(h); i++) {
        const ht_area *a = ht_home_area_at(h, i);
        const ht_floor *f = a->floor >= 0 ? ht_home_floor_at(h, (size_t)a->floor) : NULL;
        json_array_append_new(array, with(with(json_object(), "name", text(a->name)), "floor", f ? text(f->name) : json_null()));
    }
    return array;
}

static json_t *floors(const ht_home *h)
{
    json_t *array = json_array();
    for (size_t i = 0; array != NULL && i < ht_home_floor_count(h); i++)
        json_array_append_new(array, text(ht_home_floor_at(h, i)->name));
    return array;
}

static json_t *entities(const ht_home *h)
{
    json_t *array = json_array();
    for (size_t i = 0; array != NULL && i < ht_home_entity_count(h); i++)
        if (json_array_append_new(array, ht_view_entity(h, i)) != 0) {
            json_decref(array);
            return NULL;
        }
    return array;
}

json_t *ht_view_home(const ht_home *h)
{
    json_t *o = with(ht_view_lists(h), "id", text(ht_home_id(h)));
    o = with(o, "lang", text(ht_home_lang(h)));
    o = with(o, "floors", floors(h));
    o = with(o, "areas", areas(h));
    return with(o, "entities", entities(h));
}
