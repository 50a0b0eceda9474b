/* The address of a broker, from what a person types. */
#include <stdlib.h>

#include "net/mqtt.h"

static char *copy(ht_str s)
{
    char *c = malloc(s.len + 1);
    if (c != NULL) {
        memcpy(c, s.ptr, s.len);
        c[s.len] = '\0';
    }
    return c;
}

static int hex(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)(c | 32);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static char *decode(ht_str s)
{
    char *c = copy(s);
    size_t n = 0;
    for (size_t i = 0; c != NULL && i < s.len; i++) {
        const int hi = s.ptr[i] == '%' && i + 2 < s.len ? hex(s.ptr[i + 1]) : -1;
        const int lo = hi >= 0 ? hex(s.ptr[i + 2]) : -1;
        if (lo >= 0 && hi * 16 + lo != 0) {
            c[n++] = (char)(hi * 16 + lo);
            i += 2;
        } else {
            c[n++] = s.ptr[i];
        }
    }
    if (c != NULL)
        c[n] = '\0';
    return c;
}

static bool parse_port(ht_str s, int *out)
{
    int port = 0;
    for (size_t i = 0; i < s.len; i++) {
        if (s.ptr[i] < '0' || s.ptr[i] > '9' || (port = port * 10 + s.ptr[i] - '0') > 65535)
            return false;
    }
    *out = port;
    return s.len > 0 && port > 0;
}

/* Cuts "user:password@" off; the last @ counts, for a password may hold one. */
static void split_user(ht_str *rest, ht_mqtt_address *out, bool *has_memory)
{
    const char *at = memrchr(rest->ptr, '@', rest->len);
    if (at == NULL)
        return;
    ht_str who = {rest->ptr, (size_t)(at - rest->ptr)}, user;
    *rest = (ht_str){at + 1, rest->len - who.len - 1};
    const bool has_password = memchr(who.ptr, ':', who.len) != NULL;
    if (!ht_str_split(&who, ':', &user))
        return;
    out->user = decode(user);
    if (has_password)
        out->password = decode(who.ptr ? who : (ht_str){"", 0});
    *has_memory = out->user != NULL && (!has_password || out->password != NULL);
}

ht_status ht_mqtt_address_parse(const char *url, ht_mqtt_address *out, ht_error *err)
{
    *out = (ht_mqtt_address){0};
    ht_str rest = ht_str_trim(ht_str_from(url)), port = {"", 0}, host;
    bool has_memory = true, port_ok = true;
    const ptrdiff_t scheme = ht_str_find(rest, HT_STR("://"), 0);
    if (scheme >= 0) {
        const ht_str name = {rest.ptr, (size_t)scheme};
        out->is_tls = ht_str_is(name, "mqtts") || ht_str_is(name, "ssl");
        if (!out->is_tls && !ht_str_is(name, "mqtt") && !ht_str_is(name, "tcp"))
            return ht_fail(err, HT_BAD_ARG, -1, "'%.*s://' is not a broker's scheme: mqtt://host:port or mqtts://host:port", (int)scheme, rest.ptr);
        rest = (ht_str){rest.ptr + scheme + 3, rest.len - (size_t)scheme - 3};
    }
    while (rest.len > 0 && rest.ptr[rest.len - 1] == '/')
        rest.len--;
    split_user(&rest, out, &has_memory);
    out->port = out->is_tls ? 8883 : 1883;
    const char *bracket = rest.len > 0 && rest.ptr[0] == '[' ? memchr(rest.ptr, ']', rest.len) : NULL;
    const char *colon = memrchr(rest.ptr ? rest.ptr : "", ':', rest.len);
    host = rest;
    if (bracket != NULL) {
        host = (ht_str){rest.ptr + 1, (size_t)(bracket - rest.ptr) - 1};
        colon = bracket + 1 < rest.ptr + rest.len ? bracket + 1 : NULL;
    } else if (colon != NULL && memchr(rest.ptr, ':', (size_t)(colon - rest.ptr)) == NULL) {
        host.len = (size_t)(colon - rest.ptr);
    } else {
        colon = NULL; /* none, or a bare IPv6 address */
    }
    if (colon != NULL) {
        port = (ht_str){colon + 1, (size_t)(rest.ptr + rest.len - colon) - 1};
        port_ok = *colon == ':' && parse_port(port, &out->port);
    }
    out->host = copy(host);
    if (port_ok && host.len > 0 && host.len < 256 && has_memory && out->host != NULL)
        return HT_OK;
    ht_mqtt_address_deinit(out);
    if (!has_memory)
        return ht_fail(err, HT_NO_MEMORY, -1, "broker: out of memory");
    if (!port_ok)
        return ht_fail(err, HT_BAD_ARG, -1, "broker: '%.*s' is not a port (1 to 65535)", (int)(port.len < 40 ? port.len : 40), port.ptr);
    return ht_fail(err, HT_BAD_ARG, -1, "broker: name a host, as in mqtt://192.168.1.2:1883");
}

void ht_mqtt_address_deinit(ht_mqtt_address *a)
{
    free(a->host);
    free(a->user);
    free(a->password);
    *a = (ht_mqtt_address){0};
}
