/* Frontiers made and taken: who has what, and what is new since the last one. */
#include "chat/history_has.h"

#include "chat/history_give.h"
#include "tests/chat/history_shown.h"

static uint8_t frontier_bytes[FRONTIER_SIZE_MAX];

/* Node `i` says what it holds; NOT_FOUND: nothing is new. */
static int make(struct history_world *w, size_t i, bool is_read_told, struct frontier *f)
{
    struct wr out;

    wr_init(&out, span_mut_of(frontier_bytes, sizeof frontier_bytes));
    int rc = history_has_make(&w->nodes[i].history, &w->nodes[i].pair, is_read_told, &out);

    if (rc == 0) {
        assert_int_equal(frontier_open(f, wr_span(&out), w->network, &signer_ed25519), 0);
    }
    return rc;
}

static int take(struct history_world *w, size_t i, size_t from, const struct frontier *f)
{
    int rc = history_has_take(&w->nodes[i].history, f, w->nodes[from].member);

    history_world_drain(&w->nodes[i]);
    return rc;
}

static size_t receipts(struct history_world *w, size_t i, size_t k, size_t *read)
{
    struct history_receipt out[HISTORY_WORLD_NODES_MAX];
    size_t count = 0;

    assert_int_equal(history_has_of(history_world_room(w, i), w->said[k].id, out,
                                    HISTORY_WORLD_NODES_MAX, &count),
                     0);
    *read = 0;
    for (size_t r = 0; r < count; r++) {
        *read += out[r].has_read;
    }
    return count;
}

static void test_a_frontier_is_a_receipt(void **state)
{
    struct history_world w;
    struct frontier f;
    size_t read = 0;

    (void)state;
    history_world_init(&w, 3, 1, STORE_MEMORY);
    size_t one = history_world_text(&w, 0, "one");
    size_t two = history_world_text(&w, 0, "two");
    assert_int_equal(make(&w, 0, false, &f), WAVU_ERR_NOT_FOUND); /* nobody else wrote */
    assert_int_equal(history_world_feed(&w, 1, one), 0);
    assert_true(history_has_news(&w.nodes[1].history));
    assert_int_equal(make(&w, 1, false, &f), 0);
    assert_int_equal(f.count, 1);
    assert_int_equal(frontier_at(&f, 0).sequence, 1);
    assert_false(history_has_news(&w.nodes[1].history));
    assert_int_equal(take(&w, 0, 1, &f), 0);
    assert_int_equal(receipts(&w, 0, one, &read), 1);
    assert_int_equal(receipts(&w, 0, two, &read), 0);
    assert_int_equal(w.nodes[0].counts[HISTORY_HAS], 1);
    assert_int_equal(take(&w, 0, 1, &f), 0); /* again: nothing is new */
    assert_int_equal(w.nodes[0].counts[HISTORY_HAS], 1);

    assert_int_equal(history_world_feed(&w, 1, two), 0);
    assert_int_equal(history_world_feed(&w, 2, one), 0);
    assert_int_equal(history_world_feed(&w, 2, two), 0);
    for (size_t i = 1; i < 3; i++) {
        const uint64_t last = history_world_room(&w, i)->last;

        assert_int_equal(history_view_read(history_world_room(&w, i), last), 0);
        assert_int_equal(make(&w, i, i == 2, &f), 0);
        assert_true(f.has_read == (i == 2));
        assert_int_equal(take(&w, 0, i, &f), 0);
    }
    assert_int_equal(receipts(&w, 0, two, &read), 2);
    assert_int_equal(read, 1); /* one tells, the other does not */
    assert_int_equal(w.nodes[0].counts[HISTORY_READ], 1);

    size_t other = history_world_text(&w, 1, "other");
    size_t count = 0;

    assert_int_equal(history_world_feed(&w, 0, other), 0);
    assert_int_equal(history_has_of(history_world_room(&w, 0), w.said[other].id, NULL, 0, &count),
                     WAVU_ERR_INVALID);
    history_world_clear(&w);
}

/* What is newer than all that others have said has no receipts; what was said before a start
 * counts behind it. */
