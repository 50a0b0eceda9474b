/* One schema: what decides about it (reference, alternatives, values, type), rules for what is used in several places. Built
 * from the last node to the first. Objects and arrays: schema_object.c. */
#include "engine/schema.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "engine/text_machine.h"

enum { MAX_DEPTH = 64, MAX_COUNT = (1 << 27) - 1 };

void ht_schema_init(ht_schema *s, ht_build *b, const ht_schema_options *opt)
{
    *s = (ht_schema){.b = b};
    if (opt != NULL)
        s->opt = *opt;
    if (s->opt.max_string > MAX_COUNT)
        s->opt.max_string = MAX_COUNT;
}

void ht_schema_deinit(ht_schema *s)
{
    free(s->rules);
    ht_arena_deinit(&s->mem);
}

static void write_place(const ht_schema_place *at, ht_buf *out)
{
    if (at->up == NULL)
        return;
    write_place(at->up, out);
    if (at->key != NULL)
        ht_buf_addf(out, "/%.40s", at->key);
    else
        ht_buf_addf(out, "/%zu", at->index);
}

ht_status ht_schema_fail(const ht_schema *s, const ht_schema_place *at, ht_status st, const char *fmt, ...)
{
    char text[sizeof s->err->text];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    ht_buf place = {0};
    write_place(at, &place);
    ht_fail(s->err, st, -1, "schema%s%.100s: %.140s", place.len > 0 ? " at " : "", place.len > 0 ? place.ptr : "", text);
    ht_buf_deinit(&place);
    return st;
}

ht_status ht_schema_refuse(const ht_schema *s, const ht_schema_place *at, const char *keyword)
{
    return s->opt.ignore_unknown ? HT_OK : ht_schema_fail(s, at, HT_UNSUPPORTED, "%s cannot be held to; remove it", keyword);
}

ht_status ht_schema_count(const ht_schema *s, const json_t *schema, const ht_schema_place *at, const char *keyword, uint32_t *out)
{
    const json_t *v = json_object_get(schema, keyword);
    if (v == NULL)
        return HT_OK;
    const double count = json_number_value(v);
    if (!json_is_number(v) || !(count >= 0) || count != floor(count))
        return ht_schema_fail(s, at, HT_BAD_FORMAT, "\"%s\" must be a whole number from 0 on", keyword);
    if (count <= MAX_COUNT)
        *out = (uint32_t)count;
    else if (keyword[1] == 'i') /* min…; a maximum as large as this is none */
        return ht_schema_fail(s, at, HT_TOO_BIG, "\"%s\" is more than %d", keyword, MAX_COUNT);
    return HT_OK;
}

ht_status ht_schema_fail_memory(const ht_schema *s) { return ht_fail(s->err, HT_NO_MEMORY, -1, "schema: out of memory"); }

/* The slot of schema in the table of rules, or the free one where it belongs. */
static ht_schema_rule *find_slot(ht_schema_rule *rules, size_t cap, const json_t *schema)
{
    size_t i = (size_t)((uintptr_t)schema >> 4) * 0x9E3779B97F4A7C15u >> 20;
    for (i &= cap - 1; rules[i].schema != NULL && rules[i].schema != schema; i = (i + 1) & (cap - 1))
        ;
    return &rules[i];
}

static bool reserve_rules(ht_schema *s)
{
    if (2 * (s->n_rules + 1) <= s->cap_rules)
        return true;
    const size_t cap = s->cap_rules ? 2 * s->cap_rules : 256;
    ht_schema_rule *grown = calloc(cap, sizeof *grown);
    if (grown == NULL)
        return false;
    for (size_t i = 0; i < s->cap_rules; i++)
        if (s->rules[i].schema != NULL)
            *find_slot(grown, cap, s->rules[i].schema) = s->rules[i];
    free(s->rules);
    s->rules = grown;
    s->cap_rules = cap;
    return true;
}

ht_status ht_schema_call(ht_schema *s, const json_t *schema, const ht_schema_place *at, ht_node_id next, ht_node_id *out)
{
    if (!reserve_rules(s))
        return ht_schema_fail_memory(s);
    ht_schema_rule *slot = find_slot(s->rules, s->cap_rules, schema);
    uint32_t rule = slot->rule;
    ht_status st = HT_OK;
    if (slot->schema == NULL) {
        rule = ht_build_rule(s->b);
        *slot = (ht_schema_rule){schema, rule};
        s->n_rules++;
        ht_node_id body;
        if ((st = ht_schema_value(s, schema, at, HT_NODE_RETURN, &body)) == HT_OK)
            ht_build_set_rule(s->b, rule, body);
    }
    *out = ht_build_call(s->b, rule, next);
    return st;
}

