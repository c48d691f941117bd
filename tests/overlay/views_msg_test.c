/*
 * The views' messages: what is written is read again, what is malformed or too much is refused.
 */
#include "tests/base/unit.h"

#include "overlay/views_msg.h"

static uint8_t out[2 * VIEWS_MSG_SIZE_MAX];

static struct span encode(const struct views_msg *m)
{
    struct wr w;
    wr_init(&w, span_mut_of(out, sizeof out));
    views_msg_encode(&w, m);
    assert_int_equal(wr_finish(&w), 0);
    return wr_span(&w);
}

static struct views_msg shuffle(size_t peers, struct span where)
{
    struct views_msg m = {
        .kind = VIEWS_MSG_SHUFFLE, .ttl = 6, .nonce = 77, .peer_count = (uint8_t)peers};
    for (size_t i = 0; i < peers; i++) {
        m.peers[i].id.bytes[0] = (uint8_t)(i + 1);
        m.peers[i].where = where;
    }
    return m;
}

static void the_fullest_messages_come_back_as_they_were(void **state)
{
    (void)state;
    static const uint8_t where[VIEWS_MSG_WHERE_MAX] = {1, 2, 3};
    struct views_msg m = shuffle(VIEWS_MSG_PEERS_MAX, span_of(where, sizeof where));
    struct views_msg read;
    struct span bytes = encode(&m);
    assert_true(bytes.len <= VIEWS_MSG_SIZE_MAX);
    assert_int_equal(views_msg_decode(&read, bytes), 0);
    assert_int_equal(read.kind, VIEWS_MSG_SHUFFLE);
    assert_int_equal(read.ttl, 6);
    assert_int_equal(read.nonce, 77);
    assert_int_equal(read.peer_count, VIEWS_MSG_PEERS_MAX);
    for (size_t i = 0; i < VIEWS_MSG_PEERS_MAX; i++) {
        assert_true(overlay_id_is_equal(&read.peers[i].id, &m.peers[i].id));
        assert_true(span_is_equal(read.peers[i].where, m.peers[i].where));
    }
    m = (struct views_msg){.kind = VIEWS_MSG_AUDIT, .degree = 5, .is_asking = true};
    for (m.root_count = 0; m.root_count < VIEWS_MSG_ROOTS_MAX; m.root_count++) {
        m.roots[m.root_count] = (struct views_msg_root){.hash = UINT64_MAX - 8 + m.root_count,
                                                        .count = UINT32_MAX,
                                                        .hops = 255,
                                                        .age_s = UINT16_MAX - 1};
    }
    bytes = encode(&m);
    assert_int_equal(views_msg_decode(&read, bytes), 0);
    assert_true(read.is_asking);
    assert_int_equal(read.root_count, VIEWS_MSG_ROOTS_MAX);
    assert_memory_equal(read.roots, m.roots, sizeof m.roots);
}

static void priorities_and_reasons_come_back_and_unknown_ones_mean_nothing(void **state)
{
    (void)state;
    struct views_msg read;
    struct views_msg m = {
        .kind = VIEWS_MSG_REQUEST, .priority = VIEWS_MSG_HEAL, .reason = VIEWS_MSG_QUIT};
    assert_int_equal(views_msg_decode(&read, encode(&m)), 0);
    assert_int_equal(read.priority, VIEWS_MSG_HEAL);
    assert_int_equal(read.reason, VIEWS_MSG_QUIT);
    /* kind 9, priority 9, reason 9, field 99 */
    struct span newer = UNIT_TEXT("\x08\x09\x10\x09\x18\x09\x98\x06\x01");
    assert_int_equal(views_msg_decode(&read, newer), 0);
    assert_int_equal(read.kind, VIEWS_MSG_NONE);
    assert_int_equal(read.priority, VIEWS_MSG_NORMAL);
    assert_int_equal(read.reason, VIEWS_MSG_UNSAID);
}

/* What older versions said about networks: skipped as any field that is not known. */
static void the_proofs_of_old_are_skipped(void **state)
{
    (void)state;
    struct views_msg read;
    uint8_t old[4 + 2 + 32] = {0x08, VIEWS_MSG_ACCEPT, 0x18, 6, 10 << 3 | 2, 32};
    assert_int_equal(views_msg_decode(&read, span_of(old, sizeof old)), 0);
    assert_int_equal(read.kind, VIEWS_MSG_ACCEPT);
    assert_int_equal(read.reason, VIEWS_MSG_UNSAID);
    assert_int_equal(encode(&read).len, 2);
}

static struct views_msg brief(void)
{
    struct views_msg m = {.kind = VIEWS_MSG_AUDIT, .degree = 5, .is_brief = true, .list = 0xabcdef};
    for (; m.root_count < VIEWS_MSG_ROOTS_MAX; m.root_count++) {
        m.roots[m.root_count] = (struct views_msg_root){.count = 3000, .hops = 4, .age_s = 20};
    }
    return m;
}

