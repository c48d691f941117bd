/* Kademlia messages: protoc's own bytes of one with every field, limits, and what is malformed. */
#include "discovery/kad_msg.h"

#include "tests/base/unit.h"

/* protoc --encode=wavu.kad.Message docs/protocol/kad.proto of
 * type: GET_PROVIDERS key: "\x12\x20\x01"
 * record { key: "/pk/x" value: "v" time_received: "2026-11-22T10:00:00.000000001Z" }
 * closer_peers { id: "\x00\x24\x08" addresses: "\x04\x7f\x00\x00\x01\x06\x0f\xa1" addresses: "\x06"
 *                connection: CONNECTED record: "env" }
 * closer_peers { id: "b" }  provider_peers { id: "p" connection: CAN_CONNECT }
 * cluster_level_raw: 3  nonce: "0123456789abcdef" */
static const uint8_t by_protoc[] = {
    0x08, 0x03, 0x12, 0x03, 0x12, 0x20, 0x01, 0x1a, 0x2a, 0x0a, 0x05, 0x2f, 0x70, 0x6b, 0x2f, 0x78,
    0x12, 0x01, 0x76, 0x2a, 0x1e, 0x32, 0x30, 0x32, 0x36, 0x2d, 0x31, 0x31, 0x2d, 0x32, 0x32, 0x54,
    0x31, 0x30, 0x3a, 0x30, 0x30, 0x3a, 0x30, 0x30, 0x2e, 0x30, 0x30, 0x30, 0x30, 0x30, 0x30, 0x30,
    0x30, 0x31, 0x5a, 0x42, 0x1a, 0x0a, 0x03, 0x00, 0x24, 0x08, 0x12, 0x08, 0x04, 0x7f, 0x00, 0x00,
    0x01, 0x06, 0x0f, 0xa1, 0x12, 0x01, 0x06, 0x18, 0x01, 0xa2, 0x06, 0x03, 0x65, 0x6e, 0x76, 0x42,
    0x03, 0x0a, 0x01, 0x62, 0x4a, 0x05, 0x0a, 0x01, 0x70, 0x18, 0x02, 0x50, 0x03, 0xa2, 0x06, 0x10,
    0x30, 0x31, 0x32, 0x33, 0x34, 0x35, 0x36, 0x37, 0x38, 0x39, 0x61, 0x62, 0x63, 0x64, 0x65, 0x66};

static void protocs_bytes_are_read(void **state)
{
    (void)state;
    struct kad_msg m;
    struct kad_msg_peer p;
    assert_int_equal(kad_msg_decode(&m, span_of(by_protoc, sizeof by_protoc)), 0);
    assert_int_equal(m.type, KAD_MSG_GET_PROVIDERS);
    assert_true(span_is_equal(m.key, span_of((const uint8_t[]){0x12, 0x20, 1}, 3)));
    assert_true(m.has_record);
    assert_true(span_is_equal(m.record.key, UNIT_TEXT("/pk/x")));
    assert_true(span_is_equal(m.record.value, UNIT_TEXT("v")));
    assert_true(span_is_equal(m.record.received, UNIT_TEXT("2026-11-22T10:00:00.000000001Z")));
    assert_true(span_is_equal(m.nonce, UNIT_TEXT("0123456789abcdef")));
    assert_null(m.proof.ptr);
    assert_int_equal(m.proven, sizeof by_protoc);
    assert_int_equal(m.nearer_count, 2);
    assert_int_equal(kad_msg_peer_decode(&p, m.nearer[0]), 0);
    assert_true(span_is_equal(p.id, span_of((const uint8_t[]){0, 0x24, 8}, 3)));
    assert_int_equal(p.address_count, 2);
    assert_int_equal(p.addresses[0].len, 8);
    assert_int_equal(p.connection, KAD_MSG_CONNECTED);
    assert_true(span_is_equal(p.record, UNIT_TEXT("env")));
    assert_int_equal(kad_msg_peer_decode(&p, m.nearer[1]), 0);
    assert_int_equal(p.connection, KAD_MSG_NOT_CONNECTED);
    assert_int_equal(m.provider_count, 1);
    assert_int_equal(kad_msg_peer_decode(&p, m.providers[0]), 0);
    assert_int_equal(p.connection, KAD_MSG_CAN_CONNECT);
}

