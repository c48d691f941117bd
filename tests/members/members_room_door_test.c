/*
 * Room in an open network: whoever comes by asking, with as many keys as it likes, leaves half of
 * the log to those whom people invited.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "members/members_room.h"
#include "tests/support/members_world.h"

enum { F, A, B, C, STRANGER };

#define KEYS 100 /* that come by asking: with as many guests three times what fills the log */

/* Sign what means nothing for as long as there is room. */
static void flood(struct members_world *w, struct members_author *author)
{
    const struct members_op *op = NULL;
    struct members_msg m;
    do {
        m = members_world_msg(MEMBERS_MSG_JOIN);
        m.kind = 99;
        m.content = span_of(&w->keys, sizeof w->keys);
        w->keys++;
    } while (members_world_forge(w, author, &m, &op) == 0);
}

/* Come by the door of `at`, one key after the other, as long as they are let in; each brings
 * another one, whom it invites as a person would. Then fill what there is. Returns how many came.
 */
static unsigned come_and_flood(struct members_world *w, int at)
{
    static struct members_author came[2 * KEYS];
    struct members_world_person *p = &w->persons[STRANGER];
    uint32_t keeper = members_member_of(&w->log, w->persons[at].member);
    unsigned count = 0;
    while (count < 2 * KEYS && members_room_has_door(&w->log, keeper) &&
           members_world_come(w, &w->persons[at].devices[0], true, p) == 0) {
        came[count] = p->devices[0];
        assert_int_equal(members_world_come(w, &came[count], false, p), 0);
        came[count + 1] = p->devices[0];
        count += 2;
    }
    for (unsigned i = 0; i < count; i++) {
        flood(w, &came[i]);
    }
    return count / 2;
}

static void test_who_asks_leaves_half_to_whom_people_invite(void **state)
{
    (void)state;
    struct members_world w;
    members_world_open(&w, &members_null_signer, MEMBERS_MSG_OPEN);
    members_world_join(&w, F, A);
    unsigned came = come_and_flood(&w, F);
    assert_int_equal(came, KEYS);
    assert_false(members_room_has_door(&w.log, MEMBERS_GENESIS));
    assert_in_range(w.log.doors.ops, MEMBERS_OPERATIONS_MAX / 4, MEMBERS_OPERATIONS_MAX / 2);
    assert_int_equal(come_and_flood(&w, A), 0); /* another's door is no way around it */
    members_world_restart(&w);
    assert_false(members_room_has_door(&w.log, MEMBERS_GENESIS));
    members_world_join(&w, A, B); /* people invite, and whom they invite comes in and invites */
    members_world_join(&w, B, C);
    members_world_device(&w, A);
    (void)members_world_by(&w, F, members_world_msg(MEMBERS_MSG_MERGE));
    members_world_run(&w);
    assert_true(members_world_belongs(&w, B));
    assert_true(members_world_belongs(&w, C));
    members_check(&w.log);
    members_world_close(&w);
}

/* Who keeps a door has half of its account left, however many came by it. */
static void test_a_door_leaves_its_person_room(void **state)
{
    (void)state;
    struct members_world w;
    unsigned came = 0;
    members_world_open(&w, &members_null_signer, MEMBERS_MSG_OPEN);
    members_world_join(&w, F, A);
    uint32_t keeper = members_member_of(&w.log, w.persons[A].member);
    while (members_room_has_door(&w.log, keeper)) {
        assert_int_equal(
            members_world_come(&w, &w.persons[A].devices[0], true, &w.persons[STRANGER]), 0);
        came++;
    }
    assert_in_range(came, 100, MEMBERS_OPERATIONS_MAX / MEMBERS_SHARE_OPEN / 2);
    assert_true(members_room_has_door(&w.log, MEMBERS_GENESIS));
    for (unsigned i = 0; i < came; i++) {
        assert_int_equal(
            members_world_come(&w, &w.persons[A].devices[0], false, &w.persons[STRANGER]), 0);
    }
    members_check(&w.log);
    members_world_close(&w);
}

/* Whoever says of somebody that a door let him in takes nothing from others where there are none.
 */
static void test_closed_networks_have_no_doors(void **state)
{
    (void)state;
    struct members_world w;
    members_world_open(&w, &members_null_signer, MEMBERS_MSG_INVITER);
    assert_int_equal(members_world_come(&w, &w.persons[F].devices[0], true, &w.persons[STRANGER]),
                     0);
    assert_int_equal(w.log.doors.ops, 0);
    assert_false(w.log.members[w.log.member_count - 1].is_by_door);
    members_check(&w.log);
    members_world_close(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_who_asks_leaves_half_to_whom_people_invite),
        cmocka_unit_test(test_a_door_leaves_its_person_room),
        cmocka_unit_test(test_closed_networks_have_no_doors),
    };
    return cmocka_run_group_tests_name("members/members_room_door", tests, NULL, NULL);
}
