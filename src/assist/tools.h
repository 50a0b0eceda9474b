/* The assistant's tools: named and shaped as Home Assistant's intents where it has one (Hass…), ours elsewhere (Hearth…).
 * This table is the contract between the training data, the grammar that constrains the model, and execution.
 *
 * Target slots, in this order, all optional (any subset narrows): name, area, floor, domain, device_class. `name` is an
 * entity's name or alias; `area` and `floor` are names or aliases. No target at all = what is near the speaker: see execute.h.
 * Slots of a call come in the order listed here; T stands for the five target slots.
 *
 *   HassTurnOn T · HassTurnOff T · HassToggle T   (cover, valve: open/close; lock: lock/unlock; scene, script, button: run)
 *   HassLightSet T brightness(0-100) color(English name) temperature(K)
 *   HearthLightAdjust T direction(up|down) amount(1-100)?                  brighter / dimmer without a target level
 *   HassClimateSetTemperature T temperature(°C, number)   HearthClimateAdjust T direction(up|down) amount(number)?
 *   HassClimateGetTemperature T      HearthSetMode T mode(enum HT_MODES)   HearthSetFanMode T mode(low|medium|high|auto|…)
 *   HearthSetSwing T state(on|off)   HearthSetFeature T feature(text) state(on|off)   HassHumidifierSetpoint T humidity(0-100)
 *   HassFanSetSpeed T percentage(0-100)      HearthFanAdjust T direction(up|down)
 *   HassSetPosition T position(0-100)        HassStopMoving T
 *   HassSetVolume T volume_level(0-100)      HassSetVolumeRelative T volume_step("up"|"down" or -100…100)
 *   HassMediaPause T · HassMediaUnpause T · HassMediaNext T · HassMediaPrevious T · HearthMediaStop T ·
 *   HassMediaPlayerMute T · HassMediaPlayerUnmute T
 *   HassMediaSearchAndPlay T search_query(text) media_class(enum)?         HearthSelectSource T source(text)
 *   HassVacuumStart T · HassVacuumReturnToBase T · HassLawnMowerStartMowing T · HassLawnMowerDock T
 *   HassVacuumCleanArea name? area
 *   HearthPress T · HearthSetValue T value(number) · HearthSelectOption T option(text)
 *   HassGetState T state(text)?      which entity is in which state; a question that the home's state answers
 *   HassGetWeather name? · HassGetCurrentTime · HassGetCurrentDate
 *   HassStartTimer name? hours? minutes? seconds? conversation_command(text)?
 *   timers are found by F = name? area? start_hours? start_minutes? start_seconds?:
 *   HassCancelTimer F · HassPauseTimer F · HassUnpauseTimer F · HassTimerStatus F · HassCancelAllTimers area?
 *   HassIncreaseTimer hours? minutes? seconds? F · HassDecreaseTimer hours? minutes? seconds? F
 *     (in these two and in HassStartTimer the slots come in the order: hours minutes seconds name area start_hours …)
 *   HearthSetAlarm time("HH:MM") label(text)? · HearthCancelAlarm time?
 *   HearthSchedule time("HH:MM") command(text)     a command for a time of day; a delay is HassStartTimer with conversation_command
 *   HassListAddItem name item · HassListCompleteItem name item · HassListRemoveItem name item
 *   HassShoppingListAddItem item · HassShoppingListCompleteItem item · HassShoppingListRemoveItem item
 *   HassBroadcast message · HassNevermind
 *   HearthAsk about(device|area|value|action)                 the request is ambiguous: ask back, do nothing
 *   HearthRefuse reason(no_device|no_area|unsupported|unclear|beyond)   cannot be done here; beyond: not a home request
 *
 * Anything else, small talk above all, the model answers in plain text. */
#ifndef HT_ASSIST_TOOLS_H
#define HT_ASSIST_TOOLS_H
#include <jansson.h>

#include "base/str.h"

/* Modes as Home Assistant spells them. */
#define HT_MODE_LIST "auto", "cool", "heat", "heat_cool", "dry", "fan_only", "off", "sleep", "eco", "boost", "away", "home", "comfort", "normal", "quiet", "strong"
#define HT_FAN_MODE_LIST "auto", "low", "medium", "high", "quiet", "strong", "natural", "min", "max"

