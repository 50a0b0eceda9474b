#include "home/home.h"

#include <unistd.h>

#include "check.h"
#include "home/driver.h"

static json_t *parse(const char *text)
{
    json_error_t e;
    json_t *j = json_loads(text, JSON_DECODE_ANY, &e);
    if (j == NULL)
        fprintf(stderr, "%s: %s\n", e.text, text);
    CHECK_REQUIRE(j != NULL);
    return j;
}

static ht_home *home_of(const char *text)
{
    ht_error err;
    ht_home *h;
    json_t *j = parse(text);
    const ht_status st = ht_home_from_json(j, &h, &err);
    json_decref(j);
    CHECK_OK(st, err);
    CHECK_REQUIRE(h != NULL);
    return h;
}

static const char small[] =
    "{\"id\":\"t\",\"lang\":\"zh-CN\",\"floors\":[{\"name\":\"一楼\",\"aliases\":[\"downstairs\"]}],"
    "\"areas\":[{\"name\":\"客厅\",\"floor\":\"一楼\",\"aliases\":[\"Living Room\",\"\"]},{\"name\":\"车库\",\"floor\":\"地下\"}],"
    "\"entities\":["
    "{\"id\":\"media_player.tv\",\"name\":\"电视\",\"area\":\"客厅\",\"state\":null,\"attributes\":{\"volume_level\":\"50\"},\"made_up\":1},"
    "{\"id\":\"cover.c\",\"name\":\"窗帘\",\"area\":\"living room\",\"state\":\"open\",\"attributes\":{\"device_class\":\"cover.CoverDeviceClass.CURTAIN\","
    "\"current_position\":\"40\",\"supported_features\":[\"cover.CoverEntityFeature.OPEN\",\"cover.CoverEntityFeature.CLOSE\"]}},"
    "{\"id\":\"light.l\",\"name\":\"灯\",\"aliases\":[\"Lamp\"],\"area\":\"阁楼\",\"state\":\"on\",\"attributes\":{\"brightness\":100,"
    "\"supported_color_modes\":[\"brightness\"]}},"
    "{\"id\":\"sensor.t\",\"name\":\"\",\"state\":21.5,\"attributes\":{\"native_unit_of_measurement\":\"°C\"}},"
    "{\"id\":\"todo.tasks\",\"name\":\"Personal Tasks\",\"state\":null,\"attributes\":{\"todo_items\":[\"sweep\",{\"summary\":\"iron\",\"status\":\"completed\"}]}},"
    "{\"id\":\"fan.f\",\"name\":\"风扇\",\"state\":true,\"supports\":{\"actions\":[\"turn_on\",\"turn_off\"]}}],"
    "\"timers\":[{\"name\":\"煮面\",\"area\":\"客厅\",\"total_seconds\":600,\"remaining_seconds\":90,\"paused\":true},"
    "{\"is_active\":true,\"area\":\"阁楼\",\"total_seconds_left\":300,\"start_minutes\":10}],"
    "\"alarms\":[{\"time\":\"07:05\",\"label\":\"起床\"}]}";

static void reads_a_home(void)
{
    ht_home *h = home_of(small);
    CHECK_SLICE(ht_home_lang(h), "zh-CN");
    CHECK_EQ(ht_home_floor_count(h), 2); /* the cellar is only named by its area */
    CHECK_EQ(ht_home_area_count(h), 3);  /* the attic by its lamp */
    CHECK_EQ(ht_home_area_at(h, 0)->n_aliases, 1);
    CHECK_EQ(ht_home_find_area(h, HT_STR("LIVING room")), 0);
    CHECK_EQ(ht_home_find_area(h, HT_STR("kitchen")), -1);
    CHECK_EQ(ht_home_find_floor(h, HT_STR("Downstairs")), 0);
    CHECK_EQ(ht_home_area_at(h, 1)->floor, 1);
    CHECK(ht_home_area_at(h, 3) == NULL);
    CHECK_EQ(ht_home_entity_count(h), 6);
    const int cover = ht_home_find_entity(h, HT_STR("cover.c"));
    CHECK_REQUIRE(cover >= 0);
    const ht_entity *e = ht_home_entity_at(h, (size_t)cover);
    CHECK_EQ(e->area, 0);
    CHECK_SLICE(ht_entity_class(e), "curtain");
    CHECK_SLICE(e->domain, "cover");
    CHECK_EQ(ht_home_find_entity(h, HT_STR("cover.")), -1);
    e = ht_home_entity_at(h, (size_t)ht_home_find_entity(h, HT_STR("sensor.t")));
    CHECK_STR(e->state, "21.5");
    CHECK_SLICE(e->name, "t");
    CHECK_STR(ht_entity_unit(e), "°C");
    e = ht_home_entity_at(h, (size_t)ht_home_find_entity(h, HT_STR("fan.f")));
    CHECK_STR(e->state, "on");
    CHECK(ht_entity_is_active(e));
    ht_home_free(h);
}

