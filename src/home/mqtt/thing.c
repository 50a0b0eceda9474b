/* Things come and go: an announcement makes an entity, or becomes one of the home file's. */
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "home/mqtt/private.h"

enum { MAX_THINGS = 5000, ANSWER_MS = 3000 };

void ht_thing_free(ht_thing *t)
{
    if (t == NULL)
        return;
    for (size_t i = 0; i < t->n_ways; i++) {
        free(t->ways[i].topic);
        ht_template_free(t->ways[i].read);
    }
    for (size_t i = 0; i < t->n_alive; i++) {
        free(t->alive[i].topic);
        free(t->alive[i].yes);
        free(t->alive[i].no);
        ht_template_free(t->alive[i].read);
    }
    char *const texts[] = {t->source, t->part, t->component, t->unique_id, t->entity_id, t->known, t->was_state};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        free(texts[i]);
    json_decref(t->config);
    json_decref(t->was_attributes);
    free(t);
}

/* --- what the home asks --- */

static ht_status act(void *ctx, ht_home *h, size_t entity, const ht_action *a, const ht_entity_before *was, ht_error *err)
{
    ht_thing *t = ctx;
    const ht_entity *e = ht_home_entity_at(h, entity);
    if (!t->hub->is_connected)
        return ht_fail(err, HT_IO, -1, "%s cannot be reached: there is no connection to its broker", t->entity_id);
    if (!t->is_available)
        return ht_fail(err, HT_IO, -1, "%s cannot be reached: it is not available", t->entity_id);
    const ht_status st = ht_thing_command(t, h, entity, a, was, err);
    if (st != HT_OK)
        return st;
    const bool same_state = was->state == NULL ? e->state == NULL : e->state != NULL && strcmp(was->state, e->state) == 0;
    if (t->n_ways == 0) /* it never reports: what it was told is all there is to know */
        return ht_thing_set_state(t, h, entity, e->state, err);
    if (same_state && json_equal(e->attributes, was->attributes))
        return HT_OK; /* a device that changes nothing need not answer */
    if (!t->is_waiting) { /* of several in a row, what was before the first */
        t->was_state = was->state ? strdup(was->state) : NULL;
        t->was_attributes = json_deep_copy(was->attributes);
        t->is_waiting = true;
    }
    t->deadline_ns = ht_clock_ns() + (int64_t)ANSWER_MS * 1000000;
    return HT_OK;
}

/* --- topics --- */

static bool is_used(const ht_mqtt_hub *hub, const char *topic)
{
    for (size_t i = 0; i < hub->n_things; i++) {
        const ht_thing *t = hub->things[i];
        for (size_t k = 0; k < t->n_ways; k++)
            if (strcmp(t->ways[k].topic, topic) == 0)
                return true;
        for (size_t k = 0; k < t->n_alive; k++)
            if (strcmp(t->alive[k].topic, topic) == 0)
                return true;
    }
    return false;
}

/* A stranger's topic must not be a filter: "#" would bring everything. */
static ht_status subscribe(ht_mqtt_hub *hub, const char *topic, ht_error *err)
{
    if (strpbrk(topic, "+#") != NULL)
        return ht_fail(err, HT_BAD_FORMAT, -1, "'%.100s' is not a topic", topic);
    return hub->wire.subscribe(hub->wire.ctx, topic, err);
}

static ht_status subscribe_all(ht_thing *t, ht_error *err)
{
    ht_status st = HT_OK;
    for (size_t i = 0; st == HT_OK && i < t->n_alive; i++)
        st = subscribe(t->hub, t->alive[i].topic, err);
    for (size_t i = 0; st == HT_OK && i < t->n_ways; i++)
        st = subscribe(t->hub, t->ways[i].topic, err);
    return st;
}

