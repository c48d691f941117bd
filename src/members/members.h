/*
 * The membership log of one network: a genesis and signed operations that name each other by hash.
 *
 * Operations come from peers (members_feed) and from this node (members_write); what is verified
 * and hangs together is let in, what names something that is not here waits. Out go the heads and
 * what a peer lacks (members_sync), the whole log for the store (members_save), and the graph
 * itself to members_eval, which says what counts. Nothing here decides that: an operation that is
 * let in stays.
 *
 * Source: docs/protocol/members.md.
 */
#ifndef MEMBERS_MEMBERS_H
#define MEMBERS_MEMBERS_H

#include "base/buf.h"
#include "base/map.h"
#include "members/members_msg.h"

#define MEMBERS_OPERATIONS_MAX                                                                     \
    32768 /* 1,000 members with some 30 each: devices, their removals                              \
           */
#define MEMBERS_BYTES_MAX ((size_t)16 << 20) /* of operations as they came; 512 bytes each */
#define MEMBERS_RESERVE 4           /* one part in 4 is for revocations and co-signatures */
#define MEMBERS_SHARE 8             /* one member may fill one part in 8 of the log */
#define MEMBERS_SHARE_OPEN 64       /* of an open network's, but for the founder */
#define MEMBERS_SHARE_DOORS 2       /* all who came into one by asking, with all under them */
#define MEMBERS_SEQUENCE_MAX 1024   /* operations of a chain, its forks counted */
#define MEMBERS_REVOCATIONS_MAX 256 /* of them: revocations and co-signatures */
#define MEMBERS_BRANCHES_MAX 64     /* forks of a chain */
#define MEMBERS_REFUSED_MAX 16384   /* names of operations that found no room: 4 members' */
#define MEMBERS_DEPTH_MAX 255       /* invitations from the founder to a member */
#define MEMBERS_ROOTS_MAX 32        /* of one member, one succeeding the other */
#define MEMBERS_DEVICES_MAX 64     /* of one member: certified on the way through its roots; live */
#define MEMBERS_PENDING_PLACE 1024 /* bytes of an operation that waits for what it names */
#define MEMBERS_PENDING_MAX 1024   /* such places; a longer operation takes several */
#define MEMBERS_PENDING_BRANCH_MAX 256  /* of them, of one branch: four cannot shut out a fifth */
#define MEMBERS_PENDING_MEMBER_MAX 128  /* of one member */
#define MEMBERS_PENDING_UNKNOWN_MAX 128 /* of all whose author is not known here */
#define MEMBERS_STORED_MAX                                                                         \
    (MEMBERS_BYTES_MAX + (size_t)MEMBERS_OPERATIONS_MAX * 8 + 2 * MEMBERS_MSG_SIZE_MAX)

#define MEMBERS_NONE UINT32_MAX /* no operation, no seat */
#define MEMBERS_GENESIS 0 /* the genesis' place among operations, the founder's among members */

struct members_refused; /* members_room.h */

/* What an account was charged with, whether it counts or not. */
struct members_use {
    uint32_t ops;
    uint32_t takes; /* of them: revocations and co-signatures */
    size_t bytes;
    size_t take_bytes;
};

/* An operation that was let in. Its place (index) is behind those of all that it names. Places
 * differ from node to node: no decision may rest on them. */