static void tidies_numbers(void)
{
    ht_home *h = home_of(small);
    ht_error err;
    double x;
    CHECK(ht_entity_number(ht_home_entity_at(h, 0), "volume_level", &x) && x == 0.5);
    CHECK(ht_entity_number(ht_home_entity_at(h, 1), "current_position", &x) && x == 40);
    CHECK_EQ(ht_home_set_attribute(h, 0, "volume_level", json_string("30%"), &err), HT_OK);
    CHECK(ht_entity_number(ht_home_entity_at(h, 0), "volume_level", &x) && x == 0.3);
    CHECK_EQ(ht_home_set_attribute(h, 0, "volume_level", json_string("loud"), &err), HT_OK);
    CHECK_STR(ht_entity_text(ht_home_entity_at(h, 0), "volume_level"), "loud");
    ht_home_free(h);
}

static void knows_abilities(void)
{
    ht_home *h = home_of(small);
    CHECK(ht_entity_can(ht_home_entity_at(h, 0), "media_pause"));
    CHECK(!ht_entity_can(ht_home_entity_at(h, 0), "open"));
    CHECK(ht_entity_can(ht_home_entity_at(h, 1), "open"));
    CHECK(ht_entity_can(ht_home_entity_at(h, 1), "turn_on")); /* means open */
    CHECK(!ht_entity_can(ht_home_entity_at(h, 1), "set_position"));
    CHECK(ht_entity_can(ht_home_entity_at(h, 2), "set_brightness"));
    CHECK(!ht_entity_can(ht_home_entity_at(h, 2), "set_color"));
    CHECK(ht_entity_can(ht_home_entity_at(h, 5), "turn_off"));
    CHECK(!ht_entity_can(ht_home_entity_at(h, 5), "set_speed"));
    CHECK(!ht_entity_can(ht_home_entity_at(h, 3), "turn_on"));
    CHECK(!ht_entity_can(ht_home_entity_at(h, 3), "nonsense"));
    ht_home_free(h);
}

static int n_told, last_told;
static void watcher(void *ctx, const ht_home *h, int entity)
{
    (void)h;
    CHECK(ctx == &n_told);
    n_told++;
    last_told = entity;
}

static void tells_the_watcher(void)
{
    ht_home *h = home_of(small);
    ht_error err;
    ht_home_watch(h, watcher, &n_told);
    CHECK_EQ(ht_home_set_state(h, 2, "off", &err), HT_OK);
    CHECK_EQ(n_told, 1);
    CHECK_EQ(last_told, 2);
    CHECK_EQ(ht_home_set_state(h, 2, "off", &err), HT_OK);
    CHECK_EQ(n_told, 1); /* nothing new */
    CHECK_EQ(ht_home_set_state(h, 2, "unknown", &err), HT_OK);
    CHECK(ht_home_entity_at(h, 2)->state == NULL);
    CHECK_EQ(ht_home_set_attribute(h, 2, "brightness", json_integer(7), &err), HT_OK);
    CHECK_EQ(ht_home_set_attribute(h, 2, "brightness", json_integer(7), &err), HT_OK);
    CHECK_EQ(n_told, 3);
    CHECK_EQ(ht_home_set_attribute(h, 2, "brightness", NULL, &err), HT_OK);
    CHECK_EQ(ht_home_set_attribute(h, 2, "brightness", NULL, &err), HT_OK);
    CHECK_EQ(n_told, 4);
    CHECK_EQ(ht_home_set_state(h, 99, "off", &err), HT_BAD_ARG);
    CHECK_EQ(ht_home_set_attribute(h, 99, "x", json_true(), &err), HT_BAD_ARG);
    ht_home_watch(h, NULL, NULL);
    CHECK_EQ(ht_home_set_state(h, 2, "on", &err), HT_OK);
    CHECK_EQ(n_told, 4);
    ht_home_free(h);
}