/* What is written differs from protoc's only where we always say how a peer is connected and never
 * write field 10. */
static void what_is_written_is_read(void **state)
{
    (void)state;
    static const uint8_t proof[KAD_MSG_PROOF_SIZE] = {1, 2, 3};
    uint8_t out[512];
    struct wr w;
    struct kad_msg m;
    struct kad_msg_peer p = {.id = UNIT_TEXT("b"), .connection = KAD_MSG_CANNOT_CONNECT};
    struct kad_msg_record r = {.key = UNIT_TEXT("/pk/x"), .value = UNIT_TEXT("v")};
    p.addresses[p.address_count++] = UNIT_TEXT("addr");
    wr_init(&w, span_mut_of(out, sizeof out));
    kad_msg_write_head(&w, KAD_MSG_GET_VALUE, UNIT_TEXT("/pk/x"));
    kad_msg_write_record(&w, &r);
    kad_msg_write_nearer(&w, &p);
    kad_msg_write_provider(&w, &p);
    kad_msg_write_nonce(&w, (const uint8_t *)"0123456789abcdef");
    size_t proven = w.len;
    kad_msg_write_proof(&w, proof);
    assert_int_equal(wr_finish(&w), 0);
    assert_int_equal(kad_msg_decode(&m, wr_span(&w)), 0);
    assert_int_equal(m.type, KAD_MSG_GET_VALUE);
    assert_true(span_is_equal(m.record.value, UNIT_TEXT("v")));
    assert_null(m.record.received.ptr);
    assert_int_equal(m.proven, proven);
    assert_memory_equal(m.proof.ptr, proof, sizeof proof);
    assert_int_equal(kad_msg_peer_decode(&p, m.nearer[0]), 0);
    assert_true(span_is_equal(p.addresses[0], UNIT_TEXT("addr")));
    assert_int_equal(p.connection, KAD_MSG_CANNOT_CONNECT);
}

static int decode(const void *bytes, size_t len)
{
    struct kad_msg m;
    return kad_msg_decode(&m, span_of(bytes, len));
}

static void what_is_malformed_is_refused_and_changes_nothing(void **state)
{
    (void)state;
    static const uint8_t unknown_type[] = {0x08, 6};
    static const uint8_t cut[] = {0x08, 4, 0x12, 9, 'k'};
    static const uint8_t short_nonce[] = {0x08, 5, 0xa2, 0x06, 1, 'n'};
    static const uint8_t bad_record[] = {0x08, 0, 0x1a, 2, 0x0a, 9};
    struct kad_msg m = {.type = KAD_MSG_PING, .nearer_count = 7};
    assert_int_equal(decode(unknown_type, sizeof unknown_type), WAVU_ERR_PROTO);
    assert_int_equal(decode(short_nonce, sizeof short_nonce), WAVU_ERR_PROTO);
    assert_int_equal(decode(bad_record, sizeof bad_record), WAVU_ERR_PROTO);
    assert_int_equal(kad_msg_decode(&m, span_of(cut, sizeof cut)), WAVU_ERR_PROTO);
    assert_int_equal(m.nearer_count, 7);
    struct kad_msg_peer p;
    assert_int_equal(kad_msg_peer_decode(&p, UNIT_TEXT("\x12\x01x")), WAVU_ERR_PROTO);
}

/* A nearer peer behind the proof would be believed without being proven. */
static void nothing_stands_behind_a_proof(void **state)
{
    (void)state;
    static const uint8_t proof[KAD_MSG_PROOF_SIZE] = {1};
    uint8_t out[256];
    struct wr w;
    struct kad_msg_peer p = {.id = UNIT_TEXT("b")};
    wr_init(&w, span_mut_of(out, sizeof out));
    kad_msg_write_head(&w, KAD_MSG_FIND_NODE, UNIT_TEXT("k"));
    kad_msg_write_proof(&w, proof);
    assert_int_equal(decode(out, w.len), 0);
    kad_msg_write_nearer(&w, &p);
    assert_int_equal(decode(out, w.len), WAVU_ERR_PROTO);
}

