/* The hub: which things there are, which message is for whom, and which commands wait for an answer. Adding and removing things is thing.c. */
#include "home/mqtt/hub.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "home/mqtt/private.h"

enum { EVENTS_A_TICK = 500, COLLECT_MS = 3000 };

static ht_status publish(void *ctx, const char *topic, ht_str payload, int qos, bool is_retained, ht_error *err)
{
    return ht_mqtt_publish(ctx, topic, payload, qos, is_retained, err);
}

static ht_status subscribe(void *ctx, const char *filter, ht_error *err) { return ht_mqtt_subscribe(ctx, filter, err); }
static void unsubscribe(void *ctx, const char *filter) { ht_mqtt_unsubscribe(ctx, filter); }

ht_status ht_mqtt_hub_open(const ht_mqtt_hub_options *options, ht_mqtt_hub **out, ht_error *err)
{
    *out = NULL;
    ht_mqtt_hub *hub = calloc(1, sizeof *hub);
    if (hub == NULL)
        return ht_fail(err, HT_NO_MEMORY, -1, "mqtt: out of memory");
    hub->prefix = strdup(options->prefix ? options->prefix : "homeassistant");
    snprintf(hub->echo_topic, sizeof hub->echo_topic, "hearth/echo/%llx", (unsigned long long)ht_clock_ns() ^ (unsigned long long)(uintptr_t)hub);
    const ht_mqtt_options mo = {.address = options->address, .ca_file = options->ca_file};
    ht_status st = hub->prefix ? ht_mqtt_open(&mo, &hub->mqtt, err) : ht_fail(err, HT_NO_MEMORY, -1, "mqtt: out of memory");
    static const char *const forms[] = {"%s/+/+/config", "%s/+/+/+/config", "hearth/+/config"};
    for (size_t i = 0; st == HT_OK && i < sizeof forms / sizeof forms[0]; i++) {
        ht_buf filter = {0};
        ht_str form = ht_str_from(forms[i]);
        if (ht_str_starts(form, HT_STR("%s"))) {
            ht_buf_add_c(&filter, hub->prefix);
            form = (ht_str){form.ptr + 2, form.len - 2};
        }
        ht_buf_add_str(&filter, form);
        st = filter.failed ? ht_fail(err, HT_NO_MEMORY, -1, "mqtt: out of memory") : ht_mqtt_subscribe(hub->mqtt, filter.ptr, err);
        ht_buf_deinit(&filter);
    }
    if (st == HT_OK) {
        hub->wire = (ht_hub_wire){publish, subscribe, unsubscribe, hub->mqtt};
        *out = hub;
        hub = NULL;
    }
    ht_mqtt_hub_close(hub, NULL);
    return st;
}

void ht_mqtt_hub_close(ht_mqtt_hub *hub, ht_home *h)
{
    if (hub == NULL)
        return;
    ht_mqtt_close(hub->mqtt);
    for (size_t i = 0; i < hub->n_things; i++) {
        const int entity = h ? ht_home_find_entity(h, ht_str_from(hub->things[i]->entity_id)) : -1;
        if (entity >= 0)
            ht_home_drop_driver(h, (size_t)entity);
        ht_thing_free(hub->things[i]);
    }
    free(hub->things);
    free(hub->prefix);
    free(hub);
}

void ht_mqtt_hub_set_wake(ht_mqtt_hub *hub, void (*fn)(void *ctx), void *ctx) { ht_mqtt_set_wake(hub->mqtt, fn, ctx); }

bool ht_mqtt_hub_is_connected(ht_mqtt_hub *hub) { return hub->is_connected; }

/* --- availability --- */

static bool is_alive(const ht_thing *t)
{
    const char *mode = ht_thing_text(t, "availability_mode", "latest");
    size_t n_yes = 0;
    const ht_alive_way *latest = NULL;
    for (size_t i = 0; i < t->n_alive; i++) {
        n_yes += t->alive[i].says == 1;
        if (latest == NULL || t->alive[i].at > latest->at)
            latest = &t->alive[i];
    }
    if (t->n_alive == 0)
        return true;
    return strcmp(mode, "all") == 0 ? n_yes == t->n_alive : strcmp(mode, "any") == 0 ? n_yes > 0 : latest->says == 1;
}

void ht_thing_refresh(ht_thing *t, ht_home *h)
{
    const bool is_available = t->hub->is_connected && is_alive(t);
    const int entity = ht_home_find_entity(h, ht_str_from(t->entity_id));
    ht_error err;
    if (is_available == t->is_available || entity < 0)
        return;
    t->is_available = is_available;
    if (ht_home_set_state(h, (size_t)entity, is_available ? t->known : "unavailable", &err) != HT_OK)
        ht_log(HT_LOG_ERROR, "%s", err.text);
}

