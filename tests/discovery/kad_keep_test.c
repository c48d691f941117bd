/* The table over a restart: what is written is read, no more than so many, and damaged rows go. */
#include "discovery/kad_keep.h"

#include "tests/base/unit.h"
#include "tests/support/net_world.h"

static struct net_world w;
static struct store *store;
static struct kad_table table;

static void start(uint64_t seed)
{
    net_world_start(&w, seed, 2);
    struct store_config config = {.port = w.nodes[0].port, .kind = STORE_MEMORY};
    assert_int_equal(store_new(&config, &store), 0);
    kad_table_init(&table, &w.nodes[0].swarm.self, 20, &w.nodes[0].port->random, 0);
}

static void stop(void)
{
    kad_table_clear(&table);
    store_free(store);
    net_world_stop(&w);
}

static struct peerid peer(unsigned i)
{
    struct peerid id = {.len = 38, .bytes = {0x00, 0x24, 0x08, 0x01, 0x12, 0x20}};
    id.bytes[6] = (uint8_t)i;
    return id;
}

static void know(unsigned i, unsigned addresses)
{
    struct peerid id = peer(i);
    (void)kad_table_put(&table, &id, 0, 0);
    for (unsigned a = 0; a < addresses; a++) {
        char text[64];
        struct multiaddr at;
        (void)snprintf(text, sizeof text, "/ip4/10.0.%u.%u/tcp/4001", a, i);
        assert_int_equal(multiaddr_parse(&at, span_from_text(text)), 0);
        assert_int_equal(
            peerbook_add_address(&w.nodes[0].swarm.peerbook, &id, &at, PEERBOOK_CONNECTED, 1), 0);
    }
}

static void who_was_there_is_there_again(void **state)
{
    struct peerid out[KAD_KEEP_PEERS_MAX];
    struct peerbook_address at[PEERBOOK_ADDRESSES_MAX];
    (void)state;
    start(1);
    know(1, 1);
    know(2, 9);
    know(3, 0); /* of whom no address is known */
    assert_int_equal(kad_keep_read(store, &w.nodes[1].swarm, out, KAD_KEEP_PEERS_MAX), 0);
    assert_int_equal(kad_keep_write(store, &table, &w.nodes[0].swarm), 0);
    sim_run_for(w.sim, TIMERS_SECOND);
    assert_int_equal(kad_keep_read(store, &w.nodes[1].swarm, out, KAD_KEEP_PEERS_MAX), 2);
    struct peerid second = peer(2);
    assert_int_equal(
        peerbook_addresses(&w.nodes[1].swarm.peerbook, &second, at, PEERBOOK_ADDRESSES_MAX),
        KAD_KEEP_ADDRESSES_MAX);
    assert_int_equal(at[0].source, PEERBOOK_HEARSAY);
    /* Who is gone from the table goes from the rows; an empty table tells nothing. */
    struct peerid first = peer(1);
    kad_table_remove(&table, &first);
    assert_int_equal(kad_keep_write(store, &table, &w.nodes[0].swarm), 0);
    assert_int_equal(kad_keep_read(store, &w.nodes[1].swarm, out, KAD_KEEP_PEERS_MAX), 1);
    kad_table_remove(&table, &second);
    struct peerid third = peer(3);
    kad_table_remove(&table, &third);
    assert_int_equal(kad_keep_write(store, &table, &w.nodes[0].swarm), 0);
    assert_int_equal(kad_keep_read(store, &w.nodes[1].swarm, out, KAD_KEEP_PEERS_MAX), 1);
    stop();
}

static void so_many_and_no_more(void **state)
{
    struct peerid out[KAD_KEEP_PEERS_MAX + 8];
    (void)state;
    start(2);
    for (unsigned i = 0; i < 200; i++) {
        know(i, 1);
    }
    assert_int_equal(kad_keep_write(store, &table, &w.nodes[0].swarm), 0);
    size_t count = kad_keep_read(store, &w.nodes[1].swarm, out, KAD_KEEP_PEERS_MAX + 8);
    assert_in_range(count, 40, KAD_KEEP_PEERS_MAX);
    assert_int_equal(kad_keep_read(store, &w.nodes[1].swarm, out, 5), 5);
    stop();
}

static void damaged_rows_go(void **state)
{
    static const char *const bad[] = {"", "\x01", "\x01\x05zzzzz", "\x01\x7f"};
    struct peerid out[KAD_KEEP_PEERS_MAX];
    struct buf value;
    (void)state;
    start(3);
    buf_init(&value, KAD_KEEP_SIZE_MAX);
    for (unsigned i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct peerid id = peer(i);
        assert_int_equal(store_put(store, KAD_KEEP_ROWS, peerid_span(&id), span_from_text(bad[i])),
                         0);
    }
    assert_int_equal(store_put(store, KAD_KEEP_ROWS, UNIT_TEXT("no id"), UNIT_TEXT("\x01")), 0);
    struct peerid newer = peer(99);
    assert_int_equal(store_put(store, KAD_KEEP_ROWS, peerid_span(&newer), UNIT_TEXT("\x02?")), 0);
    assert_int_equal(kad_keep_read(store, &w.nodes[1].swarm, out, KAD_KEEP_PEERS_MAX), 0);
    struct peerid second = peer(2);
    assert_int_equal(store_get(store, KAD_KEEP_ROWS, peerid_span(&second), &value),
                     WAVU_ERR_NOT_FOUND);
    assert_int_equal(store_get(store, KAD_KEEP_ROWS, peerid_span(&newer), &value), 0);
    buf_clear(&value);
    stop();
}

static void without_a_store_nothing_happens(void **state)
{
    struct peerid out[1];
    (void)state;
    start(4);
    know(1, 1);
    assert_int_equal(kad_keep_write(NULL, &table, &w.nodes[0].swarm), 0);
    assert_int_equal(kad_keep_read(NULL, &w.nodes[1].swarm, out, 1), 0);
    stop();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(who_was_there_is_there_again),
        UNIT(so_many_and_no_more),
        UNIT(damaged_rows_go),
        UNIT(without_a_store_nothing_happens),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
