/* The expressions follow those that the models were trained with; a class negates what the words and numbers take. */
#include "text/presplit.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <stdlib.h>

#include "text/utf8.h"

enum { MAX_STEPS = 4 };

/* Contractions in any case; (?i:…) would also match the long s of Unicode. */
#define CONTRACTION "'(?:[sStTmMdD]|[rR][eE]|[vV][eE]|[lL][lL])"
#define BLANKS "\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+"
#define GPT2 "'(?:[stmd]|re|ve|ll)| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+"
#define WORDS(digits) \
    CONTRACTION "|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|" digits "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|" BLANKS
#define WORDS_WITH_MARKS \
    CONTRACTION "|[^\\r\\n\\p{L}\\p{N}]?[\\p{L}\\p{M}]+|\\p{N}| ?[^\\s\\p{L}\\p{M}\\p{N}]+[\\r\\n]*|" BLANKS
#define UPPER "[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]"
#define LOWER "[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]"
#define CASED(tail, digits)                                                                                        \
    "[^\\r\\n\\p{L}\\p{N}]?" UPPER "*" LOWER "+" tail "|[^\\r\\n\\p{L}\\p{N}]?" UPPER "+" LOWER "*" tail "|" digits \
    "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|" BLANKS
#define DEEPSEEK_V3                                                                                   \
    "[!\"#$%&'()*+,\\-./:;<=>?@\\[\\\\\\]^_`{|}~][A-Za-z]+|[^\\r\\n\\p{L}\\p{P}\\p{S}]?[\\p{L}\\p{M}]+|" \
    " ?[\\p{P}\\p{S}]+[\\r\\n]*|" BLANKS

static const struct kind {
    const char *names; /* separated by blanks */
    bool ignore_merges;
    const char *steps[MAX_STEPS];
} kinds[] = {
    {"qwen2 deepseek-r1-qwen stablelm2 hunyuan megrez", false, {WORDS("\\p{N}")}},
    {"qwen35", false, {WORDS_WITH_MARKS}},
    {"llama-bpe llama3 llama-v3 falcon3 pixtral lfm2", true, {WORDS("\\p{N}{1,3}")}},
    {"glm4 chatglm-bpe", false, {WORDS("\\p{N}{1,3}")}},
    {"gpt-2 phi-2 mpt olmo jais exaone4", false, {GPT2}},
    {"smollm starcoder command-r", false, {"\\p{N}", GPT2}},
    {"deepseek-v3 hunyuan-dense", false, {"\\p{N}{1,3}", "[一-龥぀-ゟ゠-ヿ]+", DEEPSEEK_V3}},
    {"tekken", true, {CASED("", "\\p{N}")}},
    {"gpt-4o llama4", false, {CASED("(?:" CONTRACTION ")?", "\\p{N}{1,3}")}},
    {"default", false, {"[\\p{P}\\$\\+<=>\\^~\\|]+", GPT2, "\\p{N}+", "[0-9][0-9][0-9]"}},
};

struct ht_presplit {
    bool ignore_merges;
    unsigned n_steps;
    pcre2_code *steps[MAX_STEPS];
    pcre2_match_context *limits;
};

static const struct kind *find_kind(ht_str pre)
{
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        ht_str rest = ht_str_from(kinds[i].names), name;
        while (ht_str_split(&rest, ' ', &name))
            if (ht_str_eq(name, pre))
                return &kinds[i];
    }
    return NULL;
}

static ht_status compile(const char *pattern, pcre2_code **out, ht_error *err)
{
    int code;
    PCRE2_SIZE at;
    *out = pcre2_compile((PCRE2_SPTR)pattern, PCRE2_ZERO_TERMINATED, PCRE2_UTF | PCRE2_UCP | PCRE2_NO_UTF_CHECK, &code, &at, NULL);
    if (*out == NULL)
        return ht_fail(err, HT_NO_MEMORY, (int64_t)at, "pre-tokenizer: PCRE2 error %d in a pattern", code);
    pcre2_jit_compile(*out, PCRE2_JIT_COMPLETE); /* without it, matching interprets: slower, same result */
    return HT_OK;
}

