/* P1 to P7, each alone, against values worked out by hand from gossipsub-v1.1.md, and against what
 * go-libp2p-pubsub's score tests expect, worked out again. */
#include "pubsub/gossipsub_score.h"

#include "base/timers.h"
#include "tests/base/unit.h"

#define ONE GOSSIPSUB_SCORE_ONE
#define MS TIMERS_MS
#define SECOND TIMERS_SECOND
#define TOPIC 3

static struct random_seeded seeded;
static struct random source;
static struct gossipsub_score *score;
static struct gossipsub_score_peer *alice;
static struct gossipsub_score_peer *bob;
static struct gossipsub_score_peer *carol;
static uint64_t now;

static struct peerid id_of(uint8_t n)
{
    return (struct peerid){.len = 6, .bytes = {0, 4, 8, 1, 18, n}};
}

static struct gossipsub_score_peer *up(uint8_t n, uint64_t group)
{
    struct peerid id = id_of(n);
    return gossipsub_score_up(score, now, &id, group);
}

/* Nothing counts; a second is an interval of decay. */
static struct gossipsub_score_config nothing(void)
{
    return (struct gossipsub_score_config){.topic = {.weight = ONE},
                                           .behaviour_decay = ONE,
                                           .decay_ns = SECOND,
                                           .decay_to_zero = ONE / 100,
                                           .retain_ns = 3600 * SECOND};
}

static void begin(const struct gossipsub_score_config *config)
{
    random_seeded_init(&seeded, 1);
    source = random_from_seeded(&seeded);
    now = 100 * SECOND;
    score = gossipsub_score_new(config, &source, now);
    gossipsub_score_join(score, TOPIC, NULL);
    alice = up(1, 0);
    bob = up(2, 0);
    carol = up(3, 0);
}

static void end(void)
{
    gossipsub_score_check(score);
    gossipsub_score_free(score);
}

static int64_t of(struct gossipsub_score_peer *p)
{
    return gossipsub_score_of(score, now, p);
}

/* So many intervals of decay. */
static void pass(unsigned seconds)
{
    for (unsigned i = 0; i < seconds; i++) {
        now = gossipsub_score_deadline(score);
        gossipsub_score_tick(score, now);
    }
}

/* P1: min(time / quantum, cap) * weight * the topic's. */
static void time_in_the_mesh_counts_up_to_its_cap(void **state)
{
    (void)state;
    struct gossipsub_score_config c = nothing();
    c.topic.weight = ONE / 2;
    c.topic.time_weight = ONE;
    c.topic.time_quantum_ns = MS;
    c.topic.time_cap = 3600 * ONE;
    begin(&c);
    assert_int_equal(of(alice), 0);
    gossipsub_score_grafted(score, now, alice, TOPIC);
    assert_int_equal(of(alice), 0);
    pass(1);
    assert_int_equal(of(alice), 500 * ONE); /* 1,000 quanta, half each */
    pass(9);
    assert_int_equal(of(alice), 1800 * ONE); /* the cap's half */
    assert_int_equal(of(bob), 0);
    gossipsub_score_pruned(score, now, alice, TOPIC);
    assert_int_equal(of(alice), 0);
    gossipsub_score_grafted(score, now, alice, TOPIC);
    assert_int_equal(of(alice), 0); /* it begins anew */
    gossipsub_score_pruned(score, now, alice, TOPIC);
    end();
}

/* P2: 100 at a decay of 0.9: 90, then * 0.9 for each interval; below decay_to_zero it is 0. */
static void first_deliveries_count_and_decay(void **state)
{
    (void)state;
    struct gossipsub_score_config c = nothing();
    c.topic.first_weight = ONE;
    c.topic.first_decay = ONE * 9 / 10;
    c.topic.first_cap = 2000 * ONE;
    begin(&c);
    for (unsigned i = 0; i < 100; i++) {
        gossipsub_score_first(score, now, alice, TOPIC);
    }
    assert_int_equal(of(alice), 100 * ONE);
    pass(1);
    assert_int_equal(of(alice), 90 * ONE);
    pass(10);
    assert_in_range(of(alice), 31381059 - 10, 31381059); /* 90 * 0.9^10 */
    pass(76);
    assert_int_equal(of(alice) > 0, 1); /* 100 * 0.9^87 = 0.0104 */
    pass(1);
    assert_int_equal(of(alice), 0);
    end();
}

