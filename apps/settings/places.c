/*
 * Folders of the environment, files with settings, the link to the socket.
 */
#include "apps/settings/places.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "apps/term/say.h"
#include "apps/settings/settings.h"
#include "os/ipc_path.h"

/* An absolute path of the environment; NULL when there is none (basedir-spec 0.8: a relative one
 * counts as absent). */
static const char *places_variable(const char *name)
{
    const char *value = getenv(name);
    return value != NULL && value[0] == '/' ? value : NULL;
}

static bool places_is_named(const char *option)
{
    const char *named = getenv("WAVU_HOME");
    return option != NULL || (named != NULL && named[0] != '\0');
}

/* Folders of other services stand there when one of them runs wavu: only one called wavu is ours.
 */
const char *places_systemd(const char *variable)
{
    static char path[HOME_PATH_MAX];
    const char *all = places_variable(variable);
    while (all != NULL && *all != '\0') {
        size_t len = strcspn(all, ":");
        if (len >= 5 && len < sizeof path && memcmp(all + len - 5, "/wavu", 5) == 0) {
            memcpy(path, all, len);
            path[len] = '\0';
            return path;
        }
        all += len + (all[len] == ':' ? 1 : 0);
    }
    return NULL;
}

/* ---- Settings ---- */

static int places_say_too_many(const char *folder)
{
    return say_problem(SAY_FAILURE,
                       "there are more than %d files with settings; put some of '%s' together",
                       PLACES_FILES_MAX, folder);
}

static int places_add(struct places *out, const char *folder, const char *name)
{
    char path[HOME_PATH_MAX];
    int len = snprintf(path, sizeof path, "%s/%s", folder, name);
    if (len < 0 || (size_t)len >= sizeof path || access(path, F_OK) != 0) {
        return 0;
    }
    if (out->count == PLACES_FILES_MAX) {
        return places_say_too_many(folder);
    }
    memcpy(out->files[out->count++], path, (size_t)len + 1);
    return 0;
}

static bool places_is_drop(const char *name)
{
    size_t len = strlen(name);
    size_t end = strlen(PLACES_DROPS_END);
    return name[0] != '.' && len > end && strcmp(name + len - end, PLACES_DROPS_END) == 0;
}

static int places_by_name(const void *a, const void *b)
{
    return strcmp(a, b); /* byte by byte: no locale has a say in it */
}

/* The files of conf.d in order of their names. */
static int places_add_drops(struct places *out, const char *drops)
{
    char names[PLACES_FILES_MAX][NAME_MAX + 1];
    size_t count = 0;
    int code = 0;
    DIR *folder = opendir(drops);
    struct dirent *entry = folder != NULL ? readdir(folder) : NULL;
    for (; entry != NULL && code == 0; entry = readdir(folder)) {
        if (!places_is_drop(entry->d_name)) {
            continue;
        }
        if (count == PLACES_FILES_MAX) {
            code = places_say_too_many(drops);
        } else {
            (void)snprintf(names[count++], sizeof names[0], "%s", entry->d_name);
        }
    }
    if (folder != NULL) {
        (void)closedir(folder);
    }
    qsort(names, count, sizeof names[0], places_by_name);
    for (size_t i = 0; i < count && code == 0; i++) {
        code = places_add(out, drops, names[i]);
    }
    return code;
}

/* wavu.toml of `folder`, then its conf.d. */
static int places_add_folder(struct places *out, const char *folder)
{
    char drops[HOME_PATH_MAX];
    int code = places_add(out, folder, SETTINGS_FILE);
    int len = snprintf(drops, sizeof drops, "%s/" PLACES_DROPS, folder);
    return code != 0 || len < 0 || (size_t)len >= sizeof drops ? code
                                                               : places_add_drops(out, drops);
}

/* The user's folder below what `variable` names, else below HOME. False when there is no HOME
 * either. */
static bool places_user(const char *variable, const char *below_home, char out[HOME_PATH_MAX])
{
    const char *named = places_variable(variable);
    const char *user = places_variable("HOME");
    const char *base = named != NULL ? named : user;
    const char *rest = named != NULL ? "/wavu" : below_home;
    int len = base != NULL ? snprintf(out, HOME_PATH_MAX, "%s%s", base, rest) : -1;
    return len > 0 && len < HOME_PATH_MAX;
}

/* Unless it may not be read: then it is not for this user. */
static int places_add_system(struct places *out, const char *folder)
{
    size_t before = out->count;
    int code = places_add_folder(out, folder);
    size_t kept = before;
    for (size_t i = before; i < out->count; i++) {
        if (access(out->files[i], R_OK) == 0 || errno != EACCES) {
            memmove(out->files[kept++], out->files[i], HOME_PATH_MAX);
        }
    }
    out->count = kept;
    out->system_count = kept;
    return code;
}

