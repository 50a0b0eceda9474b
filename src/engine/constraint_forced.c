/* What must come next, in the tokens that the tokenizer would have made of it. */
#include <stdlib.h>

#include "engine/constraint_parts.h"
#include "engine/text_machine.h"

enum { MAX_SAMPLES = 24, SAMPLE_BYTES = 12, TAIL_TOKENS = 2 };

/* The byte that must follow in state s, or -1. */
static int only_byte(const ht_constraint *c, int32_t s)
{
    const ht_state *state = &c->a.states[s];
    const ht_edge *edge = &c->a.edges[state->first_edge];
    return state->n_edges == 1 && !state->is_accepting && !state->has_atoms && edge->lo == edge->hi ? edge->lo : -1;
}

/* The token that must follow in state s as an atom, or -1. */
static int32_t only_atom(const ht_constraint *c, int32_t s)
{
    const ht_state *state = &c->a.states[s];
    int32_t token = -1;
    if (!state->has_atoms || state->n_edges > 0 || state->is_accepting)
        return -1;
    for (uint32_t i = 0; i < state->n_items; i++) {
        const int32_t id = c->atom_ids[c->g->nodes[c->a.items[state->first_item + i].node].a];
        if (token >= 0 && token != id)
            return -1;
        token = id;
    }
    return token;
}

/* Only an end token can follow state s. */
static bool is_final(const ht_constraint *c, int32_t s)
{
    const ht_state *state = &c->a.states[s];
    return state->is_accepting && state->n_edges == 0 && !state->has_atoms;
}

/* Appends the bytes that must follow, at most max; returns the state behind them. */
static int32_t forced_bytes(ht_constraint *c, int32_t s, size_t max, ht_buf *out)
{
    for (int byte; out->len < max && s >= 0 && (byte = only_byte(c, s)) >= 0; s = ht_automaton_follow(&c->a, s, 0))
        ht_buf_add_char(out, (char)byte);
    return s;
}

/* Nothing that is text can follow state s: its text ends with it. */
static bool is_closed(const ht_constraint *c, int32_t s) { return c->a.states[s].n_edges == 0; }

static void add_pieces(const ht_constraint *c, const int32_t *ids, size_t n, ht_buf *out)
{
    for (size_t i = 0; i < n; i++)
        ht_buf_add_str(out, ht_token_trie_text(c->v, ids[i]));
}

/* Splits text as it is split behind `before`, the text of the tokens before it; as if it stood alone where a token would
 * reach across. Appends to out. */
static bool split_behind(ht_constraint *c, ht_str before, ht_str text, ht_ids *out)
{
    ht_buf both = {0};
    ht_ids ids = {0};
    ht_buf_add_str(&both, before);
    ht_buf_add_str(&both, text);
    bool is_done = false;
    if (!both.failed && before.len > 0 && ht_token_trie_split(c->v, ht_buf_str(&both), &ids, NULL) == HT_OK) {
        size_t at = 0, i = 0;
        while (i < ids.n && at < before.len)
            at += ht_token_trie_text(c->v, ids.ids[i++]).len;
        is_done = at == before.len;
        for (; is_done && i < ids.n; i++)
            ht_ids_add(out, ids.ids[i]);
    }
    if (!is_done)
        is_done = ht_token_trie_split(c->v, text, out, NULL) == HT_OK;
    ht_ids_deinit(&ids);
    ht_buf_deinit(&both);
    return is_done && !out->failed;
}

/* A text that may follow state s and begins with byte: up to where there is a choice between characters. */
static void sample_text(ht_constraint *c, int32_t s, uint8_t byte, ht_buf *out)
{
    s = ht_automaton_step(&c->a, s, byte);
    if (s < 0)
        return;
    ht_buf_add_char(out, (char)byte);
    for (size_t n = 1; n < SAMPLE_BYTES && s >= 0 && c->a.states[s].n_edges > 0; n++) {
        const ht_edge edge = c->a.edges[c->a.states[s].first_edge];
        const bool is_within_char = edge.lo >= 0x80 && edge.lo < 0xC0;
        if (only_byte(c, s) < 0 && !is_within_char)
            break;
        ht_buf_add_char(out, (char)edge.lo);
        s = ht_automaton_follow(&c->a, s, 0);
    }
}

/* First bytes of texts that may follow state s: one of each edge, and letters, digits and signs as they are met in text.
 * 0: too many to tell. */
static size_t sample_bytes(const ht_constraint *c, int32_t s, uint8_t out[MAX_SAMPLES])
{
    static const uint8_t usual[] = {'a', 'A', '0', ' ', '-', '(', '\'', 0xE4 /* a Han character */};
    const ht_state *state = &c->a.states[s];
    const ht_edge *edges = &c->a.edges[state->first_edge];
    size_t n = 0;
    if (state->n_edges + sizeof usual > MAX_SAMPLES)
        return 0;
    for (uint32_t e = 0; e < state->n_edges; e++) {
        out[n++] = edges[e].lo;
        for (size_t i = 0; edges[e].hi > edges[e].lo && i < sizeof usual; i++)
            if (usual[i] > edges[e].lo && usual[i] <= edges[e].hi)
                out[n++] = usual[i];
    }
    return n;
}