static void first_deliveries_have_a_cap(void **state)
{
    (void)state;
    struct gossipsub_score_config c = nothing();
    c.topic.first_weight = 3 * ONE;
    c.topic.first_decay = ONE;
    c.topic.first_cap = 50 * ONE;
    begin(&c);
    for (unsigned i = 0; i < 100; i++) {
        gossipsub_score_first(score, now, alice, TOPIC);
    }
    assert_int_equal(of(alice), 150 * ONE);
    end();
}

static struct gossipsub_score_config mesh_deliveries(void)
{
    struct gossipsub_score_config c = nothing();
    c.topic.mesh_weight = -ONE;
    c.topic.mesh_activation_ns = SECOND;
    c.topic.mesh_window_ns = 10 * MS;
    c.topic.mesh_threshold = 20 * ONE;
    c.topic.mesh_cap = 100 * ONE;
    c.topic.mesh_decay = ONE;
    return c;
}

static void graft_all(void)
{
    gossipsub_score_grafted(score, now, alice, TOPIC);
    gossipsub_score_grafted(score, now, bob, TOPIC);
    gossipsub_score_grafted(score, now, carol, TOPIC);
}

static void prune_all(void)
{
    gossipsub_score_pruned(score, now, alice, TOPIC);
    gossipsub_score_pruned(score, now, bob, TOPIC);
    gossipsub_score_pruned(score, now, carol, TOPIC);
}

/* P3: alice is first, bob within the window, carol after it: her deficit of 20, squared. */
static void too_few_mesh_deliveries_count_squared(void **state)
{
    (void)state;
    struct gossipsub_score_config c = mesh_deliveries();
    begin(&c);
    graft_all();
    pass(1); /* not longer than the activation */
    assert_int_equal(of(carol), 0);
    pass(1);
    assert_int_equal(of(carol), -400 * ONE);
    for (unsigned i = 0; i < 100; i++) {
        gossipsub_score_first(score, now, alice, TOPIC);
        gossipsub_score_duplicate(score, now, bob, TOPIC, 10 * MS);
        gossipsub_score_duplicate(score, now, carol, TOPIC, 10 * MS + 1);
    }
    assert_int_equal(of(alice), 0);
    assert_int_equal(of(bob), 0);
    assert_int_equal(of(carol), -400 * ONE);
    for (unsigned i = 0; i < 13; i++) {
        gossipsub_score_duplicate(score, now, carol, TOPIC, 0);
    }
    assert_int_equal(of(carol), -49 * ONE);
    prune_all();
    assert_int_equal(of(carol), 0); /* no P3b here */
    end();
}

/* 40, capped at 30, * 0.9^21: a deficit of 20 - 3.2826. */
static void mesh_deliveries_decay(void **state)
{
    (void)state;
    struct gossipsub_score_config c = mesh_deliveries();
    c.topic.mesh_activation_ns = 0;
    c.topic.mesh_decay = ONE * 9 / 10;
    c.topic.mesh_cap = 30 * ONE;
    begin(&c);
    gossipsub_score_grafted(score, now, alice, TOPIC);
    for (unsigned i = 0; i < 40; i++) {
        gossipsub_score_first(score, now, alice, TOPIC);
    }
    pass(1);
    assert_int_equal(of(alice), 0); /* 27 */
    pass(20);
    double left = 30;
    for (unsigned i = 0; i < 21; i++) {
        left *= 0.9;
    }
    double expected = -(20 - left) * (20 - left) * 1e6;
    assert_true((double)of(alice) > expected - 2000 && (double)of(alice) < expected + 2000);
    gossipsub_score_pruned(score, now, alice, TOPIC);
    end();
}

/* P3b: the deficit at the time of pruning, squared, and then it decays. */
static void who_was_put_out_with_a_deficit_keeps_it(void **state)
{
    (void)state;
    struct gossipsub_score_config c = mesh_deliveries();
    c.topic.mesh_weight = 0;
    c.topic.failure_weight = -ONE;
    c.topic.failure_decay = ONE / 2;
    c.topic.mesh_activation_ns = 0;
    begin(&c);
    graft_all();
    for (unsigned i = 0; i < 100; i++) {
        gossipsub_score_first(score, now, alice, TOPIC);
    }
    pass(1);
    assert_int_equal(of(alice), 0);
    assert_int_equal(of(bob), 0);
    prune_all();
    assert_int_equal(of(alice), 0);
    assert_int_equal(of(bob), -400 * ONE);
    pass(1);
    assert_int_equal(of(bob), -200 * ONE);
    end();
}

