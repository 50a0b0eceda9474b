/* Scores one answer of `ask --batch` against its suite line. The words for actions and arguments are those of execute.h's
 * effects. Four kinds of line, told apart by their fields:
 *   "expect_changes"  the home afterwards: every expected entity changed so, no other changed ("ignore_changes" apart);
 *                     "expect_response": the reply contains one of these words
 *   "expect"          {"action","targets","targets_alt"?,"value"?}
 *   "family"          any one of these actions and no other, whatever the entity
 *   "oos": true       nothing may act
 *   "action"          with "targets", "targets_alt"?, "slots" */
#ifndef HT_ASSIST_GRADE_H
#define HT_ASSIST_GRADE_H
#include <jansson.h>

#include "base/str.h"

/* NULL = right, else why not, in a few words that are a constant or live in text. */
const char *ht_grade(const json_t *line, const json_t *answer, char *text, size_t text_size);
#endif
