/* Requests that nothing in the home answers: missing devices and rooms, the impossible, the ambiguous, the unclear, and talk. */
#include <stdio.h>
#include <strings.h>

#include "homegen/gen.h"

enum { DO_SAY = 1u << HT_STYLE_DO | 1u << HT_STYLE_SAY };

static void refuse(ht_wish *w, const char *act, const char *reason)
{
    json_decref(w->calls);
    w->calls = NULL;
    w->act = act;
    w->device = NULL;
    ht_wish_call(w, "HearthRefuse", json_pack("{s:s}", "reason", reason));
}

static void ask(ht_wish *w, const char *about)
{
    json_decref(w->calls);
    w->calls = NULL;
    w->act = "ask_back";
    ht_wish_call(w, "HearthAsk", json_pack("{s:s}", "about", about));
}

/* Whether some device or room here shares a word (or, in Chinese, two characters in a row) with text. */
static bool resembles(const ht_gen *x, ht_str text)
{
    for (size_t i = 0; i < ht_home_entity_count(x->w->home) + ht_home_area_count(x->w->home); i++) {
        const size_t n = ht_home_entity_count(x->w->home);
        ht_str rest = i < n ? ht_home_entity_at(x->w->home, i)->name : ht_home_area_at(x->w->home, i - n)->name, word;
        while (ht_str_split(&rest, ' ', &word))
            for (size_t k = 0; word.len >= 3 && k + 6 <= text.len && x->lang->is_zh; k += 3)
                if (ht_str_find(word, (ht_str){text.ptr + k, 6}, 0) >= 0)
                    return true;
        rest = i < n ? ht_home_entity_at(x->w->home, i)->name : ht_home_area_at(x->w->home, i - n)->name;
        while (!x->lang->is_zh && ht_str_split(&rest, ' ', &word))
            for (size_t k = 0; word.len >= 3 && k + word.len <= text.len; k++)
                if (strncasecmp(text.ptr + k, word.ptr, word.len) == 0)
                    return true;
    }
    return false;
}

static const ht_act *random_plain_act(ht_gen *x)
{
    for (int tries = 0; tries < 20; tries++) {
        const ht_act *a = ht_act_at(ht_rng_below(x->rng, (uint32_t)ht_act_count()));
        if (a->value != HT_VALUE_OPTION && a->value != HT_VALUE_NUMBER && strcmp(a->key, "run") != 0 && strcmp(a->key, "press") != 0)
            return a;
    }
    return ht_act_at(0);
}

/* Says act about a target that the variables already describe. */
static bool say_about(ht_gen *x, ht_wish *w, const ht_act *a, const char *kind, const char *scheme)
{
    json_t *unused = json_object();
    ht_gen_set_rule(x, HT_VAR_target, ht_gram_findf(x->lang->g, "target.%s", scheme));
    ht_gen_set_rule(x, HT_VAR_bare, ht_gram_findf(x->lang->g, "bare.%s", scheme));
    const bool ok = ht_value_make(x, a->value, -1, unused) && ht_gen_say(x, w, DO_SAY, a->key, kind, scheme);
    json_decref(unused);
    return ok;
}

/* A thing that homes do not have: "open the drawbridge". */
static bool no_such_word(ht_gen *x, ht_wish *w)
{
    static const char *const verbs[] = {"turn_on", "turn_off", "turn_on", "turn_off", "open", "close", "toggle", "stop"};
    const ht_str name = ht_gen_word(x, "no_thing");
    if (name.ptr == NULL || resembles(x, name))
        return false;
    ht_gen_set(x, HT_VAR_name, name);
    ht_gen_set_rule(x, HT_VAR_target, ht_gram_findf(x->lang->g, "target.name"));
    ht_gen_set_rule(x, HT_VAR_bare, ht_gram_findf(x->lang->g, "bare.name"));
    refuse(w, "refuse_device", "no_device");
    if (ht_rng_chance(x->rng, 0.2f))
        return ht_gen_say(x, w, 1u << HT_STYLE_ASK, ht_rng_chance(x->rng, 0.5f) ? "on.one" : "state", NULL, NULL);
    return ht_gen_say(x, w, DO_SAY, verbs[ht_rng_below(x->rng, sizeof verbs / sizeof verbs[0])], NULL, NULL);
}

