/* HTTP/1.x requests from bytes: the head, and bodies in chunks. No sockets. Strict where lenience lets two programs read
 * the same bytes differently (line ends, lengths given twice). Source: RFC 9110, RFC 9112. */
#ifndef HT_NET_HTTP_PARSE_H
#define HT_NET_HTTP_PARSE_H
#include "base/str.h"

enum { HT_HTTP_MAX_FIELDS = 64, HT_HTTP_MAX_HEAD_BYTES = 16384 };

typedef struct {
    ht_str name, value; /* value without blanks around it */
} ht_http_field;

/* Slices of the text that was parsed. */
typedef struct {
    ht_str method;
    ht_str path;  /* begins with '/' (or is "*"), percent-encoded as sent */
    ht_str query; /* behind '?', may be empty */
    int minor;    /* HTTP/1.minor, 0 or 1 */
    ht_http_field fields[HT_HTTP_MAX_FIELDS];
    size_t n_fields;
    int64_t content_length; /* -1: not given */
    bool is_chunked;
    bool keep_alive;
    bool expects_continue;
} ht_http_head;

/* Length of the head at the start of data with its empty line, 0 if it is not all there yet. */
size_t ht_http_head_length(ht_str data);
/* Parses a whole head. Returns 0, or the status code to answer with (400, 411, 417, 431, 501, 505) and a reason in *why. */
int ht_http_parse_head(ht_str text, ht_http_head *out, const char **why);
/* Value of the first field of that name, ASCII case ignored; ptr NULL if there is none. */
ht_str ht_http_field_get(const ht_http_head *head, const char *name);

/* State of a body in chunks; all zero = at its start. */
typedef struct {
    int state;
    uint64_t left; /* bytes of the present chunk */
    size_t n_line; /* bytes of the present size or trailer line */
} ht_http_chunks;
/* Takes bytes of the body, *used of them, and appends the payload to out, at most max_bytes in all.
 * Returns 1 when the body is complete, 0 for more, else the status code to answer with (400, 413). */
int ht_http_chunks_feed(ht_http_chunks *c, ht_str data, size_t *used, ht_buf *out, size_t max_bytes);

/* Appends text with %XX replaced; false if one is malformed or is %00. */
bool ht_http_percent_decode(ht_str text, ht_buf *out);
#endif
