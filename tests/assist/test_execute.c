#include "assist/execute.h"
#include "home/driver.h"

#include <stdarg.h>

#include "check.h"

/* Two floors; every domain; a name that two lamps share. */
static const char home_text[] =
    "{\"id\":\"t\",\"lang\":\"en\",\"floors\":[{\"name\":\"Ground\"},{\"name\":\"Upper\"}],"
    "\"areas\":[{\"name\":\"Kitchen\",\"floor\":\"Ground\",\"aliases\":[\"厨房\"]},{\"name\":\"Living Room\",\"floor\":\"Ground\"},"
    "{\"name\":\"Bedroom\",\"floor\":\"Upper\"},{\"name\":\"Garage\",\"floor\":\"Ground\"},{\"name\":\"Empty\"}],\"entities\":["
    "{\"id\":\"light.kitchen\",\"name\":\"Ceiling\",\"area\":\"Kitchen\",\"state\":\"on\",\"attributes\":{\"brightness\":100,\"color_mode\":\"brightness\","
    "\"supported_color_modes\":[\"brightness\"]}},"
    "{\"id\":\"light.living\",\"name\":\"Ceiling\",\"area\":\"Living Room\",\"state\":\"off\",\"attributes\":{\"off_brightness\":51}},"
    "{\"id\":\"light.strip\",\"name\":\"Strip\",\"aliases\":[\"灯带\"],\"area\":\"Living Room\",\"state\":\"off\",\"attributes\":{\"supported_color_modes\":[\"rgb\",\"color_temp\"]}},"
    "{\"id\":\"light.bed\",\"name\":\"Bed Lamp\",\"area\":\"Bedroom\",\"state\":\"off\",\"attributes\":{\"supported_color_modes\":[\"onoff\"]}},"
    "{\"id\":\"switch.kettle\",\"name\":\"Kettle\",\"area\":\"Kitchen\",\"state\":\"off\"},"
    "{\"id\":\"fan.bed\",\"name\":\"Bed Fan\",\"area\":\"Bedroom\",\"state\":\"off\",\"attributes\":{\"oscillating\":false}},"
    "{\"id\":\"cover.curtain\",\"name\":\"Curtain\",\"area\":\"Living Room\",\"state\":\"closed\",\"attributes\":{\"device_class\":\"curtain\",\"current_position\":0}},"
    "{\"id\":\"cover.garage\",\"name\":\"Garage Door\",\"area\":\"Garage\",\"state\":\"closed\",\"attributes\":{\"device_class\":\"garage\","
    "\"supported_features\":[\"cover.CoverEntityFeature.OPEN\",\"cover.CoverEntityFeature.CLOSE\"]}},"
    "{\"id\":\"lock.front\",\"name\":\"Front Door\",\"area\":\"Living Room\",\"state\":\"locked\"},"
    "{\"id\":\"binary_sensor.front\",\"name\":\"Front Door\",\"area\":\"Living Room\",\"state\":\"off\",\"attributes\":{\"device_class\":\"door\"}},"
    "{\"id\":\"valve.water\",\"name\":\"Water\",\"state\":\"closed\"},"
    "{\"id\":\"climate.living\",\"name\":\"AC\",\"area\":\"Living Room\",\"state\":\"off\",\"attributes\":{\"hvac_modes\":[\"off\",\"cool\",\"heat\"],"
    "\"min_temp\":16,\"max_temp\":30,\"temperature\":24,\"current_temperature\":27,\"fan_modes\":[\"low\",\"mid\",\"high\"],\"fan_mode\":\"mid\"}},"
    "{\"id\":\"media_player.tv\",\"name\":\"TV\",\"area\":\"Living Room\",\"state\":\"off\",\"attributes\":{\"device_class\":\"tv\",\"volume_level\":0.5,"
    "\"source_list\":[\"HDMI 1\",\"Netflix\"]}},"
    "{\"id\":\"media_player.speaker\",\"name\":\"Speaker\",\"area\":\"Living Room\",\"state\":\"playing\",\"attributes\":{\"device_class\":\"speaker\","
    "\"volume_level\":0.3,\"media_track\":4}},"
    "{\"id\":\"media_player.bed\",\"name\":\"Radio\",\"area\":\"Bedroom\",\"state\":\"idle\",\"attributes\":{\"volume_level\":0.2}},"
    "{\"id\":\"vacuum.robot\",\"name\":\"Robot\",\"state\":\"docked\"},"
    "{\"id\":\"lawn_mower.m\",\"name\":\"Mower\",\"state\":\"docked\"},"
    "{\"id\":\"humidifier.h\",\"name\":\"Humidifier\",\"area\":\"Bedroom\",\"state\":\"off\",\"attributes\":{\"min_humidity\":30,\"max_humidity\":70}},"
    "{\"id\":\"scene.party\",\"name\":\"Party\",\"attributes\":{\"entities\":{\"light.strip\":{\"state\":\"on\",\"attributes\":{\"brightness\":200}},"
    "\"lock.front\":{\"state\":\"unlocked\"}}}},"
    "{\"id\":\"script.s\",\"name\":\"Water Plants\"},{\"id\":\"button.b\",\"name\":\"Coffee\"},"
    "{\"id\":\"number.n\",\"name\":\"Level\",\"state\":\"3\",\"attributes\":{\"min\":0,\"max\":10}},"
    "{\"id\":\"select.s\",\"name\":\"Program\",\"state\":\"Cotton\",\"attributes\":{\"options\":[\"Cotton\",\"Quick Wash\"]}},"
    "{\"id\":\"alarm_control_panel.a\",\"name\":\"Alarm\",\"state\":\"armed_away\"},"
    "{\"id\":\"sensor.kitchen_t\",\"name\":\"Kitchen Temperature\",\"area\":\"Kitchen\",\"state\":\"21.5\",\"attributes\":{\"device_class\":\"temperature\","
    "\"unit_of_measurement\":\"°C\"}},"
    "{\"id\":\"person.ann\",\"name\":\"Ann\",\"state\":\"home\"},{\"id\":\"person.bob\",\"name\":\"Bob\",\"state\":\"Work\"},"
    "{\"id\":\"weather.w\",\"name\":\"Weather\",\"state\":\"rainy\",\"attributes\":{\"temperature\":8}},"
    "{\"id\":\"todo.tasks\",\"name\":\"Tasks\",\"state\":\"0\"}]}";