int places_find(struct places *out, const char *option, const char *home)
{
    char user[HOME_PATH_MAX] = "";
    char etc[HOME_PATH_MAX];
    const char *system = places_systemd("CONFIGURATION_DIRECTORY");
    (void)snprintf(etc, sizeof etc, "%s", system != NULL ? system : PLACES_SYSTEM_SETTINGS);
    bool is_named = places_is_named(option);
    bool is_system = is_named ? strcmp(home, PLACES_SYSTEM_HOME) == 0
                              : places_systemd("STATE_DIRECTORY") != NULL;
    int code = 0;
    *out = (struct places){.count = 0};
    if (!is_named || is_system) {
        code = places_add_system(out, etc);
    }
    if (code == 0 && !is_named && !is_system &&
        places_user("XDG_CONFIG_HOME", "/.config/wavu", user)) {
        code = places_add_folder(out, user);
    }
    size_t before = out->count;
    code = code == 0 ? places_add(out, home, SETTINGS_FILE) : code;
    const char *own = out->count > before || user[0] == '\0' ? home : user;
    own = is_system ? etc : own;
    return code == 0 ? home_path(own, SETTINGS_FILE, out->own) : code;
}

/* ---- State ---- */

int places_state(const char *option, const char *home, const char *name, bool is_made,
                 char out[HOME_PATH_MAX])
{
    char folder[HOME_PATH_MAX];
    bool is_users = !places_is_named(option) && places_systemd("STATE_DIRECTORY") == NULL &&
                    places_user("XDG_STATE_HOME", "/.local/state/wavu", folder);
    int code = is_users && is_made ? home_make(folder, true) : 0;
    return code == 0 ? home_path(is_users ? folder : home, name, out) : code;
}

/* ---- The link ---- */

bool places_link_path(const char *option, char out[HOME_PATH_MAX])
{
    struct stat found;
    const char *user = places_variable("XDG_RUNTIME_DIR");
    int len = -1;
    if (places_is_named(option)) {
        return false;
    }
    if (places_systemd("STATE_DIRECTORY") != NULL) {
        const char *system = places_systemd("RUNTIME_DIRECTORY");
        len = system != NULL ? snprintf(out, HOME_PATH_MAX, "%s/" HOME_CONTROL, system) : -1;
    } else if (user != NULL && stat(user, &found) == 0 && S_ISDIR(found.st_mode) &&
               found.st_uid == geteuid() && (found.st_mode & (S_IWGRP | S_IWOTH)) == 0) {
        /* Not another user's, left over from su, nor one where others could put a folder first. */
        len = snprintf(out, HOME_PATH_MAX, "%s/wavu/" HOME_CONTROL, user);
    }
    return len > 0 && len < HOME_PATH_MAX;
}

/* Does somebody listen at the end of the link? */
static bool places_is_alive(const char *path)
{
    int fd = -1;
    int rc = ipc_path_connect(path, &fd);
    if (rc == 0) {
        (void)close(fd);
    }
    return rc == 0 || rc == WAVU_ERR_AGAIN || rc == WAVU_ERR_DENIED;
}

/* Where the link leads, or "". */
static const char *places_target(const char *path, char out[HOME_PATH_MAX])
{
    ssize_t len = readlink(path, out, HOME_PATH_MAX - 1);
    out[len > 0 ? len : 0] = '\0';
    return out;
}

/* The path of `socket` without links; it is there or not, its folder is. False: it has none. */
static bool places_real(const char *socket, char out[HOME_PATH_MAX])
{
    char folder[HOME_PATH_MAX];
    char real[PATH_MAX];
    (void)snprintf(folder, sizeof folder, "%s", socket);
    *strrchr(folder, '/') = '\0';
    if (realpath(folder, real) == NULL || strlen(real) + sizeof HOME_CONTROL >= HOME_PATH_MAX) {
        return false;
    }
    (void)snprintf(out, HOME_PATH_MAX, "%.*s/" HOME_CONTROL,
                   (int)(HOME_PATH_MAX - sizeof HOME_CONTROL - 1), real);
    return true;
}

/* Put it there in one step. */
static bool places_make_link(const char *path, const char *target)
{
    char made[HOME_PATH_MAX + 32];
    (void)snprintf(made, sizeof made, "%s.%ld", path, (long)getpid());
    (void)unlink(made);
    bool is_made = symlink(target, made) == 0;
    if (is_made && rename(made, path) != 0) {
        (void)unlink(made);
        is_made = false;
    }
    return is_made;
}

bool places_link(const char *path, const char *socket)
{
    char folder[HOME_PATH_MAX];
    char before[HOME_PATH_MAX];
    char target[HOME_PATH_MAX];
    struct stat found;
    (void)snprintf(folder, sizeof folder, "%s", path);
    *strrchr(folder, '/') = '\0';
    (void)mkdir(folder, 0700);
    if (!places_real(socket, target)) {
        return false;
    }
    if (strcmp(places_target(path, before), target) == 0) {
        return true;
    }
    bool is_taken = lstat(path, &found) == 0 && (!S_ISLNK(found.st_mode) || places_is_alive(path));
    return !is_taken && places_make_link(path, target);
}

void places_unlink(const char *path, const char *socket)
{
    char before[HOME_PATH_MAX];
    char target[HOME_PATH_MAX];
    if (places_real(socket, target) && strcmp(places_target(path, before), target) == 0) {
        (void)unlink(path);
    }
}
