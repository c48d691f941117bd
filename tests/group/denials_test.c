/* What members say of this device: whose word is enough, what ends it, what the store has of it. */
#include "group/denials.h"

#include "tests/base/unit.h"
#include "tests/store/disk.h"
#include "tests/support/members_world.h"

#define SPREAD DENIALS_SPREAD_NS

static struct members_world people;
static struct network n;

/* 0 has brought in 1, 1 has 2, and so on; `self` is 2. */
static void begin(enum members_msg_policy policy, int count)
{
    members_world_open(&people, &signer_ed25519, policy);
    for (int i = 1; i < count; i++) {
        members_world_join(&people, i - 1, i);
    }
    const struct members_op *genesis = people.log.ops[MEMBERS_GENESIS];
    assert_int_equal(
        network_init(&n, people.signer, &people.random, span_of(genesis->bytes, genesis->len)), 0);
}

static void follow(void)
{
    for (uint32_t i = 1; i < people.log.op_count; i++) {
        const struct members_op *op = people.log.ops[i];
        enum members_fed fed = MEMBERS_KNOWN;

        assert_int_equal(members_feed(&n.log, span_of(op->bytes, op->len), 1, &fed), 0);
    }
    (void)network_settle(&n);
}

static void finish(void)
{
    network_clear(&n);
    members_world_close(&people);
}

static const uint8_t *of(int who)
{
    return people.persons[who].member;
}

/* Do those say to `self` what counts? */
static bool holds(int self, const int *who, size_t count)
{
    struct denials d = {.count = 0};

    for (size_t i = 0; i < count; i++) {
        assert_true(denials_said(&d, i, of(who[i])));
    }
    return denials_hold(&d, &n, of(self));
}

/* One who could not put us out alone needs another; one who could needs nobody. */
static void whose_word_is_enough(void **state)
{
    static const int founder[] = {0};
    static const int inviter[] = {1};
    static const int invitee[] = {3};
    static const int two[] = {3, 4};

    (void)state;
    begin(MEMBERS_MSG_INVITER, 5);
    follow();
    assert_false(holds(2, NULL, 0));
    assert_true(holds(2, founder, 1));
    assert_true(holds(2, inviter, 1));
    assert_false(holds(2, invitee, 1));
    assert_true(holds(2, two, 2));
    assert_false(holds(0, inviter, 1)); /* the founder is under nobody */
    finish();
    begin(MEMBERS_MSG_TWO, 5);
    follow();
    assert_false(holds(2, inviter, 1));
    assert_true(holds(2, two, 2));
    finish();
    begin(MEMBERS_MSG_ANY, 5);
    follow();
    assert_true(holds(2, invitee, 1));
    finish();
}

/* Of two the other is all there is. */
static void of_two_the_other_is_enough(void **state)
{
    static const int other[] = {1};

    (void)state;
    begin(MEMBERS_MSG_TWO, 2);
    follow();
    assert_true(holds(0, other, 1));
    finish();
}

/* Who was put out itself, or is known to nobody, says nothing here. */
static void strangers_and_the_revoked_do_not_count(void **state)
{
    static const uint8_t nobody[MEMBERS_MSG_ID_SIZE] = {9};
    static uint8_t salt[MEMBERS_MSG_SALT_SIZE] = {1};
    static const int two[] = {3, 4};
    struct denials d = {.count = 0};

    (void)state;
    begin(MEMBERS_MSG_INVITER, 6);
    struct members_msg m = members_world_revoke(&people, 4);
    m.salt = span_of(salt, sizeof salt);
    (void)members_world_by(&people, 0, m);
    follow();
    assert_true(denials_said(&d, 1, nobody));
    assert_true(denials_said(&d, 1, of(4)));
    assert_false(denials_hold(&d, &n, of(2)));
    assert_false(holds(2, two, 2));
    assert_false(denials_hold(&d, &n, nobody));
    finish();
}

/* Whoever lets us in takes its own word back; others' are doubted when a revocation would have
 * reached it. */
