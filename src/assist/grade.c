#include "assist/grade.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

/* An effect in canonical form: one domain, "turn_on" with a brightness is "set_brightness", opening a lock is "unlock". */
typedef struct {
    const char *action;
    const json_t *entities; /* the effect's array; this part is those of `domain` */
    const json_t *args;
    char domain[32];
} part;
enum { MAX_PARTS = 64 };

static bool is_in(const char *word, const char *const *list)
{
    for (; *list != NULL; list++)
        if (strcmp(word, *list) == 0)
            return true;
    return false;
}

static bool is_query(const char *action)
{
    static const char *const queries[] = {"get_state", "get_temperature", "get_weather", "get_current_time", "get_current_date",
                                          "timer_status", "respond", "nevermind", NULL};
    return is_in(action, queries);
}

/* Names of one and the same action. */
static const char *same(const char *action)
{
    static const char *const pairs[][2] = {{"clean_area", "vacuum_clean_area"},
                                           {"start", "vacuum_start"},
                                           {"shopping_list_add_item", "list_add_item"},
                                           {"shopping_list_remove_item", "list_remove_item"},
                                           {"shopping_list_complete_item", "list_complete_item"}};
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++)
        if (strcmp(action, pairs[i][0]) == 0)
            return pairs[i][1];
    return action;
}

static bool as_number(const json_t *v, double *out)
{
    if (json_is_number(v))
        return *out = json_number_value(v), true;
    if (json_is_boolean(v))
        return *out = json_is_true(v), true;
    if (!json_is_string(v))
        return false;
    char *end;
    const char *s = json_string_value(v);
    *out = strtod(s, &end);
    return end != s && ht_str_trim(ht_str_from(end)).len == 0;
}

static const char *as_text(const json_t *v, char *buf, size_t n)
{
    if (json_is_string(v))
        return json_string_value(v);
    if (v == NULL || json_is_null(v))
        return "None";
    char *s = json_dumps(v, JSON_ENCODE_ANY);
    snprintf(buf, n, "%s", s ? s : "");
    free(s);
    return buf;
}

static bool is_close(const json_t *a, const json_t *b)
{
    double x, y;
    if (as_number(a, &x) && as_number(b, &y))
        return fabs(x - y) <= 0.02 * fmax(1.0, fabs(y));
    char ta[256], tb[256];
    const ht_str s = ht_str_trim(ht_str_from(as_text(a, ta, sizeof ta))), t = ht_str_trim(ht_str_from(as_text(b, tb, sizeof tb)));
    return s.len == t.len && strncasecmp(s.ptr, t.ptr, s.len) == 0;
}

static bool is_any_of(const json_t *want, const json_t *got)
{
    if (!json_is_array(want))
        return is_close(got, want);
    size_t i;
    json_t *w;
    json_array_foreach(want, i, w)
    {
        if (is_close(got, w))
            return true;
    }
    return false;
}

static bool array_has(const json_t *array, const char *s)
{
    size_t i;
    json_t *v;
    json_array_foreach(array, i, v)
    {
        if (json_is_string(v) && strcmp(json_string_value(v), s) == 0)
            return true;
    }
    return false;
}

static bool has_arg(const part *p, const char *key)
{
    const json_t *v = json_object_get(p->args, key);
    return v != NULL && !json_is_null(v);
}

static void canon(part *p)
{
    const char *d = p->domain;
    const bool cover = strcmp(d, "cover") == 0 || strcmp(d, "valve") == 0;
    if (strcmp(p->action, "turn_on") == 0)
        p->action = has_arg(p, "brightness") ? "set_brightness" : has_arg(p, "color") ? "set_color" : cover ? "open"
                  : strcmp(d, "lock") == 0 ? "lock" : strcmp(d, "scene") == 0 ? "activate" : strcmp(d, "script") == 0 ? "run" : p->action;
    else if (strcmp(p->action, "turn_off") == 0)
        p->action = cover ? "close" : strcmp(d, "lock") == 0 ? "unlock" : p->action;
    p->action = same(p->action);
}

static void domain_of(const char *id, char out[32])
{
    const char *dot = strchr(id, '.');
    snprintf(out, 32, "%.*s", (int)(dot ? dot - id : (ptrdiff_t)strlen(id)), id);
}