void ht_hub_connected(ht_mqtt_hub *hub, ht_home *h, bool is_connected)
{
    hub->is_connected = is_connected;
    for (size_t i = 0; i < hub->n_things; i++)
        ht_thing_refresh(hub->things[i], h);
}

/* --- reports --- */

/* The text of a message as a way reads it; false if it does not say what the template asks for. */
static bool read_value(const ht_template *read, ht_str payload, const json_t *vars, ht_buf *out)
{
    bool is_whole = true;
    ht_error err;
    if (read == NULL) {
        ht_buf_add_str(out, payload);
        return !out->failed;
    }
    return ht_template_render(read, vars, out, &is_whole, &err) == HT_OK && is_whole;
}

static void forget_command(ht_thing *t)
{
    t->is_waiting = false;
    free(t->was_state);
    json_decref(t->was_attributes);
    t->was_state = NULL;
    t->was_attributes = NULL;
}

static void take_report(ht_thing *t, ht_home *h, const ht_report_way *way, ht_str payload, const json_t *vars)
{
    const int entity = ht_home_find_entity(h, ht_str_from(t->entity_id));
    ht_buf value = {0};
    ht_error err;
    if (entity >= 0 && read_value(way->read, payload, vars, &value)) {
        const ht_report report = {.key = way->key, .value = ht_str_trim(ht_buf_str(&value)), .vars = vars};
        ht_status st = way->take(t, h, (size_t)entity, &report, &err);
        if (st == HT_OK)
            st = ht_home_set_attribute(h, (size_t)entity, "unanswered", NULL, &err);
        if (st != HT_OK)
            ht_log(HT_LOG_ERROR, "%s", err.text);
        forget_command(t);
    }
    ht_buf_deinit(&value);
}

static void take_alive(ht_thing *t, ht_home *h, ht_alive_way *way, ht_str payload, const json_t *vars)
{
    ht_buf value = {0};
    if (read_value(way->read, payload, vars, &value)) {
        const ht_str text = ht_str_trim(ht_buf_str(&value));
        if (ht_str_is(text, way->yes) || ht_str_is(text, way->no)) {
            way->says = ht_str_is(text, way->yes);
            way->at = ++t->hub->n_messages;
            ht_thing_refresh(t, h);
        }
    }
    ht_buf_deinit(&value);
}

void ht_hub_take(ht_mqtt_hub *hub, ht_home *h, const char *topic, ht_str payload)
{
    ht_error err = {0};
    const size_t n = strlen(topic);
    if (strcmp(topic, hub->echo_topic) == 0) {
        hub->n_echoes++;
        return;
    }
    if (n > 7 && strcmp(topic + n - 7, "/config") == 0) {
        ht_things_change change = {.hub = hub, .home = h};
        const ht_status st = ht_discovery_parse(hub->prefix, topic, payload, ht_things_announced, &change, &err);
        if (st == HT_OK)
            return;
        if (st != HT_NOT_FOUND) {
            ht_log(HT_LOG_WARN, "mqtt: left out: %s", err.text);
            return;
        }
    }
    json_t *text = json_stringn(payload.len ? payload.ptr : "", payload.len); /* NULL if it is not UTF-8: a picture, say */
    json_t *vars = text ? json_pack("{s:o, s:o*}", "value", text, "value_json",
                                    payload.len ? json_loadb(payload.ptr, payload.len, JSON_DECODE_ANY, NULL) : NULL)
                        : NULL;
    for (size_t i = 0; vars != NULL && i < hub->n_things; i++) {
        ht_thing *t = hub->things[i];
        for (size_t k = 0; k < t->n_alive; k++)
            if (strcmp(t->alive[k].topic, topic) == 0)
                take_alive(t, h, &t->alive[k], payload, vars);
        for (size_t k = 0; k < t->n_ways; k++)
            if (strcmp(t->ways[k].topic, topic) == 0)
                take_report(t, h, &t->ways[k], payload, vars);
    }
    json_decref(vars);
}

/* --- commands that wait --- */

/* The device did not answer: the entity is what it was. */
static void give_up(ht_thing *t, ht_home *h)
{
    const int entity = ht_home_find_entity(h, ht_str_from(t->entity_id));
    ht_error err;
    ht_log(HT_LOG_WARN, "mqtt: %s did not answer; what was asked of it is taken back", t->entity_id);
    t->hub->n_given_up++;
    if (entity >= 0) {
        ht_home_put_back(h, (size_t)entity, &(ht_entity_before){t->is_available ? t->was_state : "unavailable", t->was_attributes});
        if (ht_home_set_attribute(h, (size_t)entity, "unanswered", json_true(), &err) != HT_OK)
            ht_log(HT_LOG_ERROR, "%s", err.text);
    }
    forget_command(t);
}

