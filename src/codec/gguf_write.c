/* Writing GGUF version 3. Metadata is encoded as it is added; tensor data stays where it is until the file is written. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "codec/gguf.h"

enum { ALIGNMENT = 32 };

typedef struct {
    size_t name_at; /* of its length field in names */
    size_t name_len;
    uint32_t type, n_dims;
    uint64_t dims[HT_GGUF_MAX_DIMS];
    ht_bytes data;
} pending_tensor;

struct ht_gguf_writer {
    ht_buf kvs;   /* encoded entries */
    ht_buf keys;  /* "\0key\0key\0": to notice a key that is added twice */
    ht_buf names; /* tensor names one after another */
    size_t n_kvs;
    pending_tensor *tensors;
    size_t n_tensors, cap_tensors;
    ht_error failure; /* the first one; status HT_OK = none */
};

ht_status ht_gguf_writer_new(ht_gguf_writer **out, ht_error *err)
{
    *out = calloc(1, sizeof **out);
    return *out ? HT_OK : ht_fail(err, HT_NO_MEMORY, -1, "GGUF writer: out of memory");
}

void ht_gguf_writer_free(ht_gguf_writer *w)
{
    if (w == NULL)
        return;
    ht_buf_deinit(&w->kvs);
    ht_buf_deinit(&w->keys);
    ht_buf_deinit(&w->names);
    free(w->tensors);
    free(w);
}

static void add_le(ht_buf *b, uint64_t v, size_t n)
{
    uint8_t bytes[8];
    for (size_t i = 0; i < n; i++)
        bytes[i] = (uint8_t)(v >> (8 * i));
    ht_buf_add(b, bytes, n);
}

static void add_str(ht_buf *b, ht_str s)
{
    add_le(b, s.len, 8);
    ht_buf_add_str(b, s);
}

static void remember(ht_gguf_writer *w, ht_status st, const char *what, ht_str name)
{
    if (w->failure.status == HT_OK)
        ht_fail(&w->failure, st, -1, "GGUF writer: %s '%.*s'", what, (int)(name.len < 80 ? name.len : 80), name.ptr);
}

/* Opens an entry: key and type; its elements follow. */
static void begin_kv(ht_gguf_writer *w, ht_str key, ht_gguf_type type)
{
    ht_buf probe = {0};
    ht_buf_add_char(&probe, '\0');
    ht_buf_add_str(&probe, key);
    ht_buf_add_char(&probe, '\0');
    if (w->keys.len == 0)
        ht_buf_add_char(&w->keys, '\0');
    if (probe.failed)
        remember(w, HT_NO_MEMORY, "out of memory at", key);
    else if (ht_str_find(ht_buf_str(&w->keys), ht_buf_str(&probe), 0) >= 0)
        remember(w, HT_BAD_ARG, "added twice: key", key);
    ht_buf_deinit(&probe);
    ht_buf_add_str(&w->keys, key);
    ht_buf_add_char(&w->keys, '\0');
    add_str(&w->kvs, key);
    add_le(&w->kvs, type, 4);
    w->n_kvs++;
}

static void begin_array(ht_gguf_writer *w, const char *key, ht_gguf_type element, size_t n)
{
    begin_kv(w, ht_str_from(key), HT_GGUF_ARRAY);
    add_le(&w->kvs, element, 4);
    add_le(&w->kvs, n, 8);
}

static uint32_t float_bits(float f)
{
    uint32_t bits;
    memcpy(&bits, &f, sizeof bits);
    return bits;
}

void ht_gguf_writer_u32(ht_gguf_writer *w, const char *key, uint32_t value)
{
    begin_kv(w, ht_str_from(key), HT_GGUF_U32);
    add_le(&w->kvs, value, 4);
}

void ht_gguf_writer_f32(ht_gguf_writer *w, const char *key, float value)
{
    begin_kv(w, ht_str_from(key), HT_GGUF_F32);
    add_le(&w->kvs, float_bits(value), 4);
}

