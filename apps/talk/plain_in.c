/*
 * Bytes in, lines out.
 */
#include "apps/talk/plain_in.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"

void plain_in_init(struct plain_in *in)
{
    *in = (struct plain_in){.text = mem_new_raw(TALK_WORDS_LINE_MAX)};
}

void plain_in_clear(struct plain_in *in)
{
    mem_free(in->text);
    in->text = NULL;
}

bool plain_in_has_line(const struct plain_in *in)
{
    return memchr(in->text, '\n', in->len) != NULL || in->len == TALK_WORDS_LINE_MAX ||
           (in->is_end && in->len > 0);
}

void plain_in_read(struct plain_in *in, int fd)
{
    const size_t room = TALK_WORDS_LINE_MAX - in->len;
    ssize_t got = room > 0 ? read(fd, in->text + in->len, room) : 0;

    if (room > 0 && (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR))) {
        in->is_end = true;
    }
    in->len += got > 0 ? (size_t)got : 0;
}

static void plain_in_drop(struct plain_in *in, size_t count)
{
    memmove(in->text, in->text + count, in->len - count);
    in->len -= count;
}

bool plain_in_next(struct plain_in *in, char *line, bool *is_too_long)
{
    *is_too_long = false;
    while (plain_in_has_line(in)) {
        const char *end = memchr(in->text, '\n', in->len);
        size_t len = end != NULL ? (size_t)(end - in->text) : in->len;
        const size_t taken = end != NULL ? len + 1 : len;

        if (end == NULL && !in->is_end) { /* full, and no end in sight */
            in->is_too_long = true;
            plain_in_drop(in, taken);
            continue;
        }
        if (in->is_too_long) {
            in->is_too_long = false;
            *is_too_long = true;
            plain_in_drop(in, taken);
            return true;
        }
        len -= len > 0 && in->text[len - 1] == '\r' ? 1 : 0;
        memcpy(line, in->text, len < TALK_WORDS_LINE_MAX ? len : TALK_WORDS_LINE_MAX - 1);
        line[len < TALK_WORDS_LINE_MAX ? len : TALK_WORDS_LINE_MAX - 1] = '\0';
        plain_in_drop(in, taken);
        return true;
    }
    return false;
}
