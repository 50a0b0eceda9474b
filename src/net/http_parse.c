#include "net/http_parse.h"

#include <strings.h>

static bool is_token_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || (c != '\0' && strchr("!#$%&'*+-.^_`|~", c) != NULL);
}

static bool is_token(ht_str s)
{
    for (size_t i = 0; i < s.len; i++)
        if (!is_token_char(s.ptr[i]))
            return false;
    return s.len > 0;
}

static bool is_nocase(ht_str s, const char *c)
{
    return s.len == strlen(c) && strncasecmp(s.ptr, c, s.len) == 0;
}

size_t ht_http_head_length(ht_str data)
{
    const ptrdiff_t at = ht_str_find(data, HT_STR("\r\n\r\n"), 0);
    return at < 0 ? 0 : (size_t)at + 4;
}

/* "/path?query", or the same behind "http://host" as proxies send it. */
static bool parse_target(ht_str target, ht_http_head *out)
{
    for (size_t i = 0; i < target.len; i++)
        if ((unsigned char)target.ptr[i] <= ' ' || target.ptr[i] == 0x7f)
            return false;
    if (target.len > 7 && strncasecmp(target.ptr, "http://", 7) == 0) {
        const ptrdiff_t slash = ht_str_find(target, HT_STR("/"), 7);
        target = slash < 0 ? HT_STR("/") : (ht_str){target.ptr + slash, target.len - (size_t)slash};
    }
    if (target.len == 0 || (target.ptr[0] != '/' && !ht_str_is(target, "*")))
        return false;
    const ptrdiff_t mark = ht_str_find(target, HT_STR("?"), 0);
    out->path = mark < 0 ? target : (ht_str){target.ptr, (size_t)mark};
    out->query = mark < 0 ? (ht_str){target.ptr, 0} : (ht_str){target.ptr + mark + 1, target.len - (size_t)mark - 1};
    return true;
}

static int parse_request_line(ht_str line, ht_http_head *out, const char **why)
{
    ht_str rest = line, target, version;
    *why = "the request line is not \"METHOD /path HTTP/1.1\"";
    if (!ht_str_split(&rest, ' ', &out->method) || !ht_str_split(&rest, ' ', &target) || !ht_str_split(&rest, ' ', &version) || rest.ptr != NULL)
        return 400;
    if (!is_token(out->method) || !parse_target(target, out) || version.len != 8 || memcmp(version.ptr, "HTTP/", 5) != 0)
        return 400;
    if (version.ptr[5] != '1' || version.ptr[6] != '.' || version.ptr[7] < '0' || version.ptr[7] > '9') {
        *why = "only HTTP/1.0 and HTTP/1.1 are spoken here";
        return 505;
    }
    out->minor = version.ptr[7] == '0' ? 0 : 1;
    return 0;
}

static bool parse_length(ht_str value, int64_t *out)
{
    if (value.len == 0 || value.len > 18)
        return false;
    *out = 0;
    for (size_t i = 0; i < value.len; i++) {
        if (value.ptr[i] < '0' || value.ptr[i] > '9')
            return false;
        *out = *out * 10 + (value.ptr[i] - '0');
    }
    return true;
}

/* Whether one of a comma list's members is that word. */
static bool list_has(ht_str list, const char *word)
{
    ht_str member;
    while (ht_str_split(&list, ',', &member))
        if (is_nocase(ht_str_trim(member), word))
            return true;
    return false;
}

/* The fields that change how the message itself is read. */
static int apply_field(ht_http_head *out, const ht_http_field *f, const char **why)
{
    if (is_nocase(f->name, "content-length")) {
        *why = "Content-Length must be given once, as a number";
        if (out->content_length >= 0 || !parse_length(f->value, &out->content_length))
            return 400;
    } else if (is_nocase(f->name, "transfer-encoding")) {
        *why = "the only transfer encoding understood here is \"chunked\"";
        if (out->is_chunked || !is_nocase(f->value, "chunked"))
            return 501;
        out->is_chunked = true;
    } else if (is_nocase(f->name, "connection")) {
        if (list_has(f->value, "close"))
            out->keep_alive = false;
        else if (list_has(f->value, "keep-alive"))
            out->keep_alive = true;
    } else if (is_nocase(f->name, "expect")) {
        *why = "the only expectation understood here is \"100-continue\"";
        if (!is_nocase(f->value, "100-continue"))
            return 417;
        out->expects_continue = out->minor > 0;
    }
    return 0;
}

static int parse_field(ht_str line, ht_http_head *out, const char **why)
{
    const ptrdiff_t colon = ht_str_find(line, HT_STR(":"), 0);
    *why = "a header line is not \"Name: value\"";
    if (colon < 0 || !is_token((ht_str){line.ptr, (size_t)colon}))
        return 400;
    ht_http_field f = {{line.ptr, (size_t)colon}, ht_str_trim((ht_str){line.ptr + colon + 1, line.len - (size_t)colon - 1})};
    for (size_t i = 0; i < f.value.len; i++)
        if (((unsigned char)f.value.ptr[i] < ' ' && f.value.ptr[i] != '\t') || f.value.ptr[i] == 0x7f)
            return 400;
    if (out->n_fields == HT_HTTP_MAX_FIELDS) {
        *why = "too many header fields";
        return 431;
    }
    out->fields[out->n_fields++] = f;
    return apply_field(out, &f, why);
}

