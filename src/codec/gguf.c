/* Reading GGUF from bytes in place: header, metadata, tensor descriptions, look-up by name. Writing is gguf_write.c,
 * block sizes and type names are gguf_types.c. */
#include "codec/gguf.h"

#include <stdlib.h>

enum { DEFAULT_ALIGNMENT = 32, MAX_ALIGNMENT = 1 << 20, MAX_NAME_BYTES = 65535 };

/* Open addressing; a slot holds index + 1 into the array it serves, 0 = free. */
typedef struct {
    uint32_t *slots;
    size_t n_slots; /* a power of two, more than the entries */
} name_table;

struct ht_gguf {
    ht_gguf_kv *kvs;
    size_t n_kvs, cap_kvs;
    ht_gguf_tensor *tensors;
    size_t n_tensors, cap_tensors;
    name_table kv_names, tensor_names;
};

/* A sticky reader: past the end it yields zeros and stays bad. */
typedef struct {
    const uint8_t *base, *p, *end;
    bool bad;
} reader;

static int64_t reader_at(const reader *r) { return (int64_t)(r->p - r->base); }

static ht_bytes take(reader *r, uint64_t n)
{
    if (r->bad || n > (uint64_t)(r->end - r->p)) {
        r->bad = true;
        return (ht_bytes){NULL, 0};
    }
    const ht_bytes b = {r->p, (size_t)n};
    r->p += n;
    return b;
}

static uint64_t load_le(const uint8_t *p, size_t n)
{
    uint64_t v = 0;
    for (size_t i = 0; i < n; i++)
        v |= (uint64_t)p[i] << (8 * i);
    return v;
}

static uint64_t take_le(reader *r, size_t n)
{
    const ht_bytes b = take(r, n);
    return b.ptr ? load_le(b.ptr, n) : 0;
}

static ht_str take_str(reader *r)
{
    const ht_bytes b = take(r, take_le(r, 8));
    return (ht_str){(const char *)b.ptr, b.len};
}

/* Bytes of one value; 0 for strings and arrays. */
static size_t scalar_bytes(ht_gguf_type type)
{
    static const uint8_t sizes[HT_GGUF_TYPE_COUNT] = {
        [HT_GGUF_U8] = 1,  [HT_GGUF_I8] = 1,  [HT_GGUF_U16] = 2,  [HT_GGUF_I16] = 2, [HT_GGUF_U32] = 4, [HT_GGUF_I32] = 4,
        [HT_GGUF_F32] = 4, [HT_GGUF_BOOL] = 1, [HT_GGUF_U64] = 8, [HT_GGUF_I64] = 8, [HT_GGUF_F64] = 8,
    };
    return sizes[type];
}

/* --- names --- */

static uint64_t hash_name(ht_str s)
{
    uint64_t h = 0xcbf29ce484222325u ^ s.len;
    for (size_t i = 0; i < s.len; i++)
        h = (h ^ (uint8_t)s.ptr[i]) * 0x100000001b3u;
    return h ^ (h >> 29);
}

/* The name of entry i of an array whose elements are stride bytes and begin with their ht_str. */
static ht_str name_at(const void *array, size_t stride, size_t i)
{
    ht_str s;
    memcpy(&s, (const char *)array + i * stride, sizeof s);
    return s;
}

_Static_assert(offsetof(ht_gguf_kv, key) == 0 && offsetof(ht_gguf_tensor, name) == 0, "name_at reads the first member");

static ptrdiff_t table_find(const name_table *t, const void *array, size_t stride, ht_str name)
{
    if (t->n_slots == 0)
        return -1;
    for (size_t s = hash_name(name) & (t->n_slots - 1); t->slots[s] != 0; s = (s + 1) & (t->n_slots - 1))
        if (ht_str_eq(name_at(array, stride, t->slots[s] - 1), name))
            return (ptrdiff_t)t->slots[s] - 1;
    return -1;
}

