/*
 * What is let in. Each rule looks at the operation and at what it names, never at what else is
 * here: so all nodes let in the same, in whatever order it comes.
 */
#include "members/members_admit.h"

#include <string.h>

#include "base/check.h"
#include "base/mem.h"

const char members_admit_label_device[] = "wavu members device 1";
const char members_admit_label_succeed[] = "wavu members succeed 1";

bool members_admit_is_revocation(uint32_t kind)
{
    return kind == MEMBERS_MSG_REMOVE || kind == MEMBERS_MSG_REVOKE ||
           kind == MEMBERS_MSG_SUCCEED || kind == MEMBERS_MSG_LEAVE;
}

bool members_admit_takes(uint32_t kind)
{
    return kind == MEMBERS_MSG_COSIGN ||
           (members_admit_is_revocation(kind) && kind != MEMBERS_MSG_LEAVE);
}

size_t members_admit_consent(uint8_t out[MEMBERS_ADMIT_CONSENT_MAX],
                             const uint8_t network[MEMBERS_MSG_ID_SIZE],
                             const uint8_t member[MEMBERS_MSG_ID_SIZE],
                             const uint8_t root[MEMBERS_MSG_KEY_SIZE], struct span leaf)
{
    struct wr w;
    wr_init(&w, span_mut_of(out, MEMBERS_ADMIT_CONSENT_MAX));
    wr_bytes(&w, span_of(network, MEMBERS_MSG_ID_SIZE));
    wr_bytes(&w, span_of(member, MEMBERS_MSG_ID_SIZE));
    wr_bytes(&w, span_of(root, MEMBERS_MSG_KEY_SIZE));
    wr_bytes(&w, leaf);
    return wr_span(&w).len;
}

int members_admit_verify(const struct members *log, const struct members_msg *m)
{
    const struct signer *s = log->signer;
    int rc = s->verify(s->context, m->signature.ptr, m->author.ptr, members_msg_label_operation,
                       m->body);
    if (rc == 0 && m->is_known && m->consent.len > 0) {
        uint8_t consent[MEMBERS_ADMIT_CONSENT_MAX];
        size_t len =
            members_admit_consent(consent, m->network.ptr, m->member.ptr, m->author.ptr, m->leaf);
        rc = s->verify(s->context, m->consent.ptr, m->key.ptr,
                       m->kind == MEMBERS_MSG_DEVICE ? members_admit_label_device
                                                     : members_admit_label_succeed,
                       span_of(consent, len));
    }
    return rc;
}

bool members_admit_named(const struct members_msg *m, size_t i, struct span *id)
{
    const struct span fixed[] = {m->member, m->grant, m->join, m->previous, m->target};
    const size_t fixed_count = sizeof fixed / sizeof fixed[0];
    if (i < fixed_count) {
        *id = fixed[i];
    } else if (i < fixed_count + m->parent_count) {
        *id = m->parents[i - fixed_count];
    } else if (i < fixed_count + m->parent_count + m->cut_count) {
        *id = m->cuts[i - fixed_count - m->parent_count].id;
    } else {
        return false;
    }
    return true;
}

struct span members_admit_missing(const struct members *log, const struct members_msg *m)
{
    struct span id;
    for (size_t i = 0; members_admit_named(m, i, &id); i++) {
        if (id.len > 0 && members_find(log, id.ptr) == NULL) {
            return id;
        }
    }
    return span_empty();
}

static uint32_t place_of(const struct members *log, struct span id)
{
    return id.len > 0 ? members_find(log, id.ptr)->place : MEMBERS_NONE;
}

/* Is `key` the author's, or a root of its line before it? Also true beyond MEMBERS_ROOTS_MAX. */
static bool is_in_line(const struct members *log, const struct members_op *op, const uint8_t *key)
{
    const struct members_op *at = op;
    for (int i = 0; i < MEMBERS_ROOTS_MAX; i++) {
        if (span_is_equal(span_of(members_seat_key(log, at->seat), MEMBERS_MSG_KEY_SIZE),
                          span_of(key, MEMBERS_MSG_KEY_SIZE))) {
            return true;
        }
        if (at->grant == MEMBERS_NONE) {
            return false;
        }
        at = log->ops[at->grant]; /* a SUCCEED, by the root before */
    }
    return true;
}

