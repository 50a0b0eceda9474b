/* Renders a parsed template. A value is a json_t; NULL is what is not there ("undefined"). */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "codec/template_private.h"

enum { MAX_EVAL_DEPTH = 300 };

typedef struct {
    const json_t *vars; /* the caller's */
    json_t *own;        /* what {% set %} made */
    ht_buf *out;
    int depth;
    bool is_whole;
} render;

static json_t *eval(render *r, const ht_node *n);

/* A new string, or NULL if it is too long or not UTF-8. */
static json_t *string(ht_str s) { return s.len <= HT_TEMPLATE_MAX_TEXT ? json_stringn(s.len ? s.ptr : "", s.len) : NULL; }

/* The buffer's text, which goes with it; NULL as string(). */
static json_t *finished(ht_buf *b)
{
    json_t *s = b->failed ? NULL : string(ht_buf_str(b));
    ht_buf_deinit(b);
    return s;
}

static ht_str text_of(const json_t *v) { return (ht_str){json_string_value(v), json_string_length(v)}; }

/* The shortest digits that give x back, as Python writes it. */
static void print_real(double x, ht_buf *out)
{
    char text[40];
    if (!isfinite(x)) {
        ht_buf_add_c(out, isnan(x) ? "nan" : x > 0 ? "inf" : "-inf");
    } else if (fabs(x) < 1e15 && x == floor(x)) {
        ht_buf_addf(out, "%.1f", x);
    } else {
        for (int digits = 1; digits <= 17; digits++) {
            snprintf(text, sizeof text, "%.*g", digits, x);
            if (strtod(text, NULL) == x)
                break;
        }
        ht_buf_add_c(out, text);
    }
}

static int add_bounded(const char *text, size_t n, void *ctx)
{
    ht_buf *out = ctx;
    ht_buf_add(out, text, n);
    return out->failed || out->len > HT_TEMPLATE_MAX_TEXT ? -1 : 0;
}

/* Appends v as JSON; false if it is too long. A list that holds itself many times over must not be written out. */
static bool dump(const json_t *v, ht_buf *out)
{
    ht_buf text = {0};
    const bool ok = json_dump_callback(v, add_bounded, &text, JSON_ENCODE_ANY | JSON_COMPACT | JSON_PRESERVE_ORDER) == 0;
    if (ok)
        ht_buf_add_str(out, ht_buf_str(&text));
    ht_buf_deinit(&text);
    return ok;
}

static void print(const json_t *v, ht_buf *out)
{
    switch (v ? json_typeof(v) : JSON_NULL) {
    case JSON_STRING:  ht_buf_add_str(out, text_of(v)); break;
    case JSON_INTEGER: ht_buf_addf(out, "%" JSON_INTEGER_FORMAT, json_integer_value(v)); break;
    case JSON_REAL:    print_real(json_real_value(v), out); break;
    case JSON_TRUE:    ht_buf_add_c(out, "True"); break;
    case JSON_FALSE:   ht_buf_add_c(out, "False"); break;
    case JSON_NULL:    ht_buf_add_c(out, v ? "None" : ""); break;
    default:           (void)dump(v, out);
    }
}

static json_t *printed(const json_t *v)
{
    ht_buf b = {0};
    print(v, &b);
    return finished(&b);
}

static bool is_true(const json_t *v)
{
    switch (v ? json_typeof(v) : JSON_NULL) {
    case JSON_NULL:
    case JSON_FALSE:   return false;
    case JSON_TRUE:    return true;
    case JSON_INTEGER: return json_integer_value(v) != 0;
    case JSON_REAL:    return json_real_value(v) != 0;
    case JSON_STRING:  return json_string_length(v) > 0;
    case JSON_ARRAY:   return json_array_size(v) > 0;
    default:           return json_object_size(v) > 0;
    }
}

/* Numbers and truths count; a text only if it is a number and from_text is set. */
static bool number(const json_t *v, bool from_text, double *out)
{
    if (json_is_number(v) || json_is_boolean(v)) {
        *out = json_is_number(v) ? json_number_value(v) : json_is_true(v);
        return true;
    }
    if (!from_text || !json_is_string(v))
        return false;
    const ht_str s = ht_str_trim(text_of(v));
    char copy[64], *end;
    if (s.len == 0 || s.len >= sizeof copy)
        return false;
    memcpy(copy, s.ptr, s.len);
    copy[s.len] = '\0';
    *out = strtod(copy, &end);
    return *end == '\0' && end != copy && isfinite(*out) && strpbrk(copy, "xXpP") == NULL;
}

