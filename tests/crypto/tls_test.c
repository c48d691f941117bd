/*
 * TLS between two machines in memory: every cut of what they send, who they are, what they agree
 * on, what breaks it; and floods of messages that are no data.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <openssl/ssl.h>

#include "base/buf.h"
#include "crypto/secret.h"
#include "crypto/tls.h"
#include "wavu/err.h"

#define NOW UINT64_C(1795000000)

static const char *const both[] = {"/noise", TLS_PROTOCOL, NULL};
static const char *const tls_alone[] = {TLS_PROTOCOL, NULL};
static const char *const yamux[] = {"/yamux/1.0.0", NULL};
static const char *const other_muxer[] = {"/other/1", NULL};

static uint8_t counter;
static uint64_t clock_ns; /* the turn's */

static void fill(void *context, uint8_t *out, size_t len)
{
    (void)context;
    for (size_t i = 0; i < len; i++) {
        out[i] = counter++;
    }
}

static const struct random source = {.fill = fill};

struct end {
    struct identity_key *key;
    struct tls_identity *identity;
    struct tls_config config;
    struct tls *tls;
};

static struct end client;
static struct end server;

static void set_end(struct end *e, uint8_t number, bool is_client)
{
    struct ed25519_pair pair;
    const uint8_t seed[ED25519_SEED_SIZE] = {number};
    ed25519_from_seed(&pair, seed);
    *e = (struct end){.key = identity_key_from_pair(&pair)};
    assert_int_equal(tls_identity_new(&e->identity, e->key, &source), 0);
    e->config = (struct tls_config){.is_client = is_client,
                                    .identity = e->identity,
                                    .muxers = yamux,
                                    .security = tls_alone,
                                    .wall_s = NOW};
}

static int set_up(void **state)
{
    (void)state;
    set_end(&client, 1, true);
    set_end(&server, 2, false);
    client.config.expected = identity_key_peerid(server.key);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    tls_free(client.tls);
    tls_free(server.tls);
    tls_identity_free(client.identity);
    tls_identity_free(server.identity);
    identity_key_unref(client.key);
    identity_key_unref(server.key);
    return 0;
}

static void start(void)
{
    assert_int_equal(tls_new(&client.tls, &client.config), 0);
    assert_int_equal(tls_new(&server.tls, &server.config), 0);
}

/* Move what `from` has to say to `to`, at most `step` bytes at once; the error of `to`. */
static int move(struct tls *from, struct tls *to, size_t step)
{
    uint8_t piece[4096];
    size_t len = tls_pull(from, span_mut_of(piece, step < sizeof piece ? step : sizeof piece));
    int rc = 0;
    while (len > 0 && rc == 0) {
        size_t used = 0;
        rc = tls_feed(to, span_of(piece, len), &used);
        assert_true(rc < 0 || used == len);
        if (rc == 0 && tls_wants_work(to)) {
            rc = tls_work(to);
        }
        len = tls_pull(from, span_mut_of(piece, step < sizeof piece ? step : sizeof piece));
    }
    return rc;
}

/* Shake hands in pieces of `step`; the first error of either, whose is `*at_server`. */
static int shake(size_t step, bool *at_server)
{
    start();
    int rc = tls_work(client.tls);
    *at_server = false;
    for (int i = 0; i < 4 && rc == 0; i++) {
        rc = move(client.tls, server.tls, step);
        *at_server = rc < 0;
        rc = rc < 0 ? rc : move(server.tls, client.tls, step);
    }
    return rc;
}

/* `text` written at `from` is read at `to`. */
static void say(struct tls *from, struct tls *to, struct span text)
{
    uint8_t got[64];
    size_t len = 0;
    assert_int_equal(tls_write(from, text), 0);
    assert_int_equal(move(from, to, SIZE_MAX), 0);
    assert_int_equal(tls_read(to, clock_ns, span_mut_of(got, sizeof got), &len), 0);
    assert_true(span_is_equal(text, span_of(got, len)));
}

