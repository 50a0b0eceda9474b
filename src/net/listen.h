/* A TCP socket that listens. */
#ifndef HT_NET_LISTEN_H
#define HT_NET_LISTEN_H
#include "base/status.h"

/* Listens on host (a name or an address; "" = every address of this machine) and port (0 = one that is free).
 * *fd: the caller's to close. *bound_port: the port. HT_IO says which port is taken and what to do. */
HT_CHECKED ht_status ht_listen(const char *host, int port, int *fd, int *bound_port, ht_error *err);
#endif
