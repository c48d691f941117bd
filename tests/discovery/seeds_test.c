/* Seeds as a machine: what is tried when, and what is said of it. */
#include "discovery/seeds.h"

#include "base/timers.h"
#include "tests/base/unit.h"

static struct random_seeded seeded;
static struct random randomness;
static struct seeds_event event;

static void start(struct seeds *s)
{
    random_seeded_init(&seeded, 5);
    randomness = random_from_seeded(&seeded);
    struct seeds_config config = {
        .random = &randomness, .base_ns = SEEDS_BASE_NS, .retries = SEEDS_RETRIES};
    seeds_init(s, &config);
}

static int add(struct seeds *s, const char *text)
{
    return seeds_add(s, span_from_text(text), 0);
}

static enum seeds_state state_of(const struct seeds *s, size_t i)
{
    struct seeds_view view;
    assert_true(seeds_look(s, i, &view));
    assert_string_equal(view.sentence, seeds_state_name(view.state));
    return view.state;
}

/* The next event that is no CHANGED. */
static bool take(struct seeds *s, enum seeds_event_kind kind)
{
    seeds_check(s);
    while (seeds_next_event(s, &event)) {
        if (event.kind != SEEDS_CHANGED) {
            return event.kind == kind;
        }
    }
    return false;
}

static struct peerid peer_of(uint8_t n)
{
    struct peerid id = {.len = 3, .bytes = {0, 1, n}};
    return id;
}

static const struct multiaddr_ip found[2] = {{.ip = {10, 0, 0, 9}, .ip_len = 4},
                                             {.ip = {0xfd, [15] = 9}, .ip_len = 16}};

static void test_what_a_person_types(void **state)
{
    struct seeds s;
    (void)state;
    start(&s);
    assert_int_equal(add(&s, "10.0.0.1:9000"), 0);
    assert_int_equal(add(&s, "[fd00::1]:9000"), 0);
    assert_int_equal(add(&s, "mesh.example.org:9000"), 0);
    assert_int_equal(add(&s, "/dns6/mesh.example.org/tcp/9000"), 0);
    assert_int_equal(add(&s, "/ip4/10.0.0.1/tcp/9000/p2p/"
                             "12D3KooWD3eckifWpRn9wQpMG9R9hX3sD158z7EqHWmweQAJU5SA"),
                     0);
    assert_int_equal(add(&s, "10.0.0.1:9000"), WAVU_ERR_EXISTS);
    assert_int_equal(add(&s, "/ip4/10.0.0.1/tcp/9000"), WAVU_ERR_EXISTS);
    assert_int_equal(add(&s, ""), WAVU_ERR_INVALID);
    assert_int_equal(add(&s, "mesh.example.org"), WAVU_ERR_INVALID); /* which port? */
    assert_int_equal(add(&s, "10.0.0.1:70000"), WAVU_ERR_INVALID);
    assert_int_equal(add(&s, "/ip4/10.0.0.1/tcp/9000/p2p/nobody"), WAVU_ERR_INVALID);
    assert_int_equal(s.count, 5);
    for (unsigned i = 0; s.count < SEEDS_MAX; i++) {
        char text[32];
        (void)snprintf(text, sizeof text, "10.1.0.%u:1", i);
        assert_int_equal(add(&s, text), 0);
    }
    assert_int_equal(add(&s, "10.2.0.1:1"), WAVU_ERR_LIMIT);
    struct seeds_view view;
    assert_true(seeds_look(&s, 2, &view));
    assert_string_equal(view.text, "mesh.example.org:9000");
    assert_string_equal(view.sentence, "waiting");
    assert_int_equal(view.peer.len, 0);
    assert_true(seeds_look(&s, 4, &view));
    assert_int_equal(view.peer.len, 38);
    assert_false(seeds_look(&s, SEEDS_MAX, &view));
    seeds_clear(&s);
}

