/*
 * When a member makes a change that is due for all. A part of group/epochs.h. Source:
 * docs/protocol/epoch.md, "How the membership log plugs in".
 */
#ifndef GROUP_EPOCHS_DRAW_H
#define GROUP_EPOCHS_DRAW_H

#include "base/random.h"

/** Some time below `within_ns`, drawn so that of `count` members who draw one or two come well
 * before the others, who hear of these before their own time comes. */
uint64_t epochs_draw(struct random *random, uint64_t within_ns, size_t count);

#endif
