/* Open files on a simulated disk: what is seen, what is kept, and every way in which a crash can
 * leave it. */
#include "sim/sim_files_open.h"

#include "sim/sim.h"
#include "sim/sim_host.h"
#include "tests/base/unit.h"

#define SECTORS 4
#define SIZE (SECTORS * SIM_DISK_SECTOR)

static struct sim *sim;
static struct sim_host *host;
static struct port *port;
static const struct port_files *files;

static void start(uint64_t seed)
{
    sim = sim_new(seed);
    host = sim_host_new(sim, NULL);
    port = sim_host_port(host);
    files = port->files;
    assert_int_equal(files->make_home(port), 0);
}

static struct port_file *make(const char *path)
{
    struct port_file *f = NULL;

    assert_int_equal(files->open(port, path, PORT_FILES_MAKE, &f), 0);
    return f;
}

static void fill(struct port_file *f, uint8_t byte)
{
    uint8_t bytes[SIZE];

    memset(bytes, byte, sizeof bytes);
    assert_int_equal(files->write_at(f, 0, span_of(bytes, sizeof bytes)), 0);
}

static void crash(struct port_file *f)
{
    sim_host_crash(host, false);
    if (f != NULL) {
        assert_int_equal(files->write_at(f, 0, UNIT_TEXT("dead")), WAVU_ERR_IO);
        files->close(f);
    }
    port = sim_host_restart(host);
}

static void test_bytes_at_offsets(void **state)
{
    uint8_t room[16];
    size_t got = 9;
    uint64_t size = 0;

    (void)state;
    start(1);
    struct port_file *f = make("a");
    struct port_file *again = make("a");

    assert_int_equal(files->write_at(f, 3, UNIT_TEXT("abc")), 0);
    assert_int_equal(files->read_at(again, 0, span_mut_of(room, sizeof room), &got), 0);
    assert_int_equal(got, 6);
    assert_memory_equal(room, "\0\0\0abc", 6);
    assert_int_equal(files->truncate(f, 4), 0);
    assert_int_equal(files->truncate(f, 6), 0);
    assert_int_equal(files->read_at(again, 3, span_mut_of(room, sizeof room), &got), 0);
    assert_memory_equal(room, "a\0\0", 3);
    assert_int_equal(files->size(f, &size), 0);
    assert_int_equal(size, 6);
    assert_int_equal(files->lock(f), 0);
    assert_int_equal(files->lock(f), 0);
    assert_int_equal(files->lock(again), WAVU_ERR_IN_USE);
    files->close(f);
    assert_int_equal(files->lock(again), 0);
    assert_int_equal(files->remove(port, "a", true), 0);
    assert_int_equal(files->exists(port, "a"), WAVU_ERR_NOT_FOUND);
    assert_int_equal(files->read_at(again, 3, span_mut_of(room, sizeof room), &got), 0);
    assert_int_equal(got, 3); /* who has it open still has it */
    files->close(again);
    sim_free(sim);
}

static void test_names_are_listed(void **state)
{
    struct buf names;

    (void)state;
    start(1);
    files->close(make("a"));
    files->close(make("b"));
    buf_init(&names, 4);
    assert_int_equal(files->list(port, &names), 0);
    assert_true(span_is_equal(buf_span(&names), span_of("a\0b", 4)));
    assert_int_equal(files->remove(port, "a", false), 0);
    assert_int_equal(files->list(port, &names), WAVU_ERR_LIMIT);
    assert_int_equal(names.len, 4);
    buf_clear(&names);
    sim_free(sim);
}

static void test_what_is_synced_stays(void **state)
{
    struct buf bytes;

    (void)state;
    for (uint64_t seed = 0; seed < 50; seed++) {
        start(seed);
        struct port_file *f = make("a");
        fill(f, 1);
        assert_int_equal(files->sync(f), 0);
        crash(f);
        buf_init(&bytes, SIZE);
        assert_true(sim_files_peek(host, "a", &bytes));
        assert_int_equal(bytes.len, SIZE);
        assert_int_equal(bytes.ptr[SIZE - 1], 1);
        buf_clear(&bytes);
        sim_free(sim);
    }
}

/* What a crash left of a file of ones that was being overwritten by twos. */
enum fate { OLD, NEW, TORN, FATES };

static enum fate fate_of(void)
{
    struct buf bytes;
    size_t twos = 0;

    buf_init(&bytes, SIZE);
    assert_true(sim_files_peek(host, "a", &bytes));
    assert_int_equal(bytes.len, SIZE);
    for (size_t i = 0; i < SECTORS; i++) {
        const uint8_t *sector = bytes.ptr + i * SIM_DISK_SECTOR;

        assert_true(sector[0] == 1 || sector[0] == 2);
        for (size_t j = 1; j < SIM_DISK_SECTOR; j++) {
            assert_int_equal(sector[j], sector[0]); /* a sector is whole */
        }
        twos += sector[0] == 2 ? 1 : 0;
    }
    buf_clear(&bytes);
    return twos == 0 ? OLD : (twos == SECTORS ? NEW : TORN);
}

