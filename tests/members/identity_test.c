/*
 * A person: keys from a root seed, as nodes have derived them before, and what a root signs.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "crypto/secret.h"
#include "tests/support/members_world.h"

enum { F, A, B };

/* Made by Python's hmac: HMAC-SHA-256 of HMAC-SHA-256("wavu root key", 00 01 .. 1f) over "device
 * key 1" 01. Nodes that were given a root seed have this device key since their first version. */
static const uint8_t first_device_seed[32] = {
    0x39, 0xfb, 0x5f, 0x53, 0x6a, 0x70, 0x40, 0xaa, 0x40, 0xbb, 0x11, 0xb0, 0x2f, 0x06, 0x06, 0xde,
    0xfc, 0x74, 0x28, 0x3c, 0x2b, 0xdb, 0x0e, 0x22, 0x1b, 0x43, 0x8c, 0xec, 0x9f, 0xaa, 0xe2, 0x06};

static struct identity counting(void)
{
    struct identity id;
    uint8_t seed[IDENTITY_SEED_SIZE];
    for (uint8_t i = 0; i < sizeof seed; i++) {
        seed[i] = i;
    }
    identity_from_seed(&id, seed);
    return id;
}

static void test_the_first_device(void **state)
{
    (void)state;
    struct identity id = counting();
    struct ed25519_pair device;
    identity_first_device(&device, &id);
    assert_memory_equal(device.seed, first_device_seed, sizeof first_device_seed);
    identity_wipe(&id);
    static const struct identity nothing;
    assert_memory_equal(&id, &nothing, sizeof id);
}

static void test_agreement_on_both_sides(void **state)
{
    (void)state;
    struct identity id = counting();
    struct x25519_pair own;
    struct x25519_pair other;
    uint8_t of_root[X25519_SIZE];
    uint8_t a[X25519_SIZE];
    uint8_t b[X25519_SIZE];
    struct random_seeded seeded;
    random_seeded_init(&seeded, 1);
    struct random random = random_from_seeded(&seeded);
    identity_agreement(&own, &id);
    x25519_make(&other, &random);
    assert_int_equal(ed25519_agreement_public(of_root, id.root.public_key), 0);
    assert_memory_equal(of_root, own.public_key, sizeof of_root);
    assert_int_equal(x25519_shared(a, own.secret, other.public_key), 0);
    assert_int_equal(x25519_shared(b, other.secret, of_root), 0);
    assert_memory_equal(a, b, sizeof a);
}

/* With real signatures, as a node would: found a network, certify, join, lose a device, succeed. */
static void test_a_life(void **state)
{
    (void)state;
    struct members_world w;
    struct members_author author;
    const struct members_op *op = NULL;
    members_world_open(&w, &signer_ed25519, MEMBERS_MSG_INVITER);
    members_world_join(&w, F, A);
    const uint8_t *member = w.persons[A].member;
    struct identity root = {w.persons[A].root.pair};
    struct identity stranger = counting();
    assert_int_equal(identity_author(&author, &stranger, &w.state, member), WAVU_ERR_DENIED);
    assert_int_equal(identity_author(&author, &root, &w.state, w.persons[A].devices[0].grant),
                     WAVU_ERR_NOT_FOUND);
    assert_int_equal(identity_author(&author, &root, &w.state, member), 0);
    assert_int_equal(author.sequence, 1); /* its first device */

    struct ed25519_pair phone = members_null_pair(w.signer, 900);
    uint8_t consent[SIGNER_SIZE];
    members_write_consent(consent, &w.log, &phone, false, member, root.root.public_key);
    assert_int_equal(
        identity_certify(&w.log, &author, phone.public_key, consent, span_empty(), &op), 0);
    struct members_author by_phone;
    assert_int_equal(identity_device_author(&by_phone, &phone, &w.state, member),
                     WAVU_ERR_DENIED); /* by the state before */
    members_world_run(&w);
    assert_int_equal(identity_device_author(&by_phone, &phone, &w.state, member), 0);
    struct members_msg m = members_world_msg(MEMBERS_MSG_INVITE);
    m.key = span_of(stranger.root.public_key, sizeof stranger.root.public_key);
    assert_int_equal(members_write(&w.log, &by_phone, &m, &op), 0);
    members_world_run(&w);
    assert_true(members_world_counts(&w, op));

    struct identity next = {members_null_pair(w.signer, 901)};
    assert_int_equal(identity_succeed(&w.log, &author, &next, &op), 0);
    members_world_run(&w);
    assert_int_equal(identity_author(&author, &root, &w.state, member), WAVU_ERR_DENIED);
    assert_int_equal(identity_author(&author, &next, &w.state, member), 0);
    assert_true(author.has_grant);
    assert_int_equal(identity_remove(&w.log, &author, &w.state, phone.public_key, &op), 0);
    members_world_run(&w);
    assert_int_equal(members_state_device(&w.state, phone.public_key), MEMBERS_STATE_REMOVED);
    assert_int_equal(identity_device_author(&by_phone, &phone, &w.state, member), WAVU_ERR_DENIED);
    assert_true(members_world_is_live(&w, A, 0));
    assert_true(members_world_belongs(&w, A));
    members_world_close(&w);
}

