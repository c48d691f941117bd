/*
 * The failure detector against neighbours played by the test.
 */
#include "tests/base/unit.h"

#include "overlay/detector.h"

#define MS UINT64_C(1000000)
#define S (1000 * MS)
#define EVENTS 4096

static struct detector d;
static struct random_seeded seeded;
static struct random random_source;
static uint64_t now;
static struct detector_event events[EVENTS];
static size_t count;

static struct overlay_id id_of(unsigned n)
{
    return (struct overlay_id){.bytes = {(uint8_t)n, 5}};
}

static void pump(void)
{
    while (count < EVENTS && detector_next_event(&d, &events[count])) {
        count++;
    }
    detector_check(&d);
}

static void begin(unsigned links)
{
    struct detector_config config = {.random = &random_source};
    random_seeded_init(&seeded, 1);
    random_source = random_from_seeded(&seeded);
    now = 50 * S;
    count = 0;
    detector_init(&d, now, &config);
    for (unsigned n = 1; n <= links; n++) {
        struct overlay_id id = id_of(n);
        assert_int_equal(detector_link_up(&d, now, &id, UNIT_TEXT("lane")), 0);
    }
}

/* Events of a kind about peer `n` (0: anybody). */
static size_t seen(enum detector_event_kind kind, unsigned n)
{
    size_t found = 0;
    struct overlay_id id = id_of(n);
    for (size_t i = 0; i < count; i++) {
        found += events[i].kind == kind && (n == 0 || overlay_id_is_equal(&events[i].id, &id));
    }
    return found;
}

/* Messages of a kind to peer `n` (0: anybody). */
static size_t sent(enum detector_msg_kind kind, unsigned n)
{
    size_t found = 0;
    struct overlay_id id = id_of(n);
    for (size_t i = 0; i < count; i++) {
        found += events[i].kind == DETECTOR_SEND && events[i].msg.kind == kind &&
                 (n == 0 || overlay_id_is_equal(&events[i].id, &id));
    }
    return found;
}

/* The last message of a kind; an empty event when there is none. */
static const struct detector_event *last(enum detector_msg_kind kind)
{
    static const struct detector_event none;
    for (size_t i = count; i > 0; i--) {
        if (events[i - 1].kind == DETECTOR_SEND && events[i - 1].msg.kind == kind) {
            return &events[i - 1];
        }
    }
    return &none;
}

static int feed(unsigned from, struct detector_msg m)
{
    struct overlay_id id = id_of(from);
    int rc = detector_feed(&d, now, &id, &m);
    pump();
    return rc;
}

/* Let time pass in steps of 50 ms; those from `first` to `end` are heard every half second. */
static void pass(uint64_t ns, unsigned first, unsigned end)
{
    for (uint64_t stop = now + ns; now < stop;) {
        now += 50 * MS;
        for (unsigned n = first; n <= end && now % (500 * MS) == 0; n++) {
            struct overlay_id id = id_of(n);
            detector_heard(&d, now, &id);
        }
        if (detector_deadline(&d) <= now) {
            detector_tick(&d, now);
        }
        pump();
    }
}

/* Milliseconds of silence until a neighbour is doubted, beating twice a second until then. */
static uint64_t patience_ms(double threshold)
{
    begin(4);
    detector_clear(&d);
    struct detector_config config = {.random = &random_source, .threshold = threshold};
    struct overlay_id id = id_of(1);
    detector_init(&d, now, &config);
    assert_int_equal(detector_link_up(&d, now, &id, UNIT_TEXT("lane")), 0);
    pass(60 * S, 1, 1);
    uint64_t silent = now;
    while (d.stats.doubts == 0) {
        pass(50 * MS, 1, 0);
    }
    detector_clear(&d);
    return (now - silent) / MS;
}

static void a_higher_threshold_is_more_patient(void **state)
{
    (void)state;
    uint64_t low = patience_ms(2);
    uint64_t usual = patience_ms(DETECTOR_THRESHOLD);
    uint64_t high = patience_ms(30);
    assert_int_equal(patience_ms(0), usual); /* the default */
    assert_true(low < usual && usual < high);
}