static json_t *whole_number(double x) { return fabs(x) < 9e15 ? json_integer((json_int_t)x) : NULL; }

/* --- operators --- */

static bool equal(const json_t *a, const json_t *b)
{
    double x, y;
    if (number(a, false, &x) && number(b, false, &y))
        return x == y;
    return a == NULL || b == NULL ? a == b : json_equal(a, b);
}

static bool contains(const json_t *item, const json_t *in)
{
    if (json_is_string(in))
        return json_is_string(item) && ht_str_find(text_of(in), text_of(item), 0) >= 0;
    if (json_is_object(in))
        return json_is_string(item) && json_object_get(in, json_string_value(item)) != NULL;
    for (size_t i = 0; i < json_array_size(in); i++)
        if (equal(item, json_array_get(in, i)))
            return true;
    return false;
}

/* -1, 0, 1; 2 where they cannot be compared. */
static int compare(const json_t *a, const json_t *b)
{
    double x, y;
    if (number(a, false, &x) && number(b, false, &y))
        return x < y ? -1 : x > y;
    if (!json_is_string(a) || !json_is_string(b))
        return 2;
    const int c = strcmp(json_string_value(a), json_string_value(b));
    return c < 0 ? -1 : c > 0;
}

static json_t *joined(const json_t *a, const json_t *b)
{
    ht_buf text = {0};
    print(a, &text);
    print(b, &text);
    return finished(&text);
}

static json_t *calculate(int op, const json_t *a, const json_t *b)
{
    double x, y, z = 0;
    if (op == HT_OP_ADD && json_is_string(a) && json_is_string(b))
        return joined(a, b);
    if (!number(a, false, &x) || !number(b, false, &y) || (op >= HT_OP_DIV && y == 0))
        return NULL;
    switch (op) {
    case HT_OP_ADD:       z = x + y; break;
    case HT_OP_SUB:       z = x - y; break;
    case HT_OP_MUL:       z = x * y; break;
    case HT_OP_DIV:       return json_real(x / y);
    case HT_OP_FLOOR_DIV: z = floor(x / y); break;
    default:              z = x - floor(x / y) * y; break;
    }
    return json_is_real(a) || json_is_real(b) ? json_real(z) : whole_number(z); /* json_real gives NULL for what is not finite */
}

static json_t *binary(render *r, const ht_node *n)
{
    json_t *a = eval(r, n->a);
    if (n->op == HT_OP_OR || n->op == HT_OP_AND) {
        if (is_true(a) == (n->op == HT_OP_OR))
            return a;
        json_decref(a);
        return eval(r, n->b);
    }
    json_t *b = eval(r, n->b), *result;
    const int c = compare(a, b);
    switch (n->op) {
    case HT_OP_EQ:     result = json_boolean(equal(a, b)); break;
    case HT_OP_NE:     result = json_boolean(!equal(a, b)); break;
    case HT_OP_LT:     result = json_boolean(c == -1); break;
    case HT_OP_LE:     result = json_boolean(c <= 0); break;
    case HT_OP_GT:     result = json_boolean(c == 1); break;
    case HT_OP_GE:     result = json_boolean(c == 0 || c == 1); break;
    case HT_OP_IN:     result = json_boolean(contains(a, b)); break;
    case HT_OP_NOT_IN: result = json_boolean(!contains(a, b)); break;
    case HT_OP_JOIN:   result = joined(a, b); break;
    default:           result = calculate(n->op, a, b);
    }
    json_decref(a);
    json_decref(b);
    return result;
}

static json_t *member(const json_t *a, const json_t *b)
{
    if (json_is_object(a))
        return json_is_string(b) ? json_incref(json_object_get(a, json_string_value(b))) : NULL;
    if (!json_is_array(a) || !json_is_integer(b))
        return NULL;
    const json_int_t n = (json_int_t)json_array_size(a), i = json_integer_value(b);
    return i >= -n && i < n ? json_incref(json_array_get(a, (size_t)(i < 0 ? i + n : i))) : NULL;
}

