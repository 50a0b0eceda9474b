/* Requests that name no device: music, volume, light and warmth "here", cleaning, and the jobs of appliances. */
#include <stdio.h>

#include "homegen/gen.h"

enum { DO_SAY = 1u << HT_STYLE_DO | 1u << HT_STYLE_SAY };

#define MEDIA "tv speaker receiver"
#define EVERYDAY "light switch fan tv speaker"
#define CLIMATE "ac thermostat heater floor_heating"

/* How a request without a device is placed. */
typedef enum { NOWHERE, IN_AREA, IN_HERE, ON_FLOOR } placing;

static const struct {
    const char *key, *tool, *kinds; /* kinds: at least one must be in the home */
    placing place;
    ht_value value;
    float weight;
} near_acts[] = {
    {"pause_none", "HassMediaPause", MEDIA, NOWHERE, HT_VALUE_NONE, 3},
    {"resume_none", "HassMediaUnpause", MEDIA, NOWHERE, HT_VALUE_NONE, 3},
    {"next_none", "HassMediaNext", MEDIA, NOWHERE, HT_VALUE_NONE, 3},
    {"previous_none", "HassMediaPrevious", MEDIA, NOWHERE, HT_VALUE_NONE, 2},
    {"stop_media_none", "HearthMediaStop", MEDIA, NOWHERE, HT_VALUE_NONE, 2},
    {"mute_none", "HassMediaPlayerMute", MEDIA, NOWHERE, HT_VALUE_NONE, 2},
    {"unmute_none", "HassMediaPlayerUnmute", MEDIA, NOWHERE, HT_VALUE_NONE, 2},
    {"volume_none", "HassSetVolume", MEDIA, NOWHERE, HT_VALUE_VOLUME, 4},
    {"louder_none", "HassSetVolumeRelative", MEDIA, NOWHERE, HT_VALUE_LOUD, 3},
    {"quieter_none", "HassSetVolumeRelative", MEDIA, NOWHERE, HT_VALUE_QUIET, 3},
    {"louder_by_none", "HassSetVolumeRelative", MEDIA, NOWHERE, HT_VALUE_LOUD_BY, 1.5f},
    {"quieter_by_none", "HassSetVolumeRelative", MEDIA, NOWHERE, HT_VALUE_QUIET_BY, 1.5f},
    {"too_dark", "HearthLightAdjust", "light", NOWHERE, HT_VALUE_UP, 2},
    {"too_bright", "HearthLightAdjust", "light", NOWHERE, HT_VALUE_DOWN, 2},
    {"too_dark_here", "HearthLightAdjust", "light", IN_HERE, HT_VALUE_UP, 2},
    {"too_bright_here", "HearthLightAdjust", "light", IN_HERE, HT_VALUE_DOWN, 2},
    {"too_cold", "HearthClimateAdjust", CLIMATE, NOWHERE, HT_VALUE_UP, 2},
    {"too_hot", "HearthClimateAdjust", CLIMATE, NOWHERE, HT_VALUE_DOWN, 2},
    {"too_cold_here", "HearthClimateAdjust", CLIMATE, IN_HERE, HT_VALUE_UP, 2},
    {"too_hot_here", "HearthClimateAdjust", CLIMATE, IN_HERE, HT_VALUE_DOWN, 2},
    {"too_cold_area", "HearthClimateAdjust", CLIMATE, IN_AREA, HT_VALUE_UP, 1.5f},
    {"too_hot_area", "HearthClimateAdjust", CLIMATE, IN_AREA, HT_VALUE_DOWN, 1.5f},
    {"set_temp_area", "HassClimateSetTemperature", CLIMATE, IN_AREA, HT_VALUE_TEMP, 4},
    {"set_temp_here", "HassClimateSetTemperature", CLIMATE, IN_HERE, HT_VALUE_TEMP, 2},
    {"set_temp_none", "HassClimateSetTemperature", CLIMATE, NOWHERE, HT_VALUE_TEMP, 4},
    {"stuffy", "HearthFanAdjust", "fan purifier", NOWHERE, HT_VALUE_UP, 1},
    {"vacuum_start_none", "HassVacuumStart", "vacuum", NOWHERE, HT_VALUE_NONE, 3},
    {"vacuum_dock_none", "HassVacuumReturnToBase", "vacuum", NOWHERE, HT_VALUE_NONE, 2},
    {"mow_none", "HassLawnMowerStartMowing", "lawn_mower", NOWHERE, HT_VALUE_NONE, 2},
    {"all_off_area", "HassTurnOff", EVERYDAY, IN_AREA, HT_VALUE_NONE, 2},
    {"all_off_here", "HassTurnOff", EVERYDAY, IN_HERE, HT_VALUE_NONE, 1},
    {"all_off_floor", "HassTurnOff", EVERYDAY, ON_FLOOR, HT_VALUE_NONE, 1},
    {"all_on_area", "HassTurnOn", EVERYDAY, IN_AREA, HT_VALUE_NONE, 0.6f},
    {"mow_dock_none", "HassLawnMowerDock", "lawn_mower", NOWHERE, HT_VALUE_NONE, 2},
};
enum { N_NEAR = sizeof near_acts / sizeof near_acts[0] };

