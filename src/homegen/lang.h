/* A language's phrases with what is looked up often: topics of talk and the tables of noise. Immutable once opened. */
#ifndef HT_HOMEGEN_LANG_H
#define HT_HOMEGEN_LANG_H
#include "homegen/gram.h"

/* `from>to` of a noise key. */
typedef struct {
    ht_str from, to;
} ht_swap;

typedef struct {
    ht_swap *items;
    size_t n;
} ht_swaps;

/* Every swap of the table, wherever it applies in text: another spelling, another script. What stands between the marks of
 * gen.h stays. */
void ht_swaps_apply(const ht_swaps *table, ht_buf *text);

/* Rules drawn by the square root of their number of alternatives, so that a long topic does not drown the short ones. */
typedef struct {
    int rule, answer; /* answer: rule of chat.T.answer, or -1 */
    float weight;
} ht_topic;

typedef struct {
    ht_topic *items;
    size_t n;
    float total;
} ht_topics;

typedef struct {
    ht_gram *g;
    bool is_zh;
    ht_arena mem;
    ht_topics chat, beyond;
    ht_swaps confuse, contract, swap, typo;
    ht_str *drop;
    size_t n_drop;
} ht_lang;

/* Reads dir/en or dir/zh. HT_NOT_FOUND, HT_BAD_FORMAT name the file; a missing key that every language needs is HT_BAD_FORMAT
 * too. ht_lang_close also after a failure. */
HT_CHECKED ht_status ht_lang_open(const char *dir, bool is_zh, ht_lang *out, ht_error *err);
void ht_lang_close(ht_lang *l);
/* Appends a line for each key that acts would use but the files lack; returns how many. */
size_t ht_lang_missing(const ht_lang *l, ht_buf *out);
#endif