enum { KITCHEN, LIVING, BEDROOM, GARAGE, EMPTY };

static ht_home *h;
static ht_context cx = {.area = -1, .now_unix_s = 1795469580};
static ht_result r;

static void start(int area)
{
    json_error_t e;
    ht_error err;
    json_t *j = json_loads(home_text, 0, &e);
    if (j == NULL)
        fprintf(stderr, "%d: %s\n", e.position, e.text);
    CHECK_REQUIRE(j != NULL);
    ht_home_free(h);
    ht_result_deinit(&r);
    const ht_status st = ht_home_from_json(j, &h, &err);
    CHECK_OK(st, err);
    CHECK_REQUIRE(st == HT_OK);
    json_decref(j);
    cx.area = area;
    cx.confirm_needed = false;
}

/* Runs a call, single quotes for double ones; gives the outcome, -1 when it was malformed. */
static int run(const char *tool, const char *args_fmt, ...)
{
    char text[512];
    va_list ap;
    va_start(ap, args_fmt);
    vsnprintf(text, sizeof text, args_fmt, ap);
    va_end(ap);
    for (char *p = text; *p != '\0'; p++)
        if (*p == '\'')
            *p = '"';
    json_error_t e;
    json_t *args = json_loads(text, 0, &e);
    CHECK_REQUIRE(args != NULL);
    json_t *call = json_pack("{s:s, s:o}", "name", tool, "arguments", args);
    ht_error err;
    ht_result_deinit(&r);
    const ht_status st = ht_execute(h, &cx, call, &r, &err);
    json_decref(call);
    return st == HT_OK ? (int)r.outcome : -1;
}

static const ht_entity *entity(const char *id)
{
    const int i = ht_home_find_entity(h, ht_str_from(id));
    CHECK_REQUIRE(i >= 0);
    return ht_home_entity_at(h, (size_t)i);
}

static const char *state(const char *id) { return entity(id)->state; }

static double number(const char *id, const char *key)
{
    double x;
    return ht_entity_number(entity(id), key, &x) ? x : NAN;
}

/* "action id id args" of the effect, or "none". */
static const char *effect(void)
{
    static char text[512];
    if (r.effect == NULL)
        return "none";
    size_t n = (size_t)snprintf(text, sizeof text, "%s", json_string_value(json_object_get(r.effect, "action")));
    const json_t *ids = json_object_get(r.effect, "entities");
    for (size_t i = 0; i < json_array_size(ids); i++)
        n += (size_t)snprintf(text + n, sizeof text - n, " %s", json_string_value(json_array_get(ids, i)));
    char *args = json_dumps(json_object_get(r.effect, "args"), JSON_COMPACT);
    if (strcmp(args, "{}") != 0)
        snprintf(text + n, sizeof text - n, " %s", args);
    free(args);
    return text;
}

/* --- who is meant --- */

static void by_name(void)
{
    start(-1);
    CHECK_EQ(run("HassTurnOn", "{'name':'Kettle'}"), HT_DONE);
    CHECK_STR(effect(), "turn_on switch.kettle");
    CHECK_STR(state("switch.kettle"), "on");
    CHECK_EQ(run("HassTurnOff", "{'name':'kettle'}"), HT_DONE); /* case */
    CHECK_EQ(run("HassTurnOn", "{'name':'灯带'}"), HT_DONE);    /* alias */
    CHECK_STR(effect(), "turn_on light.strip");
    CHECK_EQ(run("HassTurnOn", "{'name':'Dishwasher'}"), HT_NO_TARGET);
    CHECK_STR(effect(), "none");
    CHECK_EQ(run("HassTurnOn", "{'name':'Kettle','area':'Bedroom'}"), HT_NO_TARGET);
    CHECK_EQ(run("HassTurnOn", "{'name':'Kettle','area':'厨房'}"), HT_DONE);
    CHECK_EQ(run("HassTurnOn", "{'name':'Robot','area':'Kitchen'}"), HT_DONE); /* nobody has entered its room */
    CHECK_EQ(run("HassTurnOn", "{'name':'Kettle','domain':'light'}"), HT_NO_TARGET);
    CHECK_EQ(run("HassTurnOn", "{'name':'Kettle','area':'Attic'}"), HT_NO_TARGET);
    ht_result_deinit(&r);
}

static void same_name_twice(void)
{
    start(-1);
    CHECK_EQ(run("HassTurnOn", "{'name':'Ceiling'}"), HT_AMBIGUOUS);
    CHECK_EQ(r.n_entities, 2);
    CHECK_STR(state("light.living"), "off");
    CHECK_EQ(run("HassTurnOn", "{'name':'Ceiling','area':'Living Room'}"), HT_DONE);
    CHECK_STR(effect(), "turn_on light.living");
    start(KITCHEN);
    CHECK_EQ(run("HassTurnOff", "{'name':'Ceiling'}"), HT_DONE);
    CHECK_STR(effect(), "turn_off light.kitchen");
    /* Only the lock of the two front doors can be locked; a question is about both. */
    CHECK_EQ(run("HassTurnOff", "{'name':'Front Door'}"), HT_DONE);
    CHECK_STR(effect(), "unlock lock.front");
    CHECK_EQ(run("HassGetState", "{'name':'Front Door'}"), HT_DONE);
    CHECK_STR(effect(), "get_state lock.front binary_sensor.front");
    ht_result_deinit(&r);
}

