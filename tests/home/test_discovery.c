#include "check.h"
#include "home/mqtt/discovery.h"

/* What was announced, a line each: "component part {config}". */
typedef struct {
    json_t *all;
} heard;

static void hear(void *ctx, const ht_announcement *a)
{
    heard *h = ctx;
    json_array_append_new(h->all, json_pack("{s:s, s:s?, s:O?}", "component", a->component, "part", a->part, "config", (json_t *)a->config));
}

static ht_status parse(const char *topic, const char *payload, heard *h, ht_error *err)
{
    h->all = json_array();
    return ht_discovery_parse("homeassistant", topic, ht_str_from(payload), hear, h, err);
}

static const json_t *config_of(const heard *h, size_t i) { return json_object_get(json_array_get(h->all, i), "config"); }
static const char *text_of(const json_t *o, const char *key)
{
    const char *s = json_string_value(json_object_get(o, key));
    return s ? s : "(none)";
}

static void knows_abbreviations(void)
{
    static const char *const pairs[][2] = {{"stat_t", "state_topic"}, {"cmd_t", "command_topic"}, {"avty", "availability"}, {"act_t", "action_topic"},
                                           {"uniq_id", "unique_id"}, {"xy_cmd_t", "xy_command_topic"}, {"name", "name"}, {"nonsense", "nonsense"},
                                           {"p", "platform"}, {"sup_clrm", "supported_color_modes"}, {"fanspd_lst", "fan_speed_list"}};
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++)
        CHECK_STR(ht_discovery_key(pairs[i][0], false), pairs[i][1]);
    CHECK_STR(ht_discovery_key("sw", true), "sw_version");
    CHECK_STR(ht_discovery_key("sw", false), "sw");
    CHECK_STR(ht_discovery_key("sa", true), "suggested_area");
}

static void reads_one_component(void)
{
    heard h;
    ht_error err;
    CHECK_OK(parse("homeassistant/light/0x01/light/config",
                   "{\"~\":\"z2m/lamp\",\"stat_t\":\"~\",\"cmd_t\":\"~/set\",\"json_attr_t\":\"x/~\",\"name\":null,\"uniq_id\":\"a\",\"avty_t\":\"~/avty\",\"new_key\":{\"~\":1},"
                   "\"dev\":{\"ids\":\"d\",\"sa\":\"Kitchen\",\"sw\":\"1\",\"name\":\"Lamp\"},\"val_tpl\":\"~\"}",
                   &h, &err),
             err);
    CHECK_REQUIRE(json_array_size(h.all) == 1);
    const json_t *c = config_of(&h, 0), *way = json_array_get(json_object_get(c, "availability"), 0);
    CHECK_STR(text_of(json_array_get(h.all, 0), "component"), "light");
    CHECK_STR(text_of(c, "state_topic"), "z2m/lamp");
    CHECK_STR(text_of(c, "command_topic"), "z2m/lamp/set");
    CHECK_STR(text_of(c, "json_attributes_topic"), "x/z2m/lamp");
    CHECK_STR(text_of(c, "value_template"), "~"); /* no topic */
    CHECK_STR(text_of(json_object_get(c, "device"), "suggested_area"), "Kitchen");
    CHECK_STR(text_of(json_object_get(c, "device"), "sw_version"), "1");
    CHECK_STR(text_of(way, "topic"), "z2m/lamp/avty");
    CHECK_STR(text_of(way, "payload_available"), "online");
    CHECK(json_is_null(json_object_get(c, "name")));
    json_decref(h.all);
}

static void reads_a_list_of_availability(void)
{
    heard h;
    ht_error err;
    CHECK_OK(parse("homeassistant/switch/s/config",
                   "{\"cmd_t\":\"c\",\"avty\":[{\"t\":\"a\",\"val_tpl\":\"{{ value_json.state }}\"},{\"topic\":\"b\",\"pl_avail\":\"1\",\"pl_not_avail\":\"0\"},7,{\"x\":1}]}", &h, &err),
             err);
    const json_t *list = json_object_get(config_of(&h, 0), "availability");
    CHECK_EQ(json_array_size(list), 2);
    CHECK_STR(text_of(json_array_get(list, 0), "value_template"), "{{ value_json.state }}");
    CHECK_STR(text_of(json_array_get(list, 1), "payload_not_available"), "0");
    json_decref(h.all);
}

