/* hearth eval home: accuracy on suites of home requests, scored by their effect. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "assist/grade.h"
#include "assist/suite.h"
#include "base/map.h"
#include "cli/eval.h"
#include "cli/setup.h"

static const char usage[] =
    "usage: hearth eval home SUITE.jsonl… --homes HOMES.json… [--by FIELD] [--errors N] [--json] [--model F]\n\n"
    "Runs suites of home requests (the format of `ask --batch`) and scores each answer by its effect on the home.\n\n"
    "  --homes F     file with the homes that the suites name; may be repeated\n"
    "  --by FIELD    group by this field of the suite (intent, category, action, lang …; default: intent, else category, else action)\n"
    "  --errors N    print the first N wrong answers (default 10)\n"
    "  --json        one JSON object: total, right, accuracy, p50_ms, p99_ms, groups\n"
    "  --model F     a GGUF model other than the shipped one\n"
    "  --threads N   CPU threads (default: all cores)\n\n"
    "example: hearth eval home suite_en.jsonl --homes homes_en.json --by intent\n";

typedef struct {
    const char *by, *model;
    long errors, threads;
    int as_json;
    json_t *homes;   /* all of --homes */
    json_t *groups;  /* {group: [n, right]} */
    json_t *wrong;   /* [[id, text, why]] */
    double *ms;
    size_t n, right;
} eval;

static const char *group_of(const eval *e, const json_t *line)
{
    const char *const fields[] = {e->by ? e->by : "intent", "category", "action"};
    for (size_t i = 0; i < 3; i++) {
        const char *s = json_string_value(json_object_get(line, fields[i]));
        if (s != NULL)
            return s;
    }
    const char *action = json_string_value(json_object_get(json_object_get(line, "expect"), "action"));
    return action ? action : "-";
}

static void count(eval *e, const json_t *line, const json_t *answer)
{
    char text[160];
    const char *why = ht_grade(line, answer, text, sizeof text), *group = group_of(e, line);
    json_t *pair = json_object_get(e->groups, group);
    if (pair == NULL)
        json_object_set_new(e->groups, group, pair = json_pack("[i,i]", 0, 0));
    json_array_set_new(pair, 0, json_integer(json_integer_value(json_array_get(pair, 0)) + 1));
    json_array_set_new(pair, 1, json_integer(json_integer_value(json_array_get(pair, 1)) + (why == NULL)));
    e->right += why == NULL;
    if (why != NULL)
        json_array_append_new(e->wrong, json_pack("[O?,O?,s,O?]", json_object_get(line, "id"), json_object_get(line, "text"), why,
                                                  json_object_get(answer, "calls")));
}

static ht_status run_suite(eval *e, ht_assist *a, const char *path, ht_error *err)
{
    ht_buf suite = {0};
    ht_status st = ht_file_read(path, (size_t)1 << 30, &suite, err);
    ht_str rest = ht_buf_str(&suite), text;
    for (size_t n = 1; st == HT_OK && ht_str_split(&rest, '\n', &text); n++) {
        json_error_t bad;
        if (ht_str_trim(text).len == 0)
            continue;
        json_t *line = json_loadb(text.ptr, text.len, 0, &bad), *answer = NULL;
        st = line ? ht_suite_run_line(a, e->homes, line, &answer, err) : ht_fail(err, HT_BAD_FORMAT, bad.position, "not JSON: %s", bad.text);
        double *ms = st == HT_OK ? realloc(e->ms, (e->n + 1) * sizeof *ms) : NULL;
        if (ms != NULL) {
            e->ms = ms;
            ms[e->n++] = json_number_value(json_object_get(answer, "ms"));
            count(e, line, answer);
        } else if (st == HT_OK) {
            st = ht_fail(err, HT_NO_MEMORY, -1, "out of memory");
        }
        json_decref(answer);
        json_decref(line);
        if (st != HT_OK)
            ht_fail_prefix(err, "%s line %zu", path, n);
        else
            ht_cli_progress("eval", suite.len ? (double)(rest.ptr ? rest.ptr - suite.ptr : (ptrdiff_t)suite.len) / (double)suite.len : 1, -1, NULL);
    }
    ht_buf_deinit(&suite);
    return st;
}

