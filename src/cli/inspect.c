/* hearth inspect: what a GGUF file holds. */
#include <getopt.h>
#include <stdio.h>

#include "base/map.h"
#include "cli/command.h"
#include "codec/gguf.h"

static const char usage[] = "usage: hearth inspect FILE.gguf [--all]\n\n"
                            "Prints metadata and tensors. Long arrays and texts are cut unless --all is given.\n\n"
                            "example: hearth inspect models/hearth-nano.gguf\n";

static void print_text(ht_str s, size_t most)
{
    const size_t n = s.len > most ? most : s.len;
    putchar('"');
    for (size_t i = 0; i < n; i++) {
        const unsigned char c = (unsigned char)s.ptr[i];
        if (c == '\n')
            fputs("\\n", stdout);
        else if (c < 0x20 || c == 0x7f)
            printf("\\x%02x", c);
        else
            putchar(c);
    }
    fputs(n < s.len ? "…\"" : "\"", stdout);
}

static void print_value(const ht_gguf_kv *kv, bool all)
{
    const uint64_t most = all ? UINT64_MAX : 6;
    size_t cursor = 0;
    ht_str s;
    if (kv->type == HT_GGUF_ARRAY)
        printf("[%llu] ", (unsigned long long)kv->n);
    for (uint64_t i = 0; i < kv->n && i < most; i++) {
        int64_t whole;
        double real;
        if (i > 0)
            fputs(", ", stdout);
        if (kv->element_type == HT_GGUF_STRING && ht_gguf_kv_next_str(kv, &cursor, &s))
            print_text(s, all ? SIZE_MAX : 60);
        else if (kv->element_type == HT_GGUF_BOOL)
            fputs(kv->data.ptr[i] ? "true" : "false", stdout);
        else if (ht_gguf_kv_i64_at(kv, i, &whole))
            printf("%lld", (long long)whole);
        else if (ht_gguf_kv_f64_at(kv, i, &real))
            printf("%g", real);
    }
    puts(kv->n > most ? ", …" : "");
}

static void print_file(const ht_gguf *g, size_t file_bytes, bool all)
{
    uint64_t n_params = 0;
    for (size_t i = 0; i < ht_gguf_tensor_count(g); i++) {
        const ht_gguf_tensor *t = ht_gguf_tensor_at(g, i);
        n_params += t->dims[0] * t->dims[1] * t->dims[2] * t->dims[3];
    }
    printf("%zu bytes, %zu keys, %zu tensors, %.2f million parameters\n\n", file_bytes, ht_gguf_kv_count(g), ht_gguf_tensor_count(g),
           (double)n_params * 1e-6);
    for (size_t i = 0; i < ht_gguf_kv_count(g); i++) {
        const ht_gguf_kv *kv = ht_gguf_kv_at(g, i);
        printf("%-44.*s ", HT_STR_ARG(kv->key));
        print_value(kv, all);
    }
    putchar('\n');
    for (size_t i = 0; i < ht_gguf_tensor_count(g); i++) {
        const ht_gguf_tensor *t = ht_gguf_tensor_at(g, i);
        printf("%-44.*s %-6s [", HT_STR_ARG(t->name), ht_gguf_type_name(t->type));
        for (uint32_t d = 0; d < t->n_dims; d++)
            printf("%s%llu", d ? ", " : "", (unsigned long long)t->dims[d]);
        printf("] %zu bytes\n", t->data.len);
    }
}

int ht_cmd_inspect(int argc, char **argv)
{
    static const struct option options[] = {{"all", 0, NULL, 'a'}, {"help", 0, NULL, 'h'}, {NULL, 0, NULL, 0}};
    bool all = false;
    for (int c; (c = ht_cli_option("inspect", argc, argv, "h", options)) != -1;)
        switch (c) {
        case 'a': all = true; break;
        case 'h': fputs(usage, stdout); return 0;
        default: return 2;
        }
    if (optind != argc - 1)
        return ht_cli_usage("inspect", "one file is needed");
    ht_error err = {0};
    ht_map map;
    ht_gguf *g = NULL;
    if (ht_map_open(argv[optind], &map, &err) != HT_OK)
        return ht_cli_fail("inspect", &err);
    const ht_status st = ht_gguf_parse(ht_map_bytes(&map), &g, &err);
    if (st == HT_OK)
        print_file(g, map.len, all);
    else
        ht_fail_prefix(&err, "%s", argv[optind]);
    ht_gguf_free(g);
    ht_map_close(&map);
    return st == HT_OK ? 0 : ht_cli_fail("inspect", &err);
}
