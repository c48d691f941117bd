/*
 * Topics by wavu/topics.h alone: read by several, judged, published from inside and outside, and
 * every way to end.
 */
#include "wavu/topics.h"

#include <string.h>

#include "base/timers.h"
#include "sim/sim.h"
#include "sim/sim_host.h"
#include "tests/base/unit.h"
#include "wavu/p2p.h"

#define NODES 3
#define TOPIC "news"

static struct sim *sim;
static struct sim_host *hosts[NODES];
static struct wavu_node *nodes[NODES];
static char ids[NODES][WAVU_PEER_TEXT_MAX];

/* A program that reads. */
struct program {
    struct wavu_topic *reader;
    size_t heard;
    size_t own;
    size_t there;
    size_t gone;
    char last[64];
    char from[WAVU_PEER_TEXT_MAX];
    enum wavu_topic_verdict verdict;
    uint64_t ticket; /* of what is judged later */
    bool is_slow;
    bool leaves; /* at the first message */
};

static struct program programs[NODES];

static void hear(void *context, const struct wavu_topic_message *m)
{
    struct program *p = context;
    p->heard++;
    p->own += m->is_own ? 1 : 0;
    assert_string_equal(m->topic, TOPIC);
    assert_true(m->len < sizeof p->last);
    memcpy(p->last, m->data, m->len);
    p->last[m->len] = '\0';
    strcpy(p->from, m->from);
    if (p->leaves) {
        wavu_topic_leave(p->reader);
        p->reader = NULL;
    }
}

static void judge(void *context, const struct wavu_topic_message *m, uint64_t ticket)
{
    struct program *p = context;
    (void)m;
    p->ticket = ticket;
    if (!p->is_slow) {
        wavu_topic_judge(nodes[p - programs], ticket, p->verdict);
    }
}

static void moved(void *context, const char *peer, bool is_there)
{
    struct program *p = context;
    assert_int_equal(strlen(peer), 52);
    p->there += is_there ? 1 : 0;
    p->gone += is_there ? 0 : 1;
}

/* Three nodes, each connected with the two others. */
static void start(uint64_t seed)
{
    sim = sim_new(seed);
    memset(programs, 0, sizeof programs);
    for (unsigned i = 0; i < NODES; i++) {
        char address[32];
        (void)snprintf(address, sizeof address, "10.0.0.%u", i + 1);
        hosts[i] = sim_host_new(sim, address);
        const struct wavu_config config = {.port = sim_host_port(hosts[i]), .is_ephemeral = true};
        assert_int_equal(wavu_node_new(&config, &nodes[i]), 0);
        wavu_node_id(nodes[i], ids[i]);
        (void)snprintf(address, sizeof address, "10.0.0.%u:4001", i + 1);
        assert_int_equal(wavu_node_listen(nodes[i], address), 0);
    }
}

static void connected(void *context, int err, const char *peer)
{
    (void)peer;
    assert_int_equal(err, 0);
    *(unsigned *)context += 1;
}

static void meet(void)
{
    unsigned done = 0;
    for (unsigned i = 0; i < NODES; i++) {
        for (unsigned k = 0; k < i; k++) {
            char text[64];
            const char *address = text;
            struct wavu_op *op;
            (void)snprintf(text, sizeof text, "/ip4/10.0.0.%u/tcp/4001", k + 1);
            const struct wavu_peer_wish wish = {
                .peer = ids[k], .addresses = &address, .address_count = 1};
            assert_int_equal(wavu_peer_connect(nodes[i], &wish, connected, &done, &op), 0);
        }
    }
    sim_run_for(sim, 5 * TIMERS_SECOND);
    assert_int_equal(done, NODES);
}

static void settle(void)
{
    sim_run_for(sim, 5 * TIMERS_SECOND);
}

static void stop(void)
{
    for (unsigned i = 0; i < NODES; i++) {
        wavu_node_free(nodes[i]);
    }
    sim_free(sim);
}

