/* What a server answers: the nearest with addresses that the asker may know, signed when asked. */
#include "discovery/kad_answer.h"

#include "crypto/signed_record.h"
#include "discovery/kad_proof.h"
#include "tests/base/unit.h"
#include "tests/support/net_world.h"

static struct net_world w;
static struct kad machine;
static struct kad_answer answer;
static struct conn *conn; /* of node 0 with node 1, which asks */
static uint8_t bytes[KAD_ANSWER_ROOM];
static struct kad_msg said;

static void start(uint64_t seed, bool is_own)
{
    int err;
    net_world_start(&w, seed, 2);
    struct kad_config config = {.self = w.nodes[0].swarm.self,
                                .k = 16,
                                .paths = 1,
                                .alpha = 3,
                                .beta = 1,
                                .random = &w.nodes[0].port->random};
    kad_init(&machine, &config, 0);
    assert_non_null(net_world_dial(&w, 1, 0, &err));
    sim_run_for(w.sim, TIMERS_SECOND);
    conn = swarm_conn(&w.nodes[0].swarm, &w.nodes[1].swarm.self);
    struct kad_store_config store = {.table = &machine.table, .random = &w.nodes[0].port->random};
    answer = (struct kad_answer){.swarm = &w.nodes[0].swarm,
                                 .kad = &machine,
                                 .store = kad_store_new(&store, 0),
                                 .validators = &kad_record_wavu,
                                 .is_own = is_own};
}

static void stop(void)
{
    kad_store_check(answer.store);
    kad_store_free(answer.store);
    kad_clear(&machine);
    net_world_stop(&w);
}

static struct peerid peer(unsigned i)
{
    struct peerid id = {.len = 38, .bytes = {0x00, 0x24, 0x08, 0x01, 0x12, 0x20}};
    id.bytes[6] = (uint8_t)i;
    return id;
}

/* `i` is in the table, at that address. */
static void know(unsigned i, const char *text)
{
    struct multiaddr a;
    struct peerid id = peer(i);
    assert_int_equal(multiaddr_parse(&a, span_from_text(text)), 0);
    kad_reached(&machine, &id, 0, 0);
    assert_int_equal(
        peerbook_add_address(&w.nodes[0].swarm.peerbook, &id, &a, PEERBOOK_CONNECTED, 1), 0);
}

static int ask(const struct kad_msg *m)
{
    struct wr out;
    wr_init(&out, span_mut_of(bytes, sizeof bytes));
    int rc = kad_answer_write(&answer, conn, m, &out);
    if (rc == 0) {
        assert_int_equal(kad_msg_decode(&said, wr_span(&out)), 0);
        assert_int_equal(said.type, m->type);
        assert_true(span_is_equal(said.key, m->key));
    }
    return rc;
}

static void who_is_near_is_named(void **state)
{
    (void)state;
    struct kad_msg m = {.type = KAD_MSG_FIND_NODE, .key = UNIT_TEXT("key")};
    struct kad_msg_peer p;
    start(1, true);
    know(1, "/ip4/8.8.8.8/tcp/1");
    know(2, "/ip4/10.0.0.9/tcp/2");
    know(3, "/ip4/127.0.0.1/tcp/3");                     /* reaches less far than the asker */
    kad_reached(&machine, &w.nodes[1].swarm.self, 0, 0); /* the asker */
    static const enum kad_msg_type types[] = {KAD_MSG_FIND_NODE, KAD_MSG_GET_VALUE,
                                              KAD_MSG_GET_PROVIDERS};
    for (size_t i = 0; i < 3; i++) {
        m.type = types[i];
        assert_int_equal(ask(&m), 0);
        assert_int_equal(said.nearer_count, 2);
        assert_int_equal(kad_msg_peer_decode(&p, said.nearer[0]), 0);
        assert_int_equal(p.address_count, 1);
        assert_int_equal(p.connection, KAD_MSG_NOT_CONNECTED);
    }
    m.type = KAD_MSG_PING;
    assert_int_equal(ask(&m), 0);
    assert_int_equal(said.nearer_count, 0);
    stop();
}

