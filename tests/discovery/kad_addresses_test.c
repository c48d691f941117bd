/* Addresses of peers: who is told which, and who can have us believe what. */
#include "discovery/kad_addresses.h"

#include "crypto/signed_record.h"
#include "tests/base/unit.h"
#include "tests/support/net_world.h"

static struct net_world w;
static struct peerid third = {.len = 38, .bytes = {0x00, 0x24, 0x08, 0x01, 0x12, 0x20, 77}};

static struct multiaddr at(const char *text)
{
    struct multiaddr out;
    assert_int_equal(multiaddr_parse(&out, span_from_text(text)), 0);
    return out;
}

static void scopes(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum kad_addresses_scope scope;
    } rows[] = {{"/ip4/127.0.0.1/tcp/1", KAD_ADDRESSES_LOOPBACK},
                {"/ip6/::1/tcp/1", KAD_ADDRESSES_LOOPBACK},
                {"/ip4/10.1.2.3/tcp/1", KAD_ADDRESSES_PRIVATE},
                {"/ip4/192.168.2.3/udp/1/quic-v1", KAD_ADDRESSES_PRIVATE},
                {"/ip6/fe80::1/tcp/1", KAD_ADDRESSES_PRIVATE},
                {"/ip4/8.8.8.8/tcp/1", KAD_ADDRESSES_PUBLIC},
                {"/dns4/example.org/tcp/1", KAD_ADDRESSES_PUBLIC}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct multiaddr a = at(rows[i].text);
        assert_int_equal(kad_addresses_scope(&a), rows[i].scope);
    }
}

static bool learn(enum kad_addresses_scope scope, const char *text, struct span record)
{
    struct multiaddr a = at(text);
    struct peerid id;
    struct kad_msg_peer p = {.id = peerid_span(&third),
                             .addresses = {multiaddr_span(&a)},
                             .address_count = 1,
                             .record = record};
    return kad_addresses_learn(&w.nodes[0].swarm, &p, scope, &id) && peerid_is_equal(&id, &third);
}

static size_t known(struct peerbook_address *out)
{
    struct peerbook_address found[PEERBOOK_ADDRESSES_MAX];
    size_t count =
        peerbook_addresses(&w.nodes[0].swarm.peerbook, &third, found, PEERBOOK_ADDRESSES_MAX);
    if (count > 0) {
        *out = found[0];
    }
    return count;
}

/* A peer out in the internet cannot send us to a machine of our own network. */
static void a_stranger_tells_of_no_neighbour(void **state)
{
    struct peerbook_address best;
    (void)state;
    net_world_start(&w, 1, 1);
    assert_true(learn(KAD_ADDRESSES_PUBLIC, "/ip4/192.168.1.1/tcp/80", span_empty()));
    assert_true(learn(KAD_ADDRESSES_PUBLIC, "/ip4/127.0.0.1/tcp/80", span_empty()));
    assert_true(learn(KAD_ADDRESSES_PRIVATE, "/ip4/127.0.0.1/tcp/80", span_empty()));
    assert_true(learn(KAD_ADDRESSES_LOOPBACK, "/ip4/8.8.8.8/udp/80", span_empty()));
    assert_true(learn(KAD_ADDRESSES_LOOPBACK, "/ip4/8.8.8.8/tcp/0", span_empty()));
    assert_true(learn(KAD_ADDRESSES_LOOPBACK, "/ip4/0.0.0.0/tcp/80", span_empty()));
    assert_true(learn(KAD_ADDRESSES_LOOPBACK, "/dns4/victim.example/tcp/80", span_empty()));
    assert_int_equal(known(&best), 0);
    assert_true(learn(KAD_ADDRESSES_PRIVATE, "/ip4/192.168.1.1/tcp/80", span_empty()));
    assert_true(learn(KAD_ADDRESSES_PUBLIC, "/ip4/8.8.8.8/tcp/80", span_empty()));
    assert_int_equal(known(&best), 2);
    assert_int_equal(best.source, PEERBOOK_HEARSAY);
    net_world_stop(&w);
}