static struct wavu_topic_wish wish_of(unsigned node)
{
    return (struct wavu_topic_wish){
        .topic = TOPIC, .heard = hear, .peer = moved, .context = &programs[node]};
}

static void join(unsigned node)
{
    const struct wavu_topic_wish wish = wish_of(node);
    assert_int_equal(wavu_topic_join(nodes[node], &wish, &programs[node].reader), 0);
}

static int say(unsigned node, const char *text)
{
    return wavu_topic_publish(nodes[node], TOPIC, (const uint8_t *)text, strlen(text));
}

static size_t named;

static void count_topic(void *context, const char *topic)
{
    assert_string_equal(topic, context);
    named++;
}

static void count_peer(void *context, const char *peer)
{
    (void)context;
    assert_int_equal(strlen(peer), 52);
    named++;
}

/* Whoever joins before or after they met. */
static void everybody_hears_what_is_published(void **state)
{
    (void)state;
    for (uint64_t order = 0; order < 2; order++) {
        start(1 + order);
        if (order == 0) {
            meet();
        }
        for (unsigned i = 0; i < NODES; i++) {
            join(i);
        }
        if (order == 1) {
            meet();
        }
        settle();
        assert_int_equal(say(0, "hello"), 0);
        assert_int_equal(programs[0].own, 1); /* at once */
        settle();
        for (unsigned i = 0; i < NODES; i++) {
            assert_int_equal(programs[i].heard, 1);
            assert_string_equal(programs[i].last, "hello");
            assert_string_equal(programs[i].from, ids[0]);
            assert_int_equal(programs[i].own, i == 0 ? 1 : 0);
            assert_int_equal(programs[i].there, NODES - 1);
        }
        char topic[] = TOPIC;
        named = 0;
        wavu_topics_each(nodes[0], count_topic, topic);
        assert_int_equal(named, 1);
        wavu_topic_peers(nodes[0], TOPIC, count_peer, NULL);
        assert_int_equal(named, NODES);
        wavu_topic_peers(nodes[0], "another", count_peer, NULL);
        assert_int_equal(named, NODES);
        stop();
    }
}

static void who_is_not_in_a_topic_can_speak_there(void **state)
{
    (void)state;
    start(3);
    meet();
    join(1);
    assert_int_equal(say(0, "early"), 0); /* nobody is known yet */
    settle();
    assert_int_equal(say(0, "hello"), 0);
    settle();
    assert_string_equal(programs[1].last, "hello");
    assert_int_equal(programs[0].heard, 0);
    stop();
}

static void several_read_one_topic(void **state)
{
    (void)state;
    struct wavu_topic *second;
    start(4);
    meet();
    join(0);
    join(1);
    struct wavu_topic_wish wish = wish_of(2);
    assert_int_equal(wavu_topic_join(nodes[1], &wish, &second), 0);
    settle();
    programs[1].leaves = true;
    assert_int_equal(say(0, "one"), 0);
    settle();
    assert_int_equal(programs[1].heard, 1);
    assert_int_equal(programs[2].heard, 1);
    assert_int_equal(say(0, "two"), 0);
    settle();
    assert_int_equal(programs[1].heard, 1);
    assert_int_equal(programs[2].heard, 2);
    wavu_topic_leave(second);
    wavu_topic_leave(NULL);
    settle();
    assert_int_equal(programs[0].gone, 1);
    named = 0;
    wavu_topics_each(nodes[1], count_topic, NULL);
    assert_int_equal(named, 0);
    /* Other rules for one topic do not go together. */
    wish.policy = WAVU_TOPIC_ANONYMOUS;
    assert_int_equal(wavu_topic_join(nodes[0], &wish, &second), WAVU_ERR_EXISTS);
    wish = wish_of(2);
    wish.judge = judge;
    assert_int_equal(wavu_topic_join(nodes[0], &wish, &second), WAVU_ERR_EXISTS);
    wish.heard = NULL;
    assert_int_equal(wavu_topic_join(nodes[1], &wish, &second), WAVU_ERR_INVALID);
    wish = wish_of(2);
    wish.topic = "a\x1b";
    assert_int_equal(wavu_topic_join(nodes[1], &wish, &second), WAVU_ERR_INVALID);
    stop();
}

