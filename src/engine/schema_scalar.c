/* Strings and numbers of a schema. */
#include <float.h>
#include <math.h>

#include "engine/schema.h"

static const int64_t PLAIN_WHOLE = 999999999999999;    /* bounds of whole numbers that have none */
static const int64_t PLAIN_DECIMAL = 9000000000000000000; /* … and of other numbers that have one, in millionths */

ht_node_id ht_schema_free_string(ht_schema *s, ht_node_id next)
{
    const uint32_t max = s->opt.max_string > 0 ? s->opt.max_string : HT_REPEAT_ANY;
    return ht_build_bytes(s->b, HT_STR("\""), ht_build_string(s->b, 0, max, next));
}

ht_status ht_schema_string(ht_schema *s, const json_t *schema, const ht_schema_place *at, ht_node_id next, ht_node_id *out)
{
    const json_t *pattern = json_object_get(schema, "pattern");
    uint32_t min = 0, max = HT_REPEAT_ANY;
    ht_status st = ht_schema_count(s, schema, at, "minLength", &min);
    if (st == HT_OK)
        st = ht_schema_count(s, schema, at, "maxLength", &max);
    if (st != HT_OK)
        return st;
    if (pattern != NULL) {
        if (!json_is_string(pattern))
            return ht_schema_fail(s, at, HT_BAD_FORMAT, "\"pattern\" must be a string");
        if ((min > 0 || max != HT_REPEAT_ANY) && (st = ht_schema_refuse(s, at, "a length beside a pattern")) != HT_OK)
            return st;
        ht_node_id inside;
        ht_error why;
        st = ht_build_pattern(s->b, (ht_str){json_string_value(pattern), json_string_length(pattern)}, next, &inside, &why);
        if (st == HT_OK) {
            *out = ht_build_bytes(s->b, HT_STR("\""), inside);
            return HT_OK;
        }
        if (!s->opt.ignore_unknown)
            return ht_schema_fail(s, at, st, "pattern: %s", why.text);
    }
    if (max == HT_REPEAT_ANY && s->opt.max_string > 0)
        max = s->opt.max_string > min ? s->opt.max_string : min;
    if (max < min)
        return ht_schema_fail(s, at, HT_BAD_FORMAT, "maxLength is below minLength");
    *out = ht_build_bytes(s->b, HT_STR("\""), ht_build_string(s->b, min, max, next));
    return HT_OK;
}

/* v, given to a scale of `scale` steps in 1, as the nearest step inside the bound. */
static int64_t bound_of(const json_t *v, double scale, bool is_lower, bool is_exclusive)
{
    const double limit = 9.2e18;
    if (json_is_integer(v) && scale == 1.0) {
        const int64_t i = json_integer_value(v);
        return !is_exclusive || i == INT64_MAX || i == INT64_MIN ? i : is_lower ? i + 1 : i - 1;
    }
    double x = json_number_value(v) * scale;
    const double nearest = round(x);
    /* 0.3 is not a binary fraction, but three tenths are meant. */
    const bool is_step = fabs(x - nearest) <= fabs(x) * 4 * DBL_EPSILON;
    if (is_step)
        x = nearest;
    x = is_lower ? ceil(x) : floor(x);
    if (is_exclusive && is_step)
        x += is_lower ? 1 : -1;
    return (int64_t)(x > limit ? limit : x < -limit ? -limit : x);
}

typedef struct {
    int64_t lo, hi;
    bool has_lo, has_hi;
} bounds;

typedef struct {
    const char *keyword;
    bool is_lower, is_exclusive;
} bound_word;

static ht_status read_bound(ht_schema *s, const json_t *schema, const ht_schema_place *at, bound_word word, double scale, bounds *out)
{
    const json_t *v = json_object_get(schema, word.keyword);
    if (v == NULL)
        return HT_OK;
    if (!json_is_number(v))
        return ht_schema_fail(s, at, HT_BAD_FORMAT, "\"%s\" must be a number", word.keyword);
    const int64_t bound = bound_of(v, scale, word.is_lower, word.is_exclusive);
    if (word.is_lower && (!out->has_lo || bound > out->lo))
        out->lo = bound, out->has_lo = true;
    if (!word.is_lower && (!out->has_hi || bound < out->hi))
        out->hi = bound, out->has_hi = true;
    return HT_OK;
}

ht_status ht_schema_number(ht_schema *s, const json_t *schema, const ht_schema_place *at, bool is_whole, ht_node_id next, ht_node_id *out)
{
    static const bound_word words[] = {{"minimum", true, false}, {"exclusiveMinimum", true, true}, {"maximum", false, false}, {"exclusiveMaximum", false, true}};
    bounds r = {0};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        const ht_status st = read_bound(s, schema, at, words[i], is_whole ? 1.0 : 1e6, &r);
        if (st != HT_OK)
            return st;
    }
    if (!is_whole && !r.has_lo && !r.has_hi) {
        *out = ht_build_any_number(s->b, next);
        return HT_OK;
    }
    const int64_t plain = is_whole ? PLAIN_WHOLE : PLAIN_DECIMAL;
    if (!r.has_lo)
        r.lo = r.has_hi && r.hi < -plain ? INT64_MIN : -plain;
    if (!r.has_hi)
        r.hi = r.lo > plain ? INT64_MAX : plain;
    if (r.lo > r.hi)
        return ht_schema_fail(s, at, HT_BAD_FORMAT, "no %s lies between its bounds", is_whole ? "whole number" : "number");
    *out = is_whole ? ht_build_integers(s->b, r.lo, r.hi, next) : ht_build_decimals(s->b, r.lo, r.hi, next);
    return HT_OK;
}
