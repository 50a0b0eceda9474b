/* Slices that borrow, and one growing buffer that owns. */
#ifndef HT_BASE_STR_H
#define HT_BASE_STR_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/status.h"

/* Borrowed text, not NUL-terminated; usually UTF-8. */
typedef struct {
    const char *ptr;
    size_t len;
} ht_str;

/* Borrowed bytes. */
typedef struct {
    const uint8_t *ptr;
    size_t len;
} ht_bytes;

#define HT_STR(literal) ((ht_str){(literal), sizeof(literal) - 1})
/* For printf's "%.*s". */
#define HT_STR_ARG(s) (int)(s).len, (s).ptr

static inline ht_str ht_str_from(const char *c) { return (ht_str){c, c ? strlen(c) : 0}; }
static inline bool ht_str_eq(ht_str a, ht_str b) { return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0); }
static inline bool ht_str_is(ht_str a, const char *c) { return ht_str_eq(a, ht_str_from(c)); }

bool ht_str_starts(ht_str s, ht_str prefix);
bool ht_str_ends(ht_str s, ht_str suffix);
/* Byte offset of the first needle at or after from, or -1; an empty needle is found at from. */
ptrdiff_t ht_str_find(ht_str s, ht_str needle, size_t from);
/* Without ASCII blanks at both ends. */
ht_str ht_str_trim(ht_str s);
/* Cuts the part before the first sep off *rest; false when *rest is used up (ptr NULL). "a,,b" gives "a", "", "b". */
bool ht_str_split(ht_str *rest, char sep, ht_str *part);

/* a * b in *out, or false on overflow; likewise the sum. */
static inline bool ht_mul_size(size_t a, size_t b, size_t *out) { return !__builtin_mul_overflow(a, b, out); }
static inline bool ht_add_size(size_t a, size_t b, size_t *out) { return !__builtin_add_overflow(a, b, out); }

/* Owned bytes that grow; all zero = empty. ptr is NUL-terminated after every successful append (the NUL is not counted).
 * An append that runs out of memory leaves the content and sets failed, which stays: check it once at the end. */
typedef struct {
    char *ptr;
    size_t len, cap;
    bool failed;
} ht_buf;

void ht_buf_deinit(ht_buf *b);
/* Empties it, keeps the memory. */
void ht_buf_clear(ht_buf *b);
bool ht_buf_reserve(ht_buf *b, size_t extra);
void ht_buf_add(ht_buf *b, const void *data, size_t n);
void ht_buf_add_str(ht_buf *b, ht_str s);
void ht_buf_add_c(ht_buf *b, const char *c);
void ht_buf_add_char(ht_buf *b, char c);
void ht_buf_addf(ht_buf *b, const char *fmt, ...) HT_PRINTF(2, 3);
static inline ht_str ht_buf_str(const ht_buf *b) { return (ht_str){b->ptr, b->len}; }
#endif