static void messages_are_judged(void **state)
{
    (void)state;
    start(5);
    meet();
    join(0);
    struct wavu_topic_wish wish = wish_of(1);
    wish.judge = judge;
    assert_int_equal(wavu_topic_join(nodes[1], &wish, &programs[1].reader), 0);
    settle();
    programs[1].verdict = WAVU_TOPIC_ACCEPT;
    assert_int_equal(say(0, "good"), 0);
    settle();
    assert_int_equal(programs[1].heard, 1);
    programs[1].verdict = WAVU_TOPIC_REJECT;
    assert_int_equal(say(0, "bad"), 0);
    settle();
    assert_int_equal(programs[1].heard, 1);
    programs[1].is_slow = true;
    assert_int_equal(say(0, "later"), 0);
    sim_run_for(sim, TIMERS_SECOND);
    assert_int_equal(programs[1].heard, 1);
    wavu_topic_judge(nodes[1], programs[1].ticket, WAVU_TOPIC_ACCEPT);
    assert_int_equal(programs[1].heard, 2);
    assert_string_equal(programs[1].last, "later");
    assert_int_equal(say(0, "too late"), 0);
    sim_run_for(sim, 6 * TIMERS_SECOND);
    wavu_topic_judge(nodes[1], programs[1].ticket, WAVU_TOPIC_ACCEPT);
    assert_int_equal(programs[1].heard, 2);
    stop();
}

static void an_anonymous_topic_names_nobody(void **state)
{
    (void)state;
    start(6);
    meet();
    for (unsigned i = 0; i < 2; i++) {
        struct wavu_topic_wish wish = wish_of(i);
        wish.policy = WAVU_TOPIC_ANONYMOUS;
        assert_int_equal(wavu_topic_join(nodes[i], &wish, &programs[i].reader), 0);
    }
    settle();
    assert_int_equal(say(0, "who am I"), 0);
    assert_int_equal(say(0, "who am I"), WAVU_ERR_EXISTS);
    settle();
    assert_int_equal(programs[1].heard, 1);
    assert_string_equal(programs[1].from, "");
    stop();
}

static void a_node_that_ends_says_so(void **state)
{
    (void)state;
    static uint8_t large[WAVU_TOPIC_DATA_MAX + 1];
    struct wavu_topic *reader;
    start(7);
    meet();
    join(0);
    join(1);
    settle();
    assert_int_equal(wavu_topic_publish(nodes[0], TOPIC, large, sizeof large), WAVU_ERR_LIMIT);
    assert_int_equal(wavu_topic_publish(nodes[0], "", large, 1), WAVU_ERR_INVALID);
    wavu_node_shut(nodes[0]);
    const struct wavu_topic_wish wish = wish_of(0);
    assert_int_equal(wavu_topic_join(nodes[0], &wish, &reader), WAVU_ERR_SHUTDOWN);
    assert_int_equal(say(0, "x"), WAVU_ERR_SHUTDOWN);
    wavu_topic_leave(programs[0].reader); /* still fine */
    settle();
    assert_int_equal(programs[1].gone, 1);
    stop();
}

static void readers_are_bounded(void **state)
{
    (void)state;
    struct wavu_topic *reader;
    const struct wavu_topic_wish wish = wish_of(0);
    start(8);
    for (unsigned i = 0; i < WAVU_TOPIC_READERS_MAX; i++) {
        assert_int_equal(wavu_topic_join(nodes[0], &wish, &reader), 0);
    }
    assert_int_equal(wavu_topic_join(nodes[0], &wish, &reader), WAVU_ERR_LIMIT);
    stop();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(everybody_hears_what_is_published),
        UNIT(who_is_not_in_a_topic_can_speak_there),
        UNIT(several_read_one_topic),
        UNIT(messages_are_judged),
        UNIT(an_anonymous_topic_names_nobody),
        UNIT(a_node_that_ends_says_so),
        UNIT(readers_are_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
