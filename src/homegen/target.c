/* Which words may speak of which devices, and what the call must then name. The rules are in docs/DATA.md: a name said gives
 * name; a room and a kind give area and domain; a kind alone gives the speaker's area, or the only one's name, or the domain. */
#include "homegen/gen.h"

static const ht_entity *entity_at(const ht_gen *x, size_t i) { return ht_home_entity_at(x->w->home, i); }
static const ht_thing *thing_of(const ht_gen *x, size_t i) { return ht_thing_at((size_t)x->w->thing[i]); }

void ht_target_deinit(ht_target *t)
{
    for (size_t i = 0; i < t->n; i++)
        json_decref(t->slots[i]);
    t->n = 0;
}

bool ht_thing_in(const ht_thing *t, const char *kinds)
{
    ht_str rest = ht_str_from(kinds), word;
    while (ht_str_split(&rest, ' ', &word)) {
        const bool prefix = word.len > 0 && word.ptr[word.len - 1] == '*';
        if (prefix ? strncmp(t->key, word.ptr, word.len - 1) == 0 : ht_str_is(word, t->key))
            return true;
    }
    return false;
}

int ht_gen_entity(ht_gen *x, const char *kinds)
{
    int chosen = -1;
    uint32_t n = 0;
    for (size_t i = 0; i < ht_home_entity_count(x->w->home); i++)
        if (ht_thing_in(thing_of(x, i), kinds) && ht_rng_below(x->rng, ++n) == 0)
            chosen = (int)i;
    return chosen;
}

size_t ht_gen_count(const ht_gen *x, int thing, int area)
{
    size_t n = 0;
    for (size_t i = 0; i < ht_home_entity_count(x->w->home); i++)
        n += x->w->thing[i] == thing && (area < 0 || entity_at(x, i)->area == area);
    return n;
}

void ht_gen_kind(ht_gen *x, int thing)
{
    const char *key = ht_thing_at((size_t)thing)->key;
    ht_gen_set_rule(x, HT_VAR_one, ht_gram_findf(x->lang->g, "kind.%s.one", key));
    ht_gen_set_rule(x, HT_VAR_many, ht_gram_findf(x->lang->g, "kind.%s.many", key));
}

static const char *place_suffix(ht_place p) { return p == HT_PLACE_PROPER ? ".proper" : p == HT_PLACE_ADVERB ? ".adverb" : ""; }

static void bind_place(ht_gen *x, ht_var v, const char *key, ht_place p)
{
    int rule = ht_gram_findf(x->lang->g, "%s%s", key, place_suffix(p));
    if (rule < 0)
        rule = ht_gram_findf(x->lang->g, "%s", key);
    ht_gen_set_rule(x, v, rule);
}

ht_str ht_gen_area(ht_gen *x, int area)
{
    const ht_area *a = ht_home_area_at(x->w->home, (size_t)area);
    const bool alias = a->n_aliases > 0 && ht_rng_chance(x->rng, 0.4f);
    const ht_str name = alias ? a->aliases[ht_rng_below(x->rng, (uint32_t)a->n_aliases)] : a->name;
    ht_gen_set(x, HT_VAR_area, ht_gen_as_typed(x, name));
    bind_place(x, HT_VAR_in_area, "in_area", x->w->area_place[area]);
    bind_place(x, HT_VAR_the_area, "the_area", x->w->area_place[area]);
    return name;
}

ht_str ht_gen_floor(ht_gen *x, int floor)
{
    const ht_floor *f = ht_home_floor_at(x->w->home, (size_t)floor);
    ht_gen_set(x, HT_VAR_floor, ht_gen_as_typed(x, f->name));
    bind_place(x, HT_VAR_on_floor, "on_floor", x->w->floor_place[floor]);
    bind_place(x, HT_VAR_the_floor, "the_floor", x->w->floor_place[floor]);
    return f->name;
}

static void set_text(json_t *o, const char *key, ht_str s) { json_object_set_new(o, key, json_stringn(s.ptr, s.len)); }

static bool in_scope(const ht_gen *x, size_t i, int area, int floor)
{
    const int a = entity_at(x, i)->area;
    if (area >= 0)
        return a == area;
    return floor < 0 || (a >= 0 && ht_home_area_at(x->w->home, (size_t)a)->floor == floor);
}