static void by_place_and_kind(void)
{
    start(-1);
    CHECK_EQ(run("HassTurnOn", "{'area':'Living Room','domain':'light'}"), HT_DONE);
    CHECK_STR(effect(), "turn_on light.living light.strip");
    CHECK_EQ(run("HassTurnOn", "{'floor':'Upper','domain':'light'}"), HT_DONE);
    CHECK_STR(effect(), "turn_on light.bed");
    CHECK_EQ(run("HassTurnOff", "{'domain':'light'}"), HT_DONE);
    CHECK_EQ(r.n_entities, 4);
    CHECK_EQ(run("HassTurnOn", "{'area':'Living Room','device_class':'curtain'}"), HT_DONE);
    CHECK_STR(effect(), "open cover.curtain");
    CHECK_EQ(run("HassTurnOff", "{'area':'Living Room'}"), HT_DONE); /* never the lock */
    CHECK_STR(effect(), "turn_off light.living light.strip cover.curtain climate.living media_player.tv media_player.speaker");
    CHECK_STR(state("lock.front"), "locked");
    CHECK_STR(state("cover.curtain"), "closed");
    CHECK_EQ(run("HassTurnOn", "{'area':'Garage'}"), HT_NO_TARGET); /* nor the garage door */
    CHECK_EQ(run("HassTurnOn", "{'domain':'cover'}"), HT_DONE);
    CHECK_STR(effect(), "open cover.curtain");
    CHECK_EQ(run("HassTurnOff", "{'domain':'cover'}"), HT_DONE); /* but it closes with all others */
    CHECK_EQ(r.n_entities, 2);
    CHECK_EQ(run("HassTurnOn", "{'device_class':'garage'}"), HT_DONE);
    CHECK_STR(state("cover.garage"), "open");
    CHECK_EQ(run("HassTurnOn", "{'area':'Empty','domain':'light'}"), HT_NO_TARGET);
    CHECK_EQ(run("HassLightSet", "{'area':'Living Room','color':'red'}"), HT_DONE);
    CHECK_EQ(run("HassLightSet", "{'domain':'light','brightness':50}"), HT_DONE); /* not the one that cannot be dimmed */
    CHECK_EQ(r.n_entities, 3);
    CHECK_EQ(run("HassLightSet", "{'area':'Bedroom','brightness':50}"), HT_NOT_ABLE);
    ht_result_deinit(&r);
}

static void near_the_speaker(void)
{
    start(KITCHEN);
    CHECK_EQ(run("HearthLightAdjust", "{'direction':'up'}"), HT_DONE);
    CHECK_STR(effect(), "adjust_brightness light.kitchen {\"direction\":\"up\"}");
    start(LIVING);
    CHECK_EQ(run("HassTurnOn", "{'name':'Strip'}"), HT_DONE);
    CHECK_EQ(run("HearthLightAdjust", "{'direction':'up'}"), HT_DONE); /* the other lamp stays off */
    CHECK_STR(effect(), "adjust_brightness light.strip {\"direction\":\"up\"}");
    start(GARAGE); /* no lamp there: the one that is on */
    CHECK_EQ(run("HearthLightAdjust", "{'direction':'down'}"), HT_DONE);
    CHECK_STR(effect(), "adjust_brightness light.kitchen {\"direction\":\"down\"}");
    CHECK_EQ(run("HassTurnOff", "{'name':'Ceiling','area':'Kitchen'}"), HT_DONE);
    CHECK_EQ(run("HearthLightAdjust", "{'direction':'up'}"), HT_AMBIGUOUS);
    CHECK_EQ(run("HassVacuumStart", "{}"), HT_DONE); /* the only one */
    CHECK_STR(effect(), "vacuum_start vacuum.robot");
    CHECK_EQ(run("HassVacuumCleanArea", "{'area':'Kitchen'}"), HT_DONE);
    CHECK_STR(effect(), "vacuum_clean_area vacuum.robot {\"area\":\"Kitchen\"}");
    CHECK_EQ(run("HassVacuumCleanArea", "{'area':'Attic'}"), HT_NO_TARGET);
    CHECK_EQ(run("HassTurnOn", "{}"), HT_AMBIGUOUS); /* not the whole home */
    ht_result_deinit(&r);
}

static void players(void)
{
    start(LIVING);
    CHECK_EQ(run("HassMediaPause", "{}"), HT_DONE);
    CHECK_STR(effect(), "media_pause media_player.speaker"); /* not the TV, which is off */
    CHECK_STR(state("media_player.speaker"), "paused");
    CHECK_EQ(run("HassMediaUnpause", "{'domain':'media_player'}"), HT_DONE);
    CHECK_STR(effect(), "media_unpause media_player.speaker");
    start(BEDROOM); /* the idle radio here plays nothing; the speaker elsewhere does */
    CHECK_EQ(run("HassMediaNext", "{}"), HT_DONE);
    CHECK_STR(effect(), "media_next media_player.speaker");
    CHECK_NEAR(number("media_player.speaker", "media_track"), 5, 0);
    CHECK_EQ(run("HassSetVolume", "{'area':'Bedroom','volume_level':40}"), HT_DONE);
    CHECK_STR(effect(), "set_volume media_player.bed {\"volume_level\":40}");
    CHECK_EQ(run("HassMediaSearchAndPlay", "{'area':'Living Room','search_query':'Jazz'}"), HT_DONE);
    CHECK_STR(effect(), "media_search_and_play media_player.speaker {\"search_query\":\"Jazz\"}");
    CHECK_EQ(run("HassMediaSearchAndPlay", "{'area':'Living Room','search_query':'The Office','media_class':'tv_show'}"), HT_DONE);
    CHECK_STR(state("media_player.tv"), "playing");
    CHECK_EQ(run("HassSetVolumeRelative", "{'volume_step':'up','floor':'Ground'}"), HT_DONE);
    CHECK_STR(effect(), "set_volume_relative media_player.tv media_player.speaker {\"volume_step\":\"up\"}");
    /* The radio has no class: it may well be the speaker that is meant; the TV is not. */
    CHECK_EQ(run("HassSetVolumeRelative", "{'volume_step':'up','floor':'Upper','domain':'media_player','device_class':'speaker'}"), HT_DONE);
    CHECK_STR(effect(), "set_volume_relative media_player.bed {\"volume_step\":\"up\"}");
    start(-1); /* nowhere, and nothing plays: what is switched on */
    CHECK_EQ(ht_home_set_state(h, (size_t)ht_home_find_entity(h, HT_STR("media_player.speaker")), "idle", NULL), HT_OK);
    CHECK_EQ(run("HassMediaPlayerMute", "{}"), HT_DONE);
    CHECK_STR(effect(), "media_player_mute media_player.speaker media_player.bed");
    ht_result_deinit(&r);
}

