/*
 * Room in a log: what a hostile key puts there, forks and puppets included, leaves room to others;
 * and what others rest on comes in however full its author's account is.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "members/members_heads.h"
#include "members/members_room.h"
#include "members/members_sync.h"
#include "tests/support/members_world.h"

enum { F, A, B, C, D, E, PUPPET, G = PUPPET + 3, H };

static void family(struct members_world *w)
{
    members_world_open(w, &members_null_signer, MEMBERS_MSG_INVITER);
    members_world_join(w, F, A);
    members_world_join(w, F, D);
    members_world_join(w, A, B);
    members_world_join(w, B, C);
    members_world_join(w, D, E);
}

/* An operation without meaning, no two alike. */
static struct members_msg noise(struct members_world *w)
{
    struct members_msg m = members_world_msg(MEMBERS_MSG_JOIN);
    m.kind = 99;
    m.content = span_of(&w->keys, sizeof w->keys);
    w->keys++;
    return m;
}

/* Let the author sign until there is no room, with a fork at each step as long as those go in.
 * Returns how many were let in. */
static uint32_t flood(struct members_world *w, struct members_author *author)
{
    const struct members_op *op = NULL;
    uint32_t count = 0;
    int line = 0;
    int fork = 0;
    while (line == 0 || fork == 0) {
        struct members_author twin = *author;
        struct members_msg m = noise(w);
        line = members_world_forge(w, author, &m, &op);
        m = noise(w);
        fork = members_world_forge(w, &twin, &m, &op);
        count += (line == 0 ? 1u : 0u) + (fork == 0 ? 1u : 0u);
    }
    assert_int_equal(line, WAVU_ERR_LIMIT);
    assert_int_equal(fork, WAVU_ERR_LIMIT);
    return count;
}

static uint32_t flood_revocations(struct members_world *w, struct members_author *author,
                                  struct members_msg m)
{
    const struct members_op *op = NULL;
    uint32_t count = 0;
    int rc = 0;
    while ((rc = members_world_forge(w, author, &m, &op)) == 0) {
        count++;
    }
    assert_int_equal(rc, WAVU_ERR_LIMIT);
    return count;
}

static int make_puppet(struct members_world *w, struct members_author *by)
{
    return members_world_come(w, by, false, &w->persons[PUPPET]);
}

/* What a revoked key signs, by forks, by its line and by puppets that it invites, fills its
 * account, and not the log: others invite and revoke as before. */
static void test_a_revoked_key_cannot_fill_the_log(void **state)
{
    (void)state;
    struct members_world w;
    family(&w);
    struct members_msg against = members_world_revoke(&w, C);
    (void)members_world_by(&w, F, members_world_revoke(&w, B));
    struct members_author inviter = w.persons[B].devices[0];
    for (int i = 0; i < 12 && make_puppet(&w, &inviter) == 0; i++) {
        (void)flood_revocations(&w, &w.persons[PUPPET].devices[0], against);
        (void)flood(&w, &w.persons[PUPPET].devices[0]);
    }
    struct members_author twin = inviter;
    uint32_t revocations = flood_revocations(&w, &twin, against);
    assert_in_range(revocations, 0, MEMBERS_REVOCATIONS_MAX);
    assert_in_range(flood(&w, &inviter), 0, MEMBERS_SEQUENCE_MAX);
    uint32_t b = members_member_of(&w.log, w.persons[B].member);
    assert_in_range(w.log.members[b].under.ops, MEMBERS_SEQUENCE_MAX, MEMBERS_OPERATIONS_MAX / 4);
    assert_in_range(w.log.members[b].own.ops, 1, MEMBERS_OPERATIONS_MAX / MEMBERS_SHARE);
    members_world_run(&w);
    assert_false(members_world_belongs(&w, B));
    members_world_join(&w, D, PUPPET + 1); /* an honest one, in spite of the name */
    members_world_join(&w, F, PUPPET + 2);
    (void)members_world_by(&w, F, members_world_revoke(&w, E));
    members_world_run(&w);
    assert_true(members_world_belongs(&w, PUPPET + 1));
    assert_false(members_world_belongs(&w, E));
    members_check(&w.log);
    members_world_close(&w);
}

