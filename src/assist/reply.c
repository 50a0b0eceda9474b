/* Puts a reply together: what was done first in one breath, then answers, then what did not work. */
#include "assist/reply.h"

#include "assist/reply_private.h"

static ht_str text_of(const json_t *o, const char *key)
{
    const json_t *v = json_object_get(o, key);
    return (ht_str){json_string_value(v), json_string_length(v)};
}

static ht_str arg_of(const ht_result *r, const char *slot) { return text_of(json_object_get(r->call, "arguments"), slot); }
static const char *tool_of(const ht_result *r) { return json_string_value(json_object_get(r->call, "name")); }
static bool is_tool(const ht_result *r, const char *part) { return strstr(tool_of(r), part) != NULL; }
static void say(const ht_say *s, const char *zh, const char *en) { ht_buf_add_c(s->out, s->zh ? zh : en); }

/* --- what was done without devices --- */

static void say_list(const ht_say *s, const ht_result *r)
{
    const ht_str list = text_of(r->answer, "list"), item = text_of(r->answer, "item");
    const char *zh = is_tool(r, "AddItem") ? "已把%.*s加入%.*s" : is_tool(r, "Complete") ? "已把%.*s从%.*s划掉" : "已把%.*s从%.*s删除";
    const char *en = is_tool(r, "AddItem")  ? "added %.*s to the %.*s"
                   : is_tool(r, "Complete") ? "ticked %.*s off the %.*s"
                                            : "took %.*s off the %.*s";
    ht_buf_addf(s->out, s->zh ? zh : en, HT_STR_ARG(item), HT_STR_ARG(list));
    if (!s->zh && list.len >= 4 && !ht_name_same((ht_str){list.ptr + list.len - 4, 4}, HT_STR("list")))
        ht_buf_add_c(s->out, " list");
}

/* "披萨计时器" / "the pizza timer". */
static void add_timer_name(const ht_say *s, const json_t *timer)
{
    const ht_str name = text_of(timer, "name");
    ht_buf_addf(s->out, s->zh ? "%.*s计时器" : "the %.*s%s", HT_STR_ARG(name), name.len ? " timer" : "timer");
}

static void say_timer(const ht_say *s, const ht_result *r)
{
    const json_t *timers = json_object_get(r->answer, "timers"), *timer = json_array_get(timers, 0);
    const int64_t total_s = json_integer_value(json_object_get(timer, "total_s")),
                  left_s = json_integer_value(json_object_get(timer, "remaining_s"));
    const ht_str command = arg_of(r, "conversation_command");
    if (is_tool(r, "CancelAll"))
        ht_buf_addf(s->out, s->zh ? "已取消%zu个计时器" : "cancelled %zu timer%s", json_array_size(timers),
                    json_array_size(timers) == 1 ? "" : "s");
    else if (command.ptr != NULL) {
        say(s, "", "in ");
        ht_say_duration(s, total_s);
        ht_buf_addf(s->out, s->zh ? "后执行“%.*s”" : ": %.*s", HT_STR_ARG(command));
    } else if (is_tool(r, "StartTimer")) {
        add_timer_name(s, timer);
        say(s, "开始了，", " is running for ");
        ht_say_duration(s, total_s);
    } else if (is_tool(r, "CancelTimer")) {
        say(s, "已取消", "cancelled ");
        add_timer_name(s, timer);
    } else if (is_tool(r, "PauseTimer") && !is_tool(r, "Unpause")) {
        add_timer_name(s, timer);
        say(s, "已暂停", " is paused");
    } else {
        add_timer_name(s, timer);
        say(s, "还剩", " has ");
        ht_say_duration(s, left_s);
        say(s, "", " left");
    }
}

