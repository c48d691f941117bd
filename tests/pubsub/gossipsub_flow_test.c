/* The way of a message: known or new, verified, asked about, delivered and handed on. */
#include "pubsub/gossipsub_flow.h"

#include "tests/pubsub/gossipsub_fixture.h"

static struct gossipsub_world *begin(size_t puppets, bool asks)
{
    struct gossipsub_world *w = fixture_new(puppets, NULL);
    fixture_link(w, 0);
    w->nodes[0].asks = asks;
    w->nodes[0].is_mute = asks;
    gossipsub_world_join(w, 0, TOPIC);
    for (size_t i = 1; i <= puppets; i++) {
        fixture_subscribe(w, i, TOPIC, true);
        fixture_graft(w, i, TOPIC);
        (void)fixture_read(w, i);
    }
    return w;
}

static int64_t score(const struct gossipsub_world *w, size_t puppet)
{
    return gossipsub_score(w->nodes[0].machine, w->now, &w->nodes[puppet].id);
}

static size_t published(struct gossipsub_world *w, size_t puppet)
{
    return fixture_read(w, puppet).kinds[GOSSIPSUB_MSG_PUBLISH];
}

static void a_message_goes_to_the_mesh_once(void **state)
{
    (void)state;
    struct gossipsub_world *w = begin(4, false);
    (void)fixture_publish(w, 1, 2, 5, 30); /* puppet 1 brings what 2 said */
    (void)fixture_publish(w, 3, 2, 5, 30);
    assert_int_equal(w->nodes[0].got[5], 1);
    assert_int_equal(published(w, 1), 0);
    assert_int_equal(published(w, 2), 0);
    assert_int_equal(published(w, 3), 1);
    assert_int_equal(published(w, 4), 1);
    assert_int_equal(fixture_stats(w)->duplicates, 1);
    assert_true(score(w, 1) > score(w, 3));
    gossipsub_world_free(w);
}

static void what_is_not_for_us_is_not_looked_at(void **state)
{
    (void)state;
    struct gossipsub_world *w = begin(2, false);
    (void)fixture_publish(w, 1, 0, 5, 30); /* as if we had said it */
    assert_int_equal(w->nodes[0].got[5], 0);
    assert_int_equal(gossipsub_leave(w->nodes[0].machine, w->now, UNIT_TEXT(TOPIC)), 0);
    (void)fixture_publish(w, 1, 2, 6, 30);
    assert_int_equal(w->nodes[0].got[6], 0);
    assert_int_equal(fixture_stats(w)->invalid, 0);
    gossipsub_world_free(w);
}

/* A wrong signature costs who brought it, and does not keep its author from saying that number. */
static void forged_messages_are_rejected(void **state)
{
    (void)state;
    struct gossipsub_world *w = begin(3, false);
    uint8_t bytes[300];
    uint8_t again[320];
    struct wr message;
    struct wr rpc;
    const struct gossipsub_msg_publish m = {.from = peerid_span(&w->nodes[3].id),
                                            .data = UNIT_TEXT("forged.."),
                                            .seqno = UNIT_TEXT("\0\0\0\0\0\0\0\x05"),
                                            .topic = UNIT_TEXT(TOPIC),
                                            .signature = UNIT_TEXT("no")};
    wr_init(&message, span_mut_of(bytes, sizeof bytes));
    gossipsub_msg_publish_encode(&message, &m);
    wr_init(&rpc, span_mut_of(again, sizeof again));
    gossipsub_msg_write_publish(&rpc, wr_span(&message));
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(fixture_say(w, 1, &rpc), 0);
    }
    assert_int_equal(fixture_stats(w)->invalid, 3);
    assert_int_equal(fixture_stats(w)->delivered, 0);
    assert_true(score(w, 1) < -500 * GOSSIPSUB_SCORE_ONE);
    (void)fixture_publish(w, 2, 3, 5, 30);
    assert_int_equal(w->nodes[0].got[5], 1);
    for (size_t i = 0; i < 3; i++) { /* graylisted: not even verified any more */
        assert_int_equal(fixture_say(w, 1, &rpc), 0);
    }
    assert_true(fixture_stats(w)->invalid < 6);
    gossipsub_world_free(w);
}

static void what_a_policy_forbids_is_rejected(void **state)
{
    (void)state;
    struct gossipsub_world *w = fixture_new(2, NULL);
    fixture_link(w, 0);
    w->topic.policy = GOSSIPSUB_SIGN_NONE;
    gossipsub_world_join(w, 0, TOPIC);
    (void)fixture_publish(w, 1, 1, 1, 30);
    (void)fixture_publish(w, 2, 2, 1, 30); /* the same data is the same message */
    assert_int_equal(w->nodes[0].got[1], 1);
    assert_int_equal(fixture_stats(w)->duplicates, 1);
    w->topic.policy = GOSSIPSUB_SIGN_STRICT;
    (void)fixture_publish(w, 1, 1, 2, 30);
    assert_int_equal(w->nodes[0].got[2], 0);
    assert_int_equal(fixture_stats(w)->invalid, 1);
    /* Ours, too, are known by what they say. */
    assert_int_equal(
        gossipsub_publish(w->nodes[0].machine, w->now, UNIT_TEXT(TOPIC), UNIT_TEXT("x"), NULL), 0);
    assert_int_equal(
        gossipsub_publish(w->nodes[0].machine, w->now, UNIT_TEXT(TOPIC), UNIT_TEXT("x"), NULL),
        WAVU_ERR_EXISTS);
    gossipsub_world_drain(w, 0);
    gossipsub_world_free(w);
}

