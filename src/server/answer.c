/* Whole answers, and the page's files. */
#include <stdio.h>
#include <stdlib.h>

#include "base/embed.h"
#include "server/private.h"

bool ht_is_owner(const ht_exchange *x)
{
    return ht_exchange_is_local(x) && ht_http_field_get(ht_exchange_head(x), "x-forwarded-for").ptr == NULL;
}

const char *ht_api_fields(ht_server *s, const ht_exchange *x, char field[512])
{
    /* an Origin has been found to be ours by now */
    const ht_str origin = ht_http_field_get(ht_exchange_head(x), "origin");
    const int n = snprintf(field, 512, "X-Request-Id: req_%llx\r\nX-Content-Type-Options: nosniff\r\nCache-Control: no-store\r\n",
                           (unsigned long long)++s->next_id);
    if (origin.ptr != NULL && origin.len < 256)
        snprintf(field + n, 512 - (size_t)n, "Access-Control-Allow-Origin: %.*s\r\nVary: Origin\r\n", HT_STR_ARG(origin));
    return field;
}

void ht_answer_text(ht_server *s, ht_exchange *x, int status, const char *type, ht_str text)
{
    char fields[512];
    ht_exchange_reply(x, status, type, ht_api_fields(s, x, fields), text);
}

void ht_answer_error(ht_server *s, ht_exchange *x, const ht_api_error *e)
{
    char fields[512];
    ht_buf body = {0}, lines = {0};
    ht_api_error_json(e, &body);
    ht_buf_add_c(&lines, ht_api_fields(s, x, fields));
    if (e->status == 503)
        ht_buf_add_c(&lines, "Retry-After: 1\r\n");
    ht_exchange_reply(x, e->status, "application/json", lines.ptr ? lines.ptr : "", ht_buf_str(&body));
    ht_buf_deinit(&body);
    ht_buf_deinit(&lines);
}

void ht_answer_json(ht_server *s, ht_exchange *x, int status, json_t *take_o)
{
    char *text = take_o ? json_dumps(take_o, JSON_COMPACT) : NULL;
    json_decref(take_o);
    if (text == NULL) {
        ht_api_error e;
        ht_api_fail(&e, 500, "server_error", NULL, "out of memory");
        ht_answer_error(s, x, &e);
        return;
    }
    ht_answer_text(s, x, status, "application/json", ht_str_from(text));
    free(text);
}

HT_EMBED_DECLARE(page_index);
HT_EMBED_DECLARE(page_style);
HT_EMBED_DECLARE(page_app);
HT_EMBED_DECLARE(page_chat);
HT_EMBED_DECLARE(page_devices);
HT_EMBED_DECLARE(page_icons);
HT_EMBED_DECLARE(page_words);
HT_EMBED_DECLARE(page_icon);
HT_EMBED_DECLARE(page_manifest);

/* FNV-1a: enough to notice that a file is another one after an upgrade. */
static uint64_t hash(ht_str s)
{
    uint64_t h = 1469598103934665603u;
    for (size_t i = 0; i < s.len; i++)
        h = (h ^ (unsigned char)s.ptr[i]) * 1099511628211u;
    return h;
}

bool ht_answer_page(ht_server *s, ht_exchange *x, ht_str path)
{
    (void)s;
    const struct {
        const char *path, *type;
        ht_str content;
    } files[] = {
        {"/", "text/html; charset=utf-8", HT_EMBED(page_index)},
        {"/style.css", "text/css; charset=utf-8", HT_EMBED(page_style)},
        {"/app.js", "text/javascript; charset=utf-8", HT_EMBED(page_app)},
        {"/chat.js", "text/javascript; charset=utf-8", HT_EMBED(page_chat)},
        {"/devices.js", "text/javascript; charset=utf-8", HT_EMBED(page_devices)},
        {"/icons.js", "text/javascript; charset=utf-8", HT_EMBED(page_icons)},
        {"/words.js", "text/javascript; charset=utf-8", HT_EMBED(page_words)},
        {"/icon.svg", "image/svg+xml", HT_EMBED(page_icon)},
        {"/manifest.webmanifest", "application/manifest+json", HT_EMBED(page_manifest)},
    };
    /* Nothing from elsewhere, nothing inline, in nobody's frame. */
    static const char policy[] = "Content-Security-Policy: default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
                                 "manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'\r\n"
                                 "X-Content-Type-Options: nosniff\r\nReferrer-Policy: no-referrer\r\nCache-Control: no-cache\r\n";
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        if (!ht_str_is(path, files[i].path))
            continue;
        char tag[32], fields[640];
        snprintf(tag, sizeof tag, "\"%016llx\"", (unsigned long long)hash(files[i].content));
        snprintf(fields, sizeof fields, "%sETag: %s\r\n", policy, tag);
        const bool is_known = ht_str_is(ht_http_field_get(ht_exchange_head(x), "if-none-match"), tag);
        ht_exchange_reply(x, is_known ? 304 : 200, files[i].type, fields, is_known ? (ht_str){"", 0} : files[i].content);
        return true;
    }
    return false;
}
