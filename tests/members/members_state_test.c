/*
 * Who belongs: statuses, devices, what freezes, the hash, and the cuts that a revocation names.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/mem.h"
#include "tests/support/members_world.h"

enum { F, A, B, C, D };

static uint32_t place(const struct members_world *w, int who)
{
    return members_member_of(&w->log, w->persons[who].member);
}

static enum members_state_status status(const struct members_world *w, int who)
{
    return w->state.members[place(w, who)].status;
}

static const uint8_t *device_key(const struct members_world *w, int who, int device)
{
    return w->persons[who].devices[device].pair.public_key;
}

static void test_from_invited_to_revoked(void **state)
{
    (void)state;
    struct members_world w;
    uint8_t hashes[5][HASH_SHA256_SIZE];
    members_world_open(&w, &members_null_signer, MEMBERS_MSG_INVITER);
    members_state_hash(&w.state, hashes[0]);
    (void)members_world_invite(&w, F, A);
    members_world_run(&w);
    assert_int_equal(status(&w, A), MEMBERS_STATE_INVITED);
    members_state_hash(&w.state, hashes[1]);
    members_world_device(&w, A);
    members_world_run(&w);
    assert_int_equal(status(&w, A), MEMBERS_STATE_INVITED);
    assert_int_equal(members_state_member_of(&w.state, device_key(&w, A, 0)), MEMBERS_NONE);
    assert_int_equal(members_state_device(&w.state, device_key(&w, A, 0)), MEMBERS_STATE_ORPHAN);
    const struct members_op *join = members_world_by(&w, A, members_world_msg(MEMBERS_MSG_JOIN));
    members_world_run(&w);
    assert_int_equal(status(&w, A), MEMBERS_STATE_BELONGS);
    assert_int_equal(members_state_member_of(&w.state, device_key(&w, A, 0)), place(&w, A));
    assert_memory_equal(members_state_root(&w.state, place(&w, A)),
                        w.persons[A].root.pair.public_key, MEMBERS_MSG_KEY_SIZE);
    assert_true(members_world_counts(&w, join));
    assert_false(members_state_is_cut(&w.state, join->seat));
    members_state_hash(&w.state, hashes[2]);
    members_world_say(&w, F); /* of no consequence */
    members_world_run(&w);
    members_state_hash(&w.state, hashes[3]);
    assert_memory_equal(hashes[2], hashes[3], sizeof hashes[3]);

    struct members_msg m = members_world_revoke(&w, A);
    m.cut_count = 0;
    (void)members_world_by(&w, F, m);
    members_world_run(&w);
    assert_int_equal(status(&w, A), MEMBERS_STATE_REVOKED);
    assert_int_equal(members_state_member_of(&w.state, device_key(&w, A, 0)), MEMBERS_NONE);
    assert_false(members_world_counts(&w, join));
    assert_true(members_state_is_cut(&w.state, join->seat));
    members_state_hash(&w.state, hashes[4]);
    for (int i = 0; i < 5; i++) {
        for (int k = 0; k < i; k++) {
            bool is_same = memcmp(hashes[i], hashes[k], sizeof hashes[0]) == 0;
            assert_int_equal(is_same, i == 3 && k == 2);
        }
    }

    /* The same root again, by a new invitation: another member. */
    struct ed25519_pair root = w.persons[A].root.pair;
    struct members_msg again = members_world_msg(MEMBERS_MSG_INVITE);
    again.key = span_of(root.public_key, sizeof root.public_key);
    const struct members_op *second = members_world_by(&w, F, again);
    members_world_run(&w);
    assert_int_equal(w.state.members[second->made].status, MEMBERS_STATE_INVITED);
    assert_int_equal(status(&w, A), MEMBERS_STATE_REVOKED);
    members_world_close(&w);
}

static void test_a_void_invitation(void **state)
{
    (void)state;
    struct members_world w;
    members_world_open(&w, &members_null_signer, MEMBERS_MSG_INVITER);
    members_world_join(&w, F, A);
    struct members_msg m = members_world_revoke(&w, A);
    members_world_join(&w, A, B);
    assert_int_equal(status(&w, B), MEMBERS_STATE_BELONGS);
    (void)members_world_by(&w, F, m);
    members_world_run(&w);
    assert_int_equal(status(&w, B), MEMBERS_STATE_VOID);
    assert_int_equal(members_state_device(&w.state, device_key(&w, B, 0)), MEMBERS_STATE_NO_DEVICE);
    members_world_close(&w);
}