/* How many of the n tokens stay as they are when they are split together with samples of what may follow state s. */
static size_t settled_of_tail(ht_constraint *c, const int32_t *ids, size_t n, int32_t s)
{
    uint8_t bytes[MAX_SAMPLES];
    const size_t n_samples = sample_bytes(c, s, bytes);
    size_t settled = n_samples > 0 ? n : 0;
    ht_buf text = {0};
    ht_ids split = {0};
    add_pieces(c, ids, n, &text);
    const size_t tail_bytes = text.len;
    for (size_t i = 0; i < n_samples && settled > 0; i++) {
        text.len = tail_bytes;
        split.n = 0;
        sample_text(c, s, bytes[i], &text);
        size_t same = 0;
        if (!text.failed && ht_token_trie_split(c->v, ht_buf_str(&text), &split, NULL) == HT_OK)
            while (same < settled && same < split.n && split.ids[same] == ids[same])
                same++;
        settled = same;
    }
    ht_buf_deinit(&text);
    ht_ids_deinit(&split);
    return settled;
}

/* How many of the n tokens stay as they are whatever follows state s. What follows reaches back to where a token stays: the
 * last few are tried, and more where none of them does. */
static size_t settled_tokens(ht_constraint *c, const int32_t *ids, size_t n, int32_t s)
{
    for (size_t tail = TAIL_TOKENS; n > 0; tail *= 2) {
        const size_t first = n > tail ? n - tail : 0, settled = settled_of_tail(c, ids + first, n - first, s);
        if (settled > 0 || first == 0)
            return first + settled;
    }
    return 0;
}

/* Cuts a character that is not complete off the end of text. */
static void cut_to_characters(ht_buf *text)
{
    size_t start = text->len;
    while (start > 0 && text->len - start < 3 && ((uint8_t)text->ptr[start - 1] & 0xC0) == 0x80)
        start--;
    if (start == 0)
        return;
    const uint8_t lead = (uint8_t)text->ptr[start - 1];
    const size_t want = lead < 0xC0 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4, have = text->len - (start - 1);
    if (lead >= 0xC0 && have < want)
        text->len = start - 1;
}

/* The tokens of the text that must follow state *s, appended to out; *s moves behind the text. False: out may not be
 * continued, the rest is the model's. */
static bool add_forced_text(ht_constraint *c, ht_str before, size_t max_bytes, int32_t *s, ht_ids *out)
{
    ht_buf text = {0};
    const size_t from = out->n;
    bool is_whole = false;
    *s = forced_bytes(c, *s, max_bytes, &text);
    const size_t n_bytes = text.len;
    if (*s >= 0 && !text.failed && n_bytes > 0) {
        const bool closed = is_closed(c, *s);
        if (!closed)
            cut_to_characters(&text);
        const bool is_split = split_behind(c, before, ht_buf_str(&text), out);
        is_whole = is_split && closed;
        if (!is_split)
            out->n = from;
        else if (!closed && text.len < n_bytes)
            out->n -= out->n > from; /* the character cut off might have joined the last token */
        else if (!closed)
            out->n = from + settled_tokens(c, out->ids + from, out->n - from, *s);
    } else {
        is_whole = *s >= 0 && n_bytes == 0;
    }
    ht_buf_deinit(&text);
    return is_whole;
}

size_t ht_constraint_forced(ht_constraint *c, int32_t *ids, size_t max)
{
    if (c->has_ended || c->state < 0)
        return 0;
    if (only_byte(c, c->state) < 0 && only_atom(c, c->state) < 0 && !is_final(c, c->state))
        return 0;
    ht_buf before = {0};
    ht_ids found = {0};
    int32_t s = c->state, atom = 0;
    add_pieces(c, c->recent, c->n_recent, &before);
    while (found.n < max && atom >= 0 && add_forced_text(c, ht_buf_str(&before), 16 * max, &s, &found)) {
        ht_buf_clear(&before);
        atom = only_atom(c, s);
        if (atom >= 0) {
            ht_ids_add(&found, atom);
            s = ht_automaton_atom(&c->a, s, atom);
        }
        if (s < 0 || found.failed)
            break;
        if (atom < 0 && is_final(c, s) && c->v->end >= 0)
            ht_ids_add(&found, c->v->end);
    }
    const size_t n = c->a.failed ? 0 : found.n < max ? found.n : max;
    if (n > 0)
        memcpy(ids, found.ids, n * sizeof *ids);
    ht_buf_deinit(&before);
    ht_ids_deinit(&found);
    return n;
}
