/*
 * A name is walked through by code points; what each may be depends on its kind and on those
 * before. The tables hold what Unicode 15 calls default ignorable, format, private use and
 * noncharacter, the marks (name_marks.c), and the few kinds of letters that a joiner may join;
 * other letters are not listed, so that no script is left out.
 */
#include "base/name.h"

#include "base/name_marks.h"
#include "base/utf8.h"

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))
#define NON_JOINER 0x200c
#define INDIC_FIRST 0x0900 /* Devanagari to Sinhala: ten scripts, each a block of 128 */
#define INDIC_END 0x0e00

enum kind {
    LETTER,
    JOINS,   /* an Arabic letter that is written joined to the next one */
    ENDS,    /* one that is joined only to the letter before */
    SYMBOL,  /* may have an emoji as its other shape, and be joined as one */
    MARK,    /* drawn over or under the letter */
    SPACING, /* drawn beside it */
    VIRAMA,  /* a mark of an Indic script that ties the next letter to this one */
    STACKER, /* likewise, in other scripts, and without a shape of its own */
    SPACE,
    JOINER,
    PRESENTATION,
    BAD_SPACE,
    HIDDEN,
    CONTROL,
    BROKEN,
};

struct range {
    uint32_t first;
    uint32_t last;
    enum kind kind;
};

