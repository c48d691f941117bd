/*
 * Pairing's messages on a stream.
 */
#include "group/pair_wire.h"

#include "base/varint.h"
#include "members/pairing_msg.h"

#define FRAME_MAX (VARINT_SIZE_MAX + PAIRING_MSG_SIZE_MAX)

void pair_wire_open(struct pair_wire *w, struct stream *stream)
{
    *w = (struct pair_wire){.stream = stream};
    buf_init(&w->in, FRAME_MAX);
    buf_init(&w->out, (size_t)4 * FRAME_MAX);
}

void pair_wire_close(struct pair_wire *w, bool in_order)
{
    if (w->stream != NULL && in_order) {
        stream_close(w->stream);
    } else if (w->stream != NULL) {
        stream_reset(w->stream, 0);
    }
    w->stream = NULL;
    buf_wipe(&w->in);
    buf_wipe(&w->out);
}

bool pair_wire_flush(struct pair_wire *w)
{
    size_t taken = 0;

    if (w->stream == NULL) {
        return true;
    }
    if (w->out.len > 0 && stream_send(w->stream, buf_span(&w->out), &taken) == 0) {
        buf_drop_front(&w->out, taken);
    }
    if (w->out.len == 0 && w->is_ending) {
        pair_wire_close(w, true);
        return true;
    }
    return false;
}

void pair_wire_say(struct pair_wire *w, struct span message)
{
    uint8_t head[VARINT_SIZE_MAX];
    size_t len = varint_encode(message.len, head);

    if (buf_append(&w->out, span_of(head, len)) < 0 || buf_append(&w->out, message) < 0) {
        w->is_ending = true; /* it takes nothing, and gets nothing more */
    }
}

int pair_wire_message(const struct pair_wire *w, struct span *message, size_t *used)
{
    uint64_t len = 0;
    int rc = varint_decode(buf_span(&w->in), &len, used);

    if (rc < 0) {
        return rc;
    }
    if (len > PAIRING_MSG_SIZE_MAX) {
        return WAVU_ERR_PROTO;
    }
    if (w->in.len - *used < len) {
        return WAVU_ERR_AGAIN;
    }
    *message = span_slice(buf_span(&w->in), *used, (size_t)len);
    *used += (size_t)len;
    return 0;
}
