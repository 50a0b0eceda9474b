/* What an entity is and can do, from its domain and what its file says. */
#include "home/action.h"
#include "home/private.h"

/* domains: which know the verb. words: in `supports.actions`, any of which allows it. features: endings in
 * `supported_features` ("cover.CoverEntityFeature.SET_POSITION"), any of which allows it; NULL: always allowed there. */
static const struct {
    const char *word, *domains, *words, *features;
} verbs[HT_VERB_COUNT] = {
#define ON_OFF "light switch fan climate media_player humidifier water_heater siren remote camera automation input_boolean group alarm_control_panel"
    [HT_VERB_TURN_ON] = {"turn_on", ON_OFF, "turn_on", NULL},
    [HT_VERB_TURN_OFF] = {"turn_off", ON_OFF " script", "turn_off", NULL},
    [HT_VERB_TOGGLE] = {"toggle", ON_OFF " cover valve lock", "toggle turn_on open lock", NULL},
    [HT_VERB_OPEN] = {"open", "cover valve", "open", "OPEN"},
    [HT_VERB_CLOSE] = {"close", "cover valve", "close", "CLOSE"},
    [HT_VERB_STOP] = {"stop", "cover valve", "stop open", "STOP OPEN"}, /* what opens by motor can be stopped */
    [HT_VERB_SET_POSITION] = {"set_position", "cover valve", "set_position", "SET_POSITION"},
    [HT_VERB_LOCK] = {"lock", "lock", "lock", NULL},
    [HT_VERB_UNLOCK] = {"unlock", "lock", "unlock", NULL},
    [HT_VERB_SET_BRIGHTNESS] = {"set_brightness", "light", "set_brightness", NULL},
    [HT_VERB_ADJUST_BRIGHTNESS] = {"adjust_brightness", "light", "adjust_brightness set_brightness", NULL},
    [HT_VERB_SET_COLOR] = {"set_color", "light", "set_color", NULL},
    [HT_VERB_SET_COLOR_TEMP] = {"set_color_temp", "light", "set_color_temp", NULL},
    [HT_VERB_SET_TEMPERATURE] = {"set_temperature", "climate water_heater", "set_temperature",
                                 "TARGET_TEMPERATURE TARGET_TEMPERATURE_RANGE"},
    [HT_VERB_ADJUST_TEMPERATURE] = {"adjust_temperature", "climate water_heater", "adjust_temperature set_temperature",
                                    "TARGET_TEMPERATURE TARGET_TEMPERATURE_RANGE"},
    [HT_VERB_SET_MODE] = {"set_mode", "climate fan humidifier water_heater", "set_mode set_hvac_mode set_preset_mode", NULL},
    [HT_VERB_SET_FAN_SPEED] = {"set_fan_speed", "climate fan", "set_fan_speed set_fan_mode set_speed", "FAN_MODE SET_SPEED"},
    [HT_VERB_SET_SPEED] = {"set_speed", "fan", "set_speed set_percentage", "SET_SPEED"},
    [HT_VERB_ADJUST_SPEED] = {"adjust_speed", "fan climate", "adjust_speed set_speed set_fan_speed set_fan_mode",
                              "SET_SPEED FAN_MODE"},
    [HT_VERB_SET_SWING] = {"set_swing", "climate fan", "set_swing set_swing_mode oscillate", "SWING_MODE OSCILLATE"},
    [HT_VERB_SET_FEATURE] = {"set_feature", "climate fan humidifier switch light media_player vacuum cover water_heater lock",
                             "set_feature", NULL},
    [HT_VERB_SET_HUMIDITY] = {"set_humidity", "humidifier climate", "set_humidity", "TARGET_HUMIDITY"},
    [HT_VERB_ACTIVATE] = {"activate", "scene", "activate turn_on", NULL},
    [HT_VERB_RUN] = {"run", "script", "run turn_on", NULL},
    [HT_VERB_PRESS] = {"press", "button", "press turn_on", NULL},
    [HT_VERB_VACUUM_START] = {"vacuum_start", "vacuum", "vacuum_start start turn_on", "START TURN_ON"},
    [HT_VERB_VACUUM_RETURN] = {"vacuum_return_to_base", "vacuum", "vacuum_return_to_base return_to_base turn_off",
                               "RETURN_HOME"},
    [HT_VERB_VACUUM_CLEAN_AREA] = {"vacuum_clean_area", "vacuum", "vacuum_clean_area clean_area", "CLEAN_AREA SEND_COMMAND"},
    [HT_VERB_MOWER_START] = {"lawn_mower_start_mowing", "lawn_mower", "lawn_mower_start_mowing start_mowing start",
                             "START_MOWING"},
    [HT_VERB_MOWER_DOCK] = {"lawn_mower_dock", "lawn_mower", "lawn_mower_dock dock", "DOCK"},
    [HT_VERB_MEDIA_PAUSE] = {"media_pause", "media_player", "media_pause pause", "PAUSE"},
    [HT_VERB_MEDIA_UNPAUSE] = {"media_unpause", "media_player", "media_unpause play", "PLAY"},
    [HT_VERB_MEDIA_NEXT] = {"media_next", "media_player", "media_next next", "NEXT_TRACK"},
    [HT_VERB_MEDIA_PREVIOUS] = {"media_previous", "media_player", "media_previous previous", "PREVIOUS_TRACK"},
    [HT_VERB_MEDIA_STOP] = {"media_stop", "media_player", "media_stop stop pause", "STOP PAUSE"},
    [HT_VERB_MEDIA_MUTE] = {"media_player_mute", "media_player", "media_player_mute mute", "VOLUME_MUTE"},
    [HT_VERB_MEDIA_UNMUTE] = {"media_player_unmute", "media_player", "media_player_unmute unmute mute", "VOLUME_MUTE"},
    [HT_VERB_SET_VOLUME] = {"set_volume", "media_player", "set_volume", "VOLUME_SET"},
    [HT_VERB_SET_VOLUME_RELATIVE] = {"set_volume_relative", "media_player",
                                     "set_volume_relative volume_up volume_down set_volume", "VOLUME_STEP VOLUME_SET"},
    [HT_VERB_MEDIA_SEARCH] = {"media_search_and_play", "media_player", "media_search_and_play play_media",
                              "PLAY_MEDIA PLAY SEARCH_MEDIA"},
    [HT_VERB_SELECT_SOURCE] = {"select_source", "media_player", "select_source play_media", "SELECT_SOURCE"},
    [HT_VERB_SET_VALUE] = {"set_value", "number", "set_value", NULL},
    [HT_VERB_SELECT_OPTION] = {"select_option", "select", "select_option", NULL},
    [HT_VERB_GET_STATE] = {"get_state", NULL, NULL, NULL},
    [HT_VERB_GET_TEMPERATURE] = {"get_temperature", "climate water_heater sensor weather", NULL, NULL},
    [HT_VERB_GET_WEATHER] = {"get_weather", "weather", NULL, NULL},
#undef ON_OFF
};