/* Say what is thought of the first message that waits. */
static void judge(struct gossipsub_world *w, uint64_t ticket, enum gossipsub_verdict verdict)
{
    gossipsub_validated(w->nodes[0].machine, w->now, ticket, verdict);
    gossipsub_world_drain(w, 0);
}

static void a_verdict_is_waited_for(void **state)
{
    (void)state;
    struct gossipsub_world *w = begin(4, true);
    (void)fixture_publish(w, 1, 1, 1, 30);
    (void)fixture_publish(w, 2, 1, 1, 30);
    assert_int_equal(w->nodes[0].got[1], 0);
    assert_int_equal(published(w, 3), 0);
    judge(w, 1, GOSSIPSUB_ACCEPT);
    judge(w, 1, GOSSIPSUB_ACCEPT); /* too late, and not there any more */
    assert_int_equal(w->nodes[0].got[1], 1);
    assert_int_equal(published(w, 3), 1);
    int64_t before = score(w, 1);
    (void)fixture_publish(w, 1, 1, 2, 30);
    (void)fixture_publish(w, 2, 1, 2, 30);
    judge(w, 2, GOSSIPSUB_REJECT);
    assert_true(score(w, 1) < before && score(w, 2) < 0); /* who brought it meanwhile, too */
    assert_int_equal(score(w, 3), 0);
    (void)fixture_publish(w, 3, 1, 2, 30);
    assert_true(score(w, 3) < 0); /* and who brings it afterwards */
    (void)fixture_publish(w, 4, 4, 3, 30);
    judge(w, 3, GOSSIPSUB_IGNORE);
    assert_int_equal(score(w, 4), 0);
    assert_int_equal(w->nodes[0].got[2] + w->nodes[0].got[3], 0);
    gossipsub_world_free(w);
}

static void a_verdict_that_does_not_come_is_ignore(void **state)
{
    (void)state;
    struct gossipsub_world *w = begin(2, true);
    (void)fixture_publish(w, 1, 1, 1, 30);
    gossipsub_world_run(w, 4900 * TIMERS_MS);
    assert_int_equal(fixture_stats(w)->ignored, 0);
    gossipsub_world_run(w, 200 * TIMERS_MS);
    assert_int_equal(fixture_stats(w)->ignored, 1);
    judge(w, 1, GOSSIPSUB_ACCEPT);
    assert_int_equal(w->nodes[0].got[1], 0);
    (void)fixture_publish(w, 1, 1, 2, 30);
    assert_int_equal(gossipsub_leave(w->nodes[0].machine, w->now, UNIT_TEXT(TOPIC)), 0);
    assert_int_equal(fixture_stats(w)->ignored, 2);
    gossipsub_world_free(w);
}

/* 64 of one peer, 1,024 in all; what found no room may come again. */
static void what_waits_for_verdicts_is_bounded(void **state)
{
    (void)state;
    struct gossipsub_world *w = begin(20, true);
    for (uint64_t i = 0; i < 100; i++) {
        (void)fixture_publish(w, 1, 1, i, 30);
    }
    assert_int_equal(fixture_stats(w)->ignored, 100 - GOSSIPSUB_FLOW_SHARE_MAX);
    for (size_t p = 2; p <= 20; p++) {
        for (uint64_t i = 0; i < 60; i++) {
            (void)fixture_publish(w, p, p, i, 30);
        }
    }
    assert_int_equal(fixture_stats(w)->ignored, 100 + 19 * 60 - GOSSIPSUB_FLOW_PENDING_MAX);
    judge(w, 1, GOSSIPSUB_ACCEPT);
    (void)fixture_publish(w, 1, 1, 99, 30);
    judge(w, GOSSIPSUB_FLOW_PENDING_MAX + 1, GOSSIPSUB_ACCEPT);
    assert_int_equal(w->nodes[0].got[99], 1);
    gossipsub_world_free(w);
}

static void floodsub_peers_get_what_they_are_in(void **state)
{
    (void)state;
    struct gossipsub_world *w = fixture_new(3, NULL);
    w->nodes[1].version = GOSSIPSUB_FLOODSUB;
    w->nodes[2].version = GOSSIPSUB_FLOODSUB;
    fixture_link(w, 0);
    gossipsub_world_join(w, 0, TOPIC);
    fixture_subscribe(w, 1, TOPIC, true);
    fixture_subscribe(w, 3, TOPIC, true);
    fixture_graft(w, 1, TOPIC); /* it does not know what that is */
    (void)fixture_read(w, 1);
    (void)fixture_read(w, 2);
    assert_int_equal(fixture_mesh(w), 0);
    (void)fixture_publish(w, 3, 3, 1, 2000);
    struct fixture_seen seen = fixture_read(w, 1);
    assert_int_equal(seen.kinds[GOSSIPSUB_MSG_PUBLISH], 1);
    assert_int_equal(fixture_read(w, 2).rpcs, 0);
    gossipsub_world_run(w, 3 * SECOND);
    seen = fixture_read(w, 1);
    assert_int_equal(seen.rpcs, 0); /* no control of any kind */
    gossipsub_world_free(w);
}

