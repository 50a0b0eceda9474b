#include "homegen/homegen.h"

#include <stdlib.h>

#include "homegen/gen.h"

enum { MIN_BRANCHES = 4, MAX_BRANCHES = 8, TURNS = 3 };

struct ht_homegen {
    ht_lang en, zh;
    unsigned langs;
    uint64_t *excluded; /* hashes of normalised texts, sorted once `is_sorted` */
    size_t n_excluded, cap_excluded;
};

/* --- contamination guard --- */

/* FNV-1a over the letters: no ASCII blanks, punctuation or case, no wide punctuation. */
static uint64_t text_hash(ht_str s)
{
    uint64_t h = 1469598103934665603u;
    for (size_t i = 0; i < s.len; i++) {
        const unsigned char c = (unsigned char)s.ptr[i];
        if (i + 2 < s.len && ((c == 0xe3 && (unsigned char)s.ptr[i + 1] == 0x80) || (c == 0xef && (unsigned char)s.ptr[i + 1] == 0xbc))) {
            i += 2;
            continue;
        }
        const bool letter = c >= 0x80 || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (letter)
            h = (h ^ (c >= 'A' && c <= 'Z' ? c + 32u : c)) * 1099511628211u;
    }
    return h;
}

ht_status ht_homegen_exclude(ht_homegen *g, ht_str text, ht_error *err)
{
    if (g->n_excluded == g->cap_excluded) {
        const size_t cap = g->cap_excluded ? 2 * g->cap_excluded : 1024;
        uint64_t *more = realloc(g->excluded, cap * sizeof *more);
        if (more == NULL)
            return ht_fail(err, HT_NO_MEMORY, -1, "excluded texts");
        g->excluded = more;
        g->cap_excluded = cap;
    }
    size_t at = g->n_excluded++;
    const uint64_t h = text_hash(text);
    for (; at > 0 && g->excluded[at - 1] > h; at--)
        g->excluded[at] = g->excluded[at - 1];
    g->excluded[at] = h;
    return HT_OK;
}

static bool is_excluded(const ht_homegen *g, ht_str text)
{
    const uint64_t h = text_hash(text);
    size_t lo = 0, hi = g->n_excluded;
    while (lo < hi) {
        const size_t mid = lo + (hi - lo) / 2;
        if (g->excluded[mid] == h)
            return true;
        if (g->excluded[mid] < h)
            lo = mid + 1;
        else
            hi = mid;
    }
    return false;
}

/* --- opening --- */

ht_status ht_homegen_open(const char *dir, unsigned langs, ht_homegen **out, ht_error *err)
{
    *out = NULL;
    ht_homegen *g = calloc(1, sizeof *g);
    if (g == NULL)
        return ht_fail(err, HT_NO_MEMORY, -1, "%s", dir);
    g->langs = langs;
    ht_status st = HT_OK;
    if (langs & HT_HOMEGEN_EN)
        st = ht_lang_open(dir, false, &g->en, err);
    if (st == HT_OK && langs & HT_HOMEGEN_ZH)
        st = ht_lang_open(dir, true, &g->zh, err);
    if (st != HT_OK) {
        ht_homegen_close(g);
        return st;
    }
    *out = g;
    return HT_OK;
}

void ht_homegen_close(ht_homegen *g)
{
    if (g == NULL)
        return;
    ht_lang_close(&g->en);
    ht_lang_close(&g->zh);
    free(g->excluded);
    free(g);
}

size_t ht_homegen_missing(const ht_homegen *g, ht_buf *out)
{
    size_t n = 0;
    const ht_lang *const langs[] = {&g->en, &g->zh};
    for (int i = 0; i < 2; i++)
        if (langs[i]->g != NULL) {
            ht_buf_addf(out, "%s\n", i ? "zh" : "en");
            n += ht_lang_missing(langs[i], out);
        }
    return n;
}

