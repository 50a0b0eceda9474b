/* The home as the page sees it, in JSON. */
#ifndef HT_SERVER_VIEW_H
#define HT_SERVER_VIEW_H
#include <jansson.h>

#include "home/home.h"

/* {"id","lang","floors":[name],"areas":[{"name","floor"}],"entities":[…],"timers","alarms","lists"}; NULL: out of memory.
 * Nothing in it is shared with the home: it may go to another thread. Caller owns, here and below. */
json_t *ht_view_home(const ht_home *h);
/* {"id","name","domain","area","class","state","unit","active","attributes","can":[words of home/action.h]} */
json_t *ht_view_entity(const ht_home *h, size_t entity);
/* {"timers","alarms","lists"} in home-file shape, and "counted_ms": when the timers' remaining seconds were counted, Unix time. */
json_t *ht_view_lists(const ht_home *h);
#endif
