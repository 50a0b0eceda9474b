/* Whether a made request is one that can be learnt: everything its calls name is in the prompt, and they end as they should. */
#include "assist/execute.h"
#include "homegen/gen.h"

static bool among(const ht_str *list, size_t n, ht_str s)
{
    for (size_t i = 0; i < n; i++)
        if (ht_str_eq(list[i], s))
            return true;
    return false;
}

static bool is_shown(const ht_tool_scope *scope, const json_t *call)
{
    const ht_tool *tool = ht_tool_find(ht_str_from(json_string_value(json_object_get(call, "name"))));
    const json_t *args = json_object_get(call, "arguments");
    ht_slot slot;
    for (size_t i = 0; tool != NULL && ht_tool_slot(tool, i, &slot); i++) {
        const json_t *v = json_object_getn(args, slot.name.ptr, slot.name.len);
        if (!json_is_string(v))
            continue;
        const ht_str s = {json_string_value(v), json_string_length(v)};
        if ((slot.kind == HT_SLOT_ENTITY && !among(scope->names, scope->n_names, s)) || (slot.kind == HT_SLOT_AREA && !among(scope->areas, scope->n_areas, s)) ||
            (slot.kind == HT_SLOT_FLOOR && !among(scope->floors, scope->n_floors, s)) || (slot.kind == HT_SLOT_LIST && !among(scope->lists, scope->n_lists, s)) ||
            (slot.kind == HT_SLOT_TIMER && !among(scope->timers, scope->n_timers, s)))
            return false;
    }
    return true;
}

static void noted(void *ctx, const ht_home *h, int entity)
{
    (void)h, (void)entity;
    *(bool *)ctx = true;
}

/* A lamp without colours, a player that is away: the call was right, the home says no. */
static bool is_excused(const ht_gen *x, const ht_result *r)
{
    if (r->outcome != HT_NOT_ABLE)
        return false;
    for (size_t i = 0; i < ht_home_entity_count(x->w->home); i++) {
        const ht_entity *e = ht_home_entity_at(x->w->home, i);
        if (e->supports != NULL || (e->state != NULL && strcmp(e->state, "unavailable") == 0))
            return true;
    }
    return false;
}

static bool ends_well(const ht_gen *x, const ht_wish *w, const ht_tool *tool, const ht_result *r)
{
    if (strcmp(tool->name, "HearthAsk") == 0)
        return r->outcome == HT_ASKED;
    if (strcmp(tool->name, "HearthRefuse") == 0)
        return r->outcome == HT_REFUSED;
    if (r->outcome == HT_DONE)
        return true;
    return is_excused(x, r) || (w->may_miss && (r->outcome == HT_AMBIGUOUS || r->outcome == HT_NO_TARGET));
}

ht_check ht_wish_check(ht_gen *x, const ht_wish *w, const ht_selection *sel, bool *has_changed)
{
    ht_tool_scope scope;
    const ht_context cx = {.area = x->w->here, .now_unix_s = x->w->now_s};
    *has_changed = false;
    if (w->calls == NULL)
        return w->answer.len > 0 ? HT_CHECK_OK : HT_CHECK_FAILED;
    if (ht_prompt_scope(x->w->home, sel, &x->mem, &scope) != HT_OK)
        return HT_CHECK_FAILED;
    for (size_t i = 0; i < json_array_size(w->calls); i++) /* before any is carried out: names of timers and items go away */
        if (!is_shown(&scope, json_array_get(w->calls, i)))
            return HT_CHECK_NOT_SHOWN;
    ht_home_watch(x->w->home, noted, has_changed);
    ht_check check = HT_CHECK_OK;
    for (size_t i = 0; i < json_array_size(w->calls) && check == HT_CHECK_OK; i++) {
        const json_t *call = json_array_get(w->calls, i);
        const ht_tool *tool = ht_tool_find(ht_str_from(json_string_value(json_object_get(call, "name"))));
        ht_result r;
        if (tool == NULL || ht_execute(x->w->home, &cx, call, &r, NULL) != HT_OK)
            check = HT_CHECK_FAILED;
        else {
            if (!ends_well(x, w, tool, &r))
                check = HT_CHECK_FAILED;
            ht_result_deinit(&r);
        }
    }
    ht_home_watch(x->w->home, NULL, NULL);
    return check;
}
