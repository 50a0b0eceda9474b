/* Names, nouns, numbers and states as people say them. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "assist/reply_private.h"
#include "assist/tools_color.h"

/* The entity model's words. Sorted by what they are about, not by letter: found by a walk. */
static const struct {
    const char *word, *zh, *en;
} words[] = {
    {"on", "开着", "on"},
    {"off", "关着", "off"},
    {"open", "开着", "open"},
    {"closed", "关着", "closed"},
    {"opening", "正在打开", "opening"},
    {"closing", "正在关闭", "closing"},
    {"locked", "锁着", "locked"},
    {"unlocked", "没锁", "unlocked"},
    {"locking", "正在上锁", "locking"},
    {"unlocking", "正在解锁", "unlocking"},
    {"jammed", "卡住了", "jammed"},
    {"playing", "在播放", "playing"},
    {"paused", "暂停着", "paused"},
    {"idle", "空闲", "idle"},
    {"standby", "待机", "on standby"},
    {"buffering", "在缓冲", "buffering"},
    {"cleaning", "在清扫", "cleaning"},
    {"docked", "在充电座上", "docked"},
    {"returning", "正在返回", "on its way back"},
    {"error", "出错了", "in error"},
    {"mowing", "在割草", "mowing"},
    {"home", "在家", "home"},
    {"not_home", "不在家", "away"},
    {"away", "离家", "away"},
    {"cool", "制冷", "cool"},
    {"heat", "制热", "heat"},
    {"heat_cool", "冷暖自动", "heat and cool"},
    {"auto", "自动", "auto"},
    {"dry", "除湿", "dry"},
    {"fan_only", "送风", "fan only"},
    {"heating", "在制热", "heating"},
    {"cooling", "在制冷", "cooling"},
    {"drying", "在除湿", "drying"},
    {"sleep", "睡眠", "sleep"},
    {"eco", "节能", "eco"},
    {"boost", "强劲", "boost"},
    {"comfort", "舒适", "comfort"},
    {"normal", "普通", "normal"},
    {"quiet", "静音", "quiet"},
    {"silent", "静音", "silent"},
    {"strong", "强劲", "strong"},
    {"turbo", "强劲", "turbo"},
    {"natural", "自然风", "natural"},
    {"low", "低档", "low"},
    {"medium", "中档", "medium"},
    {"middle", "中档", "medium"},
    {"mid", "中档", "medium"},
    {"high", "高档", "high"},
    {"min", "最小", "minimum"},
    {"max", "最大", "maximum"},
    {"none", "无", "none"},
    {"sunny", "晴", "sunny"},
    {"clear", "晴", "clear"},
    {"clear-night", "晴", "clear"},
    {"cloudy", "阴", "cloudy"},
    {"partlycloudy", "多云", "partly cloudy"},
    {"rainy", "有雨", "rainy"},
    {"pouring", "有大雨", "pouring with rain"},
    {"snowy", "有雪", "snowy"},
    {"snowy-rainy", "雨夹雪", "sleety"},
    {"fog", "有雾", "foggy"},
    {"hail", "有冰雹", "hailing"},
    {"lightning", "打雷", "stormy"},
    {"lightning-rainy", "有雷阵雨", "stormy with rain"},
    {"windy", "有风", "windy"},
    {"windy-variant", "有风", "windy"},
    {"exceptional", "天气异常", "exceptional"},
    {"disarmed", "未布防", "disarmed"},
    {"armed_away", "已离家布防", "armed"},
    {"armed_home", "已在家布防", "armed at home"},
    {"armed_night", "已夜间布防", "armed for the night"},
    {"arming", "正在布防", "arming"},
    {"pending", "等待中", "pending"},
    {"triggered", "已触发", "triggered"},
    {"unavailable", "离线", "offline"},
    {"charging", "在充电", "charging"},
    {"discharging", "没在充电", "not charging"},
    {"full", "已充满", "full"},
    {"active", "在运行", "active"},
    {"inactive", "没在运行", "inactive"},
    {"connected", "已连接", "connected"},
    {"disconnected", "没连接", "disconnected"},
    {"detected", "有动静", "detected"},
    {"wet", "有水", "wet"},
    {"occupied", "有人", "occupied"},
    {"empty", "没人", "empty"},
    {"plugged", "插着", "plugged in"},
    {"problem", "有问题", "in trouble"},
    {"safe", "安全", "safe"},
    {"unsafe", "不安全", "unsafe"},
    {"light", "有光", "light"},
    {"dark", "没光", "dark"},
    {"hot", "过热", "hot"},
    {"cold", "偏冷", "cold"},
    {"ok", "正常", "all right"},
    {"motion", "有人活动", "in motion"},
    {"running", "在运行", "running"},
    {"true", "是", "true"},
    {"false", "否", "false"},
};

