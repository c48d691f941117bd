/* Gossipsub's RPCs: protoc's own bytes of one with everything, limits, and what is malformed. */
#include "pubsub/gossipsub_msg.h"

#include "tests/base/unit.h"

/* protoc --encode=wavu.gossipsub.Rpc docs/protocol/gossipsub.proto of
 * subscriptions { subscribe: true topic: "news" }
 * subscriptions { subscribe: false topic: "old" }
 * publish { from: "\x00\x24\x08" data: "hello" seqno: "\x00\x00\x00\x00\x00\x00\x00\x07"
 *           topic: "news" signature: "sig" key: "k" }
 * publish { data: "" topic: "anon" }
 * control { ihave { topic: "news" ids: "id1" ids: "id2" }  iwant { ids: "w" }
 *           graft { topic: "news" }
 *           prune { topic: "old" peers { id: "p1" record: "rec" } peers { id: "p2" } backoff: 60 }
 *           idontwant { ids: "d1" ids: "d2" } } */
static const uint8_t by_protoc[] = {
    0x0a, 0x08, 0x08, 0x01, 0x12, 0x04, 0x6e, 0x65, 0x77, 0x73, 0x0a, 0x07, 0x08, 0x00, 0x12, 0x03,
    0x6f, 0x6c, 0x64, 0x12, 0x24, 0x0a, 0x03, 0x00, 0x24, 0x08, 0x12, 0x05, 0x68, 0x65, 0x6c, 0x6c,
    0x6f, 0x1a, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x07, 0x22, 0x04, 0x6e, 0x65, 0x77,
    0x73, 0x2a, 0x03, 0x73, 0x69, 0x67, 0x32, 0x01, 0x6b, 0x12, 0x08, 0x12, 0x00, 0x22, 0x04, 0x61,
    0x6e, 0x6f, 0x6e, 0x1a, 0x43, 0x0a, 0x10, 0x0a, 0x04, 0x6e, 0x65, 0x77, 0x73, 0x12, 0x03, 0x69,
    0x64, 0x31, 0x12, 0x03, 0x69, 0x64, 0x32, 0x12, 0x03, 0x0a, 0x01, 0x77, 0x1a, 0x06, 0x0a, 0x04,
    0x6e, 0x65, 0x77, 0x73, 0x22, 0x18, 0x0a, 0x03, 0x6f, 0x6c, 0x64, 0x12, 0x09, 0x0a, 0x02, 0x70,
    0x31, 0x12, 0x03, 0x72, 0x65, 0x63, 0x12, 0x04, 0x0a, 0x02, 0x70, 0x32, 0x18, 0x3c, 0x2a, 0x08,
    0x0a, 0x02, 0x64, 0x31, 0x0a, 0x02, 0x64, 0x32};

static struct gossipsub_msg walk;
static struct gossipsub_msg_item item;

static void next(enum gossipsub_msg_kind kind, struct span topic)
{
    assert_true(gossipsub_msg_next(&walk, &item));
    assert_int_equal(item.kind, kind);
    assert_true(span_is_equal(item.topic, topic));
}

static void next_id(struct span want)
{
    struct span id;
    assert_true(gossipsub_msg_next_id(&item, &id));
    assert_true(span_is_equal(id, want));
}

static void protocs_bytes_are_read(void **state)
{
    (void)state;
    struct gossipsub_msg_peer p;
    struct span id;
    assert_int_equal(gossipsub_msg_check(span_of(by_protoc, sizeof by_protoc)), 0);
    gossipsub_msg_init(&walk, span_of(by_protoc, sizeof by_protoc));
    next(GOSSIPSUB_MSG_SUBSCRIBE, UNIT_TEXT("news"));
    next(GOSSIPSUB_MSG_UNSUBSCRIBE, UNIT_TEXT("old"));
    next(GOSSIPSUB_MSG_PUBLISH, UNIT_TEXT("news"));
    assert_int_equal(item.publish.from.len, 3);
    assert_true(span_is_equal(item.publish.data, UNIT_TEXT("hello")));
    assert_int_equal(item.publish.seqno.len, 8);
    assert_true(span_is_equal(item.publish.signature, UNIT_TEXT("sig")));
    assert_true(span_is_equal(item.publish.key, UNIT_TEXT("k")));
    assert_int_equal(item.publish.bytes.len, 0x24);
    next(GOSSIPSUB_MSG_PUBLISH, UNIT_TEXT("anon"));
    assert_non_null(item.publish.data.ptr); /* there, and empty */
    assert_null(item.publish.from.ptr);
    assert_null(item.publish.signature.ptr);
    next(GOSSIPSUB_MSG_IHAVE, UNIT_TEXT("news"));
    next_id(UNIT_TEXT("id1"));
    next_id(UNIT_TEXT("id2"));
    assert_false(gossipsub_msg_next_id(&item, &id));
    next(GOSSIPSUB_MSG_IWANT, span_empty());
    next_id(UNIT_TEXT("w"));
    assert_false(gossipsub_msg_next_id(&item, &id));
    next(GOSSIPSUB_MSG_GRAFT, UNIT_TEXT("news"));
    next(GOSSIPSUB_MSG_PRUNE, UNIT_TEXT("old"));
    assert_int_equal(item.backoff_s, 60);
    assert_true(gossipsub_msg_next_peer(&item, &p));
    assert_true(span_is_equal(p.id, UNIT_TEXT("p1")) && span_is_equal(p.record, UNIT_TEXT("rec")));
    assert_true(gossipsub_msg_next_peer(&item, &p));
    assert_true(span_is_equal(p.id, UNIT_TEXT("p2")) && p.record.ptr == NULL);
    assert_false(gossipsub_msg_next_peer(&item, &p));
    next(GOSSIPSUB_MSG_IDONTWANT, span_empty());
    next_id(UNIT_TEXT("d1"));
    next_id(UNIT_TEXT("d2"));
    assert_false(gossipsub_msg_next(&walk, &item));
}

