/* What was done, told as how things are now. */
#include <math.h>
#include <stdlib.h>

#include "assist/reply_private.h"
#include "home/action.h"

/* {s} the entities' names or count, {is} is or are, {v} the value. Chinese patterns need no verb to agree. */
typedef struct {
    const char *zh, *en;
} pattern;

static const pattern patterns[HT_VERB_COUNT] = {
    [HT_VERB_TURN_ON] = {"{s}已打开", "{s} {is} on"},
    [HT_VERB_TURN_OFF] = {"{s}已关闭", "{s} {is} off"},
    [HT_VERB_TOGGLE] = {"{s}已切换", "{s} {is} switched over"},
    [HT_VERB_OPEN] = {"{s}已打开", "{s} {is} open"},
    [HT_VERB_CLOSE] = {"{s}已关上", "{s} {is} closed"},
    [HT_VERB_STOP] = {"{s}已停下", "stopped {s}"},
    [HT_VERB_SET_POSITION] = {"{s}已开到{v}%", "{s} {is} {v}% open"},
    [HT_VERB_LOCK] = {"{s}已上锁", "{s} {is} locked"},
    [HT_VERB_UNLOCK] = {"{s}已解锁", "{s} {is} unlocked"},
    [HT_VERB_SET_BRIGHTNESS] = {"{s}亮度已调到{v}%", "{s} {is} at {v}%"},
    [HT_VERB_SET_COLOR] = {"{s}已变成{v}", "{s} {is} {v}"},
    [HT_VERB_SET_COLOR_TEMP] = {"{s}色温已调到{v}K", "{s} {is} at {v} kelvin"},
    [HT_VERB_SET_TEMPERATURE] = {"{s}已设为{v}度", "{s} {is} set to {v} degrees"},
    [HT_VERB_ADJUST_TEMPERATURE] = {"{s}已调到{v}度", "{s} {is} set to {v} degrees"},
    [HT_VERB_SET_MODE] = {"{s}已切换到{v}模式", "{s} {is} in {v} mode"},
    [HT_VERB_SET_FAN_SPEED] = {"{s}风速已调到{v}", "the fan speed of {s} is {v}"},
    [HT_VERB_SET_SPEED] = {"{s}风速已调到{v}%", "{s} {is} at {v}%"},
    [HT_VERB_SET_HUMIDITY] = {"{s}湿度已设为{v}%", "{s} {is} set to {v}% humidity"},
    [HT_VERB_ACTIVATE] = {"{s}已开启", "{s} {is} active"},
    [HT_VERB_RUN] = {"{s}已执行", "running {s}"},
    [HT_VERB_PRESS] = {"{s}已启动", "started {s}"},
    [HT_VERB_VACUUM_START] = {"{s}开始清扫了", "{s} {is} cleaning"},
    [HT_VERB_VACUUM_RETURN] = {"{s}正在返回充电", "{s} {is} going back to the dock"},
    [HT_VERB_VACUUM_CLEAN_AREA] = {"{s}开始打扫{v}了", "{s} {is} cleaning the {v}"},
    [HT_VERB_MOWER_START] = {"{s}开始割草了", "{s} {is} mowing"},
    [HT_VERB_MOWER_DOCK] = {"{s}正在返回充电", "{s} {is} going back to the dock"},
    [HT_VERB_MEDIA_PAUSE] = {"{s}已暂停", "{s} {is} paused"},
    [HT_VERB_MEDIA_UNPAUSE] = {"{s}继续播放", "{s} {is} playing again"},
    [HT_VERB_MEDIA_NEXT] = {"{s}已切到下一个", "skipped to the next one on {s}"},
    [HT_VERB_MEDIA_PREVIOUS] = {"{s}已切到上一个", "back to the previous one on {s}"},
    [HT_VERB_MEDIA_STOP] = {"{s}已停止播放", "{s} {is} stopped"},
    [HT_VERB_MEDIA_MUTE] = {"{s}已静音", "{s} {is} muted"},
    [HT_VERB_MEDIA_UNMUTE] = {"{s}已取消静音", "{s} {is} no longer muted"},
    [HT_VERB_SET_VOLUME] = {"{s}音量已调到{v}%", "{s} {is} at volume {v}%"},
    [HT_VERB_MEDIA_SEARCH] = {"{s}正在播放{v}", "playing {v} on {s}"},
    [HT_VERB_SELECT_SOURCE] = {"{s}已切换到{v}", "{s} {is} on {v}"},
    [HT_VERB_SET_VALUE] = {"{s}已设为{v}", "{s} {is} set to {v}"},
    [HT_VERB_SELECT_OPTION] = {"{s}已设为{v}", "{s} {is} set to {v}"},
};

