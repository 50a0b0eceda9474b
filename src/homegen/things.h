/* What a home holds: the kinds of rooms and devices that the generator knows, and what each kind can be asked to do. */
#ifndef HT_HOMEGEN_THINGS_H
#define HT_HOMEGEN_THINGS_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Types of rooms; area.<type> in the lexicon holds their names. */
#define HT_ROOM_LIST(X) \
    X(kitchen) X(living) X(bedroom) X(kids) X(guest) X(bathroom) X(toilet) X(hall) X(office) X(dining) X(garage) X(garden) \
    X(balcony) X(laundry) X(basement) X(attic) X(storage) X(other)
#define HT_ROOM_ENUM(name) HT_ROOM_##name,
typedef enum { HT_ROOM_LIST(HT_ROOM_ENUM) HT_ROOM_COUNT } ht_room;
#undef HT_ROOM_ENUM
extern const char *const ht_room_names[HT_ROOM_COUNT];

enum {
    HT_THING_CLASSED = 1 << 0, /* its everyday word means one device class of the domain: the call names the class */
    HT_THING_PROPER = 1 << 1,  /* its name takes no article */
    HT_THING_NOWHERE = 1 << 2, /* belongs to no room */
    HT_THING_ONCE = 1 << 3,    /* at most one in a room */
    HT_THING_ASK = 1 << 4,     /* "the X" with several about: ask which, never all */
    HT_THING_PET = 1 << 5,     /* often has a pet's name */
};

typedef struct {
    const char *key;          /* "curtain": lexicon keys name.<key>, kind.<key>.one … */
    const char *domain;       /* "cover" */
    const char *device_class; /* attribute, "" = none */
    const char *family;       /* things whose words people mix up: never refuse one where another is present */
    float weight;             /* how common */
    uint32_t rooms;           /* bit a ht_room where it may stand */
    uint32_t flags;
} ht_thing;

size_t ht_thing_count(void);
const ht_thing *ht_thing_at(size_t i);
/* By key, or -1. */
int ht_thing_find(const char *key);
#endif
