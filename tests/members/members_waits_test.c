/*
 * The graph of what waits for what: through its gates each operation waits for exactly those
 * revocations that cut it, found here by walking back from each cut; and it stays small.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/mem.h"
#include "members/members_admit.h"
#include "members/members_waits.h"
#include "tests/support/members_hostile.h"

static bool cuts(const struct members *log, const struct members_op *r, const struct members_op *x)
{
    if (x->seat == MEMBERS_NONE) {
        return false;
    }
    bool is_for = r->kind == MEMBERS_MSG_REVOKE
                      ? x->member == r->target ||
                            (r->is_subtree && members_is_under(log, x->member, r->target))
                      : x->seat == r->target;
    if (!is_for) {
        return false;
    }
    const uint32_t *last = r->kind == MEMBERS_MSG_SUCCEED ? &r->place : r->cuts;
    uint32_t count = r->kind == MEMBERS_MSG_SUCCEED ? 1 : r->cut_count;
    for (uint32_t i = 0; i < count; i++) {
        for (uint32_t at = last[i]; at != MEMBERS_NONE; at = log->ops[at]->previous) {
            if (at == x->place) {
                return false;
            }
        }
    }
    return true;
}

/* Mark all effects that the gates of operation `x` lead to. */
static void gather(const struct members_waits *w, uint32_t x, uint8_t *seen, uint32_t *stack)
{
    uint32_t count = 0;
    stack[count++] = x;
    memset(seen, 0, w->node_count);
    while (count > 0) {
        uint32_t node = stack[--count];
        for (uint32_t i = w->down.first[node]; i < w->down.first[node + 1]; i++) {
            uint32_t to = w->down.items[i];
            if (members_waits_is_op(w, to) || seen[to] != 0) {
                continue;
            }
            seen[to] = 1;
            if (!members_waits_is_effect(w, to)) {
                assert_true(members_waits_is_op(w, node) || to < node); /* gates: behind those */
                stack[count++] = to;
            }
        }
    }
}

/* Returns how many cuts were met. */
static uint64_t check_log(const struct members *log)
{
    struct members_waits w;
    uint8_t *may = mem_new(log->op_count);
    uint64_t met = 0;
    for (uint32_t i = 0; i < log->op_count; i++) {
        may[i] = members_admit_is_revocation(log->ops[i]->kind) && i % 5 != 0;
    }
    members_waits_init(&w, log, may);
    uint8_t *seen = mem_new(w.node_count);
    uint32_t *stack = mem_new_array(w.node_count, sizeof *stack);
    for (uint32_t x = 0; x < log->op_count; x++) {
        gather(&w, x, seen, stack);
        for (uint32_t r = 0; r < log->op_count; r++) {
            bool want = may[r] != 0 && cuts(log, log->ops[r], log->ops[x]);
            bool have = w.effects[r] != MEMBERS_NONE && seen[w.effects[r]] != 0;
            assert_int_equal(have, want);
            met += want ? 1 : 0;
        }
    }
    mem_free(stack);
    mem_free(seen);
    mem_free(may);
    members_waits_clear(&w);
    return met;
}

static void test_gates_lead_to_who_cuts(void **state)
{
    (void)state;
    for (int kind = 0; kind < MEMBERS_HOSTILE_END; kind++) {
        struct members_world w;
        members_hostile_open(&w, (enum members_hostile)kind, 1100);
        assert_true(check_log(&w.log) > 20);
        members_world_close(&w);
    }
}

/* A REMOVE and a SUCCEED are for one chain, and a REVOKE for all, those under it by subtree. */
static void test_each_kind(void **state)
{
    (void)state;
    for (int is_subtree = 0; is_subtree < 2; is_subtree++) {
        struct members_world w;
        const struct members_op *op = NULL;
        members_world_open(&w, &members_null_signer, MEMBERS_MSG_ANY);
        members_world_join(&w, 0, 1);
        members_world_join(&w, 1, 2);
        members_world_join(&w, 2, 3);
        members_world_device(&w, 2);
        struct members_msg remove = members_world_remove(&w, 2, 0);
        struct members_msg bare = members_world_remove(&w, 2, 1);
        struct members_author early = w.persons[2].devices[0];
        for (int i = 0; i < 3; i++) {
            (void)members_world_say(&w, 2);
            (void)members_world_say(&w, 3);
        }
        w.persons[2].devices[0] = early;
        (void)members_world_say(&w, 2);
        (void)members_world_sign(&w, &w.persons[2].root, remove);
        (void)members_world_sign(&w, &w.persons[2].root, bare); /* honours nothing */
        struct identity next = {members_null_pair(w.signer, 500)};
        assert_int_equal(identity_succeed(&w.log, &w.persons[2].root, &next, &op), 0);
        for (int i = 0; i < 4; i++) {
            struct members_msg m = members_world_revoke(&w, 2 - i / 2);
            m.is_subtree = is_subtree == 1;
            (void)members_world_by(&w, 0, m);
            (void)members_world_say(&w, 2);
            (void)members_world_say(&w, 3);
        }
        assert_true(check_log(&w.log) > 8);
        members_world_close(&w);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_gates_lead_to_who_cuts),
        cmocka_unit_test(test_each_kind),
    };
    return cmocka_run_group_tests_name("members/members_waits", tests, NULL, NULL);
}
