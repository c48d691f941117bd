/*
 * The folder with a node's state.
 */
#include "apps/settings/home.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "apps/term/say.h"
#include "apps/term/tongue.h"
#include "apps/settings/places.h"
#include "wavu/err.h"

/* A variable of the environment; NULL when it is empty or absent. */
static const char *home_variable(const char *name)
{
    const char *value = getenv(name);
    return value != NULL && value[0] != '\0' ? value : NULL;
}

/* `base` and `rest` as one path. Returns 0, or an exit code after a sentence. */
static int home_join(const char *base, const char *rest, char out[HOME_PATH_MAX])
{
    int len = snprintf(out, HOME_PATH_MAX, "%s%s", base, rest);
    if (len < 0 || len >= HOME_PATH_MAX) {
        return say_problem(SAY_FAILURE,
                           "the path of the home is longer than %d bytes; name a "
                           "shorter one with --home",
                           HOME_PATH_MAX - 1);
    }
    return 0;
}

int home_find(const char *option, char out[HOME_PATH_MAX])
{
    const char *named = option != NULL ? option : home_variable("WAVU_HOME");
    const char *service = places_systemd("STATE_DIRECTORY");
    const char *data = home_variable("XDG_DATA_HOME");
    const char *user = home_variable("HOME");
    if (named != NULL && named[0] == '\0') {
        return say_problem(SAY_USAGE, "--home needs the name of a folder");
    }
    if (named != NULL) {
        return home_join(named, "", out);
    }
    if (service != NULL) {
        return home_join(service, "", out);
    }
    if (data != NULL && data[0] == '/') {
        return home_join(data, "/wavu", out);
    }
    if (user != NULL) {
        return home_join(user, "/.local/share/wavu", out);
    }
    return say_problem(SAY_FAILURE,
                       "HOME is not set, so there is no place for the state; name one with --home");
}

int home_path(const char *home, const char *name, char out[HOME_PATH_MAX])
{
    int len = snprintf(out, HOME_PATH_MAX, "%s/%s", home, name);
    if (len < 0 || len >= HOME_PATH_MAX) {
        return say_problem(SAY_FAILURE,
                           "the path of the home is too long; name a shorter one with --home");
    }
    return 0;
}

static int home_exit_of(int error_number)
{
    return error_number == EACCES || error_number == EPERM || error_number == EROFS ? SAY_DENIED
                                                                                    : SAY_FAILURE;
}

static int home_say_unusable(const char *home, int error_number)
{
    return say_problem(home_exit_of(error_number),
                       "the home '%s' cannot be used: %s; name another folder with --home", home,
                       strerror(error_number));
}

/* Make the folder `path` and those above it. 0 or an errno value. */
static int home_make_all(const char *path)
{
    char part[HOME_PATH_MAX];
    size_t len = strlen(path);
    if (len == 0 || len >= sizeof part) {
        return ENAMETOOLONG;
    }
    for (size_t i = 1; i <= len; i++) {
        if (path[i] != '/' && path[i] != '\0') {
            continue;
        }
        memcpy(part, path, i);
        part[i] = '\0';
        struct stat found;
        /* What exists is not created: on a read-only disk mkdir would complain before it looks. */
        if (stat(part, &found) != 0 && mkdir(part, 0700) != 0 && errno != EEXIST) {
            return errno;
        }
    }
    return 0;
}

int home_make(const char *home, bool needs_write)
{
    struct stat found;
    int error_number = home_make_all(home);
    if (error_number == 0 && stat(home, &found) != 0) {
        error_number = errno;
    }
    if (error_number == 0 && !S_ISDIR(found.st_mode)) {
        error_number = ENOTDIR;
    }
    if (error_number == 0 && access(home, needs_write ? R_OK | W_OK | X_OK : X_OK) != 0) {
        error_number = errno;
    }
    return error_number == 0 ? 0 : home_say_unusable(home, error_number);
}

void home_warn_open(const char *path)
{
    struct stat found;
    if (stat(path, &found) != 0 || (found.st_mode & (S_IRWXG | S_IRWXO)) == 0) {
        return;
    }
    bool is_folder = S_ISDIR(found.st_mode);
    say_warning("others than you have rights on '%s' (mode %03o), which holds secrets; take them "
                "away with: chmod %s '%s'",
                path, (unsigned)found.st_mode & 0777, is_folder ? "700" : "600", path);
}

/* Key files that are no regular file. */
static int home_explain_kind(const char *path, const struct stat *found)
{
    if (S_ISLNK(found->st_mode)) {
        return say_problem(SAY_FAILURE,
                           "the device key '%s' is a symbolic link; put the key file itself there, "
                           "or move this away to start with a new identity",
                           path);
    }
    if (S_ISDIR(found->st_mode)) {
        return say_problem(SAY_FAILURE,
                           "the device key '%s' is a folder; put the key file itself there, or "
                           "move this away to start with a new identity",
                           path);
    }
    return say_problem(SAY_FAILURE,
                       "the device key '%s' is not a regular file; put the key file itself there, "
                       "or move this away to start with a new identity",
                       path);
}

