#include "check.h"
#include "codec/template.h"

/* What a template renders for a message; "!" and the status where it cannot be parsed, "?" behind it where something is missing. */
static const char *render(const char *source, const char *payload)
{
    static char text[70000];
    ht_template *t;
    ht_error err;
    ht_buf out = {0};
    bool is_whole;
    const ht_status st = ht_template_parse(ht_str_from(source), &t, &err);
    if (st != HT_OK) {
        snprintf(text, sizeof text, "!%s", ht_status_text(st));
        return text;
    }
    json_t *json = json_loads(payload, JSON_DECODE_ANY, NULL);
    json_t *vars = json_pack("{s:s, s:o*, s:i}", "value", payload, "value_json", json, "position", 40);
    CHECK_OK(ht_template_render(t, vars, &out, &is_whole, &err), err);
    snprintf(text, sizeof text, "%.*s%s", HT_STR_ARG(ht_buf_str(&out)), is_whole ? "" : "?");
    json_decref(vars);
    ht_buf_deinit(&out);
    ht_template_free(t);
    return text;
}

static void reads_what_devices_announce(void)
{
    CHECK_STR(render("{{ value_json[\"state_left\"] }}", "{\"state_left\":\"ON\"}"), "ON");
    CHECK_STR(render("{{ value_json.a }}", "{\"a\":21.5}"), "21.5");
    CHECK_STR(render("{{ value_json.a }}", "{\"a\":21.0}"), "21.0");
    CHECK_STR(render("{{value_json.a|lower}}", "{\"a\":\"HeAT\"}"), "heat");
    CHECK_STR(render("{% if value_json[\"contact\"] %}true{% else %}false{% endif %}", "{\"contact\":false}"), "false");
    CHECK_STR(render("{{ value_json['a']['b'] }}", "{\"a\":{\"b\":3}}"), "3");
    CHECK_STR(render("{{ value_json.get('k','x') }}", "{}"), "x");
    CHECK_STR(render("{{ value_json.x | tojson }}", "{\"x\":{\"a\":[1,true]}}"), "{\"a\":[1,true]}");
    CHECK_STR(render("{{ value_json.x | default(7) }}", "{}"), "7");
    CHECK_STR(render("{\"position\": {{ position }} }", ""), "{\"position\": 40 }");
    CHECK_STR(render("{{ {'idle':'off','heat':'heating'}[value_json.running_state] }}", "{\"running_state\":\"heat\"}"), "heating");
    CHECK_STR(render("{% set v = { 'min':'low', 'max':'high' } %}{{ v[value] if value in v else 'unknown' }}", "max"), "high");
    CHECK_STR(
        render(
            "{% if value_json.state in ['OPEN','CLOSE'] and value_json.position == 0 %}closed{% elif value_json.position > 0 %}open{% endif %}",
            "{\"state\":\"OPEN\",\"position\":5}"),
        "open");
    CHECK_STR(render("{{ (value_json.t | float - 32) * 5 / 9 }}", "{\"t\":\"212\"}"), "100.0");
    CHECK_STR(render("{{ value_json.ENERGY.Power }} W", "{\"ENERGY\":{\"Power\":12}}"), "12 W");
}

static void calculates(void)
{
    CHECK_STR(render("{{ value | int // 7 }} {{ value|int % 7 }} {{ -3 // 2 }}", "20"), "2 6 -2");
    CHECK_STR(render("{{ value_json.t | round(1) }} {{ 2.6 | round }} {{ 2.1|round(0,'ceil') }}", "{\"t\":21.46}"), "21.5 3 3");
    CHECK_STR(render("{{ 1 if value == 'a' else 2 }}{{ not true }}{{ none }}", "a"), "1FalseNone");
    CHECK_STR(render("{{ [1,2,3] | join('-') }} {{ max(1, 5, 3) }} {{ 'a' ~ 1 ~ 2.5 }}", ""), "1-2-3 5 a12.5");
    CHECK_STR(render("{{ value | replace('on','off') | upper }}", "on-on"), "OFF-OFF");
    CHECK_STR(render("{{ 1 < 2 and 2 <= 2 or false }} {{ 1 == 1.0 }} {{ 'b' not in 'abc' }}", ""), "True True False");
    CHECK_STR(render("{{ value_json[-1] }} {{ value_json.1 }} {{ value_json | length }}", "[4,5,6]"), "6 5 3");
    CHECK_STR(render("{{ value is defined }} {{ nothing is defined }} {{ value_json.a is none }}", "{\"a\":null}"), "True False True");
    CHECK_STR(render("{{ value | int(-1) }} {{ 'yes'|bool }} {{ iif(value == 'x', 'p', 'q') }}", "x"), "-1 True p");
    CHECK_STR(render("{{ 0.1 + 0.2 }} {{ 1e3 }}", ""), "!malformed input");
    CHECK_STR(render("{{ 0.1 + 0.2 }}", ""), "0.30000000000000004");
}