static void test_devices_come_and_go(void **state)
{
    (void)state;
    struct members_world w;
    const struct members_op *op = NULL;
    members_world_open(&w, &members_null_signer, MEMBERS_MSG_INVITER);
    members_world_join(&w, F, A);
    uint8_t hashes[3][HASH_SHA256_SIZE];
    members_state_hash(&w.state, hashes[0]);
    members_world_device(&w, A);
    members_world_run(&w);
    members_state_hash(&w.state, hashes[1]);
    assert_memory_not_equal(hashes[0], hashes[1], sizeof hashes[0]);
    assert_true(members_world_is_live(&w, A, 0) && members_world_is_live(&w, A, 1));
    const struct members_op *said = members_world_say(&w, A);
    assert_int_equal(
        identity_remove(&w.log, &w.persons[A].root, &w.state, device_key(&w, F, 0), &op),
        WAVU_ERR_NOT_FOUND);
    members_world_run(&w);
    assert_int_equal(
        identity_remove(&w.log, &w.persons[A].root, &w.state, device_key(&w, A, 0), &op), 0);
    const struct members_op *late = members_world_say(&w, A);
    members_world_run(&w);
    assert_true(members_world_counts(&w, said));
    assert_false(members_world_counts(&w, late));
    assert_false(members_world_is_live(&w, A, 0));
    assert_true(members_world_is_live(&w, A, 1));
    members_state_hash(&w.state, hashes[2]);
    assert_memory_not_equal(hashes[0], hashes[2], sizeof hashes[0]);
    assert_memory_not_equal(hashes[1], hashes[2], sizeof hashes[0]);

    /* Never again: certified anew it stays removed. */
    struct members_author *d = &w.persons[A].devices[0];
    uint8_t consent[SIGNER_SIZE];
    members_write_consent(consent, &w.log, &d->pair, false, w.persons[A].member,
                          w.persons[A].root.pair.public_key);
    assert_int_equal(identity_certify(&w.log, &w.persons[A].root, d->pair.public_key, consent,
                                      span_empty(), &op),
                     0);
    members_world_run(&w);
    assert_int_equal(members_state_device(&w.state, d->pair.public_key), MEMBERS_STATE_REMOVED);
    members_world_close(&w);
}

/* First leaves: the device consents to its own; the walk gives each live device once, in order. */
static void test_devices_bring_their_leaves(void **state)
{
    (void)state;
    struct members_world w;
    const struct members_op *op = NULL;
    static const uint8_t leaf[MEMBERS_MSG_LEAF_SIZE] = {1, 2, 3};
    static const uint8_t other[MEMBERS_MSG_LEAF_SIZE] = {4};
    uint8_t consent[SIGNER_SIZE];
    uint8_t plain[SIGNER_SIZE];
    members_world_open(&w, &members_null_signer, MEMBERS_MSG_INVITER);
    members_world_join(&w, F, A);
    members_world_join(&w, F, B);
    struct ed25519_pair phone = members_null_pair(w.signer, 700);
    struct members_author *root = &w.persons[A].root;
    members_write_leaf_consent(consent, &w.log, &phone, root->member, root->pair.public_key, leaf);
    members_write_consent(plain, &w.log, &phone, false, root->member, root->pair.public_key);
    struct span good = span_of(leaf, sizeof leaf);
    struct span bad = span_of(other, sizeof other);
    assert_int_equal(identity_certify(&w.log, root, phone.public_key, consent, bad, &op),
                     WAVU_ERR_CRYPTO);
    assert_int_equal(identity_certify(&w.log, root, phone.public_key, consent, span_empty(), &op),
                     WAVU_ERR_CRYPTO);
    assert_int_equal(identity_certify(&w.log, root, phone.public_key, plain, good, &op),
                     WAVU_ERR_CRYPTO);
    assert_int_equal(identity_certify(&w.log, root, phone.public_key, consent, good, &op), 0);
    (void)members_world_by(&w, F, members_world_revoke(&w, B));
    members_world_run(&w);
    struct members_state_view view;
    const uint8_t *before = NULL;
    uint32_t at = 0;
    int count = 0;
    while (members_state_next_device(&w.state, &at, &view)) {
        assert_true(before == NULL || memcmp(before, view.device, MEMBERS_MSG_KEY_SIZE) < 0);
        assert_int_equal(view.member, members_state_member_of(&w.state, view.device));
        assert_false(view.member == place(&w, B));
        bool is_phone = memcmp(view.device, phone.public_key, MEMBERS_MSG_KEY_SIZE) == 0;
        assert_int_equal(view.leaf != NULL, is_phone);
        assert_true(!is_phone || memcmp(view.leaf, leaf, sizeof leaf) == 0);
        before = view.device;
        count++;
    }
    assert_int_equal(count, 3); /* the founder's, A's two */
    members_world_close(&w);
}

