/* Timers and alarms of a home. They only lie here: what makes them run out is the program around it. */
#include <stdio.h>
#include <stdlib.h>

#include "home/private.h"

enum { MAX_TIMER_S = 10 * 366 * 24 * 3600 };

size_t ht_home_timer_count(const ht_home *h) { return h->n_timers; }
const ht_timer *ht_home_timer_at(const ht_home *h, size_t i) { return i < h->n_timers ? &h->timers[i] : NULL; }
size_t ht_home_alarm_count(const ht_home *h) { return h->n_alarms; }
const ht_alarm *ht_home_alarm_at(const ht_home *h, size_t i) { return i < h->n_alarms ? &h->alarms[i] : NULL; }

static void drop_timers(ht_home *h)
{
    for (size_t i = 0; i < h->n_timers; i++) {
        free(h->timers[i].name);
        free(h->timers[i].command);
    }
    free(h->timers);
    h->timers = NULL;
    h->n_timers = 0;
}

void ht_home_timers_deinit(ht_home *h)
{
    drop_timers(h);
    for (size_t i = 0; i < h->n_alarms; i++) {
        free(h->alarms[i].label);
        free(h->alarms[i].command);
    }
    free(h->alarms);
    h->alarms = NULL;
    h->n_alarms = 0;
}

/* The text on the heap, NULL for ""; false when memory is gone. */
static bool copy_text(ht_str s, char **out)
{
    *out = s.len > 0 ? ht_home_copy(s) : NULL;
    return s.len == 0 || *out != NULL;
}

ht_status ht_home_timer_add(ht_home *h, ht_str name, int area, int64_t total_s, ht_str command, ht_error *err)
{
    if (total_s < 0 || total_s > MAX_TIMER_S)
        return ht_fail(err, HT_BAD_ARG, -1, "home: a timer cannot run %lld seconds", (long long)total_s);
    if (area < -1 || area >= (int)h->n_areas)
        return ht_fail(err, HT_BAD_ARG, -1, "home: there is no area %d for a timer", area);
    ht_timer t = {.area = area, .total_s = total_s, .remaining_s = total_s};
    if (!copy_text(name, &t.name) || !copy_text(command, &t.command) || !ht_home_grow(&h->timers, h->n_timers, sizeof t)) {
        free(t.name);
        free(t.command);
        return ht_fail(err, HT_NO_MEMORY, -1, "home: a timer");
    }
    h->timers[h->n_timers++] = t;
    ht_home_tell(h, -1);
    return HT_OK;
}

void ht_home_timer_remove(ht_home *h, size_t timer)
{
    if (timer >= h->n_timers)
        return;
    free(h->timers[timer].name);
    free(h->timers[timer].command);
    memmove(&h->timers[timer], &h->timers[timer + 1], (h->n_timers - timer - 1) * sizeof *h->timers);
    h->n_timers--;
    ht_home_tell(h, -1);
}

void ht_home_timer_set(ht_home *h, size_t timer, int64_t remaining_s, bool is_paused)
{
    if (timer >= h->n_timers)
        return;
    ht_timer *t = &h->timers[timer];
    remaining_s = remaining_s < 0 ? 0 : remaining_s > MAX_TIMER_S ? MAX_TIMER_S : remaining_s;
    if (t->remaining_s == remaining_s && t->is_paused == is_paused)
        return;
    t->remaining_s = remaining_s;
    t->is_paused = is_paused;
    ht_home_tell(h, -1);
}

/* Whole seconds of a field; 0 where it is absent, -1 where it cannot be a length. */
static int64_t seconds_of(const json_t *timer, const char *key)
{
    const json_t *v = json_object_get(timer, key);
    if (v == NULL || json_is_null(v))
        return 0;
    const double x = json_is_number(v) ? json_number_value(v) : -1;
    return x >= 0 && x <= MAX_TIMER_S ? (int64_t)x : -1;
}

static ht_status restore_timer(ht_home *h, const json_t *timer, size_t i, ht_error *err)
{
    static const char *const lengths[] = {"total_seconds", "remaining_seconds", "total_seconds_left",
                                          "start_hours",   "start_minutes",     "start_seconds"};
    int64_t v[6];
    if (!json_is_object(timer))
        return ht_fail(err, HT_BAD_FORMAT, -1, "home: timers[%zu] must be an object", i);
    for (size_t k = 0; k < 6; k++)
        if ((v[k] = seconds_of(timer, lengths[k])) < 0)
            return ht_fail(err, HT_BAD_FORMAT, -1, "home: timers[%zu].%s must be seconds", i, lengths[k]);
    const int64_t start = v[3] * 3600 + v[4] * 60 + v[5];
    const bool has_left = json_is_number(json_object_get(timer, "remaining_seconds")) || v[2] > 0; /* 0: about to ring */
    const int64_t left = v[1] ? v[1] : v[2], total = v[0] ? v[0] : start ? start : left;
    const json_t *area = json_object_get(timer, "area"), *active = json_object_get(timer, "is_active");
    /* A timer may outlive the room that it was set in: a name that is gone is no error. */
    const int at = json_is_string(area) ? ht_home_find_area(h, ht_home_json_str(area)) : -1;
    ht_status st =
        ht_home_timer_add(h, ht_home_json_str(json_object_get(timer, "name")), at, total < MAX_TIMER_S ? total : MAX_TIMER_S,
                          ht_home_json_str(json_object_get(timer, "command")), err);
    if (st == HT_OK)
        ht_home_timer_set(h, h->n_timers - 1, has_left ? left : total,
                          json_is_true(json_object_get(timer, "paused")) || json_is_false(active));
    return st;
}

