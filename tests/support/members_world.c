/*
 * Persons on one membership log.
 */
#include "tests/support/members_world.h"

#include <string.h>

#include "base/check.h"

#define SAY 99 /* a kind that nobody knows */

static struct ed25519_pair next_pair(struct members_world *w)
{
    return members_null_pair(w->signer, ++w->keys);
}

struct members_msg members_world_msg(enum members_msg_kind kind)
{
    struct members_msg m;
    memset(&m, 0, sizeof m);
    m.kind = kind;
    return m;
}

void members_world_open(struct members_world *w, const struct signer *signer,
                        enum members_msg_policy policy)
{
    struct buf genesis;
    memset(w, 0, sizeof *w);
    random_seeded_init(&w->seeded, 1);
    w->random = random_from_seeded(&w->seeded);
    w->signer = signer;
    struct members_world_person *founder = &w->persons[0];
    founder->root.pair = next_pair(w);
    buf_init(&genesis, MEMBERS_MSG_SIZE_MAX);
    CHECK(members_write_genesis(&genesis, signer, &w->random, &founder->root.pair,
                                span_from_text("test"), policy) == 0);
    CHECK(members_init(&w->log, signer, &w->random, buf_span(&genesis)) == 0);
    buf_clear(&genesis);
    members_state_init(&w->state);
    memcpy(founder->member, members_network(&w->log), sizeof founder->member);
    memcpy(founder->root.member, founder->member, sizeof founder->member);
    members_world_device(w, 0);
    members_world_run(w);
}

void members_world_close(struct members_world *w)
{
    members_check(&w->log);
    members_state_clear(&w->state);
    members_clear(&w->log);
}

int members_world_forge(struct members_world *w, struct members_author *author,
                        struct members_msg *m, const struct members_op **op)
{
    static const uint8_t salt[MEMBERS_MSG_SALT_SIZE] = {1};
    uint8_t body[MEMBERS_MSG_SIZE_MAX];
    uint8_t whole[MEMBERS_MSG_SIZE_MAX];
    uint8_t signature[SIGNER_SIZE];
    uint8_t id[MEMBERS_MSG_ID_SIZE];
    enum members_fed fed = MEMBERS_KNOWN;
    struct wr out;
    m->format = m->format == 0 ? MEMBERS_MSG_FORMAT : m->format;
    m->is_known = m->format == MEMBERS_MSG_FORMAT && m->kind <= MEMBERS_MSG_LEAVE;
    m->network = span_of(members_network(&w->log), MEMBERS_MSG_ID_SIZE);
    m->member = span_of(author->member, MEMBERS_MSG_ID_SIZE);
    m->author = span_of(author->pair.public_key, MEMBERS_MSG_KEY_SIZE);
    m->grant = span_of(author->grant, author->has_grant ? MEMBERS_MSG_ID_SIZE : 0);
    m->join = span_of(author->join, author->has_join ? MEMBERS_MSG_ID_SIZE : 0);
    m->sequence = author->sequence + 1;
    m->previous = span_of(author->last, author->sequence > 0 ? MEMBERS_MSG_ID_SIZE : 0);
    if (members_msg_has_salt(m->kind) && m->salt.len == 0) {
        m->salt = span_of(salt, sizeof salt);
    }
    wr_init(&out, span_mut_of(body, sizeof body));
    members_msg_encode_body(&out, m);
    CHECK(wr_finish(&out) == 0);
    struct span signed_body = wr_span(&out);
    w->signer->sign(w->signer->context, signature, &author->pair, members_msg_label_operation,
                    signed_body);
    wr_init(&out, span_mut_of(whole, sizeof whole));
    members_msg_encode_signed(&out, signed_body, span_of(signature, sizeof signature));
    int rc = w->is_loading ? members_feed_verified(&w->log, wr_span(&out), &fed)
                           : members_feed(&w->log, wr_span(&out), 0, &fed);
    if (rc < 0) {
        return rc;
    }
    signer_id(id, members_msg_label_operation, signed_body);
    *op = members_find(&w->log, id);
    memcpy(author->last, id, sizeof id);
    author->sequence++;
    return 0;
}

const struct members_op *members_world_sign(struct members_world *w, struct members_author *author,
                                            struct members_msg m)
{
    const struct members_op *op = NULL;
    CHECK(members_world_forge(w, author, &m, &op) == 0 && op != NULL);
    return op;
}