static bool is_of_type(const json_t *v, const char *type)
{
    switch (json_typeof(v)) {
    case JSON_OBJECT:  return strcmp(type, "object") == 0;
    case JSON_ARRAY:   return strcmp(type, "array") == 0;
    case JSON_STRING:  return strcmp(type, "string") == 0;
    case JSON_INTEGER: return strcmp(type, "integer") == 0 || strcmp(type, "number") == 0;
    case JSON_REAL:    return strcmp(type, "number") == 0;
    case JSON_NULL:    return strcmp(type, "null") == 0;
    default:           return strcmp(type, "boolean") == 0;
    }
}

/* Whether the schema's `type`, if it has one, lets v be. */
static bool type_allows(const json_t *schema, const json_t *v)
{
    const json_t *type = json_object_get(schema, "type");
    bool is_allowed = type == NULL || (json_is_string(type) && is_of_type(v, json_string_value(type)));
    for (size_t i = 0; i < json_array_size(type); i++) {
        const char *name = json_string_value(json_array_get(type, i));
        is_allowed |= name != NULL && is_of_type(v, name);
    }
    return is_allowed;
}

/* Exactly the text of v. */
static ht_node_id build_constant(ht_schema *s, const json_t *v, ht_node_id next)
{
    ht_buf text = {0};
    if (json_is_string(v)) {
        ht_buf_add_char(&text, '"');
        ht_json_escape_text(&text, (ht_str){json_string_value(v), json_string_length(v)});
        ht_buf_add_char(&text, '"');
    } else {
        char *dump = json_dumps(v, JSON_PRESERVE_ORDER | JSON_ENCODE_ANY);
        text.failed = dump == NULL;
        ht_buf_add_c(&text, dump ? dump : "");
        free(dump);
    }
    if (text.failed && s->b->st == HT_OK)
        s->b->st = HT_NO_MEMORY;
    const ht_node_id node = ht_build_bytes(s->b, ht_buf_str(&text), next);
    ht_buf_deinit(&text);
    return node;
}

static ht_status build_enum(ht_schema *s, const json_t *schema, const json_t *values, const ht_schema_place *at, ht_node_id next,
                            ht_node_id *out)
{
    if (!json_is_array(values) || json_array_size(values) == 0)
        return ht_schema_fail(s, at, HT_BAD_FORMAT, "\"enum\" must be an array of at least one value");
    ht_node_id *targets = ht_arena_array(&s->mem, json_array_size(values), sizeof *targets);
    size_t n = 0;
    if (targets == NULL)
        return ht_schema_fail_memory(s);
    for (size_t i = 0; i < json_array_size(values); i++)
        if (type_allows(schema, json_array_get(values, i)))
            targets[n++] = build_constant(s, json_array_get(values, i), next);
    if (n == 0)
        return ht_schema_fail(s, at, HT_BAD_FORMAT, "no value of \"enum\" has the type wanted");
    *out = ht_build_split(s->b, targets, n);
    return HT_OK;
}

static ht_status build_choice(ht_schema *s, const json_t *schemas, const char *keyword, const ht_schema_place *at, ht_node_id next,
                              ht_node_id *out)
{
    const size_t n = json_array_size(schemas);
    if (!json_is_array(schemas) || n == 0)
        return ht_schema_fail(s, at, HT_BAD_FORMAT, "\"%s\" must be an array of at least one schema", keyword);
    ht_node_id *targets = ht_arena_array(&s->mem, n, sizeof *targets);
    if (targets == NULL)
        return ht_schema_fail_memory(s);
    const ht_schema_place inside = {at, keyword, 0, at->depth};
    for (size_t i = 0; i < n; i++) {
        const ht_schema_place here = {&inside, NULL, i, at->depth + 1};
        const ht_status st = ht_schema_value(s, json_array_get(schemas, i), &here, next, &targets[i]);
        if (st != HT_OK)
            return st;
    }
    *out = ht_build_split(s->b, targets, n);
    return HT_OK;
}

/* One step of a JSON pointer (RFC 6901) from v; token ends at '/' or the end. */
static const json_t *step_into(const json_t *v, ht_str token)
{
    char key[256];
    size_t n = 0;
    for (size_t i = 0; i < token.len && n < sizeof key - 1; i++) {
        const bool is_escape = token.ptr[i] == '~' && i + 1 < token.len;
        key[n++] = !is_escape ? token.ptr[i] : token.ptr[++i] == '1' ? '/' : '~';
    }
    key[n] = '\0';
    if (json_is_array(v)) {
        char *end;
        const unsigned long index = strtoul(key, &end, 10);
        return n > 0 && *end == '\0' ? json_array_get(v, index) : NULL;
    }
    return json_object_get(v, key);
}