/* --- what changes --- */

static void lights_change(void)
{
    start(-1);
    CHECK_EQ(run("HassTurnOff", "{'name':'Ceiling','area':'Kitchen'}"), HT_DONE);
    CHECK(isnan(number("light.kitchen", "brightness")) && json_object_get(entity("light.kitchen")->attributes, "color_mode") == NULL);
    CHECK_EQ(run("HassTurnOn", "{'name':'Ceiling','area':'Kitchen'}"), HT_DONE);
    CHECK_NEAR(number("light.kitchen", "brightness"), 100, 0);
    CHECK_STR(ht_entity_text(entity("light.kitchen"), "color_mode"), "brightness");
    CHECK_EQ(run("HassLightSet", "{'name':'Ceiling','area':'Kitchen','brightness':50}"), HT_DONE);
    CHECK_STR(effect(), "set_brightness light.kitchen {\"brightness\":50}");
    CHECK_NEAR(number("light.kitchen", "brightness"), 128, 0);
    CHECK_EQ(run("HearthLightAdjust", "{'area':'Kitchen','direction':'down','amount':70}"), HT_DONE);
    CHECK_NEAR(number("light.kitchen", "brightness"), 3, 0); /* 1 % is the least */
    CHECK_EQ(run("HassLightSet", "{'name':'Strip','color':'red'}"), HT_DONE);
    CHECK_STR(state("light.strip"), "on");
    CHECK_EQ(json_integer_value(json_array_get(json_object_get(entity("light.strip")->attributes, "rgb_color"), 0)), 255);
    CHECK_EQ(run("HassLightSet", "{'name':'Strip','temperature':2700}"), HT_DONE);
    CHECK_STR(effect(), "set_color_temp light.strip {\"temperature\":2700}");
    CHECK(json_object_get(entity("light.strip")->attributes, "rgb_color") == NULL);
    CHECK_EQ(run("HassLightSet", "{'name':'Ceiling','area':'Kitchen','color':'red'}"), HT_NOT_ABLE);
    CHECK_EQ(run("HassLightSet", "{'name':'Kettle','brightness':50}"), HT_NOT_ABLE);
    CHECK_EQ(run("HassLightSet", "{'name':'Strip'}"), HT_ASKED);
    CHECK_EQ(run("HassToggle", "{'name':'Strip'}"), HT_DONE);
    CHECK_STR(state("light.strip"), "off");
    CHECK_EQ(run("HearthLightAdjust", "{'name':'Strip','direction':'down'}"), HT_DONE);
    CHECK_STR(state("light.strip"), "off");
    CHECK_EQ(run("HearthLightAdjust", "{'name':'Strip','direction':'up'}"), HT_DONE);
    CHECK_NEAR(number("light.strip", "brightness"), 51, 0);
    ht_result_deinit(&r);
}

static void climate_changes(void)
{
    start(-1);
    CHECK_EQ(run("HassClimateSetTemperature", "{'name':'AC','temperature':26}"), HT_DONE);
    CHECK_STR(effect(), "set_temperature climate.living {\"temperature\":26}");
    CHECK_NEAR(number("climate.living", "temperature"), 26, 0);
    CHECK_STR(state("climate.living"), "cool");
    CHECK_EQ(run("HassClimateSetTemperature", "{'name':'AC','temperature':40}"), HT_NOT_ABLE);
    CHECK_NEAR(json_number_value(json_object_get(r.answer, "max")), 30, 0);
    CHECK_EQ(run("HearthClimateAdjust", "{'direction':'up','amount':10}"), HT_DONE);
    CHECK_NEAR(number("climate.living", "temperature"), 30, 0);
    CHECK_EQ(run("HearthClimateAdjust", "{'direction':'down'}"), HT_DONE);
    CHECK_NEAR(number("climate.living", "temperature"), 29, 0);
    CHECK_EQ(run("HearthSetMode", "{'name':'AC','mode':'heat'}"), HT_DONE);
    CHECK_STR(state("climate.living"), "heat");
    CHECK_EQ(run("HearthSetMode", "{'name':'AC','mode':'dry'}"), HT_NOT_ABLE);
    CHECK_EQ(run("HearthSetMode", "{'name':'AC','mode':'off'}"), HT_DONE);
    CHECK_STR(state("climate.living"), "off");
    CHECK_EQ(run("HassTurnOn", "{'name':'AC'}"), HT_DONE);
    CHECK_STR(state("climate.living"), "heat"); /* as it was */
    CHECK_EQ(run("HearthSetFanMode", "{'name':'AC','mode':'medium'}"), HT_DONE);
    CHECK_STR(ht_entity_text(entity("climate.living"), "fan_mode"), "mid"); /* in its own words */
    CHECK_EQ(run("HearthFanAdjust", "{'name':'AC','direction':'up'}"), HT_DONE);
    CHECK_STR(ht_entity_text(entity("climate.living"), "fan_mode"), "high");
    CHECK_EQ(run("HearthSetSwing", "{'name':'AC','state':'on'}"), HT_DONE);
    CHECK_STR(ht_entity_text(entity("climate.living"), "swing_mode"), "on");
    CHECK_EQ(run("HearthSetFeature", "{'name':'AC','feature':'eco','state':'on'}"), HT_DONE);
    CHECK(json_is_true(json_object_get(entity("climate.living")->attributes, "eco")));
    CHECK_EQ(run("HearthSetFeature", "{'name':'AC','feature':'temperature','state':'on'}"), HT_NOT_ABLE);
    CHECK_EQ(run("HassHumidifierSetpoint", "{'name':'Humidifier','humidity':55}"), HT_DONE);
    CHECK_STR(state("humidifier.h"), "on");
    CHECK_NEAR(number("humidifier.h", "humidity"), 55, 0);
    CHECK_EQ(run("HassHumidifierSetpoint", "{'humidity':90}"), HT_NOT_ABLE);
    ht_result_deinit(&r);
}

