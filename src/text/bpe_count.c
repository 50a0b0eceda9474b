#include "text/bpe_count.h"

#include <math.h>
#include <pthread.h>
#include <stdlib.h>

#include "base/map.h"
#include "text/presplit.h"
#include "text/sample.h"
#include "text/utf8.h"

enum { CHUNK_BYTES = 1 << 18 };

/* A stretch of one file, from one line's beginning to another's. */
typedef struct {
    uint32_t file;
    size_t begin, end;
} chunk;

typedef struct {
    const ht_bpe_train_options *opt;
    const ht_presplit *split;
    const char *const *paths;
    ht_map *maps;      /* [n_paths] */
    uint64_t *weights; /* [n_paths] in 1/1024 */
    chunk *chunks;
    size_t n_chunks;
    ht_words *tables;    /* one a thread */
    bool starts[256];    /* bytes that begin a special or user token */
    pthread_mutex_t lock; /* guards st and err */
    ht_status st;
    ht_error *err;
} counter;

typedef struct {
    ht_words *words;
    uint64_t weight;
} sink;

static bool is_jsonl(const char *path) { return ht_str_ends(ht_str_from(path), HT_STR(".jsonl")); }

static bool count_piece(void *ctx, ht_str piece)
{
    const sink *to = ctx;
    while (piece.len > 0) {
        size_t n = piece.len;
        if (n > HT_BPE_MAX_WORD_BYTES) { /* back to a character's beginning */
            n = HT_BPE_MAX_WORD_BYTES;
            while (n > HT_BPE_MAX_WORD_BYTES - 3 && ((uint8_t)piece.ptr[n] & 0xC0) == 0x80)
                n--;
        }
        ht_words_add(to->words, (ht_str){piece.ptr, n}, to->weight);
        piece.ptr += n;
        piece.len -= n;
    }
    return !to->words->failed;
}

/* Length of the special or user token at the start of s, or 0. */
static size_t token_at(const counter *c, ht_str s)
{
    size_t best = 0;
    for (size_t i = 0; i < c->opt->n_specials; i++)
        if (c->opt->specials[i].len > best && ht_str_starts(s, c->opt->specials[i]))
            best = c->opt->specials[i].len;
    for (size_t i = 0; i < c->opt->n_user_tokens; i++)
        if (c->opt->user_tokens[i].len > best && ht_str_starts(s, c->opt->user_tokens[i]))
            best = c->opt->user_tokens[i].len;
    return best;
}

static ht_status count_text(const counter *c, ht_str text, sink *to, ht_error *err)
{
    ht_status st = HT_OK;
    for (size_t i = 0; i <= text.len && st == HT_OK;) {
        const bool at_end = i == text.len;
        const size_t skip = !at_end && c->starts[(uint8_t)text.ptr[i]] ? token_at(c, (ht_str){text.ptr + i, text.len - i}) : 0;
        if (!at_end && skip == 0) {
            i++;
            continue;
        }
        st = ht_presplit_run(c->split, (ht_str){text.ptr, i}, count_piece, to, err);
        text.ptr += i + skip;
        text.len -= i + skip;
        i = 0;
        if (at_end)
            break;
    }
    return st;
}

static ht_status count_lines(const counter *c, ht_str lines, sink *to, ht_error *err)
{
    ht_arena mem = {0};
    ht_status st = HT_OK;
    ht_str line;
    while (st == HT_OK && ht_str_split(&lines, '\n', &line)) {
        ht_sample sample;
        if (ht_str_trim(line).len == 0)
            continue;
        st = ht_sample_parse(line, &mem, &sample, err);
        for (size_t i = 0; i < sample.n && st == HT_OK; i++)
            st = count_text(c, sample.spans[i].text, to, err);
        ht_arena_reset(&mem);
    }
    ht_arena_deinit(&mem);
    return st;
}

static void count_chunks(void *ctx, unsigned begin, unsigned end, unsigned thread)
{
    counter *c = ctx;
    for (unsigned i = begin; i < end; i++) {
        const chunk *k = &c->chunks[i];
        const ht_str text = {(const char *)c->maps[k->file].addr + k->begin, k->end - k->begin};
        sink to = {&c->tables[thread], c->weights[k->file]};
        ht_error err = {0};
        const ht_status st = is_jsonl(c->paths[k->file]) ? count_lines(c, text, &to, &err) : count_text(c, text, &to, &err);
        if (st != HT_OK) {
            pthread_mutex_lock(&c->lock);
            if (c->st == HT_OK)
                c->st = ht_fail(c->err, st, (int64_t)k->begin, "%s: after byte %zu: %s", c->paths[k->file], k->begin, err.text);
            pthread_mutex_unlock(&c->lock);
        }
        if (thread == 0 && c->opt->on_progress != NULL)
            c->opt->on_progress(c->opt->ctx, "counting", (double)(i + 1) / (double)c->n_chunks);
    }
}

/* Where a chunk may begin at or after `at`: behind a newline; in a text line longer than a chunk, at a character. */
static size_t boundary(ht_str text, size_t at, bool whole_lines)
{
    if (at == 0 || at >= text.len)
        return at < text.len ? at : text.len;
    const size_t rest = text.len - at + 1;
    const char *newline = memchr(text.ptr + at - 1, '\n', whole_lines || rest < CHUNK_BYTES ? rest : CHUNK_BYTES);
    if (newline != NULL)
        return (size_t)(newline - text.ptr) + 1;
    if (whole_lines)
        return text.len;
    while (at < text.len && ((uint8_t)text.ptr[at] & 0xC0) == 0x80)
        at++;
    return at;
}