void ht_homegen_stats_add(ht_homegen_stats *to, const ht_homegen_stats *from)
{
    for (size_t i = 0; i < HT_HOMEGEN_ACTS && from->acts[i].act != NULL; i++) {
        size_t k = 0;
        while (k + 1 < HT_HOMEGEN_ACTS && to->acts[k].act != NULL && strcmp(to->acts[k].act, from->acts[i].act) != 0)
            k++;
        to->acts[k].act = from->acts[i].act;
        to->acts[k].made[0] += from->acts[i].made[0];
        to->acts[k].made[1] += from->acts[i].made[1];
        to->acts[k].not_shown += from->acts[i].not_shown;
        to->acts[k].failed += from->acts[i].failed;
    }
    to->excluded += from->excluded;
    to->calls += from->calls;
    to->turns += from->turns;
}

static void count(ht_homegen_stats *s, const char *act, bool is_zh, ht_check check)
{
    ht_homegen_stats one = {.acts = {{.act = act}}};
    if (s == NULL)
        return;
    one.acts[0].made[is_zh] = check == HT_CHECK_OK;
    one.acts[0].not_shown = check == HT_CHECK_NOT_SHOWN;
    one.acts[0].failed = check == HT_CHECK_FAILED;
    one.turns = check == HT_CHECK_OK;
    ht_homegen_stats_add(s, &one);
}

/* --- trees --- */

typedef struct {
    ht_wish turns[TURNS];
    size_t n;
    ht_selection sel;
} branch;

static ht_wish_fn *random_sort(ht_rng *rng)
{
    static const struct {
        ht_wish_fn *make;
        float share;
    } sorts[] = {{ht_wish_device, 34}, {ht_wish_place, 5}, {ht_wish_media, 6}, {ht_wish_clean, 4}, {ht_wish_job, 2.5f}, {ht_wish_timer, 9},
                 {ht_wish_delay, 3}, {ht_wish_alarm, 1.5f}, {ht_wish_list, 5.5f}, {ht_wish_say_all, 1.5f}, {ht_wish_query, 7}, {ht_wish_query_place, 3.5f},
                 {ht_wish_query_sensor, 4}, {ht_wish_query_other, 4}, {ht_wish_refuse, 9}, {ht_wish_ask_back, 6}, {ht_wish_beyond, 7.5f},
                 {ht_wish_chat, 4}, {ht_wish_unclear, 1}, {ht_wish_many, 6}};
    enum { N = sizeof sorts / sizeof sorts[0] };
    float total = 0;
    for (size_t i = 0; i < N; i++)
        total += sorts[i].share;
    float at = ht_rng_float(rng) * total;
    size_t i = 0;
    while (i + 1 < N && (at -= sorts[i].share) >= 0)
        i++;
    return sorts[i].make;
}

/* Retrieval as the assistant does it: the request, then what was said before. */
static void select_for(ht_gen *x, const branch *b, ht_selection *sel)
{
    ht_buf text = {0};
    for (size_t i = b->n; i-- > 0;) {
        ht_buf_add_str(&text, ht_buf_str(&b->turns[i].text));
        ht_buf_add_char(&text, ' ');
    }
    ht_select(x->w->home, ht_buf_str(&text), x->w->here, sel);
    ht_buf_deinit(&text);
}

static void branch_deinit(branch *b)
{
    for (size_t i = 0; i < TURNS; i++)
        ht_wish_deinit(&b->turns[i]);
    b->n = 0;
}

/* Finishes and checks the turn just made; it stays in the branch only if it is sound. */
static bool accept(const ht_homegen *g, ht_gen *x, branch *b, bool made, bool *has_changed, ht_homegen_stats *stats)
{
    ht_wish *w = &b->turns[b->n];
    ht_selection sel;
    if (!made) {
        ht_wish_deinit(w);
        return false;
    }
    ht_wish_finish(x, w, false);
    b->n++;
    bool changed = false;
    select_for(x, b, &sel);
    ht_check check = w->text.len == 0 || w->text.failed ? HT_CHECK_FAILED : ht_wish_check(x, w, &sel, &changed);
    *has_changed |= changed;
    if (check == HT_CHECK_OK && is_excluded(g, ht_buf_str(&w->text))) {
        if (stats != NULL)
            stats->excluded++;
        b->n--;
        ht_wish_deinit(w);
        return false;
    }
    count(stats, w->act, x->lang->is_zh, check);
    if (check != HT_CHECK_OK) {
        b->n--;
        ht_wish_deinit(w);
        return false;
    }
    ht_selection_merge(&b->sel, &sel);
    return true;
}

