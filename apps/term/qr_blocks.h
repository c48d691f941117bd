/*
 * A QR code on a terminal, in half blocks: a text comes in, two rows of modules leave a line. Built
 * with libqrencode where it is found; else there is none.
 */
#ifndef APPS_TERM_QR_BLOCKS_H
#define APPS_TERM_QR_BLOCKS_H

#include <stdbool.h>
#include <stddef.h>

#include "wavu/err.h"

#define QR_BLOCKS_QUIET 2        /* modules of light around it; scanners do with less than four */
#define QR_BLOCKS_SIDE_MAX 181   /* modules, with them: version 40 */
#define QR_BLOCKS_TEXT_MAX 65536 /* bytes that are written: 91 lines of 181 * 3 and the colours */

/** Write the QR of `text` into `out`, with a NUL: light modules are bright, also on a dark
 * terminal. `width` is what a line has room for. False, and "" is written: it does not fit there,
 * into QR_BLOCKS_TEXT_MAX, or there is no libqrencode. */
WARN_UNUSED bool qr_blocks_write(char *out, size_t size, const char *text, size_t width);

#endif
