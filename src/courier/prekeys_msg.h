/*
 * Codec of cards and bundles: what a device signs about its agreement keys. Bytes come from the
 * shared state or from inside a start, and leave there.
 *
 * Source: docs/protocol/session.proto, Signed, Card, Bundle.
 */
#ifndef COURIER_PREKEYS_MSG_H
#define COURIER_PREKEYS_MSG_H

#include "base/wr.h"
#include "crypto/mlkem.h"
#include "crypto/signer.h"
#include "crypto/x25519.h"

#define PREKEYS_MSG_FORMAT 1
#define PREKEYS_MSG_NETWORK_SIZE 32
#define PREKEYS_MSG_CARD_SIZE 172   /* as we write it */
#define PREKEYS_MSG_CARD_MAX 512    /* that we read: room for fields of later */
#define PREKEYS_MSG_BUNDLE_MAX 2048 /* 1,400 as we write it; the shared state takes 4,096 */

enum prekeys_msg_kind { PREKEYS_MSG_CARD, PREKEYS_MSG_BUNDLE };

/* A card or a bundle. Every span is borrowed and, when decoded, of its one size. */
struct prekeys_msg {
    struct span body;      /* what is signed: the exact bytes */
    struct span signature; /* SIGNER_SIZE */
    struct span network;   /* PREKEYS_MSG_NETWORK_SIZE */
    struct span device;    /* ED25519_PUBLIC_SIZE */
    struct span agreement; /* X25519_SIZE */
    uint32_t number;       /* the rest of bundles only */
    struct span x25519;    /* X25519_SIZE */
    struct span mlkem;     /* MLKEM_PUBLIC_SIZE */
};

/** Read one. WAVU_ERR_CRYPTO when it is malformed, WAVU_ERR_UNSUPPORTED when its format is newer.
 * Neither signature nor keys are checked. */
WARN_UNUSED int prekeys_msg_decode(struct prekeys_msg *m, enum prekeys_msg_kind kind,
                                   struct span bytes);

/** Append the body that `m` says. */
void prekeys_msg_encode_body(struct wr *w, enum prekeys_msg_kind kind, const struct prekeys_msg *m);

/** Append m->body with m->signature. */
void prekeys_msg_encode(struct wr *w, const struct prekeys_msg *m);

/** The label under which such a body is signed. */
const char *prekeys_msg_label(enum prekeys_msg_kind kind);

#endif
