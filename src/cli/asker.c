#include "cli/asker.h"

#include <stdlib.h>

#include "cli/hold.h"
#include "cli/mqtt_setup.h"
#include "cli/setup.h"
#include "net/http_call.h"
#include "text/utf8.h"

enum { WAIT_MS = 10000, BROKER_WAIT_MS = 5000, SERVER_TIMEOUT_MS = 120000, MAX_ANSWER = 16 << 20 };

struct ht_asker {
    ht_asker_options o;
    ht_buf spec; /* of the home, where it is a broker's; o.home points to it then */
    ht_buf state_path, url; /* url empty: nobody serves the home */
    ht_assist *assist;      /* opened when first needed */
};

/* Locks the home, or learns the URL of the server that has it. */
static ht_status take(ht_asker *a, ht_cli_hold *hold, ht_error *err)
{
    hold->fd = -1;
    ht_buf_clear(&a->url);
    return a->o.is_local ? HT_OK : ht_cli_hold_take(a->state_path.ptr, WAIT_MS, hold, &a->url, err);
}

static ht_status open_assist(ht_asker *a, ht_error *err)
{
    ht_buf path = {0};
    ht_status st = a->assist ? HT_OK : ht_cli_find_model(a->o.model, &path, err);
    if (st == HT_OK && a->assist == NULL)
        st = ht_assist_open(path.ptr, a->o.threads, &a->assist, err);
    ht_buf_deinit(&path);
    return st;
}

ht_status ht_asker_open(const ht_asker_options *o, ht_asker **out, ht_error *err)
{
    *out = NULL;
    ht_asker *a = calloc(1, sizeof *a);
    if (a == NULL)
        return ht_fail(err, HT_NO_MEMORY, -1, "out of memory");
    a->o = *o;
    a->o.is_local |= o->model != NULL;
    ht_cli_hold hold;
    a->o.mqtt = ht_cli_mqtt_url(o->mqtt);
    ht_status st = ht_cli_home_spec(o->home, a->o.mqtt, &a->spec, &a->o.home, err);
    if (st == HT_OK)
        st = ht_cli_state_path(a->o.home, &a->state_path, err);
    if (st == HT_OK)
        st = take(a, &hold, err);
    if (st == HT_OK)
        ht_cli_hold_drop(&hold); /* loading a model takes a while: not with the home in hand */
    if (st == HT_OK && a->url.len == 0)
        st = open_assist(a, err);
    if (st == HT_OK)
        *out = a;
    else
        ht_asker_close(a);
    return st;
}

void ht_asker_close(ht_asker *a)
{
    if (a == NULL)
        return;
    ht_assist_close(a->assist);
    ht_buf_deinit(&a->spec);
    ht_buf_deinit(&a->state_path);
    ht_buf_deinit(&a->url);
    free(a);
}

static json_t *request_json(const ht_request *rq)
{
    return json_pack("{s:s%, s:s%, s:s, s:b, s:O*}", "text", rq->text.ptr, rq->text.len, "area", rq->area.ptr ? rq->area.ptr : "", rq->area.len,
                     "client", "terminal", "confirm", (int)rq->confirm_needed, "history", rq->history);
}

static ht_status ask_server(const ht_asker *a, const ht_request *rq, json_t **out, ht_error *err)
{
    ht_buf body = {0};
    int status = 0;
    json_t *request = request_json(rq);
    char *text = request ? json_dumps(request, JSON_COMPACT) : NULL;
    const ht_http_call call = {.url = a->url.ptr, .path = "/api/ask", .json = ht_str_from(text), .timeout_ms = SERVER_TIMEOUT_MS, .max_bytes = MAX_ANSWER};
    ht_status st = text ? ht_http_call_run(&call, &status, &body, err) : ht_fail(err, HT_NO_MEMORY, -1, "out of memory");
    json_t *answer = st == HT_OK ? json_loadb(body.ptr ? body.ptr : "", body.len, 0, NULL) : NULL;
    const char *why = json_string_value(json_object_get(json_object_get(answer, "error"), "message"));
    if (st == HT_OK && (status != 200 || !json_is_object(answer))) {
        st = ht_fail(err, HT_PROTOCOL, -1, "%s answers %d: %s", call.url, status, why ? why : "no reason given");
        json_decref(answer);
    } else if (st == HT_OK) {
        json_object_del(answer, "id");
        *out = answer;
    }
    free(text);
    json_decref(request);
    ht_buf_deinit(&body);
    return st;
}

static ht_status ask_here(ht_asker *a, const ht_request *rq, ht_assist_text_fn *on_text, void *ctx, json_t **out, ht_error *err)
{
    ht_home *home = NULL;
    ht_mqtt_hub *hub = NULL;
    ht_buf state_path = {0};
    ht_response rs = {0};
    ht_status st = ht_cli_open_kept_home(a->o.home, &home, &state_path, err);
    if (st == HT_OK && a->o.mqtt != NULL && (st = ht_cli_open_hub(a->o.mqtt, &hub, err)) == HT_OK)
        st = ht_mqtt_hub_settle(hub, home, BROKER_WAIT_MS, err);
    if (st == HT_OK && rq->area.len > 0 && ht_home_find_area(home, rq->area) < 0)
        st = ht_fail(err, HT_BAD_ARG, -1, "there is no area '%.*s' in this home", HT_STR_ARG(rq->area));
    if (st == HT_OK)
        st = ht_assist_run(a->assist, home, rq, on_text, ctx, &rs, err);
    if (st == HT_OK && hub != NULL && ht_mqtt_hub_finish(hub, home) > 0)
        st = ht_fail(err, HT_TIMEOUT, -1, "a device did not answer; what was asked of it is taken back");
    if (st == HT_OK && json_object_size(rs.changes) + json_array_size(rs.effects) > 0)
        st = ht_cli_save_home(home, state_path.ptr, err);
    if (st == HT_OK && (*out = ht_response_json(&rs)) == NULL)
        st = ht_fail(err, HT_BAD_FORMAT, -1, "the answer is not UTF-8");
    ht_response_deinit(&rs);
    ht_mqtt_hub_close(hub, home);
    ht_home_free(home);
    ht_buf_deinit(&state_path);
    return st;
}

ht_status ht_asker_ask(ht_asker *a, const ht_request *rq, ht_assist_text_fn *on_text, void *ctx, json_t **out, ht_error *err)
{
    ht_cli_hold hold;
    *out = NULL;
    if (ht_utf8_valid(rq->text) != rq->text.len || ht_utf8_valid(rq->area) != rq->area.len)
        return ht_fail(err, HT_BAD_ARG, -1, "the request is not UTF-8");
    ht_status st = take(a, &hold, err);
    if (st != HT_OK)
        return st;
    if (a->url.len > 0) /* a server may have come, or gone, since the last request */
        return ask_server(a, rq, out, err);
    st = open_assist(a, err);
    if (st == HT_OK)
        st = ask_here(a, rq, on_text, ctx, out, err);
    ht_cli_hold_drop(&hold);
    return st;
}