ht_str ht_say_word(const ht_say *s, ht_str word)
{
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (ht_name_same(word, ht_str_from(words[i].word)))
            return ht_str_from(s->zh ? words[i].zh : words[i].en);
    const ht_color *c = ht_color_find(word);
    return c != NULL && s->zh ? ht_str_from(c->zh) : word;
}

static bool is_ascii(ht_str t)
{
    for (size_t i = 0; i < t.len; i++)
        if ((unsigned char)t.ptr[i] >= 0x80)
            return false;
    return true;
}

static ht_str name_for(const ht_say *s, ht_str name, const ht_str *aliases, size_t n)
{
    if (is_ascii(name) != s->zh)
        return name;
    for (size_t i = 0; i < n; i++)
        if (is_ascii(aliases[i]) != s->zh)
            return aliases[i];
    return name;
}

ht_str ht_say_name(const ht_say *s, const ht_entity *e) { return name_for(s, e->name, e->aliases, e->n_aliases); }
ht_str ht_say_area_name(const ht_say *s, const ht_area *a) { return name_for(s, a->name, a->aliases, a->n_aliases); }

const char *ht_say_noun(const ht_say *s, ht_str domain, ht_str kind, bool is_plural)
{
    static const struct {
        const char *domain, *kind, *zh, *one, *many;
    } nouns[] = {
        {"light", "", "灯", "light", "lights"},
        {"switch", "outlet", "插座", "socket", "sockets"},
        {"switch", "", "开关", "switch", "switches"},
        {"fan", "", "风扇", "fan", "fans"},
        {"cover", "garage", "车库门", "garage door", "garage doors"},
        {"cover", "window", "窗户", "window", "windows"},
        {"cover", "door", "门", "door", "doors"},
        {"cover", "gate", "大门", "gate", "gates"},
        {"cover", "blind", "百叶帘", "blind", "blinds"},
        {"cover", "shutter", "卷帘", "shutter", "shutters"},
        {"cover", "awning", "遮阳篷", "awning", "awnings"},
        {"cover", "curtain", "窗帘", "curtain", "curtains"},
        {"cover", "", "窗帘", "cover", "covers"},
        {"climate", "", "空调", "thermostat", "thermostats"},
        {"media_player", "tv", "电视", "TV", "TVs"},
        {"media_player", "speaker", "音箱", "speaker", "speakers"},
        {"media_player", "", "播放器", "player", "players"},
        {"lock", "", "门锁", "lock", "locks"},
        {"vacuum", "", "扫地机器人", "vacuum", "vacuums"},
        {"lawn_mower", "", "割草机", "mower", "mowers"},
        {"valve", "", "阀门", "valve", "valves"},
        {"humidifier", "", "加湿器", "humidifier", "humidifiers"},
        {"water_heater", "", "热水器", "water heater", "water heaters"},
        {"binary_sensor", "door", "门", "door", "doors"},
        {"binary_sensor", "window", "窗户", "window", "windows"},
        {"binary_sensor", "motion", "人体传感器", "motion sensor", "motion sensors"},
        {"binary_sensor", "", "传感器", "sensor", "sensors"},
        {"sensor", "temperature", "温度计", "thermometer", "thermometers"},
        {"sensor", "", "传感器", "sensor", "sensors"},
        {"person", "", "人", "person", "people"},
        {"device_tracker", "", "手机", "phone", "phones"},
        {"scene", "", "场景", "scene", "scenes"},
        {"script", "", "脚本", "script", "scripts"},
        {"button", "", "按钮", "button", "buttons"},
        {"todo", "", "清单", "list", "lists"},
        {"weather", "", "天气", "weather report", "weather reports"},
        {"alarm_control_panel", "", "报警器", "alarm", "alarms"},
        {"camera", "", "摄像头", "camera", "cameras"},
    };
    for (size_t i = 0; i < sizeof nouns / sizeof nouns[0]; i++)
        if ((domain.len == 0 ? ht_str_is(kind, nouns[i].kind) : ht_str_is(domain, nouns[i].domain)) &&
            (nouns[i].kind[0] == '\0' || ht_str_is(kind, nouns[i].kind)))
            return s->zh ? nouns[i].zh : is_plural ? nouns[i].many : nouns[i].one;
    return s->zh ? "设备" : is_plural ? "devices" : "device";
}

bool ht_say_is_plural(ht_str name)
{
    static const char *const singular[] = {"ss", "us", "is", "as", "'s", "stairs"};
    if (!ht_str_ends(name, HT_STR("s")))
        return false;
    for (size_t i = 0; i < sizeof singular / sizeof singular[0]; i++)
        if (ht_str_ends(name, ht_str_from(singular[i])))
            return false;
    return true;
}