/* While it runs, for links that there are. */
static void a_threshold_can_be_another_one(void **state)
{
    (void)state;
    uint64_t low = patience_ms(2);
    begin(1);
    pass(60 * S, 1, 1);
    detector_set_threshold(&d, 30);
    pass(low * MS + 500 * MS, 1, 0);
    assert_int_equal(d.stats.doubts, 0);
    detector_set_threshold(&d, 2); /* it is due already */
    assert_true(detector_deadline(&d) <= now);
    pass(50 * MS, 1, 0);
    assert_int_equal(d.stats.doubts, 1);
    detector_set_threshold(&d, 0);
    assert_true(d.config.threshold == DETECTOR_THRESHOLD);
    detector_clear(&d);
}

static void beats_go_out_only_when_nothing_else_does(void **state)
{
    (void)state;
    struct overlay_id busy = id_of(1);
    begin(2);
    for (unsigned i = 0; i < 200; i++) {
        detector_sent(&d, now, &busy);
        pass(100 * MS, 1, 2);
    }
    assert_int_equal(sent(DETECTOR_MSG_BEAT, 1), 0);
    assert_in_range(sent(DETECTOR_MSG_BEAT, 2), 36, 54); /* two a second for 20 s */
    detector_clear(&d);
}

static void the_first_beats_and_all_pongs_to_neighbours_say_how_often_beats_come(void **state)
{
    (void)state;
    size_t telling = 0;
    begin(1);
    pass(20 * S, 1, 1);
    assert_true(sent(DETECTOR_MSG_BEAT, 1) > 10 * DETECTOR_TELLS);
    for (size_t i = 0; i < count; i++) {
        bool is_beat = events[i].kind == DETECTOR_SEND && events[i].msg.kind == DETECTOR_MSG_BEAT;
        telling += is_beat && events[i].msg.interval_ms == 500;
        assert_true(!is_beat || events[i].msg.interval_ms == 500 || telling == DETECTOR_TELLS);
    }
    assert_int_equal(telling, DETECTOR_TELLS);
    assert_int_equal(feed(1, (struct detector_msg){.kind = DETECTOR_MSG_PING}), 0);
    assert_int_equal(last(DETECTOR_MSG_PONG)->msg.interval_ms, 500);
    assert_int_equal(feed(2, (struct detector_msg){.kind = DETECTOR_MSG_PING}), 0);
    assert_int_equal(last(DETECTOR_MSG_PONG)->msg.interval_ms, 0); /* to a stranger */
    detector_clear(&d);
}

/* A neighbour that took the link for a new one, or whose first words were lost, pings. */
static void a_pong_is_enough_to_know_that_beats_come_slowly(void **state)
{
    (void)state;
    begin(1);
    pass(2 * S, 1, 1);
    uint64_t doubts = d.stats.doubts;
    for (unsigned i = 0; i < 6; i++) {
        feed(1, (struct detector_msg){.kind = DETECTOR_MSG_PONG, .nonce = 3, .interval_ms = 5000});
        pass(5 * S, 1, 0);
    }
    assert_int_equal(d.stats.doubts, doubts);
    for (unsigned i = 0; i < 6; i++) { /* empty ones change nothing */
        feed(1, (struct detector_msg){.kind = DETECTOR_MSG_BEAT});
        pass(5 * S, 1, 0);
    }
    assert_int_equal(d.stats.doubts, doubts);
    detector_clear(&d);
}