static void swap(struct members_world *w, struct members *other)
{
    struct members here = w->log;
    w->log = *other;
    *other = here;
}

/* One round of syncing: all that `to` lacks, in order. Returns how many it refused. */
static uint32_t give_all(const struct members *from, struct members *to)
{
    static uint8_t heads[8192][MEMBERS_MSG_ID_SIZE];
    struct members_sync sync;
    struct span bytes;
    uint32_t refused = 0;
    size_t count = members_sync_heads(to, heads, 8192);
    assert_in_range(count, 1, 8192);
    (void)members_sync_begin(&sync, from, span_of(heads, count * sizeof heads[0]));
    while (members_sync_next(&sync, &bytes)) {
        enum members_fed fed = MEMBERS_KNOWN;
        refused += members_feed(to, bytes, 5, &fed) < 0 ? 1 : 0;
    }
    members_sync_end(&sync);
    return refused;
}

/* A log like that of `w` as it is now. */
static void copy(struct members_world *w, struct members *far)
{
    const struct members_op *genesis = w->log.ops[MEMBERS_GENESIS];
    assert_int_equal(
        members_init(far, w->signer, &w->random, span_of(genesis->bytes, genesis->len)), 0);
    assert_int_equal(give_all(&w->log, far), 0);
}

/* Stored and read again `far` is the same, whoever paid for what. */
static void restart(struct members_world *w, struct members *far)
{
    struct buf stored;
    struct members again;
    buf_init(&stored, MEMBERS_STORED_MAX);
    assert_int_equal(members_save(far, &stored), 0);
    assert_int_equal(members_load(&again, w->signer, &w->random, buf_span(&stored), false), 0);
    assert_int_equal(again.op_count, far->op_count);
    for (uint32_t i = 0; i < far->op_count; i++) {
        assert_memory_equal(again.ops[i]->id, far->ops[i]->id, sizeof again.ops[i]->id);
        assert_int_equal(again.ops[i]->payer, far->ops[i]->payer);
        assert_int_equal(again.ops[i]->is_reserve, far->ops[i]->is_reserve);
    }
    members_check(&again);
    members_clear(far);
    *far = again;
    buf_clear(&stored);
}

/* A hostile key gives one node as many forks as go in, and another node a branch of its own. An
 * honest operation that rests on that branch comes in on both, with the branch, on the account of
 * its author; nothing else of the branch's author does. */
static void rest_on(uint32_t way)
{
    struct members_world w;
    struct members far;
    const struct members_op *op = NULL;
    family(&w);
    const struct members_op *genesis = w.log.ops[MEMBERS_GENESIS];
    assert_int_equal(members_init(&far, w.signer, &w.random, span_of(genesis->bytes, genesis->len)),
                     0);
    assert_int_equal(give_all(&w.log, &far), 0);
    struct members_author forker = w.persons[B].devices[0];
    swap(&w, &far);
    (void)flood(&w, &forker);
    swap(&w, &far);

    struct members_author at = w.persons[B].devices[0];
    for (uint32_t i = 0; i < way; i++) {
        struct members_msg m = noise(&w);
        assert_int_equal(members_world_forge(&w, &at, &m, &op), 0);
    }
    struct members_author aside = w.persons[B].devices[0];
    struct members_msg m = noise(&w); /* nobody rests on this one */
    assert_int_equal(members_world_forge(&w, &aside, &m, &op), 0);
    uint8_t unneeded[MEMBERS_MSG_ID_SIZE];
    memcpy(unneeded, op->id, sizeof unneeded);
    m = noise(&w);
    m.parents[0] = span_of(at.last, sizeof at.last);
    m.parent_count = 1;
    op = members_world_by(&w, D, m);

    uint32_t d = members_member_of(&far, w.persons[D].member);
    assert_int_equal(far.members[d].guests.ops, 0);
    assert_true(give_all(&w.log, &far) > 0);
    assert_null(members_find(&far, op->id));
    swap(&w, &far); /* what is refused meanwhile does not push out what is needed */
    for (uint32_t i = 0; i < MEMBERS_REFUSED_MAX + 5; i++) {
        struct members_author twin = forker;
        const struct members_op *none = NULL;
        m = noise(&w);
        assert_int_equal(members_world_forge(&w, &twin, &m, &none), WAVU_ERR_LIMIT);
    }
    swap(&w, &far);
    (void)give_all(&w.log, &far);
    members_check(&far);
    assert_non_null(members_find(&far, op->id));
    assert_non_null(members_find(&far, at.last));
    assert_null(members_find(&far, unneeded));
    assert_int_equal(members_find(&far, at.last)->payer, d);
    assert_int_equal(far.members[d].guests.ops, way);

    restart(&w, &far);
    assert_int_equal(far.members[d].guests.ops, way);
    members_clear(&far);
    members_world_close(&w);
}

