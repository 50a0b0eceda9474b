/* The hub with a wire of the test's: what devices announce and report, and what is published to them. Payloads are written by hand from Home
 * Assistant's discovery format. */
#include "base/clock.h"
#include "base/log.h"
#include "check.h"
#include "home/mqtt/private.h"

typedef struct {
    ht_mqtt_hub hub;
    ht_home *home;
    ht_buf sent;    /* "topic payload\n" … */
    json_t *filters;
} bench;

static ht_status fake_publish(void *ctx, const char *topic, ht_str payload, int qos, bool is_retained, ht_error *err)
{
    (void)qos, (void)is_retained, (void)err;
    ht_buf_addf(&((bench *)ctx)->sent, "%s %.*s\n", topic, HT_STR_ARG(payload));
    return HT_OK;
}

static ht_status fake_subscribe(void *ctx, const char *filter, ht_error *err)
{
    (void)err;
    json_object_set_new(((bench *)ctx)->filters, filter, json_true());
    return HT_OK;
}

static void fake_unsubscribe(void *ctx, const char *filter) { json_object_del(((bench *)ctx)->filters, filter); }

/* A connected hub; home: JSON, NULL: empty. */
static void set_up(bench *b, const char *home)
{
    ht_error err;
    *b = (bench){.filters = json_object()};
    json_t *json = json_loads(home ? home : "{\"entities\":[]}", 0, NULL);
    CHECK_OK(ht_home_from_json(json, &b->home, &err), err);
    json_decref(json);
    b->hub.prefix = "homeassistant";
    b->hub.wire = (ht_hub_wire){fake_publish, fake_subscribe, fake_unsubscribe, b};
    ht_log_set_level(HT_LOG_ERROR);
    ht_hub_connected(&b->hub, b->home, true);
}

static void tear_down(bench *b)
{
    for (size_t i = 0; i < b->hub.n_things; i++)
        ht_thing_free(b->hub.things[i]);
    free(b->hub.things);
    ht_home_free(b->home);
    ht_buf_deinit(&b->sent);
    json_decref(b->filters);
}

static void say(bench *b, const char *topic, const char *payload) { ht_hub_take(&b->hub, b->home, topic, ht_str_from(payload)); }

static const ht_entity *entity(const bench *b, const char *id)
{
    const int i = ht_home_find_entity(b->home, ht_str_from(id));
    if (i < 0) {
        fprintf(stderr, "there is no %s\n", id);
        CHECK_REQUIRE(i >= 0);
    }
    return ht_home_entity_at(b->home, (size_t)i);
}

static const char *state(const bench *b, const char *id)
{
    const ht_entity *e = entity(b, id);
    return e->state ? e->state : "(unknown)";
}

static double number(const bench *b, const char *id, const char *key)
{
    double x;
    return ht_entity_number(entity(b, id), key, &x) ? x : -1;
}

/* Wishes for a state; what goes over the wire must be `want`. */
static void check_wish(bench *b, int line, const char *id, const char *wanted, const char *attributes, const char *want)
{
    ht_error err = {0};
    json_t *a = attributes ? json_loads(attributes, 0, NULL) : NULL;
    ht_buf_clear(&b->sent);
    const int i = ht_home_find_entity(b->home, ht_str_from(id));
    if (i < 0 || ht_home_wish(b->home, (size_t)i, wanted, a, &err) != HT_OK)
        check_fail(__FILE__, line, err.text);
    else
        check_str(__FILE__, line, id, b->sent.ptr ? b->sent.ptr : "", b->sent.len, want);
    json_decref(a);
}
#define CHECK_WISH(id, wanted, attributes, want) check_wish(&b, __LINE__, id, wanted, attributes, want)