/* A root leaves with all it has, roots before it and devices; not where that would lose somebody.
 */
static void test_a_root_leaves(void **state)
{
    (void)state;
    struct members_world w;
    struct members_author author;
    const struct members_op *op = NULL;
    members_world_open(&w, &members_null_signer, MEMBERS_MSG_INVITER);
    members_world_join(&w, F, A);
    (void)members_world_invite(&w, A, B);
    struct identity root = {w.persons[A].root.pair};
    struct identity next = {members_null_pair(w.signer, 901)};
    const uint8_t *member = w.persons[A].member;
    members_world_run(&w);
    assert_int_equal(identity_author(&author, &root, &w.state, member), 0);
    struct members_author fork = author;
    assert_int_equal(identity_succeed(&w.log, &author, &next, &op), 0);
    members_world_run(&w);
    assert_int_equal(identity_author(&author, &next, &w.state, member), 0);
    assert_int_equal(identity_leave(&w.log, &author, &w.state, &op), 0);
    assert_true(op->is_whole);
    assert_int_equal(op->cut_count, 2);
    members_world_run(&w);
    assert_int_equal(w.state.members[op->member].status, MEMBERS_STATE_LEFT);
    assert_true(members_world_counts(&w, members_find(&w.log, w.persons[B].member)));
    struct members_msg m = members_world_msg(50);
    (void)members_world_sign(&w, &fork, m); /* beside the succession */
    members_world_run(&w);
    assert_int_equal(w.state.members[op->member].status, MEMBERS_STATE_LEFT);

    /* Of a root that forked, one branch would be lost. */
    assert_int_equal(identity_author(&author, &(struct identity){w.persons[F].root.pair}, &w.state,
                                     members_network(&w.log)),
                     0);
    fork = author;
    (void)members_world_sign(&w, &author, m);
    m.content = span_from_text("another");
    (void)members_world_sign(&w, &fork, m);
    members_world_run(&w);
    assert_int_equal(identity_leave(&w.log, &author, &w.state, &op), WAVU_ERR_DENIED);
    members_world_close(&w);
}

/* A founder's device signs without having joined; an invited one's may sign its JOIN. */
static void test_who_may_begin(void **state)
{
    (void)state;
    struct members_world w;
    struct members_author author;
    const struct members_op *op = NULL;
    members_world_open(&w, &members_null_signer, MEMBERS_MSG_INVITER);
    assert_int_equal(identity_device_author(&author, &w.persons[F].devices[0].pair, &w.state,
                                            members_network(&w.log)),
                     0);
    assert_false(author.has_join);
    (void)members_world_invite(&w, F, A);
    members_world_device(&w, A);
    members_world_run(&w);
    assert_int_equal(identity_device_author(&author, &w.persons[A].devices[0].pair, &w.state,
                                            w.persons[A].member),
                     0);
    struct members_msg m = members_world_msg(MEMBERS_MSG_JOIN);
    assert_int_equal(members_write(&w.log, &author, &m, &op), 0);
    members_world_run(&w);
    assert_true(members_world_belongs(&w, A));
    assert_int_equal(identity_device_author(&author, &w.persons[A].devices[0].pair, &w.state,
                                            w.persons[A].member),
                     0);
    assert_true(author.has_join);
    assert_memory_equal(author.join, op->id, sizeof op->id);
    members_world_close(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_first_device), cmocka_unit_test(test_agreement_on_both_sides),
        cmocka_unit_test(test_a_life),           cmocka_unit_test(test_a_root_leaves),
        cmocka_unit_test(test_who_may_begin),
    };
    return secret_start() == 0 ? cmocka_run_group_tests_name("members/identity", tests, NULL, NULL)
                               : 1;
}
