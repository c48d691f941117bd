/* The store as its callers see it, over the database and over its twin. */
#include "store/store.h"

#include "tests/store/disk.h"

static const enum store_kind kinds[] = {STORE_DISK, STORE_MEMORY};
#define FOR_BOTH(k) for (size_t k = 0; k < 2; k++)

static void test_reads_see_writes_before_and_behind_the_commit(void **state)
{
    struct disk d;

    (void)state;
    FOR_BOTH(k)
    {
        disk_start(&d, 1, kinds[k]);
        assert_int_equal(store_number(d.store), 1);
        assert_true(disk_has(&d, "a", NULL));
        assert_int_equal(disk_put(&d, "a", "1"), 0);
        assert_int_equal(disk_put(&d, "b", ""), 0);
        assert_true(disk_has(&d, "a", "1"));
        assert_int_equal(store_committed(d.store), 0);
        disk_run(&d);
        assert_int_equal(d.told, 1); /* both in one commit */
        assert_int_equal(store_committed(d.store), 1);
        assert_int_equal(store_pending(d.store), 0);
        assert_true(disk_has(&d, "a", "1"));
        assert_true(disk_has(&d, "b", ""));
        assert_int_equal(store_delete(d.store, "t", UNIT_TEXT("a")), 0);
        assert_true(disk_has(&d, "a", NULL));
        disk_run(&d);
        assert_true(disk_has(&d, "a", NULL));
        assert_int_equal(d.told, 2);
        disk_stop(&d);
    }
}

/* Reads, walks and writes while it is told that a commit is on the disk. */
struct listener {
    struct store_watch watch;
    struct disk *disk;
    int told;
};

static void expect_walk(struct disk *d, const char *prefix, const char *expected);

static void on_landed(struct store_watch *watch, uint64_t number)
{
    struct listener *l = LIST_OF(watch, struct listener, watch);
    struct disk *d = l->disk;

    l->told++;
    assert_int_equal(store_committed(d->store), number);
    if (l->told == 1) {
        assert_int_equal(store_pending(d->store), 0);
        assert_true(disk_has(d, "a", "1"));
        assert_true(disk_has(d, "b", NULL));
        expect_walk(d, "", "a=1 c=1 ");
        assert_int_equal(disk_put(d, "a", "2"), 0);
        assert_true(disk_has(d, "a", "2"));
        assert_true(store_pending(d->store) > 0);
        assert_int_equal(store_flush(d->store), 0); /* it may */
        assert_int_equal(store_pending(d->store), 0);
        assert_int_equal(store_delete(d->store, "t", UNIT_TEXT("c")), 0);
    }
    assert_true(disk_has(d, "a", "2"));
    expect_walk(d, "", "a=2 ");
}

static void test_who_is_told_reads_what_landed(void **state)
{
    struct disk d;

    (void)state;
    FOR_BOTH(k)
    {
        struct listener l = {.watch = {.committed = on_landed}, .disk = &d};

        disk_start(&d, 1, kinds[k]);
        store_unwatch(&d.watch);
        assert_int_equal(disk_put(&d, "b", "0"), 0);
        assert_int_equal(store_flush(d.store), 0);
        store_watch(d.store, &l.watch);
        assert_int_equal(disk_put(&d, "a", "1"), 0);
        assert_int_equal(disk_put(&d, "c", "1"), 0);
        assert_int_equal(store_delete(d.store, "t", UNIT_TEXT("b")), 0);
        disk_run(&d);
        assert_int_equal(l.told, 2); /* one was flushed, and not told */
        expect_walk(&d, "", "a=2 ");
        store_unwatch(&l.watch);
        store_watch(d.store, &d.watch);
        disk_stop(&d);
    }
}

static bool has_begun(void *context)
{
    const struct disk *d = context;

    return store_number(d->store) > 1; /* the first commit has left */
}

static void test_what_comes_during_a_commit_is_the_next(void **state)
{
    struct disk d;

    (void)state;
    FOR_BOTH(k)
    {
        disk_start(&d, 1, kinds[k]);
        assert_int_equal(disk_put(&d, "a", "1"), 0);
        assert_int_equal(disk_put(&d, "b", "1"), 0);
        assert_true(sim_run_until(d.sim, has_begun, &d, TIMERS_SECOND));
        assert_int_equal(d.told, 0);
        assert_int_equal(disk_put(&d, "a", "2"), 0);
        assert_int_equal(store_delete(d.store, "t", UNIT_TEXT("b")), 0);
        assert_int_equal(store_number(d.store), 2);
        assert_true(disk_has(&d, "a", "2"));
        assert_true(disk_has(&d, "b", NULL));
        disk_run(&d);
        disk_run(&d);
        assert_int_equal(d.told, 2);
        assert_true(disk_has(&d, "a", "2"));
        assert_true(disk_has(&d, "b", NULL));
        disk_stop(&d);
    }
}

