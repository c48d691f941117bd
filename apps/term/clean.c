/*
 * The one table of what is not shown as it is, and the walk over a text.
 */
#include "apps/term/clean.h"

#include <stdbool.h>
#include <string.h>

#include "base/name_marks.h"
#include "base/utf8.h"

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

/* Ascending. What is not here is shown. */
static const struct {
    uint32_t first;
    uint32_t last;
    enum clean_rule rule;
} ranges[] = {
    {0x0000, 0x001f, CLEAN_NEVER},   /* C0 */
    {0x007f, 0x009f, CLEAN_NEVER},   /* DEL, C1 */
    {0x00ad, 0x00ad, CLEAN_NEVER},   /* soft hyphen */
    {0x034f, 0x034f, CLEAN_NEVER},   /* grapheme joiner */
    {0x061c, 0x061c, CLEAN_NEVER},   /* Arabic letter mark: a direction */
    {0x115f, 0x1160, CLEAN_NEVER},   /* Hangul fillers */
    {0x17b4, 0x17b5, CLEAN_NEVER},   /* Khmer vowels without a shape */
    {0x180b, 0x180f, CLEAN_BEHIND},  /* Mongolian selectors */
    {0x200b, 0x200b, CLEAN_NEVER},   /* zero width space */
    {0x200c, 0x200d, CLEAN_BEHIND},  /* joiners: of emojis, of letters in Persian */
    {0x200e, 0x200f, CLEAN_NEVER},   /* directions */
    {0x2028, 0x202e, CLEAN_NEVER},   /* ends of lines and paragraphs, directions */
    {0x2060, 0x206f, CLEAN_NEVER},   /* word joiner, invisible operators, isolates */
    {0x3164, 0x3164, CLEAN_NEVER},   /* Hangul filler */
    {0xd800, 0xdfff, CLEAN_NEVER},   /* halves of pairs: no characters, no UTF-8 */
    {0xfe00, 0xfe0f, CLEAN_BEHIND},  /* variation selectors: an emoji or a sign */
    {0xfeff, 0xfeff, CLEAN_NEVER},   /* byte order mark */
    {0xffa0, 0xffa0, CLEAN_NEVER},   /* Hangul filler */
    {0xfff0, 0xfffb, CLEAN_NEVER},   /* annotations, and what is to be ignored */
    {0x1bca0, 0x1bca3, CLEAN_NEVER}, /* controls of shorthand */
    {0x1d173, 0x1d17a, CLEAN_NEVER}, /* controls of music */
    {0xe0000, 0xe0fff, CLEAN_NEVER}, /* tags, more selectors */
};

enum clean_rule clean_rule_of(uint32_t point)
{
    size_t from = 0;
    size_t to = COUNT_OF(ranges);

    while (from < to) {
        const size_t middle = from + (to - from) / 2;

        if (point > ranges[middle].last) {
            from = middle + 1;
        } else {
            to = middle;
        }
    }
    return from < COUNT_OF(ranges) && point >= ranges[from].first ? ranges[from].rule : CLEAN_SHOWN;
}

/* What stands for what is not shown; its bytes. */
static size_t stand_in(char out[CLEAN_TAB], uint32_t point, enum clean_kind kind)
{
    out[0] = '?';
    if (kind == CLEAN_NAME) {
        return 1;
    }
    if (point == '\t') {
        memset(out, ' ', CLEAN_TAB);
        return CLEAN_TAB;
    }
    if (point == '\n') {
        out[0] = kind == CLEAN_TEXT ? '\n' : ' ';
    }
    return point != '\r' ? 1 : 0; /* of a line's end elsewhere */
}

size_t clean_text(char *out, size_t size, const char *text, size_t len, enum clean_kind kind)
{
    const struct span all = span_of(text, len);
    size_t used = 0;
    size_t piled = 0;
    bool has_before = false; /* something that shows */

    for (size_t at = 0; at < len;) {
        uint32_t point = 0;
        size_t count = utf8_next(&point, all, at);
        const enum clean_rule rule = count > 0 ? clean_rule_of(point) : CLEAN_NEVER;
        const bool is_good = rule == CLEAN_SHOWN || (rule == CLEAN_BEHIND && has_before);
        const bool is_mark =
            is_good && (rule == CLEAN_BEHIND || name_marks_of(point) == NAME_MARKS_PILED);
        const char *from = text + at;
        char instead[CLEAN_TAB];

        at += count > 0 ? count : 1; /* what is left of a broken sequence shows as such */
        if (!is_good) {
            count = stand_in(instead, point, kind);
            from = instead;
        }
        if (count == 0) {
            continue;
        }
        piled = is_mark ? piled + 1 : 0;
        if (piled > CLEAN_MARKS_MAX) {
            continue;
        }
        if (used + count + 1 > size) {
            break;
        }
        memcpy(out + used, from, count);
        used += count;
        has_before = is_good;
    }
    out[used] = '\0';
    return used;
}
