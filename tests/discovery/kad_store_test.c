/*
 * The store of a server: what a life writes the next one has, what is due is said again, newcomers
 * are handed what is theirs, floods end at their limits, and what all of it weighs.
 */
#include "discovery/kad_store.h"

#include "tests/discovery/kad_fixture.h"

static struct kad_fixture fixture;
static struct kad_fixture *const f = &fixture;
static struct kad_store *s;
static struct kad_store_time at;

static void open_store(bool has_disk)
{
    const struct kad_store_config config = {
        .table = &f->table, .random = &f->draw, .store = has_disk ? f->disk.store : NULL};
    s = kad_store_new(&config, at.now);
}

static void begin(enum store_kind kind, uint32_t peers)
{
    at = (struct kad_store_time){.now = 5 * SECOND, .wall_ms = WALL_MS};
    kad_fixture_init(f, kind, peers);
    open_store(true);
}

static void end(void)
{
    kad_store_check(s);
    kad_store_free(s);
    kad_fixture_clear(f);
}

static void pass(uint64_t ns)
{
    at.now += ns;
    at.wall_ms += at.wall_ms != 0 ? ns / 1000000 : 0;
    kad_store_tick(s, &at);
    kad_store_check(s);
}

static int put_at(uint32_t number, uint32_t peer, uint64_t received_ms, uint64_t end_ms)
{
    uint8_t text[16];
    const struct peerid id = kad_peer(peer);
    const struct kad_store_from from = {.peer = &id, .group = 1 + peer};
    const struct kad_record r = {
        .key = kad_key_text(text, number), .value = UNIT_TEXT("value"), .end_ms = end_ms};
    return kad_store_put(s, &r, received_ms, &from, &at);
}

static int put(uint32_t number, uint32_t peer)
{
    return put_at(number, peer, 0, KAD_RECORD_NO_END);
}

static bool has(uint32_t number)
{
    uint8_t text[16];
    struct kad_store_value value;
    int rc = kad_store_get(s, kad_key_text(text, number), &at, &value);
    assert_true(rc == 0 || rc == WAVU_ERR_NOT_FOUND);
    return rc == 0;
}

static int provide(uint32_t number, uint32_t peer)
{
    uint8_t text[16];
    const struct peerid id = kad_peer(peer);
    const struct kad_store_from from = {.peer = &id, .group = 1 + peer};
    return kad_store_provide(s, kad_key_text(text, number),
                             UNIT_TEXT("\x03"
                                       "abc\x01"
                                       "z"),
                             &from, &at);
}

static size_t provided(uint32_t number)
{
    uint8_t text[16];
    struct kad_store_provider out[4];
    size_t count = kad_store_providers(s, kad_key_text(text, number), at.now, out, 4);
    for (size_t i = 0; i < count; i++) {
        assert_true(span_is_equal(out[i].addresses, UNIT_TEXT("\x03"
                                                              "abc\x01"
                                                              "z")));
    }
    return count;
}

static int publish(const char *key, const char *value, uint64_t end_ms)
{
    const struct kad_record r = {
        .key = span_from_text(key), .value = span_from_text(value), .end_ms = end_ms};
    return kad_store_publish(s, &r, &at);
}

static bool is_due(const char *key)
{
    struct kad_store_own own;
    bool is = kad_store_due(s, &at, &own);
    assert_true(!is || span_is_equal(own.key, span_from_text(key)));
    return is;
}

static void values_and_providers_live_48_hours(void **state)
{
    (void)state;
    begin(STORE_MEMORY, 0);
    assert_int_equal(put(1, 1), 0);
    assert_int_equal(provide(2, 1), 0);
    assert_int_equal(put_at(3, 1, 0, WALL_MS + 3600000), 0); /* ends itself, sooner */
    assert_int_equal(put_at(4, 1, WALL_MS - 47 * 3600000, KAD_RECORD_NO_END), 0); /* handed over */
    assert_int_equal(put_at(5, 1, WALL_MS - 48 * 3600000, KAD_RECORD_NO_END), WAVU_ERR_CLOSED);
    assert_int_equal(put_at(6, 1, 0, WALL_MS), WAVU_ERR_CLOSED);
    assert_int_equal(put_at(7, 1, WALL_MS + 99999999, KAD_RECORD_NO_END), 0); /* a lie: no longer */
    pass(HOUR - 1000000);
    assert_true(has(3) && has(4));
    pass(1000000);
    assert_false(has(3) || has(4));
    pass(47 * HOUR - SECOND);
    assert_true(has(1) && has(7));
    assert_int_equal(provided(2), 1);
    at.now += SECOND; /* no tick came: it is not told any more */
    at.wall_ms += 1000;
    assert_false(has(1) || has(7));
    assert_int_equal(provided(2), 0);
    pass(0);
    struct kad_store_figures figures;
    kad_store_figures(s, &figures);
    assert_int_equal(figures.values + figures.providers + figures.keys, 0);
    assert_true(figures.expired == 5);
    end();
}