static void expect_walk(struct disk *d, const char *prefix, const char *expected)
{
    struct buf key;
    struct buf value;
    char text[100] = "";
    size_t at = 0;
    int rc;

    buf_init(&key, STORE_KEY_MAX);
    buf_init(&value, 10);
    while ((rc = store_next(d->store, "t", span_from_text(prefix), &key, &value)) == 0) {
        at += (size_t)snprintf(text + at, sizeof text - at, "%.*s=%.*s ", (int)key.len, key.ptr,
                               (int)value.len, value.len > 0 ? (const char *)value.ptr : "");
    }
    assert_int_equal(rc, WAVU_ERR_NOT_FOUND);
    assert_string_equal(text, expected);
    buf_clear(&key);
    buf_clear(&value);
}

static void test_walks_in_order_over_what_is_pending(void **state)
{
    struct disk d;

    (void)state;
    FOR_BOTH(k)
    {
        disk_start(&d, 1, kinds[k]);
        assert_int_equal(disk_put(&d, "b1", "x"), 0);
        assert_int_equal(disk_put(&d, "b3", "x"), 0);
        assert_int_equal(disk_put(&d, "a", "x"), 0);
        assert_int_equal(store_put(d.store, "other", UNIT_TEXT("b2"), UNIT_TEXT("!")), 0);
        assert_int_equal(store_put(d.store, "s", UNIT_TEXT("z"), UNIT_TEXT("!")), 0);
        expect_walk(&d, "", "a=x b1=x b3=x ");
        disk_run(&d);
        expect_walk(&d, "b", "b1=x b3=x ");
        assert_int_equal(disk_put(&d, "b2", "y"), 0);
        assert_int_equal(disk_put(&d, "b3", "z"), 0);
        assert_int_equal(store_delete(d.store, "t", UNIT_TEXT("b1")), 0);
        assert_int_equal(disk_put(&d, "c", "y"), 0);
        expect_walk(&d, "", "a=x b2=y b3=z c=y ");
        expect_walk(&d, "b", "b2=y b3=z ");
        expect_walk(&d, "b1", "");
        disk_run(&d);
        expect_walk(&d, "", "a=x b2=y b3=z c=y ");
        disk_stop(&d);
    }
}

static void test_records_are_numbered_for_ever(void **state)
{
    struct disk d;
    struct buf bytes;
    uint64_t sequence = 0;

    (void)state;
    FOR_BOTH(k)
    {
        disk_start(&d, 1, kinds[k]);
        buf_init(&bytes, 10);
        assert_int_equal(store_record(d.store, "log", &sequence, &bytes), WAVU_ERR_NOT_FOUND);
        for (uint64_t i = 1; i <= 300; i++) {
            uint8_t byte = (uint8_t)i;

            assert_int_equal(store_append(d.store, "log", span_of(&byte, 1), &sequence), 0);
            assert_int_equal(sequence, i);
            if (i % 100 == 0) {
                disk_run(&d);
            }
        }
        assert_int_equal(store_append(d.store, "log2", UNIT_TEXT("x"), &sequence), 0);
        assert_int_equal(sequence, 1);
        for (uint64_t i = 1; i <= 300; i++) {
            sequence = i;
            assert_int_equal(store_record(d.store, "log", &sequence, &bytes), 0);
            assert_int_equal(sequence, i);
            assert_int_equal(bytes.len, 1);
            assert_int_equal(bytes.ptr[0], (uint8_t)i);
        }
        sequence = 301;
        assert_int_equal(store_record(d.store, "log", &sequence, &bytes), WAVU_ERR_NOT_FOUND);
        if (kinds[k] == STORE_DISK) {
            assert_int_equal(store_flush(d.store), 0);
            disk_reopen(&d);
            assert_int_equal(store_append(d.store, "log", UNIT_TEXT("x"), &sequence), 0);
            assert_int_equal(sequence, 301);
        }
        buf_clear(&bytes);
        disk_stop(&d);
    }
}