/* Where the word alone is not the whole of it. */
static const pattern brighter = {"{s}已调亮", "{s} {is} brighter"}, dimmer = {"{s}已调暗", "{s} {is} dimmer"};
static const pattern warmer = {"{s}温度已调高", "{s} {is} set warmer"}, cooler = {"{s}温度已调低", "{s} {is} set cooler"};
static const pattern stronger = {"{s}风速已调大", "{s} {is} blowing stronger"}, weaker = {"{s}风速已调小", "{s} {is} blowing weaker"};
static const pattern louder = {"{s}音量已调大", "{s} {is} louder"}, quieter = {"{s}音量已调小", "{s} {is} quieter"};
static const pattern swing_on = {"{s}摆风已打开", "{s} {is} swinging"}, swing_off = {"{s}摆风已关闭", "{s} {is} no longer swinging"};
static const pattern feature_on = {"{s}的{v}已打开", "{v} of {s} is on"}, feature_off = {"{s}的{v}已关闭", "{v} of {s} is off"};
static const pattern drawn_open = {"{s}已拉开", "{s} {is} open"}, drawn_close = {"{s}已拉上", "{s} {is} closed"};
static const pattern light_set = {"{s}已调到{v}", "{s} {is} set to {v}"};

static ht_str arg_text(const ht_result *r, const char *key)
{
    const json_t *v = json_object_get(json_object_get(r->effect, "args"), key);
    return (ht_str){json_string_value(v), json_string_length(v)};
}

static double arg_number(const ht_result *r, const char *key)
{
    return json_number_value(json_object_get(json_object_get(r->effect, "args"), key));
}

static bool has_arg(const ht_result *r, const char *key)
{
    return json_object_get(json_object_get(r->effect, "args"), key) != NULL;
}

static const ht_entity *only_entity(const ht_say *s, const ht_result *r)
{
    return r->n_entities == 1 ? ht_home_entity_at(s->h, (size_t)r->entities[0]) : NULL;
}

static void add_number(const ht_say *s, ht_buf *value, double x)
{
    const ht_say to = {s->h, s->cx, s->zh, value};
    ht_say_number(&to, x);
}

/* A level that was only asked to go up or down is told where there is one to tell. */
static bool add_level(const ht_say *s, const ht_result *r, const char *key, double scale, ht_buf *value)
{
    const ht_entity *e = only_entity(s, r);
    double x;
    if (e == NULL || !ht_entity_number(e, key, &x))
        return false;
    add_number(s, value, round(x * scale * 10) / 10);
    return true;
}

static const pattern *adjusted(const ht_say *s, ht_verb verb, const ht_result *r, ht_buf *value)
{
    const ht_str step = arg_text(r, "volume_step");
    const bool is_up = verb == HT_VERB_SET_VOLUME_RELATIVE
                         ? (step.ptr ? ht_str_is(step, "up") : arg_number(r, "volume_step") > 0)
                         : ht_str_is(arg_text(r, "direction"), "up");
    if (verb == HT_VERB_ADJUST_BRIGHTNESS) {
        const ht_entity *e = only_entity(s, r);
        double x;
        if (e != NULL && ht_entity_number(e, "brightness", &x)) {
            add_number(s, value, round(x * 100 / 255));
            return &patterns[HT_VERB_SET_BRIGHTNESS];
        }
        return is_up ? &brighter : &dimmer;
    }
    if (verb == HT_VERB_ADJUST_TEMPERATURE)
        return add_level(s, r, "temperature", 1, value) ? &patterns[verb] : is_up ? &warmer : &cooler;
    if (verb == HT_VERB_SET_VOLUME_RELATIVE)
        return add_level(s, r, "volume_level", 100, value) ? &patterns[HT_VERB_SET_VOLUME] : is_up ? &louder : &quieter;
    return is_up ? &stronger : &weaker;
}