static void test_receipts_of_before_a_start(void **state)
{
    struct history_world w;
    struct frontier f;
    size_t read = 0;
    size_t said[4];

    (void)state;
    history_world_init(&w, 3, 3, STORE_DISK);
    for (size_t k = 0; k < 4; k++) {
        said[k] = history_world_text(&w, 0, "x");
    }
    for (size_t k = 0; k < 3; k++) {
        assert_int_equal(history_world_feed(&w, 1, said[k]), 0);
    }
    assert_int_equal(make(&w, 1, false, &f), 0);
    assert_int_equal(take(&w, 0, 1, &f), 0);
    history_world_commit(&w, 0);
    history_world_restart(&w, 0, true);
    assert_int_equal(history_world_feed(&w, 2, said[0]), 0); /* has less than the other had */
    assert_int_equal(make(&w, 2, false, &f), 0);
    assert_int_equal(take(&w, 0, 2, &f), 0);
    assert_int_equal(receipts(&w, 0, said[0], &read), 2);
    assert_int_equal(receipts(&w, 0, said[2], &read), 1);
    assert_int_equal(receipts(&w, 0, said[3], &read), 0);
    for (size_t k = 1; k < 4; k++) {
        assert_int_equal(history_world_feed(&w, 2, said[k]), 0);
    }
    assert_int_equal(make(&w, 2, false, &f), 0);
    assert_int_equal(take(&w, 0, 2, &f), 0);
    assert_int_equal(receipts(&w, 0, said[3], &read), 1);
    history_world_clear(&w);
}

/* Numbers grow over restarts, and a start says all once. */
static void test_numbers_grow_over_restarts(void **state)
{
    struct history_world w;
    struct frontier f;
    uint64_t last = 0;

    (void)state;
    history_world_init(&w, 2, 2, STORE_DISK);
    for (size_t k = 0; k < 150; k++) {
        size_t said = history_world_text(&w, 0, "x");

        assert_int_equal(history_world_feed(&w, 1, said), 0);
        assert_int_equal(make(&w, 1, false, &f), 0);
        assert_int_equal(f.count, 1);
        assert_true(f.number > last);
        last = f.number;
        history_world_commit(&w, 0);
        history_world_commit(&w, 1);
        if (k % 40 == 39) {
            history_world_restart(&w, 1, true);
            assert_int_equal(make(&w, 1, false, &f), 0);
            assert_true(f.number > last && f.count == 1);
            assert_int_equal(frontier_at(&f, 0).sequence, k + 1);
            last = f.number;
            history_world_commit(&w, 1);
        }
    }
    history_world_clear(&w);
}

/* Frontiers that lie: about what is not there, about what was never signed. */
static void test_lies_are_no_receipts(void **state)
{
    struct history_world w;
    struct frontier f = {.count = 1, .number = 1};
    struct frontier_said said = {.sequence = 1, .id = {9}};
    uint8_t row[FRONTIER_ROW_SIZE];
    struct wr out;
    size_t read = 0;

    (void)state;
    history_world_init(&w, 2, 3, STORE_MEMORY);
    size_t one = history_world_text(&w, 0, "one");
    memcpy(f.device, w.nodes[1].pair.public_key, 32);
    memcpy(said.device, w.nodes[0].pair.public_key, 32);
    for (int k = 0; k < 3; k++) {
        memcpy(f.room, k == 2 ? w.network : w.group, 32);
        said.sequence = k == 0 ? 1 : 2; /* another id; not written yet */
        wr_init(&out, span_mut_of(row, sizeof row));
        frontier_write_row(&out, &said);
        f.rows = wr_span(&out);
        assert_int_equal(take(&w, 0, 1, &f), k == 2 ? WAVU_ERR_NOT_FOUND : 0);
        assert_int_equal(receipts(&w, 0, one, &read), 0);
    }
    history_world_clear(&w);
}

/* Two rooms in which others go on speaking: both are said. */
static void test_a_busy_room_is_not_all(void **state)
{
    struct history_world w;
    struct content c = {.kind = CONTENT_ROOM, .has_room = true, .text = UNIT_TEXT("x")};
    struct frontier f;
    size_t made[2] = {0, 0};

    (void)state;
    history_world_init(&w, 2, 5, STORE_MEMORY);
    c.room.name = UNIT_TEXT("kitchen");
    size_t room = history_world_write(&w, 0, w.group, &c, 0);
    assert_int_equal(history_world_feed(&w, 1, room), 0);
    c.kind = CONTENT_TEXT;
    for (size_t k = 0; k < 20; k++) {
        size_t one = history_world_write(&w, 0, w.said[room].id, &c, 0);
        size_t two = history_world_text(&w, 0, "x");

        assert_int_equal(history_world_feed(&w, 1, one), 0);
        assert_int_equal(history_world_feed(&w, 1, two), 0);
        assert_int_equal(make(&w, 1, false, &f), 0);
        made[span_is_equal(span_of(f.room, 32), span_of(w.group, 32))]++;
    }
    assert_true(made[0] >= 9 && made[1] >= 9);
    history_world_clear(&w);
}

