/* The writer does not know n before the end, so ids and flags go to two temporary files that _finish joins. */
#include "train/shard.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { HEADER_BYTES = 24, MAX_VOCAB = 65536 };
static const char magic[8] = {'H', 'T', 'S', 'H', 'A', 'R', 'D', '1'};

static uint64_t read_le(const uint8_t *p, unsigned n_bytes)
{
    uint64_t v = 0;
    for (unsigned i = 0; i < n_bytes; i++)
        v |= (uint64_t)p[i] << (8 * i);
    return v;
}

static void write_le(uint8_t *p, uint64_t v, unsigned n_bytes)
{
    for (unsigned i = 0; i < n_bytes; i++)
        p[i] = (uint8_t)(v >> (8 * i));
}

/* NULL when the token may follow; otherwise what is wrong with it. */
static const char *token_fault(uint16_t id, uint8_t flags, uint32_t n_vocab, bool is_first)
{
    if (id >= n_vocab)
        return "the id is outside the vocabulary";
    if (is_first && !(flags & HT_SHARD_DOC))
        return "the first token does not start a document";
    if ((flags & HT_SHARD_DOC) && (flags & (HT_SHARD_LOSS | HT_SHARD_BRANCH)))
        return "the first token of a document may not bear LOSS or BRANCH";
    if (flags & ~(HT_SHARD_LOSS | HT_SHARD_BRANCH | HT_SHARD_DOC))
        return "unknown flag bits";
    return NULL;
}

static ht_status check_content(const char *path, const ht_shard *s, ht_error *err)
{
    for (uint64_t i = 0; i < s->n; i++) {
        const char *fault = token_fault(s->ids[i], s->flags[i], s->n_vocab, i == 0);
        if (fault != NULL)
            return ht_fail(err, HT_BAD_FORMAT, (int64_t)(HEADER_BYTES + 2 * i), "%s: token %llu: %s; pack the data again", path,
                           (unsigned long long)i, fault);
    }
    return HT_OK;
}

ht_status ht_shard_open(const char *path, ht_shard *out, ht_error *err)
{
    *out = (ht_shard){0};
    ht_shard s = {0};
    ht_status st = ht_map_open(path, &s.map, err);
    if (st != HT_OK)
        return st;
    const uint8_t *p = s.map.addr;
    if (s.map.len < HEADER_BYTES || memcmp(p, magic, sizeof magic) != 0) {
        st = ht_fail(err, HT_BAD_FORMAT, 0, "%s: not a shard of training tokens (make one with `hearth data pack`)", path);
        goto done;
    }
    s.n_vocab = (uint32_t)read_le(p + 8, 4);
    s.n = read_le(p + 16, 8);
    if (s.n_vocab == 0 || s.n_vocab > MAX_VOCAB || s.n > (s.map.len - HEADER_BYTES) / 3 || s.n * 3 != s.map.len - HEADER_BYTES) {
        st = ht_fail(err, HT_BAD_FORMAT, 8, "%s: the header says %llu tokens of %u, the file has %zu bytes: cut short?", path,
                     (unsigned long long)s.n, s.n_vocab, s.map.len);
        goto done;
    }
    s.ids = (const uint16_t *)(const void *)(p + HEADER_BYTES);
    s.flags = p + HEADER_BYTES + 2 * s.n;
    st = check_content(path, &s, err);
done:
    if (st != HT_OK)
        ht_shard_close(&s);
    *out = s;
    return st;
}

void ht_shard_close(ht_shard *s)
{
    ht_map_close(&s->map);
    *s = (ht_shard){0};
}

struct ht_shard_writer {
    char *path, *ids_path, *flags_path;
    FILE *ids, *flags;
    uint64_t n;
    uint32_t n_vocab;
};

static char *join(const char *path, const char *suffix)
{
    const size_t n = strlen(path), m = strlen(suffix);
    char *text = malloc(n + m + 1);
    if (text != NULL) {
        memcpy(text, path, n);
        memcpy(text + n, suffix, m + 1);
    }
    return text;
}

