/*
 * The courier of one network: what is said to a member or a device goes, sealed, to each of its
 * devices and is said again until that device's own receipt is here. A service: it owns sessions,
 * outbox, mailbox and memory of messages, keeps them in the store, and speaks `/wavu/courier/1`
 * behind the gate. From above come orders, to above go contents by their kind and what became of
 * each message.
 *
 * One commit: what an envelope changes here, the `take` of its kind included, is written in one
 * turn; what says so to others (TAKEN, tokens, receipts) leaves when the store has that on the
 * disk. While the store is slow or its disk is full nothing more is taken in; nothing is lost.
 *
 * What the owner does: it tells of bundles (courier_bundle), neighbours (courier_near,
 * courier_far), members (courier_members) and of what the shared state had under our own key before
 * we publish (courier_publish). session.md's other duties are done here.
 *
 * Parts: courier_core (what they share), courier_store (stored form), courier_keys (own keys,
 * bundles), courier_peer (sessions: sealing and opening), courier_link (streams and frames),
 * courier_ways (direct, own mailbox, multi-hop). Source: docs/protocol/envelope.md, mailbox.md,
 * session.md.
 */
#ifndef COURIER_COURIER_H
#define COURIER_COURIER_H

#include "courier/outbox.h"
#include "courier/session.h"
#include "overlay/gate.h"
#include "store/store.h"

#define COURIER_NAME "/wavu/courier/1"
#define COURIER_KINDS_MAX 32 /* kinds of content that have somebody above */
/* Free memory of the store without which nothing is taken in: sessions that changed
 * (COURIER_SESSIONS_MAX and one, 256 KiB each), an envelope (96 KiB), and what the kind's owner
 * writes. */
#define COURIER_ROOM ((size_t)2304 * 1024)
#define COURIER_HOP_SIZE 8100                    /* an envelope by multi-hop: route.md's unicast */
#define COURIER_HOP_FRAME (1 + COURIER_HOP_SIZE) /* with its kind, as on a stream */

/* Kinds of content (envelope.md, "Kinds"). */
enum courier_kind {
    COURIER_OTHERS = 0, /* whoever is registered for it gets the kinds that nobody has */
    COURIER_CHAT = 1,
    COURIER_RECEIPTS = 2, /* stays in here */
    COURIER_WRAP = 3,
    COURIER_ASK = 4,
    COURIER_HISTORY = 5,
    COURIER_FILE = 6,
    COURIER_SOS = 7
};

/* What came for a kind; spans are borrowed until return. */
struct courier_content {
    const uint8_t *device;  /* that said it, ENVELOPE_DEVICE_SIZE */
    const uint8_t *member;  /* whose it is */
    const uint8_t *message; /* ENVELOPE_ID_SIZE: its author's name for it */
    uint32_t kind;
    struct span body;
};

/* Who takes contents of a kind. `take` writes to the store what it makes of it, and nothing when it
 * fails; it may call everything here but courier_free. 0: taken for good. Negative: not now, and no
 * receipt. For what it says (CRYPTO, DENIED, NOT_FOUND, UNSUPPORTED, PROTO, INVALID): less and less
 * often again, or when who belongs changes. A message comes once, over restarts and ways. */
struct courier_handler {
    int (*take)(void *context, const struct courier_content *content);
    void *context;
};

/* What became of a message, of `member`: `device` is the one that it is known of, `peer` who holds
 * it while it is stored. */
struct courier_fate {
    const uint8_t *message;
    const uint8_t *member;
    const uint8_t *device;
    const uint8_t *peer; /* OUTBOX_STORED; else zeros */
    enum outbox_state state;
};

/* What is told to above, in the turn that writes it. Any may be NULL, and call everything here but
 * courier_free. */
struct courier_user {
    void (*fate)(void *context, const struct courier_fate *fate);
    /* Something a person must know happened to the session with `device`. */
    void (*session)(void *context, const uint8_t device[ENVELOPE_DEVICE_SIZE],
                    enum session_event event);
    /* There are two of this device, or no number is left: sign no more, become a new device. */
    void (*twin)(void *context);
    /* The store does not take what is known here: nothing leaves and nothing is taken any more.
     * Make another courier when it does again. */
    void (*failed)(void *context, int err);
    void *context;
};

/* What is asked of above. Borrowed spans until the next call. */
struct courier_network {
    /* Whose live device that is; false when nobody's. */
    bool (*whose)(void *context, const uint8_t device[ENVELOPE_DEVICE_SIZE],
                  uint8_t member[ENVELOPE_DEVICE_SIZE]);
    /* The live device number `at` of `member`; false behind the last. */
    bool (*device)(void *context, const uint8_t member[ENVELOPE_DEVICE_SIZE], size_t at,
                   uint8_t device[ENVELOPE_DEVICE_SIZE]);
    /* The bundle of a device that the shared state has; empty when none. */
    struct span (*bundle)(void *context, const uint8_t device[ENVELOPE_DEVICE_SIZE]);
    /* Let the shared state have it as ours. */
    void (*publish)(void *context, struct span bundle);
    /* Something waits for `device`: connect to it if you can, then courier_near or courier_open.
     * NULL: nobody can. */
    void (*connect)(void *context, const uint8_t device[ENVELOPE_DEVICE_SIZE]);
    /* Say `bytes` to `device` over several hops; courier_hopped tells of `ticket` what became of
     * it. An error: not now. NULL: there is no such way. */
    int (*unicast)(void *context, const uint8_t device[ENVELOPE_DEVICE_SIZE], struct span bytes,
                   uint64_t ticket);
    /* Would `unicast` find a way to `device`? NULL: always. */
    bool (*reaches)(void *context, const uint8_t device[ENVELOPE_DEVICE_SIZE]);
    void *context;
};