/* Brightness, colour and white tone in one call. */
static const pattern *light_told(const ht_say *s, ht_verb verb, const ht_result *r, ht_buf *value)
{
    const ht_str color = arg_text(r, "color");
    const bool has_brightness = has_arg(r, "brightness"), has_tone = has_arg(r, "temperature");
    const bool are_many = has_brightness + (color.ptr != NULL) + has_tone > 1;
    if (has_brightness) {
        add_number(s, value, arg_number(r, "brightness"));
        ht_buf_add_c(value, are_many ? "%" : "");
    }
    if (color.ptr != NULL) {
        ht_buf_add_c(value, value->len == 0 ? "" : s->zh ? "、" : ", ");
        ht_buf_add_str(value, ht_say_word(s, color));
    }
    if (has_tone) {
        ht_buf_add_c(value, value->len == 0 ? "" : s->zh ? "、" : ", ");
        add_number(s, value, arg_number(r, "temperature"));
        ht_buf_add_c(value, !are_many ? "" : s->zh ? "K" : " kelvin");
    }
    if (!are_many && has_brightness && arg_number(r, "brightness") <= 0)
        return &patterns[HT_VERB_TURN_OFF];
    return are_many ? &light_set : &patterns[verb];
}

/* A toggle of one thing is told as what came of it. */
static const pattern *toggled(const ht_say *s, const ht_result *r)
{
    const ht_entity *e = only_entity(s, r);
    if (e == NULL)
        return &patterns[HT_VERB_TOGGLE];
    if (ht_str_is(e->domain, "lock"))
        return &patterns[e->state != NULL && strcmp(e->state, "locked") == 0 ? HT_VERB_LOCK : HT_VERB_UNLOCK];
    return &patterns[ht_verb_for(ht_entity_is_active(e) ? HT_VERB_TURN_ON : HT_VERB_TURN_OFF, e->domain)];
}

/* Curtains are drawn, not opened. */
static const pattern *drawn(const ht_say *s, ht_verb verb, const ht_result *r)
{
    for (size_t i = 0; i < r->n_entities; i++) {
        const ht_str kind = ht_entity_class(ht_home_entity_at(s->h, (size_t)r->entities[i]));
        if (!ht_str_is(kind, "curtain") && !ht_str_is(kind, "blind") && !ht_str_is(kind, "shade"))
            return &patterns[verb];
    }
    return verb == HT_VERB_OPEN ? &drawn_open : &drawn_close;
}

static void add_feature(const ht_say *s, ht_str feature, ht_buf *value)
{
    feature = ht_say_word(s, feature);
    for (size_t i = 0; i < feature.len; i++)
        ht_buf_add_char(value, feature.ptr[i] == '_' ? ' ' : feature.ptr[i]);
}