static void provided_keys_have_a_length(void **state)
{
    (void)state;
    uint8_t key[KAD_STORE_PROVIDER_KEY_MAX + 1] = {1};
    const struct peerid id = kad_peer(1);
    const struct kad_store_from from = {.peer = &id};
    begin(STORE_MEMORY, 0);
    assert_int_equal(kad_store_provide(s, span_empty(), span_empty(), &from, &at),
                     WAVU_ERR_INVALID);
    assert_int_equal(kad_store_provide(s, span_of(key, sizeof key), span_empty(), &from, &at),
                     WAVU_ERR_INVALID);
    assert_int_equal(kad_store_provide(s, span_of(key, sizeof key - 1), span_empty(), &from, &at),
                     0);
    struct kad_store_provider out[1];
    assert_int_equal(kad_store_providers(s, span_empty(), at.now, out, 1), 0);
    end();
}

/* ---- Over a restart ---- */

/* The node goes down, in order or not, is off for `off_ns`, and comes back. */
static void restart(bool is_crash, uint64_t off_ns)
{
    if (!is_crash) {
        assert_int_equal(kad_store_flush(s, &at), 0);
        assert_int_equal(store_flush(f->disk.store), 0);
    }
    kad_store_check(s);
    kad_store_free(s);
    if (is_crash) {
        disk_crash(&f->disk);
    } else {
        disk_reopen(&f->disk);
    }
    at.now = SECOND; /* another boot */
    at.wall_ms += off_ns / 1000000;
    open_store(true);
    assert_int_equal(kad_store_load(s, &at), 0);
    kad_store_check(s);
}

static void all_is_there_after_a_restart(void **state)
{
    (void)state;
    begin(STORE_DISK, 0);
    assert_int_equal(publish("/t/mine", "my value", WALL_MS + 90 * 3600000), 0);
    assert_true(is_due("/t/mine"));
    kad_store_said(s, UNIT_TEXT("/t/mine"), false, &at);
    assert_int_equal(publish("a file", "", 0), 0);
    for (uint32_t i = 0; i < 200; i++) {
        assert_int_equal(put(i, i), 0);
        assert_int_equal(provide(1000 + i % 10, i % 20), 0);
    }
    pass(10 * HOUR); /* and 38 are left */
    restart(false, HOUR);
    struct kad_store_figures figures;
    kad_store_figures(s, &figures);
    assert_int_equal(figures.values, 200);
    assert_int_equal(figures.providers, 20);
    assert_int_equal(figures.own, 2);
    assert_true(figures.lost == 0);
    assert_true(has(0) && has(199));
    assert_int_equal(provided(1003), 2);
    assert_true(is_due("a file")); /* never said */
    kad_store_said(s, UNIT_TEXT("a file"), true, &at);
    assert_false(is_due("")); /* said 11 hours ago */
    pass(37 * HOUR - SECOND);
    assert_true(has(0));
    assert_true(is_due("/t/mine"));
    kad_store_said(s, UNIT_TEXT("/t/mine"), false, &at);
    pass(SECOND);
    assert_false(has(0)); /* 48 hours in all, with that when it was off */
    assert_int_equal(provided(1003), 0);
    restart(false, 60 * HOUR); /* so long off that all has ended, ours too */
    kad_store_figures(s, &figures);
    assert_int_equal(figures.values + figures.providers, 0);
    assert_int_equal(figures.own, 1);
    assert_int_equal(kad_rows_count(f, KAD_ROWS_OWN), 1);
    assert_int_equal(kad_rows_count(f, KAD_ROWS_HOLDERS), 0);
    end();
}

