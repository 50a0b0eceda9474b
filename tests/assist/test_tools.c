#include "assist/tools.h"
#include "assist/tools_color.h"
#include "check.h"

static json_t *parse(const char *text)
{
    json_error_t e;
    json_t *j = json_loads(text, JSON_DECODE_ANY, &e);
    CHECK_REQUIRE(j != NULL);
    return j;
}

static ht_status check(const char *tool, const char *arguments)
{
    json_t *a = parse(arguments);
    const ht_tool *t = ht_tool_find(ht_str_from(tool));
    CHECK_REQUIRE(t != NULL);
    ht_error err;
    const ht_status st = ht_tool_check(t, a, &err);
    json_decref(a);
    return st;
}

/* Every tool of the contract, found by name, with the slots in the contract's order. */
static void table(void)
{
    ht_slot slot;
    CHECK_EQ(ht_tool_count(), 61);
    for (size_t i = 0; i < ht_tool_count(); i++) {
        const ht_tool *t = ht_tool_at(i);
        CHECK(ht_tool_find(ht_str_from(t->name)) == t);
        CHECK(strlen(t->description) > 10 && t->description[strlen(t->description) - 1] == '.');
    }
    CHECK(ht_tool_at(ht_tool_count()) == NULL);
    CHECK(ht_tool_find(HT_STR("HassTurn")) == NULL);
    CHECK(ht_tool_find(HT_STR("")) == NULL);
    static const char *const order[] = {"hours", "minutes", "seconds", "name", "area", "start_hours", "start_minutes", "start_seconds"};
    const ht_tool *t = ht_tool_find(HT_STR("HassIncreaseTimer"));
    for (size_t i = 0; i < 8; i++) {
        CHECK_REQUIRE(ht_tool_slot(t, i, &slot));
        CHECK_SLICE(slot.name, order[i]);
        CHECK(!slot.is_required);
    }
    CHECK(!ht_tool_slot(t, 8, &slot));
    t = ht_tool_find(HT_STR("HassLightSet"));
    CHECK(ht_tool_slot(t, 5, &slot) && slot.kind == HT_SLOT_PCT && ht_str_is(slot.name, "brightness"));
    CHECK(ht_tool_slot(ht_tool_find(HT_STR("HassListAddItem")), 0, &slot) && slot.kind == HT_SLOT_LIST && slot.is_required);
}

/* Each kind of slot appears in some tool, so a misspelt kind (read as text) would show. */
static void every_kind_is_used(void)
{
    bool seen[HT_SLOT_KINDS] = {false};
    ht_slot slot;
    for (size_t i = 0; i < ht_tool_count(); i++)
        for (size_t s = 0; ht_tool_slot(ht_tool_at(i), s, &slot); s++)
            seen[slot.kind] = true;
    for (size_t k = 0; k < HT_SLOT_KINDS; k++)
        CHECK(seen[k]);
}

static void checks_arguments(void)
{
    CHECK_EQ(check("HassTurnOn", "{}"), HT_OK);
    CHECK_EQ(check("HassTurnOn", "{\"name\":\"客厅灯\",\"domain\":\"light\"}"), HT_OK);
    CHECK_EQ(check("HassTurnOn", "{\"name\":\"\"}"), HT_BAD_FORMAT);
    CHECK_EQ(check("HassTurnOn", "{\"name\":7}"), HT_BAD_FORMAT);
    CHECK_EQ(check("HassTurnOn", "{\"domain\":\"toaster\"}"), HT_BAD_FORMAT);
    CHECK_EQ(check("HassTurnOn", "{\"colour\":\"red\"}"), HT_BAD_FORMAT);
    CHECK_EQ(check("HassTurnOn", "[]"), HT_BAD_FORMAT);
    CHECK_EQ(check("HassLightSet", "{\"brightness\":100,\"color\":\"red\",\"temperature\":2700}"), HT_OK);
    CHECK_EQ(check("HassLightSet", "{\"brightness\":101}"), HT_BAD_FORMAT);
    CHECK_EQ(check("HassLightSet", "{\"brightness\":50.5}"), HT_BAD_FORMAT);
    CHECK_EQ(check("HassLightSet", "{\"color\":\"reddish\"}"), HT_BAD_FORMAT);
    CHECK_EQ(check("HassClimateSetTemperature", "{\"temperature\":26.5}"), HT_OK);
    CHECK_EQ(check("HassClimateSetTemperature", "{}"), HT_BAD_FORMAT);
    CHECK_EQ(check("HassSetVolumeRelative", "{\"volume_step\":\"up\"}"), HT_OK);
    CHECK_EQ(check("HassSetVolumeRelative", "{\"volume_step\":-20}"), HT_OK);
    CHECK_EQ(check("HassSetVolumeRelative", "{\"volume_step\":\"louder\"}"), HT_BAD_FORMAT);
    CHECK_EQ(check("HearthSetAlarm", "{\"time\":\"23:59\"}"), HT_OK);
    CHECK_EQ(check("HearthSetAlarm", "{\"time\":\"24:00\"}"), HT_BAD_FORMAT);
    CHECK_EQ(check("HearthSetAlarm", "{\"time\":\"7:00\"}"), HT_BAD_FORMAT);
    CHECK_EQ(check("HassNevermind", "{}"), HT_OK);
    ht_error err;
    CHECK_EQ(ht_tool_check(ht_tool_find(HT_STR("HearthAsk")), NULL, &err), HT_BAD_FORMAT);
    CHECK_STR(err.text, "HearthAsk needs \"about\"");
}