void ht_gguf_writer_bool(ht_gguf_writer *w, const char *key, bool value)
{
    begin_kv(w, ht_str_from(key), HT_GGUF_BOOL);
    add_le(&w->kvs, value, 1);
}

void ht_gguf_writer_str(ht_gguf_writer *w, const char *key, ht_str value)
{
    begin_kv(w, ht_str_from(key), HT_GGUF_STRING);
    add_str(&w->kvs, value);
}

void ht_gguf_writer_strs(ht_gguf_writer *w, const char *key, const ht_str *values, size_t n)
{
    begin_array(w, key, HT_GGUF_STRING, n);
    for (size_t i = 0; i < n; i++)
        add_str(&w->kvs, values[i]);
}

void ht_gguf_writer_i32s(ht_gguf_writer *w, const char *key, const int32_t *values, size_t n)
{
    begin_array(w, key, HT_GGUF_I32, n);
    for (size_t i = 0; i < n; i++)
        add_le(&w->kvs, (uint32_t)values[i], 4);
}

void ht_gguf_writer_f32s(ht_gguf_writer *w, const char *key, const float *values, size_t n)
{
    begin_array(w, key, HT_GGUF_F32, n);
    for (size_t i = 0; i < n; i++)
        add_le(&w->kvs, float_bits(values[i]), 4);
}

void ht_gguf_writer_copy_kv(ht_gguf_writer *w, const ht_gguf_kv *kv)
{
    if (ht_str_is(kv->key, "general.alignment")) /* speaks of the file it came from; this one has the default */
        return;
    begin_kv(w, kv->key, kv->type);
    if (kv->type == HT_GGUF_ARRAY) {
        add_le(&w->kvs, kv->element_type, 4);
        add_le(&w->kvs, kv->n, 8);
    }
    ht_buf_add(&w->kvs, kv->data.ptr, kv->data.len);
}

static ht_str tensor_name(const ht_gguf_writer *w, const pending_tensor *t) { return (ht_str){w->names.ptr + t->name_at, t->name_len}; }

void ht_gguf_writer_tensor(ht_gguf_writer *w, ht_str name, uint32_t type, uint32_t n_dims, const uint64_t *dims, ht_bytes data)
{
    size_t bytes = 0;
    if (n_dims < 1 || n_dims > HT_GGUF_MAX_DIMS || !ht_gguf_row_bytes(type, dims[0], &bytes)) {
        remember(w, HT_BAD_ARG, "wrong type or row length of tensor", name);
        return;
    }
    for (uint32_t d = 1; d < n_dims; d++)
        if (dims[d] > SIZE_MAX || !ht_mul_size(bytes, (size_t)dims[d], &bytes))
            bytes = 0;
    if (bytes == 0 || bytes != data.len) {
        remember(w, HT_BAD_ARG, "the data does not fit the shape of tensor", name);
        return;
    }
    for (size_t i = 0; i < w->n_tensors; i++)
        if (ht_str_eq(tensor_name(w, &w->tensors[i]), name))
            remember(w, HT_BAD_ARG, "added twice: tensor", name);
    if (w->n_tensors == w->cap_tensors) {
        const size_t cap = w->cap_tensors ? w->cap_tensors * 2 : 64;
        pending_tensor *grown = realloc(w->tensors, cap * sizeof *grown);
        if (grown == NULL) {
            remember(w, HT_NO_MEMORY, "out of memory at tensor", name);
            return;
        }
        w->tensors = grown;
        w->cap_tensors = cap;
    }
    pending_tensor *t = &w->tensors[w->n_tensors++];
    *t = (pending_tensor){.name_at = w->names.len, .name_len = name.len, .type = type, .n_dims = n_dims, .data = data};
    memcpy(t->dims, dims, n_dims * sizeof *dims);
    ht_buf_add_str(&w->names, name);
}

