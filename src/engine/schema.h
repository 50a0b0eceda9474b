/* JSON Schema → nodes of a grammar. Internal to the engine: schema.c decides what a schema is, schema_object.c holds objects
 * and arrays, schema_scalar.c strings and numbers, schema_number.c the digits; tools_grammar.c puts tool calls around it.
 * Every builder below takes the schema, the place for errors and the node behind the value, and gives the value's first
 * node; on failure *out is not to be used and s->err says why. */
#ifndef HT_ENGINE_SCHEMA_H
#define HT_ENGINE_SCHEMA_H
#include "engine/grammar_build.h"

/* A rule for each schema that is used in more than one place. */
typedef struct {
    const json_t *schema; /* NULL: free slot */
    uint32_t rule;
} ht_schema_rule;

typedef struct {
    ht_build *b;
    ht_schema_options opt;
    const json_t *root; /* what "#" means */
    ht_schema_rule *rules; /* [cap_rules] hash table, a power of two */
    size_t n_rules, cap_rules;
    uint32_t any_rule; /* of any JSON value; valid if has_any_rule */
    bool has_any_rule;
    ht_arena mem; /* lists of alternatives */
    ht_error *err; /* of the call under way; never NULL */
} ht_schema;

/* Where in the document the work is, for errors. */
typedef struct ht_schema_place ht_schema_place;
struct ht_schema_place {
    const ht_schema_place *up;
    const char *key; /* NULL: index */
    size_t index;
    unsigned depth;
};

/* b is borrowed; opt may be NULL. */
void ht_schema_init(ht_schema *s, ht_build *b, const ht_schema_options *opt);
void ht_schema_deinit(ht_schema *s);
/* The nodes of one value of schema, whose "#" is schema itself. *out is HT_NODE_RETURN on failure. */
HT_CHECKED ht_status ht_schema_build(ht_schema *s, const json_t *schema, ht_node_id next, ht_node_id *out, ht_error *err);

/* Fails with the place as a JSON pointer in front. */
HT_CHECKED ht_status ht_schema_fail(const ht_schema *s, const ht_schema_place *at, ht_status st, const char *fmt, ...) HT_PRINTF(4, 5);
/* A keyword that cannot be held to: HT_OK if opt.ignore_unknown, else HT_UNSUPPORTED. */
HT_CHECKED ht_status ht_schema_refuse(const ht_schema *s, const ht_schema_place *at, const char *keyword);
/* A count ("minItems") in *out, unchanged where the schema has none. */
HT_CHECKED ht_status ht_schema_count(const ht_schema *s, const json_t *schema, const ht_schema_place *at, const char *keyword, uint32_t *out);

HT_CHECKED ht_status ht_schema_fail_memory(const ht_schema *s);

/* One value, in place. */
HT_CHECKED ht_status ht_schema_value(ht_schema *s, const json_t *schema, const ht_schema_place *at, ht_node_id next, ht_node_id *out);
/* One value through its rule, which is built on first use; it is known before its body, so that it may call itself. */
HT_CHECKED ht_status ht_schema_call(ht_schema *s, const json_t *schema, const ht_schema_place *at, ht_node_id next, ht_node_id *out);

/* schema_object.c */
HT_CHECKED ht_status ht_schema_object(ht_schema *s, const json_t *schema, const ht_schema_place *at, ht_node_id next, ht_node_id *out);
HT_CHECKED ht_status ht_schema_array(ht_schema *s, const json_t *schema, const ht_schema_place *at, ht_node_id next, ht_node_id *out);
/* Any JSON value. */
ht_node_id ht_schema_any(ht_schema *s, ht_node_id next);

/* schema_scalar.c */
HT_CHECKED ht_status ht_schema_string(ht_schema *s, const json_t *schema, const ht_schema_place *at, ht_node_id next, ht_node_id *out);
HT_CHECKED ht_status ht_schema_number(ht_schema *s, const json_t *schema, const ht_schema_place *at, bool is_whole, ht_node_id next,
                                      ht_node_id *out);
/* A free string and its quotes, as long as the options allow. */
ht_node_id ht_schema_free_string(ht_schema *s, ht_node_id next);
#endif
