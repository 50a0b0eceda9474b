/* The table of tools, and what each slot allows. The JSON Schema is written in tools_schema.c.
 *
 * A slot is "name:kind", with a "?" behind it where it may be left out. T and F stand for the two groups below. */
#include "assist/tools.h"

#include <math.h>

#include "assist/tools_color.h"

#define TARGET "name:entity? area:area? floor:floor? domain:domain? device_class:class?"
#define TIMER "name:timer? area:area? start_hours:count? start_minutes:count? start_seconds:count?"
#define LENGTH "hours:count? minutes:count? seconds:count?"

static const ht_tool tools[] = {
    {"HassTurnOn", "Turns on, opens, locks, starts, runs or presses the target.", "T"},
    {"HassTurnOff", "Turns off, closes, unlocks or stops the target.", "T"},
    {"HassToggle", "Switches the target to its other state.", "T"},
    {"HassLightSet", "Sets brightness in percent, colour or colour temperature in kelvin of lights.",
     "T brightness:pct? color:color? temperature:kelvin?"},
    {"HearthLightAdjust", "Makes lights brighter or dimmer, by so many percentage points where a number is said.",
     "T direction:updown amount:amount?"},
    {"HassClimateSetTemperature", "Sets the target temperature of a thermostat or air conditioner.", "T temperature:degrees"},
    {"HearthClimateAdjust", "Makes it warmer or cooler, by so many degrees where a number is said.", "T direction:updown amount:step?"},
    {"HassClimateGetTemperature", "Tells the temperature that a thermostat or air conditioner measures.", "T"},
    {"HearthSetMode", "Sets the operating mode of a climate device, humidifier, fan or purifier.", "T mode:mode"},
    {"HearthSetFanMode", "Sets the wind speed of a climate device or fan in words.", "T mode:fanmode"},
    {"HearthSetSwing", "Turns the swing or oscillation of a climate device or fan on or off.", "T state:onoff"},
    {"HearthSetFeature", "Turns a named extra of a device (child lock, eco, heater) on or off.", "T feature:text state:onoff"},
    {"HassHumidifierSetpoint", "Sets the target humidity in percent.", "T humidity:pct"},
    {"HassFanSetSpeed", "Sets the speed of fans in percent.", "T percentage:pct"},
    {"HearthFanAdjust", "Makes fans blow stronger or weaker.", "T direction:updown"},
    {"HassSetPosition", "Opens covers or valves so many percent: 0 is closed, 100 is open.", "T position:pct"},
    {"HassStopMoving", "Stops covers or valves where they are.", "T"},
    {"HassSetVolume", "Sets the volume of media players in percent.", "T volume_level:pct"},
    {"HassSetVolumeRelative", "Makes media players louder or quieter, by so many percent where a number is said.", "T volume_step:volumestep"},
    {"HassMediaPause", "Pauses what a media player plays.", "T"},
    {"HassMediaUnpause", "Goes on playing.", "T"},
    {"HassMediaNext", "Plays the next track, episode or channel.", "T"},
    {"HassMediaPrevious", "Plays the previous track, episode or channel.", "T"},
    {"HearthMediaStop", "Stops playing.", "T"},
    {"HassMediaPlayerMute", "Mutes media players.", "T"},
    {"HassMediaPlayerUnmute", "Unmutes media players.", "T"},
    {"HassMediaSearchAndPlay", "Looks up music, a film or a station and plays it.", "T search_query:text media_class:mediaclass?"},
    {"HearthSelectSource", "Switches a media player to an input, app or channel.", "T source:text"},
    {"HassVacuumStart", "Starts vacuum cleaners.", "T"},
    {"HassVacuumReturnToBase", "Sends vacuum cleaners back to their dock.", "T"},
    {"HassLawnMowerStartMowing", "Starts lawn mowers.", "T"},
    {"HassLawnMowerDock", "Sends lawn mowers back to their dock.", "T"},
    {"HassVacuumCleanArea", "Has a vacuum cleaner clean one area.", "name:entity? area:area"},
    {"HearthPress", "Presses a button entity.", "T"},
    {"HearthSetValue", "Sets a number entity.", "T value:number"},
    {"HearthSelectOption", "Chooses an option of a select entity.", "T option:text"},
    {"HassGetState", "Looks up what state entities are in; with state, which of them are in that state.", "T state:text?"},
    {"HassGetWeather", "Tells the weather.", "name:entity?"},
    {"HassGetCurrentTime", "Tells the time.", ""},
    {"HassGetCurrentDate", "Tells the date.", ""},
    {"HassStartTimer", "Starts a timer; with conversation_command, that command is carried out when it ends.",
     LENGTH " name:text? conversation_command:text?"},
    {"HassCancelTimer", "Cancels a timer.", "F"},
    {"HassPauseTimer", "Pauses a timer.", "F"},
    {"HassUnpauseTimer", "Lets a paused timer go on.", "F"},
    {"HassTimerStatus", "Tells how long timers still run.", "F"},
    {"HassCancelAllTimers", "Cancels all timers, or those of an area.", "area:area?"},
    {"HassIncreaseTimer", "Adds time to a timer.", LENGTH " F"},
    {"HassDecreaseTimer", "Takes time off a timer.", LENGTH " F"},
    {"HearthSetAlarm", "Sets an alarm clock.", "time:clock label:text?"},
    {"HearthCancelAlarm", "Cancels an alarm clock, or all of them.", "time:clock?"},
    {"HearthSchedule", "Has a command carried out at a time of day.", "time:clock command:text"},
    {"HassListAddItem", "Adds an item to a list.", "name:list item:text"},
    {"HassListCompleteItem", "Ticks an item of a list off.", "name:list item:text"},
    {"HassListRemoveItem", "Takes an item off a list.", "name:list item:text"},
    {"HassShoppingListAddItem", "Adds an item to the shopping list.", "item:text"},
    {"HassShoppingListCompleteItem", "Ticks an item of the shopping list off.", "item:text"},
    {"HassShoppingListRemoveItem", "Takes an item off the shopping list.", "item:text"},
    {"HassBroadcast", "Says a message on the speakers of the home.", "message:text"},
    {"HassNevermind", "Ends the conversation without doing anything.", ""},
    {"HearthAsk", "Asks back because the request does not say which device, area, value or action is meant.", "about:about"},
    {"HearthRefuse", "Says that the request cannot be done in this home.", "reason:reason"},
};

