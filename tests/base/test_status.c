/* Statuses and the error that travels up with a reason. */
#include "base/status.h"

#include "check.h"

static void every_status_has_words(void)
{
    for (int i = 0; i < HT_STATUS_COUNT; i++)
        CHECK(ht_status_text((ht_status)i)[0] != '\0');
    CHECK_STR(ht_status_text(HT_OK), "ok");
    CHECK_STR(ht_status_text(HT_PROTOCOL), "the peer broke the protocol");
    CHECK_STR(ht_status_text((ht_status)HT_STATUS_COUNT), "unknown status");
    CHECK_STR(ht_status_text((ht_status)-1), "unknown status");
}

static void failure_is_filled_in(void)
{
    ht_error err = {0};
    CHECK_EQ(ht_fail(&err, HT_IO, 17, "%s: %d bytes", "a.gguf", 3), HT_IO);
    CHECK_EQ(err.status, HT_IO);
    CHECK_EQ(err.at, 17);
    CHECK_STR(err.text, "a.gguf: 3 bytes");
    CHECK_EQ(ht_fail(NULL, HT_TIMEOUT, -1, "nobody reads this"), HT_TIMEOUT);
}

static void prefix_goes_in_front(void)
{
    ht_error err = {0};
    ht_fail(&err, HT_BAD_FORMAT, 5, "not JSON");
    CHECK_EQ(ht_fail_prefix(&err, "%s line %d", "suite.jsonl", 3), HT_BAD_FORMAT);
    CHECK_STR(err.text, "suite.jsonl line 3: not JSON");
    CHECK_EQ(err.at, 5);
}

/* However long the parts are: cut, terminated, and both parts still to be seen. */
static void long_texts_are_cut(void)
{
    char word[1000];
    ht_error err = {0};
    memset(word, 'a', sizeof word - 1);
    word[sizeof word - 1] = '\0';
    ht_fail(&err, HT_IO, -1, "%s", word);
    CHECK_EQ(strlen(err.text), sizeof err.text - 1);
    memset(word, 'b', sizeof word - 1);
    ht_fail_prefix(&err, "%s", word);
    CHECK(strlen(err.text) < sizeof err.text);
    CHECK(strstr(err.text, "bbbb") != NULL && strstr(err.text, "b: a") != NULL && strstr(err.text, "aaaa") != NULL);
}

int main(int argc, char **argv)
{
    static const check_case cases[] = {
        CHECK_CASE(every_status_has_words),
        CHECK_CASE(failure_is_filled_in),
        CHECK_CASE(prefix_goes_in_front),
        CHECK_CASE(long_texts_are_cut),
    };
    return check_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
