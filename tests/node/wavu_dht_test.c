/*
 * The DHT by wavu/p2p.h alone: peers, values and providers among a few nodes.
 */
#include "wavu/p2p.h"

#include <stdio.h>
#include <string.h>

#include "base/timers.h"
#include "crypto/keys.h"
#include "crypto/peerid.h"
#include "sim/sim.h"
#include "sim/sim_host.h"
#include "tests/base/unit.h"
#include "wavu/kad.h"

#define NODES 6

static struct sim *sim;
static struct wavu_node *nodes[NODES];
static struct peerid ids[NODES];

/* What came of a wish. */
struct heard {
    size_t peers;
    size_t values;
    size_t done;
    int err;
    char peer[WAVU_PEER_TEXT_MAX]; /* the last one */
    char address[WAVU_ADDRESS_TEXT_MAX];
    uint8_t value[64];
    size_t len;
};

static void hear(void *context, const struct wavu_dht_event *event)
{
    struct heard *h = context;
    switch (event->kind) {
    case WAVU_DHT_PEER:
        h->peers++;
        (void)snprintf(h->peer, sizeof h->peer, "%s", event->peer);
        (void)snprintf(h->address, sizeof h->address, "%s",
                       event->address_count > 0 ? event->addresses[0] : "");
        return;
    case WAVU_DHT_VALUE:
        h->values++;
        h->len = event->len < sizeof h->value ? event->len : sizeof h->value;
        memcpy(h->value, event->value, h->len);
        return;
    case WAVU_DHT_DONE:
        h->done++;
        h->err = event->err;
        return;
    }
}

static void on_connect(void *context, int err, const char *peer)
{
    (void)context;
    (void)peer;
    assert_int_equal(err, 0);
}

/* Servers of one network; each knows the one before it. */
static void start(uint64_t seed)
{
    const struct wavu_kad_config kad = {.role = WAVU_KAD_SERVER, .is_open = true};
    sim = sim_new(seed);
    for (size_t i = 0; i < NODES; i++) {
        char address[64];
        char id[WAVU_PEER_TEXT_MAX];
        struct wavu_op *op = NULL;
        (void)snprintf(address, sizeof address, "10.0.%zu.1", i);
        struct wavu_config config = {
            .port = sim_host_port(sim_host_new(sim, address)), .is_ephemeral = true, .kad = &kad};
        assert_int_equal(wavu_node_new(&config, &nodes[i]), 0);
        (void)snprintf(address, sizeof address, "10.0.%zu.1:4001", i);
        assert_int_equal(wavu_node_listen(nodes[i], address), 0);
        wavu_node_id(nodes[i], id);
        assert_int_equal(peerid_parse(&ids[i], span_from_text(id)), 0);
        if (i > 0) {
            (void)snprintf(address, sizeof address, "10.0.%zu.1:4001", i - 1);
            assert_int_equal(wavu_connect(nodes[i], address, on_connect, NULL, &op), 0);
            sim_run_for(sim, 2 * TIMERS_SECOND);
        }
    }
    sim_run_for(sim, 30 * TIMERS_SECOND);
}

static void stop(void)
{
    for (size_t i = 0; i < NODES; i++) {
        wavu_node_free(nodes[i]);
    }
    sim_free(sim);
}

static int wish(size_t i, struct wavu_dht_wish w, struct heard *h)
{
    struct wavu_dht *dht = NULL;
    *h = (struct heard){.err = 1};
    int rc = wavu_dht_begin(nodes[i], &w, hear, h, &dht);
    assert_int_equal(h->done, 0);
    sim_run_for(sim, 70 * TIMERS_SECOND);
    return rc;
}

static void peers_are_found(void **state)
{
    struct heard h;
    char id[WAVU_PEER_TEXT_MAX];
    (void)state;
    start(1);
    assert_int_equal(wish(0,
                          (struct wavu_dht_wish){.kind = WAVU_DHT_FIND,
                                                 .key = ids[NODES - 1].bytes,
                                                 .key_len = ids[NODES - 1].len},
                          &h),
                     0);
    assert_int_equal(h.done, 1);
    assert_int_equal(h.err, 0);
    wavu_node_id(nodes[NODES - 1], id);
    assert_int_equal(h.peers, 1);
    assert_string_equal(h.peer, id);
    assert_int_equal(
        wish(0, (struct wavu_dht_wish){.kind = WAVU_DHT_NEAREST, .key = "here", .key_len = 4}, &h),
        0);
    assert_int_equal(h.err, 0);
    assert_int_equal(h.peers, NODES - 1);
    stop();
}

