/* hearth devices: what is in the home, and setting it by hand. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cli/command.h"
#include "cli/mqtt_setup.h"
#include "cli/setup.h"
#include "home/driver.h"

static const char usage[] =
    "usage: hearth devices list [DOMAIN]       [--mqtt URL] [--home F[#ID]] [--json]\n"
    "       hearth devices show ID             [--mqtt URL] [--home F[#ID]] [--json]\n"
    "       hearth devices watch [ID]          [--mqtt URL] [--home F[#ID]] [--json]\n"
    "       hearth devices set ID KEY=VALUE…   [--mqtt URL] [--home F[#ID]]\n\n"
    "The devices of the home: those of a broker, of a home file, or of the demo home.\n\n"
    HT_CLI_MQTT_USAGE
    "  --home F[#ID]   a home file (and which of its homes)\n"
    "  --json          one JSON object a device\n\n"
    "`set` takes state=… and attributes of the device: brightness=128 (0-255), brightness_pct=50, color_temp_kelvin=3000,\n"
    "rgb_color=[255,0,0], current_position=40, temperature=24.5, fan_mode=low, percentage=66, volume_level=0.3, source=\"HDMI 1\" …\n\n"
    "examples:\n"
    "  hearth devices list --mqtt mqtt://localhost\n"
    "  hearth devices set light.kitchen state=on brightness_pct=40 --mqtt mqtt://localhost\n"
    "  hearth devices watch --mqtt mqtt://localhost\n";

typedef struct {
    const char *mqtt, *home;
    char **words; /* after the subcommand */
    int n_words, as_json;
} devices_options;

typedef struct {
    ht_home *home;
    ht_mqtt_hub *hub; /* NULL: none */
    ht_buf state_path;
    json_t *changed; /* ids since the last look */
    const devices_options *o;
} place;

enum { CONNECT_MS = 5000 };

/* --- showing --- */

static json_t *entity_json(const place *p, size_t i)
{
    const ht_entity *e = ht_home_entity_at(p->home, i);
    const ht_area *area = e->area >= 0 ? ht_home_area_at(p->home, (size_t)e->area) : NULL;
    json_t *area_name = area ? json_stringn(area->name.ptr, area->name.len) : json_null();
    return json_pack("{s:s%, s:s%, s:o, s:s?, s:O}", "id", e->id.ptr, e->id.len, "name", e->name.ptr, e->name.len, "area", area_name, "state",
                     e->state, "attributes", e->attributes);
}

static void print_json(json_t *take_o, size_t flags)
{
    char *text = take_o ? json_dumps(take_o, JSON_PRESERVE_ORDER | JSON_REAL_PRECISION(12) | flags) : NULL;
    puts(text ? text : "null");
    fflush(stdout);
    free(text);
    json_decref(take_o);
}

/* Columns that a terminal gives to text: two for what East Asia writes. */
static int width(ht_str s)
{
    int n = 0;
    for (size_t i = 0; i < s.len; i++) {
        const unsigned char c = (unsigned char)s.ptr[i];
        n += (c & 0xc0) == 0x80 ? 0 : c >= 0xe3 ? 2 : 1;
    }
    return n;
}

static void print_cell(ht_str s, int columns)
{
    printf("%.*s%*s", HT_STR_ARG(s), columns > width(s) ? columns - width(s) : 0, "");
}

/* What matters of the attributes: "51 %  2700 K". */
static void describe(const ht_entity *e, char *out, size_t size)
{
    static const struct {
        const char *key, *format;
        double scale;
    } shown[] = {{"brightness", "%.0f %%", 100.0 / 255},
                 {"color_temp_kelvin", "%.0f K", 1},
                 {"current_position", "%.0f %%", 1},
                 {"percentage", "%.0f %%", 1},
                 {"temperature", "set %.4g °", 1},
                 {"current_temperature", "is %.4g °", 1},
                 {"humidity", "%.0f %%", 1},
                 {"volume_level", "volume %.0f %%", 100},
                 {"battery_level", "battery %.0f %%", 1}};
    const char *unit = ht_entity_unit(e);
    size_t n = 0;
    out[0] = '\0';
    if (unit != NULL)
        n += (size_t)snprintf(out, size, "%s", unit);
    for (size_t i = 0; i < sizeof shown / sizeof shown[0] && n + 1 < size; i++) {
        double x;
        char part[64];
        if (!ht_entity_number(e, shown[i].key, &x))
            continue;
        snprintf(part, sizeof part, shown[i].format, x * shown[i].scale);
        n += (size_t)snprintf(out + n, size - n, "%s%s", n ? "  " : "", part);
    }
    if (json_is_true(json_object_get(e->attributes, "unanswered")) && n + 1 < size)
        snprintf(out + n, size - n, "%sdid not answer", n ? "  " : "");
}