static void test_what_others_rest_on_comes_in(void **state)
{
    (void)state;
    rest_on(1);
    rest_on(7);
    rest_on(700); /* longer than what may wait */
}

/* The same through somebody whom that branch invited, and of whom the far node has not heard. */
static void test_what_others_rest_on_may_be_a_newcomers(void **state)
{
    (void)state;
    struct members_world w;
    struct members far;
    const struct members_op *op = NULL;
    family(&w);
    const struct members_op *genesis = w.log.ops[MEMBERS_GENESIS];
    assert_int_equal(members_init(&far, w.signer, &w.random, span_of(genesis->bytes, genesis->len)),
                     0);
    assert_int_equal(give_all(&w.log, &far), 0);
    struct members_author forker = w.persons[B].devices[0];
    swap(&w, &far);
    (void)flood(&w, &forker);
    struct members_use *branch =
        &w.log.members[members_member_of(&w.log, w.persons[B].member)].under;
    struct members_use before = *branch;
    branch->ops = MEMBERS_OPERATIONS_MAX; /* puppets have filled the rest */
    swap(&w, &far);

    assert_int_equal(make_puppet(&w, &w.persons[B].devices[0]), 0);
    struct members_msg m = noise(&w);
    assert_int_equal(members_world_forge(&w, &w.persons[PUPPET].devices[0], &m, &op), 0);
    uint8_t said[MEMBERS_MSG_ID_SIZE];
    memcpy(said, op->id, sizeof said);
    m = noise(&w);
    m.parents[0] = span_of(said, sizeof said);
    m.parent_count = 1;
    op = members_world_by(&w, D, m);
    int rounds = 0;
    while (members_find(&far, op->id) == NULL && rounds < 8) {
        (void)give_all(&w.log, &far);
        rounds++;
    }
    assert_in_range(rounds, 2, 7);
    assert_non_null(members_find(&far, said));
    uint32_t d = members_member_of(&far, w.persons[D].member);
    assert_int_equal(far.members[d].guests.ops, 4); /* INVITE, DEVICE, JOIN, what was said */
    branch = &far.members[members_member_of(&far, w.persons[B].member)].under;
    assert_int_equal(branch->ops, MEMBERS_OPERATIONS_MAX);
    *branch = before;
    members_check(&far);
    members_clear(&far);
    members_world_close(&w);
}

/* Let the author invite strangers, revoke C and talk, in a line and in forks of it, while any of
 * that goes in. */
static void rage(struct members_world *w, struct members_author *author)
{
    struct members_msg against = members_world_revoke(w, C);
    const struct members_op *op = NULL;
    int rc[2] = {0, 0};
    for (uint32_t i = 0; rc[0] == 0 || rc[1] == 0; i++) {
        struct ed25519_pair stranger = members_null_pair(w->signer, ++w->keys);
        struct members_author twin = *author;
        for (int k = 0; k < 2; k++) {
            struct members_msg m = noise(w);
            if ((i + (uint32_t)k) % 3 == 1) {
                m = members_world_msg(MEMBERS_MSG_INVITE);
                m.key = span_of(stranger.public_key, MEMBERS_MSG_KEY_SIZE);
            } else if ((i + (uint32_t)k) % 50 == 2) {
                m = against;
            }
            rc[k] = members_world_forge(w, k == 0 ? author : &twin, &m, &op);
        }
    }
}