/* A name is looked up on each try, and dialled with what it has then. */
static void test_name(void **state)
{
    struct multiaddr expected;
    struct seeds s;
    (void)state;
    start(&s);
    assert_int_equal(add(&s, "mesh.example.org:9000"), 0);
    for (int i = 0; i < 3; i++) {
        uint64_t now = seeds_deadline(&s);
        seeds_tick(&s, now);
        assert_int_equal(state_of(&s, 0), SEEDS_RESOLVING);
        assert_true(take(&s, SEEDS_LOOK_UP));
        assert_string_equal(event.name, "mesh.example.org");
        assert_int_equal(event.family, 0);
        assert_false(take(&s, SEEDS_LOOK_UP));
        seeds_resolved(&s, 0, 0, found + (i == 2 ? 1 : 0), i == 0 ? 2 : 1, now);
        assert_int_equal(state_of(&s, 0), SEEDS_DIALING);
        assert_true(take(&s, SEEDS_DIAL));
        assert_int_equal(event.address_count, i == 0 ? 2 : 1);
        assert_int_equal(multiaddr_parse(&expected, i == 2 ? UNIT_TEXT("/ip6/fd00::9/tcp/9000")
                                                           : UNIT_TEXT("/ip4/10.0.0.9/tcp/9000")),
                         0);
        assert_true(multiaddr_is_equal(&event.addresses[0], &expected));
        seeds_dialled(&s, 0, WAVU_ERR_TIMEOUT, NULL, now);
        assert_int_equal(state_of(&s, 0), SEEDS_UNREACHABLE);
    }
    seeds_tick(&s, seeds_deadline(&s));
    assert_true(take(&s, SEEDS_LOOK_UP));
    seeds_resolved(&s, 0, WAVU_ERR_TIMEOUT, NULL, 0, 0); /* no answer is not a no */
    assert_int_equal(state_of(&s, 0), SEEDS_NO_LOOKUP);
    assert_string_equal(seeds_state_name(SEEDS_NO_LOOKUP),
                        "unreachable: its name cannot be looked up now");
    seeds_tick(&s, seeds_deadline(&s));
    assert_true(take(&s, SEEDS_LOOK_UP));
    seeds_resolved(&s, 0, WAVU_ERR_NOT_FOUND, NULL, 0, 0);
    assert_int_equal(state_of(&s, 0), SEEDS_NO_NAME);
    seeds_resolved(&s, 0, 0, found, 2, 0); /* too late: it does not resolve */
    seeds_dialled(&s, 0, 0, NULL, 0);
    assert_int_equal(state_of(&s, 0), SEEDS_NO_NAME);
    seeds_clear(&s);
}

/* 0.5, 1, 2, ... 30 s; after ten failures "offline", and a try every two minutes, for ever. */
static void test_backoff(void **state)
{
    struct seeds s;
    uint64_t now = 0;
    uint64_t expected = SEEDS_BASE_NS;
    uint64_t shortest = UINT64_MAX;
    uint64_t longest = 0;
    (void)state;
    start(&s);
    assert_int_equal(add(&s, "10.0.0.1:9000"), 0);
    for (uint32_t i = 1; i <= 100; i++) {
        seeds_tick(&s, now);
        assert_true(take(&s, SEEDS_DIAL));
        seeds_tick(&s, now + TIMERS_SECOND); /* it is under way: not a second time */
        assert_false(take(&s, SEEDS_DIAL));
        assert_int_equal(seeds_is_offline(&s), i > SEEDS_RETRIES);
        seeds_dialled(&s, 0, WAVU_ERR_REFUSED, NULL, now);
        assert_int_equal(state_of(&s, 0), SEEDS_REFUSED);
        expected = i >= SEEDS_RETRIES ? SEEDS_SLOW_NS : expected;
        assert_in_range(seeds_deadline(&s) - now, expected * 3 / 4, expected * 5 / 4);
        if (i > SEEDS_RETRIES) {
            uint64_t pause = seeds_deadline(&s) - now;
            shortest = pause < shortest ? pause : shortest;
            longest = pause > longest ? pause : longest;
        }
        expected = expected * 2 < SEEDS_DELAY_NS_MAX ? expected * 2 : SEEDS_DELAY_NS_MAX;
        now = seeds_deadline(&s);
    }
    assert_true(shortest < SEEDS_SLOW_NS * 8 / 10 && longest > SEEDS_SLOW_NS * 12 / 10);
    seeds_set_power(&s, true);
    seeds_tick(&s, now);
    seeds_dialled(&s, 0, WAVU_ERR_REFUSED, NULL, now);
    assert_true(seeds_deadline(&s) - now >= SEEDS_SLOW_LOW_NS * 3 / 4);
    assert_true(seeds_is_offline(&s));
    seeds_hurry(&s, now);
    assert_false(seeds_is_offline(&s));
    assert_true(seeds_deadline(&s) - now <= SEEDS_BASE_NS);
    seeds_clear(&s);
}

