/*
 * What the parts of the outbox share: making a row, for an order that comes and for one that is
 * loaded.
 */
#ifndef COURIER_OUTBOX_CORE_H
#define COURIER_OUTBOX_CORE_H

#include "courier/outbox_turn.h"

/** 0 when the order may have a row; errors as outbox_add. */
WARN_UNUSED int outbox_core_fits(const struct outbox *o, const struct outbox_order *order);

/** An open row, in no place yet. */
struct outbox_row *outbox_core_make(struct outbox *o, const struct outbox_order *order,
                                    uint64_t number, uint64_t came_ns);

/** The row's envelope has `token` and `size` bytes; or its earlier one had. False when another's
 * has the token. */
WARN_UNUSED bool outbox_core_seal(struct outbox *o, struct outbox_row *row, const uint8_t *token,
                                  uint32_t size);
WARN_UNUSED bool outbox_core_earlier(struct outbox *o, struct outbox_row *row,
                                     const uint8_t *token);

/** What the best of the member's devices says. */
enum outbox_state outbox_core_state(const struct outbox_message *m, const uint8_t *member);

#endif