/* Ascending. What is neither here nor a mark is a LETTER: whatever has a shape of its own. */
static const struct range ranges[] = {
    {0x0000, 0x001f, CONTROL},      {0x0020, 0x0020, SPACE},
    {0x007f, 0x009f, CONTROL},      {0x00a0, 0x00a0, BAD_SPACE},
    {0x00ad, 0x00ad, HIDDEN}, /* soft hyphen */
    {0x034f, 0x034f, HIDDEN}, /* grapheme joiner */
    {0x0600, 0x0605, HIDDEN}, /* Arabic signs that enclose what follows */
    {0x061c, 0x061c, HIDDEN}, /* Arabic letter mark: a direction */
    {0x0620, 0x0620, JOINS},        {0x0622, 0x0625, ENDS},
    {0x0626, 0x0626, JOINS},        {0x0627, 0x0627, ENDS},
    {0x0628, 0x0628, JOINS},        {0x0629, 0x0629, ENDS},
    {0x062a, 0x062e, JOINS},        {0x062f, 0x0632, ENDS},
    {0x0633, 0x063f, JOINS},        {0x0641, 0x0647, JOINS},
    {0x0648, 0x0648, ENDS},         {0x0649, 0x064a, JOINS},
    {0x066e, 0x066f, JOINS},        {0x0671, 0x0673, ENDS},
    {0x0675, 0x0677, ENDS},         {0x0678, 0x0687, JOINS},
    {0x0688, 0x0699, ENDS},         {0x069a, 0x06bf, JOINS},
    {0x06c0, 0x06c0, ENDS},         {0x06c1, 0x06c2, JOINS},
    {0x06c3, 0x06cb, ENDS},         {0x06cc, 0x06cc, JOINS},
    {0x06cd, 0x06cd, ENDS},         {0x06ce, 0x06ce, JOINS},
    {0x06cf, 0x06cf, ENDS},         {0x06d0, 0x06d1, JOINS},
    {0x06d2, 0x06d3, ENDS},         {0x06d5, 0x06d5, ENDS},
    {0x06dd, 0x06dd, HIDDEN}, /* encloses */
    {0x06ee, 0x06ef, ENDS},         {0x06fa, 0x06fc, JOINS},
    {0x06ff, 0x06ff, JOINS},        {0x070f, 0x070f, HIDDEN}, /* Syriac abbreviation */
    {0x0890, 0x0891, HIDDEN},       {0x08e2, 0x08e2, HIDDEN},
    {0x094d, 0x094d, VIRAMA},       {0x09cd, 0x09cd, VIRAMA},
    {0x0a4d, 0x0a4d, VIRAMA},       {0x0acd, 0x0acd, VIRAMA},
    {0x0b4d, 0x0b4d, VIRAMA},       {0x0bcd, 0x0bcd, VIRAMA},
    {0x0c4d, 0x0c4d, VIRAMA},       {0x0ccd, 0x0ccd, VIRAMA},
    {0x0d4d, 0x0d4d, VIRAMA},       {0x0dca, 0x0dca, VIRAMA},
    {0x1039, 0x1039, STACKER},                                /* Myanmar */
    {0x115f, 0x1160, HIDDEN},                                 /* Hangul fillers */
    {0x1680, 0x1680, BAD_SPACE},    {0x17b4, 0x17b5, HIDDEN}, /* Khmer vowels without a shape */
    {0x17d2, 0x17d2, STACKER},                                /* Khmer */
    {0x180b, 0x180f, HIDDEN},                                 /* Mongolian selectors */
    {0x1a60, 0x1a60, STACKER},                                /* Tai Tham */
    {0x1bab, 0x1bab, STACKER},                                /* Sundanese */
    {0x2000, 0x200a, BAD_SPACE},    {0x200b, 0x200b, HIDDEN}, /* zero width space */
    {0x200c, 0x200d, JOINER},       {0x200e, 0x200f, HIDDEN}, /* directions */
    {0x2028, 0x202e, HIDDEN},                                 /* ends of lines, directions */
    {0x202f, 0x202f, BAD_SPACE},    {0x203c, 0x203c, SYMBOL},
    {0x2049, 0x2049, SYMBOL},       {0x205f, 0x205f, BAD_SPACE},
    {0x2060, 0x206f, HIDDEN}, /* word joiner, invisible operators, directions */
    {0x2122, 0x2122, SYMBOL},       {0x2139, 0x2139, SYMBOL},
    {0x2190, 0x21ff, SYMBOL},                                 /* arrows */
    {0x2300, 0x23ff, SYMBOL},                                 /* technical */
    {0x24c2, 0x24c2, SYMBOL},       {0x25a0, 0x27bf, SYMBOL}, /* shapes, sundry, dingbats */
    {0x2800, 0x2800, HIDDEN},                                 /* Braille without a dot */
    {0x2900, 0x297f, SYMBOL},       {0x2b00, 0x2bff, SYMBOL},
    {0x2d7f, 0x2d7f, HIDDEN}, /* Tifinagh joiner */
    {0x3000, 0x3000, BAD_SPACE},    {0x3030, 0x3030, SYMBOL},
    {0x303d, 0x303d, SYMBOL},       {0x3164, 0x3164, HIDDEN}, /* Hangul filler */
    {0x3297, 0x3297, SYMBOL},       {0x3299, 0x3299, SYMBOL},
    {0xaaf6, 0xaaf6, STACKER},                                /* Meetei Mayek */
    {0xe000, 0xf8ff, HIDDEN},                                 /* private use */
    {0xfdd0, 0xfdef, BROKEN},                                 /* noncharacters */
    {0xfe00, 0xfe0d, HIDDEN},                                 /* variation selectors */
    {0xfe0e, 0xfe0f, PRESENTATION}, {0xfeff, 0xfeff, HIDDEN}, /* byte order mark */
    {0xffa0, 0xffa0, HIDDEN},                                 /* Hangul filler */
    {0xfff0, 0xfffb, HIDDEN},       {0xfffc, 0xffff, BROKEN}, /* stands for what is not there */
    {0x10a3f, 0x10a3f, STACKER},                              /* Kharoshthi */
    {0x1107f, 0x1107f, STACKER},                              /* Brahmi numbers */
    {0x110bd, 0x110bd, HIDDEN},     {0x110cd, 0x110cd, HIDDEN},
    {0x11133, 0x11133, STACKER},                                /* Chakma */
    {0x1193e, 0x1193e, STACKER},                                /* Dives Akuru */
    {0x11a47, 0x11a47, STACKER},                                /* Zanabazar Square */
    {0x11a99, 0x11a99, STACKER},                                /* Soyombo */
    {0x11d45, 0x11d45, STACKER},                                /* Masaram Gondi */
    {0x11d97, 0x11d97, STACKER},                                /* Gunjala Gondi */
    {0x11f42, 0x11f42, STACKER},                                /* Kawi */
    {0x13430, 0x1345f, HIDDEN},     {0x16fe4, 0x16fe4, HIDDEN}, /* Khitan filler */
    {0x1bca0, 0x1bca3, HIDDEN},     {0x1d159, 0x1d159, HIDDEN}, /* note head without a shape */
    {0x1d173, 0x1d17a, HIDDEN},     {0x1f000, 0x1faff, SYMBOL}, /* pictures */
    {0xe0000, 0x10ffff, HIDDEN},                                /* tags, selectors, private use */
};

/* The blocks of each stacker's script. */
static const struct {
    uint32_t stacker;
    uint32_t first;
    uint32_t last;
} scripts[] = {
    {0x1039, 0x1000, 0x109f},    {0x1039, 0xa9e0, 0xa9ff},    {0x1039, 0xaa60, 0xaa7f},
    {0x17d2, 0x1780, 0x17dd},    {0x1a60, 0x1a20, 0x1a7c},    {0x1bab, 0x1b80, 0x1bbf},
    {0xaaf6, 0xaae0, 0xaaff},    {0xaaf6, 0xabc0, 0xabff},    {0x10a3f, 0x10a00, 0x10a5f},
    {0x1107f, 0x11000, 0x1107f}, {0x11133, 0x11100, 0x1114f}, {0x1193e, 0x11900, 0x1195f},
    {0x11a47, 0x11a00, 0x11a4f}, {0x11a99, 0x11a50, 0x11aaf}, {0x11d45, 0x11d00, 0x11d5f},
    {0x11d97, 0x11d60, 0x11daf}, {0x11f42, 0x11f00, 0x11f5f},
};

