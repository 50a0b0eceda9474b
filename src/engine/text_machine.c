#include "engine/text_machine.h"

#include <stdio.h>

enum { MAX_EDGES = 12 };

typedef struct {
    uint8_t n;
    ht_char_edge edges[MAX_EDGES];
} edge_row;

#define LEADS                                                                                                    \
    {0xC2, 0xDF, HT_CHAR_1}, {0xE0, 0xE0, HT_CHAR_E0}, {0xE1, 0xEC, HT_CHAR_2}, {0xED, 0xED, HT_CHAR_ED},        \
    {0xEE, 0xEF, HT_CHAR_2}, {0xF0, 0xF0, HT_CHAR_F0}, {0xF1, 0xF3, HT_CHAR_3}, {0xF4, 0xF4, HT_CHAR_F4}

/* The first row differs; what follows a lead byte is the same in both. */
static const edge_row text_start = {11, {{'\t', '\n', HT_CHAR_START}, {'\r', '\r', HT_CHAR_START}, {' ', '~', HT_CHAR_START}, LEADS}};

static const edge_row string_rows[HT_CHAR_COUNT] = {
    [HT_CHAR_START] = {12, {{' ', '!', HT_CHAR_START}, {'#', '[', HT_CHAR_START}, {'\\', '\\', HT_CHAR_ESCAPE},
                            {']', 0x7F, HT_CHAR_START}, LEADS}},
    [HT_CHAR_1] = {1, {{0x80, 0xBF, HT_CHAR_START}}},
    [HT_CHAR_2] = {1, {{0x80, 0xBF, HT_CHAR_1}}},
    [HT_CHAR_3] = {1, {{0x80, 0xBF, HT_CHAR_2}}},
    [HT_CHAR_E0] = {1, {{0xA0, 0xBF, HT_CHAR_1}}}, /* shorter forms are invalid */
    [HT_CHAR_ED] = {1, {{0x80, 0x9F, HT_CHAR_1}}}, /* surrogates are no characters */
    [HT_CHAR_F0] = {1, {{0x90, 0xBF, HT_CHAR_2}}},
    [HT_CHAR_F4] = {1, {{0x80, 0x8F, HT_CHAR_2}}}, /* up to U+10FFFF */
    [HT_CHAR_ESCAPE] = {8, {{'"', '"', HT_CHAR_START}, {'\\', '\\', HT_CHAR_START}, {'b', 'b', HT_CHAR_START},
                            {'f', 'f', HT_CHAR_START}, {'n', 'n', HT_CHAR_START}, {'r', 'r', HT_CHAR_START},
                            {'t', 't', HT_CHAR_START}, {'u', 'u', HT_CHAR_U}}},
    [HT_CHAR_U] = {1, {{'0', '0', HT_CHAR_U0}}},
    [HT_CHAR_U0] = {1, {{'0', '0', HT_CHAR_U00}}},
    [HT_CHAR_U00] = {2, {{'0', '0', HT_CHAR_U000}, {'1', '1', HT_CHAR_U001}}},
    [HT_CHAR_U000] = {3, {{'1', '7', HT_CHAR_START}, {'B', 'B', HT_CHAR_START}, {'E', 'F', HT_CHAR_START}}}, /* not b t n f r */
    [HT_CHAR_U001] = {2, {{'0', '9', HT_CHAR_START}, {'A', 'F', HT_CHAR_START}}},
};

const ht_char_edge *ht_string_edges(unsigned state, size_t *n)
{
    *n = string_rows[state].n;
    return string_rows[state].edges;
}

const ht_char_edge *ht_text_edges(unsigned state, size_t *n)
{
    const edge_row *row = state == HT_CHAR_START ? &text_start : &string_rows[state];
    *n = row->n;
    return row->edges;
}

static int step(const ht_char_edge *edges, size_t n, uint8_t byte)
{
    for (size_t i = 0; i < n; i++)
        if (byte >= edges[i].lo && byte <= edges[i].hi)
            return edges[i].to;
    return -1;
}

int ht_string_step(unsigned state, uint8_t byte)
{
    size_t n;
    const ht_char_edge *edges = ht_string_edges(state, &n);
    return step(edges, n, byte);
}

int ht_text_step(unsigned state, uint8_t byte)
{
    size_t n;
    const ht_char_edge *edges = ht_text_edges(state, &n);
    return step(edges, n, byte);
}

size_t ht_json_escape(uint8_t c, char out[HT_JSON_ESCAPE_MAX])
{
    static const char letters[] = {['\b'] = 'b', ['\t'] = 't', ['\n'] = 'n', ['\f'] = 'f', ['\r'] = 'r', ['"'] = '"', ['\\'] = '\\'};
    out[0] = '\\';
    if (c < sizeof letters && letters[c] != '\0')
        return out[1] = letters[c], 2;
    static const char hex[] = "0123456789ABCDEF";
    const char digits[] = {'u', '0', '0', hex[c >> 4], hex[c & 15]};
    memcpy(out + 1, digits, sizeof digits);
    return HT_JSON_ESCAPE_MAX;
}

size_t ht_utf8_write(uint32_t c, char out[4])
{
    static const uint8_t leads[] = {0, 0, 0xC0, 0xE0, 0xF0};
    const size_t n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    for (size_t i = n - 1; i > 0; i--, c >>= 6)
        out[i] = (char)(0x80 | (c & 0x3F));
    out[0] = (char)(leads[n] | c);
    return n;
}

void ht_json_escape_text(ht_buf *out, ht_str s)
{
    for (size_t i = 0; i < s.len; i++) {
        const uint8_t c = (uint8_t)s.ptr[i];
        char escape[HT_JSON_ESCAPE_MAX];
        if (c < ' ' || c == '"' || c == '\\')
            ht_buf_add(out, escape, ht_json_escape(c, escape));
        else
            ht_buf_add_char(out, (char)c);
    }
}
