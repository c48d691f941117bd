/*
 * Appending, and two ways to quote.
 */
#include "apps/sim/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/check.h"
#include "base/mem.h"
#include "base/utf8.h"

#define UNKNOWN "\xef\xbf\xbd" /* U+FFFD */

void text_init(struct text *t)
{
    *t = (struct text){.at = NULL};
}

void text_clear(struct text *t)
{
    mem_free(t->at);
    text_init(t);
}

static void reserve(struct text *t, size_t more)
{
    if (t->cap - t->len > more) {
        return;
    }
    size_t cap = t->cap == 0 ? 4096 : t->cap;
    while (cap - t->len <= more) {
        cap *= 2;
    }
    t->at = mem_resize(t->at, cap);
    t->cap = cap;
}

static void add_bytes(struct text *t, const char *bytes, size_t len)
{
    reserve(t, len);
    memcpy(t->at + t->len, bytes, len);
    t->len += len;
    t->at[t->len] = '\0';
}

void text_add(struct text *t, const char *format, ...)
{
    va_list arguments;
    char few[1];
    va_start(arguments, format);
    int len = vsnprintf(few, sizeof few, format, arguments);
    va_end(arguments);
    CHECK(len >= 0);
    reserve(t, (size_t)len);
    va_start(arguments, format);
    len = vsnprintf(t->at + t->len, t->cap - t->len, format, arguments);
    va_end(arguments);
    CHECK(len >= 0);
    t->len += (size_t)len;
}

/* Bytes of the character at `at`, which XML and JSON both take; 0 when there is none. */
static size_t char_len(struct span s, size_t at)
{
    uint32_t point = 0;
    size_t len = utf8_next(&point, s, at);
    return point == 0xfffe || point == 0xffff ? 0 : len;
}

void text_json(struct text *t, const char *s)
{
    add_bytes(t, "\"", 1);
    const struct span all = span_from_text(s);
    for (size_t at = 0, len = 0; at < all.len; at += len == 0 ? 1 : len) {
        unsigned char c = all.ptr[at];
        len = char_len(all, at);
        if (len == 0) {
            text_add(t, UNKNOWN);
        } else if (c == '"' || c == '\\') {
            text_add(t, "\\%c", c);
        } else if (c == '\n') {
            text_add(t, "\\n");
        } else if (c < ' ' || c == 0x7f) {
            text_add(t, "\\u%04x", c);
        } else {
            add_bytes(t, s + at, len);
        }
    }
    add_bytes(t, "\"", 1);
}

void text_html(struct text *t, const char *s)
{
    const struct span all = span_from_text(s);
    for (size_t at = 0, len = 0; at < all.len; at += len == 0 ? 1 : len) {
        unsigned char c = all.ptr[at];
        len = char_len(all, at);
        bool is_control = (c < ' ' && c != '\n' && c != '\t') || c == 0x7f;
        if (len == 0 || is_control) {
            text_add(t, UNKNOWN);
        } else if (strchr("&<>\"'", c) != NULL) {
            text_add(t, "&#%u;", c);
        } else {
            add_bytes(t, s + at, len);
        }
    }
}
