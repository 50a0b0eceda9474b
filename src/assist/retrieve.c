/* Which part of the home a request is about. A score per entity: how much of its name the text says (rare words count
 * more), whether the text speaks of its area, floor and kind, whether it is near the speaker. The best are shown to the
 * model; nothing is decided here. */
#include <math.h>
#include <stdlib.h>

#include "assist/kinds.h"
#include "assist/prompt.h"
#include "assist/words.h"

enum { NAME_WORDS = 16, FILL_ENTITIES = 6, DF_SLOTS = 4096 };

typedef struct {
    const ht_home *home;
    ht_phrase text;
    ht_kind_set kinds;
    int here;
    uint16_t df[DF_SLOTS]; /* entities whose names hold a word with this hash */
    bool *area_said, *floor_said;
    ht_word text_words[HT_PHRASE_MAX];
} query;

static bool says(const query *q, ht_str name)
{
    ht_word storage[NAME_WORDS];
    ht_phrase needle = {storage, 0, NAME_WORDS};
    ht_phrase_add(&needle, name);
    return ht_phrase_contains(&q->text, &needle);
}

static bool says_any(const query *q, ht_str name, const ht_str *aliases, size_t n)
{
    bool said = says(q, name);
    for (size_t i = 0; i < n && !said; i++)
        said = says(q, aliases[i]);
    return said;
}

static void count_words(query *q, ht_str name)
{
    ht_word storage[NAME_WORDS];
    ht_phrase words = {storage, 0, NAME_WORDS};
    ht_phrase_add(&words, name);
    for (size_t i = 0; i < words.n; i++)
        q->df[words.items[i].hash % DF_SLOTS]++;
}

/* 0 … 6 for the part of the name's weight that the text says, 8 and more for the whole name in a row. */
static float name_score(const query *q, ht_str name)
{
    ht_word storage[NAME_WORDS];
    ht_phrase words = {storage, 0, NAME_WORDS};
    ht_phrase_add(&words, name);
    if (ht_phrase_contains(&q->text, &words))
        return 8.0f + 0.5f * (float)words.n;
    const float n_entities = (float)ht_home_entity_count(q->home);
    float said = 0, total = 0;
    for (size_t i = 0; i < words.n; i++) {
        const float idf = logf(1.0f + n_entities / (1.0f + (float)q->df[words.items[i].hash % DF_SLOTS]));
        total += idf;
        for (size_t t = 0; t < q->text.n; t++)
            if (ht_word_close(&q->text.items[t], &words.items[i])) {
                said += idf;
                break;
            }
    }
    return total > 0 ? 6.0f * said / total : 0;
}

static bool is_active(const ht_entity *e)
{
    static const char *const idle[] = {"off", "closed", "locked", "idle", "docked", "unavailable", "unknown", "standby"};
    if (e->state == NULL)
        return false;
    for (size_t i = 0; i < sizeof idle / sizeof idle[0]; i++)
        if (strcmp(e->state, idle[i]) == 0)
            return false;
    return true;
}

static float entity_score(const query *q, const ht_entity *e)
{
    float score = name_score(q, e->name);
    for (size_t i = 0; i < e->n_aliases; i++)
        score = fmaxf(score, name_score(q, e->aliases[i]));
    const bool kind = (ht_kinds_of_entity(e->domain, ht_entity_class(e)) & q->kinds) != 0;
    if (kind)
        score += 3.0f;
    if (e->area >= 0) {
        const int floor = ht_home_area_at(q->home, (size_t)e->area)->floor;
        if (q->area_said[e->area])
            score += kind ? 5.0f : 2.0f;
        if (floor >= 0 && q->floor_said[floor])
            score += kind ? 3.0f : 1.0f;
        if (e->area == q->here)
            score += kind ? 2.0f : 1.0f;
    }
    return score > 0 && is_active(e) ? score + 0.1f : score;
}

typedef struct {
    float score;
    int index;
} scored;

