/*
 * The default answers: an open node, where everyone may connect and counts as a member.
 */
#include "net/policy.h"

static bool policy_yes_address(void *context, const struct multiaddr *remote)
{
    (void)context;
    (void)remote;
    return true;
}

static bool policy_yes_peer(void *context, const struct peerid *peer, bool is_dialled)
{
    (void)context;
    (void)peer;
    (void)is_dialled;
    return true;
}

static enum stream_audience policy_member(void *context, const struct peerid *peer)
{
    (void)context;
    (void)peer;
    return STREAM_MEMBER;
}

void policy_init_open(struct policy *p)
{
    *p = (struct policy){
        .context = NULL,
        .may_accept = policy_yes_address,
        .may_dial = policy_yes_address,
        .may_connect = policy_yes_peer,
        .standing = policy_member,
    };
}
