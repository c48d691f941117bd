/*
 * What counts: the worked examples of docs/protocol/members.md, each as it stands there.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "tests/support/members_hostile.h"

#define WORK_MAX 40 /* steps for an operation or cut */

enum { F, A, B, C, D, E };

/* F; A and D by F; B by A; C by B; E by D. */
static void family(struct members_world *w, enum members_msg_policy policy)
{
    members_world_open(w, &members_null_signer, policy);
    members_world_join(w, F, A);
    members_world_join(w, F, D);
    members_world_join(w, A, B);
    members_world_join(w, B, C);
    members_world_join(w, D, E);
}

static void assert_only(struct members_world *w, const char *belong)
{
    for (int i = 0; i < 6; i++) {
        bool want = strchr(belong, "FABCDE"[i]) != NULL;
        if (members_world_belongs(w, i) != want) {
            fail_msg("%c %s", "FABCDE"[i], want ? "should belong" : "should not belong");
        }
    }
}

/* Examples 2 and 3: both sign without having heard of the other. */
static void test_mutual_revocation_by_strength(void **state)
{
    (void)state;
    struct members_world w;
    family(&w, MEMBERS_MSG_ANY);
    struct members_msg against_b = members_world_revoke(&w, B);
    struct members_msg against_a = members_world_revoke(&w, A);
    const struct members_op *by_b = members_world_by(&w, B, against_a);
    const struct members_op *by_a = members_world_by(&w, A, against_b);
    members_world_run(&w);
    assert_true(members_world_stands(&w, by_a));
    assert_false(members_world_stands(&w, by_b));
    assert_false(members_world_counts(&w, by_b));
    assert_int_equal(w.state.eval.knots, 1);
    assert_only(&w, "FACDE");
    members_world_close(&w);
}

static void test_a_tie_removes_both(void **state)
{
    (void)state;
    struct members_world w;
    family(&w, MEMBERS_MSG_ANY);
    struct members_msg against_d = members_world_revoke(&w, D);
    struct members_msg against_a = members_world_revoke(&w, A);
    const struct members_op *by_d = members_world_by(&w, D, against_a);
    const struct members_op *by_a = members_world_by(&w, A, against_d);
    const struct members_op *after = members_world_say(&w, A);
    members_world_run(&w);
    assert_true(members_world_stands(&w, by_a) && members_world_stands(&w, by_d));
    assert_false(members_world_counts(&w, after));
    assert_only(&w, "FBCE");
    members_world_close(&w);
}

/* Example 4, and that the co-signer's being revoked in the same knot changes nothing. */
static void test_co_signed_beats_single(void **state)
{
    (void)state;
    for (int is_cosigner_revoked = 0; is_cosigner_revoked < 2; is_cosigner_revoked++) {
        struct members_world w;
        family(&w, MEMBERS_MSG_ANY);
        struct members_msg against_d = members_world_revoke(&w, D);
        struct members_msg against_a = members_world_revoke(&w, A);
        struct members_msg against_f = members_world_revoke(&w, F);
        const struct members_op *by_a = members_world_by(&w, A, against_d);
        const struct members_op *of_f = NULL;
        const struct members_op *by_d = members_world_by(&w, D, against_a);
        const struct members_op *by_e = members_world_cosign(&w, E, by_d);
        members_world_run(&w);
        /* D and E are of one branch: no pair, so A (as near as D) and D are a tie. */
        assert_true(members_world_stands(&w, by_d) && members_world_stands(&w, by_a));
        assert_true(members_world_counts(&w, by_e));
        const struct members_op *by_f = members_world_cosign(&w, F, by_d);
        if (is_cosigner_revoked == 1) {
            of_f = members_world_by(&w, A, against_f);
        }
        members_world_run(&w);
        assert_true(members_world_stands(&w, by_d) && members_world_counts(&w, by_f));
        assert_false(members_world_stands(&w, by_a));
        assert_true(of_f == NULL || !members_world_stands(&w, of_f));
        assert_only(&w, "FBCDE");
        members_world_close(&w);
    }
}

