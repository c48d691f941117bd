/*
 * Messages of pairing and the identities inside them: bytes and structs, no keys. A message is
 * taken apart whole; its spans are borrowed from the bytes.
 *
 * Source: docs/protocol/pairing.md, pairing.proto.
 */
#ifndef MEMBERS_PAIRING_MSG_H
#define MEMBERS_PAIRING_MSG_H

#include "base/name.h"
#include "base/wr.h"
#include "wavu/err.h"

#define PAIRING_MSG_FORMAT 1
#define PAIRING_MSG_CONTENT_MAX                                                                    \
    65536 /* bytes of WELCOME and ANSWER: a genesis, invitations, names */
#define PAIRING_MSG_SIZE_MAX (PAIRING_MSG_CONTENT_MAX + 64) /* kind, one head, AEAD number, tag */
#define PAIRING_MSG_NAME_MAX NAME_SIZE_MAX
#define PAIRING_MSG_IDENTITY_MAX                                                                   \
    512 /* bytes: 9 fields with their heads take 424 with a full name */

enum pairing_msg_kind {
    PAIRING_MSG_HELLO = 1,
    PAIRING_MSG_SHARE = 2,
    PAIRING_MSG_PROOF = 3,
    PAIRING_MSG_CONFIRM = 4,
    PAIRING_MSG_WELCOME = 5,
    PAIRING_MSG_ANSWER = 6,
    PAIRING_MSG_REFUSED = 7,
};

struct pairing_msg {
    enum pairing_msg_kind kind;
    uint64_t format;        /* HELLO, REFUSED */
    bool is_right;          /* REFUSED: the words were right, and something else was not */
    uint64_t number;        /* HELLO */
    struct span share;      /* HELLO, SHARE: 32 bytes */
    struct span commitment; /* SHARE: 32 bytes */
    struct span tag;        /* PROOF, CONFIRM: 32 bytes */
    struct span sealed;     /* PROOF, CONFIRM, WELCOME, ANSWER */
};

enum pairing_msg_role { PAIRING_MSG_JOINER = 1, PAIRING_MSG_INVITER = 2 };

struct pairing_msg_identity {
    uint64_t format;
    uint64_t role;           /* enum pairing_msg_role */
    struct span transcript;  /* 32 bytes */
    struct span root;        /* 32 bytes */
    struct span device;      /* 32 bytes */
    struct span certificate; /* 64 bytes */
    struct span name;        /* as name_check says, or empty */
    struct span network;     /* inviter: 32 bytes; otherwise empty */
    struct span opening;     /* inviter: 32 bytes; otherwise empty */
};

/** Read a message: WAVU_ERR_PROTO when it is not one, or has not just the fields of its kind. */
WARN_UNUSED int pairing_msg_decode(struct pairing_msg *m, struct span bytes);
void pairing_msg_encode(struct wr *w, const struct pairing_msg *m);

/** Read an identity's body: WAVU_ERR_UNSUPPORTED for a newer format, WAVU_ERR_PROTO;
 * WAVU_ERR_INVALID when all is as it must be but the name, by the rule that this version has. */
WARN_UNUSED int pairing_msg_identity_decode(struct pairing_msg_identity *m, struct span bytes);
void pairing_msg_identity_encode(struct wr *w, const struct pairing_msg_identity *m);

/** Take a signed message apart: WAVU_ERR_PROTO. */
WARN_UNUSED int pairing_msg_signed_decode(struct span *body, struct span *signature,
                                          struct span bytes);

#endif