static void fans_change(void)
{
    start(-1);
    CHECK_EQ(run("HassTurnOn", "{'name':'Bed Fan'}"), HT_DONE);
    CHECK_NEAR(number("fan.bed", "percentage"), 100, 0);
    CHECK_EQ(run("HassFanSetSpeed", "{'name':'Bed Fan','percentage':40}"), HT_DONE);
    CHECK_STR(effect(), "set_speed fan.bed {\"percentage\":40}");
    CHECK_EQ(run("HearthFanAdjust", "{'name':'Bed Fan','direction':'up'}"), HT_DONE);
    CHECK_NEAR(number("fan.bed", "percentage"), 73, 0);
    CHECK_EQ(run("HearthFanAdjust", "{'direction':'up'}"), HT_DONE);
    CHECK_NEAR(number("fan.bed", "percentage"), 100, 0);
    CHECK_EQ(run("HearthSetFanMode", "{'name':'Bed Fan','mode':'low'}"), HT_DONE);
    CHECK_NEAR(number("fan.bed", "percentage"), 33, 0);
    CHECK_EQ(run("HearthFanAdjust", "{'direction':'down'}"), HT_DONE);
    CHECK_NEAR(number("fan.bed", "percentage"), 33, 0);
    CHECK_EQ(run("HearthSetSwing", "{'name':'Bed Fan','state':'on'}"), HT_DONE);
    CHECK(json_is_true(json_object_get(entity("fan.bed")->attributes, "oscillating")));
    CHECK_EQ(run("HassTurnOff", "{'name':'Bed Fan'}"), HT_DONE);
    CHECK_NEAR(number("fan.bed", "percentage"), 0, 0);
    ht_result_deinit(&r);
}

static void covers_and_locks_change(void)
{
    start(-1);
    CHECK_EQ(run("HassTurnOn", "{'name':'Curtain'}"), HT_DONE);
    CHECK_STR(effect(), "open cover.curtain");
    CHECK_NEAR(number("cover.curtain", "current_position"), 100, 0);
    CHECK_EQ(run("HassSetPosition", "{'name':'Curtain','position':30}"), HT_DONE);
    CHECK_STR(state("cover.curtain"), "open");
    CHECK_EQ(run("HassToggle", "{'name':'Curtain'}"), HT_DONE);
    CHECK_STR(effect(), "toggle cover.curtain");
    CHECK_STR(state("cover.curtain"), "closed");
    CHECK_EQ(run("HassStopMoving", "{'name':'Curtain'}"), HT_DONE);
    CHECK_STR(effect(), "stop cover.curtain");
    CHECK_EQ(run("HassSetPosition", "{'name':'Garage Door','position':50}"), HT_NOT_ABLE);
    CHECK_EQ(run("HassSetPosition", "{'name':'Garage Door','position':100}"), HT_DONE);
    CHECK_STR(state("cover.garage"), "open");
    CHECK_EQ(run("HassTurnOn", "{'name':'Water'}"), HT_DONE);
    CHECK_STR(effect(), "open valve.water");
    CHECK_NEAR(number("valve.water", "current_position"), 100, 0);
    CHECK_EQ(run("HassTurnOff", "{'name':'Front Door'}"), HT_DONE);
    CHECK_STR(state("lock.front"), "unlocked");
    CHECK_EQ(run("HassTurnOn", "{'name':'Front Door','domain':'lock'}"), HT_DONE);
    CHECK_STR(effect(), "lock lock.front");
    CHECK_EQ(run("HassTurnOff", "{'name':'Alarm'}"), HT_DONE);
    CHECK_STR(state("alarm_control_panel.a"), "disarmed");
    ht_result_deinit(&r);
}

static void media_changes(void)
{
    start(-1);
    CHECK_EQ(run("HassTurnOn", "{'name':'TV'}"), HT_DONE);
    CHECK_STR(state("media_player.tv"), "on");
    CHECK_EQ(run("HearthSelectSource", "{'name':'TV','source':'hdmi1'}"), HT_DONE);
    CHECK_STR(ht_entity_text(entity("media_player.tv"), "source"), "HDMI 1");
    CHECK_EQ(run("HearthSelectSource", "{'name':'TV','source':'VGA'}"), HT_NOT_ABLE);
    CHECK_EQ(run("HassSetVolume", "{'name':'TV','volume_level':35}"), HT_DONE);
    CHECK_NEAR(number("media_player.tv", "volume_level"), 0.35, 1e-9);
    CHECK_EQ(run("HassSetVolumeRelative", "{'name':'TV','volume_step':-50}"), HT_DONE);
    CHECK_NEAR(number("media_player.tv", "volume_level"), 0, 1e-9);
    CHECK_EQ(run("HassSetVolumeRelative", "{'name':'TV','volume_step':'up'}"), HT_DONE);
    CHECK_NEAR(number("media_player.tv", "volume_level"), 0.1, 1e-9);
    CHECK_EQ(run("HassMediaPlayerMute", "{'name':'TV'}"), HT_DONE);
    CHECK(json_is_true(json_object_get(entity("media_player.tv")->attributes, "is_volume_muted")));
    CHECK_EQ(run("HassMediaPlayerUnmute", "{'name':'TV'}"), HT_DONE);
    CHECK(json_is_false(json_object_get(entity("media_player.tv")->attributes, "is_volume_muted")));
    CHECK_EQ(run("HassMediaPrevious", "{'name':'Speaker'}"), HT_DONE);
    CHECK_NEAR(number("media_player.speaker", "media_track"), 3, 0);
    CHECK_EQ(run("HearthMediaStop", "{'name':'Speaker'}"), HT_DONE);
    CHECK_STR(state("media_player.speaker"), "idle");
    CHECK_EQ(run("HassTurnOff", "{'name':'TV'}"), HT_DONE);
    CHECK_STR(state("media_player.tv"), "off");
    ht_result_deinit(&r);
}

