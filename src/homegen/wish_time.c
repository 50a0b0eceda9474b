/* Timers, delays, alarms and commands for later. */
#include <stdio.h>

#include "homegen/gen.h"

enum { DO_SAY = 1u << HT_STYLE_DO | 1u << HT_STYLE_SAY };

static void set_text(json_t *args, const char *slot, ht_str s) { json_object_set_new(args, slot, json_stringn(s.ptr, s.len)); }

/* Which timer is meant: by nothing, by its name, by its length, by its room. Adds the slots that find it. */
typedef enum { PLAIN, NAMED, BY_LENGTH, BY_AREA } finding;

static bool find_timer(ht_gen *x, finding how, json_t *args)
{
    const size_t n = ht_home_timer_count(x->w->home);
    if (how == PLAIN || n == 0)
        return how == PLAIN;
    const ht_timer *t = ht_home_timer_at(x->w->home, ht_rng_below(x->rng, (uint32_t)n));
    if (how == NAMED) {
        if (t->name == NULL)
            return false;
        ht_gen_set(x, HT_VAR_timer, ht_gen_textf(x, "%s", t->name));
        json_object_set_new(args, "name", json_string(t->name));
        return true;
    }
    if (how == BY_AREA) {
        if (t->area < 0)
            return false;
        set_text(args, "area", ht_gen_area(x, t->area));
        return true;
    }
    long h = (long)(t->total_s / 3600), m = (long)(t->total_s / 60 % 60);
    const long s = (long)(t->total_s % 60);
    if (h == 1 && m > 0 && ht_rng_chance(x->rng, 0.4f)) /* "90 minutes" */
        h = 0, m += 60;
    if (h > 0)
        json_object_set_new(args, "start_hours", json_integer(h));
    if (m > 0)
        json_object_set_new(args, "start_minutes", json_integer(m));
    if (s > 0)
        json_object_set_new(args, "start_seconds", json_integer(s));
    return ht_duration_say(x, HT_VAR_start_dur, HT_VAR_start_dur_adj, h, m, s);
}

static bool start_timer(ht_gen *x, ht_wish *w)
{
    const bool named = ht_rng_chance(x->rng, 0.4f);
    ht_wish_start(x, w, named ? "timer_named" : "timer");
    json_t *args = json_object();
    bool ok = ht_duration_make(x, HT_VAR_dur, HT_VAR_dur_adj, "", args);
    if (ok && named) {
        const ht_str name = ht_gen_word(x, "timer_name");
        ok = name.ptr != NULL;
        if (ok)
            set_text(args, "name", ht_gen_keep(x, HT_VAR_timer, name));
    }
    ok = ok && ht_gen_say(x, w, DO_SAY, w->act, NULL, NULL);
    if (ok)
        ht_wish_call(w, "HassStartTimer", args);
    else
        json_decref(args);
    return ok;
}

static bool change_timer(ht_gen *x, ht_wish *w)
{
    static const struct {
        const char *key, *tool;
        bool takes_time;
    } rows[] = {{"timer_cancel", "HassCancelTimer", false}, {"timer_pause", "HassPauseTimer", false}, {"timer_resume", "HassUnpauseTimer", false},
                {"timer_status", "HassTimerStatus", false}, {"timer_add", "HassIncreaseTimer", true}, {"timer_sub", "HassDecreaseTimer", true},
                {"timer_status", "HassTimerStatus", false}, {"timer_cancel", "HassCancelTimer", false}};
    static const char *const ends[] = {"", "_named", "_dur", "_area"};
    const uint32_t row = ht_rng_below(x->rng, sizeof rows / sizeof rows[0]);
    const bool is_status = strcmp(rows[row].key, "timer_status") == 0;
    const finding how = ht_rng_chance(x->rng, 0.4f) ? PLAIN : (finding)(1 + ht_rng_below(x->rng, 3));
    char key[40];
    ht_wish_start(x, w, rows[row].key);
    snprintf(key, sizeof key, "%s%s", rows[row].key, ends[how]);
    json_t *args = json_object();
    bool ok = !rows[row].takes_time || ht_duration_make(x, HT_VAR_dur, HT_VAR_dur_adj, "", args);
    ok = ok && find_timer(x, how, args) && ht_gen_say(x, w, is_status ? 1u << HT_STYLE_ASK : (unsigned)DO_SAY, key, NULL, NULL);
    if (ok)
        ht_wish_call(w, rows[row].tool, args);
    else
        json_decref(args);
    w->may_miss = how == PLAIN;
    return ok;
}