/* A device that consented to two persons is neither's. */
static void test_a_device_of_two_persons(void **state)
{
    (void)state;
    struct members_world w;
    const struct members_op *op = NULL;
    members_world_open(&w, &members_null_signer, MEMBERS_MSG_INVITER);
    members_world_join(&w, F, A);
    members_world_join(&w, F, B);
    struct members_author *d = &w.persons[A].devices[0];
    uint8_t consent[SIGNER_SIZE];
    members_write_consent(consent, &w.log, &d->pair, false, w.persons[B].member,
                          w.persons[B].root.pair.public_key);
    assert_int_equal(identity_certify(&w.log, &w.persons[B].root, d->pair.public_key, consent,
                                      span_empty(), &op),
                     0);
    members_world_run(&w);
    assert_int_equal(members_state_device(&w.state, d->pair.public_key), MEMBERS_STATE_CLAIMED);
    assert_int_equal(members_state_member_of(&w.state, d->pair.public_key), MEMBERS_NONE);
    assert_true(members_world_is_live(&w, B, 0));
    (void)members_world_by(&w, F, members_world_revoke(&w, B));
    members_world_run(&w);
    assert_int_equal(members_state_member_of(&w.state, d->pair.public_key), place(&w, A));
    members_world_close(&w);
}

static void test_unknown_critical_freezes(void **state)
{
    (void)state;
    struct members_world w;
    members_world_open(&w, &members_null_signer, MEMBERS_MSG_INVITER);
    members_world_join(&w, F, A);
    struct members_msg before = members_world_revoke(&w, A);
    struct members_msg m = members_world_msg(MEMBERS_MSG_JOIN);
    m.kind = 4711;
    m.is_critical = true;
    (void)members_world_by(&w, A, m);
    members_world_run(&w);
    assert_true(w.state.is_frozen);
    for (uint32_t kind = MEMBERS_MSG_INVITE; kind <= MEMBERS_MSG_LEAVE; kind++) {
        bool thaws = kind == MEMBERS_MSG_REMOVE || kind == MEMBERS_MSG_REVOKE ||
                     kind == MEMBERS_MSG_COSIGN || kind == MEMBERS_MSG_LEAVE;
        assert_int_equal(members_state_may_write(&w.state, (enum members_msg_kind)kind), thaws);
    }
    (void)members_world_by(&w, F, before); /* which thaws it */
    members_world_run(&w);
    assert_false(w.state.is_frozen);
    assert_true(members_state_may_write(&w.state, MEMBERS_MSG_INVITE));
    m = members_world_msg(MEMBERS_MSG_INVITE);
    m.is_critical = true; /* a kind that we know may be critical */
    m.key = span_of(w.persons[A].root.pair.public_key, MEMBERS_MSG_KEY_SIZE);
    (void)members_world_by(&w, F, m);
    members_world_run(&w);
    assert_false(w.state.is_frozen);
    members_world_close(&w);
}

/* What it said and whom it brought in stand; its devices are none any more, and it says nothing
 * behind that. Who is put out afterwards is put out. The founder can go, too. */
