/*
 * A name is walked through by code points; what each may be depends on its kind and on the one
 * before. The tables hold what Unicode 15 calls default ignorable, format, private use and
 * noncharacter, and the marks that people pile up; letters are not listed, so that no script is
 * left out and no table grows old.
 */
#include "base/name.h"

#include "base/utf8.h"

#define LATIN_END 0x370 /* Latin letters and their marks: a joiner joins nothing there */
#define SYMBOLS 0x2000  /* from here on a character may have an emoji as its other shape */
#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

enum kind { LETTER, SPACE, MARK, JOINER, PRESENTATION, BAD_SPACE, HIDDEN, CONTROL, BROKEN };

struct range {
    uint32_t first;
    uint32_t last;
    enum kind kind;
};

/* Ascending. What is in none is a LETTER: whatever has a shape of its own. */
static const struct range ranges[] = {
    {0x0000, 0x001f, CONTROL},      {0x0020, 0x0020, SPACE},
    {0x007f, 0x009f, CONTROL},      {0x00a0, 0x00a0, BAD_SPACE},
    {0x00ad, 0x00ad, HIDDEN},                                 /* soft hyphen */
    {0x0300, 0x034e, MARK},         {0x034f, 0x034f, HIDDEN}, /* grapheme joiner */
    {0x0350, 0x036f, MARK},         {0x0483, 0x0489, MARK},
    {0x0591, 0x05bd, MARK},   /* Hebrew points */
    {0x0610, 0x061a, MARK},   /* Arabic */
    {0x061c, 0x061c, HIDDEN}, /* Arabic letter mark: a direction */
    {0x064b, 0x065f, MARK},         {0x0670, 0x0670, MARK},
    {0x06d6, 0x06dc, MARK},         {0x0e31, 0x0e31, MARK}, /* Thai */
    {0x0e34, 0x0e3a, MARK},         {0x0e47, 0x0e4e, MARK},
    {0x0f71, 0x0f7e, MARK},                                   /* Tibetan */
    {0x0f80, 0x0f84, MARK},         {0x115f, 0x1160, HIDDEN}, /* Hangul fillers */
    {0x1680, 0x1680, BAD_SPACE},    {0x17b4, 0x17b5, HIDDEN}, /* Khmer vowels without a shape */
    {0x180b, 0x180f, HIDDEN},                                 /* Mongolian selectors */
    {0x1ab0, 0x1aff, MARK},         {0x1dc0, 0x1dff, MARK},
    {0x2000, 0x200a, BAD_SPACE},    {0x200b, 0x200b, HIDDEN}, /* zero width space */
    {0x200c, 0x200d, JOINER},       {0x200e, 0x200f, HIDDEN}, /* directions */
    {0x2028, 0x202e, HIDDEN},                                 /* ends of lines, directions */
    {0x202f, 0x202f, BAD_SPACE},    {0x205f, 0x205f, BAD_SPACE},
    {0x2060, 0x206f, HIDDEN}, /* word joiner, invisible operators, directions */
    {0x20d0, 0x20ff, MARK},         {0x2800, 0x2800, HIDDEN}, /* Braille without a dot */
    {0x3000, 0x3000, BAD_SPACE},    {0x3164, 0x3164, HIDDEN}, /* Hangul filler */
    {0xe000, 0xf8ff, HIDDEN},                                 /* private use */
    {0xfdd0, 0xfdef, BROKEN},                                 /* noncharacters */
    {0xfe00, 0xfe0d, HIDDEN},                                 /* variation selectors */
    {0xfe0e, 0xfe0f, PRESENTATION}, {0xfe20, 0xfe2f, MARK},
    {0xfeff, 0xfeff, HIDDEN}, /* byte order mark */
    {0xffa0, 0xffa0, HIDDEN}, /* Hangul filler */
    {0xfff0, 0xfff8, HIDDEN},       {0xfff9, 0xfffb, HIDDEN},
    {0xfffc, 0xffff, BROKEN}, /* stands for what is not there */
    {0x13430, 0x1345f, HIDDEN},     {0x1bca0, 0x1bca3, HIDDEN},
    {0x1d173, 0x1d17a, HIDDEN},     {0xe0000, 0x10ffff, HIDDEN}, /* tags, selectors, private use */
};

