#include "engine/token_trie.h"

#include <stdlib.h>

#include "engine/text_machine.h"
#include "engine/token_trie_parts.h"

/* A token's bytes from `from` on: the whole text, or what stands behind the closing quote. */
typedef struct {
    ht_str text;
    int32_t id;
} entry;

static int by_text(const void *x, const void *y)
{
    const entry *a = x, *b = y;
    const size_t n = a->text.len < b->text.len ? a->text.len : b->text.len;
    const int order = n > 0 ? memcmp(a->text.ptr, b->text.ptr, n) : 0;
    if (order != 0)
        return order;
    return a->text.len != b->text.len ? (a->text.len < b->text.len ? -1 : 1) : (a->id > b->id) - (a->id < b->id);
}

typedef struct {
    ht_trie *t;
    const entry *entries; /* sorted */
    size_t cap;
} trie_build;

static bool add_nodes(trie_build *w, size_t n)
{
    if (w->t->n_nodes + n > w->cap) {
        const size_t cap = 2 * w->cap + n;
        ht_trie_node *grown = realloc(w->t->nodes, cap * sizeof *grown);
        if (grown == NULL)
            return false;
        w->t->nodes = grown;
        w->cap = cap;
    }
    w->t->n_nodes += n;
    return true;
}

/* Children of node `at`, whose entries begin … end agree in their first `depth` bytes. Depth is at most 255. */
static bool grow_node(trie_build *w, size_t at, uint32_t begin, uint32_t end, size_t depth)
{
    w->t->nodes[at].first_token = begin;
    w->t->nodes[at].end_token = end;
    while (begin < end && w->entries[begin].text.len == depth)
        begin++;
    uint16_t n = 0;
    for (uint32_t i = begin; i < end; i++)
        n = (uint16_t)(n + (i == begin || w->entries[i].text.ptr[depth] != w->entries[i - 1].text.ptr[depth]));
    const size_t first = w->t->n_nodes;
    if (!add_nodes(w, n))
        return false;
    w->t->nodes[at].first_child = (uint32_t)first;
    w->t->nodes[at].n_children = n;
    for (size_t child = first; child < first + n; child++) {
        const char byte = w->entries[begin].text.ptr[depth];
        uint32_t next = begin;
        while (next < end && w->entries[next].text.ptr[depth] == byte)
            next++;
        w->t->nodes[child] = (ht_trie_node){.byte = (uint8_t)byte};
        if (!grow_node(w, child, begin, next, depth + 1))
            return false;
        begin = next;
    }
    return true;
}

static bool build_trie(ht_trie *t, entry *entries, size_t n)
{
    qsort(entries, n, sizeof *entries, by_text);
    trie_build w = {.t = t, .entries = entries};
    t->n_tokens = n;
    t->order = malloc((n + 1) * sizeof *t->order);
    if (t->order == NULL || !add_nodes(&w, 1))
        return false;
    for (size_t i = 0; i < n; i++)
        t->order[i] = entries[i].id;
    t->nodes[0] = (ht_trie_node){0};
    return grow_node(&w, 0, 0, (uint32_t)n, 0);
}

const ht_trie_node *ht_trie_child(const ht_trie *t, const ht_trie_node *n, uint8_t byte)
{
    size_t lo = 0, hi = n->n_children;
    while (lo < hi) {
        const size_t middle = (lo + hi) / 2;
        const ht_trie_node *child = &t->nodes[n->first_child + middle];
        if (child->byte == byte)
            return child;
        if (child->byte < byte)
            lo = middle + 1;
        else
            hi = middle;
    }
    return NULL;
}

static void set_bit(uint64_t *mask, int32_t id) { mask[id / 64] |= (uint64_t)1 << (id % 64); }

static bool is_free_text(ht_str text)
{
    int state = HT_CHAR_START;
    for (size_t i = 0; i < text.len && state >= 0; i++)
        state = ht_text_step((unsigned)state, (uint8_t)text.ptr[i]);
    return state >= 0;
}

