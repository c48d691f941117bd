/* Ids and signatures of messages: those of js-libp2p, our own, and what is none. */
#include "pubsub/gossipsub_sign.h"

#include "tests/base/unit.h"
#include "tests/support/vectors.h"

static struct ed25519_pair pair;
static struct peerid self;

static void make_pair(void)
{
    uint8_t seed[ED25519_SEED_SIZE];
    memset(seed, 7, sizeof seed); /* as the vectors' Ed25519 key */
    ed25519_from_seed(&pair, seed);
    keys_peerid(&self, &pair);
}

static void messages_of_js_are_verified(void **state)
{
    (void)state;
    make_pair();
    struct gossipsub_sign sign = gossipsub_sign_ed25519(&pair);
    struct vectors *v = vectors_open(WAVU_TEST_DATA "/../vectors/gossipsub.txt");
    size_t count = 0;
    while (vectors_next(v)) {
        struct gossipsub_msg_publish m;
        struct gossipsub_sign_id id;
        struct gossipsub_sign_id named;
        bool is_none = span_is_equal(vectors_text(v, "kind"), UNIT_TEXT("none"));
        enum gossipsub_sign_policy policy = is_none ? GOSSIPSUB_SIGN_NONE : GOSSIPSUB_SIGN_STRICT;
        struct span js = vectors_span(v, "id");
        assert_int_equal(gossipsub_msg_publish_decode(&m, vectors_span(v, "message")), 0);
        assert_int_equal(gossipsub_sign_name(&id, policy, &m), 0);
        assert_int_equal(gossipsub_sign_verify(&sign, policy, &m), 0);
        if (is_none) {
            assert_true(span_is_equal(gossipsub_sign_id_span(&id), js));
            assert_int_equal(gossipsub_sign_by_key(&id).len, 0);
        } else if (js.len <= GOSSIPSUB_MSG_ID_MAX) { /* js writes a key of RSA whole */
            assert_true(span_is_equal(gossipsub_sign_by_key(&id), js));
            assert_int_equal(gossipsub_sign_named(&named, js), 0);
            assert_true(span_is_equal(gossipsub_sign_id_span(&named), gossipsub_sign_id_span(&id)));
        } else {
            assert_int_equal(gossipsub_sign_by_key(&id).len, 0);
            assert_int_equal(gossipsub_sign_named(&named, js), WAVU_ERR_LIMIT);
        }
        count++;
    }
    vectors_close(v);
    assert_int_equal(count, 4);
}

/* js' message is ours, but for the key that it repeats: Ed25519 has one signature. */
static void what_we_write_is_what_js_writes(void **state)
{
    (void)state;
    uint8_t out[256];
    struct wr w;
    struct gossipsub_msg_publish js;
    make_pair();
    struct gossipsub_sign sign = gossipsub_sign_ed25519(&pair);
    uint8_t key[KEYS_ED25519_PUBLIC_SIZE];
    keys_ed25519_encode(key, pair.public_key);
    sign.key = span_of(key, sizeof key);
    struct vectors *v = vectors_open(WAVU_TEST_DATA "/../vectors/gossipsub.txt");
    assert_true(vectors_next(v));
    struct span message = vectors_span(v, "message");
    assert_int_equal(gossipsub_msg_publish_decode(&js, message), 0);
    uint64_t seqno = 0;
    for (size_t i = 0; i < js.seqno.len; i++) {
        seqno = seqno << 8 | js.seqno.ptr[i];
    }
    wr_init(&w, span_mut_of(out, sizeof out));
    gossipsub_sign_write(&w, &sign, GOSSIPSUB_SIGN_STRICT, &self, seqno, &js);
    assert_true(span_is_equal(wr_span(&w), message));
    wr_init(&w, span_mut_of(out, sizeof out));
    gossipsub_sign_write(&w, &sign, GOSSIPSUB_SIGN_NONE, &self, seqno, &js);
    while (!span_is_equal(vectors_text(v, "kind"), UNIT_TEXT("none"))) {
        assert_true(vectors_next(v));
    }
    assert_true(span_is_equal(wr_span(&w), vectors_span(v, "message")));
    vectors_close(v);
}

/* Changed in any byte, a message is unreadable, is not by its author, or says the same: its own key
 * twice may be said or not. */