static void expect_back(struct disk *d, const char *prefix, const char *from, const char *expected)
{
    struct buf key;
    struct buf value;
    char text[100] = "";
    size_t at = 0;
    int rc;

    buf_init(&key, STORE_KEY_MAX);
    buf_init(&value, 10);
    assert_int_equal(buf_append(&key, span_from_text(from)), 0);
    while ((rc = store_prev(d->store, "t", span_from_text(prefix), &key, &value)) == 0) {
        at += (size_t)snprintf(text + at, sizeof text - at, "%.*s ", (int)key.len, key.ptr);
    }
    assert_int_equal(rc, WAVU_ERR_NOT_FOUND);
    assert_string_equal(text, expected);
    buf_clear(&key);
    buf_clear(&value);
}

static void test_walks_backwards(void **state)
{
    struct disk d;

    (void)state;
    FOR_BOTH(k)
    {
        disk_start(&d, 1, kinds[k]);
        expect_back(&d, "", "", "");
        assert_int_equal(disk_put(&d, "a", "x"), 0);
        assert_int_equal(disk_put(&d, "b1", "x"), 0);
        assert_int_equal(disk_put(&d, "b3", "x"), 0);
        assert_int_equal(store_put(d.store, "u", UNIT_TEXT("z"), UNIT_TEXT("!")), 0);
        disk_run(&d);
        assert_int_equal(disk_put(&d, "b2", "x"), 0);
        assert_int_equal(store_delete(d.store, "t", UNIT_TEXT("b1")), 0);
        assert_int_equal(disk_put(&d, "c\xff", "x"), 0);
        for (int round = 0; round < 2; round++) {
            expect_back(&d, "", "", "c\xff b3 b2 a ");
            expect_back(&d, "b", "", "b3 b2 ");
            expect_back(&d, "", "b3", "b2 a ");
            expect_back(&d, "", "b1x", "a "); /* from a key that is not there */
            expect_back(&d, "", "a", "");
            disk_run(&d);
        }
        disk_stop(&d);
    }
}

static void test_ranges_go_at_once_and_for_good(void **state)
{
    struct disk d;

    (void)state;
    FOR_BOTH(k)
    {
        disk_start(&d, 1, kinds[k]);
        for (char c = 'a'; c <= 'z'; c++) {
            assert_int_equal(disk_put(&d, (char[]){c, '\0'}, "x"), 0);
        }
        assert_int_equal(store_put(d.store, "u", UNIT_TEXT("k"), UNIT_TEXT("!")), 0);
        disk_run(&d);
        assert_int_equal(disk_put(&d, "d1", "x"), 0);
        assert_int_equal(store_delete_range(d.store, "t", UNIT_TEXT("c"), UNIT_TEXT("x")), 0);
        assert_int_equal(disk_put(&d, "m", "x"), 0); /* written behind it */
        assert_int_equal(store_delete_range(d.store, "t", UNIT_TEXT("z"), UNIT_TEXT("a")), 0);
        for (int round = 0; round < 3; round++) {
            expect_walk(&d, "", "a=x b=x m=x x=x y=x z=x ");
            expect_back(&d, "", "", "z y x m b a ");
            assert_true(disk_has(&d, "d", NULL));
            assert_true(disk_has(&d, "d1", NULL));
            assert_true(disk_has(&d, "m", "x"));
            disk_run(&d); /* flying in between */
        }
        assert_int_equal(store_delete_prefix(d.store, "t", span_empty()), 0);
        expect_walk(&d, "", "");
        disk_run(&d);
        expect_walk(&d, "", "");
        struct buf value;
        buf_init(&value, 10);
        assert_int_equal(store_get(d.store, "u", UNIT_TEXT("k"), &value), 0);
        buf_clear(&value);
        disk_stop(&d);
    }
}

static bool has_second_begun(void *context)
{
    const struct disk *d = context;

    return store_number(d->store) > 2;
}