/* Example 5. */
static void test_a_revoked_revoker(void **state)
{
    (void)state;
    for (int is_cut_before = 0; is_cut_before < 2; is_cut_before++) {
        struct members_world w;
        family(&w, MEMBERS_MSG_ANY);
        struct members_msg before = members_world_revoke(&w, A);
        const struct members_op *by_a = members_world_by(&w, A, members_world_revoke(&w, C));
        struct members_msg after = members_world_revoke(&w, A);
        (void)members_world_by(&w, E, is_cut_before == 1 ? before : after);
        members_world_run(&w);
        assert_int_equal(members_world_stands(&w, by_a), is_cut_before == 0);
        assert_int_equal(w.state.eval.knots, 0);
        assert_only(&w, is_cut_before == 1 ? "FBCDE" : "FBDE");
        members_world_close(&w);
    }
}

/* Example 6: forks below the cut, operations behind it, and whom they invite. */
static void test_a_revoked_key_cannot_backdate(void **state)
{
    (void)state;
    struct members_world w;
    family(&w, MEMBERS_MSG_INVITER);
    const struct members_author early = w.persons[B].devices[0];
    const struct members_op *honoured = members_world_say(&w, B);
    (void)members_world_by(&w, A, members_world_revoke(&w, B));
    members_world_run(&w);
    assert_only(&w, "FACDE");

    w.persons[B].devices[0] = early; /* as if it had never said that */
    const struct members_op *fork = members_world_say(&w, B);
    members_world_join(&w, B, 6); /* a puppet */
    const struct members_op *puppet = members_world_say(&w, 6);
    struct members_msg m = members_world_revoke(&w, 6);
    members_world_device(&w, B); /* a device that the root adds behind the cut */
    w.persons[B].devices[1].has_join = true;
    memcpy(w.persons[B].devices[1].join, w.persons[B].devices[0].join, MEMBERS_MSG_ID_SIZE);
    const struct members_op *other =
        members_world_sign(&w, &w.persons[B].devices[1], members_world_revoke(&w, C));
    (void)m;
    members_world_run(&w);
    assert_true(members_world_counts(&w, honoured));
    assert_false(members_world_counts(&w, fork));
    assert_false(members_world_counts(&w, puppet));
    assert_false(members_world_stands(&w, other));
    assert_false(members_world_belongs(&w, 6));
    assert_only(&w, "FACDE");
    members_world_close(&w);
}

/* Example 7, and larger: everybody revokes the next. */
static void test_cycles_end(void **state)
{
    (void)state;
    struct members_world w;
    family(&w, MEMBERS_MSG_ANY);
    struct members_msg against_a = members_world_revoke(&w, A);
    struct members_msg against_b = members_world_revoke(&w, B);
    struct members_msg against_c = members_world_revoke(&w, C);
    const struct members_op *by_c = members_world_by(&w, C, against_a);
    const struct members_op *by_b = members_world_by(&w, B, against_c);
    const struct members_op *by_a = members_world_by(&w, A, against_b);
    members_world_run(&w);
    assert_true(members_world_stands(&w, by_a));
    assert_false(members_world_stands(&w, by_b));
    assert_false(members_world_stands(&w, by_c));
    assert_only(&w, "FACDE");
    members_world_close(&w);

    members_world_open(&w, &members_null_signer, MEMBERS_MSG_ANY);
    struct members_msg against[8];
    for (int i = 1; i <= 7; i++) {
        members_world_join(&w, F, i);
    }
    for (int i = 1; i <= 7; i++) {
        against[i] = members_world_revoke(&w, i);
    }
    for (int i = 1; i <= 7; i++) {
        (void)members_world_by(&w, i, against[i % 7 + 1]);
    }
    members_world_run(&w);
    for (int i = 1; i <= 7; i++) {
        assert_false(members_world_belongs(&w, i)); /* all equally near: all out */
    }
    members_world_close(&w);
}

/* The strongest of a knot is not undone by way of what it rests on: C revokes G, G revokes A before
 * A invited B, and B, nearer than both, revokes C. */