/* An honest node signs: it names the heads that it knows. */
static void live_on(struct members_world *w, int by, uint8_t id[MEMBERS_MSG_ID_SIZE])
{
    struct members_msg m = members_world_msg(MEMBERS_MSG_JOIN);
    const struct members_op *op = NULL;
    m.kind = 98;
    members_world_run(w);
    members_heads_parents(&w->state, &m);
    assert_int_equal(members_write(&w->log, &w->persons[by].devices[0], &m, &op), 0);
    memcpy(id, op->id, sizeof op->id);
}

static void hash_of(struct members_world *w, uint8_t hash[HASH_SHA256_SIZE])
{
    members_world_run(w);
    members_state_hash(&w->state, hash);
}

/* Two nodes are each filled with other forks of one key up to its limits, and honest members go on
 * upon them. Once that member is revoked, all that is honest is on both, and they say the same. */
static void test_nodes_at_the_limits_agree_once_it_is_revoked(void **state)
{
    (void)state;
    struct members_world w;
    struct members far;
    uint8_t said[4][MEMBERS_MSG_ID_SIZE];
    uint8_t here[HASH_SHA256_SIZE];
    uint8_t there[HASH_SHA256_SIZE];
    family(&w);
    const struct members_op *genesis = w.log.ops[MEMBERS_GENESIS];
    assert_int_equal(members_init(&far, w.signer, &w.random, span_of(genesis->bytes, genesis->len)),
                     0);
    assert_int_equal(give_all(&w.log, &far), 0);
    struct members_author near_twin = w.persons[B].devices[0];
    struct members_author far_twin = w.persons[B].devices[0];
    rage(&w, &near_twin);
    live_on(&w, D, said[0]);
    live_on(&w, F, said[1]);
    swap(&w, &far);
    rage(&w, &far_twin);
    live_on(&w, E, said[2]);
    live_on(&w, A, said[3]);
    swap(&w, &far);
    hash_of(&w, here);
    swap(&w, &far);
    hash_of(&w, there);
    swap(&w, &far);
    assert_memory_not_equal(here, there, sizeof here);

    (void)members_world_by(&w, F, members_world_revoke(&w, B));
    for (int round = 0; round < 6; round++) {
        (void)give_all(&w.log, &far);
        (void)give_all(&far, &w.log);
    }
    for (int i = 0; i < 4; i++) {
        assert_non_null(members_find(&w.log, said[i]));
        assert_non_null(members_find(&far, said[i]));
    }
    members_check(&far);
    hash_of(&w, here);
    assert_false(members_world_belongs(&w, B));
    swap(&w, &far);
    hash_of(&w, there);
    swap(&w, &far);
    assert_memory_equal(here, there, sizeof here);
    members_clear(&far);
    members_world_close(&w);
}

/* Let all devices of `who` sign noise, a line each, until there is no room. */
static void fill(struct members_world *w, int who)
{
    for (uint32_t d = 0; d < w->persons[who].device_count; d++) {
        struct members_author line = w->persons[who].devices[d];
        const struct members_op *op = NULL;
        int rc = 0;
        while (rc == 0) {
            struct members_msg m = noise(w);
            rc = members_world_forge(w, &line, &m, &op);
        }
        assert_int_equal(rc, WAVU_ERR_LIMIT);
    }
}

static void two_more_devices(struct members_world *w, int who)
{
    members_world_device(w, who);
    members_world_device(w, who);
}

/* Sync both ways until `far` has the operation; at most 20 rounds. */
static void meet(struct members *near, struct members *far, const uint8_t *id)
{
    for (int round = 0; round < 20 && members_find(far, id) == NULL; round++) {
        (void)give_all(near, far);
        (void)give_all(far, near);
    }
    assert_non_null(members_find(far, id));
}

/* Three members of one branch deal two nodes all that an account holds of other lines, each. What
 * the founder signs upon them is on both nodes, and so are its REVOKEs of them; then all say the
 * same. */
