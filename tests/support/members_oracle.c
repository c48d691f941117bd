/*
 * The evaluation by sets of bits: knots by Warshall, cuts by walking back, pairs by trying all. The
 * state by looking through the whole log for each question.
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
           op->kind == MEMBERS_MSG_SUCCEED || op->kind == MEMBERS_MSG_LEAVE;
}

/* Is it signed by a root? */
static bool is_of_root(const struct members *log, const struct members_op *op)
{
    return op->grant == MEMBERS_NONE || log->ops[op->grant]->kind == MEMBERS_MSG_SUCCEED;
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

/* Is x on the way to `at`, by previous? */
static bool leads(const struct members *log, uint32_t at, uint32_t x)
{
    while (at != MEMBERS_NONE && at != x) {
        at = log->ops[at]->previous;
    }
    return at == x;
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
    } else if (r->kind == MEMBERS_MSG_LEAVE) {
        if (is_of_root(log, r) ? x->member != r->member : x->seat != r->seat) {
            return false;
        }
    } else if (x->seat != r->target) {
        return false;
    }
    bool names_itself = r->kind == MEMBERS_MSG_SUCCEED || r->kind == MEMBERS_MSG_LEAVE;
    bool is_honoured = names_itself && leads(log, r->place, x->place);
    for (uint32_t i = 0; i < r->cut_count; i++) {
        is_honoured = is_honoured || leads(log, r->cuts[i], x->place);
    }
    return !is_honoured;
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

static bool is_signer(const struct members *log, const struct members_op *r, uint32_t member)
{
    uint32_t target = r->kind == MEMBERS_MSG_REVOKE ? r->target : r->member;
    return member != target && (target == 0 || !is_under(log, member, target));
}

/* Signatures of r among `of`: its own, and COSIGNs of it. */
static uint64_t signatures(const struct members_oracle *o, uint32_t r, uint64_t of)
{
    uint64_t found = BIT(r);
    EACH(c, of)
    {
        const struct members_op *op = o->log->ops[c];
        found |= op->kind == MEMBERS_MSG_COSIGN && op->target == r ? BIT(c) : 0;
    }
    return found;
}

static bool has_pair(const struct members_oracle *o, uint32_t r, uint64_t of)
{
    const struct members_op *op = o->log->ops[r];
    uint32_t target = op->kind == MEMBERS_MSG_REVOKE ? op->target : op->member;
    bool found = false;
    EACH(a, signatures(o, r, of))
    {
        EACH(b, signatures(o, r, of))
        {
            found =
                found || may_pair(o->log, target, o->log->ops[a]->member, o->log->ops[b]->member);
        }
    }
    return found;
}

static bool stands_alone(const struct members *log, const struct members_op *r)
{
    return r->kind != MEMBERS_MSG_REVOKE || log->policy == MEMBERS_MSG_ANY ||
           ((log->policy == MEMBERS_MSG_INVITER || log->policy == MEMBERS_MSG_OPEN) &&
            is_under(log, r->target, r->member));
}

static uint64_t cutters(const struct members_oracle *o, uint64_t among, uint64_t of)
{
    uint64_t found = 0;
    EACH(r, among)
    {
        found |= (o->cuts[r] & of) != 0 ? BIT(r) : 0;
    }
    return found;
}

/* --- deciding --- */

static void decide_value(struct members_oracle *o, uint32_t x)
{
    bool is_void = (o->rests[x] & ~(o->open | o->counts)) != 0 || cutters(o, o->stands, BIT(x));
    bool counts = !is_void && (o->rests[x] & o->open) == 0 && cutters(o, o->may, BIT(x)) == 0;
    o->open &= is_void || counts ? ~BIT(x) : UINT64_MAX;
    o->counts |= counts ? BIT(x) : 0;
}

static void decide_effect(struct members_oracle *o, uint32_t r)
{
    bool is_alone = stands_alone(o->log, o->log->ops[r]);
    if (((o->open | o->counts) & BIT(r)) == 0 ||
        (!is_alone && !has_pair(o, r, o->open | o->counts))) {
        o->may &= ~BIT(r);
    } else if ((o->counts & BIT(r)) != 0 && (is_alone || has_pair(o, r, o->counts))) {
        o->may &= ~BIT(r);
        o->stands |= BIT(r);
    }
}

static void settle(struct members_oracle *o)
{
    uint64_t open = 0;
    uint64_t may = 0;
    do {
        open = o->open;
        may = o->may;
        EACH(x, open)
        {
            decide_value(o, x);
        }
        EACH(r, may)
        {
            decide_effect(o, r);
        }
    } while (open != o->open || may != o->may);
}

/* --- knots --- */

/* These, and the undecided that they rest on. */
static uint64_t resting(const struct members_oracle *o, uint64_t set)
{
    for (uint64_t before = 0; before != set;) {
        before = set;
        EACH(x, before)
        {
            set |= o->rests[x] & o->open;
        }
    }
    return set;
}

static uint32_t depth_of(const struct members_oracle *o, uint32_t x)
{
    return o->log->members[o->log->ops[x]->member].depth;
}

/* The depth of the nearest signer. */
static uint32_t nearest_signer(const struct members_oracle *o, uint32_t r)
{
    uint32_t nearest = UINT32_MAX;
    EACH(x, signatures(o, r, o->open | o->counts))
    {
        bool is_one = is_signer(o->log, o->log->ops[r], o->log->ops[x]->member);
        nearest = is_one && depth_of(o, x) < nearest ? depth_of(o, x) : nearest;
    }
    return nearest;
}

static uint32_t reach(const struct members_oracle *o, uint32_t r)
{
    uint32_t own = depth_of(o, r);
    if (!has_pair(o, r, o->open | o->counts)) {
        return own;
    }
    uint32_t nearest = nearest_signer(o, r);
    return stands_alone(o->log, o->log->ops[r]) && own < nearest ? own : nearest;
}

static uint32_t strength(const struct members_oracle *o, uint32_t r)
{
    bool is_free = false;
    EACH(x, signatures(o, r, o->open | o->counts) & ~o->contested)
    {
        is_free = is_free || is_signer(o->log, o->log->ops[r], o->log->ops[x]->member);
    }
    if (is_free && has_pair(o, r, o->open | o->counts)) {
        return 1000 + 500 - nearest_signer(o, r);
    }
    return 500 - reach(o, r);
}

static void contest(struct members_oracle *o, uint64_t knot)
{
    uint64_t all = 0;
    EACH(r, knot & o->may)
    {
        all |= signatures(o, r, o->open);
    }
    EACH(x, all & o->open)
    {
        EACH(q, cutters(o, knot & o->may, resting(o, BIT(x))))
        {
            o->contested |= reach(o, q) < depth_of(o, x) ? BIT(x) : 0;
        }
    }
}

static void crown(struct members_oracle *o, uint64_t knot)
{
    uint32_t best = 0;
    uint64_t crowned = 0;
    uint64_t kept = 0;
    EACH(r, knot & o->may)
    {
        best = strength(o, r) > best ? strength(o, r) : best;
    }
    EACH(r, knot & o->may)
    {
        crowned |= strength(o, r) == best ? BIT(r) : 0;
    }
    EACH(r, crowned)
    {
        kept |= BIT(r);
        kept |= stands_alone(o->log, o->log->ops[r]) ? 0 : signatures(o, r, o->open);
    }
    uint64_t fallen = cutters(o, o->may & ~crowned, resting(o, kept & o->open));
    o->may &= ~(crowned | fallen);
    o->open &= ~(crowned | fallen);
    o->stands |= crowned;
    o->counts |= crowned;
    o->by_knot |= crowned;
}

/* Which revocations each waits for, by however many steps. */
static void find_knots(const struct members_oracle *o, uint64_t reaches[64])
{
    EACH(r, o->may)
    {
        uint64_t signs = signatures(o, r, o->open) & o->open;
        reaches[r] = BIT(r) | cutters(o, o->may, resting(o, signs));
    }
    EACH(k, o->may)
    {
        EACH(i, o->may)
        {
            reaches[i] |= (reaches[i] & BIT(k)) != 0 ? reaches[k] : 0;
        }
    }
}

/* The knot of one that waits, outside of it, only for those that are done. */
static uint64_t next_knot(const uint64_t reaches[64], uint64_t all, uint64_t done)
{
    EACH(r, all & ~done)
    {
        uint64_t knot = 0;
        EACH(q, reaches[r])
        {
            knot |= (reaches[q] & BIT(r)) != 0 ? BIT(q) : 0;
        }
        if ((reaches[r] & ~knot & ~done) == 0) {
            return knot;
        }
    }
    CHECK(false);
    return 0;
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
    settle(o);
    uint64_t reaches[64] = {0};
    uint64_t all = o->may;
    find_knots(o, reaches);
    for (uint64_t done = 0; done != all;) {
        uint64_t knot = next_knot(reaches, all, done);
        contest(o, knot);
        while ((knot & o->may) != 0) {
            crown(o, knot);
            settle(o);
        }
        done |= knot;
    }
    CHECK(o->open == 0);
}

/* --- who belongs --- */

/* Operations of that kind and member that count. */
static uint64_t of_kind(const struct members_oracle *o, uint32_t kind, uint32_t member)
{
    uint64_t found = 0;
    EACH(x, o->counts)
    {
        const struct members_op *op = o->log->ops[x];
        found |= op->kind == kind && op->member == member ? BIT(x) : 0;
    }
    return found;
}

static bool is_invited(const struct members_oracle *o, uint32_t member)
{
    bool is = member == 0;
    EACH(x, o->counts)
    {
        const struct members_op *op = o->log->ops[x];
        is = is || (op->kind == MEMBERS_MSG_INVITE && op->made == member);
    }
    return is;
}

static bool has_joined(const struct members_oracle *o, uint32_t member)
{
    return member == 0 || of_kind(o, MEMBERS_MSG_JOIN, member) != 0;
}

static bool is_revoked(const struct members_oracle *o, uint32_t member)
{
    bool is = false;
    EACH(r, o->stands)
    {
        const struct members_op *op = o->log->ops[r];
        is = is ||
             (op->kind == MEMBERS_MSG_REVOKE &&
              (op->target == member || (op->is_subtree && is_under(o->log, member, op->target))));
    }
    return is;
}

/* The seat of the root now, or MEMBERS_NONE. */
static uint32_t root_now(const struct members_oracle *o, uint32_t member)
{
    uint32_t seat = members_seat_of(o->log, member, o->log->members[member].root);
    for (;;) {
        uint32_t next = MEMBERS_NONE;
        uint32_t many = 0;
        EACH(r, o->stands)
        {
            const struct members_op *op = o->log->ops[r];
            if (op->kind == MEMBERS_MSG_SUCCEED && op->seat == seat) {
                next = op->made;
                many++;
            }
        }
        if (many != 1) {
            return many == 0 ? seat : MEMBERS_NONE;
        }
        seat = next;
    }
}

enum members_state_status members_oracle_status(const struct members_oracle *o, uint32_t member)
{
    if (!is_invited(o, member)) {
        return MEMBERS_STATE_VOID;
    }
    if (is_revoked(o, member)) {
        return MEMBERS_STATE_REVOKED;
    }
    if (of_kind(o, MEMBERS_MSG_LEAVE, member) != 0) {
        return MEMBERS_STATE_LEFT;
    }
    if (!has_joined(o, member)) {
        return MEMBERS_STATE_INVITED;
    }
    return root_now(o, member) == MEMBERS_NONE ? MEMBERS_STATE_LOST : MEMBERS_STATE_BELONGS;
}

/* But for what others claim. */
static bool is_device(const struct members_oracle *o, uint32_t seat)
{
    const struct members *log = o->log;
    bool is = false;
    EACH(x, o->counts)
    {
        is = is || (log->ops[x]->kind == MEMBERS_MSG_DEVICE && log->ops[x]->made == seat);
    }
    EACH(r, o->stands)
    {
        is = is && !(log->ops[r]->kind == MEMBERS_MSG_REMOVE && log->ops[r]->target == seat);
    }
    for (uint32_t a = 0; a < log->op_count; a++) {
        for (uint32_t b = 0; b < a; b++) {
            is = is && !(log->ops[a]->seat == seat && log->ops[b]->seat == seat &&
                         log->ops[a]->sequence == log->ops[b]->sequence);
        }
    }
    return is && members_oracle_status(o, log->seats[seat]->member) == MEMBERS_STATE_BELONGS;
}

bool members_oracle_is_live(const struct members_oracle *o, uint32_t seat)
{
    const struct members *log = o->log;
    bool is = is_device(o, seat);
    for (uint32_t i = 0; i < log->seat_count && is; i++) {
        uint32_t own = root_now(o, log->seats[seat]->member);
        uint32_t its = root_now(o, log->seats[i]->member);
        is = memcmp(members_seat_key(log, i), members_seat_key(log, seat), MEMBERS_MSG_KEY_SIZE) !=
                 0 ||
             !is_device(o, i) ||
             memcmp(members_seat_key(log, own), members_seat_key(log, its), MEMBERS_MSG_KEY_SIZE) ==
                 0;
    }
    return is;
}

bool members_oracle_is_frozen(const struct members_oracle *o)
{
    bool is = false;
    EACH(x, o->counts)
    {
        const struct members_op *op = o->log->ops[x];
        is = is || (op->kind == UINT32_MAX && op->is_critical && has_joined(o, op->member) &&
                    (o->log->policy != MEMBERS_MSG_OPEN || op->member == 0));
    }
    return is;
}
