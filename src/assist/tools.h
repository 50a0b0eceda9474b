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

typedef struct {
    const char *name;        /* "HassTurnOn" */
    const char *description; /* one English sentence, for API clients */
    const char *slots;       /* compact: "T brightness:pct? color:color?" – see tools.c */
} ht_tool;

size_t ht_tool_count(void);
const ht_tool *ht_tool_at(size_t i);
const ht_tool *ht_tool_find(ht_str name);

/* What the current request may name: each value becomes an enum, so that only real names can be said. Borrowed. */
typedef struct {
    const ht_str *names;  size_t n_names;  /* entities' names and aliases in the prompt */
    const ht_str *areas;  size_t n_areas;
    const ht_str *floors; size_t n_floors;
    const ht_str *lists;  size_t n_lists;
    const ht_str *timers; size_t n_timers; /* their names */
} ht_tool_scope;

/* JSON Schema of a tool's arguments ({"type":"object","properties":{…},"required":[…],"additionalProperties":false}), its
 * properties in the order above. scope NULL: names are plain strings (for API clients). Caller owns; NULL: out of memory. */
json_t *ht_tool_schema(const ht_tool *t, const ht_tool_scope *scope);
#endif