/* One part per effect and domain. */
static size_t split(const json_t *answer, part *parts)
{
    size_t n = 0, i, k;
    json_t *effect, *id;
    json_array_foreach(json_object_get(answer, "effects"), i, effect)
    {
        const size_t first = n;
        const char *action = json_string_value(json_object_get(effect, "action"));
        const json_t *entities = json_object_get(effect, "entities");
        const part whole = {action ? action : "", entities, json_object_get(effect, "args"), ""};
        json_array_foreach(entities, k, id)
        {
            char domain[32];
            domain_of(json_is_string(id) ? json_string_value(id) : "", domain);
            size_t seen = first;
            while (seen < n && strcmp(parts[seen].domain, domain) != 0)
                seen++;
            if (seen == n && n < MAX_PARTS) {
                parts[n] = whole;
                snprintf(parts[n++].domain, 32, "%s", domain);
            }
        }
        if (n == first && n < MAX_PARTS)
            parts[n++] = whole;
    }
    for (i = 0; i < n; i++)
        canon(&parts[i]);
    return n;
}

static bool part_reaches(const part *p, const char *id)
{
    char domain[32];
    domain_of(id, domain);
    return strcmp(domain, p->domain) == 0 && array_has(p->entities, id);
}

/* Whether every entity of a is also one of b. */
static bool is_within(const part *a, const part *b)
{
    size_t i;
    json_t *id;
    json_array_foreach(a->entities, i, id)
    {
        const char *s = json_is_string(id) ? json_string_value(id) : "";
        if (part_reaches(a, s) && !part_reaches(b, s))
            return false;
    }
    return true;
}

/* The parts that act; a plain turn_on beside a setting of the same entities is part of that setting. */
static size_t acting_parts(const part *all, size_t n, part *out)
{
    size_t n_out = 0;
    for (size_t i = 0; i < n; i++) {
        bool implied = false;
        for (size_t o = 0; o < n && strcmp(all[i].action, "turn_on") == 0; o++)
            implied |= o != i && strncmp(all[o].action, "set_", 4) == 0 && is_within(&all[i], &all[o]);
        if (!is_query(all[i].action) && !implied)
            out[n_out++] = all[i];
    }
    return n_out;
}

static const char *grade_query(const char *want, const json_t *targets, const part *all, size_t n)
{
    bool looked = false, hit = false, reached = json_array_size(targets) == 0;
    if (strcmp(want, "respond") == 0 || strcmp(want, "nevermind") == 0)
        return NULL;
    for (size_t i = 0; i < n; i++) {
        const char *a = all[i].action;
        if (!is_query(a) || strcmp(a, "respond") == 0 || strcmp(a, "nevermind") == 0)
            continue;
        looked = true;
        const bool temperature = strcmp(a, "get_temperature") == 0 || strcmp(a, "get_state") == 0;
        const bool want_temperature = strcmp(want, "get_temperature") == 0 || strcmp(want, "get_state") == 0;
        if (strcmp(a, want) != 0 && !(temperature && want_temperature))
            continue;
        hit = true;
        size_t k;
        json_t *t;
        json_array_foreach(targets, k, t)
        {
            reached |= part_reaches(&all[i], json_string_value(t));
        }
    }
    return !looked ? "did not look anything up" : !hit ? "wrong query" : !reached ? "asked about the wrong entity" : NULL;
}

static bool reached_only(const part *acting, size_t n, const json_t *wanted)
{
    for (size_t i = 0; i < n; i++) {
        size_t k;
        json_t *id;
        json_array_foreach(acting[i].entities, k, id)
        {
            const char *s = json_is_string(id) ? json_string_value(id) : "";
            if (part_reaches(&acting[i], s) && !array_has(wanted, s))
                return false;
        }
    }
    return true;
}

static bool reached_all(const part *acting, size_t n, const json_t *wanted, bool any_will_do)
{
    size_t k, hits = 0;
    json_t *id;
    json_array_foreach(wanted, k, id)
    {
        bool hit = false;
        for (size_t i = 0; i < n; i++)
            hit |= part_reaches(&acting[i], json_string_value(id));
        hits += hit;
    }
    return any_will_do ? hits > 0 : hits == json_array_size(wanted);
}

static double duration_s(const json_t *args)
{
    double h = 0, m = 0, s = 0;
    (void)(as_number(json_object_get(args, "hours"), &h), as_number(json_object_get(args, "minutes"), &m),
           as_number(json_object_get(args, "seconds"), &s));
    return h * 3600 + m * 60 + s;
}

static bool is_time_key(const char *key) { return strcmp(key, "hours") == 0 || strcmp(key, "minutes") == 0 || strcmp(key, "seconds") == 0; }

