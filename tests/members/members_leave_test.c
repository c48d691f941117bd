/*
 * Leaving by the root: whoever has the member's keys afterwards has nothing by them, and what was
 * said before stands.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "tests/support/members_world.h"

enum { F, A, B, C, D };

static enum members_state_status status(const struct members_world *w, int who)
{
    return w->state.members[members_member_of(&w->log, w->persons[who].member)].status;
}

/* A, of two devices, brings in B and leaves by its root. `*before`: its keys as they were. */
static const struct members_op *begin(struct members_world *w, enum members_msg_policy policy,
                                      struct members_world_person *before)
{
    struct members_author root;
    struct members_msg m;
    members_world_open(w, &members_null_signer, policy);
    members_world_join(w, F, A);
    members_world_device(w, A);
    members_world_join(w, A, B);
    *before = w->persons[A];
    members_world_leave(w, A, &root, &m);
    const struct members_op *left = members_world_sign(w, &root, m);
    memcpy(w->persons[A].root.last, left->id, sizeof left->id);
    w->persons[A].root.sequence = root.sequence;
    members_world_run(w);
    return left;
}

static struct members_msg invite(const struct members_world *w, int who)
{
    struct members_msg m = members_world_msg(MEMBERS_MSG_INVITE);
    m.key = span_of(w->persons[who].root.pair.public_key, MEMBERS_MSG_KEY_SIZE);
    return m;
}

/* Nothing of it counts, and nobody's standing has changed. */
static void check_void(struct members_world *w, const struct members_op *op)
{
    members_world_run(w);
    assert_false(members_world_counts(w, op));
    assert_int_equal(status(w, A), MEMBERS_STATE_LEFT);
    assert_int_equal(status(w, B), MEMBERS_STATE_BELONGS);
    assert_false(members_world_is_live(w, A, 0));
    assert_false(members_world_is_live(w, A, 1));
}

static void test_a_thief_of_who_left_has_nothing(void **state)
{
    (void)state;
    for (int policy = MEMBERS_MSG_INVITER; policy <= MEMBERS_MSG_OPEN; policy++) {
        struct members_world w;
        struct members_world_person had;
        const struct members_op *op = NULL;
        const struct members_op *left = begin(&w, (enum members_msg_policy)policy, &had);
        struct members_world_person *a = &w.persons[A];
        assert_int_equal(status(&w, A), MEMBERS_STATE_LEFT);
        assert_int_equal(status(&w, B), MEMBERS_STATE_BELONGS);
        assert_true(members_world_counts(&w, left));

        /* Behind, by either device; and beside what the LEAVE honours. */
        check_void(&w, members_world_sign(&w, &a->devices[0], invite(&w, A)));
        check_void(&w, members_world_sign(&w, &a->devices[1], invite(&w, A)));
        struct members_author beside = had.devices[0];
        beside.sequence = 0;
        struct members_msg join = members_world_msg(MEMBERS_MSG_JOIN);
        join.parents[join.parent_count++] = span_of(left->id, sizeof left->id);
        beside.has_join = false;
        check_void(&w, members_world_sign(&w, &beside, join));
        struct members_msg revoke = members_world_revoke(&w, B);
        check_void(&w, members_world_sign(&w, &a->devices[1], revoke));

        /* The root: nothing behind; beside, a device that brings itself in again, and a REMOVE of
         * what was honoured. */
        struct members_msg remove = members_world_remove(&w, A, 1);
        assert_int_equal(members_world_forge(&w, &a->root, &remove, &op), WAVU_ERR_CRYPTO);
        a->root = had.root;
        check_void(&w, members_world_sign(&w, &a->root, remove));
        a->root = had.root;
        members_world_device(&w, A);
        check_void(&w, members_world_sign(&w, &a->devices[2], invite(&w, A)));
        check_void(&w, members_find(&w.log, a->devices[2].grant));

        /* Its person is invited again, as another, with the same keys. */
        a->root = had.root;
        (void)members_world_join_again(&w, B, A, C);
        assert_int_equal(status(&w, C), MEMBERS_STATE_BELONGS);
        assert_true(members_world_is_live(&w, C, 0));
        assert_int_equal(status(&w, A), MEMBERS_STATE_LEFT);
        members_world_close(&w);
    }
}

/* Two roots that claim to follow are a tie with the LEAVE: the member is out with either. */
static void test_a_succession_beside_it_brings_nobody_back(void **state)
{
    (void)state;
    struct members_world w;
    struct members_world_person had;
    (void)begin(&w, MEMBERS_MSG_ANY, &had);
    struct ed25519_pair next = members_null_pair(w.signer, 4711);
    struct members_msg m = members_world_msg(MEMBERS_MSG_SUCCEED);
    uint8_t consent[SIGNER_SIZE];
    members_write_consent(consent, &w.log, &next, true, had.member, had.root.pair.public_key);
    m.key = span_of(next.public_key, sizeof next.public_key);
    m.consent = span_of(consent, sizeof consent);
    struct members_author thief = had.root;
    const struct members_op *op = members_world_sign(&w, &thief, m);
    members_world_run(&w);
    assert_int_equal(status(&w, A), MEMBERS_STATE_LEFT);
    w.persons[A].root = had.root;
    w.persons[A].root.pair = next;
    w.persons[A].root.sequence = 0;
    w.persons[A].root.has_grant = true;
    memcpy(w.persons[A].root.grant, op->id, sizeof op->id);
    members_world_device(&w, A);
    check_void(&w, members_world_sign(&w, &w.persons[A].devices[2], invite(&w, A)));
    members_world_close(&w);
}