static void who_lets_us_in_takes_words_back(void **state)
{
    struct denials d = {.count = 0};

    (void)state;
    begin(MEMBERS_MSG_INVITER, 5);
    follow();
    assert_true(denials_said(&d, 0, of(0)));
    assert_false(denials_said(&d, 5, of(0))); /* again */
    assert_true(denials_hold(&d, &n, of(2)));
    assert_false(denials_linked(&d, 10, of(3), 1));
    assert_false(denials_hold(&d, &n, of(2))); /* while it stands */
    assert_false(denials_linked(&d, SPREAD - 1, of(3), 0));
    assert_true(denials_hold(&d, &n, of(2))); /* it may not have heard of it */
    assert_true(denials_linked(&d, SPREAD, of(3), 0));
    assert_false(denials_hold(&d, &n, of(2)));
    assert_false(denials_said(&d, 6 + SPREAD, of(0)));
    assert_false(denials_hold(&d, &n, of(2))); /* however often it says so */
    assert_true(denials_let_in(&d, SPREAD, of(0)));
    assert_int_equal(d.count, 0);
    assert_true(denials_said(&d, SPREAD, of(0)));
    assert_false(denials_linked(&d, SPREAD, NULL, 0)); /* nobody's link */
    denials_clear(&d);
    assert_false(denials_hold(&d, &n, of(2)));
    finish();
}

/* Until somebody says it for the first time: one who has let us in has heard of it, or the first
 * was not alone. Not when nobody's link has changed meanwhile either. */
static void a_doubt_is_lifted_by_a_new_voice(void **state)
{
    struct denials d = {.count = 0};

    (void)state;
    begin(MEMBERS_MSG_TWO, 5);
    follow();
    assert_true(denials_said(&d, 0, of(0)));
    assert_false(denials_linked(&d, 1, of(3), 1));
    assert_true(denials_said(&d, SPREAD, of(0))); /* now it is doubted */
    assert_false(denials_said(&d, 2 * SPREAD, of(0)));
    assert_true(d.words[0].is_doubted);
    assert_false(denials_linked(&d, 2 * SPREAD, of(3), 0));
    assert_true(denials_said(&d, 2 * SPREAD, of(3)));
    assert_true(denials_hold(&d, &n, of(2)));
    finish();
}

static void the_newest_words_are_kept(void **state)
{
    uint8_t member[MEMBERS_MSG_ID_SIZE] = {0};
    struct denials d = {.count = 0};

    (void)state;
    for (uint8_t i = 0; i < DENIALS_MAX + 3; i++) {
        member[0] = i;
        assert_true(denials_said(&d, i, member));
    }
    assert_int_equal(d.count, DENIALS_MAX);
    assert_int_equal(d.words[0].member[0], 3);
    assert_int_equal(d.words[DENIALS_MAX - 1].member[0], DENIALS_MAX + 2);
}

/* Each network's own; what is of another format is passed over. */
static void the_store_has_them(void **state)
{
    static const uint8_t savanna[MEMBERS_MSG_ID_SIZE] = {1};
    static const uint8_t harbour[MEMBERS_MSG_ID_SIZE] = {2};
    uint8_t newer[2 * MEMBERS_MSG_ID_SIZE] = {1};
    uint8_t member[MEMBERS_MSG_ID_SIZE] = {7};
    struct denials d = {.count = 0};
    struct denials back = {.count = 0};
    struct disk disk;

    (void)state;
    disk_start(&disk, 1, STORE_MEMORY);
    (void)denials_said(&d, 1, member);
    assert_int_equal(denials_keep(&d, disk.store, savanna), 0);
    member[0] = 8;
    (void)denials_said(&d, 1, member);
    assert_int_equal(denials_keep(&d, disk.store, harbour), 0);
    assert_int_equal(store_put(disk.store, "denials", span_of(newer, sizeof newer),
                               span_from_text("\x02 of a newer one")),
                     0);
    assert_int_equal(denials_load(&back, 5, disk.store, savanna), 0);
    assert_int_equal(back.count, 1);
    assert_int_equal(back.words[0].member[0], 7);
    assert_int_equal(back.words[0].at_ns, 5);
    denials_clear(&back);
    assert_int_equal(denials_keep(&back, disk.store, savanna), 0);
    assert_int_equal(denials_load(&back, 5, disk.store, savanna), 0);
    assert_int_equal(back.count, 0);
    d.words[1].is_doubted = true;
    assert_int_equal(denials_keep(&d, disk.store, harbour), 0);
    assert_int_equal(denials_load(&back, 5, disk.store, harbour), 0);
    assert_int_equal(back.count, 2);
    assert_true(!back.words[0].is_doubted && back.words[1].is_doubted);
    disk_stop(&disk);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(whose_word_is_enough),
        UNIT(of_two_the_other_is_enough),
        UNIT(strangers_and_the_revoked_do_not_count),
        UNIT(who_lets_us_in_takes_words_back),
        UNIT(a_doubt_is_lifted_by_a_new_voice),
        UNIT(the_newest_words_are_kept),
        UNIT(the_store_has_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
