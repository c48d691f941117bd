/*
 * Other devices and the sessions with them: what is sealed for them and read of them.
 *
 * A part of courier/courier.h.
 */
#ifndef COURIER_COURIER_PEER_H
#define COURIER_COURIER_PEER_H

#include "courier/courier_core.h"

struct courier_peer *courier_peer_find(const struct courier *c, const uint8_t *device);
struct courier_peer *courier_peer_get(struct courier *c, const uint8_t *device);
struct session_config courier_peer_config(const struct courier *c, const uint8_t *device);

/* Its device is no member's: all of it goes. */
void courier_peer_drop(struct courier *c, struct courier_peer *p);
void courier_peer_free(struct courier_peer *p);

/* Its session changed, together with what is written in this turn: it is stored before its end.
 * There is room for it: courier_core_has said so for COURIER_ROOM_OUT. */
void courier_peer_touch(struct courier *c, struct courier_peer *p);

/* Its session changed by itself: it is stored when there is room. */
void courier_peer_mark(struct courier *c, struct courier_peer *p);

/* Time goes by for the sessions: a few of those that something ends of. Whether that was all. */
WARN_UNUSED bool courier_peer_tick(struct courier *c);
void courier_peer_save(struct courier *c);

/* Do what an OUTBOX_SEAL says. */
void courier_peer_seal(struct courier *c, const struct outbox_event *e);

/* Read an envelope that is for us. 0: it needs not come again. WAVU_ERR_CRYPTO: nothing opens it.
 * Others: not now. `*trials`: what reading it cost, in starts. */
WARN_UNUSED int courier_peer_read(struct courier *c, const uint8_t *from, const struct envelope *e,
                                  uint32_t *trials);

/* Why what is offered under that name need not come now; 0: it may. */
WARN_UNUSED int courier_peer_refused(const struct courier *c, const uint8_t *name);

#endif
