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

/* One message of each of 78 devices pushed out all that an honest device had waiting, while devices
 * were counted. They are one member's. */
static void a_member_with_many_devices_has_one_share(void **state)
{
    (void)state;
    enum { COUNT = 80 };
    static const uint8_t owner[32] = {9};
    static struct epoch_member members[COUNT];
    static uint8_t heads[EPOCH_MSG_LOG_HEADS_MAX * 32];
    group_world_init(&w, 76, &group_world_null_signer);
    group_world_begin(&w, COUNT);
    struct epoch *e = &w.nodes[0].e;
    struct epoch_view view = {.members = members, .count = COUNT};
    view.log_heads = (struct epoch_msg_ids){heads, e->current->log_head_count};
    memcpy(heads, e->current->log_heads, 32 * view.log_heads.count);
    for (size_t i = 0; i < COUNT; i++) {
        const uint8_t *id = e->views.devices[e->current->slots[i]].id;
        memcpy(members[i].device, id, 32);
        bool is_own = memcmp(id, device(0), 32) == 0 || memcmp(id, device(1), 32) == 0;
        members[i].owner = is_own ? NULL : owner;
    }
    assert_int_equal(epoch_members(e, w.now, &view), 0);
    for (uint8_t i = 0; i < 5; i++) {
        assert_int_equal(feed(device(1), 1, i), WAVU_ERR_AGAIN);
    }
    for (unsigned round = 0; round < 3; round++) {
        for (unsigned n = 2; n < COUNT; n++) {
            assert_int_equal(feed(device(n), (uint8_t)n, (uint8_t)round), WAVU_ERR_AGAIN);
        }
    }
    assert_int_equal(waiting(device(1)), 5);
    assert_int_equal(e->waiting_count, EPOCH_WAITING_MAX);
    group_world_clear(&w);
}

/* A change by `by` at log heads that nobody has given a view for. */
static struct span change_at(size_t by, uint8_t log, uint64_t sequence)
{
    uint8_t body[EPOCH_MSG_BODY_SIZE_MAX];
    uint8_t signature[SIGNER_SIZE];
    uint8_t heads[32] = {log};
    struct epoch_msg_change c = {.sequence = sequence, .kind = EPOCH_MSG_SEED};
    struct wr wr;

    memcpy(c.group, w.group, 32);
    memcpy(c.author, device(by), 32);
    c.log_heads = (struct epoch_msg_ids){heads, 1};
    wr_init(&wr, span_mut_of(body, sizeof body));
    epoch_msg_write_change_body(&wr, &c);
    struct span written = wr_span(&wr);
    w.signer->sign(NULL, signature, &w.nodes[by].device, epoch_make_label, written);
    wr_init(&wr, span_mut_of(bytes, sizeof bytes));
    epoch_msg_write_signed(&wr, EPOCH_MSG_CHANGE, written, signature);
    assert_int_equal(wr_finish(&wr), 0);
    return wr_span(&wr);
}

/* How many views node 0 asks for, `from` telling it what `by` made at those log heads. */
static size_t views(size_t from, size_t by, uint8_t log, uint64_t sequence)
{
    struct epoch *e = &w.nodes[0].e;
    struct epoch_event event;
    size_t count = 0;

    (void)!epoch_feed(e, w.now, device(from), change_at(by, log, sequence));
    while (epoch_next_event(e, &event)) {
        count += event.kind == EPOCH_VIEW;
    }
    return count;
}

/* Each view costs an evaluation of the log. Strangers get none, a member's copies one, and all of
 * a member's not more than the limit a minute. */
static void views_are_asked_for_at_a_rate(void **state)
{
    (void)state;
    group_world_init(&w, 77, &group_world_null_signer);
    group_world_begin(&w, 3);
    struct epoch *e = &w.nodes[0].e;
    size_t stranger = group_world_make(&w);
    size_t asked = 0;
    for (uint64_t i = 1; i <= 100; i++) {
        asked += views(stranger, stranger, (uint8_t)i, 1);
    }
    assert_int_equal(asked, 0);
    for (uint64_t i = 1; i <= 100; i++) { /* copies, by two; and others at the same log heads */
        asked += views(1, 1, 1, 1) + views(2, 1, 1, 1) + views(1, 1, 1, i);
    }
    assert_int_equal(asked, 1);
    for (unsigned i = 2; i < 200; i++) {
        asked += views(1, 1, (uint8_t)i, i);
    }
    assert_int_equal(asked, EPOCH_VIEW_ASKS_MAX);
    assert_int_equal(views(2, 2, 200, 1), 1); /* another's is another's */
    /* What waits for its turn gets it in time. */
    uint64_t end = w.now + EPOCH_VIEW_ASKS_NS;
    struct epoch_event event;
    for (asked = 0; w.now < end;) {
        w.now = epoch_deadline(e);
        assert_true(w.now <= end);
        epoch_tick(e, w.now);
        while (epoch_next_event(e, &event)) {
            asked += event.kind == EPOCH_VIEW;
        }
    }
    assert_int_equal(asked, EPOCH_VIEW_ASKS_MAX);
    group_world_clear(&w);
}

/* A wrap of what was forgotten brings nothing any more, so it takes no place and is acknowledged.
 */
static void a_wrap_that_comes_too_late_waits_for_nothing(void **state)
{
    (void)state;
    struct group_world_item *wrap = NULL;
    group_world_init(&w, 45, &signer_ed25519);
    group_world_begin(&w, 3);
    struct epoch *e = &w.nodes[0].e;
    for (size_t by = 1; by < 3; by++) {
        size_t first = w.item_count;
        w.now += GROUP_WORLD_SECOND;
        assert_int_equal(epoch_make_change(&w.nodes[by].e, w.now, false), 0);
        group_world_pump(&w, by);
        for (size_t i = first; i < w.item_count && by == 1; i++) {
            if (w.items[i]->kind == GROUP_WORLD_TOLD && w.items[i]->to == 0) {
                wrap = w.items[i];
                wrap->is_lost = true;
            }
        }
        group_world_run(&w);
    }
    w.now += EPOCH_GRAPH_KEEP_NS;
    epoch_tick(e, w.now);
    group_world_pump(&w, 0);
    assert_int_equal(e->graph.count, 1);
    assert_non_null(wrap);
    assert_int_equal(
        epoch_feed(e, w.now, w.nodes[1].device.public_key, span_of(wrap->bytes, wrap->len)), 0);
    assert_int_equal(e->waiting_count, 0);
    group_world_clear(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(strangers_wait_for_nothing),    UNIT(who_was_removed_waits_for_nothing),
        UNIT(who_has_most_gives_way),        UNIT(what_waits_too_long_goes),
        UNIT(what_waits_is_verified_once),   UNIT(a_member_with_many_devices_has_one_share),
        UNIT(views_are_asked_for_at_a_rate), UNIT(a_wrap_that_comes_too_late_waits_for_nothing),
    };
    return cmocka_run_group_tests_name("epoch_wait", tests, NULL, NULL);
}
