/* Reads answers of `hearth ask --json` or `--batch` from stdin, a line each, and checks every tool call against the assistant's
 * own schemas, and every name in it against the homes of a file: check_calls HOMES.json (none: the demo home).
 * A call is printed if it breaks something; exit code 1 then, or if there was no call at all. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "assist/tools.h"
#include "home/home.h"

enum { MAX_HOMES = 16 };

typedef struct {
    ht_home *homes[MAX_HOMES];
    size_t n;
} world;

static bool names_entity(const ht_home *h, ht_str name)
{
    for (size_t i = 0; i < ht_home_entity_count(h); i++) {
        const ht_entity *e = ht_home_entity_at(h, i);
        bool hit = ht_str_eq(e->name, name);
        for (size_t k = 0; k < e->n_aliases; k++)
            hit |= ht_str_eq(e->aliases[k], name);
        if (hit)
            return true;
    }
    return false;
}

/* Whether a home has what the slot names. Lists and timers come with the request: they are not looked up. */
static bool is_known(const world *w, ht_slot_kind kind, ht_str name)
{
    bool known = kind != HT_SLOT_ENTITY && kind != HT_SLOT_AREA && kind != HT_SLOT_FLOOR;
    for (size_t i = 0; i < w->n && !known; i++)
        known = kind == HT_SLOT_ENTITY ? names_entity(w->homes[i], name)
                : kind == HT_SLOT_AREA ? ht_home_find_area(w->homes[i], name) >= 0
                                       : ht_home_find_floor(w->homes[i], name) >= 0;
    return known;
}

/* NULL = right. */
static const char *fault(const world *w, const json_t *call, ht_error *err)
{
    const json_t *name = json_object_get(call, "name"), *arguments = json_object_get(call, "arguments");
    const ht_tool *t = ht_tool_find((ht_str){json_string_value(name), json_string_length(name)});
    if (t == NULL)
        return "there is no such tool";
    if (ht_tool_check(t, arguments, err) != HT_OK)
        return err->text;
    ht_slot slot;
    for (size_t i = 0; ht_tool_slot(t, i, &slot); i++) {
        const json_t *v = json_object_getn(arguments, slot.name.ptr, slot.name.len);
        if (json_is_string(v) && !is_known(w, slot.kind, (ht_str){json_string_value(v), json_string_length(v)}))
            return "names what the home has not";
    }
    return NULL;
}

static ht_status open_homes(const char *path, world *w, ht_error *err)
{
    if (path == NULL)
        return ht_home_load_demo(&w->homes[w->n++], err);
    json_t *file = json_load_file(path, 0, NULL), *home;
    const char *id;
    ht_status st = file ? HT_OK : ht_fail(err, HT_BAD_FORMAT, -1, "%s: cannot read", path);
    json_object_foreach(json_object_get(file, "homes"), id, home)
    {
        if (st == HT_OK && w->n < MAX_HOMES)
            st = ht_home_from_json(home, &w->homes[w->n++], err);
    }
    json_decref(file);
    return st;
}

int main(int argc, char **argv)
{
    static char line[1 << 20];
    world w = {0};
    ht_error err = {0};
    int n_calls = 0, n_bad = 0;
    if (open_homes(argc > 1 ? argv[1] : NULL, &w, &err) != HT_OK)
        return fprintf(stderr, "%s\n", err.text), 1;
    while (fgets(line, sizeof line, stdin) != NULL) {
        json_t *answer = json_loads(line, 0, NULL), *calls = json_object_get(answer, "calls"), *call;
        size_t i;
        n_bad += !json_is_array(calls);
        json_array_foreach(calls, i, call)
        {
            const char *why = fault(&w, call, &err);
            n_calls++;
            if (why != NULL) {
                char *text = json_dumps(call, 0);
                printf("%s: %s\n", text ? text : "?", why);
                free(text);
                n_bad++;
            }
        }
        json_decref(answer);
    }
    for (size_t i = 0; i < w.n; i++)
        ht_home_free(w.homes[i]);
    printf("%d calls, %d bad\n", n_calls, n_bad);
    return n_calls == 0 || n_bad > 0;
}