static void test_who_leaves_is_out_and_cuts_nothing(void **state)
{
    (void)state;
    struct members_world w;
    uint8_t hashes[3][HASH_SHA256_SIZE];
    members_world_open(&w, &members_null_signer, MEMBERS_MSG_INVITER);
    members_world_join(&w, F, A);
    members_world_device(&w, A);
    members_world_join(&w, A, B);
    const struct members_op *said = members_world_say(&w, A);
    members_state_hash(&w.state, hashes[0]);
    struct members_msg m = members_world_msg(MEMBERS_MSG_LEAVE);
    const struct members_op *left = members_world_by(&w, A, m);
    members_world_run(&w);
    assert_int_equal(status(&w, A), MEMBERS_STATE_LEFT);
    assert_int_equal(status(&w, B), MEMBERS_STATE_BELONGS);
    assert_int_equal(members_state_device(&w.state, device_key(&w, A, 0)), MEMBERS_STATE_ORPHAN);
    assert_int_equal(members_state_device(&w.state, device_key(&w, A, 1)), MEMBERS_STATE_ORPHAN);
    assert_true(members_world_counts(&w, said));
    assert_false(members_state_is_cut(&w.state, left->seat));
    members_state_hash(&w.state, hashes[1]);
    assert_memory_not_equal(hashes[0], hashes[1], sizeof hashes[0]);
    struct members_msg invite = members_world_msg(MEMBERS_MSG_INVITE);
    const struct members_op *op = NULL;
    invite.key = span_of(w.persons[C].root.pair.public_key, MEMBERS_MSG_KEY_SIZE);
    assert_int_equal(members_write(&w.log, &w.persons[A].devices[0], &invite, &op),
                     WAVU_ERR_CRYPTO);
    invite.key = span_of(w.persons[A].root.pair.public_key, MEMBERS_MSG_KEY_SIZE);
    const struct members_op *again = members_world_by(&w, B, invite);
    members_world_run(&w);
    assert_int_equal(w.state.members[again->made].status, MEMBERS_STATE_INVITED);
    assert_int_equal(status(&w, A), MEMBERS_STATE_LEFT);
    m = members_world_msg(MEMBERS_MSG_LEAVE);
    (void)members_world_by(&w, F, m);
    members_world_run(&w);
    assert_int_equal(status(&w, F), MEMBERS_STATE_LEFT);
    assert_int_equal(status(&w, B), MEMBERS_STATE_BELONGS);
    members_world_close(&w);
}

/* Its device is of two members then: a revocation of either cuts what it says elsewhere, unless it
 * belongs; what it signed as the one says nothing of the other. */
static void test_who_left_and_came_back_is_put_out(void **state)
{
    (void)state;
    struct members_world w;
    members_world_open(&w, &members_null_signer, MEMBERS_MSG_INVITER);
    members_world_join(&w, F, A);
    members_world_join(&w, F, B);
    const uint8_t *key = device_key(&w, A, 0);
    const struct members_op *left = members_world_by(&w, A, members_world_msg(MEMBERS_MSG_LEAVE));
    members_world_run(&w);
    assert_false(members_state_is_device_cut(&w.state, key));
    (void)members_world_join_again(&w, B, A, C);
    enum members_fed fed = MEMBERS_PENDING;
    assert_int_equal(members_feed(&w.log, span_of(left->bytes, left->len), 1, &fed), 0);
    assert_int_equal(fed, MEMBERS_KNOWN); /* said again, it is of who left then */
    assert_int_equal(members_state_member_of(&w.state, key), place(&w, C));
    (void)members_world_by(&w, F, members_world_revoke(&w, A)); /* who was before */
    members_world_run(&w);
    assert_int_equal(status(&w, A), MEMBERS_STATE_REVOKED);
    assert_int_equal(members_state_member_of(&w.state, key), place(&w, C));
    assert_false(members_state_is_device_cut(&w.state, key));
    (void)members_world_by(&w, C, members_world_msg(MEMBERS_MSG_LEAVE));
    members_world_run(&w);
    assert_int_equal(members_state_device(&w.state, key), MEMBERS_STATE_ORPHAN);
    assert_true(members_state_is_device_cut(&w.state, key)); /* as it was put out once */
    members_world_close(&w);
}

/* What a thief of a device signs is void when its root says so, its leaving, too. */
static void test_a_stolen_device_leaves_for_nobody(void **state)
{
    (void)state;
    struct members_world w;
    members_world_open(&w, &members_null_signer, MEMBERS_MSG_INVITER);
    members_world_join(&w, F, A);
    members_world_device(&w, A);
    members_world_run(&w);
    struct members_msg remove = members_world_remove(&w, A, 0); /* as of now */
    (void)members_world_by(&w, A, members_world_msg(MEMBERS_MSG_LEAVE));
    members_world_run(&w);
    assert_int_equal(status(&w, A), MEMBERS_STATE_LEFT);
    (void)members_world_sign(&w, &w.persons[A].root, remove);
    members_world_run(&w);
    assert_int_equal(status(&w, A), MEMBERS_STATE_BELONGS);
    assert_true(members_world_is_live(&w, A, 1));
    assert_false(members_world_is_live(&w, A, 0));
    (void)members_world_sign(&w, &w.persons[A].devices[1],
                             members_world_msg(MEMBERS_MSG_LEAVE)); /* the owner does */
    members_world_run(&w);
    assert_int_equal(members_state_device(&w.state, device_key(&w, A, 0)), MEMBERS_STATE_ORPHAN);
    assert_true(members_state_was_removed(&w.state, device_key(&w, A, 0)));
    assert_false(members_state_was_removed(&w.state, device_key(&w, A, 1)));
    assert_false(members_state_was_removed(&w.state, w.persons[B].root.pair.public_key));
    members_world_close(&w);
}

