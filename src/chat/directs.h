/*
 * The direct chats of one network as a service: what this node's person says to a member goes,
 * sealed, to all devices of both; what theirs bring is checked and kept; what is missing is asked
 * for, and given to who lacks it. Joins the courier (kind 1) to the histories (chat/history).
 *
 * Contents come from sessions, fates from the courier; orders, news and states leave by ops. All of
 * a message here (its row, its orders, its state) is one commit, and the courier lets nothing leave
 * before that.
 *
 * The courier's name for a message is the first half of its id, so fates and receipts need no table
 * of names. Parts: directs_state (what became of one's own), directs_gap (what is missing, what is
 * given, what was read). Source: docs/protocol/room.md, "Direct chats".
 */
#ifndef CHAT_DIRECTS_H
#define CHAT_DIRECTS_H

#include "chat/history_direct.h"
#include "courier/courier.h"

#define DIRECTS_GAP_NS (UINT64_C(30) * 1000000000) /* what is on its way comes first */
#define DIRECTS_GAP_NS_MAX (UINT64_C(6) * 3600 * 1000000000)
#define DIRECTS_GAPS_MAX 256 /* devices of chats whose gaps are asked for at once */
#define DIRECTS_GAPS_EACH 16 /* of them, of one chat, that is of one person */
#define DIRECTS_LOOK_NS (UINT64_C(600) * 1000000000) /* until the placeless are looked for */
#define DIRECTS_WANTS_MAX 64   /* wishes of others that wait to be answered: 300 bytes each */
#define DIRECTS_READS_MAX 1024 /* messages that were read, and whose authors hear of it */
/* What one member is given of what it asks for: a long chat at once, then little. */
#define DIRECTS_GIVE_BURST ((uint64_t)4 * 1024 * 1024)
#define DIRECTS_GIVE_RATE ((uint64_t)64 * 1024) /* bytes a second */
#define DIRECTS_ASKERS_MAX 64                   /* members that this is counted of */

struct directs; /* opaque */

/* What is known of a message of this device. Borrowed until return. */
struct directs_known {
    const uint8_t *other; /* to whom, 32 bytes */
    const uint8_t *id;    /* 32 bytes */
    const uint8_t *peer;  /* OUTBOX_STORED: who holds it, 32 bytes; else zeros */
    enum outbox_state state;
};

struct directs_user {
    /* courier_say, courier_read, courier_look. */
    int (*say)(void *context, const struct courier_order *order, uint8_t message[ENVELOPE_ID_SIZE]);
    int (*read)(void *context, const uint8_t device[32], const uint8_t message[ENVELOPE_ID_SIZE]);
    void (*look)(void *context, struct courier_status *status);
    /* Whose device that is or was; false when nobody's. */
    bool (*whose)(void *context, const uint8_t device[32], uint8_t member[32]);
    /* The live device number `at` of a member; false behind the last. */
    bool (*device)(void *context, const uint8_t member[32], size_t at, uint8_t device[32]);
    /* Member number `at`, who belongs or did; false behind the last. */
    bool (*member)(void *context, size_t at, uint8_t member[32]);
    /* The history has events: drain them (rooms_drain). */
    void (*news)(void *context);
    /* One knows more of a message of this device. */
    void (*state)(void *context, const struct directs_known *known);
    /* Lasting time, ns. */
    uint64_t (*lasting)(void *context);
    void *context;
};

struct directs_config {
    struct port *port; /* all borrowed */
    struct store *store;
    struct history *history;
    struct directs_user user;
};

/** Load what the store has. What the store says. */
WARN_UNUSED int directs_new(const struct directs_config *config, struct directs **out);
void directs_free(struct directs *d);

/** Who takes the courier's contents of kind COURIER_CHAT. */
struct courier_handler directs_handler(struct directs *d);

/** What the courier tells of its messages; those of others' kinds are passed over. */
void directs_fate(struct directs *d, const struct courier_fate *fate);

/* What is to be said. */
struct directs_words {
    const uint8_t *other; /* the member, 32 bytes */
    const struct content *content;
    uint64_t expiry; /* seconds of life; 0: for ever */
};

/** Say something to a member; `id` is its message's. It leaves when it is on the disk.
 * WAVU_ERR_INVALID: oneself, or a kind that is nothing for direct chats; _NOT_FOUND: no such
 * member, none with a device, or what it is about is not here; _DENIED: the member was put out, or
 * an edit or deletion is of somebody else's; _PROTO, _LIMIT for the content, _LIMIT also: too much
 * waits to be brought; _AGAIN: the disk is behind; what the store says. Nothing was said then. */
WARN_UNUSED int directs_say(struct directs *d, const struct directs_words *words, uint8_t id[32]);

/** The chat with a member; NULL: nothing was said yet. */
struct history_room *directs_chat(const struct directs *d, const uint8_t other[32]);

/** What came up to `number` was read; authors are told, when that is switched on. Errors of the
 * store. */
WARN_UNUSED int directs_read(struct directs *d, struct history_room *chat, uint64_t number);

/** Are authors told of what was read? Off at first; kept. Errors of the store. */
bool directs_tells_read(const struct directs *d);
WARN_UNUSED int directs_tell_read(struct directs *d, bool is_told);

/** Walk the invariants. */
void directs_check(const struct directs *d);

#endif