static void nobody_and_ourselves_are_not_learnt(void **state)
{
    struct peerid id;
    (void)state;
    net_world_start(&w, 2, 1);
    struct kad_msg_peer p = {.id = UNIT_TEXT("no id")};
    assert_false(kad_addresses_learn(&w.nodes[0].swarm, &p, KAD_ADDRESSES_LOOPBACK, &id));
    p.id = peerid_span(&w.nodes[0].swarm.self);
    assert_false(kad_addresses_learn(&w.nodes[0].swarm, &p, KAD_ADDRESSES_LOOPBACK, &id));
    net_world_stop(&w);
}

/* What a peer signed itself goes before what is said of it; another's signature is nothing. */
static void a_record_goes_before_hearsay(void **state)
{
    static const uint8_t seed[ED25519_SEED_SIZE] = {5};
    uint8_t record[SIGNED_RECORD_SIZE_MAX];
    struct peerbook_address best;
    struct ed25519_pair pair;
    struct wr r;
    struct multiaddr own = at("/ip4/9.9.9.9/tcp/9");
    struct span addresses[1] = {multiaddr_span(&own)};
    (void)state;
    net_world_start(&w, 3, 1);
    ed25519_from_seed(&pair, seed);
    wr_init(&r, span_mut_of(record, sizeof record));
    assert_int_equal(signed_record_seal_peer(&r, &pair, 4, addresses, 1), 0);
    assert_true(learn(KAD_ADDRESSES_PUBLIC, "/ip4/8.8.8.8/tcp/80", wr_span(&r)));
    assert_int_equal(known(&best), 1); /* of a third one: the record is another's */
    assert_int_equal(best.source, PEERBOOK_HEARSAY);
    struct peerid before = third;
    keys_peerid(&third, &pair);
    assert_true(learn(KAD_ADDRESSES_PUBLIC, "/ip4/8.8.8.8/tcp/80", wr_span(&r)));
    assert_int_equal(known(&best), 1);
    assert_int_equal(best.source, PEERBOOK_SIGNED);
    assert_true(multiaddr_is_equal(&best.address, &own));
    assert_true(span_is_equal(peerbook_record(&w.nodes[0].swarm.peerbook, &third), wr_span(&r)));
    third = before;
    net_world_stop(&w);
}

static void told_is_what_reaches_as_far(void **state)
{
    struct kad_addresses told;
    static const char *const all[] = {"/ip4/8.8.8.8/tcp/1", "/ip4/10.0.0.9/tcp/1",
                                      "/ip4/127.0.0.1/tcp/1"};
    (void)state;
    net_world_start(&w, 4, 1);
    for (size_t i = 0; i < 3; i++) {
        struct multiaddr a = at(all[i]);
        assert_int_equal(
            peerbook_add_address(&w.nodes[0].swarm.peerbook, &third, &a, PEERBOOK_IDENTIFY, 1), 0);
    }
    for (unsigned scope = KAD_ADDRESSES_PUBLIC; scope <= KAD_ADDRESSES_LOOPBACK; scope++) {
        kad_addresses_tell(&w.nodes[0].swarm, &third, (enum kad_addresses_scope)scope, &told);
        assert_int_equal(told.count, scope + 1);
    }
    for (unsigned i = 0; i < 8; i++) {
        char text[64];
        (void)snprintf(text, sizeof text, "/ip4/8.8.8.8/tcp/%u", 100 + i);
        struct multiaddr a = at(text);
        assert_int_equal(
            peerbook_add_address(&w.nodes[0].swarm.peerbook, &third, &a, PEERBOOK_HEARSAY, 1), 0);
    }
    kad_addresses_tell(&w.nodes[0].swarm, &third, KAD_ADDRESSES_PUBLIC, &told);
    assert_int_equal(told.count, KAD_ADDRESSES_TOLD_MAX);
    net_world_stop(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(scopes),
        UNIT(a_stranger_tells_of_no_neighbour),
        UNIT(nobody_and_ourselves_are_not_learnt),
        UNIT(a_record_goes_before_hearsay),
        UNIT(told_is_what_reaches_as_far),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
