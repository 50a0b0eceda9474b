/* Colours that a lamp can be asked for: English name, the light it means, and how it is said. */
#ifndef HT_ASSIST_TOOLS_COLOR_H
#define HT_ASSIST_TOOLS_COLOR_H
#include "base/str.h"

typedef struct {
    const char *name; /* English, as in CSS where CSS has it */
    const char *zh;   /* as said in Chinese */
    uint8_t rgb[3];
} ht_color;

size_t ht_color_count(void);
const ht_color *ht_color_at(size_t i);
const ht_color *ht_color_find(ht_str name); /* NULL: not a colour of ours */
#endif