/* The words of slots that are enumerations; the index is the kind, the first column its name in the table above. */
static const char *const domain_words[] = {
    "light", "switch", "fan", "cover", "climate", "media_player", "lock", "vacuum", "valve", "humidifier", "lawn_mower", "scene",
    "script", "button", "sensor", "binary_sensor", "person", "device_tracker", "weather", "todo", "number", "select", "water_heater",
    "alarm_control_panel", "camera", "siren", "remote", "automation", "input_boolean", NULL};
static const char *const class_words[] = {
    "awning", "blind", "curtain", "damper", "door", "garage", "gate", "shade", "shutter", "window", "outlet", "switch", "tv",
    "speaker", "receiver", "water", "gas", "purifier", "dehumidifier", "humidifier", "temperature", "humidity", "battery",
    "battery_charging", "pm25", "pm10", "aqi", "carbon_dioxide", "carbon_monoxide", "volatile_organic_compounds", "illuminance",
    "pressure", "atmospheric_pressure", "power", "energy", "voltage", "current", "frequency", "signal_strength", "speed",
    "wind_speed", "distance", "duration", "date", "timestamp", "weight", "volume", "precipitation", "moisture", "motion",
    "occupancy", "presence", "opening", "garage_door", "smoke", "heat", "cold", "light", "lock", "connectivity", "plug", "problem",
    "running", "moving", "safety", "sound", "tamper", "update", "vibration", NULL};
