/* Timers, alarms and lists. */
#include <stdio.h>
#include <stdlib.h>

#include "assist/execute_private.h"

/* --- timers --- */

static int64_t length_of(const ht_call *c, const char *hours, const char *minutes, const char *seconds)
{
    return (int64_t)ht_call_number(c, hours, 0) * 3600 + (int64_t)ht_call_number(c, minutes, 0) * 60 +
           (int64_t)ht_call_number(c, seconds, 0);
}

static json_t *timer_json(const ht_call *c, const ht_timer *t)
{
    const ht_str area = t->area >= 0 ? ht_home_area_at(c->h, (size_t)t->area)->name : (ht_str){NULL, 0};
    return json_pack("{s:s?, s:o, s:I, s:I, s:b}", "name", t->name, "area",
                     area.ptr ? json_stringn(area.ptr, area.len) : json_null(), "total_s", (json_int_t)t->total_s,
                     "remaining_s", (json_int_t)t->remaining_s, "is_paused", (int)t->is_paused);
}

/* Whether the slots that find a timer fit it. */
static bool timer_fits(const ht_call *c, const ht_timer *t)
{
    int area;
    const ht_str name = ht_call_text(c, "name");
    const int64_t start = length_of(c, "start_hours", "start_minutes", "start_seconds");
    if (!ht_call_area(c, &area))
        return false;
    return (name.ptr == NULL || (t->name != NULL && ht_name_same(name, ht_str_from(t->name)))) &&
           (area < 0 || t->area == area) && (start == 0 || t->total_s == start);
}

/* Which of the timers that fit: those that the wish makes sense for (a running one to pause), then the speaker's own. */
static bool timer_suits(const ht_call *c, const ht_timer *t, bool is_here)
{
    if (strcmp(c->tool->name, "HassPauseTimer") == 0 && t->is_paused)
        return false;
    if (strcmp(c->tool->name, "HassUnpauseTimer") == 0 && !t->is_paused)
        return false;
    return !is_here || (c->cx->area >= 0 && t->area == c->cx->area);
}

/* Indices of the timers meant; *n of them in at, which holds as many as there are timers. */
static void find_timers(const ht_call *c, bool wants_one, size_t *at, size_t *n)
{
    *n = 0;
    for (size_t i = 0; i < ht_home_timer_count(c->h); i++)
        if (timer_fits(c, ht_home_timer_at(c->h, i)))
            at[(*n)++] = i;
    for (int is_here = 0; wants_one && *n > 1 && is_here <= 1; is_here++) {
        size_t kept = 0;
        for (size_t i = 0; i < *n; i++)
            kept += timer_suits(c, ht_home_timer_at(c->h, at[i]), is_here);
        if (kept == 0)
            continue;
        size_t w = 0;
        for (size_t i = 0; i < *n; i++)
            if (timer_suits(c, ht_home_timer_at(c->h, at[i]), is_here))
                at[w++] = at[i];
        *n = w;
    }
}

static ht_status answer_timers(const ht_call *c, const size_t *at, size_t n)
{
    json_t *array = json_array();
    for (size_t i = 0; i < n; i++)
        json_array_append_new(array, timer_json(c, ht_home_timer_at(c->h, at[i])));
    c->out->answer = json_pack("{s:o}", "timers", array);
    return c->out->answer ? HT_OK : ht_call_no_memory(c);
}

static ht_status ask_value(const ht_call *c)
{
    c->out->answer = json_pack("{s:s}", "about", "value");
    return c->out->answer ? ht_call_end(c, HT_ASKED) : ht_call_no_memory(c);
}