/* Of a thing that is in the hub's list no more. */
static void unsubscribe_all(const ht_thing *t)
{
    for (size_t i = 0; i < t->n_alive; i++)
        if (!is_used(t->hub, t->alive[i].topic))
            t->hub->wire.unsubscribe(t->hub->wire.ctx, t->alive[i].topic);
    for (size_t i = 0; i < t->n_ways; i++)
        if (!is_used(t->hub, t->ways[i].topic))
            t->hub->wire.unsubscribe(t->hub->wire.ctx, t->ways[i].topic);
}

static ht_status add_alive(ht_thing *t, const json_t *way, ht_error *err)
{
    const char *topic = json_string_value(json_object_get(way, "topic")), *source = json_string_value(json_object_get(way, "value_template"));
    ht_error bad;
    ht_alive_way *w = &t->alive[t->n_alive++];
    *w = (ht_alive_way){.topic = strdup(topic), .yes = strdup(json_string_value(json_object_get(way, "payload_available"))),
                        .no = strdup(json_string_value(json_object_get(way, "payload_not_available"))), .says = -1};
    if (w->topic == NULL || w->yes == NULL || w->no == NULL)
        return ht_fail(err, HT_NO_MEMORY, -1, "mqtt: out of memory");
    if (source != NULL && ht_template_parse(ht_str_from(source), &w->read, &bad) != HT_OK) {
        ht_log(HT_LOG_WARN, "mqtt: %s counts as available: %s: %.80s", t->source, bad.text, source);
        free(w->topic);
        free(w->yes);
        free(w->no);
        t->n_alive--;
    }
    return HT_OK;
}

/* --- coming --- */

/* hearth's own topics follow from the announcement's: hearth/OBJECT/state and /set. */
static json_t *with_own_topics(const ht_announcement *a)
{
    json_t *config = json_copy((json_t *)a->config);
    const int n = (int)strlen(a->source) - (int)strlen("config");
    if (strcmp(a->component, "hearth") != 0)
        return config;
    json_object_set_new(config, "state_topic", json_sprintf("%.*sstate", n, a->source));
    json_object_set_new(config, "command_topic", json_sprintf("%.*sset", n, a->source));
    return config;
}

static ht_status new_thing(ht_mqtt_hub *hub, const ht_announcement *a, ht_thing **out, ht_error *err)
{
    const char *unique_id = json_string_value(json_object_get(a->config, "unique_id"));
    ht_thing *t = calloc(1, sizeof *t);
    ht_status st = HT_OK;
    *out = t;
    if (t == NULL)
        return ht_fail(err, HT_NO_MEMORY, -1, "mqtt: out of memory");
    t->hub = hub;
    t->source = strdup(a->source);
    t->part = strdup(a->part);
    t->component = strdup(a->component);
    t->unique_id = strdup(unique_id ? unique_id : "");
    t->config = with_own_topics(a);
    if (t->source == NULL || t->part == NULL || t->component == NULL || t->unique_id == NULL || t->config == NULL)
        return ht_fail(err, HT_NO_MEMORY, -1, "mqtt: out of memory");
    const json_t *alive = json_object_get(t->config, "availability");
    for (size_t i = 0; st == HT_OK && i < json_array_size(alive) && t->n_alive < HT_THING_MAX_ALIVE && strcmp(a->component, "hearth") != 0; i++)
        st = add_alive(t, json_array_get(alive, i), err);
    const char *own_alive = ht_thing_text(t, "availability_topic", NULL);
    if (st == HT_OK && strcmp(a->component, "hearth") == 0 && own_alive != NULL) {
        json_t *way = json_pack("{s:s, s:s, s:s}", "topic", own_alive, "payload_available", "online", "payload_not_available", "offline");
        st = way ? add_alive(t, way, err) : ht_fail(err, HT_NO_MEMORY, -1, "mqtt: out of memory");
        json_decref(way);
    }
    return st == HT_OK ? ht_thing_listen(t, err) : st;
}

