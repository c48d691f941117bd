/* Gossip: announced, asked for, given, declined; promises; floods of each. */
#include "pubsub/gossipsub_gossip.h"

#include "tests/pubsub/gossipsub_fixture.h"

static struct gossipsub_world *small(size_t puppets)
{
    struct gossipsub_world *w = fixture_new(puppets, NULL);
    fixture_link(w, 0);
    gossipsub_world_join(w, 0, TOPIC);
    for (size_t i = 1; i <= puppets; i++) {
        fixture_subscribe(w, i, TOPIC, true);
        (void)fixture_read(w, i);
    }
    return w;
}

static void what_was_said_is_announced_outside_the_mesh(void **state)
{
    (void)state;
    struct gossipsub_world *w = small(40);
    gossipsub_world_run(w, 2 * SECOND);
    for (size_t i = 1; i <= 40; i++) {
        (void)fixture_read(w, i);
    }
    (void)fixture_publish(w, 1, 1, 7, 30);
    gossipsub_world_run(w, 600 * TIMERS_MS);
    size_t told = 0;
    for (size_t i = 1; i <= 40; i++) {
        struct fixture_seen seen = fixture_read(w, i);
        assert_true(seen.kinds[GOSSIPSUB_MSG_IHAVE] == 0 || !fixture_has(w, i));
        told += seen.kinds[GOSSIPSUB_MSG_IHAVE];
        assert_int_equal(seen.ids, seen.kinds[GOSSIPSUB_MSG_IHAVE]);
    }
    assert_int_equal(told, 9); /* a quarter of 34 */
    gossipsub_world_run(w, 10 * SECOND);
    told = 0;
    for (size_t i = 1; i <= 40; i++) {
        size_t ihaves = fixture_read(w, i).kinds[GOSSIPSUB_MSG_IHAVE];
        assert_true(ihaves <= 1);
        told += ihaves;
    }
    assert_true(told >= 34 - 9); /* in four heartbeats everybody, each in turn */
    gossipsub_world_free(w);
}

static void one_is_asked_and_then_another(void **state)
{
    (void)state;
    struct gossipsub_world *w = small(3);
    struct gossipsub_sign_id *id = fixture_made_up(1, 1);
    gossipsub_world_run(w, 2 * SECOND);
    (void)fixture_read(w, 1);
    (void)fixture_read(w, 2);
    fixture_ids(w, 1, GOSSIPSUB_MSG_IHAVE, id, 1);
    fixture_ids(w, 2, GOSSIPSUB_MSG_IHAVE, id, 1);
    assert_int_equal(fixture_read(w, 1).kinds[GOSSIPSUB_MSG_IWANT], 1);
    assert_int_equal(fixture_read(w, 2).kinds[GOSSIPSUB_MSG_IWANT], 0);
    gossipsub_world_run(w, 2 * SECOND); /* a third of the time-out, and a heartbeat */
    assert_int_equal(fixture_read(w, 2).kinds[GOSSIPSUB_MSG_IWANT], 1);
    assert_int_equal(fixture_stats(w)->broken, 0);
    gossipsub_world_run(w, 4 * SECOND);
    assert_int_equal(fixture_stats(w)->broken, 2);
    assert_int_equal(fixture_stats(w)->misbehaviour, 2);
    gossipsub_world_run(w, 8 * SECOND);
    assert_int_equal(fixture_stats(w)->broken, 2); /* and it is forgotten */
    mem_free(id);
    gossipsub_world_free(w);
}

/* Among many that announce and do not give, who gave before is asked; who was slow is asked last.
 */
static void who_was_slow_is_asked_when_nobody_else_may_be(void **state)
{
    (void)state;
    struct gossipsub_world *w = small(3);
    struct gossipsub_sign_id *ids = fixture_made_up(1, 2);
    gossipsub_world_run(w, 2 * SECOND);
    fixture_ids(w, 1, GOSSIPSUB_MSG_IHAVE, &ids[0], 1);
    gossipsub_world_run(w, 2 * SECOND);
    assert_int_equal(fixture_read(w, 1).kinds[GOSSIPSUB_MSG_IWANT], 1);
    (void)fixture_read(w, 2);
    fixture_ids(w, 1, GOSSIPSUB_MSG_IHAVE, &ids[1], 1);
    assert_int_equal(fixture_read(w, 1).kinds[GOSSIPSUB_MSG_IWANT], 0);
    fixture_ids(w, 2, GOSSIPSUB_MSG_IHAVE, &ids[1], 1);
    assert_int_equal(fixture_read(w, 2).kinds[GOSSIPSUB_MSG_IWANT], 1);
    mem_free(ids);
    gossipsub_world_free(w);
}

