/* Training data for the assistant, made up: homes, requests in Chinese and English, and the tool calls that answer them. A
 * document is a tree: one home and moment, several independent requests. The same seed gives the same documents. */
#ifndef HT_HOMEGEN_HOMEGEN_H
#define HT_HOMEGEN_HOMEGEN_H
#include "base/str.h"

typedef struct ht_homegen ht_homegen;

enum { HT_HOMEGEN_EN = 1 << 0, HT_HOMEGEN_ZH = 1 << 1 };
enum { HT_HOMEGEN_ACTS = 160 };

/* What became of requests, by act. Plain data; add up with ht_homegen_stats_add. */
typedef struct {
    struct {
        const char *act; /* static text; NULL: end of the list */
        uint64_t made[2], not_shown, failed; /* made: English, Chinese */
    } acts[HT_HOMEGEN_ACTS];
    uint64_t excluded, calls, turns;
} ht_homegen_stats;
void ht_homegen_stats_add(ht_homegen_stats *to, const ht_homegen_stats *from);

/* Compiles the phrases of dir/en and dir/zh, as `langs` says. HT_BAD_FORMAT names FILE:LINE. */
HT_CHECKED ht_status ht_homegen_open(const char *dir, unsigned langs, ht_homegen **out, ht_error *err);
void ht_homegen_close(ht_homegen *g);
/* Requests whose text is `text`, case, blanks and punctuation aside, are never made. Before the first document. */
HT_CHECKED ht_status ht_homegen_exclude(ht_homegen *g, ht_str text, ht_error *err);
/* Appends a line for each key that the program would use and the phrases lack; returns how many. */
size_t ht_homegen_missing(const ht_homegen *g, ht_buf *out);

/* Appends document `index` of `seed` to out, as one line of JSON with the newline: {"prefix","branches"}. show: for people
 * instead, several lines. Returns the number of requests in it (0: none came about, nothing appended). stats may be NULL. Any
 * thread, each with its own out and stats. */
HT_CHECKED ht_status ht_homegen_tree(const ht_homegen *g, uint64_t seed, uint64_t index, bool show, ht_buf *out, unsigned *n_requests,
                                     ht_homegen_stats *stats, ht_error *err);
#endif
