/*
 * The views against peers played by the test: who is let in, who gives way, what is repeated.
 */
#include "tests/base/unit.h"

#include "tests/overlay/views_rig.h"

static struct rig r;
static const struct views_config plain;

static struct views_msg accept_of(unsigned n, uint32_t degree)
{
    return (struct views_msg){
        .kind = VIEWS_MSG_ACCEPT, .degree = degree, .peer_count = 1, .peers = {{.id = rig_id(n)}}};
}

static void learn(unsigned n, struct span where)
{
    struct overlay_id id = rig_id(n);
    assert_int_equal(views_learn(&r.views, r.now, &id, where), 0);
}

static void a_known_peer_is_dialled_asked_and_becomes_a_neighbour(void **state)
{
    (void)state;
    rig_init(&r, plain);
    learn(1, UNIT_TEXT("street 1"));
    rig_pass(&r, RIG_S / 10);
    assert_int_equal(rig_events(&r, VIEWS_DIAL, 1), 1);
    assert_int_equal(r.where_len[0], 8);
    rig_up(&r, 1, true);
    const struct views_event *e = rig_got(&r, VIEWS_MSG_REQUEST, 1);
    assert_int_not_equal(e->msg.kind, VIEWS_MSG_NONE);
    assert_int_equal(e->msg.priority, VIEWS_MSG_ALONE);
    assert_true(overlay_id_is_equal(&e->msg.peers[0].id, &r.views.config.self));
    assert_int_equal(rig_feed(&r, 1, accept_of(1, 3)), 0);
    assert_int_equal(rig_events(&r, VIEWS_UP, 1), 1);
    assert_true(rig_is_active(&r, 1));
    views_clear(&r.views);
}

static void a_seed_linked_by_the_owner_is_asked_at_once(void **state)
{
    (void)state;
    rig_init(&r, plain);
    rig_up(&r, 9, true);
    assert_non_null(rig_sent(&r, VIEWS_MSG_REQUEST, 9));
    rig_up(&r, 9, true); /* twice is fine */
    struct overlay_id self = rig_id(0);
    assert_int_equal(views_link_up(&r.views, r.now, &self, true), WAVU_ERR_EXISTS);
    views_clear(&r.views);
}

static void a_lost_request_or_answer_is_repeated_and_a_mute_peer_given_up(void **state)
{
    (void)state;
    rig_init(&r, plain);
    rig_up(&r, 1, true);
    rig_pass(&r, 5 * RIG_S / 2);
    size_t requests = 0;
    for (size_t i = 0; i < r.count; i++) {
        requests += r.events[i].kind == VIEWS_SEND && r.events[i].msg.kind == VIEWS_MSG_REQUEST;
    }
    assert_int_equal(requests, 3);
    rig_pass(&r, RIG_S);
    assert_int_equal(rig_events(&r, VIEWS_DROP, 1), 1);
    rig_forget(&r);
    rig_fill(&r, 1);
    rig_request(&r, 1, VIEWS_MSG_ALONE); /* it did not hear our answer */
    assert_non_null(rig_sent(&r, VIEWS_MSG_ACCEPT, 1));
    assert_int_equal(rig_events(&r, VIEWS_UP, 1), 0);
    assert_int_equal(views_active_count(&r.views), 1);
    views_clear(&r.views);
}

static void a_full_node_refuses_with_reason_and_names_another(void **state)
{
    (void)state;
    rig_init(&r, plain);
    rig_fill(&r, 6);
    rig_request(&r, 7, VIEWS_MSG_NORMAL);
    const struct views_event *e = rig_got(&r, VIEWS_MSG_REJECT, 7);
    assert_int_not_equal(e->msg.kind, VIEWS_MSG_NONE);
    assert_int_equal(e->msg.reason, VIEWS_MSG_FULL);
    assert_int_equal(e->msg.peer_count, 1);
    assert_in_range(rig_number(&e->msg.peers[0].id), 1, 6);
    assert_int_equal(views_active_count(&r.views), 6);
    views_clear(&r.views);
}

