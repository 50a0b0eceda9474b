/* The thread that talks to the broker, and the queue between it and the owner. Addresses are mqtt_address.c. */
#include "net/mqtt.h"

#include <errno.h>
#include <mosquitto.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/rng.h"

enum { FIRST_WAIT_MS = 250, LONGEST_WAIT_MS = 30000, MAX_PAYLOAD = 1 << 20, MAX_TOPIC = 2000, MAX_QUEUE_BYTES = 64 << 20, GOODBYE_MS = 1000 };

typedef struct node {
    ht_mqtt_event event;
    struct node *next;
} node;

struct ht_mqtt {
    struct mosquitto *client;    /* renewed after a lost connection, so that it never says later what was meant for then */
    pthread_mutex_t client_lock; /* held by the owner's calls into it and while it is renewed; taken before lock */
    ht_mqtt_address address;
    char *id, *ca_file, *will_topic, *will_payload;
    char name[300];
    int keep_alive_s;
    pthread_t thread;
    bool has_thread;
    pthread_mutex_t lock; /* guards all below */
    pthread_cond_t news;  /* something to take, acknowledged, stopping */
    node *first, **last;
    size_t queued_bytes;
    bool is_connected, is_stopping, is_told, has_dropped;
    char trouble[200];
    char **filters;
    size_t n_filters;
    int n_unacknowledged;
    pthread_mutex_t wake_lock; /* held while wake runs */
    void (*wake)(void *ctx);
    void *wake_ctx;
};

static void wake_owner(ht_mqtt *m)
{
    pthread_mutex_lock(&m->wake_lock);
    if (m->wake != NULL)
        m->wake(m->wake_ctx);
    pthread_mutex_unlock(&m->wake_lock);
}

/* Takes the event. */
static void push(ht_mqtt *m, ht_mqtt_event *take_event)
{
    node *n = malloc(sizeof *n);
    pthread_mutex_lock(&m->lock);
    const size_t bytes = sizeof *n + take_event->payload.len;
    const bool has_room = n != NULL && (take_event->kind != HT_MQTT_MESSAGE || m->queued_bytes + bytes <= MAX_QUEUE_BYTES);
    const bool is_first_drop = !has_room && !m->has_dropped;
    m->has_dropped |= !has_room;
    if (has_room) {
        *n = (node){.event = *take_event};
        *m->last = n;
        m->last = &n->next;
        m->queued_bytes += bytes;
        pthread_cond_broadcast(&m->news);
    }
    pthread_mutex_unlock(&m->lock);
    if (has_room) {
        wake_owner(m);
    } else {
        free(n);
        ht_mqtt_event_deinit(take_event);
    }
    if (is_first_drop)
        ht_log(HT_LOG_WARN, "mqtt %s: more messages than can be handled; some are dropped", m->name);
}

/* --- called by libmosquitto, on the client's thread --- */

static void on_connect(struct mosquitto *client, void *ctx, int rc)
{
    ht_mqtt *m = ctx;
    pthread_mutex_lock(&m->lock);
    m->is_connected = rc == 0;
    m->n_unacknowledged = 0;
    if (rc != 0)
        snprintf(m->trouble, sizeof m->trouble, "the broker refuses: %s", mosquitto_connack_string(rc));
    for (size_t i = 0; rc == 0 && i < m->n_filters; i++)
        (void)mosquitto_subscribe(client, NULL, m->filters[i], 1); /* fails only when the connection has gone again */
    const bool was_told = m->is_told;
    if (rc == 0) {
        m->is_told = false;
        m->trouble[0] = '\0';
    }
    pthread_mutex_unlock(&m->lock);
    if (rc != 0)
        return;
    if (was_told)
        ht_log(HT_LOG_WARN, "mqtt %s: connected again", m->name);
    push(m, &(ht_mqtt_event){.kind = HT_MQTT_CONNECTED});
}

static void on_disconnect(struct mosquitto *client, void *ctx, int rc)
{
    (void)client;
    ht_mqtt *m = ctx;
    pthread_mutex_lock(&m->lock);
    const bool was_connected = m->is_connected;
    m->is_connected = false;
    m->n_unacknowledged = 0;
    if (rc != 0 && was_connected)
        snprintf(m->trouble, sizeof m->trouble, "the connection was lost");
    pthread_cond_broadcast(&m->news);
    pthread_mutex_unlock(&m->lock);
    if (was_connected)
        push(m, &(ht_mqtt_event){.kind = HT_MQTT_LOST});
}

