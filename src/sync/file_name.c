/*
 * Names of received files. Source: docs/protocol/file.md.
 */
#include "sync/file_name.h"

#include <string.h>

#include "base/check.h"
#include "base/name.h"
#include "base/utf8.h"
#include "base/wr.h"

#define NUMBER_ROOM 10 /* " (10000)" and more */

_Static_assert(FILE_NAME_STORED_MAX + NUMBER_ROOM + 1 <= FILE_NAME_SIZE_MAX, "room for a number");

/* Names of Windows' devices, whatever ending is behind them. */
static const char *const devices[] = {"con", "prn", "aux", "nul", "conin$", "conout$"};

static bool is_refused(uint32_t point)
{
    return point < 0x20 || (point < 0x80 && strchr("/\\:*?\"<>|", (int)point) != NULL);
}

/* What stands for the code point in `part`, its sequence, in a stored name; NULL: itself. */
static const char *stand_in(struct span part, uint32_t point)
{
    if (point == ' ') {
        return NULL;
    }
    if (is_refused(point)) {
        return "_";
    }
    switch (name_check(part)) {
    case NAME_GOOD:
    case NAME_MARKS: /* alone it stands on nothing; here it has a letter before it, or does not */
        return NULL;
    case NAME_SPACES:
        return " "; /* another one than the space bar's */
    case NAME_EMPTY:
    case NAME_LONG:
    case NAME_BROKEN:
    case NAME_CONTROL:
    case NAME_HIDDEN:
        return "_";
    }
    return "_";
}

/* Copy `name` with everything bad replaced, up to `room` bytes of whole code points. */
static void clean(struct wr *w, struct span name, size_t room)
{
    size_t at = 0;

    while (at < name.len) {
        uint32_t point = 0;
        size_t len = utf8_next(&point, name, at);
        struct span part = span_slice(name, at, len == 0 ? 1 : len);
        const char *instead = len == 0 ? "_" : stand_in(part, point);
        struct span out = instead == NULL ? part : span_from_text(instead);

        if (w->len + out.len > room) {
            return;
        }
        wr_bytes(w, out);
        at += part.len;
    }
}

static char lower(uint8_t c)
{
    return (char)(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
}

/* Is what stands before the first dot a device? */
static bool is_device(struct span name)
{
    char stem[8] = {0};
    size_t len = span_find(name, 0, '.');

    while (len > 0 && name.ptr[len - 1] == ' ') {
        len--;
    }
    if (len == 0 || len >= sizeof stem) {
        return false;
    }
    for (size_t i = 0; i < len; i++) {
        stem[i] = lower(name.ptr[i]);
    }
    for (size_t i = 0; i < sizeof devices / sizeof *devices; i++) {
        if (strcmp(stem, devices[i]) == 0) {
            return true;
        }
    }
    return len == 4 && (strncmp(stem, "com", 3) == 0 || strncmp(stem, "lpt", 3) == 0) &&
           stem[3] >= '0' && stem[3] <= '9';
}

static bool is_of_ending(uint8_t c)
{
    return (c >= '0' && c <= '9') || (lower(c) >= 'a' && lower(c) <= 'z');
}

/* Where the ending begins, or name.len: a dot behind something, and a few letters or digits. */
static size_t ending_of(struct span name)
{
    size_t at = name.len;

    while (at > 0 && is_of_ending(name.ptr[at - 1])) {
        at--;
    }
    return at > 1 && at < name.len && name.ptr[at - 1] == '.' &&
                   name.len - (at - 1) <= FILE_NAME_ENDING_MAX
               ? at - 1
               : name.len;
}

static size_t without_tail(const uint8_t *name, size_t len)
{
    while (len > 0 && (name[len - 1] == '.' || name[len - 1] == ' ')) {
        len--;
    }
    return len;
}

/* Would a shell or a folder's listing take a name that begins so for something else? */
static bool is_odd_start(uint8_t c)
{
    return strchr(".-~", c) != NULL;
}

bool file_name_is_good(struct span name)
{
    uint8_t room[FILE_NAME_SIZE_MAX];
    struct wr w;

    if (name.len == 0 || name.len > FILE_NAME_SIZE_MAX || is_odd_start(name.ptr[0]) ||
        name.ptr[0] == ' ' || is_device(name) || without_tail(name.ptr, name.len) < name.len) {
        return false;
    }
    wr_init(&w, span_mut_of(room, sizeof room));
    clean(&w, name, sizeof room);
    return span_is_equal(wr_span(&w), name);
}

void file_name_make(char out[FILE_NAME_SIZE_MAX + 1], struct span name, uint32_t number)
{
    uint8_t room[FILE_NAME_SIZE_MAX];
    struct wr body;
    struct wr w;
    size_t end = without_tail(name.ptr, name.len);
    size_t dot = ending_of(span_slice(name, 0, end));
    struct span ending = span_slice(name, dot, end - dot);

    CHECK(number >= 1 && number <= FILE_NAME_NUMBER_MAX);
    wr_init(&body, span_mut_of(room, sizeof room));
    clean(&body, span_slice(name, 0, dot), FILE_NAME_STORED_MAX - FILE_NAME_ENDING_MAX);
    size_t len = without_tail(room, body.len);

    while (len > 0 && room[0] == ' ') {
        memmove(room, room + 1, --len);
    }
    wr_init(&w, span_mut_of(out, FILE_NAME_SIZE_MAX + 1));
    if (len == 0) {
        wr_text(&w, "file");
    } else if (is_odd_start(room[0]) || is_device(span_of(room, len))) {
        wr_u8(&w, '_');
    }
    wr_bytes(&w, span_of(room, len));
    if (number > 1) {
        wr_text(&w, " (");
        wr_decimal(&w, number);
        wr_u8(&w, ')');
    }
    wr_bytes(&w, ending);
    CHECK(wr_finish_text(&w) == 0);
}