int64_t ht_hub_look_after(ht_mqtt_hub *hub, ht_home *h, int64_t now_ns)
{
    int64_t next_ns = -1;
    for (size_t i = 0; i < hub->n_things; i++) {
        ht_thing *t = hub->things[i];
        if (t->is_waiting && t->deadline_ns <= now_ns)
            give_up(t, h);
        else if (t->is_waiting && (next_ns < 0 || t->deadline_ns - now_ns < next_ns))
            next_ns = t->deadline_ns - now_ns;
    }
    return next_ns < 0 ? -1 : next_ns / 1000000 + 1;
}

int64_t ht_mqtt_hub_tick(ht_mqtt_hub *hub, ht_home *h)
{
    ht_mqtt_event e;
    ht_error err;
    int n = 0;
    while (n < EVENTS_A_TICK && ht_mqtt_take(hub->mqtt, &e)) {
        char birth[300];
        n++;
        switch (e.kind) {
        case HT_MQTT_CONNECTED:
            ht_hub_connected(hub, h, true);
            snprintf(birth, sizeof birth, "%s/status", hub->prefix); /* devices that do not retain what they announce say it again */
            if (ht_mqtt_publish(hub->mqtt, birth, HT_STR("online"), 0, false, &err) != HT_OK)
                ht_log(HT_LOG_INFO, "%s", err.text); /* lost again already */
            break;
        case HT_MQTT_LOST:
            ht_hub_connected(hub, h, false);
            break;
        case HT_MQTT_MESSAGE:
            ht_hub_take(hub, h, e.topic, ht_buf_str(&e.payload));
            break;
        }
        ht_mqtt_event_deinit(&e);
    }
    const int64_t next_ms = ht_hub_look_after(hub, h, ht_clock_ns());
    return n == EVENTS_A_TICK ? 0 : next_ms;
}

/* --- programs that run once --- */

void ht_mqtt_hub_wait(ht_mqtt_hub *hub, int timeout_ms) { (void)ht_mqtt_wait(hub->mqtt, timeout_ms); }

/* Asks the broker for an echo: what was retained for the subscriptions so far comes before it. False if none comes. */
static bool echo(ht_mqtt_hub *hub, ht_home *h, double until_ms)
{
    const uint64_t before = hub->n_echoes;
    ht_error err;
    if (ht_mqtt_publish(hub->mqtt, hub->echo_topic, HT_STR("1"), 1, false, &err) != HT_OK)
        return false;
    while ((void)ht_mqtt_hub_tick(hub, h), hub->n_echoes == before && ht_clock_ms() < until_ms)
        ht_mqtt_hub_wait(hub, 20);
    return hub->n_echoes != before;
}

/* Until an echo has brought nothing new to listen to. */
static ht_status collect(ht_mqtt_hub *hub, ht_home *h, ht_error *err)
{
    const double until_ms = ht_clock_ms() + COLLECT_MS;
    size_t n_known;
    const ht_status st = ht_mqtt_subscribe(hub->mqtt, hub->echo_topic, err);
    if (st != HT_OK)
        return st;
    do
        n_known = hub->n_added;
    while (echo(hub, h, until_ms) && hub->n_added != n_known);
    return HT_OK;
}

ht_status ht_mqtt_hub_settle(ht_mqtt_hub *hub, ht_home *h, int timeout_ms, ht_error *err)
{
    double until_ms = ht_clock_ms() + timeout_ms;
    char why[200];
    while ((void)ht_mqtt_hub_tick(hub, h), !hub->is_connected && ht_clock_ms() < until_ms)
        ht_mqtt_hub_wait(hub, 100);
    if (!hub->is_connected) {
        ht_mqtt_trouble(hub->mqtt, why, sizeof why);
        return ht_fail(err, HT_IO, -1, "the broker %s cannot be reached: %s", ht_mqtt_name(hub->mqtt), why);
    }
    return collect(hub, h, err);
}

int ht_mqtt_hub_finish(ht_mqtt_hub *hub, ht_home *h)
{
    const int before = hub->n_given_up;
    for (int64_t wait_ms; (wait_ms = ht_mqtt_hub_tick(hub, h)) >= 0;)
        ht_mqtt_hub_wait(hub, (int)wait_ms);
    (void)ht_mqtt_flush(hub->mqtt, 1000);
    return hub->n_given_up - before;
}

json_t *ht_mqtt_hub_describe(const ht_mqtt_hub *hub, ht_str entity_id)
{
    for (size_t i = 0; i < hub->n_things; i++) {
        const ht_thing *t = hub->things[i];
        if (ht_str_is(entity_id, t->entity_id))
            return json_pack("{s:s, s:s, s:s, s:b, s:O}", "component", t->component, "unique_id", t->unique_id, "source", t->source, "available",
                             (int)t->is_available, "config", t->config);
    }
    return NULL;
}
