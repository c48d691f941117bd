/*
 * Files between members on virtual time: the promises of docs/protocol/file.md that two nodes and a
 * stranger can show.
 */
#include "sync/file.h"

#include "tests/base/unit.h"
#include "tests/support/file_world.h"

#define KIB UINT64_C(1024)
#define MIB (1024 * KIB)
#define LONG (600 * TIMERS_SECOND)
#define NOBODY SIZE_MAX
#define PATH "/srv/anna/trip.ogg"
#define STORED "downloads/trip.ogg"

static struct file_world w;

static void start(uint64_t seed, size_t count, uint64_t size)
{
    file_world_start(&w, seed, count, NOBODY);
    file_world_put(&w, 0, PATH, size, 3);
    file_world_offer(&w, 0, PATH);
}

static void test_offered_and_fetched(void **state)
{
    static const uint64_t sizes[] = {0, 1, 64 * KIB, 64 * KIB + 1, 3 * MIB + 77};

    (void)state;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        start(i + 1, 2, sizes[i]);
        assert_int_equal(w.nodes[0].size, sizes[i]);
        assert_int_equal(file_world_fetch(&w, 1, 0, "trip.ogg", 0), 0);
        assert_int_equal(file_world_fetch(&w, 1, 0, "trip.ogg", NOBODY), WAVU_ERR_EXISTS);
        assert_int_equal(file_world_holder(&w, 1, 0, 0), WAVU_ERR_EXISTS);
        assert_true(file_world_until(&w, 1, FILE_DONE, 1, LONG));
        assert_string_equal(w.nodes[1].path, STORED);
        assert_true(file_world_is(&w, 1, STORED, sizes[i], 3));
        file_world_stop(&w);
    }
}

/* Who has a file gives it, too; it stands under a free name; after a restart as well. */
static void test_passed_on_after_a_restart(void **state)
{
    struct file_status status;

    (void)state;
    start(11, 3, 200 * KIB);
    sim_files_put(w.net.hosts[2], "downloads/trip.ogg", UNIT_TEXT("another"));
    assert_int_equal(file_world_fetch(&w, 1, 0, "trip.ogg", 0), 0);
    assert_true(file_world_until(&w, 1, FILE_DONE, 1, LONG));
    file_world_crash(&w, 0);
    file_world_crash(&w, 1);
    file_world_restart(&w, 1);
    assert_int_equal(file_look(w.nodes[1].file, w.nodes[0].id, &status), 0);
    assert_int_equal(status.state, FILE_IS_HERE);
    assert_int_equal(file_world_fetch(&w, 2, 0, "trip.ogg", 1), 0);
    assert_true(file_world_until(&w, 2, FILE_DONE, 1, LONG));
    assert_string_equal(w.nodes[2].path, "downloads/trip (2).ogg");
    assert_true(file_world_is(&w, 2, w.nodes[2].path, 200 * KIB, 3));
    assert_int_equal(file_world_fetch(&w, 2, 0, "trip.ogg", NOBODY), 0); /* is here: at once */
    assert_true(file_world_until(&w, 2, FILE_DONE, 2, LONG));
    assert_string_equal(w.nodes[2].path, "downloads/trip (2).ogg");
    file_world_restart(&w, 0); /* its offer, too, outlasts the crash */
    assert_int_equal(file_forget(w.nodes[2].file, w.nodes[0].id), 0);
    assert_int_equal(file_world_fetch(&w, 2, 0, "trip.ogg", 0), 0);
    assert_true(file_world_until(&w, 2, FILE_DONE, 3, LONG));
    assert_string_equal(w.nodes[2].path, "downloads/trip (3).ogg");
    file_world_stop(&w);
}

