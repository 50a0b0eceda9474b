/* An MQTT client (3.1.1, over libmosquitto) that stays: it connects on a thread of its own, tries again when the broker is gone, and
 * subscribes again when it is back. What arrives waits in a queue until the owner takes it, so the owner's thread never waits
 * for the network and nothing of the owner's is ever touched from outside.
 *
 * One owner's thread calls everything but ht_mqtt_set_wake's function, which runs on the client's thread. A broker that is gone is told
 * once in the log, and so is its return. Between two tries: 0.25 s, doubling to 30 s, each shortened by up to half at random, so that a
 * house full of clients does not come back in one instant. */
#ifndef HT_NET_MQTT_H
#define HT_NET_MQTT_H
#include "base/str.h"

typedef struct ht_mqtt ht_mqtt;

/* Where the broker is. Zero is not valid: ht_mqtt_address_parse fills it. Owned; ht_mqtt_address_deinit. */
typedef struct {
    char *host, *user, *password; /* user, password: NULL = none */
    int port;
    bool is_tls;
} ht_mqtt_address;

/* "mqtt://[user[:password]@]host[:port]", "mqtts://…" (TLS), or just "host[:port]"; ports 1883 and 8883 if none is named, %XX in user and
 * password is decoded, "[::1]" for IPv6. HT_BAD_ARG says what is wrong, never showing the password. */
HT_CHECKED ht_status ht_mqtt_address_parse(const char *url, ht_mqtt_address *out, ht_error *err);
void ht_mqtt_address_deinit(ht_mqtt_address *a);

typedef struct {
    const ht_mqtt_address *address; /* copied */
    const char *client_id;          /* NULL: "hearth-" and something random */
    const char *ca_file;            /* TLS: certificates to trust; NULL: the system's */
    const char *will_topic, *will_payload; /* said by the broker (retained) when this client is lost; NULL: nothing */
    int keep_alive_s;               /* 0: 15 */
} ht_mqtt_options;

typedef enum {
    HT_MQTT_CONNECTED, /* the subscriptions stand; first or again */
    HT_MQTT_LOST,      /* was connected, and is no more */
    HT_MQTT_MESSAGE
} ht_mqtt_kind;

/* Owned by the taker: ht_mqtt_event_deinit. */
typedef struct {
    ht_mqtt_kind kind;
    char *topic;    /* of a message; NUL-terminated */
    ht_buf payload;
    bool is_retained;
} ht_mqtt_event;

/* Starts connecting; returns at once. */
HT_CHECKED ht_status ht_mqtt_open(const ht_mqtt_options *options, ht_mqtt **out, ht_error *err);
/* Says goodbye to the broker (then no will is said), giving what was published up to a second to leave. NULL is fine. */
void ht_mqtt_close(ht_mqtt *m);
/* fn is called on the client's thread whenever there is something new to take; NULL: nobody is. Never after this call returns. */
void ht_mqtt_set_wake(ht_mqtt *m, void (*fn)(void *ctx), void *ctx);

/* The next event, oldest first; false if there is none. */
bool ht_mqtt_take(ht_mqtt *m, ht_mqtt_event *out);
void ht_mqtt_event_deinit(ht_mqtt_event *e);
/* Waits until there is something to take, at most timeout_ms; false if there is not. */
bool ht_mqtt_wait(ht_mqtt *m, int timeout_ms);

bool ht_mqtt_is_connected(ht_mqtt *m);
/* Why the last try failed, for a person; "" while connected. Copied into text. */
void ht_mqtt_trouble(ht_mqtt *m, char *text, size_t size);
/* "host:port", for messages; borrowed. */
const char *ht_mqtt_name(const ht_mqtt *m);

/* Remembers the filter and subscribes whenever connected; a filter twice is one. QoS 1. HT_BAD_ARG if it is not a valid filter. */
HT_CHECKED ht_status ht_mqtt_subscribe(ht_mqtt *m, const char *filter, ht_error *err);
void ht_mqtt_unsubscribe(ht_mqtt *m, const char *filter);
/* Hands a message to the client's thread. HT_IO while not connected: nothing is kept for later, for a light that turns on an hour
 * after it was asked to is worse than one that does not. qos 0 … 2. */
HT_CHECKED ht_status ht_mqtt_publish(ht_mqtt *m, const char *topic, ht_str payload, int qos, bool is_retained, ht_error *err);
/* Waits until the broker has acknowledged every message of QoS 1 and 2 so far; false after timeout_ms. */
bool ht_mqtt_flush(ht_mqtt *m, int timeout_ms);
#endif
