/*
 * The membership log as a machine: each byte of the input is a wish (invite, revoke, co-sign, fork,
 * forge a field ...) of one of eight persons; a twin hears of what came of it in another order, now
 * and then spoilt. Both keep their invariants and say the same in the end; small logs agree with
 * the second evaluation.
 */
#include <string.h>

#include "base/check.h"
#include "members/members_sync.h"
#include "tests/support/members_oracle.h"
#include "tests/support/members_world.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define PERSONS 8
#define OPERATIONS_MAX 100

struct input {
    const uint8_t *at;
    size_t left;
};

static uint8_t take(struct input *in)
{
    if (in->left == 0) {
        return 0;
    }
    in->left--;
    return *in->at++;
}

/* An operation here, or the genesis. */
static const struct members_op *some_op(struct members_world *w, struct input *in)
{
    return w->log.ops[take(in) % w->log.op_count];
}

static void fill(struct members_world *w, struct input *in, struct members_msg *m, uint8_t *room)
{
    const struct members_op *op = some_op(w, in);
    m->kind = 1 + take(in) % 10; /* the last one nobody knows */
    m->is_critical = (take(in) & 7) == 7;
    memcpy(room, w->persons[take(in) % PERSONS].root.pair.public_key, MEMBERS_MSG_KEY_SIZE);
    room[0] ^= take(in) & 3;
    if (m->kind == MEMBERS_MSG_INVITE || m->kind == MEMBERS_MSG_DEVICE ||
        m->kind == MEMBERS_MSG_SUCCEED) {
        m->key = span_of(room, MEMBERS_MSG_KEY_SIZE);
    }
    if (m->kind == MEMBERS_MSG_DEVICE || m->kind == MEMBERS_MSG_SUCCEED) {
        m->consent = span_of(room + MEMBERS_MSG_KEY_SIZE, SIGNER_SIZE);
    }
    if (m->kind >= MEMBERS_MSG_REMOVE && m->kind <= MEMBERS_MSG_COSIGN) {
        m->target = span_of(op->id, sizeof op->id);
    }
    uint8_t cuts = m->kind == MEMBERS_MSG_REVOKE   ? take(in) % 5
                   : m->kind == MEMBERS_MSG_REMOVE ? take(in) % 2
                   : m->kind == MEMBERS_MSG_LEAVE  ? take(in) % 4
                                                   : 0;
    while (cuts-- > 0) {
        op = some_op(w, in);
        if (op->sequence > 0) {
            m->cuts[m->cut_count++] =
                (struct members_msg_cut){op->sequence, span_of(op->id, sizeof op->id)};
        }
    }
    m->is_subtree = m->kind == MEMBERS_MSG_REVOKE && (take(in) & 1) != 0;
}

/* One author signs one thing; whether it is let in is the log's to say. */
static void wish(struct members_world *w, struct input *in)
{
    struct members_msg m = members_world_msg(MEMBERS_MSG_JOIN);
    uint8_t room[MEMBERS_MSG_KEY_SIZE + SIGNER_SIZE] = {0};
    struct members_world_person *p = &w->persons[take(in) % PERSONS];
    uint8_t how = take(in);
    struct members_author *a = (how & 1) != 0 ? &p->root : &p->devices[0];
    struct members_author spoilt = *a;
    const struct members_op *op = NULL;
    fill(w, in, &m, room);
    if ((how & 2) != 0 && m.consent.len > 0) {
        struct ed25519_pair pair;
        memcpy(pair.seed, room, sizeof pair.seed);
        memcpy(pair.public_key, room, sizeof pair.public_key);
        members_write_consent(room + MEMBERS_MSG_KEY_SIZE, &w->log, &pair,
                              m.kind == MEMBERS_MSG_SUCCEED, a->member, a->pair.public_key);
    }
    if ((how & 0x0c) == 0x0c && spoilt.sequence > 0) {
        const struct members_op *last = members_find(&w->log, spoilt.last);
        spoilt.sequence--;
        if (last->previous != MEMBERS_NONE) {
            memcpy(spoilt.last, w->log.ops[last->previous]->id, sizeof spoilt.last);
        }
    }
    if ((how & 0x30) == 0x30) {
        memcpy(spoilt.grant, some_op(w, in)->id, sizeof spoilt.grant);
        spoilt.has_grant = (how & 0x40) != 0;
    }
    if ((how & 0x80) != 0) {
        memcpy(spoilt.join, some_op(w, in)->id, sizeof spoilt.join);
        spoilt.has_join = (how & 0x40) != 0;
    }
    if (members_world_forge(w, &spoilt, &m, &op) == 0 && op != NULL) {
        *a = spoilt;
    }
}

/* The twin hears of everything, from the end, or as it comes. */
static void tell(struct members_world *w, struct members *twin, bool is_backwards)
{
    enum members_fed fed = MEMBERS_KNOWN;
    for (uint32_t i = 0; i < w->log.op_count; i++) {
        uint32_t k = is_backwards ? w->log.op_count - 1 - i : i;
        const struct members_op *op = w->log.ops[k];
        if (k != MEMBERS_GENESIS) {
            CHECK(members_feed(twin, span_of(op->bytes, op->len), 1, &fed) == 0);
        }
    }
    CHECK(twin->op_count == w->log.op_count && twin->pending_count == 0);
}

static void check_oracle(const struct members_state *s)
{
    static struct members_oracle oracle;
    if (s->log->op_count > 64) {
        return;
    }
    members_oracle_run(&oracle, s->log);
    for (uint32_t i = 0; i < s->log->op_count; i++) {
        CHECK((oracle.counts >> i & 1) == (members_eval_counts(&s->eval, i) ? 1 : 0));
        CHECK((oracle.stands >> i & 1) == (members_eval_stands(&s->eval, i) ? 1 : 0));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct members_world w;
    struct members twin;
    struct members_state state;
    uint8_t hashes[2][HASH_SHA256_SIZE];
    struct input in = {data, size};
    members_world_open(&w, &members_null_signer,
                       (enum members_msg_policy)(1 + take(&in) % MEMBERS_MSG_OPEN));
    bool is_backwards = (take(&in) & 1) != 0;
    for (int i = 1; i < PERSONS; i++) {
        members_world_join(&w, take(&in) % i, i);
    }
    while (in.left > 0 && w.log.op_count < OPERATIONS_MAX) {
        wish(&w, &in);
    }
    members_world_run(&w);
    check_oracle(&w.state);
    members_state_hash(&w.state, hashes[0]);
    const struct members_op *genesis = w.log.ops[MEMBERS_GENESIS];
    CHECK(members_init(&twin, w.signer, &w.random, span_of(genesis->bytes, genesis->len)) == 0);
    tell(&w, &twin, is_backwards);
    members_check(&twin);
    members_state_init(&state);
    members_state_run(&state, &twin);
    members_state_hash(&state, hashes[1]);
    CHECK(memcmp(hashes[0], hashes[1], sizeof hashes[0]) == 0);
    members_state_clear(&state);
    members_clear(&twin);
    members_world_close(&w);
    return 0;
}