/* docs/protocol/file.md */
static void strangers_learn_nothing(void **state)
{
    (void)state;
    file_world_start(&w, 21, 3, 2);
    file_world_put(&w, 0, PATH, 100 * KIB, 3);
    file_world_offer(&w, 0, PATH);
    assert_int_equal(file_world_fetch(&w, 2, 0, "trip.ogg", 0), 0); /* it knows id and key */
    assert_false(file_world_until(&w, 2, FILE_DONE, 1, LONG));
    assert_int_equal(w.nodes[2].holders_max, 0);
    assert_int_equal(w.nodes[2].bytes, 0);
    assert_int_equal(file_world_fetch(&w, 1, 0, "trip.ogg", 0), 0);
    assert_true(file_world_until(&w, 1, FILE_DONE, 1, LONG));
    file_world_stop(&w);
}

static void test_a_changed_file_is_not_offered_any_more(void **state)
{
    struct file_status status;

    (void)state;
    start(31, 2, 500 * KIB);
    file_world_put(&w, 0, PATH, 500 * KIB, 4);
    assert_int_equal(file_world_fetch(&w, 1, 0, "trip.ogg", 0), 0);
    assert_true(file_world_until(&w, 0, FILE_GONE, 1, LONG));
    assert_int_equal(w.nodes[0].err, WAVU_ERR_CORRUPT);
    assert_int_equal(file_look(w.nodes[0].file, w.nodes[0].id, &status), WAVU_ERR_NOT_FOUND);
    assert_true(file_world_until(&w, 1, FILE_STOPPED, 1, 60 * TIMERS_SECOND));
    assert_int_equal(w.nodes[1].err, WAVU_ERR_NOT_FOUND); /* it does not wait for ever */
    assert_int_equal(w.nodes[1].bytes, 0);
    file_world_stop(&w);
}

static void test_offers_that_fail(void **state)
{
    uint64_t offer = 0;

    (void)state;
    file_world_start(&w, 41, 1, NOBODY);
    struct file *f = w.nodes[0].file;

    assert_int_equal(file_offer(f, "trip.ogg", &offer), WAVU_ERR_INVALID);
    assert_int_equal(file_offer(f, "/home/none", &offer), 0);
    assert_true(file_world_until(&w, 0, FILE_REFUSED, 1, LONG));
    assert_int_equal(w.nodes[0].err, WAVU_ERR_NOT_FOUND);
    file_world_put(&w, 0, PATH, 20 * MIB, 1);
    assert_int_equal(file_offer(f, PATH, &offer), 0);
    assert_true(file_world_until(&w, 0, FILE_HASHED, 1, LONG));
    assert_int_equal(file_offer_cancel(f, offer), 0);
    assert_int_equal(file_offer_cancel(f, offer), WAVU_ERR_NOT_FOUND);
    assert_false(file_world_until(&w, 0, FILE_OFFERED, 1, 10 * TIMERS_SECOND));
    for (size_t i = 0; i < FILE_OFFERS_MAX; i++) {
        assert_int_equal(file_offer(f, PATH, &offer), 0);
    }
    assert_int_equal(file_offer(f, PATH, &offer), WAVU_ERR_LIMIT);
    file_world_stop(&w); /* in the middle of all that */
}

static void check_where(size_t i, const char *expected)
{
    struct buf path;

    buf_init(&path, 100);
    assert_int_equal(file_where(w.nodes[i].file, w.nodes[0].id, &path), 0);
    assert_true(span_is_equal(buf_span(&path), span_from_text(expected)));
    buf_clear(&path);
    buf_init(&path, 3);
    assert_int_equal(file_where(w.nodes[i].file, w.nodes[0].id, &path), WAVU_ERR_LIMIT);
    buf_clear(&path);
}

