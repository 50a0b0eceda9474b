/* GGUF: round trip, every truncation, every corrupted byte of the header, refusals. */
#include "codec/gguf.h"

#include <unistd.h>

#include "check.h"

static ht_buf sample(void)
{
    static const float weights[64] = {1.5f, -2.0f};
    static const uint8_t q8[2 * 34] = {0x00, 0x3c, 1, 2, 3};
    ht_error err = {0};
    ht_gguf_writer *w = NULL;
    CHECK_OK(ht_gguf_writer_new(&w, &err), err);
    ht_gguf_writer_str(w, "general.architecture", HT_STR("llama"));
    ht_gguf_writer_u32(w, "llama.block_count", 7);
    ht_gguf_writer_f32(w, "llama.eps", 1e-5f);
    ht_gguf_writer_bool(w, "flag", true);
    const ht_str words[] = {HT_STR("a"), HT_STR(""), HT_STR("\xe4\xbd\xa0")};
    ht_gguf_writer_strs(w, "words", words, 3);
    const int32_t ints[] = {-1, 5};
    ht_gguf_writer_i32s(w, "ints", ints, 2);
    const float floats[] = {0.25f};
    ht_gguf_writer_f32s(w, "floats", floats, 1);
    const uint64_t dims[] = {32, 2};
    ht_gguf_writer_tensor(w, HT_STR("a.weight"), 0, 2, dims, (ht_bytes){(const uint8_t *)weights, sizeof weights});
    ht_gguf_writer_tensor(w, HT_STR("b.weight"), 8, 2, dims, (ht_bytes){q8, sizeof q8});
    ht_buf out = {0};
    CHECK_OK(ht_gguf_writer_encode(w, &out, &err), err);
    ht_gguf_writer_free(w);
    return out;
}

/* An exact-size copy, so that ASan sees a read past the end. */
static ht_status parse_copy(const char *data, size_t n, ht_error *err)
{
    uint8_t *copy = malloc(n ? n : 1);
    memcpy(copy, data, n);
    ht_gguf *g = NULL;
    const ht_status st = ht_gguf_parse((ht_bytes){copy, n}, &g, err);
    CHECK((st == HT_OK) == (g != NULL));
    uint32_t sum = 0;
    for (size_t i = 0; g != NULL && i < ht_gguf_tensor_count(g); i++) {
        const ht_bytes d = ht_gguf_tensor_at(g, i)->data;
        sum += d.ptr[0] + d.ptr[d.len - 1];
    }
    CHECK(sum < 4096);
    ht_gguf_free(g);
    free(copy);
    return st;
}

