/*
 * Heads as others use them: none of a revoked key's making, and never many for long.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "members/members_heads.h"
#include "members/members_sync.h"
#include "tests/support/members_world.h"

enum { F, A, B, C, D };
enum { ROOM = 256, GROUP_HEADS = 16 /* EPOCH_MSG_LOG_HEADS_MAX */ };

static void family(struct members_world *w)
{
    members_world_open(w, &members_null_signer, MEMBERS_MSG_INVITER);
    members_world_join(w, F, A);
    members_world_join(w, A, B);
    members_world_join(w, F, D);
}

static void fork_often(struct members_world *w, int by, int count)
{
    const struct members_op *op = NULL;
    for (int i = 0; i < count; i++) {
        struct members_author twin = w->persons[by].devices[0];
        struct members_msg m = members_world_msg(MEMBERS_MSG_JOIN);
        m.kind = 99;
        m.content = span_of(&w->keys, sizeof w->keys);
        w->keys++;
        assert_int_equal(members_world_forge(w, &twin, &m, &op), 0);
    }
}

static size_t count_heads(struct members_world *w)
{
    uint8_t heads[ROOM][MEMBERS_MSG_ID_SIZE];
    members_world_run(w);
    return members_heads(&w->state, heads, ROOM);
}

/* The log as of the heads says what the whole one says. */
static void check_view(struct members_world *w)
{
    uint8_t heads[ROOM][MEMBERS_MSG_ID_SIZE];
    uint8_t want[HASH_SHA256_SIZE];
    uint8_t have[HASH_SHA256_SIZE];
    struct members view;
    struct members_state then;
    members_world_run(w);
    size_t count = members_heads(&w->state, heads, ROOM);
    assert_in_range(count, 1, ROOM);
    for (size_t i = 1; i < count; i++) {
        assert_true(memcmp(heads[i - 1], heads[i], sizeof heads[0]) < 0);
    }
    assert_int_equal(
        members_sync_view(&w->log, &w->random, span_of(heads[0], count * sizeof heads[0]), &view),
        0);
    members_state_init(&then);
    members_state_run(&then, &view);
    members_state_hash(&w->state, want);
    members_state_hash(&then, have);
    assert_memory_equal(want, have, sizeof want);
    members_state_clear(&then);
    members_clear(&view);
}

static void test_a_revoked_key_makes_no_heads(void **state)
{
    (void)state;
    struct members_world w;
    uint8_t all[ROOM][MEMBERS_MSG_ID_SIZE];
    family(&w);
    (void)members_world_by(&w, F, members_world_revoke(&w, B));
    size_t before = count_heads(&w);
    fork_often(&w, B, 50);
    assert_true(members_sync_heads(&w.log, all, ROOM) >= 50);
    assert_int_equal(count_heads(&w), before);
    check_view(&w);

    /* What is signed here names none of them. */
    struct members_msg m = members_world_msg(MEMBERS_MSG_JOIN);
    const struct members_op *op = NULL;
    m.kind = 60;
    members_heads_parents(&w.state, &m);
    assert_int_equal(m.parent_count, before);
    assert_int_equal(members_write(&w.log, &w.persons[D].devices[0], &m, &op), 0);
    assert_int_equal(count_heads(&w), 1);
    check_view(&w);
    members_world_close(&w);
}

/* A void revocation is a head yet: it may decide of others. */
static void test_revocations_play_a_part(void **state)
{
    (void)state;
    struct members_world w;
    family(&w);
    struct members_msg against = members_world_revoke(&w, D);
    (void)members_world_by(&w, F, members_world_revoke(&w, B));
    const struct members_op *op = members_world_by(&w, B, against);
    members_world_run(&w);
    assert_false(members_world_counts(&w, op));
    uint8_t heads[ROOM][MEMBERS_MSG_ID_SIZE];
    size_t count = members_heads(&w.state, heads, ROOM);
    bool is_there = false;
    for (size_t i = 0; i < count; i++) {
        is_there = is_there || memcmp(heads[i], op->id, sizeof op->id) == 0;
    }
    assert_true(is_there);
    check_view(&w);
    members_world_close(&w);
}

