/*
 * Peers and groups, counted from what is held.
 */
#include "discovery/kad_quota.h"

#include <string.h>

#include "base/check.h"
#include "base/mem.h"
#include "base/rd.h"

void kad_quota_init(struct kad_quota *q, const struct kad_quota_limits *limits,
                    const struct random *random)
{
    CHECK(limits->peer_provided <= UINT16_MAX);
    q->limits = *limits;
    map_init(&q->holders, random);
    map_init(&q->groups, random);
    q->address_bytes = 0;
}

void kad_quota_clear(struct kad_quota *q)
{
    CHECK(q->holders.count == 0 && q->groups.count == 0 && q->address_bytes == 0);
    map_clear(&q->holders);
    map_clear(&q->groups);
}

static struct span group_key(const uint64_t *group)
{
    return span_of(group, sizeof *group);
}

/* What `h` has, from its group or to it. */
static void kad_quota_leave(struct kad_quota *q, struct kad_holder *h)
{
    struct kad_quota_group *g = h->group;
    if (g == NULL) {
        return;
    }
    CHECK(g->holders > 0 && g->value_bytes >= h->value_bytes && g->provided >= h->provided);
    g->value_bytes -= h->value_bytes;
    g->provided -= h->provided;
    g->holders--;
    h->group = NULL;
    if (g->holders == 0) {
        (void)map_remove(&q->groups, group_key(&g->group));
        mem_free(g);
    }
}

static void kad_quota_join(struct kad_quota *q, struct kad_holder *h, uint64_t group)
{
    if (group == 0) {
        return;
    }
    struct kad_quota_group *g = map_get(&q->groups, group_key(&group));
    if (g == NULL) {
        g = mem_new(sizeof *g);
        g->group = group;
        (void)map_put(&q->groups, group_key(&g->group), g);
    }
    g->value_bytes += h->value_bytes;
    g->provided += h->provided;
    g->holders++;
    h->group = g;
}

/* Would all that `h` has be within the share of `group`? */
static bool kad_quota_may_join(const struct kad_quota *q, const struct kad_holder *h,
                               uint64_t group)
{
    const struct kad_quota_group *g = map_get(&q->groups, group_key(&group));
    uint32_t bytes = g != NULL ? g->value_bytes : 0;
    uint32_t provided = g != NULL ? g->provided : 0;
    return bytes + h->value_bytes <= q->limits.group_bytes &&
           provided + h->provided <= q->limits.group_provided;
}

struct kad_holder *kad_quota_take(struct kad_quota *q, const struct peerid *id, uint64_t group)
{
    struct kad_holder *h = map_get(&q->holders, peerid_span(id));
    if (h == NULL) {
        h = mem_new(sizeof *h);
        h->id = *id;
        (void)map_put(&q->holders, peerid_span(&h->id), h);
        kad_quota_join(q, h, group);
    } else if (group != 0 && (h->group == NULL || h->group->group != group) &&
               kad_quota_may_join(q, h, group)) {
        kad_quota_leave(q, h);
        kad_quota_join(q, h, group);
        h->is_saved = false;
    }
    return h;
}

void kad_quota_release(struct kad_quota *q, struct kad_holder *h)
{
    if (h->values > 0 || h->provided > 0) {
        return;
    }
    CHECK(h->value_bytes == 0);
    kad_quota_leave(q, h);
    (void)map_remove(&q->holders, peerid_span(&h->id));
    q->address_bytes -= h->len;
    mem_free(h->addresses);
    mem_free(h);
}

void kad_quota_charge_values(struct kad_holder *h, int32_t count, int64_t bytes)
{
    CHECK((int64_t)h->values + count >= 0 && (int64_t)h->value_bytes + bytes >= 0);
    h->values = (uint32_t)((int64_t)h->values + count);
    h->value_bytes = (uint32_t)((int64_t)h->value_bytes + bytes);
    if (h->group != NULL) {
        h->group->value_bytes = (uint32_t)((int64_t)h->group->value_bytes + bytes);
    }
}