static bool make_branch(const ht_homegen *g, ht_gen *x, branch *b, ht_homegen_stats *stats, ht_error *err, ht_status *st)
{
    bool changed = false;
    *b = (branch){.n = 0};
    bool ok = accept(g, x, b, random_sort(x->rng)(x, &b->turns[0]), &changed, stats);
    const bool follows = ok && ht_rng_chance(x->rng, 0.22f);
    for (int tries = 0; follows && tries < 5 && b->n < 2; tries++)
        accept(g, x, b, ht_wish_follow(x, &b->turns[0], &b->turns[1]), &changed, stats);
    if (changed)
        *st = ht_world_restore(x->w, err);
    if (!ok)
        branch_deinit(b);
    return ok && *st == HT_OK;
}

static void shuffle(ht_rng *rng, int *list, size_t n)
{
    for (size_t i = n; i > 1; i--) {
        const size_t k = ht_rng_below(rng, (uint32_t)i);
        const int t = list[i - 1];
        list[i - 1] = list[k];
        list[k] = t;
    }
}

static void add_span(json_t *spans, ht_buf *text, int loss)
{
    json_array_append_new(spans, json_pack("[o, i]", json_stringn(text->ptr ? text->ptr : "", text->len), loss));
    ht_buf_clear(text);
}

static json_t *branch_json(const branch *b)
{
    json_t *spans = json_array();
    ht_buf text = {0};
    for (size_t i = 0; i < b->n; i++) {
        ht_prompt_turn("user", ht_buf_str(&b->turns[i].text), &text);
        ht_buf_add_c(&text, "<|im_start|>assistant\n");
        add_span(spans, &text, 0);
        if (b->turns[i].calls != NULL)
            ht_prompt_calls(b->turns[i].calls, &text);
        else
            ht_buf_add_str(&text, ht_buf_str(&b->turns[i].answer));
        ht_buf_add_c(&text, "<|im_end|>\n");
        add_span(spans, &text, 1);
    }
    ht_buf_deinit(&text);
    return spans;
}

static void show_branch(const branch *b, ht_buf *out)
{
    for (size_t i = 0; i < b->n; i++) {
        ht_buf_addf(out, "%s %-16s %.*s\n      => ", i ? "  ..." : "   * ", b->turns[i].act, HT_STR_ARG(b->turns[i].text));
        if (b->turns[i].calls == NULL)
            ht_buf_addf(out, "\"%.*s\"", HT_STR_ARG(b->turns[i].answer));
        for (size_t k = 0; k < json_array_size(b->turns[i].calls); k++) {
            const json_t *call = json_array_get(b->turns[i].calls, k);
            char *args = json_dumps(json_object_get(call, "arguments"), JSON_PRESERVE_ORDER);
            ht_buf_addf(out, "%s %s  ", json_string_value(json_object_get(call, "name")), args ? args : "");
            free(args);
        }
        ht_buf_add_char(out, '\n');
    }
}