/* What is written behind a deletion that is under way. */
static void test_writes_over_a_range_that_flies(void **state)
{
    struct disk d;

    (void)state;
    FOR_BOTH(k)
    {
        disk_start(&d, 1, kinds[k]);
        assert_int_equal(disk_put(&d, "a", "1"), 0);
        assert_int_equal(disk_put(&d, "b", "1"), 0);
        disk_run(&d);
        assert_int_equal(store_delete_prefix(d.store, "t", span_empty()), 0);
        assert_true(sim_run_until(d.sim, has_second_begun, &d, TIMERS_SECOND));
        assert_int_equal(disk_put(&d, "b", "2"), 0);
        assert_int_equal(disk_put(&d, "c", "2"), 0);
        expect_walk(&d, "", "b=2 c=2 ");
        expect_back(&d, "", "", "c b ");
        assert_int_equal(store_delete_range(d.store, "t", UNIT_TEXT("c"), UNIT_TEXT("d")), 0);
        expect_walk(&d, "", "b=2 ");
        disk_run(&d);
        expect_walk(&d, "", "b=2 ");
        disk_stop(&d);
    }
}

static void test_deleted_records_numbers_are_not_given_again(void **state)
{
    struct disk d;
    struct buf bytes;
    uint64_t sequence = 0;

    (void)state;
    FOR_BOTH(k)
    {
        disk_start(&d, 1, kinds[k]);
        buf_init(&bytes, 10);
        assert_int_equal(store_delete_records(d.store, "log", 1, UINT64_MAX), 0);
        for (uint64_t i = 1; i <= 20; i++) {
            assert_int_equal(store_append(d.store, "log", UNIT_TEXT("x"), &sequence), 0);
        }
        disk_run(&d);
        sequence = UINT64_MAX;
        assert_int_equal(store_record_back(d.store, "log", &sequence, &bytes), 0);
        assert_int_equal(sequence, 20);
        assert_int_equal(store_delete_records(d.store, "log", 5, 15), 0);
        sequence = 16;
        assert_int_equal(store_record_back(d.store, "log", &sequence, &bytes), 0);
        assert_int_equal(sequence, 16);
        sequence = 15;
        assert_int_equal(store_record_back(d.store, "log", &sequence, &bytes), 0);
        assert_int_equal(sequence, 4);
        sequence = 0;
        assert_int_equal(store_record_back(d.store, "log", &sequence, &bytes), WAVU_ERR_NOT_FOUND);
        assert_int_equal(store_delete_records(d.store, "log", 10, UINT64_MAX), 0);
        assert_int_equal(store_flush(d.store), 0);
        if (kinds[k] == STORE_DISK) {
            disk_reopen(&d);
        }
        assert_int_equal(store_append(d.store, "log", UNIT_TEXT("y"), &sequence), 0);
        assert_int_equal(sequence, 21);
        buf_clear(&bytes);
        disk_stop(&d);
    }
}

static void test_limits(void **state)
{
    static uint8_t large[STORE_VALUE_MAX + 1];
    struct disk d;
    struct buf small;
    size_t count = 0;
    int rc;

    (void)state;
    FOR_BOTH(k)
    {
        disk_start(&d, 1, kinds[k]);
        assert_int_equal(store_put(d.store, "t", UNIT_TEXT("k"), span_of(large, sizeof large)),
                         WAVU_ERR_LIMIT);
        assert_int_equal(store_put(d.store, "t", span_of(large, STORE_KEY_MAX + 1), span_empty()),
                         WAVU_ERR_LIMIT);
        assert_int_equal(
            store_put(d.store, "t", span_of(large, STORE_KEY_MAX), span_of(large, STORE_VALUE_MAX)),
            0);
        buf_init(&small, STORE_VALUE_MAX - 1);
        assert_int_equal(store_get(d.store, "t", span_of(large, STORE_KEY_MAX), &small),
                         WAVU_ERR_LIMIT);
        disk_run(&d);
        assert_int_equal(store_get(d.store, "t", span_of(large, STORE_KEY_MAX), &small),
                         WAVU_ERR_LIMIT);
        buf_clear(&small);
        for (count = 0;; count++) { /* one key again and again holds one place */
            uint8_t key[8] = {0, 0, (uint8_t)(count >> 8), (uint8_t)count};
            rc = store_put(d.store, "t", span_of(key, 8), span_of(large, 10000));
            if (rc < 0) {
                break;
            }
            assert_int_equal(store_put(d.store, "t", span_of(key, 8), span_of(large, 10000)), 0);
        }
        assert_int_equal(rc, WAVU_ERR_LIMIT);
        assert_true(store_pending(d.store) <= STORE_PENDING_MAX);
        assert_true(count > 400);
        disk_run(&d);
        assert_int_equal(store_pending(d.store), 0);
        assert_int_equal(disk_put(&d, "a", "1"), 0);
        disk_stop(&d);
    }
}

