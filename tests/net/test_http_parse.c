#include "check.h"

#include "net/http_parse.h"

static int parse(const char *text, ht_http_head *head)
{
    const char *why = "";
    const ht_str data = ht_str_from(text);
    CHECK_EQ(ht_http_head_length(data), data.len);
    return ht_http_parse_head(data, head, &why);
}

static void reads_a_request(void)
{
    ht_http_head h;
    CHECK_EQ(parse("POST /v1/chat?a=1&b=%20 HTTP/1.1\r\nHost: x:1\r\nContent-Length: 12\r\nX-Name:  two words \r\n\r\n", &h), 0);
    CHECK_SLICE(h.method, "POST");
    CHECK_SLICE(h.path, "/v1/chat");
    CHECK_SLICE(h.query, "a=1&b=%20");
    CHECK_EQ(h.minor, 1);
    CHECK_EQ(h.content_length, 12);
    CHECK(h.keep_alive && !h.is_chunked && !h.expects_continue);
    CHECK_SLICE(ht_http_field_get(&h, "x-name"), "two words");
    CHECK(ht_http_field_get(&h, "absent").ptr == NULL);
}

static void reads_versions_and_connection(void)
{
    ht_http_head h;
    CHECK_EQ(parse("GET / HTTP/1.0\r\n\r\n", &h), 0);
    CHECK(!h.keep_alive);
    CHECK_EQ(parse("GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", &h), 0);
    CHECK(h.keep_alive);
    CHECK_EQ(parse("GET / HTTP/1.1\r\nHost: a\r\nConnection: te, close\r\n\r\n", &h), 0);
    CHECK(!h.keep_alive);
    CHECK_EQ(parse("GET http://a.b:80/p?q HTTP/1.1\r\nHost: a\r\n\r\n", &h), 0);
    CHECK_SLICE(h.path, "/p");
    CHECK_EQ(parse("PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nExpect: 100-Continue\r\n\r\n", &h), 0);
    CHECK(h.is_chunked && h.expects_continue);
}

static void refuses_what_is_not_a_request(void)
{
    static const struct {
        const char *text;
        int status;
    } cases[] = {
        {"\r\n\r\n", 400},
        {"GET /\r\n\r\n", 400},
        {"GET / HTTP/1.1 x\r\nHost: a\r\n\r\n", 400},
        {"GET  / HTTP/1.1\r\nHost: a\r\n\r\n", 400},
        {"G ET / HTTP/1.1\r\nHost: a\r\n\r\n", 400},
        {"GET path HTTP/1.1\r\nHost: a\r\n\r\n", 400},
        {"GET /a\tb HTTP/1.1\r\nHost: a\r\n\r\n", 400},
        {"GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505},
        {"GET / HTTQ/1.1\r\nHost: a\r\n\r\n", 400},
        {"GET / HTTP/1.1\r\n\r\n", 400},                                                          /* no Host */
        {"GET / HTTP/1.1\r\nHost: a\r\nNo colon\r\n\r\n", 400},
        {"GET / HTTP/1.1\r\nHost: a\r\nBad name: x\r\n\r\n", 400},
        {"GET / HTTP/1.1\r\nHost: a\r\n folded\r\n\r\n", 400},
        {"GET / HTTP/1.1\r\nHost: a\r\nX: a\nb\r\n\r\n", 400},                                    /* a bare LF hides a line */
        {"POST / HTTP/1.1\r\nHost: a\r\n\r\n", 411},
        {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n", 400},
        {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1x\r\n\r\n", 400},
        {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999\r\n\r\n", 400},
        {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n", 400},
        {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", 400}, /* smuggling */
        {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", 501},
        {"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", 400},
        {"GET / HTTP/1.1\r\nHost: a\r\nExpect: tea\r\n\r\n", 417},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        ht_http_head h;
        if (parse(cases[i].text, &h) != cases[i].status) {
            fprintf(stderr, "case %zu, %s", i, cases[i].text);
            CHECK_EQ(parse(cases[i].text, &h), cases[i].status);
        }
    }
}

static void limits_the_fields(void)
{
    ht_http_head h;
    ht_buf text = {0};
    const char *why;
    ht_buf_add_c(&text, "GET / HTTP/1.1\r\nHost: a\r\n");
    for (int i = 0; i < HT_HTTP_MAX_FIELDS; i++)
        ht_buf_addf(&text, "X-%d: y\r\n", i);
    ht_buf_add_c(&text, "\r\n");
    CHECK_EQ(ht_http_parse_head(ht_buf_str(&text), &h, &why), 431);
    ht_buf_deinit(&text);
}

/* Feeds text in pieces of `step` bytes; the result of the last feed. */
static int feed(const char *text, size_t step, size_t max, ht_buf *out)
{
    ht_http_chunks c = {0};
    size_t used;
    int r = 0;
    for (size_t i = 0; r == 0 && text[i] != '\0'; i += used) {
        const size_t left = strlen(text + i);
        r = ht_http_chunks_feed(&c, (ht_str){text + i, left < step ? left : step}, &used, out, max);
    }
    return r;
}

static void joins_chunks(void)
{
    static const char text[] = "5\r\nhello\r\n7;name=\"x\"\r\n, world\r\n0\r\nTrailer: 1\r\n\r\n";
    for (size_t step = 1; step < sizeof text; step++) {
        ht_buf out = {0};
        CHECK_EQ(feed(text, step, 100, &out), 1);
        CHECK_STR(out.ptr, "hello, world");
        ht_buf_deinit(&out);
    }
}

static void refuses_bad_chunks(void)
{
    static const struct {
        const char *text;
        int status;
    } cases[] = {
        {"x\r\n", 400}, {"\r\n", 400}, {"5\nhello\r\n", 400}, {"5\r\nhelloX\r\n", 400}, {"5\r\nhello\r\r", 400},
        {"-5\r\n", 400}, {"ffffffffffffffff\r\n", 400}, {"fffffffffffffff\r\nx", 413}, {"b\r\nhello world\r\n", 413},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        ht_buf out = {0};
        CHECK_EQ(feed(cases[i].text, 1, 10, &out), cases[i].status);
        CHECK(out.len <= 10);
        ht_buf_deinit(&out);
    }
}

static void decodes_percent(void)
{
    ht_buf out = {0};
    CHECK(ht_http_percent_decode(HT_STR("a%2fb%E5%AE%b6+"), &out));
    CHECK_STR(out.ptr, "a/b家+");
    CHECK(!ht_http_percent_decode(HT_STR("%2"), &out));
    CHECK(!ht_http_percent_decode(HT_STR("%zz"), &out));
    CHECK(!ht_http_percent_decode(HT_STR("a%00"), &out));
    ht_buf_deinit(&out);
}

int main(int argc, char **argv)
{
    static const check_case cases[] = {
        CHECK_CASE(reads_a_request),
        CHECK_CASE(reads_versions_and_connection),
        CHECK_CASE(refuses_what_is_not_a_request),
        CHECK_CASE(limits_the_fields),
        CHECK_CASE(joins_chunks),
        CHECK_CASE(refuses_bad_chunks),
        CHECK_CASE(decodes_percent),
    };
    return check_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