/* The entity of the home file that the announcement means, or -1. */
static int find_own(const ht_home *h, const ht_thing *t, ht_str id)
{
    int i = ht_home_find_entity(h, id);
    if (i >= 0 && (ht_home_driver(h, (size_t)i) != NULL || ht_home_is_added(h, (size_t)i)))
        i = -1;
    for (size_t k = 0; i < 0 && t->unique_id[0] != '\0' && k < ht_home_entity_count(h); k++) {
        const char *unique_id = ht_entity_text(ht_home_entity_at(h, k), "unique_id");
        if (unique_id != NULL && strcmp(unique_id, t->unique_id) == 0 && ht_home_driver(h, k) == NULL)
            i = (int)k;
    }
    return i;
}

static ht_status join_home(ht_thing *t, ht_home *h, json_t *entity, ht_error *err)
{
    char id[180];
    const json_t *given = json_object_get(entity, "id");
    size_t at = 0;
    snprintf(id, sizeof id - 8, "%s", json_string_value(given) ? json_string_value(given) : "");
    const char *dot = strchr(id, '.');
    if (dot == NULL || dot == id || dot[1] == '\0')
        return ht_fail(err, HT_BAD_FORMAT, -1, "an entity needs an \"id\" like \"media_player.tv\"");
    const int own = find_own(h, t, ht_str_from(id));
    ht_status st;
    t->is_adopted = own >= 0;
    if (t->is_adopted) {
        at = (size_t)own;
        const ht_str own_id = ht_home_entity_at(h, at)->id;
        t->entity_id = strndup(own_id.ptr, own_id.len);
        st = ht_home_restore_entity(h, at, NULL, json_object_get(entity, "attributes"), err);
    } else {
        const size_t n = strlen(id);
        for (int k = 2; ht_home_find_entity(h, ht_str_from(id)) >= 0 && k < 10000; k++)
            snprintf(id + n, sizeof id - n, "_%d", k);
        json_object_set_new(entity, "id", json_string(id));
        t->entity_id = strdup(id);
        st = ht_home_add_entity(h, entity, &at, err);
    }
    if (st == HT_OK && t->entity_id == NULL)
        st = ht_fail(err, HT_NO_MEMORY, -1, "mqtt: out of memory");
    t->is_available = true; /* so that the next line is a change, and shows */
    if (st == HT_OK)
        ht_thing_refresh(t, h);
    if (st == HT_OK && t->is_available)
        st = ht_home_set_state(h, at, t->known, err);
    return st == HT_OK ? ht_home_set_driver(h, at, &(ht_driver){act, t}, err) : st;
}

static ht_status insert(ht_mqtt_hub *hub, ht_thing *t, ht_error *err)
{
    ht_thing **more = hub->n_things < MAX_THINGS ? realloc(hub->things, (hub->n_things + 1) * sizeof *more) : NULL;
    if (more == NULL)
        return ht_fail(err, HT_TOO_BIG, -1, "more than %d devices", MAX_THINGS);
    hub->things = more;
    more[hub->n_things++] = t;
    hub->n_added++;
    return HT_OK;
}

/* --- going --- */

/* Takes the thing out of the list, its driver off the home, and the entity away unless the home file has it. */
static void leave(ht_mqtt_hub *hub, ht_home *h, size_t thing)
{
    ht_thing *t = hub->things[thing];
    const int entity = t->entity_id ? ht_home_find_entity(h, ht_str_from(t->entity_id)) : -1;
    ht_error err;
    hub->things[thing] = hub->things[--hub->n_things];
    unsubscribe_all(t);
    if (entity >= 0 && t->is_adopted) {
        ht_home_drop_driver(h, (size_t)entity);
        if (ht_home_set_state(h, (size_t)entity, "unavailable", &err) != HT_OK)
            ht_log(HT_LOG_ERROR, "%s", err.text);
    } else if (entity >= 0) {
        ht_home_remove_entity(h, (size_t)entity);
    }
    ht_thing_free(t);
}

