#include "cli/setup.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/embed.h"
#include "base/map.h"

HT_EMBED_DECLARE(demo_home);

static const char model_name[] = "hearth-nano.gguf";

ht_status ht_cli_find_model(const char *given, ht_buf *out, ht_error *err)
{
    const char *env = getenv("HEARTH_MODEL");
    ht_buf_clear(out);
    if (given != NULL || (env != NULL && env[0] != '\0')) {
        ht_buf_add_c(out, given ? given : env);
        return out->failed ? ht_fail(err, HT_NO_MEMORY, -1, "out of memory") : HT_OK;
    }
    char exe[4096];
    const ssize_t n = readlink("/proc/self/exe", exe, sizeof exe - 1);
    exe[n > 0 ? n : 0] = '\0';
    char *slash = strrchr(exe, '/');
    if (slash != NULL)
        *slash = '\0';
    static const char *const places[] = {"", "/../../models", "/../../../models", "/../share/hearth"};
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        ht_buf_clear(out);
        ht_buf_addf(out, "%s%s/%s", exe, places[i], model_name);
        if (!out->failed && access(out->ptr, R_OK) == 0)
            return HT_OK;
    }
    return ht_fail(err, HT_NOT_FOUND, -1, "no model: %s is neither beside the program nor in models/; name one with --model F", model_name);
}

/* "FILE#ID" apart; id is empty if there is none. */
static void split_spec(const char *spec, ht_buf *file, ht_buf *id)
{
    const char *hash = strrchr(spec, '#');
    ht_buf_add(file, spec, hash ? (size_t)(hash - spec) : strlen(spec));
    ht_buf_add_c(id, hash ? hash + 1 : "");
}

ht_status ht_cli_open_home(const char *spec, ht_home **out, ht_error *err)
{
    *out = NULL;
    if (spec == NULL) {
        json_error_t bad;
        const ht_str text = HT_EMBED(demo_home);
        json_t *json = json_loadb(text.ptr, text.len, 0, &bad);
        const ht_status st = json ? ht_home_from_json(json, out, err) : ht_fail(err, HT_BAD_FORMAT, bad.position, "demo home: %s", bad.text);
        json_decref(json);
        return st;
    }
    ht_buf file = {0}, id = {0};
    split_spec(spec, &file, &id);
    const ht_status st = file.failed || id.failed ? ht_fail(err, HT_NO_MEMORY, -1, "out of memory")
                                                  : ht_home_load(file.ptr, id.len ? id.ptr : NULL, out, err);
    ht_buf_deinit(&file);
    ht_buf_deinit(&id);
    return st;
}

/* $XDG_STATE_HOME/hearth/home-HASH.json, the hash of the spec's absolute path. */
static ht_status state_path_of(const char *spec, ht_buf *out, ht_error *err)
{
    const char *base = getenv("XDG_STATE_HOME"), *user = getenv("HOME");
    ht_buf dir = {0};
    if (base != NULL && base[0] == '/')
        ht_buf_addf(&dir, "%s/hearth", base);
    else
        ht_buf_addf(&dir, "%s/.local/state/hearth", user && user[0] ? user : "/tmp");
    ht_status st = dir.failed ? ht_fail(err, HT_NO_MEMORY, -1, "out of memory") : ht_dir_make(dir.ptr, err);
    ht_buf_clear(out);
    if (st == HT_OK && spec == NULL) {
        ht_buf_addf(out, "%s/home-demo.json", dir.ptr);
    } else if (st == HT_OK) {
        char *whole = realpath(spec, NULL); /* NULL for FILE#ID: the text itself will do */
        uint64_t hash = 1469598103934665603u;
        for (const char *p = whole ? whole : spec; *p; p++)
            hash = (hash ^ (unsigned char)*p) * 1099511628211u;
        free(whole);
        ht_buf_addf(out, "%s/home-%016llx.json", dir.ptr, (unsigned long long)hash);
    }
    ht_buf_deinit(&dir);
    return st;
}

static bool is_newer(const char *a, const char *b)
{
    struct stat x, y;
    if (stat(a, &x) != 0)
        return false;
    return stat(b, &y) != 0 || x.st_mtim.tv_sec > y.st_mtim.tv_sec ||
           (x.st_mtim.tv_sec == y.st_mtim.tv_sec && x.st_mtim.tv_nsec > y.st_mtim.tv_nsec);
}

ht_status ht_cli_open_kept_home(const char *spec, ht_home **out, ht_buf *state_path, ht_error *err)
{
    *out = NULL;
    ht_status st = state_path_of(spec, state_path, err);
    if (st != HT_OK)
        return st;
    ht_buf file = {0}, id = {0};
    split_spec(spec ? spec : "/proc/self/exe", &file, &id);
    const bool kept = !file.failed && is_newer(state_path->ptr, file.ptr);
    ht_buf_deinit(&file);
    ht_buf_deinit(&id);
    if (kept && ht_home_load(state_path->ptr, NULL, out, NULL) == HT_OK)
        return HT_OK;
    return ht_cli_open_home(spec, out, err);
}

ht_status ht_cli_save_home(const ht_home *h, const char *state_path, ht_error *err)
{
    json_t *json = ht_home_to_json(h);
    char *text = json ? json_dumps(json, JSON_INDENT(1)) : NULL;
    const ht_status st = text ? ht_file_write(state_path, (ht_bytes){(const uint8_t *)text, strlen(text)}, err)
                              : ht_fail(err, HT_NO_MEMORY, -1, "out of memory");
    free(text);
    json_decref(json);
    return st;
}