static void timers_and_alarms(void)
{
    ht_home *h = home_of(small);
    ht_error err;
    CHECK_EQ(ht_home_timer_count(h), 2);
    const ht_timer *t = ht_home_timer_at(h, 0);
    CHECK_STR(t->name, "煮面");
    CHECK_EQ(t->remaining_s, 90);
    CHECK(t->is_paused);
    t = ht_home_timer_at(h, 1);
    CHECK(t->name == NULL && !t->is_paused);
    CHECK_EQ(t->area, 2);
    CHECK_EQ(t->total_s, 600);
    CHECK_EQ(t->remaining_s, 300);
    for (int i = 0; i < 20; i++)
        CHECK_EQ(ht_home_timer_add(h, HT_STR("a"), -1, i, HT_STR("关灯"), &err), HT_OK);
    ht_home_timer_remove(h, 0);
    CHECK_EQ(ht_home_timer_count(h), 21);
    CHECK_STR(ht_home_timer_at(h, 20)->command, "关灯");
    ht_home_timer_set(h, 20, -5, true);
    CHECK_EQ(ht_home_timer_at(h, 20)->remaining_s, 0);
    ht_home_timer_remove(h, 21); /* there is none */
    CHECK_EQ(ht_home_timer_add(h, HT_STR(""), 9, 5, HT_STR(""), &err), HT_BAD_ARG);
    CHECK_EQ(ht_home_timer_add(h, HT_STR(""), -1, -5, HT_STR(""), &err), HT_BAD_ARG);
    json_t *bad = parse("[{\"total_seconds\":-1}]");
    CHECK_EQ(ht_home_timer_restore(h, bad, &err), HT_BAD_FORMAT);
    CHECK_STR(err.text, "home: timers[0].total_seconds must be seconds");
    json_decref(bad);
    CHECK_EQ(ht_home_alarm_count(h), 1);
    CHECK_EQ(ht_home_alarm_at(h, 0)->at_min, 7 * 60 + 5);
    CHECK_EQ(ht_home_alarm_add(h, 24 * 60, HT_STR(""), HT_STR(""), &err), HT_BAD_ARG);
    CHECK_EQ(ht_home_alarm_add(h, 0, HT_STR(""), HT_STR("开灯"), &err), HT_OK);
    ht_home_alarm_remove(h, 0);
    CHECK_STR(ht_home_alarm_at(h, 0)->command, "开灯");
    ht_home_free(h);
}

static void lists(void)
{
    ht_home *h = home_of(small);
    ht_error err;
    CHECK_EQ(ht_home_list_count(h), 2); /* the tasks, and one for shopping */
    const int tasks = ht_home_find_list(h, HT_STR("personal tasks list"));
    CHECK_EQ(tasks, 0);
    CHECK_EQ(ht_home_find_list(h, HT_STR("todo.tasks")), 0);
    CHECK_EQ(ht_home_find_list(h, HT_STR("购物")), 1);
    CHECK_EQ(ht_home_find_list(h, HT_STR("books")), -1);
    CHECK_EQ(ht_home_shopping_list(h), 1);
    CHECK_STR(ht_home_list_at(h, 1)->name, "购物清单");
    const ht_entity *e = ht_home_entity_at(h, 4);
    CHECK_STR(e->state, "1"); /* one of two is done */
    CHECK(json_object_get(e->attributes, "todo_items") == NULL);
    CHECK_EQ(ht_home_list_add(h, 0, HT_STR("cook"), &err), HT_OK);
    CHECK_STR(e->state, "2");
    ht_home_list_done(h, 0, 0, true);
    CHECK_STR(e->state, "1");
    ht_home_list_remove(h, 0, 2);
    CHECK_STR(e->state, "0");
    CHECK_EQ(ht_home_list_at(h, 0)->n_items, 2);
    json_t *other = parse("[{\"id\":\"todo.shopping_list\",\"name\":\"Shopping List\",\"items\":[\"milk\"]}]");
    CHECK_EQ(ht_home_list_restore(h, other, &err), HT_OK);
    CHECK_EQ(ht_home_list_count(h), 2);
    CHECK_EQ(ht_home_shopping_list(h), 0);
    CHECK_EQ(ht_home_list_at(h, 1)->n_items, 0);
    json_decref(other);
    other = parse("[{\"items\":[]}]");
    CHECK_EQ(ht_home_list_restore(h, other, &err), HT_BAD_FORMAT);
    CHECK_EQ(ht_home_list_count(h), 2); /* what must be there is there all the same */
    json_decref(other);
    ht_home_free(h);
}