static void the_rest_changes(void)
{
    start(-1);
    CHECK_EQ(run("HassTurnOn", "{'name':'Robot'}"), HT_DONE);
    CHECK_STR(effect(), "vacuum_start vacuum.robot");
    CHECK_STR(state("vacuum.robot"), "cleaning");
    CHECK_EQ(run("HassVacuumReturnToBase", "{}"), HT_DONE);
    CHECK_STR(state("vacuum.robot"), "returning");
    CHECK_EQ(run("HassLawnMowerStartMowing", "{}"), HT_DONE);
    CHECK_STR(state("lawn_mower.m"), "mowing");
    CHECK_EQ(run("HassLawnMowerDock", "{}"), HT_DONE);
    CHECK_STR(state("lawn_mower.m"), "returning");
    CHECK_EQ(run("HassTurnOn", "{'name':'Party'}"), HT_DONE);
    CHECK_STR(effect(), "activate scene.party");
    CHECK_STR(state("light.strip"), "on");
    CHECK_NEAR(number("light.strip", "brightness"), 200, 0);
    CHECK_EQ(run("HassTurnOff", "{'name':'Party'}"), HT_NOT_ABLE);
    CHECK_EQ(run("HassTurnOn", "{'name':'Water Plants'}"), HT_DONE);
    CHECK_STR(effect(), "run script.s");
    CHECK_EQ(run("HearthPress", "{'name':'Coffee'}"), HT_DONE);
    CHECK_STR(effect(), "press button.b");
    CHECK_EQ(run("HearthSetValue", "{'name':'Level','value':7.5}"), HT_DONE);
    CHECK_STR(state("number.n"), "7.5");
    CHECK_EQ(run("HearthSetValue", "{'name':'Level','value':11}"), HT_NOT_ABLE);
    CHECK_EQ(run("HearthSelectOption", "{'name':'Program','option':'quick wash'}"), HT_DONE);
    CHECK_STR(state("select.s"), "Quick Wash");
    CHECK_EQ(run("HearthSelectOption", "{'name':'Program','option':'Silk'}"), HT_NOT_ABLE);
    CHECK_EQ(run("HassBroadcast", "{'message':'Dinner'}"), HT_DONE);
    CHECK_STR(effect(), "broadcast {\"message\":\"Dinner\"}");
    CHECK_EQ(run("HassNevermind", "{}"), HT_DONE);
    CHECK_STR(effect(), "nevermind");
    CHECK_EQ(run("HearthAsk", "{'about':'device'}"), HT_ASKED);
    CHECK_EQ(run("HearthRefuse", "{'reason':'beyond'}"), HT_REFUSED);
    CHECK_STR(effect(), "none");
    ht_result_deinit(&r);
}

static void danger_waits(void)
{
    static const struct {
        const char *tool, *args;
        bool waits;
    } cases[] = {
        {"HassTurnOff", "{'name':'Front Door'}", true},          {"HassToggle", "{'name':'Front Door'}", true},
        {"HassTurnOn", "{'name':'Front Door'}", false},          {"HassTurnOn", "{'name':'Garage Door'}", true},
        {"HassTurnOff", "{'name':'Garage Door'}", false},        {"HassSetPosition", "{'name':'Garage Door','position':100}", true},
        {"HassTurnOn", "{'name':'Curtain'}", false},             {"HassTurnOn", "{'name':'Water'}", true},
        {"HassSetPosition", "{'name':'Water','position':0}", false}, {"HassTurnOff", "{'name':'Alarm'}", true},
        {"HassTurnOn", "{'name':'Party'}", true}, /* it unlocks the door */
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        start(-1);
        json_t *before = ht_home_to_json(h);
        cx.confirm_needed = true;
        CHECK_EQ(run(cases[i].tool, "%s", cases[i].args), cases[i].waits ? HT_NEEDS_CONFIRM : HT_DONE);
        json_t *after = ht_home_to_json(h);
        if (cases[i].waits)
            CHECK(json_equal(before, after) && r.effect == NULL && r.n_entities == 1);
        json_decref(before);
        json_decref(after);
        cx.confirm_needed = false;
        CHECK_EQ(run(cases[i].tool, "%s", cases[i].args), HT_DONE);
    }
    ht_result_deinit(&r);
}

/* --- looking up --- */

static long long told(const char *key) { return json_integer_value(json_object_get(r.answer, key)); }
static const char *told_of(size_t i, const char *key)
{
    return json_string_value(json_object_get(json_array_get(json_object_get(r.answer, "entities"), i), key));
}

