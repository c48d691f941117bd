/*
 * Who may wait: strangers share a small part, members and branches have theirs, and who is nearer
 * to the founder, or has room for guests, finds a place all the same.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "members/members_places.h"
#include "tests/support/members_world.h"

enum { F, A, B, C, D, E };

static void copy(struct members_world *w, struct members *to)
{
    enum members_fed fed = MEMBERS_KNOWN;
    for (uint32_t i = 0; i < w->log.op_count; i++) {
        const struct span op = span_of(w->log.ops[i]->bytes, w->log.ops[i]->len);
        assert_int_equal(i == MEMBERS_GENESIS ? members_init(to, w->signer, &w->random, op)
                                              : members_feed_verified(to, op, &fed),
                         0);
    }
}

/* F invited A and D; A invited B, B invited C; D invited E. `far` has all that. */
static void open(struct members_world *w, struct members *far)
{
    members_world_open(w, &members_null_signer, MEMBERS_MSG_INVITER);
    members_world_join(w, F, A);
    members_world_join(w, A, B);
    members_world_join(w, B, C);
    members_world_join(w, F, D);
    members_world_join(w, D, E);
    copy(w, far);
}

static void close_both(struct members_world *w, struct members *far)
{
    members_check(far);
    members_clear(far);
    members_world_close(w);
}

static int give(struct members *to, const struct members_op *op, uint64_t source)
{
    enum members_fed fed = MEMBERS_KNOWN;
    return members_feed(to, span_of(op->bytes, op->len), source, &fed);
}

static bool waits(const struct members *log, const struct members_op *op)
{
    return map_get(&log->pending_map, span_of(op->id, sizeof op->id)) != NULL;
}

/* An operation with a content of that many bytes. */
static const struct members_op *say(struct members_world *w, int by, size_t len)
{
    static const uint8_t big[MEMBERS_MSG_SIZE_MAX] = {1};
    struct members_msg m = members_world_msg((enum members_msg_kind)99);
    m.content = span_of(big, len);
    return members_world_by(w, by, m);
}

/* Let `by` sign `count` operations, of which the log `to` gets all but the first. Returns how many
 * find a place. */
static uint32_t give_tail(struct members_world *w, struct members *to, int by, uint32_t count)
{
    uint32_t given = 0;
    (void)members_world_say(w, by);
    for (uint32_t i = 0; i < count; i++) {
        int rc = give(to, members_world_say(w, by), 1);
        assert_true(rc == 0 || rc == WAVU_ERR_LIMIT);
        given += rc == 0 ? 1 : 0;
    }
    return given;
}

/* A well signed operation of a key and a member that nobody knows. */
static void give_stranger(struct members_world *w, struct members *to, uint64_t number,
                          uint64_t source, uint8_t id[MEMBERS_MSG_ID_SIZE])
{
    uint8_t body[512];
    uint8_t whole[1024];
    uint8_t signature[SIGNER_SIZE];
    uint8_t member[MEMBERS_MSG_ID_SIZE] = {0xee};
    struct wr out;
    enum members_fed fed = MEMBERS_KNOWN;
    struct members_msg m = members_world_msg(MEMBERS_MSG_JOIN);
    const struct ed25519_pair pair = members_null_pair(w->signer, 1000000 + number);
    memcpy(member + 8, &number, sizeof number);
    m.format = MEMBERS_MSG_FORMAT;
    m.is_known = true;
    m.network = span_of(members_network(to), MEMBERS_MSG_ID_SIZE);
    m.member = span_of(member, sizeof member);
    m.author = span_of(pair.public_key, sizeof pair.public_key);
    m.sequence = 1;
    wr_init(&out, span_mut_of(body, sizeof body));
    members_msg_encode_body(&out, &m);
    const struct span signed_body = wr_span(&out);
    w->signer->sign(w->signer->context, signature, &pair, members_msg_label_operation, signed_body);
    signer_id(id, members_msg_label_operation, signed_body);
    wr_init(&out, span_mut_of(whole, sizeof whole));
    members_msg_encode_signed(&out, signed_body, span_of(signature, sizeof signature));
    assert_int_equal(members_feed(to, wr_span(&out), source, &fed), 0);
    assert_int_equal(fed, MEMBERS_PENDING);
}

/* A REVOKE that rests on something that is not here. */
static const struct members_op *revoke_later(struct members_world *w, const struct members_op **on)
{
    *on = members_world_say(w, E);
    members_world_run(w);
    struct members_msg m = members_world_revoke(w, A);
    m.parents[0] = span_of((*on)->id, sizeof(*on)->id);
    m.parent_count = 1;
    return members_world_by(w, F, m);
}

