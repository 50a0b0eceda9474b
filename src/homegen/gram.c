#include "homegen/gram.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "homegen/gram_types.h"

enum { MAX_DEPTH = 24, TRIES = 10 };

void ht_gram_free(ht_gram *g)
{
    if (g == NULL)
        return;
    ht_arena_deinit(&g->mem);
    ht_buf_deinit(&g->texts);
    free(g->items);
    free(g->alts);
    free(g->choices);
    free(g->rules);
    free(g->slots);
    free(g);
}

int ht_gram_findf(const ht_gram *g, const char *fmt, ...)
{
    char key[128];
    va_list ap;
    va_start(ap, fmt);
    const int n = vsnprintf(key, sizeof key, fmt, ap);
    va_end(ap);
    return n < 0 || (size_t)n >= sizeof key ? -1 : ht_gram_find(g, (ht_str){key, (size_t)n});
}

size_t ht_gram_count(const ht_gram *g) { return g->n_rules; }
ht_str ht_gram_key(const ht_gram *g, size_t i) { return g->rules[i].key; }
uint32_t ht_gram_weight(const ht_gram *g, int rule) { return rule < 0 ? 0 : g->choices[g->rules[rule].choice].total; }

size_t ht_gram_alternatives(const ht_gram *g, int rule)
{
    size_t n = 0;
    if (rule >= 0)
        for (int32_t a = g->choices[g->rules[rule].choice].head; a >= 0; a = g->alts[a].next)
            n++;
    return n;
}

ht_str ht_gram_plain(const ht_gram *g, int rule, size_t i)
{
    int32_t a = rule < 0 ? -1 : g->choices[g->rules[rule].choice].head;
    while (a >= 0 && i-- > 0)
        a = g->alts[a].next;
    if (a < 0 || g->alts[a].n != 1 || g->items[g->alts[a].first].type != HT_ITEM_TEXT)
        return (ht_str){NULL, 0};
    const ht_item *item = &g->items[g->alts[a].first];
    return (ht_str){g->texts.ptr + item->at, item->len};
}

void ht_vars_clear(ht_vars *v)
{
    for (size_t i = 0; i < HT_VAR_COUNT; i++)
        v->of[i] = (ht_bind){{NULL, 0}, -1};
}

typedef struct {
    const ht_gram *g;
    ht_rng *rng;
    const ht_vars *vars;
    ht_buf *out;
} expansion;

static bool expand_choice(expansion *x, uint32_t choice, unsigned depth);

static bool expand_alt(expansion *x, const ht_alt *alt, unsigned depth)
{
    for (uint32_t i = 0; i < alt->n; i++) {
        const ht_item *item = &x->g->items[alt->first + i];
        if (item->type == HT_ITEM_TEXT) {
            ht_buf_add(x->out, x->g->texts.ptr + item->at, item->len);
            continue;
        }
        if (item->type == HT_ITEM_CHOICE) {
            if (!expand_choice(x, item->at, depth))
                return false;
            continue;
        }
        const ht_bind *b = &x->vars->of[item->at];
        if (b->text.ptr != NULL)
            ht_buf_add_str(x->out, b->text);
        else if (b->rule < 0 || !expand_choice(x, x->g->rules[b->rule].choice, depth))
            return false;
    }
    return true;
}

static bool expand_choice(expansion *x, uint32_t choice, unsigned depth)
{
    const ht_choice *c = &x->g->choices[choice];
    const size_t mark = x->out->len;
    if (depth >= MAX_DEPTH || c->total == 0)
        return false;
    for (int tries = 0; tries < TRIES; tries++) {
        uint32_t at = ht_rng_below(x->rng, c->total);
        int32_t a = c->head;
        while (at >= x->g->alts[a].weight) {
            at -= x->g->alts[a].weight;
            a = x->g->alts[a].next;
        }
        if (expand_alt(x, &x->g->alts[a], depth + 1))
            return true;
        x->out->len = mark;
        if (c->head == c->tail)
            return false;
    }
    return false;
}

bool ht_gram_expand(const ht_gram *g, ht_rng *rng, int rule, const ht_vars *v, ht_buf *out)
{
    if (rule < 0 || !ht_buf_reserve(out, 1))
        return false;
    expansion x = {g, rng, v, out};
    const bool ok = expand_choice(&x, g->rules[rule].choice, 0);
    out->ptr[out->len] = '\0';
    return ok && !out->failed;
}

void ht_gram_tidy(ht_buf *text)
{
    size_t n = 0;
    for (size_t i = 0; i < text->len; i++) {
        const char c = text->ptr[i];
        if (c == ' ' && (n == 0 || text->ptr[n - 1] == ' '))
            continue;
        if (strchr(",.?!:;", c) != NULL && c != '\0' && n > 0 && text->ptr[n - 1] == ' ')
            n--;
        text->ptr[n++] = c;
    }
    while (n > 0 && text->ptr[n - 1] == ' ')
        n--;
    text->len = n;
    if (text->ptr != NULL)
        text->ptr[n] = '\0';
}
