/* A direct chat's body from any bytes: what is read is written again, and read to the same. */
#include "chat/direct.h"

#include <string.h>

#include "base/check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static uint8_t room[DIRECT_SIZE_MAX];

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct direct a;
    struct direct b;
    struct wr w;

    if (direct_read(&a, span_of(data, len)) != 0) {
        return 0;
    }
    for (int pass = 0; pass < 2; pass++) {
        wr_init(&w, span_mut_of(room, sizeof room));
        direct_write(&w, &a);
        CHECK(wr_finish(&w) == 0 && w.len <= len);
        CHECK(direct_read(&b, wr_span(&w)) == 0);
        CHECK(a.kind == b.kind && a.sequence == b.sequence && a.last == b.last &&
              a.height == b.height && a.expiry == b.expiry && span_is_equal(a.content, b.content) &&
              memcmp(a.chat, b.chat, 32) == 0 && memcmp(a.device, b.device, 32) == 0);
        a.body = span_empty(); /* and once from its fields */
    }
    return 0;
}