json_t *ht_gen_place_slots(ht_gen *x, int thing, int area, int floor)
{
    const ht_thing *t = ht_thing_at((size_t)thing);
    size_t n = 0, classed = 0, others = 0, same_class = 0;
    for (size_t i = 0; i < ht_home_entity_count(x->w->home); i++) {
        if (!in_scope(x, i, area, floor) || !ht_str_is(entity_at(x, i)->domain, t->domain))
            continue;
        const bool has_class = t->device_class[0] != '\0' && ht_str_is(ht_entity_class(entity_at(x, i)), t->device_class);
        if (x->w->thing[i] == thing)
            n++, classed += has_class;
        else
            others++, same_class += has_class;
    }
    const bool name_class = t->flags & HT_THING_CLASSED && n > 0 && classed == n && same_class == 0;
    if (n == 0 || (!name_class && (others > 0 || (t->flags & HT_THING_CLASSED && classed > 0))))
        return NULL;
    json_t *slots = json_object();
    if (area >= 0)
        set_text(slots, "area", ht_gen_area(x, area));
    if (floor >= 0)
        set_text(slots, "floor", ht_gen_floor(x, floor));
    json_object_set_new(slots, "domain", json_string(t->domain));
    if (name_class)
        json_object_set_new(slots, "device_class", json_string(t->device_class));
    return slots;
}

/* --- schemes --- */

bool ht_target_name(ht_gen *x, int entity, ht_target *out)
{
    const ht_entity *e = entity_at(x, (size_t)entity);
    *out = (ht_target){.scheme = x->w->is_proper[entity] ? HT_SCHEME_PROPER : HT_SCHEME_NAME, .thing = x->w->thing[entity],
                       .entity = entity, .area = e->area, .floor = -1};
    const ht_str name = ht_gen_speak_name(x, entity, &out->said);
    if (!ht_gen_name_is_own(x, entity, name))
        return false;
    out->slots[0] = json_object();
    out->n = 1;
    set_text(out->slots[0], "name", name);
    return true;
}

static bool name_area(ht_gen *x, ht_target *t)
{
    const ht_entity *e = entity_at(x, (size_t)t->entity);
    if (e->area < 0 || x->w->is_proper[t->entity])
        return false;
    const ht_str name = ht_gen_speak_name(x, t->entity, &t->said), area = ht_gen_area(x, e->area);
    if (ht_str_find(e->name, ht_home_area_at(x->w->home, (size_t)e->area)->name, 0) >= 0 || ht_name_has_words(e->name, area))
        return false;
    for (size_t i = 0; i < ht_home_entity_count(x->w->home); i++)
        if ((int)i != t->entity && entity_at(x, i)->area == e->area && ht_entity_bears(entity_at(x, i), name))
            return false;
    t->slots[t->n] = json_object();
    set_text(t->slots[t->n], "name", name);
    set_text(t->slots[t->n++], "area", area);
    return true;
}

static bool add_place(ht_gen *x, ht_target *t, int area, int floor)
{
    json_t *slots = ht_gen_place_slots(x, t->thing, area, floor);
    if (slots != NULL)
        t->slots[t->n++] = slots;
    return slots != NULL;
}

static bool add_name(ht_gen *x, ht_target *t)
{
    const ht_str name = entity_at(x, (size_t)t->entity)->name;
    if (!ht_gen_name_is_own(x, t->entity, name))
        return false;
    t->slots[t->n] = json_object();
    set_text(t->slots[t->n++], "name", name);
    return true;
}

static bool is_job(const ht_thing *t) { return strncmp(t->key, "job.", 4) == 0; }
/* Kinds whose domain is shared by all sorts of things: only the one thing of that kind can be meant, by its name. */
static bool is_single(const ht_thing *t) { return is_job(t) || strcmp(t->domain, "device_tracker") == 0 || strcmp(t->domain, "sensor") == 0 ||
                                                  strcmp(t->domain, "number") == 0 || strcmp(t->domain, "select") == 0 || strcmp(t->domain, "button") == 0; }

/* "the fan", "fans": where the speaker is, or the only one, or all. */
static bool by_kind(ht_gen *x, ht_target *t)
{
    const ht_thing *kind = ht_thing_at((size_t)t->thing);
    const size_t in_home = ht_gen_count(x, t->thing, -1), in_here = x->w->here >= 0 ? ht_gen_count(x, t->thing, x->w->here) : 0;
    const bool one = t->scheme == HT_SCHEME_KIND_ONE;
    ht_gen_kind(x, t->thing);
    if (is_single(kind))
        return one && in_home == 1 && add_name(x, t);
    if (in_here > 0 && (one || in_here > 1 || x->lang->is_zh))
        return !(one && in_here > 1 && kind->flags & HT_THING_ASK) && add_place(x, t, x->w->here, -1);
    if (in_home == 1)
        return (one || x->lang->is_zh) && add_name(x, t);
    if (x->w->here >= 0 || (kind->flags & HT_THING_ASK && (one || x->lang->is_zh)))
        return false; /* which one? left to ht_wish_ask_back */
    return add_place(x, t, -1, -1);
}

