#include "assist/reply.h"

#include <ctype.h>

#include "check.h"
#include "home/driver.h"

static ht_home *h;
static ht_context cx = {.area = -1, .now_unix_s = 1795469580};
static char said_text[4096];
static const char *const said = said_text;

static void start(void)
{
    ht_error err;
    ht_home_free(h);
    const ht_status st = ht_home_load_demo(&h, &err);
    CHECK_OK(st, err);
    CHECK_REQUIRE(st == HT_OK);
    setenv("TZ", "UTC", 1);
    cx = (ht_context){.area = ht_home_find_area(h, HT_STR("客厅")), .now_unix_s = 1795469580};
}

/* calls: "Tool{'slot':value} Tool{…}", single quotes for double ones. The reply is in said. */
static void reply(const char *lang, const char *calls)
{
    ht_result results[8] = {0};
    size_t n = 0;
    char text[2048];
    snprintf(text, sizeof text, "%s", calls);
    for (char *p = text; *p != '\0'; p++)
        if (*p == '\'')
            *p = '"';
    for (char *p = text; *p != '\0' && n < 8;) {
        char *open = strchr(p, '{');
        CHECK_REQUIRE(open != NULL);
        json_error_t e;
        json_t *args = json_loads(open, JSON_DISABLE_EOF_CHECK, &e);
        CHECK_REQUIRE(args != NULL);
        json_t *call = json_pack("{s:s%, s:o}", "name", p, (size_t)(open - p), "arguments", args);
        ht_error err = {0};
        const ht_status st = ht_execute(h, &cx, call, &results[n++], &err);
        CHECK_OK(st, err);
        json_decref(call);
        if (st != HT_OK)
            return;
        p = open + e.position;
        while (*p == ' ')
            p++;
    }
    ht_buf out = {0};
    ht_reply(h, ht_str_from(lang), &cx, results, n, &out);
    snprintf(said_text, sizeof said_text, "%s", out.ptr ? out.ptr : "");
    ht_buf_deinit(&out);
    while (n > 0)
        ht_result_deinit(&results[--n]);
}

typedef struct {
    const char *calls, *zh, *en;
} expected;

static void check_all(const expected *cases, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        start();
        reply("zh-CN", cases[i].calls);
        CHECK_STR(said, cases[i].zh);
        start();
        reply("en", cases[i].calls);
        CHECK_STR(said, cases[i].en);
    }
}
#define CHECK_ALL(cases) check_all(cases, sizeof cases / sizeof cases[0])

