/* Which words speak of which kind of device, in Chinese and English: retrieval's vocabulary. It only widens what the model
 * gets to see; what to do with it is the model's decision. */
#ifndef HT_ASSIST_KINDS_H
#define HT_ASSIST_KINDS_H
#include "assist/words.h"

enum { HT_KINDS_MAX = 64 };

/* One bit a row of the table. */
typedef uint64_t ht_kind_set;

/* The kinds that text speaks of. */
ht_kind_set ht_kinds_of_text(const ht_phrase *text);
/* The kinds that an entity is of; class may be empty. */
ht_kind_set ht_kinds_of_entity(ht_str domain, ht_str device_class);
#endif