static void who_falls_silent_is_pinged_probed_and_given_up_in_five_seconds(void **state)
{
    (void)state;
    begin(5);
    pass(30 * S, 1, 5);
    uint64_t crash = now;
    count = 0;
    while (seen(DETECTOR_DOWN, 1) == 0) {
        pass(50 * MS, 2, 5);
        assert_in_range(now - crash, 0, 9 * S);
        if (seen(DETECTOR_SUSPECTED, 1) == 1 && d.stats.downs == 0) {
            struct detector_msg no = {.kind = DETECTOR_MSG_REPORT,
                                      .nonce = last(DETECTOR_MSG_PROBE)->msg.nonce};
            struct overlay_id helper = last(DETECTOR_MSG_PROBE)->id;
            assert_int_equal(feed(helper.bytes[0], no), 0); /* one voice, however often */
        }
    }
    assert_in_range(now - crash, 3 * S, 6 * S);
    assert_in_range(sent(DETECTOR_MSG_PING, 1), 3, 20);
    assert_int_equal(sent(DETECTOR_MSG_PROBE, 0), DETECTOR_HELPERS);
    assert_int_equal(sent(DETECTOR_MSG_PROBE, 1), 0);
    assert_int_equal(seen(DETECTOR_SUSPECTED, 1), 1);
    assert_int_equal(d.link_count, 4);
    for (unsigned n = 2; n <= 5; n++) {
        assert_int_equal(seen(DETECTOR_SUSPECTED, n), 0);
    }
    detector_clear(&d);
}

static void a_word_in_time_ends_suspicion(void **state)
{
    (void)state;
    struct overlay_id one = id_of(1);
    begin(3);
    pass(10 * S, 1, 3);
    while (seen(DETECTOR_SUSPECTED, 1) == 0) {
        pass(50 * MS, 2, 3);
    }
    assert_true(detector_is_suspected(&d, &one));
    assert_true(detector_suspicion(&d, now, &one) > DETECTOR_THRESHOLD);
    detector_heard(&d, now, &one);
    pump();
    assert_int_equal(seen(DETECTOR_TRUSTED, 1), 1);
    assert_false(detector_is_suspected(&d, &one));
    pass(30 * S, 1, 3);
    assert_int_equal(d.stats.downs, 0);
    detector_clear(&d);
}

static void a_jump_of_time_condemns_nobody(void **state)
{
    (void)state;
    begin(5);
    pass(10 * S, 1, 5);
    for (unsigned i = 0; i < 10; i++) {
        now += 3600 * S;
        detector_tick(&d, now);
        pump();
        pass(2 * S, 1, 5);
    }
    assert_int_equal(d.stats.downs, 0);
    assert_int_equal(d.stats.suspects, 0);
    assert_int_equal(d.stats.gaps, 10);
    assert_true(d.health > 0);
    pass(60 * S, 1, 5);
    assert_int_equal(d.health, 0); /* it recovers */
    detector_clear(&d);
}

static void mute_helpers_speak_against_this_node(void **state)
{
    (void)state;
    begin(4);
    pass(10 * S, 1, 4);
    uint64_t silent = now;
    while (seen(DETECTOR_DOWN, 1) == 0) {
        pass(50 * MS, 2, 4); /* others are heard, but report nothing */
    }
    assert_in_range(now - silent, 6 * S, 15 * S);
    assert_true(d.health > 0);
    detector_clear(&d);
}

static void helpers_that_reach_it_give_more_time_and_say_so_in_the_verdict(void **state)
{
    (void)state;
    begin(4);
    pass(10 * S, 1, 4);
    uint64_t silent = now;
    while (seen(DETECTOR_SUSPECTED, 1) == 0) {
        pass(50 * MS, 2, 4);
    }
    struct detector_msg yes = {.kind = DETECTOR_MSG_REPORT,
                               .nonce = last(DETECTOR_MSG_PROBE)->msg.nonce,
                               .is_reached = true};
    for (unsigned n = 2; n <= 4; n++) {
        assert_int_equal(feed(n, yes), 0);
        assert_int_equal(feed(n, yes), 0); /* twice does no harm */
    }
    while (seen(DETECTOR_DOWN, 1) == 0) {
        pass(50 * MS, 2, 4);
    }
    assert_in_range(now - silent, 6 * S, 12 * S);
    for (size_t i = 0; i < count; i++) {
        assert_true(events[i].kind != DETECTOR_DOWN || events[i].is_seen);
    }
    detector_clear(&d);
}