static void who_is_alone_is_never_refused(void **state)
{
    (void)state;
    rig_init(&r, plain);
    rig_fill(&r, 6);
    for (unsigned n = 7; n < 40; n++) {
        rig_forget(&r);
        rig_request(&r, n, VIEWS_MSG_ALONE);
        assert_non_null(rig_sent(&r, VIEWS_MSG_ACCEPT, n));
        assert_true(rig_is_active(&r, n));
        const struct views_event *leave = rig_got(&r, VIEWS_MSG_LEAVE, 0);
        assert_int_equal(leave->msg.reason, VIEWS_MSG_REPLACED);
        assert_int_equal(rig_number(&leave->msg.peers[0].id), n); /* whom to ask instead */
        assert_int_equal(views_active_count(&r.views), 6);
        const struct views_event *walk = rig_got(&r, VIEWS_MSG_JOIN, 0);
        assert_int_equal(rig_number(&walk->msg.peers[0].id), n);
    }
    views_clear(&r.views);
}

static void a_flood_of_lonely_peers_takes_no_chosen_neighbour_and_is_slowed(void **state)
{
    (void)state;
    rig_init(&r, plain);
    for (unsigned n = 1; n <= 2; n++) {
        rig_up(&r, n, true);
        assert_int_equal(rig_feed(&r, n, accept_of(n, 6)), 0);
    }
    for (unsigned n = 10; n < 400; n++) {
        struct overlay_id id = rig_id(n);
        rig_forget(&r);
        rig_request(&r, n, VIEWS_MSG_ALONE);
        if (!rig_is_active(&r, n)) {
            views_link_down(&r.views, r.now, &id, false);
        }
    }
    assert_true(rig_is_active(&r, 1));
    assert_true(rig_is_active(&r, 2));
    assert_in_range(r.views.stats.evicted, 1, VIEWS_TAKES_BURST);
    views_clear(&r.views);
}

static void a_link_that_heals_is_not_evicted(void **state)
{
    (void)state;
    rig_init(&r, plain);
    rig_fill(&r, 6);
    rig_request(&r, 50, VIEWS_MSG_HEAL);
    assert_true(rig_is_active(&r, 50));
    for (unsigned n = 60; n < 100; n++) {
        rig_forget(&r);
        rig_request(&r, n, VIEWS_MSG_ALONE);
    }
    assert_true(rig_is_active(&r, 50));
    views_clear(&r.views);
}

/* Whoever says that it heals is let in beyond the neighbours that this node wants, up to a bound.
 */
static void those_that_heal_get_the_spare_places_and_no_more(void **state)
{
    (void)state;
    const unsigned places = 6 + VIEWS_ACTIVE_SPARE;
    rig_init(&r, plain);
    rig_fill(&r, 6);
    for (unsigned n = 50; n < 50 + places; n++) {
        rig_forget(&r);
        rig_request(&r, n, VIEWS_MSG_HEAL);
        assert_true(rig_is_active(&r, n));
    }
    assert_int_equal(views_active_count(&r.views), places);
    rig_forget(&r);
    rig_request(&r, 49, VIEWS_MSG_HEAL);
    assert_false(rig_is_active(&r, 49));
    assert_non_null(rig_sent(&r, VIEWS_MSG_REJECT, 49));
    assert_int_equal(views_active_count(&r.views), places);
    views_clear(&r.views);
}

/* Lonely peers by the thousand; how many places they have taken from neighbours. */
static uint64_t takes_of_a_flood(unsigned first)
{
    uint64_t before = r.views.stats.evicted;
    for (unsigned n = first; n < first + 1000; n++) {
        struct overlay_id id = rig_id(n);
        rig_forget(&r);
        rig_request(&r, n, VIEWS_MSG_ALONE);
        for (size_t i = 0; i < r.count; i++) { /* the owner ends what is to be ended */
            if (r.events[i].kind == VIEWS_DROP) {
                views_link_down(&r.views, r.now, &r.events[i].id, false);
            }
        }
        if (!rig_is_active(&r, n)) {
            views_link_down(&r.views, r.now, &id, false);
        }
    }
    return r.views.stats.evicted - before;
}

static void places_are_taken_at_a_rate(void **state)
{
    (void)state;
    rig_init(&r, plain);
    rig_fill(&r, 6);
    assert_int_equal(takes_of_a_flood(100), VIEWS_TAKES_BURST);
    r.now += RIG_S;
    assert_int_equal(takes_of_a_flood(2000), VIEWS_TAKES_RATE);
    r.now += RIG_S;
    assert_int_equal(takes_of_a_flood(4000), VIEWS_TAKES_RATE);
    views_clear(&r.views);
}

