/* Histories: what is fed stands there, in the one order, also after restarts; limits. */
#include "tests/chat/history_shown.h"

static void test_what_is_said_stands_there(void **state)
{
    struct history_world w;
    uint8_t a[32];
    uint8_t b[32];

    (void)state;
    history_world_init(&w, 2, 1, STORE_MEMORY);
    size_t one = history_world_text(&w, 0, "habari");
    assert_int_equal(history_world_feed(&w, 1, one), 0);
    size_t two = history_world_text(&w, 1, "nzuri");
    assert_int_equal(history_world_feed(&w, 0, two), 0);
    assert_int_equal(history_world_feed(&w, 0, two), WAVU_ERR_EXISTS);
    HISTORY_WORLD_SHOWS(&w, 0, one, "habari");
    HISTORY_WORLD_SHOWS(&w, 0, two, "nzuri");
    assert_int_equal(history_world_view(&w, 0, a), 2);
    assert_int_equal(history_world_view(&w, 1, b), 2);
    assert_memory_equal(a, b, 32);
    assert_int_equal(history_world_room(&w, 0)->unread, 1);
    assert_int_equal(w.nodes[0].counts[HISTORY_PLACED], 2);
    assert_memory_equal(w.nodes[0].last[HISTORY_PLACED].id, w.said[two].id, 32);
    assert_true(w.nodes[0].last[HISTORY_PLACED].is_shown);
    history_hash(history_world_room(&w, 0), a);
    history_hash(history_world_room(&w, 1), b);
    assert_memory_equal(a, b, 8);
    history_world_text(&w, 1, "zaidi");
    history_hash(history_world_room(&w, 1), b);
    assert_memory_not_equal(a, b, 8);
    history_world_clear(&w);
}

static void test_a_restart_finds_all(void **state)
{
    struct history_world w;
    uint8_t before[32];
    uint8_t after[32];
    uint8_t hash[8];
    uint8_t hash_after[8];

    (void)state;
    history_world_init(&w, 3, 2, STORE_DISK);
    for (size_t k = 0; k < 30; k++) {
        history_world_text(&w, k % 3, "words");
        if (k % 4 == 0) {
            history_world_share(&w);
        }
    }
    history_world_share(&w);
    assert_int_equal(
        history_cut_set(&w.nodes[0].history, w.nodes[2].pair.public_key, w.nodes[2].member, true),
        0);
    history_world_commit(&w, 0);
    history_world_view(&w, 0, before);
    history_hash(history_world_room(&w, 0), hash);
    const struct history_room was = *history_world_room(&w, 0);
    history_world_restart(&w, 0, false);
    history_world_view(&w, 0, after);
    history_hash(history_world_room(&w, 0), hash_after);
    assert_memory_equal(before, after, 32);
    assert_memory_equal(hash, hash_after, 8);
    assert_true(was.unread == history_world_room(&w, 0)->unread &&
                was.last == history_world_room(&w, 0)->last);
    assert_int_equal(w.nodes[0].history.cut_count, 1);
    assert_int_equal(history_world_feed(&w, 0, 3), WAVU_ERR_EXISTS);
    size_t next =
        history_world_text(&w, 0, "goes on"); /* its chain and heads are those of before */
    assert_int_equal(history_world_feed(&w, 1, next), 0);
    HISTORY_WORLD_SHOWS(&w, 1, next, "goes on");
    assert_int_equal(w.nodes[1].counts[HISTORY_FORKED], 0);
    history_world_clear(&w);
}

/* All talk, edit, delete and react, hearing each other now and then; some start anew. */
static void talk(struct history_world *w, size_t count)
{
    static const char *emoji[] = {"a", "b", "c"};

    for (size_t k = 0; k < count; k++) {
        size_t author = (size_t)random_below(&w->random, w->node_count);
        size_t target = w->said_count == 0 ? 0 : (size_t)random_below(&w->random, w->said_count);
        char text[32];
        uint64_t what = w->said_count == 0 ? 0 : random_below(&w->random, 8);

        (void)snprintf(text, sizeof text, "text %zu", k);
        if (what < 4) {
            history_world_text(w, author, text);
        } else if (what == 4) {
            history_world_about(w, w->said[target].author, target, CONTENT_EDIT, text);
        } else if (what == 5) {
            history_world_about(w, author, target, CONTENT_EDIT, text); /* mostly another's */
        } else if (what == 6) {
            history_world_about(w, w->said[target].author, target, CONTENT_DELETE, "");
        } else {
            history_world_about(w, author, target, CONTENT_REACTION,
                                emoji[random_below(&w->random, 3)]);
        }
        for (size_t i = 0; i < w->node_count; i++) {
            if (i != author && random_below(&w->random, 2) == 0) {
                int rc = history_world_feed(w, i, w->said_count - 1);

                assert_true(rc == 0 || rc == WAVU_ERR_EXISTS);
            }
        }
    }
}