const struct members_op *members_world_by(struct members_world *w, int by, struct members_msg m)
{
    return members_world_sign(w, &w->persons[by].devices[0], m);
}

int members_world_come(struct members_world *w, struct members_author *by, bool is_by_door,
                       struct members_world_person *p)
{
    struct members_msg m = members_world_msg(MEMBERS_MSG_INVITE);
    const struct members_op *op = NULL;
    uint8_t consent[SIGNER_SIZE];
    memset(p, 0, sizeof *p);
    p->root.pair = members_null_pair(w->signer, ++w->keys);
    p->devices[0].pair = members_null_pair(w->signer, ++w->keys);
    m.key = span_of(p->root.pair.public_key, MEMBERS_MSG_KEY_SIZE);
    m.is_by_door = is_by_door;
    int rc = members_world_forge(w, by, &m, &op);
    if (rc < 0) {
        return rc;
    }
    memcpy(p->member, op->id, sizeof op->id);
    memcpy(p->root.member, op->id, sizeof op->id);
    memcpy(p->devices[0].member, op->id, sizeof op->id);
    members_write_consent(consent, &w->log, &p->devices[0].pair, false, p->member,
                          p->root.pair.public_key);
    m = members_world_msg(MEMBERS_MSG_DEVICE);
    m.key = span_of(p->devices[0].pair.public_key, MEMBERS_MSG_KEY_SIZE);
    m.consent = span_of(consent, sizeof consent);
    rc = members_world_forge(w, &p->root, &m, &op);
    if (rc < 0) {
        return rc;
    }
    p->devices[0].has_grant = true;
    memcpy(p->devices[0].grant, op->id, sizeof op->id);
    m = members_world_msg(MEMBERS_MSG_JOIN);
    rc = members_world_forge(w, &p->devices[0], &m, &op);
    if (rc == 0) {
        p->devices[0].has_join = true;
        memcpy(p->devices[0].join, op->id, sizeof op->id);
    }
    return rc;
}

void members_world_device(struct members_world *w, int who)
{
    struct members_world_person *p = &w->persons[who];
    struct members_author *d = &p->devices[p->device_count++];
    struct members_msg m = members_world_msg(MEMBERS_MSG_DEVICE);
    uint8_t consent[SIGNER_SIZE];
    CHECK(p->device_count <= MEMBERS_WORLD_DEVICES);
    d->pair = next_pair(w);
    memcpy(d->member, p->member, sizeof d->member);
    members_write_consent(consent, &w->log, &d->pair, false, p->member, p->root.pair.public_key);
    m.key = span_of(d->pair.public_key, sizeof d->pair.public_key);
    m.consent = span_of(consent, sizeof consent);
    const struct members_op *op = members_world_sign(w, &p->root, m);
    d->has_grant = true;
    memcpy(d->grant, op->id, sizeof op->id);
    d->has_join = p->devices[0].has_join;
    memcpy(d->join, p->devices[0].join, sizeof d->join);
}

const struct members_op *members_world_invite(struct members_world *w, int by, int who)
{
    struct members_world_person *p = &w->persons[who];
    struct members_msg m = members_world_msg(MEMBERS_MSG_INVITE);
    p->root.pair = next_pair(w);
    m.key = span_of(p->root.pair.public_key, sizeof p->root.pair.public_key);
    const struct members_op *op = members_world_by(w, by, m);
    memcpy(p->member, op->id, sizeof op->id);
    memcpy(p->root.member, op->id, sizeof op->id);
    return op;
}

void members_world_join(struct members_world *w, int by, int who)
{
    struct members_world_person *p = &w->persons[who];
    (void)members_world_invite(w, by, who);
    members_world_device(w, who);
    const struct members_op *op = members_world_by(w, who, members_world_msg(MEMBERS_MSG_JOIN));
    p->devices[0].has_join = true;
    memcpy(p->devices[0].join, op->id, sizeof op->id);
    members_world_run(w);
}

