/* The simulator: the home's entities on a broker. What they say is sim_config.c, what they understand sim_command.c. */
#include "home/mqtt/sim.h"

#include <math.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "home/mqtt/sim_private.h"

enum { STEP_MS = 200 };

/* A command on its way through a device. */
typedef struct {
    int64_t due_ns;
    char *topic;
    ht_buf payload;
} late;

/* A cover on its way. */
typedef struct {
    bool is_moving;
    double from, to;
    int64_t start_ns;
} travel;

struct ht_sim {
    ht_sim_options o;
    ht_mqtt *mqtt;
    ht_buf status;  /* topic of availability */
    bool *is_dirty; /* [entities] */
    travel *travels; /* [entities] */
    late *queue;    /* [n_queue], oldest first */
    size_t n_queue, cap_queue;
    bool is_connected;
};

static void note_change(void *ctx, const ht_home *h, int entity)
{
    (void)h;
    ht_sim *s = ctx;
    if (entity >= 0)
        s->is_dirty[entity] = true;
}

static void publish(ht_sim *s, const char *topic, ht_str payload)
{
    ht_error err;
    if (ht_mqtt_publish(s->mqtt, topic, payload, 1, true, &err) != HT_OK)
        ht_log(HT_LOG_INFO, "sim: %s", err.text); /* all is said again when the broker is back */
}

typedef struct {
    ht_sim *s;
    const ht_entity *e;
} reporter;

static void report_part(void *ctx, const char *suffix, ht_str payload)
{
    const reporter *r = ctx;
    ht_buf topic = {0};
    ht_buf_addf(&topic, "hearth/%.*s/%s", HT_STR_ARG(r->e->id), suffix);
    if (!topic.failed)
        publish(r->s, topic.ptr, payload);
    ht_buf_deinit(&topic);
}

static void report(ht_sim *s, size_t entity)
{
    const ht_entity *e = ht_home_entity_at(s->o.home, entity);
    s->is_dirty[entity] = false;
    if (ht_sim_has(e))
        ht_sim_report(e, report_part, &(reporter){s, e});
}

static void announce(ht_sim *s, const ht_entity *e, bool is_gone)
{
    ht_buf topic = {0};
    json_t *config = is_gone ? NULL : ht_sim_config(s->o.home, e, s->status.ptr);
    char *text = config ? json_dumps(config, JSON_COMPACT | JSON_PRESERVE_ORDER | JSON_REAL_PRECISION(12)) : NULL;
    ht_sim_config_topic(s->o.home, e, s->o.prefix, &topic);
    if (!topic.failed && (is_gone || text != NULL))
        publish(s, topic.ptr, ht_str_from(text ? text : ""));
    free(text);
    json_decref(config);
    ht_buf_deinit(&topic);
}

static void announce_all(ht_sim *s)
{
    for (size_t i = 0; i < ht_home_entity_count(s->o.home); i++)
        if (ht_sim_has(ht_home_entity_at(s->o.home, i))) {
            announce(s, ht_home_entity_at(s->o.home, i), false);
            report(s, i);
        }
    publish(s, s->status.ptr, HT_STR("online"));
}

/* --- commands --- */

/* A cover that takes its time: from where it is to where it is told. */
static bool start_travel(ht_sim *s, size_t entity, const ht_action *a)
{
    const ht_entity *e = ht_home_entity_at(s->o.home, entity);
    travel *t = &s->travels[entity];
    ht_error err;
    double now;
    if (s->o.travel_ms <= 0 || !ht_str_is(e->domain, "cover") || !ht_entity_number(e, "current_position", &now))
        return false;
    const bool is_move = a->verb == HT_VERB_OPEN || a->verb == HT_VERB_CLOSE || a->verb == HT_VERB_SET_POSITION;
    if (a->verb == HT_VERB_STOP) {
        t->is_moving = false;
        return ht_home_set_state(s->o.home, entity, now > 0 ? "open" : "closed", &err) == HT_OK;
    }
    if (!is_move)
        return false;
    *t = (travel){.is_moving = true, .from = now, .to = a->verb == HT_VERB_OPEN ? 100 : a->verb == HT_VERB_CLOSE ? 0 : a->value, .start_ns = ht_clock_ns()};
    return ht_home_set_state(s->o.home, entity, t->to > now ? "opening" : "closing", &err) == HT_OK;
}