static void states_are_told(void)
{
    start(LIVING);
    CHECK_EQ(run("HassGetState", "{'domain':'light','state':'on'}"), HT_DONE);
    CHECK_EQ(told("n_matching"), 1);
    CHECK_EQ(told("n_total"), 4);
    CHECK_STR(told_of(0, "id"), "light.kitchen");
    CHECK_EQ(run("HassGetState", "{'name':'Front Door','state':'closed'}"), HT_DONE);
    CHECK_EQ(told("n_matching"), 1); /* the sensor: off is closed */
    CHECK_STR(told_of(0, "id"), "binary_sensor.front");
    CHECK_EQ(run("HassGetState", "{'state':'locked'}"), HT_DONE);
    CHECK_STR(effect(), "get_state lock.front {\"state\":\"locked\"}");
    CHECK_EQ(run("HassGetState", "{'state':'playing'}"), HT_DONE);
    CHECK_STR(told_of(0, "id"), "media_player.speaker");
    CHECK_EQ(run("HassGetState", "{'domain':'person','state':'away'}"), HT_DONE);
    CHECK_STR(told_of(0, "id"), "person.bob");
    CHECK_EQ(run("HassGetState", "{'domain':'climate','state':'on'}"), HT_DONE);
    CHECK_EQ(told("n_matching"), 0);
    CHECK_EQ(run("HassGetState", "{'name':'Kitchen Temperature'}"), HT_DONE);
    CHECK_STR(told_of(0, "state"), "21.5");
    CHECK_STR(told_of(0, "unit"), "°C");
    CHECK_EQ(run("HassGetState", "{'name':'Moon'}"), HT_NO_TARGET);
    CHECK_EQ(run("HassGetState", "{}"), HT_DONE);
    CHECK_EQ(r.n_entities, 8); /* of this room */
    ht_result_deinit(&r);
}

static void temperature_weather_clock(void)
{
    start(KITCHEN);
    CHECK_EQ(run("HassClimateGetTemperature", "{}"), HT_DONE);
    CHECK_STR(effect(), "get_temperature sensor.kitchen_t");
    CHECK_EQ(run("HassClimateGetTemperature", "{'area':'Living Room'}"), HT_DONE);
    CHECK_STR(effect(), "get_temperature climate.living");
    CHECK_EQ(run("HassClimateGetTemperature", "{'area':'Bedroom'}"), HT_NO_TARGET);
    CHECK_EQ(run("HassClimateGetTemperature", "{'name':'AC'}"), HT_DONE);
    CHECK_EQ(run("HassGetWeather", "{}"), HT_DONE);
    CHECK_STR(effect(), "get_weather weather.w");
    CHECK_EQ(run("HassGetWeather", "{'name':'AC'}"), HT_NO_TARGET);
    setenv("TZ", "UTC", 1);
    CHECK_EQ(run("HassGetCurrentTime", "{}"), HT_DONE);
    CHECK_STR(json_string_value(json_object_get(r.answer, "time")), "21:33");
    CHECK_EQ(run("HassGetCurrentDate", "{}"), HT_DONE);
    CHECK_STR(json_string_value(json_object_get(r.answer, "date")), "2026-11-23");
    CHECK_EQ(told("weekday"), 1);
    ht_result_deinit(&r);
}

/* --- timers, alarms, lists --- */

static void timers(void)
{
    start(KITCHEN);
    CHECK_EQ(run("HassCancelTimer", "{}"), HT_NO_TARGET);
    CHECK_EQ(run("HassStartTimer", "{}"), HT_ASKED);
    CHECK_EQ(run("HassStartTimer", "{'minutes':5,'seconds':30,'name':'pizza'}"), HT_DONE);
    CHECK_STR(effect(), "start_timer {\"minutes\":5,\"seconds\":30,\"name\":\"pizza\"}");
    CHECK_EQ(ht_home_timer_at(h, 0)->total_s, 330);
    CHECK_EQ(ht_home_timer_at(h, 0)->area, KITCHEN);
    CHECK_EQ(run("HassIncreaseTimer", "{'minutes':1}"), HT_DONE); /* the only one */
    CHECK_EQ(ht_home_timer_at(h, 0)->remaining_s, 390);
    cx.area = BEDROOM;
    CHECK_EQ(run("HassStartTimer", "{'hours':1,'conversation_command':'turn off the TV'}"), HT_DONE);
    CHECK_STR(ht_home_timer_at(h, 1)->command, "turn off the TV");
    cx.area = LIVING;
    CHECK_EQ(run("HassPauseTimer", "{}"), HT_AMBIGUOUS);
    CHECK_EQ(json_array_size(json_object_get(r.answer, "timers")), 2);
    CHECK_EQ(run("HassPauseTimer", "{'name':'Pizza'}"), HT_DONE);
    CHECK(ht_home_timer_at(h, 0)->is_paused && !ht_home_timer_at(h, 1)->is_paused);
    CHECK_EQ(run("HassUnpauseTimer", "{}"), HT_DONE); /* only one is paused */
    CHECK(!ht_home_timer_at(h, 0)->is_paused);
    CHECK_EQ(run("HassDecreaseTimer", "{'minutes':2,'start_hours':1}"), HT_DONE);
    CHECK_EQ(ht_home_timer_at(h, 1)->remaining_s, 3480);
    CHECK_EQ(run("HassDecreaseTimer", "{'minutes':2,'start_hours':2}"), HT_NO_TARGET);
    CHECK_EQ(run("HassTimerStatus", "{}"), HT_DONE);
    CHECK_EQ(json_array_size(json_object_get(r.answer, "timers")), 2);
    CHECK_EQ(run("HassCancelTimer", "{'area':'Bedroom'}"), HT_DONE);
    CHECK_STR(effect(), "cancel_timer {\"area\":\"Bedroom\"}");
    CHECK_EQ(ht_home_timer_count(h), 1);
    CHECK_EQ(run("HassCancelAllTimers", "{}"), HT_DONE);
    CHECK_EQ(ht_home_timer_count(h), 0);
    ht_result_deinit(&r);
}

static void alarms(void)
{
    start(-1);
    CHECK_EQ(run("HearthSetAlarm", "{'time':'07:30','label':'Work'}"), HT_DONE);
    CHECK_STR(effect(), "set_alarm {\"time\":\"07:30\",\"label\":\"Work\"}");
    CHECK_EQ(ht_home_alarm_at(h, 0)->at_min, 450);
    CHECK_EQ(run("HearthSchedule", "{'time':'22:00','command':'turn off the lights'}"), HT_DONE);
    CHECK_STR(effect(), "none");
    CHECK_STR(ht_home_alarm_at(h, 1)->command, "turn off the lights");
    CHECK_EQ(run("HearthCancelAlarm", "{'time':'08:00'}"), HT_NO_TARGET);
    CHECK_EQ(run("HearthCancelAlarm", "{}"), HT_DONE); /* the alarm clocks, not the scheduled command */
    CHECK_EQ(told("n_alarms"), 1);
    CHECK_EQ(ht_home_alarm_count(h), 1);
    ht_result_deinit(&r);
}

