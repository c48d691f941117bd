/*
 * Signers of a revocation: tallies against trying all pairs, and strengths.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "members/members_signers.h"
#include "tests/support/members_world.h"

enum { F, A, B, C, D, E };

static bool is_pair(const struct members *log, uint32_t target, uint32_t a, uint32_t b)
{
    const uint32_t both[] = {a, b};
    for (int i = 0; i < 2; i++) {
        if (both[i] == target ||
            (target != MEMBERS_GENESIS && members_is_under(log, both[i], target))) {
            return false;
        }
    }
    return log->members[a].branch != log->members[b].branch &&
           memcmp(log->members[a].root, log->members[b].root, MEMBERS_MSG_KEY_SIZE) != 0;
}

/* By trying all pairs of signers that are not in `lost`. */
static bool has_pair(const struct members *log, uint32_t r, const uint32_t *cosigns, uint32_t count,
                     uint32_t lost)
{
    const struct members_op *op = log->ops[r];
    uint32_t members[16] = {op->member};
    uint32_t n = 1;
    bool found = false;
    for (uint32_t i = 0; i < count; i++) {
        members[n] = log->ops[cosigns[i]]->member;
        n += (lost >> i & 1) == 0 ? 1 : 0;
    }
    for (uint32_t i = 0; i < n; i++) {
        for (uint32_t k = 0; k < i; k++) {
            found = found || is_pair(log, op->target, members[i], members[k]);
        }
    }
    return found;
}

/* One person whom two invited, so that a root is met in two branches. */
static void join_again(struct members_world *w, int by, int as, int who)
{
    struct members_world_person *p = &w->persons[as];
    struct members_msg m = members_world_msg(MEMBERS_MSG_INVITE);
    p->root.pair = w->persons[who].root.pair;
    m.key = span_of(p->root.pair.public_key, sizeof p->root.pair.public_key);
    const struct members_op *op = members_world_by(w, by, m);
    memcpy(p->member, op->id, sizeof op->id);
    memcpy(p->root.member, op->id, sizeof op->id);
    members_world_device(w, as);
    op = members_world_by(w, as, members_world_msg(MEMBERS_MSG_JOIN));
    p->devices[0].has_join = true;
    memcpy(p->devices[0].join, op->id, sizeof op->id);
}

static void family(struct members_world *w)
{
    members_world_open(w, &members_null_signer, MEMBERS_MSG_TWO);
    members_world_join(w, F, A);
    members_world_join(w, F, D);
    members_world_join(w, A, B);
    members_world_join(w, B, C);
    members_world_join(w, D, E);
    members_world_join(w, A, 6);
    join_again(w, D, 7, 6);
}

/* Every set of co-signers, lost in every order of two: the tallies say what all pairs say. */
static void test_tallies_are_pairs(void **state)
{
    (void)state;
    static const int signers[] = {A, B, D, E, 6, 7};
    for (uint32_t set = 0; set < 1u << 6; set++) {
        struct members_world w;
        struct members_signers s;
        uint32_t cosigns[6];
        uint32_t count = 0;
        uint32_t lost = 0;
        family(&w);
        uint32_t r = members_world_by(&w, 6, members_world_revoke(&w, C))->place;
        for (uint32_t i = 0; i < 6; i++) {
            if ((set >> i & 1) != 0) {
                cosigns[count++] = members_world_cosign(&w, signers[i], w.log.ops[r])->place;
            }
        }
        members_signers_init(&s, &w.log);
        assert_false(members_signers_must(&s, r)); /* none is known to count */
        for (uint32_t i = 0; i < count; i++) {
            assert_int_equal(members_signers_may(&s, r), has_pair(&w.log, r, cosigns, count, lost));
            uint32_t next = (i * 5 + set) % count;
            while ((lost >> next & 1) != 0) {
                next = (next + 1) % count;
            }
            lost |= 1u << next;
            members_signers_lose(&s, cosigns[next]);
        }
        assert_false(members_signers_may(&s, r));
        members_signers_clear(&s);

        members_signers_init(&s, &w.log);
        for (uint32_t i = 0; i < count; i++) {
            members_signers_gain(&s, cosigns[i]);
            uint32_t rest = UINT32_MAX << (i + 1);
            assert_int_equal(members_signers_must(&s, r),
                             has_pair(&w.log, r, cosigns, count, rest));
        }
        members_signers_clear(&s);
        members_world_close(&w);
    }
}

static void test_strength(void **state)
{
    (void)state;
    struct members_world w;
    struct members_signers s;
    family(&w);
    uint32_t single = members_world_by(&w, B, members_world_revoke(&w, E))->place;
    const struct members_op *op = members_world_by(&w, B, members_world_revoke(&w, C));
    uint32_t by_e = members_world_cosign(&w, E, op)->place;
    uint32_t by_d = members_world_cosign(&w, D, op)->place;
    uint32_t nearest[256];
    for (size_t i = 0; i < sizeof nearest / sizeof nearest[0]; i++) {
        nearest[i] = MEMBERS_NONE;
    }
    members_signers_init(&s, &w.log);
    uint32_t pair = members_signers_strength(&s, op->place);
    assert_true(pair > members_signers_strength(&s, single));
    assert_int_equal(members_signers_depth(&s, op->place), 1);
    assert_int_equal(members_signers_depth(&s, single), 2);
    members_signers_lose(&s, by_d); /* E is left, farther away */
    assert_int_equal(members_signers_strength(&s, op->place), pair - 1);
    assert_int_equal(members_signers_depth(&s, op->place), 2);
    nearest[by_e] = 2; /* as far: contests nothing */
    nearest[op->place] = 1;
    members_signers_contest(&s, op->place, nearest);
    assert_int_equal(members_signers_strength(&s, op->place), pair - 1);
    nearest[by_e] = 1;
    members_signers_contest(&s, op->place, nearest);
    assert_int_equal(members_signers_strength(&s, op->place), members_signers_strength(&s, single));
    assert_true(members_signers_may(&s, op->place)); /* it is still a pair */
    members_signers_clear(&s);
    members_world_close(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tallies_are_pairs),
        cmocka_unit_test(test_strength),
    };
    return cmocka_run_group_tests_name("members/members_signers", tests, NULL, NULL);
}
