/*
 * Messages that wait: for whom there are places, and who gives way.
 */
#include "tests/base/unit.h"

#include "tests/support/group_world.h"

static struct group_world w;
static uint8_t bytes[EPOCH_MSG_SIZE_MAX];

/* A name of two heads that nobody knows. */
static struct span name_of(uint8_t one, uint8_t two)
{
    uint8_t heads[64] = {one, two};
    struct epoch_msg_ids ids = {heads, 2};
    struct wr wr;

    heads[32] = 255;
    wr_init(&wr, span_mut_of(bytes, sizeof bytes));
    epoch_msg_write_name(&wr, w.group, ids);
    assert_int_equal(wr_finish(&wr), 0);
    return wr_span(&wr);
}

static int feed(const uint8_t from[32], uint8_t one, uint8_t two)
{
    return epoch_feed(&w.nodes[0].e, w.now, from, name_of(one, two));
}

/* How many wait from `from`. */
static size_t waiting(const uint8_t from[32])
{
    const struct epoch *e = &w.nodes[0].e;
    size_t count = 0;

    for (struct list *at = list_next(&e->waiting, &e->waiting); at != NULL;
         at = list_next(&e->waiting, at)) {
        count += memcmp(LIST_OF(at, struct epoch_waiting, link)->from, from, 32) == 0;
    }
    return count;
}

static const uint8_t *device(size_t node)
{
    return w.nodes[node].device.public_key;
}

/* Four strangers with a name each for every place: a member's wrap still waits for its change. */
static void strangers_wait_for_nothing(void **state)
{
    (void)state;
    group_world_init(&w, 71, &signer_ed25519);
    group_world_begin(&w, 2);
    for (uint8_t who = 1; who <= 4; who++) {
        const uint8_t stranger[32] = {who};
        for (uint8_t i = 0; i < 16; i++) {
            assert_int_equal(feed(stranger, who, i), WAVU_ERR_LIMIT);
        }
    }
    assert_int_equal(w.nodes[0].e.waiting_count, 0);
    size_t first = w.item_count;
    assert_int_equal(epoch_make_change(&w.nodes[1].e, w.now, false), 0);
    group_world_pump(&w, 1);
    for (size_t i = w.item_count; i > first; i--) { /* the wrap comes before its change */
        (void)group_world_deliver(&w, 0, i - 1);
    }
    assert_int_equal(epoch_bar(&w.nodes[0].e), EPOCH_READY);
    assert_int_equal(w.nodes[0].e.graph.count, 2);
    group_world_clear(&w);
}

static void who_was_removed_waits_for_nothing(void **state)
{
    (void)state;
    group_world_init(&w, 72, &signer_ed25519);
    group_world_begin(&w, 3);
    assert_int_equal(feed(device(2), 1, 1), WAVU_ERR_AGAIN);
    group_world_log(&w, 0, true, 2);
    assert_int_equal(feed(device(2), 1, 2), WAVU_ERR_LIMIT);
    assert_int_equal(feed(device(1), 1, 2), WAVU_ERR_AGAIN);
    group_world_clear(&w);
}

/* One member fills all places, and goes on: it only ever pushes out what is its own, the oldest
 * first; what others have waiting stays. */
