/* Questions answered from what the call found. */
#include <math.h>
#include <stdlib.h>

#include "assist/reply_private.h"

static ht_str text_of(const json_t *o, const char *key)
{
    const json_t *v = json_object_get(o, key);
    return (ht_str){json_string_value(v), json_string_length(v)};
}

static bool number_of(const json_t *o, const char *key, double *out)
{
    const json_t *v = json_object_get(o, key);
    if (!json_is_number(v))
        return false;
    *out = json_number_value(v);
    return true;
}

static void stop(const ht_say *s) { ht_buf_add_c(s->out, s->zh ? "。" : "."); }

/* The entity that a found thing is; NULL if it has left the home since. */
static const ht_entity *entity_of(const ht_say *s, const json_t *found)
{
    const int i = ht_home_find_entity(s->h, text_of(found, "id"));
    return i >= 0 ? ht_home_entity_at(s->h, (size_t)i) : NULL;
}

static void add_name(const ht_say *s, const json_t *found)
{
    const int i = ht_home_find_entity(s->h, text_of(found, "id"));
    if (i >= 0)
        ht_say_names(s, &i, 1, "");
}

static const char *is_or_are(const ht_say *s, const json_t *found)
{
    const ht_entity *e = entity_of(s, found);
    return e != NULL && ht_say_is_plural(ht_say_name(s, e)) ? "are" : "is";
}

/* --- one thing's state --- */