static bool is_from(const ht_thing *t, const ht_announcement *a)
{
    return strcmp(t->source, a->source) == 0 && (a->part == NULL || strcmp(t->part, a->part) == 0);
}

/* What is known of an entity lives on when its device announces itself anew. */
static json_t *remember(const ht_thing *t, const ht_home *h)
{
    const int entity = ht_home_find_entity(h, ht_str_from(t->entity_id));
    return entity < 0
               ? NULL
               : json_pack("{s:s?, s:o}", "state", t->known, "attributes", json_deep_copy(ht_home_entity_at(h, (size_t)entity)->attributes));
}

static void recall(ht_thing *t, ht_home *h, const json_t *memory, ht_error *err)
{
    const int entity = ht_home_find_entity(h, ht_str_from(t->entity_id));
    const char *key;
    json_t *v;
    if (entity < 0 || memory == NULL)
        return;
    ht_status st = ht_thing_set_state(t, h, (size_t)entity, json_string_value(json_object_get(memory, "state")), err);
    json_object_foreach (json_object_get(memory, "attributes"), key, v)
        if (st == HT_OK && json_object_get(ht_home_entity_at(h, (size_t)entity)->attributes, key) == NULL)
            st = ht_home_set_attribute(h, (size_t)entity, key, json_incref(v), err);
}

static ht_status add(ht_mqtt_hub *hub, ht_home *h, const ht_announcement *a, const json_t *memory, ht_error *err)
{
    ht_thing *t;
    ht_status st = new_thing(hub, a, &t, err);
    json_t *entity = st == HT_OK ? ht_thing_entity(t) : NULL;
    if (st == HT_OK && entity == NULL)
        st = ht_fail(err, HT_NO_MEMORY, -1, "out of memory");
    if (st == HT_OK)
        st = insert(hub, t, err);
    if (st != HT_OK) {
        ht_thing_free(t);
        json_decref(entity);
        return st;
    }
    if ((st = join_home(t, h, entity, err)) == HT_OK) {
        recall(t, h, memory, err);
        st = subscribe_all(t, err);
    }
    json_decref(entity);
    if (st != HT_OK)
        leave(hub, h, hub->n_things - 1);
    return st;
}

static bool is_taken(const ht_mqtt_hub *hub, const ht_announcement *a)
{
    const char *unique_id = json_string_value(json_object_get(a->config, "unique_id"));
    for (size_t i = 0; unique_id != NULL && i < hub->n_things; i++)
        if (strcmp(hub->things[i]->unique_id, unique_id) == 0 && strcmp(hub->things[i]->component, a->component) == 0)
            return true;
    return false;
}

void ht_things_announced(void *ctx, const ht_announcement *a)
{
    ht_things_change *c = ctx;
    ht_mqtt_hub *hub = c->hub;
    json_t *memory = NULL;
    ht_error err;
    for (size_t i = hub->n_things; i-- > 0;) {
        if (!is_from(hub->things[i], a))
            continue;
        json_t *config = a->config ? with_own_topics(a) : NULL;
        const bool is_same = config != NULL && json_equal(hub->things[i]->config, config) && strcmp(hub->things[i]->component, a->component) == 0;
        json_decref(config);
        if (is_same) {
            json_decref(memory);
            return;
        }
        json_decref(memory);
        memory = remember(hub->things[i], c->home);
        leave(hub, c->home, i);
    }
    if (a->config != NULL && !ht_thing_is_known(a->component, a->config))
        ht_log(HT_LOG_INFO, "mqtt: %s: a %.40s is nothing that can be shown here", a->source, a->component);
    else if (a->config != NULL && is_taken(hub, a))
        ht_log(HT_LOG_WARN, "mqtt: %s: its unique_id is another device's; left out", a->source);
    else if (a->config != NULL && add(hub, c->home, a, memory, &err) != HT_OK)
        ht_log(HT_LOG_WARN, "mqtt: %s: left out: %s", a->source, err.text);
    json_decref(memory);
}
