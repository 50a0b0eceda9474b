#include "assist/prompt.h"

#include <stdlib.h>
#include <time.h>

/* Names come from files and devices: a line break or a special token's text in one must not become structure. */
static void add_name(ht_buf *out, ht_str name)
{
    for (size_t i = 0; i < name.len; i++) {
        const char c = name.ptr[i];
        const bool special = c == '<' && i + 1 < name.len && (name.ptr[i + 1] == '|' || name.ptr[i + 1] == 't' || name.ptr[i + 1] == '/');
        ht_buf_add_char(out, (unsigned char)c < 0x20 || special ? ' ' : c);
    }
}

static void add_state(const ht_entity *e, ht_buf *out)
{
    double v;
    add_name(out, e->state ? ht_str_from(e->state) : HT_STR("?"));
    if (ht_str_is(e->domain, "light") && e->state && strcmp(e->state, "on") == 0 && ht_entity_number(e, "brightness", &v))
        ht_buf_addf(out, " %.0f%%", v * 100 / 255);
    else if ((ht_str_is(e->domain, "cover") || ht_str_is(e->domain, "valve")) && ht_entity_number(e, "current_position", &v))
        ht_buf_addf(out, " %.0f%%", v);
    else if (ht_str_is(e->domain, "fan") && ht_entity_number(e, "percentage", &v))
        ht_buf_addf(out, " %.0f%%", v);
    else if (ht_str_is(e->domain, "media_player") && ht_entity_number(e, "volume_level", &v))
        ht_buf_addf(out, " %.0f%%", v <= 1 ? v * 100 : v);
    else if (ht_str_is(e->domain, "climate")) {
        if (ht_entity_number(e, "temperature", &v))
            ht_buf_addf(out, " %g", v);
        if (ht_entity_number(e, "current_temperature", &v))
            ht_buf_addf(out, " now %g", v);
    } else if (ht_str_is(e->domain, "sensor")) {
        const char *unit = ht_entity_unit(e);
        if (unit != NULL && unit[0] != '\0') {
            ht_buf_add_char(out, ' ');
            add_name(out, ht_str_from(unit));
        }
    }
}

static void add_aliases(const ht_str *aliases, size_t n, ht_buf *out)
{
    for (size_t i = 0; i < n; i++) {
        ht_buf_add_c(out, i == 0 ? " (" : ", ");
        add_name(out, aliases[i]);
    }
    if (n > 0)
        ht_buf_add_char(out, ')');
}

static void add_entity_line(const ht_home *h, const ht_entity *e, ht_buf *out)
{
    add_name(out, e->name);
    add_aliases(e->aliases, e->n_aliases, out);
    ht_buf_add_c(out, " = ");
    ht_buf_add_str(out, e->domain);
    const ht_str kind = ht_entity_class(e);
    if (kind.len > 0) {
        ht_buf_add_char(out, ' ');
        add_name(out, kind);
    }
    if (e->area >= 0) {
        ht_buf_add_c(out, ", ");
        add_name(out, ht_home_area_at(h, (size_t)e->area)->name);
    }
    ht_buf_add_c(out, ", ");
    add_state(e, out);
    ht_buf_add_char(out, '\n');
}

static void add_places(const ht_home *h, const ht_selection *sel, int here, ht_buf *out)
{
    if (here >= 0) {
        ht_buf_add_c(out, "here ");
        add_name(out, ht_home_area_at(h, (size_t)here)->name);
        ht_buf_add_char(out, '\n');
    }
    for (size_t i = 0; i < ht_home_floor_count(h); i++) {
        const ht_floor *f = ht_home_floor_at(h, i);
        ht_buf_add_c(out, i == 0 ? "floors " : ", ");
        add_name(out, f->name);
        add_aliases(f->aliases, f->n_aliases, out);
    }
    if (ht_home_floor_count(h) > 0)
        ht_buf_add_char(out, '\n');
    for (size_t i = 0; i < sel->n_areas; i++) {
        const ht_area *a = ht_home_area_at(h, (size_t)sel->areas[i]);
        ht_buf_add_c(out, i == 0 ? "areas " : ", ");
        add_name(out, a->name);
        add_aliases(a->aliases, a->n_aliases, out);
        if (a->floor >= 0) {
            ht_buf_add_c(out, " @ ");
            add_name(out, ht_home_floor_at(h, (size_t)a->floor)->name);
        }
    }
    if (sel->n_areas > 0)
        ht_buf_add_char(out, '\n');
}

static void add_timers_and_lists(const ht_home *h, ht_buf *out)
{
    for (size_t i = 0; i < ht_home_timer_count(h); i++) {
        const ht_timer *t = ht_home_timer_at(h, i);
        ht_buf_add_c(out, i == 0 ? "timers " : ", ");
        if (t->name != NULL) {
            add_name(out, ht_str_from(t->name));
            ht_buf_add_char(out, ' ');
        }
        if (t->area >= 0) {
            ht_buf_add_c(out, "@ ");
            add_name(out, ht_home_area_at(h, (size_t)t->area)->name);
            ht_buf_add_char(out, ' ');
        }
        ht_buf_addf(out, "%lld:%02lld%s", (long long)(t->total_s / 60), (long long)(t->total_s % 60), t->is_paused ? " paused" : "");
    }
    if (ht_home_timer_count(h) > 0)
        ht_buf_add_char(out, '\n');
    for (size_t i = 0; i < ht_home_list_count(h); i++) {
        ht_buf_add_c(out, i == 0 ? "lists " : ", ");
        add_name(out, ht_str_from(ht_home_list_at(h, i)->name));
    }
    if (ht_home_list_count(h) > 0)
        ht_buf_add_char(out, '\n');
}