static void say_alarm(const ht_say *s, const ht_result *r)
{
    const ht_str at = arg_of(r, "time"), command = arg_of(r, "command");
    const int64_t n = json_integer_value(json_object_get(r->answer, "n_alarms"));
    if (is_tool(r, "CancelAlarm")) {
        if (s->zh)
            ht_buf_addf(s->out, n > 1 ? "已取消%lld个闹钟" : "闹钟已取消", (long long)n);
        else
            ht_buf_addf(s->out, n > 1 ? "%lld alarms are cancelled" : "the alarm is cancelled", (long long)n);
        return;
    }
    say(s, command.ptr ? "" : "闹钟已设在", command.ptr ? "at " : "the alarm is set for ");
    ht_say_clock(s, at.ptr);
    if (command.ptr != NULL)
        ht_buf_addf(s->out, s->zh ? "会执行“%.*s”" : ": %.*s", HT_STR_ARG(command));
}

/* A clause without its full stop for what was done without entities. */
static void say_other(const ht_say *s, const ht_result *r)
{
    const size_t start = s->out->len;
    if (is_tool(r, "List"))
        say_list(s, r);
    else if (is_tool(r, "Timer"))
        say_timer(s, r);
    else if (is_tool(r, "Alarm") || is_tool(r, "Schedule"))
        say_alarm(s, r);
    else
        say(s, "已广播", "your message is out");
    ht_say_capital(s, start);
}

/* --- what did not work --- */

/* "厨房的风扇" / "fan in the kitchen": what was asked for and is not here. */
static void say_missing(const ht_say *s, const ht_result *r)
{
    const ht_str name = arg_of(r, "name"), area = arg_of(r, "area"), floor = arg_of(r, "floor");
    const int at = area.ptr ? ht_home_find_area(s->h, area) : -1;
    const ht_str place = at >= 0 ? ht_say_area_name(s, ht_home_area_at(s->h, (size_t)at)) : area.ptr ? area : floor;
    const bool has_place = area.ptr ? at >= 0 : floor.ptr == NULL || ht_home_find_floor(s->h, floor) >= 0;
    if (!has_place)
        ht_buf_addf(s->out, s->zh ? "家里没有%.*s。" : "There is no %.*s here.", HT_STR_ARG(place));
    else if (name.ptr != NULL)
        ht_buf_addf(s->out, s->zh ? "没有找到%.*s。" : "I cannot find %.*s.", HT_STR_ARG(name));
    else {
        const char *noun =
            is_tool(r, "Temperature") && is_tool(r, "Get")
                ? (s->zh ? "温度计" : "thermometer")
                : ht_say_noun(s, arg_of(r, "domain").ptr ? arg_of(r, "domain") : HT_STR(""), arg_of(r, "device_class"), false);
        if (place.ptr == NULL)
            ht_buf_addf(s->out, s->zh ? "没有找到可以操作的%s。" : "I cannot find a %s for that.", noun);
        else if (s->zh)
            ht_buf_addf(s->out, "%.*s没有%s。", HT_STR_ARG(place), noun);
        else
            ht_buf_addf(s->out, "There is no %s in the %.*s.", noun, HT_STR_ARG(place));
    }
}

static void say_no_target(const ht_say *s, const ht_result *r)
{
    const ht_str list = text_of(r->answer, "list"), item = text_of(r->answer, "item");
    if (is_tool(r, "Timer"))
        say(s, ht_home_timer_count(s->h) ? "没有找到这个计时器。" : "现在没有计时器。",
            ht_home_timer_count(s->h) ? "There is no such timer." : "There are no timers.");
    else if (is_tool(r, "Alarm"))
        say(s, "没有这个闹钟。", "There is no such alarm.");
    else if (is_tool(r, "Weather"))
        say(s, "没有天气数据。", "I have no weather data.");
    else if (is_tool(r, "List") && list.ptr != NULL)
        ht_buf_addf(s->out, s->zh ? "%.*s里没有%.*s。" : "The %.*s has no %.*s.", HT_STR_ARG(list), HT_STR_ARG(item));
    else if (is_tool(r, "List"))
        ht_buf_addf(s->out, s->zh ? "没有叫%.*s的清单。" : "There is no list called %.*s.", HT_STR_ARG(arg_of(r, "name")));
    else
        say_missing(s, r);
}

