/*
 * What this node signs for a network: by its device, and that it leaves by its person's root. What
 * is signed is stored first, and spread when that is on the disk.
 *
 * Source: docs/protocol/members.md; network.md, "Storing" and "Leaving".
 */
#include <string.h>

#include "crypto/secret.h"
#include "group/networks_core.h"
#include "members/members_heads.h"

/* Our own state went back, or somebody has our key. */
static int stopped(struct networks_one *one, int rc)
{
    const struct networks_event event = {.kind = NETWORKS_STOPPED, .one = one};

    if (rc == WAVU_ERR_IN_USE && !one->is_stopped) {
        one->is_stopped = true;
        networks_tell(one->owner, &event);
    }
    return rc;
}

/* This device, as it signs in that network. */
static int device_author(const struct networks_one *one, struct members_author *author)
{
    int rc =
        identity_device_author(author, &one->owner->device, &one->network.state, one->row.member);

    if (rc == 0) {
        author->sequence = one->row.sequence;
        memcpy(author->last, one->row.last, sizeof author->last);
    }
    return rc;
}

/* What was signed and the place in the chain are one commit, and nothing leaves before that. */
static int store(struct networks_one *one)
{
    int rc = networks_store_signed(one);

    if (rc < 0) {
        one->is_stopped = true; /* what was signed is in memory alone: nothing more is */
    }
    return rc;
}

static int signed_by(struct networks_one *one, const struct members_author *author)
{
    one->row.sequence = author->sequence;
    memcpy(one->row.last, author->last, sizeof one->row.last);
    return store(one);
}

static int may_sign(const struct networks_one *one, enum members_msg_kind kind)
{
    if (one->is_stopped || one->owner->is_shut) {
        return one->is_stopped ? WAVU_ERR_IN_USE : WAVU_ERR_SHUTDOWN;
    }
    return one->is_leaving || !members_state_may_write(&one->network.state, kind) ? WAVU_ERR_DENIED
                                                                                  : 0;
}

/* It is signed and stored: operations from `from` on. */
static void spread(struct networks_one *one, enum members_msg_kind kind, uint32_t from)
{
    if (kind == MEMBERS_MSG_LEAVE) {
        one->is_leaving = true; /* and belongs until that is told */
    } else {
        networks_settle(one);
    }
    networks_spread(one, from);
}

int networks_sign(struct networks_one *one, struct members_msg *m)
{
    struct members_author author;
    const struct members_op *op = NULL;
    uint32_t from = one->network.log.op_count;
    int rc = may_sign(one, (enum members_msg_kind)m->kind);

    if (rc < 0) {
        return rc;
    }
    rc = device_author(one, &author);
    if (rc < 0) {
        return rc == WAVU_ERR_NOT_FOUND ? WAVU_ERR_DENIED : rc;
    }
    members_heads_parents(&one->network.state, m);
    rc = stopped(one, members_write(&one->network.log, &author, m, &op));
    if (rc == 0) {
        rc = signed_by(one, &author);
    }
    secret_wipe(&author, sizeof author);
    if (rc == 0) {
        spread(one, (enum members_msg_kind)m->kind, from);
    }
    return rc;
}

void networks_sign_merge(struct networks_one *one)
{
    struct members_author author;
    const struct members_op *op = NULL;
    uint32_t from = one->network.log.op_count;

    if (members_heads_turn(&one->network.state, one->owner->self.bytes) == MEMBERS_NONE ||
        may_sign(one, MEMBERS_MSG_MERGE) < 0 || device_author(one, &author) < 0) {
        return;
    }
    int rc =
        stopped(one, members_heads_merge(&one->network.log, &author, &one->network.state, &op));
    rc = rc < 0 ? rc : signed_by(one, &author);
    secret_wipe(&author, sizeof author);
    if (rc == 0) {
        spread(one, MEMBERS_MSG_MERGE, from);
    }
}

/* By the root that this member has, if it is here. */
static int leave_by_root(struct networks_one *one)
{
    const struct networks *n = one->owner;
    struct members_author root;
    const struct members_op *op = NULL;
    int rc = n->has_person
                 ? identity_author(&root, &n->person, &one->network.state, one->row.member)
                 : WAVU_ERR_NOT_FOUND;

    if (rc == 0) {
        rc = identity_leave(&one->network.log, &root, &one->network.state, &op);
        secret_wipe(&root, sizeof root);
    }
    return rc;
}

int networks_sign_leave(struct networks_one *one)
{
    struct members_msg m;
    uint32_t from = one->network.log.op_count;
    int rc = may_sign(one, MEMBERS_MSG_LEAVE);

    if (rc < 0) {
        return rc;
    }
    if (leave_by_root(one) == 0) {
        rc = store(one);
        if (rc == 0) {
            spread(one, MEMBERS_MSG_LEAVE, from);
        }
        return rc;
    }
    memset(&m, 0, sizeof m);
    m.kind = MEMBERS_MSG_LEAVE;
    return networks_sign(one, &m);
}
