/* What makes a grammar sound: every text can be completed, and nothing loops without reading. */
#include <stdlib.h>

#include "engine/grammar_build.h"

enum { IS_EMPTY = 1, /* can reach RETURN without reading */ CAN_END = 2 /* can reach RETURN or the end at all */ };

typedef struct {
    ht_grammar *g;
    uint8_t *marks; /* [n_nodes] IS_EMPTY | CAN_END */
    ht_rule_name_fn *rule_name;
    void *ctx;
    ht_error *err;
} check;

static uint8_t mark_of_split(const check *c, const ht_node *n)
{
    uint8_t mark = 0;
    for (uint32_t i = 0; i < n->b; i++)
        mark |= c->marks[c->g->targets[n->a + i]];
    return mark;
}

static uint8_t mark_of(const check *c, const ht_node *n)
{
    const uint8_t after = n->next >= 0 ? c->marks[n->next] : 0;
    switch ((ht_node_kind)n->kind) {
    case HT_KIND_ACCEPT:
    case HT_KIND_RETURN: return IS_EMPTY | CAN_END;
    case HT_KIND_SPLIT:  return mark_of_split(c, n);
    case HT_KIND_CALL:   return c->marks[c->g->rules[n->a]] & after;
    case HT_KIND_REPEAT: return c->g->limits[n->b].min == 0 ? after : c->marks[n->a] & after;
    case HT_KIND_TEXT:   return CAN_END;
    case HT_KIND_BYTES:
    case HT_KIND_RANGE:
    case HT_KIND_STRING:
    case HT_KIND_ATOM: break;
    }
    return after & CAN_END;
}

/* Least fixed point. Rules are built in one order and call mostly one way, so passes in both directions settle it soon. */
static ht_status mark_nodes(check *c)
{
    enum { MAX_PASSES = 400 };
    bool has_changed = true;
    for (int pass = 0; has_changed; pass++) {
        if (pass == MAX_PASSES)
            return ht_fail(c->err, HT_TOO_BIG, -1, "the rules refer to each other more than %d deep; simplify the grammar", MAX_PASSES);
        has_changed = false;
        for (size_t i = 0; i < c->g->n_nodes; i++) {
            const size_t at = pass % 2 ? c->g->n_nodes - 1 - i : i;
            const uint8_t mark = mark_of(c, &c->g->nodes[at]) | c->marks[at];
            has_changed |= mark != c->marks[at];
            c->marks[at] = mark;
        }
    }
    return HT_OK;
}

/* Alternatives and optional repetitions that can never end are no alternatives. */
static void prune(check *c)
{
    for (size_t i = 0; i < c->g->n_nodes; i++) {
        ht_node *n = &c->g->nodes[i];
        if (n->kind == HT_KIND_SPLIT) {
            uint32_t kept = 0;
            for (uint32_t k = 0; k < n->b; k++) {
                const ht_node_id target = c->g->targets[n->a + k];
                if (c->marks[target] & CAN_END)
                    c->g->targets[n->a + kept++] = target;
            }
            n->b = kept;
        }
        if (n->kind == HT_KIND_TEXT && n->next >= 0 && !(c->marks[n->next] & CAN_END))
            n->next = HT_NODE_NONE;
        if (n->kind == HT_KIND_REPEAT && !(c->marks[n->a] & CAN_END))
            c->g->limits[n->b].max = 0;
    }
}

static ht_status check_repeats(check *c)
{
    for (size_t i = 0; i < c->g->n_nodes; i++) {
        const ht_node *n = &c->g->nodes[i];
        if (n->kind != HT_KIND_REPEAT || !(c->marks[n->a] & IS_EMPTY))
            continue;
        const ht_limits l = c->g->limits[n->b];
        if (l.min > 1 || (l.max > 1 && l.max != HT_REPEAT_ANY))
            return ht_fail(c->err, HT_BAD_FORMAT, -1, "something that can be empty is repeated {%u,%u}; make it non-empty", l.min, l.max);
    }
    return HT_OK;
}

