/*
 * What is let in and what is not: each rule broken once, with all else in order.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "members/members_admit.h"
#include "tests/support/members_world.h"

enum { F, A, B, C, D };

static void family(struct members_world *w, enum members_msg_policy policy)
{
    members_world_open(w, &members_null_signer, policy);
    members_world_join(w, F, A);
    members_world_join(w, A, B);
    members_world_join(w, B, C);
    members_world_join(w, F, D);
}

/* Refused, and nothing has changed. */
static void refuse_at(int line, struct members_world *w, struct members_author author,
                      struct members_msg m)
{
    const struct members_op *op = NULL;
    uint32_t ops = w->log.op_count;
    uint32_t seats = w->log.seat_count;
    if (members_world_forge(w, &author, &m, &op) != WAVU_ERR_CRYPTO) {
        fail_msg("line %d was let in", line);
    }
    assert_int_equal(w->log.op_count, ops);
    assert_int_equal(w->log.seat_count, seats);
    members_check(&w->log);
}

#define refuse(w, author, m) refuse_at(__LINE__, w, author, m)

static void accept(struct members_world *w, struct members_author author, struct members_msg m)
{
    const struct members_op *op = NULL;
    assert_int_equal(members_world_forge(w, &author, &m, &op), 0);
    assert_non_null(op);
}

static struct members_msg key_of(enum members_msg_kind kind, const struct ed25519_pair *pair)
{
    struct members_msg m = members_world_msg(kind);
    m.key = span_of(pair->public_key, sizeof pair->public_key);
    return m;
}

static void test_roles_are_kept(void **state)
{
    (void)state;
    struct members_world w;
    family(&w, MEMBERS_MSG_ANY);
    struct members_author root = w.persons[A].root;
    struct members_author device = w.persons[A].devices[0];
    struct ed25519_pair new_pair = members_null_pair(w.signer, 500);
    uint8_t by_root[SIGNER_SIZE];
    uint8_t by_device[SIGNER_SIZE];
    members_write_consent(by_root, &w.log, &new_pair, false, root.member, root.pair.public_key);
    members_write_consent(by_device, &w.log, &new_pair, false, root.member, device.pair.public_key);

    /* What devices sign, by a root. */
    struct members_msg m = key_of(MEMBERS_MSG_INVITE, &new_pair);
    refuse(&w, root, m);
    accept(&w, device, m);
    refuse(&w, root, members_world_msg(MEMBERS_MSG_JOIN));
    m = members_world_revoke(&w, B);
    refuse(&w, root, m);
    const struct members_op *r = members_world_by(&w, A, m);
    device = w.persons[A].devices[0];
    m = members_world_msg(MEMBERS_MSG_COSIGN);
    m.target = span_of(r->id, sizeof r->id);
    refuse(&w, root, m);
    accept(&w, w.persons[D].devices[0], m);

    /* What roots sign, by a device. */
    m = key_of(MEMBERS_MSG_DEVICE, &new_pair);
    m.consent = span_of(by_device, sizeof by_device);
    refuse(&w, device, m);
    m.consent = span_of(by_root, sizeof by_root);
    accept(&w, root, m);
    refuse(&w, w.persons[A].devices[0], members_world_remove(&w, A, 0));
    members_write_consent(by_device, &w.log, &new_pair, true, root.member, device.pair.public_key);
    m = key_of(MEMBERS_MSG_SUCCEED, &new_pair);
    m.consent = span_of(by_device, sizeof by_device);
    refuse(&w, device, m);
    members_world_close(&w);
}

