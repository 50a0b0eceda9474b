/* A parsed template, shared by template_parse.c and template_eval.c. */
#ifndef HT_CODEC_TEMPLATE_PRIVATE_H
#define HT_CODEC_TEMPLATE_PRIVATE_H
#include "base/arena.h"
#include "codec/template.h"

typedef enum {
    HT_NODE_TEXT,   /* text */
    HT_NODE_PRINT,  /* {{ a }} */
    HT_NODE_IF,     /* condition a, then the list b, else the list c */
    HT_NODE_SET,    /* text = a */
    HT_NODE_CONST,  /* value */
    HT_NODE_NAME,   /* text */
    HT_NODE_LIST,   /* args */
    HT_NODE_DICT,   /* args: key, value, key, value … */
    HT_NODE_INDEX,  /* a[b] */
    HT_NODE_CHOICE, /* b if a else c; c NULL: nothing */
    HT_NODE_NOT,    /* not a */
    HT_NODE_MINUS,  /* -a */
    HT_NODE_BINARY, /* a op b */
    HT_NODE_TEST,   /* a is text, the name of a test */
    HT_NODE_FILTER  /* function `op` of a and args */
} ht_node_kind;

/* Of HT_NODE_BINARY. */
typedef enum {
    HT_OP_OR, HT_OP_AND, HT_OP_EQ, HT_OP_NE, HT_OP_LT, HT_OP_LE, HT_OP_GT, HT_OP_GE, HT_OP_IN, HT_OP_NOT_IN,
    HT_OP_JOIN, HT_OP_ADD, HT_OP_SUB, HT_OP_MUL, HT_OP_DIV, HT_OP_FLOOR_DIV, HT_OP_MOD
} ht_node_op;

/* Filters, methods and functions: enumerator, name, most arguments besides the one it is applied to. */
#define HT_FILTER_LIST(X)                                                                                                                       \
    X(HT_FILTER_DEFAULT, "default", 2) X(HT_FILTER_D, "d", 2) X(HT_FILTER_LOWER, "lower", 0) X(HT_FILTER_UPPER, "upper", 0)                     \
    X(HT_FILTER_TRIM, "trim", 0) X(HT_FILTER_CAPITALIZE, "capitalize", 0) X(HT_FILTER_TITLE, "title", 0) X(HT_FILTER_INT, "int", 1)             \
    X(HT_FILTER_FLOAT, "float", 1) X(HT_FILTER_ROUND, "round", 2) X(HT_FILTER_ABS, "abs", 0) X(HT_FILTER_TOJSON, "tojson", 0)                   \
    X(HT_FILTER_TO_JSON, "to_json", 0) X(HT_FILTER_FROM_JSON, "from_json", 0) X(HT_FILTER_JOIN, "join", 1) X(HT_FILTER_REPLACE, "replace", 2)   \
    X(HT_FILTER_STRING, "string", 0) X(HT_FILTER_BOOL, "bool", 1) X(HT_FILTER_LENGTH, "length", 0) X(HT_FILTER_FIRST, "first", 0)               \
    X(HT_FILTER_LAST, "last", 0) X(HT_FILTER_GET, "get", 2) X(HT_FILTER_IIF, "iif", 3) X(HT_FILTER_MIN, "min", 8) X(HT_FILTER_MAX, "max", 8)
#define HT_FILTER_ENUM(name, word, n) name,
typedef enum { HT_FILTER_LIST(HT_FILTER_ENUM) HT_FILTER_COUNT } ht_filter;
#undef HT_FILTER_ENUM

enum { HT_TEMPLATE_MAX_SOURCE = 16 << 10, HT_TEMPLATE_MAX_TEXT = 64 << 10, HT_TEMPLATE_MAX_DEPTH = 48, HT_TEMPLATE_MAX_ARGS = 64 };

typedef struct ht_node {
    ht_node_kind kind;
    int op;         /* ht_node_op or ht_filter */
    ht_str text;    /* in the template's arena */
    json_t *value;  /* borrowed from ht_template.constants */
    struct ht_node *a, *b, *c;
    struct ht_node *args; /* the first of them */
    struct ht_node *next; /* the next statement or argument */
} ht_node;

struct ht_template {
    ht_arena mem;
    json_t *constants; /* array that keeps them */
    ht_node *first;
};

/* --- parsing: statements in template_parse.c, the rest in template_expr.c --- */
typedef struct {
    ht_template *t;
    const char *begin, *at, *end; /* of the source */
    int depth;
    ht_error *err; /* not NULL */
    bool failed;
} ht_template_parser;

/* Notes the first failure; always NULL, so that a function can return it. */
ht_node *ht_tp_fail(ht_template_parser *p, ht_status st, const char *what);
/* NULL after a failure, and when memory is gone. */
ht_node *ht_tp_node(ht_template_parser *p, ht_node_kind kind);
bool ht_tp_is_space(char c);
void ht_tp_skip_space(ht_template_parser *p);
/* Takes a mark such as "==" or "(", and blanks before it. */
bool ht_tp_take(ht_template_parser *p, const char *mark);
bool ht_tp_take_word(ht_template_parser *p, const char *word);
void ht_tp_want(ht_template_parser *p, const char *mark);
/* The name that comes next, not taken yet; len 0 if there is none. */
ht_str ht_tp_peek_word(ht_template_parser *p);
/* NULL after a failure. */
ht_node *ht_tp_expr(ht_template_parser *p);
#endif