/* What the mesh did not bring is announced before the heartbeat, and its bringer taken in at it. */
static void who_repairs_is_taken_in(void **state)
{
    (void)state;
    struct gossipsub_world *w = small(20);
    struct gossipsub_world *other = small(3); /* to learn the id of what will be said */
    struct gossipsub_sign_id id = fixture_publish(other, 3, 3, 9, 30);
    size_t helper = 0;
    size_t told = 0;
    gossipsub_world_run(w, 2 * SECOND);
    for (size_t i = 1; i <= 20; i++) {
        (void)fixture_read(w, i);
        helper = fixture_has(w, i) ? helper : i;
    }
    assert_true(helper != 0);
    fixture_ids(w, helper, GOSSIPSUB_MSG_IHAVE, &id, 1);
    (void)fixture_publish(w, helper, 3, 9, 30);
    gossipsub_world_run(w, 60 * TIMERS_MS);
    for (size_t i = 1; i <= 20; i++) {
        told += fixture_read(w, i).kinds[GOSSIPSUB_MSG_IHAVE];
    }
    assert_true(told > 0);
    gossipsub_world_run(w, SECOND);
    assert_true(fixture_has(w, helper));
    gossipsub_world_free(other);
    gossipsub_world_free(w);
}

static void what_comes_in_time_breaks_no_promise(void **state)
{
    (void)state;
    struct gossipsub_world *w = small(3);
    struct gossipsub_world *other = small(3); /* to learn the id of what will be said */
    struct gossipsub_sign_id id = fixture_publish(other, 3, 3, 9, 30);
    fixture_ids(w, 1, GOSSIPSUB_MSG_IHAVE, &id, 1);
    assert_int_equal(fixture_read(w, 1).kinds[GOSSIPSUB_MSG_IWANT], 1);
    (void)fixture_publish(w, 2, 3, 9, 30); /* from whomever */
    assert_int_equal(w->nodes[0].got[9], 1);
    assert_int_equal(fixture_stats(w)->repaired, 1);
    gossipsub_world_run(w, 10 * SECOND);
    assert_int_equal(fixture_stats(w)->broken, 0);
    /* What is here is not asked for. */
    fixture_ids(w, 1, GOSSIPSUB_MSG_IHAVE, &id, 1);
    assert_int_equal(fixture_read(w, 1).kinds[GOSSIPSUB_MSG_IWANT], 0);
    gossipsub_world_free(other);
    gossipsub_world_free(w);
}

/* One heartbeat: 10 RPCs and 5,000 ids of one peer; what it owes is bounded, too. */
static void floods_of_ihave_are_bounded(void **state)
{
    (void)state;
    struct gossipsub_world *w = small(2);
    size_t asked = 0;
    gossipsub_world_run(w, 2 * SECOND);
    (void)fixture_read(w, 1);
    for (size_t i = 0; i < 30; i++) {
        struct gossipsub_sign_id *ids = fixture_made_up(i * 2000, 2000);
        fixture_ids(w, 1, GOSSIPSUB_MSG_IHAVE, ids, 2000);
        asked += fixture_read(w, 1).ids;
        mem_free(ids);
    }
    assert_int_equal(asked, GOSSIPSUB_GOSSIP_OWED_MAX);
    gossipsub_world_run(w, 20 * SECOND);
    assert_int_equal(fixture_stats(w)->broken, GOSSIPSUB_GOSSIP_OWED_MAX);
    /* Each request that was not kept counts once. */
    assert_true(fixture_stats(w)->misbehaviour >= 2 && fixture_stats(w)->misbehaviour <= 10);
    for (size_t i = 0; i < 20; i++) {
        struct gossipsub_sign_id *id = fixture_made_up(100000 + i, 1);
        fixture_ids(w, 1, GOSSIPSUB_MSG_IHAVE, id, 1);
        mem_free(id);
    }
    assert_int_equal(fixture_read(w, 1).ids, 0); /* it was slow: perhaps others have them */
    gossipsub_world_run(w, 2 * SECOND);
    assert_int_equal(fixture_read(w, 1).ids, GOSSIPSUB_GOSSIP_IHAVES_MAX);
    gossipsub_world_free(w);
}

/* Who promises and breaks it goes below what gossip wants, and is heard no more. */
static void who_breaks_promises_is_not_asked_any_more(void **state)
{
    (void)state;
    struct gossipsub_world *w = small(2);
    size_t asked = 0;
    for (size_t i = 0; i < 40; i++) {
        struct gossipsub_sign_id *id = fixture_made_up(i, 1);
        fixture_ids(w, 1, GOSSIPSUB_MSG_IHAVE, id, 1);
        mem_free(id);
        gossipsub_world_run(w, SECOND);
        asked += fixture_read(w, 1).kinds[GOSSIPSUB_MSG_IWANT];
    }
    assert_true(asked < 20);
    assert_false(fixture_has(w, 1));
    gossipsub_world_free(w);
}