/* How a result is told, and the value in it. */
static const pattern *choose(const ht_say *s, ht_verb verb, const ht_result *r, ht_buf *value)
{
    static const char *const texts[] = {"search_query", "source", "option"};
    static const char *const numbers[] = {"position", "temperature", "percentage", "humidity", "volume_level", "value"};
    int area;
    switch (verb) {
    case HT_VERB_TOGGLE:
        return toggled(s, r);
    case HT_VERB_OPEN:
    case HT_VERB_CLOSE:
        return drawn(s, verb, r);
    case HT_VERB_SET_BRIGHTNESS:
    case HT_VERB_SET_COLOR:
    case HT_VERB_SET_COLOR_TEMP:
        return light_told(s, verb, r, value);
    case HT_VERB_ADJUST_BRIGHTNESS:
    case HT_VERB_ADJUST_TEMPERATURE:
    case HT_VERB_ADJUST_SPEED:
    case HT_VERB_SET_VOLUME_RELATIVE:
        return adjusted(s, verb, r, value);
    case HT_VERB_SET_SWING:
        return ht_str_is(arg_text(r, "state"), "on") ? &swing_on : &swing_off;
    case HT_VERB_SET_FEATURE:
        add_feature(s, arg_text(r, "feature"), value);
        return ht_str_is(arg_text(r, "state"), "on") ? &feature_on : &feature_off;
    case HT_VERB_SET_MODE:
    case HT_VERB_SET_FAN_SPEED:
        if (ht_str_is(arg_text(r, "mode"), "off"))
            return &patterns[HT_VERB_TURN_OFF];
        ht_buf_add_str(value, ht_say_word(s, arg_text(r, "mode")));
        return &patterns[verb];
    case HT_VERB_VACUUM_CLEAN_AREA:
        area = ht_home_find_area(s->h, arg_text(r, "area"));
        ht_buf_add_str(value, area >= 0 ? ht_say_area_name(s, ht_home_area_at(s->h, (size_t)area)) : arg_text(r, "area"));
        return &patterns[verb];
    default:
        for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
            ht_buf_add_str(value, arg_text(r, texts[i]));
        for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
            if (has_arg(r, numbers[i]))
                add_number(s, value, arg_number(r, numbers[i]));
        return &patterns[verb];
    }
}

static void fill(const ht_say *s, const char *text, const int *entities, size_t n, ht_str value)
{
    bool is_plural = false;
    const size_t start = s->out->len;
    for (const char *p = text; *p != '\0';) {
        if (strncmp(p, "{s}", 3) == 0)
            is_plural = ht_say_subject(s, entities, n);
        else if (strncmp(p, "{v}", 3) == 0)
            ht_buf_add_str(s->out, value);
        else if (strncmp(p, "{is}", 4) == 0)
            ht_buf_add_c(s->out, is_plural ? "are" : "is");
        else {
            ht_buf_add_char(s->out, *p++);
            continue;
        }
        p = strchr(p, '}') + 1;
    }
    ht_say_capital(s, start);
}

/* The verb of a result that acted on entities; HT_VERB_COUNT where it is something else. */
static ht_verb verb_of(const ht_result *r)
{
    const char *word = json_string_value(json_object_get(r->effect, "action"));
    if (r->outcome != HT_DONE || word == NULL || r->n_entities == 0)
        return HT_VERB_COUNT;
    for (int v = 0; v < HT_VERB_GET_STATE; v++)
        if (strcmp(word, ht_verb_word((ht_verb)v)) == 0)
            return (ht_verb)v;
    return HT_VERB_COUNT;
}

size_t ht_say_done(const ht_say *s, const ht_result *results, size_t n)
{
    const ht_verb verb = verb_of(&results[0]);
    if (verb == HT_VERB_COUNT)
        return 0;
    ht_buf value = {0}, other = {0};
    const pattern *told = choose(s, verb, &results[0], &value);
    size_t covered = 1, n_entities = results[0].n_entities;
    for (; covered < n && verb_of(&results[covered]) != HT_VERB_COUNT; covered++) {
        ht_buf_clear(&other);
        if (choose(s, verb_of(&results[covered]), &results[covered], &other) != told ||
            !ht_str_eq(ht_buf_str(&other), ht_buf_str(&value)))
            break;
        n_entities += results[covered].n_entities;
    }
    int *entities = malloc(n_entities * sizeof *entities);
    for (size_t i = 0, at = 0; entities != NULL && i < covered; i++) {
        memcpy(entities + at, results[i].entities, results[i].n_entities * sizeof *entities);
        at += results[i].n_entities;
    }
    if (entities != NULL)
        fill(s, s->zh ? told->zh : told->en, entities, n_entities, ht_buf_str(&value));
    free(entities);
    ht_buf_deinit(&value);
    ht_buf_deinit(&other);
    return covered;
}