static void test_a_device_that_left_signs_nothing_beside_it(void **state)
{
    (void)state;
    struct members_world w;
    members_world_open(&w, &members_null_signer, MEMBERS_MSG_INVITER);
    members_world_join(&w, F, A);
    members_world_join(&w, A, B);
    struct members_author beside = w.persons[A].devices[0];
    (void)members_world_by(&w, A, members_world_msg(MEMBERS_MSG_LEAVE));
    const struct members_op *op = members_world_sign(&w, &beside, invite(&w, A));
    members_world_run(&w);
    assert_false(members_world_counts(&w, op));
    assert_int_equal(status(&w, A), MEMBERS_STATE_LEFT);
    assert_int_equal(status(&w, B), MEMBERS_STATE_BELONGS);
    members_world_close(&w);
}

/* What would void itself is not let in, nor cuts where there are none to name. */
static void test_a_leave_cuts_nothing_of_what_it_rests_on(void **state)
{
    (void)state;
    struct members_world w;
    struct members_author root;
    struct members_msg m;
    const struct members_op *op = NULL;
    members_world_open(&w, &members_null_signer, MEMBERS_MSG_INVITER);
    members_world_join(&w, F, A);
    members_world_device(&w, A);
    members_world_leave(&w, A, &root, &m);
    assert_int_equal(m.cut_count, 1); /* its second device has signed nothing */
    struct members_msg by_device = m;
    assert_int_equal(members_world_forge(&w, &w.persons[A].devices[0], &by_device, &op),
                     WAVU_ERR_CRYPTO);
    m.cut_count = 0; /* its JOIN would be void */
    assert_int_equal(members_world_forge(&w, &root, &m, &op), WAVU_ERR_CRYPTO);
    members_world_leave(&w, A, &root, &m);
    const struct members_op *grant = members_find(&w.log, w.persons[A].devices[0].grant);
    m.cuts[m.cut_count++] =
        (struct members_msg_cut){grant->sequence, span_of(grant->id, sizeof grant->id)};
    assert_int_equal(members_world_forge(&w, &root, &m, &op), WAVU_ERR_CRYPTO); /* its own chain */
    members_world_leave(&w, A, &root, &m);
    root.has_join = false;
    assert_int_equal(members_world_forge(&w, &root, &m, &op), WAVU_ERR_CRYPTO);
    root.has_join = true;
    assert_int_equal(members_world_forge(&w, &root, &m, &op), 0);
    members_world_run(&w);
    assert_int_equal(status(&w, A), MEMBERS_STATE_LEFT);

    members_world_leave(&w, F, &root, &m); /* the founder has no JOIN */
    assert_int_equal(members_world_forge(&w, &root, &m, &op), 0);
    members_world_run(&w);
    assert_int_equal(status(&w, F), MEMBERS_STATE_LEFT);
    assert_int_equal(status(&w, A), MEMBERS_STATE_LEFT);
    members_world_close(&w);
}

/* What froze the network before does so still. */
static void test_a_root_that_leaves_thaws_nothing(void **state)
{
    (void)state;
    struct members_world w;
    struct members_author root;
    struct members_msg m = members_world_msg(MEMBERS_MSG_JOIN);
    members_world_open(&w, &members_null_signer, MEMBERS_MSG_INVITER);
    members_world_join(&w, F, A);
    m.kind = 4711;
    m.is_critical = true;
    (void)members_world_by(&w, A, m);
    members_world_leave(&w, A, &root, &m);
    (void)members_world_sign(&w, &root, m);
    members_world_run(&w);
    assert_int_equal(status(&w, A), MEMBERS_STATE_LEFT);
    assert_true(w.state.is_frozen);
    members_world_close(&w);
}

/* It is cut short by a REVOKE as all else is. */
static void test_who_left_is_revoked(void **state)
{
    (void)state;
    struct members_world w;
    struct members_author root;
    struct members_msg m;
    members_world_open(&w, &members_null_signer, MEMBERS_MSG_INVITER);
    members_world_join(&w, F, A);
    members_world_join(&w, A, B);
    struct members_msg revoke = members_world_revoke(&w, A);
    members_world_leave(&w, A, &root, &m);
    const struct members_op *left = members_world_sign(&w, &root, m);
    (void)members_world_by(&w, F, revoke);
    members_world_run(&w);
    assert_int_equal(status(&w, A), MEMBERS_STATE_REVOKED);
    assert_false(members_world_counts(&w, left));
    assert_int_equal(status(&w, B), MEMBERS_STATE_BELONGS);
    members_world_close(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_thief_of_who_left_has_nothing),
        cmocka_unit_test(test_a_succession_beside_it_brings_nobody_back),
        cmocka_unit_test(test_a_device_that_left_signs_nothing_beside_it),
        cmocka_unit_test(test_a_leave_cuts_nothing_of_what_it_rests_on),
        cmocka_unit_test(test_a_root_that_leaves_thaws_nothing),
        cmocka_unit_test(test_who_left_is_revoked),
    };
    return cmocka_run_group_tests_name("members/members_leave", tests, NULL, NULL);
}
