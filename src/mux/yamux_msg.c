/*
 * Header of a yamux frame. Arrives from yamux.c, which has gathered its 12 bytes; leaves into the
 * connection's records.
 */
#include "mux/yamux_msg.h"

#include "base/check.h"
#include "base/rd.h"
#include "base/wr.h"
#include "wavu/err.h"

#define VERSION 0

int yamux_msg_decode(struct span in, struct yamux_msg *msg)
{
    struct rd r;
    rd_init(&r, in);
    uint8_t version = rd_u8(&r);
    *msg = (struct yamux_msg){.type = rd_u8(&r)};
    msg->flags = rd_u16be(&r);
    msg->stream = rd_u32be(&r);
    msg->length = rd_u32be(&r);
    int rc = rd_finish(&r);
    if (rc == 0 && (version != VERSION || msg->type > YAMUX_MSG_GOAWAY)) {
        rc = WAVU_ERR_PROTO;
    }
    return rc;
}

void yamux_msg_encode(const struct yamux_msg *msg, uint8_t *out)
{
    struct wr w;
    wr_init(&w, span_mut_of(out, YAMUX_MSG_SIZE));
    wr_u8(&w, VERSION);
    wr_u8(&w, msg->type);
    wr_u16be(&w, msg->flags);
    wr_u32be(&w, msg->stream);
    wr_u32be(&w, msg->length);
    CHECK(wr_finish(&w) == 0 && w.len == YAMUX_MSG_SIZE);
}