/* Two or three names of one family: "lamp a and lamp b". Their texts go into {a} {b} {c}, the whole into {target}. */
static bool by_list(ht_gen *x, ht_target *t)
{
    static const ht_var vars[] = {HT_VAR_a, HT_VAR_b, HT_VAR_c};
    const size_t wanted = ht_rng_chance(x->rng, 0.75f) ? 2 : 3;
    const ht_thing *kind = ht_thing_at((size_t)t->thing);
    int chosen[3] = {t->entity, -1, -1};
    const size_t n_entities = ht_home_entity_count(x->w->home);
    for (size_t k = 1; k < wanted; k++)
        for (int tries = 0; tries < 12 && chosen[k] < 0; tries++) {
            const int i = (int)ht_rng_below(x->rng, (uint32_t)n_entities);
            if (strcmp(thing_of(x, (size_t)i)->domain, kind->domain) == 0 && i != chosen[0] && i != chosen[1])
                chosen[k] = i;
        }
    for (size_t k = 0; k < wanted; k++) {
        ht_target part;
        if (chosen[k] < 0 || !ht_target_name(x, chosen[k], &part))
            return false;
        t->slots[t->n++] = part.slots[0];
        const ht_str text = ht_gen_word(x, part.scheme == HT_SCHEME_PROPER ? "target.proper" : "target.name");
        if (text.ptr == NULL)
            return false;
        ht_gen_set(x, vars[k], text);
    }
    const ht_str text = ht_gen_word(x, wanted == 2 ? "list.two" : "list.three");
    ht_gen_set(x, HT_VAR_target, text);
    ht_gen_set(x, HT_VAR_bare, text);
    return text.ptr != NULL;
}

/* "all the lamps in the hall but the ceiling light": a call for each of the others. */
static bool by_exception(ht_gen *x, ht_target *t)
{
    const int area = entity_at(x, (size_t)t->entity)->area;
    if (area < 0 || ht_gen_count(x, t->thing, area) < 3 || ht_gen_count(x, t->thing, area) > HT_TARGET_PARTS)
        return false;
    ht_gen_kind(x, t->thing);
    for (size_t i = 0; i < ht_home_entity_count(x->w->home); i++) {
        const ht_entity *e = entity_at(x, i);
        if ((int)i == t->entity || x->w->thing[i] != t->thing || e->area != area)
            continue;
        if (!ht_gen_name_is_own(x, (int)i, e->name))
            return false;
        t->slots[t->n] = json_object();
        set_text(t->slots[t->n++], "name", e->name);
    }
    ht_gen_area(x, area);
    ht_str said;
    ht_gen_speak_name(x, t->entity, &said);
    const ht_str text = ht_gen_word(x, "except.name");
    ht_gen_set(x, HT_VAR_target, text);
    ht_gen_set(x, HT_VAR_bare, text);
    return text.ptr != NULL;
}

/* Everywhere except in one room: a call for each of the other rooms. */
static bool by_other_areas(ht_gen *x, ht_target *t)
{
    const int area = entity_at(x, (size_t)t->entity)->area;
    if (area < 0 || ht_thing_at((size_t)t->thing)->flags & HT_THING_ASK)
        return false;
    ht_gen_kind(x, t->thing);
    for (size_t a = 0; a < ht_home_area_count(x->w->home); a++) {
        if ((int)a == area || ht_gen_count(x, t->thing, (int)a) == 0)
            continue;
        if (t->n == HT_TARGET_PARTS || !add_place(x, t, (int)a, -1))
            return false;
        set_text(t->slots[t->n - 1], "area", ht_home_area_at(x->w->home, a)->name);
    }
    for (size_t i = 0; i < ht_home_entity_count(x->w->home); i++)
        if (x->w->thing[i] == t->thing && entity_at(x, i)->area < 0)
            return false;
    ht_gen_area(x, area);
    const ht_str text = ht_gen_word(x, "except.area");
    ht_gen_set(x, HT_VAR_target, text);
    ht_gen_set(x, HT_VAR_bare, text);
    return t->n > 1 && text.ptr != NULL;
}

