/*
 * Which neighbours there are and what each is offered: what is for it, and of the rest half of the
 * copies that are left (binary spray and wait). One offer at a time for each, so a slow neighbour
 * holds up nobody and nothing piles up.
 *
 * A part of courier/mailbox.h.
 */
#ifndef COURIER_MAILBOX_OFFER_H
#define COURIER_MAILBOX_OFFER_H

#include "courier/mailbox.h"

/** A proven member's device became a neighbour. WAVU_ERR_EXISTS; WAVU_ERR_LIMIT beyond
 * MAILBOX_UPS_MAX. */
WARN_UNUSED int mailbox_offer_up(struct mailbox *m, const uint8_t device[ENVELOPE_DEVICE_SIZE]);

/** It is none any more. Nothing happens when it was none. */
void mailbox_offer_down(struct mailbox *m, const uint8_t device[ENVELOPE_DEVICE_SIZE]);

/** The neighbour's answer to its offer: `count` names, one behind the other. Each that it may have
 * becomes a MAILBOX_GIVE; its share of the copies is taken off before. WAVU_ERR_PROTO when it has
 * no offer to answer, or wants more names than one has; WAVU_ERR_NOT_FOUND when it is none. */
WARN_UNUSED int mailbox_offer_wanted(struct mailbox *m, uint64_t now,
                                     const uint8_t from[ENVELOPE_DEVICE_SIZE], const uint8_t *names,
                                     size_t count);

/** The neighbour says that it holds what was given, or offered. */
void mailbox_offer_taken(struct mailbox *m, const uint8_t from[ENVELOPE_DEVICE_SIZE],
                         const uint8_t name[ENVELOPE_NAME_SIZE]);

/** The neighbour did not take it: the share comes back. */
void mailbox_offer_refused(struct mailbox *m, const uint8_t from[ENVELOPE_DEVICE_SIZE],
                           const uint8_t name[ENVELOPE_NAME_SIZE]);

/** The next thing to say to a neighbour: a token, or an offer. */
bool mailbox_offer_next(struct mailbox *m, uint64_t now, struct mailbox_event *event);

#endif
