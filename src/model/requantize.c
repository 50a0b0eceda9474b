#include "model/requantize.h"

#include <stdlib.h>
#include <sys/stat.h>

#include "base/arena.h"
#include "base/map.h"
#include "codec/gguf.h"
#include "tensor/dtype.h"

/* What a tensor becomes. False: it stays as it is. */
static bool target_of(const ht_gguf_tensor *t, ht_dtype wanted, ht_dtype *out)
{
    const bool is_vector = t->n_dims == 1;
    *out = is_vector ? HT_F32 : wanted;
    return t->dims[0] % ht_dtype_get(*out)->block == 0 && ht_dtype_get(*out)->gguf_type != t->type;
}

/* The tensor's rows in another type, in memory of the arena. */
static ht_status convert(const ht_gguf_tensor *t, ht_dtype to, ht_arena *mem, ht_bytes *out, ht_error *err)
{
    ht_dtype from;
    if (!ht_dtype_from_gguf(t->type, &from))
        return ht_fail(err, HT_UNSUPPORTED, -1, "tensor '%.*s': cannot read type %s (F32, F16, BF16, Q8_0 and Q4_0 can be)",
                       (int)(t->name.len < 80 ? t->name.len : 80), t->name.ptr, ht_gguf_type_name(t->type));
    const size_t n = (size_t)t->dims[0], from_bytes = ht_dtype_row_bytes(from, n), to_bytes = ht_dtype_row_bytes(to, n);
    const size_t n_rows = t->data.len / from_bytes;
    float *row = malloc(n * sizeof *row);
    uint8_t *data = ht_arena_array(mem, n_rows, to_bytes);
    if (row == NULL || data == NULL) {
        free(row);
        return ht_fail(err, HT_NO_MEMORY, -1, "no memory to convert tensor '%.*s'", (int)(t->name.len < 80 ? t->name.len : 80), t->name.ptr);
    }
    for (size_t r = 0; r < n_rows; r++) {
        ht_dtype_get(from)->to_float(row, t->data.ptr + r * from_bytes, n);
        ht_dtype_get(to)->from_float(data + r * to_bytes, row, n);
    }
    free(row);
    *out = (ht_bytes){data, n_rows * to_bytes};
    return HT_OK;
}

static ht_status fill_writer(ht_gguf_writer *w, const ht_gguf *g, ht_dtype type, ht_arena *mem, void (*on_progress)(double),
                             ht_requantize_stats *stats, ht_error *err)
{
    for (size_t i = 0; i < ht_gguf_kv_count(g); i++) {
        const ht_gguf_kv *kv = ht_gguf_kv_at(g, i);
        if (!ht_str_is(kv->key, "general.file_type") && !ht_str_is(kv->key, "general.quantization_version"))
            ht_gguf_writer_copy_kv(w, kv);
    }
    ht_gguf_writer_u32(w, "general.file_type", ht_dtype_get(type)->file_type);
    ht_gguf_writer_u32(w, "general.quantization_version", 2);
    const size_t n = ht_gguf_tensor_count(g);
    for (size_t i = 0; i < n; i++) {
        const ht_gguf_tensor *t = ht_gguf_tensor_at(g, i);
        ht_bytes data = t->data;
        uint32_t gguf_type = t->type;
        ht_dtype to;
        if (target_of(t, type, &to)) {
            const ht_status st = convert(t, to, mem, &data, err);
            if (st != HT_OK)
                return st;
            gguf_type = ht_dtype_get(to)->gguf_type;
            stats->n_converted++;
        }
        ht_gguf_writer_tensor(w, t->name, gguf_type, t->n_dims, t->dims, data);
        stats->n_tensors++;
        stats->bytes_in += t->data.len;
        stats->bytes_out += data.len;
        if (on_progress != NULL)
            on_progress((double)(i + 1) / (double)n);
    }
    return HT_OK;
}

static bool is_same_file(const char *a, const char *b)
{
    struct stat x, y;
    return stat(a, &x) == 0 && stat(b, &y) == 0 && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

ht_status ht_model_requantize(const char *in, const char *out, const char *type, void (*on_progress)(double), ht_requantize_stats *stats,
                              ht_error *err)
{
    uint32_t gguf_type;
    ht_dtype to;
    if (!ht_gguf_type_id(ht_str_from(type), &gguf_type) || !ht_dtype_from_gguf(gguf_type, &to))
        return ht_fail(err, HT_BAD_ARG, -1, "unknown weight type '%.40s'; F32, F16, BF16, Q8_0 and Q4_0 are known", type);
    if (is_same_file(in, out))
        return ht_fail(err, HT_BAD_ARG, -1, "%s: input and output are the same file", in);
    ht_requantize_stats own = {0};
    ht_error parse_error = {0};
    ht_map map;
    ht_gguf *g = NULL;
    ht_gguf_writer *w = NULL;
    ht_arena mem = {0};
    ht_status st = ht_map_open(in, &map, err);
    if (st != HT_OK)
        return st;
    if ((st = ht_gguf_parse(ht_map_bytes(&map), &g, &parse_error)) != HT_OK) {
        ht_fail(err, st, parse_error.at, "%.150s: %.100s", in, parse_error.text);
        goto done;
    }
    if ((st = ht_gguf_writer_new(&w, err)) != HT_OK || (st = fill_writer(w, g, to, &mem, on_progress, &own, err)) != HT_OK)
        goto done;
    st = ht_gguf_writer_write(w, out, err);
    if (stats != NULL)
        *stats = own;
done:
    ht_gguf_writer_free(w);
    ht_gguf_free(g);
    ht_map_close(&map);
    ht_arena_deinit(&mem);
    return st;
}
