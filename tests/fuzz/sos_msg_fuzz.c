/*
 * Bytes of an SOS from anybody: what is read can be written, and is then read the same.
 */
#include "chat/sos_msg.h"

#include "base/check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sos_msg m;
    struct sos_msg again;
    uint8_t space[SOS_MSG_SIZE_MAX];
    struct wr w;

    if (sos_msg_read(&m, span_of(data, size)) < 0) {
        return 0;
    }
    CHECK((m.kind == SOS_MSG_CALL) == (m.number > 0) &&
          (m.kind == SOS_MSG_CALL) == (m.content.len > 0));
    wr_init(&w, span_mut_of(space, sizeof space));
    sos_msg_write(&w, &m);
    CHECK(wr_finish(&w) == 0);
    CHECK(sos_msg_read(&again, wr_span(&w)) == 0 && again.kind == m.kind &&
          again.number == m.number && span_is_equal(again.content, m.content) &&
          span_is_equal(span_of(again.id, 16), span_of(m.id, 16)));
    return 0;
}