static void test_three_who_flood_do_not_shut_out_the_founder(void **state)
{
    (void)state;
    struct members_world w;
    struct members far;
    uint8_t id[MEMBERS_MSG_ID_SIZE];
    uint8_t here[HASH_SHA256_SIZE];
    uint8_t there[HASH_SHA256_SIZE];
    family(&w);
    members_world_join(&w, A, G);
    const int who[] = {B, C, G};
    for (int i = 0; i < 3; i++) {
        two_more_devices(&w, who[i]);
    }
    copy(&w, &far);
    for (int side = 0; side < 2; side++) {
        for (int i = 0; i < 3; i++) {
            fill(&w, who[i]);
        }
        swap(&w, &far);
    }
    uint32_t b = members_member_of(&far, w.persons[B].member);
    assert_in_range(far.members[b].own.ops, 3060, 3072);
    live_on(&w, D, id); /* the first to rest on them has no room for both: others bring the rest */
    live_on(&w, F, id);
    meet(&w.log, &far, id);
    for (int i = 0; i < 3; i++) {
        (void)members_world_by(&w, F, members_world_revoke(&w, who[i]));
    }
    live_on(&w, E, id);
    meet(&w.log, &far, id);
    restart(&w, &far);
    live_on(&w, D, id);
    meet(&w.log, &far, id);
    members_check(&far);
    hash_of(&w, here);
    for (int i = 0; i < 3; i++) {
        assert_false(members_world_belongs(&w, who[i]));
    }
    swap(&w, &far);
    hash_of(&w, there);
    swap(&w, &far);
    assert_memory_equal(here, there, sizeof here);
    members_clear(&far);
    members_world_close(&w);
}

/* What others' forks bring in on somebody's account leaves it its own room, and those under it. */
static void test_guests_leave_ones_own_room(void **state)
{
    (void)state;
    struct members_world w;
    struct members far;
    uint8_t id[MEMBERS_MSG_ID_SIZE];
    family(&w);
    members_world_join(&w, E, G); /* of depth 3, in another branch than B */
    members_world_join(&w, G, H);
    two_more_devices(&w, B);
    copy(&w, &far);
    for (int i = 0; i < 300; i++) {
        (void)members_world_say(&w, G);
    }
    for (int side = 0; side < 2; side++) {
        fill(&w, B);
        swap(&w, &far);
    }
    live_on(&w, G, id);
    meet(&w.log, &far, id);
    uint32_t g = members_member_of(&far, w.persons[G].member);
    assert_in_range(far.members[g].guests.ops, 3000, 3072);
    assert_in_range(far.members[g].under_guests.ops, 3000, 3072);
    assert_in_range(far.members[g].under.ops, 301, 320);
    for (int i = 0; i < 300; i++) {
        live_on(&w, i % 2 == 0 ? G : H, id);
    }
    meet(&w.log, &far, id);
    members_check(&far);
    members_clear(&far);
    members_world_close(&w);
}

/* Two nodes with other forks of B, and D's account for guests full on one but for the quarter that
 * is for what revocations rest on. */
static struct members_use *two_nodes(struct members_world *w, struct members *far)
{
    family(w);
    copy(w, far);
    for (int side = 0; side < 2; side++) {
        struct members_author line = w->persons[B].devices[0];
        (void)flood(w, &line);
        swap(w, far);
    }
    struct members_use *guests = &far->members[members_member_of(far, w->persons[D].member)].guests;
    guests->ops = MEMBERS_OPERATIONS_MAX / MEMBERS_SHARE * 3 / 4;
    return guests;
}

