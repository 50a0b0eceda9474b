/* Names of devices as people say them, and whether a sentence names what it does not mean. */
#include <strings.h>

#include "homegen/gen.h"

static const ht_entity *entity_at(const ht_gen *x, size_t i) { return ht_home_entity_at(x->w->home, i); }

ht_str ht_gen_as_typed(ht_gen *x, ht_str name)
{
    ht_str copy = ht_arena_copy(&x->mem, name);
    if (ht_rng_chance(x->rng, 0.5f))
        for (size_t i = 0; i < copy.len; i++)
            if (copy.ptr[i] >= 'A' && copy.ptr[i] <= 'Z')
                ((char *)copy.ptr)[i] = (char)(copy.ptr[i] + 32); /* the arena's own copy */
    return copy;
}

static bool same_name(ht_str a, ht_str b) { return a.len == b.len && strncasecmp(a.ptr, b.ptr, a.len) == 0; }

bool ht_entity_bears(const ht_entity *e, ht_str name)
{
    bool yes = same_name(e->name, name);
    for (size_t i = 0; i < e->n_aliases; i++)
        yes |= same_name(e->aliases[i], name);
    return yes;
}

bool ht_gen_name_is_own(const ht_gen *x, int entity, ht_str name)
{
    const int area = entity_at(x, (size_t)entity)->area;
    for (size_t i = 0; i < ht_home_entity_count(x->w->home); i++)
        if ((int)i != entity && ht_entity_bears(entity_at(x, i), name) && (x->w->here < 0 || area != x->w->here || entity_at(x, i)->area == area))
            return false;
    return true;
}

static bool is_ascii(ht_str s)
{
    for (size_t i = 0; i < s.len; i++)
        if ((unsigned char)s.ptr[i] >= 0x80)
            return false;
    return true;
}

bool ht_name_has_words(ht_str name, ht_str part)
{
    ht_str word;
    while (ht_str_split(&part, ' ', &word)) {
        ht_str rest = name, other;
        bool found = word.len == 0;
        while (!found && ht_str_split(&rest, ' ', &other))
            found = same_name(word, other);
        if (!found)
            return false;
    }
    return true;
}

/* One word left out, where what is left still means this entity only. */
static ht_str shortened(ht_gen *x, int entity, ht_str name)
{
    ht_str words[8], rest = name, word;
    size_t n = 0;
    while (ht_str_split(&rest, ' ', &word) && n < 8)
        words[n++] = word;
    const size_t kept = n > 0 && words[n - 1].len <= 2 ? 2 : 1; /* the last words say what the thing is: "Window 4" */
    if (n < kept + 2 || rest.ptr != NULL)
        return name;
    const uint32_t gone = ht_rng_below(x->rng, (uint32_t)(n - kept));
    ht_buf b = {0};
    for (size_t i = 0; i < n; i++)
        if (i != gone) {
            ht_buf_add_str(&b, words[i]);
            ht_buf_add_char(&b, ' ');
        }
    b.len--;
    ht_str cut = ht_arena_copy(&x->mem, ht_buf_str(&b));
    ht_buf_deinit(&b);
    for (size_t i = 0; i < ht_home_entity_count(x->w->home); i++)
        if ((int)i != entity && ht_name_has_words(entity_at(x, i)->name, cut))
            return name;
    return cut;
}

/* "Lamp Kitchen" for "Kitchen Lamp". */
static ht_str swapped(ht_gen *x, ht_str name)
{
    const ptrdiff_t blank = ht_str_find(name, HT_STR(" "), 0);
    if (blank < 0 || ht_str_find(name, HT_STR(" "), (size_t)blank + 1) >= 0)
        return name;
    return ht_gen_textf(x, "%.*s %.*s", (int)(name.len - (size_t)blank - 1), name.ptr + blank + 1, (int)blank, name.ptr);
}

static ht_str misspelt(ht_gen *x, ht_str name)
{
    if (name.len < 5)
        return name;
    ht_str copy = ht_arena_copy(&x->mem, name);
    char *p = (char *)copy.ptr; /* the arena's own copy */
    const uint32_t i = 1 + ht_rng_below(x->rng, (uint32_t)copy.len - 2);
    if (p[i] == ' ' || p[i + 1] == ' ' || p[i] < 'A' || p[i + 1] < 'A')
        return name;
    if (ht_rng_chance(x->rng, 0.5f)) {
        const char c = p[i];
        p[i] = p[i + 1];
        p[i + 1] = c;
        return copy;
    }
    memmove(p + i, p + i + 1, copy.len - i); /* with the NUL */
    return (ht_str){copy.ptr, copy.len - 1};
}

ht_str ht_gen_speak_name(ht_gen *x, int entity, ht_str *said)
{
    const ht_entity *e = entity_at(x, (size_t)entity);
    const bool alias = e->n_aliases > 0 && ht_rng_chance(x->rng, 0.45f);
    const ht_str name = alias ? e->aliases[ht_rng_below(x->rng, (uint32_t)e->n_aliases)] : e->name;
    ht_str text = name;
    if (is_ascii(name)) {
        const float kind = ht_rng_float(x->rng);
        if (kind < 0.09f)
            text = shortened(x, entity, name);
        else if (kind < 0.11f)
            text = swapped(x, name);
        else if (kind < 0.15f)
            text = misspelt(x, name);
        text = ht_gen_as_typed(x, text);
    }
    ht_gen_set(x, HT_VAR_name, text);
    *said = text;
    return name;
}

static bool is_word_byte(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); }

/* Whether text holds name as words of its own, case ignored; a plural s may follow. */
static bool holds(ht_str text, ht_str name)
{
    for (size_t i = 0; name.len > 0 && i + name.len <= text.len; i++) {
        if (strncasecmp(text.ptr + i, name.ptr, name.len) != 0 || (i > 0 && is_word_byte(text.ptr[i - 1]) && is_word_byte(name.ptr[0])))
            continue;
        size_t end = i + name.len;
        end += end < text.len && text.ptr[end] == 's';
        if (end == text.len || !is_word_byte(text.ptr[end]) || !is_word_byte(name.ptr[name.len - 1]))
            return true;
    }
    return false;
}

/* Whether the name of entity i is among what the target's calls name. */
static bool meant(const ht_gen *x, const ht_target *t, size_t i)
{
    for (size_t k = 0; k < t->n; k++) {
        const char *name = json_string_value(json_object_get(t->slots[k], "name"));
        if (name != NULL && ht_entity_bears(entity_at(x, i), ht_str_from(name)))
            return true;
    }
    return (int)i == t->entity && t->scheme == HT_SCHEME_EXCEPT;
}

bool ht_target_conflicts(const ht_gen *x, const ht_target *t, ht_str text)
{
    for (size_t i = 0; i < ht_home_entity_count(x->w->home); i++) {
        const ht_entity *e = entity_at(x, i);
        if (meant(x, t, i))
            continue;
        for (size_t k = 0; k <= e->n_aliases; k++) {
            const ht_str name = k == 0 ? e->name : e->aliases[k - 1];
            const bool inside = t->said.ptr != NULL && holds(t->said, name); /* "lamp" in "floor lamp" */
            if (!inside && holds(text, name))
                return true;
        }
    }
    return false;
}
