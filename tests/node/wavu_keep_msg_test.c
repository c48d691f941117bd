/*
 * Values of the store's tables: what is written is read again, and nothing else is.
 */
#include "node/wavu_keep_msg.h"

#include "tests/base/unit.h"

static struct span hex(const char *text, uint8_t out[64])
{
    size_t len = 0;
    for (; text[2 * len] != '\0'; len++) {
        unsigned byte = 0;
        assert_int_equal(sscanf(text + 2 * len, "%2x", &byte), 1);
        out[len] = (uint8_t)byte;
    }
    return span_of(out, len);
}

static void test_a_life(void **state)
{
    uint8_t space[64];
    uint64_t generation = 7;
    struct wr w;
    (void)state;
    wr_init(&w, span_mut_of(space, WAVU_KEEP_MSG_LIFE_SIZE));
    wavu_keep_msg_put_life(&w, UINT64_C(0x0102030405060708));
    assert_int_equal(wr_finish(&w), 0);
    uint8_t expected[64];
    assert_true(span_is_equal(wr_span(&w), hex("010102030405060708", expected)));
    assert_int_equal(wavu_keep_msg_get_life(wr_span(&w), &generation), 0);
    assert_true(generation == UINT64_C(0x0102030405060708));
}

static void test_lives_that_are_none(void **state)
{
    static const struct {
        const char *text;
        int err;
    } cases[] = {
        {"", WAVU_ERR_CORRUPT},
        {"00", WAVU_ERR_CORRUPT},
        {"000102030405060708", WAVU_ERR_CORRUPT},
        {"0101020304050607", WAVU_ERR_CORRUPT},
        {"01010203040506070809", WAVU_ERR_CORRUPT},
        {"020102030405060708", WAVU_ERR_UNSUPPORTED},
        {"ff", WAVU_ERR_UNSUPPORTED},
    };
    uint8_t space[64];
    uint64_t generation = 7;
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(wavu_keep_msg_get_life(hex(cases[i].text, space), &generation),
                         cases[i].err);
        assert_true(generation == 7); /* nothing is half read */
    }
}

static void make_peer(struct wavu_keep_msg_peer *peer, size_t count)
{
    *peer = (struct wavu_keep_msg_peer){.count = count};
    for (size_t i = 0; i < count; i++) {
        char text[64];
        (void)snprintf(text, sizeof text, "/ip4/10.0.0.%zu/tcp/9000", i);
        assert_int_equal(multiaddr_parse(&peer->addresses[i].address, span_from_text(text)), 0);
        peer->addresses[i].source = (enum peerbook_source)(i % (PEERBOOK_CONNECTED + 1));
    }
}

static void test_a_peer(void **state)
{
    uint8_t space[WAVU_KEEP_MSG_PEER_MAX];
    struct wavu_keep_msg_peer peer;
    struct wavu_keep_msg_peer read;
    struct wr w;
    (void)state;
    for (size_t count = 0; count <= WAVU_KEEP_MSG_ADDRESSES_MAX; count++) {
        make_peer(&peer, count);
        wr_init(&w, span_mut_of(space, sizeof space));
        wavu_keep_msg_put_peer(&w, &peer);
        assert_int_equal(wr_finish(&w), 0);
        assert_int_equal(wavu_keep_msg_get_peer(wr_span(&w), &read), 0);
        assert_int_equal(read.count, count);
        for (size_t i = 0; i < count; i++) {
            assert_true(multiaddr_is_equal(&read.addresses[i].address, &peer.addresses[i].address));
            assert_int_equal(read.addresses[i].source, peer.addresses[i].source);
        }
        for (size_t len = 0; len < w.len; len++) { /* cut short between addresses is fewer */
            struct span part = span_slice(wr_span(&w), 0, len);
            bool is_between = len > 0 && (len - 1) % 10 == 0;
            assert_int_equal(wavu_keep_msg_get_peer(part, &read),
                             is_between ? 0 : WAVU_ERR_CORRUPT);
        }
    }
}

static void test_peers_that_are_none(void **state)
{
    uint8_t space[WAVU_KEEP_MSG_PEER_MAX + 10];
    struct wavu_keep_msg_peer peer;
    struct wavu_keep_msg_peer read = {.count = 3};
    struct wr w;
    (void)state;
    make_peer(&peer, WAVU_KEEP_MSG_ADDRESSES_MAX);
    wr_init(&w, span_mut_of(space, sizeof space));
    wavu_keep_msg_put_peer(&w, &peer);
    wr_u8(&w, PEERBOOK_CONNECTED); /* one too many */
    wr_prefixed(&w, multiaddr_span(&peer.addresses[0].address));
    assert_int_equal(wr_finish(&w), 0);
    assert_int_equal(wavu_keep_msg_get_peer(wr_span(&w), &read), WAVU_ERR_CORRUPT);
    struct span one = span_of(space, 11);
    space[1] = PEERBOOK_CONNECTED + 1;
    assert_int_equal(wavu_keep_msg_get_peer(one, &read), WAVU_ERR_CORRUPT);
    space[1] = PEERBOOK_CONNECTED;
    assert_int_equal(wavu_keep_msg_get_peer(one, &read), 0);
    space[3] = 0xff; /* no address */
    assert_int_equal(wavu_keep_msg_get_peer(one, &read), WAVU_ERR_CORRUPT);
    space[0] = 2;
    assert_int_equal(wavu_keep_msg_get_peer(one, &read), WAVU_ERR_UNSUPPORTED);
    assert_int_equal(read.count, 1); /* as it was read last */
}

