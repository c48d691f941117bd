/*
 * Room for one more change or epoch: who gives way when all places are taken. A part of epoch.c.
 *
 * Whoever has taken most gives way first, never who took little, and nothing that was used: a chain
 * that moved would begin anew when its epoch came back.
 */
#ifndef GROUP_EPOCH_ROOM_H
#define GROUP_EPOCH_ROOM_H

#include "group/epoch.h"

#define EPOCH_ROOM_OWN 8          /* places among the changes that only one's own may take */
#define EPOCH_ROOM_VOID_MAX 64    /* changes of who belongs no more, that no member built on */
#define EPOCH_ROOM_NAMED_MAX 48   /* of the 64 epochs of several heads, those that others named */
#define EPOCH_ROOM_NAMED_SHARE 16 /* of them by one member */
/* A change costs secrets for each of its members: 2^17 of those, so all 256 changes of 512 devices
 * are kept, and 64 of 2,048; a quarter of them by one author, as with the changes. */
#define EPOCH_ROOM_SECRETS_MAX 131072
#define EPOCH_ROOM_SECRETS_AUTHOR_MAX (EPOCH_ROOM_SECRETS_MAX / 4)
/* And one's own changes have room whatever the others made. */
#define EPOCH_ROOM_SECRETS_OWN (EPOCH_ROOM_OWN * EPOCH_VIEW_DEVICES_MAX)

/** Make room for one more change of `author` with `members`. WAVU_ERR_LIMIT when nothing may give
 * way: only void changes give way to a void one. This device's own has EPOCH_ROOM_OWN places also
 * when other devices of the same member fill the share. */
WARN_UNUSED int epoch_room_for_change(struct epoch *e, int author, size_t members);

/** Secrets of all changes kept: one for each member of each. */
size_t epoch_room_secrets(const struct epoch *e);

/** Of keys passed over that are too many, all chains together, the oldest go of the member that has
 * most. */
void epoch_room_for_kept(struct epoch *e);

/** Make room for one more epoch of several heads that `namer` (a slot; -1: oneself) wants. False
 * when none may give way. */
WARN_UNUSED bool epoch_room_for_set(struct epoch *e, int namer);

#endif
