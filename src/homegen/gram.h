/* Phrase grammars: text files of `key: one way | another way`, compiled once, expanded at random from a seed. The language
 * is described in data/homegen/KEYS.md. A loaded grammar is immutable: any thread may expand it with its own stream. */
#ifndef HT_HOMEGEN_GRAM_H
#define HT_HOMEGEN_GRAM_H
#include "base/arena.h"
#include "base/rng.h"
#include "base/str.h"
#include "homegen/vars.h"

typedef struct ht_gram ht_gram;

/* What a variable stands for: a text, or a rule that is expanded where the variable is named. ptr NULL and rule < 0 = not set:
 * an alternative that names it is passed over. */
typedef struct {
    ht_str text;
    int rule;
} ht_bind;

typedef struct {
    ht_bind of[HT_VAR_COUNT];
} ht_vars;

/* Reads every *.txt of a folder, in order of name. HT_BAD_FORMAT names FILE:LINE and what is wrong. Caller owns *out. */
HT_CHECKED ht_status ht_gram_load(const char *dir, ht_gram **out, ht_error *err);
/* The same for one text in memory, `file` for messages. */
HT_CHECKED ht_status ht_gram_parse(const char *file, ht_str text, ht_gram **out, ht_error *err);
void ht_gram_free(ht_gram *g);

/* The rule of a key, or -1. The f form takes printf arguments; keys have less than 128 bytes. */
int ht_gram_find(const ht_gram *g, ht_str key);
int ht_gram_findf(const ht_gram *g, const char *fmt, ...) HT_PRINTF(2, 3);
size_t ht_gram_count(const ht_gram *g);
/* The key of rule i, borrowed until free. */
ht_str ht_gram_key(const ht_gram *g, size_t i);
/* Sum of the weights of its alternatives; 0 for rule -1. */
uint32_t ht_gram_weight(const ht_gram *g, int rule);

/* The i-th alternative of a rule where it is plain text, else (or past the last) ptr NULL. */
ht_str ht_gram_plain(const ht_gram *g, int rule, size_t i);
/* How many alternatives a rule has. */
size_t ht_gram_alternatives(const ht_gram *g, int rule);

/* Nothing set. */
void ht_vars_clear(ht_vars *v);
/* Appends one way of saying rule to out. False, with out as it was, if every way tried names a variable that is not set or the
 * rules nest deeper than 24. */
bool ht_gram_expand(const ht_gram *g, ht_rng *rng, int rule, const ht_vars *v, ht_buf *out);
/* Drops blanks that are doubled, at the ends, or before , . ? ! : ; in place. */
void ht_gram_tidy(ht_buf *text);
#endif