static void takes_blanks_away(void)
{
    CHECK_STR(render("a  {{- value -}}  b", "x"), "axb");
    CHECK_STR(render("{%- if true -%}  y  {%- endif -%}\n z", ""), "yz");
    CHECK_STR(render("{% if true %}\nx{% endif %}", ""), "x");
    CHECK_STR(render("a{# a remark #}b", ""), "ab");
    CHECK_STR(render("", "x"), "");
    CHECK_STR(render("{ not a mark }", "x"), "{ not a mark }");
}

static void tells_what_is_missing(void)
{
    CHECK_STR(render("{{ value_json.b }}", "{\"a\":1}"), "?");
    CHECK_STR(render("{{ value_json.b.c }}", "not json"), "?");
    CHECK_STR(render("{{ value | float }}", "warm"), "?");
    CHECK_STR(render("{{ 1 / 0 }}", ""), "?");
    CHECK_STR(render("{% if value_json.b %}x{% else %}y{% endif %}", "{}"), "y");
}

static void refuses_what_it_does_not_know(void)
{
    static const char *const unknown[] = {"{{ now() }}", "{% for x in value_json %}{{ x }}{% endfor %}", "{{ value | regex_replace('a','b') }}",
                                          "{{ states('light.x') }}", "{{ value is odd }}"};
    static const char *const bad[] = {"{{ value",    "{{ value }",    "{% if x %}",   "{% endif %}", "{{ 'open }}",         "{{ (1 }}",
                                      "{{ [1 }}",    "{{ 1 2 }}",     "{{ a. }}",     "{{ }}",       "{% if %}{% endif %}", "{% set = 3 %}",
                                      "{{ {'a'} }}", "{{ 1 not 2 }}", "{{ float() }}"};
    for (size_t i = 0; i < sizeof unknown / sizeof unknown[0]; i++)
        CHECK_STR(render(unknown[i], ""), "!not supported");
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        CHECK_STR(render(bad[i], ""), "!malformed input");
}

static void stays_small(void)
{
    ht_template *t;
    ht_error err;
    ht_buf b = {0};
    for (int i = 0; i < 300; i++)
        ht_buf_add_char(&b, '(');
    char deep[400];
    snprintf(deep, sizeof deep, "{{ %s", b.ptr);
    CHECK_EQ(ht_template_parse(ht_str_from(deep), &t, &err), HT_TOO_BIG);
    ht_buf_clear(&b);
    for (int i = 0; i < 200; i++)
        ht_buf_add_c(&b, "{% set x = [x, x] %}"); /* would be 2^200 items */
    ht_buf_add_c(&b, "{{ x }}");
    CHECK(strlen(render(b.ptr, "")) < 65000);
    ht_buf_clear(&b);
    ht_buf_add_c(&b, "{% set x = 'aaaaaaaa' %}");
    for (int i = 0; i < 100; i++)
        ht_buf_add_c(&b, "{% set x = x ~ x %}");
    ht_buf_add_c(&b, "{{ x }}");
    CHECK(strlen(render(b.ptr, "")) <= 65537);
    ht_buf_clear(&b);
    while (b.len <= 16 << 10)
        ht_buf_add_char(&b, 'x');
    CHECK_EQ(ht_template_parse(ht_buf_str(&b), &t, &err), HT_TOO_BIG);
    ht_buf_deinit(&b);
}

int main(int argc, char **argv)
{
    static const check_case cases[] = {
        CHECK_CASE(reads_what_devices_announce),
        CHECK_CASE(calculates),
        CHECK_CASE(takes_blanks_away),
        CHECK_CASE(tells_what_is_missing),
        CHECK_CASE(refuses_what_it_does_not_know),
        CHECK_CASE(stays_small),
    };
    return check_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
