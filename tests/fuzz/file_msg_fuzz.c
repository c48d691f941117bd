/*
 * Frames about files: what decodes encodes again, and the second decoding is the same.
 */
#include <string.h>

#include "base/check.h"
#include "base/mem.h"
#include "sync/file_msg.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void again(const struct file_msg *first)
{
    const size_t room = FILE_MSG_LENGTH_MAX + FILE_MSG_AROUND_MAX + FILE_MSG_SMALL_MAX +
                        first->sealed.len + first->runs.len;
    uint8_t *out = mem_new(room);
    struct file_msg second;
    struct wr w;
    size_t size = 0;
    size_t used = 0;

    wr_init(&w, span_mut_of(out, room));
    file_msg_encode(&w, first);
    wr_bytes(&w, first->sealed);
    CHECK(wr_finish(&w) == 0);
    if (file_msg_length(wr_span(&w), FILE_MSG_SIZE_MAX, &size, &used) == 0) {
        CHECK(used + size == w.len);
        CHECK(file_msg_decode(&second, span_of(out + used, size)) == 0);
        CHECK(first->kind == second.kind && first->first == second.first);
        CHECK(first->count == second.count && span_is_equal(first->id, second.id));
        CHECK(span_is_equal(first->runs, second.runs) && span_is_equal(first->path, second.path));
        CHECK(span_is_equal(first->tag, second.tag) && span_is_equal(first->sealed, second.sealed));
    }
    mem_free(out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static struct file_map map;
    struct file_msg first;
    size_t size = 0;
    size_t used = 0;

    if (file_msg_length(span_of(data, len), FILE_MSG_SIZE_MAX, &size, &used) == 0) {
        CHECK(size > 0 && size <= FILE_MSG_SIZE_MAX && used <= FILE_MSG_LENGTH_MAX);
    }
    if (file_msg_decode(&first, span_of(data, len)) == 0) {
        again(&first);
        if (first.kind == FILE_MSG_HAVE && file_map_read(&map, 1000, first.runs) == 0) {
            CHECK(map.have <= map.count);
        }
    }
    return 0;
}
