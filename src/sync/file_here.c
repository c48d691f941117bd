/*
 * Which files are here, as told to members. Source: docs/protocol/file.md, "Who has it".
 */
#include "sync/file_here.h"

#include <string.h>

bool file_here_remove(struct file_here *h, const uint8_t id[FILE_SHAPE_ID_SIZE])
{
    for (size_t i = 0; i < h->count; i++) {
        if (span_is_equal(span_of(h->parts[i], FILE_HERE_PART), span_of(id, FILE_HERE_PART))) {
            h->count--;
            memmove(h->parts[i], h->parts[i + 1], (h->count - i) * FILE_HERE_PART);
            return true;
        }
    }
    return false;
}

void file_here_add(struct file_here *h, const uint8_t id[FILE_SHAPE_ID_SIZE])
{
    (void)file_here_remove(h, id);
    h->count = h->count < FILE_HERE_MAX ? h->count : FILE_HERE_MAX - 1;
    memmove(h->parts[1], h->parts[0], h->count * FILE_HERE_PART);
    memcpy(h->parts[0], id, FILE_HERE_PART);
    h->count++;
}

void file_here_write(struct wr *w, const struct file_here *h)
{
    wr_u8(w, FILE_HERE_FORMAT);
    wr_bytes(w, span_of(h->parts, h->count * FILE_HERE_PART));
}

bool file_here_has(struct span value, const uint8_t id[FILE_SHAPE_ID_SIZE])
{
    if (value.len == 0 || value.ptr[0] != FILE_HERE_FORMAT) {
        return false; /* of a newer wavu: whoever offered the file has it, too */
    }
    for (size_t at = 1; value.len - at >= FILE_HERE_PART; at += FILE_HERE_PART) {
        if (span_is_equal(span_of(value.ptr + at, FILE_HERE_PART), span_of(id, FILE_HERE_PART))) {
            return true;
        }
    }
    return false;
}