static void test_the_strongest_keeps_what_it_rests_on(void **state)
{
    (void)state;
    struct members_world w;
    family(&w, MEMBERS_MSG_ANY);
    members_world_join(&w, E, 6);
    struct members_msg against_g = members_world_revoke(&w, 6);
    struct members_msg against_c = members_world_revoke(&w, C);
    struct members_msg against_a = members_world_revoke(&w, A);
    against_a.cut_count = 0;
    const struct members_op *by_g = members_world_by(&w, 6, against_a);
    const struct members_op *by_c = members_world_by(&w, C, against_g);
    const struct members_op *by_b = members_world_by(&w, B, against_c);
    members_world_run(&w);
    assert_true(members_world_stands(&w, by_b));
    assert_false(members_world_stands(&w, by_g));
    assert_false(members_world_stands(&w, by_c));
    assert_only(&w, "FABDE");
    members_world_close(&w);
}

/* Whoever asks is in: so nobody has a say but over whom it brought in, and co-signs nothing. */
static void test_in_an_open_network_strangers_have_no_say(void **state)
{
    (void)state;
    struct members_world w;
    const struct members_op *op = NULL;
    family(&w, MEMBERS_MSG_OPEN);
    struct members_msg against_f = members_world_revoke(&w, F);
    struct members_msg against_d = members_world_revoke(&w, D);
    struct members_msg against_b = members_world_revoke(&w, B);
    struct members_msg against_a = members_world_revoke(&w, A);
    assert_int_equal(members_world_forge(&w, &w.persons[A].devices[0], &against_f, &op),
                     WAVU_ERR_CRYPTO);
    assert_int_equal(members_world_forge(&w, &w.persons[A].devices[0], &against_d, &op),
                     WAVU_ERR_CRYPTO);
    assert_int_equal(members_world_forge(&w, &w.persons[B].devices[0], &against_a, &op),
                     WAVU_ERR_CRYPTO);
    const struct members_op *by_a = members_world_by(&w, A, against_b);
    struct members_msg cosign = members_world_msg(MEMBERS_MSG_COSIGN);
    cosign.target = span_of(by_a->id, sizeof by_a->id);
    assert_int_equal(members_world_forge(&w, &w.persons[D].devices[0], &cosign, &op),
                     WAVU_ERR_CRYPTO);
    members_world_run(&w);
    assert_only(&w, "FACDE");
    (void)members_world_by(&w, F, against_d);
    members_world_run(&w);
    assert_only(&w, "FACE");
    members_world_close(&w);
}

/* Nor by way of a co-signature that it needs: D and A revoke C; C and E revoke G; G and another
 * revoke A before A co-signed. */
static void test_the_strongest_keeps_its_co_signature(void **state)
{
    (void)state;
    struct members_world w;
    family(&w, MEMBERS_MSG_TWO);
    members_world_join(&w, E, 6);
    members_world_join(&w, F, 7);
    members_world_join(&w, 7, 8);
    struct members_msg against_g = members_world_revoke(&w, 6);
    struct members_msg against_c = members_world_revoke(&w, C);
    struct members_msg against_a = members_world_revoke(&w, A);
    const struct members_op *by_d = members_world_by(&w, D, against_c);
    const struct members_op *by_a = members_world_cosign(&w, A, by_d);
    const struct members_op *by_c = members_world_by(&w, C, against_g);
    (void)members_world_cosign(&w, E, by_c);
    const struct members_op *by_g = members_world_by(&w, 6, against_a);
    (void)members_world_cosign(&w, 8, by_g);
    members_world_run(&w);
    assert_int_equal(w.state.eval.knots, 1);
    assert_true(members_world_stands(&w, by_d) && members_world_counts(&w, by_a));
    assert_false(members_world_stands(&w, by_g));
    assert_false(members_world_stands(&w, by_c));
    assert_only(&w, "FABDE");
    members_world_close(&w);
}