static void roots_without_hashes_come_back_and_are_short(void **state)
{
    (void)state;
    struct views_msg read;
    struct views_msg m = brief();
    struct span bytes = encode(&m);
    assert_int_equal(bytes.len, 43); /* the message of which there are most; 141 with hashes */
    assert_int_equal(views_msg_decode(&read, bytes), 0);
    assert_true(read.is_brief);
    assert_int_equal(read.list, m.list);
    assert_int_equal(read.root_count, VIEWS_MSG_ROOTS_MAX);
    assert_memory_equal(read.roots, m.roots, sizeof m.roots);
    m.roots[0] =
        (struct views_msg_root){.count = UINT32_MAX, .hops = 255, .age_s = VIEWS_MSG_AGE_S_MAX};
    m.root_count = 1;
    assert_int_equal(views_msg_decode(&read, encode(&m)), 0);
    assert_memory_equal(read.roots, m.roots, sizeof m.roots[0]);
    /* larger numbers are cut: count 2^32, hops 256, age 65536 */
    struct span large = UNIT_TEXT("\x08\x08\x62\x0a\x80\x80\x80\x80\x10\x80\x02\x80\x80\x04");
    assert_int_equal(views_msg_decode(&read, large), 0);
    assert_memory_equal(read.roots, m.roots, sizeof m.roots[0]);
}

static void roots_without_hashes_are_refused_when_malformed_or_too_many(void **state)
{
    (void)state;
    struct views_msg read;
    /* a number lacks, one is cut short, one has too many bytes */
    assert_int_equal(views_msg_decode(&read, UNIT_TEXT("\x08\x08\x62\x02\x01\x01")),
                     WAVU_ERR_PROTO);
    assert_int_equal(views_msg_decode(&read, UNIT_TEXT("\x08\x08\x62\x03\x01\x01\x80")),
                     WAVU_ERR_PROTO);
    assert_int_equal(views_msg_decode(&read, UNIT_TEXT("\x08\x08\x62\x04\x01\x01\x80\x00")),
                     WAVU_ERR_PROTO);
    /* twice; before and behind a root with a hash */
    assert_int_equal(views_msg_decode(&read, UNIT_TEXT("\x62\x00\x62\x00")), WAVU_ERR_PROTO);
    assert_int_equal(views_msg_decode(&read, UNIT_TEXT("\x62\x00\x4a\x00")), WAVU_ERR_PROTO);
    assert_int_equal(views_msg_decode(&read, UNIT_TEXT("\x4a\x00\x62\x00")), WAVU_ERR_PROTO);
    /* nine of them */
    assert_int_equal(
        views_msg_decode(&read, UNIT_TEXT("\x62\x1b\x01\x01\x01\x01\x01\x01\x01\x01\x01"
                                          "\x01\x01\x01\x01\x01\x01\x01\x01\x01"
                                          "\x01\x01\x01\x01\x01\x01\x01\x01\x01")),
        WAVU_ERR_LIMIT);
}

static void too_much_is_refused(void **state)
{
    (void)state;
    static const uint8_t where[VIEWS_MSG_WHERE_MAX + 1] = {0};
    struct views_msg read = {.ttl = 3};
    struct views_msg m = shuffle(1, span_of(where, sizeof where));
    assert_int_equal(views_msg_decode(&read, encode(&m)), WAVU_ERR_LIMIT);
    m = shuffle(VIEWS_MSG_PEERS_MAX, span_empty());
    size_t len = encode(&m).len;
    memmove(out + len, out + len - 36, 36); /* one peer more */
    assert_int_equal(views_msg_decode(&read, span_of(out, len + 36)), WAVU_ERR_LIMIT);
    assert_int_equal(views_msg_decode(&read, span_of(out, VIEWS_MSG_SIZE_MAX + 1)), WAVU_ERR_LIMIT);
    assert_int_equal(read.ttl, 3); /* untouched */
}

static void malformed_messages_are_refused(void **state)
{
    (void)state;
    struct views_msg read;
    struct views_msg m = shuffle(1, span_empty());
    struct span bytes = encode(&m);
    for (size_t len = 1; len < bytes.len; len++) {
        int rc = views_msg_decode(&read, span_of(bytes.ptr, len));
        assert_true(rc == WAVU_ERR_PROTO); /* cut within a field, or before its only peer */
    }
    m.peer_count = 0;
    assert_int_equal(views_msg_decode(&read, encode(&m)), WAVU_ERR_PROTO);
    m = (struct views_msg){.kind = VIEWS_MSG_AUDIT, .root_count = 2};
    m.roots[0].hash = 5;
    m.roots[1].hash = 5; /* not ascending */
    assert_int_equal(views_msg_decode(&read, encode(&m)), WAVU_ERR_PROTO);
    /* a peer with an id of 3 bytes, one without id */
    assert_int_equal(views_msg_decode(&read, UNIT_TEXT("\x08\x01\x42\x05\x0a\x03"
                                                       "abc")),
                     WAVU_ERR_PROTO);
    assert_int_equal(views_msg_decode(&read, UNIT_TEXT("\x08\x01\x42\x00")), WAVU_ERR_PROTO);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(the_fullest_messages_come_back_as_they_were),
        UNIT(priorities_and_reasons_come_back_and_unknown_ones_mean_nothing),
        UNIT(the_proofs_of_old_are_skipped),
        UNIT(roots_without_hashes_come_back_and_are_short),
        UNIT(roots_without_hashes_are_refused_when_malformed_or_too_many),
        UNIT(too_much_is_refused),
        UNIT(malformed_messages_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
