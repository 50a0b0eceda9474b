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
#include "cli/setup.h"
#include "server/server.h"

static const char usage[] =
    "usage: hearth serve [--host 127.0.0.1] [--port 8420] [--home F[#ID]] [--model F]\n\n"
    "Serves the page of the home, and an OpenAI-compatible API under /v1 (model: hearth).\n"
    "Without --home it is the demo home; what happens in it is kept.\n\n"
    "  --host H         address to listen on; the default is reached from this machine only, \"\" from everywhere\n"
    "  --port N         default 8420; 0 takes one that is free\n"
    "  --home F[#ID]    a home file (and which of its homes)\n"
    "  --model F        a GGUF model other than the shipped one\n"
    "  --threads N      CPU threads (default: all cores)\n"
    "  --allow-host N   a further name under which browsers reach this server, e.g. home.example.org behind a proxy\n"
    "                   (may be repeated; addresses and names like nas or pi.local always work)\n\n"
    "examples:\n"
    "  hearth serve\n"
    "  hearth serve --host 0.0.0.0 --home my-home.json\n"
    "  curl http://127.0.0.1:8420/v1/chat/completions -d '{\"model\":\"hearth\",\"messages\":[{\"role\":\"user\",\"content\":\"打开客厅的灯\"}]}'\n";

enum { MAX_ALLOWED_HOSTS = 16 };

typedef struct {
    const char *host, *home, *model, *allowed[MAX_ALLOWED_HOSTS];
    size_t n_allowed;
    long port, threads;
} serve_options;

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

static int is_loopback(const char *host) { return strncmp(host, "127.", 4) == 0 || strcmp(host, "localhost") == 0 || strcmp(host, "::1") == 0; }

/* On stdout for people, in the home's lock file for `hearth ask`. */
static void announce(const serve_options *o, const ht_server *server, const ht_home *h, ht_str model, const ht_cli_hold *hold)
{
    const int is_v6 = strchr(o->host, ':') != NULL, is_any = o->host[0] == '\0' || strcmp(o->host, "0.0.0.0") == 0 || strcmp(o->host, "::") == 0;
    char url[320];
    ht_error err;
    snprintf(url, sizeof url, "http://%s%s%s:%d", is_v6 && !is_any ? "[" : "", is_any ? "127.0.0.1" : o->host, is_v6 && !is_any ? "]" : "",
             ht_server_port(server));
    printf("hearth: %s   (home %.*s, model %.*s)\n", url, HT_STR_ARG(ht_home_id(h)), HT_STR_ARG(model));
    fflush(stdout);
    if (ht_cli_hold_announce(hold, url, &err) != HT_OK)
        ht_log(HT_LOG_WARN, "%s", err.text);
    if (!is_loopback(o->host))
        fprintf(stderr, "hearth serve: everybody who reaches this machine can use it; there are no keys yet\n");
}

/* Takes the home in hand. A second server of the same home is allowed, but told of. */
static ht_status take_hold(const serve_options *o, ht_cli_hold *out, ht_error *err)
{
    enum { WAIT_MS = 10000 };
    ht_buf state_path = {0}, url = {0};
    ht_status st = ht_cli_state_path(o->home, &state_path, err);
    if (st == HT_OK)
        st = ht_cli_hold_take(state_path.ptr, WAIT_MS, out, &url, err);
    if (st == HT_OK && url.len > 0)
        ht_log(HT_LOG_WARN, "%s serves this home already; what changes here is not seen there", url.ptr);
    ht_buf_deinit(&state_path);
    ht_buf_deinit(&url);
    return st;
}

/* Serves until a signal. */
static ht_status serve(const serve_options *o, ht_assist *a, ht_home *home, char *state_path, const ht_cli_hold *hold, const sigset_t *signals,
                       ht_error *err)
{
    stopper s = {0};
    ht_watch *watch = NULL;
    const ht_server_options so = {.host = o->host, .port = (int)o->port, .home = home, .brain = {run_assistant, a}, .model_name = ht_assist_model_name(a),
                                  .allowed_hosts = o->allowed, .n_allowed_hosts = o->n_allowed, .save = save, .ctx = state_path};
    ht_status st = ht_server_open(&so, &s.server, err);
    if (st != HT_OK)
        return st;
    s.fd = signalfd(-1, signals, SFD_NONBLOCK | SFD_CLOEXEC);
    if (s.fd < 0)
        st = ht_fail(err, HT_IO, -1, "signals: %s", strerror(errno));
    else if ((st = ht_watch_open(ht_server_loop(s.server), s.fd, &(ht_watch_events){.on_readable = on_signal}, &s, &watch, err)) != HT_OK)
        close(s.fd);
    if (st == HT_OK) {
        announce(o, s.server, home, so.model_name, hold);
        ht_server_run(s.server);
    }
    ht_watch_close(watch);
    ht_server_close(s.server);
    return st;
}

/* 0 = go on, else the exit code + 1. */
static int parse(int argc, char **argv, serve_options *o)
{
    static const struct option longs[] = {{"host", required_argument, NULL, 'H'},    {"port", required_argument, NULL, 'p'},
                                          {"home", required_argument, NULL, 'o'},    {"model", required_argument, NULL, 'm'},
                                          {"threads", required_argument, NULL, 't'}, {"allow-host", required_argument, NULL, 'a'},
                                          {"help", no_argument, NULL, 'h'},          {0}};
    for (int c; (c = ht_cli_option("serve", argc, argv, "p:m:t:h", longs)) != -1;)
        switch (c) {
        case 'H': o->host = optarg; break;
        case 'o': o->home = optarg; break;
        case 'm': o->model = optarg; break;
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
    ht_buf model = {0}, state_path = {0};
    ht_assist *a = NULL;
    ht_home *home = NULL;
    ht_cli_hold hold = {.fd = -1};
    ht_status st = ht_cli_find_model(o.model, &model, &err);
    if (st == HT_OK)
        st = take_hold(&o, &hold, &err);
    if (st == HT_OK)
        st = ht_cli_open_kept_home(o.home, &home, &state_path, &err);
    if (st == HT_OK)
        st = ht_assist_open(model.ptr, (unsigned)o.threads, &a, &err);
    if (st == HT_OK)
        st = serve(&o, a, home, state_path.ptr, &hold, &signals, &err);
    ht_assist_close(a);
    ht_home_free(home);
    ht_cli_hold_drop(&hold);
    ht_buf_deinit(&model);
    ht_buf_deinit(&state_path);
    return st == HT_OK ? 0 : ht_cli_fail("serve", &err);
}
