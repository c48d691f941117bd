/*
 * What two devices say to each other alone: a machine for one peer device. Content comes from above
 * and leaves as messages; messages of the peer come from whatever way brought them, in any order,
 * and leave as content. It starts while the peer is away, survives starts of both at once and
 * states that went back, and is stored between any two calls.
 *
 * `now` is the node's lasting time (courier/lasting.h), which goes on over restarts: so what is
 * stored ends when its time has come, however often the machine starts anew.
 *
 * The owner stores the state (courier/session_state.h) before a sealed message leaves and before an
 * opened one is acknowledged. Should it fail to, no key seals two texts under one nonce all the
 * same; messages may be lost.
 *
 * Source: docs/protocol/session.md.
 */
#ifndef COURIER_SESSION_H
#define COURIER_SESSION_H

#include "courier/prekeys.h"
#include "courier/session_start.h"
#include "crypto/ratchet.h"

#define SESSION_RATCHETS_MAX                                                                       \
    4                        /* one in use, one of a start of both at once, two that went before */
#define SESSION_SEEN_MAX 64  /* starts of the peer that are remembered */
#define SESSION_SEEN_SIZE 16 /* bytes of a session's name */
#define SESSION_SEEN_NS                                                                            \
    (PREKEYS_ROTATE_NS + PREKEYS_KEEP_NS) /* at least, and as long as the start's prekey is here   \
                                           */
#define SESSION_RETIRED_NS (30 * UINT64_C(86400000000000)) /* the longest time in a mailbox */
#define SESSION_UNANSWERED_NS PREKEYS_KEEP_NS /* then the prekey of a start may be gone */
/* Wishes to begin anew are an hour apart; eight are there at once, then one a day in the long run:
 * at most 46 within SESSION_SEEN_NS, and the peer remembers 64 starts. */
#define SESSION_RENEW_NS UINT64_C(3600000000000)
#define SESSION_RENEW_EACH_NS (24 * SESSION_RENEW_NS)
#define SESSION_RENEW_BURST 8
/* A start may be so many rounds above all that are known, so that nobody who got hold of a prekey
 * uses them up: at 64 starts in 37 days that takes a century. */
#define SESSION_ROUNDS_MAX 65536
#define SESSION_BUNDLE_NS PREKEYS_ROTATE_NS /* then there is a newer bundle */
#define SESSION_NEWER 2 /* weeks by numbers: a start from such an old bundle is given up */
#define SESSION_DOUBT_NS UINT64_C(86400000000000) /* for an answer, after a start that is old */
/* Steps of the ratchet for messages that are passed over: a microsecond each, twice when the
 * message is good. Four of the largest gaps at once; then one such gap in 8 s, so that a peer who
 * burns them all gets at most a 3,000th of a core. Each is paid for once: copies of a message with
 * other bodies, which anybody on the way can make, find its way along the chain as it was walked.
 */
#define SESSION_STEPS_MAX 4096
#define SESSION_STEPS_PER_S 128

struct session_config {
    const struct prekeys *prekeys; /* borrowed: ours */
    uint8_t peer[ED25519_PUBLIC_SIZE];
    struct aead *aead; /* borrowed */
    enum aead_kind kind;
    const struct random *random; /* borrowed */
};

/* One session with the peer. */
struct session_slot {
    struct ratchet *ratchet; /* owned; NULL: free */
    uint32_t round;
    bool is_own;      /* we started it */
    bool is_proven;   /* something was heard on it since the peer's last start */
    bool is_retired;  /* opens, never writes */
    bool is_late;     /* retired as it came: the peer's, which was never written with */
    uint32_t prekey;  /* of our start: number of the peer's prekey */
    uint64_t ends;    /* ns: when a retired one goes, or an own start without an answer retires */
    uint8_t *prelude; /* owned: of our start until it is answered, or NULL */
    size_t prelude_len;
    uint8_t
        prelude_hash[HASH_SHA256_SIZE]; /* of the peer's start: the same comes with each message */
};

/* A start of the peer that was accepted. It is forgotten when it expired and its prekey is gone:
 * until then the same bytes could be read again, however late, and after it nobody can read them.
 */
struct session_seen {
    uint8_t name[SESSION_SEEN_SIZE];
    uint32_t prekey;  /* number of the one it used */
    uint64_t expires; /* ns */
};

enum session_event {
    SESSION_EVENT_STARTED,        /* the peer began a session */
    SESSION_EVENT_PEER_WENT_BACK, /* its state is an old copy: we begin anew */
    SESSION_EVENT_SELF_WENT_BACK, /* ours is: what came in between is lost here */
    SESSION_EVENT_TOO_FAR,        /* more was lost than can be bridged: we begin anew */
    SESSION_EVENT_UNKNOWN,   /* a message does not open, for no certain reason: session_renew */
    SESSION_EVENT_EXHAUSTED, /* the peer did not answer for a million messages */
    SESSION_EVENT_COUNT
};