/* Counters; they outlive the couriers that count. */
struct courier_metrics {
    struct metric opened;   /* envelopes that were read */
    struct metric unopened; /* that nothing opens, for now or for ever */
    struct metric cut;      /* links that were, for breaking rules or being too slow */
};

void courier_metrics_add(struct courier_metrics *m, struct metric_set *set);

struct courier_config {
    struct port *port; /* all borrowed */
    struct swarm *swarm;
    struct gate *gate;
    struct gate_network *gate_network; /* entered already */
    struct store *store;
    const struct ed25519_pair *device; /* ours */
    uint8_t network[ENVELOPE_NETWORK_SIZE];
    uint8_t member[ENVELOPE_DEVICE_SIZE]; /* whose device we are; another one than in the life
                                             before: as courier_restored */
    struct courier_metrics *metrics;      /* of all couriers of the node */
    uint64_t mailbox_bytes;               /* for others; 0: MAILBOX_BYTES, 1: nothing is held */
    struct courier_network ask;
    struct courier_user user;
};

struct courier_order {
    const uint8_t *member; /* to all its live devices but this one; or NULL and */
    const uint8_t *device; /* to this one */
    uint32_t kind;
    enum envelope_class class_number;
    uint32_t lifetime_s;    /* 0: ENVELOPE_LIFETIME_S */
    struct span body;       /* ENVELOPE_BODY_MAX at most */
    const uint8_t *message; /* ENVELOPE_ID_SIZE; NULL: a new id. The same id to several members is
                               one message, of the same kind and body. */
};

struct courier; /* opaque */

/** Load what the store has of this network, and begin. WAVU_ERR_CORRUPT, _UNSUPPORTED (of a newer
 * wavu), _IO ... as the store says; WAVU_ERR_EXISTS when the name is taken at the gate. */
WARN_UNUSED int courier_new(const struct courier_config *config, struct courier **out);

/** Its streams end. What was not committed yet still will be. NULL is fine. */
void courier_free(struct courier *c);

/** Let `handler` have what comes of `kind`; COURIER_OTHERS: of kinds that nobody has. Before the
 * turn ends in which the courier was made, or what comes is refused for now. WAVU_ERR_EXISTS;
 * WAVU_ERR_INVALID for receipts and kinds of COURIER_KINDS_MAX and above. */
WARN_UNUSED int courier_handle(struct courier *c, uint32_t kind,
                               const struct courier_handler *handler);

/** Say something. `message` gets its id. It is kept when the store has committed this turn.
 * WAVU_ERR_NOT_FOUND: no live device but this one; WAVU_ERR_INVALID; WAVU_ERR_EXISTS: said before
 * to one of them; WAVU_ERR_LIMIT: too much is open, WAVU_ERR_AGAIN: the store is behind (later).
 * Then nothing was said. */
WARN_UNUSED int courier_say(struct courier *c, const struct courier_order *order,
                            uint8_t message[ENVELOPE_ID_SIZE]);

/** The owner of this node has read `message` of `device`: its author is told. WAVU_ERR_AGAIN. */
WARN_UNUSED int courier_read(struct courier *c, const uint8_t device[ENVELOPE_DEVICE_SIZE],
                             const uint8_t message[ENVELOPE_ID_SIZE]);

/** The shared state has (another) bundle of `device`. One under our own key that we did not write
 * is to be shown, too. */
void courier_bundle(struct courier *c, const uint8_t device[ENVELOPE_DEVICE_SIZE],
                    struct span bundle);

/** After a beginning, once others told what the shared state has under our own key (`found`, empty:
 * nothing, or nobody is there to ask): from now on our bundle is published. */
void courier_publish(struct courier *c, struct span found);

/** The device is a neighbour now: there is a connection, or will be. A stream is held to it as long
 * as there is one. */
void courier_near(struct courier *c, const uint8_t device[ENVELOPE_DEVICE_SIZE]);

/** It is none any more; a stream goes on until it is idle. */
void courier_far(struct courier *c, const uint8_t device[ENVELOPE_DEVICE_SIZE]);

/** There is a connection to a device that something may wait for. */
void courier_open(struct courier *c, const uint8_t device[ENVELOPE_DEVICE_SIZE]);

/** Who belongs has changed: rows for devices that are nobody's any more are refused, what is held
 * for them goes, their streams are ended. */
void courier_members(struct courier *c);

/** What became of what `unicast` got as `ticket`. */
void courier_hopped(struct courier *c, uint64_t ticket, int err);

/** A frame came from `device` over several hops: an envelope, or tokens. WAVU_ERR_AGAIN: not now;
 * _PROTO; _DENIED: not for this device. */
WARN_UNUSED int courier_hop(struct courier *c, const uint8_t device[ENVELOPE_DEVICE_SIZE],
                            struct span frame);

/** This device was restored from an old copy of itself, as the owner knows: no session of before is
 * written with. */
void courier_restored(struct courier *c);

struct courier_status {
    uint32_t open;  /* rows that have no receipt */
    uint32_t held;  /* envelopes for others, own ones included */
    uint64_t bytes; /* of those */
    uint32_t links; /* streams that stand */
    uint32_t items; /* waiting to be said on them */
    uint64_t read;  /* messages that were taken, since the beginning */
    bool is_behind; /* the store is: nothing is taken in */
};
void courier_look(const struct courier *c, struct courier_status *status);

/** Walk the invariants; tests call it. */
void courier_check(const struct courier *c);

#endif