static void test_a_crash_loses_keeps_and_tears(void **state)
{
    size_t met[FATES] = {0};
    size_t names_met[2] = {0};
    size_t removed_met[2] = {0};

    (void)state;
    for (uint64_t seed = 0; seed < 100; seed++) {
        start(seed);
        struct port_file *f = make("a");
        fill(f, 1);
        assert_int_equal(files->sync(f), 0);
        fill(f, 2);
        files->close(make("new")); /* its name is not synced */
        sim_files_put(host, "old", UNIT_TEXT("x"));
        assert_int_equal(files->remove(port, "old", false), 0);
        sim_files_put(host, "older", UNIT_TEXT("x"));
        assert_int_equal(files->remove(port, "older", true), 0);
        crash(f);
        met[fate_of()]++;
        names_met[files->exists(port, "new") == 0]++;
        removed_met[files->exists(port, "old") == 0]++;
        assert_int_equal(files->exists(port, "older"), WAVU_ERR_NOT_FOUND);
        sim_free(sim);
    }
    for (size_t i = 0; i < FATES; i++) {
        assert_true(met[i] >= 10);
    }
    assert_true(names_met[0] >= 20 && names_met[1] >= 20);
    assert_true(removed_met[0] >= 20 && removed_met[1] >= 20);
}

static void test_one_seed_tears_alike(void **state)
{
    struct buf bytes[2];

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        start(7);
        struct port_file *f = make("a");
        fill(f, 1);
        assert_int_equal(files->sync(f), 0);
        for (uint8_t byte = 2; byte < 9; byte++) {
            fill(f, byte);
        }
        crash(f);
        buf_init(&bytes[i], SIZE);
        assert_true(sim_files_peek(host, "a", &bytes[i]));
        sim_free(sim);
    }
    assert_true(span_is_equal(buf_span(&bytes[0]), buf_span(&bytes[1])));
    buf_clear(&bytes[0]);
    buf_clear(&bytes[1]);
}

static void test_disks_fill_and_fail(void **state)
{
    uint8_t room[8];
    size_t got;

    (void)state;
    start(1);
    struct port_file *f = make("a");

    sim_files_set_room(host, 4);
    assert_int_equal(files->write_at(f, 0, UNIT_TEXT("1234")), 0);
    assert_int_equal(files->write_at(f, 1, UNIT_TEXT("5678")), WAVU_ERR_NO_SPACE);
    assert_int_equal(files->truncate(f, 5), WAVU_ERR_NO_SPACE);
    assert_int_equal(files->read_at(f, 0, span_mut_of(room, 8), &got), 0);
    assert_int_equal(got, 4);
    assert_memory_equal(room, "1564", 4); /* a part was done */
    sim_files_set_room(host, UINT64_MAX);

    uint64_t before = sim_files_changes(host);
    sim_files_fail(host, 1, 2);
    assert_int_equal(files->write_at(f, 0, UNIT_TEXT("aa")), 0);
    assert_int_equal(files->sync(f), WAVU_ERR_IO);
    assert_int_equal(files->write_at(f, 2, UNIT_TEXT("bb")), WAVU_ERR_IO);
    assert_int_equal(files->write_at(f, 2, UNIT_TEXT("cc")), 0);
    assert_int_equal(sim_files_failed(host), 2);
    assert_int_equal(sim_files_changes(host), before + 4);
    sim_files_fail(host, 0, SIM_DISK_FOR_EVER);
    for (int i = 0; i < 5; i++) {
        assert_int_equal(files->sync(f), WAVU_ERR_IO);
        assert_int_equal(files->remove(port, "a", true), WAVU_ERR_IO);
    }
    crash(f);
    assert_int_equal(files->create(port, "b", UNIT_TEXT("healed")), 0);
    sim_files_set_fault(host, SIM_DISK_FULL);
    assert_int_equal(files->open(port, "c", PORT_FILES_MAKE, &f), WAVU_ERR_NO_SPACE);
    sim_files_set_fault(host, SIM_DISK_BROKEN);
    assert_int_equal(files->exists(port, "b"), WAVU_ERR_IO);
    sim_free(sim);
}

/* A failed sync is not repaired by one that succeeds. */
static void test_a_failed_sync_may_lose_for_good(void **state)
{
    size_t lost = 0;

    (void)state;
    for (uint64_t seed = 0; seed < 50; seed++) {
        start(seed);
        struct port_file *f = make("a");
        fill(f, 1);
        assert_int_equal(files->sync(f), 0);
        fill(f, 2);
        sim_files_fail(host, 0, 1);
        assert_int_equal(files->sync(f), WAVU_ERR_IO);
        assert_int_equal(files->sync(f), 0);
        crash(f);
        lost += fate_of() != NEW ? 1 : 0;
        sim_free(sim);
    }
    assert_true(lost >= 10);
}

