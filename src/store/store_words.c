/*
 * Characters come from UTF-8 and go through one table: what ends a word, what is dropped, what is
 * a word by itself, and what becomes another letter. All else above ASCII is a letter as it is.
 *
 * The table follows Unicode's lower case and decompositions for Latin, Greek and Cyrillic letters
 * in use; letters that differ by an accent only become the same, composed or not.
 */
#include "store/store_words.h"

#include <string.h>

#define BEHIND 0x110000U /* no character: Unicode's end */

enum fold_kind {
    BREAK,  /* ends a word */
    DROP,   /* as if it were not there: accents by themselves */
    SINGLE, /* a word of its own: scripts without spaces, and pictures */
    BASE,   /* becomes `to` */
    SHIFT,  /* becomes itself and `to` */
    EVEN,   /* pairs: an even one becomes the odd one behind it */
    ODD     /* pairs: an odd one becomes the even one behind it */
};

struct fold {
    uint32_t first;
    uint32_t last;
    enum fold_kind kind;
    uint32_t to;
};

/* In order, without overlaps. */
static const struct fold folds[] = {
    {0x00, 0x2f, BREAK, 0},        {'0', '9', SHIFT, 0},
    {0x3a, 0x40, BREAK, 0},        {'A', 'Z', SHIFT, 32},
    {0x5b, 0x60, BREAK, 0},        {'a', 'z', SHIFT, 0},
    {0x7b, 0xa9, BREAK, 0},        {0xaa, 0xaa, BASE, 'a'},
    {0xab, 0xb4, BREAK, 0},        {0xb5, 0xb5, BASE, 0x3bc},
    {0xb6, 0xb9, BREAK, 0},        {0xba, 0xba, BASE, 'o'},
    {0xbb, 0xbf, BREAK, 0},        {0xc0, 0xc5, BASE, 'a'},
    {0xc6, 0xc6, SHIFT, 32},       {0xc7, 0xc7, BASE, 'c'},
    {0xc8, 0xcb, BASE, 'e'},       {0xcc, 0xcf, BASE, 'i'},
    {0xd0, 0xd0, SHIFT, 32},       {0xd1, 0xd1, BASE, 'n'},
    {0xd2, 0xd6, BASE, 'o'},       {0xd7, 0xd7, BREAK, 0},
    {0xd8, 0xd8, BASE, 'o'},       {0xd9, 0xdc, BASE, 'u'},
    {0xdd, 0xdd, BASE, 'y'},       {0xde, 0xde, SHIFT, 32},
    {0xe0, 0xe5, BASE, 'a'},       {0xe7, 0xe7, BASE, 'c'},
    {0xe8, 0xeb, BASE, 'e'},       {0xec, 0xef, BASE, 'i'},
    {0xf1, 0xf1, BASE, 'n'},       {0xf2, 0xf6, BASE, 'o'},
    {0xf7, 0xf7, BREAK, 0},        {0xf8, 0xf8, BASE, 'o'},
    {0xf9, 0xfc, BASE, 'u'},       {0xfd, 0xfd, BASE, 'y'},
    {0xff, 0xff, BASE, 'y'},       {0x100, 0x105, BASE, 'a'},
    {0x106, 0x10d, BASE, 'c'},     {0x10e, 0x111, BASE, 'd'},
    {0x112, 0x11b, BASE, 'e'},     {0x11c, 0x123, BASE, 'g'},
    {0x124, 0x127, BASE, 'h'},     {0x128, 0x131, BASE, 'i'},
    {0x132, 0x132, SHIFT, 1},      {0x134, 0x135, BASE, 'j'},
    {0x136, 0x138, BASE, 'k'},     {0x139, 0x142, BASE, 'l'},
    {0x143, 0x149, BASE, 'n'},     {0x14a, 0x14a, SHIFT, 1},
    {0x14c, 0x151, BASE, 'o'},     {0x152, 0x152, SHIFT, 1},
    {0x154, 0x159, BASE, 'r'},     {0x15a, 0x161, BASE, 's'},
    {0x162, 0x167, BASE, 't'},     {0x168, 0x173, BASE, 'u'},
    {0x174, 0x175, BASE, 'w'},     {0x176, 0x178, BASE, 'y'},
    {0x179, 0x17e, BASE, 'z'},     {0x17f, 0x17f, BASE, 's'},
    {0x1a0, 0x1a1, BASE, 'o'},     {0x1af, 0x1b0, BASE, 'u'},
    {0x1cd, 0x1ce, BASE, 'a'},     {0x1cf, 0x1d0, BASE, 'i'},
    {0x1d1, 0x1d2, BASE, 'o'},     {0x1d3, 0x1dc, BASE, 'u'},
    {0x1de, 0x1e1, BASE, 'a'},     {0x1e2, 0x1e3, BASE, 0xe6},
    {0x1e4, 0x1e7, BASE, 'g'},     {0x1e8, 0x1e9, BASE, 'k'},
    {0x1ea, 0x1ed, BASE, 'o'},     {0x1f8, 0x1f9, BASE, 'n'},
    {0x1fa, 0x1fb, BASE, 'a'},     {0x1fc, 0x1fd, BASE, 0xe6},
    {0x1fe, 0x1ff, BASE, 'o'},     {0x200, 0x203, BASE, 'a'},
    {0x204, 0x207, BASE, 'e'},     {0x208, 0x20b, BASE, 'i'},
    {0x20c, 0x20f, BASE, 'o'},     {0x210, 0x213, BASE, 'r'},
    {0x214, 0x217, BASE, 'u'},     {0x218, 0x219, BASE, 's'},
    {0x21a, 0x21b, BASE, 't'},     {0x21c, 0x21c, SHIFT, 1},
    {0x21e, 0x21f, BASE, 'h'},     {0x226, 0x227, BASE, 'a'},
    {0x228, 0x229, BASE, 'e'},     {0x22a, 0x231, BASE, 'o'},
    {0x232, 0x233, BASE, 'y'},     {0x300, 0x36f, DROP, 0},
    {0x37e, 0x37e, BREAK, 0},      {0x384, 0x385, BREAK, 0},
    {0x386, 0x386, BASE, 0x3b1},   {0x387, 0x387, BREAK, 0},
    {0x388, 0x388, BASE, 0x3b5},   {0x389, 0x389, BASE, 0x3b7},
    {0x38a, 0x38a, BASE, 0x3b9},   {0x38c, 0x38c, BASE, 0x3bf},
    {0x38e, 0x38e, BASE, 0x3c5},   {0x38f, 0x38f, BASE, 0x3c9},
    {0x390, 0x390, BASE, 0x3b9},   {0x391, 0x3a9, SHIFT, 32},
    {0x3aa, 0x3aa, BASE, 0x3b9},   {0x3ab, 0x3ab, BASE, 0x3c5},
    {0x3ac, 0x3ac, BASE, 0x3b1},   {0x3ad, 0x3ad, BASE, 0x3b5},
    {0x3ae, 0x3ae, BASE, 0x3b7},   {0x3af, 0x3af, BASE, 0x3b9},
    {0x3b0, 0x3b0, BASE, 0x3c5},   {0x3c2, 0x3c2, BASE, 0x3c3},
    {0x3ca, 0x3ca, BASE, 0x3b9},   {0x3cb, 0x3cb, BASE, 0x3c5},
    {0x3cc, 0x3cc, BASE, 0x3bf},   {0x3cd, 0x3cd, BASE, 0x3c5},
    {0x3ce, 0x3ce, BASE, 0x3c9},   {0x3d8, 0x3ef, EVEN, 0},
    {0x400, 0x401, BASE, 0x435},   {0x402, 0x402, SHIFT, 80},
    {0x403, 0x403, BASE, 0x433},   {0x404, 0x406, SHIFT, 80},
    {0x407, 0x407, BASE, 0x456},   {0x408, 0x40b, SHIFT, 80},
    {0x40c, 0x40c, BASE, 0x43a},   {0x40d, 0x40d, BASE, 0x438},
    {0x40e, 0x40e, BASE, 0x443},   {0x40f, 0x40f, SHIFT, 80},
    {0x410, 0x418, SHIFT, 32},     {0x419, 0x419, BASE, 0x438},
    {0x41a, 0x42f, SHIFT, 32},     {0x439, 0x439, BASE, 0x438},
    {0x450, 0x451, BASE, 0x435},   {0x453, 0x453, BASE, 0x433},
    {0x457, 0x457, BASE, 0x456},   {0x45c, 0x45c, BASE, 0x43a},
    {0x45d, 0x45d, BASE, 0x438},   {0x45e, 0x45e, BASE, 0x443},
    {0x460, 0x481, EVEN, 0},       {0x482, 0x482, BREAK, 0},
    {0x483, 0x489, DROP, 0},       {0x48a, 0x4bf, EVEN, 0},
    {0x4c0, 0x4c0, BASE, 0x4cf},   {0x4c1, 0x4ce, ODD, 0},
    {0x4d0, 0x52f, EVEN, 0},       {0x531, 0x556, SHIFT, 48},
    {0x55a, 0x55f, BREAK, 0},      {0x589, 0x58a, BREAK, 0},
    {0x5be, 0x5be, BREAK, 0},      {0x5c3, 0x5c3, BREAK, 0},
    {0x60c, 0x60d, BREAK, 0},      {0x61b, 0x61f, BREAK, 0},
    {0x640, 0x640, DROP, 0},       {0x64b, 0x65f, DROP, 0},
    {0x66a, 0x66d, BREAK, 0},      {0x6d4, 0x6d4, BREAK, 0},
    {0x964, 0x965, BREAK, 0},      {0x1e00, 0x1e01, BASE, 'a'},
    {0x1e02, 0x1e07, BASE, 'b'},   {0x1e08, 0x1e09, BASE, 'c'},
    {0x1e0a, 0x1e13, BASE, 'd'},   {0x1e14, 0x1e1d, BASE, 'e'},
    {0x1e1e, 0x1e1f, BASE, 'f'},   {0x1e20, 0x1e21, BASE, 'g'},
    {0x1e22, 0x1e2b, BASE, 'h'},   {0x1e2c, 0x1e2f, BASE, 'i'},
    {0x1e30, 0x1e35, BASE, 'k'},   {0x1e36, 0x1e3d, BASE, 'l'},
    {0x1e3e, 0x1e43, BASE, 'm'},   {0x1e44, 0x1e4b, BASE, 'n'},
    {0x1e4c, 0x1e53, BASE, 'o'},   {0x1e54, 0x1e57, BASE, 'p'},
    {0x1e58, 0x1e5f, BASE, 'r'},   {0x1e60, 0x1e69, BASE, 's'},
    {0x1e6a, 0x1e71, BASE, 't'},   {0x1e72, 0x1e7b, BASE, 'u'},
    {0x1e7c, 0x1e7f, BASE, 'v'},   {0x1e80, 0x1e89, BASE, 'w'},
    {0x1e8a, 0x1e8d, BASE, 'x'},   {0x1e8e, 0x1e8f, BASE, 'y'},
    {0x1e90, 0x1e95, BASE, 'z'},   {0x1e96, 0x1e96, BASE, 'h'},
    {0x1e97, 0x1e97, BASE, 't'},   {0x1e98, 0x1e98, BASE, 'w'},
    {0x1e99, 0x1e99, BASE, 'y'},   {0x1e9b, 0x1e9b, BASE, 's'},
    {0x1e9e, 0x1e9e, BASE, 0xdf},  {0x1ea0, 0x1eb7, BASE, 'a'},
    {0x1eb8, 0x1ec7, BASE, 'e'},   {0x1ec8, 0x1ecb, BASE, 'i'},
    {0x1ecc, 0x1ee3, BASE, 'o'},   {0x1ee4, 0x1ef1, BASE, 'u'},
    {0x1ef2, 0x1ef9, BASE, 'y'},   {0x1f00, 0x1f0f, BASE, 0x3b1},
    {0x1f10, 0x1f1f, BASE, 0x3b5}, {0x1f20, 0x1f2f, BASE, 0x3b7},
    {0x1f30, 0x1f3f, BASE, 0x3b9}, {0x1f40, 0x1f4f, BASE, 0x3bf},
    {0x1f50, 0x1f5f, BASE, 0x3c5}, {0x1f60, 0x1f6f, BASE, 0x3c9},
    {0x1f70, 0x1f71, BASE, 0x3b1}, {0x1f72, 0x1f73, BASE, 0x3b5},
    {0x1f74, 0x1f75, BASE, 0x3b7}, {0x1f76, 0x1f77, BASE, 0x3b9},
    {0x1f78, 0x1f79, BASE, 0x3bf}, {0x1f7a, 0x1f7b, BASE, 0x3c5},
    {0x1f7c, 0x1f7d, BASE, 0x3c9}, {0x1f80, 0x1f8f, BASE, 0x3b1},
    {0x1f90, 0x1f9f, BASE, 0x3b7}, {0x1fa0, 0x1faf, BASE, 0x3c9},
    {0x1fb0, 0x1fbc, BASE, 0x3b1}, {0x1fbd, 0x1fc1, BREAK, 0},
    {0x1fc2, 0x1fc7, BASE, 0x3b7}, {0x1fc8, 0x1fc9, BASE, 0x3b5},
    {0x1fca, 0x1fcc, BASE, 0x3b7}, {0x1fcd, 0x1fcf, BREAK, 0},
    {0x1fd0, 0x1fdb, BASE, 0x3b9}, {0x1fdd, 0x1fdf, BREAK, 0},
    {0x1fe0, 0x1fe3, BASE, 0x3c5}, {0x1fe4, 0x1fe5, BASE, 0x3c1},
    {0x1fe6, 0x1feb, BASE, 0x3c5}, {0x1fec, 0x1fec, BASE, 0x3c1},
    {0x1fed, 0x1fef, BREAK, 0},    {0x1ff2, 0x1ff7, BASE, 0x3c9},
    {0x1ff8, 0x1ff9, BASE, 0x3bf}, {0x1ffa, 0x1ffc, BASE, 0x3c9},
    {0x1ffd, 0x200a, BREAK, 0},    {0x200b, 0x200f, DROP, 0},
    {0x2010, 0x2029, BREAK, 0},    {0x202a, 0x202e, DROP, 0},
    {0x202f, 0x205f, BREAK, 0},    {0x2060, 0x206f, DROP, 0},
    {0x2070, 0x20cf, BREAK, 0},    {0x20d0, 0x20ff, DROP, 0},
    {0x2100, 0x25ff, BREAK, 0},    {0x2600, 0x27bf, SINGLE, 0},
    {0x27c0, 0x2bff, BREAK, 0},    {0x2e00, 0x2e7f, BREAK, 0},
    {0x2e80, 0x2fdf, SINGLE, 0},   {0x2fe0, 0x3004, BREAK, 0},
    {0x3005, 0x3007, SINGLE, 0},   {0x3008, 0x3030, BREAK, 0},
    {0x3031, 0x3035, SINGLE, 0},   {0x3036, 0x3040, BREAK, 0},
    {0x3041, 0x3098, SINGLE, 0},   {0x3099, 0x309a, DROP, 0},
    {0x309b, 0x309c, BREAK, 0},    {0x309d, 0x309f, SINGLE, 0},
    {0x30a0, 0x30a0, BREAK, 0},    {0x30a1, 0x30fa, SINGLE, 0},
    {0x30fb, 0x30fb, BREAK, 0},    {0x30fc, 0x312f, SINGLE, 0},
    {0x3190, 0x31ff, SINGLE, 0},   {0x3200, 0x33ff, BREAK, 0},
    {0x3400, 0x9fff, SINGLE, 0},   {0xd800, 0xf8ff, BREAK, 0},
    {0xf900, 0xfaff, SINGLE, 0},   {0xfe00, 0xfe0f, DROP, 0},
    {0xfe10, 0xfe1f, BREAK, 0},    {0xfe20, 0xfe2f, DROP, 0},
    {0xfe30, 0xfe6f, BREAK, 0},    {0xfeff, 0xfeff, DROP, 0},
    {0xff00, 0xff0f, BREAK, 0},    {0xff10, 0xff19, SHIFT, BEHIND - 0xfee0},
    {0xff1a, 0xff20, BREAK, 0},    {0xff21, 0xff3a, SHIFT, BEHIND - 0xfec0},
    {0xff3b, 0xff40, BREAK, 0},    {0xff41, 0xff5a, SHIFT, BEHIND - 0xfee0},
    {0xff5b, 0xff65, BREAK, 0},    {0xff66, 0xff9f, SINGLE, 0},
    {0xffe0, 0xffff, BREAK, 0},    {0x10400, 0x10427, SHIFT, 40},
    {0x1d000, 0x1d3ff, BREAK, 0},  {0x1f000, 0x1f3fa, SINGLE, 0},
    {0x1f3fb, 0x1f3ff, DROP, 0},   {0x1f400, 0x1faff, SINGLE, 0},
    {0x20000, 0x3ffff, SINGLE, 0}, {0xe0000, 0x10ffff, DROP, 0},
};

