/*
 * The networks of a node: those that it is a member of, and the one that it is joining. A service:
 * it keeps their logs equal with those of other members, answers guests, pairs newcomers, stores
 * all of it, and tells the owner what changed.
 *
 * Streams of `/wavu/members/1` (networks_talk) and `/wavu/pair/1` (networks_pair), connections as
 * they come up, operations that others broadcast, and wishes of people come in; events leave.
 * What this device has signed leaves it only when it is on the disk.
 *
 * Source: docs/protocol/network.md, pairing.md.
 */
#ifndef GROUP_NETWORKS_H
#define GROUP_NETWORKS_H

#include "group/network.h"
#include "members/code_qr.h"
#include "members/identity.h"
#include "members/pairing_host.h"
#include "overlay/gate.h"
#include "overlay/views.h"
#include "store/store.h"

#define NETWORKS_MAX 16       /* of one node: each has an overlay of its own */
#define NETWORKS_TALKS_MAX 32 /* streams of `/wavu/members/1`, both ways: 120 KiB each at most */
#define NETWORKS_TALKS_PEER_MAX 2 /* of them, inbound from one peer */
#define NETWORKS_AGAIN_NS                                                                          \
    (UINT64_C(10) * 1000000000)                       /* between two talks with one that differs   \
                                                       */
#define NETWORKS_DIFFER_NS (UINT64_C(2) * 1000000000) /* a difference lasts, then it is a talk */
#define NETWORKS_DIFFERING_MAX 64                     /* members whose log differs, remembered */
#define NETWORKS_STRANGERS_MAX                                                                     \
    (NETWORKS_TALKS_MAX / 2) /* talks that somebody opened who is no member */
#define NETWORKS_PROOF_NS (UINT64_C(30) * 1000000000) /* to prove itself; then it may give way */
#define NETWORKS_ASK_NS (UINT64_C(10) * 1000000000)   /* to answer who asks to be let in */
#define NETWORKS_NEWS_NS (UINT64_C(2) * 1000000000)   /* until all have heard of it: merges */
#define NETWORKS_LEAVE_NS (UINT64_C(2) * 1000000000)  /* who leaves stays so long, to tell it */
#define NETWORKS_NEWS_MAX 32000                       /* bytes of operations in one broadcast */
#define NETWORKS_STATE_SIZE 8 /* what others are told of our log: bytes of a hash of its heads */

struct networks;     /* opaque */
struct networks_one; /* opaque: one network; valid until NETWORKS_LEFT */

enum networks_event_kind {
    NETWORKS_ENTERED,     /* `one`: this device belongs, from now on or again; its gate is open */
    NETWORKS_LEFT,        /* it does not any more: take everything of it down before return */
    NETWORKS_CHANGED,     /* members, devices or their standing: look again */
    NETWORKS_KEYS,        /* the discovery keys: networks_network(one)->keys */
    NETWORKS_LOG,         /* networks_state is another: let the shared state tell it */
    NETWORKS_SAY,         /* broadcast `bytes` in the network, on the channel of its log */
    NETWORKS_MET,         /* `device` and this node have one log now */
    NETWORKS_DENIED,      /* networks_denied_is_said has changed */
    NETWORKS_STOPPED,     /* somebody else signs with this device's key: it may sign no more */
    NETWORKS_NEWCOMER,    /* `peer` has shown the code and is invited; it is about to join `one` */
    NETWORKS_TRY,         /* somebody failed to show the code: `left` tries are left */
    NETWORKS_BUSY,        /* with a code open, too many came to try */
    NETWORKS_CODE_CLOSED, /* `reason` */
    NETWORKS_JOINING,     /* the inviter has shown the code: `peer`, `one` */
    NETWORKS_JOIN_FAILED, /* a try to join: `err`, `left`; WAVU_ERR_CRYPTO: a wrong code, or one
                             that is closed; WAVU_ERR_DENIED: not invited there; WAVU_ERR_CLOSED:
                             this device was put out there, and its chain stays cut: who left by
                             itself comes back */
};

/* Borrowed until return. */
struct networks_event {
    enum networks_event_kind kind;
    struct networks_one *one; /* or NULL */
    struct span bytes;
    struct overlay_id device;
    const struct pairing_peer *peer;
    enum pairing_host_reason reason;
    unsigned left;
    int err;
};

struct networks_config {
    struct swarm *swarm; /* borrowed, as all here */
    struct gate *gate;
    struct store *store;
    const struct signer *signer;
    struct metric_set *metrics;
    void (*event)(void *context, const struct networks_event *event); /* from within a turn */
    void *context;
};

