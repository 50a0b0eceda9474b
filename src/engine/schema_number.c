/* Numbers between bounds, digit by digit: as the digits of a range's ends are read, a number stays tight against an end or
 * comes free of it. */
#include "engine/grammar_build.h"

enum { MAX_INT_DIGITS = 19, PLAIN_INT_DIGITS = 15, SCALE_DIGITS = 6, FRACTION_DIGITS = 9, SCALE = 1000000 };

/* At most n more digits, at least min. */
static ht_node_id up_to_digits(ht_build *b, unsigned min, unsigned n, ht_node_id next)
{
    ht_node_id node = next;
    for (unsigned i = 1; i <= n; i++) {
        node = ht_build_range(b, '0', '9', node);
        if (n - i >= min)
            node = ht_build_or(b, node, next);
    }
    return node;
}

/* Digits from … to of one place; nothing if there are none. */
static size_t add_digits(ht_build *b, int from, int to, ht_node_id next, ht_node_id *out)
{
    if (from > to)
        return 0;
    *out = ht_build_range(b, (uint8_t)('0' + from), (uint8_t)('0' + to), next);
    return 1;
}

/* The numbers lo … hi, both written with the same n digits. */
static ht_node_id same_length(ht_build *b, const char *lo, const char *hi, unsigned n, ht_node_id next)
{
    bool is_all = true;
    for (unsigned i = 0; i < n; i++)
        is_all &= lo[i] == '0' && hi[i] == '9';
    if (is_all)
        return up_to_digits(b, n, n, next);
    if (lo[0] == hi[0])
        return ht_build_range(b, (uint8_t)lo[0], (uint8_t)lo[0], same_length(b, lo + 1, hi + 1, n - 1, next));
    static const char zeros[] = "0000000000000000000", nines[] = "9999999999999999999";
    ht_node_id targets[3];
    size_t k = add_digits(b, lo[0] - '0', lo[0] - '0', same_length(b, lo + 1, nines, n - 1, next), targets);
    k += add_digits(b, lo[0] - '0' + 1, hi[0] - '0' - 1, up_to_digits(b, n - 1, n - 1, next), targets + k);
    k += add_digits(b, hi[0] - '0', hi[0] - '0', same_length(b, zeros, hi + 1, n - 1, next), targets + k);
    return ht_build_split(b, targets, k);
}

static unsigned write_digits(uint64_t value, char out[MAX_INT_DIGITS + 1])
{
    char reversed[MAX_INT_DIGITS + 1];
    unsigned n = 0;
    do {
        reversed[n++] = (char)('0' + value % 10);
        value /= 10;
    } while (value > 0);
    for (unsigned i = 0; i < n; i++)
        out[i] = reversed[n - 1 - i];
    return n;
}

/* Without sign or leading zeros: one alternative for each number of digits. */
static ht_node_id magnitudes(ht_build *b, uint64_t lo, uint64_t hi, ht_node_id next)
{
    ht_node_id targets[MAX_INT_DIGITS + 1];
    size_t n = 0;
    while (lo <= hi) {
        char from[MAX_INT_DIGITS + 1], to[MAX_INT_DIGITS + 1];
        const unsigned n_digits = write_digits(lo, from);
        uint64_t last = 9; /* largest number of as many digits */
        for (unsigned i = 1; i < n_digits; i++)
            last = last * 10 + 9;
        const uint64_t end = hi < last ? hi : last;
        write_digits(end, to);
        targets[n++] = same_length(b, from, to, n_digits, next);
        if (end == hi)
            break;
        lo = end + 1;
    }
    return ht_build_split(b, targets, n);
}

static uint64_t magnitude_of(int64_t negative) { return (uint64_t)0 - (uint64_t)negative; }

ht_node_id ht_build_integers(ht_build *b, int64_t lo, int64_t hi, ht_node_id next)
{
    ht_node_id targets[2];
    size_t n = 0;
    if (lo < 0) {
        const ht_node_id digits = magnitudes(b, hi < 0 ? magnitude_of(hi) : 1, magnitude_of(lo), next);
        targets[n++] = ht_build_bytes(b, HT_STR("-"), digits);
    }
    if (hi >= 0)
        targets[n++] = magnitudes(b, lo > 0 ? (uint64_t)lo : 0, (uint64_t)hi, next);
    return ht_build_split(b, targets, n);
}

/* Digits behind the point from place `at` on, which keep to lo and hi [SCALE_DIGITS] where still tight against them. */
typedef struct {
    ht_build *b;
    const char *lo, *hi;
    ht_node_id next;
} fraction;

