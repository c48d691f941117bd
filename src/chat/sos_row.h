/*
 * How calls for help lie in the store: one row for each, one for each person called and for each
 * room, in the table "sos". Private to chat/sos.
 *
 * Source: docs/protocol/sos.md, "In the store".
 */
#ifndef CHAT_SOS_ROW_H
#define CHAT_SOS_ROW_H

#include "chat/sos.h"

/* Write the row: what the store says. */
WARN_UNUSED int sos_row_put_own(struct store *store, const struct sos_own *own);
WARN_UNUSED int sos_row_put_target(struct store *store, const struct sos_own *own,
                                   const struct sos_target *target);
WARN_UNUSED int sos_row_put_room(struct store *store, const struct sos_own *own,
                                 const struct sos_room *room);
WARN_UNUSED int sos_row_put_in(struct store *store, const struct sos_in *in);

/** Forget it, and all rows below it. */
WARN_UNUSED int sos_row_drop_own(struct store *store, const struct sos_own *own);
WARN_UNUSED int sos_row_drop_in(struct store *store, const struct sos_in *in);

/** Read all into `own` and `in`, which are empty, oldest first. WAVU_ERR_CORRUPT, _UNSUPPORTED,
 * and what the store says: the lists have what was read until then. */
WARN_UNUSED int sos_row_load(struct store *store, struct list *own, struct list *in,
                             size_t *in_count);

/** Free what is in the lists. */
void sos_row_free_own(struct sos_own *own);
void sos_row_free_in(struct sos_in *in);

#endif