/* A LEAVE takes nothing from its author's keys: another device of it brings it in again, and its
 * root takes the LEAVE back. Once it is revoked, as of now, neither does. */
static void test_who_left_is_kept_out_by_a_revocation(void **state)
{
    (void)state;
    for (int is_revoked = 0; is_revoked < 2; is_revoked++) {
        struct members_world w;
        members_world_open(&w, &members_null_signer, MEMBERS_MSG_INVITER);
        members_world_join(&w, F, A);
        members_world_device(&w, A);
        members_world_join(&w, A, B);
        struct members_msg remove = members_world_remove(&w, A, 0); /* before it left */
        (void)members_world_by(&w, A, members_world_msg(MEMBERS_MSG_LEAVE));
        if (is_revoked != 0) {
            (void)members_world_by(&w, F, members_world_revoke(&w, A));
        }
        struct members_msg m = members_world_msg(MEMBERS_MSG_INVITE);
        m.key = span_of(w.persons[A].root.pair.public_key, MEMBERS_MSG_KEY_SIZE);
        const struct members_op *late = members_world_sign(&w, &w.persons[A].devices[1], m);
        members_world_run(&w);
        assert_int_equal(w.state.members[late->made].status,
                         is_revoked != 0 ? MEMBERS_STATE_VOID : MEMBERS_STATE_INVITED);
        (void)members_world_sign(&w, &w.persons[A].root, remove);
        members_world_run(&w);
        assert_int_equal(status(&w, A),
                         is_revoked != 0 ? MEMBERS_STATE_REVOKED : MEMBERS_STATE_BELONGS);
        assert_int_equal(members_world_is_live(&w, A, 1), is_revoked == 0);
        assert_int_equal(status(&w, B), MEMBERS_STATE_BELONGS);
        members_world_close(&w);
    }
}

/* What it said stands, also what needs a newer program: a revocation ends that. */
static void test_who_leaves_thaws_nothing(void **state)
{
    (void)state;
    struct members_world w;
    members_world_open(&w, &members_null_signer, MEMBERS_MSG_INVITER);
    members_world_join(&w, F, A);
    struct members_msg m = members_world_msg(MEMBERS_MSG_JOIN);
    m.kind = 4711;
    m.is_critical = true;
    (void)members_world_by(&w, A, m);
    (void)members_world_by(&w, A, members_world_msg(MEMBERS_MSG_LEAVE));
    members_world_run(&w);
    assert_int_equal(status(&w, A), MEMBERS_STATE_LEFT);
    assert_true(w.state.is_frozen);
    (void)members_world_by(&w, F, members_world_revoke(&w, A));
    members_world_run(&w);
    assert_false(w.state.is_frozen);
    members_world_close(&w);
}

/* Who was only invited freezes nobody, even with a root of its own: it must join first. */
static void test_who_never_joined_freezes_nobody(void **state)
{
    (void)state;
    struct members_world w;
    members_world_open(&w, &members_null_signer, MEMBERS_MSG_INVITER);
    members_world_join(&w, F, A);
    (void)members_world_invite(&w, A, B);
    struct members_msg m = members_world_msg(MEMBERS_MSG_JOIN);
    m.kind = 99;
    m.is_critical = true;
    const struct members_op *op = members_world_sign(&w, &w.persons[B].root, m);
    members_world_run(&w);
    assert_true(members_world_counts(&w, op));
    assert_false(w.state.is_frozen);
    members_world_device(&w, B);
    (void)members_world_by(&w, B, members_world_msg(MEMBERS_MSG_JOIN));
    members_world_run(&w);
    assert_true(w.state.is_frozen);
    members_world_close(&w);
}

/* Into an open network everybody comes: who asked freezes nobody, nor does who was asked; only the
 * founder, who is what the network is. */