/* Did its line of roots, on the way here, remove the device of that key? */
static bool was_removed(const struct members *log, const struct members_op *op, const uint8_t *key)
{
    uint32_t grant = op->grant;
    uint32_t at = op->previous;
    for (int i = 0; i < MEMBERS_ROOTS_MAX; i++) {
        for (; at != MEMBERS_NONE; at = log->ops[at]->previous) {
            const struct members_op *by = log->ops[at];
            if (by->kind == MEMBERS_MSG_REMOVE &&
                span_is_equal(span_of(members_seat_key(log, by->target), MEMBERS_MSG_KEY_SIZE),
                              span_of(key, MEMBERS_MSG_KEY_SIZE))) {
                return true;
            }
        }
        if (grant == MEMBERS_NONE) {
            return false;
        }
        at = grant; /* a SUCCEED, by the root before */
        grant = log->ops[grant]->grant;
    }
    return true;
}

/* Author, grant and join: may this key sign that kind for that member? Says whether a LEAVE is
 * whole. */
static bool has_role(const struct members *log, const struct members_msg *m, struct members_op *op)
{
    const struct members_member *member = &log->members[op->member];
    bool is_root = true;
    if (op->grant == MEMBERS_NONE) {
        if (!span_is_equal(span_of(member->root, sizeof member->root), m->author)) {
            return false;
        }
    } else {
        const struct members_op *grant = log->ops[op->grant];
        is_root = grant->kind == MEMBERS_MSG_SUCCEED;
        if ((!is_root && grant->kind != MEMBERS_MSG_DEVICE) || grant->made != op->seat) {
            return false;
        }
    }
    bool needs_join = (!is_root || op->kind == MEMBERS_MSG_LEAVE) && op->kind != MEMBERS_MSG_JOIN &&
                      op->member != MEMBERS_GENESIS;
    if (needs_join != (op->join != MEMBERS_NONE)) {
        return false;
    }
    if (needs_join && (log->ops[op->join]->kind != MEMBERS_MSG_JOIN ||
                       log->ops[op->join]->member != op->member)) {
        return false;
    }
    op->is_whole = is_root && op->kind == MEMBERS_MSG_LEAVE;
    if (op->kind == MEMBERS_ADMIT_KIND_UNKNOWN || op->is_whole) {
        return true;
    }
    bool wants_root = op->kind == MEMBERS_MSG_DEVICE || op->kind == MEMBERS_MSG_REMOVE ||
                      op->kind == MEMBERS_MSG_SUCCEED;
    return wants_root == is_root;
}

/* Its place in its chain. */
static bool follows(const struct members *log, const struct members_msg *m, struct members_op *op)
{
    if (m->sequence > MEMBERS_SEQUENCE_MAX) {
        return false;
    }
    op->sequence = (uint32_t)m->sequence;
    if (op->previous != MEMBERS_NONE) {
        const struct members_op *previous = log->ops[op->previous];
        if (previous->seat != op->seat || previous->sequence + 1 != op->sequence ||
            previous->kind == MEMBERS_MSG_LEAVE) {
            return false;
        }
        op->revocations = previous->revocations;
        op->devices = previous->devices;
    } else if (op->grant != MEMBERS_NONE) {
        op->devices = log->ops[op->grant]->devices; /* a SUCCEED's; what devices have is unused */
    }
    op->devices += op->kind == MEMBERS_MSG_DEVICE ? 1 : 0;
    if (members_admit_takes(op->kind)) {
        op->revocations++;
    }
    return op->revocations <= MEMBERS_REVOCATIONS_MAX && op->devices <= MEMBERS_DEVICES_MAX;
}

