/*
 * The group keys of one network as a service: the machine of epochs (epoch.h) with the membership
 * log beneath it, its state in the store, and the decisions that the machine leaves to its owner:
 * when to make a change, whom to ask for secrets, who answers.
 *
 * Messages of members and news of the log come in; what is for all leaves by `say`, what is for one
 * device by `tell`, which is an authenticated channel: a session, or a hybrid link. Above it
 * entries are sealed and opened.
 *
 * Source: docs/protocol/epoch.md, "How the membership log plugs in".
 */
#ifndef GROUP_EPOCHS_H
#define GROUP_EPOCHS_H

#include "group/epoch_seal.h"
#include "group/epochs_asks.h"
#include "group/network.h"
#include "port/port.h"
#include "store/store.h"

/* A change that is due is made after a time that is drawn, so that not all make one: the first that
 * comes is enough. */
#define EPOCHS_REMOVED_NS (UINT64_C(3) * 1000000000)   /* somebody could still read */
#define EPOCHS_CROWDED_NS (UINT64_C(10) * 1000000000)  /* many heads, or none that is readable */
#define EPOCHS_SELDOM_NS (UINT64_C(120) * 1000000000)  /* an old epoch, or no ML-KEM leaf */
#define EPOCHS_FIRST_NS (UINT64_C(86400) * 1000000000) /* no change of one's own yet */
#define EPOCHS_ENDED_NS (UINT64_C(1) * 1000000000) /* the old chain ended before new keys came */
#define EPOCHS_HOLD_NS                                                                             \
    (UINT64_C(2) * 1000000000) /* keys of before are written under so long: wraps take their way   \
                                */
#define EPOCHS_ASK_NS (UINT64_C(20) * 1000000000)      /* for an answer; then another is asked */
#define EPOCHS_ASK_FIRST_NS (UINT64_C(3) * 1000000000) /* the same the first time; then doubled */
#define EPOCHS_ASKS_MAX 5    /* asked in vain: then a change of one's own needs nobody's secret */
#define EPOCHS_PATIENT_MAX 3 /* asked in vain, while others ask us: then likewise */
#define EPOCHS_ALONE_MAX 2   /* begun, while nobody is near and one wants to write: then likewise */
#define EPOCHS_FIRST_ASKS_MAX                                                                      \
    30 /* the same of who has no key at all: others have, and wait for none */
#define EPOCHS_SETTLED_NS                                                                          \
    (UINT64_C(60) * 1000000000) /* the heads stay so long: entries under what lies below are here  \
                                 */
#define EPOCHS_GATHER_NS (UINT64_C(1) * 1000000000) /* asks of that time have one answer */
#define EPOCHS_EARLY_MAX 32 /* messages of devices that the log does not know yet */
#define EPOCHS_FULL_MAX 256 /* devices to which a change is sealed with ML-KEM, 1.2 KiB each */

struct epochs; /* opaque */

/* What a device says of itself to all members. */
enum epochs_published {
    EPOCHS_LEAF,  /* what says its leaf (epoch_leaf.h), */
    EPOCHS_LIGHT, /* and that of a later light change, may be empty */
    EPOCHS_PASSED /* the id of the epoch that it writes under: nothing more comes under what lies
                     below */
};
#define EPOCHS_PUBLISHED 3

struct epochs_user {
    /* Say it to all members: kept by the mesh until they have it. */
    void (*say)(void *context, struct span message);
    /* Say it to one device, for as long as that takes. */
    void (*tell)(void *context, const uint8_t device[32], struct span message);
    /* Let all members have it, and who comes later, in place of what was published so before. Comes
     * also when it is what it was. */
    void (*publish)(void *context, enum epochs_published what, struct span value);
    /* An epoch can be read: entries that waited for one may open now. */
    void (*opened)(void *context);
    /* One may write, or may not any more. */
    void (*ready)(void *context, bool is_ready);
    /* The device has got the keys of now from us: it came in, or came back. */
    void (*welcomed)(void *context, const uint8_t device[32]);
    void *context;
};

struct epochs_config {
    struct port *port; /* all borrowed */
    struct store *store;
    struct aead *aead;
    const struct signer *signer;
    const struct ed25519_pair *device;
    const struct network *network;
    uint32_t number; /* of the network in the store: networks_number */
    struct epochs_user user;
};

/** Load what the store has, or begin. WAVU_ERR_CORRUPT, _UNSUPPORTED, and what the store says. Then
 * epochs_members. */
WARN_UNUSED int epochs_new(const struct epochs_config *config, struct epochs **out);
void epochs_free(struct epochs *e);

/** The membership log has changed, or was loaded. */
void epochs_members(struct epochs *e);

/** A message that was said to all, or told by `from` to this device alone. 0: taken for good, or
 * refused for good. WAVU_ERR_AGAIN: what it builds on is missing, or its effect is not on the disk
 * yet: it is to come again. */
WARN_UNUSED int epochs_take(struct epochs *e, const uint8_t from[32], struct span message,
                            bool is_told);

/** What `device` has published, by a way that proves it to be its. */
void epochs_published(struct epochs *e, const uint8_t device[32], enum epochs_published what,
                      struct span value);

/** How many devices belong now. */
size_t epochs_members_now(const struct epochs *e);

/** May one write now? */
bool epochs_is_ready(const struct epochs *e);

/** One wants to write, and may not: what is due is done at once. `is_alone`: no member is near, so
 * nobody is waited for who could have what is missing. */
void epochs_hurry(struct epochs *e, bool is_alone);

/** As epoch_seal_write, epoch_seal_open and epoch_seal_room. Each entry that is sealed leaves after
 * the commit that is written in this turn. */
WARN_UNUSED int epochs_seal(struct epochs *e, struct entry *entry, struct wr *w);
WARN_UNUSED int epochs_open(struct epochs *e, const struct epoch_seal_came *came,
                            struct span_mut room, struct entry *entry);
WARN_UNUSED int epochs_room(struct epochs *e, const uint8_t room[32]);

/** Steps of chains that were made for entries that epochs_open refused, since the start: up to
 * CHAIN_GENERATIONS_MAX each, for a few bytes of who sent them. */
uint64_t epochs_vain(const struct epochs *e);

#endif