static void test_handshake_in_pieces(void **state)
{
    static const size_t steps[] = {1, 7, 100, SIZE_MAX};
    for (size_t i = 0; i < 4; i++) {
        bool at_server = false;
        struct tls_result a;
        struct tls_result b;
        assert_int_equal(tear_down(state), 0);
        assert_int_equal(set_up(state), 0);
        assert_int_equal(shake(steps[i], &at_server), 0);
        assert_true(tls_is_done(client.tls) && tls_is_done(server.tls));
        tls_result(client.tls, &a);
        tls_result(server.tls, &b);
        assert_true(peerid_is_equal(&a.peer.id, identity_key_peerid(server.key)));
        assert_true(peerid_is_equal(&b.peer.id, identity_key_peerid(client.key)));
        assert_memory_equal(a.binding, b.binding, sizeof a.binding);
        assert_string_equal(a.muxer, yamux[0]);
        assert_string_equal(b.muxer, yamux[0]);
        say(client.tls, server.tls, span_from_text("from the client"));
        say(server.tls, client.tls, span_from_text("from the server"));
    }
}

static void test_muxer_is_negotiated_later(void **state)
{
    (void)state;
    bool at_server = false;
    struct tls_result r;
    server.config.muxers = other_muxer;
    assert_int_equal(shake(SIZE_MAX, &at_server), 0);
    tls_result(client.tls, &r);
    assert_string_equal(r.muxer, "");
    tls_result(server.tls, &r);
    assert_string_equal(r.muxer, "");
}

static void test_another_peer(void **state)
{
    (void)state;
    bool at_server = false;
    client.config.expected = identity_key_peerid(client.key);
    assert_int_equal(shake(SIZE_MAX, &at_server), WAVU_ERR_PEER_ID);
    assert_false(at_server);
    assert_false(tls_is_done(server.tls));
}

/* A client whose ALPN names what both like better was pushed to TLS by somebody on the way. */
static void test_downgrade(void **state)
{
    (void)state;
    bool at_server = false;
    client.config.security = both;
    server.config.security = both;
    assert_int_equal(shake(SIZE_MAX, &at_server), WAVU_ERR_DOWNGRADE);
    assert_true(at_server);
}

/* ... and is no downgrade where one of them does not speak it. */
static void test_no_downgrade(void **state)
{
    (void)state;
    bool at_server = false;
    client.config.security = both;
    assert_int_equal(shake(SIZE_MAX, &at_server), 0);
}

static void test_expired_at_our_clock(void **state)
{
    (void)state;
    bool at_server = false;
    server.config.wall_s = 1000;
    assert_int_equal(shake(SIZE_MAX, &at_server), WAVU_ERR_TIMEOUT);
    assert_true(at_server);
    assert_int_equal(tls_work(server.tls), WAVU_ERR_TIMEOUT); /* dead, and says why */
}

static void test_every_flip_is_refused(void **state)
{
    size_t total = 1;
    for (size_t at = 0; at < total; at += 13) {
        uint8_t bytes[8192];
        size_t used = 0;
        assert_int_equal(tear_down(state), 0);
        assert_int_equal(set_up(state), 0);
        start();
        assert_int_equal(tls_work(client.tls), 0);
        assert_int_equal(move(client.tls, server.tls, SIZE_MAX), 0);
        total = tls_pull(server.tls, span_mut_of(bytes, sizeof bytes));
        bytes[at] ^= 0x10;
        int rc = tls_feed(client.tls, span_of(bytes, total), &used);
        rc = rc < 0 ? rc : tls_work(client.tls);
        const bool is_through = rc == 0 && tls_is_done(client.tls);
        if (is_through) {
            rc = move(client.tls, server.tls, SIZE_MAX);
            assert_true(rc < 0 || !tls_is_done(server.tls));
        }
    }
}

static void test_records_that_were_changed(void **state)
{
    (void)state;
    bool at_server = false;
    uint8_t bytes[128];
    uint8_t got[64];
    size_t used = 0;
    size_t len = 0;
    assert_int_equal(shake(SIZE_MAX, &at_server), 0);
    assert_int_equal(tls_write(client.tls, span_from_text("words")), 0);
    const size_t total = tls_pull(client.tls, span_mut_of(bytes, sizeof bytes));
    assert_true(total <= 5 + TLS_OVERHEAD_MAX);
    bytes[total - 1] ^= 1;
    assert_int_equal(tls_feed(server.tls, span_of(bytes, total), &used), 0);
    assert_int_equal(tls_read(server.tls, clock_ns, span_mut_of(got, sizeof got), &len),
                     WAVU_ERR_CRYPTO);
    assert_int_equal(len, 0);
    assert_int_equal(tls_read(server.tls, clock_ns, span_mut_of(got, sizeof got), &len),
                     WAVU_ERR_CRYPTO);
    assert_int_equal(tls_write(server.tls, span_from_text("x")), WAVU_ERR_CRYPTO);
}

