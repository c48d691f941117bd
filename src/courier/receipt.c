/*
 * Receipts to bytes and back.
 */
#include "courier/receipt.h"

#include <string.h>

#include "base/check.h"
#include "base/rd.h"

void receipt_encode(struct wr *w, const struct receipt *receipts, size_t count)
{
    CHECK(count > 0 && count <= RECEIPT_MAX);
    for (size_t i = 0; i < count; i++) {
        wr_bytes(w, span_of(receipts[i].message, sizeof(receipts[i].message)));
        wr_u8(w, receipts[i].state);
    }
}

int receipt_decode(struct receipt receipts[RECEIPT_MAX], size_t *count, struct span body)
{
    struct rd r;
    *count = 0;
    if (body.len == 0 || body.len % RECEIPT_SIZE != 0 || body.len / RECEIPT_SIZE > RECEIPT_MAX) {
        return WAVU_ERR_PROTO;
    }
    rd_init(&r, body);
    while (rd_left(&r) > 0) {
        struct receipt *receipt = &receipts[*count];
        rd_copy(&r, receipt->message, sizeof(receipt->message));
        receipt->state = rd_u8(&r);
        *count += receipt->state == RECEIPT_DELIVERED || receipt->state == RECEIPT_READ ? 1 : 0;
    }
    return 0;
}
