/*
 * A mailbox's stored form: one value an envelope, beside its body, and one value a tag. Times are
 * the node's lasting time, so a row is written when it changes and not when time goes by.
 *
 * A part of courier/mailbox.h.
 */
#ifndef COURIER_MAILBOX_ROW_H
#define COURIER_MAILBOX_ROW_H

#include "courier/mailbox.h"

/* format, state, copies, hops, giver told, given count 1 each; head 55, size 4, age 4, came 8,
 * recipient 32, giver 32, token 16; each given 34 */
#define MAILBOX_ROW_MAX (6 + 55 + 4 + 4 + 8 + 32 + 32 + 16 + MAILBOX_GIVEN_MAX * 34)
#define MAILBOX_ROW_TAG_SIZE 41 /* format 1, device 32, end 8 */

/** Append the row of `name`, which a MAILBOX_PUT or MAILBOX_DROP named. */
void mailbox_row_save(struct wr *w, const struct mailbox *m,
                      const uint8_t name[ENVELOPE_NAME_SIZE]);
void mailbox_row_save_tag(struct wr *w, const struct mailbox *m,
                          const uint8_t tag[ENVELOPE_TAG_SIZE]);

/** Take back a row before anything else: all tags, then the envelopes, and m->done's by
 * seen_load; then mailbox_row_settle.
 * WAVU_ERR_CORRUPT, WAVU_ERR_UNSUPPORTED (newer); of an envelope also WAVU_ERR_NOT_FOUND (for no
 * member), _LIMIT (the mailbox is smaller now), _TIMEOUT (too old): the owner deletes it. */
WARN_UNUSED int mailbox_row_load_tag(struct mailbox *m, uint64_t now,
                                     const uint8_t tag[ENVELOPE_TAG_SIZE], struct span row);
WARN_UNUSED int mailbox_row_load(struct mailbox *m, uint64_t now,
                                 const uint8_t name[ENVELOPE_NAME_SIZE], struct span row);
void mailbox_row_settle(struct mailbox *m, uint64_t now);

#endif
