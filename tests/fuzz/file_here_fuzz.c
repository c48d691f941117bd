/*
 * What a device says it has: whatever it says, what is found in it stands there.
 */
#include <string.h>

#include "base/check.h"
#include "sync/file_here.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* The first 32 bytes are the id that is looked for, or, first bit set, one made from the rest. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    uint8_t id[FILE_SHAPE_ID_SIZE];

    if (len < sizeof id) {
        return 0;
    }
    memcpy(id, data, sizeof id);
    struct span value = span_of(data + sizeof id, len - sizeof id);
    size_t parts = value.len > 0 ? (value.len - 1) / FILE_HERE_PART : 0;

    if ((id[0] & 1) != 0 && parts > 0) {
        size_t at = 1 + (id[1] % parts) * FILE_HERE_PART;

        memcpy(id, value.ptr + at, FILE_HERE_PART);
        CHECK(file_here_has(value, id) == (value.ptr[0] == FILE_HERE_FORMAT));
    }
    if (file_here_has(value, id)) {
        CHECK(value.ptr[0] == FILE_HERE_FORMAT && parts > 0);
    }
    return 0;
}
