/*
 * Settings read again are compared with those that hold, one by one.
 */
#include "apps/wavu/up_reload.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "apps/term/say.h"
#include "apps/settings/home.h"
#include "apps/settings/places.h"

static struct places up_reload_places; /* 32 KiB; of the one thread, for one reading */

/* What a running node can change. */
static const char *const up_reload_live[] = {
    "require_invitation", "auto_accept",   "auto_lock",       "log_level",
    "log_format",         "phi_threshold", "gossip_interval", "rebalance_interval",
};

_Static_assert(SETTINGS_COUNT_MAX <= METHODS_RELOAD_NAMES_MAX, "each setting may be named");

/* The files that are meant: --config alone, or those that there are. 0, or an exit code. */
static int up_reload_files(const struct call *call, const char *home, struct places *out)
{
    const char *named = args_value(&call->args, "config");
    if (named == NULL) {
        return places_find(out, call->home, home);
    }
    int len = snprintf(out->files[0], HOME_PATH_MAX, "%s", named);
    out->count = 1;
    return len >= 0 && len < HOME_PATH_MAX
               ? 0
               : say_problem(SAY_USAGE, "the path of the settings is too long");
}

int up_reload_read(const struct call *call, const char *home, struct settings *out)
{
    const char *named = args_value(&call->args, "config");
    settings_init(out);
    int code = up_reload_files(call, home, &up_reload_places);
    if (code == 0) {
        code = named != NULL ? settings_read_file(out, named, false)
                             : settings_read_places(out, &up_reload_places);
    }
    if (code == 0) {
        code = settings_read_environment(out);
    }
    if (code == 0) {
        code = settings_read_args(out, &call->args);
    }
    return code == 0 ? settings_check(out) : code;
}

/* A running node waits for nobody who may write into a pipe. */
static int up_reload_check_files(const struct up_reload *r)
{
    int code = up_reload_files(r->call, r->home, &up_reload_places);
    for (size_t i = 0; i < up_reload_places.count && code == 0; i++) {
        struct stat found;
        if (stat(up_reload_places.files[i], &found) == 0 && !S_ISREG(found.st_mode)) {
            code = say_problem(SAY_USAGE, "the settings '%s' are no file that can be read again",
                               up_reload_places.files[i]);
        }
    }
    return code;
}

static int up_reload_check(const struct up_reload *r, const struct settings *fresh)
{
    if (fresh->auto_lock_minutes > 0 && !r->has_passphrase) {
        return say_problem(SAY_USAGE, "auto_lock needs a home with a passphrase, and a node that "
                                      "was started with it");
    }
    return 0;
}

static void up_reload_hear(void *context, bool is_warning, const char *sentence)
{
    struct methods_reloaded *out = context;
    if (!is_warning) {
        (void)snprintf(out->problem, sizeof out->problem, "%s", sentence);
    }
}

/* Seeds that come are tried at once; such as go are left at the next start. */
static bool up_reload_only_adds(const struct settings *before, const struct settings *after)
{
    size_t kept = 0;
    for (size_t i = 0; i < before->seed_peers.count; i++) {
        bool is_kept = false;
        for (size_t k = 0; k < after->seed_peers.count; k++) {
            is_kept =
                is_kept || strcmp(before->seed_peers.items[i], after->seed_peers.items[k]) == 0;
        }
        kept += is_kept ? 1 : 0;
    }
    return kept == before->seed_peers.count;
}

bool up_reload_is_live(const char *name)
{
    if (strcmp(name, "seed_peers") == 0) {
        return true; /* as far as some come; up_reload_only_adds */
    }
    for (size_t i = 0; i < sizeof up_reload_live / sizeof up_reload_live[0]; i++) {
        if (strcmp(up_reload_live[i], name) == 0) {
            return true;
        }
    }
    return false;
}

static void up_reload_take(const struct up_reload *r, const struct settings *fresh,
                           struct methods_reloaded *out)
{
    const char *name = NULL;
    for (size_t i = 0; (name = settings_name(i)) != NULL; i++) {
        if (!settings_differ(r->settings, fresh, i)) {
            continue;
        }
        bool is_live = strcmp(name, "seed_peers") == 0 ? up_reload_only_adds(r->settings, fresh)
                                                       : up_reload_is_live(name);
        if (is_live) {
            settings_take(r->settings, fresh, i);
            out->changed[out->changed_count++] = name;
        } else {
            out->later[out->later_count++] = name;
        }
    }
}

void up_reload_run(const struct up_reload *r, struct methods_reloaded *out)
{
    static struct settings fresh; /* 41 KiB */
    struct say_ear before = say_to((struct say_ear){up_reload_hear, out});
    settings_init(&fresh);
    int code = up_reload_check_files(r);
    code = code == 0 ? up_reload_read(r->call, r->home, &fresh) : code;
    code = code == 0 ? up_reload_check(r, &fresh) : code;
    (void)say_to(before);
    if (code == 0) {
        up_reload_take(r, &fresh, out);
        if (out->changed_count > 0) {
            r->changed(r->context);
        }
    } else if (out->problem[0] == '\0') {
        (void)snprintf(out->problem, sizeof out->problem, "the settings cannot be read");
    }
    settings_wipe(&fresh);
}

/* Append the names, with commas between them. */
static void up_reload_names(char *line, const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        size_t len = strlen(line);
        (void)snprintf(line + len, METHODS_RELOAD_PROBLEM_MAX - len, "%s%s", i > 0 ? ", " : "",
                       names[i]);
    }
}

static void up_reload_words(char *line, const char *words)
{
    size_t len = strlen(line);
    (void)snprintf(line + len, METHODS_RELOAD_PROBLEM_MAX - len, "%s", words);
}

/* Where in `sentence` the folder of one of the settings' files stands, and its bytes; NULL:
 * nowhere.
 */
static const char *up_reload_folder(const struct up_reload *r, const char *sentence, size_t *len)
{
    const char *at = NULL;
    if (up_reload_files(r->call, r->home, &up_reload_places) != 0) {
        return NULL;
    }
    for (size_t i = 0; i < up_reload_places.count && at == NULL; i++) {
        char *path = up_reload_places.files[i];
        const char *slash = strrchr(path, '/');
        *len = slash != NULL ? (size_t)(slash - path) + 1 : 0;
        path[*len] = '\0';
        at = *len > 0 ? strstr(sentence, path) : NULL;
    }
    return at;
}

/* Append the sentence without the folder of the settings. */
static void up_reload_sentence(const struct up_reload *r, const char *sentence, char *line)
{
    size_t folder_len = 0;
    const char *at = up_reload_folder(r, sentence, &folder_len);
    size_t before = at != NULL ? (size_t)(at - sentence) : strlen(sentence);
    size_t len = strlen(line);
    (void)snprintf(line + len, METHODS_RELOAD_PROBLEM_MAX - len, "%.*s%s", (int)before, sentence,
                   at != NULL ? at + folder_len : "");
}

const char *up_reload_line(const struct up_reload *r, const struct methods_reloaded *done,
                           char line[METHODS_RELOAD_PROBLEM_MAX])
{
    line[0] = '\0';
    if (done->problem[0] != '\0') {
        up_reload_words(line, "the settings stay as they were: ");
        up_reload_sentence(r, done->problem, line);
        return line;
    }
    up_reload_words(line, "the settings were read again; changed: ");
    up_reload_names(line, done->changed, done->changed_count);
    up_reload_words(line, done->changed_count == 0 ? "nothing" : "");
    if (done->later_count > 0) {
        up_reload_words(line, "; at the next start: ");
        up_reload_names(line, done->later, done->later_count);
    }
    return line;
}
