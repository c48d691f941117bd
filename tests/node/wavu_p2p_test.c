/*
 * Streams of a program's own protocols, by wavu/p2p.h alone: opened by peer id, answered by
 * handlers, with back-pressure and every way to end.
 */
#include "wavu/p2p.h"

#include <string.h>

#include "base/timers.h"
#include "net/stream.h"
#include "sim/sim.h"
#include "sim/sim_cable.h"
#include "sim/sim_host.h"
#include "tests/base/unit.h"

#define NAME "/test/p2p/2"

static struct sim *sim;
static struct sim_host *hosts[2];
static struct wavu_node *nodes[2];
static char ids[2][WAVU_PEER_TEXT_MAX];

/* A program's side of a stream. */
struct side {
    struct wavu_stream *stream; /* NULL once over */
    size_t opened;
    size_t writable;
    size_t fins;
    size_t closed;
    int err;
    size_t received;
    size_t take_max;
    uint8_t bytes[64];
};

static struct side asker;
static struct side answerer;

static void hear(void *context, struct wavu_stream *stream, struct wavu_stream_event *event)
{
    struct side *side = context;
    switch (event->kind) {
    case WAVU_STREAM_OPENED:
        side->opened++;
        side->stream = stream;
        return;
    case WAVU_STREAM_DATA:
        event->taken = event->len < side->take_max ? event->len : side->take_max;
        for (size_t i = 0; i < event->taken && side->received + i < sizeof side->bytes; i++) {
            side->bytes[side->received + i] = event->data[i];
        }
        side->received += event->taken;
        return;
    case WAVU_STREAM_WRITABLE:
        side->writable++;
        return;
    case WAVU_STREAM_FIN:
        side->fins++;
        return;
    case WAVU_STREAM_CLOSED:
        side->closed++;
        side->err = event->err;
        side->stream = NULL;
        return;
    }
}

static void start(uint64_t seed)
{
    sim = sim_new(seed);
    for (size_t i = 0; i < 2; i++) {
        hosts[i] = sim_host_new(sim, i == 0 ? "10.0.0.1" : "10.0.0.2");
        struct wavu_config config = {.port = sim_host_port(hosts[i]), .is_ephemeral = true};
        assert_int_equal(wavu_node_new(&config, &nodes[i]), 0);
        wavu_node_id(nodes[i], ids[i]);
    }
    assert_int_equal(wavu_node_listen(nodes[1], "10.0.0.2:4001"), 0);
    assert_int_equal(wavu_peer_add_address(nodes[0], ids[1], "/ip4/10.0.0.2/tcp/4001"), 0);
    asker = (struct side){.take_max = SIZE_MAX};
    answerer = (struct side){.take_max = SIZE_MAX};
}

static void stop(void)
{
    wavu_node_free(nodes[0]);
    wavu_node_free(nodes[1]);
    sim_free(sim);
}

static void settle(void)
{
    sim_run_for(sim, 5 * TIMERS_SECOND);
}

static void serve(const char *protocol)
{
    const struct wavu_stream_handler handler = {
        .protocol = protocol, .up = hear, .context = &answerer};
    assert_int_equal(wavu_stream_handle(nodes[1], &handler), 0);
}

/* Ask for up to three protocols. */
static int ask(const char *first, const char *second, const char *third)
{
    const char *const protocols[] = {first, second, third};
    const struct wavu_stream_wish wish = {.peer = ids[1],
                                          .protocols = protocols,
                                          .protocol_count = third != NULL    ? 3
                                                            : second != NULL ? 2
                                                                             : 1};
    return wavu_stream_open(nodes[0], &wish, hear, &asker, &asker.stream);
}

static void say(struct side *side, const char *text)
{
    size_t taken = 0;
    assert_int_equal(wavu_stream_send(side->stream, text, strlen(text), &taken), 0);
    assert_int_equal(taken, strlen(text));
}

static void the_first_protocol_that_the_peer_speaks_is_taken(void **state)
{
    size_t taken = 1;
    char address[WAVU_ADDRESS_TEXT_MAX];
    (void)state;
    start(1);
    serve(NAME);
    assert_int_equal(ask("/test/p2p/4", "/test/p2p/3", NAME), 0);
    assert_int_equal(asker.opened, 0); /* never before return */
    assert_int_equal(wavu_stream_send(asker.stream, "early", 5, &taken), 0);
    assert_int_equal(taken, 0); /* whom it is for is not known yet */
    settle();
    assert_int_equal(asker.opened, 1);
    assert_int_equal(answerer.opened, 1);
    assert_string_equal(wavu_stream_protocol(asker.stream), NAME);
    assert_string_equal(wavu_stream_protocol(answerer.stream), NAME);
    assert_string_equal(wavu_stream_peer(answerer.stream), ids[0]);
    wavu_stream_address(asker.stream, address);
    assert_string_equal(address, "/ip4/10.0.0.2/tcp/4001");
    say(&asker, "hello");
    say(&answerer, "yes");
    settle();
    assert_memory_equal(answerer.bytes, "hello", 5);
    assert_memory_equal(asker.bytes, "yes", 3);
    stop();
}