/* --- filters --- */

static json_t *cased(const json_t *v, int filter)
{
    ht_buf b = {0};
    print(v, &b);
    for (size_t i = 0; i < b.len; i++) {
        const bool is_first = i == 0 || (filter == HT_FILTER_TITLE && b.ptr[i - 1] == ' ');
        const bool up = filter == HT_FILTER_UPPER || (filter != HT_FILTER_LOWER && is_first);
        if (up ? b.ptr[i] >= 'a' && b.ptr[i] <= 'z' : b.ptr[i] >= 'A' && b.ptr[i] <= 'Z')
            b.ptr[i] ^= 32;
    }
    return finished(&b);
}

static json_t *rounded(const json_t *v, const json_t *digits, const json_t *method)
{
    double x, n = 0;
    if (!number(v, true, &x) || (digits != NULL && !number(digits, false, &n)) || fabs(n) > 12)
        return NULL;
    const double scale = pow(10, round(n));
    x *= scale;
    x = ht_str_is(text_of(method), "floor") ? floor(x) : ht_str_is(text_of(method), "ceil") ? ceil(x) : nearbyint(x);
    return n == 0 ? whole_number(x) : json_real(x / scale);
}

static json_t *joined_list(const json_t *list, ht_str between)
{
    ht_buf b = {0};
    for (size_t i = 0; i < json_array_size(list) && b.len <= HT_TEMPLATE_MAX_TEXT; i++) {
        if (i > 0)
            ht_buf_add_str(&b, between);
        print(json_array_get(list, i), &b);
    }
    return finished(&b);
}

static json_t *replaced(const json_t *v, ht_str from, ht_str to)
{
    json_t *whole = printed(v);
    const ht_str s = text_of(whole);
    ht_buf b = {0};
    size_t at = 0;
    for (ptrdiff_t i; from.len > 0 && b.len <= HT_TEMPLATE_MAX_TEXT && (i = ht_str_find(s, from, at)) >= 0; at = (size_t)i + from.len) {
        ht_buf_add(&b, s.ptr + at, (size_t)i - at);
        ht_buf_add_str(&b, to);
    }
    if (s.len > at)
        ht_buf_add(&b, s.ptr + at, s.len - at);
    json_t *out = b.failed || whole == NULL ? NULL : string(ht_buf_str(&b));
    ht_buf_deinit(&b);
    json_decref(whole);
    return out;
}

static json_t *truth(const json_t *v, const json_t *otherwise)
{
    static const char *const yes[] = {"true", "yes", "on", "enable", "1"}, *const no[] = {"false", "no", "off", "disable", "0"};
    if (json_is_number(v) || json_is_boolean(v))
        return json_boolean(is_true(v));
    json_t *word = cased(v, HT_FILTER_LOWER), *out = NULL;
    for (size_t i = 0; i < sizeof yes / sizeof yes[0]; i++)
        if (ht_str_is(text_of(word), yes[i]) || ht_str_is(text_of(word), no[i]))
            out = json_boolean(ht_str_is(text_of(word), yes[i]));
    json_decref(word);
    return out ? out : json_incref((json_t *)otherwise);
}

static json_t *parsed(ht_str s) { return s.ptr ? json_loadb(s.ptr, s.len, JSON_DECODE_ANY, NULL) : NULL; }

static json_t *dumped(const json_t *v)
{
    ht_buf text = {0};
    json_t *s = v != NULL && dump(v, &text) && !text.failed ? string(ht_buf_str(&text)) : NULL;
    ht_buf_deinit(&text);
    return s;
}

static json_t *length(const json_t *v)
{
    return json_integer((json_int_t)(json_is_string(v) ? json_string_length(v) : json_is_array(v) ? json_array_size(v) : json_object_size(v)));
}

/* The least or greatest of a list, or of the arguments. */
static json_t *extreme(json_t *v, json_t *const args[], size_t n_args, int sign)
{
    json_t *best = json_is_array(v) ? json_array_get(v, 0) : v;
    for (size_t i = 0; json_is_array(v) && i < json_array_size(v); i++)
        if (compare(json_array_get(v, i), best) == sign)
            best = json_array_get(v, i);
    for (size_t i = 0; i < n_args; i++)
        if (compare(args[i], best) == sign)
            best = args[i];
    return json_incref(best);
}

