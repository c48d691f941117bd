/*
 * The daemon's control protocol against protoc's bytes (tests/support/vectors_p2pd.py), and what is
 * none of it.
 */
#include "apps/p2pd/p2pd_msg.h"

#include <string.h>

#include "tests/base/unit.h"
#include "tests/support/vectors.h"

static uint8_t id_bytes[38] = {0, 0x24, 8, 1, 0x12, 0x20};
static uint8_t made[1024];
static struct vectors *v;

static struct span id(void)
{
    memset(id_bytes + 6, 7, 32);
    return span_of(id_bytes, sizeof id_bytes);
}

/* Go to the record called `name`. */
static struct span vector(const char *name)
{
    v = vectors_open(WAVU_TEST_DATA "/../../vectors/p2pd.txt");
    while (vectors_next(v)) {
        if (span_is_equal(vectors_text(v, "name"), span_from_text(name))) {
            return vectors_span(v, "bytes");
        }
    }
    fail_msg("no vector %s", name);
    return span_empty();
}

/* Decode the vector; encoded again it is the same. */
static struct p2pd_msg_request request(const char *name)
{
    struct p2pd_msg_request m;
    struct span bytes = vector(name);
    struct wr w;
    assert_int_equal(p2pd_msg_decode(&m, bytes), 0);
    wr_init(&w, span_mut_of(made, sizeof made));
    p2pd_msg_encode(&w, &m);
    assert_true(span_is_equal(wr_span(&w), bytes));
    return m;
}

static void done(void)
{
    vectors_close(v);
}

static void requests_are_protocs(void **state)
{
    (void)state;
    struct p2pd_msg_request m = request("connect");
    assert_int_equal(m.type, P2PD_MSG_CONNECT);
    assert_true(m.has_body);
    assert_true(span_is_equal(m.peer, id()));
    assert_int_equal(m.address_count, 2);
    assert_int_equal(m.timeout_s, 7);
    done();
    m = request("stream_open");
    assert_int_equal(m.protocol_count, 2);
    assert_true(span_is_equal(m.protocols[0], UNIT_TEXT("/a/2")));
    assert_int_equal(m.timeout_s, 300);
    done();
    m = request("stream_handler");
    assert_int_equal(m.address.len, 9);
    done();
    m = request("find_providers");
    assert_int_equal(m.kind, 2);
    assert_int_equal(m.number, 20);
    done();
    m = request("put_value");
    assert_int_equal(m.value.len, 2);
    done();
    m = request("tag_peer");
    assert_int_equal(m.kind, P2PD_MSG_TAG_PEER);
    assert_true(span_is_equal(m.text, UNIT_TEXT("friend")));
    assert_int_equal(m.number, -5);
    done();
    m = request("publish");
    assert_true(span_is_equal(m.text, UNIT_TEXT("news")));
    assert_true(span_is_equal(m.value, UNIT_TEXT("hello")));
    done();
    m = request("get_protocols");
    assert_int_equal(m.kind, P2PD_MSG_GET_PROTOCOLS);
    done();
    m = request("no_body");
    assert_false(m.has_body);
    done();
    static const char *const rest[] = {"identify", "list_peers", "trim", "disconnect",
                                       "get_topics"};
    for (size_t i = 0; i < sizeof rest / sizeof rest[0]; i++) {
        (void)request(rest[i]);
        done();
    }
}

static void check_answer(const char *name, const struct wr *w)
{
    struct span bytes = vector(name);
    assert_true(span_is_equal(wr_span(w), bytes));
    done();
}

static void answers_are_protocs(void **state)
{
    static const uint8_t loopback[] = {4, 127, 0, 0, 1, 6, 0, 10};
    const struct span addresses[] = {span_of(loopback, sizeof loopback), UNIT_TEXT("x")};
    const struct span protocols[] = {UNIT_TEXT("/a/1"), UNIT_TEXT("/b")};
    const struct span peer = id();
    struct wr w;
    (void)state;
    wr_init(&w, span_mut_of(made, sizeof made));
    p2pd_msg_put_ok(&w);
    check_answer("answer_ok", &w);
    wr_init(&w, span_mut_of(made, sizeof made));
    p2pd_msg_put_error(&w, "no such thing");
    check_answer("answer_error", &w);
    wr_init(&w, span_mut_of(made, sizeof made));
    p2pd_msg_put_ok(&w);
    p2pd_msg_put_identify(&w, peer, addresses, 2);
    check_answer("answer_identify", &w);
    wr_init(&w, span_mut_of(made, sizeof made));
    p2pd_msg_put_ok(&w);
    p2pd_msg_put_peer(&w, peer, addresses + 1, 1);
    p2pd_msg_put_peer(&w, UNIT_TEXT("\x01"), NULL, 0);
    check_answer("answer_peers", &w);
    wr_init(&w, span_mut_of(made, sizeof made));
    p2pd_msg_put_ok(&w);
    p2pd_msg_put_stream(&w, peer, addresses[1], "/a/1", false);
    check_answer("answer_stream", &w);
    wr_init(&w, span_mut_of(made, sizeof made));
    p2pd_msg_put_stream(&w, peer, addresses[1], "/a/1", true);
    check_answer("stream_info", &w);
    const struct p2pd_msg_peerstore_info info = {.peer = &peer,
                                                 .addresses = addresses + 1,
                                                 .address_count = 1,
                                                 .protocols = protocols,
                                                 .protocol_count = 2};
    wr_init(&w, span_mut_of(made, sizeof made));
    p2pd_msg_put_ok(&w);
    p2pd_msg_put_peerstore(&w, &info);
    check_answer("answer_peerstore", &w);
}

static void what_is_no_request_changes_nothing(void **state)
{
    struct p2pd_msg_request m = {.type = 77};
    (void)state;
    assert_int_equal(p2pd_msg_decode(&m, span_empty()), WAVU_ERR_PROTO); /* no type */
    assert_int_equal(p2pd_msg_decode(&m, UNIT_TEXT("\x08")), WAVU_ERR_PROTO);
    assert_int_equal(p2pd_msg_decode(&m, UNIT_TEXT("\x08\x01\x12\x05\x0a")), WAVU_ERR_PROTO);
    assert_int_equal(p2pd_msg_decode(&m, UNIT_TEXT("\x08\x01\x12\x02\x0a\x05")), WAVU_ERR_PROTO);
    assert_int_equal(m.type, 77);
    assert_int_equal(p2pd_msg_decode(&m, UNIT_TEXT("\x08\x63")), 0); /* unknown: for the daemon */
    assert_int_equal(m.type, 99);
}

/* Fields of a body come before or behind the type; lists are bounded. */
static void order_does_not_matter_and_lists_are_bounded(void **state)
{
    static uint8_t bytes[2048];
    static struct p2pd_msg_request m;
    struct wr w;
    (void)state;
    wr_init(&w, span_mut_of(bytes, sizeof bytes));
    pb_write_head(&w, 2, 100 * pb_bytes_size(2, 1));
    for (size_t i = 0; i < 100; i++) {
        pb_write_bytes(&w, 2, UNIT_TEXT("a"));
    }
    pb_write_varint(&w, 1, P2PD_MSG_CONNECT);
    assert_int_equal(p2pd_msg_decode(&m, wr_span(&w)), 0);
    assert_true(m.has_body);
    assert_int_equal(m.address_count, P2PD_MSG_ADDRESSES_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(requests_are_protocs),
        UNIT(answers_are_protocs),
        UNIT(what_is_no_request_changes_nothing),
        UNIT(order_does_not_matter_and_lists_are_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