/* Everybody with as many addresses as are told, and with a record: still below what rust reads. */
static void an_answer_stays_small(void **state)
{
    static const uint8_t record[PEERBOOK_RECORD_MAX] = {1};
    (void)state;
    struct kad_msg m = {.type = KAD_MSG_FIND_NODE, .key = UNIT_TEXT("key")};
    start(2, true);
    for (unsigned i = 1; i <= 16; i++) {
        char text[128];
        for (unsigned j = 0; j < 8; j++) {
            (void)snprintf(text, sizeof text, "/ip6/2001:db8:1111:2222:3333:4444:5555:%u/tcp/9",
                           1000 * j + i);
            know(i, text);
        }
        struct peerid id = peer(i);
        peerbook_keep_record(&w.nodes[0].swarm.peerbook, &id, span_of(record, sizeof record));
    }
    assert_int_equal(ask(&m), 0);
    assert_int_equal(said.nearer_count, 16);
    struct kad_msg_peer p;
    assert_int_equal(kad_msg_peer_decode(&p, said.nearer[15]), 0);
    assert_int_equal(p.address_count, 4);
    assert_int_equal(p.record.len, sizeof record);
    answer.is_own = false;
    assert_int_equal(ask(&m), 0);
    assert_int_equal(kad_msg_peer_decode(&p, said.nearer[0]), 0);
    assert_int_equal(p.record.len, 0);
    stop();
}

static void a_nonce_is_answered_with_a_proof(void **state)
{
    static const uint8_t nonce[KAD_MSG_NONCE_SIZE] = {4};
    (void)state;
    struct kad_msg m = {
        .type = KAD_MSG_FIND_NODE, .key = UNIT_TEXT("key"), .nonce = span_of(nonce, 16)};
    start(3, true);
    know(1, "/ip4/8.8.8.8/tcp/1");
    assert_int_equal(ask(&m), 0);
    struct kad_proof p = {.asker = w.nodes[1].swarm.self, .type = m.type, .key = m.key};
    memcpy(p.nonce, nonce, sizeof p.nonce);
    assert_int_equal(
        kad_proof_check(&p, &w.nodes[0].swarm.self, &said, span_of(bytes, sizeof bytes)), 0);
    answer.is_own = false; /* nothing of ours under another prefix */
    assert_int_equal(ask(&m), 0);
    assert_null(said.proof.ptr);
    stop();
}

static void what_cannot_be_answered(void **state)
{
    (void)state;
    struct kad_msg m = {.type = KAD_MSG_FIND_NODE};
    start(4, true);
    assert_int_equal(ask(&m), WAVU_ERR_PROTO);
    m.type = KAD_MSG_PING;
    assert_int_equal(ask(&m), 0);
    m.key = UNIT_TEXT("key");
    m.type = KAD_MSG_PUT_VALUE;
    assert_int_equal(ask(&m), WAVU_ERR_PROTO); /* nothing is put */
    m.type = KAD_MSG_ADD_PROVIDER;
    assert_int_equal(ask(&m), WAVU_ERR_PROTO); /* nobody provides */
    stop();
}

/* A peer record of node 1 under its key. */
static struct span record(uint64_t seq, struct wr *key)
{
    static uint8_t sealed[SIGNED_RECORD_SIZE_MAX];
    static uint8_t name[KAD_MSG_KEY_MAX];
    struct multiaddr at = net_world_address(1);
    struct span addresses[1] = {multiaddr_span(&at)};
    struct wr r;
    wr_init(&r, span_mut_of(sealed, sizeof sealed));
    assert_int_equal(signed_record_seal_peer(&r, &w.nodes[1].key, seq, addresses, 1), 0);
    wr_init(key, span_mut_of(name, sizeof name));
    kad_record_key_peer(key, &w.nodes[1].swarm.self);
    return wr_span(&r);
}

static int put(uint64_t seq)
{
    struct wr key;
    struct span value = record(seq, &key);
    struct kad_msg m = {.type = KAD_MSG_PUT_VALUE,
                        .key = wr_span(&key),
                        .has_record = true,
                        .record = {.key = wr_span(&key), .value = value}};
    return ask(&m);
}

static void what_is_put_is_got(void **state)
{
    (void)state;
    struct wr key;
    struct signed_record_peer peer_record;
    start(5, true);
    assert_int_equal(put(7), 0);
    assert_true(said.has_record); /* as others expect it, it is repeated */
    assert_true(span_is_equal(said.record.value, record(7, &key)));
    assert_int_equal(put(6), 0); /* worse than that: the better one is told */
    assert_int_equal(signed_record_open_peer(&peer_record, said.record.value), 0);
    assert_int_equal(peer_record.seq, 7);
    (void)record(7, &key);
    struct kad_msg m = {.type = KAD_MSG_GET_VALUE, .key = wr_span(&key)};
    assert_int_equal(ask(&m), 0);
    assert_true(said.has_record);
    assert_true(span_is_equal(said.record.value, record(7, &key)));
    assert_true(said.record.received.len > 0);
    m.key = UNIT_TEXT("/wavu-peer/other");
    assert_int_equal(ask(&m), 0);
    assert_false(said.has_record);
    stop();
}