static void json_light(void)
{
    bench b;
    set_up(&b, NULL);
    say(&b, "homeassistant/light/x/config",
        "{\"name\":\"Lamp\",\"uniq_id\":\"u\",\"schema\":\"json\",\"cmd_t\":\"l/set\",\"stat_t\":\"l\",\"brightness\":true,\"bri_scl\":254,\"sup_clrm\":[\"color_temp\",\"xy\"],"
        "\"min_mirs\":154,\"max_mirs\":500,\"dev\":{\"name\":\"Hall\",\"sa\":\"Hall\"}}");
    CHECK_STR(state(&b, "light.hall_lamp"), "(unknown)");
    CHECK_SLICE(entity(&b, "light.hall_lamp")->name, "Hall Lamp");
    CHECK_SLICE(ht_home_area_at(b.home, (size_t)entity(&b, "light.hall_lamp")->area)->name, "Hall");
    CHECK_EQ(number(&b, "light.hall_lamp", "min_color_temp_kelvin"), 2000);
    say(&b, "l", "{\"state\":\"ON\",\"brightness\":127,\"color_mode\":\"color_temp\",\"color_temp\":250,\"linkquality\":90}");
    CHECK_STR(state(&b, "light.hall_lamp"), "on");
    CHECK_EQ(number(&b, "light.hall_lamp", "brightness"), 128);
    CHECK_EQ(number(&b, "light.hall_lamp", "color_temp_kelvin"), 4000);
    CHECK_WISH("light.hall_lamp", NULL, "{\"brightness\":255}", "l/set {\"state\":\"ON\",\"brightness\":254}\n");
    CHECK_WISH("light.hall_lamp", NULL, "{\"color_temp_kelvin\":2500}", "l/set {\"state\":\"ON\",\"color_temp\":400}\n");
    CHECK_WISH("light.hall_lamp", NULL, "{\"rgb_color\":[255,0,0]}", "l/set {\"state\":\"ON\",\"color\":{\"x\":0.6401,\"y\":0.33}}\n");
    CHECK_WISH("light.hall_lamp", "off", NULL, "l/set {\"state\":\"OFF\"}\n");
    CHECK_EQ(number(&b, "light.hall_lamp", "off_brightness"), 255);
    say(&b, "l", "{\"state\":null}");
    CHECK_STR(state(&b, "light.hall_lamp"), "(unknown)");
    tear_down(&b);
}

static void plain_light(void)
{
    bench b;
    set_up(&b, NULL);
    say(&b, "homeassistant/light/x/config",
        "{\"name\":\"L\",\"obj_id\":\"l\",\"cmd_t\":\"l/set\",\"stat_t\":\"l\",\"bri_cmd_t\":\"b/set\",\"bri_stat_t\":\"b\",\"bri_scl\":100,\"clr_temp_cmd_t\":\"t/set\","
        "\"clr_temp_stat_t\":\"t\",\"hs_cmd_t\":\"hs/set\",\"hs_stat_t\":\"hs\",\"pl_on\":\"1\",\"pl_off\":\"0\"}");
    say(&b, "l", "1");
    say(&b, "b", "50");
    say(&b, "hs", "120,100");
    CHECK_STR(state(&b, "light.l"), "on");
    CHECK_EQ(number(&b, "light.l", "brightness"), 128);
    const json_t *rgb = json_object_get(entity(&b, "light.l")->attributes, "rgb_color");
    CHECK_EQ(json_integer_value(json_array_get(rgb, 0)), 0);
    CHECK_EQ(json_integer_value(json_array_get(rgb, 1)), 255);
    CHECK_WISH("light.l", NULL, "{\"brightness_pct\":20}", "b/set 20\nl/set 1\n");
    CHECK_WISH("light.l", NULL, "{\"color_temp_kelvin\":4000}", "t/set 250\nl/set 1\n");
    CHECK_WISH("light.l", NULL, "{\"rgb_color\":[0,0,255]}", "hs/set 240,100\nl/set 1\n");
    CHECK_WISH("light.l", "off", NULL, "l/set 0\n");
    tear_down(&b);
}

static void covers_and_valves(void)
{
    bench b;
    set_up(&b, NULL);
    say(&b, "homeassistant/cover/c/config",
        "{\"name\":\"C\",\"cmd_t\":\"c/set\",\"pos_t\":\"c/pos\",\"set_pos_t\":\"c/setpos\",\"set_pos_tpl\":\"{\\\"pos\\\":{{ position }}}\",\"pos_open\":0,\"pos_clsd\":255,"
        "\"pl_cls\":\"DOWN\",\"pos_tpl\":\"{{ value_json.p }}\"}");
    say(&b, "homeassistant/valve/v/config", "{\"name\":\"V\",\"cmd_t\":\"v/set\",\"stat_t\":\"v\",\"reports_position\":true}");
    say(&b, "c/pos", "{\"p\":51}");
    CHECK_EQ(number(&b, "cover.c", "current_position"), 80);
    CHECK_STR(state(&b, "cover.c"), "open");
    say(&b, "c/pos", "{\"q\":1}"); /* says nothing of it */
    CHECK_EQ(number(&b, "cover.c", "current_position"), 80);
    CHECK_WISH("cover.c", NULL, "{\"position\":20}", "c/setpos {\"pos\":204}\n");
    CHECK_WISH("cover.c", "closed", NULL, "c/set DOWN\n");
    CHECK_WISH("cover.c", "stopped", NULL, "c/set STOP\n");
    say(&b, "v", "{\"state\":\"opening\",\"position\":40}");
    CHECK_STR(state(&b, "valve.v"), "opening");
    CHECK_WISH("valve.v", "closed", NULL, "v/set 0\n");
    tear_down(&b);
}