static void test_end_and_cut(void **state)
{
    (void)state;
    bool at_server = false;
    uint8_t got[64];
    size_t len = 0;
    assert_int_equal(shake(SIZE_MAX, &at_server), 0);
    say(client.tls, server.tls, span_from_text("last words"));
    assert_false(tls_is_ended(server.tls));
    tls_end(client.tls);
    assert_int_equal(move(client.tls, server.tls, SIZE_MAX), 0);
    assert_int_equal(tls_read(server.tls, clock_ns, span_mut_of(got, sizeof got), &len), 0);
    assert_int_equal(len, 0);
    assert_true(tls_is_ended(server.tls));
}

/* One exchange of new keys after the other, for as long as a connection lives. */
static void test_new_keys(void **state)
{
    (void)state;
    bool at_server = false;
    assert_int_equal(shake(SIZE_MAX, &at_server), 0);
    for (int i = 0; i < 200; i++) {
        clock_ns += UINT64_C(600) * 1000000000;
        assert_int_equal(tls_renew(client.tls), 0);
        say(client.tls, server.tls, span_from_text("under new keys"));
        say(server.tls, client.tls, span_from_text("and back"));
    }
}

/* Many at once, in one read or in many. */
static void test_flood_of_new_keys(void **state)
{
    for (int i = 0; i < 2; i++) {
        bool at_server = false;
        uint8_t got[64];
        size_t len = 0;
        int rc = 0;
        int rounds = 0;
        assert_int_equal(tear_down(state), 0);
        assert_int_equal(set_up(state), 0);
        assert_int_equal(shake(SIZE_MAX, &at_server), 0);
        while (rc == 0 && rounds < 4 * TLS_LATE_BURST) {
            assert_int_equal(tls_renew(client.tls), 0);
            assert_int_equal(tls_write(client.tls, span_empty()), 0);
            assert_int_equal(tls_write(client.tls, span_from_text("x")), 0);
            if (i == 0 || rounds == 2 * TLS_LATE_BURST) {
                assert_int_equal(move(client.tls, server.tls, SIZE_MAX), 0);
                do {
                    rc = tls_read(server.tls, clock_ns, span_mut_of(got, sizeof got), &len);
                } while (rc == 0 && len > 0);
            }
            rounds++;
        }
        assert_int_equal(rc, WAVU_ERR_LIMIT);
        assert_true(i == 1 || rounds == TLS_LATE_BURST + 1);
    }
}

static void test_a_handshake_without_end(void **state)
{
    (void)state;
    static uint8_t zeros[TLS_HANDSHAKE_MAX + 1];
    size_t used = 0;
    start();
    assert_int_equal(tls_feed(server.tls, span_of(zeros, sizeof zeros), &used), 0);
    assert_int_equal(used, TLS_HANDSHAKE_MAX);
    assert_int_equal(tls_feed(server.tls, span_of(zeros, 1), &used), WAVU_ERR_LIMIT);
    assert_int_equal(tls_feed(server.tls, span_of(zeros, 1), &used), WAVU_ERR_LIMIT);
    assert_int_equal(tls_work(server.tls), WAVU_ERR_LIMIT);
}

/* A channel that is not read takes no more than its limit. */
static void test_what_waits_is_bounded(void **state)
{
    (void)state;
    bool at_server = false;
    static uint8_t zeros[TLS_FEED_MAX + 1];
    size_t used = 0;
    assert_int_equal(shake(SIZE_MAX, &at_server), 0);
    assert_int_equal(tls_feed(server.tls, span_of(zeros, sizeof zeros), &used), 0);
    assert_int_equal(used, TLS_FEED_MAX);
    assert_int_equal(tls_feed(server.tls, span_of(zeros, 1), &used), 0);
    assert_int_equal(used, 0);
}