static void move(ht_sim *s, size_t entity, int64_t now_ns)
{
    travel *t = &s->travels[entity];
    const double way = (double)(now_ns - t->start_ns) / 1e6 / s->o.travel_ms * 100, far = fabs(t->to - t->from);
    const double at = way >= far ? t->to : t->to > t->from ? t->from + way : t->from - way;
    ht_error err;
    ht_status st = ht_home_set_attribute(s->o.home, entity, "current_position", json_integer((json_int_t)round(at)), &err);
    if (way >= far) {
        t->is_moving = false;
        if (st == HT_OK)
            st = ht_home_set_state(s->o.home, entity, t->to > 0 ? "open" : "closed", &err);
    }
    if (st != HT_OK)
        ht_log(HT_LOG_ERROR, "sim: %s", err.text);
}

static void do_command(ht_sim *s, const char *topic, ht_str payload)
{
    const char *id = topic + strlen("hearth/"), *slash = strchr(id, '/');
    const int entity = slash ? ht_home_find_entity(s->o.home, (ht_str){id, (size_t)(slash - id)}) : -1;
    ht_action actions[HT_SIM_MAX_ACTIONS];
    json_t *keep = NULL;
    ht_error err;
    double lo, hi;
    if (entity < 0 || s->is_dirty == NULL)
        return;
    const ht_entity *e = ht_home_entity_at(s->o.home, (size_t)entity);
    const size_t n = ht_sim_actions(e, slash + 1, payload, actions, &keep);
    if (n == 0)
        ht_log(HT_LOG_WARN, "sim: %s: does not understand '%.*s'", topic, (int)(payload.len < 200 ? payload.len : 200),
               payload.ptr ? payload.ptr : "");
    s->is_dirty[entity] = true; /* it reports also where nothing changed, as devices do */
    for (size_t i = 0; i < n; i++) {
        if (!ht_entity_able(e, actions[i].verb) || !ht_action_in_range(e, &actions[i], &lo, &hi))
            ht_log(HT_LOG_WARN, "sim: %s: cannot do that: %.*s", topic, (int)(payload.len < 200 ? payload.len : 200), payload.ptr);
        else if (!start_travel(s, (size_t)entity, &actions[i]) && ht_action_apply(s->o.home, (size_t)entity, &actions[i], &err) != HT_OK)
            ht_log(HT_LOG_ERROR, "sim: %s", err.text);
    }
    json_decref(keep);
}

/* Takes the message. */
static void enqueue(ht_sim *s, ht_mqtt_event *take_e)
{
    if (s->n_queue == s->cap_queue) {
        const size_t cap = s->cap_queue * 2 + 16;
        late *more = realloc(s->queue, cap * sizeof *more);
        if (more == NULL) {
            ht_mqtt_event_deinit(take_e);
            return;
        }
        s->queue = more;
        s->cap_queue = cap;
    }
    s->queue[s->n_queue++] = (late){.due_ns = ht_clock_ns() + (int64_t)s->o.latency_ms * 1000000, .topic = take_e->topic, .payload = take_e->payload};
}

static void take_events(ht_sim *s)
{
    ht_mqtt_event e;
    while (ht_mqtt_take(s->mqtt, &e)) {
        const bool is_command = e.kind == HT_MQTT_MESSAGE && strncmp(e.topic, "hearth/", 7) == 0;
        s->is_connected = e.kind == HT_MQTT_CONNECTED || (s->is_connected && e.kind != HT_MQTT_LOST);
        if (e.kind == HT_MQTT_CONNECTED)
            announce_all(s);
        else if (e.kind == HT_MQTT_MESSAGE && !is_command && ht_str_is(ht_buf_str(&e.payload), "online"))
            announce_all(s); /* whoever looks after homes has come back */
        if (is_command && s->o.on_command != NULL)
            s->o.on_command(s->o.ctx, e.topic, ht_buf_str(&e.payload));
        if (is_command && !e.is_retained)
            enqueue(s, &e);
        else
            ht_mqtt_event_deinit(&e);
    }
}