/* Node `i` goes down, in order or not, and comes back. */
static void stop_somehow(struct history_world *w, size_t i)
{
    switch (random_below(&w->random, 4)) {
    case 0:
        history_world_commit(w, i);
        history_world_restart(w, i, true);
        break;
    case 1:
        history_world_restart(w, i, random_below(&w->random, 2) == 0);
        break;
    default:
        history_world_tear(w, i);
        break;
    }
}

/* Give node `i` everything in an order of its own, some twice, until nothing waits any more. */
static void catch_up(struct history_world *w, size_t i, bool is_restarting)
{
    size_t *order = mem_new_array(w->said_count, sizeof *order);

    for (int pass = 0; pass < 2; pass++) {
        for (size_t k = 0; k < w->said_count; k++) {
            size_t other = (size_t)random_below(&w->random, k + 1);

            order[k] = order[other];
            order[other] = k;
        }
        for (size_t k = 0; k < w->said_count; k++) {
            int rc = history_world_feed(w, i, order[k]);

            assert_true(rc == 0 || rc == WAVU_ERR_EXISTS);
            if (is_restarting && pass == 0 && random_below(&w->random, 30) == 0) {
                stop_somehow(w, i);
            }
        }
        history_world_commit(w, i);
    }
    mem_free(order);
}

static void check_equal(struct history_world *w)
{
    uint8_t views[HISTORY_WORLD_NODES_MAX][32];
    uint8_t hashes[HISTORY_WORLD_NODES_MAX][8];

    for (size_t i = 0; i < w->node_count; i++) {
        size_t count = history_world_view(w, i, views[i]);

        history_hash(history_world_room(w, i), hashes[i]);
        assert_true(count > 10);
        assert_int_equal(history_world_room(w, i)->last, w->said_count);
        assert_memory_equal(views[i], views[0], 32);
        assert_memory_equal(hashes[i], hashes[0], 8);
        history_check(&w->nodes[i].history);
    }
}

static void test_histories_become_equal(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 10; seed++) {
        struct history_world w;

        history_world_init(&w, 4, seed, STORE_MEMORY);
        talk(&w, 120);
        for (size_t i = 0; i < w.node_count; i++) {
            catch_up(&w, i, false);
        }
        check_equal(&w);
        history_world_clear(&w);
    }
}

/* Power cuts and restarts in between: what was not on the disk comes again. */
static void test_histories_become_equal_through_crashes(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 4; seed++) {
        struct history_world w;

        history_world_init(&w, 3, seed, STORE_DISK);
        talk(&w, 80);
        for (size_t i = 0; i < w.node_count; i++) {
            history_world_commit(&w, i); /* its own leave it when they are on the disk */
            catch_up(&w, i, true);
        }
        check_equal(&w);
        history_world_clear(&w);
    }
}

/* Whatever comes without content, and whenever that follows: all look the same in the end. */
static void bare_then_whole(uint64_t seed, enum store_kind kind)
{
    struct history_world w;

    history_world_init(&w, 3, seed, kind);
    talk(&w, 80);
    for (size_t i = 0; i < w.node_count; i++) {
        history_world_commit(&w, i);
        for (size_t n = 0; n < 2 * w.said_count; n++) {
            size_t k = (size_t)random_below(&w.random, w.said_count);
            int rc = random_below(&w.random, 3) > 0 ? history_world_feed_bare(&w, i, k)
                                                    : history_world_feed(&w, i, k);

            assert_true(rc == 0 || rc == WAVU_ERR_EXISTS);
            if (kind == STORE_DISK && random_below(&w.random, 20) == 0) {
                stop_somehow(&w, i);
            }
        }
        catch_up(&w, i, kind == STORE_DISK);
    }
    check_equal(&w);
    history_world_clear(&w);
}

static void test_content_may_come_later(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        bare_then_whole(seed, STORE_MEMORY);
    }
    for (uint64_t seed = 1; seed <= 4; seed++) {
        bare_then_whole(seed, STORE_DISK);
    }
}

