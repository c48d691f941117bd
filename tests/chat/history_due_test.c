/* Disappearing messages: what has ended is gone, its place is not. */
#include "chat/history_due.h"

#include "chat/history_cut.h"
#include "chat/history_drop.h"
#include "tests/chat/history_shown.h"

static size_t say(struct history_world *w, size_t i, const char *text, uint64_t expiry)
{
    const struct content c = {.kind = CONTENT_TEXT, .text = span_from_text(text)};

    return history_world_write(w, i, w->group, &c, expiry);
}

static void tick(struct history_world *w, size_t i)
{
    bool is_more = true;

    while (is_more) {
        assert_int_equal(history_due_tick(&w->nodes[i].history, w->now, &is_more), 0);
        history_world_commit(w, i);
    }
    history_world_drain(&w->nodes[i]);
}

static size_t found(struct history_world *w, size_t i, const char *word)
{
    uint64_t numbers[8];
    struct store_page page = {.before = UINT64_MAX, .numbers = numbers, .max = 8};

    assert_int_equal(history_view_find(history_world_room(w, i), span_from_text(word), &page), 0);
    return page.count;
}

/* Are these bytes anywhere in what the store has of the room? */
static bool lies_there(struct history_world *w, size_t i, const uint8_t *bytes, size_t len)
{
    struct buf value;
    struct history_row row;
    bool is_there = false;

    buf_init(&value, STORE_VALUE_MAX);
    for (uint64_t n = 1; n <= history_world_room(w, i)->last; n++) {
        assert_int_equal(history_row_get_entry(w->nodes[i].disk.store,
                                               history_world_room(w, i)->number, n, &row, &value),
                         0);
        for (size_t at = 0; at + len <= value.len; at++) {
            is_there |= span_is_equal(span_of(value.ptr + at, len), span_of(bytes, len));
        }
    }
    buf_clear(&value);
    return is_there;
}

static void test_expired_is_gone(void **state)
{
    struct history_world w;
    struct entry e;
    uint64_t next = 0;

    (void)state;
    history_world_init(&w, 2, 1, STORE_DISK);
    size_t stays = say(&w, 0, "stays", 0);
    size_t ends = say(&w, 0, "secret", 60);
    size_t answer = history_world_text(&w, 0, "answer");
    history_world_share(&w);
    assert_int_equal(entry_read(&e, span_of(w.said[ends].bytes, w.said[ends].len)), 0);
    assert_int_equal(history_due_next(&w.nodes[1].history, &next), 0);
    assert_true(next == w.now + 60 * HISTORY_WORLD_SECOND);
    w.now = next - 1;
    tick(&w, 1);
    HISTORY_WORLD_SHOWS(&w, 1, ends, "secret");
    assert_int_equal(found(&w, 1, "secret"), 1);
    assert_true(lies_there(&w, 1, e.salt, 32));
    assert_int_equal(history_world_room(&w, 1)->unread, 3);
    w.now = next;
    history_world_restart(&w, 1, false); /* the end is kept, too */
    tick(&w, 1);
    HISTORY_WORLD_SHOWS(&w, 1, ends, "-");
    assert_int_equal(found(&w, 1, "secret"), 0);
    assert_false(lies_there(&w, 1, e.salt, 32));
    assert_false(lies_there(&w, 1, (const uint8_t *)"secret", 6));
    assert_int_equal(history_world_room(&w, 1)->unread, 2);
    assert_int_equal(w.nodes[1].counts[HISTORY_CHANGED], 1);
    assert_int_equal(history_due_next(&w.nodes[1].history, &next), 0);
    assert_true(next == UINT64_MAX);
    /* The chain is whole: the entry verifies, others follow, nothing is fed twice. */
    HISTORY_WORLD_SHOWS(&w, 1, stays, "stays");
    HISTORY_WORLD_SHOWS(&w, 1, answer, "answer");
    assert_int_equal(history_world_feed(&w, 1, ends), WAVU_ERR_EXISTS);
    struct buf stored;

    buf_init(&stored, STORE_VALUE_MAX);
    assert_int_equal(history_view_stored(history_world_room(&w, 1), w.said[ends].id, &stored), 0);
    assert_int_equal(entry_read(&e, buf_span(&stored)), 0);
    assert_false(e.has_content);
    assert_int_equal(entry_verify(&e, w.network, &signer_ed25519), 0);
    buf_clear(&stored);
    history_world_clear(&w);
}

