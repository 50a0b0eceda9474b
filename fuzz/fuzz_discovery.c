/* What a stranger may say on a broker: lines of "topic payload" (or "!verb" for an action on everything) go through a hub into a home. Whatever
 * they hold, the home stays whole: every id is found where it is, and it can be written out and read back. */
#include <stdlib.h>

#include "base/log.h"
#include "home/mqtt/private.h"

static ht_status publish(void *ctx, const char *topic, ht_str payload, int qos, bool is_retained, ht_error *err)
{
    (void)ctx, (void)topic, (void)payload, (void)qos, (void)is_retained, (void)err;
    return HT_OK;
}

static ht_status subscribe(void *ctx, const char *filter, ht_error *err)
{
    (void)ctx, (void)filter, (void)err;
    return HT_OK;
}

static void unsubscribe(void *ctx, const char *filter) { (void)ctx, (void)filter; }

static void act_on_all(ht_home *h, unsigned verb)
{
    ht_error err;
    for (size_t i = 0; i < ht_home_entity_count(h) && i < 32; i++)
        if (ht_entity_able(ht_home_entity_at(h, i), (ht_verb)(verb % HT_VERB_COUNT)) &&
            ht_action_apply(h, i, &(ht_action){.verb = (ht_verb)(verb % HT_VERB_COUNT), .value = 40, .text = HT_STR("low"), .rgb = {255, 3, 9}}, &err) == HT_NO_MEMORY)
            abort();
}

static void check_home(const ht_home *h)
{
    for (size_t i = 0; i < ht_home_entity_count(h); i++) {
        const ht_entity *e = ht_home_entity_at(h, i);
        if (ht_home_find_entity(h, e->id) != (int)i || (e->area >= 0 && (size_t)e->area >= ht_home_area_count(h)))
            abort();
    }
    json_t *json = ht_home_to_json(h);
    if (json == NULL)
        abort();
    json_decref(json);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    json_t *empty = json_pack("{s:[{s:s},{s:s, s:{s:s}}]}", "entities", "id", "light.own", "id", "switch.own", "attributes", "unique_id", "u");
    ht_mqtt_hub hub = {.prefix = "ha", .wire = {publish, subscribe, unsubscribe, NULL}};
    ht_home *h = NULL;
    ht_error err;
    ht_str rest = {(const char *)data, size}, line;
    ht_log_set_level(HT_LOG_ERROR);
    if (ht_home_from_json(empty, &h, &err) != HT_OK)
        abort();
    ht_hub_connected(&hub, h, true);
    for (int n = 0; n < 64 && ht_str_split(&rest, '\n', &line); n++) {
        char topic[300];
        const char *blank = line.len ? memchr(line.ptr, ' ', line.len) : NULL;
        const size_t n_topic = blank ? (size_t)(blank - line.ptr) : line.len;
        if (line.len > 1 && line.ptr[0] == '!') {
            act_on_all(h, (unsigned char)line.ptr[1]);
            continue;
        }
        if (n_topic >= sizeof topic || memchr(line.ptr ? line.ptr : "", '\0', n_topic) != NULL)
            continue;
        if (n_topic > 0)
            memcpy(topic, line.ptr, n_topic);
        topic[n_topic] = '\0';
        ht_hub_take(&hub, h, topic, blank ? (ht_str){blank + 1, line.len - n_topic - 1} : (ht_str){"", 0});
    }
    (void)ht_hub_look_after(&hub, h, INT64_MAX);
    check_home(h);
    for (size_t i = 0; i < hub.n_things; i++)
        ht_thing_free(hub.things[i]);
    free(hub.things);
    ht_home_free(h);
    json_decref(empty);
    return 0;
}