static const char *const mode_words[] = {HT_MODE_LIST, NULL};
static const char *const fan_mode_words[] = {HT_FAN_MODE_LIST, NULL};
static const char *const up_down_words[] = {"up", "down", NULL};
static const char *const on_off_words[] = {"on", "off", NULL};
static const char *const media_words[] = {"music",   "artist",  "album", "track", "playlist", "podcast", "movie",
                                          "tv_show", "channel", "video", "app",   "game",     NULL};
static const char *const about_words[] = {"device", "area", "value", "action", NULL};
static const char *const reason_words[] = {"no_device", "no_area", "unsupported", "unclear", "beyond", NULL};

static const struct {
    const char *name;
    const char *const *words;
    double lo, hi; /* of numbers; lo > hi: not a number */
    bool is_whole;
} kinds[HT_SLOT_KINDS] = {
    [HT_SLOT_TEXT] = {"text", NULL, 1, 0, false},
    [HT_SLOT_ENTITY] = {"entity", NULL, 1, 0, false},
    [HT_SLOT_AREA] = {"area", NULL, 1, 0, false},
    [HT_SLOT_FLOOR] = {"floor", NULL, 1, 0, false},
    [HT_SLOT_LIST] = {"list", NULL, 1, 0, false},
    [HT_SLOT_TIMER] = {"timer", NULL, 1, 0, false},
    [HT_SLOT_DOMAIN] = {"domain", domain_words, 1, 0, false},
    [HT_SLOT_CLASS] = {"class", class_words, 1, 0, false},
    [HT_SLOT_COLOR] = {"color", NULL, 1, 0, false},
    [HT_SLOT_MODE] = {"mode", mode_words, 1, 0, false},
    [HT_SLOT_FAN_MODE] = {"fanmode", fan_mode_words, 1, 0, false},
    [HT_SLOT_UP_DOWN] = {"updown", up_down_words, 1, 0, false},
    [HT_SLOT_ON_OFF] = {"onoff", on_off_words, 1, 0, false},
    [HT_SLOT_MEDIA_CLASS] = {"mediaclass", media_words, 1, 0, false},
    [HT_SLOT_ABOUT] = {"about", about_words, 1, 0, false},
    [HT_SLOT_REASON] = {"reason", reason_words, 1, 0, false},
    [HT_SLOT_PCT] = {"pct", NULL, 0, 100, true},
    [HT_SLOT_AMOUNT] = {"amount", NULL, 1, 100, true},
    [HT_SLOT_COUNT] = {"count", NULL, 0, 100000, true},
    [HT_SLOT_KELVIN] = {"kelvin", NULL, 1000, 12000, true},
    [HT_SLOT_DEGREES] = {"degrees", NULL, -60, 300, false},
    [HT_SLOT_STEP] = {"step", NULL, 0.1, 50, false},
    [HT_SLOT_NUMBER] = {"number", NULL, -1e9, 1e9, false},
    [HT_SLOT_VOLUME_STEP] = {"volumestep", up_down_words, -100, 100, true},
    [HT_SLOT_CLOCK] = {"clock", NULL, 1, 0, false},
};

size_t ht_tool_count(void) { return sizeof tools / sizeof tools[0]; }
const ht_tool *ht_tool_at(size_t i) { return i < ht_tool_count() ? &tools[i] : NULL; }

const ht_tool *ht_tool_find(ht_str name)
{
    for (size_t i = 0; i < ht_tool_count(); i++)
        if (ht_str_is(name, tools[i].name))
            return &tools[i];
    return NULL;
}

static void read_slot(ht_str text, ht_slot *out)
{
    ht_str rest = text, kind;
    ht_str_split(&rest, ':', &out->name);
    ht_str_split(&rest, ':', &kind);
    out->is_required = !ht_str_ends(kind, HT_STR("?"));
    kind.len -= !out->is_required;
    out->kind = HT_SLOT_TEXT;
    for (int k = 0; k < HT_SLOT_KINDS; k++)
        if (ht_str_is(kind, kinds[k].name))
            out->kind = (ht_slot_kind)k;
}

