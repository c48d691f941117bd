/* The quick check and the full one: all that is whole passes, whatever is damaged is found, in
 * bounded slices, while the node goes on. */
#include "store/store_check.h"

#include "sim/sim_core.h"
#include "store/store_conn.h"
#include "tests/store/disk.h"

#define ENTRIES 6000

struct world {
    struct disk disk;
    struct store_watch watch;
    struct store_progress last;
    int slices;
};

static struct world w;

static void on_committed(struct store_watch *watch, uint64_t number)
{
    (void)watch;
    (void)number;
}

static void on_failed(struct store_watch *watch, int err)
{
    (void)watch;
    (void)err;
}

static void on_checked(struct store_watch *watch, const struct store_progress *p)
{
    (void)watch;
    assert_true(p->entries - w.last.entries <= STORE_CHECK_ENTRIES);
    assert_true(p->bytes <= p->of_bytes || p->of_bytes == 0);
    w.last = *p;
    w.slices++;
}

static void watch(void)
{
    w.watch =
        (struct store_watch){.committed = on_committed, .failed = on_failed, .checked = on_checked};
    w.last = (struct store_progress){.entries = 0};
    w.slices = 0;
    store_watch(w.disk.store, &w.watch);
}

static void start(enum store_kind kind)
{
    uint64_t sequence;

    memset(&w, 0, sizeof w);
    disk_start(&w.disk, 1, kind);
    for (size_t i = 0; i < ENTRIES; i++) {
        char text[32];
        int len = snprintf(text, sizeof text, "text number %zu", i);
        struct span bytes = span_of(text, (size_t)len);
        assert_int_equal(store_append(w.disk.store, "log", bytes, &sequence), 0);
        assert_int_equal(store_index_put(w.disk.store, "words", sequence, bytes), 0);
        if (i % 1000 == 0) {
            assert_int_equal(store_flush(w.disk.store), 0);
        }
    }
    assert_int_equal(store_delete_records(w.disk.store, "log", ENTRIES, ENTRIES), 0);
    assert_int_equal(disk_put(&w.disk, "k", "v"), 0);
    assert_int_equal(store_flush(w.disk.store), 0);
    if (kind == STORE_DISK) {
        disk_reopen(&w.disk);
    }
    watch();
}

static void stop(void)
{
    store_unwatch(&w.watch);
    disk_stop(&w.disk);
}

static bool has_ended(void *context)
{
    (void)context;
    return w.last.is_done || w.last.err < 0;
}

static void run_to_end(void)
{
    assert_true(sim_run_until(w.disk.sim, has_ended, NULL, 60 * TIMERS_SECOND));
}

static void test_what_is_whole_passes(void **state)
{
    static const enum store_kind kinds[] = {STORE_DISK, STORE_MEMORY};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        start(kinds[i]);
        store_inspect(w.disk.store);
        store_inspect(w.disk.store); /* it runs already */
        run_to_end();
        assert_int_equal(w.last.err, 0);
        if (kinds[i] == STORE_DISK) {
            assert_true(w.last.entries > ENTRIES);
            assert_true(w.slices > ENTRIES / STORE_CHECK_ENTRIES);
        }
        stop();
    }
}

/* It goes on where it was ended, and begins anew behind its end. */
static void test_halts(void **state)
{
    (void)state;
    start(STORE_DISK);
    store_inspect(w.disk.store);
    while (w.slices < 2) {
        sim_run_for(w.disk.sim, TIMERS_MS);
    }
    store_inspect_stop(w.disk.store);
    uint64_t before = w.last.entries;
    sim_run_for(w.disk.sim, 10 * TIMERS_SECOND);
    assert_int_equal(w.last.entries, before);
    store_inspect(w.disk.store);
    run_to_end();
    uint64_t all = w.last.entries;
    assert_true(all > ENTRIES && before < all);
    w.last = (struct store_progress){.entries = 0};
    store_inspect(w.disk.store);
    run_to_end();
    assert_int_equal(w.last.entries, all);
    store_inspect(w.disk.store); /* and is under way when all ends */
    sim_run_for(w.disk.sim, TIMERS_MS * 25);
    stop();
}

/* Commits go on meanwhile. */
static void test_commits_beside_it(void **state)
{
    (void)state;
    start(STORE_DISK);
    store_inspect(w.disk.store);
    for (int i = 0; !has_ended(NULL); i++) {
        assert_true(i < 10000);
        assert_int_equal(disk_put(&w.disk, "again", "and again"), 0);
        disk_run(&w.disk);
    }
    assert_int_equal(w.last.err, 0);
    assert_true(w.disk.told > 3);
    stop();
}