static void a_refusal_leads_to_the_peer_it_names(void **state)
{
    (void)state;
    rig_init(&r, plain);
    rig_up(&r, 1, true);
    struct views_msg no = {.kind = VIEWS_MSG_REJECT,
                           .reason = VIEWS_MSG_FULL,
                           .peer_count = 1,
                           .peers = {{.id = rig_id(5), .where = UNIT_TEXT("there")}}};
    assert_int_equal(rig_feed(&r, 1, no), 0);
    assert_int_equal(rig_events(&r, VIEWS_DROP, 1), 1);
    assert_int_equal(rig_events(&r, VIEWS_LEARNED, 5), 1);
    assert_int_equal(rig_events(&r, VIEWS_DIAL, 5), 1);
    views_clear(&r.views);
}

static void a_dead_neighbour_is_replaced_and_probed_for_ever(void **state)
{
    (void)state;
    struct overlay_id dead = rig_id(1);
    rig_init(&r, plain);
    rig_fill(&r, 6);
    views_link_down(&r.views, r.now, &dead, true);
    rig_pump(&r);
    assert_int_equal(rig_events(&r, VIEWS_DOWN, 1), 1);
    for (unsigned hour = 0; hour < 10; hour++) {
        size_t probes = 0;
        for (unsigned s = 0; s < 3600; s++) {
            rig_forget(&r);
            rig_pass(&r, RIG_S);
            if (rig_events(&r, VIEWS_DIAL, 1) > 0) {
                probes++;
                views_link_failed(&r.views, r.now, &dead);
                rig_pump(&r);
            }
        }
        assert_in_range(probes, 8, 130); /* a pause of 30 s to 6 min */
    }
    views_clear(&r.views);
}

/* Dials of the only peer there is, within a minute; each fails within a millisecond: nobody listens
 * there, or (`is_refused`) it links and lets go. */
static size_t dials_of_a_lonely_node(bool is_refused)
{
    struct overlay_id only = rig_id(1);
    size_t dials = 0;
    rig_init(&r, plain);
    assert_int_equal(views_learn(&r.views, r.now, &only, span_empty()), 0);
    rig_pump(&r);
    for (unsigned ms = 0; ms < 60 * 1000; ms++) {
        if (rig_events(&r, VIEWS_DIAL, 1) > 0) {
            dials++;
            rig_forget(&r);
            if (is_refused) {
                rig_up(&r, 1, true);
                views_link_down(&r.views, r.now, &only, false);
            } else {
                views_link_failed(&r.views, r.now, &only);
            }
            rig_pump(&r);
        }
        rig_pass(&r, RIG_S / 1000);
    }
    views_clear(&r.views);
    return dials;
}

static void who_fails_at_once_is_not_asked_at_once_for_ever(void **state)
{
    (void)state;
    assert_in_range(dials_of_a_lonely_node(false), 8, 40);
    assert_in_range(dials_of_a_lonely_node(true), 8, 40);
}

static void a_nearer_peer_replaces_the_farthest_but_two_random_ones_stay(void **state)
{
    (void)state;
    unsigned next = 100;
    rig_init(&r, (struct views_config){.nearer_ns = 10 * RIG_S, .swap_ns = 1000000 * RIG_S});
    rig_fill(&r, 5);
    for (unsigned n = 1; n <= 5; n++) {
        struct overlay_id id = rig_id(n);
        views_set_rtt(&r.views, &id, n * RIG_S);
    }
    for (unsigned round = 0; round < 60; round++, next++) {
        size_t before = views_active_count(&r.views);
        learn(next, span_empty());
        for (unsigned s = 0; s < 60 && rig_events(&r, VIEWS_DIAL, next) == 0; s++) {
            rig_forget(&r);
            rig_pass(&r, RIG_S);
        }
        if (rig_events(&r, VIEWS_DIAL, next) == 0) {
            continue;
        }
        struct views_msg answer = {.kind = VIEWS_MSG_AUDIT, .degree = 5};
        views_roots_put(&r.views.roots, r.now, &answer);
        rig_up(&r, next, true);
        r.now += RIG_S / 10 / (round + 1); /* nearer each time */
        assert_int_equal(rig_feed(&r, next, answer), 0);
        if (rig_sent(&r, VIEWS_MSG_REQUEST, next) != NULL) {
            assert_int_equal(rig_feed(&r, next, accept_of(next, 5)), 0);
            assert_true(rig_is_active(&r, next)); /* made before another is broken */
            assert_int_equal(views_active_count(&r.views), before);
        }
    }
    assert_true(r.views.stats.swapped >= 3);
    size_t old = 0;
    for (unsigned n = 1; n <= 5; n++) {
        old += rig_is_active(&r, n);
    }
    assert_int_equal(old, VIEWS_RANDOM_MIN);
    views_clear(&r.views);
}

