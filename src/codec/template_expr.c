/* The expressions of a template: recursive descent, a function a level of precedence. */
#include <stdlib.h>

#include "codec/template_private.h"

/* --- nodes --- */

/* Notes the first failure; always NULL, so that a function can return it. */
ht_node *ht_tp_fail(ht_template_parser *p, ht_status st, const char *what)
{
    if (!p->failed)
        ht_fail(p->err, st, p->at - p->begin, "template: %s at byte %zu", what, (size_t)(p->at - p->begin));
    p->failed = true;
    return NULL;
}

ht_node *ht_tp_node(ht_template_parser *p, ht_node_kind kind)
{
    ht_node *n = p->failed ? NULL : ht_arena_alloc(&p->t->mem, sizeof *n);
    if (n == NULL)
        return p->failed ? NULL : ht_tp_fail(p, HT_NO_MEMORY, "out of memory");
    n->kind = kind;
    return n;
}

static ht_node *constant(ht_template_parser *p, json_t *take_value)
{
    ht_node *n = ht_tp_node(p, HT_NODE_CONST);
    if (n == NULL || json_array_append(p->t->constants, take_value) != 0) {
        json_decref(take_value);
        return ht_tp_fail(p, HT_NO_MEMORY, "out of memory");
    }
    n->value = take_value;
    json_decref(take_value); /* the array keeps it */
    return n;
}

/* --- words --- */

bool ht_tp_is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
static bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
static bool is_digit(char c) { return c >= '0' && c <= '9'; }

void ht_tp_skip_space(ht_template_parser *p)
{
    while (p->at < p->end && ht_tp_is_space(*p->at))
        p->at++;
}

/* Takes a mark such as "==" or "(". */
bool ht_tp_take(ht_template_parser *p, const char *mark)
{
    const size_t n = strlen(mark);
    ht_tp_skip_space(p);
    if ((size_t)(p->end - p->at) < n || memcmp(p->at, mark, n) != 0)
        return false;
    p->at += n;
    return true;
}

ht_str ht_tp_peek_word(ht_template_parser *p)
{
    ht_tp_skip_space(p);
    const char *q = p->at;
    while (q < p->end && (is_letter(*q) || (q > p->at && is_digit(*q))))
        q++;
    return (ht_str){p->at, (size_t)(q - p->at)};
}

bool ht_tp_take_word(ht_template_parser *p, const char *word)
{
    const ht_str w = ht_tp_peek_word(p);
    if (!ht_str_is(w, word))
        return false;
    p->at += w.len;
    return true;
}

void ht_tp_want(ht_template_parser *p, const char *mark)
{
    if (!ht_tp_take(p, mark))
        ht_tp_fail(p, HT_BAD_FORMAT,
                   mark[0] == ')'   ? "')' expected"
                   : mark[0] == ']' ? "']' expected"
                   : mark[0] == '}' ? "'}' expected"
                                    : "unexpected sign");
}

/* --- expressions --- */

static ht_node *parse_text(ht_template_parser *p)
{
    const char quote = *p->at++;
    ht_buf b = {0};
    while (p->at < p->end && *p->at != quote) {
        char c = *p->at++;
        if (c == '\\' && p->at < p->end) {
            c = *p->at++;
            c = c == 'n' ? '\n' : c == 't' ? '\t' : c;
        }
        ht_buf_add_char(&b, c);
    }
    json_t *value = b.failed ? NULL : json_stringn(b.len ? b.ptr : "", b.len); /* NULL also where it is not UTF-8 */
    ht_buf_deinit(&b);
    if (p->at == p->end || value == NULL) {
        json_decref(value);
        return ht_tp_fail(p, HT_BAD_FORMAT, "a text is not closed or not UTF-8");
    }
    p->at++;
    return constant(p, value);
}

static ht_node *parse_number(ht_template_parser *p)
{
    char digits[48];
    size_t n = 0;
    bool is_real = false;
    while (p->at < p->end && (is_digit(*p->at) || (*p->at == '.' && !is_real)) && n < sizeof digits - 1) {
        is_real |= *p->at == '.';
        digits[n++] = *p->at++;
    }
    digits[n] = '\0';
    if (!is_real && n > 18)
        return ht_tp_fail(p, HT_TOO_BIG, "a number is too long");
    return constant(p, is_real ? json_real(strtod(digits, NULL)) : json_integer(strtoll(digits, NULL, 10)));
}