/* The k-th node reached from n without reading, or HT_NODE_NONE past the last. */
static ht_node_id silent_successor(const check *c, const ht_node *n, uint32_t k)
{
    switch ((ht_node_kind)n->kind) {
    case HT_KIND_SPLIT: return k < n->b ? c->g->targets[n->a + k] : HT_NODE_NONE;
    case HT_KIND_CALL:
        if (k == 0)
            return c->g->rules[n->a];
        return k == 1 && c->marks[c->g->rules[n->a]] & IS_EMPTY ? n->next : HT_NODE_NONE;
    case HT_KIND_REPEAT:
        if (k == 0)
            return (ht_node_id)n->a;
        return k == 1 && (c->g->limits[n->b].min == 0 || c->marks[n->a] & IS_EMPTY) ? n->next : HT_NODE_NONE;
    default: return HT_NODE_NONE;
    }
}

typedef struct {
    ht_node_id node;
    uint32_t k; /* next successor to look at */
} silent_step;

/* path[0 … n-1] leads without reading to a node that is on it already: to. Only a call can lead back. */
static ht_status fail_left_recursion(const check *c, const silent_step *path, size_t n, ht_node_id to)
{
    const ht_node *call = &c->g->nodes[path[n - 1].node];
    while (call->kind != HT_KIND_CALL && n > 1 && path[n - 1].node != to)
        call = &c->g->nodes[path[--n - 1].node];
    if (c->rule_name != NULL && call->kind == HT_KIND_CALL)
        return ht_fail(c->err, HT_BAD_FORMAT, -1, "'%.*s' can begin with itself; read something before it calls itself",
                       HT_STR_ARG(c->rule_name(c->ctx, call->a)));
    return ht_fail(c->err, HT_BAD_FORMAT, -1, "a definition refers to itself before reading anything, so it never ends");
}

/* Depth first over the silent edges: a way back to a node under way reads nothing, for ever. */
static ht_status check_left_recursion(check *c)
{
    enum { NEW, UNDER_WAY, DONE };
    const size_t n_nodes = c->g->n_nodes;
    uint8_t *seen = calloc(n_nodes, 1);
    silent_step *stack = malloc(n_nodes * sizeof *stack);
    ht_status st = seen && stack ? HT_OK : ht_fail(c->err, HT_NO_MEMORY, -1, "grammar of %zu nodes", n_nodes);
    for (size_t i = 0; st == HT_OK && i < n_nodes; i++) {
        size_t depth = 0;
        if (seen[i] == NEW)
            stack[depth++] = (silent_step){(ht_node_id)i, 0}, seen[i] = UNDER_WAY;
        while (st == HT_OK && depth > 0) {
            silent_step *f = &stack[depth - 1];
            const ht_node_id to = silent_successor(c, &c->g->nodes[f->node], f->k++);
            if (to < 0)
                seen[f->node] = DONE, depth--;
            else if (seen[to] == UNDER_WAY)
                st = fail_left_recursion(c, stack, depth, to);
            else if (seen[to] == NEW)
                stack[depth++] = (silent_step){to, 0}, seen[to] = UNDER_WAY;
        }
    }
    free(seen);
    free(stack);
    return st;
}

ht_status ht_build_finish(ht_build *b, ht_node_id root, ht_rule_name_fn *rule_name, void *ctx, ht_grammar **out, ht_error *err)
{
    *out = NULL;
    if (b->st == HT_TOO_BIG)
        return ht_fail(err, HT_TOO_BIG, -1, "more than a million nodes or 16 MB of text; simplify it");
    if (b->st != HT_OK)
        return ht_fail(err, b->st, -1, "grammar: %s", ht_status_text(b->st));
    check c = {.g = b->g, .rule_name = rule_name, .ctx = ctx, .err = err};
    c.marks = calloc(b->g->n_nodes, 1);
    if (c.marks == NULL)
        return ht_fail(err, HT_NO_MEMORY, -1, "grammar of %zu nodes", b->g->n_nodes);
    ht_status st = mark_nodes(&c);
    if (st == HT_OK && !(c.marks[root] & CAN_END))
        st = ht_fail(err, HT_BAD_FORMAT, -1, "no text satisfies it: it requires itself without end, or one of nothing");
    if (st == HT_OK)
        st = check_repeats(&c);
    if (st == HT_OK)
        st = check_left_recursion(&c);
    if (st == HT_OK) {
        prune(&c);
        b->g->root = root;
        *out = b->g;
        b->g = NULL;
    }
    free(c.marks);
    return st;
}
