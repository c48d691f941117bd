/* Gossipsub as a whole: messages reach everybody once, whatever the schedule; its doors and their
 * bounds. */
#include "pubsub/gossipsub.h"

#include "tests/pubsub/gossipsub_fixture.h"

static void everybody_gets_every_message_once(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 4; seed++) {
        struct gossipsub_world *w = gossipsub_world_new(40, seed);
        w->padding = seed % 2 == 0 ? 100 : 2000; /* with IDONTWANT, and without */
        gossipsub_world_link_random(w, 6);
        gossipsub_world_join_all(w, TOPIC);
        gossipsub_world_run(w, 5 * SECOND);
        for (size_t i = 0; i < 100; i++) {
            (void)gossipsub_world_say(w, i % w->count, TOPIC);
            gossipsub_world_run(w, 100 * TIMERS_MS);
        }
        gossipsub_world_run(w, 5 * SECOND);
        for (size_t i = 0; i < 100; i++) {
            assert_int_equal(gossipsub_world_wrong(w, i, i % w->count), 0);
        }
        assert_int_equal(w->strange, 0);
        assert_int_equal(w->refused, 0);
        for (size_t i = 0; i < w->count; i++) {
            assert_int_equal(gossipsub_stats(w->nodes[i].machine)->misbehaviour, 0);
        }
        gossipsub_world_free(w);
    }
}

/* Peers of every version in one topic. */
static void versions_are_mixed(void **state)
{
    (void)state;
    struct gossipsub_world *w = gossipsub_world_new(30, 7);
    w->padding = 2000;
    for (size_t i = 0; i < w->count; i++) {
        w->nodes[i].version = (enum gossipsub_version)(i % 4);
    }
    gossipsub_world_link_random(w, 6);
    gossipsub_world_join_all(w, TOPIC);
    gossipsub_world_run(w, 5 * SECOND);
    for (size_t i = 0; i < 60; i++) {
        (void)gossipsub_world_say(w, i % w->count, TOPIC);
        gossipsub_world_run(w, 100 * TIMERS_MS);
    }
    gossipsub_world_run(w, 5 * SECOND);
    for (size_t i = 0; i < 60; i++) {
        assert_int_equal(gossipsub_world_wrong(w, i, i % w->count), 0);
    }
    gossipsub_world_free(w);
}

#define STAY 30 /* of the nodes under churn */

static void come_or_go(struct gossipsub_world *w, size_t node)
{
    if (w->nodes[node].machine != NULL) {
        gossipsub_world_stop(w, node);
        return;
    }
    gossipsub_world_start(w, node);
    for (size_t k = 0; k < 8; k++) {
        size_t to = (size_t)random_below(&w->random, STAY);
        if (w->links[node * w->count + to] == 0) {
            gossipsub_world_link(w, node, to, true);
        }
    }
    gossipsub_world_join(w, node, TOPIC);
}

/* A few nodes come and go all the time; those that stay get all of each other's messages. */
static void churn_loses_nothing(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 3; seed++) {
        struct gossipsub_world *w = gossipsub_world_new(STAY + 6, seed);
        gossipsub_world_link_random(w, 8);
        gossipsub_world_join_all(w, TOPIC);
        gossipsub_world_run(w, 5 * SECOND);
        for (size_t i = 0; i < 100; i++) {
            come_or_go(w, STAY + i % 6);
            (void)gossipsub_world_say(w, i % STAY, TOPIC);
            gossipsub_world_run(w, 200 * TIMERS_MS);
        }
        gossipsub_world_run(w, 10 * SECOND);
        for (size_t at = 0; at < 100 * w->count; at++) {
            size_t said = at % 100;
            const struct gossipsub_world_node *n = &w->nodes[at / 100];
            if (at / 100 < STAY) {
                assert_int_equal(n->got[said], at / 100 == said % STAY ? 0 : 1);
            } else { /* twice only in another life */
                assert_true(n->got[said] <= n->lives);
            }
        }
        assert_int_equal(w->refused, 0);
        gossipsub_world_free(w);
    }
}