static void after_a_crash_what_was_written_is_there(void **state)
{
    (void)state;
    begin(STORE_DISK, 0);
    for (uint32_t i = 0; i < 50; i++) {
        assert_int_equal(put(i, i), 0);
        assert_int_equal(provide(100 + i, i), 0);
    }
    assert_true(kad_store_deadline(s) <= at.now + KAD_STORE_WRITE_NS);
    pass(KAD_STORE_WRITE_NS);
    assert_true(kad_store_deadline(s) > at.now + HOUR); /* nothing new, nobody woken */
    disk_run(&f->disk);
    assert_int_equal(put(60, 60), 0); /* not written yet */
    restart(true, SECOND);
    struct kad_store_figures figures;
    kad_store_figures(s, &figures);
    assert_int_equal(figures.values, 50);
    assert_int_equal(figures.providers, 50);
    assert_false(has(60));
    end();
}

static void much_that_is_new_is_written_at_a_stop(void **state)
{
    (void)state;
    static uint8_t big[8000];
    begin(STORE_DISK, 2);
    uint32_t count = 0;
    for (uint32_t i = 0; i < 950; i++) { /* more than the store lets wait */
        uint8_t text[16];
        const struct peerid id = kad_peer(i);
        const struct kad_store_from from = {.peer = &id, .group = 1 + i};
        const struct kad_record r = {.key = kad_key_text(text, i),
                                     .value = span_of(big, sizeof big),
                                     .end_ms = KAD_RECORD_NO_END};
        count += kad_store_put(s, &r, 0, &from, &at) == 0;
    }
    assert_true(count * sizeof big > STORE_PENDING_MAX);
    restart(false, SECOND);
    struct kad_store_figures figures;
    kad_store_figures(s, &figures);
    assert_int_equal(figures.values, count);
    assert_true(figures.lost == 0);
    end();
}

/* Who has no clock, or one that went back, keeps what is there for 48 hours more, never longer. */
static void clocks_that_are_wrong_keep_nothing_for_ever(void **state)
{
    (void)state;
    begin(STORE_MEMORY, 0);
    assert_int_equal(put(1, 1), 0);
    assert_int_equal(kad_store_flush(s, &at), 0);
    kad_store_free(s);
    at = (struct kad_store_time){.now = SECOND, .wall_ms = 1000}; /* of 1970 */
    open_store(true);
    assert_int_equal(kad_store_load(s, &at), 0);
    assert_true(has(1));
    pass(KAD_STORE_LIFE_NS - 1);
    assert_true(has(1));
    pass(1);
    assert_false(has(1));
    at.wall_ms = 0; /* none at all */
    assert_int_equal(put(2, 1), 0);
    assert_int_equal(provide(3, 1), 0);
    assert_int_equal(kad_store_flush(s, &at), 0);
    kad_store_free(s);
    at = (struct kad_store_time){.now = SECOND, .wall_ms = WALL_MS};
    open_store(true);
    assert_int_equal(kad_store_load(s, &at), 0);
    assert_true(has(2));
    assert_int_equal(provided(3), 1);
    end();
}

static void rows_of_a_newer_version_are_left_alone(void **state)
{
    (void)state;
    begin(STORE_MEMORY, 0);
    const char *const tables[] = {KAD_ROWS_VALUES, KAD_ROWS_PROVIDED, KAD_ROWS_HOLDERS,
                                  KAD_ROWS_OWN};
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(
            store_put(f->disk.store, tables[i], UNIT_TEXT("newer"), UNIT_TEXT("\x02who knows")), 0);
        assert_int_equal(
            store_put(f->disk.store, tables[i], UNIT_TEXT("damaged"), UNIT_TEXT("\x01")), 0);
    }
    assert_int_equal(kad_store_load(s, &at), 0);
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(kad_rows_count(f, tables[i]), 1);
    }
    struct kad_store_figures figures;
    kad_store_figures(s, &figures);
    assert_true(figures.lost == 4 && figures.values + figures.providers + figures.own == 0);
    end();
}

/* ---- What is ours ---- */

static void what_is_ours_is_said_every_22_hours(void **state)
{
    (void)state;
    begin(STORE_MEMORY, 0);
    assert_int_equal(publish("/t/mine", "one", KAD_RECORD_NO_END), 0);
    assert_true(kad_store_deadline(s) <= at.now);
    assert_true(is_due("/t/mine"));
    assert_false(is_due(""));
    pass(KAD_STORE_RETRY_NS - 1); /* nobody was reached */
    assert_false(is_due(""));
    pass(1);
    assert_true(is_due("/t/mine"));
    kad_store_said(s, UNIT_TEXT("/t/mine"), false, &at);
    pass(KAD_STORE_AGAIN_NS - 1);
    assert_false(is_due(""));
    pass(1);
    assert_true(is_due("/t/mine"));
    kad_store_said(s, UNIT_TEXT("/t/mine"), false, &at);
    assert_int_equal(publish("/t/mine", "two", KAD_RECORD_NO_END), 0); /* news goes out at once */
    struct kad_store_own own;
    assert_true(kad_store_due(s, &at, &own));
    assert_true(span_is_equal(own.value, UNIT_TEXT("two")));
    assert_int_equal(kad_store_withdraw(s, UNIT_TEXT("/t/mine"), false), 0);
    assert_int_equal(kad_store_withdraw(s, UNIT_TEXT("/t/mine"), false), WAVU_ERR_NOT_FOUND);
    pass(KAD_STORE_AGAIN_NS);
    assert_false(is_due(""));
    end();
}

