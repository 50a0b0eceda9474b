/* Which texts a generation may produce, compiled from a JSON Schema, a list of tools or a grammar in GBNF notation.
 *
 * A grammar is a set of rules over bytes that may call each other (a recursive transition network); constraint.h turns it
 * into a mask over a vocabulary. It is immutable and knows no tokenizer: any thread, any number of constraints. Compiling
 * 45 tools with the names of a home takes well under a millisecond, so it is done anew for every request. */
#ifndef HT_ENGINE_GRAMMAR_H
#define HT_ENGINE_GRAMMAR_H
#include <jansson.h>

#include "base/str.h"

typedef struct ht_grammar ht_grammar;

void ht_grammar_free(ht_grammar *g); /* NULL is fine */

/* How JSON is written: one line exactly as jansson's json_dumps(JSON_PRESERVE_ORDER) prints it, ", " and ": " between, no
 * other blanks; text raw UTF-8 with `"`, `\` and control characters escaped (\n, \u001F), no other escape. Objects give
 * their properties in the schema's order; an optional one may be left out.
 *
 * Understood: type (also a list of types), properties, required, additionalProperties, items, minItems, maxItems,
 * minLength, maxLength (characters), pattern, enum, const, minimum, maximum, exclusiveMinimum, exclusiveMaximum, anyOf,
 * oneOf, allOf of one schema, $ref into the same document, true and {}. Titles, descriptions, defaults, formats, examples
 * and unknown words say nothing. What is produced is always valid, though not all that is valid can be produced:
 *   - an object with `properties` has no others; without them, additionalProperties describes a map (keys may repeat);
 *   - oneOf is taken as anyOf: its alternatives should exclude each other;
 *   - whole numbers have at most 15 digits unless bounds say more; other numbers at most 9 after the point, no exponent.
 * pattern: a regular expression of literals, classes, groups, |, * + ? {m,n}, ^ and $ at its ends; searched, as JSON Schema
 * wants, unless anchored. */
typedef struct {
    uint32_t max_string;   /* characters of a string without maxLength or pattern; 0 = any number */
    const json_t *defs;    /* object that "#/$defs/…" falls back to where the document has no such entry, or NULL. Borrowed */
    bool ignore_unknown;   /* a keyword that cannot be held to (uniqueItems, multipleOf, not …) is ignored, not refused */
} ht_schema_options;

/* The texts of one JSON value. opt NULL: all zero. schema is read, not kept. HT_UNSUPPORTED or HT_BAD_FORMAT names the place
 * as a JSON pointer and the keyword; HT_TOO_BIG beyond 64 levels or a million nodes; *out is NULL on failure. */
HT_CHECKED ht_status ht_grammar_from_schema(const json_t *schema, const ht_schema_options *opt, ht_grammar **out, ht_error *err);

typedef struct {
    ht_str name;
    const json_t *parameters; /* schema of an object; NULL = no arguments. The same pointer in several places is compiled once */
} ht_tool_spec;

typedef struct {
    ht_schema_options schema;
    uint32_t max_calls;    /* 0 = 1 */
    bool allow_text;       /* or else free text, not empty, in which `open` never occurs */
    bool text_then_calls;  /* free text may be followed by calls */
    ht_str open, close;    /* around a call; empty: "<tool_call>" and "</tool_call>". Tokens of their own where the vocabulary
                            * has them, so do not put more into them than the token; blanks go into before and after */
    ht_str before, after;  /* within open and close ("\n" for some models); default empty */
    ht_str between;        /* calls; default empty */
} ht_tools_options;

/* One to max_calls calls, one behind the other, then the end:
 *     <tool_call>{"name": "HassTurnOn", "arguments": {"area": "客厅"}}</tool_call>
 * opt NULL: all zero. HT_BAD_ARG without tools unless text is allowed; other errors as above, with the tool's name. */
HT_CHECKED ht_status ht_grammar_from_tools(const ht_tool_spec *tools, size_t n, const ht_tools_options *opt, ht_grammar **out,
                                           ht_error *err);

/* Rules in GBNF notation; the text is what `root` derives.
 *     root   ::= "yes" | "no, " reason     # a comment
 *     reason ::= [a-zA-Z ]{1,40} [^\n]* ( "." | "!" )?
 * Names: letters, digits, - and _. Literals and classes know \n \r \t \\ \" \] \- \^ \xHH \uHHHH \UHHHHHHHH; `.` is any
 * character; <|name|> or <name> is a token with that text. A rule ends where the next begins. HT_BAD_FORMAT names the line;
 * left recursion and repetition of what can be empty are refused, and so is a root that can never end. */
HT_CHECKED ht_status ht_grammar_from_gbnf(ht_str text, ht_grammar **out, ht_error *err);
#endif
