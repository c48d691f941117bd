/*
 * The rooms of one network as a service: what this node's person says goes, signed and sealed once
 * for all members, to everybody; what others say is opened, checked and kept. Joins the group's
 * keys (group/epochs) to histories (chat/history).
 *
 * Broadcasts and messages to this device alone come in, from members that the mesh and the courier
 * have proved; what is to be broadcast or told leaves by ops, when the store has what it rests on.
 *
 * What is missing is asked of neighbours, one at a time, in talks (chat/repair) that the owner
 * carries: with each new neighbour, once a minute with each, a second after something came in a
 * talk, and when entries wait for others or a frontier names what is not here.
 *
 *   broadcast: 1 byte of kind | 1 a sealed entry, 2 a message of epochs, 3 a frontier,
 *              4 several of them (chat/rooms_many.h)
 *
 * Source: docs/protocol/room.md, epoch.md.
 */
#ifndef CHAT_ROOMS_H
#define CHAT_ROOMS_H

#include "base/metric.h"
#include "chat/history_view.h"
#include "chat/repair.h"
#include "group/epochs.h"

#define ROOMS_WAITING_MAX                                                                          \
    256 /* entries of epochs that cannot be read yet: repair brings the rest */
#define ROOMS_WAITING_BYTES ((size_t)4 * 1024 * 1024)
#define ROOMS_WAITING_NS_MAX (UINT64_C(60) * 1000000000) /* then repair has brought it, or will */
#define ROOMS_OUT_BYTES ((size_t)1024 * 1024)            /* said, and not on the disk yet */
#define ROOMS_HELD_BYTES ((size_t)64 * 1024)             /* said, and the mesh has no room yet */
#define ROOMS_NEWS_MAX HISTORY_EVENTS_MAX            /* that wait for the disk; then HISTORY_MANY */
#define ROOMS_FRONTIER_NS (UINT64_C(1) * 1000000000) /* between two of ours, at least */
/* Frontiers of all devices in ROOMS_FRONTIER_NS: each is verified by each, so in a large room who
 * says nothing else must not cost all the others more than who speaks. */
#define ROOMS_FRONTIERS_MAX 4
#define ROOMS_NEAR_MAX 64   /* neighbours */
#define ROOMS_JOINED_MAX 64 /* devices that came in and of which it is not said */
#define ROOMS_CHECK_NS (UINT64_C(60) * 1000000000) /* between two talks with a neighbour */
#define ROOMS_LACK_NS (UINT64_C(2) * 1000000000)   /* what is lacked so long is asked for */
#define ROOMS_LACKS_MAX                                                                            \
    16 /* of what frontiers name, one thing by each member; then what was                          \
        * asked for in vain for longest gives way */
/* Times that one neighbour is put off since others are asked: 0.7 s each at least, so as long as a
 * talk that goes on keeps others from asking. Then it is asked beside them: whoever always comes
 * first keeps nobody from being asked. */
#define ROOMS_PUT_OFF_MAX 16
#define ROOMS_BARE_NS                                                                              \
    (UINT64_C(6) * 3600 * 1000000000) /* at most between two times that contents                   \
                                       * are asked for of one who gave none */

struct rooms; /* opaque */

/* Counters; they outlive the rooms that count. */
struct rooms_metrics {
    struct metric repaired;       /* entries, or contents behind theirs, that came in talks */
    struct metric repaired_bytes; /* of their stored form */
};

/** Add them to a node's set. */
void rooms_metrics_add(struct rooms_metrics *m, struct metric_set *set);

struct rooms_user {
    /* Broadcast it to all members, behind the names of the entries in it (ENTRY_ID_SIZE each, in
     * their order) as its items. WAVU_ERR_AGAIN: not yet, it is tried again soon; any other
     * error: repair brings it. */
    int (*say)(void *context, struct span names, struct span bytes);
    /* Bring it to one device, for as long as that takes: keys, or an ask for them. */
    void (*tell)(void *context, const uint8_t device[32], bool is_ask, struct span bytes);
    /* Put it into the shared state, under this device, in place of what was there. */
    void (*publish)(void *context, enum epochs_published what, struct span value);
    /* News of a history, in order, when what they tell of is on the disk: nothing is shown that a
     * power cut could take back, and nothing twice. */
    void (*event)(void *context, const struct history_event *event);
    /* One may write, or may not any more. */
    void (*ready)(void *context, bool is_ready);
    /* Begin a talk with a neighbour (chat/rooms_repair.h): rooms_repair_talk with that ask, now or
     * soon. Negative: it cannot be now. */
    int (*talk)(void *context, const uint8_t device[32], const struct repair_ask *ask);
    /* Lasting time, ns. */
    uint64_t (*lasting)(void *context);
    void *context;
};

struct rooms_config {
    struct port *port; /* all borrowed */
    struct store *store;
    struct aead *aead;
    const struct signer *signer;
    const struct ed25519_pair *device;
    const struct network *network;
    const uint8_t *member;         /* this node's person in it, 32 bytes */
    uint32_t number;               /* networks_number */
    struct rooms_metrics *metrics; /* of all networks of the node; NULL: nothing is counted */
    struct rooms_user user;
};

/** Load what the store has. WAVU_ERR_CORRUPT, _UNSUPPORTED, _LIMIT, and what the store says. Then
 * rooms_members. */
WARN_UNUSED int rooms_new(const struct rooms_config *config, struct rooms **out);
void rooms_free(struct rooms *r);

/** Who belongs has changed, or was loaded. */
void rooms_members(struct rooms *r);

/** Say `content` in the room; `id` is its entry's. It ends `expiry_s` after it came to somebody; 0:
 * as the room's rules say, or never. It leaves when it is on the disk.
 * WAVU_ERR_AGAIN: keys are on their way (rooms_user.ready), or too much waits for the disk or
 * for the mesh; _NOT_FOUND: no such room; _PROTO, _LIMIT for the content; _DENIED: we do not
 * belong; what the store says. Nothing was said then. */
WARN_UNUSED int rooms_say(struct rooms *r, const uint8_t room[32], const struct content *content,
                          uint64_t expiry_s, uint8_t id[ENTRY_ID_SIZE]);

/** A broadcast of the device `from`, and what of it proves the entries that it names, if any; else
 * NULL. What is wrong in it is dropped. */
void rooms_take(struct rooms *r, const uint8_t from[32], struct span bytes,
                const struct entry_proof_said *said);

/** What `from` told this device alone. 0: taken for good; WAVU_ERR_AGAIN: it is to come again. */
WARN_UNUSED int rooms_told(struct rooms *r, const uint8_t from[32], struct span bytes);

/** What a device has in the shared state about its keys. */
void rooms_published(struct rooms *r, const uint8_t device[32], enum epochs_published what,
                     struct span value);

/** The group's room. */
void rooms_main(const struct rooms *r, uint8_t room[32]);

/** May one write now? */
bool rooms_is_ready(const struct rooms *r);

/** Something was written to the histories beside: tell its news when they are on the disk, and plan
 * for what ends. */
void rooms_drain(struct rooms *r);

/** For looking: pages, messages, receipts. */
struct history *rooms_history(struct rooms *r);

#endif
