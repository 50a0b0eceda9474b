/* hearth sim: a home's devices on a broker, as if they were real. */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/log.h"
#include "cli/command.h"
#include "cli/setup.h"
#include "home/mqtt/sim.h"

static const char usage[] =
    "usage: hearth sim [HOMES.json[#ID]] --mqtt [--broker HOST[:PORT]] [--prefix homeassistant]\n\n"
    "Puts a home on an MQTT broker: every device announces itself, answers commands and reports its state like a real one\n"
    "(docs/DEVICES.md lists the topics). Without a file it is the demo home. Runs until Ctrl-C.\n\n"
    "  --mqtt           speak MQTT (the only protocol so far)\n"
    "  --broker A       the broker: host, host:port or mqtt://user:password@host:port (default: localhost)\n"
    "  --prefix P       of the announcements' topics (default: homeassistant)\n"
    "  --latency MS     from a command to its report (default: 30)\n"
    "  --travel S       seconds a cover takes from closed to open (default: 0, at once)\n"
    "  --clean          take the announcements off the broker at the end\n"
    "  -v, --verbose    print every command\n\n"
    "examples:\n"
    "  hearth sim --mqtt\n"
    "  hearth sim my-home.json --mqtt --broker 192.168.1.2:1883 --travel 10 -v\n";

typedef struct {
    const char *home, *broker, *prefix;
    long latency_ms;
    double travel_s;
    int is_mqtt, is_clean, is_verbose;
} sim_options;

static volatile sig_atomic_t stop_wanted;

static void on_signal(int number)
{
    (void)number;
    stop_wanted = 1;
}

static void print_command(void *ctx, const char *topic, ht_str payload)
{
    (void)ctx;
    char now[16];
    const time_t at = time(NULL);
    struct tm local;
    strftime(now, sizeof now, "%H:%M:%S", localtime_r(&at, &local));
    printf("%s %s %.*s\n", now, topic, HT_STR_ARG(payload));
    fflush(stdout);
}

static void run(ht_sim *s, const sim_options *o)
{
    bool is_told = false;
    while (!stop_wanted) {
        const int64_t next_ms = ht_sim_tick(s);
        if (ht_sim_is_connected(s) && !is_told) {
            is_told = true;
            printf("hearth sim: %zu devices on %s\n", ht_sim_count(s), o->broker);
            fflush(stdout);
        }
        /* a signal does not end the wait, so it is kept short */
        ht_sim_wait(s, next_ms < 0 || next_ms > 250 ? 250 : (int)next_ms);
    }
}

static ht_status simulate(const sim_options *o, ht_error *err)
{
    ht_home *home = NULL;
    ht_sim *s = NULL;
    ht_mqtt_address address = {0};
    ht_status st = ht_cli_open_home(o->home, &home, err);
    if (st == HT_OK)
        st = ht_mqtt_address_parse(o->broker, &address, err);
    if (st == HT_OK)
        st = ht_sim_open(&(ht_sim_options){.home = home, .address = &address, .prefix = o->prefix, .latency_ms = (int)o->latency_ms,
                                           .travel_ms = (int)(o->travel_s * 1000), .on_command = o->is_verbose ? print_command : NULL},
                         &s, err);
    if (st == HT_OK)
        run(s, o);
    ht_sim_close(s, o->is_clean);
    ht_mqtt_address_deinit(&address);
    ht_home_free(home);
    return st;
}

/* 0 = go on, else the exit code + 1. */
static int parse(int argc, char **argv, sim_options *o)
{
    static const struct option longs[] = {{"mqtt", no_argument, NULL, 'M'},           {"broker", required_argument, NULL, 'b'},
                                          {"prefix", required_argument, NULL, 'p'},   {"latency", required_argument, NULL, 'l'},
                                          {"travel", required_argument, NULL, 't'},   {"clean", no_argument, NULL, 'c'},
                                          {"verbose", no_argument, NULL, 'v'},        {"help", no_argument, NULL, 'h'},
                                          {0}};
    for (int c; (c = ht_cli_option("sim", argc, argv, "vh", longs)) != -1;)
        switch (c) {
        case 'M': o->is_mqtt = 1; break;
        case 'b': o->broker = optarg; break;
        case 'p': o->prefix = optarg; break;
        case 'l':
            if (!ht_cli_int("sim", "--latency", optarg, 0, 60000, &o->latency_ms))
                return 3;
            break;
        case 't':
            if (!ht_cli_float("sim", "--travel", optarg, 0, 3600, &o->travel_s))
                return 3;
            break;
        case 'c': o->is_clean = 1; break;
        case 'v': o->is_verbose = 1; break;
        case 'h': fputs(usage, stdout); return 1;
        default: return 3;
        }
    if (argc - optind > 1)
        return ht_cli_usage("sim", "what is '%s'?", argv[optind + 1]) + 1;
    o->home = argv[optind];
    return o->is_mqtt ? 0 : ht_cli_usage("sim", "say --mqtt: it is the only protocol so far") + 1;
}

int ht_cmd_sim(int argc, char **argv)
{
    sim_options o = {.broker = "localhost", .prefix = "homeassistant", .latency_ms = 30};
    const int code = parse(argc, argv, &o);
    ht_error err = {0};
    if (code != 0)
        return code - 1;
    struct sigaction action = {.sa_handler = on_signal};
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    return simulate(&o, &err) == HT_OK ? 0 : ht_cli_fail("sim", &err);
}