static void on_message(struct mosquitto *client, void *ctx, const struct mosquitto_message *msg)
{
    (void)client;
    ht_mqtt *m = ctx;
    if (msg->payloadlen > MAX_PAYLOAD || msg->topic == NULL) {
        ht_log(HT_LOG_WARN, "mqtt %s: %s: a message of %d bytes is left out (at most %d)", m->name, msg->topic ? msg->topic : "",
               msg->payloadlen, MAX_PAYLOAD);
        return;
    }
    ht_mqtt_event e = {.kind = HT_MQTT_MESSAGE, .topic = strdup(msg->topic), .is_retained = msg->retain};
    if (msg->payloadlen > 0)
        ht_buf_add(&e.payload, msg->payload, (size_t)msg->payloadlen);
    if (e.topic == NULL || e.payload.failed)
        ht_mqtt_event_deinit(&e);
    else
        push(m, &e);
}

static void on_publish(struct mosquitto *client, void *ctx, int id)
{
    (void)client, (void)id;
    ht_mqtt *m = ctx;
    pthread_mutex_lock(&m->lock);
    if (m->n_unacknowledged > 0)
        m->n_unacknowledged--;
    pthread_cond_broadcast(&m->news);
    pthread_mutex_unlock(&m->lock);
}

/* --- the client's thread --- */

static struct timespec in_ms(int ms)
{
    const int64_t at_ns = ht_clock_ns() + (int64_t)ms * 1000000;
    return (struct timespec){.tv_sec = (time_t)(at_ns / 1000000000), .tv_nsec = (long)(at_ns % 1000000000)};
}

/* Waits before the next try; false when stopping. */
static bool pause_before_retry(ht_mqtt *m, ht_rng *rng, int *wait_ms)
{
    const int ms = *wait_ms - (int)ht_rng_below(rng, (uint32_t)*wait_ms / 2 + 1);
    const struct timespec until = in_ms(ms);
    *wait_ms = *wait_ms * 2 > LONGEST_WAIT_MS ? LONGEST_WAIT_MS : *wait_ms * 2;
    char why[sizeof m->trouble];
    ht_mqtt_trouble(m, why, sizeof why);
    pthread_mutex_lock(&m->lock);
    const bool tell = !m->is_told && !m->is_stopping;
    m->is_told = true;
    pthread_mutex_unlock(&m->lock);
    if (tell)
        ht_log(HT_LOG_WARN, "mqtt %s: %s; trying again until it answers", m->name, why);
    pthread_mutex_lock(&m->lock);
    while (!m->is_stopping && pthread_cond_timedwait(&m->news, &m->lock, &until) != ETIMEDOUT)
        ;
    const bool go_on = !m->is_stopping;
    pthread_mutex_unlock(&m->lock);
    return go_on;
}

static bool is_set(ht_mqtt *m, const bool *flag)
{
    pthread_mutex_lock(&m->lock);
    const bool value = *flag;
    pthread_mutex_unlock(&m->lock);
    return value;
}

static void note_trouble(ht_mqtt *m, int rc)
{
    const char *why = rc == MOSQ_ERR_ERRNO ? strerror(errno) : mosquitto_strerror(rc);
    pthread_mutex_lock(&m->lock);
    if (m->trouble[0] == '\0') /* else a callback knew better */
        snprintf(m->trouble, sizeof m->trouble, "%s", why);
    pthread_mutex_unlock(&m->lock);
}

/* Options and callbacks of a fresh client. */
static int set_up(ht_mqtt *m)
{
    const ht_mqtt_address *a = &m->address;
    struct mosquitto *c = m->client;
    int rc = mosquitto_threaded_set(c, true);
    if (rc == MOSQ_ERR_SUCCESS && a->user != NULL)
        rc = mosquitto_username_pw_set(c, a->user, a->password);
    if (rc == MOSQ_ERR_SUCCESS && a->is_tls)
        rc = mosquitto_tls_set(c, m->ca_file, m->ca_file ? NULL : "/etc/ssl/certs", NULL, NULL, NULL);
    if (rc == MOSQ_ERR_SUCCESS && m->will_topic != NULL)
        rc = mosquitto_will_set(c, m->will_topic, (int)strlen(m->will_payload), m->will_payload, 1, true);
    mosquitto_connect_callback_set(c, on_connect);
    mosquitto_disconnect_callback_set(c, on_disconnect);
    mosquitto_message_callback_set(c, on_message);
    mosquitto_publish_callback_set(c, on_publish);
    return rc;
}

