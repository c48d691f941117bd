/*
 * The evaluation by sets of bits: reachability by Warshall, cuts by walking back, pairs by trying
 * all.
 */
#include "tests/support/members_oracle.h"

#include <string.h>

#include "base/check.h"

#define BIT(i) (UINT64_C(1) << (i))
#define EACH(i, set)                                                                               \
    for (uint32_t i = 0; i < 64; i++)                                                              \
        if (((set)&BIT(i)) != 0)

static bool is_revocation(const struct members_op *op)
{
    return op->kind == MEMBERS_MSG_REMOVE || op->kind == MEMBERS_MSG_REVOKE ||
           op->kind == MEMBERS_MSG_SUCCEED;
}

static bool is_under(const struct members *log, uint32_t member, uint32_t other)
{
    while (member != 0) {
        member = log->members[member].inviter;
        if (member == other) {
            return true;
        }
    }
    return false;
}

/* Is chain operation x for, and does no cut lead back to x? */
static bool cuts(const struct members *log, const struct members_op *r, const struct members_op *x)
{
    if (x->seat == MEMBERS_NONE) {
        return false;
    }
    if (r->kind == MEMBERS_MSG_REVOKE) {
        if (x->member != r->target && !(r->is_subtree && is_under(log, x->member, r->target))) {
            return false;
        }
    } else if (x->seat != r->target) {
        return false;
    }
    uint32_t own = r->place;
    const uint32_t *last = r->kind == MEMBERS_MSG_SUCCEED ? &own : r->cuts;
    uint32_t count = r->kind == MEMBERS_MSG_SUCCEED ? 1 : r->cut_count;
    for (uint32_t i = 0; i < count; i++) {
        for (uint32_t at = last[i]; at != MEMBERS_NONE; at = log->ops[at]->previous) {
            if (at == x->place) {
                return false;
            }
        }
    }
    return true;
}

static uint32_t branch_of(const struct members *log, uint32_t member)
{
    while (member != 0 && log->members[member].inviter != 0) {
        member = log->members[member].inviter;
    }
    return member;
}

static bool may_pair(const struct members *log, uint32_t target, uint32_t a, uint32_t b)
{
    const uint32_t both[] = {a, b};
    for (int i = 0; i < 2; i++) {
        if (both[i] == target || (target != 0 && is_under(log, both[i], target))) {
            return false;
        }
    }
    return branch_of(log, a) != branch_of(log, b) &&
           memcmp(log->members[a].root, log->members[b].root, sizeof log->members[a].root) != 0;
}

/* Signers of r, by member: the author's and those of COSIGNs that may count. */
static uint32_t signers_of(const struct members_oracle *o, const struct members_op *r,
                           uint32_t *members)
{
    uint32_t count = 0;
    members[count++] = r->member;
    EACH(c, o->open | o->counts)
    {
        const struct members_op *op = o->log->ops[c];
        if (op->kind == MEMBERS_MSG_COSIGN && op->target == r->place) {
            members[count++] = op->member;
        }
    }
    return count;
}

static bool has_pair(const struct members_oracle *o, const struct members_op *r, uint32_t *depth)
{
    uint32_t members[64];
    uint32_t count = signers_of(o, r, members);
    uint32_t target = r->kind == MEMBERS_MSG_REVOKE ? r->target : r->member;
    bool found = false;
    *depth = o->log->members[r->member].depth;
    for (uint32_t i = 0; i < count; i++) {
        for (uint32_t k = 0; k < i; k++) {
            found = found || may_pair(o->log, target, members[i], members[k]);
        }
    }
    if (found) {
        *depth = UINT32_MAX;
        for (uint32_t i = 0; i < count; i++) {
            bool could =
                members[i] != target && (target == 0 || !is_under(o->log, members[i], target));
            uint32_t d = o->log->members[members[i]].depth;
            *depth = could && d < *depth ? d : *depth;
        }
    }
    return found;
}

static bool stands_alone(const struct members *log, const struct members_op *r)
{
    return r->kind != MEMBERS_MSG_REVOKE || log->policy == MEMBERS_MSG_ANY ||
           (log->policy == MEMBERS_MSG_INVITER && is_under(log, r->target, r->member));
}

/* What is not open counts or is void. */
static bool is_void(const struct members_oracle *o, uint32_t x)
{
    EACH(r, o->stands)
    {
        if ((o->cuts[r] & BIT(x)) != 0) {
            return true;
        }
    }
    return (o->rests[x] & ~(o->open | o->counts)) != 0;
}

static bool could_stand(const struct members_oracle *o, uint32_t r)
{
    uint32_t depth = 0;
    return stands_alone(o->log, o->log->ops[r]) || has_pair(o, o->log->ops[r], &depth);
}

