#include "base/map.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static ht_status fail_errno(ht_error *err, const char *path, const char *what)
{
    const int e = errno;
    return ht_fail(err, e == ENOENT ? HT_NOT_FOUND : HT_IO, -1, "%s: %s: %s", path, what, strerror(e));
}

ht_status ht_map_open(const char *path, ht_map *out, ht_error *err)
{
    *out = (ht_map){0};
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return fail_errno(err, path, "cannot open");
    ht_status st = HT_OK;
    struct stat info;
    if (fstat(fd, &info) != 0)
        st = fail_errno(err, path, "cannot stat");
    else if (!S_ISREG(info.st_mode))
        st = ht_fail(err, HT_IO, -1, "%s: not a regular file", path);
    else if (info.st_size > 0) {
        out->addr = mmap(NULL, (size_t)info.st_size, PROT_READ, MAP_SHARED, fd, 0);
        if (out->addr == MAP_FAILED) {
            out->addr = NULL;
            st = fail_errno(err, path, "cannot map");
        } else {
            out->len = (size_t)info.st_size;
        }
    }
    close(fd);
    return st;
}

void ht_map_close(ht_map *m)
{
    if (m->addr != NULL)
        munmap(m->addr, m->len);
    *m = (ht_map){0};
}

ht_status ht_file_read(const char *path, size_t max_bytes, ht_buf *out, ht_error *err)
{
    const bool is_stdin = strcmp(path, "-") == 0;
    FILE *f = is_stdin ? stdin : fopen(path, "rbe");
    if (f == NULL)
        return fail_errno(err, path, "cannot open");
    ht_status st = HT_OK;
    for (size_t total = 0;;) {
        if (!ht_buf_reserve(out, 65536)) {
            st = ht_fail(err, HT_NO_MEMORY, -1, "%s: out of memory after %zu bytes", path, total);
            break;
        }
        const size_t n = fread(out->ptr + out->len, 1, 65536, f);
        out->len += n;
        out->ptr[out->len] = '\0';
        total += n;
        if (total > max_bytes) {
            st = ht_fail(err, HT_TOO_BIG, -1, "%s: larger than %zu bytes", path, max_bytes);
            break;
        }
        if (n < 65536) {
            if (ferror(f))
                st = fail_errno(err, path, "cannot read");
            break;
        }
    }
    if (!is_stdin)
        fclose(f);
    return st;
}

ht_status ht_file_write(const char *path, ht_bytes data, ht_error *err)
{
    char tmp[4096];
    if ((size_t)snprintf(tmp, sizeof tmp, "%s.tmp", path) >= sizeof tmp)
        return ht_fail(err, HT_BAD_ARG, -1, "%s: path too long", path);
    FILE *f = fopen(tmp, "wbe");
    if (f == NULL)
        return fail_errno(err, tmp, "cannot create");
    bool ok = fwrite(data.ptr, 1, data.len, f) == data.len && fflush(f) == 0 && fsync(fileno(f)) == 0;
    ok = (fclose(f) == 0) && ok;
    if (!ok || rename(tmp, path) != 0) {
        const ht_status st = fail_errno(err, path, "cannot write");
        unlink(tmp);
        return st;
    }
    return HT_OK;
}

ht_status ht_dir_make(const char *path, ht_error *err)
{
    char part[4096];
    const size_t n = strlen(path);
    if (n >= sizeof part)
        return ht_fail(err, HT_BAD_ARG, -1, "%s: path too long", path);
    memcpy(part, path, n + 1);
    for (size_t i = 1; i <= n; i++)
        if (part[i] == '/' || part[i] == '\0') {
            const char c = part[i];
            part[i] = '\0';
            if (mkdir(part, 0777) != 0 && errno != EEXIST)
                return fail_errno(err, part, "cannot create the folder");
            part[i] = c;
        }
    return HT_OK;
}
