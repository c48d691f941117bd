/*
 * Copies of the modules that cmake/Tests.cmake builds, in a folder of their own that only this user
 * can write to, wherever and with whatever umask the build lies.
 */
#ifndef TESTS_SUPPORT_MODULE_FILES_H
#define TESTS_SUPPORT_MODULE_FILES_H

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/base/unit.h"

struct module_files {
    char folder[64];
    char path[160]; /* of the one that was copied last */
};

static inline void module_files_make(struct module_files *m)
{
    (void)snprintf(m->folder, sizeof m->folder, "%s/wavu-mod-XXXXXX", P_tmpdir);
    assert_non_null(mkdtemp(m->folder));
}

static inline int module_files_remove_one(const char *path, const struct stat *info, int type,
                                          struct FTW *walk)
{
    (void)info;
    (void)type;
    (void)walk;
    return remove(path);
}

static inline void module_files_remove(const struct module_files *m)
{
    assert_int_equal(nftw(m->folder, module_files_remove_one, 8, FTW_DEPTH | FTW_PHYS), 0);
}

/* Write `bytes` to `name` in the folder. Returns its path. */
static inline const char *module_files_write(struct module_files *m, const char *name,
                                             const void *bytes, size_t len)
{
    (void)snprintf(m->path, sizeof m->path, "%s/%s", m->folder, name);
    (void)remove(m->path); /* it may be loaded: that one stays as it is */
    FILE *file = fopen(m->path, "we");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, len, file), len);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(chmod(m->path, 0644), 0);
    return m->path;
}

/* Copy the built module `name` ("odd_good") there. Returns its path. */
static inline const char *module_files_copy(struct module_files *m, const char *name)
{
    char from[512];
    char to[64];
    const size_t most = 4 * 1024 * 1024;
    char *bytes = malloc(most);
    (void)snprintf(from, sizeof from, "%s/%s.so", WAVU_TEST_MODULES, name);
    (void)snprintf(to, sizeof to, "%s.so", name);
    FILE *file = fopen(from, "re");
    assert_non_null(file);
    assert_non_null(bytes);
    size_t len = fread(bytes, 1, most, file);
    assert_int_equal(fclose(file), 0);
    assert_true(len > 0 && len < most);
    const char *path = module_files_write(m, to, bytes, len);
    free(bytes);
    return path;
}

#endif
