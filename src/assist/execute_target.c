/* Which entities a call means: the slots intersected, then what the speaker may be taken to mean. See execute.h. */
#include <stdlib.h>

#include "assist/execute_private.h"

/* Candidates on their way to being found. */
typedef struct {
    int *at; /* [n] indices, in the home's order */
    size_t n;
} set;

typedef bool filter(const ht_call *c, const ht_reach *r, const ht_entity *e);

static bool has_word(const char *words, ht_str s)
{
    ht_str rest = ht_str_from(words), word;
    while (ht_str_split(&rest, ' ', &word))
        if (ht_str_eq(word, s))
            return true;
    return false;
}

static const ht_entity *entity_at(const ht_call *c, int i) { return ht_home_entity_at(c->h, (size_t)i); }

bool ht_call_area(const ht_call *c, int *area)
{
    const ht_str name = ht_call_text(c, "area");
    *area = name.ptr ? ht_home_find_area(c->h, name) : -1;
    return name.ptr == NULL || *area >= 0;
}

bool ht_call_floor(const ht_call *c, int *floor)
{
    const ht_str name = ht_call_text(c, "floor");
    *floor = name.ptr ? ht_home_find_floor(c->h, name) : -1;
    return name.ptr == NULL || *floor >= 0;
}

bool ht_call_has_target(const ht_call *c)
{
    static const char *const slots[] = {"name", "area", "floor", "domain", "device_class"};
    for (size_t i = 0; i < sizeof slots / sizeof slots[0]; i++)
        if (json_object_get(c->args, slots[i]) != NULL)
            return true;
    return false;
}

/* --- what an entity is --- */

static bool in_place(const ht_call *c, const ht_reach *r, const ht_entity *e)
{
    int area, floor;
    (void)r;
    if (!ht_call_area(c, &area) || !ht_call_floor(c, &floor))
        return false;
    return (area < 0 || e->area == area) &&
           (floor < 0 || (e->area >= 0 && ht_home_area_at(c->h, (size_t)e->area)->floor == floor));
}

static bool of_kind(const ht_call *c, const ht_reach *r, const ht_entity *e)
{
    const ht_str domain = ht_call_text(c, "domain"), kind = ht_call_text(c, "device_class");
    (void)r;
    return (domain.ptr == NULL || ht_str_eq(domain, e->domain)) && (kind.ptr == NULL || ht_str_eq(kind, ht_entity_class(e)));
}

/* Of the domain, and nobody has entered which class it is of: "the speaker" may be it. */
static bool of_unclassed_kind(const ht_call *c, const ht_reach *r, const ht_entity *e)
{
    const ht_str domain = ht_call_text(c, "domain");
    (void)r;
    return domain.ptr != NULL && ht_str_eq(domain, e->domain) && ht_entity_class(e).len == 0;
}

static bool of_domains(const ht_call *c, const ht_reach *r, const ht_entity *e)
{
    (void)c;
    return r->domains == NULL || has_word(r->domains, e->domain);
}

static bool of_fallback(const ht_call *c, const ht_reach *r, const ht_entity *e)
{
    (void)c;
    return r->fallback != NULL && has_word(r->fallback, e->domain);
}

static bool is_called(const ht_entity *e, ht_str name, bool exactly)
{
    if (exactly ? ht_str_eq(e->name, name) : ht_name_same(e->name, name))
        return true;
    for (size_t i = 0; i < e->n_aliases; i++)
        if (exactly ? ht_str_eq(e->aliases[i], name) : ht_name_same(e->aliases[i], name))
            return true;
    return false;
}

static bool is_called_exactly(const ht_call *c, const ht_reach *r, const ht_entity *e)
{
    (void)r;
    return is_called(e, ht_call_text(c, "name"), true);
}

static bool is_called_about(const ht_call *c, const ht_reach *r, const ht_entity *e)
{
    (void)r;
    return is_called(e, ht_call_text(c, "name"), false);
}

static bool is_nowhere(const ht_call *c, const ht_reach *r, const ht_entity *e)
{
    (void)c, (void)r;
    return e->area < 0;
}

static bool is_here(const ht_call *c, const ht_reach *r, const ht_entity *e)
{
    (void)r;
    return e->area >= 0 && e->area == c->cx->area;
}

static bool is_in_reach(const ht_call *c, const ht_reach *r, const ht_entity *e)
{
    (void)c;
    for (size_t i = 0; i < r->n_verbs; i++)
        if (!ht_verb_fits(r->verbs[i], e->domain))
            return false;
    return true;
}

/* Full opening and closing stand in for a position that a cover cannot take. */
static bool is_able(const ht_call *c, const ht_reach *r, const ht_entity *e)
{
    for (size_t i = 0; i < r->n_verbs; i++) {
        if (ht_entity_able(e, r->verbs[i]))
            continue;
        const double position = ht_call_number(c, "position", 50);
        if (r->verbs[i] != HT_VERB_SET_POSITION || (position > 0 && position < 100) ||
            !ht_entity_able(e, position > 0 ? HT_VERB_OPEN : HT_VERB_CLOSE))
            return false;
    }
    return true;
}

