/*
 * What a peer lacks: from any of its states to all of ours, in an order that it can take.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "members/members_sync.h"
#include "members/members_heads.h"
#include "tests/support/members_world.h"

enum { F, A, B };

static void test_heads(void **state)
{
    (void)state;
    struct members_world w;
    uint8_t heads[4][MEMBERS_MSG_ID_SIZE];
    members_world_open(&w, &members_null_signer, MEMBERS_MSG_ANY);
    members_world_join(&w, F, A);
    members_world_join(&w, F, B);
    /* Without parents: the last of each chain, and none that is named. */
    (void)members_world_say(&w, F);
    (void)members_world_say(&w, A);
    (void)members_world_say(&w, B);
    assert_int_equal(members_sync_heads(&w.log, heads, 4), 3);
    for (int i = 0; i < 3; i++) {
        assert_false(members_find(&w.log, heads[i])->is_named);
        assert_true(i == 0 || memcmp(heads[i - 1], heads[i], sizeof heads[0]) < 0);
    }
    uint8_t lowest[1][MEMBERS_MSG_ID_SIZE];
    assert_int_equal(members_sync_heads(&w.log, lowest, 1), 3);
    assert_memory_equal(lowest[0], heads[0], sizeof heads[0]);

    /* One that names them all. */
    struct members_msg m = members_world_msg(MEMBERS_MSG_JOIN);
    const struct members_op *op = NULL;
    m.kind = 60;
    members_world_run(&w);
    members_heads_parents(&w.state, &m);
    assert_int_equal(members_write(&w.log, &w.persons[A].devices[0], &m, &op), 0);
    assert_int_equal(members_sync_heads(&w.log, heads, 4), 1);
    assert_memory_equal(heads[0], op->id, sizeof op->id);
    members_world_close(&w);
}

static void test_from_every_state(void **state)
{
    (void)state;
    struct members_world w;
    struct span bytes;
    members_world_open(&w, &members_null_signer, MEMBERS_MSG_ANY);
    members_world_join(&w, F, A);
    members_world_join(&w, A, B);
    (void)members_world_by(&w, B, members_world_revoke(&w, A));
    for (uint32_t have = 1; have <= w.log.op_count; have++) {
        struct members peer;
        struct members_sync s;
        uint8_t heads[16][MEMBERS_MSG_ID_SIZE];
        enum members_fed fed = MEMBERS_KNOWN;
        const struct members_op *genesis = w.log.ops[0];
        assert_int_equal(
            members_init(&peer, w.signer, &w.random, span_of(genesis->bytes, genesis->len)), 0);
        for (uint32_t i = 1; i < have; i++) {
            assert_int_equal(
                members_feed(&peer, span_of(w.log.ops[i]->bytes, w.log.ops[i]->len), 1, &fed), 0);
        }
        size_t count = members_sync_heads(&peer, heads, 16);
        assert_int_equal(members_sync_begin(&s, &w.log, span_of(heads, count * sizeof heads[0])),
                         0);
        uint32_t sent = 0;
        while (members_sync_next(&s, &bytes)) {
            assert_int_equal(members_feed(&peer, bytes, 1, &fed), 0);
            assert_int_equal(fed, MEMBERS_ADDED); /* nothing twice, nothing too early */
            sent++;
        }
        members_sync_end(&s);
        assert_int_equal(sent, w.log.op_count - have);
        assert_int_equal(peer.op_count, w.log.op_count);
        /* Heads that are not here: we lack something. */
        heads[0][0] ^= 1;
        assert_int_equal(members_sync_begin(&s, &w.log, span_of(heads, sizeof heads[0])), 1);
        members_sync_end(&s);
        members_clear(&peer);
    }
    members_world_close(&w);
}

/* The state as of stated heads: what came later plays no part. */
static void test_a_view_of_the_past(void **state)
{
    (void)state;
    struct members_world w;
    struct members view;
    struct members_state then;
    uint8_t head[MEMBERS_MSG_ID_SIZE];
    uint8_t want[HASH_SHA256_SIZE];
    uint8_t have[HASH_SHA256_SIZE];
    const struct members_op *op = NULL;
    members_world_open(&w, &members_null_signer, MEMBERS_MSG_ANY);
    members_world_join(&w, F, A);
    members_world_join(&w, A, B);
    struct members_msg m = members_world_msg(MEMBERS_MSG_JOIN);
    m.kind = 60;
    members_world_run(&w);
    members_heads_parents(&w.state, &m);
    assert_int_equal(members_write(&w.log, &w.persons[A].devices[0], &m, &op), 0);
    memcpy(head, op->id, sizeof head);
    members_world_run(&w);
    members_state_hash(&w.state, want);
    uint32_t count = w.log.op_count;
    (void)members_world_by(&w, B, members_world_revoke(&w, A));
    members_world_run(&w);
    members_state_hash(&w.state, have);
    assert_memory_not_equal(want, have, sizeof want);
    assert_int_equal(members_sync_view(&w.log, &w.random, span_of(head, sizeof head), &view), 0);
    assert_int_equal(view.op_count, count);
    members_state_init(&then);
    members_state_run(&then, &view);
    members_state_hash(&then, have);
    assert_memory_equal(want, have, sizeof want);
    members_state_clear(&then);
    members_check(&view);
    members_clear(&view);
    head[0] ^= 1;
    assert_int_equal(members_sync_view(&w.log, &w.random, span_of(head, sizeof head), &view),
                     WAVU_ERR_AGAIN);
    members_world_close(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_heads),
        cmocka_unit_test(test_from_every_state),
        cmocka_unit_test(test_a_view_of_the_past),
    };
    return cmocka_run_group_tests_name("members/members_sync", tests, NULL, NULL);
}
