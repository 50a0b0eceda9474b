/* Whole files: mapped for reading, read into memory, written atomically. */
#ifndef HT_BASE_MAP_H
#define HT_BASE_MAP_H
#include "base/str.h"

typedef struct {
    void *addr;
    size_t len;
} ht_map;

/* Maps path read-only and shared. An empty file gives len 0. Errors name the path: HT_NOT_FOUND, HT_IO. */
HT_CHECKED ht_status ht_map_open(const char *path, ht_map *out, ht_error *err);
void ht_map_close(ht_map *m);
static inline ht_bytes ht_map_bytes(const ht_map *m) { return (ht_bytes){m->addr, m->len}; }

/* Appends the file to out; HT_TOO_BIG beyond max_bytes. path "-" reads stdin. */
HT_CHECKED ht_status ht_file_read(const char *path, size_t max_bytes, ht_buf *out, ht_error *err);
/* Replaces path by data: writes path.tmp, fsyncs, renames; after a crash the old or the new content is there, whole. */
HT_CHECKED ht_status ht_file_write(const char *path, ht_bytes data, ht_error *err);
/* mkdir -p */
HT_CHECKED ht_status ht_dir_make(const char *path, ht_error *err);
#endif
