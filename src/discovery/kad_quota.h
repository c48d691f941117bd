/*
 * Who made us hold what: peers, and groups of their addresses, with what is charged to each. A part
 * of kad_store.
 */
#ifndef DISCOVERY_KAD_QUOTA_H
#define DISCOVERY_KAD_QUOTA_H

#include "base/map.h"
#include "crypto/peerid.h"

#define KAD_QUOTA_ADDRESSES_MAX 256 /* bytes of one peer's addresses, each with its length */

/* Shares. Peers whose address is in no group (private, loopback) have no other than their own. */
struct kad_quota_limits {
    uint32_t peer_bytes;
    uint32_t group_bytes;
    uint32_t peer_provided; /* UINT16_MAX at most */
    uint32_t group_provided;
};

/* What a group of addresses, a /16 or /32, has here. */
struct kad_quota_group {
    uint64_t group;
    uint32_t value_bytes;
    uint32_t provided;
    uint32_t holders;
};

/* A peer of whom something is held; owned by the quota, and gone when nothing is. */
struct kad_holder {
    struct peerid id;
    bool is_saved;     /* as it is now, among the rows */
    bool has_row;      /* as it was, perhaps */
    uint16_t len;      /* of the addresses */
    uint16_t provided; /* keys */
    uint32_t values;
    uint32_t value_bytes;
    uint8_t *addresses;            /* owned; NULL: none */
    struct kad_quota_group *group; /* NULL: its address is in none */
};

struct kad_quota {
    struct kad_quota_limits limits;
    struct map holders; /* id -> struct kad_holder */
    struct map groups;  /* group -> struct kad_quota_group */
    size_t address_bytes;
};

void kad_quota_init(struct kad_quota *q, const struct kad_quota_limits *limits,
                    const struct random *random);
void kad_quota_clear(struct kad_quota *q); /* nothing is held any more */

/** The holder `id`, whose address is of `group` now; made when it is new. What it has goes with it
 * to another group that has room for that; else it stays charged where it was, as it does when the
 * address is in none now: nobody makes room for more by going elsewhere. Call kad_quota_release
 * when nothing came of it. */
struct kad_holder *kad_quota_take(struct kad_quota *q, const struct peerid *id, uint64_t group);

/** Forget `h` when nothing of it is held. */
void kad_quota_release(struct kad_quota *q, struct kad_holder *h);

/** `count` values more (or less) with so many bytes. */
void kad_quota_charge_values(struct kad_holder *h, int32_t count, int64_t bytes);

/** `count` keys more (or less) that it provides. */
void kad_quota_charge_provided(struct kad_holder *h, int32_t count);

/** May `h` have `bytes` more of values, or one more key that it provides? */
bool kad_quota_has_bytes(const struct kad_quota *q, const struct kad_holder *h, uint32_t bytes);
bool kad_quota_has_provided(const struct kad_quota *q, const struct kad_holder *h);

/** Its group's charges, or none. */
uint32_t kad_quota_group_bytes(const struct kad_holder *h);
uint32_t kad_quota_group_provided(const struct kad_holder *h);

/** Remember its addresses, each a varint length and a multiaddr: as many as there is room for; what
 * cannot be read is left out with all behind it. */
void kad_quota_set_addresses(struct kad_quota *q, struct kad_holder *h, struct span addresses);

/** Bytes of memory, as asked for. */
size_t kad_quota_bytes(const struct kad_quota *q);

void kad_quota_check(const struct kad_quota *q);

#endif
