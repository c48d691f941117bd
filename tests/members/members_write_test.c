/*
 * Making operations: what is written is let in, and who finds its chain ahead of it stops.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "members/members_heads.h"
#include "tests/support/members_world.h"

enum { F, A, B };

static void test_names_are_those_of_networks(void **state)
{
    (void)state;
    struct random_seeded seeded;
    struct buf out;
    random_seeded_init(&seeded, 1);
    struct random random = random_from_seeded(&seeded);
    struct ed25519_pair root = members_null_pair(&members_null_signer, 1);
    buf_init(&out, MEMBERS_MSG_SIZE_MAX);
    assert_int_equal(members_write_genesis(&out, &members_null_signer, &random, &root,
                                           span_from_text("No Name"), MEMBERS_MSG_ANY),
                     WAVU_ERR_INVALID);
    assert_int_equal(members_write_genesis(&out, &members_null_signer, &random, &root, span_empty(),
                                           MEMBERS_MSG_ANY),
                     WAVU_ERR_INVALID);
    assert_int_equal(out.len, 0);
    buf_clear(&out);
}

static void test_two_networks_of_one_name_differ(void **state)
{
    (void)state;
    struct random_seeded seeded;
    struct buf out[2];
    random_seeded_init(&seeded, 1);
    struct random random = random_from_seeded(&seeded);
    struct ed25519_pair root = members_null_pair(&members_null_signer, 1);
    struct members logs[2];
    for (int i = 0; i < 2; i++) {
        buf_init(&out[i], MEMBERS_MSG_SIZE_MAX);
        assert_int_equal(members_write_genesis(&out[i], &members_null_signer, &random, &root,
                                               span_from_text("home"), MEMBERS_MSG_ANY),
                         0);
        assert_int_equal(members_init(&logs[i], &members_null_signer, &random, buf_span(&out[i])),
                         0);
    }
    assert_memory_not_equal(members_network(&logs[0]), members_network(&logs[1]),
                            MEMBERS_MSG_ID_SIZE);
    for (int i = 0; i < 2; i++) {
        members_clear(&logs[i]);
        buf_clear(&out[i]);
    }
}

static void test_stops_when_its_chain_is_ahead(void **state)
{
    (void)state;
    struct members_world w;
    const struct members_op *op = NULL;
    struct members_msg m = members_world_msg(MEMBERS_MSG_JOIN);
    members_world_open(&w, &members_null_signer, MEMBERS_MSG_ANY);
    members_world_join(&w, F, A);
    struct members_author *author = &w.persons[A].devices[0];
    struct members_author restored = *author; /* a backup that held a device key */
    m.kind = 60;
    assert_int_equal(members_write(&w.log, author, &m, &op), 0);
    assert_int_equal(op->sequence, 2);
    assert_int_equal(author->sequence, 2);
    uint32_t count = w.log.op_count;
    assert_int_equal(members_write(&w.log, &restored, &m, &op), WAVU_ERR_IN_USE);
    restored.sequence = 3; /* nor when the log knows less: it could not be let in */
    assert_int_equal(members_write(&w.log, &restored, &m, &op), WAVU_ERR_IN_USE);
    assert_int_equal(w.log.op_count, count);

    struct members_author fork = *author;
    fork.sequence = 1;
    memcpy(fork.last, w.log.ops[op->previous]->id, sizeof fork.last);
    m = members_world_msg(MEMBERS_MSG_JOIN);
    m.kind = 61;
    (void)members_world_sign(&w, &fork, m);
    assert_int_equal(members_write(&w.log, author, &m, &op), WAVU_ERR_IN_USE);
    members_world_close(&w);
}

/* A root that was restored from an old backup signs what its twin elsewhere signed already: both
 * count, and the person goes on: takes a new device, which invites. */
