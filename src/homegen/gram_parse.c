/* From text files to a compiled grammar: one pass, line by line; references are checked when all files are read. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/map.h"
#include "homegen/gram_types.h"

enum { MAX_FILE = 16 << 20, MAX_FILES = 256, MAX_DEPTH = 16 };

typedef struct {
    ht_gram *g;
    const char *file;
    unsigned line;
    ht_error *err;
    const char *p, *end; /* what is left of the line */
} parser;

static ht_status bad(parser *ps, const char *what)
{
    return ht_fail(ps->err, HT_BAD_FORMAT, -1, "%s:%u: %s", ps->file, ps->line, what);
}

static ht_status no_memory(parser *ps) { return ht_fail(ps->err, HT_NO_MEMORY, -1, "%s:%u", ps->file, ps->line); }

/* Room for one more element; false when memory is gone. */
static bool grow(void **list, size_t n, size_t *cap, size_t size)
{
    if (n < *cap)
        return true;
    const size_t wanted = *cap ? *cap * 2 : 256;
    void *p = realloc(*list, wanted * size);
    if (p == NULL)
        return false;
    *list = p;
    *cap = wanted;
    return true;
}

static uint32_t hash_of(ht_str s)
{
    uint32_t h = 2166136261u;
    for (size_t i = 0; i < s.len; i++)
        h = (h ^ (unsigned char)s.ptr[i]) * 16777619u;
    return h;
}

static int new_choice(ht_gram *g)
{
    if (!grow((void **)&g->choices, g->n_choices, &g->cap_choices, sizeof *g->choices))
        return -1;
    g->choices[g->n_choices] = (ht_choice){-1, -1, 0};
    return (int)g->n_choices++;
}

int ht_gram_find(const ht_gram *g, ht_str key)
{
    if (g->n_slots == 0)
        return -1;
    for (size_t i = hash_of(key) & (g->n_slots - 1);; i = (i + 1) & (g->n_slots - 1)) {
        if (g->slots[i] < 0)
            return -1;
        if (ht_str_eq(g->rules[g->slots[i]].key, key))
            return g->slots[i];
    }
}

static void place(ht_gram *g, int rule)
{
    size_t i = hash_of(g->rules[rule].key) & (g->n_slots - 1);
    while (g->slots[i] >= 0)
        i = (i + 1) & (g->n_slots - 1);
    g->slots[i] = rule;
}

static bool grow_slots(ht_gram *g)
{
    if ((g->n_rules + 1) * 2 < g->n_slots)
        return true;
    const size_t wanted = g->n_slots ? g->n_slots * 2 : 1024;
    int32_t *slots = malloc(wanted * sizeof *slots);
    if (slots == NULL)
        return false;
    free(g->slots);
    g->slots = slots;
    g->n_slots = wanted;
    memset(slots, 0xff, wanted * sizeof *slots);
    for (size_t r = 0; r < g->n_rules; r++)
        place(g, (int)r);
    return true;
}

int ht_gram_rule(ht_gram *g, ht_str key, const char *file, unsigned line)
{
    const int known = ht_gram_find(g, key);
    if (known >= 0)
        return known;
    const ht_str copy = ht_arena_copy(&g->mem, key);
    if (copy.ptr == NULL || !grow_slots(g) || !grow((void **)&g->rules, g->n_rules, &g->cap_rules, sizeof *g->rules))
        return -1;
    const int choice = new_choice(g);
    if (choice < 0)
        return -1;
    g->rules[g->n_rules] = (ht_rule){copy, (uint32_t)choice, file, line};
    place(g, (int)g->n_rules);
    return (int)g->n_rules++;
}

static int var_of(ht_str name)
{
#define VAR_NAME(v) #v,
    static const char *const names[] = {HT_VAR_LIST(VAR_NAME)};
#undef VAR_NAME
    for (int i = 0; i < HT_VAR_COUNT; i++)
        if (ht_str_is(name, names[i]))
            return i;
    return -1;
}

/* The items of one alternative are gathered apart, because the groups inside it append theirs to the grammar first. */
typedef struct {
    ht_item list[256];
    uint32_t n;
} draft;

static ht_status add_item(parser *ps, draft *d, ht_item item)
{
    if (d->n == sizeof d->list / sizeof d->list[0])
        return bad(ps, "alternative of more than 256 parts: split it");
    d->list[d->n++] = item;
    return HT_OK;
}

static ht_status close_alt(parser *ps, int choice, const draft *d, uint32_t weight)
{
    ht_gram *g = ps->g;
    const uint32_t first = (uint32_t)g->n_items;
    for (uint32_t i = 0; i < d->n; i++) {
        if (!grow((void **)&g->items, g->n_items, &g->cap_items, sizeof *g->items))
            return no_memory(ps);
        g->items[g->n_items++] = d->list[i];
    }
    if (!grow((void **)&g->alts, g->n_alts, &g->cap_alts, sizeof *g->alts))
        return no_memory(ps);
    const int32_t index = (int32_t)g->n_alts++;
    g->alts[index] = (ht_alt){first, d->n, weight, -1};
    ht_choice *c = &g->choices[choice];
    if (c->tail < 0)
        c->head = index;
    else
        g->alts[c->tail].next = index;
    c->tail = index;
    c->total += weight;
    return HT_OK;
}

