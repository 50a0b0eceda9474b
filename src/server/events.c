/* Pages that look at the home: a snapshot when they come, then what changes, as server-sent events. */
#include <stdlib.h>

#include "base/clock.h"
#include "server/private.h"

enum { PING_MS = 20000 };

static void listener_gone(ht_server *s, ht_exchange *x)
{
    for (size_t i = 0; i < s->n_listeners; i++)
        if (s->listeners[i] == x) {
            s->listeners[i] = s->listeners[--s->n_listeners];
            return;
        }
}

/* Appends "event: …\ndata: …\n\n"; takes data. */
static void write_event(const char *event, json_t *take_data, ht_buf *out)
{
    char *text = take_data ? json_dumps(take_data, JSON_COMPACT) : NULL;
    ht_buf_addf(out, "event: %s\ndata: ", event);
    ht_buf_add_c(out, text ? text : "{}");
    ht_buf_add_c(out, "\n\n");
    free(text);
    json_decref(take_data);
}

json_t *ht_events_home(const ht_server *s)
{
    json_t *o = json_copy(s->home); /* the members are shared: read, never changed */
    json_object_set_new(o, "model", json_stringn(s->o.model_name.ptr ? s->o.model_name.ptr : "", s->o.model_name.len));
    json_object_set_new(o, "version", json_string(HEARTH_VERSION));
    json_object_set_new(o, "now_ms", json_integer(ht_clock_unix_ms()));
    json_object_set(o, "turns", s->turns);
    return o;
}

void ht_events_open(ht_server *s, ht_exchange *x)
{
    static ht_waiter listener = {listener_gone};
    char fields[512];
    if (s->n_listeners == HT_SERVER_MAX_LISTENERS) {
        ht_api_error e;
        ht_api_fail(&e, 503, "overloaded", NULL, "too many pages are open");
        ht_answer_error(s, x, &e);
        return;
    }
    ht_buf first = {0};
    ht_buf_add_c(&first, "retry: 1000\n\n");
    write_event("home", ht_events_home(s), &first);
    ht_exchange_set_user(x, &listener);
    s->listeners[s->n_listeners++] = x;
    ht_exchange_begin(x, 200, "text/event-stream", ht_api_fields(s, x, fields));
    ht_exchange_send(x, ht_buf_str(&first));
    ht_buf_deinit(&first);
    ht_loop_alarm_set(s->ping, PING_MS);
}

void ht_events_send(ht_server *s, const char *event, json_t *take_data)
{
    ht_buf text = {0};
    write_event(event, take_data, &text);
    for (size_t i = 0; i < s->n_listeners; i++)
        ht_exchange_send(s->listeners[i], ht_buf_str(&text));
    ht_buf_deinit(&text);
}

static void replace_entity(json_t *entities, json_t *entity)
{
    const char *id = json_string_value(json_object_get(entity, "id"));
    for (size_t i = 0; id != NULL && i < json_array_size(entities); i++) {
        const char *other = json_string_value(json_object_get(json_array_get(entities, i), "id"));
        if (other != NULL && strcmp(other, id) == 0) {
            json_array_set(entities, i, entity);
            return;
        }
    }
}

void ht_events_change(ht_server *s, json_t *take_change)
{
    static const char *const parts[] = {"timers", "alarms", "lists", "counted_ms"};
    size_t i;
    json_t *entity;
    if (json_object_get(take_change, "areas") != NULL) { /* the whole home: entities came or went */
        json_decref(s->home);
        s->home = take_change;
        ht_events_send(s, "home", ht_events_home(s));
        return;
    }
    json_array_foreach(json_object_get(take_change, "entities"), i, entity)
        replace_entity(json_object_get(s->home, "entities"), entity);
    for (i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        json_t *part = json_object_get(take_change, parts[i]);
        if (part != NULL)
            json_object_set(s->home, parts[i], part);
    }
    json_object_set_new(take_change, "now_ms", json_integer(ht_clock_unix_ms()));
    ht_events_send(s, "change", take_change);
}

void ht_events_ping(void *server)
{
    ht_server *s = server;
    for (size_t i = 0; i < s->n_listeners; i++)
        ht_exchange_send(s->listeners[i], HT_STR(": ping\n\n"));
    if (s->n_listeners > 0)
        ht_loop_alarm_set(s->ping, PING_MS);
}