/* Made by hand, the same RPC has protoc's bytes. */
static void what_is_written_is_protocs(void **state)
{
    (void)state;
    uint8_t out[512];
    uint8_t part[256];
    uint8_t list[64];
    struct wr w;
    struct wr control;
    struct wr ids;
    const struct gossipsub_msg_publish signed_one = {
        .from = span_of((const uint8_t[]){0, 0x24, 8}, 3),
        .data = UNIT_TEXT("hello"),
        .seqno = span_of((const uint8_t[]){0, 0, 0, 0, 0, 0, 0, 7}, 8),
        .topic = UNIT_TEXT("news"),
        .signature = UNIT_TEXT("sig"),
        .key = UNIT_TEXT("k")};
    const struct gossipsub_msg_publish anonymous = {.data = UNIT_TEXT(""),
                                                    .topic = UNIT_TEXT("anon")};
    wr_init(&w, span_mut_of(out, sizeof out));
    gossipsub_msg_write_subscription(&w, UNIT_TEXT("news"), true);
    gossipsub_msg_write_subscription(&w, UNIT_TEXT("old"), false);
    wr_init(&control, span_mut_of(part, sizeof part));
    gossipsub_msg_publish_encode(&control, &signed_one);
    gossipsub_msg_write_publish(&w, wr_span(&control));
    wr_init(&control, span_mut_of(part, sizeof part));
    gossipsub_msg_publish_encode(&control, &anonymous);
    gossipsub_msg_write_publish(&w, wr_span(&control));

    wr_init(&control, span_mut_of(part, sizeof part));
    wr_init(&ids, span_mut_of(list, sizeof list));
    gossipsub_msg_write_id(&ids, GOSSIPSUB_MSG_IHAVE, UNIT_TEXT("id1"));
    gossipsub_msg_write_id(&ids, GOSSIPSUB_MSG_IHAVE, UNIT_TEXT("id2"));
    gossipsub_msg_write_ids(&control, GOSSIPSUB_MSG_IHAVE, UNIT_TEXT("news"), wr_span(&ids));
    wr_init(&ids, span_mut_of(list, sizeof list));
    gossipsub_msg_write_id(&ids, GOSSIPSUB_MSG_IWANT, UNIT_TEXT("w"));
    gossipsub_msg_write_ids(&control, GOSSIPSUB_MSG_IWANT, span_empty(), wr_span(&ids));
    gossipsub_msg_write_graft(&control, UNIT_TEXT("news"));
    wr_init(&ids, span_mut_of(list, sizeof list));
    gossipsub_msg_write_peer(
        &ids, &(struct gossipsub_msg_peer){.id = UNIT_TEXT("p1"), .record = UNIT_TEXT("rec")});
    gossipsub_msg_write_peer(&ids, &(struct gossipsub_msg_peer){.id = UNIT_TEXT("p2")});
    gossipsub_msg_write_prune(&control, UNIT_TEXT("old"), 60, wr_span(&ids));
    wr_init(&ids, span_mut_of(list, sizeof list));
    gossipsub_msg_write_id(&ids, GOSSIPSUB_MSG_IDONTWANT, UNIT_TEXT("d1"));
    gossipsub_msg_write_id(&ids, GOSSIPSUB_MSG_IDONTWANT, UNIT_TEXT("d2"));
    gossipsub_msg_write_ids(&control, GOSSIPSUB_MSG_IDONTWANT, span_empty(), wr_span(&ids));
    gossipsub_msg_write_control(&w, wr_span(&control));

    assert_int_equal(wr_finish(&w), 0);
    assert_int_equal(w.len, sizeof by_protoc);
    assert_memory_equal(out, by_protoc, sizeof by_protoc);
}