static void swaps_are_rare_and_make_before_they_break(void **state)
{
    (void)state;
    size_t dials = 0;
    rig_init(&r, (struct views_config){.nearer_ns = 1000000 * RIG_S});
    rig_fill(&r, 5);
    for (unsigned n = 50; n < 60; n++) {
        learn(n, span_empty());
    }
    for (unsigned s = 0; s < 3600; s++) {
        rig_forget(&r);
        rig_pass(&r, RIG_S);
        for (unsigned n = 50; n < 60; n++) {
            if (rig_events(&r, VIEWS_DIAL, n) == 0) {
                continue;
            }
            dials++;
            rig_up(&r, n, true);
            rig_forget(&r);
            assert_int_equal(rig_feed(&r, n, accept_of(n, 5)), 0);
            assert_int_equal(r.events[0].kind, VIEWS_UP);
            assert_int_equal(rig_events(&r, VIEWS_DOWN, 0), 1);
            assert_int_equal(views_active_count(&r.views), 5);
        }
    }
    assert_in_range(dials, 1, 24);
    views_clear(&r.views);
}

static void what_hostile_peers_send_stays_within_bounds(void **state)
{
    (void)state;
    int refused = 0;
    struct views_msg m = {.kind = VIEWS_MSG_SHUFFLE, .ttl = 0, .peer_count = VIEWS_MSG_PEERS_MAX};
    rig_init(&r, plain);
    rig_fill(&r, 5);
    for (unsigned i = 0; i < 3000; i++) {
        for (unsigned j = 0; j < VIEWS_MSG_PEERS_MAX; j++) {
            m.peers[j] = (struct views_msg_peer){.id = rig_id(j == 0 ? 0 : 1000 + 8 * i + j)};
        }
        m.nonce = i + 1;
        rig_forget(&r);
        refused += rig_feed(&r, 1, m) == WAVU_ERR_LIMIT;
        assert_int_equal(rig_events(&r, VIEWS_DIAL, 0), 0);
    }
    assert_int_equal(refused, 3000 - VIEWS_LINK_BURST + 5 - 4);
    size_t taken = 0;
    r.now += RIG_S;
    for (unsigned i = 0; i < 2 * VIEWS_LINK_RATE; i++) { /* what a second gives */
        rig_forget(&r);
        taken += rig_feed(&r, 1, m) == 0;
    }
    assert_int_equal(taken, VIEWS_LINK_RATE);
    assert_in_range(r.views.book.passive.count, 25, 30);
    assert_int_equal(rig_feed(&r, 77, m), WAVU_ERR_NOT_FOUND); /* not linked */
    views_clear(&r.views);
}

static void a_stranger_that_thinks_itself_a_neighbour_is_told(void **state)
{
    (void)state;
    rig_init(&r, plain);
    rig_fill(&r, 5);
    rig_up(&r, 8, false);
    assert_int_equal(rig_feed(&r, 8, (struct views_msg){.kind = VIEWS_MSG_AUDIT}), 0);
    assert_int_equal(rig_got(&r, VIEWS_MSG_LEAVE, 8)->msg.reason, VIEWS_MSG_STRANGER);
    rig_pass(&r, VIEWS_IDLE_NS);
    assert_int_equal(rig_events(&r, VIEWS_DROP, 8), 1); /* nobody needs the link */
    views_clear(&r.views);
}