static void test_the_header_must_fit(void **state)
{
    (void)state;
    struct members_world w;
    family(&w, MEMBERS_MSG_ANY);
    const struct members_author device = w.persons[A].devices[0];
    struct members_msg m = members_world_msg(MEMBERS_MSG_JOIN);
    m.kind = 60;
    struct members_author a = device;
    accept(&w, a, m);
    m.kind = 61;
    a.has_grant = false; /* a device is no first root */
    refuse(&w, a, m);
    a.has_join = false;
    refuse(&w, a, m);
    a = device;
    memcpy(a.grant, w.persons[B].devices[0].grant, sizeof a.grant); /* another's */
    refuse(&w, a, m);
    members_world_device(&w, A);
    memcpy(a.grant, w.persons[A].devices[1].grant, sizeof a.grant); /* another device's */
    refuse(&w, a, m);
    memcpy(a.grant, device.join, sizeof a.grant); /* no grant */
    refuse(&w, a, m);
    a = device;
    a.has_join = false;
    refuse(&w, a, m);
    a = device;
    memcpy(a.join, w.persons[B].devices[0].join, sizeof a.join); /* another's */
    refuse(&w, a, m);
    memcpy(a.join, device.grant, sizeof a.join); /* no JOIN */
    refuse(&w, a, m);
    a = device;
    memcpy(a.member, w.persons[B].member, sizeof a.member);
    refuse(&w, a, m);
    memcpy(a.member, device.grant, sizeof a.member); /* no member */
    refuse(&w, a, m);
    a = device;
    a.sequence++; /* a gap */
    refuse(&w, a, m);
    a = device;
    memcpy(a.last, w.persons[B].devices[0].last, sizeof a.last); /* another chain's */
    refuse(&w, a, m);
    a = w.persons[A].root;
    a.has_join = true; /* roots have none */
    memcpy(a.join, device.join, sizeof a.join);
    refuse(&w, a, m);
    a = w.persons[F].devices[0];
    refuse(&w, a, members_world_msg(MEMBERS_MSG_JOIN)); /* the founder belongs from the start */
    members_world_close(&w);
}

static void test_no_key_is_claimed_without_its_consent(void **state)
{
    (void)state;
    struct members_world w;
    family(&w, MEMBERS_MSG_ANY);
    struct members_author root = w.persons[A].root;
    struct ed25519_pair mine = members_null_pair(w.signer, 501);
    const struct ed25519_pair *theirs = &w.persons[B].devices[0].pair;
    uint8_t consent[SIGNER_SIZE];
    members_write_consent(consent, &w.log, &mine, false, root.member, root.pair.public_key);
    struct members_msg m = key_of(MEMBERS_MSG_DEVICE, theirs);
    m.consent = span_of(consent, sizeof consent);
    refuse(&w, root, m);

    /* B's device consented to B; that is no consent to A. Nor is one to be a root. */
    members_write_consent(consent, &w.log, theirs, false, w.persons[B].member,
                          w.persons[B].root.pair.public_key);
    refuse(&w, root, m);
    members_write_consent(consent, &w.log, &mine, false, root.member, root.pair.public_key);
    m = key_of(MEMBERS_MSG_SUCCEED, &mine);
    m.consent = span_of(consent, sizeof consent);
    refuse(&w, root, m);

    /* The root itself, or an earlier one, is no device and no successor. */
    members_write_consent(consent, &w.log, &root.pair, true, root.member, root.pair.public_key);
    m = key_of(MEMBERS_MSG_SUCCEED, &root.pair);
    m.consent = span_of(consent, sizeof consent);
    refuse(&w, root, m);
    members_write_consent(consent, &w.log, &root.pair, false, root.member, root.pair.public_key);
    m.kind = MEMBERS_MSG_DEVICE;
    refuse(&w, root, m);
    members_world_close(&w);
}

static void test_cuts_must_fit(void **state)
{
    (void)state;
    struct members_world w;
    family(&w, MEMBERS_MSG_ANY);
    const struct members_author d = w.persons[D].devices[0];
    struct members_msg good = members_world_revoke(&w, B);
    assert_int_equal(good.cut_count, 2); /* root and device */
    struct members_msg m = good;
    m.cuts[0].sequence++;
    refuse(&w, d, m);
    m = good;
    m.cuts[m.cut_count++] = m.cuts[0]; /* one chain twice */
    refuse(&w, d, m);
    m = good;
    struct members_msg of_c = members_world_revoke(&w, C);
    m.cuts[0] = of_c.cuts[0]; /* a chain that it is not for */
    refuse(&w, d, m);
    m.is_subtree = true; /* now it is */
    accept(&w, d, m);
    m = good;
    m.target = span_of(w.persons[B].devices[0].grant, MEMBERS_MSG_ID_SIZE); /* no member */
    refuse(&w, d, m);
    accept(&w, d, good);

    m = members_world_remove(&w, B, 0);
    m.cuts[0] = good.cuts[0]; /* the root's chain */
    m.cut_count = 1;
    refuse(&w, w.persons[B].root, m);
    m = members_world_remove(&w, B, 0);
    refuse(&w, w.persons[C].root, m); /* another's device */
    accept(&w, w.persons[B].root, m);
    members_world_close(&w);
}

