/* Tool calls around the schemas of their arguments. */
#include "engine/schema.h"
#include "engine/text_machine.h"

static ht_str or_else(ht_str s, ht_str fallback) { return s.len > 0 ? s : fallback; }

/* `NAME", "arguments": {…}` and what follows. */
static ht_status build_tool(ht_schema *s, const ht_tool_spec *tool, ht_node_id next, ht_node_id *out, ht_error *err)
{
    ht_node_id arguments = HT_NODE_RETURN;
    ht_status st = HT_OK;
    if (tool->parameters != NULL)
        st = ht_schema_build(s, tool->parameters, next, &arguments, err);
    else
        arguments = ht_build_bytes(s->b, HT_STR("{}"), next);
    if (st != HT_OK)
        return st;
    ht_buf name = {0};
    ht_json_escape_text(&name, tool->name);
    ht_buf_add_c(&name, "\", \"arguments\": ");
    *out = ht_build_bytes(s->b, ht_buf_str(&name), arguments);
    if (name.failed)
        st = ht_fail(err, HT_NO_MEMORY, -1, "tools: out of memory");
    ht_buf_deinit(&name);
    return st;
}

/* One call, from `open` to `close`, as a rule. */
static ht_status build_call(ht_schema *s, const ht_tool_spec *tools, size_t n, const ht_tools_options *opt, uint32_t *out, ht_error *err)
{
    ht_build *b = s->b;
    const ht_str open = or_else(opt->open, HT_STR("<tool_call>")), close = or_else(opt->close, HT_STR("</tool_call>"));
    const ht_node_id closing = ht_build_bytes(b, opt->after, ht_build_atom(b, close, HT_NODE_RETURN));
    const ht_node_id end = ht_build_bytes(b, HT_STR("}"), closing);
    ht_node_id *targets = ht_arena_array(&s->mem, n, sizeof *targets);
    if (targets == NULL)
        return ht_fail(err, HT_NO_MEMORY, -1, "tools: out of memory");
    for (size_t i = 0; i < n; i++) {
        ht_error why;
        const ht_status st = build_tool(s, &tools[i], end, &targets[i], &why);
        if (st != HT_OK)
            return ht_fail(err, st, -1, "tool %.*s: %.180s", (int)(tools[i].name.len < 60 ? tools[i].name.len : 60), tools[i].name.ptr, why.text);
    }
    const ht_node_id names = ht_build_split(b, targets, n);
    const ht_node_id object = ht_build_bytes(b, opt->before, ht_build_bytes(b, HT_STR("{\"name\": \""), names));
    *out = ht_build_rule(b);
    ht_build_set_rule(b, *out, ht_build_atom(b, open, object));
    return HT_OK;
}

ht_status ht_grammar_from_tools(const ht_tool_spec *tools, size_t n, const ht_tools_options *opt, ht_grammar **out, ht_error *err)
{
    static const ht_tools_options defaults = {0};
    *out = NULL;
    if (opt == NULL)
        opt = &defaults;
    if (n == 0 && !opt->allow_text)
        return ht_fail(err, HT_BAD_ARG, -1, "no tools to call and no text allowed; give one of them");
    ht_build b;
    ht_schema s;
    ht_build_init(&b);
    ht_schema_init(&s, &b, &opt->schema);
    ht_node_id root = HT_NODE_NONE;
    ht_status st = HT_OK;
    if (n > 0) {
        uint32_t call = 0;
        st = build_call(&s, tools, n, opt, &call, err);
        const uint32_t max = opt->max_calls > 0 ? opt->max_calls : 1;
        const ht_node_id another = ht_build_bytes(&b, opt->between, ht_build_call(&b, call, HT_NODE_RETURN));
        root = ht_build_call(&b, call, ht_build_repeat(&b, another, 0, max - 1, HT_NODE_RETURN));
    }
    if (opt->allow_text) {
        const ht_str avoid = or_else(opt->open, HT_STR("<tool_call>"));
        const ht_node_id text = ht_build_text(&b, avoid, opt->text_then_calls ? root : HT_NODE_NONE);
        root = root == HT_NODE_NONE ? text : ht_build_or(&b, root, text);
    }
    if (st == HT_OK)
        st = ht_build_finish(&b, root, NULL, NULL, out, err);
    ht_schema_deinit(&s);
    ht_build_deinit(&b);
    return st;
}