static void list(const place *p)
{
    const char *domain = p->o->n_words > 0 ? p->o->words[0] : NULL;
    int w_id = 2, w_name = 4, w_area = 4, w_state = 5;
    const bool is_tty = isatty(STDOUT_FILENO) && getenv("NO_COLOR") == NULL;
    for (size_t pass = 0; pass < 2; pass++) {
        if (pass == 1 && !p->o->as_json && isatty(STDOUT_FILENO))
            printf("%s%-*s  %-*s  %-*s  %-*s  %s%s\n", is_tty ? "\033[1m" : "", w_id, "ID", w_name, "NAME", w_area, "AREA", w_state, "STATE", "",
                   is_tty ? "\033[0m" : "");
        for (size_t i = 0; i < ht_home_entity_count(p->home); i++) {
            const ht_entity *e = ht_home_entity_at(p->home, i);
            const ht_area *area = e->area >= 0 ? ht_home_area_at(p->home, (size_t)e->area) : NULL;
            const ht_str area_name = area ? area->name : HT_STR("-"), state = ht_str_from(e->state ? e->state : "?");
            char details[160];
            if (domain != NULL && !ht_str_is(e->domain, domain))
                continue;
            if (pass == 0) {
                w_id = width(e->id) > w_id ? width(e->id) : w_id;
                w_name = width(e->name) > w_name ? width(e->name) : w_name;
                w_area = width(area_name) > w_area ? width(area_name) : w_area;
                w_state = width(state) > w_state ? width(state) : w_state;
            } else if (p->o->as_json) {
                print_json(entity_json(p, i), 0);
            } else {
                describe(e, details, sizeof details);
                print_cell(e->id, w_id + 2);
                print_cell(e->name, w_name + 2);
                print_cell(area_name, w_area + 2);
                print_cell(state, w_state + 2);
                printf("%s\n", details);
            }
        }
    }
}

static ht_status find(const place *p, size_t *out, ht_error *err)
{
    if (p->o->n_words == 0)
        return ht_fail(err, HT_BAD_ARG, -1, "which device? `hearth devices list` names them");
    const int i = ht_home_find_entity(p->home, ht_str_from(p->o->words[0]));
    if (i < 0)
        return ht_fail(err, HT_NOT_FOUND, -1, "there is no device '%s'; `hearth devices list` names them", p->o->words[0]);
    *out = (size_t)i;
    return HT_OK;
}

static ht_status show(const place *p, ht_error *err)
{
    size_t i;
    const ht_status st = find(p, &i, err);
    if (st != HT_OK)
        return st;
    json_t *o = entity_json(p, i), *device = p->hub ? ht_mqtt_hub_describe(p->hub, ht_str_from(p->o->words[0])) : NULL;
    if (device != NULL)
        json_object_set_new(o, "mqtt", device);
    print_json(o, p->o->as_json ? 0 : JSON_INDENT(2));
    return HT_OK;
}

/* --- watching --- */

static volatile sig_atomic_t stop_wanted;

static void on_signal(int number)
{
    (void)number;
    stop_wanted = 1;
}

/* Several attributes of one report are one line. */
static void note_change(void *ctx, const ht_home *h, int entity)
{
    place *p = ctx;
    if (entity < 0)
        return;
    const ht_str id = ht_home_entity_at(h, (size_t)entity)->id;
    if (p->o->n_words == 0 || ht_str_is(id, p->o->words[0]))
        json_object_setn_new(p->changed, id.ptr, id.len, json_true());
}

static void print_change(const place *p, size_t entity)
{
    const ht_entity *e = ht_home_entity_at(p->home, entity);
    if (p->o->as_json) {
        print_json(entity_json(p, entity), 0);
        return;
    }
    char now[16], details[160];
    const time_t at = time(NULL);
    struct tm local;
    strftime(now, sizeof now, "%H:%M:%S", localtime_r(&at, &local));
    describe(e, details, sizeof details);
    printf("%s  %.*s  %s  %s\n", now, HT_STR_ARG(e->id), e->state ? e->state : "?", details);
    fflush(stdout);
}

static void print_changes(place *p)
{
    const char *id;
    json_t *v;
    json_object_foreach (p->changed, id, v) {
        const int i = ht_home_find_entity(p->home, ht_str_from(id));
        if (i >= 0)
            print_change(p, (size_t)i);
    }
    json_object_clear(p->changed);
}

static ht_status watch(place *p, ht_error *err)
{
    if (p->hub == NULL)
        return ht_fail(err, HT_BAD_ARG, -1, "watch wants --mqtt URL: a home without real devices does not change by itself");
    struct sigaction action = {.sa_handler = on_signal};
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    ht_home_watch(p->home, note_change, p);
    while (!stop_wanted) {
        const int64_t next_ms = ht_mqtt_hub_tick(p->hub, p->home);
        print_changes(p);
        ht_mqtt_hub_wait(p->hub, next_ms < 0 || next_ms > 250 ? 250 : (int)next_ms);
    }
    ht_home_watch(p->home, NULL, NULL);
    return HT_OK;
}

