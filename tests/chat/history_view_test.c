/* Pages in both directions, search, unread, and what repair hands on. */
#include "tests/chat/history_world.h"

static void test_pages(void **state)
{
    struct history_world w;
    struct history_item items[10];
    size_t said[95];

    (void)state;
    history_world_init(&w, 1, 1, STORE_MEMORY);
    for (size_t k = 0; k < 95; k++) {
        said[k] = history_world_text(&w, 0, "words");
        if (k % 3 == 0) { /* between them what is no message */
            history_world_about(&w, 0, said[k], CONTENT_REACTION, "x");
        }
    }
    struct history_room *room = history_world_room(&w, 0);
    struct history_page page = {.at = {.height = UINT64_MAX}, .items = items, .max = 10};
    size_t at = 95;

    do {
        assert_int_equal(history_view_page(room, &page), 0);
        assert_true(page.count == 10 || page.is_end);
        for (size_t k = 0; k < page.count; k++) {
            assert_memory_equal(items[k].at.id, w.said[said[--at]].id, 32);
        }
    } while (!page.is_end);
    assert_int_equal(at, 0);
    page.is_forward = true; /* and up again */
    page.at = (struct history_at){0};
    do {
        assert_int_equal(history_view_page(room, &page), 0);
        for (size_t k = 0; k < page.count; k++) {
            assert_memory_equal(items[k].at.id, w.said[said[at++]].id, 32);
        }
    } while (!page.is_end);
    assert_int_equal(at, 95);
    history_world_clear(&w);
}

static size_t reactions_of(struct history_world *w, size_t i, size_t k)
{
    struct history_message m;

    assert_int_equal(history_view_get(history_world_room(w, i), w->said[k].id, &m), 0);
    size_t count = m.fold.reaction_count;
    history_view_clear(&m);
    return count;
}

/* What lately came is shown without a search for what is about it, until something is: also when
 * that came first, and in an earlier life. */
static void test_what_is_about_a_message_is_never_missed(void **state)
{
    struct history_world w;

    (void)state;
    history_world_init(&w, 3, 4, STORE_DISK);
    size_t one = history_world_text(&w, 0, "first");
    struct history_room *room = history_world_room(&w, 0);
    assert_true(history_is_plain(room, w.said[one].id));
    history_world_about(&w, 0, one, CONTENT_REACTION, "x");
    assert_false(history_is_plain(room, w.said[one].id));
    assert_int_equal(reactions_of(&w, 0, one), 1);
    size_t two = history_world_text(&w, 0, "second");
    assert_true(history_is_plain(room, w.said[two].id));
    history_world_commit(&w, 0);
    history_world_restart(&w, 0, false);
    room = history_world_room(&w, 0);
    assert_false(history_is_plain(room, w.said[two].id)); /* nobody knows */
    assert_int_equal(reactions_of(&w, 0, one), 1);

    size_t about = history_world_about(&w, 1, one, CONTENT_REACTION, "y");
    assert_int_equal(history_world_feed(&w, 2, about), 0); /* before what it is about */
    history_world_commit(&w, 2);
    history_world_restart(&w, 2, false);
    assert_int_equal(history_world_feed(&w, 2, one), 0);
    assert_false(history_is_plain(history_world_room(&w, 2), w.said[one].id));
    assert_int_equal(reactions_of(&w, 2, one), 1);
    history_world_clear(&w);
}

/* More than are remembered push each other out: what is remembered is as the store has it, and of
 * what something is about nobody thinks that nothing is. */
static void test_what_is_remembered_is_so(void **state)
{
    enum { MESSAGES = HISTORY_NEAR_MAX + HISTORY_NEAR_MAX / 2 };
    static size_t said[MESSAGES];
    struct history_world w;
    size_t plain = 0;

    (void)state;
    history_world_init(&w, 1, 7, STORE_MEMORY);
    struct history_room *room = history_world_room(&w, 0);
    for (size_t k = 0; k < MESSAGES; k++) {
        said[k] = history_world_text(&w, 0, "words");
        if (k % 7 == 6) {
            history_world_about(&w, 0, said[k - k % 5], CONTENT_REACTION, "x");
            history_world_commit(&w, 0);
        }
    }
    for (size_t k = 0; k < MESSAGES; k++) {
        const uint8_t *id = w.said[said[k]].id;
        struct history_place here;
        struct history_place kept;
        bool is_plain = history_is_plain(room, id);

        plain += is_plain;
        assert_true(!is_plain || reactions_of(&w, 0, said[k]) == 0);
        assert_int_equal(history_find(room, id, &here), 0);
        assert_int_equal(history_row_get_place(w.nodes[0].disk.store, room->number, id, &kept), 0);
        assert_int_equal(here.number, kept.number);
        assert_int_equal(here.height, kept.height);
        assert_int_equal(here.sequence, kept.sequence);
        assert_int_equal(reactions_of(&w, 0, said[k]) > 0 && history_is_plain(room, id), 0);
    }
    assert_in_range(plain, 1, HISTORY_NEAR_MAX);
    history_world_clear(&w);
}