static void helpers_that_all_fail_hasten_the_verdict(void **state)
{
    (void)state;
    begin(4);
    pass(10 * S, 1, 4);
    while (seen(DETECTOR_SUSPECTED, 1) == 0) {
        pass(50 * MS, 2, 4);
    }
    uint64_t suspected = now;
    struct detector_msg no = {.kind = DETECTOR_MSG_REPORT,
                              .nonce = last(DETECTOR_MSG_PROBE)->msg.nonce};
    for (unsigned n = 2; n <= 4; n++) {
        assert_int_equal(feed(n, no), 0);
    }
    while (seen(DETECTOR_DOWN, 1) == 0) {
        pass(50 * MS, 2, 4);
    }
    assert_in_range(now - suspected, 0, S);
    detector_clear(&d);
}

static void a_helper_pings_its_own_neighbour_and_has_others_dialled(void **state)
{
    (void)state;
    struct overlay_id three = id_of(3);
    begin(2);
    struct detector_msg m = {.kind = DETECTOR_MSG_PROBE, .nonce = 9, .target = id_of(2)};
    assert_int_equal(feed(1, m), 0);
    assert_int_equal(sent(DETECTOR_MSG_PING, 2), 1);
    assert_int_equal(sent(DETECTOR_MSG_REPORT, 1), 0);
    assert_int_equal(feed(2, (struct detector_msg){.kind = DETECTOR_MSG_BEAT}), 0);
    assert_true(last(DETECTOR_MSG_REPORT)->msg.is_reached);
    assert_int_equal(last(DETECTOR_MSG_REPORT)->msg.nonce, 9);
    m.target = three;
    m.nonce = 10;
    m.where = UNIT_TEXT("far");
    assert_int_equal(feed(1, m), 0);
    assert_int_equal(seen(DETECTOR_REACH, 3), 1);
    detector_reached(&d, now, &three, false);
    pump();
    assert_int_equal(last(DETECTOR_MSG_REPORT)->msg.nonce, 10);
    assert_false(last(DETECTOR_MSG_REPORT)->msg.is_reached);
    m.nonce = 11;
    assert_int_equal(feed(1, m), 0);
    pass(3 * S, 1, 2); /* no answer at all */
    assert_int_equal(last(DETECTOR_MSG_REPORT)->msg.nonce, 11);
    assert_false(last(DETECTOR_MSG_REPORT)->msg.is_reached);
    detector_clear(&d);
}

static void probes_for_one_neighbour_are_bounded(void **state)
{
    (void)state;
    begin(2);
    for (unsigned i = 0; i <= DETECTOR_PROBES_LINK_MAX; i++) {
        struct detector_msg m = {.kind = DETECTOR_MSG_PROBE, .nonce = 1, .target = id_of(100 + i)};
        assert_int_equal(feed(1, m), 0);
        assert_int_equal(seen(DETECTOR_REACH, 100 + i), i < DETECTOR_PROBES_LINK_MAX);
    }
    assert_int_equal(d.stats.refused, 1);
    struct detector_msg m = {.kind = DETECTOR_MSG_PROBE, .nonce = 1, .target = id_of(200)};
    assert_int_equal(feed(2, m), 0); /* another one's */
    assert_int_equal(seen(DETECTOR_REACH, 200), 1);
    struct overlay_id first = id_of(100);
    detector_reached(&d, now, &first, true);
    pump();
    m.target = id_of(201);
    assert_int_equal(feed(1, m), 0); /* one has ended */
    assert_int_equal(seen(DETECTOR_REACH, 201), 1);
    detector_clear(&d);
}