/* Reads text as the inside of a string. *n_chars: characters begun. Returns the offset of the closing quote, text.len if
 * there is none, or -1 if it cannot stand in a string. */
static ptrdiff_t read_inside(ht_str text, size_t *n_chars)
{
    int state = HT_CHAR_START;
    *n_chars = 0;
    for (size_t i = 0; i < text.len; i++) {
        if (state == HT_CHAR_START && text.ptr[i] == '"')
            return (ptrdiff_t)i;
        *n_chars += state == HT_CHAR_START;
        state = ht_string_step((unsigned)state, (uint8_t)text.ptr[i]);
        if (state < 0)
            return -1;
    }
    return (ptrdiff_t)text.len;
}

/* Masks and tails of the TEXT tokens. tails: room for all of them; *n_tails are used. */
static bool sort_tokens(ht_token_trie *v, const entry *whole, size_t n, entry *tails, size_t *n_tails)
{
    *n_tails = 0;
    for (size_t i = 0; i < n; i++) {
        const int32_t id = whole[i].id;
        const ht_str text = whole[i].text;
        size_t n_chars;
        const ptrdiff_t quote = read_inside(text, &n_chars);
        if (is_free_text(text))
            set_bit(v->free_text, id);
        if (quote < 0)
            continue;
        v->n_chars[id] = (uint8_t)n_chars;
        if ((size_t)quote < text.len) {
            tails[(*n_tails)++] = (entry){{text.ptr + quote + 1, text.len - (size_t)quote - 1}, id};
            continue;
        }
        set_bit(v->inside, id);
        v->n_long += n_chars > HT_SHORT_CHARS;
        for (size_t k = n_chars; k <= HT_SHORT_CHARS; k++)
            set_bit(v->short_inside + k * v->n_words, id);
    }
    v->long_inside = malloc((v->n_long + 1) * sizeof *v->long_inside);
    if (v->long_inside == NULL)
        return false;
    size_t k = 0;
    for (int32_t id = 0; id < v->n_vocab; id++)
        if (v->n_chars[id] > HT_SHORT_CHARS && (v->inside[id / 64] >> (id % 64) & 1))
            v->long_inside[k++] = id;
    return true;
}

static bool copy_texts(ht_token_trie *v, const ht_token_spec *tokens, size_t n)
{
    size_t n_bytes = 0;
    for (size_t i = 0; i < n; i++)
        n_bytes += tokens[i].text.len;
    v->bytes = malloc(n_bytes + 1);
    v->offsets = malloc((n + 1) * sizeof *v->offsets);
    if (v->bytes == NULL || v->offsets == NULL || n_bytes > UINT32_MAX)
        return false;
    size_t at = 0;
    for (size_t i = 0; i < n; i++) {
        v->offsets[i] = (uint32_t)at;
        if (tokens[i].text.len > 0)
            memcpy(v->bytes + at, tokens[i].text.ptr, tokens[i].text.len);
        at += tokens[i].text.len;
    }
    v->offsets[n] = (uint32_t)at;
    return true;
}

static bool build_atoms(ht_token_trie *v, entry *atoms, size_t n)
{
    qsort(atoms, n, sizeof *atoms, by_text);
    v->atoms = malloc((n + 1) * sizeof *v->atoms);
    if (v->atoms == NULL)
        return false;
    for (size_t i = 0; i < n; i++)
        v->atoms[i] = atoms[i].id;
    v->n_atoms = n;
    return true;
}