static bool is_target(const struct members *log, const struct members_op *op, uint32_t member)
{
    return member == op->target || (op->is_subtree && members_is_under(log, member, op->target));
}

/* Is the revocation for the chain of `last`, and may name a cut of it? */
static bool may_cut(const struct members *log, const struct members_op *op,
                    const struct members_op *last)
{
    if (op->kind == MEMBERS_MSG_LEAVE) {
        return op->is_whole && last->member == op->member && last->seat != op->seat;
    }
    return op->kind == MEMBERS_MSG_REMOVE ? last->seat == op->target
                                          : is_target(log, op, last->member);
}

/* Resolve the cuts by ascending seat, each of a chain that the revocation is for, one a chain. */
static bool take_cuts(const struct members *log, const struct members_msg *m, struct members_op *op)
{
    for (size_t i = 0; i < m->cut_count; i++) {
        uint32_t place = place_of(log, m->cuts[i].id);
        const struct members_op *last = log->ops[place];
        if (place == MEMBERS_GENESIS || last->sequence != m->cuts[i].sequence ||
            !may_cut(log, op, last)) {
            return false;
        }
        uint32_t at = op->cut_count;
        while (at > 0 && log->ops[op->cuts[at - 1]]->seat > last->seat) {
            op->cuts[at] = op->cuts[at - 1];
            at--;
        }
        if (at > 0 && log->ops[op->cuts[at - 1]]->seat == last->seat) {
            return false;
        }
        op->cuts[at] = place;
        op->cut_count++;
    }
    return true;
}

/* Does it make a member? */
static bool is_maker(const struct members_op *op)
{
    return op->kind == MEMBERS_MSG_INVITE || op->place == MEMBERS_GENESIS;
}

static bool fits_revoke(const struct members *log, struct members_op *op)
{
    const struct members_op *maker = log->ops[op->target];
    if (!is_maker(maker)) {
        return false;
    }
    op->target = maker->made;
    if (is_target(log, op, op->member)) {
        return false;
    }
    bool is_under = members_is_under(log, op->target, op->member);
    op->is_alone =
        log->policy == MEMBERS_MSG_ANY ||
        ((log->policy == MEMBERS_MSG_INVITER || log->policy == MEMBERS_MSG_OPEN) && is_under);
    return log->policy != MEMBERS_MSG_OPEN || is_under; /* it could never stand */
}

/* The content, by kind; op->target is the place of the operation that it names. */
static bool fits(const struct members *log, const struct members_msg *m, struct members_op *op)
{
    const struct members_op *named_op = op->target != MEMBERS_NONE ? log->ops[op->target] : NULL;
    switch (op->kind) {
    case MEMBERS_MSG_INVITE:
        return log->members[op->member].depth < MEMBERS_DEPTH_MAX;
    case MEMBERS_MSG_JOIN:
        return op->member != MEMBERS_GENESIS;
    case MEMBERS_MSG_DEVICE:
        return !is_in_line(log, op, m->key.ptr);
    case MEMBERS_MSG_SUCCEED:
        op->target = op->seat;
        op->is_alone = true;
        return !is_in_line(log, op, m->key.ptr) && !was_removed(log, op, m->key.ptr);
    case MEMBERS_MSG_LEAVE:
        op->target = op->is_whole ? op->member : op->seat;
        op->is_alone = true;
        return true;
    case MEMBERS_MSG_REMOVE:
        if (named_op == NULL || named_op->kind != MEMBERS_MSG_DEVICE ||
            named_op->member != op->member) {
            return false;
        }
        op->target = named_op->made;
        op->is_alone = true;
        return !is_in_line(log, op, members_seat_key(log, op->target));
    case MEMBERS_MSG_REVOKE:
        op->is_subtree = m->is_subtree;
        return named_op != NULL && fits_revoke(log, op);
    case MEMBERS_MSG_COSIGN:
        return log->policy != MEMBERS_MSG_OPEN && named_op != NULL &&
               members_admit_is_revocation(named_op->kind);
    default:
        return true;
    }
}

