/*
 * Codec of what a direct chat's envelopes hold: messages, and wishes for those that are missing.
 * Nothing here is signed: the session that the body came in says who wrote it. Bytes come from
 * opened envelopes of kind 1, that is from persons that we know, who may send anything.
 *
 * Source: docs/protocol/room.md, "Direct chats", and room.proto.
 */
#ifndef CHAT_DIRECT_H
#define CHAT_DIRECT_H

#include "base/pb.h"
#include "crypto/hash.h"

#define DIRECT_ID_SIZE 32
#define DIRECT_CONTENT_MAX 65536
#define DIRECT_SIZE_MAX (DIRECT_CONTENT_MAX + 160)
#define DIRECT_NUMBER_MAX ((UINT64_C(1) << 35) - 1) /* sequence, expiry: as entries have them */
#define DIRECT_HEIGHT_MAX ((UINT64_C(1) << 62) - 1)
#define DIRECT_WANT_MAX 256 /* messages that one wish may ask for */

enum direct_kind { DIRECT_MESSAGE = 1, DIRECT_WANT = 2 };

/* Spans are borrowed. */
struct direct {
    enum direct_kind kind;
    uint8_t chat[32];
    uint8_t device[32]; /* the author's; of a wish: whose messages are wanted */
    uint64_t sequence;  /* of this device in this chat, from 1; of a wish: the first */
    uint64_t last;      /* of a wish: the last, less than DIRECT_WANT_MAX behind the first */
    uint64_t height;    /* 1 + the greatest that the author had; from 1 */
    uint64_t expiry;    /* seconds of life; 0: for ever */
    struct span content;
    struct span body; /* the message as it came: what its id is of */
};

/** The chat of two members, in either order. */
void direct_chat_id(uint8_t id[32], const uint8_t network[32], const uint8_t a[32],
                    const uint8_t b[32]);

/** Parse the body of an envelope. WAVU_ERR_PROTO, WAVU_ERR_LIMIT, WAVU_ERR_UNSUPPORTED (a newer
 * format). */
WARN_UNUSED int direct_read(struct direct *d, struct span bytes);

/** Parse a message alone, as d->body has it. Errors as of direct_read. */
WARN_UNUSED int direct_read_message(struct direct *d, struct span bytes);

/** Write the body of an envelope: a message from `d`, or as it came where d->body has bytes; or a
 * wish. */
void direct_write(struct wr *w, const struct direct *d);

/** The message's name. `body` is d->body of one that was read. */
void direct_id(uint8_t id[DIRECT_ID_SIZE], const uint8_t chat[32], struct span body);

#endif