/* Whose account is full gives its place to the next who needs the same. */
static void test_a_full_patron_gives_way(void **state)
{
    (void)state;
    struct members_world w;
    struct members far;
    uint8_t id[2][MEMBERS_MSG_ID_SIZE];
    struct members_use *guests = two_nodes(&w, &far);
    live_on(&w, D, id[0]);
    for (int round = 0; round < 5; round++) {
        (void)give_all(&w.log, &far);
    }
    assert_null(members_find(&far, id[0]));
    live_on(&w, A, id[1]); /* rests on what D signed */
    meet(&w.log, &far, id[1]);
    assert_non_null(members_find(&far, id[0]));
    const struct members_member *a = &far.members[members_member_of(&far, w.persons[A].member)];
    assert_in_range(a->guests.ops, 500, MEMBERS_SEQUENCE_MAX);
    assert_int_equal(a->guests.takes, 0);
    assert_int_equal(guests->ops, MEMBERS_OPERATIONS_MAX / MEMBERS_SHARE * 3 / 4);
    guests->ops = 0;
    members_check(&far);
    members_clear(&far);
    members_world_close(&w);
}

/* Each account for guests at its limit, the member's and those of all under it and under who is
 * above it; what is on the accounts of own operations limits no guests. */
static void test_limits_of_guests_hold(void **state)
{
    (void)state;
    struct members_world w;
    struct members far;
    uint8_t id[MEMBERS_MSG_ID_SIZE];
    *two_nodes(&w, &far) = (struct members_use){.ops = 0};
    struct members_member *e = &far.members[members_member_of(&far, w.persons[E].member)];
    struct members_member *d = &far.members[e->inviter];
    const uint32_t ops = MEMBERS_OPERATIONS_MAX - MEMBERS_OPERATIONS_MAX / MEMBERS_RESERVE;
    const struct {
        struct members_use *use;
        uint32_t shift;
    } accounts[] = {{&e->guests, 3}, {&e->under_guests, 3}, {&d->under_guests, 2}};
    live_on(&w, E, id);
    for (size_t i = 0; i < sizeof accounts / sizeof accounts[0]; i++) {
        struct members_use before = *accounts[i].use;
        for (int is_in_bytes = 0; is_in_bytes < 2; is_in_bytes++) {
            if (is_in_bytes == 0) {
                accounts[i].use->ops = ops >> accounts[i].shift;
            } else {
                accounts[i].use->bytes = ((size_t)MEMBERS_BYTES_MAX * 3 / 4) >> accounts[i].shift;
            }
            (void)give_all(&w.log, &far);
            (void)give_all(&w.log, &far);
            assert_null(members_find(&far, id));
            *accounts[i].use = before;
        }
    }
    const uint32_t own = e->own.ops;
    const uint32_t under = d->under.ops;
    d->under.ops = ops / 2 - 1; /* room for the one that E signs */
    e->own.ops = ops / MEMBERS_SHARE - 1;
    meet(&w.log, &far, id);
    assert_in_range(e->guests.ops, 500, MEMBERS_SEQUENCE_MAX);
    e->own.ops = own + 1;
    d->under.ops = under + 1;
    members_check(&far);
    members_clear(&far);
    members_world_close(&w);
}

/* What a revocation rests on may use the quarter that is for revocations, also when the member's
 * other guests have filled the rest, and after a restart. */
static void test_what_a_revocation_rests_on_may_use_the_reserve(void **state)
{
    (void)state;
    struct members_world w;
    struct members far;
    uint8_t id[MEMBERS_MSG_ID_SIZE];
    struct members_use *guests = two_nodes(&w, &far);
    live_on(&w, D, id);
    (void)give_all(&w.log, &far);
    (void)give_all(&w.log, &far);
    assert_null(members_find(&far, id));
    const struct members_op *op = members_world_by(&w, D, members_world_revoke(&w, E));
    struct members_use *whole = &far.members[MEMBERS_GENESIS].under;
    const uint32_t others = MEMBERS_OPERATIONS_MAX / 8 * 7 - whole->ops;
    whole->ops += others; /* the last eighth is no guest's */
    (void)give_all(&w.log, &far);
    (void)give_all(&w.log, &far);
    assert_null(members_find(&far, op->id));
    whole->ops -= others;
    meet(&w.log, &far, op->id);
    assert_non_null(members_find(&far, id));
    assert_in_range(guests->takes, 500, MEMBERS_OPERATIONS_MAX / MEMBERS_SHARE / 4);
    assert_int_equal(guests->ops, MEMBERS_OPERATIONS_MAX / MEMBERS_SHARE * 3 / 4 + guests->takes);
    guests->ops = guests->takes;
    restart(&w, &far);
    swap(&w, &far);
    members_world_run(&w);
    assert_false(members_world_belongs(&w, E));
    members_clear(&far);
    members_world_close(&w);
}