/* What is written reads back as the same. */
static void round_trip(void)
{
    ht_home *h = home_of(small), *again;
    ht_error err;
    ht_home_timer_set(h, 0, 0, false); /* run out, but not yet rung */
    json_t *first = ht_home_to_json(h);
    CHECK_REQUIRE(first != NULL);
    CHECK_EQ(ht_home_from_json(first, &again, &err), HT_OK);
    json_t *second = ht_home_to_json(again);
    CHECK(json_equal(first, second));
    CHECK_EQ(json_array_size(json_object_get(first, "entities")), 6);
    json_decref(first);
    json_decref(second);
    ht_home_free(again);
    ht_home_free(h);
}

static void names_are_one_short_line(void)
{
    char text[1400], name[502];
    ht_home *h = home_of("{\"areas\":[{\"name\":\"a\\u001b[31mb\"}],\"entities\":[{\"id\":\"light.a\",\"name\":\"x\\ny\\u007f\",\"aliases\":[\"\\t\",\"p\\tq\"]}]}");
    CHECK_SLICE(ht_home_area_at(h, 0)->name, "a [31mb");
    CHECK_SLICE(ht_home_entity_at(h, 0)->name, "x y");
    CHECK_EQ(ht_home_entity_at(h, 0)->n_aliases, 1);
    CHECK_SLICE(ht_home_entity_at(h, 0)->aliases[0], "p q");
    json_t *added = parse("{\"id\":\"light.b\",\"name\":\"x\\u001by\",\"area\":\"n\\nm\"}");
    size_t at = 0;
    ht_error err = {0};
    CHECK_OK(ht_home_add_entity(h, added, &at, &err), err);
    CHECK_SLICE(ht_home_entity_at(h, at)->name, "x y");
    CHECK_SLICE(ht_home_area_at(h, (size_t)ht_home_entity_at(h, at)->area)->name, "n m");
    json_decref(added);

    memset(name, 'n', sizeof name);
    name[sizeof name - 1] = '\0';
    snprintf(text, sizeof text, "{\"id\":\"light.c\",\"name\":\"%s\"}", name);
    added = parse(text);
    CHECK_EQ(ht_home_add_entity(h, added, &at, &err), HT_TOO_BIG);
    json_decref(added);
    ht_home_free(h);
    snprintf(text, sizeof text, "{\"entities\":[{\"id\":\"light.c\",\"name\":\"%s\"}]}", name);
    json_t *j = parse(text);
    CHECK_EQ(ht_home_from_json(j, &h, &err), HT_TOO_BIG);
    CHECK_STR(err.text, "home: entities[0].name is longer than 500 bytes");
    json_decref(j);
}