/* Several of one name are told apart by their rooms. */
static void add_choices(const ht_say *s, const ht_result *r)
{
    bool is_one_name = true;
    for (size_t i = 1; i < r->n_entities; i++)
        is_one_name &= ht_str_eq(ht_say_name(s, ht_home_entity_at(s->h, (size_t)r->entities[i])),
                                 ht_say_name(s, ht_home_entity_at(s->h, (size_t)r->entities[0])));
    if (!is_one_name) {
        ht_say_names(s, r->entities, r->n_entities, s->zh ? "还是" : "or");
        return;
    }
    for (size_t i = 0; i < r->n_entities; i++) {
        const ht_entity *e = ht_home_entity_at(s->h, (size_t)r->entities[i]);
        const ht_str area = e->area >= 0 ? ht_say_area_name(s, ht_home_area_at(s->h, (size_t)e->area))
                          : s->zh        ? HT_STR("别处")
                                         : HT_STR("other");
        if (i > 0)
            ht_buf_add_c(s->out, i + 1 < r->n_entities ? (s->zh ? "、" : ", ") : (s->zh ? "还是" : " or "));
        if (s->zh)
            ht_buf_addf(s->out, "%.*s的", HT_STR_ARG(area));
        else
            ht_buf_addf(s->out, "the one in the %.*s", HT_STR_ARG(area));
    }
    if (s->zh)
        ht_buf_add_str(s->out, ht_say_name(s, ht_home_entity_at(s->h, (size_t)r->entities[0])));
}

static void say_ambiguous(const ht_say *s, const ht_result *r)
{
    enum { MAX_CHOICES = 4 };
    if (is_tool(r, "Timer")) {
        const size_t n = json_array_size(json_object_get(r->answer, "timers"));
        ht_buf_addf(s->out, s->zh ? "有%zu个计时器，你要哪一个？" : "There are %zu timers. Which one?", n);
    } else if (r->n_entities == 0 || r->n_entities > MAX_CHOICES)
        say(s, "你要哪一个？请说出名字或房间。", "Which one do you mean? Tell me its name or room.");
    else {
        say(s, "你是说", "Do you mean ");
        add_choices(s, r);
        say(s, "？", "?");
    }
}

static void say_not_able(const ht_say *s, const ht_result *r)
{
    const json_t *min = json_object_get(r->answer, "min"), *max = json_object_get(r->answer, "max");
    const size_t start = s->out->len;
    if (r->n_entities == 0) {
        say(s, "这个做不到。", "That is not possible.");
        return;
    }
    const bool is_plural = ht_say_subject(s, r->entities, r->n_entities);
    const ht_entity *e = ht_home_entity_at(s->h, (size_t)r->entities[0]);
    if (min != NULL) {
        say(s, "只能设在", " can only be set from ");
        ht_say_number(s, json_number_value(min));
        say(s, "到", " to ");
        ht_say_number(s, json_number_value(max));
        say(s, "之间。", ".");
    } else if (json_object_get(r->answer, "silent") != NULL)
        say(s, "没有响应。", " did not respond.");
    else if (e->state != NULL && strcmp(e->state, "unavailable") == 0)
        say(s, "现在离线。", is_plural ? " are offline." : " is offline.");
    else
        say(s, "不支持这个操作。", " cannot do that.");
    ht_say_capital(s, start);
}

/* What is about to be done, as a question. */
static void say_confirm(const ht_say *s, const ht_result *r)
{
    const char *zh = "执行", *en = "go ahead with";
    for (size_t i = 0; i < r->n_entities; i++) {
        const ht_str domain = ht_home_entity_at(s->h, (size_t)r->entities[i])->domain;
        if (ht_str_is(domain, "lock"))
            zh = "解锁", en = "unlock";
        else if (ht_str_is(domain, "cover") || ht_str_is(domain, "valve"))
            zh = "打开", en = "open";
        else if (ht_str_is(domain, "alarm_control_panel"))
            zh = "撤防", en = "disarm";
    }
    ht_buf_addf(s->out, s->zh ? "确定要%s" : "Shall I really %s ", s->zh ? zh : en);
    ht_say_subject(s, r->entities, r->n_entities);
    say(s, "吗？", "?");
}

