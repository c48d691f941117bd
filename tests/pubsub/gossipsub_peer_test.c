/* What waits for one peer: its order, its bounds, and RPCs made of it. */
#include "pubsub/gossipsub_peer.h"

#include "tests/base/unit.h"

static struct gossipsub_peer peer;
static struct gossipsub_stats stats;
static struct buf out;

static void begin(void)
{
    gossipsub_peer_init(&peer);
    stats = (struct gossipsub_stats){0};
    buf_init(&out, 2 * GOSSIPSUB_MSG_SIZE_MAX);
}

static void end(void)
{
    gossipsub_peer_check(&peer);
    gossipsub_peer_clear(&peer);
    buf_clear(&out);
}

/* A message of `len` bytes of data, the first of which is `mark`. */
static size_t push(uint8_t mark, size_t len, bool is_own)
{
    static uint8_t bytes[GOSSIPSUB_MSG_SIZE_MAX + 8];
    struct wr w;
    wr_init(&w, span_mut_of(bytes, sizeof bytes));
    pb_write_head(&w, 2, len);
    bytes[w.len] = mark;
    struct gossipsub_message *m = gossipsub_cache_message(span_of(bytes, w.len + len));
    m->key = mark;
    size_t dropped = gossipsub_peer_push(&peer, m, is_own);
    gossipsub_cache_unref(m);
    return dropped;
}

/* Pull one RPC; the marks of its messages as a text, and how much else is in it. */
static bool pull(char *marks, size_t *controls)
{
    struct gossipsub_msg m;
    struct gossipsub_msg_item item;
    buf_drop_front(&out, out.len);
    if (!gossipsub_peer_pull(&peer, &out, &stats)) {
        return false;
    }
    assert_int_equal(gossipsub_msg_check(buf_span(&out)), 0);
    gossipsub_msg_init(&m, buf_span(&out));
    *controls = 0;
    while (gossipsub_msg_next(&m, &item)) {
        if (item.kind == GOSSIPSUB_MSG_PUBLISH) {
            *marks++ = (char)item.publish.data.ptr[0];
        } else {
            *controls += 1;
        }
    }
    *marks = '\0';
    return true;
}

static void graft(const char *topic)
{
    uint8_t item[300];
    struct wr w;
    wr_init(&w, span_mut_of(item, sizeof item));
    gossipsub_msg_write_graft(&w, span_from_text(topic));
    assert_int_equal(gossipsub_peer_control(&peer, wr_span(&w)), 0);
}

/* About `len` bytes of an IWANT, in a field that nobody knows. */
static bool gossip(size_t len)
{
    uint8_t *room = mem_new(2 * len);
    struct wr ids;
    struct wr w;
    wr_init(&ids, span_mut_of(room, len));
    pb_write_head(&ids, 9, len - 20);
    ids.len += len - 20;
    wr_init(&w, span_mut_of(room + len, len));
    gossipsub_msg_write_ids(&w, GOSSIPSUB_MSG_IWANT, span_empty(), wr_span(&ids));
    assert_false(w.failed);
    bool is_taken = gossipsub_peer_gossip(&peer, wr_span(&w));
    mem_free(room);
    return is_taken;
}

static void all_goes_in_one_rpc_own_messages_first(void **state)
{
    (void)state;
    char marks[16];
    size_t controls;
    begin();
    assert_false(gossipsub_peer_has_output(&peer));
    assert_int_equal(push('a', 100, false), 0);
    assert_int_equal(push('b', 100, true), 0);
    assert_int_equal(gossipsub_peer_subscribe(&peer, UNIT_TEXT("news"), true), 0);
    graft("news");
    assert_true(gossipsub_peer_decline(&peer, UNIT_TEXT("id")));
    assert_true(gossip(1000));
    assert_true(gossipsub_peer_has_output(&peer));
    assert_true(pull(marks, &controls));
    assert_string_equal(marks, "ba");
    assert_int_equal(controls, 4);
    assert_int_equal(stats.sent, 2);
    assert_false(gossipsub_peer_has_output(&peer));
    assert_false(pull(marks, &controls));
    end();
}

/* Rust reads no more than 64 KiB; one message may be larger and then goes alone. */
static void rpcs_are_cut(void **state)
{
    (void)state;
    char marks[64];
    size_t controls;
    size_t rpcs = 0;
    char all[64] = "";
    begin();
    for (uint8_t i = 0; i < 8; i++) {
        (void)push((uint8_t)('0' + i), 30000, false);
    }
    (void)push('x', 500000, true);
    for (unsigned i = 0; i < 1000; i++) {
        graft("a topic with a name of some length, so that all of them take more than 64 KiB");
    }
    for (unsigned i = 0; i < 3; i++) {
        assert_true(gossip(60000));
    }
    while (pull(marks, &controls)) {
        bool is_large = out.len > GOSSIPSUB_MSG_SENT_MAX;
        assert_true(!is_large || (strlen(marks) == 1 && controls == 0));
        strcat(all, marks);
        rpcs++;
    }
    assert_string_equal(all, "x01234567");
    assert_true(rpcs >= 8 && rpcs <= 14);
    assert_false(gossipsub_peer_has_output(&peer));
    end();
}

