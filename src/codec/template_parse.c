/* From a template's text to its tree: the statements. Expressions are template_expr.c. */
#include <stdlib.h>

#include "codec/template_private.h"

/* Behind an expression: "}}" or "%}", with "-" the blanks after it go too. */
static void close_mark(ht_template_parser *p, const char *mark)
{
    const bool trims = ht_tp_take(p, "-");
    if (!ht_tp_take(p, mark)) {
        ht_tp_fail(p, HT_BAD_FORMAT, "the end of an expression expected");
        return;
    }
    if (trims)
        ht_tp_skip_space(p);
    else if (mark[0] == '%' && p->at < p->end && *p->at == '\n')
        p->at++; /* Home Assistant renders with trim_blocks */
}

/* Literal text up to the next mark; "{{-" takes the blanks before it away. */
static ht_node *parse_literal(ht_template_parser *p)
{
    const char *q = p->at;
    while (q < p->end && !(*q == '{' && p->end - q > 1 && (q[1] == '{' || q[1] == '%' || q[1] == '#')))
        q++;
    ht_str text = {p->at, (size_t)(q - p->at)};
    p->at = q;
    while (p->end - q > 2 && q[2] == '-' && text.len > 0 && ht_tp_is_space(text.ptr[text.len - 1]))
        text.len--;
    ht_node *n = ht_tp_node(p, HT_NODE_TEXT);
    if (n != NULL)
        n->text = ht_arena_copy(&p->t->mem, text);
    return n;
}

static ht_node *parse_list(ht_template_parser *p);

/* Behind "{% if" or "{% elif". */
static ht_node *parse_if(ht_template_parser *p)
{
    ht_node *n = ht_tp_node(p, HT_NODE_IF);
    if (n == NULL || ++p->depth > HT_TEMPLATE_MAX_DEPTH)
        return ht_tp_fail(p, HT_TOO_BIG, "nested too deeply");
    n->a = ht_tp_expr(p);
    close_mark(p, "%}");
    n->b = parse_list(p);
    if (ht_tp_take_word(p, "elif")) {
        n->c = parse_if(p);
        p->depth--;
        return n; /* the inner one has taken endif */
    }
    if (ht_tp_take_word(p, "else")) {
        close_mark(p, "%}");
        n->c = parse_list(p);
    }
    if (!ht_tp_take_word(p, "endif"))
        return ht_tp_fail(p, HT_BAD_FORMAT, "'endif' expected");
    close_mark(p, "%}");
    p->depth--;
    return n;
}

static ht_node *parse_set(ht_template_parser *p)
{
    ht_node *n = ht_tp_node(p, HT_NODE_SET);
    const ht_str name = ht_tp_peek_word(p);
    if (n == NULL || name.len == 0)
        return ht_tp_fail(p, HT_BAD_FORMAT, "a name is missing");
    p->at += name.len;
    n->text = ht_arena_copy(&p->t->mem, name);
    ht_tp_want(p, "=");
    n->a = ht_tp_expr(p);
    close_mark(p, "%}");
    return n;
}

/* Statements until the end, or until a word behind "{%" that belongs to the if around them: that word comes next. */
static ht_node *parse_list(ht_template_parser *p)
{
    ht_node *first = NULL, **last = &first, *n;
    while (!p->failed && p->at < p->end) {
        n = NULL;
        if (p->end - p->at < 2 || *p->at != '{' || (p->at[1] != '{' && p->at[1] != '%' && p->at[1] != '#')) {
            n = parse_literal(p);
        } else if (p->at[1] == '#') {
            const char *close = memmem(p->at, (size_t)(p->end - p->at), "#}", 2);
            p->at = close ? close + 2 : p->end;
            continue;
        } else {
            const bool is_print = p->at[1] == '{';
            p->at += 2;
            p->at += p->at < p->end && *p->at == '-';
            const ht_str word = ht_tp_peek_word(p);
            if (is_print && (n = ht_tp_node(p, HT_NODE_PRINT)) != NULL) {
                n->a = ht_tp_expr(p);
                close_mark(p, "}}");
            } else if (ht_tp_take_word(p, "if")) {
                n = parse_if(p);
            } else if (ht_tp_take_word(p, "set")) {
                n = parse_set(p);
            } else if (ht_str_is(word, "elif") || ht_str_is(word, "else") || ht_str_is(word, "endif")) {
                return first;
            } else {
                return ht_tp_fail(p, HT_UNSUPPORTED, "a statement that is not known here");
            }
        }
        *last = n;
        if (n != NULL)
            last = &n->next;
    }
    return first;
}

ht_status ht_template_parse(ht_str source, ht_template **out, ht_error *err)
{
    ht_error own;
    *out = NULL;
    if (source.len > HT_TEMPLATE_MAX_SOURCE)
        return ht_fail(err, HT_TOO_BIG, -1, "template: %zu bytes, at most %d", source.len, HT_TEMPLATE_MAX_SOURCE);
    ht_template *t = calloc(1, sizeof *t);
    if (t == NULL || (t->constants = json_array()) == NULL) {
        free(t);
        return ht_fail(err, HT_NO_MEMORY, -1, "template: out of memory");
    }
    ht_template_parser p = {.t = t, .begin = source.ptr, .at = source.ptr, .end = source.ptr + source.len, .err = err ? err : &own};
    if (source.len > 0)
        t->first = parse_list(&p);
    if (!p.failed && p.at != p.end)
        ht_tp_fail(&p, HT_BAD_FORMAT, "an 'endif' or 'else' without 'if'");
    if (!p.failed) {
        *out = t;
        return HT_OK;
    }
    ht_template_free(t);
    return p.err->status;
}

void ht_template_free(ht_template *t)
{
    if (t == NULL)
        return;
    json_decref(t->constants);
    ht_arena_deinit(&t->mem);
    free(t);
}