/* Items up to close; a dictionary's as key : value. */
static ht_node *parse_items(ht_template_parser *p, const char *close, bool is_dict)
{
    ht_node *first = NULL, **last = &first;
    for (int n = 0; !p->failed && !ht_tp_take(p, close); n++) {
        if (n > 0)
            ht_tp_want(p, ",");
        if (n > 0 && ht_tp_take(p, close)) /* a comma behind the last */
            break;
        if (n == HT_TEMPLATE_MAX_ARGS)
            return ht_tp_fail(p, HT_TOO_BIG, "too many items");
        for (int half = 0; half <= is_dict && !p->failed; half++) {
            if (half == 1)
                ht_tp_want(p, ":");
            ht_node *item = ht_tp_expr(p);
            if (item == NULL)
                return NULL;
            if (item->next != NULL)
                return ht_tp_fail(p, HT_BAD_FORMAT, "unexpected sign");
            *last = item;
            last = &item->next;
        }
    }
    return first;
}

static int count(const ht_node *list)
{
    int n = 0;
    for (; list != NULL; list = list->next)
        n++;
    return n;
}

/* A filter, method or function of subject; name and "(" … ")" are still to be read. */
static ht_node *parse_filter(ht_template_parser *p, ht_node *subject, bool needs_parens)
{
#define HT_FILTER_ROW(name, word, n) {word, n},
    static const struct {
        const char *word;
        int max_args;
    } filters[] = {HT_FILTER_LIST(HT_FILTER_ROW)};
#undef HT_FILTER_ROW
    const ht_str name = ht_tp_peek_word(p);
    int f = 0;
    while (f < HT_FILTER_COUNT && !ht_str_is(name, filters[f].word))
        f++;
    if (f == HT_FILTER_COUNT)
        return ht_tp_fail(p, HT_UNSUPPORTED, "a filter or function that is not known here");
    p->at += name.len;
    ht_node *n = ht_tp_node(p, HT_NODE_FILTER);
    if (n == NULL)
        return NULL;
    n->op = f;
    n->a = subject;
    if (ht_tp_take(p, "("))
        n->args = parse_items(p, ")", false);
    else if (needs_parens)
        return ht_tp_fail(p, HT_BAD_FORMAT, "'(' expected");
    if (subject == NULL && n->args != NULL) { /* a function is a filter of its first argument */
        n->a = n->args;
        n->args = n->a->next;
        n->a->next = NULL;
    }
    if (!p->failed && (n->a == NULL || count(n->args) > filters[f].max_args))
        return ht_tp_fail(p, HT_BAD_FORMAT, "the wrong number of arguments");
    return n;
}

static ht_node *parse_name(ht_template_parser *p, ht_str word)
{
    static const struct {
        const char *word;
        int value; /* 0, 1, or 2 for none */
    } fixed[] = {{"true", 1}, {"True", 1}, {"false", 0}, {"False", 0}, {"none", 2}, {"None", 2}, {"null", 2}};
    for (size_t i = 0; i < sizeof fixed / sizeof fixed[0]; i++)
        if (ht_str_is(word, fixed[i].word)) {
            p->at += word.len;
            return constant(p, fixed[i].value == 2 ? json_null() : json_boolean(fixed[i].value));
        }
    const char *after = p->at + word.len;
    while (after < p->end && ht_tp_is_space(*after))
        after++;
    if (after < p->end && *after == '(')
        return parse_filter(p, NULL, true);
    p->at += word.len;
    ht_node *n = ht_tp_node(p, HT_NODE_NAME);
    if (n != NULL)
        n->text = ht_arena_copy(&p->t->mem, word);
    return n;
}

static ht_node *parse_primary(ht_template_parser *p)
{
    const ht_str word = ht_tp_peek_word(p);
    ht_node *n;
    if (word.len > 0)
        return parse_name(p, word);
    if (p->at == p->end)
        return ht_tp_fail(p, HT_BAD_FORMAT, "an expression is missing");
    if (*p->at == '"' || *p->at == '\'')
        return parse_text(p);
    if (is_digit(*p->at))
        return parse_number(p);
    if (ht_tp_take(p, "(")) {
        n = ht_tp_expr(p);
        ht_tp_want(p, ")");
        return n;
    }
    const bool is_list = ht_tp_take(p, "[");
    if (!is_list && !ht_tp_take(p, "{"))
        return ht_tp_fail(p, HT_BAD_FORMAT, "an expression is missing");
    if ((n = ht_tp_node(p, is_list ? HT_NODE_LIST : HT_NODE_DICT)) != NULL)
        n->args = parse_items(p, is_list ? "]" : "}", !is_list);
    return n;
}