/* Whether one of the words, parted by blanks, is s. */
static bool has_word(const char *words, ht_str s)
{
    ht_str rest = ht_str_from(words), word;
    while (ht_str_split(&rest, ' ', &word))
        if (ht_str_eq(word, s))
            return true;
    return false;
}

const char *ht_verb_word(ht_verb verb) { return verbs[verb].word; }

ht_verb ht_verb_for(ht_verb verb, ht_str domain)
{
    static const struct {
        const char *domain;
        ht_verb on, off, toggle;
    } special[] = {
        {"cover", HT_VERB_OPEN, HT_VERB_CLOSE, HT_VERB_TOGGLE},
        {"valve", HT_VERB_OPEN, HT_VERB_CLOSE, HT_VERB_TOGGLE},
        {"lock", HT_VERB_LOCK, HT_VERB_UNLOCK, HT_VERB_TOGGLE},
        {"scene", HT_VERB_ACTIVATE, HT_VERB_TURN_OFF, HT_VERB_ACTIVATE},
        {"script", HT_VERB_RUN, HT_VERB_TURN_OFF, HT_VERB_RUN},
        {"button", HT_VERB_PRESS, HT_VERB_TURN_OFF, HT_VERB_PRESS},
        {"vacuum", HT_VERB_VACUUM_START, HT_VERB_VACUUM_RETURN, HT_VERB_TOGGLE},
        {"lawn_mower", HT_VERB_MOWER_START, HT_VERB_MOWER_DOCK, HT_VERB_TOGGLE},
    };
    for (size_t i = 0; verb <= HT_VERB_TOGGLE && i < sizeof special / sizeof special[0]; i++)
        if (ht_str_is(domain, special[i].domain))
            return verb == HT_VERB_TURN_ON ? special[i].on : verb == HT_VERB_TURN_OFF ? special[i].off : special[i].toggle;
    return verb;
}