static const char *grade_slots(const part *acting, size_t n, const json_t *slots, char *text, size_t size)
{
    static const char *const compared[] = {"brightness", "color", "temperature", "position", "percentage", "volume_level", "volume_step",
                                           "item", "message", "search_query", NULL};
    const char *key;
    json_t *want;
    json_t *times = json_object();
    json_object_foreach((json_t *)slots, key, want)
    {
        if (is_time_key(key) && !json_is_array(want))
            json_object_set(times, key, want);
    }
    const double want_s = duration_s(times);
    const bool timed = json_object_size(times) > 0;
    json_decref(times);
    bool right_time = !timed;
    for (size_t i = 0; i < n; i++)
        right_time |= fabs(duration_s(acting[i].args) - want_s) <= 0.02 * fmax(1.0, want_s);
    if (!right_time)
        return "wrong duration";
    json_object_foreach((json_t *)slots, key, want)
    {
        bool found = false, right = true;
        if (is_time_key(key))
            continue;
        for (size_t i = 0; i < n; i++) {
            if (!is_in(key, compared) && !(strcmp(key, "name") == 0 && strstr(acting[i].action, "timer") != NULL))
                continue;
            if (has_arg(&acting[i], key)) {
                found = true;
                right = right && is_any_of(want, json_object_get(acting[i].args, key));
            }
        }
        const bool matters = is_in(key, compared) || (strcmp(key, "name") == 0 && n > 0 && strstr(acting[0].action, "timer") != NULL);
        if (matters && (!found || !right))
            return snprintf(text, size, "%s %s", found ? "wrong" : "missing", key), text;
    }
    return NULL;
}

/* open = position 100, close = position 0, whichever was said. */
static const char *harmonise(const char *want, part *acting, size_t n, json_t *memory)
{
    const bool opens = strcmp(want, "open") == 0 || strcmp(want, "close") == 0;
    bool all_set = n > 0, all_open = n > 0;
    for (size_t i = 0; i < n; i++) {
        all_set &= strcmp(acting[i].action, "set_position") == 0;
        all_open &= strcmp(acting[i].action, "open") == 0 || strcmp(acting[i].action, "close") == 0;
    }
    for (size_t i = 0; i < n && opens && all_set; i++) {
        double pos = -1;
        (void)as_number(json_object_get(acting[i].args, "position"), &pos);
        if (fabs(pos - (strcmp(want, "open") == 0 ? 100 : 0)) <= 2)
            acting[i].action = want;
    }
    for (size_t i = 0; i < n && strcmp(want, "set_position") == 0 && all_open; i++) {
        json_t *args = json_pack("{s:i}", "position", strcmp(acting[i].action, "open") == 0 ? 100 : 0);
        json_array_append_new(memory, args);
        acting[i].args = args;
        acting[i].action = "set_position";
    }
    return want;
}

static const char *grade_action(const char *action, const json_t *targets, const json_t *alts, const json_t *slots, const json_t *answer,
                                char *text, size_t size)
{
    part all[MAX_PARTS], acting[MAX_PARTS];
    const size_t n_all = split(answer, all), n = acting_parts(all, n_all, acting);
    const char *want = same(action);
    if (is_query(want))
        return n > 0 ? "acted on a question" : grade_query(want, targets, all, n_all);
    if (n == 0)
        return "did nothing";
    for (size_t i = 0; i < n; i++)
        if (strcmp(want, "list_remove_item") == 0 && strcmp(acting[i].action, "list_complete_item") == 0)
            acting[i].action = want;
    json_t *memory = json_array();
    const char *why = NULL;
    harmonise(want, acting, n, memory);
    for (size_t i = 0; i < n && why == NULL; i++)
        if (strcmp(acting[i].action, want) != 0)
            why = "wrong action";
    const bool named = json_array_size(targets) > 0;
    if (why == NULL && named && !(reached_only(acting, n, targets) && reached_all(acting, n, targets, false)) &&
        !(json_array_size(alts) > 0 && reached_only(acting, n, alts) && reached_all(acting, n, alts, true)))
        why = "wrong entities";
    if (why == NULL)
        why = grade_slots(acting, n, slots, text, size);
    json_decref(memory);
    return why;
}

static bool lists_close(const json_t *a, const json_t *b)
{
    bool same_items = json_array_size(a) == json_array_size(b);
    for (size_t i = 0; i < json_array_size(a) && same_items; i++)
        same_items = is_close(json_array_get(a, i), json_array_get(b, i));
    return same_items;
}