void ht_say_article(const ht_say *s, ht_str name)
{
    static const char *const without[] = {"the ", "my ", "our ", "your "};
    if (s->zh || !is_ascii(name))
        return;
    for (size_t i = 0; i < sizeof without / sizeof without[0]; i++) {
        const size_t n = strlen(without[i]);
        if (name.len >= n && ht_name_same((ht_str){name.ptr, n}, ht_str_from(without[i])))
            return;
    }
    ht_buf_add_c(s->out, "the ");
}

/* Persons and what an owner has given a proper name take no article. */
static bool is_proper(const ht_entity *e)
{
    return ht_str_is(e->domain, "person") || ht_str_is(e->domain, "scene") || ht_str_is(e->domain, "script");
}

void ht_say_names(const ht_say *s, const int *entities, size_t n, const char *joint)
{
    for (size_t i = 0; i < n; i++) {
        const ht_entity *e = ht_home_entity_at(s->h, (size_t)entities[i]);
        if (i > 0 && i + 1 == n)
            ht_buf_addf(s->out, s->zh ? "%s" : " %s ", joint);
        else if (i > 0)
            ht_buf_add_c(s->out, s->zh ? "、" : ", ");
        if (!is_proper(e))
            ht_say_article(s, ht_say_name(s, e));
        ht_buf_add_str(s->out, ht_say_name(s, e));
    }
}

bool ht_say_subject(const ht_say *s, const int *entities, size_t n)
{
    enum { MAX_NAMES = 4 };
    if (n <= MAX_NAMES) {
        ht_say_names(s, entities, n, s->zh ? "和" : "and");
        return n > 1 || (n == 1 && ht_say_is_plural(ht_say_name(s, ht_home_entity_at(s->h, (size_t)entities[0]))));
    }
    const ht_entity *first = ht_home_entity_at(s->h, (size_t)entities[0]);
    ht_str domain = first->domain, kind = ht_entity_class(first);
    for (size_t i = 1; i < n; i++) {
        const ht_entity *e = ht_home_entity_at(s->h, (size_t)entities[i]);
        if (!ht_str_eq(e->domain, domain))
            domain = HT_STR("-");
        if (!ht_str_eq(ht_entity_class(e), kind))
            kind = HT_STR("");
    }
    ht_buf_addf(s->out, s->zh ? "%zu个%s" : "%zu %s", n, ht_say_noun(s, domain, kind, true));
    return true;
}

void ht_say_number(const ht_say *s, double x)
{
    const double rounded = round(x * 10) / 10;
    ht_buf_addf(s->out, rounded == round(rounded) ? "%.0f" : "%.1f", rounded == 0 ? 0.0 : rounded);
}

void ht_say_duration(const ht_say *s, int64_t seconds)
{
    static const struct {
        int64_t size;
        const char *zh, *en;
    } units[] = {{86400, "天", "day"}, {3600, "小时", "hour"}, {60, "分钟", "minute"}, {1, "秒", "second"}};
    const size_t start = s->out->len;
    for (size_t i = 0; i < 4; i++) {
        const int64_t n = seconds / units[i].size;
        seconds %= units[i].size;
        if (n == 0 && !(i == 3 && s->out->len == start))
            continue;
        if (s->zh)
            ht_buf_addf(s->out, "%lld%s", (long long)n, i == 2 && seconds > 0 ? "分" : units[i].zh);
        else
            ht_buf_addf(s->out, "%s%lld %s%s", s->out->len > start ? " " : "", (long long)n, units[i].en, n == 1 ? "" : "s");
    }
}

void ht_say_clock(const ht_say *s, const char *hh_mm)
{
    const int hour = atoi(hh_mm), minute = strlen(hh_mm) > 3 ? atoi(hh_mm + 3) : 0;
    const int twelve = hour % 12 == 0 ? 12 : hour % 12;
    if (!s->zh) {
        ht_buf_addf(s->out, "%d", twelve);
        if (minute > 0)
            ht_buf_addf(s->out, ":%02d", minute);
        ht_buf_add_c(s->out, hour < 12 ? " am" : " pm");
        return;
    }
    const char *part = hour < 5 ? "凌晨" : hour < 9 ? "早上" : hour < 12 ? "上午" : hour < 13 ? "中午" : hour < 18 ? "下午" : "晚上";
    ht_buf_addf(s->out, "%s%d点", part, hour == 0 ? 0 : twelve);
    if (minute > 0)
        ht_buf_addf(s->out, minute < 10 ? "零%d分" : "%d分", minute);
}

void ht_say_capital(const ht_say *s, size_t from)
{
    char *p = s->out->ptr;
    if (p != NULL && from < s->out->len && p[from] >= 'a' && p[from] <= 'z')
        p[from] = (char)(p[from] - 32);
}
