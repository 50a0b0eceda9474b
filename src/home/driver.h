/* Real devices in a home: entities that come and go while it is open, and who carries out what is asked of them. */
#ifndef HT_HOME_DRIVER_H
#define HT_HOME_DRIVER_H
#include "home/action.h"

/* What an entity was before an action; borrowed. */
typedef struct {
    const char *state; /* NULL = unknown */
    const json_t *attributes;
} ht_entity_before;

/* Sends an action to the real thing. ht_action_apply has put the entity in the state it is to come to; was tells what it was. Returns once
 * the command is on its way; on failure (HT_IO: it cannot be reached) ht_action_apply puts the entity back. */
typedef struct {
    ht_status (*act)(void *ctx, ht_home *h, size_t entity, const ht_action *a, const ht_entity_before *was, ht_error *err);
    void *ctx;
} ht_driver;

/* The entity's driver (copied) from now on. */
HT_CHECKED ht_status ht_home_set_driver(ht_home *h, size_t entity, const ht_driver *driver, ht_error *err);
/* Actions change the state alone again. */
void ht_home_drop_driver(ht_home *h, size_t entity);
/* NULL if it has none. Borrowed until the next change of drivers or entities. */
const ht_driver *ht_home_driver(const ht_home *h, size_t entity);

/* Adds an entity, described as in a home file, behind the others; an area that is new is added. Its state is not kept by
 * ht_home_to_json: it is a driver's to know. HT_BAD_ARG if there is one of that id, HT_TOO_BIG beyond 20 000 entities or 1000 areas
 * and for names beyond 500 bytes. */
HT_CHECKED ht_status ht_home_add_entity(ht_home *h, const json_t *entity, size_t *out, ht_error *err);
/* Later entities move up by one: indices held elsewhere are stale. Its timers, areas and lists stay. */
void ht_home_remove_entity(ht_home *h, size_t entity);
/* State and attributes as a home file has them (both may be NULL: nothing), through ht_home_set_*. */
HT_CHECKED ht_status ht_home_restore_entity(ht_home *h, size_t entity, const char *state, const json_t *attributes, ht_error *err);
/* Puts state and attributes back as they were; attributes that were not there go. */
void ht_home_put_back(ht_home *h, size_t entity, const ht_entity_before *was);
/* Whether a driver added it, not the home file. */
bool ht_home_is_added(const ht_home *h, size_t entity);

/* The actions that bring an entity from what it is to a wanted state and attributes (a scene's, a person's), and carries them out in
 * order: on before brightness, mode before temperature. HT_BAD_ARG names what there is no action for. state and attributes may be NULL. */
HT_CHECKED ht_status ht_home_wish(ht_home *h, size_t entity, const char *state, const json_t *attributes, ht_error *err);
#endif