static const char *grade_entity(const char *id, const json_t *want, const json_t *got, char *text, size_t size)
{
    if (got == NULL)
        return snprintf(text, size, "%s did not change", id), text;
    const json_t *state = json_object_get(want, "state");
    if (state != NULL && !is_close(json_object_get(got, "state"), state))
        return snprintf(text, size, "%s has the wrong state", id), text;
    const json_t *attributes = json_object_get(got, "attributes");
    const char *key;
    json_t *value;
    json_object_foreach(json_object_get(want, "attributes"), key, value)
    {
        const json_t *seen = json_object_get(attributes, key);
        double v;
        if (strcmp(key, "volume_level") == 0 && as_number(value, &v) && v <= 0.02 && json_is_true(json_object_get(attributes, "is_volume_muted")))
            continue;
        const bool right = json_is_array(value) && json_is_array(seen) ? lists_close(seen, value) : is_any_of(value, seen);
        if (!right)
            return snprintf(text, size, "%s has the wrong %s", id, key), text;
    }
    return NULL;
}

static const char *grade_changes(const json_t *line, const json_t *answer, char *text, size_t size)
{
    const json_t *changes = json_object_get(answer, "changes"), *want = json_object_get(line, "expect_changes");
    const json_t *ignore = json_object_get(line, "ignore_changes"), *words = json_object_get(line, "expect_response");
    const char *id, *why = NULL;
    json_t *v;
    json_object_foreach((json_t *)want, id, v)
    {
        if (why == NULL)
            why = grade_entity(id, v, json_object_get(changes, id), text, size);
    }
    if (why != NULL)
        return why;
    json_object_foreach((json_t *)changes, id, v)
    {
        if (json_object_get(want, id) == NULL && json_object_get(ignore, id) == NULL)
            return snprintf(text, size, "also changed %s", id), text;
    }
    const char *reply = json_string_value(json_object_get(answer, "reply"));
    size_t i;
    bool said = json_array_size(words) == 0;
    char buf[256];
    json_array_foreach(words, i, v)
    {
        said |= reply != NULL && strcasestr(reply, as_text(v, buf, sizeof buf)) != NULL;
    }
    return said ? NULL : "wrong answer";
}

static const char *grade_family(const json_t *line, const json_t *answer)
{
    part all[MAX_PARTS];
    size_t n_acting = 0;
    const size_t n = split(answer, all);
    for (size_t i = 0; i < n; i++) {
        if (is_query(all[i].action))
            continue;
        n_acting++;
        size_t k;
        json_t *f;
        bool ok = false;
        json_array_foreach(json_object_get(line, "family"), k, f)
        {
            ok |= json_is_string(f) && strcmp(same(json_string_value(f)), all[i].action) == 0;
        }
        if (!ok)
            return "wrong action";
    }
    return n_acting ? NULL : "did nothing";
}

const char *ht_grade(const json_t *line, const json_t *answer, char *text, size_t text_size)
{
    part all[MAX_PARTS];
    if (json_object_get(line, "expect_changes") != NULL)
        return grade_changes(line, answer, text, text_size);
    if (json_object_get(line, "family") != NULL)
        return grade_family(line, answer);
    if (json_is_true(json_object_get(line, "oos"))) {
        const size_t n = split(answer, all);
        for (size_t i = 0; i < n; i++)
            if (!is_query(all[i].action))
                return "acted on an out-of-scope request";
        return NULL;
    }
    const json_t *expect = json_object_get(line, "expect");
    if (expect == NULL) {
        const char *action = json_string_value(json_object_get(line, "action"));
        return grade_action(action ? action : "", json_object_get(line, "targets"), json_object_get(line, "targets_alt"),
                            json_object_get(line, "slots"), answer, text, text_size);
    }
    const char *difficulty = json_string_value(json_object_get(line, "difficulty"));
    if (difficulty != NULL && strcmp(difficulty, "needs_clarification") == 0 && json_is_true(json_object_get(answer, "asked_back"))) {
        part acting[MAX_PARTS];
        return acting_parts(all, split(answer, all), acting) > 0 ? "asked back and acted" : NULL;
    }
    const char *action = json_string_value(json_object_get(expect, "action"));
    json_t *slots = json_object();
    static const char *const keys[] = {"brightness", "temperature"};
    for (size_t i = 0; i < 2; i++)
        if (json_object_get(expect, keys[i]) != NULL)
            json_object_set(slots, keys[i], json_object_get(expect, keys[i]));
    if (action != NULL && strcmp(action, "set_temperature") == 0 && json_object_get(expect, "value") != NULL)
        json_object_set(slots, "temperature", json_object_get(expect, "value"));
    const char *why = grade_action(action ? action : "", json_object_get(expect, "targets"), json_object_get(expect, "targets_alt"), slots,
                                   answer, text, text_size);
    json_decref(slots);
    return why;
}