static void test_in_an_open_network_the_founder_alone_freezes(void **state)
{
    (void)state;
    struct members_world w;
    struct members_msg m = members_world_msg(MEMBERS_MSG_JOIN);
    m.kind = 4711;
    m.is_critical = true;
    members_world_open(&w, &members_null_signer, MEMBERS_MSG_OPEN);
    members_world_join(&w, F, A);
    members_world_join(&w, A, B);
    const struct members_op *by_device = members_world_by(&w, B, m);
    const struct members_op *by_root = members_world_sign(&w, &w.persons[A].root, m);
    members_world_run(&w);
    assert_true(members_world_counts(&w, by_device) && members_world_counts(&w, by_root));
    assert_false(w.state.is_frozen);
    assert_true(members_state_may_write(&w.state, MEMBERS_MSG_INVITE));
    (void)members_world_by(&w, F, m);
    members_world_run(&w);
    assert_true(w.state.is_frozen);
    members_world_close(&w);
}

/* A member with more chains than a revocation names: the ones that others rest on are named. */
static void test_nobody_escapes_by_many_devices(void **state)
{
    (void)state;
    struct members_world w;
    const struct members_op *op = NULL;
    members_world_open(&w, &members_null_signer, MEMBERS_MSG_INVITER);
    members_world_join(&w, F, A);
    struct members_world_person *p = &w.persons[A];
    struct members_author root = p->root;
    struct members_author inviter = root;
    for (int i = 0; i < MEMBERS_MSG_CUTS_MAX + 5; i++) {
        if (i == 35 || i == 70) { /* one way makes 64: it forks, the first is honoured */
            p->root = root;
        }
        p->device_count = 1;
        memset(&p->devices[1], 0, sizeof p->devices[1]);
        members_world_device(&w, A);
        struct members_msg m = members_world_msg(MEMBERS_MSG_JOIN);
        m.kind = 99;
        (void)members_world_sign(&w, &p->devices[1], m);
        inviter = i == 34 ? p->devices[1] : inviter;
    }
    struct members_author first = p->devices[0]; /* the first way's last device invites B */
    p->devices[0] = inviter;
    members_world_join(&w, A, B);
    p->devices[0] = first;
    struct members_msg m = members_world_msg(MEMBERS_MSG_REVOKE);
    m.target = span_of(p->member, sizeof p->member);
    /* Named: the root's, that of the first device, which joined, and that which invited. */
    assert_int_equal(members_state_cuts(&w.state, place(&w, A), false, &m), 7);
    assert_int_equal(m.cut_count, MEMBERS_MSG_CUTS_MAX);
    assert_int_equal(members_world_forge(&w, &w.persons[F].devices[0], &m, &op), 0);
    members_world_run(&w);
    assert_false(members_world_belongs(&w, A));
    assert_true(members_world_belongs(&w, B));
    members_world_close(&w);
}

/* The root of a member forks, so that each of its ways certifies as many devices as one may: of
 * them all no more are live, the same everywhere, whatever order they came in. */
static void test_devices_of_a_member_are_bounded(void **state)
{
    (void)state;
    struct members_world w;
    struct members twin;
    struct members_state other;
    uint8_t here[HASH_SHA256_SIZE];
    uint8_t there[HASH_SHA256_SIZE];
    members_world_open(&w, &members_null_signer, MEMBERS_MSG_INVITER);
    members_world_join(&w, F, A);
    struct members_world_person *p = &w.persons[A];
    struct members_author root = p->root;
    uint32_t fork = 0;
    for (uint32_t i = 1; i < 3 * MEMBERS_DEVICES_MAX - 2; i++) {
        fork = p->root.sequence == MEMBERS_DEVICES_MAX ? w.log.op_count : fork;
        p->root = p->root.sequence == MEMBERS_DEVICES_MAX ? root : p->root;
        p->device_count = 1;
        members_world_device(&w, A);
    }
    members_world_run(&w);
    uint32_t count = 0;
    uint32_t at = 0;
    struct members_state_view view;
    const uint8_t *last = NULL;
    while (members_state_next_device(&w.state, &at, &view)) {
        count += view.member == place(&w, A) ? 1 : 0;
        last = view.member == place(&w, A) ? view.device : last;
    }
    assert_int_equal(count, MEMBERS_DEVICES_MAX);
    uint32_t surplus = 0;
    for (uint32_t i = 0; i < w.log.seat_count; i++) {
        const uint8_t *key = members_seat_key(&w.log, i);
        if (members_state_device(&w.state, key) == MEMBERS_STATE_SURPLUS) {
            assert_true(memcmp(key, last, MEMBERS_MSG_KEY_SIZE) > 0);
            assert_int_equal(members_state_member_of(&w.state, key), MEMBERS_NONE);
            surplus++;
        }
    }
    assert_int_equal(surplus, 2 * MEMBERS_DEVICES_MAX - 2);

    members_state_hash(&w.state, here); /* the same with the last branch first */
    const struct members_op *g = w.log.ops[MEMBERS_GENESIS];
    assert_int_equal(members_init(&twin, w.signer, &w.random, span_of(g->bytes, g->len)), 0);
    for (uint32_t turn = 0; turn < 3; turn++) {
        uint32_t end = turn == 0 ? fork : w.log.op_count;
        for (uint32_t i = turn == 0 ? 1 : turn == 1 ? fork : 1; i < end; i++) {
            enum members_fed fed = MEMBERS_KNOWN;
            const struct members_op *op = w.log.ops[i];
            if (turn > 0 || op->sequence < 2 || op->kind != MEMBERS_MSG_DEVICE) {
                assert_int_equal(members_feed(&twin, span_of(op->bytes, op->len), 1, &fed), 0);
            }
        }
    }
    assert_int_equal(twin.op_count, w.log.op_count);
    members_state_init(&other);
    members_state_run(&other, &twin);
    members_state_hash(&other, there);
    assert_memory_equal(here, there, sizeof here);
    members_state_clear(&other);
    members_clear(&twin);
    members_world_close(&w);
}