static void test_looked_at_stopped_and_forgotten(void **state)
{
    struct file_status status;

    (void)state;
    start(51, 2, 4 * MIB);
    assert_int_equal(file_next(w.nodes[0].file, true, &status), 0);
    assert_int_equal(status.state, FILE_IS_OFFERED);
    assert_memory_equal(status.id, w.nodes[0].id, sizeof status.id);
    assert_int_equal(file_next(w.nodes[0].file, false, &status), WAVU_ERR_NOT_FOUND);
    assert_int_equal(file_world_fetch(&w, 0, 0, "mine", NOBODY), WAVU_ERR_EXISTS);

    sim_cable_set(w.net.hosts[0], w.net.hosts[1],
                  &(struct sim_cable_settings){.latency_ns = 1000000,
                                               .bytes_per_second = 500000,
                                               .loss_whole = 1,
                                               .mtu = SIM_CABLE_MTU});
    assert_int_equal(file_world_fetch(&w, 1, 0, "trip.ogg", 0), 0);
    assert_true(file_world_until(&w, 1, FILE_MOVED, 8, LONG));
    assert_int_equal(file_look(w.nodes[1].file, w.nodes[0].id, &status), 0);
    assert_true(status.is_running && status.state == FILE_IS_COMING);
    assert_true(status.holders == 1 && status.bytes > 0 && status.bytes < 4 * MIB);
    assert_int_equal(file_stop(w.nodes[1].file, w.nodes[0].id), 0);
    assert_true(file_world_until(&w, 1, FILE_STOPPED, 1, LONG));
    uint64_t had = w.nodes[1].bytes;

    assert_true(had > 0);
    assert_int_equal(file_stop(w.nodes[1].file, w.nodes[0].id), WAVU_ERR_NOT_FOUND);
    w.nodes[1].heard[FILE_MOVED] = 0;
    assert_int_equal(file_resume(w.nodes[1].file, w.nodes[0].id), 0);
    assert_int_equal(file_resume(w.nodes[1].file, w.nodes[0].id), WAVU_ERR_EXISTS);
    assert_int_equal(file_resume(w.nodes[0].file, w.nodes[0].id), WAVU_ERR_NOT_FOUND); /* own */
    assert_int_equal(file_world_holder(&w, 1, 0, 0), 0);
    assert_true(file_world_until(&w, 1, FILE_MOVED, 1, LONG));
    assert_true(w.nodes[1].bytes >= had); /* it goes on */
    check_where(0, PATH);
    check_where(1, "trip.ogg");
    assert_int_equal(file_forget(w.nodes[1].file, w.nodes[0].id), 0);
    assert_true(file_world_until(&w, 1, FILE_STOPPED, 2, LONG));
    assert_int_equal(file_look(w.nodes[1].file, w.nodes[0].id, &status), WAVU_ERR_NOT_FOUND);
    assert_int_equal(file_next(w.nodes[1].file, true, &status), WAVU_ERR_NOT_FOUND);
    w.nodes[1].heard[FILE_MOVED] = 0;
    assert_int_equal(file_world_fetch(&w, 1, 0, "trip.ogg", NOBODY), 0);
    assert_true(file_world_until(&w, 1, FILE_MOVED, 1, LONG));
    assert_int_equal(w.nodes[1].bytes, 0); /* nothing is left of it */
    file_world_stop(&w);
}

static void test_fetches_have_a_limit(void **state)
{
    (void)state;
    file_world_start(&w, 61, 1, NOBODY);
    struct file_about about = {.size = FILE_SHAPE_SIZE_MAX + 1, .name = UNIT_TEXT("a")};

    assert_int_equal(file_fetch(w.nodes[0].file, &about), WAVU_ERR_LIMIT);
    about.size = 5;
    for (uint8_t i = 0; i < FILE_FETCHES_MAX; i++) {
        about.id[0] = i;
        assert_int_equal(file_fetch(w.nodes[0].file, &about), 0);
    }
    about.id[0] = 99;
    assert_int_equal(file_fetch(w.nodes[0].file, &about), WAVU_ERR_LIMIT);
    file_world_stop(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(test_offered_and_fetched),  UNIT(test_passed_on_after_a_restart),
        UNIT(strangers_learn_nothing),   UNIT(test_a_changed_file_is_not_offered_any_more),
        UNIT(test_offers_that_fail),     UNIT(test_looked_at_stopped_and_forgotten),
        UNIT(test_fetches_have_a_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
