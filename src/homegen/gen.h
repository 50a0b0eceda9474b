/* The inside of the generator: one request in the making. Everything here works on one thread's own ht_gen. */
#ifndef HT_HOMEGEN_GEN_H
#define HT_HOMEGEN_GEN_H
#include "assist/prompt.h"
#include "homegen/lang.h"
#include "homegen/world.h"

/* How a target is named; the lower-case words are the keys target.<word> and bare.<word>. */
#define HT_SCHEME_LIST(X) \
    X(NAME, name) X(PROPER, proper) X(NAME_AREA, name_area) X(AREA_ONE, area_one) X(AREA_MANY, area_many) X(FLOOR_MANY, floor_many) \
    X(HERE_ONE, here_one) X(HERE_MANY, here_many) X(KIND_ONE, kind_one) X(KIND_MANY, kind_many) X(ALL_MANY, all_many) \
    X(LIST, list) X(EXCEPT, except) X(NONE, none)
#define HT_SCHEME_ENUM(up, low) HT_SCHEME_##up,
typedef enum { HT_SCHEME_LIST(HT_SCHEME_ENUM) HT_SCHEME_COUNT } ht_scheme;
#undef HT_SCHEME_ENUM
extern const char *const ht_scheme_names[HT_SCHEME_COUNT];

enum {
    HT_BY_NAME = 1u << HT_SCHEME_NAME | 1u << HT_SCHEME_PROPER | 1u << HT_SCHEME_NAME_AREA,
    HT_BY_AREA = 1u << HT_SCHEME_AREA_ONE | 1u << HT_SCHEME_AREA_MANY,
    HT_BY_HERE = 1u << HT_SCHEME_HERE_ONE | 1u << HT_SCHEME_HERE_MANY,
    HT_BY_KIND = 1u << HT_SCHEME_KIND_ONE | 1u << HT_SCHEME_KIND_MANY,
    HT_BY_ALL = 1u << HT_SCHEME_ALL_MANY | 1u << HT_SCHEME_FLOOR_MANY,
    HT_BY_LIST = 1u << HT_SCHEME_LIST | 1u << HT_SCHEME_EXCEPT,
    HT_BY_ANY = HT_BY_NAME | HT_BY_AREA | HT_BY_HERE | HT_BY_KIND | HT_BY_ALL | HT_BY_LIST,
};

enum { HT_TARGET_PARTS = 6 };

/* What a request is about: one call's target slots per part. */
typedef struct {
    ht_scheme scheme;
    int thing, entity, area, floor; /* -1: none */
    bool is_many;                   /* grammatical number */
    json_t *slots[HT_TARGET_PARTS]; /* owned objects, in the order of tools.h */
    size_t n;
    ht_str said;                    /* the entity's name as said, in ht_gen.mem; ptr NULL where none was */
} ht_target;

typedef enum { HT_STYLE_DO, HT_STYLE_SAY, HT_STYLE_ASK, HT_STYLE_RAW } ht_style;

/* A request and what should come of it. */
typedef struct {
    const char *act; /* for the statistics */
    ht_style style;
    ht_buf text;     /* copied values stand between HT_KEEP and HT_KEPT, which noise must not touch */
    json_t *calls;   /* array, owned; NULL: `answer` is said */
    ht_buf answer;
    ht_target target;
    const struct ht_act *device; /* the device act, for follow-ups; or NULL */
    bool may_miss;   /* a call without target, which may end in a question about which device */
} ht_wish;

enum { HT_KEEP = 1, HT_KEPT = 2 };

typedef struct {
    const ht_lang *lang;
    ht_rng *rng;
    ht_world *w;
    ht_arena mem; /* of the tree in the making */
    ht_vars vars;
} ht_gen;