/* What decides within a knot must come from outside it when it can: Z revokes the stronger. */
static void test_a_knot_yields_to_what_is_outside(void **state)
{
    (void)state;
    struct members_world w;
    family(&w, MEMBERS_MSG_ANY);
    struct members_msg against_b = members_world_revoke(&w, B);
    struct members_msg against_a = members_world_revoke(&w, A);
    const struct members_op *by_b = members_world_by(&w, B, against_a);
    const struct members_op *by_a = members_world_by(&w, A, against_b);
    (void)members_world_by(&w, E, against_a);
    members_world_run(&w);
    assert_false(members_world_stands(&w, by_a));
    assert_true(members_world_stands(&w, by_b));
    assert_only(&w, "FBCDE");
    members_world_close(&w);
}

/* Example 8, and all that makes a pair. */
static void test_puppets_are_no_pair(void **state)
{
    (void)state;
    struct members_world w;
    family(&w, MEMBERS_MSG_INVITER);
    members_world_join(&w, D, 6);
    members_world_join(&w, D, 7);
    const struct members_op *r = members_world_by(&w, 6, members_world_revoke(&w, C));
    (void)members_world_cosign(&w, 7, r);
    (void)members_world_cosign(&w, D, r);
    (void)members_world_cosign(&w, 6, r);
    members_world_run(&w);
    assert_false(members_world_stands(&w, r)); /* all under D: one branch */
    (void)members_world_cosign(&w, C, r);
    members_world_run(&w);
    assert_false(members_world_stands(&w, r)); /* the target itself */
    const struct members_op *b = members_world_cosign(&w, B, r);
    members_world_run(&w);
    assert_true(members_world_stands(&w, r)); /* another branch, above the target */
    assert_true(members_world_counts(&w, b));
    members_world_close(&w);

    family(&w, MEMBERS_MSG_INVITER);
    r = members_world_by(&w, E, members_world_revoke(&w, A));
    (void)members_world_cosign(&w, C, r);
    members_world_run(&w);
    assert_false(members_world_stands(&w, r)); /* under the target */
    (void)members_world_cosign(&w, F, r);
    members_world_run(&w);
    assert_true(members_world_stands(&w, r)); /* the founder is a branch of its own */
    assert_only(&w, "FBCDE");
    members_world_close(&w);

    family(&w, MEMBERS_MSG_INVITER);
    r = members_world_by(&w, C, members_world_revoke(&w, F));
    members_world_run(&w);
    assert_false(members_world_stands(&w, r));
    (void)members_world_cosign(&w, E, r);
    members_world_run(&w);
    assert_true(members_world_stands(&w, r)); /* nobody counts as under the founder */
    assert_only(&w, "ABCDE");
    members_world_close(&w);
}

/* One person with two invitations, from two branches: is still one. */
static void test_one_person_twice_is_no_pair(void **state)
{
    (void)state;
    struct members_world w;
    family(&w, MEMBERS_MSG_TWO);
    members_world_join(&w, A, 6);
    struct members_msg m = members_world_msg(MEMBERS_MSG_INVITE);
    const struct ed25519_pair root = w.persons[6].root.pair;
    m.key = span_of(root.public_key, sizeof root.public_key);
    const struct members_op *op = members_world_by(&w, D, m);
    struct members_world_person *again = &w.persons[7];
    again->root.pair = root;
    memcpy(again->member, op->id, sizeof op->id);
    memcpy(again->root.member, op->id, sizeof op->id);
    members_world_device(&w, 7);
    op = members_world_by(&w, 7, members_world_msg(MEMBERS_MSG_JOIN));
    again->devices[0].has_join = true;
    memcpy(again->devices[0].join, op->id, sizeof op->id);

    const struct members_op *r = members_world_by(&w, 6, members_world_revoke(&w, C));
    const struct members_op *c = members_world_cosign(&w, 7, r);
    members_world_run(&w);
    assert_true(members_world_counts(&w, r) && members_world_counts(&w, c));
    assert_false(members_world_stands(&w, r));
    (void)members_world_cosign(&w, E, r); /* of D's branch, and another person than the author */
    members_world_run(&w);
    assert_true(members_world_stands(&w, r));
    members_world_close(&w);
}

