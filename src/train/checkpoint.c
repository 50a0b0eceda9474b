#include "train/checkpoint.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

static const char start_mark[8] = {'H', 'T', 'C', 'K', 'P', 'T', '0', '1'};
static const char end_mark[8] = {'H', 'T', 'C', 'K', 'P', 'E', 'N', 'D'};

/* A rename is safe only once the folder itself is on disk. */
static void sync_folder(const char *path)
{
    char folder[4096];
    const char *slash = strrchr(path, '/');
    snprintf(folder, sizeof folder, "%.*s", slash ? (int)(slash - path) : 1, slash ? path : ".");
    const int fd = open(folder[0] ? folder : "/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0) {
        fsync(fd);
        close(fd);
    }
}

ht_status ht_checkpoint_write(const char *path, const ht_checkpoint_head *head, const ht_feed_place *places, const float *w, const float *m,
                              const float *v, ht_error *err)
{
    char tmp[4096];
    ht_checkpoint_head h = *head;
    h.head_bytes = sizeof h;
    if ((size_t)snprintf(tmp, sizeof tmp, "%s.tmp", path) >= sizeof tmp)
        return ht_fail(err, HT_BAD_ARG, -1, "%s: path too long", path);
    FILE *f = fopen(tmp, "wbe");
    if (f == NULL)
        return ht_fail(err, HT_IO, -1, "%s: cannot create: %s", tmp, strerror(errno));
    bool ok = fwrite(start_mark, 1, 8, f) == 8 && fwrite(&h, sizeof h, 1, f) == 1 && fwrite(places, sizeof *places, h.n_place, f) == h.n_place &&
              fwrite(w, sizeof *w, h.n_value, f) == h.n_value && fwrite(m, sizeof *m, h.n_value, f) == h.n_value &&
              fwrite(v, sizeof *v, h.n_value, f) == h.n_value && fwrite(end_mark, 1, 8, f) == 8 && fflush(f) == 0 && fsync(fileno(f)) == 0;
    int reason = ok ? 0 : errno;
    if (fclose(f) != 0 && ok) {
        ok = false;
        reason = errno;
    }
    if (ok && rename(tmp, path) != 0) {
        ok = false;
        reason = errno;
    }
    if (!ok) {
        unlink(tmp);
        return ht_fail(err, HT_IO, -1, "%s: cannot write the checkpoint: %s", path, strerror(reason));
    }
    sync_folder(path);
    return HT_OK;
}

ht_status ht_checkpoint_open(const char *path, ht_checkpoint *out, ht_error *err)
{
    *out = (ht_checkpoint){0};
    ht_checkpoint c = {0};
    ht_status st = ht_map_open(path, &c.map, err);
    if (st != HT_OK)
        return st;
    const char *p = c.map.addr;
    const size_t fixed = 16 + sizeof c.head;
    size_t places = 0, values = 0, total = 0;
    bool ok = c.map.len >= fixed && memcmp(p, start_mark, 8) == 0;
    if (ok) {
        memcpy(&c.head, p + 8, sizeof c.head);
        ok = c.head.head_bytes == sizeof c.head && c.head.n_place <= HT_FEED_MAX_SHARDS && ht_net_shape_fault(&c.head.shape) == NULL &&
             memchr(c.head.name, 0, sizeof c.head.name) && memchr(c.head.tokenizer, 0, sizeof c.head.tokenizer);
    }
    places = c.head.n_place * sizeof(ht_feed_place);
    ok = ok && ht_mul_size(c.head.n_value, 3 * sizeof(float), &values) && ht_add_size(fixed + places, values, &total) && total == c.map.len &&
         memcmp(p + total - 8, end_mark, 8) == 0;
    if (!ok) {
        ht_map_close(&c.map);
        return ht_fail(err, HT_BAD_FORMAT, 0, "%s: not a whole checkpoint of this version", path);
    }
    c.places = (const ht_feed_place *)(const void *)(p + 8 + sizeof c.head);
    c.w = (const float *)(const void *)(p + 8 + sizeof c.head + places);
    c.m = c.w + c.head.n_value;
    c.v = c.m + c.head.n_value;
    *out = c;
    return HT_OK;
}

void ht_checkpoint_close(ht_checkpoint *c)
{
    ht_map_close(&c->map);
    *c = (ht_checkpoint){0};
}