static void test_reasons(void **state)
{
    static const struct {
        int err;
        const char *sentence;
    } cases[] = {
        {WAVU_ERR_TIMEOUT, "unreachable"},
        {WAVU_ERR_UNREACHABLE, "unreachable"},
        {WAVU_ERR_RESET, "refused: it hung up"},
        {WAVU_ERR_NOT_FOUND, "unreachable: there is no such name"},
        {WAVU_ERR_REFUSED, "unreachable: nothing listens there"},
        {WAVU_ERR_PEER_ID, "refused: another peer answers there"},
        {WAVU_ERR_DENIED, "refused by this node: its own address, or its policy"},
        {WAVU_ERR_PROTO, "refused: no common protocol"},
        {WAVU_ERR_UNSUPPORTED, "refused: no common protocol"},
        {WAVU_ERR_LIMIT, "waiting"},
    };
    struct seeds s;
    struct seeds_view view;
    (void)state;
    start(&s);
    assert_int_equal(add(&s, "10.0.0.1:9000"), 0);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint64_t now = seeds_deadline(&s);
        seeds_tick(&s, now);
        assert_true(take(&s, SEEDS_DIAL));
        seeds_dialled(&s, 0, cases[i].err, NULL, now);
        assert_true(seeds_look(&s, 0, &view));
        assert_string_equal(view.sentence, cases[i].sentence);
        assert_true(view.next_ns > now && view.next_ns == seeds_deadline(&s));
    }
    s.config.is_private = true;
    seeds_tick(&s, seeds_deadline(&s));
    seeds_dialled(&s, 0, WAVU_ERR_PROTO, NULL, 0);
    assert_string_equal(seeds_state_name(state_of(&s, 0)), "refused: wrong network");
    for (unsigned i = 0; i < SEEDS_STATES; i++) {
        assert_non_null(seeds_state_name((enum seeds_state)i));
    }
    seeds_clear(&s);
}

/* What a seed said itself stands until the next try, and counts as a failure. */
static void test_told(void **state)
{
    struct peerid peer = peer_of(1);
    struct peerid other = peer_of(2);
    struct seeds_view view;
    struct seeds s;
    (void)state;
    start(&s);
    assert_int_equal(add(&s, "10.0.0.1:9000"), 0);
    seeds_tick(&s, 0);
    seeds_dialled(&s, 0, 0, &peer, 0);
    assert_int_equal(state_of(&s, 0), SEEDS_CONNECTED);
    assert_int_equal(seeds_deadline(&s), TIMERS_NEVER);
    assert_false(seeds_told(&s, &other, SEEDS_NOT_INVITED, 1));
    seeds_lost(&s, &other, 1);
    assert_int_equal(state_of(&s, 0), SEEDS_CONNECTED);
    assert_true(seeds_told(&s, &peer, SEEDS_NOT_INVITED, TIMERS_SECOND));
    seeds_lost(&s, &peer, TIMERS_SECOND); /* that it hangs up then is no news */
    assert_true(seeds_look(&s, 0, &view));
    assert_string_equal(view.sentence, "not invited");
    assert_int_equal(view.failures, 1);
    assert_true(peerid_is_equal(&view.peer, &peer));
    /* the word may also come behind the end */
    seeds_tick(&s, view.next_ns);
    seeds_dialled(&s, 0, 0, &peer, view.next_ns);
    seeds_lost(&s, &peer, view.next_ns + TIMERS_SECOND);
    assert_int_equal(state_of(&s, 0), SEEDS_LOST);
    assert_true(seeds_told(&s, &peer, SEEDS_WRONG_NETWORK, view.next_ns + TIMERS_SECOND));
    assert_int_equal(state_of(&s, 0), SEEDS_WRONG_NETWORK);
    assert_true(seeds_look(&s, 0, &view));
    assert_int_equal(view.failures, 2); /* connecting alone ends no row of failures */
    /* but a connection that lasted does */
    seeds_tick(&s, view.next_ns);
    seeds_dialled(&s, 0, 0, &peer, view.next_ns);
    seeds_lost(&s, &peer, view.next_ns + SEEDS_STEADY_NS);
    assert_true(seeds_look(&s, 0, &view));
    assert_int_equal(view.failures, 1);
    seeds_clear(&s);
}