static void done(void)
{
    static const expected cases[] = {
        {"HassTurnOn{'name':'落地灯'}", "好的，落地灯已打开。", "The floor lamp is on."},
        {"HassTurnOff{'name':'小米电视'}", "好的，小米电视已关闭。", "The TV is off."},
        {"HassTurnOn{'name':'落地灯'} HassTurnOn{'name':'氛围灯带'} HassTurnOff{'name':'厨房灯'}", "好的，落地灯和氛围灯带已打开，厨房灯已关闭。",
         "The floor lamp and the light strip are on. The kitchen light is off."},
        {"HassTurnOff{'domain':'light'}", "好的，14个灯已关闭。", "14 lights are off."},
        {"HassLightSet{'name':'落地灯','brightness':50}", "好的，落地灯亮度已调到50%。", "The floor lamp is at 50%."},
        {"HassLightSet{'name':'落地灯','brightness':50,'color':'red'}", "好的，落地灯已调到50%、红色。", "The floor lamp is set to 50%, red."},
        {"HassLightSet{'name':'落地灯','color':'blue'}", "好的，落地灯已变成蓝色。", "The floor lamp is blue."},
        {"HearthLightAdjust{'name':'客厅吸顶灯','direction':'down'}", "好的，客厅吸顶灯亮度已调到60%。", "The living room light is at 60%."},
        {"HassClimateSetTemperature{'name':'客厅空调','temperature':26.5}", "好的，客厅空调已设为26.5度。",
         "The living room air conditioner is set to 26.5 degrees."},
        {"HearthSetMode{'name':'客厅空调','mode':'heat'}", "好的，客厅空调已切换到制热模式。", "The living room air conditioner is in heat mode."},
        {"HearthSetFanMode{'name':'客厅空调','mode':'low'}", "好的，客厅空调风速已调到低档。", "The fan speed of the living room air conditioner is low."},
        {"HassTurnOff{'name':'客厅窗帘'}", "好的，客厅窗帘已拉上。", "The living room curtain is closed."},
        {"HassSetPosition{'name':'主卧窗帘','position':30}", "好的，主卧窗帘已开到30%。", "The bedroom curtain is 30% open."},
        {"HassTurnOff{'name':'车窗'}", "好的，车窗已关上。", "The car windows are closed."},
        {"HassTurnOff{'name':'大门'}", "好的，智能门锁已解锁。", "The front door is unlocked."},
        {"HassToggle{'name':'落地灯'}", "好的，落地灯已打开。", "The floor lamp is on."},
        {"HassMediaPause{}", "好的，小爱音箱已暂停。", "The living room speaker is paused."},
        {"HassSetVolume{'name':'小爱音箱','volume_level':20}", "好的，小爱音箱音量已调到20%。", "The living room speaker is at volume 20%."},
        {"HassSetVolumeRelative{'name':'小爱音箱','volume_step':'up'}", "好的，小爱音箱音量已调到50%。", "The living room speaker is at volume 50%."},
        {"HassMediaSearchAndPlay{'name':'小爱音箱','search_query':'稻香'}", "好的，小爱音箱正在播放稻香。", "Playing 稻香 on the living room speaker."},
        {"HassVacuumStart{}", "好的，扫地机器人开始清扫了。", "The robot vacuum is cleaning."},
        {"HassVacuumCleanArea{'area':'厨房'}", "好的，扫地机器人开始打扫厨房了。", "The robot vacuum is cleaning the Kitchen."},
        {"HassTurnOn{'name':'回家模式'}", "好的，回家模式已开启。", "Coming home is active."},
        {"HearthPress{'name':'咖啡机'}", "好的，咖啡机冲煮已启动。", "Started the coffee machine."},
        {"HassNevermind{}", "好的。", "All right."},
        {"HassBroadcast{'message':'吃饭了'}", "好的，已广播。", "Your message is out."},
    };
    CHECK_ALL(cases);
}

static void answers(void)
{
    static const expected cases[] = {
        {"HassGetState{'name':'厨房灯'}", "厨房灯开着，亮度100%。", "The kitchen light is on at 100%."},
        {"HassGetState{'name':'大门'}", "智能门锁锁着。", "The front door is locked."},
        {"HassGetState{'name':'大门','state':'locked'}", "是的，智能门锁锁着。", "Yes, the front door is locked."},
        {"HassGetState{'name':'大门','state':'unlocked'}", "没有，智能门锁锁着。", "No, the front door is locked."},
        {"HassGetState{'domain':'light','state':'on','area':'主卧'}", "床头灯开着。", "The bedside lamp is on."},
        {"HassGetState{'domain':'light','state':'on'}", "有4个灯开着：客厅吸顶灯、厨房灯、床头灯和书房灯。",
         "4 lights are on: the living room light, the kitchen light, the bedside lamp and the study light."},
        {"HassGetState{'domain':'lock','state':'unlocked'}", "没有门锁没锁。", "No locks are unlocked."},
        {"HassGetState{'domain':'person','state':'home'}", "李娜在家。", "Lina is home."},
        {"HassGetState{'name':'阳台窗户'}", "阳台窗户开着。", "The balcony window is open."},
        {"HassGetState{'name':'PM2.5'}", "客厅PM2.5是18微克每立方米。", "The PM2.5 is 18 µg/m³."},
        {"HassGetState{'name':'手环心率'}", "手环心率是72次每分钟。", "The heart rate is 72 bpm."},
        {"HassGetState{'name':'手环步数'}", "手环步数是6480步。", "The steps are 6480 steps."},
        {"HassGetState{'name':'客厅空调'}", "客厅空调制冷模式，设定26度，室温27.5度。",
         "The living room air conditioner is in cool mode, set to 26 degrees, the room is at 27.5 degrees."},
        {"HassGetState{'name':'小爱音箱'}", "小爱音箱在播放晴天，音量40%。", "The living room speaker is playing 晴天, volume 40%."},
        {"HassGetState{'name':'购物清单'}", "购物清单有牛奶、鸡蛋和苹果。", "The shopping list: 牛奶, 鸡蛋 and 苹果."},
        {"HassClimateGetTemperature{}", "客厅现在27.5度。", "The Living Room is at 27.5 degrees."},
        {"HassClimateGetTemperature{'name':'主卧温度'}", "主卧温度是26度。", "The bedroom temperature is 26 degrees."},
        {"HassGetWeather{}", "现在多云，24度，湿度58%，风速11公里每小时。", "It is partly cloudy, 24 degrees, humidity 58%, wind 11 km/h."},
        {"HassGetCurrentTime{}", "现在是晚上9点33分。", "It is 9:33 pm."},
        {"HassGetCurrentDate{}", "今天是2026年11月23日，星期一。", "Today is Monday, November 23, 2026."},
    };
    CHECK_ALL(cases);
}