/* More authors than one frontier names. */
static void test_many_authors(void **state)
{
    struct history_world w;
    struct frontier f;
    size_t named = 0;
    size_t made = 0;

    (void)state;
    history_world_init(&w, 2, 4, STORE_MEMORY);
    for (size_t k = 0; k < FRONTIER_SAID_MAX + 100; k++) {
        uint8_t seed[ED25519_SEED_SIZE];
        struct entry e = {.sequence = 1, .content = UNIT_TEXT("\x08\x01\x12\x01x")};

        random_fill(&w.random, seed, sizeof seed);
        ed25519_from_seed(&w.nodes[1].pair, seed); /* a device more each time */
        memcpy(e.room, w.group, 32);
        memcpy(e.device, w.nodes[1].pair.public_key, 32);
        assert_int_equal(history_world_feed(&w, 0, history_world_sign(&w, 1, &e)), 0);
        if (k % 100 == 0) {
            history_world_commit(&w, 0);
        }
    }
    while (make(&w, 0, false, &f) == 0) {
        named += f.count;
        made++;
    }
    assert_int_equal(made, 2);
    assert_int_equal(named, FRONTIER_SAID_MAX + 100);
    history_world_clear(&w);
}

/* Who has an entry without its content has not got the message. */
static void receipts_wait_for_content(void **state)
{
    struct history_world w;
    struct frontier f;
    size_t said[3];

    (void)state;
    history_world_init(&w, 2, 31, STORE_MEMORY);
    for (size_t k = 0; k < 3; k++) {
        said[k] = history_world_text(&w, 0, "text");
        assert_int_equal(k == 1 ? history_world_feed_bare(&w, 1, said[k])
                                : history_world_feed(&w, 1, said[k]),
                         0);
    }
    assert_int_equal(make(&w, 1, false, &f), 0);
    assert_int_equal(f.count, 1);
    assert_int_equal(frontier_at(&f, 0).sequence, 1);
    assert_memory_equal(frontier_at(&f, 0).id, w.said[said[0]].id, 32);
    assert_false(history_has_news(&w.nodes[1].history));
    assert_int_equal(history_world_feed(&w, 1, said[1]), 0);
    assert_int_equal(make(&w, 1, false, &f), 0);
    assert_int_equal(frontier_at(&f, 0).sequence, 3);
    history_world_clear(&w);
}

/* Content that was deleted, has ended or is looked for in vain for a week stops none. */
static void what_nobody_has_stops_no_receipts(void **state)
{
    struct history_world w;
    struct frontier f;
    const struct content c = {.kind = CONTENT_TEXT, .text = UNIT_TEXT("for a minute")};

    (void)state;
    for (size_t way = 0; way < 3; way++) {
        static const uint64_t later_s[] = {0, 61, HISTORY_GIVE_GAP_S + 1};
        bool is_more = false;

        history_world_init(&w, 2, 32 + way, STORE_MEMORY);
        size_t one = way == 1 ? history_world_write(&w, 0, w.group, &c, 60)
                              : history_world_text(&w, 0, "text");
        size_t next = way == 0 ? history_world_about(&w, 0, one, CONTENT_DELETE, "")
                               : history_world_text(&w, 0, "more");
        assert_int_equal(history_world_feed_bare(&w, 1, one), 0);
        assert_int_equal(make(&w, 1, false, &f), 0);
        assert_int_equal(f.count, 0);
        w.now += later_s[way] * HISTORY_WORLD_SECOND;
        assert_int_equal(history_due_tick(&w.nodes[1].history, w.now, &is_more), 0);
        assert_int_equal(history_world_feed(&w, 1, next), 0);
        assert_int_equal(make(&w, 1, false, &f), 0);
        assert_int_equal(f.count, 1);
        assert_int_equal(frontier_at(&f, 0).sequence, 2);
        history_world_clear(&w);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(test_a_frontier_is_a_receipt),      UNIT(test_numbers_grow_over_restarts),
        UNIT(test_receipts_of_before_a_start),   UNIT(test_lies_are_no_receipts),
        UNIT(test_a_busy_room_is_not_all),       UNIT(receipts_wait_for_content),
        UNIT(what_nobody_has_stops_no_receipts), UNIT(test_many_authors),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