static const json_t *resolve(const ht_schema *s, ht_str pointer)
{
    ht_str rest = pointer, token;
    const json_t *v = s->root;
    ht_str_split(&rest, '/', &token); /* before the first '/' */
    while (v != NULL && ht_str_split(&rest, '/', &token))
        v = step_into(v, token);
    const ht_str defs = HT_STR("/$defs/");
    if (v == NULL && s->opt.defs != NULL && ht_str_starts(pointer, defs))
        v = step_into(s->opt.defs, (ht_str){pointer.ptr + defs.len, pointer.len - defs.len});
    return v;
}

static ht_status build_ref(ht_schema *s, const json_t *ref, const ht_schema_place *at, ht_node_id next, ht_node_id *out)
{
    const char *text = json_string_value(ref);
    if (text == NULL || text[0] != '#' || (text[1] != '\0' && text[1] != '/'))
        return ht_schema_fail(s, at, HT_UNSUPPORTED, "\"$ref\" must point into the same document, like \"#/$defs/name\"");
    const json_t *target = resolve(s, ht_str_from(text + 1));
    if (target == NULL)
        return ht_schema_fail(s, at, HT_NOT_FOUND, "\"$ref\": there is no %s", text);
    const ht_schema_place here = {at, "$ref", 0, at->depth + 1};
    return ht_schema_call(s, target, &here, next, out);
}

static ht_status build_type(ht_schema *s, const json_t *schema, const char *type, const ht_schema_place *at, ht_node_id next, ht_node_id *out)
{
    if (strcmp(type, "object") == 0)
        return ht_schema_object(s, schema, at, next, out);
    if (strcmp(type, "array") == 0)
        return ht_schema_array(s, schema, at, next, out);
    if (strcmp(type, "string") == 0)
        return ht_schema_string(s, schema, at, next, out);
    if (strcmp(type, "integer") == 0 || strcmp(type, "number") == 0)
        return ht_schema_number(s, schema, at, type[0] == 'i', next, out);
    if (strcmp(type, "boolean") == 0)
        *out = ht_build_or(s->b, ht_build_bytes(s->b, HT_STR("true"), next), ht_build_bytes(s->b, HT_STR("false"), next));
    else if (strcmp(type, "null") == 0)
        *out = ht_build_bytes(s->b, HT_STR("null"), next);
    else
        return ht_schema_fail(s, at, HT_BAD_FORMAT, "there is no type \"%s\"", type);
    return HT_OK;
}

/* What a schema without `type` is about, from its other words; NULL: anything. */
static const char *implied_type(const json_t *schema)
{
    static const char *const words[][2] = {{"properties", "object"}, {"required", "object"}, {"additionalProperties", "object"},
        {"items", "array"}, {"minItems", "array"}, {"maxItems", "array"}, {"minLength", "string"}, {"maxLength", "string"},
        {"pattern", "string"}, {"minimum", "number"}, {"maximum", "number"}, {"exclusiveMinimum", "number"}, {"exclusiveMaximum", "number"}};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (json_object_get(schema, words[i][0]) != NULL)
            return words[i][1];
    return NULL;
}

static ht_status build_types(ht_schema *s, const json_t *schema, const ht_schema_place *at, ht_node_id next, ht_node_id *out)
{
    const json_t *type = json_object_get(schema, "type");
    const size_t n = json_array_size(type);
    if (json_is_string(type))
        return build_type(s, schema, json_string_value(type), at, next, out);
    if (type == NULL) {
        const char *implied = implied_type(schema);
        if (implied != NULL)
            return build_type(s, schema, implied, at, next, out);
        *out = ht_schema_any(s, next);
        return HT_OK;
    }
    ht_node_id *targets = ht_arena_array(&s->mem, n, sizeof *targets);
    if (targets == NULL)
        return ht_schema_fail_memory(s);
    for (size_t i = 0; i < n; i++) {
        const char *name = json_string_value(json_array_get(type, i));
        const ht_status st = build_type(s, schema, name ? name : "?", at, next, &targets[i]);
        if (st != HT_OK)
            return st;
    }
    if (n == 0)
        return ht_schema_fail(s, at, HT_BAD_FORMAT, "\"type\" must be a type's name or an array of them");
    *out = ht_build_split(s->b, targets, n);
    return HT_OK;
}

