#include "server/access.h"

#include <arpa/inet.h>
#include <strings.h>

/* Host without its port and without the brackets of an IPv6 address. */
static ht_str name_of(ht_str host)
{
    if (host.len > 0 && host.ptr[0] == '[') {
        const ptrdiff_t end = ht_str_find(host, HT_STR("]"), 0);
        return end < 0 ? host : (ht_str){host.ptr + 1, (size_t)end - 1};
    }
    const ptrdiff_t colon = ht_str_find(host, HT_STR(":"), 0);
    return colon < 0 ? host : (ht_str){host.ptr, (size_t)colon};
}

static bool same(ht_str a, ht_str b) { return a.len == b.len && strncasecmp(a.ptr, b.ptr, a.len) == 0; }

static bool is_address(ht_str name)
{
    char text[INET6_ADDRSTRLEN];
    unsigned char address[16];
    if (name.len >= sizeof text)
        return false;
    memcpy(text, name.ptr, name.len);
    text[name.len] = '\0';
    return inet_pton(AF_INET, text, address) == 1 || inet_pton(AF_INET6, text, address) == 1;
}

bool ht_access_host_ok(ht_str host, const char *const *allowed, size_t n_allowed)
{
    static const char *const inside[] = {".local", ".lan", ".home", ".internal", ".localdomain", ".home.arpa", ".localhost"};
    const ht_str name = name_of(host);
    if (name.len == 0)
        return false;
    if (is_address(name) || ht_str_find(name, HT_STR("."), 0) < 0)
        return true;
    for (size_t i = 0; i < sizeof inside / sizeof inside[0]; i++) {
        const ht_str end = ht_str_from(inside[i]);
        if (name.len > end.len && same((ht_str){name.ptr + name.len - end.len, end.len}, end))
            return true;
    }
    for (size_t i = 0; i < n_allowed; i++)
        if (same(name, ht_str_from(allowed[i])))
            return true;
    return false;
}

bool ht_access_origin_ok(ht_str origin, ht_str host)
{
    if (origin.ptr == NULL)
        return true; /* not a browser, or the page itself asking for something harmless */
    const ptrdiff_t at = ht_str_find(origin, HT_STR("://"), 0);
    if (at < 0)
        return false; /* "null": a file, or a sandboxed frame */
    return same((ht_str){origin.ptr + at + 3, origin.len - (size_t)at - 3}, host);
}