static void lists(void)
{
    start(-1);
    CHECK_EQ(run("HassShoppingListAddItem", "{'item':'milk'}"), HT_DONE);
    CHECK_STR(effect(), "shopping_list_add_item {\"item\":\"milk\"}");
    CHECK_EQ(run("HassShoppingListCompleteItem", "{'item':'Milk'}"), HT_DONE);
    CHECK(ht_home_list_at(h, ht_home_shopping_list(h))->items[0].is_done);
    CHECK_EQ(run("HassShoppingListRemoveItem", "{'item':'bread'}"), HT_NO_TARGET);
    CHECK_EQ(run("HassListAddItem", "{'name':'tasks list','item':'Sweep'}"), HT_DONE);
    CHECK_STR(effect(), "list_add_item todo.tasks {\"name\":\"tasks list\",\"item\":\"Sweep\"}");
    CHECK_STR(state("todo.tasks"), "1");
    CHECK_EQ(run("HassListCompleteItem", "{'name':'Tasks','item':'sweep'}"), HT_DONE);
    CHECK_STR(state("todo.tasks"), "0");
    CHECK_EQ(run("HassListRemoveItem", "{'name':'Tasks','item':'sweep'}"), HT_DONE);
    CHECK_EQ(run("HassListAddItem", "{'name':'Books','item':'Emma'}"), HT_NO_TARGET);
    ht_result_deinit(&r);
}

static void malformed_calls(void)
{
    start(-1);
    json_t *before = ht_home_to_json(h);
    CHECK_EQ(run("HassExplode", "{}"), -1);
    CHECK_EQ(run("HassTurnOn", "{'name':1}"), -1);
    CHECK_EQ(run("HassTurnOn", "{'who':'Kettle'}"), -1);
    CHECK_EQ(run("HassSetVolume", "{'name':'TV'}"), -1);
    CHECK_EQ(run("HearthSetAlarm", "{'time':'half past'}"), -1);
    CHECK(r.call == NULL && r.effect == NULL && r.entities == NULL);
    ht_error err;
    json_t *odd = json_pack("[s]", "HassTurnOn");
    CHECK_EQ(ht_execute(h, &cx, odd, &r, &err), HT_BAD_FORMAT);
    CHECK_EQ(ht_execute(h, &cx, NULL, &r, &err), HT_BAD_FORMAT);
    json_decref(odd);
    odd = json_pack("{s:s}", "name", "HassNevermind"); /* no arguments are no arguments */
    CHECK_EQ(ht_execute(h, &cx, odd, &r, &err), HT_OK);
    json_decref(odd);
    json_t *after = ht_home_to_json(h);
    CHECK(json_equal(before, after));
    json_decref(before);
    json_decref(after);
    ht_result_deinit(&r);
}

/* Devices that are gone are passed over in a group and told of alone. */
static void unavailable(void)
{
    start(-1);
    ht_error err;
    CHECK_EQ(ht_home_set_state(h, 0, "unavailable", &err), HT_OK);
    CHECK_EQ(run("HassTurnOn", "{'domain':'light'}"), HT_DONE);
    CHECK_EQ(r.n_entities, 3);
    CHECK_EQ(run("HassTurnOn", "{'name':'Ceiling','area':'Kitchen'}"), HT_NOT_ABLE);
    CHECK_STR(state("light.kitchen"), "unavailable");
    ht_result_deinit(&r);
}

static ht_status no_answer(void *ctx, ht_home *home, size_t at, const ht_action *a, const ht_entity_before *was, ht_error *err)
{
    (void)ctx, (void)home, (void)at, (void)a, (void)was;
    return ht_fail(err, HT_IO, -1, "it does not answer");
}

/* A real device that cannot be reached is told of, and nothing is made up about its state. */
static void silent_devices(void)
{
    const ht_driver mute = {.act = no_answer};
    ht_error err;
    start(-1);
    CHECK_EQ(ht_home_set_driver(h, (size_t)ht_home_find_entity(h, HT_STR("light.strip")), &mute, &err), HT_OK);
    CHECK_EQ(run("HassTurnOn", "{'name':'Strip'}"), HT_NOT_ABLE);
    CHECK_EQ(r.n_entities, 1);
    CHECK_STR(state("light.strip"), "off");
    CHECK_EQ(run("HassTurnOn", "{'area':'Living Room','domain':'light'}"), HT_DONE);
    CHECK_STR(effect(), "turn_on light.living");
    CHECK_EQ(json_array_size(json_object_get(r.answer, "silent")), 1);
    ht_result_deinit(&r);
}

int main(int argc, char **argv)
{
    static const check_case cases[] = {
        CHECK_CASE(silent_devices),
        CHECK_CASE(by_name),
        CHECK_CASE(same_name_twice),
        CHECK_CASE(by_place_and_kind),
        CHECK_CASE(near_the_speaker),
        CHECK_CASE(players),
        CHECK_CASE(lights_change),
        CHECK_CASE(climate_changes),
        CHECK_CASE(fans_change),
        CHECK_CASE(covers_and_locks_change),
        CHECK_CASE(media_changes),
        CHECK_CASE(the_rest_changes),
        CHECK_CASE(danger_waits),
        CHECK_CASE(states_are_told),
        CHECK_CASE(temperature_weather_clock),
        CHECK_CASE(timers),
        CHECK_CASE(alarms),
        CHECK_CASE(lists),
        CHECK_CASE(malformed_calls),
        CHECK_CASE(unavailable),
    };
    const int failed = check_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
    ht_home_free(h);
    return failed;
}
