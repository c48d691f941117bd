/* Bytes of a stranger as messages of a pairing: each is within its bytes, and reading ends. */
#include "base/check.h"
#include "group/pair_wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct pair_wire w;
    struct span message;
    size_t used = 0;

    pair_wire_open(&w, NULL);
    if (buf_append(&w.in, span_of(data, size)) == 0) {
        while (pair_wire_message(&w, &message, &used) == 0) {
            CHECK(used > message.len && used <= w.in.len);
            buf_drop_front(&w.in, used);
        }
    }
    pair_wire_close(&w, false);
    return 0;
}
