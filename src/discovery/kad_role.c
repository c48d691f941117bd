/*
 * A server by itself is who can be reached: two groups of addresses came in, and within the last
 * hour at least one.
 */
#include "discovery/kad_role.h"

static bool kad_role_set(struct kad_role *r, bool is_server)
{
    bool is_new = r->is_server != is_server;
    r->is_server = is_server;
    return is_new;
}

static bool kad_role_is_reached(const struct kad_role *r)
{
    bool is_reached = true;
    for (unsigned i = 0; i < KAD_ROLE_GROUPS; i++) {
        is_reached = is_reached && r->groups[i] != 0;
    }
    return is_reached;
}

static bool kad_role_judge(struct kad_role *r)
{
    bool is_wished =
        r->wish == KAD_ROLE_SERVER || (r->wish == KAD_ROLE_AUTO && kad_role_is_reached(r));
    return kad_role_set(r, is_wished && !r->is_low_power);
}

void kad_role_init(struct kad_role *r, enum kad_role_wish wish, bool is_low_power)
{
    *r = (struct kad_role){.wish = wish, .is_low_power = is_low_power};
    (void)kad_role_judge(r);
}

bool kad_role_met(struct kad_role *r, uint64_t group, uint64_t now)
{
    if (group == 0) {
        return false;
    }
    r->came_ns = now;
    for (unsigned i = 0; i < KAD_ROLE_GROUPS; i++) {
        if (r->groups[i] == group) {
            return false;
        }
    }
    for (unsigned i = KAD_ROLE_GROUPS - 1; i > 0; i--) {
        r->groups[i] = r->groups[i - 1];
    }
    r->groups[0] = group;
    return kad_role_judge(r);
}

bool kad_role_set_power(struct kad_role *r, bool is_low)
{
    r->is_low_power = is_low;
    return kad_role_judge(r);
}

bool kad_role_tick(struct kad_role *r, uint64_t now)
{
    if (now < kad_role_deadline(r)) {
        return false;
    }
    for (unsigned i = 0; i < KAD_ROLE_GROUPS; i++) {
        r->groups[i] = 0;
    }
    return kad_role_judge(r);
}

uint64_t kad_role_deadline(const struct kad_role *r)
{
    return r->wish == KAD_ROLE_AUTO && r->groups[0] != 0 ? r->came_ns + KAD_ROLE_STAY_NS
                                                         : UINT64_MAX;
}