static json_t *apply(int filter, json_t *v, json_t *const args[3], size_t n_args)
{
    double x;
    switch (filter) {
    case HT_FILTER_D:
    case HT_FILTER_DEFAULT: return v == NULL || (is_true(args[1]) && !is_true(v)) ? json_incref(args[0]) : json_incref(v);
    case HT_FILTER_LOWER:
    case HT_FILTER_UPPER:
    case HT_FILTER_CAPITALIZE:
    case HT_FILTER_TITLE:   return cased(v, filter);
    case HT_FILTER_TRIM:    return json_is_string(v) ? string(ht_str_trim(text_of(v))) : printed(v);
    case HT_FILTER_INT:     return number(v, true, &x) ? whole_number(trunc(x)) : json_incref(args[0]);
    case HT_FILTER_FLOAT:   return number(v, true, &x) ? json_real(x) : json_incref(args[0]);
    case HT_FILTER_ROUND:   return rounded(v, args[0], args[1]);
    case HT_FILTER_ABS:     return !number(v, false, &x) ? NULL : json_is_real(v) ? json_real(fabs(x)) : whole_number(fabs(x));
    case HT_FILTER_TOJSON:
    case HT_FILTER_TO_JSON: return dumped(v);
    case HT_FILTER_FROM_JSON: return parsed(text_of(v));
    case HT_FILTER_JOIN:    return joined_list(v, text_of(args[0]));
    case HT_FILTER_REPLACE: return replaced(v, text_of(args[0]), text_of(args[1]));
    case HT_FILTER_STRING:  return printed(v);
    case HT_FILTER_BOOL:    return truth(v, args[0]);
    case HT_FILTER_LENGTH:  return length(v);
    case HT_FILTER_FIRST:   return json_incref(json_array_get(v, 0));
    case HT_FILTER_LAST:    return json_array_size(v) > 0 ? json_incref(json_array_get(v, json_array_size(v) - 1)) : NULL;
    case HT_FILTER_IIF:     return is_true(v) ? json_incref(n_args > 0 ? args[0] : v) : json_incref(args[1]);
    case HT_FILTER_MIN:     return extreme(v, args, n_args, -1);
    case HT_FILTER_MAX:     return extreme(v, args, n_args, 1);
    default: /* HT_FILTER_GET */
        if (json_is_object(v) && json_is_string(args[0]) && json_object_get(v, json_string_value(args[0])) != NULL)
            return json_incref(json_object_get(v, json_string_value(args[0])));
        return n_args > 1 || !json_is_object(v) ? json_incref(args[1]) : json_null();
    }
}

static json_t *filter(render *r, const ht_node *n)
{
    json_t *v = eval(r, n->a), *args[8] = {0};
    size_t n_args = 0;
    for (const ht_node *a = n->args; a != NULL && n_args < sizeof args / sizeof args[0]; a = a->next)
        args[n_args++] = eval(r, a);
    json_t *result = apply(n->op, v, args, n_args);
    json_decref(v);
    for (size_t i = 0; i < n_args; i++)
        json_decref(args[i]);
    return result;
}

/* --- the tree --- */

static json_t *collection(render *r, const ht_node *n)
{
    json_t *out = n->kind == HT_NODE_LIST ? json_array() : json_object();
    for (const ht_node *a = n->args; out != NULL && a != NULL; a = a->next) {
        json_t *v = eval(r, a);
        if (n->kind == HT_NODE_LIST) {
            json_array_append_new(out, v ? v : json_null());
            continue;
        }
        a = a->next; /* the value behind the key: the parser has seen to it */
        json_t *key = printed(v), *value = eval(r, a);
        if (key != NULL)
            json_object_set_new(out, json_string_value(key), value ? value : json_null());
        else
            json_decref(value);
        json_decref(key);
        json_decref(v);
    }
    return out;
}

static json_t *name(const render *r, ht_str s)
{
    json_t *own = json_object_getn(r->own, s.ptr, s.len);
    return json_incref(own ? own : json_object_getn(r->vars, s.ptr, s.len));
}