static int renew(ht_mqtt *m)
{
    pthread_mutex_lock(&m->client_lock);
    int rc = mosquitto_reinitialise(m->client, m->id, true, m);
    if (rc == MOSQ_ERR_SUCCESS)
        rc = set_up(m);
    pthread_mutex_unlock(&m->client_lock);
    pthread_mutex_lock(&m->lock);
    m->trouble[0] = '\0';
    pthread_mutex_unlock(&m->lock);
    return rc;
}

static void *talk(void *ctx)
{
    ht_mqtt *m = ctx;
    ht_rng rng;
    int wait_ms = FIRST_WAIT_MS, rc = MOSQ_ERR_SUCCESS;
    ht_rng_seed(&rng, (uint64_t)ht_clock_ns() ^ (uint64_t)(uintptr_t)m);
    for (;;) {
        if (rc == MOSQ_ERR_SUCCESS)
            rc = mosquitto_connect_async(m->client, m->address.host, m->address.port, m->keep_alive_s);
        while (rc == MOSQ_ERR_SUCCESS) {
            rc = mosquitto_loop(m->client, 1000, 1);
            if (ht_mqtt_is_connected(m))
                wait_ms = FIRST_WAIT_MS;
            else if (is_set(m, &m->is_stopping))
                rc = MOSQ_ERR_NO_CONN;
        }
        if (is_set(m, &m->is_stopping))
            return NULL;
        note_trouble(m, rc);
        on_disconnect(m->client, m, 1); /* where libmosquitto did not say so itself */
        if (!pause_before_retry(m, &rng, &wait_ms))
            return NULL;
        rc = renew(m);
    }
}

/* --- the owner --- */

static char *copy_text(const char *s, bool *ok)
{
    char *c = s ? strdup(s) : NULL;
    *ok &= (c != NULL) == (s != NULL);
    return c;
}

static bool copy_options(const ht_mqtt_options *o, ht_mqtt *m)
{
    char id[40];
    ht_rng rng;
    bool ok = true;
    ht_rng_seed(&rng, (uint64_t)ht_clock_unix_ms() ^ (uint64_t)(uintptr_t)m ^ (uint64_t)ht_clock_ns());
    snprintf(id, sizeof id, "hearth-%08x%04x", ht_rng_u32(&rng), ht_rng_below(&rng, 65536));
    m->address = (ht_mqtt_address){.port = o->address->port, .is_tls = o->address->is_tls, .host = copy_text(o->address->host, &ok),
                                   .user = copy_text(o->address->user, &ok), .password = copy_text(o->address->password, &ok)};
    m->id = copy_text(o->client_id ? o->client_id : id, &ok);
    m->ca_file = copy_text(o->ca_file, &ok);
    m->will_topic = copy_text(o->will_topic, &ok);
    m->will_payload = copy_text(o->will_payload ? o->will_payload : "", &ok);
    m->keep_alive_s = o->keep_alive_s ? o->keep_alive_s : 15;
    return ok;
}

static void init_locks(ht_mqtt *m)
{
    pthread_condattr_t attr;
    pthread_mutex_init(&m->lock, NULL);
    pthread_mutex_init(&m->client_lock, NULL);
    pthread_mutex_init(&m->wake_lock, NULL);
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&m->news, &attr);
    pthread_condattr_destroy(&attr);
}

