/* Several broadcasts in one from any bytes. What is whole is put together again to the same bytes.
 */
#include "chat/rooms_many.h"

#include "base/check.h"

#define SIZE_MAX_HERE 65536

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static uint8_t again[SIZE_MAX_HERE];

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct span one = span_empty();
    struct rd r;
    struct wr w;

    if (len > sizeof again || !rooms_many_is_whole(span_of(data, len))) {
        return 0;
    }
    rd_init(&r, span_of(data, len));
    wr_init(&w, span_mut_of(again, sizeof again));
    while (rooms_many_next(&r, &one)) {
        CHECK(one.len > 0);
        rooms_many_put(&w, one);
    }
    CHECK(wr_finish(&w) == 0 && span_is_equal(wr_span(&w), span_of(data, len)));
    return 0;
}