static void climate(void)
{
    bench b;
    set_up(&b, NULL);
    say(&b, "homeassistant/climate/a/config",
        "{\"name\":\"A\",\"mode_cmd_t\":\"m/set\",\"mode_stat_t\":\"m\",\"modes\":[\"off\",\"cool\",\"heat\"],\"temp_cmd_t\":\"t/set\",\"temp_stat_t\":\"t\","
        "\"temp_cmd_tpl\":\"{{ value | round(0) }}\",\"curr_temp_t\":\"ct\",\"curr_temp_tpl\":\"{{ value_json.t }}\",\"fan_mode_cmd_t\":\"f/set\",\"fan_modes\":[\"low\",\"high\"],"
        "\"act_t\":\"act\",\"min_temp\":16,\"max_temp\":30,\"pr_mode_cmd_t\":\"p/set\",\"pr_modes\":[\"eco\"]}");
    say(&b, "m", "cool");
    say(&b, "t", "24.5");
    say(&b, "ct", "{\"t\":27}");
    say(&b, "act", "cooling");
    CHECK_STR(state(&b, "climate.a"), "cool");
    CHECK_NEAR(number(&b, "climate.a", "temperature"), 24.5, 1e-9);
    CHECK_EQ(number(&b, "climate.a", "current_temperature"), 27);
    CHECK_STR(ht_entity_text(entity(&b, "climate.a"), "hvac_action"), "cooling");
    CHECK_WISH("climate.a", NULL, "{\"temperature\":23}", "t/set 23\n");
    CHECK_WISH("climate.a", "off", NULL, "m/set off\n");
    CHECK_WISH("climate.a", "on", NULL, "m/set cool\n"); /* what it was before */
    CHECK_WISH("climate.a", "heat", "{\"fan_mode\":\"high\"}", "m/set heat\nf/set high\n");
    CHECK_WISH("climate.a", NULL, "{\"preset_mode\":\"eco\"}", "p/set eco\n");
    ht_error err;
    json_t *hot = json_pack("{s:i}", "temperature", 50);
    CHECK_EQ(ht_home_wish(b.home, 0, NULL, hot, &err), HT_BAD_ARG);
    json_decref(hot);
    tear_down(&b);
}

