/* What the files of execute share and nobody else sees. */
#ifndef HT_ASSIST_EXECUTE_PRIVATE_H
#define HT_ASSIST_EXECUTE_PRIVATE_H
#include "assist/execute.h"
#include "home/action.h"

/* One call under way. Everything is borrowed but out, which is being filled. */
typedef struct {
    ht_home *h;
    const ht_context *cx;
    const ht_tool *tool;
    const json_t *args; /* object, checked against the tool's slots */
    ht_result *out;
    ht_error *err;
} ht_call;

/* A text slot; ptr NULL where it was not given. */
ht_str ht_call_text(const ht_call *c, const char *slot);
/* A number slot, or otherwise. */
double ht_call_number(const ht_call *c, const char *slot, double otherwise);
/* Sets the result's outcome; gives HT_OK to return. */
ht_status ht_call_end(const ht_call *c, ht_outcome outcome);
ht_status ht_call_no_memory(const ht_call *c);
/* Puts an entity among those found. */
HT_CHECKED ht_status ht_call_found(const ht_call *c, size_t entity);
/* {"action":word,"entities":[those found],"args":the slots that are no target, or all where the tool has no target}. */
HT_CHECKED ht_status ht_call_effect(const ht_call *c, const char *word);

/* Which entities a tool may mean. */
typedef struct {
    const ht_verb *verbs; /* [n_verbs] all of which it must be able to; none: whatever exists */
    size_t n_verbs;
    const char *domains;  /* meant where no domain is said, parted by blanks; NULL = all */
    const char *fallback; /* meant where there are none of those; or NULL */
    bool is_query;        /* looks up: several of one name are all meant */
    bool takes_active;    /* said without a target: those that are at work, wherever they are */
    bool takes_one;       /* one player is enough to play */
} ht_reach;

/* Fills the result's entities; HT_DONE when there are some to act on, otherwise what stands in the way. */
HT_CHECKED ht_status ht_call_resolve(const ht_call *c, const ht_reach *r, ht_outcome *outcome);
/* The area or floor that a slot names: index, -1 where the slot is absent; false where the home has none of that name. */
bool ht_call_area(const ht_call *c, int *area);
bool ht_call_floor(const ht_call *c, int *floor);
/* Whether the call gives one of the five target slots. */
bool ht_call_has_target(const ht_call *c);

/* One look-up, timer, alarm or list tool each; the tool's name is in c. */
HT_CHECKED ht_status ht_call_query(const ht_call *c);
HT_CHECKED ht_status ht_call_timer(const ht_call *c);
HT_CHECKED ht_status ht_call_alarm(const ht_call *c);
HT_CHECKED ht_status ht_call_list(const ht_call *c);
#endif
