/*
 * Messages of group keys as bytes: changes, wraps, names, asks, welcomes, leaves. Source:
 * docs/protocol/epoch.proto. Nothing is verified here.
 */
#ifndef GROUP_EPOCH_MSG_H
#define GROUP_EPOCH_MSG_H

#include "base/pb.h"
#include "crypto/signer.h"
#include "group/wrap.h"

#define EPOCH_MSG_ID_SIZE 32
#define EPOCH_MSG_HINT_SIZE 8
#define EPOCH_MSG_PARENTS_MAX 32   /* of a change; heads of an epoch */
#define EPOCH_MSG_LOG_HEADS_MAX 32 /* heads of the membership log at one change */
#define EPOCH_MSG_PAST_MAX 256     /* changes that a newcomer's graph begins with */
/* Links of 34 bytes, keys and hashes below 512, an ML-KEM key. */
#define EPOCH_MSG_BODY_SIZE_MAX                                                                    \
    ((EPOCH_MSG_PARENTS_MAX + EPOCH_MSG_LOG_HEADS_MAX) * 34 + 512 + MLKEM_PUBLIC_SIZE)
/* With its signature; a message of it is kept for those who come later, so no larger one is taken.
 */
#define EPOCH_MSG_CHANGE_SIZE_MAX (EPOCH_MSG_BODY_SIZE_MAX + 128)
/* The largest message is a welcome: a derived change, the past, a hybrid ciphertext. */
#define EPOCH_MSG_SIZE_MAX (EPOCH_MSG_PAST_MAX * 35 + EPOCH_MSG_BODY_SIZE_MAX + 1400)

enum epoch_msg_kind {
    EPOCH_MSG_NONE,
    EPOCH_MSG_CHANGE,
    EPOCH_MSG_WRAP,
    EPOCH_MSG_NAME,
    EPOCH_MSG_ASK,
    EPOCH_MSG_WELCOME,
    EPOCH_MSG_LEAF
};

enum epoch_msg_change_kind { EPOCH_MSG_SEED = 1, EPOCH_MSG_DERIVED = 2 };

/* Ids one behind the other, borrowed or in the holder's room. */
struct epoch_msg_ids {
    const uint8_t *bytes; /* count * 32 */
    size_t count;
};

/* The body of a change. Its ids are borrowed by who writes it; a read one has them in `room`. */
struct epoch_msg_change {
    uint8_t group[32];
    uint8_t author[32];
    uint64_t sequence; /* from 1 */
    enum epoch_msg_change_kind kind;
    struct epoch_msg_ids parents;   /* ascending */
    struct epoch_msg_ids log_heads; /* ascending */
    uint8_t members[32];
    uint8_t commitment[32];
    uint8_t leaf[32];     /* SEED */
    const uint8_t *mlkem; /* full: 1,184 bytes, borrowed; else NULL */
    uint8_t room[(EPOCH_MSG_PARENTS_MAX + EPOCH_MSG_LOG_HEADS_MAX) * 32];
};

struct epoch_msg_ask {
    uint8_t group[32];
    uint8_t device[32];
    uint64_t number;   /* from 1 */
    struct span key;   /* 32 or 1,216 bytes, borrowed */
    uint64_t sequence; /* of the device's last change; 0: it has made none */
    bool is_whole;     /* the secrets of heads alone did not help it: it needs a welcome */
};

/* A device's first leaf, before a change of its own brings one. */
struct epoch_msg_leaf {
    uint8_t group[32];
    uint8_t device[32];
    uint8_t leaf[32];
    const uint8_t *mlkem; /* 1,184 bytes, borrowed */
};

struct epoch_msg {
    enum epoch_msg_kind kind;
    struct span body;                    /* CHANGE, ASK, LEAF, WELCOME (its change); borrowed */
    struct span signature;               /* the same; 64 bytes */
    uint8_t change[EPOCH_MSG_HINT_SIZE]; /* WRAP */
    uint8_t base[EPOCH_MSG_HINT_SIZE];   /* WRAP */
    bool has_base;                       /* WRAP */
    struct wrap_sealed sealed;           /* WRAP, WELCOME */
    uint8_t group[32];                   /* NAME */
    struct span ids;   /* NAME: heads, WELCOME: past, as fields of the message; borrowed */
    size_t id_count;   /* how many they are */
    uint8_t asker[32]; /* WELCOME */
    uint64_t number;   /* WELCOME */
};

/** Spans of `*m` are borrowed from `bytes`. WAVU_ERR_CRYPTO when it is malformed or too large,
 * WAVU_ERR_UNSUPPORTED when it is none of the kinds known. */
WARN_UNUSED int epoch_msg_read(struct epoch_msg *m, struct span bytes);
/** WAVU_ERR_CRYPTO as above, WAVU_ERR_UNSUPPORTED for a newer format or an unknown kind of change.
 */
WARN_UNUSED int epoch_msg_read_change(struct epoch_msg_change *c, struct span body);
WARN_UNUSED int epoch_msg_read_ask(struct epoch_msg_ask *a, struct span body);
WARN_UNUSED int epoch_msg_read_leaf(struct epoch_msg_leaf *l, struct span body);
/** The next of `m->ids` from `*at` (0 at first) on; NULL at the end. Borrowed. */
const uint8_t *epoch_msg_next_id(const struct epoch_msg *m, size_t *at);

void epoch_msg_write_change_body(struct wr *w, const struct epoch_msg_change *c);
void epoch_msg_write_ask_body(struct wr *w, const struct epoch_msg_ask *a);
void epoch_msg_write_leaf_body(struct wr *w, const struct epoch_msg_leaf *l);
/** CHANGE, ASK or LEAF. */
void epoch_msg_write_signed(struct wr *w, enum epoch_msg_kind kind, struct span body,
                            const uint8_t signature[SIGNER_SIZE]);
void epoch_msg_write_wrap(struct wr *w, const uint8_t *change, const uint8_t *base,
                          const struct wrap_sealed *sealed);
void epoch_msg_write_name(struct wr *w, const uint8_t group[32], struct epoch_msg_ids heads);
/** `m` has body, signature, asker, number and sealed. */
void epoch_msg_write_welcome(struct wr *w, const struct epoch_msg *m, struct epoch_msg_ids past);

#endif
