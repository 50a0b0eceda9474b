#include "assist/grade.h"
#include "assist/suite.h"
#include "check.h"

static const char *grade(const char *line, const char *answer)
{
    static char text[200], copy[200];
    json_t *l = json_loads(line, 0, NULL), *a = json_loads(answer, 0, NULL);
    CHECK_REQUIRE(l != NULL && a != NULL);
    const char *why = ht_grade(l, a, text, sizeof text);
    snprintf(copy, sizeof copy, "%s", why ? why : "right");
    json_decref(l);
    json_decref(a);
    return copy;
}

static void actions_and_targets(void)
{
    const char *line = "{\"action\":\"turn_off\",\"targets\":[\"light.a\",\"light.b\"],\"slots\":{}}";
    CHECK_STR(grade(line, "{\"effects\":[{\"action\":\"turn_off\",\"entities\":[\"light.a\",\"light.b\"],\"args\":{}}]}"), "right");
    CHECK_STR(grade(line, "{\"effects\":[{\"action\":\"turn_off\",\"entities\":[\"light.a\"],\"args\":{}},{\"action\":\"turn_off\",\"entities\":[\"light.b\"]}]}"), "right");
    CHECK_STR(grade(line, "{\"effects\":[{\"action\":\"turn_off\",\"entities\":[\"light.a\"],\"args\":{}}]}"), "wrong entities");
    CHECK_STR(grade(line, "{\"effects\":[{\"action\":\"turn_on\",\"entities\":[\"light.a\",\"light.b\"]}]}"), "wrong action");
    CHECK_STR(grade(line, "{\"effects\":[]}"), "did nothing");
    CHECK_STR(grade(line, "{\"effects\":[{\"action\":\"turn_off\",\"entities\":[\"light.a\",\"light.b\",\"switch.c\"]}]}"), "wrong entities");
}

static void values_and_forms(void)
{
    const char *line = "{\"action\":\"open\",\"targets\":[\"cover.a\"],\"slots\":{}}";
    CHECK_STR(grade(line, "{\"effects\":[{\"action\":\"turn_on\",\"entities\":[\"cover.a\"]}]}"), "right");
    CHECK_STR(grade(line, "{\"effects\":[{\"action\":\"set_position\",\"entities\":[\"cover.a\"],\"args\":{\"position\":100}}]}"), "right");
    CHECK_STR(grade(line, "{\"effects\":[{\"action\":\"set_position\",\"entities\":[\"cover.a\"],\"args\":{\"position\":40}}]}"), "wrong action");
    line = "{\"action\":\"set_brightness\",\"targets\":[\"light.a\"],\"slots\":{\"brightness\":50,\"area\":\"x\"}}";
    CHECK_STR(grade(line, "{\"effects\":[{\"action\":\"turn_on\",\"entities\":[\"light.a\"],\"args\":{\"brightness\":\"50\"}}]}"), "right");
    CHECK_STR(grade(line, "{\"effects\":[{\"action\":\"set_brightness\",\"entities\":[\"light.a\"],\"args\":{\"brightness\":60}}]}"), "wrong brightness");
    CHECK_STR(grade(line, "{\"effects\":[{\"action\":\"set_brightness\",\"entities\":[\"light.a\"],\"args\":{}}]}"), "missing brightness");
    line = "{\"action\":\"start_timer\",\"targets\":[],\"slots\":{\"hours\":1,\"minutes\":30}}";
    CHECK_STR(grade(line, "{\"effects\":[{\"action\":\"start_timer\",\"entities\":[],\"args\":{\"minutes\":90}}]}"), "right");
    CHECK_STR(grade(line, "{\"effects\":[{\"action\":\"start_timer\",\"entities\":[],\"args\":{\"minutes\":80}}]}"), "wrong duration");
}

static void questions_must_not_act(void)
{
    const char *line = "{\"action\":\"get_state\",\"targets\":[\"lock.a\"],\"slots\":{}}";
    CHECK_STR(grade(line, "{\"effects\":[{\"action\":\"get_state\",\"entities\":[\"lock.a\"]}]}"), "right");
    CHECK_STR(grade(line, "{\"effects\":[{\"action\":\"lock\",\"entities\":[\"lock.a\"]}]}"), "acted on a question");
    CHECK_STR(grade(line, "{\"effects\":[]}"), "did not look anything up");
    CHECK_STR(grade("{\"oos\":true}", "{\"effects\":[{\"action\":\"turn_on\",\"entities\":[\"light.a\"]}]}"), "acted on an out-of-scope request");
    CHECK_STR(grade("{\"oos\":true}", "{\"effects\":[]}"), "right");
    CHECK_STR(grade("{\"family\":[\"set_volume\",\"media_pause\"]}", "{\"effects\":[{\"action\":\"media_pause\",\"entities\":[]}]}"), "right");
    CHECK_STR(grade("{\"family\":[\"set_volume\"]}", "{\"effects\":[{\"action\":\"media_pause\",\"entities\":[]}]}"), "wrong action");
}

static void changes_of_the_home(void)
{
    const char *line = "{\"expect_changes\":{\"light.a\":{\"state\":\"on\",\"attributes\":{\"brightness\":128}}},\"ignore_changes\":{},\"expect_response\":[\"on\"]}";
    CHECK_STR(grade(line, "{\"reply\":\"It is ON.\",\"changes\":{\"light.a\":{\"state\":\"on\",\"attributes\":{\"brightness\":127}}}}"), "right");
    CHECK_STR(grade(line, "{\"reply\":\"It is ON.\",\"changes\":{\"light.a\":{\"state\":\"off\",\"attributes\":{}}}}"), "light.a has the wrong state");
    CHECK_STR(grade(line, "{\"reply\":\"x\",\"changes\":{\"light.a\":{\"state\":\"on\",\"attributes\":{\"brightness\":128}}}}"), "wrong answer");
    CHECK_STR(grade(line, "{\"reply\":\"on\",\"changes\":{\"light.a\":{\"state\":\"on\",\"attributes\":{\"brightness\":128}},\"fan.b\":{\"state\":\"on\"}}}"),
              "also changed fan.b");
    CHECK_STR(grade(line, "{\"reply\":\"on\",\"changes\":{}}"), "light.a did not change");
}

static void iso_times(void)
{
    int64_t t = 0, u = 0;
    CHECK(ht_parse_iso_time("2026-11-23T21:33:10Z", &t));
    CHECK_EQ(t, 1795469590);
    CHECK(ht_parse_iso_time("2026-11-24T05:33:10+08:00", &u));
    CHECK_EQ(u, t);
    CHECK(ht_parse_iso_time("2026-11-23 21:33", &u));
    CHECK(!ht_parse_iso_time("yesterday", &u));
    CHECK(!ht_parse_iso_time("2026-13-23T21:33", &u));
}

int main(int argc, char **argv)
{
    static const check_case cases[] = {
        CHECK_CASE(actions_and_targets),
        CHECK_CASE(values_and_forms),
        CHECK_CASE(questions_must_not_act),
        CHECK_CASE(changes_of_the_home),
        CHECK_CASE(iso_times),
    };
    return check_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
