/* The text that the model sees: the same code writes it for training and for every request, so that both agree byte for byte.
 *
 *     <|im_start|>system
 *     now 2026-11-23 Mon 21:33
 *     here 客厅
 *     floors 一楼, 二楼
 *     areas 客厅 @ 一楼, 卧室 @ 二楼
 *     客厅灯 = light, 客厅, on 50%
 *     电视 (小米电视) = media_player, 客厅, playing 30%
 *     timers 煮面 9:30
 *     lists 购物清单
 *     <|im_end|>
 *     <|im_start|>user
 *     打开客厅的灯<|im_end|>
 *     <|im_start|>assistant
 *
 * Lines without content are left out. Aliases stand in brackets. */
#ifndef HT_ASSIST_PROMPT_H
#define HT_ASSIST_PROMPT_H
#include "assist/tools.h"
#include "base/arena.h"
#include "home/home.h"

enum { HT_PROMPT_MAX_ENTITIES = 12, HT_PROMPT_MAX_AREAS = 8 };

/* The part of a home that a request is about, best first. Indices into the home. */
typedef struct {
    int entities[2 * HT_PROMPT_MAX_ENTITIES];
    size_t n_entities;
    int areas[2 * HT_PROMPT_MAX_AREAS];
    size_t n_areas;
} ht_selection;

/* Retrieval: entities whose name, alias, area, floor, domain or kind the text mentions (Chinese and English, characters and
 * words, small typing errors), then those near the speaker; at most HT_PROMPT_MAX_ENTITIES. text: the request, with the turns
 * before it in front where there are any. here: area index or -1. Deterministic; no allocation beyond the call. */
void ht_select(const ht_home *h, ht_str text, int here, ht_selection *out);
/* Adds b's entities and areas to a, without duplicates, while there is room (twice the maximum): training trees share one
 * beginning between several requests. */
void ht_selection_merge(ht_selection *a, const ht_selection *b);

/* Appends the system part, "<|im_start|>system\n" … "<|im_end|>\n". */
void ht_prompt_system(const ht_home *h, const ht_selection *sel, int here, int64_t now_unix_s, ht_buf *out);
/* Appends "<|im_start|>ROLE\nTEXT<|im_end|>\n". */
void ht_prompt_turn(const char *role, ht_str text, ht_buf *out);
/* Appends what the model answers with when it calls tools: `<tool_call>{"name": …, "arguments": …}</tool_call>` each, no
 * blanks between. calls: JSON array of {"name","arguments"}. */
void ht_prompt_calls(const json_t *calls, ht_buf *out);

/* The names a call may use under this selection. The arrays live in mem, the texts in the home. */
HT_CHECKED ht_status ht_prompt_scope(const ht_home *h, const ht_selection *sel, ht_arena *mem, ht_tool_scope *out);
#endif
