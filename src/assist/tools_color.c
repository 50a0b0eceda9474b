#include "assist/tools_color.h"

static const ht_color colors[] = {
    {"white", "白色", {255, 255, 255}},     {"red", "红色", {255, 0, 0}},           {"orange", "橙色", {255, 165, 0}},
    {"yellow", "黄色", {255, 255, 0}},      {"green", "绿色", {0, 128, 0}},         {"cyan", "青色", {0, 255, 255}},
    {"blue", "蓝色", {0, 0, 255}},          {"purple", "紫色", {128, 0, 128}},      {"pink", "粉色", {255, 192, 203}},
    {"brown", "棕色", {165, 42, 42}},       {"black", "黑色", {0, 0, 0}},           {"gray", "灰色", {128, 128, 128}},
    {"gold", "金色", {255, 215, 0}},        {"silver", "银色", {192, 192, 192}},    {"turquoise", "绿松石色", {64, 224, 208}},
    {"lime", "青柠色", {0, 255, 0}},        {"magenta", "品红色", {255, 0, 255}},   {"violet", "紫罗兰色", {238, 130, 238}},
    {"indigo", "靛蓝色", {75, 0, 130}},     {"lavender", "薰衣草色", {230, 230, 250}}, {"salmon", "鲑鱼色", {250, 128, 114}},
    {"coral", "珊瑚色", {255, 127, 80}},    {"teal", "蓝绿色", {0, 128, 128}},      {"navy", "藏青色", {0, 0, 128}},
    {"olive", "橄榄色", {128, 128, 0}},     {"beige", "米色", {245, 245, 220}},     {"crimson", "绯红色", {220, 20, 60}},
    {"maroon", "栗色", {128, 0, 0}},        {"skyblue", "天蓝色", {135, 206, 235}}, {"amber", "琥珀色", {255, 191, 0}},
    {"peach", "桃色", {255, 218, 185}},     {"mint", "薄荷色", {152, 255, 152}},    {"rose", "玫瑰色", {255, 0, 127}},
};

size_t ht_color_count(void) { return sizeof colors / sizeof colors[0]; }
const ht_color *ht_color_at(size_t i) { return &colors[i]; }

const ht_color *ht_color_find(ht_str name)
{
    for (size_t i = 0; i < ht_color_count(); i++)
        if (ht_str_is(name, colors[i].name))
            return &colors[i];
    return NULL;
}