/* Says whether the words and limits of a schema admit what the checker admits. */
static void schemas_are_complete(void)
{
    for (size_t i = 0; i < ht_tool_count(); i++) {
        const ht_tool *t = ht_tool_at(i);
        json_t *s = ht_tool_schema(t, NULL);
        CHECK_REQUIRE(json_is_object(s));
        CHECK_STR(json_string_value(json_object_get(s, "type")), "object");
        CHECK(json_is_false(json_object_get(s, "additionalProperties")));
        const json_t *properties = json_object_get(s, "properties");
        void *at = json_object_iter((json_t *)properties);
        ht_slot slot;
        size_t n = 0, n_required = 0;
        for (; ht_tool_slot(t, n, &slot); n++) {
            CHECK_REQUIRE(at != NULL);
            CHECK_SLICE(slot.name, json_object_iter_key(at));
            const json_t *one = json_object_iter_value(at);
            CHECK((json_object_get(one, "type") != NULL) != (json_object_get(one, "anyOf") != NULL));
            n_required += slot.is_required;
            at = json_object_iter_next((json_t *)properties, at);
        }
        CHECK_EQ(json_object_size(properties), n);
        CHECK_EQ(json_array_size(json_object_get(s, "required")), n_required);
        json_decref(s);
    }
}

static void scope_becomes_enums(void)
{
    const ht_str names[] = {HT_STR("灯"), HT_STR("fan"), HT_STR("灯")}, areas[] = {HT_STR("厨房")};
    const ht_tool_scope scope = {.names = names, .n_names = 3, .areas = areas, .n_areas = 1};
    json_t *s = ht_tool_schema(ht_tool_find(HT_STR("HassTurnOn")), &scope);
    const json_t *properties = json_object_get(s, "properties");
    const json_t *name = json_object_get(json_object_get(properties, "name"), "enum");
    CHECK_EQ(json_array_size(name), 2);
    CHECK_STR(json_string_value(json_array_get(name, 0)), "灯");
    CHECK_EQ(json_array_size(json_object_get(json_object_get(properties, "area"), "enum")), 1);
    CHECK(json_object_get(properties, "floor") == NULL); /* there is none to name */
    json_decref(s);
    s = ht_tool_schema(ht_tool_find(HT_STR("HassListAddItem")), &scope);
    name = json_object_get(json_object_get(json_object_get(s, "properties"), "name"), "enum");
    CHECK(json_is_array(name) && json_array_size(name) == 0); /* there is no list, and it needs one */
    json_decref(s);
    s = ht_tool_schema(ht_tool_find(HT_STR("HassStartTimer")), &scope);
    CHECK(json_object_get(json_object_get(json_object_get(s, "properties"), "name"), "enum") == NULL); /* free text */
    json_decref(s);
}

static void colors(void)
{
    CHECK(ht_color_find(HT_STR("blue"))->rgb[2] == 255);
    CHECK_STR(ht_color_find(HT_STR("red"))->zh, "红色");
    CHECK(ht_color_find(HT_STR("blu")) == NULL);
    for (size_t i = 0; i < ht_color_count(); i++)
        for (size_t j = 0; j < i; j++)
            CHECK(strcmp(ht_color_at(i)->name, ht_color_at(j)->name) != 0 && strcmp(ht_color_at(i)->zh, ht_color_at(j)->zh) != 0);
}

int main(int argc, char **argv)
{
    static const check_case cases[] = {
        CHECK_CASE(table),
        CHECK_CASE(every_kind_is_used),
        CHECK_CASE(checks_arguments),
        CHECK_CASE(schemas_are_complete),
        CHECK_CASE(scope_becomes_enums),
        CHECK_CASE(colors),
    };
    return check_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