static bool by_scheme(ht_gen *x, ht_target *t)
{
    const ht_entity *e = entity_at(x, (size_t)t->entity);
    const ht_thing *kind = ht_thing_at((size_t)t->thing);
    const int here = x->w->here;
    ht_gen_kind(x, t->thing);
    switch (t->scheme) {
    case HT_SCHEME_NAME:
    case HT_SCHEME_PROPER: return ht_target_name(x, t->entity, t);
    case HT_SCHEME_NAME_AREA: return name_area(x, t);
    case HT_SCHEME_AREA_ONE:
        if (e->area >= 0 && is_single(kind)) {
            ht_gen_area(x, e->area);
            return ht_gen_count(x, t->thing, e->area) == 1 && add_name(x, t);
        }
        return e->area >= 0 && (ht_gen_count(x, t->thing, e->area) == 1 || ht_rng_chance(x->rng, 0.3f)) && add_place(x, t, e->area, -1);
    case HT_SCHEME_AREA_MANY: return e->area >= 0 && !is_single(kind) && add_place(x, t, e->area, -1);
    case HT_SCHEME_FLOOR_MANY: {
        const int floor = e->area >= 0 ? ht_home_area_at(x->w->home, (size_t)e->area)->floor : -1;
        t->floor = floor;
        return floor >= 0 && !is_single(kind) && add_place(x, t, -1, floor);
    }
    case HT_SCHEME_HERE_ONE:
    case HT_SCHEME_HERE_MANY: {
        const size_t n = here >= 0 ? ht_gen_count(x, t->thing, here) : 0;
        return n > 0 && (n > 1) == (t->scheme == HT_SCHEME_HERE_MANY) && !is_single(kind) && add_place(x, t, here, -1);
    }
    case HT_SCHEME_KIND_ONE:
    case HT_SCHEME_KIND_MANY: return by_kind(x, t);
    case HT_SCHEME_ALL_MANY: return ht_gen_count(x, t->thing, -1) > 1 && !is_single(kind) && add_place(x, t, -1, -1);
    case HT_SCHEME_LIST: return by_list(x, t);
    case HT_SCHEME_EXCEPT: return ht_rng_chance(x->rng, 0.5f) ? by_exception(x, t) : by_other_areas(x, t);
    default: return false;
    }
}

/* The sets of schemes are weighed like this; most requests name the thing or its room. */
static ht_scheme random_scheme(ht_gen *x, int entity)
{
    static const uint8_t weight[HT_SCHEME_COUNT] = {[HT_SCHEME_NAME] = 36, [HT_SCHEME_NAME_AREA] = 5, [HT_SCHEME_AREA_ONE] = 14, [HT_SCHEME_AREA_MANY] = 14,
                                                    [HT_SCHEME_FLOOR_MANY] = 7, [HT_SCHEME_HERE_ONE] = 4, [HT_SCHEME_HERE_MANY] = 5, [HT_SCHEME_KIND_ONE] = 12,
                                                    [HT_SCHEME_KIND_MANY] = 10, [HT_SCHEME_ALL_MANY] = 6, [HT_SCHEME_LIST] = 8, [HT_SCHEME_EXCEPT] = 3};
    uint32_t total = 0, s = 0;
    for (size_t i = 0; i < HT_SCHEME_COUNT; i++)
        total += weight[i];
    uint32_t at = ht_rng_below(x->rng, total);
    while (at >= weight[s])
        at -= weight[s++];
    return s == HT_SCHEME_NAME && x->w->is_proper[entity] ? HT_SCHEME_PROPER : (ht_scheme)s;
}

bool ht_target_choose(ht_gen *x, int entity, unsigned allowed, ht_target *out)
{
    for (int tries = 0; tries < 16; tries++) {
        const ht_scheme s = random_scheme(x, entity);
        if (!(allowed & 1u << s))
            continue;
        *out = (ht_target){.scheme = s, .thing = x->w->thing[entity], .entity = entity, .area = entity_at(x, (size_t)entity)->area, .floor = -1};
        const ht_bind unset = {{NULL, 0}, -1};
        x->vars.of[HT_VAR_target] = x->vars.of[HT_VAR_area] = x->vars.of[HT_VAR_floor] = unset;
        if (!by_scheme(x, out)) {
            ht_target_deinit(out);
            continue;
        }
        out->is_many = s == HT_SCHEME_AREA_MANY || s == HT_SCHEME_FLOOR_MANY || s == HT_SCHEME_HERE_MANY || s == HT_SCHEME_KIND_MANY ||
                       s == HT_SCHEME_ALL_MANY || s == HT_SCHEME_LIST || s == HT_SCHEME_EXCEPT;
        if (s != HT_SCHEME_LIST && s != HT_SCHEME_EXCEPT) {
            ht_gen_set_rule(x, HT_VAR_target, ht_gram_findf(x->lang->g, "target.%s", ht_scheme_names[out->scheme]));
            ht_gen_set_rule(x, HT_VAR_bare, ht_gram_findf(x->lang->g, "bare.%s", ht_scheme_names[out->scheme]));
        }
        ht_gen_set_rule(x, HT_VAR_it, ht_gram_findf(x->lang->g, out->is_many ? "it.many" : "it.one"));
        return true;
    }
    return false;
}