static void one_message_is_given_three_times(void **state)
{
    (void)state;
    struct gossipsub_world *w = small(2);
    struct gossipsub_sign_id id = fixture_publish(w, 1, 1, 3, 5000);
    (void)fixture_read(w, 2);
    size_t given = 0;
    for (size_t i = 0; i < 20; i++) {
        fixture_ids(w, 2, GOSSIPSUB_MSG_IWANT, &id, 1);
        given += fixture_read(w, 2).kinds[GOSSIPSUB_MSG_PUBLISH];
    }
    assert_int_equal(given, GOSSIPSUB_GOSSIP_SERVED_MAX);
    struct gossipsub_sign_id many[2000];
    for (size_t i = 0; i < 2000; i++) {
        many[i] = id;
    }
    for (size_t i = 0; i < 10; i++) {
        fixture_ids(w, 2, GOSSIPSUB_MSG_IWANT, many, 2000);
    }
    assert_int_equal(fixture_read(w, 2).kinds[GOSSIPSUB_MSG_PUBLISH], 0);
    gossipsub_world_run(w, 10 * SECOND); /* then it is not here any more */
    fixture_ids(w, 1, GOSSIPSUB_MSG_IWANT, &id, 1);
    assert_int_equal(fixture_read(w, 1).kinds[GOSSIPSUB_MSG_PUBLISH], 0);
    gossipsub_world_free(w);
}

static void large_messages_are_declined_at_once(void **state)
{
    (void)state;
    struct gossipsub_world *w = fixture_new(3, NULL);
    w->nodes[3].version = GOSSIPSUB_V11;
    fixture_link(w, 0);
    w->nodes[0].asks = true;
    w->nodes[0].is_mute = true; /* before any verdict */
    gossipsub_world_join(w, 0, TOPIC);
    for (size_t i = 1; i <= 3; i++) {
        fixture_subscribe(w, i, TOPIC, true);
        fixture_graft(w, i, TOPIC);
        (void)fixture_read(w, i);
    }
    (void)fixture_publish(w, 1, 1, 1, 1023);
    assert_int_equal(fixture_read(w, 2).kinds[GOSSIPSUB_MSG_IDONTWANT], 0);
    (void)fixture_publish(w, 1, 1, 2, 1024);
    assert_int_equal(fixture_read(w, 1).kinds[GOSSIPSUB_MSG_IDONTWANT], 0);
    assert_int_equal(fixture_read(w, 2).kinds[GOSSIPSUB_MSG_IDONTWANT], 1);
    assert_int_equal(fixture_read(w, 3).kinds[GOSSIPSUB_MSG_IDONTWANT], 0); /* it is of 1.1 */
    gossipsub_world_free(w);
}

static void what_is_declined_is_not_sent_for_three_heartbeats(void **state)
{
    (void)state;
    struct gossipsub_world *w = small(2);
    struct gossipsub_world *other = small(2);
    struct gossipsub_sign_id id = fixture_publish(other, 1, 1, 3, 2000);
    fixture_graft(w, 2, TOPIC);
    (void)fixture_read(w, 2);
    fixture_ids(w, 2, GOSSIPSUB_MSG_IDONTWANT, &id, 1);
    (void)fixture_publish(w, 1, 1, 3, 2000);
    assert_int_equal(fixture_read(w, 2).kinds[GOSSIPSUB_MSG_PUBLISH], 0);
    assert_int_equal(fixture_stats(w)->unwanted, 1);
    fixture_ids(w, 2, GOSSIPSUB_MSG_IWANT, &id, 1);
    assert_int_equal(fixture_read(w, 2).kinds[GOSSIPSUB_MSG_PUBLISH], 0);
    gossipsub_world_run(w, 3100 * TIMERS_MS);
    fixture_ids(w, 2, GOSSIPSUB_MSG_IWANT, &id, 1);
    assert_int_equal(fixture_read(w, 2).kinds[GOSSIPSUB_MSG_PUBLISH], 1);
    gossipsub_world_free(other);
    gossipsub_world_free(w);
}

