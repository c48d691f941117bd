/*
 * What couriers keep: all of it is there after a restart; what is damaged or of a newer wavu is
 * neither guessed at nor overwritten.
 */
#include "courier/courier_store.h"

#include "tests/base/unit.h"
#include "tests/support/courier_net.h"

static struct courier_net net;

static size_t rows_of(size_t i, const char *table)
{
    struct buf key;
    struct buf value;
    size_t count = 0;
    buf_init(&key, STORE_KEY_MAX);
    buf_init(&value, STORE_VALUE_MAX);
    while (store_next(net.nodes[i].store, table, span_empty(), &key, &value) == 0) {
        count++;
    }
    buf_clear(&key);
    buf_clear(&value);
    return count;
}

static void restart(size_t i)
{
    courier_net_off(&net, i);
    courier_net_restart(&net, i);
}

/* Nothing of a message is left when it has ended but that it was read. */
static void test_what_ended_leaves_nothing(void **state)
{
    (void)state;
    courier_net_start(&net, 40, 3);
    courier_net_link(&net, 0, 2);
    courier_net_link(&net, 1, 2);
    courier_net_run(&net, TIMERS_SECOND);
    for (uint32_t id = 1; id <= 10; id++) {
        courier_net_say(&net, 0, 1, id);
    }
    courier_net_run(&net, 60 * TIMERS_SECOND);
    assert_int_equal(courier_net_state(&net, 0, 10), OUTBOX_DELIVERED);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(rows_of(i, "courier_row"), 0);
        assert_int_equal(rows_of(i, "courier_body"), 0);
        assert_int_equal(rows_of(i, "courier_seal"), 0);
    }
    assert_int_equal(rows_of(2, "courier_held") - courier_net_look(&net, 2).held, 0);
    assert_int_equal(rows_of(1, "courier_seen"), 10);
    courier_net_stop(&net);
}

/* What was opened is stored as opened in the commit that has the message. */
static void test_the_session_is_in_the_commit(void **state)
{
    (void)state;
    struct buf before;
    struct buf after;
    struct buf key;
    buf_init(&before, STORE_VALUE_MAX);
    buf_init(&after, STORE_VALUE_MAX);
    buf_init(&key, STORE_KEY_MAX);
    courier_net_start(&net, 45, 2);
    courier_net_link(&net, 0, 1);
    courier_net_say(&net, 0, 1, 1);
    courier_net_run(&net, 2 * TIMERS_SECOND);
    struct store *s = net.nodes[1].store;
    assert_int_equal(store_next(s, "courier_peer", span_empty(), &key, &before), 0);
    courier_net_say(&net, 0, 1, 2);
    courier_net_run(&net, 100 * TIMERS_MS); /* before the receipt is sealed */
    assert_true(courier_net_has(&net, 1, 0, 2));
    assert_int_equal(store_get(s, "courier_peer", buf_span(&key), &after), 0);
    assert_false(span_is_equal(buf_span(&before), buf_span(&after)));
    buf_clear(&before);
    buf_clear(&after);
    buf_clear(&key);
    courier_net_stop(&net);
}

static void test_a_restart_goes_on(void **state)
{
    (void)state;
    courier_net_start(&net, 41, 3);
    courier_net_link(&net, 0, 2);
    for (uint32_t id = 1; id <= 5; id++) {
        courier_net_say(&net, 0, 1, id);
    }
    courier_net_run(&net, 15 * TIMERS_SECOND);
    const struct courier_status before = courier_net_look(&net, 0);
    const struct courier_status held = courier_net_look(&net, 2);
    assert_int_equal(before.open, 5);
    assert_int_equal(held.held, 5);
    restart(0);
    restart(2);
    assert_int_equal(courier_net_look(&net, 0).open, 5);
    assert_int_equal(courier_net_look(&net, 0).bytes, before.bytes);
    assert_int_equal(courier_net_look(&net, 2).held, 5);
    assert_int_equal(courier_net_look(&net, 2).bytes, held.bytes);
    courier_net_link(&net, 1, 2);
    courier_net_run(&net, 5 * TIMERS_SECOND);
    restart(1);
    for (uint32_t id = 1; id <= 5; id++) {
        assert_true(courier_net_has(&net, 1, 0, id));
    }
    courier_net_link(&net, 0, 1); /* says all of it again: shown once, and answered */
    courier_net_run(&net, 20 * TIMERS_SECOND);
    assert_int_equal(courier_net_look(&net, 0).open, 0);
    courier_net_stop(&net);
}