/* Words that narrow a schema and cannot be held to. */
static ht_status check_words(ht_schema *s, const json_t *schema, const ht_schema_place *at)
{
    static const char *const words[] = {"multipleOf", "not", "if", "patternProperties", "propertyNames", "minProperties", "maxProperties",
        "contains", "dependentRequired", "dependentSchemas", "dependencies", "prefixItems", "unevaluatedProperties", "unevaluatedItems",
        "$dynamicRef", "uniqueItems"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        const json_t *v = json_object_get(schema, words[i]);
        const bool says_nothing = v == NULL || json_is_false(v) || (json_is_integer(v) && i == 0 && json_integer_value(v) == 1);
        char what[32];
        snprintf(what, sizeof what, "\"%s\"", words[i]);
        const ht_status st = says_nothing ? HT_OK : ht_schema_refuse(s, at, what);
        if (st != HT_OK)
            return st;
    }
    return HT_OK;
}

/* keyword decides alone: other words that narrow cannot be held to beside it. */
static ht_status check_alone(ht_schema *s, const json_t *schema, const char *keyword, const ht_schema_place *at)
{
    static const char *const others[] = {"$ref", "const", "enum", "anyOf", "oneOf", "allOf", "type"};
    bool is_alone = implied_type(schema) == NULL;
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        is_alone &= json_object_get(schema, others[i]) == NULL || strcmp(others[i], keyword) == 0;
    char what[64];
    snprintf(what, sizeof what, "\"%s\" with other conditions beside it", keyword);
    return is_alone ? HT_OK : ht_schema_refuse(s, at, what);
}

ht_status ht_schema_value(ht_schema *s, const json_t *schema, const ht_schema_place *at, ht_node_id next, ht_node_id *out)
{
    static const char *const combiners[] = {"$ref", "anyOf", "oneOf", "allOf"};
    *out = HT_NODE_RETURN;
    if (at->depth > MAX_DEPTH)
        return ht_schema_fail(s, at, HT_TOO_BIG, "nested more than %d deep", MAX_DEPTH);
    if (json_is_true(schema))
        return *out = ht_schema_any(s, next), HT_OK;
    if (json_is_false(schema))
        return *out = ht_build_split(s->b, NULL, 0), HT_OK;
    if (!json_is_object(schema))
        return ht_schema_fail(s, at, HT_BAD_FORMAT, "a schema must be an object");
    if (s->b->st != HT_OK) /* full: no use in going on; ht_build_finish says so */
        return HT_OK;
    ht_status st = check_words(s, schema, at);
    for (size_t i = 0; i < sizeof combiners / sizeof combiners[0] && st == HT_OK; i++) {
        const json_t *v = json_object_get(schema, combiners[i]);
        if (v == NULL)
            continue;
        if ((st = check_alone(s, schema, combiners[i], at)) != HT_OK)
            return st;
        if (i == 0)
            return build_ref(s, v, at, next, out);
        if (i == 3 && json_array_size(v) > 1 && (st = ht_schema_refuse(s, at, "\"allOf\" of several schemas")) != HT_OK)
            return st;
        return build_choice(s, v, combiners[i], at, next, out);
    }
    const json_t *constant = json_object_get(schema, "const"), *values = json_object_get(schema, "enum");
    if (st != HT_OK)
        return st;
    if (constant != NULL)
        return *out = build_constant(s, constant, next), HT_OK;
    if (values != NULL)
        return build_enum(s, schema, values, at, next, out);
    return build_types(s, schema, at, next, out);
}

ht_status ht_schema_build(ht_schema *s, const json_t *schema, ht_node_id next, ht_node_id *out, ht_error *err)
{
    ht_error local;
    const ht_schema_place top = {0};
    s->err = err != NULL ? err : &local;
    s->root = schema;
    const ht_status st = ht_schema_value(s, schema, &top, next, out);
    s->err = NULL;
    return st;
}

ht_status ht_grammar_from_schema(const json_t *schema, const ht_schema_options *opt, ht_grammar **out, ht_error *err)
{
    ht_build b;
    ht_schema s;
    ht_node_id root;
    *out = NULL;
    ht_build_init(&b);
    ht_schema_init(&s, &b, opt);
    ht_status st = ht_schema_build(&s, schema, HT_NODE_RETURN, &root, err);
    if (st == HT_OK)
        st = ht_build_finish(&b, root, NULL, NULL, out, err);
    ht_schema_deinit(&s);
    ht_build_deinit(&b);
    return st;
}