/* Lists the chunks to read: all, or every so-maniest so that about max_bytes of the total are seen. */
static ht_status plan(counter *c, size_t n_paths, ht_error *err)
{
    uint64_t total = 0, n_max = 0;
    for (size_t f = 0; f < n_paths; f++) {
        total += c->weights[f] ? c->maps[f].len : 0;
        n_max += c->maps[f].len / CHUNK_BYTES + 1;
    }
    c->chunks = calloc(n_max, sizeof *c->chunks);
    if (c->chunks == NULL)
        return ht_fail(err, HT_NO_MEMORY, -1, "tokenizer training: out of memory");
    const uint64_t limit = c->opt->max_bytes;
    const double keep = limit > 0 && limit < total ? (double)limit / (double)total : 1.0;
    for (size_t f = 0; f < n_paths; f++) {
        const ht_str text = {c->maps[f].addr, c->maps[f].len};
        const bool jsonl = is_jsonl(c->paths[f]);
        const size_t n = c->weights[f] ? text.len / CHUNK_BYTES + 1 : 0;
        for (size_t i = 0; i < n; i++) {
            if (keep < 1 && floor((double)(i + 1) * keep) <= floor((double)i * keep) && i > 0)
                continue;
            const chunk k = {(uint32_t)f, boundary(text, i * CHUNK_BYTES, jsonl),
                             boundary(text, (i + 1) * CHUNK_BYTES, jsonl)};
            if (k.begin < k.end)
                c->chunks[c->n_chunks++] = k;
        }
    }
    return HT_OK;
}

static ht_status open_files(counter *c, const double *weights, size_t n_paths, ht_error *err)
{
    for (size_t f = 0; f < n_paths; f++) {
        if (!(weights[f] >= 0 && weights[f] <= 1e6))
            return ht_fail(err, HT_BAD_ARG, -1, "%s: weight %g; it must be from 0 to 1000000", c->paths[f], weights[f]);
        c->weights[f] = (uint64_t)llround(weights[f] * HT_BPE_WEIGHT_ONE);
        const ht_status st = ht_map_open(c->paths[f], &c->maps[f], err);
        if (st != HT_OK)
            return st;
    }
    return HT_OK;
}

static void mark_starts(counter *c)
{
    for (size_t i = 0; i < c->opt->n_specials; i++)
        if (c->opt->specials[i].len > 0)
            c->starts[(uint8_t)c->opt->specials[i].ptr[0]] = true;
    for (size_t i = 0; i < c->opt->n_user_tokens; i++)
        if (c->opt->user_tokens[i].len > 0)
            c->starts[(uint8_t)c->opt->user_tokens[i].ptr[0]] = true;
}

/* The first table becomes the result, the others are poured into it. */
static ht_status join(counter *c, unsigned n_threads, ht_words *out, ht_error *err)
{
    *out = c->tables[0];
    c->tables[0] = (ht_words){0};
    for (unsigned t = 1; t < n_threads; t++) {
        out->failed |= c->tables[t].failed;
        for (size_t i = 0; i < c->tables[t].n; i++)
            ht_words_add(out, ht_words_text(&c->tables[t], i), c->tables[t].words[i].count);
        ht_words_deinit(&c->tables[t]);
    }
    if (out->failed)
        return ht_fail(err, HT_NO_MEMORY, -1, "tokenizer training: out of memory for %zu distinct pieces; look at less text", out->n);
    return HT_OK;
}

ht_status ht_bpe_count(const char *const *paths, const double *weights, size_t n_paths, const ht_bpe_train_options *opt,
                       ht_pool *pool, ht_words *out, ht_error *err)
{
    ht_presplit *split = NULL;
    const unsigned n_threads = ht_pool_threads(pool);
    counter c = {.opt = opt, .paths = paths, .lock = PTHREAD_MUTEX_INITIALIZER, .err = err};
    c.maps = calloc(n_paths, sizeof *c.maps);
    c.weights = calloc(n_paths, sizeof *c.weights);
    c.tables = calloc(n_threads, sizeof *c.tables);
    ht_status st;
    if (c.maps == NULL || c.weights == NULL || c.tables == NULL) {
        st = ht_fail(err, HT_NO_MEMORY, -1, "tokenizer training: out of memory");
        goto done;
    }
    mark_starts(&c);
    if ((st = ht_presplit_new(HT_STR("qwen2"), &split, err)) != HT_OK || (st = open_files(&c, weights, n_paths, err)) != HT_OK ||
        (st = plan(&c, n_paths, err)) != HT_OK)
        goto done;
    c.split = split;
    ht_pool_run(pool, (unsigned)c.n_chunks, 1, count_chunks, &c);
    st = c.st == HT_OK ? join(&c, n_threads, out, err) : c.st;
done:
    for (size_t f = 0; f < n_paths && c.maps != NULL; f++)
        ht_map_close(&c.maps[f]);
    for (unsigned t = 0; t < n_threads && c.tables != NULL; t++)
        ht_words_deinit(&c.tables[t]);
    free(c.maps);
    free(c.weights);
    free(c.tables);
    free(c.chunks);
    ht_presplit_free(split);
    return st;
}
