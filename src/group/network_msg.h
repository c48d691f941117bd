/*
 * Frames of `/wavu/members/1`, on which two nodes find out that they share a network and give each
 * other what they lack of its log. A codec: bytes of strangers come in.
 *
 * Source: docs/protocol/network.md, network.proto.
 */
#ifndef GROUP_NETWORK_MSG_H
#define GROUP_NETWORK_MSG_H

#include "base/pb.h"

#define NETWORK_MSG_FORMAT 1
#define NETWORK_MSG_BODY_MAX 40000 /* 1,024 heads, or four large operations */
#define NETWORK_MSG_HEAD_MAX 4     /* three bytes of length, one of kind */
#define NETWORK_MSG_FRAME_MAX (NETWORK_MSG_HEAD_MAX + NETWORK_MSG_BODY_MAX)
#define NETWORK_MSG_TAG_SIZE 32
#define NETWORK_MSG_TAGS_MAX 4
#define NETWORK_MSG_ID_SIZE 32
#define NETWORK_MSG_CERTIFICATE_SIZE 64
#define NETWORK_MSG_HEADS_MAX 1024 /* of a log that nobody brought together for long */

enum network_msg_kind {
    NETWORK_MSG_PROVE = 1,
    NETWORK_MSG_GUEST = 2,
    NETWORK_MSG_HEADS = 3,
    NETWORK_MSG_OPS = 4,
    NETWORK_MSG_DONE = 5,
    NETWORK_MSG_REFUSED = 6,
};

enum network_msg_reason {
    NETWORK_MSG_UNSAID = 0, /* or a newer one */
    NETWORK_MSG_WRONG_NETWORK = 1,
    NETWORK_MSG_NOT_INVITED = 2,
    NETWORK_MSG_OTHER_FORMAT = 3,
    NETWORK_MSG_NOT_NOW = 4,
};

/* One frame; spans and pointers are borrowed from its bytes. */
struct network_msg {
    unsigned kind; /* enum network_msg_kind, or one that we do not know: to be skipped */
    const uint8_t *tags[NETWORK_MSG_TAGS_MAX]; /* PROVE */
    size_t tag_count;
    const uint8_t *root; /* GUEST */
    const uint8_t *certificate;
    bool is_open;           /* nobody invited it: it asks to be let in */
    const uint8_t *network; /* that it asks for, or NULL */
    struct span heads; /* HEADS: ids one behind the other; of a frame that was read, in its room */
    const uint8_t *state;           /* or NULL */
    struct span genesis;            /* or empty */
    struct span ops;                /* OPS: the body; network_msg_next_op */
    enum network_msg_reason reason; /* REFUSED */
    uint64_t format;                /* REFUSED: what the other one speaks; 0: not said */
};

/* Where heads are put together. */
struct network_msg_room {
    uint8_t heads[NETWORK_MSG_HEADS_MAX][NETWORK_MSG_ID_SIZE];
};

/** Find the frame at the start of `in`: `*used` is its whole size, `*kind` and `*body` what is in
 * it. WAVU_ERR_AGAIN when it is not all there, WAVU_ERR_PROTO, WAVU_ERR_LIMIT when it is too long.
 */
WARN_UNUSED int network_msg_frame(struct span in, unsigned *kind, struct span *body, size_t *used);

/** Read a frame's body. WAVU_ERR_PROTO, WAVU_ERR_LIMIT; WAVU_ERR_UNSUPPORTED for PROVE and GUEST of
 * another format. A kind that is not known reads as nothing. */
WARN_UNUSED int network_msg_read(struct network_msg *m, unsigned kind, struct span body,
                                 struct network_msg_room *room);

/** The next operation of an OPS; `*at` begins as 0. False behind the last. */
WARN_UNUSED bool network_msg_next_op(const struct network_msg *m, size_t *at, struct span *op);

/** Write a frame of any kind but OPS. */
void network_msg_write(struct wr *w, const struct network_msg *m);

/** Write the head of an OPS frame around `len` bytes of operations, which follow: each by
 * network_msg_write_op, in all the sum of network_msg_op_size. */
void network_msg_begin_ops(struct wr *w, size_t len);
size_t network_msg_op_size(struct span op);
void network_msg_write_op(struct wr *w, struct span op);

#endif
