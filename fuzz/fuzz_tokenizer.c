/* The first byte chooses: a GGUF file to open a tokenizer from, or text for one of the tiny vocabularies, which must
 * come back from its ids. */
#include <stdlib.h>

#include "../tests/text/tiny_vocab.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void encode(const ht_tokenizer *t, ht_str text, bool must_come_back)
{
    for (unsigned flags = 0; flags < 4; flags++) {
        ht_ids ids = {0};
        ht_buf back = {0};
        ht_error err = {0};
        if (ht_tokenizer_encode(t, text, flags, &ids, &err) != HT_OK && must_come_back)
            abort();
        ht_tokenizer_decode(t, ids.ids, ids.n, true, &back);
        if (must_come_back && !(flags & HT_TOKENIZE_BOS) && !ht_str_eq(ht_buf_str(&back), text))
            abort();
        ht_buf_deinit(&back);
        ht_ids_deinit(&ids);
    }
}

static void open_file(ht_str bytes)
{
    ht_buf file = {.ptr = (char *)bytes.ptr, .len = bytes.len}; /* only read */
    ht_error err = {0};
    ht_tokenizer *t = tiny_open(&file, &err);
    if (t == NULL)
        return;
    encode(t, HT_STR("ab abc 打开<|im_end|> \xff"), false);
    for (int32_t id = -1; id <= ht_tokenizer_count(t); id++)
        (void)ht_tokenizer_piece(t, id);
    ht_tokenizer_close(t);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const pres[] = {"qwen2", "qwen35", "llama-bpe", "gpt-2", "smollm", "deepseek-v3", "tekken", "gpt-4o", "default"};
    enum { N_PRES = sizeof pres / sizeof pres[0], N_TINY = N_PRES + 2 };
    static ht_tokenizer *tiny[N_TINY];
    if (size == 0)
        return 0;
    const ht_str rest = {(const char *)data + 1, size - 1};
    if (data[0] >= N_TINY) {
        open_file(rest);
        return 0;
    }
    if (tiny[data[0]] == NULL) {
        ht_buf file = {0};
        ht_error err = {0};
        if (data[0] < N_PRES)
            tiny_bpe(&file, pres[data[0]]);
        else
            tiny_spm(&file, data[0] == N_PRES);
        if ((tiny[data[0]] = tiny_open(&file, &err)) == NULL)
            abort();
        ht_buf_deinit(&file);
    }
    encode(tiny[data[0]], rest, true);
    return 0;
}