struct members_op {
    uint8_t id[MEMBERS_MSG_ID_SIZE];
    uint8_t *bytes; /* owned; as it came */
    uint32_t len;
    uint32_t place;
    uint32_t kind; /* enum members_msg_kind; 0 the genesis, UINT32_MAX one that we do not know */
    bool is_critical;
    bool is_subtree; /* REVOKE */
    bool is_by_door; /* INVITE: of whoever asked, into an open network */
    bool is_whole;   /* a LEAVE by a root: for all chains of its member */
    bool is_alone;   /* a revocation that may stand without co-signatures */
    bool has_next;   /* another operation of its chain follows */
    bool is_named;   /* another operation names it: it is no head */
    bool is_reserve; /* out of the quarter for revocations: a LEAVE, or a guest that one needs */
    uint32_t member; /* its author's */
    uint32_t payer;  /* member on whose account it is: its author's, or who rests on it */
    uint32_t seat;   /* its chain */
    uint32_t invitation; /* operation that made its member; MEMBERS_NONE for the genesis */
    uint32_t grant;      /* operation or MEMBERS_NONE, likewise the next two */
    uint32_t join;
    uint32_t previous;
    uint32_t sequence;
    uint32_t revocations;  /* on the way here, with this one */
    uint32_t devices;      /* likewise DEVICEs, also of the roots before this one */
    uint32_t made;         /* seat that a DEVICE or SUCCEED made, member that an INVITE made */
    uint32_t target;       /* REVOKE: member; REMOVE, SUCCEED: seat; COSIGN: operation; LEAVE: its
                            * own member when it is whole, else its seat */
    uint32_t next;         /* in its target's list (below), or MEMBERS_NONE */
    uint32_t first_cosign; /* of a revocation: a list of COSIGNs */
    const uint8_t *leaf;   /* of a DEVICE that brings one: within bytes; else NULL */
    const uint8_t *salt;   /* of a REMOVE, REVOKE or SUCCEED: within bytes; else NULL */
    uint32_t *links;       /* owned; all operations that it names, then the cuts */
    uint32_t link_count;
    uint32_t *
        cuts; /* the last part of links: operations that are the last honoured, by ascending seat */
    uint32_t cut_count;
};

struct members_member {
    uint32_t op; /* the invitation, or MEMBERS_GENESIS */
    uint32_t inviter;
    uint32_t branch; /* the founder's invitee it is or is under; the founder's own is 0 */
    uint32_t depth;
    bool is_by_door;           /* it, or who is above it, came into an open network by asking */
    struct members_use own;    /* on its account */
    struct members_use guests; /* others' operations that its own rest on */
    struct members_use under;  /* own, and that of all under it; the founder's: the whole log */
    struct members_use under_guests; /* guests, and those of all under it; the founder's: unused */
    uint8_t root[MEMBERS_MSG_KEY_SIZE];
};

/* A chain: one key's operations for one member. */
struct members_seat {
    uint8_t name[4 + MEMBERS_MSG_KEY_SIZE]; /* member, key: the key in the map of seats */
    uint32_t member;
    uint32_t place;
    uint32_t first_cutter; /* list of REMOVEs and SUCCEEDs that are for it */
    uint32_t top;          /* the operation of the highest sequence here, or MEMBERS_NONE */
    uint32_t ops;
    uint32_t takes;    /* of them: revocations and co-signatures */
    uint32_t branches; /* operations that took a sequence number of another */
    bool has_first;
    bool is_forked; /* two operations of one sequence */
};

struct members {
    struct map ids;         /* id to struct members_op */
    struct map seat_map;    /* name to struct members_seat; values borrowed from `seats` */
    struct map waiting;     /* id that is not here to the first of those that wait for it */
    struct map pending_map; /* id to struct members_pending, the same by their own id */
    struct map refused_map; /* id to struct members_refused; values borrowed from `refused_ops` */
    struct members_refused *refused_ops; /* owned, a ring; NULL until one is refused */
    uint32_t refused_at;                 /* the next to be overwritten */
    struct members_op **ops;             /* owned, by place */
    struct members_member *members;
    struct members_seat **seats;
    uint32_t op_count, op_cap;
    uint32_t member_count, member_cap;
    uint32_t seat_count, seat_cap;
    size_t bytes;                    /* of all operations */
    struct members_use doors;        /* of all who came by doors, and the invitations of doors */
    struct members_use doors_guests; /* others' operations that those of such rest on */
    uint32_t pending_count;
    size_t pending_bytes;
    uint64_t pending_number; /* of the next that waits */
    uint64_t refused;        /* waiting operations that turned out not to be let in */
    enum members_msg_policy policy;
    const struct signer *signer;
    const struct random *random;
};