/* Zeroes w and clears the variables, with the defaults of KEYS.md ({person} … drawn from the lexicon). */
void ht_wish_start(ht_gen *x, ht_wish *w, const char *act);
void ht_wish_deinit(ht_wish *w);
/* Appends a call; takes args (NULL = {}). */
void ht_wish_call(ht_wish *w, const char *tool, json_t *take_args);

/* --- speaking (speak.c) --- */
/* A copy in the tree's memory. */
ht_str ht_gen_textf(ht_gen *x, const char *fmt, ...) HT_PRINTF(2, 3);
void ht_gen_set(ht_gen *x, ht_var v, ht_str text);
void ht_gen_set_rule(ht_gen *x, ht_var v, int rule);
/* A random expansion of a lexicon key; ptr NULL if there is none. */
ht_str ht_gen_word(ht_gen *x, const char *key);
/* Sets v to a text that noise must leave alone (it is copied into the call); half the time in small letters. Returns the text. */
ht_str ht_gen_keep(ht_gen *x, ht_var v, ht_str text);
/* Says act into w->text: draws among <prefix>.<act>[.kind][@scheme] for the prefixes in `styles` (bits of ht_style) and sets
 * w->style. kind and scheme may be NULL. False: no such key, or none can be said. */
bool ht_gen_say(ht_gen *x, ht_wish *w, unsigned styles, const char *act, const char *kind, const char *scheme);
/* A number as digits or in words (English; Chinese with 两 for 2 where is_measured). */
ht_str ht_gen_number(ht_gen *x, double v, bool is_measured);

/* --- names (name.c) --- */
/* A copy, half of the time in small letters, as people type. */
ht_str ht_gen_as_typed(ht_gen *x, ht_str name);
/* Whether the name is one of the entity's, ASCII case ignored. */
bool ht_entity_bears(const ht_entity *e, ht_str name);
/* Whether nothing else bears the name, or the one near the speaker is meant; false: it could be another's. */
bool ht_gen_name_is_own(const ht_gen *x, int entity, ht_str name);
/* Whether every word of part occurs in name, ASCII case ignored. */
bool ht_name_has_words(ht_str name, ht_str part);
/* Chooses the entity's name or an alias (returned: what the call must say) and sets {name} as somebody would say it. */
ht_str ht_gen_speak_name(ht_gen *x, int entity, ht_str *said);

/* --- targets (target.c) --- */
/* Finds a way to speak of entity (an index) by one of the allowed schemes; sets the target variables. False: none fits. */
bool ht_target_choose(ht_gen *x, int entity, unsigned allowed, ht_target *out);
/* Names the entity, as said, whatever else is about; false where its name is not its own. */
bool ht_target_name(ht_gen *x, int entity, ht_target *out);
/* Sets {area} {the_area} {in_area}, or {floor} …; the returned text is the name that the call must use. */
ht_str ht_gen_area(ht_gen *x, int area);
ht_str ht_gen_floor(ht_gen *x, int floor);
/* Sets {one} and {many} to the words for a kind. */
void ht_gen_kind(ht_gen *x, int thing);
/* Entities of a kind in an area (-1: anywhere). */
size_t ht_gen_count(const ht_gen *x, int thing, int area);
/* {"area","floor","domain","device_class"} for the kind in an area or on a floor (-1: not named), or NULL where the words would
 * catch other things too. New reference. */
json_t *ht_gen_place_slots(ht_gen *x, int thing, int area, int floor);
/* Whether the text, as it reads now, happens to name an entity that the target does not mean. */
bool ht_target_conflicts(const ht_gen *x, const ht_target *t, ht_str text);
void ht_target_deinit(ht_target *t);
/* A random entity whose kind is in the list ("light switch …", "job.*" for all with that beginning), or -1. */
int ht_gen_entity(ht_gen *x, const char *kinds);
bool ht_thing_in(const ht_thing *t, const char *kinds);