static void what_is_no_record_is_not_kept(void **state)
{
    (void)state;
    struct wr key;
    struct span value;
    start(6, true);
    value = record(7, &key);
    struct kad_msg m = {.type = KAD_MSG_PUT_VALUE,
                        .key = wr_span(&key),
                        .has_record = true,
                        .record = {.key = UNIT_TEXT("/wavu-peer/x"), .value = value}};
    assert_int_equal(ask(&m), WAVU_ERR_PROTO); /* under another key */
    m.key = m.record.key;
    assert_true(ask(&m) < 0); /* another's */
    m.key = m.record.key = UNIT_TEXT("/unknown/x");
    assert_int_equal(ask(&m), WAVU_ERR_UNSUPPORTED);
    m.key = m.record.key = wr_span(&key);
    m.record.value = UNIT_TEXT("nonsense");
    assert_true(ask(&m) < 0);
    struct kad_store_figures held;
    kad_store_figures(answer.store, &held);
    assert_int_equal(held.values, 0);
    stop();
}

/* Says that `who` provides "key", at the address; as a request of node 1. */
static int provide(const struct peerid *who, const char *text)
{
    uint8_t room[256];
    struct multiaddr at;
    struct wr p;
    assert_int_equal(multiaddr_parse(&at, span_from_text(text)), 0);
    struct kad_msg_peer described = {
        .id = peerid_span(who), .addresses = {multiaddr_span(&at)}, .address_count = 1};
    struct kad_msg m = {.type = KAD_MSG_ADD_PROVIDER, .key = UNIT_TEXT("key"), .provider_count = 1};
    struct wr out;
    wr_init(&p, span_mut_of(room, sizeof room));
    kad_msg_write_head(&p, m.type, m.key);
    kad_msg_write_provider(&p, &described);
    assert_int_equal(kad_msg_decode(&m, wr_span(&p)), 0);
    wr_init(&out, span_mut_of(bytes, sizeof bytes));
    int rc = kad_answer_write(&answer, conn, &m, &out);
    assert_int_equal(out.len, 0); /* there is no answer */
    return rc;
}

static void providers_speak_for_themselves(void **state)
{
    (void)state;
    struct peerid other = peer(9);
    struct kad_msg m = {.type = KAD_MSG_GET_PROVIDERS, .key = UNIT_TEXT("key")};
    start(7, true);
    assert_int_equal(provide(&other, "/ip4/10.0.0.9/tcp/1"), WAVU_ERR_PROTO);
    assert_int_equal(provide(&w.nodes[1].swarm.self, "/ip4/10.0.0.9/tcp/1"), 0);
    assert_int_equal(ask(&m), 0);
    assert_int_equal(said.provider_count, 0); /* the asker is not told of itself */
    struct kad_store_time time = {.now = w.nodes[0].swarm.turn->now_ns};
    struct kad_store_from from = {.peer = &other};
    struct multiaddr at;
    uint8_t packed[64];
    struct wr a;
    wr_init(&a, span_mut_of(packed, sizeof packed));
    assert_int_equal(multiaddr_parse(&at, UNIT_TEXT("/ip4/10.0.0.9/tcp/1")), 0);
    wr_prefixed(&a, multiaddr_span(&at));
    assert_int_equal(kad_store_provide(answer.store, UNIT_TEXT("key"), wr_span(&a), &from, &time),
                     0);
    assert_int_equal(ask(&m), 0);
    assert_int_equal(said.provider_count, 1);
    struct kad_msg_peer p;
    assert_int_equal(kad_msg_peer_decode(&p, said.providers[0]), 0);
    assert_true(span_is_equal(p.id, peerid_span(&other)));
    assert_int_equal(p.address_count, 1);
    stop();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(who_is_near_is_named),
        UNIT(an_answer_stays_small),
        UNIT(a_nonce_is_answered_with_a_proof),
        UNIT(what_cannot_be_answered),
        UNIT(what_is_put_is_got),
        UNIT(what_is_no_record_is_not_kept),
        UNIT(providers_speak_for_themselves),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
