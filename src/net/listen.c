#include "net/listen.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int open_at(const struct addrinfo *at)
{
    const int fd = socket(at->ai_family, at->ai_socktype | SOCK_CLOEXEC, at->ai_protocol), yes = 1, no = 0;
    if (fd < 0)
        return -1;
    (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes); /* a restart need not wait for old connections */
    if (at->ai_family == AF_INET6)
        (void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &no, sizeof no);
    if (bind(fd, at->ai_addr, at->ai_addrlen) != 0 || listen(fd, 128) != 0) {
        const int saved = errno;
        close(fd);
        errno = saved;
        return -1;
    }
    return fd;
}

static int port_of(int fd)
{
    struct sockaddr_storage a;
    socklen_t n = sizeof a;
    if (getsockname(fd, (struct sockaddr *)&a, &n) != 0)
        return 0;
    return ntohs(a.ss_family == AF_INET6 ? ((struct sockaddr_in6 *)&a)->sin6_port : ((struct sockaddr_in *)&a)->sin_port);
}

ht_status ht_listen(const char *host, int port, int *fd, int *bound_port, ht_error *err)
{
    char service[16];
    snprintf(service, sizeof service, "%d", port);
    const struct addrinfo want = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE | AI_NUMERICSERV};
    struct addrinfo *found = NULL;
    const int failed = getaddrinfo(host[0] ? host : NULL, service, &want, &found);
    if (failed != 0)
        return ht_fail(err, HT_BAD_ARG, -1, "host '%s': %s", host, gai_strerror(failed));
    *fd = -1;
    /* "every address" prefers IPv6 sockets, which take IPv4 as well */
    for (int pass = 0; pass < 2 && *fd < 0; pass++)
        for (const struct addrinfo *a = found; a != NULL && *fd < 0; a = a->ai_next)
            if (pass == 1 || host[0] != '\0' || a->ai_family == AF_INET6)
                *fd = open_at(a);
    const int why = errno;
    freeaddrinfo(found);
    if (*fd < 0 && why == EADDRINUSE)
        return ht_fail(err, HT_IO, -1, "port %d on %s is taken: is hearth running already? Choose another with --port", port, host[0] ? host : "this machine");
    if (*fd < 0 && why == EACCES)
        return ht_fail(err, HT_IO, -1, "port %d is reserved for the administrator: choose one above 1023 with --port", port);
    if (*fd < 0 && why == EADDRNOTAVAIL)
        return ht_fail(err, HT_IO, -1, "this machine does not have the address '%s': choose another with --host", host);
    if (*fd < 0)
        return ht_fail(err, HT_IO, -1, "cannot listen on %s port %d: %s", host, port, strerror(why));
    *bound_port = port_of(*fd);
    return HT_OK;
}
