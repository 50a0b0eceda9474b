/* How a simulated device speaks: pure functions between an entity and messages. */
#ifndef HT_HOME_MQTT_SIM_PRIVATE_H
#define HT_HOME_MQTT_SIM_PRIVATE_H
#include "home/action.h"
#include "home/mqtt/sim.h"

/* False for what is not simulated. */
bool ht_sim_has(const ht_entity *e);
/* The announcement's topic, and its payload (NULL when memory is gone; caller owns). status: the topic of the simulator's availability. */
void ht_sim_config_topic(const ht_home *h, const ht_entity *e, const char *prefix, ht_buf *out);
json_t *ht_sim_config(const ht_home *h, const ht_entity *e, const char *status);

/* Calls fn for each topic (behind "hearth/ID/") and payload that tell of the entity's state. */
typedef void ht_sim_report_fn(void *ctx, const char *suffix, ht_str payload);
void ht_sim_report(const ht_entity *e, ht_sim_report_fn *fn, void *ctx);

/* The actions that a command means, at most 4; 0: none. Borrows from payload and, for texts of JSON, from *keep, which the caller frees afterwards. */
enum { HT_SIM_MAX_ACTIONS = 4 };
size_t ht_sim_actions(const ht_entity *e, const char *suffix, ht_str payload, ht_action out[HT_SIM_MAX_ACTIONS], json_t **keep);
#endif
