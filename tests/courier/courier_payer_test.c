/*
 * Budgets by member: shared by its devices, kept while something is owed, gone when nothing is.
 */
#include "courier/courier_payer.h"

#include "tests/base/unit.h"

struct world {
    struct random_seeded seeded;
    struct random random;
    struct turn turn;
    struct courier courier;
};

/* The member of a device is its second byte; none: nobody's. */
static bool whose(void *context, const uint8_t *device, uint8_t *member)
{
    (void)context;
    memset(member, device[1], ENVELOPE_DEVICE_SIZE);
    return device[1] != 0;
}

static struct courier_payer *get(struct world *w, uint8_t device, uint8_t member)
{
    const uint8_t id[ENVELOPE_DEVICE_SIZE] = {device, member};
    return courier_payer_get(&w->courier, id);
}

static void start(struct world *w)
{
    memset(w, 0, sizeof(*w));
    random_seeded_init(&w->seeded, 1);
    w->random = random_from_seeded(&w->seeded);
    w->turn.now_ns = TIMERS_SECOND;
    w->courier.turn = &w->turn;
    w->courier.config.ask.whose = whose;
    map_init(&w->courier.payers, &w->random);
}

static void test_devices_share(void **state)
{
    (void)state;
    static struct world w;
    start(&w);
    struct courier_payer *p = get(&w, 1, 7);
    assert_non_null(p);
    assert_ptr_equal(get(&w, 2, 7), p);
    assert_ptr_not_equal(get(&w, 3, 8), p);
    assert_null(get(&w, 4, 0));
    courier_payer_clear(&w.courier);
}

static void test_what_is_spent(void **state)
{
    (void)state;
    static struct world w;
    start(&w);
    struct courier_payer *p = get(&w, 1, 7);
    courier_payer_tried(p, COURIER_TRIALS_BURST - 1, w.turn.now_ns);
    assert_true(courier_payer_may(p, w.turn.now_ns));
    courier_payer_tried(p, 50, w.turn.now_ns); /* more than there is */
    assert_false(courier_payer_may(p, w.turn.now_ns));
    assert_true(courier_payer_may(p, w.turn.now_ns + TIMERS_SECOND / COURIER_TRIALS_RATE));
    courier_payer_frame(p, COURIER_FRAMES_BURST, w.turn.now_ns);
    assert_false(courier_payer_may(p, w.turn.now_ns));
    assert_true(courier_payer_may(p, w.turn.now_ns + TIMERS_SECOND));
    courier_payer_clear(&w.courier);
}

/* Who owes something, or has a link, is remembered; others make room. */
static void test_who_is_forgotten(void **state)
{
    (void)state;
    static struct world w;
    start(&w);
    get(&w, 1, 1)->links = 1;
    courier_payer_tried(get(&w, 1, 2), 500, w.turn.now_ns);
    for (uint8_t member = 3; member < 100; member++) {
        assert_non_null(get(&w, 1, member));
    }
    assert_true(w.courier.payers.count <= 4);
    assert_int_equal(get(&w, 1, 1)->links, 1);
    courier_payer_tried(get(&w, 1, 2), 500, w.turn.now_ns);
    assert_false(courier_payer_may(get(&w, 1, 2), w.turn.now_ns));
    courier_payer_clear(&w.courier);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(test_devices_share),
        UNIT(test_what_is_spent),
        UNIT(test_who_is_forgotten),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