typedef struct {
    const char *name;        /* "HassTurnOn" */
    const char *description; /* one English sentence, for API clients */
    const char *slots;       /* compact: "T brightness:pct? color:color?" – see tools.c */
} ht_tool;

/* What a slot may hold. */
typedef enum {
    HT_SLOT_TEXT,        /* any text but "" */
    HT_SLOT_ENTITY,      /* scope.names */
    HT_SLOT_AREA,        /* scope.areas */
    HT_SLOT_FLOOR,       /* scope.floors */
    HT_SLOT_LIST,        /* scope.lists */
    HT_SLOT_TIMER,       /* scope.timers */
    HT_SLOT_DOMAIN,      /* "light" … */
    HT_SLOT_CLASS,       /* device class: "curtain", "motion" … */
    HT_SLOT_COLOR,       /* English name: see tools_color.h */
    HT_SLOT_MODE,        /* HT_MODE_LIST */
    HT_SLOT_FAN_MODE,    /* HT_FAN_MODE_LIST */
    HT_SLOT_UP_DOWN,
    HT_SLOT_ON_OFF,
    HT_SLOT_MEDIA_CLASS, /* "music" … */
    HT_SLOT_ABOUT,       /* device area value action */
    HT_SLOT_REASON,      /* no_device no_area unsupported unclear beyond */
    HT_SLOT_PCT,         /* whole number 0 … 100 */
    HT_SLOT_AMOUNT,      /* whole number 1 … 100 */
    HT_SLOT_COUNT,       /* whole number 0 … 100000: hours, minutes, seconds */
    HT_SLOT_KELVIN,      /* whole number 1000 … 12000 */
    HT_SLOT_DEGREES,     /* number -60 … 300 */
    HT_SLOT_STEP,        /* number 0.1 … 50 */
    HT_SLOT_NUMBER,      /* any number */
    HT_SLOT_VOLUME_STEP, /* "up", "down" or a whole number -100 … 100 */
    HT_SLOT_CLOCK,       /* "HH:MM" */
    HT_SLOT_KINDS
} ht_slot_kind;

typedef struct {
    ht_str name;
    ht_slot_kind kind;
    bool is_required;
} ht_slot;

size_t ht_tool_count(void);
const ht_tool *ht_tool_at(size_t i);
const ht_tool *ht_tool_find(ht_str name); /* NULL: no such tool */
/* The i-th slot in the order above, T and F spelled out; false past the last. */
bool ht_tool_slot(const ht_tool *t, size_t i, ht_slot *out);
/* The words that a kind's value is one of ("up", "down"), NULL-terminated; NULL where any text, number or name will do. */
const char *const *ht_slot_words(ht_slot_kind kind);
/* The numbers that a kind allows; false where it takes none. */
bool ht_slot_range(ht_slot_kind kind, double *lo, double *hi, bool *is_whole);
/* Whether the schema without a scope allows these arguments (an object; NULL counts as {}): HT_BAD_FORMAT names the slot. */
HT_CHECKED ht_status ht_tool_check(const ht_tool *t, const json_t *arguments, ht_error *err);

/* What the current request may name: each value becomes an enum, so that only real names can be said. Borrowed. */
typedef struct {
    const ht_str *names;  size_t n_names;  /* entities' names and aliases in the prompt */
    const ht_str *areas;  size_t n_areas;
    const ht_str *floors; size_t n_floors;
    const ht_str *lists;  size_t n_lists;
    const ht_str *timers; size_t n_timers; /* their names */
} ht_tool_scope;

/* JSON Schema of a tool's arguments ({"type":"object","properties":{…},"required":[…],"additionalProperties":false}), its
 * properties in the order above. scope NULL: names are plain strings (for API clients); otherwise a name slot is an enum, and
 * is left out where there is nothing to name (a required one has an empty enum: leave the tool out). Uses type, enum,
 * minimum, maximum, minLength, pattern, anyOf and nothing else.
 * Caller owns; NULL: out of memory. */
json_t *ht_tool_schema(const ht_tool *t, const ht_tool_scope *scope);
/* False for a tool that needs a name where there is none to say (cleaning an area in a home without areas). */
bool ht_tool_schema_usable(const json_t *schema);
#endif