static void probes_for_others_are_bounded(void **state)
{
    (void)state;
    begin(6);
    for (unsigned n = 1; n <= 6; n++) {
        for (unsigned i = 0; i < 20; i++) {
            struct detector_msg m = {
                .kind = DETECTOR_MSG_PROBE, .nonce = 1, .target = id_of(100 + 20 * n + i)};
            assert_int_equal(feed(n, m), 0);
        }
    }
    assert_int_equal(d.probe_count, DETECTOR_PROBES_MAX);
    assert_int_equal(d.stats.refused, 120 - DETECTOR_PROBES_MAX);
    detector_clear(&d);
}

/* A stranger has nobody tried, and so neither learns who is there nor takes the place of those who
 * may ask. */
static void nobody_is_probed_for_a_stranger(void **state)
{
    (void)state;
    begin(2);
    struct detector_msg m = {
        .kind = DETECTOR_MSG_PROBE, .nonce = 7, .target = id_of(100), .where = UNIT_TEXT("lane 9")};
    assert_int_equal(feed(50, m), 0);
    m.target = id_of(2); /* a neighbour of ours */
    assert_int_equal(feed(50, m), 0);
    assert_int_equal(d.probe_count, 0);
    assert_int_equal(seen(DETECTOR_REACH, 0), 0);
    pass(3 * S, 1, 2);
    assert_int_equal(sent(DETECTOR_MSG_REPORT, 0), 0);
    m.target = id_of(100);
    assert_int_equal(feed(1, m), 0);
    assert_int_equal(seen(DETECTOR_REACH, 100), 1);
    detector_clear(&d);
}

static void a_flood_is_shed(void **state)
{
    (void)state;
    int refused = 0;
    begin(1);
    for (unsigned i = 0; i < 1000; i++) {
        refused +=
            feed(1, (struct detector_msg){.kind = DETECTOR_MSG_PING, .nonce = i}) == WAVU_ERR_LIMIT;
    }
    assert_int_equal(refused, 1000 - DETECTOR_LINK_BURST);
    assert_int_equal(sent(DETECTOR_MSG_PONG, 1), DETECTOR_LINK_BURST);
    now += S;
    refused = 0;
    for (unsigned i = 0; i < 2 * DETECTOR_LINK_RATE; i++) { /* what a second gives */
        refused += feed(1, (struct detector_msg){.kind = DETECTOR_MSG_PING, .nonce = i}) < 0;
    }
    assert_int_equal(refused, DETECTOR_LINK_RATE);
    refused = 0;
    for (unsigned i = 0; i < 1000; i++) { /* strangers share one bucket */
        refused += feed(50 + i % 100, (struct detector_msg){.kind = DETECTOR_MSG_PING}) < 0;
    }
    assert_int_equal(refused, 1000 - DETECTOR_LINK_BURST);
    detector_clear(&d);
}

static void a_peer_that_beats_slowly_is_believed(void **state)
{
    (void)state;
    begin(1);
    for (unsigned i = 0; i < 30; i++) {
        assert_int_equal(
            feed(1, (struct detector_msg){.kind = DETECTOR_MSG_BEAT, .interval_ms = 5000}), 0);
        pass(5 * S, 1, 0);
    }
    assert_int_equal(d.stats.doubts, 0);
    assert_int_equal(feed(1, (struct detector_msg){.kind = DETECTOR_MSG_BEAT, .interval_ms = 500}),
                     0);
    detector_clear(&d);
}

/* Its patience with us is as long: so it is beaten to as slowly, and not woken for nothing. */
static void a_peer_that_beats_slowly_is_let_sleep(void **state)
{
    (void)state;
    begin(1);
    assert_int_equal(feed(1, (struct detector_msg){.kind = DETECTOR_MSG_BEAT, .interval_ms = 5000}),
                     0);
    pass(60 * S, 1, 1);
    assert_in_range(sent(DETECTOR_MSG_BEAT, 1), 9, 17); /* one in 5 s, up to a quarter early */
    count = 0;
    assert_int_equal(feed(1, (struct detector_msg){.kind = DETECTOR_MSG_BEAT, .interval_ms = 100}),
                     0); /* faster than we are: our own interval stands */
    pass(10 * S, 1, 1);
    assert_in_range(sent(DETECTOR_MSG_BEAT, 1), 18, 27);
    detector_clear(&d);
}