/* What is remembered is what the store says. */
static void expect_expiry(struct history_world *w, size_t i, uint64_t expected)
{
    struct history_room *room = history_world_room(w, i);
    struct content_room about = {.expiry = 0};
    struct buf bytes;
    uint64_t expiry = 1;

    buf_init(&bytes, STORE_VALUE_MAX);
    int rc = history_view_about(room, &about, &bytes);
    assert_true(rc == 0 || rc == WAVU_ERR_NOT_FOUND);
    assert_int_equal(rc == 0 ? about.expiry : 0, expected);
    buf_clear(&bytes);
    assert_int_equal(history_view_expiry(room, &expiry), 0);
    assert_int_equal(expiry, expected);
}

static size_t set_expiry(struct history_world *w, uint64_t expiry)
{
    const struct content c = {.kind = CONTENT_ROOM_SET,
                              .target = w->group,
                              .has_room = true,
                              .room = {.name = UNIT_TEXT("all"), .expiry = expiry}};
    size_t k = history_world_write(w, 0, w->group, &c, 0);

    history_world_share(w);
    return k;
}

static void test_how_long_follows_the_policy(void **state)
{
    struct history_world w;

    (void)state;
    history_world_init(&w, 2, 6, STORE_DISK);
    expect_expiry(&w, 1, 0);
    set_expiry(&w, 60);
    expect_expiry(&w, 1, 60);
    size_t last = set_expiry(&w, 30);
    expect_expiry(&w, 1, 30);
    history_world_about(&w, 0, last, CONTENT_DELETE, "");
    history_world_share(&w);
    expect_expiry(&w, 1, 60);
    struct history *h = &w.nodes[1].history;
    for (int is_cut = 1; is_cut >= 0; is_cut--) {
        assert_int_equal(history_cut_set(h, w.nodes[0].pair.public_key, w.nodes[0].member, is_cut),
                         0);
        expect_expiry(&w, 1, is_cut == 1 ? 0 : 60);
    }
    history_world_restart(&w, 1, false);
    expect_expiry(&w, 1, 60);
    history_world_clear(&w);
}

/* A page looks at so much and no more. */
static void test_a_page_is_bounded(void **state)
{
    struct history_world w;
    struct history_item items[2];
    struct history_page page = {.at = {.height = UINT64_MAX}, .items = items, .max = 2};
    size_t pages = 0;

    (void)state;
    history_world_init(&w, 1, 2, STORE_MEMORY);
    size_t one = history_world_text(&w, 0, "words");
    for (size_t k = 0; k < 2 * HISTORY_VIEW_SCAN + 5; k++) {
        history_world_about(&w, 0, one, CONTENT_REACTION, "x");
        if (k % 500 == 0) {
            history_world_commit(&w, 0);
        }
    }
    do {
        assert_int_equal(history_view_page(history_world_room(&w, 0), &page), 0);
        pages++;
    } while (page.count == 0);
    assert_int_equal(pages, 3);
    assert_memory_equal(items[0].at.id, w.said[one].id, 32);
    history_world_clear(&w);
}

static void test_search_finds_the_newest_first(void **state)
{
    struct history_world w;
    uint64_t numbers[4];
    struct store_page page = {.before = UINT64_MAX, .numbers = numbers, .max = 4};
    struct history_message m;
    char text[32];

    (void)state;
    history_world_init(&w, 1, 3, STORE_DISK);
    for (size_t k = 0; k < 20; k++) {
        (void)snprintf(text, sizeof text, "number %zu %s", k, k % 2 == 0 ? "even" : "odd");
        history_world_text(&w, 0, text);
    }
    history_world_commit(&w, 0);
    struct history_room *room = history_world_room(&w, 0);

    assert_int_equal(history_view_find(room, UNIT_TEXT("number od"), &page), 0);
    assert_int_equal(page.count, 4);
    assert_int_equal(history_view_at(room, numbers[0], &m), 0);
    assert_true(span_is_equal(m.fold.content.text, UNIT_TEXT("number 19 odd")));
    history_view_clear(&m);
    assert_int_equal(history_view_find(room, UNIT_TEXT("number od"), &page), 0);
    assert_int_equal(history_view_at(room, numbers[0], &m), 0);
    assert_true(span_is_equal(m.fold.content.text, UNIT_TEXT("number 11 odd")));
    history_view_clear(&m);
    assert_int_equal(history_view_at(room, 21, &m), WAVU_ERR_NOT_FOUND);
    history_world_clear(&w);
}

