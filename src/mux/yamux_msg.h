/*
 * The 12-byte header of every yamux frame: bytes to struct and back.
 * Source: hashicorp/yamux specification, "Framing".
 */
#ifndef MUX_YAMUX_MSG_H
#define MUX_YAMUX_MSG_H

#include "base/span.h"
#include "wavu/api.h"

#define YAMUX_MSG_SIZE 12

enum yamux_msg_type {
    YAMUX_MSG_DATA = 0,   /* length: bytes of payload that follow */
    YAMUX_MSG_WINDOW = 1, /* length: credit; with RST an error code */
    YAMUX_MSG_PING = 2,   /* length: opaque value */
    YAMUX_MSG_GOAWAY = 3  /* length: code */
};

#define YAMUX_MSG_SYN 1u
#define YAMUX_MSG_ACK 2u
#define YAMUX_MSG_FIN 4u
#define YAMUX_MSG_RST 8u

struct yamux_msg {
    uint8_t type;   /* enum yamux_msg_type */
    uint16_t flags; /* unknown bits are kept and mean nothing */
    uint32_t stream;
    uint32_t length;
};

/** Parse `in` of YAMUX_MSG_SIZE bytes. WAVU_ERR_PROTO on another version or an unknown type. */
WARN_UNUSED int yamux_msg_decode(struct span in, struct yamux_msg *msg);

/** Write the header to `out`, YAMUX_MSG_SIZE bytes. */
void yamux_msg_encode(const struct yamux_msg *msg, uint8_t *out);

#endif