static void names_what_is_wrong(void)
{
    static const struct {
        const char *json, *error;
    } cases[] = {
        {"[]", "home: must be an object with \"entities\""},
        {"{\"areas\":{}}", "home: areas must be an array"},
        {"{\"areas\":[{}]}", "home: areas[0] needs a name"},
        {"{\"floors\":[3]}", "home: floors[0] must be an object"},
        {"{\"entities\":[{\"id\":\"lamp\"}]}", "home: entities[0].id must be like \"light.kitchen\""},
        {"{\"entities\":[{\"id\":7}]}", "home: entities[0].id must be text"},
        {"{\"entities\":[{\"id\":\"light.a\",\"aliases\":[1]}]}", "home: entities[0].aliases[0] must be text"},
        {"{\"entities\":[{\"id\":\"light.a\",\"attributes\":[]}]}", "home: attributes of light.a must be an object"},
        {"{\"entities\":[{\"id\":\"light.a\",\"state\":{}}]}", "home: the state of light.a must be text or null"},
        {"{\"entities\":[{\"id\":\"light.a\"},{\"id\":\"light.a\"}]}", "home: two entities have the id light.a"},
        {"{\"alarms\":[{\"time\":\"25:00\"}]}", "home: alarms[0].time must be \"HH:MM\""},
        {"{\"lists\":\"milk\"}", "home: lists must be an array"},
        {"{\"timers\":7}", "home: timers must be an array"},
        {"{\"lists\":[{\"name\":\"x\",\"items\":[7]}]}", "home: item 0 of list x must be text"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        json_t *j = parse(cases[i].json);
        ht_home *h;
        ht_error err = {0};
        CHECK_EQ(ht_home_from_json(j, &h, &err), HT_BAD_FORMAT);
        CHECK(h == NULL);
        CHECK_STR(err.text, cases[i].error);
        json_decref(j);
    }
}

static void loads_files(void)
{
    char path[] = "/tmp/hearth-test-home-XXXXXX";
    const int fd = mkstemp(path);
    CHECK_REQUIRE(fd >= 0);
    static const char two[] = "{\"homes\":{\"a\":{\"id\":\"a\"},\"b\":{\"id\":\"b\"}}}";
    CHECK_EQ(write(fd, two, sizeof two - 1), (long long)sizeof two - 1);
    close(fd);
    ht_home *h;
    ht_error err;
    CHECK_EQ(ht_home_load(path, NULL, &h, &err), HT_OK);
    CHECK_SLICE(ht_home_id(h), "a");
    ht_home_free(h);
    CHECK_EQ(ht_home_load(path, "b", &h, &err), HT_OK);
    CHECK_SLICE(ht_home_id(h), "b");
    ht_home_free(h);
    CHECK_EQ(ht_home_load(path, "c", &h, &err), HT_NOT_FOUND);
    CHECK(h == NULL);
    CHECK_EQ(truncate(path, 9), 0);
    CHECK_EQ(ht_home_load(path, NULL, &h, &err), HT_BAD_FORMAT);
    unlink(path);
    CHECK_EQ(ht_home_load(path, NULL, &h, &err), HT_NOT_FOUND);
}

static void demo_home(void)
{
    ht_home *h;
    ht_error err = {0};
    CHECK_OK(ht_home_load_demo(&h, &err), err);
    CHECK_REQUIRE(h != NULL);
    CHECK(ht_home_entity_count(h) >= 30);
    CHECK(ht_home_area_count(h) >= 8);
    CHECK_EQ(ht_home_floor_count(h), 2);
    for (size_t i = 0; i < ht_home_area_count(h); i++)
        CHECK(ht_home_area_at(h, i)->n_aliases > 0 && ht_home_area_at(h, i)->floor >= 0); /* an English name each */
    static const char *const domains[] = {"light",  "switch", "cover",          "climate", "fan",    "media_player", "lock",
                                          "vacuum", "sensor", "binary_sensor",  "scene",   "script", "humidifier",   "weather",
                                          "todo",   "person", "device_tracker", "button",  "valve"};
    bool seen[sizeof domains / sizeof domains[0]] = {false};
    for (size_t i = 0; i < ht_home_entity_count(h); i++) {
        const ht_entity *e = ht_home_entity_at(h, i);
        CHECK(e->n_aliases > 0);
        CHECK(e->state != NULL || ht_str_is(e->domain, "scene") || ht_str_is(e->domain, "script") ||
              ht_str_is(e->domain, "button"));
        for (size_t d = 0; d < sizeof domains / sizeof domains[0]; d++)
            seen[d] |= ht_str_is(e->domain, domains[d]);
    }
    for (size_t d = 0; d < sizeof domains / sizeof domains[0]; d++)
        CHECK(seen[d]);
    CHECK_EQ(ht_home_find_area(h, HT_STR("living room")), ht_home_find_area(h, HT_STR("客厅")));
    ht_home_free(h);
}

int main(int argc, char **argv)
{
    static const check_case cases[] = {
        CHECK_CASE(reads_a_home),
        CHECK_CASE(tidies_numbers),
        CHECK_CASE(knows_abilities),
        CHECK_CASE(tells_the_watcher),
        CHECK_CASE(timers_and_alarms),
        CHECK_CASE(lists),
        CHECK_CASE(round_trip),
        CHECK_CASE(names_are_one_short_line),
        CHECK_CASE(names_what_is_wrong),
        CHECK_CASE(loads_files),
        CHECK_CASE(demo_home),
    };
    return check_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