static int by_score(const void *a, const void *b)
{
    const scored *x = a, *y = b;
    if (x->score != y->score)
        return x->score < y->score ? 1 : -1;
    return x->index - y->index;
}

static void add_area(ht_selection *sel, int area, size_t limit)
{
    for (size_t i = 0; i < sel->n_areas; i++)
        if (sel->areas[i] == area)
            return;
    if (area >= 0 && sel->n_areas < limit)
        sel->areas[sel->n_areas++] = area;
}

static void add_entity(ht_selection *sel, int entity, size_t limit)
{
    for (size_t i = 0; i < sel->n_entities; i++)
        if (sel->entities[i] == entity)
            return;
    if (sel->n_entities < limit)
        sel->entities[sel->n_entities++] = entity;
}

static void choose(const query *q, const scored *list, size_t n, ht_selection *out)
{
    const size_t n_areas = ht_home_area_count(q->home);
    for (size_t i = 0; i < n_areas; i++)
        if (q->area_said[i])
            add_area(out, (int)i, HT_PROMPT_MAX_AREAS);
    add_area(out, q->here, HT_PROMPT_MAX_AREAS);
    for (size_t i = 0; i < n && out->n_entities < HT_PROMPT_MAX_ENTITIES; i++)
        if (list[i].score > 1.5f || out->n_entities < FILL_ENTITIES)
            add_entity(out, list[i].index, HT_PROMPT_MAX_ENTITIES);
    for (size_t i = 0; i < out->n_entities; i++)
        add_area(out, ht_home_entity_at(q->home, (size_t)out->entities[i])->area, HT_PROMPT_MAX_AREAS);
    for (size_t i = 0; i < n_areas; i++) /* small homes are shown whole */
        add_area(out, (int)i, HT_PROMPT_MAX_AREAS);
}

void ht_select(const ht_home *h, ht_str text, int here, ht_selection *out)
{
    *out = (ht_selection){0};
    const size_t n = ht_home_entity_count(h), n_areas = ht_home_area_count(h), n_floors = ht_home_floor_count(h);
    query *q = calloc(1, sizeof *q);
    scored *list = calloc(n + 1, sizeof *list);
    bool *said = calloc(n_areas + n_floors + 1, sizeof *said);
    if (q == NULL || list == NULL || said == NULL)
        goto done; /* an empty selection: the model then answers that it sees no device */
    *q = (query){.home = h, .here = here, .area_said = said, .floor_said = said + n_areas};
    q->text = (ht_phrase){q->text_words, 0, HT_PHRASE_MAX};
    ht_phrase_add(&q->text, text);
    q->kinds = ht_kinds_of_text(&q->text);
    for (size_t i = 0; i < n_areas; i++) {
        const ht_area *a = ht_home_area_at(h, i);
        q->area_said[i] = says_any(q, a->name, a->aliases, a->n_aliases);
    }
    for (size_t i = 0; i < n_floors; i++) {
        const ht_floor *f = ht_home_floor_at(h, i);
        q->floor_said[i] = says_any(q, f->name, f->aliases, f->n_aliases);
    }
    for (size_t i = 0; i < n; i++)
        count_words(q, ht_home_entity_at(h, i)->name);
    for (size_t i = 0; i < n; i++)
        list[i] = (scored){entity_score(q, ht_home_entity_at(h, i)), (int)i};
    qsort(list, n, sizeof *list, by_score);
    choose(q, list, n, out);
done:
    free(q);
    free(list);
    free(said);
}

void ht_selection_merge(ht_selection *a, const ht_selection *b)
{
    for (size_t i = 0; i < b->n_entities; i++)
        add_entity(a, b->entities[i], sizeof a->entities / sizeof a->entities[0]);
    for (size_t i = 0; i < b->n_areas; i++)
        add_area(a, b->areas[i], sizeof a->areas / sizeof a->areas[0]);
}