/* A device that is known everywhere and has named nothing yet rests on nobody's forks: its REVOKE
 * without parents and cuts comes in even where the log has no room but for revocations. */
static void test_a_device_that_named_nothing_is_heard_everywhere(void **state)
{
    (void)state;
    struct members_world w;
    struct members far;
    uint8_t id[MEMBERS_MSG_ID_SIZE];
    family(&w);
    members_world_device(&w, F);
    copy(&w, &far);
    fill(&w, B);
    live_on(&w, F, id);
    struct members_use *whole = &far.members[MEMBERS_GENESIS].under;
    uint32_t others = MEMBERS_OPERATIONS_MAX - MEMBERS_OPERATIONS_MAX / MEMBERS_RESERVE + 4000;
    whole->ops += others;
    struct members_msg m = members_world_revoke(&w, B);
    m.cut_count = 0;
    const struct members_op *op = members_world_sign(&w, &w.persons[F].devices[1], m);
    enum members_fed fed = MEMBERS_KNOWN;
    assert_int_equal(members_feed(&far, span_of(op->bytes, op->len), 5, &fed), 0);
    assert_int_equal(fed, MEMBERS_ADDED);
    whole->ops -= others;
    swap(&w, &far);
    members_world_run(&w);
    assert_false(members_world_belongs(&w, B));
    members_clear(&far);
    members_world_close(&w);
}

/* Refused names are remembered in a ring of fixed size, and nothing is kept of them else. */
static void test_what_is_refused_takes_no_room(void **state)
{
    (void)state;
    struct members_world w;
    family(&w);
    (void)flood(&w, &w.persons[B].devices[0]);
    uint32_t count = w.log.op_count;
    for (uint32_t i = 0; i < 2 * MEMBERS_REFUSED_MAX + 3; i++) {
        struct members_author twin = w.persons[B].devices[0];
        struct members_msg m = noise(&w);
        const struct members_op *op = NULL;
        assert_int_equal(members_world_forge(&w, &twin, &m, &op), WAVU_ERR_LIMIT);
    }
    assert_int_equal(w.log.op_count, count);
    assert_int_equal(w.log.refused_map.count, MEMBERS_REFUSED_MAX);
    assert_int_equal(w.log.pending_count, 0);
    members_check(&w.log);
    members_world_close(&w);
}

static int try(struct members_world *w, int by, struct members_msg m)
{
    struct members_author twin = w->persons[by].devices[0];
    const struct members_op *op = NULL;
    int rc = members_world_forge(w, &twin, &m, &op);
    if (rc == 0) {
        w->persons[by].devices[0] = twin;
    }
    return rc;
}

/* The log is full but for its last eighth, and four of one branch revoke with all their devices:
 * that does not fill the reserve. */
static void test_a_branch_leaves_revocations_to_others(void **state)
{
    (void)state;
    struct members_world w;
    const struct members_op *op = NULL;
    uint32_t count = 0;
    members_world_open(&w, &members_null_signer, MEMBERS_MSG_INVITER);
    members_world_join(&w, F, A);
    members_world_join(&w, F, H);
    for (int i = A; i <= D; i++) {
        if (i > A) {
            members_world_join(&w, A, i);
        }
        two_more_devices(&w, i);
    }
    uint32_t *all = &w.log.members[MEMBERS_GENESIS].under.ops;
    *all = MEMBERS_OPERATIONS_MAX - MEMBERS_OPERATIONS_MAX / 8;
    struct members_msg m = members_world_msg(MEMBERS_MSG_REVOKE);
    m.target = span_of(w.persons[H].member, MEMBERS_MSG_ID_SIZE);
    for (int i = 0; i < 12; i++) {
        count += flood_revocations(&w, &w.persons[A + i / 3].devices[i % 3], m);
    }
    assert_int_equal(count, MEMBERS_OPERATIONS_MAX / MEMBERS_RESERVE / 4);
    m.target = span_of(w.persons[A].member, MEMBERS_MSG_ID_SIZE);
    assert_int_equal(members_world_forge(&w, &w.persons[F].devices[0], &m, &op), 0);
    *all = w.log.op_count;
    members_world_close(&w);
}