static ht_node_id fraction_digits(const fraction *f, unsigned at, bool is_tight_lo, bool is_tight_hi)
{
    is_tight_lo &= at < SCALE_DIGITS; /* all its digits were read: met, whatever follows */
    if (!is_tight_lo && !is_tight_hi)
        return up_to_digits(f->b, at == 0, FRACTION_DIGITS - at, f->next);
    if (at == SCALE_DIGITS) { /* at the upper end itself: zeros only */
        ht_node_id zeros = f->next;
        for (unsigned i = at; i < FRACTION_DIGITS; i++)
            zeros = ht_build_or(f->b, ht_build_range(f->b, '0', '0', zeros), f->next);
        return zeros;
    }
    const int lo = is_tight_lo ? f->lo[at] - '0' : 0, hi = is_tight_hi ? f->hi[at] - '0' : 9;
    ht_node_id targets[4];
    size_t n = 0;
    if (is_tight_lo && is_tight_hi && lo == hi) {
        n += add_digits(f->b, lo, hi, fraction_digits(f, at + 1, true, true), targets);
    } else {
        if (is_tight_lo)
            n += add_digits(f->b, lo, lo, fraction_digits(f, at + 1, true, false), targets);
        n += add_digits(f->b, lo + is_tight_lo, hi - is_tight_hi, fraction_digits(f, at + 1, false, false), targets + n);
        if (is_tight_hi)
            n += add_digits(f->b, hi, hi, fraction_digits(f, at + 1, false, true), targets + n);
    }
    /* What was read may end here unless lo asks for more than zeros. */
    bool may_end = at > 0;
    for (unsigned i = at; is_tight_lo && i < SCALE_DIGITS; i++)
        may_end &= f->lo[i] == '0';
    if (may_end)
        targets[n++] = f->next;
    return ht_build_split(f->b, targets, n);
}

/* "." and digits from lo to hi (millionths; hi = SCALE: up to the next whole number), which may be left out where lo is 0. */
static ht_node_id optional_fraction(ht_build *b, uint64_t lo, uint64_t hi, ht_node_id next)
{
    char from[SCALE_DIGITS], to[SCALE_DIGITS];
    uint64_t low = lo, high = hi;
    for (unsigned i = SCALE_DIGITS; i-- > 0; low /= 10, high /= 10) {
        from[i] = (char)('0' + low % 10);
        to[i] = (char)('0' + high % 10);
    }
    const fraction f = {.b = b, .lo = from, .hi = to, .next = next};
    const ht_node_id point = ht_build_bytes(b, HT_STR("."), fraction_digits(&f, 0, lo > 0, hi < SCALE));
    return lo == 0 ? ht_build_or(b, point, next) : point;
}

/* Unsigned decimals in millionths. */
static ht_node_id decimal_magnitudes(ht_build *b, uint64_t lo, uint64_t hi, ht_node_id next)
{
    const uint64_t first = lo / SCALE, last = hi / SCALE;
    if (first == last)
        return magnitudes(b, first, first, optional_fraction(b, lo % SCALE, hi % SCALE, next));
    ht_node_id targets[3];
    size_t n = 0;
    targets[n++] = magnitudes(b, first, first, optional_fraction(b, lo % SCALE, SCALE, next));
    if (first + 1 < last)
        targets[n++] = magnitudes(b, first + 1, last - 1, optional_fraction(b, 0, SCALE, next));
    targets[n++] = magnitudes(b, last, last, optional_fraction(b, 0, hi % SCALE, next));
    return ht_build_split(b, targets, n);
}

ht_node_id ht_build_decimals(ht_build *b, int64_t lo, int64_t hi, ht_node_id next)
{
    ht_node_id targets[2];
    size_t n = 0;
    if (lo < 0) {
        const ht_node_id digits = decimal_magnitudes(b, hi < 0 ? magnitude_of(hi) : 1, magnitude_of(lo), next);
        targets[n++] = ht_build_bytes(b, HT_STR("-"), digits);
    }
    if (hi >= 0)
        targets[n++] = decimal_magnitudes(b, lo > 0 ? (uint64_t)lo : 0, (uint64_t)hi, next);
    return ht_build_split(b, targets, n);
}

ht_node_id ht_build_any_number(ht_build *b, ht_node_id next)
{
    const ht_node_id point = ht_build_bytes(b, HT_STR("."), up_to_digits(b, 1, FRACTION_DIGITS, next));
    const ht_node_id end = ht_build_or(b, point, next);
    const ht_node_id digits = ht_build_range(b, '1', '9', up_to_digits(b, 0, PLAIN_INT_DIGITS - 1, end));
    const ht_node_id magnitude = ht_build_or(b, ht_build_range(b, '0', '0', end), digits);
    return ht_build_or(b, ht_build_bytes(b, HT_STR("-"), magnitude), magnitude);
}