static ht_status start_timer(const ht_call *c)
{
    const int64_t total_s = length_of(c, "hours", "minutes", "seconds");
    if (total_s == 0)
        return ask_value(c);
    enum { MAX_DAYS = 366 };
    if (total_s > (int64_t)MAX_DAYS * 24 * 3600)
        return ht_call_end(c, HT_NOT_ABLE);
    const ht_str none = {"", 0}, name = ht_call_text(c, "name"), command = ht_call_text(c, "conversation_command");
    ht_status st = ht_home_timer_add(c->h, name.ptr ? name : none, c->cx->area, total_s, command.ptr ? command : none, c->err);
    const size_t at = ht_home_timer_count(c->h) - 1;
    if (st == HT_OK)
        st = answer_timers(c, &at, 1);
    return st == HT_OK ? ht_call_effect(c, "start_timer") : st;
}

/* Does it to one timer; the answer tells what it was like afterwards (for a cancelled one, before). */
static ht_status change_timer(const ht_call *c, size_t at, const char **word)
{
    static const struct {
        const char *tool, *word;
        int sign; /* of the time added */
    } changes[] = {{"HassCancelTimer", "cancel_timer", 0},
                   {"HassPauseTimer", "pause_timer", 0},
                   {"HassUnpauseTimer", "unpause_timer", 0},
                   {"HassIncreaseTimer", "increase_timer", 1},
                   {"HassDecreaseTimer", "decrease_timer", -1}};
    const ht_timer *t = ht_home_timer_at(c->h, at);
    size_t k = 0;
    while (strcmp(changes[k].tool, c->tool->name) != 0)
        k++;
    *word = changes[k].word;
    const bool is_paused = k == 1 || (k != 2 && t->is_paused);
    if (k > 0)
        ht_home_timer_set(c->h, at, t->remaining_s + changes[k].sign * length_of(c, "hours", "minutes", "seconds"), is_paused);
    const ht_status st = answer_timers(c, &at, 1);
    if (k == 0 && st == HT_OK)
        ht_home_timer_remove(c->h, at);
    return st;
}

static ht_status cancel_all(const ht_call *c, const size_t *at, size_t n)
{
    const ht_status st = answer_timers(c, at, n);
    for (size_t i = n; st == HT_OK && i-- > 0;)
        ht_home_timer_remove(c->h, at[i]);
    return st == HT_OK ? ht_call_effect(c, "cancel_all_timers") : st;
}

static ht_status run_timer(const ht_call *c, size_t *at)
{
    const char *name = c->tool->name, *word = NULL;
    const bool is_all = strcmp(name, "HassCancelAllTimers") == 0, is_status = strcmp(name, "HassTimerStatus") == 0;
    const bool changes_length = strcmp(name, "HassIncreaseTimer") == 0 || strcmp(name, "HassDecreaseTimer") == 0;
    size_t n;
    find_timers(c, !is_all && !is_status, at, &n);
    if (n == 0)
        return ht_call_end(c, HT_NO_TARGET);
    if (is_all)
        return cancel_all(c, at, n);
    ht_status st;
    if (is_status || n > 1) {
        if ((st = answer_timers(c, at, n)) != HT_OK || (n > 1 && !is_status))
            return st == HT_OK ? ht_call_end(c, HT_AMBIGUOUS) : st;
        return ht_call_effect(c, "timer_status");
    }
    if (changes_length && length_of(c, "hours", "minutes", "seconds") == 0)
        return ask_value(c);
    st = change_timer(c, at[0], &word);
    return st == HT_OK ? ht_call_effect(c, word) : st;
}

ht_status ht_call_timer(const ht_call *c)
{
    if (strcmp(c->tool->name, "HassStartTimer") == 0)
        return start_timer(c);
    size_t *at = calloc(ht_home_timer_count(c->h) + 1, sizeof *at);
    if (at == NULL)
        return ht_call_no_memory(c);
    const ht_status st = run_timer(c, at);
    free(at);
    return st;
}

/* --- alarms --- */

/* "HH:MM", checked, as the minute of the day; -1 where it was not given. */
static int minute_of(const ht_call *c)
{
    const char *s = ht_call_text(c, "time").ptr;
    return s ? ((s[0] - '0') * 10 + s[1] - '0') * 60 + (s[3] - '0') * 10 + s[4] - '0' : -1;
}

