/* Counts (bpe_count.c), merges (bpe_learn.c) and writes the vocabulary: bytes, merged tokens, user tokens, specials. */
#include "text/bpe_train.h"

#include <stdlib.h>

#include "base/log.h"
#include "codec/gguf.h"
#include "text/bpe_count.h"
#include "text/bpe_learn.h"
#include "text/byte_alphabet.h"

enum { N_BYTES = 256, TYPE_NORMAL = 1, TYPE_CONTROL = 3, TYPE_USER = 4 };

/* The strings of the file, one after the other in text; ends[i] is where string i ends. */
typedef struct {
    ht_buf text;
    size_t *ends;
    size_t n;
} strings;

static ht_str token_text(const ht_bpe_merges *m, int32_t id, char *byte)
{
    *byte = (char)id;
    return id < N_BYTES ? (ht_str){byte, 1} : ht_words_text(&m->tokens, (size_t)id - N_BYTES);
}

/* Slices of the collected text, in the order of adding; the caller frees the array. */
static ht_str *slices(const strings *s)
{
    ht_str *list = malloc((s->n + 1) * sizeof *list);
    for (size_t i = 0; i < s->n && list != NULL; i++) {
        const size_t begin = i ? s->ends[i - 1] : 0;
        list[i] = (ht_str){s->text.ptr + begin, s->ends[i] - begin};
    }
    return list;
}

static ht_status write_file(const ht_bpe_merges *m, const ht_bpe_train_options *opt, const char *path, ht_error *err)
{
    const size_t n_normal = N_BYTES + m->tokens.n, n = n_normal + opt->n_user_tokens + opt->n_specials;
    strings tokens = {.ends = calloc(n + 1, sizeof(size_t))}, merges = {.ends = calloc(m->n_merges + 1, sizeof(size_t))};
    int32_t *types = calloc(n + 1, sizeof *types);
    ht_str *token_list = NULL, *merge_list = NULL;
    ht_gguf_writer *w = NULL;
    ht_status st = HT_NO_MEMORY;
    uint32_t eos = 0, pad = 0;
    char byte;
    if (tokens.ends == NULL || merges.ends == NULL || types == NULL)
        goto done;
    for (size_t i = 0; i < n; i++) {
        const size_t k = i - n_normal, special = k - opt->n_user_tokens; /* used where they do not wrap */
        if (i < n_normal)
            ht_byte_alphabet_encode(token_text(m, (int32_t)i, &byte), &tokens.text);
        else
            ht_buf_add_str(&tokens.text, k < opt->n_user_tokens ? opt->user_tokens[k] : opt->specials[special]);
        types[i] = i < n_normal ? TYPE_NORMAL : k < opt->n_user_tokens ? TYPE_USER : TYPE_CONTROL;
        if (types[i] == TYPE_CONTROL && ht_str_eq(opt->specials[special], opt->eos))
            eos = (uint32_t)i;
        if (types[i] == TYPE_CONTROL && special == 0)
            pad = (uint32_t)i;
        tokens.ends[tokens.n++] = tokens.text.len;
    }
    for (size_t i = 0; i < m->n_merges; i++) {
        ht_byte_alphabet_encode(token_text(m, m->merges[i].left, &byte), &merges.text);
        ht_buf_add_char(&merges.text, ' ');
        ht_byte_alphabet_encode(token_text(m, m->merges[i].right, &byte), &merges.text);
        merges.ends[merges.n++] = merges.text.len;
    }
    token_list = slices(&tokens);
    merge_list = slices(&merges);
    if (tokens.text.failed || merges.text.failed || token_list == NULL || merge_list == NULL)
        goto done;
    if ((st = ht_gguf_writer_new(&w, err)) != HT_OK)
        goto done;
    ht_gguf_writer_str(w, "general.type", HT_STR("vocab"));
    ht_gguf_writer_str(w, "tokenizer.ggml.model", HT_STR("gpt2"));
    ht_gguf_writer_str(w, "tokenizer.ggml.pre", HT_STR("qwen2"));
    ht_gguf_writer_strs(w, "tokenizer.ggml.tokens", token_list, tokens.n);
    ht_gguf_writer_i32s(w, "tokenizer.ggml.token_type", types, n);
    ht_gguf_writer_strs(w, "tokenizer.ggml.merges", merge_list, merges.n);
    ht_gguf_writer_u32(w, "tokenizer.ggml.eos_token_id", eos);
    ht_gguf_writer_u32(w, "tokenizer.ggml.padding_token_id", pad);
    ht_gguf_writer_bool(w, "tokenizer.ggml.add_bos_token", false);
    st = ht_gguf_writer_write(w, path, err);
done:
    ht_gguf_writer_free(w);
    free(token_list);
    free(merge_list);
    free(types);
    free(tokens.ends);
    free(merges.ends);
    ht_buf_deinit(&tokens.text);
    ht_buf_deinit(&merges.text);
    return st == HT_NO_MEMORY ? ht_fail(err, st, -1, "%s: out of memory", path) : st;
}

