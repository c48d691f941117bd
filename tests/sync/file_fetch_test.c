/*
 * A fetch that is interrupted: the power goes at every moment, the disk fills up, lies or breaks.
 */
#include "sync/file_fetch.h"

#include "tests/base/unit.h"
#include "tests/support/file_world.h"

#define KIB UINT64_C(1024)
#define MIB (1024 * KIB)
#define LONG (600 * TIMERS_SECOND)
#define NOBODY SIZE_MAX
#define PATH "/srv/anna/trip.ogg"
#define STORED "downloads/trip.ogg"
#define SIZE (MIB + 5)

static struct file_world w;

static void slow(uint64_t bytes_per_second)
{
    sim_cable_set(w.net.hosts[0], w.net.hosts[1],
                  &(struct sim_cable_settings){.latency_ns = 1000000,
                                               .bytes_per_second = bytes_per_second,
                                               .loss_whole = 1,
                                               .mtu = SIM_CABLE_MTU});
}

static void start(uint64_t seed, uint64_t size, uint64_t bytes_per_second)
{
    file_world_start(&w, seed, 2, NOBODY);
    file_world_put(&w, 0, PATH, size, 3);
    file_world_offer(&w, 0, PATH);
    slow(bytes_per_second);
}

static void expect_one(uint64_t size)
{
    assert_string_equal(w.nodes[1].path, STORED);
    assert_true(file_world_is(&w, 1, STORED, size, 3));
    assert_false(file_world_is(&w, 1, "downloads/trip (2).ogg", size, 3));
}

/* docs/protocol/file.md: the power goes at one of the disk's operations after another, from the
 * first write to the name's commit. */
static void resumes_where_it_stopped(void **state)
{
    bool was_finished = false;
    size_t resumed = 0;
    uint64_t calm = 0;

    (void)state;
    for (uint64_t round = 0; !was_finished; round++, calm += 1 + calm / 12) {
        start(100 + round, SIZE, 50 * KIB); /* 20 s: the map is saved four times */
        sim_files_fail(w.net.hosts[1], calm, SIM_DISK_FOR_EVER);
        (void)!file_world_fetch(&w, 1, 0, "trip.ogg", 0);
        was_finished = file_world_until(&w, 1, FILE_DONE, 1, 40 * TIMERS_SECOND);
        if (!was_finished) {
            file_world_crash(&w, 1);
            file_world_restart(&w, 1);
            w.nodes[1].heard[FILE_MOVED] = 0;
            w.nodes[1].bytes = 0;
            assert_int_equal(file_world_fetch(&w, 1, 0, "trip.ogg", NOBODY), 0);
            (void)file_world_until(&w, 1, FILE_MOVED, 1, TIMERS_SECOND);
            resumed += w.nodes[1].bytes > 0 ? 1 : 0;
            (void)!file_world_holder(&w, 1, 0, 0);
            assert_true(file_world_until(&w, 1, FILE_DONE, 1, LONG));
        }
        expect_one(SIZE);
        file_world_stop(&w);
    }
    assert_true(resumed > 10);
}

/* A crash at any time, not only at the disk's operations; again and again. */
static void test_crashes_all_along(void **state)
{
    (void)state;
    start(7, SIZE, 50 * KIB);
    for (int crash = 0; w.nodes[1].heard[FILE_DONE] == 0; crash++) {
        assert_true(crash < 40);
        (void)!file_world_fetch(&w, 1, 0, "trip.ogg", 0);
        if (!file_world_until(&w, 1, FILE_DONE, 1, 8 * TIMERS_SECOND)) {
            file_world_crash(&w, 1);
            file_world_restart(&w, 1);
        }
    }
    expect_one(SIZE);
    file_world_stop(&w);
}

static void test_a_full_disk(void **state)
{
    (void)state;
    start(8, 3 * MIB, 10 * MIB);
    sim_files_set_room(w.net.hosts[1], 2 * MIB);
    assert_int_equal(file_world_fetch(&w, 1, 0, "trip.ogg", 0), 0);
    assert_true(file_world_until(&w, 1, FILE_STOPPED, 1, LONG));
    assert_int_equal(w.nodes[1].err, WAVU_ERR_NO_SPACE);
    sim_files_set_room(w.net.hosts[1], UINT64_MAX); /* somebody made room */
    assert_int_equal(file_world_fetch(&w, 1, 0, "trip.ogg", 0), 0);
    assert_true(file_world_until(&w, 1, FILE_DONE, 1, LONG));
    expect_one(3 * MIB);
    file_world_stop(&w);
}

static void test_a_disk_that_fails_now_and_then(void **state)
{
    size_t stopped = 0;

    (void)state;
    start(9, SIZE, 200 * KIB);
    for (uint64_t calm = 1; w.nodes[1].heard[FILE_DONE] == 0; calm += 2) {
        assert_true(calm < 400);
        sim_files_fail(w.net.hosts[1], calm, 1);
        (void)!file_world_fetch(&w, 1, 0, "trip.ogg", 0);
        (void)!file_world_until(&w, 1, FILE_STOPPED, ++stopped, 30 * TIMERS_SECOND);
        stopped = w.nodes[1].heard[FILE_STOPPED];
    }
    expect_one(SIZE);
    file_world_stop(&w);
}

/* The disk of node 1, of which the first sync of a part fails and later ones do not: so does a
 * system that takes its pages for written then. */
static const struct port_files *disk;
static struct port_files breaking;
static struct port_file *broken; /* the handle whose sync failed */
static size_t syncs;