/* Does `o` lie on the way to `at`, of its chain? */
static bool leads(const struct members *log, uint32_t at, uint32_t o)
{
    while (at != MEMBERS_NONE && log->ops[at]->sequence > log->ops[o]->sequence) {
        at = log->ops[at]->previous;
    }
    return at == o;
}

/* Does the revocation honour `o`, an operation in a chain that it is for? By walking. */
static bool honours(const struct members *log, const struct members_op *op, uint32_t o)
{
    if (op->is_whole && log->ops[o]->seat == op->seat) {
        return leads(log, op->previous, o);
    }
    for (uint32_t i = 0; i < op->cut_count; i++) {
        if (log->ops[op->cuts[i]]->seat == log->ops[o]->seat) {
            return leads(log, op->cuts[i], o);
        }
    }
    return false;
}

/* Does it honour `o` and the keys behind it, back to the target's first root? */
static bool honours_line(const struct members *log, const struct members_op *op, uint32_t o)
{
    for (; o != MEMBERS_NONE; o = log->ops[o]->grant) {
        if (!honours(log, op, o)) {
            return false;
        }
    }
    return true;
}

/* A REVOKE of somebody that its author is under must not cut what the author itself rests on: the
 * invitation on the way, the join before it, and the keys of both; nor a root's LEAVE its key and
 * its join. */
static bool undercuts(const struct members *log, const struct members_op *op)
{
    uint32_t child = op->member;
    if (op->is_whole) {
        return !honours_line(log, op, op->grant) || !honours_line(log, op, op->join);
    }
    if (op->kind != MEMBERS_MSG_REVOKE || !members_is_under(log, child, op->target)) {
        return false;
    }
    while (log->members[child].inviter != op->target) {
        child = log->members[child].inviter;
    }
    const struct members_op *invitation = log->ops[log->members[child].op];
    return !honours_line(log, op, invitation->place) || !honours_line(log, op, invitation->join);
}

/* Everything that it names, the cuts last. */
static void take_links(const struct members *log, const struct members_msg *m,
                       struct members_op *op)
{
    uint32_t links[MEMBERS_ADMIT_LINKS_MAX];
    struct span id;
    uint32_t count = 0;
    for (size_t i = 0; members_admit_named(m, i, &id); i++) {
        if (id.len > 0) {
            links[count++] = place_of(log, id);
        }
    }
    op->links = mem_new_array(count, sizeof *op->links);
    memcpy(op->links, links, count * sizeof *links);
    op->link_count = count;
    op->cuts = op->links + (count - m->cut_count);
}

int members_admit(const struct members *log, const struct members_msg *m, struct members_op *op)
{
    const struct members_op *maker = members_find(log, m->member.ptr);
    op->kind = m->is_known ? (uint32_t)m->kind : MEMBERS_ADMIT_KIND_UNKNOWN;
    op->is_critical = m->is_critical;
    op->made = MEMBERS_NONE;
    op->next = MEMBERS_NONE;
    op->first_cosign = MEMBERS_NONE;
    if (!is_maker(maker)) {
        return WAVU_ERR_CRYPTO;
    }
    op->member = maker->made;
    op->invitation = maker->place;
    op->seat = members_seat_of(log, op->member, m->author.ptr);
    op->grant = place_of(log, m->grant);
    op->join = place_of(log, m->join);
    op->previous = place_of(log, m->previous);
    op->target = place_of(log, m->target);
    if (op->seat == MEMBERS_NONE || !has_role(log, m, op) || !follows(log, m, op) ||
        !fits(log, m, op)) {
        return WAVU_ERR_CRYPTO;
    }
    take_links(log, m, op);
    if (!take_cuts(log, m, op) || undercuts(log, op)) {
        mem_free(op->links);
        op->links = NULL;
        return WAVU_ERR_CRYPTO;
    }
    return 0;
}
