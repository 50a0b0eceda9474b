/* From keys to sentences: choosing among the keys of an act, setting variables, numbers in words. */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "homegen/gen.h"

#define SCHEME_NAME(up, low) #low,
const char *const ht_scheme_names[HT_SCHEME_COUNT] = {HT_SCHEME_LIST(SCHEME_NAME)};
#undef SCHEME_NAME

ht_str ht_gen_textf(ht_gen *x, const char *fmt, ...)
{
    char text[1024];
    va_list ap;
    va_start(ap, fmt);
    const int n = vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    return ht_arena_copy(&x->mem, (ht_str){text, n < 0 ? 0 : (size_t)n < sizeof text ? (size_t)n : sizeof text - 1});
}

void ht_gen_set(ht_gen *x, ht_var v, ht_str text) { x->vars.of[v] = (ht_bind){text, -1}; }
void ht_gen_set_rule(ht_gen *x, ht_var v, int rule) { x->vars.of[v] = (ht_bind){{NULL, 0}, rule}; }

ht_str ht_gen_word(ht_gen *x, const char *key)
{
    ht_buf b = {0};
    ht_str word = {NULL, 0};
    if (ht_gram_expand(x->lang->g, x->rng, ht_gram_find(x->lang->g, ht_str_from(key)), &x->vars, &b)) {
        ht_gram_tidy(&b);
        word = ht_arena_copy(&x->mem, ht_buf_str(&b));
    }
    ht_buf_deinit(&b);
    return word;
}

ht_str ht_gen_keep(ht_gen *x, ht_var v, ht_str text)
{
    ht_str kept = ht_gen_textf(x, "%c%.*s%c", HT_KEEP, HT_STR_ARG(text), HT_KEPT);
    if (ht_rng_chance(x->rng, 0.5f))
        for (size_t i = 0; i < kept.len; i++)
            if (kept.ptr[i] >= 'A' && kept.ptr[i] <= 'Z')
                ((char *)kept.ptr)[i] = (char)(kept.ptr[i] + 32); /* the arena's own copy */
    ht_gen_set(x, v, kept);
    return ht_arena_copy(&x->mem, (ht_str){kept.ptr + 1, kept.len - 2});
}

void ht_wish_start(ht_gen *x, ht_wish *w, const char *act)
{
    static const struct {
        ht_var v;
        const char *key;
    } defaults[] = {{HT_VAR_person, "person"}, {HT_VAR_city, "city"}, {HT_VAR_assistant, "assistant"}, {HT_VAR_item, "item"}};
    *w = (ht_wish){.act = act, .style = HT_STYLE_RAW, .target = {.entity = -1, .area = -1, .floor = -1, .thing = -1, .scheme = HT_SCHEME_NONE}};
    ht_vars_clear(&x->vars);
    for (size_t i = 0; i < sizeof defaults / sizeof defaults[0]; i++)
        ht_gen_set_rule(x, defaults[i].v, ht_gram_find(x->lang->g, ht_str_from(defaults[i].key)));
}

void ht_wish_deinit(ht_wish *w)
{
    ht_buf_deinit(&w->text);
    ht_buf_deinit(&w->answer);
    json_decref(w->calls);
    ht_target_deinit(&w->target);
    *w = (ht_wish){0};
}

void ht_wish_call(ht_wish *w, const char *tool, json_t *take_args)
{
    if (w->calls == NULL)
        w->calls = json_array();
    json_t *args = take_args ? take_args : json_object();
    json_array_append_new(w->calls, json_pack("{s:s, s:o}", "name", tool, "arguments", args));
}