/* A kind of the act's that is nowhere here, nor any of its family; or -1. */
static int absent_kind(ht_gen *x, const ht_act *a, int area)
{
    int chosen = -1;
    uint32_t n = 0;
    for (size_t i = 0; i < ht_thing_count(); i++) {
        const ht_thing *t = ht_thing_at(i);
        bool absent = ht_thing_in(t, a->kinds);
        for (size_t e = 0; absent && e < ht_home_entity_count(x->w->home); e++) {
            const bool near = area < 0 || ht_home_entity_at(x->w->home, e)->area == area;
            absent = !(near && strcmp(ht_thing_at((size_t)x->w->thing[e])->family, t->family) == 0);
        }
        if (absent && ht_rng_below(x->rng, ++n) == 0)
            chosen = (int)i;
    }
    return chosen;
}

/* A device of a kind that the home, or the room named, does not have. */
static bool no_such_kind(ht_gen *x, ht_wish *w)
{
    const ht_act *a = random_plain_act(x);
    const size_t n_areas = ht_home_area_count(x->w->home);
    const int area = n_areas > 0 && ht_rng_chance(x->rng, 0.6f) ? (int)ht_rng_below(x->rng, (uint32_t)n_areas) : -1;
    const int thing = absent_kind(x, a, area);
    if (thing < 0)
        return false;
    const char *key = ht_thing_at((size_t)thing)->key;
    ht_gen_kind(x, thing);
    w->target.thing = thing;
    w->target.area = area;
    if (area >= 0)
        ht_gen_area(x, area);
    const bool many = ht_rng_chance(x->rng, 0.35f);
    const char *scheme = area >= 0 ? (many ? "area_many" : "area_one") : many ? "kind_many" : "kind_one";
    const bool ok = say_about(x, w, a, key, scheme) && !ht_target_conflicts(x, &w->target, ht_buf_str(&w->text));
    refuse(w, "refuse_device", "no_device");
    return ok;
}

/* A room that is not there. */
static bool no_such_area(ht_gen *x, ht_wish *w)
{
    const ht_act *a = random_plain_act(x);
    char key[32];
    snprintf(key, sizeof key, "area.%s", ht_room_names[ht_rng_below(x->rng, HT_ROOM_COUNT)]);
    const ht_str name = ht_gen_word(x, ht_rng_chance(x->rng, 0.5f) ? "no_place" : key);
    const int entity = ht_gen_entity(x, a->kinds);
    if (name.ptr == NULL || resembles(x, name) || entity < 0)
        return false;
    const int thing = x->w->thing[entity];
    ht_gen_kind(x, thing);
    ht_gen_set(x, HT_VAR_area, name);
    ht_gen_set_rule(x, HT_VAR_in_area, ht_gram_findf(x->lang->g, "in_area"));
    ht_gen_set_rule(x, HT_VAR_the_area, ht_gram_findf(x->lang->g, "the_area"));
    const bool ok = say_about(x, w, a, ht_thing_at((size_t)thing)->key, ht_rng_chance(x->rng, 0.5f) ? "area_many" : "area_one");
    refuse(w, "refuse_area", "no_area");
    return ok;
}

/* Something that the device cannot do: dimming a socket, opening a lamp. */
static bool cannot(ht_gen *x, ht_wish *w)
{
    static const struct {
        const char *key, *fallback, *kinds;
        ht_value value;
    } rows[] = {{"brightness", "brightness", "switch outlet lock job.* vacuum", HT_VALUE_BRIGHTNESS}, {"color", "color", "switch outlet curtain blind lock tv", HT_VALUE_COLOR},
                {"temp", "set_temp", "switch outlet lock", HT_VALUE_TEMP}, {"volume", "volume", "light lock curtain blind outlet", HT_VALUE_VOLUME},
                {"open", "open", "sensor.temperature camera", HT_VALUE_NONE}};
    const size_t r = ht_rng_below(x->rng, sizeof rows / sizeof rows[0]);
    const int entity = ht_gen_entity(x, rows[r].kinds);
    if (entity < 0 || !ht_target_choose(x, entity, HT_BY_NAME | HT_BY_AREA, &w->target))
        return false;
    json_t *unused = json_object();
    char key[48];
    snprintf(key, sizeof key, "unsupported.%s", rows[r].key);
    const char *kind = ht_thing_at((size_t)w->target.thing)->key;
    bool ok = ht_value_make(x, rows[r].value, entity, unused);
    ok = ok && (ht_gen_say(x, w, DO_SAY, key, kind, NULL) || ht_gen_say(x, w, 1u << HT_STYLE_DO, rows[r].fallback, NULL, NULL)) &&
         !ht_target_conflicts(x, &w->target, ht_buf_str(&w->text));
    json_decref(unused);
    refuse(w, "refuse_unsupported", "unsupported");
    return ok;
}