/* Whatever page is damaged, the opening, or else the full check, finds it. */
static void test_damage_is_found(void **state)
{
    struct buf whole;
    int found_by_check = 0;

    (void)state;
    start(STORE_DISK);
    store_unwatch(&w.watch);
    disk_store_free(&w.disk);
    buf_init(&whole, 10000000);
    assert_true(sim_files_peek(w.disk.host, STORE_FILE, &whole));
    for (size_t page = 1; page < whole.len / 4096; page += 3) {
        size_t at = page * 4096 + page * 97 % 4000;
        whole.ptr[at] ^= 4;
        sim_files_put(w.disk.host, STORE_FILE, buf_span(&whole));
        disk_store_new(&w.disk);
        watch();
        if (store_open(w.disk.store) == 0) {
            store_inspect(w.disk.store);
            run_to_end();
            assert_true(w.last.err == WAVU_ERR_CORRUPT || w.last.is_done);
            found_by_check += w.last.err == WAVU_ERR_CORRUPT;
            assert_int_equal(disk_put(&w.disk, "k", "w"), 0); /* the rest goes on */
        }
        store_unwatch(&w.watch);
        disk_store_free(&w.disk);
        whole.ptr[at] ^= 4;
    }
    assert_true(found_by_check > 10);
    buf_clear(&whole);
    disk_store_new(&w.disk);
    watch();
    stop();
}

/* An error that passes ends it where it is; done again it goes on. */
static void test_errors_that_pass(void **state)
{
    (void)state;
    start(STORE_DISK);
    store_inspect(w.disk.store);
    while (w.slices < 1) {
        sim_run_for(w.disk.sim, TIMERS_MS);
    }
    sim_files_set_fault(w.disk.host, SIM_DISK_BROKEN);
    run_to_end();
    assert_int_equal(w.last.err, WAVU_ERR_IO);
    sim_files_set_fault(w.disk.host, SIM_DISK_SOUND);
    uint64_t before = w.last.entries;
    w.last.err = 0;
    store_inspect(w.disk.store);
    run_to_end();
    assert_int_equal(w.last.err, 0);
    assert_true(w.last.entries > ENTRIES && w.last.entries > before);
    stop();
}

static void test_forms(void **state)
{
    static const uint8_t long_value[STORE_VALUE_MAX + 1];

    (void)state;
    assert_true(store_check_is_sound(UNIT_TEXT("\1\1tkey"), UNIT_TEXT("any")));
    assert_true(store_check_is_sound(UNIT_TEXT("\2\1t12345678"), UNIT_TEXT("any")));
    assert_false(store_check_is_sound(UNIT_TEXT("\2\1t1234567"), UNIT_TEXT("any")));
    assert_true(store_check_is_sound(UNIT_TEXT("\4\1t"), UNIT_TEXT("12345678")));
    assert_false(store_check_is_sound(UNIT_TEXT("\4\1tx"), UNIT_TEXT("12345678")));
    assert_true(store_check_is_sound(UNIT_TEXT("\3\1t\0\0\0\0\0\0\0\1"), UNIT_TEXT("\1\1a")));
    assert_false(store_check_is_sound(UNIT_TEXT("\3\1t\0\0\0\0\0\0\0\1"), UNIT_TEXT("\1\2a")));
    assert_false(store_check_is_sound(UNIT_TEXT("\3\1t\0\0\0\0\0\0\1"), UNIT_TEXT("\1\1a")));
    assert_true(
        store_check_is_sound(UNIT_TEXT("\5\1t\0\0\0\0\0\0\0\0\x8"), UNIT_TEXT("\1\1a\1\0")));
    assert_false(
        store_check_is_sound(UNIT_TEXT("\5\1t\0\0\0\0\0\0\0\0\x8"), UNIT_TEXT("\1\1a\2\0")));
    assert_false(store_check_is_sound(UNIT_TEXT("\6\1t"), UNIT_TEXT("")));
    assert_false(store_check_is_sound(UNIT_TEXT("\1\0"), UNIT_TEXT("")));
    assert_false(store_check_is_sound(UNIT_TEXT("\1\5t"), UNIT_TEXT("")));
    assert_false(store_check_is_sound(UNIT_TEXT(""), UNIT_TEXT("")));
    assert_false(store_check_is_sound(UNIT_TEXT("\1\1t"), span_of(long_value, sizeof long_value)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(test_what_is_whole_passes), UNIT(test_halts),
        UNIT(test_commits_beside_it),    UNIT(test_damage_is_found),
        UNIT(test_errors_that_pass),     UNIT(test_forms),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