static uint64_t run_of(uint64_t seed)
{
    struct gossipsub_world *w = gossipsub_world_new(15, seed);
    gossipsub_world_link_random(w, 5);
    gossipsub_world_join_all(w, TOPIC);
    for (size_t i = 0; i < 20; i++) {
        (void)gossipsub_world_say(w, i % w->count, TOPIC);
        gossipsub_world_run(w, 300 * TIMERS_MS);
    }
    uint64_t bytes = w->bytes;
    for (size_t i = 0; i < w->count; i++) {
        bytes = bytes * 31 + gossipsub_stats(w->nodes[i].machine)->duplicates;
    }
    gossipsub_world_free(w);
    return bytes;
}

static void a_run_repeats(void **state)
{
    (void)state;
    assert_int_equal(run_of(5), run_of(5));
    assert_int_not_equal(run_of(5), run_of(6));
}

static void doors_say_what_they_cannot_do(void **state)
{
    (void)state;
    static uint8_t data[GOSSIPSUB_DATA_MAX + 1];
    struct gossipsub_world *w = fixture_new(1, NULL);
    struct gossipsub *g = w->nodes[0].machine;
    const struct gossipsub_link link = {.version = GOSSIPSUB_V12};
    char name[GOSSIPSUB_MSG_TOPIC_MAX + 2];
    memset(name, 'n', sizeof name);
    struct span large = span_of(name, GOSSIPSUB_MSG_TOPIC_MAX + 1);
    fixture_link(w, 0);
    assert_int_equal(gossipsub_peer_up(g, w->now, &w->nodes[1].id, &link), WAVU_ERR_EXISTS);
    assert_int_equal(gossipsub_feed(g, w->now, &w->nodes[0].id, span_empty()), WAVU_ERR_NOT_FOUND);
    assert_int_equal(gossipsub_join(g, w->now, span_empty(), NULL), WAVU_ERR_INVALID);
    assert_int_equal(gossipsub_join(g, w->now, large, NULL), WAVU_ERR_INVALID);
    assert_int_equal(gossipsub_publish(g, w->now, large, UNIT_TEXT("x"), NULL), WAVU_ERR_INVALID);
    assert_int_equal(gossipsub_leave(g, w->now, UNIT_TEXT(TOPIC)), WAVU_ERR_NOT_FOUND);
    assert_int_equal(gossipsub_join(g, w->now, UNIT_TEXT(TOPIC), NULL), 0);
    assert_int_equal(gossipsub_join(g, w->now, UNIT_TEXT(TOPIC), NULL), WAVU_ERR_EXISTS);
    assert_int_equal(
        gossipsub_publish(g, w->now, UNIT_TEXT(TOPIC), span_of(data, sizeof data), NULL),
        WAVU_ERR_LIMIT);
    fixture_subscribe(w, 1, TOPIC, true);
    assert_int_equal(
        gossipsub_publish(g, w->now, UNIT_TEXT(TOPIC), span_of(data, GOSSIPSUB_DATA_MAX), NULL), 0);
    struct buf out;
    buf_init(&out, 2 * GOSSIPSUB_MSG_SIZE_MAX);
    while (gossipsub_pull(g, w->now, &w->nodes[1].id, &out)) {
        assert_true(out.len <= GOSSIPSUB_MSG_SENT_MAX);
        buf_drop_front(&out, out.len);
    }
    buf_clear(&out);
    for (unsigned i = 1; i <= GOSSIPSUB_JOINED_MAX; i++) {
        (void)snprintf(name, sizeof name, "%u", i);
        assert_int_equal(gossipsub_join(g, w->now, span_from_text(name), NULL),
                         i < GOSSIPSUB_JOINED_MAX ? 0 : WAVU_ERR_LIMIT);
    }
    gossipsub_world_drain(w, 0);
    gossipsub_world_free(w);
}

