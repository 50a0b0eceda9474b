/* Every pair knows its count and the words it occurs in, so that a merge touches only those words; a heap with stale
 * entries gives the next pair. */
#include "text/bpe_learn.h"

#include <stdlib.h>

#include "text/hash.h"
#include "text/utf8.h"

enum { N_BYTES = 256 };

typedef struct {
    int32_t left, right;
    uint64_t count;
    uint64_t queued;    /* the count with which it is in the heap; 0 = it is not */
    uint32_t *in_words; /* [n] words that contain it, or did once; a word may come twice */
    uint32_t n, cap;
    bool is_touched; /* its count grew in the current merge */
} pair;

typedef struct {
    uint64_t count;
    uint32_t pair;
} candidate;

/* What a token's bytes are; decides which pairs may join. */
typedef enum { WHOLE, BEGINNING, CONTINUATION, NEVER } shape;

typedef struct {
    const ht_words *words;
    int32_t *symbols;  /* the words' tokens, each word at its byte offset */
    uint32_t *lengths; /* [n_words] tokens left in each */
    pair *pairs;
    size_t n_pairs, pairs_cap;
    uint32_t *slots; /* index into pairs + 1; 0 = free */
    size_t n_slots;
    candidate *heap;
    size_t n_heap, heap_cap;
    uint32_t *touched;
    size_t n_touched, touched_cap;
    uint8_t *shapes; /* shape of each token */
    size_t n_tokens;
    ht_bpe_merges *out;
    bool failed; /* out of memory */
} learner;

void ht_bpe_merges_deinit(ht_bpe_merges *m)
{
    free(m->merges);
    ht_words_deinit(&m->tokens);
    *m = (ht_bpe_merges){0};
}

/* Doubles an array that is full. False when memory is gone. */
static bool make_room(void **array, size_t *cap, size_t n, size_t size)
{
    if (n < *cap)
        return true;
    const size_t wanted = *cap ? 2 * *cap : 256;
    void *grown = realloc(*array, wanted * size);
    if (grown == NULL)
        return false;
    *array = grown;
    *cap = wanted;
    return true;
}

static ht_str token_text(const learner *l, int32_t id, char *byte)
{
    *byte = (char)id;
    return id < N_BYTES ? (ht_str){byte, 1} : ht_words_text(&l->out->tokens, (size_t)id - N_BYTES);
}

static shape shape_of(ht_str text)
{
    const uint8_t first = (uint8_t)text.ptr[0];
    if (ht_utf8_valid(text) == text.len)
        return WHOLE;
    if (text.len == 1 && (first & 0xC0) == 0x80)
        return CONTINUATION;
    if (ht_utf8_want(first) <= text.len)
        return NEVER;
    char rest[4] = {(char)first}; /* a beginning: some continuation makes it a character */
    for (unsigned second = 0x80; second <= 0xBF; second++) {
        memset(rest + 1, 0x80, 3);
        rest[1] = (char)second;
        memcpy(rest, text.ptr, text.len);
        if (ht_utf8_char((ht_str){rest, ht_utf8_want(first)}) > 0)
            return BEGINNING;
    }
    return NEVER;
}

static bool may_join(const learner *l, int32_t left, int32_t right)
{
    const shape a = l->shapes[left], b = l->shapes[right];
    return (a == WHOLE && b == WHOLE) || (a == BEGINNING && b == CONTINUATION);
}

static size_t find_slot(const learner *l, int32_t left, int32_t right)
{
    size_t i = ht_hash_mix((uint64_t)left << 32 | (uint32_t)right) & (l->n_slots - 1);
    while (l->slots[i] != 0 && (l->pairs[l->slots[i] - 1].left != left || l->pairs[l->slots[i] - 1].right != right))
        i = (i + 1) & (l->n_slots - 1);
    return i;
}

static bool grow_slots(learner *l)
{
    uint32_t *old = l->slots, *slots = calloc(l->n_slots ? 2 * l->n_slots : 1 << 16, sizeof *slots);
    if (slots == NULL || l->n_pairs > UINT32_MAX / 4) {
        free(slots);
        return false;
    }
    l->n_slots = l->n_slots ? 2 * l->n_slots : 1 << 16;
    l->slots = slots;
    for (size_t i = 0; i < l->n_pairs; i++)
        slots[find_slot(l, l->pairs[i].left, l->pairs[i].right)] = (uint32_t)i + 1;
    free(old);
    return true;
}

static pair *find_pair(learner *l, int32_t left, int32_t right)
{
    const uint32_t i = l->slots[find_slot(l, left, right)];
    return i ? &l->pairs[i - 1] : NULL;
}