static int by_value(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double quantile(const eval *e, double q)
{
    const size_t i = (size_t)(q * (double)e->n);
    return e->n ? e->ms[i < e->n ? i : e->n - 1] : 0;
}

static void report(eval *e)
{
    qsort(e->ms, e->n, sizeof *e->ms, by_value);
    const double accuracy = e->n ? (double)e->right / (double)e->n : 0;
    if (e->as_json) {
        json_t *all = json_pack("{s:i,s:i,s:f,s:f,s:f,s:O,s:O}", "total", (int)e->n, "right", (int)e->right, "accuracy", accuracy, "p50_ms",
                                quantile(e, 0.5), "p99_ms", quantile(e, 0.99), "groups", e->groups, "wrong", e->wrong);
        char *text = json_dumps(all, 0);
        puts(text ? text : "{}");
        free(text);
        json_decref(all);
        return;
    }
    const char *group;
    json_t *pair;
    json_object_foreach(e->groups, group, pair)
    {
        const long n = (long)json_integer_value(json_array_get(pair, 0)), right = (long)json_integer_value(json_array_get(pair, 1));
        printf("%-32s %5ld/%-5ld %6.1f %%\n", group, right, n, 100.0 * (double)right / (double)n);
    }
    for (size_t i = 0; i < json_array_size(e->wrong) && (long)i < e->errors; i++) {
        char *calls = json_dumps(json_array_get(json_array_get(e->wrong, i), 3), JSON_ENCODE_ANY);
        printf("  x %s | %s | %s\n", json_string_value(json_array_get(json_array_get(e->wrong, i), 1)),
               json_string_value(json_array_get(json_array_get(e->wrong, i), 2)), calls ? calls : "");
        free(calls);
    }
    printf("%-32s %5zu/%-5zu %6.1f %%   p50 %.1f ms  p99 %.1f ms\n", "all", e->right, e->n, 100 * accuracy, quantile(e, 0.5), quantile(e, 0.99));
}

static ht_status add_homes(eval *e, const char *path, ht_error *err)
{
    json_t *homes = NULL;
    const ht_status st = ht_cli_read_homes(path, &homes, err);
    if (st == HT_OK)
        json_object_update(e->homes, homes);
    json_decref(homes);
    return st;
}

int ht_eval_home(int argc, char **argv)
{
    static const struct option longs[] = {{"homes", required_argument, NULL, 'o'}, {"by", required_argument, NULL, 'b'},
                                          {"errors", required_argument, NULL, 'e'}, {"json", no_argument, NULL, 'j'},
                                          {"model", required_argument, NULL, 'm'}, {"threads", required_argument, NULL, 't'},
                                          {"help", no_argument, NULL, 'h'}, {0}};
    eval e = {.errors = 10, .homes = json_object(), .groups = json_object(), .wrong = json_array()};
    ht_error err = {0};
    ht_buf model = {0};
    ht_assist *a = NULL;
    ht_status st = HT_OK;
    int code = -1;
    for (int c; code < 0 && st == HT_OK && (c = ht_cli_option("eval home", argc, argv, "m:t:h", longs)) != -1;)
        switch (c) {
        case 'o': st = add_homes(&e, optarg, &err); break;
        case 'b': e.by = optarg; break;
        case 'e': code = ht_cli_int("eval home", "--errors", optarg, 0, 1000000, &e.errors) ? -1 : 2; break;
        case 'j': e.as_json = 1; break;
        case 'm': e.model = optarg; break;
        case 't': code = ht_cli_int("eval home", "--threads", optarg, 1, 1024, &e.threads) ? -1 : 2; break;
        case 'h': fputs(usage, stdout); code = 0; break;
        default: code = 2;
        }
    if (code < 0 && st == HT_OK && (optind == argc || json_object_size(e.homes) == 0))
        code = ht_cli_usage("eval home", "wants a suite and --homes HOMES.json");
    if (code < 0 && st == HT_OK)
        st = ht_cli_find_model(e.model, &model, &err);
    if (code < 0 && st == HT_OK)
        st = ht_assist_open(model.ptr, (unsigned)e.threads, &a, &err);
    for (int i = optind; code < 0 && st == HT_OK && i < argc; i++)
        st = run_suite(&e, a, argv[i], &err);
    if (code < 0 && st == HT_OK)
        report(&e);
    ht_assist_close(a);
    ht_buf_deinit(&model);
    json_decref(e.homes);
    json_decref(e.groups);
    json_decref(e.wrong);
    free(e.ms);
    return code >= 0 ? code : st == HT_OK ? 0 : ht_cli_fail("eval home", &err);
}
