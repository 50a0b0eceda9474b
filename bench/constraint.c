/* What constrained decoding costs a request: compiling the tools of a home, then mask, forced tokens and accept along
 * answers that are given. usage: bench_constraint TOKENIZER.gguf */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "assist/tools.h"
#include "base/map.h"
#include "engine/constraint.h"

enum { ROUNDS = 200, MAX_TOOLS = 128 };

static const char *const answers[] = {
    "<tool_call>{\"name\": \"HassTurnOn\", \"arguments\": {\"name\": \"客厅主灯\"}}</tool_call>",
    "<tool_call>{\"name\": \"HassLightSet\", \"arguments\": {\"area\": \"主卧室\", \"brightness\": 40}}</tool_call>"
    "<tool_call>{\"name\": \"HassClimateSetTemperature\", \"arguments\": {\"area\": \"客厅\", \"temperature\": 26}}</tool_call>",
    "<tool_call>{\"name\": \"HassListAddItem\", \"arguments\": {\"name\": \"购物清单\", \"item\": \"两斤苹果和一瓶酱油\"}}</tool_call>",
    "<tool_call>{\"name\": \"HassStartTimer\", \"arguments\": {\"minutes\": 20, \"name\": \"煮面\", \"conversation_command\": \"关掉厨房的灯\"}}</tool_call>",
    "<tool_call>{\"name\": \"HassMediaSearchAndPlay\", \"arguments\": {\"area\": \"客厅\", \"search_query\": \"some quiet jazz for the evening\"}}</tool_call>",
    "好的，我在呢。今天家里一切都好，客厅的灯还开着，卧室的空调是二十六度。The kitchen light is off, and the front door is locked.",
};

typedef struct {
    double mask_us, worst_mask_us, forced_us, accept_us, new_us;
    size_t n_masks, n_tokens, n_forced, n_same; /* n_same: forced tokens that are the answer's own */
} cost;

/* CPU time of this thread: what others run on the machine does not count. */
static double now_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec * 1e-3;
}

static ht_str text_of(const char *c) { return ht_str_from(c); }

/* The schemas of the tools that this home can use. */
static size_t make_schemas(const ht_tool_scope *scope, ht_tool_spec *specs, json_t *keep)
{
    size_t n = 0;
    for (size_t i = 0; i < ht_tool_count() && n < MAX_TOOLS; i++) {
        json_t *schema = ht_tool_schema(ht_tool_at(i), scope);
        json_array_append_new(keep, schema);
        if (!ht_tool_schema_usable(schema))
            continue;
        specs[n++] = (ht_tool_spec){text_of(ht_tool_at(i)->name), schema};
    }
    return n;
}

/* Follows ids under g; the masks must allow every one of them. */
static bool follow(const ht_grammar *g, const ht_token_trie *v, const ht_ids *ids, cost *sum)
{
    ht_constraint *c;
    ht_error err;
    double t = now_us();
    if (ht_constraint_new(g, v, &c, &err) != HT_OK)
        return false;
    sum->new_us += now_us() - t;
    bool is_ok = true;
    for (size_t i = 0; i < ids->n && is_ok;) {
        int32_t forced[64];
        t = now_us();
        size_t n = ht_constraint_forced(c, forced, 64);
        sum->forced_us += now_us() - t;
        size_t same = 0;
        n -= n > 0 && ht_token_trie_kind(v, forced[n - 1]) == HT_TOKEN_END; /* not part of the answers */
        while (same < n && i + same < ids->n && forced[same] == ids->ids[i + same])
            same++;
        sum->n_forced += n;
        sum->n_same += same;
        if (same == 0) {
            t = now_us();
            const uint64_t *mask = ht_constraint_mask(c);
            const double us = now_us() - t;
            sum->mask_us += us;
            sum->worst_mask_us = us > sum->worst_mask_us ? us : sum->worst_mask_us;
            sum->n_masks++;
            is_ok = mask != NULL && (mask[ids->ids[i] / 64] >> (ids->ids[i] % 64) & 1);
            same = 1;
        }
        t = now_us();
        for (size_t k = 0; k < same && is_ok; k++)
            is_ok = ht_constraint_accept(c, ids->ids[i++]);
        sum->accept_us += now_us() - t;
    }
    sum->n_tokens += ids->n;
    is_ok = is_ok && ht_constraint_complete(c);
    ht_constraint_free(c);
    return is_ok;
}