static bool build_all(ht_token_trie *v, const ht_token_spec *tokens, entry *whole, entry *others)
{
    v->kinds = malloc((size_t)v->n_vocab + 1);
    v->n_chars = calloc((size_t)v->n_vocab + 1, 1);
    v->ends = calloc(v->n_words, sizeof *v->ends);
    v->inside = calloc(v->n_words, sizeof *v->inside);
    v->free_text = calloc(v->n_words, sizeof *v->free_text);
    v->short_inside = calloc((HT_SHORT_CHARS + 1) * v->n_words, sizeof *v->short_inside);
    if (!copy_texts(v, tokens, (size_t)v->n_vocab) || !v->kinds || !v->n_chars || !v->ends || !v->inside || !v->free_text || !v->short_inside)
        return false;
    size_t n_whole = 0, n_others = 0;
    for (int32_t id = 0; id < v->n_vocab; id++) {
        const entry e = {ht_token_trie_text(v, id), id};
        v->kinds[id] = (uint8_t)tokens[id].kind;
        if (tokens[id].kind == HT_TOKEN_END) {
            set_bit(v->ends, id);
            v->end = v->end < 0 ? id : v->end;
        }
        if (tokens[id].kind != HT_TOKEN_TEXT)
            others[n_others++] = e;
        else if (e.text.len > 0 && e.text.len <= HT_TOKEN_MAX_BYTES)
            whole[n_whole++] = e;
    }
    size_t n_tails;
    return build_atoms(v, others, n_others) && build_trie(&v->whole, whole, n_whole) &&
           sort_tokens(v, whole, n_whole, others, &n_tails) && build_trie(&v->tails, others, n_tails);
}

ht_status ht_token_trie_new(const ht_token_spec *tokens, size_t n, ht_token_trie **out, ht_error *err)
{
    *out = NULL;
    if (n == 0 || n > INT32_MAX / 2)
        return ht_fail(err, HT_BAD_ARG, -1, "a vocabulary of %zu tokens cannot be constrained", n);
    ht_token_trie *v = calloc(1, sizeof *v);
    entry *whole = malloc(n * sizeof *whole), *others = malloc(n * sizeof *others);
    bool is_done = false;
    if (v != NULL && whole != NULL && others != NULL) {
        v->n_vocab = (int32_t)n;
        v->end = -1;
        v->n_words = (n + 63) / 64;
        is_done = build_all(v, tokens, whole, others);
    }
    free(whole);
    free(others);
    if (!is_done) {
        ht_token_trie_free(v);
        return ht_fail(err, HT_NO_MEMORY, -1, "token trie of %zu tokens", n);
    }
    *out = v;
    return HT_OK;
}

/* User-defined tokens look like <tool_call> or [INST], and plain text does not tokenise to them. */
static ht_status is_user_token(const ht_tokenizer *t, int32_t id, ht_ids *scratch, bool *out, ht_error *err)
{
    const ht_str text = ht_tokenizer_piece(t, id);
    *out = false;
    if (text.len < 3 || (text.ptr[0] != '<' && text.ptr[0] != '['))
        return HT_OK;
    scratch->n = 0;
    const ht_status st = ht_tokenizer_encode(t, text, HT_TOKENIZE_SPECIAL, scratch, err);
    if (st != HT_OK || scratch->n != 1 || scratch->ids[0] != id)
        return st;
    scratch->n = 0;
    const ht_status plain = ht_tokenizer_encode(t, text, 0, scratch, err);
    *out = scratch->n != 1;
    return plain;
}

ht_status ht_token_trie_from_tokenizer(const ht_tokenizer *t, ht_token_trie **out, ht_error *err)
{
    *out = NULL;
    const int32_t n = ht_tokenizer_count(t);
    ht_token_spec *tokens = calloc((size_t)n + 1, sizeof *tokens);
    ht_ids scratch = {0};
    ht_status st = tokens ? HT_OK : ht_fail(err, HT_NO_MEMORY, -1, "token trie of %d tokens", n);
    for (int32_t id = 0; id < n && st == HT_OK; id++) {
        bool is_atom = ht_tokenizer_is_control(t, id);
        if (!is_atom)
            st = is_user_token(t, id, &scratch, &is_atom, err);
        tokens[id].text = ht_tokenizer_piece(t, id);
        tokens[id].kind = ht_tokenizer_is_end(t, id) ? HT_TOKEN_END : is_atom ? HT_TOKEN_ATOM : HT_TOKEN_TEXT;
    }
    if (st == HT_OK)
        st = ht_token_trie_new(tokens, (size_t)n, out, err);
    if (st == HT_OK) {
        const int32_t eos = ht_tokenizer_eos(t);
        (*out)->tokenizer = t;
        if (eos >= 0 && tokens[eos].kind == HT_TOKEN_END)
            (*out)->end = eos;
    }
    ht_ids_deinit(&scratch);
    free(tokens);
    return st;
}

