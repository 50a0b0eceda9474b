/* Objects and arrays of a schema, and the value that may be anything. */
#include "engine/schema.h"
#include "engine/text_machine.h"

/* "{" and pairs of a free key and whatever value (a node built with RETURN behind it), "}". */
static ht_node_id build_map(ht_schema *s, ht_node_id value, ht_node_id next)
{
    ht_build *b = s->b;
    const uint32_t pair = ht_build_rule(b);
    const ht_node_id colon = ht_build_bytes(b, HT_STR(": "), value);
    ht_build_set_rule(b, pair, ht_schema_free_string(s, colon));
    const ht_node_id close = ht_build_bytes(b, HT_STR("}"), next);
    const ht_node_id more = ht_build_bytes(b, HT_STR(", "), ht_build_call(b, pair, HT_NODE_RETURN));
    const ht_node_id pairs = ht_build_call(b, pair, ht_build_repeat(b, more, 0, HT_REPEAT_ANY, close));
    return ht_build_bytes(b, HT_STR("{"), ht_build_or(b, pairs, close));
}

/* "[" and min … max elements, "]". element: a rule. */
static ht_node_id build_list(ht_schema *s, uint32_t element, uint32_t min, uint32_t max, ht_node_id next)
{
    ht_build *b = s->b;
    const ht_node_id close = ht_build_bytes(b, HT_STR("]"), next);
    ht_node_id inside = close;
    if (max > 0) {
        const ht_node_id more = ht_build_bytes(b, HT_STR(", "), ht_build_call(b, element, HT_NODE_RETURN));
        const ht_node_id rest = ht_build_repeat(b, more, min > 0 ? min - 1 : 0, max == HT_REPEAT_ANY ? max : max - 1, close);
        inside = ht_build_call(b, element, rest);
        if (min == 0)
            inside = ht_build_or(b, inside, close);
    }
    return ht_build_bytes(b, HT_STR("["), inside);
}

ht_node_id ht_schema_any(ht_schema *s, ht_node_id next)
{
    ht_build *b = s->b;
    if (!s->has_any_rule) {
        s->has_any_rule = true;
        s->any_rule = ht_build_rule(b);
        const ht_node_id r = HT_NODE_RETURN, self = ht_build_call(b, s->any_rule, r);
        const ht_node_id kinds[] = {build_map(s, self, r), build_list(s, s->any_rule, 0, HT_REPEAT_ANY, r), ht_schema_free_string(s, r),
                                    ht_build_any_number(b, r), ht_build_bytes(b, HT_STR("true"), r),
                                    ht_build_bytes(b, HT_STR("false"), r), ht_build_bytes(b, HT_STR("null"), r)};
        ht_build_set_rule(b, s->any_rule, ht_build_split(b, kinds, sizeof kinds / sizeof kinds[0]));
    }
    return ht_build_call(b, s->any_rule, next);
}

typedef struct {
    const char *key;
    const json_t *schema;
    bool is_required;
} property;

static ht_status read_properties(ht_schema *s, const json_t *schema, const ht_schema_place *at, property **out, size_t *n)
{
    const json_t *properties = json_object_get(schema, "properties"), *required = json_object_get(schema, "required");
    if (!json_is_object(properties))
        return ht_schema_fail(s, at, HT_BAD_FORMAT, "\"properties\" must be an object");
    if (required != NULL && !json_is_array(required))
        return ht_schema_fail(s, at, HT_BAD_FORMAT, "\"required\" must be an array of names");
    for (size_t i = 0; i < json_array_size(required); i++) {
        const char *name = json_string_value(json_array_get(required, i));
        if (name == NULL || json_object_get(properties, name) == NULL)
            return ht_schema_fail(s, at, HT_BAD_FORMAT, "\"%s\" is required but not among the properties", name ? name : "?");
    }
    property *p = ht_arena_array(&s->mem, json_object_size(properties), sizeof *p);
    if (p == NULL)
        return ht_schema_fail_memory(s);
    const char *key;
    json_t *value;
    *n = 0;
    json_object_foreach((json_t *)properties, key, value) {
        bool is_required = false;
        for (size_t i = 0; !is_required && i < json_array_size(required); i++)
            is_required = strcmp(key, json_string_value(json_array_get(required, i))) == 0;
        p[(*n)++] = (property){key, value, is_required};
    }
    *out = p;
    return HT_OK;
}