/* ---- Newcomers ---- */

/* How many values are handed to `number`, each checked to be one that belongs to it. */
static size_t handed(uint32_t number)
{
    const struct peerid id = kad_peer(number);
    struct kad_store_handover h;
    size_t count = 0;
    while (kad_store_next_handover(s, &at, &h)) {
        assert_true(peerid_is_equal(&h.to, &id));
        assert_true(h.value.received_ms == WALL_MS);
        count++;
    }
    return count;
}

static void newcomers_are_handed_what_is_theirs_once(void **state)
{
    (void)state;
    begin(STORE_MEMORY, 2); /* with us three servers, all of them hold everything */
    const struct peerid newcomer = kad_peer(77);
    for (uint32_t i = 0; i < 100; i++) {
        assert_int_equal(put(i, i), 0);
    }
    kad_store_met(s, &newcomer, &at); /* not in the table: nothing is its */
    assert_int_equal(handed(77), 0);
    const struct peerid second = kad_peer(78);
    (void)kad_table_put(&f->table, &second, 0, at.now);
    kad_store_met(s, &second, &at);
    assert_int_equal(handed(78), 100);
    kad_store_met(s, &second, &at); /* it flaps: once is enough */
    assert_int_equal(handed(78), 0);
    kad_store_tick(s, &at);
    end();
}

/* Of many holders only those nearest to a value bring it. */
static void few_of_the_holders_hand_over(void **state)
{
    (void)state;
    begin(STORE_MEMORY, 500);
    uint32_t number = 0;
    uint32_t stored[200];
    for (uint32_t i = 0; i < 200; i++) {
        number = kad_key_at(&f->table, number + 1, 5, 255); /* about ours to hold */
        stored[i] = number;
        assert_int_equal(put(number, i), 0);
    }
    size_t all = 0;
    for (uint32_t i = 0; i < 300; i++) {
        const struct peerid id = kad_peer(5000 + i);
        if (kad_table_put(&f->table, &id, 0, at.now) != KAD_TABLE_ADDED) {
            continue;
        }
        kad_store_met(s, &id, &at);
        struct kad_store_handover h;
        while (kad_store_next_handover(s, &at, &h)) {
            const struct kad_entry *nearest[KAD_TABLE_K_MAX];
            struct kad_key place;
            struct kad_key its;
            kad_key_of(&place, h.value.key);
            kad_key_of(&its, peerid_span(&h.to));
            size_t count = kad_table_nearest(&f->table, &place, NULL, nearest, f->table.k);
            assert_true(kad_key_compare(&place, &its, &nearest[count - 1]->key) <= 0);
            size_t before_us = 0;
            for (size_t j = 0; j < count; j++) {
                before_us += kad_key_compare(&its, &its, &nearest[j]->key) != 0 &&
                             kad_key_compare(&place, &nearest[j]->key, &f->table.self) < 0;
            }
            assert_true(before_us < KAD_STORE_HANDOVER_NEAREST_MAX);
            all++;
        }
    }
    assert_true(all > 0 && all < 200 * 300 / 20);
    assert_true(has(stored[0]));
    end();
}

static void handovers_are_bounded_and_what_went_is_left_out(void **state)
{
    (void)state;
    begin(STORE_MEMORY, 2);
    const struct peerid second = kad_peer(78);
    for (uint32_t i = 0; i < KAD_STORE_HANDOVERS_MAX + 500; i++) {
        assert_int_equal(put(i, i), 0);
    }
    (void)kad_table_put(&f->table, &second, 0, at.now);
    kad_store_met(s, &second, &at);
    kad_store_check(s);
    struct kad_store_handover h;
    for (unsigned i = 0; i < 24; i++) {
        assert_true(kad_store_next_handover(s, &at, &h));
    }
    pass(KAD_STORE_LIFE_NS);
    assert_false(kad_store_next_handover(s, &at, &h));
    end();
}

