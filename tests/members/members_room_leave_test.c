/*
 * Room for leaving, and for the founder's MERGEs: by the part of an account that is for
 * revocations, where the rest is full.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/support/members_world.h"

enum { F, A, B };

static int try(struct members_world *w, int by, enum members_msg_kind kind)
{
    struct members_msg m = members_world_msg(kind);
    const struct members_op *op = NULL;
    m.content = span_from_text("x");
    m.content.len = kind == MEMBERS_MSG_LEAVE || kind == MEMBERS_MSG_MERGE ? 0 : 1;
    return members_world_forge(w, &w->persons[by].devices[0], &m, &op);
}

/* Whoever filled the account of those whom it brought in keeps nobody, as long as the reserve is
 * there. It is charged alike after a restart. */
static void test_nobody_is_kept_by_a_full_account(void **state)
{
    (void)state;
    struct members_world w;
    const enum members_msg_kind noise = (enum members_msg_kind)77;
    members_world_open(&w, &members_null_signer, MEMBERS_MSG_INVITER);
    members_world_join(&w, F, A);
    members_world_join(&w, A, B);
    const uint32_t ops = MEMBERS_OPERATIONS_MAX - MEMBERS_OPERATIONS_MAX / MEMBERS_RESERVE;
    uint32_t b = members_member_of(&w.log, w.persons[B].member);
    struct members_use *above = &w.log.members[w.log.members[b].inviter].under;
    const struct members_use before = *above;
    above->ops = ops >> 1;
    above->takes = (MEMBERS_OPERATIONS_MAX / MEMBERS_RESERVE) >> 2;
    assert_int_equal(try(&w, B, MEMBERS_MSG_LEAVE), WAVU_ERR_LIMIT); /* not even there */
    above->takes = before.takes;
    assert_int_equal(try(&w, B, noise), WAVU_ERR_LIMIT);
    assert_int_equal(try(&w, B, MEMBERS_MSG_LEAVE), 0);
    assert_int_equal(above->takes, before.takes + 1);
    above->ops = before.ops + 1;
    members_check(&w.log);
    assert_true(w.log.ops[w.log.op_count - 1]->is_reserve);
    members_world_restart(&w);
    assert_true(w.log.ops[w.log.op_count - 1]->is_reserve);
    assert_int_equal(w.log.members[w.log.members[b].inviter].under.takes, before.takes + 1);
    members_world_run(&w);
    assert_int_equal(w.state.members[b].status, MEMBERS_STATE_LEFT);
    members_world_close(&w);
}

/* A log that others have filled, with more heads than an epoch can name. */
static void test_the_founder_brings_a_full_log_together(void **state)
{
    (void)state;
    for (int policy = MEMBERS_MSG_INVITER; policy <= MEMBERS_MSG_OPEN; policy++) {
        struct members_world w;
        members_world_open(&w, &members_null_signer, (enum members_msg_policy)policy);
        members_world_join(&w, F, A);
        const uint32_t ops = MEMBERS_OPERATIONS_MAX - MEMBERS_OPERATIONS_MAX / MEMBERS_RESERVE;
        struct members_use *all = &w.log.members[MEMBERS_GENESIS].under;
        const struct members_use before = *all;
        all->ops = ops;
        assert_int_equal(try(&w, F, (enum members_msg_kind)77), WAVU_ERR_LIMIT);
        assert_int_equal(try(&w, A, MEMBERS_MSG_MERGE), WAVU_ERR_LIMIT);
        assert_int_equal(try(&w, F, MEMBERS_MSG_MERGE), 0);
        assert_true(w.log.ops[w.log.op_count - 1]->is_reserve);
        assert_int_equal(all->takes, before.takes + 1);
        all->ops = before.ops + 1;
        members_world_restart(&w);
        assert_true(w.log.ops[w.log.op_count - 1]->is_reserve);
        members_world_close(&w);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nobody_is_kept_by_a_full_account),
        cmocka_unit_test(test_the_founder_brings_a_full_log_together),
    };
    return cmocka_run_group_tests_name("members/members_room_leave", tests, NULL, NULL);
}