static void providers_are_found_with_their_addresses(void **state)
{
    struct heard h;
    const struct wavu_dht_wish provide = {
        .kind = WAVU_DHT_PROVIDE, .key = "\x12\x02zz", .key_len = 4};
    struct wavu_dht_wish seek = provide;
    char id[WAVU_PEER_TEXT_MAX];
    (void)state;
    start(2);
    seek.kind = WAVU_DHT_PROVIDERS;
    seek.enough = 1;
    assert_int_equal(wish(1, seek, &h), 0);
    assert_int_equal(h.peers, 0);
    assert_int_equal(wish(3, provide, &h), 0);
    assert_int_equal(h.err, 0);
    assert_int_equal(wish(1, seek, &h), 0);
    assert_int_equal(h.peers, 1);
    wavu_node_id(nodes[3], id);
    assert_string_equal(h.peer, id);
    assert_string_equal(h.address, "/ip4/10.0.3.1/tcp/4001");
    stop();
}

static void a_value_is_put_and_got(void **state)
{
    struct heard h;
    uint8_t key[4 + PEERID_SIZE_MAX] = "/pk/";
    (void)state;
    start(3);
    memcpy(key + 4, ids[2].bytes, ids[2].len);
    struct wavu_dht_wish w = {.kind = WAVU_DHT_PUT,
                              .key = key,
                              .key_len = 4u + ids[2].len,
                              .value = ids[2].bytes + 2, /* of an identity multihash: the key */
                              .value_len = ids[2].len - 2u};
    assert_int_equal(wish(2, w, &h), 0);
    assert_int_equal(h.err, 0);
    w.kind = WAVU_DHT_GET;
    assert_int_equal(wish(0, w, &h), 0);
    assert_int_equal(h.err, 0);
    assert_true(h.values > 0);
    assert_int_equal(h.len, ids[2].len - 2);
    assert_memory_equal(h.value, ids[2].bytes + 2, h.len);
    w.kind = WAVU_DHT_PUT;
    w.value = "not that peer's key";
    w.value_len = 19;
    assert_true(wish(2, w, &h) < 0);
    assert_int_equal(h.done, 0);
    stop();
}

static void what_cannot_be_is_said_at_once(void **state)
{
    struct wavu_node *plain = NULL;
    struct wavu_dht *dht = NULL;
    struct heard h;
    struct wavu_dht_wish w = {.kind = WAVU_DHT_GET, .key = "x", .key_len = 0};
    (void)state;
    start(4);
    assert_int_equal(wish(0, w, &h), WAVU_ERR_INVALID);
    w.key_len = WAVU_DHT_KEY_MAX + 1;
    assert_int_equal(wish(0, w, &h), WAVU_ERR_INVALID);
    w = (struct wavu_dht_wish){.kind = WAVU_DHT_FIND, .key = "x", .key_len = 1};
    assert_int_equal(wish(0, w, &h), WAVU_ERR_INVALID);
    struct wavu_config config = {.port = sim_host_port(sim_host_new(sim, "10.1.0.1")),
                                 .is_ephemeral = true};
    assert_int_equal(wavu_node_new(&config, &plain), 0);
    assert_int_equal(wavu_dht_begin(plain, &w, hear, &h, &dht), WAVU_ERR_UNSUPPORTED);
    wavu_node_free(plain);
    stop();
}

static void who_gives_up_or_ends_hears_no_more_than_that(void **state)
{
    struct heard h = {.done = 0};
    struct wavu_dht *dht = NULL;
    const struct wavu_dht_wish w = {.kind = WAVU_DHT_NEAREST, .key = "here", .key_len = 4};
    (void)state;
    start(5);
    assert_int_equal(wavu_dht_begin(nodes[0], &w, hear, &h, &dht), 0);
    wavu_dht_cancel(dht);
    sim_run_for(sim, 70 * TIMERS_SECOND);
    assert_int_equal(h.done + h.peers, 0);
    assert_int_equal(wavu_dht_begin(nodes[0], &w, hear, &h, &dht), 0);
    wavu_node_free(nodes[0]);
    nodes[0] = NULL;
    assert_int_equal(h.done, 1);
    assert_int_equal(h.err, WAVU_ERR_SHUTDOWN);
    stop();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(peers_are_found),
        UNIT(providers_are_found_with_their_addresses),
        UNIT(a_value_is_put_and_got),
        UNIT(what_cannot_be_is_said_at_once),
        UNIT(who_gives_up_or_ends_hears_no_more_than_that),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