static void round_trips_are_measured(void **state)
{
    (void)state;
    struct overlay_id one = id_of(1);
    begin(1);
    pass(2 * S, 1, 1);
    assert_int_equal(sent(DETECTOR_MSG_PING, 1), 1);
    uint32_t nonce = last(DETECTOR_MSG_PING)->msg.nonce;
    assert_int_equal(detector_rtt_ns(&d, &one), 0);
    assert_int_equal(feed(1, (struct detector_msg){.kind = DETECTOR_MSG_PONG, .nonce = nonce + 1}),
                     0);
    assert_int_equal(detector_rtt_ns(&d, &one), 0); /* not the one that was sent */
    assert_int_equal(feed(1, (struct detector_msg){.kind = DETECTOR_MSG_PONG, .nonce = nonce}), 0);
    assert_in_range(detector_rtt_ns(&d, &one), 1, 2 * S);
    detector_clear(&d);
}

static void who_hears_nobody_at_all_blames_itself(void **state)
{
    (void)state;
    begin(5);
    pass(10 * S, 1, 5);
    pass(30 * S, 1, 0);
    assert_int_equal(d.stats.suspects, 5);
    assert_int_equal(d.stats.downs, 0);
    assert_in_range(seen(DETECTOR_SEEK, 0), 100, 180); /* six a second */
    pass(10 * S, 1, 3);                                /* it hears again, but 4 and 5 are dead */
    for (unsigned n = 1; n <= 5; n++) {
        assert_int_equal(seen(DETECTOR_DOWN, n), n > 3);
    }
    pass(10 * S, 1, 3);
    assert_int_equal(d.stats.downs, 2);
    detector_clear(&d);
}

/* The first one that is heard again, after a time alone, gives the others a moment. */
static void the_last_to_be_heard_again_is_not_condemned_for_it(void **state)
{
    (void)state;
    begin(4);
    pass(10 * S, 1, 4);
    pass(20 * S, 1, 0);
    uint64_t heard = now;
    for (unsigned n = 1; n <= 4; n++) {
        struct overlay_id id = id_of(n);
        count = 0;
        detector_heard(&d, now, &id);
        pump();
        assert_int_equal(seen(DETECTOR_TRUSTED, n), 1);
        pass(300 * MS, 1, 0);
        assert_int_equal(sent(DETECTOR_MSG_PING, 4), n < 4 ? 1 : 0);
    }
    assert_in_range(now - heard, S, DETECTOR_GRACE_NS);
    pass(10 * S, 1, 4);
    assert_int_equal(d.stats.downs, 0);
    detector_clear(&d);
}

static void reaching_anybody_shows_that_the_neighbours_are_gone(void **state)
{
    struct overlay_id other = id_of(77);
    (void)state;
    begin(5);
    pass(10 * S, 1, 5);
    uint64_t silent = now;
    while (seen(DETECTOR_SEEK, 0) == 0) {
        pass(50 * MS, 1, 0);
        assert_in_range(now - silent, 0, 5 * S);
    }
    detector_reached(&d, now, &other, false); /* says nothing */
    pump();
    pass(4 * S, 1, 0);
    assert_int_equal(d.stats.downs, 0);
    assert_int_equal(seen(DETECTOR_REACH, 77), 0);
    detector_reached(&d, now, &other, true);
    pump();
    pass(DETECTOR_GRACE_NS + 2 * S, 1, 0);
    assert_int_equal(d.stats.downs, 5);
    assert_in_range(seen(DETECTOR_REACH, 77), 1, 4); /* it is asked again */
    detector_clear(&d);
}

/* Somebody was heard after one fell silent, but then nobody any more: that proves nothing of now.
 */