struct session {
    struct session_config config;
    struct session_slot slots[SESSION_RATCHETS_MAX]; /* in the order of coming; free ones last */
    struct session_seen *seen;                       /* owned; NULL: none */
    size_t seen_count;
    uint8_t *bundle; /* owned: the peer's, verified, not used yet; or NULL */
    size_t bundle_len;
    uint64_t bundle_ends;  /* ns: when it is too old to begin with */
    uint32_t bundle_least; /* number of the newest one that was learnt; 0: none */
    /* An old start came: late, or of a peer that has lost what came after it. 0: no doubt.
     * UINT64_MAX: and nothing was written since. Else, ns: when we begin anew without an answer. */
    uint64_t doubt_ends;
    uint32_t doubt_number;      /* the lowest prekey that such a start named as its maker's */
    uint32_t round_known;       /* the highest of all sessions there ever were */
    uint32_t round_turned;      /* the highest of one in which the peer answered a key of ours */
    uint64_t renew_after;       /* ns: when the next wish to begin anew is heard */
    uint64_t renew_paid;        /* ns: until when those that were heard have used up one a day */
    struct budget_bucket steps; /* for what lies between messages of the peer; not stored */
    uint32_t events;            /* by bit */
};

void session_init(struct session *s, const struct session_config *config);

/** Wipe and free everything. */
void session_clear(struct session *s);

/** Take the peer's bundle, for the next start within SESSION_BUNDLE_NS; the owner gives each one
 * that it hears of. WAVU_ERR_CRYPTO when it is not signed by the peer for this network or its keys
 * are no good, WAVU_ERR_UNSUPPORTED when its format is newer, WAVU_ERR_EXISTS when a later one was
 * learnt before: whoever serves it again may have its secrets. The highest number is part of the
 * stored state; only a start of the peer, which names its own, lowers it. A start of ours that was
 * made from a much older bundle and has no answer is given up. */
WARN_UNUSED int session_learn(struct session *s, uint64_t now, struct span bundle);

/** Append to `w` a message with `content` of at most `room` bytes. WAVU_ERR_AGAIN when it needs the
 * peer's bundle first (session_learn); WAVU_ERR_LIMIT when it does not fit, also because a start
 * does not; WAVU_ERR_CRYPTO when the bundle gives no secret (it is then forgotten). Nothing is
 * written then. */
WARN_UNUSED int session_seal(struct session *s, uint64_t now, struct span content, size_t room,
                             struct wr *w);

/** Open `message` in place; `*content` is the part of it that the peer gave. WAVU_ERR_CRYPTO when
 * no session of ours can; the message may be zeroed. WAVU_ERR_UNSUPPORTED for a newer kind;
 * WAVU_ERR_LIMIT for one start too many of this peer, or when more of its messages would have to be
 * passed over than SESSION_STEPS_MAX pays for at `now`: not acknowledged, it comes again. Then the
 * state is as before, unless an event says what was certain all the same. */
WARN_UNUSED int session_open(struct session *s, uint64_t now, struct span_mut message,
                             struct span *content);

/** The device that the start at the beginning of `message` says to come from: which session to try
 * session_open with, for who does not know. It is a claim and no more: everybody who ever got a
 * start of a device has its card and can put it into another. Only session_open, with 0, says that
 * it is so; until then nothing is said of that device, charged to it, or made for it that would
 * stay (a session that was made to try is cleared when it refuses). WAVU_ERR_CRYPTO when it is no
 * start for us. */
WARN_UNUSED int session_claimed_sender(const struct prekeys *own, struct aead *aead,
                                       struct span message, uint8_t device[ED25519_PUBLIC_SIZE]);

/** Begin anew with the next message. For an owner who sees SESSION_EVENT_UNKNOWN after a message
 * that came over an authenticated way, and of which it has no copy: one of both states is not what
 * the other believes. Anybody can make messages that nothing opens, so the machine does not do it
 * by itself, and the event leaves no trace in the state. WAVU_ERR_AGAIN when that was wished less
 * less than SESSION_RENEW_NS ago, or eight times and more often than once a day. */
WARN_UNUSED int session_renew(struct session *s, uint64_t now);

/** This state is an old copy: never write with what is in it. */
void session_restored(struct session *s, uint64_t now);

/** True when the next session_seal needs a bundle that is not there. */
bool session_wants_bundle(const struct session *s);

WARN_UNUSED bool session_next_event(struct session *s, enum session_event *event);
uint64_t session_deadline(const struct session *s);

/** Wipe what ended. True when something did: the owner stores the state, so that it is gone there,
 * too. */
bool session_tick(struct session *s, uint64_t now);
void session_check(const struct session *s);

/** True when no session is above the rounds that are known: what session_check demands of them, for
 * who reads a stored state. */
bool session_rounds_hold(const struct session *s);

#endif
