/*
 * The exchange below the tree: digests until they are acknowledged, in parts when there are many
 * origins, and nothing believed of them.
 */
#include "swarm/null_sign.h"
#include "tests/base/unit.h"

#include "base/timers.h"
#include "overlay/plumtree_core.h"
#include "tests/support/overlay_null.h"
#include "tests/support/plumtree_world.h"

/* Two nodes, of which number 1 is played by the test. */
static struct plumtree_world *duel(void)
{
    struct plumtree_world *w = plumtree_world_new(2, 2, 1);
    return w;
}

/* Let the victim's time go on to `at`; returns its last digest's position, 0: none. */
static uint64_t digest_by(struct plumtree_world *w, uint64_t at, size_t *offers)
{
    struct plumtree_event e;
    uint64_t position = 0;
    w->mesh.now = at;
    plumtree_tick(&w->nodes[0], at);
    while (plumtree_next_event(&w->nodes[0], &e)) {
        if (e.kind == PLUMTREE_SEND && e.msg.kind == PLUMTREE_MSG_DIGEST) {
            struct pb cursor;
            struct plumtree_msg_offer offer;
            position = e.msg.position;
            *offers = 0;
            pb_init(&cursor, e.msg.offers);
            while (plumtree_msg_next_offer(&cursor, &offer)) {
                ++*offers;
            }
        }
    }
    return position;
}

static int feed(struct plumtree_world *w, const struct plumtree_msg *m)
{
    return plumtree_feed(&w->nodes[0], w->mesh.now, &w->ids[1], m);
}

static void digests_come_until_acknowledged(void **state)
{
    (void)state;
    struct plumtree_world *w = duel();
    size_t offers;
    uint64_t start = w->mesh.now;
    assert_int_equal(digest_by(w, start + 60 * TIMERS_SECOND, &offers), 0);
    assert_int_equal(plumtree_broadcast(&w->nodes[0], w->mesh.now, UNIT_TEXT("x"), NULL), 0);
    start = w->mesh.now;
    for (uint64_t i = 1; i < 5; i++) {
        assert_int_equal(digest_by(w, start + i * 7 * TIMERS_SECOND, &offers), 2);
        assert_int_equal(offers, 1);
    }
    struct plumtree_msg ack = {.kind = PLUMTREE_MSG_ACK, .position = 3};
    assert_int_equal(feed(w, &ack), WAVU_ERR_PROTO); /* of what was never offered */
    ack.position = 2;
    assert_int_equal(feed(w, &ack), 0);
    assert_int_equal(feed(w, &ack), 0);
    assert_int_equal(digest_by(w, start + 60 * TIMERS_SECOND, &offers), 0);
    plumtree_world_free(w);
}

static void a_digest_without_payloads_is_not_sent(void **state)
{
    (void)state;
    struct plumtree_world *w = duel();
    size_t offers;
    assert_int_equal(plumtree_broadcast(&w->nodes[0], w->mesh.now, UNIT_TEXT("x"), NULL), 0);
    uint64_t late = w->mesh.now + 2 * PLUMTREE_CACHE_NS;
    assert_int_equal(digest_by(w, late, &offers), 0); /* gone from the cache */
    assert_int_equal(plumtree_deadline(&w->nodes[0]), TIMERS_NEVER);
    plumtree_world_free(w);
}

static void many_origins_go_in_parts(void **state)
{
    (void)state;
    struct plumtree_world *w = plumtree_world_new(80, 6, 3);
    for (size_t i = 0; i < PLUMTREE_WORLD_SAID_MAX; i++) {
        plumtree_world_say(w, i);
    }
    plumtree_world_run(w, 30 * TIMERS_SECOND);
    /* One comes back after a while, having missed all. */
    plumtree_world_link_all(w, 79, false);
    plumtree_clear(&w->nodes[79]);
    plumtree_world_start(w, 79, 2);
    memset(&w->got[79 * PLUMTREE_WORLD_SAID_MAX], 0, PLUMTREE_WORLD_SAID_MAX);
    plumtree_world_link_all(w, 79, true);
    plumtree_world_run(w, 10 * TIMERS_SECOND);
    for (size_t i = 0; i < w->said_count; i++) {
        assert_int_equal(plumtree_world_wrong(w, i), 0);
    }
    assert_int_equal(w->nodes[79].stats.repaired, PLUMTREE_WORLD_SAID_MAX);
    plumtree_world_free(w);
}