/* Own messages are flooded to all whose score allows it; others' go to the mesh alone. */
static void own_messages_are_flooded(void **state)
{
    (void)state;
    struct gossipsub_world *w = fixture_new(20, NULL);
    fixture_link(w, 0);
    gossipsub_world_join(w, 0, TOPIC);
    for (size_t i = 1; i <= 20; i++) {
        fixture_subscribe(w, i, TOPIC, true);
    }
    gossipsub_world_run(w, 2 * SECOND);
    gossipsub_score_set(w->nodes[0].machine, &w->nodes[20].id, -600 * GOSSIPSUB_SCORE_ONE);
    (void)gossipsub_world_say(w, 0, TOPIC);
    size_t reached = 0;
    for (size_t i = 1; i <= 20; i++) {
        reached += published(w, i);
    }
    assert_true(reached == 19 || fixture_has(w, 20)); /* in the mesh until the next heartbeat */
    gossipsub_world_run(w, 2 * SECOND);
    (void)fixture_publish(w, 1, 1, 9, 30);
    reached = 0;
    for (size_t i = 1; i <= 20; i++) {
        reached += published(w, i);
    }
    assert_int_equal(reached, fixture_mesh(w) - (fixture_has(w, 1) ? 1 : 0));
    assert_true(reached < 7);
    gossipsub_world_free(w);
}

/* Where a topic wants order, an author's older messages are not taken; elsewhere any order will do:
 * there are implementations that draw their numbers at random. */
static void order_is_kept_where_it_is_wanted(void **state)
{
    (void)state;
    for (int in_order = 0; in_order < 2; in_order++) {
        struct gossipsub_world *w = fixture_new(2, NULL);
        fixture_link(w, 0);
        w->topic.in_order = in_order == 1;
        gossipsub_world_join(w, 0, TOPIC);
        (void)fixture_publish(w, 1, 1, 7, 30);
        (void)fixture_publish(w, 1, 1, 5, 30);
        (void)fixture_publish(w, 1, 1, 8, 30);
        (void)fixture_publish(w, 1, 2, 6, 30);
        assert_int_equal(w->nodes[0].got[7] + w->nodes[0].got[8] + w->nodes[0].got[6], 3);
        assert_int_equal(w->nodes[0].got[5], 1 - in_order);
        gossipsub_world_free(w);
    }
}

/* Whatever an author says of its future, it silences itself alone, and only where order counts. */
static void a_number_of_the_far_future_harms_its_author_alone(void **state)
{
    (void)state;
    struct gossipsub_world *w = fixture_new(2, NULL);
    uint8_t bytes[400];
    uint8_t again[420];
    struct wr message;
    struct wr rpc;
    struct gossipsub_sign sign = gossipsub_world_sign();
    const struct gossipsub_msg_publish m = {.data = UNIT_TEXT("\0\0\0\0\0\0\0\x01"),
                                            .topic = UNIT_TEXT(TOPIC)};
    fixture_link(w, 0);
    w->topic.in_order = true;
    w->said = 10;
    gossipsub_world_join(w, 0, TOPIC);
    wr_init(&message, span_mut_of(bytes, sizeof bytes));
    gossipsub_sign_write(&message, &sign, GOSSIPSUB_SIGN_STRICT, &w->nodes[1].id, UINT64_MAX, &m);
    wr_init(&rpc, span_mut_of(again, sizeof again));
    gossipsub_msg_write_publish(&rpc, wr_span(&message));
    assert_int_equal(fixture_say(w, 1, &rpc), 0);
    assert_int_equal(w->nodes[0].got[1], 1);
    (void)fixture_publish(w, 1, 1, 2, 30);
    (void)fixture_publish(w, 1, 2, 3, 30);
    assert_int_equal(w->nodes[0].got[2], 0);
    assert_int_equal(w->nodes[0].got[3], 1);
    gossipsub_world_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(a_message_goes_to_the_mesh_once),
        UNIT(what_is_not_for_us_is_not_looked_at),
        UNIT(forged_messages_are_rejected),
        UNIT(what_a_policy_forbids_is_rejected),
        UNIT(a_verdict_is_waited_for),
        UNIT(a_verdict_that_does_not_come_is_ignore),
        UNIT(what_waits_for_verdicts_is_bounded),
        UNIT(floodsub_peers_get_what_they_are_in),
        UNIT(own_messages_are_flooded),
        UNIT(order_is_kept_where_it_is_wanted),
        UNIT(a_number_of_the_far_future_harms_its_author_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
