/* What can be done to an entity, in one vocabulary: the words of effects, of a home file's `supports`, and of drivers. */
#ifndef HT_HOME_ACTION_H
#define HT_HOME_ACTION_H
#include "home/home.h"

/* Enumerator and word. */
#define HT_VERB_LIST(X)                                       \
    X(HT_VERB_TURN_ON, "turn_on")                             \
    X(HT_VERB_TURN_OFF, "turn_off")                           \
    X(HT_VERB_TOGGLE, "toggle")                               \
    X(HT_VERB_OPEN, "open")                                   \
    X(HT_VERB_CLOSE, "close")                                 \
    X(HT_VERB_STOP, "stop")                                   \
    X(HT_VERB_SET_POSITION, "set_position")                   \
    X(HT_VERB_LOCK, "lock")                                   \
    X(HT_VERB_UNLOCK, "unlock")                               \
    X(HT_VERB_SET_BRIGHTNESS, "set_brightness")               \
    X(HT_VERB_ADJUST_BRIGHTNESS, "adjust_brightness")         \
    X(HT_VERB_SET_COLOR, "set_color")                         \
    X(HT_VERB_SET_COLOR_TEMP, "set_color_temp")               \
    X(HT_VERB_SET_TEMPERATURE, "set_temperature")             \
    X(HT_VERB_ADJUST_TEMPERATURE, "adjust_temperature")       \
    X(HT_VERB_SET_MODE, "set_mode")                           \
    X(HT_VERB_SET_FAN_SPEED, "set_fan_speed")                 \
    X(HT_VERB_SET_SPEED, "set_speed")                         \
    X(HT_VERB_ADJUST_SPEED, "adjust_speed")                   \
    X(HT_VERB_SET_SWING, "set_swing")                         \
    X(HT_VERB_SET_FEATURE, "set_feature")                     \
    X(HT_VERB_SET_HUMIDITY, "set_humidity")                   \
    X(HT_VERB_ACTIVATE, "activate")                           \
    X(HT_VERB_RUN, "run")                                     \
    X(HT_VERB_PRESS, "press")                                 \
    X(HT_VERB_VACUUM_START, "vacuum_start")                   \
    X(HT_VERB_VACUUM_RETURN, "vacuum_return_to_base")         \
    X(HT_VERB_VACUUM_CLEAN_AREA, "vacuum_clean_area")         \
    X(HT_VERB_MOWER_START, "lawn_mower_start_mowing")         \
    X(HT_VERB_MOWER_DOCK, "lawn_mower_dock")                  \
    X(HT_VERB_MEDIA_PAUSE, "media_pause")                     \
    X(HT_VERB_MEDIA_UNPAUSE, "media_unpause")                 \
    X(HT_VERB_MEDIA_NEXT, "media_next")                       \
    X(HT_VERB_MEDIA_PREVIOUS, "media_previous")               \
    X(HT_VERB_MEDIA_STOP, "media_stop")                       \
    X(HT_VERB_MEDIA_MUTE, "media_player_mute")                \
    X(HT_VERB_MEDIA_UNMUTE, "media_player_unmute")            \
    X(HT_VERB_SET_VOLUME, "set_volume")                       \
    X(HT_VERB_SET_VOLUME_RELATIVE, "set_volume_relative")     \
    X(HT_VERB_MEDIA_SEARCH, "media_search_and_play")          \
    X(HT_VERB_SELECT_SOURCE, "select_source")                 \
    X(HT_VERB_SET_VALUE, "set_value")                         \
    X(HT_VERB_SELECT_OPTION, "select_option")                 \
    X(HT_VERB_GET_STATE, "get_state")                         \
    X(HT_VERB_GET_TEMPERATURE, "get_temperature")             \
    X(HT_VERB_GET_WEATHER, "get_weather")

#define HT_VERB_ENUM(name, word) name,
typedef enum { HT_VERB_LIST(HT_VERB_ENUM) HT_VERB_COUNT } ht_verb;
#undef HT_VERB_ENUM

/* value, by verb: SET_BRIGHTNESS, SET_POSITION, SET_SPEED, SET_VOLUME, SET_HUMIDITY percent; ADJUST_BRIGHTNESS,
 * SET_VOLUME_RELATIVE ± percentage points; SET_TEMPERATURE °C; ADJUST_TEMPERATURE ± degrees; SET_COLOR_TEMP kelvin;
 * ADJUST_SPEED 1 or -1; SET_SWING, SET_FEATURE 1 or 0; SET_VALUE the number; otherwise unused.
 * text: SET_COLOR the colour's name; SET_MODE, SET_FAN_SPEED the mode; SET_FEATURE the feature; MEDIA_SEARCH what to play;
 * SELECT_SOURCE, SELECT_OPTION the choice; otherwise unused. rgb: of SET_COLOR. */
typedef struct {
    ht_verb verb;
    double value;
    ht_str text;
    uint8_t rgb[3];
} ht_action;

const char *ht_verb_word(ht_verb verb);
/* What a general verb (turn_on, turn_off, toggle) means for a domain: open, lock, activate, vacuum_start …; others as they are. */
ht_verb ht_verb_for(ht_verb verb, ht_str domain);
/* Whether the domain knows the verb at all, after ht_verb_for. */
bool ht_verb_fits(ht_verb verb, ht_str domain);
/* Whether this entity can do it, after ht_verb_for. */
bool ht_entity_able(const ht_entity *e, ht_verb verb);
/* Whether the value asked for lies within what the entity takes (supports, min_temp, hvac_modes, source_list …); where it does
 * not, *lo and *hi are the limits if there are any (lo > hi otherwise). */
bool ht_action_in_range(const ht_entity *e, const ht_action *a, double *lo, double *hi);
/* Whether it lets somebody or something in or out: unlocking, opening a garage door, gate or valve, disarming, and a scene
 * that does one of these. */
bool ht_action_is_dangerous(const ht_home *h, size_t entity, const ht_action *a);

/* Carries the action out: changes only what it names, and hands it to the entity's driver (home/driver.h) if it has one. The caller has asked
 * ht_entity_able and ht_action_in_range. Without a driver HT_NO_MEMORY only; HT_IO: the device cannot be reached and nothing has changed. */
HT_CHECKED ht_status ht_action_apply(ht_home *h, size_t entity, const ht_action *a, ht_error *err);
#endif
