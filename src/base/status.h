/* What a call that can fail returns, and where the reason goes. */
#ifndef HT_BASE_STATUS_H
#define HT_BASE_STATUS_H
#include <stdint.h>

#define HT_STATUS_LIST(X)                          \
    X(HT_OK, "ok")                                 \
    X(HT_NO_MEMORY, "out of memory")               \
    X(HT_BAD_ARG, "bad argument")                  \
    X(HT_BAD_FORMAT, "malformed input")            \
    X(HT_TOO_BIG, "over a limit")                  \
    X(HT_NOT_FOUND, "not found")                   \
    X(HT_UNSUPPORTED, "not supported")             \
    X(HT_IO, "input or output failed")             \
    X(HT_TIMEOUT, "timed out")                     \
    X(HT_CANCELLED, "cancelled")                   \
    X(HT_PROTOCOL, "the peer broke the protocol")

#define HT_STATUS_ENUM(name, text) name,
typedef enum { HT_STATUS_LIST(HT_STATUS_ENUM) HT_STATUS_COUNT } ht_status;
#undef HT_STATUS_ENUM

#define HT_CHECKED __attribute__((warn_unused_result))
#define HT_PRINTF(fmt, first) __attribute__((format(printf, fmt, first)))

/* Caller's storage. text: one line for a person, names the thing and the remedy. at: byte offset in the input, or -1. */
typedef struct {
    ht_status status;
    int64_t at;
    char text[256];
} ht_error;

/* The status in words; never NULL. */
const char *ht_status_text(ht_status st);

/* Fills err if it is not NULL and returns st, so that a failing call ends `return ht_fail(err, HT_IO, -1, …)`. */
ht_status ht_fail(ht_error *err, ht_status st, int64_t at, const char *fmt, ...) HT_PRINTF(4, 5);

/* Puts "prefix: " before the text that err holds already (which file, which tensor); returns err->status. */
ht_status ht_fail_prefix(ht_error *err, const char *fmt, ...) HT_PRINTF(2, 3);
#endif
