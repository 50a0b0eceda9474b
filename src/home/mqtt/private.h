/* What the files of home/mqtt share: one announced thing, and the steps that turn it into an entity, its reports into state and
 * actions into messages. */
#ifndef HT_HOME_MQTT_PRIVATE_H
#define HT_HOME_MQTT_PRIVATE_H
#include "codec/template.h"
#include "home/driver.h"
#include "home/mqtt/discovery.h"
#include "home/mqtt/hub.h"

typedef struct ht_thing ht_thing;

/* One report. */
typedef struct {
    const char *key;    /* the attribute that it is of, where the function serves several */
    ht_str value;       /* already read with its template */
    const json_t *vars; /* {"value","value_json"} of the message */
} ht_report;
/* Takes it into the home. */
typedef ht_status ht_report_fn(ht_thing *t, ht_home *h, size_t entity, const ht_report *r, ht_error *err);

/* A topic that a thing listens to. */
typedef struct {
    char *topic;
    ht_template *read; /* NULL: the payload as it is */
    ht_report_fn *take;
    const char *key;        /* literal; NULL = none */
} ht_report_way;

typedef struct {
    char *topic, *yes, *no; /* payloads */
    ht_template *read;
    int says;               /* 1 yes, 0 no, -1 nothing yet */
    uint64_t at;            /* the count of messages when it last spoke */
} ht_alive_way;

enum { HT_THING_MAX_WAYS = 16, HT_THING_MAX_ALIVE = 8 };

/* One announced entity. */
struct ht_thing {
    ht_mqtt_hub *hub;
    char *source, *part, *component;
    char *unique_id;  /* "" if it has none */
    char *entity_id;  /* in the home */
    json_t *config;   /* as ht_discovery_parse gives it */
    bool is_adopted;  /* the entity was in the home file */
    ht_report_way ways[HT_THING_MAX_WAYS];
    size_t n_ways;
    ht_alive_way alive[HT_THING_MAX_ALIVE];
    size_t n_alive;
    bool is_available;
    char *known;      /* the state as last reported; NULL = unknown. Not shown while unavailable */
    /* a command that its device has not answered yet */
    bool is_waiting;
    int64_t deadline_ns;
    char *was_state;
    json_t *was_attributes;
};

/* --- config, any file --- */
const char *ht_thing_text(const ht_thing *t, const char *key, const char *otherwise);
double ht_thing_number(const ht_thing *t, const char *key, double otherwise);
bool ht_thing_flag(const ht_thing *t, const char *key, bool otherwise);
static inline bool ht_thing_has(const ht_thing *t, const char *key) { return json_object_get(t->config, key) != NULL; }
static inline bool ht_thing_is(const ht_thing *t, const char *component) { return strcmp(t->component, component) == 0; }
bool ht_thing_is_json_light(const ht_thing *t);

/* --- entity.c --- */
/* Whether the component is one that can be shown and, if only by its state topic, read. */
bool ht_thing_is_known(const char *component, const json_t *config);
/* The entity as a home file would describe it, its id not yet made unique; NULL when memory is gone. Caller owns. */
json_t *ht_thing_entity(const ht_thing *t);

/* --- state.c --- */
/* Fills ways; a template that is not understood leaves its way out with a line in the log. */
HT_CHECKED ht_status ht_thing_listen(ht_thing *t, ht_error *err);
/* Sets the entity's state as the device reports it: at once if it is available, else when it is again. NULL = unknown. */
HT_CHECKED ht_status ht_thing_set_state(ht_thing *t, ht_home *h, size_t entity, const char *state, ht_error *err);

/* --- command.c --- */
/* Publishes what brings the device to the state that the entity is in now. */
HT_CHECKED ht_status ht_thing_command(ht_thing *t, const ht_home *h, size_t entity, const ht_action *a, const ht_entity_before *was, ht_error *err);

/* --- thing.c --- */
/* ctx of ht_things_announced. */
typedef struct {
    ht_mqtt_hub *hub;
    ht_home *home;
} ht_things_change;
/* An ht_announcement_fn: the thing comes, changes or goes. */
void ht_things_announced(void *ctx, const ht_announcement *a);
void ht_thing_free(ht_thing *t);

/* --- hub.c --- */
/* What the hub needs of a connection: ht_mqtt's, or a test's. */
typedef struct {
    ht_status (*publish)(void *ctx, const char *topic, ht_str payload, int qos, bool is_retained, ht_error *err);
    ht_status (*subscribe)(void *ctx, const char *filter, ht_error *err);
    void (*unsubscribe)(void *ctx, const char *filter);
    void *ctx;
} ht_hub_wire;

struct ht_mqtt_hub {
    ht_mqtt *mqtt; /* NULL in tests: then messages come by ht_hub_take alone */
    ht_hub_wire wire;
    char *prefix;
    ht_thing **things; /* [n_things] */
    size_t n_things;
    bool is_connected;
    uint64_t n_messages; /* of availability, to know the latest */
    size_t n_added;      /* things ever */
    char echo_topic[40]; /* one that this hub alone listens to */
    uint64_t n_echoes;
    int n_given_up;      /* commands */
};
/* Shows the entity as available or not. */
void ht_thing_refresh(ht_thing *t, ht_home *h);
/* One message, from the broker or from a test. */
void ht_hub_take(ht_mqtt_hub *hub, ht_home *h, const char *topic, ht_str payload);
/* The connection stands, or is lost. */
void ht_hub_connected(ht_mqtt_hub *hub, ht_home *h, bool is_connected);
/* Gives up the commands whose time is over; in how many ms the next one's is, or -1. */
int64_t ht_hub_look_after(ht_mqtt_hub *hub, ht_home *h, int64_t now_ns);
#endif