bool ht_wish_refuse(ht_gen *x, ht_wish *w)
{
    ht_wish_start(x, w, "refuse");
    const float kind = ht_rng_float(x->rng);
    return kind < 0.2f ? no_such_word(x, w) : kind < 0.46f ? no_such_kind(x, w) : kind < 0.86f ? no_such_area(x, w) : cannot(x, w);
}

/* "Unlock the door" where there are several and nobody knows which. */
static bool which_kind(ht_gen *x, ht_wish *w)
{
    const ht_act *a = random_plain_act(x);
    const int entity = ht_gen_entity(x, a->kinds);
    if (entity < 0)
        return false;
    const int thing = x->w->thing[entity];
    const ht_thing *t = ht_thing_at((size_t)thing);
    const size_t n = ht_gen_count(x, thing, -1), here = x->w->here >= 0 ? ht_gen_count(x, thing, x->w->here) : 0;
    if (!(t->flags & HT_THING_ASK) || n < 2 || here == 1)
        return false;
    for (size_t i = 0; i < ht_thing_count(); i++) /* a door may be a lock or a cover */
        if ((int)i != thing && strcmp(ht_thing_at(i)->family, t->family) == 0 && ht_gen_count(x, (int)i, -1) > 0)
            return false;
    ht_gen_kind(x, thing);
    w->target.thing = thing;
    const bool ok = say_about(x, w, a, t->key, "kind_one") && !ht_target_conflicts(x, &w->target, ht_buf_str(&w->text));
    w->device = a;
    ask(w, "device");
    return ok;
}

/* Whether the word is an everyday one for the kind ("fan"): then all of the kind are meant, not one whose name ends so. */
static bool is_kind_word(const ht_gen *x, int thing, ht_str word)
{
    static const char *const forms[] = {"one", "many"};
    for (int f = 0; f < 2; f++) {
        const int rule = ht_gram_findf(x->lang->g, "kind.%s.%s", ht_thing_at((size_t)thing)->key, forms[f]);
        for (size_t i = 0; i < ht_gram_alternatives(x->lang->g, rule); i++) {
            const ht_str known = ht_gram_plain(x->lang->g, rule, i);
            if (known.len == word.len && strncasecmp(known.ptr, word.ptr, word.len) == 0)
                return true;
        }
    }
    return false;
}

/* A name that several things of one kind bear, or the last word of several names: "the lamp". */
static bool which_name(ht_gen *x, ht_wish *w)
{
    const ht_act *a = random_plain_act(x);
    const int entity = ht_gen_entity(x, a->kinds);
    if (entity < 0)
        return false;
    const ht_entity *e = ht_home_entity_at(x->w->home, (size_t)entity);
    const int thing = x->w->thing[entity];
    ht_str part = e->name;
    for (size_t i = e->name.len; i > 0; i--)
        if (e->name.ptr[i - 1] == ' ') {
            part = (ht_str){e->name.ptr + i, e->name.len - i};
            break;
        }
    if (x->lang->is_zh && e->name.len > 6)
        part = (ht_str){e->name.ptr + e->name.len - 6, 6}; /* the last two characters */
    size_t n = 0;
    for (size_t i = 0; i < ht_home_entity_count(x->w->home); i++) {
        const ht_entity *o = ht_home_entity_at(x->w->home, i);
        if (!ht_str_ends(o->name, part))
            continue;
        if (x->w->thing[i] != thing || (x->w->here >= 0 && o->area == x->w->here) || ht_str_eq(o->name, part))
            return false;
        n++;
    }
    if (n < 2 || part.len < 4 || is_kind_word(x, thing, part))
        return false;
    ht_str lower = ht_arena_copy(&x->mem, part);
    for (size_t i = 0; i < lower.len; i++)
        if (lower.ptr[i] >= 'A' && lower.ptr[i] <= 'Z')
            ((char *)lower.ptr)[i] = (char)(lower.ptr[i] + 32); /* the arena's own copy */
    ht_gen_set(x, HT_VAR_name, lower);
    w->target.thing = thing;
    const bool ok = say_about(x, w, a, NULL, "name") && !ht_target_conflicts(x, &w->target, ht_buf_str(&w->text));
    w->device = a;
    ask(w, "device");
    return ok;
}

