/*
 * A key whose nearest ids were placed there: all around are found, and asked. A part of kad_quest.
 */
#ifndef DISCOVERY_KAD_QUEST_SIEGE_H
#define DISCOVERY_KAD_QUEST_SIEGE_H

#include "discovery/kad_quest_errand.h"

/** Remember whom its look-up saw around the key. */
void kad_quest_siege_see(struct kad_quest *quest);

/** The next peer whose surroundings are to be looked up; NULL: all of the region is known. Borrowed
 * until the next kad_quest_siege_see. */
const struct peerid *kad_quest_siege_next(struct kad_quest *quest);

/** Ask all around the key that answered. */
void kad_quest_siege_ask(struct kad_quest *quest);

#endif