static void limits_hold(void **state)
{
    (void)state;
    static uint8_t out[KAD_MSG_SIZE_MAX];
    static uint8_t value[KAD_MSG_VALUE_MAX + 1];
    for (size_t extra = 0; extra < 2; extra++) {
        struct wr w;
        struct kad_msg_record r = {.value = span_of(value, KAD_MSG_VALUE_MAX + extra)};
        wr_init(&w, span_mut_of(out, sizeof out));
        kad_msg_write_head(&w, KAD_MSG_PUT_VALUE, span_empty());
        kad_msg_write_record(&w, &r);
        assert_int_equal(decode(out, w.len), extra == 0 ? 0 : WAVU_ERR_LIMIT);
        wr_init(&w, span_mut_of(out, sizeof out));
        kad_msg_write_head(&w, KAD_MSG_FIND_NODE, span_of(value, KAD_MSG_KEY_MAX + extra));
        assert_int_equal(decode(out, w.len), extra == 0 ? 0 : WAVU_ERR_LIMIT);
        wr_init(&w, span_mut_of(out, sizeof out));
        kad_msg_write_head(&w, KAD_MSG_FIND_NODE, span_of(value, 4));
        for (size_t i = 0; i < KAD_MSG_PEERS_MAX + extra; i++) {
            kad_msg_write_nearer(&w, &(struct kad_msg_peer){.id = span_of(value, 4)});
        }
        assert_int_equal(decode(out, w.len), extra == 0 ? 0 : WAVU_ERR_LIMIT);
    }
}

static void further_providers_and_addresses_are_left_out(void **state)
{
    (void)state;
    static uint8_t out[KAD_MSG_SIZE_MAX];
    struct wr w;
    struct kad_msg m;
    struct kad_msg_peer p = {.id = UNIT_TEXT("p")};
    uint8_t peer[64];
    wr_init(&w, span_mut_of(out, sizeof out));
    kad_msg_write_head(&w, KAD_MSG_GET_PROVIDERS, UNIT_TEXT("k"));
    for (size_t i = 0; i < KAD_MSG_PROVIDERS_MAX + 3; i++) {
        kad_msg_write_provider(&w, &p);
    }
    assert_int_equal(kad_msg_decode(&m, wr_span(&w)), 0);
    assert_int_equal(m.provider_count, KAD_MSG_PROVIDERS_MAX);
    wr_init(&w, span_mut_of(peer, sizeof peer));
    pb_write_bytes(&w, 1, UNIT_TEXT("p"));
    for (size_t i = 0; i < KAD_MSG_ADDRESSES_MAX + 3; i++) {
        pb_write_bytes(&w, 2, UNIT_TEXT("a"));
    }
    assert_int_equal(kad_msg_peer_decode(&p, wr_span(&w)), 0);
    assert_int_equal(p.address_count, KAD_MSG_ADDRESSES_MAX);
}

/* js-libp2p leaves out what is 0. */
static void a_type_left_out_is_put_value(void **state)
{
    (void)state;
    struct kad_msg m = {.type = KAD_MSG_PING};
    assert_int_equal(kad_msg_decode(&m, UNIT_TEXT("\x12\x01k\x1a\x06\x0a\x01k\x12\x01v")), 0);
    assert_int_equal(m.type, KAD_MSG_PUT_VALUE);
    assert_true(m.has_record);
    assert_true(span_is_equal(m.record.value, UNIT_TEXT("v")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(a_type_left_out_is_put_value),
        UNIT(protocs_bytes_are_read),
        UNIT(what_is_written_is_read),
        UNIT(what_is_malformed_is_refused_and_changes_nothing),
        UNIT(nothing_stands_behind_a_proof),
        UNIT(limits_hold),
        UNIT(further_providers_and_addresses_are_left_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
