/*
 * A text that grows: what JSON results and HTML reports are written into before a file gets them.
 */
#ifndef APPS_SIM_TEXT_H
#define APPS_SIM_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wavu/api.h"

struct text {
    char *at;   /* owned; NUL-terminated once something was added, NULL before */
    size_t len; /* bytes without the NUL */
    size_t cap;
};

void text_init(struct text *t);
void text_clear(struct text *t);

void text_add(struct text *t, const char *format, ...) PRINTF_LIKE(2, 3);

/** `s` as a JSON string with its quotes. Bytes that are no UTF-8's become U+FFFD. */
void text_json(struct text *t, const char *s);

/** `s` as character data or an attribute's value: &, <, >, " and ' escaped, control characters but
 * tab and newline and bytes that are no UTF-8's become U+FFFD. */
void text_html(struct text *t, const char *s);

#endif