static int sync_failing_once(struct port_file *file)
{
    if (broken == NULL) {
        broken = file;
        return WAVU_ERR_IO;
    }
    syncs += file == broken;
    return disk->sync(file);
}

/* Nothing is known of what is on the disk when a save failed: also when other pieces are written
 * just then, the map is not saved again, which would say that all of them are there. */
static void test_a_save_that_failed_is_the_last(void **state)
{
    (void)state;
    start(70, 80 * MIB, 0); /* two jobs write when the map is saved */
    struct port *port = w.net.nodes[1].port;
    broken = NULL;
    syncs = 0;
    assert_int_equal(file_world_fetch(&w, 1, 0, "trip.ogg", 0), 0);
    assert_true(file_world_until(&w, 1, FILE_MOVED, 1, LONG));
    disk = port->files; /* the store rests: the next sync is of the part */
    breaking = *disk;
    breaking.sync = sync_failing_once;
    port->files = &breaking;
    assert_true(file_world_until(&w, 1, FILE_STOPPED, 1, LONG));
    port->files = disk;
    assert_int_equal(w.nodes[1].err, WAVU_ERR_IO);
    assert_non_null(broken);
    assert_int_equal(syncs, 0);
    assert_int_equal(file_world_fetch(&w, 1, 0, "trip.ogg", 0), 0);
    assert_true(file_world_until(&w, 1, FILE_DONE, 1, LONG));
    expect_one(80 * MIB);
    file_world_stop(&w);
}

/* A disk that forgets what it was told to keep: all of it is looked at before it gets its name. */
static void test_a_lying_disk_is_noticed(void **state)
{
    size_t noticed = 0;

    (void)state;
    for (uint64_t seed = 0; seed < 6; seed++) {
        start(50 + seed, SIZE, 50 * KIB);
        assert_int_equal(file_world_fetch(&w, 1, 0, "trip.ogg", 0), 0);
        assert_false(file_world_until(&w, 1, FILE_DONE, 1, 12 * TIMERS_SECOND));
        struct buf part;

        buf_init(&part, 2 * SIZE);
        file_world_crash(&w, 1);
        struct file_part where;
        struct file_get_form form = {.aead = AEAD_CHACHA20_POLY1305};

        memcpy(form.id, w.nodes[0].id, sizeof form.id);
        assert_int_equal(file_shape_of(&form.shape, SIZE), 0);
        file_part_init(&where, NULL, &form, w.nodes[0].secret);
        assert_true(sim_files_peek(w.net.hosts[1], where.path, &part));
        for (size_t i = 0; i < part.len; i += 3000) {
            part.ptr[i] ^= 1; /* decay */
        }
        sim_files_put(w.net.hosts[1], where.path, buf_span(&part));
        file_part_clear(&where);
        buf_clear(&part);
        file_world_restart(&w, 1);
        assert_int_equal(file_world_fetch(&w, 1, 0, "trip.ogg", 0), 0);
        assert_true(file_world_until(&w, 1, FILE_STOPPED, 1, LONG));
        assert_int_equal(w.nodes[1].err, WAVU_ERR_CORRUPT);
        noticed++;
        assert_int_equal(file_world_fetch(&w, 1, 0, "trip.ogg", 0), 0); /* from the beginning */
        assert_true(file_world_until(&w, 1, FILE_DONE, 1, LONG));
        expect_one(SIZE);
        file_world_stop(&w);
    }
    assert_int_equal(noticed, 6);
}

/* A link faster than the disk: pieces wait, so two jobs write, and a third one saves; the process
 * ends in the middle of all three, later each time. */
static void test_crashes_while_two_jobs_write(void **state)
{
    const uint64_t size = 80 * MIB; /* one save on the way */
    bool was_finished = false;
    size_t rounds = 0;

    (void)state;
    start(60, size, 0);
    for (uint64_t ns = TIMERS_MS; !was_finished; ns += ns / 2) {
        assert_int_equal(file_world_fetch(&w, 1, 0, "trip.ogg", 0), 0);
        was_finished = file_world_until(&w, 1, FILE_DONE, 1, ns);
        if (!was_finished) {
            file_world_crash(&w, 1);
            file_world_restart(&w, 1);
            rounds++;
        }
    }
    expect_one(size);
    assert_true(rounds > 5);
    file_world_stop(&w);
}

/* docs/protocol/file.md: what is under way does not grow with the file; here of 96 MiB, the
 * benchmark's has 1 GiB. The receiver's disk is slower than the link. */
static void memory_is_flat(void **state)
{
    (void)state;
    start(10, 96 * MIB, 0);
    assert_int_equal(file_world_fetch(&w, 1, 0, "trip.ogg", 0), 0);
    assert_true(file_world_until(&w, 1, FILE_DONE, 1, LONG));
    expect_one(96 * MIB);
    assert_true(w.nodes[0].held_max > 0 && w.nodes[0].held_max < 4 * MIB);
    assert_true(w.nodes[1].held_max > 0 && w.nodes[1].held_max < 6 * MIB);
    file_world_stop(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(resumes_where_it_stopped),
        UNIT(test_crashes_all_along),
        UNIT(test_a_full_disk),
        UNIT(test_a_disk_that_fails_now_and_then),
        UNIT(test_a_save_that_failed_is_the_last),
        UNIT(test_a_lying_disk_is_noticed),
        UNIT(test_crashes_while_two_jobs_write),
        UNIT(memory_is_flat),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