static void test_unread(void **state)
{
    struct history_world w;

    (void)state;
    history_world_init(&w, 2, 4, STORE_MEMORY);
    for (size_t k = 0; k < 10; k++) {
        history_world_text(&w, 0, "words");
    }
    history_world_text(&w, 1, "mine");
    for (size_t k = 0; k < 10; k++) {
        assert_int_equal(history_world_feed(&w, 1, k), 0);
    }
    struct history_room *room = history_world_room(&w, 1);

    assert_int_equal(room->unread, 10);
    assert_int_equal(history_view_read(room, 4), 0); /* its own is the first */
    assert_int_equal(room->unread, 7);
    assert_int_equal(history_view_read(room, 2), 0); /* never back */
    assert_int_equal(room->unread, 7);
    history_world_about(&w, 0, 8, CONTENT_DELETE, "");
    history_world_about(&w, 0, 1, CONTENT_DELETE, "");
    history_world_share(&w);
    assert_int_equal(room->unread, 6);
    assert_int_equal(history_view_read(room, UINT64_MAX), 0);
    assert_int_equal(room->unread, 0);
    assert_true(room->read == room->last);
    size_t late = history_world_text(&w, 0, "late");
    assert_int_equal(history_world_feed(&w, 1, late), 0);
    assert_int_equal(room->unread, 1);
    history_world_clear(&w);
}

static void test_unread_has_an_end(void **state)
{
    struct history_world w;

    (void)state;
    history_world_init(&w, 2, 5, STORE_MEMORY);
    for (size_t k = 0; k < HISTORY_UNREAD_MAX + 20; k++) {
        size_t said = history_world_text(&w, 0, "x");

        assert_int_equal(history_world_feed(&w, 1, said), 0);
        if (k % 200 == 0) {
            history_world_commit(&w, 0);
            history_world_commit(&w, 1);
        }
    }
    assert_int_equal(history_world_room(&w, 1)->unread, HISTORY_UNREAD_MAX);
    assert_int_equal(history_view_read(history_world_room(&w, 1), 30), 0);
    assert_int_equal(history_world_room(&w, 1)->unread, HISTORY_UNREAD_MAX - 10);
    history_world_clear(&w);
}

/* Two sets of items, from two histories: what one lacks the other gives. */
static void test_what_repair_needs(void **state)
{
    struct history_world w;
    struct reconcile_set_item items[16];
    struct history_at at = {0};
    struct buf stored;
    struct entry e;
    uint8_t id[32];
    size_t count = 0;
    size_t all = 0;

    (void)state;
    history_world_init(&w, 2, 6, STORE_DISK);
    buf_init(&stored, STORE_VALUE_MAX);
    for (size_t k = 0; k < 50; k++) {
        history_world_text(&w, 0, "words");
    }
    do {
        assert_int_equal(history_view_items(history_world_room(&w, 0), &at, items, 16, &count), 0);
        for (size_t k = 0; k < count; k++, all++) {
            assert_int_equal(items[k].key, all + 1);
            assert_memory_equal(items[k].id, w.said[all].id, 32);
            assert_int_equal(history_view_stored(history_world_room(&w, 0), items[k].id, &stored),
                             0);
            assert_int_equal(entry_read(&e, buf_span(&stored)), 0);
            assert_int_equal(entry_verify(&e, w.network, &signer_ed25519), 0);
            const struct history_said said = {.entry = &e, .member = w.nodes[0].member};

            assert_int_equal(history_feed(&w.nodes[1].history, w.now, &said), 0);
        }
    } while (count == 16);
    assert_int_equal(all, 50);
    assert_int_equal(history_world_room(&w, 1)->last, 50);
    const struct history_device *d =
        history_device_of(&w.nodes[1].history, w.nodes[0].pair.public_key);

    assert_int_equal(history_view_said(history_world_room(&w, 1), d->number, 50, id), 0);
    assert_memory_equal(id, w.said[49].id, 32);
    assert_int_equal(history_view_said(history_world_room(&w, 1), d->number, 51, id),
                     WAVU_ERR_NOT_FOUND);
    assert_int_equal(history_view_stored(history_world_room(&w, 1), w.network, &stored),
                     WAVU_ERR_NOT_FOUND);
    buf_clear(&stored);
    history_world_clear(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(test_pages),
        UNIT(test_a_page_is_bounded),
        UNIT(test_search_finds_the_newest_first),
        UNIT(test_what_is_about_a_message_is_never_missed),
        UNIT(test_how_long_follows_the_policy),
        UNIT(test_what_is_remembered_is_so),
        UNIT(test_unread),
        UNIT(test_unread_has_an_end),
        UNIT(test_what_repair_needs),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