void ht_prompt_system(const ht_home *h, const ht_selection *sel, int here, int64_t now_unix_s, ht_buf *out)
{
    static const char *const days[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    const time_t t = (time_t)now_unix_s;
    struct tm local;
    localtime_r(&t, &local);
    ht_buf_addf(out, "<|im_start|>system\nnow %s %02d:%02d\n", days[local.tm_wday], local.tm_hour, local.tm_min);
    add_places(h, sel, here, out);
    for (size_t i = 0; i < sel->n_entities; i++)
        add_entity_line(h, ht_home_entity_at(h, (size_t)sel->entities[i]), out);
    add_timers_and_lists(h, out);
    ht_buf_add_c(out, "<|im_end|>\n");
}

void ht_prompt_turn(const char *role, ht_str text, ht_buf *out)
{
    ht_buf_addf(out, "<|im_start|>%s\n", role);
    add_name(out, text);
    ht_buf_add_c(out, "<|im_end|>\n");
}

void ht_prompt_calls(const json_t *calls, ht_buf *out)
{
    size_t i;
    json_t *call;
    json_array_foreach(calls, i, call)
    {
        char *text = json_dumps(call, JSON_PRESERVE_ORDER | JSON_ENCODE_ANY | JSON_REAL_PRECISION(9));
        if (text == NULL) {
            out->failed = true;
            return;
        }
        ht_buf_add_c(out, "<tool_call>");
        add_name(out, ht_str_from(text)); /* a client's history may hold anything */
        ht_buf_add_c(out, "</tool_call>");
        free(text);
    }
}

static void add_unique(ht_str *list, size_t *n, ht_str s)
{
    for (size_t i = 0; i < *n; i++)
        if (ht_str_eq(list[i], s))
            return;
    if (s.len > 0)
        list[(*n)++] = s;
}

ht_status ht_prompt_scope(const ht_home *h, const ht_selection *sel, ht_arena *mem, ht_tool_scope *out)
{
    size_t n_names = 0, n_areas = 0, n_floors = 0;
    for (size_t i = 0; i < sel->n_entities; i++)
        n_names += 1 + ht_home_entity_at(h, (size_t)sel->entities[i])->n_aliases;
    for (size_t i = 0; i < sel->n_areas; i++)
        n_areas += 1 + ht_home_area_at(h, (size_t)sel->areas[i])->n_aliases;
    for (size_t i = 0; i < ht_home_floor_count(h); i++)
        n_floors += 1 + ht_home_floor_at(h, i)->n_aliases;
    ht_str *names = ht_arena_array(mem, n_names, sizeof *names), *areas = ht_arena_array(mem, n_areas, sizeof *areas);
    ht_str *floors = ht_arena_array(mem, n_floors, sizeof *floors);
    ht_str *lists = ht_arena_array(mem, ht_home_list_count(h), sizeof *lists);
    ht_str *timers = ht_arena_array(mem, ht_home_timer_count(h), sizeof *timers);
    if (names == NULL || areas == NULL || floors == NULL || lists == NULL || timers == NULL)
        return HT_NO_MEMORY;
    *out = (ht_tool_scope){.names = names, .areas = areas, .floors = floors, .lists = lists, .timers = timers};
    for (size_t i = 0; i < sel->n_entities; i++) {
        const ht_entity *e = ht_home_entity_at(h, (size_t)sel->entities[i]);
        add_unique(names, &out->n_names, e->name);
        for (size_t k = 0; k < e->n_aliases; k++)
            add_unique(names, &out->n_names, e->aliases[k]);
    }
    for (size_t i = 0; i < sel->n_areas; i++) {
        const ht_area *a = ht_home_area_at(h, (size_t)sel->areas[i]);
        add_unique(areas, &out->n_areas, a->name);
        for (size_t k = 0; k < a->n_aliases; k++)
            add_unique(areas, &out->n_areas, a->aliases[k]);
    }
    for (size_t i = 0; i < ht_home_floor_count(h); i++) {
        const ht_floor *f = ht_home_floor_at(h, i);
        add_unique(floors, &out->n_floors, f->name);
        for (size_t k = 0; k < f->n_aliases; k++)
            add_unique(floors, &out->n_floors, f->aliases[k]);
    }
    for (size_t i = 0; i < ht_home_list_count(h); i++)
        add_unique(lists, &out->n_lists, ht_str_from(ht_home_list_at(h, i)->name));
    for (size_t i = 0; i < ht_home_timer_count(h); i++)
        if (ht_home_timer_at(h, i)->name != NULL)
            add_unique(timers, &out->n_timers, ht_str_from(ht_home_timer_at(h, i)->name));
    return HT_OK;
}
