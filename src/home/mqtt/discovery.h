/* What devices announce of themselves over MQTT, in Home Assistant's discovery format: topic and payload become one orderly description
 * an entity. Knows nothing of homes or brokers.
 *
 *     PREFIX/COMPONENT/[NODE/]OBJECT/config   one entity; empty payload: it is gone
 *     PREFIX/device/[NODE/]OBJECT/config      a device with "components"; a component of nothing but "platform" is gone
 *     hearth/OBJECT/config                    hearth's own, for what discovery has no component for (docs/DEVICES.md) */
#ifndef HT_HOME_MQTT_DISCOVERY_H
#define HT_HOME_MQTT_DISCOVERY_H
#include <jansson.h>

#include "base/str.h"

/* Borrowed for the time of the call. */
typedef struct {
    const char *source;    /* the topic it came by */
    const char *part;      /* in a device announcement the component's key, else ""; NULL with config NULL: all of the source */
    const char *component; /* "light", "sensor" …; "hearth" for hearth's own */
    const json_t *config;  /* NULL: gone. Keys in full, topics whole ("~" put in), "device" likewise, and "availability" a list of
                            * {"topic","value_template"?,"payload_available","payload_not_available"}, absent if there is none */
} ht_announcement;
typedef void ht_announcement_fn(void *ctx, const ht_announcement *a);

/* Calls fn for each entity that the message announces or withdraws. A topic that is not of the forms above gives HT_NOT_FOUND; a payload that
 * is not what it should be HT_BAD_FORMAT (nothing is announced then), over 256 KiB or 512 components HT_TOO_BIG. */
HT_CHECKED ht_status ht_discovery_parse(const char *prefix, const char *topic, ht_str payload, ht_announcement_fn *fn, void *ctx, ht_error *err);

/* The full key of an abbreviation ("stat_t" is "state_topic"), or key itself. in_device: in the device's or origin's object. */
const char *ht_discovery_key(const char *key, bool in_device);
#endif