/* Whoever is not in the mesh gets no credit of P3 for what it brings. */
static void deliveries_outside_the_mesh_are_none_of_it(void **state)
{
    (void)state;
    struct gossipsub_score_config c = mesh_deliveries();
    c.topic.mesh_activation_ns = 0;
    begin(&c);
    for (unsigned i = 0; i < 30; i++) {
        gossipsub_score_first(score, now, alice, TOPIC);
        gossipsub_score_duplicate(score, now, alice, TOPIC, 0);
    }
    assert_int_equal(of(alice), 0);
    gossipsub_score_grafted(score, now, alice, TOPIC);
    pass(1);
    assert_int_equal(of(alice), -400 * ONE);
    gossipsub_score_pruned(score, now, alice, TOPIC);
    end();
}

/* P4: 100 * 100; after an interval (90)^2, after ten more * 0.81^10. */
static void invalid_messages_count_squared(void **state)
{
    (void)state;
    struct gossipsub_score_config c = nothing();
    c.topic.invalid_weight = -ONE;
    c.topic.invalid_decay = ONE * 9 / 10;
    begin(&c);
    for (unsigned i = 0; i < 100; i++) {
        gossipsub_score_invalid(score, now, alice, TOPIC);
    }
    assert_int_equal(of(alice), -10000 * ONE);
    pass(1);
    assert_int_equal(of(alice), -8100 * ONE);
    pass(10);
    /* 8,100 * 0.81^10 = 984.7709 */
    assert_true(of(alice) < -984770000 && of(alice) > -984771000);
    end();
}

/* P5. */
static void the_application_has_its_say(void **state)
{
    (void)state;
    struct gossipsub_score_config c = nothing();
    c.application_weight = ONE / 2;
    begin(&c);
    for (int64_t i = -100; i < 100; i++) {
        gossipsub_score_application(score, alice, i * ONE);
        assert_int_equal(of(alice), i * ONE / 2);
    }
    end();
}

/* P6: 5 of one group where 1 is free: 4 * 4, for each of them. */
static void many_of_one_address_count_squared(void **state)
{
    (void)state;
    struct gossipsub_score_config c = nothing();
    struct gossipsub_score_peer *same[5];
    c.group_weight = -ONE;
    c.group_threshold = 1;
    begin(&c);
    for (uint8_t i = 0; i < 5; i++) {
        same[i] = up(10 + i, 77);
        assert_int_equal(of(same[0]), -(int64_t)i * i * ONE);
    }
    assert_int_equal(of(same[4]), -16 * ONE);
    assert_int_equal(of(alice), 0);
    struct gossipsub_score_peer *other = up(20, 78);
    assert_int_equal(of(other), 0);
    for (uint8_t i = 1; i < 5; i++) {
        gossipsub_score_down(score, now, same[i]);
        gossipsub_score_check(score);
    }
    assert_int_equal(of(same[0]), 0);
    end();
}

/* P7: what is beyond the threshold, squared: go's test, 9 of which 1 is free, at 0.99. */
static void misbehaviour_beyond_its_threshold_counts_squared(void **state)
{
    (void)state;
    struct gossipsub_score_config c = nothing();
    c.behaviour_weight = -ONE;
    c.behaviour_decay = ONE * 99 / 100;
    begin(&c);
    gossipsub_score_misbehaved(score, now, alice, 1);
    assert_int_equal(of(alice), -ONE);
    gossipsub_score_misbehaved(score, now, alice, 1);
    assert_int_equal(of(alice), -4 * ONE);
    pass(1);
    assert_int_equal(of(alice), -3920400); /* (2 * 0.99)^2 */
    gossipsub_score_free(score);
    c.behaviour_threshold = 6 * ONE;
    begin(&c);
    gossipsub_score_misbehaved(score, now, alice, 6);
    assert_int_equal(of(alice), 0);
    gossipsub_score_misbehaved(score, now, alice, 3);
    assert_int_equal(of(alice), -9 * ONE);
    end();
}