static void test_flush_and_close_keep_all(void **state)
{
    struct disk d;

    (void)state;
    disk_start(&d, 1, STORE_DISK);
    assert_int_equal(disk_put(&d, "a", "1"), 0);
    assert_true(sim_run_until(d.sim, has_begun, &d, TIMERS_SECOND)); /* one is under way */
    assert_int_equal(disk_put(&d, "b", "2"), 0);
    assert_int_equal(store_flush(d.store), 0);
    assert_int_equal(store_pending(d.store), 0);
    assert_int_equal(disk_put(&d, "c", "3"), 0);
    disk_reopen(&d); /* not flushed */
    assert_true(disk_has(&d, "a", "1"));
    assert_true(disk_has(&d, "b", "2"));
    assert_true(disk_has(&d, "c", NULL));
    assert_int_equal(store_flush(d.store), 0);
    disk_stop(&d);
}

static void test_a_full_disk_delays_and_loses_nothing(void **state)
{
    struct disk d;

    (void)state;
    disk_start(&d, 1, STORE_DISK);
    assert_int_equal(disk_put(&d, "a", "1"), 0);
    disk_run(&d);
    sim_files_set_fault(d.host, SIM_DISK_FULL);
    assert_int_equal(disk_put(&d, "b", "2"), 0);
    sim_run_for(d.sim, 10 * TIMERS_SECOND);
    assert_true(d.failures >= 3 && d.failures <= 6); /* it waits longer each time */
    assert_int_equal(d.last_error, WAVU_ERR_NO_SPACE);
    assert_int_equal(d.told, 1);
    assert_true(disk_has(&d, "a", "1"));
    assert_true(disk_has(&d, "b", "2"));
    assert_int_equal(disk_put(&d, "c", "3"), 0);
    assert_int_equal(store_flush(d.store), WAVU_ERR_NO_SPACE);
    sim_files_set_fault(d.host, SIM_DISK_SOUND);
    sim_run_for(d.sim, 2 * STORE_RETRY_NS_MAX);
    assert_int_equal(d.told, 3);
    disk_reopen(&d);
    assert_true(disk_has(&d, "b", "2"));
    assert_true(disk_has(&d, "c", "3"));
    disk_stop(&d);
}

/* A home that may be read only: said at once, nothing is lost that was there. */
static void test_a_home_that_may_not_be_written(void **state)
{
    struct disk d;
    struct buf value;

    (void)state;
    disk_start(&d, 1, STORE_DISK);
    assert_int_equal(disk_put(&d, "a", "1"), 0);
    assert_int_equal(store_flush(d.store), 0);
    disk_reopen(&d);
    sim_files_set_fault(d.host, SIM_DISK_DENIED);
    assert_int_equal(store_open(d.store), WAVU_ERR_DENIED);
    buf_init(&value, 10);
    assert_int_equal(store_get(d.store, "t", UNIT_TEXT("a"), &value), WAVU_ERR_DENIED);
    buf_clear(&value);
    assert_int_equal(disk_put(&d, "b", "2"), 0);
    assert_int_equal(store_flush(d.store), WAVU_ERR_DENIED);
    assert_true(disk_has(&d, "b", "2")); /* it waits */
    sim_files_set_fault(d.host, SIM_DISK_SOUND);
    assert_int_equal(store_flush(d.store), 0);
    assert_true(disk_has(&d, "a", "1"));
    disk_stop(&d);
}

static void test_one_process_has_it(void **state)
{
    struct disk d;
    struct store *second = NULL;
    struct buf value;

    (void)state;
    disk_start(&d, 1, STORE_DISK);
    assert_int_equal(store_open(d.store), 0);
    struct store_config config = {.port = d.port, .kind = STORE_DISK, .key = d.key};
    assert_int_equal(store_new(&config, &second), 0);
    assert_int_equal(store_open(second), WAVU_ERR_IN_USE);
    buf_init(&value, 10);
    assert_int_equal(store_get(second, "t", UNIT_TEXT("a"), &value), WAVU_ERR_IN_USE);
    buf_clear(&value);
    disk_store_free(&d);
    assert_int_equal(store_open(second), 0);
    store_free(second);
    disk_stop(&d);
}

/* Where a copy goes, in the job's thread: here there is none. */
struct copied {
    struct store *to;
    size_t entries;
    size_t logs;
    size_t blocks;
    bool has_table; /* then no block comes any more */
    size_t until;   /* it ends itself */
};