static void fans_locks_and_the_rest(void)
{
    bench b;
    set_up(&b, NULL);
    say(&b, "homeassistant/fan/f/config",
        "{\"name\":\"F\",\"cmd_t\":\"f/set\",\"stat_t\":\"f\",\"pct_cmd_t\":\"f/p/set\",\"pct_stat_t\":\"f/p\",\"spd_rng_min\":1,\"spd_rng_max\":3,\"osc_cmd_t\":\"f/o/set\"}");
    say(&b, "f", "ON");
    say(&b, "f/p", "2");
    CHECK_EQ(number(&b, "fan.f", "percentage"), 67);
    CHECK_WISH("fan.f", NULL, "{\"percentage\":33}", "f/p/set 1\n");
    CHECK_WISH("fan.f", NULL, "{\"oscillating\":true}", "f/o/set oscillate_on\n");
    CHECK_WISH("fan.f", "off", NULL, "f/set OFF\n");
    say(&b, "homeassistant/lock/l/config", "{\"name\":\"L\",\"cmd_t\":\"l/set\",\"stat_t\":\"l\",\"stat_locked\":\"1\"}");
    say(&b, "l", "1");
    CHECK_STR(state(&b, "lock.l"), "locked");
    CHECK_WISH("lock.l", "unlocked", NULL, "l/set UNLOCK\n");
    say(&b, "homeassistant/vacuum/v/config", "{\"name\":\"V\",\"cmd_t\":\"v/set\",\"stat_t\":\"v\"}");
    say(&b, "v", "{\"state\":\"docked\",\"fan_speed\":\"max\"}");
    CHECK_STR(state(&b, "vacuum.v"), "docked");
    CHECK_WISH("vacuum.v", "cleaning", NULL, "v/set start\n");
    CHECK_WISH("vacuum.v", "docked", NULL, "v/set return_to_base\n");
    say(&b, "homeassistant/number/n/config", "{\"name\":\"N\",\"cmd_t\":\"n/set\",\"stat_t\":\"n\",\"max\":10}");
    CHECK_WISH("number.n", "2.5", NULL, "n/set 2.5\n");
    say(&b, "homeassistant/binary_sensor/d/config",
        "{\"name\":\"D\",\"stat_t\":\"d\",\"val_tpl\":\"{{ value_json.contact }}\",\"pl_on\":false,\"dev_cla\":\"door\"}");
    say(&b, "homeassistant/binary_sensor/e/config",
        "{\"name\":\"E\",\"stat_t\":\"d\",\"val_tpl\":\"{% if value_json.contact %}OFF{% else %}ON{% endif %}\"}");
    say(&b, "d", "{\"contact\":false}");
    CHECK_STR(state(&b, "binary_sensor.e"), "on");
    say(&b, "hearth/media_player.tv/config",
        "{\"id\":\"media_player.tv\",\"name\":\"电视\",\"aliases\":[\"TV\"],\"area\":\"客厅\",\"attributes\":{\"source_list\":[\"HDMI 1\"]}}");
    say(&b, "hearth/media_player.tv/state", "{\"state\":\"off\",\"attributes\":{\"volume_level\":0.3}}");
    CHECK_STR(state(&b, "media_player.tv"), "off");
    CHECK_EQ(entity(&b, "media_player.tv")->n_aliases, 1);
    CHECK_WISH("media_player.tv", NULL, "{\"source\":\"HDMI 1\"}",
               "hearth/media_player.tv/set {\"action\":\"select_source\",\"value\":\"HDMI 1\"}\n");
    tear_down(&b);
}

static void availability(void)
{
    bench b;
    ht_error err;
    set_up(&b, NULL);
    say(&b, "homeassistant/switch/s/config",
        "{\"name\":\"S\",\"cmd_t\":\"s/set\",\"stat_t\":\"s\",\"avty_mode\":\"all\",\"avty\":[{\"t\":\"a\"},{\"t\":\"b\",\"val_tpl\":\"{{ value_json.state }}\"}]}");
    CHECK_STR(state(&b, "switch.s"), "unavailable");
    say(&b, "s", "ON");
    CHECK_STR(state(&b, "switch.s"), "unavailable");
    say(&b, "a", "online");
    CHECK_STR(state(&b, "switch.s"), "unavailable");
    CHECK_EQ(ht_home_wish(b.home, 0, "off", NULL, &err), HT_IO);
    CHECK_STR(state(&b, "switch.s"), "unavailable");
    say(&b, "b", "{\"state\":\"online\"}");
    CHECK_STR(state(&b, "switch.s"), "on"); /* as it was reported meanwhile */
    ht_hub_connected(&b.hub, b.home, false);
    CHECK_STR(state(&b, "switch.s"), "unavailable");
    CHECK_EQ(ht_home_wish(b.home, 0, "off", NULL, &err), HT_IO);
    ht_hub_connected(&b.hub, b.home, true);
    CHECK_STR(state(&b, "switch.s"), "on");
    say(&b, "a", "offline");
    CHECK_STR(state(&b, "switch.s"), "unavailable");
    tear_down(&b);
}

static void a_silent_device_is_taken_back(void)
{
    bench b;
    set_up(&b, NULL);
    say(&b, "homeassistant/switch/s/config", "{\"name\":\"S\",\"cmd_t\":\"s/set\",\"stat_t\":\"s\"}");
    say(&b, "s", "OFF");
    CHECK_WISH("switch.s", "on", NULL, "s/set ON\n");
    CHECK_STR(state(&b, "switch.s"), "on"); /* until it is known better */
    const int64_t now = ht_clock_ns();
    const int64_t wait_ms = ht_hub_look_after(&b.hub, b.home, now);
    CHECK(wait_ms > 0 && wait_ms <= 3001);
    CHECK_EQ(ht_hub_look_after(&b.hub, b.home, now + 4000000000), -1);
    CHECK_STR(state(&b, "switch.s"), "off");
    CHECK(json_is_true(json_object_get(entity(&b, "switch.s")->attributes, "unanswered")));
    CHECK_EQ(b.hub.n_given_up, 1);
    say(&b, "s", "OFF");
    CHECK(json_object_get(entity(&b, "switch.s")->attributes, "unanswered") == NULL);
    CHECK_WISH("switch.s", "on", NULL, "s/set ON\n");
    say(&b, "s", "ON");
    CHECK_EQ(ht_hub_look_after(&b.hub, b.home, now + 9000000000), -1);
    CHECK_STR(state(&b, "switch.s"), "on");
    tear_down(&b);
}