static bool cancel_all(ht_gen *x, ht_wish *w)
{
    const size_t n_areas = ht_home_area_count(x->w->home);
    const bool by_area = n_areas > 0 && ht_rng_chance(x->rng, 0.35f);
    ht_wish_start(x, w, "timer_cancel_all");
    json_t *args = json_object();
    if (by_area)
        set_text(args, "area", ht_gen_area(x, (int)ht_rng_below(x->rng, (uint32_t)n_areas)));
    const bool ok = ht_gen_say(x, w, DO_SAY, by_area ? "timer_cancel_all_area" : "timer_cancel_all", NULL, NULL);
    if (ok)
        ht_wish_call(w, "HassCancelAllTimers", args);
    else
        json_decref(args);
    w->may_miss = true;
    return ok;
}

bool ht_wish_timer(ht_gen *x, ht_wish *w)
{
    const float kind = ht_rng_float(x->rng);
    return kind < 0.45f ? start_timer(x, w) : kind < 0.94f ? change_timer(x, w) : cancel_all(x, w);
}

/* A command in the imperative, as it would be said by itself; ptr NULL if none came about. */
static ht_str some_command(ht_gen *x)
{
    ht_wish inner = {0};
    ht_str text = {NULL, 0};
    for (int tries = 0; tries < 6 && text.ptr == NULL; tries++) {
        if (ht_act_make(x, NULL, &inner) && inner.style == HT_STYLE_DO) {
            ht_buf b = {0};
            for (size_t i = 0; i < inner.text.len; i++)
                if (inner.text.ptr[i] != HT_KEEP && inner.text.ptr[i] != HT_KEPT)
                    ht_buf_add_char(&b, inner.text.ptr[i]);
            text = ht_arena_copy(&x->mem, ht_buf_str(&b));
            ht_buf_deinit(&b);
        }
        ht_wish_deinit(&inner);
    }
    return text;
}

bool ht_wish_delay(ht_gen *x, ht_wish *w)
{
    const bool by_clock = ht_rng_chance(x->rng, 0.45f);
    const ht_str command = some_command(x);
    ht_wish_start(x, w, by_clock ? "schedule" : "delay");
    if (command.ptr == NULL)
        return false;
    json_t *args = json_object();
    char clock[6];
    ht_gen_set(x, HT_VAR_command, ht_gen_textf(x, "%c%.*s%c", HT_KEEP, HT_STR_ARG(command), HT_KEPT));
    bool ok = by_clock ? ht_clock_make(x, false, clock) : ht_duration_make(x, HT_VAR_dur, HT_VAR_dur_adj, "", args);
    ok = ok && ht_gen_say(x, w, DO_SAY, w->act, NULL, NULL);
    if (by_clock)
        json_object_set_new(args, "time", json_string(clock));
    set_text(args, by_clock ? "command" : "conversation_command", command);
    if (ok)
        ht_wish_call(w, by_clock ? "HearthSchedule" : "HassStartTimer", args);
    else
        json_decref(args);
    return ok;
}

bool ht_wish_alarm(ht_gen *x, ht_wish *w)
{
    static const char *const keys[] = {"alarm", "alarm", "alarm_label", "alarm_cancel", "alarm_cancel_time"};
    const uint32_t i = ht_rng_below(x->rng, sizeof keys / sizeof keys[0]);
    char clock[6] = "";
    ht_wish_start(x, w, keys[i]);
    json_t *args = json_object();
    bool ok = true;
    if (i != 3) {
        ok = ht_clock_make(x, i < 2, clock);
        json_object_set_new(args, "time", json_string(clock));
    }
    if (ok && i == 2) {
        const ht_str label = ht_gen_word(x, "alarm_label");
        ok = label.ptr != NULL;
        if (ok)
            set_text(args, "label", ht_gen_keep(x, HT_VAR_label, label));
    }
    ok = ok && ht_gen_say(x, w, DO_SAY, keys[i], NULL, NULL);
    if (ok)
        ht_wish_call(w, i < 3 ? "HearthSetAlarm" : "HearthCancelAlarm", args);
    else
        json_decref(args);
    w->may_miss = i >= 3;
    return ok;
}
