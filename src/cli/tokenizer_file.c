#include "cli/tokenizer_file.h"

#include "base/map.h"

ht_status ht_cli_open_tokenizer(const char *path, ht_tokenizer **out, ht_error *err)
{
    *out = NULL;
    ht_gguf *g = NULL;
    ht_map map;
    ht_status st = ht_map_open(path, &map, err);
    if (st != HT_OK)
        return st;
    st = ht_gguf_parse(ht_map_bytes(&map), &g, err);
    if (st == HT_OK)
        st = ht_tokenizer_open(g, out, err);
    if (st != HT_OK)
        (void)ht_fail_prefix(err, "%s", path);
    ht_gguf_free(g);
    ht_map_close(&map);
    return st;
}