void ht_token_trie_free(ht_token_trie *v)
{
    if (v == NULL)
        return;
    free(v->bytes);
    free(v->offsets);
    free(v->kinds);
    free(v->atoms);
    free(v->ends);
    free(v->whole.nodes);
    free(v->whole.order);
    free(v->inside);
    free(v->short_inside);
    free(v->n_chars);
    free(v->long_inside);
    free(v->tails.nodes);
    free(v->tails.order);
    free(v->free_text);
    free(v);
}

int32_t ht_token_trie_count(const ht_token_trie *v) { return v->n_vocab; }
size_t ht_token_trie_mask_words(const ht_token_trie *v) { return v->n_words; }
ht_token_kind ht_token_trie_kind(const ht_token_trie *v, int32_t id) { return (ht_token_kind)v->kinds[id]; }

ht_str ht_token_trie_text(const ht_token_trie *v, int32_t id)
{
    return (ht_str){v->bytes + v->offsets[id], v->offsets[id + 1] - v->offsets[id]};
}

int32_t ht_token_trie_find_atom(const ht_token_trie *v, ht_str text)
{
    size_t lo = 0, hi = v->n_atoms;
    while (lo < hi) {
        const size_t middle = (lo + hi) / 2;
        const entry at = {ht_token_trie_text(v, v->atoms[middle]), -1}, wanted = {text, -1};
        const int order = by_text(&at, &wanted);
        if (order == 0)
            return v->atoms[middle];
        if (order < 0)
            lo = middle + 1;
        else
            hi = middle;
    }
    return -1;
}

/* The longest token at the start of text; *n its bytes. -1: none. */
static int32_t longest_token(const ht_token_trie *v, ht_str text, size_t *n)
{
    const ht_trie *t = &v->whole;
    const ht_trie_node *node = &t->nodes[0];
    int32_t found = -1;
    for (size_t i = 0; i < text.len && (node = ht_trie_child(t, node, (uint8_t)text.ptr[i])) != NULL; i++)
        if (ht_trie_here_end(t, node) > node->first_token) {
            found = t->order[node->first_token];
            *n = i + 1;
        }
    return found;
}

/* Whether ids from `from` on are TEXT tokens that spell text. */
static bool spells(const ht_token_trie *v, const ht_ids *ids, size_t from, ht_str text)
{
    for (size_t i = from; i < ids->n; i++) {
        const ht_str piece = ht_token_trie_text(v, ids->ids[i]);
        if (ht_token_trie_kind(v, ids->ids[i]) != HT_TOKEN_TEXT || !ht_str_starts(text, piece))
            return false;
        text = (ht_str){text.ptr + piece.len, text.len - piece.len};
    }
    return text.len == 0;
}

ht_status ht_token_trie_split(const ht_token_trie *v, ht_str text, ht_ids *out, ht_error *err)
{
    const size_t from = out->n;
    if (v->tokenizer != NULL) {
        const ht_status st = ht_tokenizer_encode(v->tokenizer, text, 0, out, err);
        if (st != HT_OK || spells(v, out, from, text))
            return st;
        out->n = from;
    }
    while (text.len > 0) {
        size_t n = 0;
        const int32_t id = longest_token(v, text, &n);
        if (id < 0)
            return ht_fail(err, HT_NOT_FOUND, -1, "the vocabulary has no token for byte 0x%02x", (uint8_t)text.ptr[0]);
        ht_ids_add(out, id);
        text = (ht_str){text.ptr + n, text.len - n};
    }
    return out->failed ? ht_fail(err, HT_NO_MEMORY, -1, "tokens of forced text") : HT_OK;
}