static void floods_of_idontwant_are_bounded(void **state)
{
    (void)state;
    struct gossipsub_world *w = small(1);
    size_t before = gossipsub_memory(w->nodes[0].machine);
    struct gossipsub_sign_id *ids = fixture_made_up(0, 5000);
    for (size_t i = 0; i < 20; i++) {
        fixture_ids(w, 1, GOSSIPSUB_MSG_IDONTWANT, ids, 5000);
    }
    mem_free(ids);
    assert_true(gossipsub_memory(w->nodes[0].machine) - before < 110000);
    gossipsub_world_run(w, 5 * SECOND);
    assert_true(gossipsub_memory(w->nodes[0].machine) <= before + 100);
    gossipsub_world_free(w);
}

/* js-libp2p names a message by its author's key: it is understood, and answered likewise. */
static void js_names_are_understood(void **state)
{
    (void)state;
    struct gossipsub_world *w = small(2);
    struct gossipsub_sign_id id = fixture_publish(w, 1, 1, 3, 50);
    struct gossipsub_sign_id js = {0};
    struct span by_key = gossipsub_sign_by_key(&id);
    assert_int_equal(by_key.len, 44);
    js.len = (uint8_t)by_key.len;
    memcpy(js.bytes, by_key.ptr, by_key.len);
    (void)fixture_read(w, 2);
    fixture_ids(w, 2, GOSSIPSUB_MSG_IWANT, &js, 1);
    assert_int_equal(fixture_read(w, 2).kinds[GOSSIPSUB_MSG_PUBLISH], 1);
    fixture_ids(w, 2, GOSSIPSUB_MSG_IHAVE, &js, 1); /* it is here */
    assert_int_equal(fixture_read(w, 2).kinds[GOSSIPSUB_MSG_IWANT], 0);
    js.bytes[js.len - 1]++;
    fixture_ids(w, 2, GOSSIPSUB_MSG_IHAVE, &js, 1);
    struct buf out;
    struct gossipsub_msg m;
    struct gossipsub_msg_item item;
    struct span asked = span_empty();
    buf_init(&out, 2 * GOSSIPSUB_MSG_SIZE_MAX);
    assert_true(gossipsub_pull(w->nodes[0].machine, w->now, &w->nodes[2].id, &out));
    gossipsub_msg_init(&m, buf_span(&out));
    while (gossipsub_msg_next(&m, &item)) {
        if (item.kind == GOSSIPSUB_MSG_IWANT) {
            assert_true(gossipsub_msg_next_id(&item, &asked));
        }
    }
    assert_true(span_is_equal(asked, gossipsub_sign_id_span(&js)));
    buf_clear(&out);
    gossipsub_world_free(w);
}

/* Nodes that are in no mesh with each other still get all, by gossip alone. */
static void gossip_alone_brings_everything(void **state)
{
    (void)state;
    struct gossipsub_world *w = gossipsub_world_new(8, 3);
    for (size_t i = 0; i < w->count; i++) {
        gossipsub_world_stop(w, i);
    }
    w->config.params.d = 1;
    w->config.params.d_low = 1;
    w->config.params.d_high = 2;
    w->config.params.d_score = 1;
    w->config.params.d_out = 0;
    w->config.params.flood_publish = false;
    w->config.no_score = true;
    for (size_t i = 0; i < w->count; i++) {
        gossipsub_world_start(w, i);
    }
    gossipsub_world_link_random(w, 4);
    gossipsub_world_join_all(w, TOPIC);
    gossipsub_world_run(w, 5 * SECOND);
    for (size_t i = 0; i < 20; i++) {
        (void)gossipsub_world_say(w, i % w->count, TOPIC);
        gossipsub_world_run(w, 300 * TIMERS_MS);
    }
    gossipsub_world_run(w, 10 * SECOND);
    uint64_t repaired = 0;
    for (size_t i = 0; i < 20; i++) {
        assert_int_equal(gossipsub_world_wrong(w, i, i % w->count), 0);
    }
    for (size_t i = 0; i < w->count; i++) {
        repaired += gossipsub_stats(w->nodes[i].machine)->repaired;
    }
    assert_true(repaired > 10);
    gossipsub_world_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(what_was_said_is_announced_outside_the_mesh),
        UNIT(one_is_asked_and_then_another),
        UNIT(who_was_slow_is_asked_when_nobody_else_may_be),
        UNIT(who_repairs_is_taken_in),
        UNIT(what_comes_in_time_breaks_no_promise),
        UNIT(floods_of_ihave_are_bounded),
        UNIT(who_breaks_promises_is_not_asked_any_more),
        UNIT(one_message_is_given_three_times),
        UNIT(large_messages_are_declined_at_once),
        UNIT(what_is_declined_is_not_sent_for_three_heartbeats),
        UNIT(floods_of_idontwant_are_bounded),
        UNIT(js_names_are_understood),
        UNIT(gossip_alone_brings_everything),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