static void write_tree(ht_gen *x, branch *list, size_t n, bool show, ht_buf *out)
{
    ht_selection sel = {0};
    for (size_t i = 0; i < n; i++)
        ht_selection_merge(&sel, &list[i].sel);
    if (ht_rng_chance(x->rng, 0.5f)) {
        shuffle(x->rng, sel.entities, sel.n_entities);
        shuffle(x->rng, sel.areas, sel.n_areas);
    }
    ht_buf prefix = {0};
    ht_prompt_system(x->w->home, &sel, x->w->here, x->w->now_s, &prefix);
    if (show) {
        ht_buf_add_str(out, ht_buf_str(&prefix));
        for (size_t i = 0; i < n; i++)
            show_branch(&list[i], out);
        ht_buf_add_char(out, '\n');
    } else {
        json_t *branches = json_array();
        for (size_t i = 0; i < n; i++)
            json_array_append_new(branches, branch_json(&list[i]));
        json_t *tree = json_pack("{s:s%, s:o}", "prefix", prefix.ptr, prefix.len, "branches", branches);
        char *line = json_dumps(tree, JSON_PRESERVE_ORDER | JSON_COMPACT);
        if (line != NULL)
            ht_buf_addf(out, "%s\n", line);
        out->failed |= line == NULL;
        free(line);
        json_decref(tree);
    }
    ht_buf_deinit(&prefix);
}

/* Whether what branch b needs still fits the beginning that the tree's branches share. */
static bool fits(const branch *list, size_t n, const branch *b)
{
    ht_selection sel = {0};
    for (size_t i = 0; i < n; i++)
        ht_selection_merge(&sel, &list[i].sel);
    const ht_selection before = sel;
    ht_selection_merge(&sel, &b->sel);
    for (size_t i = 0; i < b->sel.n_entities; i++) {
        bool in = false;
        for (size_t k = 0; k < sel.n_entities; k++)
            in |= sel.entities[k] == b->sel.entities[i];
        if (!in)
            return false;
    }
    for (size_t i = 0; i < b->sel.n_areas; i++) {
        bool in = false;
        for (size_t k = 0; k < sel.n_areas; k++)
            in |= sel.areas[k] == b->sel.areas[i];
        if (!in)
            return false;
    }
    return before.n_entities <= sel.n_entities;
}

ht_status ht_homegen_tree(const ht_homegen *g, uint64_t seed, uint64_t index, bool show, ht_buf *out, unsigned *n_requests,
                          ht_homegen_stats *stats, ht_error *err)
{
    ht_rng rng;
    ht_world world;
    branch list[MAX_BRANCHES];
    size_t n = 0;
    ht_rng_seed(&rng, seed * 0x9e3779b97f4a7c15u + index);
    const bool is_zh = g->langs == HT_HOMEGEN_ZH || (g->langs == (HT_HOMEGEN_EN | HT_HOMEGEN_ZH) && ht_rng_chance(&rng, 0.5f));
    const ht_lang *lang = is_zh ? &g->zh : &g->en, *other = is_zh ? &g->en : &g->zh;
    const bool foreign = other->g != NULL && ht_rng_chance(&rng, 0.05f); /* a home whose names are in the other language */
    ht_gen x = {.lang = lang, .rng = &rng, .w = &world};
    ht_status st = ht_world_make(foreign ? other : lang, is_zh, &rng, &world, err);
    const size_t wanted = MIN_BRANCHES + ht_rng_below(&rng, MAX_BRANCHES - MIN_BRANCHES + 1);
    for (int tries = 0; st == HT_OK && n < wanted && tries < 40; tries++) {
        if (!make_branch(g, &x, &list[n], stats, err, &st))
            continue;
        if (fits(list, n, &list[n]))
            n++;
        else
            branch_deinit(&list[n]);
    }
    if (st == HT_OK && n > 0)
        write_tree(&x, list, n, show, out);
    *n_requests = 0;
    for (size_t i = 0; i < n; i++) {
        *n_requests += (unsigned)list[i].n;
        for (size_t k = 0; k < list[i].n && stats != NULL; k++)
            stats->calls += json_array_size(list[i].turns[k].calls);
        branch_deinit(&list[i]);
    }
    ht_world_deinit(&world);
    ht_arena_deinit(&x.mem);
    if (st == HT_OK && out->failed)
        return ht_fail(err, HT_NO_MEMORY, -1, "document %llu", (unsigned long long)index);
    return st;
}