ht_status ht_presplit_new(ht_str pre, ht_presplit **out, ht_error *err)
{
    *out = NULL;
    const struct kind *kind = find_kind(pre);
    if (kind == NULL)
        return ht_fail(err, HT_UNSUPPORTED, -1, "the tokenizer wants the unknown pre-tokenizer '%.*s'", HT_STR_ARG(pre));
    ht_status st = HT_OK;
    ht_presplit *p = calloc(1, sizeof *p);
    if (p == NULL)
        return ht_fail(err, HT_NO_MEMORY, -1, "pre-tokenizer: out of memory");
    p->ignore_merges = kind->ignore_merges;
    p->limits = pcre2_match_context_create(NULL);
    if (p->limits == NULL) {
        st = ht_fail(err, HT_NO_MEMORY, -1, "pre-tokenizer: out of memory");
        goto done;
    }
    /* A long run of blanks is walked back once: steps grow with the text, so the text's length is the only limit. */
    pcre2_set_match_limit(p->limits, UINT32_MAX);
    while (p->n_steps < MAX_STEPS && kind->steps[p->n_steps] != NULL) {
        if ((st = compile(kind->steps[p->n_steps], &p->steps[p->n_steps], err)) != HT_OK)
            goto done;
        p->n_steps++;
    }
    *out = p;
    p = NULL;
done:
    ht_presplit_free(p);
    return st;
}

void ht_presplit_free(ht_presplit *p)
{
    if (p == NULL)
        return;
    for (unsigned i = 0; i < p->n_steps; i++)
        pcre2_code_free(p->steps[i]);
    pcre2_match_context_free(p->limits);
    free(p);
}

bool ht_presplit_ignores_merges(const ht_presplit *p) { return p->ignore_merges; }

struct walk {
    const ht_presplit *p;
    pcre2_match_data *match[MAX_STEPS];
    ht_presplit_fn *fn;
    void *ctx;
    ht_error *err;
};

/* Cuts one piece by expression `step` and hands the parts to the next one. Recursion is as deep as there are steps. */
static ht_status cut(struct walk *w, unsigned step, ht_str piece)
{
    if (piece.len == 0)
        return HT_OK;
    if (step >= w->p->n_steps || step >= MAX_STEPS)
        return w->fn(w->ctx, piece) ? HT_OK : ht_fail(w->err, HT_CANCELLED, -1, "tokenizing was stopped");
    size_t done = 0;
    while (done < piece.len) {
        const int n = pcre2_match(w->p->steps[step], (PCRE2_SPTR)piece.ptr, piece.len, done, PCRE2_NO_UTF_CHECK, w->match[step], w->p->limits);
        if (n == PCRE2_ERROR_NOMATCH)
            break;
        if (n < 0)
            return ht_fail(w->err, HT_NO_MEMORY, (int64_t)done, "pre-tokenizer: PCRE2 error %d", n);
        const PCRE2_SIZE *hit = pcre2_get_ovector_pointer(w->match[step]);
        const size_t begin = hit[0], end = hit[1];
        ht_status st = cut(w, step + 1, (ht_str){piece.ptr + done, begin - done});
        if (st == HT_OK)
            st = cut(w, step + 1, (ht_str){piece.ptr + begin, end - begin});
        if (st != HT_OK)
            return st;
        done = end;
    }
    return cut(w, step + 1, (ht_str){piece.ptr + done, piece.len - done});
}

/* Bytes at the start of s that begin no valid character. */
static size_t invalid_run(ht_str s)
{
    size_t i = 0;
    while (i < s.len && ht_utf8_char((ht_str){s.ptr + i, s.len - i}) == 0)
        i++;
    return i;
}

ht_status ht_presplit_run(const ht_presplit *p, ht_str text, ht_presplit_fn *fn, void *ctx, ht_error *err)
{
    struct walk w = {.p = p, .fn = fn, .ctx = ctx, .err = err};
    ht_status st = HT_OK;
    for (unsigned i = 0; i < p->n_steps; i++)
        if ((w.match[i] = pcre2_match_data_create(1, NULL)) == NULL) {
            st = ht_fail(err, HT_NO_MEMORY, -1, "pre-tokenizer: out of memory");
            goto done;
        }
    while (text.len > 0 && st == HT_OK) {
        const size_t valid = ht_utf8_valid(text);
        if ((st = cut(&w, 0, (ht_str){text.ptr, valid})) != HT_OK)
            break;
        const size_t bad = invalid_run((ht_str){text.ptr + valid, text.len - valid});
        st = cut(&w, p->n_steps, (ht_str){text.ptr + valid, bad});
        text.ptr += valid + bad;
        text.len -= valid + bad;
    }
done:
    for (unsigned i = 0; i < p->n_steps; i++)
        pcre2_match_data_free(w.match[i]);
    return st;
}
