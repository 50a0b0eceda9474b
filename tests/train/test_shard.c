/* Shards survive the way to disk and back; broken files and tokens are refused by name. */
#include "train/shard.h"

#include <unistd.h>

#include "check.h"

static const char *temp_path(void)
{
    static char path[64];
    snprintf(path, sizeof path, "/tmp/test_shard_%d.bin", (int)getpid());
    return path;
}

static void write_sample(size_t n)
{
    ht_error err = {0};
    ht_shard_writer *w = NULL;
    CHECK_OK(ht_shard_writer_open(temp_path(), 1000, &w, &err), err);
    CHECK_REQUIRE(w != NULL);
    for (size_t i = 0; i < n; i++) {
        const uint16_t id = (uint16_t)(i * 7 % 1000);
        const uint8_t flags = i % 10 == 0 ? HT_SHARD_DOC : i % 10 == 4 ? HT_SHARD_BRANCH : i % 10 > 5 ? HT_SHARD_LOSS : 0;
        CHECK_OK(ht_shard_writer_add(w, &id, &flags, 1, &err), err);
    }
    CHECK_OK(ht_shard_writer_finish(w, &err), err);
}

static void round_trip(void)
{
    ht_error err = {0};
    write_sample(5000);
    ht_shard s;
    CHECK_OK(ht_shard_open(temp_path(), &s, &err), err);
    CHECK_REQUIRE(s.n == 5000);
    CHECK_EQ(s.n_vocab, 1000);
    for (size_t i = 0; i < 5000; i++)
        CHECK_EQ(s.ids[i], i * 7 % 1000);
    CHECK_EQ(s.flags[0], HT_SHARD_DOC);
    CHECK_EQ(s.flags[14], HT_SHARD_BRANCH);
    CHECK_EQ(s.flags[4999], HT_SHARD_LOSS);
    ht_shard_close(&s);
    unlink(temp_path());
}

static void cut_file_is_refused(void)
{
    ht_error err = {0};
    write_sample(100);
    CHECK_EQ(truncate(temp_path(), 24 + 299), 0);
    ht_shard s;
    CHECK_EQ(ht_shard_open(temp_path(), &s, &err), HT_BAD_FORMAT);
    CHECK(strstr(err.text, "cut short") != NULL);
    CHECK_EQ(truncate(temp_path(), 10), 0);
    CHECK_EQ(ht_shard_open(temp_path(), &s, &err), HT_BAD_FORMAT);
    unlink(temp_path());
}

static void bad_ids_are_refused(void)
{
    ht_error err = {0};
    write_sample(100);
    FILE *f = fopen(temp_path(), "r+b");
    CHECK_REQUIRE(f != NULL);
    fseek(f, 24 + 2 * 50, SEEK_SET);
    fwrite("\xff\xff", 1, 2, f);
    fclose(f);
    ht_shard s;
    CHECK_EQ(ht_shard_open(temp_path(), &s, &err), HT_BAD_FORMAT);
    CHECK(strstr(err.text, "token 50") != NULL);
    unlink(temp_path());

    ht_shard_writer *w = NULL;
    CHECK_OK(ht_shard_writer_open(temp_path(), 10, &w, &err), err);
    CHECK_EQ(ht_shard_writer_add(w, (const uint16_t[]){10}, (const uint8_t[]){HT_SHARD_DOC}, 1, &err), HT_BAD_ARG);
    CHECK_EQ(ht_shard_writer_add(w, (const uint16_t[]){1}, (const uint8_t[]){0}, 1, &err), HT_BAD_ARG);
    ht_shard_writer_abort(w);
    CHECK(access(temp_path(), F_OK) != 0);
}

int main(int argc, char **argv)
{
    static const check_case cases[] = {
        CHECK_CASE(round_trip),
        CHECK_CASE(cut_file_is_refused),
        CHECK_CASE(bad_ids_are_refused),
    };
    return check_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