int home_explain_key(const char *home, int err)
{
    char path[HOME_PATH_MAX];
    struct stat found;
    int rc = home_path(home, HOME_KEY, path);
    if (rc != 0) {
        return rc;
    }
    bool is_there = lstat(path, &found) == 0;
    if (err == WAVU_ERR_NO_SPACE) {
        return say_problem(SAY_FAILURE, "the disk of the home '%s' is full; free some space", home);
    }
    if (is_there && !S_ISREG(found.st_mode)) {
        return home_explain_kind(path, &found);
    }
    if (is_there && err == WAVU_ERR_CORRUPT && found.st_size == HOME_KEY_SIZE) {
        return say_problem(SAY_FAILURE,
                           "the device key '%s' is damaged: all its bytes are alike; restore it "
                           "from a backup, or move it away to start with a new identity",
                           path);
    }
    if (is_there && err == WAVU_ERR_CORRUPT) {
        return say_problem(
            SAY_FAILURE,
            "the device key '%s' is damaged: it has to be 32 bytes long and is %lld; "
            "restore it from a backup, or move it away to start with a new identity",
            path, (long long)found.st_size);
    }
    if (is_there) {
        return say_problem(say_exit_of(err),
                           "the device key '%s' cannot be read: %s; make it readable for this user",
                           path, tongue(wavu_err_sentence(err)));
    }
    return say_problem(say_exit_of(err),
                       "the device key '%s' cannot be made: %s; make the folder writable, or name "
                       "another one with --home",
                       path, tongue(wavu_err_sentence(err)));
}

/* A store that is damaged, or that another key opens. */
static int home_explain_damage(const char *home, bool is_key)
{
    if (is_key) {
        return say_problem(SAY_FAILURE,
                           "'%s/store.key' is missing or damaged, and without it the store beside "
                           "it cannot be read; restore it from a backup, or move store.key and all "
                           "store.db* away to begin with an empty store",
                           home);
    }
    return say_problem(SAY_FAILURE,
                       "the store '%s/store.db' is damaged, or store.key is another one's; restore "
                       "both from a backup, or move store.key and all store.db* away to begin with "
                       "an empty store",
                       home);
}

/* The person's key: unlike the device's it is never made anew by itself. */
static int home_explain_identity(const char *home, int err)
{
    if (err == WAVU_ERR_CORRUPT) {
        return say_problem(SAY_FAILURE,
                           "'%s/identity.key', which is who you are, is damaged; restore it from a "
                           "backup, or move it away to be somebody else",
                           home);
    }
    return say_problem(say_exit_of(err),
                       "'%s/identity.key' cannot be read: %s; make it readable for this user", home,
                       tongue(wavu_err_sentence(err)));
}

int home_explain_store(const char *home, const char *file, int err)
{
    if (strcmp(file, "identity.key") == 0) {
        return home_explain_identity(home, err);
    }
    if (err == WAVU_ERR_AGAIN) {
        return strcmp(file, "wiping") == 0
                   ? say_problem(SAY_FAILURE,
                                 "a wipe of '%s' was cut off, so no node starts there; do it again "
                                 "with 'wavu wipe', or name another home with --home",
                                 home)
                   : say_problem(SAY_FAILURE,
                                 "a restore of '%s' was cut off, so no node starts there; do it "
                                 "again with 'wavu backup restore FILE' or 'wavu wipe', or name "
                                 "another home with --home",
                                 home);
    }
    switch (err) {
    case WAVU_ERR_CORRUPT:
        return home_explain_damage(home, strcmp(file, "store.key") == 0);
    case WAVU_ERR_UNSUPPORTED:
        return say_problem(SAY_FAILURE,
                           "the store '%s/%s' was written by a newer wavu; use that one, or name "
                           "another home with --home",
                           home, file);
    case WAVU_ERR_IN_USE:
        return say_problem(SAY_CONFLICT,
                           "another process has the store '%s/%s' open; end that one, or name "
                           "another home with --home",
                           home, file);
    case WAVU_ERR_NO_SPACE:
        return say_problem(SAY_FAILURE, "the disk of the home '%s' is full; free some space", home);
    case WAVU_ERR_DENIED:
        return say_problem(SAY_DENIED,
                           "this user may not read and write the store '%s/%s'; make it writable, "
                           "or name another home with --home",
                           home, file);
    default:
        return say_problem(say_exit_of(err),
                           "the store '%s/%s' cannot be used: %s; look at the disk, or name "
                           "another home with --home",
                           home, file, tongue(wavu_err_sentence(err)));
    }
}