/* Indexes all names; HT_BAD_FORMAT on the first that occurs twice. */
static ht_status table_build(name_table *t, const void *array, size_t stride, size_t n, const char *what, ht_error *err)
{
    if (n >= UINT32_MAX / 2)
        return ht_fail(err, HT_TOO_BIG, -1, "GGUF: %zu %ss", n, what);
    size_t n_slots = 16;
    while (n_slots < 2 * n)
        n_slots *= 2;
    t->slots = calloc(n_slots, sizeof *t->slots);
    if (t->slots == NULL)
        return ht_fail(err, HT_NO_MEMORY, -1, "GGUF: no memory for %zu names", n);
    t->n_slots = n_slots;
    for (size_t i = 0; i < n; i++) {
        const ht_str name = name_at(array, stride, i);
        size_t s = hash_name(name) & (n_slots - 1);
        for (; t->slots[s] != 0; s = (s + 1) & (n_slots - 1))
            if (ht_str_eq(name_at(array, stride, t->slots[s] - 1), name))
                return ht_fail(err, HT_BAD_FORMAT, -1, "GGUF: %s '%.*s' occurs twice", what, (int)(name.len < 80 ? name.len : 80), name.ptr);
        t->slots[s] = (uint32_t)i + 1;
    }
    return HT_OK;
}

/* --- parsing --- */

/* Room for one more element in a growing array; false when memory is gone. */
static bool grow(void **array, size_t *cap, size_t n, size_t stride)
{
    if (n < *cap)
        return true;
    const size_t new_cap = *cap ? *cap * 2 : 32;
    size_t bytes;
    if (!ht_mul_size(new_cap, stride, &bytes))
        return false;
    void *p = realloc(*array, bytes);
    if (p == NULL)
        return false;
    *array = p;
    *cap = new_cap;
    return true;
}

static ht_status fail_truncated(const reader *r, const char *what, uint64_t i, ht_error *err)
{
    return ht_fail(err, HT_BAD_FORMAT, reader_at(r), "GGUF: the file ends inside %s %llu (byte %lld); is the download complete?", what,
                   (unsigned long long)i, (long long)reader_at(r));
}

/* The elements of kv from the reader on; element_type and n are set. */
static ht_status parse_elements(reader *r, uint64_t index, ht_gguf_kv *kv, ht_error *err)
{
    const uint8_t *start = r->p;
    if (kv->element_type == HT_GGUF_STRING) {
        for (uint64_t i = 0; i < kv->n && !r->bad; i++)
            take_str(r);
    } else {
        uint64_t bytes;
        if (__builtin_mul_overflow(kv->n, scalar_bytes(kv->element_type), &bytes))
            r->bad = true;
        take(r, bytes);
    }
    if (r->bad)
        return fail_truncated(r, "metadata entry", index, err);
    kv->data = (ht_bytes){start, (size_t)(r->p - start)};
    return HT_OK;
}

static ht_status parse_kv(reader *r, uint64_t index, ht_gguf_kv *kv, ht_error *err)
{
    kv->key = take_str(r);
    const uint64_t type = take_le(r, 4);
    if (r->bad)
        return fail_truncated(r, "metadata entry", index, err);
    if (kv->key.len > MAX_NAME_BYTES)
        return ht_fail(err, HT_BAD_FORMAT, reader_at(r), "GGUF: the key of metadata entry %llu has %zu bytes", (unsigned long long)index, kv->key.len);
    uint64_t element = type;
    kv->n = 1;
    if (type == HT_GGUF_ARRAY) {
        element = take_le(r, 4);
        kv->n = take_le(r, 8);
        if (r->bad)
            return fail_truncated(r, "metadata entry", index, err);
        if (element == HT_GGUF_ARRAY)
            return ht_fail(err, HT_UNSUPPORTED, reader_at(r), "GGUF: metadata entry %llu is an array of arrays", (unsigned long long)index);
    }
    if (type >= HT_GGUF_TYPE_COUNT || element >= HT_GGUF_TYPE_COUNT)
        return ht_fail(err, HT_BAD_FORMAT, reader_at(r), "GGUF: metadata entry %llu has the unknown value type %llu", (unsigned long long)index,
                       (unsigned long long)(type >= HT_GGUF_TYPE_COUNT ? type : element));
    kv->type = (ht_gguf_type)type;
    kv->element_type = (ht_gguf_type)element;
    return parse_elements(r, index, kv, err);
}

