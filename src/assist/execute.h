/* Carries out one tool call on a home: finds the entities that the slots mean, checks that they can do it, changes their
 * state, and says what was done in the words that DESIGN and the evaluation use.
 *
 * Resolution: the given target slots are intersected. name matches names and aliases (exact, then ASCII case ignored). With
 * area or floor but no domain, the tool's own domains apply (HassLightSet: light; HassMediaPause: media_player; HassTurnOn:
 * lights, switches, fans, media players, climate and covers, never locks, valves, garage doors, alarms or vacuums).
 * No target: entities of the tool's domains in the speaker's area; if there are none, those that are active (playing,
 * cleaning, on), else the only one in the home; else ambiguous.
 * Two entities of the same name: the one in the speaker's area, else ambiguous; a look-up takes them all.
 * A domain alone is the whole home's ("all lights"); HassMediaPause and the like mean players anyway, so there it says nothing.
 * Of several players in a room: those that play, then those that are on. Brighter, warmer, stronger: what is on, if anything is.
 * What lets somebody in (garage doors, gates) is opened only when named by name or class. In a group, those that cannot do it
 * are passed over. */
#ifndef HT_ASSIST_EXECUTE_H
#define HT_ASSIST_EXECUTE_H
#include "assist/tools.h"
#include "home/home.h"

typedef enum {
    HT_DONE,          /* carried out, or answered */
    HT_NO_TARGET,     /* nothing in this home matches the slots */
    HT_AMBIGUOUS,     /* several do and one is wanted: ask back */
    HT_NOT_ABLE,      /* it exists but cannot do that */
    HT_NEEDS_CONFIRM, /* dangerous, and the asker must confirm first */
    HT_ASKED,         /* HearthAsk */
    HT_REFUSED        /* HearthRefuse */
} ht_outcome;

/* One call's result. Owned by the caller: ht_result_deinit. */
typedef struct {
    ht_outcome outcome;
    json_t *call;    /* {"name","arguments"} as made */
    json_t *effect;  /* {"action","entities":[ids],"args":{…}} or NULL where no word fits (asked, refused, failed) */
    int *entities;   /* [n_entities] indices found; for HT_AMBIGUOUS the candidates */
    size_t n_entities;
    json_t *answer;  /* what there is to tell, or NULL:
        look-ups: {"entities":[{"id","name","area","domain","class","state","unit", numbers in percent, °C …, a todo's open "items"}]}, and for
            HassGetState with a state (the matching ones only) also "state", "n_matching", "n_total"
        {"time":"HH:MM"} · {"date":"YYYY-MM-DD","weekday":0 = Sunday}
        timers, also those to choose from: {"timers":[{"name","area","total_s","remaining_s","is_paused"}]}
        {"n_alarms"} cancelled · lists: {"list","item"}
        HT_ASKED {"about"} (also where a value is missing) · HT_REFUSED {"reason"} · HT_NOT_ABLE {"min","max"} of a number
        {"silent":[ids]}: devices that did not take the command (HT_NOT_ABLE when that is all of them) */
} ht_result;

typedef struct {
    int area;             /* where the speaker is: index or -1 */
    int64_t now_unix_s;   /* wall clock of the request */
    bool confirm_needed;  /* voice, guests, automations: unlocking, opening garage doors and valves, disarming wait for a yes */
} ht_context;

/* call: {"name","arguments"}. A call that the schema would not allow gives HT_BAD_FORMAT and changes nothing; everything a
 * person can get wrong is an outcome, not an error, and so is a device that does not answer. */
HT_CHECKED ht_status ht_execute(ht_home *h, const ht_context *cx, const json_t *call, ht_result *out, ht_error *err);
void ht_result_deinit(ht_result *r);
#endif
