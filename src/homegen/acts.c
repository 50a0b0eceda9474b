/* What can be asked of devices: a table of verbs, the tool each calls, the kinds it fits and the value it needs. */
#include "homegen/gen.h"

#define ON_OFF "light switch outlet fan purifier ac heater thermostat floor_heating tv speaker receiver humidifier dehumidifier job.*"
#define COVERS "curtain blind shade shutter awning garage gate window door water_valve gas_valve"
#define CLIMATE "ac thermostat heater floor_heating"
#define MEDIA "tv speaker receiver"

enum { NO_LIST = HT_BY_ANY & ~HT_BY_LIST, ONE_PLACE = HT_BY_NAME | HT_BY_AREA | HT_BY_HERE | HT_BY_KIND };

static const ht_act acts[] = {
    {"turn_on", "HassTurnOn", ON_OFF, HT_BY_ANY, HT_VALUE_NONE, 12},
    {"turn_off", "HassTurnOff", ON_OFF, HT_BY_ANY, HT_VALUE_NONE, 13},
    {"turn_on", "HassTurnOn", "light", HT_BY_ANY, HT_VALUE_NONE, 7},
    {"turn_off", "HassTurnOff", "light", HT_BY_ANY, HT_VALUE_NONE, 8},
    {"toggle", "HassToggle", "light switch outlet fan", HT_BY_ANY, HT_VALUE_NONE, 1},
    {"open", "HassTurnOn", COVERS, HT_BY_ANY, HT_VALUE_NONE, 8},
    {"close", "HassTurnOff", COVERS, HT_BY_ANY, HT_VALUE_NONE, 8},
    {"lock", "HassTurnOn", "lock", HT_BY_ANY, HT_VALUE_NONE, 5},
    {"unlock", "HassTurnOff", "lock", NO_LIST, HT_VALUE_NONE, 4},
    {"run", "HassTurnOn", "scene script", HT_BY_NAME, HT_VALUE_NONE, 6},
    {"press", "HearthPress", "button", ONE_PLACE, HT_VALUE_NONE, 1.5f},
    {"brightness", "HassLightSet", "light", HT_BY_ANY, HT_VALUE_BRIGHTNESS, 8},
    {"brighter", "HearthLightAdjust", "light", NO_LIST, HT_VALUE_UP, 3},
    {"dimmer", "HearthLightAdjust", "light", NO_LIST, HT_VALUE_DOWN, 3},
    {"brighter_by", "HearthLightAdjust", "light", NO_LIST, HT_VALUE_UP_BY, 1.2f},
    {"dimmer_by", "HearthLightAdjust", "light", NO_LIST, HT_VALUE_DOWN_BY, 1.2f},
    {"color", "HassLightSet", "light", HT_BY_ANY, HT_VALUE_COLOR, 5},
    {"color_bright", "HassLightSet", "light", NO_LIST, HT_VALUE_COLOR_BRIGHT, 1.2f},
    {"color_temp", "HassLightSet", "light", HT_BY_ANY, HT_VALUE_CTEMP, 3},
    {"set_temp", "HassClimateSetTemperature", CLIMATE, HT_BY_ANY, HT_VALUE_TEMP, 8},
    {"warmer", "HearthClimateAdjust", CLIMATE, NO_LIST, HT_VALUE_UP, 2},
    {"cooler", "HearthClimateAdjust", CLIMATE, NO_LIST, HT_VALUE_DOWN, 2},
    {"warmer_by", "HearthClimateAdjust", CLIMATE, NO_LIST, HT_VALUE_WARM_BY, 1.5f},
    {"cooler_by", "HearthClimateAdjust", CLIMATE, NO_LIST, HT_VALUE_COOL_BY, 1.5f},
    {"mode", "HearthSetMode", "ac thermostat", NO_LIST, HT_VALUE_MODE, 3},
    {"preset", "HearthSetMode", "purifier humidifier dehumidifier fan", NO_LIST, HT_VALUE_PRESET, 1.5f},
    {"fan_mode", "HearthSetFanMode", "ac", NO_LIST, HT_VALUE_FAN_MODE, 2},
    {"swing_on", "HearthSetSwing", "ac fan", NO_LIST, HT_VALUE_ON, 1},
    {"swing_off", "HearthSetSwing", "ac fan", NO_LIST, HT_VALUE_OFF, 1},
    {"feature_on", "HearthSetFeature", "ac heater thermostat", NO_LIST, HT_VALUE_FEATURE_ON, 1.5f},
    {"feature_off", "HearthSetFeature", "ac heater thermostat", NO_LIST, HT_VALUE_FEATURE_OFF, 1.2f},
    {"humidity", "HassHumidifierSetpoint", "humidifier dehumidifier", NO_LIST, HT_VALUE_HUMIDITY, 4},
    {"fan_speed", "HassFanSetSpeed", "fan purifier", HT_BY_ANY, HT_VALUE_PERCENTAGE, 7},
    {"fan_mode", "HearthSetFanMode", "fan purifier", NO_LIST, HT_VALUE_FAN_MODE, 1.2f},
    {"faster", "HearthFanAdjust", "fan purifier", NO_LIST, HT_VALUE_UP, 1.5f},
    {"slower", "HearthFanAdjust", "fan purifier", NO_LIST, HT_VALUE_DOWN, 1.5f},
    {"position", "HassSetPosition", COVERS, HT_BY_ANY, HT_VALUE_POSITION, 8},
    {"position_open_to", "HassSetPosition", COVERS, NO_LIST, HT_VALUE_POSITION, 1.2f},
    {"position_close_to", "HassSetPosition", COVERS, NO_LIST, HT_VALUE_POSITION, 0.6f},
    {"stop", "HassStopMoving", "curtain blind shade shutter awning garage gate", NO_LIST, HT_VALUE_NONE, 1.5f},
    {"volume", "HassSetVolume", MEDIA, NO_LIST, HT_VALUE_VOLUME, 6},
    {"louder", "HassSetVolumeRelative", MEDIA, NO_LIST, HT_VALUE_LOUD, 4},
    {"quieter", "HassSetVolumeRelative", MEDIA, NO_LIST, HT_VALUE_QUIET, 4},
    {"louder_by", "HassSetVolumeRelative", MEDIA, NO_LIST, HT_VALUE_LOUD_BY, 2.5f},
    {"quieter_by", "HassSetVolumeRelative", MEDIA, NO_LIST, HT_VALUE_QUIET_BY, 2.5f},
    {"pause", "HassMediaPause", MEDIA, NO_LIST, HT_VALUE_NONE, 4},
    {"resume", "HassMediaUnpause", MEDIA, NO_LIST, HT_VALUE_NONE, 4},
    {"next", "HassMediaNext", MEDIA, NO_LIST, HT_VALUE_NONE, 4},
    {"previous", "HassMediaPrevious", MEDIA, NO_LIST, HT_VALUE_NONE, 3},
    {"stop_media", "HearthMediaStop", MEDIA, NO_LIST, HT_VALUE_NONE, 1},
    {"mute", "HassMediaPlayerMute", MEDIA, NO_LIST, HT_VALUE_NONE, 4},
    {"unmute", "HassMediaPlayerUnmute", MEDIA, NO_LIST, HT_VALUE_NONE, 4},
    {"source", "HearthSelectSource", "tv receiver speaker", ONE_PLACE, HT_VALUE_SOURCE, 1.5f},
    {"vacuum_start", "HassVacuumStart", "vacuum", ONE_PLACE, HT_VALUE_NONE, 7},
    {"vacuum_dock", "HassVacuumReturnToBase", "vacuum", ONE_PLACE, HT_VALUE_NONE, 7},
    {"mow", "HassLawnMowerStartMowing", "lawn_mower", ONE_PLACE, HT_VALUE_NONE, 7},
    {"mow_dock", "HassLawnMowerDock", "lawn_mower", ONE_PLACE, HT_VALUE_NONE, 7},
    {"set_value", "HearthSetValue", "number", HT_BY_NAME, HT_VALUE_NUMBER, 1.2f},
    {"select_option", "HearthSelectOption", "select", HT_BY_NAME, HT_VALUE_OPTION, 1.2f},
    {"arm", "HassTurnOn", "alarm", ONE_PLACE, HT_VALUE_NONE, 0.8f},
    {"disarm", "HassTurnOff", "alarm", ONE_PLACE, HT_VALUE_NONE, 0.6f},
};