static void reads_a_device(void)
{
    heard h;
    ht_error err;
    CHECK_OK(parse("homeassistant/device/desk01/config",
                   "{\"dev\":{\"ids\":[\"desk01\"],\"name\":\"Desk\"},\"o\":{\"name\":\"acme\",\"sw\":\"1.2\"},\"avty_t\":\"acme/lwt\",\"stat_t\":\"acme/state\",\"qos\":1,"
                   "\"cmps\":{\"lamp\":{\"p\":\"light\",\"schema\":\"json\",\"uniq_id\":\"l\",\"cmd_t\":\"acme/set\"},"
                   "\"temp\":{\"p\":\"sensor\",\"uniq_id\":\"t\",\"stat_t\":\"own\"},\"old\":{\"p\":\"sensor\"},\"bad\":7}}",
                   &h, &err),
             err);
    CHECK_REQUIRE(json_array_size(h.all) == 3);
    CHECK_STR(text_of(json_array_get(h.all, 0), "part"), "lamp");
    CHECK_STR(text_of(config_of(&h, 0), "state_topic"), "acme/state");
    CHECK_STR(text_of(json_object_get(config_of(&h, 0), "device"), "name"), "Desk");
    CHECK_EQ(json_array_size(json_object_get(config_of(&h, 0), "availability")), 1);
    CHECK_EQ(json_integer_value(json_object_get(config_of(&h, 0), "qos")), 1);
    CHECK_STR(text_of(config_of(&h, 1), "state_topic"), "own");
    CHECK(json_is_null(config_of(&h, 2))); /* nothing but its platform: withdrawn */
    json_decref(h.all);
}

static void withdraws(void)
{
    heard h;
    ht_error err;
    CHECK_OK(parse("homeassistant/light/a/config", "", &h, &err), err);
    CHECK_REQUIRE(json_array_size(h.all) == 1);
    CHECK(json_is_null(config_of(&h, 0)));
    CHECK(json_is_null(json_object_get(json_array_get(h.all, 0), "part")));
    json_decref(h.all);
    CHECK_OK(parse("homeassistant/light/a/config", "{\"migr_discvry\":true}", &h, &err), err);
    CHECK(json_is_null(config_of(&h, 0)));
    json_decref(h.all);
}

static void takes_its_own_form(void)
{
    heard h;
    ht_error err;
    CHECK_OK(parse("hearth/media_player.tv/config", "{\"id\":\"media_player.tv\",\"sa\":\"stays\"}", &h, &err), err);
    CHECK_STR(text_of(json_array_get(h.all, 0), "component"), "hearth");
    CHECK_STR(text_of(config_of(&h, 0), "sa"), "stays");
    json_decref(h.all);
}

static void refuses_the_rest(void)
{
    static const char *const topics[] = {"homeassistant/config",
                                         "homeassistant/light/config",
                                         "homeassistant/light/a/b/c/config",
                                         "other/light/a/config",
                                         "homeassistant/light/a b/config",
                                         "homeassistant//a/config",
                                         "homeassistant/light/a",
                                         "hearth/a/b/config",
                                         "hearth/config",
                                         "homeassistantx/light/a/config",
                                         "/config",
                                         ""};
    static const char *const payloads[] = {"{", "[]", "7", "\"x\"", "null", "{\"a\":\"\\u0000\"}", "\xff\xfe"};
    heard h;
    ht_error err;
    for (size_t i = 0; i < sizeof topics / sizeof topics[0]; i++) {
        CHECK_EQ(parse(topics[i], "{}", &h, &err), HT_NOT_FOUND);
        json_decref(h.all);
    }
    for (size_t i = 0; i < sizeof payloads / sizeof payloads[0]; i++) {
        CHECK_EQ(parse("homeassistant/light/a/config", payloads[i], &h, &err), HT_BAD_FORMAT);
        CHECK_EQ(json_array_size(h.all), 0);
        json_decref(h.all);
    }
    CHECK_EQ(parse("homeassistant/device/a/config", "{\"dev\":{}}", &h, &err), HT_BAD_FORMAT);
    json_decref(h.all);
    char *big = malloc(300 << 10);
    memset(big, ' ', 300 << 10);
    big[(300 << 10) - 1] = '\0';
    CHECK_EQ(parse("homeassistant/light/a/config", big, &h, &err), HT_TOO_BIG);
    json_decref(h.all);
    free(big);
}

int main(int argc, char **argv)
{
    static const check_case cases[] = {
        CHECK_CASE(knows_abbreviations),
        CHECK_CASE(reads_one_component),
        CHECK_CASE(reads_a_list_of_availability),
        CHECK_CASE(reads_a_device),
        CHECK_CASE(withdraws),
        CHECK_CASE(takes_its_own_form),
        CHECK_CASE(refuses_the_rest),
    };
    return check_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
