/*
 * Links: events own what they point to, buckets refill, the right neighbour gives way.
 */
#include "tests/base/unit.h"

#include "overlay/views_links.h"
#include "tests/overlay/views_rig.h"

static struct rig r;
static const struct views_config plain;

static void events_own_their_spans(void **state)
{
    (void)state;
    char where[] = "alpha";
    char other[] = "beta";
    struct views_event e = {
        .kind = VIEWS_SEND,
        .where = span_of(where, 5),
        .msg = {.peer_count = 2, .peers = {{.where = span_of(other, 4)}, {.id = rig_id(1)}}}};
    rig_init(&r, plain);
    views_links_emit(&r.views, &e);
    views_links_emit(&r.views, &e);
    memset(where, 0, sizeof where);
    memset(other, 0, sizeof other);
    for (int i = 0; i < 2; i++) {
        struct views_event out;
        assert_true(views_links_next(&r.views, &out));
        assert_true(span_is_equal(out.where, UNIT_TEXT("alpha")));
        assert_true(span_is_equal(out.msg.peers[0].where, UNIT_TEXT("beta")));
        assert_int_equal(out.msg.peers[1].where.len, 0);
    }
    views_links_emit(&r.views, &e); /* freed with the machine */
    views_clear(&r.views);
}

static void a_bucket_gives_its_burst_and_then_its_rate(void **state)
{
    (void)state;
    struct views_bucket b = {.at_ns = 0, .level = 10};
    unsigned given = 0;
    for (unsigned i = 0; i < 100; i++) {
        given += views_links_allow(&b, 0, 4, 10);
    }
    assert_int_equal(given, 10);
    for (unsigned i = 1; i <= 1000; i++) { /* ten seconds */
        given += views_links_allow(&b, i * RIG_S / 100, 4, 10);
    }
    assert_int_equal(given, 50);
    assert_true(views_links_allow(&b, 1000 * RIG_S, 4, 10));
    assert_int_equal(b.level, 9);
}

static void the_best_connected_unprotected_neighbour_gives_way(void **state)
{
    (void)state;
    struct overlay_id none = rig_id(0);
    rig_init(&r, plain);
    rig_fill(&r, 5);
    for (unsigned n = 1; n <= 5; n++) {
        struct overlay_id id = rig_id(n);
        views_links_find(&r.views, &id)->degree = (uint8_t)(2 + n);
    }
    assert_int_equal(rig_number(&views_links_victim(&r.views, r.now, &none, 0)->id), 5);
    struct overlay_id five = rig_id(5);
    assert_int_equal(rig_number(&views_links_victim(&r.views, r.now, &five, 0)->id), 4);
    views_links_find(&r.views, &five)->protect_ns = r.now + 1;
    assert_int_equal(rig_number(&views_links_victim(&r.views, r.now, &none, 0)->id), 4);
    assert_null(views_links_victim(&r.views, r.now, &none, 7));
    views_clear(&r.views);
}

static void only_so_many_dials_are_under_way(void **state)
{
    (void)state;
    size_t begun = 0;
    rig_init(&r, plain);
    for (unsigned n = 1; n <= 2 * VIEWS_DIALS_MAX; n++) {
        struct views_msg_peer peer = {.id = rig_id(n)};
        begun += views_links_begin(&r.views, r.now, &peer, VIEWS_GOAL_CONNECT);
    }
    assert_int_equal(begun, VIEWS_DIALS_MAX);
    rig_pump(&r);
    rig_pass(&r, 3 * VIEWS_CONNECT_NS); /* nobody answers: given up, others follow */
    for (unsigned n = 1; n <= VIEWS_DIALS_MAX; n++) {
        assert_true(rig_events(&r, VIEWS_DROP, n) >= 1);
    }
    views_clear(&r.views);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(events_own_their_spans),
        UNIT(a_bucket_gives_its_burst_and_then_its_rate),
        UNIT(the_best_connected_unprotected_neighbour_gives_way),
        UNIT(only_so_many_dials_are_under_way),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
