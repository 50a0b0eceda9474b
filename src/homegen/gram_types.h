/* The inside of a grammar, shared by the parser and the expander. */
#ifndef HT_HOMEGEN_GRAM_TYPES_H
#define HT_HOMEGEN_GRAM_TYPES_H
#include "homegen/gram.h"

typedef enum { HT_ITEM_TEXT, HT_ITEM_VAR, HT_ITEM_CHOICE } ht_item_type;

typedef struct {
    ht_item_type type;
    uint32_t at, len; /* text: bytes in texts; var: ht_var; choice: index (a rule is a choice) */
} ht_item;

typedef struct {
    uint32_t first, n; /* items */
    uint32_t weight;   /* >= 1 */
    int32_t next;      /* the next alternative of the same choice, or -1 */
} ht_alt;

typedef struct {
    int32_t head, tail; /* alternatives; -1: none yet */
    uint32_t total;     /* of their weights */
} ht_choice;

/* A key: its name, the choice it stands for, and where it was first named (for the error about keys without alternatives). */
typedef struct {
    ht_str key;
    uint32_t choice;
    const char *file;
    unsigned line;
} ht_rule;

struct ht_gram {
    ht_arena mem; /* keys and file names */
    ht_buf texts;
    ht_item *items;
    ht_alt *alts;
    ht_choice *choices;
    ht_rule *rules;
    int32_t *slots; /* [n_slots] open hash of rules by key; -1: free */
    size_t n_items, cap_items, n_alts, cap_alts, n_choices, cap_choices, n_rules, cap_rules, n_slots;
};

/* The rule of a key, made if there is none; -1 when memory is gone. */
int ht_gram_rule(ht_gram *g, ht_str key, const char *file, unsigned line);
#endif