static ht_status check_options(const ht_bpe_train_options *opt, size_t n_paths, ht_error *err)
{
    const size_t n_fixed = N_BYTES + opt->n_specials + opt->n_user_tokens;
    if (n_paths == 0)
        return ht_fail(err, HT_BAD_ARG, -1, "tokenizer training wants at least one text file");
    if (opt->n_vocab <= n_fixed || opt->n_vocab > 1u << 20)
        return ht_fail(err, HT_BAD_ARG, -1, "a vocabulary of %u: it must be from %zu (bytes, specials and one merge) to 1048576", opt->n_vocab, n_fixed + 1);
    bool eos_found = false;
    for (size_t i = 0; i < opt->n_specials + opt->n_user_tokens; i++) {
        const ht_str a = i < opt->n_specials ? opt->specials[i] : opt->user_tokens[i - opt->n_specials];
        if (a.len == 0)
            return ht_fail(err, HT_BAD_ARG, -1, "a special token is empty");
        for (size_t j = 0; j < i; j++)
            if (ht_str_eq(a, j < opt->n_specials ? opt->specials[j] : opt->user_tokens[j - opt->n_specials]))
                return ht_fail(err, HT_BAD_ARG, -1, "the token %.*s is given twice", HT_STR_ARG(a));
        eos_found |= i < opt->n_specials && ht_str_eq(a, opt->eos);
    }
    if (!eos_found)
        return ht_fail(err, HT_BAD_ARG, -1, "the end token '%.*s' is not one of the special tokens", HT_STR_ARG(opt->eos));
    return HT_OK;
}

ht_status ht_bpe_train(const char *const *paths, const double *weights, size_t n_paths, const ht_bpe_train_options *opt,
                       ht_pool *pool, const char *out_path, ht_error *err)
{
    ht_words words = {0};
    ht_bpe_merges merges = {0};
    ht_status st = check_options(opt, n_paths, err);
    if (st != HT_OK)
        return st;
    const size_t n_tokens = opt->n_vocab - opt->n_user_tokens - opt->n_specials;
    if ((st = ht_bpe_count(paths, weights, n_paths, opt, pool, &words, err)) != HT_OK)
        goto done;
    st = ht_bpe_learn(&words, n_tokens, (uint64_t)opt->min_count * HT_BPE_WEIGHT_ONE, opt->on_progress, opt->ctx, &merges, err);
    if (st != HT_OK)
        goto done;
    if (N_BYTES + merges.tokens.n < n_tokens)
        ht_log(HT_LOG_WARN, "the text has only %zu pairs worth merging: the vocabulary has %zu tokens, not %u", merges.n_merges,
               N_BYTES + merges.tokens.n + opt->n_user_tokens + opt->n_specials, opt->n_vocab);
    st = write_file(&merges, opt, out_path, err);
done:
    ht_words_deinit(&words);
    ht_bpe_merges_deinit(&merges);
    return st;
}
