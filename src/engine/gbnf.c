/* GBNF notation: rules of literals, classes, groups and repetitions. */
#include "engine/expr.h"
#include "engine/text_machine.h"

enum { MAX_RULES = 4096 };

typedef struct {
    ht_str name;
    ht_expr *body; /* NULL: used but not defined (yet) */
} rule;

typedef struct {
    ht_scan s;
    rule *rules; /* [n], cap MAX_RULES */
    size_t n;
} gbnf;

static ht_expr *parse_choice(gbnf *p, unsigned depth);

static void skip_blanks(ht_scan *s)
{
    while (s->at < s->text.len) {
        const char c = s->text.ptr[s->at];
        if (c == '#')
            while (s->at < s->text.len && s->text.ptr[s->at] != '\n')
                s->at++;
        else if (c == ' ' || c == '\t' || c == '\r' || c == '\n')
            s->at++;
        else
            break;
    }
}

static bool is_name_char(char c)
{
    return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || c == '-' || c == '_';
}

static ht_str scan_name(ht_scan *s)
{
    const size_t from = s->at;
    while (s->at < s->text.len && is_name_char(s->text.ptr[s->at]))
        s->at++;
    return (ht_str){s->text.ptr + from, s->at - from};
}

/* "name ::=" ahead; steps over nothing. */
static bool is_definition(const ht_scan *s)
{
    ht_scan ahead = *s;
    if (scan_name(&ahead).len == 0)
        return false;
    skip_blanks(&ahead);
    return ht_str_starts((ht_str){ahead.text.ptr + ahead.at, ahead.text.len - ahead.at}, HT_STR("::="));
}

static uint32_t rule_index(gbnf *p, ht_str name)
{
    for (size_t i = 0; i < p->n; i++)
        if (ht_str_eq(p->rules[i].name, name))
            return (uint32_t)i;
    if (p->n == MAX_RULES)
        return ht_scan_fail(&p->s, "more than 4096 rules"), 0;
    p->rules[p->n].name = name;
    return (uint32_t)p->n++;
}

static ht_expr *new_expr(gbnf *p, ht_expr_kind kind)
{
    ht_expr *e = p->s.st == HT_OK ? ht_expr_new(p->s.mem, kind) : NULL;
    if (e == NULL && p->s.st == HT_OK)
        p->s.st = ht_fail(p->s.err, HT_NO_MEMORY, -1, "grammar");
    return e;
}

static ht_expr *parse_literal(gbnf *p)
{
    ht_buf text = {0};
    while (p->s.st == HT_OK && !ht_scan_take(&p->s, '"')) {
        char utf8[4];
        const size_t n = ht_utf8_write(ht_scan_char(&p->s), utf8);
        ht_buf_add(&text, utf8, n);
    }
    ht_expr *e = new_expr(p, HT_EXPR_LITERAL);
    if (e != NULL)
        e->text = ht_arena_copy(p->s.mem, ht_buf_str(&text));
    if (p->s.st == HT_OK && (text.failed || e->text.ptr == NULL))
        p->s.st = ht_fail(p->s.err, HT_NO_MEMORY, -1, "a literal of the grammar");
    ht_buf_deinit(&text);
    return e;
}

/* <name>: the token's whole text, brackets included. */
static ht_expr *parse_atom(gbnf *p)
{
    const size_t from = p->s.at - 1;
    while (p->s.at < p->s.text.len && p->s.text.ptr[p->s.at] != '>' && p->s.text.ptr[p->s.at] > ' ')
        p->s.at++;
    if (!ht_scan_take(&p->s, '>'))
        ht_scan_fail(&p->s, "'>' is missing behind a token's name");
    ht_expr *e = new_expr(p, HT_EXPR_ATOM);
    if (e != NULL)
        e->text = (ht_str){p->s.text.ptr + from, p->s.at - from};
    return e;
}

static ht_expr *parse_item(gbnf *p, unsigned depth)
{
    ht_scan *s = &p->s;
    if (ht_scan_take(s, '"'))
        return parse_literal(p);
    if (ht_scan_take(s, '['))
        return ht_scan_class(s, false);
    if (ht_scan_take(s, '<'))
        return parse_atom(p);
    if (ht_scan_take(s, '.'))
        return ht_scan_any(s);
    if (ht_scan_take(s, '(')) {
        ht_expr *group = parse_choice(p, depth + 1);
        if (!ht_scan_take(s, ')'))
            ht_scan_fail(s, "')' is missing");
        return group;
    }
    const ht_str name = scan_name(s);
    if (name.len == 0)
        return ht_scan_fail(s, "expected a literal, a class, a rule's name or a group"), NULL;
    ht_expr *e = new_expr(p, HT_EXPR_RULE);
    if (e != NULL)
        e->rule = rule_index(p, name);
    return e;
}