const struct members_op *members_world_join_again(struct members_world *w, int by, int who,
                                                  int again)
{
    const struct members_world_person *before = &w->persons[who];
    struct members_world_person *p = &w->persons[again];
    struct members_author *d = &p->devices[0];
    struct members_msg m = members_world_msg(MEMBERS_MSG_INVITE);
    uint8_t consent[SIGNER_SIZE];
    p->root.pair = before->root.pair;
    d->pair = before->devices[0].pair;
    p->device_count = 1;
    m.key = span_of(p->root.pair.public_key, sizeof p->root.pair.public_key);
    const struct members_op *op = members_world_by(w, by, m);
    memcpy(p->member, op->id, sizeof p->member);
    memcpy(p->root.member, op->id, sizeof p->root.member);
    memcpy(d->member, op->id, sizeof d->member);
    members_write_consent(consent, &w->log, &d->pair, false, p->member, p->root.pair.public_key);
    m = members_world_msg(MEMBERS_MSG_DEVICE);
    m.key = span_of(d->pair.public_key, sizeof d->pair.public_key);
    m.consent = span_of(consent, sizeof consent);
    op = members_world_sign(w, &p->root, m);
    d->has_grant = true;
    memcpy(d->grant, op->id, sizeof op->id);
    op = members_world_by(w, again, members_world_msg(MEMBERS_MSG_JOIN));
    d->has_join = true;
    memcpy(d->join, op->id, sizeof op->id);
    members_world_run(w);
    return op;
}

struct members_msg members_world_revoke(struct members_world *w, int who)
{
    struct members_msg m = members_world_msg(MEMBERS_MSG_REVOKE);
    members_world_run(w);
    m.target = span_of(w->persons[who].member, MEMBERS_MSG_ID_SIZE);
    CHECK(members_state_cuts(&w->state, members_member_of(&w->log, w->persons[who].member), false,
                             &m) == 0);
    return m;
}

struct members_msg members_world_remove(struct members_world *w, int who, uint32_t device)
{
    struct members_author *d = &w->persons[who].devices[device];
    struct members_msg m = members_world_msg(MEMBERS_MSG_REMOVE);
    members_world_run(w);
    m.target = span_of(d->grant, sizeof d->grant);
    members_state_cut(
        &w->state,
        members_seat_of(&w->log, members_member_of(&w->log, d->member), d->pair.public_key), &m);
    return m;
}

void members_world_leave(struct members_world *w, int who, struct members_author *root,
                         struct members_msg *m)
{
    const struct members_world_person *p = &w->persons[who];
    uint32_t member = members_member_of(&w->log, p->member);
    members_world_run(w);
    *root = p->root;
    root->has_join = p->devices[0].has_join;
    memcpy(root->join, p->devices[0].join, sizeof root->join);
    *m = members_world_msg(MEMBERS_MSG_LEAVE);
    (void)!members_state_leave_cuts(&w->state, member,
                                    members_seat_of(&w->log, member, root->pair.public_key), m);
}

const struct members_op *members_world_cosign(struct members_world *w, int by,
                                              const struct members_op *op)
{
    struct members_msg m = members_world_msg(MEMBERS_MSG_COSIGN);
    m.target = span_of(op->id, sizeof op->id);
    return members_world_by(w, by, m);
}

const struct members_op *members_world_say(struct members_world *w, int by)
{
    struct members_msg m = members_world_msg(MEMBERS_MSG_JOIN);
    m.kind = SAY;
    m.content = span_of(&w->keys, sizeof w->keys);
    w->keys++; /* no two alike */
    return members_world_by(w, by, m);
}

void members_world_restart(struct members_world *w)
{
    struct buf stored;
    struct members again;
    buf_init(&stored, MEMBERS_STORED_MAX);
    CHECK(members_save(&w->log, &stored) == 0);
    CHECK(members_load(&again, w->signer, &w->random, buf_span(&stored), false) == 0);
    members_clear(&w->log);
    w->log = again;
    buf_clear(&stored);
    members_check(&w->log);
}

void members_world_run(struct members_world *w)
{
    members_state_run(&w->state, &w->log);
}

bool members_world_counts(const struct members_world *w, const struct members_op *op)
{
    const struct members_op *here = members_find(w->state.log, op->id);
    return here != NULL && members_eval_counts(&w->state.eval, here->place);
}

bool members_world_stands(const struct members_world *w, const struct members_op *op)
{
    return members_eval_stands(&w->state.eval, op->place);
}

bool members_world_belongs(const struct members_world *w, int who)
{
    uint32_t member = members_member_of(&w->log, w->persons[who].member);
    return w->state.members[member].status == MEMBERS_STATE_BELONGS;
}

bool members_world_is_live(const struct members_world *w, int who, uint32_t device)
{
    return members_state_device(&w->state, w->persons[who].devices[device].pair.public_key) ==
           MEMBERS_STATE_LIVE;
}