static void round_trip(void)
{
    ht_buf b = sample();
    ht_error err = {0};
    ht_gguf *g = NULL;
    CHECK_OK(ht_gguf_parse((ht_bytes){(uint8_t *)b.ptr, b.len}, &g, &err), err);
    CHECK_REQUIRE(g != NULL);
    CHECK_EQ(ht_gguf_kv_count(g), 7);
    CHECK_EQ(ht_gguf_tensor_count(g), 2);
    ht_str s;
    uint64_t u = 0;
    double f = 0;
    bool flag = false;
    CHECK(ht_gguf_get_str(g, "general.architecture", &s));
    CHECK_SLICE(s, "llama");
    CHECK(ht_gguf_get_u64(g, "llama.block_count", &u) && u == 7);
    CHECK(ht_gguf_get_f64(g, "llama.eps", &f));
    CHECK_NEAR(f, 1e-5, 1e-12);
    CHECK(ht_gguf_get_f64(g, "llama.block_count", &f) && f == 7.0);
    CHECK(ht_gguf_get_bool(g, "flag", &flag) && flag);
    CHECK(!ht_gguf_get_u64(g, "absent", &u) && !ht_gguf_get_u64(g, "words", &u) && !ht_gguf_get_str(g, "flag", &s));
    const ht_gguf_kv *words = ht_gguf_find_kv(g, HT_STR("words"));
    CHECK_REQUIRE(words != NULL);
    CHECK_EQ(words->n, 3);
    size_t cursor = 0;
    CHECK(ht_gguf_kv_next_str(words, &cursor, &s));
    CHECK_SLICE(s, "a");
    CHECK(ht_gguf_kv_next_str(words, &cursor, &s) && s.len == 0);
    CHECK(ht_gguf_kv_next_str(words, &cursor, &s));
    CHECK_SLICE(s, "\xe4\xbd\xa0");
    CHECK(!ht_gguf_kv_next_str(words, &cursor, &s));
    int64_t i64 = 0;
    const ht_gguf_kv *ints = ht_gguf_find_kv(g, HT_STR("ints"));
    CHECK(ints != NULL && ht_gguf_kv_i64_at(ints, 0, &i64) && i64 == -1 && !ht_gguf_kv_i64_at(ints, 2, &i64));
    CHECK(ht_gguf_kv_f64_at(ht_gguf_find_kv(g, HT_STR("floats")), 0, &f) && f == 0.25);
    const ht_gguf_tensor *t = ht_gguf_find_tensor(g, HT_STR("b.weight"));
    CHECK_REQUIRE(t != NULL);
    CHECK(t->type == 8 && t->n_dims == 2 && t->dims[0] == 32 && t->dims[1] == 2 && t->dims[2] == 1 && t->data.len == 68);
    CHECK_EQ(t->data.ptr[4], 3);
    CHECK_EQ((t->data.ptr - (uint8_t *)b.ptr) % 32, 0);
    CHECK(ht_gguf_find_tensor(g, HT_STR("c")) == NULL);

    /* write(parse(x)) = x, byte for byte */
    ht_gguf_writer *w = NULL;
    CHECK_OK(ht_gguf_writer_new(&w, &err), err);
    for (size_t i = 0; i < ht_gguf_kv_count(g); i++)
        ht_gguf_writer_copy_kv(w, ht_gguf_kv_at(g, i));
    for (size_t i = 0; i < ht_gguf_tensor_count(g); i++) {
        t = ht_gguf_tensor_at(g, i);
        ht_gguf_writer_tensor(w, t->name, t->type, t->n_dims, t->dims, t->data);
    }
    ht_buf again = {0};
    CHECK_OK(ht_gguf_writer_encode(w, &again, &err), err);
    CHECK_EQ(again.len, b.len);
    CHECK(again.len == b.len && memcmp(again.ptr, b.ptr, b.len) == 0);
    ht_gguf_writer_free(w);
    ht_buf_deinit(&again);
    ht_gguf_free(g);
    ht_buf_deinit(&b);
}

static void every_truncation_is_refused(void)
{
    ht_buf b = sample();
    /* The last tensor has 68 bytes, so the last 28 bytes are padding that may be missing. */
    for (size_t n = 0; n < b.len - 28; n++) {
        ht_error err = {0};
        CHECK(parse_copy(b.ptr, n, &err) != HT_OK);
        CHECK(err.text[0] != '\0');
    }
    ht_error err = {0};
    CHECK_OK(parse_copy(b.ptr, b.len - 28, &err), err);
    ht_buf_deinit(&b);
}

static void corrupted_bytes_never_crash(void)
{
    ht_buf b = sample();
    static const uint8_t flips[] = {0x01, 0x80, 0xff};
    for (size_t i = 0; i < b.len; i++)
        for (size_t k = 0; k < sizeof flips; k++) {
            ht_error err = {0};
            b.ptr[i] = (char)(b.ptr[i] ^ flips[k]);
            if (parse_copy(b.ptr, b.len, &err) != HT_OK)
                CHECK(err.text[0] != '\0');
            b.ptr[i] = (char)(b.ptr[i] ^ flips[k]);
        }
    ht_buf_deinit(&b);
}

static void corrupted_counts(void)
{
    ht_buf b = sample();
    ht_error err = {0};
    for (size_t at = 8; at <= 16; at += 8) { /* tensor count, key count */
        char old[8];
        memcpy(old, b.ptr + at, 8);
        memset(b.ptr + at, 0xff, 8);
        CHECK_EQ(parse_copy(b.ptr, b.len, &err), HT_BAD_FORMAT);
        memset(b.ptr + at + 4, 0, 4);
        CHECK_EQ(parse_copy(b.ptr, b.len, &err), HT_BAD_FORMAT);
        memcpy(b.ptr + at, old, 8);
    }
    b.ptr[4] = 9;
    CHECK_EQ(parse_copy(b.ptr, b.len, &err), HT_UNSUPPORTED);
    b.ptr[4] = 2;
    CHECK_EQ(parse_copy(b.ptr, b.len, &err), HT_OK);
    b.ptr[0] = 'X';
    CHECK_EQ(parse_copy(b.ptr, b.len, &err), HT_BAD_FORMAT);
    ht_buf_deinit(&b);
}