/* What on and off mean for a sensor that knows only two things. */
static const char *binary_words(const ht_say *s, ht_str kind, bool is_on)
{
    static const struct {
        const char *kind, *zh_on, *zh_off, *en_on, *en_off;
    } rows[] = {
        {"door", "开着", "关着", "open", "closed"},
        {"window", "开着", "关着", "open", "closed"},
        {"garage_door", "开着", "关着", "open", "closed"},
        {"opening", "开着", "关着", "open", "closed"},
        {"motion", "检测到有人活动", "没有动静", "detecting motion", "clear"},
        {"occupancy", "有人", "没人", "occupied", "clear"},
        {"presence", "有人", "没人", "home", "away"},
        {"moisture", "检测到漏水", "没有漏水", "wet", "dry"},
        {"smoke", "检测到烟雾", "没有烟雾", "detecting smoke", "clear"},
        {"gas", "检测到燃气泄漏", "没有燃气泄漏", "detecting gas", "clear"},
        {"carbon_monoxide", "检测到一氧化碳", "没有一氧化碳", "detecting carbon monoxide", "clear"},
        {"battery", "电量低", "电量正常", "low", "normal"},
        {"battery_charging", "在充电", "没在充电", "charging", "not charging"},
        {"lock", "没锁", "锁着", "unlocked", "locked"},
        {"connectivity", "已连接", "没连接", "connected", "disconnected"},
        {"plug", "插着", "没插", "plugged in", "unplugged"},
        {"power", "有电", "没电", "powered", "without power"},
        {"problem", "有问题", "正常", "reporting a problem", "fine"},
        {"safety", "不安全", "安全", "unsafe", "safe"},
        {"sound", "有声音", "很安静", "hearing something", "quiet"},
        {"vibration", "有震动", "没有震动", "vibrating", "still"},
        {"tamper", "被动过", "正常", "tampered with", "fine"},
        {"update", "有更新", "已是最新", "out of date", "up to date"},
        {"light", "有光", "没光", "seeing light", "dark"},
        {"cold", "偏冷", "正常", "cold", "normal"},
        {"heat", "过热", "正常", "hot", "normal"},
        {"running", "在运行", "没在运行", "running", "not running"},
        {"moving", "在移动", "没有移动", "moving", "still"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (ht_str_is(kind, rows[i].kind))
            return s->zh ? (is_on ? rows[i].zh_on : rows[i].zh_off) : (is_on ? rows[i].en_on : rows[i].en_off);
    return s->zh ? (is_on ? "已触发" : "未触发") : (is_on ? "on" : "off");
}

static ht_str unit_words(const ht_say *s, ht_str unit, double x)
{
    static const struct {
        const char *unit, *zh, *one, *many;
    } rows[] = {
        {"°C", "度", " degree", " degrees"},        {"°F", "华氏度", " degree", " degrees"},   {"%", "%", "%", "%"},
        {"bpm", "次每分钟", " bpm", " bpm"},         {"steps", "步", " step", " steps"},        {"h", "小时", " hour", " hours"},
        {"min", "分钟", " minute", " minutes"},      {"s", "秒", " second", " seconds"},        {"km", "公里", " km", " km"},
        {"m", "米", " m", " m"},                     {"km/h", "公里每小时", " km/h", " km/h"},  {"m/s", "米每秒", " m/s", " m/s"},
        {"W", "瓦", " watt", " watts"},              {"kW", "千瓦", " kW", " kW"},              {"kWh", "度电", " kWh", " kWh"},
        {"V", "伏", " volt", " volts"},              {"A", "安", " amp", " amps"},              {"lx", "勒克斯", " lux", " lux"},
        {"µg/m³", "微克每立方米", " µg/m³", " µg/m³"}, {"hPa", "百帕", " hPa", " hPa"},           {"kg", "公斤", " kg", " kg"},
        {"L", "升", " litre", " litres"},            {"m³", "立方米", " m³", " m³"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (ht_str_is(unit, rows[i].unit))
            return ht_str_from(s->zh ? rows[i].zh : x == 1 ? rows[i].one : rows[i].many);
    return unit;
}

/* "27.5度": a sensor's reading, or its word. */
static void add_reading(const ht_say *s, const json_t *found)
{
    const ht_str state = text_of(found, "state"), unit = text_of(found, "unit");
    char *end = NULL;
    const double x = state.ptr ? strtod(state.ptr, &end) : 0;
    if (end == NULL || end == state.ptr || *end != '\0' || !isfinite(x)) {
        ht_buf_add_str(s->out, ht_say_word(s, state));
        return;
    }
    ht_buf_addf(s->out, "%.12g", round(x * 100) / 100);
    const ht_str words = unit_words(s, unit, x);
    if (words.len > 0 && ht_str_eq(words, unit) && !s->zh && words.ptr[0] != '%')
        ht_buf_add_char(s->out, ' ');
    ht_buf_add_str(s->out, words);
}

static bool is_hvac_mode(ht_str state)
{
    static const char *const modes[] = {"cool", "heat", "heat_cool", "auto", "dry", "fan_only"};
    for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++)
        if (ht_str_is(state, modes[i]))
            return true;
    return false;
}

/* A number that belongs to a state: "，亮度50%" / " at 50%". */
static void add_detail(const ht_say *s, const json_t *found, const char *key, const char *zh, const char *en,
                       const char *zh_unit, const char *en_unit)
{
    double x;
    if (!number_of(found, key, &x))
        return;
    ht_buf_add_c(s->out, s->zh ? zh : en);
    ht_say_number(s, x);
    ht_buf_add_c(s->out, s->zh ? zh_unit : en_unit);
}

static void add_climate(const ht_say *s, const json_t *found, ht_str state)
{
    if (is_hvac_mode(state)) {
        ht_buf_add_c(s->out, s->zh ? "" : "in ");
        ht_buf_add_str(s->out, ht_say_word(s, state));
        ht_buf_add_c(s->out, s->zh ? "模式" : " mode");
        add_detail(s, found, "temperature", "，设定", ", set to ", "度", " degrees");
    } else
        ht_buf_add_str(s->out, ht_say_word(s, state));
    add_detail(s, found, "current_temperature", "，室温", ", the room is at ", "度", " degrees");
}

static void add_weather(const ht_say *s, const json_t *found, ht_str state)
{
    ht_buf_add_str(s->out, ht_say_word(s, state));
    add_detail(s, found, "temperature", "，", ", ", "度", " degrees");
    add_detail(s, found, "humidity", "，湿度", ", humidity ", "%", "%");
    add_detail(s, found, "wind_speed", "，风速", ", wind ", "公里每小时", " km/h");
}

static void add_items(const ht_say *s, const json_t *items)
{
    const size_t n = json_array_size(items);
    if (n == 0) {
        ht_buf_add_c(s->out, s->zh ? "是空的" : "empty");
        return;
    }
    for (size_t i = 0; i < n; i++) {
        ht_buf_add_c(s->out, i == 0 ? (s->zh ? "有" : "") : i + 1 < n ? (s->zh ? "、" : ", ") : (s->zh ? "和" : " and "));
        ht_buf_add_c(s->out, json_string_value(json_array_get(items, i)));
    }
}

/* "开着，亮度50%" / "on at 50%": what stands behind the name (and its "is", in English). */
static void add_state(const ht_say *s, const json_t *found)
{
    const ht_str domain = text_of(found, "domain"), state = text_of(found, "state");
    const bool is_on = ht_str_is(state, "on");
    if (json_object_get(found, "items") != NULL)
        add_items(s, json_object_get(found, "items"));
    else if (state.len == 0)
        ht_buf_add_c(s->out, s->zh ? "状态未知" : "in an unknown state");
    else if (ht_str_is(domain, "binary_sensor") && (is_on || ht_str_is(state, "off")))
        ht_buf_add_c(s->out, binary_words(s, text_of(found, "class"), is_on));
    else if (ht_str_is(domain, "sensor") || ht_str_is(domain, "number"))
        add_reading(s, found);
    else if (ht_str_is(domain, "climate"))
        add_climate(s, found, state);
    else if (ht_str_is(domain, "weather"))
        add_weather(s, found, state);
    else if (ht_str_is(domain, "person") || ht_str_is(domain, "device_tracker")) {
        const ht_str word = ht_say_word(s, state);
        ht_buf_addf(s->out, "%s%.*s", ht_str_eq(word, state) ? (s->zh ? "在" : "at ") : "", HT_STR_ARG(word));
    } else {
        ht_buf_add_str(s->out, ht_say_word(s, state));
        if (is_on) {
            add_detail(s, found, "brightness", "，亮度", " at ", "%", "%");
            add_detail(s, found, "percentage", "，风速", " at ", "%", "%");
        }
        if (ht_str_is(state, "open"))
            add_detail(s, found, "current_position", "，开度", ", at ", "%", "%");
        if (ht_str_is(state, "playing") && text_of(found, "media_title").len > 0)
            ht_buf_addf(s->out, s->zh ? "%.*s" : " %.*s", HT_STR_ARG(text_of(found, "media_title")));
        if (ht_str_is(state, "playing") || (is_on && ht_str_is(domain, "media_player")))
            add_detail(s, found, "volume", "，音量", ", volume ", "%", "%");
    }
}

/* "客厅灯开着，亮度50%" / "the kitchen light is on at 50%". Readings are joined by 是 in Chinese. */
static void add_sentence(const ht_say *s, const json_t *found)
{
    const ht_str domain = text_of(found, "domain");
    const bool is_reading = ht_str_is(domain, "sensor") || ht_str_is(domain, "number") || ht_str_is(domain, "select");
    add_name(s, found);
    if (!s->zh)
        ht_buf_addf(s->out, json_object_get(found, "items") && json_array_size(json_object_get(found, "items")) ? ": " : " %s ",
                    is_or_are(s, found));
    else if (is_reading && text_of(found, "state").len > 0)
        ht_buf_add_c(s->out, "是");
    add_state(s, found);
}

/* --- which are in a state --- */

/* The state that was asked for, as a predicate; words that the model's word list would say otherwise come first. */
static ht_str wanted_words(const ht_say *s, ht_str wanted)
{
    static const struct {
        const char *word, *zh;
    } rows[] = {{"on", "开着"}, {"away", "不在家"}, {"low", "电量低"}, {"dry", "是干的"}, {"heat", "在制热"}, {"cool", "在制冷"}, {"high", "偏高"},
                {"auto", "在自动模式"}, {"clear", "没有动静"}, {"normal", "正常"}};
    for (size_t i = 0; s->zh && i < sizeof rows / sizeof rows[0]; i++)
        if (ht_name_same(wanted, ht_str_from(rows[i].word)))
            return ht_str_from(rows[i].zh);
    return ht_say_word(s, wanted);
}

static const char *noun_of_all(const ht_say *s, const ht_result *r, bool is_plural)
{
    const ht_entity *first = ht_home_entity_at(s->h, (size_t)r->entities[0]);
    ht_str domain = first->domain, kind = ht_entity_class(first);
    for (size_t i = 1; i < r->n_entities; i++) {
        const ht_entity *e = ht_home_entity_at(s->h, (size_t)r->entities[i]);
        if (!ht_str_eq(e->domain, domain))
            domain = HT_STR("-");
        if (!ht_str_eq(ht_entity_class(e), kind))
            kind = HT_STR("");
    }
    return ht_say_noun(s, domain, kind, is_plural);
}

static void say_names_of(const ht_say *s, const json_t *array)
{
    enum { MAX_NAMES = 8 };
    const size_t n = json_array_size(array), shown = n > MAX_NAMES ? MAX_NAMES : n;
    for (size_t i = 0; i < shown; i++) {
        if (i > 0)
            ht_buf_add_c(s->out, i + 1 < n ? (s->zh ? "、" : ", ") : (s->zh ? "和" : " and "));
        add_name(s, json_array_get(array, i));
    }
    if (shown < n)
        ht_buf_addf(s->out, s->zh ? "等%zu个" : " and %zu more", s->zh ? n : n - shown);
}

/* A question about one thing, or about things of one name. */
static void say_yes_no(const ht_say *s, const ht_result *r, const json_t *array, ht_str words)
{
    const bool is_yes = json_array_size(array) > 0;
    ht_buf_add_c(s->out, is_yes ? (s->zh ? "是的，" : "Yes, ") : (s->zh ? "没有，" : "No, "));
    if (is_yes) {
        add_name(s, json_array_get(array, 0));
        if (!s->zh)
            ht_buf_addf(s->out, " %s ", is_or_are(s, json_array_get(array, 0)));
        ht_buf_add_str(s->out, words);
    } else {
        ht_say_names(s, r->entities, 1, "");
        const ht_entity *e = ht_home_entity_at(s->h, (size_t)r->entities[0]);
        json_t *now = json_pack("{s:s%, s:s%, s:s%, s:s?}", "id", e->id.ptr, e->id.len, "domain", e->domain.ptr, e->domain.len,
                                "class", ht_entity_class(e).ptr, ht_entity_class(e).len, "state", e->state);
        if (!s->zh)
            ht_buf_addf(s->out, " %s ", ht_say_is_plural(ht_say_name(s, e)) ? "are" : "is");
        add_state(s, now);
        json_decref(now);
    }
    stop(s);
}

static void say_matching(const ht_say *s, const ht_result *r, const json_t *array)
{
    const size_t n = json_array_size(array), total = r->n_entities, start = s->out->len;
    const ht_str words = wanted_words(s, text_of(r->answer, "state"));
    const bool is_named = json_object_get(json_object_get(r->call, "arguments"), "name") != NULL;
    if (total == 1 || is_named) {
        say_yes_no(s, r, array, words);
        return;
    }
    if (s->zh) {
        if (n == 0)
            ht_buf_addf(s->out, "没有%s%.*s。", noun_of_all(s, r, true), HT_STR_ARG(words));
        else if (n == total && n > 2)
            ht_buf_addf(s->out, "%zu个%s都%.*s。", n, noun_of_all(s, r, true), HT_STR_ARG(words));
        else {
            if (n > 1)
                ht_buf_addf(s->out, "有%zu个%s%.*s：", n, noun_of_all(s, r, true), HT_STR_ARG(words));
            say_names_of(s, array);
            if (n == 1)
                ht_buf_add_str(s->out, words);
            stop(s);
        }
        return;
    }
    if (n == 0)
        ht_buf_addf(s->out, "No %s are %.*s.", noun_of_all(s, r, true), HT_STR_ARG(words));
    else if (n == total && n > 2)
        ht_buf_addf(s->out, "All %zu %s are %.*s.", n, noun_of_all(s, r, true), HT_STR_ARG(words));
    else if (n == 1) {
        add_name(s, json_array_get(array, 0));
        ht_buf_addf(s->out, " %s %.*s.", is_or_are(s, json_array_get(array, 0)), HT_STR_ARG(words));
    } else {
        ht_buf_addf(s->out, "%zu %s are %.*s: ", n, noun_of_all(s, r, true), HT_STR_ARG(words));
        say_names_of(s, array);
        stop(s);
    }
    ht_say_capital(s, start);
}

/* --- several things' states, temperature --- */

static bool is_busy(const ht_say *s, const json_t *found)
{
    const ht_entity *e = entity_of(s, found);
    return e != NULL && ht_entity_is_active(e) && !ht_str_is(e->domain, "sensor") && !ht_str_is(e->domain, "weather");
}

/* More than a person keeps in mind is told as a count and what is at work. */
static void say_many(const ht_say *s, const ht_result *r, const json_t *array)
{
    json_t *busy = json_array();
    for (size_t i = 0; i < json_array_size(array); i++)
        if (is_busy(s, json_array_get(array, i)))
            json_array_append(busy, json_array_get(array, i));
    const size_t n = json_array_size(busy);
    ht_buf_addf(s->out, s->zh ? "一共%zu个%s，" : "There are %zu %s, ", json_array_size(array), noun_of_all(s, r, true));
    if (n == 0)
        ht_buf_add_c(s->out, s->zh ? "都没有开" : "none of them on");
    else {
        ht_buf_addf(s->out, s->zh ? "%zu个开着：" : "%zu of them on: ", n);
        say_names_of(s, busy);
    }
    stop(s);
    json_decref(busy);
}

static void say_states(const ht_say *s, const ht_result *r, const json_t *array)
{
    enum { MAX_TOLD = 4 };
    const size_t n = json_array_size(array), start = s->out->len;
    if (n > MAX_TOLD) {
        say_many(s, r, array);
        return;
    }
    for (size_t i = 0; i < n; i++) {
        ht_buf_add_c(s->out, i == 0 ? "" : s->zh ? "；" : "; ");
        add_sentence(s, json_array_get(array, i));
    }
    stop(s);
    ht_say_capital(s, start);
}

static void say_temperature(const ht_say *s, const json_t *array)
{
    const size_t start = s->out->len;
    for (size_t i = 0; i < json_array_size(array); i++) {
        const json_t *found = json_array_get(array, i);
        const bool is_air =
            ht_str_is(text_of(found, "domain"), "climate") || ht_str_is(text_of(found, "domain"), "water_heater");
        double x = 0;
        bool has = is_air ? number_of(found, "current_temperature", &x) : number_of(found, "temperature", &x);
        if (ht_str_is(text_of(found, "domain"), "sensor")) {
            char *end = NULL;
            x = text_of(found, "state").ptr ? strtod(text_of(found, "state").ptr, &end) : 0;
            has = end != NULL && end != text_of(found, "state").ptr;
        }
        const int area = ht_home_find_area(s->h, text_of(found, "area"));
        ht_buf_add_c(s->out, i == 0 ? "" : s->zh ? "，" : "; ");
        if (area >= 0 && has && is_air) { /* an air conditioner tells of its room */
            const ht_str name = ht_say_area_name(s, ht_home_area_at(s->h, (size_t)area));
            ht_buf_addf(s->out, s->zh ? "%.*s现在" : "the %.*s is at ", HT_STR_ARG(name));
        } else {
            add_name(s, found);
            if (!s->zh)
                ht_buf_addf(s->out, " %s ", is_or_are(s, found));
            else if (has)
                ht_buf_add_c(s->out, "是");
        }
        if (has) {
            ht_say_number(s, x);
            ht_buf_add_c(s->out, s->zh ? "度" : " degrees");
        } else
            ht_buf_add_c(s->out, s->zh ? "没有温度读数" : "without a reading");
    }
    stop(s);
    ht_say_capital(s, start);
}

static void say_weather(const ht_say *s, const json_t *found)
{
    const ht_str state = text_of(found, "state");
    ht_buf_add_c(s->out, s->zh ? "现在" : "It is ");
    if (state.len == 0)
        ht_buf_add_c(s->out, s->zh ? "没有天气数据" : "unknown what the weather is like");
    else
        add_weather(s, found, state);
    stop(s);
}

/* --- time, date, timers --- */

static void say_date(const ht_say *s, const json_t *answer)
{
    static const char *const zh_days[] = {"日", "一", "二", "三", "四", "五", "六"};
    static const char *const days[] = {"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"};
    static const char *const months[] = {"January", "February", "March",     "April",   "May",      "June",
                                         "July",    "August",   "September", "October", "November", "December"};
    const char *date = json_string_value(json_object_get(answer, "date"));
    const size_t weekday = (size_t)json_integer_value(json_object_get(answer, "weekday")) % 7;
    char *end;
    const long year = strtol(date, &end, 10), month = *end ? strtol(end + 1, &end, 10) : 1,
               day = *end ? strtol(end + 1, &end, 10) : 1;
    if (s->zh)
        ht_buf_addf(s->out, "今天是%ld年%ld月%ld日，星期%s。", year, month, day, zh_days[weekday]);
    else
        ht_buf_addf(s->out, "Today is %s, %s %ld, %ld.", days[weekday], months[(month + 11) % 12], day, year);
}

static void say_timers(const ht_say *s, const json_t *timers)
{
    for (size_t i = 0; i < json_array_size(timers); i++) {
        const json_t *t = json_array_get(timers, i);
        const ht_str name = text_of(t, "name"), area = text_of(t, "area");
        const int at = area.len ? ht_home_find_area(s->h, area) : -1;
        const ht_str of = name.len ? name : at >= 0 ? ht_say_area_name(s, ht_home_area_at(s->h, (size_t)at)) : (ht_str){"", 0};
        const bool is_paused = json_is_true(json_object_get(t, "is_paused"));
        if (s->zh)
            ht_buf_addf(s->out, "%s%.*s计时器还剩", i ? "，" : "", HT_STR_ARG(of));
        else
            ht_buf_addf(s->out, "%s%.*s%stimer has ", i ? "; the " : "The ", HT_STR_ARG(of), of.len ? " " : "");
        ht_say_duration(s, (int64_t)json_integer_value(json_object_get(t, "remaining_s")));
        ht_buf_add_c(s->out, s->zh ? (is_paused ? "（已暂停）" : "") : is_paused ? " left, paused" : " left");
    }
    stop(s);
}

void ht_say_answer(const ht_say *s, const ht_result *r)
{
    const char *action = json_string_value(json_object_get(r->effect, "action"));
    const json_t *array = json_object_get(r->answer, "entities"), *timers = json_object_get(r->answer, "timers");
    if (timers != NULL)
        say_timers(s, timers);
    else if (json_object_get(r->answer, "time") != NULL) {
        ht_buf_add_c(s->out, s->zh ? "现在是" : "It is ");
        ht_say_clock(s, json_string_value(json_object_get(r->answer, "time")));
        stop(s);
    } else if (json_object_get(r->answer, "date") != NULL)
        say_date(s, r->answer);
    else if (r->n_entities == 0 || array == NULL || action == NULL)
        return;
    else if (strcmp(action, "get_weather") == 0)
        say_weather(s, json_array_get(array, 0));
    else if (strcmp(action, "get_temperature") == 0)
        say_temperature(s, array);
    else if (json_object_get(r->answer, "state") != NULL)
        say_matching(s, r, array);
    else
        say_states(s, r, array);
}
