/* A template in the first line, a payload behind it. What is rendered stays within its limit, and twice is the same. */
#include <stdlib.h>

#include "codec/template.h"

enum { MAX_TEXT = 64 << 10 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ht_str payload = {(const char *)data, size}, source;
    ht_template *t;
    ht_error err;
    ht_buf one = {0}, two = {0};
    if (!ht_str_split(&payload, '\n', &source) || ht_template_parse(source, &t, &err) != HT_OK)
        return 0;
    json_t *text = json_stringn(payload.len ? payload.ptr : "", payload.len), *json = payload.len ? json_loadb(payload.ptr, payload.len, JSON_DECODE_ANY, NULL) : NULL;
    json_t *vars = json_pack("{s:o*, s:o*, s:i}", "value", text, "value_json", json, "position", 40);
    if (vars == NULL || ht_template_render(t, vars, &one, NULL, &err) != HT_OK || ht_template_render(t, vars, &two, NULL, &err) != HT_OK)
        abort();
    if (one.len > MAX_TEXT || !ht_str_eq(ht_buf_str(&one), ht_buf_str(&two)))
        abort();
    ht_buf_deinit(&one);
    ht_buf_deinit(&two);
    json_decref(vars);
    ht_template_free(t);
    return 0;
}