/* Reads one tensor description; *offset is relative to the data part and still unchecked. */
static ht_status parse_tensor(reader *r, uint64_t index, ht_gguf_tensor *t, uint64_t *offset, ht_error *err)
{
    t->name = take_str(r);
    t->n_dims = (uint32_t)take_le(r, 4);
    if (r->bad)
        return fail_truncated(r, "the description of tensor", index, err);
    if (t->name.len > MAX_NAME_BYTES)
        return ht_fail(err, HT_BAD_FORMAT, reader_at(r), "GGUF: the name of tensor %llu has %zu bytes", (unsigned long long)index, t->name.len);
    const int len = (int)(t->name.len < 80 ? t->name.len : 80);
    if (t->n_dims < 1 || t->n_dims > HT_GGUF_MAX_DIMS)
        return ht_fail(err, HT_BAD_FORMAT, reader_at(r), "GGUF: tensor '%.*s' has %u dimensions, 1 to 4 are possible", len, t->name.ptr, t->n_dims);
    uint64_t n_rows = 1;
    bool overflow = false;
    for (uint32_t d = 0; d < HT_GGUF_MAX_DIMS; d++) {
        t->dims[d] = d < t->n_dims ? take_le(r, 8) : 1;
        overflow |= t->dims[d] == 0 || (d > 0 && __builtin_mul_overflow(n_rows, t->dims[d], &n_rows));
    }
    t->type = (uint32_t)take_le(r, 4);
    *offset = take_le(r, 8);
    if (r->bad)
        return fail_truncated(r, "the description of tensor", index, err);
    if (ht_gguf_type_name(t->type) == NULL)
        return ht_fail(err, HT_UNSUPPORTED, reader_at(r), "GGUF: tensor '%.*s' has the unknown type %u", len, t->name.ptr, t->type);
    size_t row_bytes, bytes = 0;
    if (overflow || !ht_gguf_row_bytes(t->type, t->dims[0], &row_bytes) || n_rows > SIZE_MAX || !ht_mul_size(row_bytes, (size_t)n_rows, &bytes))
        return ht_fail(err, HT_BAD_FORMAT, reader_at(r), "GGUF: tensor '%.*s' has an impossible shape for %s", len, t->name.ptr, ht_gguf_type_name(t->type));
    t->data.len = bytes;
    return HT_OK;
}

/* Points t at its data; data is what follows the header. */
static ht_status place_tensor(ht_gguf_tensor *t, uint64_t offset, uint64_t alignment, ht_bytes data, ht_error *err)
{
    const int len = (int)(t->name.len < 80 ? t->name.len : 80);
    if (offset % alignment != 0)
        return ht_fail(err, HT_BAD_FORMAT, -1, "GGUF: tensor '%.*s' is not aligned to %llu bytes", len, t->name.ptr, (unsigned long long)alignment);
    if (offset > data.len || t->data.len > data.len - (size_t)offset)
        return ht_fail(err, HT_BAD_FORMAT, -1, "GGUF: tensor '%.*s' reaches past the end of the file; is the download complete?", len, t->name.ptr);
    t->data.ptr = data.ptr + offset;
    return HT_OK;
}

static ht_status parse_header(reader *r, uint64_t *n_tensors, uint64_t *n_kvs, ht_error *err)
{
    const ht_bytes magic = take(r, 4);
    const uint64_t version = take_le(r, 4);
    *n_tensors = take_le(r, 8);
    *n_kvs = take_le(r, 8);
    if (magic.ptr == NULL || memcmp(magic.ptr, "GGUF", 4) != 0)
        return ht_fail(err, HT_BAD_FORMAT, 0, "not a GGUF file (it does not begin with \"GGUF\")");
    if (r->bad)
        return fail_truncated(r, "the header, part", 0, err);
    if (version == 0x03000000u || version == 0x02000000u)
        return ht_fail(err, HT_UNSUPPORTED, 4, "GGUF: the file is big-endian; convert it to little-endian");
    if (version != 2 && version != 3)
        return ht_fail(err, HT_UNSUPPORTED, 4, "GGUF version %llu; 2 and 3 are supported", (unsigned long long)version);
    return HT_OK;
}