static void quitting_takes_leave_of_all(void **state)
{
    (void)state;
    rig_init(&r, plain);
    rig_fill(&r, 5);
    views_quit(&r.views, r.now);
    rig_pump(&r);
    for (unsigned n = 1; n <= 5; n++) {
        assert_int_equal(rig_got(&r, VIEWS_MSG_LEAVE, n)->msg.reason, VIEWS_MSG_QUIT);
        assert_int_equal(rig_events(&r, VIEWS_DOWN, n), 1);
    }
    assert_int_equal(views_deadline(&r.views), UINT64_MAX);
    rig_request(&r, 8, VIEWS_MSG_ALONE);
    assert_int_equal(rig_got(&r, VIEWS_MSG_REJECT, 8)->msg.reason, VIEWS_MSG_QUIT);
    views_clear(&r.views);
}

static void too_many_links_are_refused(void **state)
{
    (void)state;
    rig_init(&r, plain);
    for (unsigned n = 1; n <= VIEWS_LINKS_MAX; n++) { /* each is asked, so none is idle */
        rig_up(&r, n, true);
    }
    struct overlay_id more = rig_id(999);
    assert_int_equal(views_link_up(&r.views, r.now, &more, false), WAVU_ERR_LIMIT);
    views_clear(&r.views);
}

/* Peers that link and say nothing, as many and as often as they like, keep nobody out: neither whom
 * this node wants to reach, nor who comes and asks. */
static void who_links_and_asks_nothing_leaves_room(void **state)
{
    (void)state;
    rig_init(&r, plain);
    for (unsigned n = 1000; n < 1400; n++) {
        rig_up(&r, n, false);
        r.now += RIG_S / 100;
    }
    assert_int_equal(r.views.link_count, VIEWS_IDLE_MAX);
    assert_int_equal(rig_events(&r, VIEWS_DROP, 1000), 1); /* the oldest first */
    rig_forget(&r);
    learn(1, UNIT_TEXT("street 1"));
    rig_pass(&r, 10 * RIG_S); /* they are asked, too, and say nothing */
    assert_true(rig_events(&r, VIEWS_DIAL, 1) >= 1);
    rig_request(&r, 2, VIEWS_MSG_NORMAL);
    assert_true(rig_is_active(&r, 2));
    views_clear(&r.views);
}

/* Four neighbours are needed; the fifth and the sixth are spare, unless they need us. */
static void a_neighbour_that_nobody_needs_is_spare(void **state)
{
    (void)state;
    for (unsigned n = 4; n <= 6; n++) {
        for (int alone = 0; alone < 2; alone++) {
            rig_init(&r, plain);
            rig_fill(&r, n - 1);
            rig_request(&r, n, alone != 0 ? VIEWS_MSG_ALONE : VIEWS_MSG_NORMAL);
            assert_int_equal(rig_events(&r, VIEWS_UP, n), 1);
            bool is_spare = n > 4 && alone == 0;
            for (size_t i = 0; i < r.count; i++) {
                assert_true(r.events[i].kind != VIEWS_UP || r.events[i].is_spare == is_spare);
            }
            views_clear(&r.views);
        }
    }
}

/* Those who came first may all hang on this node: its seed is asked as one of another component. */
static void a_seed_is_asked_however_many_neighbours_there_are(void **state)
{
    static const enum views_msg_priority priorities[] = {VIEWS_MSG_ALONE, VIEWS_MSG_HEAL,
                                                         VIEWS_MSG_HEAL};
    static const unsigned neighbours[] = {0, 1, 6};
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        rig_init(&r, plain);
        rig_fill(&r, neighbours[i]);
        rig_up(&r, 20, true);
        assert_int_equal(rig_got(&r, VIEWS_MSG_REQUEST, 20)->msg.priority, priorities[i]);
        struct views_msg accept = {.kind = VIEWS_MSG_ACCEPT, .degree = 5};
        assert_int_equal(rig_feed(&r, 20, accept), 0);
        assert_true(rig_is_active(&r, 20));
        assert_int_equal(views_active_count(&r.views), neighbours[i] + 1);
        views_clear(&r.views);
    }
}