static ht_expr *parse_sequence(gbnf *p, unsigned depth)
{
    ht_expr *sequence = new_expr(p, HT_EXPR_SEQUENCE);
    for (skip_blanks(&p->s); p->s.st == HT_OK && p->s.at < p->s.text.len; skip_blanks(&p->s)) {
        if (ht_scan_is(&p->s, '|') || ht_scan_is(&p->s, ')') || is_definition(&p->s))
            break;
        ht_expr *item = parse_item(p, depth);
        skip_blanks(&p->s);
        item = ht_scan_repeat(&p->s, item);
        if (p->s.st == HT_OK)
            ht_expr_append(sequence, item);
    }
    return sequence;
}

static ht_expr *parse_choice(gbnf *p, unsigned depth)
{
    if (depth > HT_EXPR_MAX_DEPTH)
        return ht_scan_fail(&p->s, "groups are nested more than 64 deep"), NULL;
    ht_expr *choice = new_expr(p, HT_EXPR_CHOICE);
    do {
        ht_expr *sequence = parse_sequence(p, depth);
        if (p->s.st == HT_OK)
            ht_expr_append(choice, sequence);
    } while (ht_scan_take(&p->s, '|'));
    return choice;
}

static void parse_rules(gbnf *p)
{
    ht_scan *s = &p->s;
    for (skip_blanks(s); s->st == HT_OK && s->at < s->text.len; skip_blanks(s)) {
        if (!is_definition(s)) {
            ht_scan_fail(s, "expected `name ::=`");
            return;
        }
        const uint32_t index = rule_index(p, scan_name(s));
        if (s->st == HT_OK && p->rules[index].body != NULL)
            ht_scan_fail(s, "this rule is defined twice");
        skip_blanks(s);
        s->at += 3; /* ::= */
        ht_expr *body = parse_choice(p, 0);
        if (s->st == HT_OK)
            p->rules[index].body = body;
    }
}

static ht_str name_of_rule(void *ctx, uint32_t index) { return ((gbnf *)ctx)->rules[index].name; }

static ht_status build_rules(gbnf *p, ht_grammar **out, ht_error *err)
{
    ht_build b;
    ht_build_init(&b);
    size_t root = p->n;
    for (size_t i = 0; i < p->n; i++) {
        ht_build_rule(&b);
        if (ht_str_is(p->rules[i].name, "root"))
            root = i;
    }
    ht_status st = HT_OK;
    for (size_t i = 0; i < p->n && st == HT_OK; i++)
        if (p->rules[i].body == NULL)
            st = ht_fail(err, HT_BAD_FORMAT, -1, "rule '%.*s' is used but not defined", HT_STR_ARG(p->rules[i].name));
        else
            ht_build_set_rule(&b, (uint32_t)i, ht_expr_build(&b, p->rules[i].body, false, HT_NODE_RETURN));
    if (st == HT_OK && root == p->n)
        st = ht_fail(err, HT_BAD_FORMAT, -1, "there is no rule named root");
    if (st == HT_OK) {
        const ht_node_id start = ht_build_call(&b, (uint32_t)root, HT_NODE_RETURN);
        st = ht_build_finish(&b, start, name_of_rule, p, out, err);
    }
    ht_build_deinit(&b);
    return st;
}

ht_status ht_grammar_from_gbnf(ht_str text, ht_grammar **out, ht_error *err)
{
    *out = NULL;
    ht_arena mem = {0};
    gbnf p = {.s = {.text = text, .mem = &mem, .err = err}};
    p.rules = ht_arena_array(&mem, MAX_RULES, sizeof *p.rules);
    if (p.rules == NULL)
        return ht_fail(err, HT_NO_MEMORY, -1, "grammar");
    parse_rules(&p);
    ht_status st = p.s.st;
    if (st == HT_OK)
        st = build_rules(&p, out, err);
    ht_arena_deinit(&mem);
    return st;
}