/* Everything after the header: fills g; offsets is scratch that the caller frees. */
static ht_status parse_body(ht_gguf *g, reader *r, uint64_t n_tensors, uint64_t n_kvs, uint64_t **offsets, ht_error *err)
{
    ht_status st;
    for (uint64_t i = 0; i < n_kvs; i++) {
        if (!grow((void **)&g->kvs, &g->cap_kvs, g->n_kvs, sizeof *g->kvs))
            return ht_fail(err, HT_NO_MEMORY, -1, "GGUF: no memory for %zu metadata entries", g->n_kvs);
        if ((st = parse_kv(r, i, &g->kvs[g->n_kvs], err)) != HT_OK)
            return st;
        g->n_kvs++;
    }
    if ((st = table_build(&g->kv_names, g->kvs, sizeof *g->kvs, g->n_kvs, "key", err)) != HT_OK)
        return st;
    uint64_t alignment = DEFAULT_ALIGNMENT, n_split = 1;
    if (ht_gguf_find_kv(g, HT_STR("general.alignment")) != NULL && (!ht_gguf_get_u64(g, "general.alignment", &alignment) || alignment == 0 ||
                                                                    alignment > MAX_ALIGNMENT || (alignment & (alignment - 1)) != 0))
        return ht_fail(err, HT_BAD_FORMAT, -1, "GGUF: general.alignment is not a power of two up to %d", MAX_ALIGNMENT);
    if (ht_gguf_get_u64(g, "split.count", &n_split) && n_split > 1)
        return ht_fail(err, HT_UNSUPPORTED, -1, "GGUF: the model is split over %llu files; merge them into one", (unsigned long long)n_split);
    size_t cap_offsets = 0;
    for (uint64_t i = 0; i < n_tensors; i++) {
        if (!grow((void **)&g->tensors, &g->cap_tensors, g->n_tensors, sizeof *g->tensors) ||
            !grow((void **)offsets, &cap_offsets, g->n_tensors, sizeof **offsets))
            return ht_fail(err, HT_NO_MEMORY, -1, "GGUF: no memory for %zu tensors", g->n_tensors);
        if ((st = parse_tensor(r, i, &g->tensors[g->n_tensors], &(*offsets)[g->n_tensors], err)) != HT_OK)
            return st;
        g->n_tensors++;
    }
    if ((st = table_build(&g->tensor_names, g->tensors, sizeof *g->tensors, g->n_tensors, "tensor", err)) != HT_OK)
        return st;
    const uint64_t header_bytes = (uint64_t)reader_at(r), padding = (alignment - header_bytes % alignment) % alignment;
    if (n_tensors > 0 && take(r, padding).ptr == NULL)
        return fail_truncated(r, "the padding before tensor", 0, err);
    const ht_bytes data = {r->p, (size_t)(r->end - r->p)};
    for (size_t i = 0; i < g->n_tensors; i++)
        if ((st = place_tensor(&g->tensors[i], (*offsets)[i], alignment, data, err)) != HT_OK)
            return st;
    return HT_OK;
}

ht_status ht_gguf_parse(ht_bytes file, ht_gguf **out, ht_error *err)
{
    *out = NULL;
    static const uint8_t nothing[1];
    if (file.ptr == NULL) /* an empty file maps to no address at all */
        file = (ht_bytes){nothing, 0};
    reader r = {.base = file.ptr, .p = file.ptr, .end = file.ptr + file.len};
    uint64_t n_tensors, n_kvs, *offsets = NULL;
    ht_status st = parse_header(&r, &n_tensors, &n_kvs, err);
    if (st != HT_OK)
        return st;
    ht_gguf *g = calloc(1, sizeof *g);
    if (g == NULL)
        return ht_fail(err, HT_NO_MEMORY, -1, "GGUF: out of memory");
    if ((st = parse_body(g, &r, n_tensors, n_kvs, &offsets, err)) == HT_OK) {
        *out = g;
        g = NULL; /* handed to the caller */
    }
    free(offsets);
    ht_gguf_free(g);
    return st;
}

void ht_gguf_free(ht_gguf *g)
{
    if (g == NULL)
        return;
    free(g->kvs);
    free(g->tensors);
    free(g->kv_names.slots);
    free(g->tensor_names.slots);
    free(g);
}

/* --- access --- */

size_t ht_gguf_kv_count(const ht_gguf *g) { return g->n_kvs; }
const ht_gguf_kv *ht_gguf_kv_at(const ht_gguf *g, size_t i) { return &g->kvs[i]; }
size_t ht_gguf_tensor_count(const ht_gguf *g) { return g->n_tensors; }
const ht_gguf_tensor *ht_gguf_tensor_at(const ht_gguf *g, size_t i) { return &g->tensors[i]; }

const ht_gguf_kv *ht_gguf_find_kv(const ht_gguf *g, ht_str key)
{
    const ptrdiff_t i = table_find(&g->kv_names, g->kvs, sizeof *g->kvs, key);
    return i < 0 ? NULL : &g->kvs[i];
}

