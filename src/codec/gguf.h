/* GGUF version 3 (and 2, same layout): metadata and tensor descriptions, read from bytes in place and written to a file.
 * Source: ggml's docs/gguf.md. Nothing here knows what the tensors mean.
 * Every length, count, offset and size is checked against the bytes given before it is used: a tensor that was
 * returned lies inside them. Parsing allocates in proportion to the number of keys and tensors, never to a count that
 * the file merely claims. */
#ifndef HT_CODEC_GGUF_H
#define HT_CODEC_GGUF_H
#include "base/str.h"

typedef enum {
    HT_GGUF_U8, HT_GGUF_I8, HT_GGUF_U16, HT_GGUF_I16, HT_GGUF_U32, HT_GGUF_I32, HT_GGUF_F32, HT_GGUF_BOOL,
    HT_GGUF_STRING, HT_GGUF_ARRAY, HT_GGUF_U64, HT_GGUF_I64, HT_GGUF_F64, HT_GGUF_TYPE_COUNT
} ht_gguf_type;

enum { HT_GGUF_MAX_DIMS = 4 };

/* One metadata entry; slices borrow from the file's bytes. */
typedef struct {
    ht_str key;
    ht_gguf_type type;         /* HT_GGUF_ARRAY: element_type and n tell what it holds */
    ht_gguf_type element_type; /* of an array (arrays of arrays are refused); else = type */
    uint64_t n;                /* elements; 1 for a scalar */
    ht_bytes data;             /* the elements as they lie in the file, little-endian; strings with their lengths */
} ht_gguf_kv;

typedef struct {
    ht_str name;
    uint32_t type;     /* ggml type id as in the file: 0 F32, 1 F16, 2 Q4_0, 8 Q8_0, 30 BF16 … (tensor/dtype.h) */
    uint32_t n_dims;   /* 1 … 4 */
    uint64_t dims[HT_GGUF_MAX_DIMS]; /* dims[0] is the fastest: the row length; unused ones are 1 */
    ht_bytes data;     /* inside the file's bytes */
} ht_gguf_tensor;

typedef struct ht_gguf ht_gguf;

/* Bytes of one row of `row` values of a ggml type, or false where the type is unknown or row is no multiple of its block. */
bool ht_gguf_row_bytes(uint32_t type, uint64_t row, size_t *out);
/* "Q8_0" …; NULL for an unknown id. And back; false if unknown. */
const char *ht_gguf_type_name(uint32_t type);
bool ht_gguf_type_id(ht_str name, uint32_t *out);

/* file must outlive *out. HT_BAD_FORMAT with the offset, HT_UNSUPPORTED (version, split files), HT_NO_MEMORY. */
HT_CHECKED ht_status ht_gguf_parse(ht_bytes file, ht_gguf **out, ht_error *err);
void ht_gguf_free(ht_gguf *g);

size_t ht_gguf_kv_count(const ht_gguf *g);
const ht_gguf_kv *ht_gguf_kv_at(const ht_gguf *g, size_t i);
size_t ht_gguf_tensor_count(const ht_gguf *g);
const ht_gguf_tensor *ht_gguf_tensor_at(const ht_gguf *g, size_t i);
/* By name through a hash table; NULL when absent. */
const ht_gguf_kv *ht_gguf_find_kv(const ht_gguf *g, ht_str key);
const ht_gguf_tensor *ht_gguf_find_tensor(const ht_gguf *g, ht_str name);

/* Typed access. Integers accept any integer type, floats any float or integer type; false (and *out untouched) when the
 * key is absent or of another kind. `_at` reads element i of an array, or of a scalar with i = 0. */
bool ht_gguf_get_u64(const ht_gguf *g, const char *key, uint64_t *out);
bool ht_gguf_get_f64(const ht_gguf *g, const char *key, double *out);
bool ht_gguf_get_bool(const ht_gguf *g, const char *key, bool *out);
bool ht_gguf_get_str(const ht_gguf *g, const char *key, ht_str *out);
bool ht_gguf_kv_i64_at(const ht_gguf_kv *kv, uint64_t i, int64_t *out);
bool ht_gguf_kv_f64_at(const ht_gguf_kv *kv, uint64_t i, double *out);
/* Strings of an array in order: start with *cursor = 0; false at the end. */
bool ht_gguf_kv_next_str(const ht_gguf_kv *kv, size_t *cursor, ht_str *out);

/* --- writing: add everything, then write the file atomically (path.tmp, fsync, rename) --- */
typedef struct ht_gguf_writer ht_gguf_writer;
HT_CHECKED ht_status ht_gguf_writer_new(ht_gguf_writer **out, ht_error *err);
void ht_gguf_writer_free(ht_gguf_writer *w);
/* These remember a failure and report it in _write. Strings are copied. */
void ht_gguf_writer_u32(ht_gguf_writer *w, const char *key, uint32_t value);
void ht_gguf_writer_f32(ht_gguf_writer *w, const char *key, float value);
void ht_gguf_writer_bool(ht_gguf_writer *w, const char *key, bool value);
void ht_gguf_writer_str(ht_gguf_writer *w, const char *key, ht_str value);
void ht_gguf_writer_strs(ht_gguf_writer *w, const char *key, const ht_str *values, size_t n);
void ht_gguf_writer_i32s(ht_gguf_writer *w, const char *key, const int32_t *values, size_t n);
void ht_gguf_writer_f32s(ht_gguf_writer *w, const char *key, const float *values, size_t n);
/* Copies an entry of a parsed file as it is; general.alignment is left out, since the new file has its own (32). */
void ht_gguf_writer_copy_kv(ht_gguf_writer *w, const ht_gguf_kv *kv);
/* data is borrowed until _write and must hold exactly the bytes that type and dims need (checked). */
void ht_gguf_writer_tensor(ht_gguf_writer *w, ht_str name, uint32_t type, uint32_t n_dims, const uint64_t *dims, ht_bytes data);
HT_CHECKED ht_status ht_gguf_writer_write(ht_gguf_writer *w, const char *path, ht_error *err);
/* The same bytes appended to out instead. */
HT_CHECKED ht_status ht_gguf_writer_encode(ht_gguf_writer *w, ht_buf *out, ht_error *err);
#endif
