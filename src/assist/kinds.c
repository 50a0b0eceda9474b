#include "assist/kinds.h"

/* domain, device_class ("" = any) and the words, separated by blanks; a Han word is found anywhere in the text, an English
 * one as a word (or, with a joining "_", as words in a row). */
static const struct {
    const char *domain, *device_class, *words;
} kinds[] = {
    {"light", "", "灯 燈 亮 暗 黑 光 照明 色 light lamp bulb lighting bright brighter brightness dim dimmer dark darker glow colour color illuminate chandelier lantern spotlight read see"},
    {"switch", "", "开关 插座 插排 插头 電源 电源 热水器 咖啡 水壶 机 switch plug socket outlet coffee kettle heater charger charge charging washer washing wash laundry dryer drying dry dishes dishwasher machine boiler pump power espresso brew rice cook cooking oven bake baking preheat tree christmas aquarium fish feed feeder blanket bed bell ring sprinkle watering boil tea 充电 洗 烘 煮 饭 烤 浴霸 鱼缸 喂 毯"},
    {"fan", "", "扇 风 風 通风 换气 闷 fan air ventilation breeze stuffy"},
    {"cover", "curtain", "帘 簾 curtain drape"},
    {"cover", "blind", "帘 百叶 百葉 blind"},
    {"cover", "shade", "帘 遮 shade sun"},
    {"cover", "shutter", "卷帘 卷闸 shutter"},
    {"cover", "garage", "车库 車庫 garage"},
    {"cover", "window", "窗 window skylight"},
    {"cover", "door", "门 門 door"},
    {"cover", "gate", "大门 闸 门 gate"},
    {"cover", "awning", "遮阳 篷 awning"},
    {"cover", "", "晾衣 升 降 cover open close raise lower"},
    {"climate", "", "空调 空調 冷气 冷氣 暖 温 溫 度 热 熱 冷 凉 涼 制冷 除湿 ac aircon conditioner conditioning thermostat heat heating heater temperature warm warmer cold colder cool cooler degree climate hot freezing chilly boiling sweating celsius fahrenheit"},
    {"media_player", "", "电视 電視 音箱 音响 音響 音乐 音樂 歌 声 聲 音量 播 放 暂停 暫停 静音 靜音 首 曲 集 视频 電影 电影 投影 吵 听 tv telly television speaker music volume play pause song track mute unmute movie radio sound loud louder quiet quieter noise audio listen album artist playlist podcast stereo soundbar next previous skip resume noisy hear silence projector"},
    {"lock", "", "锁 鎖 门 門 lock unlock door deadbolt latch"},
    {"vacuum", "", "扫 掃 吸尘 吸塵 拖 打扫 清扫 清洁 地 充电 vacuum vacuuming clean cleaning hoover roomba sweep mop robot floor dirty dust crumb mess dock tidy"},
    {"lawn_mower", "", "割草 除草 草 mow mowing mower lawn grass"},
    {"valve", "", "阀 閥 水 valve water sprinkler irrigation tap gas"},
    {"humidifier", "", "加湿 加濕 除湿 湿 濕 干 humidifier dehumidifier humidity humid dry damp"},
    {"water_heater", "", "热水 hot_water heater boiler"},
    {"scene", "", "场景 場景 模式 scene mode mood"},
    {"script", "", "脚本 模式 流程 script routine mode run"},
    {"automation", "", "自动化 automation"},
    {"button", "", "按 键 按钮 button press push restart reboot"},
    {"number", "", "设 调 number value level"},
    {"select", "", "选 模式 档 select option mode"},
    {"alarm_control_panel", "", "警报 布防 撤防 安防 alarm arm disarm security"},
    {"camera", "", "摄像 监控 camera"},
    {"weather", "", "天气 天氣 下雨 雨 气温 预报 weather rain forecast sunny snow outside umbrella"},
    {"person", "", "谁 誰 在家 家里 人 哪 who where home anyone anybody someone"},
    {"device_tracker", "", "哪 在家 手机 车 where phone car home"},
    {"todo", "", "清单 清單 待办 待辦 购物 任务 list todo task shopping grocery"},
    {"sensor", "temperature", "温 溫 度 热 冷 temperature degree hot cold warm"},
    {"sensor", "humidity", "湿 濕 humidity humid"},
    {"sensor", "battery", "电 電 battery charge charged percent"},
    {"sensor", "power", "功率 电 power watt consumption electricity using"},
    {"sensor", "energy", "电 用电 energy kwh electricity"},
    {"sensor", "pm25", "空气 pm 质量 air pm25 quality pollution"},
    {"sensor", "carbon_dioxide", "二氧化碳 空气 co2 carbon air"},
    {"sensor", "illuminance", "亮 照度 光 lux bright light"},
    {"sensor", "", "多少 几 传感 步 心率 睡眠 sensor how_much how_many level reading heart step"},
    {"binary_sensor", "door", "门 門 door open"},
    {"binary_sensor", "garage_door", "车库 garage door"},
    {"binary_sensor", "window", "窗 window open"},
    {"binary_sensor", "opening", "门 窗 door window open"},
    {"binary_sensor", "motion", "人 动 移动 motion movement anyone"},
    {"binary_sensor", "occupancy", "人 occupancy occupied anyone somebody"},
    {"binary_sensor", "presence", "人 在 presence anyone home"},
    {"binary_sensor", "moisture", "漏水 水 湿 leak leaking water wet flood"},
    {"binary_sensor", "smoke", "烟 smoke fire"},
    {"binary_sensor", "gas", "燃气 煤气 gas"},
    {"binary_sensor", "battery", "电 battery low"},
    {"binary_sensor", "lock", "锁 lock locked"},
    {"binary_sensor", "", "sensor detect 传感 检测"},
    {"update", "", "更新 升级 update firmware"},
};
enum { N_KINDS = sizeof kinds / sizeof kinds[0] };
_Static_assert((int)N_KINDS <= (int)HT_KINDS_MAX, "one bit a kind");

static bool text_has(const ht_phrase *text, ht_str word)
{
    ht_word storage[8];
    ht_phrase needle = {storage, 0, 8};
    ht_phrase_add(&needle, word); /* "_" is no letter: it parts the words */
    for (size_t i = 0; i + needle.n <= text->n; i++) {
        size_t k = 0;
        while (k < needle.n && ht_word_same(&text->items[i + k], &needle.items[k]))
            k++;
        if (k == needle.n)
            return true;
    }
    return false;
}

ht_kind_set ht_kinds_of_text(const ht_phrase *text)
{
    ht_kind_set set = 0;
    for (size_t i = 0; i < N_KINDS; i++) {
        ht_str rest = ht_str_from(kinds[i].words), word;
        while (!(set >> i & 1) && ht_str_split(&rest, ' ', &word))
            if (text_has(text, word))
                set |= (ht_kind_set)1 << i;
    }
    return set;
}

ht_kind_set ht_kinds_of_entity(ht_str domain, ht_str device_class)
{
    ht_kind_set set = 0;
    for (size_t i = 0; i < N_KINDS; i++)
        if (ht_str_is(domain, kinds[i].domain) && (kinds[i].device_class[0] == '\0' || ht_str_is(device_class, kinds[i].device_class)))
            set |= (ht_kind_set)1 << i;
    return set;
}