const ht_gguf_tensor *ht_gguf_find_tensor(const ht_gguf *g, ht_str name)
{
    const ptrdiff_t i = table_find(&g->tensor_names, g->tensors, sizeof *g->tensors, name);
    return i < 0 ? NULL : &g->tensors[i];
}

/* The 1 … 8 bytes of element i as they lie; false when i is out of range or the elements are strings. */
static bool element_bits(const ht_gguf_kv *kv, uint64_t i, uint64_t *bits)
{
    const size_t size = scalar_bytes(kv->element_type);
    if (size == 0 || i >= kv->n)
        return false;
    *bits = load_le(kv->data.ptr + i * size, size);
    return true;
}

bool ht_gguf_kv_i64_at(const ht_gguf_kv *kv, uint64_t i, int64_t *out)
{
    uint64_t bits;
    if (!element_bits(kv, i, &bits))
        return false;
    switch (kv->element_type) {
    case HT_GGUF_I8: *out = (int8_t)bits; return true;
    case HT_GGUF_I16: *out = (int16_t)bits; return true;
    case HT_GGUF_I32: *out = (int32_t)bits; return true;
    case HT_GGUF_I64: *out = (int64_t)bits; return true;
    case HT_GGUF_U8:
    case HT_GGUF_U16:
    case HT_GGUF_U32:
    case HT_GGUF_U64:
        if (bits > INT64_MAX)
            return false;
        *out = (int64_t)bits;
        return true;
    default: return false;
    }
}

bool ht_gguf_kv_f64_at(const ht_gguf_kv *kv, uint64_t i, double *out)
{
    uint64_t bits;
    int64_t whole;
    if (!element_bits(kv, i, &bits))
        return false;
    if (kv->element_type == HT_GGUF_F32) {
        const uint32_t low = (uint32_t)bits;
        float f;
        memcpy(&f, &low, sizeof f);
        *out = (double)f;
    } else if (kv->element_type == HT_GGUF_F64) {
        memcpy(out, &bits, sizeof *out);
    } else if (kv->element_type == HT_GGUF_U64) {
        *out = (double)bits;
    } else if (ht_gguf_kv_i64_at(kv, i, &whole)) {
        *out = (double)whole;
    } else {
        return false;
    }
    return true;
}

/* The scalar of that key; NULL when absent or an array. */
static const ht_gguf_kv *find_scalar(const ht_gguf *g, const char *key)
{
    const ht_gguf_kv *kv = ht_gguf_find_kv(g, ht_str_from(key));
    return kv != NULL && kv->type != HT_GGUF_ARRAY ? kv : NULL;
}

bool ht_gguf_get_u64(const ht_gguf *g, const char *key, uint64_t *out)
{
    const ht_gguf_kv *kv = find_scalar(g, key);
    int64_t v;
    if (kv != NULL && kv->type == HT_GGUF_U64)
        return element_bits(kv, 0, out);
    if (kv == NULL || !ht_gguf_kv_i64_at(kv, 0, &v) || v < 0)
        return false;
    *out = (uint64_t)v;
    return true;
}

bool ht_gguf_get_f64(const ht_gguf *g, const char *key, double *out)
{
    const ht_gguf_kv *kv = find_scalar(g, key);
    return kv != NULL && ht_gguf_kv_f64_at(kv, 0, out);
}

bool ht_gguf_get_bool(const ht_gguf *g, const char *key, bool *out)
{
    const ht_gguf_kv *kv = find_scalar(g, key);
    uint64_t bits;
    if (kv == NULL || kv->type != HT_GGUF_BOOL || !element_bits(kv, 0, &bits))
        return false;
    *out = bits != 0;
    return true;
}

bool ht_gguf_get_str(const ht_gguf *g, const char *key, ht_str *out)
{
    const ht_gguf_kv *kv = find_scalar(g, key);
    size_t cursor = 0;
    return kv != NULL && kv->type == HT_GGUF_STRING && ht_gguf_kv_next_str(kv, &cursor, out);
}

bool ht_gguf_kv_next_str(const ht_gguf_kv *kv, size_t *cursor, ht_str *out)
{
    if (kv->element_type != HT_GGUF_STRING || *cursor >= kv->data.len)
        return false;
    reader r = {.base = kv->data.ptr, .p = kv->data.ptr + *cursor, .end = kv->data.ptr + kv->data.len};
    const ht_str s = take_str(&r);
    if (r.bad)
        return false;
    *cursor = (size_t)reader_at(&r);
    *out = s;
    return true;
}