/* That one revocation would be for the subtree makes no other so. */
static void test_a_subtree_is_its_own_revocation(void **state)
{
    (void)state;
    struct members_world w;
    family(&w, MEMBERS_MSG_INVITER);
    struct members_msg m = members_world_revoke(&w, A);
    (void)members_world_by(&w, F, m);
    m.is_subtree = true;
    const struct members_op *vote = members_world_by(&w, D, m); /* one voice: does not stand */
    members_world_run(&w);
    assert_false(members_world_stands(&w, vote));
    assert_only(&w, "FBCDE");
    members_world_close(&w);
}

static void test_policies_say_who_may_revoke(void **state)
{
    (void)state;
    static const struct {
        enum members_msg_policy policy;
        int by, against;
        bool alone;
    } cases[] = {
        {MEMBERS_MSG_INVITER, A, B, true},  {MEMBERS_MSG_INVITER, A, C, true},
        {MEMBERS_MSG_INVITER, F, C, true},  {MEMBERS_MSG_INVITER, D, C, false},
        {MEMBERS_MSG_INVITER, B, A, false}, {MEMBERS_MSG_INVITER, A, F, false},
        {MEMBERS_MSG_TWO, A, B, false},     {MEMBERS_MSG_TWO, F, A, false},
        {MEMBERS_MSG_ANY, C, A, true},      {MEMBERS_MSG_ANY, E, F, true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct members_world w;
        family(&w, cases[i].policy);
        const struct members_op *r =
            members_world_by(&w, cases[i].by, members_world_revoke(&w, cases[i].against));
        members_world_run(&w);
        assert_int_equal(members_world_stands(&w, r), cases[i].alone);
        assert_int_equal(members_world_belongs(&w, cases[i].against), !cases[i].alone);
        (void)members_world_cosign(&w, cases[i].by == E ? C : E, r);
        members_world_run(&w);
        bool is_pair = cases[i].policy == MEMBERS_MSG_TWO || cases[i].alone || cases[i].by == A ||
                       (cases[i].by == B && cases[i].against == A);
        if (cases[i].by == B && cases[i].against == A) {
            is_pair = false; /* B is under A */
        }
        if (cases[i].by == D) {
            is_pair = false; /* E is under D */
        }
        assert_int_equal(members_world_stands(&w, r), is_pair);
        members_world_close(&w);
    }
}

static void test_invitees_stay_unless_subtree(void **state)
{
    (void)state;
    for (int is_subtree = 0; is_subtree < 2; is_subtree++) {
        struct members_world w;
        family(&w, MEMBERS_MSG_INVITER);
        struct members_msg m = members_world_revoke(&w, A);
        m.is_subtree = is_subtree == 1;
        const struct members_op *late = members_world_invite(&w, A, 6);
        (void)members_world_by(&w, F, m);
        const struct members_op *of_c = members_world_say(&w, C);
        members_world_run(&w);
        assert_only(&w, is_subtree == 1 ? "FDE" : "FBCDE");
        assert_false(members_world_counts(&w, late)); /* invited outside the honoured past */
        assert_int_equal(members_world_counts(&w, of_c), is_subtree == 0);
        members_world_close(&w);
    }
}

/* Example 10. */
static void test_succession_cuts_the_old_root(void **state)
{
    (void)state;
    struct members_world w;
    family(&w, MEMBERS_MSG_INVITER);
    struct members_author thief = w.persons[B].root;
    struct identity next = {members_null_pair(w.signer, 1000)};
    struct identity stolen = {members_null_pair(w.signer, 1001)};
    const struct members_op *op = NULL;
    assert_int_equal(identity_succeed(&w.log, &w.persons[B].root, &next, &op), 0);
    const struct members_op *succeed = op;
    struct members_author owner;
    members_world_run(&w);
    assert_memory_equal(
        members_state_root(&w.state, members_member_of(&w.log, w.persons[B].member)),
        next.root.public_key, MEMBERS_MSG_KEY_SIZE);
    assert_int_equal(identity_author(&owner, &next, &w.state, w.persons[B].member), 0);

    /* Behind it, and beside it. */
    members_world_device(&w, B);
    members_world_run(&w);
    assert_false(members_world_is_live(&w, B, 1));
    assert_true(members_world_is_live(&w, B, 0));
    w.persons[B].root = owner;
    members_world_device(&w, B);
    members_world_run(&w);
    assert_true(members_world_is_live(&w, B, 2));
    assert_only(&w, "FABCDE");

    struct members_msg m = members_world_msg(MEMBERS_MSG_SUCCEED);
    uint8_t consent[SIGNER_SIZE];
    members_write_consent(consent, &w.log, &stolen.root, true, thief.member, thief.pair.public_key);
    m.key = span_of(stolen.root.public_key, sizeof stolen.root.public_key);
    m.consent = span_of(consent, sizeof consent);
    const struct members_op *theft = members_world_sign(&w, &thief, m);
    members_world_run(&w);
    assert_only(&w, "FACDE"); /* a tie: no root */
    assert_null(members_state_root(&w.state, members_member_of(&w.log, w.persons[B].member)));

    (void)members_world_cosign(&w, A, succeed);
    members_world_run(&w);
    assert_only(&w, "FACDE"); /* A alone is no pair */
    (void)members_world_cosign(&w, E, succeed);
    members_world_run(&w);
    assert_only(&w, "FABCDE");
    assert_false(members_world_stands(&w, theft));
    members_world_close(&w);
}

/* Example 11. */
static void test_the_shortest_cut_holds(void **state)
{
    (void)state;
    struct members_world w;
    const struct members_op *said[6];
    struct members_msg shorter = {.kind = 0};
    family(&w, MEMBERS_MSG_TWO);
    for (int i = 0; i < 6; i++) {
        said[i] = members_world_say(&w, B);
        if (i == 2) {
            shorter = members_world_revoke(&w, B);
        }
    }
    const struct members_op *longer = members_world_by(&w, A, members_world_revoke(&w, B));
    (void)members_world_cosign(&w, E, longer);
    const struct members_op *late = members_world_say(&w, B);
    members_world_run(&w);
    assert_true(members_world_counts(&w, said[5]));
    assert_false(members_world_counts(&w, late));
    const struct members_op *r = members_world_by(&w, F, shorter);
    members_world_run(&w);
    assert_true(members_world_counts(&w, said[5])); /* it does not stand yet */
    (void)members_world_cosign(&w, D, r);
    members_world_run(&w);
    for (int i = 0; i < 6; i++) {
        assert_int_equal(members_world_counts(&w, said[i]), i <= 2);
    }
    members_world_close(&w);
}

/* Example 1. */
static void test_a_fork_shuts_out_the_device_only(void **state)
{
    (void)state;
    struct members_world w;
    family(&w, MEMBERS_MSG_INVITER);
    members_world_device(&w, B);
    members_world_run(&w);
    struct members_author other = w.persons[B].devices[0];
    const struct members_op *five = members_world_say(&w, B);
    const struct members_op *six = members_world_say(&w, B);
    struct members_msg m = members_world_remove(&w, B, 0);
    w.keys++;
    const struct members_op *five2 =
        members_world_sign(&w, &other, (struct members_msg){.kind = 77});
    const struct members_op *six2 =
        members_world_sign(&w, &other, (struct members_msg){.kind = 77});
    members_world_run(&w);
    assert_false(members_world_is_live(&w, B, 0));
    assert_int_equal(members_state_device(&w.state, other.pair.public_key), MEMBERS_STATE_FORKED);
    assert_true(members_world_is_live(&w, B, 1));
    assert_only(&w, "FABCDE");
    assert_true(members_world_counts(&w, five) && members_world_counts(&w, six));
    assert_true(members_world_counts(&w, five2) && members_world_counts(&w, six2));

    (void)members_world_sign(&w, &w.persons[B].root, m);
    members_world_run(&w);
    assert_true(members_world_counts(&w, five) && members_world_counts(&w, six));
    assert_false(members_world_counts(&w, five2) || members_world_counts(&w, six2));
    assert_int_equal(members_state_device(&w.state, other.pair.public_key), MEMBERS_STATE_REMOVED);
    assert_true(members_world_is_live(&w, B, 1));
    assert_only(&w, "FABCDE");
    members_world_close(&w);
}

/* What was revoked by one who is nearer stays so: B and E, of two branches, would be a pair against
 * the founder who revoked both. */
static void test_two_who_are_revoked_do_not_come_back(void **state)
{
    (void)state;
    struct members_world w;
    family(&w, MEMBERS_MSG_INVITER);
    struct members_msg against_f = members_world_revoke(&w, F);
    struct members_msg against_b = members_world_revoke(&w, B);
    struct members_msg against_e = members_world_revoke(&w, E);
    (void)members_world_by(&w, F, against_b);
    (void)members_world_by(&w, F, against_e);
    const struct members_op *back = members_world_by(&w, B, against_f);
    (void)members_world_cosign(&w, E, back);
    members_world_run(&w);
    assert_false(members_world_stands(&w, back));
    assert_false(members_world_counts(&w, back));
    assert_only(&w, "FACD");
    members_world_close(&w);
}

/* A third of their kind changes nothing when that one is revoked, too; before, it makes a pair:
 * this is not promised, but the founder may answer. */
static void test_one_who_is_free_makes_a_pair(void **state)
{
    (void)state;
    struct members_world w;
    family(&w, MEMBERS_MSG_INVITER);
    struct members_msg against_f = members_world_revoke(&w, F);
    struct members_msg against_b = members_world_revoke(&w, B);
    (void)members_world_by(&w, F, members_world_revoke(&w, E));
    const struct members_op *back = members_world_by(&w, B, against_f);
    (void)members_world_cosign(&w, E, back);
    members_world_run(&w);
    assert_true(members_world_stands(&w, back));
    assert_only(&w, "ABCDE");
    (void)members_world_by(&w, F, against_b);
    members_world_run(&w);
    assert_false(members_world_stands(&w, back));
    assert_only(&w, "FACD");
    members_world_close(&w);
}

/* A signer is one no less for being struck back at from farther away (7, with 9 for a helper,
 * strikes A and D, who revoked 7), nor from as near: that is a tie. */
static void test_striking_back_from_afar_frees_nobody(void **state)
{
    (void)state;
    struct members_world w;
    family(&w, MEMBERS_MSG_TWO);
    members_world_join(&w, F, 6);
    members_world_join(&w, 6, 7);
    members_world_join(&w, F, 8);
    members_world_join(&w, 8, 9);
    struct members_msg against[] = {members_world_revoke(&w, A), members_world_revoke(&w, D)};
    const struct members_op *strikes[2];
    const struct members_op *r = members_world_by(&w, A, members_world_revoke(&w, 7));
    (void)members_world_cosign(&w, D, r);
    for (int i = 0; i < 2; i++) {
        strikes[i] = members_world_by(&w, 7, against[i]);
        (void)members_world_cosign(&w, 9, strikes[i]);
    }
    members_world_run(&w);
    assert_true(members_world_stands(&w, r));
    assert_false(members_world_stands(&w, strikes[0]) || members_world_stands(&w, strikes[1]));
    assert_only(&w, "FABCDE");
    members_world_close(&w);

    family(&w, MEMBERS_MSG_TWO);
    members_world_join(&w, F, 6);
    members_world_join(&w, F, 7);
    struct members_msg of_d = members_world_revoke(&w, D);
    struct members_msg of_a = members_world_revoke(&w, A);
    struct members_msg of_6 = members_world_revoke(&w, 6);
    r = members_world_by(&w, A, of_d);
    (void)members_world_cosign(&w, 6, r);
    const struct members_op *first = members_world_by(&w, D, of_a);
    (void)members_world_cosign(&w, 7, first);
    const struct members_op *second = members_world_by(&w, D, of_6);
    (void)members_world_cosign(&w, 7, second);
    members_world_run(&w);
    assert_true(members_world_stands(&w, r)); /* all equally near */
    assert_true(members_world_stands(&w, first) && members_world_stands(&w, second));
    members_world_close(&w);
}

/* A co-signature more cannot drag into a knot what stands by its pair. A and D revoke B, who
 * revokes E, which the founder co-signed in good faith. C signs against B, too: so that would wait
 * for E's revocation of C, that for B's of E, and that for the one of B; B's would be the
 * strongest. */
static void test_a_third_signer_cannot_entangle(void **state)
{
    (void)state;
    struct members_world w;
    family(&w, MEMBERS_MSG_ANY);
    struct members_msg against_b = members_world_revoke(&w, B);
    struct members_msg against_c = members_world_revoke(&w, C);
    struct members_msg against_e = members_world_revoke(&w, E);
    const struct members_op *r = members_world_by(&w, A, against_b);
    (void)members_world_cosign(&w, D, r);
    (void)members_world_cosign(&w, C, r);
    const struct members_op *by_e = members_world_by(&w, E, against_c);
    const struct members_op *by_b = members_world_by(&w, B, against_e);
    (void)members_world_cosign(&w, F, by_b);
    members_world_run(&w);
    assert_int_equal(w.state.eval.knots, 0);
    assert_true(members_world_stands(&w, r) && members_world_stands(&w, by_e));
    assert_false(members_world_counts(&w, by_b));
    assert_only(&w, "FADE");
    members_world_close(&w);
}

/* However a log is made, evaluating it takes steps in the order of what is in it. */
static void test_work_grows_with_the_log(void **state)
{
    (void)state;
    for (int kind = 0; kind < MEMBERS_HOSTILE_END; kind++) {
        for (uint32_t operations = 2000; operations <= 8000; operations *= 2) {
            struct members_world w;
            members_hostile_open(&w, (enum members_hostile)kind, operations);
            members_world_run(&w);
            uint64_t size = members_hostile_size(&w.log);
            assert_true(w.log.op_count > operations - 100);
            if (w.state.eval.work > WORK_MAX * size) {
                fail_msg("kind %d, %u operations: %llu steps for a size of %llu", kind,
                         w.log.op_count, (unsigned long long)w.state.eval.work,
                         (unsigned long long)size);
            }
            members_world_close(&w);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_mutual_revocation_by_strength),
        cmocka_unit_test(test_a_tie_removes_both),
        cmocka_unit_test(test_in_an_open_network_strangers_have_no_say),
        cmocka_unit_test(test_co_signed_beats_single),
        cmocka_unit_test(test_a_revoked_revoker),
        cmocka_unit_test(test_a_revoked_key_cannot_backdate),
        cmocka_unit_test(test_cycles_end),
        cmocka_unit_test(test_the_strongest_keeps_what_it_rests_on),
        cmocka_unit_test(test_the_strongest_keeps_its_co_signature),
        cmocka_unit_test(test_a_knot_yields_to_what_is_outside),
        cmocka_unit_test(test_puppets_are_no_pair),
        cmocka_unit_test(test_one_person_twice_is_no_pair),
        cmocka_unit_test(test_a_subtree_is_its_own_revocation),
        cmocka_unit_test(test_policies_say_who_may_revoke),
        cmocka_unit_test(test_invitees_stay_unless_subtree),
        cmocka_unit_test(test_succession_cuts_the_old_root),
        cmocka_unit_test(test_the_shortest_cut_holds),
        cmocka_unit_test(test_a_fork_shuts_out_the_device_only),
        cmocka_unit_test(test_two_who_are_revoked_do_not_come_back),
        cmocka_unit_test(test_one_who_is_free_makes_a_pair),
        cmocka_unit_test(test_striking_back_from_afar_frees_nobody),
        cmocka_unit_test(test_a_third_signer_cannot_entangle),
        cmocka_unit_test(test_work_grows_with_the_log),
    };
    return cmocka_run_group_tests_name("members/members_eval", tests, NULL, NULL);
}
