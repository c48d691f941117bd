/*
 * What both sides of a pairing have in common: what the PAKE is bound to, the keys behind it, and
 * the identities that are shown under them. The machines are pairing_host (the inviter) and
 * pairing_guest (the joiner).
 *
 * Source: docs/protocol/pairing.md.
 */
#ifndef MEMBERS_PAIRING_H
#define MEMBERS_PAIRING_H

#include "base/buf.h"
#include "crypto/aead.h"
#include "crypto/cpace.h"
#include "crypto/signer.h"
#include "members/code.h"
#include "members/pairing_msg.h"

#define PAIRING_KEY_SIZE 32 /* of devices, roots, networks, handshake hashes */
#define PAIRING_COMMITMENT_SIZE HASH_SHA256_SIZE
#define PAIRING_STEP_NS 30000000000U     /* 30 s for the other side's next message */
#define PAIRING_WELCOME_NS 120000000000U /* 2 min for what a person may have to agree to */

/* Who we are. Borrowed by the machines for their life. */
struct pairing_self {
    struct ed25519_pair device;
    uint8_t root[PAIRING_KEY_SIZE];     /* the person's public key */
    uint8_t certificate[SIGNER_SIZE];   /* pairing_make_certificate's, by that root */
    uint8_t name[PAIRING_MSG_NAME_MAX]; /* as name_check says, or none */
    size_t name_len;                    /* pairing_self_check says whether it is good */
};

/* What the machines work with; all borrowed. */
struct pairing_means {
    const struct pairing_self *self;
    const struct signer *signer;
    const struct random *random;
    struct aead *aead;
    enum aead_kind aead_kind; /* what we seal with; both are opened */
};

/* Who the other one is, proved. */
struct pairing_peer {
    uint8_t root[PAIRING_KEY_SIZE];
    uint8_t device[PAIRING_KEY_SIZE];
    uint8_t certificate[SIGNER_SIZE];
    uint8_t network[PAIRING_KEY_SIZE];  /* the joiner's machine: what the inviter showed */
    uint8_t name[PAIRING_MSG_NAME_MAX]; /* as name_check says, or none. Others may look like it */
    size_t name_len;
};

/* The link that a run is on. */
struct pairing_link {
    uint8_t peer[PAIRING_KEY_SIZE];    /* the other's device key, authenticated by the link */
    uint8_t session[PAIRING_KEY_SIZE]; /* the link's handshake hash */
};

/* One run on one side. */
struct pairing_run {
    enum pairing_msg_role role; /* ours */
    uint16_t number;
    struct pairing_link link;
    struct cpace cpace;
    uint8_t commitment[PAIRING_COMMITMENT_SIZE];
    uint8_t transcript[HASH_SHA256_SIZE];
    uint8_t our_key[AEAD_KEY_SIZE];
    uint8_t their_key[AEAD_KEY_SIZE];
    uint8_t last[HASH_SHA256_SIZE]; /* of the last message that was taken: it may come twice */
    bool is_proved;                 /* the other's tag was right: it has the words */
};

/** The root's word that `device` is its own, for struct pairing_self. */
void pairing_make_certificate(uint8_t certificate[SIGNER_SIZE], const struct signer *signer,
                              const struct ed25519_pair *root,
                              const uint8_t device[PAIRING_KEY_SIZE]);

/** 0 when `root` says that `device` is its own, else WAVU_ERR_CRYPTO. */
WARN_UNUSED int pairing_check_certificate(const uint8_t certificate[SIGNER_SIZE],
                                          const struct signer *signer,
                                          const uint8_t root[PAIRING_KEY_SIZE],
                                          const uint8_t device[PAIRING_KEY_SIZE]);

/** Whether we may be shown to others: WAVU_ERR_INVALID when our name, stored by an older version or
 * not asked about, is none by today's rule. Give it another one, or none. */
WARN_UNUSED int pairing_self_check(const struct pairing_self *self);

/** The commitment to `network` that `opening` opens. */
void pairing_commit(uint8_t commitment[PAIRING_COMMITMENT_SIZE],
                    const uint8_t opening[PAIRING_KEY_SIZE],
                    const uint8_t network[PAIRING_KEY_SIZE]);

/** Begin the PAKE: run->role, number and link are set. run->cpace.share is there then. */
void pairing_begin(struct pairing_run *run, const struct pairing_means *means, struct span secret);

/** Take the other's share: keys and tags are there then. run->commitment is set. WAVU_ERR_CRYPTO.
 */
WARN_UNUSED int pairing_keys(struct pairing_run *run, const struct pairing_means *means,
                             struct span share);

/* What a sealed part is: its nonce and what it is bound to. */
struct pairing_part {
    enum pairing_msg_kind kind;
    uint64_t counter; /* 0: an identity, 1: what follows */
};

/** Append to `out`: AEAD number, `plain` sealed, tag. WAVU_ERR_LIMIT. */
WARN_UNUSED int pairing_seal(struct pairing_run *run, const struct pairing_means *means,
                             struct pairing_part part, struct span plain, struct buf *out);

/** Append to `out` what was sealed. WAVU_ERR_CRYPTO; WAVU_ERR_LIMIT. */
WARN_UNUSED int pairing_open(struct pairing_run *run, const struct pairing_means *means,
                             struct pairing_part part, struct span sealed, struct buf *out);

/** Write PROOF or CONFIRM with our identity into `out`. `network` and `opening` are the inviter's,
 * otherwise NULL. */
WARN_UNUSED int pairing_prove(struct pairing_run *run, const struct pairing_means *means,
                              const uint8_t *network, const uint8_t *opening, struct buf *out);

/** Check the other's PROOF or CONFIRM: tag, then identity. WAVU_ERR_CRYPTO; WAVU_ERR_UNSUPPORTED
 * for an identity of a newer format; WAVU_ERR_INVALID for one whose name this version refuses.
 * run->is_proved says whether the tag was right all the same. */
WARN_UNUSED int pairing_check(struct pairing_run *run, const struct pairing_means *means,
                              const struct pairing_msg *m, struct pairing_peer *peer);

/** Whether `message` is the one that was taken last. */
bool pairing_is_again(const struct pairing_run *run, struct span message);

/** Note `message` as the last that was taken. */
void pairing_took(struct pairing_run *run, struct span message);

/** Write a whole message into `out`, emptied before. */
WARN_UNUSED int pairing_write(struct buf *out, const struct pairing_msg *m);

#endif
