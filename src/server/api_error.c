#include "server/api_error.h"

#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

int ht_api_fail(ht_api_error *e, int status, const char *code, const char *param, const char *fmt, ...)
{
    va_list ap;
    e->status = status;
    e->code = code;
    snprintf(e->param, sizeof e->param, "%s", param ? param : "");
    va_start(ap, fmt);
    vsnprintf(e->message, sizeof e->message, fmt, ap);
    va_end(ap);
    return status;
}

int ht_api_fail_from(ht_api_error *e, const ht_error *err)
{
    const char *text = err->text[0] ? err->text : ht_status_text(err->status);
    switch (err->status) {
    case HT_TOO_BIG: return ht_api_fail(e, 400, "context_length_exceeded", "messages", "%s", text);
    case HT_BAD_ARG:
    case HT_BAD_FORMAT: return ht_api_fail(e, 400, NULL, NULL, "%s", text);
    case HT_UNSUPPORTED: return ht_api_fail(e, 400, "unsupported", NULL, "%s", text);
    default: return ht_api_fail(e, 500, "server_error", NULL, "%s", text);
    }
}

static const char *type_of(int status)
{
    switch (status) {
    case 401: return "authentication_error";
    case 403: return "permission_error";
    case 429: return "rate_limit_error";
    case 503: return "overloaded_error";
    default: return status < 500 ? "invalid_request_error" : "server_error";
    }
}

void ht_api_error_json(const ht_api_error *e, ht_buf *out)
{
    /* a message cut in the middle of a character would be no JSON text: it goes without it */
    json_t *message = json_string(e->message), *param = e->param[0] ? json_string(e->param) : json_null();
    json_t *o = json_pack("{s:{s:o, s:s, s:o, s:s?}}", "error", "message", message ? message : json_string("the request is wrong"), "type",
                          type_of(e->status), "param", param ? param : json_null(), "code", e->code);
    char *text = o ? json_dumps(o, JSON_COMPACT) : NULL;
    ht_buf_add_c(out, text ? text : "{\"error\":{\"message\":\"out of memory\",\"type\":\"server_error\",\"param\":null,\"code\":null}}");
    free(text);
    json_decref(o);
}
