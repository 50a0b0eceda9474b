/* Growing a grammar node by node. What makes a grammar sound is checked in grammar_check.c. */
#include <stdlib.h>

#include "engine/grammar_build.h"
#include "engine/text_machine.h"

enum { MAX_NODES = 1 << 20, MAX_BYTES = 1 << 24, MAX_ATOMS = 256, MAX_AVOID_BYTES = 255 };

void ht_grammar_free(ht_grammar *g)
{
    if (g == NULL)
        return;
    free(g->nodes);
    free(g->targets);
    free(g->bytes);
    free(g->limits);
    free(g->rules);
    free(g->atoms);
    free(g);
}

/* Room for extra more elements behind the n of *array; a failure is remembered in b. */
static bool has_room(ht_build *b, void **array, size_t *cap, size_t n, size_t extra, size_t element_bytes, size_t max)
{
    if (b->st != HT_OK)
        return false;
    if (extra > max - n)
        return b->st = HT_TOO_BIG, false;
    if (n + extra <= *cap)
        return true;
    size_t want = *cap ? 2 * *cap : 64;
    while (want < n + extra)
        want *= 2;
    void *grown = realloc(*array, want * element_bytes);
    if (grown == NULL)
        return b->st = HT_NO_MEMORY, false;
    *array = grown;
    *cap = want;
    return true;
}

static ht_node_id add_node(ht_build *b, ht_node node)
{
    if (b->st != HT_OK || !has_room(b, (void **)&b->g->nodes, &b->cap_nodes, b->g->n_nodes, 1, sizeof(ht_node), MAX_NODES))
        return HT_NODE_RETURN;
    b->g->nodes[b->g->n_nodes] = node;
    return (ht_node_id)b->g->n_nodes++;
}

/* Offset of n copied bytes. */
static uint32_t add_bytes(ht_build *b, const void *bytes, size_t n)
{
    if (b->st != HT_OK || !has_room(b, (void **)&b->g->bytes, &b->cap_bytes, b->g->n_bytes, n, 1, MAX_BYTES))
        return 0;
    const size_t offset = b->g->n_bytes;
    memcpy(b->g->bytes + offset, bytes, n);
    b->g->n_bytes += n;
    return (uint32_t)offset;
}

static uint32_t add_limits(ht_build *b, uint32_t min, uint32_t max)
{
    if (b->st != HT_OK || !has_room(b, (void **)&b->g->limits, &b->cap_limits, b->g->n_limits, 1, sizeof(ht_limits), MAX_NODES))
        return 0;
    b->g->limits[b->g->n_limits] = (ht_limits){min, max};
    return (uint32_t)b->g->n_limits++;
}

void ht_build_init(ht_build *b)
{
    *b = (ht_build){.g = calloc(1, sizeof(ht_grammar))};
    if (b->g == NULL)
        b->st = HT_NO_MEMORY;
    add_node(b, (ht_node){.kind = HT_KIND_ACCEPT, .next = HT_NODE_NONE});
    add_node(b, (ht_node){.kind = HT_KIND_RETURN, .next = HT_NODE_NONE});
}

void ht_build_deinit(ht_build *b)
{
    ht_grammar_free(b->g);
    *b = (ht_build){0};
}

ht_node_id ht_build_bytes(ht_build *b, ht_str bytes, ht_node_id next)
{
    if (bytes.len == 0)
        return next;
    const uint32_t offset = add_bytes(b, bytes.ptr, bytes.len);
    return add_node(b, (ht_node){.kind = HT_KIND_BYTES, .next = next, .a = offset, .b = (uint32_t)bytes.len});
}

ht_node_id ht_build_range(ht_build *b, uint8_t lo, uint8_t hi, ht_node_id next)
{
    return add_node(b, (ht_node){.kind = HT_KIND_RANGE, .lo = lo, .hi = hi, .next = next});
}

ht_node_id ht_build_split(ht_build *b, const ht_node_id *targets, size_t n)
{
    if (n == 1)
        return targets[0];
    if (b->st != HT_OK || !has_room(b, (void **)&b->g->targets, &b->cap_targets, b->g->n_targets, n, sizeof *targets, MAX_NODES))
        return HT_NODE_RETURN;
    const size_t first = b->g->n_targets;
    if (n > 0)
        memcpy(b->g->targets + first, targets, n * sizeof *targets);
    b->g->n_targets += n;
    return add_node(b, (ht_node){.kind = HT_KIND_SPLIT, .next = HT_NODE_NONE, .a = (uint32_t)first, .b = (uint32_t)n});
}

ht_node_id ht_build_or(ht_build *b, ht_node_id x, ht_node_id y)
{
    return x == y ? x : ht_build_split(b, (ht_node_id[]){x, y}, 2);
}

ht_node_id ht_build_call(ht_build *b, uint32_t rule, ht_node_id next)
{
    return add_node(b, (ht_node){.kind = HT_KIND_CALL, .next = next, .a = rule});
}

ht_node_id ht_build_repeat(ht_build *b, ht_node_id body, uint32_t min, uint32_t max, ht_node_id next)
{
    if (max == 0)
        return next;
    const uint32_t limits = add_limits(b, min, max);
    return add_node(b, (ht_node){.kind = HT_KIND_REPEAT, .next = next, .a = (uint32_t)body, .b = limits});
}