/* Strangers, whoever carries them, have one small part: the oldest goes. */
static void test_strangers_fill_their_part(void **state)
{
    (void)state;
    struct members_world w;
    struct members far;
    const struct members_op *on = NULL;
    uint8_t first[MEMBERS_MSG_ID_SIZE];
    uint8_t id[MEMBERS_MSG_ID_SIZE];
    open(&w, &far);
    give_stranger(&w, &far, 0, 100, first);
    for (uint64_t i = 1; i < MEMBERS_PENDING_MAX + 100; i++) {
        give_stranger(&w, &far, i, 100 + i % 2, id);
    }
    assert_int_equal(far.pending_count, MEMBERS_PENDING_UNKNOWN_MAX);
    assert_null(map_get(&far.pending_map, span_of(first, sizeof first)));
    assert_non_null(map_get(&far.pending_map, span_of(id, sizeof id)));
    members_check(&far);
    const struct members_op *revoke = revoke_later(&w, &on);
    assert_int_equal(give(&far, revoke, 100), 0);
    assert_true(waits(&far, revoke));
    members_drop_source(&far, 100); /* what members signed stays */
    assert_int_equal(far.pending_count, 1 + MEMBERS_PENDING_UNKNOWN_MAX / 2);
    members_check(&far);
    assert_int_equal(give(&far, on, 5), 0);
    assert_non_null(members_find(&far, revoke->id));
    close_both(&w, &far);
}

/* A member, too; what finds no place is refused before its signature is looked at. */
static void test_a_member_fills_its_part(void **state)
{
    (void)state;
    struct members_world w;
    struct members far;
    enum members_fed fed = MEMBERS_KNOWN;
    uint8_t bad[MEMBERS_MSG_SIZE_MAX];
    open(&w, &far);
    assert_int_equal(give_tail(&w, &far, C, 200), MEMBERS_PENDING_MEMBER_MAX);
    const struct members_op *op = members_world_say(&w, C);
    memcpy(bad, op->bytes, op->len);
    bad[op->len - 1] ^= 1; /* in the signature */
    assert_int_equal(members_feed(&far, span_of(bad, op->len), 8, &fed), WAVU_ERR_LIMIT);
    op = w.log.ops[w.log.op_count - 201]; /* it waits already */
    assert_true(waits(&far, op));
    assert_int_equal(give(&far, op, 9), 0);
    assert_int_equal(far.pending_count, MEMBERS_PENDING_MEMBER_MAX);
    op = w.log.ops[w.log.op_count - 202]; /* what they wait for */
    assert_int_equal(give(&far, op, 9), 0);
    assert_int_equal(far.pending_count, 0);

    uint32_t count = 0; /* a long one takes several places */
    (void)say(&w, E, 10);
    while (give(&far, say(&w, E, 7800), 7) == 0) {
        count++;
    }
    assert_int_equal(count, MEMBERS_PENDING_MEMBER_MAX / 8);
    close_both(&w, &far);
}

/* A branch, too. Who is nearer to the founder drives out who is farther, in its own branch. */
static void test_a_branch_fills_its_part(void **state)
{
    (void)state;
    struct members_world w;
    struct members far;
    open(&w, &far);
    assert_int_equal(give_tail(&w, &far, C, 200), MEMBERS_PENDING_MEMBER_MAX);
    assert_int_equal(give_tail(&w, &far, B, 200), MEMBERS_PENDING_MEMBER_MAX);
    assert_int_equal(far.pending_count, MEMBERS_PENDING_BRANCH_MAX);
    assert_int_equal(give_tail(&w, &far, A, 10), 10);
    assert_int_equal(give_tail(&w, &far, C, 10), 0);
    assert_int_equal(far.pending_count, MEMBERS_PENDING_BRANCH_MAX);
    assert_int_equal(give_tail(&w, &far, E, 10), 10);
    members_check(&far);
    close_both(&w, &far);
}

/* What a member without room for guests rests on forks waits for long: it keeps nobody out. */
static void test_the_founder_finds_a_place(void **state)
{
    (void)state;
    struct members_world w;
    struct members far;
    const struct members_op *on = NULL;
    members_world_open(&w, &members_null_signer, MEMBERS_MSG_INVITER);
    for (int i = A; i < A + 10; i++) {
        members_world_join(&w, F, i);
    }
    copy(&w, &far);
    for (int i = A; i < A + 8; i++) { /* eight branches fill all places */
        if (i != E) {
            assert_int_equal(give_tail(&w, &far, i, 128), 128);
        }
    }
    assert_int_equal(give_tail(&w, &far, A + 8, 128), 128);
    assert_int_equal(far.pending_count, MEMBERS_PENDING_MAX);
    assert_int_equal(give_tail(&w, &far, A + 9, 1), 0);
    uint32_t ninth = members_member_of(&far, w.persons[A + 8].member);
    const struct members_patron patron = {.member = ninth};
    const uint32_t rank = members_places_rank(&far, ninth, &patron);
    far.members[ninth].guests.ops = MEMBERS_OPERATIONS_MAX; /* it has no room for guests now */
    assert_true(members_places_rank(&far, ninth, &patron) > rank);
    far.members[ninth].guests.ops = 0;
    const struct members_op *revoke = revoke_later(&w, &on);
    assert_int_equal(give(&far, revoke, 1), 0);
    assert_true(waits(&far, revoke));
    assert_int_equal(far.pending_count, MEMBERS_PENDING_MAX);
    assert_int_equal(give(&far, on, 1), 0);
    close_both(&w, &far);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_strangers_fill_their_part),
        cmocka_unit_test(test_a_member_fills_its_part),
        cmocka_unit_test(test_a_branch_fills_its_part),
        cmocka_unit_test(test_the_founder_finds_a_place),
    };
    return cmocka_run_group_tests_name("members/members_places", tests, NULL, NULL);
}