static void test_nobody_revokes_where_they_are(void **state)
{
    (void)state;
    struct members_world w;
    family(&w, MEMBERS_MSG_ANY);
    refuse(&w, w.persons[B].devices[0], members_world_revoke(&w, B));
    struct members_msg m = members_world_revoke(&w, A);
    accept(&w, w.persons[B].devices[0], m);
    m.is_subtree = true; /* B is under A */
    refuse(&w, w.persons[B].devices[0], m);

    /* Nor cut what they rest on: A's device invited B. */
    m = members_world_revoke(&w, A);
    m.cut_count = 0;
    refuse(&w, w.persons[C].devices[0], m);
    accept(&w, w.persons[D].devices[0], m);
    members_world_close(&w);
}

/* A device that became the next root is no device to be removed by its own line. */
static void test_a_line_does_not_remove_itself(void **state)
{
    (void)state;
    struct members_world w;
    const struct members_op *op = NULL;
    family(&w, MEMBERS_MSG_ANY);
    struct members_author device = w.persons[A].devices[0];
    struct identity next = {device.pair};
    assert_int_equal(identity_succeed(&w.log, &w.persons[A].root, &next, &op), 0);
    struct members_author root = w.persons[A].root;
    root.pair = next.root;
    root.has_grant = true;
    memcpy(root.grant, op->id, sizeof root.grant);
    root.sequence = device.sequence; /* one chain: of that key for that member */
    memcpy(root.last, device.last, sizeof root.last);
    struct members_msg m = members_world_remove(&w, A, 0);
    refuse(&w, root, m);
    members_world_device(&w, D);
    m = members_world_remove(&w, D, 1);
    accept(&w, w.persons[D].root, m);
    members_world_close(&w);
}

/* A device that was removed by its root is no root of that line either: its chain ended. */
static void test_a_removed_device_is_no_successor(void **state)
{
    (void)state;
    struct members_world w;
    const struct members_op *op = NULL;
    family(&w, MEMBERS_MSG_ANY);
    members_world_device(&w, A);
    members_world_device(&w, A);
    struct members_world_person *p = &w.persons[A];
    (void)members_world_sign(&w, &p->root, members_world_remove(&w, A, 1));
    struct identity removed = {p->devices[1].pair};
    struct identity live = {p->devices[2].pair};
    struct members_author root = p->root;
    assert_int_equal(identity_succeed(&w.log, &root, &removed, &op), WAVU_ERR_CRYPTO);
    assert_int_equal(identity_succeed(&w.log, &root, &live, &op), 0);
    root.pair = live.root; /* nor later in the line */
    root.has_grant = true;
    memcpy(root.grant, op->id, sizeof root.grant);
    root.sequence = 0;
    assert_int_equal(identity_succeed(&w.log, &root, &removed, &op), WAVU_ERR_CRYPTO);
    members_world_close(&w);
}

