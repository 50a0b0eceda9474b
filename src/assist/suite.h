/* Runs the lines of an evaluation suite, each from a fresh home: what `ask --batch` prints and `eval home` scores. */
#ifndef HT_ASSIST_SUITE_H
#define HT_ASSIST_SUITE_H
#include "assist/assist.h"

/* One suite line (format in docs/API of `ask --batch`: "id","text","lang","home","area_context","now","history","setup","timers",
 * "lists","confirm"; others ignored) against homes, the "homes" object of a home file. *out: {"id", … as ht_response_json},
 * caller owns. HT_NOT_FOUND names a home or an entity of setup that is not there. */
HT_CHECKED ht_status ht_suite_run_line(ht_assist *a, const json_t *homes, const json_t *line, json_t **out, ht_error *err);

/* "2026-11-23T21:33:00" with an optional zone ("Z", "+08:00"; none = local time) to seconds since 1970; false if malformed. */
bool ht_parse_iso_time(const char *text, int64_t *out_unix_s);
#endif