/* Cuts of a subtree of many members whose chains fork are found in one pass: of each the branch
 * that came first, though others are longer. */
static void test_cuts_of_forked_chains(void **state)
{
    (void)state;
    struct members_world w;
    members_world_open(&w, &members_null_signer, MEMBERS_MSG_INVITER);
    members_world_join(&w, F, A);
    const struct members_op *best[MEMBERS_WORLD_PERSONS] = {NULL};
    const struct members_op *first[MEMBERS_WORLD_PERSONS] = {NULL};
    for (int who = B; who < B + 8; who++) {
        members_world_join(&w, A, who);
        struct members_author start = w.persons[who].devices[0];
        for (int branch = 0; branch < 4; branch++) {
            struct members_author author = start;
            const struct members_op *op = NULL;
            for (int i = 0; i <= branch % 2; i++) { /* two are the longest */
                struct members_msg m = members_world_msg(MEMBERS_MSG_JOIN);
                m.kind = 70;
                m.content = span_of(&w.keys, sizeof w.keys);
                w.keys++;
                op = members_world_sign(&w, &author, m);
            }
            bool is_best = best[who] == NULL || op->sequence > best[who]->sequence ||
                           (op->sequence == best[who]->sequence &&
                            memcmp(op->id, best[who]->id, sizeof op->id) < 0);
            best[who] = is_best ? op : best[who];
            first[who] = branch == 0 ? op : first[who];
        }
    }
    struct members_msg m = members_world_msg(MEMBERS_MSG_REVOKE);
    members_world_run(&w);
    assert_int_equal(members_state_cuts(&w.state, place(&w, A), true, &m), 0);
    assert_int_equal(m.cut_count, 2 + 2 * 8);
    int found = 0;
    for (int who = B; who < B + 8; who++) {
        for (size_t i = 0; i < m.cut_count; i++) {
            found += memcmp(m.cuts[i].id.ptr, first[who]->id, sizeof first[who]->id) == 0 ? 1 : 0;
        }
        assert_int_equal(members_state_last(&w.state, best[who]->seat), best[who]->place);
    }
    assert_int_equal(found, 8);
    members_world_close(&w);
}

/* Who was revoked forked its chain before it, behind what honest invitees rest on, and made the
 * fork longer: they stay, whoever revokes and however. */
static void test_a_later_fork_takes_nobody_along(void **state)
{
    (void)state;
    for (int way = 0; way < 2; way++) {
        struct members_world w;
        const struct members_op *op = NULL;
        members_world_open(&w, &members_null_signer, MEMBERS_MSG_INVITER);
        members_world_join(&w, F, A);
        struct members_author fork = w.persons[A].devices[0];
        members_world_join(&w, A, B);
        members_world_join(&w, A, C);
        members_world_join(&w, B, D);
        for (int i = 0; i < 5; i++) {
            (void)members_world_sign(&w, &fork, (struct members_msg){.kind = 77});
        }
        members_world_run(&w);
        if (way == 0) {
            op = members_world_by(&w, F, members_world_revoke(&w, A));
        } else {
            assert_int_equal(
                identity_remove(&w.log, &w.persons[A].root, &w.state, device_key(&w, A, 0), &op),
                0);
        }
        members_world_run(&w);
        assert_true(members_world_stands(&w, op));
        for (int who = B; who <= D; who++) {
            assert_true(members_world_belongs(&w, who));
        }
        members_world_close(&w);
    }
}

