#include "cli/setup.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/map.h"

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

ht_status ht_cli_read_homes(const char *path, json_t **out, ht_error *err)
{
    json_error_t bad;
    ht_buf text = {0};
    *out = NULL;
    ht_status st = ht_file_read(path, (size_t)1 << 30, &text, err);
    json_t *file = st == HT_OK ? json_loadb(text.ptr ? text.ptr : "", text.len, 0, &bad) : NULL;
    ht_buf_deinit(&text);
    if (st == HT_OK && file == NULL)
        return ht_fail(err, HT_BAD_FORMAT, bad.position, "%s line %d: %s", path, bad.line, bad.text);
    json_t *homes = json_object_get(file, "homes");
    const char *id = json_string_value(json_object_get(file, "id"));
    if (st == HT_OK && json_is_object(homes))
        *out = json_incref(homes);
    else if (st == HT_OK && json_is_array(json_object_get(file, "entities")))
        *out = json_pack("{s:O}", id ? id : "home", file);
    else if (st == HT_OK)
        st = ht_fail(err, HT_BAD_FORMAT, -1, "%s: neither \"homes\" nor a home with \"entities\"", path);
    json_decref(file);
    if (st == HT_OK && *out == NULL)
        st = ht_fail(err, HT_NO_MEMORY, -1, "out of memory");
    return st;
}

/* "FILE#ID" apart; id is empty if there is none. */
static void split_spec(const char *spec, ht_buf *file, ht_buf *id)
{
    const char *hash = strrchr(spec, '#');
    ht_buf_add(file, spec, hash ? (size_t)(hash - spec) : strlen(spec));
    ht_buf_add_c(id, hash ? hash + 1 : "");
}

static ht_status open_empty(ht_home **out, ht_error *err)
{
    json_t *json = json_pack("{s:s, s:[]}", "id", "home", "entities");
    const ht_status st = json ? ht_home_from_json(json, out, err) : ht_fail(err, HT_NO_MEMORY, -1, "out of memory");
    json_decref(json);
    return st;
}

ht_status ht_cli_open_home(const char *spec, ht_home **out, ht_error *err)
{
    *out = NULL;
    if (spec != NULL && strncmp(spec, "mqtt:", 5) == 0)
        return open_empty(out, err);
    if (spec == NULL)
        return ht_home_load_demo(out, err);
    ht_buf file = {0}, id = {0};
    split_spec(spec, &file, &id);
    const ht_status st = file.failed || id.failed ? ht_fail(err, HT_NO_MEMORY, -1, "out of memory")
                                                  : ht_home_load(file.ptr, id.len ? id.ptr : NULL, out, err);
    ht_buf_deinit(&file);
    ht_buf_deinit(&id);
    return st;
}

/* The name is the hash of the spec's absolute path. */
ht_status ht_cli_state_path(const char *spec, ht_buf *out, ht_error *err)
{
    const char *base = getenv("XDG_STATE_HOME"), *user = getenv("HOME");
    ht_buf dir = {0};
    if (base != NULL && base[0] == '/')
        ht_buf_addf(&dir, "%s/hearth", base);
    else
        ht_buf_addf(&dir, "%s/.local/state/hearth", user && user[0] ? user : "/tmp");
    ht_status st = dir.failed ? ht_fail(err, HT_NO_MEMORY, -1, "out of memory") : ht_dir_make(dir.ptr, err);
    ht_buf_clear(out);
    if (st == HT_OK && access(dir.ptr, W_OK) != 0)
        st = ht_fail(err, HT_IO, -1, "%s: cannot keep the state of the home there: %s", dir.ptr, strerror(errno));
    if (st == HT_OK && spec == NULL) {
        ht_buf_addf(out, "%s/home-demo.json", dir.ptr);
    } else if (st == HT_OK) {
        ht_buf file = {0}, id = {0};
        split_spec(spec, &file, &id);
        char *whole = file.failed ? NULL : realpath(file.ptr, NULL); /* NULL: opening the file will tell why */
        ht_buf_addf(&id, "#%s", whole ? whole : spec);
        uint64_t hash = 1469598103934665603u; /* FNV-1a */
        for (size_t i = 0; i < id.len; i++)
            hash = (hash ^ (unsigned char)id.ptr[i]) * 1099511628211u;
        ht_buf_addf(out, "%s/home-%016llx.json", dir.ptr, (unsigned long long)hash);
        free(whole);
        ht_buf_deinit(&file);
        ht_buf_deinit(&id);
    }
    if (st == HT_OK && out->failed)
        st = ht_fail(err, HT_NO_MEMORY, -1, "out of memory");
    ht_buf_deinit(&dir);
    return st;
}

/* Timers ran on while no process looked at them. One that ended not long ago keeps a second, so that it rings where a server
 * takes over; an older one is gone. */
static void catch_up(ht_home *h, int64_t elapsed_s)
{
    enum { LATE_S = 600 };
    for (size_t i = ht_home_timer_count(h); elapsed_s > 0 && i-- > 0;) {
        const ht_timer *t = ht_home_timer_at(h, i);
        const int64_t left = t->remaining_s - elapsed_s;
        if (t->is_paused)
            continue;
        if (left > -LATE_S)
            ht_home_timer_set(h, i, left > 0 ? left : 1, false);
        else
            ht_home_timer_remove(h, i);
    }
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
    ht_status st = ht_cli_state_path(spec, state_path, err);
    if (st != HT_OK)
        return st;
    ht_buf file = {0}, id = {0};
    split_spec(spec ? spec : "/proc/self/exe", &file, &id);
    const bool kept = !file.failed && is_newer(state_path->ptr, file.ptr);
    ht_buf_deinit(&file);
    ht_buf_deinit(&id);
    struct stat info;
    if (kept && stat(state_path->ptr, &info) == 0 && ht_home_load(state_path->ptr, NULL, out, NULL) == HT_OK) {
        catch_up(*out, (int64_t)(time(NULL) - info.st_mtim.tv_sec));
        return HT_OK;
    }
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