static void peers_are_bounded(void **state)
{
    (void)state;
    struct gossipsub_world *w = fixture_new(1, NULL);
    struct gossipsub *g = w->nodes[0].machine;
    const struct gossipsub_link link = {.version = GOSSIPSUB_V12};
    size_t idle = gossipsub_memory(g);
    gossipsub_world_join(w, 0, TOPIC);
    for (unsigned i = 0; i <= GOSSIPSUB_PEERS_MAX; i++) {
        struct peerid id = w->nodes[1].id;
        id.bytes[10] = (uint8_t)(i >> 8);
        id.bytes[11] = (uint8_t)i;
        assert_int_equal(gossipsub_peer_up(g, w->now, &id, &link),
                         i < GOSSIPSUB_PEERS_MAX ? 0 : WAVU_ERR_LIMIT);
    }
    struct gossipsub_event e;
    while (gossipsub_next_event(g, &e)) {
    }
    /* With a hello that waits. */
    assert_true((gossipsub_memory(g) - idle) / GOSSIPSUB_PEERS_MAX < 1200);
    gossipsub_world_free(w);
}

/* 10,000 subscriptions: 1,024 are kept, the peer is punished, and it can still be in our topic. */
static void floods_of_subscriptions_are_bounded(void **state)
{
    (void)state;
    struct gossipsub_world *w = fixture_new(1, NULL);
    struct gossipsub *g = w->nodes[0].machine;
    size_t size = 400000;
    uint8_t *bytes = mem_new(size);
    char name[32];
    struct wr rpc;
    fixture_link(w, 0);
    gossipsub_world_join(w, 0, TOPIC);
    fixture_subscribe(w, 1, TOPIC, true);
    for (unsigned round = 0; round < 3; round++) {
        wr_init(&rpc, span_mut_of(bytes, size));
        for (unsigned i = 0; i < 10000; i++) {
            (void)snprintf(name, sizeof name, "topic %u %u", round, i);
            gossipsub_msg_write_subscription(&rpc, span_from_text(name), true);
        }
        assert_int_equal(fixture_say(w, 1, &rpc), 0);
        assert_true(gossipsub_memory(g) < 600000);
        gossipsub_world_run(w, SECOND);
    }
    assert_true(fixture_stats(w)->misbehaviour >= 3);
    struct peerid peer;
    assert_int_equal(gossipsub_peers(g, UNIT_TEXT(TOPIC), &peer, 1), 1);
    assert_int_equal(gossipsub_peers(g, UNIT_TEXT("topic 0 0"), &peer, 1), 1);
    assert_int_equal(gossipsub_peers(g, UNIT_TEXT("topic 2 9"), &peer, 1), 0);
    gossipsub_world_link(w, 1, 0, false);
    assert_true(gossipsub_memory(g) < 400000);
    gossipsub_world_free(w);
    mem_free(bytes);
}

static void what_is_malformed_ends_the_stream(void **state)
{
    (void)state;
    struct gossipsub_world *w = fixture_new(1, NULL);
    static uint8_t large[GOSSIPSUB_MSG_SIZE_MAX + 1];
    fixture_link(w, 0);
    gossipsub_world_join(w, 0, TOPIC);
    /* A subscription before what is malformed is not acted on, either. */
    static const uint8_t cut[] = {0x0a, 8, 8, 1, 0x12, 4, 'n', 'e', 'w', 's', 0x12, 9, 1};
    assert_int_equal(gossipsub_world_inject(w, 1, 0, span_of(cut, sizeof cut)), WAVU_ERR_PROTO);
    assert_int_equal(gossipsub_world_inject(w, 1, 0, span_of(large, sizeof large)), WAVU_ERR_LIMIT);
    struct peerid peer;
    assert_int_equal(gossipsub_peers(w->nodes[0].machine, UNIT_TEXT(TOPIC), &peer, 1), 0);
    assert_int_equal(fixture_stats(w)->malformed, 2);
    assert_int_equal(gossipsub_world_inject(w, 1, 0, span_empty()), 0); /* an empty RPC is one */
    gossipsub_world_free(w);
}