static void test_rooms_that_are_made(void **state)
{
    struct history_world w;
    struct content c = {.kind = CONTENT_ROOM, .has_room = true};
    struct content_room about;
    struct buf bytes;

    (void)state;
    history_world_init(&w, 3, 5, STORE_DISK);
    buf_init(&bytes, STORE_VALUE_MAX);
    c.room.name = UNIT_TEXT("kitchen");
    size_t made = history_world_write(&w, 1, w.group, &c, 0);
    history_world_share(&w);
    const uint8_t *id = w.said[made].id;
    assert_int_equal(w.nodes[2].counts[HISTORY_ROOM], 1);
    const struct history_room *room = history_room(&w.nodes[2].history, id);
    assert_non_null(room);
    assert_int_equal(history_view_about(room, &about, &bytes), 0);
    assert_true(span_is_equal(about.name, UNIT_TEXT("kitchen")));

    const struct content text = {.kind = CONTENT_TEXT, .text = UNIT_TEXT("in the kitchen")};
    size_t said = history_world_write(&w, 2, id, &text, 0);
    assert_int_equal(history_world_feed(&w, 0, said), 0);
    assert_int_equal(history_room(&w.nodes[0].history, id)->last, 1);
    assert_int_equal(history_world_room(&w, 0)->last, 1);

    /* Its maker and the founder may set it, others may not. */
    c.kind = CONTENT_ROOM_SET;
    c.target = id;
    c.room.name = UNIT_TEXT("parlour");
    history_world_write(&w, 2, w.group, &c, 0);
    history_world_share(&w);
    assert_int_equal(history_view_about(room, &about, &bytes), 0);
    assert_true(span_is_equal(about.name, UNIT_TEXT("kitchen")));
    history_world_write(&w, 1, w.group, &c, 0);
    history_world_share(&w);
    assert_int_equal(history_view_about(room, &about, &bytes), 0);
    assert_true(span_is_equal(about.name, UNIT_TEXT("parlour")));
    c.room.name = UNIT_TEXT("cellar");
    c.room.share = 7;
    history_world_write(&w, 0, w.group, &c, 0);
    history_world_share(&w);
    assert_int_equal(history_view_about(room, &about, &bytes), 0);
    assert_true(span_is_equal(about.name, UNIT_TEXT("cellar")) && about.share == 7);
    assert_int_equal(history_view_about(history_world_room(&w, 2), &about, &bytes),
                     WAVU_ERR_NOT_FOUND);

    history_world_restart(&w, 2, false);
    room = history_room(&w.nodes[2].history, id);
    assert_non_null(room);
    assert_int_equal(room->kind, HISTORY_NAMED);
    assert_int_equal(room->last, 1);
    buf_clear(&bytes);
    history_world_clear(&w);
}

/* As it comes out of the tree's sealed form: hints for links, no hash. What is kept can be handed
 * on all the same. */
static void test_sealed_forms_are_kept_whole(void **state)
{
    struct history_world w;
    struct buf stored;

    (void)state;
    history_world_init(&w, 2, 9, STORE_MEMORY);
    buf_init(&stored, STORE_VALUE_MAX);
    for (size_t k = 0; k < 12; k++) {
        struct entry e;

        history_world_text(&w, k % 3 == 0 ? 1 : 0, "words"); /* each hears the other at once */
        assert_int_equal(entry_read(&e, span_of(w.said[k].bytes, w.said[k].len)), 0);
        for (size_t p = 0; p < e.parent_count && p < ENTRY_HINTS_MAX; p++) {
            memcpy(e.hints[p], e.parents[p], ENTRY_HINT_SIZE);
        }
        e.has_links = false;
        memset(e.previous, 0, sizeof e.previous);
        memset(e.parents, 0, sizeof e.parents);
        entry_hash_content(&e);
        const struct history_said said = {.entry = &e, .member = w.nodes[w.said[k].author].member};
        const size_t other = 1 - w.said[k].author;

        assert_int_equal(history_feed(&w.nodes[other].history, w.now, &said), 0);
        assert_int_equal(history_view_stored(history_world_room(&w, other), w.said[k].id, &stored),
                         0);
        assert_true(span_is_equal(buf_span(&stored), span_of(w.said[k].bytes, w.said[k].len)));
    }
    buf_clear(&stored);
    history_world_clear(&w);
}

/* An entry of a room that is not known, and one whose turn is full. */
static void test_what_finds_no_room(void **state)
{
    static uint8_t big[60000];
    struct history_world w;
    struct entry e = {.room = {77}, .sequence = 1, .content = UNIT_TEXT("x")};
    size_t full = 0;

    (void)state;
    history_world_init(&w, 2, 6, STORE_MEMORY);
    memcpy(e.device, w.nodes[0].pair.public_key, 32);
    size_t lost = history_world_sign(&w, 0, &e);
    assert_int_equal(history_world_feed(&w, 0, lost), WAVU_ERR_NOT_FOUND);

    memset(big, 'x', sizeof big);
    const struct content c = {.kind = CONTENT_TEXT, .text = span_of(big, sizeof big)};
    for (size_t k = 0; k < 100; k++) {
        size_t said = history_world_write(&w, 0, w.group, &c, 0);

        history_world_commit(&w, 0);
        int rc = history_world_feed(&w, 1, said); /* in one turn */
        assert_true(rc == 0 || (rc == WAVU_ERR_LIMIT && k > 40));
        full += rc == WAVU_ERR_LIMIT;
    }
    assert_true(full > 10);
    assert_true(store_pending(w.nodes[1].disk.store) <= STORE_PENDING_MAX);
    history_world_commit(&w, 1);
    for (size_t k = 0; k < w.said_count; k++) { /* the next turns have room for the rest */
        int rc = history_world_feed(&w, 1, k);
        assert_true(rc == 0 || rc == WAVU_ERR_EXISTS || k == lost);
        history_world_commit(&w, 1);
    }
    assert_int_equal(history_world_room(&w, 1)->last, 100);
    history_world_clear(&w);
}

