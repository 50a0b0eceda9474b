#include "home/mqtt/discovery.h"

#include <stdlib.h>

enum { MAX_PAYLOAD = 256 << 10, MAX_COMPONENTS = 512, MAX_ID = 250 };

/* --- topics --- */

typedef struct {
    char component[40];
    bool is_device;
} announced_by;

static bool is_id(ht_str s)
{
    for (size_t i = 0; i < s.len; i++) {
        const char c = s.ptr[i];
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.'))
            return false;
    }
    return s.len > 0 && s.len <= MAX_ID;
}

static bool parse_topic(const char *prefix, const char *topic, announced_by *out)
{
    const ht_str whole = ht_str_from(topic), end = HT_STR("/config");
    ht_str rest, part[3];
    size_t n = 0;
    const bool is_own = ht_str_starts(whole, HT_STR("hearth/")) && ht_str_ends(whole, end);
    const size_t n_prefix = is_own ? strlen("hearth") : strlen(prefix);
    if (!is_own && (!ht_str_starts(whole, ht_str_from(prefix)) || !ht_str_ends(whole, end) || whole.len <= n_prefix || topic[n_prefix] != '/'))
        return false;
    if (whole.len <= n_prefix + 1 + end.len)
        return false;
    rest = (ht_str){topic + n_prefix + 1, whole.len - n_prefix - 1 - end.len};
    while (n < 3 && ht_str_split(&rest, '/', &part[n]))
        if (!is_id(part[n++]))
            return false;
    if (rest.ptr != NULL || (is_own ? n != 1 : n < 2) || (!is_own && part[0].len >= sizeof out->component))
        return false;
    memcpy(out->component, is_own ? "hearth" : part[0].ptr, is_own ? 6 : part[0].len);
    out->component[is_own ? 6 : part[0].len] = '\0';
    out->is_device = strcmp(out->component, "device") == 0;
    return true;
}

/* --- payloads --- */

/* "~" at the beginning or the end of a topic stands for the base. */
static json_t *whole_topic(const json_t *value, const char *base)
{
    const char *s = json_string_value(value);
    const size_t n = json_string_length(value);
    if (base == NULL || n == 0 || (s[0] != '~' && s[n - 1] != '~'))
        return json_incref((json_t *)value);
    ht_buf b = {0};
    if (s[0] == '~') {
        ht_buf_add_c(&b, base);
        ht_buf_add(&b, s + 1, n - 1);
    } else {
        ht_buf_add(&b, s, n - 1);
        ht_buf_add_c(&b, base);
    }
    json_t *out = b.failed ? NULL : json_stringn(b.ptr, b.len);
    ht_buf_deinit(&b);
    return out;
}

static bool ends_with_topic(const char *key) { return ht_str_ends(ht_str_from(key), HT_STR("topic")); }

/* A copy of an object with full keys and whole topics. Where both forms of a key are given, the full one counts. NULL: out of memory. */
static json_t *full_object(const json_t *object, const char *base, bool in_device)
{
    json_t *out = json_object(), *value;
    const char *key;
    json_object_foreach ((json_t *)object, key, value) {
        const char *full = ht_discovery_key(key, in_device);
        if (strcmp(key, "~") == 0 || (full != key && json_object_get(object, full) != NULL))
            continue;
        json_t *own = json_is_string(value) && ends_with_topic(full) ? whole_topic(value, base) : json_incref(value);
        if (json_object_set_new(out, full, own) != 0)
            return json_decref(out), NULL;
    }
    return out;
}

static const char *text_or(const json_t *o, const char *key, const char *otherwise)
{
    const char *s = json_string_value(json_object_get(o, key));
    return s ? s : otherwise;
}

/* One way to be available; NULL if there is no topic in it. */
static json_t *way(const json_t *o, const char *topic_key, const char *template_key)
{
    const char *topic = json_string_value(json_object_get(o, topic_key));
    if (topic == NULL)
        return NULL;
    return json_pack("{s:s, s:s*, s:s, s:s}", "topic", topic, "value_template", json_string_value(json_object_get(o, template_key)),
                     "payload_available", text_or(o, "payload_available", "online"), "payload_not_available",
                     text_or(o, "payload_not_available", "offline"));
}

/* Brings availability, in whatever form it came, into the form of a list. */
static bool tidy_availability(json_t *config, const char *base)
{
    const json_t *given = json_object_get(config, "availability");
    json_t *list = json_array(), *one;
    if (list == NULL)
        return false;
    if (json_is_object(given) && (one = full_object(given, base, false)) != NULL) {
        json_array_append_new(list, way(one, "topic", "value_template"));
        json_decref(one);
    }
    for (size_t i = 0; i < json_array_size(given) && i < MAX_COMPONENTS; i++)
        if (json_is_object(json_array_get(given, i)) && (one = full_object(json_array_get(given, i), base, false)) != NULL) {
            json_array_append_new(list, way(one, "topic", "value_template"));
            json_decref(one);
        }
    if (json_array_size(list) == 0)
        json_array_append_new(list, way(config, "availability_topic", "availability_template"));
    json_object_del(config, "availability");
    const bool ok = json_array_size(list) == 0 || json_object_set(config, "availability", list) == 0;
    json_decref(list);
    return ok;
}