/* Each account at its limit; what takes power away finds the quarter that other things cannot. */
static void test_limits_hold(void **state)
{
    (void)state;
    struct members_world w;
    family(&w);
    const uint32_t ops = MEMBERS_OPERATIONS_MAX - MEMBERS_OPERATIONS_MAX / MEMBERS_RESERVE;
    const size_t bytes = MEMBERS_BYTES_MAX - MEMBERS_BYTES_MAX / MEMBERS_RESERVE;
    uint32_t b = members_member_of(&w.log, w.persons[B].member);
    struct members_msg revoke = members_world_revoke(&w, C);
    const struct {
        struct members_use *use;
        uint32_t shift, take_shift;
    } accounts[] = {
        {&w.log.members[b].own, 3, 3},
        {&w.log.members[b].under, 2, 3},
        {&w.log.members[w.log.members[b].inviter].under, 1, 2},
        {&w.log.members[MEMBERS_GENESIS].under, 0, 0},
    };
    for (size_t i = 0; i < sizeof accounts / sizeof accounts[0]; i++) {
        struct members_use *use = accounts[i].use;
        uint32_t shift = accounts[i].shift;
        struct members_use before = *use;
        use->ops = ops >> shift;
        assert_int_equal(try(&w, B, noise(&w)), WAVU_ERR_LIMIT);
        use->ops = MEMBERS_OPERATIONS_MAX >> shift;
        assert_int_equal(try(&w, B, revoke), WAVU_ERR_LIMIT);
        *use = before;
        use->bytes = bytes >> shift;
        assert_int_equal(try(&w, B, noise(&w)), WAVU_ERR_LIMIT);
        use->bytes = MEMBERS_BYTES_MAX >> shift;
        assert_int_equal(try(&w, B, revoke), WAVU_ERR_LIMIT);
        *use = before;
        use->takes = (MEMBERS_OPERATIONS_MAX / MEMBERS_RESERVE) >> accounts[i].take_shift;
        use->take_bytes = (MEMBERS_BYTES_MAX / MEMBERS_RESERVE) >> accounts[i].take_shift;
        if (shift > 0) {
            assert_int_equal(try(&w, B, revoke), WAVU_ERR_LIMIT);
        }
        assert_int_equal(try(&w, D, noise(&w)), 0); /* others are not touched */
        *use = before;
        if (shift == 0) {
            use->ops++; /* D's, just now */
            use->bytes += w.log.ops[w.log.op_count - 1]->len;
        }
    }
    assert_int_equal(try(&w, B, noise(&w)), 0);
    assert_int_equal(try(&w, B, revoke), 0);
    members_world_close(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_revoked_key_cannot_fill_the_log),
        cmocka_unit_test(test_what_others_rest_on_comes_in),
        cmocka_unit_test(test_what_others_rest_on_may_be_a_newcomers),
        cmocka_unit_test(test_nodes_at_the_limits_agree_once_it_is_revoked),
        cmocka_unit_test(test_three_who_flood_do_not_shut_out_the_founder),
        cmocka_unit_test(test_guests_leave_ones_own_room),
        cmocka_unit_test(test_a_full_patron_gives_way),
        cmocka_unit_test(test_limits_of_guests_hold),
        cmocka_unit_test(test_what_a_revocation_rests_on_may_use_the_reserve),
        cmocka_unit_test(test_a_device_that_named_nothing_is_heard_everywhere),
        cmocka_unit_test(test_what_is_refused_takes_no_room),
        cmocka_unit_test(test_a_branch_leaves_revocations_to_others),
        cmocka_unit_test(test_limits_hold),
    };
    return cmocka_run_group_tests_name("members/members_room", tests, NULL, NULL);
}
