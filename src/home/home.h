/* One home: its floors, areas, entities, timers and lists, and the state of each. The single owner of that state.
 * Entity ids, domains, states and attributes follow Home Assistant's entity model. Knows nothing of language models.
 * Not thread-safe: one thread owns a home. Strings are borrowed until the home is freed or the thing is removed. */
#ifndef HT_HOME_HOME_H
#define HT_HOME_HOME_H
#include <jansson.h>

#include "base/str.h"

typedef struct {
    ht_str name;
    ht_str *aliases;
    size_t n_aliases;
} ht_floor;

typedef struct {
    ht_str name;
    ht_str *aliases;
    size_t n_aliases;
    int floor; /* index of its floor, or -1 */
} ht_area;

typedef struct {
    ht_str id;     /* "light.kitchen" */
    ht_str name;   /* as the owner says it */
    ht_str *aliases;
    size_t n_aliases;
    ht_str domain; /* "light": the id up to the dot unless the file says otherwise */
    int area;      /* index, or -1 */
    char *state;   /* owned by the home; NULL = unknown. Change through ht_home_set_* only */
    json_t *attributes; /* object, owned by the home; "device_class", "brightness" 0-255, "current_position" … */
    json_t *supports;   /* object or NULL = all that the domain can do; "actions" [words], ranges in percent or °C */
} ht_entity;

typedef struct {
    char *name;    /* owned; NULL = none */
    int area;      /* index, or -1 */
    int64_t total_s, remaining_s;
    bool is_paused;
    char *command; /* said in the user's words, carried out when it ends; NULL = just ring. Owned */
} ht_timer;

/* An alarm clock, or a command for a time of day. */
typedef struct {
    int at_min;    /* minute of the local day, 0 … 1439 */
    char *label;   /* owned; NULL = none */
    char *command; /* said in the user's words, carried out then; NULL = ring. Owned */
} ht_alarm;

typedef struct {
    char *text; /* owned */
    bool is_done;
} ht_list_item;

typedef struct {
    char *id;   /* "shopping_list" or the id of a todo entity; owned */
    char *name; /* owned */
    ht_list_item *items;
    size_t n_items;
} ht_list;

typedef struct ht_home ht_home;

/* Takes a home object as in DESIGN's home file ({"id","lang","floors","areas","entities","timers","alarms","lists"}; null =
 * unknown; unknown fields are ignored). HT_BAD_FORMAT names the field. The json_t is only read. What is put in order:
 * control characters in names become blanks (a name beyond 500 bytes is HT_TOO_BIG);
 * an area or floor that is only named by what lies in it is added; numbers written as text become numbers (volume_level
 * above 1 is percent); a device_class written as Python's enumerator becomes its word; a todo entity gets a list of its id,
 * filled from its attribute "todo_items", which goes away; a home without a list named for shopping gets one with id
 * "shopping_list". */
HT_CHECKED ht_status ht_home_from_json(const json_t *home, ht_home **out, ht_error *err);
/* Reads a file with one home, or with {"homes":{ID:…}}; id picks one (NULL: the only or the first one). */
HT_CHECKED ht_status ht_home_load(const char *path, const char *id, ht_home **out, ht_error *err);
/* The home that travels inside the executable (data/demo_home.json). */
HT_CHECKED ht_status ht_home_load_demo(ht_home **out, ht_error *err);
void ht_home_free(ht_home *h);
/* The whole home as such an object, state included; NULL when memory is gone. Caller owns the reference. */
json_t *ht_home_to_json(const ht_home *h);