static uint64_t awaited(const struct members_oracle *o, uint32_t x)
{
    uint64_t all = o->rests[x];
    EACH(r, o->may)
    {
        all |= (o->cuts[r] & BIT(x)) != 0 ? BIT(r) : 0;
    }
    for (uint32_t c = 0; c < o->log->op_count; c++) {
        const struct members_op *op = o->log->ops[c];
        all |= op->kind == MEMBERS_MSG_COSIGN && op->target == x ? BIT(c) : 0;
    }
    return all;
}

static void decide(struct members_oracle *o, uint32_t x)
{
    bool counts = !is_void(o, x);
    o->open &= ~BIT(x);
    o->counts |= counts ? BIT(x) : 0;
    if ((o->may & BIT(x)) != 0) {
        o->may &= ~BIT(x);
        o->stands |= counts && could_stand(o, x) ? BIT(x) : 0;
    }
}

static bool settle(struct members_oracle *o, uint64_t knot)
{
    bool any = false;
    for (bool more = true; more;) {
        more = false;
        EACH(x, knot & o->open)
        {
            if (is_void(o, x)) {
                o->open &= ~BIT(x);
                o->may &= ~BIT(x);
                more = true;
                any = true;
            }
        }
    }
    EACH(r, knot & o->may)
    {
        if (!could_stand(o, r)) {
            o->may &= ~BIT(r);
            any = true;
        }
    }
    return any;
}

static uint64_t strength(const struct members_oracle *o, uint32_t r)
{
    uint32_t depth = 0;
    bool is_pair = has_pair(o, o->log->ops[r], &depth);
    return (is_pair ? 1000 : 0) + (500 - depth);
}

static void crown(struct members_oracle *o, uint64_t knot)
{
    uint64_t best = 0;
    uint64_t crowned = 0;
    EACH(r, knot & o->may)
    {
        best = strength(o, r) > best ? strength(o, r) : best;
    }
    EACH(r, knot & o->may)
    {
        crowned |= strength(o, r) == best ? BIT(r) : 0;
    }
    uint64_t held = crowned;
    for (uint64_t before = 0; before != held;) {
        before = held;
        EACH(x, before)
        {
            held |= o->rests[x] & knot;
        }
        EACH(s, crowned)
        {
            for (uint32_t c = 0; c < o->log->op_count; c++) {
                const struct members_op *op = o->log->ops[c];
                bool is_of = op->kind == MEMBERS_MSG_COSIGN && op->target == s;
                held |= is_of && !stands_alone(o->log, o->log->ops[s]) ? BIT(c) & knot : 0;
            }
        }
    }
    EACH(r, knot & o->may & ~crowned)
    {
        if ((o->cuts[r] & held) != 0) {
            o->may &= ~BIT(r);
            o->open &= ~BIT(r);
        }
    }
    o->may &= ~crowned;
    o->open &= ~crowned;
    o->stands |= crowned;
    o->counts |= crowned;
    o->by_knot |= crowned;
}

/* One component that waits for no other open one, decided in part at least. */
static void step(struct members_oracle *o, uint64_t set)
{
    uint64_t reach[64] = {0};
    EACH(x, set)
    {
        reach[x] = (awaited(o, x) & set) | BIT(x);
    }
    EACH(k, set)
    {
        EACH(i, set)
        {
            reach[i] |= (reach[i] & BIT(k)) != 0 ? reach[k] : 0;
        }
    }
    EACH(x, set)
    {
        uint64_t component = 0;
        EACH(y, reach[x])
        {
            component |= (reach[y] & BIT(x)) != 0 ? BIT(y) : 0;
        }
        if (component != reach[x]) {
            continue;
        }
        if (component == BIT(x)) {
            decide(o, x);
        } else if (!settle(o, component)) {
            crown(o, component);
        }
        return;
    }
    CHECK(false);
}

void members_oracle_run(struct members_oracle *o, const struct members *log)
{
    CHECK(log->op_count <= 64);
    memset(o, 0, sizeof *o);
    o->log = log;
    for (uint32_t i = 0; i < log->op_count; i++) {
        const struct members_op *op = log->ops[i];
        const uint32_t rests[] = {op->invitation, op->grant, op->join};
        o->open |= BIT(i);
        o->may |= is_revocation(op) ? BIT(i) : 0;
        for (int k = 0; k < 3; k++) {
            o->rests[i] |= rests[k] != MEMBERS_NONE ? BIT(rests[k]) : 0;
        }
        for (uint32_t x = 0; is_revocation(op) && x < log->op_count; x++) {
            o->cuts[i] |= cuts(log, op, log->ops[x]) ? BIT(x) : 0;
        }
    }
    while (o->open != 0) {
        step(o, o->open);
    }
}
