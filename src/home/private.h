/* What the files of home/ share and nobody else sees. */
#ifndef HT_HOME_PRIVATE_H
#define HT_HOME_PRIVATE_H
#include "base/arena.h"
#include "home/action.h"
#include "home/driver.h"
#include "home/home.h"

enum {
    HT_HOME_MAX_FEATURE = 64, /* bytes of a feature's name, with its NUL */
    HT_HOME_MAX_NAME = 500    /* bytes of the name of anything; more is no name, and would fill the model's context alone */
};

typedef struct ht_home_extra ht_home_extra;

struct ht_home {
    ht_arena mem; /* names and everything else that never changes */
    ht_str id, lang;
    ht_floor *floors; /* [n_floors] */
    size_t n_floors;
    ht_area *areas; /* [n_areas] */
    size_t n_areas, cap_areas;
    ht_entity *entities; /* [n_entities]; state, attributes and supports are on the heap */
    size_t n_entities, cap_entities; /* entities and by_id */
    int *by_id; /* [n_entities] indices, sorted by id */
    ht_home_extra *extras; /* [cap_extras], which may be less than n_entities; driver.c */
    size_t cap_extras;
    ht_timer *timers;
    size_t n_timers;
    ht_alarm *alarms;
    size_t n_alarms;
    ht_list *lists;
    size_t n_lists;
    ht_home_changed_fn *changed;
    void *changed_ctx;
};

void ht_home_extras_deinit(ht_home *h);
/* As memcmp, shorter before longer. */
int ht_home_compare_ids(ht_str a, ht_str b);
/* ht_action_apply without and with a driver. */
HT_CHECKED ht_status ht_home_act_here(ht_home *h, size_t entity, const ht_action *a, ht_error *err);
HT_CHECKED ht_status ht_home_act_driven(ht_home *h, size_t entity, const ht_action *a, const ht_driver *driver, ht_error *err);
/* Tells the watcher; HT_HOME_RESHAPED: entities or areas came or went; entity -1: timers, alarms or lists. */
void ht_home_tell(const ht_home *h, int entity);
/* Room for one more behind n items of size bytes; the array moves. False when memory is gone. */
bool ht_home_grow(void *array_ptr, size_t n, size_t size);
/* s on the heap with a NUL; "" gives "". NULL when memory is gone. */
char *ht_home_copy(ht_str s);
ht_str ht_home_json_str(const json_t *string);
/* Makes blanks of control characters: a name is one line, on a terminal and in a prompt. In place. */
void ht_home_tidy_name(char *name, size_t n);
/* Replaces an attribute's value by its orderly form (see ht_home_from_json); takes and gives a reference. */
json_t *ht_home_tidy(const char *key, json_t *take_value);

void ht_home_timers_deinit(ht_home *h);
void ht_home_lists_deinit(ht_home *h);
/* Adds the lists that must be there: every todo entity's, and one for shopping. */
HT_CHECKED ht_status ht_home_lists_complete(ht_home *h, ht_error *err);
/* Replaces the items of a todo entity's list by those of its attribute "todo_items". */
HT_CHECKED ht_status ht_home_list_fill(ht_home *h, size_t entity, const json_t *items, ht_error *err);
HT_CHECKED ht_status ht_home_alarms_restore(ht_home *h, const json_t *alarms, ht_error *err);
/* The arrays of a home file. NULL when memory is gone. */
json_t *ht_home_timers_json(const ht_home *h);
json_t *ht_home_alarms_json(const ht_home *h);
json_t *ht_home_lists_json(const ht_home *h);

/* The n-th list of choices that an entity has for a verb (hvac_modes, preset_modes …); NULL past the last. */
const json_t *ht_home_choices(const ht_entity *e, ht_verb verb, size_t n);
/* The entity's own spelling of a choice: exact before alike. No list: the word itself; not in the lists: ptr NULL. */
ht_str ht_home_find_choice(const ht_entity *e, ht_verb verb, ht_str wanted);
/* Whether two words of a choice are the same: makers name one thing differently ("medium", "middle", "中"). */
bool ht_home_means_same(ht_str a, ht_str b);
/* The limits of a verb's number; false if none are known. */
bool ht_home_limits(const ht_entity *e, ht_verb verb, double *lo, double *hi);
/* What toggle comes to, given the state; unknown counts as off, closed and unlocked, so that a toggle locks. */
ht_verb ht_home_toggled(const ht_entity *e);
#endif
