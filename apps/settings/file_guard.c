/*
 * Owner and mode of files with settings.
 */
#include "apps/settings/file_guard.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "apps/settings/home.h"
#include "apps/term/say.h"

enum file_guard file_guard_judge(const struct stat *info, uint32_t self)
{
    if (S_ISCHR(info->st_mode)) {
        return FILE_GUARD_GOOD;
    }
    if (info->st_uid != 0 && info->st_uid != self) {
        return FILE_GUARD_FOREIGN;
    }
    bool is_sticky = S_ISDIR(info->st_mode) && (info->st_mode & S_ISVTX) != 0;
    bool is_writable = (info->st_mode & (S_IWGRP | S_IWOTH)) != 0;
    return is_writable && !is_sticky ? FILE_GUARD_WRITABLE : FILE_GUARD_GOOD;
}

bool file_guard_is_readable(const struct stat *info, uint32_t self)
{
    bool is_through_group = info->st_uid == 0 && self != 0;
    mode_t others = is_through_group ? S_IRWXO : S_IRWXG | S_IRWXO;
    return S_ISREG(info->st_mode) && (info->st_mode & others) != 0;
}

/* The folder of `path`, as stat takes it. False: too long to be one. */
static bool file_guard_folder(const char *path, char out[HOME_PATH_MAX])
{
    const char *slash = strrchr(path, '/');
    size_t len = slash != NULL && slash > path ? (size_t)(slash - path) : 1;
    const char *folder = slash != NULL ? path : ".";
    int put = snprintf(out, HOME_PATH_MAX, "%.*s", (int)len, folder);
    return put >= 0 && put < HOME_PATH_MAX;
}

static int file_guard_say(enum file_guard verdict, const char *path)
{
    switch (verdict) {
    case FILE_GUARD_GOOD:
        break;
    case FILE_GUARD_FOREIGN:
        return say_problem(SAY_DENIED,
                           "'%s', from which settings are read, belongs to another user, who could "
                           "change them; make it yours with: chown %lu '%s'",
                           path, (unsigned long)geteuid(), path);
    case FILE_GUARD_WRITABLE:
        return say_problem(SAY_DENIED,
                           "others can write '%s', from which settings are read, and so change "
                           "them; take that away with: chmod go-w '%s'",
                           path, path);
    }
    return 0;
}

int file_guard_check(int fd, const char *path)
{
    char folder[HOME_PATH_MAX];
    struct stat info;
    if (fstat(fd, &info) != 0) {
        return say_problem(SAY_FAILURE, "the settings '%s' cannot be read", path);
    }
    int code = file_guard_say(file_guard_judge(&info, geteuid()), path);
    if (code == 0 && S_ISREG(info.st_mode) && file_guard_folder(path, folder) &&
        stat(folder, &info) == 0) {
        code = file_guard_say(file_guard_judge(&info, geteuid()), folder);
    }
    return code;
}

void file_guard_warn(const char *path)
{
    struct stat info;
    if (stat(path, &info) == 0 && file_guard_is_readable(&info, geteuid())) {
        say_warning("others can read the secret in '%s' (mode %03o); take that away with: chmod %s "
                    "'%s'",
                    path, (unsigned)info.st_mode & 0777,
                    info.st_uid == geteuid() ? "go-rwx" : "o-rwx", path);
    }
}
