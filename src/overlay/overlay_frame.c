/*
 * Bytes of a neighbour's stream come in, frames leave to the mesh.
 */
#include "overlay/overlay_frame.h"

#include "base/varint.h"

int overlay_frame_read(struct span in, struct overlay_frame *frame, size_t *used)
{
    uint64_t len = 0;
    size_t head = 0;
    int rc = varint_decode(in, &len, &head);
    if (rc < 0) {
        return rc == WAVU_ERR_AGAIN && in.len >= OVERLAY_FRAME_HEAD_MAX - 1 ? WAVU_ERR_LIMIT : rc;
    }
    if (len == 0) {
        return WAVU_ERR_PROTO; /* not even a kind */
    }
    if (len > OVERLAY_FRAME_BODY_MAX + 1) {
        return WAVU_ERR_LIMIT;
    }
    if (in.len - head < len) {
        return WAVU_ERR_AGAIN;
    }
    frame->kind = in.ptr[head];
    frame->body = span_slice(in, head + 1, (size_t)len - 1);
    *used = head + (size_t)len;
    return 0;
}

void overlay_frame_head(struct wr *w, enum overlay_kind kind, size_t body_len)
{
    wr_varint(w, body_len + 1);
    wr_u8(w, (uint8_t)kind);
}