static void what_was_changed_is_not_signed(void **state)
{
    (void)state;
    uint8_t out[256];
    struct wr w;
    struct gossipsub_msg_publish m = {.data = UNIT_TEXT("hello"), .topic = UNIT_TEXT("news")};
    make_pair();
    struct gossipsub_sign sign = gossipsub_sign_ed25519(&pair);
    wr_init(&w, span_mut_of(out, sizeof out));
    gossipsub_sign_write(&w, &sign, GOSSIPSUB_SIGN_STRICT, &self, 1, &m);
    for (size_t i = 0; i < w.len; i++) {
        struct gossipsub_sign_id id;
        out[i] ^= 4;
        if (gossipsub_msg_publish_decode(&m, wr_span(&w)) == 0 &&
            gossipsub_sign_name(&id, GOSSIPSUB_SIGN_STRICT, &m) == 0) {
            assert_int_equal(gossipsub_sign_verify(&sign, GOSSIPSUB_SIGN_STRICT, &m),
                             WAVU_ERR_CRYPTO);
        }
        out[i] ^= 4;
    }
    assert_int_equal(gossipsub_msg_publish_decode(&m, wr_span(&w)), 0);
    assert_int_equal(gossipsub_sign_verify(&sign, GOSSIPSUB_SIGN_STRICT, &m), 0);
}

static void anothers_key_is_refused(void **state)
{
    (void)state;
    uint8_t out[256];
    uint8_t seed[ED25519_SEED_SIZE] = {1};
    uint8_t key[KEYS_ED25519_PUBLIC_SIZE];
    struct ed25519_pair foe;
    struct wr w;
    struct gossipsub_msg_publish m = {.data = UNIT_TEXT("hello"), .topic = UNIT_TEXT("news")};
    make_pair();
    ed25519_from_seed(&foe, seed);
    keys_ed25519_encode(key, foe.public_key);
    struct gossipsub_sign sign = gossipsub_sign_ed25519(&foe); /* signs as itself, says `self` */
    sign.key = span_of(key, sizeof key);
    wr_init(&w, span_mut_of(out, sizeof out));
    gossipsub_sign_write(&w, &sign, GOSSIPSUB_SIGN_STRICT, &self, 1, &m);
    assert_int_equal(gossipsub_msg_publish_decode(&m, wr_span(&w)), 0);
    assert_int_equal(gossipsub_sign_verify(&sign, GOSSIPSUB_SIGN_STRICT, &m), WAVU_ERR_CRYPTO);
    m.key = span_of("", 0); /* there, and empty */
    assert_int_equal(gossipsub_sign_verify(&sign, GOSSIPSUB_SIGN_STRICT, &m), WAVU_ERR_CRYPTO);
    m.key = span_empty();
    assert_int_equal(gossipsub_sign_verify(&sign, GOSSIPSUB_SIGN_STRICT, &m), WAVU_ERR_CRYPTO);
}

static void policies_want_their_fields(void **state)
{
    (void)state;
    struct gossipsub_sign_id id;
    make_pair();
    const struct gossipsub_msg_publish whole = {.from = peerid_span(&self),
                                                .data = UNIT_TEXT("x"),
                                                .seqno = UNIT_TEXT("12345678"),
                                                .signature = UNIT_TEXT("s")};
    struct gossipsub_msg_publish m = whole;
    assert_int_equal(gossipsub_sign_name(&id, GOSSIPSUB_SIGN_STRICT, &m), 0);
    assert_int_equal(id.len, self.len + 8);
    m.seqno = UNIT_TEXT("1234567");
    assert_int_equal(gossipsub_sign_name(&id, GOSSIPSUB_SIGN_STRICT, &m), WAVU_ERR_PROTO);
    m = whole;
    m.from = UNIT_TEXT("nobody");
    assert_int_equal(gossipsub_sign_name(&id, GOSSIPSUB_SIGN_STRICT, &m), WAVU_ERR_PROTO);
    m.from = span_empty();
    assert_int_equal(gossipsub_sign_name(&id, GOSSIPSUB_SIGN_STRICT, &m), WAVU_ERR_PROTO);
    m = whole;
    m.signature = span_empty();
    assert_int_equal(gossipsub_sign_name(&id, GOSSIPSUB_SIGN_STRICT, &m), WAVU_ERR_PROTO);
    for (int field = 0; field < 4; field++) {
        m = (struct gossipsub_msg_publish){.data = UNIT_TEXT("x")};
        assert_int_equal(gossipsub_sign_name(&id, GOSSIPSUB_SIGN_NONE, &m), 0);
        struct span *forbidden[] = {&m.from, &m.seqno, &m.signature, &m.key};
        *forbidden[field] = span_of("", 0);
        assert_int_equal(gossipsub_sign_name(&id, GOSSIPSUB_SIGN_NONE, &m), WAVU_ERR_PROTO);
    }
}

