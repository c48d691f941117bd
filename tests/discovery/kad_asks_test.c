/* Asking servers that answer, and such that answer with nonsense, too slowly, or never. */
#include "discovery/kad_asks.h"

#include "discovery/kad_proof.h"
#include "tests/base/unit.h"
#include "tests/support/net_ear.h"

#define NAME "/wavu/kad/1.0.0"

static struct net_world w;
static struct kad_asks asks;
static struct net_ear server;
static size_t answered;
static size_t failed;
static int last_err;

static void on_answered(void *context, const struct kad_ask *ask, struct conn *conn,
                        const struct kad_msg *m)
{
    (void)context;
    assert_int_equal(ask->search, 7);
    assert_true(span_is_equal(ask->key, UNIT_TEXT("key")));
    assert_true(conn->is_dialled);
    assert_int_equal(m == NULL, ask->type == KAD_MSG_ADD_PROVIDER);
    answered++;
}

static void on_failed(void *context, const struct kad_ask *ask, int err)
{
    (void)context;
    assert_int_equal(ask->search, 7);
    assert_true(span_is_equal(ask->key, UNIT_TEXT("key")));
    failed++;
    last_err = err;
}

static void begin(bool is_signed)
{
    struct kad_asks_config config = {.swarm = &w.nodes[0].swarm,
                                     .name = NAME,
                                     .is_signed = is_signed,
                                     .user = {.answered = on_answered, .failed = on_failed}};
    answered = 0;
    failed = 0;
    last_err = 0;
    kad_asks_init(&asks, &config);
}

/* Node 0 asks; node 1 hears it, when it is a server. */
static void start(uint64_t seed, bool is_server, bool is_signed)
{
    struct multiaddr at = net_world_address(1);
    net_world_start(&w, seed, 2);
    net_ear_init(&server, NAME);
    server.protocol.audience = STREAM_ANY;
    if (is_server) {
        assert_int_equal(stream_register(&w.nodes[1].swarm, &server.protocol), 0);
    }
    assert_int_equal(peerbook_add_address(&w.nodes[0].swarm.peerbook, &w.nodes[1].swarm.self, &at,
                                          PEERBOOK_HEARSAY, 1),
                     0);
    begin(is_signed);
}

static void stop(void)
{
    struct peer *peer = swarm_peer(&w.nodes[0].swarm, &w.nodes[1].swarm.self);
    if (server.stream != NULL) {
        stream_reset(server.stream, 0);
    }
    sim_run_for(w.sim, TIMERS_SECOND);
    assert_true(peer == NULL || peer->budget.used == 0);
    assert_int_equal(asks.count, 0);
    kad_asks_clear(&asks);
    net_world_stop(&w);
}

static int ask_for(enum kad_msg_type type)
{
    struct kad_ask ask = {
        .search = 7, .peer = w.nodes[1].swarm.self, .type = type, .key = UNIT_TEXT("key")};
    return kad_asks_start(&asks, &ask, span_empty());
}

static void ask(void)
{
    assert_int_equal(ask_for(KAD_MSG_FIND_NODE), 0);
    assert_int_equal(answered + failed, 0);
    sim_run_for(w.sim, TIMERS_SECOND);
}

static void say(struct span bytes)
{
    size_t taken = 0;
    assert_non_null(server.stream);
    assert_int_equal(stream_send(server.stream, bytes, &taken), 0);
    sim_run_for(w.sim, TIMERS_SECOND);
}

/* An answer of `type` about `key` that names `count` peers, signed for `nonce` when there is one.
 */
static struct span answer(enum kad_msg_type type, struct span key, size_t count, struct span nonce)
{
    static uint8_t framed[KAD_MSG_SIZE_MAX];
    static uint8_t bytes[KAD_MSG_SIZE_MAX - 8];
    uint8_t proof[KAD_MSG_PROOF_SIZE];
    struct wr m;
    struct wr f;
    wr_init(&m, span_mut_of(bytes, sizeof bytes));
    kad_msg_write_head(&m, type, key);
    for (size_t i = 0; i < count; i++) {
        kad_msg_write_nearer(&m, &(struct kad_msg_peer){.id = UNIT_TEXT("some id")});
    }
    if (nonce.len > 0) {
        struct kad_proof p = {
            .asker = w.nodes[0].swarm.self, .type = KAD_MSG_FIND_NODE, .key = UNIT_TEXT("key")};
        memcpy(p.nonce, nonce.ptr, sizeof p.nonce);
        kad_proof_make(proof, &w.nodes[1].key, &p, wr_span(&m));
        kad_msg_write_proof(&m, proof);
    }
    wr_init(&f, span_mut_of(framed, sizeof framed));
    wr_prefixed(&f, wr_span(&m));
    assert_int_equal(wr_finish(&f), 0);
    return wr_span(&f);
}

static struct span plain(void)
{
    return answer(KAD_MSG_FIND_NODE, UNIT_TEXT("key"), 3, span_empty());
}

static void an_answer_comes(void **state)
{
    (void)state;
    start(1, true, false);
    ask();
    say(plain());
    assert_int_equal(answered, 1);
    assert_int_equal(failed, 0);
    stop();
}

/* Other implementations leave the key out of answers. */
static void an_answer_without_a_key_will_do(void **state)
{
    (void)state;
    start(2, true, false);
    ask();
    say(answer(KAD_MSG_FIND_NODE, span_empty(), 1, span_empty()));
    assert_int_equal(answered, 1);
    stop();
}