static void test_a_forked_root_goes_on(void **state)
{
    (void)state;
    struct members_world w;
    members_world_open(&w, &members_null_signer, MEMBERS_MSG_INVITER);
    members_world_join(&w, F, A);
    struct members_author restored = w.persons[A].root;
    members_world_device(&w, A);
    struct members_author twin = w.persons[A].root;
    w.persons[A].root = restored;
    members_world_device(&w, A);
    members_world_run(&w);
    uint32_t seat = members_seat_of(&w.log, members_member_of(&w.log, w.persons[A].member),
                                    twin.pair.public_key);
    assert_true(w.log.seats[seat]->is_forked);

    struct identity root = {.root = twin.pair};
    struct members_author author;
    const struct members_op *op = NULL;
    assert_int_equal(identity_author(&author, &root, &w.state, w.persons[A].member), 0);
    struct ed25519_pair phone = members_null_pair(w.signer, 900);
    uint8_t consent[SIGNER_SIZE];
    members_write_consent(consent, &w.log, &phone, false, w.persons[A].member,
                          twin.pair.public_key);
    assert_int_equal(
        identity_certify(&w.log, &author, phone.public_key, consent, span_empty(), &op), 0);
    members_world_run(&w);
    assert_int_equal(members_state_device(&w.state, phone.public_key), MEMBERS_STATE_LIVE);
    assert_true(members_world_is_live(&w, A, 1) && members_world_is_live(&w, A, 2));

    struct members_author device;
    struct ed25519_pair guest = members_null_pair(w.signer, 901);
    struct members_msg m = members_world_msg(MEMBERS_MSG_INVITE);
    assert_int_equal(identity_device_author(&device, &phone, &w.state, w.persons[A].member), 0);
    m.key = span_of(guest.public_key, sizeof guest.public_key);
    assert_int_equal(members_write(&w.log, &device, &m, &op), 0);
    members_world_run(&w);
    assert_true(members_world_counts(&w, op));

    /* And again, from where it stands now; not from a place that is none of its chain. */
    assert_int_equal(
        identity_remove(&w.log, &author, &w.state, w.persons[A].devices[1].pair.public_key, &op),
        0);
    author.last[0] ^= 1;
    assert_int_equal(identity_remove(&w.log, &author, &w.state, phone.public_key, &op),
                     WAVU_ERR_IN_USE);
    assert_int_equal(identity_author(&author, &root, &w.state, w.persons[A].member), 0);
    struct identity next = {.root = members_null_pair(w.signer, 902)};
    assert_int_equal(identity_succeed(&w.log, &author, &next, &op), 0);
    members_world_run(&w);
    assert_int_equal(identity_author(&author, &next, &w.state, w.persons[A].member), 0);
    members_world_close(&w);
}

/* A key that was revoked goes on forking. Nothing of that is named by what a root signs, which
 * names no parents at all; nor by a device's operation with the heads of what plays a part; and a
 * REVOKE that names nothing but its target can be signed. */
static void test_names_nobodys_forks(void **state)
{
    (void)state;
    struct members_world w;
    const struct members_op *op = NULL;
    members_world_open(&w, &members_null_signer, MEMBERS_MSG_INVITER);
    members_world_join(&w, F, A);
    members_world_device(&w, A);
    members_world_join(&w, F, B);
    (void)members_world_by(&w, F, members_world_revoke(&w, B));
    for (uint64_t i = 0; i < 40; i++) {
        struct members_author twin = w.persons[B].devices[0];
        struct members_msg m = members_world_msg(MEMBERS_MSG_JOIN);
        m.kind = 99;
        m.content = span_of(&i, sizeof i);
        (void)members_world_sign(&w, &twin, m);
    }
    members_world_run(&w);
    assert_int_equal(identity_remove(&w.log, &w.persons[A].root, &w.state,
                                     w.persons[A].devices[1].pair.public_key, &op),
                     0);
    assert_int_equal(op->link_count, 3); /* member, previous, target */
    members_world_run(&w);
    struct members_msg m = members_world_revoke(&w, A);
    members_heads_parents(&w.state, &m);
    const uint32_t forker = members_member_of(&w.log, w.persons[B].member);
    assert_int_equal(m.parent_count, 3);
    for (size_t i = 0; i < m.parent_count; i++) {
        assert_int_not_equal(members_find(&w.log, m.parents[i].ptr)->member, forker);
    }
    m.cut_count = 0;
    m.parent_count = 0;
    assert_int_equal(members_write(&w.log, &w.persons[F].devices[0], &m, &op), 0);
    assert_int_equal(op->link_count, 4); /* member, grant, previous, target */
    members_world_close(&w);
}

static void test_names_what_is_here(void **state)
{
    (void)state;
    struct members_world w;
    const struct members_op *op = NULL;
    static const uint8_t nothing[MEMBERS_MSG_ID_SIZE] = {1};
    struct members_msg m = members_world_msg(MEMBERS_MSG_COSIGN);
    members_world_open(&w, &members_null_signer, MEMBERS_MSG_ANY);
    m.target = span_of(nothing, sizeof nothing);
    assert_int_equal(members_write(&w.log, &w.persons[F].devices[0], &m, &op), WAVU_ERR_NOT_FOUND);
    assert_int_equal(w.log.pending_count, 0);
    m.target = span_of(members_network(&w.log), MEMBERS_MSG_ID_SIZE); /* no revocation */
    assert_int_equal(members_write(&w.log, &w.persons[F].devices[0], &m, &op), WAVU_ERR_CRYPTO);
    assert_int_equal(w.persons[F].devices[0].sequence, 0);
    members_world_close(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names_are_those_of_networks),
        cmocka_unit_test(test_two_networks_of_one_name_differ),
        cmocka_unit_test(test_stops_when_its_chain_is_ahead),
        cmocka_unit_test(test_a_forked_root_goes_on),
        cmocka_unit_test(test_names_nobodys_forks),
        cmocka_unit_test(test_names_what_is_here),
    };
    return cmocka_run_group_tests_name("members/members_write", tests, NULL, NULL);
}
