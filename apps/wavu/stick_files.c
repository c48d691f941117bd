/*
 * Files of sticks. What others put on a stick is never followed, waited for, or read beyond what a
 * file may have.
 */
#include "apps/wavu/stick_files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"

#define DIGITS 16
#define SUFFIX ".wavu"
#define PART_MAX (WAVU_STICK_NAME_MAX + 16) /* ".NAME.part12" */
#define STICK_FILES_PARTS_MAX 99            /* names that are tried for it */

bool stick_files_is_name(const char *name)
{
    return strlen(name) == DIGITS + sizeof SUFFIX - 1 &&
           strspn(name, "0123456789abcdef") == DIGITS && strcmp(name + DIGITS, SUFFIX) == 0;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(a, b);
}

/* The names that are in the open folder. */
static int list(struct stick_files *f, DIR *dir)
{
    const struct dirent *one = NULL;

    errno = 0;
    while (f->count < STICK_FILES_MAX && (one = readdir(dir)) != NULL) {
        if (stick_files_is_name(one->d_name)) {
            memcpy(f->names[f->count++], one->d_name, DIGITS + sizeof SUFFIX);
        }
    }
    f->has_more = f->count == STICK_FILES_MAX;
    qsort(f->names, f->count, sizeof f->names[0], by_name);
    return errno;
}

int stick_files_open(struct stick_files *f, const char *path)
{
    *f = (struct stick_files){.folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    if (f->folder < 0) {
        return errno;
    }
    const int copy = openat(f->folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = copy >= 0 ? fdopendir(copy) : NULL;
    int err = dir == NULL ? errno : 0;

    if (dir == NULL && copy >= 0) {
        (void)close(copy);
    }
    if (err == 0) {
        f->names = mem_new_array(STICK_FILES_MAX, sizeof f->names[0]);
        err = list(f, dir);
        (void)closedir(dir);
    }
    if (err != 0) {
        stick_files_close(f);
    }
    return err;
}

void stick_files_close(struct stick_files *f)
{
    (void)close(f->folder);
    mem_free(f->names);
    f->names = NULL;
}

/* All of an open file; EINVAL when it has more than `max`. */
static int read_all(int file, uint8_t *out, size_t max, size_t *len)
{
    uint8_t over = 0;
    ssize_t got = 1;

    *len = 0;
    while (got > 0 && *len < max) {
        got = read(file, out + *len, max - *len);
        *len += got > 0 ? (size_t)got : 0;
        got = got < 0 && errno == EINTR ? 1 : got;
    }
    if (got < 0) {
        return errno;
    }
    return *len == max && read(file, &over, 1) != 0 ? EINVAL : 0;
}

int stick_files_read(const struct stick_files *f, const char *name, uint8_t *out, size_t *len)
{
    /* A pipe or a device is not waited for. */
    const int file = openat(f->folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    struct stat s;

    if (file < 0) {
        return errno == ELOOP ? EINVAL : errno;
    }
    int err = fstat(file, &s) != 0 ? errno : 0;

    err =
        err == 0 && (!S_ISREG(s.st_mode) || s.st_size > (off_t)WAVU_STICK_FILE_MAX) ? EINVAL : err;
    err = err == 0 ? read_all(file, out, WAVU_STICK_FILE_MAX, len) : err;
    (void)close(file);
    return err;
}

static int write_all(int file, const uint8_t *bytes, size_t len)
{
    size_t at = 0;

    while (at < len) {
        const ssize_t put = write(file, bytes + at, len - at);

        if (put < 0 && errno != EINTR) {
            return errno;
        }
        at += put > 0 ? (size_t)put : 0;
    }
    return fsync(file) != 0 ? errno : 0;
}

/* A new file ".NAME.part", or ".NAME.part2" and so on: one may be left of a power cut, or be
 * somebody's, and nothing is written over what lies there. Its descriptor, or below 0. */
static int make_part(const struct stick_files *f, const char *name, char part[PART_MAX])
{
    int file = -1;

    for (int i = 1; i <= STICK_FILES_PARTS_MAX && (i == 1 || (file < 0 && errno == EEXIST)); i++) {
        (void)snprintf(part, PART_MAX, i == 1 ? ".%s.part" : ".%s.part%d", name, i);
        file = openat(f->folder, part, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
                      S_IRUSR | S_IWUSR | S_IRGRP | S_IROTH);
    }
    return file;
}

int stick_files_write(const struct stick_files *f, const char *name, const void *bytes, size_t len)
{
    char part[PART_MAX];
    const int file = make_part(f, name, part);

    if (file < 0) {
        return errno;
    }
    int err = write_all(file, bytes, len);

    err = close(file) != 0 && err == 0 ? errno : err;
    err = err == 0 && renameat(f->folder, part, f->folder, name) != 0 ? errno : err;
    err = err == 0 && fsync(f->folder) != 0 && errno != EINVAL ? errno : err; /* some have none */
    if (err != 0) {
        (void)unlinkat(f->folder, part, 0);
    }
    return err;
}
