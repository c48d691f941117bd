/*
 * Whose word a file with settings is: a module that it names runs as this user, and a seed in it is
 * who the person is. As ssh does with its own files, one that somebody else can change is not read.
 */
#ifndef APPS_SETTINGS_FILE_GUARD_H
#define APPS_SETTINGS_FILE_GUARD_H

#include <stdbool.h>
#include <stdint.h>

#include "wavu/api.h"

struct stat;

enum file_guard {
    FILE_GUARD_GOOD,
    FILE_GUARD_FOREIGN, /* it belongs to neither this user nor root */
    FILE_GUARD_WRITABLE /* its group, or everybody, can write */
};

/** Judge a file for the user `self`. Devices are nobody's word: good. In a folder where each may
 * take away only what is theirs (/tmp) it is the file alone that counts. */
enum file_guard file_guard_judge(const struct stat *info, uint32_t self);

/** Can others than `self` and root read it? A file of root's may be read by the group through which
 * this user reads it. */
bool file_guard_is_readable(const struct stat *info, uint32_t self);

/** Judge the open file `fd` of `path`, and the folder it is in. Returns 0, or SAY_DENIED after a
 * sentence. */
WARN_UNUSED int file_guard_check(int fd, const char *path);

/** Warn when others can read `path`, which holds a secret. What is not there is no matter. */
void file_guard_warn(const char *path);

#endif
