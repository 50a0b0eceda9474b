/* The templates that devices announce to say how their reports are read and their commands written: the part of Jinja that is
 * found in real announcements. Pure: no clock, no files, no loops, so that a stranger's template can do no harm.
 *
 * Understood: text, {# remarks #}, {{ expression }}, {% if %} {% elif %} {% else %} {% endif %}, {% set name = … %}, "-" beside a mark to
 * take blanks away. Expressions: names, "text", numbers, true/false/none, lists, {dictionaries}, a.b, a["b"], a[0], x.get("k", d),
 * == != < <= > >=, in, not in, is [not] defined/none/number/string, and/or/not, + - * / // %, ~, a if c else b; the filters default, lower,
 * upper, trim, capitalize, int, float, round, abs, tojson, from_json, join, replace, string, bool, length, first, last; the functions float, int,
 * bool, iif, min, max. Anything else is HT_UNSUPPORTED. */
#ifndef HT_CODEC_TEMPLATE_H
#define HT_CODEC_TEMPLATE_H
#include <jansson.h>

#include "base/str.h"

typedef struct ht_template ht_template;

/* err->at is where in source it fails. HT_BAD_FORMAT: not a template; HT_UNSUPPORTED: beyond the part understood here;
 * HT_TOO_BIG: longer than 16 KiB or deeper than 48. */
HT_CHECKED ht_status ht_template_parse(ht_str source, ht_template **out, ht_error *err);
void ht_template_free(ht_template *t);

/* Appends the text that t gives with these variables (an object: "value", "value_json", "position" …). What is not there renders as
 * nothing; numbers and truths as Python writes them (21.0, True). Text is cut at 64 KiB. *is_whole: whether no expression came to
 * something that is not there; a report that lacks what a template asks for then says nothing about it. May be NULL. */
HT_CHECKED ht_status ht_template_render(const ht_template *t, const json_t *vars, ht_buf *out, bool *is_whole, ht_error *err);
#endif