static void things_change_and_go(void)
{
    bench b;
    set_up(&b, NULL);
    const char *topic = "homeassistant/switch/s/config";
    say(&b, topic, "{\"name\":\"S\",\"uniq_id\":\"u\",\"cmd_t\":\"s/set\",\"stat_t\":\"s\"}");
    say(&b, "s", "ON");
    say(&b, topic, "{\"name\":\"S\",\"uniq_id\":\"u\",\"cmd_t\":\"s/set2\",\"stat_t\":\"s\"}");
    CHECK_EQ(ht_home_entity_count(b.home), 1);
    CHECK_STR(state(&b, "switch.s"), "on"); /* what was known stays */
    CHECK_WISH("switch.s", "off", NULL, "s/set2 OFF\n");
    say(&b, "homeassistant/switch/other/config", "{\"name\":\"S\",\"uniq_id\":\"u\",\"cmd_t\":\"x\"}"); /* the same id: not another */
    CHECK_EQ(ht_home_entity_count(b.home), 1);
    say(&b, "homeassistant/switch/other/config", "{\"name\":\"S\",\"uniq_id\":\"v\",\"cmd_t\":\"x\"}");
    CHECK_STR(state(&b, "switch.s_2"), "(unknown)");
    say(&b, topic, "");
    CHECK_EQ(ht_home_entity_count(b.home), 1);
    CHECK(json_object_get(b.filters, "s") == NULL);
    CHECK_WISH("switch.s_2", "on", NULL, "x ON\n");
    say(&b, "homeassistant/device/d/config",
        "{\"dev\":{\"ids\":\"d\",\"name\":\"D\"},\"cmps\":{\"a\":{\"p\":\"sensor\",\"uniq_id\":\"1\",\"stat_t\":\"t\",\"dev_cla\":\"humidity\"},"
        "\"b\":{\"p\":\"button\",\"uniq_id\":\"2\",\"cmd_t\":\"c\",\"name\":\"Press\"}}}");
    CHECK_STR(state(&b, "sensor.d_humidity"), "(unknown)");
    say(&b, "homeassistant/device/d/config",
        "{\"dev\":{\"ids\":\"d\",\"name\":\"D\"},\"cmps\":{\"a\":{\"p\":\"sensor\"},\"b\":{\"p\":\"button\",\"uniq_id\":\"2\",\"cmd_t\":\"c\",\"name\":\"Press\"}}}");
    CHECK_EQ(ht_home_find_entity(b.home, HT_STR("sensor.d_humidity")), -1);
    CHECK(ht_home_find_entity(b.home, HT_STR("button.d_press")) >= 0);
    say(&b, "homeassistant/device/d/config", "");
    CHECK_EQ(ht_home_entity_count(b.home), 1);
    tear_down(&b);
}

static void a_home_file_names_its_devices(void)
{
    bench b;
    set_up(&b, "{\"entities\":[{\"id\":\"light.lamp\",\"name\":\"台灯\",\"aliases\":[\"desk lamp\"],\"area\":\"书房\",\"state\":\"off\"},"
               "{\"id\":\"switch.kettle\",\"state\":\"on\",\"attributes\":{\"unique_id\":\"k1\"}},"
               "{\"id\":\"scene.s\",\"attributes\":{\"entities\":{\"light.lamp\":{\"state\":\"on\"},\"switch.kettle\":{\"state\":\"off\"}}}}]}");
    say(&b, "homeassistant/light/x/config",
        "{\"name\":\"Lamp\",\"def_ent_id\":\"light.lamp\",\"cmd_t\":\"l/set\",\"stat_t\":\"l\",\"dev\":{\"sa\":\"Elsewhere\"}}");
    say(&b, "homeassistant/switch/y/config", "{\"name\":\"Anything\",\"uniq_id\":\"k1\",\"cmd_t\":\"k/set\",\"stat_t\":\"k\"}");
    CHECK_EQ(ht_home_entity_count(b.home), 3);
    CHECK_SLICE(entity(&b, "light.lamp")->name, "台灯");
    CHECK_SLICE(ht_home_area_at(b.home, (size_t)entity(&b, "light.lamp")->area)->name, "书房");
    say(&b, "l", "OFF");
    say(&b, "k", "ON");
    CHECK_WISH("scene.s", "on", NULL, "l/set ON\nk/set OFF\n"); /* a scene of the file sets real devices */
    say(&b, "homeassistant/light/x/config", "");
    CHECK_STR(state(&b, "light.lamp"), "unavailable"); /* the file still has it */
    json_t *json = ht_home_to_json(b.home);
    CHECK_EQ(json_array_size(json_object_get(json, "entities")), 3);
    say(&b, "homeassistant/switch/z/config", "{\"name\":\"Z\",\"cmd_t\":\"z\"}");
    json_decref(json);
    json = ht_home_to_json(b.home);
    CHECK_EQ(json_array_size(json_object_get(json, "entities")), 3); /* what devices announce is theirs to keep */
    json_decref(json);
    tear_down(&b);
}