/* Cuts a line up to CRLF off *rest; false if there is none. */
static bool next_line(ht_str *rest, ht_str *line)
{
    const ptrdiff_t end = ht_str_find(*rest, HT_STR("\r\n"), 0);
    if (end < 0)
        return false;
    *line = (ht_str){rest->ptr, (size_t)end};
    *rest = (ht_str){rest->ptr + end + 2, rest->len - (size_t)end - 2};
    return true;
}

int ht_http_parse_head(ht_str text, ht_http_head *out, const char **why)
{
    ht_str line;
    *out = (ht_http_head){.content_length = -1};
    *why = "the request has no end";
    if (!next_line(&text, &line))
        return 400;
    int code = parse_request_line(line, out, why);
    out->keep_alive = out->minor > 0;
    while (code == 0) {
        if (!next_line(&text, &line)) {
            *why = "the request has no end";
            return 400;
        }
        if (line.len == 0)
            break;
        code = parse_field(line, out, why);
    }
    if (code == 0 && out->is_chunked && (out->content_length >= 0 || out->minor == 0)) {
        *why = "Content-Length and chunks exclude each other, and HTTP/1.0 has no chunks";
        return 400;
    }
    if (code == 0 && out->minor > 0 && ht_http_field_get(out, "host").ptr == NULL) {
        *why = "HTTP/1.1 wants a Host header";
        return 400;
    }
    const bool has_body = ht_str_is(out->method, "POST") || ht_str_is(out->method, "PUT") || ht_str_is(out->method, "PATCH");
    if (code == 0 && has_body && !out->is_chunked && out->content_length < 0) {
        *why = "a body wants a Content-Length header";
        return 411;
    }
    return code;
}

ht_str ht_http_field_get(const ht_http_head *head, const char *name)
{
    for (size_t i = 0; i < head->n_fields; i++)
        if (is_nocase(head->fields[i].name, name))
            return head->fields[i].value;
    return (ht_str){NULL, 0};
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

enum { CHUNK_SIZE, CHUNK_EXTENSION, CHUNK_SIZE_LF, CHUNK_DATA, CHUNK_DATA_CR, CHUNK_DATA_LF, TRAILER, TRAILER_LF, CHUNKS_END };
enum { MAX_CHUNK_LINE = 256, MAX_TRAILER = 4096 };

/* One byte outside the payload; false if it may not stand there. */
static bool chunk_byte(ht_http_chunks *c, char b)
{
    switch (c->state) {
    case CHUNK_SIZE:
        if (hex_digit(b) >= 0 && c->n_line < 15) {
            c->left = c->left * 16 + (uint64_t)hex_digit(b);
            c->n_line++;
            return true;
        }
        c->state = b == '\r' ? CHUNK_SIZE_LF : CHUNK_EXTENSION;
        return c->n_line > 0 && (b == '\r' || b == ';' || b == ' ' || b == '\t');
    case CHUNK_EXTENSION:
        if (b == '\r')
            c->state = CHUNK_SIZE_LF;
        return b != '\n' && ++c->n_line < MAX_CHUNK_LINE;
    case CHUNK_SIZE_LF:
        c->state = c->left > 0 ? CHUNK_DATA : TRAILER;
        c->n_line = 0;
        return b == '\n';
    case CHUNK_DATA_CR:
        c->state = CHUNK_DATA_LF;
        return b == '\r';
    case CHUNK_DATA_LF:
        c->state = CHUNK_SIZE;
        c->n_line = 0;
        return b == '\n';
    case TRAILER: /* n_line counts the bytes of the present line; trailers are ignored */
        if (b == '\r')
            c->state = TRAILER_LF;
        else
            c->n_line++;
        return b != '\n' && ++c->left < MAX_TRAILER;
    default: /* TRAILER_LF */
        c->state = c->n_line == 0 ? CHUNKS_END : TRAILER;
        c->n_line = 0;
        return b == '\n';
    }
}

int ht_http_chunks_feed(ht_http_chunks *c, ht_str data, size_t *used, ht_buf *out, size_t max_bytes)
{
    size_t i = 0;
    while (i < data.len && c->state != CHUNKS_END) {
        if (c->state != CHUNK_DATA) {
            if (!chunk_byte(c, data.ptr[i++])) {
                *used = i;
                return 400;
            }
            continue;
        }
        const size_t n = c->left < data.len - i ? (size_t)c->left : data.len - i;
        if (n > max_bytes - out->len || c->left > max_bytes) {
            *used = i;
            return 413;
        }
        ht_buf_add(out, data.ptr + i, n);
        i += n;
        c->left -= n;
        if (c->left == 0)
            c->state = CHUNK_DATA_CR;
    }
    *used = i;
    return c->state == CHUNKS_END;
}

bool ht_http_percent_decode(ht_str text, ht_buf *out)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] != '%') {
            ht_buf_add_char(out, text.ptr[i]);
            continue;
        }
        const int hi = text.len - i > 2 ? hex_digit(text.ptr[i + 1]) : -1, lo = text.len - i > 2 ? hex_digit(text.ptr[i + 2]) : -1;
        if (hi < 0 || lo < 0 || hi + lo == 0)
            return false;
        ht_buf_add_char(out, (char)(hi * 16 + lo));
        i += 2;
    }
    return true;
}