static void when_it_is_full_gossip_goes_first_and_own_messages_last(void **state)
{
    (void)state;
    char marks[64];
    size_t controls;
    begin();
    assert_true(gossip(60000));
    assert_true(gossipsub_peer_decline(&peer, UNIT_TEXT("id")));
    for (uint8_t i = 0; i < 5; i++) {
        assert_int_equal(push((uint8_t)('0' + i), 190000, false), 0);
    }
    assert_true(peer.gossip.len > 0);
    assert_int_equal(push('a', 60000, true), 0); /* instead of gossip */
    assert_int_equal(peer.gossip.len, 0);
    assert_int_equal(peer.declined.len, 0);
    assert_int_equal(push('b', 100000, true), 1); /* instead of the oldest of others */
    assert_int_equal(push('5', 190000, false), 1);
    for (uint8_t i = 0; i < 4; i++) {
        (void)push((uint8_t)('c' + i), 200000, true);
    }
    assert_int_equal(push('g', 200000, true), 1); /* itself: only own ones are left */
    assert_int_equal(push('6', 200000, false), 1);
    assert_true(gossip(60000));
    assert_false(gossip(60000));
    assert_true(peer.message_bytes <= GOSSIPSUB_PEER_QUEUE_MAX);
    char all[64] = "";
    while (pull(marks, &controls)) {
        strcat(all, marks);
    }
    assert_string_equal(all, "abcdef");
    end();
}

static void one_message_may_fill_the_queue(void **state)
{
    (void)state;
    char marks[64];
    size_t controls;
    begin();
    graft("news");
    assert_int_equal(push('x', GOSSIPSUB_MSG_SIZE_MAX - 16, false), 0);
    assert_int_equal(push('y', 10, false), 1);
    assert_true(pull(marks, &controls));
    end();
}

static void small_messages_are_bounded_in_number(void **state)
{
    (void)state;
    begin();
    size_t dropped = 0;
    for (size_t i = 0; i < GOSSIPSUB_PEER_MESSAGES_MAX + 10; i++) {
        dropped += push('s', 1, false);
    }
    assert_int_equal(dropped, 10);
    assert_int_equal(peer.others.count, GOSSIPSUB_PEER_MESSAGES_MAX);
    end();
}

static void who_does_not_read_what_must_arrive_is_told_of(void **state)
{
    (void)state;
    begin();
    int rc = 0;
    size_t count = 0;
    while (rc == 0 && count < 100000) {
        rc = gossipsub_peer_subscribe(&peer, UNIT_TEXT("news"), count % 2 == 0);
        count++;
    }
    assert_int_equal(rc, WAVU_ERR_LIMIT);
    assert_true(peer.subscriptions.len <= GOSSIPSUB_PEER_CONTROL_MAX);
    end();
}

static void what_is_not_wanted_is_not_sent(void **state)
{
    (void)state;
    char marks[16];
    size_t controls;
    begin();
    (void)push('a', 10, false);
    (void)push('b', 10, false);
    gossipsub_peer_unwant(&peer, 'a', 3);
    assert_true(pull(marks, &controls));
    assert_string_equal(marks, "b");
    assert_int_equal(stats.unwanted, 1);
    gossipsub_peer_beat(&peer, 2);
    (void)push('a', 10, false);
    assert_false(pull(marks, &controls));
    gossipsub_peer_beat(&peer, 3);
    (void)push('a', 10, false);
    assert_true(pull(marks, &controls));
    for (uint64_t key = 0; key < 2 * GOSSIPSUB_PEER_UNWANTED_MAX; key++) {
        gossipsub_peer_unwant(&peer, 1000 + key, 9);
    }
    assert_int_equal(peer.unwanted.count, GOSSIPSUB_PEER_UNWANTED_MAX);
    end();
}

static void how_often_it_asked_is_counted(void **state)
{
    (void)state;
    begin();
    assert_int_equal(gossipsub_peer_serve(&peer, 5), 1);
    assert_int_equal(gossipsub_peer_serve(&peer, 5), 2);
    assert_int_equal(gossipsub_peer_serve(&peer, 6), 1);
    for (uint64_t key = 0; key < 2 * GOSSIPSUB_PEER_SERVED_MAX; key++) {
        (void)gossipsub_peer_serve(&peer, 1000 + key);
    }
    assert_int_equal(peer.served.count, GOSSIPSUB_PEER_SERVED_MAX);
    end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(all_goes_in_one_rpc_own_messages_first),
        UNIT(rpcs_are_cut),
        UNIT(when_it_is_full_gossip_goes_first_and_own_messages_last),
        UNIT(one_message_may_fill_the_queue),
        UNIT(small_messages_are_bounded_in_number),
        UNIT(who_does_not_read_what_must_arrive_is_told_of),
        UNIT(what_is_not_wanted_is_not_sent),
        UNIT(how_often_it_asked_is_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