static void sixteen_names_can_be_asked_for_and_no_more(void **state)
{
    static char texts[WAVU_STREAM_PROTOCOLS_MAX + 1][WAVU_STREAM_PROTOCOL_MAX];
    const char *protocols[WAVU_STREAM_PROTOCOLS_MAX + 1];
    (void)state;
    start(2);
    for (size_t i = 0; i < WAVU_STREAM_PROTOCOLS_MAX + 1; i++) {
        (void)snprintf(texts[i], sizeof texts[i], "/test/p2p/%0100zu", i);
        protocols[i] = texts[i];
    }
    serve(texts[WAVU_STREAM_PROTOCOLS_MAX - 1]);
    struct wavu_stream_wish wish = {
        .peer = ids[1], .protocols = protocols, .protocol_count = WAVU_STREAM_PROTOCOLS_MAX + 1};
    assert_int_equal(wavu_stream_open(nodes[0], &wish, hear, &asker, &asker.stream),
                     WAVU_ERR_INVALID);
    wish.protocol_count = WAVU_STREAM_PROTOCOLS_MAX;
    assert_int_equal(wavu_stream_open(nodes[0], &wish, hear, &asker, &asker.stream), 0);
    settle();
    assert_int_equal(asker.opened, 1);
    stop();
}

static void what_nobody_speaks_ends_as_unsupported(void **state)
{
    (void)state;
    start(3);
    assert_int_equal(ask("/test/p2p/4", NAME, NULL), 0);
    settle();
    assert_int_equal(asker.opened, 0);
    assert_int_equal(asker.closed, 1);
    assert_int_equal(asker.err, WAVU_ERR_UNSUPPORTED);
    stop();
}

static void each_direction_ends_by_itself(void **state)
{
    size_t taken = 0;
    (void)state;
    start(4);
    serve(NAME);
    assert_int_equal(ask(NAME, NULL, NULL), 0);
    settle();
    say(&asker, "question");
    wavu_stream_finish(asker.stream);
    assert_int_equal(wavu_stream_send(asker.stream, "more", 4, &taken), WAVU_ERR_CLOSED);
    settle();
    assert_int_equal(answerer.fins, 1);
    assert_int_equal(answerer.closed, 0);
    say(&answerer, "answer");
    settle();
    assert_memory_equal(asker.bytes, "answer", 6);
    wavu_stream_finish(answerer.stream);
    settle();
    assert_int_equal(asker.fins, 1);
    assert_int_equal(asker.err, WAVU_ERR_CLOSED);
    assert_int_equal(answerer.err, WAVU_ERR_CLOSED);
    stop();
}

static void a_reset_is_told_on_the_other_side_alone(void **state)
{
    (void)state;
    start(5);
    serve(NAME);
    assert_int_equal(ask(NAME, NULL, NULL), 0);
    settle();
    wavu_stream_reset(asker.stream);
    settle();
    assert_int_equal(asker.closed, 0);
    assert_int_equal(answerer.closed, 1);
    assert_int_equal(answerer.err, WAVU_ERR_RESET);
    stop();
}

static void who_takes_nothing_stops_the_sender(void **state)
{
    static const uint8_t block[65536];
    size_t sent = 0;
    size_t taken = 1;
    (void)state;
    start(6);
    serve(NAME);
    answerer.take_max = 0;
    assert_int_equal(ask(NAME, NULL, NULL), 0);
    settle();
    while (taken > 0) {
        assert_int_equal(wavu_stream_send(asker.stream, block, sizeof block, &taken), 0);
        sent += taken;
        settle();
        assert_true(sent < 32 * 1024 * 1024);
    }
    assert_int_equal(answerer.received, 0);
    answerer.take_max = SIZE_MAX;
    wavu_stream_resume(answerer.stream);
    settle();
    assert_int_equal(answerer.received, sent);
    assert_true(asker.writable > 0);
    stop();
}

static void handlers_can_be_replaced_and_taken_away(void **state)
{
    struct side second = {.take_max = SIZE_MAX};
    const struct wavu_stream_handler other = {.protocol = NAME, .up = hear, .context = &second};
    const struct wavu_stream_handler taken = {.protocol = "/ipfs/ping/1.0.0", .up = hear};
    (void)state;
    start(7);
    assert_int_equal(wavu_stream_handle(nodes[1], &taken), WAVU_ERR_EXISTS);
    serve(NAME);
    assert_int_equal(ask(NAME, NULL, NULL), 0);
    settle();
    assert_int_equal(wavu_stream_handle(nodes[1], &other), 0);
    say(&asker, "to the first");
    settle();
    assert_int_equal(answerer.received, 12); /* a stream stays whose it is */
    wavu_stream_reset(asker.stream);
    assert_int_equal(ask(NAME, NULL, NULL), 0);
    settle();
    assert_int_equal(second.opened, 1);
    assert_int_equal(wavu_stream_unhandle(nodes[1], NAME), 0);
    assert_int_equal(wavu_stream_unhandle(nodes[1], NAME), WAVU_ERR_NOT_FOUND);
    say(&asker, "still");
    settle();
    assert_int_equal(second.received, 5);
    wavu_stream_close(asker.stream);
    assert_int_equal(ask(NAME, NULL, NULL), 0);
    settle();
    assert_int_equal(asker.err, WAVU_ERR_UNSUPPORTED);
    stop();
}