/* A freeze ends with the ordinary revocation, and with the ordinary removal of the device. */
static void test_a_revocation_ends_a_freeze(void **state)
{
    (void)state;
    for (int way = 0; way < 2; way++) {
        struct members_world w;
        const struct members_op *r = NULL;
        members_world_open(&w, &members_null_signer, MEMBERS_MSG_INVITER);
        members_world_join(&w, F, A);
        members_world_join(&w, A, B);
        const struct members_op *op =
            members_world_by(&w, A, (struct members_msg){.kind = 4711, .is_critical = true});
        (void)members_world_say(&w, A);
        members_world_run(&w);
        assert_true(w.state.is_frozen);
        if (way == 0) {
            r = members_world_by(&w, F, members_world_revoke(&w, A));
        } else {
            assert_int_equal(
                identity_remove(&w.log, &w.persons[A].root, &w.state, device_key(&w, A, 0), &r), 0);
        }
        members_world_run(&w);
        assert_true(members_world_stands(&w, r));
        assert_false(members_world_counts(&w, op));
        assert_false(w.state.is_frozen);
        assert_true(members_world_belongs(&w, B));
        members_world_close(&w);
    }
}

static void test_cuts_name_what_counts(void **state)
{
    (void)state;
    struct members_world w;
    members_world_open(&w, &members_null_signer, MEMBERS_MSG_INVITER);
    members_world_join(&w, F, A);
    members_world_join(&w, A, B);
    struct members_author fork = w.persons[A].devices[0];
    (void)members_world_say(&w, A);
    const struct members_op *longer = members_world_say(&w, A);
    (void)members_world_sign(&w, &fork, (struct members_msg){.kind = 77});
    struct members_msg m = members_world_revoke(&w, A);
    assert_int_equal(m.cut_count, 2);
    bool is_named = false;
    for (size_t i = 0; i < m.cut_count; i++) {
        is_named = is_named || memcmp(m.cuts[i].id.ptr, longer->id, sizeof longer->id) == 0;
    }
    assert_true(is_named);
    assert_int_equal(members_state_cuts(&w.state, place(&w, A), true, &m), 0);
    assert_int_equal(m.cut_count, 4); /* B's, too */
    assert_int_equal(members_state_cuts(&w.state, place(&w, F), true, &m), 0);
    assert_int_equal(m.cut_count, 6);
    members_world_close(&w);
}

static void test_nothing_leaks(void **state)
{
    (void)state;
    size_t live = mem_live_count();
    struct members_world w;
    members_world_open(&w, &members_null_signer, MEMBERS_MSG_INVITER);
    members_world_join(&w, F, A);
    members_world_run(&w);
    members_world_close(&w);
    assert_int_equal(mem_live_count(), live);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_from_invited_to_revoked),
        cmocka_unit_test(test_a_void_invitation),
        cmocka_unit_test(test_devices_come_and_go),
        cmocka_unit_test(test_devices_bring_their_leaves),
        cmocka_unit_test(test_a_device_of_two_persons),
        cmocka_unit_test(test_unknown_critical_freezes),
        cmocka_unit_test(test_who_leaves_is_out_and_cuts_nothing),
        cmocka_unit_test(test_who_left_and_came_back_is_put_out),
        cmocka_unit_test(test_a_stolen_device_leaves_for_nobody),
        cmocka_unit_test(test_who_left_is_kept_out_by_a_revocation),
        cmocka_unit_test(test_who_leaves_thaws_nothing),
        cmocka_unit_test(test_who_never_joined_freezes_nobody),
        cmocka_unit_test(test_in_an_open_network_the_founder_alone_freezes),
        cmocka_unit_test(test_nobody_escapes_by_many_devices),
        cmocka_unit_test(test_devices_of_a_member_are_bounded),
        cmocka_unit_test(test_cuts_of_forked_chains),
        cmocka_unit_test(test_a_later_fork_takes_nobody_along),
        cmocka_unit_test(test_a_revocation_ends_a_freeze),
        cmocka_unit_test(test_cuts_name_what_counts),
        cmocka_unit_test(test_nothing_leaks),
    };
    return cmocka_run_group_tests_name("members/members_state", tests, NULL, NULL);
}