static ht_node *index_of(ht_template_parser *p, ht_node *a, ht_node *b)
{
    ht_node *n = ht_tp_node(p, HT_NODE_INDEX);
    if (n != NULL) {
        n->a = a;
        n->b = b;
    }
    return n;
}

/* What follows ".": a member, or a method such as get( ) and lower( ). */
static ht_node *parse_member(ht_template_parser *p, ht_node *n)
{
    const ht_str word = ht_tp_peek_word(p);
    const char *after = word.ptr + word.len;
    if (after < p->end && *after == '(')
        return parse_filter(p, n, true);
    if (word.len > 0) {
        p->at += word.len;
        return index_of(p, n, constant(p, json_stringn(word.ptr, word.len)));
    }
    return p->at < p->end && is_digit(*p->at) ? index_of(p, n, parse_number(p)) : ht_tp_fail(p, HT_BAD_FORMAT, "a name is missing");
}

static ht_node *parse_postfix(ht_template_parser *p)
{
    ht_node *n = parse_primary(p);
    for (int i = 0; !p->failed; i++) {
        if (i == HT_TEMPLATE_MAX_ARGS)
            return ht_tp_fail(p, HT_TOO_BIG, "a path is too long");
        if (ht_tp_take(p, ".")) {
            n = parse_member(p, n);
        } else if (ht_tp_take(p, "[")) {
            n = index_of(p, n, ht_tp_expr(p));
            ht_tp_want(p, "]");
        } else if (ht_tp_take(p, "|")) {
            n = parse_filter(p, n, false);
        } else {
            break;
        }
    }
    return n;
}

static ht_node *parse_unary(ht_template_parser *p)
{
    ht_tp_skip_space(p);
    const bool is_minus = p->at < p->end && *p->at == '-' && !(p->at + 1 < p->end && (p->at[1] == '}' || p->at[1] == '%'));
    if (!is_minus)
        return parse_postfix(p);
    p->at++;
    ht_node *n = ht_tp_node(p, HT_NODE_MINUS);
    if (n == NULL || ++p->depth > HT_TEMPLATE_MAX_DEPTH)
        return ht_tp_fail(p, HT_TOO_BIG, "nested too deeply");
    n->a = parse_unary(p);
    p->depth--;
    return n;
}

static ht_node *binary(ht_template_parser *p, int op, ht_node *a, ht_node *b)
{
    ht_node *n = ht_tp_node(p, HT_NODE_BINARY);
    if (n != NULL) {
        n->op = op;
        n->a = a;
        n->b = b;
    }
    return n;
}

/* "-" and "%" may belong to the mark that closes the expression. */
static bool is_closing(const ht_template_parser *p)
{
    const char *q = p->at;
    while (q < p->end && ht_tp_is_space(*q))
        q++;
    q += q < p->end && *q == '-';
    return p->end - q >= 2 && (q[0] == '}' || q[0] == '%') && q[1] == '}';
}

/* The operators of one level, loosest first; levels beyond it are tighter. */
static ht_node *parse_arithmetic(ht_template_parser *p, int level)
{
    static const struct {
        int level, op;
        const char *mark;
    } ops[] = {{0, HT_OP_JOIN, "~"}, {1, HT_OP_ADD, "+"}, {1, HT_OP_SUB, "-"}, {2, HT_OP_FLOOR_DIV, "//"}, {2, HT_OP_MUL, "*"}, {2, HT_OP_DIV, "/"},
               {2, HT_OP_MOD, "%"}};
    ht_node *n = level == 2 ? parse_unary(p) : parse_arithmetic(p, level + 1);
    for (int chain = 0; !p->failed && !is_closing(p); chain++) {
        size_t i = 0;
        while (i < sizeof ops / sizeof ops[0] && (ops[i].level != level || !ht_tp_take(p, ops[i].mark)))
            i++;
        if (i == sizeof ops / sizeof ops[0])
            return n;
        if (chain == HT_TEMPLATE_MAX_ARGS)
            return ht_tp_fail(p, HT_TOO_BIG, "too many operators in a row");
        n = binary(p, ops[i].op, n, level == 2 ? parse_unary(p) : parse_arithmetic(p, level + 1));
    }
    return n;
}