static void refusals(void)
{
    ht_error err = {0};
    ht_gguf_writer *w = NULL;
    ht_buf out = {0};
    CHECK_OK(ht_gguf_writer_new(&w, &err), err);
    ht_gguf_writer_u32(w, "split.count", 3);
    CHECK_OK(ht_gguf_writer_encode(w, &out, &err), err);
    CHECK_EQ(parse_copy(out.ptr, out.len, &err), HT_UNSUPPORTED);
    ht_gguf_writer_free(w);
    ht_buf_clear(&out);

    CHECK_OK(ht_gguf_writer_new(&w, &err), err);
    ht_gguf_writer_u32(w, "general.alignment", 24);
    CHECK_OK(ht_gguf_writer_encode(w, &out, &err), err);
    CHECK_EQ(parse_copy(out.ptr, out.len, &err), HT_BAD_FORMAT);
    ht_gguf_writer_u32(w, "general.alignment", 32);
    CHECK_EQ(ht_gguf_writer_encode(w, &out, &err), HT_BAD_ARG); /* twice */
    ht_gguf_writer_free(w);
    ht_buf_clear(&out);

    CHECK_OK(ht_gguf_writer_new(&w, &err), err);
    const uint64_t dims[] = {33};
    static const uint8_t zeros[64];
    ht_gguf_writer_tensor(w, HT_STR("t"), 8, 1, dims, (ht_bytes){zeros, 34});
    CHECK_EQ(ht_gguf_writer_encode(w, &out, &err), HT_BAD_ARG); /* 33 is no multiple of 32 */
    ht_gguf_writer_free(w);
    ht_buf_deinit(&out);
}

static void duplicate_tensor_is_refused(void)
{
    ht_buf b = sample();
    ht_error err = {0};
    const ptrdiff_t at = ht_str_find(ht_buf_str(&b), HT_STR("b.weight"), 0);
    CHECK_REQUIRE(at > 0);
    b.ptr[at] = 'a';
    CHECK_EQ(parse_copy(b.ptr, b.len, &err), HT_BAD_FORMAT);
    CHECK(strstr(err.text, "a.weight") != NULL);
    ht_buf_deinit(&b);
}

static void type_table(void)
{
    size_t n = 0;
    uint32_t id = 0;
    CHECK(ht_gguf_row_bytes(8, 64, &n) && n == 68);
    CHECK(ht_gguf_row_bytes(14, 512, &n) && n == 420);
    CHECK(!ht_gguf_row_bytes(8, 63, &n) && !ht_gguf_row_bytes(4, 32, &n) && !ht_gguf_row_bytes(9999, 32, &n));
    CHECK_STR(ht_gguf_type_name(30), "BF16");
    CHECK(ht_gguf_type_name(5) == NULL);
    CHECK(ht_gguf_type_id(HT_STR("Q4_0"), &id) && id == 2 && !ht_gguf_type_id(HT_STR("Q9"), &id));
}

static void file_is_written_whole(void)
{
    char path[] = "/tmp/hearth-gguf-XXXXXX";
    const int fd = mkstemp(path);
    CHECK_REQUIRE(fd >= 0);
    ht_error err = {0};
    ht_gguf_writer *w = NULL;
    CHECK_OK(ht_gguf_writer_new(&w, &err), err);
    ht_gguf_writer_u32(w, "k", 1);
    const uint64_t dims[] = {4};
    static const float data[4] = {1, 2, 3, 4};
    ht_gguf_writer_tensor(w, HT_STR("t"), 0, 1, dims, (ht_bytes){(const uint8_t *)data, sizeof data});
    CHECK_OK(ht_gguf_writer_write(w, path, &err), err);
    ht_buf want = {0};
    CHECK_OK(ht_gguf_writer_encode(w, &want, &err), err);
    char got[512];
    FILE *f = fopen(path, "rb");
    CHECK_REQUIRE(f != NULL);
    const size_t n = fread(got, 1, sizeof got, f);
    fclose(f);
    CHECK(n == want.len && memcmp(got, want.ptr, n) == 0);
    CHECK_EQ(ht_gguf_writer_write(w, "/nonexistent-folder/x.gguf", &err), HT_IO);
    ht_gguf_writer_free(w);
    ht_buf_deinit(&want);
    close(fd);
    unlink(path);
}

int main(int argc, char **argv)
{
    static const check_case cases[] = {
        CHECK_CASE(round_trip),
        CHECK_CASE(every_truncation_is_refused),
        CHECK_CASE(corrupted_bytes_never_crash),
        CHECK_CASE(corrupted_counts),
        CHECK_CASE(refusals),
        CHECK_CASE(duplicate_tensor_is_refused),
        CHECK_CASE(type_table),
        CHECK_CASE(file_is_written_whole),
    };
    return check_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
