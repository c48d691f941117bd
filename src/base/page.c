/*
 * Pieces of text, formatted on the stack.
 */
#include "base/page.h"

#include <stdarg.h>
#include <stdio.h>

void page_print(struct page *p, const char *format, ...)
{
    char piece[PAGE_PIECE_MAX];
    va_list args;

    if (p->rc != 0) {
        return;
    }
    va_start(args, format);
    int len = vsnprintf(piece, sizeof piece, format, args);
    va_end(args);
    p->rc = len >= 0 && (size_t)len < sizeof piece
                ? buf_append(p->out, span_of((const uint8_t *)piece, (size_t)len))
                : WAVU_ERR_LIMIT;
}
