/* Scanning characters, classes and repetitions. The nodes: expr_build.c. */
#include "engine/expr.h"

ht_expr *ht_expr_new(ht_arena *mem, ht_expr_kind kind)
{
    ht_expr *e = ht_arena_alloc(mem, sizeof *e);
    if (e != NULL)
        e->kind = kind;
    return e;
}

void ht_expr_append(ht_expr *parent, ht_expr *child)
{
    if (parent->last != NULL)
        parent->last->sibling = child;
    else
        parent->first = child;
    child->previous = parent->last;
    parent->last = child;
}

ht_status ht_scan_fail(ht_scan *s, const char *what)
{
    if (s->st != HT_OK)
        return s->st;
    size_t line = 1, column = 1;
    for (size_t i = 0; i < s->at && i < s->text.len; i++) {
        column = s->text.ptr[i] == '\n' ? 1 : column + 1;
        line += s->text.ptr[i] == '\n';
    }
    return s->st = ht_fail(s->err, HT_BAD_FORMAT, (int64_t)s->at, "line %zu, byte %zu: %s", line, column, what);
}

bool ht_scan_is(const ht_scan *s, char c) { return s->st == HT_OK && s->at < s->text.len && s->text.ptr[s->at] == c; }

bool ht_scan_take(ht_scan *s, char c)
{
    const bool is = ht_scan_is(s, c);
    s->at += is;
    return is;
}

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static uint32_t scan_hex(ht_scan *s, int n)
{
    uint32_t value = 0;
    for (int i = 0; i < n; i++, s->at++) {
        const int digit = s->at < s->text.len ? hex_value(s->text.ptr[s->at]) : -1;
        if (digit < 0)
            return ht_scan_fail(s, "hexadecimal digits are missing behind \\x, \\u or \\U"), 0;
        value = value << 4 | (uint32_t)digit;
    }
    if (value > HT_CODE_POINT_MAX || (value >= 0xD800 && value <= 0xDFFF))
        return ht_scan_fail(s, "not a Unicode character"), 0;
    return value;
}

uint32_t ht_scan_raw(ht_scan *s)
{
    if (s->st != HT_OK || s->at >= s->text.len)
        return ht_scan_fail(s, "unexpected end"), 0;
    const uint8_t *p = (const uint8_t *)s->text.ptr + s->at;
    const size_t left = s->text.len - s->at;
    const size_t n = p[0] < 0x80 ? 1 : p[0] < 0xC2 ? 0 : p[0] < 0xE0 ? 2 : p[0] < 0xF0 ? 3 : p[0] < 0xF5 ? 4 : 0;
    uint32_t c = n > 1 ? p[0] & (0x7Fu >> n) : p[0];
    bool is_valid = n > 0 && n <= left;
    for (size_t i = 1; is_valid && i < n; i++) {
        is_valid = (p[i] & 0xC0) == 0x80;
        c = c << 6 | (p[i] & 0x3F);
    }
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    if (!is_valid || c < least[n] || c > HT_CODE_POINT_MAX || (c >= 0xD800 && c <= 0xDFFF))
        return ht_scan_fail(s, "not valid UTF-8"), 0;
    s->at += n;
    return c;
}

