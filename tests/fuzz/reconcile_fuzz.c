/*
 * Reconciliation against any frames: bounded answers that the codec reads, the set stays as it is.
 */
#include "sync/reconcile.h"

#include <string.h>

#include "base/check.h"
#include "base/rd.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct random_seeded seeded;
    struct reconcile_set set;
    struct reconcile machine;
    struct reconcile_event event;
    struct rd in;

    random_seeded_init(&seeded, 1);
    const struct random random = random_from_seeded(&seeded);

    rd_init(&in, span_of(data, len));
    reconcile_set_init(&set);
    for (size_t left = rd_u8(&in); left > 0 && !in.failed; left--) {
        struct reconcile_set_item item = {.key = rd_u8(&in)};

        item.id[0] = rd_u8(&in);
        item.id[31] = (uint8_t)left;
        CHECK(reconcile_set_add(&set, &item) == 0);
    }
    const uint64_t size = set.size;

    reconcile_init(&machine, &set, &random);
    while (rd_left(&in) > 0 && !in.failed) {
        size_t frame = rd_u16be(&in);

        if (reconcile_feed(&machine, rd_bytes(&in, frame < rd_left(&in) ? frame : rd_left(&in))) <
            0) {
            break;
        }
        while (reconcile_next_event(&machine, &event)) {
            struct reconcile_msg_reader reader;

            CHECK(event.kind != RECONCILE_FRAME || reconcile_msg_open(&reader, event.frame) == 0);
        }
    }
    CHECK(set.size == size);
    reconcile_set_check(&set);
    reconcile_clear(&machine);
    reconcile_set_clear(&set);
    return 0;
}
