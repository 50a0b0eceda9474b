/* hearth serve: the page and the API. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "assist/assist.h"
#include "base/log.h"
#include "cli/command.h"
#include "cli/hold.h"
#include "cli/mqtt_setup.h"
#include "cli/setup.h"
#include "server/server.h"

static const char usage[] =
    "usage: hearth serve [--host 127.0.0.1] [--port 8420] [--home F[#ID]] [--model F] [--mqtt URL]\n\n"
    "Serves the page of the home, and an OpenAI-compatible API under /v1 (model: hearth).\n"
    "Without --home it is the demo home; what happens in it is kept.\n\n"
    "  --host H         address to listen on; the default is reached from this machine only, \"\" from everywhere\n"
    "  --port N         default 8420; 0 takes one that is free\n"
    "  --home F[#ID]    a home file (and which of its homes)\n"
    "  --model F        a GGUF model other than the shipped one\n"
    HT_CLI_MQTT_USAGE
    "  --threads N      CPU threads (default: all cores)\n"
    "  --allow-host N   a further name under which browsers reach this server, e.g. home.example.org behind a proxy\n"
    "                   (may be repeated; addresses and names like nas or pi.local always work)\n\n"
    "examples:\n"
    "  hearth serve\n"
    "  hearth serve --host 0.0.0.0 --home my-home.json\n"
    "  curl http://127.0.0.1:8420/v1/chat/completions -d '{\"model\":\"hearth\",\"messages\":[{\"role\":\"user\",\"content\":\"打开客厅的灯\"}]}'\n";

enum { MAX_ALLOWED_HOSTS = 16, HOLD_WAIT_MS = 5000 };

typedef struct {
    const char *host, *home, *model, *mqtt, *allowed[MAX_ALLOWED_HOSTS];
    size_t n_allowed;
    long port, threads;
} serve_options;

/* What is open while it serves. */
typedef struct {
    ht_assist *assist;
    ht_home *home;
    ht_mqtt_hub *hub; /* NULL: devices are simulated */
    ht_buf state_path, other_url; /* other_url: of the server that has this home in hand already; empty: this one */
    ht_cli_hold hold;
} serving;

typedef struct {
    ht_server *server;
    int fd; /* signalfd, the watch's */
} stopper;

static void on_signal(void *ctx)
{
    stopper *s = ctx;
    struct signalfd_siginfo info;
    if (read(s->fd, &info, sizeof info) == (ssize_t)sizeof info)
        ht_server_stop(s->server);
}

static ht_status run_assistant(void *ctx, ht_home *h, const ht_request *rq, ht_assist_text_fn *on_text, void *text_ctx, ht_response *out, ht_error *err)
{
    return ht_assist_run(ctx, h, rq, on_text, text_ctx, out, err);
}

static void save(void *ctx, const ht_home *h)
{
    ht_error err;
    if (ht_cli_save_home(h, ctx, &err) != HT_OK)
        ht_log(HT_LOG_WARN, "the state of the home is not kept: %s", err.text);
}

static int64_t tick_hub(void *ctx, ht_home *h) { return ht_mqtt_hub_tick(ctx, h); }
static void set_hub_wake(void *ctx, void (*fn)(void *wake_ctx), void *wake_ctx) { ht_mqtt_hub_set_wake(ctx, fn, wake_ctx); }

static int is_loopback(const char *host) { return strncmp(host, "127.", 4) == 0 || strcmp(host, "localhost") == 0 || strcmp(host, "::1") == 0; }

/* Says where the server is: to the person, and to `hearth ask`. */
static ht_status announce(const serve_options *o, const ht_server *server, const serving *v, ht_error *err)
{
    const int is_v6 = strchr(o->host, ':') != NULL, is_any = o->host[0] == '\0' || strcmp(o->host, "0.0.0.0") == 0 || strcmp(o->host, "::") == 0;
    char url[300];
    snprintf(url, sizeof url, "http://%s%s%s:%d", is_v6 && !is_any ? "[" : "", is_any ? "127.0.0.1" : o->host, is_v6 && !is_any ? "]" : "", ht_server_port(server));
    printf("hearth: %s   (home %.*s, model %.*s)\n", url, HT_STR_ARG(ht_home_id(v->home)), HT_STR_ARG(ht_assist_model_name(v->assist)));
    fflush(stdout);
    if (!is_loopback(o->host))
        fprintf(stderr, "hearth serve: everybody who reaches this machine can use it; there are no keys yet\n");
    if (v->other_url.len > 0)
        fprintf(stderr, "hearth serve: %s serves this home already; what happens here is not seen there, and not kept\n", v->other_url.ptr);
    return ht_cli_hold_announce(&v->hold, url, err);
}

