/*
 * The joiner's side of a pairing: one code, as it was typed or scanned, and up to three tries with
 * it on links to whoever may be the inviter. Messages come in; messages to send, the inviter's
 * keys, what a newcomer needs and the end leave.
 *
 *   IDLE -> WAIT_SHARE -> WAIT_CONFIRM -> WAIT_WELCOME -> WAIT_WISH -> DONE
 *     ^         |              |               |        (our own side's answer)
 *     +--------failed----------+---------------+
 *
 * Source: docs/protocol/pairing.md.
 */
#ifndef MEMBERS_PAIRING_GUEST_H
#define MEMBERS_PAIRING_GUEST_H

#include "members/code_qr.h"
#include "members/pairing.h"

#define PAIRING_GUEST_TRIES_MAX 3 /* each shows a false inviter one guess */
#define PAIRING_GUEST_IDLE_NS                                                                      \
    600000000000U /* 10 min between two tries, as long as a code is open */
#define PAIRING_GUEST_EVENTS_MAX 4

enum pairing_guest_event_kind {
    PAIRING_GUEST_SEND,    /* `bytes` */
    PAIRING_GUEST_PEER,    /* the inviter proved the code: `peer` */
    PAIRING_GUEST_WELCOME, /* `bytes` for our side; pairing_guest_answer is wanted */
    PAIRING_GUEST_DONE,    /* all is said: close the stream when it is sent */
    PAIRING_GUEST_FAILED,  /* this try is over: `err`; `left` tries are left, for
                              PAIRING_GUEST_IDLE_NS, then it comes once more with 0. Close the
                              stream */
};

struct pairing_guest_event {
    enum pairing_guest_event_kind kind;
    struct span bytes; /* until the next pairing_guest_next_event */
    struct pairing_peer peer;
    int err; /* WAVU_ERR_CRYPTO: the code is wrong, used, closed, or somebody is in between;
                WAVU_ERR_INVALID: the words are right, and one side's version refuses what the
                other says of itself, most likely the name; WAVU_ERR_UNSUPPORTED: it is newer;
                WAVU_ERR_TIMEOUT, WAVU_ERR_AGAIN: broken off */
    unsigned left;
};

enum pairing_guest_state {
    PAIRING_GUEST_IDLE,
    PAIRING_GUEST_WAIT_SHARE,
    PAIRING_GUEST_WAIT_CONFIRM,
    PAIRING_GUEST_WAIT_WELCOME,
    PAIRING_GUEST_WAIT_WISH,
    PAIRING_GUEST_OVER,
};

struct pairing_guest {
    struct pairing_means means;
    struct code code;
    bool knows_device; /* it was scanned: `device` is the one inviter */
    uint8_t device[PAIRING_KEY_SIZE];
    bool knows_network; /* the QR showed `network` */
    uint8_t network[PAIRING_KEY_SIZE];
    enum pairing_guest_state state;
    unsigned tries; /* PROOFs sent */
    uint64_t deadline;
    uint64_t closes; /* when the words go, should no other try begin; 0: before the first one */
    struct pairing_run run;
    struct pairing_guest_event events[PAIRING_GUEST_EVENTS_MAX];
    struct buf bodies[PAIRING_GUEST_EVENTS_MAX + 1]; /* the last: of the event handed out */
    size_t first;
    size_t count;
};

/** Take a code that was typed. `means` and what it names is borrowed for g's life, and does not
 * change in it. WAVU_ERR_INVALID when we have no name that may be shown (pairing_self_check): g is
 * cleared. */
WARN_UNUSED int pairing_guest_init(struct pairing_guest *g, const struct pairing_means *means,
                                   const struct code *code);

/** Take what was scanned: nobody but its device, and no network but the one that it shows if it
 * does, is the inviter then. Its addresses are for whoever dials. Errors as pairing_guest_init. */
WARN_UNUSED int pairing_guest_init_scanned(struct pairing_guest *g,
                                           const struct pairing_means *means,
                                           const struct code_qr *qr);
void pairing_guest_clear(struct pairing_guest *g);

/** Try the code on `link`. WAVU_ERR_LIMIT after three tries; WAVU_ERR_INVALID while one is under
 * way, after the end, or on a link to ourselves; WAVU_ERR_PEER_ID when another device was scanned:
 * nothing was said, no try is gone. */
WARN_UNUSED int pairing_guest_begin(struct pairing_guest *g, uint64_t now,
                                    const struct pairing_link *link);

/** Take a message. WAVU_ERR_CRYPTO, WAVU_ERR_INVALID or WAVU_ERR_UNSUPPORTED when it is refused:
 * the try is over then. */
WARN_UNUSED int pairing_guest_feed(struct pairing_guest *g, uint64_t now, struct span message);

/** Answer the welcome. WAVU_ERR_NOT_FOUND when none waits for it; WAVU_ERR_LIMIT. */
WARN_UNUSED int pairing_guest_answer(struct pairing_guest *g, struct span content);

/** The stream ended. */
void pairing_guest_lost(struct pairing_guest *g);

WARN_UNUSED bool pairing_guest_next_event(struct pairing_guest *g,
                                          struct pairing_guest_event *event);
uint64_t pairing_guest_deadline(const struct pairing_guest *g);
void pairing_guest_tick(struct pairing_guest *g, uint64_t now);
void pairing_guest_check(const struct pairing_guest *g);

#endif