uint32_t ht_scan_char(ht_scan *s)
{
    if (!ht_scan_take(s, '\\'))
        return ht_scan_raw(s);
    const uint32_t c = ht_scan_raw(s);
    switch (c) {
    case 'n': return '\n';
    case 'r': return '\r';
    case 't': return '\t';
    case 'f': return '\f';
    case 'v': return '\v';
    case 'x': return scan_hex(s, 2);
    case 'u': return scan_hex(s, 4);
    case 'U': return scan_hex(s, 8);
    default: break;
    }
    const bool is_word = (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
    if (s->st == HT_OK && (c >= 0x80 || is_word))
        return s->at--, ht_scan_fail(s, "this escape is not known"), 0;
    return c;
}

/* A class under construction: ranges as they come, then sorted and joined. */
typedef struct {
    ht_code_range *ranges;
    size_t n, cap;
} range_list;

static void add_range(ht_scan *s, range_list *l, uint32_t lo, uint32_t hi)
{
    if (s->st != HT_OK)
        return;
    if (l->n == l->cap) {
        const size_t cap = l->cap ? 2 * l->cap : 8;
        ht_code_range *grown = ht_arena_array(s->mem, cap, sizeof *grown);
        if (grown == NULL) {
            s->st = ht_fail(s->err, HT_NO_MEMORY, -1, "a class of %zu ranges", cap);
            return;
        }
        if (l->n > 0)
            memcpy(grown, l->ranges, l->n * sizeof *grown);
        l->ranges = grown;
        l->cap = cap;
    }
    size_t at = l->n++;
    for (; at > 0 && l->ranges[at - 1].lo > lo; at--)
        l->ranges[at] = l->ranges[at - 1];
    l->ranges[at] = (ht_code_range){lo, hi};
}

static ht_expr *finish_class(ht_scan *s, const range_list *l, bool is_negated)
{
    range_list joined = {0}, rest = {0};
    for (size_t i = 0; i < l->n; i++) {
        ht_code_range *end = joined.n > 0 ? &joined.ranges[joined.n - 1] : NULL;
        if (end != NULL && l->ranges[i].lo <= end->hi + 1)
            end->hi = end->hi > l->ranges[i].hi ? end->hi : l->ranges[i].hi;
        else
            add_range(s, &joined, l->ranges[i].lo, l->ranges[i].hi);
    }
    uint32_t from = 0;
    for (size_t i = 0; is_negated && i < joined.n; from = joined.ranges[i++].hi + 1)
        if (joined.ranges[i].lo > from)
            add_range(s, &rest, from, joined.ranges[i].lo - 1);
    if (is_negated && from <= HT_CODE_POINT_MAX)
        add_range(s, &rest, from, HT_CODE_POINT_MAX);
    ht_expr *e = ht_expr_new(s->mem, HT_EXPR_CLASS);
    if (e == NULL && s->st == HT_OK)
        s->st = ht_fail(s->err, HT_NO_MEMORY, -1, "a class");
    if (s->st != HT_OK)
        return NULL;
    e->ranges = is_negated ? rest.ranges : joined.ranges;
    e->n = is_negated ? rest.n : joined.n;
    return e;
}

/* Adds \d \w \s; with a capital letter, what lies between. False: not such a letter. */
static bool add_set(ht_scan *s, range_list *l, char letter)
{
    static const ht_code_range digits[] = {{'0', '9'}}, words[] = {{'0', '9'}, {'A', 'Z'}, {'_', '_'}, {'a', 'z'}},
                               blanks[] = {{'\t', '\r'}, {' ', ' '}, {0xA0, 0xA0}, {0x2028, 0x2029}, {0x3000, 0x3000}},
                               ends[] = {{'\n', '\n'}, {'\r', '\r'}, {0x2028, 0x2029}};
    const ht_code_range *set = digits;
    size_t n = 1;
    switch (letter) {
    case 'd': case 'D': break;
    case 'w': case 'W': set = words, n = sizeof words / sizeof words[0]; break;
    case 's': case 'S': set = blanks, n = sizeof blanks / sizeof blanks[0]; break;
    case '.': set = ends, n = sizeof ends / sizeof ends[0]; break;
    default: return false;
    }
    uint32_t from = 0;
    const bool is_negated = letter < 'a';
    for (size_t i = 0; i < n; from = set[i++].hi + 1)
        if (is_negated)
            add_range(s, l, from, set[i].lo - 1);
        else
            add_range(s, l, set[i].lo, set[i].hi);
    if (is_negated)
        add_range(s, l, from, HT_CODE_POINT_MAX);
    return true;
}

ht_expr *ht_scan_set(ht_scan *s, char letter)
{
    range_list l = {0};
    return add_set(s, &l, letter) ? finish_class(s, &l, false) : NULL;
}

ht_expr *ht_scan_any(ht_scan *s)
{
    range_list l = {0};
    add_range(s, &l, 0, HT_CODE_POINT_MAX);
    return finish_class(s, &l, false);
}

ht_expr *ht_scan_class(ht_scan *s, bool with_sets)
{
    range_list l = {0};
    const bool is_negated = ht_scan_take(s, '^');
    while (s->st == HT_OK && !ht_scan_take(s, ']')) {
        if (with_sets && s->text.len - s->at > 1 && ht_scan_is(s, '\\') && s->text.ptr[s->at + 1] != '.' &&
            add_set(s, &l, s->text.ptr[s->at + 1])) {
            s->at += 2;
            continue;
        }
        const uint32_t lo = ht_scan_char(s);
        uint32_t hi = lo;
        const bool is_range = ht_scan_is(s, '-') && s->text.len - s->at > 1 && s->text.ptr[s->at + 1] != ']';
        if (is_range && ht_scan_take(s, '-'))
            hi = ht_scan_char(s);
        if (hi < lo)
            ht_scan_fail(s, "the range in this class runs backwards");
        add_range(s, &l, lo, hi);
    }
    return finish_class(s, &l, is_negated);
}

static uint32_t scan_count(ht_scan *s)
{
    const size_t from = s->at;
    uint32_t n = 0;
    while (s->at < s->text.len && s->text.ptr[s->at] >= '0' && s->text.ptr[s->at] <= '9' && n <= HT_EXPR_MAX_REPEAT)
        n = n * 10 + (uint32_t)(s->text.ptr[s->at++] - '0');
    if (s->at == from)
        ht_scan_fail(s, "a number is missing in {m,n}");
    else if (n > HT_EXPR_MAX_REPEAT)
        ht_scan_fail(s, "a repetition of more than 100000 is not supported");
    return n;
}

/* False: no repetition here. */
static bool scan_limits(ht_scan *s, uint32_t *min, uint32_t *max)
{
    *min = 0, *max = HT_REPEAT_ANY;
    if (ht_scan_take(s, '*'))
        return true;
    if (ht_scan_take(s, '+'))
        return *min = 1, true;
    if (ht_scan_take(s, '?'))
        return *max = 1, true;
    if (!ht_scan_take(s, '{'))
        return false;
    *min = *max = scan_count(s);
    if (ht_scan_take(s, ','))
        *max = ht_scan_is(s, '}') ? HT_REPEAT_ANY : scan_count(s);
    if (!ht_scan_take(s, '}'))
        ht_scan_fail(s, "'}' is missing");
    else if (*max < *min)
        ht_scan_fail(s, "{m,n} runs backwards");
    return true;
}

ht_expr *ht_scan_repeat(ht_scan *s, ht_expr *e)
{
    uint32_t min, max;
    if (s->st != HT_OK || !scan_limits(s, &min, &max))
        return e;
    ht_expr *repeat = ht_expr_new(s->mem, HT_EXPR_REPEAT);
    if (repeat == NULL)
        return s->st = ht_fail(s->err, HT_NO_MEMORY, -1, "a repetition"), NULL;
    repeat->min = min;
    repeat->max = max;
    ht_expr_append(repeat, e);
    return repeat;
}