static void who_has_most_gives_way(void **state)
{
    (void)state;
    group_world_init(&w, 73, &signer_ed25519);
    group_world_begin(&w, 4);
    for (uint8_t i = 0; i < 3; i++) {
        assert_int_equal(feed(device(2), 2, i), WAVU_ERR_AGAIN);
    }
    for (unsigned i = 0; i < 200; i++) {
        assert_int_equal(feed(device(1), 1, (uint8_t)i), WAVU_ERR_AGAIN);
    }
    assert_int_equal(waiting(device(1)), EPOCH_WAITING_MAX - 3);
    assert_int_equal(waiting(device(2)), 3);
    for (uint8_t i = 0; i < 5; i++) {
        assert_int_equal(feed(device(3), 3, i), WAVU_ERR_AGAIN);
    }
    assert_int_equal(waiting(device(1)), EPOCH_WAITING_MAX - 8);
    assert_int_equal(waiting(device(2)), 3);
    assert_int_equal(waiting(device(3)), 5);
    /* The same once more takes no place, but a copy by another is that one's. */
    assert_int_equal(feed(device(3), 3, 0), WAVU_ERR_AGAIN);
    assert_int_equal(waiting(device(3)), 5);
    assert_int_equal(feed(device(2), 3, 0), WAVU_ERR_AGAIN);
    assert_int_equal(waiting(device(2)), 4);
    epoch_check(&w.nodes[0].e);
    /* The oldest of the largest went: its newest are all there. */
    struct epoch *e = &w.nodes[0].e;
    size_t newest = 0;
    for (unsigned i = 200 - (EPOCH_WAITING_MAX - 9); i < 200; i++) {
        struct span name = name_of(1, (uint8_t)i);
        for (struct list *at = list_next(&e->waiting, &e->waiting); at != NULL;
             at = list_next(&e->waiting, at)) {
            struct epoch_waiting *one = LIST_OF(at, struct epoch_waiting, link);
            newest += span_is_equal(span_of(one->bytes, one->len), name);
        }
    }
    assert_int_equal(newest, waiting(device(1)));
    group_world_clear(&w);
}

static void what_waits_too_long_goes(void **state)
{
    (void)state;
    group_world_init(&w, 74, &signer_ed25519);
    group_world_begin(&w, 2);
    struct epoch *e = &w.nodes[0].e;
    w.now += 100 * GROUP_WORLD_SECOND;
    assert_int_equal(feed(device(1), 1, 1), WAVU_ERR_AGAIN);
    assert_true(epoch_deadline(e) <= w.now + EPOCH_GRAPH_KEEP_NS);
    epoch_tick(e, w.now + EPOCH_GRAPH_KEEP_NS - 1);
    assert_int_equal(e->waiting_count, 1);
    epoch_tick(e, w.now + EPOCH_GRAPH_KEEP_NS);
    assert_int_equal(e->waiting_count, 0);
    group_world_clear(&w);
}

static size_t verified;

static int count_verify(void *context, const uint8_t signature[SIGNER_SIZE],
                        const uint8_t who[ED25519_PUBLIC_SIZE], const char *label, struct span body)
{
    (void)context;
    verified++;
    return signer_ed25519.verify(NULL, signature, who, label, body);
}

/* Sixty changes come newest first: each is tried again whenever something came, but its signature
 * was looked at once. */
static void what_waits_is_verified_once(void **state)
{
    (void)state;
    enum { COUNT = 60 };
    struct signer counting = signer_ed25519;
    counting.verify = count_verify;
    group_world_init(&w, 75, &counting);
    group_world_begin(&w, 2);
    size_t first = w.item_count;
    for (size_t i = 0; i < COUNT; i++) {
        assert_int_equal(epoch_make_change(&w.nodes[1].e, w.now, false), 0);
        group_world_pump(&w, 1);
    }
    verified = 0;
    for (size_t i = w.item_count; i > first; i--) {
        if (w.items[i - 1]->kind == GROUP_WORLD_SAID) {
            (void)group_world_deliver(&w, 0, i - 1);
        }
    }
    assert_int_equal(w.nodes[0].e.waiting_count, 0);
    assert_int_equal(w.nodes[0].e.graph.count, COUNT + 1);
    assert_int_equal(verified, COUNT);
    group_world_clear(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(strangers_wait_for_nothing),  UNIT(who_was_removed_waits_for_nothing),
        UNIT(who_has_most_gives_way),      UNIT(what_waits_too_long_goes),
        UNIT(what_waits_is_verified_once),
    };
    return cmocka_run_group_tests_name("epoch_wait", tests, NULL, NULL);
}
