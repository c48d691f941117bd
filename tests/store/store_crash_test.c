/*
 * Power cuts at every point of a store's life: what was told to be on the disk is there, whole, and
 * of what was not told either all or nothing.
 *
 * A step writes its own number, some keys and records; whatever is found afterwards must be exactly
 * the state behind some step that is not older than the last one that was told.
 */
#include "sim/sim_core.h"
#include "tests/store/disk.h"

#define KEYS 12
#define STEPS_MAX 400
#define SEEDS 300

struct world {
    struct disk disk;
    struct sim_draw draw;
    uint32_t steps;                     /* taken so far */
    uint32_t wrote[STEPS_MAX][KEYS];    /* the step that each key's value is of; 0: none */
    uint64_t records[STEPS_MAX];        /* in the log */
    uint32_t step_of_commit[STEPS_MAX]; /* the last step in it, by number of this opening */
    uint32_t safe;                      /* the last step that was told to be on the disk */
    uint32_t checked;
};

static struct world w;

static size_t value_of(uint32_t step, size_t key, uint8_t out[3000])
{
    size_t len = 4 + (step * 131 + key * 977) % 2900;

    memset(out, (int)(step * 7 + key), len);
    memcpy(out, &step, 4);
    return len;
}

static void put_number(const char *key, uint32_t number)
{
    assert_int_equal(
        store_put(w.disk.store, "meta", span_from_text(key), span_of(&number, sizeof number)), 0);
}

static void take_step(void)
{
    uint32_t step = ++w.steps;
    uint64_t sequence = 0;
    uint8_t value[3000];

    assert_true(step < STEPS_MAX);
    memcpy(w.wrote[step], w.wrote[step - 1], sizeof w.wrote[step]);
    w.records[step] = w.records[step - 1];
    put_number("step", step);
    for (size_t i = sim_draw_below(&w.draw, 5); i > 0; i--) {
        uint8_t key = (uint8_t)sim_draw_below(&w.draw, KEYS);
        bool is_delete = sim_draw_chance(&w.draw, 1, 4);
        size_t len = value_of(step, key, value);
        int rc = is_delete ? store_delete(w.disk.store, "t", span_of(&key, 1))
                           : store_put(w.disk.store, "t", span_of(&key, 1), span_of(value, len));

        assert_int_equal(rc, 0);
        w.wrote[step][key] = is_delete ? 0 : step;
    }
    if (sim_draw_chance(&w.draw, 1, 2)) {
        int rc = store_append(w.disk.store, "log", span_of(&step, sizeof step), &sequence);
        if (rc == 0) {
            assert_int_equal(sequence, w.records[step] + 1);
            w.records[step]++;
        }
    }
    w.step_of_commit[store_number(w.disk.store)] = step;
}

/* Let the disk work a while, now and then until what is written behind goes to its place, and note
 * what was told. */
static void run_a_while(void)
{
    const uint64_t ns = sim_draw_chance(&w.draw, 1, 5) ? STORE_LATE_NS_MAX : 15 * TIMERS_MS;

    sim_run_for(w.disk.sim, sim_draw_below(&w.draw, ns));
    if (w.disk.told > 0) {
        w.safe = w.step_of_commit[w.disk.told];
    }
}

static uint32_t number_of(struct span s)
{
    uint32_t number = 0;

    assert_true(s.len >= sizeof number);
    memcpy(&number, s.ptr, sizeof number);
    return number;
}

/* The store's state is the one behind `step`. */
static void check_state(uint32_t step)
{
    uint8_t expected[3000];
    struct buf value;
    uint64_t sequence = 0;
    uint64_t count = 0;

    buf_init(&value, STORE_VALUE_MAX);
    for (uint8_t key = 0; key < KEYS; key++) {
        int rc = store_get(w.disk.store, "t", span_of(&key, 1), &value);
        uint32_t from = w.wrote[step][key];

        assert_int_equal(rc, from == 0 ? WAVU_ERR_NOT_FOUND : 0);
        if (from > 0) {
            size_t len = value_of(from, key, expected);
            assert_true(span_is_equal(buf_span(&value), span_of(expected, len)));
        }
    }
    while (store_record(w.disk.store, "log", &sequence, &value) == 0) {
        assert_int_equal(sequence, ++count);
        sequence++;
    }
    assert_int_equal(count, w.records[step]);
    buf_clear(&value);
}