ht_node_id ht_build_string(ht_build *b, uint32_t min, uint32_t max, ht_node_id next)
{
    const uint32_t limits = add_limits(b, min, max);
    return add_node(b, (ht_node){.kind = HT_KIND_STRING, .next = next, .b = limits});
}

ht_node_id ht_build_text(ht_build *b, ht_str avoid, ht_node_id exit)
{
    /* fail[i]: length of the longest proper prefix of avoid that ends at i (Knuth, Morris, Pratt 1977). */
    uint8_t fail[MAX_AVOID_BYTES] = {0};
    if (b->st == HT_OK && (avoid.len == 0 || avoid.len > MAX_AVOID_BYTES))
        b->st = HT_BAD_ARG;
    if (b->st != HT_OK)
        return HT_NODE_RETURN;
    for (size_t i = 1, k = 0; i < avoid.len; i++) {
        while (k > 0 && avoid.ptr[i] != avoid.ptr[k])
            k = fail[k - 1];
        k += avoid.ptr[i] == avoid.ptr[k];
        fail[i] = (uint8_t)k;
    }
    const uint32_t offset = add_bytes(b, avoid.ptr, avoid.len);
    add_bytes(b, fail, avoid.len);
    return add_node(b, (ht_node){.kind = HT_KIND_TEXT, .next = exit, .a = offset, .b = (uint32_t)avoid.len});
}

static uint32_t atom_index(ht_build *b, ht_str text)
{
    for (size_t i = 0; i < b->g->n_atoms; i++)
        if (ht_str_eq(text, (ht_str){b->g->bytes + b->g->atoms[i].offset, b->g->atoms[i].len}))
            return (uint32_t)i;
    if (!has_room(b, (void **)&b->g->atoms, &b->cap_atoms, b->g->n_atoms, 1, sizeof(ht_atom), MAX_ATOMS))
        return 0;
    const uint32_t offset = add_bytes(b, text.ptr, text.len);
    b->g->atoms[b->g->n_atoms] = (ht_atom){offset, (uint32_t)text.len};
    return (uint32_t)b->g->n_atoms++;
}

ht_node_id ht_build_atom(ht_build *b, ht_str text, ht_node_id next)
{
    if (b->st != HT_OK)
        return HT_NODE_RETURN;
    const ht_node_id bytes = ht_build_bytes(b, text, next);
    const uint32_t atom = atom_index(b, text);
    return add_node(b, (ht_node){.kind = HT_KIND_ATOM, .next = next, .a = atom, .b = (uint32_t)bytes});
}

uint32_t ht_build_rule(ht_build *b)
{
    if (b->st != HT_OK || !has_room(b, (void **)&b->g->rules, &b->cap_rules, b->g->n_rules, 1, sizeof(ht_node_id), MAX_NODES))
        return 0;
    b->g->rules[b->g->n_rules] = HT_NODE_NONE;
    return (uint32_t)b->g->n_rules++;
}

void ht_build_set_rule(ht_build *b, uint32_t rule, ht_node_id first)
{
    if (b->st == HT_OK)
        b->g->rules[rule] = first;
}

/* lo and hi have the same length in UTF-8 and, but for their last k bytes, which run through all values, the same bytes. */
static ht_node_id one_sequence(ht_build *b, uint32_t lo, uint32_t hi, ht_node_id next)
{
    char from[4], to[4];
    const size_t n = ht_utf8_write(lo, from);
    ht_utf8_write(hi, to);
    for (size_t i = n; i-- > 0;)
        next = ht_build_range(b, (uint8_t)from[i], (uint8_t)to[i], next);
    return next;
}

size_t ht_build_code_points(ht_build *b, uint32_t lo, uint32_t hi, ht_node_id next, ht_node_id out[HT_UTF8_PIECES])
{
    /* Cut where the encoded length changes and around the surrogates … */
    static const uint32_t last[] = {0x7F, 0x7FF, 0xD7FF, 0xDFFF, 0xFFFF, HT_CODE_POINT_MAX};
    size_t n = 0;
    for (size_t part = 0; part < sizeof last / sizeof last[0] && lo <= hi; part++) {
        if (lo > last[part])
            continue;
        const uint32_t end = hi < last[part] ? hi : last[part];
        const bool is_surrogate = last[part] == 0xDFFF;
        while (!is_surrogate && lo <= end) {
            /* … then, as integers are, into blocks whose trailing six-bit groups run from all zeros to all ones. */
            unsigned bits = 0;
            while (bits < 18 && (lo & ((1u << (bits + 6)) - 1)) == 0 && lo + (1u << (bits + 6)) - 1 <= end)
                bits += 6;
            const uint32_t block = 1u << bits; /* values that one lead prefix covers */
            uint32_t to = lo + block - 1;
            /* Several such blocks in a row differ in one byte only, as long as the byte before it stays. */
            const uint32_t parent_end = last[part] == 0x7F ? end : lo | ((block << 6) - 1);
            while (to + block <= end && to + block <= parent_end && n < HT_UTF8_PIECES)
                to += block;
            if (n == HT_UTF8_PIECES)
                return b->st = HT_TOO_BIG, n;
            out[n++] = one_sequence(b, lo, to, next);
            lo = to + 1;
        }
        lo = end + 1;
    }
    return n;
}
