/*
 * Conversations of whole nodes in the simulator whose power goes at drawn moments, and of such that
 * are parted and healed: the short form of `make crash-rounds` and `make parted`.
 */
#include "tests/support/talk_world.h"

#include "base/timers.h"
#include "tests/base/unit.h"

#define SETTLE_NS (UINT64_C(120) * TIMERS_SECOND)

static struct talk_world w;

static void nothing_acknowledged_is_lost_and_all_agree(void **state)
{
    (void)state;
    size_t deaths = 0;
    size_t acknowledged = 0;
    for (uint64_t seed = 1; seed <= 2; seed++) {
        const struct talk_world_config config = {.seed = seed, .count = 5, .settle_ns = SETTLE_NS};
        talk_world_start(&w, &config);
        talk_world_rounds(&w, 20);
        assert_string_equal(talk_world_fault(&w), "");
        deaths += w.deaths;
        acknowledged += w.ledger.acknowledged;
        talk_world_stop(&w);
    }
    assert_true(deaths > 20 && acknowledged > 100);
}

static void who_was_parted_comes_to_the_same_history(void **state)
{
    (void)state;
    const struct talk_world_config config = {
        .seed = 1, .count = 8, .is_in_memory = true, .loss_part = 10, .text_max = 200};
    talk_world_start(&w, &config);
    talk_world_part(&w, 2);
    talk_world_talk(&w, 120);
    talk_world_run(&w, 600 * TIMERS_SECOND); /* the mesh has forgotten the first of it */
    assert_false(talk_ledger_are_equal(&w.ledger));
    talk_world_part(&w, 1);
    uint64_t took = talk_world_settle(&w, SETTLE_NS);
    assert_string_equal(talk_world_fault(&w), "");
    assert_true(took < SETTLE_NS);
    talk_world_stop(&w);
}

/* A ledger that sees nothing would make all of the above worthless. */
static void the_ledger_finds_faults(void **state)
{
    (void)state;
    static const char *const ids[] = {
        "00000000000000000000000000000000000000000000000000000000000000aa",
        "00000000000000000000000000000000000000000000000000000000000000bb"};
    struct random_seeded seeded;
    random_seeded_init(&seeded, 1);
    const struct random random = random_from_seeded(&seeded);
    for (int kind = 0; kind < 7; kind++) {
        struct talk_ledger l;
        talk_ledger_init(&l, 2, &random);
        talk_ledger_shown(&l, 0, 0, ids[0]);
        talk_ledger_shown(&l, 1, 0, ids[0]);
        if (kind < 5) {
            talk_ledger_has(&l, 0, 1, ids[0]);
        }
        assert_int_equal(l.acknowledged, kind < 5);
        assert_string_equal(l.fault, "");
        talk_ledger_rose(&l, 1);
        talk_ledger_begin(&l, 1);
        if (kind == 0) {
            talk_ledger_shown(&l, 1, 0, ids[0]); /* again, in another life */
        } else if (kind == 1) {
            talk_ledger_shown(&l, 1, 0, ids[1]); /* nobody said it */
        } else if (kind == 2) {
            talk_ledger_end(&l, 1); /* lost */
        } else if (kind == 3) {
            talk_ledger_row(&l, 1, 0, ids[0]);
            talk_ledger_row(&l, 1, 0, ids[0]);
        } else if (kind == 4) {
            talk_ledger_shown(&l, 0, 0, ids[0]); /* twice */
        } else if (kind == 5) {
            talk_ledger_shown(&l, 1, 0, ids[0]); /* again, though nobody knew that it was here */
        } else {
            talk_ledger_end(&l, 1); /* lost, likewise */
        }
        assert_string_not_equal(l.fault, "");
        talk_ledger_clear(&l);
    }
}

/* The power goes between a commit and the word of it: the message is its author's, though it was
 * never shown to it; and who was shown it by others finds it there. */
static void the_ledger_knows_what_nobody_was_told(void **state)
{
    (void)state;
    static const char *const ids[] = {
        "00000000000000000000000000000000000000000000000000000000000000aa",
        "00000000000000000000000000000000000000000000000000000000000000bb"};
    struct random_seeded seeded;
    random_seeded_init(&seeded, 1);
    const struct random random = random_from_seeded(&seeded);
    struct talk_ledger l;
    talk_ledger_init(&l, 2, &random);
    talk_ledger_rose(&l, 0);
    talk_ledger_begin(&l, 0);
    talk_ledger_row(&l, 0, 0, ids[0]);
    talk_ledger_end(&l, 0);
    talk_ledger_begin(&l, 0);
    talk_ledger_row(&l, 0, 0, ids[0]);
    talk_ledger_row(&l, 0, 0, ids[1]); /* it says that now, and has not written it yet */
    talk_ledger_end(&l, 0);
    talk_ledger_shown(&l, 1, 0, ids[0]);
    assert_string_equal(l.fault, "");
    assert_int_equal(l.all_count, 1);
    talk_ledger_rose(&l, 0);
    talk_ledger_begin(&l, 0);
    talk_ledger_end(&l, 0); /* it left, and is not there any more */
    assert_string_not_equal(l.fault, "");
    talk_ledger_clear(&l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(the_ledger_finds_faults),
        UNIT(the_ledger_knows_what_nobody_was_told),
        UNIT(nothing_acknowledged_is_lost_and_all_agree),
        UNIT(who_was_parted_comes_to_the_same_history),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
