/* The compiled form of a grammar, and the builder that the notations share. Internal to the engine.
 *
 * A node consumes something and names the node after it, so a rule is built from its end: ht_build_bytes(b, "}", NEXT) gives
 * the node that reads "}" and goes on at NEXT. A rule's last node goes on at HT_NODE_RETURN. */
#ifndef HT_ENGINE_GRAMMAR_BUILD_H
#define HT_ENGINE_GRAMMAR_BUILD_H
#include "base/arena.h"
#include "engine/grammar.h"

typedef int32_t ht_node_id;

/* The first two nodes of every grammar. */
enum { HT_NODE_ACCEPT = 0, HT_NODE_RETURN = 1, HT_NODE_NONE = -1 };
#define HT_REPEAT_ANY UINT32_MAX /* no maximum */

typedef enum {
    HT_KIND_ACCEPT, /* the text may end here */
    HT_KIND_RETURN, /* back to whoever called this rule or repetition */
    HT_KIND_BYTES,  /* bytes[a … a+b), b >= 1 */
    HT_KIND_RANGE,  /* one byte lo … hi */
    HT_KIND_SPLIT,  /* one of targets[a … a+b); next unused */
    HT_KIND_CALL,   /* rule a */
    HT_KIND_REPEAT, /* the nodes from a up to RETURN, limits[b] times */
    HT_KIND_STRING, /* inside of a JSON string and its closing quote, limits[b] characters */
    HT_KIND_TEXT,   /* free UTF-8 text, ended by RETURN at any character but the first; bytes[a … a+b) never occurs in it,
                     * bytes[a+b … a+2b) is that text's failure table. next: where it may also go on, or HT_NODE_NONE */
    HT_KIND_ATOM    /* the token with the text atoms[a]; node b reads its bytes where the vocabulary has no such token */
} ht_node_kind;

typedef struct {
    uint8_t kind; /* ht_node_kind */
    uint8_t lo, hi;
    ht_node_id next;
    uint32_t a, b;
} ht_node;

typedef struct {
    uint32_t min, max; /* max >= min; HT_REPEAT_ANY */
} ht_limits;

typedef struct {
    uint32_t offset, len; /* of its text in bytes */
} ht_atom;

struct ht_grammar {
    ht_node *nodes;
    ht_node_id *targets;
    char *bytes;
    ht_limits *limits;
    ht_node_id *rules; /* [n_rules] first node of each */
    ht_atom *atoms;
    size_t n_nodes, n_targets, n_bytes, n_limits, n_rules, n_atoms;
    ht_node_id root;
};

/* Sticky: after a failure every call returns HT_NODE_RETURN and st stays. All zero is ready after ht_build_init. */
typedef struct {
    ht_grammar *g;
    size_t cap_nodes, cap_targets, cap_bytes, cap_limits, cap_rules, cap_atoms;
    ht_status st;
} ht_build;

void ht_build_init(ht_build *b);
void ht_build_deinit(ht_build *b); /* frees what ht_build_finish did not hand over */

/* Each returns the first node. Empty bytes and a SPLIT of one target are the next node itself. */
ht_node_id ht_build_bytes(ht_build *b, ht_str bytes, ht_node_id next);
ht_node_id ht_build_range(ht_build *b, uint8_t lo, uint8_t hi, ht_node_id next);
ht_node_id ht_build_split(ht_build *b, const ht_node_id *targets, size_t n);
ht_node_id ht_build_or(ht_build *b, ht_node_id x, ht_node_id y);
ht_node_id ht_build_call(ht_build *b, uint32_t rule, ht_node_id next);
/* body was built with HT_NODE_RETURN at its end. min = max = 1 is not shortened. */
ht_node_id ht_build_repeat(ht_build *b, ht_node_id body, uint32_t min, uint32_t max, ht_node_id next);
ht_node_id ht_build_string(ht_build *b, uint32_t min, uint32_t max, ht_node_id next);
/* avoid: 1 … 255 bytes; exit: HT_NODE_NONE or where the text may be left for. Ends a rule. */
ht_node_id ht_build_text(ht_build *b, ht_str avoid, ht_node_id exit);
ht_node_id ht_build_atom(ht_build *b, ht_str text, ht_node_id next);

/* A rule that can be called before it has its nodes. */
uint32_t ht_build_rule(ht_build *b);
void ht_build_set_rule(ht_build *b, uint32_t rule, ht_node_id first);

/* Adds [lo … hi] as UTF-8 byte sequences to a SPLIT's targets, at most HT_UTF8_PIECES of them (surrogates are left out);
 * returns how many. */
enum { HT_UTF8_PIECES = 16, HT_CODE_POINT_MAX = 0x10FFFF };
size_t ht_build_code_points(ht_build *b, uint32_t lo, uint32_t hi, ht_node_id next, ht_node_id out[HT_UTF8_PIECES]);

/* Checks the whole and hands it over: alternatives that can never end are dropped. rule_name, if given, names a rule in
 * errors. HT_BAD_FORMAT: the root can never end, a rule calls itself before reading anything, an empty repetition. */
typedef ht_str ht_rule_name_fn(void *ctx, uint32_t rule);
HT_CHECKED ht_status ht_build_finish(ht_build *b, ht_node_id root, ht_rule_name_fn *rule_name, void *ctx, ht_grammar **out,
                                     ht_error *err);

/* schema_number.c: whole numbers lo … hi, and decimals lo … hi in millionths; lo <= hi. */
ht_node_id ht_build_integers(ht_build *b, int64_t lo, int64_t hi, ht_node_id next);
ht_node_id ht_build_decimals(ht_build *b, int64_t lo, int64_t hi, ht_node_id next);
ht_node_id ht_build_any_number(ht_build *b, ht_node_id next);

/* pattern.c: the inside of a JSON string that matches a regular expression, and its closing quote. */
HT_CHECKED ht_status ht_build_pattern(ht_build *b, ht_str pattern, ht_node_id next, ht_node_id *out, ht_error *err);
#endif