ht_status ht_mqtt_open(const ht_mqtt_options *options, ht_mqtt **out, ht_error *err)
{
    *out = NULL;
    ht_mqtt *m = calloc(1, sizeof *m);
    ht_status st = HT_OK;
    int rc;
    if (m == NULL)
        return ht_fail(err, HT_NO_MEMORY, -1, "mqtt: out of memory");
    m->last = &m->first;
    init_locks(m);
    mosquitto_lib_init();
    if (!copy_options(options, m) || (m->client = mosquitto_new(m->id, true, m)) == NULL) {
        st = ht_fail(err, HT_NO_MEMORY, -1, "mqtt: out of memory");
    } else {
        snprintf(m->name, sizeof m->name, strchr(m->address.host, ':') ? "[%s]:%d" : "%s:%d", m->address.host, m->address.port);
        if ((rc = set_up(m)) != MOSQ_ERR_SUCCESS)
            st = ht_fail(err, HT_BAD_ARG, -1, "mqtt %s: %s", m->name, rc == MOSQ_ERR_ERRNO ? strerror(errno) : mosquitto_strerror(rc));
    }
    if (st == HT_OK && pthread_create(&m->thread, NULL, talk, m) != 0)
        st = ht_fail(err, HT_IO, -1, "mqtt: cannot start a thread");
    m->has_thread = st == HT_OK;
    if (st == HT_OK) {
        *out = m;
        m = NULL;
    }
    ht_mqtt_close(m);
    return st;
}

void ht_mqtt_close(ht_mqtt *m)
{
    if (m == NULL)
        return;
    ht_mqtt_set_wake(m, NULL, NULL);
    if (m->has_thread) {
        (void)ht_mqtt_flush(m, GOODBYE_MS);
        pthread_mutex_lock(&m->lock);
        m->is_stopping = true;
        pthread_cond_broadcast(&m->news);
        pthread_mutex_unlock(&m->lock);
        pthread_mutex_lock(&m->client_lock);
        (void)mosquitto_disconnect(m->client); /* ends the thread's loop */
        pthread_mutex_unlock(&m->client_lock);
        pthread_join(m->thread, NULL);
    }
    mosquitto_destroy(m->client);
    mosquitto_lib_cleanup();
    for (ht_mqtt_event e; ht_mqtt_take(m, &e);)
        ht_mqtt_event_deinit(&e);
    for (size_t i = 0; i < m->n_filters; i++)
        free(m->filters[i]);
    free(m->filters);
    ht_mqtt_address_deinit(&m->address);
    char *const texts[] = {m->id, m->ca_file, m->will_topic, m->will_payload};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        free(texts[i]);
    pthread_cond_destroy(&m->news);
    pthread_mutex_destroy(&m->lock);
    pthread_mutex_destroy(&m->client_lock);
    pthread_mutex_destroy(&m->wake_lock);
    free(m);
}

void ht_mqtt_set_wake(ht_mqtt *m, void (*fn)(void *ctx), void *ctx)
{
    pthread_mutex_lock(&m->wake_lock);
    m->wake = fn;
    m->wake_ctx = ctx;
    pthread_mutex_unlock(&m->wake_lock);
}

bool ht_mqtt_take(ht_mqtt *m, ht_mqtt_event *out)
{
    pthread_mutex_lock(&m->lock);
    node *n = m->first;
    if (n != NULL) {
        if ((m->first = n->next) == NULL)
            m->last = &m->first;
        m->queued_bytes -= sizeof *n + n->event.payload.len;
        m->has_dropped &= m->first != NULL;
        *out = n->event;
    }
    pthread_mutex_unlock(&m->lock);
    free(n);
    return n != NULL;
}

void ht_mqtt_event_deinit(ht_mqtt_event *e)
{
    free(e->topic);
    ht_buf_deinit(&e->payload);
    *e = (ht_mqtt_event){0};
}

bool ht_mqtt_wait(ht_mqtt *m, int timeout_ms)
{
    const struct timespec until = in_ms(timeout_ms);
    pthread_mutex_lock(&m->lock);
    while (m->first == NULL && pthread_cond_timedwait(&m->news, &m->lock, &until) != ETIMEDOUT)
        ;
    const bool has_some = m->first != NULL;
    pthread_mutex_unlock(&m->lock);
    return has_some;
}

bool ht_mqtt_is_connected(ht_mqtt *m) { return is_set(m, &m->is_connected); }

void ht_mqtt_trouble(ht_mqtt *m, char *text, size_t size)
{
    pthread_mutex_lock(&m->lock);
    snprintf(text, size, "%s", m->is_connected ? "" : m->trouble[0] ? m->trouble : "it does not answer");
    pthread_mutex_unlock(&m->lock);
}

const char *ht_mqtt_name(const ht_mqtt *m) { return m->name; }

static size_t find_filter(const ht_mqtt *m, const char *filter)
{
    size_t i = 0;
    while (i < m->n_filters && strcmp(m->filters[i], filter) != 0)
        i++;
    return i;
}