static size_t random_near(ht_rng *rng)
{
    float total = 0;
    for (size_t i = 0; i < N_NEAR; i++)
        total += near_acts[i].weight;
    float at = ht_rng_float(rng) * total;
    size_t i = 0;
    while (i + 1 < N_NEAR && (at -= near_acts[i].weight) >= 0)
        i++;
    return i;
}

static bool has_kind_in(const ht_gen *x, const char *kinds, int area)
{
    for (size_t i = 0; i < ht_home_entity_count(x->w->home); i++)
        if (ht_home_entity_at(x->w->home, i)->area == area && ht_thing_in(ht_thing_at((size_t)x->w->thing[i]), kinds))
            return true;
    return false;
}

bool ht_wish_place(ht_gen *x, ht_wish *w)
{
    size_t i = 0;
    int entity = -1;
    for (int tries = 0; tries < 12 && entity < 0; tries++) {
        i = random_near(x->rng);
        entity = ht_gen_entity(x, near_acts[i].kinds);
    }
    if (entity < 0)
        return false;
    ht_wish_start(x, w, near_acts[i].key);
    int area = -1;
    if (near_acts[i].place == IN_HERE)
        area = x->w->here;
    else if (near_acts[i].place != NOWHERE)
        area = ht_home_entity_at(x->w->home, (size_t)entity)->area;
    const int floor = near_acts[i].place == ON_FLOOR && area >= 0 ? ht_home_area_at(x->w->home, (size_t)area)->floor : -1;
    if (near_acts[i].place == ON_FLOOR && floor < 0)
        return false;
    if (near_acts[i].place != NOWHERE && (area < 0 || !has_kind_in(x, near_acts[i].kinds, area)))
        return false;
    json_t *args = json_object();
    if (area >= 0) {
        const ht_str name = floor >= 0 ? ht_gen_floor(x, floor) : ht_gen_area(x, area);
        json_object_set_new(args, floor >= 0 ? "floor" : "area", json_stringn(name.ptr, name.len));
    }
    w->target.area = floor >= 0 ? -1 : area;
    const bool ok = ht_value_make(x, near_acts[i].value, entity, args) && ht_gen_say(x, w, DO_SAY, near_acts[i].key, NULL, NULL) &&
                    !ht_target_conflicts(x, &w->target, ht_buf_str(&w->text));
    if (ok)
        ht_wish_call(w, near_acts[i].tool, args);
    else
        json_decref(args);
    w->may_miss = area < 0;
    return ok;
}