static void test_age_counts(void **state)
{
    struct history_world w;

    (void)state;
    history_world_init(&w, 2, 2, STORE_MEMORY);
    size_t old = say(&w, 0, "old", 100);
    assert_int_equal(history_world_feed_aged(&w, 1, old, 70), 0);
    w.now += 30 * HISTORY_WORLD_SECOND;
    tick(&w, 0);
    tick(&w, 1);
    HISTORY_WORLD_SHOWS(&w, 0, old, "old");
    HISTORY_WORLD_SHOWS(&w, 1, old, "-");
    /* What has ended on the way is gone with the next tick. */
    size_t late = say(&w, 0, "late", 10);
    assert_int_equal(history_world_feed_aged(&w, 1, late, 100), 0);
    tick(&w, 1);
    HISTORY_WORLD_SHOWS(&w, 1, late, "-");
    history_world_clear(&w);
}

/* Deleted before its end, and edited: nothing is left to end twice. */
static void test_ends_of_what_was_deleted(void **state)
{
    struct history_world w;
    uint64_t next = 0;

    (void)state;
    history_world_init(&w, 1, 3, STORE_MEMORY);
    size_t one = say(&w, 0, "one", 50);
    history_world_about(&w, 0, one, CONTENT_DELETE, "");
    assert_int_equal(history_due_next(&w.nodes[0].history, &next), 0);
    assert_true(next == UINT64_MAX);

    size_t two = say(&w, 0, "two", 50);
    history_world_about(&w, 0, two, CONTENT_EDIT, "edited");
    assert_int_equal(found(&w, 0, "edited"), 1);
    w.now += 50 * HISTORY_WORLD_SECOND;
    tick(&w, 0);
    HISTORY_WORLD_SHOWS(&w, 0, two, "-");
    assert_int_equal(found(&w, 0, "edited"), 0);
    history_world_clear(&w);
}

static size_t edit(struct history_world *w, size_t i, size_t target, const char *text,
                   uint64_t expiry)
{
    const struct content c = {
        .kind = CONTENT_EDIT, .text = span_from_text(text), .target = w->said[target].id};

    return history_world_write(w, i, w->group, &c, expiry);
}

/* What an edit was in place of is not shown again when that ends: it ends with it. */
static void test_a_message_ends_with_its_edit(void **state)
{
    struct history_world w;
    uint64_t next = 0;

    (void)state;
    history_world_init(&w, 2, 6, STORE_MEMORY);
    const size_t one = say(&w, 0, "secret", 100);
    const size_t two = say(&w, 0, "second", 0);
    const size_t stays = say(&w, 0, "stays", 0);

    edit(&w, 0, one, "softer", 50);
    edit(&w, 0, two, "third", 50);
    edit(&w, 0, two, "fourth", 0); /* as long as its message: no longer than the edit before */
    edit(&w, 1, stays, "forged", 50);
    history_world_share(&w);
    HISTORY_WORLD_SHOWS(&w, 1, one, "softer");
    HISTORY_WORLD_SHOWS(&w, 1, two, "fourth");
    assert_int_equal(history_world_room(&w, 1)->unread, 3);
    w.now += 50 * HISTORY_WORLD_SECOND;
    for (size_t i = 0; i < 2; i++) {
        const size_t before = w.nodes[i].counts[HISTORY_CHANGED];

        tick(&w, i);
        HISTORY_WORLD_SHOWS(&w, i, one, "-");
        HISTORY_WORLD_SHOWS(&w, i, two, "-");
        HISTORY_WORLD_SHOWS(&w, i, stays, "stays");
        assert_int_equal(found(&w, i, "secret") + found(&w, i, "softer"), 0);
        assert_int_equal(found(&w, i, "second") + found(&w, i, "fourth"), 0);
        assert_false(lies_there(&w, i, (const uint8_t *)"secret", 6));
        assert_false(lies_there(&w, i, (const uint8_t *)"fourth", 6));
        assert_true(w.nodes[i].counts[HISTORY_CHANGED] > before);
        assert_int_equal(history_due_next(&w.nodes[i].history, &next), 0);
        assert_true(next == UINT64_MAX); /* nothing is left to end twice */
    }
    assert_int_equal(history_world_room(&w, 1)->unread, 1);
    history_world_clear(&w);
}