static ht_node *negate(ht_template_parser *p, ht_node *a)
{
    ht_node *n = ht_tp_node(p, HT_NODE_NOT);
    if (n != NULL)
        n->a = a;
    return n;
}

static ht_node *parse_test(ht_template_parser *p, ht_node *subject)
{
    static const char *const tests[] = {"defined", "undefined", "none", "number", "string"};
    const bool is_not = ht_tp_take_word(p, "not");
    const ht_str word = ht_tp_peek_word(p);
    ht_node *n = ht_tp_node(p, HT_NODE_TEST);
    size_t i = 0;
    while (i < sizeof tests / sizeof tests[0] && !ht_str_is(word, tests[i]))
        i++;
    if (n == NULL || i == sizeof tests / sizeof tests[0])
        return ht_tp_fail(p, HT_UNSUPPORTED, "a test that is not known here");
    p->at += word.len;
    n->a = subject;
    n->text = ht_str_from(tests[i]);
    return is_not ? negate(p, n) : n;
}

static ht_node *parse_comparison(ht_template_parser *p)
{
    static const struct {
        int op;
        const char *mark;
    } ops[] = {{HT_OP_EQ, "=="}, {HT_OP_NE, "!="}, {HT_OP_LE, "<="}, {HT_OP_GE, ">="}, {HT_OP_LT, "<"}, {HT_OP_GT, ">"}};
    ht_node *n = parse_arithmetic(p, 0);
    for (int chain = 0; !p->failed && chain < HT_TEMPLATE_MAX_ARGS; chain++) {
        size_t i = 0;
        while (i < sizeof ops / sizeof ops[0] && !ht_tp_take(p, ops[i].mark))
            i++;
        if (i < sizeof ops / sizeof ops[0]) {
            n = binary(p, ops[i].op, n, parse_arithmetic(p, 0));
        } else if (ht_tp_take_word(p, "in")) {
            n = binary(p, HT_OP_IN, n, parse_arithmetic(p, 0));
        } else if (ht_tp_take_word(p, "is")) {
            n = parse_test(p, n);
        } else if (ht_tp_take_word(p, "not")) {
            if (!ht_tp_take_word(p, "in"))
                return ht_tp_fail(p, HT_BAD_FORMAT, "'in' expected behind 'not'");
            n = binary(p, HT_OP_NOT_IN, n, parse_arithmetic(p, 0));
        } else {
            return n;
        }
    }
    return p->failed ? NULL : ht_tp_fail(p, HT_TOO_BIG, "too many operators in a row");
}

static ht_node *parse_not(ht_template_parser *p)
{
    int n_not = 0;
    while (ht_tp_take_word(p, "not"))
        n_not++;
    ht_node *n = parse_comparison(p);
    if (n_not > 0)
        n = negate(p, n);
    return n_not > 0 && n_not % 2 == 0 ? negate(p, n) : n;
}

static ht_node *parse_logic(ht_template_parser *p, bool is_or)
{
    ht_node *n = is_or ? parse_logic(p, false) : parse_not(p);
    for (int chain = 0; !p->failed && ht_tp_take_word(p, is_or ? "or" : "and"); chain++) {
        if (chain == HT_TEMPLATE_MAX_ARGS)
            return ht_tp_fail(p, HT_TOO_BIG, "too many operators in a row");
        n = binary(p, is_or ? HT_OP_OR : HT_OP_AND, n, is_or ? parse_logic(p, false) : parse_not(p));
    }
    return n;
}

ht_node *ht_tp_expr(ht_template_parser *p)
{
    if (++p->depth > HT_TEMPLATE_MAX_DEPTH)
        return ht_tp_fail(p, HT_TOO_BIG, "nested too deeply");
    ht_node *n = parse_logic(p, true);
    if (!p->failed && ht_tp_take_word(p, "if")) {
        ht_node *choice = ht_tp_node(p, HT_NODE_CHOICE), *condition = parse_logic(p, true);
        if (choice == NULL || p->failed)
            return NULL;
        choice->a = condition;
        choice->b = n;
        choice->c = ht_tp_take_word(p, "else") ? ht_tp_expr(p) : NULL;
        n = choice;
    }
    p->depth--;
    return p->failed ? NULL : n;
}