static ht_status parse_ref(parser *ps, draft *d)
{
    const char *close = memchr(ps->p, '}', (size_t)(ps->end - ps->p));
    if (close == NULL)
        return bad(ps, "{ without }");
    const ht_str name = ht_str_trim((ht_str){ps->p, (size_t)(close - ps->p)});
    ps->p = close + 1;
    if (name.len == 0)
        return bad(ps, "{} names nothing");
    const int var = var_of(name);
    if (var >= 0)
        return add_item(ps, d, (ht_item){HT_ITEM_VAR, (uint32_t)var, 0});
    const int rule = ht_gram_rule(ps->g, name, ps->file, ps->line);
    return rule < 0 ? no_memory(ps) : add_item(ps, d, (ht_item){HT_ITEM_CHOICE, ps->g->rules[rule].choice, 0});
}

static ht_status parse_text(parser *ps, draft *d)
{
    const uint32_t at = (uint32_t)ps->g->texts.len;
    while (ps->p < ps->end && strchr("|{}[]()", *ps->p) == NULL) {
        if (*ps->p == '\\' && ps->p + 1 < ps->end)
            ps->p++;
        ht_buf_add_char(&ps->g->texts, *ps->p++);
    }
    if (ps->g->texts.failed)
        return no_memory(ps);
    return add_item(ps, d, (ht_item){HT_ITEM_TEXT, at, (uint32_t)ps->g->texts.len - at});
}

static uint32_t parse_weight(parser *ps)
{
    const char *p = ps->p;
    uint32_t weight = 0;
    while (p < ps->end && *p >= '0' && *p <= '9' && weight < 1000)
        weight = weight * 10 + (uint32_t)(*p++ - '0');
    if (weight == 0 || p == ps->end || *p != '*')
        return 1;
    ps->p = p + 1;
    return weight;
}

static void skip_blanks(parser *ps)
{
    while (ps->p < ps->end && (*ps->p == ' ' || *ps->p == '\t'))
        ps->p++;
}

/* Reads alternatives into choice up to `closing` (0: the line's end), which is consumed. */
static ht_status parse_alts(parser *ps, int choice, char closing, unsigned depth)
{
    ht_status st = HT_OK;
    if (depth > MAX_DEPTH)
        return bad(ps, "brackets nest too deep");
    for (;;) {
        draft d = {.n = 0};
        if (closing == 0)
            skip_blanks(ps);
        const uint32_t weight = parse_weight(ps);
        while (st == HT_OK && ps->p < ps->end && *ps->p != '|' && *ps->p != closing) {
            const char c = *ps->p;
            if (c == '{') {
                ps->p++;
                st = parse_ref(ps, &d);
            } else if (c == '(' || c == '[') {
                ps->p++;
                const int group = new_choice(ps->g);
                if (group < 0)
                    return no_memory(ps);
                st = parse_alts(ps, group, c == '(' ? ')' : ']', depth + 1);
                if (st == HT_OK && c == '[')
                    st = close_alt(ps, group, &(draft){.n = 0}, ps->g->choices[group].total);
                if (st == HT_OK)
                    st = add_item(ps, &d, (ht_item){HT_ITEM_CHOICE, (uint32_t)group, 0});
            } else if (strchr("}])", c) != NULL)
                return bad(ps, "closing bracket without an opening one (write \\ before it if you mean it)");
            else
                st = parse_text(ps, &d);
        }
        if (st == HT_OK && (d.n > 0 || closing != 0))
            st = close_alt(ps, choice, &d, weight);
        if (st != HT_OK)
            return st;
        if (ps->p == ps->end)
            return closing == 0 ? HT_OK : bad(ps, closing == ')' ? "( without ) in the same line" : "[ without ] in the same line");
        if (*ps->p++ == closing)
            return HT_OK;
    }
}

/* Without a comment: # at the beginning or after a blank. */
static ht_str strip_comment(ht_str line)
{
    for (size_t i = 0; i < line.len; i++)
        if (line.ptr[i] == '#' && (i == 0 || line.ptr[i - 1] == ' ' || line.ptr[i - 1] == '\t'))
            return ht_str_trim((ht_str){line.ptr, i});
    return ht_str_trim(line);
}

static bool is_key_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.' || c == '@';
}

static ht_status parse_file(ht_gram *g, const char *file, ht_str text, ht_error *err)
{
    parser ps = {.g = g, .file = file, .err = err};
    int rule = -1;
    ht_str line;
    while (ht_str_split(&text, '\n', &line)) {
        ps.line++;
        line = strip_comment(line);
        if (line.len == 0)
            continue;
        size_t key = 0;
        while (key < line.len && is_key_char(line.ptr[key]))
            key++;
        size_t skip = 1;
        if (line.ptr[0] != '|') {
            if (key == 0 || key >= 120 || key == line.len || line.ptr[key] != ':')
                return bad(&ps, "expected `key: alternatives` or a line that begins with |");
            if ((rule = ht_gram_rule(g, (ht_str){line.ptr, key}, file, ps.line)) < 0)
                return no_memory(&ps);
            skip = key + 1;
        } else if (rule < 0)
            return bad(&ps, "| continues nothing: a key must come first");
        ps.p = line.ptr + skip;
        ps.end = line.ptr + line.len;
        const ht_status st = parse_alts(&ps, (int)g->rules[rule].choice, 0, 0);
        if (st != HT_OK)
            return st;
    }
    return HT_OK;
}

