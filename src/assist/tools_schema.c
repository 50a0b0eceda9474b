/* A tool's arguments as JSON Schema: for the grammar that constrains the model, and for clients that bring their own. */
#include "assist/tools.h"
#include "assist/tools_color.h"

/* The real things that a kind of slot may name, or NULL where it is no name. */
static const ht_str *names_of(const ht_tool_scope *s, ht_slot_kind kind, size_t *n)
{
    switch (kind) {
    case HT_SLOT_ENTITY: *n = s->n_names; return s->names;
    case HT_SLOT_AREA:   *n = s->n_areas; return s->areas;
    case HT_SLOT_FLOOR:  *n = s->n_floors; return s->floors;
    case HT_SLOT_LIST:   *n = s->n_lists; return s->lists;
    case HT_SLOT_TIMER:  *n = s->n_timers; return s->timers;
    default:             *n = 0; return NULL;
    }
}

static bool is_name(ht_slot_kind kind)
{
    return kind == HT_SLOT_ENTITY || kind == HT_SLOT_AREA || kind == HT_SLOT_FLOOR || kind == HT_SLOT_LIST ||
           kind == HT_SLOT_TIMER;
}

static bool has_text(const json_t *array, ht_str s)
{
    for (size_t i = 0; i < json_array_size(array); i++) {
        const json_t *v = json_array_get(array, i);
        if (ht_str_eq(s, (ht_str){json_string_value(v), json_string_length(v)}))
            return true;
    }
    return false;
}

/* Two entities of one name give one value. */
static json_t *name_enum(const ht_str *names, size_t n)
{
    json_t *array = json_array();
    for (size_t i = 0; i < n; i++)
        if (!has_text(array, names[i]) && json_array_append_new(array, json_stringn(names[i].ptr, names[i].len)) != 0)
            return json_decref(array), NULL;
    return array;
}

static json_t *word_enum(const char *const *words)
{
    json_t *array = json_array();
    for (size_t i = 0; words[i] != NULL; i++)
        if (json_array_append_new(array, json_string(words[i])) != 0)
            return json_decref(array), NULL;
    return array;
}

static json_t *color_enum(void)
{
    json_t *array = json_array();
    for (size_t i = 0; i < ht_color_count(); i++)
        if (json_array_append_new(array, json_string(ht_color_at(i)->name)) != 0)
            return json_decref(array), NULL;
    return array;
}

/* {"type":"string","enum":array}; takes the array, NULL gives NULL. */
static json_t *string_enum(json_t *take_array) { return json_pack("{s:s, s:o}", "type", "string", "enum", take_array); }

static json_t *number_schema(double lo, double hi, bool is_whole)
{
    if (is_whole)
        return json_pack("{s:s, s:I, s:I}", "type", "integer", "minimum", (json_int_t)lo, "maximum", (json_int_t)hi);
    return json_pack("{s:s, s:f, s:f}", "type", "number", "minimum", lo, "maximum", hi);
}

static json_t *slot_schema(ht_slot_kind kind, const ht_tool_scope *scope)
{
    double lo, hi;
    bool is_whole;
    if (scope != NULL && is_name(kind)) {
        size_t n;
        const ht_str *names = names_of(scope, kind, &n);
        return string_enum(name_enum(names, n));
    }
    if (kind == HT_SLOT_COLOR)
        return string_enum(color_enum());
    if (kind == HT_SLOT_CLOCK)
        return json_pack("{s:s, s:s}", "type", "string", "pattern", "^([01][0-9]|2[0-3]):[0-5][0-9]$");
    const char *const *words = ht_slot_words(kind);
    const bool is_number = ht_slot_range(kind, &lo, &hi, &is_whole);
    if (words != NULL && is_number)
        return json_pack("{s:[o, o]}", "anyOf", string_enum(word_enum(words)), number_schema(lo, hi, is_whole));
    if (words != NULL)
        return string_enum(word_enum(words));
    if (is_number)
        return number_schema(lo, hi, is_whole);
    return json_pack("{s:s, s:i}", "type", "string", "minLength", 1);
}

json_t *ht_tool_schema(const ht_tool *t, const ht_tool_scope *scope)
{
    json_t *properties = json_object(), *required = json_array();
    ht_slot slot;
    bool failed = properties == NULL || required == NULL;
    for (size_t i = 0; !failed && ht_tool_slot(t, i, &slot); i++) {
        size_t n;
        if (scope != NULL && is_name(slot.kind) && (names_of(scope, slot.kind, &n), n == 0) && !slot.is_required)
            continue;
        failed = json_object_setn_new(properties, slot.name.ptr, slot.name.len, slot_schema(slot.kind, scope)) != 0;
        if (!failed && slot.is_required)
            failed = json_array_append_new(required, json_stringn(slot.name.ptr, slot.name.len)) != 0;
    }
    if (failed) {
        json_decref(properties);
        json_decref(required);
        return NULL;
    }
    return json_pack("{s:s, s:o, s:o, s:b}", "type", "object", "properties", properties, "required", required,
                     "additionalProperties", 0);
}

bool ht_tool_schema_usable(const json_t *schema)
{
    size_t i;
    json_t *key;
    json_array_foreach(json_object_get(schema, "required"), i, key)
    {
        const json_t *values = json_object_get(json_object_get(json_object_get(schema, "properties"), json_string_value(key)), "enum");
        if (values != NULL && json_array_size(values) == 0)
            return false;
    }
    return true;
}
