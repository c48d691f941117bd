/*
 * Codec of what an SOS says to one person: that somebody calls, that it is over, that somebody has
 * seen it. Bytes come from opened envelopes, that is from members, who may send anything.
 *
 * Source: docs/protocol/sos.md, sos.proto.
 */
#ifndef CHAT_SOS_MSG_H
#define CHAT_SOS_MSG_H

#include "chat/content.h"

#define SOS_MSG_FORMAT 1
#define SOS_MSG_ID_SIZE 16
#define SOS_MSG_CONTENT_MAX 1200 /* a text of 1,000 bytes, a position, a time */
#define SOS_MSG_SIZE_MAX 1300    /* three packets of a radio */
#define SOS_MSG_NUMBER_MAX 1000000

enum sos_msg_kind { SOS_MSG_CALL = 1, SOS_MSG_OVER = 2, SOS_MSG_ACK = 3 };

struct sos_msg {
    enum sos_msg_kind kind;
    uint8_t id[SOS_MSG_ID_SIZE];
    uint32_t number;     /* CALL: 1 to SOS_MSG_NUMBER_MAX; else 0 */
    struct span content; /* CALL: a content of kind SOS, read once to see that it is one */
};

/** Parse. WAVU_ERR_PROTO, _LIMIT (too long); WAVU_ERR_UNSUPPORTED for a newer format or kind. */
WARN_UNUSED int sos_msg_read(struct sos_msg *m, struct span bytes);

/** Append; at most SOS_MSG_SIZE_MAX bytes. */
void sos_msg_write(struct wr *w, const struct sos_msg *m);

#endif