/* One peer fills no more than its own allowance, whatever the names. */
static void one_peer_has_so_many_streams_and_no_more(void **state)
{
    static struct side many[WAVU_STREAM_INBOUND_MAX + 8];
    size_t open = 0;
    (void)state;
    start(8);
    serve(NAME);
    serve("/test/p2p/1");
    for (size_t i = 0; i < WAVU_STREAM_INBOUND_MAX + 8; i++) {
        const char *const protocols[] = {i % 2 == 0 ? NAME : "/test/p2p/1"};
        const struct wavu_stream_wish wish = {
            .peer = ids[1], .protocols = protocols, .protocol_count = 1};
        many[i].take_max = SIZE_MAX;
        assert_int_equal(wavu_stream_open(nodes[0], &wish, hear, &many[i], &many[i].stream), 0);
        settle();
    }
    for (size_t i = 0; i < WAVU_STREAM_INBOUND_MAX + 8; i++) {
        open += many[i].closed == 0 ? 1 : 0;
    }
    assert_int_equal(open, WAVU_STREAM_INBOUND_MAX);
    stop();
}

static void silence_ends_in_a_timeout(void **state)
{
    const char *const protocols[] = {NAME};
    (void)state;
    start(9);
    serve(NAME);
    sim_cable_cut(hosts[0], hosts[1], true);
    const struct wavu_stream_wish wish = {
        .peer = ids[1], .protocols = protocols, .protocol_count = 1, .timeout_ms = 1500};
    assert_int_equal(wavu_stream_open(nodes[0], &wish, hear, &asker, &asker.stream), 0);
    sim_run_for(sim, 1400 * TIMERS_MS);
    assert_int_equal(asker.closed, 0);
    sim_run_for(sim, 200 * TIMERS_MS);
    assert_int_equal(asker.err, WAVU_ERR_TIMEOUT);
    stop();
}

static void wishes_that_make_no_sense_are_refused_at_once(void **state)
{
    char id[WAVU_PEER_TEXT_MAX];
    (void)state;
    start(10);
    assert_int_equal(ask("", NULL, NULL), WAVU_ERR_INVALID);
    assert_int_equal(ask("/two\n/lines", NULL, NULL), WAVU_ERR_INVALID);
    memcpy(id, ids[1], sizeof id);
    memcpy(ids[1], "nobody", 7);
    assert_int_equal(ask(NAME, NULL, NULL), WAVU_ERR_INVALID);
    memcpy(ids[1], id, sizeof id);
    const char *const protocols[] = {NAME};
    const struct wavu_stream_wish wish = {
        .peer = ids[0], .protocols = protocols, .protocol_count = 1};
    assert_int_equal(wavu_stream_open(nodes[1], &wish, hear, &asker, &asker.stream),
                     WAVU_ERR_NOT_FOUND); /* nobody told where it is */
    stop();
}

static void who_gives_up_hears_nothing(void **state)
{
    (void)state;
    start(11);
    serve(NAME);
    assert_int_equal(ask(NAME, NULL, NULL), 0);
    wavu_stream_close(asker.stream);
    assert_int_equal(ask(NAME, NULL, NULL), 0);
    sim_run_for(sim, 1);
    wavu_stream_reset(asker.stream);
    settle();
    assert_int_equal(asker.opened + asker.closed, 0);
    stop();
}

static void a_node_that_ends_tells_its_streams(void **state)
{
    (void)state;
    start(12);
    serve(NAME);
    assert_int_equal(ask(NAME, NULL, NULL), 0);
    settle();
    wavu_node_free(nodes[0]);
    assert_int_equal(asker.err, WAVU_ERR_SHUTDOWN);
    settle();
    assert_int_equal(answerer.err, WAVU_ERR_RESET);
    wavu_node_free(nodes[1]);
    sim_free(sim);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(the_first_protocol_that_the_peer_speaks_is_taken),
        UNIT(sixteen_names_can_be_asked_for_and_no_more),
        UNIT(what_nobody_speaks_ends_as_unsupported),
        UNIT(each_direction_ends_by_itself),
        UNIT(a_reset_is_told_on_the_other_side_alone),
        UNIT(who_takes_nothing_stops_the_sender),
        UNIT(handlers_can_be_replaced_and_taken_away),
        UNIT(one_peer_has_so_many_streams_and_no_more),
        UNIT(silence_ends_in_a_timeout),
        UNIT(wishes_that_make_no_sense_are_refused_at_once),
        UNIT(who_gives_up_hears_nothing),
        UNIT(a_node_that_ends_tells_its_streams),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