static ht_status cancel_alarms(const ht_call *c)
{
    const int at_min = minute_of(c);
    size_t n = 0;
    for (size_t i = ht_home_alarm_count(c->h); i-- > 0;) {
        const ht_alarm *a = ht_home_alarm_at(c->h, i);
        if (at_min >= 0 ? a->at_min != at_min : a->command != NULL)
            continue;
        ht_home_alarm_remove(c->h, i);
        n++;
    }
    if (n == 0)
        return ht_call_end(c, HT_NO_TARGET);
    c->out->answer = json_pack("{s:I}", "n_alarms", (json_int_t)n);
    return ht_call_effect(c, "cancel_alarm");
}

ht_status ht_call_alarm(const ht_call *c)
{
    if (strcmp(c->tool->name, "HearthCancelAlarm") == 0)
        return cancel_alarms(c);
    const ht_str none = {"", 0}, label = ht_call_text(c, "label"), command = ht_call_text(c, "command");
    const ht_status st = ht_home_alarm_add(c->h, minute_of(c), label.ptr ? label : none, command.ptr ? command : none, c->err);
    if (st != HT_OK || command.ptr != NULL) /* for a command at a time of day the effects have no word */
        return st;
    return ht_call_effect(c, "set_alarm");
}

/* --- lists --- */

static bool contains(ht_str text, ht_str part)
{
    for (size_t i = 0; part.len <= text.len && i <= text.len - part.len; i++)
        if (ht_name_same((ht_str){text.ptr + i, part.len}, part))
            return true;
    return false;
}

/* The item that is meant: open before done, the same text before one that contains it; -1 if none. */
static int find_item(const ht_list *l, ht_str text)
{
    for (int pass = 0; pass < 4; pass++)
        for (size_t i = 0; i < l->n_items; i++) {
            const ht_str item = ht_str_from(l->items[i].text);
            const bool hit = pass < 2 ? ht_name_same(item, text) : contains(item, text) || contains(text, item);
            if (hit && item.len > 0 && l->items[i].is_done == (pass % 2 == 1))
                return (int)i;
        }
    return -1;
}

ht_status ht_call_list(const ht_call *c)
{
    const char *name = c->tool->name;
    const bool is_shopping = strstr(name, "Shopping") != NULL, adds = strstr(name, "AddItem") != NULL,
               completes = strstr(name, "Complete") != NULL;
    const int list = is_shopping ? (int)ht_home_shopping_list(c->h) : ht_home_find_list(c->h, ht_call_text(c, "name"));
    const ht_list *l = list >= 0 ? ht_home_list_at(c->h, (size_t)list) : NULL;
    const ht_str item = ht_call_text(c, "item");
    if (l == NULL)
        return ht_call_end(c, HT_NO_TARGET);
    const int entity = ht_home_find_entity(c->h, ht_str_from(l->id));
    const int at = adds ? -1 : find_item(l, item);
    c->out->answer = json_pack("{s:s, s:s%}", "list", l->name, "item", item.ptr, item.len);
    ht_status st = c->out->answer ? HT_OK : ht_call_no_memory(c);
    if (st == HT_OK && entity >= 0)
        st = ht_call_found(c, (size_t)entity);
    if (st != HT_OK || (!adds && at < 0))
        return st == HT_OK ? ht_call_end(c, HT_NO_TARGET) : st;
    if (adds)
        st = ht_home_list_add(c->h, (size_t)list, item, c->err);
    else if (completes)
        ht_home_list_done(c->h, (size_t)list, (size_t)at, true);
    else
        ht_home_list_remove(c->h, (size_t)list, (size_t)at);
    if (st != HT_OK)
        return st;
    char word[40];
    snprintf(word, sizeof word, "%slist_%s_item", is_shopping ? "shopping_" : "",
             adds        ? "add"
             : completes ? "complete"
                         : "remove");
    return ht_call_effect(c, word);
}