void kad_quota_charge_provided(struct kad_holder *h, int32_t count)
{
    CHECK((int32_t)h->provided + count >= 0 && (int32_t)h->provided + count <= UINT16_MAX);
    h->provided = (uint16_t)((int32_t)h->provided + count);
    if (h->group != NULL) {
        h->group->provided = (uint32_t)((int64_t)h->group->provided + count);
    }
}

bool kad_quota_has_bytes(const struct kad_quota *q, const struct kad_holder *h, uint32_t bytes)
{
    return h->value_bytes + bytes <= q->limits.peer_bytes &&
           kad_quota_group_bytes(h) + bytes <= q->limits.group_bytes;
}

bool kad_quota_has_provided(const struct kad_quota *q, const struct kad_holder *h)
{
    return h->provided < q->limits.peer_provided &&
           kad_quota_group_provided(h) < q->limits.group_provided;
}

uint32_t kad_quota_group_bytes(const struct kad_holder *h)
{
    return h->group != NULL ? h->group->value_bytes : 0;
}

uint32_t kad_quota_group_provided(const struct kad_holder *h)
{
    return h->group != NULL ? h->group->provided : 0;
}

/* As many whole addresses from the front as there is room for. */
static struct span kad_quota_fitting(struct span addresses)
{
    struct rd r;
    size_t fits = 0;
    rd_init(&r, addresses);
    while (rd_left(&r) > 0) {
        (void)rd_prefixed(&r, KAD_QUOTA_ADDRESSES_MAX);
        if (r.failed || r.at > KAD_QUOTA_ADDRESSES_MAX) {
            break;
        }
        fits = r.at;
    }
    return span_slice(addresses, 0, fits);
}

void kad_quota_set_addresses(struct kad_quota *q, struct kad_holder *h, struct span addresses)
{
    struct span fitting = kad_quota_fitting(addresses);
    if (span_is_equal(fitting, span_of(h->addresses, h->len))) {
        return;
    }
    mem_free(h->addresses);
    h->addresses = NULL;
    q->address_bytes = q->address_bytes - h->len + fitting.len;
    h->len = (uint16_t)fitting.len;
    h->is_saved = false;
    if (fitting.len > 0) {
        h->addresses = mem_new_raw(fitting.len);
        memcpy(h->addresses, fitting.ptr, fitting.len);
    }
}

size_t kad_quota_bytes(const struct kad_quota *q)
{
    return q->holders.count * sizeof(struct kad_holder) + q->address_bytes +
           q->groups.count * sizeof(struct kad_quota_group) +
           (q->holders.cap + q->groups.cap) * sizeof(struct map_slot);
}

void kad_quota_check(const struct kad_quota *q)
{
    const struct kad_holder *h;
    const struct kad_quota_group *g;
    size_t at = 0;
    size_t bytes = 0;
    uint64_t in_groups[3] = {0, 0, 0};
    uint64_t of_groups[3] = {0, 0, 0};
    map_check(&q->holders);
    map_check(&q->groups);
    while ((h = map_next(&q->holders, &at)) != NULL) {
        CHECK(h->len <= KAD_QUOTA_ADDRESSES_MAX && (h->values > 0 || h->provided > 0));
        CHECK(h->value_bytes <= q->limits.peer_bytes && h->provided <= q->limits.peer_provided);
        bytes += h->len;
        in_groups[0] += h->group != NULL ? h->value_bytes : 0;
        in_groups[1] += h->group != NULL ? h->provided : 0;
        in_groups[2] += h->group != NULL;
    }
    at = 0;
    while ((g = map_next(&q->groups, &at)) != NULL) {
        CHECK(g->holders > 0 && g->group != 0);
        CHECK(g->value_bytes <= q->limits.group_bytes && g->provided <= q->limits.group_provided);
        of_groups[0] += g->value_bytes;
        of_groups[1] += g->provided;
        of_groups[2] += g->holders;
    }
    CHECK(bytes == q->address_bytes && in_groups[0] == of_groups[0] &&
          in_groups[1] == of_groups[1] && in_groups[2] == of_groups[2]);
}