static bool is_of_script(uint32_t stacker, uint32_t point)
{
    bool is_of = false;
    for (size_t i = 0; i < COUNT_OF(scripts); i++) {
        is_of = is_of || (scripts[i].stacker == stacker && point >= scripts[i].first &&
                          point <= scripts[i].last);
    }
    return is_of;
}

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
    if (from < COUNT_OF(ranges) && point >= ranges[from].first) {
        return ranges[from].kind;
    }
    switch (name_marks_of(point)) {
    case NAME_MARKS_PILED:
        return MARK;
    case NAME_MARKS_SPACING:
        return SPACING;
    case NAME_MARKS_NONE:
        break;
    }
    return LETTER;
}

struct sign {
    enum kind kind;
    uint32_t point;
};

/* Where the walk stands. */
struct walk {
    struct sign last;   /* SPACE at the beginning: nothing may follow that needs a letter */
    struct sign before; /* the last */
    enum kind base;     /* what the last marks stand on, or the last */
    unsigned marks;     /* on it */
};

static bool is_mark(enum kind kind)
{
    return kind == MARK || kind == SPACING || kind == VIRAMA || kind == STACKER;
}

/* Whether the joiner that is w->last shows between the sign before it and `next`:
 * - U+200C behind an Arabic letter that would join the next one;
 * - U+200D between symbols, which become one emoji;
 * - either behind a virama, or U+200D before one, in one Indic script. */
static bool is_joiner_seen(const struct walk *w, struct sign next)
{
    const bool apart = w->last.point == NON_JOINER;
    const struct sign before = w->before;
    if (w->base == JOINS) {
        return apart && (before.kind == JOINS || before.kind == MARK) &&
               (next.kind == JOINS || next.kind == ENDS);
    }
    if (before.kind == SYMBOL || before.kind == PRESENTATION) {
        return !apart && next.kind == SYMBOL;
    }
    if (before.point < INDIC_FIRST || before.point >= INDIC_END ||
        before.point / 128 != next.point / 128) {
        return false;
    }
    return before.kind == VIRAMA ? next.kind == LETTER
                                 : !apart && before.kind == LETTER && next.kind == VIRAMA;
}

/* Whether a stacker shows: behind a letter of its script, marks of that or none on it, and before
 * another one, which it puts below. */
static bool is_stacker_seen(const struct walk *w, struct sign next)
{
    const struct sign last = w->last;
    if (last.kind == STACKER) {
        return next.kind == LETTER && is_of_script(last.point, next.point);
    }
    return w->base == LETTER && (last.kind == LETTER || is_mark(last.kind)) &&
           is_of_script(next.point, last.point);
}

static enum name_problem problem_of(const struct walk *w, struct sign next)
{
    if ((w->last.kind == JOINER && !is_joiner_seen(w, next)) ||
        ((w->last.kind == STACKER || next.kind == STACKER) && !is_stacker_seen(w, next))) {
        return NAME_HIDDEN;
    }
    switch (next.kind) {
    case LETTER:
    case JOINS:
    case ENDS:
    case SYMBOL:
    case JOINER: /* what follows decides */
        return NAME_GOOD;
    case SPACE:
        return w->last.kind == SPACE ? NAME_SPACES : NAME_GOOD;
    case MARK:
    case VIRAMA:
    case STACKER:
        return w->last.kind == SPACE || w->marks >= NAME_MARKS_MAX ? NAME_MARKS : NAME_GOOD;
    case SPACING:
        return w->last.kind == SPACE ? NAME_MARKS : NAME_GOOD;
    case PRESENTATION:
        return w->last.kind == SYMBOL ? NAME_GOOD : NAME_HIDDEN;
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

/* `next` is good: go on behind it. Marks beside a letter do not begin a new one, nor do joiners and
 * presentations: so nothing lets marks pile up higher. */
static void step(struct walk *w, struct sign next)
{
    if (is_mark(next.kind)) {
        w->marks += next.kind != SPACING;
    } else if (next.kind != JOINER && next.kind != PRESENTATION) {
        w->base = next.kind;
        w->marks = 0;
    }
    w->before = w->last;
    w->last = next;
}

enum name_problem name_check(struct span name)
{
    struct walk w = {.last.kind = SPACE, .before.kind = SPACE, .base = SPACE};
    size_t at = 0;
    if (name.len == 0) {
        return NAME_EMPTY;
    }
    if (name.len > NAME_SIZE_MAX) {
        return NAME_LONG;
    }
    while (at < name.len) {
        struct sign next = {.kind = BROKEN};
        const size_t len = utf8_next(&next.point, name, at);
        if (len > 0) {
            next.kind = kind_of(next.point);
        }
        const enum name_problem problem = problem_of(&w, next);
        if (problem != NAME_GOOD) {
            return problem;
        }
        step(&w, next);
        at += len;
    }
    if (w.last.kind == JOINER || w.last.kind == STACKER) {
        return NAME_HIDDEN;
    }
    return w.last.kind == SPACE ? NAME_SPACES : NAME_GOOD;
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