bool ht_verb_fits(ht_verb verb, ht_str domain)
{
    verb = ht_verb_for(verb, domain);
    return verbs[verb].domains == NULL || has_word(verbs[verb].domains, domain);
}

static bool lists_word(const json_t *actions, const char *words)
{
    for (size_t i = 0; i < json_array_size(actions); i++)
        if (has_word(words, ht_home_json_str(json_array_get(actions, i))))
            return true;
    return false;
}

/* "cover.CoverEntityFeature.SET_POSITION" counts by what stands behind the last dot. */
static bool lists_feature(const json_t *features, const char *words)
{
    for (size_t i = 0; i < json_array_size(features); i++) {
        const char *name = json_string_value(json_array_get(features, i)), *dot = name ? strrchr(name, '.') : NULL;
        if (name != NULL && has_word(words, ht_str_from(dot ? dot + 1 : name)))
            return true;
    }
    return false;
}

/* What a lamp's colour modes allow: every mode but onoff dims; white tones need color_temp or a colour mode. */
static bool colors_allow(const json_t *modes, ht_verb verb)
{
    bool dims = false, tones = false, colors = false;
    for (size_t i = 0; i < json_array_size(modes); i++) {
        const ht_str m = ht_home_json_str(json_array_get(modes, i));
        const bool is_color = has_word("hs xy rgb rgbw rgbww", m);
        colors |= is_color;
        tones |= is_color || ht_str_is(m, "color_temp");
        dims |= !ht_str_is(m, "onoff") && !ht_str_is(m, "unknown");
    }
    if (verb == HT_VERB_SET_BRIGHTNESS || verb == HT_VERB_ADJUST_BRIGHTNESS)
        return dims;
    if (verb == HT_VERB_SET_COLOR_TEMP)
        return tones;
    return verb != HT_VERB_SET_COLOR || colors;
}

bool ht_entity_able(const ht_entity *e, ht_verb verb)
{
    verb = ht_verb_for(verb, e->domain);
    if (!ht_verb_fits(verb, e->domain))
        return false;
    const json_t *actions = json_object_get(e->supports, "actions");
    if (json_is_array(actions) && verbs[verb].words != NULL)
        return lists_word(actions, verbs[verb].words);
    const json_t *features = json_object_get(e->attributes, "supported_features");
    if (json_is_array(features) && verbs[verb].features != NULL && !lists_feature(features, verbs[verb].features))
        return false;
    const json_t *modes = json_object_get(e->attributes, "supported_color_modes");
    return !json_is_array(modes) || colors_allow(modes, verb);
}

bool ht_entity_can(const ht_entity *e, const char *action)
{
    for (int v = 0; v < HT_VERB_COUNT; v++)
        if (strcmp(verbs[v].word, action) == 0)
            return ht_entity_able(e, (ht_verb)v);
    return lists_word(json_object_get(e->supports, "actions"), action);
}

ht_str ht_entity_class(const ht_entity *e)
{
    const char *name = ht_entity_text(e, "device_class");
    return name ? ht_str_from(name) : (ht_str){"", 0};
}

bool ht_entity_number(const ht_entity *e, const char *key, double *out)
{
    const json_t *v = json_object_get(e->attributes, key);
    if (!json_is_number(v))
        return false;
    *out = json_number_value(v);
    return true;
}

const char *ht_entity_text(const ht_entity *e, const char *key)
{
    return json_string_value(json_object_get(e->attributes, key));
}

const char *ht_entity_unit(const ht_entity *e)
{
    const char *unit = ht_entity_text(e, "unit_of_measurement");
    return unit ? unit : ht_entity_text(e, "native_unit_of_measurement");
}

bool ht_entity_is_active(const ht_entity *e)
{
    static const char idle[] =
        "off closed closing locked locking docked returning idle standby paused disarmed unavailable not_home none";
    return e->state != NULL && e->state[0] != '\0' && !has_word(idle, ht_str_from(e->state));
}
