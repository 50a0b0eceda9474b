/* Several commands in one sentence, and one verb over two rooms. */
#include "homegen/gen.h"

/* The text of one of several commands, in the tree's memory, marks and all. */
static bool part(ht_gen *x, ht_wish_fn *make, ht_wish *all, ht_style wanted, ht_str *text)
{
    ht_wish one = {0};
    bool done = false;
    for (int tries = 0; tries < 8 && !done; tries++) {
        done = make(x, &one) && one.style == wanted && one.calls != NULL;
        if (done) {
            *text = ht_arena_copy(&x->mem, ht_buf_str(&one.text));
            if (all->calls == NULL)
                all->calls = json_array();
            json_array_extend(all->calls, one.calls);
            all->may_miss |= one.may_miss;
        }
        ht_wish_deinit(&one);
    }
    return done;
}

static ht_wish_fn *random_command(ht_gen *x)
{
    static ht_wish_fn *const makers[] = {ht_wish_device, ht_wish_device, ht_wish_device, ht_wish_device, ht_wish_place, ht_wish_media,
                                         ht_wish_timer, ht_wish_list, ht_wish_job, ht_wish_clean};
    return makers[ht_rng_below(x->rng, sizeof makers / sizeof makers[0])];
}

/* The key that says the area just set, with the article it takes. */
static const char *place_key(const ht_gen *x)
{
    const int rule = x->vars.of[HT_VAR_the_area].rule;
    return rule < 0 ? "" : ht_gram_key(x->lang->g, (size_t)rule).ptr; /* kept with its NUL */
}

/* "The lights in the kitchen and the hall": optional key list.two_areas. */
static bool two_areas(ht_gen *x, ht_wish *w)
{
    ht_wish_start(x, w, "many_areas");
    const int rule = ht_gram_findf(x->lang->g, "list.two_areas");
    const ht_act *act = ht_act_at(ht_rng_below(x->rng, (uint32_t)ht_act_count()));
    const int entity = ht_gen_entity(x, act->kinds);
    if (rule < 0 || entity < 0 || !(act->schemes & 1u << HT_SCHEME_LIST))
        return false;
    const int thing = x->w->thing[entity], first = ht_home_entity_at(x->w->home, (size_t)entity)->area;
    const int second = (int)ht_rng_below(x->rng, (uint32_t)ht_home_area_count(x->w->home) + 1) - 1;
    if (first < 0 || second < 0 || first == second || strncmp(ht_thing_at((size_t)thing)->key, "job.", 4) == 0 ||
        ht_gen_count(x, thing, second) == 0)
        return false;
    const int areas[] = {first, second};
    for (int i = 0; i < 2; i++) {
        if ((w->target.slots[i] = ht_gen_place_slots(x, thing, areas[i], -1)) == NULL)
            return false;
        w->target.n++;
        ht_gen_set(x, i == 0 ? HT_VAR_a : HT_VAR_b, ht_gen_word(x, place_key(x)));
    }
    w->target.thing = thing;
    w->target.is_many = true;
    ht_gen_kind(x, thing);
    ht_gen_set_rule(x, HT_VAR_target, rule);
    ht_gen_set_rule(x, HT_VAR_bare, rule);
    json_t *args = json_object();
    const bool ok = ht_value_make(x, act->value, -1, args) && ht_gen_say(x, w, 1u << HT_STYLE_DO, act->key, ht_thing_at((size_t)thing)->key, NULL) &&
                    !ht_target_conflicts(x, &w->target, ht_buf_str(&w->text));
    if (ok)
        ht_act_calls(act, &w->target, args, w);
    json_decref(args);
    return ok;
}

bool ht_wish_many(ht_gen *x, ht_wish *w)
{
    if (ht_rng_chance(x->rng, 0.25f))
        return two_areas(x, w);
    ht_wish all = {0};
    ht_str texts[3] = {{NULL, 0}, {NULL, 0}, {NULL, 0}};
    const float kind = ht_rng_float(x->rng);
    const int n = kind < 0.7f ? 2 : kind < 0.85f ? 3 : 1;
    bool ok = true;
    for (int i = 0; i < n && ok; i++)
        ok = part(x, random_command(x), &all, HT_STYLE_DO, &texts[i]);
    if (ok && n == 1)
        ok = part(x, ht_wish_query, &all, HT_STYLE_ASK, &texts[1]);
    ht_wish_start(x, w, "many");
    w->calls = all.calls;
    w->may_miss = all.may_miss;
    w->style = HT_STYLE_DO;
    static const ht_var vars[] = {HT_VAR_x, HT_VAR_y, HT_VAR_z};
    for (int i = 0; i < 3; i++)
        if (texts[i].ptr != NULL)
            ht_gen_set(x, vars[i], texts[i]);
    ok = ok && ht_gram_expand(x->lang->g, x->rng, ht_gram_findf(x->lang->g, n == 1 ? "join.question" : n == 2 ? "join.two" : "join.three"), &x->vars, &w->text);
    ht_gram_tidy(&w->text);
    return ok;
}