int64_t ht_sim_tick(ht_sim *s)
{
    int64_t next_ns = -1;
    size_t n_done = 0;
    take_events(s);
    const int64_t now_ns = ht_clock_ns();
    for (; n_done < s->n_queue && s->queue[n_done].due_ns <= now_ns; n_done++) {
        do_command(s, s->queue[n_done].topic, ht_buf_str(&s->queue[n_done].payload));
        free(s->queue[n_done].topic);
        ht_buf_deinit(&s->queue[n_done].payload);
    }
    if (n_done > 0)
        memmove(s->queue, s->queue + n_done, (s->n_queue - n_done) * sizeof *s->queue);
    s->n_queue -= n_done;
    if (s->n_queue > 0)
        next_ns = s->queue[0].due_ns - now_ns;
    for (size_t i = 0; i < ht_home_entity_count(s->o.home); i++) {
        if (s->travels[i].is_moving)
            move(s, i, now_ns);
        if (s->travels[i].is_moving && (next_ns < 0 || next_ns > (int64_t)STEP_MS * 1000000))
            next_ns = (int64_t)STEP_MS * 1000000;
        if (s->is_dirty[i])
            report(s, i);
    }
    return next_ns < 0 ? -1 : next_ns / 1000000 + 1;
}

void ht_sim_wait(ht_sim *s, int timeout_ms) { (void)ht_mqtt_wait(s->mqtt, timeout_ms); }

bool ht_sim_is_connected(ht_sim *s) { return s->is_connected; }

size_t ht_sim_count(const ht_sim *s)
{
    size_t n = 0;
    for (size_t i = 0; i < ht_home_entity_count(s->o.home); i++)
        n += ht_sim_has(ht_home_entity_at(s->o.home, i));
    return n;
}

static ht_status subscribe(ht_sim *s, ht_error *err)
{
    static const char *const filters[] = {"hearth/+/set", "hearth/+/+/set"};
    ht_buf birth = {0};
    ht_buf_addf(&birth, "%s/status", s->o.prefix);
    ht_status st = birth.failed ? ht_fail(err, HT_NO_MEMORY, -1, "sim: out of memory") : ht_mqtt_subscribe(s->mqtt, birth.ptr, err);
    for (size_t i = 0; st == HT_OK && i < sizeof filters / sizeof filters[0]; i++)
        st = ht_mqtt_subscribe(s->mqtt, filters[i], err);
    ht_buf_deinit(&birth);
    return st;
}

/* "hearth/sim/ID/status", with "_" for what may not stand in a topic. */
static void status_topic(ht_str id, ht_buf *out)
{
    ht_buf_add_c(out, "hearth/sim/");
    for (size_t i = 0; i < id.len && i < 100; i++)
        ht_buf_add_char(out, strchr("+#/ ", id.ptr[i]) ? '_' : id.ptr[i]);
    ht_buf_add_c(out, id.len ? "/status" : "home/status");
}

ht_status ht_sim_open(const ht_sim_options *options, ht_sim **out, ht_error *err)
{
    *out = NULL;
    ht_sim *s = calloc(1, sizeof *s);
    if (s == NULL)
        return ht_fail(err, HT_NO_MEMORY, -1, "sim: out of memory");
    const size_t n = ht_home_entity_count(options->home);
    s->o = *options;
    if (s->o.prefix == NULL)
        s->o.prefix = "homeassistant";
    s->is_dirty = calloc(n + 1, sizeof *s->is_dirty);
    s->travels = calloc(n + 1, sizeof *s->travels);
    status_topic(ht_home_id(options->home), &s->status);
    const ht_mqtt_options mo = {.address = options->address, .will_topic = s->status.ptr, .will_payload = "offline"};
    ht_status st =
        s->is_dirty && s->travels && !s->status.failed ? ht_mqtt_open(&mo, &s->mqtt, err) : ht_fail(err, HT_NO_MEMORY, -1, "sim: out of memory");
    if (st == HT_OK)
        st = subscribe(s, err);
    if (st == HT_OK) {
        ht_home_watch(options->home, note_change, s);
        *out = s;
        s = NULL;
    }
    ht_sim_close(s, false);
    return st;
}

void ht_sim_close(ht_sim *s, bool is_clean)
{
    if (s == NULL)
        return;
    for (size_t i = 0; s->mqtt != NULL && is_clean && i < ht_home_entity_count(s->o.home); i++)
        if (ht_sim_has(ht_home_entity_at(s->o.home, i))) {
            announce(s, ht_home_entity_at(s->o.home, i), true);
        }
    if (s->mqtt != NULL)
        publish(s, s->status.ptr, is_clean ? HT_STR("") : HT_STR("offline"));
    ht_mqtt_close(s->mqtt);
    ht_home_watch(s->o.home, NULL, NULL);
    for (size_t i = 0; i < s->n_queue; i++) {
        free(s->queue[i].topic);
        ht_buf_deinit(&s->queue[i].payload);
    }
    free(s->queue);
    free(s->is_dirty);
    free(s->travels);
    ht_buf_deinit(&s->status);
    free(s);
}