/* ---- Floods, and what it weighs ---- */

static void floods_end_at_their_limits(void **state)
{
    (void)state;
    static uint8_t junk[1000];
    begin(STORE_MEMORY, 2000);
    struct kad_store_figures figures;
    for (uint32_t i = 0; i < 40000; i++) {
        uint8_t text[16];
        const struct peerid id = kad_peer(i % 5000);
        const struct kad_store_from from = {.peer = &id, .group = 1 + i % 700};
        const struct kad_record r = {.key = kad_key_text(text, i),
                                     .value = span_of(junk, sizeof junk),
                                     .end_ms = KAD_RECORD_NO_END};
        int rc = kad_store_put(s, &r, 0, &from, &at);
        assert_true(rc == 0 || rc == WAVU_ERR_LIMIT);
    }
    kad_store_figures(s, &figures);
    assert_true(figures.value_bytes <= KAD_STORE_VALUE_BYTES_MAX);
    assert_true(figures.value_bytes > KAD_STORE_VALUE_BYTES_MAX / 10 * 9);
    assert_true(figures.evicted > 0 && figures.refused > 0);
    for (uint32_t i = 0; i < 70000; i++) {
        int rc = provide(i, i % 9000);
        assert_true(rc == 0 || rc == WAVU_ERR_LIMIT);
    }
    kad_store_figures(s, &figures);
    assert_int_equal(figures.providers, KAD_STORE_PROVIDERS_MAX);
    kad_store_check(s);
    assert_true(kad_store_bytes(s) < 24U * 1024 * 1024);
    print_message("full of others' records: %.1f MiB, %u values and %u providers\n",
                  (double)kad_store_bytes(s) / 1048576, figures.values, figures.providers);
    end();
}

static double per(size_t before, uint32_t count)
{
    return (double)(kad_store_bytes(s) - before) / count;
}

static void what_a_record_and_a_provider_weigh(void **state)
{
    (void)state;
    begin(STORE_MEMORY, 0);
    kad_store_free(s);
    open_store(false); /* as in a simulation */
    size_t empty = kad_store_bytes(s);
    for (uint32_t i = 0; i < 8000; i++) {
        assert_int_equal(put(i, i / 100), 0);
    }
    double value = per(empty, 8000);
    size_t before = kad_store_bytes(s);
    for (uint32_t i = 0; i < 8000; i++) {
        assert_int_equal(provide(i / 8, i % 8 + 8 * (i / 8000)), 0);
    }
    double shared = per(before, 8000);
    before = kad_store_bytes(s);
    for (uint32_t i = 0; i < 8000; i++) {
        assert_int_equal(provide(100000 + i, 200 + i / 1000), 0);
    }
    double alone = per(before, 8000);
    before = kad_store_bytes(s);
    for (uint32_t i = 0; i < 8000; i++) {
        assert_int_equal(provide(200000 + i, 1000 + i), 0);
    }
    double peer = per(before, 8000) - alone;
    print_message(
        "an empty store: %zu bytes; a value: %.0f and what it holds; a provider: %.0f of "
        "a key that eight provide, %.0f of a key of its own; a peer: %.0f and its group\n",
        empty, value - 5 - 6, shared, alone, peer);
    assert_true(empty < 1500 && value < 360 && shared < 100 && alone < 320 && peer < 400);
    struct kad_store_time none = {.now = at.now};
    assert_int_equal(kad_store_flush(s, &none), 0);
    assert_true(kad_store_deadline(s) > at.now + HOUR); /* nothing to write, ever */
    end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(values_and_providers_live_48_hours),
        UNIT(provided_keys_have_a_length),
        UNIT(all_is_there_after_a_restart),
        UNIT(after_a_crash_what_was_written_is_there),
        UNIT(much_that_is_new_is_written_at_a_stop),
        UNIT(clocks_that_are_wrong_keep_nothing_for_ever),
        UNIT(rows_of_a_newer_version_are_left_alone),
        UNIT(what_is_ours_is_said_every_22_hours),
        UNIT(newcomers_are_handed_what_is_theirs_once),
        UNIT(few_of_the_holders_hand_over),
        UNIT(handovers_are_bounded_and_what_went_is_left_out),
        UNIT(floods_end_at_their_limits),
        UNIT(what_a_record_and_a_provider_weigh),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