/* Somebody who belongs makes as many heads as go in. One device after the other has the turn; what
 * it signs brings 32 together, until they are few. */
static void test_many_heads_are_brought_together(void **state)
{
    (void)state;
    struct members_world w;
    const struct members_op *op = NULL;
    int merges = 0;
    family(&w);
    fork_often(&w, A, MEMBERS_BRANCHES_MAX + 1);
    struct members_author *live[] = {&w.persons[F].devices[0], &w.persons[B].devices[0],
                                     &w.persons[D].devices[0]};
    assert_true(count_heads(&w) > MEMBERS_BRANCHES_MAX);
    while (count_heads(&w) > MEMBERS_HEADS_MANY) {
        uint32_t seen = 0;
        struct members_author *first = NULL;
        for (int i = 0; i < 3; i++) {
            uint32_t turn = members_heads_turn(&w.state, live[i]->pair.public_key);
            assert_in_range(turn, 0, 2);
            seen |= 1u << turn;
            first = turn == 0 ? live[i] : first;
        }
        assert_int_equal(seen, 7); /* each its own */
        /* The forked device is none that is live. */
        assert_int_equal(members_heads_turn(&w.state, w.persons[A].devices[0].pair.public_key),
                         MEMBERS_NONE);
        assert_int_equal(members_heads_merge(&w.log, first, &w.state, &op), 0);
        assert_int_equal(op->kind, MEMBERS_MSG_MERGE);
        check_view(&w);
        merges++;
    }
    assert_in_range(merges, 2, 3);
    assert_true(count_heads(&w) <= GROUP_HEADS);
    assert_int_equal(members_heads_turn(&w.state, live[0]->pair.public_key), MEMBERS_NONE);
    members_world_close(&w);
}

/* Who makes heads again and again does not use up the chains of those who bring them together. */
static void test_merges_leave_the_rest_of_a_chain(void **state)
{
    (void)state;
    struct members_world w;
    const struct members_op *op = NULL;
    family(&w);
    fork_often(&w, A, MEMBERS_BRANCHES_MAX + 1);
    struct members_author *f = &w.persons[F].devices[0];
    const uint8_t *others[] = {w.persons[B].devices[0].pair.public_key,
                               w.persons[D].devices[0].pair.public_key};
    while (f->sequence < MEMBERS_HEADS_MERGES_END - 1) {
        (void)members_world_say(&w, F);
    }
    assert_true(count_heads(&w) > MEMBERS_HEADS_MANY);
    assert_int_not_equal(members_heads_turn(&w.state, f->pair.public_key), MEMBERS_NONE);
    assert_int_equal(members_heads_merge(&w.log, f, &w.state, &op), 0);
    assert_true(count_heads(&w) > MEMBERS_HEADS_MANY);
    assert_int_equal(members_heads_turn(&w.state, f->pair.public_key), MEMBERS_NONE);
    assert_int_equal(members_heads_merge(&w.log, f, &w.state, &op), WAVU_ERR_LIMIT);
    assert_int_equal(
        members_heads_turn(&w.state, others[0]) + members_heads_turn(&w.state, others[1]), 0 + 1);

    while (f->sequence < MEMBERS_SEQUENCE_MAX - MEMBERS_WRITE_LAST) {
        (void)members_world_say(&w, F);
    }
    struct members_msg m = members_world_msg(MEMBERS_MSG_INVITE);
    m.key = span_of(others[0], MEMBERS_MSG_KEY_SIZE);
    assert_int_equal(members_write(&w.log, f, &m, &op), WAVU_ERR_LIMIT);
    members_world_run(&w);
    m = members_world_revoke(&w, A);
    assert_int_equal(members_write(&w.log, f, &m, &op), 0);
    members_world_close(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_revoked_key_makes_no_heads),
        cmocka_unit_test(test_revocations_play_a_part),
        cmocka_unit_test(test_many_heads_are_brought_together),
        cmocka_unit_test(test_merges_leave_the_rest_of_a_chain),
    };
    return cmocka_run_group_tests_name("members/members_heads", tests, NULL, NULL);
}