ht_str ht_home_id(const ht_home *h);
ht_str ht_home_lang(const ht_home *h); /* "zh-CN", "en", … */
size_t ht_home_floor_count(const ht_home *h);
const ht_floor *ht_home_floor_at(const ht_home *h, size_t i);
size_t ht_home_area_count(const ht_home *h);
const ht_area *ht_home_area_at(const ht_home *h, size_t i);
size_t ht_home_entity_count(const ht_home *h);
const ht_entity *ht_home_entity_at(const ht_home *h, size_t i);
/* By id, or -1. */
int ht_home_find_entity(const ht_home *h, ht_str id);
/* Same text, ASCII case ignored. */
bool ht_name_same(ht_str a, ht_str b);
/* By name or alias, ASCII case ignored; index or -1. */
int ht_home_find_area(const ht_home *h, ht_str name);
int ht_home_find_floor(const ht_home *h, ht_str name);
/* Attribute device_class: "curtain"; empty if none. */
ht_str ht_entity_class(const ht_entity *e);
/* Whether supports, supported_features and supported_color_modes (or, without them, the domain) allow an action word:
 * "turn_on", "set_brightness", "open" …, the words of home/action.h. */
bool ht_entity_can(const ht_entity *e, const char *action);
/* A number of the attributes; false if absent. */
bool ht_entity_number(const ht_entity *e, const char *key, double *out);
/* A text of the attributes; NULL if absent. */
const char *ht_entity_text(const ht_entity *e, const char *key);
/* The unit that its state is in ("°C"); NULL if none. */
const char *ht_entity_unit(const ht_entity *e);
/* On, open, playing, cleaning, heating …; false when unknown. */
bool ht_entity_is_active(const ht_entity *e);

size_t ht_home_timer_count(const ht_home *h);
const ht_timer *ht_home_timer_at(const ht_home *h, size_t i);
size_t ht_home_alarm_count(const ht_home *h);
const ht_alarm *ht_home_alarm_at(const ht_home *h, size_t i);
size_t ht_home_list_count(const ht_home *h);
const ht_list *ht_home_list_at(const ht_home *h, size_t i);

/* --- changing state; each tells the watcher --- */
/* state NULL or "unknown" = unknown. */
HT_CHECKED ht_status ht_home_set_state(ht_home *h, size_t entity, const char *state, ht_error *err);
/* Takes the reference to value (NULL removes the key), also on failure. Puts it in order as a home file's. */
HT_CHECKED ht_status ht_home_set_attribute(ht_home *h, size_t entity, const char *key, json_t *take_value, ht_error *err);
/* Called after each change of an entity with its index, with -1 when timers, alarms or lists changed, and with HT_HOME_RESHAPED when
 * entities or areas came or went (home/driver.h). One watcher; NULL stops. */
enum { HT_HOME_RESHAPED = -2 };
typedef void ht_home_changed_fn(void *ctx, const ht_home *h, int entity);
void ht_home_watch(ht_home *h, ht_home_changed_fn *fn, void *ctx);

HT_CHECKED ht_status ht_home_timer_add(ht_home *h, ht_str name, int area, int64_t total_s, ht_str command, ht_error *err);
void ht_home_timer_remove(ht_home *h, size_t timer);
void ht_home_timer_set(ht_home *h, size_t timer, int64_t remaining_s, bool is_paused);
HT_CHECKED ht_status ht_home_timer_restore(ht_home *h, const json_t *timers, ht_error *err); /* replaces all, home-file shape */
HT_CHECKED ht_status ht_home_alarm_add(ht_home *h, int at_min, ht_str label, ht_str command, ht_error *err);
void ht_home_alarm_remove(ht_home *h, size_t alarm);
/* Index of the list for shopping: there is always one. */
size_t ht_home_shopping_list(const ht_home *h);
/* Index of the list by id or name, ASCII case ignored, "list"/"清单" endings forgiven; -1 if none. */
int ht_home_find_list(const ht_home *h, ht_str name);
HT_CHECKED ht_status ht_home_list_add(ht_home *h, size_t list, ht_str item, ht_error *err);
void ht_home_list_remove(ht_home *h, size_t list, size_t item);
void ht_home_list_done(ht_home *h, size_t list, size_t item, bool is_done);
HT_CHECKED ht_status ht_home_list_restore(ht_home *h, const json_t *lists, ht_error *err); /* replaces all, home-file shape */
#endif