static void more_ranges_than_an_offer_holds_are_all_offered(void **state)
{
    (void)state;
    /* Node 0 has every second of 40 broadcasts of an origin that is gone; node 1 has none. */
    struct plumtree_world *w = plumtree_world_new(2, 2, 1);
    struct overlay_id gone = overlay_null_id(9);
    struct overlay_sign sign = null_sign_as(&gone);
    struct plumtree_event e;
    plumtree_world_link(w, 0, 1, false);
    struct overlay_id carrier = overlay_null_id(8);
    assert_int_equal(plumtree_link_up(&w->nodes[0], w->mesh.now, &carrier), 0);
    for (uint32_t i = 2; i <= 40; i += 2) {
        uint8_t head[OVERLAY_SIGN_HEAD_MAX];
        uint8_t signature[OVERLAY_SIGN_SIZE];
        struct wr wr;
        wr_init(&wr, span_mut_of(head, sizeof head));
        wr_text(&wr, "wavu broadcast 2");
        wr_bytes(&wr, overlay_id_span(&gone));
        wr_u64be(&wr, 1);
        wr_u32be(&wr, i);
        wr_bytes(&wr, span_of((const uint8_t[32]){0}, 32)); /* no items */
        sign.sign(sign.context, signature, wr_span(&wr), UNIT_TEXT("x"));
        struct plumtree_msg m = {.kind = PLUMTREE_MSG_GOSSIP,
                                 .origin = gone,
                                 .generation = 1,
                                 .sequence = i,
                                 .hops = 1,
                                 .payload = UNIT_TEXT("x"),
                                 .signature = span_of(signature, sizeof signature)};
        assert_int_equal(plumtree_feed(&w->nodes[0], w->mesh.now, &carrier, &m), 0);
    }
    plumtree_link_down(&w->nodes[0], w->mesh.now, &carrier);
    while (plumtree_next_event(&w->nodes[0], &e)) {
    }
    plumtree_world_link(w, 0, 1, true);
    plumtree_world_run(w, 100 * TIMERS_SECOND);
    assert_int_equal(w->nodes[1].stats.delivered, 20);
    plumtree_world_free(w);
}

static void a_lying_digest_costs_little(void **state)
{
    (void)state;
    struct plumtree_world *w = duel();
    uint8_t list[256];
    struct wr wr;
    struct plumtree_msg_offer offer = {
        .origin = overlay_null_id(7), .ranges = {{1, UINT32_MAX - 2}}, .range_count = 1};
    wr_init(&wr, span_mut_of(list, sizeof list));
    plumtree_msg_put_offer(&wr, &offer);
    struct plumtree_msg m = {.kind = PLUMTREE_MSG_DIGEST, .position = 1, .offers = wr_span(&wr)};
    int rc = 0;
    for (size_t i = 0; i < 100; i++) {
        rc = feed(w, &m);
        assert_true(rc == 0 || rc == WAVU_ERR_LIMIT);
        assert_true(w->nodes[0].want.by_id.count <= PLUMTREE_WANT_PER_LINK_MAX);
    }
    assert_int_equal(rc, WAVU_ERR_LIMIT);
    assert_int_equal(w->nodes[0].seen.count, 0);
    plumtree_world_drain(w, 0);
    plumtree_world_free(w);
}

static void who_lacks_something_asks_and_does_not_acknowledge(void **state)
{
    (void)state;
    struct plumtree_world *w = duel();
    struct plumtree *p = &w->nodes[0];
    struct plumtree_event e;
    uint8_t list[256];
    struct wr wr;
    struct plumtree_msg_offer offer = {
        .origin = overlay_null_id(7), .ranges = {{1, 3}}, .range_count = 1};
    wr_init(&wr, span_mut_of(list, sizeof list));
    plumtree_msg_put_offer(&wr, &offer);
    struct plumtree_msg m = {.kind = PLUMTREE_MSG_DIGEST, .position = 9, .offers = wr_span(&wr)};
    assert_int_equal(feed(w, &m), 0);
    assert_false(plumtree_next_event(p, &e));
    plumtree_tick(p, w->mesh.now + PLUMTREE_IHAVE_TIMEOUT_NS);
    assert_true(plumtree_next_event(p, &e));
    assert_true(e.msg.kind == PLUMTREE_MSG_GRAFT && !e.msg.is_tree);
    assert_int_equal(plumtree_msg_id_count(&e.msg), 3);
    assert_false(plumtree_next_event(p, &e));
    struct plumtree_origin *o = plumtree_seen_add(&p->seen, &offer.origin, 0);
    for (uint32_t i = 1; i <= 3; i++) {
        plumtree_seen_mark(&p->seen, o, i);
    }
    assert_int_equal(feed(w, &m), 0);
    assert_true(plumtree_next_event(p, &e));
    assert_int_equal(e.msg.kind, PLUMTREE_MSG_ACK);
    assert_false(plumtree_next_event(p, &e));
    plumtree_world_free(w);
}

static void an_offer_of_a_life_that_is_over_is_acknowledged(void **state)
{
    (void)state;
    struct plumtree_world *w = duel();
    struct plumtree *p = &w->nodes[0];
    struct plumtree_event e;
    uint8_t list[256];
    struct wr wr;
    struct plumtree_msg_offer offer = {
        .origin = overlay_null_id(7), .generation = 1, .ranges = {{1, 3}}, .range_count = 1};
    (void)plumtree_seen_add(&p->seen, &offer.origin, 5);
    (void)plumtree_seen_add(&p->seen, &offer.origin, 6);
    wr_init(&wr, span_mut_of(list, sizeof list));
    plumtree_msg_put_offer(&wr, &offer);
    struct plumtree_msg m = {.kind = PLUMTREE_MSG_DIGEST, .position = 9, .offers = wr_span(&wr)};
    assert_int_equal(feed(w, &m), 0);
    assert_true(plumtree_next_event(p, &e));
    assert_true(e.msg.kind == PLUMTREE_MSG_ACK && e.msg.position == 9);
    assert_false(plumtree_next_event(p, &e));
    plumtree_world_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(digests_come_until_acknowledged),
        UNIT(a_digest_without_payloads_is_not_sent),
        UNIT(many_origins_go_in_parts),
        UNIT(more_ranges_than_an_offer_holds_are_all_offered),
        UNIT(a_lying_digest_costs_little),
        UNIT(who_lacks_something_asks_and_does_not_acknowledge),
        UNIT(an_offer_of_a_life_that_is_over_is_acknowledged),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