static void timers_and_lists(void)
{
    static const expected cases[] = {
        {"HassStartTimer{'minutes':5,'seconds':30,'name':'煮面'}", "好的，煮面计时器开始了，5分30秒。", "The 煮面 timer is running for 5 minutes 30 seconds."},
        {"HassStartTimer{'hours':1}", "好的，计时器开始了，1小时。", "The timer is running for 1 hour."},
        {"HassStartTimer{'minutes':10,'conversation_command':'关灯'}", "好的，10分钟后执行“关灯”。", "In 10 minutes: 关灯."},
        {"HassStartTimer{'minutes':5} HassTimerStatus{}", "好的，计时器开始了，5分钟。客厅计时器还剩5分钟。",
         "The timer is running for 5 minutes. The Living Room timer has 5 minutes left."},
        {"HassStartTimer{'minutes':5} HassIncreaseTimer{'minutes':1}", "好的，计时器开始了，5分钟，计时器还剩6分钟。",
         "The timer is running for 5 minutes. The timer has 6 minutes left."},
        {"HassCancelTimer{}", "现在没有计时器。", "There are no timers."},
        {"HassStartTimer{}", "要多长时间？", "For how long?"},
        {"HearthSetAlarm{'time':'07:05'}", "好的，闹钟已设在早上7点零5分。", "The alarm is set for 7:05 am."},
        {"HearthSetAlarm{'time':'12:00'} HearthCancelAlarm{}", "好的，闹钟已设在中午12点，闹钟已取消。", "The alarm is set for 12 pm. The alarm is cancelled."},
        {"HearthSchedule{'time':'22:00','command':'关灯'}", "好的，晚上10点会执行“关灯”。", "At 10 pm: 关灯."},
        {"HassShoppingListAddItem{'item':'面包'}", "好的，已把面包加入购物清单。", "Added 面包 to the 购物清单 list."},
        {"HassListCompleteItem{'name':'家庭待办','item':'交电费'}", "好的，已把交电费从家庭待办划掉。", "Ticked 交电费 off the 家庭待办 list."},
        {"HassShoppingListRemoveItem{'item':'鱼'}", "购物清单里没有鱼。", "The 购物清单 has no 鱼."},
        {"HassListAddItem{'name':'书单','item':'红楼梦'}", "没有叫书单的清单。", "There is no list called 书单."},
    };
    CHECK_ALL(cases);
}

static void what_does_not_work(void)
{
    static const expected cases[] = {
        {"HassTurnOn{'name':'洗碗机'}", "没有找到洗碗机。", "I cannot find 洗碗机."},
        {"HassTurnOn{'area':'阁楼'}", "家里没有阁楼。", "There is no 阁楼 here."},
        {"HassTurnOn{'area':'书房','domain':'fan'}", "书房没有风扇。", "There is no fan in the Study."},
        {"HassTurnOn{'area':'书房','device_class':'curtain'}", "书房没有窗帘。", "There is no curtain in the Study."},
        {"HassClimateSetTemperature{'name':'客厅空调','temperature':40}", "客厅空调只能设在16到31之间。",
         "The living room air conditioner can only be set from 16 to 31."},
        {"HassLightSet{'name':'玄关灯','color':'red'}", "玄关灯不支持这个操作。", "The hallway light cannot do that."},
        {"HearthAsk{'about':'area'}", "你是说哪个房间？", "Which room?"},
        {"HearthRefuse{'reason':'beyond'}", "抱歉，这个我还做不到。", "Sorry, that is beyond me."},
        {"HassTurnOn{'name':'落地灯'} HassTurnOn{'name':'洗碗机'} HassTurnOff{'name':'厨房灯'}", "好的，落地灯已打开。没有找到洗碗机。厨房灯已关闭。",
         "The floor lamp is on. I cannot find 洗碗机. The kitchen light is off."},
    };
    CHECK_ALL(cases);
    start();
    cx.confirm_needed = true;
    reply("zh", "HassTurnOn{'name':'车库门'}");
    CHECK_STR(said, "确定要打开车库门吗？");
    reply("en", "HassTurnOff{'name':'大门'}");
    CHECK_STR(said, "Shall I really unlock the front door?");
}