/* Full keys at every level of an announcement. NULL: out of memory. */
static json_t *full_config(const json_t *given, const char *base)
{
    json_t *config = full_object(given, base, false);
    static const char *const inner[] = {"device", "origin"};
    for (size_t i = 0; config != NULL && i < 2; i++) {
        const json_t *o = json_object_get(config, inner[i]);
        json_t *full = json_is_object(o) ? full_object(o, NULL, true) : NULL;
        if ((full != NULL && json_object_set_new(config, inner[i], full) != 0) || (json_is_object(o) && full == NULL)) {
            json_decref(config);
            return NULL;
        }
        if (full == NULL)
            json_object_del(config, inner[i]); /* not an object: nothing to use */
    }
    if (config != NULL && !tidy_availability(config, base)) {
        json_decref(config);
        return NULL;
    }
    return config;
}

/* What a device says at its root holds for all of its components. */
static json_t *component_config(const json_t *root, const json_t *component, const char *base)
{
    static const char *const shared[] = {"availability", "availability_mode", "device", "origin", "state_topic", "command_topic", "qos", "encoding"};
    json_t *config = full_config(component, base);
    const bool has_own_way = json_object_get(config, "availability") != NULL;
    for (size_t i = 0; config != NULL && i < sizeof shared / sizeof shared[0]; i++) {
        json_t *value = json_object_get(root, shared[i]);
        if (value != NULL && !(i < 2 && has_own_way) && json_object_get(config, shared[i]) == NULL &&
            json_object_set(config, shared[i], value) != 0) {
            json_decref(config);
            config = NULL;
        }
    }
    return config;
}

static ht_status announce_device(const char *topic, const json_t *root, const char *base, ht_announcement_fn *fn, void *ctx, ht_error *err)
{
    json_t *components = json_object_get(root, "components"), *component;
    const char *key;
    if (!json_is_object(components))
        return ht_fail(err, HT_BAD_FORMAT, -1, "%.120s: a device without \"components\"", topic);
    if (json_object_size(components) > MAX_COMPONENTS)
        return ht_fail(err, HT_TOO_BIG, -1, "%.120s: more than %d components", topic, MAX_COMPONENTS);
    json_object_foreach (components, key, component) {
        json_t *config = json_is_object(component) ? component_config(root, component, base) : NULL;
        const char *platform = json_string_value(json_object_get(config, "platform"));
        const bool is_gone = json_object_size(component) <= 1;
        if (platform != NULL)
            fn(ctx, &(ht_announcement){.source = topic, .part = key, .component = platform, .config = is_gone ? NULL : config});
        json_decref(config);
    }
    return HT_OK;
}

ht_status ht_discovery_parse(const char *prefix, const char *topic, ht_str payload, ht_announcement_fn *fn, void *ctx, ht_error *err)
{
    announced_by by;
    json_error_t bad;
    if (!parse_topic(prefix, topic, &by))
        return ht_fail(err, HT_NOT_FOUND, -1, "%.120s: not a discovery topic", topic);
    if (payload.len > MAX_PAYLOAD)
        return ht_fail(err, HT_TOO_BIG, -1, "%.120s: an announcement of %zu bytes, at most %d", topic, payload.len, MAX_PAYLOAD);
    if (ht_str_trim(payload).len == 0) {
        fn(ctx, &(ht_announcement){.source = topic, .component = by.component});
        return HT_OK;
    }
    json_t *given = json_loadb(payload.ptr, payload.len, 0, &bad);
    if (!json_is_object(given)) {
        json_decref(given);
        return ht_fail(err, HT_BAD_FORMAT, given ? 0 : bad.position, "%.120s: not a JSON object%s%.80s", topic, given ? "" : ": ",
                       given ? "" : bad.text);
    }
    ht_status st = HT_OK;
    const char *base = json_string_value(json_object_get(given, "~"));
    json_t *config = by.component[0] == 'h' && strcmp(by.component, "hearth") == 0 ? json_incref(given) : full_config(given, base);
    if (config == NULL)
        st = ht_fail(err, HT_NO_MEMORY, -1, "discovery: out of memory");
    else if (json_is_true(json_object_get(config, "migrate_discovery")))
        fn(ctx, &(ht_announcement){.source = topic, .component = by.component});
    else if (by.is_device)
        st = announce_device(topic, config, base, fn, ctx, err);
    else
        fn(ctx, &(ht_announcement){.source = topic, .part = "", .component = by.component, .config = config});
    json_decref(config);
    json_decref(given);
    return st;
}
