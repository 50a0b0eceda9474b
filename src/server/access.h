/* Who may talk to the server through a browser. A home answers its own page, not every page that somebody has open.
 *
 * Two attacks are closed: a foreign page that posts to http://127.0.0.1:8420 (its Origin is not ours), and a foreign name that
 * suddenly resolves to this machine (DNS rebinding: Origin and Host agree, but Host is not a name of this house). */
#ifndef HT_SERVER_ACCESS_H
#define HT_SERVER_ACCESS_H
#include "base/str.h"

/* Whether a Host header is one under which this server may be reached: an address, a name without dots, a name that ends in
 * .local, .lan, .home, .internal, .localdomain or .home.arpa, or one of the n_allowed names. A port is ignored. */
bool ht_access_host_ok(ht_str host, const char *const *allowed, size_t n_allowed);
/* Whether an Origin header ("http://HOST:PORT"; ptr NULL if absent) is the page that Host itself serves. */
bool ht_access_origin_ok(ht_str origin, ht_str host);
#endif
