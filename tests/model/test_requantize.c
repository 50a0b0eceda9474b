/* Changing the weight type of a file. */
#include "model/requantize.h"

#include <unistd.h>

#include "base/map.h"
#include "model/model.h"
#include "tiny_model.h"

static const tiny_config config = {.arch = "qwen3", .n_layer = 1, .d_model = 64, .n_head = 2, .n_kv_head = 1, .d_head = 32, .d_ff = 80, .n_vocab = 40,
                                   .n_rot = 32, .rope_base = 10000, .rope_scale = 1, .eps = 1e-6, .type = HT_F32, .seed = 8};

/* F32 -> Q8_0 -> F32: what the block types keep; d_ff = 80 is no multiple of 32, so ffn_down stays. */
static void there_and_back(void)
{
    char dir[] = "/tmp/hearth-requantize-XXXXXX", a[64], b[64], c[64];
    CHECK_REQUIRE(mkdtemp(dir) != NULL);
    snprintf(a, sizeof a, "%s/a.gguf", dir);
    snprintf(b, sizeof b, "%s/b.gguf", dir);
    snprintf(c, sizeof c, "%s/c.gguf", dir);
    ht_error err = {0};
    tiny_model t;
    tiny_begin(&t, config);
    ht_gguf_writer_u32(t.w, "general.file_type", 0);
    CHECK_OK(ht_gguf_writer_write(t.w, a, &err), err);
    ht_requantize_stats s = {0};
    CHECK_OK(ht_model_requantize(a, b, "Q8_0", NULL, &s, &err), err);
    CHECK_EQ(s.n_tensors, 14);
    CHECK_EQ(s.n_converted, 7 + 1 - 1 + 1); /* seven matrices of the layer but ffn_down, two of the vocabulary */
    CHECK(s.bytes_out < s.bytes_in);
    CHECK_OK(ht_model_requantize(b, c, "F32", NULL, NULL, &err), err);

    ht_map map;
    ht_gguf *g = NULL;
    CHECK_OK(ht_map_open(b, &map, &err), err);
    CHECK_OK(ht_gguf_parse(ht_map_bytes(&map), &g, &err), err);
    uint64_t file_type = 0;
    CHECK(ht_gguf_get_u64(g, "general.file_type", &file_type) && file_type == 7);
    CHECK(ht_gguf_get_u64(g, "qwen3.feed_forward_length", &file_type) && file_type == 80);
    CHECK_EQ(ht_gguf_find_tensor(g, HT_STR("blk.0.attn_q.weight"))->type, 8);
    CHECK_EQ(ht_gguf_find_tensor(g, HT_STR("blk.0.ffn_down.weight"))->type, 0);
    CHECK_EQ(ht_gguf_find_tensor(g, HT_STR("blk.0.attn_norm.weight"))->type, 0);
    ht_gguf_free(g);
    ht_map_close(&map);

    ht_model *m = NULL;
    ht_kv *kv = NULL;
    const int32_t ids[] = {1, 7, 30, 2};
    double want[4 * 40];
    float got[4 * 40];
    ref_forward(&t, ids, 4, want);
    CHECK_OK(ht_model_open(c, NULL, &m, &err), err);
    CHECK_OK(ht_kv_new(m, 8, &kv, &err), err);
    CHECK_OK(ht_model_forward(m, kv, ids, 4, HT_LOGITS_ALL, got, &err), err);
    double off = 0, size = 0;
    for (int i = 0; i < 160; i++) {
        off += ((double)got[i] - want[i]) * ((double)got[i] - want[i]);
        size += want[i] * want[i];
    }
    CHECK(sqrt(off / size) < 0.03 && off > 0); /* rounded to eight bits on the way */
    ht_kv_free(kv);
    ht_model_close(m);

    CHECK_EQ(ht_model_requantize(a, a, "Q8_0", NULL, NULL, &err), HT_BAD_ARG);
    CHECK_EQ(ht_model_requantize(a, b, "Q5_K", NULL, NULL, &err), HT_BAD_ARG);
    CHECK_EQ(ht_model_requantize("/nonexistent.gguf", b, "Q8_0", NULL, NULL, &err), HT_NOT_FOUND);
    unlink(a);
    unlink(b);
    unlink(c);
    rmdir(dir);
    tiny_free(&t);
}

int main(int argc, char **argv)
{
    static const check_case cases[] = {
        CHECK_CASE(there_and_back),
    };
    return check_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
