/* A made-up home: a real ht_home plus what the generator must remember about it to speak of it. */
#ifndef HT_HOMEGEN_WORLD_H
#define HT_HOMEGEN_WORLD_H
#include "homegen/lang.h"
#include "homegen/things.h"
#include "home/home.h"

enum { HT_WORLD_ENTITIES = 120, HT_WORLD_AREAS = 20, HT_WORLD_FLOORS = 4 };

/* How a place stands in a sentence: "in the kitchen", "in Emma's room", "outside". */
typedef enum { HT_PLACE_NOUN, HT_PLACE_PROPER, HT_PLACE_ADVERB } ht_place;

typedef struct {
    ht_home *home;
    json_t *json; /* the home as made: reload from here after a call has changed it */
    int thing[HT_WORLD_ENTITIES];      /* kind of each entity, index into ht_thing_at */
    bool is_proper[HT_WORLD_ENTITIES]; /* its name takes no article */
    int room[HT_WORLD_AREAS];          /* ht_room of each area */
    ht_place area_place[HT_WORLD_AREAS], floor_place[HT_WORLD_FLOORS];
    int here;                          /* the speaker's area, or -1 */
    int64_t now_s;
    bool is_fahrenheit;
    bool is_traditional; /* Chinese names in traditional characters */
} ht_world;

/* Invents a home with names from l's lexicon. is_zh only picks the "lang" of the home. ht_world_deinit it, also after a failure. */
HT_CHECKED ht_status ht_world_make(const ht_lang *l, bool is_zh, ht_rng *rng, ht_world *out, ht_error *err);
/* As made again, after calls have changed it. */
HT_CHECKED ht_status ht_world_restore(ht_world *w, ht_error *err);
void ht_world_deinit(ht_world *w);

/* A random state and attributes for a thing, as Home Assistant would hold them; names from g. The two objects are new
 * references (NULL: out of memory). state "" = unknown. */
typedef struct {
    char state[64];
    json_t *attributes, *supports; /* supports NULL = all that the domain can do */
} ht_thing_state;
void ht_thing_state_make(const ht_gram *g, ht_rng *rng, const ht_thing *t, bool is_fahrenheit, ht_thing_state *out);
#endif