static void ambiguity_asks(void)
{
    start();
    json_error_t e;
    ht_error err;
    json_t *j = json_loads("{\"areas\":[{\"name\":\"客厅\",\"aliases\":[\"Lounge\"]},{\"name\":\"厨房\",\"aliases\":[\"Kitchen\"]}],\"entities\":["
                           "{\"id\":\"light.a\",\"name\":\"吸顶灯\",\"aliases\":[\"ceiling\"],\"area\":\"客厅\"},"
                           "{\"id\":\"light.b\",\"name\":\"吸顶灯\",\"aliases\":[\"ceiling\"],\"area\":\"厨房\"}]}",
                           0, &e);
    ht_home_free(h);
    CHECK_EQ(ht_home_from_json(j, &h, &err), HT_OK);
    json_decref(j);
    cx.area = -1;
    reply("zh", "HassTurnOn{'name':'吸顶灯'}");
    CHECK_STR(said, "你是说客厅的还是厨房的吸顶灯？");
    reply("en", "HassTurnOn{'name':'ceiling'}");
    CHECK_STR(said, "Do you mean the one in the Lounge or the one in the Kitchen?");
    reply("zh", "HearthLightAdjust{'direction':'up'}");
    CHECK_STR(said, "你是说客厅的还是厨房的吸顶灯？");
}

static ht_status no_answer(void *ctx, ht_home *home, size_t at, const ht_action *a, const ht_entity_before *was, ht_error *err)
{
    (void)ctx, (void)home, (void)at, (void)a, (void)was;
    return ht_fail(err, HT_IO, -1, "it does not answer");
}

static void silent_devices_are_told(void)
{
    const ht_driver mute = {.act = no_answer};
    ht_error err;
    start();
    CHECK_EQ(ht_home_set_driver(h, (size_t)ht_home_find_entity(h, HT_STR("light.dining")), &mute, &err), HT_OK);
    reply("zh", "HassTurnOn{'name':'餐厅吊灯'}");
    CHECK_STR(said, "餐厅吊灯没有响应。");
    reply("zh", "HassTurnOff{'floor':'一楼','domain':'light'} HassTurnOn{'name':'台灯'}");
    CHECK_STR(said, "好的，7个灯已关闭，书桌台灯已打开。餐厅吊灯没有响应。");
    reply("en", "HassTurnOff{'domain':'light','area':'餐厅'} HassTurnOn{'name':'台灯'}");
    CHECK_STR(said, "The dining room light did not respond. The desk lamp is on.");
}

/* Letters in a Chinese reply, but for those of names and units. */
static bool has_english(const char *text)
{
    static const char *const allowed[] = {"PM2.5", "K。", "HDMI"};
    for (const char *p = text; *p != '\0';) {
        size_t skip = 0;
        for (size_t i = 0; i < sizeof allowed / sizeof allowed[0]; i++)
            if (strncmp(p, allowed[i], strlen(allowed[i])) == 0)
                skip = strlen(allowed[i]);
        if (skip == 0 && isalpha((unsigned char)*p))
            return true;
        p += skip ? skip : 1;
    }
    return false;
}

