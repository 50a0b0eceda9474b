/* From an expression's tree to a grammar's nodes, from the last to the first. */
#include "engine/expr.h"
#include "engine/text_machine.h"

/* One code point as it stands inside a JSON string. */
static ht_node_id build_escaped(ht_build *b, uint32_t c, ht_node_id next)
{
    char text[HT_JSON_ESCAPE_MAX];
    return ht_build_bytes(b, (ht_str){text, ht_json_escape((uint8_t)c, text)}, next);
}

/* Targets of a SPLIT while they are gathered; full ones are folded into a SPLIT of their own. */
typedef struct {
    ht_node_id items[256];
    size_t n;
} target_list;

static void add_target(ht_build *b, target_list *l, ht_node_id node)
{
    if (l->n == sizeof l->items / sizeof l->items[0]) {
        l->items[0] = ht_build_split(b, l->items, l->n);
        l->n = 1;
    }
    l->items[l->n++] = node;
}

static void add_code_points(ht_build *b, target_list *l, uint32_t lo, uint32_t hi, ht_node_id next)
{
    ht_node_id pieces[HT_UTF8_PIECES];
    const size_t n = lo <= hi ? ht_build_code_points(b, lo, hi, next, pieces) : 0;
    for (size_t i = 0; i < n; i++)
        add_target(b, l, pieces[i]);
}

static ht_node_id build_class(ht_build *b, const ht_expr *e, bool in_string, ht_node_id next)
{
    target_list l = {.n = 0};
    for (size_t i = 0; i < e->n; i++) {
        uint32_t lo = e->ranges[i].lo;
        const uint32_t hi = e->ranges[i].hi;
        /* U+0000 has no place in a JSON string of ours; every other character below U+0020, `"` and `\` is an escape. */
        for (uint32_t c = lo; in_string && c <= hi && c <= '\\'; c++) {
            if (c >= ' ' && c != '"' && c != '\\')
                continue;
            if (c >= ' ')
                add_code_points(b, &l, lo, c - 1, next);
            if (c > 0)
                add_target(b, &l, build_escaped(b, c, next));
            lo = c + 1;
        }
        add_code_points(b, &l, lo, hi, next);
    }
    return ht_build_split(b, l.items, l.n);
}

static ht_node_id build_literal(ht_build *b, const ht_expr *e, bool in_string, ht_node_id next)
{
    if (!in_string)
        return ht_build_bytes(b, e->text, next);
    for (size_t i = e->text.len; i-- > 0;) {
        const uint8_t byte = (uint8_t)e->text.ptr[i];
        if (byte < ' ' || byte == '"' || byte == '\\')
            next = byte == 0 ? ht_build_split(b, NULL, 0) : build_escaped(b, byte, next);
        else
            next = ht_build_range(b, byte, byte, next);
    }
    return next;
}

ht_node_id ht_expr_build(ht_build *b, const ht_expr *e, bool in_string, ht_node_id next)
{
    switch (e->kind) {
    case HT_EXPR_LITERAL:  return build_literal(b, e, in_string, next);
    case HT_EXPR_CLASS:    return build_class(b, e, in_string, next);
    case HT_EXPR_RULE:     return ht_build_call(b, e->rule, next);
    case HT_EXPR_ATOM:     return ht_build_atom(b, e->text, next);
    case HT_EXPR_SEQUENCE:
        for (const ht_expr *child = e->last; child != NULL; child = child->previous)
            next = ht_expr_build(b, child, in_string, next);
        return next;
    case HT_EXPR_REPEAT:
        if (e->min == 1 && e->max == 1)
            return ht_expr_build(b, e->first, in_string, next);
        if (e->min == 0 && e->max == 1)
            return ht_build_or(b, ht_expr_build(b, e->first, in_string, next), next);
        return ht_build_repeat(b, ht_expr_build(b, e->first, in_string, HT_NODE_RETURN), e->min, e->max, next);
    case HT_EXPR_CHOICE: break;
    }
    target_list l = {.n = 0};
    for (const ht_expr *child = e->first; child != NULL; child = child->sibling)
        add_target(b, &l, ht_expr_build(b, child, in_string, next));
    return ht_build_split(b, l.items, l.n);
}