/* Serves until a signal. */
static ht_status serve(const serve_options *o, serving *v, const sigset_t *signals, ht_error *err)
{
    stopper s = {0};
    ht_watch *watch = NULL;
    ht_server_options so = {.host = o->host, .port = (int)o->port, .home = v->home, .brain = {run_assistant, v->assist},
                            .model_name = ht_assist_model_name(v->assist), .allowed_hosts = o->allowed, .n_allowed_hosts = o->n_allowed,
                            .save = v->other_url.len ? NULL : save, .ctx = v->state_path.ptr};
    if (v->hub != NULL)
        so.devices = (ht_devices){tick_hub, set_hub_wake, v->hub};
    ht_status st = ht_server_open(&so, &s.server, err);
    if (st != HT_OK)
        return st;
    s.fd = signalfd(-1, signals, SFD_NONBLOCK | SFD_CLOEXEC);
    if (s.fd < 0)
        st = ht_fail(err, HT_IO, -1, "signals: %s", strerror(errno));
    else if ((st = ht_watch_open(ht_server_loop(s.server), s.fd, &(ht_watch_events){.on_readable = on_signal}, &s, &watch, err)) != HT_OK)
        close(s.fd);
    if (st == HT_OK)
        st = announce(o, s.server, v, err);
    if (st == HT_OK)
        ht_server_run(s.server);
    ht_watch_close(watch);
    ht_server_close(s.server);
    return st;
}

/* Takes the home in hand, unless a server has it: then this one goes without keeping its state, which has one writer. */
static ht_status take_home(const serve_options *o, serving *v, ht_error *err)
{
    ht_buf text = {0};
    const char *spec;
    ht_status st = ht_cli_home_spec(o->home, ht_cli_mqtt_url(o->mqtt), &text, &spec, err);
    if (st == HT_OK)
        st = ht_cli_state_path(spec, &v->state_path, err);
    if (st == HT_OK)
        st = ht_cli_hold_take(v->state_path.ptr, HOLD_WAIT_MS, &v->hold, &v->other_url, err);
    if (st == HT_OK)
        st = ht_cli_open_kept_home(spec, &v->home, &v->state_path, err);
    ht_buf_deinit(&text);
    return st;
}

static ht_status open_hub(const serve_options *o, serving *v, ht_error *err)
{
    const char *url = ht_cli_mqtt_url(o->mqtt);
    return url ? ht_cli_open_hub(url, &v->hub, err) : HT_OK;
}

/* 0 = go on, else the exit code + 1. */
static int parse(int argc, char **argv, serve_options *o)
{
    static const struct option longs[] = {{"host", required_argument, NULL, 'H'},    {"port", required_argument, NULL, 'p'},
                                          {"home", required_argument, NULL, 'o'},    {"model", required_argument, NULL, 'm'},
                                          {"threads", required_argument, NULL, 't'}, {"allow-host", required_argument, NULL, 'a'},
                                          {"mqtt", required_argument, NULL, 'q'},    {"help", no_argument, NULL, 'h'},          {0}};
    for (int c; (c = ht_cli_option("serve", argc, argv, "p:m:t:h", longs)) != -1;)
        switch (c) {
        case 'H': o->host = optarg; break;
        case 'o': o->home = optarg; break;
        case 'm': o->model = optarg; break;
        case 'q': o->mqtt = optarg; break;
        case 'p':
            if (!ht_cli_int("serve", "--port", optarg, 0, 65535, &o->port))
                return 3;
            break;
        case 't':
            if (!ht_cli_int("serve", "--threads", optarg, 1, 1024, &o->threads))
                return 3;
            break;
        case 'a':
            if (o->n_allowed == MAX_ALLOWED_HOSTS)
                return ht_cli_usage("serve", "at most %d --allow-host", MAX_ALLOWED_HOSTS) + 1;
            o->allowed[o->n_allowed++] = optarg;
            break;
        case 'h': fputs(usage, stdout); return 1;
        default: return 3;
        }
    return optind == argc ? 0 : ht_cli_usage("serve", "what is '%s'?", argv[optind]) + 1;
}

int ht_cmd_serve(int argc, char **argv)
{
    serve_options o = {.host = "127.0.0.1", .port = 8420};
    const int code = parse(argc, argv, &o);
    if (code != 0)
        return code - 1;
    /* before any thread starts, so that all of them inherit it */
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    sigprocmask(SIG_BLOCK, &signals, NULL);
    ht_error err = {0};
    ht_buf model = {0};
    serving v = {.hold = {.fd = -1}};
    ht_status st = ht_cli_find_model(o.model, &model, &err);
    if (st == HT_OK)
        st = take_home(&o, &v, &err);
    if (st == HT_OK)
        st = ht_assist_open(model.ptr, (unsigned)o.threads, &v.assist, &err);
    if (st == HT_OK)
        st = open_hub(&o, &v, &err);
    if (st == HT_OK)
        st = serve(&o, &v, &signals, &err);
    ht_mqtt_hub_close(v.hub, v.home);
    ht_assist_close(v.assist);
    ht_home_free(v.home);
    ht_cli_hold_drop(&v.hold);
    ht_buf_deinit(&model);
    ht_buf_deinit(&v.state_path);
    ht_buf_deinit(&v.other_url);
    return st == HT_OK ? 0 : ht_cli_fail("serve", &err);
}