static void test_a_view(void **state)
{
    uint8_t space[WAVU_KEEP_MSG_VIEW_MAX + 1];
    uint8_t where[VIEWS_MSG_WHERE_MAX] = {1, 2, 3};
    static const size_t sizes[] = {0, 1, 100, VIEWS_MSG_WHERE_MAX};
    struct wr w;
    (void)state;
    for (size_t i = 0; i < 8; i++) {
        struct wavu_keep_msg_view view = {.is_lost = i % 2 == 1,
                                          .where = span_of(where, sizes[i / 2])};
        struct wavu_keep_msg_view read = {.is_lost = false};
        wr_init(&w, span_mut_of(space, WAVU_KEEP_MSG_VIEW_MAX));
        wavu_keep_msg_put_view(&w, &view);
        assert_int_equal(wr_finish(&w), 0);
        assert_int_equal(wavu_keep_msg_get_view(wr_span(&w), &read), 0);
        assert_int_equal(read.is_lost, view.is_lost);
        assert_true(span_is_equal(read.where, view.where));
        space[1] = 2; /* a flag that nobody has */
        assert_int_equal(wavu_keep_msg_get_view(wr_span(&w), &read), WAVU_ERR_CORRUPT);
        space[0] = 2;
        assert_int_equal(wavu_keep_msg_get_view(wr_span(&w), &read), WAVU_ERR_UNSUPPORTED);
    }
    struct wavu_keep_msg_view read;
    memset(space, 0, sizeof space);
    space[0] = 1;
    assert_int_equal(wavu_keep_msg_get_view(span_of(space, 1), &read), WAVU_ERR_CORRUPT);
    assert_int_equal(wavu_keep_msg_get_view(span_of(space, sizeof space), &read),
                     WAVU_ERR_CORRUPT); /* too long */
}

static void test_our_state(void **state)
{
    uint8_t space[8];
    struct span saved;
    struct wr w;
    (void)state;
    wr_init(&w, span_mut_of(space, sizeof space));
    wavu_keep_msg_put_state(&w);
    wr_text(&w, "rest");
    assert_int_equal(wavu_keep_msg_get_state(wr_span(&w), &saved), 0);
    assert_true(span_is_equal(saved, UNIT_TEXT("rest")));
    space[0] = 2;
    assert_int_equal(wavu_keep_msg_get_state(wr_span(&w), &saved), WAVU_ERR_UNSUPPORTED);
    assert_int_equal(wavu_keep_msg_get_state(span_empty(), &saved), WAVU_ERR_CORRUPT);
}

static void test_a_nick(void **state)
{
    uint8_t space[WAVU_KEEP_MSG_NICK_MAX];
    struct span name = UNIT_TEXT("as it was");
    struct wr w;
    (void)state;
    wr_init(&w, span_mut_of(space, sizeof space));
    wavu_keep_msg_put_nick(&w, UNIT_TEXT("Baraka"));
    assert_int_equal(wr_finish(&w), 0);
    assert_true(span_is_equal(wr_span(&w), UNIT_TEXT("\1Baraka")));
    assert_int_equal(wavu_keep_msg_get_nick(UNIT_TEXT("\2Baraka"), &name), WAVU_ERR_UNSUPPORTED);
    assert_int_equal(wavu_keep_msg_get_nick(UNIT_TEXT("\1\33[2J"), &name), WAVU_ERR_CORRUPT);
    assert_int_equal(wavu_keep_msg_get_nick(UNIT_TEXT("\1"), &name), WAVU_ERR_CORRUPT);
    assert_int_equal(wavu_keep_msg_get_nick(span_empty(), &name), WAVU_ERR_CORRUPT);
    assert_true(span_is_equal(name, UNIT_TEXT("as it was"))); /* nothing is half read */
    assert_int_equal(wavu_keep_msg_get_nick(wr_span(&w), &name), 0);
    assert_true(span_is_equal(name, UNIT_TEXT("Baraka")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(test_a_life), UNIT(test_lives_that_are_none),
        UNIT(test_a_peer), UNIT(test_peers_that_are_none),
        UNIT(test_a_view), UNIT(test_our_state),
        UNIT(test_a_nick),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
