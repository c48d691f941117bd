/* Content from any bytes: what is read and can be said is written again and read to the same. */
#include "chat/content.h"

#include "base/check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static uint8_t room[2 * CONTENT_SIZE_MAX];

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct content a;
    struct content b;
    struct wr w;

    if (content_read(&a, span_of(data, len)) == 0 && a.kind != CONTENT_UNKNOWN) {
        wr_init(&w, span_mut_of(room, sizeof room));
        content_write(&w, &a);
        CHECK(wr_finish(&w) == 0 && w.len <= len + 64);
        if (w.len <= CONTENT_SIZE_MAX) {
            CHECK(content_read(&b, wr_span(&w)) == 0);
            CHECK(a.kind == b.kind && a.mention_count == b.mention_count &&
                  span_is_equal(a.text, b.text) && span_is_equal(a.file, b.file) &&
                  a.position.latitude == b.position.latitude && a.room.expiry == b.room.expiry);
        }
    }
    return 0;
}
