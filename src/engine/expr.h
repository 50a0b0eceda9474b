/* Expressions of grammar rules and of regular expressions: the tree that gbnf.c and pattern.c parse into, and its nodes in a
 * grammar. Internal to the engine. The tree lives in the parser's arena. */
#ifndef HT_ENGINE_EXPR_H
#define HT_ENGINE_EXPR_H
#include "engine/grammar_build.h"

typedef enum { HT_EXPR_LITERAL, HT_EXPR_CLASS, HT_EXPR_RULE, HT_EXPR_ATOM, HT_EXPR_SEQUENCE, HT_EXPR_CHOICE, HT_EXPR_REPEAT } ht_expr_kind;

typedef struct {
    uint32_t lo, hi;
} ht_code_range;

typedef struct ht_expr ht_expr;
struct ht_expr {
    ht_expr_kind kind;
    ht_str text;            /* LITERAL, ATOM */
    ht_code_range *ranges;  /* CLASS: [n], sorted, apart; none = matches nothing */
    size_t n;
    uint32_t rule;          /* RULE */
    uint32_t min, max;      /* REPEAT of `first` */
    ht_expr *first, *last;  /* SEQUENCE, CHOICE, REPEAT: children */
    ht_expr *sibling, *previous; /* children of the same parent */
};

enum { HT_EXPR_MAX_DEPTH = 64, HT_EXPR_MAX_REPEAT = 100000 };

/* NULL: out of memory. */
ht_expr *ht_expr_new(ht_arena *mem, ht_expr_kind kind);
void ht_expr_append(ht_expr *parent, ht_expr *child);

/* Where a parser stands; at grows to text.len. */
typedef struct {
    ht_str text;
    size_t at;
    ht_arena *mem;
    ht_status st;     /* sticky */
    ht_error *err;
} ht_scan;

/* Fails with the line (GBNF) or column (one line) of s->at; the first failure stays. */
ht_status ht_scan_fail(ht_scan *s, const char *what);
bool ht_scan_is(const ht_scan *s, char c);   /* next byte is c */
bool ht_scan_take(ht_scan *s, char c);       /* … and steps over it */
/* One character, as it stands or as an escape (\n \r \t \f \v \xHH \uHHHH \UHHHHHHHH, \ and any ASCII punctuation). */
uint32_t ht_scan_char(ht_scan *s);
/* One character as it stands, of valid UTF-8. */
uint32_t ht_scan_raw(ht_scan *s);
/* A class after its "[" up to "]". with_sets: \d \w \s and their capitals are known (regular expressions). */
ht_expr *ht_scan_class(ht_scan *s, bool with_sets);
/* \d \w \s \D \W \S by letter, or `.` (all but line ends); NULL: not such a letter, nothing taken. */
ht_expr *ht_scan_set(ht_scan *s, char letter);
/* The class of all characters. */
ht_expr *ht_scan_any(ht_scan *s);
/* * + ? {m} {m,} {m,n} behind e, if there are any; returns e or its repetition. */
ht_expr *ht_scan_repeat(ht_scan *s, ht_expr *e);

/* Nodes of e. in_string: e is the inside of a JSON string: what must be escaped there is, and control characters that
 * have no short escape are left out of classes. */
ht_node_id ht_expr_build(ht_build *b, const ht_expr *e, bool in_string, ht_node_id next);
#endif
