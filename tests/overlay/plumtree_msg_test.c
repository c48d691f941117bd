/*
 * The codec of plumtree's messages, with bytes written by hand from docs/protocol/plumtree.proto.
 */
#include "tests/base/unit.h"

#include "overlay/plumtree_msg.h"

static uint8_t room[PLUMTREE_MSG_SIZE_MAX + 1024];

static struct span encoded(const struct plumtree_msg *m)
{
    struct wr w;
    wr_init(&w, span_mut_of(room, sizeof room));
    plumtree_msg_encode(&w, m);
    assert_int_equal(wr_finish(&w), 0);
    return wr_span(&w);
}

static struct plumtree_msg gossip(void)
{
    static const uint8_t signature[OVERLAY_SIGN_SIZE] = {9, 8};
    return (struct plumtree_msg){.kind = PLUMTREE_MSG_GOSSIP,
                                 .origin = {{1, 2, 3}},
                                 .generation = UINT64_C(1) << 60,
                                 .sequence = 5,
                                 .hops = 3,
                                 .payload = UNIT_TEXT("hello"),
                                 .signature = span_of(signature, sizeof signature),
                                 .is_repair = true,
                                 .is_wave = true};
}

static void a_gossip_comes_back_as_it_was(void **state)
{
    (void)state;
    struct plumtree_msg m = gossip();
    struct plumtree_msg read;
    assert_int_equal(plumtree_msg_decode(&read, encoded(&m)), 0);
    assert_int_equal(read.kind, PLUMTREE_MSG_GOSSIP);
    assert_true(overlay_id_is_equal(&read.origin, &m.origin));
    assert_true(read.generation == m.generation && read.sequence == 5 && read.hops == 3);
    assert_true(span_is_equal(read.payload, m.payload));
    assert_true(span_is_equal(read.signature, m.signature));
    assert_true(read.is_repair && read.is_wave);
    assert_int_equal(read.items, 0);
}

/* As many items as the payload has room for, and no more than may be. */
static void items_stand_before_the_rest(void **state)
{
    (void)state;
    static const uint8_t bytes[(PLUMTREE_MSG_ITEMS_MAX + 1) * PLUMTREE_MSG_ITEM_SIZE];
    struct plumtree_msg m = gossip();
    struct plumtree_msg read;
    m.payload = span_of(bytes, 2 * PLUMTREE_MSG_ITEM_SIZE + 5);
    m.items = 2;
    assert_int_equal(plumtree_msg_decode(&read, encoded(&m)), 0);
    assert_int_equal(read.items, 2);
    assert_int_equal(plumtree_msg_item_span(&read).len, 2 * PLUMTREE_MSG_ITEM_SIZE);
    assert_int_equal(plumtree_msg_rest(&read).len, 5);
    m.items = 3;
    assert_int_equal(plumtree_msg_decode(&read, encoded(&m)), WAVU_ERR_PROTO);
    m.payload = span_of(bytes, sizeof bytes);
    m.items = PLUMTREE_MSG_ITEMS_MAX;
    assert_int_equal(plumtree_msg_decode(&read, encoded(&m)), 0);
    m.items = PLUMTREE_MSG_ITEMS_MAX + 1;
    assert_int_equal(plumtree_msg_decode(&read, encoded(&m)), WAVU_ERR_LIMIT);
    m.items = SIZE_MAX;
    assert_int_equal(plumtree_msg_decode(&read, encoded(&m)), WAVU_ERR_LIMIT);
}

static void fields_are_where_the_specification_puts_them(void **state)
{
    (void)state;
    static const uint8_t bytes[] = {
        0x08, 2,                                                           /* 1: HAVE */
        0x4a, 16,   1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, /* 9: ids */
        0x52, 1,    7,                                                     /* 10: id_hops */
        0xb2, 0x01, 2, 0, 0,                                               /* 22: unknown */
    };
    struct plumtree_msg m;
    assert_int_equal(plumtree_msg_decode(&m, span_of(bytes, sizeof bytes)), 0);
    assert_int_equal(m.kind, PLUMTREE_MSG_HAVE);
    assert_int_equal(plumtree_msg_id_count(&m), 1);
    assert_int_equal(plumtree_msg_id_at(&m, 0).bytes[15], 16);
    assert_int_equal(m.id_hops.ptr[0], 7);
    static const uint8_t graft[] = {0x08, 3, 0x58, 1};
    assert_int_equal(plumtree_msg_decode(&m, span_of(graft, sizeof graft)), 0);
    assert_true(m.kind == PLUMTREE_MSG_GRAFT && m.is_tree && m.ids.len == 0);
    static const uint8_t ack[] = {0x08, 6, 0x60, 0x90, 0x4e};
    assert_int_equal(plumtree_msg_decode(&m, span_of(ack, sizeof ack)), 0);
    assert_true(m.kind == PLUMTREE_MSG_ACK && m.position == 10000);
    static const uint8_t newer[] = {0x08, 99};
    assert_int_equal(plumtree_msg_decode(&m, span_of(newer, sizeof newer)), 0);
    assert_int_equal(m.kind, PLUMTREE_MSG_NONE);
}

