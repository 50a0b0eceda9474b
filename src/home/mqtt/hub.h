/* The home's side of an MQTT broker: devices that announce themselves (discovery.h) become entities of the home, their reports its state,
 * and what is done to them commands.
 *
 * A command changes the home at once, as if it had been carried out; the device's report confirms it. Without one in 3 s the entity goes
 * back to what it was, gets the attribute "unanswered": true until its next report, and the log tells. While the broker or a device is away its
 * entities are "unavailable", and commands to them fail at once.
 *
 * An entity of a home file whose id is the announced one ("default_entity_id", "object_id", or its own "unique_id" attribute) becomes that
 * device, keeping its name, aliases and area; others are added, in the area that the device suggests.
 * Everything here belongs to the thread that owns the home. */
#ifndef HT_HOME_MQTT_HUB_H
#define HT_HOME_MQTT_HUB_H
#include "home/home.h"
#include "net/mqtt.h"

typedef struct ht_mqtt_hub ht_mqtt_hub;

typedef struct {
    const ht_mqtt_address *address; /* copied */
    const char *ca_file;            /* see ht_mqtt_options */
    const char *prefix;             /* of discovery topics; NULL: "homeassistant" */
} ht_mqtt_hub_options;

/* Starts connecting; what is there comes with ht_mqtt_hub_tick. */
HT_CHECKED ht_status ht_mqtt_hub_open(const ht_mqtt_hub_options *options, ht_mqtt_hub **out, ht_error *err);
/* Takes its drivers off the home first (h NULL: the home is gone already). NULL is fine. */
void ht_mqtt_hub_close(ht_mqtt_hub *hub, ht_home *h);
/* fn is called on another thread whenever ht_mqtt_hub_tick has something to do; NULL: nobody is. Never after this call returns. */
void ht_mqtt_hub_set_wake(ht_mqtt_hub *hub, void (*fn)(void *ctx), void *ctx);

/* Takes in what has arrived and looks after commands that wait. Returns in how many ms it wants to be called again, -1: not before wake. */
int64_t ht_mqtt_hub_tick(ht_mqtt_hub *hub, ht_home *h);

/* For programs that run once. Waits for the connection, at most timeout_ms (then HT_IO), and until all that the broker has kept is in the home,
 * at most another 3 s. */
HT_CHECKED ht_status ht_mqtt_hub_settle(ht_mqtt_hub *hub, ht_home *h, int timeout_ms, ht_error *err);
/* Waits until every command is acknowledged by the broker and confirmed by its device or given up; the number of those given up. */
int ht_mqtt_hub_finish(ht_mqtt_hub *hub, ht_home *h);
/* Waits for something to arrive, at most timeout_ms. */
void ht_mqtt_hub_wait(ht_mqtt_hub *hub, int timeout_ms);

bool ht_mqtt_hub_is_connected(ht_mqtt_hub *hub);
/* What is behind an entity: {"component","unique_id","source","config"}; NULL if it is not one of this hub. Caller owns. */
json_t *ht_mqtt_hub_describe(const ht_mqtt_hub *hub, ht_str entity_id);
#endif