/* With neighbours a seed is left alone once it was reached, and not before. */
static void test_not_wanted(void **state)
{
    struct seeds s;
    struct seeds_view view;
    struct peerid peer = peer_of(1);
    (void)state;
    start(&s);
    assert_int_equal(add(&s, "10.0.0.1:9000"), 0);
    seeds_set_wanted(&s, false, 0);
    uint64_t now = seeds_deadline(&s);
    assert_true(now < TIMERS_SECOND);
    seeds_tick(&s, now);
    assert_true(take(&s, SEEDS_DIAL));
    seeds_dialled(&s, 0, WAVU_ERR_REFUSED, NULL, now);
    assert_true(seeds_deadline(&s) > now);
    assert_true(seeds_deadline(&s) < now + 2 * TIMERS_SECOND);
    now = seeds_deadline(&s);
    seeds_tick(&s, now);
    assert_true(take(&s, SEEDS_DIAL));
    seeds_dialled(&s, 0, 0, &peer, now);
    seeds_lost(&s, &peer, now + TIMERS_SECOND);
    assert_int_equal(seeds_deadline(&s), TIMERS_NEVER);
    seeds_tick(&s, now + 100 * TIMERS_SECOND);
    assert_false(take(&s, SEEDS_DIAL));
    assert_true(seeds_look(&s, 0, &view));
    assert_int_equal(view.next_ns, TIMERS_NEVER);
    seeds_set_wanted(&s, true, 5 * TIMERS_SECOND);
    assert_in_range(seeds_deadline(&s), 5 * TIMERS_SECOND, 5 * TIMERS_SECOND + SEEDS_BASE_NS);
    seeds_clear(&s);
}

/* Many seeds: so many at once, and the others come when those are through. */
static void test_at_once(void **state)
{
    bool was_tried[SEEDS_MAX] = {false};
    struct seeds s;
    (void)state;
    start(&s);
    for (unsigned i = 0; i < SEEDS_MAX; i++) {
        char text[32];
        (void)snprintf(text, sizeof text, "10.1.0.%u:1", i);
        assert_int_equal(add(&s, text), 0);
    }
    for (int round = 0; round < SEEDS_MAX / SEEDS_AT_ONCE_MAX; round++) {
        size_t under_way[SEEDS_AT_ONCE_MAX];
        size_t count = 0;
        seeds_tick(&s, 0);
        while (take(&s, SEEDS_DIAL)) {
            assert_true(count < SEEDS_AT_ONCE_MAX);
            assert_false(was_tried[event.seed]);
            was_tried[event.seed] = true;
            under_way[count++] = event.seed;
        }
        assert_int_equal(count, SEEDS_AT_ONCE_MAX);
        for (size_t i = 0; i < count; i++) {
            seeds_dialled(&s, under_way[i], WAVU_ERR_TIMEOUT, NULL, 0);
        }
    }
    seeds_clear(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(test_what_a_person_types),
        UNIT(test_name),
        UNIT(test_backoff),
        UNIT(test_reasons),
        UNIT(test_told),
        UNIT(test_not_wanted),
        UNIT(test_at_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
