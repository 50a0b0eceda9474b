#include "base/str.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

bool ht_str_starts(ht_str s, ht_str prefix)
{
    return s.len >= prefix.len && (prefix.len == 0 || memcmp(s.ptr, prefix.ptr, prefix.len) == 0);
}

bool ht_str_ends(ht_str s, ht_str suffix)
{
    return s.len >= suffix.len && (suffix.len == 0 || memcmp(s.ptr + s.len - suffix.len, suffix.ptr, suffix.len) == 0);
}

ptrdiff_t ht_str_find(ht_str s, ht_str needle, size_t from)
{
    if (from > s.len || needle.len > s.len - from)
        return -1;
    if (needle.len == 0)
        return (ptrdiff_t)from;
    const char *hit = memmem(s.ptr + from, s.len - from, needle.ptr, needle.len);
    return hit ? hit - s.ptr : -1;
}

static bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

ht_str ht_str_trim(ht_str s)
{
    while (s.len > 0 && is_blank(s.ptr[0]))
        s.ptr++, s.len--;
    while (s.len > 0 && is_blank(s.ptr[s.len - 1]))
        s.len--;
    return s;
}

bool ht_str_split(ht_str *rest, char sep, ht_str *part)
{
    if (rest->ptr == NULL)
        return false;
    const char *hit = rest->len ? memchr(rest->ptr, sep, rest->len) : NULL;
    if (hit == NULL) {
        *part = *rest;
        *rest = (ht_str){NULL, 0};
        return true;
    }
    *part = (ht_str){rest->ptr, (size_t)(hit - rest->ptr)};
    *rest = (ht_str){hit + 1, rest->len - part->len - 1};
    return true;
}

void ht_buf_deinit(ht_buf *b)
{
    free(b->ptr);
    *b = (ht_buf){0};
}

void ht_buf_clear(ht_buf *b)
{
    b->len = 0;
    b->failed = false;
    if (b->ptr != NULL)
        b->ptr[0] = '\0';
}

bool ht_buf_reserve(ht_buf *b, size_t extra)
{
    size_t need;
    if (b->failed || !ht_add_size(b->len, extra, &need) || !ht_add_size(need, 1, &need))
        return b->failed = true, false;
    if (need <= b->cap)
        return true;
    size_t cap = b->cap ? b->cap : 64;
    while (cap < need)
        if (!ht_mul_size(cap, 2, &cap))
            return b->failed = true, false;
    char *ptr = realloc(b->ptr, cap);
    if (ptr == NULL)
        return b->failed = true, false;
    b->ptr = ptr;
    b->cap = cap;
    return true;
}

void ht_buf_add(ht_buf *b, const void *data, size_t n)
{
    if (!ht_buf_reserve(b, n))
        return;
    if (n > 0)
        memcpy(b->ptr + b->len, data, n);
    b->len += n;
    b->ptr[b->len] = '\0';
}

void ht_buf_add_str(ht_buf *b, ht_str s) { ht_buf_add(b, s.ptr, s.len); }
void ht_buf_add_c(ht_buf *b, const char *c) { ht_buf_add(b, c, strlen(c)); }
void ht_buf_add_char(ht_buf *b, char c) { ht_buf_add(b, &c, 1); }

void ht_buf_addf(ht_buf *b, const char *fmt, ...)
{
    va_list ap, again;
    va_start(ap, fmt);
    va_copy(again, ap);
    const int n = vsnprintf(NULL, 0, fmt, ap);
    va_end(ap);
    if (n < 0)
        b->failed = true;
    else if (ht_buf_reserve(b, (size_t)n)) {
        vsnprintf(b->ptr + b->len, (size_t)n + 1, fmt, again);
        b->len += (size_t)n;
    }
    va_end(again);
}
