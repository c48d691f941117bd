/*
 * A ring of lines, by number.
 */
#include "apps/shell/shell_history.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"

#define SHELL_HISTORY_PATH_MAX 1100

static char **shell_history_slot(struct shell_history *h, size_t number)
{
    return &h->lines[number % SHELL_HISTORY_MAX];
}

static const char *shell_history_line(const struct shell_history *h, size_t number)
{
    return h->lines[number % SHELL_HISTORY_MAX];
}

void shell_history_clear(struct shell_history *h)
{
    for (size_t i = h->first; i < h->next; i++) {
        mem_free(*shell_history_slot(h, i));
    }
    memset(h, 0, sizeof *h);
}

/* Take out the line of that number; those behind it move up. */
static void shell_history_remove(struct shell_history *h, size_t number)
{
    mem_free(*shell_history_slot(h, number));
    for (size_t i = number; i + 1 < h->next; i++) {
        *shell_history_slot(h, i) = *shell_history_slot(h, i + 1);
    }
    h->next--;
    *shell_history_slot(h, h->next) = NULL;
}

static bool shell_history_is_kept(const char *line, size_t len)
{
    return len > 0 && len < SHELL_HISTORY_LINE_MAX && line[0] != ' ' &&
           memchr(line, '\0', len) == NULL;
}

void shell_history_add(struct shell_history *h, const char *line, size_t len)
{
    len -= len > 0 && line[len - 1] == '\n' ? 1 : 0;
    if (shell_history_is_kept(line, len)) {
        for (size_t i = h->first; i < h->next; i++) {
            const char *other = shell_history_line(h, i);
            if (strlen(other) == len && memcmp(other, line, len) == 0) {
                shell_history_remove(h, i);
            }
        }
        if (h->next - h->first == SHELL_HISTORY_MAX) {
            mem_free(*shell_history_slot(h, h->first));
            h->first++;
        }
        char *copy = mem_new(len + 1);
        memcpy(copy, line, len);
        *shell_history_slot(h, h->next++) = copy;
    }
    h->at = h->next;
}

/* ---- Looking ---- */

static const char *shell_history_go(struct shell_history *h, size_t number)
{
    if (number < h->first || number >= h->next) {
        return NULL;
    }
    h->at = number;
    return shell_history_line(h, number);
}

const char *shell_history_newest(struct shell_history *h)
{
    return h->next == h->first ? NULL : shell_history_go(h, h->next - 1);
}

const char *shell_history_oldest(struct shell_history *h)
{
    return shell_history_go(h, h->first);
}

const char *shell_history_older(struct shell_history *h)
{
    return h->at == h->first ? NULL : shell_history_go(h, h->at - 1);
}

const char *shell_history_newer(struct shell_history *h)
{
    return shell_history_go(h, h->at + 1);
}

const char *shell_history_here(const struct shell_history *h)
{
    return h->at >= h->first && h->at < h->next ? shell_history_line(h, h->at) : NULL;
}

/* ---- The file ---- */

void shell_history_read(struct shell_history *h, struct span text)
{
    char line[SHELL_HISTORY_LINE_MAX];
    size_t len = 0;
    bool is_long = false;
    bool is_escaped = false;
    for (size_t i = 0; i < text.len; i++) {
        char c = (char)text.ptr[i];
        if (c == '\n') {
            shell_history_add(h, line, is_long ? 0 : len);
            len = 0;
            is_long = false;
            is_escaped = false;
            continue;
        }
        if (c == '\\' && !is_escaped) {
            is_escaped = true;
            continue;
        }
        c = is_escaped && c == 'n' ? '\n' : c;
        is_escaped = false;
        is_long = is_long || len == sizeof line;
        if (!is_long) {
            line[len++] = c;
        }
    }
}

void shell_history_load(struct shell_history *h, const char *path)
{
    uint8_t block[4096];
    struct buf text;
    ssize_t got = 1;
    int rc = 0;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW);
    if (fd < 0) {
        return;
    }
    buf_init(&text, SHELL_HISTORY_FILE_MAX);
    while (got > 0 && rc == 0) {
        got = read(fd, block, sizeof block);
        rc = got > 0 ? buf_append(&text, span_of(block, (size_t)got)) : 0;
    }
    (void)close(fd);
    shell_history_read(h, buf_span(&text));
    buf_clear(&text);
}

static bool shell_history_write(const struct shell_history *h, FILE *file)
{
    for (size_t i = h->first; i < h->next; i++) {
        for (const char *c = shell_history_line(h, i); *c != '\0'; c++) {
            if (*c == '\\' || *c == '\n') {
                (void)putc('\\', file);
            }
            (void)putc(*c == '\n' ? 'n' : *c, file);
        }
        (void)putc('\n', file);
    }
    bool is_written = ferror(file) == 0;
    return fclose(file) == 0 && is_written;
}

bool shell_history_save(const struct shell_history *h, const char *path)
{
    char fresh[SHELL_HISTORY_PATH_MAX];
    int len = snprintf(fresh, sizeof fresh, "%s.new", path);
    if (len < 0 || (size_t)len >= sizeof fresh) {
        return false;
    }
    (void)unlink(fresh); /* of a shell that was killed */
    int fd = open(fresh, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    FILE *file = fd < 0 ? NULL : fdopen(fd, "w");
    if (file == NULL) {
        if (fd >= 0) {
            (void)close(fd);
        }
        return false;
    }
    if (!shell_history_write(h, file) || rename(fresh, path) != 0) {
        (void)unlink(fresh);
        return false;
    }
    return true;
}