static void what_has_no_answer_is_sent(void **state)
{
    (void)state;
    start(3, true, false);
    assert_int_equal(ask_for(KAD_MSG_ADD_PROVIDER), 0);
    sim_run_for(w.sim, TIMERS_SECOND);
    assert_int_equal(answered, 1);
    assert_int_equal(server.received, 1 + 2 + 2 + 3);
    stop();
}

static void fails(uint64_t seed, struct span bytes, int err)
{
    start(seed, true, false);
    ask();
    say(bytes);
    assert_int_equal(answered, 0);
    assert_int_equal(failed, 1);
    assert_int_equal(last_err, err);
    assert_null(server.stream);
    stop();
}

static void nonsense_is_no_answer(void **state)
{
    (void)state;
    fails(4, UNIT_TEXT("\x03zzz"), WAVU_ERR_PROTO);
    fails(5, UNIT_TEXT("\x81\x80\x04"), WAVU_ERR_PROTO); /* longer than a message */
    fails(6, UNIT_TEXT("\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80"), WAVU_ERR_PROTO);
    fails(7, answer(KAD_MSG_PING, UNIT_TEXT("key"), 0, span_empty()), WAVU_ERR_PROTO);
    fails(8, answer(KAD_MSG_FIND_NODE, UNIT_TEXT("kez"), 0, span_empty()), WAVU_ERR_PROTO);
    fails(9, answer(KAD_MSG_FIND_NODE, UNIT_TEXT("key"), KAD_MSG_PEERS_MAX + 1, span_empty()),
          WAVU_ERR_PROTO);
}

static void who_ends_without_an_answer_fails(void **state)
{
    (void)state;
    start(10, true, false);
    ask();
    stream_finish(server.stream);
    sim_run_for(w.sim, TIMERS_SECOND);
    assert_int_equal(failed, 1);
    assert_int_equal(last_err, WAVU_ERR_RESET);
    stop();
}

/* Half an answer and then nothing; the stream is not left open. */
static void who_is_too_slow_fails(void **state)
{
    (void)state;
    start(11, true, false);
    ask();
    say(span_slice(plain(), 0, 9));
    sim_run_for(w.sim, 8 * TIMERS_SECOND);
    assert_int_equal(failed, 0);
    sim_run_for(w.sim, 3 * TIMERS_SECOND);
    assert_int_equal(failed, 1);
    assert_int_equal(last_err, WAVU_ERR_TIMEOUT);
    assert_null(server.stream);
    stop();
}

static void no_server_and_nobody(void **state)
{
    (void)state;
    start(12, false, false);
    ask();
    assert_int_equal(failed, 1);
    assert_int_equal(last_err, WAVU_ERR_UNSUPPORTED);
    stop();
    start(13, false, false);
    net_world_crash(&w, 1, true);
    ask();
    sim_run_for(w.sim, 60 * TIMERS_SECOND);
    assert_int_equal(failed, 1);
    assert_int_equal(answered, 0);
    stop();
    net_world_start(&w, 14, 2); /* no address is known */
    begin(false);
    assert_true(ask_for(KAD_MSG_FIND_NODE) < 0);
    assert_int_equal(failed, 0);
    stop();
}

/* The nonce of the request that the server got. */
static struct span nonce_heard(void)
{
    struct rd r;
    struct kad_msg m;
    rd_init(&r, span_of(server.bytes, server.received));
    struct span one = rd_prefixed(&r, KAD_MSG_SIZE_MAX);
    assert_int_equal(kad_msg_decode(&m, one), 0);
    assert_int_equal(m.nonce.len, KAD_MSG_NONCE_SIZE);
    return m.nonce;
}

static void a_signed_answer_is_checked(void **state)
{
    uint8_t other[KAD_MSG_NONCE_SIZE] = {1};
    (void)state;
    start(15, true, true);
    ask();
    say(answer(KAD_MSG_FIND_NODE, UNIT_TEXT("key"), 2, nonce_heard()));
    assert_int_equal(answered, 1);
    stop();
    start(16, true, true);
    ask();
    say(answer(KAD_MSG_FIND_NODE, UNIT_TEXT("key"), 2, span_of(other, sizeof other)));
    assert_int_equal(last_err, WAVU_ERR_CRYPTO);
    stop();
    start(17, true, true);
    ask();
    say(plain());
    assert_int_equal(last_err, WAVU_ERR_PROTO);
    stop();
}

static void asks_are_bounded(void **state)
{
    (void)state;
    start(18, true, false);
    for (size_t i = 0; i < KAD_ASKS_MAX; i++) {
        assert_int_equal(ask_for(KAD_MSG_FIND_NODE), 0);
    }
    assert_int_equal(ask_for(KAD_MSG_FIND_NODE), WAVU_ERR_LIMIT);
    sim_run_for(w.sim, 20 * TIMERS_SECOND);
    assert_int_equal(failed, KAD_ASKS_MAX);
    stop();
}

static void what_is_under_way_ends_with_it(void **state)
{
    (void)state;
    start(19, true, false);
    ask();
    assert_int_equal(ask_for(KAD_MSG_FIND_NODE), 0);
    kad_asks_clear(&asks);
    sim_run_for(w.sim, TIMERS_SECOND);
    assert_int_equal(answered + failed, 0);
    assert_null(server.stream);
    stop();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(an_answer_comes),
        UNIT(an_answer_without_a_key_will_do),
        UNIT(what_has_no_answer_is_sent),
        UNIT(nonsense_is_no_answer),
        UNIT(who_ends_without_an_answer_fails),
        UNIT(who_is_too_slow_fails),
        UNIT(no_server_and_nobody),
        UNIT(a_signed_answer_is_checked),
        UNIT(asks_are_bounded),
        UNIT(what_is_under_way_ends_with_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
