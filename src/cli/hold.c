#include "cli/hold.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/clock.h"

/* The first line of the file, empty while its owner is a command or a server on its way up. */
static void read_url(int fd, ht_buf *url)
{
    char text[256];
    const ssize_t n = pread(fd, text, sizeof text, 0);
    ht_buf_clear(url);
    if (n > 0 && memchr(text, '\n', (size_t)n) != NULL) /* without the newline it is half written */
        ht_buf_add_str(url, ht_str_trim((ht_str){text, (size_t)n}));
}

ht_status ht_cli_hold_take(const char *state_path, int wait_ms, ht_cli_hold *out, ht_buf *url, ht_error *err)
{
    ht_buf path = {0};
    const int64_t end_ns = ht_clock_ns() + (int64_t)wait_ms * 1000000;
    ht_status st = HT_OK;
    out->fd = -1;
    ht_buf_clear(url);
    ht_buf_addf(&path, "%s.lock", state_path);
    const int fd = path.failed ? -1 : open(path.ptr, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (fd < 0) {
        st = path.failed ? ht_fail(err, HT_NO_MEMORY, -1, "out of memory") : ht_fail(err, HT_IO, -1, "%s: cannot open: %s", path.ptr, strerror(errno));
        goto done;
    }
    while (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        const int e = errno;
        read_url(fd, url);
        if (url->len > 0) {
            close(fd);
            goto done;
        }
        if ((e != EWOULDBLOCK && e != EINTR) || ht_clock_ns() > end_ns) {
            st = e == EWOULDBLOCK ? ht_fail(err, HT_TIMEOUT, -1, "another hearth has this home in hand (%s); try again", path.ptr)
                                  : ht_fail(err, HT_IO, -1, "%s: cannot lock: %s", path.ptr, strerror(e));
            close(fd);
            goto done;
        }
        usleep(20000);
    }
    if (ftruncate(fd, 0) != 0)
        st = ht_fail(err, HT_IO, -1, "%s: cannot write: %s", path.ptr, strerror(errno));
    if (st == HT_OK)
        out->fd = fd;
    else
        close(fd);
done:
    ht_buf_deinit(&path);
    return st;
}

ht_status ht_cli_hold_announce(const ht_cli_hold *h, const char *url, ht_error *err)
{
    ht_buf line = {0};
    ht_buf_addf(&line, "%s\n", url);
    const bool ok = h->fd < 0 || (!line.failed && pwrite(h->fd, line.ptr, line.len, 0) == (ssize_t)line.len);
    ht_buf_deinit(&line);
    return ok ? HT_OK : ht_fail(err, HT_IO, -1, "cannot tell others of %s: %s", url, strerror(errno));
}

void ht_cli_hold_drop(ht_cli_hold *h)
{
    if (h->fd < 0)
        return;
    if (ftruncate(h->fd, 0) != 0)
        errno = 0; /* the lock goes with the descriptor, and without it the text is not believed */
    close(h->fd);
    h->fd = -1;
}