/* Whatever a peer calls an id fits, or is refused. */
static void names_of_any_length_are_safe(void **state)
{
    (void)state;
    uint8_t named[GOSSIPSUB_MSG_ID_MAX + 1];
    struct gossipsub_sign_id id;
    assert_int_equal(gossipsub_sign_named(&id, span_empty()), WAVU_ERR_LIMIT);
    for (size_t len = 1; len <= sizeof named; len++) {
        memset(named, 0x12, sizeof named);
        named[0] = 0x08;
        named[3] = len >= 12 ? (uint8_t)(len - 12) : 0;
        int rc = gossipsub_sign_named(&id, span_of(named, len));
        assert_int_equal(rc, len > GOSSIPSUB_MSG_ID_MAX ? WAVU_ERR_LIMIT : 0);
        if (rc == 0) {
            assert_true(id.len == len || id.len == len + 2);
            struct span by_key = gossipsub_sign_by_key(&id);
            assert_true(by_key.len == 0 || span_is_equal(by_key, span_of(named, len)));
        }
    }
}

/* A message of more than what fits on the stack. */
static void large_messages_are_signed(void **state)
{
    (void)state;
    static uint8_t data[60000];
    static uint8_t out[61000];
    struct wr w;
    struct gossipsub_msg_publish m = {.data = span_of(data, sizeof data),
                                      .topic = UNIT_TEXT("news")};
    make_pair();
    struct gossipsub_sign sign = gossipsub_sign_ed25519(&pair);
    wr_init(&w, span_mut_of(out, sizeof out));
    gossipsub_sign_write(&w, &sign, GOSSIPSUB_SIGN_STRICT, &self, 1, &m);
    assert_int_equal(wr_finish(&w), 0);
    assert_true(w.len <= sizeof data + GOSSIPSUB_SIGN_OVERHEAD_MAX);
    assert_int_equal(gossipsub_msg_publish_decode(&m, wr_span(&w)), 0);
    assert_int_equal(gossipsub_sign_verify(&sign, GOSSIPSUB_SIGN_STRICT, &m), 0);
}

/* Keys of every type sign for themselves; only ids that do not hold the key have it beside them. */
static void keys_of_every_type_sign(void **state)
{
    (void)state;
    size_t seen = 0;
    struct vectors *v = vectors_open(WAVU_TEST_DATA "/../vectors/libp2p_keys.txt");
    while (vectors_next(v)) {
        struct identity_key *key = NULL;
        uint8_t out[2500];
        struct wr w;
        struct gossipsub_sign_id id;
        struct gossipsub_msg_publish m = {.data = UNIT_TEXT("hello"), .topic = UNIT_TEXT("news")};
        assert_int_equal(identity_key_decode(&key, vectors_span(v, "private")), 0);
        struct gossipsub_sign sign = gossipsub_sign_identity(key);
        wr_init(&w, span_mut_of(out, sizeof out));
        gossipsub_sign_write(&w, &sign, GOSSIPSUB_SIGN_STRICT, identity_key_peerid(key), 1, &m);
        assert_int_equal(wr_finish(&w), 0);
        assert_true(w.len <= 5 + GOSSIPSUB_SIGN_OVERHEAD_MAX);
        assert_int_equal(gossipsub_msg_publish_decode(&m, wr_span(&w)), 0);
        assert_int_equal(gossipsub_sign_name(&id, GOSSIPSUB_SIGN_STRICT, &m), 0);
        assert_int_equal(gossipsub_sign_verify(&sign, GOSSIPSUB_SIGN_STRICT, &m), 0);
        assert_int_equal(m.key.ptr != NULL, identity_key_peerid(key)->bytes[0] != 0);
        m.data = UNIT_TEXT("hullo");
        assert_int_equal(gossipsub_sign_verify(&sign, GOSSIPSUB_SIGN_STRICT, &m), WAVU_ERR_CRYPTO);
        seen |= (size_t)1 << identity_key_type(key);
        identity_key_unref(key);
    }
    vectors_close(v);
    assert_int_equal(seen, 15);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(messages_of_js_are_verified),    UNIT(what_we_write_is_what_js_writes),
        UNIT(what_was_changed_is_not_signed), UNIT(anothers_key_is_refused),
        UNIT(policies_want_their_fields),     UNIT(names_of_any_length_are_safe),
        UNIT(large_messages_are_signed),      UNIT(keys_of_every_type_sign),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