void ht_shard_writer_abort(ht_shard_writer *w)
{
    if (w == NULL)
        return;
    if (w->ids != NULL) {
        fclose(w->ids);
        unlink(w->ids_path);
    }
    if (w->flags != NULL) {
        fclose(w->flags);
        unlink(w->flags_path);
    }
    free(w->path);
    free(w->ids_path);
    free(w->flags_path);
    free(w);
}

static ht_status fail_write(const ht_shard_writer *w, ht_error *err)
{
    return ht_fail(err, HT_IO, -1, "%s: cannot write: %s", w->ids_path, strerror(errno));
}

ht_status ht_shard_writer_open(const char *path, uint32_t n_vocab, ht_shard_writer **out, ht_error *err)
{
    *out = NULL;
    if (n_vocab == 0 || n_vocab > MAX_VOCAB)
        return ht_fail(err, HT_BAD_ARG, -1, "%s: a shard holds 16-bit ids; a vocabulary of %u does not fit", path, n_vocab);
    ht_status st = HT_OK;
    ht_shard_writer *w = calloc(1, sizeof *w);
    if (w == NULL)
        return ht_fail(err, HT_NO_MEMORY, -1, "%s: out of memory", path);
    w->n_vocab = n_vocab;
    w->path = join(path, "");
    w->ids_path = join(path, ".tmp");
    w->flags_path = join(path, ".flags.tmp");
    if (w->path == NULL || w->ids_path == NULL || w->flags_path == NULL) {
        st = ht_fail(err, HT_NO_MEMORY, -1, "%s: out of memory", path);
        goto done;
    }
    w->ids = fopen(w->ids_path, "wbe");
    w->flags = w->ids ? fopen(w->flags_path, "w+be") : NULL;
    const uint8_t header[HEADER_BYTES] = {0};
    if (w->flags == NULL)
        st = ht_fail(err, HT_IO, -1, "%s: cannot create: %s", path, strerror(errno));
    else if (fwrite(header, 1, HEADER_BYTES, w->ids) != HEADER_BYTES)
        st = fail_write(w, err);
done:
    if (st == HT_OK)
        *out = w;
    else
        ht_shard_writer_abort(w);
    return st;
}

ht_status ht_shard_writer_add(ht_shard_writer *w, const uint16_t *ids, const uint8_t *flags, size_t n, ht_error *err)
{
    uint8_t block[2 * 1024];
    for (size_t i = 0; i < n;) {
        const size_t m = n - i < 1024 ? n - i : 1024;
        for (size_t j = 0; j < m; j++) {
            const char *fault = token_fault(ids[i + j], flags[i + j], w->n_vocab, w->n + j == 0);
            if (fault != NULL)
                return ht_fail(err, HT_BAD_ARG, (int64_t)(w->n + j), "%s: token %llu: %s", w->path, (unsigned long long)(w->n + j), fault);
            write_le(block + 2 * j, ids[i + j], 2);
        }
        if (fwrite(block, 2, m, w->ids) != m || fwrite(flags + i, 1, m, w->flags) != m)
            return fail_write(w, err);
        w->n += m;
        i += m;
    }
    return HT_OK;
}

/* Appends the flags to the ids and fills in the header. */
static bool complete(ht_shard_writer *w)
{
    uint8_t block[8192];
    if (fflush(w->flags) != 0 || fseek(w->flags, 0, SEEK_SET) != 0)
        return false;
    for (size_t n; (n = fread(block, 1, sizeof block, w->flags)) > 0;)
        if (fwrite(block, 1, n, w->ids) != n)
            return false;
    if (ferror(w->flags) || fseek(w->ids, 0, SEEK_SET) != 0)
        return false;
    memcpy(block, magic, sizeof magic);
    write_le(block + 8, w->n_vocab, 4);
    write_le(block + 12, 0, 4);
    write_le(block + 16, w->n, 8);
    return fwrite(block, 1, HEADER_BYTES, w->ids) == HEADER_BYTES && fflush(w->ids) == 0 && fsync(fileno(w->ids)) == 0;
}

ht_status ht_shard_writer_finish(ht_shard_writer *w, ht_error *err)
{
    ht_status st = HT_OK;
    if (!complete(w) || rename(w->ids_path, w->path) != 0) {
        st = fail_write(w, err);
    } else {
        fclose(w->ids);
        w->ids = NULL;
    }
    ht_shard_writer_abort(w);
    return st;
}
