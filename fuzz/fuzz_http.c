/* An HTTP request from bytes: its head, and its body in chunks, which must not depend on how the bytes are cut. */
#include <stdio.h>
#include <stdlib.h>

#include "net/http_parse.h"

static int feed(ht_str data, size_t step, ht_buf *out)
{
    ht_http_chunks c = {0};
    int r = 0;
    for (size_t i = 0, used; r == 0 && i < data.len; i += used)
        r = ht_http_chunks_feed(&c, (ht_str){data.ptr + i, data.len - i < step ? data.len - i : step}, &used, out, 4096);
    return r;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const ht_str text = {(const char *)data, size};
    const size_t n = ht_http_head_length(text);
    static ht_http_head head;
    const char *why = NULL;
    if (n > 0 && ht_http_parse_head((ht_str){text.ptr, n}, &head, &why) == 0 && head.path.len == 0)
        abort();
    ht_buf whole = {0}, cut = {0}, plain = {0};
    const ht_str body = {text.ptr + n, size - n};
    if (feed(body, SIZE_MAX, &whole) != feed(body, 1, &cut) || (whole.len != cut.len && whole.len < cut.len))
        abort();
    (void)ht_http_percent_decode(body, &plain);
    ht_buf_deinit(&whole);
    ht_buf_deinit(&cut);
    ht_buf_deinit(&plain);
    return 0;
}