enum members_fed { MEMBERS_ADDED, MEMBERS_KNOWN, MEMBERS_PENDING };

/** Start the log of the network that `genesis` (as it came) makes. WAVU_ERR_CRYPTO when it is no
 * signed genesis, WAVU_ERR_UNSUPPORTED for a newer format: the log is then empty and dead. `signer`
 * and `random` are borrowed. */
WARN_UNUSED int members_init(struct members *log, const struct signer *signer,
                             const struct random *random, struct span genesis);
void members_clear(struct members *log);

/** Take an operation as it came from `source` (the caller's number for a peer or a talk with it,
 * for members_drop_source). WAVU_ERR_CRYPTO when it is not let in, WAVU_ERR_LIMIT when there is no
 * room for it on the account of its author (it may come again: members_room.h says when it finds
 * room then) or among what waits; the log has not changed then. `*fed` says what became of it. */
WARN_UNUSED int members_feed(struct members *log, struct span bytes, uint64_t source,
                             enum members_fed *fed);

/** Take an operation that was verified before, as it lies in a log of this node: as members_feed,
 * without verifying and without asking its author's account, which is charged. */
WARN_UNUSED int members_feed_verified(struct members *log, struct span bytes,
                                      enum members_fed *fed);

/** `source` has gone: forget what came from it, waits, and is of authors who are not known here. */
void members_drop_source(struct members *log, uint64_t source);

/** The network's id. */
const uint8_t *members_network(const struct members *log);

/** The operation of that id, or NULL. */
const struct members_op *members_find(const struct members *log,
                                      const uint8_t id[MEMBERS_MSG_ID_SIZE]);

/** The chain of `key` for the member, or MEMBERS_NONE. */
uint32_t members_seat_of(const struct members *log, uint32_t member,
                         const uint8_t key[MEMBERS_MSG_KEY_SIZE]);

/** Key of a seat. */
const uint8_t *members_seat_key(const struct members *log, uint32_t seat);

/** The member that the operation of that id made, or MEMBERS_NONE. */
uint32_t members_member_of(const struct members *log, const uint8_t id[MEMBERS_MSG_ID_SIZE]);

/** Is `member` under `other` (not itself)? */
bool members_is_under(const struct members *log, uint32_t member, uint32_t other);

/** Append the log as it is stored to `out`. WAVU_ERR_LIMIT when it does not fit. After a
 * members_write the log and its struct members_author are one: store both in ONE transaction,
 * committed before anything signed leaves the node. Then a crash loses both or none, and no
 * sequence number is used twice; stored apart, the older of them makes members_write refuse
 * (WAVU_ERR_IN_USE) and costs the device its key. */
WARN_UNUSED int members_save(const struct members *log, struct buf *out);

/** The part of it from the operation of that place on (0: all), of whole operations, `room` bytes
 * at most unless the first alone is longer; `*next` is the place behind them. Parts one behind the
 * other are the log as it is stored. WAVU_ERR_LIMIT when it does not fit `out`. */
WARN_UNUSED int members_save_part(const struct members *log, uint32_t from, size_t room,
                                  struct buf *out, uint32_t *next);

/** Start a log from stored bytes. With `is_trusted` (they lay in this node's own encrypted store)
 * signatures are not verified again. WAVU_ERR_CORRUPT, WAVU_ERR_UNSUPPORTED, WAVU_ERR_LIMIT. */
WARN_UNUSED int members_load(struct members *log, const struct signer *signer,
                             const struct random *random, struct span stored, bool is_trusted);

/** Walk the structure and CHECK its invariants. */
void members_check(const struct members *log);

#endif
