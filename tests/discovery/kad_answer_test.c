/* What a server answers: the nearest with addresses that the asker may know, signed when asked. */
#include "discovery/kad_answer.h"

#include "discovery/kad_proof.h"
#include "tests/base/unit.h"
#include "tests/support/net_world.h"

static struct net_world w;
static struct kad machine;
static struct kad_answer answer;
static struct conn *conn; /* of node 0 with node 1, which asks */
static uint8_t bytes[KAD_ANSWER_SIZE_MAX];
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
    answer = (struct kad_answer){.swarm = &w.nodes[0].swarm, .kad = &machine, .is_own = is_own};
}

static void stop(void)
{
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
    assert_int_equal(ask(&m), WAVU_ERR_UNSUPPORTED);
    stop();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(who_is_near_is_named),
        UNIT(an_answer_stays_small),
        UNIT(a_nonce_is_answered_with_a_proof),
        UNIT(what_cannot_be_answered),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
