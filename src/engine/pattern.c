/* Regular expressions of JSON Schema's `pattern`: the part of them that names a regular language without look-around. */
#include "engine/expr.h"
#include "engine/text_machine.h"

static ht_expr *parse_choice(ht_scan *s, unsigned depth);

static ht_expr *new_expr(ht_scan *s, ht_expr_kind kind)
{
    ht_expr *e = s->st == HT_OK ? ht_expr_new(s->mem, kind) : NULL;
    if (e == NULL && s->st == HT_OK)
        s->st = ht_fail(s->err, HT_NO_MEMORY, -1, "pattern");
    return e;
}

static ht_expr *one_char(ht_scan *s, uint32_t c)
{
    char utf8[4];
    ht_expr *e = new_expr(s, HT_EXPR_LITERAL);
    if (e != NULL)
        e->text = ht_arena_copy(s->mem, (ht_str){utf8, ht_utf8_write(c, utf8)});
    if (e != NULL && e->text.ptr == NULL)
        s->st = ht_fail(s->err, HT_NO_MEMORY, -1, "pattern");
    return e;
}

static ht_expr *parse_item(ht_scan *s, unsigned depth)
{
    if (ht_scan_take(s, '[')) {
        if (ht_scan_is(s, ']'))
            ht_scan_fail(s, "an empty class matches nothing");
        return ht_scan_class(s, true);
    }
    if (ht_scan_take(s, '.'))
        return ht_scan_set(s, '.');
    if (ht_scan_take(s, '(')) {
        if (ht_scan_take(s, '?') && !ht_scan_take(s, ':'))
            ht_scan_fail(s, "only (…) and (?:…) are supported, no look-around");
        ht_expr *group = parse_choice(s, depth + 1);
        if (!ht_scan_take(s, ')'))
            ht_scan_fail(s, "')' is missing");
        return group;
    }
    if (ht_scan_is(s, '\\') && s->text.len - s->at > 1 && s->text.ptr[s->at + 1] != '.') {
        ht_expr *set = ht_scan_set(s, s->text.ptr[s->at + 1]);
        if (set != NULL)
            return s->at += 2, set;
    }
    for (const char *c = "*+?{)^$"; *c != '\0'; c++)
        if (ht_scan_is(s, *c))
            return ht_scan_fail(s, "this character is not supported here; write \\ before it to mean itself"), NULL;
    return one_char(s, ht_scan_char(s));
}

/* Any characters, as many as there are. */
static ht_expr *anything(ht_scan *s)
{
    ht_expr *any = ht_scan_any(s), *repeat = new_expr(s, HT_EXPR_REPEAT);
    if (s->st != HT_OK)
        return NULL;
    repeat->max = HT_REPEAT_ANY;
    ht_expr_append(repeat, any);
    return repeat;
}

static void append(ht_scan *s, ht_expr *parent, ht_expr *child)
{
    if (s->st == HT_OK)
        ht_expr_append(parent, child);
}

/* Anchors count at the ends of a whole alternative only (depth 0); where one is missing, anything may stand. */
static ht_expr *parse_sequence(ht_scan *s, unsigned depth)
{
    ht_expr *sequence = new_expr(s, HT_EXPR_SEQUENCE);
    if (depth == 0 && !ht_scan_take(s, '^'))
        append(s, sequence, anything(s));
    bool is_closed = false;
    while (s->st == HT_OK && s->at < s->text.len && !ht_scan_is(s, '|') && !(depth > 0 && ht_scan_is(s, ')'))) {
        const bool is_last = s->text.len - s->at == 1 || s->text.ptr[s->at + 1] == '|';
        if (depth == 0 && is_last && ht_scan_take(s, '$')) {
            is_closed = true;
            break;
        }
        ht_expr *item = ht_scan_repeat(s, parse_item(s, depth));
        if (item != NULL && item->kind == HT_EXPR_REPEAT)
            ht_scan_take(s, '?'); /* lazy or greedy: the texts are the same */
        append(s, sequence, item);
    }
    if (depth == 0 && !is_closed)
        append(s, sequence, anything(s));
    return sequence;
}

static ht_expr *parse_choice(ht_scan *s, unsigned depth)
{
    if (depth > HT_EXPR_MAX_DEPTH)
        return ht_scan_fail(s, "groups are nested more than 64 deep"), NULL;
    ht_expr *choice = new_expr(s, HT_EXPR_CHOICE);
    do {
        append(s, choice, parse_sequence(s, depth));
    } while (ht_scan_take(s, '|'));
    return choice;
}

ht_status ht_build_pattern(ht_build *b, ht_str pattern, ht_node_id next, ht_node_id *out, ht_error *err)
{
    *out = HT_NODE_RETURN;
    ht_arena mem = {0};
    ht_scan s = {.text = pattern, .mem = &mem, .err = err};
    const ht_expr *e = parse_choice(&s, 0);
    if (s.st == HT_OK)
        *out = ht_expr_build(b, e, true, ht_build_bytes(b, HT_STR("\""), next));
    ht_arena_deinit(&mem);
    return s.st;
}
