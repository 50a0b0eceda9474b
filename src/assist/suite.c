#include "assist/suite.h"

#include <stdio.h>
#include <time.h>

bool ht_parse_iso_time(const char *text, int64_t *out_unix_s)
{
    struct tm t = {.tm_isdst = -1};
    int n = 0, zone_h, zone_m = 0;
    char sign;
    if (sscanf(text, "%4d-%2d-%2d%*[T ]%2d:%2d%n", &t.tm_year, &t.tm_mon, &t.tm_mday, &t.tm_hour, &t.tm_min, &n) != 5 || n == 0)
        return false;
    if (t.tm_mon < 1 || t.tm_mon > 12 || t.tm_mday < 1 || t.tm_mday > 31 || t.tm_hour > 23 || t.tm_min > 59)
        return false;
    t.tm_year -= 1900;
    t.tm_mon -= 1;
    const char *p = text + n;
    int used = 0;
    if (sscanf(p, ":%2d%n", &t.tm_sec, &used) == 1)
        p += used;
    if (*p == '.')
        p += strspn(p + 1, "0123456789") + 1;
    if (*p == '\0') {
        *out_unix_s = (int64_t)mktime(&t);
        return true;
    }
    if (strcmp(p, "Z") == 0) {
        *out_unix_s = (int64_t)timegm(&t);
        return true;
    }
    if (sscanf(p, "%c%2d:%2d", &sign, &zone_h, &zone_m) < 2 || (sign != '+' && sign != '-'))
        return false;
    const int64_t offset = (int64_t)zone_h * 3600 + (int64_t)zone_m * 60;
    *out_unix_s = (int64_t)timegm(&t) - (sign == '+' ? offset : -offset);
    return true;
}

static ht_status apply_setup(ht_home *h, const json_t *setup, ht_error *err)
{
    const char *id, *key;
    json_t *want, *value;
    json_object_foreach((json_t *)setup, id, want)
    {
        const int entity = ht_home_find_entity(h, ht_str_from(id));
        if (entity < 0)
            return ht_fail(err, HT_NOT_FOUND, -1, "setup: the home has no entity '%s'", id);
        ht_status st = HT_OK;
        json_t *state = json_object_get(want, "state");
        if (state != NULL)
            st = ht_home_set_state(h, (size_t)entity, json_string_value(state), err);
        json_object_foreach(json_object_get(want, "attributes"), key, value)
        {
            if (st == HT_OK)
                st = ht_home_set_attribute(h, (size_t)entity, key, json_deep_copy(value), err);
        }
        if (st != HT_OK)
            return st;
    }
    return HT_OK;
}

static ht_status fresh_home(const json_t *homes, const json_t *line, ht_home **out, ht_error *err)
{
    const char *id = json_string_value(json_object_get(line, "home"));
    const json_t *home = id ? json_object_get(homes, id) : json_object_iter_value(json_object_iter((json_t *)homes));
    if (home == NULL)
        return ht_fail(err, HT_NOT_FOUND, -1, "the homes file has no home '%s'", id ? id : "");
    ht_status st = ht_home_from_json(home, out, err);
    if (st == HT_OK)
        st = apply_setup(*out, json_object_get(line, "setup"), err);
    if (st == HT_OK && json_is_array(json_object_get(line, "timers")))
        st = ht_home_timer_restore(*out, json_object_get(line, "timers"), err);
    if (st == HT_OK && json_is_array(json_object_get(line, "lists")))
        st = ht_home_list_restore(*out, json_object_get(line, "lists"), err);
    return st;
}

static ht_str string_of(const json_t *line, const char *key)
{
    const json_t *v = json_object_get(line, key);
    return (ht_str){json_string_value(v), json_string_length(v)};
}

ht_status ht_suite_run_line(ht_assist *a, const json_t *homes, const json_t *line, json_t **out, ht_error *err)
{
    *out = NULL;
    ht_home *home = NULL;
    ht_response rs = {0};
    ht_request rq = {.text = string_of(line, "text"),
                     .lang = string_of(line, "lang"),
                     .area = string_of(line, "area_context"),
                     .history = json_object_get(line, "history"),
                     .confirm_needed = json_is_true(json_object_get(line, "confirm"))};
    const ht_str now = string_of(line, "now");
    if (rq.text.ptr == NULL)
        return ht_fail(err, HT_BAD_FORMAT, -1, "a suite line has no \"text\"");
    if (now.ptr != NULL && !ht_parse_iso_time(now.ptr, &rq.now_unix_s))
        return ht_fail(err, HT_BAD_FORMAT, -1, "\"now\" is no ISO time: '%s'", now.ptr);
    ht_status st = fresh_home(homes, line, &home, err);
    if (st == HT_OK)
        st = ht_assist_run(a, home, &rq, NULL, NULL, &rs, err);
    json_t *answer = st == HT_OK ? ht_response_json(&rs) : NULL;
    if (st == HT_OK && answer != NULL) {
        json_t *whole = json_object();
        json_object_set(whole, "id", json_object_get(line, "id"));
        json_object_update(whole, answer);
        *out = whole;
    } else if (st == HT_OK) {
        st = ht_fail(err, HT_NO_MEMORY, -1, "out of memory");
    }
    json_decref(answer);
    ht_response_deinit(&rs);
    ht_home_free(home);
    return st;
}