/* Cut anywhere, the RPC is malformed, or one with fewer items; no more is ever read. */
static void what_is_cut_is_malformed(void **state)
{
    (void)state;
    size_t whole = 0;
    for (size_t len = 0; len < sizeof by_protoc; len++) {
        uint8_t *copy = mem_new_raw(len + 1); /* so that a sanitizer sees a byte too many */
        memcpy(copy, by_protoc, len);
        whole += gossipsub_msg_check(span_of(copy, len)) == 0 ? 1 : 0;
        mem_free(copy);
    }
    assert_int_equal(whole, 5); /* nothing, and behind each of four fields */
}

static void malformed_parts_are_found(void **state)
{
    (void)state;
    static const uint8_t subscription[] = {0x0a, 2, 0x12, 9};
    static const uint8_t publish[] = {0x12, 2, 0x12, 9};
    static const uint8_t control[] = {0x1a, 2, 0x0a, 9};
    static const uint8_t ihave[] = {0x1a, 4, 0x0a, 2, 0x12, 9};
    static const uint8_t prune_peer[] = {0x1a, 6, 0x22, 4, 0x12, 2, 0x0a, 9};
    static const struct {
        const uint8_t *bytes;
        size_t len;
    } all[] = {{subscription, sizeof subscription},
               {publish, sizeof publish},
               {control, sizeof control},
               {ihave, sizeof ihave},
               {prune_peer, sizeof prune_peer}};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        assert_int_equal(gossipsub_msg_check(span_of(all[i].bytes, all[i].len)), WAVU_ERR_PROTO);
    }
}

/* Fields of other versions (extensions of 1.3, partial messages) and of other kinds are skipped. */
static void unknown_fields_are_skipped(void **state)
{
    (void)state;
    static const uint8_t rpc[] = {0x52, 2, 1,    2,          /* field 10 */
                                  0x10, 7,                   /* publish as a number */
                                  0x1a, 4, 0x32, 2, 9,    9, /* control: field 6 */
                                  0x0a, 6, 0x08, 1, 0x12, 2, 'h', 'i'};
    gossipsub_msg_init(&walk, span_of(rpc, sizeof rpc));
    next(GOSSIPSUB_MSG_SUBSCRIBE, UNIT_TEXT("hi"));
    assert_false(gossipsub_msg_next(&walk, &item));
    assert_int_equal(gossipsub_msg_check(span_of(rpc, sizeof rpc)), 0);
}

/* One message that fills the RPC, and one byte more. */
static void limits_hold(void **state)
{
    (void)state;
    uint8_t *rpc = mem_new(GOSSIPSUB_MSG_SIZE_MAX + 1);
    for (size_t extra = 0; extra < 2; extra++) {
        struct wr w;
        size_t len = GOSSIPSUB_MSG_SIZE_MAX + extra;
        wr_init(&w, span_mut_of(rpc, len));
        pb_write_head(&w, 2, len - 4);
        pb_write_head(&w, 2, len - 8);
        assert_int_equal(w.len, 8);
        assert_int_equal(gossipsub_msg_check(span_of(rpc, len)), extra == 0 ? 0 : WAVU_ERR_LIMIT);
    }
    mem_free(rpc);
}

static void a_topic_is_plain_text(void **state)
{
    (void)state;
    static uint8_t name[GOSSIPSUB_MSG_TOPIC_MAX + 1];
    memset(name, 'a', sizeof name);
    assert_true(gossipsub_msg_is_topic(span_of(name, GOSSIPSUB_MSG_TOPIC_MAX)));
    assert_false(gossipsub_msg_is_topic(span_of(name, GOSSIPSUB_MSG_TOPIC_MAX + 1)));
    assert_false(gossipsub_msg_is_topic(span_empty()));
    assert_false(gossipsub_msg_is_topic(UNIT_TEXT("a\x1b[2J")));
    assert_false(gossipsub_msg_is_topic(UNIT_TEXT("a\xff")));
    assert_true(gossipsub_msg_is_topic(UNIT_TEXT("ha\xc3\xa9")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(protocs_bytes_are_read),     UNIT(what_is_written_is_protocs),
        UNIT(what_is_cut_is_malformed),   UNIT(malformed_parts_are_found),
        UNIT(unknown_fields_are_skipped), UNIT(limits_hold),
        UNIT(a_topic_is_plain_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