/* More rooms than are kept in use. */
static void test_rooms_are_closed_and_opened(void **state)
{
    struct history_world w;
    struct content c = {.kind = CONTENT_ROOM, .has_room = true};
    const struct content text = {.kind = CONTENT_TEXT, .text = UNIT_TEXT("hm")};
    size_t rooms[HISTORY_OPEN_MAX + 8];

    (void)state;
    history_world_init(&w, 1, 7, STORE_MEMORY);
    c.room.name = UNIT_TEXT("one of many");
    for (size_t k = 0; k < HISTORY_OPEN_MAX + 8; k++) {
        rooms[k] = history_world_write(&w, 0, w.group, &c, 0);
    }
    for (size_t pass = 0; pass < 3; pass++) {
        for (size_t k = 0; k < HISTORY_OPEN_MAX + 8; k++) {
            history_world_write(&w, 0, w.said[rooms[k]].id, &text, 0);
        }
        history_world_commit(&w, 0);
        history_check(&w.nodes[0].history);
    }
    assert_int_equal(w.nodes[0].history.open_count, HISTORY_OPEN_MAX);
    for (size_t k = 0; k < HISTORY_OPEN_MAX + 8; k++) {
        assert_int_equal(history_room(&w.nodes[0].history, w.said[rooms[k]].id)->last, 3);
    }
    assert_int_equal(w.nodes[0].counts[HISTORY_FORKED], 0);
    history_world_clear(&w);
}

/* One member cannot take all places: what it says is kept, and others go on making rooms. */
static void test_rooms_of_one_member(void **state)
{
    struct history_world w;
    struct content c = {.kind = CONTENT_ROOM, .has_room = true};
    size_t last = 0;

    (void)state;
    history_world_init(&w, 2, 8, STORE_MEMORY);
    c.room.name = UNIT_TEXT("one of many");
    for (size_t k = 0; k < HISTORY_NAMED_OF_MAX + 3; k++) {
        last = history_world_write(&w, 0, w.group, &c, 0);
        history_world_commit(&w, 0);
    }
    assert_null(history_room(&w.nodes[0].history, w.said[last].id));
    history_world_share(&w);
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(w.nodes[i].history.rooms.count, 1 + HISTORY_NAMED_OF_MAX);
        assert_int_equal(history_world_room(&w, i)->last, HISTORY_NAMED_OF_MAX + 3);
    }
    last = history_world_write(&w, 1, w.group, &c, 0);
    assert_non_null(history_room(&w.nodes[1].history, w.said[last].id));
    history_world_clear(&w);
}

/* Two networks on one store do not meet. */
static void test_networks_on_one_store(void **state)
{
    struct history_world w;
    struct history other;

    (void)state;
    history_world_init(&w, 1, 8, STORE_MEMORY);
    size_t said = history_world_text(&w, 0, "here");
    struct history_config config = w.nodes[0].history.config;

    config.network[0] = 10;
    assert_int_equal(history_begin(&other, &config), 0);
    assert_int_not_equal(other.number, w.nodes[0].history.number);
    assert_int_equal(other.rooms.count, 1);
    assert_null(history_room(&other, w.group));
    assert_int_equal(other.device_count, 0);
    history_clear(&other);
    config.network[0] = 9;
    assert_int_equal(history_begin(&other, &config), 0);
    assert_int_equal(other.number, w.nodes[0].history.number);
    assert_int_equal(history_room(&other, w.group)->last, 1);
    assert_int_equal(history_world_feed(&w, 0, said), WAVU_ERR_EXISTS);
    history_clear(&other);
    history_world_clear(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(test_what_is_said_stands_there),   UNIT(test_a_restart_finds_all),
        UNIT(test_histories_become_equal),      UNIT(test_histories_become_equal_through_crashes),
        UNIT(test_content_may_come_later),      UNIT(test_rooms_that_are_made),
        UNIT(test_sealed_forms_are_kept_whole), UNIT(test_what_finds_no_room),
        UNIT(test_rooms_are_closed_and_opened), UNIT(test_rooms_of_one_member),
        UNIT(test_networks_on_one_store),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