/* What its author took back, or what does not count, ends nothing. */
static void test_an_edit_that_counts_no_more_ends_nothing(void **state)
{
    struct history_world w;

    (void)state;
    history_world_init(&w, 3, 7, STORE_MEMORY);
    const size_t one = say(&w, 0, "first", 0);
    const size_t theirs = say(&w, 1, "theirs", 0);

    history_world_about(&w, 0, edit(&w, 0, one, "softer", 50), CONTENT_DELETE, "");
    history_world_share(&w);
    edit(&w, 1, theirs, "hidden", 50); /* nobody else knows it before its author is put out */
    assert_int_equal(
        history_cut_set(&w.nodes[2].history, w.nodes[1].pair.public_key, w.nodes[1].member, true),
        0);
    history_world_text(&w, 0, "links to what was known");
    history_world_share(&w);
    w.now += 50 * HISTORY_WORLD_SECOND;
    for (size_t i = 0; i < 3; i++) {
        tick(&w, i);
        HISTORY_WORLD_SHOWS(&w, i, one, "first");
    }
    HISTORY_WORLD_SHOWS(&w, 1, theirs, "-"); /* who does not know of that */
    HISTORY_WORLD_SHOWS(&w, 2, theirs, "theirs");
    history_world_clear(&w);
}

/* A member edits a message again and again, and deletes it: that fits into no one commit. */
static void test_many_edits_go_in_steps(void **state)
{
    struct history_world w;
    struct history_row row;
    struct buf bytes;
    uint64_t next = 0;
    bool is_more = true;
    size_t steps = 0;

    (void)state;
    history_world_init(&w, 1, 5, STORE_MEMORY);
    size_t one = history_world_text(&w, 0, "first");
    for (size_t k = 0; k < 2 * HISTORY_DROP_EDITS + 50; k++) {
        history_world_about(&w, 0, one, CONTENT_EDIT, "edited");
        history_world_commit(&w, 0);
    }
    history_world_about(&w, 0, one, CONTENT_DELETE, "");
    HISTORY_WORLD_SHOWS(&w, 0, one, "-");
    assert_int_equal(found(&w, 0, "edited"), 0);
    assert_int_equal(history_due_next(&w.nodes[0].history, &next), 0);
    assert_int_equal(next, 0);
    for (; is_more; steps++) {
        assert_int_equal(history_due_tick(&w.nodes[0].history, w.now, &is_more), 0);
        history_world_commit(&w, 0);
    }
    assert_int_equal(steps, 2);
    buf_init(&bytes, STORE_VALUE_MAX);
    for (uint64_t n = 1; n < history_world_room(&w, 0)->last; n++) {
        assert_int_equal(history_row_get_entry(w.nodes[0].disk.store,
                                               history_world_room(&w, 0)->number, n, &row, &bytes),
                         0);
        assert_int_equal(row.flags, HISTORY_ROW_GONE | HISTORY_ROW_ENDED);
    }
    buf_clear(&bytes);
    history_world_clear(&w);
}

static void test_many_end_in_steps(void **state)
{
    struct history_world w;
    bool is_more = false;
    size_t steps = 0;

    (void)state;
    history_world_init(&w, 1, 4, STORE_MEMORY);
    for (size_t k = 0; k < 2 * HISTORY_DUE_STEP + 10; k++) {
        say(&w, 0, "brief", 5);
        history_world_commit(&w, 0);
    }
    w.now += 6 * HISTORY_WORLD_SECOND;
    do {
        assert_int_equal(history_due_tick(&w.nodes[0].history, w.now, &is_more), 0);
        history_world_commit(&w, 0);
        steps++;
    } while (is_more);
    assert_int_equal(steps, 3);
    assert_int_equal(found(&w, 0, "brief"), 0);
    history_world_clear(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(test_expired_is_gone),
        UNIT(test_age_counts),
        UNIT(test_ends_of_what_was_deleted),
        UNIT(test_many_edits_go_in_steps),
        UNIT(test_many_end_in_steps),
        UNIT(test_a_message_ends_with_its_edit),
        UNIT(test_an_edit_that_counts_no_more_ends_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