/* What is done with a character. */
static struct fold fold_of(uint32_t c)
{
    size_t low = 0;
    size_t high = sizeof folds / sizeof folds[0];
    while (low < high) { /* the first whose end is not before it */
        size_t middle = low + (high - low) / 2;
        if (folds[middle].last < c) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    if (low < sizeof folds / sizeof folds[0] && folds[low].first <= c) {
        return folds[low];
    }
    return (struct fold){.kind = SHIFT, .to = 0};
}

static uint32_t apply(const struct fold *f, uint32_t c)
{
    switch (f->kind) {
    case BASE:
        return f->to;
    case SHIFT:
        return (c + f->to) % BEHIND; /* also downwards */
    case EVEN:
        return c | 1;
    case ODD:
        return c + (c & 1);
    case BREAK:
    case DROP:
    case SINGLE:
        break;
    }
    return c;
}

/* The character at `at`, which moves on; bytes that are no UTF-8 end a word, each by itself. */
static uint32_t read_character(struct span s, size_t *at)
{
    static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
    uint8_t first = s.ptr[*at];
    size_t count = first < 0x80 ? 1 : first < 0xc0 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    uint32_t c = count < 2 ? first : first & (0x7fU >> count);
    if (count == 0 || first >= 0xf8 || count > s.len - *at) {
        (*at)++;
        return 0;
    }
    for (size_t i = 1; i < count; i++) {
        uint8_t byte = s.ptr[*at + i];
        if ((byte & 0xc0) != 0x80) {
            (*at)++;
            return 0;
        }
        c = c << 6 | (byte & 0x3f);
    }
    if (count > 1 && (c < smallest[count] || c >= BEHIND)) {
        (*at)++;
        return 0;
    }
    *at += count;
    return c;
}

static size_t write_character(uint8_t out[4], uint32_t c)
{
    if (c < 0x80) {
        out[0] = (uint8_t)c;
        return 1;
    }
    size_t count = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    for (size_t i = count; i-- > 1; c >>= 6) {
        out[i] = (uint8_t)(0x80 | (c & 0x3f));
    }
    out[0] = (uint8_t)((0xf00U >> count & 0xff) | c);
    return count;
}

void store_words_init(struct store_words *w, struct span text)
{
    *w = (struct store_words){.text = text};
}

size_t store_words_next(struct store_words *w, uint8_t out[STORE_WORDS_SIZE_MAX])
{
    size_t len = 0;
    bool is_full = false;
    while (w->at < w->text.len) {
        size_t before = w->at;
        uint8_t bytes[4];
        uint32_t c = read_character(w->text, &w->at);
        struct fold f = fold_of(c);
        if (f.kind == DROP) {
            continue;
        }
        bool ends = f.kind == BREAK || f.kind == SINGLE;
        if (ends && len > 0) {
            w->at = before; /* it comes next */
            return len;
        }
        if (f.kind == BREAK) {
            continue;
        }
        size_t count = write_character(bytes, apply(&f, c));
        is_full = is_full || count > STORE_WORDS_SIZE_MAX - len;
        if (!is_full) {
            memcpy(out + len, bytes, count);
            len += count;
        }
        if (f.kind == SINGLE) {
            return len;
        }
    }
    return len;
}

bool store_words_is_open(struct span text)
{
    bool is_open = false;
    for (size_t at = 0; at < text.len;) {
        struct fold f = fold_of(read_character(text, &at));
        is_open = f.kind == DROP ? is_open : f.kind != BREAK && f.kind != SINGLE;
    }
    return is_open;
}