static void say_asked(const ht_say *s, const ht_result *r)
{
    const ht_str about = text_of(r->answer, "about");
    if (ht_str_is(about, "area"))
        say(s, "你是说哪个房间？", "Which room?");
    else if (ht_str_is(about, "value"))
        say(s, is_tool(r, "Timer") ? "要多长时间？" : "要调到多少？", is_tool(r, "Timer") ? "For how long?" : "To what value?");
    else if (ht_str_is(about, "action"))
        say(s, "你想让我做什么？", "What shall I do?");
    else
        say(s, "你是说哪个设备？", "Which device do you mean?");
}

static void say_refused(const ht_say *s, const ht_result *r)
{
    const ht_str reason = text_of(r->answer, "reason");
    if (ht_str_is(reason, "no_device"))
        say(s, "家里没有这个设备。", "There is no such device in this home.");
    else if (ht_str_is(reason, "no_area"))
        say(s, "家里没有这个房间。", "There is no such room in this home.");
    else if (ht_str_is(reason, "unsupported"))
        say(s, "这个设备做不到。", "That device cannot do this.");
    else if (ht_str_is(reason, "unclear"))
        say(s, "抱歉，我没听明白。", "Sorry, I did not understand that.");
    else
        say(s, "抱歉，这个我还做不到。", "Sorry, that is beyond me.");
}

static void say_outcome(const ht_say *s, const ht_result *r)
{
    switch (r->outcome) {
    case HT_DONE:          ht_say_answer(s, r); break;
    case HT_NO_TARGET:     say_no_target(s, r); break;
    case HT_AMBIGUOUS:     say_ambiguous(s, r); break;
    case HT_NOT_ABLE:      say_not_able(s, r); break;
    case HT_NEEDS_CONFIRM: say_confirm(s, r); break;
    case HT_ASKED:         say_asked(s, r); break;
    case HT_REFUSED:       say_refused(s, r); break;
    }
}

/* The devices that did not take a command. */
static void say_silent(const ht_say *s, const ht_result *r)
{
    const json_t *ids = json_object_get(r->answer, "silent");
    for (size_t i = 0; i < json_array_size(ids); i++) {
        const int at = ht_home_find_entity(s->h, ht_str_from(json_string_value(json_array_get(ids, i))));
        const size_t start = s->out->len + (s->zh ? 0 : 1);
        if (at < 0)
            continue;
        say(s, "", " ");
        ht_say_names(s, &at, 1, "");
        say(s, "没有响应。", " did not respond.");
        ht_say_capital(s, start);
    }
}

/* Whether a result is told as something done, with others in one breath. */
static bool is_doing(const ht_result *r)
{
    return r->outcome == HT_DONE && !is_tool(r, "Get") && !is_tool(r, "TimerStatus") && !is_tool(r, "Nevermind");
}

void ht_reply(const ht_home *h, ht_str lang, const ht_context *cx, const ht_result *results, size_t n, ht_buf *out)
{
    const ht_say s = {h, cx, ht_str_starts(lang, HT_STR("zh")), out};
    enum { NOTHING, CLAUSE, SENTENCE } last = NOTHING;
    for (size_t i = 0; i < n;) {
        const bool doing = is_doing(&results[i]);
        if (last == CLAUSE)
            say(&s, doing ? "，" : "。", ". ");
        else if (last == SENTENCE)
            say(&s, "", " ");
        else if (doing)
            say(&s, "好的，", "");
        const size_t covered = doing ? ht_say_done(&s, &results[i], n - i) : 0;
        if (doing && covered == 0)
            say_other(&s, &results[i]);
        else if (!doing && is_tool(&results[i], "Nevermind"))
            say(&s, "好的。", "All right.");
        else if (!doing)
            say_outcome(&s, &results[i]);
        last = doing ? CLAUSE : SENTENCE;
        i += covered ? covered : 1;
    }
    if (last == CLAUSE)
        say(&s, "。", ".");
    for (size_t i = 0; i < n; i++)
        if (results[i].outcome == HT_DONE)
            say_silent(&s, &results[i]);
}