static enum kind kind_of(uint32_t point)
{
    size_t from = 0;
    size_t to = COUNT_OF(ranges);
    if ((point & 0xfffe) == 0xfffe) {
        return BROKEN; /* the last two of each plane */
    }
    while (from < to) {
        const size_t middle = from + (to - from) / 2;
        if (point > ranges[middle].last) {
            from = middle + 1;
        } else {
            to = middle;
        }
    }
    return from < COUNT_OF(ranges) && point >= ranges[from].first ? ranges[from].kind : LETTER;
}

/* Where the walk stands: the code point before, and marks in a row. */
struct walk {
    enum kind kind; /* SPACE at the beginning: nothing may follow that needs a letter */
    uint32_t point;
    unsigned marks;
};

static enum name_problem problem_of(const struct walk *before, enum kind kind, uint32_t point)
{
    switch (kind) {
    case LETTER: /* a joiner joins what is joined in its script, and emoji */
        return before->kind == JOINER && point < LATIN_END ? NAME_HIDDEN : NAME_GOOD;
    case SPACE:
        if (before->kind == JOINER) {
            return NAME_HIDDEN;
        }
        return before->kind == SPACE ? NAME_SPACES : NAME_GOOD;
    case MARK:
        if (before->kind == JOINER) {
            return NAME_HIDDEN;
        }
        return before->kind == SPACE || before->marks >= NAME_MARKS_MAX ? NAME_MARKS : NAME_GOOD;
    case JOINER:
        return before->kind == SPACE || before->kind == JOINER || before->point < LATIN_END
                   ? NAME_HIDDEN
                   : NAME_GOOD;
    case PRESENTATION:
        return before->kind != LETTER || before->point < SYMBOLS ? NAME_HIDDEN : NAME_GOOD;
    case BAD_SPACE:
        return NAME_SPACES;
    case HIDDEN:
        return NAME_HIDDEN;
    case CONTROL:
        return NAME_CONTROL;
    case BROKEN:
        return NAME_BROKEN;
    }
    return NAME_BROKEN;
}

enum name_problem name_check(struct span name)
{
    struct walk before = {.kind = SPACE};
    size_t at = 0;
    if (name.len == 0) {
        return NAME_EMPTY;
    }
    if (name.len > NAME_SIZE_MAX) {
        return NAME_LONG;
    }
    while (at < name.len) {
        uint32_t point = 0;
        const size_t len = utf8_next(&point, name, at);
        const enum kind kind = len == 0 ? BROKEN : kind_of(point);
        const enum name_problem problem = problem_of(&before, kind, point);
        if (problem != NAME_GOOD) {
            return problem;
        }
        before = (struct walk){
            .kind = kind, .point = point, .marks = kind == MARK ? before.marks + 1 : 0};
        at += len;
    }
    if (before.kind == JOINER) {
        return NAME_HIDDEN;
    }
    return before.kind == SPACE ? NAME_SPACES : NAME_GOOD;
}

const char *name_explain(enum name_problem problem)
{
    switch (problem) {
    case NAME_GOOD:
        return "The name is good.";
    case NAME_EMPTY:
        return "A name has one letter at least.";
    case NAME_LONG:
        return "A name has at most 64 bytes, about 20 to 60 letters; choose a shorter one.";
    case NAME_BROKEN:
        return "The name is no readable text (UTF-8); type it again.";
    case NAME_CONTROL:
        return "The name has a control character; leave it out.";
    case NAME_HIDDEN:
        return "The name has a character that nobody sees or that turns the line around; type the "
               "name again without copying it.";
    case NAME_SPACES:
        return "The name begins or ends with a space, or has two in a row or an uncommon one; use "
               "single spaces inside.";
    case NAME_MARKS:
        return "The name has an accent on nothing, or more than four on one letter.";
    }
    return "The name cannot be understood.";
}
