/*
 * Settings read again are compared with those that hold, one by one.
 */
#include "apps/wavu/up_reload.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "apps/term/say.h"
#include "apps/wavu/home.h"
#include "apps/wavu/places.h"

_Static_assert(SETTINGS_COUNT_MAX <= METHODS_RELOAD_NAMES_MAX, "each setting may be named");

/* The files that are meant; of one that was named, whether it is there or not. */
static int up_reload_find(const struct call *call, const char *home, struct places *out)
{
    const char *named = args_value(&call->args, "config");
    if (named == NULL) {
        return places_find(out, call->home, home);
    }
    *out = (struct places){.count = 1};
    int len = snprintf(out->files[0], HOME_PATH_MAX, "%s", named);
    return len >= 0 && len < HOME_PATH_MAX
               ? 0
               : say_problem(SAY_USAGE, "the path of the settings is too long");
}

int up_reload_read(const struct call *call, const char *home, struct settings *out)
{
    static struct places places; /* 32 KiB */
    bool is_named = args_value(&call->args, "config") != NULL;
    settings_init(out);
    int code = up_reload_find(call, home, &places);
    if (code == 0) {
        code = is_named ? settings_read_file(out, places.files[0], false)
                        : settings_read_places(out, &places);
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
    static struct places places; /* 32 KiB */
    struct stat found;
    int code = up_reload_find(r->call, r->home, &places);
    for (size_t i = 0; i < places.count && code == 0; i++) {
        if (stat(places.files[i], &found) == 0 && !S_ISREG(found.st_mode)) {
            code = say_problem(SAY_USAGE, "the settings '%s' are no file that can be read again",
                               places.files[i]);
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

/* What a running node can change; up_reload_copy has them, too. */
static const char *const up_reload_live[] = {"require_invitation", "auto_accept", "auto_lock"};

bool up_reload_is_live(const char *name)
{
    for (size_t i = 0; i < sizeof up_reload_live / sizeof up_reload_live[0]; i++) {
        if (strcmp(up_reload_live[i], name) == 0) {
            return true;
        }
    }
    return false;
}

static void up_reload_copy(struct settings *to, const struct settings *from)
{
    to->require_invitation = from->require_invitation;
    to->auto_accept_kib = from->auto_accept_kib;
    to->auto_lock_minutes = from->auto_lock_minutes;
}

static void up_reload_take(const struct up_reload *r, const struct settings *fresh,
                           struct methods_reloaded *out)
{
    const char *name = NULL;
    for (size_t i = 0; (name = settings_name(i)) != NULL; i++) {
        if (!settings_differ(r->settings, fresh, i)) {
            continue;
        }
        if (up_reload_is_live(name)) {
            out->changed[out->changed_count++] = name;
        } else {
            out->later[out->later_count++] = name;
        }
    }
    up_reload_copy(r->settings, fresh);
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

/* Append the sentence without the folder of the file that it speaks of. */
static void up_reload_sentence(const struct up_reload *r, const char *sentence, char *line)
{
    static struct places places; /* 32 KiB */
    const char *at = NULL;
    size_t len = 0; /* of the folder */
    bool is_found = up_reload_find(r->call, r->home, &places) == 0;
    for (size_t i = 0; is_found && i < places.count && at == NULL; i++) {
        const char *slash = strrchr(places.files[i], '/');
        len = slash != NULL ? (size_t)(slash + 1 - places.files[i]) : 0;
        at = strstr(sentence, places.files[i]);
    }
    size_t before = at != NULL ? (size_t)(at - sentence) : strlen(sentence);
    size_t used = strlen(line);
    (void)snprintf(line + used, METHODS_RELOAD_PROBLEM_MAX - used, "%.*s%s", (int)before, sentence,
                   at != NULL ? at + len : "");
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