static void offers_are_walked(void **state)
{
    (void)state;
    uint8_t list[1024];
    struct wr w;
    struct plumtree_msg_offer offer = {.origin = {{4}},
                                       .generation = 3,
                                       .ranges = {{1, 10}, {12, 1}, {4000000000u, 7}},
                                       .range_count = 3};
    struct plumtree_msg m = {.kind = PLUMTREE_MSG_DIGEST, .position = 77};
    struct plumtree_msg read;
    wr_init(&w, span_mut_of(list, sizeof list));
    plumtree_msg_put_offer(&w, &offer);
    offer.origin.bytes[0] = 5;
    offer.range_count = 1;
    plumtree_msg_put_offer(&w, &offer);
    m.offers = wr_span(&w);
    assert_int_equal(plumtree_msg_decode(&read, encoded(&m)), 0);
    assert_true(read.position == 77 && span_is_equal(read.offers, m.offers));
    struct pb cursor;
    pb_init(&cursor, read.offers);
    assert_true(plumtree_msg_next_offer(&cursor, &offer));
    assert_true(offer.origin.bytes[0] == 4 && offer.generation == 3 && offer.range_count == 3);
    assert_true(offer.ranges[2].first == 4000000000u && offer.ranges[2].count == 7);
    assert_true(plumtree_msg_next_offer(&cursor, &offer));
    assert_true(offer.origin.bytes[0] == 5 && offer.range_count == 1);
    assert_false(plumtree_msg_next_offer(&cursor, &offer));
}

/* An offer with these packed ranges. */
static int offer_of(const uint8_t *packed, size_t len)
{
    uint8_t bytes[256];
    struct plumtree_msg m;
    struct wr w;
    wr_init(&w, span_mut_of(bytes, sizeof bytes));
    pb_write_varint(&w, 1, PLUMTREE_MSG_DIGEST);
    pb_write_varint(&w, 12, 1);
    pb_write_head(&w, 13, 34 + 2 + len);
    pb_write_bytes(&w, 1, span_of((const uint8_t[32]){1}, 32));
    pb_write_bytes(&w, 3, span_of(packed, len));
    assert_int_equal(wr_finish(&w), 0);
    return plumtree_msg_decode(&m, wr_span(&w));
}

static void ranges_that_are_none_are_refused(void **state)
{
    (void)state;
    static const uint8_t good[] = {0, 1, 1, 1};
    static const uint8_t empty[] = {0, 0};
    static const uint8_t half[] = {0, 1, 1};
    static const uint8_t beyond[] = {0xff, 0xff, 0xff, 0xff, 0x0f, 1};
    static const uint8_t many[] = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1};
    assert_int_equal(offer_of(good, sizeof good), 0);
    assert_int_equal(offer_of(empty, sizeof empty), WAVU_ERR_PROTO);
    assert_int_equal(offer_of(half, sizeof half), WAVU_ERR_PROTO);
    assert_int_equal(offer_of(beyond, sizeof beyond), WAVU_ERR_PROTO);
    assert_int_equal(offer_of(many, sizeof many), WAVU_ERR_PROTO);
}

static void what_is_too_long_or_missing_is_refused(void **state)
{
    (void)state;
    static uint8_t payload[PLUMTREE_MSG_PAYLOAD_MAX + 1];
    struct plumtree_msg m = gossip();
    struct plumtree_msg read = {.hops = 42};
    m.payload = span_of(payload, sizeof payload);
    assert_int_equal(plumtree_msg_decode(&read, encoded(&m)), WAVU_ERR_LIMIT);
    m.payload = span_of(payload, PLUMTREE_MSG_PAYLOAD_MAX);
    assert_int_equal(plumtree_msg_decode(&read, encoded(&m)), 0);
    read.hops = 42;
    m = gossip();
    m.sequence = 0;
    assert_int_equal(plumtree_msg_decode(&read, encoded(&m)), WAVU_ERR_PROTO);
    m = gossip();
    m.signature.len = 63;
    assert_int_equal(plumtree_msg_decode(&read, encoded(&m)), WAVU_ERR_PROTO);
    static const uint8_t no_ids[] = {0x08, 2};
    assert_int_equal(plumtree_msg_decode(&read, span_of(no_ids, 2)), WAVU_ERR_PROTO);
    static const uint8_t odd[] = {0x08, 3, 0x4a, 3, 1, 2, 3};
    assert_int_equal(plumtree_msg_decode(&read, span_of(odd, sizeof odd)), WAVU_ERR_PROTO);
    static const uint8_t cut[] = {0x08};
    assert_int_equal(plumtree_msg_decode(&read, span_of(cut, sizeof cut)), WAVU_ERR_PROTO);
    struct plumtree_msg ids = {
        .kind = PLUMTREE_MSG_GRAFT,
        .ids = span_of(payload, (PLUMTREE_MSG_IDS_MAX + 1) * (size_t)PLUMTREE_MSG_ID_SIZE)};
    assert_int_equal(plumtree_msg_decode(&read, encoded(&ids)), WAVU_ERR_LIMIT);
    assert_int_equal(read.hops, 42); /* unchanged by all of them */
}

static void the_list_of_offers_is_bounded(void **state)
{
    (void)state;
    static uint8_t list[8192];
    struct wr w;
    struct plumtree_msg_offer offer = {.ranges = {{1, 1}}, .range_count = 1};
    struct plumtree_msg m = {.kind = PLUMTREE_MSG_DIGEST, .position = 1};
    struct plumtree_msg read;
    wr_init(&w, span_mut_of(list, sizeof list));
    for (size_t i = 0; i < PLUMTREE_MSG_OFFERS_MAX; i++) {
        plumtree_msg_put_offer(&w, &offer);
    }
    m.offers = wr_span(&w);
    assert_int_equal(plumtree_msg_decode(&read, encoded(&m)), 0);
    plumtree_msg_put_offer(&w, &offer);
    m.offers = wr_span(&w);
    assert_int_equal(plumtree_msg_decode(&read, encoded(&m)), WAVU_ERR_LIMIT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(items_stand_before_the_rest),
        UNIT(a_gossip_comes_back_as_it_was),
        UNIT(fields_are_where_the_specification_puts_them),
        UNIT(offers_are_walked),
        UNIT(ranges_that_are_none_are_refused),
        UNIT(what_is_too_long_or_missing_is_refused),
        UNIT(the_list_of_offers_is_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
