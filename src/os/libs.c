/*
 * A path comes in, a loaded library and one symbol of it leave. What is loaded gets all rights of
 * this process, so the file and every folder above it have to be out of others' reach: owned by
 * root or this user, and writable by no one else. A folder that all may write to, but where each
 * may touch only his own (/tmp), can stand above, not be the folder itself.
 *
 * The path is resolved once, and what was looked at is what is loaded: those who could put another
 * file there in between are trusted.
 */
#include "os/libs.h"

#include <dlfcn.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "os/sys_err.h"
#include "wavu/err.h"

_Static_assert(LIBS_PATH_MAX >= PATH_MAX, "realpath");
_Static_assert(sizeof(void *) == sizeof(void (*)(void)), "POSIX: dlsym");

static PRINTF_LIKE(3, 4) int refuse(int err, struct span_mut why, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf((char *)why.ptr, why.len, format, arguments);
    va_end(arguments);
    return err;
}

/* Whether only root and this user can change what `info` is of. */
static bool is_ours(const struct stat *info)
{
    return (info->st_uid == 0 || info->st_uid == geteuid()) &&
           (info->st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

static int check_file(const char *path, struct span_mut why)
{
    struct stat info;
    if (stat(path, &info) < 0) {
        int err = sys_err_last();
        return refuse(err, why, "it cannot be read: %s", wavu_err_sentence(err));
    }
    if (!S_ISREG(info.st_mode)) {
        return refuse(WAVU_ERR_INVALID, why, "it is no regular file");
    }
    if (!is_ours(&info)) {
        return refuse(WAVU_ERR_DENIED, why,
                      "others could write it: it has to belong to this user or root and be "
                      "writable by nobody else (chmod go-w)");
    }
    return 0;
}

/* Each folder above `path`, which is cut at its end. */
static int check_folders(char path[LIBS_PATH_MAX], struct span_mut why)
{
    bool is_above = false;
    char *slash = strrchr(path, '/');
    while (slash != NULL) {
        struct stat info;
        slash[slash == path ? 1 : 0] = '\0';
        if (stat(path, &info) < 0) {
            int err = sys_err_last();
            return refuse(err, why, "its folder cannot be read: %s", wavu_err_sentence(err));
        }
        bool is_sticky = is_above && (info.st_uid == 0 || info.st_uid == geteuid()) &&
                         (info.st_mode & S_ISVTX) != 0;
        if (!is_ours(&info) && !is_sticky) {
            return refuse(WAVU_ERR_DENIED, why,
                          "others could write to the folder %.60s%s: it has to belong to this "
                          "user or root and be writable by nobody else",
                          path, strlen(path) > 60 ? "..." : "");
        }
        is_above = true;
        slash = path[1] == '\0' ? NULL : strrchr(path, '/');
    }
    return 0;
}

/* `path` without links, safe to load, into `whole`. */
static int check(const char *path, char whole[LIBS_PATH_MAX], struct span_mut why)
{
    char folders[LIBS_PATH_MAX];
    if (path[0] != '/') {
        return refuse(WAVU_ERR_INVALID, why, "its path has to be whole, from / on");
    }
    if (realpath(path, whole) == NULL) {
        int err = sys_err_last();
        return refuse(err, why, "%s",
                      err == WAVU_ERR_NOT_FOUND ? "there is no such file" : wavu_err_sentence(err));
    }
    memcpy(folders, whole, strlen(whole) + 1);
    int rc = check_file(whole, why);
    return rc < 0 ? rc : check_folders(folders, why);
}

static int libs_open(const char *path, const char *symbol, struct port_lib **out,
                     void (**found)(void), struct span_mut why)
{
    char whole[LIBS_PATH_MAX];
    int rc = check(path, whole, why);
    if (rc < 0) {
        return rc;
    }
    void *handle = dlopen(whole, RTLD_NOW | RTLD_LOCAL);
    if (handle == NULL) {
        const char *problem = dlerror();
        return refuse(WAVU_ERR_IO, why, "the system cannot load it: %s",
                      problem != NULL ? problem : "it does not say why");
    }
    void *address = dlsym(handle, symbol);
    if (address == NULL) {
        (void)dlclose(handle);
        return refuse(WAVU_ERR_INVALID, why, "it is no module: it has no function %s", symbol);
    }
    memcpy(found, &address, sizeof address);
    *out = (struct port_lib *)handle;
    return 0;
}

static void libs_close(struct port_lib *lib)
{
    if (lib != NULL) {
        (void)dlclose(lib);
    }
}

const struct port_libs libs_dl = {.open = libs_open, .close = libs_close};