size_t ht_act_count(void) { return sizeof acts / sizeof acts[0]; }
const ht_act *ht_act_at(size_t i) { return &acts[i]; }

static const ht_act *random_act(ht_rng *rng)
{
    float total = 0;
    for (size_t i = 0; i < ht_act_count(); i++)
        total += acts[i].weight;
    float at = ht_rng_float(rng) * total;
    size_t i = 0;
    while (i + 1 < ht_act_count() && (at -= acts[i].weight) >= 0)
        i++;
    return &acts[i];
}

void ht_act_calls(const ht_act *act, const ht_target *t, const json_t *args, ht_wish *w)
{
    for (size_t k = 0; k < t->n; k++) {
        json_t *all = json_copy(t->slots[k]); /* shallow: the values are never changed */
        json_object_update(all, (json_t *)args);
        ht_wish_call(w, act->tool, all);
    }
}

/* Buttons are pressed, scripts run; a call for the job's domain. */
static bool job_domain_fits(const ht_gen *x, const ht_target *t)
{
    return t->entity >= 0 && ht_str_is(ht_home_entity_at(x->w->home, (size_t)t->entity)->domain, "switch");
}

bool ht_act_make(ht_gen *x, const ht_act *act, ht_wish *w)
{
    for (int tries = 0; act == NULL && tries < 12; tries++) {
        const ht_act *some = random_act(x->rng);
        if (ht_gen_entity(x, some->kinds) >= 0)
            act = some;
    }
    if (act == NULL)
        return false;
    ht_wish_start(x, w, act->key);
    const int entity = ht_gen_entity(x, act->kinds);
    if (entity < 0 || !ht_target_choose(x, entity, act->schemes, &w->target))
        return false;
    const ht_thing *t = ht_thing_at((size_t)w->target.thing);
    if (strncmp(t->key, "job.", 4) == 0 && !job_domain_fits(x, &w->target))
        return false;
    json_t *args = json_object();
    const bool ok = ht_value_make(x, act->value, entity, args) &&
                    ht_gen_say(x, w, 1u << HT_STYLE_DO | 1u << HT_STYLE_SAY, act->key, t->key, ht_scheme_names[w->target.scheme]) &&
                    !ht_target_conflicts(x, &w->target, ht_buf_str(&w->text));
    if (ok)
        ht_act_calls(act, &w->target, args, w);
    json_decref(args);
    w->device = act;
    return ok;
}

bool ht_wish_device(ht_gen *x, ht_wish *w) { return ht_act_make(x, NULL, w); }