static void test_outside_files_are_read_and_stamped(void **state)
{
    struct port_file *f = NULL;
    struct port_files_stamp before;
    struct port_files_stamp after;
    uint8_t room[8];
    size_t got = 0;

    (void)state;
    start(11);
    assert_int_equal(files->open_outside(port, "/b/film", &f), WAVU_ERR_NOT_FOUND);
    sim_files_put(host, "/b/film", UNIT_TEXT("film"));
    assert_int_equal(files->open_outside(port, "film", &f), WAVU_ERR_INVALID);
    assert_int_equal(files->open_outside(port, "/b/film", &f), 0);
    assert_int_equal(files->read_at(f, 1, span_mut_of(room, sizeof room), &got), 0);
    assert_true(span_is_equal(span_of(room, got), UNIT_TEXT("ilm")));
    assert_int_equal(files->write_at(f, 0, UNIT_TEXT("x")), WAVU_ERR_DENIED);
    assert_int_equal(files->truncate(f, 0), WAVU_ERR_DENIED);
    assert_int_equal(files->stamp(f, &before), 0);
    assert_int_equal(files->stamp(f, &after), 0);
    assert_memory_equal(&before, &after, sizeof before);
    sim_files_put(host, "/b/film", UNIT_TEXT("cilm"));
    assert_int_equal(files->stamp(f, &after), 0);
    assert_int_equal(after.size, 4);
    assert_int_not_equal(after.changed_ns, before.changed_ns);
    files->close(f);
    sim_free(sim);
}

static void test_outside_files_are_made_and_moved(void **state)
{
    struct port_file *f = NULL;
    struct buf got;

    (void)state;
    start(12);
    assert_int_equal(files->make_outside(port, "a", &f), WAVU_ERR_INVALID);
    assert_int_equal(files->make_outside(port, "/b/a.part", &f), 0);
    assert_int_equal(files->write_at(f, 0, UNIT_TEXT("whole")), 0);
    assert_int_equal(files->sync(f), 0);
    files->close(f);
    assert_int_equal(files->make_outside(port, "/b/a.part", &f), WAVU_ERR_EXISTS);
    assert_int_equal(files->move_outside(port, "/b/a.part", "/b/a"), 0);
    assert_int_equal(files->move_outside(port, "/b/a.part", "/b/a"), WAVU_ERR_NOT_FOUND);
    assert_int_equal(files->make_outside(port, "/b/a.part", &f), 0);
    files->close(f);
    assert_int_equal(files->move_outside(port, "/b/a.part", "/b/a"), WAVU_ERR_EXISTS);
    assert_int_equal(files->remove_outside(port, "/b/a.part"), 0);
    assert_int_equal(files->remove_outside(port, "/b/a.part"), WAVU_ERR_NOT_FOUND);
    sim_files_set_fault(host, SIM_DISK_FULL);
    assert_int_equal(files->make_outside(port, "/b/c", &f), WAVU_ERR_NO_SPACE);
    sim_files_set_fault(host, SIM_DISK_SOUND);
    sim_host_crash(host, false); /* what was synced and moved outlasts it */
    buf_init(&got, 64);
    assert_true(sim_files_peek(host, "/b/a", &got));
    assert_true(span_is_equal(buf_span(&got), UNIT_TEXT("whole")));
    buf_clear(&got);
    sim_free(sim);
}

static void test_folders_are_listed(void **state)
{
    struct buf names;

    (void)state;
    start(13);
    buf_init(&names, 1024);
    assert_int_equal(files->list_folder(port, "in", &names), WAVU_ERR_NOT_FOUND);
    assert_int_equal(files->make_folder(port, "in"), 0);
    assert_int_equal(files->create(port, "in/b", UNIT_TEXT("x")), 0);
    assert_int_equal(files->list_folder(port, "in", &names), 0);
    assert_true(span_is_equal(buf_span(&names), span_of("b", 2)));
    names.len = 0;
    assert_int_equal(files->list(port, &names), 0);
    assert_int_equal(names.len, 0);
    buf_clear(&names);
    sim_free(sim);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(test_bytes_at_offsets),
        UNIT(test_names_are_listed),
        UNIT(test_what_is_synced_stays),
        UNIT(test_a_crash_loses_keeps_and_tears),
        UNIT(test_one_seed_tears_alike),
        UNIT(test_disks_fill_and_fail),
        UNIT(test_a_failed_sync_may_lose_for_good),
        UNIT(test_outside_files_are_read_and_stamped),
        UNIT(test_outside_files_are_made_and_moved),
        UNIT(test_folders_are_listed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
