/*
 * Messages of the views: what decodes encodes again, and the second encoding is the same.
 */
#include "base/check.h"
#include "overlay/views_msg.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct span encode(uint8_t *out, size_t room, const struct views_msg *m)
{
    struct wr w;
    wr_init(&w, span_mut_of(out, room));
    views_msg_encode(&w, m);
    CHECK(wr_finish(&w) == 0);
    return wr_span(&w);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t out[2][VIEWS_MSG_SIZE_MAX];
    struct views_msg first;
    struct views_msg second;
    if (views_msg_decode(&first, span_of(data, size)) < 0) {
        return 0;
    }
    struct span once = encode(out[0], sizeof out[0], &first);
    CHECK(views_msg_decode(&second, once) == 0);
    CHECK(second.kind == first.kind && second.nonce == first.nonce);
    CHECK(second.is_brief == first.is_brief && second.root_count == first.root_count);
    CHECK(span_is_equal(once, encode(out[1], sizeof out[1], &second)));
    return 0;
}
