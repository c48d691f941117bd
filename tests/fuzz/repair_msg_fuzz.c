/* A frame of repair from any bytes. What reads is written again to the same bytes, unless a varint
 * was longer than it need be, which none is. */
#include "chat/repair_msg.h"

#include "base/check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static uint8_t again[REPAIR_MSG_SIZE_MAX];

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct repair_msg m;
    struct repair_msg_row row;
    struct rd rows;
    struct wr w;

    if (repair_msg_read(&m, span_of(data, len)) < 0) {
        return 0;
    }
    wr_init(&w, span_mut_of(again, sizeof again));
    repair_msg_write(&w, &m);
    if (m.kind == REPAIR_CHAINS) {
        rd_init(&rows, m.items);
        while (repair_msg_next(&rows, &row)) {
            repair_msg_write_row(&w, &row);
        }
    } else if (m.kind != REPAIR_DONE) {
        wr_bytes(&w, m.kind == REPAIR_VALUE ? m.stored : m.items);
    }
    CHECK(wr_finish(&w) == 0 && span_is_equal(wr_span(&w), span_of(data, len)));
    return 0;
}
