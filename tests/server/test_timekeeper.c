#include "check.h"

#include <time.h>

#include "server/timekeeper.h"

typedef struct {
    char names[8][32];
    int n, n_alarms, n_commands;
} rung;

static void on_due(void *ctx, ht_due *take_due)
{
    rung *r = ctx;
    snprintf(r->names[r->n++], sizeof r->names[0], "%s", take_due->name ? take_due->name : "");
    r->n_alarms += take_due->is_alarm;
    r->n_commands += take_due->command != NULL;
    ht_due_deinit(take_due);
}

static ht_home *empty_home(void)
{
    ht_home *h = NULL;
    ht_error err;
    json_t *json = json_pack("{s:s, s:[]}", "id", "t", "entities");
    CHECK_OK(ht_home_from_json(json, &h, &err), err);
    json_decref(json);
    CHECK_REQUIRE(h != NULL);
    return h;
}

/* Local midnight of some day, in Unix milliseconds, so that the test does not depend on the time zone. */
static int64_t midnight_ms(void)
{
    const time_t some = 1795000000;
    struct tm local;
    localtime_r(&some, &local);
    local.tm_hour = local.tm_min = local.tm_sec = 0;
    return (int64_t)mktime(&local) * 1000;
}

static void timers_run_down(void)
{
    ht_error err;
    rung r = {0};
    ht_timekeeper k;
    ht_home *h = empty_home();
    ht_timekeeper_init(&k, 5000, midnight_ms());
    CHECK_EQ(ht_timekeeper_next_ms(&k, h, 5000, midnight_ms()), -1);
    ht_timekeeper_tick(&k, h, 9700, midnight_ms(), on_due, &r); /* no timers yet: time before one starts does not count */
    CHECK_OK(ht_home_timer_add(h, HT_STR("tea"), -1, 3, (ht_str){NULL, 0}, &err), err);
    CHECK_OK(ht_home_timer_add(h, HT_STR("egg"), -1, 5, HT_STR("关灯"), &err), err);
    CHECK_OK(ht_home_timer_add(h, HT_STR("cake"), -1, 100, (ht_str){NULL, 0}, &err), err);
    ht_home_timer_set(h, 2, 100, true);
    CHECK_EQ(ht_timekeeper_next_ms(&k, h, 9700, midnight_ms()), 3000);
    ht_timekeeper_tick(&k, h, 12600, midnight_ms(), on_due, &r);
    CHECK_EQ(r.n, 0);
    CHECK_EQ(ht_home_timer_at(h, 0)->remaining_s, 1);
    CHECK_EQ(ht_timekeeper_next_ms(&k, h, 12600, midnight_ms()), 100);
    ht_timekeeper_tick(&k, h, 12700, midnight_ms(), on_due, &r);
    CHECK_EQ(r.n, 1);
    CHECK_STR(r.names[0], "tea");
    ht_timekeeper_tick(&k, h, 99700, midnight_ms(), on_due, &r);
    CHECK_EQ(r.n, 2);
    CHECK_EQ(r.n_commands, 1);
    CHECK_EQ(ht_home_timer_count(h), 1);
    CHECK_EQ(ht_home_timer_at(h, 0)->remaining_s, 100); /* paused */
    ht_home_free(h);
}

static void alarms_ring_once(void)
{
    ht_error err;
    rung r = {0};
    ht_timekeeper k;
    ht_home *h = empty_home();
    const int64_t day = midnight_ms();
    ht_timekeeper_init(&k, 0, day + 7 * 3600000 - 90000); /* 06:58:30 */
    CHECK_OK(ht_home_alarm_add(h, 7 * 60, HT_STR("up"), (ht_str){NULL, 0}, &err), err);
    CHECK_OK(ht_home_alarm_add(h, 6 * 60 + 58, HT_STR("tomorrow"), (ht_str){NULL, 0}, &err), err);
    CHECK_EQ(ht_timekeeper_next_ms(&k, h, 0, day + 7 * 3600000 - 90000), 30000);
    ht_timekeeper_tick(&k, h, 0, day + 7 * 3600000 - 30000, on_due, &r);
    CHECK_EQ(r.n, 0);
    ht_timekeeper_tick(&k, h, 0, day + 7 * 3600000 + 500, on_due, &r);
    CHECK_EQ(r.n, 1);
    CHECK_STR(r.names[0], "up");
    CHECK_EQ(r.n_alarms, 1);
    CHECK_EQ(ht_home_alarm_count(h), 1);
    ht_timekeeper_tick(&k, h, 0, day + 86400000 + 6 * 3600000 + 59 * 60000, on_due, &r); /* slept until 06:59 of the next day */
    CHECK_EQ(r.n, 2);
    CHECK_OK(ht_home_alarm_add(h, 8 * 60, HT_STR("late"), (ht_str){NULL, 0}, &err), err);
    ht_timekeeper_tick(&k, h, 0, day + 86400000 + 9 * 3600000, on_due, &r); /* an hour late: not any more */
    CHECK_EQ(r.n, 2);
    ht_home_free(h);
}

int main(int argc, char **argv)
{
    static const check_case cases[] = {
        CHECK_CASE(timers_run_down),
        CHECK_CASE(alarms_ring_once),
    };
    return check_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
