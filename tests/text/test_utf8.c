/* UTF-8: what is a character, how far a text is valid, and a text made valid. */
#include "text/utf8.h"

#include "check.h"

static size_t char_of(const char *text) { return ht_utf8_char(ht_str_from(text)); }

static void characters(void)
{
    CHECK_EQ(char_of("a"), 1);
    CHECK_EQ(char_of("é"), 2);
    CHECK_EQ(char_of("灯"), 3);
    CHECK_EQ(char_of("😀"), 4);
    CHECK_EQ(char_of(""), 0);
    CHECK_EQ(char_of("\xe7\x81"), 0);         /* cut short */
    CHECK_EQ(char_of("\x81"), 0);             /* a tail alone */
    CHECK_EQ(char_of("\xc0\xaf"), 0);         /* overlong */
    CHECK_EQ(char_of("\xe0\x80\xaf"), 0);
    CHECK_EQ(char_of("\xed\xa0\x80"), 0);     /* surrogate */
    CHECK_EQ(char_of("\xf4\x90\x80\x80"), 0); /* beyond U+10FFFF */
    CHECK_EQ(char_of("\xf4\x8f\xbf\xbf"), 4);
    CHECK_EQ(char_of("\xff"), 0);
}

static void valid_beginnings(void)
{
    CHECK_EQ(ht_utf8_valid(HT_STR("plain text, longer than a word")), 30);
    CHECK_EQ(ht_utf8_valid(HT_STR("开灯")), 6);
    CHECK_EQ(ht_utf8_valid(HT_STR("12345678\xff")), 8);
    CHECK_EQ(ht_utf8_valid(HT_STR("开\xe7\x81")), 3);
    CHECK_EQ(ht_utf8_valid((ht_str){NULL, 0}), 0);
}

static void cleaned(void)
{
    static const struct {
        const char *from, *to;
    } cases[] = {
        {"", ""}, {"开灯", "开灯"}, {"a\xff""b", "a\xef\xbf\xbd""b"}, {"开\xe7\x81", "开\xef\xbf\xbd\xef\xbf\xbd"}, {"\x80", "\xef\xbf\xbd"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        ht_buf out = {0};
        ht_utf8_clean(ht_str_from(cases[i].from), &out);
        CHECK_STR(out.ptr, cases[i].to);
        ht_buf_deinit(&out);
    }
}

int main(int argc, char **argv)
{
    static const check_case cases[] = {
        CHECK_CASE(characters),
        CHECK_CASE(valid_beginnings),
        CHECK_CASE(cleaned),
    };
    return check_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