ht_status ht_home_timer_restore(ht_home *h, const json_t *timers, ht_error *err)
{
    if (timers != NULL && !json_is_null(timers) && !json_is_array(timers))
        return ht_fail(err, HT_BAD_FORMAT, -1, "home: timers must be an array");
    drop_timers(h);
    ht_status st = HT_OK;
    for (size_t i = 0; st == HT_OK && i < json_array_size(timers); i++)
        st = restore_timer(h, json_array_get(timers, i), i, err);
    ht_home_tell(h, -1);
    return st;
}

json_t *ht_home_timers_json(const ht_home *h)
{
    json_t *array = json_array();
    for (size_t i = 0; i < h->n_timers; i++) {
        const ht_timer *t = &h->timers[i];
        const ht_str area = t->area >= 0 ? h->areas[t->area].name : (ht_str){NULL, 0};
        json_t *one =
            json_pack("{s:s?, s:o, s:I, s:I, s:b, s:s?}", "name", t->name, "area",
                      area.ptr ? json_stringn(area.ptr, area.len) : json_null(), "total_seconds", (json_int_t)t->total_s,
                      "remaining_seconds", (json_int_t)t->remaining_s, "paused", (int)t->is_paused, "command", t->command);
        if (json_array_append_new(array, one) != 0)
            return json_decref(array), NULL;
    }
    return array;
}

ht_status ht_home_alarm_add(ht_home *h, int at_min, ht_str label, ht_str command, ht_error *err)
{
    if (at_min < 0 || at_min >= 24 * 60)
        return ht_fail(err, HT_BAD_ARG, -1, "home: a day has no minute %d", at_min);
    ht_alarm a = {.at_min = at_min};
    if (!copy_text(label, &a.label) || !copy_text(command, &a.command) || !ht_home_grow(&h->alarms, h->n_alarms, sizeof a)) {
        free(a.label);
        free(a.command);
        return ht_fail(err, HT_NO_MEMORY, -1, "home: an alarm");
    }
    h->alarms[h->n_alarms++] = a;
    ht_home_tell(h, -1);
    return HT_OK;
}

void ht_home_alarm_remove(ht_home *h, size_t alarm)
{
    if (alarm >= h->n_alarms)
        return;
    free(h->alarms[alarm].label);
    free(h->alarms[alarm].command);
    memmove(&h->alarms[alarm], &h->alarms[alarm + 1], (h->n_alarms - alarm - 1) * sizeof *h->alarms);
    h->n_alarms--;
    ht_home_tell(h, -1);
}

ht_status ht_home_alarms_restore(ht_home *h, const json_t *alarms, ht_error *err)
{
    if (alarms != NULL && !json_is_null(alarms) && !json_is_array(alarms))
        return ht_fail(err, HT_BAD_FORMAT, -1, "home: alarms must be an array");
    ht_status st = HT_OK;
    for (size_t i = 0; st == HT_OK && i < json_array_size(alarms); i++) {
        const json_t *a = json_array_get(alarms, i);
        const char *at = json_string_value(json_object_get(a, "time"));
        int hour = -1, minute = -1, end = 0;
        if (at == NULL || sscanf(at, "%2d:%2d%n", &hour, &minute, &end) != 2 || at[end] != '\0' || hour < 0 || hour > 23 ||
            minute < 0 || minute > 59)
            return ht_fail(err, HT_BAD_FORMAT, -1, "home: alarms[%zu].time must be \"HH:MM\"", i);
        st = ht_home_alarm_add(h, hour * 60 + minute, ht_home_json_str(json_object_get(a, "label")),
                               ht_home_json_str(json_object_get(a, "command")), err);
    }
    return st;
}

json_t *ht_home_alarms_json(const ht_home *h)
{
    json_t *array = json_array();
    for (size_t i = 0; i < h->n_alarms; i++) {
        const ht_alarm *a = &h->alarms[i];
        char time[16];
        snprintf(time, sizeof time, "%02d:%02d", a->at_min / 60, a->at_min % 60);
        if (json_array_append_new(array,
                                  json_pack("{s:s, s:s?, s:s?}", "time", time, "label", a->label, "command", a->command)) != 0)
            return json_decref(array), NULL;
    }
    return array;
}
