/*
 * The outbox's stored form: one value a row, of a fixed layout. Times are the node's lasting time.
 *
 * A part of courier/outbox.h.
 */
#ifndef COURIER_OUTBOX_ROW_H
#define COURIER_OUTBOX_ROW_H

#include "base/wr.h"
#include "courier/outbox.h"

/* format, state, best, class, flags 1 each; kind, lifetime, body, size 4 each; came 8; message 16;
 * device, member, peer 32 each; token 16, earlier one 16 */
#define OUTBOX_ROW_SIZE (5 + 16 + 8 + 16 + 96 + 32)

/** Append the value of `row`, which an OUTBOX_PUT named. A secret: it holds the token. */
void outbox_row_save(struct wr *w, const struct outbox *o, uint64_t row);

/** Take back a row, in the order of numbers, before anything else. WAVU_ERR_CORRUPT,
 * WAVU_ERR_UNSUPPORTED (newer), WAVU_ERR_LIMIT. */
WARN_UNUSED int outbox_row_load(struct outbox *o, uint64_t now, uint64_t row, struct span value);

#endif