/** Begin, with the networks that are stored: each is told by NETWORKS_ENTERED, from networks_start.
 * WAVU_ERR_EXISTS (protocols are taken), _CORRUPT, _UNSUPPORTED, and what the store says. */
WARN_UNUSED int networks_new(const struct networks_config *config, struct networks **out);

/** Tell what was loaded. Into the networks of a restored backup this device comes first, by its
 * person's root; so the person is set before. */
void networks_start(struct networks *n);

/** Going down in good order: the store is not touched any more, and nothing is signed. */
void networks_shut(struct networks *n);

/** End all talks; the owner has taken down what stood on the networks. NULL is fine. */
void networks_free(struct networks *n);

/** Found a network: this device is its first. WAVU_ERR_INVALID for a name that is none
 * (members_write_genesis), _DENIED without a person, _LIMIT, and what the store says. */
WARN_UNUSED int networks_found(struct networks *n, struct span name, enum members_msg_policy policy,
                               struct networks_one **out);

/** The next network (NULL: the first), or NULL. One that is being joined is told, too. */
struct networks_one *networks_next(const struct networks *n, const struct networks_one *one);

/** The network of that id, or NULL. */
struct networks_one *networks_of(const struct networks *n, const uint8_t id[MEMBERS_MSG_ID_SIZE]);

/** For looking, and for what is to stand on it. */
const struct network *networks_network(const struct networks_one *one);
struct gate_network *networks_gate(struct networks_one *one);
bool networks_is_live(const struct networks_one *one);

/** Did this device's person leave it by itself, and is gone? */
bool networks_leave_is_done(const struct networks_one *one);

/** Its number in this node's store, from 1; never that of another. */
uint32_t networks_number(const struct networks_one *one);

/** The member that this device's person is. */
const uint8_t *networks_self(const struct networks_one *one);

/** Do other members say that this device is not invited, and has nobody let it in since? That is
 * what they say: its own log says that it belongs. */
bool networks_denied_is_said(const struct networks_one *one);

/** A link to that neighbour came up, or stood until now; `views`: which ones stand. */
void networks_denied_linked(struct networks_one *one, const struct overlay_id *device,
                            const struct views *views);

/** What the shared state tells others of our log. */
void networks_state(const struct networks_one *one, uint8_t out[NETWORKS_STATE_SIZE]);

/* What this device signs. Errors of all: WAVU_ERR_DENIED (we do not belong, or the network is
 * frozen: update needed), _IN_USE (somebody else signs with this key, NETWORKS_STOPPED),
 * _LIMIT, _NOT_FOUND, and what the store says. */

/** Invite the person of that root key, unless it is invited already; `*member` is its name.
 * WAVU_ERR_EXISTS: it belongs. */
WARN_UNUSED int networks_invite(struct networks_one *one, const uint8_t root[MEMBERS_MSG_KEY_SIZE],
                                uint8_t member[MEMBERS_MSG_ID_SIZE]);

/** The same of whoever asks to be let into an open network, by this node and no person: so it is
 * charged to what all have who came so. WAVU_ERR_LIMIT: they have no more, or this node's own half
 * is used up. */
WARN_UNUSED int networks_let_in(struct networks_one *one, const uint8_t root[MEMBERS_MSG_KEY_SIZE],
                                uint8_t member[MEMBERS_MSG_ID_SIZE]);

/** Revoke a member (WAVU_ERR_INVALID: ourselves; _UNSUPPORTED: of an open network, one whom we did
 * not bring in), honouring what counts of it now; `subtree`: and all whom it brought in. Where two
 * have to and somebody's revocation of just that waits, that one is co-signed; when we signed it
 * already nothing is. Whether it stands, the policy says: see networks_network(one)->state. */
WARN_UNUSED int networks_revoke(struct networks_one *one, const uint8_t member[MEMBERS_MSG_ID_SIZE],
                                bool subtree);

/** Leave, with all devices of this person: what tells the others is signed, and when it is on the
 * disk it goes out; NETWORKS_LEFT follows NETWORKS_LEAVE_NS later, or at the next start. What is
 * said by others until then is heard. */
WARN_UNUSED int networks_leave(struct networks_one *one);

/** What `device` tells of its log (networks_state): when it differs for long, there is a talk. */
void networks_told(struct networks_one *one, const struct overlay_id *device, struct span state);

#endif