bool ht_wish_media(ht_gen *x, ht_wish *w)
{
    static const struct {
        const char *word, *media_class;
    } sorts[] = {{"artist", "artist"}, {"album", "album"}, {"track", "track"}, {"playlist", "playlist"}, {"podcast", "podcast"},
                 {"movie", "movie"}, {"tv_show", "tv_show"}, {"radio", "channel"}, {"genre", "music"}, {"artist", "artist"}, {"track", "track"}};
    const int entity = ht_gen_entity(x, MEDIA);
    if (entity < 0)
        return false;
    const size_t i = ht_rng_below(x->rng, sizeof sorts / sizeof sorts[0]);
    const bool has_target = ht_rng_chance(x->rng, 0.5f);
    ht_wish_start(x, w, has_target ? "play" : "play_none");
    if (has_target && !ht_target_choose(x, entity, HT_BY_NAME | HT_BY_AREA | HT_BY_HERE | 1u << HT_SCHEME_KIND_ONE, &w->target))
        return false;
    char key[32];
    snprintf(key, sizeof key, "media.%s", sorts[i].word);
    const ht_str query = ht_gen_word(x, key);
    if (query.ptr == NULL)
        return false;
    const ht_str kept = ht_gen_keep(x, HT_VAR_query, query);
    snprintf(key, sizeof key, "play_%s%s", sorts[i].word, has_target ? "" : "_none");
    const char *scheme = has_target ? ht_scheme_names[w->target.scheme] : NULL;
    const char *kind = has_target ? ht_thing_at((size_t)w->target.thing)->key : NULL;
    if (!ht_gen_say(x, w, DO_SAY, key, kind, scheme) || ht_target_conflicts(x, &w->target, ht_buf_str(&w->text)))
        return false;
    json_t *args = has_target ? json_copy(w->target.slots[0]) : json_object();
    json_object_set_new(args, "search_query", json_stringn(kept.ptr, kept.len));
    json_object_set_new(args, "media_class", json_string(sorts[i].media_class));
    ht_wish_call(w, "HassMediaSearchAndPlay", args);
    w->may_miss = !has_target;
    return true;
}

bool ht_wish_clean(ht_gen *x, ht_wish *w)
{
    static const char *const keys[] = {"clean_area", "clean_area_name", "clean_here"};
    const int entity = ht_gen_entity(x, "vacuum");
    const uint32_t sort = ht_rng_chance(x->rng, 0.6f) ? 0 : 1 + ht_rng_below(x->rng, 2);
    const size_t n_areas = ht_home_area_count(x->w->home);
    if (entity < 0 || n_areas == 0 || (sort == 2 && x->w->here < 0))
        return false;
    ht_wish_start(x, w, keys[sort]);
    const int area = sort == 2 ? x->w->here : (int)ht_rng_below(x->rng, (uint32_t)n_areas);
    json_t *args = json_object();
    bool ok = true;
    if (sort == 1) {
        ok = ht_target_choose(x, entity, 1u << HT_SCHEME_NAME | 1u << HT_SCHEME_PROPER, &w->target);
        if (ok)
            json_object_update(args, w->target.slots[0]);
    }
    const ht_str name = ht_gen_area(x, area);
    json_object_set_new(args, "area", json_stringn(name.ptr, name.len));
    w->target.area = area;
    ok = ok && ht_gen_say(x, w, DO_SAY, keys[sort], NULL, NULL) && !ht_target_conflicts(x, &w->target, ht_buf_str(&w->text));
    if (ok)
        ht_wish_call(w, "HassVacuumCleanArea", args);
    else
        json_decref(args);
    w->may_miss = sort != 1;
    return ok;
}

bool ht_wish_job(ht_gen *x, ht_wish *w)
{
    const int entity = ht_gen_entity(x, "job.*");
    if (entity < 0 || ht_gen_count(x, x->w->thing[entity], -1) != 1)
        return false;
    const ht_entity *e = ht_home_entity_at(x->w->home, (size_t)entity);
    const bool is_switch = ht_str_is(e->domain, "switch"), is_button = ht_str_is(e->domain, "button");
    const bool off = is_switch && ht_rng_chance(x->rng, 0.35f);
    ht_wish_start(x, w, off ? "job_off" : "job_on");
    if (!ht_target_choose(x, entity, 1u << HT_SCHEME_NAME | 1u << HT_SCHEME_PROPER | 1u << HT_SCHEME_KIND_ONE, &w->target))
        return false;
    const char *job = ht_thing_at((size_t)w->target.thing)->key + strlen("job.");
    if (!ht_gen_say(x, w, DO_SAY, w->act, job, NULL) || ht_target_conflicts(x, &w->target, ht_buf_str(&w->text)))
        return false;
    ht_wish_call(w, is_button ? "HearthPress" : off ? "HassTurnOff" : "HassTurnOn", json_copy(w->target.slots[0]));
    return true;
}