/* Who is replaced goes to the one who took its place, as long as there is room at all. */
static void a_replaced_neighbour_follows_its_successor(void **state)
{
    (void)state;
    for (int quits = 0; quits < 2; quits++) {
        struct views_msg leave = {.kind = VIEWS_MSG_LEAVE,
                                  .reason = quits == 0 ? VIEWS_MSG_REPLACED : VIEWS_MSG_QUIT,
                                  .peer_count = 1,
                                  .peers = {{.id = rig_id(30)}}};
        rig_init(&r, plain);
        rig_fill(&r, 6);
        assert_int_equal(rig_feed(&r, 1, leave), 0);
        assert_int_equal(views_active_count(&r.views), 5);
        assert_int_equal(rig_events(&r, VIEWS_DIAL, 30), quits == 0);
        views_clear(&r.views);
    }
}

/* Beyond active_max only for a while: when links that heal need no protection any more, one goes at
 * a time, with each rebalancing. */
static void too_many_neighbours_become_as_many_as_may_be(void **state)
{
    (void)state;
    rig_init(&r, plain);
    for (unsigned n = 1; n <= VIEWS_ACTIVE_MAX + 2; n++) {
        rig_request(&r, n, VIEWS_MSG_HEAL);
    }
    assert_int_equal(views_active_count(&r.views), VIEWS_ACTIVE_MAX + 2);
    rig_forget(&r);
    rig_pass(&r, VIEWS_PROTECT_NS + 3 * VIEWS_REBALANCE_NS);
    assert_int_equal(views_active_count(&r.views), VIEWS_ACTIVE_MAX);
    views_clear(&r.views);
}

/* Of those that may go, the one goes that no broadcast comes over. */
static void a_neighbour_in_use_is_kept(void **state)
{
    (void)state;
    rig_init(&r, plain);
    rig_fill(&r, 6);
    for (unsigned n = 1; n <= 6; n++) {
        struct overlay_id id = rig_id(n);
        views_set_used(&r.views, &id, n != 4);
    }
    rig_request(&r, 7, VIEWS_MSG_HEAL);
    assert_true(rig_is_active(&r, 7));
    assert_false(rig_is_active(&r, 4));
    views_clear(&r.views);
}

/* Keys cost nothing: thousands of peers that come, ask and die take no place of one that this node
 * has reached, neither in the passive view nor in the retained list. */
static void who_comes_drives_out_nobody_that_was_reached(void **state)
{
    (void)state;
    rig_init(&r, plain);
    for (unsigned n = 1; n <= 70; n++) {
        struct overlay_id id = rig_id(n);
        views_book_met(&r.views.book, &id, UNIT_TEXT("street"));
        if (n <= 30) {
            views_book_failed(&r.views.book, r.now, &id);
        }
    }
    for (unsigned n = 1000; n < 4000; n++) {
        struct overlay_id id = rig_id(n);
        rig_forget(&r);
        rig_request(&r, n, VIEWS_MSG_ALONE);
        views_link_down(&r.views, r.now, &id, n % 4 != 0);
        rig_pump(&r);
        r.now += RIG_S / 10;
    }
    for (unsigned n = 1; n <= 70; n++) {
        struct overlay_id id = rig_id(n);
        const struct views_peer *p = views_book_find(&r.views.book, &id);
        assert_non_null(p);
        assert_true(p->is_proven);
    }
    assert_int_equal(r.views.book.retained.count, VIEWS_RETAINED_MAX);
    views_clear(&r.views);
}

/* Leaving and coming again would fill all its allowances each time, and have this node tell the
 * whole mesh of its new neighbours. */
static void who_comes_and_goes_is_refused_for_a_while(void **state)
{
    (void)state;
    rig_init(&r, plain);
    rig_fill(&r, 3);
    size_t ups = 0;
    for (unsigned i = 0; i < 600; i++) { /* a minute */
        for (unsigned n = 20; n < 23; n++) {
            rig_forget(&r);
            rig_request(&r, n, VIEWS_MSG_ALONE);
            ups += rig_events(&r, VIEWS_UP, n);
            (void)!rig_feed(&r, n, (struct views_msg){.kind = VIEWS_MSG_LEAVE});
        }
        r.now += RIG_S / 10;
    }
    assert_in_range(ups, 3 * VIEWS_COMES_BURST, 3 * (VIEWS_COMES_BURST + 8));
    assert_int_equal(rig_got(&r, VIEWS_MSG_REJECT, 22)->msg.reason, VIEWS_MSG_BUSY);
    rig_forget(&r);
    rig_request(&r, 30, VIEWS_MSG_ALONE);
    assert_true(rig_is_active(&r, 30)); /* another one is not concerned */
    r.now += VIEWS_COMES_BURST * VIEWS_COMES_NS;
    rig_request(&r, 20, VIEWS_MSG_ALONE);
    assert_true(rig_is_active(&r, 20));
    views_clear(&r.views);
}