static void nonsense_does_no_harm(void)
{
    static const char *const configs[] = {
        "{",
        "[]",
        "{}",
        "{\"stat_t\":7,\"cmd_t\":[],\"name\":{},\"uniq_id\":1}",
        "{\"stat_t\":\"#\"}",
        "{\"stat_t\":\"\"}",
        "{\"cmd_t\":\"a+b\",\"stat_t\":\"s\",\"dev\":7,\"avty\":\"x\",\"o\":[]}",
        "{\"stat_t\":\"s\",\"val_tpl\":\"{{ x(\"}",
        "{\"stat_t\":\"s\",\"modes\":{\"a\":1},\"sup_clrm\":[1,{},null],\"brightness\":\"yes\",\"schema\":\"json\",\"bri_scl\":0,\"cmd_t\":\"c\"}",
        "{\"stat_t\":\"s\",\"spd_rng_min\":9,\"spd_rng_max\":1,\"pct_stat_t\":\"s\",\"pct_cmd_t\":\"c\",\"pos_open\":5,\"pos_clsd\":5,\"pos_t\":\"s\"}"};
    static const char *const components[] = {"light",  "switch", "cover", "climate", "fan",    "sensor", "lock",
                                             "vacuum", "device", "tag",   "valve",   "number", "select", "event"};
    static const char *const reports[] = {"",
                                          "ON",
                                          "{",
                                          "{\"state\":7}",
                                          "[1]",
                                          "null",
                                          "1e999",
                                          "NaN",
                                          "\xff",
                                          "{\"state\":\"ON\",\"brightness\":-5,\"color\":{\"r\":1e99,\"h\":-1e9},"
                                          "\"color_temp\":0}",
                                          "{\"position\":\"x\",\"attributes\":7}"};
    bench b;
    ht_error err;
    set_up(&b, NULL);
    for (size_t c = 0; c < sizeof components / sizeof components[0]; c++)
        for (size_t i = 0; i < sizeof configs / sizeof configs[0]; i++) {
            char topic[100];
            snprintf(topic, sizeof topic, "homeassistant/%s/x%zu/config", components[c], i);
            say(&b, topic, configs[i]);
            for (size_t k = 0; k < sizeof reports / sizeof reports[0]; k++)
                say(&b, "s", reports[k]);
        }
    for (size_t i = 0; i < ht_home_entity_count(b.home); i++)
        for (int v = 0; v < HT_VERB_COUNT; v++)
            if (ht_entity_able(ht_home_entity_at(b.home, i), (ht_verb)v))
                CHECK(ht_action_apply(b.home, i, &(ht_action){.verb = (ht_verb)v, .value = 50, .text = HT_STR("low")}, &err) != HT_NO_MEMORY);
    tear_down(&b);
}

int main(int argc, char **argv)
{
    static const check_case cases[] = {
        CHECK_CASE(json_light),
        CHECK_CASE(plain_light),
        CHECK_CASE(covers_and_valves),
        CHECK_CASE(climate),
        CHECK_CASE(fans_locks_and_the_rest),
        CHECK_CASE(availability),
        CHECK_CASE(a_silent_device_is_taken_back),
        CHECK_CASE(things_change_and_go),
        CHECK_CASE(a_home_file_names_its_devices),
        CHECK_CASE(nonsense_does_no_harm),
    };
    return check_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