/* Lifetimes go on while a node is off. */
static void test_time_goes_on(void **state)
{
    (void)state;
    uint8_t message[ENVELOPE_ID_SIZE];
    courier_net_start(&net, 42, 2);
    const struct courier_order order = {.device = courier_net_device(&net, 1),
                                        .kind = COURIER_CHAT,
                                        .class_number = ENVELOPE_CHAT,
                                        .lifetime_s = 100,
                                        .body = UNIT_TEXT("short")};
    assert_int_equal(courier_say(net.nodes[0].courier, &order, message), 0);
    courier_net_run(&net, 70 * TIMERS_SECOND);
    courier_net_off(&net, 0);
    courier_net_run(&net, 60 * TIMERS_SECOND);
    courier_net_restart(&net, 0);
    courier_net_run(&net, 2 * TIMERS_SECOND);
    assert_int_equal(courier_net_look(&net, 0).open, 0);
    assert_int_equal(rows_of(0, "courier_row"), 0);
    courier_net_stop(&net);
}

/* An SOS passes 900 messages that are sealed already: their keys are kept, in several values. */
static void test_a_session_of_several_values(void **state)
{
    (void)state;
    uint8_t message[ENVELOPE_ID_SIZE];
    courier_net_start(&net, 43, 2);
    courier_net_link(&net, 0, 1); /* a session that is answered: no prelude in each message */
    courier_net_say(&net, 0, 1, 1);
    courier_net_say(&net, 1, 0, 1);
    courier_net_run(&net, 2 * TIMERS_SECOND);
    courier_net_cut(&net, 0, 1);
    courier_net_run(&net, TIMERS_SECOND);
    for (uint32_t id = 2; id <= 901; id++) {
        courier_net_say(&net, 0, 1, id);
        if (id % 50 == 0) {
            courier_net_run(&net, TIMERS_SECOND);
        }
    }
    courier_net_run(&net, 40 * TIMERS_SECOND); /* sealed for the own mailbox */
    const struct courier_order order = {.device = courier_net_device(&net, 1),
                                        .kind = COURIER_SOS,
                                        .class_number = ENVELOPE_SOS,
                                        .body = UNIT_TEXT("help")};
    assert_int_equal(courier_say(net.nodes[0].courier, &order, message), 0);
    sim_files_set_fault(net.world.hosts[1], SIM_DISK_FULL); /* it takes in little at once */
    courier_net_link(&net, 0, 1);
    courier_net_run(&net, 3 * TIMERS_SECOND);
    const size_t most = rows_of(1, "courier_peer");
    assert_true(most > 4);
    sim_files_set_fault(net.world.hosts[1], SIM_DISK_SOUND);
    courier_net_run(&net, 120 * TIMERS_SECOND);
    restart(1);
    courier_net_link(&net, 0, 1);
    courier_net_run(&net, 120 * TIMERS_SECOND);
    for (uint32_t id = 2; id <= 901; id++) {
        assert_true(courier_net_has(&net, 1, 0, id));
    }
    assert_int_equal(courier_net_look(&net, 0).open, 0);
    assert_int_equal(rows_of(1, "courier_peer"), 1); /* what is not needed any more is gone */
    courier_net_stop(&net);
}

/* `table`'s first value gets another first byte. */
static void spoil(const char *table, uint8_t byte)
{
    struct buf key;
    struct buf value;
    buf_init(&key, STORE_KEY_MAX);
    buf_init(&value, STORE_VALUE_MAX);
    assert_int_equal(store_next(net.nodes[0].store, table, span_empty(), &key, &value), 0);
    value.ptr[0] = byte;
    assert_int_equal(store_put(net.nodes[0].store, table, buf_span(&key), buf_span(&value)), 0);
    buf_clear(&key);
    buf_clear(&value);
}

static void test_what_is_damaged_or_newer(void **state)
{
    (void)state;
    static const char *const tables[] = {"courier_row", "courier_peer"};
    courier_net_start(&net, 44, 2);
    courier_net_say(&net, 0, 1, 1);
    for (size_t i = 0; i < 2; i++) {
        for (uint8_t byte = 0; byte <= 9; byte = (uint8_t)(byte + 9)) {
            struct buf before;
            const uint8_t good = 1;
            buf_init(&before, STORE_VALUE_MAX);
            spoil(tables[i], byte);
            net.expected = byte == 0 ? WAVU_ERR_CORRUPT : WAVU_ERR_UNSUPPORTED;
            restart(0);
            assert_null(net.nodes[0].courier);
            net.expected = 0;
            /* It is as it was. */
            const struct store_config config = {.port = net.world.nodes[0].port,
                                                .kind = STORE_DISK,
                                                .key = (const uint8_t[STORE_KEY_SIZE]){0x5a}};
            assert_int_equal(store_new(&config, &net.nodes[0].store), 0);
            spoil(tables[i], good);
            assert_int_equal(store_flush(net.nodes[0].store), 0);
            store_free(net.nodes[0].store);
            courier_net_crash(&net, 0);
            courier_net_restart(&net, 0);
            assert_int_equal(courier_net_look(&net, 0).open, 1);
            buf_clear(&before);
        }
    }
    courier_net_stop(&net);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(test_what_ended_leaves_nothing),   UNIT(test_the_session_is_in_the_commit),
        UNIT(test_a_restart_goes_on),           UNIT(test_time_goes_on),
        UNIT(test_a_session_of_several_values), UNIT(test_what_is_damaged_or_newer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