static void test_limits_hold(void **state)
{
    (void)state;
    struct members_world w;
    members_world_open(&w, &members_null_signer, MEMBERS_MSG_ANY);
    members_world_join(&w, F, A);
    struct members_msg m = members_world_revoke(&w, A);
    struct members_author *f = &w.persons[F].devices[0];
    struct members_seat *seat = w.log.seats[members_seat_of(&w.log, 0, f->pair.public_key)];
    const struct members_op *op = NULL;
    for (int i = 0; i < MEMBERS_REVOCATIONS_MAX; i++) {
        (void)members_world_by(&w, F, m);
    }
    assert_int_equal(members_world_forge(&w, f, &m, &op), WAVU_ERR_LIMIT);
    seat->takes = 0; /* also where its chain has room: by the way alone */
    refuse(&w, *f, m);
    seat->takes = MEMBERS_REVOCATIONS_MAX;
    while (f->sequence < MEMBERS_SEQUENCE_MAX) {
        (void)members_world_say(&w, F);
    }
    m = members_world_msg(MEMBERS_MSG_JOIN);
    m.kind = 60;
    assert_int_equal(members_world_forge(&w, f, &m, &op), WAVU_ERR_LIMIT);
    seat->ops = 0;
    refuse(&w, *f, m);
    seat->ops = MEMBERS_SEQUENCE_MAX;
    members_world_close(&w);

    members_world_open(&w, &members_null_signer, MEMBERS_MSG_ANY);
    int by = 0;
    for (int i = 0; i < MEMBERS_DEPTH_MAX; i++) { /* two seats take turns in a long line */
        int who = by == 1 ? 2 : 1;
        w.persons[who].device_count = 0;
        memset(&w.persons[who], 0, sizeof w.persons[who]);
        members_world_join(&w, by, who);
        by = who;
    }
    struct ed25519_pair pair = members_null_pair(w.signer, 9999);
    refuse(&w, w.persons[by].devices[0], key_of(MEMBERS_MSG_INVITE, &pair));
    members_world_close(&w);
}

/* A member certifies so many devices, its roots in succession counted together. */
static void test_devices_end(void **state)
{
    (void)state;
    struct members_world w;
    members_world_open(&w, &members_null_signer, MEMBERS_MSG_ANY);
    struct members_author root = w.persons[F].root; /* which made one */
    struct identity next = {members_null_pair(w.signer, 7000)};
    const struct members_op *op = NULL;
    for (int i = 1; i < MEMBERS_DEVICES_MAX; i++) {
        if (i == 20) {
            assert_int_equal(identity_succeed(&w.log, &root, &next, &op), 0);
            members_world_run(&w);
            assert_int_equal(identity_author(&root, &next, &w.state, members_network(&w.log)), 0);
        }
        w.persons[F].root = root;
        w.persons[F].device_count = 1;
        members_world_device(&w, F);
        root = w.persons[F].root;
    }
    struct ed25519_pair pair = members_null_pair(w.signer, 7001);
    uint8_t consent[SIGNER_SIZE];
    members_write_consent(consent, &w.log, &pair, false, members_network(&w.log),
                          root.pair.public_key);
    struct members_msg m = key_of(MEMBERS_MSG_DEVICE, &pair);
    m.consent = span_of(consent, sizeof consent);
    refuse(&w, root, m);
    struct members_author before = root;
    before.sequence = 0; /* another way, on which there are fewer */
    assert_int_equal(members_world_forge(&w, &before, &m, &op), 0);
    members_world_close(&w);
}

static void test_a_line_of_roots_ends(void **state)
{
    (void)state;
    struct members_world w;
    members_world_open(&w, &members_null_signer, MEMBERS_MSG_ANY);
    struct members_author root = w.persons[F].root;
    int rc = 0;
    int count = 0;
    while (rc == 0) {
        struct identity next = {members_null_pair(w.signer, 7000 + (uint64_t)count)};
        const struct members_op *op = NULL;
        rc = identity_succeed(&w.log, &root, &next, &op);
        if (rc == 0) {
            count++;
            members_world_run(&w);
            assert_int_equal(identity_author(&root, &next, &w.state, members_network(&w.log)), 0);
        }
    }
    assert_int_equal(rc, WAVU_ERR_CRYPTO);
    assert_int_equal(count, MEMBERS_ROOTS_MAX);
    members_world_close(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_roles_are_kept),
        cmocka_unit_test(test_the_header_must_fit),
        cmocka_unit_test(test_no_key_is_claimed_without_its_consent),
        cmocka_unit_test(test_cuts_must_fit),
        cmocka_unit_test(test_nobody_revokes_where_they_are),
        cmocka_unit_test(test_a_line_does_not_remove_itself),
        cmocka_unit_test(test_a_removed_device_is_no_successor),
        cmocka_unit_test(test_limits_hold),
        cmocka_unit_test(test_devices_end),
        cmocka_unit_test(test_a_line_of_roots_ends),
    };
    return cmocka_run_group_tests_name("members/members_admit", tests, NULL, NULL);
}
