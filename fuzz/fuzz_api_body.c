/* Bodies of chat requests from anywhere: read, checked, answered with an error that is itself JSON. */
#include <stdlib.h>

#include "server/openai.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ht_chat chat;
    ht_api_error e = {0};
    ht_buf out = {0};
    int status = ht_chat_parse((ht_str){(const char *)data, size}, &chat, &e);
    if (status == 0)
        status = ht_chat_read(&chat, &e);
    if (status != 0) {
        ht_api_error_json(&e, &out);
        json_t *o = json_loadb(out.ptr, out.len, 0, NULL);
        if (status != e.status || !json_is_string(json_object_get(json_object_get(o, "error"), "message")))
            abort();
        json_decref(o);
    } else {
        const ht_chat_id id = {"chatcmpl-0", 0, "hearth"};
        ht_chat_chunk(&id, true, ht_buf_str(&chat.text), "stop", &out);
        if (out.failed || chat.text.len == 0)
            abort();
    }
    ht_buf_deinit(&out);
    ht_chat_deinit(&chat);
    return 0;
}