static bool is_reachable(const ht_call *c, const ht_reach *r, const ht_entity *e)
{
    (void)c, (void)r;
    return e->state == NULL || strcmp(e->state, "unavailable") != 0;
}

static bool is_active(const ht_call *c, const ht_reach *r, const ht_entity *e)
{
    (void)c;
    if (r->n_verbs > 0 && r->verbs[0] == HT_VERB_MEDIA_UNPAUSE)
        return e->state != NULL && strcmp(e->state, "paused") == 0;
    return ht_entity_is_active(e);
}

static bool is_playing(const ht_call *c, const ht_reach *r, const ht_entity *e)
{
    if (r->n_verbs > 0 && r->verbs[0] == HT_VERB_MEDIA_UNPAUSE)
        return is_active(c, r, e);
    return e->state != NULL && strcmp(e->state, "playing") == 0;
}

static bool is_playing_here(const ht_call *c, const ht_reach *r, const ht_entity *e)
{
    return is_here(c, r, e) && is_playing(c, r, e);
}

static bool is_not_off(const ht_call *c, const ht_reach *r, const ht_entity *e)
{
    (void)c, (void)r;
    return e->state != NULL && strcmp(e->state, "off") != 0 && strcmp(e->state, "standby") != 0;
}

/* What nobody means who opens or switches on "everything": it is only opened where it is named by name or by class. */
static bool is_harmless(const ht_call *c, const ht_reach *r, const ht_entity *e)
{
    const ht_action open = {.verb = r->n_verbs > 0 ? r->verbs[0] : HT_VERB_GET_STATE, .value = 100};
    const int i = ht_home_find_entity(c->h, e->id);
    if (!ht_str_is(e->domain, "cover") || ht_call_text(c, "device_class").ptr != NULL)
        return true;
    const ht_action as_open = {.verb = HT_VERB_OPEN};
    if (ht_call_text(c, "domain").ptr == NULL) /* closing it is not meant either */
        return !ht_action_is_dangerous(c->h, (size_t)i, &as_open);
    return !ht_action_is_dangerous(c->h, (size_t)i, &open);
}

/* --- sets --- */

static set everything(const ht_call *c)
{
    set s = {calloc(ht_home_entity_count(c->h) + 1, sizeof(int)), 0};
    for (size_t i = 0; s.at != NULL && i < ht_home_entity_count(c->h); i++)
        s.at[s.n++] = (int)i;
    return s;
}

static size_t count(const ht_call *c, const ht_reach *r, const set *s, filter *f)
{
    size_t n = 0;
    for (size_t i = 0; i < s->n; i++)
        n += f(c, r, entity_at(c, s->at[i]));
    return n;
}

static void keep(const ht_call *c, const ht_reach *r, set *s, filter *f)
{
    size_t n = 0;
    for (size_t i = 0; i < s->n; i++)
        if (f(c, r, entity_at(c, s->at[i])))
            s->at[n++] = s->at[i];
    s->n = n;
}

/* Keeps those that pass if any do; says whether. */
static bool prefer(const ht_call *c, const ht_reach *r, set *s, filter *f)
{
    if (count(c, r, s, f) == 0)
        return false;
    keep(c, r, s, f);
    return true;
}

/* Those that exist but cannot do it leave the set; when none is left, that is the answer. */
static ht_outcome only_able(const ht_call *c, const ht_reach *r, set *s)
{
    if (s->n == 0)
        return HT_NO_TARGET;
    if (r->is_query)
        return HT_DONE;
    if (!prefer(c, r, s, is_in_reach) || !prefer(c, r, s, is_able) || !prefer(c, r, s, is_reachable))
        return HT_NOT_ABLE;
    return HT_DONE;
}

/* Pictures on a screen, sound on a speaker. */
static bool suits_media(const ht_call *c, const ht_reach *r, const ht_entity *e)
{
    const ht_str media = ht_call_text(c, "media_class"), kind = ht_entity_class(e);
    const bool is_picture = media.ptr != NULL && has_word("movie tv_show channel video app game", media);
    (void)r;
    return ht_str_is(kind, is_picture ? "tv" : "speaker");
}

/* In a room with several players, music and volume mean those that play, then those that are on; something new plays on one. */
static void prefer_players(const ht_call *c, const ht_reach *r, set *s)
{
    if (s->n < 2 || r->domains == NULL || strcmp(r->domains, "media_player") != 0)
        return;
    if (r->takes_one)
        prefer(c, r, s, suits_media);
    if (!prefer(c, r, s, is_playing))
        prefer(c, r, s, is_not_off);
    if (r->takes_one)
        s->n = 1;
}