static ht_tokenizer *open_tokenizer(const char *path, ht_map *map)
{
    ht_error err = {0};
    ht_gguf *g = NULL;
    ht_tokenizer *t = NULL;
    if (ht_map_open(path, map, &err) != HT_OK || ht_gguf_parse(ht_map_bytes(map), &g, &err) != HT_OK || ht_tokenizer_open(g, &t, &err) != HT_OK)
        fprintf(stderr, "bench_constraint: %s\n", err.text);
    ht_gguf_free(g);
    return t;
}

static int measure(const ht_tokenizer *t)
{
    static const char *const name_texts[] = {"客厅主灯", "客厅灯带", "卧室灯", "床头灯", "空调", "客厅空调", "电视", "窗帘", "扫地机器人", "空气净化器", "热水器", "门锁"};
    static const char *const area_texts[] = {"客厅", "主卧室", "儿童房", "书房", "厨房", "餐厅", "卫生间", "阳台"};
    ht_str names[12], areas[8], floors[] = {HT_STR("一楼"), HT_STR("二楼")}, lists[] = {HT_STR("购物清单"), HT_STR("待办")}, timers[] = {HT_STR("煮面")};
    for (size_t i = 0; i < 12; i++)
        names[i] = text_of(name_texts[i]);
    for (size_t i = 0; i < 8; i++)
        areas[i] = text_of(area_texts[i]);
    const ht_tool_scope scope = {names, 12, areas, 8, floors, 2, lists, 2, timers, 1};
    ht_error err = {0};
    ht_token_trie *v;
    double start = now_us();
    if (ht_token_trie_from_tokenizer(t, &v, &err) != HT_OK)
        return fprintf(stderr, "bench_constraint: %s\n", err.text), 1;
    printf("vocabulary %d: trie in %.1f ms\n", ht_tokenizer_count(t), (now_us() - start) * 1e-3);

    ht_tool_spec specs[MAX_TOOLS];
    json_t *keep = json_array();
    start = now_us();
    const size_t n = make_schemas(&scope, specs, keep);
    const double schema_us = now_us() - start;
    const ht_tools_options opt = {.schema = {.max_string = 120}, .max_calls = 8, .allow_text = true};
    ht_grammar *g = NULL;
    start = now_us();
    for (int i = 0; i < ROUNDS; i++) {
        ht_grammar_free(g);
        if (ht_grammar_from_tools(specs, n, &opt, &g, &err) != HT_OK)
            return fprintf(stderr, "bench_constraint: %s\n", err.text), 1;
    }
    printf("%zu tools: schemas as JSON in %.0f us, grammar compiled in %.0f us\n", n, schema_us, (now_us() - start) / ROUNDS);

    printf("%-42s %6s %6s %8s %9s %9s %9s\n", "answer", "tokens", "forced", "us/token", "us/mask", "worst", "us forced");
    for (size_t a = 0; a < sizeof answers / sizeof answers[0]; a++) {
        ht_ids ids = {0};
        cost sum = {0};
        if (ht_tokenizer_encode(t, text_of(answers[a]), HT_TOKENIZE_SPECIAL, &ids, &err) != HT_OK)
            return fprintf(stderr, "bench_constraint: %s\n", err.text), 1;
        for (int i = 0; i < ROUNDS; i++)
            if (!follow(g, v, &ids, &sum))
                return fprintf(stderr, "bench_constraint: an answer is not allowed: %s\n", answers[a]), 1;
        const double all_us = sum.new_us + sum.mask_us + sum.forced_us + sum.accept_us;
        printf("%-42.42s %6zu %6zu %8.2f %9.2f %9.1f %9.2f%s\n", answers[a] + (answers[a][0] == '<' ? 20 : 0), ids.n, sum.n_forced / ROUNDS,
               all_us / (double)sum.n_tokens, sum.mask_us / (double)(sum.n_masks ? sum.n_masks : 1), sum.worst_mask_us,
               sum.forced_us / (double)sum.n_tokens, sum.n_same < sum.n_forced ? "  forced tokens differ" : "");
        ht_ids_deinit(&ids);
    }
    ht_grammar_free(g);
    json_decref(keep);
    ht_token_trie_free(v);
    return 0;
}

int main(int argc, char **argv)
{
    if (argc != 2)
        return fprintf(stderr, "usage: bench_constraint TOKENIZER.gguf\n"), 2;
    ht_map map = {0};
    ht_tokenizer *t = open_tokenizer(argv[1], &map);
    const int rc = t != NULL ? measure(t) : 1;
    ht_tokenizer_close(t);
    ht_map_close(&map);
    return rc;
}