static pair *find_or_add_pair(learner *l, int32_t left, int32_t right)
{
    const size_t slot = find_slot(l, left, right);
    if (l->slots[slot] != 0)
        return &l->pairs[l->slots[slot] - 1];
    if (!make_room((void **)&l->pairs, &l->pairs_cap, l->n_pairs, sizeof *l->pairs) || (2 * (l->n_pairs + 1) > l->n_slots && !grow_slots(l))) {
        l->failed = true;
        return NULL;
    }
    l->pairs[l->n_pairs] = (pair){.left = left, .right = right};
    l->slots[find_slot(l, left, right)] = (uint32_t)++l->n_pairs;
    return &l->pairs[l->n_pairs - 1];
}

/* One more occurrence of a pair in word w. */
static void gain(learner *l, int32_t left, int32_t right, uint32_t w)
{
    if (!may_join(l, left, right))
        return;
    pair *p = find_or_add_pair(l, left, right);
    if (p == NULL)
        return;
    p->count += l->words->words[w].count;
    if (!p->is_touched) {
        p->is_touched = true;
        if (!make_room((void **)&l->touched, &l->touched_cap, l->n_touched, sizeof *l->touched))
            l->failed = true;
        else
            l->touched[l->n_touched++] = (uint32_t)(p - l->pairs);
    }
    if (p->n > 0 && p->in_words[p->n - 1] == w)
        return;
    if (p->n == p->cap) {
        const uint32_t cap = p->cap ? 2 * p->cap : 4;
        uint32_t *grown = realloc(p->in_words, cap * sizeof *grown);
        if (grown == NULL) {
            l->failed = true;
            return;
        }
        p->in_words = grown;
        p->cap = cap;
    }
    p->in_words[p->n++] = w;
}

static void lose(learner *l, int32_t left, int32_t right, uint32_t w)
{
    pair *p = may_join(l, left, right) ? find_pair(l, left, right) : NULL;
    if (p != NULL)
        p->count -= l->words->words[w].count;
}

static bool comes_first(const learner *l, candidate a, candidate b)
{
    const pair *p = &l->pairs[a.pair], *q = &l->pairs[b.pair];
    if (a.count != b.count)
        return a.count > b.count;
    return p->left != q->left ? p->left < q->left : p->right < q->right;
}

static void heap_push(learner *l, candidate c)
{
    if (!make_room((void **)&l->heap, &l->heap_cap, l->n_heap, sizeof *l->heap)) {
        l->failed = true;
        return;
    }
    size_t i = l->n_heap++;
    while (i > 0 && comes_first(l, c, l->heap[(i - 1) / 2])) {
        l->heap[i] = l->heap[(i - 1) / 2];
        i = (i - 1) / 2;
    }
    l->heap[i] = c;
}

static candidate heap_pop(learner *l)
{
    const candidate top = l->heap[0], last = l->heap[--l->n_heap];
    size_t i = 0;
    for (size_t child; (child = 2 * i + 1) < l->n_heap; i = child) {
        if (child + 1 < l->n_heap && comes_first(l, l->heap[child + 1], l->heap[child]))
            child++;
        if (!comes_first(l, l->heap[child], last))
            break;
        l->heap[i] = l->heap[child];
    }
    l->heap[i] = last;
    return top;
}

/* Puts the pairs that grew since the last call into the heap. */
static void queue_touched(learner *l)
{
    for (size_t i = 0; i < l->n_touched; i++) {
        pair *p = &l->pairs[l->touched[i]];
        p->is_touched = false;
        if (p->count > p->queued) {
            p->queued = p->count;
            heap_push(l, (candidate){p->count, l->touched[i]});
        }
    }
    l->n_touched = 0;
}

/* The pair to merge next, or NULL when none reaches min_count. An entry whose pair shrank goes back with its count of now. */
static pair *best_pair(learner *l, uint64_t min_count)
{
    while (l->n_heap > 0 && !l->failed) {
        const candidate c = heap_pop(l);
        pair *p = &l->pairs[c.pair];
        if (c.count != p->queued)
            continue; /* another entry stands for it */
        if (p->count == c.count)
            return c.count >= min_count && c.count > 0 ? p : NULL;
        p->queued = p->count;
        if (p->count > 0)
            heap_push(l, (candidate){p->count, c.pair});
    }
    return NULL;
}

