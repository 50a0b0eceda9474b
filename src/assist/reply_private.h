/* What the files of reply share and nobody else sees. */
#ifndef HT_ASSIST_REPLY_PRIVATE_H
#define HT_ASSIST_REPLY_PRIVATE_H
#include "assist/reply.h"

/* One reply under way. */
typedef struct {
    const ht_home *h;
    const ht_context *cx;
    bool zh;
    ht_buf *out;
} ht_say;

/* --- words (reply_words.c) --- */

/* The Chinese or English for a word of the entity model ("cool", "partlycloudy", "locked"); the word itself where it is not in
 * the table, as a maker's or an owner's own word is. */
ht_str ht_say_word(const ht_say *s, ht_str word);
/* The name that suits the language: the name itself, or an alias in the asker's script. */
ht_str ht_say_name(const ht_say *s, const ht_entity *e);
ht_str ht_say_area_name(const ht_say *s, const ht_area *a);
/* "灯" / "lights": what entities of a domain and class are called. Another class gives the domain's word. */
const char *ht_say_noun(const ht_say *s, ht_str domain, ht_str kind, bool is_plural);
/* Whether an English name takes "are". */
bool ht_say_is_plural(ht_str name);
/* Appends "the " where the English name wants it. */
void ht_say_article(const ht_say *s, ht_str name);
/* "A、B和C" / "the A, B and C"; joint: "和" and "and", or "还是" and "or". Of a home's entities, by index. */
void ht_say_names(const ht_say *s, const int *entities, size_t n, const char *joint);
/* Up to four names, more as a count of their noun: "5个灯" / "5 lights". Says whether English wants "are". */
bool ht_say_subject(const ht_say *s, const int *entities, size_t n);
/* At most one digit behind the point. */
void ht_say_number(const ht_say *s, double x);
/* "1小时5分钟" / "1 hour 5 minutes". */
void ht_say_duration(const ht_say *s, int64_t seconds);
/* "晚上9点33分" / "9:33 pm" of "21:33". */
void ht_say_clock(const ht_say *s, const char *hh_mm);
/* Upper case for the first letter from a place in the text on, if it is ASCII. */
void ht_say_capital(const ht_say *s, size_t from);

/* --- what was done (reply_done.c) --- */

/* Appends a clause without its full stop for n results that were done, and says how many of them it covers: neighbours of
 * which the same is to be said go together. 0: the first is no doing but a look-up. */
size_t ht_say_done(const ht_say *s, const ht_result *results, size_t n);

/* --- what was asked (reply_answer.c) --- */

/* Appends whole sentences. */
void ht_say_answer(const ht_say *s, const ht_result *r);
#endif
