/* What an inviter hands over: reading never fails but with an error, and what is read is written
 * back as it was understood. */
#include "base/check.h"
#include "group/welcome_msg.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct welcome_msg m;
    struct welcome_msg again;
    uint8_t space[WELCOME_MSG_SIZE_MAX];
    struct wr w;

    if (welcome_msg_read(&m, span_of(data, size)) < 0) {
        return 0;
    }
    wr_init(&w, span_mut_of(space, sizeof space));
    welcome_msg_write(&w, &m);
    CHECK(wr_finish(&w) == 0);
    CHECK(welcome_msg_read(&again, wr_span(&w)) == 0);
    CHECK(span_is_equal(span_of(m.member, WELCOME_MSG_ID_SIZE),
                        span_of(again.member, WELCOME_MSG_ID_SIZE)));
    CHECK(span_is_equal(span_of(m.inviter, WELCOME_MSG_ID_SIZE),
                        span_of(again.inviter, WELCOME_MSG_ID_SIZE)));
    return 0;
}