/* What topics give together has a cap, what they take has none. */
static void topics_together_have_a_cap(void **state)
{
    (void)state;
    struct gossipsub_score_config c = nothing();
    c.topic.first_weight = ONE;
    c.topic.first_decay = ONE;
    c.topic.first_cap = 100 * ONE;
    c.topic.invalid_weight = -ONE;
    c.topic.invalid_decay = ONE;
    c.topic_cap = 50 * ONE;
    begin(&c);
    gossipsub_score_join(score, 4, NULL);
    for (unsigned i = 0; i < 40; i++) {
        gossipsub_score_first(score, now, alice, TOPIC);
        gossipsub_score_first(score, now, alice, 4);
        gossipsub_score_invalid(score, now, bob, 4);
    }
    assert_int_equal(of(alice), 50 * ONE);
    assert_int_equal(of(bob), -1600 * ONE);
    gossipsub_score_leave(score, 4);
    assert_int_equal(of(alice), 40 * ONE);
    assert_int_equal(of(bob), 0); /* what was known of that topic is gone */
    end();
}

/* Leaving does not wash off what was bad, for an hour, and does not save up what was good. */
static void a_bad_name_outlives_the_connection(void **state)
{
    (void)state;
    struct gossipsub_score_config c = nothing();
    c.topic.first_weight = ONE;
    c.topic.first_decay = ONE;
    c.topic.first_cap = 100 * ONE;
    c.behaviour_weight = -ONE;
    begin(&c);
    gossipsub_score_misbehaved(score, now, alice, 5);
    gossipsub_score_first(score, now, bob, TOPIC);
    assert_int_equal(of(bob), ONE);
    gossipsub_score_down(score, now, alice);
    gossipsub_score_down(score, now, bob);
    pass(3599);
    alice = up(1, 0);
    bob = up(2, 0);
    assert_int_equal(of(alice), -25 * ONE);
    assert_int_equal(of(bob), 0);
    gossipsub_score_down(score, now, alice);
    pass(3601);
    alice = up(1, 0);
    assert_int_equal(of(alice), 0);
    end();
}

static void what_is_kept_of_those_that_left_is_bounded(void **state)
{
    (void)state;
    struct gossipsub_score_config c = nothing();
    c.behaviour_weight = -ONE;
    begin(&c);
    for (uint32_t i = 0; i < GOSSIPSUB_SCORE_KEPT_MAX + 10; i++) {
        struct peerid id = {
            .len = 8, .bytes = {0, 6, 8, 1, (uint8_t)(i >> 16), (uint8_t)(i >> 8), (uint8_t)i}};
        struct gossipsub_score_peer *p = gossipsub_score_up(score, now, &id, 0);
        gossipsub_score_misbehaved(score, now, p, 1);
        gossipsub_score_down(score, now, p);
    }
    gossipsub_score_check(score); /* knows the limit */
    end();
}

/* Every counter at its utmost with every weight at its utmost: no overflow, and the sign is right.
 */
static void extremes_do_not_overflow(void **state)
{
    (void)state;
    struct gossipsub_score_config c = nothing();
    c.topic = (struct gossipsub_score_topic){.weight = 1000 * ONE,
                                             .time_weight = 1000 * ONE,
                                             .time_quantum_ns = 1,
                                             .time_cap = 3000 * ONE,
                                             .first_weight = 1000 * ONE,
                                             .first_decay = ONE,
                                             .first_cap = 3000 * ONE,
                                             .mesh_weight = -1000 * ONE,
                                             .mesh_decay = ONE,
                                             .mesh_cap = 3000 * ONE,
                                             .mesh_threshold = 3000 * ONE,
                                             .failure_weight = -1000 * ONE,
                                             .failure_decay = ONE,
                                             .invalid_weight = -1000 * ONE,
                                             .invalid_decay = ONE};
    c.application_weight = 1000 * ONE;
    c.group_weight = -1000 * ONE;
    c.group_threshold = 1;
    c.behaviour_weight = -1000 * ONE;
    assert_true(gossipsub_score_config_is_valid(&c));
    begin(&c);
    graft_all();
    for (unsigned i = 0; i < 5000; i++) {
        gossipsub_score_first(score, now, alice, TOPIC);
        gossipsub_score_invalid(score, now, bob, TOPIC);
        gossipsub_score_misbehaved(score, now, bob, UINT32_MAX);
    }
    gossipsub_score_application(score, alice, INT64_MAX);
    gossipsub_score_application(score, bob, INT64_MIN);
    pass(3);
    assert_true(of(alice) > 1000000000 * ONE);
    assert_true(of(bob) < -1000000000 * ONE);
    prune_all();
    assert_true(of(bob) < -1000000000 * ONE);
    end();
}