/* Whatever is asked of whatever there is, Chinese stays Chinese, and each reply ends like a sentence. */
static void chinese_is_chinese(void)
{
    static const char *const tools[] = {
        "HassTurnOn{'name':'%s'}", "HassTurnOff{'name':'%s'}", "HassToggle{'name':'%s'}", "HassGetState{'name':'%s'}", "HassGetState{'name':'%s','state':'on'}",
        "HassGetState{'name':'%s','state':'closed'}", "HassLightSet{'name':'%s','brightness':30}", "HassLightSet{'name':'%s','color':'purple'}",
        "HassLightSet{'name':'%s','temperature':3000}", "HearthLightAdjust{'name':'%s','direction':'up'}", "HearthClimateAdjust{'name':'%s','direction':'up'}",
        "HassClimateSetTemperature{'name':'%s','temperature':22}", "HassClimateGetTemperature{'name':'%s'}", "HearthSetMode{'name':'%s','mode':'auto'}",
        "HearthSetMode{'name':'%s','mode':'sleep'}", "HearthSetFanMode{'name':'%s','mode':'high'}", "HearthFanAdjust{'name':'%s','direction':'down'}",
        "HearthSetSwing{'name':'%s','state':'on'}", "HearthSetFeature{'name':'%s','feature':'童锁','state':'off'}", "HassSetPosition{'name':'%s','position':40}",
        "HassHumidifierSetpoint{'name':'%s','humidity':50}", "HassStopMoving{'name':'%s'}", "HassMediaNext{'name':'%s'}", "HearthMediaStop{'name':'%s'}",
        "HassMediaPlayerMute{'name':'%s'}", "HassSetVolumeRelative{'name':'%s','volume_step':'down'}", "HearthSelectSource{'name':'%s','source':'HDMI 1'}",
        "HassVacuumReturnToBase{'name':'%s'}", "HearthSelectOption{'name':'%s','option':'温馨'}", "HassGetWeather{'name':'%s'}", "HearthPress{'name':'%s'}"};
    start();
    for (size_t i = 0; i < ht_home_entity_count(h); i++)
        for (size_t t = 0; t < sizeof tools / sizeof tools[0]; t++) {
            char call[256];
            snprintf(call, sizeof call, tools[t], ht_home_entity_at(h, i)->name.ptr);
            cx.confirm_needed = t % 2 == 0;
            reply("zh-CN", call);
            const size_t n = strlen(said);
            const bool ends = n > 3 && (strcmp(said + n - 3, "。") == 0 || strcmp(said + n - 3, "？") == 0);
            if (has_english(said) || !ends)
                fprintf(stderr, "%s\n  %s\n", call, said);
            CHECK(!has_english(said) && ends);
        }
}

/* The words that devices report, one by one. */
static void every_state_has_a_word(void)
{
    static const struct {
        const char *id, *states;
    } rows[] = {
        {"light.kitchen", "on off unavailable"},
        {"cover.garage_door", "open closed opening closing"},
        {"lock.front_door", "locked unlocked locking unlocking jammed"},
        {"climate.living_ac", "off cool heat heat_cool auto dry fan_only"},
        {"media_player.xiaomi_tv", "on off idle playing paused standby buffering"},
        {"vacuum.robot", "cleaning docked returning idle paused error"},
        {"person.li_na", "home not_home"},
        {"weather.home", "clear-night cloudy fog hail lightning lightning-rainy partlycloudy pouring rainy snowy snowy-rainy sunny windy exceptional"},
        {"binary_sensor.kitchen_smoke", "on off"},
        {"binary_sensor.kitchen_leak", "on off"},
        {"binary_sensor.hall_motion", "on off"},
    };
    start();
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const int at = ht_home_find_entity(h, ht_str_from(rows[i].id));
        CHECK_REQUIRE(at >= 0);
        ht_str rest = ht_str_from(rows[i].states), state;
        while (ht_str_split(&rest, ' ', &state)) {
            char text[32], call[128];
            ht_error err;
            snprintf(text, sizeof text, "%.*s", HT_STR_ARG(state));
            CHECK_EQ(ht_home_set_state(h, (size_t)at, text, &err), HT_OK);
            snprintf(call, sizeof call, "HassGetState{'name':'%s'}", ht_home_entity_at(h, (size_t)at)->name.ptr);
            reply("zh", call);
            if (has_english(said))
                fprintf(stderr, "%s\n", said);
            CHECK(!has_english(said));
        }
    }
}

int main(int argc, char **argv)
{
    static const check_case cases[] = {
        CHECK_CASE(done),
        CHECK_CASE(answers),
        CHECK_CASE(timers_and_lists),
        CHECK_CASE(what_does_not_work),
        CHECK_CASE(ambiguity_asks),
        CHECK_CASE(silent_devices_are_told),
        CHECK_CASE(chinese_is_chinese),
        CHECK_CASE(every_state_has_a_word),
    };
    const int failed = check_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
    ht_home_free(h);
    return failed;
}