/* The machines above have room for VIEWS_ACTIVE_LIMIT neighbours at every moment, also between the
 * coming of one and the going of another. */
static void the_largest_degree_is_never_exceeded(void **state)
{
    (void)state;
    rig_init(&r, (struct views_config){.active_max = VIEWS_ACTIVE_LIMIT - VIEWS_ACTIVE_SPARE});
    size_t neighbours = 0;
    for (unsigned n = 1; n <= 3 * VIEWS_ACTIVE_LIMIT; n++) {
        if (n == 2 * VIEWS_ACTIVE_LIMIT) {
            r.now += VIEWS_PROTECT_NS; /* those who are there may go again */
        }
        rig_forget(&r);
        rig_request(&r, n, VIEWS_MSG_HEAL);
        for (size_t i = 0; i < r.count; i++) {
            neighbours += r.events[i].kind == VIEWS_UP;
            neighbours -= r.events[i].kind == VIEWS_DOWN;
            assert_true(neighbours <= VIEWS_ACTIVE_LIMIT);
        }
    }
    assert_int_equal(neighbours, VIEWS_ACTIVE_LIMIT);
    views_clear(&r.views);
}

/* While it runs; one that was far off comes nearer, one that is near stays. */
static void rebalancing_can_be_rarer_or_more_often(void **state)
{
    const struct views_config rare = {.rebalance_ns = 3600 * RIG_S};
    (void)state;
    rig_init(&r, rare);
    assert_true(r.views.rebalance_due_ns > r.now + 10 * RIG_S);
    views_set_rebalance(&r.views, r.now, RIG_S);
    assert_in_range(r.views.rebalance_due_ns, r.now, r.now + 2 * RIG_S);
    uint64_t due = r.views.rebalance_due_ns;
    views_set_rebalance(&r.views, r.now, 0);
    assert_int_equal(r.views.config.rebalance_ns, VIEWS_REBALANCE_NS);
    assert_true(r.views.rebalance_due_ns <= due);
    views_check(&r.views);
    views_clear(&r.views);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(a_neighbour_that_nobody_needs_is_spare),
        UNIT(too_many_neighbours_become_as_many_as_may_be),
        UNIT(those_that_heal_get_the_spare_places_and_no_more),
        UNIT(places_are_taken_at_a_rate),
        UNIT(a_seed_is_asked_however_many_neighbours_there_are),
        UNIT(a_replaced_neighbour_follows_its_successor),
        UNIT(a_neighbour_in_use_is_kept),
        UNIT(a_known_peer_is_dialled_asked_and_becomes_a_neighbour),
        UNIT(a_seed_linked_by_the_owner_is_asked_at_once),
        UNIT(a_lost_request_or_answer_is_repeated_and_a_mute_peer_given_up),
        UNIT(a_full_node_refuses_with_reason_and_names_another),
        UNIT(who_is_alone_is_never_refused),
        UNIT(a_flood_of_lonely_peers_takes_no_chosen_neighbour_and_is_slowed),
        UNIT(a_link_that_heals_is_not_evicted),
        UNIT(a_refusal_leads_to_the_peer_it_names),
        UNIT(a_dead_neighbour_is_replaced_and_probed_for_ever),
        UNIT(who_fails_at_once_is_not_asked_at_once_for_ever),
        UNIT(a_nearer_peer_replaces_the_farthest_but_two_random_ones_stay),
        UNIT(swaps_are_rare_and_make_before_they_break),
        UNIT(what_hostile_peers_send_stays_within_bounds),
        UNIT(a_stranger_that_thinks_itself_a_neighbour_is_told),
        UNIT(quitting_takes_leave_of_all),
        UNIT(too_many_links_are_refused),
        UNIT(who_comes_drives_out_nobody_that_was_reached),
        UNIT(who_comes_and_goes_is_refused_for_a_while),
        UNIT(the_largest_degree_is_never_exceeded),
        UNIT(who_links_and_asks_nothing_leaves_room),
        UNIT(rebalancing_can_be_rarer_or_more_often),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