static void parameters_are_validated(void **state)
{
    (void)state;
    struct gossipsub_score_config c = gossipsub_score_config_default();
    struct gossipsub_score_thresholds t = gossipsub_score_thresholds_default();
    const struct gossipsub_score_config good = c;
    assert_true(gossipsub_score_config_is_valid(&c));
    assert_true(gossipsub_score_thresholds_are_valid(&t));
#define REFUSED(field, value)                                                                      \
    do {                                                                                           \
        c = good;                                                                                  \
        c.field = (value);                                                                         \
        assert_false(gossipsub_score_config_is_valid(&c));                                         \
    } while (0)
    REFUSED(topic.weight, -1);
    REFUSED(topic.time_weight, -1);
    REFUSED(topic.time_weight, 1001 * ONE);
    REFUSED(topic.time_quantum_ns, 0);
    REFUSED(topic.time_cap, 0);
    REFUSED(topic.first_weight, -1);
    REFUSED(topic.first_decay, 0);
    REFUSED(topic.first_decay, ONE + 1);
    REFUSED(topic.first_cap, 3001 * ONE);
    REFUSED(topic.mesh_weight, 1);
    REFUSED(topic.failure_weight, 1);
    REFUSED(topic.invalid_weight, 1);
    REFUSED(topic.invalid_decay, -1);
    REFUSED(topic_cap, -1);
    REFUSED(application_weight, -1);
    REFUSED(group_weight, 1);
    REFUSED(group_threshold, 0);
    REFUSED(behaviour_weight, 1);
    REFUSED(behaviour_threshold, -1);
    REFUSED(behaviour_decay, 0);
    REFUSED(decay_ns, 0);
    REFUSED(decay_to_zero, ONE);
#undef REFUSED
    c = good;
    c.topic.mesh_weight = -ONE;
    assert_true(gossipsub_score_config_is_valid(&c));
    c.topic.mesh_cap = c.topic.mesh_threshold - 1;
    assert_false(gossipsub_score_config_is_valid(&c));
    c = good;
    c.topic.time_weight = 0; /* then it may be anything */
    c.topic.time_quantum_ns = 0;
    assert_true(gossipsub_score_config_is_valid(&c));
    t.publish = t.gossip + 1;
    assert_false(gossipsub_score_thresholds_are_valid(&t));
}

/* With the defaults: who is only there has less than what opportunistic grafting asks for, who
 * brings a message now and then has more; four invalid ones are the end. */
static void the_defaults_tell_them_apart(void **state)
{
    (void)state;
    struct gossipsub_score_thresholds t = gossipsub_score_thresholds_default();
    begin(NULL);
    graft_all();
    for (unsigned i = 0; i < 100; i++) {
        pass(4);
        gossipsub_score_first(score, now, alice, TOPIC);
    }
    assert_true(of(alice) > t.opportunistic);
    assert_true(of(bob) > 0 && of(bob) < t.opportunistic);
    for (unsigned i = 0; i < 4; i++) {
        gossipsub_score_invalid(score, now, carol, TOPIC);
    }
    assert_true(of(carol) < t.graylist);
    prune_all();
    end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(time_in_the_mesh_counts_up_to_its_cap),
        UNIT(first_deliveries_count_and_decay),
        UNIT(first_deliveries_have_a_cap),
        UNIT(too_few_mesh_deliveries_count_squared),
        UNIT(mesh_deliveries_decay),
        UNIT(who_was_put_out_with_a_deficit_keeps_it),
        UNIT(deliveries_outside_the_mesh_are_none_of_it),
        UNIT(invalid_messages_count_squared),
        UNIT(the_application_has_its_say),
        UNIT(many_of_one_address_count_squared),
        UNIT(misbehaviour_beyond_its_threshold_counts_squared),
        UNIT(topics_together_have_a_cap),
        UNIT(a_bad_name_outlives_the_connection),
        UNIT(what_is_kept_of_those_that_left_is_bounded),
        UNIT(extremes_do_not_overflow),
        UNIT(parameters_are_validated),
        UNIT(the_defaults_tell_them_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