/* Find out which step is there, and go on from it. */
static void recover(void)
{
    struct buf value;
    uint32_t found = 0;

    buf_init(&value, 10);
    assert_int_equal(store_open(w.disk.store), 0);
    int rc = store_get(w.disk.store, "meta", UNIT_TEXT("step"), &value);

    assert_true(rc == 0 || rc == WAVU_ERR_NOT_FOUND);
    if (rc == 0) {
        found = number_of(buf_span(&value));
    }
    buf_clear(&value);
    assert_true(found >= w.safe && found <= w.steps);
    check_state(found);
    w.steps = found; /* what came later never was */
    w.safe = found;
    w.checked++;
}

static void start(uint64_t seed)
{
    memset(&w, 0, sizeof w);
    w.draw = sim_draw_of(seed, SIM_SCENARIO, 1);
    disk_start(&w.disk, seed, STORE_DISK);
}

/* Twenty steps, always the same ones, with the power gone after `calm` changes to the disk; whether
 * it was gone before they were done. */
static bool cut_after(uint64_t calm, uint64_t tear)
{
    start(5);
    w.disk.host->disk.draw.state += tear; /* another way to tear at the same point */
    sim_files_fail(w.disk.host, calm, SIM_DISK_FOR_EVER);
    for (int i = 0; i < 20; i++) {
        take_step();
        run_a_while();
    }
    bool was_cut = sim_files_failed(w.disk.host) > 0;
    disk_crash(&w.disk);
    recover();
    take_step();
    assert_int_equal(store_flush(w.disk.store), 0);
    check_state(w.steps);
    disk_stop(&w.disk);
    return was_cut;
}

static void test_a_cut_at_every_change(void **state)
{
    uint64_t calm = 0;

    (void)state;
    for (uint64_t tear = 0; tear < 3; tear++) {
        for (calm = 0; cut_after(calm, tear); calm++) {
        }
        assert_true(calm > 60); /* as many points there were */
    }
}

/* Cuts at random, also while the last cut is being recovered from. */
static void test_cuts_at_random(void **state)
{
    uint32_t checked = 0;

    (void)state;
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        start(seed);
        for (int life = 0; life < 5; life++) {
            sim_files_fail(w.disk.host, sim_draw_below(&w.draw, 60), SIM_DISK_FOR_EVER);
            for (uint64_t i = sim_draw_below(&w.draw, 20); i > 0; i--) {
                take_step();
                run_a_while();
            }
            disk_crash(&w.disk);
            while (sim_draw_chance(&w.draw, 1, 2)) { /* and while it starts */
                sim_files_fail(w.disk.host, sim_draw_below(&w.draw, 8), SIM_DISK_FOR_EVER);
                int rc = store_open(w.disk.store);
                assert_true(rc == 0 || rc == WAVU_ERR_IO);
                disk_crash(&w.disk);
            }
            recover();
        }
        checked += w.checked;
        disk_stop(&w.disk);
    }
    assert_int_equal(checked, SEEDS * 5);
}

/* A disk that fails and heals: nothing is lost, all is told in the end. */
static void test_errors_that_pass(void **state)
{
    int failures = 0;

    (void)state;
    for (uint64_t seed = 0; seed < SEEDS / 3; seed++) {
        start(seed);
        assert_int_equal(store_open(w.disk.store), 0);
        for (int i = 0; i < 10; i++) {
            sim_files_fail(w.disk.host, sim_draw_below(&w.draw, 10),
                           1 + sim_draw_below(&w.draw, 4));
            take_step();
            run_a_while();
        }
        sim_files_fail(w.disk.host, 0, 0);
        sim_run_for(w.disk.sim, 10 * STORE_RETRY_NS_MAX);
        run_a_while();
        assert_int_equal(w.safe, w.steps);
        failures += w.disk.failures;
        disk_crash(&w.disk);
        recover();
        disk_stop(&w.disk);
    }
    assert_true(failures > 30);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(test_a_cut_at_every_change),
        UNIT(test_cuts_at_random),
        UNIT(test_errors_that_pass),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
