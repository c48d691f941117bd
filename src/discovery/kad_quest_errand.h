/*
 * Peers that a quest asks outside of its look-ups. A part of kad_quest.
 */
#ifndef DISCOVERY_KAD_QUEST_ERRAND_H
#define DISCOVERY_KAD_QUEST_ERRAND_H

#include "discovery/kad_quest.h"

/** `peer` is to be asked that; nothing happens when it is already, or too many are. */
void kad_quest_errand_add(struct kad_quest *quest, const struct peerid *peer,
                          enum kad_msg_type type);

/** The look-up of a GET is over: who is near and has not the best is given it. */
void kad_quest_errand_correct(struct kad_quest *quest, const struct peerid *found, size_t count);

/** The next to be asked; false: none now. */
bool kad_quest_errand_next(struct kad_quest *quest, struct kad_ask *ask);

/** What became of one. False: nobody asked it that. */
bool kad_quest_errand_over(struct kad_quest *quest, const struct peerid *peer, bool is_good);

/** Tell who waits, once enough keep it or all errands are over. */
void kad_quest_errand_settle(struct kad_quest *quest);

/** Is every one over? */
bool kad_quest_errand_is_over(const struct kad_quest *quest);

/** What its kind asks of one peer. */
enum kad_msg_type kad_quest_errand_type(enum kad_quest_kind kind);

#endif