/* --- values (value.c) --- */
typedef enum {
    HT_VALUE_NONE, HT_VALUE_BRIGHTNESS, HT_VALUE_PERCENTAGE, HT_VALUE_POSITION, HT_VALUE_VOLUME, HT_VALUE_HUMIDITY, HT_VALUE_UP,
    HT_VALUE_DOWN, HT_VALUE_UP_BY, HT_VALUE_DOWN_BY, HT_VALUE_WARM_BY, HT_VALUE_COOL_BY, HT_VALUE_LOUD, HT_VALUE_QUIET,
    HT_VALUE_LOUD_BY, HT_VALUE_QUIET_BY, HT_VALUE_TEMP, HT_VALUE_COLOR, HT_VALUE_COLOR_BRIGHT, HT_VALUE_CTEMP, HT_VALUE_MODE, HT_VALUE_PRESET,
    HT_VALUE_FAN_MODE, HT_VALUE_ON, HT_VALUE_OFF, HT_VALUE_FEATURE_ON, HT_VALUE_FEATURE_OFF, HT_VALUE_NUMBER, HT_VALUE_OPTION,
    HT_VALUE_SOURCE
} ht_value;
/* Draws a value, sets its variables and adds its arguments to args. entity: index or -1. False: not for this entity. */
bool ht_value_make(ht_gen *x, ht_value v, int entity, json_t *args);
/* A length of time: sets the {dur}-like variables v and adj (HT_VAR_COUNT: not set); adds hours, minutes, seconds with this prefix. */
bool ht_duration_make(ht_gen *x, ht_var v, ht_var adj, const char *prefix, json_t *args);
/* The same for given whole parts. */
bool ht_duration_say(ht_gen *x, ht_var v, ht_var adj, long h, long m, long s);
/* A time of day in {clock}; "HH:MM" into out. is_waking: a time for an alarm. */
bool ht_clock_make(ht_gen *x, bool is_waking, char out[6]);

/* --- acts --- */
typedef struct ht_act {
    const char *key, *tool, *kinds;
    unsigned schemes;
    ht_value value;
    float weight;
} ht_act;
size_t ht_act_count(void);
const ht_act *ht_act_at(size_t i);
/* A request for a device act; false: nothing in this home for it. act NULL: a random one. */
bool ht_act_make(ht_gen *x, const ht_act *act, ht_wish *w);
/* The act again on another target, which its variables name already: the calls only. */
void ht_act_calls(const ht_act *act, const ht_target *t, const json_t *args, ht_wish *w);

/* Requests of the other sorts; each false where this home or language has nothing for it. */
typedef bool ht_wish_fn(ht_gen *x, ht_wish *w);
ht_wish_fn ht_wish_media, ht_wish_clean, ht_wish_place, ht_wish_job, ht_wish_timer, ht_wish_delay, ht_wish_alarm, ht_wish_list, ht_wish_say_all,
    ht_wish_query, ht_wish_query_sensor, ht_wish_query_place, ht_wish_query_other, ht_wish_refuse, ht_wish_ask_back, ht_wish_beyond, ht_wish_chat,
    ht_wish_unclear, ht_wish_many, ht_wish_device;

/* A second turn after the first has been carried out or answered; false: nothing fits it. */
bool ht_wish_follow(ht_gen *x, const ht_wish *first, ht_wish *w);

/* --- finishing (noise.c) --- */
/* Politeness around the request, slips of tongue and keyboard, punctuation; then the marks are gone. clean: none of it. */
void ht_wish_finish(ht_gen *x, ht_wish *w, bool clean);

/* --- checking (check.c) --- */
typedef enum { HT_CHECK_OK, HT_CHECK_NOT_SHOWN, HT_CHECK_FAILED } ht_check;
/* Whether retrieval shows all that the calls name (sel: of this request) and each call ends as it should; carries the calls out
 * on the home, which the caller restores if *has_changed. */
ht_check ht_wish_check(ht_gen *x, const ht_wish *w, const ht_selection *sel, bool *has_changed);
#endif