static size_t padding_after(size_t n) { return (ALIGNMENT - n % ALIGNMENT) % ALIGNMENT; }

static void add_zeros(ht_buf *b, size_t n)
{
    static const char zeros[ALIGNMENT];
    ht_buf_add(b, zeros, n);
}

/* Header, metadata and descriptions, padded to where the data begins. */
static ht_status encode_head(ht_gguf_writer *w, ht_buf *out, ht_error *err)
{
    if (w->failure.status != HT_OK) {
        if (err != NULL)
            *err = w->failure;
        return w->failure.status;
    }
    ht_buf_add_c(out, "GGUF");
    add_le(out, 3, 4);
    add_le(out, w->n_tensors, 8);
    add_le(out, w->n_kvs, 8);
    ht_buf_add(out, w->kvs.ptr, w->kvs.len);
    uint64_t offset = 0;
    for (size_t i = 0; i < w->n_tensors; i++) {
        const pending_tensor *t = &w->tensors[i];
        add_str(out, tensor_name(w, t));
        add_le(out, t->n_dims, 4);
        for (uint32_t d = 0; d < t->n_dims; d++)
            add_le(out, t->dims[d], 8);
        add_le(out, t->type, 4);
        add_le(out, offset, 8);
        offset += t->data.len + padding_after(t->data.len);
    }
    add_zeros(out, padding_after(out->len));
    if (w->kvs.failed || w->keys.failed || w->names.failed || out->failed)
        return ht_fail(err, HT_NO_MEMORY, -1, "GGUF writer: out of memory");
    return HT_OK;
}

ht_status ht_gguf_writer_encode(ht_gguf_writer *w, ht_buf *out, ht_error *err)
{
    ht_buf head = {0};
    const ht_status st = encode_head(w, &head, err);
    if (st == HT_OK) {
        ht_buf_add(out, head.ptr, head.len);
        for (size_t i = 0; i < w->n_tensors; i++) {
            ht_buf_add(out, w->tensors[i].data.ptr, w->tensors[i].data.len);
            add_zeros(out, padding_after(w->tensors[i].data.len));
        }
    }
    ht_buf_deinit(&head);
    if (st == HT_OK && out->failed)
        return ht_fail(err, HT_NO_MEMORY, -1, "GGUF writer: out of memory");
    return st;
}

static bool write_body(const ht_gguf_writer *w, FILE *f)
{
    static const char zeros[ALIGNMENT];
    bool ok = true;
    for (size_t i = 0; i < w->n_tensors && ok; i++) {
        const ht_bytes d = w->tensors[i].data;
        ok = fwrite(d.ptr, 1, d.len, f) == d.len && fwrite(zeros, 1, padding_after(d.len), f) == padding_after(d.len);
    }
    return ok;
}

ht_status ht_gguf_writer_write(ht_gguf_writer *w, const char *path, ht_error *err)
{
    char tmp[4096];
    if ((size_t)snprintf(tmp, sizeof tmp, "%s.tmp", path) >= sizeof tmp)
        return ht_fail(err, HT_BAD_ARG, -1, "%s: path too long", path);
    ht_buf head = {0};
    ht_status st = encode_head(w, &head, err);
    if (st != HT_OK) {
        ht_buf_deinit(&head);
        return st;
    }
    FILE *f = fopen(tmp, "wbe");
    if (f == NULL) {
        ht_buf_deinit(&head);
        return ht_fail(err, HT_IO, -1, "%s: cannot create: %s", tmp, strerror(errno));
    }
    bool ok = fwrite(head.ptr, 1, head.len, f) == head.len && write_body(w, f) && fflush(f) == 0 && fsync(fileno(f)) == 0;
    ok = (fclose(f) == 0) && ok;
    if (!ok || rename(tmp, path) != 0) {
        st = ht_fail(err, HT_IO, -1, "%s: cannot write: %s", path, strerror(errno));
        unlink(tmp);
    }
    ht_buf_deinit(&head);
    return st;
}