/* The i-th word of a slot list, groups expanded; *n counts those passed. */
static bool find_slot(const char *slots, size_t i, size_t *n, ht_slot *out)
{
    ht_str rest = ht_str_from(slots), part;
    while (ht_str_split(&rest, ' ', &part)) {
        if (part.len == 0)
            continue;
        if (part.len == 1) {
            if (find_slot(part.ptr[0] == 'T' ? TARGET : TIMER, i, n, out))
                return true;
        } else if ((*n)++ == i) {
            read_slot(part, out);
            return true;
        }
    }
    return false;
}

bool ht_tool_slot(const ht_tool *t, size_t i, ht_slot *out)
{
    size_t n = 0;
    return find_slot(t->slots, i, &n, out);
}

const char *const *ht_slot_words(ht_slot_kind kind) { return kinds[kind].words; }

bool ht_slot_range(ht_slot_kind kind, double *lo, double *hi, bool *is_whole)
{
    *lo = kinds[kind].lo;
    *hi = kinds[kind].hi;
    *is_whole = kinds[kind].is_whole;
    return *lo <= *hi;
}

static bool is_clock(ht_str s)
{
    const char *p = s.ptr;
    if (s.len != 5 || p[2] != ':')
        return false;
    for (int i = 0; i < 5; i++)
        if (i != 2 && (p[i] < '0' || p[i] > '9'))
            return false;
    return (p[0] - '0') * 10 + (p[1] - '0') < 24 && p[3] < '6';
}

static bool text_fits(ht_slot_kind kind, ht_str s)
{
    double lo, hi;
    bool is_whole;
    if (kind == HT_SLOT_COLOR)
        return ht_color_find(s) != NULL;
    if (kind == HT_SLOT_CLOCK)
        return is_clock(s);
    if (kinds[kind].words == NULL)
        return s.len > 0 && !ht_slot_range(kind, &lo, &hi, &is_whole);
    for (const char *const *w = kinds[kind].words; *w != NULL; w++)
        if (ht_str_is(s, *w))
            return true;
    return false;
}

static bool value_fits(ht_slot_kind kind, const json_t *value)
{
    double lo, hi;
    bool is_whole;
    if (json_is_string(value))
        return text_fits(kind, (ht_str){json_string_value(value), json_string_length(value)});
    if (!json_is_number(value) || !ht_slot_range(kind, &lo, &hi, &is_whole))
        return false;
    const double x = json_number_value(value);
    return x >= lo && x <= hi && (!is_whole || x == floor(x));
}

static bool find_named(const ht_tool *t, ht_str name, ht_slot *out)
{
    for (size_t i = 0; ht_tool_slot(t, i, out); i++)
        if (ht_str_eq(out->name, name))
            return true;
    return false;
}

ht_status ht_tool_check(const ht_tool *t, const json_t *arguments, ht_error *err)
{
    ht_slot slot;
    const char *key;
    json_t *value;
    if (arguments != NULL && !json_is_object(arguments))
        return ht_fail(err, HT_BAD_FORMAT, -1, "%s: arguments must be an object", t->name);
    json_object_foreach ((json_t *)arguments, key, value) { /* the macro wants it so; nothing is written */
        if (!find_named(t, ht_str_from(key), &slot))
            return ht_fail(err, HT_BAD_FORMAT, -1, "%s has no slot \"%.60s\"", t->name, key);
        if (!value_fits(slot.kind, value))
            return ht_fail(err, HT_BAD_FORMAT, -1, "%s: \"%s\" is not a %s that it takes", t->name, key, kinds[slot.kind].name);
    }
    for (size_t i = 0; ht_tool_slot(t, i, &slot); i++)
        if (slot.is_required && json_object_getn(arguments, slot.name.ptr, slot.name.len) == NULL)
            return ht_fail(err, HT_BAD_FORMAT, -1, "%s needs \"%.*s\"", t->name, HT_STR_ARG(slot.name));
    return HT_OK;
}