static ht_status remember_filter(ht_mqtt *m, const char *filter, bool *is_new)
{
    pthread_mutex_lock(&m->lock);
    *is_new = find_filter(m, filter) == m->n_filters;
    char *own = *is_new ? strdup(filter) : NULL, **more = own ? realloc(m->filters, (m->n_filters + 1) * sizeof *more) : NULL;
    if (more != NULL) {
        m->filters = more;
        m->filters[m->n_filters++] = own;
    } else {
        free(own);
    }
    pthread_mutex_unlock(&m->lock);
    return *is_new && more == NULL ? HT_NO_MEMORY : HT_OK;
}

ht_status ht_mqtt_subscribe(ht_mqtt *m, const char *filter, ht_error *err)
{
    bool is_new;
    if (filter[0] == '\0' || strlen(filter) > MAX_TOPIC || mosquitto_sub_topic_check(filter) != MOSQ_ERR_SUCCESS)
        return ht_fail(err, HT_BAD_ARG, -1, "mqtt: '%.100s' is not a topic filter", filter);
    if (remember_filter(m, filter, &is_new) != HT_OK)
        return ht_fail(err, HT_NO_MEMORY, -1, "mqtt: out of memory");
    pthread_mutex_lock(&m->client_lock);
    if (is_new && ht_mqtt_is_connected(m))
        (void)mosquitto_subscribe(m->client, NULL, filter, 1); /* if the connection is lost, it is made good with the next */
    pthread_mutex_unlock(&m->client_lock);
    return HT_OK;
}

void ht_mqtt_unsubscribe(ht_mqtt *m, const char *filter)
{
    pthread_mutex_lock(&m->lock);
    const size_t i = find_filter(m, filter);
    const bool is_known = i < m->n_filters;
    if (is_known) {
        free(m->filters[i]);
        m->filters[i] = m->filters[--m->n_filters];
    }
    pthread_mutex_unlock(&m->lock);
    pthread_mutex_lock(&m->client_lock);
    if (is_known && ht_mqtt_is_connected(m))
        (void)mosquitto_unsubscribe(m->client, NULL, filter);
    pthread_mutex_unlock(&m->client_lock);
}

/* Counts one more to be acknowledged; false while not connected. */
static bool count_publish(ht_mqtt *m, int n)
{
    pthread_mutex_lock(&m->lock);
    const bool is_connected = m->is_connected;
    if (is_connected)
        m->n_unacknowledged += n;
    pthread_mutex_unlock(&m->lock);
    return is_connected;
}

ht_status ht_mqtt_publish(ht_mqtt *m, const char *topic, ht_str payload, int qos, bool is_retained, ht_error *err)
{
    if (topic[0] == '\0' || strlen(topic) > MAX_TOPIC || payload.len > MAX_PAYLOAD || mosquitto_pub_topic_check(topic) != MOSQ_ERR_SUCCESS)
        return ht_fail(err, HT_BAD_ARG, -1, "mqtt: cannot publish %zu bytes on '%.100s'", payload.len, topic);
    pthread_mutex_lock(&m->client_lock);
    int rc = count_publish(m, 1) ? MOSQ_ERR_SUCCESS : MOSQ_ERR_NO_CONN;
    if (rc == MOSQ_ERR_SUCCESS) {
        rc = mosquitto_publish(m->client, NULL, topic, (int)payload.len, payload.ptr, qos, is_retained);
        if (rc != MOSQ_ERR_SUCCESS)
            (void)count_publish(m, -1);
    }
    pthread_mutex_unlock(&m->client_lock);
    if (rc == MOSQ_ERR_NO_CONN)
        return ht_fail(err, HT_IO, -1, "the broker %s cannot be reached", m->name);
    return rc == MOSQ_ERR_SUCCESS ? HT_OK : ht_fail(err, HT_IO, -1, "mqtt %s: %s", m->name, mosquitto_strerror(rc));
}

bool ht_mqtt_flush(ht_mqtt *m, int timeout_ms)
{
    const struct timespec until = in_ms(timeout_ms);
    pthread_mutex_lock(&m->lock);
    while (m->is_connected && m->n_unacknowledged > 0 && pthread_cond_timedwait(&m->news, &m->lock, &until) != ETIMEDOUT)
        ;
    const bool all = m->is_connected && m->n_unacknowledged == 0;
    pthread_mutex_unlock(&m->lock);
    return all;
}
