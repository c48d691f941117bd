/* The event hash sees every difference that two runs can have. */
#include "sim/sim_note.h"

#include "tests/base/unit.h"

/* The hash of a fresh simulator after one thing happened to it. */
static uint64_t hash_of(bool on_second, enum sim_kind kind, uint64_t detail, struct span bytes)
{
    struct sim *sim = sim_new(1);
    struct sim_host *hosts[2] = {sim_host_new(sim, NULL), sim_host_new(sim, NULL)};

    sim_note_bytes(hosts[on_second ? 1 : 0], kind, detail, bytes);
    uint64_t hash = sim_event_hash(sim);

    sim_free(sim);
    return hash;
}

static void test_each_part_counts(void **state)
{
    struct span bytes = UNIT_TEXT("some bytes");
    uint64_t hash = hash_of(false, SIM_KIND_BYTES, 5, bytes);

    (void)state;
    assert_int_equal(hash, hash_of(false, SIM_KIND_BYTES, 5, bytes));
    assert_int_not_equal(hash, hash_of(true, SIM_KIND_BYTES, 5, bytes));
    assert_int_not_equal(hash, hash_of(false, SIM_KIND_CLOSED, 5, bytes));
    assert_int_not_equal(hash, hash_of(false, SIM_KIND_BYTES, 6, bytes));
    assert_int_not_equal(hash, hash_of(false, SIM_KIND_BYTES, 5, UNIT_TEXT("some byte")));
}

static void test_each_bit_counts(void **state)
{
    uint8_t bytes[100] = {0};
    uint64_t zero = hash_of(false, SIM_KIND_BYTES, 0, span_of(bytes, sizeof(bytes)));

    (void)state;
    for (size_t i = 0; i < sizeof(bytes) * 8; i++) {
        bytes[i / 8] ^= (uint8_t)(1U << i % 8);
        assert_int_not_equal(zero,
                             hash_of(false, SIM_KIND_BYTES, 0, span_of(bytes, sizeof(bytes))));
        bytes[i / 8] = 0;
    }
}

static void test_time_and_order_count(void **state)
{
    uint64_t hashes[2];

    (void)state;
    for (unsigned run = 0; run < 2; run++) {
        struct sim *sim = sim_new(1);
        struct sim_host *host = sim_host_new(sim, NULL);

        sim_run_for(sim, run);
        sim_note_event(host, SIM_KIND_TURN, 0);
        hashes[run] = sim_event_hash(sim);
        sim_note_event(host, SIM_KIND_TURN, 0);
        assert_int_not_equal(hashes[run], sim_event_hash(sim));
        sim_free(sim);
    }
    assert_int_not_equal(hashes[0], hashes[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(test_each_part_counts),
        UNIT(test_each_bit_counts),
        UNIT(test_time_and_order_count),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