/* "Brighter", "warmer", "stronger" mean what is on, where something is. */
static void prefer_running(const ht_call *c, const ht_reach *r, set *s)
{
    const ht_verb verb = r->n_verbs > 0 ? r->verbs[0] : HT_VERB_GET_STATE;
    if (verb == HT_VERB_ADJUST_BRIGHTNESS || verb == HT_VERB_ADJUST_TEMPERATURE || verb == HT_VERB_ADJUST_SPEED)
        prefer(c, r, s, is_active);
}

static ht_outcome find_named(const ht_call *c, const ht_reach *r, set *s)
{
    keep(c, r, s, of_kind);
    keep(c, r, s, is_called_about);
    /* "the kitchen TV" is a TV whose room nobody has entered, rather than none */
    if (!prefer(c, r, s, in_place))
        keep(c, r, s, is_nowhere);
    prefer(c, r, s, is_called_exactly);
    const ht_outcome outcome = only_able(c, r, s);
    if (outcome != HT_DONE || s->n == 1 || r->is_query)
        return outcome;
    prefer(c, r, s, is_here);
    return s->n == 1 ? HT_DONE : HT_AMBIGUOUS;
}

static ht_outcome find_group(const ht_call *c, const ht_reach *r, set *s)
{
    const bool has_kind = ht_call_text(c, "domain").ptr != NULL || ht_call_text(c, "device_class").ptr != NULL;
    keep(c, r, s, in_place);
    if (!prefer(c, r, s, of_kind))
        keep(c, r, s, of_unclassed_kind);
    if (!has_kind && !prefer(c, r, s, of_domains))
        keep(c, r, s, of_fallback);
    if (!r->is_query && !prefer(c, r, s, is_harmless) && !has_kind)
        s->n = 0;
    const ht_outcome outcome = only_able(c, r, s);
    prefer_players(c, r, s);
    prefer_running(c, r, s);
    return outcome;
}

/* Nothing but the speaker's place to go by. */
static ht_outcome find_near(const ht_call *c, const ht_reach *r, set *s)
{
    if (!prefer(c, r, s, of_domains))
        keep(c, r, s, of_fallback);
    if (!r->is_query)
        keep(c, r, s, is_harmless);
    const ht_outcome outcome = only_able(c, r, s);
    if (outcome != HT_DONE || s->n == 1)
        return outcome;
    const bool is_media = r->domains != NULL && strcmp(r->domains, "media_player") == 0;
    const size_t n_here = count(c, r, s, is_here);
    const bool plays_elsewhere =
        is_media && r->takes_active && count(c, r, s, is_playing_here) == 0 && count(c, r, s, is_playing) > 0;
    if (n_here > 0 && !plays_elsewhere) {
        keep(c, r, s, is_here);
        prefer_players(c, r, s);
        prefer_running(c, r, s);
        return HT_DONE;
    }
    if (r->takes_active && prefer(c, r, s, is_media ? is_playing : is_active))
        return HT_DONE;
    if (r->takes_one)
        prefer_players(c, r, s);
    /* "louder" with nothing playing means what is switched on; "vacuum the house" means every vacuum, one room only one. */
    const bool is_robot = r->domains != NULL && (strcmp(r->domains, "vacuum") == 0 || strcmp(r->domains, "lawn_mower") == 0);
    if (is_robot && r->n_verbs > 0 && r->verbs[0] == HT_VERB_VACUUM_CLEAN_AREA)
        s->n = 1;
    if (is_robot || (is_media && r->takes_active && prefer(c, r, s, is_not_off)))
        return HT_DONE;
    return s->n == 1 || r->is_query ? HT_DONE : HT_AMBIGUOUS;
}

ht_status ht_call_resolve(const ht_call *c, const ht_reach *r, ht_outcome *outcome)
{
    int area, floor;
    if (!ht_call_area(c, &area) || !ht_call_floor(c, &floor)) {
        *outcome = HT_NO_TARGET;
        return HT_OK;
    }
    set s = everything(c);
    if (s.at == NULL)
        return ht_call_no_memory(c);
    /* A domain that the tool means anyway says nothing about which: "pause the player". */
    const ht_str domain = ht_call_text(c, "domain");
    const bool is_only_domain =
        domain.ptr != NULL && ht_str_is(domain, "media_player") && ht_call_text(c, "name").ptr == NULL && area < 0 &&
        floor < 0 && ht_call_text(c, "device_class").ptr == NULL && r->domains != NULL && ht_str_is(domain, r->domains);
    if (ht_call_text(c, "name").ptr != NULL)
        *outcome = find_named(c, r, &s);
    else if (ht_call_has_target(c) && !is_only_domain)
        *outcome = find_group(c, r, &s);
    else
        *outcome = find_near(c, r, &s);
    ht_status st = HT_OK;
    for (size_t i = 0; st == HT_OK && *outcome != HT_NO_TARGET && i < s.n; i++)
        st = ht_call_found(c, (size_t)s.at[i]);
    free(s.at);
    return st;
}
