/*
 * Leaving a network: what says so is signed and stored; then it is told while the streams stand,
 * and they end. Who was not there hears it in a talk when it comes by (networks_talk.c).
 *
 * Source: docs/protocol/network.md, "Leaving".
 */
#include "group/networks_core.h"

#define SLACK_NS (UINT64_C(100) * TIMERS_MS)

int networks_leave(struct networks_one *one)
{
    if (one->standing != NETWORKS_LIVE) {
        return WAVU_ERR_DENIED;
    }
    if (one->is_leaving) {
        return 0;
    }
    int rc = networks_sign_leave(one);

    if (rc == 0) {
        networks_leave_go(one);
    }
    return rc;
}

void networks_leave_go(struct networks_one *one)
{
    struct turn *turn = one->owner->turn;

    if (one->is_leaving && networks_is_safe(one) && one->standing == NETWORKS_LIVE) {
        timers_set(&turn->timers, &one->settle, turn->now_ns + NETWORKS_LEAVE_NS, SLACK_NS);
    }
}

bool networks_leave_is_done(const struct networks_one *one)
{
    const struct network *n = &one->network;
    const uint32_t place =
        one->row.number > 0 ? members_member_of(&n->log, one->row.member) : MEMBERS_NONE;

    return one->standing != NETWORKS_LIVE && place < n->state.member_count &&
           n->state.members[place].status == MEMBERS_STATE_LEFT;
}
