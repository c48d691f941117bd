/*
 * One folder is read, once, when somebody presses Tab.
 */
#include "apps/talk/talk_paths.h"

#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* The folder that is meant, as opendir takes it: `len` bytes were typed. False: too long. */
static bool talk_paths_folder(const char *typed, size_t len, char out[PATH_MAX])
{
    const char *home = getenv("HOME");
    const bool is_home = len >= 2 && strncmp(typed, "~/", 2) == 0 && home != NULL;
    const size_t skipped = is_home ? 1 : 0;
    const int put = snprintf(out, PATH_MAX, "%s%.*s", is_home ? home : "", (int)(len - skipped),
                             len > 0 ? typed + skipped : "");

    if (put == 0) {
        (void)snprintf(out, PATH_MAX, "./");
    }
    return len < PATH_MAX && put < PATH_MAX;
}

/* What is in a line that is typed has no characters that move a cursor. */
static bool talk_paths_is_plain(const char *name)
{
    for (; *name != '\0'; name++) {
        if ((unsigned char)*name < ' ' || *name == 0x7f) {
            return false;
        }
    }
    return true;
}

static bool talk_paths_is_folder(const char *folder, const char *name)
{
    char path[2 * PATH_MAX];
    struct stat about;

    (void)snprintf(path, sizeof path, "%s%s", folder, name);
    return stat(path, &about) == 0 && S_ISDIR(about.st_mode);
}

static void talk_paths_add(struct talk_words_found *out, const char *folder, const char *name)
{
    const bool is_folder = talk_paths_is_folder(folder, name);

    if (out->count < TALK_WORDS_FOUND_MAX && strlen(name) + 2 <= sizeof out->texts[0]) {
        (void)snprintf(out->texts[out->count++], sizeof out->texts[0], "%.*s%s",
                       (int)sizeof out->texts[0] - 2, name, is_folder ? "/" : "");
    }
}

static int talk_paths_compare(const void *a, const void *b)
{
    return strcmp(a, b);
}

void talk_paths_complete(const char *line, size_t begin, size_t at, struct talk_words_found *out)
{
    char folder[PATH_MAX];
    size_t from = at;
    const struct dirent *entry = NULL;

    while (from > begin && line[from - 1] != '/') {
        from--;
    }
    out->from = from;
    DIR *dir = talk_paths_folder(line + begin, from - begin, folder) ? opendir(folder) : NULL;
    const char *part = line + from;
    const size_t len = at - from;

    for (size_t i = 0; dir != NULL && i < TALK_PATHS_LOOKED_MAX && (entry = readdir(dir)) != NULL;
         i++) {
        const bool is_hidden = entry->d_name[0] == '.' && (len == 0 || part[0] != '.');
        const bool is_dots = strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0;

        if (!is_hidden && !is_dots && talk_paths_is_plain(entry->d_name) &&
            strncmp(entry->d_name, part, len) == 0) {
            talk_paths_add(out, folder, entry->d_name);
        }
    }
    if (dir != NULL) {
        (void)closedir(dir);
    }
    qsort(out->texts, out->count, sizeof out->texts[0], talk_paths_compare);
}
