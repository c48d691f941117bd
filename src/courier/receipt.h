/*
 * Receipts: which messages a device has, or its owner has read. A codec of the body of kind 2,
 * which only a session carries.
 *
 * Source: docs/protocol/envelope.md, "Receipts".
 */
#ifndef COURIER_RECEIPT_H
#define COURIER_RECEIPT_H

#include "base/wr.h"
#include "courier/envelope.h"

#define RECEIPT_MAX 64  /* of one body */
#define RECEIPT_SIZE 17 /* message 16, state 1 */

enum receipt_state { RECEIPT_DELIVERED = 1, RECEIPT_READ = 2 };

struct receipt {
    uint8_t message[ENVELOPE_ID_SIZE];
    uint8_t state; /* enum receipt_state */
};

void receipt_encode(struct wr *w, const struct receipt *receipts, size_t count);

/** Read a body; unknown states are passed over. WAVU_ERR_PROTO when it is none. */
WARN_UNUSED int receipt_decode(struct receipt receipts[RECEIPT_MAX], size_t *count,
                               struct span body);

#endif
