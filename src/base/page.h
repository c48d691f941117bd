/*
 * A text that is printed piece by piece into a buffer; what fails first is kept, so that who prints
 * need not look.
 */
#ifndef BASE_PAGE_H
#define BASE_PAGE_H

#include "base/buf.h"
#include "wavu/api.h"

#define PAGE_PIECE_MAX 1024 /* bytes that one page_print may add, and one */

struct page {
    struct buf *out; /* borrowed */
    int rc;          /* 0, or WAVU_ERR_LIMIT since a piece did not fit */
};

/** Append what `format` gives, as printf does. After a piece that is PAGE_PIECE_MAX bytes or
 * longer, or does not fit `out`, nothing is added any more and `rc` says WAVU_ERR_LIMIT. */
void page_print(struct page *p, const char *format, ...) PRINTF_LIKE(2, 3);

#endif