/* --- setting --- */

/* "on" is text, "40", "true" and "[1,2]" are what they look like. */
static json_t *parse_value(const char *text)
{
    json_t *v = json_loads(text, JSON_DECODE_ANY, NULL);
    return v ? v : json_string(text);
}

static ht_status set(place *p, ht_error *err)
{
    size_t i;
    const char *state = NULL;
    ht_status st = find(p, &i, err);
    if (st == HT_OK && p->o->n_words < 2)
        st = ht_fail(err, HT_BAD_ARG, -1, "set what? For example state=on");
    json_t *attributes = json_object();
    for (int k = 1; st == HT_OK && k < p->o->n_words; k++) {
        char *word = p->o->words[k], *equals = strchr(word, '=');
        if (equals == NULL || equals == word) {
            st = ht_fail(err, HT_BAD_ARG, -1, "'%.80s' is not KEY=VALUE", word);
        } else if (strncmp(word, "state=", 6) == 0) {
            state = equals + 1;
        } else {
            json_t *v = parse_value(equals + 1);
            if (json_object_setn_new(attributes, word, (size_t)(equals - word), v) != 0)
                st = ht_fail(err, HT_BAD_ARG, -1, "'%.80s' is not UTF-8", word);
        }
    }
    if (st == HT_OK)
        st = ht_home_wish(p->home, i, state, attributes, err);
    json_decref(attributes);
    if (st == HT_OK && p->hub != NULL && ht_mqtt_hub_finish(p->hub, p->home) > 0)
        st = ht_fail(err, HT_TIMEOUT, -1, "%s did not answer; nothing has changed", p->o->words[0]);
    if (st == HT_OK && p->hub == NULL)
        st = ht_cli_save_home(p->home, p->state_path.ptr, err);
    if (st == HT_OK && p->o->as_json)
        print_json(entity_json(p, i), 0);
    return st;
}

/* --- the command --- */

static ht_status open_place(const devices_options *o, place *p, ht_error *err)
{
    ht_buf text = {0};
    const char *spec;
    ht_status st = ht_cli_home_spec(o->home, o->mqtt, &text, &spec, err);
    if (st == HT_OK)
        st = ht_cli_open_kept_home(spec, &p->home, &p->state_path, err);
    ht_buf_deinit(&text);
    if (st == HT_OK && o->mqtt != NULL && (st = ht_cli_open_hub(o->mqtt, &p->hub, err)) == HT_OK)
        st = ht_mqtt_hub_settle(p->hub, p->home, CONNECT_MS, err);
    return st;
}

static ht_status run(const char *what, const devices_options *o, ht_error *err)
{
    place p = {.o = o, .changed = json_object()};
    ht_status st = open_place(o, &p, err);
    if (st == HT_OK && strcmp(what, "list") == 0)
        list(&p);
    else if (st == HT_OK)
        st = strcmp(what, "show") == 0 ? show(&p, err) : strcmp(what, "watch") == 0 ? watch(&p, err) : set(&p, err);
    ht_mqtt_hub_close(p.hub, p.home);
    ht_home_free(p.home);
    json_decref(p.changed);
    ht_buf_deinit(&p.state_path);
    return st;
}

int ht_cmd_devices(int argc, char **argv)
{
    static const struct option longs[] = {{"mqtt", required_argument, NULL, 'm'},
                                          {"home", required_argument, NULL, 'o'},
                                          {"json", no_argument, NULL, 'j'},
                                          {"help", no_argument, NULL, 'h'},
                                          {0}};
    devices_options o = {.mqtt = ht_cli_mqtt_url(NULL)};
    ht_error err = {0};
    for (int c; (c = ht_cli_option("devices", argc, argv, "h", longs)) != -1;)
        switch (c) {
        case 'm': o.mqtt = optarg; break;
        case 'o': o.home = optarg; break;
        case 'j': o.as_json = 1; break;
        case 'h': fputs(usage, stdout); return 0;
        default: return 2;
        }
    static const char *const known[] = {"list", "show", "watch", "set"};
    const char *what = optind < argc ? argv[optind] : "";
    size_t k = 0;
    while (k < 4 && strcmp(what, known[k]) != 0)
        k++;
    if (k == 4)
        return ht_cli_usage("devices", what[0] ? "'%s' is not list, show, watch or set" : "list, show, watch or set?%s", what);
    o.words = argv + optind + 1;
    o.n_words = argc - optind - 1;
    if (k < 3 && o.n_words > 1)
        return ht_cli_usage("devices", "what is '%s'?", o.words[1]);
    return run(what, &o, &err) == HT_OK ? 0 : ht_cli_fail("devices", &err);
}