static ht_status check_references(const ht_gram *g, ht_error *err)
{
    for (size_t i = 0; i < g->n_rules; i++)
        if (g->choices[g->rules[i].choice].head < 0)
            return ht_fail(err, HT_BAD_FORMAT, -1, "%s:%u: {%.*s} is no variable and has no alternatives", g->rules[i].file,
                           g->rules[i].line, HT_STR_ARG(g->rules[i].key));
    return HT_OK;
}

/* A number right before one of these signs is written in digits: "30%", never "thirty%". */
static void digits_before_signs(ht_gram *g)
{
    for (size_t a = 0; a < g->n_alts; a++)
        for (uint32_t i = 0; i + 1 < g->alts[a].n; i++) {
            ht_item *item = &g->items[g->alts[a].first + i];
            const ht_str after = {g->texts.ptr + item[1].at, item[1].type == HT_ITEM_TEXT ? item[1].len : 0};
            if (item->type == HT_ITEM_VAR && item->at == HT_VAR_n &&
                (ht_str_starts(after, HT_STR("%")) || ht_str_starts(after, HT_STR("\xc2\xb0")) || ht_str_starts(after, HT_STR("\xe2\x84\x83")) ||
                 ht_str_starts(after, HT_STR("K"))))
                item->at = HT_VAR_d;
        }
}

/* Blanks before the next | belong to nobody. */
static void trim_alternatives(ht_gram *g)
{
    for (size_t r = 0; r < g->n_rules; r++)
        for (int32_t a = g->choices[g->rules[r].choice].head; a >= 0; a = g->alts[a].next) {
            ht_item *last = g->alts[a].n ? &g->items[g->alts[a].first + g->alts[a].n - 1] : NULL;
            while (last != NULL && last->type == HT_ITEM_TEXT && last->len > 0 && g->texts.ptr[last->at + last->len - 1] == ' ')
                last->len--;
        }
}

static ht_status finish(ht_gram *g, ht_gram **out, ht_error *err)
{
    const ht_status st = check_references(g, err);
    if (st != HT_OK) {
        ht_gram_free(g);
        return st;
    }
    trim_alternatives(g);
    digits_before_signs(g);
    *out = g;
    return HT_OK;
}

ht_status ht_gram_parse(const char *file, ht_str text, ht_gram **out, ht_error *err)
{
    *out = NULL;
    ht_gram *g = calloc(1, sizeof *g);
    if (g == NULL)
        return ht_fail(err, HT_NO_MEMORY, -1, "%s", file);
    const ht_status st = parse_file(g, file, text, err);
    if (st == HT_OK)
        return finish(g, out, err);
    ht_gram_free(g);
    return st;
}

static int by_name(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

/* Names of the *.txt files of dir, sorted, as paths in mem. */
static ht_status list_files(const char *dir, ht_arena *mem, const char **names, size_t *n, ht_error *err)
{
    DIR *d = opendir(dir);
    if (d == NULL)
        return ht_fail(err, HT_NOT_FOUND, -1, "%s: no such folder of phrase files", dir);
    *n = 0;
    for (struct dirent *e; (e = readdir(d)) != NULL && *n < MAX_FILES;) {
        if (!ht_str_ends(ht_str_from(e->d_name), HT_STR(".txt")))
            continue;
        char path[4096];
        if ((size_t)snprintf(path, sizeof path, "%s/%s", dir, e->d_name) < sizeof path)
            names[(*n)++] = ht_arena_copy(mem, ht_str_from(path)).ptr;
    }
    closedir(d);
    qsort(names, *n, sizeof *names, by_name);
    return *n ? HT_OK : ht_fail(err, HT_NOT_FOUND, -1, "%s: holds no .txt phrase files", dir);
}

ht_status ht_gram_load(const char *dir, ht_gram **out, ht_error *err)
{
    *out = NULL;
    ht_gram *g = calloc(1, sizeof *g);
    if (g == NULL)
        return ht_fail(err, HT_NO_MEMORY, -1, "%s", dir);
    const char *names[MAX_FILES];
    size_t n = 0;
    ht_status st = list_files(dir, &g->mem, names, &n, err);
    for (size_t i = 0; i < n && st == HT_OK; i++) {
        ht_buf text = {0};
        st = ht_file_read(names[i], MAX_FILE, &text, err);
        if (st == HT_OK)
            st = parse_file(g, names[i], ht_buf_str(&text), err);
        ht_buf_deinit(&text);
    }
    if (st == HT_OK)
        return finish(g, out, err);
    ht_gram_free(g);
    return st;
}
