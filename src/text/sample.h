/* One line of a .jsonl file of training text, as pieces of text that are predicted or only read.
 *
 *     {"text": "…"}                                                 plain text
 *     {"messages": [{"role": "user", "content": "…"}, …]}           a conversation, written as ChatML; an assistant turn may
 *                                                                   have "tool_call": {"name", "arguments"} or "tool_calls"
 *     {"prefix": "…", "branches": [[["…", 0], ["…", 1]], …]}         a tree (train/shard.h); 1 = predicted
 */
#ifndef HT_TEXT_SAMPLE_H
#define HT_TEXT_SAMPLE_H
#include "base/arena.h"

typedef enum { HT_SAMPLE_TEXT, HT_SAMPLE_DIALOG, HT_SAMPLE_TREE } ht_sample_kind;

typedef struct {
    ht_str text;
    bool predicted;
    bool begins_branch;
} ht_sample_span;

typedef struct {
    ht_sample_kind kind;
    ht_sample_span *spans; /* [n], texts are not empty */
    size_t n;
} ht_sample;

/* Reads one line; everything lives in mem. A tree's prefix is the spans before the first that begins a branch; without
 * a prefix a tree has one branch, which then is an ordinary document. In a conversation what the assistant says is
 * predicted, its <|im_end|> included, not the "<|im_start|>assistant\n" before it; a tool's answer stands in a user turn
 * between <tool_response> tags, as Qwen's models have it.
 * HT_BAD_FORMAT says what is wrong with the line. Any thread. */
HT_CHECKED ht_status ht_sample_parse(ht_str line, ht_arena *mem, ht_sample *out, ht_error *err);
#endif