static void old_words_of_others_condemn_nobody(void **state)
{
    (void)state;
    begin(5);
    pass(10 * S, 1, 5);
    pass(2 * S, 2, 5);
    pass(20 * S, 1, 0);
    assert_int_equal(d.stats.downs, 0);
    pass(DETECTOR_GRACE_NS / 2, 1, 5);
    assert_int_equal(d.stats.downs, 0);
    detector_clear(&d);
}

static void in_the_end_silence_of_all_counts_as_well(void **state)
{
    (void)state;
    begin(3);
    pass(10 * S, 1, 3);
    pass(DETECTOR_ALONE_MAX_NS - S, 1, 0);
    assert_int_equal(d.stats.downs, 0);
    pass(15 * S, 1, 0);
    assert_int_equal(d.stats.downs, 3);
    detector_clear(&d);
}

static void where_there_is_nobody_else_two_may_be_gone(void **state)
{
    (void)state;
    begin(2);
    pass(10 * S, 1, 2);
    uint64_t silent = now;
    while (d.stats.downs < 2) {
        size_t sought = seen(DETECTOR_SEEK, 0);
        pass(50 * MS, 1, 0);
        if (seen(DETECTOR_SEEK, 0) > sought) {
            detector_sought_none(&d, now);
        }
        assert_in_range(now - silent, 0, 8 * S);
    }
    detector_clear(&d);
    begin(2); /* there are others, but they cannot be reached */
    pass(10 * S, 1, 2);
    pass(20 * S, 1, 0);
    assert_int_equal(d.stats.downs, 0);
    detector_clear(&d);
}

static void links_are_bounded_and_come_once(void **state)
{
    (void)state;
    struct overlay_id one = id_of(1);
    struct overlay_id more = id_of(200);
    begin(DETECTOR_LINKS_MAX);
    assert_int_equal(detector_link_up(&d, now, &one, span_empty()), WAVU_ERR_EXISTS);
    assert_int_equal(detector_link_up(&d, now, &more, span_empty()), WAVU_ERR_LIMIT);
    detector_link_down(&d, now, &one);
    detector_link_down(&d, now, &one);
    assert_int_equal(detector_link_up(&d, now, &more, span_empty()), 0);
    detector_clear(&d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(a_higher_threshold_is_more_patient),
        UNIT(a_threshold_can_be_another_one),
        UNIT(probes_for_one_neighbour_are_bounded),
        UNIT(beats_go_out_only_when_nothing_else_does),
        UNIT(the_first_beats_and_all_pongs_to_neighbours_say_how_often_beats_come),
        UNIT(a_pong_is_enough_to_know_that_beats_come_slowly),
        UNIT(who_falls_silent_is_pinged_probed_and_given_up_in_five_seconds),
        UNIT(a_word_in_time_ends_suspicion),
        UNIT(a_jump_of_time_condemns_nobody),
        UNIT(mute_helpers_speak_against_this_node),
        UNIT(helpers_that_reach_it_give_more_time_and_say_so_in_the_verdict),
        UNIT(helpers_that_all_fail_hasten_the_verdict),
        UNIT(a_helper_pings_its_own_neighbour_and_has_others_dialled),
        UNIT(probes_for_others_are_bounded),
        UNIT(nobody_is_probed_for_a_stranger),
        UNIT(a_flood_is_shed),
        UNIT(a_peer_that_beats_slowly_is_believed),
        UNIT(a_peer_that_beats_slowly_is_let_sleep),
        UNIT(round_trips_are_measured),
        UNIT(who_hears_nobody_at_all_blames_itself),
        UNIT(the_last_to_be_heard_again_is_not_condemned_for_it),
        UNIT(reaching_anybody_shows_that_the_neighbours_are_gone),
        UNIT(old_words_of_others_condemn_nobody),
        UNIT(in_the_end_silence_of_all_counts_as_well),
        UNIT(where_there_is_nobody_else_two_may_be_gone),
        UNIT(links_are_bounded_and_come_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
