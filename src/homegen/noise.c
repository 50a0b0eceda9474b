/* What people do to a sentence: politeness, small letters, missing or wide punctuation, slips, misheard and left-out words. What
 * stands between HT_KEEP and HT_KEPT is copied into the call and stays as it is. */
#include <strings.h>

#include "homegen/gen.h"

static bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
static bool is_word(char c) { return is_letter(c) || (c >= '0' && c <= '9') || c == '\''; }

/* Inside a kept part? */
static bool is_kept(const ht_buf *b, size_t at)
{
    bool kept = false;
    for (size_t i = 0; i < at; i++)
        kept = b->ptr[i] == HT_KEEP ? true : b->ptr[i] == HT_KEPT ? false : kept;
    return kept || b->ptr[at] == HT_KEEP;
}

/* Puts text in place of n bytes. */
static void splice(ht_buf *b, size_t at, size_t n, ht_str text)
{
    ht_buf out = {0};
    ht_buf_add(&out, b->ptr, at);
    ht_buf_add_str(&out, text);
    ht_buf_add(&out, b->ptr + at + n, b->len - at - n);
    ht_buf_deinit(b);
    *b = out;
}

/* Where `from` stands as words of its own, outside kept parts, at or after `start`; -1: nowhere. */
static ptrdiff_t find_word(const ht_buf *b, ht_str from, size_t start)
{
    for (size_t i = start; from.len > 0 && i + from.len <= b->len; i++) {
        if (strncasecmp(b->ptr + i, from.ptr, from.len) != 0 || is_kept(b, i))
            continue;
        const size_t end = i + from.len;
        const bool starts = i == 0 || !is_word(b->ptr[i - 1]) || !is_word(from.ptr[0]);
        const bool ends = end == b->len || !is_word(b->ptr[end]) || !is_word(from.ptr[from.len - 1]);
        if (starts && ends && memchr(b->ptr + i, HT_KEEP, from.len) == NULL)
            return (ptrdiff_t)i;
    }
    return -1;
}

/* One swap of the table that applies here, tried from a random place on. */
static void swap_one(ht_gen *x, ht_buf *b, const ht_swaps *table)
{
    if (table->n == 0)
        return;
    const size_t first = ht_rng_below(x->rng, (uint32_t)table->n);
    for (size_t k = 0; k < table->n; k++) {
        const ht_swap *s = &table->items[(first + k) % table->n];
        const ptrdiff_t at = find_word(b, s->from, 0);
        if (at >= 0) {
            splice(b, (size_t)at, s->from.len, s->to);
            return;
        }
    }
}

void ht_swaps_apply(const ht_swaps *table, ht_buf *b)
{
    for (size_t k = 0; k < table->n; k++) {
        const ht_swap *s = &table->items[k];
        for (ptrdiff_t at = find_word(b, s->from, 0); at >= 0; at = find_word(b, s->from, (size_t)at + s->to.len + (s->to.len == 0)))
            splice(b, (size_t)at, s->from.len, s->to);
    }
}

/* A letter next to c on the keyboard. */
static char neighbour(ht_gen *x, char c)
{
    static const char *const rows[] = {"qwertyuiop", "asdfghjkl", "zxcvbnm"};
    for (size_t r = 0; r < 3; r++) {
        const char *p = c ? strchr(rows[r], c) : NULL;
        if (p != NULL) {
            const bool left = p > rows[r] && (p[1] == '\0' || ht_rng_chance(x->rng, 0.5f));
            return left ? p[-1] : p[1] ? p[1] : c;
        }
    }
    return c;
}

/* One slip of the fingers in a word of four letters and more. */
static void slip(ht_gen *x, ht_buf *b)
{
    for (int tries = 0; tries < 12; tries++) {
        if (b->len < 6)
            return;
        const size_t i = 1 + ht_rng_below(x->rng, (uint32_t)b->len - 3);
        char *p = b->ptr + i;
        if (!is_letter(p[-1]) || !is_letter(p[0]) || !is_letter(p[1]) || !is_letter(p[2]) || is_kept(b, i))
            continue;
        const uint32_t kind = ht_rng_below(x->rng, 4);
        if (kind == 0) {
            const char c = p[0];
            p[0] = p[1];
            p[1] = c;
        } else if (kind == 1)
            p[0] = neighbour(x, p[0]);
        else if (kind == 2)
            splice(b, i, 1, HT_STR(""));
        else
            splice(b, i, 1, (ht_str){(char[]){*p, *p}, 2});
        return;
    }
}

/* A random place between words (English) or after a comma or at the start (Chinese). */
static size_t gap(ht_gen *x, const ht_buf *b)
{
    for (int tries = 0; tries < 12; tries++) {
        const size_t i = ht_rng_below(x->rng, (uint32_t)b->len);
        const bool here = x->lang->is_zh ? i > 0 && b->ptr[i - 1] == ',' : b->ptr[i] == ' ';
        if (here && !is_kept(b, i))
            return x->lang->is_zh ? i : i + 1;
    }
    return 0;
}

static void add_filler(ht_gen *x, ht_buf *b)
{
    const ht_str word = ht_gen_word(x, "noise.filler");
    if (word.ptr == NULL || b->len == 0)
        return;
    splice(b, gap(x, b), 0, ht_gen_textf(x, "%.*s%s", HT_STR_ARG(word), x->lang->is_zh ? "" : ht_rng_chance(x->rng, 0.4f) ? ", " : " "));
}