/* `"key": ` or `, "key": ` in front of value. */
static ht_node_id build_key(ht_schema *s, const char *key, bool is_first, ht_node_id value)
{
    ht_buf text = {0};
    ht_buf_add_c(&text, is_first ? "\"" : ", \"");
    ht_json_escape_text(&text, ht_str_from(key));
    ht_buf_add_c(&text, "\": ");
    if (text.failed && s->b->st == HT_OK)
        s->b->st = HT_NO_MEMORY;
    const ht_node_id node = ht_build_bytes(s->b, ht_buf_str(&text), value);
    ht_buf_deinit(&text);
    return node;
}

/* Where a property may be the first one or a later one, it stands in two places: what follows is the same, what precedes it
 * (a comma or none) is not. `fresh` and `later` are the nodes of the remaining properties for the two cases. */
static ht_status build_properties(ht_schema *s, const property *p, size_t n, const ht_schema_place *at, ht_node_id next, ht_node_id *out)
{
    size_t first_required = 0;
    while (first_required < n && !p[first_required].is_required)
        first_required++;
    ht_node_id fresh = ht_build_bytes(s->b, HT_STR("}"), next), later = fresh;
    for (size_t i = n; i-- > 0;) {
        const ht_schema_place here = {at, p[i].key, 0, at->depth + 1};
        const bool may_be_first = i <= first_required, may_be_later = i > 0;
        ht_node_id value;
        const ht_status st = may_be_first && may_be_later ? ht_schema_call(s, p[i].schema, &here, later, &value)
                                                          : ht_schema_value(s, p[i].schema, &here, later, &value);
        if (st != HT_OK)
            return st;
        const ht_node_id before = later;
        if (may_be_later) {
            later = build_key(s, p[i].key, false, value);
            if (!p[i].is_required)
                later = ht_build_or(s->b, later, before);
        }
        if (may_be_first) {
            const ht_node_id take = build_key(s, p[i].key, true, value);
            fresh = p[i].is_required ? take : ht_build_or(s->b, take, fresh);
        }
    }
    *out = ht_build_bytes(s->b, HT_STR("{"), fresh);
    return HT_OK;
}

ht_status ht_schema_object(ht_schema *s, const json_t *schema, const ht_schema_place *at, ht_node_id next, ht_node_id *out)
{
    if (json_object_get(schema, "properties") != NULL) {
        property *p = NULL;
        size_t n = 0;
        const ht_schema_place inside = {at, "properties", 0, at->depth};
        ht_status st = read_properties(s, schema, at, &p, &n);
        return st == HT_OK ? build_properties(s, p, n, &inside, next, out) : st;
    }
    if (json_array_size(json_object_get(schema, "required")) > 0)
        return ht_schema_fail(s, at, HT_UNSUPPORTED, "\"required\" needs \"properties\" that describe what is required");
    const json_t *values = json_object_get(schema, "additionalProperties");
    if (json_is_false(values)) {
        *out = ht_build_bytes(s->b, HT_STR("{}"), next);
        return HT_OK;
    }
    ht_node_id value = HT_NODE_RETURN;
    ht_status st = HT_OK;
    if (values == NULL || json_is_true(values)) {
        value = ht_schema_any(s, HT_NODE_RETURN);
    } else {
        const ht_schema_place here = {at, "additionalProperties", 0, at->depth + 1};
        st = ht_schema_value(s, values, &here, HT_NODE_RETURN, &value);
    }
    *out = build_map(s, value, next);
    return st;
}

ht_status ht_schema_array(ht_schema *s, const json_t *schema, const ht_schema_place *at, ht_node_id next, ht_node_id *out)
{
    const json_t *items = json_object_get(schema, "items");
    uint32_t min = 0, max = HT_REPEAT_ANY;
    ht_status st = ht_schema_count(s, schema, at, "minItems", &min);
    if (st == HT_OK)
        st = ht_schema_count(s, schema, at, "maxItems", &max);
    if (st == HT_OK && max < min)
        st = ht_schema_fail(s, at, HT_BAD_FORMAT, "maxItems is below minItems");
    if (st != HT_OK)
        return st;
    const uint32_t element = ht_build_rule(s->b);
    ht_node_id body = HT_NODE_RETURN;
    if (items == NULL) {
        body = ht_schema_any(s, HT_NODE_RETURN);
    } else {
        const ht_schema_place here = {at, "items", 0, at->depth + 1};
        st = ht_schema_value(s, items, &here, HT_NODE_RETURN, &body);
    }
    ht_build_set_rule(s->b, element, body);
    *out = build_list(s, element, min, max, next);
    return st;
}