/* Run a client of OpenSSL's own against our server, changed by `change`; the server's error. */
static int foreign_client(void (*change)(SSL_CTX *context))
{
    SSL_CTX *context = SSL_CTX_new(TLS_method());
    change(context);
    SSL *ssl = SSL_new(context);
    BIO *in = BIO_new(BIO_s_mem());
    BIO *out = BIO_new(BIO_s_mem());
    int rc = 0;
    start();
    SSL_set_bio(ssl, in, out);
    SSL_set_connect_state(ssl);
    for (int i = 0; i < 4 && rc == 0; i++) {
        uint8_t bytes[8192];
        size_t used = 0;
        (void)SSL_do_handshake(ssl);
        const int len = BIO_read(out, bytes, sizeof bytes);
        if (len > 0) {
            rc = tls_feed(server.tls, span_of(bytes, (size_t)len), &used);
            rc = rc < 0 ? rc : tls_work(server.tls);
        }
        const size_t back = tls_pull(server.tls, span_mut_of(bytes, sizeof bytes));
        if (back > 0) {
            assert_int_equal(BIO_write(in, bytes, (int)back), (int)back);
        }
    }
    SSL_free(ssl);
    SSL_CTX_free(context);
    assert_false(tls_is_done(server.tls));
    return rc;
}

static void with_alpn(SSL_CTX *context)
{
    assert_int_equal(SSL_CTX_set_alpn_protos(context, (const uint8_t *)"\x06libp2p", 7), 0);
}

static void with_other_alpn(SSL_CTX *context)
{
    assert_int_equal(SSL_CTX_set_alpn_protos(context, (const uint8_t *)"\x02h2", 3), 0);
}

static void with_nothing(SSL_CTX *context)
{
    (void)context;
}

static void with_old_version(SSL_CTX *context)
{
    with_alpn(context);
    assert_int_equal(SSL_CTX_set_max_proto_version(context, TLS1_2_VERSION), 1);
}

/* Two certificates of ours in a chain: each alone would do. */
static void with_chain(SSL_CTX *context)
{
    struct tls_cert cert;
    const unsigned char *at = cert.der;
    with_alpn(context);
    assert_int_equal(tls_cert_make(&cert, client.key, &source), 0);
    assert_int_equal(SSL_CTX_use_certificate_ASN1(context, (int)cert.len, cert.der), 1);
    assert_int_equal(
        SSL_CTX_use_PrivateKey_ASN1(EVP_PKEY_EC, context, cert.key, (long)cert.key_len), 1);
    X509 *second = d2i_X509(NULL, &at, (long)cert.len);
    assert_int_equal(SSL_CTX_add0_chain_cert(context, second), 1);
}

static void test_foreign_clients(void **state)
{
    static const struct {
        const char *what;
        void (*change)(SSL_CTX *context);
        int rc;
    } cases[] = {
        {"no certificate", with_alpn, WAVU_ERR_PROTO},
        {"no ALPN", with_nothing, WAVU_ERR_PROTO},
        {"another ALPN", with_other_alpn, WAVU_ERR_UNSUPPORTED},
        {"TLS 1.2", with_old_version, WAVU_ERR_PROTO},
        {"two certificates", with_chain, WAVU_ERR_PROTO},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const int rc = foreign_client(cases[i].change);
        if (rc != cases[i].rc) {
            fail_msg("%s: %d", cases[i].what, rc);
        }
        assert_int_equal(tear_down(state), 0);
        assert_int_equal(set_up(state), 0);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_handshake_in_pieces),   TEST(test_muxer_is_negotiated_later),
        TEST(test_another_peer),          TEST(test_downgrade),
        TEST(test_no_downgrade),          TEST(test_expired_at_our_clock),
        TEST(test_every_flip_is_refused), TEST(test_records_that_were_changed),
        TEST(test_end_and_cut),           TEST(test_new_keys),
        TEST(test_flood_of_new_keys),     TEST(test_a_handshake_without_end),
        TEST(test_what_waits_is_bounded), TEST(test_foreign_clients),
    };
    return secret_start() == 0 ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