static int take_copied(void *context, struct span whole, struct span value)
{
    struct copied *c = context;
    struct store_copied at;

    assert_int_equal(store_read_copied(&at, whole), 0);
    c->entries++;
    c->logs += at.is_log ? 1 : 0;
    c->has_table = c->has_table || at.is_table;
    c->blocks += !at.is_log && !at.is_table ? 1 : 0;
    assert_true(c->blocks == 0 || !c->has_table || whole.ptr[0] != 5);
    if (c->entries == c->until) {
        return WAVU_ERR_SHUTDOWN;
    }
    return c->to == NULL ? 0 : store_put_copied(c->to, whole, value);
}

/* How many texts are found by a word. */
static size_t found(struct store *s, const char *word)
{
    uint64_t numbers[1000];
    size_t count = 0;
    struct store_page page = {.before = UINT64_MAX, .numbers = numbers, .max = 1000};

    do {
        assert_int_equal(store_index_find(s, "words", span_from_text(word), &page), 0);
        count += page.count;
    } while (page.before > 0);
    return count;
}

/* A copy in another store has it all: tables, logs, and what a search finds, also when words were
 * folded, and written again since. */
static void test_copies(void **state)
{
    struct disk d;
    struct disk other;
    struct copied c = {.entries = 0};
    char text[32];

    (void)state;
    disk_start(&d, 7, STORE_DISK);
    disk_start(&other, 8, STORE_DISK);
    for (uint32_t i = 1; i <= 700; i++) {
        uint64_t sequence = 0;
        (void)snprintf(text, sizeof text, "maji n%u %s", i, i % 7 == 0 ? "saba" : "");
        assert_int_equal(disk_put(&d, text, "v"), 0);
        assert_int_equal(store_append(d.store, "log", span_from_text(text), &sequence), 0);
        assert_int_equal(store_index_put(d.store, "words", i, span_from_text(text)), 0);
        assert_int_equal(i % 50 == 0 ? store_flush(d.store) : 0, 0);
    }
    assert_int_equal(store_index_put(d.store, "words", 7, span_from_text("nane")), 0);
    assert_int_equal(store_flush(d.store), 0);
    assert_int_equal(disk_put(&d, "late", "not on the disk yet"), 0);
    c.to = other.store;
    assert_int_equal(store_copy(d.store, take_copied, &c), 0);
    assert_int_equal(store_flush(other.store), 0);
    assert_int_equal(c.logs, 700);
    assert_true(c.blocks > 0);
    disk_reopen(&other);
    assert_true(disk_has(&other, "maji n33 ", "v"));
    assert_true(disk_has(&other, "late", NULL));
    assert_int_equal(found(other.store, "maji"), 699);
    assert_int_equal(found(other.store, "saba"), 99);
    assert_int_equal(found(other.store, "nane"), 1);
    uint64_t sequence = 0;
    assert_int_equal(store_append(other.store, "log", UNIT_TEXT("x"), &sequence), 0);
    assert_int_equal(sequence, 701);
    c = (struct copied){.until = 10};
    assert_int_equal(store_copy(d.store, take_copied, &c), WAVU_ERR_SHUTDOWN);
    assert_int_equal(store_put_copied(other.store, UNIT_TEXT("nonsense"), UNIT_TEXT("")),
                     WAVU_ERR_CORRUPT);
    disk_stop(&d);
    disk_stop(&other);
    disk_start(&d, 9, STORE_MEMORY);
    assert_int_equal(store_copy(d.store, take_copied, &c), WAVU_ERR_UNSUPPORTED);
    disk_stop(&d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(test_copies),
        UNIT(test_reads_see_writes_before_and_behind_the_commit),
        UNIT(test_who_is_told_reads_what_landed),
        UNIT(test_what_comes_during_a_commit_is_the_next),
        UNIT(test_walks_in_order_over_what_is_pending),
        UNIT(test_records_are_numbered_for_ever),
        UNIT(test_walks_backwards),
        UNIT(test_ranges_go_at_once_and_for_good),
        UNIT(test_writes_over_a_range_that_flies),
        UNIT(test_deleted_records_numbers_are_not_given_again),
        UNIT(test_limits),
        UNIT(test_flush_and_close_keep_all),
        UNIT(test_a_full_disk_delays_and_loses_nothing),
        UNIT(test_a_home_that_may_not_be_written),
        UNIT(test_one_process_has_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
