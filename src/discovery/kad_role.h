/*
 * Whether this node answers: client or server, as set, or by who comes in from outside. A machine.
 * docs/protocol/kad.md, "Roles".
 */
#ifndef DISCOVERY_KAD_ROLE_H
#define DISCOVERY_KAD_ROLE_H

#include <stdbool.h>
#include <stdint.h>

#define KAD_ROLE_GROUPS 2 /* so many groups of addresses must have come in */
#define KAD_ROLE_STAY_NS (UINT64_C(3600) * 1000000000)

enum kad_role_wish { KAD_ROLE_AUTO, KAD_ROLE_CLIENT, KAD_ROLE_SERVER };

struct kad_role {
    enum kad_role_wish wish;
    bool is_low_power;
    bool is_server;
    uint64_t groups[KAD_ROLE_GROUPS]; /* that came in last, different ones; 0: none */
    uint64_t came_ns;                 /* the last of all */
};

void kad_role_init(struct kad_role *r, enum kad_role_wish wish, bool is_low_power);

/** Somebody of `group` (kad_addresses_group; 0 is nobody from outside) came in. True: the role
 * changed. */
bool kad_role_met(struct kad_role *r, uint64_t group, uint64_t now);

/** Power changed. True: the role did, too. */
bool kad_role_set_power(struct kad_role *r, bool is_low);

/** Time passed. True: the role changed. */
bool kad_role_tick(struct kad_role *r, uint64_t now);

/** When it may change by itself; UINT64_MAX: never. */
uint64_t kad_role_deadline(const struct kad_role *r);

#endif
