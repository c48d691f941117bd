/*
 * Likenesses: by a table of signs, else by what the character is composed of (NFKD).
 */
#include "apps/tui/glyph_ascii.h"

#include <stddef.h>
#include <string.h>

#include <utf8proc.h>

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))
#define PARTS_MAX 18 /* code points that one decomposes into, the longest of Unicode */

struct likeness {
    uint32_t point;
    const char *text;
};

/* In the order of the code points. */
static const struct likeness likenesses[] = {
    {0xa0, " "},        {0xa1, "!"},       {0xa2, "c"},      {0xa3, "GBP"},    {0xa5, "JPY"},
    {0xa7, "S."},       {0xa9, "(c)"},     {0xab, "<<"},     {0xae, "(R)"},    {0xb0, "o"},
    {0xb1, "+-"},       {0xb4, "'"},       {0xb6, "P."},     {0xb7, "."},      {0xbb, ">>"},
    {0xbf, "?"},        {0xc6, "AE"},      {0xd0, "D"},      {0xd7, "x"},      {0xd8, "O"},
    {0xde, "Th"},       {0xdf, "ss"},      {0xe6, "ae"},     {0xf0, "d"},      {0xf7, "/"},
    {0xf8, "o"},        {0xfe, "th"},      {0x110, "D"},     {0x111, "d"},     {0x131, "i"},
    {0x141, "L"},       {0x142, "l"},      {0x152, "OE"},    {0x153, "oe"},    {0x2010, "-"},
    {0x2011, "-"},      {0x2012, "-"},     {0x2013, "-"},    {0x2014, "--"},   {0x2018, "'"},
    {0x2019, "'"},      {0x201a, ","},     {0x201c, "\""},   {0x201d, "\""},   {0x201e, "\""},
    {0x2022, "*"},      {0x2026, "..."},   {0x2032, "'"},    {0x2033, "\""},   {0x2039, "<"},
    {0x203a, ">"},      {0x20ac, "EUR"},   {0x2190, "<-"},   {0x2191, "^"},    {0x2192, "->"},
    {0x2193, "v"},      {0x2212, "-"},     {0x2260, "!="},   {0x2264, "<="},   {0x2265, ">="},
    {0x2605, "*"},      {0x263a, ":)"},    {0x2713, "v"},    {0x2714, "v"},    {0x2717, "x"},
    {0x2764, "<3"},     {0x1f389, "\\o/"}, {0x1f44d, "(y)"}, {0x1f44e, "(n)"}, {0x1f44b, "o/"},
    {0x1f499, "<3"},    {0x1f600, ":D"},   {0x1f602, ":'D"}, {0x1f609, ";)"},  {0x1f610, ":|"},
    {0x1f61b, ":P"},    {0x1f61e, ":("},   {0x1f622, ":'("}, {0x1f62e, ":o"},  {0x1f642, ":)"},
    {0x1f64f, "_/\\_"},
};

/* The ASCII letters that it is composed of; nothing when there are others than marks. */
static size_t decompose(uint32_t point, char out[GLYPH_ASCII_MAX])
{
    utf8proc_int32_t parts[PARTS_MAX];
    int last = 0;
    size_t len = 0;
    utf8proc_ssize_t count = utf8proc_decompose_char((utf8proc_int32_t)point, parts, PARTS_MAX,
                                                     UTF8PROC_DECOMPOSE | UTF8PROC_COMPAT, &last);
    if (count < 0 || count > PARTS_MAX) {
        return 0;
    }
    for (utf8proc_ssize_t i = 0; i < count; i++) {
        if (parts[i] >= ' ' && parts[i] < 0x7f && len + 1 < GLYPH_ASCII_MAX) {
            out[len++] = (char)parts[i];
        } else if (utf8proc_category(parts[i]) != UTF8PROC_CATEGORY_MN) {
            return 0;
        }
    }
    return len;
}

const char *glyph_ascii(uint32_t point, char out[GLYPH_ASCII_MAX])
{
    if (point >= 0x1f1e6 && point <= 0x1f1ff) { /* half a flag: the letter of a country */
        out[0] = (char)('A' + (point - 0x1f1e6));
        out[1] = '\0';
        return out;
    }
    for (size_t i = 0; i < COUNT_OF(likenesses); i++) {
        if (likenesses[i].point == point) {
            memcpy(out, likenesses[i].text, strlen(likenesses[i].text) + 1);
            return out;
        }
    }
    size_t len = decompose(point, out);
    if (len == 0) {
        out[len++] = '?';
    }
    out[len] = '\0';
    return out;
}
