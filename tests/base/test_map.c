/* Whole files: mapped, read, replaced as a whole; and what goes wrong is told with the path. */
#include "base/map.h"

#include "check.h"

#include <sys/stat.h>
#include <unistd.h>

static const char template[] = "/tmp/hearth-map-XXXXXX";
static char dir[sizeof template] = "";
static char path[64];

/* A folder of this process's own; `in(name)` is a path in it. */
static const char *in(const char *name)
{
    if (dir[0] == '\0')
        CHECK_REQUIRE(mkdtemp(strcpy(dir, template)) != NULL);
    snprintf(path, sizeof path, "%s/%s", dir, name);
    return path;
}

static void clean_up(void)
{
    char command[96];
    snprintf(command, sizeof command, "rm -rf '%s'", dir);
    CHECK_EQ(system(command), 0);
    dir[0] = '\0'; /* the next case makes its own */
}

static void write_text(const char *name, const char *text)
{
    ht_error err = {0};
    CHECK_OK(ht_file_write(in(name), (ht_bytes){(const uint8_t *)text, strlen(text)}, &err), err);
}

static void written_is_read_and_mapped(void)
{
    ht_error err = {0};
    ht_map m;
    ht_buf b = {0};
    write_text("a", "first");
    write_text("a", "second"); /* replaces */
    CHECK_OK(ht_file_read(in("a"), 6, &b, &err), err);
    CHECK_STR(b.ptr, "second");
    CHECK_OK(ht_file_read(in("a"), 100, &b, &err), err); /* appends */
    CHECK_STR(b.ptr, "secondsecond");
    CHECK_OK(ht_map_open(in("a"), &m, &err), err);
    CHECK_SLICE(ht_map_bytes(&m), "second");
    ht_map_close(&m);
    CHECK(m.addr == NULL && m.len == 0);
    CHECK(access(in("a.tmp"), F_OK) != 0);
    ht_buf_deinit(&b);
    clean_up();
}

static void empty_file(void)
{
    ht_error err = {0};
    ht_map m;
    ht_buf b = {0};
    write_text("e", "");
    CHECK_OK(ht_map_open(in("e"), &m, &err), err);
    CHECK(m.addr == NULL && m.len == 0);
    ht_map_close(&m);
    CHECK_OK(ht_file_read(in("e"), 0, &b, &err), err);
    CHECK_EQ(b.len, 0);
    ht_buf_deinit(&b);
    clean_up();
}

static void large_file_in_pieces(void)
{
    enum { N = 300001 }; /* more than one read */
    ht_error err = {0};
    ht_buf b = {0};
    uint8_t *data = malloc(N);
    for (size_t i = 0; i < N; i++)
        data[i] = (uint8_t)(i * 31);
    CHECK_OK(ht_file_write(in("l"), (ht_bytes){data, N}, &err), err);
    CHECK_OK(ht_file_read(in("l"), N, &b, &err), err);
    CHECK(b.len == N && memcmp(b.ptr, data, N) == 0);
    ht_buf_clear(&b);
    CHECK_EQ(ht_file_read(in("l"), N - 1, &b, &err), HT_TOO_BIG);
    CHECK(strstr(err.text, path) != NULL);
    ht_buf_deinit(&b);
    free(data);
    clean_up();
}

static void errors_name_the_path(void)
{
    ht_error err = {0};
    ht_map m;
    ht_buf b = {0};
    CHECK_EQ(ht_map_open(in("none"), &m, &err), HT_NOT_FOUND);
    CHECK(strstr(err.text, path) != NULL && m.addr == NULL);
    CHECK_EQ(ht_file_read(in("none"), 9, &b, &err), HT_NOT_FOUND);
    CHECK(strstr(err.text, path) != NULL);
    CHECK_EQ(ht_map_open(dir, &m, &err), HT_IO);
    CHECK(strstr(err.text, "not a regular file") != NULL);
    CHECK_EQ(ht_file_read(dir, 9, &b, &err), HT_IO);
    CHECK_EQ(ht_file_write(in("no/such"), (ht_bytes){(const uint8_t *)"x", 1}, &err), HT_NOT_FOUND);
    CHECK(strstr(err.text, dir) != NULL);
    ht_buf_deinit(&b);
    clean_up();
}

/* A write that cannot be finished leaves the old content and nothing beside it. */
static void failed_write_changes_nothing(void)
{
    ht_error err = {0};
    CHECK(mkdir(in("taken"), 0777) == 0);
    CHECK_EQ(ht_file_write(in("taken"), (ht_bytes){(const uint8_t *)"x", 1}, &err), HT_IO);
    CHECK(strstr(err.text, "taken") != NULL);
    CHECK(access(in("taken.tmp"), F_OK) != 0);
    clean_up();
}

static void folders_are_made(void)
{
    ht_error err = {0};
    struct stat info;
    CHECK_OK(ht_dir_make(in("a/b/c"), &err), err);
    CHECK(stat(in("a/b/c"), &info) == 0 && S_ISDIR(info.st_mode));
    CHECK_OK(ht_dir_make(in("a/b/c"), &err), err); /* there already */
    write_text("file", "x");
    CHECK_EQ(ht_dir_make(in("file/sub"), &err), HT_IO);
    CHECK(strstr(err.text, "file/sub") != NULL);
    clean_up();
}

int main(int argc, char **argv)
{
    static const check_case cases[] = {
        CHECK_CASE(written_is_read_and_mapped),
        CHECK_CASE(empty_file),
        CHECK_CASE(large_file_in_pieces),
        CHECK_CASE(errors_name_the_path),
        CHECK_CASE(failed_write_changes_nothing),
        CHECK_CASE(folders_are_made),
    };
    return check_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
