/*
 * Members of networks, looked up at the node. A part of the talk; talk_people.h is what faces see.
 */
#ifndef APPS_TALK_TALK_MEMBERS_H
#define APPS_TALK_TALK_MEMBERS_H

#include "apps/talk/talk_core.h"
#include "apps/talk/talk_people.h"

/* Those of one network. Owned by it. */
struct talk_people {
    struct talk_member *members;      /* in the order of talk_people_at */
    const struct talk_member **by_id; /* the same, by id */
    size_t count;
    uint64_t asked_ms;
    bool is_asking;
    bool wants;
};

/** Look those of `network` up again, when they were wanted before; `network` NULL is no matter. */
void talk_members_again(struct talk *talk, const struct talk_network *network);
void talk_members_want_all(struct talk *talk);

/** Ask for what is due. */
void talk_members_step(struct talk *talk);
int talk_members_wait_ms(const struct talk *talk, int before, uint64_t now_ms);

void talk_members_clear(struct talk *talk);

#endif