bool ht_gen_say(ht_gen *x, ht_wish *w, unsigned styles, const char *act, const char *kind, const char *scheme)
{
    static const char *const prefixes[] = {"do", "say", "ask"};
    const ht_gram *g = x->lang->g;
    int rules[12];
    ht_style style[12];
    uint32_t n = 0, total = 0;
    for (int p = 0; p < 3; p++)
        for (int form = 0; form < 4; form++) {
            const bool with_kind = form & 1, with_scheme = form & 2;
            if (!(styles & 1u << p) || (with_kind && kind == NULL) || (with_scheme && scheme == NULL))
                continue;
            const int rule = ht_gram_findf(g, "%s.%s%s%s%s%s", prefixes[p], act, with_kind ? "." : "", with_kind ? kind : "",
                                           with_scheme ? "@" : "", with_scheme ? scheme : "");
            if (rule < 0)
                continue;
            rules[n] = rule;
            style[n++] = (ht_style)p;
            total += ht_gram_weight(g, rule);
        }
    for (int tries = 0; tries < 6 && n > 0; tries++) {
        uint32_t at = ht_rng_below(x->rng, total), i = 0;
        while (at >= ht_gram_weight(g, rules[i]))
            at -= ht_gram_weight(g, rules[i++]);
        ht_buf_clear(&w->text);
        if (ht_gram_expand(g, x->rng, rules[i], &x->vars, &w->text)) {
            w->style = style[i];
            ht_gram_tidy(&w->text);
            return w->text.len > 0;
        }
    }
    return false;
}

static const char *const en_small[] = {"zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
                                       "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"};
static const char *const en_tens[] = {"", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"};

static void english_below_100(long v, bool hyphen, ht_buf *out)
{
    if (v < 20)
        ht_buf_add_c(out, en_small[v]);
    else if (v % 10 == 0)
        ht_buf_add_c(out, en_tens[v / 10]);
    else
        ht_buf_addf(out, "%s%c%s", en_tens[v / 10], hyphen ? '-' : ' ', en_small[v % 10]);
}

static void english_words(ht_gen *x, long v, ht_buf *out)
{
    const bool hyphen = ht_rng_chance(x->rng, 0.3f);
    if (v >= 1000) {
        english_below_100(v / 1000 % 100, hyphen, out);
        ht_buf_add_c(out, v % 1000 ? " thousand " : " thousand");
        v %= 1000;
        if (v == 0)
            return;
    }
    if (v >= 100) {
        ht_buf_add_c(out, v / 100 == 1 && ht_rng_chance(x->rng, 0.5f) ? "a" : en_small[v / 100]);
        ht_buf_add_c(out, " hundred");
        v %= 100;
        if (v == 0)
            return;
        ht_buf_add_c(out, ht_rng_chance(x->rng, 0.5f) ? " and " : " ");
    }
    english_below_100(v, hyphen, out);
}

static void chinese_words(long v, bool is_measured, ht_buf *out)
{
    static const char *const digits[] = {"零", "一", "二", "三", "四", "五", "六", "七", "八", "九"};
    static const char *const units[] = {"", "十", "百", "千"};
    if (v == 2 && is_measured) {
        ht_buf_add_c(out, "两");
        return;
    }
    if (v == 0) {
        ht_buf_add_c(out, digits[0]);
        return;
    }
    bool begun = false, gap = false;
    for (int u = 3; u >= 0; u--) {
        static const long power[] = {1, 10, 100, 1000};
        const long d = v / power[u] % 10;
        if (d == 0) {
            gap = begun;
            continue;
        }
        if (gap)
            ht_buf_add_c(out, digits[0]);
        gap = false;
        if (!(u == 1 && d == 1 && !begun)) /* 十五, not 一十五 */
            ht_buf_add_c(out, d == 2 && u >= 2 ? "两" : digits[d]);
        ht_buf_add_c(out, units[u]);
        begun = true;
    }
}

ht_str ht_gen_number(ht_gen *x, double v, bool is_measured)
{
    const bool whole = v == floor(v), words = ht_rng_chance(x->rng, x->lang->is_zh ? 0.45f : 0.3f);
    const double size = fabs(v);
    if (!words || size >= 10000)
        return ht_gen_textf(x, "%g", v);
    ht_buf b = {0};
    if (v < 0)
        ht_buf_add_c(&b, x->lang->is_zh ? "零下" : "minus ");
    if (x->lang->is_zh)
        chinese_words((long)size, is_measured && whole, &b);
    else
        english_words(x, (long)size, &b);
    if (!whole) {
        static const char *const zh[] = {"零", "一", "二", "三", "四", "五", "六", "七", "八", "九"};
        const long tenth = lround((size - floor(size)) * 10) % 10;
        ht_buf_addf(&b, x->lang->is_zh ? "点%s" : " point %s", x->lang->is_zh ? zh[tenth] : en_small[tenth]);
    }
    const ht_str text = ht_arena_copy(&x->mem, ht_buf_str(&b));
    ht_buf_deinit(&b);
    return text;
}
