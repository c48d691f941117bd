/*
 * Putting somebody out: a revocation of one's own, or a second voice for one that waits for it.
 *
 * Source: docs/protocol/members.md, network.md.
 */
#include <string.h>

#include "group/networks_core.h"

/* Does this revocation honour just what `m` does? Who co-signs it signs its cuts. */
static bool has_cuts(const struct members *log, const struct members_op *op,
                     const struct members_msg *m)
{
    size_t same = 0;

    for (uint32_t i = 0; i < op->cut_count; i++) {
        const struct members_op *last = log->ops[op->cuts[i]];

        for (size_t k = 0; k < m->cut_count; k++) {
            same += span_is_equal(m->cuts[k].id, span_of(last->id, sizeof last->id)) ? 1 : 0;
        }
    }
    return same == op->cut_count && same == m->cut_count;
}

static bool is_signed_by(const struct members *log, const struct members_op *op, uint32_t member)
{
    bool is_signed = op->member == member;

    for (uint32_t i = op->first_cosign; i != MEMBERS_NONE; i = log->ops[i]->next) {
        is_signed = is_signed || log->ops[i]->member == member;
    }
    return is_signed;
}

/* Sign what `m` says. Where it could not stand alone, somebody else's revocation of the same that
 * waits for a second signature is signed in its place: two that stand side by side are no pair. */
static int sign_revocation(struct networks_one *one, uint32_t target, struct members_msg *m)
{
    const struct members *log = &one->network.log;
    const struct members_eval *eval = &one->network.state.eval;
    const uint32_t own = members_member_of(log, one->row.member);
    const bool is_alone = log->policy == MEMBERS_MSG_ANY ||
                          (log->policy != MEMBERS_MSG_TWO && members_is_under(log, target, own));
    const struct members_op *found = NULL;
    bool is_said = false;

    for (uint32_t i = 0; i < eval->count && !is_alone; i++) {
        const struct members_op *op = log->ops[i];
        const bool is_same = op->kind == MEMBERS_MSG_REVOKE && op->target == target &&
                             op->is_subtree == m->is_subtree && has_cuts(log, op, m);

        if (!is_same || !members_eval_counts(eval, i) || members_eval_stands(eval, i)) {
            continue;
        }
        if (is_signed_by(log, op, own)) {
            is_said = true; /* to say it a second time is no second voice */
        } else if (found == NULL ||
                   log->members[found->member].branch == log->members[own].branch) {
            found = op;
        }
    }
    if (found == NULL) {
        return is_said ? 0 : networks_sign(one, m);
    }
    struct members_msg cosign = {.kind = MEMBERS_MSG_COSIGN,
                                 .target = span_of(found->id, sizeof found->id)};

    return networks_sign(one, &cosign);
}

int networks_revoke(struct networks_one *one, const uint8_t member[MEMBERS_MSG_ID_SIZE],
                    bool subtree)
{
    struct members_msg m = {.kind = MEMBERS_MSG_REVOKE};
    uint32_t place = members_member_of(&one->network.log, member);

    if (one->standing != NETWORKS_LIVE) {
        return WAVU_ERR_DENIED;
    }
    if (place == MEMBERS_NONE) {
        return WAVU_ERR_NOT_FOUND;
    }
    if (span_is_equal(span_of(member, MEMBERS_MSG_ID_SIZE),
                      span_of(one->row.member, MEMBERS_MSG_ID_SIZE))) {
        return WAVU_ERR_INVALID; /* nobody puts himself out */
    }
    if (one->network.log.policy == MEMBERS_MSG_OPEN &&
        !members_is_under(&one->network.log, place,
                          members_member_of(&one->network.log, one->row.member))) {
        return WAVU_ERR_UNSUPPORTED; /* it would be let in nowhere */
    }
    m.target = span_of(member, MEMBERS_MSG_ID_SIZE);
    m.is_subtree = subtree;
    (void)!members_state_cuts(&one->network.state, place, subtree, &m);
    return sign_revocation(one, place, &m);
}
