/* A home's devices put on a broker as if they were real: announced by discovery, answering commands, reporting what they become. For trying
 * things out and for tests. Each entity speaks as a device of its kind would (docs/DEVICES.md lists the topics); what Home Assistant's discovery has
 * no component for is announced in hearth's own way. Lists of things to do belong to no device and are left out. */
#ifndef HT_HOME_MQTT_SIM_H
#define HT_HOME_MQTT_SIM_H
#include "home/home.h"
#include "net/mqtt.h"

typedef struct ht_sim ht_sim;

typedef struct {
    ht_home *home;                  /* the simulator's until it is closed */
    const ht_mqtt_address *address; /* copied */
    const char *prefix;             /* of discovery; NULL: "homeassistant". Borrowed */
    int latency_ms;                 /* from a command to its report */
    int travel_ms;                  /* a cover's way from closed to open; 0: at once */
    void (*on_command)(void *ctx, const char *topic, ht_str payload); /* to watch; NULL: nobody does */
    void *ctx;
} ht_sim_options;

HT_CHECKED ht_status ht_sim_open(const ht_sim_options *options, ht_sim **out, ht_error *err);
/* Takes the announcements off the broker too if is_clean. NULL is fine. */
void ht_sim_close(ht_sim *s, bool is_clean);
/* Does what is due; returns in how many ms it wants to be called again, -1: when something arrives. */
int64_t ht_sim_tick(ht_sim *s);
/* Waits until something arrives, at most timeout_ms. */
void ht_sim_wait(ht_sim *s, int timeout_ms);
bool ht_sim_is_connected(ht_sim *s);
/* How many devices it announces. */
size_t ht_sim_count(const ht_sim *s);
#endif