/* Replaces the pair in one word and tells the neighbours. */
static void merge_in_word(learner *l, ht_bpe_merge m, uint32_t w)
{
    int32_t *s = l->symbols + l->words->words[w].at;
    const uint32_t n = l->lengths[w];
    uint32_t j = 0;
    for (uint32_t i = 0; i < n; i++) {
        if (i + 1 == n || s[i] != m.left || s[i + 1] != m.right) {
            s[j++] = s[i];
            continue;
        }
        if (j > 0) {
            lose(l, s[j - 1], m.left, w);
            gain(l, s[j - 1], m.joined, w);
        }
        if (i + 2 < n) {
            lose(l, m.right, s[i + 2], w);
            gain(l, m.joined, s[i + 2], w);
        }
        s[j++] = m.joined;
        i++;
    }
    l->lengths[w] = j;
}

/* The id of the joined text: a new one, or that of an equal token. */
static int32_t add_token(learner *l, int32_t left, int32_t right)
{
    char byte;
    ht_buf text = {0};
    ht_buf_add_str(&text, token_text(l, left, &byte));
    ht_buf_add_str(&text, token_text(l, right, &byte));
    ht_words *tokens = &l->out->tokens;
    const size_t n = tokens->n;
    int32_t id = -1;
    if (!text.failed)
        id = (int32_t)(ht_words_add(tokens, ht_buf_str(&text), 0) + N_BYTES);
    if (tokens->n > n)
        l->shapes[l->n_tokens++] = (uint8_t)shape_of(ht_buf_str(&text));
    l->failed |= text.failed || tokens->failed;
    ht_buf_deinit(&text);
    return id;
}

static void merge(learner *l, pair *p)
{
    const ht_bpe_merge m = {p->left, p->right, add_token(l, p->left, p->right)};
    ht_bpe_merges *out = l->out;
    if (l->failed || !make_room((void **)&out->merges, &out->merges_cap, out->n_merges, sizeof *out->merges)) {
        l->failed = true;
        return;
    }
    out->merges[out->n_merges++] = m;
    uint32_t *in_words = p->in_words;
    const uint32_t n = p->n;
    const size_t index = (size_t)(p - l->pairs);
    p->in_words = NULL;
    p->n = p->cap = 0;
    for (uint32_t i = 0; i < n; i++)
        merge_in_word(l, m, in_words[i]);
    free(in_words);
    l->pairs[index].count = l->pairs[index].queued = 0; /* pairs may have moved */
    queue_touched(l);
}

static bool prepare(learner *l, size_t n_tokens)
{
    const ht_words *words = l->words;
    size_t room;
    if (!ht_mul_size(words->bytes.len + 1, sizeof *l->symbols, &room))
        return false;
    l->symbols = malloc(room);
    l->lengths = malloc((words->n + 1) * sizeof *l->lengths);
    l->shapes = malloc(n_tokens + N_BYTES);
    if (l->symbols == NULL || l->lengths == NULL || l->shapes == NULL || !grow_slots(l))
        return false;
    for (int b = 0; b < N_BYTES; b++)
        l->shapes[b] = (uint8_t)shape_of((ht_str){(char[]){(char)b}, 1});
    l->n_tokens = N_BYTES;
    for (size_t i = 0; i < words->bytes.len; i++)
        l->symbols[i] = (uint8_t)words->bytes.ptr[i];
    for (size_t w = 0; w < words->n; w++) {
        const int32_t *s = l->symbols + words->words[w].at;
        l->lengths[w] = words->words[w].len;
        for (uint32_t i = 0; i + 1 < l->lengths[w]; i++)
            gain(l, s[i], s[i + 1], (uint32_t)w);
    }
    queue_touched(l);
    return !l->failed;
}

ht_status ht_bpe_learn(const ht_words *words, size_t n_tokens, uint64_t min_count,
                       void (*on_progress)(void *ctx, const char *stage, double fraction), void *ctx, ht_bpe_merges *out, ht_error *err)
{
    learner l = {.words = words, .out = out};
    l.failed = !prepare(&l, n_tokens);
    pair *p;
    while (!l.failed && l.n_tokens < n_tokens && (p = best_pair(&l, min_count)) != NULL) {
        merge(&l, p);
        if (on_progress != NULL && out->n_merges % 64 == 0)
            on_progress(ctx, "merging", (double)(l.n_tokens - N_BYTES) / (double)(n_tokens - N_BYTES));
    }
    if (on_progress != NULL)
        on_progress(ctx, "merging", 1.0);
    for (size_t i = 0; i < l.n_pairs; i++)
        free(l.pairs[i].in_words);
    free(l.symbols);
    free(l.lengths);
    free(l.pairs);
    free(l.slots);
    free(l.heap);
    free(l.touched);
    free(l.shapes);
    return l.failed ? ht_fail(err, HT_NO_MEMORY, -1, "tokenizer training: out of memory; look at less text") : HT_OK;
}