static json_t *test(render *r, const ht_node *n)
{
    json_t *v = eval(r, n->a);
    const bool is_so = ht_str_is(n->text, "defined")     ? v != NULL
                       : ht_str_is(n->text, "undefined") ? v == NULL
                       : ht_str_is(n->text, "none")      ? json_is_null(v)
                       : ht_str_is(n->text, "string")    ? json_is_string(v)
                                                         : json_is_number(v) || json_is_boolean(v);
    json_decref(v);
    return json_boolean(is_so);
}

static json_t *index_or_choice(render *r, const ht_node *n)
{
    json_t *a = eval(r, n->a), *result;
    if (n->kind == HT_NODE_CHOICE) {
        const ht_node *chosen = is_true(a) ? n->b : n->c;
        result = chosen ? eval(r, chosen) : string(HT_STR(""));
    } else {
        json_t *b = eval(r, n->b);
        result = member(a, b);
        json_decref(b);
    }
    json_decref(a);
    return result;
}

static json_t *eval(render *r, const ht_node *n)
{
    json_t *v = NULL, *a;
    double x;
    if (++r->depth <= MAX_EVAL_DEPTH)
        switch (n->kind) {
        case HT_NODE_CONST:  v = json_incref(n->value); break;
        case HT_NODE_NAME:   v = name(r, n->text); break;
        case HT_NODE_LIST:
        case HT_NODE_DICT:   v = collection(r, n); break;
        case HT_NODE_INDEX:
        case HT_NODE_CHOICE: v = index_or_choice(r, n); break;
        case HT_NODE_BINARY: v = binary(r, n); break;
        case HT_NODE_TEST:   v = test(r, n); break;
        case HT_NODE_FILTER: v = filter(r, n); break;
        case HT_NODE_NOT:
            a = eval(r, n->a);
            v = json_boolean(!is_true(a));
            json_decref(a);
            break;
        case HT_NODE_MINUS:
            a = eval(r, n->a);
            v = !number(a, false, &x) ? NULL : json_is_real(a) ? json_real(-x) : whole_number(-x);
            json_decref(a);
            break;
        default: break; /* statements are run's */
        }
    r->depth--;
    return v;
}

/* A list is kept only while it can be written out: lists of lists of one another would grow without end. */
static void set(render *r, ht_str key, json_t *v)
{
    json_t *text = json_is_array(v) || json_is_object(v) ? dumped(v) : json_null();
    if (v == NULL || text == NULL)
        json_object_deln(r->own, key.ptr, key.len);
    else
        json_object_setn(r->own, key.ptr, key.len, v);
    json_decref(text);
}

static void run(render *r, const ht_node *n)
{
    for (; n != NULL && r->out->len <= HT_TEMPLATE_MAX_TEXT; n = n->next) {
        json_t *v = n->a ? eval(r, n->a) : NULL;
        switch (n->kind) {
        case HT_NODE_TEXT:
            ht_buf_add_str(r->out, n->text);
            break;
        case HT_NODE_PRINT:
            r->is_whole &= v != NULL;
            print(v, r->out);
            break;
        case HT_NODE_SET:
            set(r, n->text, v);
            break;
        default: /* HT_NODE_IF; chains of elif are as deep as the parser let them be */
            run(r, is_true(v) ? n->b : n->c);
        }
        json_decref(v);
    }
}

ht_status ht_template_render(const ht_template *t, const json_t *vars, ht_buf *out, bool *is_whole, ht_error *err)
{
    ht_buf text = {0};
    render r = {.vars = vars, .own = json_object(), .out = &text, .is_whole = true};
    if (r.own == NULL)
        return ht_fail(err, HT_NO_MEMORY, -1, "template: out of memory");
    run(&r, t->first);
    json_decref(r.own);
    ht_buf_add(out, text.ptr, text.len < HT_TEMPLATE_MAX_TEXT ? text.len : HT_TEMPLATE_MAX_TEXT);
    const bool failed = text.failed || out->failed;
    ht_buf_deinit(&text);
    if (is_whole != NULL)
        *is_whole = r.is_whole;
    return failed ? ht_fail(err, HT_NO_MEMORY, -1, "template: out of memory") : HT_OK;
}
