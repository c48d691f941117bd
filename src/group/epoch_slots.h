/*
 * Places in the table of devices: who keeps one, and who gets one. A part of epoch.c.
 *
 * A device has a place as long as something needs it: the view of now, a change that is kept. So
 * what was only named, and never taken, leaves nothing behind.
 */
#ifndef GROUP_EPOCH_SLOTS_H
#define GROUP_EPOCH_SLOTS_H

#include "group/epoch.h"

/** Free the places of devices that nothing needs any more. Whoever holds a slot holds a set of
 * devices that has it. */
void epoch_slots_sweep(struct epoch *e);

/** Make room for the devices of `view`, the one of now when `is_now`: void changes give way to any,
 * superseded ones to the one of now only. WAVU_ERR_LIMIT when nothing may give way: a view that is
 * not of now never takes the last places. */
WARN_UNUSED int epoch_slots_for_view(struct epoch *e, const struct epoch_view *view, bool is_now);

/** Before the changes marked in the graph are forgotten: note of their authors what must be known
 * for ever, since keys of our own were used under them. */
void epoch_slots_note_worn(struct epoch *e);

#endif