static void drop_word(ht_gen *x, ht_buf *b)
{
    if (x->lang->n_drop == 0)
        return;
    const size_t first = ht_rng_below(x->rng, (uint32_t)x->lang->n_drop);
    for (size_t k = 0; k < x->lang->n_drop; k++) {
        const ht_str word = x->lang->drop[(first + k) % x->lang->n_drop];
        const ptrdiff_t at = find_word(b, word, 0);
        if (at >= 0 && b->len > word.len + 6) {
            splice(b, (size_t)at, word.len, HT_STR(""));
            return;
        }
    }
}

/* Stutters: "the the lamp". */
static void repeat_word(ht_gen *x, ht_buf *b)
{
    const size_t at = gap(x, b);
    size_t end = at;
    while (end < b->len && is_word(b->ptr[end]))
        end++;
    if (end == at || end == b->len || b->ptr[end] != ' ' || is_kept(b, at))
        return;
    splice(b, at, 0, ht_gen_textf(x, "%.*s ", (int)(end - at), b->ptr + at));
}

static void slips(ht_gen *x, ht_buf *b)
{
    const bool zh = x->lang->is_zh;
    if (ht_rng_chance(x->rng, 0.3f))
        swap_one(x, b, &x->lang->contract);
    if (ht_rng_chance(x->rng, 0.05f))
        swap_one(x, b, &x->lang->confuse);
    if (ht_rng_chance(x->rng, zh ? 0.02f : 0.03f))
        swap_one(x, b, &x->lang->typo);
    if (!zh && ht_rng_chance(x->rng, 0.07f))
        slip(x, b);
    if (ht_rng_chance(x->rng, 0.05f))
        add_filler(x, b);
    if (ht_rng_chance(x->rng, 0.07f))
        drop_word(x, b);
    if (!zh && ht_rng_chance(x->rng, 0.012f))
        repeat_word(x, b);
    const float swaps = !zh ? 0.1f : x->w->is_traditional ? 0.8f : 0.05f;
    if (ht_rng_chance(x->rng, swaps))
        ht_swaps_apply(&x->lang->swap, b);
}

static void change_case(ht_gen *x, ht_buf *b)
{
    const float kind = ht_rng_float(x->rng);
    bool kept = false;
    for (size_t i = 0; i < b->len; i++) {
        char *p = &b->ptr[i];
        kept = *p == HT_KEEP ? true : *p == HT_KEPT ? false : kept;
        if (kept)
            continue;
        if (kind < 0.42f && *p >= 'A' && *p <= 'Z')
            *p = (char)(*p + 32);
        else if ((kind > 0.985f || (i == 0 && kind > 0.55f)) && *p >= 'a' && *p <= 'z')
            *p = (char)(*p - 32);
    }
}

static void drop_bytes(ht_buf *b, const char *which)
{
    size_t n = 0;
    bool kept = false;
    for (size_t i = 0; i < b->len; i++) {
        const char c = b->ptr[i];
        kept = c == HT_KEEP ? true : c == HT_KEPT ? false : kept;
        const bool number = i > 0 && i + 1 < b->len && b->ptr[i - 1] >= '0' && b->ptr[i - 1] <= '9' && b->ptr[i + 1] >= '0' && b->ptr[i + 1] <= '9';
        if (kept || number || strchr(which, c) == NULL || c == '\0')
            b->ptr[n++] = c;
    }
    b->len = n;
}

/* ASCII marks to the wide ones of Chinese. */
static void widen(ht_buf *b)
{
    static const struct {
        char from;
        ht_str to;
    } wide[] = {{',', {"\xef\xbc\x8c", 3}}, {'?', {"\xef\xbc\x9f", 3}}, {'!', {"\xef\xbc\x81", 3}}};
    for (size_t k = 0; k < sizeof wide / sizeof wide[0]; k++)
        for (size_t i = 0; i < b->len; i++)
            if (b->ptr[i] == wide[k].from && !is_kept(b, i))
                splice(b, i, 1, wide[k].to);
}

static void punctuate(ht_gen *x, ht_buf *b, ht_style style)
{
    const bool zh = x->lang->is_zh, open = b->len > 0 && strchr(",.?!", b->ptr[b->len - 1]) == NULL;
    const float kind = ht_rng_float(x->rng);
    if (kind < 0.4f) {
        drop_bytes(b, ",.?!");
        return;
    }
    if (open && style == HT_STYLE_ASK && kind < 0.85f)
        ht_buf_add_char(b, '?');
    else if (open && style != HT_STYLE_ASK && kind > 0.72f)
        ht_buf_add_c(b, kind > 0.97f ? "!" : zh ? "\xe3\x80\x82" : ".");
    if (zh && ht_rng_chance(x->rng, 0.65f))
        widen(b);
}

void ht_wish_finish(ht_gen *x, ht_wish *w, bool clean)
{
    static const char *const wraps[] = {"wrap.do", "wrap.say", "wrap.ask"};
    if (!clean && w->style != HT_STYLE_RAW) {
        ht_gen_set(x, HT_VAR_x, ht_arena_copy(&x->mem, ht_buf_str(&w->text)));
        ht_buf wrapped = {0};
        if (ht_gram_expand(x->lang->g, x->rng, ht_gram_find(x->lang->g, ht_str_from(wraps[w->style])), &x->vars, &wrapped)) {
            ht_buf_deinit(&w->text);
            w->text = wrapped;
        } else
            ht_buf_deinit(&wrapped);
    }
    if (!clean && ht_rng_chance(x->rng, 0.8f)) {
        slips(x, &w->text);
        change_case(x, &w->text);
    }
    if (!clean)
        punctuate(x, &w->text, w->style);
    size_t n = 0;
    for (size_t i = 0; i < w->text.len; i++)
        if (w->text.ptr[i] != HT_KEEP && w->text.ptr[i] != HT_KEPT)
            w->text.ptr[n++] = w->text.ptr[i];
    w->text.len = n;
    ht_gram_tidy(&w->text);
}
