/*
 * What the courier keeps, and loading it: rows of its machines, bodies and envelopes, sessions,
 * own keys.
 *
 * A part of courier/courier.h.
 */
#ifndef COURIER_COURIER_STORE_H
#define COURIER_COURIER_STORE_H

#include "courier/courier_core.h"

#define COURIER_STORE_PART                                                                         \
    ((size_t)8192) /* of a session's state in one value                                            \
                    */

enum courier_table {
    TABLE_SELF,   /* "l": lasting time, "p": prekeys, "r": sessions are to be retired, "m": whose
                     device this is */
    TABLE_PEER,   /* device, part */
    TABLE_ROW,    /* number */
    TABLE_BODY,   /* message: when it came, body */
    TABLE_SEALED, /* number: when it came, envelope */
    TABLE_MAIL,   /* name */
    TABLE_HELD,   /* name */
    TABLE_TAG,    /* tag */
    TABLE_DONE,   /* slot */
    TABLE_SEEN,   /* slot */
    TABLES
};

void courier_store_put(struct courier *c, enum courier_table table, struct span key,
                       struct span value);
void courier_store_delete(struct courier *c, enum courier_table table, struct span key);
WARN_UNUSED int courier_store_get(struct courier *c, enum courier_table table, struct span key,
                                  struct buf *value);

/* A key that is a number. */
struct span courier_store_number(uint8_t space[8], uint64_t number);

/* Store the session of `p`. */
void courier_store_peer(struct courier *c, struct courier_peer *p);
void courier_store_forget_peer(struct courier *c, struct courier_peer *p);

/* Bring the session of `p` back to what is stored, which may be nothing. What its peer has used up
 * of its steps stays used. */
WARN_UNUSED int courier_store_reload(struct courier *c, struct courier_peer *p);

void courier_store_lasting(struct courier *c);
void courier_store_prekeys(struct courier *c);

/* Whether all sessions of before are to be retired, should this life end before they are. */
void courier_store_restoring(struct courier *c, bool is_due);

/* Events of the machines. */
void courier_store_row(struct courier *c, const struct outbox_event *e);
void courier_store_mail(struct courier *c, const struct mailbox_event *e);
void courier_store_seen(struct courier *c, uint32_t slot);

/* Load everything. */
WARN_UNUSED int courier_store_load(struct courier *c);

#endif