/* A device and no verb, or a verb that wants a value and none is said: optional keys vague.action, vague.value. */
static bool vague(ht_gen *x, ht_wish *w)
{
    const bool value = ht_rng_chance(x->rng, 0.5f);
    const int entity = ht_gen_entity(x, value ? "light ac thermostat tv speaker fan curtain blind" : "light tv ac speaker fan curtain blind vacuum");
    const int rule = ht_gram_findf(x->lang->g, value ? "vague.value" : "vague.action");
    if (entity < 0 || rule < 0 || !ht_target_choose(x, entity, HT_BY_NAME | HT_BY_AREA, &w->target))
        return false;
    ask(w, value ? "value" : "action");
    const char *kind = ht_thing_at((size_t)w->target.thing)->key;
    const int own = ht_gram_findf(x->lang->g, value ? "vague.value.%s" : "vague.action.%s", kind);
    if (!ht_gram_expand(x->lang->g, x->rng, own >= 0 ? own : rule, &x->vars, &w->text))
        return false;
    ht_gram_tidy(&w->text);
    w->style = HT_STYLE_SAY;
    return !ht_target_conflicts(x, &w->target, ht_buf_str(&w->text));
}

bool ht_wish_ask_back(ht_gen *x, ht_wish *w)
{
    for (int tries = 0; tries < 8; tries++) { /* few acts fit: several locks, several things of one last name */
        const float kind = ht_rng_float(x->rng);
        ht_wish_start(x, w, "ask_back");
        if (kind < 0.5f ? which_kind(x, w) : kind < 0.97f ? which_name(x, w) : vague(x, w))
            return true;
        ht_wish_deinit(w);
    }
    return false;
}

static const ht_topic *random_topic(ht_gen *x, const ht_topics *t)
{
    if (t->n == 0)
        return NULL;
    float at = ht_rng_float(x->rng) * t->total;
    size_t i = 0;
    while (i + 1 < t->n && (at -= t->items[i].weight) >= 0)
        i++;
    return &t->items[i];
}

bool ht_wish_beyond(ht_gen *x, ht_wish *w)
{
    ht_wish_start(x, w, "beyond");
    const ht_topic *t = random_topic(x, &x->lang->beyond);
    refuse(w, "beyond", "beyond");
    if (t == NULL || !ht_gram_expand(x->lang->g, x->rng, t->rule, &x->vars, &w->text))
        return false;
    ht_gram_tidy(&w->text);
    return true;
}

bool ht_wish_unclear(ht_gen *x, ht_wish *w)
{
    ht_wish_start(x, w, "unclear");
    refuse(w, "unclear", "unclear");
    const bool ok = ht_gram_expand(x->lang->g, x->rng, ht_gram_findf(x->lang->g, "unclear"), &x->vars, &w->text);
    ht_gram_tidy(&w->text);
    return ok;
}

bool ht_wish_chat(ht_gen *x, ht_wish *w)
{
    ht_wish_start(x, w, "chat");
    const ht_topic *t = random_topic(x, &x->lang->chat);
    const int entity = ht_gen_entity(x, "light switch fan tv ac curtain lock vacuum");
    if (t == NULL)
        return false;
    if (entity >= 0 && !ht_target_choose(x, entity, HT_BY_NAME | HT_BY_AREA, &w->target))
        ht_gen_set_rule(x, HT_VAR_target, -1);
    if (x->vars.of[HT_VAR_area].text.ptr == NULL && ht_home_area_count(x->w->home) > 0)
        ht_gen_area(x, (int)ht_rng_below(x->rng, (uint32_t)ht_home_area_count(x->w->home)));
    if (!ht_gram_expand(x->lang->g, x->rng, t->rule, &x->vars, &w->text) || !ht_gram_expand(x->lang->g, x->rng, t->answer, &x->vars, &w->answer))
        return false;
    ht_gram_tidy(&w->text);
    ht_gram_tidy(&w->answer);
    return !ht_target_conflicts(x, &w->target, ht_buf_str(&w->text)); /* "good night" may be a scene here */
}