/* Who never reads holds 1 MiB, loses messages, and in the end is closed. */
static void who_does_not_read_is_bounded_and_closed(void **state)
{
    (void)state;
    struct gossipsub_world *w = fixture_new(1, NULL);
    struct gossipsub *g = w->nodes[0].machine;
    static uint8_t data[60000];
    fixture_link(w, 0);
    gossipsub_world_join(w, 0, TOPIC);
    fixture_subscribe(w, 1, TOPIC, true);
    for (unsigned i = 0; i < 100; i++) {
        assert_int_equal(
            gossipsub_publish(g, w->now, UNIT_TEXT(TOPIC), span_of(data, sizeof data), NULL), 0);
    }
    gossipsub_world_drain(w, 0);
    assert_true(fixture_stats(w)->dropped >= 82);
    for (unsigned i = 0; i < 15000 && w->nodes[0].closes == 0; i++) {
        assert_int_equal(gossipsub_leave(g, w->now, UNIT_TEXT(TOPIC)), 0);
        gossipsub_world_join(w, 0, TOPIC);
    }
    assert_int_equal(w->nodes[0].closes, 1);
    gossipsub_world_free(w);
}

static void who_is_in_our_topics_is_told(void **state)
{
    (void)state;
    struct gossipsub_world *w = fixture_new(2, NULL);
    fixture_link(w, 0);
    fixture_subscribe(w, 1, TOPIC, true);
    assert_int_equal(w->nodes[0].peers_on, 0);
    gossipsub_world_join(w, 0, TOPIC);
    assert_int_equal(w->nodes[0].peers_on, 1);
    fixture_subscribe(w, 2, TOPIC, true);
    fixture_subscribe(w, 2, TOPIC, true);
    assert_int_equal(w->nodes[0].peers_on, 2);
    fixture_subscribe(w, 2, TOPIC, false);
    fixture_subscribe(w, 2, TOPIC, false);
    gossipsub_world_link(w, 1, 0, false);
    assert_int_equal(w->nodes[0].peers_off, 2);
    gossipsub_world_free(w);
}

/* Of a peer that is graylisted only what it is in is remembered. */
static void who_is_graylisted_is_not_heard(void **state)
{
    (void)state;
    struct gossipsub_world *w = fixture_new(2, NULL);
    struct gossipsub *g = w->nodes[0].machine;
    struct peerid peers[3];
    fixture_link(w, 0);
    gossipsub_world_join(w, 0, TOPIC);
    gossipsub_score_set(g, &w->nodes[1].id, -2000 * GOSSIPSUB_SCORE_ONE);
    fixture_subscribe(w, 1, TOPIC, true);
    (void)fixture_publish(w, 1, 1, 1, 30);
    assert_int_equal(w->nodes[0].got[1], 0);
    assert_int_equal(gossipsub_peers(g, UNIT_TEXT(TOPIC), peers, 3), 1);
    gossipsub_score_set(g, &w->nodes[1].id, 0);
    (void)fixture_publish(w, 1, 1, 2, 30);
    assert_int_equal(w->nodes[0].got[2], 1);
    gossipsub_world_free(w);
}

/* What one machine of a large simulation holds. */
static void a_node_is_small(void **state)
{
    (void)state;
    struct gossipsub_world *w = gossipsub_world_new(30, 1);
    size_t most = 0;
    gossipsub_world_link_random(w, 8);
    gossipsub_world_join_all(w, TOPIC);
    gossipsub_world_run(w, 30 * SECOND);
    for (size_t i = 0; i < w->count; i++) {
        size_t bytes = gossipsub_memory(w->nodes[i].machine);
        most = bytes > most ? bytes : most;
    }
    assert_true(most < 40000); /* with 16 peers or so in one topic */
    gossipsub_world_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(everybody_gets_every_message_once),
        UNIT(versions_are_mixed),
        UNIT(churn_loses_nothing),
        UNIT(a_run_repeats),
        UNIT(doors_say_what_they_cannot_do),
        UNIT(peers_are_bounded),
        UNIT(floods_of_subscriptions_are_bounded),
        UNIT(what_is_malformed_ends_the_stream),
        UNIT(who_does_not_read_is_bounded_and_closed),
        UNIT(who_is_in_our_topics_is_told),
        UNIT(who_is_graylisted_is_not_heard),
        UNIT(a_node_is_small),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
